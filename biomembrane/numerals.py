"""Numbers in print: true minus signs and raised exponents."""

from __future__ import annotations

_RAISED = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")


def raised(text: str | int) -> str:
    """An exponent or a charge in print: -3 is ⁻³."""
    return str(text).translate(_RAISED)


def typeset(text: str, times: str = "·") -> str:
    """A number as Python formats it, in print: -1.5e-07 is −1.5·10⁻⁷.

    ``times``: the sign of multiplication, · in texts and × in figures.
    """
    mantissa, e, power = text.partition("e")
    return mantissa.replace("-", "−") + (f"{times}10{raised(int(power))}" if e else "")


def shortest(number: float) -> str:
    """A number with the fewest digits that give it back exactly: 0.4, 296.15, 1e-07, 4."""
    return repr(float(number)).removesuffix(".0")


def counted(count: int, thing: str) -> str:
    """'1 run', '2 runs'."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def lasting(seconds: float) -> str:
    """A time in the largest unit that gives a short number, '10 min', '60 d'; long times without
    one are rounded to four digits.
    """
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        count = seconds / size
        text = f"{count:.4g}"
        if (
            count >= 1
            and "e" not in text
            and (seconds >= 1e5 or abs(float(text) - count) <= 1e-9 * count)
        ):
            return f"{text} {unit}"
    return f"{seconds:g} s"
