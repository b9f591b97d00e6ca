"""A parameter and its temperature dependence: what is accepted, kept and refused."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
from builders import patch

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane import library as lib
from biomembrane.library import K

ASSUMED = bm.Source("assumed", note="for a test")
WARM = bm.Source("assumed", temperature="37 °C")


def P(value: Any = "1 1/s", source: bm.Source = ASSUMED, **given: Any) -> bm.Parameter:
    return bm.Parameter(value, source, **given)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: P(q10=2), errors.MissingSource, ("the temperature at which", "at=")),
        (lambda: P(q10=2, at=37), errors.BareNumber, ("at", "37", "degC")),
        (lambda: P(q10=2, at="5 mM"), errors.UnitMismatch, ("at", "5 mM")),
        (lambda: P(q10=0, at="310 K"), errors.OutOfDomain, ("q10", "above zero")),
        (lambda: P(q10=-2, at="310 K"), errors.OutOfDomain, ("q10", "check the sign")),
        (lambda: P(q10=float("nan"), at="310 K"), errors.NotFinite, ("q10",)),
        (lambda: P(q10="2 mM", at="310 K"), errors.UnitMismatch, ("q10",)),
        (lambda: P(activation_energy=50, at="310 K"), errors.BareNumber, ("activation_energy",)),
        (
            lambda: P(q10=2, activation_energy="50 kJ/mol", at="310 K"), errors.BadSettings,
            ("one temperature dependence", "q10= and activation_energy="),
        ),
        (
            lambda: P("5 kJ/mol", q10=2, at="310 K"), errors.BadSettings,
            ("enthalpy=, for a number in J/mol", "enthalpy='50 kJ/mol'"),
        ),
        (
            lambda: P("5 1/s", enthalpy="2 kJ/mol", at="310 K"), errors.BadSettings,
            ("activation_energy=, for a number in 1/s",),
        ),
        (
            lambda: P(source=WARM, q10=2, at="20 degC"), errors.BadSettings,
            ("the temperature of its source, 310.15 K", "293.15 K"),
        ),
        (
            lambda: bm.Compartment("c", volume=P("1 pL", q10=2, at="310 K")), errors.BadSettings,
            ("c.volume", "does not depend on temperature", "q10=2"),
        ),
        (
            lambda: bm.Reservoir("b", {K: P("1 mM", enthalpy="2 kJ/mol", at="310 K")}),
            errors.BadSettings, ("b.K", "does not depend on temperature"),
        ),
        (
            lambda: bm.activation_energy(2, at=("1 K", "2 K", "3 K")), errors.WrongType,
            ("one temperature, or the two",),
        ),
        (lambda: bm.activation_energy(0, at="300 K"), errors.OutOfDomain, ("q10", "above zero")),
        (lambda: bm.q10("50 kJ/mol", at=Q(-5, "kelvin")), errors.OutOfDomain, ("at", "above zero")),
        (lambda: bm.q10(50, at="300 K"), errors.BareNumber, ("activation_energy",)),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_where_it_is_given(make: Any, error: Any, words: Any) -> None:
    with pytest.raises(error) as told:
        make()
    assert all(word in str(told.value) for word in words), str(told.value)
    assert told.value.advice


def test_the_temperature_is_that_of_the_source_unless_given() -> None:
    """Text that states a temperature counts; other text does not."""
    for source, at, expected in (
        (WARM, None, 310.15), (ASSUMED, "290 K", 290.0),
        (bm.Source("assumed", temperature="room temperature"), "22 degC", 295.15),
        (bm.Source("assumed", temperature="310 K"), "37 degC", 310.15),
    ):  # fmt: skip
        given = bm.Parameter("1e-7 cm/s", source, q10=2, at=at)
        model = patch(lambda on, given=given: [lib.leak(K, on, permeability=given)], {K: 1}, {K: 2})
        assert model.parameters["K_leak.permeability"].at == pytest.approx(expected)
    with pytest.raises(errors.MissingSource):
        bm.Parameter("1 1/s", bm.Source("assumed", temperature="room temperature"), q10=2)


def test_a_dependence_travels_and_is_compared() -> None:
    """Pickled, equal by content; two dependences of one name are two parameters."""
    leak = lambda q10: patch(  # noqa: E731
        lambda on: [lib.leak(K, on, permeability=P("1e-7 cm/s", q10=q10, at="310 K"))],
        {K: 1.0}, {K: 2.0},
    )  # fmt: skip
    model = leak(2.0)
    assert pickle.loads(pickle.dumps(model)) == model
    assert leak(2.0) == model
    assert leak(2.5) != model
    assert leak(2.0).hash == model.hash
    assert leak(2.5).hash != model.hash
    text = model._repr_html_()
    assert "K_leak.permeability.q10" in text
    assert "at 310 K" in text
    assert r"P_{\mathrm{K\_leak}}(T)" in model.transporters[0]._repr_latex_() or (
        "P(T)" in model.transporters[0]._repr_latex_()
    )


def test_a_q10_has_a_source_of_its_own() -> None:
    q10 = bm.Parameter(Q(2.7, "1"), bm.Source("fitted", "Nobody 1999"))
    model = patch(
        lambda on: [lib.leak(K, on, permeability=P("1e-7 cm/s", q10=q10, at="310 K"))],
        {K: 1.0}, {K: 2.0},
    )  # fmt: skip
    assert model.parameters["K_leak.permeability.q10"].source.citation == "Nobody 1999"


def test_a_sheet_may_say_how_a_number_moves(tmp_path: Path) -> None:
    """Keys q10, activation_energy, enthalpy and at; what is wrong names the sheet."""
    head = '[source]\nkey = "nobody_1999"\ntitle = "Nothing"\n\n[parameters.k]\nvalue = 3.0\n'
    body = 'unit = "1/s"\nkind = "assumed"\ntemperature = "20 degC"\n'
    file = tmp_path / "nobody_1999.toml"
    file.write_text(head + body + 'activation_energy = "50 kJ/mol"\n', "utf-8")
    k = lib.sheet(file)["k"]
    assert k.dependence == "activation_energy"
    file.write_text(head + body + 'enthalpy = "50 kJ/mol"\n', "utf-8")
    with pytest.raises(errors.CorruptFile, match="activation_energy=, for a number in 1/s"):
        lib.sheet(file)["k"]
