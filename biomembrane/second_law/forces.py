"""Independent forces: a basis of what a set of net reactions changes, and the levels by which each
force is moved alone.

Each species that crosses has a force, each reaction that is left another; one that follows from
others, as the synthesis of ATP beside its hydrolysis, is none of its own.  Coefficients are whole
numbers or fractions, so that what is proportional stays so.
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
    """One conjugate pair: ``changes`` are those of one unit of flow by pool, ``charge`` what it
    moves to the inside; ``lever`` is the pool whose level moves the force, by RT per unit of its
    logarithm times ``sign``.
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
    """A basis: ``by_name``, in order; ``follows`` says what the others are, such as ``{"ADP":
    "−ATP"}``.
    """

    by_name: dict[str, Force]
    follows: dict[str, str]
    changes: tuple[Mapping[str, Fraction], ...]

    def share(self, net: Net) -> list[Fraction]:
        """The coefficients of a net reaction, by force."""
        made = combination(self.changes, {pool: Fraction(n) for pool, n in net.items()})
        assert made is not None  # every net reaction was among the candidates
        return made

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
    """Forces of net reactions; what is ``asked`` for by name comes first, where two names stand for
    one force.
    """
    known: dict[str, _Candidate] = {}
    every = [made for net in nets for made in _candidates(net, solutes, on)]
    for made in sorted(every, key=lambda c: not c.crosses):
        if (
            known.setdefault(made.name, made).changes != made.changes
        ):  # another reaction that begins with the same reactant
            longer = f"{made.name}→{'+'.join(pool for pool, n in made.changes.items() if n > 0)}"
            known.setdefault(longer, replace(made, name=longer))
    kept: list[_Candidate] = []
    others: list[_Candidate] = []
    for one in sorted(known.values(), key=lambda c: (c.name not in asked, not c.crosses)):
        (
            others if combination([c.changes for c in kept], one.changes) is not None else kept
        ).append(one)
    kept.sort(key=lambda c: (not c.crosses, list(known).index(c.name)))
    changes = tuple(c.changes for c in kept)
    levers = _levers(kept)
    by_name = {c.name: _force(c, lever, solutes, on) for c, lever in zip(kept, levers, strict=True)}
    follows = {c.name: _told(combination(changes, c.changes) or [], list(by_name)) for c in others}
    return Forces(by_name, follows, changes)


def _candidates(net: Net, solutes: Mapping[str, Participant], on: Membrane) -> list[_Candidate]:
    """The species of a net reaction that cross, and what is left of it, counted by the first of its
    reactants.
    """
    made, left = [], dict(net)
    for pool, n in net.items():
        who = solutes[pool]
        assert who.species is not None
        other = f"{on.outside.name}.{who.species.name}"
        if who.place is on.inside and left.get(other, 0) * n < 0:
            crossed = min(abs(n), abs(left[other])) * (1 if n > 0 else -1)
            made.append(
                _Candidate(
                    who.species.name,
                    {other: Fraction(-1), pool: Fraction(1)},
                    (pool, other),
                    crosses=True,
                )
            )
            left[pool] -= crossed
            left[other] += crossed
    left = {pool: n for pool, n in left.items() if n}
    if left:
        first = min(left, key=lambda pool: (left[pool] > 0, pool))
        species = solutes[first].species
        assert species is not None
        changes = {pool: Fraction(n, abs(left[first])) for pool, n in left.items()}
        made.append(
            _Candidate(
                species.name, changes, (first, *(p for p in changes if p != first)), crosses=False
            )
        )
    return made


def combination(
    basis: Sequence[Mapping[str, Fraction]], target: Mapping[str, Fraction]
) -> list[Fraction] | None:
    """Exact coefficients of a target in a basis; None where it does not lie in it."""
    pools = sorted({p for row in (*basis, target) for p in row})
    if not basis:
        return None if any(target.values()) else []
    A = np.array([[float(row.get(p, 0)) for row in basis] for p in pools])
    found = np.linalg.lstsq(A, np.array([float(target.get(p, 0)) for p in pools]), rcond=None)[0]
    shares = [Fraction(float(x)).limit_denominator(10_000) for x in found]
    sums = {
        p: sum((x * row.get(p, 0) for x, row in zip(shares, basis, strict=True)), Fraction(0))
        for p in pools
    }
    return shares if all(sums[p] == target.get(p, 0) for p in pools) else None


def _levers(kept: Sequence[_Candidate]) -> list[str]:
    """A pool for each force, one that moves no other force where there is one; together they move
    all.
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
    return Force(
        c.name,
        {p: float(n) for p, n in c.changes.items()},
        float(charge),
        lever,
        -float(c.changes[lever]),
        c.crosses,
    )


def _told(shares: Sequence[Fraction], names: Sequence[str]) -> str:
    terms = [
        ("−" if x < 0 else "+", "" if abs(x) == 1 else f"{abs(x)} ", name)
        for x, name in zip(shares, names, strict=True)
        if x
    ]
    text = " ".join(f"{sign} {size}{name}" for sign, size, name in terms)
    return (
        text.removeprefix("+ ").replace("− ", "−", 1)
        if text.startswith("−")
        else text.removeprefix("+ ")
    )
