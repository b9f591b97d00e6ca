"""Reservoirs: infinite baths whose composition no process changes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .. import errors
from ..dimension import PRESSURE
from .copies import changed
from .identity import Compared
from .osmotic_coefficient import osmotic_strength
from .parameter import Declared, check_name, declare
from .place_contents import declared_contents, owner_of
from .species import Species

if TYPE_CHECKING:
    from .contents_types import ContentsLike
    from .parameter_types import ParameterLike

Contents = dict[Species, Declared]


@errors.keywords
@dataclass(frozen=True, eq=False)
class Reservoir(Compared):
    """An infinite, well-stirred bath: its potentials are constant, and the ledger counts what it
    supplies as power.

    Args:
        name: used in reactions (``Na@blood``) and dotted names (``blood.Na``).
        contents: concentrations of its solutes.
        floating: electrically floating (an open-circuited lumen); otherwise it is grounded, φ = 0.
        pressure: hydrostatic, above the surroundings ("10 cmH2O"); default none.

    Raises:
        BadName: a name that dotted names cannot hold.
        WrongType: contents that are no mapping of Species, the solvent among them, or ``floating``
            that is no flag.
        DuplicateName: two species of one name.
        BareNumber: a concentration or a pressure without a unit.
        UnitMismatch: a concentration or a pressure in a unit of another dimension.
        AmbiguousUnit: equivalents of what has not one charge.
        OutOfDomain: a concentration below zero.
    """

    name: str
    if TYPE_CHECKING:  # what is kept, and what is given
        contents: Contents
        pressure: Declared | None

        def __init__(
            self,
            name: str,
            contents: ContentsLike = ...,
            *,
            floating: bool = False,
            pressure: ParameterLike | None = None,
        ) -> None: ...

    else:
        contents: ContentsLike = field(default_factory=dict)
        pressure: ParameterLike | None = field(default=None, kw_only=True)
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
        if self.pressure is not None:
            pressure = declare(
                f"{self.name}.pressure",
                self.pressure,
                PRESSURE,
                domain="real",
                long_name=f"hydrostatic pressure of {self.name}",
                owner=owner_of(self),
            )
            object.__setattr__(self, "pressure", pressure)

    @property
    def strength(self) -> float:
        """Osmolarity of its declared contents, Σ φ c [mM]."""
        return math.fsum(osmotic_strength(s, c.value) for s, c in self.contents.items())

    def replace(self, **changes: object) -> Reservoir:
        """A copy with changes.

        Args:
            changes: arguments of a Reservoir; ``contents`` need only name what differs, and a
                species is left out where its value is None.

        Raises:
            UnknownKeyword: no argument of a Reservoir.
            WrongType, BareNumber, UnitMismatch, OutOfDomain, BadName: as for a Reservoir.
        """
        return changed(self, changes, ("contents",))

    def _content(self) -> tuple[Any, ...]:
        return list(self.contents.items()), self.floating, self.pressure

    def __repr__(self) -> str:
        return f"Reservoir({self.name!r}: {', '.join(s.name for s in self.contents)})"
