"""What is in the places: pools, initial amounts, impermeants, potentials as derivatives of G."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sympy as sp

from .. import constants, errors, symbols
from .. import dimension as d
from ..declare.cycle import Cycle
from ..declare.parameter import Declared, declare
from ..declare.places import Balance, Compartment, Membrane, Place, Reservoir
from ..declare.reaction import Participant
from ..declare.species import Species
from ..declare.transporter import Transporter
from ..symbols import F, R, T, c0
from ..units import Q
from . import energy
from .network import Circuit, Pool

if TYPE_CHECKING:
    from .model import Model

ANION, OSMOLYTE = "X", "Y"
NEUTRALITY = 1e-3  # share of the ionic charge that may be unbalanced where impermeants are given as numbers


def declared(places: Iterable[Place], membranes: Iterable[Membrane]) -> Iterator[Declared]:
    """Volumes, concentrations, areas and capacitances."""
    for place in places:
        if isinstance(place, Compartment):
            yield place.volume
            yield from place.held.values()
            if isinstance(place.impermeant, dict):
                yield from place.impermeant.values()
        yield from place.contents.values()
    for m in membranes:
        yield m.area
        if m.capacitance is not None:
            yield m.capacitance


def potentials(membranes: Sequence[Membrane], circuit: Circuit, given: Mapping[Membrane, Any]) -> list[Declared]:
    """V(0) of membranes, so that every floating node has one; contradictions are an error."""
    made = {
        m.name: declare(f"{m.name}.potential", v, d.VOLTAGE, domain="real", long_name=f"potential of {m.name} at the start") for m, v in given.items()
    }
    known = {n: 0.0 for n in circuit.phi if n not in circuit.nodes}
    left = list(membranes)
    chosen: list[Declared] = []
    while left:
        m = next((m for m in left if m.name in made and (m.inside.name in known) != (m.outside.name in known)), None)
        if m is None:
            break
        left.remove(m)
        V = made[m.name].value
        known[m.inside.name] = known.get(m.inside.name, V + known.get(m.outside.name, 0.0))
        known[m.outside.name] = known.get(m.outside.name, known[m.inside.name] - V)
        chosen.append(made[m.name])
    for m in membranes:
        have = known.get(m.inside.name, 0.0) - known.get(m.outside.name, 0.0)
        if m.name in made and abs(have - made[m.name].value) > 1e-9:
            raise errors.BadPlace(
                where=f"Model, potential={{{m.name}: …}}",
                wanted=f"{have * 1e3:.6g} mV, which the other potentials imply",
                got=f"{made[m.name].value * 1e3:.6g} mV",
                advice="give the potential of one membrane for each floating place",
            )
    return chosen


def pools(compartments: Sequence[Compartment], transporters: Sequence[Transporter | Cycle], circuit: Circuit, swelling: set[str]) -> tuple[Pool, ...]:
    """The rows of N: solutes, charge and volume of each place, then the carrier states."""
    made: list[Pool] = []
    for place in compartments:
        made += [Pool(f"{place.name}.{s.name}", "solute", symbols.amount(f"{place.name}.{s.name}"), place.name, s.name) for s in place.contents]
        if place.name in circuit.nodes:
            made.append(Pool(f"{place.name}.charge", "charge", symbols.charge(place.name), place.name, "charge"))
        if place.name in swelling:
            made.append(Pool(f"{place.name}.volume", "volume", symbols.volume(place.name), place.name, "volume"))
    inside = {c.name for c in compartments}
    made += [Pool(f"{n}.charge", "charge", symbols.charge(n), n, "charge") for n in circuit.nodes if n not in inside]
    for t in transporters:
        made += [Pool(s.pool, "carrier", symbols.amount(s.pool), t.on.name, s.label) for s in t.states]
    return tuple(made)


def _start(place: Compartment, species: Species) -> sp.Expr:
    """Initial amount of a solute: concentration times volume."""
    return symbols.parameter(f"{place.name}.{species.name}") * symbols.parameter(f"{place.name}.volume", positive=True)


def _charges(model: Model) -> dict[str, sp.Expr]:
    """q(0) of the floating nodes: Q = C_L φ with φ from the potentials at the start."""
    phi: dict[str, sp.Expr] = {n: sp.S.Zero for n in model.circuit.phi if n not in model.circuit.nodes}
    left = [m for m in model.membranes if f"{m.name}.potential" in model.parameters]
    for _ in left:
        for m in left:
            V = symbols.parameter(f"{m.name}.potential", real=True)
            if m.outside.name in phi:
                phi.setdefault(m.inside.name, phi[m.outside.name] + V)
            elif m.inside.name in phi:
                phi.setdefault(m.outside.name, phi[m.inside.name] - V)
    vector = sp.Matrix([phi.get(n, sp.S.Zero) for n in model.circuit.nodes])
    return dict(zip(model.circuit.nodes, model.circuit.matrix * vector, strict=True)) if model.circuit.nodes else {}


def initial(model: Model) -> dict[str, sp.Expr]:
    """x(0) by pool."""
    q = _charges(model)
    made: dict[str, sp.Expr] = {}
    for place in model.compartments:
        made |= {f"{place.name}.{s.name}": _start(place, s) for s in place.contents}
        made[f"{place.name}.volume"] = symbols.parameter(f"{place.name}.volume", positive=True)
    made |= {f"{n}.charge": value for n, value in q.items()}
    for t in model.transporters:
        made |= {s.pool: t.total / len(t.states) for s in t.states if t.total is not None}
    return {p.name: made[p.name] for p in model.pools}


def scales(model: Model) -> dict[str, sp.Expr]:
    """A typical size of each pool."""
    made = {name: x for name, x in initial(model).items() if not name.endswith(".charge")}
    for pool in model.pools:
        if pool.kind == "solute":
            made[pool.name] = symbols.parameter(f"{pool.place}.volume", positive=True)
        elif pool.kind == "charge":
            i = model.circuit.nodes.index(pool.place)
            made[pool.name] = model.circuit.matrix[i, i] * R * T / F
    return {p.name: made[p.name] for p in model.pools}


def impermeants(model: Model) -> dict[sp.Symbol, sp.Expr]:
    """Amounts of what never leaves, as expressions of the compartment's own contents; checked at the declared values."""
    made: dict[sp.Symbol, sp.Expr] = {}
    at = numbers(model)
    q = _charges(model)
    for place in model.compartments:
        given = place.impermeant
        if isinstance(given, Balance):
            made |= _balanced(model, place, given, q.get(place.name, sp.S.Zero), at)
            continue
        for s in given or ():
            made[symbols.amount(f"{place.name}.{s.name}")] = _start(place, s)
        if place.name in q:
            _check_neutral(place, q[place.name], at)
    return made


def numbers(model: Model) -> dict[sp.Symbol, float]:
    """Declared values by symbol, with R, F and the standard concentration."""
    at = {model.symbol(n): p.value for n, p in model.parameters.items()}
    return at | {R: constants.GAS, F: constants.FARADAY, c0: constants.STANDARD_CONCENTRATION}


def value(expression: sp.Expr, at: Mapping[sp.Symbol, float]) -> float:
    """The number of an expression of parameters."""
    return float(expression.xreplace({s: sp.Float(at[s]) for s in expression.free_symbols}))


def _check_neutral(place: Compartment, q: sp.Expr, at: Mapping[sp.Symbol, float]) -> None:
    solutes = [*place.contents, *(place.impermeant if isinstance(place.impermeant, dict) else ())]
    W = place.volume.value
    parts = [s.charge * value(_start(place, s), at) for s in solutes]
    off = sum(parts) - value(q, at) / constants.FARADAY
    if abs(off) > NEUTRALITY * sum(map(abs, parts)):
        raise errors.ChargeImbalance(
            where=f"Compartment({place.name!r})",
            wanted="contents that are electroneutral up to the membrane's charge",
            got=f"{off / W:+.4g} mM of charge left over",
            advice="impermeant=balance(charge=-1) adds the impermeant anion that is missing",
        )


def _bath(model: Model, place: Compartment, given: Balance) -> Reservoir | None:
    if given.against is not None:
        return given.against
    near = [
        (m, other)
        for m in model.membranes
        for a, other in ((m.inside, m.outside), (m.outside, m.inside))
        if a is place and isinstance(other, Reservoir)
    ]
    wet = {p.on.name for p in model.processes for w in p.reaction.net if w.kind == "water"}
    found = [other for m, other in near if m.name in wet] or [other for _, other in near]
    strengths = {round(_strength(r), 9) for r in found}
    if len(strengths) > 1 and place.name in model.swelling:
        raise errors.BadPlace(
            where=f"Compartment({place.name!r}), balance(…)",
            wanted="baths of one osmolarity, or a choice among them",
            got=", ".join(f"{r.name} {_strength(r):.4g} mM" for r in found),
            advice=f"balance(charge={given.charge:g}, against={found[0].name})",
        )
    return max(found, key=_strength, default=None)


def _strength(bath: Reservoir) -> float:
    return float(sum(p.value for p in bath.contents.values()))


def _check_free(place: Compartment, given: Balance) -> None:
    taken = [s.name for s in (*place.contents, *place.held) if s.name in (ANION, OSMOLYTE)]
    if taken:
        raise errors.DuplicateName(
            where=f"Compartment({place.name!r}), balance(charge={given.charge:g})", wanted=f"the names {ANION} and {OSMOLYTE} for the impermeants",
            got=f"a species named {taken[0]!r} among the contents", advice="give that species another name",
        )  # fmt: skip


def _balanced(model: Model, place: Compartment, given: Balance, q: sp.Expr, at: Mapping[sp.Symbol, float]) -> dict[sp.Symbol, sp.Expr]:
    W = symbols.parameter(f"{place.name}.volume", positive=True)
    amounts = {s: _start(place, s) for s in place.contents}
    z = sp.Rational(str(given.charge))
    nX = (q / F - sp.Add(*(s.charge * n for s, n in amounts.items()))) / z
    _check_free(place, given)
    made = {symbols.amount(f"{place.name}.{ANION}"): nX}
    x = value(nX, at)
    listed = ", ".join(f"{s.name} {p.value:.4g}" for s, p in place.contents.items())
    ions = ("cations", "anions") if given.charge < 0 else ("anions", "cations")
    if x < -1e-9 * sum(abs(s.charge) * p.value for s, p in place.contents.items()) * place.volume.value:
        raise errors.NoRoom(
            where=f"Compartment({place.name!r}), balance(charge={given.charge:g})",
            wanted="ions that leave charge for an impermeant of this sign",
            got=f"{x / place.volume.value:.4g} mM of it would be needed; contents [mM]: {listed}",
            advice=f"more {ions[0]}, fewer {ions[1]}, or the other sign of charge=",
        )
    bath = _bath(model, place, given)
    if bath is not None:
        strength = _strength(bath)
        nY = sp.Float(strength) * W - sp.Add(*amounts.values()) - nX
        y = value(nY, at)
        if y < -1e-9 * strength * place.volume.value:
            total = strength - y / place.volume.value
            raise errors.NoRoom(
                where=f"Compartment({place.name!r}), balance(charge={given.charge:g})",
                wanted=f"no more than the {strength:.4g} mosmol/L of {bath.name}",
                got=f"{total:.4g} mosmol/L: {listed}, {ANION} {x / place.volume.value:.4g}",
                advice="less of an ion, an impermeant of higher valence (charge=-1.5), or another bath",
            )
        made[symbols.amount(f"{place.name}.{OSMOLYTE}")] = nY
    return made


def impermeant_quantities(model: Model) -> dict[str, Any]:
    """Amounts of the impermeants at the declared values, with units."""
    at = numbers(model)
    return {str(s)[2:-1]: Q(value(e, at), "fmol") for s, e in model.impermeants.items()}


def _standard(species: Species | None) -> sp.Expr:
    return sp.S.Zero if species is None or species.standard is None else symbols.parameter(f"{species.name}.standard_energy", real=True)


def used_standard(model: Model, species: Species | None) -> sp.Expr:
    """μ° where the model has it as a parameter (some reaction makes or uses the species), else zero."""
    return _standard(species) if species is not None and f"{species.name}.standard_energy" in model.parameters else sp.S.Zero


def energies(model: Model) -> dict[str, sp.Expr]:
    """G by store."""
    made: dict[str, sp.Expr] = {}
    for place in model.compartments:
        W = symbols.volume(place.name)
        for s in place.contents:
            name = f"{place.name}.{s.name}"
            made[name] = energy.solute(symbols.amount(name), W, used_standard(model, s))
    for symbol in model.impermeants:
        name = str(symbol)[2:-1]
        made[name] = energy.solute(symbol, symbols.volume(name.rpartition(".")[0]), sp.S.Zero)
    for t in model.transporters:
        for state in t.states:
            made[state.pool] = energy.carrier(symbols.amount(state.pool), symbols.parameter(f"mu0[{state.pool}]", real=True))
    if model.circuit.nodes:
        made["capacitor"] = energy.capacitor(model.circuit)
    return made


def levels(model: Model) -> Iterator[tuple[sp.Symbol, sp.Expr]]:
    """μ, c, φ, V and P as derivatives of G (places with a state) or from the parameters (reservoirs, held pools)."""
    for place in model.compartments:
        if place.name not in model.swelling:
            yield symbols.volume(place.name), symbols.parameter(f"{place.name}.volume", positive=True)
    slopes = energy.derivatives(model.stores, [p.symbol for p in model.pools])
    for pool in model.pools:
        if pool.kind in ("solute", "carrier"):
            yield symbols.chemical(pool.name), slopes[pool.symbol]
        if pool.kind == "solute":
            standard = used_standard(model, model.species[pool.label])
            yield symbols.concentration(pool.name), c0 * sp.exp((slopes[pool.symbol] - standard) / (R * T))
        elif pool.kind == "charge":
            yield symbols.electric(pool.place), slopes[pool.symbol]
        elif pool.kind == "volume":
            yield symbols.pressure(pool.place), slopes[pool.symbol]
    for where in model.places.values():
        outside: Iterable[Species] = where.held if isinstance(where, Compartment) else where.contents
        for s in outside:
            name = f"{where.name}.{s.name}"
            yield symbols.concentration(name), symbols.parameter(name)
            yield symbols.chemical(name), used_standard(model, s) + R * T * sp.log(symbols.concentration(name) / c0)
        if isinstance(where, Reservoir):
            solutes = (symbols.parameter(f"{where.name}.{s.name}") for s in where.contents)
            yield symbols.pressure(where.name), -R * T * sp.Add(*solutes)
    for m in model.membranes:
        yield symbols.potential(m.name), model.circuit.phi[m.inside.name] - model.circuit.phi[m.outside.name]


def reference_of(model: Model, species: Species) -> sp.Expr | None:
    """The concentration against which a species' exergy is measured: the reference bath's, else another bath's, else none.

    A species that some transporter makes or uses up has none: its supply is counted whole.
    """
    if species in model.transformed:
        return None
    order = sorted(model.reservoirs, key=lambda r: r is not model.reference)
    for bath in order:
        if species in bath.contents and bath.contents[species].value > 0:
            return symbols.parameter(f"{bath.name}.{species.name}")
    return None


def reference_potential(model: Model, species: Species) -> sp.Expr:
    """μ of the species in its reference bath; 0 where there is none."""
    c = reference_of(model, species)
    return sp.S.Zero if c is None else used_standard(model, species) + R * T * sp.log(c / c0)


def held_reference(model: Model, state: Participant) -> sp.Expr:
    """What the content of a carrier state would be worth in the reference bath."""
    return sp.Add(*(n * reference_potential(model, s) for s, n in state.bound))


def exergies(model: Model) -> dict[str, sp.Expr]:
    """Ξ by store; species that no bath holds are measured against c°, bound ones against the bath like free ones."""
    references: dict[str, tuple[sp.Expr, sp.Expr]] = {}
    osmotic: sp.Expr = sp.S.Zero
    bath = model.reference
    total = sp.Add(*(symbols.parameter(f"{bath.name}.{s.name}") for s in bath.contents)) if bath else sp.S.Zero
    for place in model.compartments:
        W = symbols.volume(place.name)
        osmotic += total * W
        for s in place.contents:
            c = reference_of(model, s)
            if c is not None:
                osmotic -= c * W
                references[f"{place.name}.{s.name}"] = (reference_potential(model, s) * symbols.amount(f"{place.name}.{s.name}"), c * W)
    for t in model.transporters:
        for state in t.states:
            references[state.pool] = (held_reference(model, state) * symbols.amount(state.pool), sp.S.Zero)
    return energy.exergy(model.stores, references, R * T * osmotic)
