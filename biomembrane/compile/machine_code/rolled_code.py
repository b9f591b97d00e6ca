"""Rolled code for large models: what repeats from cell to cell is one function body, run in a loop
over cells.

A body is straight code in registers that finds what it reads and writes by a table of offsets.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..graph.arrays import OPS, Whole
from ..llvm.ir import LANES, VEC, Function, splat
from ..numpy_functions import NEAR, TANH
from .partition import FIXED, NONE, Partition
from .tape import LEAF, POINTERS, SCRATCH

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


class TableFunction(Function):
    """A function of pointers with constant tables; intermediate values take ``scratch`` rows of one
    of its arrays.
    """

    scratch = 0

    def __init__(self, name: str, pointers: Sequence[str]) -> None:
        super().__init__(name, ", ".join(f"ptr noalias {p}" for p in pointers))
        self.parts: list[str] = []

    def table(self, name: str, values: Sequence[int]) -> str:
        """A constant table of integers."""
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


class RolledFunction(TableFunction):
    """A function that runs the bundles of a partition, as loops over bodies with tables; scratch
    begins at row ``base[1]`` of pointer ``base[0]``.
    """

    def __init__(
        self, partition: Partition, name: str, pointers: Sequence[str], base: tuple[str, int]
    ) -> None:
        super().__init__(name, pointers)
        self.pointers, self._partition = pointers, partition
        self.scratch = self._slots()
        self._quick = self._partition.unoptimised()
        self.do(f"getelementptr inbounds {VEC}, ptr {base[0]}, i64 {base[1]}")
        w = f"%r{self.count}"
        passed = ", ".join(f"ptr {p}" for p in (*pointers, w))
        signature = self._partition.signature[self._partition.order]
        widths = {}
        for number in np.unique(signature).tolist():
            bundles = self._partition.order[signature == number]
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
        """Assign scratch rows in the order of execution; returns how many."""
        c = self._partition
        turn = np.empty(len(c.order), dtype=np.int64)
        turn[c.order] = np.arange(len(c.order))
        kept = np.flatnonzero(c.exports[1] == SCRATCH)
        kept = kept[np.argsort(turn[c.home[c.exports[0, kept]]], kind="stable")]
        self._kept = np.full(len(c.home), -1)
        self._kept[c.exports[0, kept]] = np.arange(len(kept))
        c.exports[2, kept] = np.arange(len(kept))
        return len(kept)

    def _places(self, bundles: Whole) -> tuple[list[int], Whole]:
        """Pointers of imports and exports, and their rows (bundle, import or export)."""
        c = self._partition
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
        c = self._partition
        arguments = ", ".join(f"ptr noalias {p}" for p in (*self.pointers, "%w", "%table"))
        f = Function(
            f"{self.name}.{c.signature[b]}",
            f"{arguments}, i64 %count",
            attributes=_QUICK if self._quick[b] else "#0",
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
                for a in (x for x in args if x != NONE):
                    if a < 0 and a > FIXED and a not in read:
                        read[a] = f.load(place(-1 - a))
                    given.append(
                        value[a]
                        if a >= 0
                        else read[a]
                        if a > FIXED
                        else splat(c.constants[FIXED - a])
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
    """Rows of the columns that are kept, the anchors, and (anchor, distance) of every column: most
    have the same distance in all bundles.
    """
    kept: list[int] = []
    # columns that change alike from bundle to bundle differ by a constant
    known: dict[tuple[int, bytes], tuple[int, int]] = {}
    shifts: list[tuple[int, int]] = []
    for c, source in enumerate(sources):
        course = (source, (rows[:, c] - rows[0, c]).tobytes())
        if course not in known:
            known[course] = len(kept), int(rows[0, c])
            kept.append(c)
        anchor, start = known[course]
        shifts.append((anchor, int(rows[0, c]) - start))
    return rows[:, kept], shifts
