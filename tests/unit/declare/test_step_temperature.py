"""Temperature dependences of the two directions of a step that do not go together."""

from __future__ import annotations

from typing import Any

import pytest
from builders import patch

import biomembrane as bm
from biomembrane import errors

ASSUMED = bm.Source("assumed", note="for a test")
WARM: dict[str, Any] = {"q10": 2, "at": "20 degC"}


def rate(value: str = "1 1/s", **given: Any) -> bm.Parameter:
    return bm.Parameter(value, ASSUMED, **given)


def cycle(first: dict[str, Any]) -> bm.Model:
    steps = [
        ("A <-> B", first),
        ("B <-> C", {"forward": "1 1/s", "reverse": "1 1/s"}),
        ("C <-> A", {"forward": "1 1/s"}),
    ]
    return patch(lambda on: [made_of(on, steps, close=["C <-> A"])], {}, {})


def made_of(on: bm.Membrane, steps: Any, **more: Any) -> bm.Cycle:
    return bm.Cycle("X", on, density="1 fmol", states="A B C", steps=steps, **more)


@pytest.mark.parametrize(
    ("first", "error", "words"),
    [
        (
            {"forward": "1 1/s", "reverse": rate(**WARM)}, errors.BadCycle,
            ("a temperature dependence of the forward constant", "q10= of the reverse", "both"),
        ),
        (
            {"forward": rate(**WARM), "reverse": rate(**WARM), "enthalpy": "3 kJ/mol"},
            errors.BadCycle, ("either 'enthalpy' or a dependence of 'reverse'", "leave 'enthalpy'"),
        ),
        (
            {"forward": "1 1/s", "reverse": "1 1/s", "enthalpy": "3 kJ/mol"}, errors.MissingSource,
            ("the temperature at which its rate constants hold", "at='310 K'"),
        ),
        (
            {"forward": rate(**WARM), "reverse": "1 1/s", "enthalpy": "3 mM"}, errors.UnitMismatch,
            ("X.A-B.enthalpy", "3 mM"),
        ),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_told(first: Any, error: Any, words: Any) -> None:
    with pytest.raises(error) as told:
        cycle(first)
    assert all(word in str(told.value) for word in words), str(told.value)


def test_a_closing_step_has_no_enthalpy_of_its_own() -> None:
    steps = [
        ("A <-> B", {"forward": "1 1/s", "reverse": "1 1/s"}),
        ("B <-> C", {"forward": "1 1/s", "reverse": "1 1/s"}),
        ("C <-> A", {"forward": rate(**WARM), "enthalpy": "3 kJ/mol"}),
    ]
    with pytest.raises(errors.BadCycle, match="follows from the others"):
        patch(lambda on: [made_of(on, steps, close=["C <-> A"])], {}, {})


def test_without_an_enthalpy_both_directions_are_scaled_alike() -> None:
    model = cycle({"forward": rate(**WARM), "reverse": "4 1/s"})
    reverse = model.parameters["X.A-B.reverse"]
    assert reverse.value_at(303.15) == pytest.approx(8.0)
    assert "X.A-B.enthalpy" not in model.parameters


def test_a_repaired_cycle_keeps_its_dependences() -> None:
    """The constants are corrected, the Q10 stays."""
    steps: list[Any] = [
        ("A <-> B", {"forward": rate(**WARM), "reverse": "1 1/s"}),
        ("B <-> C", {"forward": "2 1/s", "reverse": "1 1/s"}),
        ("C <-> A", {"forward": "3 1/s", "reverse": "1 1/s"}),
    ]
    made: list[bm.Cycle] = []
    patch(lambda on: made.append(made_of(on, steps, reason="as published")) or made, {}, {})
    repaired = bm.make_consistent(made[0]).made
    assert repaired.parameters["X.A-B.forward.q10"].value == 2
