"""Transporters in LaTeX: reaction, one-way rates or conductance, affinity."""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..latex import roman, tex
from .reaction import Participant, Reaction


def reaction(made: Reaction) -> str:
    """The reaction with an equilibrium arrow."""

    def side(terms: tuple[tuple[int, Participant], ...]) -> str:
        return " + ".join((f"{n}\\," if n > 1 else "") + _name(w) for n, w in terms)

    return rf"{side(made.reactants)} \rightleftharpoons {side(made.products)}"


def _name(who: Participant) -> str:
    return rf"{roman(who.species.name)}_{{{roman(who.place.name)}}}" if who.species and who.place else roman(who.label)


def transporter(made: Any) -> str:
    """Reaction, rates and affinity of every process, as display mathematics."""
    lines = []
    for process in made.processes:
        rates = process.rates
        lines.append(reaction(process.reaction))
        if rates.forward is not None:
            lines += [f"r^{{+}} = {tex(rates.forward)}", f"r^{{-}} = {tex(rates.reverse)}"]
        elif rates.conductance is not None:
            lines.append(rf"J = \mathcal{{A}}\,{tex(rates.conductance)}")
        else:
            lines.append(f"J = {tex(rates.flux)}")
        lines.append(rf"\mathcal{{A}}/RT = {tex(sp.sympify(process.certificate.drive))}")
    body = r" \\ ".join(lines)
    return rf"$\displaystyle \begin{{gathered}} {body} \end{{gathered}}$"
