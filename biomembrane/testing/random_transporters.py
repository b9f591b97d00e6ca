"""Random transporters and kinetic diagrams as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from hypothesis import strategies as st

from .random_reactions import Term, crossings, decades

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


@dataclass(frozen=True)
class DiagramSpec:
    """A kinetic diagram: steps (state, state, solutes left, solutes right, forward, reverse); the
    rate constants of ``closing`` steps follow from the others.
    """

    size: int
    steps: tuple[tuple[int, int, tuple[Term, ...], tuple[Term, ...], float, float], ...]
    closing: tuple[int, ...]
    inside: tuple[Fraction, ...]  # charge coordinate of each state
    whole: tuple[Fraction, ...]  # total charge of each state


@dataclass(frozen=True)
class TransporterSpec:
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
    diagram: DiagramSpec | None = None


@st.composite
def transporter_specs(
    draw: st.DrawFn,
    kind: str,
    names: Sequence[str],
    charges: dict[str, int],
    at: int = 0,
    fuel: str = "",
) -> TransporterSpec:
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
    diagram = draw(diagrams(names, charges, fuel)) if kind == "cycle" else None
    binding = draw(st.sampled_from(["simultaneous", "common"]))
    return TransporterSpec(
        f"{kind}{at}", kind, at, left, right, tuple(numbers), theta, binding, modulator, diagram
    )


@st.composite
def diagrams(
    draw: st.DrawFn, names: Sequence[str], charges: dict[str, int], fuel: str = ""
) -> DiagramSpec:
    """A ring of 3 to 6 states that binds and releases its solutes, perhaps with a slip across it or
    a dead end.
    """
    left, right = draw(crossings(names, 2))
    steps_of_ring = [(n, s, w, +1) for n, s, w in left] + [
        (n, s, w, -1) for n, s, w in right
    ]  # all bind, then all unbind
    bare = draw(st.integers(1, 6 - len(steps_of_ring)))
    for _ in range(bare):
        steps_of_ring.insert(draw(st.integers(0, len(steps_of_ring))), (0, "", "", 0))
    burns = draw(st.integers(0, len(steps_of_ring) - 1)) if fuel and draw(st.booleans()) else -1
    size, extra = len(steps_of_ring), draw(st.sampled_from(["", "slip", "dead end"]))
    bound: list[dict[str, int]] = [{}]
    rates = [(draw(decades(0, 3)), draw(decades(0, 3))) for _ in range(size + 1)]
    steps: list[tuple[int, int, tuple[Term, ...], tuple[Term, ...], float, float]] = []
    for i, (n, s, w, change) in enumerate(steps_of_ring):
        bound_now = ((n, s, w),) if change > 0 else ()
        released = ((n, s, w),) if change < 0 else ()
        if i == burns:
            bound_now, released = (
                (*bound_now, (1, "ATP", fuel)),
                (*released, (1, "ADP", fuel), (1, "Pi", fuel)),
            )
        steps.append((i, (i + 1) % size, bound_now, released, *rates[i]))
        bound.append(
            {
                k: v
                for k in {*bound[-1], s} - {""}
                if (v := bound[-1].get(k, 0) + (change * n if k == s else 0))
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
        fuel_bound = ((1, "ATP", fuel),) if a <= burns < b and draw(st.booleans()) else ()
        fuel_released = ((1, "ADP", fuel), (1, "Pi", fuel)) if fuel_bound else ()
        steps.append(
            (
                a,
                b,
                tuple((n, s, side) for s, n in bound[b].items()) + fuel_bound,
                fuel_released,
                *rates[-1],
            )
        )
        closing.append(len(steps) - 1)
    whole = tuple(Fraction(sum(n * charges[s] for s, n in held.items())) for held in bound)
    inside = tuple(Fraction(draw(st.integers(-40, 40)), 20) for _ in bound)
    return DiagramSpec(len(bound), tuple(steps), tuple(closing), inside, whole)
