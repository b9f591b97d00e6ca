"""Ions, glucose, water and the reactants of ATP hydrolysis."""

from __future__ import annotations

import math

from .. import constants
from ..declare.parameter import Parameter
from ..declare.species import Species
from .sheet import sheet

_KNOWN = sheet("species").species


def _species(name: str, label: str) -> Species:
    facts = _KNOWN[name]
    return Species(name, int(facts["charge"]), str(facts["formula"]), label=label)


Na, K, Cl = _species("Na", "Na⁺"), _species("K", "K⁺"), _species("Cl", "Cl⁻")
H, Ca, Mg, HCO3 = (
    _species("H", "H⁺"),
    _species("Ca", "Ca²⁺"),
    _species("Mg", "Mg²⁺"),
    _species("HCO3", "HCO₃⁻"),
)
#: dissolved CO₂ and H₂CO₃ together, counted with one water: CO₂ ⇌ H⁺ + HCO₃⁻ balances
CO2 = _species("CO2", "CO₂")
glucose = _species("glucose", "glucose")
H2O = Species("H2O", 0, "H2O", molar_volume=sheet("species")["V_w"], label="water")


def phosphate_fraction() -> float:
    """Fraction of phosphate bound to neither H⁺, K⁺ nor Na⁺ at the nominal contents of Smith &
    Crampin 2004.
    """
    s = sheet("smith_crampin_2004")

    def mM(name: str) -> float:
        return float(s[name].quantity.to("mM").magnitude)

    return 1 / (
        1
        + mM("nominal_K_i") / mM("K_d_KPi")
        + mM("nominal_H") / mM("K_d_HPi")
        + mM("nominal_Na_i") / mM("K_d_NaPi")
    )


def _hydrolysis() -> Parameter:
    """−ΔG′° of MgATP → MgADP + Pi with total phosphate as the reactant.

    ΔG′° = ΔG′°(free Pi) + RT ln(free fraction of Pi).
    """
    s = sheet("smith_crampin_2004")
    free = float(s["dG0_ATP_hydrolysis"].quantity.to("J/mol").magnitude)
    temperature = float(s["temperature"].quantity.to("kelvin").magnitude)
    total = free + constants.GAS * temperature * math.log(phosphate_fraction())
    return s.derived(
        -total / 1000,
        "kJ/mol",
        "-dG'0 of hydrolysis at the file's fixed pH 7.09, from -29.6 kJ/mol for free phosphate plus"
        " RT ln(free share of phosphate)",
        temperature="310 K",
    )


CONVENTION = "apparent, pH 7.09, MgATP, MgADP and total phosphate, 310 K (Smith & Crampin 2004)"
#: At fixed pH and pMg the reactants are sums of pseudo-isomers; protons and magnesium that they
#: exchange come from the buffer, so they count as uncharged, and adenosine and phosphate are what
#: balances.
ATP = Species(
    "ATP", moieties={"adenosine": 1, "phosphate": 3}, standard=_hydrolysis(), convention=CONVENTION
)
ADP = Species("ADP", moieties={"adenosine": 1, "phosphate": 2}, convention=CONVENTION)
Pi = Species("Pi", moieties={"phosphate": 1}, convention=CONVENTION)
