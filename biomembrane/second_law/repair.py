"""The smallest repair of a law or a diagram that breaks the second law, and what it changes.

A flux that is sound stays as it is: where a split of it obeys detailed balance, or where it is L·A
with an L ≥ 0, it is proved as that, and no number changes.  Of another flux J = r⁺ − r⁻ the rate
that was measured stays, the forward one, and the reverse follows, J = r⁺(1 − e^{−A/RT}); or both
rates are projected, r± → √(r⁺r⁻) e^{±A/2RT}, which changes ln r⁺ and ln r⁻ least.  An ohmic current
g·(V − E) keeps its conductance, and E is where A = 0.  The rate constants of a diagram are
projected on those that close every loop, by least squares in ln(k⁺/k⁻).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from .. import constants, errors
from ..declare.checks.certificate import Verdict
from ..declare.checks.detailed_balance import Logarithm
from ..declare.checks.nonnegativity import nonnegative
from ..declare.cycle import Cycle
from ..declare.parameter import Parameter, Source
from ..declare.rates import Law, Rates
from ..declare.reduced_affinity import exact
from ..declare.site import Site
from ..declare.transporter import Transporter, read
from ..html import collapsible, join, table
from ..symbols import B, F, R, T
from ..units import as_quantity
from .audit import audit
from .claim import claims
from .conjugate_flows import Flows
from .cycles import attribute_error, loops
from .evaluation import Array, Box, Functions, box
from .finding import Audit
from .one_way_split import splits

if TYPE_CHECKING:
    import xarray as xr

METHODS = ("reverse", "projection")
LONG = 400  # operations of a flux
ROUNDING = 1e-9  # of a flux: a change below it is none


@dataclass(frozen=True)
class Consistent:
    """A law whose flux is split, and whose rates then follow from the affinity."""

    law: Law
    method: str
    kept: (
        str  # forward | reverse | conductance | both (as they are) | multiple (L = J/A): what stays
    )

    def rates(self, site: Site) -> Rates:
        given, _ = read(self.law, site)
        assert given.flux is not None  # what an exempt law gives
        if self.kept == "conductance":
            return Rates(conductance=_conductance(given.flux, site))
        if self.kept == "both":
            return Rates(
                *next(pair for pair in _pairs(given) if _multiple(pair, site.reduced_affinity) == 1)
            )
        if self.kept == "multiple":
            return Rates(
                conductance=next(
                    L
                    for L in (_quotient(pair, site.reduced_affinity) for pair in _pairs(given))
                    if L is not None
                )
            )
        (forward, reverse), ahead = next(_pairs(given)), sp.exp(site.reduced_affinity)
        if self.method == "projection":
            mean = sp.sqrt(forward * reverse)
            return Rates(
                mean * sp.exp(site.reduced_affinity / 2), mean * sp.exp(-site.reduced_affinity / 2)
            )
        return (
            Rates(forward, forward / ahead)
            if self.kept == "forward"
            else Rates(reverse * ahead, reverse)
        )


def _multiple(pair: tuple[sp.Expr, sp.Expr], reduced_affinity: sp.Expr) -> sp.Expr | None:
    """k of r⁺/r⁻ = e^{kA/RT}, if it is such a power."""
    return (
        None
        if 0 in pair
        else _proportion(Logarithm().add(pair[0]).add(pair[1], sp.S.NegativeOne), reduced_affinity)
    )


def _proportion(log: Logarithm, reduced_affinity: sp.Expr) -> sp.Expr | None:
    """k where a sum of logarithms and multiples of V is k·A/RT; None where it is no multiple."""
    (line, powers), (due, orders) = (
        log.remainder(),
        Logarithm().add_linear(reduced_affinity, sp.S.One).remainder(),
    )
    if not orders or set(powers) != set(orders):
        return None
    first = next(iter(orders))
    k = powers[first] / orders[first]
    same = k.is_number and all(
        sp.expand(powers[base] - k * order) == 0 for base, order in orders.items()
    )
    return k if same and sp.expand(line - k * due) == 0 else None


def _quotient(pair: tuple[sp.Expr, sp.Expr], reduced_affinity: sp.Expr) -> sp.Expr | None:
    """L = J/A of r⁺/r⁻ = e^{kA/RT} with k > 0, without a quotient of zeros: J = r⁺(1 − e^{−x}), and
    (1 − e^{−x})/x = 1/B(−x).
    """
    k = _multiple(pair, reduced_affinity)
    return (
        k * pair[0] / (R * T * B(-k * reduced_affinity))
        if k is not None and k.is_positive
        else None
    )


def _pairs(given: Rates) -> Iterator[tuple[sp.Expr, sp.Expr]]:
    """The one-way rates that are given, or else those that are found."""
    if given.forward is not None and given.reverse is not None:
        yield given.forward, given.reverse
    else:
        assert given.flux is not None
        yield from splits(given.flux)


def _conductance(flux: sp.Expr, site: Site) -> sp.Expr:
    """L of J = L·A for a flux that is a non-negative factor times a multiple of A; or times a form
    b·V + …, of which the voltage's part is due: b = −Q·F·L.
    """
    memo: dict[sp.Expr, bool] = {}
    factors = sp.Mul.make_args(sp.factor_terms(flux))
    forces = [f for f in factors if not nonnegative(f, memo) and not nonnegative(-f, memo)]
    exactly = _linear(flux, site)
    if exactly is not None:
        return exactly
    slope = sp.diff(forces[0], site.V) if len(forces) == 1 and site.charge else sp.S.Zero
    L = sp.Mul(*(f for f in factors if f not in forces)) * -slope / (exact(site.charge or 1) * F)
    if (
        slope.is_zero
        or slope.free_symbols & {site.V, *map(site.level, site.participants)}
        or not nonnegative(L, memo)
    ):
        raise errors.SecondLawUndecided(
            where=f"make_consistent({site.name})",
            wanted=(
                "a flux whose forward and reverse parts can be told apart, or a conductance times"
                " V − E"
            ),
            got=str(flux)[:300],
            advice="write it as a difference of two non-negative terms, or as g·(V − E)·modulator",
            process=site.process,
        )
    return L


def _linear(flux: sp.Expr, site: Site) -> sp.Expr | None:
    """L where the flux is L·A already, for one of its factors is a multiple of A: g·(V − E) with
    Nernst's E, or L·ln(c/c′).
    """
    memo: dict[sp.Expr, bool] = {}
    for written in (flux, sp.factor_terms(flux)):
        factors = sp.Mul.make_args(written)
        for f in factors:
            scales = (
                sp.S.One,
                R * T,
                R * T / F,
            )  # of a form that is a logarithm, an energy or a voltage
            found = (
                (
                    scale,
                    _proportion(
                        Logarithm(expanded=True).add_linear(sp.expand(f / scale), sp.S.One),
                        site.reduced_affinity,
                    ),
                )
                for scale in scales
            )
            k = next((scale * n for scale, n in found if n is not None), None)
            if k is None:
                continue
            L = sp.Mul(*(g for g in factors if g is not f)) * k / (R * T)
            if nonnegative(L, memo):
                return L
    return None


@dataclass(frozen=True)
class Repair:
    """A repaired transporter, its audits before and after, and what changed.

    ``made`` is the new transporter or cycle; ``method`` says how; ``constants`` are (name, before,
    after) of the rate constants that changed; :meth:`along_voltage` and :meth:`along_affinity` give
    the flux before and after.
    """

    given: Transporter | Cycle
    made: Transporter | Cycle
    method: str
    before: Audit
    after: Audit
    constants: tuple[tuple[str, Any, Any], ...] = ()
    change: Mapping[str, float] | None = (
        None  # median and largest |ΔJ|/|J| over the box, on both sides of equilibrium
    )

    def along_voltage(self) -> xr.Dataset:
        """The flux before and after over V from −150 to 150 mV, at the declared concentrations; of
        a cycle that of its first solute.
        """
        V = np.linspace(-0.15, 0.15, 121)
        return self._along(
            lambda flows, _: _moved(flows.coordinates(), -1, V),
            "V",
            V * 1e3,
            "mV",
            "membrane potential",
        )

    def along_affinity(self) -> xr.Dataset:
        """The flux before and after over the force of its first solute, moved by that solute's
        level at 0 mV, 8 kJ/mol to both sides of where it would stop without the other forces.
        """
        X = np.linspace(-8e3, 8e3, 121)
        return self._along(
            lambda flows, name: flows.at_force(name, X, flows.coordinates()),
            "X",
            X / 1e3,
            "kJ/mol",
            "force",
        )

    def _along(self, place: Any, dim: str, shown: Array, unit: str, meaning: str) -> xr.Dataset:
        import xarray as xr

        made = {}
        for what, part in (("before", self.given), ("after", self.made)):
            flows = Flows([part])
            name = next(iter(flows.forces))
            (J,) = flows([name], place(flows, name))
            made[what] = (
                dim,
                J,
                {"units": "fmol/s", "long_name": f"flow of {name} into {flows.on.inside.name}"},
            )
            meaning = f"force of {name}" if dim == "X" else meaning
        facts = (
            {"note": f"{', '.join(flows.absent)} at 1 mM, declared as empty"}
            if flows.absent
            else {}
        )
        return xr.Dataset(
            made, coords={dim: (dim, shown, {"units": unit, "long_name": meaning})}, attrs=facts
        )

    def __str__(self) -> str:
        change = f"{self.before.verdict} before, {self.after.verdict} after"
        lines = [f"{self.given.name}: {change} ({self.method})"]
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
            lines.append(
                "  in the states looked at the flux changes by "
                + ", ".join(f"{100 * x:.3g} % ({what})" for what, x in self.change.items())
            )
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


def _moved(x: Array, k: int, values: Array) -> Array:
    made = np.repeat(x[:, None], len(values), axis=1)
    made[k] = values
    return made


def make_consistent(
    x: Transporter | Cycle, *, method: str = "reverse", over: Mapping[str, Any] | None = None
) -> Repair:
    """The transporter or cycle made consistent, with what changes.

    Args:
        x: a transporter with a law that is exempt (``Empirical``), or a cycle with a ``reason``
            whose loops do not close.
        method: ``"reverse"`` keeps the forward rate (the only one, if there is but one): J = r⁺(1 −
            e^{−A/RT}); ``"projection"`` moves both
            by half of ε.  Cycles are always projected: k⁺ and k⁻ of each step take half of its
            share each.
        over: ranges by name, as for :func:`~biomembrane.second_law.audit.audit`.

    A law that is sound stays as it is, and is proved where it can be: as a pair of rates, or as
    L·A, also of an electroneutral L·ln(c/c′) and where r⁺/r⁻ = e^{kA/RT} (L = J/A).  Where it has
    the sign of A in all states that were looked at and no proof was found, it is handed back
    unchanged, and ``method`` says so.  A flux that cannot be split but is a conductance times V −
    E, as ohmic currents are, becomes L·A. What changes is told on both sides of equilibrium.

    Raises:
        WrongType: what is no transporter or cycle.
        BadSettings: a method of another name.
        SecondLawUndecided: a flux that cannot be split, and is no conductance times V − E.
        UnknownName: a range of what takes no part.
        BareNumber: an end of a range without a unit.
        UnitMismatch: an end in a unit of another dimension.
    """
    if not isinstance(method, str) or method not in METHODS:
        got, advice = errors.shown(method), errors.nearest(method, METHODS)
        raise errors.BadSettings(
            where="make_consistent(method=…)", wanted=" or ".join(METHODS), got=got, advice=advice
        )
    if not isinstance(x, (Transporter, Cycle)):
        advice = "make_consistent(model.transporters[0]), one at a time"
        raise errors.WrongType(
            where="make_consistent(…)",
            wanted="a Transporter or a Cycle",
            got=errors.shown(x),
            advice=advice,
        )
    before = audit(x, over=over)
    if not any(p.certificate.exempt for p in x.processes):
        return Repair(x, x, "nothing to repair", before, before)
    if isinstance(x, Transporter) and (sound := _sound(x, before)):
        return sound
    return _cycle(x, before) if isinstance(x, Cycle) else _law(x, before, method)


def _law(x: Transporter, before: Audit, method: str) -> Repair:
    pair = next(_pairs(x.processes[0].local), None)
    one_way = pair is not None and (pair[0].is_zero or pair[1].is_zero)
    kept = "conductance" if pair is None else "reverse" if pair[0].is_zero else "forward"
    law = Consistent(x.law, "reverse" if one_way else method, kept)
    made = replace(x, law=law)
    follows = {
        "forward": "J = r⁺(1 − e^(−A/RT))",
        "reverse": "J = r⁻(e^(A/RT) − 1)",
        "conductance": "the conductance stays, J = L·A",
    }[kept]
    said = "both rates projected" if pair is not None and law.method == "projection" else follows
    return Repair(
        x, made, said, before, audit(made), change=_change(x, made, box(claims(x)[0], {}))
    )


SOUND = {
    "both": "the flux stays as it is: r⁺ − r⁻ with r⁺/r⁻ = e^(A/RT)",
    "multiple": "the flux stays as it is: J = L·A with L = J/A ≥ 0",
    "conductance": "the flux stays as it is: it is L·A with L ≥ 0",
}


def _sound(x: Transporter, before: Audit) -> Repair | None:
    """The same flux, proved; or left unproved, where nothing speaks against it; None where
    something does.
    """
    local, reduced_affinity = x.processes[0].local, x.processes[0].certificate.formula.local
    assert local.flux is not None
    most = 1 if local.flux.count_ops() > LONG else None

    def pairs() -> Iterator[tuple[sp.Expr, sp.Expr]]:
        """Of a long flux the first writing only: others would take minutes to factor."""
        return itertools.islice(_pairs(local), most)

    site = Site(x.name, x.processes[0].reaction, x.on)
    ways: list[tuple[str, Callable[[], bool]]] = [
        ("both", lambda: any(_multiple(pair, reduced_affinity) == 1 for pair in pairs())),
        (
            "multiple",
            lambda: any(_quotient(pair, reduced_affinity) is not None for pair in pairs()),
        ),
        ("conductance", lambda: _linear(local.flux, site) is not None),
    ]
    for kept, fits in ways:
        if fits():
            made = _declared(x, Consistent(x.law, "reverse", kept))
            if made is not None:
                return Repair(
                    x,
                    made,
                    SOUND[kept],
                    before,
                    audit(made),
                    change=_change(x, made, box(claims(x)[0], {})),
                )
    (finding,) = before.findings
    here = box(claims(x)[0], {})
    moves = bool(np.any(Functions([claims(x)[0].net or sp.S.Zero], here)(here.sample(64))))
    if (
        finding.verdict in (Verdict.CONSISTENT, Verdict.UNDECIDED)
        and finding.witness is None
        and moves
    ):
        told = "J·A ≥ 0 is proved in the whole range, though not as a pair of rates or as L·A"
        told = (
            told
            if finding.verdict == Verdict.CONSISTENT
            else "no state with J·A < 0 was found, and no proof either"
        )
        return Repair(x, x, f"left as it is: {told} ({finding.text})", before, before)
    return None


def _declared(x: Transporter, law: Law) -> Transporter | None:
    """The transporter with another law, if that is proved."""
    try:
        return replace(x, law=law)
    except (
        errors.SecondLawUndecided,
        errors.SecondLawViolation,
        errors.NegativeRate,
        StopIteration,
    ):
        return None


def _change(x: Transporter, made: Transporter, here: Box) -> dict[str, float]:
    """|ΔJ|/|J| over the box, where A is above RT and where it is below −RT."""
    old, new = claims(x)[0], claims(made)[0]
    J, K, reduced_affinity = Functions([old.net, new.net, old.reduced_affinity], here)(
        here.sample(2048)
    )
    told: dict[str, float] = {}
    for side, there in (("A > RT", reduced_affinity > 1), ("A < −RT", reduced_affinity < -1)):
        some = there & (J != 0)
        off = np.abs(K - J)[some] / np.abs(J)[some]
        off = np.where(off < ROUNDING, 0.0, off)
        told |= (
            {
                f"median where {side}": float(np.median(off)),
                f"largest where {side}": float(off.max()),
            }
            if len(off)
            else {}
        )
    return told


def _cycle(x: Cycle, before: Audit) -> Repair:
    basis, every = loops(x, constants.BODY_TEMPERATURE)
    names = [p.step for p in x.processes]
    found = {
        id(loop): finding for loop, finding in zip(every, before, strict=True)
    }  # names of loops may be equal
    off = [found[id(loop)].terms.get("constant", 0.0) for loop in basis]
    corrections = attribute_error(basis, off, names, 0.0).corrections
    RT = constants.GAS * constants.BODY_TEMPERATURE / 1000
    exempt = {p.step for p in x.processes if p.certificate.exempt}
    steps, changed = [], []
    for (text, given), name in zip(x.steps, names, strict=True):
        new = dict(given)
        for way, sign in (("forward", 0.5), ("reverse", -0.5)):
            if way in given and abs(corrections[name]) > 1e-9:
                new[way] = _scaled(given[way], math.exp(sign * corrections[name] / RT))
                changed.append(
                    (f"{x.name}.{name}.{way}", _quantity(given[way]), _quantity(new[way]))
                )
        steps.append((text, new))
    close = [
        *x.close,
        *(text for (text, _), name in zip(x.steps, names, strict=True) if name in exempt),
    ]
    made = replace(x, steps=steps, close=close, reason="")
    return Repair(
        x, made, "rate constants projected on closed loops", before, audit(made), tuple(changed)
    )


def _quantity(given: Any) -> Any:
    return (
        given.quantity if isinstance(given, Parameter) else as_quantity(given, "make_consistent(…)")
    )


def _scaled(given: Any, factor: float) -> Parameter:
    note, told = (
        f"times {factor:.6g}, so that every loop closes",
        (given.source if isinstance(given, Parameter) else None),
    )
    if told is not None and told.citation:
        return Parameter(
            _quantity(given) * factor,
            replace(told, kind="derived", note=f"{told.note}; {note}" if told.note else note),
        )
    return Parameter(_quantity(given) * factor, Source("assumed", note=note))
