"""What the contents of places accept, for type checkers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from .parameter_types import ParameterLike
from .species import Species

ContentsLike: TypeAlias = Mapping[
    Species, ParameterLike
]  # concentrations: {Na: Q(140, "mM"), K: "5 mM"}
