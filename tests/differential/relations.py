"""Metamorphic relations: two ways to say one thing, or to ask for it, give one answer.

Each relation takes a random system and gives pairs (what, theirs, ours, tolerance) of numbers that
must agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from differential import packaged
from differential.asked import Pair, _alike, _end, halves, kept, lazy, saved, singles
from differential.description import Draw
from differential.processes import bound_charge
from differential.system import Mover, System, Term, Timed

from biomembrane import Q

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
