"""The books of a result of which a part was kept: the lines of the table, as far as a dataset holds
them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..solve.problem import books_limit
from ..solve.status import Outcome
from .closure_check import Lanes, bounded, share, unpaid
from .ledger_lines import LINES

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True, eq=False)
class SavedLedger:
    """The books of a saved run, as far as figures need them: the lines of the table over time [pJ],
    and the flows.
    """

    data: xr.Dataset

    def __getattr__(self, name: str) -> Any:
        if name not in LINES:
            raise AttributeError(name)
        if f"ledger_{name}" not in self.data:
            got, advice = (
                f"no ledger_{name} in the data",
                "simulate without keep=, or save the run again",
            )
            raise errors.UnknownName(
                where=f"ledger.{name}", wanted="a line that was kept", got=got, advice=advice
            )
        return self.data[f"ledger_{name}"]

    @property
    def labels(self) -> dict[str, str]:
        """How figures write each transporter."""
        made: dict[str, str] = json.loads(self.data.attrs.get("labels_json", "{}"))
        return made

    def flows(self) -> list[Any]:
        """Ribbons with ``source``, ``target``, ``energy`` [pJ] and ``kind``."""
        if "flows_json" not in self.data.attrs:
            got, advice = "a scan of which the lines alone were kept", "simulate without keep="
            raise errors.UnknownName(
                where="ledger.flows()", wanted="books entry by entry", got=got, advice=advice
            )
        rows = json.loads(self.data.attrs["flows_json"])
        return [SimpleNamespace(source=s, target=t, energy=e, kind=k) for s, t, e, k in rows]


@dataclass(frozen=True, eq=False)
class KeptLedger(SavedLedger):
    """The lines of the books of a scan, each over its dimensions [pJ]."""

    model: str
    rtol: float

    def check(self, rtol: float | None = None) -> KeptLedger:
        """As :meth:`biomembrane.Ledger.check`, for the lanes that came to their end."""
        bounded(self.model, str(self.data.attrs.get("empty", "")).split())
        limit = books_limit(self.rtol) if rtol is None else share(rtol)
        off, passed, made = (
            a.isel(time=-1) if "time" in a.dims else a
            for a in (self.residual_relative, self.passed, self.unpaid)
        )
        unpaid(float((made / passed.where(passed > 0)).fillna(0.0).max()), {})
        dims = self.data.status.dims
        off, passed, power = (
            a.transpose(*dims).values.ravel() for a in (off, passed, self.data.least_power)
        )
        names = self.data.least_power.attrs["processes"].split()
        least = np.full((len(names), power.size), np.inf)  # of each lane the least of all is known
        least[self.data.least_process.transpose(*dims).values.ravel(), np.arange(power.size)] = (
            np.where(np.isnan(power), np.inf, power)
        )
        kinds = [Outcome.of(k) for k in self.data.status.values.ravel()]
        Lanes(kinds, off, passed, names, least, float(self.data.attrs["span"])).judge(
            self.model, limit
        )
        return self

    def __repr__(self) -> str:
        """The lines that were kept, at the end; over a scan the mean of the lanes that came to
        theirs.
        """
        size = self.data.status.size
        mean = f", mean of {size} lanes" if self.data.status.ndim else ""
        rows = [f"energy ledger of {self.model}, lines that were kept [pJ]{mean}"]
        for name in LINES:
            if f"ledger_{name}" in self.data:
                last = getattr(self, name)
                last = last.isel(time=-1) if "time" in last.dims else last
                rows.append(f"  {name:<18}{float(last.mean()):>12.4g}   {LINES[name]}")
        return "\n".join(rows)
