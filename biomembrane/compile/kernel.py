"""The protocol of a kernel: the functions of a compiled program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from numpy import float64
from numpy.typing import NDArray

from .program import Program

Array = NDArray[float64]


class Kernel(Protocol):
    """The functions of one program, in the internal system.

    ``y`` is ``(state,)`` or ``(state, …)``, ``t`` and constants numbers or arrays that broadcast to
    ``(…)``; a batch equals its singles. ``slots``: nodes of the program's graph that are constants
    of a run, with their places among the constants.
    """

    @property
    def program(self) -> Program: ...

    @property
    def size(self) -> int:
        """Number of states."""

    @property
    def slots(self) -> Mapping[int, int]: ...

    def bind(self, p: Sequence[Any] | Array) -> Sequence[Any]:
        """The constants of parameters in program order, numbers or ``(lane,)`` arrays; every other
        call takes them last.
        """

    def call(self, group: str, t: Any, y: Array, constants: Sequence[Any]) -> Array:
        """The members of an output group at a state, ``(member,)`` or ``(member, …)``."""

    def one(
        self, group: str, t: float, y: Sequence[float], constants: Sequence[Any]
    ) -> Sequence[float]:
        """As :meth:`call` at one state, of numbers; entries of ``y`` after the states are
        ignored.
        """

    def blocks(
        self, t: Any, y: Array, constants: Sequence[Any], chosen: Iterable[Sequence[int]]
    ) -> Iterator[Array]:
        """Blocks of the Jacobian between chosen states, each as :meth:`jacobian`, without the whole
        matrix.
        """

    def rhs(self, t: Any, y: Array, constants: Sequence[Any]) -> Array:
        """f: dx/dt, and in the rows of constraints the residual."""

    def jacobian(self, t: Any, y: Array, constants: Sequence[Any]) -> Array:
        """∂f/∂x as a dense array, ``(state, state)`` or ``(state, state, lane)``."""
