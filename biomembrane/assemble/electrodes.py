"""Voltage clamps: which charge each determines, and the current that its command takes."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence

import sympy as sp

from .. import errors, symbols
from ..declare.areas import StateArea
from ..declare.bound_expression import BoundExpression
from ..declare.electrode import Electrode
from ..declare.parameter import Declared
from ..symbols import F
from .stoichiometry import Circuit, inverse


def check(electrodes: Sequence[Electrode], circuit: Circuit) -> None:
    """Raise ``NoVoltage`` where an electrode is on a membrane whose V is no function of the
    state, ``BadPlace`` where a clamp would hold a place that is electroneutral.
    """
    for e in electrodes:
        neutral = {e.on.inside.name, e.on.outside.name} & {*circuit.neutral}
        if e.is_clamp and neutral:
            raise errors.BadPlace(
                where=f"Model, {e.name} on {e.on.name}",
                wanted="places that hold a charge: V of electroneutral ones is where ΣI = 0",
                got=f"a capacitance of zero around {' and '.join(sorted(neutral))}",
                advice=f"a series_resistance= for {e.name}, or a capacitance above zero",
            )
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
        root = "" if "" in group else max(group, key=lambda n: _tied(circuit, n, group))
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


def _tied(circuit: Circuit, node: str, group: Container[str]) -> tuple[int, int]:
    """How many capacitors join a node to places outside a group, then how early it is: a node that
    hangs on others of the group alone cannot be the free one.
    """
    touching = [m for b in circuit.blocks for m in b.membranes]
    ends = [{m.inside.name, m.outside.name} for m in touching]
    outward = sum(node in e and any(n not in group for n in e) for e in ends)
    return outward, -circuit.nodes.index(node)


def constraint(node: str, circuit: Circuit) -> BoundExpression:
    """Q − (C_L φ) of a node, which is 0 at all times and determines its charge: φ is what the
    command says.
    """
    phi = symbols.electric_potential
    held = sp.Add(*(c * phi(n) for n, c in _row(circuit, node, circuit.nodes)))
    return BoundExpression(symbols.charge(node) - held)


def potential(node: str, clamp: Electrode, circuit: Circuit) -> BoundExpression:
    """φ of a node whose charge a clamp determines: that of the other side, and the command."""
    inside = clamp.on.inside.name == node
    other = clamp.on.outside.name if inside else clamp.on.inside.name
    command = clamp.command.symbol
    return BoundExpression(circuit.phi[other] + (command if inside else -command))


def currents(
    electrodes: Iterable[Electrode], circuit: Circuit, N: Mapping[str, Mapping[str, sp.Expr]]
) -> dict[str, BoundExpression]:
    """Fluxes of elementary charge J = I/F [fmol/s] of all clamps, by name.

    Charge balance at each node is C_L φ̇ + Ċ_L φ = Q̇ + (currents of clamps), with Q̇ what everything
    else brings, and Ċ_L where a protocol moves an area or a capacitance; φ̇ of the places that
    clamps join differ by what their commands say.  Summed over joined places, it gives φ̇ of those
    that are free; then the current of a clamp is what the places beyond it need: for one membrane,
    I = d(CV)/dt + Σ I_m.
    """
    held = clamped_nodes(electrodes, circuit)
    if not held:
        return {}
    names = {e.name for e in held.values()}
    gained = _gained(circuit, {p: column for p, column in N.items() if p not in names})
    for n in gained:
        gained[n] -= _growth(circuit, n)
    root, rise = dict[str, str](), dict[str, sp.Expr]()
    for node, e in held.items():  # from the roots outwards
        inside = e.on.inside.name == node
        other = e.on.outside.name if inside else e.on.inside.name
        other = other if other in circuit.nodes else ""
        slope = symbols.slope(e.command.name)
        root[node] = root.get(other, other)
        rise[node] = rise.get(other, sp.S.Zero) + (slope if inside else -slope)
    phi = _slopes(circuit, root, rise, gained)
    needed = {n: sp.Add(*(c * phi[m] for m, c in _row(circuit, n, phi))) - gained[n] for n in held}
    fluxes = {}
    for node, e in reversed(held.items()):  # from the ends inwards
        inside = e.on.inside.name == node
        fluxes[e.name] = BoundExpression((needed[node] if inside else -needed[node]) / F)
        other = e.on.outside.name if inside else e.on.inside.name
        if other in held:
            needed[other] += needed[node]
    return fluxes


def _row(circuit: Circuit, node: str, among: Container[str]) -> list[tuple[str, sp.Expr]]:
    """The entries of C_L in the row of a node, by node."""
    index = circuit.nodes.index(node)
    return [
        (n, circuit.matrix[index, k])
        for k, n in enumerate(circuit.nodes)
        if n in among and circuit.matrix[index, k] != 0
    ]


def moving(circuit: Circuit, clamps: Mapping[str, Electrode]) -> list[Declared]:
    """The parameters whose slopes the currents of clamps depend on."""
    touched = [b for b in circuit.blocks if {*clamps} & {*b.nodes}]
    sizes: list[Declared] = []
    for m in (m for b in touched for m in b.membranes):
        if isinstance(m.area, StateArea):
            raise errors.BadPlace(
                where=f"Model, a voltage clamp beside {m.name}",
                wanted="capacitors of given area, whose charge follows the command alone",
                got=f"an area of {m.name} that follows the volume",
                advice="series_resistance= for the electrode, or a constant area=",
            )
        sizes += [m.area] if m.capacitance is None else [m.area, m.capacitance]
    return [*(e.command for e in clamps.values()), *sizes]


def _growth(circuit: Circuit, node: str) -> sp.Expr:
    """The row of Ċ_L φ of a node."""
    terms = []
    for n, c in _row(circuit, node, circuit.nodes):
        phi = symbols.electric_potential(n)
        terms += [sp.diff(c, s) * symbols.slope(s.name) * phi for s in c.free_symbols]
    return sp.Add(*terms)


def _slopes(
    circuit: Circuit,
    root: Mapping[str, str],
    rise: Mapping[str, sp.Expr],
    gained: Mapping[str, sp.Expr],
) -> dict[str, sp.Expr]:
    """φ̇ of the nodes in the capacitor blocks with clamps; ``root``: of joined nodes the one (or the
    ground, an empty name) from which their φ̇ differs by ``rise``.
    """
    nodes = [n for b in circuit.blocks if {*root} & {*b.nodes} for n in b.nodes]
    of = {n: root.get(n, n) for n in nodes}
    free = list(dict.fromkeys(r for r in of.values() if r))
    C, given = sp.zeros(len(free), len(free)), [sp.S.Zero] * len(free)
    for n in (n for n in nodes if of[n]):
        k = free.index(of[n])
        given[k] += gained[n]
        for m, c in _row(circuit, n, of):
            given[k] -= c * rise.get(m, sp.S.Zero)
            if of[m]:
                C[k, free.index(of[m])] += c
    solved = inverse(C) * sp.Matrix(given) if free else ()
    at = dict(zip(free, solved, strict=True))
    return {n: at.get(of[n], sp.S.Zero) + rise.get(n, sp.S.Zero) for n in nodes}


def _gained(circuit: Circuit, N: Mapping[str, Mapping[str, sp.Expr]]) -> dict[str, sp.Expr]:
    """Q̇ of every node by the processes of ``N``."""
    names = {n: f"{n}.charge" for n in circuit.nodes}
    return {
        n: sp.Add(*(column[q] * symbols.flux(p) for p, column in N.items() if q in column))
        for n, q in names.items()
    }
