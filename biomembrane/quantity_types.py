"""What arguments accept, for type checkers: numbers, arrays of them, quantities, times, paths.

Imported only where types are checked, and by ``biomembrane.typing`` for users; the words of errors
say the same at run time.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from pint import Quantity as _Quantity

Quantity: TypeAlias = _Quantity[Any]  # a quantity, of one number or an array
Number: TypeAlias = (
    float | np.floating[Any] | np.integer[Any]
)  # one real number; True and False are refused at run time
_Array: TypeAlias = NDArray[np.floating[Any]] | NDArray[np.integer[Any]]
ArrayLike: TypeAlias = (
    Sequence[Number] | Sequence[Sequence[Number]] | _Array
)  # numbers: a list, a list of lists, an array
QuantityLike: TypeAlias = Quantity | str  # one quantity: Q(5, "mM") or "5 mM"
TimeLike: TypeAlias = QuantityLike  # one time: Q(10, "min") or "10 min"
TimesLike: TypeAlias = (
    QuantityLike | xr.DataArray
)  # times of one unit: Q([0, 1, 2], "min"), or an array with ``units``
PathLike: TypeAlias = str | os.PathLike[str]  # the path of a file
