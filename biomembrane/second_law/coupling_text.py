"""A coupling as text, HTML and LaTeX; quantities that are not defined are marked so, with the
reason.
"""

from __future__ import annotations

import numpy as np

from ..html import collapsible, join, table
from ..latex import roman
from .coupled_flows import CoupledFlows

NONE = "not defined"


def or_none(x: float, form: str) -> str:
    """A number, or "not defined"."""
    return format(x, form) if np.isfinite(x) else NONE


def rows(c: CoupledFlows) -> list[tuple[str, str, str]]:
    """(quantity, value, note)."""
    (best, eta), X1 = c.best, c.X1 / 1e3
    X2, power, at_power = c.strongest
    crossing = (
        f"asymmetry of L {c.asymmetry:.1e}, condition {c.condition:.2g}"
        if np.isfinite(c.asymmetry)
        else "a flow that no force moves"
    )
    head = f"ratio {c.static_head_ratio:.5g}; without slip {or_none(c.ideal_head_ratio, '.6g')}"
    no_flow = not c.L[1, 1] and not c.at(0.0)[1][0]
    no_head = "nothing flows" if no_flow else "the flow does not stop within 60 RT"
    no_efficiency = no_head if not np.isfinite(c.head) else "nothing flows"
    if not c.driven_at_all:
        no_efficiency = "nothing drives it"
    limit = f"{100 * c.best_linear:.4g} %" if np.isfinite(c.best_linear) else NONE
    linear = f"near equilibrium {limit}"
    slip = f"{100 * c.slip if c.slip > 1e-12 else 0.0:.3g} %" if np.isfinite(c.slip) else NONE
    table_rows = [
        ("driving force", f"{X1:+.4g} kJ/mol", f"{c.driving}, at {1e3 * c.voltage:.4g} mV"),
        ("independent forces", f"{len(c.flows.forces)}", _forces(c)),
        (
            "degree of coupling q",
            or_none(c.q, ".5g"),
            f"{c.broken}; raw {c.raw:.5g}" if c.broken else crossing,
        ),
        ("stoichiometry Z", or_none(c.Z, ".4g"), f"{c.driven} per {c.driving}"),
        (
            "level flow J₂/J₁",
            or_none(c.level_flow, ".5g"),
            f"near equilibrium {or_none(c.linear_level_flow, '.5g')}",
        ),
        (
            "static head",
            f"{c.head / 1e3:+.4g} kJ/mol" if np.isfinite(c.head) else NONE,
            head if np.isfinite(c.head) else no_head,
        ),
    ]
    if not np.isfinite(eta):
        return [*table_rows, ("largest efficiency", NONE, f"{no_efficiency}; {linear}")]
    linear += "; above 100 %, because detailed balance is broken" if eta > 1 + 1e-9 else ""
    where = "at static head, where both flows stop" if c.tight else f"at {best / 1e3:+.4g} kJ/mol"
    return [
        *table_rows,
        ("largest efficiency", f"{100 * eta:.4g} %", f"{where}; {linear}"),
        (
            "at largest power",
            f"{100 * at_power:.4g} %",
            f"{power:.4g} fW at {X2 / 1e3:+.4g} kJ/mol",
        ),
        ("slip", slip, "of the dissipation, in loops that do not couple both flows"),
    ]


def _forces(c: CoupledFlows) -> str:
    """The names of the independent forces, and the others in terms of these."""
    follow = "".join(f"; {name} = {text}" for name, text in c.flows.basis.follows.items())
    return ", ".join(c.flows.forces) + follow


def notes(c: CoupledFlows) -> list[str]:
    """The concentrations that were varied to set the forces."""
    forces = c.flows.forces
    moved = [f"moved to set the force of {c.driven}: {forces[c.driven].lever}"]
    zero = [f"{n} (by {forces[n].lever})" for n in c.moved]
    return [*moved, *([f"set to zero force: {', '.join(zero)}"] if zero else [])]


def text(c: CoupledFlows) -> str:
    """The table for a terminal."""
    cells = rows(c)
    widths = [max(len(r[k]) for r in cells) for k in range(2)]
    lines = [f"  {a.ljust(widths[0])}  {b.rjust(widths[1])}   {note}" for a, b, note in cells]
    return "\n".join([_title(c), *lines, *(f"  {note}" for note in notes(c))])


def html(c: CoupledFlows) -> str:
    """The table for a notebook."""
    return collapsible(_title(c), join(table(rows(c), ("", "", "")), *notes(c)), open=True)


def _title(c: CoupledFlows) -> str:
    return f"coupling of {c.driven} to {c.driving} in {c.name}"


def latex(c: CoupledFlows) -> str:
    """J = L X with its degree of coupling, as display mathematics."""
    rows = r" \\ ".join(" & ".join(f"{v:.4g}" for v in row) for row in c.L)
    matrix = rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}"
    flows = (
        rf"\begin{{pmatrix}} J_{{{roman(c.driving)}}} \\ J_{{{roman(c.driven)}}} \end{{pmatrix}}"
    )
    forces = flows.replace("J_", "X_")
    return (
        rf"$\displaystyle {flows} = {matrix} {forces}, \quad q = {c.q:.4g}, \quad \eta_{{\max}} ="
        rf" {c.best_linear:.4g}$"
    )
