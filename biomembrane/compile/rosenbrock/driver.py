"""The integration loop in IR: steps of eight lanes, outputs, ledger quadratures, refill, status;
see :mod:`.tableau` for the method.
"""

from __future__ import annotations

from ..llvm.ir import BLOCK, LANES, Function, Layout, splat
from .dense_output import DenseOutput
from .lane_refill import SET_PARAMETERS
from .output_writer import Output
from .step_control import StepControl
from .tableau import Tableau
from .workspace import Workspace

SIGNATURE = (
    f"{SET_PARAMETERS}, ptr noalias %T, i64 %nt, ptr noalias %OUT, i64 %upto, ptr noalias %END, ptr"
    " noalias %MID, ptr noalias %LEAST, ptr noalias %REC, i64 %most, double %rtol"
)
SETTLED = ", ptr noalias %NEW"  # further parameter of a driver with constraints


def drive(
    method: Tableau, layout: Layout, *, careful: bool = False, constrained: bool = False
) -> Function:  # fmt: skip
    """The function ``drive``: run all sets that ``next`` still gives, as many at a time as there
    are lanes.

    ``careful``: powers are corrected at every node (:meth:`.DenseOutput.corrected_integrands`), and
    no lane stops because they shorten its steps. ``constrained``: some rows are constraints, where
    M is 0.
    """
    f = Function("drive", SIGNATURE + SETTLED * constrained, "void", "#2")
    IntegrationLoop(f, method, layout, careful=careful, constrained=constrained).run()
    return f


class IntegrationLoop(StepControl):
    """The integration loop: steps of all lanes until no parameter set is left."""

    def __init__(
        self, f: Function, method: Tableau, layout: Layout, *, careful: bool = False,
        constrained: bool = False, events: bool = False
    ) -> None:  # fmt: skip
        self.f, self.w = f, Workspace(f, layout, events=events, constrained=constrained)
        self.output = Output(self.w)
        self.dense = DenseOutput(self.w, self.output, method)
        self.method, self.stages, self.careful = method, len(method.c), careful

    def run(self) -> None:
        """Emit the loop."""
        f = self.f
        self.active = f.slot("i64", "0")
        self.fresh = f.slot("i64", "1")
        self.output.pending = f.slot("i64", "0")
        self.end = f.get("%T", f.do("sub i64 %nt, 1"), "double")
        with f.loop(LANES) as lane:
            self.load_set(lane)
        with f.forever() as out:
            self.leave_when_done(out)
            with f.when(f.do(f"icmp ne i64 {f.load(self.fresh, 'i64')}, 0")):
                if self.w.constrained:
                    self.solve_constraints()
                self.dense.first_integrands()
                f.store("0", self.fresh, "i64")
            self.step()
            self.control_step()
            self.locate_events()
            self.check_lanes()
            with f.when(f.do(f"icmp ne i64 {f.load(self.output.pending, 'i64')}, 0")):
                self.output.outputs()
            self.advance()
            with f.loop(LANES) as lane:
                self.finish_step(lane)
        f.say("ret void")

    def locate_events(self) -> None:
        """Find events in the step; there are none here."""

    def leave_when_done(self, out: str) -> None:
        """Jump to ``out`` where no lane is active."""
        f = self.f
        on = f.label()
        none = f.do(f"icmp sle i64 {f.load(self.active, 'i64')}, 0")
        f.say(f"br i1 {none}, label %{out}, label %{on}")
        f.start(on)

    # --- one attempt

    def step(self) -> None:
        """Stages, dense output and integrands of one attempted step."""
        f, method = self.f, self.method
        self.w.h, self.w.t = self.w.vector("h"), self.w.vector("t")
        self.w.rate = f.div(splat(1.0), self.w.h)
        self.w.model("f_jac", "t", "y", "f", "J", "dt")
        self.check_finite()
        f.store(f.mul(self.w.rate, splat(1 / method.gamma)), self.w.array("tick"))
        self.w.apply("f_lu", self.w.array("J"), self.w.array("tick"), self.w.array("A"))
        base = {name: self.w.array(name) for name in ("y", "u", "v", "k", "f", "A", "dt", "e")}
        k = [self.w.rows_of("k", i) for i in range(self.stages)]
        rate = self.w.spread(self.w.rate)
        for i in range(self.stages):
            self.stage(i, k, base, rate)
        rows = [self.w.rows_of("e", r) for r in range(3)]
        with self.w.over(self.w.state_blocks) as q:
            at = [f.get(each, q) for each in k]
            f.put(f.add(f.get(base["u"], q), at[-1]), base["u"], q)
            for r, weights in enumerate(method.dense):
                f.put(self.w.combined(at, weights), rows[r], q)
        self.dense.correct_dense_output(k, base, rows)
        if self.careful:
            self.dense.corrected_integrands(k[2])
        else:
            self.dense.integrands()
        self.dense.estimate_quadrature_error()

    def check_finite(self) -> None:
        """Set ``odd`` to 0, or NaN where f or the Jacobian is not finite.

        With an infinite slope the stages would be zero, and the error estimate too.
        """
        f = self.f
        odd = f.slot(BLOCK, "zeroinitializer")
        for array, blocks in (
            (self.w.array("J"), self.w.jacobian_blocks),
            (self.w.array("f"), self.w.state_blocks),
        ):
            with self.w.over(blocks) as q:
                f.store(f.fma(f.get(array, q), splat(0.0), f.load(odd)), odd)
        f.store(self.w.folded(f.load(odd, BLOCK), f.add), self.w.array("odd"))

    def stage(self, i: int, k: list[str], base: dict[str, str], rate: str) -> None:
        """Stage i, into ``k[i]``."""
        f, method = self.f, self.method
        if i:
            with self.w.over(self.w.state_blocks) as q:
                if i < self.stages - 2:
                    value = f.get(base["y"], q)
                    for each, weight in zip(k, method.a[i], strict=False):
                        value = f.fma(f.get(each, q), splat(weight), value)
                else:
                    value = f.add(f.get(base["u"], q), f.get(k[i - 1], q))
                f.put(value, base["u"], q)
            f.store(f.fma(self.w.h, splat(method.c[i]), self.w.t), self.w.array("tick"))
            self.w.model("f_rhs", "tick", "u", "v")
        with self.w.over(self.w.state_blocks) as q:
            value = f.get(base["v"] if i else base["f"], q)
            if i:
                sum_ = self.w.combined([f.get(each, q) for each in k[:i]], method.C[i])
                value = f.fma(rate, sum_, value)
            f.put(value, k[i], q)
        if i:
            self.dense.copy_constraint_rows(base["v"], k[i])
        if method.d[i]:
            share = f.mul(self.w.h, splat(method.d[i]))
            with f.loop(self.w.clocks) as z:
                state = f.get(self.w.clocked, z, "i64")
                f.put(f.fma(share, f.get(base["dt"], z), f.get(k[i], state)), k[i], state)
        self.w.apply("f_solve", base["A"], k[i])
