"""Repairs: what is kept, what follows, by how much, and how a notebook or a terminal tells it."""

import math
from typing import Any

import numpy as np
import pytest
import sympy as sp
from builders import RT, F
from mistakes import caught
from unit.second_law.repaired import ON, SYMPORT, UNIPORT, constant, hosted, ring

import biomembrane as bm
from biomembrane import Q, errors, symbols, units
from biomembrane import dimension as d


def P(s: Any, order: int = 1) -> Any:
    return s.parameter("P", Q(0.1, f"fmol/s/mM^{order}"), d.FLUX / d.CONCENTRATION**order)


def without_voltage(s: Any) -> Any:
    return P(s, 2) * (s["Na@out"] * s["glucose@out"] - s["Na@in"] * s["glucose@in"])


# --- one process


def test_a_repair_is_audited_over_the_ranges_that_are_asked() -> None:
    """The voltage that is left out costs F·10 mV per turnover where the voltage stays within 10
    mV.
    """
    narrow = bm.make_consistent(
        hosted(without_voltage, SYMPORT), over={"V": (Q(-10, "mV"), Q(10, "mV"))}
    )
    assert abs(narrow.before["hosted"].kJ) == pytest.approx(
        F * 0.01 / 1e3, rel=1e-12
    )  # the largest in the range, edges included
    assert narrow.after.verdict == "proven"
    loop = bm.make_consistent(ring(100.0), over={"glucose@bath": (Q(1, "mM"), Q(1.1, "mM"))})
    assert 1 <= loop.before.findings[0].witness.values["glucose@bath"].magnitude <= 1.1
    error = caught(
        lambda: bm.make_consistent(ring(100.0), over={"glucose@bat": (Q(1, "mM"), Q(2, "mM"))})
    )
    assert (type(error), error.where) == (errors.UnknownName, "audit(over={'glucose@bat': …})")


@pytest.mark.parametrize(
    ("size", "method", "said"),
    [
        (0.2, "reverse", "J = r⁺(1 − e^(−A/RT))"), (0.2, "projection", "J = r⁺(1 − e^(−A/RT))"),
        (-0.2, "reverse", "J = r⁻(e^(A/RT) − 1)"), (-0.2, "projection", "J = r⁻(e^(A/RT) − 1)"),
    ],
)  # fmt: skip
def test_a_flux_of_one_way_keeps_the_rate_that_it_has(size: float, method: str, said: str) -> None:
    """There is nothing to project: the rate of 0.2 fmol/s stays, and where A = 0 the flux stops."""
    repair = bm.make_consistent(hosted(constant(size)), method=method)
    assert repair.method == said
    assert (repair.given.name, repair.made.name, repair.made.reaction, repair.made.on) == (
        "hosted",
        "hosted",
        UNIPORT,
        ON,
    )
    assert repair.constants == ()
    assert (repair.made.law.kept, repair.made.law.method) == (
        "forward" if size > 0 else "reverse",
        "reverse",
    )
    (process,) = repair.made.processes
    kept = process.rates.forward if size > 0 else process.rates.reverse
    assert kept == sp.Symbol("hosted.J", nonnegative=True)


def test_projected_rates_are_both_moved_and_their_product_stays() -> None:
    made = bm.make_consistent(hosted(without_voltage, SYMPORT), method="projection")
    assert made.method == "both rates projected"
    old, new = made.given.processes[0].rates, made.made.processes[0].rates
    c = {
        w: sp.Symbol(f"c[{w}]", positive=True)
        for w in ("bath.Na", "bath.glucose", "cell.Na", "cell.glucose")
    }
    p = sp.Symbol("hosted.P", nonnegative=True)
    ahead, back = p * c["bath.Na"] * c["bath.glucose"], p * c["cell.Na"] * c["cell.glucose"]
    assert sp.expand(old.flux - ahead + back) == 0
    assert sp.simplify(new.forward * new.reverse - ahead * back) == 0


def test_a_modulator_stays_with_the_law() -> None:
    """A quarter of the carriers work before and after: J = r⁺(1 − e^{−A/RT})/4."""
    quarter = lambda s: s.parameter("open", Q(0.25, "1"), d.ONE)  # noqa: E731
    repair = bm.make_consistent(hosted(constant(0.2), modulator=quarter))
    data = repair.along_affinity()
    assert data.before.values == pytest.approx(np.full(121, 0.05), rel=1e-9)
    assert data.after.values == pytest.approx(
        0.05 * (1 - np.exp(-data.X.values * 1e3 / RT)), rel=1e-9, abs=1e-12
    )


def test_the_change_of_a_flux_is_that_over_the_box() -> None:
    """J₀ → J₀(1 − e^{−A/RT}) changes by e^{−A/RT}: over levels from a tenth to ten times the
    declared ones, where A > RT.
    """
    repair = bm.make_consistent(hosted(constant(0.2)))
    rng = np.random.default_rng(1)
    A = math.log(5 / 2) + math.log(10) * (rng.uniform(-1, 1, 400_000) - rng.uniform(-1, 1, 400_000))
    off, back = np.exp(-A[A > 1]), np.exp(-A[A < -1])
    most = 100 / 2.5  # e^{|A|} where all is against it
    assert repair.change == {
        "median where A > RT": pytest.approx(np.median(off), rel=0.12),
        "largest where A > RT": pytest.approx(math.exp(-1), rel=0.01),
        "median where A < −RT": pytest.approx(np.median(back), rel=0.12),
        "largest where A < −RT": pytest.approx(0.8 * most, rel=0.25),
    }  # fmt: skip
    told = ", ".join(f"{100 * x:.3g} % ({what})" for what, x in repair.change.items())
    assert str(repair).splitlines()[-1] == f"  in the sampled states the flux changes by {told}"


def half_filled(s: Any) -> Any:
    """Each side saturates by itself."""
    K_ = s.parameter("K", Q(3, "mM"), d.CONCENTRATION, domain="positive")
    v = s.parameter("v", Q(2, "fmol/s"), d.FLUX)
    return v * (
        s["glucose@out"] / (K_ + s["glucose@out"]) - s["glucose@in"] / (K_ + s["glucose@in"])
    )


def powers(s: Any, n: Any) -> Any:
    K_ = s.parameter("K", Q(3, "mM"), d.CONCENTRATION, domain="positive")
    return s.parameter("v", Q(2, "fmol/s"), d.FLUX) * (
        (s["glucose@out"] / K_) ** n - (s["glucose@in"] / K_) ** n
    )


SOUND = {
    "each side saturates": (
        half_filled,
        UNIPORT,
        "the flux stays as it is: r⁺ − r⁻ with r⁺/r⁻ = e^(A/RT)",
    ),
    "squares": (
        lambda s: P(s, 2) * (s["glucose@out"] ** 2 - s["glucose@in"] ** 2),
        UNIPORT,
        "the flux stays as it is: r⁺ − r⁻ with r⁺/r⁻ = e^(A/RT)",
    ),
    "powers": (
        lambda s: powers(s, sp.Rational(3, 2)),
        UNIPORT,
        "the flux stays as it is: J = L·A with L = J/A ≥ 0",
    ),
    "roots": (
        lambda s: (
            P(s, 1)
            * (
                sp.sqrt(s["glucose@out"] / s["glucose@in"])
                - sp.sqrt(s["glucose@in"] / s["glucose@out"])
            )
            * s["glucose@in"]
        ),
        UNIPORT,
        "the flux stays as it is: r⁺ − r⁻ with r⁺/r⁻ = e^(A/RT)",
    ),
    "logarithm": (
        lambda s: (
            s.parameter("L", Q(0.3, "fmol/s"), d.FLUX) * sp.log(s["glucose@out"] / s["glucose@in"])
        ),
        UNIPORT,
        "the flux stays as it is: it is L·A with L ≥ 0",
    ),
    "difference of logarithms": (
        lambda s: (
            s.parameter("L", Q(0.3, "fmol/s"), d.FLUX)
            * (sp.log(s["Na@out"] / s["Na@in"]) + sp.log(s["Cl@out"] / s["Cl@in"]))
        ),
        "Na@out + Cl@out -> Na@in + Cl@in",
        "the flux stays as it is: it is L·A with L ≥ 0",
    ),
    "Nernst": (
        lambda s: (
            s.parameter("g", Q(1, "nS"), d.CONDUCTANCE)
            / symbols.F
            * (s.V + symbols.R * symbols.T / symbols.F * sp.log(s["K@in"] / s["K@out"]))
        ),
        "K@in -> K@out",
        "the flux stays as it is: it is L·A with L ≥ 0",
    ),
}


@pytest.mark.parametrize("method", ["reverse", "projection"])
@pytest.mark.parametrize("name", SOUND)
def test_a_sound_law_keeps_its_flux_everywhere_and_is_proved(name: str, method: str) -> None:
    """To the last digits, on both sides of equilibrium and at it."""
    flux, reaction, said = SOUND[name]
    repair = bm.make_consistent(hosted(flux, reaction), method=method)
    assert (repair.method, repair.after.verdict) == (said, "proven")
    assert set(repair.change.values()) == {0.0}
    assert str(repair).splitlines()[-1] == "  no flux changes, on either side of equilibrium"
    for data in (repair.along_affinity(), repair.along_voltage()):
        size = float(np.abs(data.before).max())
        assert data.after.values == pytest.approx(data.before.values, rel=1e-9, abs=1e-12 * size)
        assert np.isfinite(data.after.values).all()


def test_a_law_with_the_right_sign_and_no_proof_is_left_as_it_is() -> None:
    """ln(1 + o/K) − ln(1 + i/K) grows with one level and falls with the other, and is no multiple
    of A.
    """

    def flux(s: Any) -> Any:
        K_ = s.parameter("K", Q(3, "mM"), d.CONCENTRATION, domain="positive")
        return s.parameter("v", Q(2, "fmol/s"), d.FLUX) * (
            sp.log(1 + s["glucose@out"] / K_) - sp.log(1 + s["glucose@in"] / K_)
        )

    given = hosted(flux)
    repair = bm.make_consistent(given)
    assert repair.made is given
    known = {
        "consistent": "proved at these numbers",
        "undecided": "no state with J·A < 0 was found, and no proof either",
    }
    assert repair.method.startswith(f"left as it is: {known[repair.before.verdict]} (")
    for data in (repair.along_affinity(), repair.along_voltage()):
        assert data.after.values == pytest.approx(data.before.values, rel=1e-9)


def test_a_law_that_runs_uphill_is_repaired_and_told_on_both_sides() -> None:
    """A reverse flux ten times too small: it grows tenfold below equilibrium, and the figure says
    so.
    """
    repair = bm.make_consistent(hosted(lambda s: P(s) * (s["glucose@out"] - s["glucose@in"] / 10)))
    assert repair.change["median where A < −RT"] > 1 > repair.change["median where A > RT"] > 0
    figure = bm.figures.repair(repair)
    texts = [t.get_text() for t in figure.axes[0].texts]
    assert any("A > RT" in t for t in texts)
    assert any("A < −RT" in t for t in texts)


def test_a_flux_of_nothing_does_not_change() -> None:
    repair = bm.make_consistent(hosted(constant(0.0)))
    assert repair.change == {}
    assert "the flux changes" not in str(repair)


def test_of_a_long_flux_that_cannot_be_split_the_beginning_is_shown() -> None:
    def flux(s: Any) -> Any:
        return s.parameter("long" * 80, Q(1, "fmol/s"), d.FLUX) * sp.log(
            s["glucose@in"] / s["glucose@out"]
        )

    error = caught(lambda: bm.make_consistent(hosted(flux)))
    assert (type(error), error.where, len(error.got)) == (
        errors.SecondLawUndecided,
        "make_consistent(hosted)",
        300,
    )


# --- parameters of unknown sign


@pytest.mark.parametrize(
    ("key", "given", "domain"),
    [("imax", Q(1, "pA"), "nonnegative"), ("faraday", Q(96485.33, "C/mol"), "positive")],
)
def test_a_flux_of_a_parameter_of_unknown_sign_is_told_what_to_write(
    key: str, given: Any, domain: str
) -> None:
    """A current is real by default, and so is what a law divides by; the advice cures it."""

    def flux(known: bool) -> Any:
        def of_site(s: Any) -> Any:
            fixed = {"domain": domain} if known else {}
            x = s.parameter(key, given, units.dimension_of(given), **fixed)
            other = d.FLUX / units.dimension_of(given) ** (1 if key == "imax" else -1)
            scale = s.parameter("scale", Q(1.0, units.like(other)), other, domain="positive")
            half = s.parameter("half", Q(1, "mM"), d.CONCENTRATION)
            size = x * scale if key == "imax" else scale / x
            return size * (s["glucose@out"] - 2 * s["glucose@in"]) / (half + s["glucose@out"])

        return of_site

    error = caught(lambda: bm.make_consistent(hosted(flux(known=False), UNIPORT)))
    assert isinstance(error, errors.SecondLawUndecided)
    assert error.wanted.endswith(f"which need the sign of hosted.{key}")
    assert error.advice == f"site.parameter({key!r}, …, domain={domain!r})"
    assert bm.make_consistent(hosted(flux(known=True), UNIPORT)).after.verdict == "proven"


def test_a_flux_that_no_sign_would_split_is_not_blamed_on_a_parameter() -> None:
    def flux(s: Any) -> Any:
        x = s.parameter("imax", Q(1, "fmol/s"), d.FLUX, domain="real")
        return x * sp.sin((s["glucose@out"] - 2 * s["glucose@in"]) / symbols.c0)

    error = caught(lambda: bm.make_consistent(hosted(flux, UNIPORT)))
    assert isinstance(error, errors.SecondLawUndecided)
    assert "imax" not in error.wanted
    assert error.advice.startswith("write it as a difference")
