"""The program of one transporter whose levels and voltage are clamped: its rates without a cell
around it.

Its "states" are what is clamped (V, concentrations, osmolarities, states of gates) and then the
amounts of its carrier states.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sympy as sp

from .. import dimension as d
from .. import errors, symbols
from ..assemble import free_energy, potentials
from ..declare.areas import StateArea
from ..declare.bound_expression import BoundExpression, free
from ..declare.checks.certificate import Verdict
from ..declare.cycle import Cycle
from ..declare.osmotic_coefficient import molarity
from ..declare.parameter import Declared, declare
from ..declare.places import Compartment, Membrane, Place, contents
from ..declare.reaction import Participant
from ..declare.readable_state import OwnState
from ..declare.site import Site
from ..declare.standard_energies import standard_in
from ..declare.transporter import Process, Transporter
from ..dimension import Dimension
from ..symbols import R, T
from .graph import lowering
from .graph.builder import Graph
from .graph.shared_exponentials import polish
from .program import FIXED, Program
from .program_outputs import Outputs, process_fluxes

VOLTAGE, TEMPERATURE = "V", "temperature"
#: dimensions of a number of carriers, per area or in all
DENSITIES = (d.SURFACE_DENSITY, d.AMOUNT / d.AREA, d.AMOUNT, d.ONE)


@dataclass(frozen=True)
class Clamped:
    """Something that is clamped: its ``name``, symbol, dimension, domain and, where a place says
    so, the value that is declared there.
    """

    name: str
    symbol: sp.Symbol
    dimension: Dimension
    domain: str
    declared: Declared | None = None


@dataclass(frozen=True, eq=False)
class ClampedProgram:
    """``program`` has as parameters those of :attr:`parameters`; ``clamped`` are its first states;
    ``voltage``: whether V acts on it.
    """

    program: Program
    clamped: tuple[Clamped, ...]
    parameters: tuple[Declared, ...]
    voltage: bool


def clamped_program(transporter: Transporter | Cycle, temperature: Declared) -> ClampedProgram:
    """The program of a transporter.

    Raises BadSettings for laws that read what only a model has, and for what is driven.
    """
    _check_not_driven(transporter)
    on = transporter.on
    parameters = _parameters(transporter, temperature)
    known = {p.name for p in parameters}
    clamped = tuple(_clamped(transporter))
    carriers = [symbols.amount(s.pool) for s in transporter.states]
    g = Graph()
    env: dict[sp.Symbol, int] = {s: g.const(v) for s, v in FIXED.items()}
    env |= {x.symbol: g.input("y", i) for i, x in enumerate(clamped)}
    env |= {n: g.input("y", len(clamped) + i) for i, n in enumerate(carriers)}
    env |= {p.symbol: g.input("p", i) for i, p in enumerate(parameters)}
    out = Outputs(g, env, {})
    equations = [*_equations(transporter, known, temperature)]
    _check_known(transporter, equations, env)
    lowering.define(g, equations, env, out.memo)
    names = [p.name for p in transporter.processes]
    pairs = [n for n in names if symbols.forward(n) in env]
    out.put("affinity", {n: env[symbols.affinity(n)] for n in names})
    out.put("flux", process_fluxes(out, names))
    out.put("forward", {n: env[symbols.forward(n)] for n in pairs})
    out.put("reverse", {n: env[symbols.reverse(n)] for n in pairs})
    shares = [each.symbol for p in transporter.processes for each in p.carried]
    out.put("carried", {share.name: env[share] for share in shares})
    out.put("total", out.lower(_carriers(transporter)))
    program = Program(
        (*(x.name for x in clamped), *(s.pool for s in transporter.states)),
        tuple(p.name for p in parameters), g, polish(g, out.outputs), out.names, ((), ()),
    )  # fmt: skip
    voltage = isinstance(on, Membrane) and _acts(transporter, on)
    return ClampedProgram(program, clamped, parameters, voltage)


def _parameters(transporter: Transporter | Cycle, temperature: Declared) -> tuple[Declared, ...]:
    """Its own, the membrane's, the volumes of the places, and the temperature."""
    on = transporter.on
    found = {temperature.name: temperature, **transporter.parameters}
    if isinstance(on, Membrane):
        area = on.area
        found |= area.parameters if isinstance(area, StateArea) else {area.name: area}
    for place in _places(on):
        if isinstance(place, Compartment):
            found[place.volume.name] = place.volume
            found |= {} if place.solids is None else {place.solids.name: place.solids}
            found |= {} if place.elastic is None else place.elastic.parameters
        elif place.pressure is not None:
            found[place.pressure.name] = place.pressure
    for p in transporter.processes:
        for participant in p.reaction.net:
            if participant.is_solvent and participant.species is not None:
                volume = participant.species.declared_molar_volume
                found[volume.name] = volume
        for s in p.solutes:
            found |= {x.name: x for x in (s.species.declared_osmotic if s.species else ())}
    return tuple(found.values())


def _places(on: Membrane | Compartment) -> list[Place]:
    return [on.inside, on.outside] if isinstance(on, Membrane) else [on]


def _clamped(transporter: Transporter | Cycle) -> Iterator[Clamped]:
    on = transporter.on
    if isinstance(on, Membrane):
        yield Clamped(VOLTAGE, symbols.potential(on.name), d.VOLTAGE, "real")
    solutes: dict[str, Participant] = {}
    states: dict[str, OwnState] = {}
    solvents: dict[str, Place] = {}
    for p in transporter.processes:
        solutes |= {s.pool: s for s in p.solutes}
        states |= {s.name: s for s in p.own_states}
        solvents |= {w.place.name: w.place for w in p.reaction.net if w.is_solvent and w.place}
    for name, s in solutes.items():
        assert s.species is not None
        declared = None if s.place is None else contents(s.place).get(s.species)
        level = molarity(name) if s.species.declared_osmotic else symbols.concentration(name)
        yield Clamped(name, level, d.CONCENTRATION, "nonnegative", declared)
    for name in solvents:
        yield Clamped(
            f"{name}.osmolarity", symbols.parameter(f"{name}.osmolarity"), d.CONCENTRATION,
            "nonnegative",
        )  # fmt: skip
    for name, x in states.items():
        yield Clamped(name, x.symbol, d.ONE, x.domain)


def _carriers(transporter: Transporter | Cycle) -> dict[str, BoundExpression]:
    """The number of carriers, where there is one."""
    if transporter.total is not None:
        return {"total": transporter.total}
    density = transporter.parameters.get(f"{transporter.name}.density")
    if density is None or density.dimension not in DENSITIES:
        return {}
    site = Site(transporter.name, transporter.processes[0].reaction, transporter.on)
    return {"total": BoundExpression(site.carriers(density.quantity), site.names)}


def _equations(
    transporter: Transporter | Cycle, known: set[str], temperature: Declared
) -> Iterator[tuple[sp.Symbol, BoundExpression]]:
    """Assignments in order, as :attr:`..assemble.model.Model.equations` has them."""
    on = transporter.on
    yield T, BoundExpression(temperature.symbol)
    for x in _parameters(transporter, temperature):
        if x.dependence is not None:
            yield x.used, x.formula
    yield from transporter.derived.items()
    yield from _geometry(on)
    for s in dict.fromkeys(s for p in transporter.processes for s in p.solutes):
        if s.species is not None and s.species.declared_osmotic:
            c = free_energy.activity(molarity(s.pool), potentials.coefficients(s.species))
            yield symbols.concentration(s.pool), BoundExpression(c)
    for participant in dict.fromkeys(s for p in transporter.processes for s in p.net):
        yield participant.potential, _potential(participant, known)
    phi = {place.name: sp.S.Zero for place in _places(on)}
    if isinstance(on, Membrane):
        phi[on.inside.name] = symbols.potential(on.name)
    for p in transporter.processes:
        yield from _rates(p, phi)


def _geometry(on: Membrane | Compartment) -> Iterator[tuple[sp.Symbol, BoundExpression]]:
    """Volumes as declared, and the pressures and the area that follow."""
    for place in _places(on):
        if isinstance(place, Compartment):
            yield symbols.volume(place.name), BoundExpression(place.volume.symbol)
            if place.elastic is not None:
                yield symbols.hydrostatic(place.name), place.elastic.pressure
    if isinstance(on, Membrane) and isinstance(on.area, StateArea):
        yield on.area.symbol, on.area.formula


def _potential(participant: Participant, known: set[str]) -> BoundExpression:
    """μ of a solute or a carrier state, or P of the solvent: hydrostatic pressure less RT times the
    osmolarity.
    """
    if participant.is_solvent:
        place = participant.place
        assert place is not None
        osmotic = -R * T * symbols.parameter(f"{place.name}.osmolarity")
        return BoundExpression(osmotic + _hydrostatic(place))
    if participant.is_state:
        energy = symbols.state_energy(participant.pool)
        n = symbols.amount(participant.pool)
        return BoundExpression(energy + R * T * sp.log(n / symbols.n0))
    species = participant.species
    declared = standard_in(species, participant.place)
    standard = sp.S.Zero if declared is None or declared.name not in known else declared.used
    return free_energy.dilute(symbols.concentration(participant.pool), standard)


def _hydrostatic(place: Place) -> sp.Expr:
    """Hydrostatic pressure of a place, at its declared volume."""
    if isinstance(place, Compartment):
        return sp.S.Zero if place.elastic is None else symbols.hydrostatic(place.name)
    return sp.S.Zero if place.pressure is None else place.pressure.symbol


def _rates(p: Process, phi: dict[str, sp.Expr]) -> Iterator[tuple[sp.Symbol, BoundExpression]]:
    A, J, rates = symbols.affinity(p.name), symbols.flux(p.name), p.local
    yield from ((each.symbol, each.share) for each in p.carried)
    yield A, potentials.affinity(p, phi)
    if rates.flux is not None:
        yield J, BoundExpression(rates.flux, p.names)
    elif rates.forward is not None and rates.reverse is not None:
        up, down = symbols.forward(p.name), symbols.reverse(p.name)
        yield up, BoundExpression(rates.forward, p.names)
        yield down, BoundExpression(rates.reverse, p.names)
        yield J, potentials.net(up, down)
    else:
        L = symbols.conductance(p.name)
        yield L, BoundExpression(rates.conductance, p.names)
        yield J, BoundExpression(L * A)


def _check_not_driven(transporter: Transporter | Cycle) -> None:
    """Raise BadSettings for a flow that is given from outside."""
    if any(p.certificate.verdict is Verdict.DRIVEN for p in transporter.processes):
        raise errors.BadSettings(
            where=f"steady({transporter.name})",
            wanted="a transporter whose turnover follows from levels and V",
            got="a flow that is driven from outside, at a rate that is given",
            advice="bm.steady_state(model), for places that a flow changes",
        )


def _check_known(
    transporter: Transporter | Cycle,
    equations: Sequence[tuple[sp.Symbol, BoundExpression]],
    env: dict[sp.Symbol, int],
) -> None:
    """Raise BadSettings where a formula needs what is neither clamped nor a parameter."""
    have = {*env, *(symbol for symbol, _ in equations)}
    for _, formula in equations:
        for s in free(formula.local):
            needed = formula.names.get(s, s)
            missing = [x.name for x in needed.free_symbols if x not in have]
            if missing:
                raise errors.BadSettings(
                    where=f"steady({transporter.name})",
                    wanted="laws that read levels on their two sides, V and parameters",
                    got=f"a law that reads {missing[0]}",
                    advice="bm.steady_state(model), for a law that reads more of a model",
                )


def _acts(transporter: Transporter | Cycle, on: Membrane) -> bool:
    """Whether V acts on a rate, or does work."""
    V = symbols.potential(on.name)
    return any(p.charge_moved.get(on.inside.name, 0) or p.reads(V) for p in transporter.processes)


def body_temperature(value: object) -> Declared:
    """The temperature of a transporter alone, as a parameter."""
    return declare(
        TEMPERATURE, value, d.TEMPERATURE, domain="positive", long_name="temperature",
        owner="the transporter",
    )  # fmt: skip
