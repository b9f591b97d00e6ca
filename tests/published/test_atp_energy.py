"""The energy of ATP hydrolysis as published: the QAMAS notebook to its last digit, Alberty's
species, and the constants of Teague, Golding and Dobson.
"""

from __future__ import annotations

import math
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biomembrane import library as lib
from biomembrane.library import metabolism
from biomembrane.library.reactants import reactants, water
from biomembrane.library.transformed_energy import (
    DebyeHuckel,
    Form,
    Levels,
    form_energies,
    potential,
)

HYDROLYSIS = "ATP + H2O -> ADP + Pi"
R_OF_QAMAS, T_OF_QAMAS = 8.314, 310.15


def kilojoule(
    pH: float, pMg: float | None = None, T: str = "25 degC", ionic: str = "0.25 M"
) -> float:
    solution = metabolism.Solution(pH=pH, pMg=pMg, ionic_strength=ionic, temperature=T)
    return float(solution.energy(HYDROLYSIS).to("kJ/mol").magnitude)


def test_the_qamas_notebook_to_its_last_digit() -> None:
    """ΔG = −45.47130666167594 kJ/mol at pH 7, 150 mM K⁺, 1 mM Mg²⁺, ΣATP 0.5, ΣADP 9.5, ΣPi 1 mM,
    from its ΔG° = 4.99 kJ/mol and its dissociation constants; K⁺ is a form at constant [K⁺].
    """
    RT = R_OF_QAMAS * T_OF_QAMAS
    ln10, K = math.log(10), math.log(0.150)
    none = DebyeHuckel(0.0, 0.0, 0.0, 1.6)
    at = Levels(T_OF_QAMAS, 0.0, -7 * ln10, -3 * ln10)

    def of(pMg: float, pH: float, pK: float, energy: float = 0.0, hydrogens: int = 0) -> float:
        bound = [(0.0, 0, 0), (pMg * ln10, 0, 1), (pH * ln10, 1, 0), (pK * ln10 + K, 0, 0)]
        forms = [
            Form("x", 0, energy - RT * e, energy - RT * e, 0, hydrogens + h, mg)
            for e, h, mg in bound
        ]
        return float(potential(form_energies(forms, none, at, R_OF_QAMAS), RT))

    hydrogen = 0.0 - RT * -7 * ln10 * -1  # H⁺ is set free: it belongs to the products
    ATP = of(3.88, 6.33, 1.02)
    ADP, Pi = of(3.00, 6.26, 0.89), of(1.66, 6.62, 0.42)
    apparent = 4990.0 + ADP + Pi - ATP + hydrogen
    assert apparent / 1e3 == pytest.approx(-35.2515504, abs=1e-6)
    found = apparent + RT * math.log(9.5e-3 * 1e-3 / 0.5e-3)
    assert found / 1e3 == pytest.approx(-45.47130666167594, abs=1e-10)


@pytest.mark.parametrize(
    ("pH", "expected"), [(5, -32.56), (6, -33.22), (7, -36.04), (8, -41.07), (9, -46.70)]
)
def test_albertys_species_at_a_quarter_molar(pH: float, expected: float) -> None:
    """25 °C, I = 0.25 M, without Mg²⁺."""
    assert kilojoule(pH) == pytest.approx(expected, abs=0.006)


def test_the_reference_reaction_agrees_with_teague_golding_and_dobson() -> None:
    """ATP⁴⁻ + H₂O ⇌ ADP³⁻ + HPO₄²⁻ + H⁺ at 25 °C and I = 0: K = 0.2946, ΔH = −20.5 kJ/mol."""
    forms = {f.name: f for x in reactants().values() for f in x.forms}
    sign = {"ATP4": -1, "ADP3": 1, "HPO4": 1}
    energy, enthalpy = (
        sum(n * getattr(forms[name], what) for name, n in sign.items())
        for what in ("energy", "enthalpy")
    )
    assert math.exp(-energy / (8.314462618 * 298.15)) == pytest.approx(0.2946, rel=0.02)
    assert enthalpy == pytest.approx(-20.5e3, abs=1.0)


@pytest.mark.parametrize(
    ("name", "bare", "energy", "enthalpy"),
    [
        ("MgATP", "ATP4", -3258.7 + 2768.1, -4063.31 + 3619.21),
        ("MgHATP", "HATP", -3287.5 + 2811.48, -4063.01 + 3612.91),
        ("MgADP", "ADP3", -2388.0 + 1906.13, None), ("MgHADP", "HADP", -2416.7 + 1947.1, None),
        ("MgAMP", "AMP2", -1511.8 + 1040.45, None),
    ],
)  # fmt: skip
def test_complexes_of_magnesium_are_those_of_albertys_table(
    name: str, bare: str, energy: float, enthalpy: float | None
) -> None:
    """The binding constants of Teague et al. give Alberty's energies of the complexes, less Mg²⁺ at
    −455.3 kJ/mol, to the digits of both; for AMP the two tables are 0.13 kJ/mol apart.
    """
    forms = {f.name: f for x in reactants().values() for f in x.forms}
    bound = (forms[name].energy - forms[bare].energy) / 1e3
    assert bound == pytest.approx(energy + 455.3, abs=0.13 if name == "MgAMP" else 0.06)
    if enthalpy is not None:
        heat = (forms[name].enthalpy - forms[bare].enthalpy) / 1e3
        assert heat == pytest.approx(enthalpy + 467.0, abs=0.005)


def test_the_oxidation_of_glucose() -> None:
    """C₆H₁₂O₆ + 6 O₂ → 6 ΣCO₂: about −2950 kJ/mol at pH 7."""
    solution = metabolism.Solution(pH=7, ionic_strength="0.25 M", temperature="25 degC")
    found = float(solution.energy("glucose + 6 O2 -> 6 CO2tot").to("kJ/mol").magnitude)
    assert found == pytest.approx(-2950, abs=10)


def test_the_pumps_energy_lies_between_the_tables() -> None:
    """−31.6 kJ/mol of the library's ATP (total phosphate, pH 7.09, 37 °C) within 1 kJ/mol of the
    tables' at 1 mM Mg²⁺ and I = 0.15 M.
    """
    own = -float(lib.ATP.standard.quantity.to("kJ/mol").magnitude)
    assert kilojoule(7.09, 3, "37 degC", "0.15 M") == pytest.approx(own, abs=1.5)


@given(
    pH=st.floats(4, 10), pMg=st.floats(1.5, 6), ionic=st.floats(0.001, 0.35), T=st.floats(275, 320)
)
def test_forms_agree_with_the_transform_of_equilibrator(
    pH: float, pMg: float, ionic: float, T: float
) -> None:
    """Its Legendre transform of each form, N_H, N_Mg and z as in the table (an oracle with its own
    code; its R is 8.31 J/mol/K, and it counts Mg²⁺ at −455.3 kJ/mol).
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oracle = pytest.importorskip("equilibrator_cache.thermodynamic_constants")
    R = oracle.default_R_in_kJ_per_mol_per_K * 1e3
    at = Levels(T, ionic, -pH * math.log(10), -pMg * math.log(10))
    for x in (reactants()["ATP"], reactants()["CO2tot"]):
        for form in x.forms:
            (found,) = form_energies([form], water(), at, R)
            term = oracle._legendre_transform(
                pH, pMg, ionic, T, form.charge, form.hydrogens, form.magnesiums
            )
            magnesium = form.magnesiums * (467e3 + (455.3e3 - 467e3) * T / 298.15)
            own = form.enthalpy + (form.energy - form.enthalpy) * T / 298.15
            assert found == pytest.approx(own + term * R * T - magnesium, abs=1e-3)
