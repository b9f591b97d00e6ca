"""Proofs as plain text, HTML, and LaTeX for an appendix."""

from __future__ import annotations

import re
from textwrap import wrap

import sympy as sp

from ..declare.checks.certificate import Verdict
from ..html import Html, collapsible, join, table
from ..latex import roman, tex
from .statement import Statement, Statements

WIDTH = 100
TERMS = 4  # of a sum, on one line of LaTeX
FACTOR = 10  # operations: a longer sum within a product gets a name
LONG = 150  # operations: a longer sum is described instead of printed
_PHI, _AFFINITY = sp.symbols("Phi Affinity")
_PREAMBLE = r"""\documentclass{article}
\usepackage{amsmath,amssymb}
\usepackage[margin=2.2cm]{geometry}
\allowdisplaybreaks
\begin{document}
"""


def _terms(e: sp.Expr | None) -> list[str]:
    return [] if e is None else [_plain(term) for term in _ordered(e)]


def _ordered(e: sp.Expr) -> list[sp.Expr]:
    """The terms of a sum, positive ones first."""
    return sorted(sp.Add.make_args(e), key=lambda term: bool(term.could_extract_minus_sign()))


def _plain(e: sp.Expr) -> str:
    """A term in plain notation: [Na]cell, V."""
    text = re.sub(r"c\[([\w-]+)\.([\w+-]+)\]", r"[\2]\1", str(sp.sstr(e)))
    text = re.sub(r"mu0\[([^\]]+)\]", r"μ°(\1)", text)
    return (
        re.sub(r"[VnP]\[([^\]]+)\]", lambda m: f"{m[0][0]}({m[1]})", text)
        .replace("log", "ln")
        .replace("**", "^")
        .replace("*", "·")
    )


def _sum(e: sp.Expr) -> str:
    """A short sum on one line."""
    first, *rest = _terms(e)
    return first + "".join(map(_added, rest))


def _added(term: str) -> str:
    """A further term of a sum, with its sign."""
    return f" − {term[1:].lstrip()}" if term.startswith("-") else f" + {term}"


def _wrapped(head: str, terms: list[str]) -> list[str]:
    """A sum over several lines, aligned after its head."""
    lines, here = [], head
    for k, term in enumerate(terms):
        piece = _added(term) if k else term
        if len(here) + len(piece) > WIDTH and here != head:
            lines.append(here)
            here = " " * len(head)
        if len(piece) <= WIDTH:
            here += piece
            continue
        room = max(40, WIDTH - len(head))
        first, *rest = wrap(piece.replace("·", "· "), room, break_on_hyphens=False)
        parts = [here + first, *(" " * len(head) + part for part in rest)]
        lines += parts[:-1]
        here = parts[-1]
    return [*lines, here]


def text(proof: Statements) -> str:
    """The proof for a terminal, 100 columns."""
    count = sum(s.verdict == Verdict.PROVEN for s in proof.statements)
    lines = [f"proof of {proof.name}: {proof.verdict} ({count} of {len(proof.statements)} proven)"]
    for s in proof.statements:
        lines += ["", f"{s.name}   {s.reaction}", f"  verdict    {s.verdict}"]
        lines += _wrapped("  A/RT     = ", _terms(s.affinity))
        lines += [
            line
            for k, (left, e) in enumerate(s.given)
            for line in _wrapped(f"  {'and' if k else 'where'} {_sum(left)} = ", _terms(e))
        ]
        if s.ratio is not None:
            lines += _wrapped("  ln(r⁺/r⁻)= ", _terms(s.ratio))
            lines += _wrapped("  residual = ", _terms(s.residual))
        remarks = [
            *_signs(s),
            ("charge", s.charge),
            ("mass", s.mass),
            ("note", s.note),
            ("witness", str(s.witness or "")),
        ]
        for label, words in remarks:
            lines += wrap(words, WIDTH, initial_indent=f"  {label:<11}", subsequent_indent=" " * 13)
    if proof.invariants:
        lines += ["", "no process changes", *(f"  {each}" for each in proof.invariants)]
    if proof.conventions:
        lines += ["", "conventions of standard energies: " + "; ".join(proof.conventions)]
    return "\n".join(lines)


def _signs(s: Statement) -> list[tuple[str, str]]:
    """Why the rates are not negative, stated once where the reasons are the same for both."""
    if s.kind != "process" or not s.signs:
        return []
    if len({why for _, why in s.signs}) == 1:
        return [(", ".join(what for what, _ in s.signs) + " ≥ 0", s.signs[0][1])]
    return [(f"{what} ≥ 0", why) for what, why in s.signs]


def html(proof: Statements) -> Html:
    """The proof for a notebook."""
    parts = []
    for s in proof.statements:
        rows = [
            ("A/RT", _plain(s.affinity)),
            ("ln(r⁺/r⁻)", _plain(s.ratio) if s.ratio is not None else ""),
            ("residual", str(s.residual or 0)),
        ]
        rows += [*_signs(s), ("charge", s.charge), ("mass", s.mass), ("", s.note)]
        parts.append(collapsible(f"{s.name}: {s.verdict}", join(s.reaction, table(rows))))
    return collapsible(f"proof of {proof.name}: {proof.verdict}", join(*parts), open=True)


def display(proof: Statements) -> str:
    """The residual of each statement, as display mathematics."""
    lines = []
    for s in proof.statements:
        left = tex(s.residual) if s.residual is not None else _STATES[s.verdict]
        lines.append(rf"{roman(s.name)}: \quad \ln(r^{{+}}/r^{{-}}) - \mathcal{{A}}/RT = {left}")
    body = r" \\ ".join(lines)
    return rf"$\displaystyle \begin{{gathered}} {body} \end{{gathered}}$"


_STATES = {
    Verdict.PROVEN: r"0",
    Verdict.DRIVEN: r"\text{driven}",
    Verdict.SUPPLY: r"\text{supply}",
    Verdict.EXEMPT: r"\text{exempt}",
    Verdict.UNDECIDED: r"\text{undecided}",
    Verdict.VIOLATES: r"\text{violates}",
}


def latex(proof: Statements, document: bool) -> str:
    """The proof as sections of an appendix, or as an article."""
    body = [rf"\section*{{Second law: {_escaped(proof.name)}}}"]
    body.append(
        r"For every process $RT\ln(r^{+}/r^{-})=\mathcal{A}$ with "
        r"$\mathcal{A}=-\sum_i\nu_i\,\partial G/\partial n_i-F\sum_\alpha Q_\alpha\varphi_\alpha$, "
        r"so that the power dissipated, $(r^{+}-r^{-})\mathcal{A}$, is never negative. "
        r"Concentrations are written $[\cdot]$, $V$ is inside minus outside; parameters without the"
        r" name of a transporter belong to the one of the paragraph"
        r"."
    )
    for s in proof.statements:
        body += _paragraph(s)
    if proof.invariants:
        body.append(
            r"\paragraph{Conserved quantities.} No process changes "
            + "; ".join(_escaped(i) for i in proof.invariants)
            + "."
        )
    if proof.conventions:
        body.append(
            r"\paragraph{Standard energies.} "
            + "; ".join(_escaped(c) for c in proof.conventions)
            + "."
        )
    fragment = "\n\n".join(body) + "\n"
    return _PREAMBLE + fragment + "\\end{document}\n" if document else fragment


def _paragraph(s: Statement) -> list[str]:
    """One statement as LaTeX: head, equations, remarks."""
    head = (
        rf"\paragraph{{{_escaped(s.name)}.}} {_chemistry(s.reaction)}."
        rf" \emph{{{s.verdict.capitalize()}.}}"
    )
    rows, notes, owner = [], [], s.transporter or s.name
    if s.kind == "process" and s.forward is not None and s.reverse is not None:
        common, forward, reverse = factored(s.forward, s.reverse)
        Phi, sums = _named(common)
        lead = sp.S.One if Phi == 1 else _PHI
        rows += [_line("r^{+}", lead * forward, owner), _line("r^{-}", lead * reverse, owner)]
        rows += [] if Phi == 1 else [_line(r"\Phi", Phi, owner)]
        notes += [
            f"${tex(symbol)}$ is a sum of {len(part.args)} non-negative terms."
            for symbol, part in sums
            if part.count_ops() > LONG
        ]
        rows += [
            _line(tex(symbol), part, owner) for symbol, part in sums if part.count_ops() <= LONG
        ]
    if s.conductance is not None:
        rows.append(_line("J", _AFFINITY * s.conductance, owner))
    rows.append(_line(r"\mathcal{A}/RT", s.affinity, owner))
    rows += [_line(" ".join(_signed(what, owner)), e, owner) for what, e in s.given]
    if s.ratio is not None:
        left = r"\ln(r^{+}/r^{-})" if s.kind == "process" else r"\ln\prod r^{+}/\prod r^{-}"
        rows += [
            _line(left, s.ratio, owner),
            _line(
                left + r"-\mathcal{A}/RT", sp.S.Zero if s.residual is None else s.residual, owner
            ),
        ]
    notes += [f"{_escaped(what)}: {_escaped(why)}." for what, why in _signs(s)]
    notes += [f"Charge: {_escaped(s.charge)}.", f"Mass: {_escaped(s.mass)}."] + (
        [f"{_escaped(s.note[0].upper() + s.note[1:])}."] if s.note else []
    )
    return [head, "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}", " ".join(notes)]


def factored(forward: sp.Expr, reverse: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """The common factors of both rates, and the rest of each."""
    up, down = forward.as_powers_dict(), reverse.as_powers_dict()
    shared = sp.Mul(*(base**power for base, power in up.items() if down.get(base) == power))
    return shared, forward / shared, reverse / shared


def _named(e: sp.Expr) -> tuple[sp.Expr, list[tuple[sp.Symbol, sp.Expr]]]:
    """The product with its long sums replaced by Σ_1, Σ_2, …, and these."""
    long = [
        f
        for f in sorted(e.atoms(sp.Add), key=sp.Basic.sort_key)
        if f.count_ops() > FACTOR and e.as_powers_dict().get(f)
    ]
    named = [(sp.Symbol(f"Sigma_{k + 1}"), f) for k, f in enumerate(long)]
    return e.xreplace({f: symbol for symbol, f in named}), named


def _signed(e: sp.Expr, owner: str) -> list[str]:
    """The terms of a sum with their signs."""
    first, *rest = [tex(term, owner) for term in _ordered(e)]
    return [first, *(f"- {p[1:].lstrip()}" if p.startswith("-") else f"+ {p}" for p in rest)]


def _line(left: str, e: sp.Expr, owner: str) -> str:
    """``left &= right``, with long sums and products broken into lines."""
    terms, factors = _ordered(e), list(sp.Mul.make_args(e))
    if len(terms) == 1 and len(factors) > 2 * TERMS:
        first, *rest = [
            tex(sp.Mul(*factors[k : k + TERMS]), owner) for k in range(0, len(factors), TERMS)
        ]
        return f"{left} &= {first}" + "".join(" \\\\\n&\\quad \\cdot " + p for p in rest)
    signed = _signed(e, owner)
    return f"{left} &= " + " \\\\\n&\\quad ".join(
        " ".join(signed[k : k + TERMS]) for k in range(0, len(signed), TERMS)
    )


_MATH = {
    "⇌": r"$\rightleftharpoons$", "⁺": "$^{+}$", "⁻": "$^{-}$", "²": "$^{2}$", "·": r"$\cdot$",
    "−": "$-$", "≥": r"$\ge$", "Σ": r"$\Sigma$",
    "ν": r"$\nu$", "±": r"$\pm$", "°": r"$^{\circ}$", "′": "$'$", "–": "--", "ˣ": "$^{x}$",
    "Δ": r"$\Delta$", "μ": r"$\mu$", "≠": r"$\ne$",
    "³": "$^{3}$", "⁴": "$^{4}$", "×": r"$\times$", "→": r"$\to$", "_": r"\_", "%": r"\%",
    "&": r"\&", "#": r"\#", "^": r"\^{}",
    "Π": r"$\Pi$", "ε": r"$\varepsilon$",
}  # fmt: skip


def _escaped(text: str) -> str:
    return "".join(_MATH.get(c, c) for c in re.sub(r"(?<!\w)-(?=\d)", "−", text))


def _chemistry(reaction: str) -> str:
    return _escaped(re.sub(r"@([\w-]+)", r"(\1)", reaction))
