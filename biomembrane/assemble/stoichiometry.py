"""The stoichiometric matrix over solutes, carrier states, node charges and volumes, its invariants,
and the capacitor network.

Places are nodes, membranes are capacitors between them.  Reservoirs are grounded unless they float.
Places joined by capacitors without a capacitor to ground form a part of their own, whose total
charge must be constant: one of its places is taken as φ = 0, since only differences within the part
are defined.  Node charges are Q = C_L φ with C_L the Laplacian of the capacitors.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

import sympy as sp

from .. import errors, symbols
from ..declare.areas import StateArea
from ..declare.bound_expression import BoundExpression
from ..declare.checks.certificate import Verdict
from ..declare.places import Compartment, Membrane, Place, Reservoir
from ..declare.reduced_affinity import exact
from ..declare.transporter import Process

Link = tuple[
    int, int | None
]  # a capacitor from a node to another one of its block, or to the ground


@dataclass(frozen=True, eq=False)
class Block:
    """Nodes joined by capacitors, whose charges C_L φ depend on no other node.  ``links`` are the
    capacitors between them.

    ``zero`` is the place taken as φ = 0 in a part without ground; its charge makes the total 0.
    """

    nodes: tuple[str, ...]
    links: tuple[Link, ...]
    membranes: tuple[Membrane, ...]
    zero: str = ""

    @cached_property
    def names(self) -> dict[sp.Symbol, sp.Expr]:
        """Expressions that the local symbols of :attr:`matrix` and :meth:`energy` stand for."""
        names: dict[sp.Symbol, sp.Expr] = {
            symbols.charge(f"@{i}"): symbols.charge(n) for i, n in enumerate(self.nodes)
        }
        for k, m in enumerate(self.membranes):
            assert m.capacitance is not None
            names[_area(k)], names[_capacitance(k)] = m.area.symbol, m.capacitance.symbol
        return names

    @cached_property
    def at_start(self) -> dict[sp.Symbol, sp.Expr]:
        """The same with areas as they are at the start."""
        start = {
            m.area.symbol: m.area.start for m in self.membranes if isinstance(m.area, StateArea)
        }
        return {local: start.get(name, name) for local, name in self.names.items()}

    @property
    def matrix(self) -> sp.Matrix:
        """C_L in local symbols."""
        return _laplacian(len(self.nodes), self.links)

    def energy(self) -> BoundExpression:
        """½ qᵀ C⁻¹ q."""
        return BoundExpression(_energy(len(self.nodes), self.links), self.names)


def _area(k: int) -> sp.Symbol:
    return symbols.parameter(f"@{k}.area", positive=True)


def _capacitance(k: int) -> sp.Symbol:
    return symbols.parameter(f"@{k}.capacitance", positive=True)


@lru_cache(maxsize=256)
def _laplacian(size: int, links: tuple[Link, ...]) -> sp.Matrix:
    C = sp.zeros(size, size)
    for k, (i, j) in enumerate(links):
        c = _area(k) * _capacitance(k)
        C[i, i] += c
        if j is not None:
            C[j, j] += c
            C[i, j] -= c
            C[j, i] -= c
    return C.as_immutable()


@lru_cache(maxsize=256)
def _energy(size: int, links: tuple[Link, ...]) -> sp.Expr:
    q = sp.Matrix([symbols.charge(f"@{i}") for i in range(size)])
    return (q.T * inverse(_laplacian(size, links)) * q)[0] / 2


@dataclass(frozen=True, eq=False)
class Circuit:
    """The capacitor network: floating nodes in order, blocks of nodes that capacitors join, and φ
    of every place as an expression.

    ``neutral`` are the nodes without a charge, whose φ is where no net current flows into them.
    ``datum`` gives by place the reference of its φ: the ground (an empty name), or a place of its
    own part.
    """

    nodes: tuple[str, ...]
    blocks: tuple[Block, ...]
    phi: dict[str, sp.Expr]
    datum: dict[str, str]
    neutral: tuple[str, ...] = ()

    def has_voltage(self, membrane: Membrane) -> bool:
        """Whether V of a membrane is a function of the state: both sides have one reference."""
        return self.datum[membrane.inside.name] == self.datum[membrane.outside.name]

    @cached_property
    def matrix(self) -> sp.Matrix:
        """The capacitance matrix C_L [fF]."""
        C = sp.zeros(len(self.nodes), len(self.nodes))
        index = {n: i for i, n in enumerate(self.nodes)}
        for block in self.blocks:
            own = block.matrix.xreplace(block.names)
            for a, first in enumerate(block.nodes):
                for b, second in enumerate(block.nodes):
                    C[index[first], index[second]] = own[a, b]
        return C


def places(membranes: Iterable[Membrane], on: Iterable[object]) -> dict[str, Place]:
    """All places by name, in order of first use; two of one name are an error."""
    by_name: dict[str, Place] = {}
    sides = [p for m in membranes for p in (m.inside, m.outside)]
    for place in [*sides, *(p for p in on if isinstance(p, (Compartment, Reservoir)))]:
        if by_name.setdefault(place.name, place) is not place:
            advice = "use the same object for the same place, or give one of them another name"
            raise errors.DuplicateName(
                where="Model, places",
                wanted="one place of each name",
                got=f"two named {place.name!r}",
                advice=advice,
            )
    return by_name


def circuit(
    all_places: dict[str, Place], membranes: Sequence[Membrane], processes: Sequence[Process]
) -> Circuit:
    """The places that capacitors charge, and their capacitance matrix.

    Raises ``ChargeImbalance`` where charge has nowhere to go.
    """
    grounded = {n for n, p in all_places.items() if isinstance(p, Reservoir) and not p.floating}
    capacitors = [m for m in membranes if m.has_potential]
    datum = dict.fromkeys(grounded, "")
    touching = _touching(capacitors)
    floating = dict.fromkeys(n for n in all_places if n not in grounded)
    for start in floating:
        if start not in datum:
            part = _connected(start, touching, floating)
            tied = any(
                p.name in grounded
                for n in part
                for m in touching.get(n, ())
                for p in (m.inside, m.outside)
            )
            if not tied:
                _check_kept(part, processes)
            datum |= dict.fromkeys(part, "" if tied else _zero(part, all_places, touching))
    nodes = tuple(n for n in floating if n in touching and datum[n] != n)
    phi: dict[str, sp.Expr] = dict.fromkeys(all_places, sp.S.Zero) | {
        n: symbols.electric_potential(n) for n in nodes
    }
    charged = [m for m in capacitors if not m.electroneutral]
    neutral = tuple(n for n in nodes if all(m.electroneutral for m in touching[n]))
    groups = _groups([n for n in nodes if n not in neutral], charged)
    for group, around in groups:
        _check_charged(group, around)
    return Circuit(nodes, tuple(_block(group, datum) for group in groups), phi, datum, neutral)


def _check_charged(group: list[str], around: list[Membrane]) -> None:
    """Raise ``BadPlace`` where capacitors join places to each other and to no place of known φ, so
    that an electroneutral membrane would fix the charge of all of them together.
    """
    ends = {p.name for m in around for p in (m.inside, m.outside)}
    if ends <= {*group}:
        raise errors.BadPlace(
            where=f"Model, capacitances around {' and '.join(group)}",
            wanted="a capacitor to ground, or capacitances of zero on all of their membranes",
            got="an electroneutral membrane to ground, and capacitors between them",
            advice="the same kind of capacitance, zero or above it, on all of these membranes",
        )


def _check_kept(part: set[str], processes: Sequence[Process]) -> None:
    """Raise ``ChargeImbalance`` where a process changes the total charge of places that no
    capacitor ties to a ground.
    """
    movers = [
        p.name for p in processes if sum(z for place, z in _moved(p).items() if place in part)
    ]
    if not movers:
        return
    names = sorted(part)
    moved = "charge is moved by " + ", ".join(movers)
    if len(names) == 1:
        raise errors.ChargeImbalance(
            where=f"Model, place {names[0]!r}",
            wanted="a membrane with a capacitance, to hold the charge it gains",
            got=f"no capacitance; {moved}",
            advice="Membrane(…, capacitance=Q(1, 'uF/cm^2'))",
        )
    raise errors.ChargeImbalance(
        where="Model, capacitances",
        wanted="a capacitor to a grounded place",
        got=f"none from {' and '.join(names)}; {moved}",
        advice="give a membrane between one of them and a grounded place a capacitance",
    )


def _moved(process: Process) -> Mapping[str, int | Fraction | sp.Expr]:
    """Charges that a process moves; a stream that is driven carries neutral solution."""
    if process.certificate.verdict is Verdict.DRIVEN:
        return process.reaction.charge_moved()
    return process.charge_moved


def _zero(
    part: set[str], all_places: Mapping[str, Place], touching: Mapping[str, Sequence[Membrane]]
) -> str:
    """The place of a part that is taken as φ = 0: a bath before a cell, then the one with most
    capacitors, whatever the order of the list.
    """
    return min(
        part, key=lambda n: (isinstance(all_places[n], Compartment), -len(touching.get(n, ())), n)
    )


def _groups(
    nodes: Sequence[str], capacitors: Sequence[Membrane]
) -> list[tuple[list[str], list[Membrane]]]:
    """Groups of nodes that capacitors join, in order, with the capacitors that touch them."""
    order = {n: i for i, n in enumerate(nodes)}
    touching = _touching(capacitors)
    remaining, groups = set(nodes), []
    for start in nodes:
        if start in remaining:
            part = _connected(start, touching, order)
            remaining -= part
            group = sorted(part, key=order.__getitem__)
            groups.append((group, list(dict.fromkeys(m for n in group for m in touching[n]))))
    return groups


def _touching(membranes: Sequence[Membrane]) -> dict[str, list[Membrane]]:
    """The membranes of each place."""
    touching: dict[str, list[Membrane]] = {}
    for m in membranes:
        for p in (m.inside, m.outside):
            touching.setdefault(p.name, []).append(m)
    return touching


def _connected(
    start: str, touching: Mapping[str, Sequence[Membrane]], among: Container[str]
) -> set[str]:
    """All places of ``among`` that membranes connect to a place, itself included."""
    part, edge = {start}, [start]
    while edge:
        near = {
            p.name
            for m in touching.get(edge.pop(), ())
            for p in (m.inside, m.outside)
            if p.name in among
        } - part
        edge += near
        part |= near
    return part


def _block(group: tuple[list[str], list[Membrane]], datum: Mapping[str, str]) -> Block:
    """Nodes and capacitors, numbered within the block."""
    nodes, membranes = group
    index = {n: i for i, n in enumerate(nodes)}
    ends = [[index[p.name] for p in (m.inside, m.outside) if p.name in index] for m in membranes]
    return Block(
        tuple(nodes),
        tuple((e[0], e[1] if len(e) == 2 else None) for e in ends),
        tuple(membranes),
        datum[nodes[0]],
    )


def inverse(C: sp.Matrix) -> sp.Matrix:
    """The inverse of a small positive definite matrix by Gauss–Jordan elimination, unsimplified:
    sympy's own tests for zero are slow.

    Nodes with few neighbours go first, so that a lumen shared by all cells causes no fill-in.
    """
    size = C.rows
    rows = [
        [*C.row(i), *(sp.S.One if k == i else sp.S.Zero for k in range(size))] for i in range(size)
    ]
    for k in sorted(range(size), key=lambda i: sum(x != 0 for x in C.row(i))):
        rows[k] = [x / rows[k][k] for x in rows[k]]
        for i in range(size):
            if i != k and rows[i][k] != 0:
                rows[i] = [x - rows[i][k] * y for x, y in zip(rows[i], rows[k], strict=True)]
    return sp.Matrix([row[size:] for row in rows])


def column(
    process: Process, rows: Mapping[sp.Symbol, str], names: Container[str]
) -> dict[str, sp.Expr]:
    """The process's column of N by name of the state: amounts [mol/mol], charges [C/mol], volumes
    [m³/mol].

    ``rows`` are names of states by symbol, ``names`` the same names.
    """
    column: dict[str, sp.Expr] = {}
    for participant, n in process.net.items():
        if participant.row in names:
            column[participant.row] = (
                column.get(participant.row, sp.S.Zero) + n * participant.per_mole
            )
    for place, z in process.charge_moved.items():
        name = rows.get(symbols.charge(place), "")
        if name:
            column[name] = (z if isinstance(z, sp.Expr) else exact(z)) * symbols.F
    return column


def parts(column: Mapping[str, sp.Expr], carried: Iterable[sp.Symbol]) -> list[dict[str, sp.Expr]]:
    """A column as constant ones: without what it carries, and per mole of each solute carried.

    What every one of these conserves, the column conserves whatever it carries.
    """
    symbols_of = list(carried)
    if not symbols_of:
        return [dict(column)]
    none = dict.fromkeys(symbols_of, sp.S.Zero)
    first = {row: c.xreplace(none) for row, c in column.items()}
    rest = [{row: sp.diff(c, s) for row, c in column.items()} for s in symbols_of]
    return [{row: c for row, c in part.items() if c != 0} for part in (first, *rest)]


def invariants(
    rows: Sequence[str], columns: Sequence[dict[str, Fraction]]
) -> list[dict[str, Fraction]]:
    """A basis of the left null space of N, exact, by sparse elimination: every Σ weight·row is
    constant along any run.
    """
    # reduce columns to echelon form; the free rows then give one invariant each
    pivots: dict[str, dict[str, Fraction]] = {}
    order = {r: i for i, r in enumerate(rows)}
    for original in columns:
        vector = dict(original)
        for pivot in sorted((r for r in vector if r in pivots), key=order.__getitem__):
            vector = _eliminate(vector, pivots[pivot], pivot)
        vector = {r: v for r, v in vector.items() if v}
        while any(r in pivots for r in vector):
            pivot = next(r for r in vector if r in pivots)
            vector = _eliminate(vector, pivots[pivot], pivot)
        if not vector:
            continue
        pivot = min(vector, key=order.__getitem__)
        scaled = {r: v / vector[pivot] for r, v in vector.items()}
        for other, theirs in list(pivots.items()):
            if pivot in theirs:
                pivots[other] = _eliminate(theirs, scaled, pivot)
        pivots[pivot] = scaled
    basis = []
    for free in rows:
        if free not in pivots:
            weights = {free: Fraction(1)} | {
                p: -vector[free] for p, vector in pivots.items() if vector.get(free)
            }
            basis.append({r: weights[r] for r in rows if r in weights})
    return basis


def _eliminate(
    vector: dict[str, Fraction], by: dict[str, Fraction], pivot: str
) -> dict[str, Fraction]:
    factor = vector.get(pivot, Fraction(0))
    difference = {
        r: vector.get(r, Fraction(0)) - factor * by.get(r, Fraction(0)) for r in {**vector, **by}
    }
    return {r: v for r, v in difference.items() if v}
