"""Outputs of the integration loop in IR: the dense polynomials of a step, scattered lane by lane to
the times that lie in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import reduce

from ..llvm.ir import BLOCK, LANES, VEC, Function, Layout, number, splat
from . import tableau
from .tableau import INTEGRALS


class Writer:
    """A function that works on the lanes of the workspace ``%w`` by the table ``%s`` of a model;
    see :func:`.tableau.table`.

    Row r of lane l lies at r·lanes + l of its array, whatever the layout.
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

    def __init__(self, f: Function, layout: Layout, *, events: bool = False) -> None:
        self.f, self.layout = f, layout
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
        return self.f.load(self.array(name))

    def model(self, function: str, time: str, state: str, *results: str) -> None:
        arguments = [self.array(a) for a in (time, state, "c", *results)]
        self.apply(function, *arguments)

    def apply(self, function: str, *pointers: str) -> None:
        self.f.say(f"call void {self.code[function]}({', '.join(f'ptr {a}' for a in pointers)})")

    @contextmanager
    def over(self, blocks: str) -> Iterator[str]:
        """Run the body for each block of rows; arithmetic in it is on blocks."""
        with self.f.loop(blocks) as i:
            self.f.kind = BLOCK
            yield i
            self.f.kind = VEC

    def spread(self, x: str) -> str:
        """A lane vector for every row of a block."""
        lanes, block = self.layout.lanes, self.layout.block
        if block == 1:
            return x
        mask = ", ".join(f"i32 {k % lanes}" for k in range(lanes * block))
        return self.f.do(f"shufflevector {VEC} {x}, {VEC} poison, <{lanes * block} x i32> <{mask}>")

    def folded(self, block: str, how: Callable[[str, str], str]) -> str:
        """The rows of a block put together, a lane vector."""
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

    def empty(self, lane: str) -> str:
        """Whether some amount of a lane is zero: its potential is infinite then."""
        f = self.f
        found = f.slot("i1", "0")
        with f.loop(self.states) as i:
            y, low = (f.load(self.lane(name, lane, i), "double") for name in ("y", "low"))
            amount = f.compare("ogt", low, number(-1e299), "double")
            none = f.do(f"and i1 {amount}, {f.compare('ole', y, number(0.0), 'double')}")
            f.store(f.do(f"or i1 {none}, {f.load(found, 'i1')}"), found, "i1")
        return f.load(found, "i1")

    def enter(self, lane: str) -> None:
        """Load what holds in the part of the run that a lane is in: constants and where it stops;
        the controller starts anew, with a far smaller step where a pool is empty.
        """
        f = self.f
        instant = f.do(f"fmul double {f.load(self.lane('t', lane), 'double')}, {number(1e-14)}")
        dry = f.do(f"fmul double %h0, {number(tableau.DRY)}")
        dry = f.select(f.compare("ogt", instant, dry, "double"), instant, dry, "double")
        f.store(
            dry, self.lane("dry", lane), "double"
        )  # below that powers have no say: a bath that is empty has no bound, either
        h = f.select(self.empty(lane), dry, "%h0", "double")
        first = f.do(f"mul i64 {f.load(self.lane('job', lane), 'i64')}, %parts")
        index = f.do(f"add i64 {first}, {f.load(self.lane('part', lane), 'i64')}")
        base = f.do(f"mul i64 {index}, {self.constants}")
        with f.loop(self.constants) as i:
            self.constant(lane, i, f.get("%C", f.do(f"add i64 {base}, {i}"), "double"))
        at = f.do(f"mul i64 {index}, 2")
        stop, longest = f.get("%B", at, "double"), f.get("%B", f.do(f"add i64 {at}, 1"), "double")
        room = f.do(f"fsub double {stop}, {f.load(self.lane('t', lane), 'double')}")
        for most in (room, longest):
            h = f.select(f.compare("ogt", h, most, "double"), most, h, "double")
        for name, value in (("stop", stop), ("long", longest), ("h", h), ("err", number(-9.2))):
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
        total = self.f.mul(values[0], splat(weights[0]))
        for value, weight in zip(values[1:], weights[1:], strict=False):
            total = self.f.fma(value, splat(weight), total)
        return total


class Outputs(Writer):
    """What a driver does at output times: the first ``%upto`` rows go out.

    It has ``pending`` (a flag), and ``h`` and ``rate`` = 1/h of the step.
    """

    pending: str
    h: str
    rate: str
    wanted: str
    shown: str

    def due(self, lane: str, new: str) -> str:
        """Whether the lane's next output time is not after ``new``."""
        f = self.f
        at = f.load(self.lane("next", lane), "i64")
        left = f.do(f"icmp slt i64 {at}, %nt")
        wanted = f.do("icmp ne ptr %OUT, null")
        time = f.get("%T", f.select(left, at, "0", "i64"), "double")
        reached = f.compare("ole", time, new, "double")
        return f.do(f"and i1 {f.do(f'and i1 {left}, {wanted}')}, {reached}")

    def outputs(self) -> None:
        """The rows at each output time in the step, scattered lane by lane."""
        f = self.f
        self.wanted = f.do(f"sub i64 %upto, {self.states}")
        filled = f.do(f"add i64 {self.wanted}, {self.layout.block - 1}")
        self.shown = f.do(f"udiv i64 {filled}, {self.layout.block}")
        with f.forever() as out:
            on = f.label()
            done = f.do(f"icmp eq i64 {f.load(self.pending, 'i64')}, 0")
            f.say(f"br i1 {done}, label %{out}, label %{on}")
            f.start(on)
            self.sweep()

    def sweep(self) -> None:
        """One output time of each lane that has one due."""
        f = self.f
        with f.loop(LANES) as lane:
            f.store(number(0.0), self.lane("theta", lane), "double")
            f.store("0", self.lane("has", lane), "i64")
            with f.when(self.mine(lane)):
                at = f.load(self.lane("next", lane), "i64")
                ahead = f.do(
                    f"fsub double {f.get('%T', at, 'double')},"
                    f" {f.load(self.lane('t', lane), 'double')}"
                )
                f.store(ahead, self.lane("theta", lane), "double")
                f.store("1", self.lane("has", lane), "i64")
        theta = f.mul(self.vector("theta"), self.rate)
        self.between(theta, self.array("row"))
        self.passed(theta, self.rows_of("row", 1))
        f.store("0", self.pending, "i64")
        with f.loop(LANES) as lane:
            with f.when(f.do(f"icmp ne i64 {f.load(self.lane('has', lane), 'i64')}, 0")):
                at = f.load(self.lane("next", lane), "i64")
                self.scatter(lane, self.place(lane, at))
                f.store(f.do(f"add i64 {at}, 1"), self.lane("next", lane), "i64")
                with f.when(self.mine(lane)):
                    f.store("1", self.pending, "i64")

    def between(self, theta: str, result: str) -> None:
        """The dense output at θ of every lane."""
        f = self.f
        after = self.spread(theta)
        before = self.spread(f.sub(splat(1.0), theta))
        y, u, e = self.array("y"), self.array("u"), [self.rows_of("e", r) for r in range(3)]
        with self.over(self.state_blocks) as q:
            inner = f.fma(f.get(e[2], q), after, f.get(e[1], q))
            inner = f.fma(inner, after, f.get(e[0], q))
            inner = f.fma(inner, before, f.get(u, q))
            f.put(f.fma(inner, after, f.mul(f.get(y, q), before)), result, q)

    def passed(self, theta: str, result: str) -> None:
        """The quadratures that are wanted at θ of every lane: the integral of the cubic through the
        four nodes.
        """
        f = self.f
        weights = [
            f.mul(f.mul(f.polynomial(theta, row), theta), self.h)
            for row in INTEGRALS[:, ::-1].tolist()
        ]
        spread = [self.spread(w) for w in weights]
        q, g = self.array("q"), [self.array(f"g{j}") for j in range(4)]
        with self.over(self.shown) as i:
            value = f.get(q, i)
            for each, weight in zip(g, spread, strict=True):
                value = f.fma(f.get(each, i), weight, value)
            f.put(value, result, i)

    def scatter(self, lane: str, place: str) -> None:
        """The row of a lane to where it belongs: its states, then its quadratures, which begin a
        block of their own.
        """
        f = self.f
        for base, count, shift in (
            (self.array("row"), self.states, "0"),
            (self.rows_of("row", 1), self.wanted, self.states),
        ):
            first = f.do(f"add i64 {place}, {shift}")
            with f.loop(count) as i:
                f.store(
                    f.load(self.lane_of(base, lane, i), "double"),
                    f.at("%OUT", f.do(f"add i64 {first}, {i}"), "double"),
                    "double",
                )

    def place(self, lane: str, at: str) -> str:
        """Where the row of a job and an output time begins."""
        f = self.f
        job = f.load(self.lane("job", lane), "i64")
        first = f.do(f"mul i64 {job}, %nt")
        index = f.do(f"add i64 {first}, {at}")
        return f.do(f"mul i64 {index}, %upto")

    def mine(self, lane: str) -> str:
        """Whether the lane has accepted its step and has an output time in it."""
        f = self.f
        accepted = f.compare("oeq", f.load(self.lane("acc", lane), "double"), number(1.0), "double")
        due = self.due(lane, f.load(self.lane("new", lane), "double"))
        return f.do(f"and i1 {accepted}, {due}")
