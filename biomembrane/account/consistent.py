"""The smallest repair of a law or a diagram that breaks the second law, and what it changes.

A flux J = r⁺ − r⁻ is kept where it was measured, its forward rate, and the reverse follows: J = r⁺(1 − e^{−A/RT}); or both rates are
projected, r± → √(r⁺r⁻) e^{±A/2RT}, which changes ln r⁺ and ln r⁻ least.  An ohmic current g·(V − E) keeps its conductance, and E is where
A = 0.  The rate constants of a diagram are projected on those that close every loop, by least squares in ln(k⁺/k⁻).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from .. import constants, errors
from ..declare.cycle import Cycle
from ..declare.laws import Law, Rates
from ..declare.parameter import Parameter, Source
from ..declare.signs import nonnegative
from ..declare.site import Site, exact
from ..declare.transporter import Transporter, read
from ..html import collapsible, join, table
from ..symbols import F
from .audit.audit import audit
from .audit.claim import claims
from .audit.evaluate import Array, Box, Functions, box
from .audit.finding import Audit
from .audit.loops import blame, loops
from .audit.split import splits
from .flows import Flows

if TYPE_CHECKING:
    import xarray as xr

METHODS = ("reverse", "projection")


@dataclass(frozen=True)
class Consistent:
    """A law whose flux is split, and whose rates then follow from the affinity."""

    law: Law
    method: str
    kept: str  # forward | reverse | conductance: what stays

    def rates(self, site: Site) -> Rates:
        given, _ = read(self.law, site)
        assert given.flux is not None  # what an exempt law gives
        if self.kept == "conductance":
            return Rates(conductance=_conductance(given.flux, site))
        pair = _pair(given)
        assert pair is not None
        (forward, reverse), ahead = pair, sp.exp(site.drive)
        if self.method == "projection":
            mean = sp.sqrt(forward * reverse)
            return Rates(mean * sp.exp(site.drive / 2), mean * sp.exp(-site.drive / 2))
        return Rates(forward, forward / ahead) if self.kept == "forward" else Rates(reverse * ahead, reverse)


def _pair(given: Rates) -> tuple[sp.Expr, sp.Expr] | None:
    """The one-way rates that are given, or else found."""
    if given.forward is not None and given.reverse is not None:
        return given.forward, given.reverse
    assert given.flux is not None
    return next(splits(given.flux), None)


def _conductance(flux: sp.Expr, site: Site) -> sp.Expr:
    """L of J = L·A for a flux that is a non-negative factor times a form b·V + …, of which the voltage's part is due: b = −Q·F·L."""
    memo: dict[sp.Expr, bool] = {}
    factors = sp.Mul.make_args(sp.factor_terms(flux))
    forces = [f for f in factors if not nonnegative(f, memo) and not nonnegative(-f, memo)]
    slope = sp.diff(forces[0], site.V) if len(forces) == 1 and site.charge else sp.S.Zero
    L = sp.Mul(*(f for f in factors if f not in forces)) * -slope / (exact(site.charge or 1) * F)
    if slope.is_zero or slope.free_symbols & {site.V, *map(site.level, site.participants)} or not nonnegative(L, memo):
        raise errors.SecondLawUndecided(
            where=f"make_consistent({site.name})", wanted="a flux whose forward and reverse parts can be told apart, or a conductance times V − E",
            got=str(flux)[:300], advice="write it as a difference of two non-negative terms, or as g·(V − E)·modulator",
        )  # fmt: skip
    return L


@dataclass(frozen=True)
class Repair:
    """A repaired transporter, its audits before and after, and what changed.

    ``made`` is the new transporter or cycle; ``method`` says how; ``constants`` are (name, before, after) of the rate constants that
    changed; :meth:`along_voltage` and :meth:`along_affinity` give the flux before and after.
    """

    given: Transporter | Cycle
    made: Transporter | Cycle
    method: str
    before: Audit
    after: Audit
    constants: tuple[tuple[str, Any, Any], ...] = ()
    change: Mapping[str, float] | None = None  # median and largest |ΔJ|/|J| over the box, by law

    def along_voltage(self) -> xr.Dataset:
        """The flux before and after over V from −150 to 150 mV, at the declared concentrations; of a cycle that of its first solute."""
        V = np.linspace(-0.15, 0.15, 121)
        return self._along(lambda flows, _: _moved(flows.coordinates(), -1, V), "V", V * 1e3, "mV", "membrane potential")

    def along_affinity(self) -> xr.Dataset:
        """The flux before and after over the force of its first solute, moved by that solute's level at 0 mV, 8 kJ/mol to both sides of where
        it would stop without the other forces.
        """
        X = np.linspace(-8e3, 8e3, 121)
        return self._along(lambda flows, name: flows.at_force(name, X, flows.coordinates()), "X", X / 1e3, "kJ/mol", "force")

    def _along(self, place: Any, dim: str, shown: Array, unit: str, meaning: str) -> xr.Dataset:
        import xarray as xr

        made = {}
        for what, part in (("before", self.given), ("after", self.made)):
            flows = Flows([part])
            name = next(iter(flows.forces))
            (J,) = flows([name], place(flows, name))
            made[what] = (dim, J, {"units": "fmol/s", "long_name": f"flow of {name} into {flows.on.inside.name}"})
            meaning = f"force of {name}" if dim == "X" else meaning
        return xr.Dataset(made, coords={dim: (dim, shown, {"units": unit, "long_name": meaning})})

    def __str__(self) -> str:
        lines = [f"{self.given.name}: {self.before.verdict} before, {self.after.verdict} after ({self.method})"]
        lines += [f"  {f.subject}: {f.kJ:+.3g} kJ/mol, {f.text}" for f in self.before if not f.holds]
        lines += [f"  {name}: {a:.6g~P} → {b:.6g~P} (×{(b / a).to('').magnitude:.4g})" for name, a, b in self.constants]
        if self.change:
            lines.append("  the flux changes over the box by " + ", ".join(f"{100 * x:.3g} % ({what})" for what, x in self.change.items()))
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = [(name, f"{a:.6g~P}", f"{b:.6g~P}", float((b / a).to("").magnitude)) for name, a, b in self.constants]
        parts = [self.before._repr_html_(), self.after._repr_html_()]
        parts += [table(rows, ("constant", "before", "after", "factor"))] if rows else []
        return collapsible(f"repair of {self.given.name} ({self.method})", join(*parts), open=True)


def _moved(x: Array, k: int, values: Array) -> Array:
    made = np.repeat(x[:, None], len(values), axis=1)
    made[k] = values
    return made


def make_consistent(x: Transporter | Cycle, *, method: str = "reverse", over: Mapping[str, Any] | None = None) -> Repair:
    """The transporter or cycle made consistent, with what changes.

    Args:
        x: a transporter with a law that is exempt (``Empirical``), or a cycle with a ``reason`` whose loops do not close.
        method: ``"reverse"`` keeps the forward rate (the only one, if there is but one): J = r⁺(1 − e^{−A/RT}); ``"projection"`` moves both
            by half of ε.  Cycles are always projected: k⁺ and k⁻ of each step take half of its share each.
        over: ranges by name, as for :func:`~biomembrane.account.audit.audit.audit`.

    A flux that cannot be split but is a conductance times V − E, as ohmic currents are, becomes L·A.  The result is declared anew and so
    proved.  Raises: WrongType, BadSettings, SecondLawUndecided (any other flux that cannot be split).
    """
    if method not in METHODS:
        got, advice = errors.shown(method), errors.nearest(str(method), METHODS)
        raise errors.BadSettings(where="make_consistent(method=…)", wanted=" or ".join(METHODS), got=got, advice=advice)
    if not isinstance(x, (Transporter, Cycle)):
        advice = "make_consistent(model.transporters[0]), one at a time"
        raise errors.WrongType(where="make_consistent(…)", wanted="a Transporter or a Cycle", got=errors.shown(x), advice=advice)
    before = audit(x, over=over)
    if all(p.certificate.verdict != "exempt" for p in x.processes):
        return Repair(x, x, "nothing to repair", before, before)
    return _cycle(x, before) if isinstance(x, Cycle) else _law(x, before, method)


def _law(x: Transporter, before: Audit, method: str) -> Repair:
    pair = _pair(x.processes[0].local)
    one_way = pair is not None and (pair[0].is_zero or pair[1].is_zero)
    kept = "conductance" if pair is None else "reverse" if pair[0].is_zero else "forward"
    law = Consistent(x.law, "reverse" if one_way else method, kept)
    made = replace(x, law=law)
    follows = {"forward": "J = r⁺(1 − e^(−A/RT))", "reverse": "J = r⁻(e^(A/RT) − 1)", "conductance": "the conductance stays, J = L·A"}[kept]
    said = "both rates projected" if pair is not None and law.method == "projection" else follows
    return Repair(x, made, said, before, audit(made), change=_change(x, made, box(claims(x)[0], {})))


def _change(x: Transporter, made: Transporter, here: Box) -> dict[str, float]:
    """|ΔJ|/|J| over the box where A is above RT."""
    old, new = claims(x)[0], claims(made)[0]
    J, K, drive = Functions([old.net, new.net, old.drive], here)(here.sample(2048))
    there = (drive > 1) & (J != 0)
    off = np.abs(K - J)[there] / np.abs(J)[there]
    return {"median where A > RT": float(np.median(off)), "largest there": float(off.max())} if len(off) else {}


def _cycle(x: Cycle, before: Audit) -> Repair:
    basis, every = loops(x, constants.BODY_TEMPERATURE)
    names = [p.name.partition(":")[2] for p in x.processes]
    found = {id(loop): finding for loop, finding in zip(every, before, strict=True)}  # names of loops may be equal
    off = [found[id(loop)].terms.get("constant", 0.0) for loop in basis]
    corrections = blame(basis, off, names, 0.0).corrections
    RT = constants.GAS * constants.BODY_TEMPERATURE / 1000
    exempt = {p.name.partition(":")[2] for p in x.processes if p.certificate.verdict == "exempt"}
    steps, changed = [], []
    for (text, given), name in zip(x.steps, names, strict=True):
        new = dict(given)
        for way, sign in (("forward", 0.5), ("reverse", -0.5)):
            if way in given and abs(corrections[name]) > 1e-9:
                new[way] = _scaled(given[way], math.exp(sign * corrections[name] / RT))
                changed.append((f"{x.name}.{name}.{way}", _quantity(given[way]), _quantity(new[way])))
        steps.append((text, new))
    close = [*x.close, *(text for (text, _), name in zip(x.steps, names, strict=True) if name in exempt)]
    made = replace(x, steps=steps, close=close, reason="")
    return Repair(x, made, "rate constants projected on closed loops", before, audit(made), tuple(changed))


def _quantity(given: Any) -> Any:
    return given.quantity if isinstance(given, Parameter) else given


def _scaled(given: Any, factor: float) -> Parameter:
    note, told = f"times {factor:.6g}, so that every loop closes", given.source if isinstance(given, Parameter) else None
    if told is not None and told.citation:
        return Parameter(_quantity(given) * factor, replace(told, kind="derived", note=f"{told.note}; {note}" if told.note else note))
    return Parameter(_quantity(given) * factor, Source("assumed", note=note))
