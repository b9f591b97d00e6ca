"""Expressions as sums of monomials, c·Π atom^power: concentrations, exponentials of the voltage and
sums in denominators are atoms.

In this form e^{A/RT} is one monomial, and expressions that are equal but written differently become
the same.  Coefficients are floats, and compared up to their rounding.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sympy as sp

from ..symbols import B

Monomial = tuple[tuple[int, float], ...]  # (atom, power), by atom
Form = dict[Monomial, float]
MOST = 2000  # terms
FAR = 300.0  # e to a larger power is an atom, so that no number overflows or underflows
GONE = 1e-14  # of the sum of |terms|: a smaller sum is rounding
ALIKE = 1e-14  # relative: numbers and powers that differ by their rounding alone
ONE: Monomial = ()


class NoForm(Exception):
    """The expression has no such form, or one with too many terms."""


@dataclass
class Algebra:
    """Forms of expressions in which some symbols are numbers; ``atoms[k]`` is the expression of
    atom k.
    """

    values: Mapping[sp.Symbol, float]
    atoms: list[sp.Expr] = field(default_factory=list)
    sums: dict[int, Form] = field(default_factory=dict)  # those atoms that are sums
    _index: dict[object, int] = field(default_factory=dict)
    _alike: dict[object, list[tuple[tuple[float, ...], int]]] = field(default_factory=dict)
    _memo: dict[sp.Expr, Form] = field(default_factory=dict)
    _powers: dict[tuple[int, float], float] = field(default_factory=dict)
    _inner: dict[int, int] = field(default_factory=dict)  # what a logarithm is of, by atom

    def form(self, e: sp.Expr) -> Form:
        """The form of an expression.

        Raises:
            NoForm: it has none.
        """
        if e not in self._memo:
            try:
                self._memo[e] = self._form(e)
            except (OverflowError, ZeroDivisionError) as error:
                raise NoForm(str(error)) from None
        return self._memo[e]

    def _form(self, e: sp.Expr) -> Form:
        if e.is_number or e in self.values:
            x = float(self.values.get(e, e)) if e.is_real is not False else math.nan
            if not math.isfinite(x):
                raise NoForm(str(e))
            return {ONE: x} if x else {}
        if e.is_Symbol:
            return {((self.atom(e, e), 1.0),): 1.0}
        if e.is_Add:
            return self.total((m, c) for a in e.args for m, c in self.form(a).items())
        if e.is_Mul:
            product: Form = {ONE: 1.0}
            for a in e.args:
                product = self.times(product, self.form(a))
            return product
        if isinstance(e, sp.exp):
            return self.exp(self.form(e.args[0]))
        if e.is_Pow:
            return self._power(e)
        if isinstance(e, sp.log):
            return self.log(self.form(e.args[0]))
        if isinstance(e, sp.tanh):
            down = sp.exp(-2 * e.args[0])
            return self.form((1 - down) / (1 + down))
        if isinstance(e, B):
            return self._bernoulli(self.form(e.args[0]))
        return {((self._function(type(e).__name__, e), 1.0),): 1.0}

    def _power(self, e: sp.Pow) -> Form:
        base, power = self.form(e.base), self.form(e.exp)
        if not power:
            return {ONE: 1.0}
        if list(power) != [ONE]:
            return self.exp(self.times(power, self.log(base)))
        return self.raised(base, power[ONE])

    def raised(self, base: Form, power: float) -> Form:
        """A form to a power: with a positive integer power it is multiplied out unless too long,
        else it becomes an atom.
        """
        if len(base) == 1:
            ((m, c),) = base.items()
            return {self.monomial((a, p * power) for a, p in m): self._number(c, power)}
        if not base:
            if power > 0:
                return {}
            raise NoForm("0 to a negative power")
        if power == int(power) and 0 < power <= 12 and len(base) ** power <= MOST:
            product: Form = {ONE: 1.0}
            for _ in range(int(power)):
                product = self.times(product, base)
            return product
        c, m, atom = self.normal(base)
        return {
            self.monomial([*((a, p * power) for a, p in m), (atom, power)]): self._number(c, power)
        }

    def _number(self, c: float, power: float) -> float:
        if c < 0 and power != int(power):
            raise NoForm("a root of a negative number")
        number = float(c ** (int(power) if power == int(power) else power))
        if not number:
            raise NoForm("a number out of range")
        return number

    def normal(self, base: Form) -> tuple[float, Monomial, int]:
        """A sum as c·monomial·atom, with the first term of the atom 1: sums that differ by a factor
        share one atom.
        """
        first = min(base)
        c = base[first]
        shifted = {self.over(m, first): x / c for m, x in base.items()}
        keys = tuple(sorted(shifted))
        atom = self._interned(
            ("sum", keys), tuple(shifted[k] for k in keys), lambda: self.expression(shifted)
        )
        self.sums.setdefault(atom, shifted)
        return c, first, atom

    def _interned(self, kind: object, numbers: tuple[float, ...], make: object) -> int:
        """The atom of a kind with these numbers, equal up to their rounding."""
        alike = self._alike.setdefault(kind, [])
        for others, atom in alike:
            if all(math.isclose(a, b, rel_tol=ALIKE) for a, b in zip(others, numbers, strict=True)):
                return atom
        self.atoms.append(make())  # type: ignore[operator]
        alike.append((numbers, len(self.atoms) - 1))
        return len(self.atoms) - 1

    def atom(self, key: object, e: sp.Expr) -> int:
        if key not in self._index:
            self._index[key] = len(self.atoms)
            self.atoms.append(e)
        return self._index[key]

    def _function(self, name: str, e: sp.Expr) -> int:
        forms = [self.form(a) for a in e.args]
        keys = tuple(tuple(sorted(f)) for f in forms)
        return self._interned(
            (name, keys),
            tuple(f[k] for f, key in zip(forms, keys, strict=True) for k in key),
            lambda: e.xreplace(self._numbers()),
        )

    def _numbers(self) -> dict[sp.Symbol, sp.Float]:
        return {s: sp.Float(x) for s, x in self.values.items()}

    def _bernoulli(self, x: Form) -> Form:
        """B(x), or e^{−x}·B(−x) where the first term of x is negative: both share an atom."""
        if not x:
            return {ONE: 1.0}
        flip = x[min(x)] < 0
        plus = {m: -c for m, c in x.items()} if flip else x
        keys = tuple(sorted(plus))
        atom = self._interned(
            ("B", keys), tuple(plus[k] for k in keys), lambda: B(self.expression(plus))
        )
        form: Form = {((atom, 1.0),): 1.0}
        return self.times(form, self.exp(plus)) if flip else form

    def exp(self, x: Form) -> Form:
        """e to the power of a sum: one monomial."""
        number, powers = 1.0, []
        for m, c in x.items():
            if m == ONE and abs(c) < FAR:
                number *= math.exp(c)
            elif m == ONE:
                powers.append((self.atom("e", sp.E), c))
            elif len(m) == 1 and m[0][1] == 1.0 and isinstance(self.atoms[m[0][0]], sp.log):
                powers.append((self._inner[m[0][0]], c))
            else:
                powers.append((self.atom(("exp", m), sp.exp(self.expression({m: 1.0}))), c))
        return {self.monomial(powers): number}

    def log(self, x: Form) -> Form:
        if not x:
            raise NoForm("the logarithm of 0")
        if len(x) > 1:
            c, m, rest = self.normal(x)
        else:
            ((m, c),), rest = x.items(), -1
        if c <= 0 or not self.positive(m):
            raise NoForm("the logarithm of a form that may be negative")
        terms: list[tuple[Monomial, float]] = [(ONE, math.log(c))] if c != 1 else []
        for a, p in (*m, *([(rest, 1.0)] if rest >= 0 else [])):
            inner = self.atoms[a]
            if inner == sp.E:
                terms.append((ONE, p))
            elif isinstance(inner, sp.exp):
                terms += [(n, k * p) for n, k in self.form(inner.args[0]).items()]
            else:
                atom = self.atom(("log", a), sp.log(inner, evaluate=False))
                self._inner[atom] = a
                terms.append((((atom, 1.0),), p))
        return self.total(terms)

    # --- monomials

    def snapped(self, power: float) -> float:
        """A power without its relative rounding error: the fraction, or the power met before, that
        it equals up to rounding.
        """
        near = round(power * 120) / 120
        if math.isclose(power, near, rel_tol=ALIKE * 10):
            return near
        size = 10.0 ** (math.floor(math.log10(abs(power))) - 12)
        key = math.floor(power / size)
        for k in (key, key - 1, key + 1):
            earlier = self._powers.get((k, size))
            if earlier is not None and math.isclose(earlier, power, rel_tol=ALIKE * 10):
                return earlier
        self._powers[key, size] = power
        return power

    def monomial(self, powers: Iterable[tuple[int, float]]) -> Monomial:
        """The product of atoms to powers; those of one atom are added."""
        total: dict[int, float] = {}
        size: dict[int, float] = {}
        for a, p in powers:
            total[a] = total.get(a, 0.0) + p
            size[a] = size.get(a, 0.0) + abs(p)
        return tuple(
            sorted((a, self.snapped(p)) for a, p in total.items() if abs(p) > GONE * 10 * size[a])
        )

    def over(self, a: Monomial, b: Monomial, times: float = 1.0) -> Monomial:
        """a/b^times."""
        return self.monomial([*a, *((k, -p * times) for k, p in b)])

    def times(self, a: Form, b: Form) -> Form:
        """The product of two forms."""
        if len(a) * len(b) > MOST:
            raise NoForm("too many terms")
        return self.total(
            (self.monomial([*m, *n]), x * y) for m, x in a.items() for n, y in b.items()
        )

    def total(self, terms: Iterable[tuple[Monomial, float]]) -> Form:
        """The sum of terms, without those that cancel."""
        form: Form = {}
        size: Form = {}
        for m, c in terms:
            form[m] = form.get(m, 0.0) + c
            size[m] = size.get(m, 0.0) + abs(c)
        if len(form) > MOST or not all(map(math.isfinite, form.values())) or 0.0 in size.values():
            raise NoForm("too many terms, or numbers out of range")
        return {m: c for m, c in form.items() if abs(c) > GONE * size[m]}

    def positive(self, m: Monomial) -> bool:
        """Whether a monomial is positive wherever it is defined."""
        return all(p % 2 == 0 or self.above(a) for a, p in m)

    def above(self, atom: int) -> bool:
        """Whether an atom is positive wherever it is defined."""
        e = self.atoms[atom]
        if atom in self.sums:
            return all(c > 0 and self.positive(m) for m, c in self.sums[atom].items())
        return bool(e.is_positive or e.is_nonnegative or isinstance(e, (sp.exp, B)))

    def expression(self, form: Form) -> sp.Expr:
        """The form as a sympy expression."""
        return sp.Add(
            *(
                sp.Float(c) * sp.Mul(*(self.atoms[a] ** _exact(p) for a, p in m))
                for m, c in form.items()
            )
        )

    def spread(self, form: Form) -> tuple[list[tuple[int, float]], Form]:
        """The powers of sums that all terms share, denominators among them, and the rest with all
        other sums multiplied out.
        """
        rows = [dict(m) for m in form]
        shared = [
            (a, min(row.get(a, 0.0) for row in rows))
            for a in sorted({a for row in rows for a in row if a in self.sums})
        ]
        shared = [(a, p) for a, p in shared if p]
        parts = []
        for m, c in form.items():
            left = self.over(m, tuple(shared))
            whole = [(a, p) for a, p in left if a in self.sums and p == int(p) and p > 0]
            part: Form = {tuple(x for x in left if x not in whole): c}
            for a, p in whole:
                for _ in range(int(p)):
                    part = self.times(part, self.sums[a])
            parts.append(part)
        return shared, self.total((m, c) for part in parts for m, c in part.items())


def _exact(power: float) -> sp.Expr:
    return sp.Integer(int(power)) if power == int(power) else sp.Float(power)
