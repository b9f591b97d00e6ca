"""What the impermeants of a compartment accept, for type checkers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from .contents_types import ContentsLike
from .impermeant_contents import Balance, Impermeants

ImpermeantLike: TypeAlias = (
    Balance | Impermeants | ContentsLike | Sequence[Balance | Impermeants]
)  # bm.balance(), bm.Impermeants(…), a list of these, or concentrations of species
