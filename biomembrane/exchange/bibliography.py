"""Sources of a model's numbers, as BibTeX."""

from __future__ import annotations

from .. import errors
from ..assemble.model import Model
from ..declare.publication import Reference


def cite(model: Model) -> str:
    """BibTeX of every publication that a number of the model comes from, one entry each; then the
    sources of the numbers that have no publication.

    A sheet that gathers numbers from many places is an entry without authors, and its numbers are
    listed one by one, in lines that begin with a percent sign, which BibTeX leaves out.

    Raises:
        WrongType: ``model`` is not a Model.
    """
    errors.expect(model, Model, "cite(model)", "a Model", "bm.cite(bm.load('enterocyte'))")
    references: dict[str, Reference] = {}
    unpublished = []
    for p in model.parameters.values():
        reference = p.source.reference
        if reference is not None and (
            reference.same not in references or reference.key < references[reference.same].key
        ):
            references[reference.same] = reference
        if reference is None or not reference.authors:
            unpublished.append(p)
    entries = [r.bibtex for r in sorted(references.values(), key=lambda r: r.key)]
    notes = [_comment(f"{p.name} = {p.quantity:.6g~P}: {p.source}") for p in unpublished]
    if notes:
        entries.append("\n".join(["% numbers without a publication of the library:", *notes]))
    return "\n\n".join(entries)


def _comment(text: str) -> str:
    """One line that BibTeX readers skip."""
    return "% " + " ".join(text.replace("@", "(at)").split())
