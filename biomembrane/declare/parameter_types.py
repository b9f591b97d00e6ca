"""What arguments that become parameters accept, for type checkers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import sympy as sp
import xarray as xr

from ..quantity_types import Number, QuantityLike
from .parameter import Parameter

ParameterLike: TypeAlias = (
    QuantityLike | Parameter
)  # one value of a declaration: Q(5, "mM"), "5 mM" or a Parameter with its source
CountLike: TypeAlias = (
    ParameterLike | Number
)  # carriers: per area, or a plain number of them in all
CoefficientLike: TypeAlias = (
    Number | ParameterLike | Sequence[Number | ParameterLike]
)  # an osmotic coefficient: φ₀ alone, or with the coefficients of c, c², …
VariedLike: TypeAlias = (
    QuantityLike | Number | xr.DataArray
)  # a time or a value of a protocol; an array where a scan varies it
RangesLike: TypeAlias = Mapping[str, tuple[QuantityLike, QuantityLike]]  # from and to, by name
LevelsLike: TypeAlias = Mapping[str, QuantityLike]  # concentrations and V, by name
EventFormula: TypeAlias = Callable[..., sp.Expr]  # of the moment of an event
EventValues: TypeAlias = Mapping[
    str, QuantityLike | Number | EventFormula
]  # values that an event sets or adds, by name
TimeFormula: TypeAlias = Callable[..., sp.Expr]  # of the symbol of time, and of symbols by name
