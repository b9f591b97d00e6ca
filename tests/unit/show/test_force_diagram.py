"""Force diagrams and costs per mole: the numbers drawn are closed forms and the lines of the
ledger.
"""

from __future__ import annotations

import math
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from drawn import check_clear, check_file

import biomembrane as bm
from biomembrane import Protocol, Q, constants, errors, figures
from biomembrane.show import costs, force_diagram

R, F = constants.GAS, constants.FARADAY


@cache
def gut() -> bm.Model:
    return bm.load("enterocyte")


@cache
def fed() -> bm.Run:
    return bm.simulate(gut(), until="10 min")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return bm.open_run(bm.save(fed(), tmp_path_factory.mktemp("saved") / "run.nc"))


def bars(axes: Any) -> list[float]:
    return [patch.get_width() for patch in axes.patches if hasattr(patch, "get_width")]


# --- forces


def test_the_reference_cell_holds_potassium_uphill_and_sodium_downhill() -> None:
    """science.md §6: K⁺ +3.08 kJ/mol uphill at −60 mV and 140/4.5 mM, Na⁺ −12.69 with −5.79 of it
    electrical; 37 °C.
    """
    at = {"cell.K": Q(140, "mM"), "cell.Na": Q(10, "mM"), "membrane.potential": Q(-60, "mV")}
    run = bm.simulate(bm.load("resting_cell"), until="1 s", parameters=at)
    found = {f.species: f for f in force_diagram.measured(run, at="0 s")[0]}
    assert found["K"].total == pytest.approx(3.08, abs=0.01)
    assert found["Na"].total == pytest.approx(-12.69, abs=0.01)
    assert found["Na"].chemical == pytest.approx(-6.90, abs=0.01)
    assert found["Na"].electrical == pytest.approx(-5.79, abs=0.01)
    axes = figures.forces(run, at="0 s", species=["K", "Na"])
    assert bars(axes) == pytest.approx([found["K"].total, found["Na"].total], rel=1e-12)
    said = [t.get_text() for t in axes.texts]
    assert "+3.08, uphill\nleaves by itself" in said
    assert "−12.69, downhill\nenters by itself" in said
    assert "inside minus outside" in axes.get_xlabel()
    assert "positive: uphill for what goes in" in axes.get_xlabel().replace("\n", " ")


def test_each_force_is_the_affinity_of_a_leak() -> None:
    """An ion that leaks out gains what one that goes in pays: the forces are the ledger's own
    affinities.
    """
    run = fed()
    found = {(f.membrane, f.species): f for f in force_diagram.measured(run)[0]}
    last = run.data.affinity.isel(time=-1)
    for species, leak in (("K", "K_leak"), ("Na", "Na_leak"), ("glucose", "GLUT2")):
        assert found["basolateral", species].total == pytest.approx(
            float(last.sel(process=leak)), rel=1e-9
        )
    assert found["apical", "glucose"].electrical == 0
    assert found["apical", "glucose"].without == 1.0


def test_forces_of_a_protocol_a_temperature_and_a_scan() -> None:
    steps = Protocol.steps(Q(5, "mM"), (Q(3, "s"), Q(50, "mM")))
    run = bm.simulate(
        gut(), until="6 s", parameters={"blood.K": steps, "temperature": Q(293.15, "K")}
    )
    before, after = (
        {f.species: f for f in force_diagram.measured(run, at=t, membranes=["basolateral"])[0]}["K"]
        for t in ("1 s", "6 s")
    )
    assert (before.without, after.without) == (5.0, 50.0)
    assert after.chemical == pytest.approx(R * 293.15 * math.log(after.within / 50) / 1e3, rel=1e-9)
    K_o = xr.DataArray([3000.0, 9000.0], dims="K_o", attrs={"units": "uM"})
    scan = bm.simulate(gut(), times=Q([0, 1], "s"), parameters={"blood.K": K_o})
    lane = {
        f.species: f for f in force_diagram.measured(scan.isel(K_o=1), membranes=["basolateral"])[0]
    }["K"]
    assert lane.without == pytest.approx(9.0, rel=1e-12)
    with pytest.raises(errors.WrongType, match=r"run\.sel\(K_o=…\)"):
        figures.forces(scan)


def test_what_is_nowhere_is_told_or_refused() -> None:
    run = bm.simulate(gut(), until="1 s", parameters={"lumen.glucose": Q(0, "mM")})
    axes = figures.forces(run)
    assert "not drawn: glucose (apical): 0 mM on a side" in axes.get_xlabel().replace("\n", " ")
    assert len(bars(axes)) == 7
    with pytest.raises(errors.OutOfDomain, match="no bound at 0"):
        figures.forces(run, species=["glucose"])
    with pytest.raises(errors.UnknownName, match="apical"):
        figures.forces(run, membranes=["apicl"])
    with pytest.raises(errors.WrongType, match="list of names"):
        figures.forces(run, species="K")
    with pytest.raises(errors.OutOfDomain, match="ATP"):
        figures.forces(run, species=["ATP"])


def test_the_second_axis_is_the_first_over_the_charge_of_a_mole() -> None:
    axes = figures.forces(fed())
    above = axes.child_axes[0]
    axes.figure.draw_without_rendering()
    np.testing.assert_allclose(np.array(above.get_xlim()) * F * 1e-6, axes.get_xlim(), rtol=1e-9)
    assert not figures.forces(fed(), millivolts=False).child_axes


# --- costs


def numbers(axes: Any) -> list[float]:
    """The column at the right, as it is read."""
    return [float(re.split(r"\s", t.get_text())[0].replace("−", "-")) for t in axes.texts]


@pytest.mark.parametrize("over", [None, ("5 min", "10 min")])
def test_costs_add_up_to_what_was_spent_for_each_mole(over: Any) -> None:
    run = fed()
    axes = figures.costs(run, over=over)
    carried = costs.carry(run.data, "glucose", None, None, over, "test")
    first, last = carried.first, carried.last
    spent = float(run.ledger.spent[last] - run.ledger.spent[first]) / carried.amount
    assert sum(bars(axes)) == pytest.approx(spent, rel=1e-6)
    dashed = next(
        line
        for line in axes.lines
        if line.get_linestyle() == "--"
        and len(set(line.get_xdata())) == 1
        and line.get_linewidth() == 1
    )
    assert dashed.get_xdata()[0] == pytest.approx(spent, rel=1e-12)
    heat = run.ledger.by("transporter").isel(time=last) - run.ledger.by("transporter").isel(
        time=first
    )
    drawn = dict(zip((t.get_text() for t in axes.get_yticklabels()), bars(axes), strict=True))
    for name, label in run.ledger.labels.items():
        assert drawn[label] * carried.amount == pytest.approx(
            float(heat.sel(transporter=name)), rel=1e-12
        )
    assert drawn["handed on, glucose"] * carried.amount == pytest.approx(
        float(run.ledger.delivered[last] - run.ledger.delivered[first]), rel=1e-9
    )
    assert numbers(axes) == pytest.approx(bars(axes), rel=6e-3)


def test_the_cargo_is_what_mass_balance_says() -> None:
    run = fed()
    into = {
        place: costs.carry(run.data, "glucose", place, None, None, "test")
        for place in ("blood", "cell")
    }
    gained = float(
        run.data.amount.sel(pool="cell.glucose")[-1] - run.data.amount.sel(pool="cell.glucose")[0]
    )
    assert into["cell"].amount == pytest.approx(gained, rel=0.01)
    through = costs.carry(run.data, "Na", "blood", "NaKATPase", None, "test")
    turns = float(np.trapezoid(run.data.flux.sel(process="NaKATPase"), run.data.time))
    assert through.amount == pytest.approx(3 * turns, rel=1e-12)
    assert through.through == "Na/K-ATPase"
    assert "into blood" in figures.costs(run).get_xlabel()
    with pytest.raises(errors.OutOfDomain, match="net transport of glucose into lumen"):
        figures.costs(run, into="lumen")


def test_costs_say_what_is_missing() -> None:
    run = fed()
    with pytest.raises(errors.UnknownName, match="glucose"):
        figures.costs(run, "glucos")
    with pytest.raises(errors.UnknownName, match="blood"):
        figures.costs(run, into="blod")
    with pytest.raises(errors.UnknownName, match="GLUT2"):
        figures.costs(run, through="GLUT")
    with pytest.raises(errors.OutOfDomain, match="crosses a membrane"):
        figures.costs(run, "ATP")
    with pytest.raises(errors.WrongType, match="two times"):
        figures.costs(run, over="5 min")
    with pytest.raises(errors.OutOfDomain, match="three output times"):
        figures.costs(run, over=("10 min", "5 min"))
    with pytest.raises(errors.WrongType, match="ledger"):
        figures.costs(run.data)
    rough = bm.simulate(gut(), times=Q([0, 1, 300], "s"))
    with pytest.raises(errors.OutOfDomain, match="to 1 %"):
        figures.costs(rough, into="cell")


@pytest.mark.parametrize("width", [85, 174])
def test_they_are_drawn_clearly(width: float) -> None:
    check_clear(figures.forces(fed(), width=width))
    check_clear(figures.forces(fed(), species=["K"], membranes=["apical"], width=width))
    check_clear(figures.costs(fed(), width=width))
    if width == 174:
        check_clear(figures.forces(fed(), species=["Na", "glucose"], style="slides"))
        check_clear(figures.costs(fed(), style="slides"))
        runs = {"a rather long label for a run": fed(), "another": fed()}
        check_clear(figures.compare(runs, ["cell.Na", "cell.glucose"], style="slides"))


def test_a_saved_run_is_drawn_alike(saved: Any, tmp_path: Path) -> None:
    assert bars(figures.costs(saved)) == bars(figures.costs(fed()))
    assert bars(figures.forces(saved)) == bars(figures.forces(fed()))
    check_file(lambda: figures.forces(saved), tmp_path)
    check_file(lambda: figures.costs(saved), tmp_path)


def test_a_file_that_says_nonsense_of_its_system_is_refused(saved: Any, tmp_path: Path) -> None:
    data = saved.data.assign_attrs(
        system_json='{"membranes": {"m": ["cell"]}, "processes": {}, "charges": {}, "labels": {}}'
    )
    data.to_netcdf(tmp_path / "bad.nc", engine="h5netcdf")
    with pytest.raises(errors.CorruptFile, match="system_json"):
        bm.open_run(tmp_path / "bad.nc")
