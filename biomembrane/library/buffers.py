"""Buffers of H⁺, Ca²⁺ and Mg²⁺.

A buffer is two species, free and with its ligand bound, and the constant between them.  It gives
the contents of a place and the :class:`~biomembrane.Equilibrium` there:

    hepes = lib.HEPES
    cell = bm.Compartment("cell", contents={**hepes.contents("10 mM", pH=7.2), …}, …)
    model = bm.Model("cell", [hepes.equilibrium(cell), …])
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from .. import errors, units
from ..declare.equilibrium import Equilibrium
from ..declare.parameter import Parameter, as_parameter, check_name
from ..declare.places import Compartment
from ..declare.species import Species
from ..dimension import CONCENTRATION, ONE
from ..units import Q
from .explicit import ADP3, ATP4, HATP, MgADP, MgATP
from .sheet import sheet
from .species import Ca, H, Mg

if TYPE_CHECKING:
    from ..declare.parameter_types import ParameterLike
    from ..quantity_types import Quantity, QuantityLike

MOLAR = 1e3  # 1 mol/l in mM
ACIDITIES = (-20, 40)  # pH and pK that make sense


@errors.keywords
@dataclass(frozen=True)
class Buffer:
    """A species that binds one ligand: H⁺, Ca²⁺ or Mg²⁺.

    Attributes:
        name: of the buffer.
        free, bound: the species without and with the ligand.
        ligand: the ligand.
        constant: its dissociation constant, as a concentration or, a pure number, as pK; None
            where the standard energies of the species give it.
        value: the dissociation constant [mM].
    """

    name: str
    free: Species
    bound: Species
    ligand: Species
    constant: Parameter | None = field(repr=False)
    value: float

    def __repr__(self) -> str:
        reaction = f"{self.bound.name} ⇌ {self.free.name} + {self.ligand.name}"
        return f"Buffer({self.name!r}: {reaction}, K = {self.value:.4g} mM)"

    def contents(
        self, total: QuantityLike, *, pH: float | None = None, level: QuantityLike | None = None
    ) -> dict[Species, Quantity]:
        """Concentrations of both forms at equilibrium with the ligand, for ``contents=``.

        Args:
            total: concentration of both.
            pH: of the place, for a buffer of H⁺.
            level: concentration of the free ligand, in place of a pH.

        Returns:
            The two concentrations by species.

        Raises:
            BadSettings: neither a pH nor a level, or both; or a pH for another ligand.
            BareNumber: a concentration without a unit.
            UnitMismatch: a unit of another dimension.
            OutOfDomain: a concentration below zero.
        """
        x = _level(self, pH, level)
        all_ = concentration(total, f"{self.name}.contents, total")
        bound = all_ * x / (self.value + x)
        return {self.bound: Q(bound, "mM"), self.free: Q(all_ - bound, "mM")}

    def power(
        self, total: QuantityLike, *, pH: float | None = None, level: QuantityLike | None = None
    ) -> Quantity:
        """Buffer power −d[bound]/dpX = ln 10 · total · K x/(K + x)².

        Args:
            total: concentration of both forms.
            pH: for a buffer of H⁺.
            level: concentration of the free ligand, in place of a pH.

        Returns:
            A concentration per unit of pH (or pCa, pMg).

        Raises:
            BadSettings: neither a pH nor a level, or both; or a pH for another ligand.
            BareNumber: a concentration without a unit.
            UnitMismatch: a unit of another dimension.
            OutOfDomain: a concentration below zero.
        """
        x = _level(self, pH, level)
        all_ = concentration(total, f"{self.name}.power, total")
        return Q(math.log(10) * all_ * self.value * x / (self.value + x) ** 2, "mM")

    def equilibrium(
        self, place: Compartment, *, rate: ParameterLike | None = None, name: str = ""
    ) -> Equilibrium:
        """Dissociation in a compartment that contains all three species.

        Args:
            place: the compartment.
            rate: rate constant of the dissociation; without it A = 0 at all times.
            name: default the name of the buffer and of the place.

        Returns:
            The equilibrium, for the list of a model.

        Raises:
            MissingSpecies: a form or the ligand is not in the compartment.
            WrongType: the place is no compartment, or the name no text.
            BareNumber: a rate without a unit.
            UnitMismatch: a rate in a unit of another dimension.
        """
        errors.expect(place, Compartment, f"{self.name}.equilibrium", "a Compartment", "cell")
        errors.expect(name, str, f"{self.name}.equilibrium, name", "text", "name='hepes'")
        at = f"@{place.name}"
        text = f"{self.bound.name}{at} <-> {self.free.name}{at} + {self.ligand.name}{at}"
        return Equilibrium(
            text,
            place,
            rate=rate,
            name=name or f"{self.name}_{place.name}",
            **_given(self.constant),
        )


def _given(constant: Parameter | None) -> dict[str, Any]:
    """A constant as an argument of an equilibrium."""
    if constant is None:
        return {}
    pure = constant.quantity.dimensionless
    return {"pK" if pure else "K": constant}


def concentration(given: Any, where: str) -> float:
    """A concentration that is given as a quantity or text [mM]; raises below zero."""
    value = units.scalar(given, CONCENTRATION, where)
    if not value >= 0:
        raise errors.OutOfDomain(
            where=where, wanted="a concentration >= 0", got=errors.shown(given), advice="'10 mM'"
        )
    return value


def _level(buffer: Buffer, pH: Any, level: Any) -> float:
    where = f"{buffer.name}, pH=… or level=…"
    if (pH is None) == (level is None) or (pH is not None and not buffer.ligand.is_proton):
        name = buffer.ligand.name
        raise errors.BadSettings(
            where=where,
            wanted="pH=" if buffer.ligand.is_proton else f"level=, the concentration of {name}",
            got="neither"
            if pH is None and level is None
            else "both"
            if level is not None
            else "a pH",
            advice="pH=7.2" if buffer.ligand.is_proton else "level='100 nM'",
        )
    return proton_level(pH, where) if level is None else concentration(level, where)


def proton_level(pH: Any, where: str) -> float:
    """The concentration of H⁺ at a pH [mM]."""
    return MOLAR * float(10.0 ** -acidity(pH, where))


def acidity(given: Any, where: str) -> float:
    """A pH or pK, a number that a solution can have; raises ``OutOfDomain`` for others."""
    value = units.scalar(given, ONE, where)
    if not ACIDITIES[0] <= value <= ACIDITIES[1]:
        low, high = ACIDITIES
        raise errors.OutOfDomain(
            where=where, wanted=f"a number from {low} to {high}",
            got=errors.shown(given), advice="pH=7.2",
        )  # fmt: skip
    return value


def at_pH(pH: float) -> Quantity:
    """The concentration of H⁺ at a pH, 10^−pH mol/l.

    Args:
        pH: a pure number.

    Returns:
        The concentration.

    Raises:
        NotANumber: no number.
        UnitMismatch: a quantity with a unit.
        OutOfDomain: a number that no solution has.
    """
    return Q(proton_level(pH, "at_pH(…)"), "mM")


@errors.keywords
def buffer(
    name: str,
    *,
    pK: ParameterLike | float | None = None,
    K: ParameterLike | None = None,
    charge: int = -1,
    ligand: Species = H,
) -> Buffer:
    """A buffer of one's own.

    Args:
        name: of the free form; the bound one is the ligand's name and this, ``HHepes``.
        pK: −log₁₀ of the dissociation constant in mol/l.
        K: the dissociation constant itself, with its unit.
        charge: of the free form.
        ligand: default H⁺.

    Returns:
        The buffer.

    Raises:
        BadName: a name that dotted names cannot hold.
        BadSettings: neither pK nor K, or both.
        BareNumber: a K without a unit.
        UnitMismatch: a unit of another dimension.
        OutOfDomain: a K that is not above zero.
        WrongType: a ligand that is no Species.
    """
    check_name(name, "buffer, name")
    errors.expect(ligand, Species, f"buffer({name!r}), ligand", "a Species", "ligand=library.Ca")
    if (pK is None) == (K is None):
        raise errors.BadSettings(
            where=f"buffer({name!r})", wanted="pK= or K=",
            got="neither" if K is None else "both", advice="pK=7.5, or K='0.2 uM'",
        )  # fmt: skip
    parts = {name: 1}
    free = Species(name, charge, moieties=parts)
    bound = Species(
        f"{ligand.name}{name}", charge + ligand.charge,
        moieties=parts, label=f"{ligand.name}{name}",
    )  # fmt: skip
    return _made(name, free, bound, ligand, pK if K is None else K, pure=K is None)


def _made(
    name: str, free: Species, bound: Species, ligand: Species, given: Any, *, pure: bool
) -> Buffer:
    quantity = given.quantity if isinstance(given, Parameter) else given
    where = f"buffer({name!r}), {'pK' if pure else 'K'}"
    number = acidity(quantity, where) if pure else units.scalar(quantity, CONCENTRATION, where)
    value = MOLAR * 10**-number if pure else number
    if not value > 0:
        raise errors.OutOfDomain(
            where=where, wanted="a constant above zero", got=errors.shown(given), advice="K='1 uM'"
        )
    if not isinstance(given, Parameter):
        given = as_parameter(Q(number, "dimensionless") if pure else Q(number, "mM"))
    return Buffer(name, free, bound, ligand, given, value)


# --- buffers with published constants


@cache
def _good(name: str) -> Buffer:
    return buffer(name, pK=sheet("buffers")[f"pK_{name.upper()}"])


HEPES, MES, BES, TES = (_good(name) for name in ("Hepes", "Mes", "Bes", "Tes"))
EGTA = buffer("Egta", K=sheet("buffers")["K_EGTA_Ca"], charge=-2, ligand=Ca)


def _of_energies(name: str, free: Species, bound: Species, ligand: Species, key: str) -> Buffer:
    """A buffer whose constant follows from the standard energies of its species."""
    pK = float(sheet("qamas_book")[key].quantity.magnitude)
    return Buffer(name, free, bound, ligand, None, MOLAR * 10**-pK)


ATP_Mg = _of_energies("ATP_Mg", ATP4, MgATP, Mg, "pK_MgATP")
ATP_H = _of_energies("ATP_H", ATP4, HATP, H, "pK_HATP")
ADP_Mg = _of_energies("ADP_Mg", ADP3, MgADP, Mg, "pK_MgADP")
