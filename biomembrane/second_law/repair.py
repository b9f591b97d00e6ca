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
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import sympy as sp

from .. import errors
from ..declare.checks.certificate import Verdict
from ..declare.cycle import Cycle
from ..declare.laws import Law
from ..declare.site import Site
from ..declare.transporter import Transporter
from .audit import audit
from .claim import claims
from .consistent_law import (
    Consistent,
    affinity_multiple,
    flux_over_affinity,
    linear_conductance,
    one_way_rates,
)
from .cycle_repair import repair_cycle
from .evaluation import Functions, claim_box
from .finding import Audit
from .one_way_split import Pair
from .repair_report import Repair

if TYPE_CHECKING:
    from ..declare.parameter_types import RangesLike

__all__ = ["METHODS", "Repair", "make_consistent"]
METHODS = ("reverse", "projection")
LONG = 400  # operations of a flux
ROUNDING = 1e-9  # of a flux: a smaller change counts as none
FOLLOWS = {
    "forward": "J = r⁺(1 − e^(−A/RT))",
    "reverse": "J = r⁻(e^(A/RT) − 1)",
    "conductance": "the conductance stays, J = L·A",
}
SOUND = {
    "both": "the flux stays as it is: r⁺ − r⁻ with r⁺/r⁻ = e^(A/RT)",
    "multiple": "the flux stays as it is: J = L·A with L = J/A ≥ 0",
    "conductance": "the flux stays as it is: it is L·A with L ≥ 0",
}


@errors.keywords
def make_consistent(
    x: Transporter | Cycle, *, method: str = "reverse", over: RangesLike | None = None
) -> Repair:
    """The transporter or cycle made consistent with the second law, and what changes.

    Args:
        x: a transporter with a law that is exempt (``Empirical``), or a cycle with a ``reason``
            whose loops do not close.
        method: ``"reverse"`` keeps the forward rate (or the only one): J = r⁺(1 − e^{−A/RT});
            ``"projection"`` changes both rates by half of ε.  Cycles are always projected: k⁺ and
            k⁻ of each step take half of its correction each.
        over: ranges by name, as for :func:`~biomembrane.second_law.audit.audit`.

    A law that is sound stays as it is, and is proved where it can be: as a pair of rates, or as
    L·A, also of an electroneutral L·ln(c/c′) and where r⁺/r⁻ = e^{kA/RT} (L = J/A).  Where it has
    the sign of A in all sampled states and no proof was found, it is returned unchanged, and
    ``method`` says so.  A flux that cannot be split but is a conductance times V − E, as ohmic
    currents are, becomes L·A. The change is given on both sides of equilibrium.

    Raises:
        WrongType: x is not a transporter or a cycle.
        BadSettings: a method of another name.
        SecondLawUndecided: a flux that cannot be split, and is no conductance times V − E.
        UnknownName: a range of something that does not take part.
        BareNumber: an end of a range without a unit.
        UnitMismatch: an end in a unit of another dimension.
    """
    if not isinstance(method, str) or method not in METHODS:
        raise errors.BadSettings(
            where="make_consistent(method=…)",
            wanted=" or ".join(METHODS),
            got=errors.shown(method),
            advice=errors.nearest(method, METHODS),
        )
    if not isinstance(x, (Transporter, Cycle)):
        raise errors.WrongType(
            where="make_consistent(…)",
            wanted="a Transporter or a Cycle",
            got=errors.shown(x),
            advice="make_consistent(model.transporters[0]), one at a time",
        )
    before = audit(x, over=over)
    if not any(p.certificate.exempt for p in x.processes):
        return Repair(x, x, "nothing to repair", before, before)
    if isinstance(x, Cycle):
        return repair_cycle(x, before)
    return _kept_if_sound(x, before) or _repair_law(x, before, method)


def _repair_law(x: Transporter, before: Audit, method: str) -> Repair:
    pair = next(one_way_rates(x.processes[0].local), None)
    one_way = pair is not None and (pair[0].is_zero or pair[1].is_zero)
    kept = "conductance" if pair is None else "reverse" if pair[0].is_zero else "forward"
    law = Consistent(x.law, "reverse" if one_way else method, kept)
    projected = pair is not None and law.method == "projection"
    text = "both rates projected" if projected else FOLLOWS[kept]
    return _report(x, replace(x, law=law), text, before)


def _report(x: Transporter, repaired: Transporter, text: str, before: Audit) -> Repair:
    return Repair(x, repaired, text, before, audit(repaired), change=_change(x, repaired))


def _kept_if_sound(x: Transporter, before: Audit) -> Repair | None:
    """The same flux, proved, or left unproved where nothing speaks against it; None where something
    does.
    """
    for kept, fits in _proofs(x):
        repaired = _with_law(x, Consistent(x.law, "reverse", kept)) if fits() else None
        if repaired is not None:
            return _report(x, repaired, SOUND[kept], before)
    (finding,) = before.findings
    claim = claims(x)[0]
    box = claim_box(claim, {})
    flows = bool(np.any(Functions([claim.net or sp.S.Zero], box)(box.sample(64))))
    unrefuted = finding.verdict in (Verdict.CONSISTENT, Verdict.UNDECIDED)
    if not unrefuted or finding.witness is not None or not flows:
        return None
    text = "no state with J·A < 0 was found, and no proof either"
    if finding.verdict == Verdict.CONSISTENT:
        text = "J·A ≥ 0 is proved in the whole range, though not as a pair of rates or as L·A"
    return Repair(x, x, f"left as it is: {text} ({finding.text})", before, before)


def _proofs(x: Transporter) -> list[tuple[str, Callable[[], bool]]]:
    """What may be kept of a flux, and a test whether it has that form."""
    process = x.processes[0]
    local, affinity = process.local, process.certificate.formula.local
    flux = local.flux
    assert flux is not None
    most = 1 if flux.count_ops() > LONG else None

    def pairs() -> Iterator[Pair]:
        """Of a long flux the first split only: others would take minutes to factor."""
        return itertools.islice(one_way_rates(local), most)

    site = Site(x.name, process.reaction, x.on)
    return [
        ("both", lambda: any(affinity_multiple(pair, affinity) == 1 for pair in pairs())),
        ("multiple", lambda: any(flux_over_affinity(p, affinity) is not None for p in pairs())),
        ("conductance", lambda: linear_conductance(flux, site) is not None),
    ]


def _with_law(x: Transporter, law: Law) -> Transporter | None:
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


def _change(x: Transporter, repaired: Transporter) -> dict[str, float]:
    """|ΔJ|/|J| over the box, where A is above RT and where it is below −RT."""
    old, new = claims(x)[0], claims(repaired)[0]
    box = claim_box(old, {})
    functions = Functions([old.net, new.net, old.reduced_affinity], box)
    J, repaired_J, reduced_affinity = functions(box.sample(2048))
    change: dict[str, float] = {}
    for side, inside in (("A > RT", reduced_affinity > 1), ("A < −RT", reduced_affinity < -1)):
        states = inside & (J != 0)
        off = np.abs(repaired_J - J)[states] / np.abs(J)[states]
        off = np.where(off < ROUNDING, 0.0, off)
        if len(off):
            change[f"median where {side}"] = float(np.median(off))
            change[f"largest where {side}"] = float(off.max())
    return change
