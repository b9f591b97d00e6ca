"""Energies of ionisable reactants: what thermodynamics says of any table of them, and of models
that use them.
"""

from __future__ import annotations

import copy
import functools
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane import library as lib
from biomembrane.constants import GAS
from biomembrane.library import Cl, H, K, Mg, Na, metabolism
from biomembrane.testing.model_evaluator import ModelEvaluator

HYDROLYSIS = "ATP + H2O -> ADP + Pi"
pH_values, pMg_values = st.floats(5.5, 9.0), st.floats(1.5, 6.0)
kelvin, strengths = st.floats(275.0, 318.0), st.floats(0.01, 0.35)
REACTIONS = (
    HYDROLYSIS,
    "PPi -> 2 Pi",
    "2 ADP -> ATP + AMP",
    "pyruvate + NADred -> lactate + NADox",
)


def solution(pH: float, pMg: float | None, ionic: float, T: float) -> metabolism.Solution:
    return metabolism.Solution(
        pH=pH, pMg=pMg, ionic_strength=Q(ionic, "M"), temperature=Q(T, "kelvin")
    )


def joule(quantity: Any) -> float:
    return float(quantity.to("J/mol").magnitude)


@given(pH=pH_values, pMg=pMg_values, ionic=strengths, T=kelvin, reaction=st.sampled_from(REACTIONS))
def test_protons_and_magnesium_set_free_are_slopes_of_the_energy(
    pH: float, pMg: float, ionic: float, T: float, reaction: str
) -> None:
    """∂ΔG′°/∂pH = −RT ln 10 · n_H, likewise for pMg (Alberty's Maxwell relations)."""
    freed, small = solution(pH, pMg, ionic, T).released(reaction), 1e-4
    for ion, step in (("H", (small, 0.0)), ("Mg", (0.0, small))):
        ends = [
            joule(solution(pH + s * step[0], pMg + s * step[1], ionic, T).energy(reaction))
            for s in (1, -1)
        ]
        slope = (ends[0] - ends[1]) / (2 * small)
        assert slope == pytest.approx(-GAS * T * math.log(10) * freed[ion], abs=0.01)


@given(pH=pH_values, pMg=pMg_values, ionic=strengths, T=kelvin, reaction=st.sampled_from(REACTIONS))
def test_the_enthalpy_is_that_of_gibbs_and_helmholtz(
    pH: float, pMg: float, ionic: float, T: float, reaction: str
) -> None:
    """ΔH′° = ∂(ΔG′°/T)/∂(1/T) at constant pH, pMg and I."""
    ends = [T * 1.0001, T / 1.0001]
    over = [joule(solution(pH, pMg, ionic, t).energy(reaction)) / t for t in ends]
    slope = (over[0] - over[1]) / (1 / ends[0] - 1 / ends[1])
    found = joule(solution(pH, pMg, ionic, T).enthalpy(reaction))
    assert found == pytest.approx(slope, abs=2.0)


@given(pH=pH_values, pMg=pMg_values, ionic=strengths, T=kelvin)
def test_forms_in_equilibrium_are_one_reactant(
    pH: float, pMg: float, ionic: float, T: float
) -> None:
    """Explicit forms at their shares have the affinity that the reactants have: MgATP²⁻ → MgADP⁻
    + HPO₄²⁻ + H⁺ and ATP → ADP + Pi are one energy.
    """
    of, explicit = solution(pH, pMg, ionic, T), metabolism.species(Q(ionic, "M"))
    total = {"ATP": 5e-3, "ADP": 5e-5, "Pi": 4e-3}
    apparent = joule(of.energy(HYDROLYSIS, {n: Q(c, "M") for n, c in total.items()}))
    found = GAS * T * math.log(10) * -pH
    for reactant, form, n in (("ATP", "MgATP", -1), ("ADP", "MgADP", 1), ("Pi", "HPO4", 1)):
        made = explicit[form].declared_standard
        assert made is not None
        share = of.forms(reactant)[form]
        found += n * (made.value_at(T) + GAS * T * math.log(share * total[reactant]))
    assert found == pytest.approx(apparent, abs=1e-6)
    assert sum(of.forms("ATP").values()) == pytest.approx(1.0, rel=1e-12)


def test_limits() -> None:
    """Without Mg²⁺ is the limit of little; much acid costs RT ln 10 a pH less for each proton that
    is no longer set free.
    """
    without = joule(solution(7, None, 0.1, 310).energy(HYDROLYSIS))
    assert joule(solution(7, 12, 0.1, 310).energy(HYDROLYSIS)) == pytest.approx(without, abs=1e-3)
    assert solution(11, None, 0.1, 310).released(HYDROLYSIS)["H"] == pytest.approx(1.0, abs=1e-3)
    equal = solution(7, 3, 0.1, 310).energy("ATP -> ADP + Pi")
    assert equal == solution(7, 3, 0.1, 310).energy(HYDROLYSIS)  # water need not be written


# --- models

SALT = {K: Q(140, "mM"), Na: Q(10, "mM"), Cl: Q(10, "mM")}
AMOUNTS = {"ATP": Q(5, "mM"), "ADP": Q(0.05, "mM"), "Pi": Q(4, "mM")}


def pumping(contents: Any, held: Any, *, explicit: bool = False) -> bm.Model:
    place = bm.Compartment(
        "cell", volume="1 pL", contents=contents, held=held, impermeant=bm.balance(charge=-1)
    )
    bath = bm.Reservoir("bath", {K: Q(4, "mM"), Na: Q(140, "mM"), Cl: Q(144, "mM")})
    on = bm.Membrane("m", inside=place, outside=bath, area="500 um^2", capacitance="1 uF/cm^2")
    parts = [lib.NaKATPase(on, explicit=explicit), lib.leak(K, on), lib.leak(Na, on)]
    return bm.Model("cell", parts, potential={on: Q(-60, "mV")})


@functools.cache
def at_fixed_pH() -> bm.Model:
    species = solution(7.2, 3, 0.15, 310.15).reactants()
    return pumping(SALT, {species[n]: c for n, c in AMOUNTS.items()})


@functools.cache
def at_pH_of_the_place(*, changing: bool = False) -> bm.Model:
    species = metabolism.reactants("0.15 M")
    fuel = {species[n]: c for n, c in AMOUNTS.items()}
    ions = {H: Q(10**-4.2, "mM"), Mg: Q(1, "mM")}
    return pumping({**SALT, **fuel}, ions) if changing else pumping(SALT, {**fuel, **ions})


@given(pH=st.floats(6.0, 8.0), pMg=st.floats(2.0, 5.0), T=kelvin)
def test_a_models_energy_follows_pH_pMg_and_temperature(pH: float, pMg: float, T: float) -> None:
    """The affinity of the pump is that of the ions and the energy of hydrolysis in that solution;
    at one pH both ways of declaring it agree at every temperature.
    """
    here = {"cell.H": 10 ** (3 - pH), "cell.Mg": 10 ** (3 - pMg), "temperature": T}
    seen = ModelEvaluator(at_pH_of_the_place(), here)
    y = seen.array("initial", np.zeros(seen.k.size))
    V = seen("potential", y)["m"]
    ions = GAS * T * (3 * math.log(10 / 140) + 2 * math.log(4 / 140)) + seen.F * V
    fuel = joule(solution(pH, pMg, 0.15, T).energy(HYDROLYSIS, AMOUNTS))
    assert seen("affinity", y)["NaKATPase"] == pytest.approx(ions - fuel, abs=1e-5)
    same = ModelEvaluator(at_pH_of_the_place(), {**here, "cell.H": 10**-4.2, "cell.Mg": 1.0})
    fixed = ModelEvaluator(at_fixed_pH(), {"temperature": T})
    expected = fixed("affinity", y)["NaKATPase"]
    assert same("affinity", y)["NaKATPase"] == pytest.approx(expected, abs=1e-5)


def test_the_books_close_while_pH_and_temperature_change() -> None:
    """ATP that changes, in a place whose pH falls: the protocols' work is in the ledger."""
    model = at_pH_of_the_place(changing=True)
    acid = bm.Protocol.ramps(("0 s", Q(10**-4.2, "mM")), ("10 s", Q(10**-3.5, "mM")))
    cold = bm.Protocol.ramps(("0 s", "37 degC"), ("10 s", "30 degC"))
    given = {"cell.H": acid, "temperature": cold}
    run = bm.simulate(model, until="10 s", parameters=given)
    run.ledger.check()
    assert abs(float(run.ledger.imposed[-1])) > 1.0


def test_explicit_forms_drive_the_pump_of_the_library() -> None:
    """MgATP, MgADP and HPO₄ with H⁺ as a species: the same affinity as the reactants at that pH."""
    of, explicit = solution(7.2, 3, 0.15, 310.15), metabolism.species("0.15 M")
    fuel = {
        explicit[form]: of.forms(name)[form] * AMOUNTS[name]
        for name, form in (("ATP", "MgATP"), ("ADP", "MgADP"), ("Pi", "HPO4"))
    }
    held = {**fuel, H: Q(10**-4.2, "mM"), Mg: Q(1, "mM")}
    model = pumping(SALT, held, explicit=True)
    seen, other = ModelEvaluator(model), ModelEvaluator(at_fixed_pH())
    y = other.array("initial", np.zeros(other.k.size))
    found = seen("affinity", y)["NaKATPase"]
    assert found == pytest.approx(other("affinity", y)["NaKATPase"], abs=1e-5)


def test_forms_bind_and_let_go_in_reactions() -> None:
    """H⁺ and Mg²⁺ of the library take part; Mg²⁺ cannot vanish, though charges would balance."""
    explicit = metabolism.species("0.1 M")
    contents = dict.fromkeys((explicit.ATP4, explicit.HATP, explicit.MgATP, H, Mg), Q(1, "mM"))
    place = bm.Compartment("cell", volume="1 pL", contents=contents)
    law = laws.Elementary(rate=Q(1, "fmol/s"))
    made = bm.Transporter("bind", "ATP4@cell + Mg@cell -> MgATP@cell", place, law)
    assert made.certificate.verdict == "proven"
    bm.Transporter("protonate", "ATP4@cell + H@cell -> HATP@cell", place, law)
    with pytest.raises(errors.UnbalancedReaction, match="Mg"):
        bm.Transporter("lost", "MgATP@cell -> ATP4@cell + 2 H@cell", place, law)


def test_conventions_do_not_mix() -> None:
    """Two pH in one model, or explicit forms beside reactants: an error, not a conversion."""
    one, two = (solution(pH, 3, 0.15, 310).reactants() for pH in (7.0, 7.2))
    with pytest.raises(errors.ConventionMismatch, match=r"pH 7, pMg 3.* against .*pH 7.2"):
        pumping(SALT, {one.ATP: "5 mM", two.ADP: "1 mM", one.Pi: "1 mM"})
    follows = metabolism.reactants("0.15 M")
    fuel = {follows[n]: c for n, c in AMOUNTS.items()}
    with pytest.raises(errors.MissingSpecies, match="H, whose concentration"):
        pumping(SALT, fuel)
    with pytest.raises(errors.ConventionMismatch, match="H held at a concentration above zero"):
        pumping({**SALT, H: Q(1e-4, "mM")}, {**fuel, Mg: Q(1, "mM")})


def test_species_and_models_travel() -> None:
    """Pickled, copied, equal by content; ionic strength and pH are part of what is compared."""
    table = metabolism.reactants("0.15 M")
    assert pickle.loads(pickle.dumps(table.ATP)) == table.ATP == copy.deepcopy(table.ATP)
    assert pickle.loads(pickle.dumps(table))["ATP"] == table.ATP
    assert table.ATP != metabolism.reactants("0.1 M").ATP
    model = at_pH_of_the_place()
    assert pickle.loads(pickle.dumps(model)) == model
    assert "cell.ATP.standard_energy" in model._repr_html_()
    assert bm.prove(model).verdict == "proven"
    rows = {row[0]: row[3] for row in model.temperature_table.rows}
    assert rows["cell.ATP.standard_energy"] == "energies of formation, cell.H, cell.Mg"


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: solution(72, 3, 0.1, 310), errors.OutOfDomain, ("pH", "from 0 to 14", "72")),
        (lambda: solution(7, -1, 0.1, 310), errors.OutOfDomain, ("pMg", "from 0 to 14")),
        (lambda: solution(math.nan, 3, 0.1, 310), errors.NotFinite, ("pH",)),
        (lambda: solution(7, 3, -0.1, 310), errors.OutOfDomain, ("ionic_strength", "zero or more")),
        (lambda: solution(7, 3, 0.1, -5), errors.OutOfDomain, ("temperature", "above zero")),
        (
            lambda: metabolism.Solution(pH=7, ionic_strength=0.1), errors.BareNumber,
            ("ionic_strength", "0.1"),
        ),
        (lambda: metabolism.reactants("3 mV"), errors.UnitMismatch, ("ionic_strength",)),
        (
            lambda: metabolism.reactants("0.1 M", magnesium=1), errors.WrongType,
            ("magnesium", "True or False"),
        ),
        (lambda: GOOD.energy("XTP -> ADP + Pi"), errors.UnknownName, ("'XTP'", "'ATP'")),
        (lambda: GOOD.energy("ATP + ADP"), errors.BadReaction, ("arrow",)),
        (
            lambda: GOOD.energy("pyruvate -> lactate"), errors.UnbalancedReaction,
            ("reducing equivalents +2", "NADox"),
        ),
        (lambda: GOOD.energy("ATP -> ADP"), errors.UnbalancedReaction, ("P -1",)),
        (lambda: GOOD.energy("ATP -> ATP"), errors.UnbalancedReaction, ("nothing changes",)),
        (
            lambda: GOOD.energy(HYDROLYSIS, {"ATP": "5 mM"}), errors.MissingSpecies,
            ("ADP and Pi", "ATP"),
        ),
        (
            lambda: GOOD.energy(HYDROLYSIS, {**AMOUNTS, "ADP": 5}), errors.BareNumber,
            ("ADP", "5"),
        ),
        (
            lambda: GOOD.energy(HYDROLYSIS, {**AMOUNTS, "ADP": "0 mM"}), errors.OutOfDomain,
            ("ADP", "above zero"),
        ),
        (lambda: GOOD.energy(HYDROLYSIS, {**AMOUNTS, "K": "5 mM"}), errors.UnknownName, ("'K'",)),
        (
            lambda: bm.Species("A", standard="1 kJ/mol", convention="c", conditions=5),
            errors.WrongType, ("conditions", "library.metabolism"),
        ),
        (lambda: GOOD.forms("water"), errors.UnknownName, ("'water'",)),
        (lambda: GOOD.reactants()["XTP"], errors.UnknownName, ("'XTP'",)),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(make: Any, error: Any, words: Any) -> None:
    with pytest.raises(error) as told:
        make()
    assert all(word in str(told.value) for word in words), str(told.value)


GOOD = metabolism.Solution(pH=7, pMg=3, ionic_strength="0.15 M")
