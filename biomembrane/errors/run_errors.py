"""Mistakes that show in a run and in its energy ledger."""

from typing import Any

from .mistake import BiomembraneError, mistake


class BadSettings(BiomembraneError):
    """A tolerance, time or solver argument that cannot be used."""

    headline = "the settings do not fit"


@mistake
class BooksDoNotClose(BiomembraneError):
    """The ``residual`` exceeds the ``limit``, both as fractions of the energy that passed."""

    residual: float = 0.0
    limit: float = 0.0
    headline = "the energy books do not close"


@mistake
class BoundlessEnergy(BiomembraneError):
    """Baths or held ``pools`` at zero concentration, whose potential is minus infinity."""

    pools: tuple[str, ...] = ()
    headline = "an energy has no bound"


@mistake
class UphillForFree(BiomembraneError):
    """A ``process``, or a loop of a hosted cycle, with negative dissipation."""

    process: str = ""
    headline = "a process ran uphill for free"


@mistake
class SingularConstraint(BiomembraneError):
    """Algebraic rows whose block ∂f/∂x is singular; ``state`` is the one with a redundant
    constraint.
    """

    state: str = ""
    headline = "a constraint does not determine its state"


@mistake
class ConstraintNotMet(BiomembraneError):
    """Newton's method does not converge; ``state`` has the largest residual."""

    state: str = ""
    headline = "no initial values that meet the constraints were found"


@mistake
class NoSteadyState(BiomembraneError):
    """No steady state was found: ``state`` still moves, with ``speed`` in its own unit per second;
    or it is known to be without a steady state.
    """

    state: str = ""
    speed: float = 0.0
    headline = "no steady state was found"


@mistake
class KernelMismatch(BiomembraneError):
    """Machine code that differs from the numpy kernel in ``function``, by a ``share`` of it."""

    function: str = ""
    share: float = 0.0
    headline = "the compiled kernel disagrees with the reference"


@mistake
class SimulationStopped(BiomembraneError):
    """The integration stopped at ``time`` [s]; ``run`` holds everything up to there, ``state`` is
    the one that caused it, if known.
    """

    run: Any = None  # a Run, which a higher floor defines
    time: float = 0.0
    state: str = ""
    headline = "the simulation stopped early"


@mistake
class Cancelled(BiomembraneError, KeyboardInterrupt):
    """The user stopped a run (also a ``KeyboardInterrupt``); ``run`` holds the completed part, the
    fraction ``share`` of the whole.
    """

    run: Any = None  # a Run or a ScanResult, which a higher floor defines
    share: float = 0.0
    headline = "the run was cancelled"
