"""Charge without an owner at the start of a run, at the values that it uses."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import xarray as xr
from mistakes import Mistake, cell, judge, membrane, table, transporter

import biomembrane as bm
from biomembrane import Q
from biomembrane import errors as e
from biomembrane.library import Cl, K

PROTEIN, FUEL = bm.Species("protein", charge=-2), bm.Species("fuel", charge=-4)


@cache
def fixed() -> bm.Model:
    """A cell whose impermeants are numbers: 62.5 mM of two charges each."""
    on = membrane(inside=cell(impermeant={PROTEIN: Q(62.5, "mM")}, held={}))
    return bm.Model("fixed", [transporter(on=on)], potential={on: Q(0, "mV")})


@cache
def enclosed() -> bm.Model:
    """Two cells, no ground: what one gains of charge the other holds the counterpart of."""
    inner = cell(name="inner", impermeant={PROTEIN: Q(62.5, "mM")}, held={})
    outer = cell(
        name="outer", contents={K: Q(100, "mM"), Cl: Q(100, "mM")}, impermeant=None, held={}
    )
    on = membrane(inside=inner, outside=outer)
    return bm.Model("enclosed", [transporter(on=on)], potential={on: Q(0, "mV")})


def run(model: bm.Model, start: Any = None, **changed: Any) -> bm.Run:
    return bm.simulate(
        model,
        until="1 s",
        start=start,
        parameters={name.replace("__", "."): x for name, x in changed.items()},
    )


def scan(*values: float) -> xr.DataArray:
    return xr.DataArray(list(values), dims="held_K", attrs={"units": "mM"})


ROWS = table(
    {
        "simulate": [
            ("cations taken away", lambda: run(fixed(), cell__K="60 mM"), e.ChargeImbalance, "cell",
                "electroneutral", "-70 fmol", "both signs"),
            (
                "in one lane", lambda: run(fixed(), cell__K=scan(130, 130, 129)), e.ChargeImbalance,
                "simulate(parameters=…), cell", "at the values as used",
                "-1 fmol of charge left over at position held_K=2", "balance(charge=-1)",
            ),
            ("impermeants taken away", lambda: run(fixed(), cell__protein="0 mM"),
                e.ChargeImbalance, "cell", "electroneutral", "+125 fmol", "both"),
            ("in the place of the ground", lambda: run(enclosed(), outer__Cl="90 mM"),
                e.ChargeImbalance, "outer", "neutral", "+10 fmol", "outer"),
        ]
    }
)  # fmt: skip


@pytest.mark.parametrize("mistake", ROWS, ids=str)
def test_mistake(mistake: Mistake) -> None:
    judge(mistake)


def test_ions_of_both_signs_may_change_together() -> None:
    for changed in (
        {"cell__K": "100 mM", "cell__protein": "47.5 mM"},
        {"cell__K": scan(130, 120), "cell__Cl": scan(20, 10)},
    ):
        assert run(fixed(), **changed).status.ok
    assert run(enclosed(), outer__Cl="90 mM", outer__K="90 mM").status.ok


def test_what_the_membrane_holds_belongs_to_someone() -> None:
    assert run(fixed(), membrane__capacitance="2 uF/cm^2", cell__volume="2 pL").status.ok
    assert run(fixed(), start=run(fixed())).status.ok


def test_a_prepared_model_is_judged_at_each_call() -> None:
    prepared = bm.prepare(fixed(), until="1 s", vary={"cell.K": "mM"})
    assert prepared([130.0]).status.ok
    with pytest.raises(e.ChargeImbalance, match="-70 fmol"):
        prepared([60.0])


def test_held_ions_may_have_counter_ions_as_they_are_held() -> None:
    on = membrane(inside=cell(held={FUEL: Q(1, "mM")}, impermeant={PROTEIN: Q(62.5, "mM")}))
    model = bm.Model("fed", [transporter(on=on)], potential={on: Q(0, "mV")})
    assert run(model, cell__fuel="10 mM", cell__K="100 mM").status.ok
    with pytest.raises(e.ChargeImbalance, match="-30 fmol"):
        run(model, cell__K="100 mM")
