"""Impermeants of compartments: as declared, or balanced against charge and the osmolarity of a
bath.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy as sp

from .. import constants, errors, symbols
from ..declare.bound_expression import BoundExpression
from ..declare.osmotic_coefficient import osmolarity
from ..declare.places import Balance, Compartment, Membrane, Reservoir
from ..declare.reduced_affinity import exact
from ..declare.species import Species
from ..symbols import F, R, c0
from ..units import Q
from .initial_contents import VOLUME, charges, start
from .system import System


@dataclass(frozen=True, slots=True)
class Impermeant:
    """A solute that never leaves its compartment; its ``amount`` [fmol] is a formula of the
    compartment's contents at the start.
    """

    name: str
    place: Compartment
    charge: float  # of one particle, in elementary charges
    amount: BoundExpression
    species: Species | None = None  # as declared

    @property
    def pool(self) -> str:
        """Its dotted name, like that of a solute."""
        return f"{self.place.name}.{self.name}"

    @property
    def symbol(self) -> sp.Symbol:
        """Symbol of its amount."""
        return symbols.amount(self.pool)


ANION, OSMOLYTE = "X", "Y"
#: share of the ionic charge that may be unbalanced where impermeants are given as numbers
NEUTRALITY = 1e-3


def _charges_at_start(system: System) -> dict[str, BoundExpression]:
    """q(0) of every place that capacitors touch: of the nodes, and of the place with φ = 0 of a
    part without a ground, which makes its total 0.
    """
    q = charges(system.circuit, system.start)
    q |= {
        place.name: BoundExpression(sp.S.Zero)
        for m in system.membranes
        if m.electroneutral
        for place in (m.inside, m.outside)
        if place.name not in q
    }
    blocks = system.circuit.blocks
    for zero in dict.fromkeys(block.zero for block in blocks if block.zero):
        nodes = [n for block in blocks if block.zero == zero for n in block.nodes]
        q[zero] = BoundExpression(-sp.Add(*(q[n].expression for n in nodes)))
    return q


def impermeants(system: System) -> tuple[Impermeant, ...]:
    """All impermeants, checked at the declared values."""
    all_impermeants: list[Impermeant] = []
    at = numbers(system)
    q = _charges_at_start(system)
    neighbours = _neighbours(system)
    for place in system.compartments:
        all_impermeants += [
            Impermeant(s.name, place, s.charge, start(place, c), s) for s, c in place.fixed.items()
        ]
        if place.balance is not None:
            osmotic, near = place.name in system.osmotic, neighbours.get(place.name, [])
            wanted = osmotic and place.balance.isosmotic
            bath = _bath(system, place, place.balance, near) if wanted else None
            charge = q.get(place.name, BoundExpression(sp.S.Zero))
            all_impermeants += _balanced(place, place.balance, charge, bath, at)
        elif place.name in q:
            _check_neutral(place, q[place.name], at)
    return tuple(all_impermeants)


def numbers(system: System) -> dict[sp.Symbol, float]:
    """Declared values by symbol, with R, F and the standard concentration."""
    kelvin = system.parameters["temperature"].value
    at = {p.used: p.value_at(kelvin) for p in system.parameters.values()}
    at |= {p.symbol: p.value for p in system.parameters.values()}
    fixed = {R: constants.GAS, F: constants.FARADAY, c0: constants.STANDARD_CONCENTRATION}
    return fixed | at


def value(formula: BoundExpression, at: Mapping[sp.Symbol, float]) -> float:
    """The number of a formula of parameters."""
    names = {s: formula.names.get(s, s) for s in formula.local.free_symbols}
    local = {s: at[e] if e.is_Symbol else _evaluate(e, at) for s, e in names.items()}
    return _evaluate(formula.local, local)


def _evaluate(e: sp.Expr, at: Mapping[sp.Symbol, float]) -> float:
    """An expression in floating point; amounts and charges at the start consist of sums, products,
    powers, Max and Min.
    """
    if e.is_Symbol:
        return at[e]
    if e.is_Pow:
        return float(_evaluate(e.base, at) ** float(e.exp))
    operation = _OPERATIONS.get(e.func)
    return float(e if operation is None else operation([_evaluate(a, at) for a in e.args]))


_OPERATIONS: dict[Any, Callable[[Iterable[float]], float]] = {
    sp.Add: math.fsum,
    sp.Mul: math.prod,
    sp.Max: max,
    sp.Min: min,
}


def _check_neutral(place: Compartment, q: BoundExpression, at: Mapping[sp.Symbol, float]) -> None:
    """Raise ``ChargeImbalance`` unless contents are electroneutral up to the membrane's charge.

    Counter-ions of held ions are not modelled: they may add as much charge of the other sign, and
    where all ions are held there is nothing to check.
    """
    solutes = {**place.contents, **place.fixed}
    W = place.volume.value
    charges = [s.charge * value(start(place, c), at) for s, c in solutes.items()]
    held = sum(abs(s.charge) * p.value * W for s, p in place.held.items())
    if held and not any(s.charge for s in solutes):
        return
    excess = sum(charges) - value(q, at) / at[F]
    if abs(excess) > NEUTRALITY * sum(map(abs, charges)) + held:
        raise errors.ChargeImbalance(
            where=f"Compartment({place.name!r})",
            wanted="contents that are electroneutral up to the membrane's charge",
            got=f"{excess / W:+.4g} mM of charge left over",
            advice="impermeant=balance(charge=-1) adds the impermeant anion that is missing",
        )


def _neighbours(system: System) -> dict[str, list[tuple[Membrane, Reservoir]]]:
    """The baths of each place, with the membranes between."""
    near: dict[str, list[tuple[Membrane, Reservoir]]] = {}
    for m in system.membranes:
        for place, other in ((m.inside, m.outside), (m.outside, m.inside)):
            if isinstance(other, Reservoir):
                near.setdefault(place.name, []).append((m, other))
    return near


def _bath(
    system: System, place: Compartment, given: Balance, near: list[tuple[Membrane, Reservoir]]
) -> Reservoir | None:
    if given.against is not None:
        return given.against
    baths = [other for m, other in near if m.name in system.wet] or [other for _, other in near]
    strengths = {round(r.strength, 9) for r in baths}
    if len(strengths) > 1:
        concentrations = zip(baths, errors.apart(*(r.strength for r in baths)), strict=True)
        raise errors.BadPlace(
            where=f"Compartment({place.name!r}), balance(…)",
            wanted="baths of one osmolarity, or a choice among them",
            got=", ".join(f"{r.name} {c} mM" for r, c in concentrations),
            advice=f"{_request(place)[:-1]}, against={baths[0].name})",
        )
    return max(baths, key=lambda r: r.strength, default=None)


def _check_free(place: Compartment) -> None:
    others = (*place.contents, *place.held, *place.fixed)
    taken = [s.name for s in others if s.name in (ANION, OSMOLYTE)]
    if taken:
        raise errors.DuplicateName(
            where=f"Compartment({place.name!r}), {_request(place)}",
            wanted=f"the names {ANION} and {OSMOLYTE} for the impermeants",
            got=f"a species named {taken[0]!r} in the compartment",
            advice="give that species another name",
        )  # fmt: skip


@lru_cache(maxsize=256)
def _missing(
    solutes: tuple[tuple[sp.Rational, int], ...], strength: float | None
) -> tuple[sp.Expr, sp.Expr]:
    """The charge that is missing without the membrane's [fmol], and the osmoles that are, of
    solutes of these valences and numbers of osmotic coefficients at the concentrations ``@0.c``, ….
    """
    levels = [symbols.parameter(f"@{k}.c") for k in range(len(solutes))]
    charge = sp.Add(*(z * c * VOLUME for (z, _), c in zip(solutes, levels, strict=True)))
    osmoles = [
        osmolarity(c, _coefficients(k, count)) * VOLUME
        for k, ((_, count), c) in enumerate(zip(solutes, levels, strict=True))
    ]
    return -charge, sp.S.Zero if strength is None else sp.Float(strength) * VOLUME - sp.Add(
        *osmoles
    )


def _coefficients(k: int, count: int) -> tuple[sp.Symbol, ...]:
    return tuple(symbols.parameter(f"@{k}.osmotic_{power}", real=True) for power in range(count))


_loaded, _left = sp.Symbol("@loaded", real=True), sp.Symbol("@left", real=True)
#: n_Y where ``loaded`` of X is there for the membrane's charge: what is ``left``, and 0 where it
#: would be negative for that charge only
_OSMOLYTE = _left + sp.Max(0, sp.Min(-_left, sp.Max(0, _loaded)))


def _balanced(
    place: Compartment,
    given: Balance,
    q: BoundExpression,
    bath: Reservoir | None,
    at: Mapping[sp.Symbol, float],
) -> list[Impermeant]:
    """X, and Y where there is a bath whose osmolarity is to be matched."""
    solutes = {**place.contents, **place.fixed}
    names = {**q.names, VOLUME: place.volume.symbol}
    for k, (s, c) in enumerate(solutes.items()):
        names[symbols.parameter(f"@{k}.c")] = c.symbol
        own = [declared.symbol for declared in s.declared_osmotic]
        names |= dict(zip(_coefficients(k, len(own)), own, strict=True))
    kinds = tuple((exact(s.charge), len(s.declared_osmotic)) for s in solutes)
    missing, room = _missing(kinds, None if bath is None else bath.strength)
    _check_free(place)
    owed = BoundExpression(missing + q.local / F, names)
    if place.chosen is not None:
        nX = start(place, place.chosen)
        balanced = [Impermeant(ANION, place, value(owed, at) / value(nX, at), nX)]
        loaded, rest = sp.S.Zero, BoundExpression(room - nX.local, names | dict(nX.names))
    else:
        assert given.charge is not None
        z = exact(given.charge)
        nX = BoundExpression(owed.local / z, names)
        balanced = [Impermeant(ANION, place, given.charge, nX)]
        loaded, rest = q.local / (F * z), BoundExpression(room - nX.local, names)
        _check_sign(place, given.charge, value(nX, at))
    if bath is not None:
        nY = rest
        if loaded:
            extra = BoundExpression(loaded, names).expression
            nY = BoundExpression(_OSMOLYTE, {_left: rest.expression, _loaded: extra})
        _check_room(place, bath, value(nY, at), value(nX, at))
        balanced.append(Impermeant(OSMOLYTE, place, 0, nY))
    return balanced


def _listed(place: Compartment) -> str:
    solutes = {**place.contents, **place.fixed}
    return ", ".join(f"{s.name} {p.value:.4g}" for s, p in solutes.items())


def _check_sign(place: Compartment, charge: float, x: float) -> None:
    """Raise ``NoRoom`` where X would have to be negative."""
    solutes, W = {**place.contents, **place.fixed}, place.volume.value
    if x >= -1e-9 * sum(abs(s.charge) * p.value for s, p in solutes.items()) * W:
        return
    ions = ("cations", "anions") if charge < 0 else ("anions", "cations")
    raise errors.NoRoom(
        where=f"Compartment({place.name!r}), {_request(place)}",
        wanted="ions that leave charge for an impermeant of this sign",
        got=f"{x / W:.4g} mM of it would be needed; contents [mM]: {_listed(place)}",
        advice=f"more {ions[0]}, fewer {ions[1]}, or the other sign of charge=",
        place=place.name,
    )


def _check_room(place: Compartment, bath: Reservoir, y: float, x: float) -> None:
    """Raise ``NoRoom`` where Y would have to be negative."""
    W = place.volume.value
    if y >= -1e-9 * bath.strength * W:
        return
    due, got = errors.apart(bath.strength, bath.strength - y / W)
    raise errors.NoRoom(
        where=f"Compartment({place.name!r}), {_request(place)}",
        wanted=f"no more than the {due} mosmol/L of {bath.name}",
        got=f"{got} mosmol/L: {_listed(place)}, {ANION} {x / W:.4g}",
        advice="less of an ion, an impermeant of higher valence (charge=-1.5), or another bath",
        place=place.name,
    )


def _request(place: Compartment) -> str:
    """The balance of a place, as it was written."""
    assert place.balance is not None
    if place.balance.charge is None:
        return "balance(concentration=…)"
    return f"balance(charge={place.balance.charge:g})"


def impermeant_quantities(system: System, impermeants: Iterable[Impermeant]) -> dict[str, Any]:
    """Amounts of the impermeants at the declared values, with units."""
    at = numbers(system)
    return {x.pool: Q(value(x.amount, at), "fmol") for x in impermeants}
