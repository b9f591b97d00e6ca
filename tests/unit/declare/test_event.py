"""Events as declared: what they refuse, and how they print."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import biomembrane as bm
from biomembrane import Q, errors


def low(s: Any) -> Any:
    return s["cell.Z"] - s.quantity("4 mM")


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"end": True}, errors.BadSettings),
        ({"when": low, "at": Q(1, "s"), "end": True}, errors.BadSettings),
        ({"when": low}, errors.BadSettings),
        ({"when": 3, "end": True}, errors.WrongType),
        ({"when": low, "end": 1}, errors.WrongType),
        ({"when": low, "set": ["cell.Z"]}, errors.WrongType),
        ({"when": low, "end": True, "name": "a b"}, errors.BadName),
        ({"when": low, "end": True, "direction": "up"}, errors.UnknownName),
        ({"at": 3.0, "end": True}, errors.BareNumber),
        ({"at": Q(3, "mM"), "end": True}, errors.UnitMismatch),
        ({"at": Q([1.0, -1.0], "s"), "end": True}, errors.OutOfDomain),
        ({"at": Q(float("nan"), "s"), "end": True}, errors.NotFinite),
    ],
)
def test_bad_input_is_refused(given: Any, kind: Any) -> None:
    with pytest.raises(kind, match="Event"):
        bm.Event(**given)


def test_it_prints_travels_and_is_compared_by_content() -> None:
    made = [
        bm.Event(low, end=True), bm.Event(low, end=True, direction="falling"),
        bm.Event(low, set={"cell.Z": "3 mM"}), bm.Event(at=Q([1, 2], "s"), add={"cell.Z": "3 mM"}),
    ]  # fmt: skip
    for k, e in enumerate(made):
        assert [e == other for other in made] == [i == k for i in range(len(made))]
        assert copy.deepcopy(e) == pickle.loads(pickle.dumps(e)) == e
    assert repr(made[0]) == "<Event 'event': end>"
    assert repr(made[2]) == "<Event 'event': set cell.Z>"
    assert made[3].times == (1.0, 2.0)
