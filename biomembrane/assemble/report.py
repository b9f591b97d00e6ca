"""How a model shows itself in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..declare.latex import reaction
from ..declare.parameter import table as parameter_rows
from ..html import collapsible, join, table
from ..latex import tex
from .contents import impermeant_quantities
from .levels import balances

if TYPE_CHECKING:
    from .model import Model


def html(model: Model) -> str:
    """Tables of places, transporters, impermeants and parameters."""
    moves = [(t.label, t.on.name, str(p.reaction), p.certificate.verdict) for t in model.transporters for p in t.processes]
    places = [(n, type(p).__name__.lower(), ", ".join(s.name for s in p.contents)) for n, p in model.places.items()]
    rest = [(n, f"{q:.5g~P}") for n, q in impermeant_quantities(model).items()]
    parts = [collapsible("places", table(places, ("place", "kind", "contents")), open=True)]
    parts.append(collapsible("transporters", table(moves, ("transporter", "on", "reaction", "second law")), open=True))
    if rest:
        parts.append(collapsible("impermeants", table(rest, ("pool", "amount"))))
    parts.append(collapsible("parameters", table(parameter_rows(model.parameters), ("name", "value", "source"))))
    return collapsible(repr(model), join(*parts), open=True)


def latex(model: Model) -> str:
    """Reactions, G(x) and the balances, as display mathematics."""
    lines = [reaction(p.reaction) for p in model.processes]
    lines.append(f"G = {tex(model.energy)}")
    rates = [formula.expression for _, formula in balances(model)]
    lines += [rf"\dot{{{tex(x.symbol)}}} = {tex(e)}" for x, e in zip(model.states, rates, strict=True)]
    body = r" \\ ".join(lines)
    return rf"$\displaystyle \begin{{gathered}} {body} \end{{gathered}}$"
