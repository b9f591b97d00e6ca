"""Checks of what users give, and the note on what their own functions raise."""

from __future__ import annotations

import pytest

from biomembrane import errors


def test_what_is_of_the_kind_passes_and_what_is_not_says_what_it_is() -> None:
    errors.expect(3, (int, float), "f(x=…)", "a number", "f(3)")
    with pytest.raises(errors.WrongType) as told:
        errors.expect("3", (int, float), "f(x=…)", "a number", "f(3)")
    said = told.value
    assert (said.where, said.wanted, said.advice) == ("f(x=…)", "a number", "f(3)")
    assert "'3'" in said.got


@pytest.mark.parametrize("given", ["glucos", 7, None, ["Na"]])
def test_a_name_that_is_not_known_is_told(given: object) -> None:
    errors.among("Na", ["Na", "glucose"], "bath", "a solute")
    with pytest.raises(errors.UnknownName) as told:
        errors.among(given, ["Na", "glucose"], "bath", "a solute")
    assert told.value.advice
    if given == "glucos":
        assert "'glucose'" in told.value.advice


def test_what_a_users_function_raises_passes_with_one_note() -> None:
    def rate() -> None:
        raise ZeroDivisionError("by nothing")

    with (
        pytest.raises(ZeroDivisionError, match="by nothing") as told,
        errors.of_users(rate, "the outer"),
        errors.of_users(rate, "the rate of K"),
    ):
        rate()
    (note,) = told.value.__notes__
    assert note.startswith("raised in")
    assert note.endswith("given as the rate of K")


def test_an_error_of_ours_needs_no_note() -> None:
    ours = errors.WrongType(where="w", wanted="x", got="y", advice="z")
    with pytest.raises(errors.WrongType) as told, errors.of_users(print, "the rate of K"):
        raise ours
    assert told.value is ours
    assert not hasattr(told.value, "__notes__")
