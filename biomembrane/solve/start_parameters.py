"""Parameters that determine only the state at the start of a run."""

from __future__ import annotations

from .. import caching, errors
from ..assemble.model import Model


def of_start(model: Model) -> frozenset[str]:
    """Parameters that only say what there is at the start; looked up once."""
    held = caching.cache_of(model)
    if "of start" not in held:
        held["of start"] = _find_of_start(model)
    names: frozenset[str] = held["of start"]
    return names


def _find_of_start(model: Model) -> frozenset[str]:
    used = {name for x in model.states for name in x.spent_at_start}
    used |= {s.name for x in model.impermeants for s in x.amount.expression.free_symbols}
    return frozenset(used | potentials_of_start(model))


def potentials_of_start(model: Model) -> frozenset[str]:
    """The potentials that say what φ is at the start."""
    return frozenset(s.name for phi in model.start.values() for s in phi.free_symbols)


def changeable(model: Model, name: str, where: str) -> None:
    """Raise ``BadSettings`` where a parameter only says what there is at the start."""
    if name in of_start(model):
        raise errors.BadSettings(
            where=where, wanted="a parameter that acts during the run",
            got=f"{name}, which sets what the model holds at the start",
            advice="a Protocol of a bath, a held pool, a rate or a permeability",
        )  # fmt: skip
