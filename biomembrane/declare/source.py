"""Where a number comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .. import errors
from .publication import Reference

KINDS = ("measured", "fitted", "derived", "assumed")


def check_text(text: Any, where: str, example: str) -> None:
    """Raise ``WrongType`` unless ``text`` is text."""
    errors.expect(text, str, where, "text", example)


@errors.keywords
@dataclass(frozen=True)
class Source:
    """The source of a number.

    Args:
        kind: measured, fitted, derived or assumed.
        citation: names the work (free text); needed unless the number is assumed.
        doi: identifier of the work.
        where: the table or equation in the work.
        preparation: cell, tissue or expression system.
        temperature: at which it was measured, as text.
        note: anything else that the reader should know.
        key: BibTeX key of the sheet that holds the number.
        reference: the publication as its sheet describes it.

    Raises:
        BadSource: another kind, or no citation.
        WrongType: an argument that is no text, or a reference of another class.
    """

    kind: str
    citation: str = ""
    doi: str = ""
    where: str = ""
    preparation: str = ""
    temperature: str = ""
    note: str = ""
    key: str = ""
    reference: Reference | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.kind, str) or self.kind not in KINDS:
            raise errors.BadSource(
                where="Source(kind=…)",
                wanted=" | ".join(KINDS),
                got=errors.shown(self.kind),
                advice=errors.nearest(self.kind, KINDS),
            )
        for name in ("citation", "doi", "where", "preparation", "temperature", "note", "key"):
            check_text(getattr(self, name), f"Source({self.kind!r}), {name}", f"{name}='…'")
        if self.reference is not None:
            errors.expect(
                self.reference,
                Reference,
                f"Source({self.kind!r}), reference",
                "a Reference of a sheet",
                "lib.sheet('smith_crampin_2004').reference",
            )
        if self.kind != "assumed" and not self.citation:
            raise errors.BadSource(
                where=f"Source({self.kind!r})",
                wanted="a citation",
                got="none",
                advice="citation='Smith & Crampin 2004', or kind='assumed'",
            )

    def __str__(self) -> str:
        doi = f"doi:{self.doi}" if self.doi else ""
        parts = (self.kind, self.citation, self.where, doi, self.note)
        return "; ".join(part for part in parts if part)


OWN = Source("assumed", note="given by the user")
