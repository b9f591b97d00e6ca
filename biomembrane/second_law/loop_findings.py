"""Findings on the loops of a kinetic diagram, with the steps that most likely are wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .. import units
from ..declare.checks.certificate import Verdict
from ..declare.cycle import Cycle
from .audit_ranges import Ranges
from .claim_verdict import assess
from .cycles import Loop, attribute_error, loops
from .diagnosis import ROUNDING
from .finding import Finding


def loop_findings(cycle: Cycle, temperature: float, ranges: Ranges) -> list[Finding]:
    """One finding for each simple loop of a cycle."""
    basis, every = loops(cycle, temperature)
    by_loop = {
        id(loop): _with_loop_flux(assess(loop.claim, ranges), loop)
        for loop in {id(x): x for x in (*basis, *every)}.values()
    }
    findings = [by_loop[id(loop)] for loop in every]
    if all(f.holds for f in by_loop.values()):
        return findings
    return _attributed(cycle, basis, [by_loop[id(loop)] for loop in basis], findings)


def _with_loop_flux(finding: Finding, loop: Loop) -> Finding:
    """The finding on a loop, its witness with the net flux around the loop at that state."""
    if finding.witness is None or finding.witness.flux is None:
        return finding
    state = {
        name: float(q.to("V" if name == "V" else "mM").magnitude)
        for name, q in finding.witness.values.items()
        if name == "V" or "@" in name
    }
    flux = units.Q(loop.flux(state), "fmol/s")
    return replace(finding, witness=replace(finding.witness, flux=flux))


def _attributed(
    cycle: Cycle, basis: Sequence[Loop], of_basis: Sequence[Finding], findings: Sequence[Finding]
) -> list[Finding]:
    """The findings on all loops, those that fail with the steps that most likely are wrong."""
    errors_of_basis = [f.terms.get("constant", 0.0) for f in of_basis]
    names = [p.step for p in cycle.processes]
    attribution = attribute_error(basis, errors_of_basis, names, ROUNDING)
    steps = " or ".join(attribution.culprits)
    loops_meant = "every loop" if len(basis) > 1 else "it"
    remark = (
        f"; {steps} alone would explain {loops_meant}"
        if attribution.alone
        else f"; no single step explains {loops_meant}, {steps} most of it"
    )
    return [
        f
        if f.holds
        else replace(
            f,
            text=f.text + remark if f.verdict == Verdict.VIOLATES else f.text,
            culprits=attribution.culprits,
            corrections=attribution.corrections,
        )
        for f in findings
    ]
