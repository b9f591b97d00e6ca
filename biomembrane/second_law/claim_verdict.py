"""The finding on one claim: which verdict, how large the error, and where it shows.

The order of the tests: mass, charge, then ε = RT ln(r⁺/r⁻) − A.  A linear ε is diagnosed by its
coefficients; a law without a fault passes only with a proof over the whole box; of all others the
states with J·A < 0 are searched for.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .. import constants, units
from ..declare.checks.certificate import Verdict
from ..symbols import T
from .audit_ranges import Ranges
from .claim import Claim
from .counterexample import SAMPLES, Uphill, find_uphill, stops_at_equilibrium
from .diagnosis import ROUNDING, WARMER, cause, excess, multiplied, off_multiple
from .dissipation_sign import WARM, SignProof, at_fixed_temperature, prove_sign
from .evaluation import Array, Box, Functions, claim_box
from .finding import Finding, Witness
from .irreversible_law import describe, relative_excess
from .residual import EXACT, Residual, residual

NONLINEAR = "ln(r⁺/r⁻) is not linear in V and ln c"
AT_EQUILIBRIUM = "A = 0 at all times, so that J·A = 0"
SIGN_OF_A = "the flux stops where A = 0 and has the sign of A"


def assess(claim: Claim, ranges: Ranges) -> Finding:
    """The finding on one claim."""
    blank = Finding(
        claim.name, claim.kind, claim.reaction, Verdict.NOT_AUDITABLE, temperature=claim.temperature
    )
    if claim.proved == Verdict.DRIVEN:
        text = "driven from outside: what it carries mixes, and its work is a supply"
        return replace(blank, verdict=Verdict.DRIVEN, text=text)
    if claim.proved == Verdict.EQUILIBRIUM:
        return replace(blank, verdict=Verdict.PROVEN, text=AT_EQUILIBRIUM)
    if claim.net is None:
        return replace(blank, text="no flux is given")
    if claim.unbalanced:
        text = f"the reaction does not balance: {claim.unbalanced}"
        return replace(blank, verdict=Verdict.VIOLATES, cause="mass", text=text)
    if claim.current is not None and abs(claim.current - claim.charge) > 1e-9:
        return _stray_current(blank, claim, claim.current - claim.charge)
    box = claim_box(claim, ranges)
    if claim.conductance is not None:
        return _conductance(blank, claim, box)
    error = residual(claim, box)
    if error.form == "linear":
        return _linear(blank, claim, box, error)
    if error.form in ("forward only", "reverse only", "one way"):
        return _irreversible(blank, claim, box)
    return _nonlinear(blank, claim, box, error)


def _stray_current(blank: Finding, claim: Claim, stray: float) -> Finding:
    text = (
        f"{stray:+.4g} e per turnover enter the voltage equation without an ion that carries them"
        f" ({claim.charge:+g} e are carried); kJ/mol at 100 mV"
    )
    kJ = stray * constants.FARADAY * 1e-4
    return replace(blank, verdict=Verdict.VIOLATES, kJ=kJ, cause="current", text=text)


# --- laws whose ε is a linear form


def _linear(blank: Finding, claim: Claim, box: Box, error: Residual) -> Finding:
    e = excess(claim, error)
    warmed = error.warming * WARMER * e.RT
    size = max(error.size * e.RT, abs(warmed))
    k = None if claim.paired else multiplied(error)
    if size < EXACT * 10 * e.RT or (k and not error.stalls):
        text = "ln(r⁺/r⁻) − A/RT = 0"
        if error.stalls:
            text = SIGN_OF_A
        elif k is not None:
            text = f"r⁺/r⁻ = exp({k:g} A/RT): the flux stops where A = 0 and has the sign of A"
        left = off_multiple(error, k) * e.RT if k else size
        return _without_fault(blank, claim, box, text, k or 1.0, left)
    word, text = cause(claim, error, e)
    constant_only = not e.charge and not e.orders_wrong
    kJ = warmed if word == "Q10" else e.constant if constant_only else error.signed * e.RT
    if size < ROUNDING:
        text = f"closes to {1000 * kJ:+.3g} J/mol"
        if not _proved_within_rounding(claim, box):
            text += (
                " in the states that were sampled, and it is not proved that it does in all others"
            )
            return replace(blank, verdict=Verdict.UNDECIDED, kJ=kJ, text=text)
        text += ": rounding of the digits given"
        return replace(
            blank, verdict=Verdict.ROUNDING, kJ=kJ, cause="rounding", text=text, terms=e.terms
        )
    uphill = find_uphill(claim, box)
    return replace(
        blank,
        verdict=Verdict.VIOLATES,
        kJ=kJ,
        cause=word,
        text=text,
        terms=e.terms,
        witness=_witness(claim, box, uphill.x if uphill else error.at, uphill),
        uphill=uphill.share if uphill else 0.0,
    )


def _without_fault(
    blank: Finding, claim: Claim, box: Box, text: str, k: float, left: float
) -> Finding:
    """A law whose ε vanishes but for ``left`` [kJ/mol] where it was evaluated: consistent if that
    is proved for every state, rounding if it is proved up to rounding, else undecided; or violated
    by a factor that changes its sign elsewhere.
    """
    if claim.proved:
        return replace(blank, verdict=Verdict.PROVEN, text=text)
    proof = prove_sign(claim, box, k)
    if proof.holds:
        return replace(blank, verdict=Verdict.CONSISTENT, text=text + _fixed(claim, proof))
    if 0 < left < ROUNDING and _proved_within_rounding(claim, box, k):
        size = (
            f"closes to {1000 * left:.3g} J/mol"
            if k == 1
            else f"{text}; up to {1000 * left:.3g} J/mol off"
        )
        text = f"{size}: rounding of the digits given"
        return replace(blank, verdict=Verdict.ROUNDING, kJ=left, cause="rounding", text=text)
    return _sign_change(blank, claim, box, proof) or replace(
        blank, verdict=Verdict.UNDECIDED, text=_unproved(claim, proof)
    )


def _fixed(claim: Claim, proof: SignProof) -> str:
    return f"; its constants are those of {claim.temperature:g} K" if proof.fixed else ""


def _proved_within_rounding(claim: Claim, box: Box, k: float = 1.0) -> bool:
    """Whether the second law is proved up to the rounding of published digits, and as much again
    for every 15 K from the claim's temperature.
    """
    near = ROUNDING * 1000 / (constants.GAS * claim.temperature)
    away = max(abs(kelvin - claim.temperature) for kelvin in WARM) / WARMER
    return prove_sign(claim, box, k, near, near * max(1.0, away)).holds


def _unproved(claim: Claim, proof: SignProof) -> str:
    text = "no state with J·A < 0 was found, and it is not proved that there is none"
    if not proof.here:
        return text
    return (
        f"{text} but at {claim.temperature:g} K: from 10 to 40 °C the rates follow neither A nor"
        " that of one temperature"
    )


# --- factors that change their sign


def _sign_change(blank: Finding, claim: Claim, box: Box, proof: SignProof) -> Finding | None:
    """The finding on a factor that changes its sign and reverses the flux: at the temperature of
    the box, or at one where it was seen to.
    """
    uphill = find_uphill(claim, box, proof.changing, furthest=True)
    if uphill:
        return _factor(blank, claim, box, uphill)
    if not proof.changing and not proof.here:
        return None
    # the flux may follow the affinity of the temperature at which its constants were measured
    own = [fixed.reduced_affinity for fixed in at_fixed_temperature(claim, claim.temperature)]
    for kelvin in [*WARM, *(float(at[T]) for at in proof.changing if T in at)][:4]:
        warm = replace(box, temperature=kelvin)
        uphill = find_uphill(claim, warm, proof.changing, affinities=own)
        if uphill:
            finding = _factor(blank, replace(claim, temperature=kelvin), warm, uphill)
            if stops_at_equilibrium(claim, warm):
                return replace(finding, text=f"{finding.text}, at {kelvin:.5g} K")
            against = f"the flux runs against A there and against that of {claim.temperature:g} K"
            text = f"the rates of the two directions warm apart: at {kelvin:.5g} K {against}"
            return replace(finding, cause="Q10", text=text)
    return None


def _factor(blank: Finding, claim: Claim, box: Box, uphill: Uphill) -> Finding:
    return replace(
        blank,
        verdict=Verdict.VIOLATES,
        kJ=-uphill.worst * constants.GAS * claim.temperature / 1000,
        cause="factor",
        text=(
            "the flux stops where A = 0, but a factor changes its sign elsewhere, and with it the"
            " flux"
        ),
        witness=_witness(claim, box, uphill.x, uphill),
        uphill=uphill.share,
    )


def _conductance(blank: Finding, claim: Claim, box: Box) -> Finding:
    """J = L·A is consistent where L is not negative."""
    text = "J = L·A with L ≥ 0"
    if claim.proved:
        return replace(blank, verdict=Verdict.PROVEN, text=text)
    proof = prove_sign(claim, box)
    if proof.holds:
        return replace(blank, verdict=Verdict.CONSISTENT, text=text)
    return _sign_change(blank, claim, box, proof) or replace(
        blank, verdict=Verdict.UNDECIDED, text="J = L·A, and the sign of L is not known"
    )


# --- all other laws


def _irreversible(blank: Finding, claim: Claim, box: Box) -> Finding:
    """A law that has a forward or a reverse rate only."""
    RT = constants.GAS * claim.temperature / 1000
    uphill = find_uphill(claim, box, furthest=True)
    direction, distance = relative_excess(claim, box)
    missing = "reverse" if direction > 0 else "forward"
    return replace(
        blank,
        verdict=Verdict.IRREVERSIBLE,
        kJ=uphill.worst * RT if uphill else 0.0,
        cause="irreversible",
        text=f"no {missing} rate: {describe(direction, distance, uphill)}",
        witness=_witness(claim, box, uphill.x, uphill) if uphill else None,
        uphill=uphill.share if uphill else 0.0,
        distance=distance,
    )


def _nonlinear(blank: Finding, claim: Claim, box: Box, error: Residual) -> Finding:
    """Laws whose r⁺/r⁻ is no monomial, or that could not be split."""
    RT = constants.GAS * claim.temperature / 1000
    proof = SignProof(holds=False) if claim.proved else prove_sign(claim, box)
    if proof.holds:
        text = SIGN_OF_A + _fixed(claim, proof)
        return replace(blank, verdict=Verdict.CONSISTENT, text=text)
    uphill = find_uphill(claim, box, proof.changing, furthest=True)
    text = f"{NONLINEAR}: up to {error.size * RT:.3g} kJ/mol off"
    violation = replace(
        blank, verdict=Verdict.VIOLATES, kJ=error.signed * RT, cause="nonlinear", text=text
    )
    if uphill:
        witness = _witness(claim, box, uphill.x, uphill)
        violation = replace(violation, witness=witness, uphill=uphill.share)
    nonlinear = error.form == "nonlinear"
    if claim.paired and nonlinear and not claim.proved and error.size * RT >= ROUNDING:
        if uphill is None:
            violation = replace(violation, witness=_witness(claim, box, error.at, None))
        return violation
    if uphill is None:
        return _sign_change(blank, claim, box, proof) or _no_difference(blank, claim, box, error)
    if proof.turns or (nonlinear and stops_at_equilibrium(claim, box)):
        return _factor(blank, claim, box, uphill)
    if error.form == "opaque":
        text = "the flux runs uphill, and could not be split into r⁺ and r⁻"
    elif error.stalls:
        text += " (A where the flux stops)"
    return replace(violation, text=text, kJ=error.signed * RT if error.size else uphill.worst * RT)


def _no_difference(blank: Finding, claim: Claim, box: Box, error: Residual) -> Finding:
    """No error could be measured: a proof that was given stands, all else is undecided."""
    assert claim.net is not None
    no_flux = not np.any(Functions([claim.net], box)(box.sample(SAMPLES)))
    if claim.proved:
        text = "no flux at these numbers" if no_flux else "the rates overflow or underflow here"
        return replace(blank, verdict=Verdict.PROVEN, text=text)
    if no_flux:
        text = "no flux at these numbers: some parameter is 0, and nothing can be concluded"
        return replace(blank, verdict=Verdict.UNDECIDED, text=text)
    opaque = "the flux could not be split into r⁺ and r⁻"
    reason = opaque if error.form == "opaque" else NONLINEAR
    text = f"{reason}, and no state with J·A < 0 was found"
    return replace(blank, verdict=Verdict.UNDECIDED, text=text)


def _witness(claim: Claim, box: Box, x: Array | None, uphill: Uphill | None) -> Witness | None:
    """The state at coordinates x, with its affinity and, where it runs uphill, its flux."""
    if x is None:
        return None
    values = {}
    for v, coordinate in zip(box.variables, x, strict=True):
        number = v.number(coordinate)
        values[v.name] = units.Q(number * 1e3, "mV") if v.unit == "V" else units.Q(number, v.unit)
    reduced_affinity = float(Functions([claim.reduced_affinity], box)(x[:, None])[0, 0])
    affinity = units.Q(reduced_affinity * constants.GAS * claim.temperature / 1000, "kJ/mol")
    return Witness(values, affinity, units.Q(uphill.flux, "fmol/s") if uphill else None)
