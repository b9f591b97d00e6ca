"""Declare the model of a :class:`~.random_models.ModelSpec`.

One draw can be declared twice: in other units, mirrored, with shifted energies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy as sp

from .. import dimension as d
from ..assemble.model import Model
from ..declare import laws
from ..declare.cycle import Cycle
from ..declare.places import Compartment, Membrane, Reservoir, balance
from ..declare.reaction import solutes_at
from ..declare.site import Site
from ..declare.species import Species
from ..declare.transporter import Transporter
from ..library.species import H2O
from ..symbols import B
from ..symbols import t as clock
from ..units import Q
from .random_models import CompartmentSpec, ModelSpec
from .random_reactions import Term, reaction_text
from .random_transporters import DiagramSpec, TransporterSpec

Quantifier = Callable[[float, str], Any]


def build(spec: ModelSpec, q: Quantifier = Q, *, potential: bool = False) -> Model:
    """Declare a spec; ``q`` makes its quantities, ``potential`` sets the initial V where a place
    can hold charge.
    """
    species_of = {s.name: s for s in spec.species}
    baths = {
        b.name: Reservoir(
            b.name, {species_of[s]: q(c, "mM") for s, c in b.contents}, floating=b.floating
        )
        for b in spec.baths
    }
    places: dict[str, Compartment | Reservoir] = {
        **baths,
        **{r.name: _compartment(r, species_of, baths, q) for r in spec.compartments},
    }
    membranes = [
        Membrane(
            w.name, inside=places[w.inside], outside=places[w.outside], area=q(w.area, "um^2"),
            capacitance=None if w.capacitance is None else q(w.capacitance, "uF/cm^2"),
        )
        for w in spec.membranes
    ]  # fmt: skip
    transporters = [
        transporter(p, membranes[p.at] if p.at >= 0 else places[spec.compartments[0].name], q)
        for p in spec.parts
    ]
    settings = {
        "temperature": q(spec.temperature, "kelvin"),
        "reference": next(iter(baths.values()), None),
    }
    capacitive = [
        (w, m) for w, m in zip(spec.membranes, membranes, strict=True) if w.capacitance is not None
    ]
    model = Model(
        "drawn", transporters, potential={m: q(0.0, "mV") for _, m in capacitive}, **settings
    )
    if not potential:
        return model
    phi = dict.fromkeys(set(model.places) - set(model.circuit.nodes), 0.0)
    for w, _ in capacitive:
        V = w.potential if (w.inside in phi) != (w.outside in phi) else 0.0
        phi.setdefault(w.inside, phi.get(w.outside, 0.0) + V)
        phi.setdefault(w.outside, phi[w.inside] - V)
    return Model(
        "drawn",
        transporters,
        potential={m: q(phi[w.inside] - phi[w.outside], "mV") for w, m in capacitive},
        **settings,
    )


def _compartment(
    spec: CompartmentSpec,
    species_of: Mapping[str, Species],
    baths: Mapping[str, Reservoir],
    q: Quantifier,
) -> Compartment:
    contents = {species_of[s]: q(c, "mM") for s, c in spec.contents}
    fuels = [species_of[s] for s in ("ATP", "ADP", "Pi") if s in species_of]
    held = {s: q(c, "mM") for s, c in zip(fuels, (4.0, 0.4, 4.0), strict=False)}
    impermeant: Any = balance(charge=-1, against=next(iter(baths.values()), None))
    if not spec.balanced:
        imbalance = sum(species_of[s].charge * c for s, c in spec.contents)
        impermeant = {Species("Counter", -1 if imbalance > 0 else 1): q(abs(imbalance), "mM")}
    return Compartment(
        spec.name, volume=q(spec.volume, "pL"), contents=contents, held=held, impermeant=impermeant
    )


def transporter(part: TransporterSpec, on: Any, q: Quantifier) -> Transporter | Cycle:
    """The transporter of a part."""
    modulator = {"": None, "inhibited": _inhibited, "gated": _gated, "clock": _time_dependent}[
        part.modulator
    ]
    if part.diagram is not None:
        return _cycle(part, part.diagram, on, q, modulator)
    extra = (H2O,) if part.kind == "water" else ()
    return Transporter(
        part.name,
        reaction_text(part.left, part.right),
        on,
        law_of(part, q),
        modulator=modulator,
        species=extra,
    )


def _barrier(part: TransporterSpec) -> laws.Barrier:
    return laws.ConstantField() if part.theta is None else laws.Eyring(part.theta)


def law_of(part: TransporterSpec, q: Quantifier) -> laws.Law:
    """The law of a part that is no cycle."""
    number, barrier = {key: q(value, unit) for key, value, unit in part.numbers}, _barrier(part)
    match part.kind:
        case "elementary":
            return laws.Elementary(rate=number["rate"], barrier=barrier)
        case "ghk":
            return laws.GHK(permeability=number["permeability"])
        case "ohmic":
            return laws.Ohmic(conductance=number["conductance"])
        case "onsager":
            return laws.Onsager(coefficient=number["coefficient"])
        case "water":
            return laws.Water(permeability=number["permeability"])
        case "saturable":
            half = {
                key.removeprefix("half "): x for key, x in number.items() if key.startswith("half ")
            }
            rest = {key: x for key, x in number.items() if not key.startswith("half ")}
            return laws.Saturable(half=half, binding=part.binding, barrier=barrier, **rest)
        case "reduced":
            return _reduced(number)
        case "pair":
            return laws.Pair(
                forward=lambda s: _exponential_pair(s, number["k"])[0],
                reverse=lambda s: _exponential_pair(s, number["k"])[1],
            )
    raise ValueError(part.kind)


def _inhibited(site: Site) -> Any:
    level = site.level(site.participants[0])
    return 1 / (1 + level / site.parameter("Ki", Q(30, "mM"), d.CONCENTRATION, domain="positive"))


def _gated(site: Site) -> Any:
    """Opened by a solute that takes no part, where there is one."""
    taking_part = {participant.pool for participant in site.participants}
    others = sorted(
        participant.pool
        for participant in solutes_at(site.on).values()
        if participant.pool not in taking_part
    )
    if not others:
        return sp.S.One
    level = site[others[0]]
    return level / (level + site.parameter("half", Q(30, "mM"), d.CONCENTRATION, domain="positive"))


def _time_dependent(site: Site) -> Any:
    return sp.exp(
        sp.sin(clock * site.parameter("pace", Q(0.1, "1/s"), d.RATE))
        - clock / site.parameter("fade", Q(60, "s"), d.TIME, domain="positive")
    )


def _exponential_pair(site: Site, k: Any) -> tuple[Any, Any]:
    filled = 1 + site.product(site.reaction.reactants, activities=True)
    both = site.parameter("k", k, d.FLUX) * (B(site.u) + B(-site.u)) / filled
    forward, reverse = (
        site.product(side, activities=True)
        for side in (site.reaction.reactants, site.reaction.products)
    )
    return both * forward, both * reverse * sp.exp(site.standard + site.reduced_work)


def _reduced(number: Mapping[str, Any]) -> laws.ReducedCycle:
    def k(site: Site, i: int) -> Any:
        return site.parameter(f"k{i}", number[f"k{i}"], d.RATE, domain="positive")

    def closing(s: Site) -> Any:
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
    return laws.ReducedCycle(
        density=number["density"],
        forward=forward,
        reverse=[lambda s: k(s, 3), lambda s: k(s, 4), closing],
    )


def _cycle(
    part: TransporterSpec, diagram: DiagramSpec, on: Any, q: Quantifier, modulator: Any
) -> Cycle:
    def name(i: int) -> str:
        return f"E{i + 1}"

    def ends(a: int, b: int, left: Sequence[Term] = (), right: Sequence[Term] = ()) -> str:
        return reaction_text(((1, name(a), ""), *left), ((1, name(b), ""), *right), "<->")

    def rate(x: float, side: Sequence[Term]) -> Any:
        order = sum(n for n, _, _ in side)
        return q(x * 10.0**order, f"1/s/mM^{order}" if order else "1/s")

    steps = [
        (ends(a, b, left, right), {"forward": rate(f, left), "reverse": rate(r, right)})
        for a, b, left, right, f, r in diagram.steps
    ]
    return Cycle(
        part.name, on, density=q(*part.numbers[0][1:]),
        states=" ".join(map(name, range(diagram.size))), steps=steps,
        close=[ends(*diagram.steps[i][:2]) for i in diagram.closing],
        charge={name(i): str(float(x)) for i, x in enumerate(diagram.inside)},
        barrier=_barrier(part), modulator=modulator,
    )  # fmt: skip
