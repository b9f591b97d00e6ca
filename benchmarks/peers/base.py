"""What every peer offers, and the pool of processes for those that have no ensembles of their own."""

from __future__ import annotations

import multiprocessing
from typing import Any, ClassVar, Protocol

import numpy as np

from ..workload import Array


class Peer(Protocol):
    """A tool with the workload in it.  ``build`` does all that is done once; results are (…, 500, 26) in the workload's units.

    ``title`` is for tables, ``packages`` for versions; ``sets`` is how many members of the ensemble take a few seconds.
    """

    title: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]
    sets: ClassVar[int]

    def build(self) -> None: ...

    def solve(self, parameters: Array, rtol: float) -> Array: ...

    def ensemble(self, sets: Array, rtol: float, cores: int) -> Array: ...


class Pooled:
    """Ensembles by forked processes, each with the peer as it was built."""

    def solve(self, parameters: Array, rtol: float) -> Array:
        raise NotImplementedError

    def ensemble(self, sets: Array, rtol: float, cores: int) -> Array:
        """One set after the other, shared out over ``cores`` processes."""
        if cores == 1:
            return np.array([self.solve(p, rtol) for p in sets])
        _shared["peer"] = self
        with multiprocessing.get_context("fork").Pool(cores) as pool:
            return np.array(pool.starmap(_one, [(p, rtol) for p in sets], chunksize=max(1, len(sets) // (4 * cores))))


_shared: dict[str, Any] = {}


def _one(parameters: Array, rtol: float) -> Array:
    made: Array = _shared["peer"].solve(parameters, rtol)
    return made
