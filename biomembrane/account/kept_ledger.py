"""The ledger of a result of which only a part was kept: the lines that its dataset holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..solve.problem import books_limit
from ..solve.status import Outcome
from .closure_check import FinalBalances, check_bounded, check_loops, tolerance
from .empty_baths import empty_baths
from .ledger_lines import LINES

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True, eq=False)
class SavedLedger:
    """The ledger of a saved run, as far as figures need it: the lines of the table over time [pJ],
    and the flows.
    """

    data: xr.Dataset

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in LINES:
            near = errors.nearest(name, [n for n in LINES if f"ledger_{n}" in self.data])
            raise AttributeError(
                f"ledger.{name}: of this result only lines of the ledger were kept; {near}; a"
                " simulation with keep='all', or without keep=, has the whole ledger"
            )
        if f"ledger_{name}" not in self.data:
            raise errors.UnknownName(
                where=f"ledger.{name}",
                wanted="a line that was kept",
                got=f"no ledger_{name} in the data",
                advice="simulate without keep=, or save the run again",
            )
        return self.data[f"ledger_{name}"]

    @property
    def labels(self) -> dict[str, str]:
        """The label of each transporter in figures."""
        by_name: dict[str, str] = json.loads(self.data.attrs.get("labels_json", "{}"))
        return by_name

    def flows(self) -> list[Any]:
        """Ribbons with ``source``, ``target``, ``energy`` [pJ] and ``kind``."""
        if "flows_json" not in self.data.attrs:
            raise errors.UnknownName(
                where="ledger.flows()",
                wanted="the entries of the ledger",
                got="a scan of which only the lines were kept",
                advice="simulate without keep=",
            )
        rows = json.loads(self.data.attrs["flows_json"])
        return [SimpleNamespace(source=s, target=t, energy=e, kind=k) for s, t, e, k in rows]


@dataclass(frozen=True, eq=False)
class KeptLedger(SavedLedger):
    """The lines of the ledger of a scan, each over the dimensions of the scan [pJ]."""

    model: str
    rtol: float

    def _ended(self) -> xr.Dataset:
        """The lines at the end, and how lanes ended; a lazy scan runs once for all of them."""
        lines = [n for n in (f"ledger_{line}" for line in LINES) if n in self.data]
        data = self.data[["status", "least_power", "least_process", *lines]]
        return (data.isel(time=-1) if "time" in data.dims else data).compute()

    def check(self, rtol: float | None = None) -> KeptLedger:
        """As :meth:`biomembrane.Ledger.check`, for the lanes that ran to completion."""
        data = self._ended()
        check_bounded(self.model, empty_baths(data))
        limit = books_limit(self.rtol) if rtol is None else tolerance(rtol)
        lines = ("residual_relative", "passed", "unpaid")
        residuals, passed, unpaid = (getattr(SavedLedger(data), name) for name in lines)
        check_loops(float((unpaid / passed.where(passed > 0)).fillna(0.0).max()), {})
        dims = data.status.dims
        residuals, passed, power, process = (
            a.transpose(*dims).values.ravel()
            for a in (residuals, passed, data.least_power, data.least_process)
        )
        names = data.least_power.attrs["processes"].split()
        # of each lane only the smallest power of all processes was kept
        least = np.full((len(names), power.size), np.inf)
        least[process, np.arange(power.size)] = np.where(np.isnan(power), np.inf, power)
        outcomes = [Outcome.of(k) for k in data.status.values.ravel()]
        duration = float(data.attrs["span"])
        balances = FinalBalances(outcomes, residuals, passed, names, least, duration)
        balances.check_closure(self.model, limit)
        return self

    def __repr__(self) -> str:
        """The lines that were kept, at the end; of a scan the mean over the lanes that ran to
        completion.
        """
        data = self._ended()
        size, ended = data.status.size, int((data.status == Outcome.DONE.code).sum())
        count = f"{ended} of {size}" if ended < size else f"{size}"
        mean = f", mean of {count} lanes" if data.status.ndim else ""
        rows = [f"energy ledger of {self.model}, lines that were kept [pJ]{mean}"]
        for name in LINES:
            if f"ledger_{name}" in data:
                last = data[f"ledger_{name}"].where(data.status == Outcome.DONE.code)
                rows.append(f"  {name:<18}{float(last.mean()):>12.4g}   {LINES[name]}")
        return "\n".join(rows)
