"""Places: compartments with contents, reservoirs that never change, membranes between two of
them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .. import errors
from ..dimension import AREA, CONCENTRATION, SPECIFIC_CAPACITANCE, VOLUME
from .identity import Compared
from .parameter import MOST, Declared, check_name, check_usual, declare
from .species import Species

if TYPE_CHECKING:
    from .contents_types import ContentsLike
    from .parameter_types import ParameterLike

Contents = dict[Species, Declared]
RESERVED = ("volume", "charge")  # cell.volume and cell.charge are a place's own


@dataclass(frozen=True)
class Balance:
    """A request for impermeants; see :func:`balance`."""

    charge: float
    against: Reservoir | None = None


@errors.keywords
def balance(*, charge: float = -1.0, against: Reservoir | None = None) -> Balance:
    """Impermeants that make a compartment electroneutral (up to its membrane charge) and, where
    water moves, as strong osmotically as the bath.

    An anion ``X`` of mean valence ``charge`` takes what charge is left: z_X n_X F = q − F Σ z_i
    n_i.  If the compartment can swell, a neutral osmolyte ``Y`` takes what osmolarity is left: n_Y
    = W·Σ c_bath − Σ n_i − n_X; contents that are isotonic without the membrane's charge q have no
    Y, and are stronger than the bath by the X of that charge, about 1 µM.  Both follow the
    compartment's own declared contents and volume, never a later change of the bath.  Held ions
    count for neither.

    Args:
        charge: mean valence of ``X``, in elementary charges; not zero.
        against: the bath whose osmolarity is met, where the neighbours differ.

    Raises:
        NotANumber: a valence that is no number.
        NotFinite: a valence that is NaN or infinite.
        OutOfDomain: a valence of zero, or beyond a million.
        WrongType: ``against`` is no Reservoir.
        NoRoom: when the model is built, if n_X or n_Y would have to be negative.
    """
    where, wanted = "balance(charge=…)", "a mean valence other than zero, such as -1"
    if isinstance(charge, bool) or not isinstance(charge, (int, float)):
        raise errors.NotANumber(
            where=where, wanted=wanted, got=errors.shown(charge), advice="balance(charge=-1)"
        )
    if isinstance(charge, float) and not math.isfinite(charge):
        raise errors.NotFinite(
            where=where,
            wanted="a finite mean valence",
            got=errors.shown(charge),
            advice="balance(charge=-1)",
        )
    if abs(charge) > MOST:
        raise errors.OutOfDomain(
            where=where,
            wanted=f"a mean valence, at most {MOST:,}",
            got=errors.shown(charge),
            advice="balance(charge=-1)",
        )
    if charge == 0:
        raise errors.OutOfDomain(
            where=where,
            wanted=wanted,
            got="0",
            advice="balance(charge=-1); the neutral osmolyte comes by itself",
        )
    if against is not None and not isinstance(against, Reservoir):
        raise errors.WrongType(
            where="balance(against=…)",
            wanted="a Reservoir",
            got=errors.shown(against),
            advice="the bath itself, not its name",
        )
    return Balance(charge, against)


def _owner(made: Any) -> str:
    """How errors call what a parameter belongs to."""
    return f"the {type(made).__name__.lower()} {made.name!r}"


def check_equivalents(species: Species, unit: str, value: float, where: str) -> None:
    """Raise ``AmbiguousUnit`` for equivalents of what has not one charge: they count charges, and
    concentrations here count particles.
    """
    if "equivalent" in unit and abs(species.charge) != 1:
        told = f"{species.charge:+d} charges" if species.charge else "no charge"
        meant = (
            f"Q({value / abs(species.charge):g}, 'mM'), if charges are meant"
            if species.charge
            else f"Q({value:g}, 'mM')"
        )
        got, wanted = f"{unit} of {species.name}, which has {told}", "particles per volume"
        raise errors.AmbiguousUnit(
            where=where, wanted=wanted, got=got, advice=meant, unit=unit, species=species.name
        )


def _contents(owner: Any, what: str) -> dict[Species, Declared]:
    place, given, where = (
        owner.name,
        getattr(owner, what),
        f"{type(owner).__name__}({owner.name!r}), {what}",
    )
    if not isinstance(given, Mapping):
        raise errors.WrongType(
            where=where,
            wanted="a mapping of Species to concentrations",
            got=f"{errors.shown(given)}, of type {type(given).__name__}",
            advice=(
                "balance(charge=-1), or {protein: Q(100, 'mM')}"
                if what == "impermeant"
                else "{Na: Q(140, 'mM')}"
            ),
        )
    made: dict[Species, Declared] = {}
    for species, value in given.items():
        if not isinstance(species, Species):
            raise errors.WrongType(
                where=where,
                wanted="Species as keys",
                got=errors.shown(species),
                advice="from biomembrane.library import Na, K, Cl",
            )
        if species.name in {s.name for s in made}:
            raise errors.DuplicateName(
                where=where,
                wanted="each species once",
                got=f"two species named {species.name!r}",
                advice="give one of them another name",
            )
        if species.is_solvent or (species.composition() == {"H": 2, "O": 1} and not species.charge):
            raise errors.WrongType(
                where=where,
                wanted="solutes",
                got=f"{species.name}, the solvent",
                advice=(
                    "leave it out: the place's volume is its amount; a reaction names it with"
                    " species=(H2O,), library.H2O, at unit activity"
                ),
            )
        if species.name in RESERVED:
            raise errors.BadName(
                where=where,
                wanted=(
                    f"another name than {' or '.join(map(repr, RESERVED))}, which the place itself"
                    " uses"
                ),
                got=repr(species.name),
                advice=f"'{species.name}_1'",
            )
        made[species] = declare(
            f"{place}.{species.name}",
            value,
            CONCENTRATION,
            long_name=f"concentration of {species.label} in {place}",
            owner=_owner(owner),
        )
        check_equivalents(
            species, made[species].unit, made[species].value, f"{place}.{species.name}"
        )
        check_usual(made[species], made[species].value, f"{place}.{species.name}")
    return made


@errors.keywords
@dataclass(frozen=True, eq=False)
class Reservoir(Compared):
    """An infinite, well-stirred bath: its potentials are constant and what it gives is counted as
    power.

    Args:
        name: used in reactions (``Na@blood``) and dotted names (``blood.Na``).
        contents: concentrations of its solutes.
        floating: electrically floating (an open-circuited lumen); otherwise it is grounded, φ = 0.

    Raises:
        BadName: a name that dotted names cannot hold.
        WrongType: contents that are no mapping of Species, the solvent among them, or ``floating``
            that is no flag.
        DuplicateName: two species of one name.
        BareNumber: a concentration without a unit.
        UnitMismatch: a concentration in a unit of another dimension.
        AmbiguousUnit: equivalents of what has not one charge.
        OutOfDomain: a concentration below zero.
    """

    name: str
    if TYPE_CHECKING:  # what is kept, and what is given
        contents: Contents

        def __init__(
            self, name: str, contents: ContentsLike = ..., *, floating: bool = False
        ) -> None: ...

    else:
        contents: ContentsLike = field(default_factory=dict)
    floating: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        check_name(self.name, "Reservoir, name")
        if not isinstance(self.floating, bool):
            raise errors.WrongType(
                where=f"Reservoir({self.name!r}), floating",
                wanted="True or False",
                got=errors.shown(self.floating),
                advice="floating=True",
            )
        object.__setattr__(self, "contents", _contents(self, "contents"))

    def _content(self) -> tuple[Any, ...]:
        return list(self.contents.items()), self.floating

    def __repr__(self) -> str:
        return f"Reservoir({self.name!r}: {', '.join(s.name for s in self.contents)})"


@errors.keywords
@dataclass(frozen=True, eq=False)
class Compartment(Compared):
    """A well-mixed finite volume.

    Args:
        name: used in reactions and dotted names (``cell.Na``, ``cell.volume``).
        volume: solvent volume at the start; it changes if, and only if, some transporter moves
            water.
        contents: concentrations of its solutes at the start.
        held: concentrations kept by what is not modelled (ATP by metabolism); the supply this needs
            is counted as power,
            and, like a reservoir, held pools sit outside the free energy and are osmotically
            silent.
        impermeant: :func:`balance`, or a mapping of species to concentrations of what never leaves.

    Raises:
        BadName: a name that dotted names cannot hold.
        WrongType: contents that are no mapping of Species, or the solvent among them.
        DuplicateName: a species twice, also in two of ``contents``, ``held`` and ``impermeant``.
        BareNumber: a number without a unit.
        UnitMismatch: a unit of another dimension.
        AmbiguousUnit: equivalents of what has not one charge.
        NotFinite: NaN or infinity.
        OutOfDomain: a concentration below zero, or a volume that is not above it.
    """

    name: str
    if TYPE_CHECKING:  # what is kept, and what is given
        volume: Declared
        contents: Contents
        held: Contents
        impermeant: Balance | Contents | None

        def __init__(
            self,
            name: str,
            *,
            volume: ParameterLike,
            contents: ContentsLike = ...,
            held: ContentsLike = ...,
            impermeant: Balance | ContentsLike | None = None,
        ) -> None: ...

    else:
        volume: ParameterLike = field(kw_only=True)
        contents: ContentsLike = field(default_factory=dict, kw_only=True)
        held: ContentsLike = field(default_factory=dict, kw_only=True)
        impermeant: Balance | ContentsLike | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        check_name(self.name, "Compartment, name")
        put = object.__setattr__
        put(
            self,
            "volume",
            declare(
                f"{self.name}.volume",
                self.volume,
                VOLUME,
                domain="positive",
                long_name=f"volume of {self.name}",
                owner=_owner(self),
            ),
        )
        put(self, "contents", _contents(self, "contents"))
        put(self, "held", _contents(self, "held"))
        if self.impermeant is not None and not isinstance(self.impermeant, Balance):
            put(self, "impermeant", _contents(self, "impermeant"))
        seen: set[str] = set()
        for group in (
            self.contents,
            self.held,
            self.impermeant if isinstance(self.impermeant, dict) else {},
        ):
            for species in group:
                if species.name in seen:
                    raise errors.DuplicateName(
                        where=f"Compartment({self.name!r})",
                        wanted="each species in one of contents, held, impermeant",
                        got=f"{species.name} in two of them",
                        advice=(
                            "held= for what metabolism keeps constant, contents= for what changes"
                        ),
                    )
                seen.add(species.name)

    def _content(self) -> tuple[Any, ...]:
        return self.volume, list(self.contents.items()), list(self.held.items()), self.impermeant

    def __repr__(self) -> str:
        return (
            f"Compartment({self.name!r}: {', '.join(s.name for s in (*self.contents, *self.held))})"
        )


Place = Compartment | Reservoir


def contents(place: Place) -> dict[Species, Declared]:
    """Every solute of a place that has a concentration of its own, declared: what changes and what
    is held, not impermeants.
    """
    return {**place.contents, **getattr(place, "held", {})}


@errors.keywords
@dataclass(frozen=True, eq=False)
class Membrane(Compared):
    """A membrane between two places.  V = φ_inside − φ_outside, outward positive current is
    positive.

    Args:
        name: dotted names ``basolateral.area``, ``basolateral.capacitance``.
        inside, outside: the two places; reactions name them ``@in`` and ``@out``.
        area: of the membrane.
        capacitance: per area; without it the membrane stores no charge (a junction).

    Raises:
        BadName: a name that dotted names cannot hold.
        WrongType: a side that is no place.
        BadPlace: one place on both sides.
        DuplicateName: two places of one name.
        BareNumber: a number without a unit.
        UnitMismatch: a unit of another dimension.
        OutOfDomain: an area or a capacitance that is not above zero.
    """

    name: str
    inside: Place = field(kw_only=True)
    outside: Place = field(kw_only=True)
    if TYPE_CHECKING:  # what is kept, and what is given
        area: Declared
        capacitance: Declared | None

        def __init__(
            self,
            name: str,
            *,
            inside: Place,
            outside: Place,
            area: ParameterLike,
            capacitance: ParameterLike | None = None,
        ) -> None: ...

    else:
        area: ParameterLike = field(kw_only=True)
        capacitance: ParameterLike | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        check_name(self.name, "Membrane, name")
        where = f"Membrane({self.name!r})"
        for side in ("inside", "outside"):
            place = getattr(self, side)
            if not isinstance(place, (Compartment, Reservoir)):
                advice = (
                    "the place itself, not its name"
                    if isinstance(place, str)
                    else f"{side}=bm.Compartment(…) or bm.Reservoir(…)"
                )
                raise errors.WrongType(
                    where=f"{where}, {side}",
                    wanted="a Compartment or a Reservoir",
                    got=errors.shown(place),
                    advice=advice,
                )
        if self.inside is self.outside:
            got = f"{self.inside.name!r} on both sides"
            raise errors.BadPlace(
                where=where,
                wanted="two different places",
                got=got,
                advice="outside=bm.Reservoir('bath', …)",
            )
        if self.inside.name == self.outside.name:
            got = f"two places named {self.inside.name!r}"
            raise errors.DuplicateName(
                where=where,
                wanted="places of different names",
                got=got,
                advice="give one of them another name",
            )
        put = object.__setattr__
        put(
            self,
            "area",
            declare(
                f"{self.name}.area",
                self.area,
                AREA,
                domain="positive",
                long_name=f"area of {self.name}",
                owner=_owner(self),
            ),
        )
        if self.capacitance is not None:
            put(
                self,
                "capacitance",
                declare(
                    f"{self.name}.capacitance",
                    self.capacitance,
                    SPECIFIC_CAPACITANCE,
                    domain="positive",
                    long_name=f"specific capacitance of {self.name}",
                    owner=_owner(self),
                ),
            )

    def _content(self) -> tuple[Any, ...]:
        return self.inside, self.outside, self.area, self.capacitance

    def side(self, word: str) -> Place | None:
        """The place that ``in``, ``out`` or a name stands for; None if it is neither side."""
        return {
            "in": self.inside,
            "out": self.outside,
            self.inside.name: self.inside,
            self.outside.name: self.outside,
        }.get(word)

    def __repr__(self) -> str:
        return f"Membrane({self.name!r}: {self.inside.name} | {self.outside.name})"
