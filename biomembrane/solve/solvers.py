"""Solvers by name."""

from .engines.native import Native
from .engines.scipy_methods import SciPy
from .solver import Solver

__all__ = ["Native", "SciPy", "Solver"]


def __dir__() -> list[str]:
    return __all__
