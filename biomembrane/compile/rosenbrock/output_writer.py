"""Output of the integration loop, in IR: the dense polynomials of a step are evaluated at the
output times in it, lane by lane.
"""

from __future__ import annotations

from ..llvm.ir import LANES, number, splat
from .tableau import INTEGRALS
from .workspace import Workspace


class Output:
    """Writer of the first ``%upto`` rows at output times.

    ``pending``: a flag that is set where output times lie in the step.
    """

    pending: str
    wanted: str
    shown: str

    def __init__(self, w: Workspace) -> None:
        self.w, self.f = w, w.f

    def due(self, lane: str, new: str) -> str:
        """Whether the lane's next output time is not after ``new``."""
        f = self.f
        at = f.load(self.w.lane("next", lane), "i64")
        left = f.do(f"icmp slt i64 {at}, %nt")
        wanted = f.do("icmp ne ptr %OUT, null")
        time = f.get("%T", f.select(left, at, "0", "i64"), "double")
        reached = f.compare("ole", time, new, "double")
        return f.do(f"and i1 {f.do(f'and i1 {left}, {wanted}')}, {reached}")

    def outputs(self) -> None:
        """Write the rows at each output time in the step."""
        f = self.f
        self.wanted = f.do(f"sub i64 %upto, {self.w.states}")
        filled = f.do(f"add i64 {self.wanted}, {self.w.layout.block - 1}")
        self.shown = f.do(f"udiv i64 {filled}, {self.w.layout.block}")
        with f.forever() as out:
            on = f.label()
            done = f.do(f"icmp eq i64 {f.load(self.pending, 'i64')}, 0")
            f.say(f"br i1 {done}, label %{out}, label %{on}")
            f.start(on)
            self.next_outputs()

    def next_outputs(self) -> None:
        """Write the next output time of each lane that has one in the step."""
        f = self.f
        with f.loop(LANES) as lane:
            f.store(number(0.0), self.w.lane("theta", lane), "double")
            f.store("0", self.w.lane("has", lane), "i64")
            with f.when(self.has_output(lane)):
                at = f.load(self.w.lane("next", lane), "i64")
                ahead = f.do(
                    f"fsub double {f.get('%T', at, 'double')},"
                    f" {f.load(self.w.lane('t', lane), 'double')}"
                )
                f.store(ahead, self.w.lane("theta", lane), "double")
                f.store("1", self.w.lane("has", lane), "i64")
        theta = f.mul(self.w.vector("theta"), self.w.rate)
        self.interpolate(theta, self.w.array("row"))
        self.interpolate_quadratures(theta, self.w.rows_of("row", 1))
        f.store("0", self.pending, "i64")
        with f.loop(LANES) as lane:
            with f.when(f.do(f"icmp ne i64 {f.load(self.w.lane('has', lane), 'i64')}, 0")):
                at = f.load(self.w.lane("next", lane), "i64")
                self.scatter(lane, self.row_index(lane, at))
                f.store(f.do(f"add i64 {at}, 1"), self.w.lane("next", lane), "i64")
                with f.when(self.has_output(lane)):
                    f.store("1", self.pending, "i64")

    def interpolate(self, theta: str, result: str) -> None:
        """The dense output at θ of every lane."""
        f = self.f
        after = self.w.spread(theta)
        before = self.w.spread(f.sub(splat(1.0), theta))
        y, u, e = self.w.array("y"), self.w.array("u"), [self.w.rows_of("e", r) for r in range(3)]
        with self.w.over(self.w.state_blocks) as q:
            inner = f.fma(f.get(e[2], q), after, f.get(e[1], q))
            inner = f.fma(inner, after, f.get(e[0], q))
            inner = f.fma(inner, before, f.get(u, q))
            f.put(f.fma(inner, after, f.mul(f.get(y, q), before)), result, q)

    def interpolate_quadratures(self, theta: str, result: str) -> None:
        """Quadratures to be written, at θ of every lane: integrals of the cubic through the four
        nodes.
        """
        f = self.f
        weights = [
            f.mul(f.mul(f.polynomial(theta, row), theta), self.w.h)
            for row in INTEGRALS[:, ::-1].tolist()
        ]
        spread = [self.w.spread(w) for w in weights]
        q, g = self.w.array("q"), [self.w.array(f"g{j}") for j in range(4)]
        with self.w.over(self.shown) as i:
            value = f.get(q, i)
            for each, weight in zip(g, spread, strict=True):
                value = f.fma(f.get(each, i), weight, value)
            f.put(value, result, i)

    def scatter(self, lane: str, place: str) -> None:
        """Store the output row of a lane: its states, then its quadratures, which begin a block of
        their own.
        """
        f = self.f
        for base, count, shift in (
            (self.w.array("row"), self.w.states, "0"),
            (self.w.rows_of("row", 1), self.wanted, self.w.states),
        ):
            first = f.do(f"add i64 {place}, {shift}")
            with f.loop(count) as i:
                f.store(
                    f.load(self.w.lane_of(base, lane, i), "double"),
                    f.at("%OUT", f.do(f"add i64 {first}, {i}"), "double"),
                    "double",
                )

    def row_index(self, lane: str, at: str) -> str:
        """Index at which the row of a set and an output time begins."""
        f = self.f
        job = f.load(self.w.lane("job", lane), "i64")
        first = f.do(f"mul i64 {job}, %nt")
        index = f.do(f"add i64 {first}, {at}")
        return f.do(f"mul i64 {index}, %upto")

    def has_output(self, lane: str) -> str:
        """Whether the step of a lane is accepted and an output time lies in it."""
        f = self.f
        accepted = f.compare(
            "oeq", f.load(self.w.lane("acc", lane), "double"), number(1.0), "double"
        )
        due = self.due(lane, f.load(self.w.lane("new", lane), "double"))
        return f.do(f"and i1 {accepted}, {due}")
