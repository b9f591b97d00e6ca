"""What a residual is put down to: charges and orders; ε of a law is given, and the words, the
numbers and the bounds of its cause are asked for.
"""

import math
from typing import Any

import pytest
import sympy as sp
from builders import F
from unit.second_law.diagnosed import UNIPORT, haldane, judged, kJ, law, told

from biomembrane import symbols


def test_without_a_residual_there_is_no_cause() -> None:
    found = judged(law())
    assert (found.verdict, found.cause, found.kJ, found.text, dict(found.terms)) == (
        "consistent",
        "",
        0.0,
        "ln(r⁺/r⁻) − A/RT = 0",
        {},
    )


# --- the charge


def senses(e: str, due: str = "2") -> str:
    return f"r⁺/r⁻ senses {e} e per turnover, while {due} cross to the inside"


@pytest.mark.parametrize(
    ("sensed", "word", "text"),
    [
        (-2, "voltage sign", "the voltage enters with the wrong sign: {}"),
        (-2.0007, "charge", "{}"),  # not on a tie of the four digits that are shown
        (0, "charge", "the voltage is left out: {}"),
        (0.0005, "charge", "{}"),
        (2000, "unit", "the voltage is off by a power of a thousand (mV for V): {}"),
        (-2000, "unit", "the voltage is off by a power of a thousand (mV for V): {}"),
        (0.002, "unit", "the voltage is off by a power of a thousand (mV for V): {}"),
        (0.0019, "unit", "the voltage is off by a power of a thousand (mV for V): {}"),
        (0.0018, "charge", "{}"),
        (1900, "unit", "the voltage is off by a power of a thousand (mV for V): {}"),
        (1800, "charge", "{}"),
        (20, "charge", "{}"),
        (1, "charge", "{}"),
        (3, "charge", "{}"),
        (2.1, "charge", "{}; F/RT taken at 295.4 K would explain this"),
        (1.942, "charge", "{}; F/RT taken at 319.4 K would explain this"),
        (1.936, "charge", "{}"),  # 320.4 K
        (2.23, "charge", "{}; F/RT taken at 278.2 K would explain this"),
        (2.25, "charge", "{}"),  # off by more than an eighth
    ],
)
def test_a_charge_that_is_not_what_crosses(sensed: float, word: str, text: str) -> None:
    made = law(charge=sensed - 2)
    assert told(made) == (word, text.format(senses(f"{sensed:.4g}")))
    assert judged(made).terms == pytest.approx({"charge": sensed - 2}, rel=1e-5)


@pytest.mark.parametrize(
    ("warm", "known"), [(272.5, False), (273.5, True), (319.5, True), (320.5, False)]
)
def test_a_temperature_at_which_cells_are_measured_explains_a_charge(
    warm: float, known: bool
) -> None:
    text = told(law(charge=2 * 293 / warm - 2, temperature=293.0))[1]
    assert text.endswith(f"; F/RT taken at {warm:.1f} K would explain this") == known


def test_a_charge_where_none_crosses() -> None:
    assert told(law(UNIPORT, charge=1)) == ("charge", senses("1", "0"))
    assert told(law(UNIPORT, charge=-1)) == ("charge", senses("-1", "0"))


@pytest.mark.parametrize(
    ("charge", "constant", "word", "ending"),
    [
        (0.5, 20.0, "charge", "; in addition a constant of +20 kJ/mol"),
        (0.5, -0.06, "charge", "; in addition a constant of -0.06 kJ/mol"),
        (0.5, 0.04, "charge", "cross to the inside"),
        (
            0.045,
            20.0,
            "charge",
            "; in addition a constant of +20 kJ/mol",
        ),  # 0.43 kJ/mol at 100 mV, of 20
        (0.038, 20.0, "constant", "the Haldane relation is violated"),
        (
            0.0055,
            0.2,
            "charge",
            "; in addition a constant of +0.2 kJ/mol",
        ),  # 0.053 kJ/mol at 100 mV
        (0.0049, 0.2, "constant", "the Haldane relation is violated"),
    ],
)
def test_of_a_charge_and_a_constant_the_greater_is_named(
    charge: float, constant: float, word: str, ending: str
) -> None:
    """What 100 mV do to the charge against a fiftieth of the constant."""
    made = law(UNIPORT, charge=charge, constant=constant * kJ)
    cause, text = told(made)
    assert cause == word
    assert text.endswith(ending)
    assert judged(made).terms == pytest.approx({"constant": constant, "charge": charge}, rel=1e-5)


def test_an_error_over_the_voltage_is_that_of_the_worst_state() -> None:
    """ε = −q·FV of 1 e is 14.5 kJ/mol at 150 mV; with a constant alone it is the constant."""
    found = judged(law(charge=1))
    assert abs(found.kJ) == pytest.approx(F * 0.15 / 1e3, rel=0.02)
    assert (
        found.kJ == pytest.approx(-F * found.witness.values["V"].to("V").magnitude / 1e3, rel=1e-9)
        or found.uphill
    )
    assert judged(law(constant=4 * kJ)).kJ == pytest.approx(4.0, rel=1e-9)


# --- orders


@pytest.mark.parametrize(
    ("orders", "more", "text"),
    [
        ({"Na@out": -1}, {}, "Na@out enters r⁺/r⁻ with order 1 where the reaction has 2"),
        ({"Na@in": 0.5}, {}, "Na@in enters r⁺/r⁻ with order -1.5 where the reaction has -2"),
        ({"Na@out": -2}, {}, "Na@out is missing from r⁺/r⁻ (order 2 is expected)"),
        (
            {"Na@out": -1, "glucose@in": 1},
            {},
            (
                "Na@out enters r⁺/r⁻ with order 1 where the reaction has 2; glucose@in is missing"
                " from r⁺/r⁻"
                " (order -1 is expected)"
            ),
        ),
        (
            {"Na@out": -1},
            {"charge": -1},
            (
                "Na@out enters r⁺/r⁻ with order 1 where the reaction has 2; the voltage enters"
                " with 1 e"
                " per turnover where 2 cross"
            ),
        ),
        (
            {"Na@out": 0.01},
            {"charge": 0.01},
            (
                "Na@out enters r⁺/r⁻ with order 2.01 where the reaction has 2; the voltage enters"
                " with"
                " 2.01 e per turnover where 2 cross"
            ),
        ),
        ({"Na@out": -1.9}, {}, "Na@out enters r⁺/r⁻ with order 0.1 where the reaction has 2"),
    ],
)
def test_orders_that_are_not_those_of_the_reaction(orders: Any, more: Any, text: str) -> None:
    made = law(orders=orders, **more)
    assert told(made) == ("order", text)
    assert judged(made).terms == pytest.approx(orders | more, rel=1e-5)


@pytest.mark.parametrize(
    ("c", "words"),
    [
        (5.4, "5.4 mM"),
        (0.00012, "0.00012 mM"),
        (2e-6, "2e-06 mM"),
        (5e-7, ""),
        (9e3, "9e+03 mM"),
        (9999, "1e+04 mM"),
        (10000.5, ""),
        (1.005e3, ""),
        (1.05e3, "1.05e+03 mM"),
    ],
)
@pytest.mark.parametrize(("name", "order"), [("Na@out", 2), ("glucose@in", -1)])
def test_a_number_stands_for_what_is_left_out(c: float, words: str, name: str, order: int) -> None:
    """Between 1 nM and 10 M, and not 1 M itself, which is what no number would mean (within 0.05
    kJ/mol).
    """
    word, text = told(law(orders={name: -order}, constant=order * math.log(c / 1e3)))
    assert word == "order"
    assert text == f"{name} is missing from r⁺/r⁻ (order {order} is expected)" + (
        f"; a constant replaces it, worth {words}" if words else ""
    )


def test_terms_hold_what_is_more_than_a_billionth() -> None:
    """A constant from 1e-6 kJ/mol on, beside a charge."""
    assert set(judged(law(charge=1, constant=5e-7 * kJ)).terms) == {"charge"}
    assert judged(law(charge=1, constant=-5e-6 * kJ)).terms == pytest.approx(
        {"charge": 1, "constant": -5e-6}, rel=1e-3
    )


def test_a_number_stands_for_one_species_only() -> None:
    text = told(law(orders={"Na@out": -2, "glucose@in": 1}, constant=1.0))[1]
    assert (
        text
        == "Na@out is missing from r⁺/r⁻ (order 2 is expected); glucose@in is missing from r⁺/r⁻"
        " (order -1 is expected)"
    )


def test_swapped_sides_are_told_by_species() -> None:
    """Order ν of the one side for that of the other, of every species that has just two sides."""
    swapped = {"Na@out": -4, "Na@in": 4}
    said = "of the two sides are swapped: the rates take the inside for the outside"
    assert told(law(orders=swapped)) == ("sides", f"Na {said}")
    assert told(law(orders=swapped | {"glucose@out": -2, "glucose@in": 2})) == (
        "sides",
        f"Na and glucose {said}",
    )
    assert told(law(orders=swapped | {"glucose@out": -1})) == ("sides", f"Na {said}")
    assert told(law(orders={"Na@out": -4, "Na@in": 3.9}))[0] == "order"
    assert told(law(orders={"Na@out": -3.9, "Na@in": 4}))[0] == "order"
    uneven = {"X@out": (-2, 0, 1.0), "X@in": (1, 0, 1.0)}
    assert told(law(uneven, orders={"X@out": -3, "X@in": 3})) == ("sides", f"X {said}")
    three = {"X@a": (-2, 0, 1.0), "X@b": (1, 0, 1.0), "X@c": (1, 0, 1.0)}
    assert told(law(three, orders={"X@a": -3, "X@b": 3}))[0] == "order"
    bound = {"X@out": (-1, 0, 1.0), "X@in": (0, 0, 1.0), "Y@in": (1, 0, 1.0)}
    assert told(law(bound, orders={"X@out": -1})) == (
        "order",
        "X@out is missing from r⁺/r⁻ (order 1 is expected)",
    )
    same = {"X@out": (-1, 0, 1.0), "X@in": (-1, 0, 1.0), "Y@in": (2, 0, 1.0)}
    assert told(law(same, orders={"X@out": -1, "X@in": -1}))[0] == "order"


def test_names_without_a_place_are_species_of_their_own() -> None:
    """As models of other formats have them: nothing is swapped between them, and ATP and H are
    known all the same.
    """
    made = law({"X_o": (-2, 0, 1.0), "X_i": (1, 0, 1.0)}, orders={"X_o": -3, "X_i": 3})
    assert told(made)[0] == "order"
    for name in ("ATP", "NADH", "H"):
        assert (
            told(law({name: (-1, 0, 4.0), "Y": (1, 0, 0.4)}, constant=7 * math.log(10)))[0]
            == "convention"
        )


def test_an_order_within_a_ten_thousandth_is_right() -> None:
    """Of orders and of charges alike; a half is a whole number of halves."""
    found = judged(law(orders={"Na@out": 5e-5}, charge=-5e-5, constant=1.0 * kJ))
    assert dict(found.terms) == {"constant": pytest.approx(1.0, rel=1e-3)}
    assert found.kJ == pytest.approx(1.0, rel=1e-3)
    found = judged(law(orders={"Na@out": 5e-4}, charge=-5e-4, constant=1.0 * kJ))
    assert found.terms == pytest.approx(
        {"constant": 1.0, "charge": -5e-4, "Na@out": 5e-4}, rel=1e-5
    )
    assert judged(law(orders={"Na@out": -0.50005}, charge=-1.50005)).terms == {
        "Na@out": -0.5,
        "charge": -1.5,
    }


@pytest.mark.parametrize(
    ("symbol", "factor", "term"),
    [
        (sp.Symbol("Mg", positive=True), 0.7, 0.7),
        (sp.Symbol("Mg", positive=True), -0.02, -0.02),
        (sp.Symbol("gate", real=True), 0.5, 0.5),
        (symbols.pressure("cell"), 1e-6, 1e-6),
    ],
    ids=["modifier", "weak", "gate", "pressure"],
)
def test_what_the_reaction_does_not_have_is_named(
    symbol: sp.Symbol, factor: float, term: float
) -> None:
    """A modifier of one direction only, a gate or a pressure: no rounding, and the error is that of
    the worst state, not a constant.
    """
    e = sp.Float(factor) * (sp.log(symbol) if symbol.is_positive else symbol)
    made = law(UNIPORT, e, constant=1.0 * kJ)
    assert told(made) == ("order", f"r⁺/r⁻ and A/RT depend differently on {symbol}")
    found = judged(made)
    assert found.terms == pytest.approx({"constant": 1.0, str(symbol): term}, rel=1e-6)
    reach = abs(factor) * (math.log(10) if symbol.is_positive else 1e6 if term == 1e-6 else 1)
    assert abs(found.kJ) == pytest.approx(1 + reach / kJ, rel=0.05)
    both = told(law(UNIPORT, e, constant=1.0 * kJ, orders={"glucose@in": 1}, charge=1))[1].split(
        "; "
    )
    assert both[:2] == [
        "glucose@in is missing from r⁺/r⁻ (order -1 is expected)",
        f"r⁺/r⁻ and A/RT depend differently on {symbol}",
    ]
    assert both[2:] == ["the voltage enters with 1 e per turnover where 0 cross"]


@pytest.mark.parametrize(
    ("symbol", "factor"), [(sp.Symbol("gate", real=True), 5e-5), (symbols.pressure("cell"), 5e-11)]
)
def test_what_hardly_counts_is_not_named(symbol: sp.Symbol, factor: float) -> None:
    assert told(law(UNIPORT, sp.Float(factor) * symbol, constant=1.0 * kJ)) == (
        "constant",
        haldane("+1"),
    )
