"""The printed books and ribbons of small runs that are known in closed form: a leak that relaxes, a
pump that charges a membrane.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
import pytest
import xarray as xr
from builders import RT, cell, membrane, mM, patch
from hypothesis import given, settings
from hypothesis import strategies as st
from mistakes import LEAK, cycle, transporter, uphill

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane import library as lib
from biomembrane.account.energy_flows import Flow
from biomembrane.account.ledger_table import number, transporters
from biomembrane.dimension import FLUX
from biomembrane.library import K, glucose

S = bm.Species("S")


def exergy(inside: Any, outside: float) -> Any:
    """Of 1 pL of a neutral solute [pJ], RT W (c ln(c/c_out) − c + c_out)."""
    return RT * (inside * np.log(inside / outside) - inside + outside) / 1e3


def leak(**more: Any) -> bm.Run:
    """From 9 mM into a bath of 1 mM at 0.1/s: after 10 s 1 + 8/e mM."""
    model = cell(lambda on: [lib.leak(S, on, permeability=Q(1e-4, "cm/s"))], {S: 9}, {S: 1})
    return bm.simulate(model, **{"times": Q([0.0, 10.0], "s"), **more})


def test_a_leak_turns_what_was_stored_into_heat() -> None:
    told = leak().ledger
    heat = exergy(9, 1) - exergy(1 + 8 / np.e, 1)
    (residual,) = re.findall(r"(?m)^  residual.*$", str(told))
    assert str(told).splitlines() == [
        "energy ledger of cell, 10 s [pJ]",
        "  spent                 0     0.0 %   ATP and other held pools",
        "  supplied              0     0.0 %   by baths",
        f"  stored     {number(-heat):>12}  -100.0 %   exergy of the cell",
        "  delivered             0     0.0 %   handed on to baths",
        f"  dissipated {number(heat):>12}   100.0 %   heat",
        residual,
        "",
        "  transporter  taken in  handed on  heat  efficiency",
        f"  S leak       S {number(heat):<6}  –          {number(heat):>4}       0.0 %",
    ]
    assert number(heat) == "24"
    assert told.flows() == [
        Flow("S gradient", "S leak", pytest.approx(heat), "input"),
        Flow("S leak", "heat", pytest.approx(heat), "heat"),
        Flow("stored", "S gradient", pytest.approx(heat), "stored"),
    ]


def test_a_leak_the_other_way_takes_from_the_bath() -> None:
    """Into an emptier cell: against its own bath a cell below it has exergy too, and nothing is
    booked on the bath.
    """
    lost = exergy(1, 9) - exergy(9 - 8 / np.e, 9)
    told = leak(parameters={"cell.S": Q(1, "mM"), "bath.S": Q(9, "mM")}).ledger
    assert [(f.source, f.target, f.kind) for f in told.flows()] == [
        ("S gradient", "S leak", "input"), ("S leak", "heat", "heat"),
        ("stored", "S gradient", "stored")
    ]  # fmt: skip
    assert [f.energy for f in told.flows()] == pytest.approx([lost] * 3)


def test_before_anything_runs_all_is_nothing() -> None:
    """At time 0 alone nothing has passed: zeros, no share of it, no ribbons."""
    told = leak(times=Q([0.0], "s")).ledger
    names = ["spent", "supplied", "stored", "delivered", "dissipated", "residual"]
    rows = str(told).splitlines()
    assert [row.split()[:3] for row in rows[1:7]] == [[name, "0", "0.0e+00"] for name in names]
    assert rows[-1] == "  S leak       –         –             0           –"
    assert told.flows() == []


# --- scans


LIFTED = 0.02, 10.0, 0.04  # mM out of 1 mM within 20 s; the second runs dry


@cache
def lifts() -> bm.Run:
    rates = xr.DataArray(np.array(LIFTED) / 20, dims="r", attrs={"units": "fmol/s"})
    return bm.simulate(uphill(), until="20 s", parameters={"lift.J": rates})


def test_the_table_of_a_scan_is_the_mean_of_the_lanes_that_came_to_their_end() -> None:
    """Lines, what was moved and heat alike: the lane that ran dry is in none of them."""
    stored = np.mean([exergy(1 - c, 5) - exergy(1, 5) for c in LIFTED[::2]])
    told = number(float(stored))
    shown = str(lifts().ledger).splitlines()
    del shown[6]  # the residual
    assert shown == [
        "energy ledger of cell, 20 s [pJ], mean of 2 of 3 lanes",
        "  spent                 0     0.0 %   ATP and other held pools",
        "  supplied              0     0.0 %   by baths",
        f"  stored     {told:>12}   100.0 %   exergy of the cell",
        "  delivered             0     0.0 %   handed on to baths",
        f"  dissipated {'-' + told:>12}  -100.0 %   heat",
        "",
        (
            f"  transporter  taken in  handed on{' ' * len(told)} {'heat':>{len(told) + 1}} "
            " efficiency"
        ),
        f"  lift         –         glucose {told}  -{told}           –",
        (
            f"  ! lift is empirical: to see it fail; uphill (J·A < 0) for 100 % of the time, {told}"
            " pJ, 100 % of its energy"
        ),
    ]


def test_a_scan_in_which_nothing_came_to_its_end() -> None:
    """No number is made up, and nothing warns."""
    rates = xr.DataArray([0.5], dims="r", attrs={"units": "fmol/s"})
    shown = str(
        bm.simulate(uphill(), until="20 s", parameters={"lift.J": rates}).ledger
    ).splitlines()
    assert [row.split()[:3] for row in shown[3:7]] == [
        ["stored", "nan", "nan"], ["delivered", "nan", "nan"], ["dissipated", "nan", "nan"],
        ["residual", "nan", "nan"]
    ]  # fmt: skip
    assert shown[-2:] == [
        "  lift         –         –           nan           –",
        "  ! lift is empirical: to see it fail",
    ]


def test_ribbons_are_of_one_lane() -> None:
    with pytest.raises(errors.BadSettings) as caught:
        lifts().ledger.flows()
    error = caught.value
    assert (error.where, error.wanted, error.got) == ("ledger.flows()", "one lane", "a scan over r")
    assert error.advice == "run.isel(…).ledger.flows()"
    stored = exergy(1 - LIFTED[2], 5) - exergy(1, 5)
    made = lifts().isel(r=2).ledger.flows()
    assert made == [
        Flow("lift", "glucose gradient", pytest.approx(stored), "output"),
        Flow("heat", "lift", pytest.approx(stored), "uphill"),
        Flow("glucose gradient", "stored", pytest.approx(stored), "stored"),
    ]  # fmt: skip


# --- baths, carriers and processes without proof


def passage(*, back: bool) -> bm.Run:
    """0.06 fmol at 1 fmol/min from lumen to blood or back through a cell that is as it was; the
    blood is the reference.
    """
    lumen, blood = bm.Reservoir("lumen", mM({glucose: 30})), bm.Reservoir("blood", mM({glucose: 3}))
    inside = bm.Compartment("cell", volume=Q(1, "pL"), contents=mM({glucose: 3}))
    apical, basal = (
        bm.Membrane(n, inside=inside, outside=bath, area=Q(100, "um^2"))
        for n, bath in (("apical", lumen), ("basal", blood))
    )
    law = laws.Empirical(
        flux=lambda site: site.parameter("J", Q(1e-3, "fmol/s"), FLUX), reason="constant"
    )
    ways = ["glucose@in -> glucose@out", "glucose@out -> glucose@in"]
    first, second = ways if back else ways[::-1]
    parts = [
        bm.Transporter("apical_way", first, apical, law),
        bm.Transporter("basal_way", second, basal, law),
    ]
    return bm.simulate(bm.Model("passage", parts, reference=blood), until=Q(1, "min"))


def test_a_bath_that_gives_supplies_and_one_that_takes_is_delivered_to() -> None:
    """From 30 mM to 3 mM RT ln 10 a mole is supplied, and heat; back it is delivered, and what did
    it is called uphill.
    """
    paid = RT * np.log(10) * 0.06 / 1e3
    down, up = passage(back=False).ledger, passage(back=True).ledger
    assert down.flows() == [
        Flow("glucose gradient", "apical_way", pytest.approx(paid), "input"),
        Flow("apical_way", "heat", pytest.approx(paid), "heat"),
        Flow("baths", "glucose gradient", pytest.approx(paid), "supply"),
    ]  # fmt: skip
    assert up.flows() == [
        Flow("apical_way", "glucose gradient", pytest.approx(paid), "output"),
        Flow("heat", "apical_way", pytest.approx(paid), "uphill"),
        Flow("glucose gradient", "delivered", pytest.approx(paid), "delivered"),
    ]
    told = number(paid)
    assert str(down).splitlines()[2] == f"  supplied   {told:>12}   100.0 %   by baths"
    assert str(up).splitlines()[4] == f"  delivered  {told:>12}   100.0 %   handed on to baths"
    assert str(up).splitlines()[5] == f"  dissipated {'-' + told:>12}  -100.0 %   heat"
    assert str(down).splitlines()[-2:] == [
        "  ! apical_way is empirical: constant",
        "  ! basal_way is empirical: constant",
    ]
    assert str(up).splitlines()[-2:] == [
        (
            f"  ! apical_way is empirical: constant; uphill (J·A < 0) for 100 % of the time, {told}"
            " pJ, 100 % of its energy"
        ),
        "  ! basal_way is empirical: constant",
    ]


def test_what_ran_uphill_for_a_while_says_for_how_long() -> None:
    """A current that charges a capacitor until it runs against its force: shares of time and
    energy, neither all nor nothing.
    """
    law = laws.Empirical(
        flux=lambda site: site.parameter("J", Q(1e-3, "fmol/s"), FLUX), reason="constant"
    )
    ledger = bm.simulate(
        patch(
            lambda on: [bm.Transporter("pump", "K@in -> K@out", on, law)], {K: 20}, {K: 5}, V=-10
        ),
        until="0.8 s",
    ).ledger
    up = ledger.uphill.isel(process=0, time=-1)
    time, energy = float(up.time_share), float(up.energy_share)
    assert 0.3 < time < energy < 0.9
    told = (
        f"{100 * time:.3g} % of the time, {number(float(up.energy))} pJ, {100 * energy:.3g} % of"
        " its energy"
    )
    assert (
        str(ledger).splitlines()[-1]
        == f"  ! pump is empirical: constant; uphill (J·A < 0) for {told}"
    )


def test_all_that_is_taken_in_and_handed_on_is_listed() -> None:
    """Two solutes fall and lift two others, mole for mole, 0.01 fmol of each."""
    one, two, three, four = (bm.Species(name) for name in ("one", "two", "three", "four"))
    law = laws.Empirical(
        flux=lambda site: site.parameter("J", Q(1e-3, "fmol/s"), FLUX), reason="constant"
    )
    swap = "one@in + two@in + three@out + four@out -> one@out + two@out + three@in + four@in"
    inside, outside = {one: 100, two: 60, three: 5, four: 3}, {one: 10, two: 6, three: 1, four: 1}
    ledger = bm.simulate(
        patch(lambda on: [bm.Transporter("swap", swap, on, law)], inside, outside), until="10 s"
    ).ledger
    ten, five, three_ = (number(RT * np.log(x) * 1e-5) for x in (10, 5, 3))
    row = str(ledger).splitlines()[9]
    assert row.startswith(f"  swap         one {ten} + two {ten}  three {five} + four {three_}  ")
    assert row.endswith(f"  {100 * np.log(15) / np.log(100):.1f} %")


def test_carrier_states_are_a_gradient_and_stand_in_the_row() -> None:
    """All carriers in one state at the start: they give too; the row of the table has what they
    gave, so that it adds up, and so have the ribbons.
    """
    on = membrane(
        bm.Compartment("cell", volume=Q(1, "pL"), contents=mM({glucose: 1})),
        bm.Reservoir("bath", mM({glucose: 5})),
    )
    run = bm.simulate(bm.Model("carried", [cycle(on=on)]), until="5 s", start={"GLUT.O": 1})
    exergies = run.ledger.exergy.isel(time=-1)
    inside = -float(exergies.sel(store="cell.glucose"))
    states = -float(exergies.sum()) - inside
    told = [(f.source, f.target, f.kind) for f in run.ledger.flows()]
    assert told == [
        ("glucose gradient", "GLUT", "input"), ("carrier states", "GLUT", "input"),
        ("GLUT", "heat", "heat"),
        ("stored", "carrier states", "stored"), ("stored", "glucose gradient", "stored"),
    ]  # fmt: skip
    assert [f.energy for f in run.ledger.flows()] == pytest.approx(
        [inside, states, inside + states, states, inside], rel=1e-4
    )
    row = [
        "GLUT",
        "glucose",
        number(inside),
        "+",
        "carrier",
        "states",
        number(states),
        "–",
        number(float(run.ledger.dissipated[-1])),
        "0.0",
        "%",
    ]
    assert str(run.ledger).splitlines()[-1].split() == row


@given(start=st.sampled_from(["O", "I"]), times=st.floats(1e-3, 20), inside=st.floats(0.2, 20))
@settings(max_examples=8, deadline=None)
def test_the_rows_of_the_table_add_up(start: str, times: float, inside: float) -> None:
    """Taken in less handed on is heat, in the digits of print."""
    on = membrane(
        bm.Compartment("cell", volume=Q(1, "pL"), contents=mM({glucose: inside})),
        bm.Reservoir("bath", mM({glucose: 5})),
    )
    ledger = bm.simulate(
        bm.Model("carried", [cycle(on=on)]), times=Q([0, times], "s"), start={f"GLUT.{start}": 1}
    ).ledger
    ((_, taken, given_, heat, _),) = transporters(ledger)
    parts = [
        (
            [float(part.split()[-1].replace(",", "")) for part in side.split(" + ")]
            if side != "–"
            else []
        )
        for side in (taken, given_)
    ]
    assert sum(parts[0]) - sum(parts[1]) == pytest.approx(
        float(heat.replace(",", "")), abs=3e-3 * max(map(max, filter(None, parts)))
    )


def test_a_bath_without_a_potential_is_told_below_the_table() -> None:
    """With all that touches it, in the text and in a notebook."""
    on = membrane(
        bm.Compartment("cell", volume=Q(1, "pL"), contents=mM({glucose: 1, S: 1})),
        bm.Reservoir("bath", mM({glucose: 0, S: 1})),
    )
    parts = [
        transporter("glucose@in -> glucose@out", LEAK, on, "one"),
        transporter("glucose@in -> glucose@out", LEAK, on, "two"),
    ]
    ledger = bm.simulate(
        bm.Model("zero", [*parts, lib.leak(S, on, permeability=Q(1e-7, "cm/s"))]), until="1 s"
    ).ledger
    told = (
        "bath.glucose is 0 mM, where the potential is −∞: energies of one, two have no bound and"
        " no meaning"
    )
    assert str(ledger).splitlines()[-1] == f"  ! {told}"
    assert told in str(ledger._repr_html_())
    with pytest.raises(errors.BoundlessEnergy) as caught:
        ledger.check()
    error = caught.value
    assert (error.where, error.got) == ("ledger of 'zero'", "bath.glucose = 0 mM")
    assert (
        error.wanted
        == "concentrations above 0 mM of all that processes move, in baths and held pools"
    )
    assert (
        error.advice
        == "set a trace, {'bath.glucose': Q(1, 'nM')}; amounts, fluxes and voltages are right as"
        " they are"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-0.0, "0"),
        (100, "100.00"),
        (-100, "-100.00"),
        (99.996, "100"),
        (1e-20, "1e-20"),
        (12345678, "12,345,678.00"),
    ],
)
def test_numbers_at_the_bounds(value: float, text: str) -> None:
    assert number(value) == text
