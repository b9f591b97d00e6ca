"""A scan of a leak, of which things are kept."""

from __future__ import annotations

from functools import cache

import numpy as np
import xarray as xr

import biomembrane as bm
from biomembrane import Q

TIMES = Q(np.linspace(0, 60, 13), "s")
SIZE = 5


@cache
def model():
    return bm.load("enterocyte")


def density(size=SIZE):
    return xr.DataArray(np.linspace(2e3, 2e4, size), dims="N", attrs={"units": "1/um^2"})


SCAN = {
    "SGLT1.density": density(),
    "lumen.glucose": xr.DataArray(
        [0.5, 2.0], dims="glucose", coords={"glucose": [0.5, 2.0]}, attrs={"units": "mM"}
    ),
}


def run(**more):
    return bm.simulate(model(), **{"times": TIMES, "parameters": SCAN, **more})
