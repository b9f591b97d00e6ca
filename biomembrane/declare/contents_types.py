"""What the contents of places accept, for type checkers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from .impermeant_contents import Balance, Impermeants
from .parameter_types import ParameterLike
from .species import Species

ContentsLike: TypeAlias = Mapping[
    Species, ParameterLike
]  # concentrations: {Na: Q(140, "mM"), K: "5 mM"}
ImpermeantLike: TypeAlias = (
    Balance | Impermeants | ContentsLike | Sequence[Balance | Impermeants]
)  # bm.balance(), bm.Impermeants(…), a list of these, or concentrations of species
