"""Mistakes in numbers and units."""

from .mistake import BiomembraneError, mistake


@mistake
class UnknownUnit(BiomembraneError):
    """A unit that the registry cannot read; ``unit`` is what was given."""

    unit: str = ""
    headline = "the unit is not known"


@mistake
class AmbiguousUnit(BiomembraneError):
    """Equivalents of an ion of several charges: of charges or of particles.

    ``unit`` of ``species``.
    """

    unit: str = ""
    species: str = ""
    headline = "the unit can be read in two ways"


class BareNumber(BiomembraneError):
    """A plain number where a quantity is expected."""

    headline = "a number without a unit"


class UncertainUnit(BareNumber):
    """A computed array whose attributes may still name the old unit."""

    headline = "the unit may not be that of the number"


class UnitMismatch(BiomembraneError):
    """A unit of another dimension than wanted."""

    headline = "the unit has the wrong dimension"


class NotFinite(BiomembraneError):
    """NaN or infinity where a finite number is expected."""

    headline = "the number is not finite"


class OutOfDomain(BiomembraneError):
    """A number outside its domain, for instance a negative permeability."""

    headline = "the number lies outside its domain"


class NotANumber(BiomembraneError):
    """Text, a boolean or another object where a number is expected."""

    headline = "this is not a number"
