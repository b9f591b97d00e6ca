"""What a result says besides its numbers: models without membranes or pools, prepared runs, saved
runs, lanes, stops and protocols.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pytest
import sympy as sp
import xarray as xr
from builders import FUEL, RT, cell, membrane, mM, patch
from mistakes import HYDROLYSIS, RATE, caught, cycle, sound, transporter

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane import library as lib
from biomembrane.account.kept_ledger import SavedLedger
from biomembrane.account.ledger_lines import LINES
from biomembrane.dimension import CONCENTRATION, FLUX
from biomembrane.library import K, glucose
from biomembrane.results.saved import SavedRun
from biomembrane.results.schema import TABLE
from biomembrane.solve import protocol_breaks
from biomembrane.solve.trajectory import Trajectory

S = bm.Species("S")
T = np.array([0.0, 4.0, 10.0])


def leaky() -> bm.Model:
    """From 9 mM into 1 mM at 0.1/s."""
    return cell(lambda on: [lib.leak(S, on, permeability=Q(1e-4, "cm/s"))], {S: 9}, {S: 1})


def pump(on: Any, name: str, flux: float) -> bm.Transporter:
    """S leaves at a constant flux; one below zero is written from outside to inside."""
    law = laws.Empirical(
        flux=lambda site: np.sign(flux) * site.parameter("J", Q(abs(flux), "fmol/s"), FLUX),
        reason="constant",
    )
    return bm.Transporter(name, "S@in -> S@out" if flux > 0 else "S@out -> S@in", on, law)


# --- variables


FATE = ["status", "culprit", "end"]


def at_once(run: bm.Run) -> list[str]:
    """Variables besides those that are worked out when they are read."""
    return [str(name) for name in run.data.data_vars if not TABLE[str(name)].deferred]


def test_only_what_a_model_has_is_a_variable() -> None:
    """Without a membrane no potential, without a compartment no volume; amounts are there though
    there be none.
    """
    inside = bm.Compartment("cell", volume=Q(1, "pL"), held=mM(FUEL))
    burning = bm.simulate(
        bm.Model("burns", [transporter(HYDROLYSIS, RATE, inside, "burn")]), until="1 s"
    )
    assert at_once(burning) == [
        "amount",
        "concentration",
        "volume",
        "flux",
        "affinity",
        "dissipation",
        *FATE,
    ]
    assert burning.data.sizes["pool"] == 0
    assert burning.baths == {}
    between = bm.simulate(patch(lambda on: [lib.leak(K, on)], {K: 20}, {K: 5}), until="1 s")
    assert at_once(between) == [
        "amount",
        "concentration",
        "potential",
        "flux",
        "affinity",
        "current",
        "reversal",
        "dissipation",
        *FATE,
    ]
    assert between.final("amount") == {}
    assert between.baths == {"cell": {"K": 20.0}, "bath": {"K": 5.0}}


def test_variables_of_a_leak_are_their_closed_forms() -> None:
    data = bm.simulate(leaky(), times=Q(T, "s")).data
    c = 1 + 8 * np.exp(-0.1 * T)
    wanted = {
        "amount": c,
        "concentration": c,
        "potential": 0 * c,
        "volume": 1 + 0 * c,
        "flux": 0.1 * (c - 1),
        "affinity": RT * np.log(c) / 1e3,
    }
    wanted["dissipation"] = wanted["flux"] * wanted["affinity"]
    for name, values in wanted.items():
        assert data[name].dims[0] == "time"
        assert data[name].values[:, 0] == pytest.approx(values, rel=1e-6), name
    assert data.time.values.tolist() == T.tolist()


def test_a_carrier_state_has_an_amount_and_no_concentration() -> None:
    """In the order of the pools, which solutes and states share."""
    on = membrane(
        bm.Compartment("cell", volume=Q(2, "pL"), contents=mM({glucose: 1, S: 3})),
        bm.Reservoir("bath", mM({glucose: 5, S: 3})),
    )
    data = bm.simulate(
        bm.Model("carried", [cycle(on=on), lib.leak(S, on, permeability=Q(1e-6, "cm/s"))]),
        times=Q([0, 1], "s"),
    ).data.isel(time=0)
    amounts = dict(zip(data.pool.values, data.amount.values, strict=True))
    known = dict(zip(data.pool.values, data.concentration.values, strict=True))
    assert (amounts["cell.glucose"], amounts["cell.S"], known["cell.glucose"], known["cell.S"]) == (
        2.0,
        6.0,
        1.0,
        3.0,
    )
    states = [
        name
        for name, kind in zip(data.pool.values, data.pool_kind.values, strict=True)
        if kind == "carrier"
    ]
    assert sorted(states) == ["GLUT.I", "GLUT.IG", "GLUT.O", "GLUT.OG"]
    assert all(np.isnan(known[name]) for name in states)
    assert sum(amounts[name] for name in states) == pytest.approx(
        100 * 100 / 6.02214076e23 * 1e15, rel=1e-9
    )
    assert data.pool_place.sel(pool="cell.S") == "cell"


def test_protocols_of_every_kind_are_variables() -> None:
    """A formula, a ramp and steps in the units of their parameters, over time."""
    slow = bm.Protocol.function(lambda t, a, tau: a * sp.exp(-t / tau), a=Q(4, "mM"), tau=Q(2, "s"))
    ramp = bm.Protocol.ramps((Q(0, "s"), Q(1, "mM")), (Q(10, "s"), Q(3, "mM")))
    made = bm.simulate(leaky(), times=Q(T, "s"), parameters={"bath.S": ramp}).data
    assert made["bath.S"].values == pytest.approx(1 + 0.2 * T)
    assert made["bath.S"].attrs == {"units": "mM", "long_name": "concentration of S in bath"}
    assert made["bath.S"].dims == ("time",)
    run = bm.simulate(leaky(), times=Q(T, "s"), parameters={"bath.S": slow})
    made = run.data
    assert made["bath.S"].values == pytest.approx(4 * np.exp(-T / 2))
    assert set(run.baths["bath"]) == {"S"}
    step = bm.Protocol.steps(Q(1e-4, "cm/s"), (Q(4, "s"), Q(3e-4, "cm/s")))
    made = bm.simulate(leaky(), times=Q(T, "s"), parameters={"S_leak.permeability": step}).data
    assert made["S_leak.permeability"].values == pytest.approx([1e-4, 3e-4, 3e-4])
    assert made["S_leak.permeability"].attrs["units"] == "cm s-1"


# --- lanes


@cache
def grid() -> bm.Run:
    P = xr.DataArray([1e-4, 2e-4], dims="P", coords={"P": [10.0, 20.0]}, attrs={"units": "cm/s"})
    out = xr.DataArray(
        [1.0, 2.0, 3.0],
        dims="out",
        coords={"out": ("out", [1.0, 2.0, 3.0], {"units": "mM"})},
        attrs={"units": "mM"},
    )
    return bm.simulate(
        leaky(), times=Q(T, "s"), parameters={"S_leak.permeability": P, "bath.S": out}
    )


def test_a_lane_is_found_by_position_or_by_its_label() -> None:
    """In either order of the dimensions; where a coordinate has no unit its numbers are plain."""
    end = lambda k, out: out + (9 - out) * np.exp(-k * 10)  # noqa: E731
    lanes = {
        (0.2, 2.0): [
            grid().isel(P=1, out=1),
            grid().isel(out=-2, P=-1),
            grid().sel(out=Q(2000, "uM"), P=20),
            grid().sel(P=Q(20, "1"), out=2),
        ],
        (0.1, 3.0): [
            grid().isel(P=0, out=2),
            grid().isel(out=-1, P=-2),
            grid().sel(out=Q(3e-3, "M"), P=10),
        ],
    }
    for (k, out), found in lanes.items():
        for lane in found:
            assert lane.data.concentration.values[-1, 0] == pytest.approx(end(k, out), rel=1e-6)
            assert lane.baths == {"bath": {"S": out}}
            assert lane.final("concentration") == {
                "cell.S": Q(float(lane.data.concentration.values[-1, 0]), "mM")
            }
            assert lane.status.ok
            assert lane.solution.t.tolist() == T.tolist()
    assert grid().baths == {"bath": {"S": 1.0}}
    assert grid().data.concentration.dims == ("time", "pool", "P", "out")
    assert grid().data.concentration.values[-1, 0] == pytest.approx(
        end(np.array([[0.1], [0.2]]), np.array([1.0, 2.0, 3.0])), rel=1e-6
    )
    assert grid().data.status.values.tolist() == [[0] * 3] * 2
    assert grid().data.attrs["status"] == "by lane, in the variable status"
    assert repr(grid()) == "<Run of 'cell' to 10 s over (P: 2, out: 3); done>"
    assert grid().model_name == "cell"


def test_one_lane_has_a_solution_though_it_be_of_a_scan() -> None:
    P = xr.DataArray([1e-4], dims="P", attrs={"units": "cm/s"})
    scan = bm.simulate(leaky(), times=Q(T, "s"), parameters={"S_leak.permeability": P})
    assert scan.solution.t.tolist() == T.tolist()


# --- runs that stop


def empties(*fluxes: float, times: Any = "60 s") -> errors.SimulationStopped:
    """1 fmol of S leaves by constant pumps."""
    model = cell(
        lambda on: [pump(on, f"pump_{k}", flux) for k, flux in enumerate(fluxes)],
        {S: 1, glucose: 1},
        {S: 1},
    )
    error = caught(lambda: bm.simulate(model, until=times))
    assert isinstance(error, errors.SimulationStopped)
    return error


def test_the_largest_flux_of_the_pool_at_fault_is_named() -> None:
    """Whichever its direction and place."""
    assert empties(0.1, 0.3, 0.2).where.endswith(", pool cell.S, process pump_1")
    assert empties(0.1, -0.4, 0.2).where.endswith(", pool cell.S, process pump_1")


def test_fluxes_that_are_no_number_are_all_named() -> None:
    """√(1 − c/1 mM) at 5 mM: of three processes the two that have no flux."""

    def root(site: Any) -> Any:
        half = site.parameter("half", Q(10, "mM"), CONCENTRATION, domain="positive")
        return site.parameter("J", Q(0.01, "fmol/s"), FLUX) * sp.sqrt(1 - site["S@out"] / half)

    def parts(on: Any) -> list[Any]:
        lost = [
            bm.Transporter(name, "S@in -> S@out", on, laws.Empirical(flux=root, reason="fades"))
            for name in ("one", "two")
        ]
        return [pump(on, "pump", 0.02), *lost]

    given = {f"{name}.half": Q(1, "mM") for name in ("one", "two")}
    error = caught(lambda: bm.simulate(cell(parts, {S: 1}, {S: 5}), until="5 s", parameters=given))
    assert error.where == "model 'cell' at t = 0 s, pool cell.S, process one, two"
    assert error.got.startswith("not finite: ")


# --- prepared runs


def test_a_prepared_run_is_told_and_tells_what_it_was_given() -> None:
    vary, solver = {"bath.S": "uM", "S_leak.permeability": "um/s"}, bm.solvers.Native(1e-9)
    prepared = bm.prepare(
        leaky(), vary=vary, times=Q(T, "s"), parameters={"cell.S": Q(5, "mM")}, solver=solver
    )
    assert (
        repr(prepared) == "<Prepared 'cell', a function of bath.S [uM], S_leak.permeability [um/s]>"
    )
    assert prepared.vary == vary
    for values in ([2000.0, 2.0], np.array([2000.0, 2.0]), (2000, 2)):
        run = prepared(values)
        assert run.data.concentration.values[:, 0] == pytest.approx(
            2 + 3 * np.exp(-0.2 * T), rel=1e-8
        )
        assert run.baths == {"bath": {"S": 2.0}}
        assert json.loads(run.data.attrs["changed_json"]) == [
            "cell.S",
            "bath.S",
            "S_leak.permeability",
        ]
        assert json.loads(run.data.attrs["solver_json"])["rtol"] == 1e-9
    assert prepared([1000.0, 1.0]).data.concentration.values[-1, 0] == pytest.approx(
        1 + 4 / np.e, rel=1e-8
    )
    assert bm.prepare(leaky(), vary={"bath.S": "mM"}, until="10 s")([1.0]).data.sizes["time"] == 301


def test_a_prepared_run_goes_on_from_another_and_keeps_its_protocols() -> None:
    """A start, and a formula whose values are looked at once."""
    first = bm.simulate(leaky(), times=Q([0.0, 10.0], "s"))
    went_on = bm.prepare(leaky(), vary={"bath.S": "mM"}, times=Q([0, 10], "s"), start=first)([1.0])
    assert went_on.data.concentration.values[:, 0] == pytest.approx(
        1 + 8 * np.exp([-1.0, -2.0]), rel=1e-7
    )
    rises = bm.Protocol.function(lambda t, a, tau: a * (1 + t / tau), a=Q(1, "mM"), tau=Q(10, "s"))
    prepared = bm.prepare(
        leaky(), vary={"cell.S": "mM"}, times=Q([0, 10], "s"), parameters={"bath.S": rises}
    )
    for inside in (9.0, 4.0):
        wanted = bm.simulate(
            leaky(), times=Q([0, 10], "s"), parameters={"bath.S": rises, "cell.S": Q(inside, "mM")}
        )
        assert np.array_equal(prepared([inside]).data.amount.values, wanted.data.amount.values)


def test_a_formula_that_does_not_vary_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call is quick: what was found sound is not checked again."""
    checked: list[Any] = []
    check = protocol_breaks.check_range
    monkeypatch.setattr(
        protocol_breaks, "check_range", lambda *given: (checked.append(given), check(*given))
    )
    rises = bm.Protocol.function(lambda t, a, tau: a * (1 + t / tau), a=Q(1, "mM"), tau=Q(10, "s"))
    prepared = bm.prepare(
        leaky(), vary={"cell.S": "mM"}, times=Q(T, "s"), parameters={"bath.S": rises}
    )
    for inside in (9.0, 4.0, 2.0):
        prepared([inside])
    assert len(checked) == 1


def test_a_formula_that_leaves_its_domain_is_told_by_a_prepared_run_too() -> None:
    falls = bm.Protocol.function(lambda t, a, tau: a * (1 - t / tau), a=Q(1, "mM"), tau=Q(5, "s"))
    with pytest.raises(errors.OutOfDomain, match=r"bath\.S"):
        bm.prepare(
            leaky(), vary={"cell.S": "mM"}, times=Q([0, 10], "s"), parameters={"bath.S": falls}
        )
    prepared = bm.prepare(
        leaky(), vary={"cell.S": "mM"}, times=Q([0, 4], "s"), parameters={"bath.S": falls}
    )
    assert prepared([9.0]).status.kind == "done"


def test_a_zero_may_be_given_where_zero_may_be() -> None:
    prepared = bm.prepare(
        leaky(), vary={"S_leak.permeability": "cm/s", "bath.S": "mM"}, times=Q(T, "s")
    )
    assert prepared([0.0, 1.0]).data.concentration.values[:, 0].tolist() == [9.0, 9.0, 9.0]
    with pytest.raises(errors.OutOfDomain, match=r"cell\.volume"):
        bm.prepare(leaky(), vary={"cell.volume": "pL"}, times=Q(T, "s"))([0.0])


# --- saved runs


def test_a_saved_run_is_what_was_saved(tmp_path: Any) -> None:
    """Lines of the books, labels, ribbons, baths and the name, without the model."""
    run = bm.simulate(leaky(), times=Q(T, "s"))
    saved = bm.open_run(bm.save(run, tmp_path / "run.nc"))
    assert (saved.model_name, saved.baths) == ("cell", {"bath": {"S": 1.0}})
    assert saved.ledger.labels == {"S_leak": "S leak"}
    for name in LINES:
        found, wanted = getattr(saved.ledger, name), getattr(run.ledger, name)
        assert found.values.tolist() == wanted.values.tolist()
        assert found.attrs == wanted.attrs
    told = [(f.source, f.target, f.energy, f.kind) for f in saved.ledger.flows()]
    assert told == [(f.source, f.target, f.energy, f.kind) for f in run.ledger.flows()]
    assert len(told) == 3


def test_a_saved_run_without_more_has_nothing_more() -> None:
    """A dataset of a scan: no labels or baths, and ribbons are said to be missing; a name that is
    no line is no attribute.
    """
    bare = SavedRun(xr.Dataset(attrs={"title": "bare", "solver_json": '{"rtol": 1e-8}'}))
    assert (bare.model_name, bare.baths, bare.ledger.labels) == ("bare", {}, {})
    with pytest.raises(errors.UnknownName, match="only the lines were kept"):
        bare.ledger.flows()
    assert not hasattr(bare.ledger, "spend")
    with pytest.raises(AttributeError, match=r"^ledger\.spend"):
        _ = bare.ledger.spend
    assert SavedLedger(xr.Dataset({"ledger_spent": 3.0})).spent == 3.0


def test_a_notebook_shows_the_books_and_the_data() -> None:
    shown = str(bm.simulate(sound(), until="1 s")._repr_html_())
    assert shown.index("energy ledger of cell, 1 s [pJ]") < shown.index("xarray.Dataset")


def test_a_copy_of_data_is_not_a_copy_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """xarray copies deeply in ``where`` and other methods; what is computed when it is read shares
    its run, and what was read is the copy's own.
    """

    def copied(*_: Any) -> Any:
        raise AssertionError("the trajectory is copied")

    monkeypatch.setattr(Trajectory, "__deepcopy__", copied, raising=False)
    run = bm.simulate(leaky(), until="1 s")
    late = run.data.where(run.data.time > 0)
    assert np.isnan(late.ledger_flow.isel(time=0)).all()
    own = run.data.copy(deep=True)
    own.ledger_flow.load()
    own.ledger_flow.values[:] = 7.0
    assert not (run.data.ledger_flow == 7.0).any()
