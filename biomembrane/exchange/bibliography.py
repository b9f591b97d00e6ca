"""Where a model's numbers are from, as BibTeX."""

from __future__ import annotations

from ..assemble.model import Model
from ..library.sheet import sheet


def cite(model: Model) -> str:
    """BibTeX of every sheet that a parameter of the model comes from, then a list of what is assumed or given by the user."""
    keys = sorted({p.source.key for p in model.parameters.values() if p.source.key})
    own = [p for p in model.parameters.values() if not p.source.key]
    entries = [sheet(k).bibtex for k in keys]
    notes = [f"% {p.name} = {p.quantity:.6g~P}: {p.source}" for p in own]
    return "\n\n".join([*entries, "\n".join(["% numbers without a publication:", *notes])])
