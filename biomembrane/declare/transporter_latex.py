"""Transporters in LaTeX: reaction, one-way rates or conductance, affinity."""

from __future__ import annotations

import itertools
from typing import Any

import sympy as sp

from ..latex import roman, tex
from .reaction import Participant, Reaction

LONG = 150  # operations, beyond which the parts of a rate are named


def reaction(reaction_: Reaction) -> str:
    """The reaction with an equilibrium arrow."""

    def side(terms: tuple[tuple[int, Participant], ...]) -> str:
        return " + ".join((f"{n}\\," if n > 1 else "") + _name(w) for n, w in terms)

    return rf"{side(reaction_.reactants)} \rightleftharpoons {side(reaction_.products)}"


def _shortened(rates: list[sp.Expr]) -> tuple[list[tuple[sp.Symbol, sp.Expr]], list[sp.Expr]]:
    """Long rates with their common parts named x_1, x_2, …; short ones as they are."""
    if sum(rate.count_ops() for rate in rates) < LONG:
        return [], rates
    named, left = sp.cse(
        rates, symbols=(sp.Symbol(f"x_{k}") for k in itertools.count(1)), order="none"
    )
    return named, left


def _name(participant: Participant) -> str:
    return (
        rf"{roman(participant.species.name)}_{{{roman(participant.place.name)}}}"
        if participant.species and participant.place
        else roman(participant.label)
    )


def transporter(transporter_: Any) -> str:
    """Reaction, rates and affinity of every process, as display mathematics."""
    lines = []
    for process in transporter_.processes:
        rates = process.rates
        lines.append(reaction(process.reaction))
        if rates.forward is not None:
            named, (forward, reverse) = _shortened([rates.forward, rates.reverse])
            lines += [f"r^{{+}} = {tex(forward)}", f"r^{{-}} = {tex(reverse)}"]
            lines += [f"{tex(symbol)} = {tex(part)}" for symbol, part in named]
        elif rates.conductance is not None:
            lines.append(rf"J = \mathcal{{A}}\,{tex(rates.conductance)}")
        else:
            lines.append(f"J = {tex(rates.flux)}")
        lines.append(rf"\mathcal{{A}}/RT = {tex(process.certificate.reduced_affinity)}")
    body = r" \\ ".join(lines)
    return rf"$\displaystyle \begin{{gathered}} {body} \end{{gathered}}$"
