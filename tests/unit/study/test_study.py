"""A study tells what is wrong: a number that is off, a law that is not proved, books that are open,
a model that fails.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr
from builders import patch
from hypothesis import given
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane import library as lib
from biomembrane.library import H2O, Cl, H, K, explicit
from biomembrane.results.outcome import summary
from biomembrane.study.answer import answer


def leaking(law=None):
    def parts(on):
        return [
            (
                lib.leak(K, on)
                if law is None
                else bm.Transporter("K_leak", "K@in -> K@out", on=on, law=law)
            )
        ]

    return patch(parts, {K: 40}, {K: 4}, V=0)


# --- numbers


@given(st.floats(-1e6, 1e6), st.floats(0, 1e3), st.floats(-5e3, 5e3))
def test_a_number_is_right_within_its_tolerance(wanted, within, off):
    made = answer(
        "V", "potential", Q(wanted + off, "mV"), Q(wanted / 1000, "V"), Q(within, "mV"), "a paper"
    )
    rounding = 1e-9 * (1 + abs(wanted) + abs(off))
    if abs(abs(off) - within) > rounding:
        assert made.right == (abs(off) < within)
    assert made.off == pytest.approx(off, abs=rounding)


@given(st.floats(-100, 100), st.floats(0, 50), st.floats(-200, 200))
def test_a_range_holds_what_lies_in_it(low, width, value):
    made = answer("c", "", Q(value, "mM"), (Q(low, "mM"), Q(low + width, "mM")), None, "a paper")
    assert made.right == (low <= value <= low + width)
    assert abs(made.off) == pytest.approx(max(low - value, value - low - width, 0), abs=1e-9)


def test_a_share_is_of_what_is_wanted():
    assert answer("a", "", Q(1010, "mV"), Q(1, "V"), 0.011, "s").right
    assert not answer("a", "", Q(1012, "mV"), Q(1, "V"), 0.011, "s").right


def test_nan_is_never_right():
    made = answer("a", "", Q(math.nan, "mV"), Q(1, "V"), 1e9, "s")
    assert not made.right
    assert made.to_dict()["computed"]["value"] is None


def test_an_array_of_one_number_brings_its_unit():
    array = xr.DataArray(-70.0, attrs={"units": "mV"})
    assert answer("V", "", array, Q(-0.07, "V"), 1e-9, "s").right


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"value": 5.0}, errors.BareNumber), ({"value": Q([1, 2], "mV")}, errors.WrongType),
        ({"wanted": Q(1, "mM")}, errors.UnitMismatch),
        ({"wanted": 1.0}, errors.BareNumber), ({"within": None}, errors.NoTolerance),
        ({"within": -0.1}, errors.OutOfDomain),
        ({"within": Q(1, "mM")}, errors.UnitMismatch), ({"source": " "}, errors.MissingSource),
        ({"name": "a b"}, errors.BadName),
        ({"wanted": (Q(2, "mV"), Q(1, "mV")), "within": None}, errors.OutOfDomain),
        ({"wanted": (Q(1, "mV"), Q(2, "mV"))}, errors.WrongType),
        ({"wanted": (Q(1, "mV"),), "within": None}, errors.WrongType),
        ({"wanted": None}, errors.WrongType),
        ({"within": math.inf}, errors.OutOfDomain),
        ({"wanted": Q(math.inf, "mV")}, errors.NotFinite),
        ({"value": Q(37, "degC"), "wanted": Q(37, "degC"), "within": Q(1, "degC")},
            errors.OutOfDomain),
        ({"value": xr.DataArray(5.0)}, errors.BareNumber),
        ({"wanted": Q(0, "V"), "within": 0.1}, errors.NoTolerance),
        ({"within": "5 %"}, errors.UnitMismatch),
    ],
)  # fmt: skip
def test_what_a_number_needs(change, error):
    good = {
        "name": "V",
        "about": "",
        "value": Q(1, "mV"),
        "wanted": Q(1, "mV"),
        "within": 0.1,
        "source": "s",
    }
    with pytest.raises(error) as caught:
        answer(**(good | change))
    assert caught.value.wanted
    assert caught.value.advice


def test_a_tolerance_is_asked_for_in_the_unit_of_the_answer():
    for within in ("5 %", Q(5, "percent"), Q(1, "mM"), -0.1):
        with pytest.raises(errors.BiomembraneError) as caught:
            answer("V", "", Q(1, "mV"), Q(1, "V"), within, "s")
        assert "'mV'" in caught.value.advice
        assert caught.value.where.endswith("within")


# --- arrays: xarray keeps units under arithmetic


@pytest.fixture(scope="module")
def ran():
    study = bm.Study("patch")
    return study, study.run(leaking(), until="1 s")


COMPUTED = {
    "ratio": lambda run: run.data.flux[5, 0] / run.data.flux[0, 0],
    "square": lambda run: run.data.potential[-1, 0] ** 2,
    "mean": lambda run: run.data.potential.mean(),
    "power": lambda run: run.ledger.dissipated[-1] / 3600,
    "group": lambda run: run.ledger.by("transporter")[0, -1] * 2,
    "moved": lambda run: run.data.potential[-1, 0].assign_coords(membrane="membrane", time=0.0),
}


@pytest.mark.parametrize("name", COMPUTED)
def test_what_was_computed_needs_a_unit_of_its_own(name, ran):
    study, run = ran
    value = COMPUTED[name](run)
    assert value.attrs["units"]  # as it was before the arithmetic
    with pytest.raises(errors.UncertainUnit, match="Q\\(float"):
        study.answer(name, value, "")
    with pytest.raises(errors.UncertainUnit):
        study.answer(
            name, Q(1.0, str(value.attrs["units"])), "", wanted=value, within=0.1, source="s"
        )
    study.answer(name, value.assign_attrs(units="W"), "")  # given by the user


@pytest.mark.parametrize("take", [
    lambda run: run.data.potential[-1, 0], lambda run: run.data.flux.isel(time=5, process=0),
    lambda run: run.data.flux.max(),
    lambda run: run.ledger.residual_relative[-1], lambda run: run.ledger.by("transporter")[0, -1],
    lambda run: run.ledger.by("ion")[0, 0, -1],
    lambda run: run.ledger.uphill.duration[0, -1], lambda run: run.ledger.efficiency("K_leak")[-1],
])  # fmt: skip
def test_numbers_of_results_stand_as_they_are(take, ran):
    study, run = ran
    value = take(run)
    name = f"x{len(study.answers)}"
    study.answer(name, value, "")
    made = study.answers[-1].computed
    assert float(made.magnitude) == pytest.approx(float(value), nan_ok=True)


def test_a_run_that_is_not_of_the_study_is_told():
    run = bm.simulate(leaking(), until="1 s")
    with pytest.raises(errors.UncertainUnit, match=r"study\.run"):
        bm.Study("other").answer("V", run.data.potential[-1, 0], "")


# --- studies


def test_the_question_may_be_set_and_is_text():
    study = bm.Study("patch")
    study.question = "Where?"
    study.question = "Where does it rest?"
    with pytest.raises(errors.WrongType):
        study.question = 5


def test_advice_of_a_run_and_of_what_is_hosted():
    with pytest.raises(errors.UnknownName, match="did you mean 'until'"):
        bm.Study("patch").run(leaking(), untill="1 s")
    with pytest.raises(errors.UnknownName, match="it is proven: leave 'K_leak' out"):
        bm.Study("patch").audit(leaking(), hosted={"K_leak": "it is proved"})
    with pytest.raises(errors.UnknownName, match="did you mean 'K_leak'"):
        bm.Study("patch").audit(leaking(), hosted={"K_leek": "as published"})


def test_what_is_no_number_is_said_to_be_none():
    study = bm.Study("patch")
    study.answer("x", Q(math.nan, "mV"), "")
    study.answer("y", Q(math.inf, "mV"), "", wanted=Q(1, "mV"), within=1, source="a paper")
    assert study.misses == [
        "x: is not a number: nan mV",
        "y: is not a number: inf mV, wanted 1 ± 1 (a paper)",
    ]


def test_a_study_keeps_what_it_ran():
    study = bm.Study("patch")
    run = study.run(leaking(), until="1 s")
    study.run(run.model, label="again", until="1 s")
    assert [j.verdict for j in study.audits] == ["proven"]
    assert [r.label for r in study.records] == ["run", "again"]
    assert study.residual < 1e-7
    assert study.misses == []
    with pytest.raises(errors.DuplicateName):
        study.run(run.model, label="again", until="1 s")
    with pytest.raises(errors.BadName):
        study.run(run.model, label="a/b", until="1 s")


def test_a_study_keeps_its_first_ledger_in_print():
    study = bm.Study("patch")
    assert study.printed == ""
    run = study.run(leaking(), until="1 s")
    study.run(run.model, label="later", until="2 s")
    assert str(run.ledger) in study.printed
    assert study.printed.splitlines()[0] == repr(run.model)
    assert f"{float(run.data.potential[-1, 0]):.2f} mV" in study.printed
    assert study.records[1].printed == ""
    study = bm.Study("scan")
    made = study.run(
        leaking(),
        until="1 s",
        parameters={"bath.K": xr.DataArray([2.0, 4.0], dims="K_o", attrs={"units": "mM"})},
    )
    assert str(made.ledger) in study.printed


OH = bm.Species("OH", -1, "OH", standard=Q(80, "kJ/mol"), convention=explicit.CONVENTION)


def test_a_model_without_membranes_has_an_outcome_too():
    place = bm.Compartment(
        "beaker", volume=Q(1, "pL"), contents={s: Q(4, "mM") for s in (H, Cl, K, OH)}
    )
    beaker = bm.Model(
        "beaker",
        [
            bm.Transporter(
                "meeting",
                "H + OH -> H2O",
                place,
                laws.Elementary(rate=Q(1e14, "fmol/s")),
                species=(H2O,),
            )
        ],
    )
    run = bm.simulate(beaker, until="1 s")
    study = bm.Study("beaker")
    study.run(beaker, until="1 s")
    end = float(run.data.concentration.sel(pool="beaker.K")[-1])
    assert study.printed.splitlines()[-2].startswith("at the end  beaker.H ")
    assert f"beaker.K {end:.4g} mM" in study.printed
    assert " mV" not in study.printed
    told = summary(run)
    assert told["potential"] == {}
    assert told["concentration"]["beaker.K"] == {"value": end, "unit": "mM"}


@pytest.mark.parametrize("name", ["name", "answers", "records", "figures", "folder"])
def test_what_a_study_keeps_it_keeps(name):
    study = bm.Study("patch")
    with pytest.raises(errors.BadSettings, match=name):
        setattr(study, name, 5)
    with pytest.raises(errors.WrongType):
        bm.Study(5)


def test_what_is_not_proved_is_a_miss_unless_it_is_named():
    def rate(at, times):
        return lambda s: (
            times * s.parameter("P", Q(1, "um/s"), bm.dimension.PERMEABILITY) * s.area * s[at]
        )

    law = laws.Empirical(
        forward=rate("K@in", 1), reverse=rate("K@out", 2), reason="a slip of the pen"
    )
    model = leaking(law)
    study = bm.Study("patch")
    study.audit(model)
    assert "K_leak" in study.misses[0]
    study = bm.Study("patch")
    study.audit(model, hosted={"K_leak": "as published"})
    assert study.misses == []
    assert study.audits[0].verdict == "proven but for what is hosted"
    with pytest.raises(errors.UnknownName):
        bm.Study("patch").audit(leaking(), hosted={"K_leak": "it is proved"})
    with pytest.raises(errors.MissingSource):
        bm.Study("patch").audit(model, hosted={"K_leak": " "})
    with pytest.raises(errors.BadSettings):
        study.run(model, hosted={"K_leak": "too late"}, until="1 s")


def test_books_that_are_open_are_a_miss(monkeypatch):
    def refuse(_):
        raise errors.BooksDoNotClose(where="ledger", wanted="1e-9", got="1e-3", advice="…")

    monkeypatch.setattr(bm.Ledger, "check", refuse)
    study = bm.Study("patch")
    study.run(leaking(), until="1 s")
    assert "BooksDoNotClose" in study.misses[0]


def test_a_scan_counts_its_lanes():
    study = bm.Study("patch")
    study.run(
        leaking(),
        until="1 s",
        parameters={
            "bath.K": xr.DataArray(np.array([2.0, 4.0, 8.0]), dims="K_o", attrs={"units": "mM"})
        },
    )
    assert study.records[0].lanes == 3


def test_figures_are_figures():
    with pytest.raises(errors.WrongType):
        bm.Study("patch").figure("energy", "energy.svg")
    with pytest.raises(errors.BadName):
        bm.Study("patch").figure(
            "../energy", bm.figures.traces(bm.simulate(leaking(), until="1 s"))
        )
