"""What arguments of a run accept, for type checkers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..declare.protocol import Protocol as Course
from ..quantity_types import Number, QuantityLike
from .scan import Keep


class Ended(Protocol):
    """What a run goes on from: a run, or one that was saved."""

    @property
    def data(self) -> xr.Dataset: ...
    @property
    def end_state(self) -> tuple[list[str], NDArray[np.float64], dict[str, int]]: ...


ValueLike: TypeAlias = (
    QuantityLike | Number | xr.DataArray | Course
)  # a plain number only where the parameter is one
ParametersLike: TypeAlias = Mapping[str, ValueLike]  # values by dotted name
StartLike: TypeAlias = (
    Ended | Mapping[str, Number | QuantityLike]
)  # a run, or shares by carrier state
KeepLike: TypeAlias = str | Sequence[str] | Keep  # "final", names of variables, or a Keep
Labels: TypeAlias = (
    Any  # of a scan: numbers, quantities, text or dates, whatever its coordinates hold
)
