"""Types of arguments, for annotations of one's own: what functions of this package accept.

    from biomembrane.typing import QuantityLike

    def cell(volume: QuantityLike) -> bm.Compartment: ...

Each is an alias of what it stands for, at run time, too.
"""

from __future__ import annotations

from .declare.contents_types import ContentsLike
from .declare.parameter_types import (
    CountLike,
    EventFormula,
    EventValues,
    LevelsLike,
    ParameterLike,
    RangesLike,
    TimeFormula,
    VariedLike,
)
from .quantity_types import ArrayLike, Number, PathLike, Quantity, QuantityLike, TimeLike, TimesLike
from .results.run_types import EventsLike, KeepLike, ParametersLike, Progress, StartLike, ValueLike
from .show.course_contents import RunLike
from .show.figure_types import ResultLike, VariableLike, VariablesLike

__all__ = [
    "ArrayLike", "ContentsLike", "CountLike", "EventFormula", "EventValues", "EventsLike",
    "KeepLike", "LevelsLike", "Number", "ParameterLike", "ParametersLike", "PathLike",
    "Progress", "Quantity", "QuantityLike", "RangesLike", "ResultLike", "RunLike", "StartLike",
    "TimeFormula", "TimeLike",
    "TimesLike", "ValueLike", "VariableLike", "VariablesLike", "VariedLike",
]  # fmt: skip
