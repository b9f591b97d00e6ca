"""From a drawn :class:`~strategies.Spec` to a model, and what its kernel says at a state."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from strategies import Loop, Part, Room, Spec, Term, Wall, written

import biomembrane as bm
from biomembrane import Q
from biomembrane import dimension as d
from biomembrane.assemble.model import Model
from biomembrane.compile.numpy import kernel
from biomembrane.compile.program import program
from biomembrane.constants import FARADAY, GAS
from biomembrane.declare import laws
from biomembrane.declare.site import Site
from biomembrane.library import H2O
from biomembrane.symbols import B
from biomembrane.symbols import t as clock

Array = NDArray[np.float64]
Quantifier = Callable[[float, str], Any]
MODELS = Path(__file__).parents[1] / "models"


# --- declaring


def build(spec: Spec, q: Quantifier = Q, *, potential: bool = False) -> Model:
    """Declare a spec; ``q`` makes its quantities, ``potential`` gives V at the start where a place can hold charge."""
    known = {s.name: s for s in spec.species}
    baths = {b.name: bm.Reservoir(b.name, {known[s]: q(c, "mM") for s, c in b.contents}, floating=b.floating) for b in spec.baths}
    places = {**baths, **{r.name: _room(r, known, baths, q) for r in spec.rooms}}
    walls = [
        bm.Membrane(
            w.name, inside=places[w.inside], outside=places[w.outside], area=q(w.area, "um^2"),
            capacitance=None if w.capacitance is None else q(w.capacitance, "uF/cm^2"),
        )
        for w in spec.walls
    ]  # fmt: skip
    made = [transporter(p, walls[p.at] if p.at >= 0 else places[spec.rooms[0].name], q) for p in spec.parts]
    what = {"temperature": q(spec.temperature, "kelvin"), "reference": next(iter(baths.values()), None)}
    solid = [(w, m) for w, m in zip(spec.walls, walls, strict=True) if w.capacitance is not None]
    model = Model("drawn", made, potential={m: q(0.0, "mV") for _, m in solid}, **what)
    if not potential:
        return model
    phi = dict.fromkeys(set(model.places) - set(model.circuit.nodes), 0.0)
    for w, _ in solid:
        V = w.potential if (w.inside in phi) != (w.outside in phi) else 0.0
        phi.setdefault(w.inside, phi.get(w.outside, 0.0) + V)
        phi.setdefault(w.outside, phi[w.inside] - V)
    return Model("drawn", made, potential={m: q(phi[w.inside] - phi[w.outside], "mV") for w, m in solid}, **what)


def _room(room: Room, known: Mapping[str, bm.Species], baths: Mapping[str, bm.Reservoir], q: Quantifier) -> bm.Compartment:
    contents = {known[s]: q(c, "mM") for s, c in room.contents}
    fuels = [known[s] for s in ("ATP", "ADP", "Pi") if s in known]
    held = {s: q(c, "mM") for s, c in zip(fuels, (4.0, 0.4, 4.0), strict=False)}
    impermeant: Any = bm.balance(charge=-1, against=next(iter(baths.values()), None))
    if not room.balanced:
        left = sum(known[s].charge * c for s, c in room.contents)
        impermeant = {bm.Species("Counter", -1 if left > 0 else 1): q(abs(left), "mM")}
    return bm.Compartment(room.name, volume=q(room.volume, "pL"), contents=contents, held=held, impermeant=impermeant)


def transporter(part: Part, on: Any, q: Quantifier) -> bm.Transporter | bm.Cycle:
    """The transporter of a part."""
    number = {key: q(value, unit) for key, value, unit in part.numbers}
    barrier = laws.ConstantField() if part.theta is None else laws.Eyring(part.theta)
    modulator = {"": None, "inhibited": _inhibited, "clock": _clock}[part.modulator]
    if part.loop is not None:
        return _cycle(part, part.loop, on, q, barrier, modulator)
    law: Any
    match part.kind:
        case "elementary":
            law = laws.Elementary(rate=number["rate"], barrier=barrier)
        case "ghk":
            law = laws.GHK(permeability=number["permeability"])
        case "ohmic":
            law = laws.Ohmic(conductance=number["conductance"])
        case "onsager":
            law = laws.Onsager(coefficient=number["coefficient"])
        case "water":
            law = laws.Water(permeability=number["permeability"])
        case "saturable":
            half = {key.removeprefix("half "): x for key, x in number.items() if key.startswith("half ")}
            rest = {key: x for key, x in number.items() if not key.startswith("half ")}
            law = laws.Saturable(half=half, binding=part.binding, barrier=barrier, **rest)
        case "reduced":
            law = _reduced(number)
        case "pair":
            law = laws.Pair(forward=lambda s: _rush(s, number["k"])[0], reverse=lambda s: _rush(s, number["k"])[1])
    extra = (H2O,) if part.kind == "water" else ()
    return bm.Transporter(part.name, written(part.left, part.right), on, law, modulator=modulator, species=extra)


def _inhibited(site: Site) -> Any:
    level = site.level(site.participants[0])
    return 1 / (1 + level / site.parameter("Ki", Q(30, "mM"), d.CONCENTRATION, domain="positive"))


def _clock(site: Site) -> Any:
    import sympy as sp

    return sp.exp(
        sp.sin(clock * site.parameter("pace", Q(0.1, "1/s"), d.RATE)) - clock / site.parameter("fade", Q(60, "s"), d.TIME, domain="positive")
    )


def _rush(site: Site, k: Any) -> tuple[Any, Any]:
    import sympy as sp

    filled = 1 + site.product(site.reaction.reactants, activities=True)
    both = site.parameter("k", k, d.FLUX) * (B(site.u) + B(-site.u)) / filled
    forward, reverse = (site.product(side, activities=True) for side in (site.reaction.reactants, site.reaction.products))
    return both * forward, both * reverse * sp.exp(site.standard + site.Qu)


def _reduced(number: Mapping[str, Any]) -> laws.ReducedCycle:
    import sympy as sp

    def k(site: Site, i: int) -> Any:
        return site.parameter(f"k{i}", number[f"k{i}"], d.RATE, domain="positive")

    def closing(s: Site) -> Any:
        return k(s, 0) * k(s, 1) * k(s, 2) / (k(s, 3) * k(s, 4)) * s.product(s.reaction.products, activities=True) * sp.exp(s.standard + s.Qu / 2)

    forward = [lambda s: k(s, 0) * s.product(s.reaction.reactants, activities=True) * sp.exp(-s.Qu / 2), lambda s: k(s, 1), lambda s: k(s, 2)]
    return laws.ReducedCycle(density=number["density"], forward=forward, reverse=[lambda s: k(s, 3), lambda s: k(s, 4), closing])


def _cycle(part: Part, loop: Loop, on: Any, q: Quantifier, barrier: Any, modulator: Any) -> bm.Cycle:
    def name(i: int) -> str:
        return f"E{i + 1}"

    def ends(a: int, b: int, left: Sequence[Term] = (), right: Sequence[Term] = ()) -> str:
        return written(((1, name(a), ""), *left), ((1, name(b), ""), *right), "<->")

    def rate(x: float, side: Sequence[Term]) -> Any:
        order = sum(n for n, _, _ in side)
        return q(x * 10.0**order, f"1/s/mM^{order}" if order else "1/s")

    steps = [(ends(a, b, left, right), {"forward": rate(f, left), "reverse": rate(r, right)}) for a, b, left, right, f, r in loop.steps]
    return bm.Cycle(
        part.name, on, density=q(*part.numbers[0][1:]), states=" ".join(map(name, range(loop.size))), steps=steps,
        close=[ends(*loop.steps[i][:2]) for i in loop.closing], charge={name(i): str(float(x)) for i, x in enumerate(loop.inside)},
        barrier=barrier, modulator=modulator,
    )  # fmt: skip


# --- the same model told otherwise

_ELSEWHERE = {
    "mM": "mol/L", "um^2": "cm^2", "pL": "um^3", "mV": "V", "uF/cm^2": "F/m^2", "cm/s": "um/ms", "1/s": "1/min", "fmol/s": "nmol/hour",
    "kJ/mol": "cal/mol", "pmol/cm^2/s": "mol/m^2/s", "1/um^2": "1/cm^2", "nS": "S", "mS/cm^2": "S/m^2", "cm/s/bar": "um/s/kPa", "fmol": "mol",
    "kelvin": "kelvin",
}  # fmt: skip


def elsewhere(value: float, unit: str) -> Any:
    """The quantity in another unit that people use, or in SI base units."""
    made = Q(value, unit)
    return made.to(_ELSEWHERE[unit]) if unit in _ELSEWHERE else made.to_base_units()


def mirrored(spec: Spec) -> Spec:
    """Inside and outside swapped on every membrane: @in and @out, V, and the charge coordinates."""
    swap = {"in": "out", "out": "in", "": ""}

    def terms(side: tuple[Term, ...]) -> tuple[Term, ...]:
        return tuple((n, s, swap[w]) for n, s, w in side)

    def turned(part: Part) -> Part:
        numbers = tuple((f"{k[: k.index('@') + 1]}{swap[k[k.index('@') + 1 :]]}" if "@" in k else k, x, u) for k, x, u in part.numbers)
        loop = part.loop and replace(
            part.loop,
            steps=tuple((a, b, terms(left), terms(right), f, r) for a, b, left, right, f, r in part.loop.steps),
            inside=tuple(z - x for z, x in zip(part.loop.whole, part.loop.inside, strict=True)),
        )
        return replace(part, left=terms(part.left), right=terms(part.right), numbers=numbers, loop=loop)

    def flipped(wall: Wall) -> Wall:
        return replace(wall, inside=wall.outside, outside=wall.inside, potential=-wall.potential)

    return replace(spec, walls=tuple(map(flipped, spec.walls)), parts=tuple(map(turned, spec.parts)))


# --- looking


@dataclass(frozen=True)
class Condition:
    """A state told physically: amounts by pool [fmol], φ by place [V], volumes by place [pL]."""

    amount: Mapping[str, float]
    phi: Mapping[str, float]
    volume: Mapping[str, float]


def condition(model: Model, u: Sequence[float]) -> Condition:
    """A physiological condition from a point of the unit cube: 0.03–300 mM, ±120 mV between places, 0.5–2 times the volume."""
    at = iter(np.resize(np.asarray(u), 3 * (len(model.pools) + len(model.places))))
    swell = {c.name: c.volume.value * (2.0 ** (2 * next(at) - 1) if c.name in model.swelling else 1.0) for c in model.compartments}
    phi = {n: 0.24 * next(at) - 0.12 if n in model.circuit.nodes else 0.0 for n in model.places}
    amount = {p.name: swell[p.place] * 0.03 * 10.0 ** (4 * next(at)) for p in model.pools if p.kind == "solute"}
    amount |= {p.name: 0.01 * 10.0 ** (-3 * next(at)) for p in model.pools if p.kind == "carrier"}
    return Condition(amount, phi, swell)


def vector(model: Model, at: Condition) -> Array:
    """The state vector; node charges are Σ C (φ − φ of the neighbour), with the ground's φ taken off."""
    grounds = [n for n in model.places if n not in model.circuit.nodes]
    base = at.phi[grounds[0]] if grounds else 0.0
    charge = dict.fromkeys(model.places, 0.0)
    for m in model.membranes:
        if m.capacitance is not None:
            a, b = m.inside.name, m.outside.name
            q = (
                m.area.value
                * m.capacitance.value
                * ((at.phi[a] if a in model.circuit.nodes else base) - (at.phi[b] if b in model.circuit.nodes else base))
            )
            charge[a] += q
            charge[b] -= q
    find = {
        "solute": lambda p: at.amount[p.name],
        "carrier": lambda p: at.amount[p.name],
        "charge": lambda p: charge[p.place],
        "volume": lambda p: at.volume[p.place],
    }
    return np.array([find[p.kind](p) for p in model.pools])


class Seen:
    """A model's kernel at its own parameters (or others): named groups at a state."""

    def __init__(self, model: Model, change: Mapping[str, float] | None = None) -> None:
        self.model, self.k = model, kernel(program(model))
        self.p = {name: p.value for name, p in model.parameters.items()} | dict(change or {})
        self.c = self.k.prepare(np.array(list(self.p.values())))
        self.RT, self.F = GAS * self.p["temperature"], FARADAY

    def __call__(self, group: str, y: Array, t: Any = 0.0) -> dict[str, Any]:
        return dict(zip(self.k.program.names[group], self.k.call(group, t, y, self.c), strict=True))

    def array(self, group: str, y: Array, t: Any = 0.0) -> Array:
        return self.k.call(group, t, y, self.c)

    def N(self) -> Array:
        """The stoichiometric matrix as numbers."""
        at = self.p | {"F": FARADAY}
        return np.array([[_number(self.model.N[r.name].get(p.name, 0), at) for r in self.model.processes] for p in self.model.pools])

    def flow(self, y: Array, t: Any = 0.0) -> Array:
        """What cancels in J of each process: r⁺ + r⁻, or L times some RT where a law has no one-way rates."""
        up, down = self("forward", y, t), self("reverse", y, t)
        near = y * (1 + 1e-3 * np.arange(len(y)))
        J, A, here = self("flux", near, t), self("affinity", near, t), self("flux", y, t)
        slope = {n: abs(J[n] / A[n]) if A[n] else 0.0 for n in J}
        return np.array([up[n] + down[n] if n in up else abs(here[n]) + slope[n] * 30 * self.RT for n in J])

    def gross(self, y: Array, t: Any = 0.0) -> Array:
        """|N| times the flow of each process: the size of what cancels in dx/dt."""
        return np.abs(self.N()) @ self.flow(y, t)


def _number(expression: Any, at: Mapping[str, float]) -> float:
    if not getattr(expression, "free_symbols", None):
        return float(expression)
    return float(expression.subs({s: at[s.name] for s in expression.free_symbols}))


@cache
def shipped(name: str) -> Model:
    """A model of models/, built once a process."""
    found = importlib.util.spec_from_file_location(f"model_{name}", MODELS / name / "model.py")
    assert found is not None
    assert found.loader is not None
    module: ModuleType = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    made: Model = module.build()
    return made
