"""The box that claims are judged in, their expressions as functions over it, the search for
counter-examples, and splitting.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sympy as sp
from builders import BODY, RT, F

from biomembrane import symbols
from biomembrane.second_law.claim import Claim, Level, claim
from biomembrane.second_law.counterexample import find_uphill
from biomembrane.second_law.evaluation import Box, Functions, claim_box
from biomembrane.second_law.one_way_split import splits
from biomembrane.second_law.residual import residual
from biomembrane.symbols import B, R, T, c0
from biomembrane.symbols import F as FARADAY

V = symbols.potential("m")
U = FARADAY * V / (R * T)
TERMS = {"K@in": (-1, 1, 140.0), "K@out": (1, 1, 5.0)}


def leak(flux: Any = None, **said: Any) -> Claim:
    """K⁺ out; by default the flux of detailed balance."""
    inside, outside = symbols.concentration("K@in"), symbols.concentration("K@out")
    flux = (
        inside * sp.exp(U / 2) - outside * sp.exp(-U / 2) if flux is None else flux(inside, outside)
    )
    return claim("leak", TERMS, voltage=V, **({"flux": flux} | said))


# --- claims


def test_a_claim_from_stoichiometry() -> None:
    """A/RT = −ΔG°/RT − Σ ν ln(c/c°) − Q·FV/RT, and what is read off it."""
    made = claim(
        "pump",
        {"Na@in": (-3, 1, 10.0), "Na@out": (3, 1, 140.0), "ATP@in": (-1, 0, 4.0)},
        voltage=V,
        energy=sp.Float(-30e3),
    )
    assert made.reaction == "3 Na@in + ATP@in ⇌ 3 Na@out"
    assert made.charge == -3
    assert made.levels[0] == Level("Na@in", symbols.concentration("Na@in"), -3, 10.0, 1)
    numbers = {
        "c[Na@in]": 10,
        "c[Na@out]": 140,
        "c[ATP@in]": 4,
        "V[m]": -0.06,
        "R": RT / BODY,
        "T": BODY,
        "F": F,
        "c0": 1000,
    }
    drive = float(
        made.reduced_affinity.subs({s: numbers[str(s)] for s in made.reduced_affinity.free_symbols})
    )
    assert drive == pytest.approx(
        30e3 / RT - 3 * math.log(14) + math.log(0.004) + 3 * F * -0.06 / RT, rel=1e-12
    )
    still = claim("still", {"X@in": (0, 0, 1.0), "Y@in": (1, 0, 1.0)})
    assert (still.reaction, still.voltage, still.charge) == ("∅ ⇌ Y@in", None, 0)


def test_the_net_flux_of_a_claim() -> None:
    a, b = sp.symbols("a b", positive=True)
    blank = leak()
    assert replace(blank, flux=None).net is None
    assert replace(blank, flux=None, forward=a).net is None
    assert replace(blank, flux=None, forward=a, reverse=b).net == a - b
    assert replace(blank, flux=None, conductance=a).net == a * R * T * blank.reduced_affinity
    assert replace(blank, flux=a, forward=a, reverse=b).net == a


# --- the box


def test_the_box_is_physiological() -> None:
    """±150 mV, a tenth to ten times each level; what is not known from 0.1 to 10 if positive, else
    from −1 to 1; pressures ±10 bar.
    """
    free, sure = sp.Symbol("free", real=True), sp.Symbol("sure", positive=True)
    pressure = symbols.pressure("cell")
    made = claim_box(
        leak(
            lambda i, o: (i - o) * sure + free + pressure + sp.Symbol("known"),
            values={"known": 2.0},
        ),
        {},
    )
    seen = {v.name: (v.usual, v.low, v.high, v.log, v.unit) for v in made.variables}
    assert seen == {
        "V": (0.0, -0.15, 0.15, False, "V"),
        "K@in": (140.0, pytest.approx(14.0), pytest.approx(1400.0), True, "mM"),
        "K@out": (5.0, pytest.approx(0.5), pytest.approx(50.0), True, "mM"),
        str(pressure): (0.0, -1e6, 1e6, False, "Pa"),
        "sure": (1.0, 0.1, 10.0, True, "1"),
        "free": (0.0, -1.0, 1.0, False, "1"),
    }
    names = [v.name for v in made.variables]
    usual = dict(zip(names, made.usual, strict=True))
    assert usual == {
        "V": 0,
        "K@in": math.log(140),
        "K@out": math.log(5),
        str(pressure): 0,
        "sure": 0,
        "free": 0,
    }
    bounds = dict(zip(names, made.bounds.tolist(), strict=True))
    assert bounds["V"] == [-0.15, 0.15]
    assert bounds["K@out"] == pytest.approx([math.log(0.5), math.log(50)])
    assert (made.temperature, made.values) == (BODY, {"known": 2.0})


def test_ranges_replace_the_box_and_their_middle_is_usual() -> None:
    made = claim_box(leak(), {"V": (-0.08, 0.02), "K@out": (2.0, 8.0)})
    seen = {v.name: (v.usual, v.low, v.high) for v in made.variables}
    assert seen["V"] == (0.0, -0.08, 0.02)
    assert seen["K@out"] == (pytest.approx(4.0), 2.0, 8.0)
    assert claim_box(leak(), {"V[m]": (-0.01, 0.01)}).bounds[0].tolist() == [-0.01, 0.01]


def test_samples_fill_the_box_and_are_the_same_each_time() -> None:
    made = claim_box(leak(), {})
    x = made.sample(4000)
    assert x.shape == (3, 4000)
    assert np.array_equal(x, made.sample(4000))
    assert not np.array_equal(x, made.sample(4000, seed=1))
    low, high = made.bounds[:, 0], made.bounds[:, 1]
    assert (x.min(axis=1) >= low).all()
    assert (x.max(axis=1) <= high).all()
    shares = (x - low[:, None]) / (high - low)[:, None]
    assert shares.mean(axis=1) == pytest.approx([0.5] * 3, abs=0.02)
    assert shares.std(axis=1) == pytest.approx([12**-0.5] * 3, abs=0.01)
    assert np.abs(np.corrcoef(x) - np.eye(3)).max() < 0.06


def test_a_still_box_has_a_thousandth_of_the_voltage() -> None:
    made = claim_box(leak(), {"V": (-0.1, 0.05)})
    still = made.with_low_voltage()
    for old, new in zip(made.variables, still.variables, strict=True):
        factor = 1e3 if old.name == "V" else 1
        assert (new.low, new.high) == pytest.approx((old.low / factor, old.high / factor))
    assert np.array_equal(still.usual, made.usual)


# --- functions


def test_values_and_slopes_are_those_of_the_formulas() -> None:
    """Against sympy: derivatives by V and by ln c, and by T where it is a variable."""
    expression = (
        symbols.concentration("K@in") ** 2 * sp.exp(U / 3)
        + sp.Symbol("gain") * symbols.concentration("K@out") / c0
    )
    made = leak(lambda i, o: expression, values={"gain": 3.0})  # noqa: ARG005
    x = np.array([[-0.06, 0.03], [math.log(120), math.log(90)], [math.log(4), math.log(7)]])
    here = claim_box(made, {})
    order = [v.name for v in here.variables]
    x = x[[["V", "K@in", "K@out"].index(name) for name in order]]
    for warm, T_ in ((False, BODY), (True, 300.0)):
        functions = Functions([expression, made.reduced_affinity], here, warm=warm)
        at = np.vstack([x, np.full(2, T_)]) if warm else x
        values, slopes = functions(at), functions.slopes(at)
        assert slopes.shape == (2, 3 + warm, 2)
        for k in range(2):
            plain = dict(zip(order, x[:, k], strict=True))
            numbers = {
                "V[m]": plain["V"],
                "R": RT / BODY,
                "F": F,
                "T": T_,
                "c0": 1000.0,
                "gain": 3.0,
            }
            numbers |= {f"c[{n}]": math.exp(plain[n]) for n in ("K@in", "K@out")}
            for row, e in enumerate((expression, made.reduced_affinity)):

                def number(formula: Any, numbers: dict[str, float] = numbers) -> float:
                    return float(formula.subs({s: numbers[str(s)] for s in formula.free_symbols}))

                assert values[row, k] == pytest.approx(number(e), rel=1e-12)
                wanted = {"V": sp.diff(e, V)} | {
                    n: sp.diff(e, symbols.concentration(n)) * symbols.concentration(n)
                    for n in ("K@in", "K@out")
                }
                assert slopes[row, :3, k] == pytest.approx(
                    [number(wanted[n]) for n in order], rel=1e-9, abs=1e-15
                )
                if warm:
                    assert slopes[row, 3, k] == pytest.approx(number(sp.diff(e, T)), rel=1e-9)


def test_a_constant_has_no_slope() -> None:
    here = Box((), {}, BODY)
    functions = Functions([sp.Float(2)], here)
    x = np.zeros((0, 3))
    assert functions(x).tolist() == [[2, 2, 2]]
    assert functions.slopes(x).shape == (1, 0, 3)


# --- residuals


def test_the_residual_of_a_linear_form_is_its_terms() -> None:
    """ln(r⁺/r⁻) − A/RT = ln 3 − 0.2·FV/RT + 0.5 ln(c_out/c°): constant at c°, slopes by name, and
    its largest size in the box.
    """

    def flux(inside: Any, outside: Any) -> Any:
        return 3 * inside * sp.exp(0.4 * U) - outside ** sp.Rational(1, 2) * c0 ** sp.Rational(
            1, 2
        ) * sp.exp(-0.4 * U)

    made = leak(flux)
    found = residual(made, claim_box(made, {}))
    assert found.form == "linear"
    assert found.terms == pytest.approx(
        {"": math.log(3), "V": -0.2 * F / RT, "K@in": 0.0, "K@out": 0.5}, abs=1e-9
    )
    assert found.reduced_affinity == pytest.approx(
        {"": 0.0, "V": F / RT, "K@in": 1.0, "K@out": -1.0}, abs=1e-9
    )
    assert (found.stalls, found.warming) == (False, pytest.approx(0.0))
    here = claim_box(made, {})
    x = here.sample(512)
    off = {v.name: k for k, v in enumerate(here.variables)}
    e = math.log(3) - 0.2 * F / RT * x[off["V"]] + 0.5 * (x[off["K@out"]] - math.log(1000))
    assert found.size == pytest.approx(np.abs(e).max(), rel=0.1)
    assert abs(found.signed) == pytest.approx(found.size)
    at = found.at
    assert found.signed == pytest.approx(
        math.log(3) - 0.2 * F / RT * at[off["V"]] + 0.5 * (at[off["K@out"]] - math.log(1000)),
        rel=1e-9,
    )


@pytest.mark.parametrize(
    ("forward", "reverse", "form"), [(1, 0, "forward only"), (0, 1, "reverse only")]
)
def test_one_way_laws_are_told_by_their_zero(forward: int, reverse: int, form: str) -> None:
    made = replace(leak(), flux=None, forward=sp.Integer(forward), reverse=sp.Integer(reverse))
    assert residual(made, claim_box(made, {})).form == form


def test_a_law_that_cannot_be_split_is_judged_by_its_stall() -> None:
    """(a − 0.3)(2 + sin a), a = A/RT, stops where a = 0.3: ε is −0.3 everywhere."""
    x = leak().reduced_affinity
    made = leak(lambda *_: (x - sp.Rational(3, 10)) * (2 + sp.sin(x)))
    found = residual(made, claim_box(made, {}))
    assert (found.form, found.stalls) == ("linear", True)
    assert found.terms == pytest.approx({"": -0.3, "V": 0.0, "K@in": 0.0, "K@out": 0.0}, abs=1e-6)


def test_a_stall_that_is_no_line_is_told_by_the_affinity_there() -> None:
    """(c_in − c_out − 40 mM)(3/2 + sin V + cos V), whose factor no term shows to be positive,
    stops off A = 0: ε/RT is −A/RT where it stops, at the worst of those states."""
    gain = sp.Rational(3, 2) + sp.sin(V) + sp.cos(V)
    made = leak(lambda inside, outside: (inside - outside - 40) * gain)
    here = claim_box(made, {})
    found = residual(made, here)
    assert (found.form, found.stalls, found.terms) == ("nonlinear", True, {})
    at = dict(zip([v.name for v in here.variables], found.at, strict=True))
    assert math.exp(at["K@in"]) - math.exp(at["K@out"]) == pytest.approx(40, rel=1e-6)
    A = at["K@in"] - at["K@out"] + F * at["V"] / RT
    assert found.signed == pytest.approx(-A, rel=1e-9)
    assert found.size == pytest.approx(abs(A), rel=1e-9)


@pytest.mark.parametrize("way", [1, -1])
def test_an_unsplit_flux_that_never_turns_is_one_way(way: int) -> None:
    made = leak(
        lambda inside, outside: (
            way * (sp.Rational(3, 2) + sp.sin(inside * outside) + sp.cos(inside * outside))
        )
    )
    found = residual(made, claim_box(made, {}))
    assert (found.form, found.stalls) == ("one way", False)


# --- counter-examples


def test_the_search_finds_the_state_furthest_uphill() -> None:
    """J has the sign of A − 2RT: between 0 and 2RT it runs uphill, on as much of the box as A lies
    there.
    """
    made = leak(lambda *_: leak().reduced_affinity - 2)
    here = claim_box(made, {})
    found = find_uphill(made, here)
    assert found is not None
    assert 0 < found.reduced_affinity <= 2
    assert found.flux == pytest.approx(found.reduced_affinity - 2, rel=1e-9)
    drive = Functions([made.reduced_affinity], here)(here.sample(2048))[0]
    assert found.share == pytest.approx(np.mean((drive > 0) & (drive < 2)), abs=0.002)
    assert float(Functions([made.reduced_affinity], here)(found.x[:, None])[0, 0]) == pytest.approx(
        found.reduced_affinity, rel=1e-12
    )
    assert find_uphill(leak(), claim_box(leak(), {})) is None


def test_a_narrow_counter_example_is_found_by_going_down_the_gradient() -> None:
    """Off by a thousandth of RT: no sampled state need show it, and every variable that can stands
    at its usual value.
    """
    made = leak(lambda *_: leak().reduced_affinity - sp.Float("1e-4"))
    found = find_uphill(made, claim_box(made, {}))
    assert found is not None
    assert 0 < found.reduced_affinity < 1e-4
    assert found.flux < 0


# --- splitting


def numbers(e: sp.Expr, **at: float) -> float:
    return float(e.subs({s: at[str(s)] for s in e.free_symbols}).evalf())


X, Y = sp.symbols("x y", positive=True)
Z = sp.Symbol("z", real=True)
FLUXES = [
    X - Y,
    (X - Y) * (X + 2),
    -(X - Y) / (1 + X),
    (X - Y) * (Y - 2 * X),
    (X - Y) ** 3,
    sp.tanh(X - Y),
    3 * sp.tanh(Z) * X,
    Z * X * (1 - sp.exp(-Z)) / (1 - sp.exp(-Z)) * 0 + Z * (X - Y * sp.exp(-Z)) / (1 - sp.exp(-Z)),
    Z * (X - Y * sp.exp(Z)) / (sp.exp(Z) - 1),
    2 * Z * (Y * sp.exp(Z) - X) / (3 * (1 - sp.exp(Z))),
    X * B(Z) - Y * B(-Z),
    sp.Integer(0),
    X,
    -Y * X,
]


@pytest.mark.parametrize("flux", FLUXES, ids=str)
def test_parts_are_not_negative_and_give_the_flux_back(flux: sp.Expr) -> None:
    made = list(splits(flux))
    assert made
    for forward, reverse in made:
        for x, y, z in ((0.3, 2.0, 1.5), (5.0, 0.1, -0.7), (1.0, 1.1, 0.01)):
            up, down, net = (numbers(e, x=x, y=y, z=z) for e in (forward, reverse, flux))
            assert min(up, down) >= 0
            assert up - down == pytest.approx(net, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    "flux", [Z, sp.sin(X), (X - Y) ** 5, Z * X - Y, sp.Max(0, X - Y) - Z], ids=str
)
def test_what_has_no_sign_is_not_split(flux: sp.Expr) -> None:
    assert list(splits(flux)) == []
