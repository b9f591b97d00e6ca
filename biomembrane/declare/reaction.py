"""Reactions from text: ``3 Na@in + 2 K@out + ATP@in -> 3 Na@out + 2 K@in + ADP@in + Pi@in``.

A reaction is signed terms over *participants*.  A participant knows the charge it lays on each
place: a solute its own charge on the place it is in; a carrier state its charge coordinate on the
inside and the rest on the outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property, lru_cache

import sympy as sp

from .. import errors, symbols
from ..symbols import c0, n0
from .parameter import MOST
from .places import Compartment, Membrane, Place, Reservoir, contents
from .species import Species

_TERM = re.compile(
    r"\s*(?:([0-9]+)\s*\*?\s*)?([A-Za-z][\w+\-]*?)(?:@([A-Za-z][\w+\-]*))?\s*\Z", re.ASCII
)
_ARROW = re.compile(r"<->|<=>|⇌|->|→|=")


class Kind(StrEnum):
    """What can take part in a reaction."""

    SOLUTE = "solute"
    SOLVENT = "water"
    STATE = "state"  # of a carrier


@dataclass(frozen=True, slots=True)
class Participant:
    """One thing that takes part: ``pool`` is its dotted name; ``charges`` are elementary charges by
    place; ``bound`` is what a state holds.
    """

    pool: str
    kind: Kind
    label: str
    charges: tuple[
        tuple[str, int | Fraction], ...
    ] = ()  # whole ones as ``int``, which adds ten times faster
    species: Species | None = None
    place: Place | None = None
    bound: tuple[tuple[Species, int], ...] = ()

    def __hash__(self) -> int:
        return hash(self.pool)

    @property
    def is_solute(self) -> bool:
        return self.kind is Kind.SOLUTE

    @property
    def is_solvent(self) -> bool:
        return self.kind is Kind.SOLVENT

    @property
    def is_state(self) -> bool:
        return self.kind is Kind.STATE

    @property
    def row(self) -> str:
        """The row of N that it stands in: its own, and for the solvent the volume of its place."""
        return f"{self.place.name}.volume" if self.is_solvent and self.place else self.pool

    @property
    def per_mole(self) -> sp.Expr:
        """What a mole of it counts for in that row: 1, and for the solvent its molar volume
        [m³/mol].
        """
        return (
            self.species.declared_molar_volume.symbol
            if self.is_solvent and self.species
            else sp.S.One
        )

    @property
    def potential(self) -> sp.Symbol:
        """∂G/∂x of that row: μ [J/mol] without the electrical part, and for the solvent P [Pa] of
        its place.
        """
        return (
            symbols.pressure(self.place.name)
            if self.is_solvent and self.place
            else symbols.chemical_potential(self.pool)
        )

    @property
    def unit_level(self) -> sp.Symbol:
        """The level at which it has its standard potential: c° of a solute, n° of a carrier
        state.
        """
        return n0 if self.is_state else c0


@dataclass(frozen=True)
class Reaction:
    """Reactants and products with positive whole coefficients; ``net`` is products less
    reactants.
    """

    reactants: tuple[tuple[int, Participant], ...]
    products: tuple[tuple[int, Participant], ...]

    @cached_property
    def net(self) -> dict[Participant, int]:
        found: dict[Participant, int] = {}
        for sign, side in ((-1, self.reactants), (1, self.products)):
            for count, who in side:
                found[who] = found.get(who, 0) + sign * count
        return {who: n for who, n in found.items() if n}

    @property
    def has_solvent(self) -> bool:
        """Whether the solvent takes part."""
        return any(who.is_solvent for who in self.net)

    @property
    def states(self) -> tuple[Participant, ...]:
        """The carrier states that take part: of a step of a kinetic diagram the one it leads from,
        then the one it leads to.
        """
        return tuple(
            who for side in (self.reactants, self.products) for _, who in side if who.is_state
        )

    def charge_moved(self) -> dict[str, int | Fraction]:
        """Elementary charges that each place gains per turnover."""
        return self._charge_moved

    @cached_property
    def _charge_moved(self) -> dict[str, int | Fraction]:
        gained: dict[str, int | Fraction] = {}
        for who, n in self.net.items():
            for place, z in who.charges:
                gained[place] = gained.get(place, 0) + n * z
        return {place: z for place, z in gained.items() if z}

    def __str__(self) -> str:
        def side(terms: tuple[tuple[int, Participant], ...]) -> str:
            return " + ".join(f"{n} {w.label}" if n > 1 else w.label for n, w in terms) or "∅"

        return f"{side(self.reactants)} ⇌ {side(self.products)}"


Side = list[tuple[int, str, str]]


def terms(text: str, where: str) -> tuple[Side, Side]:
    """(count, name, place word) of both sides; the place word is empty where no ``@`` is given."""
    if not isinstance(text, str):
        advice = "'Na@out + glucose@out -> Na@in + glucose@in'"
        raise errors.WrongType(
            where=where, wanted="a reaction as text", got=errors.shown(text), advice=advice
        )
    try:
        left, right = _terms(text)
    except errors.BadReaction as problem:
        raise errors.BadReaction(
            where=where, wanted=problem.wanted, got=problem.got, advice=problem.advice
        ) from None
    return list(left), list(right)


@lru_cache(maxsize=1024)
def _terms(text: str) -> tuple[tuple[tuple[int, str, str], ...], ...]:
    sides = _ARROW.split(text)
    if len(sides) != 2:
        raise errors.BadReaction(
            wanted="two sides with one arrow '->' or '<->'",
            got=errors.shown(text),
            advice="'K@in -> K@out'",
        )
    read: list[list[tuple[int, str, str]]] = []
    for side in sides:
        read.append([])
        for piece in re.split(r"\s\+\s", f" {side} "):
            found = _TERM.match(piece)
            if not found:
                raise errors.BadReaction(
                    wanted="terms such as '2 Na@out' joined by ' + '",
                    got=(
                        errors.shown(piece.strip())
                        if piece.strip()
                        else f"nothing beside an arrow or a plus in {errors.shown(text)}"
                    ),
                    advice="write an integer, a blank, a species, '@', a place",
                )
            count = int(found[1] or 1) if len(found[1] or "") < 8 else MOST + 1
            if not 1 <= count <= MOST:
                got = errors.shown(piece.strip())
                raise errors.BadReaction(
                    wanted=f"coefficients from 1 to {MOST:,}",
                    got=got,
                    advice="leave it out, or correct the number",
                )
            read[-1].append((count, found[2], found[3] or ""))
    return tuple(read[0]), tuple(read[1])


def solute(
    name: str,
    word: str,
    on: Membrane | Compartment,
    where: str,
    extra: tuple[Species, ...] = (),
    beside_it: Iterable[str] = (),
) -> Participant:
    """Resolve ``name@word`` against the place or membrane ``on``; ``extra`` species need no
    contents (the solvent); ``beside_it``: what else is named there, for the error.
    """
    place = (
        on
        if isinstance(on, Compartment) and word in ("", "in", on.name)
        else on.side(word)
        if isinstance(on, Membrane)
        else None
    )
    if place is None:
        known = (
            f"@in ({on.inside.name}) or @out ({on.outside.name})"
            if isinstance(on, Membrane)
            else f"@{on.name}"
        )
        names = (
            ("in", "out", on.inside.name, on.outside.name)
            if isinstance(on, Membrane)
            else (on.name,)
        )
        near = errors.nearest(word, names, 1) if word else ""
        example = (
            f"{name}@in or {name}@out"
            if isinstance(on, Membrane)
            else f"{name}@{on.name}, or on= a membrane for what crosses one"
        )
        raise errors.BadReaction(
            where=where,
            wanted=f"{name} at a place: {known}",
            got=f"{name}@{word}" if word else f"{name} without a place",
            advice=near if near.startswith("did") else example,
        )
    for species in extra:
        if species.name == name:
            return Participant(
                f"{place.name}.{name}",
                Kind.SOLVENT,
                f"{species.label}@{place.name}",
                (),
                species,
                place,
            )
    inside = contents(place)
    if (
        isinstance(place, Compartment)
        and isinstance(place.impermeant, dict)
        and name in {s.name for s in place.impermeant}
    ):
        raise errors.MissingSpecies(
            where=where,
            wanted=f"{name} among the contents of {place.name}",
            got=f"{name} is impermeant there",
            advice="move it from impermeant= to contents=",
            species=(name,),
        )
    for species in inside:
        if species.name == name:
            return _in(place, species)
    near = errors.nearest(name, [s.name for s in inside], 1)
    lacking = [
        name,
        *(
            other
            for other in dict.fromkeys(beside_it)
            if other not in {name, *(s.name for s in (*inside, *extra))}
        ),
    ]
    raise errors.MissingSpecies(
        where=where, wanted=f"{' and '.join(lacking)} in {place.name}",
        got="contents: " + (", ".join(s.name for s in inside) or "nothing"),
        advice=near if near.startswith("did") else _added(lacking, place, on),
        species=tuple(lacking),
    )  # fmt: skip


_FUEL = {
    "ATP": 4,
    "ADP": 0.4,
    "Pi": 4,
    "MgATP": 4,
    "MgADP": 0.03,
    "HPO4": 2,
}  # mM that metabolism keeps in a cell, for advice


def _added(names: Sequence[str], place: Place, on: Membrane | Compartment) -> str:
    """What to add where these are missing."""
    if names[0] == "H2O":
        return "species=(H2O,), with library.H2O, makes it the solvent"
    other = None if isinstance(on, Compartment) else on.outside if place is on.inside else on.inside
    across = [
        name for name in names if other is not None and name in {s.name for s in contents(other)}
    ]
    fuel = isinstance(place, Compartment) and all(name in _FUEL for name in names)
    given = ", ".join(f"{name}: Q({_FUEL[name] if fuel else 1:g}, 'mM')" for name in names)
    told = f"add {given} to {'held' if fuel else 'contents'}= of {place.name}"
    hint = (
        f"; {' and '.join(across)} stands in {other.name}, on the other side of {on.name}"
        if across and other is not None
        else ""
    )
    return told + (", which metabolism keeps" if fuel else "") + hint


def _in(place: Place, species: Species) -> Participant:
    charges = ((place.name, species.charge),) if species.charge else ()
    return Participant(
        f"{place.name}.{species.name}",
        Kind.SOLUTE,
        f"{species.label}@{place.name}",
        charges,
        species,
        place,
    )


def solutes_at(on: Membrane | Compartment) -> dict[str, Participant]:
    """Every solute that is declared on either side of a membrane, or in a compartment, as
    ``"Ca@in"``.
    """
    places: dict[str, Place] = (
        {"in": on.inside, "out": on.outside} if isinstance(on, Membrane) else {"in": on}
    )
    return {
        f"{species.name}@{word}": _in(place, species)
        for word, place in places.items()
        for species in contents(place)
    }


def balanced(reaction: Reaction, where: str) -> Reaction:
    """The reaction itself, once atoms (where all are declared), moieties and charge balance and no
    two conventions meet.

    Where carrier states take part only charge is judged: what they have bound is judged around the
    cycle.
    """
    if not reaction.net:
        advice = "another place or another product, 'K@in -> K@out'"
        raise errors.BadReaction(
            where=where,
            wanted="a reaction that changes something",
            got=str(reaction),
            advice=advice,
        )
    made = made_or_used(reaction)
    if not reaction.states:
        conserve(made, where, str(reaction))
    total = sum(reaction.charge_moved().values())
    if total:
        raise errors.ChargeImbalance(
            where=where, wanted="the same charge on both sides",
            got=f"{reaction}: {float(total):+g} e appears per turnover",
            advice="check the coefficients, and the charge of each species",
        )  # fmt: skip
    conventions = {s.convention for s in made if s.convention}
    if len(conventions) > 1:
        raise errors.ConventionMismatch(
            where=where,
            wanted="one convention for the standard potentials",
            got=" against ".join(sorted(conventions)),
            advice=one_convention(conventions),
        )
    return reaction


def one_convention(found: Iterable[str]) -> str:
    """What to do where standard energies of several conventions meet."""
    if any("apparent" in name for name in found):
        return (
            "with H+ as a species: MgATP, MgADP and HPO4 of library.explicit, NaKATPase(…,"
            " explicit=True) and convention='explicit H+'; at a fixed pH: apparent energies of one"
            " table for all, and no reaction of H+"
        )
    return "take all reactants from one table, with one convention="


def made_or_used(reaction: Reaction) -> dict[Species, int]:
    """Species that appear (+) or vanish (−), whatever their places."""
    moved: dict[Species, int] = {}
    for who, n in reaction.net.items():
        if who.species is not None:
            moved[who.species] = moved.get(who.species, 0) + n
    return {s: n for s, n in moved.items() if n}


def conserve(made: dict[Species, int], where: str, shown: str) -> None:
    """Raise ``UnbalancedReaction`` unless the elements and moieties of what is made and used up
    cancel.
    """
    books: list[tuple[str, dict[Species, dict[str, int]]]] = [
        ("moiety", {s: dict(s.moieties) for s in made})
    ]
    if made and all(s.formula for s in made):
        books.append(("element", {s: s.composition() for s in made}))
    if made and not any(s.formula or s.moieties for s in made):
        raise errors.UnbalancedReaction(
            where=where,
            wanted="formula= or moieties= for species that are made or used up",
            got=", ".join(s.name for s in made),
            advice="Species('ATP', moieties={'adenosine': 1, 'phosphate': 3})",
            surplus=tuple((s.name, n) for s, n in made.items()),
        )
    for what, book in books:
        left: dict[str, int] = {}
        for species, n in made.items():
            for part, count in book[species].items():
                left[part] = left.get(part, 0) + n * count
        wrong = {part: n for part, n in left.items() if n}
        if wrong:
            raise errors.UnbalancedReaction(
                where=where,
                wanted=f"the same number of each {what} on both sides",
                got=f"{shown}: " + ", ".join(f"{p} {n:+d}" for p, n in wrong.items()),
                advice="check the coefficients, and that nothing is left out on one side",
                surplus=tuple(wrong.items()),
            )


def solvents(extra: tuple[Species, ...], where: str) -> None:
    """Raise ``WrongType`` unless ``extra`` are species with the molar volume of a solvent."""
    if not isinstance(extra, (tuple, list)) or not all(isinstance(s, Species) for s in extra):
        raise errors.WrongType(
            where=f"{where}, species=…",
            wanted="a tuple of Species",
            got=errors.shown(extra),
            advice="species=(H2O,)",
        )
    for s in extra:
        if not s.is_solvent:
            raise errors.WrongType(
                where=f"{where}, species=…",
                wanted="the solvent, which has a molar volume",
                got=repr(s),
                advice=(
                    "solutes stand in contents= of their places; species=(H2O,) with library.H2O,"
                    f" not {s.name}"
                ),
            )


def parse(
    text: str, on: Membrane | Compartment, where: str, extra: tuple[Species, ...] = ()
) -> Reaction:
    """Read and check a reaction on a membrane (or inside a compartment)."""
    if not isinstance(on, (Membrane, Compartment)):
        hint = (
            "make a Membrane between the reservoir and another place"
            if isinstance(on, Reservoir)
            else "the membrane itself, not its name"
        )
        raise errors.WrongType(
            where=f"{where}, on=…",
            wanted="a Membrane or a Compartment",
            got=errors.shown(on),
            advice=hint,
        )
    solvents(extra, where)
    said = f"{where}, reaction"
    left, right = terms(text, said)
    there: dict[str, list[str]] = {}
    for _, name, word in (*left, *right):
        there.setdefault(word, []).append(name)
    sides = [
        tuple((n, solute(name, word, on, said, extra, there[word])) for n, name, word in side)
        for side in (left, right)
    ]
    return balanced(Reaction(sides[0], sides[1]), said)
