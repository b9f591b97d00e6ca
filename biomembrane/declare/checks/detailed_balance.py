"""Proof of local detailed balance, ln(r⁺/r⁻) = A/RT, by splitting the difference into a linear part
and logarithms of factors, which must both vanish.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from ... import constants, errors
from ...symbols import B, T
from .witness import abbreviated, states, value_at

ROUNDING = 1e-9  # of RT: a residual below this at random states is zero in floating point


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
        ratio = Logarithm().add(forward).add(reverse, sp.S.NegativeOne)
        residual, powers = ratio.add_linear(reduced_affinity, sp.S.NegativeOne).remainder()
        if residual == 0 and not powers:
            return "ln(r⁺/r⁻) − A/RT = 0"
    if forward.is_zero or reverse.is_zero:
        direction = "reverse" if reverse.is_zero else "forward"
        advice = "let it follow from the affinity, or host the law as laws.Empirical(…, reason=…)"
        raise errors.SecondLawViolation(
            where=where,
            wanted="RT ln(r⁺/r⁻) = A at every state",
            got=f"a {direction} rate of 0: an irreversible law",
            advice=advice,
            process=where,
            kilojoule=None,
        )
    ratio = Logarithm(expanded=True).add(forward / reverse)
    residual, powers = ratio.add_linear(reduced_affinity, sp.S.NegativeOne).remainder()
    if residual == 0 and not powers:
        return "ln(r⁺/r⁻) − A/RT = 0"
    difference = residual + sum((power * sp.log(x) for x, power in powers.items()), sp.S.Zero)
    _refute(difference, values, where)
    if sp.simplify(difference) == 0:
        return "ln(r⁺/r⁻) − A/RT = 0 (after simplification)"
    raise errors.SecondLawUndecided(
        where=where,
        wanted="ln(r⁺/r⁻) − A/RT that reduces to 0",
        got=abbreviated(difference),
        advice="write both rates with the same denominators",
        process=where,
    )


def _refute(difference: sp.Expr, values: Mapping[str, float], where: str) -> None:
    """Raise ``SecondLawViolation`` where ln(r⁺/r⁻) − A/RT is not 0 at a witness state."""
    for state, text in states(difference, values):
        error = value_at(difference, state)
        if abs(error) > ROUNDING:
            kJ = error * constants.GAS * state[T] / 1000
            raise errors.SecondLawViolation(
                where=where,
                wanted="RT ln(r⁺/r⁻) = A at every state",
                got=f"RT ln(r⁺/r⁻) − A = {kJ:+.4g} kJ/mol at {text}",
                advice=(
                    f"left over: {abbreviated(difference)}; let one constant follow from the"
                    " others, or host it as laws.Empirical(…, reason=…)"
                ),
                process=where,
                kilojoule=float(kJ),
            )


class Logarithm:
    """A sum of logarithms, linear + Σ power·ln(base), as lists of terms.

    With ``expanded``, sums are multiplied out first, which is slow.
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
            elif not (base.is_Float and float(base) == 1.0):  # ln 1.0, which sympy would keep
                self.logs.setdefault(base, []).append(weight * power)
        return self

    def add_linear(self, expr: sp.Expr, weight: sp.Expr) -> Logarithm:
        """Add weight·expr, split into its terms and logarithms."""
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

    def remainder(self) -> tuple[sp.Expr, dict[sp.Expr, sp.Expr]]:
        """What does not cancel: the linear part, and powers by base."""
        powers = {base: _sum(terms) for base, terms in self.logs.items()}
        return _sum(self.linear), {base: power for base, power in powers.items() if power != 0}


def _sum(terms: list[sp.Expr]) -> sp.Expr:
    total = sp.Add(*terms)
    return total if total == 0 else sp.expand(total)
