"""Errors that teach: each says what is wrong, where, what was wanted, what it got and what to try.

One class per kind of mistake, all frozen dataclasses and subclasses of :class:`BiomembraneError` (a
``ValueError``).  The fields are plain values, so that an error can be logged, compared and shown
without the objects that caused it.  Modules of errors load on first use of one of their classes.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .checks import RAISED as RAISED
from .checks import among as among
from .checks import expect as expect
from .checks import of_users as of_users
from .keywords import keywords as keywords
from .mistake import LONGEST as LONGEST
from .mistake import BiomembraneError as BiomembraneError
from .notices import BiomembraneWarning as BiomembraneWarning
from .notices import CacheNotUsed as CacheNotUsed
from .notices import Incomplete as Incomplete
from .notices import LanesStopped as LanesStopped
from .notices import NotAtTemperature as NotAtTemperature
from .notices import UnclearProtocol as UnclearProtocol
from .notices import Unseen as Unseen
from .notices import Unusual as Unusual
from .notices import not_at_temperature as not_at_temperature
from .notices import unusual as unusual
from .notices import warned as warned
from .wording import apart as apart
from .wording import nearest as nearest
from .wording import said as said
from .wording import shown as shown

if TYPE_CHECKING:
    from .declaration_errors import BadFormula as BadFormula
    from .declaration_errors import BadName as BadName
    from .declaration_errors import BadPlace as BadPlace
    from .declaration_errors import BadReaction as BadReaction
    from .declaration_errors import BadSource as BadSource
    from .declaration_errors import ChargeImbalance as ChargeImbalance
    from .declaration_errors import ConventionMismatch as ConventionMismatch
    from .declaration_errors import DuplicateName as DuplicateName
    from .declaration_errors import MissingSource as MissingSource
    from .declaration_errors import MissingSpecies as MissingSpecies
    from .declaration_errors import NoRoom as NoRoom
    from .declaration_errors import NoTolerance as NoTolerance
    from .declaration_errors import NoVoltage as NoVoltage
    from .declaration_errors import UnbalancedReaction as UnbalancedReaction
    from .declaration_errors import UnknownKeyword as UnknownKeyword
    from .declaration_errors import UnknownName as UnknownName
    from .declaration_errors import WrongType as WrongType
    from .file_errors import CorruptFile as CorruptFile
    from .file_errors import ModelFailed as ModelFailed
    from .file_errors import NeedsExtra as NeedsExtra
    from .file_errors import NotWritable as NotWritable
    from .file_errors import UnknownSuffix as UnknownSuffix
    from .law_errors import BadCycle as BadCycle
    from .law_errors import CircularReading as CircularReading
    from .law_errors import CycleNotClosed as CycleNotClosed
    from .law_errors import DependentEquilibria as DependentEquilibria
    from .law_errors import DimensionError as DimensionError
    from .law_errors import EquilibriaDoNotClose as EquilibriaDoNotClose
    from .law_errors import NegativeRate as NegativeRate
    from .law_errors import SecondLawUndecided as SecondLawUndecided
    from .law_errors import SecondLawViolation as SecondLawViolation
    from .number_errors import AmbiguousUnit as AmbiguousUnit
    from .number_errors import BareNumber as BareNumber
    from .number_errors import NotANumber as NotANumber
    from .number_errors import NotFinite as NotFinite
    from .number_errors import OutOfDomain as OutOfDomain
    from .number_errors import UncertainUnit as UncertainUnit
    from .number_errors import UnitMismatch as UnitMismatch
    from .number_errors import UnknownUnit as UnknownUnit
    from .run_errors import BadSettings as BadSettings
    from .run_errors import BooksDoNotClose as BooksDoNotClose
    from .run_errors import BoundlessEnergy as BoundlessEnergy
    from .run_errors import Cancelled as Cancelled
    from .run_errors import ConstraintNotMet as ConstraintNotMet
    from .run_errors import KernelMismatch as KernelMismatch
    from .run_errors import NoSteadyState as NoSteadyState
    from .run_errors import SimulationStopped as SimulationStopped
    from .run_errors import SingularConstraint as SingularConstraint
    from .run_errors import UphillForFree as UphillForFree

_CLASSES = {
    "number_errors": (
        "UnknownUnit", "AmbiguousUnit", "BareNumber", "UncertainUnit", "UnitMismatch",
        "NotFinite", "OutOfDomain", "NotANumber",
    ),
    "declaration_errors": (
        "WrongType", "UnknownKeyword", "BadName", "DuplicateName", "UnknownName", "BadFormula",
        "BadReaction",
        "UnbalancedReaction", "ChargeImbalance", "MissingSpecies", "ConventionMismatch",
        "NoRoom", "BadPlace", "NoVoltage", "MissingSource", "NoTolerance", "BadSource",
    ),
    "law_errors": (
        "DimensionError", "SecondLawViolation", "SecondLawUndecided", "NegativeRate",
        "CycleNotClosed", "BadCycle", "CircularReading", "EquilibriaDoNotClose",
        "DependentEquilibria",
    ),
    "file_errors": (
        "CorruptFile", "ModelFailed", "NotWritable", "UnknownSuffix", "NeedsExtra",
    ),
    "run_errors": (
        "BadSettings", "BooksDoNotClose", "BoundlessEnergy", "UphillForFree",
        "SingularConstraint", "ConstraintNotMet", "NoSteadyState", "KernelMismatch",
        "SimulationStopped", "Cancelled",
    ),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _CLASSES.items() for name in names}
_WARNINGS = (
    "BiomembraneWarning", "CacheNotUsed", "Incomplete", "LanesStopped", "NotAtTemperature",
    "UnclearProtocol", "Unseen", "Unusual",
)  # fmt: skip
__all__ = sorted(["BiomembraneError", *_MODULE_OF, *_WARNINGS])  # noqa: PLE0605  for users; the rest is for the code that raises


if not TYPE_CHECKING:  # or every name would pass

    def __getattr__(name: str) -> Any:
        """A class of errors, loaded on first use."""
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        kind = globals()[name] = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
        return kind


def __dir__() -> list[str]:
    return __all__
