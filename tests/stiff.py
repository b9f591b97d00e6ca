"""Stiff initial value problems with known answers, as programs that the engine runs like any
model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from biomembrane.compile.graph.builder import Graph
from biomembrane.compile.graph.differentiate import along, differentiate
from biomembrane.compile.numpy_kernel import _GROUPS, Kernel, kernel
from biomembrane.compile.program import Program
from biomembrane.solve.engines.native import Native
from biomembrane.solve.problem import Block, Problem
from biomembrane.symbols import t

Y = sp.symbols("y0:8", real=True)
P = sp.symbols("p0:9", real=True)


def compiled(
    rhs: Sequence[Any],
    integrands: Sequence[Any] = (),
    mass: Sequence[int] = (),
    *,
    rolled: bool = False,
    careful: bool = False,
) -> Kernel:
    """A kernel with these right-hand sides in Y, P and t, and quadratures where a model has its
    ledger; ``rolled``: as of a large model; ``careful``: for the careful driver.
    """
    g = Graph()
    env = (
        {s: g.input("y", i) for i, s in enumerate(Y)}
        | {s: g.input("p", i) for i, s in enumerate(P)}
        | {t: g.input("t")}
    )
    memo: dict[sp.Basic, int] = {}
    nodes, entries = (
        [g.lower(sp.sympify(e), env, memo) for e in roots] for roots in (rhs, integrands)
    )
    jacobian = differentiate(g, nodes, g.inputs("y", len(Y)))
    outputs: dict[str, list[int]] = {group: [] for group in _GROUPS}
    outputs |= {
        "rhs": nodes,
        "jacobian": list(jacobian.values()),
        "dfdt": along(g, nodes, {env[t]: g.one}),
        "entry": entries,
    }
    if careful:
        outputs["along"] = along(
            g, entries, {g.input("y", k): g.input("y", len(rhs) + k) for k in range(len(rhs))}
        )
    names = {group: tuple(map(str, range(len(members)))) for group, members in outputs.items()} | {
        "rhs": tuple(map(str, Y[: len(rhs)]))
    }
    sparsity = (tuple(i for i, _ in jacobian), tuple(j for _, j in jacobian))
    owners = tuple(range(len(rhs)))
    return kernel(
        Program(
            tuple(map(str, Y[: len(rhs)])),
            tuple(map(str, P)),
            g,
            outputs,
            names,
            sparsity,
            owners=owners,
            rolled=rolled,
            mass=tuple(mass),
        )
    )


@dataclass(frozen=True)
class Stiff:
    """``rhs`` in Y and t from ``start`` to ``end``, where it is ``answer``; ``scale`` is the size
    below which a state counts as small.

    ``times``: output times with a known solution there, ``answer`` then being a function of time.
    ``integrands`` have the integrals ``known`` from 0 to ``end``.
    """

    rhs: Sequence[Any]
    start: Sequence[float]
    end: float
    answer: Any
    scale: Sequence[float] | None = None
    integrands: Sequence[Any] = ()
    known: Sequence[float] = ()
    times: Sequence[float] = field(default=())

    @cached_property
    def kernel(self) -> Kernel:
        return compiled(self.rhs, self.integrands)

    def solve(self, rtol: float, **settings: Any) -> Block:
        """By the native engine, as a single run."""
        return solve(
            self.kernel,
            self.start,
            sorted({0.0, *self.times, self.end}),
            rtol,
            scale=self.scale,
            **settings,
        )

    def error(self, block: Block) -> float:
        """The largest error of any state, relative to it and to its scale."""
        y = block.y[:, :, 0]
        truth = (
            np.array([self.answer(x) for x in block.times]).T
            if callable(self.answer)
            else np.array(self.answer)[:, None]
        )
        seen = y if callable(self.answer) else y[:, -1:]
        floor = (
            np.array(self.scale if self.scale is not None else np.ones(len(self.rhs)))[:, None]
            * 1e-3
        )
        return float(np.max(np.abs(seen - truth) / (np.abs(truth) + floor)))


def solve(
    k: Kernel, start: Any, times: Sequence[float], rtol: float, *, scale: Any = None,
    stops: Any = None, constants: Any = None,
    positive: bool = False, **settings: Any,
) -> Block:  # fmt: skip
    """A kernel from ``start`` (state,) or (state, lane) over the times, with breaks at ``stops``
    (part, lane) and constants by part.
    """
    y0 = np.atleast_2d(np.array(start, float).T).T
    lanes = y0.shape[1]
    size = np.ones(len(y0)) if scale is None else np.array(scale, float)
    ends = np.full((1, lanes), float(times[-1])) if stops is None else np.asarray(stops, float)
    held = constants or [k.bind(np.zeros(len(P)))] * len(ends)
    wide = np.repeat(size[:, None], lanes, axis=1)
    some, none = np.full(len(y0), positive), np.zeros(len(y0), bool)
    return Native(rtol=rtol, **settings).solve(
        Problem(k, held, ends, y0, np.array(times, float), wide, some, none, lanes)
    )


def exact(*functions: Callable[[float], float]) -> Callable[[float], list[float]]:
    """A solution from its components."""
    return lambda x: [f(x) for f in functions]


def _hires() -> list[Any]:
    y = Y
    middle = 280 * y[5] * y[7]
    return [
        -1.71 * y[0] + 0.43 * y[1] + 8.32 * y[2] + 0.0007, 1.71 * y[0] - 8.75 * y[1],
        -10.03 * y[2] + 0.43 * y[3] + 0.035 * y[4],
        8.32 * y[1] + 1.71 * y[2] - 1.12 * y[3], -1.745 * y[4] + 0.43 * y[5] + 0.43 * y[6],
        -middle + 0.69 * y[3] + 1.71 * y[4] - 0.43 * y[5] + 0.69 * y[6], middle - 1.81 * y[6],
        -middle + 1.81 * y[6],
    ]  # fmt: skip


_A, _B, _C = Y[:3]
_ROBERTSON = [-0.04 * _A + 1e4 * _B * _C, 0.04 * _A - 1e4 * _B * _C - 3e7 * _B**2, 3e7 * _B**2]
_GRID = tuple(np.linspace(0.1, 1, 10))

#: End values as published by Hairer and Wanner (Solving ODEs II, IV.10, and the test set of Bari),
#: which test_stiff checks against Radau.
PUBLISHED = {
    "Robertson": Stiff(_ROBERTSON, (1, 0, 0), 1e11, (0.2083340149701255e-07, 0.8333360770334713e-13,
        0.9999999791665050), (1e-6, 1e-12, 1)),
    "Van der Pol": Stiff([_B, ((1 - _A**2) * _B - _A) / 1e-6], (2, 0), 2.0,
        (0.1706167732170483e1, -0.8928097010247975)),
    "OREGO": Stiff(
        [77.27 * (_B + _A * (1 - 8.375e-6 * _A - _B)), (_C - (1 + _A) * _B) / 77.27,
            0.161 * (_A - _C)], (1, 2, 3), 360.0,
        (0.1000814870318523e1, 0.1228178521549917e4, 0.1320554942846706e3),
    ),
    "HIRES": Stiff(
        _hires(), (1, 0, 0, 0, 0, 0, 0, 0.0057), 321.8122,
        (0.7371312573325668e-3, 0.1442485726316185e-3, 0.5888729740967575e-4, 0.1175651343283149e-2,
            0.2386356198831331e-2,
         0.6238968252742796e-2, 0.2849998395185769e-2, 0.2850001604814231e-2), [1e-2] * 8,
    ),
}  # fmt: skip


def _pair(x: float) -> complex:
    """The mode −10 + 50i."""
    return complex(np.exp((-10 + 50j) * x))


SOLVED = {
    "Prothero and Robinson": Stiff([-1e6 * (_A - sp.cos(t)) - sp.sin(t)], (1,), 10.0, exact(np.cos),
        times=tuple(np.linspace(1, 10, 10))),
    "Prothero and Robinson, off the slow curve": Stiff(
        [-1e6 * (_A - sp.cos(t)) - sp.sin(t)], (3,), 1.0,
        exact(lambda x: np.cos(x) + 2 * np.exp(-1e6 * x)), times=(1e-6, 3e-6, 1e-5, 0.1),
    ),
    "Kaps": Stiff(
        [-(1e6 + 2) * _A + 1e6 * _B**2, _A - _B * (1 + _B)], (1, 1), 1.0,
        exact(lambda x: np.exp(-2 * x), lambda x: np.exp(-x)),
        integrands=(_A, _B**3, sp.cos(t), 1), known=((1 - np.exp(-2)) / 2, (1 - np.exp(-3)) / 3,
        np.sin(1), 1.0), times=_GRID,
    ),
    "oscillating modes": Stiff(
        [-10 * _A - 50 * _B, 50 * _A - 10 * _B, -1000 * _C], (1, 0, 1), 1.0,
        exact(lambda x: _pair(x).real, lambda x: _pair(x).imag, lambda x: np.exp(-1000 * x)),
        integrands=(_C, _A),
        known=((1 - np.exp(-1000)) / 1000, float(((_pair(1.0) - 1) / (-10 + 50j)).real)),
        times=_GRID,
    ),
    "a fast curve that drives a slow one": Stiff(
        [-_A + _B**2, -1e4 * (_B - sp.cos(t)) - sp.sin(t)], (1, 1), 5.0,
        exact(lambda x: 0.4 * np.exp(-x) + 0.5 + (np.cos(2 * x) + 2 * np.sin(2 * x)) / 10, np.cos),
        times=(1.0, 2.0, 3.0, 4.0),
    ),
    "a Jordan chain": Stiff(
        [-100 * _A, 100 * _A - 100 * _B, 100 * _B - 100 * _C], (1, 0, 0), 0.2,
        exact(*(lambda x,
            k=k: (100 * x) ** k / sp.factorial(k) * np.exp(-100 * x) for k in range(3))),
            times=(0.01, 0.05, 0.1),
    ),
}  # fmt: skip
PROBLEMS = PUBLISHED | SOLVED
