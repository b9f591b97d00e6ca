"""Solvers by name."""

from .native import Native
from .scipy import SciPy
from .solver import Solver

__all__ = ["Native", "SciPy", "Solver"]


def __dir__() -> list[str]:
    return __all__
