"""What every law must pass at birth: dimension, sign and local detailed balance.

Each is a fold over the expression with one rule per node.  Detailed balance is proved by splitting
ln r⁺ − ln r⁻ − A/RT into a linear part and logarithms of factors, which must both vanish; a law
that fails gets a witness state, in units.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

import sympy as sp

from ... import constants, errors
from ... import dimension as d
from ...dimension import Dimension
from ...symbols import DB, N_A, B, F, R, T, c0, n0, t
from ...units import from_internal, like
from ..bound_expression import BRANCHES, BoundExpression
from .nonnegativity import nonnegative

LONGEST = 300  # characters of an expression in an error text
COMPILED = (
    sp.Pow,
    sp.exp,
    sp.log,
    sp.sin,
    sp.cos,
    sp.tanh,
    B,
    DB,
)  # and sums, products, Abs, Max and Min
ROUNDING = 1e-9  # relative to RT: a residual below this at random states is zero in floating point


class Verdict(StrEnum):
    """What is said of a law, a loop or a model, from good to bad."""

    PROVEN = "proven"  # identically, by algebra
    ONSAGER = "onsager"  # A times a non-negative conductance
    CONSISTENT = "consistent"  # proved at its numbers, up to rounding
    ROUNDING = "rounding"  # of the digits given
    EXEMPT = "exempt"  # as published, with a reason
    NOT_AUDITABLE = "not auditable"
    UNDECIDED = "undecided"  # no counter-example and no proof
    IRREVERSIBLE = "irreversible"  # no way back
    VIOLATES = "violates"

    def __repr__(self) -> str:
        return repr(self.value)


VERDICTS = tuple(Verdict)


@dataclass(frozen=True)
class Certificate:
    """The verdict on one process: ``proven``, ``onsager`` or ``exempt``."""

    verdict: Verdict
    statement: str
    formula: BoundExpression = field(repr=False)

    @property
    def exempt(self) -> bool:
        """Whether nothing is proved of it: it is hosted, for a reason that is kept with it."""
        return self.verdict is Verdict.EXEMPT

    @property
    def reduced_affinity(self) -> sp.Expr:
        """A/RT."""
        return self.formula.expression


def dimension_of(
    expr: sp.Expr, dims: Mapping[sp.Symbol, Dimension], where: str
) -> Dimension | None:
    """The dimension of an expression; None for what fits any (0, ∞).

    Raises ``DimensionError`` with the sub-expression.
    """
    return _Dimensions(dims, where).fold(expr)


class _Dimensions:
    """The fold behind :func:`dimension_of`."""

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
                advice = "site['Na@in'], site.u, or site.parameter(…) for a number of your own"
                raise errors.UnknownName(
                    where=self.where,
                    wanted="symbols that the site gives",
                    got=str(node),
                    advice=advice,
                )
            return self.dims[node]
        if node.is_number:
            return None if node.is_zero or node.is_infinite else d.ONE
        if node.is_Add or isinstance(node, (sp.Max, sp.Min)):
            return self.same(node)
        if node.is_Mul:
            factors = [self.fold(a) for a in node.args]
            return None if None in factors else math.prod((f for f in factors if f), start=d.ONE)
        if node.is_Pow and node.exp.is_number and node.exp.is_real:
            inner = self.fold(node.base)
            return inner if inner is None else inner ** _fraction(node.exp)
        if isinstance(node, sp.Abs):
            return self.fold(node.args[0])
        if not isinstance(node, COMPILED):
            jump = "for a jump in time Protocol.steps" if "Protocol" in self.where else BRANCHES
            advice = (
                "sums, products, powers, exp, log, tanh, sinh, cosh, sin, cos, Abs, Max, Min and"
                f" B; {jump}"
            )
            raise errors.UnknownName(
                where=self.where,
                wanted="functions that can be compiled",
                got=type(node).__name__,
                advice=advice,
            )
        for arg in node.args:
            self.pure(arg, node)
        return d.ONE

    def pure(self, node: sp.Expr, parent: sp.Expr) -> None:
        found = self.fold(node)
        if found:
            wanted, advice = (
                f"a pure number inside {type(parent).__name__}",
                "divide it by a quantity of the same dimension; site.u is F·V/RT",
            )
            raise errors.DimensionError(
                where=self.where,
                wanted=wanted,
                got=f"{node}, which is in {found}, in {_brief(parent)}",
                advice=advice,
            )

    def same(self, node: sp.Expr) -> Dimension | None:
        first: tuple[sp.Expr, Dimension] | None = None
        for arg in node.args:
            found = self.fold(arg)
            if first and found is not None and found != first[1]:
                got = ", ".join(
                    f"{_brief(x)} is {f'in {dim}' if dim else 'a pure number'}"
                    for x, dim in (first, (arg, found))
                )
                advice = (
                    "divide each by a quantity of its own dimension, such as c0, RT/F or a"
                    " site.parameter(…)"
                )
                raise errors.DimensionError(
                    where=self.where,
                    wanted=f"terms of one dimension in {_brief(node)}",
                    got=got,
                    advice=advice,
                )
            first = first or (None if found is None else (arg, found))
        return first[1] if first else None


def _fraction(number: sp.Expr) -> Fraction:
    """A number as a fraction: 0.6 as 3/5, and so the 0.6000000000000001 that sympy has made of 1.3
    − 0.7.
    """
    return (
        Fraction(int(number.p), int(number.q))
        if number.is_Rational
        else Fraction(float(number)).limit_denominator(10**6)
    )


def check_dimension(
    expr: sp.Expr, dim: Dimension, dims: Mapping[sp.Symbol, Dimension], where: str, what: str
) -> None:
    """Raise ``DimensionError`` unless ``expr`` is in ``dim``."""
    found = dimension_of(expr, dims, f"{where}, {what}")
    if found is not None and found != dim:
        wanted = f"a unit like '{like(dim)}'" if dim else "a pure number"
        factor = dim / found
        advice = (
            f"multiply it by a parameter in {like(factor)}"
            if dim
            else f"divide it by a parameter in {like(found)}"
        )
        got = f"{_brief(expr)}, {f'in {found}' if found else 'a pure number'}"
        raise errors.DimensionError(where=f"{where}, {what}", wanted=wanted, got=got, advice=advice)


def check_sign(expr: sp.Expr, values: Mapping[str, float], where: str, what: str) -> None:
    """Raise unless the assumptions on its symbols decide that ``expr`` ≥ 0: ``NegativeRate`` with a
    witness, or ``SecondLawUndecided``.
    """
    if nonnegative(expr, {}):
        return
    for state, text in _states(expr, values):
        if _number(expr, state) < 0:
            raise errors.NegativeRate(
                where=f"{where}, {what}",
                wanted="a value that is never negative",
                got=f"{_brief(expr)} < 0 at {text}",
                advice=(
                    "inhibition as 1/(1 + c/K) stays between 0 and 1"
                    if what == "modulator"
                    else "a one-way rate counts events; put the direction into forward and reverse"
                ),
                process=where,
            )
    raise errors.SecondLawUndecided(
        where=f"{where}, {what}",
        wanted="an expression whose sign can be decided",
        got=_brief(expr),
        advice=(
            "write it as sums and products of terms that are never negative; a parameter between 0"
            " and 1 is site.parameter(…, domain='fraction'), and x/(e^x - 1) is B(x) of"
            " biomembrane.symbols"
        ),
        process=where,
    )


def prove(
    forward: sp.Expr,
    reverse: sp.Expr,
    reduced_affinity: sp.Expr,
    values: Mapping[str, float],
    where: str,
) -> str:
    """The statement that ln(r⁺/r⁻) = A/RT identically, or ``SecondLawViolation`` /
    ``SecondLawUndecided``.
    """
    if forward != 0 and reverse != 0:
        residual, left = (
            Logarithm()
            .add(forward)
            .add(reverse, sp.S.NegativeOne)
            .add_linear(reduced_affinity, sp.S.NegativeOne)
            .left()
        )
        if residual == 0 and not left:
            return "ln(r⁺/r⁻) − A/RT = 0"
    if forward.is_zero or reverse.is_zero:
        way = "reverse" if reverse.is_zero else "forward"
        advice = "let it follow from the affinity, or host the law as laws.Empirical(…, reason=…)"
        raise errors.SecondLawViolation(
            where=where, wanted="RT ln(r⁺/r⁻) = A at every state",
            got=f"a {way} rate of 0: an irreversible law", advice=advice,
            process=where, kilojoule=None,
        )  # fmt: skip
    residual, left = (
        Logarithm(expanded=True)
        .add(forward / reverse)
        .add_linear(reduced_affinity, sp.S.NegativeOne)
        .left()
    )
    if residual == 0 and not left:
        return "ln(r⁺/r⁻) − A/RT = 0"
    rest = residual + sum((power * sp.log(key) for key, power in left.items()), sp.S.Zero)
    for state, text in _states(rest, values):
        error = _number(rest, state)
        if abs(error) > ROUNDING:
            kJ = error * constants.GAS * state[T] / 1000
            raise errors.SecondLawViolation(
                where=where,
                wanted="RT ln(r⁺/r⁻) = A at every state",
                got=f"RT ln(r⁺/r⁻) − A = {kJ:+.4g} kJ/mol at {text}",
                advice=(
                    f"left over: {_brief(rest)}; let one constant follow from the others, or host"
                    " it as laws.Empirical(…, reason=…)"
                ),
                process=where,
                kilojoule=float(kJ),
            )
    if sp.simplify(rest) == 0:
        return "ln(r⁺/r⁻) − A/RT = 0 (after simplification)"
    raise errors.SecondLawUndecided(
        where=where, wanted="ln(r⁺/r⁻) − A/RT that reduces to 0", got=_brief(rest),
        advice="write both rates with the same denominators",
        process=where,
    )  # fmt: skip


class Logarithm:
    """A sum of logarithms, linear + Σ power·ln(base), as lists of terms; with ``expanded`` sums are
    multiplied out first, which is slow.
    """

    def __init__(self, *, expanded: bool = False) -> None:
        self.expanded = expanded
        self.linear: list[sp.Expr] = []
        self.logs: dict[sp.Expr, list[sp.Expr]] = {}

    def add(self, expr: sp.Expr, weight: sp.Expr = sp.S.One) -> Logarithm:
        """Add weight·ln(expr)."""
        for factor in sp.Mul.make_args(expr):
            base, power = factor.as_base_exp()
            if base == sp.E:
                self.add_linear(power, weight)
                continue
            if isinstance(base, B) and base.args[0].could_extract_minus_sign():
                self.linear.append(-weight * power * base.args[0])  # B(x) = e⁻ˣ B(−x)
                base = B(-base.args[0])
            if base.is_Mul or base.is_Pow:
                self.add(base, weight * power)
            elif not (
                base.is_Float and float(base) == 1.0
            ):  # to sympy 1.0 is not 1, and its logarithm would stay
                self.logs.setdefault(base, []).append(weight * power)
        return self

    def add_linear(self, expr: sp.Expr, weight: sp.Expr) -> Logarithm:
        """Add weight·expr, with the sums and logarithms within taken apart."""
        for term in sp.Add.make_args(sp.expand(expr) if self.expanded else expr):
            factors = sp.Mul.make_args(term)
            inner = next((f for f in factors if f.is_Add or isinstance(f, sp.log)), None)
            if inner is None:
                self.linear.append(weight * term)
                continue
            rest = weight * sp.Mul(*(f for f in factors if f is not inner))
            if inner.is_Add:
                self.add_linear(inner, rest)
            else:
                self.add(inner.args[0], rest)
        return self

    def left(self) -> tuple[sp.Expr, dict[sp.Expr, sp.Expr]]:
        """What does not cancel: the linear part and the powers."""
        powers = {base: _sum(terms) for base, terms in self.logs.items()}
        return _sum(self.linear), {base: power for base, power in powers.items() if power != 0}


def _sum(terms: list[sp.Expr]) -> sp.Expr:
    total = sp.Add(*terms)
    return total if total == 0 else sp.expand(total)


_CONSTANTS = {
    R: constants.GAS,
    F: constants.FARADAY,
    T: constants.BODY_TEMPERATURE,
    c0: constants.STANDARD_CONCENTRATION,
    n0: 1.0,
    N_A: constants.AVOGADRO * 1e-15,
    t: 0.0,
}


def _states(
    expr: sp.Expr, values: Mapping[str, float], count: int = 24
) -> list[tuple[dict[sp.Symbol, float], str]]:
    """Reproducible physiological states: declared parameters, concentrations 0.01–300 mM, |V| ≤ 150
    mV.
    """
    rng = random.Random(20261122)  # noqa: S311  reproducible witnesses
    made = []
    for _ in range(count):
        state = dict(_CONSTANTS)
        shown = []
        for symbol in sorted(expr.free_symbols - set(state), key=str):
            name = str(symbol)
            if name in values:
                state[symbol] = values[name]
                continue
            state[symbol] = (
                rng.uniform(-0.15, 0.15)
                if name.startswith("V[")
                else (
                    rng.uniform(-2e4, 2e4)
                    if not symbol.is_nonnegative
                    else 10 ** rng.uniform(-2, 2.5)
                )
            )
            if name.startswith("V["):
                shown.append(f"{name} = {state[symbol] * from_internal('mV'):.3g} mV")
            elif name.startswith("c["):
                shown.append(f"{name} = {state[symbol]:.3g} mM")
        made.append((state, ", ".join(shown) or "any state"))
    return made


def _number(expr: sp.Expr, state: Mapping[sp.Symbol, float]) -> float:
    value = expr.subs({s: state[s] for s in expr.free_symbols}).evalf()
    return float(value) if value.is_real else float("nan")


def _brief(expr: sp.Expr) -> str:
    """An expression for an error text, cut where it is long."""
    text = str(sp.sstr(expr))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
