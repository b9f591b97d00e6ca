"""A scan of which a part was kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .. import errors
from ..account.kept_ledger import KeptLedger
from ..assemble.model import Model
from ..solve.status import Status
from .lanes import Labels, nearest_places, positions
from .layout import CANCELLED
from .one_lane import lane
from .saved import SavedRun
from .saved_ledger import FiledLedger
from .schema import has_whole_ledger

if TYPE_CHECKING:
    import xarray as xr

    from ..quantity_types import Quantity


@dataclass(frozen=True, eq=False)
class ScanResult:
    """A scan of which a part was kept, in ``data``, with the lines of the ledger as
    ``ledger_spent`` and so on.
    """

    data: xr.Dataset
    model: Model
    rtol: float
    timing: dict[str, float]

    @property
    def model_name(self) -> str:
        """Name of the model."""
        return self.model.name

    @property
    def ledger(self) -> KeptLedger | FiledLedger:
        """The lines of the ledger; the whole ledger where everything was kept and has run."""
        if has_whole_ledger(self.data) and not self.data.chunks:
            return FiledLedger(self.data)
        return KeptLedger(self.data, self.model.name, self.rtol)

    @property
    def dims(self) -> dict[str, int]:
        """Sizes of the scan's dimensions."""
        return SavedRun(self.data).dims

    @property
    def status(self) -> Status:
        """How the run ended; the first lane, in a scan, whose chunk runs if it is lazy."""
        return SavedRun(self.data).status

    def final(self, variable: str) -> dict[str, Quantity]:
        """As :meth:`biomembrane.Run.final`, of what was kept over time."""
        return SavedRun(self.data).final(variable)

    @property
    def baths(self) -> dict[str, dict[str, float]]:
        """As :attr:`biomembrane.Run.baths`, where everything was kept.

        Raises:
            UnknownName: they were not kept.
        """
        if self.model.reservoirs and "bath_concentration" not in self.data:
            raise errors.UnknownName(
                where="run.baths", wanted="the baths, which keep='all' keeps",
                got="a scan of which a part was kept", advice="simulate(…, keep='all')",
            )  # fmt: skip
        return SavedRun(self.data).baths

    @property
    def end_state(self) -> tuple[list[str], NDArray[np.float64], dict[str, int]]:
        """As :attr:`biomembrane.Run.end_state`; there is none unless everything was kept and has
        run.
        """
        if "state_end" not in self.data or self.data.chunks:
            raise AttributeError("end_state")
        return SavedRun(self.data).end_state

    @property
    def failed(self) -> int:
        """Number of lanes that stopped early."""
        return int((self.data.status != 0).sum())

    def isel(self, **at: int) -> ScanResult:
        """One lane, by position along the dimensions, as :meth:`biomembrane.Run.isel`."""
        dims = {str(d): int(n) for d, n in self.data.status.sizes.items()}
        one = self.data.isel(positions(dims, at)).compute()  # of a lazy scan one chunk, once
        return ScanResult(lane(one, {}), self.model, self.rtol, self.timing)

    def sel(self, **at: Labels) -> ScanResult:
        """One lane, by its labels, as :meth:`biomembrane.Run.sel`."""
        return self.isel(**nearest_places(self.data, tuple(map(str, self.data.status.dims)), at))

    @property
    def done(self) -> float:
        """Share of the lanes that were run."""
        return float((self.data.status != CANCELLED).mean())

    def __repr__(self) -> str:
        dims = ", ".join(f"{k}: {v}" for k, v in self.data.status.sizes.items())
        return (
            f"<ScanResult of {self.model.name!r}{f' over ({dims})' if dims else ''}; {self.failed}"
            f" failed; {', '.join(map(str, self.data.data_vars))}>"
        )

    def _repr_html_(self) -> str:
        from ..html import Html, collapsible

        return collapsible(repr(self), Html(self.data._repr_html_()), open=True)
