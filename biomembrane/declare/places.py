"""Places: compartments with contents, reservoirs that never change, membranes between two of
them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .. import errors
from ..dimension import AREA, SPECIFIC_CAPACITANCE, VOLUME, Dimension
from .identity import Compared
from .parameter import MOST, Declared, check_name, declare
from .place_contents import declared_contents, owner_of
from .species import Species

if TYPE_CHECKING:
    from .contents_types import ContentsLike
    from .parameter_types import ParameterLike

Contents = dict[Species, Declared]


@dataclass(frozen=True)
class Balance:
    """A request for impermeants; see :func:`balance`."""

    charge: float
    against: Reservoir | None = None


@errors.keywords
def balance(*, charge: float = -1.0, against: Reservoir | None = None) -> Balance:
    """Impermeants that make a compartment electroneutral (up to its membrane charge) and, where
    water moves, isosmotic with the bath.

    An ion ``X`` of mean valence ``charge`` carries the missing charge: z_X n_X F = q − F Σ z_i n_i.
    If the compartment can swell, a neutral osmolyte ``Y`` adds the missing osmolarity: n_Y = W·Σ
    c_bath − Σ n_i − n_X.  Contents that are isosmotic without the membrane's charge q have no Y and
    exceed the bath by the X of that charge, about 1 µM.  Both follow from the compartment's
    declared contents and volume, never from a later change of the bath.  Held ions count for
    neither.

    Args:
        charge: mean valence of ``X``, in elementary charges; not zero.
        against: the bath to be isosmotic with, where the neighbours differ.

    Raises:
        NotANumber: a valence that is no number.
        NotFinite: a valence that is NaN or infinite.
        OutOfDomain: a valence of zero, or beyond a million.
        WrongType: ``against`` is no Reservoir.
        NoRoom: when the model is built, if n_X or n_Y would have to be negative.
    """
    where, wanted = "balance(charge=…)", "a mean valence other than zero, such as -1"
    got, advice = errors.shown(charge), "balance(charge=-1)"
    if isinstance(charge, bool) or not isinstance(charge, (int, float)):
        raise errors.NotANumber(where=where, wanted=wanted, got=got, advice=advice)
    if isinstance(charge, float) and not math.isfinite(charge):
        raise errors.NotFinite(where=where, wanted="a finite mean valence", got=got, advice=advice)
    if abs(charge) > MOST:
        raise errors.OutOfDomain(
            where=where, wanted=f"a mean valence, at most {MOST:,}", got=got, advice=advice
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


@errors.keywords
@dataclass(frozen=True, eq=False)
class Reservoir(Compared):
    """An infinite, well-stirred bath: its potentials are constant, and the ledger counts what it
    supplies as power.

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
        object.__setattr__(self, "contents", declared_contents(self, "contents"))

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
        volume: initial solvent volume; it changes if, and only if, some transporter moves water.
        contents: initial concentrations of its solutes.
        held: concentrations kept constant by processes outside the model (ATP by metabolism); the
            supply is counted as power.  Like a reservoir, held pools lie outside the free energy
            and are osmotically silent.
        impermeant: :func:`balance`, or concentrations of species that never leave.

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
        set_field = object.__setattr__
        volume = declare(
            f"{self.name}.volume",
            self.volume,
            VOLUME,
            domain="positive",
            long_name=f"volume of {self.name}",
            owner=owner_of(self),
        )
        set_field(self, "volume", volume)
        set_field(self, "contents", declared_contents(self, "contents"))
        set_field(self, "held", declared_contents(self, "held"))
        if self.impermeant is not None and not isinstance(self.impermeant, Balance):
            set_field(self, "impermeant", declared_contents(self, "impermeant"))
        impermeant = self.impermeant if isinstance(self.impermeant, dict) else {}
        names: set[str] = set()
        for species in (*self.contents, *self.held, *impermeant):
            if species.name in names:
                raise errors.DuplicateName(
                    where=f"Compartment({self.name!r})",
                    wanted="each species in one of contents, held, impermeant",
                    got=f"{species.name} in two of them",
                    advice="held= for what metabolism keeps constant, contents= for what changes",
                )
            names.add(species.name)

    def _content(self) -> tuple[Any, ...]:
        return self.volume, list(self.contents.items()), list(self.held.items()), self.impermeant

    def __repr__(self) -> str:
        return (
            f"Compartment({self.name!r}: {', '.join(s.name for s in (*self.contents, *self.held))})"
        )


Place = Compartment | Reservoir


def contents(place: Place) -> dict[Species, Declared]:
    """Every declared solute of a place: those that change and those that are held, not
    impermeants.
    """
    return {**place.contents, **getattr(place, "held", {})}


@errors.keywords
@dataclass(frozen=True, eq=False)
class Membrane(Compared):
    """A membrane between two places.

    V = φ_inside − φ_outside; an outward current of positive charge is positive.

    Args:
        name: dotted names ``basolateral.area``, ``basolateral.capacitance``.
        inside, outside: the two places; reactions name them ``@in`` and ``@out``.
        area: of the membrane.
        capacitance: per area; without it the membrane stores no charge (a junction).  Zero,
            ``Q(0, "uF/cm^2")``, is the electroneutral limit: the places stay neutral, and V is at
            all times where no net current flows into them.

    Attributes:
        electroneutral: whether the capacitance is zero; ``capacitance`` is None then.

    Raises:
        BadName: a name that dotted names cannot hold.
        WrongType: a side that is no place.
        BadPlace: one place on both sides.
        DuplicateName: two places of one name.
        BareNumber: a number without a unit.
        UnitMismatch: a unit of another dimension.
        OutOfDomain: an area that is not above zero, or a capacitance below it.
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
    electroneutral: bool = field(init=False, repr=False, default=False)

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
            raise errors.BadPlace(
                where=where,
                wanted="two different places",
                got=f"{self.inside.name!r} on both sides",
                advice="outside=bm.Reservoir('bath', …)",
            )
        if self.inside.name == self.outside.name:
            raise errors.DuplicateName(
                where=where,
                wanted="places of different names",
                got=f"two places named {self.inside.name!r}",
                advice="give one of them another name",
            )
        self._declare("area", AREA, f"area of {self.name}")
        if self.capacitance is not None:
            self._declare(
                "capacitance", SPECIFIC_CAPACITANCE, f"specific capacitance of {self.name}",
                "nonnegative",
            )  # fmt: skip
            assert self.capacitance is not None
            if self.capacitance.value == 0:
                object.__setattr__(self, "capacitance", None)
                object.__setattr__(self, "electroneutral", True)
            else:
                changed = replace(self.capacitance, domain="positive")
                object.__setattr__(self, "capacitance", changed)

    @property
    def has_potential(self) -> bool:
        """Whether V across it is defined by what it holds: a charge, or none at all times."""
        return self.capacitance is not None or self.electroneutral

    def _declare(self, key: str, dim: Dimension, long_name: str, domain: str = "positive") -> None:
        """Replace a quantity by the parameter that it declares."""
        parameter = declare(
            f"{self.name}.{key}",
            getattr(self, key),
            dim,
            domain=domain,
            long_name=long_name,
            owner=owner_of(self),
        )
        object.__setattr__(self, key, parameter)

    def _content(self) -> tuple[Any, ...]:
        return self.inside, self.outside, self.area, self.capacitance, self.electroneutral

    def side(self, word: str) -> Place | None:
        """The place that ``in``, ``out`` or a name means; None if it is neither side."""
        return {
            "in": self.inside,
            "out": self.outside,
            self.inside.name: self.inside,
            self.outside.name: self.outside,
        }.get(word)

    def __repr__(self) -> str:
        return f"Membrane({self.name!r}: {self.inside.name} | {self.outside.name})"
