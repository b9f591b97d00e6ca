"""Proofs on paper, of statements made by hand: long sums and products, definitions, loops, signs
and special letters.
"""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp

from biomembrane import symbols
from biomembrane.second_law.proof import Proof, Statement
from biomembrane.second_law.proof_text import (
    LONG,
    _escaped,
    _line,
    _paragraph,
    _plain,
    _wrapped,
    factored,
)


def s(name: str) -> Any:
    return sp.Symbol(name, positive=True)


A, B = s("a"), s("b")
X = [s(f"x_{k}") for k in range(9)]
SIGNS = (("r⁺", "one"), ("r⁻", "two"))


def odd(affinity: Any = A, **more: Any) -> Statement:
    return Statement(
        **{
            "name": "odd",
            "kind": "process",
            "reaction": "K@in ⇌ K@out",
            "verdict": "violates",
            "affinity": affinity,
            **more,
        }
    )


def test_a_statement_in_full() -> None:
    """A long product is broken at its factors, definitions follow one another, each rate has its
    reason.
    """
    long = sp.Mul(*[s(f"parameter_number_{k}") for k in range(10, 22)])
    given = ((A - B, sp.log(A) - sp.log(B)), (B, 2 * A))
    made = odd(A + long - B, given=given, charge="c", mass="m", note="n", signs=SIGNS)
    assert str(Proof("odd", (made,), ("x", "y"), ("u", "v"))).splitlines() == [
        "proof of odd: violates (0 of 1 proven)",
        "",
        "odd   K@in ⇌ K@out",
        "  verdict    violates",
        "  A/RT     = a",
        (
            "              + parameter_number_10· parameter_number_11· parameter_number_12·"
            " parameter_number_13·"
        ),
        (
            "             parameter_number_14· parameter_number_15· parameter_number_16·"
            " parameter_number_17·"
        ),
        (
            "             parameter_number_18· parameter_number_19· parameter_number_20·"
            " parameter_number_21 − b"
        ),
        "  where a − b = ln(a) − ln(b)",
        "  and b = 2·a",
        "  r⁺ ≥ 0     one",
        "  r⁻ ≥ 0     two",
        "  charge     c",
        "  mass       m",
        "  note       n",
        "",
        "no process changes",
        "  x",
        "  y",
        "",
        "conventions of standard energies: u; v",
    ]


def test_a_loop_on_paper() -> None:
    """The product of its rates, and what is left."""
    loop = odd(
        name="loop_1",
        kind="loop",
        reaction="A → B",
        verdict="undecided",
        ratio=sp.log(A) + sp.log(B),
        residual=sp.log(B),
        charge="-1 e",
    )
    text = str(Proof("odd", (loop,))).splitlines()
    assert text[2:] == [
        "loop_1   A → B", "  verdict    undecided", "  A/RT     = a", "  ln(r⁺/r⁻)= ln(a) + ln(b)",
        "  residual = ln(b)", "  charge     -1 e"
    ]  # fmt: skip
    assert _paragraph(loop) == [
        r"\paragraph{loop\_1.} A $\to$ B. \emph{Undecided.}",
        "\\begin{align*}\n\\mathcal{A}/RT &= \\mathrm{a} \\\\\n"
        r"\ln\prod r^{+}/\prod r^{-} &= \ln{\left(\mathrm{a} \right)} + \ln{\left(\mathrm{b}"
        r" \right)} \\" + "\n"
        r"\ln\prod r^{+}/\prod r^{-}-\mathcal{A}/RT &= \ln{\left(\mathrm{b} \right)}"
        + "\n\\end{align*}",
        "Charge: $-$1 e. Mass: .",
    ]
    proven = str(
        Proof(
            "odd",
            (
                odd(verdict="proven", ratio=A, residual=sp.S.Zero, signs=SIGNS[:1]),
                odd(),
                odd(kind="loop", signs=SIGNS),
            ),
        )
    )
    assert proven.splitlines()[0] == "proof of odd: violates (1 of 3 proven)"
    assert proven.count("residual = 0") == 1
    assert proven.count("≥ 0") == 1  # a loop has no rates of its own


def test_definitions_conductances_and_notes_on_paper() -> None:
    given = ((A - B, sp.log(A)),)
    _, rows, notes = _paragraph(
        odd(given=given, conductance=B, signs=SIGNS, mass="m", note="in a word")
    )
    assert (
        rows
        == "\\begin{align*}\nJ &= \\mathcal{A} \\mathrm{b} \\\\\n\\mathcal{A}/RT &= \\mathrm{a}"
        " \\\\\n"
        "\\mathrm{a} - \\mathrm{b} &= \\ln{\\left(\\mathrm{a} \\right)}\n\\end{align*}"
    )
    assert notes == r"r$^{+}$ $\ge$ 0: one. r$^{-}$ $\ge$ 0: two. Charge: . Mass: m. In a word."
    _, _, notes = _paragraph(odd(signs=(("r⁺", "one"), ("r⁻", "one"))))
    assert notes == r"r$^{+}$, r$^{-}$ $\ge$ 0: one. Charge: . Mass: ."


def test_common_factors_are_written_once() -> None:
    """What both rates have in the same power; where there is nothing in common there is no Φ."""
    assert factored(A * B**2 * X[0], A * B * X[1]) == (A, B**2 * X[0], B * X[1])
    _, rows, _ = _paragraph(odd(forward=A * X[0], reverse=A * X[1]))
    assert rows.startswith(
        "\\begin{align*}\nr^{+} &= \\Phi x_{0} \\\\\nr^{-} &= \\Phi x_{1} \\\\\n\\Phi &="
        " \\mathrm{a} \\\\\n\\mathcal{A}/RT"
    )
    _, rows, _ = _paragraph(odd(forward=X[0], reverse=X[1]))
    assert rows.startswith(
        "\\begin{align*}\nr^{+} &= x_{0} \\\\\nr^{-} &= x_{1} \\\\\n\\mathcal{A}/RT"
    )
    _, rows, _ = _paragraph(odd(kind="loop", forward=X[0], reverse=X[1]))
    assert "r^{+}" not in rows


INTRODUCTION = (
    r"For every process $RT\ln(r^{+}/r^{-})=\mathcal{A}$ with $\mathcal{A}=-\sum_i\nu_i\,\partial"
    r" G/\partial n_i-F\sum_\alpha "
    r"Q_\alpha\varphi_\alpha$, so that the power dissipated, $(r^{+}-r^{-})\mathcal{A}$, is never"
    r" negative. Concentrations are written $[\cdot]$, "
    r"$V$ is inside minus outside; parameters without the name of a transporter belong to the one"
    r" of the paragraph."
)


def test_an_appendix_begins_with_what_is_proved_and_ends_with_what_is_kept() -> None:
    body = (
        Proof("odd_one", (odd(), odd(name="even")), ("x", "y_1"), ("u", "v")).latex().split("\n\n")
    )
    assert body[:2] == [r"\section*{Second law: odd\_one}", INTRODUCTION]
    assert [part[:17] for part in body if part.startswith(r"\paragraph")][:2] == [
        r"\paragraph{odd.} ",
        r"\paragraph{even.}",
    ]
    kept, used = (
        r"\paragraph{Conserved quantities.} No process changes x; y\_1.",
        r"\paragraph{Standard energies.} u; v.",
    )
    assert body[-2:] == [kept, f"{used}\n"]
    assert Proof("odd", (odd(),)).latex().endswith("Charge: . Mass: .\n")


def test_long_sums_in_common_factors_have_names() -> None:
    """Beyond ten operations a sum is Σ₁, beyond 150 it is described by its terms."""
    short, named, long = (
        sp.Add(*[s(f"{name}_{k}") for k in range(count)])
        for name, count in (("p", 11), ("q", 12), ("r", LONG + 2))
    )
    assert (short.count_ops(), named.count_ops(), long.count_ops()) == (10, 11, LONG + 1)
    _, rows, notes = _paragraph(
        odd(forward=X[0] * short / named / long, reverse=X[1] * short / named / long)
    )
    assert rows.count(r"\Sigma_{1}") + rows.count(r"\Sigma_{2}") == 3
    assert r"\Phi &= \frac{\mathrm{p\_0} + \mathrm{p\_1}" in rows
    assert notes.startswith(r"$\Sigma_{2}$ is a sum of 152 non-negative terms. Charge: ")
    assert (
        r"\Sigma_{1} &= \mathrm{q\_0} + \mathrm{q\_1} + \mathrm{q\_10} + \mathrm{q\_11} \\" in rows
    )
    _, rows, notes = _paragraph(
        odd(forward=X[0] / (long - s("r_0")), reverse=X[1] / (long - s("r_0")))
    )
    assert r"\Sigma_{1} &= " in rows
    assert "non-negative" not in notes


@pytest.mark.parametrize(
    ("expression", "line"),
    [
        (sp.Mul(*X[:8]), "x_{0} x_{1} x_{2} x_{3} x_{4} x_{5} x_{6} x_{7}"),
        (
            sp.Mul(*X),
            (
                "x_{0} x_{1} x_{2} x_{3} \\\\\n&\\quad \\cdot x_{4} x_{5} x_{6} x_{7} \\\\\n&\\quad"
                " \\cdot x_{8}"
            ),
        ),
        (sp.Add(*X[:4]), "x_{0} + x_{1} + x_{2} + x_{3}"),
        (X[4] - X[0] - X[1] - X[2] - X[3], "x_{4} - x_{0} - x_{1} - x_{2} \\\\\n&\\quad - x_{3}"),
        (-X[0] - X[1], "- x_{0} - x_{1}"),
        (sp.S.Zero, "0"),
    ],
)
def test_lines_are_broken_after_four(expression: Any, line: str) -> None:
    assert _line("L", expression, "") == f"L &= {line}"


def test_sums_are_broken_at_a_hundred_columns() -> None:
    """One more letter begins a new line, aligned after the head."""
    head, most = "  A/RT     = ", "x" * 40
    assert _wrapped(head, [most, "y" * 44]) == [f"{head}{most} + {'y' * 44}"]
    assert _wrapped(head, [most, "y" * 45]) == [head + most, f"{' ' * 13} + {'y' * 45}"]
    assert _wrapped(head, [most, "-" + "y" * 44, "z"]) == [
        f"{head}{most} − {'y' * 44}",
        f"{' ' * 13} + z",
    ]
    assert _wrapped(head, []) == [head]
    one = "·".join(["w" * 30] * 4)
    assert _wrapped(head, [one]) == [
        f"{head}{'w' * 30}· {'w' * 30}·",
        f"{' ' * 13}{'w' * 30}· {'w' * 30}",
    ]
    assert _wrapped(head, ["x", one, "y"]) == [
        f"{head}x", f"{' ' * 13} + {'w' * 30}· {'w' * 30}·", f"{' ' * 13}{'w' * 30}· {'w' * 30} + y"
    ]  # fmt: skip


def test_terms_as_a_reader_writes_them() -> None:
    """Concentrations, standard energies, voltages, amounts and pressures by what they are of."""
    c, mu = s("c[cell.K]"), s("mu0[E1]")
    assert _plain(sp.log(c) ** 2 * mu) == "μ°(E1)·ln([K]cell)^2"
    assert _plain(s("c[a-b.Na+]")) == "[Na+]a-b"
    assert _plain(s("V[m]") * s("n[SGLT.C1]") * s("P[cell]")) == "P(cell)·V(m)·n(SGLT.C1)"


def test_letters_that_need_care_on_paper() -> None:
    """A minus before a number is a minus, a hyphen within a word is not; what LaTeX reads as a
    command is written out.
    """
    assert _escaped("a-5 -5 x -b 3-4") == "a-5 $-$5 x -b 3-4"
    assert _escaped("⇌⁺⁻²·−≥Σν±°′–ˣΔμ≠³⁴×→_%&#^Πε") == (
        r"$\rightleftharpoons$$^{+}$$^{-}$$^{2}$$\cdot$$-$$\ge$$\Sigma$$\nu$$\pm$$^{\circ}$$'$--$^{x}$$\Delta$$\mu$$\ne$$^{3}$$^{4}$$\times$$\to$"
        r"\_\%\&\#\^{}$\Pi$$\varepsilon$"
    )
    assert _escaped("plain, [K] (1)") == "plain, [K] (1)"


def test_parameters_of_a_transporter_are_written_without_its_name() -> None:
    """Everywhere in its own paragraph; a loop of it too, and those of others keep their names."""
    own, other = symbols.parameter("odd.k"), symbols.parameter("even.k")
    made = odd(
        own,
        name="odd:loop",
        transporter="odd",
        forward=own * A,
        reverse=own * B,
        conductance=own,
        given=((A, own), (own, B)),
        ratio=own,
        residual=own,
    )
    _, rows, _ = _paragraph(made)
    assert rows.count("k") == 7
    assert "odd" not in rows
    assert "even" in _paragraph(odd(other))[1]
