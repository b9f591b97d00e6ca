"""Where a model's numbers are from, as BibTeX."""

from __future__ import annotations

from .. import errors
from ..assemble.model import Model
from ..declare.publication import Reference


def cite(model: Model) -> str:
    """BibTeX of every sheet that a number of the model comes from, one entry a publication, then
    where each number is from that has none.

    A sheet that gathers numbers from many places is an entry without authors, and its numbers are
    told one by one.  They stand in lines that begin with a percent sign, which BibTeX leaves out.

    Raises:
        WrongType: what is no model.
    """
    errors.expect(model, Model, "cite(model)", "a Model", "bm.cite(bm.load('enterocyte'))")
    found: dict[str, Reference] = {}
    others = []
    for p in model.parameters.values():
        reference = p.source.reference
        if reference is not None and (
            reference.same not in found or reference.key < found[reference.same].key
        ):
            found[reference.same] = reference
        if reference is None or not reference.authors:
            others.append(p)
    entries = [r.bibtex for r in sorted(found.values(), key=lambda r: r.key)]
    notes = [_comment(f"{p.name} = {p.quantity:.6g~P}: {p.source}") for p in others]
    return "\n\n".join(
        [*entries, "\n".join(["% numbers without a publication of the library:", *notes])]
        if notes
        else entries
    )


def _comment(text: str) -> str:
    """One line that no BibTeX reader takes for an entry."""
    return "% " + " ".join(text.replace("@", "(at)").split())
