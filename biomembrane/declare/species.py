"""Chemical species: charge, formula or moieties, and a standard potential with its convention."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from .. import errors
from ..dimension import CONCENTRATION, MOLAR_ENERGY, MOLAR_VOLUME, ONE
from .parameter import Declared, as_parameter, check_name, declare, whole
from .source import check_text

if TYPE_CHECKING:
    from .parameter_types import CoefficientLike, ParameterLike
    from .temperature_dependence import Conditions

_ELEMENT = re.compile(r"([A-Z][a-z]?)([0-9]*)")
# with D and T, the isotopes of hydrogen (IUPAC)
_ELEMENTS = frozenset(
    "H D T He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As"
    " Se Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb"
    " Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk"
    " Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og".split()
)
_MOST = 10**6  # atoms of one kind, more than any protein holds


@errors.keywords
@dataclass(frozen=True)
class Species:
    """A chemical species, or a biochemical reactant (sum of pseudo-isomers at fixed pH and pMg).

    Args:
        name: short name, used in reactions and dotted names ("Na").
        charge: in elementary charges.
        formula: elements with counts, "C6H12O6"; a balanced reaction is checked on it.
        moieties: conserved groups where elements are not ({"adenosine": 1, "phosphate": 3}).
        standard: μ° as a molar energy with a source; default zero, which is right for a species
            that is only transported.  A :class:`~biomembrane.Parameter` with ``enthalpy=`` and
            ``at=`` moves with temperature: μ°(T) = H° + (μ° − H°)·T/T₀.
        convention: the convention of ``standard``, for instance "apparent, pH 7.09, 310 K"
            (formalism §7).  Energies of two conventions in one model are an error.
        molar_volume: for the solvent only; its transport changes volumes.
        label: how figures write it ("Na⁺").
        osmotic_coefficient: φ of the osmotic pressure RT φ c, a number or a sequence φ₀, B₁, B₂, …
            of φ = φ₀ + B₁c + B₂c² + …, such as haemoglobin's ``(1, "0.0645 1/mM", "0.0258
            1/mM^2")``.  μ = μ° + RT[φ₀ ln(c/c°) + Σ Bₖ cᵏ (k + 1)/k] follows (Gibbs–Duhem);
            ``site[…]`` is then the activity c° e^{(μ − μ°)/RT}.
        conditions: how ``standard`` depends on the solution, of species of
            :mod:`biomembrane.library.metabolism`.

    Raises:
        BadName: a name that dotted names cannot hold.
        BadFormula: a formula that is not elements with counts.
        NotANumber: a charge or a count that is no integer.
        WrongType: moieties that are no mapping, or a formula that is no text.
        BareNumber: an energy or a volume without a unit.
        UnitMismatch: a unit of another dimension.
        OutOfDomain: a molar volume that is not above zero, or a charge beyond a million.
        ConventionMismatch: a standard energy without its convention.
    """

    name: str
    charge: int = 0
    formula: str = ""
    moieties: Mapping[str, int] = field(default_factory=dict)
    standard: ParameterLike | None = None
    convention: str = ""
    molar_volume: ParameterLike | None = None
    label: str = ""
    osmotic_coefficient: CoefficientLike | None = None
    conditions: Conditions | None = None

    def __post_init__(self) -> None:
        check_name(self.name, "Species, name")
        where = f"Species({self.name!r})"
        whole(
            self.charge,
            f"{where}, charge",
            "an integer number of elementary charges",
            "charge=2; a mean valence belongs in balance(charge=-1.5)",
        )
        for name, example in (
            ("formula", "'C6H12O6'"),
            ("convention", "'explicit H+'"),
            ("label", "'Na⁺'"),
        ):
            check_text(getattr(self, name), f"{where}, {name}", f"{name}={example}")
        self._check_moieties(where)
        if self.conditions is not None and not callable(
            getattr(self.conditions, "dependence", None)
        ):
            raise errors.WrongType(
                where=f"{where}, conditions",
                wanted="how its standard energy depends on the solution",
                got=errors.shown(self.conditions),
                advice="take the species from library.metabolism, which makes them",
            )
        object.__setattr__(self, "label", self.label or self.name)
        self.composition()
        for name, dim, domain in (
            ("standard", MOLAR_ENERGY, "real"),
            ("molar_volume", MOLAR_VOLUME, "positive"),
        ):
            given = as_parameter(getattr(self, name))
            object.__setattr__(self, name, given)
            if given is not None:
                of_law = name == "standard"
                declare(f"{where}, {name}", given, dim, domain=domain, of_law=of_law)
        self._check_osmotic(where)
        if self.standard is not None and not self.convention:
            raise errors.ConventionMismatch(
                where=where,
                wanted="the convention of its standard potential",
                got="none",
                advice="convention='apparent, pH 7, pMg 3, 310 K' or 'explicit H+'",
            )

    @cached_property
    def declared_standard(self) -> Declared | None:
        """μ° as a parameter of the models that use it; None where it is not given."""
        if self.standard is None:
            return None
        declared = declare(
            f"{self.name}.standard_energy", self.standard, MOLAR_ENERGY, domain="real",
            long_name=f"standard potential of {self.name} ({self.convention})",
            owner=f"the species {self.name!r}", of_law=True,
        )  # fmt: skip
        if self.conditions is None or self.conditions.follows:
            return declared
        dependence = self.conditions.dependence()
        return replace(declared, at=dependence.at, dependence=dependence)

    @cached_property
    def declared_molar_volume(self) -> Declared:
        """The molar volume of the solvent as a parameter of the models that transport it."""
        return declare(
            f"{self.name}.molar_volume", self.molar_volume, MOLAR_VOLUME, domain="positive",
            owner=f"the species {self.name!r}",
        )  # fmt: skip

    @cached_property
    def declared_osmotic(self) -> tuple[Declared, ...]:
        """φ₀ and the coefficients of c, c², … as parameters; empty where it is ideal."""
        given = self.osmotic_coefficient
        if given is None:
            return ()
        values = given if isinstance(given, tuple) else (given,)
        of = f"osmotic coefficient of {self.name}"
        return tuple(
            declare(
                f"{self.name}.osmotic_{k}", value, ONE / CONCENTRATION**k,
                domain="real" if k else "nonnegative",
                long_name=f"{of}, coefficient of c^{k}",
                owner=f"the species {self.name!r}",
            )
            for k, value in enumerate(values)
        )  # fmt: skip

    def _check_osmotic(self, where: str) -> None:
        given = self.osmotic_coefficient
        if given is None:
            return
        if self.is_solvent or (
            isinstance(given, Sequence) and not isinstance(given, str) and not given
        ):
            raise errors.WrongType(
                where=f"{where}, osmotic_coefficient",
                wanted="a number, or φ₀ and the coefficients of c, c², …, of a solute",
                got="that of the solvent" if self.is_solvent else errors.shown(given),
                advice="osmotic_coefficient=(1, Q(0.0645, '1/mM'), Q(0.0258, '1/mM^2'))",
            )
        if isinstance(given, Sequence) and not isinstance(given, str):
            object.__setattr__(self, "osmotic_coefficient", tuple(map(as_parameter, given)))
        elif isinstance(given, str):
            object.__setattr__(self, "osmotic_coefficient", as_parameter(given))
        assert self.declared_osmotic  # declared here, so that mistakes are found here

    @property
    def is_solvent(self) -> bool:
        """Whether it has a molar volume; then it is counted by volume, not concentration."""
        return self.molar_volume is not None

    @property
    def is_proton(self) -> bool:
        """Whether it is H⁺, by charge and formula, or where it has no formula by its name."""
        return self.charge == 1 and (
            self.composition() == {"H": 1} or (not self.formula and self.name in ("H", "H+"))
        )

    def _check_moieties(self, where: str) -> None:
        example = "{'adenosine': 1, 'phosphate': 3}"
        where = f"{where}, moieties"
        errors.expect(self.moieties, Mapping, where, "{group: count}", example)
        object.__setattr__(self, "moieties", dict(self.moieties))
        for group, count in self.moieties.items():
            check_text(group, where, example)
            advice = "moieties={" + f"{group!r}: 1" + "}"
            whole(count, f"{where}[{group!r}]", "an integer", advice)

    def composition(self) -> dict[str, int]:
        """Elements with counts; empty when no formula is declared.

        Raises:
            BadFormula: a formula that is not elements with counts.
        """
        where = f"Species({self.name!r}), formula"
        pieces = _ELEMENT.findall(self.formula)
        if "".join(element + count for element, count in pieces) != self.formula:
            raise errors.BadFormula(
                where=where,
                wanted="elements with counts, 'C6H12O6'",
                got=errors.shown(self.formula),
                advice=(
                    "elements begin with a capital letter; the charge goes into charge=, groups"
                    " into moieties="
                ),
                species=self.name,
            )
        counts: dict[str, int] = {}
        for element, digits in pieces:
            count = int(digits or 1) if len(digits) < 8 else _MOST + 1
            if element not in _ELEMENTS or not 0 < count <= _MOST:
                self._refuse_element(element, digits, where)
            counts[element] = counts.get(element, 0) + count
        return counts

    def _refuse_element(self, element: str, digits: str, where: str) -> None:
        got = errors.shown(f"{element}{digits}", 40)
        if self.formula != element + digits:
            got += f" in {errors.shown(self.formula, 40)}"
        wanted = "elements of the periodic table"
        advice = "groups that are no elements go into moieties={'CoA': 1}"
        if element in _ELEMENTS:
            wanted = f"from 1 to {_MOST:,} atoms of {element}"
            advice = "leave out what is not there"
        raise errors.BadFormula(
            where=where, wanted=wanted, got=got, advice=advice, species=self.name
        )

    def __hash__(self) -> int:
        return hash(self.name)  # equal species have equal names; hashing every field is slow

    def __repr__(self) -> str:
        charge = f", charge={self.charge:+d}" if self.charge else ""
        return f"Species({self.name!r}{charge})"
