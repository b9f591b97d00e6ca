"""Independent forces: a basis of the changes that a set of net reactions makes, and the
concentrations by which each force is moved alone.

Each species that crosses has a force, and so has the rest of each reaction; a force that follows
from others, such as that of the synthesis of ATP from that of its hydrolysis, is not independent.
Coefficients are exact fractions, so that proportional reactions stay proportional.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..declare.places import Membrane
from ..declare.reaction import Participant

Net = Mapping[str, int]  # change by pool


@dataclass(frozen=True)
class Force:
    """One force: ``changes`` by pool per unit of the conjugate flow, ``charge`` that it moves to
    the inside; ``lever`` is the pool whose concentration c sets the force, by ``sign`` RT per unit
    of ln c.
    """

    name: str
    changes: Mapping[str, float]
    charge: float
    lever: str
    sign: float
    crosses: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class _Candidate:
    name: str
    changes: Mapping[str, Fraction]
    levers: tuple[str, ...]  # the best first
    crosses: bool


@dataclass(frozen=True, eq=False)
class Forces:
    """A basis: ``by_name``, in order; ``follows`` gives the dependent forces in terms of these,
    such as ``{"ADP": "−ATP"}``.
    """

    by_name: dict[str, Force]
    follows: dict[str, str]
    changes: tuple[Mapping[str, Fraction], ...]

    def share(self, net: Net) -> list[Fraction]:
        """The coefficients of a net reaction in the basis, by force."""
        coefficients = combination(self.changes, {pool: Fraction(n) for pool, n in net.items()})
        assert coefficients is not None  # every net reaction was among the candidates
        return coefficients

    @property
    def moves(self) -> NDArray[np.float64]:
        """(lever, force): how ln c of each lever changes per RT of one force while the others
        stay.
        """
        levers = [f.lever for f in self.by_name.values()]
        D = np.array([[-float(c.get(pool, 0)) for pool in levers] for c in self.changes])
        return np.linalg.inv(D) if len(D) else D


def independent(
    nets: Sequence[Net], solutes: Mapping[str, Participant], on: Membrane, asked: Sequence[str] = ()
) -> Forces:
    """The independent forces of net reactions; where one force has several names, those ``asked``
    for are preferred.
    """
    by_label: dict[str, _Candidate] = {}
    candidates = [c for net in nets for c in _candidates(net, solutes, on)]
    for c in sorted(candidates, key=lambda c: not c.crosses):
        if by_label.setdefault(c.name, c).changes != c.changes:
            # another reaction that begins with the same reactant
            longer = f"{c.name}→{'+'.join(pool for pool, n in c.changes.items() if n > 0)}"
            by_label.setdefault(longer, replace(c, name=longer))
    kept: list[_Candidate] = []
    dependent: list[_Candidate] = []
    for c in sorted(by_label.values(), key=lambda c: (c.name not in asked, not c.crosses)):
        follows_from_kept = combination([k.changes for k in kept], c.changes) is not None
        (dependent if follows_from_kept else kept).append(c)
    kept.sort(key=lambda c: (not c.crosses, list(by_label).index(c.name)))
    changes = tuple(c.changes for c in kept)
    levers = _levers(kept)
    by_name = {c.name: _force(c, lever, solutes, on) for c, lever in zip(kept, levers, strict=True)}
    names = list(by_name)
    follows = {c.name: _written(combination(changes, c.changes) or [], names) for c in dependent}
    return Forces(by_name, follows, changes)


def _candidates(net: Net, solutes: Mapping[str, Participant], on: Membrane) -> list[_Candidate]:
    """The species of a net reaction that cross, and the rest of the reaction, per molecule of its
    first reactant.
    """
    candidates, left = [], dict(net)
    for pool, n in net.items():
        participant = solutes[pool]
        assert participant.species is not None
        other = f"{on.outside.name}.{participant.species.name}"
        if participant.place is on.inside and left.get(other, 0) * n < 0:
            crossed = min(abs(n), abs(left[other])) * (1 if n > 0 else -1)
            changes = {other: Fraction(-1), pool: Fraction(1)}
            candidates.append(
                _Candidate(participant.species.name, changes, (pool, other), crosses=True)
            )
            left[pool] -= crossed
            left[other] += crossed
    left = {pool: n for pool, n in left.items() if n}
    if left:
        first = min(left, key=lambda pool: (left[pool] > 0, pool))
        species = solutes[first].species
        assert species is not None
        changes = {pool: Fraction(n, abs(left[first])) for pool, n in left.items()}
        levers = first, *(p for p in changes if p != first)
        candidates.append(_Candidate(species.name, changes, levers, crosses=False))
    return candidates


def combination(
    basis: Sequence[Mapping[str, Fraction]], target: Mapping[str, Fraction]
) -> list[Fraction] | None:
    """Exact coefficients of a target in a basis; None where it is not in its span."""
    pools = sorted({p for row in (*basis, target) for p in row})
    if not basis:
        return None if any(target.values()) else []
    A = np.array([[float(row.get(p, 0)) for row in basis] for p in pools])
    b = np.array([float(target.get(p, 0)) for p in pools])
    solution = np.linalg.lstsq(A, b, rcond=None)[0]
    shares = [Fraction(float(x)).limit_denominator(10_000) for x in solution]
    sums = {
        p: sum((x * row.get(p, 0) for x, row in zip(shares, basis, strict=True)), Fraction(0))
        for p in pools
    }
    return shares if all(sums[p] == target.get(p, 0) for p in pools) else None


def _levers(kept: Sequence[_Candidate]) -> list[str]:
    """A pool for each force, if possible one that moves no other force; together they set all
    forces independently.
    """
    touched = [pool for c in kept for pool in c.changes]
    choices = [sorted(c.levers, key=lambda p: touched.count(p) > 1) for c in kept]
    for levers in itertools.product(*choices):
        D = np.array([[float(c.changes.get(pool, 0)) for pool in levers] for c in kept]).reshape(
            len(kept), len(kept)
        )
        if len(set(levers)) == len(levers) and abs(np.linalg.det(D)) > 1e-6:
            return list(levers)
    raise AssertionError("independent forces have independent levers")


def _force(c: _Candidate, lever: str, solutes: Mapping[str, Participant], on: Membrane) -> Force:
    charge = sum(
        n * Fraction(str(dict(solutes[pool].charges).get(on.inside.name, 0)))
        for pool, n in c.changes.items()
    )
    changes = {p: float(n) for p, n in c.changes.items()}
    return Force(c.name, changes, float(charge), lever, -float(c.changes[lever]), c.crosses)


def _written(shares: Sequence[Fraction], names: Sequence[str]) -> str:
    """A linear combination of forces, such as "−ATP + 2 Na"."""
    terms = [
        ("−" if x < 0 else "+", "" if abs(x) == 1 else f"{abs(x)} ", name)
        for x, name in zip(shares, names, strict=True)
        if x
    ]
    text = " ".join(f"{sign} {size}{name}" for sign, size, name in terms)
    return text.replace("− ", "−", 1) if text.startswith("−") else text.removeprefix("+ ")
