"""A membrane system as plain data: what both builders of the differential test read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Term = tuple[int, str, str]  # count, solute, side: "in", "out", or "" inside a room


@dataclass(frozen=True)
class Solute:
    """``energy``: μ° [kJ/mol], where reactions make or use it."""

    charge: int
    formula: str = ""
    moieties: Mapping[str, int] = field(default_factory=dict)
    energy: float | None = None


SOLUTES = {
    "Na": Solute(1, "Na"), "K": Solute(1, "K"), "Cl": Solute(-1, "Cl"), "Ca": Solute(2, "Ca"),
    "sugar": Solute(0, "C6H12O6"),
    "hexA": Solute(0, "C6H12O6", energy=1.5), "hexB": Solute(0, "C6H12O6", energy=0.0),
    "ATP": Solute(-1, moieties={"adenosine": 1, "phosphate": 3}, energy=32.0),
    "ADP": Solute(0, moieties={"adenosine": 1, "phosphate": 2}, energy=0.0),
    "Pi": Solute(-1, moieties={"phosphate": 1}, energy=0.0),
}  # fmt: skip
PERMEANT = ("Na", "K", "Cl", "Ca", "sugar", "hexA", "hexB")
NEUTRAL = ("sugar", "hexA", "hexB")
FUEL = ("ATP", "ADP", "Pi")


@dataclass(frozen=True)
class CompartmentSpec:
    """A compartment.

    ``impermeant``: None, "balance" (against the first bath), or concentrations with charges, {name:
    (charge, mM)}.
    """

    name: str
    volume: float
    contents: Mapping[str, float]
    held: Mapping[str, float] = field(default_factory=dict)
    impermeant: Any = None
    valence: float = -1.0


@dataclass(frozen=True)
class BathSpec:
    """A reservoir."""

    name: str
    contents: Mapping[str, float]
    floating: bool = False


@dataclass(frozen=True)
class MembraneSpec:
    """A membrane; without a capacitance it is a junction."""

    name: str
    inside: str
    outside: str
    area: float
    capacitance: float | None


@dataclass(frozen=True)
class Step:
    """A step of a kinetic diagram between the states ``a`` and ``b``; [1/s], or per mM of each
    solute; ``reverse`` None closes a loop.
    """

    a: int
    b: int
    left: tuple[Term, ...]
    right: tuple[Term, ...]
    forward: float
    reverse: float | None


@dataclass(frozen=True)
class Mover:
    """A transporter ``on`` a wall, or a reaction in a room.

    ``theta`` None is the constant field; ``gate``: what opens it.
    """

    name: str
    kind: str
    on: str
    left: tuple[Term, ...] = ()
    right: tuple[Term, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)
    theta: float | None = 0.5
    gate: str = ""
    binding: str = "simultaneous"
    steps: tuple[Step, ...] = ()
    inside: tuple[float, ...] = ()  # charge coordinates of the states


@dataclass(frozen=True)
class Timed:
    """A parameter in time: ``steps`` (values one more than times), ``ramps`` (as many), or
    ``swing``: value·(1 + a sin²(πt/τ)).
    """

    name: str
    kind: str
    times: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class System:
    """``phi``: electric potential of each place at the start [mV]; ``times``: of output [s]."""

    rooms: tuple[CompartmentSpec, ...]
    baths: tuple[BathSpec, ...]
    walls: tuple[MembraneSpec, ...]
    movers: tuple[Mover, ...]
    phi: Mapping[str, float]
    temperature: float
    timed: tuple[Timed, ...]
    times: tuple[float, ...]

    @property
    def burns(self) -> bool:
        """Whether some transporter uses up ATP."""
        terms = [
            t
            for m in self.movers
            for side in (m.left, m.right, *(s.left for s in m.steps), *(s.right for s in m.steps))
            for t in side
        ]
        return any(s in FUEL for _, s, _ in terms)
