"""The equations of a steady state, 0 = f(x) with conserved sums in place of the equations that
follow from the others; over many lanes at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ... import caching
from ...assemble.conserved import Conserved, conserved
from ...assemble.model import Model
from ...compile.kernel import Kernel
from ..model_index import model_index

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
EMPTY = 1e-12  # of its typical size: below, a pool is counted in that unit, not in its own amount


@dataclass(frozen=True, eq=False)
class Equations:
    """0 = F(x) by lane, square and, where the steady state is determined, regular.

    ``held``: constants of the kernel, numbers or (lane,) arrays; ``scale`` (state, lane): typical
    sizes; ``weights`` (sum, state, lane or 1): of the conserved sums, whose values are ``totals``
    (sum, lane) and whose equations stand in the rows ``free``; ``bound``: a state that follows from
    each of them; ``positive``: states that cannot be negative.
    """

    model: Model
    kernel: Kernel
    held: Sequence[Any]
    scale: Array
    weights: Array
    totals: Array
    free: Indices
    bound: Indices
    positive: NDArray[np.bool_]

    @property
    def lanes(self) -> int:
        return int(self.scale.shape[1])

    @cached_property
    def differential(self) -> NDArray[np.bool_]:
        """Rows in which dx/dt stands: neither a conserved sum nor a constraint."""
        rows = np.array(self.kernel.program.mass, dtype=bool)
        rows[self.free] = False
        return rows

    def of(self, lanes: Any) -> Equations:
        """The same of some lanes."""
        shared = self.weights.shape[2] == 1
        return replace(
            self,
            held=[c[lanes] if np.ndim(c) else c for c in self.held],
            scale=self.scale[:, lanes],
            weights=self.weights if shared else self.weights[:, :, lanes],
            totals=self.totals[:, lanes],
        )

    def sizes(self, y: Array) -> Array:
        """The unit in which each state's correction is counted: its own amount where it is an
        amount, so that corrections are changes of its logarithm; else its typical size.
        """
        return np.where(self.positive[:, None], np.maximum(y, EMPTY * self.scale), self.scale)

    def residual(self, y: Array) -> Array:
        """F (row, lane)."""
        with np.errstate(all="ignore"):
            f: Array = self.kernel.rhs(0.0, y, self.held)
        f[self.free] = self.sums(y) - self.totals
        return f

    def sums(self, y: Array) -> Array:
        """The conserved sums (sum, lane)."""
        if not len(self.free):
            return np.zeros((0, y.shape[1]))
        if self.weights.shape[2] == 1:
            fixed: Array = self.weights[:, :, 0] @ y
            return fixed
        summed: Array = np.einsum("ksl,sl->kl", self.weights, y)
        return summed

    def jacobian(self, y: Array) -> Array:
        """∂F/∂x (row, state, lane)."""
        with np.errstate(all="ignore"):
            slopes: Array = self.kernel.jacobian(0.0, y, self.held)
        slopes[self.free] = self.weights
        return slopes


def groups(
    model: Model, kernel: Kernel, held: Sequence[Any], inputs: Sequence[Any], y0: Array,
    scale: Array,
) -> list[tuple[Indices, Equations]]:  # fmt: skip
    """The equations of lanes in which the same processes run, whose conserved sums have the values
    that they have at ``y0`` (state, lane); each with the numbers of its lanes.

    ``inputs`` are the parameters of which the kernel made ``held``.  A process that a parameter
    turns off, as a permeability of 0 does, conserves more.
    """
    runs = running(kernel, held, scale)
    patterns, which = np.unique(runs, axis=1, return_inverse=True)
    names = kernel.program.names["flux"]
    found = []
    for k in range(patterns.shape[1]):
        lanes = np.flatnonzero(np.ravel(which) == k)
        every = len(lanes) == scale.shape[1]
        mine, theirs = ([x if every or not np.ndim(x) else x[lanes] for x in each]
                        for each in (held, inputs))  # fmt: skip
        idle = frozenset(n for n, on in zip(names, patterns[:, k], strict=True) if not on)
        found.append(
            (lanes, _equations(model, kernel, mine, theirs, y0[:, lanes], scale[:, lanes], idle))
        )
    return found


def running(kernel: Kernel, held: Sequence[Any], scale: Array) -> NDArray[np.bool_]:
    """By process and lane, whether it has a flux at any of two states that nothing singles out."""
    rng = np.random.default_rng(7)
    runs = np.zeros((len(kernel.program.names["flux"]), scale.shape[1]), dtype=bool)
    for _ in range(2):
        y = scale * 10 ** rng.uniform(-0.5, 0.5, (len(scale), 1))
        with np.errstate(all="ignore"):
            runs |= kernel.call("flux", 0.0, y, held) != 0
    return runs


def _equations(
    model: Model, kernel: Kernel, held: Sequence[Any], inputs: Sequence[Any], y0: Array,
    scale: Array, idle: frozenset[str],
) -> Equations:  # fmt: skip
    laws, index = conserved(model, idle), model_index(model)
    # constraints may stand in rows of other states
    rows = {name: i for i, name in enumerate(kernel.program.names["rhs"])}
    free = np.array([rows[name] for name in laws.free], dtype=np.int64)
    bound = np.array([index.states[name] for name in laws.bound], dtype=np.int64)
    totals = np.zeros((len(free), y0.shape[1]))
    made = Equations(
        model, kernel, held, scale, _weights(model, laws, inputs), totals, free, bound,
        index.positive,
    )  # fmt: skip
    return replace(made, totals=made.sums(y0))


def _weights(model: Model, laws: Conserved, inputs: Sequence[Any]) -> Array:
    """Weights (sum, state, lane or 1) of the sums in the internal system."""
    index = model_index(model).states
    unit = units_of(model, laws, inputs)
    counts = np.zeros((len(laws.sums), len(index)))
    for k, each in enumerate(laws.sums):
        for name, weight in each.items():
            counts[k, index[name]] = float(weight)
    weights: Array = counts[:, :, None] / unit[None]
    return weights


def columns_of(
    model: Model, inputs: Sequence[Any], carried: Mapping[str, Array] | None = None
) -> Array:
    """N (state, process, lane or 1) in the internal system: what a turn of each process adds to the
    states; ``carried`` is what the processes carry per mole, by name (lane,).
    """
    laws, index = conserved(model), model_index(model).states
    shares = carried or {}
    lanes = max((len(share) for share in shares.values()), default=1)
    counts = np.zeros((len(index), len(model.processes), lanes))
    changed = {x.name for x in model.states if x.constraint is None}
    for k, p in enumerate(model.processes):
        for part in (p.name, *(each.symbol.name for each in p.carried)):
            times = 1.0 if part == p.name else shares[part]
            for name, count in laws.columns[part].items():
                if name in changed:
                    counts[index[name], k] += float(count) * times
    columns: Array = counts * units_of(model, laws, inputs)[:, None]
    return columns


def units_of(model: Model, laws: Conserved, inputs: Sequence[Any]) -> Array:
    """The units of the states (state, lane or 1) in the internal system."""
    cache = caching.cache_of(model)
    if "units of sums" not in cache:
        places = {p.symbol: i for i, p in enumerate(model.parameters.values())}
        known: dict[int, Any] = {}
        for name, unit in laws.unit.items():
            parameter = places.get(unit)
            if parameter is not None or unit != 1:
                known[model_index(model).states[name]] = parameter
        cache["units of sums"] = known
    by_state: dict[int, Any] = {
        state: model.faraday if parameter is None else inputs[parameter]
        for state, parameter in cache["units of sums"].items()
    }
    lanes = max((len(u) for u in by_state.values() if np.ndim(u)), default=1)
    unit = np.ones((len(model.states), lanes))
    for state, value in by_state.items():
        unit[state] = value
    return unit
