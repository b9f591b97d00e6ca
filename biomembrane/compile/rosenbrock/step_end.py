"""The end of a step, in IR: accepted states are taken over, a segment or a set ends, its outcome is
recorded, and the next one starts.
"""

from __future__ import annotations

from ..llvm.ir import BIT, BLOCK, BLOCK_BIT, LANES, VEC, Function, number, splat
from . import tableau
from .dense_output import DenseOutput
from .output_writer import Output
from .tableau import INTEGRALS
from .workspace import Workspace

ROUNDS, SETTLED, HEAVY = 30, 1e-8, 1e30  # of Newton's method: iterations, the last correction, M/h
TURNED = 1 << 16
RECORD = 5  # status, steps, rejected, state at fault, time reached
SET_VALUES = (
    "ptr %C, ptr %B, i64 %parts, ptr %Y, ptr %TOL, ptr %LOW, ptr %DUST, ptr %next, ptr %w, ptr %s,"
    " i64 %jobs, double %h0"
)


class StepEnd:
    """What follows a step, on a workspace ``w``, with the ``dense`` output and the ``output``
    writer of a driver.
    """

    f: Function
    w: Workspace
    dense: DenseOutput
    output: Output

    active: str
    fresh: str
    end: str
    set_values = SET_VALUES
    careful: bool
    again = False  # whether sets resume after events, with the state in ``%Y``

    def load_set(self, lane: str) -> None:
        """Load the next set into a lane; counts the active lanes."""
        f = self.f
        got = f.do(f"call i64 @refill({self.set_values}, i64 {lane})")
        f.store(f.do(f"add i64 {f.load(self.active, 'i64')}, {got}"), self.active, "i64")
        self.request_integrands(lane)

    def next_set(self, lane: str) -> None:
        """Load the next set into a lane whose own has ended."""
        self.f.store(self.f.do(f"sub i64 {self.f.load(self.active, 'i64')}, 1"), self.active, "i64")
        self.load_set(lane)

    def record(self, lane: str, kind: str, state: str) -> None:
        """Write the outcome of a set: status, counts, state at fault, time, least dissipation."""
        f = self.f
        job = f.load(self.w.lane("job", lane), "i64")
        base = f.do(f"mul i64 {job}, {RECORD}")
        counts = [
            f.do(f"sitofp i64 {f.load(self.w.lane(name, lane), 'i64')} to double")
            for name in ("steps", "bad")
        ]
        for k, value in enumerate((kind, *counts, state, f.load(self.w.lane("t", lane), "double"))):
            f.store(value, f.at("%REC", f.do(f"add i64 {base}, {k}"), "double"), "double")
        start = f.do(f"mul i64 {job}, {self.w.processes}")
        with f.loop(self.w.processes) as i:
            f.store(
                f.load(self.w.lane("m", lane, i), "double"),
                f.at("%LEAST", f.do(f"add i64 {start}, {i}"), "double"),
                "double",
            )
        self.end_row(lane)

    def advance(self) -> None:
        """Advance accepted lanes by the step, and set the next h in all."""
        f = self.f
        h = self.w.spread(self.w.vector("h"))
        g = [self.w.array(f"g{j}") for j in range(4)]
        q, m = self.w.array("q"), self.w.array("m")
        weights = tuple(map(float, INTEGRALS.sum(axis=1)))
        first = f.do(f"sub i64 {self.w.quadratures}, {self.w.processes}")
        last = [self.w.array("bare")] if self.careful else [f.at(array, first) for array in g[1:]]
        with self.w.over(self.w.process_blocks) as i:
            least, taken = f.get(m, i), self.taken()
            for array in last:
                value = f.do(f"load {BLOCK}, ptr {f.at(array, i)}, align 8")
                least = f.select(
                    f.do(f"and {BLOCK_BIT} {taken}, {f.compare('olt', value, least)}"), value, least
                )
            f.put(least, m, i)
        with self.w.over(self.w.quadrature_blocks) as i:
            values = [f.get(array, i) for array in g]
            self.take(f.fma(self.w.combined(values, weights), h, f.get(q, i)), q, i)
            self.take(values[3], g[0], i)
        y, u = self.w.array("y"), self.w.array("u")
        with self.w.over(self.w.state_blocks) as i:
            self.take(f.get(u, i), y, i)
        taken = f.compare("oeq", self.w.vector("acc"), splat(1.0))
        f.store(f.select(taken, self.w.vector("new"), self.w.vector("t")), self.w.array("t"))
        f.store(f.mul(self.w.vector("h"), self.w.vector("fac")), self.w.array("h"))

    def taken(self) -> str:
        """Bits of the accepted lanes, for a block; compared again in each, since LLVM would keep
        the bits packed and unpack them each time.
        """
        accepted = self.w.spread(self.f.load(self.w.array("acc"), VEC))
        return self.f.compare("oeq", accepted, splat(1.0))

    def take(self, new: str, base: str, index: str) -> None:
        """Store a new block where the step was accepted; frozen, since LLVM would make masked
        stores of it, which are slow on most CPUs.
        """
        f = self.f
        old = f.do(f"freeze {BLOCK} {f.get(base, index)}")
        f.put(f.select(self.taken(), new, old), base, index)

    def finish_step(self, lane: str) -> None:
        """A lane at a break enters the next segment, one at the end takes the next set; for others
        h is chosen so that no tiny step is left before the end of the segment.
        """
        f = self.f
        with f.when(f.do(f"icmp sge i64 {f.load(self.w.lane('job', lane), 'i64')}, 0")):
            t, h, longest = (
                f.load(self.w.lane(name, lane), "double") for name in ("t", "h", "long")
            )
            h = f.select(f.compare("ogt", h, longest, "double"), longest, h, "double")
            stop = f.load(self.w.lane("stop", lane), "double")
            left = f.do(f"fsub double {stop}, {t}")
            over = f.compare("ole", left, f.do(f"fmul double {stop}, {number(1e-14)}"), "double")
            with f.when(over):
                last = f.compare("oge", stop, self.end, "double")
                with f.when(f.do(f"xor i1 {last}, true")):
                    self.next_segment(lane)
                with f.when(last):
                    self.record(lane, number(tableau.DONE), number(-1.0))
                    self.next_set(lane)
            with f.when(f.do(f"xor i1 {over}, true")):
                short = self.paced_step(lane, h, left)
                f.store(
                    f.select(f.compare("oge", h, left, "double"), left, short, "double"),
                    self.w.lane("h", lane),
                    "double",
                )

    def paced_step(self, _lane: str, h: str, left: str) -> str:
        """A step that leaves no tiny step before the end of the segment, which is ``left`` away."""
        f = self.f
        half = f.do(f"fmul double {left}, {number(0.5)}")
        two = f.do(f"fmul double {h}, {number(2.0)}")
        return f.select(f.compare("ogt", two, left, "double"), half, h, "double")

    def end_row(self, lane: str) -> None:
        """Write states and quadratures at the end, or where the lane stopped."""
        f = self.f
        base = f.do(f"mul i64 {f.load(self.w.lane('job', lane), 'i64')}, {self.w.rows}")
        for array, count, shift in (
            ("y", self.w.states, "0"),
            ("q", self.w.quadratures, self.w.states),
        ):
            start = f.do(f"add i64 {base}, {shift}")
            with f.loop(count) as i:
                f.store(
                    f.load(self.w.lane(array, lane, i), "double"),
                    f.at("%END", f.do(f"add i64 {start}, {i}"), "double"),
                    "double",
                )

    def next_segment(self, lane: str) -> None:
        """At a break: store the state, and enter the next segment with its constants and, where
        more than a slope changes, a small step.
        """
        f = self.f
        part = f.load(self.w.lane("part", lane), "i64")
        before = f.do(
            f"mul i64 {f.load(self.w.lane('job', lane), 'i64')}, {f.do('sub i64 %parts, 1')}"
        )
        base = f.do(f"mul i64 {f.do(f'add i64 {before}, {part}')}, {self.w.states}")
        with f.loop(self.w.states) as i:
            f.store(
                f.load(self.w.lane("y", lane, i), "double"),
                f.at("%MID", f.do(f"add i64 {base}, {i}"), "double"),
                "double",
            )
        f.store(f.do(f"add i64 {part}, 1"), self.w.lane("part", lane), "i64")
        self.w.enter_segment(lane, passing=True)
        self.request_integrands(lane, broken=True)

    def request_integrands(self, lane: str, *, broken: bool = False) -> None:
        """Request new integrands; with constraints ``fresh`` has a bit for each lane whose
        constraints must be solved, and ``TURNED`` times that bit for lanes at a break of a
        protocol.
        """
        f, mark = self.f, "1"
        if self.w.constrained:
            bits = f.do(f"shl i64 {1 + TURNED * broken}, {lane}")
            mark = f.do(f"or i64 {f.load(self.fresh, 'i64')}, {bits}")
        f.store(mark, self.fresh, "i64")

    def solve_constraints(self) -> None:
        """Newton's method for the constraints in lanes that enter a segment: M·HEAVY − J moves no
        other state.

        Where it has not converged after ROUNDS, the error of the next step tells.
        """
        f, step = self.f, self.w.rows_of("k", 0)
        rows = {name: self.w.array(name) for name in ("y", "f", "low", "J", "A", "tick")}
        fresh = f.load(self.fresh, "i64")
        with f.loop(LANES) as lane:
            own = f.do(f"and i64 {f.do(f'lshr i64 {fresh}, {lane}')}, 1")
            own = f.do(f"sitofp i64 {own} to double")
            f.store(own, self.w.lane("acc", lane), "double")
        moving, share = f.slot("i64", "1"), f.slot(VEC, "zeroinitializer")
        with f.loop(ROUNDS), f.when(f.do(f"icmp ne i64 {f.load(moving, 'i64')}, 0")):
            self.w.model("f_jac", "t", "y", "f", "J", "dt")
            f.store(splat(HEAVY), rows["tick"])
            self.w.apply("f_lu", rows["J"], rows["tick"], rows["A"])
            with self.w.over(self.w.state_blocks) as q:
                f.put(splat(0.0), step, q)
            self.dense.copy_constraint_rows(rows["f"], step)
            self.w.apply("f_solve", rows["A"], step)
            f.store(splat(1.0), share)
            with self.dense.constraints() as q:  # a tenth of an amount is left at least
                change, least = f.get(step, q), f.mul(f.get(rows["y"], q), splat(-0.9))
                amount = f.compare("ogt", f.get(rows["low"], q), splat(-1e299))
                beyond = f.do(f"and {BIT} {amount}, {f.compare('olt', change, least)}")
                before, room = f.load(share), f.div(least, change)
                beyond = f.do(f"and {BIT} {beyond}, {f.compare('olt', room, before)}")
                f.store(f.select(beyond, room, before), share)
            f.store("0", moving, "i64")
            self.apply_correction(step, f.load(share), moving)
        with f.loop(LANES) as lane:
            self.store_settled(lane, fresh)

    def store_settled(self, lane: str, fresh: str) -> None:
        """Store the states from which a lane continues: at a break into ``%NEW``, and after an
        event into ``%Y``.
        """
        f = self.f
        job, bits = f.load(self.w.lane("job", lane), "i64"), f.do(f"lshr i64 {fresh}, {lane}")
        mark = f.do(f"and i64 {bits}, {1 + TURNED}")
        busy = f.do(f"icmp sge i64 {job}, 0")

        def write(own: int, place: str, row: str) -> None:
            chosen = f.do(f"icmp eq i64 {mark}, {own}")
            base = f.do(f"mul i64 {row}, {self.w.states}")
            with f.when(f.do(f"and i1 {busy}, {chosen}")), f.loop(self.w.states) as i:
                state = f.load(self.w.lane("y", lane, i), "double")
                f.store(state, f.at(place, f.do(f"add i64 {base}, {i}"), "double"), "double")

        breaks = f.do(f"mul i64 {job}, {f.do('sub i64 %parts, 1')}")
        last = f.do(f"sub i64 {f.load(self.w.lane('part', lane), 'i64')}, 1")
        write(1 + TURNED, "%NEW", f.do(f"add i64 {breaks}, {last}"))
        if self.again:
            write(1, "%Y", job)

    def apply_correction(self, step: str, share: str, moving: str) -> None:
        """Apply a share of a correction in lanes whose constraints are solved; ``moving`` is set
        where one of them has not converged.
        """
        f, y, tol = self.f, self.w.array("y"), self.w.array("tol")
        chosen = f.compare("oeq", self.w.vector("acc"), splat(1.0))
        with self.dense.constraints() as q:
            change, old = f.get(step, q), f.get(y, q)
            f.put(f.select(chosen, f.fma(change, share, old), old), y, q)
            size, past = (
                f.do(f"call {VEC} @llvm.fabs.v{LANES}f64({VEC} {x})") for x in (change, old)
            )
            rough = f.compare("ogt", size, f.fma(past, splat(SETTLED), f.get(tol, q)))
            rough = f.do(f"and {BIT} {rough}, {chosen}")
            with f.loop(LANES) as lane, f.when(f.do(f"extractelement {BIT} {rough}, i64 {lane}")):
                f.store("1", moving, "i64")
