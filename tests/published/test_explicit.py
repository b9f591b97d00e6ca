"""ATP hydrolysis with H⁺ and Mg²⁺ as species: the pump of Smith & Crampin 2004, and the binding
constants of QAMAS.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from builders import at, mM, patch

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane import library as lib
from biomembrane.constants import BODY_TEMPERATURE, GAS
from biomembrane.library import ADP, ATP, H2O, H, K, Mg, Na, Pi, explicit
from biomembrane.library.species import phosphate_fraction

RT = GAS * BODY_TEMPERATURE
SALT, OUTSIDE = {Na: 50.0, K: 140.0}, {Na: 150.0, K: 5.4}


def pump(
    pH: float = 7.09, *, phosphate: float = 4.2 * phosphate_fraction(), V: float = 0.0
) -> bm.Model:
    fuel = {explicit.MgATP: 9.8, explicit.MgADP: 0.01, explicit.HPO4: phosphate, H: 10 ** (3 - pH)}
    return patch(
        lambda on: [lib.NaKATPase(on, density=Q(1, "fmol"), explicit=True)],
        SALT | fuel,
        OUTSIDE,
        V=V,
        T=310,
    )


@pytest.mark.parametrize("V", [-150.0, -60.0, 60.0])
def test_both_pumps_are_one_at_the_ph_of_the_apparent_one(V: float) -> None:
    """Flux and affinity agree at the file's [H⁺] and its share of free phosphate."""
    pH = -math.log10(8.1283e-8)
    apparent = at(
        patch(
            lambda on: [lib.NaKATPase(on, density=Q(1, "fmol"))],
            SALT | {ATP: 9.8, ADP: 0.01, Pi: 4.2},
            OUTSIDE,
            V=V,
            T=310,
        )
    )
    with_protons = at(pump(pH, V=V))
    assert float(with_protons.flux[0]) == pytest.approx(float(apparent.flux[0]), rel=1e-9)
    assert float(with_protons.affinity[0]) == pytest.approx(float(apparent.affinity[0]), rel=1e-9)


def test_a_unit_of_ph_is_worth_rt_ln_10() -> None:
    """One H⁺ is set free a turnover: acid holds the pump back, by 5.936 kJ/mol a unit at 310 K."""
    first, second = (float(at(pump(pH)).affinity[0]) for pH in (7.0, 6.0))
    assert first - second == pytest.approx(GAS * 310 * math.log(10) / 1e3, rel=1e-9)
    assert float(at(pump(6.0)).flux[0]) < float(at(pump(7.0)).flux[0])


def test_the_published_k_minus_3_is_what_closes_the_cycle() -> None:
    """−ΔG° with H⁺ at 1 M is −12.48 kJ/mol from the file's energy, −12.51 from its rate constants
    (the sheet's own note).
    """
    found = float(explicit.MgATP.standard.quantity.to("kJ/mol").magnitude)
    assert found == pytest.approx(-12.509, abs=0.04)
    assert found == pytest.approx(-(-29.6 - GAS * 310 / 1e3 * math.log(8.1283e-8)), abs=1e-9)


def _energy(**n: int) -> float:
    """Σ ν μ° [kJ/mol] of the named species."""
    return sum(
        k * float(getattr(explicit, name).standard.quantity.to("kJ/mol").magnitude)
        for name, k in n.items()
    )


def test_hydrolysis_of_the_bare_ion_is_near_the_book() -> None:
    """ATP⁴⁻ → ADP³⁻ + HPO₄²⁻ + H⁺: 4.99 kJ/mol in QAMAS; two sources 2.3 kJ/mol apart."""
    assert _energy(ADP3=1, HPO4=1, ATP4=-1) == pytest.approx(4.99, abs=2.5)


PAIRS = {
    "Mg@c + ATP4@c -> MgATP@c": ("Mg", "ATP4", "MgATP", 3.88),
    "Mg@c + ADP3@c -> MgADP@c": ("Mg", "ADP3", "MgADP", 3.0),
    "H@c + ATP4@c -> HATP@c": ("H", "ATP4", "HATP", 6.33),
    "H@c + ADP3@c -> HADP@c": ("H", "ADP3", "HADP", 6.26),
    "H@c + HPO4@c -> H2PO4@c": ("H", "HPO4", "H2PO4", 6.62),
    "Mg@c + HPO4@c -> MgHPO4@c": ("Mg", "HPO4", "MgHPO4", 1.66),
}  # fmt: skip


@pytest.mark.parametrize("reaction", PAIRS)
def test_binding_comes_to_rest_at_the_dissociation_constant(reaction: str) -> None:
    """[M][L]/[ML] = 10^−pK M once a compartment is at rest; charge and moieties balance at
    birth.
    """
    ion, ligand, bound, pK = PAIRS[reaction]
    species = {"Mg": Mg, "H": H} | {n: getattr(explicit, n) for n in (ligand, bound)}
    contents = {species[ligand]: 2.0, species[bound]: 1.0}
    left = -sum(s.charge * c for s, c in contents.items())
    room: Any = bm.Compartment(
        "c",
        volume=Q(1, "pL"),
        contents=mM(contents),
        held=mM({species[ion]: 1e-3 if ion == "H" else 1.0}),
    )
    assert left != 0 or ion == "Mg"
    made = bm.Transporter(
        "bind", reaction, room, laws.Elementary(rate=Q(1e9 if ion == "H" else 1e5, "fmol/s"))
    )
    run = bm.simulate(bm.Model("x", [made]), until="1000 s")
    c = {n: q.to("M").magnitude for n, q in run.final("concentration").items()}
    free = 1e-6 if ion == "H" else 1e-3
    assert -math.log10(free * c[f"c.{ligand}"] / c[f"c.{bound}"]) == pytest.approx(pK, abs=1e-6)


CO2 = bm.Species("CO2", 0, "CO2")
HCO3 = bm.Species(
    "bicarbonate", -1, "CHO3", standard=Q(36.2, "kJ/mol"), convention=explicit.CONVENTION
)


def acid_cell(*, with_protons: bool) -> bm.Model:
    """A pump beside the hydration of CO₂, which makes H⁺."""
    fuel = (
        {explicit.MgATP: 4, explicit.MgADP: 0.04, explicit.HPO4: 2}
        if with_protons
        else {ATP: 4, ADP: 0.04, Pi: 4}
    )
    inside = bm.Compartment(
        "cell", volume=Q(1, "pL"), held=mM(fuel), impermeant=bm.balance(charge=-1),
        contents=mM({Na: 15, K: 130, CO2: 1.2, H: 1e-4, HCO3: 12}),
    )  # fmt: skip
    on = bm.Membrane(
        "m",
        inside=inside,
        outside=bm.Reservoir("bath", mM({Na: 145, K: 5})),
        area=Q(500, "um^2"),
        capacitance=Q(1, "uF/cm^2"),
    )
    hydration = bm.Transporter("hydration", "CO2@cell + H2O@cell -> H@cell + bicarbonate@cell",
        inside,
                               laws.Elementary(rate=Q(1e3, "fmol/s")), species=(H2O,))  # fmt: skip
    leaks = [lib.leak(s, on) for s in (K, Na)]
    return bm.Model(
        "acid",
        [lib.NaKATPase(on, density=Q(1000, "1/um^2"), explicit=with_protons), hydration, *leaks],
    )


def test_the_pump_and_protons_stand_in_one_model() -> None:
    """Each turnover acidifies; the books close."""
    run = bm.simulate(acid_cell(with_protons=True), until="10 s")
    run.ledger.check()
    assert float(run.data.flux.sel(process="NaKATPase")[-1]) > 0
    assert {run.model.N["NaKATPase"][n] for n in ("cell.H",)} == {1}


def test_two_conventions_are_refused_and_the_error_says_which_to_take() -> None:
    with pytest.raises(errors.ConventionMismatch) as caught:
        acid_cell(with_protons=False)
    for word in ("library.explicit", "explicit=True", "convention='explicit H+'"):
        assert word in caught.value.advice
    with pytest.raises(errors.WrongType, match="True or False"):
        lib.NaKATPase(None, explicit="yes")  # type: ignore[arg-type]
