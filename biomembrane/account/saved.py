"""Results without the model: the books and the run as a dataset holds them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from .. import errors

if TYPE_CHECKING:
    import xarray as xr

LINES = {
    "spent": "energy given by held pools", "supplied": "energy given by baths", "imposed": "energy put in by protocols", "stored": "exergy gained",
    "delivered": "work handed on to baths", "released": "gradient energy taken in by coupled transporters", "dissipated": "energy dissipated",
    "unpaid": "energy from nothing, by loops that do not close",
    "residual": "what the books are off by", "passed": "energy that passed", "residual_relative": "relative residual",
}  # fmt: skip
GROUPS = {
    "flow": "energy given by the store", "dissipation": "energy dissipated", "exergy": "exergy gained",
    "uphill_energy": "energy dissipated while J·A < 0, counted positive", "uphill_time": "time with J·A < 0",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class SavedLedger:
    """The books of a saved run, as far as figures need them: the lines of the table over time [pJ], and the flows."""

    data: xr.Dataset

    def __getattr__(self, name: str) -> Any:
        if name not in LINES:
            raise AttributeError(name)
        if f"ledger_{name}" not in self.data:
            got, advice = f"no ledger_{name} in the data", "simulate without keep=, or save the run again"
            raise errors.UnknownName(where=f"ledger.{name}", wanted="a line that was kept", got=got, advice=advice)
        return self.data[f"ledger_{name}"]

    @property
    def labels(self) -> dict[str, str]:
        """How figures write each transporter."""
        made: dict[str, str] = json.loads(self.data.attrs.get("labels_json", "{}"))
        return made

    def flows(self) -> list[Any]:
        """Ribbons with ``source``, ``target``, ``energy`` [pJ] and ``kind``."""
        rows = json.loads(self.data.attrs.get("flows_json", "[]"))
        return [SimpleNamespace(source=s, target=t, energy=e, kind=k) for s, t, e, k in rows]


@dataclass(frozen=True, eq=False)
class SavedRun:
    """A run read from a file: enough for every figure, without the model."""

    data: xr.Dataset

    @property
    def ledger(self) -> SavedLedger:
        return SavedLedger(self.data)

    @property
    def model_name(self) -> str:
        return str(self.data.attrs["title"])

    @property
    def baths(self) -> dict[str, dict[str, float]]:
        """Concentrations of the reservoirs [mM]."""
        made: dict[str, dict[str, float]] = json.loads(self.data.attrs.get("baths_json", "{}"))
        return made
