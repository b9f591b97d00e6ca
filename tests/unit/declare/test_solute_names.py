"""Names of a solute: by place, by side, as results say it; each finds the one that it means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biomembrane import errors
from biomembrane.declare.solute_names import dotted, meant, renamed, spelled

WALLS = [("cell", "lumen"), ("cell", "blood")]
KNOWN = ["cell.Na", "cell.K", "lumen.Na", "blood.Na"]


@given(st.sampled_from(KNOWN))
def test_every_spelling_of_a_place_means_it(name: str) -> None:
    place, _, species = name.partition(".")
    for spelling in (name, f"{species}@{place}"):
        assert dotted(spelling, WALLS) == [name]
        assert meant(spelling, WALLS, KNOWN, "here", "a solute") == name


@pytest.mark.parametrize("name", KNOWN)
def test_what_is_offered_can_be_used_where_it_means_one_place(name: str) -> None:
    for offered in spelled(name, WALLS).replace(" or ", ", ").split(", "):
        assert name in dotted(offered.strip("'"), WALLS)


def test_a_side_of_several_places_is_refused_with_the_places() -> None:
    assert meant("Na@in", WALLS, KNOWN, "here", "a solute") == "cell.Na"
    with pytest.raises(errors.UnknownName) as told:
        meant("Na@out", WALLS, KNOWN, "here", "a solute")
    assert told.value.got == "'Na@out', which is lumen.Na and blood.Na"
    assert told.value.advice == "'Na@lumen' or 'Na@blood'"
    assert meant("K@in", WALLS, KNOWN, "here", "a solute") == "cell.K"


@pytest.mark.parametrize("name", ["cell.Nb", "Na@nowhere", "", 5, None])
def test_what_means_nothing_is_refused(name: object) -> None:
    with pytest.raises(errors.UnknownName):
        meant(name, WALLS, KNOWN, "here", "a solute")


def test_names_become_dotted_and_two_of_one_are_refused() -> None:
    given = {"Na@in": 1, "lumen.Na": 2, "Na@out": 3, 4: 5}
    assert renamed(given, WALLS, KNOWN, "contents") == {
        "cell.Na": 1, "lumen.Na": 2, "Na@out": 3, 4: 5,
    }  # fmt: skip
    with pytest.raises(errors.DuplicateName) as told:
        renamed({"Na@in": 1, "cell.Na": 2}, WALLS, KNOWN, "contents")
    assert told.value.got == "'Na@in' and 'cell.Na', which are one"
