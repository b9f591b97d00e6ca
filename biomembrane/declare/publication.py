"""A publication, by the fields that a bibliography needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import errors

_TEXTS = ("title", "journal", "volume", "number", "pages", "doi", "pubmed", "howpublished")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_:.+/-]*\Z")
_ESCAPED = {
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "$": r"\$",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
}


@dataclass(frozen=True)
class Reference:
    """A publication or another source of numbers; ``key`` is its BibTeX key.

    ``authors`` are persons, each ``"Family, Given"``; ``"others"`` may be last where no more names
    are known.  Without authors it is no publication.
    """

    key: str
    title: str = ""
    authors: tuple[str, ...] = ()
    journal: str = ""
    volume: str = ""
    number: str = ""
    pages: str = ""
    year: str = ""
    doi: str = ""
    pubmed: str = ""
    howpublished: str = ""

    @classmethod
    def read(cls, source: Mapping[str, Any], where: str) -> Reference:
        """The reference in the [source] table of a sheet.  Raises CorruptFile."""
        texts = {
            name: _text(source[name], f"{where}, {name}")
            for name in (*_TEXTS, "year")
            if name in source
        }
        key = source.get("key")
        if not isinstance(key, str) or not _KEY.match(key):
            raise errors.CorruptFile(
                where=f"{where}, key",
                wanted="a BibTeX key: letters, digits and _:.+/-",
                got=errors.shown(key),
                advice="key = 'author_2020'",
            )
        authors = source.get("authors", [])
        if not isinstance(authors, list) or not all(
            isinstance(a, str) and _person(a, last=k == len(authors) - 1)
            for k, a in enumerate(authors)
        ):
            raise errors.CorruptFile(
                where=f"{where}, authors",
                wanted="a list of persons, each 'Family, Given'",
                got=errors.shown(authors),
                advice="authors = ['Smith, N. P.', 'Crampin, E. J.']",
            )
        return cls(key, authors=tuple(authors), **texts)

    @property
    def same(self) -> str:
        """A key that is equal for two references to one publication."""
        return (self.doi or self.title or self.key).lower()

    @property
    def citation(self) -> str:
        """Authors, year and journal on one line; without authors the title."""
        if not self.authors:
            return self.title or self.key
        names = ", ".join(_short(a) for a in self.authors if a != "others")
        if self.authors[-1] == "others":
            names += " et al."
        issue = f"{self.volume}{f'({self.number})' if self.number else ''}"
        place = (
            f" {issue}:{self.pages}" if issue and self.pages else f" {issue or self.pages}".rstrip()
        )
        year = f" {self.year}" if self.year else ""
        return f"{names}{year}, {self.journal or self.howpublished}{place}"

    @property
    def bibtex(self) -> str:
        """The entry for a bibliography."""
        fields = {
            "author": " and ".join(self.authors),
            "title": f"{{{_escaped(self.title)}}}" if self.title else "",
        }
        fields |= {
            name: _escaped(getattr(self, name))
            for name in ("journal", "howpublished", "year", "volume", "number")
        }
        fields |= {
            "pages": re.sub(r"(?<=\w)[-–]+(?=\w)", "--", _escaped(self.pages)),
            "doi": self.doi,
            "pmid": self.pubmed,
        }
        body = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
        return f"@{'article' if self.journal else 'misc'}{{{self.key},\n{body}\n}}"


def _text(value: Any, where: str) -> str:
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else None
    if text is None or set(text) & set("{}\n"):
        raise errors.CorruptFile(
            where=where,
            wanted="text on one line, without braces",
            got=errors.shown(value),
            advice="write it as the paper does",
        )
    return text


def _person(name: str, *, last: bool) -> bool:
    family, comma, given = name.partition(",")
    if set(name) & set("{}%#\\\n") or " and " in f" {name} " or "," in given:
        return False
    return last if name == "others" else bool(family.strip() and (given.strip() or not comma))


def _short(name: str) -> str:
    """'Smith, N. P.' as 'Smith NP'."""
    family, _, given = name.partition(",")
    initials = "".join(part[0] for part in re.split(r"[\s.-]+", given) if part)
    return f"{family} {initials}".strip()


def _escaped(text: str) -> str:
    return "".join(_ESCAPED.get(c, c) for c in text)
