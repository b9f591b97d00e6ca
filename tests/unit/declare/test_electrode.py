"""Electrodes as declared: what they refuse, how they print, and what they are to the second law."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy
from builders import patch
from clamped import COMMAND, cell, ohmic

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane.declare.checks.certificate import Verdict
from biomembrane.library import K

P = bm.Protocol


def wall(floating: bool = True) -> bm.Membrane:
    inside = bm.Reservoir("cell", {K: Q(140, "mM")}, floating=floating)
    return bm.Membrane(
        "wall", inside=inside, outside=bm.Reservoir("bath", {K: Q(5, "mM")}), area="100 um^2",
        capacitance="1 uF/cm^2",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "kind", "told"),
    [
        ({}, errors.BadSettings, "one of current=… and voltage=…"),
        ({"current": "1 pA", "voltage": "1 mV"}, errors.BadSettings, "current and voltage"),
        ({"current": "1 pA", "series_resistance": "1 Mohm"}, errors.BadSettings, "leave it out"),
        ({"current": 3.0}, errors.BareNumber, "electrode.current"),
        ({"current": "3 mV"}, errors.UnitMismatch, "electrode.current"),
        ({"voltage": "3 pA"}, errors.UnitMismatch, "electrode.voltage"),
        ({"voltage": Q(np.nan, "mV")}, errors.NotFinite, "electrode.voltage"),
        ({"voltage": "1 mV", "series_resistance": "0 ohm"}, errors.OutOfDomain, "series_res"),
        ({"voltage": "1 mV", "series_resistance": "1 S"}, errors.UnitMismatch, "series_res"),
        ({"voltage": "1 mV", "name": "a b"}, errors.BadName, "a b"),
        ({"voltage": P.steps(Q(0, "mV"), (Q(1, "s"), Q(1, "pA")))}, errors.UnitMismatch, "volt"),
        ({"current": P.steps(Q(0, "pA"), (Q(1, "s"), Q(1, "pA/um^2")))}, errors.UnitMismatch, "c"),
        ({"voltage": P.function(lambda t, a: a * t, a=Q(1, "mV"))}, errors.DimensionError, "volt"),
    ],
)
def test_bad_input_is_refused_where_it_is_given(given: Any, kind: Any, told: str) -> None:
    with pytest.raises(kind, match=told):
        bm.Electrode(wall(), **given)


def test_places_that_cannot_be_clamped() -> None:
    with pytest.raises(errors.WrongType, match="a Membrane"):
        bm.Electrode(wall().inside, voltage="1 mV")  # type: ignore[arg-type]
    with pytest.raises(errors.BadPlace, match="floating=True"):
        bm.Electrode(wall(floating=False), voltage="1 mV")
    with pytest.raises(errors.BadPlace, match="no other electrode holds"):
        patch(
            lambda on: [bm.Electrode(on, voltage="1 mV", name=name) for name in ("a", "b")],
            {K: 140}, {K: 5},
        )  # fmt: skip
    with pytest.raises(errors.BadPlace, match="-40 mV, which tip holds"):
        cell(V=-60, voltage="-40 mV")
    assert cell(V=-40, voltage="-40 mV").parameters["membrane.potential"].value == -0.04
    lone = bm.Reservoir("lone", {K: Q(140, "mM")}, floating=True)
    bare = bm.Membrane("bare", inside=lone, outside=wall().outside, area="1 um^2")
    with pytest.raises((errors.NoVoltage, errors.ChargeImbalance)):
        bm.Model("m", [bm.Electrode(bare, voltage="1 mV")])


def test_negative_currents_are_currents() -> None:
    assert bm.Electrode(wall(), current="-3 pA").command.value == pytest.approx(-3e3)


def test_it_prints_travels_and_is_compared_by_content() -> None:
    sine = P.function(lambda t, a, w: a * sympy.sin(w * t), a=Q(5, "mV"), w=Q(9, "1/s"))
    made = [
        bm.Electrode(wall(), current="3 pA"), bm.Electrode(wall(), current="3 pA/um^2"),
        bm.Electrode(wall(), voltage=COMMAND), bm.Electrode(wall(), voltage=sine),
        bm.Electrode(wall(), voltage=P.waveform(Q([0, 1], "s"), Q([0, 1], "mV"))),
        bm.Electrode(wall(), voltage="3 mV", series_resistance="2 ohm*cm^2"),
    ]  # fmt: skip
    for k, e in enumerate(made):
        assert [e == other for other in made] == [i == k for i in range(len(made))]
        assert copy.deepcopy(e) == pickle.loads(pickle.dumps(e)) == e
        assert e.name in repr(e)
        assert "supply" in e._repr_html_()
        assert e._repr_latex_().startswith("$\\displaystyle")
    assert made[3].command.value == 0
    texts = [e._repr_latex_() for e in made]
    assert "I = " in texts[0]
    assert "wall" in texts[1]
    assert "frac" in texts[-1]
    hashes = {bm.Model("m", [ohmic(e.on), e]).hash for e in made[2:5]}
    assert len(hashes) == 3


def test_proofs_and_audits_know_a_supply() -> None:
    kinds: Any = ({"voltage": "3 mV"}, {"voltage": "3 mV", "series_resistance": "2 Mohm"})
    for given in kinds:
        model = cell(**given)
        proof, audit = bm.prove(model), bm.audit(model)
        assert proof["tip"].verdict is Verdict.SUPPLY
        assert proof.holds
        assert "supply" in str(audit)
        assert audit.verdict is Verdict.PROVEN
        assert bm.audit(model.electrodes[0]).verdict is Verdict.SUPPLY
        assert bm.prove(model.electrodes[0]).verdict is Verdict.SUPPLY
        assert model.electrodes[0].certificate.verdict in model._repr_html_()
    with pytest.raises(errors.WrongType):
        bm.coupling(model.electrodes[0])  # type: ignore[arg-type]
    report = bm.testing.check_model(cell(voltage="3 mV"), examples=3)
    assert report.checked["books_close"]


def test_its_current_is_saved_and_a_run_goes_on(tmp_path: Path) -> None:
    run = bm.simulate(cell(voltage=COMMAND), until=Q(4, "ms"))
    bm.save(run, tmp_path / "run.nc")
    back = bm.open_run(tmp_path / "run.nc")
    np.testing.assert_array_equal(back.data.electrode_current, run.data.electrode_current)
    assert back.data.electrode_current.attrs["long_name"].startswith("current of the electrode")
    assert str(back.ledger) == str(run.ledger)
    back.ledger.check()
    later = bm.simulate(run.model, until=Q(1, "ms"), start=back)
    np.testing.assert_allclose(later.data.potential, -20, rtol=1e-12)
    kept = bm.simulate(run.model, until=Q(4, "ms"), keep=["electrode_current", "ledger_electrodes"])
    np.testing.assert_array_equal(kept.data.electrode_current, run.data.electrode_current)
    kept.ledger.check()
    other = bm.simulate(run.model, until=Q(1, "ms"), parameters={"tip.voltage": Q(7, "mV")})
    np.testing.assert_allclose(other.data.potential, 7, rtol=1e-14)


def test_scipy_says_that_it_has_no_mass_matrix() -> None:
    """And solves the same with a series resistance."""
    with pytest.raises(errors.BiomembraneError):
        bm.simulate(cell(voltage="3 mV"), until="1 ms", solver=bm.solvers.SciPy())
    model = cell(V=-60, voltage="3 mV", series_resistance="50 Mohm")
    ours, theirs = (bm.simulate(model, until="3 ms", solver=s) for s in (None, bm.solvers.SciPy()))
    np.testing.assert_allclose(theirs.data.potential, ours.data.potential, rtol=1e-6)
    theirs.ledger.check()
