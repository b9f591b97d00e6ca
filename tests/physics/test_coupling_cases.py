"""Coupling where everything has a closed form: linear laws, laws that break Onsager's symmetry,
pumps that never stall.
"""

import math
from typing import Any

import numpy as np
import pytest
from builders import RT, F
from physics.coupled_cases import ON, SYMPORT, linear

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane import dimension as d
from biomembrane.second_law.coupled_flows import efficiency_limit


def hosted(flux: Any, reaction: str = SYMPORT, name: str = "hosted") -> bm.Transporter:
    return bm.Transporter(name, reaction, ON, laws.Empirical(flux=flux, reason="as published"))


def P(site: Any, order: int) -> Any:
    return site.parameter("P", Q(1e-3, f"fmol/s/mM^{order}"), d.FLUX / d.CONCENTRATION**order)


@pytest.mark.parametrize(("way", "outside"), [(1, 145.0), (1, 2.0), (-1, 145.0), (-1, 2.0)])
def test_linear_laws_couple_as_kedem_and_caplan_say(way: int, outside: float) -> None:
    """J = LX at any force: head, level flow, and the largest efficiency q²/(1 + √(1 − q²))² at
    −q/(1 + √(1 − q²))·√(L₁₁/L₂₂)·X₁.
    """
    one, two, both = 3e-4, 7e-4, 2e-3
    reaction = SYMPORT if way > 0 else "Na@out + glucose@in -> Na@in + glucose@out"
    parts = [
        linear("a", "Na@out -> Na@in", one),
        linear("b", "glucose@out -> glucose@in", two),
        linear("c", reaction, both),
    ]
    c = bm.coupling(parts, "Na", "glucose", at={"bath.Na": Q(outside, "mM"), "V": Q(-20, "mV")})
    L = np.array([[one + both, way * both], [way * both, two + both]])
    X1 = RT * math.log(outside / 10) + F * 0.02
    q = way * both / math.sqrt((one + both) * (two + both))
    assert pytest.approx(L, rel=1e-9) == c.L
    assert pytest.approx(L, rel=1e-9) == c.local
    assert (c.X1, c.q, c.Z) == pytest.approx(
        (X1, q, math.sqrt((two + both) / (one + both))), rel=1e-9
    )
    assert c.asymmetry < 1e-12
    assert c.level_flow == pytest.approx(way * both / (one + both), rel=1e-9)
    head = -way * both / (two + both) * X1
    assert c.head == pytest.approx(head, rel=1e-9)
    assert (c.static_head_ratio, c.linear_head_ratio) == pytest.approx(
        (math.exp(-head / RT),) * 2, rel=1e-9
    )
    assert c.ideal_ratio == way
    assert c.ideal_head_ratio == pytest.approx(math.exp(way * X1 / RT), rel=1e-9)
    X2, eta = c.best
    top = -q / (1 + math.sqrt(1 - q**2)) * math.sqrt((one + both) / (two + both)) * X1
    assert eta == pytest.approx(efficiency_limit(q), rel=1e-9)
    assert c.best_linear == pytest.approx(efficiency_limit(q), rel=1e-12)
    assert X2 == pytest.approx(top, rel=1e-5)
    J1, J2 = c.at(X2)
    assert (J1[0], J2[0]) == pytest.approx(L @ (X1, X2), rel=1e-9)


def test_the_limit_of_efficiency_is_one_where_nothing_slips() -> None:
    """And stays a number where rounding leaves q a little above one."""
    assert [efficiency_limit(q) for q in (-1.0, 0.0, 0.8, 1.0)] == pytest.approx(
        [1.0, 0.0, 0.25, 1.0]
    )
    assert efficiency_limit(1 + 1e-12) == pytest.approx(1)


LINEAR = """\
coupling of glucose to Na in a + b + c
  driving force         +6.896 kJ/mol   Na, at 0 mV
  independent forces                2   Na, glucose
  degree of coupling q            0.8   asymmetry of L 0.0e+00, condition 1
  stoichiometry Z                   1   glucose per Na
  level flow J₂/J₁                0.8   near equilibrium 0.8
  static head           -5.517 kJ/mol   ratio 8.4937; without slip 14.5
  largest efficiency             25 %   at -3.448 kJ/mol; near equilibrium 25 %
  at largest power            23.53 %   3.804e+04 fW at -2.758 kJ/mol
  slip                         13.4 %   of the dissipation, in loops that do not couple both flows
  moved to set the force of glucose: cell.glucose"""


def test_a_linear_coupling_as_text() -> None:
    parts = [
        linear("a", "Na@out -> Na@in", 1e-3),
        linear("b", "glucose@out -> glucose@in", 1e-3),
        linear("c", SYMPORT, 4e-3),
    ]
    c = bm.coupling(parts, "Na", "glucose")
    assert str(c) == repr(c) == LINEAR
    assert c.moved == ()
    assert c.static_head.units == Q(1, "kJ/mol").units
    html = c._repr_html_()
    assert "<summary>coupling of glucose to Na in a + b + c</summary>" in html
    for text in (
        "+6.896 kJ/mol",
        "Na, at 0 mV",
        "glucose per Na",
        "ratio 8.4937; without slip 14.5",
        "at -3.448 kJ/mol; near equilibrium 25 %",
    ):
        assert f"<td>{text}</td>" in html
    assert html.count("<tr>") == len(LINEAR.splitlines()) - 1
    assert "moved to set the force of glucose: cell.glucose" in html


@pytest.mark.parametrize("way", [1, -1])
def test_a_law_without_onsagers_symmetry_is_seen(way: int) -> None:
    """J ∝ Na·glucose² where one of each crosses: ∂J₁/∂X₂ is twice ∂J₂/∂X₁: q = 3/√8 would be above
    1, and is none.
    """
    sides = ("out", "in") if way > 0 else ("in", "out")
    here, there = (f"glucose@{s}" for s in sides)
    flux = lambda s: P(s, 3) * (s["Na@out"] * s[here] ** 2 - s["Na@in"] * s[there] ** 2)  # noqa: E731
    c = bm.coupling(
        hosted(flux, f"Na@out + {here} -> Na@in + {there}"),
        "Na",
        "glucose",
        at={"cell.glucose": Q(5, "mM")},
    )
    k = 1e-3 * 145 * 25 / RT
    assert pytest.approx(k * np.array([[1, way * 2], [way, 2]]), rel=1e-9) == c.L
    assert c.asymmetry == pytest.approx(1 / math.sqrt(2), rel=1e-9)
    assert math.isnan(c.q)
    assert c.raw == pytest.approx(way * 3 / math.sqrt(8), rel=1e-9)
    assert math.isnan(c.best_linear)
    assert c.Z == pytest.approx(math.sqrt(2), rel=1e-9)
    told = f"L₁₂ = {way * 2 * k:.4g} and L₂₁ = {way * k:.4g}; raw {way * 1.0607:.5g}"
    assert f"  degree of coupling q    not defined   L is not symmetric, {told}" in str(c)
    assert "not defined" in str(c)
    assert f"near equilibrium {way}" in str(c)
    assert c.linear_head_ratio == pytest.approx(14.5 ** (way / 2), rel=1e-9)
    assert c.static_head_ratio == pytest.approx(14.5 ** (way / 2), rel=1e-6)
    loose = bm.coupling(
        [
            hosted(flux, f"Na@out + {here} -> Na@in + {there}"),
            linear("a", "glucose@out -> glucose@in", 8 * k),
        ],
        "Na",
        "glucose",
    )
    assert math.isnan(loose.q)  # within its bounds, and yet no degree of coupling
    assert loose.raw == pytest.approx(way * 1.5 / math.sqrt(10), rel=1e-9)


def test_a_flow_that_grows_against_its_own_force_has_no_degree_of_coupling() -> None:
    """L₁₁L₂₂ < 0, of a law with the sides of glucose swapped: there is no √(L₁₁L₂₂) to measure
    by.
    """
    c = bm.coupling(
        hosted(lambda s: P(s, 2) * (s["Na@out"] * s["glucose@in"] - s["Na@in"] * s["glucose@out"])),
        "Na",
        "glucose",
    )
    assert pytest.approx(1e-3 * 145 * 5 / RT * np.array([[1, -1], [1, -1]]), rel=1e-9) == c.L
    assert [math.isnan(x) for x in (c.q, c.asymmetry, c.best_linear)] == [True] * 3


def test_a_flow_that_never_stops_has_no_static_head() -> None:
    """A one-way law that its product slows but does not reverse: no head, no best efficiency, and
    the curve ends at −6/5 X₁.
    """
    K_ = lambda s: s.parameter("K", Q(5, "mM"), d.CONCENTRATION, domain="positive")  # noqa: E731
    c = bm.coupling(
        hosted(
            lambda s: P(s, 2) * s["Na@out"] * s["glucose@out"] * K_(s) / (K_(s) + s["glucose@in"])
        ),
        "Na",
        "glucose",
    )
    assert math.isnan(c.head)
    assert math.isnan(c.static_head_ratio)
    assert math.isnan(c.static_head.magnitude)
    assert [math.isnan(x) for x in (*c.best, *c.strongest)] == [True] * 5
    assert c.level_flow == pytest.approx(1)
    assert (c.curve.X2.values[0], c.curve.X2.values[-1]) == pytest.approx(
        (0.3 * c.X1 / 1e3, -1.2 * c.X1 / 1e3)
    )
    said = {
        row[: row.index("  ")]: row.split("  ", 1)[1].strip()
        for row in map(str.strip, str(c).splitlines()[1:-1])
    }
    assert said["static head"] == "not defined   the flow does not stop within 60 RT"
    assert (
        said["largest efficiency"]
        == "not defined   the flow does not stop within 60 RT; near equilibrium not defined"
    )
    assert said["degree of coupling q"].startswith(
        "not defined   without forces J₁ = 0.362 and J₂ = 0.362 fmol/s; raw nan"
    )
    assert said["stoichiometry Z"] == "not defined   glucose per Na"
    assert said["level flow J₂/J₁"] == "1   near equilibrium not defined"
    assert "at largest power" not in said
    _, J2 = c.at(np.array([0.0, -RT]))
    assert J2 == pytest.approx(1e-3 * 145 * 5 * np.array([5 / (5 + 5), 5 / (5 + 5 * math.e)]))


@pytest.mark.parametrize(("size", "found"), [(59.9, True), (60.1, False)])
def test_a_static_head_is_looked_for_up_to_60_RT(size: float, found: bool) -> None:
    """Of a tight uniport of charge, whose head is −X₁."""
    tight = bm.Transporter("tight", SYMPORT, ON, laws.Elementary(rate=Q(1, "fmol/s")))
    for sign in (1, -1):
        mV = -1e3 * (sign * size * RT - RT * math.log(14.5)) / F
        c = bm.coupling(tight, "Na", "glucose", at={"V": Q(mV, "mV")})
        assert c.X1 == pytest.approx(sign * size * RT)
        assert c.head == pytest.approx(-c.X1, rel=1e-9) if found else math.isnan(c.head)
