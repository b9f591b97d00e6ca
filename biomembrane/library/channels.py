"""Leaks of single solutes, and water."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from .. import errors
from ..declare import laws
from ..declare.parameter import Parameter
from ..declare.places import Membrane
from ..declare.species import Species
from ..declare.transporter import Transporter
from ..units import Q
from .sheet import sheet
from .species import H2O, Cl, K, Na

if TYPE_CHECKING:
    from ..declare.parameter_types import ParameterLike

_KNOWN = {s.name: s.charge for s in (K, Na, Cl)}


def default_permeability(species: Species) -> Parameter:
    """P_K of a basolateral membrane (Layton's nephron), times the ratio of Hodgkin and Katz for Na⁺
    and Cl⁻.

    Raises:
        MissingSource: of other species, or of one with another charge.
    """
    if _KNOWN.get(species.name) != species.charge:
        raise errors.MissingSource(
            where=f"library.leak({species.name}, …)",
            wanted="its permeability; the library has one for K⁺, Na⁺ and Cl⁻ only",
            got="none",
            advice=(
                f"leak({species.name}, membrane, permeability=Q(1e-7, 'cm/s')), with the number of"
                " your membrane"
            ),
        )
    return _default_permeability(species.name)


@lru_cache(maxsize=64)
def _default_permeability(name: str) -> Parameter:
    P_K = sheet("proximal_tubule_layton")["P_K_basolateral"]
    if name == "K":
        return P_K
    ratio = sheet("hodgkin_katz_1949")[f"P_{name}_relative"]
    value = float(P_K.quantity.to("m/s").magnitude) * float(ratio.quantity.magnitude)
    note = f"P_K of proximal_tubule_layton times P_{name}/P_K of hodgkin_katz_1949"
    return Parameter(Q(value, "m/s"), sheet("hodgkin_katz_1949").cited("derived", note=note))


@errors.keywords
def leak(
    species: Species, on: Membrane, *, permeability: ParameterLike | None = None, name: str = ""
) -> Transporter:
    """A constant-field (GHK) leak of one solute, written outward: a positive flux leaves the
    inside.

    Args:
        species: the solute; both sides hold it.
        on: the membrane.
        permeability: P ("cm/s"); needed for other species than K⁺, Na⁺ and Cl⁻.
        name: default ``K_leak``; a given name is also the label of figures and tables.

    Raises:
        WrongType: ``species`` is no Species.
        MissingSource: the library has no permeability for it, and none is given.
        MissingSpecies: a side does not hold it.
        BareNumber: a permeability without a unit.
        UnitMismatch: a permeability in a unit of another dimension.
        OutOfDomain: a permeability below zero.
    """
    if not isinstance(species, Species):
        advice = "leak(K, membrane), with K from biomembrane.library"
        raise errors.WrongType(
            where="library.leak(species, …)",
            wanted="a Species",
            got=errors.shown(species),
            advice=advice,
        )
    P = default_permeability(species) if permeability is None else permeability
    plain = isinstance(name, str) and not name
    label = f"{species.label} leak" if plain else ""
    return Transporter(
        f"{species.name}_leak" if plain else name,
        f"{species.name}@in -> {species.name}@out",
        on,
        laws.GHK(permeability=P),
        label=label,
    )


@errors.keywords
def water(
    on: Membrane, *, permeability: ParameterLike | None = None, name: str = "water"
) -> Transporter:
    """Osmotic water flow, written inward; it changes the volumes of compartments on both sides.

    Args:
        on: the membrane.
        permeability: hydraulic L_p ("cm/s/bar"), or osmotic P_f ("cm/s"); default L_p of proximal
            tubule cells.
        name: of the transporter.

    Raises:
        BareNumber: a permeability without a unit.
        UnitMismatch: a permeability in a unit of another dimension.
        OutOfDomain: a permeability below zero.
    """
    L = sheet("membrane_typical")["L_p_proximal_cell"] if permeability is None else permeability
    return Transporter(name, "H2O@out -> H2O@in", on, laws.Water(permeability=L), species=(H2O,))
