"""Totals of the ledger: every line from the entries, for all lanes at once."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import constants, units
from ..assemble.energy_stores import Component
from ..compile.program_outputs import Uphill
from .model_index import model_index
from .problem import books_limit
from .trajectory import Trajectory

Array = NDArray[np.float64]
UNIT = "pJ"
FAR = 2.0**-26  # relative step of a slope that rounding does not swallow
COMPONENTS = tuple(Component)
WITHOUT_ELECTRODES = tuple(c for c in Component if c is not Component.WORK)


class LedgerTotals:
    """Energies since the start [pJ] as arrays (time, lane), or (member, time, lane) where they are
    by store, process or species.

    ``strict``: of what floating point leaves open, only that counts which the last digits of the
    states leave open; a more careful run may do better.
    """

    def __init__(self, trajectory: Trajectory, *, strict: bool = False) -> None:
        self.t, self.strict = trajectory, strict
        self.ledger_layout = trajectory.model.ledger_layout
        self.summed = trajectory.kernel.program.summed
        self.scale = units.from_internal(UNIT)

    @cached_property
    def empty(self) -> dict[str, tuple[str, ...]]:
        """Baths and held pools at 0 mM, whose potential is −∞, with the processes that touch
        them.
        """
        _, inputs = self.t.parameters.segments(self.t.lanes, float(self.t.block.times[-1]))
        baths, met = model_index(self.t.model).baths, self.t.block.met
        given: dict[int, list[Any]] = {
            place: [part[place] for part in inputs] for place, _ in baths.values()
        }
        for place in set(self.t.event_inputs) & given.keys():
            given[place] += [
                each.set[place] for breaks in met or () for each in breaks if place in each.set
            ]
        return {
            name: used
            for name, (place, used) in baths.items()
            if any(np.any(np.equal(x, 0)) for x in {id(x): x for x in given[place]}.values())
        }

    @cached_property
    def flow(self) -> Array:
        """Energy that the store of each entry gave to its process."""
        return self.t.entries * self.scale

    @cached_property
    def dissipation(self) -> Array:
        """∫ J·A dt by process."""
        return self.t.dissipation * self.scale

    def _uphill(self, wanted: Uphill) -> Array:
        values = np.zeros_like(self.t.dissipation)
        rows = {name: k for k, name in enumerate(self.t.kernel.program.names["dissipation"])}
        for (process, kind), row in zip(
            self.t.kernel.program.names["uphill"], self.t.uphill, strict=True
        ):
            if kind is wanted:
                values[rows[process]] = row
        return np.where(np.isnan(self.t.dissipation), np.nan, values)

    @cached_property
    def uphill_energy(self) -> Array:
        """∫ max(−J·A, 0) dt by process."""
        return self._uphill(Uphill.POWER) * self.scale

    @cached_property
    def uphill_time(self) -> Array:
        """Time with J·A < 0 by process [s]."""
        return self._uphill(Uphill.TIME)

    @cached_property
    def gained(self) -> dict[str, Array]:
        """∫ J·ε dt by loop that does not close, what it made from nothing."""
        rows = zip(self.t.kernel.program.names["uphill"], self.t.uphill, strict=True)
        return {name: row * self.scale for (name, kind), row in rows if kind is Uphill.LOOP}

    @cached_property
    def cycle_of(self) -> dict[str, str]:
        """The cycle of each loop that does not close."""
        return {loop.name: loop.cycle for loop in self.t.model.open_loops}

    @cached_property
    def unpaid(self) -> Array:
        """What loops that do not close made from nothing, summed over the cycles that made any in
        all.
        """
        of: dict[str, Array] = {}
        for name, row in self.gained.items():
            cycle = self.cycle_of[name]
            of[cycle] = of.get(cycle, np.zeros_like(row)) + row
        return self._where_run(
            sum((total.clip(min=0) for total in of.values()), start=np.zeros_like(self.spent))
        )

    @cached_property
    def exergy(self) -> Array:
        """Ξ − Ξ(0) by store."""
        exergy: Array = self.t.exergy * self.scale
        return exergy

    @cached_property
    def _sums(self) -> Array:
        """(sum, time, lane) by :attr:`~biomembrane.assemble.ledger_accounts.Chart.sums`."""
        if self.summed:
            return self.flow
        sums = np.zeros((len(self.ledger_layout.sums), *self.flow.shape[1:]))
        for row, members in zip(self.flow, self.ledger_layout.member, strict=True):
            for k in members:
                sums[k] += row
        return self._where_run(sums)

    @cached_property
    def spent(self) -> Array:
        spent: Array = self._sums[0]
        return spent

    @cached_property
    def baths(self) -> Array:
        """By species."""
        return self._sums[1 : 1 + len(self.ledger_layout.baths)]

    @cached_property
    def by_electrode(self) -> Array:
        first = 1 + len(self.ledger_layout.baths)
        return self._sums[first : self.ledger_layout.supplies]

    @cached_property
    def electrodes(self) -> Array:
        electrodes: Array = self._where_run(self.by_electrode.sum(axis=0))
        return electrodes

    @cached_property
    def dosed(self) -> Array:
        dosed: Array = self.t.dosed * self.scale
        return self._where_run(dosed)

    @cached_property
    def stepped(self) -> Array:
        stepped: Array = self.t.stepped * self.scale
        return self._where_run(stepped)

    @cached_property
    def supplied(self) -> Array:
        supplied: Array = self.baths.clip(min=0).sum(axis=0)
        return supplied

    @cached_property
    def delivered(self) -> Array:
        delivered: Array = (-self.baths).clip(min=0).sum(axis=0)
        return delivered

    @cached_property
    def stored(self) -> Array:
        stored: Array = self.exergy.sum(axis=0)
        return stored

    @cached_property
    def imposed(self) -> Array:
        return self._where_run(self.imposed_parts.sum(axis=0))

    def _where_run(self, line: Array) -> Array:
        """NaN from where a lane stopped, also in lines that are zero."""
        gone = np.isnan(self.dissipation).any(axis=0)
        return np.where(gone, np.nan, line) if gone.any() else line

    @cached_property
    def imposed_parts(self) -> Array:
        """By store."""
        if not self.t.kernel.program.names["drift"] and len(self.t.constants) == 1:
            return np.zeros((1, *self.spent.shape))
        imposed: Array = self.t.imposed * self.scale
        return imposed

    @cached_property
    def relaxed(self) -> Array:
        relaxed: Array = self.t.relaxed * self.scale
        return self._where_run(relaxed)

    @cached_property
    def dissipated(self) -> Array:
        dissipated: Array = self.dissipation.sum(axis=0)
        return dissipated

    @cached_property
    def released(self) -> Array:
        """What gradients gave to coupled transporters, those whose reactions move more than one
        carrier of energy: ∫ power by transporter and carrier, where it is positive in all.  Neither
        fuel nor the carrier's own states are gradients.
        """
        released = np.where(np.isnan(self.dissipated), np.nan, 0.0)
        for columns in self.ledger_layout.gradients:
            released = released + self._sums[columns].clip(min=0).sum(axis=0)
        return released

    @cached_property
    def residual(self) -> Array:
        residual: Array = (
            self.spent
            + self.supplied
            + self.imposed
            + self.dosed
            + self.electrodes
            + self.stepped
            - self.delivered
            - self.stored
            - self.dissipated
            - self.relaxed
        )
        return residual

    @cached_property
    def passed(self) -> Array:
        works = (self.imposed, self.dosed, self.electrodes, self.stepped)
        passed: Array = np.maximum.reduce(
            [
                self.spent + self.supplied + sum(map(abs, works), start=np.zeros_like(self.spent)),
                abs(self.dissipated),
                abs(self.stored),
            ]
        )
        return passed

    @cached_property
    def rounding(self) -> Array:
        """Rounding error of the ledger (lane,): 1e-14 of RT Σn and of the terms of Ξ; and, where
        the residual is larger than that, the :attr:`noise`.
        """
        k, states = self.t.kernel, self.t.model.states
        first = self.t.block.y[:, 0]
        terms = np.abs(k.call("exergy", 0.0, first, self.t.constants[0])).sum(axis=0)
        amounts = [i for i, x in enumerate(states) if x.is_amount and x.conjugate is not None]
        base: Array = (
            (terms + constants.GAS * self.t.temperature * np.abs(first[amounts]).sum(axis=0))
            * 1e-14
            * self.scale
        )
        explained = np.maximum(base, books_limit(self.t.solver.rtol) * self.passed[-1])
        closed = abs(self.residual[-1]) <= explained
        return base if closed.all() else np.where(closed, base, base + self.noise)

    @property
    def noise(self) -> Array:
        """What the supplies give in the time of the run, by lane, if each state and each number of
        the program is off by four units in its last place (where strict, each state): at rest,
        where one-way fluxes or the terms of an affinity cancel, net fluxes are such noise, and no
        state can follow them.  To first order, as a sum of sizes.
        """
        k, y, end = self.t.kernel, self.t.block.y[:, -1], float(self.t.block.times[-1])
        supplies = self.ledger_layout.supplies
        members = [(row,) for row in range(supplies)] if self.summed else self.ledger_layout.member
        given = np.zeros((supplies, len(members)))
        for entry, rows in enumerate(members):
            given[[r for r in rows if r < supplies], entry] = 1.0

        held = list(self.t.constants[-1])

        def power(state: Array, numbers: list[Any]) -> Array:
            noise: Array = given @ k.call("entry", end, state, numbers)[: len(members)]
            return noise

        off = 4 * np.finfo(float).eps
        step = off if self.strict else FAR
        noise = np.zeros(y.shape[1])
        with np.errstate(all="ignore"):
            still = power(y, held)
            for state in range(len(y)):
                moved = y.copy()
                moved[state] *= 1 + step
                noise += np.nan_to_num(abs(power(moved, held) - still).sum(axis=0), posinf=0.0)
            for at, number in enumerate([] if self.strict else held):
                other = [*held[:at], number * (1 + step), *held[at + 1 :]]
                noise += np.nan_to_num(abs(power(y, other) - still).sum(axis=0), posinf=0.0)
        return noise * (off / step) * end * self.scale

    @cached_property
    def swung(self) -> Array:
        """By lane, what protocols put in and took back, where the residual is large beside what
        passed in all; else 0.
        """
        protocols = self.t.kernel.program.names["drift"] or len(self.t.constants) > 1
        with np.errstate(all="ignore"):
            fine = abs(self.residual[-1]) <= np.maximum(
                self.rounding, books_limit(self.t.solver.rtol) * self.passed[-1]
            )
        return (
            np.where(fine, 0.0, self.t.swung * self.scale)
            if protocols and not fine.all()
            else np.zeros_like(self.rounding)
        )

    @cached_property
    def residual_relative(self) -> Array:
        """Residual over what passed, or over what protocols put in and took back where that is
        more; 0 where nothing is off by more than rounding.
        """
        off, passed = abs(self.residual), np.maximum(self.passed, self.swung)
        with np.errstate(all="ignore"):
            relative: Array = np.where(
                off <= self.rounding, 0.0, off / np.where(passed > 0, passed, np.nan)
            )
        return relative
