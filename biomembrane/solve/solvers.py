"""Solvers by name."""

from .problem import Solver
from .scipy import SciPy

__all__ = ["SciPy", "Solver"]
