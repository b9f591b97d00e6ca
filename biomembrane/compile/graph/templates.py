"""Stencils: what the rules made of nodes of some kinds is made again of other nodes of the same
kinds, without asking the rules.

A rule looks at kinds alone, except that a − a is 0.  So the rules are asked once, with stand-ins
that share nothing, and what they do is kept as steps: look up an argument, put a node.  Where a
difference turns out to be of a node with itself the rules are asked after all.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from operator import gt
from typing import Any

from .construction_rules import Kinds, Node, Rules

FEW = 16  # rows from which a stencil takes less time than the rules
Ask = Callable[[Rules, Sequence[int]], list[int]]
SORTED, ORDERED, DIFFERENCE, SINGLE, ARGUMENT, OTHER = range(6)


@dataclass(frozen=True, eq=False)
class Stencil:
    """``steps``: (code, operation, slots or slot and place, kind, free); slots hold the
    ``constants``, the inputs, then what each step gives; ``results`` are the slots of what is asked
    for.
    """

    constants: tuple[int, ...]
    steps: tuple[tuple[int, str, Any, Any, int, bool], ...]
    results: tuple[int, ...]


class _Opened(list[Node]):
    """Nodes among which stand-ins get their arguments when they are looked at."""

    def __init__(self, sketch: _Sketch) -> None:
        super().__init__()
        self.sketch = sketch

    def __getitem__(self, i: Any) -> Any:
        if i in self.sketch.closed:
            self.sketch.open(i)
        return super().__getitem__(i)


class _Sketch(Rules):
    """A graph of stand-ins; ``parents`` tells from which argument of which node each one comes."""

    def __init__(self, known: Kinds) -> None:
        self.closed: set[int] = set()
        self.parents: dict[int, tuple[int, int]] = {}
        super().__init__(known)
        self.known: Kinds = known
        self.nodes = _Opened(self)
        self.nodes.extend([("const", 0.0), ("const", 1.0)])

    def stand_in(self, kind: int) -> int:
        node = self.known.nodes[kind]
        if node[0] == "const":
            return self.const(node[1])
        kinds = self.kinds
        made = len(kinds)
        self.closed.add(made)
        self.nodes.append(node)
        kinds.append(kind)
        self.values.append(None)
        self.free.append(self.known.free[kind])
        return made

    def open(self, i: int) -> None:
        """Give a stand-in its arguments."""
        self.closed.discard(i)
        op, *kinds = self.known.nodes[self.kinds[i]]
        if op != "in":
            arguments = [self.stand_in(k) for k in kinds]
            for place, argument in enumerate(arguments, 1):
                self.parents.setdefault(argument, (i, place))
            self.nodes[i] = (op, *arguments)


@dataclass
class _Batch:
    """A stencil at work in many rows: a column for each slot, rows of which a difference is of a
    node with itself, and whether some sum or product stands the other way round than in the sketch,
    so that kinds must be looked up.
    """

    columns: list[Sequence[int]]
    same: set[int] = field(default_factory=set)
    turned: bool = False


class Stencils:
    """The stencils of a graph."""

    def __init__(self, rules: Rules) -> None:
        self.rules, self.known = rules, rules.known
        self._cut: dict[tuple[Hashable, tuple[int, ...]], Stencil] = {}

    def many(self, key: Hashable, inputs: Sequence[Sequence[int]], ask: Ask) -> list[Sequence[int]]:
        """What ``ask`` makes of rows of input nodes, row by row; ``key`` tells the cases apart."""
        if len(inputs) < FEW:
            return [ask(self.rules, row) for row in inputs]
        kinds = self.rules.kinds
        cases: dict[tuple[int, ...], list[int]] = {}
        for n, row in enumerate(inputs):
            cases.setdefault(tuple([kinds[i] for i in row]), []).append(n)
        if len(cases) == 1:
            return self._all(key, next(iter(cases)), inputs, ask)
        made: list[Sequence[int]] = [()] * len(inputs)
        for case, rows in cases.items():
            for n, row in zip(
                rows, self._all(key, case, [inputs[n] for n in rows], ask), strict=True
            ):
                made[n] = row
        return made

    def _all(
        self, key: Hashable, case: tuple[int, ...], inputs: Sequence[Sequence[int]], ask: Ask
    ) -> list[Sequence[int]]:
        """Of inputs of one case."""
        if len(inputs) < FEW:
            return [ask(self.rules, row) for row in inputs]
        stencil = self._stencil(key, case, ask)
        batch = _Batch(
            [[c] * len(inputs) for c in stencil.constants] + [*zip(*inputs, strict=True)]
        )
        for step in stencil.steps:
            batch.columns.append(self._column(step, batch))
        made: list[Sequence[int]] = [
            *zip(*(batch.columns[slot] for slot in stencil.results), strict=True)
        ]
        for k in batch.same:
            made[k] = ask(self.rules, inputs[k])
        return made

    def _column(self, step: tuple[int, str, Any, Any, int, bool], batch: _Batch) -> list[int]:
        """One step for all."""
        code, op, a, b, kind, free = step
        rules, m = self.rules, batch.columns
        if code == ARGUMENT:
            nodes = rules.nodes
            return [nodes[i][b] for i in m[a]]
        if code == SORTED:
            wanted: list[Node] = [
                (op, x, y) if x < y else (op, y, x) for x, y in zip(m[a], m[b], strict=True)
            ]
            batch.turned |= any(map(gt, m[a], m[b]))
        elif code == OTHER:
            wanted = [(op, *row) for row in zip(*(m[k] for k in a), strict=True)]
        else:
            wanted = [*zip(itertools.repeat(op), m[a], *([] if code == SINGLE else [m[b]]))]
        if code == DIFFERENCE:
            batch.same.update(k for k, node in enumerate(wanted) if node[1] == node[2])
        found = [*map(rules.index.get, wanted)]
        if None in found:
            fresh = found.count(None) == len(found)
            new = dict.fromkeys(
                wanted
                if fresh
                else [node for node, i in zip(wanted, found, strict=True) if i is None]
            )
            kinds = rules.kinds  # of the nodes so far
            numbers = range(len(rules.nodes), len(rules.nodes) + len(new))
            rules.index.update(zip(new, numbers, strict=True))
            rules.nodes.extend(new)
            if not batch.turned:
                kinds.extend([kind] * len(new))
            rules.values.extend([None] * len(new))
            rules.free.extend([free] * len(new))
            found = (
                [*numbers] if fresh and len(new) == len(wanted) else [*map(rules.index.get, wanted)]
            )
        return found  # type: ignore[return-value]

    def _stencil(self, key: Hashable, case: tuple[int, ...], ask: Ask) -> Stencil:
        """The stencil of a case, cut when it first comes up: then all of the case are numbered
        alike.
        """
        found = self._cut.get((key, case))
        if found is None:
            sketch = _Sketch(self.known)
            inputs = [sketch.stand_in(k) for k in case]
            found = self._cut[key, case] = _Cutter(self.rules, sketch, inputs).cut(
                ask(sketch, inputs)
            )
        return found


class _Cutter:
    """Reads the steps off a sketch."""

    def __init__(self, rules: Rules, sketch: _Sketch, inputs: Sequence[int]) -> None:
        self.rules, self.sketch, self.inputs = rules, sketch, inputs
        self.steps: list[tuple[int, str, Any, Any, int, bool]] = []

    def cut(self, results: Sequence[int]) -> Stencil:
        sketch = self.sketch
        needed, stack = set[int](), [*results]
        given = set(self.inputs)
        while stack:
            i = stack.pop()
            if i not in needed:
                needed.add(i)
                if sketch.values[i] is None and i not in given:
                    stack.extend(
                        [sketch.parents[i][0]]
                        if i in sketch.parents
                        else list.__getitem__(sketch.nodes, i)[1:]
                    )
        fixed = sorted(i for i in needed if sketch.values[i] is not None and i not in given)
        constants = tuple(self.rules.const(float(sketch.values[i] or 0.0)) for i in fixed)
        self.slots = {i: k for k, i in enumerate(fixed)}
        for k, i in enumerate(self.inputs):
            self.slots.setdefault(i, len(fixed) + k)
        self.next = len(fixed) + len(self.inputs)
        for i in sorted(needed):
            self.slot(i)
        return Stencil(constants, tuple(self.steps), tuple(self.slots[i] for i in results))

    def slot(self, i: int) -> int:
        """Where the node of a sketch will be, with the step that brings it there."""
        if i in self.slots:
            return self.slots[i]
        sketch = self.sketch
        kind, free = sketch.kinds[i], sketch.free[i]
        if i in sketch.parents:
            parent, place = sketch.parents[i]
            self.steps.append((ARGUMENT, "", self.slot(parent), place, kind, free))
        else:
            op, *arguments = list.__getitem__(sketch.nodes, i)
            slots = [self.slot(a) for a in arguments]
            self.steps.append(self._step(op, arguments, slots, kind, free))
        self.slots[i] = self.next
        self.next += 1
        return self.slots[i]

    def _step(
        self, op: str, arguments: list[int], slots: list[int], kind: int, free: bool
    ) -> tuple[int, str, Any, Any, int, bool]:
        if len(slots) == 1:
            return SINGLE, op, slots[0], None, kind, free
        if len(slots) != 2:
            return OTHER, op, tuple(slots), None, kind, free
        swaps = op == "add" or (op == "mul" and self.sketch.swaps(*arguments))
        return (
            DIFFERENCE if op == "sub" else SORTED if swaps else ORDERED,
            op,
            slots[0],
            slots[1],
            kind,
            free,
        )
