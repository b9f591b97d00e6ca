"""A saved run, and what must not run."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import xarray as xr

import biomembrane as bm


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@cache
def lazy() -> Any:
    """A scan of three chunks, not run."""
    levels = xr.DataArray([3.0, 4.0, 5.0, 6.0, 7.0], dims="K_o", attrs={"units": "mM"}).chunk(
        {"K_o": 2}
    )
    return bm.simulate(
        bm.load("resting_cell"),
        until="1 s",
        parameters={"bath.K": levels},
        keep=bm.Keep(["potential"], times="final"),
    )
