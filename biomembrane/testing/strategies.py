"""Strategies that give declared objects: species, reactions, laws, cycles, transporters and models,
as small as a property needs them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from .. import units
from ..assemble.model import Model
from ..declare.cycle import Cycle
from ..declare.species import Species
from ..declare.transporter import Transporter
from . import random_models, random_reactions, random_transporters
from .random_models import model_specs, one_transporter
from .random_reactions import distinct_species, reaction_text, syntheses
from .random_transporters import KINDS
from .spec_models import build, law_of

if TYPE_CHECKING:
    from ..declare.laws import Law
    from ..quantity_types import Quantity


def temperatures() -> st.SearchStrategy[Quantity]:
    """Temperatures from 0 to 47 °C, in kelvin."""
    return random_reactions.temperatures().map(lambda kelvin: units.Q(kelvin, "kelvin"))


def species(name: str = "S") -> st.SearchStrategy[Species]:
    """A species with a formula and a charge from −3 to 3."""
    return random_reactions.species(name)


def balanced_reactions() -> st.SearchStrategy[tuple[tuple[Species, ...], str]]:
    """Species and the text of a reaction between both sides of a membrane that balances in atoms
    and charge.
    """
    return syntheses().map(lambda drawn: (drawn[0], reaction_text(drawn[1], drawn[2])))


@st.composite
def unbalanced_reactions(draw: st.DrawFn) -> tuple[tuple[Species, ...], str]:
    """The same with one coefficient too high."""
    participants, left, right = draw(syntheses())
    (n, name, side), *rest = left
    return participants, reaction_text(((n + draw(st.integers(1, 3)), name, side), *rest), right)


_LAWS = tuple(kind for kind in KINDS if kind != "cycle")


def laws(kinds: Sequence[str] = _LAWS) -> st.SearchStrategy[tuple[str, Law]]:
    """A reaction's text and a law for it, for Na⁺, K⁺, Cl⁻, Ca²⁺ and two neutral solutes on both
    sides.
    """
    part = st.sampled_from(list(kinds)).flatmap(
        lambda kind: random_transporters.transporter_specs(
            kind, random_models.PERMEANT, random_models.CHARGES
        )
    )
    return part.map(lambda p: (reaction_text(p.left, p.right), law_of(p, units.Q)))


def transporters(kinds: Sequence[str] = KINDS) -> st.SearchStrategy[Transporter | Cycle]:
    """A transporter or cycle of one of the kinds, between a compartment and a bath, for species of
    its own.
    """
    return st.sampled_from(list(kinds)).flatmap(one_transporter).map(build).map(_first)


def _first(model: Model) -> Transporter | Cycle:
    return next(t for t in model.transporters if isinstance(t, (Transporter, Cycle)))


def cycles() -> st.SearchStrategy[Cycle]:
    """Diagrams of 3 to 7 states, some with a slip or a dead end."""
    return transporters(("cycle",)).filter(lambda drawn: isinstance(drawn, Cycle))  # type: ignore[return-value]


def models(most: int = 4, *, active: bool = True) -> st.SearchStrategy[Model]:
    """Models of one or two compartments.

    Args:
        most: transporters of a model, at most.
        active: whether some may burn ATP.
    """
    return model_specs(most=most, active=active).map(build)


__all__ = [
    "balanced_reactions",
    "cycles",
    "distinct_species",
    "laws",
    "models",
    "species",
    "temperatures",
    "transporters",
    "unbalanced_reactions",
]
