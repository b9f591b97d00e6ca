"""Sparse elimination: the operations of a plan factor and solve as dense algebra does, for any
pattern and any owners.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from biomembrane.compile.graph.elimination_order import Plan, plan

SIZES = st.integers(1, 8)
ENTRIES = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=24)


def carried_out(made: Plan, dense: Any, b: Any) -> Any:
    """What the operations leave of b."""
    entry = np.zeros(len(made.index))
    for (i, j), n in made.index.items():
        entry[n] = dense[i, j]
    for what, _, target, first, second in made.factor():
        if what == "rcp":
            entry[target] = 1 / entry[target]
        elif what == "mul":
            entry[target] *= entry[first]
        else:
            entry[target] -= entry[first] * entry[second]
    left = b.copy()
    for what, _, target, n, other in made.solve():
        if what == "mul":
            left[target] *= entry[n]
        else:
            left[target] -= entry[n] * left[other]
    return left


@given(SIZES, ENTRIES, st.integers(0, 2**31), st.booleans())
def test_a_plan_solves_what_dense_algebra_solves(
    size: int, entries: Any, seed: int, owned: bool
) -> None:
    rng = np.random.default_rng(seed)
    pattern = {(i % size, j % size) for i, j in entries}
    dense = np.diag(10 + rng.random(size))  # dominant: no pivot is small
    for i, j in pattern:
        dense[i, j] += rng.uniform(-1, 1)
    owners = rng.integers(0, 3, size).tolist() if owned else ()
    made, b = plan(size, pattern, owners), rng.random(size)
    assert sorted(made.order) == list(range(size))
    assert pattern | {(i, i) for i in range(size)} <= set(made.index)
    np.testing.assert_allclose(carried_out(made, dense, b), np.linalg.solve(dense, b), rtol=1e-10)
    assert made.products == sum(what == "less" for what, *_ in made.factor())


@given(SIZES, ENTRIES)
def test_fill_is_that_of_the_order(size: int, entries: Any) -> None:
    pattern = {(i % size, j % size) for i, j in entries} | {(i, i) for i in range(size)}
    made, left = plan(size, pattern), set(range(size))
    filled = set(pattern)
    for k in made.order:
        left.remove(k)
        rows, columns = (
            {i for i in left if (i, k) in filled},
            {j for j in left if (k, j) in filled},
        )
        filled |= {(i, j) for i in rows for j in columns}
    assert set(made.index) == filled


def test_an_arrow_is_eliminated_without_fill() -> None:
    size = 12
    arrow = [(0, k) for k in range(size)] + [(k, 0) for k in range(size)]
    made = plan(size, arrow)
    assert len(made.index) == 3 * size - 2
    assert 0 in made.order[-2:]


def test_what_touches_only_its_own_cell_goes_first() -> None:
    owners = [0, 0, 1, 1, 2, 2]
    within = [(k, k ^ 1) for k in range(6)]
    between = [(1, 3), (3, 1), (3, 5), (5, 3)]  # the odd ones are coupled
    assert set(plan(6, within + between, owners).order[:3]) == {0, 2, 4}
