"""The native engine keeps the contracts of a solver: it agrees with SciPy, its order is 5, lanes
are independent, failures say why.
"""

from __future__ import annotations

import ctypes
import math
import threading

import mpmath
import numpy as np
import pytest
import sympy as sp
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import Q, dimension, errors, laws, solvers
from biomembrane.compile.graph import elimination_order
from biomembrane.compile.llvm import elementary, ir
from biomembrane.compile.llvm.ir import INT, Function
from biomembrane.compile.machine_code import module, object_cache
from biomembrane.compile.program import program
from biomembrane.compile.rosenbrock import tableau
from biomembrane.library import K, glucose

MODELS = {"enterocyte": "10 min", "resting_cell": "30 min"}


def exact(name):
    """The function in high precision."""
    bernoulli = lambda x: x / mpmath.expm1(x) if x else mpmath.mpf(1)  # noqa: E731
    table = {
        "B": bernoulli,
        "B1": lambda x: mpmath.diff(bernoulli, x),
        "B2": lambda x: mpmath.diff(bernoulli, x, 2),
    }
    return table.get(name) or getattr(mpmath, name)


@pytest.fixture(scope="module")
def machine():
    """Elementary functions as callables on arrays, compiled on their own."""
    import llvmlite.binding as llvm

    lines = [elementary.DECLARATIONS, *elementary.functions()]
    for name in elementary.NAMES:
        arity = 2 if name == "pow" else 1
        f = Function(
            f"t_{name}", ", ".join(f"ptr %a{i}" for i in range(arity)) + ", ptr %r", attributes="#0"
        )
        f.store(f.call(f"m_{name}", *(f.load(f"%a{i}") for i in range(arity))), "%r")
        f.say("ret void")
        lines.append(f.text())
    text = (
        ir.widened("\n".join(lines), 8)
        + "\nattributes #0 = { nounwind }\nattributes #1 = { alwaysinline nounwind }\n"
    )
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), module.machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(module.compiled(text)))
    engine.finalize_object()

    def call(name, *arguments):
        function = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * (len(arguments) + 1))(
            engine.get_function_address(f"t_{name}")
        )
        cells = [module.aligned(1, 8) for _ in range(len(arguments) + 1)]
        for cell, value in zip(cells, arguments, strict=False):
            cell[0] = value
        function(*(c.ctypes.data for c in cells))
        return float(cells[-1][0, 3])

    call.engine = engine
    return call


RANGES = {"exp": (-700, 700), "expm1": (-700, 700), "log": (1e-250, 1e250), "sin": (-1e3, 1e3),
    "cos": (-1e3, 1e3), "tanh": (-300, 300),
          "B": (-600, 600), "B1": (-600, 600), "B2": (-60, 60)}  # fmt: skip


@pytest.mark.parametrize("name", RANGES)
@given(data=st.data())
def test_elementary_functions_are_accurate(machine, name, data):
    """Within 1e-15 of mpmath relative to the larger of the value and 1e-3, near zero and far
    out.
    """
    low, high = RANGES[name]
    x = data.draw(st.floats(low, high) | st.floats(max(low, -1), 1 if low < 0 else 10))
    with mpmath.workdps(40):
        wanted = float(exact(name)(mpmath.mpf(x)))
    tolerance = 2e-14 if name == "B2" else 2e-15
    assert machine(name, x) == pytest.approx(
        wanted, rel=tolerance, abs=tolerance * (1 if name in ("sin", "cos") else 1e-3)
    )


@pytest.mark.parametrize("name", ["exp", "log", "B", "tanh", "expm1"])
def test_a_nan_stays_a_nan(machine, name):
    """NaN is what rejects a step: no function may turn it into a number."""
    assert math.isnan(machine(name, math.nan))


@given(
    st.integers(1, 9).flatmap(
        lambda n: st.tuples(
            st.just(n), st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)))
        )
    )
)
def test_the_fill_pattern_holds_every_product_of_elimination(case):
    """In the planned order no elimination step touches an entry that has no place."""
    size, pattern = case
    made = elimination_order.plan(size, pattern)
    assert sorted(made.order) == list(range(size))
    for n, k in enumerate(made.order):
        later = made.order[n + 1 :]
        for i in later:
            for j in later:
                if (i, k) in made.index and (k, j) in made.index:
                    assert (i, j) in made.index


@pytest.mark.parametrize("name", MODELS)
def test_agrees_with_radau(name):
    """Every shipped model at rtol 1e-10 against SciPy's Radau at 1e-11: states and books to 1e-10,
    the books closed by both.
    """
    model = bm.load(name)
    ours = bm.simulate(model, until=MODELS[name], solver=solvers.Native(rtol=1e-10))
    theirs = bm.simulate(model, until=MODELS[name], solver=solvers.SciPy("Radau", rtol=1e-11))
    a, b = ours.solution, theirs.solution
    assert np.max(np.abs(a.y - b.y) / (np.abs(b.y) + 1e-6)) < 1e-10
    assert np.max(np.abs(a.entries - b.entries)) < 1e-10 * np.max(np.abs(b.entries))
    assert ours.ledger.check().residual_relative[-1] < 1e-11
    assert min(ours.ledger.least_dissipation.values()) >= 0


def test_the_order_is_five():
    """A nonautonomous stiff linear problem at fixed steps: the error falls with h⁵, within 0.15."""
    method, lam = tableau.RODAS5P, -1.0
    g = math.cos  # y' = λ(y − cos t) − sin t has y = cos t

    def step(y, t, h):
        k = []
        for i in range(8):
            u = y + sum(a * x for a, x in zip(method.a[i], k, strict=False))
            f = lam * (u - g(t + method.c[i] * h)) - math.sin(t + method.c[i] * h)
            ft = lam * math.sin(t) - math.cos(t)
            right = (
                f
                + sum(c * x for c, x in zip(method.C[i], k, strict=False)) / h
                + h * method.d[i] * ft
            )
            k.append(right / (1 / (h * method.gamma) - lam))
        return y + sum(a * x for a, x in zip(method.a[7], k, strict=False)) + k[7]

    def error(n):
        y, h = 1.0, 2.0 / n
        for i in range(n):
            y = step(y, i * h, h)
        return abs(y - g(2.0))

    orders = [math.log2(error(n) / error(2 * n)) for n in (8, 16, 32)]
    assert orders[-1] == pytest.approx(5, abs=0.15)


def test_slaved_states_are_off_between_steps_by_one_shape():
    """Conditions of order 4 of the algebraic states of index-1 problems (Hairer & Wanner II, VI.4),
    at θ: those of order 3 hold, those of order 4 fail by curves of which the tableau's shape is the
    first principal one.
    """
    method, full = (
        tableau.RODAS5P,
        lambda rows: np.array([[*row, *[0.0] * (8 - len(row))] for row in rows]),
    )
    gamma = np.linalg.inv(np.eye(8) / method.gamma - full(method.C))
    alpha = full(method.a) @ gamma
    beta, a = alpha + gamma, alpha.sum(axis=1)
    omega, b = np.linalg.inv(beta), beta.sum(axis=1)
    assert a == pytest.approx(method.c, abs=1e-12)
    inner, folded = alpha @ b, alpha @ omega @ a**2
    third = [(a**3, 1), (a * inner, 1 / 2), (a * folded, 1)]
    fourth = [
        (a**4, 1), (a**2 * inner, 1 / 2), (a**2 * folded, 1), (inner**2, 1 / 4),
        (inner * folded, 1 / 2), (folded**2, 1),
        (a * (alpha @ a**2), 1 / 3), (a * (alpha @ beta @ b), 1 / 6),
        (a * (alpha @ omega @ a**3), 1),
        (a * (alpha @ omega @ (a * inner)), 1 / 2), (a * (alpha @ omega @ (a * folded)), 1),
    ]  # fmt: skip
    theta = np.linspace(0, 1, 41)[:, None]
    d0, d1, d2 = np.array(method.dense)
    weights = theta * np.array([*method.a[7], 1.0]) + theta * (1 - theta) * (
        d0 + theta * (d1 + theta * d2)
    )
    off = lambda power, cases: np.array(  # noqa: E731
        [weights @ gamma @ omega @ x - c * theta[:, 0] ** power for x, c in cases]
    )
    assert np.max(np.abs(off(3, third))) < 1e-12
    assert np.max(np.abs(off(4, fourth)[:, -1])) < 1e-12  # the step itself has order 4 there
    _, size, curves = np.linalg.svd(off(4, fourth))
    assert size[1] < 0.03 * size[0]
    s0, s1, s2 = method.shape
    shape = (theta * (1 - theta) * (s0 + s1 * theta + s2 * theta**2))[:, 0]
    assert abs(shape @ curves[0]) / np.linalg.norm(shape) == pytest.approx(1, abs=1e-12)


def scan(size):
    """Densities of SGLT1 in a shuffled order."""
    values = np.random.default_rng(1).permutation(np.linspace(2e3, 2e4, size))
    return xr.DataArray(values, dims="N", coords={"N": np.arange(size)}, attrs={"units": "1/um^2"})


def test_a_batch_equals_its_singles_in_any_order_on_any_threads():
    """The same bits in a batch, in another order and with more threads; a set alone, on fewer
    lanes, to 1e-12.
    """
    model = bm.load("enterocyte")
    density = scan(19)
    runs = [
        bm.simulate(
            model, until="1 min", parameters={"SGLT1.density": d}, solver=solvers.Native(threads=n)
        )
        for d, n in ((density, 1), (density[::-1], 3))
    ]
    alone = bm.simulate(
        model, until="1 min", parameters={"SGLT1.density": Q(float(density[4]), "1/um^2")}
    )
    first, turned = (r.data.amount.values for r in runs)
    assert np.array_equal(first, turned[..., ::-1])
    assert first[..., 4] == pytest.approx(alone.data.amount.values, rel=1e-12, abs=1e-15)
    passed = float(alone.ledger.passed[-1])
    assert runs[0].ledger.residual.values[:, 4] == pytest.approx(
        alone.ledger.residual.values, abs=1e-12 * passed
    )


def test_output_times_do_not_change_the_steps():
    """The last state is the same to the bit for two and for a thousand output times."""
    model = bm.load("resting_cell")
    few, many = (
        bm.simulate(model, times=Q(np.linspace(0, 600, n), "s")).solution for n in (2, 1000)
    )
    assert np.array_equal(few.y[:, -1], many.y[:, -1])
    assert few.steps == many.steps


def constant_efflux(rate):
    """A neutral solute that is pumped out at a constant rate, whatever is left: it must run dry."""
    bath = bm.Reservoir("bath", {glucose: Q(1, "mM"), K: Q(1, "mM")})
    cell = bm.Compartment("cell", volume=Q(1, "pL"), contents={glucose: Q(1, "mM")})
    on = bm.Membrane("m", inside=cell, outside=bath, area=Q(100, "um^2"))
    law = laws.Empirical(
        flux=lambda s: s.parameter("rate", rate, dimension.FLUX), reason="a test that runs dry"
    )
    return bm.Model("dry", [bm.Transporter("out", "glucose@in -> glucose@out", on, law)])


def test_an_amount_below_zero_stops_the_lane_and_names_it():
    """The run ends where the pool is empty; pool and process are named and the partial run is
    whole.
    """
    with pytest.raises(errors.SimulationStopped) as caught:
        bm.simulate(constant_efflux(Q(0.1, "fmol/s")), until="20 s")
    assert "negative" in str(caught.value)
    assert "cell.glucose" in str(caught.value)
    run = caught.value.run
    assert 8 < run.solution.t[-1] <= 10.2
    assert run.data.amount.values[-1, 0] == pytest.approx(1 - 0.1 * run.solution.t[-1], abs=1e-9)


def test_a_lane_that_fails_does_not_stop_the_others():
    """Of three rates the fastest runs dry: its lane says so and ends in NaN, the others are
    done.
    """
    rates = xr.DataArray([0.001, 0.1, 0.002], dims="r", attrs={"units": "fmol/s"})
    run = bm.simulate(
        constant_efflux(Q(0.1, "fmol/s")), until="20 s", parameters={"out.rate": rates}
    )
    assert run.data.status.values.tolist() == [0, 4, 0]
    assert [
        run.data.culprit.attrs["pools"].split()[k] if k >= 0 else ""
        for k in run.data.culprit.values
    ] == ["", "cell.glucose", ""]
    assert np.isnan(run.data.amount.values[-1, 0, 1])
    assert run.data.amount.values[-1, 0, [0, 2]] == pytest.approx([0.98, 0.96], rel=1e-9)


def test_a_rate_that_is_not_finite_stops_the_run():
    """A modulator that overflows: not finite, at the start, with the state at hand."""
    model = constant_efflux(Q(1e-3, "fmol/s"))
    on = model.membranes[0]
    law = laws.Empirical(
        flux=lambda s: (
            s.parameter("rate", Q(1, "fmol/s"), dimension.FLUX)
            * sp.log(-s["glucose@in"] / s["glucose@out"]) ** sp.Rational(1, 2)
        ),
        reason="a test",
    )
    with pytest.raises(errors.SimulationStopped, match="not finite"):
        bm.simulate(
            bm.Model("nan", [bm.Transporter("out", "glucose@in -> glucose@out", on, law)]),
            until="1 s",
        )


def test_too_many_steps_are_said():
    """A limit on attempts ends the run with its reason."""
    with pytest.raises(errors.SimulationStopped, match="too many steps"):
        bm.simulate(
            bm.load("enterocyte"), until="10 min", solver=solvers.Native(max_steps=20, rtol=1e-10)
        )


def test_the_cache_survives_damage_and_two_at_once(tmp_path, monkeypatch):
    """A damaged object is built again; two threads that build the same leave one sound file."""
    monkeypatch.setenv("BIOMEMBRANE_CACHE", str(tmp_path))
    f = Function("one", "", INT, "#0")
    f.say(f"ret {INT} zeroinitializer")
    text = ir.widened(f.text(), 8) + "\nattributes #0 = { nounwind }\n"
    body = module.compiled(text)
    (file,) = tmp_path.glob("*.o")
    for damage in (b"", b"garbage", file.read_bytes()[:-7]):
        file.write_bytes(damage)
        assert module.compiled(text) == body
    workers = [threading.Thread(target=module.compiled, args=(text,)) for _ in range(4)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    assert {p.name for p in tmp_path.iterdir()} == {file.name, "key"}
    assert module.compiled(text) == body
    monkeypatch.setenv("BIOMEMBRANE_CACHE", "off")
    assert object_cache.folder() is None
    assert module.compiled(text) == body


def test_wrong_machine_code_is_found_on_load(monkeypatch):
    """A kernel that differs from the numpy printer is refused before it runs."""
    made = module.native(program(bm.load("resting_cell")), 1)
    evaluate = made.evaluate
    monkeypatch.setattr(
        type(made), "evaluate", lambda _, *a: [x * (1 + 1e-6) for x in evaluate(*a)]
    )
    with pytest.raises(errors.KernelMismatch):
        made.trust()


def test_two_baths_have_books_but_no_state():
    """A carrier between two reservoirs: nothing changes, the steady flux is paid by the richer bath
    and turned into heat.
    """
    rich, poor = (
        bm.Reservoir("rich", {glucose: Q(5, "mM")}),
        bm.Reservoir("poor", {glucose: Q(1, "mM")}),
    )
    on = bm.Membrane("m", inside=rich, outside=poor, area=Q(100, "um^2"))
    ledger = bm.simulate(bm.Model("baths", [bm.library.GLUT2(on)]), until="1 min").ledger.check()
    assert float(ledger.supplied[-1]) == pytest.approx(float(ledger.dissipated[-1]), rel=1e-12)
    assert float(ledger.supplied[-1]) > 0
