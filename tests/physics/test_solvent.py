"""The solvent in reactions and steps: unit activity e^{vP/RT}, never a solute; participants named
as the reaction names them.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
import sympy as sp

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane import dimension as d
from biomembrane import library as lib
from biomembrane.constants import BODY_TEMPERATURE, GAS
from biomembrane.library import H2O, Na, glucose
from biomembrane.symbols import R, T, c0

RT = GAS * BODY_TEMPERATURE
V_W = float(H2O.molar_volume.quantity.to("m^3/mol").magnitude)
ESTER = bm.Species("Ester", formula="C4H8O2")
ACID = bm.Species("Acid", formula="C2H4O2")
ALCOHOL = bm.Species("Alcohol", formula="C2H6O", standard=Q(-5, "kJ/mol"), convention="own")
HALF = {s: Q(20, "mM") for s in ("Ester", "Acid", "Alcohol")}


LAWS = {
    "elementary": lambda: laws.Elementary(rate=Q(1e4, "fmol/s")),
    "saturable": lambda: laws.Saturable(maximum=Q(30, "fmol/s"), half=HALF),
    "common": lambda: laws.Saturable(maximum=Q(30, "fmol/s"), half=HALF, binding="common"),
    "onsager": lambda: laws.Onsager(coefficient=Q(1e-19, "mol^2/J/s")),
}


def hydrolysis(law: Any) -> bm.Transporter:
    vat = bm.Compartment(
        "vat",
        volume=Q(1, "pL"),
        contents={ESTER: Q(100, "mM"), ACID: Q(5, "mM"), ALCOHOL: Q(5, "mM")},
    )
    return bm.Transporter(
        "split", "Ester@vat + H2O@vat -> Acid@vat + Alcohol@vat", vat, law, species=(H2O,)
    )


@pytest.mark.parametrize("law", LAWS)
def test_hydrolysis_comes_to_rest_where_water_has_its_activity(law: str) -> None:
    """Acid·alcohol/(ester·a_w) = K with ln a_w = −v Σc, whatever the law; the water that is used up
    leaves the volume.
    """
    run = bm.simulate(bm.Model("x", [hydrolysis(LAWS[law]())]), until="1 hour")
    run.ledger.check()
    c = {n: q.to("M").magnitude for n, q in run.final("concentration").items()}
    activity = math.exp(-V_W * 1000 * sum(c.values()))
    assert c["vat.Acid"] * c["vat.Alcohol"] / (c["vat.Ester"] * activity) == pytest.approx(
        math.exp(5000 / RT), rel=1e-5
    )
    split = run.final("amount")["vat.Acid"].to("fmol").magnitude - 5
    assert 1 - run.final("volume")["vat"].to("pL").magnitude == pytest.approx(V_W * split, rel=1e-9)


def test_a_pair_that_reads_water_is_proved() -> None:
    """site["H2O@vat"] is a pure number; with it a mass-action pair keeps detailed balance, without
    it it does not.
    """

    def reverse(s: Any) -> Any:
        constant = c0 * sp.exp(-s.energy(s.participants[-1]) / (R * T))
        return (
            s.parameter("k", Q(1, "pL/s"), d.VOLUME / d.TIME)
            * s["Acid@vat"]
            * s["Alcohol@in"]
            / constant
        )

    def forward(s: Any) -> Any:
        return s.parameter("k", Q(1, "pL/s"), d.VOLUME / d.TIME) * s["Ester@vat"] * s["H2O@vat"]

    made = hydrolysis(laws.Pair(forward=forward, reverse=reverse))
    assert made.certificate.verdict == "proven"
    with pytest.raises((errors.SecondLawViolation, errors.SecondLawUndecided)):
        hydrolysis(laws.Pair(forward=lambda s: forward(s) / s["H2O@in"], reverse=reverse))


def test_books_count_the_water_that_reacts() -> None:
    """Hydrolysis in a cell that drinks through its membrane from a bath: the row of the reaction
    sums to its heat, and the books close.
    """
    salt = bm.Species("Salt")
    inside = bm.Compartment(
        "vat",
        volume=Q(1, "pL"),
        contents={ESTER: Q(100, "mM"), ACID: Q(5, "mM"), ALCOHOL: Q(5, "mM")},
    )
    on = bm.Membrane(
        "m", inside=inside, outside=bm.Reservoir("bath", {salt: Q(180, "mM")}), area=Q(100, "um^2")
    )
    split = bm.Transporter(
        "split",
        "Ester@vat + H2O@vat -> Acid@vat + Alcohol@vat",
        inside,
        LAWS["elementary"](),
        species=(H2O,),
    )
    run = bm.simulate(bm.Model("x", [split, lib.water(on)]), until="1 min")
    run.ledger.check()
    row = run.ledger.flow.isel(time=-1)
    mine = float(row.where(row.process == "split", drop=True).sum())
    assert mine == pytest.approx(float(run.ledger.dissipation.sel(process="split")[-1]), rel=1e-6)


def test_a_step_that_carries_water_is_refused_in_words() -> None:
    on = bm.Membrane(
        "m",
        inside=bm.Reservoir("a", {Na: Q(1, "mM")}),
        outside=bm.Reservoir("b", {Na: Q(1, "mM")}),
        area=Q(1, "um^2"),
    )
    one = {"forward": Q(3, "1/s"), "reverse": Q(2, "1/s")}
    steps = [("A + H2O@out <-> B", one), ("B <-> A + H2O@in", one)]
    with pytest.raises(errors.BiomembraneError, match="leave water out"):
        bm.Cycle("pore", on, density=Q(1, "fmol"), states="A B", steps=steps, species=(H2O,))


@pytest.mark.parametrize("what", ["contents", "held", "impermeant", "bath"])
def test_water_is_no_solute_of_any_place(what: str) -> None:
    """Not the library's, nor one of one's own that has the formula of water or a molar volume."""
    own = bm.Species("W", formula="H2O"), bm.Species("solvent", molar_volume=Q(40, "cm^3/mol"))
    for species in (H2O, *own):
        inside = {species: Q(55, "M")}
        with pytest.raises(errors.WrongType, match="the solvent"):
            (
                bm.Reservoir("b", inside)
                if what == "bath"
                else bm.Compartment("c", volume=Q(1, "pL"), **{what: inside})
            )


def test_a_solute_is_no_solvent() -> None:
    on = bm.Membrane(
        "m",
        inside=bm.Reservoir("a", {Na: Q(1, "mM")}),
        outside=bm.Reservoir("b", {Na: Q(1, "mM")}),
        area=Q(1, "um^2"),
    )
    with pytest.raises(errors.WrongType, match="molar volume"):
        bm.Transporter(
            "t", "Na@in -> Na@out", on, laws.GHK(permeability=Q(1e-6, "cm/s")), species=(Na,)
        )


# --- names


@pytest.mark.parametrize(
    "words", [("Acid@vat", "Ester@in"), ("vat.Acid", "Ester@vat"), ("Acid", "vat.Ester")]
)
def test_half_saturations_go_by_any_name_of_a_participant(words: tuple[str, str]) -> None:
    """By place, by side, dotted, or by the species: the law is the same."""
    named = laws.Saturable(
        maximum=Q(30, "fmol/s"),
        half={words[0]: Q(20, "mM"), words[1]: Q(20, "mM"), "Alcohol@vat": Q(20, "mM")},
    )
    runs = [
        bm.simulate(bm.Model("x", [hydrolysis(law)]), until="3 s")
        .final("amount")["vat.Acid"]
        .magnitude
        for law in (named, LAWS["saturable"]())
    ]
    assert runs[0] == runs[1]


def test_by_place_at_a_membrane() -> None:
    """What a reaction calls glucose@blood its law may call so, in half= and in site[…]."""
    on = bm.Membrane(
        "m", inside=bm.Compartment("cell", volume=Q(1, "pL"), contents={glucose: Q(1, "mM")}),
        outside=bm.Reservoir("blood", {glucose: Q(5, "mM")}), area=Q(1, "um^2"),
    )  # fmt: skip
    law = laws.Saturable(
        maximum=Q(1, "fmol/s"), half={"glucose@blood": Q(5, "mM"), "glucose@cell": Q(17, "mM")}
    )
    made = bm.Transporter(
        "g",
        "glucose@blood -> glucose@cell",
        on,
        law,
        modulator=lambda s: s["glucose@cell"] / s["glucose@in"],
    )
    assert made.certificate.verdict == "proven"
    assert [p.value for n, p in made.parameters.items() if "half" in n] == [5, 17]


def test_a_leak_is_called_as_it_is_named() -> None:
    """Its name is its label; without one it is the species'; a species without a number is asked
    for one in words.
    """
    on = bm.Membrane(
        "m",
        inside=bm.Reservoir("a", {Na: Q(1, "mM"), lib.Ca: Q(1, "mM")}),
        outside=bm.Reservoir("b", {Na: Q(1, "mM")}),
        area=Q(1, "um^2"),
    )
    assert [lib.leak(Na, on, name=n).label for n in ("ENaC", "", "NALCN_2")] == [
        "ENaC",
        "Na⁺ leak",
        "NALCN_2",
    ]
    for species in (lib.Ca, glucose, bm.Species("Na", 0)):
        with pytest.raises(errors.MissingSource, match=r"permeability=Q\("):
            lib.leak(species, on)
    with pytest.raises(errors.WrongType, match="a Species"):
        lib.leak("Na", on)
