"""Proofs of the second law for published fluxes, and the bounds that they rest on."""

import math
from typing import Any

import numpy as np
import pytest
import sympy as sp
from builders import at, patch
from gallery import GLUT, V, c, q10, said

import biomembrane as bm
from biomembrane import dimension as d
from biomembrane.declare.checks.nonnegativity import nonnegative
from biomembrane.library import K
from biomembrane.second_law.boxes import Axis, Enclosure, sign
from biomembrane.symbols import B, declared, regular

x, y = sp.symbols("x y", positive=True)
r = sp.Symbol("r", real=True)
AXES = [Axis(x, math.log(0.1), math.log(10), log=True), Axis(r, -3.0, 3.0, log=False)]


@pytest.mark.parametrize(
    "e",
    [
        x * r - x**2,
        sp.exp(r) / (1 + x),
        B(r) - B(-r),
        sp.cos(r) + sp.tanh(x),
        sp.Abs(r) ** 3 - sp.log(x),
        (r - 1) ** 2 / x,
    ],
)
def test_an_enclosure_holds_every_value(e: Any) -> None:
    rng = np.random.default_rng(1)
    enclosure = Enclosure(e, AXES)
    f = sp.lambdify([x, r], e.rewrite(sp.exp) if e.has(B) else e)
    for _ in range(20):
        ends = np.sort(
            rng.uniform(
                [[a.low] for a in enclosure.axes],
                [[a.high] for a in enclosure.axes],
                (len(enclosure.axes), 2),
            ),
            axis=1,
        )
        below, above, *_ = enclosure(ends[:, :1], ends[:, 1:])
        at = dict(
            zip(
                [a.symbol for a in enclosure.axes], rng.uniform(ends[:, 0], ends[:, 1]), strict=True
            )
        )
        value = f(math.exp(at[x]) if x in at else 1.0, at.get(r, 0.5))
        assert below[0] - 1e-12 <= value <= above[0] + 1e-12


def test_the_sign_of_a_factor_in_a_thin_slice_is_found() -> None:
    slice_ = 1 - 2 * sp.exp(-(((r - sp.Float(1.234567)) / sp.Float(1e-4)) ** 2))
    seen = sign(slice_, AXES)
    assert seen.sign == 0
    assert seen.below is not None
    assert seen.below[r] == pytest.approx(1.234567, abs=1e-4)
    assert sign(2 - sp.cos(r) - x / 20, AXES).sign == 1
    assert sign(-1 - r**2, AXES).sign == -1


@pytest.mark.parametrize(
    "e",
    [
        1 - declared("f", "fraction"),
        1 + sp.tanh(r),
        1 + sp.cos(r),
        x**2 - 2 * x * y + y**2,
        1 - x / (x + y),
        r**2.0,
        1 - 1 / (1 + sp.exp(r)),
    ],
)
def test_what_is_seen_not_to_be_negative(e: Any) -> None:
    assert nonnegative(e, {})
    assert not nonnegative(e - sp.Rational(1, 100), {})


def test_raw_quotients_are_regular() -> None:
    assert regular(r / (1 - sp.exp(-r))) == B(-r)
    assert regular((r + 35) / (sp.exp((r + 35) / 10) - 1)) == 10 * B((r + 35) / 10)
    assert regular(1 / (sp.exp(r) - 1)) == 1 / (sp.exp(r) - 1)  # a pole stays


@pytest.mark.parametrize(
    "beside", [1 + 3 * sp.exp(2 * r), 1 + r**2 / 9, -2 - sp.exp(-r), sp.exp(r / 2)]
)
def test_a_raw_quotient_is_regular_beside_what_is_never_zero(beside: Any) -> None:
    """The denominator of a gate is no pole at 0 V; that of a law which breaks there stays one."""
    assert regular(r / ((sp.exp(r) - 1) * beside)) == B(r) / beside
    assert not regular(1 / ((sp.exp(r) - 1) * beside)).has(B)
    assert not regular(r / ((sp.exp(r) - 1) * (beside - beside.subs(r, 0)) * r)).has(B)


def gated(s: Any) -> Any:
    """A constant field behind a gate that the voltage opens, both as papers print them."""
    P = s.parameter("P", bm.Q(1, "pL/s"), d.FLUX / d.CONCENTRATION)
    return (
        P
        * s.u
        * (s["K@in"] - s["K@out"] * sp.exp(-s.u))
        / ((1 - sp.exp(-s.u)) * (1 + sp.exp(-2 - 5 * s.u)))
    )


def test_a_constant_field_behind_a_gate_is_hosted_and_audited() -> None:
    """At 0 V it has the flux of diffusion, and it is not called undecided for its gate."""
    model = patch(
        lambda on: [
            bm.Transporter(
                "channel", "K@in -> K@out", on, bm.laws.Empirical(flux=gated, reason="as printed")
            )
        ],
        {K: 140},
        {K: 5},
        V=0,
    )
    assert float(at(model).flux.squeeze()) == pytest.approx(135 / (1 + math.exp(-2)), rel=1e-12)
    assert [f.verdict for f in bm.audit(model)] == ["consistent"]


def verdict(factor: Any, back: Any = 1) -> tuple[str, str]:
    (found,) = bm.audit(said("GLUT", GLUT, factor * (c("glucose@out") - back * c("glucose@in"))))
    return found.verdict, found.cause


def test_consistent_is_what_is_proved() -> None:
    thin = sp.exp(
        -(((c("glucose@in") - sp.Float(0.4)) / sp.Float(1e-3)) ** 2)
    )  # a slice of some µM
    assert verdict(1 + thin) == ("consistent", "")
    assert verdict(1 - 3 * thin) == ("violates", "factor")
    assert verdict(1, 1 + thin)[0] in ("violates", "undecided")
    assert verdict(1, 1 + (c("glucose@out") / 49) ** 60)[0] in ("violates", "undecided")
    assert verdict(q10(2.0)) == ("consistent", "")
    assert verdict(1, q10(2.0)) == ("violates", "Q10")
    assert verdict(V + sp.Rational(1, 5)) == ("consistent", "")  # above zero from −150 mV on
    assert verdict(V + sp.Rational(1, 10)) == ("violates", "factor")


def test_log10_for_ln_is_named() -> None:
    (found,) = bm.audit(
        said("K", "K@in -> K@out", V - sp.log(c("K@out") / c("K@in"), 10) * sp.Float(0.0267267))
    )
    assert (found.verdict, found.cause) == ("violates", "unit")
    assert "2.303" in found.text
    assert found.temperature == 310.15
