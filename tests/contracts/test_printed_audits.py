"""Audits, repairs and coupling to the letter."""

import json
import re
from functools import cache
from typing import Any

import pytest
from builders import F
from contracts.printed import ON, ONE_WAY, cells, model, run

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane import dimension as d
from biomembrane.library import K


def without_voltage(site: Any) -> Any:
    """A symporter that does not feel the membrane potential."""
    k = site.parameter("k", Q(1e-5, "fmol/s/mM^3"), d.FLUX / d.CONCENTRATION**3)
    return k * (site["Na@out"] ** 2 * site["glucose@out"] - site["Na@in"] ** 2 * site["glucose@in"])


SYMPORTER = bm.Transporter(
    "symporter",
    "2 Na@out + glucose@out -> 2 Na@in + glucose@in",
    ON,
    laws.Empirical(flux=without_voltage, reason="as published"),
)

# --- audits and repairs

AUDIT = """\
audit of mixed at 310.15 K: violates
             verdict       kJ/mol  cause
  K_leak     proven             0
  symporter  violates       +28.9  charge
      the voltage is left out: r⁺/r⁻ senses 0 e per turnover, while 2 cross to the inside
      witness: A = -16.3 kJ/mol while J > 0 at V 143 mV, Na@bath 145 mM, glucose@bath 5 mM, Na@cell 26.1 mM, glucose@cell 2 mM
  pump       irreversible          irreversible
      no reverse rate: it runs uphill in 25 % of the range; where A > 0 it is too fast by 154 % at A = 1.29 kJ/mol, 29 % at A = 3.85 kJ/mol, """
AUDIT += """5.19 % at A = 7.76 kJ/mol, 0.29 % at A = 15.1 kJ/mol, 0.00047 % at A = 31.6 kJ/mol
      witness: A = -40.1 kJ/mol while J > 0 at V 0 mV, K@bath 4.5 mM, Na@bath 1.45×10³ mM, ADP@cell 0.4 mM, ATP@cell 4 mM, K@cell 1.4×10³ mM, """
AUDIT += "Na@cell 1 mM, Pi@cell 40 mM"
AUDIT += """
  V is sensed by K_leak 1 e outward
  V is left out of the rates of symporter, which moves 2 e inward and pump, which moves 1 e outward"""


@cache
def mixed() -> Any:
    return bm.audit(bm.Model("mixed", [bm.library.leak(K, ON), SYMPORTER, ONE_WAY]))


def test_an_audit_as_a_table() -> None:
    assert str(mixed()) == AUDIT
    rows = cells(mixed()._repr_html_())
    told = "the voltage is left out: r⁺/r⁻ senses 0 e per turnover, while 2 cross to the inside"
    state = "V 143 mV, Na@bath 145 mM, glucose@bath 5 mM, Na@cell 26.1 mM, glucose@cell 2 mM"
    assert rows[:4] == [
        ["audit of mixed at 310.15 K: violates"],
        ["", "verdict", "kJ/mol", "cause", "", "witness"],
        ["K_leak", "proven", "0", "", "ln(r⁺/r⁻) − A/RT = 0", ""],
        [
            "symporter",
            "violates",
            "+28.9",
            "charge",
            told,
            f"A = -16.3 kJ/mol while J &gt; 0 at {state}",
        ],
    ]
    frame = mixed().to_frame()
    assert frame.iloc[1].to_dict() == {
        "subject": "symporter",
        "kind": "process",
        "verdict": "violates",
        "error_kJ_per_mol": pytest.approx(2 * F * 0.15 / 1e3, rel=1e-12),
        "cause": "charge",
        "text": told,
        "witness": f"A = -16.3 kJ/mol while J > 0 at {state}",
    }


def test_an_audit_as_json() -> None:
    made = json.loads(json.dumps(mixed().to_dict()))
    assert (made["name"], made["verdict"], made["holds"]) == ("mixed", "violates", False)
    leak, symporter, _ = made["findings"]
    assert leak == {
        "process": "K_leak", "kind": "process", "reaction": "K⁺@cell ⇌ K⁺@bath",
        "verdict": "proven", "error": {"value": 0, "unit": "kJ/mol"},
        "cause": "", "text": "ln(r⁺/r⁻) − A/RT = 0", "terms": {}, "uphill_share": 0, "culprits": [],
        "witness": None,
        "temperature": {"value": 310.15, "unit": "K"},
    }  # fmt: skip
    assert symporter["terms"] == {"charge": -2}
    assert symporter["uphill_share"] == pytest.approx(0.2251, abs=1e-4)
    assert symporter["witness"]["state"]["V"] == {
        "value": pytest.approx(142.63, abs=0.01),
        "unit": "mV",
    }
    assert symporter["witness"]["state"]["Na@cell"] == {
        "value": pytest.approx(26.06, abs=0.01),
        "unit": "mM",
    }
    assert symporter["witness"]["affinity"] == {
        "value": pytest.approx(-16.3096, abs=1e-3),
        "unit": "kJ/mol",
    }
    assert symporter["witness"]["flux"] == {
        "value": pytest.approx(1.03766, abs=1e-3),
        "unit": "fmol/s",
    }


def test_a_repair_says_what_it_changes() -> None:
    repair = bm.make_consistent(SYMPORTER)
    assert (
        str(repair)
        == "symporter: violates before, proven after (J = r⁺(1 − e^(−A/RT)))\n  symporter: +28.9"
        " kJ/mol, the voltage is left out: r⁺/r⁻ senses 0 e per turnover, while 2 cross to the"
        " inside\n  in the sampled states the flux changes by 0.391 % (median where A > RT),"
        " 8.74e+03 % (largest where A > RT), 6.48e+03 % (median where A < −RT), 6.63e+07 %"
        " (largest where A < −RT)"
    )
    rows = cells(repair._repr_html_())
    assert [row for row in rows if len(row) == 1] == [
        ["repair of symporter (J = r⁺(1 − e^(−A/RT)))"],
        ["audit of symporter at 310.15 K: violates"], ["audit of symporter at 310.15 K: proven"]
    ]  # fmt: skip
    assert "both rates projected" in str(bm.make_consistent(SYMPORTER, method="projection"))


# --- coupling

COUPLING = """\
coupling of glucose to Na in SGLT1
  driving force         +12.69 kJ/mol   Na, at -60 mV
  independent forces                2   glucose, Na
  degree of coupling q          0.773   asymmetry of L ...
  stoichiometry Z              0.6463   glucose per Na
  level flow J₂/J₁            0.49957   near equilibrium 0.49957
  static head           -5.453 kJ/mol   ratio 8.2869; without slip 18735.9
  largest efficiency          8.369 %   at -3.32 kJ/mol; near equilibrium 22.37 %
  at largest power            6.432 %   0.05474 fW at -1.927 kJ/mol
  slip                        0.773 %   of the dissipation, in loops that do not couple both flows
  moved to set the force of glucose: cell.glucose"""


def test_coupling_as_a_table() -> None:
    c = bm.coupling(bm.library.SGLT1(ON), "Na", "glucose", at={"V": Q(-60, "mV")})
    assert re.sub(r"(asymmetry of L ).*", r"\1...", str(c)) == COUPLING
    assert cells(c._repr_html_())[:3] == [
        ["coupling of glucose to Na in SGLT1"], ["", "", ""],
        ["driving force", "+12.69 kJ/mol", "Na, at -60 mV"]
    ]  # fmt: skip
    assert c._repr_latex_() == (
        r"$\displaystyle \begin{pmatrix} J_{\mathrm{Na}} \\ J_{\mathrm{glucose}} \end{pmatrix} ="
        r" \begin{pmatrix} 2.237e-08 & 1.118e-08 \\ "
        r"1.118e-08 & 9.345e-09 \end{pmatrix} \begin{pmatrix} X_{\mathrm{Na}} \\"
        r" X_{\mathrm{glucose}} \end{pmatrix}, \quad q = 0.773, \quad "
        r"\eta_{\max} = 0.2237$"
    )
    pump = bm.coupling(bm.library.NaKATPase(ON), "ATP", "Na", at={"V": Q(-60, "mV")})
    assert str(pump).endswith("  set to zero force: K (by cell.K)")


def test_in_a_notebook_the_first_fold_is_open() -> None:
    """And what is inside of a proof is folded."""
    kept = bm.simulate(model(), until=Q(1, "s"), keep="final")
    coupling = bm.coupling(bm.library.SGLT1(ON), "Na", "glucose")
    for shown in (
        run(),
        run().ledger,
        kept,
        mixed(),
        bm.make_consistent(SYMPORTER),
        bm.prove(model()),
        coupling,
    ):
        html = str(shown._repr_html_())
        assert html.index('<details class="bm-fold" open><summary>') == html.index("<details")
    proof = str(bm.prove(model())._repr_html_())
    assert proof.count("<details") == 4
    assert proof.count('<details class="bm-fold" open>') == 1
