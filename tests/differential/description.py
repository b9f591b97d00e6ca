"""A membrane system as plain data, and random ones: what both builders of the differential test
read.

Numbers are in the units of papers: mM, pL, µm², µF/cm², mV, cm/s, fmol/s, kelvin, s.  Nothing of
the package is imported here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from differential.system import (
    NEUTRAL,
    PERMEANT,
    SOLUTES,
    BathSpec,
    CompartmentSpec,
    MembraneSpec,
    Mover,
    Step,
    System,
    Term,
    Timed,
)

# --- random ones


class Draw:
    """Random numbers by name."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def chance(self, p: float) -> bool:
        return bool(self.rng.random() < p)

    def between(self, low: float, high: float) -> float:
        return float(f"{self.rng.uniform(low, high):.6g}")

    def decades(self, low: float, high: float) -> float:
        return float(f"{10 ** self.rng.uniform(low, high):.6g}")

    def whole(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def one(self, among: Sequence[Any]) -> Any:
        return among[int(self.rng.integers(len(among)))]

    def some(self, among: Sequence[str], least: int, most: int) -> list[str]:
        count = self.whole(least, min(most, len(among)))
        return [str(s) for s in self.rng.choice(list(among), size=count, replace=False)]


_CELL = {
    "Na": (5, 20),
    "K": (60, 100),
    "Cl": (5, 20),
    "Ca": (0.1, 1),
    "sugar": (0.1, 5),
    "hexA": (0.1, 5),
    "hexB": (0.1, 5),
}
_BATH = {
    "Na": (140, 150),
    "K": (3, 10),
    "Cl": (146, 165),
    "Ca": (1, 2),
    "sugar": (0.1, 5),
    "hexA": (0.1, 5),
    "hexB": (0.1, 5),
}
KINDS = (
    "ghk",
    "ohmic",
    "elementary",
    "onsager",
    "saturable",
    "reduced",
    "empirical",
    "water",
    "pump",
    "cycle",
    "cycle",
    "reaction",
)


def random_system(seed: int) -> System:
    """One to three cells, up to two baths, junctions, two to seven transporters, and what changes
    in time.
    """
    d = Draw(seed)
    count = d.whole(1, 3)
    closed = count > 1 and d.chance(0.12)
    baths = [] if closed else [BathSpec("blood", {s: d.between(*r) for s, r in _BATH.items()})]
    if baths and d.chance(0.5):
        baths.append(
            BathSpec("lumen", {s: d.between(*r) for s, r in _BATH.items()}, floating=d.chance(0.5))
        )
    rooms = tuple(_room(d, f"cell{i}", balanced=not closed and d.chance(0.7)) for i in range(count))
    walls = _walls(d, rooms, baths, closed=closed)
    movers = [_mover(d, f"T{i}", d.one(KINDS), walls, rooms) for i in range(d.whole(2, 7))]
    grounded = {b.name for b in baths if not b.floating} or {rooms[-1].name}
    places = [*(b.name for b in baths), *(r.name for r in rooms)]
    phi = {p: 0.0 if p in grounded else float(d.whole(-80, 20)) for p in places}
    end = d.decades(0.5, 1.8)
    timed = tuple(_timed(d, baths, rooms, movers, end))
    times = (0.0, *(float(f"{end * x:.6g}") for x in (0.03, 0.2, 0.5, 0.77, 1.0)))
    return System(rooms, tuple(baths), walls, tuple(movers), phi, d.between(285, 315), timed, times)


def _room(d: Draw, name: str, *, balanced: bool) -> CompartmentSpec:
    contents = {s: d.between(*r) for s, r in _CELL.items()}
    fuel = {"ATP": d.between(2, 5), "ADP": d.between(0.2, 0.6), "Pi": d.between(2, 5)}
    held = d.chance(0.7)
    if not held:
        contents |= fuel
    if balanced:
        return CompartmentSpec(
            name,
            d.between(0.5, 2),
            contents,
            fuel if held else {},
            "balance",
            d.one([-1.0, -1.5, -0.8]),
        )
    left = sum(SOLUTES[s].charge * c for s, c in contents.items())
    return CompartmentSpec(
        name,
        d.between(0.5, 2),
        contents,
        fuel if held else {},
        {"Counter": (-1 if left > 0 else 1, abs(left)), "Inert": (0, d.between(0, 40))},
    )


def _walls(
    d: Draw, rooms: Sequence[CompartmentSpec], baths: Sequence[BathSpec], *, closed: bool
) -> tuple[MembraneSpec, ...]:
    def wall(name: str, one: str, two: str, solid: float) -> MembraneSpec:
        inside, outside = (one, two) if d.chance(0.75) else (two, one)
        return MembraneSpec(
            name,
            inside,
            outside,
            d.between(100, 500),
            d.between(0.5, 2) if d.chance(solid) else None,
        )

    made = [wall(f"basal{i}", r.name, "blood", 1.0) for i, r in enumerate(rooms) if not closed]
    if len(baths) > 1:
        chosen = d.some([r.name for r in rooms], 1, len(rooms))
        made += [wall(f"apical{i}", name, "lumen", 1.0) for i, name in enumerate(chosen)]
        made.append(wall("junction", "lumen", "blood", 0.0))
    for i in range(len(rooms) - 1):
        if closed or d.chance(0.6):
            made.append(wall(f"gap{i}", rooms[i].name, rooms[i + 1].name, 1.0 if closed else 0.3))
    return tuple(made)


def _crossing(
    d: Draw, names: Sequence[str], most: int
) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
    left, right = [], []
    for s in d.some(names, 1, most):
        n, here = d.one([1, 1, 2, 3]), d.one(["in", "out"])
        left.append((n, s, here))
        right.append((n, s, "out" if here == "in" else "in"))
    return tuple(left), tuple(right)


def _mover(
    d: Draw, name: str, kind: str, walls: Sequence[MembraneSpec], rooms: Sequence[CompartmentSpec]
) -> Mover:
    inhabited = {r.name for r in rooms}
    if kind == "reaction":
        room = d.one(rooms).name
        left, right = ((1, "hexA", ""),), ((1, "hexB", ""),)
        if d.chance(0.3):
            left, right = (*left, (1, "ATP", "")), (*right, (1, "ADP", ""), (1, "Pi", ""))
        return Mover(
            name, d.one(["elementary", "onsager"]), room, left, right, _sized(d, -3, -1, left)
        )
    wall = d.one(walls)
    fuel = [
        side for side, place in (("in", wall.inside), ("out", wall.outside)) if place in inhabited
    ]
    if kind == "pump" and wall.inside not in inhabited:
        kind = "ghk"
    if kind == "pump":
        pump = (
            ((3, "Na", "in"), (2, "K", "out"), (1, "ATP", "in")),
            ((3, "Na", "out"), (2, "K", "in"), (1, "ADP", "in"), (1, "Pi", "in")),
        )
        return Mover(name, kind, wall.name, *pump, {"density": d.decades(2, 3.7)})
    if kind == "cycle":
        return _cycle(d, name, wall.name, fuel)
    if kind == "water":
        return Mover(
            name,
            kind,
            wall.name,
            ((1, "H2O", "out"),),
            ((1, "H2O", "in"),),
            {d.one(["L_p", "P_f"]): d.decades(-3, -1)},
        )
    left, right = _crossing(
        d, NEUTRAL if kind == "empirical" else PERMEANT, 1 if kind in ("ghk", "empirical") else 3
    )
    if kind in ("ghk", "empirical"):
        left, right = ((1, *left[0][1:]),), ((1, *right[0][1:]),)
    charge = sum(n * SOLUTES[s].charge * (1 if w == "in" else -1) for n, s, w in right)
    if kind == "ohmic" and not charge:
        kind = "onsager"
    if fuel and kind in ("elementary", "onsager", "saturable", "reduced") and d.chance(0.35):
        side = d.one(fuel)
        left, right = (*left, (1, "ATP", side)), (*right, (1, "ADP", side), (1, "Pi", side))
    numbers = _sized(d, -3, -0.7, left) | (
        {f"half {s}@{w}": d.decades(-1, 2) for _, s, w in (*left, *right)}
        if kind == "saturable"
        else {}
    )
    if kind == "reduced":
        numbers |= {f"k{i}": d.decades(0, 3) for i in range(5)}
    if kind == "empirical":
        numbers["bias"] = d.between(0.8, 1.25)
    gate = d.one(["", "", "solute", "voltage", "clock"])
    theta = d.one([None, 0.0, 0.25, 0.5, 1.0])
    return Mover(
        name, kind, wall.name, left, right, numbers, theta, gate, d.one(["simultaneous", "common"])
    )


def _sized(d: Draw, low: float, high: float, left: Sequence[Term]) -> dict[str, float]:
    """A typical flux [fmol/s], and the rate at activities of 1 [fmol/s] that gives about that
    flux.
    """
    size = d.decades(low, high)
    usual = {"Na": 50.0, "K": 50.0, "Cl": 50.0}
    return {
        "size": size,
        "rate": float(
            f"{size * np.prod([(1000 / usual.get(s, 3.0)) ** n for n, s, _ in left]):.6g}"
        ),
    }


def _cycle(d: Draw, name: str, on: str, fuel: Sequence[str]) -> Mover:
    """A ring that binds what it carries, turns, and lets go, with what burns, a slip or a dead
    end.
    """
    left, right = _crossing(d, PERMEANT, 2)
    events: list[tuple[tuple[Term, ...], tuple[Term, ...]]] = [((t,), ()) for t in left] + [
        ((), (t,)) for t in right
    ]
    for _ in range(d.whole(1, 2)):
        events.insert(d.whole(0, len(events)), ((), ()))
    burns = d.whole(0, len(events) - 1) if fuel and d.chance(0.4) else -1
    if burns >= 0:
        side, (took, gave) = d.one(fuel), events[burns]
        events[burns] = (*took, (1, "ATP", side)), (*gave, (1, "ADP", side), (1, "Pi", side))
    size = len(events)
    steps = [
        Step(i, (i + 1) % size, *sides, d.decades(0, 3), d.decades(0, 3))
        for i, sides in enumerate(events)
    ]
    steps[-1] = Step(size - 1, 0, *events[-1], d.decades(0, 3), None)
    held: list[dict[str, int]] = [{}]
    for took, gave in events[:-1]:
        held.append(
            {
                s: (
                    held[-1].get(s, 0)
                    + sum(n for n, x, _ in took if x == s)
                    - sum(n for n, x, _ in gave if x == s)
                )
                for s in PERMEANT
            }
        )
    states = size
    if d.chance(0.25):
        steps.append(Step(1, size, ((1, "Na", "in"),), (), d.decades(0, 2), d.decades(0, 2)))
        states += 1
    elif size > 3 and d.chance(0.35) and burns != 0:
        two = d.whole(2, size - 2)
        side = d.one(["in", "out"])
        taken = tuple((n, s, side) for s, n in held[two].items() if n > 0)
        if 0 > burns or burns >= two:
            steps.append(Step(0, two, taken, (), d.decades(0, 2), None))
    inside = tuple(round(d.between(-2, 2), 2) for _ in range(states))
    theta, gate = d.one([None, 0.25, 0.5, 0.5]), d.one(["", "", "clock", "voltage"])
    return Mover(
        name,
        "cycle",
        on,
        numbers={"carriers": d.decades(-4, -2)},
        theta=theta,
        gate=gate,
        steps=tuple(steps),
        inside=inside,
    )


def _timed(
    d: Draw,
    baths: Sequence[BathSpec],
    rooms: Sequence[CompartmentSpec],
    movers: Sequence[Mover],
    end: float,
) -> list[Timed]:
    """Up to three parameters that change in time."""
    made: dict[str, Timed] = {}
    for _ in range(d.one([0, 0, 1, 2, 3])):
        what = d.one(["bath", "bath", "held", "size", "temperature"])
        held = [(r.name, s, c) for r in rooms for s, c in r.held.items()]
        sized = [m for m in movers if m.kind == "ghk"]
        if what == "bath" and baths:
            bath, solute = d.one(baths), d.one(["K", "Na", "sugar", "Cl"])
            name, base = f"{bath.name}.{solute}", bath.contents[solute]
        elif what == "held" and held:
            room, solute, base = d.one(held)
            name = f"{room}.{solute}"
        elif what == "size" and sized:
            mover = d.one(sized)
            name, base = f"{mover.name}.permeability", mover.numbers["size"] * 1e-4
        elif what == "temperature":
            made["temperature"] = Timed(
                "temperature",
                "steps",
                (d.between(0.1, 0.6) * end,),
                (d.between(290, 310), d.between(285, 315)),
            )
            continue
        else:
            continue
        factors = [d.between(0.4, 2.5) for _ in range(3)]
        kind = d.one(["steps", "ramps", "swing"])
        first, second = sorted(float(f"{end * d.between(0.05, 0.9):.6g}") for _ in range(2))
        if kind == "steps":
            made[name] = Timed(
                name, kind, (first, second), (base, base * factors[0], base * factors[1])
            )
        elif kind == "ramps":
            made[name] = Timed(name, kind, (first, second + 0.01 * end), (base, base * factors[0]))
        else:
            made[name] = Timed(name, kind, (end * d.between(0.4, 2),), (base, factors[0]))
    return list(made.values())
