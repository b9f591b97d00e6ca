"""A run that goes on from another goes on with its parameters: what was given, what a protocol
left, lane by lane, from memory and from a file.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from builders import cell

import biomembrane as bm
from biomembrane import Protocol, Q, errors
from biomembrane import library as lib
from biomembrane.library import Cl, K, Na

HALF, WHOLE = Q([0.0, 20.0], "s"), Q([0.0, 40.0], "s")


@cache
def model() -> bm.Model:
    parts = lambda on: [lib.leak(K, on), lib.leak(Na, on, permeability=Q(2e-9, "cm/s"))]  # noqa: E731
    return cell(
        parts,
        {Na: 12, K: 120, Cl: 10},
        {Na: 135, K: 6, Cl: 141},
        impermeant=bm.balance(charge=-1),
        V=-70,
    )


def go(times: Any, parameters: Any = None, **more: Any) -> bm.Run:
    return bm.simulate(model(), times=times, parameters=parameters, **more)


def told(run: Any) -> dict[str, str]:
    made: dict[str, str] = json.loads(run.data.attrs["parameters_json"])
    return made


OVER = xr.DataArray([4.0, 9.0], dims="x", attrs={"units": "mM"})
GIVEN: dict[str, dict[str, Any]] = {
    "numbers": {"bath.K": "14 mM", "temperature": "20 degC"},
    "contents, and with them the impermeant": {"cell.K": "90 mM", "membrane.potential": "-20 mV"},
    "a rate": {"K_leak.permeability": Q(5e-8, "cm/s")},
    "a scan": {"bath.K": OVER},
    "a scan of contents": {"cell.Na": OVER, "bath.K": "11 mM"},
}


@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
@pytest.mark.parametrize("how", ["memory", "file"])
def test_half_a_run_twice_is_the_run(given: dict[str, Any], how: str, tmp_path: Path) -> None:
    """Nothing is given to the second half."""
    whole, half = go(WHOLE, given), go(HALF, given)
    start: Any = half if how == "memory" else bm.open_run(bm.save(half, tmp_path / "half.nc"))
    rest = go(HALF, start=start)
    assert rest.data.sizes == half.data.sizes
    for name in ("amount", "potential"):
        assert rest.data[name].values[-1] == pytest.approx(
            whole.data[name].values[-1], rel=1e-6, abs=1e-7
        )
    acts = [name for name in given if not name.startswith(("cell.", "membrane."))]
    assert [told(rest)[name] for name in acts] == [told(half)[name] for name in acts]
    again = go(HALF, start=rest)
    assert [told(again)[name] for name in told(again)] == [told(rest)[name] for name in told(rest)]


@pytest.mark.parametrize(
    "moved",
    [Protocol.steps(Q(6, "mM"), (Q(7, "s"), Q(21, "mM"))),
        Protocol.ramps((Q(3, "s"), Q(6, "mM")), (Q(50, "s"), Q(30, "mM"))),
     Protocol.function(lambda t, a, w: a * (1 + t / w), a=Q(6, "mM"), w=Q(30, "s")),
     Protocol.steps(Q(6, "mM"), (xr.DataArray([5.0, 25.0], dims="when", attrs={"units": "s"}),
         Q(21, "mM")))],
    ids=["steps", "ramps", "formula", "scanned breaks"],
)  # fmt: skip
def test_what_a_protocol_left_is_held(moved: Protocol) -> None:
    """The last value, as a number or lane by lane, with no jump of the potential."""
    first = go(HALF, {"bath.K": moved})
    rest = go(HALF, start=first)
    last = first.data["bath.K"].isel(time=-1).values
    assert (
        rest.data["bath.K"].values == pytest.approx(last, rel=1e-12)
        if rest.trajectory.dims
        else float(told(rest)["bath.K"].split()[0]) == pytest.approx(last)
    )
    assert rest.data.affinity.values[0] == pytest.approx(first.data.affinity.values[-1], rel=1e-9)
    assert not rest.ledger.imposed.any()


def test_what_is_given_anew_holds_from_then_on() -> None:
    first = go(HALF, {"bath.K": "14 mM", "bath.Na": "100 mM"})
    rest = go(HALF, {"bath.K": "3 mM"}, start=first)
    assert (rest.baths["bath"]["K"], rest.baths["bath"]["Na"]) == (3, 100)
    lane = go(HALF, {"bath.K": OVER}).isel(x=1)
    assert go(HALF, start=lane).baths["bath"]["K"] == 9


def test_contents_are_not_given_to_a_state() -> None:
    """Refused, in every way to run; taken where the run to go on from was given the same; and what
    is told says that they are not used.
    """
    first = go(HALF, {"cell.K": "90 mM"})
    for name, value in (
        ("cell.K", "91 mM"),
        ("cell.Na", "12 mM"),
        ("membrane.potential", "-70 mV"),
        ("cell.volume", "2 pL"),
        ("cell.K", OVER),
    ):
        with pytest.raises(errors.BadSettings, match=name):
            go(HALF, {name: value}, start=first)
    with pytest.raises(errors.BadSettings, match=r"cell\.K"):
        bm.prepare(model(), vary={"cell.K": "mM"}, times=HALF, start=first)
    rest = go(HALF, {"cell.K": Q(0.09, "M")}, start=first)
    assert told(rest)["cell.K"].startswith("90 millimolar, where the first run began")
    assert told(rest)["membrane.potential"].endswith("goes on from the state of another")
    assert told(first)["cell.K"] == "90 millimolar"


def test_chunks_go_on_as_the_whole_does() -> None:
    """A lazy scan from a run takes its parameters too, and says so."""
    pytest.importorskip("dask")
    first = go(HALF, {"bath.Na": "100 mM", "cell.K": "90 mM"})
    lazy, eager = (
        bm.simulate(model(), times=HALF, parameters={"bath.K": a}, start=first, keep="final")
        for a in (OVER.chunk(x=1), OVER)
    )
    assert told(lazy) == told(eager)
    assert (
        lazy.data.compute(scheduler="synchronous").amount.values.tolist()
        == eager.data.amount.values.tolist()
    )
    prepared = bm.prepare(model(), vary={"bath.K": "mM"}, times=HALF, start=first)
    assert np.array_equal(
        prepared([9.0]).data.amount.values,
        go(HALF, {"bath.K": "9 mM"}, start=first).data.amount.values,
    )


def test_a_start_that_is_none_says_which_is() -> None:
    first = go(HALF)
    with pytest.raises(errors.WrongType, match="open_run"):
        go(HALF, start=first.data)
    with pytest.raises(errors.BadSettings, match="in one of the two only"):
        bm.simulate(bm.load("enterocyte"), until="1 s", start=first)
