"""Energies of ATP hydrolysis and of other reactions whose reactants bind H⁺ and Mg²⁺.

    solution = metabolism.Solution(pH=7.2, pMg=3, ionic_strength="0.15 M", temperature="37 degC")
    solution.energy("ATP + H2O -> ADP + Pi", {"ATP": "5 mM", "ADP": "50 uM", "Pi": "4 mM"})

A reactant, such as ATP, is the sum of its forms, such as ATP⁴⁻, HATP³⁻ and MgATP²⁻, which are in
equilibrium (Alberty 2003).  Three kinds of :class:`~biomembrane.Species` give a model these
energies, and a model takes all of them of one kind:

| made by | energies |
|---|---|
| ``solution.reactants()`` | apparent, at the pH and pMg of the solution |
| ``reactants(ionic_strength)`` | apparent, at the pH and pMg of the place, which it holds |
| ``species(ionic_strength)`` | of each form; H⁺ and Mg²⁺ are species of the model |

All move with the temperature of the model.  Water is at unit activity and need not be written.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import constants, errors, units
from .. import dimension as d
from ..declare.parameter import Parameter, check_domain
from ..declare.species import Species
from .reactant_reactions import SOLVENT, known, net_of, quotient, reactant_of
from .reactants import SHEET, Reactant, water
from .reactants import reactants as table
from .sheet import sheet
from .transformed_energy import (
    REFERENCE,
    EnergyConditions,
    Form,
    Levels,
    form_energies,
    potential,
    shares,
)

if TYPE_CHECKING:
    from ..declare.parameter_types import LevelsLike
    from ..quantity_types import Number, Quantity, QuantityLike

__all__ = ["Solution", "known", "reactants", "species"]

HIGHEST = 14.0  # pH and pMg


class SpeciesTable(Mapping[str, Species]):
    """Species by name: ``table["ATP"]`` or ``table.ATP``."""

    def __init__(self, species: Mapping[str, Species], convention: str) -> None:
        self._species, self.convention = dict(species), convention

    def __getitem__(self, name: str) -> Species:
        errors.among(name, self._species, "library.metabolism", "one of its species")
        return self._species[name]

    def __getattr__(self, name: str) -> Species:
        if name.startswith("_") or name not in self._species:
            raise AttributeError(f"no species {name!r}; known: {', '.join(self._species)}")
        return self._species[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._species)

    def __len__(self) -> int:
        return len(self._species)

    def __dir__(self) -> list[str]:
        return [*self._species, "convention", *dir(Mapping)]

    def __reduce__(self) -> tuple[Any, ...]:
        return SpeciesTable, (self._species, self.convention)

    def __repr__(self) -> str:
        return f"<species, {self.convention}: {', '.join(self._species)}>"


@errors.keywords
@dataclass(frozen=True)
class Solution:
    """A solution in which reactants are in equilibrium with H⁺ and Mg²⁺.

    Args:
        pH: −log₁₀([H⁺]/1 M), a concentration as in Alberty's tables.
        ionic_strength: up to a few tenths of a mole per litre, where the extended Debye–Hückel
            equation holds ("0.15 M").
        pMg: −log₁₀([Mg²⁺]/1 M); without it there is no Mg²⁺.
        temperature: default 37 °C; enthalpies are those of 25 °C.

    Raises:
        OutOfDomain: a pH or pMg outside 0 to 14, an ionic strength below zero, or a temperature
            that is not above zero.
        NotANumber: a pH or pMg that is no number.
        BareNumber: an ionic strength or a temperature without a unit.
        UnitMismatch: a unit of another dimension.
    """

    pH: Number | QuantityLike
    ionic_strength: QuantityLike
    pMg: Number | QuantityLike | None = None
    temperature: QuantityLike = "37 degC"

    def __post_init__(self) -> None:
        where = "metabolism.Solution, "
        for name in ("pH", "pMg"):
            given = getattr(self, name)
            if given is None and name == "pMg":
                continue
            number = units.scalar(given, d.ONE, where + name)
            if not 0 <= number <= HIGHEST:
                raise errors.OutOfDomain(
                    where=where + name,
                    wanted=f"a number from 0 to {HIGHEST:g}",
                    got=f"{number:g}",
                    advice="−log₁₀ of the concentration in mol/L: 3 for 1 mM",
                )
        check_domain(
            units.scalar(self.temperature, d.TEMPERATURE, where + "temperature"),
            "positive", where + "temperature", errors.shown(self.temperature),
        )  # fmt: skip
        _molar(self.ionic_strength, where + "ionic_strength")

    @property
    def _levels(self) -> Levels:
        ln10 = math.log(10)
        magnesium = None if self.pMg is None else -ln10 * units.scalar(self.pMg, d.ONE, "pMg")
        return Levels(
            units.scalar(self.temperature, d.TEMPERATURE, "temperature"),
            _molar(self.ionic_strength, "ionic_strength"),
            -ln10 * units.scalar(self.pH, d.ONE, "pH"),
            magnesium,
        )

    def energy(self, reaction: str, at: LevelsLike | None = None) -> Quantity:
        """ΔG′° of a reaction of reactants, or ΔG′ at concentrations.

        Args:
            reaction: ``"ATP + H2O -> ADP + Pi"``, of :func:`known` reactants.
            at: total concentrations by reactant; all that take part, or none.

        Returns:
            The energy [kJ/mol], negative for a reaction that runs forward.

        Raises:
            UnknownName: a reactant that is not in the table.
            BadReaction: text that is no reaction.
            UnbalancedReaction: elements or reducing equivalents appear or vanish.
            MissingSpecies: concentrations of some reactants only.
            BareNumber: a concentration without a unit.
            UnitMismatch: a concentration in a unit of another dimension.
            OutOfDomain: a concentration that is not above zero.
        """
        levels, net = self._levels, net_of(reaction)
        RT = constants.GAS * levels.kelvin
        total = sum(
            n * potential(form_energies(x.forms, water(), levels), RT) for x, n in net.items()
        )
        if at is not None:
            total += RT * quotient(net, at)
        return units.Q(total / 1000, "kJ/mol")

    def enthalpy(self, reaction: str) -> Quantity:
        """ΔH′° = ∂(ΔG′°/T)/∂(1/T) at constant pH, pMg and ionic strength.

        Args:
            reaction: as for :meth:`energy`.

        Returns:
            The enthalpy [kJ/mol], negative where heat is given off.

        Raises:
            UnknownName: a reactant that is not in the table.
            BadReaction: text that is no reaction.
            UnbalancedReaction: elements or reducing equivalents appear or vanish.
        """
        levels = self._levels
        lowered = water().enthalpy(levels.kelvin, levels.ionic_strength)
        total = sum(
            n * share * (form.enthalpy - form.screened * lowered)
            for x, n in net_of(reaction).items()
            for form, share in self._shares(x).items()
        )
        return units.Q(total / 1000, "kJ/mol")

    def released(self, reaction: str) -> dict[str, float]:
        """H⁺ and Mg²⁺ that a turnover of a reaction gives to the solution.

        Args:
            reaction: as for :meth:`energy`.

        Returns:
            The numbers of ``"H"`` and ``"Mg"``, negative where they are taken up.

        Raises:
            UnknownName: a reactant that is not in the table.
            BadReaction: text that is no reaction.
            UnbalancedReaction: elements or reducing equivalents appear or vanish.
        """
        given = {"H": 0.0, "Mg": 0.0}
        for x, n in net_of(reaction).items():
            for form, share in self._shares(x).items():
                given["H"] -= n * share * form.hydrogens
                given["Mg"] -= n * share * form.magnesiums
        return given

    def forms(self, reactant: str) -> dict[str, float]:
        """The fraction of a reactant in each of its forms.

        Args:
            reactant: one of :func:`known`.

        Returns:
            Fractions by form, which add up to 1.

        Raises:
            UnknownName: a reactant that is not in the table.
        """
        return {form.name: share for form, share in self._shares(reactant_of(reactant)).items()}

    def reactants(self) -> SpeciesTable:
        """Species with apparent standard energies at this pH and pMg, which move with the
        temperature of the model.

        Returns:
            Species by name, as ``reactants.ATP``.
        """
        at = self._levels
        pMg = "no Mg" if self.pMg is None else f"pMg {-at.magnesium / math.log(10):.6g}"  # type: ignore[operator]
        pH = -at.hydrogen / math.log(10)
        convention = f"apparent, pH {pH:.6g}, {pMg}, {_strength(at)}"
        return _apparent(at, (), convention)

    def _shares(self, x: Reactant) -> dict[Form, float]:
        levels = self._levels
        forms = [f for f in x.forms if levels.magnesium is not None or not f.magnesiums]
        energies = form_energies(x.forms, water(), levels)
        return dict(zip(forms, shares(energies, constants.GAS * levels.kelvin), strict=True))


@errors.keywords
def reactants(ionic_strength: QuantityLike, *, magnesium: bool = True) -> SpeciesTable:
    """Species with apparent standard energies that follow the pH and pMg of their place.

    The place holds H⁺ and Mg²⁺ of the library (``held=`` of a compartment): what moves them is then
    not part of the model, and changing them by a protocol does work, as the ledger says.  Where H⁺
    or Mg²⁺ change by themselves take :func:`species`.

    Args:
        ionic_strength: of all places ("0.15 M").
        magnesium: whether Mg²⁺ counts.

    Returns:
        Species by name, as ``reactants.ATP``.

    Raises:
        OutOfDomain: an ionic strength below zero.
        BareNumber: an ionic strength without a unit.
        UnitMismatch: a unit of another dimension.
        WrongType: ``magnesium`` is no flag.
    """
    where = "metabolism.reactants(…)"
    errors.expect(magnesium, bool, f"{where}, magnesium", "True or False", "magnesium=False")
    ln10 = math.log(10)
    at = Levels(
        REFERENCE, _molar(ionic_strength, f"{where}, ionic_strength"), -7 * ln10,
        -3 * ln10 if magnesium else None,
    )  # fmt: skip
    ions = ("H", "Mg") if magnesium else ("H",)
    followed = "pH and pMg" if magnesium else "pH"
    convention = f"apparent, {followed} of the place, {_strength(at)}"
    return _apparent(at, ions, convention)


@errors.keywords
def species(ionic_strength: QuantityLike) -> SpeciesTable:
    """Species of each form of the reactants, with H⁺ and Mg²⁺ as species of the model
    (``library.H``, ``library.Mg``), whose standard energies are zero.

    Args:
        ionic_strength: of all places ("0.15 M").

    Returns:
        Species by name, as ``species.MgATP``.

    Raises:
        OutOfDomain: an ionic strength below zero.
        BareNumber: an ionic strength without a unit.
        UnitMismatch: a unit of another dimension.
    """
    strength = _molar(ionic_strength, "metabolism.species(…), ionic_strength")
    at = Levels(REFERENCE, strength, 0.0, None)
    convention = f"explicit H+ and Mg2+, {_strength(at)}"
    made: dict[str, Species] = {}
    for x in table().values():
        for form in x.forms:
            if x.name == SOLVENT:
                continue
            bare = form._replace(hydrogens=0, magnesiums=0)
            conserved = dict(x.conserved) | ({"Mg": form.magnesiums} if form.magnesiums else {})
            made[form.name] = _made(form.name, form.charge, conserved, (bare,), at, (), convention)
    return SpeciesTable(made, convention)


def _apparent(at: Levels, follows: tuple[str, ...], convention: str) -> SpeciesTable:
    return SpeciesTable(
        {
            name: _made(name, 0, dict(x.conserved), x.forms, at, _needed(x, follows), convention)
            for name, x in table().items()
            if name != SOLVENT
        },
        convention,
    )


def _needed(x: Reactant, follows: tuple[str, ...]) -> tuple[str, ...]:
    """The ions that the energy of a reactant depends on."""
    needed = {
        "H": any(f.hydrogens for f in x.forms), "Mg": any(f.magnesiums for f in x.forms)
    }  # fmt: skip
    return tuple(ion for ion in follows if needed[ion])


def _made(
    name: str,
    charge: int,
    conserved: Mapping[str, int],
    forms: tuple[Form, ...],
    at: Levels,
    follows: tuple[str, ...],
    convention: str,
) -> Species:
    conditions = EnergyConditions(forms, water(), at, follows)
    value = conditions.dependence().declared if not follows else _declared(conditions)
    source = sheet(SHEET).cited("derived", note=f"energy of formation, {convention}, water out")
    return Species(
        name, charge, moieties=conserved, convention=convention, conditions=conditions,
        standard=Parameter(units.Q(value / 1000, "kJ/mol"), source),
    )  # fmt: skip


def _declared(conditions: EnergyConditions) -> float:
    """The energy before a place is known, at pH 7 and pMg 3."""
    RT = constants.GAS * conditions.at.kelvin
    return float(potential(form_energies(conditions.forms, conditions.water, conditions.at), RT))


def _strength(at: Levels) -> str:
    return f"I = {at.ionic_strength:.6g} M (Alberty 2003)"


def _molar(ionic_strength: Any, where: str) -> float:
    """The ionic strength [M], zero or more."""
    number = units.scalar(ionic_strength, d.CONCENTRATION, where)
    check_domain(number, "nonnegative", where, errors.shown(ionic_strength))
    return number / constants.STANDARD_CONCENTRATION
