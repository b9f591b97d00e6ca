"""Mistakes in declarations: names, species, reactions, places, sources, arguments."""

from .mistake import BiomembraneError, mistake


class WrongType(BiomembraneError):
    """An object of another class than wanted."""

    headline = "the argument is of the wrong kind"


@mistake
class UnknownKeyword(BiomembraneError, TypeError):
    """A ``keyword`` that the function does not have (also a ``TypeError``)."""

    keyword: str = ""
    headline = "no argument has this name"


class BadName(BiomembraneError):
    """Empty, or with characters that dotted names cannot hold."""

    headline = "the name cannot be used"


class DuplicateName(BiomembraneError):
    """Two things of one model share a name."""

    headline = "the name is taken"


class UnknownName(BiomembraneError):
    """A parameter, place, species or model that does not exist."""

    headline = "nothing has this name"


@mistake
class BadFormula(BiomembraneError):
    """A formula that is not elements with counts; of ``species``."""

    species: str = ""
    headline = "the chemical formula cannot be read"


class BadReaction(BiomembraneError):
    """Text that is not a reaction, or a reaction that a law does not apply to."""

    headline = "the reaction cannot be used"


@mistake
class UnbalancedReaction(BiomembraneError):
    """Atoms or moieties appear or vanish; ``surplus``: pairs of each and its products less
    reactants.
    """

    surplus: tuple[tuple[str, int], ...] = ()
    headline = "the reaction does not balance"


class ChargeImbalance(BiomembraneError):
    """Charge appears, vanishes or has nowhere to go."""

    headline = "the charge does not add up"


@mistake
class MissingSpecies(BiomembraneError):
    """A reaction needs ``species`` that a place lacks."""

    species: tuple[str, ...] = ()
    headline = "a species is missing where it is needed"


class ConventionMismatch(BiomembraneError):
    """Energies of different conventions."""

    headline = "the conventions of standard potentials do not fit"


@mistake
class NoRoom(BiomembraneError):
    """No non-negative impermeant content closes the balance of ``place``."""

    place: str = ""
    headline = "the ions leave no room for impermeants"


class BadPlace(BiomembraneError):
    """Geometry or topology that cannot be."""

    headline = "places and membranes do not fit together"


@mistake
class NoVoltage(BiomembraneError):
    """V of a ``membrane`` between places that neither capacitors nor grounds join."""

    membrane: str = ""
    headline = "the membrane has no potential"


class MissingSource(BiomembraneError):
    """A number without its source, or an exemption without its reason."""

    headline = "a source or a reason is missing"


class NoTolerance(BiomembraneError):
    """An expected number without the deviation that an answer may have."""

    headline = "a tolerance is missing"


class BadSource(BiomembraneError):
    """A kind that is not measured, fitted, derived or assumed."""

    headline = "the source is not well formed"
