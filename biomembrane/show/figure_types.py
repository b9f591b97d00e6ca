"""What figures accept, for type checkers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

import xarray as xr

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..quantity_types import Number, QuantityLike


class _WithData(Protocol):
    """A run, a kept scan, or a saved one."""

    @property
    def data(self) -> xr.Dataset: ...


ResultLike: TypeAlias = (
    _WithData | xr.Dataset | xr.DataArray
)  # what simulate or open_run gave, its data, or an array over a scan
VariableLike: TypeAlias = (
    str | tuple[str, str] | xr.DataArray
)  # "potential", "cell.Na", ("current", "K_leak"), or an array
_Several: TypeAlias = (
    list[str] | list[tuple[str, str]] | list[str | tuple[str, str]] | list[xr.DataArray]
)
VariablesLike: TypeAlias = VariableLike | _Several  # one variable, or a list of some of one unit
LengthLike: TypeAlias = (
    "Number | QuantityLike"  # 85 (mm), "85 mm", Q(85, "mm") or, of widths, "single"
)
Drawn: TypeAlias = "Figure | Axes"  # a figure, given as such or by its axes
Picture: TypeAlias = "Figure"
