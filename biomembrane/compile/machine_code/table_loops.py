"""LU and solve of an irregular network: loops over tables of their operations, however many these
are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..graph.elimination_order import Plan, Step
from ..llvm.ir import VEC, splat
from .rolled_code import TableFunction


def factor(
    plan: Plan, sparsity: tuple[Sequence[int], Sequence[int]], mass: Sequence[int]
) -> TableFunction:
    """``f_lu``: LU of M·s − J, with reciprocals of the pivots on the diagonal."""
    f = TableFunction("f_lu", ("%J", "%s", "%A"))
    index = plan.index
    place = f.table("place", [index[entry] for entry in zip(*sparsity, strict=True)])
    with f.loop(len(index)) as e:
        f.put(splat(0.0), "%A", e)
    with f.loop(len(sparsity[0])) as e:
        f.put(f.do(f"fneg {VEC} {f.get('%J', e)}"), "%A", f.entry(place, e))
    s = f.load("%s")
    massive = [index[k, k] for k in plan.order if mass[k]]
    diagonal = f.table("massive", massive or [0])
    with f.loop(len(massive)) as n:
        pivot = f.at("%A", f.entry(diagonal, n))
        f.store(f.add(s, f.load(pivot)), pivot)
    pivots = _Pivots(f, plan.factor())
    with f.loop(pivots.count) as n:
        pivot = f.at("%A", f.entry(pivots.diagonal, n))
        inverse = f.div(splat(1.0), f.load(pivot))
        f.store(inverse, pivot)
        (low, lows), (up, ups), at = pivots.low.span(n), pivots.up.span(n), f.entry(pivots.first, n)
        with f.loop(lows) as r:
            where = f.at("%A", f.entry(pivots.low.entries, f.do(f"add i64 {low}, {r}")))
            ratio = f.mul(f.load(where), inverse)
            f.store(ratio, where)
            first = f.do(f"add i64 {at}, {f.do(f'mul i64 {r}, {ups}')}")
            with f.loop(ups) as q:
                to = f.at("%A", f.entry(pivots.target, f.do(f"add i64 {first}, {q}")))
                upper = f.get("%A", f.entry(pivots.up.entries, f.do(f"add i64 {up}, {q}")))
                f.store(f.sub(f.load(to), f.mul(ratio, upper)), to)
    f.say("ret void")
    return f


def solve(plan: Plan) -> TableFunction:
    """``f_solve``: b ← (LU)⁻¹ b."""
    f = TableFunction("f_solve", ("%A", "%b"))
    steps = [*plan.solve()]
    up = len(steps) - sum(len(right) for right in plan.sides[1].values()) - len(plan.order)
    _rows(f, "down", steps[:up])
    _rows(f, "up", steps[up:])
    f.say("ret void")
    return f


def _rows(f: TableFunction, name: str, steps: Sequence[Step]) -> None:
    """A pass row by row: terms are taken off an element, which is then multiplied where the pass
    says so.
    """
    runs: list[tuple[int, list[tuple[int, int]], int]] = []  # element, terms, entry to multiply by
    for op, _, state, entry, other in steps:
        if not runs or runs[-1][0] != state:
            runs.append((state, [], -1))
        if op == "less":
            runs[-1][1].append((entry, other))
        else:
            runs[-1] = (*runs[-1][:2], entry)
    terms = _Spans(f, name, [[entry for entry, _ in each] for _, each, _ in runs])
    others = f.table(f"{name}.other", [other for _, each, _ in runs for _, other in each] or [0])
    elements = f.table(f"{name}.element", [state for state, *_ in runs] or [0])
    scaled = f.table(f"{name}.scale", [by for *_, by in runs]) if runs and runs[0][2] >= 0 else None
    with f.loop(len(runs)) as n:
        to = f.at("%b", f.entry(elements, n))
        first, many = terms.span(n)
        total = f.slot(VEC, f.load(to))
        with f.loop(many) as q:
            at = f.do(f"add i64 {first}, {q}")
            term = f.mul(f.get("%A", f.entry(terms.entries, at)), f.get("%b", f.entry(others, at)))
            f.store(f.sub(f.load(total), term), total)
        value = f.load(total)
        f.store(f.mul(value, f.get("%A", f.entry(scaled, n))) if scaled else value, to)


class _Spans:
    """Tables of lists one after the other, and of where each begins."""

    def __init__(self, f: TableFunction, name: str, lists: Sequence[Sequence[int]]) -> None:
        self.f, starts = f, [0]
        for each in lists:
            starts.append(starts[-1] + len(each))
        self.starts = f.table(f"{name}.start", starts)
        self.entries = f.table(f"{name}.entry", [x for each in lists for x in each] or [0])

    def span(self, n: str) -> tuple[str, str]:
        """Where the n-th list begins, and how long it is."""
        f = self.f
        first = f.entry(self.starts, n)
        return first, f.do(f"sub i64 {f.entry(self.starts, f.do(f'add i64 {n}, 1'))}, {first}")


class _Pivots:
    """Tables by pivot: its entry, those below and right of it, and the targets of their products,
    from ``first`` on.
    """

    def __init__(self, f: TableFunction, steps: Iterable[Step]) -> None:
        diagonal, below, right, target, first = (
            list[int](),
            list[list[int]](),
            list[list[int]](),
            list[int](),
            list[int](),
        )
        for op, _, entry, _, other in steps:
            if op == "rcp":
                diagonal.append(entry)
                below.append([])
                right.append([])
                first.append(len(target))
            elif op == "mul":
                below[-1].append(entry)
            else:
                target.append(entry)
                if len(below[-1]) == 1:  # the others have the same columns
                    right[-1].append(other)
        self.count = len(diagonal)
        self.diagonal, self.first = f.table("diagonal", diagonal), f.table("first", first)
        self.target = f.table("target", target or [0])
        self.low, self.up = _Spans(f, "low", below), _Spans(f, "up", right)
