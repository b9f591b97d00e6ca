"""An array that is computed when it is read, as xarray takes arrays of files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from xarray.backends import BackendArray
from xarray.core import indexing


class DeferredArray(BackendArray):
    """``source(name)`` computes the numbers, which have this shape and type."""

    def __init__(
        self, source: Callable[[str], NDArray[Any]], name: str, shape: tuple[int, ...], dtype: Any
    ) -> None:
        self.source, self.name, self.shape, self.dtype = source, name, shape, dtype

    def __deepcopy__(self, memo: dict[int, Any]) -> DeferredArray:
        """One with numbers of its own, from the same run: that is not copied with it."""
        return DeferredArray(
            lambda name: np.array(self.source(name)), self.name, self.shape, self.dtype
        )

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.BASIC, self._read
        )

    def _read(self, key: tuple[int | slice, ...]) -> NDArray[Any]:
        array = np.asarray(self.source(self.name), dtype=self.dtype)
        return np.asarray(array[key])
