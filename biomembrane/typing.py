"""Types for annotations of one's own: what functions of this package accept and, beside
:class:`biomembrane.Run`, what they return: a :class:`ScanResult` of a scan that was kept in part, a
:class:`Lazy` one, and a :class:`SavedRun` of a file.

    from biomembrane.typing import QuantityLike

    def cell(volume: QuantityLike) -> bm.Compartment: ...

Each of the former is an alias of what it stands for, at run time, too.
"""

from __future__ import annotations

from .declare.contents_types import ContentsLike
from .declare.impermeant_types import ImpermeantLike
from .declare.parameter_types import (
    CoefficientLike,
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
from .results.lazy_scan import Lazy
from .results.run_types import EventsLike, KeepLike, ParametersLike, Progress, StartLike, ValueLike
from .results.saved import SavedRun
from .results.scan_result import ScanResult
from .show.course_contents import RunLike
from .show.figure_types import ResultLike, VariableLike, VariablesLike

__all__ = [
    "ArrayLike", "CoefficientLike", "ContentsLike", "CountLike", "EventFormula", "EventValues",
    "EventsLike", "ImpermeantLike", "KeepLike", "Lazy", "LevelsLike", "Number", "ParameterLike",
    "ParametersLike", "PathLike", "Progress", "Quantity", "QuantityLike", "RangesLike",
    "ResultLike", "RunLike", "SavedRun", "ScanResult", "StartLike", "TimeFormula", "TimeLike",
    "TimesLike", "ValueLike", "VariableLike", "VariablesLike", "VariedLike",
]  # fmt: skip
