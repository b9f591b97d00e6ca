"""What declared transporters and cycles claim, field by field, and the box over which claims are
functions.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sympy as sp
from builders import BODY, FUEL, RT, SALINE, F, mM
from builders import membrane as membrane_between

import biomembrane as bm
from biomembrane import Q, laws, symbols
from biomembrane import dimension as d
from biomembrane.library import ATP, Cl, K, Na, Pi, glucose
from biomembrane.second_law.claim import Claim, Level, claim, claims, subjects
from biomembrane.second_law.evaluation import Box, Functions, Variable, claim_box
from biomembrane.symbols import N_A, R, T, c0, n0, t
from biomembrane.symbols import F as FARADAY

CELL = bm.Compartment(
    "cell",
    volume=Q(1, "pL"),
    contents=mM({Na: 10.0, K: 140.0, Cl: 10.0, glucose: 0.0}),
    held=mM(FUEL),
    impermeant=bm.balance(charge=-1),
)
ON = membrane_between(CELL, bm.Reservoir("bath", mM(SALINE | {glucose: 5.0})))


def c(name: str) -> sp.Symbol:
    return symbols.concentration(name)


def numbers(e: sp.Expr, **more: float) -> float:
    known = {"R": RT / BODY, "F": F, "T": BODY, "c0": 1e3, "n0": 1.0} | more
    return float(e.subs({s: known[str(s)] for s in e.free_symbols}))


# --- claims of transporters


def test_what_a_leak_claims() -> None:
    (made,) = claims(bm.library.leak(K, ON))
    assert (made.name, made.reaction, made.kind, made.proved) == (
        "K_leak",
        "K⁺@cell ⇌ K⁺@bath",
        "process",
        "proven",
    )
    assert made.levels == (
        Level("K@cell", c("cell.K"), -1, 140.0, 1),
        Level("K@bath", c("bath.K"), 1, 4.5, 1),
    )
    assert (made.charge, made.current, made.unbalanced, made.temperature) == (-1.0, None, "", BODY)
    assert made.voltage == symbols.potential("membrane")
    assert set(made.values) == {"K_leak.permeability", "membrane.area"}
    assert made.values["membrane.area"] == pytest.approx(1.0)  # 100 µm² in units of 10⁻¹⁰ m²
    assert (made.flux, made.conductance) == (None, None)
    at = {"c[cell.K]": 120.0, "c[bath.K]": 6.0, "V[membrane]": -0.05} | made.values
    assert numbers(made.reduced_affinity, **at) == pytest.approx(
        math.log(20) - F * 0.05 / RT, rel=1e-9
    )
    assert made.forward is not None
    assert made.reverse is not None
    assert math.log(numbers(made.forward, **at) / numbers(made.reverse, **at)) == pytest.approx(
        numbers(made.reduced_affinity, **at), rel=1e-9
    )


def test_what_a_hosted_pump_claims() -> None:
    """What is held has its level too, what is empty counts as 1 mM; nothing is proved."""

    def flux(s: Any) -> Any:
        return s.parameter("J", Q(0.2, "fmol/s"), d.FLUX)

    reaction = (
        "3 Na@in + 2 K@out + ATP@in + glucose@in -> 3 Na@out + 2 K@in + ADP@in + Pi@in +"
        " glucose@out"
    )
    (made,) = claims(
        bm.Transporter("pump", reaction, ON, laws.Empirical(flux=flux, reason="as published")),
        300.0,
    )
    z = {"ATP": ATP.charge, "ADP": bm.library.ADP.charge, "Pi": Pi.charge}
    assert {x.name: (str(x.symbol), x.change, x.usual, x.charge) for x in made.levels} == {
        "Na@cell": ("c[cell.Na]", -3, 10.0, 1),
        "K@bath": ("c[bath.K]", -2, 4.5, 1),
        "ATP@cell": ("c[cell.ATP]", -1, 4.0, z["ATP"]),
        "glucose@cell": ("c[cell.glucose]", -1, 1.0, 0),
        "Na@bath": ("c[bath.Na]", 3, 145.0, 1),
        "K@cell": ("c[cell.K]", 2, 140.0, 1),
        "ADP@cell": ("c[cell.ADP]", 1, 0.4, z["ADP"]),
        "Pi@cell": ("c[cell.Pi]", 1, 4.0, z["Pi"]),
        "glucose@bath": ("c[bath.glucose]", 1, 5.0, 0),
    }
    assert (made.proved, made.charge, made.temperature) == ("", -1.0, 300.0)
    assert (made.forward, made.reverse, made.conductance) == (None, None, None)
    assert str(made.net) == str(made.flux) == "pump.J"


def test_what_takes_part_and_stays_has_a_level_without_change() -> None:
    """Na⁺ that is let through by glucose, which is at the end where it was."""

    def flux(s: Any) -> Any:
        P = s.parameter("P", Q(0.1, "fmol/s/mM^2"), d.FLUX / d.CONCENTRATION**2)
        return P * s["glucose@out"] * (s["Na@out"] * sp.exp(-s.u) - s["Na@in"])

    law = laws.Empirical(flux=flux, reason="as published")
    (made,) = claims(
        bm.Transporter("gated", "Na@out + glucose@out -> Na@in + glucose@out", ON, law)
    )
    assert {x.name: x.change for x in made.levels} == {
        "Na@bath": -1,
        "glucose@bath": 0,
        "Na@cell": 1,
    }
    assert "glucose@bath" in {v.name for v in claim_box(made, {}).variables}


def test_onsager_laws_stand_proved_by_their_conductance() -> None:
    made = claims(bm.Transporter("ohm", "Cl@in -> Cl@out", ON, laws.Ohmic(conductance=Q(1, "nS"))))[
        0
    ]
    assert (made.proved, made.charge) == ("onsager", 1.0)
    assert (made.flux, made.forward, made.reverse) == (None, None, None)
    assert made.conductance is not None
    assert made.net == made.conductance * R * T * made.reduced_affinity
    (found,) = bm.audit(made)
    assert (found.verdict, found.text) == ("proven", "J = L·A with L ≥ 0")
    (found,) = bm.audit(replace(made, proved=""))
    assert found.verdict == "consistent"
    assert {
        v.name
        for v in claim_box(
            replace(made, conductance=made.conductance * sp.Symbol("gain", positive=True)), {}
        ).variables
    } >= {"gain"}


def test_a_reaction_within_a_compartment_has_no_voltage() -> None:
    made = claims(
        bm.Transporter(
            "burn", "ATP@cell -> ADP@cell + Pi@cell", CELL, laws.Elementary(rate=Q(1, "fmol/s"))
        )
    )[0]
    assert (made.voltage, made.charge) == (None, 0.0)
    assert "membrane.area" not in made.values
    assert [v.name for v in claim_box(made, {}).variables] == ["ADP@cell", "ATP@cell", "Pi@cell"]


def test_the_area_of_the_membrane_is_the_membranes_own() -> None:
    twice = bm.Membrane(
        "twice",
        inside=ON.inside,
        outside=ON.outside,
        area=Q(200, "um^2"),
        capacitance=Q(1, "uF/cm^2"),
    )
    assert claims(bm.library.leak(K, twice))[0].values["twice.area"] == pytest.approx(
        2 * claims(bm.library.leak(K, ON))[0].values["membrane.area"]
    )


def test_a_model_is_audited_at_its_temperature_and_a_transporter_at_that_of_the_body() -> None:
    leak = bm.library.leak(K, ON)
    assert subjects(leak) == ((leak,), 310.15)
    model = bm.Model("cool", [leak, bm.library.leak(Na, ON)], temperature=Q(15, "degC"))
    declared, temperature = subjects(model)
    assert [x.name for x in declared] == ["K_leak", "Na_leak"]
    assert temperature == pytest.approx(288.15)


def test_how_a_claim_is_written() -> None:
    assert (
        claim("a", {"X@in": (-2, 0, 1.0), "Y@in": (1, 0, 1.0), "Z@in": (-1, 0, 1.0)}).reaction
        == "2 X@in + Z@in ⇌ Y@in"
    )
    assert claim("a", {"X@in": (-2, 0, 1.0)}).reaction == "2 X@in ⇌ ∅"
    made = claim("a", {"X@in": (-2, 0, 1.0)})
    assert (made.name, made.kind, made.voltage, made.temperature) == ("a", "process", None, 310.15)


def test_the_charge_of_a_claim_is_what_appears_inside() -> None:
    terms = {
        "Ca@in": (2, 2, 1.0),
        "Ca@out": (-2, 2, 1.0),
        "Na@inner": (3, 1, 1.0),
        "Cl@in": (1, -1, 1.0),
    }
    made = claim("a", terms, voltage=symbols.potential("m"), energy=sp.Float(5e3))
    assert made.charge == 3
    at = {"c[Ca@in]": 2.0, "c[Ca@out]": 3.0, "c[Na@inner]": 4.0, "c[Cl@in]": 5.0, "V[m]": 0.04}
    chemical = 2 * math.log(2 / 3) + 3 * math.log(4e-3) + math.log(5e-3)
    assert numbers(made.reduced_affinity, **at) == pytest.approx(
        -5e3 / RT - chemical - 3 * F * 0.04 / RT, rel=1e-9
    )
    assert numbers(claim("a", terms).reduced_affinity, **at) == pytest.approx(-chemical, rel=1e-9)


# --- the box and functions over it


def test_the_box_has_every_symbol_of_the_claim_by_name() -> None:
    """Of the affinity, flux, rates and conductance, also where they cancel; not what has a number,
    nor constants and the temperature.
    """
    one, two, three, four, five = sp.symbols("e d c b a", positive=True)
    blank = claim("x", {"X@in": (-1, 0, 3.0), "Y@in": (1, 0, 2.0)})
    known = sp.Symbol("known", real=True) * FARADAY * R * T * c0 * n0 * N_A * (1 + t)
    made = replace(
        blank,
        flux=one * known,
        forward=two + three,
        reverse=three,
        conductance=four,
        reduced_affinity=blank.reduced_affinity * five,
    )
    made = replace(made, values={"known": 2.0}, temperature=299.0)
    seen = claim_box(made, {})
    assert [v.name for v in seen.variables] == ["a", "b", "c", "X@in", "Y@in", "d", "e"]
    assert [str(v.symbol) for v in seen.variables] == sorted(
        ["a", "b", "c[X@in]", "c[Y@in]", "c", "d", "e"]
    )
    assert (seen.temperature, dict(seen.values)) == (299.0, {"known": 2.0})
    pressure = symbols.pressure("cell")
    for symbol, unit in ((pressure, "Pa"), (sp.Symbol("free", real=True), "1"), (one, "1")):
        (v,) = (
            x for x in claim_box(replace(blank, flux=symbol), {}).variables if x.symbol == symbol
        )
        assert (v.name, v.unit) == (str(symbol), unit)


@pytest.mark.parametrize("log", [True, False])
def test_a_variable_and_its_coordinate(log: bool) -> None:
    made = Variable(c("X"), "X", 2.0, 0.5, 8.0, log=log, unit="mM")
    assert made.bounds() == ((math.log(0.5), math.log(8)) if log else (0.5, 8.0))
    assert made.number(math.log(3)) == pytest.approx(3.0 if log else math.log(3))
    here = Box((made,), {}, BODY)
    assert here.bounds.tolist() == [list(made.bounds())]
    assert here.usual.tolist() == [math.log(2) if log else 2.0]
    assert here.with_low_voltage().variables == (made,)
    assert here.sample(7).shape == (1, 7)


def test_a_box_of_nothing() -> None:
    here = Box((), {}, BODY)
    assert here.bounds.shape == (0, 2)
    assert here.usual.shape == (0,)
    assert here.sample(5).shape == (0, 5)
    assert here.with_low_voltage().variables == ()


def test_a_range_by_the_name_of_a_level_has_its_geometric_middle() -> None:
    blank = claim("x", {"X@in": (-1, 0, 3.0), "Y@in": (1, 0, 2.0)}, flux=sp.S.One)
    seen = {
        v.name: (v.usual, v.low, v.high)
        for v in claim_box(blank, {"X@in": (0.1, 1000.0), "V": (-0.1, 0.1)}).variables
    }
    assert seen["X@in"] == (pytest.approx(10.0), 0.1, 1000.0)
    assert seen["Y@in"] == (2.0, pytest.approx(0.2), pytest.approx(20.0))


def test_constants_of_nature_and_of_the_box() -> None:
    """R, F, T, c° in mM, n° = 1 fmol, Avogadro's number of a femtomole, and time 0; parameters by
    name; T last where it varies.
    """
    gain = sp.Symbol("gain")
    here = Box((), {"gain": 7.0}, 300.0)
    e = [R, FARADAY, T, c0, n0, N_A, t, gain, gain * T]
    made = Functions(e, here)(np.zeros((0, 2)))
    due = [8.31446261815324, 96485.33212331, 300.0, 1e3, 1.0, 6.02214076e8, 0.0, 7.0, 2100.0]
    assert made == pytest.approx(np.repeat(np.array(due)[:, None], 2, axis=1), rel=1e-12)
    warm = Functions(e, here, warm=True)
    assert (warm.size, warm.count) == (1, 9)
    assert warm(np.array([[280.0, 320.0]]))[[2, 8]].tolist() == [[280.0, 320.0], [1960.0, 2240.0]]
    slopes = warm.slopes(np.array([[280.0, 320.0]]))
    assert slopes.shape == (9, 1, 2)
    assert slopes[:, 0, 1].tolist() == [0, 0, 1, 0, 0, 0, 0, 0, 7.0]


def test_slopes_are_by_the_coordinate_of_each_variable() -> None:
    """x y² with x plain and y as its logarithm: y² and 2 x y²."""
    x, y = sp.Symbol("x", real=True), sp.Symbol("y", positive=True)
    here = Box(
        (
            Variable(x, "x", 0, -1, 1, log=False, unit="1"),
            Variable(y, "y", 1, 0.1, 10, log=True, unit="1"),
        ),
        {},
        BODY,
    )
    made = Functions([x * y**2, x, sp.Float(3)], here)
    at = np.array([[0.5, -0.3], [math.log(2), math.log(3)]])
    assert made(at) == pytest.approx(np.array([[2.0, -2.7], [0.5, -0.3], [3, 3]]))
    assert made.slopes(at) == pytest.approx(
        np.array([[[4, 9], [4, -5.4]], [[1, 1], [0, 0]], [[0, 0], [0, 0]]])
    )


def test_a_claim_is_not_compared_by_value() -> None:
    made = claim("a", {"X@in": (-1, 0, 1.0)})
    assert isinstance(made, Claim)
    assert made != replace(made)
