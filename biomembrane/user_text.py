"""Text from users, read by bounded grammars: decimal numbers, integers, units as papers print them.

Nothing here is evaluated, and the time is proportional to the length of the text: digits,
exponents, depth and length are bounded first.  Digits are ASCII digits; of other characters only
those of typesetters are known (µ, Ω, °, Å, ·, ×, −, superscripts).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from importlib.resources import files
from numbers import Rational, Real
from typing import Any, NamedTuple

LONGEST = 200  # characters of a quantity
HIGHEST = 24  # exponent of a unit
DEEPEST = 8  # brackets within brackets
DIGITS, DECADES = 40, 30  # of an exact number: significant digits, and powers of ten either way

_NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_DECIMAL = re.compile(rf"[+-]?{_NUMBER}")
_EXACT = re.compile(rf"[+-]?(?:{_NUMBER}|[0-9]+/0*[1-9][0-9]*)")
_LONG = re.compile(rf"[0-9.]{{{DIGITS + 2},}}|[eE][+-]?[0-9]{{3,}}")
_TENS = re.compile(
    r"\s*(?:[x×*·]\s*)?10\s*(?:\^|\*\*)\s*(?:\(\s*([+-]?[0-9]{1,3})\s*\)|([+-]?[0-9]{1,3}))(?![0-9.])"
)
_TYPESET = str.maketrans(
    {
        **dict.fromkeys("\u2212\u2013\u2010\u2011", "-"),  # minus, dash, hyphens
        **dict.fromkeys("\u22c5\u2219\u2022", "·"), "\u03bc": "µ", "\u2126": "Ω", "\u212b": "Å",
        "\u2103": "°C", "\u2109": "°F",
    }
)  # fmt: skip
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")


def typed(text: str) -> str:
    """The text as typed on a keyboard: one minus, one dot, one micro sign, ``²`` as ``^2``."""
    return re.sub(
        "[⁰¹²³⁴-⁹⁻⁺]+", lambda raised: f"^{raised[0].translate(_RAISED)}", text.translate(_TYPESET)
    ).strip()


def decimal(text: str) -> float | None:
    """A decimal number of ASCII digits, infinite beyond the range of a double.

    None for other text.
    """
    text = text.strip()
    return float(text) if len(text) <= LONGEST and _DECIMAL.fullmatch(text) else None


def exact(value: object) -> Fraction | None:
    """A number, or text such as ``-0.5`` or ``1/3``, as the fraction that was written.

    None for anything that is not a finite number of bounded size.  A float is read as the shortest
    decimal that prints it, so that 0.1 is a tenth.
    """
    if isinstance(value, bool):
        return None
    fraction = None
    if isinstance(value, Rational):
        if _short(value.numerator) and _short(value.denominator):
            fraction = Fraction(int(value.numerator), int(value.denominator))
    else:
        text = ""
        if isinstance(value, (Real, Decimal)):
            text = str(value)
        elif isinstance(value, str) and len(value) <= LONGEST:
            text = typed(value)
        if _EXACT.fullmatch(text) and not _LONG.search(text):
            fraction = Fraction(text)
    if fraction and not 10**-DECADES <= abs(fraction) <= 10**DECADES:
        return None
    return fraction


def _short(number: object) -> bool:
    return abs(int(number)) < 10**DIGITS  # type: ignore[call-overload,no-any-return]


def numbers(value: object) -> Any:
    """A float, or an array of floats, from real numbers only; None for booleans, text, dates,
    complex or masked numbers.
    """
    import numpy as np

    if (
        isinstance(value, (str, bytes, bool))
        or value is None
        or hasattr(type(value), "magnitude")
        or hasattr(type(value), "dims")
    ):
        return None  # a quantity or a labelled array has a unit
    try:
        if hasattr(value, "mask") and np.ma.is_masked(value):  # numpy.ma takes long to load
            return None
        array = np.asarray(value, dtype=object if isinstance(value, (list, tuple)) else None)
        if array.dtype.kind == "O":
            parts = array.ravel().tolist()
            sound = all(
                isinstance(x, (Real, Decimal)) and not isinstance(x, (bool, np.bool_))
                for x in parts
            )
            array = np.array([float(x) for x in parts]).reshape(array.shape) if sound else array
        if array.dtype.kind not in "iuf":
            return None
        return float(array) if array.ndim == 0 else array.astype(float, copy=False)
    except Exception:  # noqa: BLE001  whatever an object of someone else's raises when it is asked for its numbers
        return None


def leading(text: str) -> tuple[float, str] | None:
    """The number at the start of a text, ``-60``, ``1e-7`` or ``2.5 × 10⁻⁷``, and the rest; None
    where there is none.
    """
    if len(text) > LONGEST:
        return None
    text = typed(text)
    ten = _TENS.match(text)
    if ten and text.startswith("10"):
        return 10.0 ** int(ten[1] or ten[2]), text[ten.end() :].strip()
    match = _DECIMAL.match(text)
    # an unfinished number, '5e', is not a number of elementary charges
    if not match or re.match(r"[eE](?![A-Za-z])", text[match.end() :]):
        return None
    rest = text[match.end() :]
    ten = _TENS.match(rest)
    if ten and not rest.lstrip().startswith("10"):
        number = f"{match[0]}e{int(ten[1] or ten[2])}" if "e" not in match[0].lower() else "nan"
        return (float(number), rest[ten.end() :].strip()) if number != "nan" else None
    return float(match[0]), rest.strip()


class Unreadable(ValueError):
    """The reason why a text is no unit; ``instead`` are texts that may be meant."""

    def __init__(self, why: str, *instead: str) -> None:
        super().__init__(why)
        self.why, self.instead = why, instead


class Power(NamedTuple):
    """A named unit to a power, as it stands in the text."""

    name: str
    exponent: Fraction


_LETTERS = "A-Za-z_µΩ°Å%"
_NAME = re.compile(rf"[{_LETTERS}]*?H2O(?![{_LETTERS}0-9])|[{_LETTERS}]+")
_COUNT = r"(?:0|[1-9][0-9]{0,2})(?![0-9])"  # no zero in front: 'l01' is l-1 misread
_RAISE = re.compile(
    rf"\s*(?:\^|\*\*)\s*(?:\(\s*([+-]?{_COUNT}(?:\.[0-9]{{1,18}})?)\s*(?:/\s*({_COUNT})\s*)?\)|([+-]?{_COUNT}(?:\.[0-9]{{1,18}})?))"
)
_ATTACHED = re.compile(r"-?(?:0|[1-9][0-9]?)(?!\.?[0-9])")
_JOIN = re.compile(r"\s*(\*(?!\*)|·|×|\.(?=[A-Za-zµΩ°Å(])|/|\bper\b)\s*|\s+|(?=[A-Za-zµΩ°Å(])")
_WORDS = {
    "mm Hg": "mmHg",
    "cm H2O": "cmH2O",
    "mm H2O": "mmH2O",
    **dict.fromkeys(("deg C", "° C"), "degC"),
    **dict.fromkeys(("deg F", "° F"), "degF"),
}
_PAIRS = re.compile(
    r"(?<![A-Za-z])(" + "|".join(pair.replace(" ", r"\s+") for pair in _WORDS) + r")(?![A-Za-z0-9])"
)


def unit(text: str) -> list[Power]:
    """The named units of ``mmol l-1``, ``µA/cm²``, ``nmol·mg⁻¹·min⁻¹``, ``1/(M*s)`` with their
    exponents, none for a pure number.

    Units are joined by a blank, ``*``, ``·``, a dot, or nothing after an exponent; exponents follow
    ``^`` or ``**``, are raised, or are attached.  After a slash only slashes may follow, because
    ``J/mol K`` has two readings.  Raises Unreadable.
    """
    if len(text) > LONGEST:
        raise Unreadable(f"a text of {len(text)} characters")
    plain = _PAIRS.sub(lambda pair: _WORDS[" ".join(pair[0].split())], typed(text))
    if plain in ("", "1", "dimensionless"):
        return []
    strange = re.search(rf"[^{_LETTERS}0-9\s.*·×/^()+-]", plain)
    if strange:
        raise Unreadable(
            f"the sign {strange[0]!r}" + " (a decimal point is '.')" * (strange[0] == ",")
        )
    reader = _Reader(plain)
    powers = list(reader.product(0))
    if reader.at < len(plain):
        raise Unreadable(f"{plain[reader.at :].strip()!r} is left over")
    return powers


class _Reader:
    """Recursive descent over the text of a unit; ``at`` is the current position."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def product(self, depth: int) -> Iterator[Power]:
        """Powers joined by products and slashes, to the end or to a closing bracket."""
        sign, slashed = 1, 0
        one = re.compile(r"\s*(?:1(?:\.0*)?\s*)?(?:/|\bper\b)\s*").match(self.text, self.at)
        if one:
            self.at, sign, slashed = one.end(), -1, one.end()
        else:
            self._skip(re.compile(r"\s*(?:1\s*\*(?!\*)\s*)?"))
        while True:
            for name, exponent in self._power(depth):
                yield Power(name, sign * exponent)
            if self.at == len(self.text) or self.text[self.at :].lstrip()[:1] in (")", ""):
                self._skip(re.compile(r"\s*"))
                return
            join = _JOIN.match(self.text, self.at)
            if not join:
                return
            if join[1] in ("/", "per"):
                sign, slashed = -1, join.end()
            elif slashed:
                first, last = self.text[: self.at], self.text[join.end() :]
                raise Unreadable(
                    "a product after a slash, which can be read in two ways",
                    *([f"{first}/{last}", f"{last}*{first}"] * (not depth)),
                )
            self.at = join.end()

    def _power(self, depth: int) -> list[Power]:
        """A name or a bracket, with its exponent."""
        if self.text[self.at : self.at + 1] == "(":
            if depth == DEEPEST:
                raise Unreadable(f"brackets more than {DEEPEST} deep")
            self.at += 1
            inside = list(self.product(depth + 1))
            if self.text[self.at : self.at + 1] != ")":
                raise Unreadable("a bracket that is not closed")
            self.at += 1
        else:
            match = _NAME.match(self.text, self.at)
            if not match:
                rest = self.text[self.at :].strip()
                raise Unreadable(
                    f"{rest!r} where the name of a unit is due"
                    if rest
                    else "no unit after the last sign"
                )
            inside = [Power(match[0], Fraction(1))]
            self.at = match.end()
        exponent = self._exponent()
        powers = [Power(name, own * exponent) for name, own in inside]
        if any(abs(power.exponent) > HIGHEST for power in powers):
            raise Unreadable(f"an exponent beyond {HIGHEST}")
        return powers

    def _exponent(self) -> Fraction:
        raised = _RAISE.match(self.text, self.at)
        attached = None if raised else _ATTACHED.match(self.text, self.at)
        match = raised or attached
        if not match:
            return Fraction(1)
        self.at = match.end()
        if attached:
            return Fraction(attached[0])
        number, over, alone = match.groups()
        if over is not None and not int(over):
            raise Unreadable("an exponent over 0")
        exponent = Fraction(number or alone) / int(over or 1)
        near = exponent.limit_denominator(12)
        if abs(exponent - near) > Fraction(1, 10**6):
            raise Unreadable("an exponent that is no small fraction")
        return near

    def _skip(self, blank: re.Pattern[str]) -> None:
        match = blank.match(self.text, self.at)
        self.at = match.end() if match else self.at


class Names(NamedTuple):
    """``units``: every name, symbol and alias with its canonical name; ``prefixes`` likewise, the
    longest first.
    """

    units: dict[str, str]
    prefixes: dict[str, str]


# scales with an offset, and the unit of a difference on them
FROM_ZERO = {"degree_Celsius": "kelvin", "degree_Fahrenheit": "rankine"}
WHOLE = {  # units that take no prefix
    "minute", "hour", "day", "week", "year", "percent", "ppm", "count", "degree_Celsius",
    "degree_Fahrenheit", "rankine", "angstrom",
    "elementary_charge", "mmHg", "cmH2O", "mmH2O", "centipoise",
}  # fmt: skip


@lru_cache(maxsize=1)
def names() -> Names:
    """The names of ``units.txt``, which is in the form that pint reads."""
    units, prefixes = (
        {f"delta_{scale}": degree for scale, degree in FROM_ZERO.items()},
        dict[str, str](),
    )
    definitions = (files(__package__) / "units.txt").read_text(encoding="utf-8")
    for line in definitions.split("@group")[0].splitlines():
        name, *rest = (part.strip() for part in line.split("="))
        if not rest or line.startswith(("#", "@")):
            continue
        if name.endswith("-"):
            prefixes |= {part.rstrip("-"): name.rstrip("-") for part in (name, *rest[1:])}
        else:
            units |= dict.fromkeys((name, *rest[1:]), name)
    return Names(units, dict(sorted(prefixes.items(), key=lambda pair: -len(pair[0]))))


@lru_cache(maxsize=512)
def named(text: str) -> str | None:
    """The canonical name of a unit, with its prefix and without the s of a plural; None if
    unknown.
    """
    units, prefixes = names()
    if text in units:
        return units[text]
    for prefix, name in prefixes.items():
        base = units.get(text.removeprefix(prefix)) if text.startswith(prefix) else None
        hecto = prefix != "h" or base == "pascal"  # hg and hs are nobody's units
        if base is not None and base not in WHOLE and hecto:
            return name + base
    singular = text.removesuffix("s")
    return named(singular) if singular != text and re.search("[a-z]{3}$", singular) else None


def alike(text: str, other: str) -> bool:
    """Whether two names differ by one letter left out, inserted, changed or swapped with its
    neighbour, or long ones by two.
    """
    if abs(len(text) - len(other)) > 2:
        return False
    return distance(text[:40], other[:40]) <= (1 if min(len(text), len(other)) < 6 else 2)


def distance(a: str, b: str) -> int:
    """Number of letters left out, inserted, changed or swapped with a neighbour (Damerau 1964)."""
    rows = [list(range(len(b) + 1))]
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            least = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                least = min(least, rows[-2][j - 2] + 1)
            row.append(least)
        rows.append(row)
    return rows[-1][-1]
