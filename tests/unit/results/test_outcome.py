"""What is printed of a run: what was changed, volumes of places that can swell, times in units that
are read at a glance.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import Q
from biomembrane import library as lib
from biomembrane.library import Cl, K
from biomembrane.numerals import counted, lasting
from biomembrane.results.outcome import outcome, summary

SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (600, "10 min"),
        (1e-6, "1e-06 s"),
        (59, "59 s"),
        (60, "1 min"),
        (100, "100 s"),
        (5400, "1.5 h"),
        (5184000, "60 d"),
        (0, "0 s"),
    ],
)
def test_times_are_told_in_the_largest_unit_that_fits(seconds, text):
    assert lasting(seconds) == text


@given(st.floats(1e-9, 1e8))
def test_a_time_that_is_told_is_that_time(seconds):
    number, unit = lasting(seconds).split()
    assert float(number) * SECONDS[unit] == pytest.approx(
        seconds, rel=5.1e-4 if seconds >= 1e5 else 1e-5
    )


def test_one_is_singular():
    assert [counted(n, "run") for n in (0, 1, 2)] == ["0 runs", "1 run", "2 runs"]


def swelling():
    bath = bm.Reservoir("bath", {K: Q(150, "mM"), Cl: Q(150, "mM")})
    cell = bm.Compartment(
        "cell",
        volume=Q(1, "pL"),
        contents={K: Q(140, "mM"), Cl: Q(100, "mM")},
        impermeant=bm.balance(charge=-1),
    )
    membrane = bm.Membrane(
        "membrane", inside=cell, outside=bath, area=Q(100, "um^2"), capacitance=Q(1, "uF/cm^2")
    )
    return bm.Model(
        "balloon", [lib.leak(K, membrane), lib.water(membrane)], potential={membrane: Q(-20, "mV")}
    )


def test_what_swells_and_what_was_changed_are_told():
    run = bm.simulate(
        swelling(), until="2 min", parameters={"bath.K": "100 mM", "bath.Cl": "100 mM"}
    )
    shown, W = outcome(run), float(run.data.volume[-1, 0])
    assert W > 1.2
    assert f"\n            cell {W:.4g} pL" in shown
    head = shown.partition("\n\n")[0]
    assert "cell.Y" in head
    assert "fmol (neutral osmolyte)" in head
    assert "cell.X 40" in head
    assert head.endswith("\nchanged bath.K: 100 mM\nchanged bath.Cl: 100 mM")
    assert "energy ledger of balloon, 2 min [pJ]" in shown
    told = summary(run)
    assert told["volume"] == {"cell": {"value": W, "unit": "pL"}}
    assert told["changed"] == {"bath.K": "100 mM", "bath.Cl": "100 mM"}


def test_a_place_of_fixed_volume_is_not_named_and_nothing_was_changed():
    shown = outcome(bm.simulate(bm.load("resting_cell"), until="1 s"))
    assert "pL" not in shown
    assert "changed" not in shown
