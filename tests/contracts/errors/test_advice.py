"""Advice that can be followed as it stands: what a user did, what was said, and that what was said
works.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp
from mistakes import (
    CYTOSOL,
    FUEL,
    Mistake,
    caught,
    cell,
    judge,
    membrane,
    model,
    sound,
    table,
    transporter,
)

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane import dimension as d
from biomembrane import errors as e
from biomembrane import library as lib
from biomembrane.library import ADP, ATP, Pi

MM, MIN = Q(5, "mM"), Q(1, "min")
HALF = laws.Saturable(maximum=Q(1, "fmol/s"), half={"Na": Q(1, "mM")})
WRONG_SIDE = membrane(inside=cell(held={}), outside=cell(name="other", held=FUEL), capacitance=None)


def given(flux: Any, **more: Any) -> bm.Transporter:
    return transporter(law=laws.Empirical(flux=flux, **{"reason": "as published", **more}))


def run(**more: Any) -> bm.Run:
    return bm.simulate(sound(), **{"until": "1 s", **more})


def stepped(**more: Any) -> bm.Cycle:
    one = {"forward": "1 1/s", "reverse": "1 1/s"}
    return bm.Cycle(
        "pair", membrane(), density="1 1/um^2", states="A B", close=["B <-> A + Na@in"],
        steps=[("A + Na@out <-> B", {"forward": "1 1/s/mM", "reverse": "1 1/s"} | more),
            ("B <-> A + Na@in", one)],
    )  # fmt: skip


def other_run() -> bm.Run:
    on = membrane(inside=cell(contents={**CYTOSOL, bm.Species("dye"): MM}))
    return bm.simulate(model(transporter(on=on)), until="1 s")


ROWS = table(
    {
        "NaKATPase": [
            (
                "no fuel", lambda: lib.NaKATPase(membrane(inside=cell(held={}))), e.MissingSpecies,
                "NaKATPase", "ATP and ADP and Pi in cell",
                "contents: Na",
                ("add ATP: Q(4, 'mM'), ADP: Q(0.4, 'mM'), Pi: Q(4, 'mM') to held= of cell",
                    "metabolism"),
            ),
            (
                "fuel on the wrong side", lambda: lib.NaKATPase(WRONG_SIDE), e.MissingSpecies,
                "NaKATPase", "in cell",
                "contents", "ATP and ADP and Pi stands in other, on the other side of membrane",
            ),
        ],
        "Transporter": [
            (
                "half of what is needed", lambda: transporter("Na@in + Cl@in -> Na@out + Cl@out",
                HALF), e.MissingSpecies,
                "half=", "Cl@in and Cl@out", "'Na' only",
                "add 'Cl@in': Q(1, 'mM'), 'Cl@out': Q(1, 'mM') to half=",
            ),
            ("no reason", lambda: given(lambda s: s.parameter("J", "1 fmol/s", d.FLUX), reason=""),
                e.MissingSource, "reason", "why", "''", "="),
            ("no dimension", lambda: given(lambda s: s.parameter("J", "1 fmol/s")), e.WrongType,
                "K_leak.J", "a dimension", "None", "'J', …, bio"),
            ("a branch", lambda: given(lambda s: 1 if s.u > 0 else 0), e.WrongType, "flux",
                "evaluated once", "truth value", "in place of if"),
            (
                "pieces without an end", lambda: given(lambda s: sp.Piecewise((1, s.u > 0))),
                e.UnknownName, "flux", "all other cases", "Piecewise((1,", "(…, True)",
            ),
            (
                "a step", lambda: given(lambda s: sp.Heaviside(s.u)), e.UnknownName,
                "flux", "compiled", "Heaviside", "in place of if: sympy.Piecewise",
            ),
        ],
        "Cycle": [("a valence misspelt", lambda: stepped(valance=1), e.BadCycle,
            "'A + Na@out <-> B'", "'valence'", "'valance'", "mean 'valence'")],
        "Protocol.steps": [
            ("value first", lambda: bm.Protocol.steps(MM, (MM, MIN)), e.BadSettings, "steps",
                "(time, value)", "(5 mM, 1 min)", "(1 min, 5 mM)"),
            ("times that go back", lambda: bm.Protocol.steps(MM, (2 * MIN, MM), (MIN, MM)),
                e.BadSettings, "steps", "go back", "2 min, 1 min", "Q("),
        ],
        "Protocol.ramps": [
            ("times that go back", lambda: bm.Protocol.ramps(("2 min", MM), ("90 s", MM)),
                e.BadSettings, "ramps", "go back", "'90 s'", "Q("),
        ],
        "prepare": [
            (
                "degrees", lambda: bm.prepare(sound(), until="1 s", vary={"temperature": "degC"}),
                e.BadSettings,
                "vary=", "absolute zero", "'degC'", "{'temperature': 'kelvin'}",
            ),
        ],
        "simulate": [
            ("times of numpy", lambda: run(until=None, times=np.array([1, 2])), e.BareNumber,
                "times=", "'s'", "[1 2]", "Q([1, 2], 's')"),
            (
                "times each in text", lambda: run(until=None, times=["1 min", "90 s"]),
                e.NotANumber,
                "times=", "one unit for all", "'90 s'", "times=Q([1, 1.5], 'minute')",
            ),
            ("a run of other pools", lambda: run(start=other_run()), e.BadSettings, "start=",
                "same pools", "Run of", "cell.dye is in one"),
            ("a dataset", lambda: run(start=other_run().data), e.WrongType, "start=", "a run",
                "Dataset", "bm.open_run('run.nc')"),
            ("coulombs", lambda: run(parameters={"temperature": "37 C"}), e.UnitMismatch,
                "temperature", "'degC'", "coulombs", "Q(37, 'degC')"),
        ],
    }
)  # fmt: skip


@pytest.mark.parametrize("mistake", ROWS, ids=str)
def test_mistake(mistake: Mistake) -> None:
    judge(mistake)


def test_held_fuel_as_advised_drives_the_pump() -> None:
    fuel = {ATP: Q(4, "mM"), ADP: Q(0.4, "mM"), Pi: Q(4, "mM")}
    on = membrane(inside=cell(held=fuel))
    made = bm.simulate(bm.Model("fed", [lib.NaKATPase(on)], potential={on: "-60 mV"}), until="1 s")
    assert float(made.data.flux[-1, 0]) > 0


def test_half_saturations_as_advised_are_enough() -> None:
    law = laws.Saturable(
        maximum=Q(1, "fmol/s"), half={"Na": Q(1, "mM"), "Cl@in": Q(1, "mM"), "Cl@out": Q(1, "mM")}
    )
    assert transporter("Na@in + Cl@in -> Na@out + Cl@out", law).certificate.verdict == "proven"


def test_a_negative_number_of_a_ready_law_is_a_sign_and_of_a_law_of_ones_own_may_be_a_domain() -> (
    None
):
    ready = caught(lambda: transporter(law=laws.GHK(permeability="-1e-7 cm/s")))
    own = caught(lambda: given(lambda s: s.parameter("J", "-1 fmol/s", d.FLUX)))
    assert ready.advice == "check the sign"
    assert "domain='real'" in own.advice
    assert (
        given(lambda s: s.parameter("J", "-1 fmol/s", d.FLUX, domain="real")).certificate.verdict
        == "exempt"
    )


def test_laws_of_one_number_take_it_without_its_name() -> None:
    for law, same in (
        (laws.GHK, "permeability"),
        (laws.Ohmic, "conductance"),
        (laws.Elementary, "rate"),
        (laws.Onsager, "coefficient"),
    ):
        assert law("1 x") == law(**{same: "1 x"})
    assert transporter(law=laws.GHK("1e-7 cm/s")).parameters["K_leak.permeability"].quantity.to(
        "cm/s"
    ).magnitude == pytest.approx(1e-7)


def test_breaks_at_one_time_and_breaks_by_lane_are_no_mistake() -> None:
    assert bm.Protocol.ramps((MIN, MM), (MIN, 2 * MM)).kind == "ramps"
