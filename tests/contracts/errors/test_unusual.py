"""Input that can be meant and seldom is: refused where it means nothing, told by a warning at the
user's line where it is likely a slip.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy
import xarray as xr
from mistakes import LEAK, Mistake, bath, cell, judge, membrane, sound, table, transporter

import biomembrane as bm
from biomembrane import Protocol, Q
from biomembrane import errors as e
from biomembrane.library import K, Na

TESTS = Path(__file__).parents[2]
CALCIUM, UREA = bm.Species("Ca", charge=2), bm.Species("urea")
LATER = Protocol.steps("5 mM", ("0.5 s", "6 mM"), ("2 s", "5 mM"), ("3 s", "6 mM"))


def on(**changed: Any) -> bm.Membrane:
    return membrane(outside=bath({Na: Q(140, "mM"), K: Q(5, "mM"), CALCIUM: Q(1, "mM")}), **changed)


def run(model: bm.Model | None = None, **changed: Any) -> bm.Run:
    return bm.simulate(
        sound() if model is None else model,
        until="1 s",
        parameters={n.replace("__", "."): x for n, x in changed.items()},
    )


def pair(*, closed: bool = True, **more: Any) -> bm.Cycle:
    """Two states and one step, or a second one that closes a loop."""
    steps = [
        ("A + Na@out <-> B", {"forward": "1 1/s/mM", "reverse": "1 1/s", "valence": 1}),
        ("B <-> A + Na@in", {"forward": "1 1/s"} | more),
    ][: 1 + closed]
    return bm.Cycle(
        "pair",
        membrane(),
        density="1 1/um^2",
        states="A B",
        steps=steps,
        close=["B <-> A + Na@in"] * closed,
    )


def model(**more: Any) -> bm.Model:
    made = membrane()
    potential = {made: more.pop("potential")} if "potential" in more else None
    return bm.Model("cell", [transporter(on=made)], potential=potential, **more)


def array(values: Any, unit: str) -> xr.DataArray:
    return xr.DataArray(values, dims="x", attrs={"units": unit})


SLIPS: dict[str, tuple[Callable[[], Any], str]] = {
    "a cell at 37 K": (
        lambda: model(temperature="37 K"),
        r"temperature = 37 K, where cells have 250 K to 400 K; is '37 degC' meant",
    ),
    "a run at 500 K": (lambda: run(temperature="500 K"), r"parameters\['temperature'\] = 500 K"),
    "volts": (
        lambda: model(potential="-60 V"),
        "membrane.potential = -60 V, where cells have -1 V to 1 V",
    ),
    "volts in a scan": (
        lambda: run(membrane__potential=array([-0.06, 60.0], "V")),
        r"parameters\['membrane.potential'\] = 60000 mV",
    ),
    "molar": (lambda: bath({K: Q(140, "M")}), "bath.K = 140 M, where cells have at most 20 M"),
    "molar in a run": (lambda: run(bath__K="140 M"), r"parameters\['bath.K'\]"),
    "molar in a protocol": (
        lambda: run(bath__K=Protocol.steps("5 mM", ("0.5 s", "140 M"))),
        "Protocol.steps, value 2",
    ),
    "molar in a formula": (
        lambda: run(
            bath__K=Protocol.function(
                lambda t, a, b, s: a + b * sympy.sin(t / s) ** 2,
                a=Q(5, "mM"),
                b=Q(140, "M"),
                s=Q(1, "s"),
            )
        ),
        (
            r"parameters\['bath.K'\], Protocol.function, its highest value = 99135.3 mM, where"
            r" cells have at most 20 M"
        ),
    ),
    "a formula that is cold": (
        lambda: run(
            bath__K=Q(5, "mM"), temperature=Protocol.function(lambda t, a: a + 0 * t, a=Q(37, "K"))
        ),
        r"parameters\['temperature'\], Protocol.function, its (lowest|highest) value = 37 K",
    ),
    "breaks after the end": (
        lambda: run(bath__K=LATER),
        "2 breaks of the protocol of bath.K come after the end of the run, 1 s, and never act",
    ),
    "points after the end": (
        lambda: run(bath__K=Protocol.ramps(("0 s", "5 mM"), ("2 s", "6 mM"), ("3 s", "5 mM"))),
        "1 point of the protocol of bath.K comes after",
    ),
    "a diagram without a loop": (
        lambda: pair(closed=False),
        "pair: its steps make no loop.*'B <-> A' missing",
    ),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_likely_slip_is_told_at_the_line_of_the_user(name: str) -> None:
    make, text = SLIPS[name]
    with pytest.warns(e.Unusual, match=text) as told:
        make()
    assert all(Path(w.filename).is_relative_to(TESTS) for w in told)
    assert issubclass(e.Unusual, e.BiomembraneWarning)


@pytest.mark.parametrize(
    "make",
    [
        lambda: model(temperature="280 K", potential="-200 mV"),
        lambda: run(bath__K=array([0.0, 500.0], "mM"), temperature="15 degC"),
        lambda: run(
            bath__K=Protocol.function(
                lambda t, a, s: a * sympy.exp(-t / s), a=Q(20, "M"), s=Q(1, "s")
            )
        ),
        lambda: run(bath__K=Protocol.steps("5 mM", ("1 s", "6 mM"))),
        lambda: run(bath__K=Protocol.ramps(("0 s", "5 mM"), ("2 s", "6 mM"))),  # whose slope acts
        lambda: run(
            bath__K=Protocol.steps("5 mM", (array([0.5, 2.0], "s"), "6 mM"))
        ),  # acts in one lane
        pair,
        lambda: bath({Na: Q(140, "mEq/L"), CALCIUM: Q(1, "mM")}),
    ],
)
def test_what_is_usual_is_not_told(make: Callable[[], Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", e.Unusual)
        make()


ROWS = table(
    {
        "Reservoir": [
            (
                "equivalents",
                lambda: bath({CALCIUM: Q(2, "mEq/L")}),
                e.AmbiguousUnit,
                "bath.Ca",
                "particles",
                "+2 charges",
                "Q(1, 'mM'), if charges",
            ),
            (
                "equivalents of none",
                lambda: bath({UREA: Q(2, "mEq/L")}),
                e.AmbiguousUnit,
                "bath.urea",
                "particles",
                "no charge",
                "Q(2, 'mM')",
            ),
        ],
        "Compartment": [
            (
                "equivalents",
                lambda: cell(held={CALCIUM: Q(3, "meq/L")}),
                e.AmbiguousUnit,
                "cell.Ca",
                "particles",
                "+2",
                "Q(1.5, 'mM')",
            )
        ],
        "simulate": [
            (
                "equivalents",
                lambda: run(calcium(), bath__Ca="2 mEq/L"),
                e.AmbiguousUnit,
                "['bath.Ca']",
                "particles",
                "Ca, which has +2",
                "Q(1, 'mM')",
            ),
            (
                "equivalents of lanes",
                lambda: run(calcium(), bath__Ca=array([2.0], "mEq/L")),
                e.AmbiguousUnit,
                "['bath.Ca']",
                "particles",
                "+2",
                "Q(1",
            ),
        ],
        "Cycle": [
            (
                "theta alone",
                lambda: pair(theta=0.3),
                e.BadCycle,
                "'B <-> A + Na@in'",
                "'theta'",
                "'theta' alone",
                "'valence': 1 beside it",
            )
        ],
    }
)


def calcium() -> bm.Model:
    return bm.Model("calcium", [transporter(on=on(), law=LEAK)])


@pytest.mark.parametrize("mistake", ROWS, ids=str)
def test_mistake(mistake: Mistake) -> None:
    judge(mistake)


def test_theta_beside_charges_by_state_is_a_barrier() -> None:
    steps = [
        ("A + Na@out <-> B", {"forward": "1 1/s/mM", "reverse": "1 1/s", "theta": 0.3}),
        ("B <-> A + Na@in", {"forward": "1 1/s"}),
    ]
    made = bm.Cycle(
        "pair",
        membrane(),
        density="1 1/um^2",
        states="A B",
        steps=steps,
        close=["B <-> A + Na@in"],
        charge={"B": 1},
    )
    assert "θ = 0.3" in made.sensing["pair:A-B_1"]
    assert np.isfinite(float(run(bm.Model("m", [made])).data.flux[-1, 0]))
