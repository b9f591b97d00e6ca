"""One lane of the dataset of a scan, with the attributes of a run of that lane alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from .. import units, user_text
from ..account.empty_baths import scanned_to_zero
from ..solve.parameter_set import digest_of, exact_text
from ..solve.problem import reached
from ..solve.status import Outcome

if TYPE_CHECKING:
    import xarray as xr


def lane(data: xr.Dataset, at: dict[str, int]) -> xr.Dataset:
    """One lane of a scan, up to the time that it reached, with the attributes that a run of it
    alone would have.
    """
    run = data.isel(at).drop_vars("chunk_done", errors="ignore")
    kind, end = Outcome.of(int(run.status)), float(run.end)
    if "time" in run.dims and kind is not Outcome.DONE:
        count = reached(run.time.values, end) if np.isfinite(end) else 0
        run = run.isel(time=slice(0, count or 1))
    attributes = _own_attributes(run)
    return run.drop_vars("start_digest", errors="ignore").assign_attrs(
        status=kind.value, **attributes
    )


def _own_attributes(run: xr.Dataset) -> dict[str, str]:
    """Attributes of one lane: its parameters in place of those of the scan, and their digest."""
    if "scanned_json" not in run.attrs:  # of an older file
        return {}
    used: dict[str, str] = json.loads(run.attrs["parameters_json"])
    zero = scanned_to_zero(run)
    scanned = json.loads(run.attrs["scanned_json"])
    for name, pieces in scanned.items():
        used[name] = "".join(x if isinstance(x, str) else _number(run[x["lane"]]) for x in pieces)
    start = str(run.attrs.get("start_digest", ""))
    if "start_digest" in run:
        start = f"{int(run.start_digest):016x}"
    named = [name for name in str(run.attrs["empty"]).split() if name not in scanned]
    empty = sorted({*filter(lambda name: _may_be_zero(used.get(name, "")), named), *zero})
    return {
        "parameters_json": json.dumps(used, ensure_ascii=False), "scanned_json": "{}",
        "start_digest": start,
        "parameters_hash": digest_of(used, start), "empty": " ".join(empty),
    }  # fmt: skip


def _number(coord: xr.DataArray) -> str:
    """A parameter of one lane, as :func:`~biomembrane.solve.parameter_set.shown` writes it."""
    return exact_text(units.Q(float(coord), units.from_udunits(str(coord.attrs["units"]))))


def _may_be_zero(used: str) -> bool:
    """Whether the used value of a parameter is 0 or changes in time."""
    number = user_text.decimal(used.partition(" ")[0])
    return number is None or number == 0
