"""Representations of a model in notebooks: HTML and LaTeX."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from .. import symbols
from ..declare.parameter import table as parameter_rows
from ..declare.transporter_latex import reaction_latex
from ..html import collapsible, join, table
from ..latex import tex
from .impermeants import Impermeant, impermeant_quantities
from .potentials import balances
from .system import System


def html(model: System, impermeants: Sequence[Impermeant]) -> str:
    """Tables of places, transporters, impermeants and parameters."""
    processes = [
        (t.label, t.on.name, str(p.reaction), p.certificate.verdict)
        for t in model.transporters
        for p in t.processes
    ]
    places = [
        (n, type(p).__name__.lower(), ", ".join(s.name for s in p.contents))
        for n, p in model.places.items()
    ]
    amounts = [(n, f"{q:.5g~P}") for n, q in impermeant_quantities(model, impermeants).items()]
    parts = [collapsible("places", table(places, ("place", "kind", "contents")), open=True)]
    columns = ("transporter", "on", "reaction", "second law")
    parts.append(collapsible("transporters", table(processes, columns), open=True))
    if amounts:
        parts.append(collapsible("impermeants", table(amounts, ("pool", "amount"))))
    if model.unaccounted:
        begin = {x.name: f"starts {x.begins}" for x in model.auxiliaries}
        rows = [(name, begin.get(name, "")) for name in model.unaccounted]
        states = table(rows, ("state", ""))
        parts.append(collapsible("states outside the energy ledger", states))
    parameters = table(parameter_rows(model.parameters), ("name", "value", "source"))
    parts.append(collapsible("parameters", parameters))
    return collapsible(repr(model), join(*parts), open=True)


def latex(model: System, energy: sp.Expr) -> str:
    """Reactions, G(x) and the balances, as display mathematics."""
    lines = [reaction_latex(p.reaction) for p in model.processes]
    lines.append(f"G = {tex(energy)}")
    own = {symbols.own_rate(x.name): x.rate.expression for x in model.states if x.rate is not None}
    rates = [formula.expression.xreplace(own) for _, formula in balances(model)]
    left = [rf"\dot{{{tex(x.symbol)}}}" if x.constraint is None else "0" for x in model.states]
    lines += [f"{side} = {tex(e)}" for side, e in zip(left, rates, strict=True)]
    body = r" \\ ".join(lines)
    return rf"$\displaystyle \begin{{gathered}} {body} \end{{gathered}}$"
