"""What a file of results holds, asked before anything runs: labels and attributes that a user's
arrays bring along.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .. import errors

_CODED = (  # attributes by which files say how numbers are coded
    "_FillValue", "missing_value", "scale_factor", "add_offset", "dtype", "calendar", "_Unsigned",
    "coordinates", "grid_mapping", "DIMENSION_LIST", "REFERENCE_LIST", "CLASS", "NAME",
)  # fmt: skip
_LABELS = "biufUMm"  # kinds of numpy: truth values, numbers, text, dates, durations


def check_labels(values: Any, name: Any, where: str) -> None:
    """Raise ``WrongType`` for labels that no file holds."""
    if values.dtype.kind not in _LABELS:
        raise errors.WrongType(
            where=f"{where}, coordinate {name}",
            wanted="numbers, text or dates, which a file holds",
            got=f"labels of type {values.dtype}",
            advice=f"array.assign_coords({name}=array.{name}.astype(str))",
        )


def check_attributes(attributes: Mapping[Any, Any], where: str, *, dates: bool = False) -> None:
    """Raise ``WrongType`` for attributes that no file holds; ``dates``: whether their owner holds
    dates, whose unit is the file's own.
    """
    for name, value in attributes.items():
        coded = name in _CODED or (dates and name == "units")
        if not isinstance(name, str) or not name or coded or not _holds(value):
            raise errors.WrongType(
                where=f"{where}, attribute {errors.shown(name)}",
                wanted="text, a number, or a list of either, under a name that no file uses itself",
                got=errors.shown(value),
                advice=f"text: attrs[{errors.shown(name)}] = str(…), or leave it out",
            )


def _holds(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "iuf" and value.ndim == 1 and value.size > 0
    if isinstance(value, (list, tuple)):
        text = all(isinstance(x, str) for x in value)
        return bool(value) and all(map(_single, value)) and (text or not _any_text(value))
    return _single(value)


def _any_text(values: Any) -> bool:
    return any(isinstance(x, str) for x in values)


def _single(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" not in value
    if isinstance(value, (bool, np.bool_)):
        return False
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return isinstance(value, (float, np.integer, np.floating))
