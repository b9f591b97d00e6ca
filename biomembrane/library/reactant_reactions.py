"""Reactions of the reactants of the table, and what they conserve."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .. import constants, errors, units
from .. import dimension as d
from ..declare.parameter import check_domain
from ..declare.reaction_text import terms
from .reactants import Reactant, reactants

SOLVENT = "H2O"  # at unit activity, counted out of the energies


def known() -> tuple[str, ...]:
    """Names of the reactants of the table.

    Returns:
        The names, as reactions write them.
    """
    return tuple(name for name in reactants() if name != SOLVENT)


def reactant_of(name: str) -> Reactant:
    errors.among(name, known(), "library.metabolism", "a reactant of the table")
    return reactants()[name]


def net_of(reaction: str) -> dict[Reactant, int]:
    """Products less reactants; water does not count.  Raises what does not balance."""
    where = "metabolism, reaction"
    net: dict[str, int] = {}
    for sign, side in zip((-1, 1), terms(reaction, where), strict=True):
        for n, name, _ in side:
            net[name] = net.get(name, 0) + sign * n
    net.pop(SOLVENT, None)
    made = {reactant_of(name): n for name, n in net.items() if n}
    surplus: dict[str, int] = {}
    for x, n in made.items():
        for part, count in x.conserved:
            surplus[part] = surplus.get(part, 0) + n * count
    surplus = {part: n for part, n in surplus.items() if n}
    if surplus or not made:
        raise errors.UnbalancedReaction(
            where=where,
            wanted="the same elements and reducing equivalents on both sides, but for water, H⁺"
            " and Mg²⁺",
            got=f"{errors.shown(reaction)}: "
            + (", ".join(f"{part} {n:+d}" for part, n in surplus.items()) or "nothing changes"),
            advice="check the coefficients; electrons need a partner such as NADox -> NADred",
            surplus=tuple(surplus.items()),
        )
    return made


def quotient(net: Mapping[Reactant, int], at: Any) -> float:
    """Σ ν ln(c/1 M)."""
    where, advice = "metabolism, at=…", "at={'ATP': '5 mM', 'ADP': '50 uM', 'Pi': '4 mM'}"
    errors.expect(at, Mapping, where, "concentrations by reactant", advice)
    names = [x.name for x in net]
    for name in at:
        errors.among(name, names, where, "a reactant of the reaction")
    missing = tuple(name for name in names if name not in at)
    if missing:
        raise errors.MissingSpecies(
            where=where,
            wanted=f"the concentration of {' and '.join(missing)}",
            got=", ".join(at) or "none",
            advice=advice,
            species=missing,
        )
    total = 0.0
    for x, n in net.items():
        number = units.scalar(at[x.name], d.CONCENTRATION, f"{where}, {x.name}")
        check_domain(number, "positive", f"{where}, {x.name}", errors.shown(at[x.name]))
        total += n * math.log(number / constants.STANDARD_CONCENTRATION)
    return total
