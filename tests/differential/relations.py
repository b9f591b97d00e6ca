"""Metamorphic relations: two ways to say one thing, or to ask for it, give one answer.

Each relation takes a random system and gives pairs (what, theirs, ours, tolerance) of numbers that
must agree.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from differential import packaged
from differential.description import Draw, Mover, System, Term, Timed
from differential.rates import bound_charge

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


# --- ways to say


def mirrored(system: System, _: Draw) -> Iterator[Pair]:
    """Inside and outside of every membrane change places: V changes its sign, and nothing else
    changes.

    Without what knows an inside by itself: the shipped pump and gates of the voltage.  Water is
    always written inward.
    """
    movers = tuple(
        replace(m, gate="" if m.gate in ("voltage", "solute") else m.gate)
        for m in system.movers
        if m.kind != "pump"
    )
    one = _without(system, movers)
    if not movers:
        return
    walls = tuple(replace(w, inside=w.outside, outside=w.inside) for w in system.walls)
    two = replace(one, walls=walls, movers=tuple(map(_mirrored, movers)))
    water = {f"flux {m.name}" for m in movers if m.kind == "water"}
    a, b = (_end(packaged.simulate(s)) for s in (one, two))
    yield from _alike(
        a,
        {name: -x if name.startswith("potential") or name in water else x for name, x in b.items()},
    )


def _mirrored(m: Mover) -> Mover:
    """The same, with sides exchanged: what a state lays on the inside it now lays on the
    outside.
    """
    if m.kind == "water":
        return m

    def turned(terms: tuple[Term, ...]) -> tuple[Term, ...]:
        return tuple((n, s, {"in": "out", "out": "in"}.get(side, side)) for n, s, side in terms)

    steps = tuple(replace(s, left=turned(s.left), right=turned(s.right)) for s in m.steps)
    inside = (
        tuple(round(z - q, 10) for z, q in zip(bound_charge(m), m.inside, strict=True))
        if m.steps
        else ()
    )
    other = {"in": "out", "out": "in"}
    numbers = {
        f"{key.partition('@')[0]}@{other[key.partition('@')[2]]}" if "@" in key else key: x
        for key, x in m.numbers.items()
    }
    return replace(
        m, left=turned(m.left), right=turned(m.right), numbers=numbers, steps=steps, inside=inside
    )


def _without(system: System, movers: tuple[Mover, ...]) -> System:
    """The system with these transporters alone, and with protocols of what is left."""
    gone = {m.name for m in system.movers} - {m.name for m in movers}
    return replace(
        system,
        movers=movers,
        timed=tuple(x for x in system.timed if x.name.partition(".")[0] not in gone),
    )


def renamed(system: System, _: Draw) -> Iterator[Pair]:
    """Other names of places, membranes and transporters."""
    places = {p.name: f"{p.name}_x" for p in (*system.rooms, *system.baths)}
    walls = {w.name: f"{w.name}_y" for w in system.walls}
    two = replace(
        system, rooms=tuple(replace(r, name=places[r.name]) for r in system.rooms),
        baths=tuple(replace(b, name=places[b.name]) for b in system.baths),
        walls=tuple(replace(w, name=walls[w.name], inside=places[w.inside],
            outside=places[w.outside]) for w in system.walls),
        movers=tuple(replace(m, name=f"Z{m.name}",
            on=(walls | places)[m.on]) for m in system.movers),
        phi={places[p]: x for p, x in system.phi.items()},
        timed=tuple(replace(x, name=_dotted(x.name, places)) for x in system.timed),
    )  # fmt: skip
    a, b = _end(packaged.simulate(system)), _end(packaged.simulate(two))
    back = {
        f"{kind} {_unnamed(rest)}": x
        for name, x in b.items()
        for kind, _, rest in (name.partition(" "),)
    }
    yield from _alike(a, back, 1e-10)


def _dotted(name: str, places: Mapping[str, str]) -> str:
    owner, dot, rest = name.partition(".")
    return name if not dot else f"{places.get(owner, f'Z{owner}')}.{rest}"


def _unnamed(name: str) -> str:
    owner, dot, rest = name.partition(".")
    return owner.removesuffix("_x").removesuffix("_y").removeprefix("Z") + dot + rest


def reordered(system: System, draw: Draw) -> Iterator[Pair]:
    """Transporters, and the contents of places, in another order."""

    def shuffled(items: Any) -> Any:
        return tuple(items[int(i)] for i in draw.rng.permutation(len(items)))

    def mixed(contents: Mapping[str, float]) -> dict[str, float]:
        return dict(shuffled(tuple(contents.items())))

    two = replace(
        system, movers=shuffled(system.movers),
        rooms=tuple(replace(r, contents=mixed(r.contents)) for r in system.rooms),
        baths=tuple(replace(b, contents=mixed(b.contents)) for b in system.baths),
    )  # fmt: skip
    model = packaged.model_of(two)
    yield from _alike(_end(packaged.simulate(system)), _end(packaged.simulate(two, model)))


def units(system: System, _: Draw) -> Iterator[Pair]:
    """The same quantities in SI base units."""
    yield from _alike(
        _end(packaged.simulate(system)),
        _end(packaged.simulate(system, q=lambda x, unit: Q(x, unit).to_base_units())),
        1e-10,
    )


def slower(system: System, draw: Draw) -> Iterator[Pair]:
    """All rates by k and all times by 1/k: the same states at the scaled times, fluxes by k, and
    the same energies.
    """
    k = draw.decades(-1, 1)
    calm = _without(
        system,
        tuple(
            replace(m, gate="" if m.gate == "clock" else m.gate)
            for m in system.movers
            if m.kind != "pump"
        ),
    )
    if not calm.movers:
        return
    two = replace(
        calm,
        movers=tuple(_faster(m, k) for m in calm.movers),
        times=tuple(t / k for t in calm.times),
        timed=tuple(_sooner(x, k) for x in calm.timed),
    )
    a, b = _end(packaged.simulate(calm)), _end(packaged.simulate(two))
    yield from _alike(a, {name: x / k if name.startswith("flux") else x for name, x in b.items()})


def _faster(m: Mover, k: float) -> Mover:
    steps = tuple(
        replace(s, forward=s.forward * k, reverse=None if s.reverse is None else s.reverse * k)
        for s in m.steps
    )
    scaled = (
        {"size", "rate", "L_p", "P_f"} if m.kind != "reduced" else {"k0", "k1", "k2", "k3", "k4"}
    )
    return replace(
        m, steps=steps, numbers={key: x * k if key in scaled else x for key, x in m.numbers.items()}
    )


def _sooner(x: Timed, k: float) -> Timed:
    factor = k if x.name.endswith(".permeability") else 1.0
    values = (
        (x.values[0] * factor, x.values[1])
        if x.kind == "swing"
        else tuple(v * factor for v in x.values)
    )
    return replace(x, times=tuple(t / k for t in x.times), values=values)


def larger(system: System, draw: Draw) -> Iterator[Pair]:
    """Volumes, areas and numbers of transporters by k: the same concentrations, voltages; amounts,
    fluxes and energies by k.
    """
    k = draw.decades(-1, 1)
    two = replace(
        system, rooms=tuple(replace(r, volume=r.volume * k) for r in system.rooms),
        walls=tuple(replace(w, area=w.area * k) for w in system.walls),
        movers=tuple(_more(m, k) for m in system.movers),
    )  # fmt: skip
    a, b = _end(packaged.simulate(system)), _end(packaged.simulate(two))
    yield from _alike(
        a,
        {
            name: x if name.startswith(("concentration", "potential")) else x / k
            for name, x in b.items()
        },
    )


def _more(m: Mover, k: float) -> Mover:
    """So many more transporters; what is per area follows the area by itself."""
    absolute = {"ghk": (), "water": (), "pump": (), "cycle": ("carriers",)}.get(
        m.kind, ("size", "rate")
    )
    return replace(
        m, numbers={key: x * k if key in absolute else x for key, x in m.numbers.items()}
    )


Relation = Callable[[System, Draw], Iterator[Pair]]
RELATIONS: dict[str, Relation] = {
    f.__name__: f for f in (singles, kept, lazy, saved, halves, mirrored, renamed, reordered, units,
        slower, larger)
}  # fmt: skip


def judge(relation: str, seed: int, system: System) -> tuple[int, list[str]]:
    """How many numbers were compared, and what is off."""
    count, off = 0, []
    for name, one, two, tolerance in RELATIONS[relation](system, Draw(seed)):
        a, b = np.broadcast_arrays(np.asarray(one, float), np.asarray(two, float))
        apart = np.abs(a - b) / tolerance
        apart = np.where(np.isfinite(a) & np.isfinite(b), apart, np.inf)
        count += a.size
        if a.size and apart.max() > 1:
            k = int(apart.argmax())
            off.append(
                f"{relation}, seed {seed}, {name}: {a.ravel()[k]:.9g} against {b.ravel()[k]:.9g}"
                f" ({apart.max():.3g} tolerances)"
            )
    return count, off
