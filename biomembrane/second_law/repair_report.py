"""A repaired law or diagram, with its audits before and after, and what changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..declare.cycle import Cycle
from ..declare.transporter import Transporter
from ..html import collapsible, join, table
from .conjugate_flows import Flows
from .evaluation import Array
from .finding import Audit

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Repair:
    """A repaired transporter or cycle, its audits before and after, and what changed.

    ``given`` is the transporter or cycle as declared, ``made`` the repaired one; ``method`` says
    how; ``constants`` are (name, before, after) of the rate constants that changed; ``change`` is
    the median and the largest |ΔJ|/|J| over the box, on both sides of equilibrium;
    :meth:`along_voltage` and :meth:`along_affinity` give the flux before and after.
    """

    given: Transporter | Cycle
    made: Transporter | Cycle
    method: str
    before: Audit
    after: Audit
    constants: tuple[tuple[str, Any, Any], ...] = ()
    change: Mapping[str, float] | None = None

    def along_voltage(self) -> xr.Dataset:
        """The flux before and after over V from −150 to 150 mV, at the declared concentrations; of
        a cycle that of its first solute.
        """
        V = np.linspace(-0.15, 0.15, 121)

        def states(flows: Flows, _: str) -> Array:
            x = np.repeat(flows.coordinates()[:, None], len(V), axis=1)
            x[-1] = V
            return x

        return self._along(states, "V", V * 1e3, "mV", "membrane potential")

    def along_affinity(self) -> xr.Dataset:
        """The flux before and after over the force of its first solute, from −8 to 8 kJ/mol at
        0 mV, set by the concentration of that solute.
        """
        X = np.linspace(-8e3, 8e3, 121)

        def states(flows: Flows, name: str) -> Array:
            return flows.at_force(name, X, flows.coordinates())

        return self._along(states, "X", X / 1e3, "kJ/mol", "force")

    def _along(
        self, states: Callable[[Flows, str], Array], dim: str, shown: Array, unit: str, meaning: str
    ) -> xr.Dataset:
        import xarray as xr

        columns = {}
        for when, declared in (("before", self.given), ("after", self.made)):
            flows = Flows([declared])
            name = next(iter(flows.forces))
            (J,) = flows([name], states(flows, name))
            long_name = f"flow of {name} into {flows.on.inside.name}"
            columns[when] = (dim, J, {"units": "fmol/s", "long_name": long_name})
            meaning = f"force of {name}" if dim == "X" else meaning
        attrs = {}
        if flows.absent:
            attrs["note"] = f"{', '.join(flows.absent)} at 1 mM, declared as empty"
        coords = {dim: (dim, shown, {"units": unit, "long_name": meaning})}
        return xr.Dataset(columns, coords=coords, attrs=attrs)

    def __str__(self) -> str:
        verdicts = f"{self.before.verdict} before, {self.after.verdict} after"
        lines = [f"{self.given.name}: {verdicts} ({self.method})"]
        lines += [
            f"  {f.subject}: {f.kJ:+.3g} kJ/mol, {f.text}" for f in self.before if not f.holds
        ]
        lines += [
            f"  {name}: {a:.6g~P} → {b:.6g~P} (×{(b / a).to('').magnitude:.4g})"
            for name, a, b in self.constants
        ]
        if self.change and not any(self.change.values()):
            lines.append("  no flux changes, on either side of equilibrium")
        elif self.change:
            sizes = ", ".join(f"{100 * x:.3g} % ({where})" for where, x in self.change.items())
            lines.append(f"  in the sampled states the flux changes by {sizes}")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = [
            (name, f"{a:.6g~P}", f"{b:.6g~P}", float((b / a).to("").magnitude))
            for name, a, b in self.constants
        ]
        parts = [self.before._repr_html_(), self.after._repr_html_()]
        parts += [table(rows, ("constant", "before", "after", "factor"))] if rows else []
        return collapsible(f"repair of {self.given.name} ({self.method})", join(*parts), open=True)
