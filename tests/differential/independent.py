"""The books of a system: what each store gives to each process, and the exergy, from first
principles (formalism §5).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from differential.kinetics import Kinetics, rows_of
from differential.processes import C0, V_WATER, F, Now, Process, R
from differential.system import SOLUTES, System


class Physics(Kinetics):
    """States, processes and books of one system."""

    def __init__(self, system: System, ground: str = "") -> None:
        super().__init__(system, ground)
        self.entries = self._entries()

    def _entries(self) -> list[tuple[Process, str, str]]:
        """(process, pool, component): what the potential of each participant has, at all."""
        made = []
        for p in self.processes:
            for pool in p.net:
                if pool.endswith(".H2O"):
                    made.append((p, pool, "osmotic"))
                    continue
                made.append((p, pool, "chemical"))
                if any(z and place in self.nodes for place, z in self.charges(pool).items()):
                    made.append((p, pool, "electrical"))
        return made

    def against(self, p: dict[str, Any], solute: str) -> Any:
        """c^ref of what is only moved: in the first bath that holds it, else its mean over the
        cells, else as it is held.
        """
        if solute in self.transformed:
            return None
        outside = [p[f"{b.name}.{solute}"] for b in self.system.baths if solute in b.contents]
        return next(
            iter(outside),
            self._mean([pool for pool, (_, s) in self.solute.items() if s == solute], solute),
        )

    def _mean(self, pools: Sequence[str], solute: str = "") -> Any:
        """The concentration of pools of cells together, once mixed, as declared."""
        rooms = {r.name: r for r in self.system.rooms}
        owners = [(rooms[self.solute[pool][0]], self.solute[pool][1]) for pool in pools]
        if not owners:
            return max((r.held[solute] for r in rooms.values() if solute in r.held), default=None)
        return sum(r.contents[s] * r.volume for r, s in owners) / sum(r.volume for r, _ in owners)

    @cached_property
    def mixed(self) -> dict[str, float]:
        """c^ref by pool of what reactions in cells turn into each other one for one: all of it
        mixed.
        """
        own = [pool for pool, (_, s) in self.solute.items() if s in self.transformed]
        touching = [
            {pool: n for pool, n in process.net.items() if pool in own}
            for process in self.processes
        ]
        made = {}
        for pool in own:
            group = {pool}
            while (
                more := set().union(group, *(set(met) for met in touching if group & set(met)))
            ) != group:
                group = more
            if all(sum(met.values()) == 0 for met in touching if group & set(met)):
                made[pool] = self._mean(sorted(group))
        return made

    def worth(self, now: Now, solute: str) -> Any:
        """μ of a solute in its reference; 0 for what reactions make or use."""
        c = self.against(now.p, solute)
        return (
            0.0 if c is None else 1e3 * (SOLUTES[solute].energy or 0.0) + R * now.T * np.log(c / C0)
        )

    def powers(self, now: Now, J: Any) -> Any:
        """−ν·potential·J by entry [fW]."""
        own = {pool: self.chemical(now, pool) - self._base(now, pool) for pool in self._touched}
        chemical = rows_of(own.values(), J.shape[1])
        electrical = F * self._lay @ rows_of((now.phi[p] for p in self.places), J.shape[1])
        process, pool, electric, n = self._index
        return (
            -n[:, None] * np.where(electric[:, None], electrical[pool], chemical[pool]) * J[process]
        )

    @cached_property
    def _touched(self) -> list[str]:
        return list(dict.fromkeys(pool for _, pool, _ in self.entries))

    @cached_property
    def _lay(self) -> Any:
        """Charges (pool, place) that each pool lays on each place."""
        return np.array(
            [
                [self.charges(pool).get(place, 0.0) for place in self.places]
                for pool in self._touched
            ]
        )

    @cached_property
    def _index(self) -> tuple[Any, Any, Any, Any]:
        names = [p.name for p in self.processes]
        rows = [
            (
                names.index(p.name),
                self._touched.index(pool),
                what == "electrical",
                float(p.net[pool]),
            )
            for p, pool, what in self.entries
        ]
        process, pool, electric, n = zip(*rows, strict=True)
        return np.array(process), np.array(pool), np.array(electric), np.array(n)

    def _base(self, now: Now, pool: str) -> Any:
        """What the potential of a pool is measured against."""
        if pool.endswith(".H2O"):
            return V_WATER * now.pressure[self.system.baths[0].name] if self.system.baths else 0.0
        if pool in self.carriers:
            m = self.carriers[pool]
            held = self._held_by(m)[int(pool.rpartition(".E")[2]) - 1]
            even = m.numbers["carriers"] / len(m.inside)
            return sum(n * self.worth(now, s) for s, n in held.items()) + R * now.T * np.log(even)
        if pool in self.mixed:
            return R * now.T * np.log(self.mixed[pool] / C0)
        return self.worth(now, self.pool[pool][1])

    def exergy(self, now: Now, y: Any) -> dict[str, Any]:
        """Ξ by store [fJ]: G less what each thing is worth in its reference, so that an ideal
        solute has RT (n ln(c/c^ref) − n + n^ref).
        """
        made: dict[str, Any] = {}
        RT, W, declared = R * now.T, now.volume, {r.name: r.volume for r in self.system.rooms}
        osmotic: Any = 0.0
        for r in self.system.rooms:
            rest = sum(now.p[f"{b.name}.{s}"] for b in self.system.baths[:1] for s in b.contents)
            for s in r.contents:
                pool = f"{r.name}.{s}"
                n, c = y[self.row[pool]], self.mixed.get(pool, self.against(now.p, s))
                made[pool] = n * (
                    self.standard(pool)
                    + RT * (np.log(n / (W[r.name] * C0)) - 1)
                    - self._base(now, pool)
                )
                if c is not None:
                    made[pool] = made[pool] + RT * c * W[r.name]
                    rest = rest - c
            if r.name in self.swelling:
                osmotic = osmotic + RT * rest * (W[r.name] - declared[r.name])
        for pool, n in self.impermeant.items():
            made[pool] = n * RT * np.log(declared[self.place_of[pool]] / W[self.place_of[pool]])
        for pool, m in self.carriers.items():
            n, even = y[self.row[pool]], m.numbers["carriers"] / len(m.inside)
            made[pool] = (
                n
                * (self.carrier_energy(now.T, pool) + RT * (np.log(n) - 1) - self._base(now, pool))
                + RT * even
            )
        if self.nodes:
            q = np.array([now.charges[n] for n in self.nodes])
            made["capacitor"] = 0.5 * sum(q * (self.inverse @ q))
        made["osmotic"] = osmotic
        return made
