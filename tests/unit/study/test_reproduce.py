"""Whatever a study does to its process, to standard output or to what it keeps: it is a miss of
that study, and the others are told.
"""

from __future__ import annotations

import json
import os
import re
import sys
from html import escape
from pathlib import Path

import pytest

from biomembrane import errors
from biomembrane.cli import main
from biomembrane.study import workers
from biomembrane.study.perform import Asked, asked, perform, studies
from biomembrane.study.report import ROUNDING, books, page, table
from biomembrane.study.reproduce import reproduce

FILE = '''
"""A patch with one leak."""
import biomembrane as bm
from biomembrane import Q
from biomembrane.library import Cl, K

QUESTION = "Where does V come to rest?"

def build():
    bath = bm.Reservoir("bath", {{K: Q(4, "mM"), Cl: Q(4, "mM")}})
    cell = bm.Compartment("cell", volume=Q(1, "pL"), contents={{K: Q(40, "mM"), Cl: Q(40, "mM")}})
    size = {{"area": Q(100, "um^2"), "capacitance": Q(1, "uF/cm^2")}}
    membrane = bm.Membrane("membrane", inside=cell, outside=bath, **size)
    return bm.Model("patch", [bm.library.leak(K, membrane)], potential={{membrane: Q(0, "mV")}})

def reproduce(study):
    run = study.run(build(), until="1 s")
    wanted = {{"wanted": Q({wanted}, "mV"), "within": Q(0.5, "mV"), "source": "Nernst"}}
    study.answer("V", run.data.potential[-1, 0], "potential", **wanted)
    {more}
'''


def written(folder: Path, *, wanted: float = -61.54, more: str = "") -> Path:
    path = folder / "patch" / "model.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(FILE.format(wanted=wanted, more=more), "utf-8")
    return path


MISSES = {  # what a study does, and what is told
    "off": ({"wanted": -60}, r"V: −61\.5"),
    "raises": (
        {"more": "raise RuntimeError('no such curve')"},
        r"RuntimeError in model\.py line \d+: no such curve",
    ),
    "wrong": ({"more": "study.run(0, label='x')"}, "WrongType"),
    "leaves": ({"more": "raise SystemExit(0)"}, "SystemExit"),
    "clears": ({"more": "study.answers.clear()"}, "no number"),
    "nan": ({"more": "study.answer('x', Q(float('nan'), 'mV'), 'x')"}, "nan"),
    "mute": (
        {
            "more": (
                "raise type('Mute', (Exception,), {'__str__': lambda e: 1 / 0, '__repr__': lambda"
                " e: 1 / 0})()"
            )
        },
        "Mute .*cannot be printed",
    ),
    "renames": ({"more": "study.name = 5"}, "BadSettings.*study.name = 5"),
    "stuffs": (
        {"more": "study.answers.append(5)"},
        "its results cannot be written as JSON: AttributeError",
    ),
    "draws": (
        {"more": "study.figure('odd', type('Odd', (), {'savefig': lambda *_, **__: 1 / 0})())"},
        "figure odd: ZeroDivisionError",
    ),
}
ENDS = {  # what a study does to its process
    "exits": ("os._exit(0)", "its process ended with exit status 0"),
    "killed": ("os.kill(os.getpid(), 9)", "its process ended with SIGKILL"),
    "interrupts": ("raise KeyboardInterrupt", "KeyboardInterrupt ended it"),
    "writes": (
        "os.write(1, b'noise'); os.system('echo noise'); print('noise'); raise ValueError('loud')",
        "loud",
    ),
}


@pytest.fixture
def in_process(monkeypatch):
    """Studies in this process: no second one is to be started."""

    def performed(chosen, jobs):
        assert jobs >= 1
        return (
            (k, perform(each.model, each.folder, ("svg",), name=each.name))
            for k, each in enumerate(chosen)
        )

    monkeypatch.setattr(sys.modules["biomembrane.study.reproduce"], "perform_all", performed)


@pytest.mark.usefixtures("in_process")
def test_a_study_of_ones_own(tmp_path, capsys):
    path, out = (
        written(tmp_path, more='study.figure("traces", bm.figures.traces(run))'),
        tmp_path / "out",
    )
    assert main(["reproduce", "--only", str(path), "--out", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["held"]
    assert found["models"][0]["model"] == "patch"
    assert found["models"][0]["printed"].startswith("<Model 'patch'")
    assert {p.name for p in (out / "patch").iterdir()} == {"run.nc", "traces.svg"}
    assert "data:image/svg+xml" in (out / "index.html").read_text("utf-8")
    assert json.loads((out / "results.json").read_text("utf-8")) == found


@pytest.mark.usefixtures("in_process")
def test_a_miss_is_told_and_ends_with_1(tmp_path, capsys, monkeypatch):
    """One call for all of them; the ledger of the first is printed, and no other."""
    monkeypatch.chdir(tmp_path)
    for k, (how, _) in MISSES.items():
        written(Path(), **how).replace(f"{k}.py")
    assert main(["reproduce", "--only", *(f"{k}.py" for k in MISSES), "--out", "out"]) == 1
    shown, results = (
        capsys.readouterr().out,
        json.loads(Path("out/results.json").read_text("utf-8"))["models"],
    )
    assert [r["model"] for r in results] == list(MISSES)
    told = {r["model"]: " ".join(r["misses"]) for r in results}
    assert {
        k: told[k]
        for k, (_, words) in MISSES.items()
        if not re.search(words.replace("model", k), told[k])
    } == {}
    assert all(r["misses"][0] in shown for r in results)
    assert f"missed: {', '.join(MISSES)}\n" in shown
    assert shown.index("energy ledger of patch") < shown.index("off: MISSED")
    assert shown.count("energy ledger") == 1
    assert [len(r["answers"]) for r in results if r["model"] in ("raises", "leaves", "mute")] == [
        1,
        1,
        1,
    ]


def test_an_error_keeps_its_five_parts(tmp_path):
    """In the table, on the page, and as fields."""
    result = perform(
        str(written(tmp_path, more="study.run(build(), label='b', untill='1 s')")), None
    )
    error = result["errors"][0]
    assert {k: error[k] for k in ("kind", "headline", "got")} == {
        "kind": "UnknownName",
        "headline": "nothing has this name",
        "got": "'untill'",
    }
    assert error["said"] == result["misses"][0]
    for part in ("where", "wanted", "try"):
        assert error[part]
        assert f"      {part:<7} {error[part]}\n" in table([result]) + "\n"
        assert f"<dt>{part}</dt><dd>{escape(error[part])}</dd>" in page([result], 1.0)


def test_a_question_may_stand_at_the_head_of_the_file_or_be_set(tmp_path):
    path = written(tmp_path)
    text = path.read_text("utf-8").replace('QUESTION = "Where does V come to rest?"', "")
    path.write_text(text, "utf-8")
    assert perform(str(path), None)["question"] == "A patch with one leak."
    path.write_text(f"{text}\n    study.question = 'Which V?'\n", "utf-8")
    assert perform(str(path), None)["question"] == "Which V?"


@pytest.mark.skipif(os.name != "posix", reason="signals and descriptors of POSIX")
def test_what_ends_a_process_ends_no_other_study(tmp_path, capfd, monkeypatch):
    """And standard output is the one object, whatever is written there."""
    monkeypatch.chdir(tmp_path)
    right = (
        "import biomembrane as bm; study.answer('x', bm.Q(1, 'mV'), 'x', wanted=bm.Q(1, 'mV'),"
        " within=0.1, source='s')"
    )
    for k, how in {**{k: how for k, (how, _) in ENDS.items()}, "good": right}.items():
        Path(f"{k}.py").write_text(
            f"import os\n\n\ndef build():\n    pass\n\n\ndef reproduce(study):\n    {how}\n"
        )
    assert (
        main(
            [
                "reproduce",
                "--only",
                *(f"{k}.py" for k in ENDS),
                "good.py",
                "--out",
                "out",
                "--jobs",
                "1",
                "--json",
            ]
        )
        == 1
    )
    results = {r["model"]: r for r in json.loads(capfd.readouterr().out)["models"]}
    assert list(results) == [*ENDS, "good"]
    assert results["good"]["misses"] == []
    assert results["good"]["answers"][0]["right"]
    assert {
        k: results[k]["misses"]
        for k, (_, words) in ENDS.items()
        if words not in results[k]["misses"][0]
    } == {}


@pytest.mark.parametrize(
    ("studies", "jobs", "most"), [(1, 10**9, 1), (3, 10**9, 3), (3, 2, 2), (0, 4, 0)]
)
def test_no_more_processes_than_studies_and_jobs(studies, jobs, most, monkeypatch):
    made = []

    class Worker:
        def __init__(self):
            made.append(self)
            assert len(made) <= most, "a process too many"
            self.place, self.gone, self.process, self.pipe = None, False, self, self
            self.sentinel = object()

        def take(self, place, _study):
            self.place = place

        def result(self):
            return {"model": self.place}

        def is_alive(self):
            return True

        def close(self):
            self.place = "closed"

        end = terminate = close

    monkeypatch.setattr(workers, "_Worker", Worker)
    monkeypatch.setattr(workers, "wait", lambda ready: [r for r in ready if isinstance(r, Worker)])
    asked_for = [Asked(f"s{k}", f"s{k}", None) for k in range(studies)]
    assert sorted(workers.perform_all(asked_for, jobs)) == [
        (k, {"model": k}) for k in range(studies)
    ]
    assert len(made) == most
    assert all(w.place == "closed" for w in made)


def test_figures_are_written_though_the_study_fails_later(tmp_path, monkeypatch):
    """In their place, wherever the study went meanwhile."""
    monkeypatch.chdir(tmp_path)
    path = written(
        Path(),
        more=(
            "study.figure('later', bm.figures.traces(run)); import os; os.chdir('/'); raise"
            " ValueError('late')"
        ),
    )
    result = perform(str(path), Path("out"), ("svg",))
    assert "late" in result["misses"][0]
    assert Path.cwd() == tmp_path
    assert result["figures"] == ["out/later.svg"]
    assert Path("out/later.svg").is_file()


def test_a_file_that_is_no_model_is_a_miss_too(tmp_path):
    """As any that fails: the others are told."""
    path = tmp_path / "model.py"
    for text, words in (
        ("def reproduce(study:\n", "model.py, line 1"),
        ("reproduce = 1 / 0\n", "ZeroDivisionError"),
        ("reproduce = 5\n", "wanted a function build()"),
    ):
        path.write_text(text)
        assert words in perform(str(path), None)["misses"][0]


def test_a_name_that_is_no_study(tmp_path, capsys):
    assert main(["reproduce", "--only", "enterocite", "--out", str(tmp_path)]) == 2
    assert "enterocyte" in capsys.readouterr().err
    path = written(tmp_path)
    path.write_text(path.read_text("utf-8").partition("def reproduce")[0], "utf-8")
    with pytest.raises(errors.UnknownName):
        reproduce([str(path)])
    with pytest.raises(errors.BadSettings):
        reproduce(jobs=0)
    assert main(["reproduce", "--only", "enterocite", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == "UnknownName"
    with pytest.raises(SystemExit):
        main(["reproduce", "--jobs", "0", "--json"])
    told = capsys.readouterr()
    assert "an integer >= 1" in json.loads(told.out)["error"]["headline"]
    assert "an integer >= 1" in told.err


def test_two_of_one_name_are_told_apart(tmp_path):
    paths = [str(written(tmp_path / k)) for k in ("a", "b")]
    chosen = asked([*paths, str(Path(paths[0]).parent)], tmp_path / "out")
    assert [each.name for each in chosen] == ["patch", "patch_2"]
    results = [perform(each.model, each.folder, name=each.name) for each in chosen]
    assert [r["model"] for r in results] == ["patch", "patch_2"]
    assert (
        len({f for r in results for f in r["files"]}) == sum(len(r["files"]) for r in results) == 2
    )
    ids = re.findall(r'id="([^"]+)"', page(results, 1.0))
    assert len(set(ids)) == len(ids) == 2
    assert re.findall(r'href="#([^"]+)"', page(results, 1.0)) == ids


def test_the_enterocyte_comes_first():
    assert studies()[0] == "enterocyte"
    assert studies()[1:] == sorted(studies()[1:])


def test_what_an_earlier_call_told_is_gone_before_anything_runs(tmp_path, capsys, monkeypatch):
    path, out = written(tmp_path), tmp_path / "out"
    out.mkdir()
    for name in ("results.json", "index.html"):
        (out / name).write_text("old")

    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["biomembrane.study.reproduce"], "reproduce", stopped)
    assert main(["reproduce", "--only", str(path), "--out", str(out)]) == 130
    assert list(out.iterdir()) == []
    (out / "index.html").mkdir()
    capsys.readouterr()
    assert main(["reproduce", "--only", str(path), "--out", str(out), "--json"]) == 2
    told = capsys.readouterr()
    assert told.err.startswith("NotWritable")
    assert "index.html" in json.loads(told.out)["error"]["got"]


@pytest.mark.parametrize(
    ("residual", "words"),
    [
        (0.0, "closed to rounding"),
        (ROUNDING / 3, "closed to rounding"),
        (2e-13, "closed to 2e-13"),
        (None, "not known"),
    ],
)
def test_books_below_rounding_are_said_to_be_so(residual, words):
    told = books({"audits": [], "runs": [{}], "residual_relative": residual})
    assert words in told
    assert "0e+00" not in told
    assert "no run" in books({"audits": [], "runs": [], "residual_relative": 0.0})


def test_a_figure_that_is_gone_is_said_to_be(tmp_path):
    result = perform(str(written(tmp_path)), None) | {"figures": [str(tmp_path / "a.svg")]}
    assert "a.svg is gone" in page([result], 1.0)
