"""Expressions in local symbols, with the model's expressions for these: equal laws at a thousand
places are one expression under a thousand names.

Local names contain an ``@``, which no declared name can, so that the two kinds are distinct.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import sympy as sp

#: Advice on what to write in place of a branch.
BRANCHES = "in place of if: sympy.Piecewise((…, x < a), (…, True)), sympy.Max, Min or Abs"


@lru_cache(maxsize=4096)
def _product(local: sp.Expr, factor: sp.Expr) -> sp.Expr:
    return local * factor


@lru_cache(maxsize=8192)
def free(local: sp.Expr) -> frozenset[sp.Symbol]:
    """The symbols of an expression, which sympy would search for again each time."""
    return frozenset(local.free_symbols)


@dataclass(frozen=True, eq=False)
class BoundExpression:
    """``local`` with its symbols replaced by ``names``; symbols without an entry stay."""

    local: sp.Expr
    names: Mapping[sp.Symbol, sp.Expr] = field(default_factory=dict)

    @cached_property
    def expression(self) -> sp.Expr:
        """The formula in the names of the model."""
        return self.local.xreplace(self.names)

    @property
    def shown(self) -> sp.Expr:
        """The same with units as symbols, for print; states without the factor of their unit."""
        names = {s: e.as_coeff_Mul() for s, e in self.names.items() if not e.is_number}
        plain = {s: e if isinstance(c, sp.Float) else c * e for s, (c, e) in names.items()}
        return self.local.xreplace(plain)

    def __mul__(self, factor: sp.Expr) -> BoundExpression:
        return BoundExpression(_product(self.local, factor), self.names)

    def __neg__(self) -> BoundExpression:
        return BoundExpression(-self.local, self.names)


class BoundExpressions(MutableMapping[str, sp.Expr]):
    """A dictionary of expressions that are written out on access; ``formulas`` holds them as
    bound expressions.
    """

    def __init__(self, formulas: Mapping[str, BoundExpression]) -> None:
        self.formulas = dict(formulas)

    def __getitem__(self, name: str) -> sp.Expr:
        return self.formulas[name].expression

    def __setitem__(self, name: str, expression: sp.Expr) -> None:
        self.formulas[name] = BoundExpression(expression)

    def __delitem__(self, name: str) -> None:
        del self.formulas[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.formulas)

    def __len__(self) -> int:
        return len(self.formulas)

    def __repr__(self) -> str:
        return repr(dict(self))
