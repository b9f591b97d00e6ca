"""The integration loop in IR: steps of eight lanes, outputs, ledger quadratures, refill, status;
see :mod:`.tableau` for the method.
"""

from __future__ import annotations

from ..llvm.ir import BIT, BLOCK, LANES, VEC, Function, Layout, number, splat
from . import tableau
from .dense_output import DenseOutput
from .output_writer import Output
from .step_end import Landing
from .tableau import Tableau
from .workspace import Workspace

_SETS = (
    "ptr noalias %C, ptr noalias %B, i64 %parts, ptr noalias %Y, ptr noalias %TOL, ptr noalias"
    " %LOW, ptr noalias %DUST, ptr %next, ptr noalias %w, ptr noalias %s, i64 %jobs, double %h0"
)
SIGNATURE = (
    f"{_SETS}, ptr noalias %T, i64 %nt, ptr noalias %OUT, i64 %upto, ptr noalias %END, ptr noalias"
    " %MID, ptr noalias %LEAST, ptr noalias %REC, i64 %most, double %rtol"
)
RESUMED = ", ptr %RES, ptr %LIST"  # of a driver with events
SETTLED = ", ptr noalias %NEW"  # of a driver with constraints
LEFT = ("t", "part", "next", "steps", "bad", "mute")  # what a row of %RES says, before quadratures


def refill(layout: Layout, *, events: bool = False) -> Function:
    """Give lane %l the next parameter set: 1, or 0 when there is none left; a lane that never had
    one keeps sane numbers.

    ``events``: the set is the next of a list, and goes on from where an event ended its part.
    """
    f = Function("refill", f"{_SETS}{RESUMED if events else ''}, i64 %l", "i64", "#2")
    w = Workspace(f, layout, events=events)
    drawn = f.do("atomicrmw add ptr %next, i64 1 monotonic")
    empty = f.do(f"icmp sge i64 {drawn}, %jobs")
    job = f.select(empty, "0", drawn, "i64")
    if events:
        job = f.get("%LIST", job, "i64")
    f.store(job, w.lane("job", "%l"), "i64")
    f.store("0", w.lane("part", "%l"), "i64")
    f.store(number(0.0), w.lane("t", "%l"), "double")
    with f.loop(
        f.do(f"mul i64 {w.state_blocks}, {layout.block}")
    ) as i:  # rows beyond the states, whatever is in them, have no floor
        f.store(number(-1e300), w.lane("low", "%l", i), "double")
    for array, source, count in (
        ("y", "%Y", w.states),
        ("tol", "%TOL", w.states),
        ("low", "%LOW", w.states),
    ):
        base = f.do(f"mul i64 {job}, {count}")
        with f.loop(count) as i:
            f.store(
                f.get(source, f.do(f"add i64 {base}, {i}"), "double"),
                w.lane(array, "%l", i),
                "double",
            )
    f.store(f.get("%DUST", job, "double"), w.lane("dust", "%l"), "double")
    w.enter("%l")
    with f.loop(w.quadratures) as i:
        f.store(number(0.0), w.lane("q", "%l", i), "double")
    with f.loop(w.processes) as i:
        f.store(number(1e300), w.lane("m", "%l", i), "double")
    for name in ("next", "steps", "bad", "held"):
        f.store("0", w.lane(name, "%l"), "i64")
    if events:
        _resume(w, job)
    f.store(f.select(empty, "-1", job, "i64"), w.lane("job", "%l"), "i64")
    f.say(f"ret i64 {f.select(empty, '0', '1', 'i64')}")
    return f


def _resume(w: Workspace, job: str) -> None:
    """Go on from where a set was left: its row says when, in which part, with which counts, which
    events are not armed (bits), and quadratures.
    """
    f = w.f
    base = f.do(f"mul i64 {job}, {f.do(f'add i64 {w.quadratures}, {len(LEFT)}')}")
    for k, name in enumerate(LEFT):
        value = f.get("%RES", f.do(f"add i64 {base}, {k}"), "double")
        if name == "t":
            f.store(value, w.lane(name, "%l"), "double")
            continue
        whole = f.do(f"fptosi double {value} to i64")
        if name != "mute":
            f.store(whole, w.lane(name, "%l"), "i64")
            continue
        with f.loop(w.events) as e:
            bit = f.do(f"and i64 {f.do(f'lshr i64 {whole}, {e}')}, 1")
            f.store(f.do(f"sitofp i64 {bit} to double"), w.lane(name, "%l", e), "double")
    first = f.do(f"add i64 {base}, {len(LEFT)}")
    with f.loop(w.quadratures) as i:
        f.store(
            f.get("%RES", f.do(f"add i64 {first}, {i}"), "double"), w.lane("q", "%l", i), "double"
        )
    f.store(number(0.0), w.lane("aim", "%l"), "double")
    w.enter("%l")


def drive(
    method: Tableau, layout: Layout, *, careful: bool = False, constrained: bool = False
) -> Function:  # fmt: skip
    """``drive``: run all sets that ``next`` still gives, as many at a time as there are lanes.

    ``careful``: the powers are mended at every node (:meth:`.DenseOutput.agree`), and no lane is
    given up because they shorten its steps. ``constrained``: some rows are constraints, and M is
    not 1.
    """
    f = Function("drive", SIGNATURE + SETTLED * constrained, "void", "#2")
    Drive(f, method, layout, careful=careful, constrained=constrained).run()
    return f


class Drive(Landing):
    def __init__(
        self, f: Function, method: Tableau, layout: Layout, *, careful: bool = False,
        constrained: bool = False, events: bool = False
    ) -> None:  # fmt: skip
        self.f, self.w = f, Workspace(f, layout, events=events, constrained=constrained)
        self.output = Output(self.w)
        self.dense = DenseOutput(self.w, self.output, method)
        self.method, self.stages, self.careful = method, len(method.c), careful

    def run(self) -> None:
        f = self.f
        self.active = f.slot("i64", "0")
        self.fresh = f.slot("i64", "1")
        self.output.pending = f.slot("i64", "0")
        self.end = f.get("%T", f.do("sub i64 %nt, 1"), "double")
        with f.loop(LANES) as lane:
            self.draw(lane)
        with f.forever() as out:
            self.leave(out)
            with f.when(f.do(f"icmp ne i64 {f.load(self.fresh, 'i64')}, 0")):
                if self.w.constrained:
                    self.settle()
                self.dense.first_integrands()
                f.store("0", self.fresh, "i64")
            self.step()
            self.judge()
            self.look()
            self.pass_lanes()
            with f.when(f.do(f"icmp ne i64 {f.load(self.output.pending, 'i64')}, 0")):
                self.output.outputs()
            self.advance()
            with f.loop(LANES) as lane:
                self.finish(lane)
        f.say("ret void")

    def look(self) -> None:
        """What else there is to see in a step: nothing, unless there are events."""

    def leave(self, out: str) -> None:
        f = self.f
        on = f.label()
        none = f.do(f"icmp sle i64 {f.load(self.active, 'i64')}, 0")
        f.say(f"br i1 {none}, label %{out}, label %{on}")
        f.start(on)

    # --- one attempt

    def step(self) -> None:
        f, method = self.f, self.method
        self.w.h, self.w.t = self.w.vector("h"), self.w.vector("t")
        self.w.rate = f.div(splat(1.0), self.w.h)
        self.w.model("f_jac", "t", "y", "f", "J", "dt")
        self.see()
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
        self.dense.mend(k, base, rows)
        if self.careful:
            self.dense.agree(k[2])
        else:
            self.dense.integrands()
        self.dense.watch()

    def see(self) -> None:
        """Into ``odd``: 0, or NaN where f or the Jacobian is not finite.

        An infinite slope would make the stages zero, and their error.
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
            self.dense.spare(base["v"], k[i])
        if method.d[i]:
            share = f.mul(self.w.h, splat(method.d[i]))
            with f.loop(self.w.clocks) as z:
                state = f.get(self.w.clocked, z, "i64")
                f.put(f.fma(share, f.get(base["dt"], z), f.get(k[i], state)), k[i], state)
        self.w.apply("f_solve", base["A"], k[i])

    # --- error and controller

    def judge(self) -> None:
        """Error norm, the next factor of h, acceptance, and which lanes would fall below their
        floor.
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
        )  # baths alone have no state, but books
        error = f.div(f.load(total), f.everywhere(f.do(f"sitofp i64 {count} to double")))
        wrong = f.compare("uge", error, splat(1e60))
        error = self.both(error)
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

    def both(self, error: str) -> str:
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

    def pass_lanes(self) -> None:
        """Lane by lane: count, fail, and see whether outputs lie in the step."""
        f = self.f
        f.store("0", self.output.pending, "i64")
        with f.loop(LANES) as lane:
            job = f.load(self.w.lane("job", lane), "i64")
            accepted = f.compare(
                "oeq", f.load(self.w.lane("acc", lane), "double"), number(1.0), "double"
            )
            idle = f.do(f"icmp slt i64 {job}, 0")
            with f.when(idle):
                self.hold(lane)
            with f.when(f.do(f"xor i1 {idle}, true")):
                self.count("steps", lane)
                many = f.do(
                    f"icmp sgt i64 {f.load(self.w.lane('steps', lane), 'i64')}, {self.budget(lane)}"
                )
                with f.when(many):
                    self.record(lane, number(tableau.TOO_MANY), self.worst(lane))
                    self.redraw(lane)
                    self.hold(lane)
                over = "0" if self.careful else self.hand_over(lane, many)
                goes = f.do(f"xor i1 {f.do(f'or i1 {many}, {over}')}, true")
                with f.when(f.do(f"and i1 {goes}, {f.do(f'xor i1 {accepted}, true')}")):
                    self.count("bad", lane)
                    self.give_up(lane)
                with f.when(f.do(f"and i1 {goes}, {accepted}")):
                    self.accept(lane)

    def budget(self, lane: str) -> str:
        """Attempts that the parts begun so far may take."""
        begun = self.f.do(f"add i64 {self.f.load(self.w.lane('part', lane), 'i64')}, 1")
        return self.f.do(f"mul i64 %most, {begun}")

    def hand_over(self, lane: str, many: str) -> str:
        """Count what the powers alone shorten; whether that was too often, and the lane has been
        given up.
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
            self.redraw(lane)
            self.hold(lane)
        return over

    def hold(self, lane: str) -> None:
        self.f.store(number(0.0), self.w.lane("acc", lane), "double")
        self.f.store(number(1.0), self.w.lane("fac", lane), "double")

    def count(self, name: str, lane: str) -> None:
        f = self.f
        at = self.w.lane(name, lane)
        f.store(f.do(f"add i64 {f.load(at, 'i64')}, 1"), at, "i64")

    def give_up(self, lane: str) -> None:
        """After a rejected step: too small, because of an error or because nothing is finite."""
        f = self.f
        small = f.compare(
            "olt", f.load(self.w.lane("h", lane), "double"), self.instant(lane, 1e-15), "double"
        )
        wrong = f.compare(
            "oeq", f.load(self.w.lane("theta", lane), "double"), number(1.0), "double"
        )
        kind = f.select(wrong, number(tableau.NOT_FINITE), number(tableau.COLLAPSED), "double")
        with f.when(small):
            self.record(lane, kind, self.worst(lane))
            self.redraw(lane)
            self.hold(lane)

    def instant(self, lane: str, share: float) -> str:
        """A share of the time so far, or of the first step."""
        f = self.f
        sum_ = f.do(f"fadd double {f.load(self.w.lane('t', lane), 'double')}, %h0")
        return f.do(f"fmul double {sum_}, {number(share)}")

    def worst(self, lane: str) -> str:
        """The state with the largest share of the error, or the first that is not finite."""
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
        f = self.f
        below = f.compare("oeq", f.load(self.w.lane("new", lane), "double"), number(1.0), "double")
        with f.when(below):
            nearer = f.compare(
                "ogt", f.load(self.w.lane("h", lane), "double"), self.instant(lane, 1e-12), "double"
            )
            with f.when(nearer):  # walk up to where the pool is empty
                self.hold(lane)
                f.store(number(0.25), self.w.lane("fac", lane), "double")
            with f.when(f.do(f"xor i1 {nearer}, true")):
                self.record(lane, number(tableau.NEGATIVE), self.lowest(lane))
                self.redraw(lane)
                self.hold(lane)
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

    def lowest(self, lane: str) -> str:
        """The state that goes furthest below its floor in the step, in units of its tolerance."""
        f = self.f
        best, at = f.slot("double", number(0.0)), f.slot("double", number(0.0))
        with f.loop(self.w.states) as q:
            y, u, floor, tol = (
                f.load(self.w.lane(name, lane, q), "double") for name in ("y", "u", "low", "tol")
            )
            f.kind = "double"
            least = self.dense.least(
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
