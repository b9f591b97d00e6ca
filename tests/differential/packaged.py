"""The same description, declared to the package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sympy as sp
from differential.system import SOLUTES, CompartmentSpec, Mover, System, Term, Timed

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane import dimension as d
from biomembrane import library as lib

CONVENTION = "apparent, pH 7, 310 K"
Q_ = Callable[[float, str], Any]


def solutes() -> dict[str, bm.Species]:
    """The solutes of all systems."""
    made = {}
    for name, s in SOLUTES.items():
        energy = (
            {}
            if s.energy is None
            else {"standard": Q(s.energy, "kJ/mol"), "convention": CONVENTION}
        )
        made[name] = bm.Species(name, s.charge, s.formula, s.moieties, **energy)
    return made


def model_of(system: System, q: Q_ = Q, *, name: str = "system") -> bm.Model:
    """Declare a system; ``q`` makes its quantities."""
    known = solutes()
    baths = {
        b.name: bm.Reservoir(
            b.name, {known[s]: q(c, "mM") for s, c in b.contents.items()}, floating=b.floating
        )
        for b in system.baths
    }
    first = next(iter(baths.values()), None)
    places: dict[str, Any] = baths | {r.name: _room(r, known, first, q) for r in system.rooms}
    walls = {
        w.name: bm.Membrane(
            w.name, inside=places[w.inside], outside=places[w.outside], area=q(w.area, "um^2"),
            capacitance=None if w.capacitance is None else q(w.capacitance, "uF/cm^2"),
        )
        for w in system.walls
    }  # fmt: skip
    potential = {
        walls[w.name]: q(system.phi[w.inside] - system.phi[w.outside], "mV")
        for w in system.walls
        if w.capacitance is not None
    }
    movers = [transporter(m, (walls | places)[m.on], q) for m in system.movers]
    return bm.Model(
        name,
        movers,
        potential=potential,
        temperature=q(system.temperature, "kelvin"),
        reference=first,
    )


def _room(room: CompartmentSpec, known: dict[str, bm.Species], bath: Any, q: Q_) -> bm.Compartment:
    impermeant: Any = bm.balance(charge=room.valence, against=bath)
    if room.impermeant != "balance":
        impermeant = {bm.Species(s, z): q(c, "mM") for s, (z, c) in (room.impermeant or {}).items()}
    contents, held = (
        {known[s]: q(c, "mM") for s, c in given.items()} for given in (room.contents, room.held)
    )
    return bm.Compartment(
        room.name, volume=q(room.volume, "pL"), contents=contents, held=held, impermeant=impermeant
    )


def written(left: Sequence[Term], right: Sequence[Term], arrow: str = "->") -> str:
    sides = (
        " + ".join((f"{n} " if n > 1 else "") + (f"{s}@{w}" if w else s) for n, s, w in side)
        for side in (left, right)
    )
    return f" {arrow} ".join(sides)


def transporter(m: Mover, on: Any, q: Q_) -> bm.Transporter | bm.Cycle:
    gate = {"": None, "solute": _solute(m), "voltage": _voltage, "clock": _clock}[m.gate]
    if m.steps:
        return _cycle(m, on, q, gate)
    if m.kind == "pump":
        return lib.NaKATPase(on, density=q(m.numbers["density"], "1/um^2"), name=m.name)
    if m.kind == "water":
        number = (
            q(m.numbers["L_p"] * 1e-5, "cm/s/bar")
            if "L_p" in m.numbers
            else q(m.numbers["P_f"], "cm/s")
        )
        return lib.water(on, permeability=number, name=m.name)
    places = {"": on.name} if isinstance(on, bm.Compartment) else {}
    left, right = ([(n, s, places.get(w, w)) for n, s, w in side] for side in (m.left, m.right))
    return bm.Transporter(m.name, written(left, right), on, _law(m, q), modulator=gate)


def _law(m: Mover, q: Q_) -> Any:
    size = m.numbers["size"]
    barrier = laws.ConstantField() if m.theta is None else laws.Eyring(m.theta)
    match m.kind:
        case "ghk":
            return laws.GHK(permeability=q(size * 1e-4, "cm/s"))
        case "ohmic":
            return laws.Ohmic(conductance=q(size * 10, "nS"))
        case "onsager":
            return laws.Onsager(coefficient=q(size * 1e-4, "fmol^2/fJ/s"))
        case "elementary":
            return laws.Elementary(rate=q(m.numbers["rate"], "fmol/s"), barrier=barrier)
        case "saturable":
            half = {
                key.removeprefix("half "): q(x, "mM")
                for key, x in m.numbers.items()
                if key.startswith("half ")
            }
            return laws.Saturable(
                half=half, maximum=q(size * 10, "fmol/s"), binding=m.binding, barrier=barrier
            )
        case "reduced":
            return _reduced(m, q)
        case "empirical":
            return laws.Empirical(flux=lambda s: _biased(s, m, q), reason="drawn at random")
    raise ValueError(m.kind)


def _biased(s: Any, m: Mover, q: Q_) -> Any:
    k = s.parameter("k", q(0.01 * m.numbers["size"], "fmol/s/mM"), d.FLUX / d.CONCENTRATION)
    (_, one, here), (_, two, there) = m.left[0], m.right[0]
    return k * (
        s[f"{one}@{here}"]
        - s.parameter("bias", q(m.numbers["bias"], ""), d.ONE) * s[f"{two}@{there}"]
    )


def _reduced(m: Mover, q: Q_) -> laws.ReducedCycle:
    def k(s: Any, i: int) -> Any:
        return s.parameter(f"k{i}", q(m.numbers[f"k{i}"], "1/s"), d.RATE, domain="positive")

    def closing(s: Any) -> Any:
        return (
            k(s, 0)
            * k(s, 1)
            * k(s, 2)
            / (k(s, 3) * k(s, 4))
            * s.product(s.reaction.products, activities=True)
            * sp.exp(s.standard + s.reduced_work / 2)
        )

    forward = [
        lambda s: (
            k(s, 0) * s.product(s.reaction.reactants, activities=True) * sp.exp(-s.reduced_work / 2)
        ),
        lambda s: k(s, 1),
        lambda s: k(s, 2),
    ]
    density = q(m.numbers["size"] * 1e-3, "fmol")
    return laws.ReducedCycle(
        density=density, forward=forward, reverse=[lambda s: k(s, 3), lambda s: k(s, 4), closing]
    )


def _solute(m: Mover) -> Callable[[Any], Any]:
    name = "K@in" if m.name[-1] in "02468" else "Ca@in"
    return lambda s: (
        s[name]
        / (s[name] + s.parameter("half_open", Q(30, "mM"), d.CONCENTRATION, domain="positive"))
    )


def _voltage(s: Any) -> Any:
    return 1 / (1 + sp.exp(s.u))


def _clock(s: Any) -> Any:
    pace, fade = (
        s.parameter("pace", Q(0.1, "1/s"), d.RATE),
        s.parameter("fade", Q(60, "s"), d.TIME, domain="positive"),
    )
    return sp.exp(sp.sin(bm.symbols.t * pace) - bm.symbols.t / fade)


def _cycle(m: Mover, on: Any, q: Q_, gate: Any) -> bm.Cycle:
    def rate(x: float, side: Sequence[Term]) -> Any:
        order = sum(n for n, _, _ in side)
        return q(x, f"1/s/mM^{order}" if order else "1/s")

    steps, close = [], []
    for s in m.steps:
        text = written(((1, f"E{s.a + 1}", ""), *s.left), ((1, f"E{s.b + 1}", ""), *s.right), "<->")
        known = {"forward": rate(s.forward, s.left)} | (
            {} if s.reverse is None else {"reverse": rate(s.reverse, s.right)}
        )
        steps.append((text, known))
        if s.reverse is None:
            close.append(text)
    barrier = laws.ConstantField() if m.theta is None else laws.Eyring(m.theta)
    charge = {f"E{i + 1}": str(x) for i, x in enumerate(m.inside)}
    states = " ".join(f"E{i + 1}" for i in range(len(m.inside)))
    return bm.Cycle(
        m.name, on, density=q(m.numbers["carriers"], "fmol"), states=states, steps=steps,
        close=close, charge=charge, barrier=barrier, modulator=gate,
    )  # fmt: skip


UNITS = {"temperature": "kelvin", "permeability": "cm/s"}


def protocols(system: System, q: Q_ = Q) -> dict[str, bm.Protocol]:
    """What changes in time, as the package takes it."""
    return {
        x.name: _protocol(x, UNITS.get(x.name.rpartition(".")[2], "mM"), q) for x in system.timed
    }


def _protocol(x: Timed, unit: str, q: Q_) -> bm.Protocol:
    if x.kind == "steps":
        first, *rest = (q(v, unit) for v in x.values)
        return bm.Protocol.steps(
            first, *((q(t, "s"), v) for t, v in zip(x.times, rest, strict=True))
        )
    if x.kind == "ramps":
        return bm.Protocol.ramps(
            *((q(t, "s"), q(v, unit)) for t, v in zip(x.times, x.values, strict=True))
        )
    base, swing = x.values
    return bm.Protocol.function(
        lambda t, base, swing, tau: base * (1 + swing * sp.sin(sp.pi * t / tau) ** 2),
        base=q(base, unit),
        swing=q(swing, ""),
        tau=q(x.times[0], "s"),
    )


def simulate(system: System, model: bm.Model | None = None, q: Q_ = Q, **more: Any) -> Any:
    """The run of a system at its output times."""
    return bm.simulate(
        model or model_of(system, q),
        times=q(np.array(system.times), "s"),
        parameters=protocols(system, q),
        **more,
    )  # type: ignore[arg-type]
