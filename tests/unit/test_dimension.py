"""Dimensions form a group under multiplication, and the internal units are coherent."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biomembrane import dimension as d
from biomembrane.dimension import NAMED, Dimension, dimension, example

POWERS = st.integers(-4, 4)
DIMENSIONS = st.tuples(*[POWERS] * 6).map(Dimension)


@given(DIMENSIONS, DIMENSIONS, DIMENSIONS)
def test_dimensions_are_a_group(a: Dimension, b: Dimension, c: Dimension) -> None:
    assert (a * b) * c == a * (b * c)
    assert a * b == b * a
    assert a / a == d.ONE
    assert (a / b) * b == a
    assert bool(a) == (a != d.ONE)


@given(DIMENSIONS, st.integers(1, 4), st.integers(1, 4))
def test_powers_add_and_roots_undo_them(a: Dimension, m: int, n: int) -> None:
    assert a**m * a**n == a ** (m + n)
    root = a ** Fraction(1, n)
    assert root**n == a
    assert hash(root**n) == hash(a)


@given(DIMENSIONS, DIMENSIONS)
def test_internal_units_are_coherent(a: Dimension, b: Dimension) -> None:
    assert (a * b).decade == a.decade + b.decade
    assert (a / b).decade == a.decade - b.decade
    assert (a ** Fraction(1, 2)).decade == Fraction(a.decade) / 2


@pytest.mark.parametrize(
    ("what", "decade"),
    [(d.CHARGE, -15), (d.CAPACITANCE, -15), (d.VOLUME, -15), (d.ENERGY, -15), (d.POWER, -15),
     (d.AMOUNT, -15), (d.VOLTAGE, 0), (d.PRESSURE, 0), (d.MOLAR_ENERGY, 0), (d.CONCENTRATION, 0)],
    ids=str,
)  # fmt: skip
def test_what_is_extensive_is_counted_in_femto(what: Dimension, decade: int) -> None:
    assert what.decade == decade


def test_laws_of_physics_hold_between_names() -> None:
    assert d.CURRENT * d.VOLTAGE == d.POWER == d.ENERGY / d.TIME
    assert d.CAPACITANCE * d.VOLTAGE == d.CHARGE
    assert d.CONDUCTANCE * d.VOLTAGE == d.CURRENT
    assert d.PRESSURE * d.VOLUME == d.ENERGY
    assert d.PERMEABILITY * d.AREA * d.CONCENTRATION == d.FLUX
    assert d.HYDRAULIC * d.PRESSURE * d.AREA == d.VOLUME / d.TIME
    assert d.MOLAR_CHARGE * d.VOLTAGE == d.MOLAR_ENERGY


def test_a_dimension_is_printed_by_its_name_or_by_base_units() -> None:
    assert all(str(known) == name for name, known in NAMED.items())
    assert str(dimension(m=1, K=2)) == "m·K^2"
    assert example(dimension(m=1, K=2)) == "m·K^2"
    assert example(d.CONCENTRATION) == "mM"
