"""A run without its model, as a dataset holds it."""

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
from .layout import ended
from .one_lane import lane
from .saved_ledger import FiledLedger
from .schema import whole

if TYPE_CHECKING:
    import xarray as xr

    from ..quantity_types import Quantity


@dataclass(frozen=True, eq=False)
class SavedRun:
    """A run read from a file: its data, its books and its figures without the model, and a start
    from which a run of the model goes on.
    """

    data: xr.Dataset

    @cached_property
    def ledger(self) -> Any:
        """The whole :class:`~biomembrane.Ledger` of a run that was saved whole; of a scan of which
        a part was kept the lines of the books.
        """
        if not whole(self.data):
            return KeptLedger(
                self.data,
                self.model_name,
                float(json.loads(self.data.attrs["solver_json"])["rtol"]),
            )
        return FiledLedger(self.data)

    @property
    def model_name(self) -> str:
        return str(self.data.attrs["title"])

    @property
    def dims(self) -> dict[str, int]:
        """Sizes of the scan's dimensions."""
        return {str(d): int(n) for d, n in self.data.status.sizes.items()}

    @property
    def status(self) -> Status:
        """How it ended (the first lane, in a scan)."""
        kind, end, pool = (self.data[name].values.flat[0] for name in ("status", "end", "culprit"))
        return Status(Outcome.of(int(kind)), float(end), "", None if pool < 0 else int(pool))

    @property
    def failed(self) -> int:
        """How many lanes did not come to their end."""
        return int((self.data.status != 0).sum())

    @property
    def baths(self) -> dict[str, dict[str, float]]:
        """Concentrations of the reservoirs at the start [mM]; of the first lane, in a scan."""
        if "bath_concentration" not in self.data:  # kept in part, or an older file
            told: dict[str, dict[str, Any]] = json.loads(self.data.attrs.get("baths_json", "{}"))
            return {
                bath: {species: float(np.ravel(c)[0]) for species, c in of.items()}
                for bath, of in told.items()
            }
        levels = self.data.bath_concentration.isel(dict.fromkeys(self.dims, 0))
        made: dict[str, dict[str, float]] = {}
        for place, species, x in zip(
            levels.bath_place.values, levels.bath_species.values, levels.values, strict=True
        ):
            made.setdefault(str(place), {})[str(species)] = float(x)
        return made

    @property
    def end_state(self) -> tuple[list[str], NDArray[np.float64], dict[str, int]]:
        """Names of the states, the last of them (state, lane), and the scan's dimensions.

        Raises:
            UnknownName: none was saved.
        """
        if "state_end" not in self.data:
            got, advice = (
                "a file without it",
                "bm.save(run, …) of a run of which everything is kept",
            )
            raise errors.UnknownName(
                where=f"a saved run of {self.model_name!r}",
                wanted="its last state",
                got=got,
                advice=advice,
            )
        dims, last = self.dims, self.data.state_end
        state = last.transpose("state", *dims).values.reshape(last.sizes["state"], -1)
        if dims:  # of a scan go on the lanes that came to their end; the others one by one
            stopped = (self.data.status != 0) & (
                self.data.end < float(self.data.attrs.get("span", np.inf))
            )
            state = np.where(stopped.values.ravel(), np.nan, state)
        return [str(n) for n in self.data.state.values], state, dims

    def isel(self, **at: int) -> SavedRun:
        """One lane of a scan, by position along its dimensions.

        Raises:
            UnknownName: other names than those of the dimensions, or not all of them.
            NotANumber: a position that is no integer.
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
        told = ended(self.data.status.values) if self.dims else self.status.kind
        return f"<SavedRun of {self.model_name!r}{f' over ({dims})' if dims else ''}; {told}>"

    def _repr_html_(self) -> str:
        from ..html import Html, collapsible

        return collapsible(repr(self), Html(self.data._repr_html_()), open=True)
