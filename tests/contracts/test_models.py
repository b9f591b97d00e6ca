"""What must hold for every model, random or shipped: symmetries, conservation, closed books,
kernels that agree with themselves.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
import xarray as xr
from declared import condition, elsewhere, mirrored, shipped
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies import fewer, unit_vectors

import biomembrane as bm
from biomembrane import Q
from biomembrane.assemble.model import Model
from biomembrane.compile import program as programs
from biomembrane.constants import FARADAY, GAS, STANDARD_CONCENTRATION
from biomembrane.exchange.shipped_models import names
from biomembrane.symbols import F, c0
from biomembrane.testing.model_evaluator import Condition, ModelEvaluator, vector
from biomembrane.testing.random_models import ModelSpec, model_specs, substances
from biomembrane.testing.random_transporters import KINDS
from biomembrane.testing.spec_models import build

Array = NDArray[np.float64]
by_name = pytest.mark.parametrize("name", names())
few = fewer(0.4)


def seen(model: Model, u: list[float]) -> tuple[ModelEvaluator, Array]:
    """A model at a state; transporters that are declared with a density of 0, for a scan to raise,
    work here.
    """
    off = [
        n
        for t in model.transporters
        for n, p in t.parameters.items()
        if p.domain == "nonnegative" and p.value == 0
    ]
    return ModelEvaluator(model, dict.fromkeys(off, 1.0)), vector(model, condition(model, u))


def same(first: Array, second: Array, size: Array, rel: float) -> bool:
    """Whether two arrays agree relative to the size of what cancels in them."""
    return bool(np.all(np.abs(first - second) <= rel * size))


def fluxes(look: ModelEvaluator, y: Array) -> tuple[Array, Array]:
    """J by process, and the flow that cancels in it."""
    return look.array("flux", y), look.flow(y)


# --- symmetries


@few
@given(spec=model_specs(), u=unit_vectors(), shift=st.tuples(*[st.floats(-50, 50)] * 3))
def test_energies_of_moieties_are_a_gauge(
    spec: ModelSpec, u: list[float], shift: tuple[float, float, float]
) -> None:
    """Shifting μ° by what each conserved moiety carries changes no flux, no dissipation and nothing
    that cell, baths or fuel give.
    """
    adenosine, phosphate, hexose = shift
    moved = {
        "ATP": adenosine + 3 * phosphate,
        "ADP": adenosine + 2 * phosphate,
        "Pi": phosphate,
        "hexA": hexose,
        "hexB": hexose,
    }
    looks = [
        ModelEvaluator(build(s))
        for s in (spec, replace(spec, species=tuple(substances(moved).values())))
    ]
    y = vector(looks[0].model, condition(looks[0].model, u))
    (J, gross), (J2, _) = (fluxes(look, y) for look in looks)
    assert same(J, J2, gross, 1e-9)
    (A, A2), (D, D2) = ([look.array(g, y) for look in looks] for g in ("affinity", "dissipation"))
    assert A2 == pytest.approx(A, abs=1e-9 * looks[0].RT)
    assert same(D, D2, gross * (np.abs(A) + looks[0].RT), 1e-9)
    if hexose and (any(p.at < 0 for p in spec.parts) or not looks[0].model.reservoirs):
        # sugars that are made in the cell, or that no bath holds, have no reference: their μ° is
        # told whole, by cell and by carriers
        return
    roles = [store.role for store in looks[0].model.ledger_stores]
    given_, given2 = [
        {role: _sum(look("entry", y), roles, role) for role in set(roles)} for look in looks
    ]
    assert given2 == pytest.approx(given_, abs=1e-9 * float(np.sum(gross)) * 1e5)


def _sum(entries: dict[tuple[str, int], float], roles: list[str], role: str) -> float:
    return sum(x for (_, k), x in entries.items() if roles[k] == role)


@few
@given(spec=model_specs(topologies=["open epithelium"]), u=unit_vectors())
def test_the_zero_of_voltage_is_a_gauge(spec: ModelSpec, u: list[float]) -> None:
    """Grounding the lumen instead of the blood changes no flux and no dV/dt."""
    other = replace(spec, baths=tuple(replace(b, floating=not b.floating) for b in spec.baths))
    first, second = ModelEvaluator(build(spec)), ModelEvaluator(build(other))
    at = condition(first.model, u)
    moved = {n: x - at.phi["lumen"] for n, x in at.phi.items()}
    y, z = vector(first.model, at), vector(second.model, Condition(at.amount, moved, at.volume))
    (J, gross), (J2, _) = fluxes(first, y), fluxes(second, z)
    assert same(J, J2, gross, 1e-10)
    V = []
    for look, x in ((first, y), (second, z)):
        flow = look.array("rhs", x) / 1e6
        V.append((look.array("potential", x + flow) - look.array("potential", x - flow)) / 2)
    size = (
        np.abs(first.array("potential", y)).max()
        + np.abs(V[0]).max()
        + float(gross.max()) * FARADAY / 1e9
    )
    assert V[1] == pytest.approx(V[0], abs=1e-9 * size)


@few
@given(
    spec=model_specs(kinds=["ghk", "ohmic", "onsager", "saturable", "cycle", "water"]),
    u=unit_vectors(),
    decade=st.integers(-6, 3),
)
def test_the_standard_concentration_is_a_gauge(
    spec: ModelSpec, u: list[float], decade: int
) -> None:
    """Another c° with μ° shifted by RT ln of it changes no flux of a law that is told no rate at
    c°.
    """
    assume(not any(p.at < 0 and p.kind == "elementary" for p in spec.parts))
    shift = GAS * spec.temperature * np.log(10.0**decade) / 1000
    moved = replace(
        spec,
        species=tuple(
            substances(dict.fromkeys(("ATP", "ADP", "Pi", "hexA", "hexB"), shift)).values()
        ),
    )
    first = ModelEvaluator(build(spec))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(programs.FIXED, c0, STANDARD_CONCENTRATION * 10.0**decade)
        second = ModelEvaluator(build(moved))
    y = vector(first.model, condition(first.model, u))
    (J, gross), (J2, _) = fluxes(first, y), fluxes(second, y)
    assert same(J, J2, gross, 1e-9)
    assert second.array("affinity", y) == pytest.approx(
        first.array("affinity", y), abs=1e-9 * first.RT
    )


@few
@given(spec=model_specs(), u=unit_vectors())
def test_units_do_not_matter(spec: ModelSpec, u: list[float]) -> None:
    """The same model told in other units has the same parameters, start and dx/dt to 1e-12."""
    looks = [ModelEvaluator(build(spec, q, potential=True)) for q in (Q, elsewhere)]
    assert list(looks[0].p.values()) == pytest.approx(list(looks[1].p.values()), rel=1e-13)
    y = vector(looks[0].model, condition(looks[0].model, u))
    (start, start2), (rate, rate2) = (
        [look.array(g, y) for look in looks] for g in ("initial", "rhs")
    )
    assert same(start, start2, np.abs(start) + looks[0].array("scale", y), 1e-12)
    assert same(rate, rate2, looks[0].gross(y), 1e-12)


@few
@given(spec=model_specs(), u=unit_vectors())
def test_mirror_symmetry(spec: ModelSpec, u: list[float]) -> None:
    """A membrane told from its other side, V and charge coordinates with it, carries the same
    fluxes.
    """
    looks = [ModelEvaluator(build(s)) for s in (spec, mirrored(spec))]
    at = condition(looks[0].model, u)
    y, z = (vector(look.model, at) for look in looks)
    (J, gross), (J2, _) = fluxes(looks[0], y), fluxes(looks[1], z)
    assert same(J, J2, gross, 1e-10)
    V, V2 = looks[0]("potential", y), looks[1]("potential", z)
    assert V2 == pytest.approx({n: -x for n, x in V.items()}, abs=1e-12)


# --- conservation


def check_invariants(model: Model, u: list[float]) -> None:
    look, y = seen(model, u)
    rows = [p.name for p in model.pools]
    for weights in model.invariants:
        for process, column in model.N.items():
            made = sum(
                (
                    sp.Rational(w.numerator, w.denominator)
                    * column.get(n, 0)
                    / (F if n.endswith(".charge") else 1)
                    for n, w in weights.items()
                ),
                sp.S.Zero,
            )
            assert made == 0, process
        factor = np.array(
            [float(weights.get(n, 0)) / (FARADAY if n.endswith(".charge") else 1) for n in rows]
        )
        assert abs(factor @ look.array("rhs", y)) <= 1e-12 * (np.abs(factor) @ look.gross(y))
    solid = [n for n in rows if not n.endswith(".volume")]
    N = sp.Matrix(
        [
            [model.N[p].get(n, 0) / (F if n.endswith(".charge") else 1) for p in model.N]
            for n in solid
        ]
    )
    assert len(model.invariants) == len(solid) - N.rank()
    assert sp.Matrix(
        [[Fraction(w.get(n, 0)) for n in solid] for w in model.invariants]
    ).rank() == len(model.invariants)


@few
@given(spec=model_specs(), u=unit_vectors())
def test_invariants(spec: ModelSpec, u: list[float]) -> None:
    """Invariants are all that N leaves alone, exactly; along dx/dt none of them changes."""
    check_invariants(build(spec), u)


@by_name
@fewer(0.1)
@given(u=unit_vectors())
def test_invariants_of_shipped_models(name: str, u: list[float]) -> None:
    """Likewise in the shipped models."""
    check_invariants(shipped(name), u)


@few
@given(spec=model_specs(), u=unit_vectors())
def test_rates_are_stoichiometry_times_flux(spec: ModelSpec, u: list[float]) -> None:
    """dx/dt = N·J with one N for matter, charge and volume, and potentials solve the capacitor
    network.
    """
    look, y = seen(build(spec), u)
    assert same(look.N() @ fluxes(look, y)[0], look.array("rhs", y), look.gross(y), 1e-11)
    at = condition(look.model, u)
    V = {m.name: at.phi[m.inside.name] - at.phi[m.outside.name] for m in look.model.membranes}
    grounded = {n: 0.0 if n not in look.model.circuit.nodes else x for n, x in at.phi.items()}
    V = {m.name: grounded[m.inside.name] - grounded[m.outside.name] for m in look.model.membranes}
    assert look("potential", y) == pytest.approx(V, abs=1e-12)


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


# --- runs

SOLVER = bm.solvers.SciPy("Radau", rtol=1e-7)


@fewer(0.15)
@given(spec=model_specs(topologies=["cell", "pair", "closed"], kinds=KINDS, most=3, active=False))
def test_passive_models_run_down(spec: ModelSpec) -> None:
    """Without fuel and with one bath at most, exergy only falls; the books say that all of it
    became heat.
    """
    model = build(spec, potential=True)
    run = bm.simulate(model, until=Q(5, "s"), solver=SOLVER)
    stored = run.ledger.stored.values
    floor = 1e-17 * float(
        np.abs(ModelEvaluator(model).array("exergy", run.solution.y[:, 0])).sum()
    )  # pJ of rounding
    assert np.all(np.diff(stored) <= 1e-7 * np.abs(stored).max() + floor)
    assert float(run.ledger.dissipated[-1]) == pytest.approx(-stored[-1], rel=1e-5, abs=floor)
    power = (
        float(run.ledger.dissipated[-1]) * 1e3 / 5 + floor
    )  # fW; amounts lie below zero by the solver's tolerance at most
    assert min(run.ledger.least_dissipation.values()) >= -1e-5 * power


@fewer(0.1)
@given(
    spec=model_specs(kinds=["ghk", "saturable", "cycle", "ohmic"], most=3),
    factors=st.lists(st.floats(0.5, 2), min_size=4, max_size=4),
)
def test_a_scan_equals_single_runs(spec: ModelSpec, factors: list[float]) -> None:
    """Lanes of a scan are the runs one by one, and arrays meet along the names of their
    dimensions.
    """
    model = build(spec, potential=True)
    contents = {
        c.name for place in model.compartments for c in place.contents.values()
    }  # alone they leave a charge without an owner
    names = [
        n
        for n in model.parameters
        if n.endswith(("area", "permeability", "density", "Na")) and n not in contents
    ][:2]
    assume(len(names) == 2)
    base = [model.parameters[n].quantity for n in names]
    first = xr.DataArray(
        np.array(factors[:2]) * base[0].magnitude, dims="a", attrs={"units": str(base[0].units)}
    )
    second = xr.DataArray(
        np.array(factors[2:]) * base[1].magnitude, dims="b", attrs={"units": str(base[1].units)}
    )
    times = Q([0.5, 1.0], "s")
    scan = bm.simulate(
        model, times=times, parameters=dict(zip(names, (first, second), strict=True)), solver=SOLVER
    )
    assert dict(scan.data.amount.sizes) == {
        "time": 2,
        "pool": scan.data.sizes["pool"],
        "a": 2,
        "b": 2,
    }
    assert scan.data.time.values.tolist() == [0.5, 1.0]
    for i, j in ((0, 0), (1, 0)):
        given_ = dict(zip(names, (factors[i] * base[0], factors[2 + j] * base[1]), strict=True))
        single = bm.simulate(model, times=times, parameters=given_, solver=SOLVER)
        for variable in ("amount", "potential", "flux", "affinity"):
            if variable in single.data:
                lane = scan.data[variable].isel(a=i, b=j).values
                assert lane == pytest.approx(single.data[variable].values, rel=1e-12, nan_ok=True)
        assert scan.ledger.dissipated.isel(a=i, b=j).values == pytest.approx(
            single.ledger.dissipated.values, rel=1e-12
        )


def test_dimensions_of_a_scan_meet_by_name() -> None:
    """One array along two dimensions, in either order, and two arrays along one each are the same
    scan.
    """
    model = shipped("resting_cell")
    K, P = np.array([4.0, 8.0]), np.array([1e-7, 2e-7, 4e-7])
    mM, speed = {"units": "mM"}, {"units": "cm/s"}
    both = xr.DataArray(np.repeat(P[:, None], 2, axis=1), dims=("P", "K"), attrs=speed)
    bath = xr.DataArray(K, dims="K", attrs=mM)
    runs = [
        bm.simulate(
            model, until="2 s", parameters={"K_leak.permeability": p, "bath.K": bath}, solver=SOLVER
        ).data
        for p in (both, both.transpose("K", "P"), both.isel(K=0, drop=True))
    ]
    first, *others = (run.potential.transpose("time", "membrane", "P", "K").values for run in runs)
    for other in others:
        assert np.array_equal(other, first)
    assert runs[0].potential.std("P").isel(time=-1).min() > 0
    assert runs[0].potential.std("K").isel(time=-1).min() > 0


@by_name
def test_books_of_shipped_models_close(name: str) -> None:
    """The shipped models run, and their books close to the solver's tolerance with no process
    uphill for free.
    """
    run = bm.simulate(shipped(name), until="1 min")
    run.ledger.check()
    assert float(run.ledger.passed[-1]) > 0
