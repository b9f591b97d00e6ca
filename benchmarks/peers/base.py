"""What every peer offers, and the pool of processes for those that have no ensembles of their
own.
"""

from __future__ import annotations

import multiprocessing
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from ..workload import Array


class Peer(ABC):
    """A tool with the workload in it.  ``build`` does all that is done once; results hold (…, 500,
    26) in the workload's units.

    ``title`` is for tables, ``packages`` for versions; ``sets`` is how many members of the ensemble
    take a few seconds.  What ``solve`` and ``ensemble`` give is timed; :meth:`shown`, which is not,
    turns it into the workload's columns where the tool has others.
    """

    title: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]
    sets: ClassVar[int]

    @abstractmethod
    def build(self) -> None:
        """Model and machine code, as far as that can be done before the first run."""

    @abstractmethod
    def solve(self, parameters: Array, rtol: float) -> Any:
        """One set (12,)."""

    def ensemble(self, sets: Array, rtol: float, cores: int) -> Any:
        """Sets (set, 12); unless a tool knows better, one after the other by ``cores`` forked
        processes.
        """
        if cores == 1:
            return np.array([self.solve(p, rtol) for p in sets])
        _shared["peer"] = self
        with multiprocessing.get_context("fork").Pool(cores) as pool:
            return np.array(
                pool.starmap(
                    _one, [(p, rtol) for p in sets], chunksize=max(1, len(sets) // (4 * cores))
                )
            )

    def shown(self, result: Any, parameters: Array, lane: int | None = None) -> Array:  # noqa: ARG002
        """(time, 26) of a run, or of one ``lane`` of an ensemble whose set is ``parameters``."""
        return np.asarray(result if lane is None else result[lane])


_shared: dict[str, Peer] = {}


def _one(parameters: Array, rtol: float) -> Any:
    return _shared["peer"].solve(parameters, rtol)
