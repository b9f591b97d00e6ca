"""Exact elimination, against sympy."""

from __future__ import annotations

from fractions import Fraction

import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from biomembrane.assemble.elimination import eliminate

ROWS = st.lists(st.lists(st.integers(-2, 2), min_size=4, max_size=4), min_size=1, max_size=5)


@given(ROWS)
def test_solutions_and_relations(rows: list[list[int]]) -> None:
    """As many unknowns are solved for as the rank; every combination is what it says."""
    names = ["a", "b", "c", "d"]
    equations = {
        f"e{k}": {n: Fraction(x) for n, x in zip(names, row, strict=True)}
        for k, row in enumerate(rows)
    }
    found = eliminate(equations, names)
    assert len(found.solved) == sp.Matrix(rows).rank()
    assert len(found.relations) == len(rows) - len(found.solved)

    def combined(weights: dict[str, Fraction]) -> list[Fraction]:
        return [sum(w * equations[e].get(n, 0) for e, w in weights.items()) for n in names]

    for relation in found.relations:
        assert not any(combined(relation))
    for unknown, (rest, origin) in found.solved.items():
        assert not set(rest) & set(found.solved)
        assert combined(origin) == [1 if n == unknown else rest.get(n, 0) for n in names]
