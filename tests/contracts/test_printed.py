"""What a reader sees, to the letter: tables, proofs, audits and repairs of small things whose
numbers can be followed.
"""

import json
import re
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import sympy as sp
import xarray as xr
from builders import FUEL, SALINE, F, membrane, mM

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane import dimension as d
from biomembrane.library import Cl, K, Na, glucose
from biomembrane.second_law.proof import Proof, Statement

ON = membrane(
    bm.Compartment(
        "cell",
        volume=Q(1, "pL"),
        contents=mM({Na: 10.0, K: 140.0, Cl: 10.0, glucose: 2.0}),
        held=mM(FUEL),
        impermeant=bm.balance(charge=-1),
    ),
    bm.Reservoir("bath", mM(SALINE | {glucose: 5.0})),
)
PUMP = "3 Na@in + 2 K@out + ATP@in -> 3 Na@out + 2 K@in + ADP@in + Pi@in"


def without_voltage(site: Any) -> Any:
    """A symporter that does not feel the membrane potential."""
    k = site.parameter("k", Q(1e-5, "fmol/s/mM^3"), d.FLUX / d.CONCENTRATION**3)
    return k * (site["Na@out"] ** 2 * site["glucose@out"] - site["Na@in"] ** 2 * site["glucose@in"])


def constant(site: Any) -> Any:
    return site.parameter("J", Q(0.2, "fmol/s"), d.FLUX)


SYMPORTER = bm.Transporter(
    "symporter",
    "2 Na@out + glucose@out -> 2 Na@in + glucose@in",
    ON,
    laws.Empirical(flux=without_voltage, reason="as published"),
)
ONE_WAY = bm.Transporter("pump", PUMP, ON, laws.Empirical(flux=constant, reason="constant"))


@cache
def model() -> bm.Model:
    return bm.Model(
        "two",
        [bm.library.NaKATPase(ON), bm.library.leak(Na, ON), bm.library.leak(K, ON)],
        potential={ON: Q(-60, "mV")},
    )


@cache
def run() -> bm.Run:
    return bm.simulate(model(), until=Q(10, "s"))


def cells(html: Any) -> list[list[str]]:
    """The rows of all tables, and the headings of what folds."""
    rows = re.findall(r"<summary>.*?</summary>|<tr>.*?</tr>", str(html))
    return [re.findall(r"<(?:td|th|summary)[^>]*>(.*?)</(?:td|th|summary)>", row) for row in rows]


# --- the ledger

LEDGER = """\
energy ledger of two, 10 s [pJ]
  spent            0.1115     2.2 %   ATP and other held pools
  supplied              0     0.0 %   by baths
  stored           -5.016   -97.8 %   exergy of the cell
  delivered             0     0.0 %   handed on to baths
  dissipated        5.127   100.0 %   heat
  residual      ...

  transporter  taken in    handed on                   heat  efficiency
  Na/K-ATPase  ATP 0.1115  Na 0.08785 + K 0.009125  0.01456      86.9 %
  Na⁺ leak     Na 4.427    –                          4.427       0.0 %
  K⁺ leak      K 0.6855    –                         0.6855       0.0 %"""


def test_the_ledger_as_a_table() -> None:
    assert re.search(
        r"(?m)^  residual      [ \d.]+e-\d\d   (\d\.\de-\d\d|0\.0e\+00)   imbalance$",
        str(run().ledger),
    )
    text = re.sub(r"(?m)^(  residual      ).*$", r"\1...", str(run().ledger))
    assert text == LEDGER
    rows = cells(run().ledger._repr_html_())
    assert rows[:3] == [
        ["energy ledger of two, 10 s [pJ]"],
        ["line", "pJ", "share", ""],
        ["spent", "0.1115", "2.2 %", "ATP and other held pools"],
    ]
    assert rows[8:10] == [
        ["transporter", "taken in", "handed on", "heat", "efficiency"],
        ["Na/K-ATPase", "ATP 0.1115", "Na 0.08785 + K 0.009125", "0.01456", "86.9 %"],
    ]
    assert len(rows) == 12
    assert repr(run()) == "<Run of 'two' to 10 s; done>"
    assert cells(run()._repr_html_())[:2] == [
        ["&lt;Run of &#x27;two&#x27; to 10 s; done&gt;"],
        ["energy ledger of two, 10 s [pJ]"],
    ]


def test_a_protocol_has_its_line_and_a_scan_its_mean() -> None:
    """A step of a bath puts energy in; a scan of equal lanes prints the books of one."""
    step = bm.Protocol.steps(Q(4.5, "mM"), (Q(5, "s"), Q(20, "mM")))
    rows = str(
        bm.simulate(model(), until=Q(10, "s"), parameters={"bath.K": step}).ledger
    ).splitlines()
    assert [row.split()[0] for row in rows[1:8]] == [
        "spent",
        "supplied",
        "imposed",
        "stored",
        "delivered",
        "dissipated",
        "residual",
    ]
    assert re.fullmatch(r"  imposed +-?[\d.]+ +-?[\d.]+ %   by protocols", rows[3])
    lanes = xr.DataArray([-60.0, -60.0], dims="V", attrs={"units": "mV"})
    scan = str(
        bm.simulate(model(), until=Q(10, "s"), parameters={"membrane.potential": lanes}).ledger
    )
    assert scan.splitlines()[0] == "energy ledger of two, 10 s [pJ], mean of 2 lanes"
    assert (
        scan.splitlines()[1:6] + scan.splitlines()[7:]
        == LEDGER.splitlines()[1:6] + LEDGER.splitlines()[7:]
    )


# --- proofs

LEAK = """\
proof of K_leak: proven (1 of 1 proven)

K_leak   K⁺@cell ⇌ K⁺@bath
  verdict    proven
  A/RT     = F·V(membrane)/(R·T) + ln([K]cell) − ln([K]bath)
  ln(r⁺/r⁻)= F·V(membrane)/(R·T) + ln([K]cell) − ln([K]bath)
  residual = 0
  r⁺, r⁻ ≥ 0 concentrations and amounts are positive; parameters are not negative by declaration;
             B(x) = x/(eˣ − 1) is positive
  charge     -1 e to cell, +1 e to bath; Σ = 0, the q row of N is ±F times this
  mass       species are only moved, none is produced or consumed"""

PUMPED = """\
proof of two: proven (3 of 3 proven)

NaKATPase   3 Na⁺@cell + 2 K⁺@bath + ATP@cell ⇌ 3 Na⁺@bath + 2 K⁺@cell + ADP@cell + Pi@cell
  verdict    proven
  A/RT     = 2·ln([K]bath) + 3·ln([Na]cell) + ATP.standard_energy/(R·T) + F·V(membrane)/(R·T)
              + ln(c0) + ln([ATP]cell) − ln([ADP]cell) − ln([Pi]cell) − 3·ln([Na]bath)
              − 2·ln([K]cell)
  ln(r⁺/r⁻)= 2·ln([K]bath) + 3·ln([Na]cell) + ATP.standard_energy/(R·T) + F·V(membrane)/(R·T)
              + ln(c0) + ln([ATP]cell) − ln([ADP]cell) − ln([Pi]cell) − 3·ln([Na]bath)
              − 2·ln([K]cell)
  residual = 0
  r⁺, r⁻ ≥ 0 concentrations and amounts are positive; parameters are not negative by declaration;
             exponentials are positive; sums of such terms are not negative
  charge     -1 e to cell, +1 e to bath; Σ = 0, the q row of N is ±F times this
  mass       adenosine: -1 +1 = 0, phosphate: -3 +2 +1 = 0
"""

KEPT = """
no process changes
  cell.Cl
  cell.glucose
  − cell.Na − cell.K + cell.charge

conventions of standard energies: apparent, pH 7.09, MgATP, MgADP and total phosphate, 310 K (Smith & Crampin 2004)"""


def test_a_proof_as_text() -> None:
    assert str(bm.prove(bm.library.leak(K, ON))) == LEAK
    text = str(bm.prove(model()))
    assert text.startswith(PUMPED)
    assert text.endswith(KEPT)


EXEMPT = """\
  charge     -1 e to cell, +1 e to bath; Σ = 0, the q row of N is ±F times this
  mass       adenosine: -1 +1 = 0, phosphate: -3 +2 +1 = 0
  note       empirical: constant; the audit says irreversible: no reverse rate: it runs uphill in 25
             % of the range; where A > 0 it is too fast by 154 % at A = 1.29 kJ/mol, 29 % at A =
             3.85 kJ/mol, 5.19 % at A = 7.76 kJ/mol, 0.29 % at A = 15.1 kJ/mol, 0.00047 % at A =
             31.6 kJ/mol
  witness    A = -40.1 kJ/mol while J > 0 at V 0 mV, K@bath 4.5 mM, Na@bath 1.45×10³ mM, ADP@cell
             0.4 mM, ATP@cell 4 mM, K@cell 1.4×10³ mM, Na@cell 1 mM, Pi@cell 40 mM"""


def test_what_is_not_proved_says_why() -> None:
    text = str(bm.prove(ONE_WAY))
    assert text.startswith("proof of pump: exempt (0 of 1 proven)\n\npump   3 Na⁺@cell")
    assert text.endswith(EXEMPT)
    assert "ln(r⁺/r⁻)" not in text


FORCE = (
    r"\frac{F V_{\mathrm{membrane}}}{R T} + \ln{\left([\mathrm{K}]_{\mathrm{cell}} \right)} -"
    r" \ln{\left([\mathrm{K}]_{\mathrm{bath}} \right)}"
)
ALIGNED = r"""\paragraph{K\_leak.} K$^{+}$(cell) $\rightleftharpoons$ K$^{+}$(bath). \emph{Proven.}

\begin{align*}
r^{+} &= \Phi [\mathrm{K}]_{\mathrm{cell}} \mathcal{B}\left(- \frac{F V_{\mathrm{membrane}}}{R T}\right) \\
r^{-} &= \Phi [\mathrm{K}]_{\mathrm{bath}} \mathcal{B}\left(\frac{F V_{\mathrm{membrane}}}{R T}\right) \\
\Phi &= P S_{\mathrm{membrane}} \\
\mathcal{A}/RT &= FORCE \\
\ln(r^{+}/r^{-}) &= FORCE \\
\ln(r^{+}/r^{-})-\mathcal{A}/RT &= 0
\end{align*}

r$^{+}$, r$^{-}$ $\ge$ 0: concentrations and amounts are positive; parameters are not negative by declaration; """.replace(
    "FORCE", FORCE
)
REASONS = (
    r"B(x) = x/(e$^{x}$ $-$ 1) is positive. Charge: $-$1 e to cell, +1 e to bath; $\Sigma$ = 0, the"
    r" q row of N is $\pm$F times this. "
    "Mass: species are only moved, none is produced or consumed.\n"
)
BROKEN = r"""\mathcal{A}/RT &= 2 \ln{\left([\mathrm{K}]_{\mathrm{bath}} \right)} + 3 \ln{\left([\mathrm{Na}]_{\mathrm{cell}} \right)} + """
BROKEN += r"""\frac{\mu^{\circ}_{\mathrm{ATP}}}{R T} + \frac{F V_{\mathrm{membrane}}}{R T} \\
&\quad + \ln{\left(c^{\circ} \right)} + \ln{\left([\mathrm{ATP}]_{\mathrm{cell}} \right)} - \ln{\left([\mathrm{ADP}]_{\mathrm{cell}} \right)} - """
BROKEN += r"""\ln{\left([\mathrm{Pi}]_{\mathrm{cell}} \right)} \\
&\quad - 3 \ln{\left([\mathrm{Na}]_{\mathrm{bath}} \right)} - 2 \ln{\left([\mathrm{K}]_{\mathrm{cell}} \right)} \\
"""
BELOW = {"Na": r"\mathrm{Na},\mathrm{i}", "K": r"\mathrm{K},\mathrm{e}", "ATP": r"\mathrm{MgATP}"}
FACTOR = {ion: rf"K_{{\mathrm{{d}},{below}}}" for ion, below in BELOW.items()}
STEPS = [rf"k^{{+}}_{{{k}}}" for k in (1, 2, 3, 4)]
PRODUCT = (
    rf"\Phi &= N {STEPS[0]} {STEPS[1]} {STEPS[2]} \\",
    rf"&\quad \cdot \frac{{{STEPS[3]} S_{{\mathrm{{membrane}}}}}}{{\Sigma_{{1}} \Sigma_{{2}}}} \\",
    (
        rf"&\quad \cdot \frac{{1}}{{N_{{\mathrm{{A}}}} {FACTOR['K']}^{{2}} {FACTOR['ATP']}"
        r" \Sigma_{3}} \\"
    ),
    (
        rf"&\quad \cdot \frac{{1}}{{{FACTOR['Na']}^{{3}} \left(1 +"
        rf" \frac{{[\mathrm{{ATP}}]_{{\mathrm{{cell}}}}}}{{{FACTOR['ATP']}}}\right)}} \\"
    ),
    (
        r"\Sigma_{1} &= \left(1 +"
        rf" \frac{{[\mathrm{{K}}]_{{\mathrm{{bath}}}}}}{{{FACTOR['K']}}}\right)^{{2}} + "
    ),
)


def test_a_proof_in_latex() -> None:
    """Common factors and long sums have names, sums are broken after four terms, products after
    four factors.
    """
    fragment = bm.prove(bm.library.leak(K, ON)).latex()
    assert fragment.startswith(
        r"\section*{Second law: K\_leak}"
        "\n\n"
        r"For every process $RT\ln(r^{+}/r^{-})=\mathcal{A}$ with "
    )
    assert fragment.endswith(
        "$V$ is inside less outside; parameters without the name of a transporter belong to the one of the paragraph.\n\n"
        + ALIGNED
        + REASONS
    )
    long = bm.prove(model()).latex(document=True)
    assert BROKEN in long
    assert "\n".join(PRODUCT) in long
    assert r"$\Sigma_{3}$ is a sum of 16 non-negative terms. r$^{+}$, r$^{-}$ $\ge$ 0: " in long
    assert r"\Sigma_{3} &=" not in long
    kept = (
        r"\paragraph{Conserved quantities.} No process changes cell.Cl; cell.glucose; $-$ cell.Na"
        r" $-$ cell.K + cell.charge."
    )
    energies = (
        r"\paragraph{Standard energies.} apparent, pH 7.09, MgATP, MgADP and total phosphate, 310 K"
        r" (Smith \& Crampin 2004)."
    )
    assert long.endswith(f"\n\n{kept}\n\n{energies}\n\\end{{document}}\n")
    preamble = (
        "\\documentclass{article}\n\\usepackage{amsmath,amssymb}\n"
        "\\usepackage[margin=2.2cm]{geometry}\n\\allowdisplaybreaks\n"
    )
    assert long.startswith(preamble + "\\begin{document}\n\\section*{Second law: two}\n\n")


def test_conductances_and_exemptions_in_latex() -> None:
    channel = bm.Transporter("channel", "K@in -> K@out", ON, laws.Ohmic(conductance=Q(2, "nS")))
    proof = bm.prove(channel)
    assert r"J &= \frac{\mathcal{A} g}{F^{2}} \\" in proof.latex()
    assert r"J = L$\cdot$A, so that J$\cdot$A = L$\cdot$A$^{2}$ $\ge$ 0." in proof.latex()
    assert "r^{+}" not in proof.latex().split("paragraph")[1]
    exempt = bm.prove(ONE_WAY)
    assert (
        exempt._repr_latex_()
        == r"$\displaystyle \begin{gathered} \mathrm{pump}: \quad \ln(r^{+}/r^{-}) - \mathcal{A}/RT"
        r" = \text{exempt} \end{gathered}$"
    )
    assert r"\emph{Exempt.}" in exempt.latex()
    assert (
        "Empirical: constant; the audit says irreversible: no reverse rate: it runs uphill in 25"
        " \\% of the range" in exempt.latex()
    )


def test_a_proof_in_a_notebook() -> None:
    rows = cells(bm.prove(bm.library.leak(K, ON))._repr_html_())
    assert rows[:6] == [
        ["proof of K_leak: proven"],
        ["K_leak: proven"],
        ["A/RT", "F·V(membrane)/(R·T) - ln([K]bath) + ln([K]cell)"],
        ["ln(r⁺/r⁻)", "F·V(membrane)/(R·T) - ln([K]bath) + ln([K]cell)"],
        ["residual", "0"],
        [
            "r⁺, r⁻ ≥ 0",
            (
                "concentrations and amounts are positive; parameters are not negative by"
                " declaration; B(x) = x/(eˣ − 1) is positive"
            ),
        ],
    ]
    assert [row[0] for row in rows[6:]] == ["charge", "mass", ""]
    assert (
        bm.prove(bm.library.leak(K, ON))._repr_latex_()
        == r"$\displaystyle \begin{gathered} \mathrm{K\_leak}: \quad \ln(r^{+}/r^{-}) -"
        r" \mathcal{A}/RT = 0 \end{gathered}$"
    )
    frame = bm.prove(bm.library.leak(K, ON)).to_frame()
    assert frame.iloc[0].to_dict() == {
        "name": "K_leak",
        "kind": "process",
        "reaction": "K⁺@cell ⇌ K⁺@bath",
        "verdict": "proven",
        "ln_ratio": "F*V[membrane]/(R*T) - log(c[bath.K]) + log(c[cell.K])",
        "affinity_over_RT": "F*V[membrane]/(R*T) - log(c[bath.K]) + log(c[cell.K])",
        "residual": "0",
        "charge": "-1 e to cell, +1 e to bath; Σ = 0, the q row of N is ±F times this",
        "mass": "species are only moved, none is produced or consumed",
    }


def test_what_is_left_over_is_shown_everywhere() -> None:
    """A statement whose residual is ln 2: in the text, in a notebook and in both LaTeX forms."""
    x = sp.Symbol("c[cell.K]", positive=True)
    left = Statement(
        "odd",
        "process",
        "K@in ⇌ K@out",
        "violates",
        sp.log(x),
        sp.log(2 * x),
        sp.log(2),
        sp.Integer(2),
        sp.Integer(1),
        note="off",
    )
    proof = Proof("odd", (left,))
    assert "  residual = ln(2)\n" in str(proof)
    assert ["residual", "log(2)"] in cells(proof._repr_html_())
    assert (
        r"\mathrm{odd}: \quad \ln(r^{+}/r^{-}) - \mathcal{A}/RT = \ln{\left(2 \right)}"
        in proof._repr_latex_()
    )
    assert r"\ln(r^{+}/r^{-})-\mathcal{A}/RT &= \ln{\left(2 \right)}" in proof.latex()
    assert proof.latex().endswith("Off.\n")
    undecided = Proof(
        "both", (left, replace(left, name="other", verdict="undecided", residual=None, ratio=None))
    )
    assert undecided._repr_latex_().endswith(
        r" \\ \mathrm{other}: \quad \ln(r^{+}/r^{-}) - \mathcal{A}/RT = \text{undecided}"
        r" \end{gathered}$"
    )
    assert ["ln(r⁺/r⁻)", ""] in cells(undecided._repr_html_())
    assert undecided.verdict == "violates"
    assert (
        Proof("one", (replace(left, verdict="exempt"), replace(left, verdict="proven"))).verdict
        == "exempt"
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
  V is sensed by K_leak -1 e inward
  V is left out of the rates of symporter, which moves +2 e inward and pump, which moves -1 e inward"""


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
