"""Mistakes in laws and kinetic diagrams."""

from .mistake import BiomembraneError, mistake


class DimensionError(BiomembraneError):
    """Terms of different dimension."""

    headline = "the expression is not dimensionally sound"


@mistake
class SecondLawViolation(BiomembraneError):
    """ln(r+/r-) differs from A/RT in ``process``.

    ``kilojoule``: RT ln(r+/r-) − A at a witness state [kJ/mol]; None where a rate of 0 makes it
    infinite, or where the reaction does not balance.
    """

    process: str = ""
    kilojoule: float | None = None
    headline = "the law breaks detailed balance"


@mistake
class SecondLawUndecided(BiomembraneError):
    """No proof and no counter-example for ``process``."""

    process: str = ""
    headline = "the second law could not be decided"


@mistake
class NegativeRate(BiomembraneError):
    """A rate of ``process`` that is not proved to be non-negative."""

    process: str = ""
    headline = "a rate can be negative"


@mistake
class CycleNotClosed(BiomembraneError):
    """Rate constants of ``process`` that imply free energy from nothing: ``kilojoule`` [kJ/mol]
    around the worst loop.
    """

    process: str = ""
    kilojoule: float = 0.0
    headline = "the rate constants of a cycle do not close"


@mistake
class EquilibriaDoNotClose(BiomembraneError):
    """Equilibrium constants of ``processes`` that contradict each other, or standard energies:
    ``kilojoule`` [kJ/mol] from nothing.
    """

    processes: tuple[str, ...] = ()
    kilojoule: float = 0.0
    headline = "equilibrium constants contradict each other"


@mistake
class DependentEquilibria(BiomembraneError):
    """Equilibria, ``processes``, of which one follows from the others, so that the flux of each is
    not determined.
    """

    processes: tuple[str, ...] = ()
    headline = "an equilibrium follows from the others"


class BadCycle(BiomembraneError):
    """States, steps or closing steps that do not fit."""

    headline = "the kinetic diagram is not well formed"


@mistake
class CircularReading(BiomembraneError):
    """Laws that read each other's flux: ``readers`` in a circle."""

    readers: tuple[str, ...] = ()
    headline = "what is read depends on itself"
