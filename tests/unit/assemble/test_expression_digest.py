"""Digests of expressions."""

from __future__ import annotations

import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from biomembrane.assemble.expression_digest import digest


@given(order=st.permutations(range(4)), number=st.sampled_from([1, 2.5, -3]))
def test_a_digest_is_of_what_an_expression_is(order: list[int], number: float) -> None:
    """Not of the order of its terms; it changes with each part, and is the same in a process that
    knows nothing.
    """
    x, y, z = sp.symbols("x y z", positive=True)
    terms = [sp.exp(x / y), z**2, number * x * y, sp.Symbol("w")]
    one, other = sum(terms), sum(terms[k] for k in order)
    known: dict[sp.Basic, str] = {}
    assert digest(one, known) == digest(other, {})
    assert digest(one, known) == digest(one, known)
    changed = [one + 1, one * y, one.subs(z, y), one.subs(x, sp.Symbol("x", real=True))]
    assert len({digest(e, known) for e in (one, *changed)}) == 5
