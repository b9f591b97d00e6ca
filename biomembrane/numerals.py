"""Numbers in print: true minus signs and raised exponents."""

from __future__ import annotations

_RAISED = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")


def raised(text: str | int) -> str:
    """An exponent or a charge in print: -3 is ⁻³."""
    return str(text).translate(_RAISED)


def typeset(text: str, times: str = "·") -> str:
    """A number as Python formats it, in print: -1.5e-07 is −1.5·10⁻⁷.  ``times``: the sign of multiplication, · in texts and × in figures."""
    mantissa, e, power = text.partition("e")
    return mantissa.replace("-", "−") + (f"{times}10{raised(int(power))}" if e else "")


def counted(count: int, thing: str) -> str:
    """'1 run', '2 runs'."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
