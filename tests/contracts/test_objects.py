"""What a user makes: compared by content, carried to another process, gone when it is dropped."""

from __future__ import annotations

import copy
import gc
import multiprocessing
import pickle
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import pytest
import xarray as xr
from builders import cell, mM
from mistakes import cycle

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane import library as lib
from biomembrane.declare.identity import LeftBehind, portable
from biomembrane.library import Cl, K, Na, glucose

UNTIL = "5 s"


def gated(rate: float = 1e-6, *, name: str = "gate", source: str = "a note") -> bm.Model:
    """A leak with a modulator that is a function of no module."""
    permeability = bm.Parameter(Q(rate, "cm/s"), bm.Source("assumed", note=source))
    law = bm.laws.GHK(permeability=permeability)
    return cell(
        lambda on: [
            bm.Transporter(
                name,
                "K@in -> K@out",
                on,
                law,
                modulator=lambda s: s["K@in"] / (s["K@in"] + s["K@out"]),
            )
        ],
        {K: 130, Cl: 130},
        {K: 5, Cl: 5},
    )


def patch(inside: float = 1.0, **more: Any) -> bm.Membrane:
    within = bm.Compartment("cell", volume=Q(1, "pL"), contents=mM({glucose: inside}))
    outside = bm.Reservoir("bath", mM({glucose: 5}), **more)
    return bm.Membrane("membrane", inside=within, outside=outside, area=Q(100, "um^2"))


MAKERS = {
    "model": gated, "cycle": lambda: cycle(on=patch()), "membrane": patch,
    "reservoir": lambda: patch().outside,
    "compartment": lambda: patch().inside,
    "species": lambda: bm.Species("Q", 1, standard=Q(3, "kJ/mol"), convention="x"),
    "transporter": lambda: gated().transporters[0],
    "process": lambda: gated().processes[0],
}  # fmt: skip


@pytest.mark.parametrize("what", MAKERS)
def test_made_twice_it_is_equal_and_so_is_its_copy(what: str) -> None:
    """With equal hashes, after pickle, copy and deepcopy too; to something else it is not equal."""
    one, two = MAKERS[what](), MAKERS[what]()
    assert one is not two
    for other in (two, pickle.loads(pickle.dumps(one)), copy.copy(one), copy.deepcopy(one)):
        assert one == other
        assert hash(one) == hash(other)
    assert one != "text"
    assert {one: 1}[two] == 1


def test_what_differs_in_a_number_a_name_or_a_source_is_not_equal() -> None:
    others = [gated(2e-6), gated(name="other"), gated(source="another note")]
    assert all(gated() != other for other in others)
    assert patch() != patch(2.0)
    assert patch() != patch(floating=True)
    assert cycle(on=patch()) != cycle(on=patch(2.0))
    assert lib.leak(K, gated().membranes[0]) != lib.leak(
        Na, cell(lambda on: [lib.leak(Na, on)], {Na: 1, Cl: 1}, {Na: 2, Cl: 2}).membranes[0]
    )


def test_a_model_that_travelled_runs_alike() -> None:
    """Its hash, its books and every number; a quantity in it stays in our registry."""
    model = gated()
    back = pickle.loads(pickle.dumps(model))
    one, two = (bm.simulate(m, until=UNTIL) for m in (model, back))
    assert back.hash == model.hash
    xr.testing.assert_identical(one.data, two.data)
    assert (back.transporters[0].law.permeability.quantity + Q(1, "um/s")).magnitude > 0


def test_a_function_that_cannot_travel_says_so_when_it_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What it gave has travelled all the same."""
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    back = pickle.loads(pickle.dumps(gated()))
    assert back == gated()
    assert isinstance(back.transporters[0].modulator, LeftBehind)
    with pytest.raises(errors.WrongType, match="left behind"):
        back.transporters[0].modulator(None)
    assert portable(len) is len


def _worked(run: bm.Run) -> tuple[float, str]:
    run.ledger.check()
    return float(run.data.concentration[-1, 0]), str(run.ledger)


@pytest.mark.parametrize("scanned", [False, True])
def test_a_run_travels_with_its_books(scanned: bool) -> None:
    """By pickle; a scan's lanes too, and a run goes on from what has travelled."""
    values = xr.DataArray([3.0, 8.0], dims="K_o", attrs={"units": "mM"})
    model = gated()
    run = bm.simulate(
        model, until=UNTIL, parameters={"bath.K": values} if scanned else {"bath.K": Q(8, "mM")}
    )
    back = pickle.loads(pickle.dumps(run))
    xr.testing.assert_identical(back.data, run.data)
    assert str(back.ledger) == str(run.ledger)
    if scanned:
        xr.testing.assert_identical(back.sel(K_o=8).data, run.sel(K_o=8).data)
    more = [
        bm.simulate(model, until=UNTIL, start=r.isel(K_o=1) if scanned else r).data
        for r in (run, back)
    ]
    xr.testing.assert_identical(*more)


def test_a_run_travels_to_a_process_that_begins_anew() -> None:
    """By ``spawn``, into an interpreter that knows nothing."""
    run = bm.simulate(
        cell(lambda on: [lib.leak(K, on)], {K: 130, Cl: 130}, {K: 5, Cl: 5}), until=UNTIL
    )
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(_worked, [run])[0] == _worked(run)


def test_prepared_and_kept_travel() -> None:
    prepared = bm.prepare(gated(), vary={"bath.K": "mM"}, until=UNTIL)
    back = pickle.loads(pickle.dumps(prepared))
    xr.testing.assert_identical(back([7.0]).data, prepared([7.0]).data)
    kept = bm.simulate(gated(), until=UNTIL, keep="final")
    xr.testing.assert_identical(pickle.loads(pickle.dumps(kept)).data, kept.data)


def test_an_error_travels() -> None:
    """With its fields; a worker's mistake is told where it was asked for."""
    with pytest.raises(errors.UnknownName) as caught:
        bm.simulate(gated(), until=UNTIL, parameters={"bath.k": Q(1, "mM")})
    back = pickle.loads(pickle.dumps(caught.value))
    assert (type(back), str(back)) == (errors.UnknownName, str(caught.value))


def test_a_lazy_scan_travels() -> None:
    pytest.importorskip("dask")
    values = xr.DataArray([3.0, 8.0], dims="K_o", attrs={"units": "mM"}).chunk()
    lazy = bm.simulate(gated(), until=UNTIL, parameters={"bath.K": values}, keep="final")
    back = pickle.loads(pickle.dumps(lazy))
    xr.testing.assert_identical(*(x.data.compute(scheduler="synchronous") for x in (back, lazy)))


def test_what_is_dropped_is_freed() -> None:
    """Model, membranes, transporters, program, machine code and runs: nothing in a module holds
    them, after scans, protocols, books and sums.
    """
    model = cell(lambda on: [lib.leak(K, on), lib.leak(Cl, on)], {K: 130, Cl: 130}, {K: 5, Cl: 5})
    pulse = bm.Protocol.ramps((Q(1, "s"), Q(5, "mM")), (Q(2, "s"), Q(9, "mM")))
    run = bm.simulate(model, until=UNTIL, parameters={"bath.K": pulse})
    scan = xr.DataArray([3.0, 8.0, 9.0], dims="K_o", attrs={"units": "mM"})
    kept = bm.simulate(model, until=UNTIL, parameters={"bath.K": scan}, keep="final")
    bm.simulate(model, until=UNTIL).ledger.check()
    program = run.trajectory.kernel.program
    parts = (
        model,
        model.transporters[0],
        model.membranes[0],
        model.compartments[0],
        model.processes[0],
        run,
        run.trajectory.kernel,
        program,
        kept,
    )
    seen = [weakref.ref(x) for x in parts]
    del model, run, kept, program, parts
    gc.collect()
    assert [ref() for ref in seen] == [None] * len(seen)


def test_a_model_of_another_name_shares_nothing_that_is_held() -> None:
    """Equal models hold their own programs, so that one can go while the other stays."""
    one, two = gated(), gated()
    first = weakref.ref(bm.simulate(one, until=UNTIL).trajectory.kernel.program)
    assert bm.simulate(two, until=UNTIL).trajectory.kernel.program is not first()
    del one
    gc.collect()
    assert first() is None


SHEET = """[source]
key="mine"
title="t"
year="2001"
[parameters.k]
value={}
unit="1/s"
kind="assumed"
"""


def test_a_file_is_read_as_it_stands(tmp_path: Path) -> None:
    """By its content: changed, replaced or moved to another path, whatever was read before."""
    path = tmp_path / "mine.toml"
    for value in (3.5, 4.5, 3.5):
        path.write_text(SHEET.format(value))
        assert lib.sheet(path)["k"].quantity == Q(value, "1/s")
    path.write_text("not a sheet")
    with pytest.raises(errors.CorruptFile):
        lib.sheet(path)


def test_pickle_of_a_quantity_opens_in_a_new_process() -> None:
    """In the registry of this package, so that it can be added to others."""
    text = (
        "import pickle; from biomembrane import Q;"
        f" print((pickle.loads({pickle.dumps(Q(2, 'mM'))!r}) + Q(1, 'uM')).to('uM').magnitude)"
    )
    done = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, timeout=60, check=True
    )
    assert float(done.stdout) == pytest.approx(2001)
