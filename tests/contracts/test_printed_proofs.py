"""Proofs to the letter: as text, in LaTeX and in a notebook."""

from dataclasses import replace

import sympy as sp
from contracts.printed import ON, ONE_WAY, cells, model

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane.library import K
from biomembrane.second_law.proof import Proof, Statement

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
        "$V$ is inside minus outside; parameters without the name of a transporter belong to the one of the paragraph.\n\n"
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
