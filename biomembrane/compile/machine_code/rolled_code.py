"""Rolled code for large models: what repeats from cell to cell is one function body, run in a loop
over cells.

A tape is a list of scalar operations, each with an owner (a cell).  Operations of one owner that
need nothing newer from another owner form a bundle; bundles alike in structure share a body,
straight code in registers that finds what it reads and writes by a table of offsets. What occurs
too seldom to be worth a body is cut smaller, into expressions and then into single operations,
which do repeat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from ..graph.arrays import CODES, OPS, Whole, strata
from ..llvm.ir import LANES, VEC, Function, splat
from ..numpy_kernel import NEAR, TANH

LEAF, NOBODY = -1, 0  # owners: of loads and constants; of what belongs to no cell
FEW = 4  # bodies of fewer bundles count as seldom
BUDGET = 3000  # operations of a function that may stand in bodies that are seldom run
LONGEST = 800  # operations of such a body: LLVM's time grows faster than their number
TRIFLE = 0.04  # share of the operations that may run slowly, if that compiles faster
WIDE = 20  # nodes of one level from which they are worth taking together
CONST, LOAD = 0, 1
POINTERS = ("%t", "%y", "%c", "%f", "%J", "%d", "%g", "%s", "%A", "%b", "%w")
_PLACES = {pointer: k for k, pointer in enumerate(POINTERS)}
_W = _PLACES["%w"]
_NONE, _FIXED = (
    -(1 << 30),
    -(1 << 29),
)  # marks in the code of a bundle: no argument; constants from here down
_SUMS = [CODES[op] for op in ("add", "sub", "less")]
_QUICK = 'noinline optnone nounwind "min-legal-vector-width"="512" "prefer-vector-width"="512"'
_INFIX = {"add": "fadd", "sub": "fsub", "mul": "fmul"}
_INTRINSIC = {"abs": "fabs", "sqrt": "sqrt"}


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
    if op == "net":
        size = f.do(f"call {VEC} @llvm.fabs.v{LANES}f64({VEC} {a[2]})")
        near = f.mul(f.mul(f.add(a[0], a[1]), a[2]), f.polynomial(f.mul(a[2], a[2]), TANH))
        return f.select(f.compare("olt", size, splat(NEAR)), near, f.sub(a[0], a[1]))
    if op == "copy":
        return a[0]
    if op == "less":
        return f.sub(a[0], f.mul(a[1], a[2]))
    return f.call(f"m_{op}", *a)


@dataclass(eq=False)
class Tape:
    """Operations, arguments first, and leaves: ``op`` as places in ``OPS``, loads from ``pointer``
    at ``index``, constants of ``value``.

    ``owner`` is LEAF for leaves; ``level`` the longest way from a leaf; ``outputs`` (3, output):
    node, pointer, index; none is a leaf.
    """

    op: Whole
    args: Whole
    value: NDArray[np.float64]
    pointer: Whole
    index: Whole
    owner: Whole
    level: Whole
    outputs: Whole


class Recorder:
    """Builds a tape operation by operation."""

    def __init__(self) -> None:
        self._rows: list[
            tuple[int, int, int, int, int, int, int]
        ] = []  # op, three arguments, pointer, index, owner
        self._values: dict[int, float] = {}
        self._level: list[int] = []
        self._outputs: list[tuple[int, int, int]] = []

    def constant(self, value: float) -> int:
        self._values[len(self._rows)] = value
        return self._leaf(CONST, -1, -1)

    def load(self, pointer: str, index: int) -> int:
        return self._leaf(LOAD, _PLACES[pointer], index)

    def _leaf(self, op: int, pointer: int, index: int) -> int:
        self._rows.append((op, -1, -1, -1, pointer, index, LEAF))
        self._level.append(0)
        return len(self._level) - 1

    def do(self, owner: int, op: str, a: int, b: int = -1, c: int = -1) -> int:
        level = self._level
        top = level[a]
        if b >= 0 and level[b] > top:
            top = level[b]
        if c >= 0 and level[c] > top:
            top = level[c]
        self._rows.append((CODES[op], a, b, c, -1, -1, owner))
        level.append(top + 1)
        return len(level) - 1

    def put(self, node: int, pointer: str, index: int, owner: int) -> None:
        """Store a node; a leaf is copied by the owner."""
        node = node if self._level[node] else self.do(owner, "copy", node)
        self._outputs.append((node, _PLACES[pointer], index))

    def tape(self) -> Tape:
        rows = np.fromiter(
            chain.from_iterable(self._rows), dtype=np.int64, count=7 * len(self._rows)
        ).reshape(-1, 7)
        value = np.zeros(len(rows))
        value[list(self._values)] = list(self._values.values())
        level, outputs = (
            np.array(self._level, dtype=np.int64),
            np.array(self._outputs, dtype=np.int64).reshape(-1, 3).T,
        )
        return Tape(
            rows[:, 0], rows[:, 1:4], value, rows[:, 4], rows[:, 5], rows[:, 6], level, outputs
        )


class Cut:
    """A tape cut into bundles, numbered by phase and owner, which is an order to run them in.

    ``home`` (node,): its bundle; ``signature`` (bundle,): equal for what shares a body; ``order``:
    the bundles as they run.
    """

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.home, phase, owner = self._bundles()
        count = len(phase)
        self.members = np.flatnonzero(self.home >= 0)
        self.members = self.members[np.argsort(self.home[self.members], kind="stable")]
        self.first = np.searchsorted(self.home[self.members], np.arange(count + 1))
        self.local = np.full(len(tape.op), -1)
        self.local[self.members] = (
            np.arange(len(self.members)) - self.first[self.home[self.members]]
        )
        self._exports()
        self._code()
        self._sign(count)
        self.order = np.lexsort((owner, self.signature, phase))

    def _bundles(self) -> tuple[Whole, Whole, Whole]:
        tape, phase = self.tape, _phases(self.tape)
        home = np.full(len(tape.op), -1)
        ops = np.flatnonzero(tape.owner >= 0)
        width = int(tape.owner.max(initial=0)) + 1
        keys, home[ops] = np.unique(phase[ops] * width + tape.owner[ops], return_inverse=True)
        return home, keys // width, keys % width

    def _exports(self) -> None:
        """Nodes that other bundles read, into scratch (index −1), and outputs, as (node, pointer,
        index) by bundle.
        """
        tape, home = self.tape, self.home
        a = tape.args[self.members]
        crosses = (a >= 0) & (home[a] >= 0) & (home[a] != home[self.members][:, None])
        shared = np.unique(a[crosses])
        made = np.concatenate(
            [np.stack([shared, np.full(len(shared), _W), np.full(len(shared), -1)]), tape.outputs],
            axis=1,
        )
        made = made[:, np.lexsort((made[2], made[1], self.local[made[0]], home[made[0]]))]
        self.exports = made
        self.first_export = np.searchsorted(home[made[0]], np.arange(len(self.first)))

    def _code(self) -> None:
        """Instructions (op, three arguments) of each bundle, and its imports in the order of their
        first use.
        """
        tape, home = self.tape, self.home
        a = tape.args[self.members]
        mine = home[self.members][:, None]
        values, number = np.unique(tape.value, return_inverse=True)
        self.constants = values.tolist()
        fixed = (a >= 0) & (tape.op[a] == CONST)
        inside = (a >= 0) & (home[a] == mine)
        foreign = (a >= 0) & ~fixed & ~inside
        keys, seen, which = np.unique(
            (mine * len(tape.op) + a)[foreign], return_index=True, return_inverse=True
        )
        turn = np.argsort(seen, kind="stable")
        rank = np.empty(len(turn), dtype=np.int64)
        rank[turn] = np.arange(len(turn))
        keys = keys[turn]
        self.imports, bundle = keys % len(tape.op), keys // len(tape.op)
        self.first_import = np.searchsorted(bundle, np.arange(len(self.first)))
        code = np.where(inside, self.local[a], np.where(fixed, _FIXED - number[a], _NONE))
        code[foreign] = self.first_import[np.broadcast_to(mine, a.shape)[foreign]] - 1 - rank[which]
        self.code = np.concatenate([tape.op[self.members][:, None], code], axis=1)
        self.sources = np.where(tape.owner[self.imports] == LEAF, tape.pointer[self.imports], _W)

    def _sign(self, count: int) -> None:
        found: dict[tuple[bytes, bytes, bytes], int] = {}
        self.signature = np.zeros(count, dtype=np.int64)
        ends = np.stack([self.local[self.exports[0]], self.exports[1]], axis=1)
        for b in range(count):
            parts = (
                self.code[self.first[b] : self.first[b + 1]].tobytes(),
                self.sources[self.first_import[b] : self.first_import[b + 1]].tobytes(),
                ends[self.first_export[b] : self.first_export[b + 1]].tobytes(),
            )
            self.signature[b] = found.setdefault(parts, len(found))

    def seldom(self) -> Whole:
        """Operations in bodies that few bundles share."""
        uses = np.bincount(self.signature)[self.signature]
        return np.asarray(self.members[uses[self.home[self.members]] < FEW])

    def long(self) -> Whole:
        """Those of them in bodies that are too long."""
        seldom = self.seldom()
        return np.asarray(seldom[np.diff(self.first)[self.home[seldom]] > LONGEST])

    def rare(self) -> NDArray[np.bool_]:
        """Bundles that are compiled without optimising, for all of them together are a trifle of
        the work.
        """
        uses = np.bincount(self.signature)[self.signature]
        return np.asarray((uses < FEW) & (len(self.seldom()) < TRIFLE * len(self.members)))


def _phases(tape: Tape) -> Whole:
    """How often the way to each node has changed its owner at most."""
    phase = np.zeros(len(tape.op), dtype=np.int64)
    if len(tape.op) > WIDE * tape.level.max(initial=0):
        for nodes in strata(tape.level)[1:]:
            a = tape.args[nodes]
            newer = np.where(
                (a >= 0) & (tape.owner[a] >= 0),
                phase[a] + (tape.owner[a] != tape.owner[nodes][:, None]),
                0,
            )
            phase[nodes] = newer.max(axis=1)
        return phase
    found, owner = phase.tolist(), tape.owner.tolist()  # a long chain: node by node
    for i, given in enumerate(tape.args.tolist()):
        for a in given:
            if a >= 0 and owner[a] >= 0:
                found[i] = max(found[i], found[a] + (owner[a] != owner[i]))
    return np.array(found, dtype=np.int64)


def cut(made: Cut) -> Cut:
    """What is left over seldom by owner, cut by expression, then by single operations; or in pieces
    if it is little but long.
    """
    for finer in (_expressions, _operations):
        seldom = made.seldom()
        if len(seldom) > BUDGET:
            made = _recut(made, seldom, finer(made.tape, seldom))
    long = made.long()
    return _recut(made, long, np.arange(len(long)) // LONGEST) if len(long) else made


def _recut(made: Cut, chosen: Whole, owner: Whole) -> Cut:
    """With new owners, from 0, of the chosen operations."""
    tape = made.tape
    tape.owner = tape.owner.copy()
    tape.owner[chosen] = tape.owner.max() + 1 + owner
    return Cut(tape)


def _expressions(tape: Tape, chosen: Whole) -> Whole:
    """The root of each node's expression: what one node alone uses, and that is no sum, goes with
    it.
    """
    inside = np.zeros(len(tape.op), dtype=bool)
    inside[chosen] = True
    user = np.arange(len(tape.op))
    used = tape.args >= 0
    uses = np.bincount(tape.args[used], minlength=len(tape.op))
    user[tape.args[used]] = np.broadcast_to(np.arange(len(tape.op))[:, None], tape.args.shape)[used]
    joins = (uses == 1) & inside & inside[user] & ~np.isin(tape.op[user], _SUMS)
    joins[tape.outputs[0]] = False
    root = np.where(joins, user, np.arange(len(tape.op)))
    while np.any(root[root] != root):
        root = root[root]
    return np.asarray(root[chosen])


def _operations(_: Tape, chosen: Whole) -> Whole:
    return chosen


class Tabled(Function):
    """A function of pointers whose text comes with tables; what it keeps between its parts are
    ``scratch`` rows of one of its arrays.
    """

    scratch = 0

    def __init__(self, name: str, pointers: Sequence[str]) -> None:
        super().__init__(name, ", ".join(f"ptr noalias {p}" for p in pointers))
        self.parts: list[str] = []

    def table(self, name: str, values: Sequence[int]) -> str:
        """A constant table of whole numbers."""
        entries = ", ".join(f"i32 {x}" for x in values)
        self.parts.append(
            f"@{self.name}.{name} = internal constant [{len(values)} x i32] [{entries}]"
        )
        return f"@{self.name}.{name}"

    def entry(self, table: str, index: str | int) -> str:
        """The index-th number of a table."""
        return _entry(self, table, index)

    def text(self) -> str:
        return "\n".join([*self.parts, super().text()])


def _entry(f: Function, table: str, index: str | int) -> str:
    at = f.at(table, index, "i32")
    return f.do(f"sext i32 {f.do(f'load i32, ptr {at}, align 4')} to i64")


class Rolled(Tabled):
    """Bundles as bodies and tables, run in order; scratch begins at row ``base[1]`` of pointer
    ``base[0]``.
    """

    def __init__(
        self, made: Cut, name: str, pointers: Sequence[str], base: tuple[str, int]
    ) -> None:
        super().__init__(name, pointers)
        self.pointers, self._cut = pointers, made
        self.scratch = self._slots()
        self._rare = self._cut.rare()
        self.do(f"getelementptr inbounds {VEC}, ptr {base[0]}, i64 {base[1]}")
        w = f"%r{self.count}"
        passed = ", ".join(f"ptr {p}" for p in (*pointers, w))
        signature = self._cut.signature[self._cut.order]
        widths = {}
        for number in np.unique(signature).tolist():
            bundles = self._cut.order[signature == number]
            sources, rows = self._places(bundles)
            table, shifts = _anchors(rows, sources)
            widths[number] = table.shape[1]
            self.table(f"t{number}", table.ravel().tolist())
            self.parts.append(
                self._body(
                    int(bundles[0]), [POINTERS[s] for s in sources], shifts, table.shape[1]
                ).text()
            )
        done = dict.fromkeys(widths, 0)
        turns = np.flatnonzero(np.diff(signature, prepend=-1, append=-1))
        for start, end in zip(turns[:-1].tolist(), turns[1:].tolist(), strict=True):
            number = int(signature[start])
            at = self.do(
                f"getelementptr inbounds i32, ptr @{name}.t{number}, i64"
                f" {done[number] * widths[number]}"
            )
            self.say(f"call void @{name}.{number}({passed}, ptr {at}, i64 {end - start})")
            done[number] += end - start
        self.say("ret void")

    def _slots(self) -> int:
        """Give what goes into scratch its rows, in the order of running."""
        c = self._cut
        turn = np.empty(len(c.order), dtype=np.int64)
        turn[c.order] = np.arange(len(c.order))
        kept = np.flatnonzero(c.exports[1] == _W)
        kept = kept[np.argsort(turn[c.home[c.exports[0, kept]]], kind="stable")]
        self._kept = np.full(len(c.home), -1)
        self._kept[c.exports[0, kept]] = np.arange(len(kept))
        c.exports[2, kept] = np.arange(len(kept))
        return len(kept)

    def _places(self, bundles: Whole) -> tuple[list[int], Whole]:
        """Pointers of imports and exports, and their rows (bundle, import or export)."""
        c = self._cut
        b = int(bundles[0])
        imports = c.first_import[bundles][:, None] + np.arange(
            c.first_import[b + 1] - c.first_import[b]
        )
        exports = c.first_export[bundles][:, None] + np.arange(
            c.first_export[b + 1] - c.first_export[b]
        )
        nodes = c.imports[imports]
        rows = np.concatenate(
            [
                np.where(c.tape.owner[nodes] == LEAF, c.tape.index[nodes], self._kept[nodes]),
                c.exports[2][exports],
            ],
            axis=1,
        )
        return [*c.sources[imports[0]].tolist(), *c.exports[1][exports[0]].tolist()], rows

    def _body(
        self, b: int, sources: list[str], shifts: list[tuple[int, int]], width: int
    ) -> Function:
        """The loop over bundles like ``b``; ``shifts`` gives (anchor, rows) of every import and
        export.
        """
        c = self._cut
        arguments = ", ".join(f"ptr noalias {p}" for p in (*self.pointers, "%w", "%table"))
        f = Function(
            f"{self.name}.{c.signature[b]}",
            f"{arguments}, i64 %count",
            attributes=_QUICK if self._rare[b] else "#0",
        )
        f.head = f.head.replace("define void", "define internal void")
        reads = int(c.first_import[b + 1] - c.first_import[b])
        with f.loop("%count") as i:
            row = f.at("%table", f.do(f"mul i64 {i}, {width}"), "i32")
            place = _Places(f, row, sources, shifts)
            value: list[str] = []
            read: dict[int, str] = {}
            for op, *args in c.code[c.first[b] : c.first[b + 1]].tolist():
                given = []
                for a in (x for x in args if x != _NONE):
                    if a < 0 and a > _FIXED and a not in read:
                        read[a] = f.load(place(-1 - a))
                    given.append(
                        value[a]
                        if a >= 0
                        else read[a]
                        if a > _FIXED
                        else splat(c.constants[_FIXED - a])
                    )
                value.append(instruction(f, OPS[op], given))
            ends = c.exports[0, c.first_export[b] : c.first_export[b + 1]]
            for k, which in enumerate(c.local[ends].tolist()):
                f.store(value[which], place(reads + k))
        f.say("ret void")
        return f


class _Places:
    """Addresses of the columns of a table row, each anchor loaded once."""

    def __init__(
        self, f: Function, row: str, sources: list[str], shifts: list[tuple[int, int]]
    ) -> None:
        self.f, self.row, self.sources, self.shifts = f, row, sources, shifts
        self.anchors: dict[int, str] = {}

    def __call__(self, column: int) -> str:
        f, (anchor, shift) = self.f, self.shifts[column]
        if anchor not in self.anchors:
            self.anchors[anchor] = f.at(self.sources[column], _entry(f, self.row, anchor))
        return f.at(self.anchors[anchor], shift) if shift else self.anchors[anchor]


def _anchors(rows: Whole, sources: Sequence[int]) -> tuple[Whole, list[tuple[int, int]]]:
    """Rows of the columns that are kept, and (kept column, distance) of every column: most keep
    their distance in all bundles.
    """
    kept: list[int] = []
    found: dict[
        tuple[int, bytes], tuple[int, int]
    ] = {}  # columns of one course differ by a constant
    shifts: list[tuple[int, int]] = []
    for c, source in enumerate(sources):
        course = (source, (rows[:, c] - rows[0, c]).tobytes())
        if course not in found:
            found[course] = len(kept), int(rows[0, c])
            kept.append(c)
        anchor, start = found[course]
        shifts.append((anchor, int(rows[0, c]) - start))
    return rows[:, kept], shifts
