"""Places: compartments with contents and the membranes between two places; reservoirs and
impermeants have modules of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import sympy as sp

from .. import errors
from ..dimension import AREA, CONCENTRATION, SPECIFIC_CAPACITANCE, VOLUME, Dimension
from .areas import AreaFunction, StateArea, state_area
from .copies import changed
from .geometry import Geometry
from .identity import Compared
from .impermeant_contents import Balance, balance, sorted_out
from .parameter import Declared, check_name, declare
from .place_contents import declared_contents, owner_of
from .reservoir import Contents, Reservoir
from .species import Species
from .walls import BoundWall, Wall, bound

if TYPE_CHECKING:
    from .contents_types import ContentsLike
    from .impermeant_types import ImpermeantLike
    from .parameter_types import ParameterLike

__all__ = [
    "Balance", "Compartment", "Contents", "Membrane", "Place", "Reservoir", "balance", "contents",
]  # fmt: skip


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
        impermeant: :func:`balance`, concentrations of species that never leave,
            :class:`Impermeants`, or a list of these last with a balance.
        solids: volume that is not solvent and does not change; it counts in the total volume,
            which walls and areas may read, not in concentrations.
        wall: a :class:`Wall`, whose elastic energy makes a hydrostatic pressure.

    Raises:
        BadName: a name that dotted names cannot hold.
        WrongType: contents that are no mapping of Species, the solvent among them, or no Wall.
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
        solids: Declared | None
        impermeant: ImpermeantLike | None

        def __init__(
            self,
            name: str,
            *,
            volume: ParameterLike,
            contents: ContentsLike = ...,
            held: ContentsLike = ...,
            impermeant: ImpermeantLike | None = None,
            solids: ParameterLike | None = None,
            wall: Wall | None = None,
        ) -> None: ...

    else:
        volume: ParameterLike = field(kw_only=True)
        contents: ContentsLike = field(default_factory=dict, kw_only=True)
        held: ContentsLike = field(default_factory=dict, kw_only=True)
        impermeant: ImpermeantLike | None = field(default=None, kw_only=True)
        solids: ParameterLike | None = field(default=None, kw_only=True)
    wall: Wall | None = field(default=None, kw_only=True)
    fixed: Contents = field(init=False, repr=False)
    balance: Balance | None = field(init=False, repr=False)
    chosen: Declared | None = field(init=False, repr=False, default=None)
    elastic: BoundWall | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        check_name(self.name, "Compartment, name")
        set_field = object.__setattr__
        set_field(self, "volume", self._declared_volume("volume", "positive", "volume of"))
        if self.solids is not None:
            set_field(self, "solids", self._declared_volume("solids", "nonnegative", "solids of"))
        set_field(self, "contents", declared_contents(self, "contents"))
        set_field(self, "held", declared_contents(self, "held"))
        fixed, request = sorted_out(self.impermeant, f"Compartment({self.name!r}), impermeant")
        set_field(self, "fixed", declared_contents(self, "impermeant", fixed))
        set_field(self, "balance", request)
        if request is not None and request.concentration is not None:
            set_field(self, "chosen", self._declared_balance(request.concentration))
        self._check_names()
        if self.wall is not None:
            self._bind_wall(self.wall)

    def _declared_volume(self, key: str, domain: str, words: str) -> Declared:
        return declare(
            f"{self.name}.{key}",
            getattr(self, key),
            VOLUME,
            domain=domain,
            long_name=f"{words} {self.name}",
            owner=owner_of(self),
        )

    def _declared_balance(self, concentration: Any) -> Declared:
        """The concentration of X that a balance asks for."""
        return declare(
            f"{self.name}.X",
            concentration,
            CONCENTRATION,
            domain="positive",
            long_name=f"concentration of X in {self.name}",
            owner=owner_of(self),
        )

    def _bind_wall(self, wall: Wall) -> None:
        where = f"Compartment({self.name!r}), wall"
        errors.expect(wall, Wall, where, "a Wall", "wall=bm.Wall(compliance=Q(0.1, 'fL/Pa'))")
        geometry = Geometry(f"{self.name}_wall", f"the wall of {self.name!r}", {"in": self})
        object.__setattr__(self, "elastic", bound(wall, geometry, self.total_volume))

    @property
    def total_volume(self) -> sp.Expr:
        """Volume with solids at the start, in the symbols of the model."""
        return self.volume.symbol + (self.solids.symbol if self.solids is not None else 0)

    def replace(self, **changes: object) -> Compartment:
        """A copy with changes: ``cell.replace(name="other", contents={Na: "20 mM"})``.

        Args:
            changes: arguments of a Compartment; ``contents`` and ``held`` need only name what
                differs, and a species is left out where its value is None.

        Raises:
            UnknownKeyword: no argument of a Compartment.
            WrongType, BareNumber, UnitMismatch, OutOfDomain, BadName, DuplicateName: as for a
                Compartment.
        """
        return changed(self, changes, ("contents", "held"))

    def _check_names(self) -> None:
        names: set[str] = set()
        for species in (*self.contents, *self.held, *self.fixed):
            if species.name in names:
                raise errors.DuplicateName(
                    where=f"Compartment({self.name!r})",
                    wanted="each species in one of contents, held, impermeant",
                    got=f"{species.name} in two of them",
                    advice="held= for what metabolism keeps constant, contents= for what changes",
                )
            names.add(species.name)

    def _content(self) -> tuple[Any, ...]:
        return (
            self.volume,
            list(self.contents.items()),
            list(self.held.items()),
            list(self.fixed.items()),
            self.balance,
            self.solids,
            None if self.elastic is None else self.elastic.content(),
        )

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
        area: of the membrane, or a function of the geometry that gives it, which reads
            ``m.volume("in")``, ``m.total_volume("in")`` and ``m.parameter(key, value, dimension)``.
            What is given per area follows it, and so does the capacitance: its −½V²∂C/∂W is part of
            the pressure.  Carriers of a Cycle keep their number.
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
        area: Declared | StateArea
        capacitance: Declared | None

        def __init__(
            self,
            name: str,
            *,
            inside: Place,
            outside: Place,
            area: ParameterLike | AreaFunction,
            capacitance: ParameterLike | None = None,
        ) -> None: ...

    else:
        area: ParameterLike | AreaFunction = field(kw_only=True)
        capacitance: ParameterLike | None = field(default=None, kw_only=True)
    area_function: AreaFunction | None = field(init=False, repr=False, default=None)
    electroneutral: bool = field(init=False, repr=False, default=False)
    _loose = ("area_function",)

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
        if callable(self.area):
            sides = {"in": self.inside, "out": self.outside}
            known = {k: place for k, place in sides.items() if isinstance(place, Compartment)}
            object.__setattr__(self, "area_function", self.area)
            object.__setattr__(self, "area", state_area(self.name, self.area, known))
        else:
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
        area = self.area.content() if isinstance(self.area, StateArea) else self.area
        return self.inside, self.outside, area, self.capacitance, self.electroneutral

    def replace(self, **changes: object) -> Membrane:
        """A copy with changes, such as another place on one side: ``m.replace(inside=other)``.

        Args:
            changes: arguments of a Membrane.

        Raises:
            UnknownKeyword: no argument of a Membrane.
            WrongType, BadPlace, BareNumber, UnitMismatch, OutOfDomain, BadName, DuplicateName: as
                for a Membrane.
        """
        if self.area_function is not None:
            changes = {"area": self.area_function} | changes
        if self.electroneutral:
            changes = {"capacitance": "0 F/m^2"} | changes
        return changed(self, changes)

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
