"""Voltage clamps: which charge each determines, and the current that its command takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import sympy as sp

from .. import errors, symbols
from ..declare.bound_expression import BoundExpression
from ..declare.electrode import Electrode
from ..symbols import F
from .stoichiometry import Circuit, inverse


def check(electrodes: Sequence[Electrode], circuit: Circuit) -> None:
    """Raise ``NoVoltage`` where an electrode is on a membrane whose V is no function of the
    state.
    """
    for e in electrodes:
        if not circuit.has_voltage(e.on):
            raise errors.NoVoltage(
                where=f"Model, {e.name} on {e.on.name}",
                wanted="two sides that capacitors join, or that are both grounded",
                got=(
                    f"{e.on.inside.name} and {e.on.outside.name}, between which no charge sets a"
                    " potential"
                ),
                advice="give the membrane, or those between the two places, a capacitance",
                membrane=e.on.name,
            )


def clamped_nodes(electrodes: Iterable[Electrode], circuit: Circuit) -> dict[str, Electrode]:
    """By node the clamp that determines its charge: clamps join places, and in each group of places
    so joined every one but one is a node of its own clamp, in a group with the ground every one.

    Raises ``BadPlace`` where clamps go round in a circle, so that they could contradict each other.
    """
    clamps = [e for e in electrodes if e.is_clamp]
    held: dict[str, Electrode] = {}
    nodes = set(circuit.nodes)
    joined: dict[str, set[str]] = {}
    for e in clamps:
        ends = [p.name if p.name in nodes else "" for p in (e.on.inside, e.on.outside)]
        groups = [joined.setdefault(n, {n}) for n in ends]
        if groups[0] is groups[1]:
            raise errors.BadPlace(
                where=f"Model, {e.name} on {e.on.name}",
                wanted="a potential that no other electrode holds",
                got=f"{e.on.inside.name} and {e.on.outside.name}, which {_others(clamps, e)} hold",
                advice=f"leave {e.name} out, or give it a series_resistance=",
            )
        group = groups[0] | groups[1]
        joined |= dict.fromkeys(group, group)
    for group in {id(g): g for g in joined.values()}.values():
        root = "" if "" in group else min(group, key=circuit.nodes.index)
        edge = [root]
        while edge:
            here = edge.pop()
            for e in clamps:
                ends = [p.name if p.name in nodes else "" for p in (e.on.inside, e.on.outside)]
                if here in ends and e not in held.values():
                    other = ends[0] if ends[1] == here else ends[1]
                    if other and other != root and other not in held:
                        held[other] = e
                        edge.append(other)
    return held


def _others(clamps: Sequence[Electrode], e: Electrode) -> str:
    return " and ".join(c.name for c in clamps if c is not e)


def constraint(clamp: Electrode, circuit: Circuit) -> BoundExpression:
    """Gᵀ C_L⁻¹ Q − V_command, which is 0 at all times and determines a charge."""
    index = {n: i for i, n in enumerate(circuit.nodes)}
    row = _across(_ends(clamp, index), _elastance(circuit, index))
    V = sp.Add(*(s * symbols.charge(n) for n, i in index.items() if (s := row.get(i, 0)) != 0))
    return BoundExpression(V - clamp.command.symbol)


def potential(node: str, clamp: Electrode, circuit: Circuit) -> BoundExpression:
    """φ of a node whose charge a clamp determines: that of the other side, and the command."""
    inside = clamp.on.inside.name == node
    other = clamp.on.outside.name if inside else clamp.on.inside.name
    command = clamp.command.symbol
    return BoundExpression(circuit.phi[other] + (command if inside else -command))


def _across(ends: Mapping[int, int], S: Sequence[Mapping[int, sp.Expr]]) -> dict[int, sp.Expr]:
    """Gᵀ S of one electrode, by node."""
    row: dict[int, sp.Expr] = {}
    for i, z in ends.items():
        for j, s in S[i].items():
            row[j] = row.get(j, sp.S.Zero) + z * s
    return row


def currents(
    electrodes: Iterable[Electrode], circuit: Circuit, N: Mapping[str, Mapping[str, sp.Expr]]
) -> dict[str, BoundExpression]:
    """Fluxes of elementary charge J = I/F [fmol/s] of all clamps, by name.

    With Q̇ = N J + G I and V = Gᵀ S Q, S = C_L⁻¹: I = (Gᵀ S G)⁻¹ (V̇_command − Gᵀ S N J), where J are
    the fluxes of everything else; for one membrane, I = C V̇ + Σ I_m.
    """
    clamps = [e for e in electrodes if e.is_clamp]
    if not clamps:
        return {}
    index = {n: i for i, n in enumerate(circuit.nodes)}
    S = _elastance(circuit, index)
    G = [_ends(e, index) for e in clamps]
    names = {e.name for e in clamps}
    gained = _gained(circuit, {p: column for p, column in N.items() if p not in names})
    rows = [_across(g, S) for g in G]
    free = [
        symbols.slope(e.command.name) - sp.Add(*(w * gained[j] for j, w in row.items() if w != 0))
        for e, row in zip(clamps, rows, strict=True)
    ]
    coupling = sp.Matrix(
        [[sum(z * row.get(j, 0) for j, z in g.items()) for g in G] for row in rows]
    )
    inverted = inverse(coupling)
    return {
        e.name: BoundExpression(sp.Add(*(inverted[k, m] * x for m, x in enumerate(free))) / F)
        for k, e in enumerate(clamps)
    }


def _elastance(circuit: Circuit, index: Mapping[str, int]) -> list[dict[int, sp.Expr]]:
    """C_L⁻¹, row by row, of nodes in one block."""
    S: list[dict[int, sp.Expr]] = [{} for _ in index]
    for block in circuit.blocks:
        own = inverse(block.matrix.xreplace(block.names))
        for a, first in enumerate(block.nodes):
            S[index[first]] = {index[second]: own[a, b] for b, second in enumerate(block.nodes)}
    return S


def _ends(e: Electrode, index: Mapping[str, int]) -> dict[int, int]:
    """Which nodes gain the charge of an electrode, and which lose it."""
    ends = ((e.on.inside.name, 1), (e.on.outside.name, -1))
    return {index[n]: z for n, z in ends if n in index}


def _gained(circuit: Circuit, N: Mapping[str, Mapping[str, sp.Expr]]) -> list[sp.Expr]:
    """Q̇ of every node by the processes of ``N``."""
    names = [f"{n}.charge" for n in circuit.nodes]
    return [
        sp.Add(*(column[n] * symbols.flux(p) for p, column in N.items() if n in column))
        for n in names
    ]
