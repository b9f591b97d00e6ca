"""What a law may read beyond its own membrane, and what it may be made of: places and membranes by
name, volumes, impermeants, other fluxes, shares of channels, numbers with units, T, R, F, branches.
"""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest
import sympy as sp
from builders import Cl, K, cell, lib

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane.compile.graph.arrays import Sweep
from biomembrane.compile.graph.builder import Graph
from biomembrane.compile.graph.differentiate import differentiate
from biomembrane.compile.numpy_functions import ARRAYS
from biomembrane.constants import FARADAY, GAS
from biomembrane.testing import check_model

Pr = bm.Species("Pr", -1)
CONDUCTANCE = 1e-3 / 1e-4 * 500e-12  # S, of 1 mS/cm² and 500 µm²


class Nested:
    """A store within a cell in a bath; a channel of the cell's wall reads all over the place."""

    def __init__(self) -> None:
        salt = {K: Q(5, "mM"), Cl: Q(5, "mM")}
        self.bath = bm.Reservoir("bath", salt)
        self.store = bm.Compartment(
            "store", volume=Q(0.1, "pL"), contents={K: Q(80, "mM"), Cl: Q(80, "mM")}
        )
        self.cell = bm.Compartment(
            "cell", volume=Q(1, "pL"), contents={K: Q(120, "mM")}, impermeant={Pr: Q(120, "mM")}
        )
        self.wall = bm.Membrane(
            "wall", inside=self.cell, outside=self.bath, area="500 um^2", capacitance="1 uF/cm^2"
        )
        self.inner = bm.Membrane(
            "inner", inside=self.store, outside=self.cell, area="50 um^2", capacitance="1 uF/cm^2"
        )
        self.leak = lib.leak(K, self.inner)

    def channel(self, by: Any, name: str = "K_v") -> bm.Transporter:
        law = laws.Ohmic(conductance=Q(1, "mS/cm^2"))
        return bm.Transporter(name, "K@in -> K@out", self.wall, law, modulator=by)

    def model(self, *parts: Any, **more: Any) -> bm.Model:
        potential = {self.wall: Q(-50, "mV"), self.inner: Q(20, "mV")}
        return bm.Model("nested", [*parts, self.leak], potential=potential, **more)


@pytest.fixture(scope="module")
def nested() -> Nested:
    return Nested()


def share(run: bm.Run, name: str = "K_v") -> Any:
    """What the flux of a channel is of that of the open channel."""
    A = run.data.affinity.sel(process=name).values * 1e3
    open_ = CONDUCTANCE * A / FARADAY**2 * 1e15
    return run.data.flux.sel(process=name).values / open_


def level(run: bm.Run, pool: str) -> Any:
    return run.data.concentration.sel(pool=pool).values


READ: list[tuple[str, Any, Any]] = [
    (
        "a place by name", lambda s: s.elsewhere("K@store") / s.quantity("100 mM"),
        lambda r: level(r, "store.K") / 100,
    ),
    (
        "a place by its dotted name", lambda s: s.elsewhere("bath.Cl") / s.quantity("100 mM"),
        lambda _: 0.05,
    ),
    (
        "an impermeant of its own side", lambda s: s["Pr@in"] / s.quantity("0.24 M"),
        lambda _: 0.5,
    ),
    (
        "an impermeant by name", lambda s: s.elsewhere("Pr@cell") / s.quantity("0.24 M"),
        lambda _: 0.5,
    ),
    (
        "volumes", lambda s: s.volume("store") / s.volume("in"),
        lambda _: 0.1,
    ),
    (
        "V of another membrane", lambda s: sp.exp(s.potential("inner") / s.quantity("25 mV") - 1),
        lambda r: np.exp(r.data.potential.sel(membrane="inner").values / 25 - 1),
    ),
    (
        "another flux", lambda s: abs(s.flux("K_leak")) / s.quantity("1 fmol/s"),
        lambda r: np.abs(r.data.flux.sel(process="K_leak").values),
    ),
    (
        "T, R and F", lambda s: s.R * s.T / s.F / s.quantity("100 mV"),
        lambda _: GAS * 310.15 / FARADAY / 0.1,
    ),
    (
        "branches",
        lambda s: sp.Piecewise(
            (0.25, s.V < s.quantity("-45 mV")),
            (0.5, (s.V < s.quantity("0 mV")) & (s["K@in"] > s.quantity("1 mM"))),
            (1, True),
        ),
        lambda r: np.where(r.data.potential.sel(membrane="wall").values < -45, 0.25, 0.5),
    ),
]  # fmt: skip


def test_each_law_has_the_value_of_what_it_reads(nested: Nested) -> None:
    """One model with a channel for each."""
    names = [f"K_{k}" for k in range(len(READ))]
    parts = [nested.channel(by, name) for name, (_, by, _) in zip(names, READ, strict=True)]
    model = nested.model(*parts)
    run = bm.simulate(model, until="2 ms")
    for name, (what, _, due) in zip(names, READ, strict=True):
        assert np.allclose(share(run, name), due(run), rtol=1e-9), what
    assert np.ptp(share(run, names[0])) > 1e-6
    run.ledger.check()
    theirs = bm.simulate(model, until="2 ms", solver=bm.solvers.SciPy("Radau", rtol=1e-9))
    assert np.allclose(theirs.data.potential, run.data.potential, atol=1e-4)
    assert bm.audit(model).verdict == "proven"
    assert bm.prove(model).holds
    again = pickle.loads(pickle.dumps(model))
    assert (again, again.hash) == (model, model.hash)


def test_the_books_close_at_random_states(nested: Nested) -> None:
    parts = [nested.channel(by, f"K_{k}") for k, (_, by, _) in enumerate(READ[:7])]
    report = check_model(nested.model(*parts), examples=5)
    assert {"flux_follows_affinity", "detailed_balance"} <= set(report.checked)


def test_a_flux_may_be_read_before_its_process_comes_but_not_in_a_circle(nested: Nested) -> None:
    def of(other: str) -> Any:
        return lambda s: abs(s.flux(other)) / s.quantity("1 fmol/s")

    first, second = nested.channel(of("b"), "a"), nested.channel(None, "b")
    run = bm.simulate(nested.model(first, second), until="1 ms")
    flux = {n: run.data.flux.sel(process=n).values for n in "ab"}
    assert np.allclose(share(run, "a"), np.abs(flux["b"]), rtol=1e-12)
    assert list(run.data.process.values) == ["a", "b", "K_leak"]
    circle = [nested.channel(of(n), m) for m, n in (("a", "b"), ("b", "c"), ("c", "a"))]
    with pytest.raises(errors.CircularReading, match="a reads b reads c reads a") as wrong:
        nested.model(*circle)
    assert wrong.value.readers == ("a", "b", "c")


def test_volumes_are_as_they_are_at_each_time() -> None:
    """Water leaves a cell; a channel that reads the volume closes in step."""

    def parts(on: bm.Membrane) -> list[Any]:
        law = laws.Ohmic(conductance=Q(1, "uS/cm^2"))
        by = lambda s: s.volume("in") / s.volume("cell") * s.volume("in") / s.quantity("1 pL")  # noqa: E731
        part = bm.Transporter("K_v", "K@in -> K@out", on, law, modulator=by)
        return [part, lib.leak(Cl, on), lib.water(on)]

    model = cell(parts, {K: 100, Cl: 100}, {K: 200, Cl: 200})
    run = bm.simulate(model, until="20 s")
    W = run.data.volume.sel(compartment="cell").values
    assert W[-1] < 0.7
    A = run.data.affinity.sel(process="K_v").values * 1e3
    open_ = 1e-6 / 1e-4 * 100e-12 * A / FARADAY**2 * 1e15
    assert np.allclose(run.data.flux.sel(process="K_v"), open_ * W, rtol=1e-9)
    run.ledger.check()


# --- channels as Markov schemes


def scheme(on: bm.Membrane, density: str, valence: float = 1.5) -> bm.Cycle:
    """C ⇌ O with a gating charge."""
    rates = {"forward": Q(300, "1/s"), "reverse": Q(100, "1/s"), "valence": valence}
    return bm.Cycle("Kv", on, density=density, states="C O", steps=[("C <-> O", rates)])


def test_a_channel_conducts_by_the_share_of_its_scheme_that_is_open(nested: Nested) -> None:
    kv = scheme(nested.wall, "100 1/um^2")
    model = nested.model(kv, nested.channel(lambda s: s["Kv.O"]))
    run = bm.simulate(model, until="20 ms", start={"Kv.C": 1})
    n = run.data.amount
    opened, closed = (n.sel(pool=f"Kv.{s}").values for s in "OC")
    assert share(run)[0] == 0
    assert np.allclose(share(run), opened / (opened + closed), rtol=1e-9)
    run.ledger.check()
    gating = run.ledger.by("transporter").sel(transporter="Kv")
    assert float(gating[-1]) > 0  # pJ of heat, by charge that falls through the field
    assert "modulated by Kv.O" in str(bm.prove(model.transporters[1]))


def test_a_scheme_of_two_states_with_little_charge_is_a_gate(nested: Nested) -> None:
    """n gating charges of few channels move V by n Q/C, which goes to 0 with the density."""
    V = []
    for density in ("1e-3 1/um^2", "1e-5 1/um^2"):
        model = nested.model(scheme(nested.wall, density), nested.channel(lambda s: s["Kv.O"]))
        V.append(bm.simulate(model, until="20 ms", start={"Kv.C": 1}).data.potential)
    gate = bm.Gate(
        "n", nested.wall, start=0.0,
        opening=lambda s: 300 / s.quantity("1 s") * sp.exp(-0.75 * s.u),
        closing=lambda s: 100 / s.quantity("1 s") * sp.exp(0.75 * s.u),
    )  # fmt: skip
    due = bm.simulate(nested.model(nested.channel(lambda s: s[gate])), until="20 ms").data.potential
    far, near = (float(abs(v - due).max()) for v in V)
    assert near < 1e-4
    assert far < 1e-2


# --- constants of a model's own


def test_R_and_F_of_a_paper_are_parameters_and_told(nested: Nested) -> None:
    own = {"R": "8.3 J/mol/K", "F": "96000 C/mol"}
    model = nested.model(
        nested.channel(lambda s: s.R * s.T / s.F / s.quantity("1 V")), constants=own
    )
    run = bm.simulate(model, until="1 ms")
    RTF = 8.3 * 310.15 / 96000
    A = run.data.affinity.sel(process="K_v").values * 1e3
    inside, V = level(run, "cell.K"), run.data.potential.sel(membrane="wall").values * 1e-3
    assert np.allclose(A, 96000 * (RTF * np.log(inside / 5) + V), rtol=1e-9)
    flux = CONDUCTANCE * A / 96000**2 * 1e15 * RTF
    assert np.allclose(run.data.flux.sel(process="K_v"), flux, rtol=1e-9)
    run.ledger.check()
    assert "F = 96000 C/mol" in str(run.ledger)
    assert "96000" in run.data.attrs["parameters_json"]
    assert check_model(model, examples=3).checked
    assert model != nested.model(nested.channel(None))
    usual = bm.simulate(nested.model(nested.channel(None)), until="1 ms")
    assert "of the SI" not in str(usual.ledger)
    assert "F" not in usual.model.parameters


@pytest.mark.parametrize(
    ("constants", "error", "words"),
    [
        ({"k": "1 J/K"}, errors.UnknownName, "R or F"),
        ({"F": 96485}, errors.BareNumber, "F"),
        ({"F": "96485 J/mol"}, errors.UnitMismatch, "F"),
        ({"F": "96.485 C/mol"}, errors.OutOfDomain, "power of ten"),
        ({"R": "-8.314 J/mol/K"}, errors.OutOfDomain, "R"),
        ("F", errors.WrongType, "mapping"),
    ],
)
def test_constants_that_are_none_are_refused(
    nested: Nested, constants: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as wrong:
        nested.model(nested.channel(None), constants=constants)
    assert words in str(wrong.value)


# --- what is refused


@pytest.mark.parametrize(
    ("by", "error", "words"),
    [
        (lambda s: np.exp(s.u), errors.WrongType, "use sympy.exp"),
        (lambda s: math.exp(s.u), errors.WrongType, "use sympy.exp"),
        (lambda s: np.tanh(s.u), errors.WrongType, "use sympy.tanh"),
        (lambda s: np.where(s.u > 0, 1, 0), errors.WrongType, "sympy.Piecewise"),
        (lambda s: s.elsewhere("K"), errors.UnknownName, "'Ca@er'"),
        (lambda s: s.elsewhere("K@in"), errors.UnknownName, "site['Ca@in']"),
        (lambda s: s.elsewhere(3), errors.UnknownName, "Ca@er"),
        (lambda s: s.volume("out"), errors.BadPlace, "the reservoir 'bath'"),
        (lambda s: s.volume(3), errors.WrongType, "a compartment or its name"),
        (lambda s: s.potential(3), errors.WrongType, "a membrane or its name"),
        (lambda s: s.flux("K_v"), errors.UnknownName, "another process"),
        (lambda s: s.flux(3), errors.UnknownName, "another process"),
        (lambda s: s.quantity(3), errors.BareNumber, "as it is"),
        (lambda s: s.quantity("3 mX"), errors.UnknownUnit, "mX"),
        (
            lambda s: s.quantity(bm.Parameter("3 mM", bm.Source("assumed"))),
            errors.WrongType, "site.parameter",
        ),
        (lambda s: s.quantity(Q([1, 2], "mV")), errors.NotANumber, "one number"),
        (lambda s: s.quantity(Q(float("nan"), "mV")), errors.NotFinite, "finite"),
        (lambda s: s.V / s.quantity("1 mM"), errors.DimensionError, "pure number"),
        (lambda s: s.flux("K_leak") / s.quantity("1 fmol/s"), errors.NegativeRate, "never negat"),
        (
            lambda s: sp.Piecewise((1, s.V < s.quantity("1 mM")), (0, True)),
            errors.DimensionError, "terms of one dimension",
        ),
        (lambda s: sp.Piecewise((1, s.u < 1)), errors.UnknownName, "all other cases"),
        (lambda s: sp.Piecewise((1, sp.Eq(s.u, 1)), (0, True)), errors.UnknownName, "> or >="),
        (lambda s: sp.Piecewise((-1, s.u < 0), (1, True)), errors.NegativeRate, "modulator"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_at_the_law(
    nested: Nested, by: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as wrong:
        nested.channel(by)
    assert words in str(wrong.value)


@pytest.mark.parametrize(
    ("by", "words"),
    [
        (lambda s: s["Kv.P"], "did you mean 'Kv.C' or 'Kv.O'"),
        (lambda s: s["Kw.O"], "did you mean 'Kv.O'"),
        (lambda s: s.elsewhere("K@stare") / s.quantity("1 mM"), "store.K"),
        (lambda s: s.volume("stare") / s.quantity("1 pL"), "'store'"),
        (lambda s: 1 + s.potential("iner") ** 2 / s.quantity("1 V") ** 2, "'inner'"),
        (lambda s: abs(s.flux("K_leek")) / s.quantity("1 fmol/s"), "'K_leak'"),
    ],
)
def test_names_of_the_model_are_checked_when_it_is_built(
    nested: Nested, by: Any, words: str
) -> None:
    with pytest.raises(errors.UnknownName, match=r"Model\('nested'\), K_v") as wrong:
        nested.model(nested.channel(by), scheme(nested.wall, "1 1/um^2"))
    assert words in str(wrong.value)


def test_a_scheme_that_is_missing_is_named(nested: Nested) -> None:
    with pytest.raises(errors.UnknownName, match="the Cycle 'Kv'"):
        nested.model(nested.channel(lambda s: s["Kv.O"]))


# --- branches


def test_the_slope_of_a_branch_is_that_of_the_chosen_one() -> None:
    """The other may have none there."""
    x = sp.Symbol("x", real=True)
    g = Graph()
    root = g.lower(
        sp.Piecewise((1 / x + sp.log(x), x > 1), (3 * x, True)), {x: g.input("y", 0)}, {}
    )
    slope = differentiate(g, [root], g.inputs("y", 1))[0, 0]
    at = np.array([[0.0, -2.0, 4.0]])
    assert Sweep(g, [slope], {}, ARRAYS)(0.0, at, (), (), 3)[0].tolist() == [3, 3, -1 / 16 + 1 / 4]


def test_branches_are_run() -> None:
    on = Nested()

    def root(s: Any) -> sp.Expr:
        x = s.V / s.quantity("10 mV") + 5
        return sp.Piecewise((1 / x**2, x < -1), (1, True))

    run = bm.simulate(on.model(on.channel(root)), until="5 ms")
    x = run.data.potential.sel(membrane="wall").values / 10 + 5
    assert x.min() < -1.5
    assert np.allclose(share(run), 1 / np.maximum(1, -x) ** 2, rtol=1e-9)
    run.ledger.check()


@pytest.mark.parametrize("way", [sp.And, sp.Or])
def test_conditions_are_joined(way: Any) -> None:
    a, b = sp.symbols("a b", real=True)
    for conditions in ((a < 1, b >= 2), (sp.Not(a <= 1), b > 2), (a > 1, a + b < 3, b <= 2)):
        e = sp.Piecewise((a, way(*conditions)), (b**2, a > b), (7, True))
        g = Graph()
        root = g.lower(e, {a: g.input("y", 0), b: g.input("y", 1)}, {})
        x = np.stack(np.meshgrid([0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 2.0, 3.0])).reshape(2, -1)
        values = Sweep(g, [root], {}, ARRAYS)(0.0, x, (), (), x.shape[1])[0]
        assert values.tolist() == [float(e.subs({a: p, b: q})) for p, q in x.T]


def test_a_number_with_a_unit_is_that_number_in_any_unit(nested: Nested) -> None:
    shares = []
    for text in ("25 mV", "0.025 V", "25000 uV"):
        by = lambda s, text=text: 1 / (1 + sp.exp(s.V / s.quantity(text)))  # noqa: E731
        shares.append(share(bm.simulate(nested.model(nested.channel(by)), until="1 ms")))
    assert np.allclose(shares[0], shares[1], rtol=1e-12)
    assert np.allclose(shares[0], shares[2], rtol=1e-12)
    by = lambda s: 1 / (1 + s["K@in"] / s.quantity("5 mM"))  # noqa: E731
    run = bm.simulate(nested.model(nested.channel(by)), until="1 ms")
    assert np.allclose(share(run), 1 / (1 + level(run, "cell.K") / 5))
    part = nested.channel(by)
    assert part.parameters.keys() == {"K_v.conductance"}
    assert r"5 \mathrm{mM}" in bm.prove(part).latex()
    assert r"5 \mathrm{mM}" in part._repr_latex_()
