"""Conservation in a reaction: elements or moieties, charge, and one convention of energies."""

from __future__ import annotations

from collections.abc import Iterable

from .. import errors
from .reaction import Reaction
from .species import Species


def balanced(reaction: Reaction, where: str) -> Reaction:
    """The reaction itself, after a check that atoms (where all are declared), moieties and charge
    balance and that its energies share one convention.

    Where carrier states take part only charge is checked here; what they bind is checked around the
    cycle.
    """
    if not reaction.net:
        raise errors.BadReaction(
            where=where,
            wanted="a reaction that changes something",
            got=str(reaction),
            advice="another place or another product, 'K@in -> K@out'",
        )
    species = net_species(reaction)
    if not reaction.states:
        check_conserved(species, where, str(reaction))
    total = sum(reaction.charge_moved().values())
    if total:
        raise errors.ChargeImbalance(
            where=where,
            wanted="the same charge on both sides",
            got=f"{reaction}: {float(total):+g} e appears per turnover",
            advice="check the coefficients, and the charge of each species",
        )
    conventions = {s.convention for s in species if s.convention}
    if len(conventions) > 1:
        raise errors.ConventionMismatch(
            where=where,
            wanted="one convention for the standard potentials",
            got=" against ".join(sorted(conventions)),
            advice=one_convention(conventions),
        )
    return reaction


def one_convention(conventions: Iterable[str]) -> str:
    """Advice where standard energies of several conventions meet."""
    if any("apparent" in name for name in conventions):
        return (
            "with H+ as a species: MgATP, MgADP and HPO4 of library.explicit, NaKATPase(…,"
            " explicit=True) and convention='explicit H+'; at a fixed pH: apparent energies of one"
            " table for all, and no reaction of H+"
        )
    return "take all reactants from one table, with one convention="


def net_species(reaction: Reaction) -> dict[Species, int]:
    """Species that appear (+) or vanish (−), whatever their places."""
    net: dict[Species, int] = {}
    for participant, n in reaction.net.items():
        if participant.species is not None:
            net[participant.species] = net.get(participant.species, 0) + n
    return {s: n for s, n in net.items() if n}


def check_conserved(net: dict[Species, int], where: str, shown: str) -> None:
    """Raise ``UnbalancedReaction`` unless moieties, and elements where all are declared, cancel."""
    if net and not any(s.formula or s.moieties for s in net):
        raise errors.UnbalancedReaction(
            where=where,
            wanted="formula= or moieties= for species that are made or used up",
            got=", ".join(s.name for s in net),
            advice="Species('ATP', moieties={'adenosine': 1, 'phosphate': 3})",
            surplus=tuple((s.name, n) for s, n in net.items()),
        )
    groups = {group for s in net for group in s.moieties}
    _check_parts({s: _groups(s, groups) for s in net}, net, "moiety", where, shown)
    if net and all(s.formula for s in net):
        _check_parts({s: s.composition() for s in net}, net, "element", where, shown)


def _groups(species: Species, named: set[str]) -> dict[str, int]:
    """The moieties of a species; where an element is a moiety of another one, as many as it has."""
    elements = {e: n for e, n in species.composition().items() if e in named}
    return elements | dict(species.moieties)


def _check_parts(
    parts: dict[Species, dict[str, int]], net: dict[Species, int], kind: str, where: str, shown: str
) -> None:
    totals: dict[str, int] = {}
    for species, n in net.items():
        for part, count in parts[species].items():
            totals[part] = totals.get(part, 0) + n * count
    surplus = {part: n for part, n in totals.items() if n}
    if surplus:
        raise errors.UnbalancedReaction(
            where=where,
            wanted=f"the same number of each {kind} on both sides",
            got=f"{shown}: " + ", ".join(f"{part} {n:+d}" for part, n in surplus.items()),
            advice="check the coefficients, and that nothing is left out on one side",
            surplus=tuple(surplus.items()),
        )
