"""What is proved of a claim: that J has the sign of A at every state of the box, or that r⁺/r⁻ =
e^{A/RT} identically.

A flux is taken apart into factors.  One of them must follow the affinity, Σ c_i e^{t_i A/RT} with Σ
c_i = 0 and partial sums of one sign, or be a multiple of A itself; the others must have one sign,
by their terms or by interval arithmetic over the box.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import sympy as sp

from ..declare.checks.nonnegativity import nonnegative
from ..symbols import T, regular
from .boxes import Axis, Sign, largest, sign
from .claim import Claim
from .evaluation import FIXED, Box
from .monomials import ONE, Algebra, Form, Monomial, NoForm
from .one_way_split import splits

# of RT: an affinity, or what is left of ln(r⁺/r⁻) − A/RT, that is the rounding of numbers
NEAR = 1e-11
ALIKE = 1e-12  # of a number: its rounding
WARM = (283.15, 313.15)  # K
ODD = (sp.tanh, sp.sinh, sp.asinh, sp.atan)


@dataclass(frozen=True)
class Sense:
    """The sign of an expression: ``way`` everywhere, or where ``follows``, ``way`` times that of
    A.
    """

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
    near: float = NEAR  # of RT: an affinity below this has no sign, and ln(r⁺/r⁻) is A/RT within it
    changing: list[tuple[sp.Expr, Sign]] = field(
        default_factory=list
    )  # factors that were seen to change their sign
    turns: bool = False  # whether but for them it follows the affinity
    _senses: dict[sp.Expr, Sense | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = {v.symbol for v in self.box.variables}
        taken = set().union(
            *(
                e.free_symbols
                for e in (self.claim.net, self.claim.reduced_affinity)
                if e is not None
            )
        )
        pair = (self.claim.forward, self.claim.reverse)
        taken |= set().union(*(e.free_symbols for e in pair if e is not None))
        self.values = {
            s: FIXED[s] if s in FIXED else self.box.values[str(s)] for s in taken - known - {T}
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

    def judge(self, k: float) -> bool:
        """Of rates that are given r⁺/r⁻ = e^{A/RT}; of a net flux its sign, or else r⁺/r⁻ =
        e^{kA/RT} of rates that it may be the difference of.
        """
        forward, reverse, flux = self.claim.forward, self.claim.reverse, self.claim.flux
        if forward is not None and reverse is not None:
            return self.pair(forward, reverse)
        return self.flux() or (
            flux is not None and any(self.pair(up, down, k) for up, down in splits(flux))
        )

    # --- the flux

    def flux(self) -> bool:
        """Whether the net flux is proved to have the sign of A, and to stop where A does or
        everywhere along with a factor.
        """
        assert self.claim.net is not None
        made = self.sense(regular(self.claim.net))
        if not self.reduced_affinity:
            return False
        if list(self.reduced_affinity) == [ONE]:  # an affinity that no state changes
            return made == Sense(1 if self.reduced_affinity[ONE] > 0 else -1)
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
            seen = [f for f in unknown if any(f == known for known, _ in self.changing)]
            if unknown and made.follows and len(seen) == len(unknown):
                self.turns = True
            if (
                made.follows and len(seen) == 1
            ):  # it was seen below zero and above, which no sum of terms can overrule
                return None
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
        rest = sp.Add(
            *(term for term, s in zip(e.args, senses, strict=True) if s is None or not s.follows)
        )
        known = next((s for s in senses if s is not None and s.follows), None)
        if (
            known and rest.is_Add and len(rest.args) < len(e.args)
        ):  # the terms of A beside others that follow it
            return (
                known
                if all(s in (known, None) or not s.follows for s in senses)
                and self.sense(rest) == known
                else None
            )
        plain = sp.factor_terms(e)
        return self.sense(plain) if plain.is_Mul else None

    def _split(self, e: sp.Expr) -> Sense | None:
        """By interval arithmetic; a factor that is seen to change its sign is remembered."""
        made = sign(e.xreplace(self.numbers), self.axes)
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
        """Σ base·Σ c_i e^{t_i A/RT}: each inner sum vanishes with A, and its partial sums tell the
        sign elsewhere (:func:`_following`).
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
            weight = (
                c * math.exp(power) if abs(power) < 700 else 0.0
            )  # beyond that a double holds no weight, and nothing is told
            if not weight or not math.isfinite(weight):
                return None
            orbits.setdefault(base, []).append((t, weight))
        ways = {_following(sorted(row), self.near) for row in orbits.values()}
        way = ways.pop()
        return Sense(way, follows=True) if way and not ways else None

    def _twin(self, top: Form) -> Sense | None:
        """P − M of two positive terms has the sign of ln(P/M)."""
        if (
            len(top) != 2
            or self._one_sign(top) is not None
            or not all(map(self.algebra.positive, top))
        ):
            return None
        (m, c), (n, b) = sorted(top.items(), key=lambda x: -x[1])
        made = self.algebra.log({self.algebra.over(m, n): -c / b})
        return self.sense(self.algebra.expression(made)) if made and made != top else None

    def _multiple(self, top: Form) -> Sense | None:
        """A positive monomial times A/RT itself, each term of it up to rounding and the constant as
        near as an affinity is.
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

    # --- a pair of rates

    def pair(self, forward: sp.Expr, reverse: sp.Expr, k: float = 1.0) -> bool:
        """Whether both rates are proved not to be negative, and r⁺/r⁻ to be e^{kA/RT}, up to
        rounding.
        """
        return all(
            self.sense(regular(rate)) == Sense(1) for rate in (forward, reverse)
        ) and self._ratio(forward, reverse, k)

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
                return number > 0 and self._small(
                    sp.log(number) + sp.Add(*(p * sp.log(algebra.atoms[x]) for x, p in plain))
                )
            if any(p != int(p) for _, p in sums) or number <= 0:
                return False
            tops = [algebra.raised({ONE: 1.0}, 1.0) for _ in (1, -1)]
            for atom, p in sums:
                for _ in range(abs(int(p))):
                    tops[p < 0] = algebra.times(tops[p < 0], algebra.sums[atom])
            moved = {algebra.monomial([*m, *plain]): c * number for m, c in tops[0].items()}
            return moved.keys() == tops[1].keys() and self._alike(moved, tops[1])
        except NoForm:
            return False

    def _alike(self, one: Form, other: Form) -> bool:
        """Whether two sums of the same monomials have a ratio of one, at every state: term by term
        only where no term is below zero.
        """
        off = {m: c - one[m] for m, c in other.items()}
        if not any(off.values()):
            return True
        if self._one_sign(other) is not None:
            return all(abs(off[m]) <= self.near / 2 * abs(c) for m, c in other.items())
        size = self.algebra.expression(other)
        made = self.sense(size)
        if made is None or made.follows:
            return False
        left = sp.Add(*(sp.Abs(self.algebra.expression({m: x})) for m, x in off.items() if x))
        return (
            sign((self.near / 2 * made.way * size - left).xreplace(self.numbers), self.axes).sign
            == 1
        )

    def _factors(self, e: sp.Expr) -> tuple[Monomial, float]:
        """A product as one monomial, with sums as atoms."""
        made, number = ONE, 1.0
        for factor in sp.Mul.make_args(e):
            base, power = (
                factor.as_base_exp()
                if factor.is_Pow and factor.exp.is_number
                else (factor, sp.S.One)
            )
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
        return largest(left.xreplace(self.numbers), self.axes, self.near)


def _following(row: Sequence[tuple[float, float]], near: float) -> int:
    """The sign w with w·A·Σ c_i e^{t_i A} ≥ 0 wherever |A| > ``near``, of rising t_i; 0 where there
    is none.

    Numbers c′ with Σ c′ = 0 and partial sums P of one sign give −Σ P_i (e^{t_(i+1) A} − e^{t_i A}).
    If each is within a share ε of c, both differ by ε Σ |P_i| (e^{t_(i+1) A} + e^{t_i A}) at most,
    which is less where tanh(|A| Δt/2) > ε, Δt the least step of t.  No weight is left out, however
    small: the last wins far from equilibrium.
    """
    steps = [b - a for (a, _), (b, _) in itertools.pairwise(row)]
    if not steps:
        return 0
    share = Fraction(near * min(1.0, *steps) / 2)
    for way in (1, -1):
        low = high = Fraction(0)  # what the partial sum may be, times way
        for k, (_, c) in enumerate(row):
            low, high = (
                low + way * Fraction(c) - share * abs(Fraction(c)),
                high + way * Fraction(c) + share * abs(Fraction(c)),
            )
            high = min(high, Fraction(0)) if k < len(steps) else high
            if low > high:
                break
        else:
            if low <= 0 <= high:
                return way
    return 0


@dataclass(frozen=True)
class Certain:
    """What is proved of a claim: ``holds`` at every temperature, or ``fixed`` at the one at which
    its constants are given, or ``here`` at the box's own alone, which is not enough; ``changing``
    are coordinates at which a factor of it has the one sign and the other; but for such factors it
    holds where it ``turns``.
    """

    holds: bool
    fixed: bool = False
    here: bool = False
    turns: bool = False
    changing: tuple[Mapping[sp.Symbol, float], ...] = ()


def certain(
    claim: Claim, box: Box, k: float = 1.0, near: float = NEAR, elsewhere: float | None = None
) -> Certain:
    """Whether the second law is proved of a claim, up to ``near``, over the box and ``WARM``, or up
    to ``elsewhere`` at other temperatures: of a pair of rates r⁺/r⁻ = e^{A/RT}, of a flux its sign.

    What holds at the box's temperature only must follow, at every other one, the affinity with the
    standard energy, or with the voltage too, in units of that RT: then its constants are those of
    one temperature.  Else rates that warm apart would pass.
    """
    always, here = (
        Prover(claim, box, warm=True, near=elsewhere or near),
        Prover(claim, box, warm=False, near=near),
    )
    warm = always.judge(k)
    if warm and (elsewhere is None or here.judge(k)):
        return Certain(holds=True)
    local = here.judge(k)
    if local and any(
        Prover(one, box, warm=True, near=elsewhere or near).judge(k)
        for one in frozen(claim, box.temperature)
    ):
        return Certain(holds=True, fixed=True)
    seen = [
        at
        for _, made in (*here.changing, *always.changing)
        for at in (made.below, made.above)
        if at is not None
    ]
    return Certain(holds=False, here=local, turns=here.turns, changing=tuple(seen))


def frozen(claim: Claim, temperature: float) -> Iterator[Claim]:
    """The claim with the affinity that it has at one temperature: all of it, and without what the
    voltage does.
    """
    fixed = {T: sp.Float(temperature)}
    yield replace(claim, reduced_affinity=claim.reduced_affinity.xreplace(fixed))
    if claim.voltage is not None:
        chemical = claim.reduced_affinity.xreplace({claim.voltage: sp.S.Zero})
        yield replace(
            claim,
            reduced_affinity=chemical.xreplace(fixed)
            + sp.expand(claim.reduced_affinity - chemical),
        )
