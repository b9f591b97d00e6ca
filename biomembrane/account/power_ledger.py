"""The energy ledger of a steady state: powers, of which none is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import ledger_table
from .ledger import Ledger

if TYPE_CHECKING:
    import xarray as xr

POWER = "pW"
#: lines of the ledger that a steady state has
LINES_AT_REST = (
    "spent", "supplied", "delivered", "released", "dissipated", "unpaid", "residual", "passed",
)  # fmt: skip


class PowerLedger:
    """The ledger of powers at rest [pW], as :class:`xarray.DataArray` over the dimensions of a
    scan: that of one second in which nothing changes.

    ``print(ledger)`` shows the table, :meth:`check` raises unless it closes.
    """

    def __init__(self, one_second: Ledger) -> None:
        self._ledger = one_second
        self.transporters = one_second.transporters

    def line(self, name: str) -> xr.DataArray:
        """A line of :data:`LINES_AT_REST`, or ``residual_relative``."""
        array: xr.DataArray = getattr(self._ledger, name).isel(time=-1, drop=True)
        return array if name == "residual_relative" else array.assign_attrs(units=POWER)

    @property
    def spent(self) -> xr.DataArray:
        """Power given by held pools."""
        return self.line("spent")

    @property
    def supplied(self) -> xr.DataArray:
        """Power given by baths."""
        return self.line("supplied")

    @property
    def delivered(self) -> xr.DataArray:
        """Work handed on to baths."""
        return self.line("delivered")

    @property
    def dissipated(self) -> xr.DataArray:
        """Power dissipated by all processes."""
        return self.line("dissipated")

    @property
    def residual(self) -> xr.DataArray:
        """Imbalance: what the stores would still gain or lose."""
        return self.line("residual")

    @property
    def residual_relative(self) -> xr.DataArray:
        """The imbalance over the power that passes."""
        return self.line("residual_relative")

    @property
    def flow(self) -> xr.DataArray:
        """Power from store to process, dim ``entry``."""
        return self.line("flow")

    @property
    def dissipation(self) -> xr.DataArray:
        """Power dissipated by each process."""
        return self.line("dissipation")

    def check(self, rtol: float | None = None) -> PowerLedger:
        """The ledger itself, if it closes, no process has a negative dissipation, and no loop makes
        energy from nothing; see :meth:`~biomembrane.account.ledger.Ledger.check`.

        Args:
            rtol: the residual allowed, as a share of the power that passes.

        Raises:
            BooksDoNotClose: the residual is larger.
            UphillForFree: a process, or a loop of a hosted cycle, has a negative dissipation.
            BoundlessEnergy: a process moves a species of which a bath has 0 mM.
            BadSettings: the tolerance is not a positive share.
        """
        self._ledger.check(rtol)
        return self

    def __str__(self) -> str:
        return ledger_table.text(self._ledger, at_rest=True)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return ledger_table.html(self._ledger, at_rest=True)
