"""Types that the arguments of a run accept, for type checkers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, TypeAlias

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..declare.event import Event
from ..declare.protocol import Protocol as Course
from ..quantity_types import Number, QuantityLike
from ..solve import lane_batches
from .keep import Keep


class Ended(Protocol):
    """A run that another continues: one in memory, or a saved one."""

    @property
    def data(self) -> xr.Dataset: ...
    @property
    def end_state(self) -> tuple[list[str], NDArray[np.float64], dict[str, int]]: ...


#: value of a parameter: a quantity, an array that scans it, a Protocol; a plain number where it has
#: no unit
ValueLike: TypeAlias = QuantityLike | Number | xr.DataArray | Course
ParametersLike: TypeAlias = Mapping[str, ValueLike]  # values by dotted name
StartLike: TypeAlias = Ended | Mapping[str, Number | QuantityLike]  # a run, or shares by state
#: what is kept: "final", "all", names of variables, or a Keep; a str alone would be a Sequence too
KeepLike: TypeAlias = Literal["final", "all"] | list[str] | tuple[str, ...] | Keep
EventsLike: TypeAlias = Sequence[Event]  # what happens during a run
#: True for a line on the terminal, or a function of the share that is done; the run stops where it
#: returns False
Progress: TypeAlias = lane_batches.Progress
