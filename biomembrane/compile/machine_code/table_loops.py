"""LU and solve of an irregular network: three nested loops over tables of the static pattern,
however many states.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.elimination_order import Plan
from ..llvm.ir import VEC, splat
from .operations import sides
from .rolled_code import Tabled


def factor(
    plan: Plan, sparsity: tuple[Sequence[int], Sequence[int]], mass: Sequence[int]
) -> Tabled:
    """``f_lu``: LU of M·s − J, with reciprocals of the pivots on the diagonal."""
    f = Tabled("f_lu", ("%J", "%s", "%A"))
    index, order = plan.index, plan.order
    _, below, right = sides(plan)
    targets: list[int] = []
    starts = [0]
    for k in order:
        targets += [index[i, j] for i in below[k] for j in right[k]]
        starts.append(len(targets))
    place = f.table("place", [index[entry] for entry in zip(*sparsity, strict=True)])
    target, start = f.table("target", targets), f.table("start", starts)
    rows = _Rows(f, plan)
    with f.loop(len(index)) as e:
        f.put(splat(0.0), "%A", e)
    with f.loop(len(sparsity[0])) as e:
        f.put(f.do(f"fneg {VEC} {f.get('%J', e)}"), "%A", f.entry(place, e))
    s = f.load("%s")
    massive = [index[k, k] for k in order if mass[k]]
    diagonal = rows.diagonal if len(massive) == len(order) else f.table("massive", massive or [0])
    with f.loop(len(massive)) as n:
        pivot = f.at("%A", f.entry(diagonal, n))
        f.store(f.add(s, f.load(pivot)), pivot)
    with f.loop(len(order)) as n:
        pivot = f.at("%A", f.entry(rows.diagonal, n))
        inverse = f.div(splat(1.0), f.load(pivot))
        f.store(inverse, pivot)
        (low, lows), (up, ups), at = rows.span("low", n), rows.span("up", n), f.entry(start, n)
        with f.loop(lows) as r:
            where = f.at("%A", f.entry(rows.entries["low"], f.do(f"add i64 {low}, {r}")))
            ratio = f.mul(f.load(where), inverse)
            f.store(ratio, where)
            first = f.do(f"add i64 {at}, {f.do(f'mul i64 {r}, {ups}')}")
            with f.loop(ups) as q:
                to = f.at("%A", f.entry(target, f.do(f"add i64 {first}, {q}")))
                upper = f.get("%A", f.entry(rows.entries["up"], f.do(f"add i64 {up}, {q}")))
                f.store(f.sub(f.load(to), f.mul(ratio, upper)), to)
    f.say("ret void")
    return f


def solve(plan: Plan) -> Tabled:
    """``f_solve``: b ← (LU)⁻¹ b."""
    f = Tabled("f_solve", ("%A", "%b"))
    rows, count = _Rows(f, plan), len(plan.order)
    with f.loop(count) as n:
        known = f.get("%b", f.entry(rows.order, n))
        first, many = rows.span("low", n)
        with f.loop(many) as r:
            at = f.do(f"add i64 {first}, {r}")
            to = f.at("%b", f.entry(rows.states["low"], at))
            f.store(
                f.sub(f.load(to), f.mul(f.get("%A", f.entry(rows.entries["low"], at)), known)), to
            )
    with f.loop(count) as up:
        n = f.do(f"sub i64 {count - 1}, {up}")
        to = f.at("%b", f.entry(rows.order, n))
        first, many = rows.span("up", n)
        total = f.slot(VEC, f.load(to))
        with f.loop(many) as q:
            at = f.do(f"add i64 {first}, {q}")
            term = f.mul(
                f.get("%A", f.entry(rows.entries["up"], at)),
                f.get("%b", f.entry(rows.states["up"], at)),
            )
            f.store(f.sub(f.load(total), term), total)
        f.store(f.mul(f.load(total), f.get("%A", f.entry(rows.diagonal, n))), to)
    f.say("ret void")
    return f


class _Rows:
    """Tables by turn of elimination: state and diagonal entry of each pivot, and entries and states
    below and right of it.
    """

    def __init__(self, f: Tabled, plan: Plan) -> None:
        self.f = f
        index, (_, below, right) = plan.index, sides(plan)
        self.order = f.table("order", plan.order)
        self.diagonal = f.table("diagonal", [index[k, k] for k in plan.order])
        self.entries, self.states, self._starts = (
            dict[str, str](),
            dict[str, str](),
            dict[str, str](),
        )
        for side, others in (("low", below), ("up", right)):
            starts = [0]
            for k in plan.order:
                starts.append(starts[-1] + len(others[k]))
            pairs = [(i, k) if side == "low" else (k, i) for k in plan.order for i in others[k]]
            self._starts[side] = f.table(f"{side}.start", starts)
            self.entries[side] = f.table(f"{side}.entry", [index[pair] for pair in pairs])
            self.states[side] = f.table(f"{side}.state", [i for k in plan.order for i in others[k]])

    def span(self, side: str, n: str) -> tuple[str, str]:
        """Where the entries of the n-th pivot begin, and how many they are."""
        f = self.f
        first = f.entry(self._starts[side], n)
        end = f.entry(self._starts[side], f.do(f"add i64 {n}, 1"))
        return first, f.do(f"sub i64 {end}, {first}")
