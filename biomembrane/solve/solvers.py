"""Solvers by name."""

from .engine_protocols import Solver
from .engines.native import Native
from .engines.scipy_methods import SciPy

__all__ = ["Native", "SciPy", "Solver"]


def __dir__() -> list[str]:
    return __all__
