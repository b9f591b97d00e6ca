"""A leak in closed form, of which things are kept."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import xarray as xr
from builders import cell

import biomembrane as bm
from biomembrane import Q
from biomembrane import library as lib

S = bm.Species("S")
T = np.array([0.0, 5.0, 20.0, 30.0])
RATE = np.array([0.02, 0.1])  # 1/s
OUT = np.array([1.0, 3.0, 12.0])  # mM


@cache
def model() -> bm.Model:
    return cell(lambda on: [lib.leak(S, on, permeability=Q(1e-4, "cm/s"))], {S: 9}, {S: 1})


def run(**more: Any) -> Any:
    P = xr.DataArray(
        RATE * 1e-3, dims="P", coords={"P": ("P", RATE, {"units": "1/s"})}, attrs={"units": "cm/s"}
    )
    out = xr.DataArray(OUT, dims="out", coords={"out": OUT}, attrs={"units": "mM"})
    given = {"S_leak.permeability": P, "bath.S": out}
    return bm.simulate(model(), **{"times": Q(T, "s"), "parameters": given, **more})
