"""The one border that units cross: there and back, decades exact, mistakes named."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from biomembrane import Q, errors, units
from biomembrane import dimension as d
from biomembrane.constants import AVOGADRO, FARADAY, GAS
from biomembrane.dimension import EXAMPLES, NAMED, Dimension
from biomembrane.testing.random_reactions import decades

numbers = st.floats(-1e12, 1e12).filter(lambda x: x == 0 or abs(x) > 1e-12)
exponents = st.lists(st.integers(-3, 3), min_size=6, max_size=6)
UNITS = sorted(
    {
        *EXAMPLES.values(),
        "mol/L",
        "V",
        "um",
        "L",
        "nS",
        "M",
        "1/M/s",
        "kcal/mol",
        "hour",
        "bar",
        "e",
    }
    - {"degC"}
)


@given(value=numbers, unit=st.sampled_from(UNITS))
def test_there_and_back(value: float, unit: str) -> None:
    """Stripping a unit and putting it on again gives the number back, and 1000 of it are 1000 times
    as much inside.
    """
    dim = units.dimension_of(Q(1, unit))
    inside = units.strip(Q(value, unit), dim, "here")
    assert units.restore(inside, unit).magnitude == pytest.approx(value, rel=1e-15)
    assert units.strip(Q(1000 * value, unit), dim, "here") == pytest.approx(
        1000 * inside, rel=1e-15
    )


@given(
    value=numbers,
    pair=st.sampled_from(
        [
            ("mM", "mol/L"),
            ("mV", "V"),
            ("um^2", "cm^2"),
            ("pL", "L"),
            ("uF/cm^2", "F/m^2"),
            ("min", "s"),
            ("kcal/mol", "J/mol"),
        ]
    ),
)
def test_equal_quantities_are_equal_inside(value: float, pair: tuple[str, str]) -> None:
    """A quantity has one internal number, whichever unit it is told in."""
    here = Q(value, pair[0])
    dim = units.dimension_of(here)
    assert units.strip(here.to(pair[1]), dim, "here") == pytest.approx(
        units.strip(here, dim, "here"), rel=1e-14
    )


@given(
    value=st.floats(-1e6, 1e6),
    unit=st.sampled_from(
        ["mM", "fmol", "fC", "pL", "pF", "V", "J/mol", "mol/m^3", "Pa", "fmol/s", "s"]
    ),
)
def test_internal_units_cost_no_digit(value: float, unit: str) -> None:
    """What is declared in an internal unit is the same float inside, to the last bit; so is a
    decade of it and back.
    """
    dim = units.dimension_of(Q(1, unit))
    scale = {"pL": 1.0, "pF": 1000.0}.get(unit, 1.0)
    assert units.strip(Q(value, unit), dim, "here") == value * scale


@given(a=exponents, b=exponents, power=st.integers(-2, 3))
def test_dimensions_are_a_group(a: list[int], b: list[int], power: int) -> None:
    """Dimensions multiply, divide and take powers as vectors of exponents, and internal decades
    add.
    """
    A, B = (Dimension(tuple(map(Fraction, e))) for e in (a, b))
    assert A * B / B == A
    assert (A * B) ** power == A**power * B**power
    assert bool(A / A) is False
    assert (A * B).decade == A.decade + B.decade


@given(a=exponents)
def test_internal_decades_are_those_of_the_formalism(a: list[int]) -> None:
    """Every coherent combination of base units is a power of ten inside, with no other factor
    (formalism §10).
    """
    assume(any(a))
    unit = "*".join(
        f"{u}**{n}" for u, n in zip(("m", "kg", "s", "A", "kelvin", "mol"), a, strict=True) if n
    )
    dim = Dimension(tuple(map(Fraction, a)))
    assert units.dimension_of(Q(1, unit)) == dim
    assert math.log10(units.strip(Q(1, unit), dim, "here")) == pytest.approx(-dim.decade, abs=1e-9)


@pytest.mark.parametrize(
    ("unit", "inside"),
    [
        ("fmol", 1),
        ("fC", 1),
        ("pL", 1),
        ("fJ", 1),
        ("fW", 1),
        ("V", 1),
        ("mM", 1),
        ("J/mol", 1),
        ("Pa", 1),
        ("fF", 1),
        ("pA", 1e3),
        ("mV", 1e-3),
        ("1/um^2", 1e2),
    ],
)
def test_the_internal_system(unit: str, inside: float) -> None:
    """Extensive units are femto, intensive ones SI."""
    assert units.strip(Q(1, unit), units.dimension_of(Q(1, unit)), "here") == pytest.approx(
        inside, rel=1e-15
    )


@given(value=st.floats(-1e6, 1e6), unit=st.sampled_from(["mM", "mV", "um^2", "1/s", "min"]))
def test_quantities_read_from_text(value: float, unit: str) -> None:
    """Q reads a number and a unit from one text."""
    assert Q(f"{value!r} {unit}") == Q(value, unit)


@given(value=st.floats(-200, 500))
def test_celsius_is_kelvin_at_once(value: float) -> None:
    """A temperature in °C becomes kelvin when it is made."""
    made = Q(value, "degC")
    assert str(made.units) == "kelvin"
    assert units.strip(made, d.TEMPERATURE, "here") == pytest.approx(value + 273.15, abs=1e-10)


@given(values=st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=5))
def test_arrays_cross_as_arrays(values: list[float]) -> None:
    """An array crosses element by element."""
    inside = units.strip(Q(values, "mV"), d.VOLTAGE, "here")
    assert inside == pytest.approx(np.array(values) / 1000, rel=1e-15)


@given(unit=st.sampled_from(UNITS), dim=st.sampled_from(list(NAMED.values())))
def test_another_dimension_is_refused(unit: str, dim: Dimension) -> None:
    """A unit of another dimension never crosses, and the error names both."""
    assume(units.dimension_of(Q(1, unit)) != dim)
    with pytest.raises(errors.UnitMismatch) as caught:
        units.strip(Q(1, unit), dim, "Membrane.area")
    assert caught.value.where == "Membrane.area"
    assert caught.value.got


@given(value=numbers, dim=st.sampled_from([x for x in NAMED.values() if x]))
def test_bare_numbers_are_refused(value: float, dim: Dimension) -> None:
    """A number without a unit crosses only where a pure number is due."""
    with pytest.raises(errors.BareNumber):
        units.strip(value, dim, "here")
    assert units.strip(value, d.ONE, "here") == value


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, [1.0, math.nan]])
def test_what_is_not_finite_is_refused(value: object) -> None:
    """NaN and infinity do not cross."""
    with pytest.raises(errors.NotFinite):
        units.strip(Q(value, "mM"), d.CONCENTRATION, "here")


@pytest.mark.parametrize("given", [True, None, "many", "1e"])
def test_what_is_no_number_is_refused(given: object) -> None:
    """Flags, text and nothing are no numbers."""
    with pytest.raises(errors.NotANumber):
        Q(given, "mM")


@pytest.mark.parametrize("unit", ["mMM", "", "2 mM", "mV; import os", "cm^", "parsec/fortnight/"])
def test_unknown_units_are_refused(unit: str) -> None:
    """A unit that cannot be read is refused when the quantity is made; an empty one is a pure
    number.
    """
    if not unit:
        assert units.dimension_of(Q(1, unit)) == d.ONE
        return
    with pytest.raises(errors.UnknownUnit):
        Q(1, unit)


def test_alternatives() -> None:
    """Where two dimensions are allowed either crosses, and a third does not."""
    both = (d.CONDUCTANCE, d.SPECIFIC_CONDUCTANCE)
    assert units.strip(Q(1, "nS"), both, "here") == pytest.approx(1e6, rel=1e-15)
    assert units.strip(Q(1, "mS/cm^2"), both, "here") == pytest.approx(10 * 1e5, rel=1e-15)
    with pytest.raises(errors.UnitMismatch):
        units.strip(Q(1, "mV"), both, "here")


@given(value=decades(-3, 3))
def test_osmoles_and_equivalents_count_moles(value: float) -> None:
    """An osmole and an equivalent are a mole."""
    assert Q(value, "mosmol/L").to("mM").magnitude == pytest.approx(value, rel=1e-12)
    assert Q(value, "eq").to("mol").magnitude == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("unit", "cf"),
    [("fmol/s", "fmol s-1"), ("kJ/mol", "kJ mol-1"), ("1", "1"), ("mV", "mV"), ("1/um^2", "µm-2")],
)
def test_cf_units(unit: str, cf: str) -> None:
    """Units are written for netCDF as the CF conventions want them."""
    assert units.udunits(unit) == cf


def test_constants_are_codata() -> None:
    """R, F and N_A are the exact values of the SI, and R = k·N_A, F = e·N_A."""
    assert pytest.approx(8.31446261815324, rel=1e-14) == GAS
    assert pytest.approx(96485.33212331, rel=1e-12) == FARADAY
    assert pytest.approx(6.02214076e23, rel=1e-15) == AVOGADRO
    assert FARADAY / AVOGADRO == pytest.approx(1.602176634e-19, rel=1e-12)


# --- a unit of another dimension never keeps its number

PAIRS = [
    ("5 pF", d.SPECIFIC_CAPACITANCE, "divide it by the area"),
    ("0.0001 pA", d.FLUX, "divide it by z·F"),
    ("7 uA/cm^2", d.SURFACE_FLUX, "divide it by z·F"),
    ("7 nS", d.SPECIFIC_CONDUCTANCE, "divide it by the area"),
    ("3 fmol", d.CONCENTRATION, "divide it by the volume"),
    ("3 mM", d.AMOUNT, "multiply it by the volume"),
    ("7 mM/s", (d.SURFACE_FLUX, d.FLUX), "multiply it by the volume"),
    ("7 pmol/cm^2/s", d.FLUX, "multiply it by the area"),
]


@pytest.mark.parametrize(("given", "wanted", "told"), PAIRS)
def test_a_conversion_that_is_told_can_be_made(given: str, wanted: Any, told: str) -> None:
    """The line after "as in" is a quantity of a dimension that was wanted."""
    with pytest.raises(errors.UnitMismatch) as caught:
        units.strip(given, wanted, "x")
    text, _, line = caught.value.advice.partition(", as in ")
    assert text.startswith(told)
    made = eval(line, {"Q": Q})
    assert units.dimension_of(made) in (wanted if isinstance(wanted, tuple) else (wanted,))
    assert math.isfinite(units.strip(made, wanted, "x"))


@given(st.sampled_from(sorted(EXAMPLES.values())), st.sampled_from(sorted(EXAMPLES.values())))
def test_no_advice_puts_the_number_before_another_unit(given: str, wanted: str) -> None:
    quantity, dim = Q(739.0, given), units.dimension_of(Q(1.0, wanted))
    assume(units.dimension_of(quantity) != dim and given != "fC")
    with pytest.raises(errors.UnitMismatch) as caught:
        units.strip(quantity, dim, "x")
    for number, unit in re.findall(r"Q\(([^,]*), '([^']*)'\)", caught.value.advice):
        assert number != "739" or units.dimension_of(Q(1.0, unit)) == units.dimension_of(quantity)
