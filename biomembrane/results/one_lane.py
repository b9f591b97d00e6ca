"""One lane of the dataset of a scan: its values, and what the attributes say of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from .. import units, user_text
from ..solve.parameter_set import digest_of
from ..solve.problem import reached
from ..solve.status import Outcome

if TYPE_CHECKING:
    import xarray as xr


def lane(data: xr.Dataset, at: dict[str, int]) -> xr.Dataset:
    """One lane of a scan, up to where it came, with the attributes that a run of it alone would
    have.
    """
    made = data.isel(at).drop_vars("chunk_done", errors="ignore")
    kind, end = Outcome.of(int(made.status)), float(made.end)
    if "time" in made.dims and kind is not Outcome.DONE:
        made = made.isel(
            time=slice(0, (reached(made.time.values, end) or 1) if np.isfinite(end) else 1)
        )
    return made.drop_vars("start_digest", errors="ignore").assign_attrs(
        status=kind.value, **_told(made)
    )


def _told(made: xr.Dataset) -> dict[str, str]:
    """What the attributes say of one lane: the numbers of its own parameters in place of those of
    the scan, and their digest.
    """
    if "scanned_json" not in made.attrs:  # of an older file
        return {}
    used: dict[str, str] = json.loads(made.attrs["parameters_json"])
    for name, pieces in json.loads(made.attrs["scanned_json"]).items():
        used[name] = "".join(x if isinstance(x, str) else _number(made[x["lane"]]) for x in pieces)
    start = (
        f"{int(made.start_digest):016x}"
        if "start_digest" in made
        else str(made.attrs.get("start_digest", ""))
    )
    empty = [name for name in str(made.attrs["empty"]).split() if _may_be_zero(used.get(name, ""))]
    return {
        "parameters_json": json.dumps(used, ensure_ascii=False), "scanned_json": "{}",
        "start_digest": start,
        "parameters_hash": digest_of(used, start), "empty": " ".join(empty),
    }  # fmt: skip


def _number(coord: xr.DataArray) -> str:
    """A parameter of one lane, as :func:`~biomembrane.solve.parameter_set.shown` says it."""
    return f"{units.Q(float(coord), units.from_udunits(str(coord.attrs['units']))):.17g}"


def _may_be_zero(used: str) -> bool:
    """Whether a parameter as it was used is 0, or moves in time."""
    number = user_text.decimal(used.partition(" ")[0])
    return number is None or number == 0
