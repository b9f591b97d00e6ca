"""Random models as plain data.

Models are drawn as data (a :class:`ModelSpec`) and declared by :func:`build`, so that one draw can
be declared twice: in other units, mirrored, with shifted energies, with another ground.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from ..declare.parameter import Parameter
from ..declare.source import Source
from ..declare.species import Species
from ..library.species import Ca, Cl, K, Na
from ..units import Q
from .random_reactions import decades, distinct_species, temperatures
from .random_transporters import KINDS, TransporterSpec, transporter_specs

CONVENTION = "apparent, pH 7, 310 K"
ENERGIES = {"ATP": 32.0, "ADP": 0.0, "Pi": 0.0, "hexA": 1.5, "hexB": 0.0}  # kJ/mol
PERMEANT = ("Na", "K", "Cl", "Ca", "hexA", "hexB")


@dataclass(frozen=True)
class CompartmentSpec:
    """A compartment; ``balanced`` by :func:`biomembrane.balance`, else a counter-ion makes it
    neutral.
    """

    name: str
    volume: float
    contents: tuple[tuple[str, float], ...]
    balanced: bool = True


@dataclass(frozen=True)
class BathSpec:
    """A reservoir."""

    name: str
    contents: tuple[tuple[str, float], ...]
    floating: bool = False


@dataclass(frozen=True)
class MembraneSpec:
    """A membrane: area [um^2], capacitance [uF/cm^2] or none, potential at the start [mV]."""

    name: str
    inside: str
    outside: str
    area: float
    capacitance: float | None
    potential: float


@dataclass(frozen=True)
class ModelSpec:
    """A model as data."""

    species: tuple[Species, ...]
    compartments: tuple[CompartmentSpec, ...]
    baths: tuple[BathSpec, ...]
    membranes: tuple[MembraneSpec, ...]
    parts: tuple[TransporterSpec, ...]
    temperature: float


def substances(shift: dict[str, float] | None = None) -> dict[str, Species]:
    """The species of random models, with μ° shifted [kJ/mol]."""

    def reactant(name: str, charge: int = 0, **options: Any) -> Species:
        energy = ENERGIES[name] + (shift or {}).get(name, 0.0)
        return Species(
            name,
            charge,
            standard=Parameter(Q(energy, "kJ/mol"), Source("assumed")),
            convention=CONVENTION,
            **options,
        )

    substances_declared = [
        *(Na, K, Cl, Ca),
        *(reactant(name, formula="C6H12O6") for name in ("hexA", "hexB")),
        reactant("ATP", -1, moieties={"adenosine": 1, "phosphate": 3}),
        reactant("ADP", 0, moieties={"adenosine": 1, "phosphate": 2}),
        reactant("Pi", -1, moieties={"phosphate": 1}),
    ]
    return {s.name: s for s in substances_declared}


CHARGES = {name: s.charge for name, s in substances().items()}
TOPOLOGIES = ("cell", "epithelium", "open epithelium", "pair", "closed")
_CELL = {
    "Na": (5, 20),
    "K": (60, 100),
    "Cl": (5, 20),
    "Ca": (0.1, 1),
    "hexA": (0.1, 5),
    "hexB": (0.1, 5),
}
_BATH = {
    "Na": (140, 150),
    "K": (3, 10),
    "Cl": (146, 165),
    "Ca": (1, 2),
    "hexA": (0.1, 5),
    "hexB": (0.1, 5),
}


@st.composite
def model_specs(
    draw: st.DrawFn,
    topologies: Sequence[str] = TOPOLOGIES,
    kinds: Sequence[str] = (*KINDS, "isomerase"),
    most: int = 6,
    *,
    active: bool = True,
) -> ModelSpec:
    """Small models: one or two compartments, one to six transporters; ``active`` ones may burn
    ATP.
    """
    topology = draw(st.sampled_from(list(topologies)))

    def contents(ranges: Mapping[str, tuple[float, float]]) -> tuple[tuple[str, float], ...]:
        return tuple((s, draw(st.floats(*r))) for s, r in ranges.items())

    def membrane(name: str, inside: str, outside: str, *, junction: bool = False) -> MembraneSpec:
        C = None if junction else draw(st.floats(0.5, 2))
        return MembraneSpec(
            name, inside, outside, draw(st.floats(100, 500)), C, draw(st.floats(-80, 40))
        )

    compartments = [
        CompartmentSpec("cell", draw(st.floats(0.5, 2)), contents(_CELL), topology != "closed")
    ]
    baths = [BathSpec("blood", contents(_BATH))] if topology != "closed" else []
    membranes = [membrane("basal", "cell", "blood")] if topology != "closed" else []
    if topology in ("pair", "closed"):
        compartments.append(
            CompartmentSpec("other", draw(st.floats(0.5, 2)), contents(_CELL), topology != "closed")
        )
        membranes.append(membrane("gap", "cell", "other"))
    if "epithelium" in topology:
        baths.append(BathSpec("lumen", contents(_CELL | _BATH), floating="open" in topology))
        membranes += [
            membrane("apical", "cell", "lumen"),
            membrane("junction", "lumen", "blood", junction=True),
        ]
    transporters: list[TransporterSpec] = []
    for i in range(draw(st.integers(1, most))):
        kind = draw(st.sampled_from(list(kinds)))
        at = draw(st.integers(0, len(membranes) - 1))
        if kind == "isomerase":
            rate = draw(decades(-2, 0))
            law = draw(st.sampled_from(["elementary", "onsager"]))
            unit = "fmol/s" if law == "elementary" else "fmol^2/fJ/s"
            key = "rate" if law == "elementary" else "coefficient"
            value = rate if law == "elementary" else rate * 1e-5
            part = TransporterSpec(
                "", law, -1, ((1, "hexA", ""),), ((1, "hexB", ""),), ((key, value, unit),)
            )
        else:
            fuel = "in" if active and membranes[at].inside == "cell" else ""
            part = draw(transporter_specs(kind, PERMEANT, CHARGES, at, fuel))
        transporters.append(replace(part, name=f"T{i}{part.kind}"))
    return ModelSpec(
        tuple(substances().values()),
        tuple(compartments),
        tuple(baths),
        tuple(membranes),
        tuple(transporters),
        draw(temperatures()),
    )


@st.composite
def one_transporter(draw: st.DrawFn, kind: str) -> ModelSpec:
    """One transporter of one kind between a cell and a bath, for random species."""
    solutes = draw(distinct_species(1, 3))
    charges = {s.name: s.charge for s in solutes}
    if kind == "ohmic" and not any(charges.values()):
        solutes = (replace(solutes[0], charge=2), *solutes[1:])
        charges = {s.name: s.charge for s in solutes}
    inside, outside = (tuple((s.name, draw(decades(-2, 2.5))) for s in solutes) for _ in range(2))
    compartment, bath = (
        CompartmentSpec("cell", draw(st.floats(0.5, 2)), inside, balanced=False),
        BathSpec("bath", outside),
    )
    membrane = MembraneSpec("wall", "cell", "bath", draw(st.floats(100, 500)), 1.0, 0.0)
    return ModelSpec(
        solutes,
        (compartment,),
        (bath,),
        (membrane,),
        (draw(transporter_specs(kind, list(charges), charges)),),
        draw(temperatures()),
    )
