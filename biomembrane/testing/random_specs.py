"""Random species, reactions, transporters and models as plain data.

Models are drawn as data (a :class:`Spec`) and declared by :func:`build`, so that one draw can be
declared twice: in other units, mirrored, with shifted energies, with another ground.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from ..declare.parameter import Parameter, Source
from ..declare.species import Species
from ..library.species import Ca, Cl, K, Na
from ..units import Q

Term = tuple[int, str, str]  # count, species, side

CONVENTION = "apparent, pH 7, 310 K"
ENERGIES = {"ATP": 32.0, "ADP": 0.0, "Pi": 0.0, "hexA": 1.5, "hexB": 0.0}  # kJ/mol
PERMEANT = ("Na", "K", "Cl", "Ca", "hexA", "hexB")


# --- numbers


def decades(low: float, high: float) -> st.SearchStrategy[float]:
    """Log-uniform numbers between 10**low and 10**high."""
    return st.floats(low, high).map(lambda e: 10.0**e)


def temperatures() -> st.SearchStrategy[float]:
    """Kelvin."""
    return st.floats(273.0, 320.0)


# --- species and reactions


@st.composite
def species(draw: st.DrawFn, name: str = "S") -> Species:
    """A species with a formula and a charge."""
    elements = draw(
        st.dictionaries(
            st.sampled_from(["C", "H", "O", "N", "Na", "Cl"]), st.integers(1, 12), min_size=1
        )
    )
    return Species(name, draw(st.integers(-3, 3)), "".join(f"{e}{n}" for e, n in elements.items()))


def crew(low: int = 1, high: int = 4) -> st.SearchStrategy[tuple[Species, ...]]:
    """Species with different names."""
    return st.integers(low, high).flatmap(
        lambda n: st.tuples(*(species(f"S{i}") for i in range(n)))
    )


@st.composite
def crossings(
    draw: st.DrawFn, names: Sequence[str], most: int = 3
) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
    """Both sides of a reaction in which one to three species cross, any way, in any number."""
    chosen = draw(
        st.lists(
            st.sampled_from(list(names)), min_size=1, max_size=min(most, len(names)), unique=True
        )
    )
    left: list[Term] = []
    right: list[Term] = []
    for name in chosen:
        n, here = draw(st.integers(1, 3)), draw(st.sampled_from(["in", "out"]))
        left.append((n, name, here))
        right.append((n, name, _other(here)))
    return tuple(left), tuple(right)


@st.composite
def syntheses(draw: st.DrawFn) -> tuple[tuple[Species, ...], tuple[Term, ...], tuple[Term, ...]]:
    """Species and a balanced reaction in which all but the last of them become one molecule, on any
    side of the membrane.
    """
    parts = draw(crew(1, 3))
    counts = [draw(st.integers(1, 3)) for _ in parts]
    total: dict[str, int] = {}
    for n, s in zip(counts, parts, strict=True):
        for element, many in s.composition().items():
            total[element] = total.get(element, 0) + n * many
    charge = sum(n * s.charge for n, s in zip(counts, parts, strict=True))
    whole = Species("Whole", charge, "".join(f"{e}{n}" for e, n in total.items()))
    side = st.sampled_from(["in", "out"])
    left = tuple((n, s.name, draw(side)) for n, s in zip(counts, parts, strict=True))
    return (*parts, whole), left, ((1, "Whole", draw(side)),)


def written(left: Sequence[Term], right: Sequence[Term], arrow: str = "->") -> str:
    """The text of a reaction."""
    sides = (
        " + ".join((f"{n} " if n > 1 else "") + (f"{s}@{w}" if w else s) for n, s, w in side)
        for side in (left, right)
    )
    return f" {arrow} ".join(sides)


def _other(side: str) -> str:
    return {"in": "out", "out": "in"}.get(side, side)


# --- transporters as data


@dataclass(frozen=True)
class Loop:
    """A kinetic diagram: steps (state, state, solutes left, solutes right, forward, reverse); the
    ``closing`` ones follow.
    """

    size: int
    steps: tuple[tuple[int, int, tuple[Term, ...], tuple[Term, ...], float, float], ...]
    closing: tuple[int, ...]
    inside: tuple[Fraction, ...]  # charge coordinate of each state
    whole: tuple[Fraction, ...]  # charge that each state holds in all


@dataclass(frozen=True)
class Part:
    """A transporter; ``at`` is the membrane's index, ``numbers`` are (key, value, unit), ``theta``
    None is the constant field.
    """

    name: str
    kind: str
    at: int
    left: tuple[Term, ...] = ()
    right: tuple[Term, ...] = ()
    numbers: tuple[tuple[str, float, str], ...] = ()
    theta: float | None = 0.5
    binding: str = "simultaneous"
    modulator: str = ""
    loop: Loop | None = None


KINDS = ("elementary", "ghk", "ohmic", "onsager", "water", "saturable", "reduced", "pair", "cycle")
_NUMBERS: dict[
    str, tuple[tuple[tuple[str, float, float, str], ...], ...]
] = {  # alternatives of (key, decades, unit)
    "elementary": ((("rate", 0, 3, "fmol/s"),), (("rate", 2, 5, "pmol/cm^2/s"),)),
    "ghk": ((("permeability", -8, -5, "cm/s"),),),
    "ohmic": ((("conductance", -2, 0, "nS"),), (("conductance", -2, 0, "mS/cm^2"),)),
    "onsager": (
        (("coefficient", -7, -5, "fmol^2/fJ/s"),),
        (("coefficient", -9, -7, "fmol^2/fJ/s/um^2"),),
    ),
    "water": ((("permeability", -8, -6, "cm/s/bar"),), (("permeability", -4, -2, "cm/s"),)),
    "saturable": (
        (("maximum", -1, 2, "pmol/cm^2/s"),),
        (("maximum", -2, 0, "fmol/s"),),
        (("turnover", 0, 2, "1/s"), ("density", 2, 4, "1/um^2")),
        (("turnover", 0, 2, "1/s"), ("density", -4, -2, "fmol")),
    ),
    "reduced": ((("density", 2, 4, "1/um^2"), *((f"k{i}", 0, 3, "1/s") for i in range(5))),),
    "pair": ((("k", 0, 3, "fmol/s"),),),
    "cycle": ((("density", 2, 4, "1/um^2"),),),
}


@st.composite
def parts(
    draw: st.DrawFn,
    kind: str,
    names: Sequence[str],
    charges: dict[str, int],
    at: int = 0,
    fuel: str = "",
) -> Part:
    """A transporter of one kind for species of these names; ``fuel`` is the side of the ATP that it
    may burn.
    """
    left, right = draw(crossings(names, 1 if kind == "ghk" else 3))
    if kind == "ghk":
        left, right = ((1, *left[0][1:]),), ((1, *right[0][1:]),)
    if kind == "ohmic" and not sum(n * charges[s] * (1 if w == "in" else -1) for n, s, w in right):
        kind = "onsager"
    if kind == "water":
        left, right = ((1, "H2O", "out"),), ((1, "H2O", "in"),)
    if (
        fuel
        and kind in ("elementary", "saturable", "reduced", "pair", "onsager")
        and draw(st.booleans())
    ):
        left, right = (*left, (1, "ATP", fuel)), (*right, (1, "ADP", fuel), (1, "Pi", fuel))
    numbers = [
        (key, draw(decades(low, high)), unit)
        for key, low, high, unit in draw(st.sampled_from(_NUMBERS[kind]))
    ]
    if kind == "saturable":
        numbers += [(f"half {s}@{w}", draw(decades(-1, 2)), "mM") for _, s, w in (*left, *right)]
    theta = (
        draw(st.none() | st.sampled_from([0.0, 0.25, 0.5, 1.0]))
        if kind not in ("ghk", "water")
        else 0.5
    )
    modulator = draw(
        st.sampled_from(
            ["", "clock", "gated"]
            if kind in ("water", "cycle")
            else ["", "", "inhibited", "gated", "clock"]
        )
    )
    loop = draw(loops(names, charges, fuel)) if kind == "cycle" else None
    binding = draw(st.sampled_from(["simultaneous", "common"]))
    return Part(
        f"{kind}{at}", kind, at, left, right, tuple(numbers), theta, binding, modulator, loop
    )


@st.composite
def loops(draw: st.DrawFn, names: Sequence[str], charges: dict[str, int], fuel: str = "") -> Loop:
    """A ring of 3 to 6 states that binds and lets go what it carries, perhaps with a slip across it
    or a dead end.
    """
    left, right = draw(crossings(names, 2))
    events = [(n, s, w, +1) for n, s, w in left] + [
        (n, s, w, -1) for n, s, w in right
    ]  # all bind, then all let go
    bare = draw(st.integers(1, 6 - len(events)))
    for _ in range(bare):
        events.insert(draw(st.integers(0, len(events))), (0, "", "", 0))
    burns = draw(st.integers(0, len(events) - 1)) if fuel and draw(st.booleans()) else -1
    size, extra = len(events), draw(st.sampled_from(["", "slip", "dead end"]))
    bound: list[dict[str, int]] = [{}]
    rates = [(draw(decades(0, 3)), draw(decades(0, 3))) for _ in range(size + 1)]
    steps: list[tuple[int, int, tuple[Term, ...], tuple[Term, ...], float, float]] = []
    for i, (n, s, w, way) in enumerate(events):
        took = ((n, s, w),) if way > 0 else ()
        gave = ((n, s, w),) if way < 0 else ()
        if i == burns:
            took, gave = (*took, (1, "ATP", fuel)), (*gave, (1, "ADP", fuel), (1, "Pi", fuel))
        steps.append((i, (i + 1) % size, took, gave, *rates[i]))
        bound.append(
            {
                k: v
                for k in {*bound[-1], s} - {""}
                if (v := bound[-1].get(k, 0) + (way * n if k == s else 0))
            }
        )
    bound, closing = bound[:size], [size - 1]
    if extra == "dead end":
        n, s, w = left[0]
        steps.append((1, size, ((n, s, w),), (), *rates[-1]))
        bound.append({**bound[1], s: bound[1].get(s, 0) + n})
    if extra == "slip" and size > 3:
        a, b = 0, draw(st.integers(2, size - 2))
        side = draw(st.sampled_from(["in", "out"]))
        fed = ((1, "ATP", fuel),) if a <= burns < b and draw(st.booleans()) else ()
        left_over = ((1, "ADP", fuel), (1, "Pi", fuel)) if fed else ()
        steps.append(
            (a, b, tuple((n, s, side) for s, n in bound[b].items()) + fed, left_over, *rates[-1])
        )
        closing.append(len(steps) - 1)
    whole = tuple(Fraction(sum(n * charges[s] for s, n in held.items())) for held in bound)
    inside = tuple(Fraction(draw(st.integers(-40, 40)), 20) for _ in bound)
    return Loop(len(bound), tuple(steps), tuple(closing), inside, whole)


# --- models as data


@dataclass(frozen=True)
class CompartmentSpec:
    """A compartment; ``balanced`` by :func:`biomembrane.balance`, else a counter-ion makes it
    neutral.
    """

    name: str
    volume: float
    contents: tuple[tuple[str, float], ...]
    balanced: bool = True


@dataclass(frozen=True)
class BathSpec:
    """A reservoir."""

    name: str
    contents: tuple[tuple[str, float], ...]
    floating: bool = False


@dataclass(frozen=True)
class MembraneSpec:
    """A membrane: area [um^2], capacitance [uF/cm^2] or none, potential at the start [mV]."""

    name: str
    inside: str
    outside: str
    area: float
    capacitance: float | None
    potential: float


@dataclass(frozen=True)
class Spec:
    """A model as data."""

    species: tuple[Species, ...]
    rooms: tuple[CompartmentSpec, ...]
    baths: tuple[BathSpec, ...]
    walls: tuple[MembraneSpec, ...]
    parts: tuple[Part, ...]
    temperature: float


def substances(shift: dict[str, float] | None = None) -> dict[str, Species]:
    """The species of random models, with μ° shifted [kJ/mol]."""

    def reactant(name: str, charge: int = 0, **what: Any) -> Species:
        energy = ENERGIES[name] + (shift or {}).get(name, 0.0)
        return Species(
            name,
            charge,
            standard=Parameter(Q(energy, "kJ/mol"), Source("assumed")),
            convention=CONVENTION,
            **what,
        )

    made = [
        *(Na, K, Cl, Ca),
        *(reactant(name, formula="C6H12O6") for name in ("hexA", "hexB")),
        reactant("ATP", -1, moieties={"adenosine": 1, "phosphate": 3}),
        reactant("ADP", 0, moieties={"adenosine": 1, "phosphate": 2}),
        reactant("Pi", -1, moieties={"phosphate": 1}),
    ]
    return {s.name: s for s in made}


CHARGES = {name: s.charge for name, s in substances().items()}
TOPOLOGIES = ("cell", "epithelium", "open epithelium", "pair", "closed")
_CELL = {
    "Na": (5, 20),
    "K": (60, 100),
    "Cl": (5, 20),
    "Ca": (0.1, 1),
    "hexA": (0.1, 5),
    "hexB": (0.1, 5),
}
_BATH = {
    "Na": (140, 150),
    "K": (3, 10),
    "Cl": (146, 165),
    "Ca": (1, 2),
    "hexA": (0.1, 5),
    "hexB": (0.1, 5),
}


@st.composite
def specs(
    draw: st.DrawFn,
    topologies: Sequence[str] = TOPOLOGIES,
    kinds: Sequence[str] = (*KINDS, "isomerase"),
    most: int = 6,
    *,
    active: bool = True,
) -> Spec:
    """Small models: one or two compartments, one to six transporters; ``active`` ones may burn
    ATP.
    """
    topology = draw(st.sampled_from(list(topologies)))

    def contents(ranges: Mapping[str, tuple[float, float]]) -> tuple[tuple[str, float], ...]:
        return tuple((s, draw(st.floats(*r))) for s, r in ranges.items())

    def wall(name: str, inside: str, outside: str, *, junction: bool = False) -> MembraneSpec:
        C = None if junction else draw(st.floats(0.5, 2))
        return MembraneSpec(
            name, inside, outside, draw(st.floats(100, 500)), C, draw(st.floats(-80, 40))
        )

    rooms = [
        CompartmentSpec("cell", draw(st.floats(0.5, 2)), contents(_CELL), topology != "closed")
    ]
    baths = [BathSpec("blood", contents(_BATH))] if topology != "closed" else []
    walls = [wall("basal", "cell", "blood")] if topology != "closed" else []
    if topology in ("pair", "closed"):
        rooms.append(
            CompartmentSpec("other", draw(st.floats(0.5, 2)), contents(_CELL), topology != "closed")
        )
        walls.append(wall("gap", "cell", "other"))
    if "epithelium" in topology:
        baths.append(BathSpec("lumen", contents(_CELL | _BATH), floating="open" in topology))
        walls += [
            wall("apical", "cell", "lumen"),
            wall("junction", "lumen", "blood", junction=True),
        ]
    made: list[Part] = []
    for i in range(draw(st.integers(1, most))):
        kind = draw(st.sampled_from(list(kinds)))
        at = draw(st.integers(0, len(walls) - 1))
        if kind == "isomerase":
            rate = draw(decades(-2, 0))
            law = draw(st.sampled_from(["elementary", "onsager"]))
            unit = "fmol/s" if law == "elementary" else "fmol^2/fJ/s"
            key = "rate" if law == "elementary" else "coefficient"
            value = rate if law == "elementary" else rate * 1e-5
            part = Part("", law, -1, ((1, "hexA", ""),), ((1, "hexB", ""),), ((key, value, unit),))
        else:
            fuel = "in" if active and walls[at].inside == "cell" else ""
            part = draw(parts(kind, PERMEANT, CHARGES, at, fuel))
        made.append(replace(part, name=f"T{i}{part.kind}"))
    return Spec(
        tuple(substances().values()),
        tuple(rooms),
        tuple(baths),
        tuple(walls),
        tuple(made),
        draw(temperatures()),
    )


@st.composite
def lone(draw: st.DrawFn, kind: str) -> Spec:
    """One transporter of one kind between a cell and a bath, for species that nobody knows."""
    known = draw(crew(1, 3))
    charges = {s.name: s.charge for s in known}
    if kind == "ohmic" and not any(charges.values()):
        known = (replace(known[0], charge=2), *known[1:])
        charges = {s.name: s.charge for s in known}
    inside, outside = (tuple((s.name, draw(decades(-2, 2.5))) for s in known) for _ in range(2))
    room, bath = (
        CompartmentSpec("cell", draw(st.floats(0.5, 2)), inside, balanced=False),
        BathSpec("bath", outside),
    )
    wall = MembraneSpec("wall", "cell", "bath", draw(st.floats(100, 500)), 1.0, 0.0)
    return Spec(
        known,
        (room,),
        (bath,),
        (wall,),
        (draw(parts(kind, list(charges), charges)),),
        draw(temperatures()),
    )
