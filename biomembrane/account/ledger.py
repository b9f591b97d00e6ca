"""The double-entry energy ledger.

entry[process, store] = ∫ −ν·potential·J dt is the energy that a store gave to a process.  Each row
sums to what the process dissipated, each column to what the store lost.  Potentials are taken
against the reference bath, so that

    ATP spent + given by other baths = ΔΞ stored + Σ dissipated + residual

where the left and the dissipation are integrals along the solver's steps and ΔΞ comes from the
state alone: the residual is a test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..solve.problem import books_limit
from . import energy_flows, ledger_table
from .closure_check import Lanes, bounded, share, unpaid
from .ledger_entries import Entries

if TYPE_CHECKING:
    import pandas as pd


class Ledger(Entries):
    """The books of a run; energies in pJ since the start, as :class:`xarray.DataArray` over
    ``time`` and the scan's dimensions.

    ``print(ledger)`` shows the table, :meth:`check` raises unless the books close and no process
    ran uphill for free.
    """

    def flows(self) -> list[energy_flows.Flow]:
        """The books of a single run as ribbons of an energy-flow picture; see :class:`Flow`."""
        return energy_flows.flows(self)

    def to_frame(self) -> pd.DataFrame:
        """One row an entry at the last time."""
        last = self.flow.isel(time=-1).rename("energy_pJ")
        return last.to_dataframe().reset_index(drop=True).drop(columns=["time"])

    # --- judgement

    @property
    def least_dissipation(self) -> dict[str, float]:
        """By process, the smallest dissipated power met at any quadrature node of any lane [fW]."""
        least = self._t.block.min_dissipation.min(axis=0)
        return dict(
            zip(self._t.kernel.program.names["dissipation"], map(float, least), strict=True)
        )

    def check(self, rtol: float | None = None) -> Ledger:
        """The ledger itself, if the books close, no process dissipated less than nothing, and no
        loop of a hosted cycle made energy from nothing, however little.

        Every lane of a scan is judged by the energy that passed there; lanes that did not come to
        their end are left out, with a warning (``errors.LanesStopped``).

        Args:
            rtol: the residual allowed, as a share of the energy that passed; default ten times the
                solver's, and at least 1e-9, as for a run that is done.

        Raises:
            BooksDoNotClose: the residual is larger.
            UphillForFree: a process, or a loop of a hosted cycle, dissipated less than nothing.
            BoundlessEnergy: a bath holds none of what a process moves.
            BadSettings: a tolerance that is no positive share.
        """
        bounded(self._t.model.name, self._books.empty)
        limit = books_limit(self._t.solver.rtol) if rtol is None else share(rtol)
        last, books = self._t.reached - 1, self._books
        passed = books.passed[last]
        made, base = books.unpaid[last], np.maximum(passed, books.rounding)
        made = np.divide(
            made, base, out=np.zeros_like(made), where=(made > books.rounding) & (base > 0)
        )
        loops = self.free.isel(time=-1).mean(
            [d for d in self.free.dims if d not in ("loop", "time")]
        )
        unpaid(
            float(np.nanmax(made, initial=0.0)),
            dict(zip(map(str, loops.loop.values), map(float, loops.values), strict=True)),
        )
        least, names = self._t.block.min_dissipation.T, self._t.kernel.program.names["dissipation"]
        kinds = [s.kind for s in self._t.statuses]
        lanes = Lanes(
            kinds,
            books.residual_relative[last],
            passed,
            names,
            least,
            float(self._t.block.times[-1]),
        )
        lanes.judge(self._t.model.name, limit, self.uphill_shares())
        return self

    def __str__(self) -> str:
        return ledger_table.text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return ledger_table.html(self)
