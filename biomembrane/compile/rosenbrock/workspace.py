"""The workspace of the integration loop, in IR: arrays of lane vectors, the functions of the model,
and the start of a segment in a lane.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import reduce

from ..llvm.ir import BLOCK, LANES, VEC, Function, Layout, number, splat
from . import tableau


class Workspace:
    """The workspace ``%w`` with the table ``%s`` of a model, as a function sees it; see
    :func:`.tableau.table`.

    ``h``, ``t`` and ``rate`` = 1/h are those of the step that a driver takes; ``constrained``: some
    rows of M are 0.  Row r of lane l lies at r·lanes + l of its array, whatever the layout.
    """

    states: str
    quadratures: str
    processes: str
    constants: str
    clocks: str
    entries: str
    drifts: str
    state_blocks: str
    quadrature_blocks: str
    process_blocks: str
    jacobian_blocks: str
    events: str
    h: str
    t: str
    rate: str

    def __init__(
        self, f: Function, layout: Layout, *, events: bool = False, constrained: bool = False
    ) -> None:
        self.f, self.layout, self.constrained = f, layout, constrained
        sizes, arrays, functions = tableau.names(events=events)
        for k, name in enumerate(sizes):
            setattr(self, name, f.get("%s", k, "i64"))
        first = len(sizes) + len(arrays)
        self.base = {
            name: f.at("%w", f.get("%s", len(sizes) + k, "i64")) for k, name in enumerate(arrays)
        }
        self.code = {name: f.get("%s", first + k, "ptr") for k, name in enumerate(functions)}
        self.clocked = f.at("%s", first + len(functions), "i64")
        self.rows = f.do(f"add i64 {self.states}, {self.quadratures}")

    def array(self, name: str) -> str:
        """Pointer to an array of the workspace."""
        return self.base[name]

    def rows_of(self, name: str, index: int) -> str:
        """Pointer to the index-th group of rows, one for each state, of an array."""
        return self.f.at(self.base[name], self.f.do(f"mul i64 {self.state_blocks}, {index}"), BLOCK)

    def lane(self, name: str, lane: str, row: str | int = 0) -> str:
        """Pointer to one lane of a row."""
        return self.lane_of(self.array(name), lane, row)

    def lane_of(self, base: str, lane: str, row: str | int) -> str:
        """Pointer to one lane of a row behind ``base``."""
        start = self.f.do(f"mul i64 {row}, {LANES}")
        return self.f.at(base, self.f.do(f"add i64 {start}, {lane}"), "double")

    def vector(self, name: str) -> str:
        """Value of an array of one row."""
        return self.f.load(self.array(name))

    def model(self, function: str, time: str, state: str, *results: str) -> None:
        """Call a function of the model at a time and a state."""
        arguments = [self.array(a) for a in (time, state, "c", *results)]
        self.apply(function, *arguments)

    def apply(self, function: str, *pointers: str) -> None:
        """Call a function of the model with these pointers."""
        self.f.say(f"call void {self.code[function]}({', '.join(f'ptr {a}' for a in pointers)})")

    @contextmanager
    def over(self, blocks: str) -> Iterator[str]:
        """Run the body for each block of rows; arithmetic in it is on blocks."""
        with self.f.loop(blocks) as i:
            self.f.kind = BLOCK
            yield i
            self.f.kind = VEC

    def spread(self, x: str) -> str:
        """A lane vector repeated for every row of a block."""
        lanes, block = self.layout.lanes, self.layout.block
        if block == 1:
            return x
        mask = ", ".join(f"i32 {k % lanes}" for k in range(lanes * block))
        return self.f.do(f"shufflevector {VEC} {x}, {VEC} poison, <{lanes * block} x i32> <{mask}>")

    def folded(self, block: str, how: Callable[[str, str], str]) -> str:
        """Reduce the rows of a block to a lane vector."""
        lanes, rows = self.layout.lanes, self.layout.block
        masks = (
            ", ".join(f"i32 {row * lanes + lane}" for lane in range(lanes)) for row in range(rows)
        )
        parts = (
            [block]
            if rows == 1
            else [
                self.f.do(
                    f"shufflevector {BLOCK} {block}, {BLOCK} poison, <{LANES} x i32> <{mask}>"
                )
                for mask in masks
            ]
        )
        return reduce(how, parts)

    def has_empty_pool(self, lane: str) -> str:
        """Whether an amount of a lane is zero, where its potential is infinite."""
        f = self.f
        any_empty = f.slot("i1", "0")
        with f.loop(self.states) as i:
            y, low = (f.load(self.lane(name, lane, i), "double") for name in ("y", "low"))
            amount = f.compare("ogt", low, number(-1e299), "double")
            none = f.do(f"and i1 {amount}, {f.compare('ole', y, number(0.0), 'double')}")
            f.store(f.do(f"or i1 {none}, {f.load(any_empty, 'i1')}"), any_empty, "i1")
        return f.load(any_empty, "i1")

    def enter_segment(self, lane: str, *, passing: bool = False) -> None:
        """Load constants and end of the segment that a lane is in, and reset the controller, with a
        far smaller step where a pool is empty; ``passing``: unless the longest step is written
        with a minus, as where only a slope changes, and the controller goes on.
        """
        f = self.f
        instant = f.do(f"fmul double {f.load(self.lane('t', lane), 'double')}, {number(1e-14)}")
        dry = f.do(f"fmul double %h0, {number(tableau.DRY)}")
        dry = f.select(f.compare("ogt", instant, dry, "double"), instant, dry, "double")
        f.store(
            dry, self.lane("dry", lane), "double"
        )  # in shorter steps powers are not controlled: with an empty bath they are unbounded
        h = f.select(self.has_empty_pool(lane), dry, "%h0", "double")
        first = f.do(f"mul i64 {f.load(self.lane('job', lane), 'i64')}, %parts")
        index = f.do(f"add i64 {first}, {f.load(self.lane('part', lane), 'i64')}")
        base = f.do(f"mul i64 {index}, {self.constants}")
        with f.loop(self.constants) as i:
            self.constant(lane, i, f.get("%C", f.do(f"add i64 {base}, {i}"), "double"))
        at = f.do(f"mul i64 {index}, 2")
        stop, longest = f.get("%B", at, "double"), f.get("%B", f.do(f"add i64 {at}, 1"), "double")
        room = f.do(f"fsub double {stop}, {f.load(self.lane('t', lane), 'double')}")
        kink = f.compare("olt", longest, number(0.0), "double")
        longest = f.do(f"call double @llvm.fabs.f64(double {longest})")
        calm = number(-9.2)
        if passing:
            h, calm = (
                f.select(kink, f.load(self.lane(name, lane), "double"), start, "double")
                for name, start in (("h", h), ("err", calm))
            )
        for most in (room, longest):
            h = f.select(f.compare("ogt", h, most, "double"), most, h, "double")
        for name, value in (("stop", stop), ("long", longest), ("h", h), ("err", calm)):
            f.store(value, self.lane(name, lane), "double")

    def constant(self, lane: str, row: str, value: str) -> None:
        """A constant of a lane, for the model and for the nodes of its integrands."""
        f, nodes = self.f, self.layout.nodes
        f.store(value, self.lane("c", lane, row), "double")
        for node in range(nodes if nodes > 1 else 0):
            f.store(
                value,
                self.lane(
                    "nodes_c", lane, f.do(f"add i64 {f.do(f'mul i64 {row}, {nodes}')}, {node}")
                ),
                "double",
            )

    def combined(self, values: list[str], weights: tuple[float, ...]) -> str:
        """Weighted sum."""
        total = self.f.mul(values[0], splat(weights[0]))
        for value, weight in zip(values[1:], weights[1:], strict=False):
            total = self.f.fma(value, splat(weight), total)
        return total
