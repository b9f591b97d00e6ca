"""Errors that teach: each says what is wrong, where, what was wanted, what it got and what to try.

One class per kind of mistake, all frozen, all a :class:`BiomembraneError` (a ``ValueError``).  The
fields are plain strings, so that an error can be logged, compared and shown without the objects
that caused it.
"""

from __future__ import annotations

import difflib
import inspect
import re
import warnings
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import FrozenInstanceError, dataclass, fields
from typing import Any, ClassVar, dataclass_transform

LONGEST = 600  # characters of a line of an error
RAISED = "raised in"


@dataclass_transform(frozen_default=True, kw_only_default=True)
def _mistake(cls: Any) -> Any:
    """A frozen dataclass that still lets Python attach tracebacks and notes."""
    made: Any = dataclass(frozen=True, kw_only=True, eq=False, repr=False)(cls)

    def setting(self: Any, name: str, value: Any) -> None:
        if not name.startswith("__"):
            raise FrozenInstanceError(f"cannot assign to field {name!r}")
        BaseException.__setattr__(self, name, value)

    made.__setattr__ = setting
    return made


@_mistake
class BiomembraneError(ValueError):
    """Base of every error raised here.

    ``where`` names the object and the argument, ``wanted`` and ``got`` are sentences or values,
    ``advice`` says what to try.  Empty fields are not printed.
    """

    where: str = ""
    wanted: str = ""
    got: str = ""
    advice: str = ""
    headline: ClassVar[str] = "something is wrong"

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), {f.name: getattr(self, f.name) for f in fields(self)})

    def __str__(self) -> str:
        rows = [
            ("where", self.where),
            ("wanted", self.wanted),
            ("got", self.got),
            ("try", self.advice),
        ]
        body = [
            f"  {name:<7} {text if len(text) <= LONGEST else text[: LONGEST - 1] + '…'}"
            for name, text in rows
            if text
        ]
        return "\n".join([f"{self.headline}.", *body])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.headline!r}, where={self.where!r}, got={self.got!r})"


def _again(kind: type[BiomembraneError], told: dict[str, Any]) -> BiomembraneError:
    """An error as it was raised in another process."""
    return kind(**told)


def nearest(name: object, known: Iterable[str], count: int = 3) -> str:
    """'did you mean …' for a name that is not among ``known``; empty when nothing is near and
    nothing is known.
    """
    names, name = list(dict.fromkeys(known)), name[:100] if isinstance(name, str) else ""
    folded = {n.lower(): n for n in names}
    likeness = {n: difflib.SequenceMatcher(None, n, name.lower()).ratio() for n in folded}
    best = max(likeness.values(), default=0.0)
    near = sorted(
        (n for n, r in likeness.items() if r >= max(0.55, best - 0.15)), key=lambda n: -likeness[n]
    )[:count]
    if near:
        return "did you mean " + " or ".join(repr(folded[n]) for n in near) + "?"
    return "known: " + ", ".join(names[:12]) + (", …" if len(names) > 12 else "") if names else ""


def apart(*numbers: float, digits: int = 4) -> list[str]:
    """Numbers in so many digits that different ones look different."""
    for more in range(digits, 18):
        told = [f"{x:.{more}g}" for x in numbers]
        if len(set(told)) == len(set(numbers)):
            break
    return told


def shown(value: object, limit: int = 90) -> str:
    """A value in few words, as errors print it: quantities with their unit, classes by their name,
    nothing with an address.
    """
    try:
        text = _text(value)
    except Exception:  # noqa: BLE001  what cannot even be printed: 5,000 digits, a broken __repr__
        text = f"an object of class {type(value).__name__}"
    text = text[: 20 * limit]
    if "<" in text:
        text = _FACELESS.sub(r"an object of class \1", _QUANTITY.sub(r"Q(\1, '\2')", text))
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def said(problem: BaseException, limit: int = 300) -> str:
    """The words of an error on one line, also of one whose ``__str__`` raises."""
    try:
        text = str(problem)
    except Exception:  # noqa: BLE001  of somebody else's class
        text = "an error that cannot be printed"
    flat = " ".join(text[: 20 * limit].split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


_QUANTITY = re.compile(
    r"<Quantity\((.*?), '(.*?)'\)>", re.DOTALL
)  # as they stand in lists and mappings
_FACELESS = re.compile(r"<(?:[\w.]*\.)?(\w+)[^<>]*(?:<\w+>[^<>]*)*? at 0x[0-9a-f]+>")


def _text(value: object) -> str:
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if isinstance(value, int) and abs(value) >= 10**100:
        return f"an integer of {round(value.bit_length() * 0.30103)} digits"
    if hasattr(value, "magnitude") and hasattr(value, "units"):
        try:
            return f"{value:.6g~P}"
        except (TypeError, ValueError):
            return str(value)
    if isinstance(value, (tuple, list)) and any(hasattr(each, "magnitude") for each in value):
        return f"({', '.join(shown(each) for each in value)})"
    if getattr(value, "ndim", 0):
        return (
            str(value)
            if getattr(value, "size", 0) <= 12
            else f"{type(value).__name__} of shape {value.shape}"
        )  # type: ignore[attr-defined]
    if callable(value) and hasattr(value, "__name__"):
        return f"the function {value.__name__}"
    if isinstance(value, (str, bytes)):
        return repr(value[:10_000])
    text = repr(value)
    return f"an object of class {type(value).__name__}" if " object at 0x" in text else text


def expect(
    value: object, kind: type | tuple[type, ...], where: str, wanted: str, advice: str
) -> None:
    """Raise ``WrongType`` unless the value is of this kind."""
    if not isinstance(value, kind):
        raise WrongType(where=where, wanted=wanted, got=shown(value), advice=advice)


@contextmanager
def of_users(function: object, where: str) -> Iterator[None]:
    """What a user's own function raises passes as it is, with a note of the argument that it was
    given as.
    """
    try:
        yield
    except BiomembraneError:
        raise
    except Exception as problem:
        if not any(note.startswith(RAISED) for note in getattr(problem, "__notes__", ())):
            problem.add_note(f"{RAISED} {shown(function)}, given as {where}")
        raise


def among(name: object, known: Collection[str], where: str, wanted: str) -> None:
    """Raise ``UnknownName`` unless the name is one of these."""
    if not isinstance(name, str) or name not in known:
        raise UnknownName(
            where=where,
            wanted=wanted,
            got=shown(name),
            advice=nearest(name, list(known)) or "print what it is asked of",
        )


def _kind(
    name: str, headline: str, doc: str, base: type[BiomembraneError] = BiomembraneError
) -> Any:
    """A mistake without fields of its own: it inherits all, which saves making thirty dataclasses
    at each start.
    """
    return type(name, (base,), {"headline": headline, "__doc__": doc, "__module__": __name__})


# --- numbers and units
UnknownUnit = _kind("UnknownUnit", "the unit is not known", "A unit that the registry cannot read.")
AmbiguousUnit = _kind(
    "AmbiguousUnit",
    "the unit can be read in two ways",
    "Equivalents of an ion of several charges: of charges or of particles.",
)
BareNumber = _kind(
    "BareNumber", "a number without a unit", "A dimension is due and a plain number came."
)
UncertainUnit = _kind(
    "UncertainUnit",
    "the unit may not be that of the number",
    "A computed array that says its old unit.",
    BareNumber,
)
UnitMismatch = _kind(
    "UnitMismatch", "the unit has the wrong dimension", "A unit of another dimension than wanted."
)
NotFinite = _kind(
    "NotFinite", "the number is not finite", "NaN or infinity where a finite number is due."
)
OutOfDomain = _kind(
    "OutOfDomain",
    "the number lies outside its domain",
    "For instance a negative amount or permeability.",
)
NotANumber = _kind(
    "NotANumber", "this is not a number", "Text, a flag or another object where a number is due."
)

# --- declaring
BadName = _kind(
    "BadName", "the name cannot be used", "Empty, or with characters that dotted names cannot hold."
)
DuplicateName = _kind("DuplicateName", "the name is taken", "Two things of one model share a name.")
UnknownName = _kind(
    "UnknownName",
    "nothing has this name",
    "A parameter, place, species or model that does not exist.",
)
BadFormula = _kind(
    "BadFormula",
    "the chemical formula cannot be read",
    "A formula that is not elements with counts.",
)
BadReaction = _kind(
    "BadReaction",
    "the reaction cannot be used",
    "Text that is not a reaction, or a reaction that a law cannot serve.",
)
UnbalancedReaction = _kind(
    "UnbalancedReaction", "the reaction does not balance", "Atoms or moieties appear or vanish."
)
ChargeImbalance = _kind(
    "ChargeImbalance",
    "the charge does not add up",
    "Charge appears, vanishes or has nowhere to go.",
)
MissingSpecies = _kind(
    "MissingSpecies",
    "a species is missing where it is needed",
    "A reaction needs a species that a place lacks.",
)
ConventionMismatch = _kind(
    "ConventionMismatch",
    "the conventions of standard potentials do not fit",
    "Energies of different conventions.",
)
NoRoom = _kind(
    "NoRoom",
    "the ions leave no room for impermeants",
    "No non-negative impermeant content closes the balance.",
)
BadPlace = _kind(
    "BadPlace", "places and membranes do not fit together", "Geometry or topology that cannot be."
)
NoVoltage = _kind(
    "NoVoltage",
    "the membrane has no potential",
    "V between places that neither capacitors nor grounds join.",
)
MissingSource = _kind(
    "MissingSource",
    "a source or a reason is missing",
    "A library value whose provenance is not given.",
)
NoTolerance = _kind(
    "NoTolerance",
    "a tolerance is missing",
    "A number that is wanted, and not how far from it an answer may be.",
)
BadSource = _kind(
    "BadSource",
    "the source is not well formed",
    "A kind that is not measured, fitted, derived or assumed.",
)
WrongType = _kind(
    "WrongType", "the argument is of the wrong kind", "An object of another class than wanted."
)

# --- laws
DimensionError = _kind(
    "DimensionError", "the expression is not dimensionally sound", "Terms of different dimension."
)
SecondLawViolation = _kind(
    "SecondLawViolation", "the law breaks detailed balance", "ln(r+/r-) differs from A/RT."
)
SecondLawUndecided = _kind(
    "SecondLawUndecided", "the second law could not be decided", "No proof and no counter-example."
)
NegativeRate = _kind(
    "NegativeRate", "a rate can be negative", "A one-way rate that is not provably non-negative."
)
CycleNotClosed = _kind(
    "CycleNotClosed",
    "the rate constants of a cycle do not close",
    "Rate constants that imply a free lunch.",
)
BadCycle = _kind(
    "BadCycle",
    "the kinetic diagram is not well formed",
    "States, steps or closing steps that do not fit.",
)

# --- files
CorruptFile = _kind(
    "CorruptFile", "the file cannot be used", "A file that is damaged or is not what it should be."
)
ModelFailed = _kind(
    "ModelFailed",
    "the model file raised an error",
    "A model.py that does not run; its own error is the cause.",
)
NotWritable = _kind(
    "NotWritable",
    "the file cannot be written",
    "A folder that cannot be made, a name that is too long, a full disk.",
)
UnknownSuffix = _kind(
    "UnknownSuffix", "the file type is not known", "A suffix that no writer serves."
)

# --- running and accounting
BadSettings = _kind(
    "BadSettings",
    "the settings do not fit",
    "A tolerance, time or solver argument that cannot be used.",
)
BooksDoNotClose = _kind(
    "BooksDoNotClose", "the energy books do not close", "The residual exceeds the tolerance."
)
BoundlessEnergy = _kind(
    "BoundlessEnergy",
    "an energy has no bound",
    "A bath or held pool at zero concentration, whose potential is minus infinity.",
)
UphillForFree = _kind(
    "UphillForFree", "a process ran uphill for free", "A process with negative dissipation."
)
SingularConstraint = _kind(
    "SingularConstraint",
    "a constraint does not determine its state",
    "Algebraic rows whose block ∂f/∂x is singular.",
)
ConstraintNotMet = _kind(
    "ConstraintNotMet",
    "no initial values that meet the constraints were found",
    "Newton's method does not settle.",
)
KernelMismatch = _kind(
    "KernelMismatch",
    "the compiled kernel disagrees with the reference",
    "Machine code that differs from the numpy printer.",
)
NeedsExtra = _kind(
    "NeedsExtra", "an optional package is needed", "Names the extra that installs it."
)


@_mistake
class SimulationStopped(BiomembraneError):
    """The integration could not go on; ``run`` holds everything up to that point."""

    run: Any = None
    headline: ClassVar[str] = "the simulation stopped early"


@_mistake
class Cancelled(BiomembraneError, KeyboardInterrupt):
    """The user stopped a run (also a ``KeyboardInterrupt``); ``run`` holds what was done."""

    run: Any = None
    headline: ClassVar[str] = "the run was cancelled"


class BiomembraneWarning(UserWarning):
    """Base of every warning raised here."""


class CacheNotUsed(BiomembraneWarning):
    """The folder of compiled models is not ours alone; models are compiled anew in each process."""


class Incomplete(BiomembraneWarning):
    """A saved scan of which chunks are missing or damaged."""


class LanesStopped(BiomembraneWarning):
    """A check of a scan of which some lanes did not come to their end: of these it says nothing."""


class Unseen(BiomembraneWarning):
    """What a protocol does between output times, where the reducers of ``Keep`` do not look."""


class UnclearProtocol(BiomembraneWarning):
    """A formula of time whose motion cannot be bounded or followed everywhere: a brief peak of it
    could be missed.
    """


class Unusual(BiomembraneWarning):
    """Input that can be meant and seldom is: a cell at 37 K, -60 V, 140 M, a break after the end of
    the run, a diagram that never turns over.
    """


def unusual(text: str) -> None:
    """Warn with :class:`Unusual`, at the line of the user's that called this package."""
    frame, level = inspect.currentframe(), 1
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in (
        __package__,
        "contextlib",
    ):
        frame, level = frame.f_back, level + 1
    warnings.warn(text, Unusual, stacklevel=level)
