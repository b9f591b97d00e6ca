"""Coupling of two flows after Kedem and Caplan (1965): Onsager matrix, degree of coupling, static head, level flow, efficiency."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from .. import constants, errors, units
from .. import dimension as d
from ..declare.cycle import Cycle
from ..declare.transporter import Transporter
from ..html import collapsible, table
from .audit.evaluate import Array
from .flows import Declaration, Flows, nets

if TYPE_CHECKING:
    import xarray as xr

FAR = 60.0  # RT: how far a static head is looked for
POINTS = 161
EMPTY = 1e-12  # of RT·L22: a flow that nothing drives


def efficiency_limit(q: float) -> float:
    """η_max = q²/(1 + √(1 − q²))², the largest efficiency near equilibrium at a degree of coupling (Kedem & Caplan 1965)."""
    return q**2 / (1 + math.sqrt(max(1 - q**2, 0.0))) ** 2


def _quotient(a: float, b: float) -> float:
    """NaN where there is nothing to divide by."""
    return float(a / b) if b else math.nan


@dataclass(frozen=True, eq=False)
class Coupling:
    """Two flows and their forces, J₁ and X₁ driving, J₂ and X₂ driven.

    Flows are into the inside [fmol/s] (of a reaction: its turnover), forces μ̃_out − μ̃_in [kJ/mol] (of a reaction: its affinity), so that
    J₁X₁ + J₂X₂ ≥ 0.  Forces other than the two are set to zero.  ``L`` is ∂J/∂X at equilibrium [fmol²/(fJ·s)], ``local`` the same at the
    working point, which is not symmetric in general.
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
    def L(self) -> Array:
        """Onsager's matrix at equilibrium, driving first."""
        return self.flows.slopes(self._pair, self.equilibrium)

    @cached_property
    def local(self) -> Array:
        """∂J/∂X at the working point."""
        return self.flows.slopes(self._pair, self.x)

    @property
    def asymmetry(self) -> float:
        """|L₁₂ − L₂₁|/√(L₁₁L₂₂) at equilibrium: zero, by Onsager's relations."""
        return abs(_quotient(self.L[0, 1] - self.L[1, 0], self._size))

    @cached_property
    def q(self) -> float:
        """Degree of coupling L₁₂/√(L₁₁L₂₂), from −1 to 1."""
        return float(np.clip(_quotient(self.L[0, 1] + self.L[1, 0], 2 * self._size), -1.0, 1.0))

    @property
    def Z(self) -> float:
        """Phenomenological stoichiometry √(L₂₂/L₁₁), driven flow by driving flow."""
        return _quotient(self._size, self.L[0, 0])

    @property
    def _size(self) -> float:
        """√(L₁₁L₂₂), zero where one of the flows senses no force of its own."""
        return math.sqrt(max(self.L[0, 0] * self.L[1, 1], 0.0))

    # --- the real flows

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
        """X₂ [J/mol] at which the driven flow stops, by the real flows."""
        first = float(self.at(0.0)[1][0])
        if abs(first) <= EMPTY * self.flows.RT * abs(self.L[1, 1]):
            return 0.0
        far = -np.sign(first) * FAR * self.flows.RT
        if np.sign(self.at(far)[1][0]) == np.sign(first):
            return math.nan
        made: float = brentq(lambda X: float(self.at(X)[1][0]), 0.0, far)
        return made

    @property
    def static_head(self) -> Any:
        """X₂ where J₂ = 0."""
        return units.Q(self.head / 1e3, "kJ/mol")

    @property
    def static_head_ratio(self) -> float:
        """c_in/c_out (of a reaction: the factor of its lever) at static head."""
        return self._ratio(self.head)

    @property
    def ideal_head_ratio(self) -> float:
        """The same for a transporter without slip, which stops where J₁X₁ + J₂X₂ = 0 with J₁/J₂ fixed; NaN where there is none."""
        return math.nan if self.ideal_ratio is None else self._ratio(-self.X1 * self.ideal_ratio)

    @property
    def linear_head_ratio(self) -> float:
        """The same by Onsager's matrix, X₂ = −(L₂₁/L₂₂)X₁."""
        return self._ratio(-_quotient(self.L[1, 0], self.L[1, 1]) * self.X1)

    def _ratio(self, X2: float) -> float:
        """c_in/c_out of the driven species at a force."""
        f = self.flows.forces[self.driven]
        if f.sign == 1:
            return float(np.exp(X2 / self.flows.RT))
        return float(np.exp((-X2 - f.charge * constants.FARADAY * self.voltage) / self.flows.RT))

    @property
    def level_flow(self) -> float:
        """J₂/J₁ at X₂ = 0, by the real flows."""
        (J1,), (J2,) = self.at(0.0)
        return _quotient(J2, J1)

    def efficiency(self, X2: float | Array) -> Array:
        """−J₂X₂/(J₁X₁): positive between level flow and static head, below 1 everywhere."""
        J1, J2 = self.at(X2)
        with np.errstate(all="ignore"):
            made: Array = -J2 * np.atleast_1d(X2) / (J1 * self.X1)
        return made

    @cached_property
    def best(self) -> tuple[float, float]:
        """(X₂ [J/mol], η) where the efficiency is largest, by the real flows."""
        if not np.isfinite(self.head) or self.head == 0.0:
            return 0.0, 0.0
        grid = np.linspace(0.0, self.head, POINTS)[1:-1]
        k = int(np.argmax(self.efficiency(grid)))
        low, high = sorted((grid[max(k - 1, 0)], grid[min(k + 1, len(grid) - 1)]))
        found = minimize_scalar(lambda X: -float(self.efficiency(X)[0]), bounds=(low, high))
        return float(found.x), float(-found.fun)

    @property
    def best_linear(self) -> float:
        """η_max near equilibrium, q²/(1 + √(1 − q²))²."""
        return efficiency_limit(self.q)

    def linear_efficiency(self, share: Array) -> Array:
        """η near equilibrium at a share of the linear static head: with x = −share·q, η = −x(q + x)/(1 + q x)."""
        x = -np.asarray(share) * self.q
        made: Array = -x * (self.q + x) / (1 + self.q * x)
        return made

    @cached_property
    def curve(self) -> xr.Dataset:
        """Flows and efficiency over the driven force, from level flow to a fifth beyond static head."""
        import xarray as xr

        end = self.head if np.isfinite(self.head) and self.head else -self.X1
        X2 = np.linspace(-0.3 * end, 1.2 * end, POINTS)
        J1, J2 = self.at(X2)
        facts = {"J1": (J1, "fmol/s", f"flow of {self.driving}"), "J2": (J2, "fmol/s", f"flow of {self.driven}")}
        facts["efficiency"] = (self.efficiency(X2), "1", "efficiency")
        coords = {"X2": ("X2", X2 / 1e3, {"units": "kJ/mol", "long_name": f"force of {self.driven}"})}
        return xr.Dataset({n: ("X2", v, {"units": u, "long_name": long}) for n, (v, u, long) in facts.items()}, coords=coords)

    # --- print

    def _rows(self) -> list[tuple[str, str, str]]:
        (best, eta), X1 = self.best, self.X1 / 1e3
        return [
            ("driving force", f"{X1:+.4g} kJ/mol", f"{self.driving}, at {1e3 * self.voltage:.4g} mV"),
            ("degree of coupling q", f"{self.q:.5g}", f"asymmetry of L {self.asymmetry:.1e}"),
            ("stoichiometry Z", f"{self.Z:.4g}", f"{self.driven} per {self.driving}"),
            ("level flow J₂/J₁", f"{self.level_flow:.5g}", f"near equilibrium {_quotient(self.L[1, 0], self.L[0, 0]):.5g}"),
            ("static head", f"{self.head / 1e3:+.4g} kJ/mol", f"ratio {self.static_head_ratio:.5g}; without slip {self.ideal_head_ratio:.6g}"),
            ("largest efficiency", f"{100 * eta:.4g} %", f"at {best / 1e3:+.4g} kJ/mol; near equilibrium {100 * self.best_linear:.4g} %"),
        ]

    def __str__(self) -> str:
        rows = self._rows()
        widths = [max(len(r[k]) for r in rows) for k in range(2)]
        lines = [f"  {a.ljust(widths[0])}  {b.rjust(widths[1])}   {c}" for a, b, c in rows]
        note = f"  set to zero force: {', '.join(self.moved)}" if self.moved else ""
        return "\n".join([f"coupling of {self.driven} to {self.driving} in {self.name}", *lines, *([note] if note else [])])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return collapsible(f"coupling of {self.driven} to {self.driving} in {self.name}", table(self._rows(), ("", "", "")), open=True)

    def _repr_latex_(self) -> str:
        from ..latex import roman

        rows = r" \\ ".join(" & ".join(f"{v:.4g}" for v in row) for row in self.L)
        matrix = rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}"
        flows = rf"\begin{{pmatrix}} J_{{{roman(self.driving)}}} \\ J_{{{roman(self.driven)}}} \end{{pmatrix}}"
        forces = flows.replace("J_", "X_")
        return rf"$\displaystyle {flows} = {matrix} {forces}, \quad q = {self.q:.4g}, \quad \eta_{{\max}} = {self.best_linear:.4g}$"


def coupling(
    x: Declaration | Sequence[Declaration], driving: str = "", driven: str = "", *, at: Mapping[str, Any] | None = None, temperature: Any = None
) -> Coupling:
    """How tightly a transporter, or several on one membrane, couple two flows (Kedem & Caplan 1965).

    Args:
        x: a transporter, a cycle (taken at its steady state), or a list of them on one membrane.
        driving, driven: names of forces: a species that crosses ("Na"), or the first reactant of a reaction ("ATP"); of two the larger
            drives unless told, of more they must be named.
        at: concentrations by dotted name (``{"blood.Na": Q(140, "mM")}``) and the voltage (``{"V": Q(-60, "mV")}``); default the declared
            ones and 0 mV.  What the driven species' own level is does not matter for the curves.
        temperature: default 37 °C.

    Raises: WrongType, BadPlace, UnknownName, BadSettings (fewer than two forces, or the same twice), the unit errors.
    """
    parts = [x] if isinstance(x, (Transporter, Cycle)) else list(x) if isinstance(x, Sequence) and not isinstance(x, str) else []
    if not parts or not all(isinstance(p, (Transporter, Cycle)) for p in parts):
        advice = "coupling(lib.SGLT1(membrane)), or coupling([pump, leak], 'ATP', 'Na')"
        raise errors.WrongType(where="coupling(…)", wanted="a Transporter, a Cycle, or a list of them", got=errors.shown(x), advice=advice)
    kelvin = constants.BODY_TEMPERATURE if temperature is None else units.scalar(temperature, d.TEMPERATURE, "coupling(temperature=…)")
    flows = Flows(parts, kelvin)
    start = flows.coordinates(_numbers(flows, {} if at is None else at))
    one, two = _chosen(flows, start, driving, driven, parts)
    rest = [n for n in flows.forces if n not in (one, two)]
    for name in rest:
        start = flows.at_force(name, 0.0, start)
    name = " + ".join(p.name for p in parts)
    return Coupling(name, one, two, float(start[-1]), flows, start, tuple(rest), _ideal(flows, parts, one, two))


def _chosen(flows: Flows, start: Array, driving: str, driven: str, parts: Sequence[Declaration]) -> tuple[str, str]:
    known = list(flows.forces)
    if len(known) < 2:
        advice = "add what shares a species with it: coupling([transporter, leak])"
        got = f"{', '.join(known) or 'none'} in {', '.join(p.name for p in parts)}"
        raise errors.BadSettings(where="coupling(…)", wanted="two or more forces", got=got, advice=advice)
    if all(isinstance(name, str) and not name for name in (driving, driven)) and len(known) == 2:
        one, two = sorted(known, key=lambda name: -abs(float(flows.force(name, start))))
        return one, two
    for what, name in (("driving", driving), ("driven", driven)):
        if not isinstance(name, str) or name not in known:
            advice = errors.nearest(name, known) if isinstance(name, str) and name else f"{what}={known[0]!r}"
            raise errors.UnknownName(where=f"coupling({what}=…)", wanted=", ".join(known), got=errors.shown(name), advice=advice)
    if driving == driven:
        raise errors.BadSettings(where="coupling(…)", wanted="two different forces", got=f"{driving!r} twice", advice=", ".join(known))
    return driving, driven


def _numbers(flows: Flows, at: Mapping[str, Any]) -> dict[str, float]:
    made = {}
    errors.expect(at, Mapping, "coupling(at=…)", "{name: quantity}", "at={'V': Q(-60, 'mV')}")
    for name, value in at.items():
        errors.among(name, flows.names, "coupling(at=…)", "a pool of the reaction, or 'V'")
        made[name] = units.scalar(value, d.VOLTAGE if name == "V" else d.CONCENTRATION, f"coupling(at={{{name!r}: …}})")
        if name != "V" and made[name] <= 0:
            advice = "a small concentration, such as Q(1e-6, 'mM')"
            raise errors.OutOfDomain(where=f"coupling(at={{{name!r}: …}})", wanted="a number above zero", got=errors.shown(value), advice=advice)
    return made


def _ideal(flows: Flows, parts: Sequence[Declaration], one: str, two: str) -> float | None:
    """J₁/J₂ of the one net reaction that moves both, if there is one."""
    found = set()
    for part in parts:
        for net in nets(part):
            a, b = (net.get(flows.forces[n].lever, 0) * flows.forces[n].sign for n in (one, two))
            if a and b:
                found.add(a / b)
    return found.pop() if len(found) == 1 else None
