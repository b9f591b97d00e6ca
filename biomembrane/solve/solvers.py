"""Solvers by name."""

from .native import Native
from .problem import Solver
from .scipy import SciPy

__all__ = ["Native", "SciPy", "Solver"]


def __dir__() -> list[str]:
    return __all__
