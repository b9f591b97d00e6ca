"""Two flows and their forces at a working point and near equilibrium (Kedem & Caplan 1965): q, Z,
static head, level flow, efficiency.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from .. import constants, units
from .conjugate_flows import Flows
from .cycle_fluxes import CycleFlux, cycles
from .evaluation import Array

if TYPE_CHECKING:
    import xarray as xr

FAR = 60.0  # RT: how far the static head is searched for
POINTS = 161
EMPTY = 1e-12  # of RT·L22: a smaller flow counts as zero
SYMMETRIC = 1e-6  # of √(L11·L22): what rounding may do to L₁₂ − L₂₁ and to flows without forces
STALLED = 1e-9  # of the slope of a flow times the force: a smaller flow counts as zero


def efficiency_limit(q: float) -> float:
    """η_max = q²/(1 + √(1 − q²))², the largest efficiency near equilibrium at a degree of coupling
    (Kedem & Caplan 1965).
    """
    return q**2 / (1 + math.sqrt(max(1 - q**2, 0.0))) ** 2


def _quotient(a: float, b: float) -> float:
    """a/b; NaN where b is zero."""
    return float(a / b) if b else math.nan


@dataclass(frozen=True, eq=False)
class CoupledFlows:
    """Two flows and their forces, J₁ and X₁ driving, J₂ and X₂ driven.

    Flows are into the inside [fmol/s] (of a reaction: its turnover), forces μ̃_out − μ̃_in [kJ/mol]
    (of a reaction: its affinity), so that J₁X₁ + J₂X₂ ≥ 0.  Forces other than the two are set to
    zero.  ``L`` is ∂J/∂X at equilibrium [fmol²/(fJ·s)], ``local`` the same at the working point,
    which is not symmetric in general.  Quantities that are not defined are NaN, and printed
    so with the reason.
    """

    name: str
    driving: str
    driven: str
    voltage: float
    flows: Flows = field(repr=False)
    x: Array = field(repr=False)
    moved: tuple[str, ...] = ()
    ideal_ratio: float | None = None  # J₁/J₂ of the tightly coupled reaction

    @property
    def _pair(self) -> tuple[str, str]:
        return self.driving, self.driven

    @cached_property
    def equilibrium(self) -> Array:
        """Coordinates with both forces at zero."""
        return self.flows.at_force(self.driving, 0.0, self.flows.at_force(self.driven, 0.0, self.x))

    @cached_property
    def _sloped(self) -> tuple[Array, Array]:
        return self.flows.sloped(self._pair, self.equilibrium)

    @property
    def L(self) -> Array:
        """Onsager's matrix at equilibrium, driving first."""
        return self._sloped[0]

    @cached_property
    def local(self) -> Array:
        """∂J/∂X at the working point."""
        return self.flows.slopes(self._pair, self.x)

    @cached_property
    def condition(self) -> float:
        """By how much rounding errors are amplified in L: the sum of the absolute values of the
        terms of L₁₁ over |L₁₁|, or that of L₂₂ if larger; 1 where nothing cancels.
        """
        L, size = self._sloped
        return float(max(_quotient(size[k, k], abs(L[k, k])) for k in range(2)))

    @cached_property
    def idle(self) -> Array:
        """J₁ and J₂ [fmol/s] at zero forces: zero, unless detailed balance is broken."""
        return self.flows(self._pair, self.equilibrium[:, None])[:, 0]

    @property
    def asymmetry(self) -> float:
        """|L₁₂ − L₂₁|/√(L₁₁L₂₂) at equilibrium: zero, by Onsager's relations."""
        return abs(_quotient(self.L[0, 1] - self.L[1, 0], self._size))

    @cached_property
    def broken(self) -> str:
        """The evidence that detailed balance is broken, in words; empty where there is none."""
        RT, size = self.flows.RT, self._size
        if np.isfinite(self.idle).all() and any(
            abs(J) > SYMMETRIC * RT * abs(self.L[k, k]) for k, J in enumerate(self.idle)
        ):
            return f"without forces J₁ = {self.idle[0]:.3g} and J₂ = {self.idle[1]:.3g} fmol/s"
        if self.L[0, 0] < 0 or self.L[1, 1] < 0:
            return "a flow grows against its own force"
        return (
            f"L is not symmetric, L₁₂ = {self.L[0, 1]:.4g} and L₂₁ = {self.L[1, 0]:.4g}"
            if size and self.asymmetry > SYMMETRIC
            else ""
        )

    @property
    def raw(self) -> float:
        """(L₁₂ + L₂₁)/2√(L₁₁L₂₂), whatever L is."""
        return _quotient(self.L[0, 1] + self.L[1, 0], 2 * self._size)

    @cached_property
    def q(self) -> float:
        """Degree of coupling L₁₂/√(L₁₁L₂₂), from −1 to 1 but for rounding; NaN where it is not
        defined: L not symmetric, flows without a force, or no flow at all.
        """
        return math.nan if self.broken else self.raw

    @property
    def Z(self) -> float:
        """Phenomenological stoichiometry √(L₂₂/L₁₁), driven flow by driving flow."""
        return _quotient(self._size, self.L[0, 0])

    @property
    def _size(self) -> float:
        """√(L₁₁L₂₂), zero where one of the flows does not depend on its own force."""
        return math.sqrt(max(self.L[0, 0] * self.L[1, 1], 0.0))

    # --- the nonlinear flows

    def at(self, X2: float | Array) -> tuple[Array, Array]:
        """J₁ and J₂ [fmol/s] at driven forces [J/mol]."""
        J = self.flows(self._pair, self.flows.at_force(self.driven, np.atleast_1d(X2), self.x))
        return J[0], J[1]

    @cached_property
    def X1(self) -> float:
        """The driving force [J/mol]."""
        return float(self.flows.force(self.driving, self.x))

    @cached_property
    def head(self) -> float:
        """X₂ [J/mol] at which the driven flow stops, from the nonlinear flows; NaN where it does
        not stop within 60 RT, or where nothing flows.
        """
        first = float(self.at(0.0)[1][0])
        if first == 0 and self.L[1, 1] == 0:
            return math.nan
        if abs(first) <= EMPTY * self.flows.RT * abs(self.L[1, 1]):
            return 0.0
        far = -np.sign(first) * FAR * self.flows.RT
        if np.sign(self.at(far)[1][0]) == np.sign(first):
            return math.nan
        root: float = brentq(lambda X: float(self.at(X)[1][0]), 0.0, far)
        return root

    @property
    def static_head(self) -> Any:
        """X₂ where J₂ = 0, as a quantity."""
        return units.Q(self.head / 1e3, "kJ/mol")

    @property
    def static_head_ratio(self) -> float:
        """c_in/c_out at static head; of a reaction, the factor of its lever's concentration."""
        return self._ratio(self.head)

    @property
    def ideal_head_ratio(self) -> float:
        """The same ratio for a transporter without slip, which stops where J₁X₁ + J₂X₂ = 0 with
        J₁/J₂ fixed; NaN where no single reaction moves both.
        """
        return math.nan if self.ideal_ratio is None else self._ratio(-self.X1 * self.ideal_ratio)

    @property
    def linear_head_ratio(self) -> float:
        """The same ratio from Onsager's matrix, X₂ = −(L₂₁/L₂₂)X₁."""
        return self._ratio(-_quotient(self.L[1, 0], self.L[1, 1]) * self.X1)

    def _ratio(self, X2: float) -> float:
        """c_in/c_out of the driven species at a force."""
        f = self.flows.forces[self.driven]
        if not f.crosses:
            return float(np.exp(X2 / self.flows.RT / f.sign))
        return float(np.exp((-X2 - f.charge * constants.FARADAY * self.voltage) / self.flows.RT))

    @property
    def level_flow(self) -> float:
        """J₂/J₁ at X₂ = 0, from the nonlinear flows; NaN where the driving force is zero."""
        if not self.driven_at_all and not self.broken:
            return math.nan
        (J1,), (J2,) = self.at(0.0)
        return _quotient(J2, J1)

    @property
    def linear_level_flow(self) -> float:
        """J₂/J₁ at X₂ = 0 from Onsager's matrix, L₂₁/L₁₁."""
        return _quotient(self.L[1, 0], self.L[0, 0])

    def efficiency(self, X2: float | Array) -> Array:
        """−J₂X₂/(J₁X₁), positive between level flow and static head and at most 1; the limit where
        both flows stop together.
        """
        X2 = np.atleast_1d(np.asarray(X2, dtype=float))
        J1, J2 = self.at(X2)
        with np.errstate(all="ignore"):
            ratio: Array = -J2 * X2 / (J1 * self.X1)
        if self.tight:
            ratio[abs(X2 - self.head) <= STALLED * abs(self.head)] = self._limit
        return ratio

    @cached_property
    def _at_head(self) -> Array:
        """∂J/∂X₂ where the driven flow stops."""
        x = self.flows.at_force(self.driven, self.head, self.x)
        return self.flows.slopes(self._pair, x)[:, 1]

    @cached_property
    def tight(self) -> bool:
        """Whether the driving flow stops at static head too: there is no slip."""
        if not np.isfinite(self.head) or self.head == 0.0:
            return False
        return bool(abs(self.at(self.head)[0][0]) <= STALLED * abs(self._at_head[0] * self.head))

    @cached_property
    def _limit(self) -> float:
        """The limit of the efficiency as X₂ goes to static head, where both flows stop."""
        return -_quotient(self._at_head[1] * self.head, self._at_head[0] * self.X1)

    def _largest(self, value: Any) -> float:
        """X₂ between level flow and static head where a function of it is largest, searched on a
        grid that is denser towards static head.
        """
        far = np.geomspace(1e-7, 1.0, POINTS)[:-1]
        grid = np.sort(self.head * np.concatenate([np.linspace(0.0, 1.0, POINTS)[1:-1], 1.0 - far]))
        k = int(np.nanargmax(value(grid)))
        low, high = grid[max(k - 1, 0)], grid[min(k + 1, len(grid) - 1)]
        options = {"xatol": 1e-9 * abs(self.head)}
        result = minimize_scalar(lambda X: -float(value(X)[0]), bounds=(low, high), options=options)
        return float(result.x)

    @property
    def _works(self) -> bool:
        """Whether there is a driving force, and a flow that it drives."""
        return bool(np.isfinite(self.head) and self.driven_at_all and self.at(0.0)[0][0])

    @property
    def driven_at_all(self) -> bool:
        """Whether the driving force is larger than rounding."""
        return abs(self.X1) > EMPTY * self.flows.RT

    @cached_property
    def best(self) -> tuple[float, float]:
        """(X₂ [J/mol], η) of the largest efficiency, from the nonlinear flows; at static head where
        there is no slip, NaN without a driving force.
        """
        if not self._works:
            return math.nan, math.nan
        if self.head == 0.0:
            return 0.0, 0.0
        if self.tight:
            return self.head, self._limit
        X2 = self._largest(self.efficiency)
        return X2, float(self.efficiency(X2)[0])

    @cached_property
    def strongest(self) -> tuple[float, float, float]:
        """(X₂ [J/mol], power −J₂X₂ [fW], η) of the largest output power, from the nonlinear flows;
        near equilibrium η = q²/(4 − 2q²).
        """
        if not self._works:
            return math.nan, math.nan, math.nan
        if self.head == 0.0:
            return 0.0, 0.0, 0.0
        X2 = self._largest(self._power)
        return X2, float(self._power(X2)[0]), float(self.efficiency(X2)[0])

    def _power(self, X2: float | Array) -> Array:
        """−J₂X₂ [fW]."""
        power: Array = -self.at(X2)[1] * np.atleast_1d(X2)
        return power

    @cached_property
    def cycles(self) -> tuple[CycleFlux, ...]:
        """Every loop of every diagram at the working point, with its flux, affinity and dissipation
        (Hill 1989).
        """
        return cycles(self.flows, self.x, self._pair)

    @property
    def slip(self) -> float:
        """The share of the dissipation in loops that move only one of the two flows, or neither;
        NaN where nothing is dissipated.
        """
        total = sum(c.dissipation for c in self.cycles)
        return _quotient(sum(c.dissipation for c in self.cycles if not c.couples), total)

    @property
    def best_linear(self) -> float:
        """η_max near equilibrium, q²/(1 + √(1 − q²))²."""
        return efficiency_limit(self.q)

    def linear_efficiency(self, share: Array) -> Array:
        """η near equilibrium at a share of the linear static head: with x = −share·q, η = −x(q +
        x)/(1 + q x); the share itself without slip, |q| = 1 up to rounding.
        """
        if 1 - self.q**2 < EMPTY:
            return np.array(share, dtype=float)
        x = -np.asarray(share) * self.q
        efficiency: Array = -x * (self.q + x) / (1 + self.q * x)
        return efficiency

    @cached_property
    def curve(self) -> xr.Dataset:
        """Flows and efficiency over the driven force, from level flow to a fifth beyond static
        head.
        """
        import xarray as xr

        end = self.head if np.isfinite(self.head) and self.head else -self.X1
        X2 = np.linspace(-0.3 * end, 1.2 * end, POINTS)
        J1, J2 = self.at(X2)

        def column(values: Array, unit: str, long_name: str) -> Any:
            return "X2", values, {"units": unit, "long_name": long_name}

        columns = {
            "J1": column(J1, "fmol/s", f"flow of {self.driving}"),
            "J2": column(J2, "fmol/s", f"flow of {self.driven}"),
            "efficiency": column(self.efficiency(X2), "1", "efficiency"),
        }
        coords = {"X2": column(X2 / 1e3, "kJ/mol", f"force of {self.driven}")}
        return xr.Dataset(columns, coords=coords)
