"""What is proved of a claim: that J has the sign of A at every state of the box, or that r⁺/r⁻ = e^{A/RT} identically.

A flux is taken apart into factors.  One of them must follow the affinity, Σ c_i e^{t_i A/RT} with Σ c_i = 0 and partial sums of one sign, or
be a multiple of A itself; the others must have one sign, by their terms or by interval arithmetic over the box.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import sympy as sp

from ...declare.signs import nonnegative
from ...symbols import T, regular
from .claim import Claim
from .evaluate import FIXED, Box
from .interval import Axis, Sign, largest, sign
from .monomials import ONE, Algebra, Form, Monomial, NoForm

CLOSE = 1e-5  # of RT: what is left of ln(r⁺/r⁻) − A/RT when it is rounding
WARM = (283.0, 313.0)  # K
ODD = (sp.tanh, sp.sinh, sp.asinh, sp.atan)


@dataclass(frozen=True)
class Sense:
    """The sign of an expression: ``way`` everywhere, or where ``follows``, ``way`` times that of A."""

    way: int
    follows: bool = False

    def __mul__(self, other: Sense) -> Sense:
        return Sense(self.way * other.way, self.follows != other.follows)


@dataclass
class Prover:
    """Proofs about one claim in its box; with ``warm`` the temperature is a variable of its own."""

    claim: Claim
    box: Box
    warm: bool
    changing: list[tuple[sp.Expr, Sign]] = field(default_factory=list)  # factors that were seen to change their sign
    turns: bool = False  # whether but for them it follows the affinity
    _senses: dict[sp.Expr, Sense | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = {v.symbol for v in self.box.variables}
        taken = set().union(*(e.free_symbols for e in (self.claim.net, self.claim.drive) if e is not None))
        pair = (self.claim.forward, self.claim.reverse)
        taken |= set().union(*(e.free_symbols for e in pair if e is not None))
        self.values = {s: FIXED[s] if s in FIXED else self.box.values[str(s)] for s in taken - known - {T}}
        self.axes = [Axis(v.symbol, *v.bounds(), v.log) for v in self.box.variables]
        if self.warm:
            low, high = min(WARM[0], self.box.temperature), max(WARM[1], self.box.temperature)
            self.axes.append(Axis(T, low, high, log=False))
        else:
            self.values[T] = self.box.temperature
        self.algebra = Algebra(self.values)
        self.numbers = {s: sp.Float(x) for s, x in self.values.items()}
        self.drive: Form | None = None
        self.step: tuple[Monomial, float] | None = None
        try:
            self.drive = self.algebra.form(self.claim.drive)
            ((m, c),) = self.algebra.exp(self.drive).items()
            self.step = (m, c)
        except NoForm:
            pass

    def judge(self, k: float) -> bool:
        """The pair where both rates are given, or else the flux."""
        pair = self.claim.forward, self.claim.reverse
        return (pair[0] is not None and pair[1] is not None and self.pair(pair[0], pair[1], k)) or self.flux()

    # --- the flux

    def flux(self) -> bool:
        """Whether the net flux is proved to have the sign of A, and to stop where A does or everywhere along with a factor."""
        assert self.claim.net is not None
        made = self.sense(regular(self.claim.net))
        if not self.drive:
            return False
        if list(self.drive) == [ONE]:  # an affinity that no state changes
            return made == Sense(1 if self.drive[ONE] > 0 else -1)
        return made == Sense(1, follows=True)

    def sense(self, e: sp.Expr) -> Sense | None:
        if e not in self._senses:
            self._senses[e] = self._sense(e)
        return self._senses[e]

    def _sense(self, e: sp.Expr) -> Sense | None:
        if e.is_number or e in self.values:
            x = float(self.values.get(e, e)) if e.is_real is not False else math.nan
            return Sense(1 if x > 0 else -1) if x else None
        if e.is_Mul:
            made = Sense(1)
            unknown: list[sp.Expr] = []
            for factor in e.args:
                one = self.sense(factor)
                made, unknown = (made, [*unknown, factor]) if one is None else (made * one, unknown)
            if unknown and made.follows and all(any(f == known for known, _ in self.changing) for f in unknown):
                self.turns = True
            return self._whole(e) if unknown else made
        if e.is_Pow and e.exp.is_number and float(e.exp) == int(e.exp) and e.exp != 0:
            inner = Sense(1) if int(e.exp) % 2 == 0 and e.base.is_real else self.sense(e.base)
            return inner if inner is None or int(e.exp) % 2 else Sense(1)
        if isinstance(e, ODD):
            return self.sense(e.args[0])
        return self._definite(e) or (self._sum(e) if e.is_Add else self._whole(e)) or self._split(e)

    def _definite(self, e: sp.Expr) -> Sense | None:
        """By the signs of its terms."""
        return Sense(1) if nonnegative(e, {}) else Sense(-1) if nonnegative(-e, {}) else None

    def _sum(self, e: sp.Expr) -> Sense | None:
        made = self._whole(e)
        if made is not None:
            return made
        senses = [self.sense(term) for term in e.args]
        if all(s is not None and s == senses[0] for s in senses):
            return senses[0]
        rest = sp.Add(*(term for term, s in zip(e.args, senses, strict=True) if s is None or not s.follows))
        known = next((s for s in senses if s is not None and s.follows), None)
        if known and rest.is_Add and len(rest.args) < len(e.args):  # the terms of A beside others that follow it
            return known if all(s in (known, None) or not s.follows for s in senses) and self.sense(rest) == known else None
        plain = sp.factor_terms(e)
        return self.sense(plain) if plain.is_Mul else None

    def _split(self, e: sp.Expr) -> Sense | None:
        """By interval arithmetic; a factor that is seen to change its sign is remembered."""
        numeric = e.xreplace(self.numbers)
        size = _typical(numeric, self.axes)
        made = sign(numeric, self.axes, 1e-10 * size)
        if made.below is not None and made.above is not None:
            self.changing.append((e, made))
        return Sense(made.sign) if made.sign else None

    # --- what follows the affinity

    def _whole(self, e: sp.Expr) -> Sense | None:
        """The sense of an expression as a sum of monomials over one denominator."""
        try:
            shared, top = self.algebra.spread(self.algebra.form(e))
            made = self._along(top) or self._multiple(top) or self._twin(top)
        except NoForm:
            return None
        if made is None and top and (e.is_Mul or shared):
            made = self._one_sign(top)
        for atom, power in shared:
            if made is None:
                return None
            if not self.algebra.above(atom) and power % 2:
                one = self.sense(self.algebra.atoms[atom])
                if one is None or one.follows:
                    return None
                made = made * one
        return made

    def _one_sign(self, top: Form) -> Sense | None:
        if not all(map(self.algebra.positive, top)):
            return None
        ways = {c > 0 for c in top.values()}
        return Sense(1 if ways.pop() else -1) if len(ways) == 1 else None

    def _along(self, top: Form) -> Sense | None:
        """Σ base·Σ c_i e^{t_i A/RT}: each inner sum vanishes with A, and its partial sums tell the sign elsewhere."""
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
            weight = c * math.exp(power) if abs(power) < 700 else 0.0  # beyond that a double holds no weight, and nothing is told
            if not weight or not math.isfinite(weight):
                return None
            orbits.setdefault(base, []).append((t, weight))
        ways = set()
        for row in orbits.values():
            row.sort()
            size = sum(abs(c) for _, c in row)
            partial = np.cumsum([c for _, c in row])
            if abs(partial[-1]) > CLOSE / 2 * size:
                return None
            ways |= {int(np.sign(p)) for p in partial[:-1] if abs(p) > CLOSE / 2 * size}
        return Sense(-ways.pop(), follows=True) if len(ways) == 1 else None

    def _twin(self, top: Form) -> Sense | None:
        """P − M of two positive terms has the sign of ln(P/M)."""
        if len(top) != 2 or self._one_sign(top) is not None or not all(map(self.algebra.positive, top)):
            return None
        (m, c), (n, b) = sorted(top.items(), key=lambda x: -x[1])
        made = self.algebra.log({self.algebra.over(m, n): -c / b})
        return self.sense(self.algebra.expression(made)) if made and made != top else None

    def _multiple(self, top: Form) -> Sense | None:
        """A positive monomial times A/RT itself."""
        if not self.drive or len(self.drive) != len(top):
            return None
        first, size = max(self.drive.items(), key=lambda x: abs(x[1]))
        for m, c in top.items():
            factor = self.algebra.over(m, first)
            off = {n: top.get(self.algebra.monomial([*n, *factor]), 0.0) - x * c / size for n, x in self.drive.items()}
            if all(abs(y) <= 1e-9 * abs(c) for y in off.values()) and self.algebra.positive(factor):
                return Sense(1 if c / size > 0 else -1, follows=True)
        return None

    # --- a pair of rates

    def pair(self, forward: sp.Expr, reverse: sp.Expr, k: float = 1.0) -> bool:
        """Whether both rates are proved not to be negative, and r⁺/r⁻ to be e^{kA/RT}, up to rounding."""
        return all(self.sense(regular(rate)) == Sense(1) for rate in (forward, reverse)) and self._ratio(forward, reverse, k)

    def _ratio(self, forward: sp.Expr, reverse: sp.Expr, k: float) -> bool:
        if self.step is None:
            return False
        algebra, (step, scale) = self.algebra, self.step
        try:
            (up, a), (down, b) = (self._factors(regular(rate)) for rate in (forward, reverse))
            left = algebra.over(algebra.over(up, down), step, k)
            number = a / b / scale**k
            sums = [(atom, p) for atom, p in left if atom in algebra.sums]
            plain = tuple(x for x in left if x not in sums)
            if not sums:
                return number > 0 and self._small(sp.log(number) + sp.Add(*(p * sp.log(algebra.atoms[x]) for x, p in plain)))
            if any(p != int(p) for _, p in sums) or number <= 0:
                return False
            tops = [algebra.raised({ONE: 1.0}, 1.0) for _ in (1, -1)]
            for atom, p in sums:
                for _ in range(abs(int(p))):
                    tops[p < 0] = algebra.times(tops[p < 0], algebra.sums[atom])
            moved = {algebra.monomial([*m, *plain]): c * number for m, c in tops[0].items()}
            return moved.keys() == tops[1].keys() and all(self._equal(c, tops[1][m]) for m, c in moved.items()) and self._positive(tops[1])
        except NoForm:
            return False

    def _equal(self, a: float, b: float) -> bool:
        return a * b > 0 and abs(math.log(a / b)) <= CLOSE

    def _positive(self, form: Form) -> bool:
        """Whether equal terms mean equal sums: all of one sign, or one sum proved to have a sign of its own."""
        return self._one_sign(form) is not None or self.sense(self.algebra.expression(form)) is not None

    def _factors(self, e: sp.Expr) -> tuple[Monomial, float]:
        """A product as one monomial, with sums as atoms."""
        made, number = ONE, 1.0
        for factor in sp.Mul.make_args(e):
            base, power = factor.as_base_exp() if factor.is_Pow and factor.exp.is_number else (factor, sp.S.One)
            c, m, atom = 1.0, ONE, -1
            form = self.algebra.form(base)
            if not form:
                raise NoForm("0")
            if len(form) == 1:
                ((m, c),) = form.items()
            else:
                shared, top = self.algebra.spread(form)
                if len(top) == 1:
                    ((m, c),) = top.items()
                    m = self.algebra.monomial([*m, *shared])
                else:
                    c, m, atom = self.algebra.normal(top)
                    m = self.algebra.monomial([*m, *shared, (atom, 1.0)])
            made = self.algebra.monomial([*made, *((x, p * float(power)) for x, p in m)])
            number *= c ** (int(power) if power == int(power) else float(power))
        return made, number

    def _small(self, left: sp.Expr) -> bool:
        return largest(left.xreplace(self.numbers), self.axes, CLOSE)


def _typical(e: sp.Expr, axes: list[Axis]) -> float:
    """The size of an expression in the middle of the box."""
    at = {a.symbol: sp.Float(math.exp((a.low + a.high) / 2) if a.log else a.low + 0.51 * (a.high - a.low)) for a in axes}
    value = e.xreplace(at).evalf()
    return abs(float(value)) if value.is_real and value.is_finite else 0.0


@dataclass(frozen=True)
class Certain:
    """What is proved of a claim: ``holds`` at every temperature, or ``fixed`` at the one at which its constants are given; ``changing`` are
    coordinates at which a factor of it has the one sign and the other; but for such factors it holds where it ``turns``.
    """

    holds: bool
    fixed: bool = False
    turns: bool = False
    changing: tuple[Mapping[sp.Symbol, float], ...] = ()


def certain(claim: Claim, box: Box, k: float = 1.0) -> Certain:
    """Whether the second law is proved of a claim, up to rounding, over the box: of a pair of rates r⁺/r⁻ = e^{kA/RT}, of a flux its sign.

    What holds at the box's temperature only must follow, without voltage and at every other temperature, the affinity of that one: then its
    constants are those of one temperature.  Else rates that warm apart would pass.
    """
    always = Prover(claim, box, warm=True)
    if always.judge(k):
        return Certain(holds=True)
    here = Prover(claim, box, warm=False)
    if here.judge(k) and Prover(_frozen(claim, box.temperature), box, warm=True).judge(k):
        return Certain(holds=True, fixed=True)
    seen = [at for _, made in (*here.changing, *always.changing) for at in (made.below, made.above) if at is not None]
    return Certain(holds=False, turns=here.turns, changing=tuple(seen))


def _frozen(claim: Claim, temperature: float) -> Claim:
    """The claim without voltage, with the affinity that it has at one temperature."""
    still: dict[sp.Expr, sp.Expr] = {} if claim.voltage is None else {claim.voltage: sp.S.Zero}
    rates = {name: getattr(claim, name) for name in ("flux", "forward", "reverse")}
    plain = {name: regular(e).xreplace(still) for name, e in rates.items() if e is not None}
    return replace(claim, **plain, drive=claim.drive.xreplace(still | {T: sp.Float(temperature)}))
