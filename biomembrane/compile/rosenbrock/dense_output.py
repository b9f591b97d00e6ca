"""Dense output of a step, in IR: its correction, and the integrands of the ledger at the Lobatto
points with their quadrature error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..llvm.ir import BIT, BLOCK, LANES, VEC, number, splat
from .output_writer import Output
from .tableau import INSTANT, INTEGRALS, NODES, PAST, SHARE, THIRD, WRONG, Tableau
from .workspace import Workspace

ABSURD = 1e30  # fW: a larger correction of a power is discarded
WEIGHTS = tuple(map(float, INTEGRALS.sum(axis=1)))


class DenseOutput:
    """Dense output and integrands of a step.

    Integrands at its start are those at the end of the step before.
    """

    def __init__(self, w: Workspace, output: Output, method: Tableau) -> None:
        self.w, self.f, self.output, self.method = w, w.f, output, method

    def copy_constraint_rows(self, source: str | None, target: str) -> None:
        """Set the rows of constraints in one array to those of another, or to 0: there M is 0 and
        its terms vanish.
        """
        if self.w.constrained:
            with self.constraints() as row:
                self.f.put(self.f.get(source, row) if source else splat(0.0), target, row)

    @contextmanager
    def constraints(self) -> Iterator[str]:
        """Run the body for each row that is a constraint."""
        f = self.f
        count = f.get(self.w.clocked, self.w.clocks, "i64")
        first = f.do(f"add i64 {self.w.clocks}, 1")
        with f.loop(count) as z:
            yield f.get(self.w.clocked, f.do(f"add i64 {first}, {z}"), "i64")

    def correct_dense_output(self, k: list[str], base: dict[str, str], rows: list[str]) -> None:
        """Add δ S(θ) to the dense output, as :mod:`.tableau` defines it; 0 where the defect is not
        finite.
        """
        f, method = self.f, self.method
        theta = method.defect_node
        self.output.interpolate(splat(theta), base["f"])
        f.store(f.fma(self.w.h, splat(theta), self.w.t), self.w.array("tick"))
        self.w.model("f_rhs", "tick", "f", "v")
        slopes = tuple((r + 1) * theta**r - (r + 2) * theta ** (r + 1) for r in range(3))
        under = f.slot(BLOCK, f"splat (double {number(1e300)})")
        rate, back = (
            self.w.spread(self.w.rate),
            self.w.spread(f.mul(self.w.rate, splat(1 / method.gamma))),
        )
        with self.w.over(self.w.state_blocks) as q:
            along = f.add(
                f.sub(f.get(base["u"], q), f.get(base["y"], q)),
                self.w.combined([f.get(row, q) for row in rows], slopes),
            )
            f.put(f.sub(f.get(base["v"], q), f.mul(rate, along)), k[0], q)
        self.copy_constraint_rows(base["v"], k[0])
        self.w.apply("f_solve", base["A"], k[0])
        with self.w.over(self.w.state_blocks) as q:
            f.put(f.mul(back, f.get(k[0], q)), k[1], q)
        self.copy_constraint_rows(None, k[1])
        self.w.apply("f_solve", base["A"], k[1])
        with self.w.over(self.w.state_blocks) as q:
            off = f.sub(f.get(k[0], q), f.get(k[1], q))
            off = f.select(f.compare("ord", off, off), off, splat(0.0))
            f.put(off, k[0], q)
            mended = [
                f.fma(off, splat(weight), f.get(row, q))
                for row, weight in zip(rows, method.shape, strict=True)
            ]
            for value, row in zip(mended, rows, strict=True):
                f.put(value, row, q)
            room = f.sub(
                self.lower_bound(f.get(base["y"], q), f.get(base["u"], q), mended, splat),
                f.get(self.w.array("low"), q),
            )
            f.store(f.select(f.compare("olt", room, f.load(under)), room, f.load(under)), under)
        f.store(
            self.w.folded(
                f.load(under, BLOCK), lambda a, b: f.select(f.compare("olt", a, b), a, b)
            ),
            self.w.array("under"),
        )

    def lower_bound(self, y: str, u: str, rows: list[str], spread: Callable[[float], str]) -> str:
        """Lower bound of the dense output of a state in the step: the least of its Bernstein
        coefficients except y.
        """
        f = self.f
        second = f.add(rows[0], f.mul(rows[1], spread(0.5)))
        third = f.add(f.add(rows[0], rows[1]), rows[2])
        rise, bound = f.sub(u, y), u
        for share, more, weight in (
            (0.25, rows[0], 0.25),
            (0.5, second, 1 / 3),
            (0.75, third, 0.25),
        ):
            value = f.add(f.mul(more, spread(weight)), f.add(f.mul(rise, spread(share)), y))
            bound = f.select(f.compare("olt", value, bound), value, bound)
        return bound

    # --- the ledger's own error

    def estimate_quadrature_error(self) -> None:
        """Set ``power`` to the square of the quadrature error of the powers over its tolerance."""
        f = self.f
        first = f.do(f"sub i64 {self.w.quadratures}, {self.w.processes}")
        wrong, energy, before = (
            f.add(a, b)
            for a, b in zip(
                self.error_sums(first, self.w.processes),
                self.error_sums(self.w.entries, self.w.drifts),
                strict=True,
            )
        )
        passed = f.fma(f.mul(energy, self.w.h), splat(SHARE), f.mul(before, splat(PAST)))
        allowed = f.add(f.fma(passed, f.everywhere("%rtol"), self.w.vector("dust")), splat(1e-290))
        share = f.div(f.mul(f.mul(wrong, self.w.h), splat(WRONG)), allowed)
        instant = f.fma(
            self.w.t, splat(INSTANT), self.w.vector("dry")
        )  # near an empty bath powers are unbounded, and no step is short enough
        long_enough = f.compare("ogt", self.w.h, instant)
        endless = f.compare(
            "uge", f.mul(wrong, self.w.h), splat(1e290)
        )  # a power that overflows is no power
        shown = f.do(f"or {BIT} {long_enough}, {endless}")
        f.store(f.select(shown, f.mul(share, share), splat(0.0)), self.w.array("power"))

    def error_sums(self, first: str, rows: str) -> list[str]:
        """Sums over some rows of the quadratures: error of the rule over h, energy of the step over
        h, and energy before the step.
        """
        f, block = self.f, self.w.layout.block
        whole = f.do(f"sdiv i64 {rows}, {block}") if block > 1 else "0"
        sums = [f.slot(BLOCK, "zeroinitializer") for _ in range(3)]
        singles = [f.slot(VEC, "zeroinitializer") for _ in range(3)]
        if block > 1:
            with f.loop(whole) as i:
                f.kind = BLOCK
                self.add_to_error_sums(
                    f.do(f"add i64 {first}, {f.do(f'mul i64 {i}, {block}')}"), sums
                )
                f.kind = VEC
        done = f.do(f"mul i64 {whole}, {block}")
        with f.loop(f.do(f"sub i64 {rows}, {done}")) as i:
            self.add_to_error_sums(
                f.do(f"add i64 {first}, {f.do(f'add i64 {done}, {i}')}"), singles
            )
        return [
            f.add(self.w.folded(f.load(a, BLOCK), f.add), f.load(b))
            for a, b in zip(sums, singles, strict=True)
        ]

    def add_to_error_sums(self, row: str, sums: list[str]) -> None:
        """Add the terms of a row, or of a block that begins with it."""
        f = self.f

        def size(x: str) -> str:
            return f.select(f.compare("olt", x, splat(0.0)), f.sub(splat(0.0), x), x)

        g0, g1, g2, g3, q = (
            f.do(f"load {f.kind}, ptr {f.at(self.w.array(a), row, VEC)}, align 8")
            for a in ("g0", "g1", "g2", "g3", "q")
        )
        rise = f.sub(g3, g0)
        third = f.fma(rise, splat(THIRD[3]), f.mul(f.sub(g1, g2), splat(THIRD[1])))
        most = splat(1e-300)
        for each in (rise, f.sub(g1, g0), f.sub(g2, g0)):
            most = f.select(f.compare("ogt", size(each), most), size(each), most)
        wrong = f.div(f.mul(third, third), most)
        energy = size(self.w.combined([g0, g1, g2, g3], WEIGHTS))
        for value, slot in zip((wrong, energy, size(q)), sums, strict=True):
            finite = f.select(
                f.compare("olt", value, splat(1e290)), value, splat(0.0)
            )  # infinite powers are left out
            f.store(f.add(finite, f.load(slot)), slot)

    def corrected_integrands(self, rate: str) -> None:
        """Powers at all four nodes, of fluxes that give du/dt of the dense output, so that their
        integrals agree with the change of the states.

        The defect d = f(u) − du/dt is −J δ for the error δ = −W⁻¹ d of slaved states; the powers
        are corrected by their derivative along W⁻¹ d.
        """
        f, n = self.f, self.w.states
        rows, base = (
            [self.w.rows_of("e", r) for r in range(3)],
            {name: self.w.array(name) for name in ("y", "u")},
        )
        per = self.w.spread(self.w.rate)
        pair = self.w.array("pair")
        for result, theta in zip(("g0", "g1", "g2", "g3"), map(float, NODES), strict=True):
            f.store(f.fma(self.w.h, splat(theta), self.w.t), self.w.array("tick"))
            self.output.interpolate(splat(theta), self.w.array("v"))
            state = self.w.array("v") if theta < 1 else base["u"]
            with f.loop(n) as q:
                f.put(f.get(state, q), pair, q)
            self.w.apply(
                "f_both", self.w.array("tick"), pair, self.w.array("c"), rate, self.w.array(result)
            )
            if theta:
                self.update_min_power(self.w.array(result), first=result == "g1")
            slopes = tuple((r + 1) * theta**r - (r + 2) * theta ** (r + 1) for r in range(3))
            self.copy_constraint_rows(rate, self.w.array("v"))
            with self.w.over(self.w.state_blocks) as q:
                along = f.add(
                    f.sub(f.get(base["u"], q), f.get(base["y"], q)),
                    self.w.combined([f.get(row, q) for row in rows], slopes),
                )
                f.put(f.sub(f.get(rate, q), f.mul(per, along)), rate, q)
            self.copy_constraint_rows(self.w.array("v"), rate)
            self.w.apply("f_solve", self.w.array("A"), rate)
            with f.loop(n) as q:
                f.put(f.get(rate, q), pair, f.do(f"add i64 {n}, {q}"))
            self.w.apply(
                "f_mend", self.w.array("tick"), pair, self.w.array("c"), self.w.array("more")
            )
            with f.loop(self.w.quadratures) as i:
                more = f.get(self.w.array("more"), i)
                size = f.do(f"call {VEC} @llvm.fabs.v{LANES}f64({VEC} {more})")
                more = f.select(
                    f.compare("olt", size, splat(ABSURD)), more, splat(0.0)
                )  # at an empty pool there is no slope of ln c
                f.put(f.add(f.get(self.w.array(result), i), more), self.w.array(result), i)

    def update_min_power(self, powers: str, *, first: bool) -> None:
        """Least dissipated power of each process at the inner nodes and the end, by its law:
        corrected to first order, a power that is quadratic in a small affinity could become
        negative.
        """
        f = self.f
        own = f.at(powers, f.do(f"sub i64 {self.w.quadratures}, {self.w.processes}"))
        with self.w.over(self.w.process_blocks) as i:
            value = f.do(f"load {BLOCK}, ptr {f.at(own, i)}, align 8")
            before = splat(1e300) if first else f.get(self.w.array("bare"), i)
            f.put(f.select(f.compare("olt", value, before), value, before), self.w.array("bare"), i)

    def first_integrands(self) -> None:
        """Integrands at the start of a step, into g0."""
        if self.w.layout.nodes == 1:
            self.w.model("f_quad", "t", "y", "g0")
            return
        self.at_nodes([self.w.array("y")] * 3, [self.w.vector("t")] * 3)
        self.gather(("g0",))

    def integrands(self) -> None:
        """Integrands at the two inner nodes and at the end, into g1, g2 and g3."""
        f, inner = self.f, ("v", "f")
        times = [f.fma(self.w.h, splat(float(theta)), self.w.t) for theta in NODES[1:3]] + [
            f.add(self.w.t, self.w.h)
        ]
        for theta, name in zip(map(float, NODES[1:3]), inner, strict=True):
            self.output.interpolate(splat(theta), self.w.array(name))
        if self.w.layout.nodes == 1:
            for time, state, result in zip(times, (*inner, "u"), ("g1", "g2", "g3"), strict=True):
                f.store(time, self.w.array("tick"))
                self.w.model("f_quad", "tick", state, result)
            return
        self.at_nodes([self.w.array(name) for name in (*inner, "u")], times)
        self.gather(("g1", "g2", "g3"))

    def at_nodes(self, states: list[str], times: list[str]) -> None:
        """One call for all nodes, side by side; the last node also fills unused places."""
        f, nodes = self.f, self.w.layout.nodes
        given = [min(node, len(states) - 1) for node in range(nodes)]
        for node, k in enumerate(given):
            f.put(times[k], self.w.array("nodes_t"), node)
        with f.loop(self.w.states) as q:
            values = [f.get(state, q) for state in states]
            start = f.do(f"mul i64 {q}, {nodes}")
            for node, k in enumerate(given):
                f.put(values[k], self.w.array("nodes_y"), f.do(f"add i64 {start}, {node}"))
        self.w.apply("f_quad", *(self.w.array(f"nodes_{x}") for x in "tycg"))

    def gather(self, names: tuple[str, ...]) -> None:
        """Copy the integrands of the first nodes into one array each."""
        f, (lanes, block, nodes) = (
            self.f,
            (self.w.layout.lanes, self.w.layout.block, self.w.layout.nodes),
        )
        every = f"<{lanes * block * nodes} x double>"
        with self.w.over(self.w.quadrature_blocks) as i:
            rows = f.do(f"load {every}, ptr {f.at(self.w.array('nodes_g'), i, every)}, align 8")
            for node, name in enumerate(names):
                mask = ", ".join(
                    f"i32 {(row * nodes + node) * lanes + lane}"
                    for row in range(block)
                    for lane in range(lanes)
                )
                f.put(
                    f.do(
                        f"shufflevector {every} {rows}, {every} poison, <{lanes * block} x i32>"
                        f" <{mask}>"
                    ),
                    self.w.array(name),
                    i,
                )
