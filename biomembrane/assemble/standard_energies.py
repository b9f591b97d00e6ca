"""Standard energies of species: as declared, or from the constants of equilibria.

Σ ν μ° = −RT ln K for every equilibrium whose constant is a parameter.  The species that occur in
such equilibria alone and have no declared energy are solved for; where nothing is left to solve
for, around a loop or beside declared energies, constants and energies are compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import sympy as sp

from .. import constants, errors
from ..declare.bound_expression import BoundExpression
from ..declare.parameter import Declared
from ..declare.reaction_balance import net_species
from ..declare.species import Species
from ..declare.standard_energies import standard_name
from ..declare.transporter import Process
from ..symbols import F, R, T, c0
from .elimination import eliminate

if TYPE_CHECKING:
    from .elimination import Row

CLOSES = 1e-6  # of RT: how well constants agree that are given twice


@dataclass(frozen=True, eq=False)
class StandardEnergies:
    """``energies``: μ° by species, as expressions of the parameters; ``closures``: by names of
    equilibria, what must be 0 (of RT) where their constants are given twice; ``compared``: the
    species whose own energies take part in that.
    """

    energies: Mapping[str, sp.Expr]
    closures: Mapping[tuple[str, ...], BoundExpression]
    compared: Mapping[tuple[str, ...], tuple[str, ...]]


def standard_energies(
    model: str, processes: Iterable[Process], parameters: Mapping[str, Declared]
) -> StandardEnergies:
    """Standard energies of the species of a model.

    Raises ``ConventionMismatch``, naming them, where constants and energies contradict each other.
    """
    given = {p.name: p for p in processes if p.log_constant is not None}
    known = _known(processes, parameters)
    if not given:
        return StandardEnergies(known, {}, {})
    changed = {name: net_species(p.reaction) for name, p in given.items()}
    order = _order(changed.values(), known)
    found = eliminate(
        {
            name: {s.name: Fraction(n) for s, n in net.items() if s.name not in known}
            for name, net in changed.items()
        },
        order,
    )
    right = {name: _right(p, changed[name], known) for name, p in given.items()}
    energies = dict(known)
    for species, (_, origin) in found.solved.items():  # the free ones are at 0
        energies[species] = _combined(origin, right)
    closures = {
        tuple(relation): BoundExpression(_combined(relation, right) / (R * T))
        for relation in found.relations
    }
    compared = {
        names: tuple(sorted({s.name for name in names for s in changed[name]} & set(known)))
        for names in closures
    }
    standards = StandardEnergies(energies, closures, compared)
    _check(model, standards, parameters)
    return standards


def _known(processes: Iterable[Process], parameters: Mapping[str, Declared]) -> dict[str, sp.Expr]:
    """Energies that no constant decides: those declared, and 0 of a species without one that other
    processes use, or that is an ion of one atom beside species with energies, their zero.
    """
    known: dict[str, sp.Expr] = {}
    for p in processes:
        for w in p.reaction.net:
            s = w.species
            if s is None or s.is_solvent:
                continue
            if s.declared_standard is not None:
                declared = parameters.get(standard_name(s, w.place))
                if declared is not None:
                    known[s.name] = declared.used
            elif _is_zero(s, p):
                known[s.name] = sp.S.Zero
    return known


def _is_zero(s: Species, p: Process) -> bool:
    """Whether a process takes the energy of a species without one for 0."""
    net = net_species(p.reaction)
    if p.log_constant is None:
        return bool(p.reaction.states) or s in net
    bare = sum(s.composition().values()) == 1
    return bare and any(other.declared_standard is not None for other in net)


def _order(changed: Iterable[Mapping[Species, int]], known: Mapping[str, sp.Expr]) -> list[str]:
    """Unknown species, those in fewest equilibria first: a proton is solved for last."""
    count: dict[str, int] = {}
    for net in changed:
        for s in sorted(net, key=lambda s: net[s]):
            count[s.name] = count.get(s.name, 0) + 1
    return sorted((name for name in count if name not in known), key=count.__getitem__)


def _right(p: Process, net: Mapping[Species, int], known: Mapping[str, sp.Expr]) -> sp.Expr:
    """−RT ln K less the energies that are known."""
    assert p.log_constant is not None
    energies = (n * known[s.name] for s, n in net.items() if s.name in known)
    return -R * T * p.log_constant.expression - sp.Add(*energies)


def _combined(weights: Row, right: Mapping[str, sp.Expr]) -> sp.Expr:
    return sp.Add(
        *(sp.Rational(w.numerator, w.denominator) * right[name] for name, w in weights.items())
    )


def _check(model: str, standards: StandardEnergies, parameters: Mapping[str, Declared]) -> None:
    kelvin = parameters["temperature"].value
    at = {p.used: p.value_at(kelvin) for p in parameters.values()} | {
        R: constants.GAS, F: constants.FARADAY, c0: constants.STANDARD_CONCENTRATION, T: kelvin,
    }  # fmt: skip
    for names, closure in standards.closures.items():
        off = float(closure.expression.subs(at))
        if abs(off) > CLOSES:
            raise contradiction(f"Model({model!r})", names, standards.compared[names], off, at[T])


def contradiction(
    where: str,
    names: Sequence[str],
    species: Sequence[str],
    off: float,
    kelvin: float,
    advice: str = "",
) -> errors.BiomembraneError:
    """The error where constants that are given twice differ by ``off`` of RT."""
    energies = f" and the standard energies of {', '.join(species)}" if species else ""
    kJ = off * constants.GAS * kelvin / 1000
    loop = " and ".join(names)
    return errors.EquilibriaDoNotClose(
        where=f"{where}, {loop}",
        wanted=f"constants of {loop}{energies} that agree: ΔG° = 0 around the loop",
        got=f"{kJ:+.4g} kJ/mol, a factor {sp.exp(abs(off)).evalf(4)} in a constant",
        advice=advice
        or (
            f"leave out the constant of {names[-1]}, which then follows"
            if species
            else f"leave out {names[-1]}, whose constant follows from the others"
        ),
        processes=tuple(names),
        kilojoule=float(kJ),
    )
