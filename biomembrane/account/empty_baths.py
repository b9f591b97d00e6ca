"""Baths and held pools at 0 mM in a result: those that are named, and those that numbers of the
scan put there, which nobody has read when a lazy scan is made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import user_text
from ..solve.schedule import Timed, schedule

if TYPE_CHECKING:
    import xarray as xr

Piece = str | Mapping[str, str]
_COURSES = {"steps: ": False, "ramps: ": True}  # whether they are ramps


def empty_baths(data: xr.Dataset) -> list[str]:
    """Names of the baths and held pools that are at 0 mM in any lane, at any time."""
    named = str(data.attrs.get("empty", "")).split()
    return sorted({*named, *scanned_to_zero(data)})


def scanned_to_zero(data: xr.Dataset) -> set[str]:
    """Those among them whose numbers, or those of whose protocols, are scanned."""
    touched = json.loads(data.attrs.get("books_json", "{}")).get("touched", ())
    pieces = json.loads(data.attrs.get("scanned_json", "{}"))
    return {name for name in touched if name in pieces and _reaches_zero(pieces[name], data)}


def _reaches_zero(pieces: Sequence[Piece], data: xr.Dataset) -> bool:
    first = pieces[0]
    if not isinstance(first, str):
        return bool((_numbers(first, data, data.status.dims) == 0).any())
    if first not in _COURSES:  # a formula
        return False
    numbers, times, values = list(pieces[1:]), [], []
    while numbers:
        told = numbers.pop(0)
        if isinstance(told, str) and told.endswith("at "):
            times.append(numbers.pop(0))
            numbers.pop(0)
        if isinstance(told, str) and told.startswith(", where"):
            break
        values.append(numbers.pop(0))
    laid = [[_numbers(x, data, data.status.dims) for x in some] for some in (times, values)]
    timed = Timed(0, 1, 2, tuple(laid[0]), tuple(laid[1]), _COURSES[first])
    span = float(data.attrs["span"])
    _, inputs = schedule([timed], [0.0, 0.0, 0.0], max(1, data.status.size), span)
    return any(bool(np.any(np.equal(part[0], 0))) for part in inputs)


def _numbers(piece: Piece, data: xr.Dataset, dims: Any) -> NDArray[np.float64]:
    """The number of each lane (lane,)."""
    if isinstance(piece, str):
        number = user_text.decimal(piece.partition(" ")[0])
        return np.full(max(1, data.status.size), np.nan if number is None else number)
    coord: Any = data[piece["lane"]].variable
    laid = coord.set_dims({d: data.sizes[d] for d in dims}).transpose(*dims).values
    return np.asarray(laid, dtype=float).ravel()
