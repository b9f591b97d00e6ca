"""Elementary functions over lanes, in plain vector IR.

exp and expm1: Cody–Waite reduction and a polynomial of degree 13 on |r| ≤ ln 2/2; log: the series
of fdlibm; sin and cos: reduction to a quarter turn, good to |x| ~ 10⁵; B and its derivatives:
x/expm1(x), and Taylor series where that cancels.  Errors are below 2 ulp for exp, expm1 and log and
4 ulp for the others on the ranges that laws use (tested against mpmath).
"""

from __future__ import annotations

import math
from functools import lru_cache

from ..numpy_functions import COEFFICIENTS, SERIES
from .ir import INT, LANES, TINY, VEC, Function, splat

_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_MAGIC = 1.5 * 2.0**52  # added to a number, leaves it rounded in the low bits
_LIMIT = 708.0  # e^±708 is the last that is normal


_EXPONENTS = 1024 << 52
ATTRIBUTES = "#1"


def _mapped(name: str) -> Function:
    return Function(name, f"{VEC} %x", VEC, ATTRIBUTES)


def _reduced(f: Function, x: str) -> tuple[str, str]:
    """(e^r − 1, 2^k) with x = k ln 2 + r."""
    low = f.select(f.compare("olt", x, splat(-_LIMIT)), splat(-_LIMIT), x)
    x = f.select(f.compare("ogt", low, splat(_LIMIT)), splat(_LIMIT), low)
    shifted, k = _rounded(f, x, 1 / math.log(2))
    minus = f.do(f"fneg {VEC} {k}")
    r = f.fma(minus, splat(_LN2_LOW), f.fma(minus, splat(_LN2_HIGH), x))
    q = f.polynomial(r, [1 / math.factorial(n) for n in range(13, 1, -1)])
    small = f.fma(f.mul(r, r), q, r)
    biased = f.do(f"add {INT} {shifted}, splat (i64 1023)")
    scale = f.do(f"shl {INT} {biased}, splat (i64 52)")
    return small, f.do(f"bitcast {INT} {scale} to {VEC}")


def _rounded(f: Function, x: str, factor: float) -> tuple[str, str]:
    """x·factor as the nearest whole number: in the low bits of an integer, and as a double.

    AVX2 cannot convert between the two.
    """
    t = f.fma(x, splat(factor), splat(_MAGIC))
    return f.do(f"bitcast {VEC} {t} to {INT}"), f.sub(t, splat(_MAGIC))


def _exp() -> Function:
    f = _mapped("m_exp")
    small, scale = _reduced(f, "%x")
    finite = f.fma(small, scale, scale)
    f.say(f"ret {VEC} {f.select(f.compare('uno', '%x', '%x'), '%x', finite)}")
    return f


def _expm1() -> Function:
    f = _mapped("m_expm1")
    small, scale = _reduced(f, "%x")
    finite = f.fma(small, scale, f.sub(scale, splat(1.0)))
    f.say(f"ret {VEC} {f.select(f.compare('uno', '%x', '%x'), '%x', finite)}")
    return f


def _log() -> Function:
    f = _mapped("m_log")
    x = f.select(f.compare("ule", "%x", splat(TINY)), splat(TINY), "%x")
    bits = f.do(f"bitcast {VEC} {x} to {INT}")
    above = f.do(
        f"add {INT} {bits}, splat (i64 {_EXPONENTS - 0x3FE6A09E667F3BCD})"
    )  # exponent over √½, plus 1024 to stay positive
    e = f.do(f"lshr {INT} {above}, splat (i64 52)")
    whole = f.do(f"and {INT} {above}, splat (i64 {-(1 << 52)})")
    mantissa = f.do(f"add {INT} {f.do(f'sub {INT} {bits}, {whole}')}, splat (i64 {_EXPONENTS})")
    m = f.do(f"bitcast {INT} {mantissa} to {VEC}")
    held = f.do(f"or {INT} {e}, splat (i64 {0x4330000000000000})")  # 2⁵² + e as a double
    ef = f.sub(f.do(f"bitcast {INT} {held} to {VEC}"), splat(2.0**52 + 1024))
    d = f.sub(m, splat(1.0))
    s = f.div(d, f.add(m, splat(1.0)))
    z = f.mul(s, s)
    series = [1.479819860510658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01,
        2.222219843214978396e-01, 2.857142874366239149e-01,
              3.999999999940941908e-01, 6.666666666666735130e-01]  # fmt: skip
    R = f.mul(z, f.polynomial(z, series))
    half = f.mul(f.mul(d, d), splat(0.5))
    inner = f.fma(ef, splat(_LN2_LOW), f.mul(s, f.add(half, R)))
    value = f.fma(ef, splat(_LN2_HIGH), f.sub(d, f.sub(half, inner)))
    f.say(f"ret {VEC} {f.select(f.compare('uno', '%x', '%x'), '%x', value)}")
    return f


def _turn(name: str, quarter: int) -> Function:
    """sin (``quarter`` −1) or cos (0) by the quadrant."""
    f = _mapped(name)
    counted, k = _rounded(f, "%x", 2 / math.pi)
    minus = f.do(f"fneg {VEC} {k}")
    r = "%x"
    for part in (1.57079632673412561417e00, 6.07710050630396597660e-11, 2.02226624879595063154e-21):
        r = f.fma(minus, splat(part), r)
    z = f.mul(r, r)
    odd = [(-1) ** n / math.factorial(2 * n + 1) for n in range(8, 0, -1)]
    even = [(-1) ** n / math.factorial(2 * n) for n in range(8, 0, -1)]
    sine = f.fma(f.mul(r, z), f.polynomial(z, odd), r)
    cosine = f.fma(z, f.polynomial(z, even), splat(1.0))
    turns = f.do(f"add {INT} {counted}, splat (i64 {quarter})")
    is_odd = f.do(f"icmp ne {INT} {f.do(f'and {INT} {turns}, splat (i64 1)')}, zeroinitializer")
    value = f.select(is_odd, sine, cosine)
    after = f.do(f"add {INT} {turns}, splat (i64 1)")
    half = f.do(f"and {INT} {after}, splat (i64 2)")
    sign = f.do(f"shl {INT} {half}, splat (i64 62)")
    flipped = f.do(f"xor {INT} {f.do(f'bitcast {VEC} {value} to {INT}')}, {sign}")
    f.say(f"ret {VEC} {f.do(f'bitcast {INT} {flipped} to {VEC}')}")
    return f


def _tanh() -> Function:
    f = _mapped("m_tanh")
    e = f.call("m_expm1", f.mul("%x", splat(2.0)))
    f.say(f"ret {VEC} {f.div(e, f.add(e, splat(2.0)))}")
    return f


def _bernoulli(order: int) -> Function:
    """B, B′ or B″; the derivatives at |x|, where nothing cancels, for B′(−x) = −1 − B′(x) and B″ is
    even.
    """
    f = _mapped("m_B" if order == 0 else f"m_B{order}")
    if order == 0:
        e = f.call("m_expm1", "%x")
        f.say(
            f"ret {VEC} {f.select(f.compare('oeq', '%x', splat(0.0)), splat(1.0), f.div('%x', e))}"
        )
        return f
    size = f.do(f"call {VEC} @llvm.fabs.v{LANES}f64({VEC} %x)")
    e = f.call("m_expm1", size)
    plain = f.div(size, e)
    first = f.div(f.sub(f.sub(splat(1.0), plain), size), e)
    far = (
        first
        if order == 1
        else f.div(f.fma(splat(2.0), first, plain), f.call("m_expm1", f.do(f"fneg {VEC} {size}")))
    )
    value = f.select(
        f.compare("olt", size, splat(SERIES)), f.polynomial(size, COEFFICIENTS[order]), far
    )
    if order == 1:
        value = f.select(f.compare("olt", "%x", splat(0.0)), f.sub(splat(-1.0), value), value)
    f.say(f"ret {VEC} {value}")
    return f


def _pow() -> Function:
    f = Function("m_pow", f"{VEC} %x, {VEC} %n", VEC, ATTRIBUTES)
    f.say(f"ret {VEC} {f.call('m_exp', f.mul('%n', f.call('m_log', '%x')))}")
    return f


NAMES = ("exp", "expm1", "log", "sin", "cos", "tanh", "pow", "B", "B1", "B2")


@lru_cache(maxsize=1)
def functions() -> tuple[str, ...]:
    """The texts of all of them, callees first."""
    first = [_exp(), _expm1(), _log(), _turn("m_cos", 0), _turn("m_sin", -1)]
    return tuple(
        f.text() for f in (*first, _tanh(), _pow(), _bernoulli(0), _bernoulli(1), _bernoulli(2))
    )


def used(text: str) -> list[str]:
    """The texts of those that a text calls, and of those that they call."""
    texts: list[str] = []
    for each in reversed(functions()):
        name = each[: each.index("(")].rpartition("@")[2]
        if any(f"@{name}(" in where for where in (text, *texts)):
            texts.insert(0, each)
    return texts


_INTRINSICS = {"rint": 1, "fabs": 1, "sqrt": 1, "fma": 3}
DECLARATIONS = "\n".join(
    f"declare {VEC} @llvm.{name}.v{LANES}f64({', '.join([VEC] * count)})"
    for name, count in _INTRINSICS.items()
)
