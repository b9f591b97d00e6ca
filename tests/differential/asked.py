"""Metamorphic relations between two ways to ask for one thing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from differential import packaged
from differential.description import Draw
from differential.system import System

import biomembrane as bm
from biomembrane import Q

RTOL = 1e-8
LOOSE = 100 * RTOL  # two runs, each good to RTOL
LINES = ("spent", "supplied", "delivered", "stored", "dissipated", "imposed")
ROUNDING = {
    "flux": 1e-12
}  # fmol/s, what rounding of the affinity makes of a large conductance where nothing flows
Pair = tuple[str, Any, Any, Any]


def _end(run: Any) -> dict[str, Any]:
    """Concentrations, voltages, volumes, fluxes and lines of the ledger at all output times, by
    name.
    """
    made: dict[str, Any] = {}
    for variable in ("concentration", "potential", "volume", "flux"):
        if variable in run.data:
            array = run.data[variable]
            (dim,) = (d for d in array.dims if d != "time")
            values = array.transpose(dim, "time").values
            made |= {
                f"{variable} {name}": x
                for name, x in zip(array[dim].values, values, strict=True)
                if np.isfinite(x).all()
            }
    return made | {f"ledger {line}": getattr(run.ledger, line).values for line in LINES}


def _alike(
    one: Mapping[str, Any], two: Mapping[str, Any], loose: float = LOOSE, rounding: float = 0.0
) -> Iterator[Pair]:
    """Pairs of all numbers, each to ``loose`` of what is large among its kind; ``rounding`` [pJ] is
    that of differences of the exergy.
    """
    assert set(one) == set(two), set(one) ^ set(two)
    large: dict[str, float] = {}
    for name, x in one.items():
        kind = name.split()[0]
        large[kind] = max(large.get(kind, 1e-12), float(np.max(np.abs(x), initial=0.0)))
    for name, x in one.items():
        kind = name.split()[0]
        yield (
            name,
            x,
            two[name],
            loose * (large[kind] + np.abs(x))
            + (rounding if kind == "ledger" else ROUNDING.get(kind, 0.0)),
        )


def _scan(system: System, draw: Draw) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A scan of three lanes over the temperature and a bath or a density, and the same as single
    sets.
    """
    room = system.rooms[0]
    name, unit, base = f"{room.name}.sugar", "mM", room.contents["sugar"]
    values = [float(f"{base * f:.6g}") for f in (0.7, 1.0, draw.between(1.1, 1.6))]
    lanes = xr.DataArray(values, dims="lane", coords={"lane": [0, 1, 2]}, attrs={"units": unit})
    rest = {key: p for key, p in packaged.protocols(system).items() if key != name}
    return rest | {name: lanes}, [rest | {name: Q(x, unit)} for x in values]


# --- ways to ask


def singles(system: System, draw: Draw) -> Iterator[Pair]:
    """A scan is its single runs side by side."""
    model, (scan, sets) = packaged.model_of(system), _scan(system, draw)
    times = Q(np.array(system.times), "s")
    whole = bm.simulate(model, times=times, parameters=scan)
    for lane, one in enumerate(sets):
        single = bm.simulate(model, times=times, parameters=one)
        yield from _alike(
            _end(single), _end(whole.isel(lane=lane)), 1e-11, float(np.max(single.ledger.rounding))
        )


def kept(system: System, draw: Draw) -> Iterator[Pair]:
    """What is kept of a scan is what the whole scan has there."""
    model, (scan, _) = packaged.model_of(system), _scan(system, draw)
    times = Q(np.array(system.times), "s")
    whole = bm.simulate(model, times=times, parameters=scan)
    some = bm.simulate(model, times=times, parameters=scan, keep=["concentration", "flux"])
    for name in ("concentration", "flux"):
        yield (
            name,
            *_same(whole.data[name], some.data[name]),
            1e-11 * float(np.nanmax(np.abs(whole.data[name].values))),
        )
    for line in ("spent", "dissipated", "stored"):
        a, b = getattr(whole.ledger, line).isel(time=-1), getattr(some.ledger, line)
        yield (
            f"ledger {line}",
            a.values,
            (b.isel(time=-1) if "time" in b.dims else b).values,
            1e-9 * (1 + np.abs(whole.ledger.passed.values).max()),
        )


def _same(one: xr.DataArray, two: xr.DataArray) -> tuple[Any, Any]:
    two = two.transpose(*one.dims)
    return np.nan_to_num(one.values), np.nan_to_num(two.values)


def lazy(system: System, draw: Draw) -> Iterator[Pair]:
    """A lazy scan, computed, is the eager one."""
    model, (scan, _) = packaged.model_of(system), _scan(system, draw)
    times = Q(np.array(system.times), "s")
    eager = bm.simulate(model, times=times, parameters=scan, keep=["concentration", "flux"])
    chunked = {
        name: x.chunk(lane=2) if isinstance(x, xr.DataArray) else x for name, x in scan.items()
    }
    later = bm.simulate(
        packaged.model_of(system), times=times, parameters=chunked, keep=["concentration", "flux"]
    ).data.compute(scheduler="synchronous")
    for name in ("concentration", "flux"):
        one, two = xr.align(eager.data[name], later[name], join="exact")
        yield name, *_same(one, two), 1e-11 * float(np.nanmax(np.abs(one.values)))


def saved(system: System, _: Draw) -> Iterator[Pair]:
    """What is saved and opened again is the run."""
    run = packaged.simulate(system)
    with tempfile.TemporaryDirectory() as folder:
        bm.save(run, Path(folder) / "run.nc")
        again = bm.open_result(Path(folder) / "run.nc")
        data = getattr(again, "data", again)
        for name in ("concentration", "potential", "volume", "flux", "affinity", "dissipation"):
            if name in run.data:
                yield (
                    name,
                    *_same(run.data[name], data[name]),
                    1e-14 * (1 + np.nan_to_num(np.abs(run.data[name].values))),
                )
        for line in LINES:
            one = getattr(run.ledger, line)
            yield (
                f"ledger {line}",
                one.values,
                data[f"ledger_{line}"].values,
                1e-14 * (1 + np.abs(one.values)),
            )


def halves(system: System, _: Draw) -> Iterator[Pair]:
    """A run and its continuation are the run as a whole, books included."""
    calm = replace(
        system,
        timed=(),
        movers=tuple(replace(m, gate="" if m.gate == "clock" else m.gate) for m in system.movers),
    )
    model, times = packaged.model_of(calm), np.array(calm.times)
    whole = packaged.simulate(calm, model)
    first = bm.simulate(model, times=Q(times[:4], "s"))
    second = bm.simulate(model, times=Q(times[3:] - times[3], "s"), start=first)
    a, b, c = (_end(run) for run in (whole, first, second))
    for name in a:
        b[name] = np.concatenate(
            [b[name], c[name][1:] + (b[name][-1] if name.startswith("ledger") else 0.0)]
        )
    signed = {
        "ledger supplied",
        "ledger delivered",
    }  # each counts by species what its sign was: only their difference adds up
    net = [x["ledger supplied"] - x["ledger delivered"] for x in (a, b)]
    yield from _alike({k: v for k, v in a.items() if k not in signed} | {"ledger net": net[0]},
                      {k: v for k, v in b.items() if k not in signed} | {"ledger net": net[1
    ]})  # fmt: skip
