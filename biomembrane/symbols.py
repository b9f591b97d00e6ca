"""Symbols and functions that every formula shares.

:class:`B` is the Bernoulli function B(x) = x/(eˣ − 1), the barrier of a constant field (Goldman
1943).  It is a function of its own, never a raw quotient: B(0) = 1, B > 0, B(−x) = eˣ B(x), so that
B(x)/B(−x) = e⁻ˣ is exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import sympy as sp

R, F, T, t = (sp.Symbol(name, positive=True) for name in ("R", "F", "T", "t"))
N_A = sp.Symbol("N_A", positive=True)
c0 = sp.Symbol("c0", positive=True)  # standard concentration, 1 M
n0 = sp.Symbol("n0", positive=True)  # standard amount of a carrier state, 1 fmol

# sympy keeps a thousand symbols; a model of 200 cells has forty thousand
_kept = lru_cache(maxsize=2**16)
ROUNDING = 1e-12  # of decimal coefficients that should be proportional


@_kept
def amount(pool: str) -> sp.Symbol:
    """n of a solute in a place or of a carrier state [fmol]."""
    return sp.Symbol(f"n[{pool}]", positive=True)


@_kept
def concentration(pool: str) -> sp.Symbol:
    """c = c° exp((μ − μ°)/RT) of a solute in a place [mM]; n/W where the solution is ideal."""
    return sp.Symbol(f"c[{pool}]", positive=True)


@_kept
def volume(place: str) -> sp.Symbol:
    """W of a compartment [pL]."""
    return sp.Symbol(f"W[{place}]", positive=True)


@_kept
def charge(place: str) -> sp.Symbol:
    """q of a floating node of the capacitor network [fC]."""
    return sp.Symbol(f"q[{place}]", real=True)


@_kept
def electric_potential(place: str) -> sp.Symbol:
    """φ of a place [V]; zero where it is grounded."""
    return sp.Symbol(f"phi[{place}]", real=True)


@_kept
def potential(membrane: str) -> sp.Symbol:
    """V = φ_in − φ_out of a membrane [V]."""
    return sp.Symbol(f"V[{membrane}]", real=True)


@_kept
def pressure(place: str) -> sp.Symbol:
    """∂G/∂W of a compartment, hydrostatic less osmotic [Pa]."""
    return sp.Symbol(f"P[{place}]", real=True)


@_kept
def hydrostatic(place: str) -> sp.Symbol:
    """∂U/∂W of the wall of a compartment [Pa]."""
    return sp.Symbol(f"p[{place}]", real=True)


@_kept
def chemical_potential(pool: str) -> sp.Symbol:
    """μ of a pool [J/mol] without the electrical part, which is in φ."""
    return sp.Symbol(f"mu[{pool}]", real=True)


@_kept
def affinity(process: str) -> sp.Symbol:
    """A of a process [J/mol]."""
    return sp.Symbol(f"A[{process}]", real=True)


@_kept
def forward(process: str) -> sp.Symbol:
    """r⁺ [fmol/s]."""
    return sp.Symbol(f"r+[{process}]", nonnegative=True)


@_kept
def reverse(process: str) -> sp.Symbol:
    """r⁻ [fmol/s]."""
    return sp.Symbol(f"r-[{process}]", nonnegative=True)


@_kept
def conductance(process: str) -> sp.Symbol:
    """L of an Onsager process."""
    return sp.Symbol(f"L[{process}]", nonnegative=True)


@_kept
def flux(process: str) -> sp.Symbol:
    """J = r⁺ − r⁻ [fmol/s]."""
    return sp.Symbol(f"J[{process}]", real=True)


@_kept
def own_rate(state: str) -> sp.Symbol:
    """Rate of change of a state that no process contributes."""
    return sp.Symbol(f"rate[{state}]", real=True)


@_kept
def rate_of_change(pool: str) -> sp.Symbol:
    """dx/dt of a pool."""
    return sp.Symbol(f"d[{pool}]", real=True)


@_kept
def state_energy(state: str) -> sp.Symbol:
    """μ° of a carrier state [J/mol], which follows from the rate constants."""
    return sp.Symbol(f"mu0[{state}]", real=True)


@_kept
def slope(parameter: str) -> sp.Symbol:
    """Rate of change of a parameter that a protocol moves; 0 where none does."""
    return sp.Symbol(f"slope[{parameter}]", real=True)


@_kept
def protocol_input(name: str) -> sp.Symbol:
    """A quantity in the formula of a protocol."""
    return sp.Symbol(name, real=True)


@_kept
def rate_constant(name: str) -> sp.Symbol:
    """The rate constant of a closing step, which follows from others."""
    return sp.Symbol(name, nonnegative=True)


@_kept
def occupancy(state: str) -> sp.Symbol:
    """Share of a cycle's carriers that are in one of its states, from 0 to 1."""
    return sp.Symbol(f"p[{state}]", **DOMAINS["fraction"])


@_kept
def unit(name: str) -> sp.Symbol:
    """One of a unit, in a formula with numbers that have units."""
    return sp.Symbol(f"@[{name}]", positive=True)


def parameter(name: str, *, positive: bool = False, real: bool = False) -> sp.Symbol:
    """A parameter of a template, by its local name; non-negative by default."""
    # one object for each name: comparing equal ones is slow
    return declared(name, "real" if real else "positive" if positive else "nonnegative")


DOMAINS: dict[str, dict[str, bool]] = {
    "positive": {"positive": True},
    "nonnegative": {"nonnegative": True},
    "real": {"real": True},
    "nonzero": {"real": True, "nonzero": True},
    "fraction": {"nonnegative": True, "fraction": True},  # sympy carries our assumption along
}


@_kept
def declared(name: str, domain: str) -> sp.Symbol:
    """The symbol of a parameter, by dotted name and domain."""
    return sp.Symbol(name, **DOMAINS[domain])


@_kept
def at_temperature(name: str, domain: str) -> sp.Symbol:
    """The value at the temperature of the model of a parameter that depends on it."""
    return declared(f"{name}(T)", domain)


def is_fraction(symbol: sp.Symbol) -> bool:
    """Whether a symbol stands for a number from 0 to 1."""
    return bool(symbol.assumptions0.get("fraction"))


def ln(x: sp.Expr) -> sp.Expr:
    """The logarithm of a product of symbols, without sympy's search for simplifications, which is
    slow and finds none here.
    """
    return sp.S.Zero if x == 1 else sp.log(x, evaluate=False)


class B(sp.Function):
    """B(x) = x/(eˣ − 1).  Real argument: positive, decreasing.

    Derivative :class:`DB`, value 1 at 0.
    """

    nargs = 1

    @classmethod
    def eval(cls, x: sp.Expr) -> sp.Expr | None:
        if x.is_zero:
            return sp.S.One
        return sp.S.Zero if x is sp.oo else None

    def _eval_is_real(self) -> bool | None:
        real: bool | None = self.args[0].is_real
        return real

    def _eval_is_positive(self) -> bool | None:
        return True if self.args[0].is_real else None

    def fdiff(self, _: int = 1) -> sp.Expr:
        return DB(1, self.args[0])

    def _eval_rewrite_as_exp(self, x: sp.Expr, **_: Any) -> sp.Expr:
        return x / (sp.exp(x) - 1)

    def _eval_rewrite_as_Piecewise(self, x: sp.Expr, **_: Any) -> sp.Expr:
        return sp.Piecewise(
            (series(x, 0), sp.Abs(x) < sp.Float("1e-2")), (x / (sp.exp(x) - 1), True)
        )

    def _eval_evalf(self, precision: int) -> sp.Expr | None:
        return _evalf(0, self.args[0], precision)

    def _eval_nseries(self, x: sp.Symbol, n: int, logx: Any, cdir: int = 0) -> sp.Expr:
        arg = self.args[0]
        if arg.limit(x, 0) == 0:
            return series(arg, 0, n) + sp.O(x**n)
        return self.rewrite(sp.exp)._eval_nseries(x, n=n, logx=logx, cdir=cdir)

    def _latex(self, printer: Any, exp: Any = None) -> str:
        body = rf"\mathcal{{B}}\left({printer._print(self.args[0])}\right)"
        return body if exp is None else rf"{body}^{{{exp}}}"

    def _code(self, printer: Any) -> str:
        return str(printer._print(self.rewrite(sp.Piecewise)))

    _numpycode = _pythoncode = _ccode = _jscode = _mpmathcode = _octave = _julia = _fcode = (
        _rcode
    ) = _code


class DB(sp.Function):
    """DB(n, x): the n-th derivative of B at x, regular at 0; B′ = (1 − B(−x))/(eˣ − 1)."""

    nargs = 2

    @classmethod
    def eval(cls, n: sp.Expr, x: sp.Expr) -> sp.Expr | None:
        if not x.is_zero:
            return None
        return sp.Rational(-1, 2) if n == 1 else sp.bernoulli(n)

    def _eval_is_real(self) -> bool | None:
        real: bool | None = self.args[1].is_real
        return real

    def _eval_is_negative(self) -> bool | None:
        return True if self.args[0] == 1 and self.args[1].is_real else None

    def fdiff(self, _: int = 2) -> sp.Expr:
        return DB(self.args[0] + 1, self.args[1])

    def _eval_rewrite_as_exp(self, n: sp.Expr, x: sp.Expr, **_: Any) -> sp.Expr:
        z = sp.Dummy("z")
        return sp.diff(z / (sp.exp(z) - 1), z, int(n)).subs(z, x)

    def _eval_rewrite_as_Piecewise(self, n: sp.Expr, x: sp.Expr, **_: Any) -> sp.Expr:
        return sp.Piecewise(
            (series(x, int(n)), sp.Abs(x) < sp.Float("0.1")), (self.rewrite(sp.exp), True)
        )

    def _eval_evalf(self, precision: int) -> sp.Expr | None:
        return _evalf(int(self.args[0]), self.args[1], precision)

    def _latex(self, printer: Any, exp: Any = None) -> str:
        body = rf"\mathcal{{B}}^{{({self.args[0]})}}\left({printer._print(self.args[1])}\right)"
        return body if exp is None else rf"{body}^{{{exp}}}"

    _numpycode = _pythoncode = _ccode = _jscode = _mpmathcode = _octave = _julia = _fcode = (
        _rcode
    ) = B._code


def series(x: sp.Expr, order: int, terms: int = 12) -> sp.Expr:
    """Taylor polynomial of the order-th derivative of B about 0, with B₁ = −1/2."""
    coefficients = {
        k: sp.Rational(-1, 2) if k == 1 else sp.bernoulli(k) for k in range(terms + order)
    }
    return sum(
        (
            b / sp.factorial(k - order) * x ** (k - order)
            for k, b in coefficients.items()
            if k >= order and b
        ),
        sp.S.Zero,
    )


def _evalf(order: int, x: sp.Expr, precision: int) -> sp.Expr | None:
    guarded = precision + 64 * (order + 1)  # bits that cancellation near 0 may cost
    value = x._eval_evalf(guarded)
    if value is None or not (value.is_Float or value.is_Rational):
        return None
    if abs(value) < sp.Float("1e-3"):
        return series(value, order, 24)._eval_evalf(precision)
    z = sp.Dummy("z")
    exact = sp.Float(value, precision=guarded)
    return sp.Float(sp.diff(z / (sp.exp(z) - 1), z, order).subs(z, exact), precision=precision)


# --- quotients x/(eˣ − 1) written out by users


def regular(e: sp.Expr) -> sp.Expr:
    """x/(eˣ − 1), with any factor and sign, as B(x), which has its value at 0 too."""
    replaced = e.replace(
        lambda n: n.is_Mul and any(_barrier(f) is not None for f in n.args), _with_barrier
    )
    return replaced if replaced == e else regular(replaced)


def _barrier(factor: sp.Expr) -> sp.Expr | None:
    """x where the factor is 1/(eˣ − 1) or 1/(1 − eˣ) up to a number.

    Of decimal numbers sympy writes 1 − e^{−0.1 v − 5.5} as 1 − 0.00409 e^{−0.1 v}.
    """
    base, power = factor.as_base_exp()
    number, rest = base.as_coeff_Add()
    scale, inner = rest.as_coeff_Mul()
    if power != -1 or not isinstance(inner, sp.exp) or not number or not (scale / number < 0):
        return None
    return inner.exp if number == -scale else inner.exp + sp.log(sp.Float(-scale / number))


def _with_barrier(n: sp.Expr) -> sp.Expr:
    """The product with its first quotient as B; unchanged where x does not divide the rest."""
    for factor in n.args:
        x = _barrier(factor)
        if x is None:
            continue
        rest = sp.Mul(*(f for f in n.args if f is not factor))
        scale = factor.as_base_exp()[0].as_coeff_Add()[0]  # scale·(1 − eˣ)
        for ratio in _ratios(rest, x):
            if not any(
                f.as_base_exp()[1].is_negative and _may_vanish(f.as_base_exp()[0], x)
                for f in sp.Mul.make_args(ratio)
            ):
                return -ratio * B(x) / scale
    return n


def _ratios(rest: sp.Expr, x: sp.Expr) -> Iterator[sp.Expr]:
    """rest/x, as sympy cancels it, with common factors, and with each sum cancelled."""
    yield rest / x
    yield sp.factor_terms(rest) / sp.factor_terms(x)
    for f in sp.Mul.make_args(rest):
        if f.is_Add or f.is_Symbol:
            share = sp.cancel(sp.nsimplify(f / x, rational=True))
            yield rest / f * share
        proportion = _proportion(f, x)
        if proportion is not None:
            yield rest / f * proportion


def _proportion(f: sp.Expr, x: sp.Expr) -> sp.Expr | None:
    """f/x where that is a number, to the rounding of their decimal coefficients."""
    ours, theirs = (e.expand().as_coefficients_dict() for e in (f, x))
    if ours.keys() != theirs.keys():
        return None
    ratios = [ours[k] / theirs[k] for k in theirs]
    size = max(abs(float(r)) for r in ratios)
    alike = all(abs(float(r - ratios[0])) <= ROUNDING * size for r in ratios)
    return ratios[0] if alike else None


def _may_vanish(base: sp.Expr, x: sp.Expr) -> bool:
    """Whether a divisor may be zero where x is: not if it has one known sign, as 1 + e^{V/s} of a
    gate.
    """
    if base.is_positive or base.is_negative:
        return False
    return any(not s.is_positive for s in base.free_symbols & x.free_symbols)
