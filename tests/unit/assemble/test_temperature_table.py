"""What a model says of numbers that do not move with its temperature."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from builders import patch

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane import library as lib
from biomembrane.library import ADP, ATP, K, Na, Pi
from biomembrane.solve.read_parameters import resolve

INSIDE, OUTSIDE = {Na: 15.0, K: 140.0, ATP: 5.0, ADP: 0.05, Pi: 4.0}, {Na: 145.0, K: 4.5}
COLD = bm.Source("assumed", temperature="20 °C")


def model(parts: Any, T: float = 298.15) -> bm.Model:
    return patch(parts, INSIDE, OUTSIDE, T=T)


def pump(on: Any) -> list[Any]:
    return [lib.NaKATPase(on), lib.leak(K, on, permeability="1e-7 cm/s")]


def test_a_model_at_another_temperature_says_once_what_stays() -> None:
    """One line, with names, their temperatures and what to do."""
    with pytest.warns(errors.NotAtTemperature) as told:
        made = model(pump)
    (line,) = told
    text = str(line.message)
    assert "\n" not in text
    assert "Model('patch') is at 298.15 K" in text
    assert "NaKATPase.k1_forward (310 K)" in text
    assert "7 more" in text
    assert "with_temperature" in text
    assert "ATP.standard_energy" in made.temperature_table.stays
    # a bare number is one of the model's own temperature
    assert "K_leak.permeability" not in made.temperature_table.stays


def test_nothing_is_said_of_a_model_at_37_degrees_or_of_numbers_that_move() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model(pump, T=310.15)
        leak = bm.Parameter("1e-7 cm/s", COLD, q10=2)
        model(lambda on: [lib.leak(K, on, permeability=leak)])
        constant = bm.Parameter("1e-7 cm/s", COLD, q10=1)
        model(lambda on: [lib.leak(K, on, permeability=constant)])
        here = bm.Parameter("1e-7 cm/s", bm.Source("assumed"), at="25 degC")
        model(lambda on: [lib.leak(K, on, permeability=here)])


def test_a_scaled_transporter_is_not_named_but_its_fuel_is() -> None:
    with pytest.warns(errors.NotAtTemperature) as told:
        made = model(lambda on: [lib.NaKATPase(on).with_temperature(q10=2.7, at="37 degC")])
    assert "NaKATPase" not in str(told[0].message)
    assert made.temperature_table.stays == ("ATP.standard_energy",)


def test_a_run_at_another_temperature_says_it_of_all_numbers() -> None:
    """The user's own too: they hold at the temperature of the model, not of the run."""
    made = model(pump, T=310.15)
    for warmer in (Q(25, "degC"), bm.Protocol.steps("37 degC", ("1 s", "25 degC"))):
        with pytest.warns(errors.NotAtTemperature, match="of 310.15 K at 298.15") as told:
            resolve(made, {"temperature": warmer})
        assert "and 8 more" in str(told[0].message)


def test_the_table_has_a_row_for_each_number() -> None:
    """Value, temperature, dependence and the value at the temperature of the model."""
    leak = bm.Parameter("4e-7 cm/s", COLD, q10=2)
    made = model(lambda on: [*pump(on), lib.leak(Na, on, permeability=leak)], T=303.15)
    rows = {row[0]: row[1:] for row in made.temperature_table.rows}
    assert rows["Na_leak.permeability"] == ("4×10⁻⁷ cm/s", "293.15 K", "q10 2", "8×10⁻⁷ cm/s")
    assert rows["NaKATPase.k1_forward"][1:3] == ("310 K", "–")
    assert "Na_leak.permeability.q10" not in rows
    assert "NaKATPase.density" not in rows
    wet = model(lambda on: [lib.water(on, permeability="1e-3 cm/s")], T=310.15)
    assert [row[0] for row in wet.temperature_table.rows] == ["water.permeability"]
    shown = repr(made.temperature_table)
    assert "model at 303.15 K" in shown
    assert "Na_leak.permeability" in made.temperature_table._repr_html_()


def test_a_factor_of_a_transporter_is_given_once_and_in_one_way() -> None:
    made: list[Any] = []
    model(lambda on: made.extend([lib.leak(K, on)]) or made, T=310.15)
    leak = made[0]
    for given in ({}, {"q10": 2, "activation_energy": "50 kJ/mol"}):
        with pytest.raises(errors.BadSettings, match="either q10= or activation_energy="):
            leak.with_temperature(at="37 degC", **given)
    warm = leak.with_temperature(q10=2, at="37 degC", source=bm.Source("measured", "Nobody 1999"))
    assert warm.parameters["K_leak.temperature_factor.q10"].source.citation == "Nobody 1999"
    with pytest.raises(errors.BadSettings, match="one temperature dependence"):
        warm.with_temperature(q10=2, at="37 degC")
