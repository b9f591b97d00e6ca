"""A study tells what is wrong: a number that is off, a law that is not proved, books that are open, a model that fails."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from builders import patch
from hypothesis import given
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane import library as lib
from biomembrane.cli import main
from biomembrane.library import K
from biomembrane.study.answer import answer
from biomembrane.study.reproduce import perform, reproduce

FILE = '''
"""A patch with one leak."""
import biomembrane as bm
from biomembrane import Q
from biomembrane.library import Cl, K

QUESTION = "Where does V come to rest?"

def build():
    bath = bm.Reservoir("bath", {{K: Q(4, "mM"), Cl: Q(4, "mM")}})
    cell = bm.Compartment("cell", volume=Q(1, "pL"), contents={{K: Q(40, "mM"), Cl: Q(40, "mM")}})
    membrane = bm.Membrane("membrane", inside=cell, outside=bath, area=Q(100, "um^2"), capacitance=Q(1, "uF/cm^2"))
    return bm.Model("patch", [bm.library.leak(K, membrane)], potential={{membrane: Q(0, "mV")}})

def reproduce(study):
    run = study.run(build(), until="1 s")
    study.answer("V", run.data.potential[-1, 0], "potential", wanted=Q({wanted}, "mV"), within=Q(0.5, "mV"), source="Nernst")
    {more}
'''


def leaking(law=None):
    def parts(on):
        return [lib.leak(K, on) if law is None else bm.Transporter("K_leak", "K@in -> K@out", on=on, law=law)]

    return patch(parts, {K: 40}, {K: 4}, V=0)


def written(folder: Path, *, wanted: float = -61.54, more: str = "") -> Path:
    (folder / "patch").mkdir(exist_ok=True)
    path = folder / "patch" / "model.py"
    path.write_text(FILE.format(wanted=wanted, more=more), "utf-8")
    return path


# --- numbers


@given(st.floats(-1e6, 1e6), st.floats(0, 1e3), st.floats(-5e3, 5e3))
def test_a_number_is_right_within_its_tolerance(wanted, within, off):
    made = answer("V", "potential", Q(wanted + off, "mV"), Q(wanted / 1000, "V"), Q(within, "mV"), "a paper")
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
        ({"value": 5.0}, errors.BareNumber), ({"value": Q([1, 2], "mV")}, errors.WrongType), ({"wanted": Q(1, "mM")}, errors.UnitMismatch),
        ({"wanted": 1.0}, errors.BareNumber), ({"within": None}, errors.WrongType), ({"within": -0.1}, errors.OutOfDomain),
        ({"within": Q(1, "mM")}, errors.UnitMismatch), ({"source": " "}, errors.OutOfDomain), ({"name": "a b"}, errors.BadName),
        ({"wanted": (Q(2, "mV"), Q(1, "mV")), "within": None}, errors.OutOfDomain), ({"wanted": (Q(1, "mV"), Q(2, "mV"))}, errors.WrongType),
        ({"wanted": (Q(1, "mV"),), "within": None}, errors.WrongType), ({"wanted": None}, errors.WrongType),
        ({"within": math.inf}, errors.OutOfDomain),
        ({"wanted": Q(math.inf, "mV")}, errors.NotFinite),
        ({"value": Q(37, "degC"), "wanted": Q(37, "degC"), "within": Q(1, "degC")}, errors.OutOfDomain),
        ({"value": xr.DataArray(5.0)}, errors.UnknownName),
    ],
)  # fmt: skip
def test_what_a_number_needs(change, error):
    good = {"name": "V", "about": "", "value": Q(1, "mV"), "wanted": Q(1, "mV"), "within": 0.1, "source": "s"}
    with pytest.raises(error) as caught:
        answer(**(good | change))
    assert caught.value.wanted
    assert caught.value.advice


# --- studies


def test_a_study_keeps_what_it_ran():
    study = bm.Study("patch")
    run = study.run(leaking(), until="1 s")
    study.run(run.model, label="again", until="1 s")
    assert [j.verdict for j in study.audits] == ["proven"]
    assert [r.label for r in study.records] == ["run", "again"]
    assert study.residual < 1e-7
    assert study.misses == []
    with pytest.raises(errors.BadName):
        study.run(run.model, label="again", until="1 s")


def test_what_is_not_proved_is_a_miss_unless_it_is_named():
    def rate(at, times):
        return lambda s: times * s.parameter("P", Q(1, "um/s"), bm.dimension.PERMEABILITY) * s.area * s[at]

    law = laws.Empirical(forward=rate("K@in", 1), reverse=rate("K@out", 2), reason="a slip of the pen")
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
    study.run(leaking(), until="1 s", parameters={"bath.K": xr.DataArray(np.array([2.0, 4.0, 8.0]), dims="K_o", attrs={"units": "mM"})})
    assert study.records[0].lanes == 3


def test_figures_are_figures():
    with pytest.raises(errors.WrongType):
        bm.Study("patch").figure("energy", "energy.svg")
    with pytest.raises(errors.BadName):
        bm.Study("patch").figure("../energy", bm.figures.traces(bm.simulate(leaking(), until="1 s")))


# --- the command


def test_a_study_of_ones_own(tmp_path, capsys):
    path = written(tmp_path, more='study.figure("traces", bm.figures.traces(run))')
    assert main(["reproduce", "--only", str(path), "--out", str(tmp_path / "out"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["held"]
    assert found["models"][0]["model"] == "patch"
    assert {p.name for p in (tmp_path / "out" / "patch").iterdir()} == {"run.nc", "traces.svg", "traces.pdf"}
    assert "data:image/svg+xml" in (tmp_path / "out" / "index.html").read_text("utf-8")
    assert json.loads((tmp_path / "out" / "results.json").read_text("utf-8")) == found


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"wanted": -60}, "V: −61.5"),
        ({"more": "raise RuntimeError('no such curve')"}, "no such curve"),
        ({"more": "study.run(0, label='x')"}, "WrongType"),
        ({"more": "raise SystemExit(0)"}, "SystemExit"),
        ({"more": "study.answers.clear()"}, "no number"),
        ({"more": "study.answer('x', Q(float('nan'), 'mV'), 'x')"}, "nan"),
    ],
)
def test_a_miss_is_told_and_ends_with_1(tmp_path, capsys, options, words):
    path = written(tmp_path, **options)
    assert main(["reproduce", "--only", str(path), "--out", str(tmp_path / "out")]) == 1
    shown = capsys.readouterr().out
    assert words in shown
    assert "missed: patch" in shown


def test_a_name_that_is_no_study(tmp_path, capsys):
    assert main(["reproduce", "--only", "enterocite", "--out", str(tmp_path)]) == 2
    assert "enterocyte" in capsys.readouterr().err
    path = written(tmp_path)
    path.write_text(path.read_text("utf-8").partition("def reproduce")[0], "utf-8")
    with pytest.raises(errors.UnknownName):
        perform(str(path), None)


def test_two_of_one_name_do_not_share_a_folder(tmp_path):
    paths = [str(written(tmp_path / k)) for k in ("a", "b") if not (tmp_path / k).mkdir()]
    results = reproduce(paths, out=tmp_path / "out", jobs=1)
    assert len({f for r in results for f in r["files"]}) == sum(len(r["files"]) for r in results) == 2
