"""Text and numbers at the border: units as papers print them, by a grammar with bounds; no flag,
text or date is a number.
"""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pint
import pytest
import xarray as xr
from fuzz import oracle
from hypothesis import given
from hypothesis import strategies as st
from mistakes import cell, membrane

import biomembrane as bm
from biomembrane import Q, errors, units, user_text
from biomembrane import dimension as d
from biomembrane.library import K, Na


@cache
def foreign() -> pint.UnitRegistry:
    """pint's own registry, which takes a while to load."""
    return pint.UnitRegistry()


PRINTED = {  # as papers print it: the same in words of SI
    "mEq/L": "mol/m^3", "meq l⁻¹": "mol/m^3", "mosM": "mol/m^3", "mmol·l−1": "mol/m^3",
    "mmol.l-1": "mol/m^3", "Osm/kg": "mol/kg", "katal": "mol/s",
    "mS cm-2": "S/m^2", "µA/cm²": "A/m^2", "pA/pF": "A/F", "MΩ": "ohm", "Ω cm²": "ohm*m^2",
    "M-1s-1": "m^3/mol/s", "/M/s": "m^3/mol/s",
    "1/(M s)": "m^3/mol/s", "nmol·mg-1·min-1": "mol/kg/s", "U/mg": "mol/kg/s",
    "kcal mol-1": "J/mol", "mm Hg": "Pa", "cm H2O": "Pa", "dyn/cm": "N/m",
    "ml/min": "m^3/s", "J/(mol K)": "J/mol/K", "J/mol/°C": "J/mol/K", "mmho/cm2": "S/m^2", "%": "1",
    "hours": "s", "cm^(1/2)": "m^0.5",
}  # fmt: skip


@pytest.mark.parametrize("text", PRINTED)
def test_units_as_printed(text: str) -> None:
    """Each is read, and another parser gives it the same size and dimension."""
    made, means = Q(3.0, text), oracle.unit(text)
    assert means is not None
    assert oracle.same(made, 3 * means[0], means[1])
    assert units.dimension_of(made) == units.dimension_of(Q(1.0, PRINTED[text]))


@given(value=st.floats(-400, 500))
def test_fahrenheit(value: float) -> None:
    """32 °F is 0 °C, and degrees are 5/9 K wide; a degree in a compound is a difference."""
    assert Q(value, "degF").to("kelvin").magnitude == pytest.approx(
        (value - 32) * 5 / 9 + 273.15, abs=1e-9
    )
    assert Q(value, "J/mol/degF").to("J/mol/K").magnitude == pytest.approx(value * 9 / 5, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("−60 mV", -60, "mV"),
        ("2.5×10⁻⁷ cm/s", 2.5e-7, "cm/s"),
        ("2.5 x 10^-7 cm s-1", 2.5e-7, "cm/s"),
        ("10⁻⁶ cm/s", 1e-6, "cm/s"),
        ("50%", 0.5, "1"),
    ],
)
def test_numbers_as_printed(text: str, value: float, unit: str) -> None:
    assert Q(text).to(Q(1, unit).units).magnitude == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize("text", ["J/mol K", "W/m·K", "nmol/mg min-1", "mV/s*m", "A/m^2 s"])
def test_what_can_be_read_in_two_ways_is_not_read(text: str) -> None:
    """After a slash only slashes: each way is offered as it would be written."""
    with pytest.raises(errors.UnknownUnit, match="two ways") as caught:
        Q(1, text)
    left, _, right = text.partition(next(sign for sign in " ·*" if sign in text))
    assert f"'{left}/{right}'" in caught.value.advice or f"'{right}*{left}'" in caught.value.advice


@given(
    base=st.sampled_from(["Eq/L", "M", "mol/L", "V", "osm", "Pa", "S/cm2", "mol", "sec", "bar"]),
    prefix=st.sampled_from("pnumk"),
    k=st.integers(0, 3),
    data=st.data(),
)
def test_a_nearest_name_has_the_same_size(
    base: str, prefix: str, k: int, data: st.DataObject
) -> None:
    """A letter put in, left out or changed behind the prefix: what is offered keeps the prefix that
    was written.
    """
    at = data.draw(st.integers(1, len(prefix + base.partition("/")[0])))
    good = prefix + base
    spoilt = good[:at] + data.draw(st.sampled_from("qxzE")) + good[at + (k == 0) :]
    try:
        Q(1, spoilt)
    except errors.UnknownUnit as problem:
        for near in problem.advice.split("'")[1::2] if problem.advice.startswith("did") else ():
            assert near.startswith(prefix)
            assert oracle.unit(near) is not None


@pytest.mark.parametrize(
    "text",
    [
        "7**7**7**7**7",
        "m**8**8**8",
        "2**100000000 m",
        "(" * 3000,
        "m" * 10**5,
        "cm^" + "9" * 4000,
        "m·" * 5000,
        "10^999999999 s",
    ],
)
def test_text_is_read_within_its_length(text: str) -> None:
    """What would take for ever if it were worked out is refused at once, as unit and as
    quantity.
    """
    began = time.process_time()
    for make in (lambda: Q(1, text), lambda: Q(f"3 {text}"), lambda: Q(text)):
        with pytest.raises(errors.BiomembraneError):
            make()
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "text",
    [
        "٣ mM",
        "５ mM",
        "1_0 mM",
        "0x1f mM",
        "1,5 mM",
        "5e mV",
        "1.2.3 s",
        "Ⅷ s",
        "½ s",
        "nan mM",
        "inf mM",
        "+ 5 mM",
        "5\0mM",
    ],
)
def test_numbers_are_ascii_decimals(text: str) -> None:
    """Digits of other scripts, underscores, hexadecimals and numbers that break off are no
    numbers.
    """
    with pytest.raises(errors.BiomembraneError):
        Q(text)


NUMBERS: list[Any] = [
    True, np.True_, "6", b"6", None, [True, 2.0], ["6"], np.array(["6"]), 2j, np.array([2j]),
    np.datetime64("2025-02-03"), np.timedelta64(3, "s"),
    np.array(["2025-02-03"], "datetime64[D]"), datetime(2025, 2, 3, tzinfo=UTC), [None, 1.0], {},
    {6}, object(), 10**999, Decimal("sNaN"),
    np.ma.array([1.0, 2.0], mask=[True, False]), [[1, 2], [3]], Q(6, "mM"),
    xr.DataArray([1.0], dims="k", attrs={"units": "mM"}),
]  # fmt: skip


@pytest.mark.parametrize("value", NUMBERS, ids=errors.shown)
def test_what_is_no_number(value: Any) -> None:
    """Not beside a unit, not as a bare number where one is due."""
    assert user_text.numbers(value) is None
    with pytest.raises(errors.NotANumber):
        Q(value, "mM")


@given(
    value=st.fractions(-(10**6), 10**6, max_denominator=10**6)
    | st.decimals(-(10**6), 10**6, places=5)
    | st.integers(-(10**9), 10**9)
)
def test_what_is_a_number(value: Any) -> None:
    """Fractions, decimals, integers and those of numpy are the doubles nearest to them."""
    assert Q(value, "mM").magnitude == float(value)
    assert user_text.numbers([value, 0.5]).tolist() == [float(value), 0.5]
    assert user_text.exact(value) == Fraction(value)


@given(value=st.floats(-1e6, 1e6))
def test_exact_numbers_are_as_written(value: float) -> None:
    """A float counts as the decimal that prints it, whatever is a number or its text."""
    assert (
        user_text.exact(value) == user_text.exact(repr(value)) == Fraction(repr(value))
        or abs(value) < 1e-30
    )
    assert user_text.exact(np.float64(value)) == user_text.exact(value)


@pytest.mark.parametrize(
    "value",
    [
        "1e987654321",
        "1e-987654321",
        "9" * 5000,
        10**5000,
        Decimal("1e5000"),
        math.nan,
        math.inf,
        True,
        "٣",
        "1_0",
        "",
        "1/0",
    ],
    ids=errors.shown,
)
def test_exact_numbers_are_bounded(value: Any) -> None:
    assert user_text.exact(value) is None


@given(
    value=st.floats(0.1, 1e3),
    unit=st.sampled_from(
        ["degC", "degF", "inch", "mM", "mEq/L", "mmHg", "kcal", "mV", "furlong", "delta_degC"]
    ),
)
def test_quantities_of_another_registry(value: float, unit: str) -> None:
    """They mean here what they mean there, whatever their unit is called, offsets included."""
    try:
        there = foreign().Quantity(value, unit)
    except pint.UndefinedUnitError:
        return
    here, base = Q(there), there.to_base_units()
    assert here.to_base_units().magnitude == pytest.approx(base.magnitude, rel=1e-12)
    assert units.strip(there, units.dimension_of(there), "here") == pytest.approx(
        units.strip(here, units.dimension_of(here), "here"), rel=1e-12
    )
    assert bm.Parameter(
        there, bm.Source("assumed")
    ).quantity.to_base_units().magnitude == pytest.approx(base.magnitude, rel=1e-12)


def test_temperature_of_another_registry_is_told_as_it_is() -> None:
    """A model says the temperature that it was given, not one that an offset was added to twice."""
    there = foreign().Quantity(50, "degF")
    told = bm.Model("cold", [bm.library.leak(K, membrane())], temperature=there).parameter(
        "temperature"
    )
    assert told.quantity.to("kelvin").magnitude == pytest.approx(283.15)
    assert told.value == pytest.approx(283.15)


def test_text_is_read_wherever_a_quantity_is() -> None:
    """In declarations, as a temperature and a potential, in parameters, protocols and ranges: the
    same as the quantity.
    """
    said, made = (
        cell(volume=v, contents={Na: c, K: c}).contents
        for v, c in (("2 pL", "15 mEq/L"), (Q(2, "pL"), Q(15, "mEq/L")))
    )
    assert [p.quantity for p in said.values()] == [p.quantity for p in made.values()]
    on = membrane(area="100 um2", capacitance="1 µF/cm²")
    model = bm.Model(
        "said",
        [bm.library.leak(K, on, permeability="1e-7 cm s-1")],
        potential={on: "−60 mV"},
        temperature="37 °C",
    )
    assert model.parameter("temperature").value == pytest.approx(310.15)
    assert model.parameter("membrane.potential").value == pytest.approx(-0.06)
    steps = (
        bm.Protocol.steps("5 mM", ("0.5 s", "9 mM")),
        bm.Protocol.steps(Q(5, "mM"), (Q(0.5, "s"), Q(9, "mM"))),
    )
    runs = [
        bm.simulate(model, times=t, parameters={"bath.K": p}, keep="final")
        for p, t in zip(steps, (Q([0, 1], "s"),) * 2, strict=True)
    ]
    assert runs[0].data.amount.values.tolist() == runs[1].data.amount.values.tolist()
    pulses = bm.Protocol.pulses("5 mM", "9 mM", start="1 s", width="0.1 s", period="1 s", count=2)
    assert [t.to("s").magnitude for t in pulses.times] == pytest.approx([1, 1.1, 2, 2.1])


def test_a_quantity_is_itself() -> None:
    given_ = Q([1.0, 2.0], "mV")
    assert Q(given_) is given_
    with pytest.raises(errors.NotANumber, match=r"\.to\('V'\)"):
        Q(given_, "V")


@pytest.mark.parametrize(
    ("formula", "why"),
    [
        ("Xy2", "periodic table"),
        ("C6H0", "from 1"),
        ("H" + "8" * 4400, "from 1"),
        ("Ac2O٣", "counts"),
        ("J", "table"),
    ],
)
def test_formulas_are_of_elements(formula: str, why: str) -> None:
    with pytest.raises(errors.BadFormula, match=why):
        bm.Species("X", formula=formula)


@pytest.mark.parametrize("dim", [x for x in d.NAMED.values() if x])
def test_units_that_errors_advise_can_be_followed(dim: d.Dimension) -> None:
    assert units.dimension_of(Q(1, units.like(dim))) == dim
