"""One lane of the dataset of a scan: its values, and what the attributes say of it."""

from __future__ import annotations

import json
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from .. import units
from ..solve.parameter_set import BEGUN
from ..solve.problem import come
from ..solve.status import Outcome

if TYPE_CHECKING:
    import xarray as xr


def lane(data: xr.Dataset, at: dict[str, int]) -> xr.Dataset:
    """One lane of a saved scan, up to where it came."""
    made = data.isel(at)
    kind, end = Outcome.of(int(made.status)), float(made.end)
    if "time" in made.dims and kind is not Outcome.DONE:
        made = made.isel(time=slice(0, come(made.time.values, end) if np.isfinite(end) else 1))
    return made.assign_attrs(status=kind.value, **_told(made, list(at.values())))


def _told(made: xr.Dataset, at: list[int]) -> dict[str, str]:
    """What the attributes say of one lane: the numbers of its own parameters and baths in place of
    those of the scan.
    """
    told, baths = (
        json.loads(made.attrs.get(name, "{}")) for name in ("parameters_json", "baths_json")
    )
    for name, coord in made.coords.items():
        if str(name) in told and not coord.ndim and "units" in coord.attrs:
            unit = units.from_udunits(str(coord.attrs["units"]))
            if told[name].startswith("scanned over"):
                told[name] = f"{units.Q(float(coord), unit):.17g}" + (
                    BEGUN if told[name].endswith(BEGUN) else ""
                )
    baths = {
        bath: {
            species: reduce(lambda x, k: x[k], at, c) if isinstance(c, list) else c
            for species, c in of.items()
        }
        for bath, of in baths.items()
    }
    made_of = {
        "parameters_json": json.dumps(told, ensure_ascii=False),
        "baths_json": json.dumps(baths),
    }
    return {name: text for name, text in made_of.items() if name in made.attrs}
