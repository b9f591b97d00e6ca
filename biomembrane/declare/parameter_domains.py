"""Domains that expressions require of their parameters: divisors are nonzero, arguments of
logarithms positive.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import sympy as sp


def required_domains(
    parameters: Collection[sp.Symbol], expressions: Iterable[sp.Expr]
) -> dict[sp.Symbol, str]:
    """The domain, ``positive`` or ``nonzero``, of each parameter that cannot be zero in the
    expressions.
    """
    domains: dict[sp.Symbol, str] = {}
    for node in _nodes(expressions) if parameters else ():
        if isinstance(node, sp.log):
            inner, positive = node.args[0], True
        elif node.is_Pow and not node.exp.is_nonnegative:
            inner, positive = node.base, not node.exp.is_integer
        elif node.is_Pow and not node.exp.is_integer:
            inner, positive = node.base, node.base.is_nonnegative is None
        else:
            continue
        for factor in sp.Mul.make_args(inner):
            if factor in parameters and (
                positive or node.exp.is_negative or not node.exp.is_number
            ):
                positive_here = positive or bool(factor.is_nonnegative)
                if positive_here or domains.get(factor) == "positive":
                    domains[factor] = "positive"
                else:
                    domains[factor] = "nonzero"
    return domains


def _nodes(expressions: Iterable[sp.Expr]) -> Iterator[sp.Basic]:
    """Each distinct node of the expressions once; laws share many of them."""
    pending, visited = [*expressions], set[sp.Basic]()
    while pending:
        node = pending.pop()
        if node not in visited:
            visited.add(node)
            pending += node.args
            yield node
