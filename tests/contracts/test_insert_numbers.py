"""Numbers of the texts: what cannot be inserted is said in one line that names the page and the
mark.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

FOUND = importlib.util.spec_from_file_location(
    "docs_insert", Path(__file__).parents[2] / "docs" / "insert_numbers.py"
)
docs = importlib.util.module_from_spec(FOUND)
FOUND.loader.exec_module(docs)

NUMBERS = {
    ("cell", "V"): (-71.25, "mV"),
    ("cell", "share"): (0.2184, "1"),
    ("cell", "none"): (None, "mV"),
    ("cell", "many"): (5.49e6, "1"),
}


@pytest.mark.parametrize(
    ("mark", "shown"),
    [
        ("cell.V .1f", "−71.2 mV"), ("cell.V .2f V", "−0.07 V"), ("cell.share .1%", "21.8 %"),
        ("cell.share .2f", "0.22"),
        ("cell.many .2e", "5.49·10⁶"), ("cell.many ,.0f", "5,490,000"),
        ("cell.share .1% %", "21.8 %"), ("cell.V +.3g mV", "−71.2 mV"),
    ],
)  # fmt: skip
def test_a_number_in_print(mark, shown):
    text = f"so <!--={mark}-->old<!----> it is"
    assert docs.inserted(text, NUMBERS) == text.replace("old", shown)


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        ("cell.W .1f", "no study gives cell.W"), ("cell.V .1q", "no format"),
        ("cell.V 999999999.1f", "no format"), ("cell.V d", "no format"),
        ("cell.V .1f mM", "mV cannot be given in mM"), ("cell.V .1f flurbs",
        "cannot be given in flurbs"), ("cell.none .1f", "gives no number"),
        ("cell.shore .1f", "did you mean 'share'"), ("cell.share .0f", "leaves no digit of 0.218"),
        ("cell.V .0f MV", "leaves no digit"),
        ("cell.V .1%", "mV cannot be given in per cent"), ("cell.share .1% mV", "no unit mV"),
        ("cell.V", "not well formed"),
    ],
)  # fmt: skip
def test_what_cannot_be_inserted_is_told_by_its_mark(mark, words):
    with pytest.raises(docs.Wrong, match=words) as caught:
        docs.inserted(f"# A page\n\nso <!--={mark}-->old<!----> it is\n", NUMBERS)
    assert mark in str(caught.value)
    assert "\n" not in str(caught.value)


@given(
    st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([".0f", ".3g", ".1e", "+.2f"])
)
def test_what_is_inserted_is_fresh(value, form):
    assume(value == 0 or abs(value) > 1)
    found = {("cell", "V"): (value, "mV")}
    new = docs.inserted(f"<!--=cell.V {form}-->0<!---->", found)
    assert list(docs.stale(new, docs.inserted(new, found))) == []
    assert "-" not in docs.MARK.search(new)[5]


@pytest.fixture
def page(tmp_path, monkeypatch):
    (tmp_path / "docs").mkdir()
    page = tmp_path / "docs" / "page.md"
    page.write_text("V is <!--=cell.V .1f-->0 mV<!---->.\n", "utf-8")
    monkeypatch.setattr(docs, "ROOT", tmp_path)
    return page


def written(folder, *models):
    answer = {"name": "V", "computed": {"value": -71.25, "unit": "mV"}}
    found = [{"model": name, "misses": misses, "answers": [answer]} for name, misses in models]
    (folder / "results.json").write_text(json.dumps({"models": found}))


def test_texts_are_checked_and_renewed(page, tmp_path, capsys):
    written(tmp_path, ("cell", []))
    assert docs.main([str(tmp_path), "--check"]) == 1
    assert (
        "docs/page.md: 0 mV → −71.2 mV (cell.V)\n1 number in 1 page: 1 stale, 0 as they are\n"
        == capsys.readouterr().out
    )
    assert docs.main([str(tmp_path)]) == 0
    assert "−71.2 mV" in page.read_text("utf-8")
    assert docs.main([str(tmp_path), "--check"]) == 0


def test_marks_of_studies_that_were_not_run_are_left_alone(page, tmp_path, capsys):
    """And counted; pages of one's own are renewed without the others, and all that is wrong is told
    at once.
    """
    own = tmp_path / "own.md"
    own.write_text("<!--=tube.V .1f-->7 mV<!----> and <!--=cell.V .0f-->0 mV<!---->", "utf-8")
    written(tmp_path, ("cell", []))
    assert docs.main([str(tmp_path), str(own), "--check"]) == 1
    assert capsys.readouterr().out.endswith(
        "1 number in 1 page: 1 stale, 0 as they are; 1 left alone, of studies that were not run:"
        " tube\n"
    )
    assert docs.main([str(tmp_path), str(own)]) == 0
    assert (
        own.read_text("utf-8")
        == "<!--=tube.V .1f-->7 mV<!----> and <!--=cell.V .0f-->−71 mV<!---->"
    )
    assert ">0 mV<" in page.read_text("utf-8")
    capsys.readouterr()
    own.write_text("<!--=cell.W .1f-->7<!----> <!--=cell.V .1q-->0<!----> <!--=cell-->", "utf-8")
    assert docs.main([str(tmp_path), str(own), str(tmp_path / "gone.md")]) == 2
    told = capsys.readouterr().err.splitlines()
    assert [
        words in line
        for line, words in zip(
            told, ("cell.W", "no format", "well formed", "gone.md: cannot be read"), strict=True
        )
    ] == [True] * 4


def test_what_is_refused_writes_nothing(page, tmp_path, capsys):
    before = page.read_bytes()
    for models, words in (
        ((("cell", ["V: off"]),), "cell missed"),
        ((("cell", []), ("cell", [])), "two studies are called cell"),
    ):
        written(tmp_path, *models)
        for options in ([], ["--check"]):
            assert docs.main([str(tmp_path), *options]) == 2
            told = capsys.readouterr().err
            assert words in told
            assert told.count("\n") == 1
    for text in ("{", "[]", '{"models": 5}', '{"models": [{}]}'):
        (tmp_path / "results.json").write_text(text)
        assert docs.main([str(tmp_path)]) == 2
        assert "is not what 'biomembrane reproduce' writes" in capsys.readouterr().err
    assert docs.main([str(tmp_path / "none")]) == 2
    assert "biomembrane reproduce --out" in capsys.readouterr().err
    written(tmp_path, ("cell", []))
    shown = tmp_path / "models" / "cell" / "README.md"
    shown.parent.mkdir(parents=True)
    shown.write_text("![a figure](traces.svg)\n")
    assert docs.main([str(tmp_path)]) == 2
    assert "shows traces.svg" in capsys.readouterr().err
    assert page.read_bytes() == before
