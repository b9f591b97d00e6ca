"""What must hold for the kernels and the books of every model, random or shipped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from contracts.modelled import Array, by_name, few, seen
from declared import condition, shipped
from hypothesis import given
from hypothesis import strategies as st
from strategies import fewer, unit_vectors

import biomembrane as bm
from biomembrane.assemble.model import Model
from biomembrane.constants import STANDARD_CONCENTRATION
from biomembrane.testing.model_evaluator import ModelEvaluator, vector
from biomembrane.testing.random_models import ModelSpec, model_specs
from biomembrane.testing.spec_models import build

# --- kernels


CANCELS = {
    "rhs",
    "jacobian",
    "dfdt",
    "affinity",
    "flux",
    "dissipation",
    "entry",
    "exergy",
    "energy",
    "potential",
}


def check_lanes(model: Model, points: list[list[float]], t: float) -> None:
    look = ModelEvaluator(model)
    Y = np.array([vector(model, condition(model, u)) for u in points]).T
    times = t * np.arange(1, Y.shape[1] + 1)
    for group in look.k.program.outputs:
        many = look.k.call(group, times, Y, look.c)
        one = np.array(
            [look.k.call(group, s, y, look.c) for s, y in zip(times, Y.T, strict=True)]
        ).T
        size = np.max(np.abs(one), initial=0.0) if group in CANCELS else 0.0
        assert many == pytest.approx(one, rel=1e-12, abs=1e-12 * size), group
    dense = look.k.jacobian(times, Y, look.c)
    assert dense[look.k.program.sparsity] == pytest.approx(
        look.k.call("jacobian", times, Y, look.c), rel=1e-15
    )


def check_jacobian(model: Model, u: list[float]) -> None:
    look, y = seen(model, u)
    step = 1e-3 * np.where([not p.positive for p in model.states], look.array("scale", y), y)
    shifts = np.concatenate([k * np.diag(step) for k in (1, -1, 2, -2)], axis=1)
    f = look.array("rhs", y[:, None] + shifts, 7.0).reshape(len(y), 4, len(y))
    slope = (8 * (f[:, 0] - f[:, 1]) - (f[:, 2] - f[:, 3])) / (12 * step)
    size = look.gross(y, 7.0)[:, None] / (1e3 * step)
    assert np.all(
        np.abs(look.k.jacobian(7.0, y, look.c) - slope) <= 1e-6 * np.abs(slope) + 1e-8 * size
    )


def check_books(model: Model, u: list[float]) -> None:
    look, y = seen(model, u)
    entry, power = look("entry", y), look("dissipation", y)
    stores = model.ledger_stores
    given = dict.fromkeys(power, 0.0)
    size = dict.fromkeys(power, 0.0)
    supply = 0.0
    for (process, k), x in entry.items():
        given[process] += x
        size[process] += abs(x)
        supply += x if stores[k].role in ("held", "bath") else 0.0
    total = sum(size.values())
    for process, x in power.items():
        assert given[process] == pytest.approx(x, abs=1e-10 * (size[process] + abs(x))), process
    rate = look.array("rhs", y)
    scale = np.where([not p.positive for p in model.states], look.array("scale", y), y)
    h = 1e-4 * float(np.min(scale[rate != 0] / np.abs(rate[rate != 0]), initial=1e6))
    path = y[:, None] + h * rate[:, None] * np.array([1, -1, 2, -2])
    for group, gained in (("exergy", supply), ("energy", _outside(look, y))):
        f = look.array(group, path)
        slopes = (8 * (f[:, 0] - f[:, 1]) - (f[:, 2] - f[:, 3])) / (12 * h)
        rounding = (
            1e-15 * float(max(np.sum(np.abs(look.array(g, y))) for g in ("exergy", group))) / h
        )
        assert float(slopes.sum()) == pytest.approx(
            gained - sum(power.values()), abs=1e-7 * total + 4 * rounding
        ), group


def _outside(look: ModelEvaluator, y: Array) -> float:
    """What baths and held pools give to G: −Σ ν μ J over all that has no row in N, counted by
    hand.
    """
    p, J, made = look.p, look("flux", y), 0.0
    for process in look.model.processes:
        for who, n in process.reaction.net.items():
            if who.kind == "water" and isinstance(who.place, bm.Reservoir):
                made += (
                    n
                    * p["H2O.molar_volume"]
                    * look.RT
                    * sum(p[f"{who.place.name}.{s.name}"] for s in who.place.contents)
                    * J[process.name]
                )
            elif who.kind == "solute" and who.pool not in look.k.program.states:
                made -= (
                    n
                    * (
                        p.get(f"{who.species.name}.standard_energy", 0.0)
                        + look.RT * np.log(p[who.pool] / STANDARD_CONCENTRATION)
                    )
                    * J[process.name]
                )
    return made


@few
@given(
    spec=model_specs(), points=st.lists(unit_vectors(), min_size=1, max_size=4), t=st.floats(0, 100)
)
def test_a_batch_equals_its_singles(spec: ModelSpec, points: list[list[float]], t: float) -> None:
    """Every output group gives in lanes what it gives one by one."""
    check_lanes(build(spec), points, t)


@few
@given(spec=model_specs(), u=unit_vectors())
def test_jacobian(spec: ModelSpec, u: list[float]) -> None:
    """The Jacobian is the slope of dx/dt, by differences of fourth order."""
    check_jacobian(build(spec), u)


@few
@given(spec=model_specs(), u=unit_vectors(), t=st.floats(1, 100))
def test_time_derivative(spec: ModelSpec, u: list[float], t: float) -> None:
    """∂f/∂t of a model with modulators that tell the time is the slope of dx/dt at fixed state."""
    spec = replace(spec, parts=tuple(replace(p, modulator="clock") for p in spec.parts))
    look, y = seen(build(spec), u)
    f = [look.array("rhs", y, t + s * 0.01) for s in (1, -1, 2, -2)]
    slope = (8 * (f[0] - f[1]) - (f[2] - f[3])) / 0.12
    assert np.all(
        np.abs(look.array("dfdt", y, t) - slope) <= 1e-6 * np.abs(slope) + 1e-9 * look.gross(y, t)
    )
    assert np.any(slope != 0) == np.any(f[0] != 0)


# --- books


@few
@given(spec=model_specs(), u=unit_vectors())
def test_books(spec: ModelSpec, u: list[float]) -> None:
    """A process's entries sum to J·A, and G and exergy change by what is supplied less what is
    dissipated.
    """
    check_books(build(spec), u)


@by_name
@fewer(0.3)
@given(points=st.lists(unit_vectors(), min_size=2, max_size=3))
def test_shipped_models(name: str, points: list[list[float]]) -> None:
    """The shipped models: second law to the last bit, detailed balance, batch and singles,
    Jacobian, books.
    """
    model = shipped(name)
    look, y = seen(model, points[0])
    J, A, up, down = (look(group, y) for group in ("flux", "affinity", "forward", "reverse"))
    assert all(np.sign(J[n]) == np.sign(A[n]) and J[n] * A[n] >= 0 for n in J)
    assert {n: look.RT * np.log(up[n] / down[n]) for n in up} == pytest.approx(
        {n: A[n] for n in up}, abs=1e-9 * look.RT
    )
    check_lanes(model, points, 1.0)
    check_jacobian(model, points[0])
    check_books(model, points[1])
