"""Rolled code for large models: what repeats from cell to cell is one function body, run in a loop over cells.

A tape is a list of scalar operations, each with an owner (a cell).  Operations of one owner that need nothing newer from another owner form a
bundle; bundles alike in structure share a body, straight code in registers that finds what it reads and writes by a table of offsets.
What occurs too seldom to be worth a body is cut smaller, into expressions and then into single operations, which do repeat.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .ir import LANES, VEC, Function, splat

LEAF, NOBODY = -1, 0  # owners: of loads and constants; of what belongs to no cell
FEW = 4  # runs of fewer bundles count as seldom
BUDGET = 1500  # operations that may stand in bodies that are seldom run
ROW = LANES * 8  # bytes
CODES = {op: k for k, op in enumerate(
    ("add", "sub", "mul", "neg", "rcp", "exp", "expm1", "log", "sin", "cos", "tanh", "abs", "sqrt", "pow", "max", "min", "select",
     "B", "B1", "B2", "copy", "less"), 100)}  # fmt: skip
_INFIX = {"add": "fadd", "sub": "fsub", "mul": "fmul"}
_INTRINSIC = {"abs": "fabs", "sqrt": "sqrt"}

Node = tuple[Any, ...]  # ("const", value) | ("load", pointer, index) | (op, *arguments)
Signature = tuple[Any, ...]  # (instructions, pointers of imports, (value, pointer) of exports)


def instruction(f: Function, op: str, a: Sequence[str]) -> str:
    """One operation on lanes; ``less`` is a − b·c."""
    if op in _INFIX:
        return f.op(_INFIX[op], a[0], a[1])
    if op == "neg":
        return f.do(f"fneg {VEC} {a[0]}")
    if op == "rcp":
        return f.div(splat(1.0), a[0])
    if op in _INTRINSIC:
        return f.do(f"call {VEC} @llvm.{_INTRINSIC[op]}.v{LANES}f64({VEC} {a[0]})")
    if op == "select":
        return f.select(f.compare("oge", a[0], splat(0.0)), a[1], a[2])
    if op in ("max", "min"):
        return f.select(f.compare("ogt" if op == "max" else "olt", a[0], a[1]), a[0], a[1])
    if op == "copy":
        return a[0]
    if op == "less":
        return f.sub(a[0], f.mul(a[1], a[2]))
    return f.call(f"m_{op}", *a)


class Tape:
    """Operations, arguments first.  ``outputs`` are (node, pointer, index)."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.owner: list[int] = []
        self.outputs: list[tuple[int, str, int]] = []
        self._leaves: dict[Node, int] = {}

    def leaf(self, *node: Any) -> int:
        """A load or a constant."""
        found = self._leaves.get(node)
        if found is None:
            found = self._leaves[node] = len(self.nodes)
            self.nodes.append(node)
            self.owner.append(LEAF)
        return found

    def op(self, owner: int, *node: Any) -> int:
        self.nodes.append(node)
        self.owner.append(owner)
        return len(self.nodes) - 1

    def put(self, node: int, pointer: str, index: int, owner: int = NOBODY) -> None:
        """Store a node; a leaf is copied by the owner."""
        self.outputs.append((self.op(owner, "copy", node) if self.owner[node] == LEAF else node, pointer, index))


@dataclass(eq=False)
class _Bundle:
    """Operations of one owner and phase: imports as nodes, exports as (node, pointer, index), index -1 in scratch."""

    phase: int
    owner: int
    members: list[int]
    signature: int = -1
    imports: Sequence[int] = ()
    exports: Sequence[tuple[int, str, int]] = ()


class _Cut:
    """A tape cut into bundles in running order."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.home: list[int] = [-1] * len(tape.nodes)
        self.bundles: list[_Bundle] = []
        self._gather()
        self.exports: list[list[tuple[str, int]]] = [[] for _ in tape.nodes]
        for i, node in enumerate(tape.nodes):
            mine = self.home[i]
            if mine >= 0:
                for a in node[1:]:
                    if self.home[a] not in (-1, mine) and not self.exports[a]:
                        self.exports[a].append(("%w", -1))
        for i, pointer, index in tape.outputs:
            self.exports[i].append((pointer, index))
        self.signatures: dict[Signature, int] = {}
        self.keys = [0] * len(tape.nodes)
        for b, bundle in enumerate(self.bundles):
            self._sign(b, bundle)
        self.order = sorted(self.bundles, key=lambda x: (x.phase, x.signature, x.owner))

    def _gather(self) -> None:
        owner, home = self.tape.owner, self.home
        phase = [0] * len(owner)
        found: dict[tuple[int, int], int] = {}
        for i, node in enumerate(self.tape.nodes):
            mine = owner[i]
            if mine == LEAF:
                continue
            p = 0
            for a in node[1:]:
                if home[a] >= 0:
                    p = max(p, phase[a] + (owner[a] != mine))
            phase[i] = p
            home[i] = found.setdefault((p, mine), len(self.bundles))
            if home[i] == len(self.bundles):
                self.bundles.append(_Bundle(p, mine, []))
            self.bundles[home[i]].members.append(i)

    def _sign(self, b: int, bundle: _Bundle) -> None:
        """Structure of a bundle with its arguments in an order of their own, free of how the graph sorted them."""
        nodes, home, keys = self.tape.nodes, self.home, self.keys
        arguments: dict[int, tuple[int, ...]] = {}
        for i in bundle.members:
            op, *args = nodes[i]
            marks = [keys[a] if home[a] == b else self._mark(a) for a in args]
            if op in ("add", "mul") and marks[1] < marks[0]:
                args.reverse()
                marks.reverse()
            keys[i] = hash((CODES[op], *marks))
            arguments[i] = tuple(args)
        roots = sorted((i for i in bundle.members if self.exports[i]), key=lambda i: (keys[i], i))
        local: dict[int, int] = {}
        imports: dict[int, int] = {}
        code: list[tuple[Any, ...]] = []
        stack = roots[::-1]
        while stack:
            i = stack[-1]
            if i in local:
                stack.pop()
                continue
            pending = [a for a in arguments[i] if home[a] == b and a not in local]
            if pending:
                stack.extend(reversed(pending))
                continue
            stack.pop()
            said: list[Any] = [nodes[i][0]]
            for a in arguments[i]:
                if home[a] == b:
                    said.append(local[a])
                elif nodes[a][0] == "const":
                    said.append(("const", nodes[a][1]))
                else:
                    said.append(-1 - imports.setdefault(a, len(imports)))
            local[i] = len(code)
            code.append(tuple(said))
        bundle.imports = list(imports)
        bundle.exports = [(i, pointer, index) for i in roots for pointer, index in self.exports[i]]
        pointers = tuple(nodes[a][1] if home[a] == -1 else "%w" for a in imports)
        signature = (tuple(code), pointers, tuple((local[i], pointer) for i, pointer, _ in bundle.exports))
        bundle.signature = self.signatures.setdefault(signature, len(self.signatures))

    def _mark(self, a: int) -> int:
        node = self.tape.nodes[a]
        return 1 if self.home[a] >= 0 else hash((2, node[1])) if node[0] == "const" else 10 + ord(node[1][1])

    def seldom(self) -> list[int]:
        """Operations in bodies that few bundles share."""
        uses = Counter(x.signature for x in self.bundles)
        return [i for x in self.bundles if uses[x.signature] < FEW for i in x.members]

    def runs(self) -> list[tuple[int, list[_Bundle]]]:
        """Neighbours of one signature."""
        made: list[tuple[int, list[_Bundle]]] = []
        for bundle in self.order:
            if made and made[-1][0] == bundle.signature:
                made[-1][1].append(bundle)
            else:
                made.append((bundle.signature, [bundle]))
        return made


def _cut(tape: Tape, budget: int) -> _Cut:
    """Bundles by owner; what is left over seldom, by expression, then by single operations."""
    cut = _Cut(tape)
    for finer in (_expressions, _singles):
        seldom = cut.seldom()
        if len(seldom) <= budget:
            break
        first = max(tape.owner) + 1
        for i, root in zip(seldom, finer(tape, seldom), strict=True):
            tape.owner[i] = first + root
        cut = _Cut(tape)
    return cut


def _expressions(tape: Tape, chosen: list[int]) -> list[int]:
    """The root of each node's expression: what one node alone uses, and that is no sum, goes with it."""
    users: dict[int, list[int]] = {}
    inside = set(chosen)
    for i, node in enumerate(tape.nodes):
        if tape.owner[i] != LEAF:
            for a in node[1:]:
                users.setdefault(a, []).append(i)
    out = {i for i, _, _ in tape.outputs}
    root: dict[int, int] = {}
    for i in sorted(chosen, reverse=True):
        by = users.get(i, [])
        joins = len(by) == 1 and by[0] in inside and i not in out and tape.nodes[by[0]][0] not in ("add", "sub", "less")
        root[i] = root[by[0]] if joins else i
    return [root[i] for i in chosen]


def _singles(tape: Tape, chosen: list[int]) -> list[int]:
    return chosen


class Rolled(Function):
    """A function whose text comes with its bodies and tables; ``scratch`` rows follow its own at ``base``."""

    def __init__(self, tape: Tape, name: str, arguments: str, base: tuple[str, int], budget: int | None = None) -> None:
        super().__init__(name, arguments)
        self.name = name
        self._bodies: list[str] = []
        self._pointers = [a.split()[-1] for a in arguments.split(",")]
        cut = _cut(tape, BUDGET if budget is None else budget)
        runs = cut.runs()
        self.scratch, tables = _tables(tape, cut, runs)
        self.do(f"getelementptr inbounds {VEC}, ptr {base[0]}, i64 {base[1]}")
        w = f"%r{self.count}"
        layouts = {}
        for (signature, number) in cut.signatures.items():
            table, shifts = _anchors(tables[number], (*signature[1], *(pointer for _, pointer in signature[2])))
            layouts[number] = table.shape[1]
            self._bodies.append(f"@{name}.t{number} = internal constant [{table.size} x i32] [{', '.join(f'i32 {x}' for x in table.ravel().tolist())}]")
            self._bodies.append(self._body(number, signature, shifts, table.shape[1]).text())
        done: Counter[int] = Counter()
        passed = ", ".join(f"ptr {p}" for p in self._pointers)
        for number, run in runs:
            at = self.do(f"getelementptr inbounds i32, ptr @{name}.t{number}, i64 {done[number] * layouts[number]}")
            self.say(f"call void @{name}.{number}({passed}, ptr {w}, ptr {at}, i64 {len(run)})")
            done[number] += len(run)
        self.say("ret void")

    def text(self) -> str:
        return "\n".join([*self._bodies, super().text()])

    def _body(self, number: int, signature: Signature, shifts: list[tuple[int, int]], width: int) -> Function:
        """The loop over the bundles of one signature; ``shifts`` gives (anchor, bytes) of every import and export."""
        code, imports, exports = signature
        arguments = ", ".join(f"ptr noalias {p}" for p in (*self._pointers, "%w", "%table"))
        f = Function(f"{self.name}.{number}", f"{arguments}, i64 %count", attributes="#0")
        f.head = f.head.replace("define void", "define internal void")
        pointers = (*imports, *(pointer for _, pointer in exports))
        with f.loop("%count") as i:
            row = f.at("%table", f.do(f"mul i64 {i}, {width}"), "i32")
            anchors: dict[int, str] = {}

            def place(column: int) -> str:
                anchor, shift = shifts[column]
                if anchor not in anchors:
                    entry = f.at(row, anchor, "i32")
                    offset = f.do(f"sext i32 {f.do(f'load i32, ptr {entry}, align 4')} to i64")
                    anchors[anchor] = f.at(pointers[column], offset, "i8")
                return f.at(anchors[anchor], shift, "i8") if shift else anchors[anchor]

            read: dict[int, str] = {}
            value: list[str] = []
            for op, *args in code:
                given = []
                for a in args:
                    if isinstance(a, tuple):
                        given.append(splat(a[1]))
                    elif a >= 0:
                        given.append(value[a])
                    else:
                        if a not in read:
                            read[a] = f.load(place(-1 - a))
                        given.append(read[a])
                value.append(instruction(f, op, given))
            for k, (which, _) in enumerate(exports):
                f.store(value[which], place(len(imports) + k))
        f.say("ret void")
        return f


def _tables(tape: Tape, cut: _Cut, runs: list[tuple[int, list[_Bundle]]]) -> tuple[int, dict[int, NDArray[np.int64]]]:
    """Scratch rows, and by signature the row that each import and export of each bundle has at its pointer."""
    slot: dict[int, int] = {}
    rows: dict[int, list[list[int]]] = {}
    for number, run in runs:
        for bundle in run:
            for i, _, index in bundle.exports:
                if index < 0:
                    slot[i] = len(slot)
            read = [tape.nodes[a][2] if cut.home[a] == -1 else slot[a] for a in bundle.imports]
            rows.setdefault(number, []).append(read + [slot[i] if index < 0 else index for i, _, index in bundle.exports])
    return len(slot), {number: np.array(each, dtype=np.int64).reshape(len(each), -1) for number, each in rows.items()}


def _anchors(table: NDArray[np.int64], pointers: Sequence[str]) -> tuple[NDArray[np.int64], list[tuple[int, int]]]:
    """Byte offsets of the columns that are kept, and (kept column, distance) of every column: most keep their distance in all bundles."""
    kept: list[int] = []
    shifts: list[tuple[int, int]] = []
    for c, pointer in enumerate(pointers):
        for k, anchor in enumerate(kept):
            apart = table[:, c] - table[:, anchor]
            if pointers[anchor] == pointer and np.all(apart == apart[0]):
                shifts.append((k, int(apart[0]) * ROW))
                break
        else:
            shifts.append((len(kept), 0))
            kept.append(c)
    return table[:, kept] * ROW, shifts
