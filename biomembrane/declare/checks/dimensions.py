"""The dimension of an expression, found node by node; a sum of unlike terms is an error."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

import sympy as sp
from sympy.core.relational import Relational

from ... import dimension as d
from ... import errors
from ...dimension import Dimension
from ...symbols import DB, B
from ...units import like
from ..bound_expression import BRANCHES
from .witness import abbreviated

# functions that the compiler knows, besides sums, products, Abs, Max and Min
COMPILED = (sp.Pow, sp.exp, sp.log, sp.sin, sp.cos, sp.tanh, B, DB)


def dimension_of(
    expr: sp.Expr, dims: Mapping[sp.Symbol, Dimension], where: str
) -> Dimension | None:
    """The dimension of an expression; None for 0 and ∞, which fit any.

    Raises ``DimensionError`` with the sub-expression.
    """
    return _Dimensions(dims, where).fold(expr)


def check_dimension(
    expr: sp.Expr, dim: Dimension, dims: Mapping[sp.Symbol, Dimension], where: str, what: str
) -> None:
    """Raise ``DimensionError`` unless ``expr`` is in ``dim``."""
    actual = dimension_of(expr, dims, f"{where}, {what}")
    if actual is not None and actual != dim:
        multiply = f"multiply it by a parameter in {like(dim / actual)}"
        divide = f"divide it by a parameter in {like(actual)}"
        raise errors.DimensionError(
            where=f"{where}, {what}",
            wanted=f"a unit like '{like(dim)}'" if dim else "a pure number",
            got=f"{abbreviated(expr)}, {_in_words(actual)}",
            advice=multiply if dim else divide,
        )


class _Dimensions:
    """Dimensions by node, each found once; see :func:`dimension_of`."""

    def __init__(self, dims: Mapping[sp.Symbol, Dimension], where: str) -> None:
        self.dims, self.where = dims, where
        self.memo: dict[sp.Basic, Dimension | None] = {}

    def fold(self, node: sp.Expr) -> Dimension | None:
        if node not in self.memo:
            self.memo[node] = self.rule(node)
        return self.memo[node]

    def rule(self, node: sp.Expr) -> Dimension | None:
        if node.is_Symbol:
            if node not in self.dims:
                raise errors.UnknownName(
                    where=self.where,
                    wanted="symbols that the site gives",
                    got=str(node),
                    advice="site['Na@in'], site.u, or site.parameter(…) for a number of your own",
                )
            return self.dims[node]
        if node.is_number:
            return None if node.is_zero or node.is_infinite else d.ONE
        if node.is_Add or isinstance(node, (sp.Max, sp.Min)):
            return self.common(node)
        if node.is_Mul:
            factors = [self.fold(a) for a in node.args]
            return None if None in factors else math.prod((f for f in factors if f), start=d.ONE)
        if node.is_Pow and node.exp.is_number and node.exp.is_real:
            base = self.fold(node.base)
            return None if base is None else base ** _fraction(node.exp)
        if isinstance(node, sp.Abs):
            return self.fold(node.args[0])
        if isinstance(node, sp.Piecewise) and "Protocol" not in self.where:
            return self.branches(node)
        if not isinstance(node, COMPILED):
            known = (
                "sums, products, powers, exp, log, tanh, sinh, cosh, sin, cos, Abs, Max, Min,"
                " Piecewise and B"
            )
            jump = "for a jump in time Protocol.steps" if "Protocol" in self.where else BRANCHES
            raise errors.UnknownName(
                where=self.where,
                wanted="functions that can be compiled",
                got=type(node).__name__,
                advice=f"{known}; {jump}",
            )
        for arg in node.args:
            self.pure(arg, node)
        return d.ONE

    def pure(self, node: sp.Expr, parent: sp.Expr) -> None:
        """Raise ``DimensionError`` unless the argument of a function is a pure number."""
        dim = self.fold(node)
        if dim:
            raise errors.DimensionError(
                where=self.where,
                wanted=f"a pure number inside {type(parent).__name__}",
                got=f"{node}, which is in {dim}, in {abbreviated(parent)}",
                advice="divide it by a quantity of the same dimension; site.u is F·V/RT",
            )

    def branches(self, node: sp.Piecewise) -> Dimension | None:
        """The dimension of a piecewise expression; conditions compare like with like."""
        for condition in (c for _, c in node.args):
            for each in condition.atoms(Relational):
                if isinstance(each, (sp.Eq, sp.Ne)):
                    raise errors.UnknownName(
                        where=self.where,
                        wanted="conditions <, <=, > or >=",
                        got=abbreviated(each),
                        advice="sympy.Piecewise((…, x < a), (…, True))",
                    )
                self.common(each, each.args)
        if node.args[-1][1] != sp.true:
            raise errors.UnknownName(
                where=self.where,
                wanted="a last branch for all other cases",
                got=abbreviated(node),
                advice="sympy.Piecewise((…, x < a), (…, True))",
            )
        return self.common(node, [e for e, _ in node.args])

    def common(self, node: sp.Basic, terms: Sequence[sp.Expr] | None = None) -> Dimension | None:
        """The dimension that all terms share."""
        first: tuple[sp.Expr, Dimension] | None = None
        for term in node.args if terms is None else terms:
            dim = self.fold(term)
            if first and dim is not None and dim != first[1]:
                raise errors.DimensionError(
                    where=self.where,
                    wanted=f"terms of one dimension in {abbreviated(node)}",
                    got=", ".join(
                        f"{abbreviated(x)} is {_in_words(dim)}" for x, dim in (first, (term, dim))
                    ),
                    advice=(
                        "divide each by a quantity of its own dimension, such as c0, RT/F or a"
                        " site.parameter(…)"
                    ),
                )
            first = first or (None if dim is None else (term, dim))
        return first[1] if first else None


def _in_words(dim: Dimension) -> str:
    return f"in {dim}" if dim else "a pure number"


def _fraction(number: sp.Expr) -> Fraction:
    """An exponent as a fraction: 0.6 is 3/5, and so is 0.6000000000000001, which is 1.3 − 0.7."""
    if number.is_Rational:
        return Fraction(int(number.p), int(number.q))
    return Fraction(float(number)).limit_denominator(10**6)
