"""The reactants of ATP hydrolysis as species, with H⁺ and Mg²⁺ as species beside them (formalism
§7).

    MgATP²⁻ (+ H₂O) ⇌ MgADP⁻ + HPO₄²⁻ + H⁺,    ΔG° = ΔG′°(pH 7.09, free phosphate) − RT ln([H⁺]/1 M)
    at that pH

so that this pump and the one on total phosphate at fixed pH agree at the pH and the free fraction
of phosphate that the latter assumes.  The other forms follow from dissociation constants,
μ°(MgATP) = μ°(Mg) + μ°(ATP) − RT ln 10·pK, and μ° of H⁺, Mg²⁺, MgADP⁻ and HPO₄²⁻ is zero.  Water is
at unit activity and need not be written; adenosine, phosphate and charge are checked for balance.

Take all reactants of a model from here, or all from :mod:`.species`: energies with explicit H⁺ and
energies at fixed pH cannot be combined.  Other species of such a model have
``convention=explicit.CONVENTION``.
"""

from __future__ import annotations

import math

from .. import constants
from ..declare.parameter import Parameter
from ..declare.species import Species
from .sheet import sheet

CONVENTION = "explicit H+"
_GROUPS = {
    "ATP": {"adenosine": 1, "phosphate": 3},
    "ADP": {"adenosine": 1, "phosphate": 2},
    "Pi": {"phosphate": 1},
}


def _number(key: str, name: str, unit: str) -> float:
    return float(sheet(key)[name].quantity.to(unit).magnitude)


def hydrolysis() -> float:
    """ΔG° of MgATP²⁻ → MgADP⁻ + HPO₄²⁻ + H⁺ [J/mol], from the apparent one at the pH and the
    temperature of the paper.
    """
    paper = "smith_crampin_2004"
    apparent, H = _number(paper, "dG0_ATP_hydrolysis", "J/mol"), _number(paper, "nominal_H", "M")
    return apparent - constants.GAS * _number(paper, "temperature", "kelvin") * math.log(H)


def _binding(name: str) -> float:
    """RT ln 10·pK of a dissociation [J/mol]."""
    pK = _number("qamas_book", f"pK_{name}", "1")
    return constants.GAS * constants.BODY_TEMPERATURE * math.log(10) * pK


def _species(
    name: str,
    charge: int,
    group: str,
    label: str,
    energy: float,
    note: str,
    key: str = "smith_crampin_2004",
) -> Species:
    standard: Parameter = sheet(key).derived(energy / 1000, "kJ/mol", note)
    return Species(
        name, charge, moieties=_GROUPS[group], standard=standard, convention=CONVENTION, label=label
    )


_ATP = hydrolysis()
_APART = "binding of qamas_book, beside MgATP of smith_crampin_2004"

MgATP = _species(
    "MgATP",
    -2,
    "ATP",
    "MgATP²⁻",
    -_ATP,
    "-dG0 of hydrolysis with H+ at 1 M: -29.6 kJ/mol less RT ln of 81.283 nM",
)
MgADP = _species("MgADP", -1, "ADP", "MgADP⁻", 0.0, "zero of adenosine diphosphate")
HPO4 = _species("HPO4", -2, "Pi", "HPO₄²⁻", 0.0, "zero of phosphate")
ATP4 = _species("ATP4", -4, "ATP", "ATP⁴⁻", -_ATP + _binding("MgATP"), _APART, "qamas_book")
HATP = _species(
    "HATP", -3, "ATP", "HATP³⁻", -_ATP + _binding("MgATP") - _binding("HATP"), _APART, "qamas_book"
)
ADP3 = _species("ADP3", -3, "ADP", "ADP³⁻", _binding("MgADP"), _APART, "qamas_book")
HADP = _species(
    "HADP", -2, "ADP", "HADP²⁻", _binding("MgADP") - _binding("HADP"), _APART, "qamas_book"
)
H2PO4 = _species("H2PO4", -1, "Pi", "H₂PO₄⁻", -_binding("HPi"), _APART, "qamas_book")
MgHPO4 = _species("MgHPO4", 0, "Pi", "MgHPO₄", -_binding("MgPi"), _APART, "qamas_book")
