"""Recipes of lazy scans: how they are told apart, how they travel, and what is wrong with one."""

from __future__ import annotations

import multiprocessing
import pickle
import sys
from pathlib import Path
from typing import Any

import pint
import pytest
import xarray as xr
from contracts.lazy_leak import MODEL, TIMES, now, outside, permeability, run
from mistakes import cycle, sound

import biomembrane as bm
from biomembrane import Keep, Q, errors, units
from biomembrane.results.lazy_scan import Recipe, _fixed_digest, _pickled
from biomembrane.results.simulation import _cancelled
from biomembrane.solve.task import make_task

STEP = bm.Protocol.steps(Q(1, "mM"), (Q(5, "s"), Q(2, "mM")))
FALLS = bm.Protocol.function(lambda t, a, tau: a / (1 + t / tau), a=Q(1, "mM"), tau=Q(1, "s"))
LATER = bm.Protocol.steps(Q(1, "mM"), (Q(6, "s"), Q(2, "mM")))


def test_a_folder_of_a_scan_that_differs_in_what_is_fixed_is_left_alone(tmp_path: Path) -> None:
    """Whatever changes the numbers makes another scan, which does not go on in the folder of the
    first.
    """
    pytest.importorskip("zarr")
    area = xr.DataArray([100.0], dims="A", attrs={"units": "um^2"})
    given = {"S_leak.permeability": permeability().chunk(), "membrane.area": area}
    how = {"times": TIMES, "keep": Keep(["amount"], times="final")}
    folder = bm.save(bm.simulate(MODEL, parameters=given, **how), tmp_path / "scan.zarr")
    for other in ({"parameters": given | {"cell.S": Q(6, "mM")}}, {"times": Q([0, 9], "s")}):
        with pytest.raises(errors.CorruptFile, match="a scan with fingerprint"):
            bm.save(bm.simulate(MODEL, **{"parameters": given, **how, **other}), folder)


def test_what_is_fixed_is_told_by_its_numbers() -> None:
    """The same numbers in other units are the same; values, breaks and starts tell scans apart."""
    bath = [Q(1, "mM"), Q(1000, "uM"), Q(2, "mM"), STEP, LATER, FALLS]
    one, same, *others = (
        _fixed_digest(make_task(MODEL, TIMES.magnitude, parameters={"bath.S": each}), Keep())
        for each in bath
    )
    begun = [
        _fixed_digest(
            make_task(MODEL, TIMES.magnitude, start=bm.simulate(MODEL, times=Q([0, end], "s"))),
            Keep(),
        )
        for end in (7, 8)
    ]
    carried = bm.Model("carried", [cycle()])
    shares = [
        _fixed_digest(make_task(carried, TIMES.magnitude, start=start), Keep())
        for start in (None, {"GLUT.O": 1}, {"GLUT.O": 0.5, "GLUT.I": 0.5}, {"GLUT.I": 1})
    ]
    assert one == same
    assert len({one, *others, *begun, *shares}) == 11


def test_scans_with_other_reducers_are_told_apart_by_what_these_do() -> None:
    def name(reducer: Any) -> str:
        return _fixed_digest(
            make_task(MODEL, TIMES.magnitude), Keep(["concentration"], reduce=reducer)
        )

    def highest(data: Any) -> Any:
        return data.concentration.max("time")

    same, other, within = (
        (lambda data: data.concentration.max("time")),
        (lambda data: data.concentration.min("time")),
        (lambda data: data.map(lambda x: x.max("time"))),
    )
    assert name(highest) == name(same)
    assert (
        len(
            {
                name(same),
                name(other),
                name(within),
                name(["max"]),
                name(lambda data: data.concentration.isel(time=5)),
            }
        )
        == 5
    )


def test_a_recipe_travels_without_its_functions() -> None:
    """Plain pickle takes it, whatever the reducer is; the function is in its payload."""
    recipe = pickle.loads(
        pickle.dumps(
            run(
                keep=Keep(["concentration"], reduce=lambda data: data.concentration.max("time"))
            ).recipe
        )
    )
    assert recipe.keep == Keep(["concentration"])
    assert callable(recipe.unpacked()[3])


def test_a_recipe_is_unpacked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept on the recipe, which it goes with; in a worker, where each task brings a recipe of its
    own, on the process, for two scans in turn.
    """
    one, two, three = (
        run(keep=Keep(["concentration"], reduce=[how])).recipe for how in ("max", "min", "mean")
    )
    assert one.unpacked() is one.unpacked()
    again = pickle.loads(pickle.dumps(one))
    assert again.unpacked() is not one.unpacked()
    assert "_held" in vars(one)
    worker = type("Worker", (), {})()
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: worker)
    monkeypatch.setattr(multiprocessing, "current_process", lambda: worker)
    first = one.unpacked()
    assert two.unpacked() is two.unpacked()
    assert pickle.loads(pickle.dumps(one)).unpacked() is first
    three.unpacked()
    assert one.unpacked() is not first


def test_quantities_stay_in_the_registry_on_their_way() -> None:
    """A quantity in a function or a protocol can be added to another where it arrives; functions
    and classes come whole.
    """
    cloudpickle = pytest.importorskip("cloudpickle")
    most = Q([1.5, 2.5], "mM")
    back, double, kind = cloudpickle.loads(_pickled((most, lambda x: 2 * x + most, pint.Quantity)))
    assert units.is_quantity(back)
    assert (back + Q(1, "mM")).magnitude.tolist() == [2.5, 3.5]
    assert double(Q(1, "mM")).magnitude.tolist() == [3.5, 4.5]
    assert str(back.units) == "millimolar"
    assert kind is pint.Quantity


# --- what is wrong


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"bath.K": xr.DataArray([4.0], dims="K", attrs={"units": "mM"}).chunk()}
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    with pytest.raises(errors.NeedsExtra) as caught:
        bm.simulate(sound(), until="1 s", parameters=given)
    error = caught.value
    assert (error.where, error.wanted, error.advice) == (
        "dask-backed parameters",
        "dask and cloudpickle",
        "pip install 'biomembrane[sweep]'",
    )
    assert "cloudpickle" in error.got
    assert error.__suppress_context__


def test_mistakes_are_told_at_the_call_or_when_their_chunk_runs() -> None:
    """A name, a unit or none at the call; a number that cannot be when its chunk runs, and in no
    other.
    """
    with pytest.raises(errors.UnknownName, match=r"bath\.S"):
        run(parameters={"bath.s": outside().chunk()})
    with pytest.raises(errors.UnknownName, match=r"bath\.S"):
        run(
            parameters={
                "bath.s": outside().drop_attrs(),
                "S_leak.permeability": permeability().chunk(),
            }
        )
    with pytest.raises(errors.UnitMismatch, match=r"cell\.S"):
        run(parameters={"bath.S": outside().chunk(), "cell.S": Q(5, "mV")})
    with pytest.raises(errors.BareNumber) as caught:
        run(parameters={"bath.S": outside().chunk().drop_attrs()})
    assert (caught.value.where, caught.value.wanted) == (
        "parameters['bath.S']",
        "attrs={'units': …} on the DataArray",
    )
    assert (caught.value.got, caught.value.advice) == ("no units", "attrs={'units': 'millimolar'}")
    bad = outside().copy(data=[1.0, -2.0]).chunk({"out": 1})
    lazy = run(parameters={"bath.S": bad}, keep="final")
    assert float(now(lazy.data.isel(out=[0])).amount[0, 0, 0]) > 1
    with pytest.raises(errors.OutOfDomain):
        now(lazy.data)


def test_a_lazy_scan_runs_once_for_each_thing_that_is_asked(monkeypatch: Any) -> None:
    """Printing or checking the ledger, counting failures, one lane."""
    parts: list[Any] = []
    run_part = Recipe.run
    monkeypatch.setattr(Recipe, "run", lambda self, x: parts.append(x) or run_part(self, x))
    given = {"bath.S": outside().chunk()}
    lazy = bm.simulate(MODEL, times=TIMES, parameters=given)
    for ask in (
        lambda: repr(lazy.ledger),
        lazy.ledger.check,
        lambda: lazy.failed,
        lambda: lazy.isel(out=1),
        lambda: lazy.status,
    ):
        parts.clear()
        ask()
        assert len(parts) == 1


def test_a_start_that_was_not_kept_says_how_to_have_one() -> None:
    given = {"bath.S": outside()}
    final = bm.simulate(MODEL, times=TIMES, parameters=given, keep="final")
    lazy = bm.simulate(MODEL, times=TIMES, parameters={"bath.S": outside().chunk()}, keep="all")
    for start, advice in ((final, "keep='all'"), (lazy, "open_run")):
        with pytest.raises(errors.WrongType) as caught:
            bm.simulate(MODEL, until="1 s", start=start)
        assert advice in caught.value.advice


def test_a_scan_that_is_cancelled_after_its_last_lane_is_whole() -> None:
    assert "NaN" not in _cancelled(None, MODEL, 1.0).advice
    assert "NaN" in _cancelled(None, MODEL, 0.5).advice
