"""A model evaluated at a state that is given physically."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import errors, symbols
from ..assemble.model import Model
from ..compile.numpy_kernel import kernel
from ..compile.program import program
from ..constants import GAS
from ..declare.areas import area_at
from ..solve.constraints import meet
from ..solve.model_index import model_index

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Condition:
    """A state given physically: amounts by pool [fmol], φ by place [V], volumes by place [pL].

    ``own``: numbers of states with an equation of their own, by name; as declared where none is
    given.
    """

    amount: Mapping[str, float]
    phi: Mapping[str, float]
    volume: Mapping[str, float]
    own: Mapping[str, float] = field(default_factory=dict)


def vector(model: Model, at: Condition) -> Array:
    """The state vector; node charges are Σ C (φ − φ of the neighbour), with the ground's φ taken
    off.
    """
    grounds = [n for n in model.places if n not in model.circuit.nodes]
    base = at.phi[grounds[0]] if grounds else 0.0
    charge = dict.fromkeys(model.places, 0.0)
    for m in model.membranes:
        if m.capacitance is not None:
            a, b = m.inside.name, m.outside.name
            q = (
                area_at(m.area, at.volume)
                * m.capacitance.value
                * (
                    (at.phi[a] if a in model.circuit.nodes else base)
                    - (at.phi[b] if b in model.circuit.nodes else base)
                )
            )
            charge[a] += q
            charge[b] -= q
    value_of = {symbols.amount(n): x for n, x in at.amount.items()} | {
        symbols.charge(n): x for n, x in charge.items()
    }
    value_of |= {symbols.electric_potential(n): at.phi[n] - base for n in model.circuit.neutral}
    value_of |= {symbols.volume(n): x for n, x in at.volume.items()}
    given = {x.name for x in model.states if x.conjugate is None} - at.own.keys()
    start = _start(model) if given else {}
    for x in model.states:
        if x.weights:
            value_of[x.symbol] = sum(w * at.amount[name] for name, w in x.weights)
        elif x.conjugate is None and x.symbol not in value_of:
            value_of[x.symbol] = start[x.name] if x.name in given else at.own[x.name]
    return np.array([value_of[x.symbol] for x in model.states])


def _start(model: Model) -> dict[str, float]:
    """x(0) as declared, by state."""
    k = kernel(program(model))
    constants = k.bind(np.array([p.value for p in model.parameters.values()]))
    x = k.call("initial", 0.0, np.zeros(len(model.states)), constants)
    return dict(zip(k.program.names["initial"], map(float, x), strict=True))


class ModelEvaluator:
    """A model's kernel at its own parameters (or others): named groups at a state."""

    def __init__(self, model: Model, change: Mapping[str, float] | None = None) -> None:
        self.model, self.k = model, kernel(program(model))
        self.p = {name: p.value for name, p in model.parameters.items()} | dict(change or {})
        self.c = self.k.bind(np.array(list(self.p.values())))
        self.RT, self.F = self.p.get("R", GAS) * self.p["temperature"], model.faraday

    def __call__(self, group: str, y: Array, t: Any = 0.0) -> dict[Any, Any]:
        return dict(zip(self.k.program.names[group], self.k.call(group, t, y, self.c), strict=True))

    def array(self, group: str, y: Array, t: Any = 0.0) -> Array:
        return self.k.call(group, t, y, self.c)

    def rates(self, y: Array) -> Array | None:
        """dx/dt at the state nearest to one at which the constraints are met; None where Newton's
        method finds none.
        """
        at = self.met(y)
        return None if at is None else self.slopes(at)

    def met(self, y: Array) -> Array | None:
        """The nearest state at which the constraints are met; None where none is found."""
        at, index = y.copy()[:, None], model_index(self.model)
        if self.k.program.algebraic:
            size = np.abs(self.array("scale", y))[:, None]
            size = np.where(size > 0, size, 1.0)
            try:
                meet(self.k, self.c, at, size, index.positive, slice(0, 1), {})
            except (errors.ConstraintNotMet, errors.SingularConstraint):
                return None
        met: Array = at[:, 0]
        return met

    def slopes(self, y: Array) -> Array:
        """dx/dt at a state that meets the constraints.

        0 = g(x, z) gives ∂g/∂z dz/dt = −∂g/∂x dx/dt for the states z that constraints determine.
        """
        rows = [*self.k.program.algebraic]
        dxdt = self.array("rhs", y).copy()
        if rows:
            slopes = np.zeros((len(y), len(y)))
            slopes[self.k.program.sparsity] = self.array("jacobian", y)
            dxdt[rows] = 0.0
            dxdt[rows] = np.linalg.solve(slopes[np.ix_(rows, rows)], -(slopes[rows] @ dxdt))
        return dxdt

    def N(self, y: Array) -> Array:
        """The stoichiometric matrix as numbers; what a stream carries depends on the state."""
        at = {"F": self.F} | self.p | self("carried", y)
        return np.array(
            [
                [_number(self.model.N[r.name].get(p.name, 0), at) for r in self.model.processes]
                for p in self.model.pools
            ]
        )

    def flow(self, y: Array, t: Any = 0.0) -> Array:
        """The size of what cancels in J of each process: r⁺ + r⁻, or L times 30 RT where a law has
        no one-way rates.
        """
        up, down = self("forward", y, t), self("reverse", y, t)
        near = y * (1 + 1e-3 * np.arange(len(y)))
        J, A, here = self("flux", near, t), self("affinity", near, t), self("flux", y, t)
        slope = {n: abs(J[n] / A[n]) if A[n] else 0.0 for n in J}
        return np.array(
            [up[n] + down[n] if n in up else abs(here[n]) + slope[n] * 30 * self.RT for n in J]
        )

    def gross(self, y: Array, t: Any = 0.0) -> Array:
        """|N| times the flow of each process: the size of what cancels in dx/dt."""
        return np.abs(self.N(y)) @ self.flow(y, t)


def _number(expression: Any, at: Mapping[str, float]) -> float:
    if not getattr(expression, "free_symbols", None):
        return float(expression)
    return float(expression.subs({s: at[s.name] for s in expression.free_symbols}))
