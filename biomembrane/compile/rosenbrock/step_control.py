"""Error control of a step, in IR: its error norm, the next step size, and whether a lane accepts
the step, repeats it or fails.
"""

from __future__ import annotations

from ..llvm.ir import BIT, LANES, VEC, number, splat
from . import tableau
from .step_end import StepEnd


class StepControl(StepEnd):
    """Acceptance and rejection of steps of a ``method`` with so many ``stages``."""

    method: tableau.Tableau
    stages: int

    def control_step(self) -> None:
        """Error norm, factor for the next h, acceptance, and lanes in which an amount would fall
        below its floor.
        """
        f, n = self.f, self.w.states
        total = f.slot(VEC, "zeroinitializer")
        f.store(self.w.vector("odd"), total)
        k, off = self.w.rows_of("k", self.stages - 1), self.w.rows_of("k", 0)
        y, u, tol = (self.w.array(name) for name in ("y", "u", "tol"))
        rtol = f.everywhere("%rtol")
        with f.loop(n) as q:
            new = f.get(u, q)
            a, b = (
                f.do(f"call {VEC} @llvm.fabs.v{LANES}f64({VEC} {x})") for x in (f.get(y, q), new)
            )
            larger = f.select(f.compare("ogt", a, b), a, b)
            inverse = f.div(splat(1.0), f.fma(rtol, larger, f.get(tol, q)))
            part, between = (
                f.mul(f.get(k, q), inverse),
                f.mul(f.mul(f.get(off, q), splat(tableau.BETWEEN)), inverse),
            )
            f.store(f.fma(between, between, f.fma(part, part, f.load(total))), total)
        count = f.select(
            f.do(f"icmp sgt i64 {n}, 0"), n, "1", "i64"
        )  # a model of baths alone has quadratures but no state
        error = f.div(f.load(total), f.everywhere(f.do(f"sitofp i64 {count} to double")))
        wrong = f.compare("uge", error, splat(1e60))
        error = self.larger_error(error)
        error = f.select(f.compare("olt", error, splat(1e-16)), splat(1e-16), error)
        error = f.select(wrong, splat(1e30), error)
        log = f.mul(f.call("m_log", error), splat(0.5))
        before = self.w.vector("err")
        power = 1 / self.method.order
        x = f.mul(
            f.call("m_exp", f.fma(before, splat(0.08), f.mul(log, splat(0.075 - power)))),
            splat(tableau.SAFETY),
        )
        x = f.select(f.compare("olt", x, splat(tableau.SHRINK)), splat(tableau.SHRINK), x)
        x = f.select(f.compare("ogt", x, splat(tableau.GROW)), splat(tableau.GROW), x)
        fine = f.compare("ole", error, splat(1.0))
        slower = f.select(f.compare("ogt", x, splat(0.9)), splat(0.9), x)
        x = f.select(fine, x, f.select(wrong, splat(0.1), slower))
        f.store(x, self.w.array("fac"))
        f.store(f.select(fine, splat(1.0), splat(0.0)), self.w.array("acc"))
        kept = f.select(f.compare("olt", log, splat(-9.2)), splat(-9.2), log)
        f.store(f.select(fine, kept, before), self.w.array("err"))
        f.store(
            f.select(f.compare("olt", self.w.vector("under"), splat(0.0)), splat(1.0), splat(0.0)),
            self.w.array("new"),
        )
        f.store(f.select(wrong, splat(1.0), splat(0.0)), self.w.array("theta"))

    def larger_error(self, error: str) -> str:
        """The larger of the squared errors of states and of powers; ``power`` becomes 1 where the
        powers alone shorten the step.
        """
        f = self.f
        power = self.w.vector("power")
        larger = f.do(
            f"and {BIT} {f.compare('ogt', power, error)}, {f.compare('ogt', power, splat(0.1))}"
        )
        f.store(f.select(larger, splat(1.0), splat(0.0)), self.w.array("power"))
        return f.select(f.compare("ogt", power, error), power, error)

    def check_lanes(self) -> None:
        """For each lane: count the attempt, then accept, reject or stop."""
        f = self.f
        f.store("0", self.output.pending, "i64")
        with f.loop(LANES) as lane:
            job = f.load(self.w.lane("job", lane), "i64")
            accepted = f.compare(
                "oeq", f.load(self.w.lane("acc", lane), "double"), number(1.0), "double"
            )
            idle = f.do(f"icmp slt i64 {job}, 0")
            with f.when(idle):
                self.discard_step(lane)
            with f.when(f.do(f"xor i1 {idle}, true")):
                self.count("steps", lane)
                many = f.do(
                    f"icmp sgt i64 {f.load(self.w.lane('steps', lane), 'i64')}, {self.budget(lane)}"
                )
                with f.when(many):
                    self.record(lane, number(tableau.TOO_MANY), self.worst_state(lane))
                    self.next_set(lane)
                    self.discard_step(lane)
                over = "0" if self.careful else self.hand_to_careful_driver(lane, many)
                goes = f.do(f"xor i1 {f.do(f'or i1 {many}, {over}')}, true")
                with f.when(f.do(f"and i1 {goes}, {f.do(f'xor i1 {accepted}, true')}")):
                    self.count("bad", lane)
                    self.reject_step(lane)
                with f.when(f.do(f"and i1 {goes}, {accepted}")):
                    self.accept(lane)

    def budget(self, lane: str) -> str:
        """Attempts allowed for the segments started so far."""
        begun = self.f.do(f"add i64 {self.f.load(self.w.lane('part', lane), 'i64')}, 1")
        return self.f.do(f"mul i64 %most, {begun}")

    def hand_to_careful_driver(self, lane: str, many: str) -> str:
        """Count steps shortened by the powers alone; where these are too many the lane stops, for
        the careful driver to repeat it, and the bit is set.
        """
        f = self.f
        short = f.compare(
            "oeq", f.load(self.w.lane("power", lane), "double"), number(1.0), "double"
        )
        with f.when(short):
            self.count("held", lane)
        often = f.do(f"icmp sgt i64 {f.load(self.w.lane('held', lane), 'i64')}, {tableau.HELD}")
        over = f.do(f"and i1 {often}, {f.do(f'xor i1 {many}, true')}")
        with f.when(over):
            self.record(lane, number(tableau.OPEN), number(-1.0))
            self.next_set(lane)
            self.discard_step(lane)
        return over

    def discard_step(self, lane: str) -> None:
        """Mark the step as not accepted, with the same h next."""
        self.f.store(number(0.0), self.w.lane("acc", lane), "double")
        self.f.store(number(1.0), self.w.lane("fac", lane), "double")

    def count(self, name: str, lane: str) -> None:
        """Add 1 to a counter of a lane."""
        f = self.f
        at = self.w.lane(name, lane)
        f.store(f.do(f"add i64 {f.load(at, 'i64')}, 1"), at, "i64")

    def reject_step(self, lane: str) -> None:
        """After a rejected step: stop the lane where the step has become too small."""
        f = self.f
        small = f.compare(
            "olt",
            f.load(self.w.lane("h", lane), "double"),
            self.time_resolution(lane, 1e-15),
            "double",
        )
        wrong = f.compare(
            "oeq", f.load(self.w.lane("theta", lane), "double"), number(1.0), "double"
        )
        kind = f.select(wrong, number(tableau.NOT_FINITE), number(tableau.COLLAPSED), "double")
        with f.when(small):
            self.record(lane, kind, self.worst_state(lane))
            self.next_set(lane)
            self.discard_step(lane)

    def time_resolution(self, lane: str, share: float) -> str:
        """A share of the time so far plus the first step."""
        f = self.f
        sum_ = f.do(f"fadd double {f.load(self.w.lane('t', lane), 'double')}, %h0")
        return f.do(f"fmul double {sum_}, {number(share)}")

    def worst_state(self, lane: str) -> str:
        """The state with the largest relative error, or one whose error is not finite."""
        f, n = self.f, self.w.states
        best, at = f.slot("double", number(-1.0)), f.slot("double", number(0.0))
        last = self.w.rows_of("k", self.stages - 1)
        with f.loop(n) as q:
            k = f.load(self.w.lane_of(last, lane, q), "double")
            tol = f.load(self.w.lane("tol", lane, q), "double")
            size = f.do(f"call double @llvm.fabs.f64(double {f.do(f'fdiv double {k}, {tol}')})")
            with f.when(f.compare("ugt", size, f.load(best, "double"), "double")):
                f.store(
                    f.select(f.compare("uno", size, size, "double"), number(1e300), size, "double"),
                    best,
                    "double",
                )
                f.store(f.do(f"sitofp i64 {q} to double"), at, "double")
        return f.load(at, "double")

    def accept(self, lane: str) -> None:
        """Accept a step, unless an amount falls below its floor in it."""
        f = self.f
        below = f.compare("oeq", f.load(self.w.lane("new", lane), "double"), number(1.0), "double")
        with f.when(below):
            nearer = f.compare(
                "ogt",
                f.load(self.w.lane("h", lane), "double"),
                self.time_resolution(lane, 1e-12),
                "double",
            )
            with f.when(nearer):  # shorter steps towards the time when the pool is empty
                self.discard_step(lane)
                f.store(number(0.25), self.w.lane("fac", lane), "double")
            with f.when(f.do(f"xor i1 {nearer}, true")):
                self.record(lane, number(tableau.NEGATIVE), self.lowest_state(lane))
                self.next_set(lane)
                self.discard_step(lane)
        with f.when(f.do(f"xor i1 {below}, true")):
            new = f.do(
                f"fadd double {f.load(self.w.lane('t', lane), 'double')},"
                f" {f.load(self.w.lane('h', lane), 'double')}"
            )
            stop = f.load(self.w.lane("stop", lane), "double")
            near = f.do(f"fmul double {stop}, {number(1 - 1e-14)}")
            new = f.select(f.compare("ogt", new, near, "double"), stop, new, "double")
            f.store(new, self.w.lane("new", lane), "double")
            with f.when(self.output.due(lane, new)):
                f.store("1", self.output.pending, "i64")

    def lowest_state(self, lane: str) -> str:
        """The state that falls furthest below its floor in the step, in units of its tolerance."""
        f = self.f
        best, at = f.slot("double", number(0.0)), f.slot("double", number(0.0))
        with f.loop(self.w.states) as q:
            y, u, floor, tol = (
                f.load(self.w.lane(name, lane, q), "double") for name in ("y", "u", "low", "tol")
            )
            f.kind = "double"
            least = self.dense.lower_bound(
                y,
                u,
                [
                    f.load(self.w.lane_of(self.w.rows_of("e", r), lane, q), "double")
                    for r in range(3)
                ],
                number,
            )
            f.kind = VEC
            depth = f.do(f"fdiv double {f.do(f'fsub double {floor}, {least}')}, {tol}")
            with f.when(f.compare("ogt", depth, f.load(best, "double"), "double")):
                f.store(depth, best, "double")
                f.store(f.do(f"sitofp i64 {q} to double"), at, "double")
        return f.load(at, "double")
