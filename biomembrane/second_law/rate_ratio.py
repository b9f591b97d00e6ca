"""Whether a pair of one-way rates satisfies r⁺/r⁻ = e^{kA/RT} at every state of a box, up to
rounding.
"""

from __future__ import annotations

import sympy as sp

from ..symbols import regular
from .boxes import sign, within
from .flux_sign import FluxSign, Sense
from .monomials import ONE, Form, Monomial, NoForm


def is_boltzmann_ratio(signs: FluxSign, forward: sp.Expr, reverse: sp.Expr, k: float = 1.0) -> bool:
    """Whether both rates are proved non-negative and r⁺/r⁻ to be e^{kA/RT}, up to rounding."""
    rates = regular(forward), regular(reverse)
    return all(signs.sense(rate) == Sense(1) for rate in rates) and _is_exponential(
        signs, *rates, k
    )


def _is_exponential(signs: FluxSign, forward: sp.Expr, reverse: sp.Expr, k: float) -> bool:
    """Whether the quotient of two products over e^{kA/RT} is 1: monomials against monomials, sums
    multiplied out against sums.
    """
    if signs.step is None:
        return False
    algebra, (step, scale) = signs.algebra, signs.step
    try:
        (up, a), (down, b) = _factors(signs, forward), _factors(signs, reverse)
        left = algebra.over(algebra.over(up, down), step, k)
        number = a / b / scale**k
        sums = [(atom, p) for atom, p in left if atom in algebra.sums]
        plain = tuple(x for x in left if x not in sums)
        if not sums:
            if number <= 0:
                return False
            logarithms = sp.Add(*(p * sp.log(algebra.atoms[x]) for x, p in plain))
            log = sp.log(number) + logarithms
            return within(log.xreplace(signs.numbers), signs.axes, signs.near)
        if any(p != int(p) for _, p in sums) or number <= 0:
            return False
        above, below = algebra.raised({ONE: 1.0}, 1.0), algebra.raised({ONE: 1.0}, 1.0)
        for atom, p in sums:
            for _ in range(abs(int(p))):
                if p < 0:
                    below = algebra.times(below, algebra.sums[atom])
                else:
                    above = algebra.times(above, algebra.sums[atom])
        above = {algebra.monomial([*m, *plain]): c * number for m, c in above.items()}
        return above.keys() == below.keys() and _equal(signs, above, below)
    except NoForm:
        return False


def _equal(signs: FluxSign, form: Form, other: Form) -> bool:
    """Whether two sums of the same monomials have a ratio of one at every state; term by term only
    where no term is negative.
    """
    off = {m: c - form[m] for m, c in other.items()}
    if not any(off.values()):
        return True
    if signs.one_sign(other) is not None:
        return all(abs(off[m]) <= signs.near / 2 * abs(c) for m, c in other.items())
    size = signs.algebra.expression(other)
    sense = signs.sense(size)
    if sense is None or sense.follows:
        return False
    left = sp.Add(*(sp.Abs(signs.algebra.expression({m: x})) for m, x in off.items() if x))
    margin = signs.near / 2 * sense.sign * size - left
    return sign(margin.xreplace(signs.numbers), signs.axes).sign == 1


def _factors(signs: FluxSign, e: sp.Expr) -> tuple[Monomial, float]:
    """A product as one monomial and a number, with sums as atoms."""
    algebra = signs.algebra
    product, number = ONE, 1.0
    for factor in sp.Mul.make_args(e):
        numeric_power = factor.is_Pow and factor.exp.is_number
        base, power = factor.as_base_exp() if numeric_power else (factor, sp.S.One)
        c, m = 1.0, ONE
        form = algebra.form(base)
        if not form:
            raise NoForm("0")
        if len(form) == 1:
            ((m, c),) = form.items()
        else:
            shared, top = algebra.spread(form)
            if len(top) == 1:
                ((m, c),) = top.items()
                m = algebra.monomial([*m, *shared])
            else:
                c, m, atom = algebra.normal(top)
                m = algebra.monomial([*m, *shared, (atom, 1.0)])
        product = algebra.monomial([*product, *((x, p * float(power)) for x, p in m)])
        number *= c ** (int(power) if power == int(power) else float(power))
    return product, number
