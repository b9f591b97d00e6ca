"""The double-entry energy ledger.

entry[process, store] = ∫ −ν·potential·J dt is the energy that a store gave to a process.  Each row
sums to the energy that the process dissipated, each column to the energy that the store lost.
Potentials are relative to the reference bath, so that

    ATP spent + given by other baths = ΔΞ stored + Σ dissipated + residual

where the left side and the dissipation are integrals along the solver's steps and ΔΞ is computed
from the state alone: the residual is an independent test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..solve.problem import books_limit
from . import energy_flows, ledger_table
from .closure_check import FinalBalances, check_bounded, check_loops, tolerance
from .ledger_entries import Entries

if TYPE_CHECKING:
    import pandas as pd


class Ledger(Entries):
    """The energy ledger of a run; energies in pJ since the start, as :class:`xarray.DataArray` over
    ``time`` and the scan's dimensions.

    ``print(ledger)`` shows the table, :meth:`check` raises unless the ledger closes and no process
    ran uphill for free.
    """

    def flows(self) -> list[energy_flows.Flow]:
        """The energy flows of a single run, the ribbons of its energy-flow picture; see
        :class:`Flow`.
        """
        return energy_flows.flows(self)

    def to_frame(self) -> pd.DataFrame:
        """A data frame with one row per entry, at the last time."""
        last = self.flow.isel(time=-1).rename("energy_pJ")
        return last.to_dataframe().reset_index(drop=True).drop(columns=["time"])

    # --- checks

    @property
    def least_dissipation(self) -> dict[str, float]:
        """The smallest power dissipated by each process, over all nodes and lanes [fW]."""
        least = self._t.block.min_dissipation.min(axis=0)
        return dict(
            zip(self._t.kernel.program.names["dissipation"], map(float, least), strict=True)
        )

    def check(self, rtol: float | None = None) -> Ledger:
        """The ledger itself, if it closes, no process has a negative dissipation, and no loop of a
        hosted cycle made energy from nothing, however little.

        Every lane of a scan is measured by the energy that passed in it; lanes that stopped early
        are left out, with a warning (``errors.LanesStopped``).

        Args:
            rtol: the residual allowed, as a share of the energy that passed; default ten times the
                solver's rtol, and at least 1e-9, the limit for a run with status "done".

        Raises:
            BooksDoNotClose: the residual is larger.
            UphillForFree: a process, or a loop of a hosted cycle, has a negative dissipation.
            BoundlessEnergy: a process moves a species of which a bath has 0 mM.
            BadSettings: the tolerance is not a positive share.
        """
        t, totals = self._t, self._books
        check_bounded(t.model.name, totals.empty)
        limit = books_limit(t.solver.rtol) if rtol is None else tolerance(rtol)
        last = t.reached - 1
        passed, unpaid = totals.passed[last], totals.unpaid[last]
        base = np.maximum(passed, totals.rounding)
        significant = (unpaid > totals.rounding) & (base > 0)
        shares = np.divide(unpaid, base, out=np.zeros_like(unpaid), where=significant)
        scan_dims = [d for d in self.free.dims if d not in ("loop", "time")]
        loops = self.free.isel(time=-1).mean(scan_dims)
        by_loop = dict(zip(map(str, loops.loop.values), map(float, loops.values), strict=True))
        check_loops(float(np.nanmax(shares, initial=0.0)), by_loop)
        balances = FinalBalances(
            outcomes=[s.kind for s in t.statuses],
            residuals=totals.residual_relative[last],
            passed=passed,
            processes=t.kernel.program.names["dissipation"],
            min_dissipation=t.block.min_dissipation.T,
            duration=float(t.block.times[-1]),
        )
        balances.check_closure(t.model.name, limit, self.uphill_shares())
        return self

    def __str__(self) -> str:
        return ledger_table.text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return ledger_table.html(self)
