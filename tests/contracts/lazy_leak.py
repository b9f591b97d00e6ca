"""A lazy scan of a leak."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from builders import cell

import biomembrane as bm
from biomembrane import Q
from biomembrane import library as lib

S = bm.Species("S")
TIMES = Q([0.0, 10.0, 60.0], "s")
P = np.array([1.0, 2.0, 3.0]) * 1e-4
MODEL = cell(lambda on: [lib.leak(S, on, permeability=Q(1e-4, "cm/s"))], {S: 9}, {S: 1})


def permeability() -> xr.DataArray:
    return xr.DataArray(
        P,
        dims="P",
        coords={"P": ("P", [10, 20, 30], {"units": "1e-5 cm/s"})},
        attrs={"units": "cm/s"},
    )


def outside() -> xr.DataArray:
    return xr.DataArray([1.0, 2.0], dims="out", coords={"out": [1.0, 2.0]}, attrs={"units": "mM"})


def run(*, chunked: bool = True, **more: Any) -> Any:
    """Two chunks along P, one along the bath; the inside is fixed in a unit of the user's own."""
    first = permeability().chunk({"P": 2}) if chunked else permeability()
    given = {"S_leak.permeability": first, "bath.S": outside(), "cell.S": Q(5000, "uM")}
    return bm.simulate(MODEL, **{"times": TIMES, "parameters": given, **more})


def now(data: xr.Dataset) -> xr.Dataset:
    return data.compute(scheduler="synchronous")
