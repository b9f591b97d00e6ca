"""Numbers in print: what is read back is what was printed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biomembrane.numerals import counted, lasting, raised, shortest, typeset

LOWERED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻−", "0123456789+--")
SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


@given(st.integers(-(10**9), 10**9))
def test_a_raised_number_is_the_number(n: int) -> None:
    assert int(raised(n).translate(LOWERED)) == n
    assert not set(raised(n)) & set("0123456789+-")


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from("·×"))
def test_a_number_in_print_is_the_number(x: float, times: str) -> None:
    printed = typeset(f"{x:.6g}", times)
    assert not set(printed) & set("-e")
    mantissa, _, power = printed.partition(f"{times}10")
    assert float(f"{mantissa.translate(LOWERED)}e{power.translate(LOWERED) or 0}") == float(
        f"{x:.6g}"
    )


def test_a_zero_before_an_exponent_is_not_printed() -> None:
    assert typeset("-1.5e-07") == "−1.5·10⁻⁷"
    assert typeset("2e+05", "×") == "2×10⁵"


@given(st.integers(0, 1000))
def test_one_is_singular(n: int) -> None:
    assert counted(n, "lane") == (f"{n} lane" if n == 1 else f"{n} lanes")


@given(st.floats(1e-6, 1e9))
def test_a_time_in_print_is_the_time_to_four_digits(seconds: float) -> None:
    number, unit = lasting(seconds).split()
    assert float(number) * SECONDS[unit] == pytest.approx(seconds, rel=6e-4)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(59, "59 s"), (60, "1 min"), (90, "1.5 min"), (3599, "3599 s"), (3600, "1 h"),
     (86400 * 60, "60 d"), (1e-3, "0.001 s"), (100000, "1.157 d")],
)  # fmt: skip
def test_a_time_stands_in_the_largest_unit_in_which_it_is_short(seconds: float, text: str) -> None:
    assert lasting(seconds) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_shortest_number_is_the_number(x: float) -> None:
    assert float(shortest(x)) == x
    assert len(shortest(x)) <= max(len(repr(x)), len(f"{x:.17g}"))


def test_a_number_is_read_as_it_was_given() -> None:
    """Not as 17 digits show it, 0.40000000000000002."""
    assert [shortest(x) for x in (0.4, 7.77, 4, 1e-7)] == ["0.4", "7.77", "4", "1e-07"]
