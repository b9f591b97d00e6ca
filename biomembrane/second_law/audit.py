"""The audit of transporters, cycles, models and claims."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .. import errors
from ..assemble.model import Model
from ..declare.checks.certificate import Verdict
from ..declare.cycle import Cycle
from ..declare.electrode import Electrode
from ..declare.places import Membrane
from ..declare.transporter import Transporter, sensing
from .audit_ranges import Ranges, parse_ranges
from .claim import Claim, claims, subjects, supplies
from .claim_verdict import assess
from .finding import Audit, Finding
from .loop_findings import loop_findings

if TYPE_CHECKING:
    from ..declare.parameter_types import RangesLike


@errors.keywords
def audit(
    x: Model | Transporter | Cycle | Electrode | Claim | Iterable[Claim],
    *,
    over: RangesLike | None = None,
) -> Audit:
    """Assess every process and every loop of kinetic diagrams by local detailed balance, ε = RT
    ln(r⁺/r⁻) − A (formalism §4, §6).

    Args:
        x: a model, a transporter, a cycle, an electrode, or claims of models in other formats.
        over: ranges by name, ``{"V": (Q(-100, "mV"), Q(50, "mV")), "Na@out": (Q(1, "mM"), Q(150,
            "mM"))}``; otherwise V ± 150 mV and every concentration between a tenth of its declared
            value and ten times it.

    The flux of a law is split into forward and reverse rates, and ε is expanded in V and ln c: the
    coefficients are the diagnosis.  Laws that cannot be split are assessed by where their flux
    stops, and by searching for states with J·A < 0.  Verdicts: see
    :class:`~biomembrane.second_law.finding.Finding`.

    Returns:
        An :class:`Audit`; ``print`` shows it, ``.check()`` raises.

    Raises:
        WrongType: x is not a model, transporter, cycle or claim, or a range is not a pair.
        UnknownName: a range of something that does not take part.
        BareNumber: an end of a range without a unit.
        UnitMismatch: an end in a unit of another dimension.
        OutOfDomain: a range that does not run from a lower to a higher end.
    """
    given = {} if over is None else over
    if isinstance(x, (Model, Transporter, Cycle, Electrode)):
        return _audit_declared(x, given)
    every = _as_claims(x)
    ranges = parse_ranges(given, every)
    name = every[0].name if len(every) == 1 else f"{len(every)} claims"
    return Audit(name, tuple(assess(claim, ranges) for claim in every))


def _as_claims(x: Any) -> list[Claim]:
    if isinstance(x, Claim):
        return [x]
    try:
        every: list[Any] = (
            list(x) if isinstance(x, Iterable) and not isinstance(x, (str, Mapping)) else [x]
        )
    except Exception:  # noqa: BLE001  a foreign object; an array of one number claims to be iterable
        every = [x]
    if not every or not all(isinstance(claim, Claim) for claim in every):
        raise errors.WrongType(
            where="audit(…)",
            wanted="a Model, a Transporter, a Cycle or claims",
            got=errors.shown(x),
            advice="audit(model), audit(transporter), or audit([claim, …])",
        )
    return every


def _audit_declared(x: Model | Transporter | Cycle | Electrode, over: Mapping[str, Any]) -> Audit:
    transporters, temperature = subjects(x)
    sides = [
        (each.on.inside.name, each.on.outside.name)
        for each in transporters
        if isinstance(each.on, Membrane)
    ]
    every = [claim for each in transporters for claim in claims(each)]
    ranges = parse_ranges(over, every, sides)
    sensed, unread = (
        {name: text for each in transporters for name, text in sensing(each)[k].items()}
        for k in (0, 1)
    )
    findings = [f for each in transporters for f in _findings(each, temperature, ranges)]
    findings += map(_supply, supplies(x))
    modulated = {
        p.name: ", ".join(p.modulated_by)
        for each in transporters
        for p in each.processes
        if p.modulated_by and not p.certificate.exempt
    }
    return Audit(x.name, tuple(findings), sensed, unread, modulated)


def _supply(electrode: Electrode) -> Finding:
    """The finding on an electrode, which no law binds."""
    process = electrode.processes[0]
    text = process.certificate.statement
    return Finding(process.name, "process", str(process.reaction), Verdict.SUPPLY, text=text)


def _findings(declared: Transporter | Cycle, temperature: float, ranges: Ranges) -> list[Finding]:
    if isinstance(declared, Cycle):
        return loop_findings(declared, temperature, ranges)
    return [assess(claim, ranges) for claim in claims(declared, temperature)]
