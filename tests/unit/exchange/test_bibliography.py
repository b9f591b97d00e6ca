"""BibTeX: another program reads every entry, into the right persons, with the fields that a
bibliography needs.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pybtex.database import Entry, Person, parse_string

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane import library as lib
from biomembrane.declare.publication import Reference
from biomembrane.exchange.bibliography import cite
from biomembrane.exchange.shipped_models import names
from biomembrane.library import K

SHEETS = sorted(Path(str(p)).stem for p in files("biomembrane.library").joinpath("data").iterdir())
PUBLISHED = [name for name in SHEETS if lib.sheet(name).reference.authors]


def read(text: str) -> dict[str, Entry]:
    """The entries of a bibliography, as pybtex sees them."""
    return dict(parse_string(text, "bibtex").entries)


def family(person: Person) -> str:
    return " ".join([*person.prelast_names, *person.last_names])


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_sheet_is_an_entry_with_persons(name: str) -> None:
    """Each author is one person with the family name of the sheet; title, year and journal are
    there, a note is not.
    """
    reference = lib.sheet(name).reference
    (entry,) = read(reference.bibtex).values()
    assert [family(p) for p in entry.persons["author"]] == [
        a.partition(",")[0] for a in reference.authors
    ]
    assert {"title", "year"} <= set(entry.fields)
    assert entry.type == ("article" if reference.journal else "misc")
    assert "note" not in entry.fields
    assert not set(entry.fields["year"]) - set("0123456789")
    assert ":" not in entry.fields.get("journal", "")


def test_fields_of_one_paper_are_those_that_are_printed_on_it() -> None:
    """Hodgkin & Katz 1949: two persons, J. Physiol. 108, pages 37 to 77."""
    entry = read(lib.sheet("hodgkin_katz_1949").bibtex)["hodgkin_katz_1949"]
    assert [(p.last_names, p.first_names, p.middle_names) for p in entry.persons["author"]] == [
        (["Hodgkin"], ["A."], ["L."]),
        (["Katz"], ["B."], []),
    ]
    assert {k: entry.fields[k] for k in ("journal", "volume", "pages", "year", "doi")} == {
        "journal": "Journal of Physiology", "volume": "108", "pages": "37--77", "year": "1949",
        "doi": "10.1113/jphysiol.1949.sp004310",
    }  # fmt: skip
    assert (
        lib.sheet("hodgkin_katz_1949").citation
        == "Hodgkin AL, Katz B 1949, Journal of Physiology 108:37-77"
    )


@pytest.mark.parametrize("model", names())
def test_a_model_has_one_entry_a_paper(model: str) -> None:
    """No commit hash, no paper twice, and what is no publication is in comments."""
    text = cite(bm.load(model))
    entries = read(text)
    assert entries
    for seen in ("doi", "title"):
        told = [e.fields[seen] for e in entries.values() if seen in e.fields]
        assert len(told) == len(set(told))
    assert all(bool(e.persons) == (key in PUBLISHED) for key, e in entries.items())


def _model(*sources: bm.Source) -> bm.Model:
    baths = [bm.Reservoir(n, {K: Q(c, "mM")}) for n, c in (("a", 5), ("b", 50))]
    on = bm.Membrane("m", inside=baths[0], outside=baths[1], area=Q(1, "um^2"))
    parts = [
        lib.leak(K, on, name=f"L{k}", permeability=bm.Parameter(Q(1e-9, "m/s"), s))
        for k, s in enumerate(sources)
    ]
    return bm.Model("two_sheets", parts)


def test_two_sheets_of_one_paper_are_one_entry() -> None:
    """Both sheets of Hu et al. 2019."""
    sources = [
        lib.sheet(n).cited("measured")
        for n in ("proximal_tubule_layton", "layton_nephron", "kay_2017")
    ]
    assert sorted(read(cite(_model(*sources)))) == ["kay_2017", "layton_nephron"]


def test_a_sheet_of_ones_own_is_cited_and_a_source_without_one_is_told(tmp_path: Path) -> None:
    """The library need not know the key; an @ in a note begins no entry."""
    path = tmp_path / "mine.toml"
    authors = '["de la Cruz, María José", "O\'Neill, Ann"]'
    text = (
        f'[source]\nkey = "mine_2024"\ntitle = "Leaks & 5 % of them"\nauthors = {authors}\njournal'
        ' = "J"\nyear = 2024\n'
    )
    path.write_text(text, encoding="utf-8")
    made = cite(
        _model(
            lib.sheet(path).cited("measured"),
            bm.Source("measured", "Somebody 1999", note="seen at repo @ 0123abc\n@article{x,"),
        )
    )
    entries = read(made)
    assert list(entries) == ["mine_2024"]
    assert [family(p) for p in entries["mine_2024"].persons["author"]] == ["de la Cruz", "O'Neill"]
    assert entries["mine_2024"].fields["title"] == r"{Leaks \& 5 \% of them}"
    assert "Somebody 1999" in made


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ('authors = "Smith NP, Crampin EJ"', "authors"),
        ('authors = ["Smith NP, Crampin EJ, Third A"]', "authors"), ("authors = [5]", "authors"),
        ('authors = ["others", "Smith, N."]', "authors"),
        ('authors = ["Smith and Crampin"]', "authors"), ('authors = ["{Smith"]', "authors"),
        ('title = "an open { brace"', "title"), ("volume = [85]", "volume"),
        ("year = true", "year"),
        ('key = "with space"', "key"), ("key = 5", "key"),
    ],
)  # fmt: skip
def test_a_sheet_whose_source_cannot_be_cited_is_refused(
    tmp_path: Path, line: str, field: str
) -> None:
    """When it is read, with the field and an example."""
    path = tmp_path / "mine.toml"
    kept = "" if field == "key" else 'key = "mine"\n'
    path.write_text(f"[source]\n{kept}{line}\n", encoding="utf-8")
    with pytest.raises(errors.CorruptFile) as caught:
        lib.sheet(path)
    assert caught.value.where.endswith(field)
    assert caught.value.advice


WORDS = st.text(
    st.characters(
        codec="utf-8", exclude_characters="{}\n\r", exclude_categories=["Cc", "Cs", "Zl", "Zp"]
    ),
    min_size=1,
    max_size=30,
)


@given(
    title=WORDS,
    journal=WORDS,
    volume=st.integers(1, 999),
    year=st.integers(1800, 2100),
    given=st.sampled_from(["A.", "Ann B.", "J.-P."]),
)
def test_any_title_makes_an_entry_that_can_be_read(
    title: str, journal: str, volume: int, year: int, **person: Any
) -> None:
    """Whatever a title or a journal is called."""
    made = Reference.read(
        {
            "key": "k",
            "title": title,
            "journal": journal,
            "volume": volume,
            "year": year,
            "authors": [f"van Dyke, {person['given']}"],
        },
        "here",
    )
    entry = read(made.bibtex)["k"]
    assert family(entry.persons["author"][0]) == "van Dyke"
    assert (entry.fields["volume"], entry.fields["year"]) == (str(volume), str(year))
    assert len(entry.fields["title"]) >= len(title.strip())
