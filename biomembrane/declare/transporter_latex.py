"""Transporters in LaTeX: reaction, one-way rates or conductance, affinity."""

from __future__ import annotations

import itertools
from typing import Any

import sympy as sp

from ..latex import roman, tex
from .reaction import Participant, Reaction

LONG = 150  # operations; common parts of longer rates are named


def reaction_latex(reaction: Reaction) -> str:
    """The reaction with an equilibrium arrow."""

    def side(terms: tuple[tuple[int, Participant], ...]) -> str:
        return " + ".join((f"{n}\\," if n > 1 else "") + _name(w) for n, w in terms)

    return rf"{side(reaction.reactants)} \rightleftharpoons {side(reaction.products)}"


def _shortened(rates: list[sp.Expr]) -> tuple[list[tuple[sp.Symbol, sp.Expr]], list[sp.Expr]]:
    """Rates with their common parts named x_1, x_2, …; short rates unchanged."""
    if sum(rate.count_ops() for rate in rates) < LONG:
        return [], rates
    names = (sp.Symbol(f"x_{k}") for k in itertools.count(1))
    named, shortened = sp.cse(rates, symbols=names, order="none")
    return named, shortened


def _name(participant: Participant) -> str:
    if participant.species and participant.place:
        return rf"{roman(participant.species.name)}_{{{roman(participant.place.name)}}}"
    return roman(participant.label)


def transporter_latex(transporter: Any) -> str:
    """Reaction, rates and affinity of every process, as display mathematics."""
    lines = []
    for process in transporter.processes:
        rates = process.shown
        lines.append(reaction_latex(process.reaction))
        if rates.forward is not None:
            named, (forward, reverse) = _shortened([rates.forward, rates.reverse])
            lines += [f"r^{{+}} = {tex(forward)}", f"r^{{-}} = {tex(reverse)}"]
            lines += [f"{tex(symbol)} = {tex(part)}" for symbol, part in named]
        elif rates.conductance is not None:
            lines.append(rf"J = \mathcal{{A}}\,{tex(rates.conductance)}")
        elif rates.flux is not None:
            lines.append(f"J = {tex(rates.flux)}")
        else:
            lines.append(r"\mathcal{A} = 0")
        lines.append(rf"\mathcal{{A}}/RT = {tex(process.certificate.reduced_affinity)}")
    body = r" \\ ".join(lines)
    return rf"$\displaystyle \begin{{gathered}} {body} \end{{gathered}}$"
