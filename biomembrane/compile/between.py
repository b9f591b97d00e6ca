"""Between the ends of a step, in IR: the dense output mended, and the integrands of the ledger at its Lobatto points."""

from __future__ import annotations

from .ir import splat
from .outputs import Outputs
from .rodas import NODES, Tableau


class Between(Outputs):
    """What a driver does inside a step.  Integrands at its start are those at the end of the one before."""

    t: str
    method: Tableau

    def mend(self, k: list[str], base: dict[str, str], rows: list[str]) -> None:
        """Add δ S(θ) to the dense output; see :mod:`.rodas`.  Where the defect is not finite nothing is added."""
        f, method = self.f, self.method
        theta = method.seen
        self.between(splat(theta), base["f"])
        f.store(f.fma(self.h, splat(theta), self.t), self.array("tick"))
        self.model("f_rhs", "tick", "f", "v")
        slopes = tuple((r + 1) * theta**r - (r + 2) * theta ** (r + 1) for r in range(3))
        rate, back = self.spread(self.rate), self.spread(f.mul(self.rate, splat(1 / method.gamma)))
        with self.over(self.state_blocks) as q:
            along = f.add(f.sub(f.get(base["u"], q), f.get(base["y"], q)), self.combined([f.get(row, q) for row in rows], slopes))
            f.put(f.sub(f.get(base["v"], q), f.mul(rate, along)), k[0], q)
        self.apply("f_solve", base["A"], k[0])
        with self.over(self.state_blocks) as q:
            f.put(f.mul(back, f.get(k[0], q)), k[1], q)
        self.apply("f_solve", base["A"], k[1])
        with self.over(self.state_blocks) as q:
            off = f.sub(f.get(k[0], q), f.get(k[1], q))
            off = f.select(f.compare("ord", off, off), off, splat(0.0))
            f.put(off, k[0], q)
            for row, weight in zip(rows, method.shape, strict=True):
                f.put(f.fma(off, splat(weight), f.get(row, q)), row, q)

    def first_integrands(self) -> None:
        """Those at the start of a step, into g0."""
        if self.layout.nodes == 1:
            self.model("f_quad", "t", "y", "g0")
            return
        self.at_nodes([self.array("y")] * 3, [self.vector("t")] * 3)
        self.gather(("g0",))

    def integrands(self) -> None:
        """Those at the two inner nodes and at the end, into g1, g2 and g3."""
        f, inner = self.f, ("v", "f")
        times = [f.fma(self.h, splat(float(theta)), self.t) for theta in NODES[1:3]] + [f.add(self.t, self.h)]
        for theta, name in zip(map(float, NODES[1:3]), inner, strict=True):
            self.between(splat(theta), self.array(name))
        if self.layout.nodes == 1:
            for time, state, result in zip(times, (*inner, "u"), ("g1", "g2", "g3"), strict=True):
                f.store(time, self.array("tick"))
                self.model("f_quad", "tick", state, result)
            return
        self.at_nodes([self.array(name) for name in (*inner, "u")], times)
        self.gather(("g1", "g2", "g3"))

    def at_nodes(self, states: list[str], times: list[str]) -> None:
        """One call for all nodes, side by side; the last fills what is left."""
        f, nodes = self.f, self.layout.nodes
        given = [min(node, len(states) - 1) for node in range(nodes)]
        for node, k in enumerate(given):
            f.put(times[k], self.array("nodes_t"), node)
        with f.loop(self.states) as q:
            values = [f.get(state, q) for state in states]
            start = f.do(f"mul i64 {q}, {nodes}")
            for node, k in enumerate(given):
                f.put(values[k], self.array("nodes_y"), f.do(f"add i64 {start}, {node}"))
        self.apply("f_quad", *(self.array(f"nodes_{x}") for x in "tycg"))

    def gather(self, names: tuple[str, ...]) -> None:
        """The integrands of the first nodes, each into an array of its own."""
        f, (lanes, block, nodes) = self.f, (self.layout.lanes, self.layout.block, self.layout.nodes)
        every = f"<{lanes * block * nodes} x double>"
        with self.over(self.quadrature_blocks) as i:
            rows = f.do(f"load {every}, ptr {f.at(self.array('nodes_g'), i, every)}, align 8")
            for node, name in enumerate(names):
                mask = ", ".join(f"i32 {(row * nodes + node) * lanes + lane}" for row in range(block) for lane in range(lanes))
                f.put(f.do(f"shufflevector {every} {rows}, {every} poison, <{lanes * block} x i32> <{mask}>"), self.array(name), i)
