"""A run without its model, read from a dataset."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import errors
from ..account.kept_ledger import KeptLedger
from ..solve.status import Outcome, Status
from .lanes import Labels, final, nearest_places, positions
from .layout import MESSAGE, ending_text
from .one_lane import lane
from .saved_ledger import FiledLedger
from .schema import has_whole_ledger

if TYPE_CHECKING:
    import xarray as xr

    from ..quantity_types import Quantity


@dataclass(frozen=True, eq=False)
class SavedRun:
    """A run read from a file: its data, ledger and figures without the model, and the state from
    which a run of the model continues.
    """

    data: xr.Dataset

    @cached_property
    def ledger(self) -> KeptLedger | FiledLedger:
        """The whole :class:`~biomembrane.Ledger` of a run that was saved whole; the lines of the
        ledger where only a part was kept.
        """
        if has_whole_ledger(self.data):
            return FiledLedger(self.data)
        rtol = float(json.loads(self.data.attrs["solver_json"])["rtol"])
        return KeptLedger(self.data, self.model_name, rtol)

    @property
    def model_name(self) -> str:
        """Name of the model."""
        return str(self.data.attrs["title"])

    @property
    def dims(self) -> dict[str, int]:
        """Sizes of the scan's dimensions."""
        return {str(d): int(n) for d, n in self.data.status.sizes.items()}

    @property
    def status(self) -> Status:
        """How the run ended; the first lane, in a scan."""
        first = self.data[["status", "end", "culprit"]].isel(dict.fromkeys(self.dims, 0)).compute()
        state = None if first.culprit < 0 else int(first.culprit)
        text = "" if self.dims else str(self.data.attrs.get(MESSAGE, ""))
        return Status(Outcome.of(int(first.status)), float(first.end), text, state)

    @property
    def failed(self) -> int:
        """Number of lanes that stopped early."""
        return int((self.data.status != 0).sum())

    @property
    def baths(self) -> dict[str, dict[str, float]]:
        """Concentrations of the reservoirs at the start [mM]; of the first lane, in a scan."""
        if "bath_concentration" not in self.data:  # kept in part, or an older file
            saved: dict[str, dict[str, Any]] = json.loads(self.data.attrs.get("baths_json", "{}"))
            return {
                bath: {species: float(np.ravel(c)[0]) for species, c in contents.items()}
                for bath, contents in saved.items()
            }
        c = self.data.bath_concentration.isel(dict.fromkeys(self.dims, 0))
        rows = zip(c.bath_place.values, c.bath_species.values, c.values, strict=True)
        concentrations: dict[str, dict[str, float]] = {}
        for bath, species, x in rows:
            concentrations.setdefault(str(bath), {})[str(species)] = float(x)
        return concentrations

    @property
    def end_state(self) -> tuple[list[str], NDArray[np.float64], dict[str, int]]:
        """Names of the states, the last of them (state, lane), and the scan's dimensions.

        Raises:
            UnknownName: it was not saved.
        """
        if "state_end" not in self.data:
            raise errors.UnknownName(
                where=f"a saved run of {self.model_name!r}",
                wanted="its last state",
                got="a file without it",
                advice="bm.save(run, …) of a run of which everything is kept",
            )
        dims, last = self.dims, self.data.state_end
        state = last.transpose("state", *dims).values.reshape(last.sizes["state"], -1)
        if dims:  # a scan continues the lanes that were completed; the others one by one
            span = float(self.data.attrs.get("span", np.inf))
            stopped = (self.data.status != 0) & (self.data.end < span)
            state = np.where(stopped.values.ravel(), np.nan, state)
        return [str(n) for n in self.data.state.values], state, dims

    def isel(self, **at: int) -> SavedRun:
        """One lane of a scan, by position along its dimensions.

        Raises:
            UnknownName: other names than those of the dimensions, or not all of them.
            NotANumber: a position that is not an integer.
            OutOfDomain: a position beyond the scan.
        """
        return SavedRun(lane(self.data, positions(self.dims, at)))

    def sel(self, **at: Labels) -> SavedRun:
        """One lane of a scan, as :meth:`biomembrane.Run.sel`."""
        return self.isel(**nearest_places(self.data, tuple(self.dims), at))

    def final(self, variable: str) -> dict[str, Quantity]:
        """Last values of a variable of a single run, as quantities by name.

        Raises:
            UnknownName: no such variable.
            BadSettings: a scan.
        """
        return final(self.data, variable, tuple(self.dims))

    def __repr__(self) -> str:
        if "status" not in self.data:
            return f"<SavedRun of {self.model_name!r}>"
        dims = ", ".join(f"{k}: {v}" for k, v in self.dims.items())
        ending = ending_text(self.data.status.values) if self.dims else self.status.kind
        return f"<SavedRun of {self.model_name!r}{f' over ({dims})' if dims else ''}; {ending}>"

    def _repr_html_(self) -> str:
        from ..html import Html, collapsible

        return collapsible(repr(self), Html(self.data._repr_html_()), open=True)
