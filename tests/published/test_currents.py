"""Published currents as their models write them, and laws that stop where they should and run
uphill elsewhere.
"""

import math
from collections.abc import Callable

import pytest
import sympy as sp
from builders import HEART, RT, published
from builders import F as FARADAY

import biomembrane as bm
from biomembrane import Q
from biomembrane import dimension as d
from biomembrane.declare.checks import nonnegativity
from biomembrane.declare.checks.nonnegativity import nonnegative
from biomembrane.declare.site import Site
from biomembrane.errors import SecondLawUndecided
from biomembrane.library import K
from biomembrane.second_law import one_way_split
from biomembrane.symbols import F, R, T

INSIDE, OUTSIDE = HEART


def force(site: Site) -> sp.Expr:
    """A/RT of potassium on its way out."""
    return site.u - sp.log(site["K@out"] / site["K@in"])


def ohmic(site: Site, ratio: sp.Expr) -> sp.Expr:
    return site.parameter("g", Q(1, "nS"), d.CONDUCTANCE) * (site.V - R * T / F * sp.log(ratio)) / F


def test_sodium_within_a_potassium_current_is_named() -> None:
    """I_K of Luo and Rudy 1994 reverses at neither ion's equilibrium: 0.01833 of its permeability
    is to sodium, which it does not carry.
    """

    def current(site: Site) -> sp.Expr:
        return ohmic(
            site,
            (site["K@out"] + 0.01833 * site["Na@out"]) / (site["K@in"] + 0.01833 * site["Na@in"]),
        )

    found = bm.audit(published(current))["channel"]
    assert (found.verdict, found.cause) == ("violates", "nonlinear")
    assert {"Na@cell", "Na@bath"} <= set(found.witness.values)


def test_ten_tusscher_s_exchanger_has_a_free_factor_of_two_and_a_half() -> None:
    """ten Tusscher et al.

    2004 multiply the reverse rate by α = 2.5, which is RT ln 2.5 for nothing.
    """

    def flux(alpha: float) -> object:
        def made(s: Site) -> sp.Expr:
            k, u, g = s.parameter("k", Q(0.01, "fmol/s"), d.FLUX), s.u, sp.Rational(35, 100)
            KNa, KCa = (
                s.parameter("KNa", Q(87.5, "mM"), d.CONCENTRATION),
                s.parameter("KCa", Q(1.38, "mM"), d.CONCENTRATION),
            )
            out, back = (
                sp.exp(g * u) * s["Na@in"] ** 3 * s["Ca@out"],
                sp.exp((g - 1) * u) * s["Na@out"] ** 3 * s["Ca@in"] * alpha,
            )
            return (
                k
                * (out - back)
                / (
                    (KNa**3 + s["Na@out"] ** 3)
                    * (KCa + s["Ca@out"])
                    * (1 + sp.exp((g - 1) * u) / 10)
                )
            )

        return made

    reaction = "3 Na@in + Ca@out -> 3 Na@out + Ca@in"
    assert bm.audit(published(flux(1.0), reaction)).verdict == "consistent"
    found = bm.audit(published(flux(2.5), reaction))["channel"]
    assert (found.verdict, found.cause) == ("violates", "constant")
    assert found.kJ == pytest.approx(-RT * math.log(2.5) / 1e3, rel=1e-9)


def test_ten_tusscher_s_pump_cannot_reverse() -> None:
    def flux(s: Site) -> sp.Expr:
        k, KK, KNa = (
            s.parameter("k", Q(1, "fmol/s"), d.FLUX),
            *(s.parameter(n, Q(x, "mM"), d.CONCENTRATION) for n, x in (("KK", 1), ("KNa", 40))),
        )
        slowed = 1 / (
            1
            + sp.Rational(1245, 10000) * sp.exp(-s.u / 10)
            + sp.Rational(353, 10000) * sp.exp(-s.u)
        )
        return k * s["K@out"] / (s["K@out"] + KK) * s["Na@in"] / (s["Na@in"] + KNa) * slowed

    found = bm.audit(
        published(flux, "3 Na@in + 2 K@out + ATP@in -> 3 Na@out + 2 K@in + ADP@in + Pi@in")
    )["channel"]
    assert (found.verdict, found.cause) == ("irreversible", "irreversible")
    assert found.uphill > 0


def test_activity_coefficients_of_one_side_only_are_a_constant() -> None:
    """L-type calcium current of Luo and Rudy 1994: 0.341 of the outer calcium, all of the inner."""

    def flux(s: Site) -> sp.Expr:
        P = s.parameter("P", Q(1, "um^3/s"), d.FLUX / d.CONCENTRATION)
        return (
            -P
            * 2
            * s.u
            * (s["Ca@in"] * sp.exp(2 * s.u) - 0.341 * s["Ca@out"])
            / (sp.exp(2 * s.u) - 1)
        )

    found = bm.audit(published(flux, "Ca@out -> Ca@in"))["channel"]
    assert (found.verdict, found.cause) == ("violates", "constant")
    assert found.kJ == pytest.approx(RT * math.log(0.341) / 1e3, rel=1e-9)


def test_a_fixed_reversal_potential_leaves_both_concentrations_out() -> None:
    """Hodgkin and Huxley's E_K as a number, −77 mV."""

    def flux(s: Site) -> sp.Expr:
        return (
            s.parameter("g", Q(1, "nS"), d.CONDUCTANCE)
            * (s.V - s.parameter("E", Q(-77, "mV"), d.VOLTAGE))
            / F
        )

    found = bm.audit(published(flux))["channel"]
    assert (found.verdict, found.cause) == ("violates", "order")
    assert (found.terms["K@cell"], found.terms["K@bath"]) == pytest.approx((-1, 1), rel=1e-6)


def test_rectification_that_follows_the_driving_force_is_consistent_and_judged_at_once() -> None:
    """e^(u/80) beside e^(3u/2), over one denominator, is a polynomial of degree 120: it is not
    factored.
    """

    def flux(s: Site) -> sp.Expr:
        x = s.u - sp.log(s["K@out"] / s["K@in"])
        a, b = 0.1 / (1 + sp.exp(sp.Rational(3, 2) * x - 12)), 3 * sp.exp(x / 80)
        return ohmic(s, s["K@out"] / s["K@in"]) * a / (a + b)

    made = published(flux)
    assert bm.audit(made).verdict == "consistent"
    written = one_way_split._over_one(made.processes[0].rates.flux)
    assert len(str(written)) < 4 * len(str(made.processes[0].rates.flux))


@pytest.mark.parametrize(
    "shape",
    [
        lambda x: x * (1 + sp.Rational(3, 2) * sp.cos(3 * x)),
        lambda x: x * (x - 1) * (x - 2),
        lambda x: sp.sinh(x) * (2 - sp.cosh(x)),
    ],
)
def test_a_flux_that_stops_with_its_force_and_elsewhere_too_has_a_factor_that_changes_sign(
    shape: Callable[[sp.Expr], sp.Expr],
) -> None:
    """A cubic as in FitzHugh 1961 is no current of one ion."""
    found = bm.audit(
        published(lambda s: s.parameter("k", Q(1, "fmol/s"), d.FLUX) * shape(force(s)))
    )["channel"]
    assert (found.verdict, found.cause) == ("violates", "factor")
    assert found.witness.flux.magnitude * found.witness.affinity.magnitude < 0
    assert -found.kJ >= abs(found.witness.affinity.magnitude) * (
        1 - 1e-9
    )  # the size is the largest, the witness a plain one


@pytest.mark.parametrize(("shift", "cause"), [(0.0, "direction"), (1.0, "constant")])
def test_a_flux_that_runs_against_its_force_or_stops_beside_it_is_no_matter_of_a_factor(
    shift: float, cause: str
) -> None:
    sign = -1 if cause == "direction" else 1
    found = bm.audit(
        published(
            lambda s: sign * s.parameter("k", Q(1, "fmol/s"), d.FLUX) * (force(s) - shift) ** 3
        )
    )["channel"]
    assert (found.verdict, found.cause) == ("violates", cause)


# --- repair of currents


def test_a_current_with_a_fixed_reversal_keeps_its_conductance_and_reverses_with_its_ion() -> None:
    def flux(s: Site) -> sp.Expr:
        return (
            s.parameter("g", Q(1, "nS"), d.CONDUCTANCE)
            * (s.V - s.parameter("E", Q(-77, "mV"), d.VOLTAGE))
            / F
        )

    repair = bm.make_consistent(published(flux))
    assert repair.after.verdict == "proven"
    assert "the conductance" in repair.method
    curve = repair.along_voltage()
    before, after = (
        curve[name].values * FARADAY * 1e-3 for name in ("before", "after")
    )  # pA, into the cell
    E_K = RT / FARADAY * math.log(OUTSIDE[K] / INSIDE[K]) * 1e3
    assert -before == pytest.approx(curve.V.values + 77, rel=1e-9, abs=1e-9)  # 1 nS
    assert -after == pytest.approx(curve.V.values - E_K, rel=1e-9, abs=1e-8)


@pytest.mark.parametrize("gate", [lambda _x: sp.S.One, lambda x: 1 / (1 + sp.exp(x / 3 - 2))])
def test_a_current_with_nernst_s_potential_is_proved_as_it_stands(
    gate: Callable[[sp.Expr], sp.Expr],
) -> None:
    repair = bm.make_consistent(
        published(lambda s: ohmic(s, s["K@out"] / s["K@in"]) * gate(force(s)))
    )
    assert (repair.before.verdict, repair.after.verdict) == ("consistent", "proven")
    assert repair.change["largest where A > RT"] < 1e-9


def test_a_current_that_runs_backwards_is_not_repaired_by_a_negative_conductance() -> None:
    with pytest.raises(SecondLawUndecided, match="a conductance times V − E"):
        bm.make_consistent(published(lambda s: -ohmic(s, s["K@out"] / s["K@in"])))


def test_what_multiplies_the_voltage_must_be_constant() -> None:
    def flux(s: Site) -> sp.Expr:
        g, half = (
            s.parameter("g", Q(1, "nS"), d.CONDUCTANCE),
            s.parameter("half", Q(1, "mM"), d.CONCENTRATION),
        )
        return g * (s.V * s["K@in"] / half - s.parameter("E", Q(-77, "mV"), d.VOLTAGE)) / F

    with pytest.raises(SecondLawUndecided):
        bm.make_consistent(published(flux))


def test_a_sum_that_would_spread_into_millions_of_terms_is_not_multiplied_out() -> None:
    """Thirteen factors of seven terms: the sign stays unknown, which is said without 10¹¹ terms;
    smaller sums are multiplied out.
    """
    x = sp.symbols("x0:6", positive=True)
    large = (sp.Add(*x) - 1) ** 3 * (sp.Add(*x) - 2) ** 5 * (sp.Add(*x) - 3) ** 5
    assert not nonnegative(large + x[0], {})
    assert nonnegative((x[0] - x[1]) ** 3 * 0 + (x[0] + x[1]) ** 3 - x[0] ** 3, {})
    assert nonnegativity.terms(large + x[0]) == 7**13 + 1
