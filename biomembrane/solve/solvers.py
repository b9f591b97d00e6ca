"""Solvers by name."""

from .problem import Solver as Solver
from .scipy import SciPy as SciPy
