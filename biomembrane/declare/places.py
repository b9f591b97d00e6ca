"""Places: compartments with contents, reservoirs that never change, membranes between two of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .. import errors
from ..dimension import AREA, CONCENTRATION, SPECIFIC_CAPACITANCE, VOLUME
from .parameter import Declared, check_name, declare
from .species import Species

Contents = Mapping[Species, Any]


@dataclass(frozen=True)
class Balance:
    """A request for impermeants; see :func:`balance`."""

    charge: float
    against: Reservoir | None = None


def balance(*, charge: float = -1.0, against: Reservoir | None = None) -> Balance:
    """Impermeants that make a compartment electroneutral (up to its membrane charge) and as strong osmotically as the bath.

    An anion ``X`` of mean valence ``charge`` takes what charge is left, a neutral osmolyte ``Y`` what osmolarity is left:
    z_X n_X F = q − F Σ z_i n_i − F Σ Q_s n_s and n_Y = W·Σ c_bath − Σ n_i − n_X.  Both follow the compartment's own declared
    contents and volume, never a later change of the bath.  ``against`` names the bath, where the neighbours differ.

    Raises (when the model is built): NoRoom, if n_X or n_Y would have to be negative.
    """
    if isinstance(charge, bool) or not isinstance(charge, (int, float)) or charge == 0:
        raise errors.NotANumber(where="balance(charge=…)", wanted="a mean valence other than zero, such as -1", got=repr(charge))
    return Balance(charge, against)


def _contents(place: str, given: Any, what: str) -> dict[Species, Declared]:
    if not isinstance(given, Mapping):
        raise errors.WrongType(
            where=f"{place}, {what}", wanted="a mapping of Species to concentrations", got=type(given).__name__, advice="{Na: Q(140, 'mM')}"
        )
    made: dict[Species, Declared] = {}
    for species, value in given.items():
        if not isinstance(species, Species):
            raise errors.WrongType(
                where=f"{place}, {what}", wanted="Species as keys", got=repr(species), advice="from biomembrane.library import Na, K, Cl"
            )
        if species.name in {s.name for s in made}:
            raise errors.DuplicateName(where=f"{place}, {what}", wanted="each species once", got=species.name)
        made[species] = declare(f"{place}.{species.name}", value, CONCENTRATION, long_name=f"concentration of {species.label} in {place}")
    return made


@dataclass(frozen=True, eq=False)
class Reservoir:
    """An infinite, well-stirred bath: its potentials are constant and what it gives is counted as power.

    Args:
        name: used in reactions (``Na@blood``) and dotted names (``blood.Na``).
        contents: concentrations of its solutes.
        floating: electrically floating (an open-circuited lumen); otherwise it is grounded, φ = 0.
    """

    name: str
    contents: Contents = field(default_factory=dict)
    floating: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        check_name(self.name, "Reservoir, name")
        object.__setattr__(self, "contents", _contents(self.name, self.contents, "contents"))

    def __repr__(self) -> str:
        return f"Reservoir({self.name!r}: {', '.join(s.name for s in self.contents)})"


@dataclass(frozen=True, eq=False)
class Compartment:
    """A well-mixed finite volume.

    Args:
        name: used in reactions and dotted names (``cell.Na``, ``cell.volume``).
        volume: solvent volume at the start; it changes if, and only if, some transporter moves water.
        contents: concentrations of its solutes at the start.
        held: concentrations kept by what is not modelled (ATP by metabolism); the supply this needs is counted as power,
            and, like a reservoir, held pools sit outside the free energy and are osmotically silent.
        impermeant: :func:`balance`, or a mapping of species to concentrations of what never leaves.

    Raises: BadName, BareNumber, UnitMismatch, OutOfDomain, NotFinite, DuplicateName, WrongType.
    """

    name: str
    volume: Any = field(kw_only=True)
    contents: Contents = field(default_factory=dict, kw_only=True)
    held: Contents = field(default_factory=dict, kw_only=True)
    impermeant: Balance | Contents | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        check_name(self.name, "Compartment, name")
        put = object.__setattr__
        put(self, "volume", declare(f"{self.name}.volume", self.volume, VOLUME, domain="positive", long_name=f"volume of {self.name}"))
        put(self, "contents", _contents(self.name, self.contents, "contents"))
        put(self, "held", _contents(self.name, self.held, "held"))
        if self.impermeant is not None and not isinstance(self.impermeant, Balance):
            put(self, "impermeant", _contents(self.name, self.impermeant, "impermeant"))
        seen: set[str] = set()
        for group in (self.contents, self.held, self.impermeant if isinstance(self.impermeant, dict) else {}):
            for species in group:
                if species.name in seen:
                    raise errors.DuplicateName(
                        where=f"Compartment({self.name!r})", wanted="each species in one of contents, held, impermeant", got=species.name
                    )
                seen.add(species.name)

    def __repr__(self) -> str:
        return f"Compartment({self.name!r}: {', '.join(s.name for s in (*self.contents, *self.held))})"


Place = Compartment | Reservoir


@dataclass(frozen=True, eq=False)
class Membrane:
    """A membrane between two places.  V = φ_inside − φ_outside, outward positive current is positive.

    Args:
        name: dotted names ``basolateral.area``, ``basolateral.capacitance``.
        inside, outside: the two places; reactions name them ``@in`` and ``@out``.
        area: of the membrane.
        capacitance: per area; without it the membrane stores no charge (a junction).
    """

    name: str
    inside: Place = field(kw_only=True)
    outside: Place = field(kw_only=True)
    area: Any = field(kw_only=True)
    capacitance: Any = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        check_name(self.name, "Membrane, name")
        for side in ("inside", "outside"):
            if not isinstance(getattr(self, side), (Compartment, Reservoir)):
                raise errors.WrongType(where=f"Membrane({self.name!r}), {side}", wanted="a Compartment or a Reservoir", got=repr(getattr(self, side)))
        if self.inside is self.outside:
            raise errors.BadPlace(where=f"Membrane({self.name!r})", wanted="two different places", got=f"{self.inside.name!r} on both sides")
        put = object.__setattr__
        put(self, "area", declare(f"{self.name}.area", self.area, AREA, domain="positive", long_name=f"area of {self.name}"))
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
                ),
            )

    def side(self, word: str) -> Place | None:
        """The place that ``in``, ``out`` or a name stands for; None if it is neither side."""
        return {"in": self.inside, "out": self.outside, self.inside.name: self.inside, self.outside.name: self.outside}.get(word)

    def __repr__(self) -> str:
        return f"Membrane({self.name!r}: {self.inside.name} | {self.outside.name})"
