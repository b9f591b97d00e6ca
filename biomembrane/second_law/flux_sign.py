"""The sign of a flux over a box of states: everywhere positive or negative, or that of the
affinity.

A flux is taken apart into factors.  One of them must follow the affinity, as Σ c_i e^{t_i A/RT}
with Σ c_i = 0 and partial sums of one sign does, or be a multiple of A itself; the others must have
one sign, by their terms or by interval arithmetic over the box.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import sympy as sp

from ..declare.checks.nonnegativity import nonnegative
from ..symbols import T, regular
from .boxes import Axis, Sign, sign
from .claim import Claim
from .evaluation import FIXED, Box
from .monomials import ONE, Algebra, Form, Monomial, NoForm

# of RT: an affinity, or what is left of ln(r⁺/r⁻) − A/RT, that is the rounding of numbers
NEAR = 1e-11
ALIKE = 1e-12  # relative: numbers that differ by their rounding alone
WARM = (283.15, 313.15)  # K
ODD = (sp.tanh, sp.sinh, sp.asinh, sp.atan)


@dataclass(frozen=True)
class Sense:
    """The sign of an expression: ``sign`` everywhere or, if ``follows``, ``sign`` times sign A."""

    sign: int
    follows: bool = False

    def __mul__(self, other: Sense) -> Sense:
        return Sense(self.sign * other.sign, self.follows != other.follows)


@dataclass
class FluxSign:
    """The signs of expressions of one claim in its box; with ``warm`` the temperature is a further
    variable.

    ``near`` [RT]: an affinity below it has no sign.  ``changing``: factors that were seen to change
    their sign; ``turns``: whether the flux follows the affinity but for them.
    """

    claim: Claim
    box: Box
    warm: bool
    near: float = NEAR
    changing: list[tuple[sp.Expr, Sign]] = field(default_factory=list)
    turns: bool = False
    _senses: dict[sp.Expr, Sense | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        claim = self.claim
        expressions = (claim.net, claim.reduced_affinity, claim.forward, claim.reverse)
        used = set().union(*(e.free_symbols for e in expressions if e is not None))
        variables = {v.symbol for v in self.box.variables}
        self.values = {
            s: FIXED[s] if s in FIXED else self.box.values[str(s)] for s in used - variables - {T}
        }
        self.axes = [Axis(v.symbol, *v.bounds(), v.log) for v in self.box.variables]
        if self.warm:
            low, high = min(WARM[0], self.box.temperature), max(WARM[1], self.box.temperature)
            self.axes.append(Axis(T, low, high, log=False))
        else:
            self.values[T] = self.box.temperature
        self.algebra = Algebra(self.values)
        self.numbers = {s: sp.Float(x) for s, x in self.values.items()}
        self.reduced_affinity: Form | None = None
        self.step: tuple[Monomial, float] | None = None
        try:
            self.reduced_affinity = self.algebra.form(self.claim.reduced_affinity)
            ((m, c),) = self.algebra.exp(self.reduced_affinity).items()
            self.step = (m, c)
        except NoForm:
            pass

    def follows_affinity(self) -> bool:
        """Whether the net flux is proved to have the sign of A wherever it is not zero."""
        assert self.claim.net is not None
        sense = self.sense(regular(self.claim.net))
        if not self.reduced_affinity:
            return False
        if list(self.reduced_affinity) == [ONE]:  # the affinity is the same at every state
            return sense == Sense(1 if self.reduced_affinity[ONE] > 0 else -1)
        return sense == Sense(1, follows=True)

    def sense(self, e: sp.Expr) -> Sense | None:
        """The sign of an expression over the box; None where it is not proved."""
        if e not in self._senses:
            self._senses[e] = self._sense(e)
        return self._senses[e]

    def _sense(self, e: sp.Expr) -> Sense | None:
        if e.is_number or e in self.values:
            x = float(self.values.get(e, e)) if e.is_real is not False else math.nan
            return Sense(1 if x > 0 else -1) if x else None
        if e.is_Mul:
            return self._product(e)
        if e.is_Pow and e.exp.is_number and float(e.exp) == int(e.exp) and e.exp != 0:
            inner = Sense(1) if int(e.exp) % 2 == 0 and e.base.is_real else self.sense(e.base)
            return inner if inner is None or int(e.exp) % 2 else Sense(1)
        if isinstance(e, ODD):
            return self.sense(e.args[0])
        by_form = self._sum if e.is_Add else self._from_form
        return self._by_terms(e) or by_form(e) or self._by_intervals(e)

    def _product(self, e: sp.Expr) -> Sense | None:
        senses = [self.sense(factor) for factor in e.args]
        product = Sense(1)
        for sense in senses:
            product = product if sense is None else product * sense
        unknown = [f for f, sense in zip(e.args, senses, strict=True) if sense is None]
        changing = [f for f in unknown if any(f == factor for factor, _ in self.changing)]
        if unknown and product.follows and len(changing) == len(unknown):
            self.turns = True
        if product.follows and len(changing) == 1:
            return None  # the factor was seen both below zero and above: no form can prove a sign
        return self._from_form(e) if unknown else product

    def _by_terms(self, e: sp.Expr) -> Sense | None:
        """The sign of a sum whose terms all have the same sign."""
        return Sense(1) if nonnegative(e, {}) else Sense(-1) if nonnegative(-e, {}) else None

    def _sum(self, e: sp.Expr) -> Sense | None:
        sense = self._from_form(e)
        if sense is not None:
            return sense
        senses = [self.sense(term) for term in e.args]
        if all(s is not None and s == senses[0] for s in senses):
            return senses[0]
        rest = sp.Add(
            *(term for term, s in zip(e.args, senses, strict=True) if s is None or not s.follows)
        )
        following = next((s for s in senses if s is not None and s.follows), None)
        if following and rest.is_Add and len(rest.args) < len(e.args):
            # some terms follow A one by one, the others must do so as a sum
            agree = all(s in (following, None) or not s.follows for s in senses)
            return following if agree and self.sense(rest) == following else None
        factored = sp.factor_terms(e)
        return self.sense(factored) if factored.is_Mul else None

    def _by_intervals(self, e: sp.Expr) -> Sense | None:
        """The sign by interval arithmetic; an expression that changes its sign is remembered."""
        bounds = sign(e.xreplace(self.numbers), self.axes)
        if bounds.below is not None and bounds.above is not None:
            self.changing.append((e, bounds))
        return Sense(bounds.sign) if bounds.sign else None

    # --- expressions that follow the affinity

    def _from_form(self, e: sp.Expr) -> Sense | None:
        """The sign of an expression as a sum of monomials over one denominator."""
        try:
            shared, top = self.algebra.spread(self.algebra.form(e))
            sense = (
                self._along_affinity(top)
                or self._multiple_of_affinity(top)
                or self._logarithm_of_quotient(top)
            )
        except NoForm:
            return None
        if sense is None and top and (e.is_Mul or shared):
            sense = self.one_sign(top)
        for atom, power in shared:
            if sense is None:
                return None
            if not self.algebra.above(atom) and power % 2:
                of_atom = self.sense(self.algebra.atoms[atom])
                if of_atom is None or of_atom.follows:
                    return None
                sense = sense * of_atom
        return sense

    def one_sign(self, form: Form) -> Sense | None:
        """The sign of a sum of positive monomials whose coefficients have one sign."""
        if not all(map(self.algebra.positive, form)):
            return None
        signs = {c > 0 for c in form.values()}
        return Sense(1 if signs.pop() else -1) if len(signs) == 1 else None

    def _along_affinity(self, top: Form) -> Sense | None:
        """Σ base·Σ c_i e^{t_i A/RT}: each inner sum vanishes with A, and its partial sums give the
        sign elsewhere (:func:`_sign_of_exponentials`).
        """
        if not self.step or not self.step[0] or not top:
            return None
        step, scale = self.step
        orbits: dict[Monomial, list[tuple[float, float]]] = {}
        atom, per = max(step, key=lambda x: abs(x[1]))
        for m, c in top.items():
            t = dict(m).get(atom, 0.0) / per
            base = self.algebra.over(m, step, t)
            if not self.algebra.positive(base):
                return None
            power = -t * math.log(scale) if scale > 0 else math.inf
            weight = c * math.exp(power) if abs(power) < 700 else 0.0  # the range of a double
            if not weight or not math.isfinite(weight):
                return None
            orbits.setdefault(base, []).append((t, weight))
        signs = {_sign_of_exponentials(sorted(row), self.near) for row in orbits.values()}
        first = signs.pop()
        return Sense(first, follows=True) if first and not signs else None

    def _logarithm_of_quotient(self, top: Form) -> Sense | None:
        """P − M of two positive terms has the sign of ln(P/M)."""
        positive = all(map(self.algebra.positive, top))
        if len(top) != 2 or self.one_sign(top) is not None or not positive:
            return None
        (m, c), (n, b) = sorted(top.items(), key=lambda x: -x[1])
        log = self.algebra.log({self.algebra.over(m, n): -c / b})
        return self.sense(self.algebra.expression(log)) if log and log != top else None

    def _multiple_of_affinity(self, top: Form) -> Sense | None:
        """The sign of a positive monomial times A/RT, term by term up to rounding, its constant up
        to ``near``.
        """
        if not self.reduced_affinity or len(self.reduced_affinity) != len(top):
            return None
        first, size = max(self.reduced_affinity.items(), key=lambda x: abs(x[1]))
        for m, c in top.items():
            factor = self.algebra.over(m, first)
            off = {
                n: top.get(self.algebra.monomial([*n, *factor]), 0.0) * size / c - x
                for n, x in self.reduced_affinity.items()
            }
            close = all(
                abs(off[n]) <= (self.near if n == ONE else ALIKE * abs(x))
                for n, x in self.reduced_affinity.items()
            )
            if close and self.algebra.positive(factor):
                return Sense(1 if c / size > 0 else -1, follows=True)
        return None


def _sign_of_exponentials(row: Sequence[tuple[float, float]], near: float) -> int:
    """The sign w with w·A·Σ c_i e^{t_i A} ≥ 0 wherever |A| > ``near``, for rising t_i; 0 where
    there is none.

    Numbers c′ with Σ c′ = 0 and partial sums P of one sign give −Σ P_i (e^{t_(i+1) A} − e^{t_i A}).
    If each c′ is within a share ε of c, the two sums differ by ε Σ |P_i| (e^{t_(i+1) A} + e^{t_i
    A}) at most, which is smaller where tanh(|A| Δt/2) > ε, with Δt the least step of t.  No weight
    is neglected, however small: the last one dominates far from equilibrium.
    """
    steps = [b - a for (a, _), (b, _) in itertools.pairwise(row)]
    if not steps:
        return 0
    share = Fraction(near * min(1.0, *steps) / 2)
    for sign_ in (1, -1):
        low = high = Fraction(0)  # bounds of the partial sum times the sign
        for k, (_, c) in enumerate(row):
            term, slack = sign_ * Fraction(c), share * abs(Fraction(c))
            low, high = low + term - slack, high + term + slack
            high = min(high, Fraction(0)) if k < len(steps) else high
            if low > high:
                break
        else:
            if low <= 0 <= high:
                return sign_
    return 0
