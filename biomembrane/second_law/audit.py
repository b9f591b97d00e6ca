"""The audit of transporters, cycles, models and claims."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import constants, errors, units
from .. import dimension as d
from ..assemble.model import Model
from ..declare.checks.certificate import Verdict
from ..declare.cycle import Cycle
from ..declare.places import Membrane
from ..declare.solute_names import dotted, renamed
from ..declare.transporter import Transporter, sensing
from ..symbols import T
from .claim import Claim, claims, subjects
from .counterexample import SAMPLES, Uphill, stops, uphill
from .cycles import Loop, attribute_error, loops
from .diagnosis import ROUNDING, WARMER, cause, excess, multiplied, off_multiple
from .dissipation_sign import WARM, Certain, certain, frozen
from .evaluation import Array, Box, Functions, box
from .finding import Audit, Finding, Witness
from .residual import EXACT, Residual, residual

if TYPE_CHECKING:
    from ..declare.parameter_types import RangesLike

NONLINEAR = "ln(r⁺/r⁻) is no linear form of V and ln c"


@errors.keywords
def audit(
    x: Model | Transporter | Cycle | Claim | Iterable[Claim], *, over: RangesLike | None = None
) -> Audit:
    """Judge every process and every loop of kinetic diagrams by local detailed balance, ε = RT
    ln(r⁺/r⁻) − A (formalism §4, §6).

    Args:
        x: a model, a transporter, a cycle, or claims of models in other formats.
        over: ranges by name, ``{"V": (Q(-100, "mV"), Q(50, "mV")), "Na@out": (Q(1, "mM"), Q(150,
            "mM"))}``; otherwise V ± 150 mV and
            every concentration between a tenth and ten times its declared value.

    A law's flux is split into forward and reverse rates, and ε is expanded on V and ln c: the
    coefficients are the diagnosis.  Laws that cannot be split are judged by where their flux stops,
    and by searching for states with J·A < 0.  Verdicts: see
    :class:`~biomembrane.second_law.finding.Finding`.

    Returns:
        An :class:`Audit`; ``print`` shows it, ``.check()`` raises.

    Raises:
        WrongType: what is no model, transporter, cycle or claim, or ranges that are no pairs.
        UnknownName: a range of what takes no part.
        BareNumber: an end of a range without a unit.
        UnitMismatch: an end in a unit of another dimension.
        OutOfDomain: a range that does not run from a lower to a higher end.
    """
    if isinstance(x, Claim):
        x = [x]
    if isinstance(x, (Model, Transporter, Cycle)):
        declared, temperature = subjects(x)
        sides = [
            (one.on.inside.name, one.on.outside.name)
            for one in declared
            if isinstance(one.on, Membrane)
        ]
        ranges = _ranges(
            {} if over is None else over, [c for one in declared for c in claims(one)], sides
        )
        read, unread = (
            {name: text for one in declared for name, text in sensing(one)[k].items()}
            for k in (0, 1)
        )
        return Audit(
            x.name,
            tuple(f for one in declared for f in _declared(one, temperature, ranges)),
            read,
            unread,
        )
    try:
        given: list[Any] = (
            list(x) if isinstance(x, Iterable) and not isinstance(x, (str, Mapping)) else [x]
        )
    except Exception:  # noqa: BLE001  an object of someone else's; arrays of one number say that they can be iterated over
        given = [x]
    if not given or not all(isinstance(c, Claim) for c in given):
        advice = "audit(model), audit(transporter), or audit([claim, …])"
        raise errors.WrongType(
            where="audit(…)",
            wanted="a Model, a Transporter, a Cycle or claims",
            got=errors.shown(x),
            advice=advice,
        )
    ranges = _ranges({} if over is None else over, given)
    return Audit(
        given[0].name if len(given) == 1 else f"{len(given)} claims",
        tuple(judge(c, ranges) for c in given),
    )


def _ranges(
    over: Mapping[str, Any], known: Sequence[Claim], sides: Sequence[tuple[str, str]] = ()
) -> dict[str, tuple[float, float]]:
    """Low and high by the name of a level; participants may be named in every way."""
    names = {
        dotted(name, ())[0]: name
        for name in ("V", *(level.name for c in known for level in c.levels))
    }
    made = {}
    errors.expect(
        over,
        Mapping,
        "audit(over=…)",
        "{name: (low, high)}",
        "over={'V': (Q(-100, 'mV'), Q(50, 'mV'))}",
    )
    for said, (given, pair) in zip(
        over, renamed(over, sides, names, "audit(over=…)").items(), strict=True
    ):
        where = f"audit(over={{{errors.shown(said)}: …}})"
        if not isinstance(given, str) or given not in names:
            errors.among(
                given,
                list(names.values()),
                where,
                "'V' or a participant, such as 'Na@cell', 'cell.Na' or, at one membrane, 'Na@in'",
            )
        name = names.get(given, given)
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            advice = "(Q(1, 'mM'), Q(150, 'mM'))"
            raise errors.WrongType(
                where=where,
                wanted="a pair of quantities, low and high",
                got=errors.shown(pair),
                advice=advice,
            )
        low, high = (
            units.scalar(q, d.VOLTAGE if name == "V" else d.CONCENTRATION, where) for q in pair
        )
        if not low < high or (name != "V" and low <= 0):
            wanted = "low < high" + ("" if name == "V" else ", both above zero")
            raise errors.OutOfDomain(
                where=where,
                wanted=wanted,
                got=errors.shown(pair),
                advice="the smaller number first",
            )
        made[name] = (low, high)
    return made


def _declared(
    one: Transporter | Cycle, temperature: float, ranges: Mapping[str, tuple[float, float]]
) -> list[Finding]:
    if isinstance(one, Transporter):
        return [judge(c, ranges) for c in claims(one, temperature)]
    basis, every = loops(one, temperature)
    found = {
        id(loop): _circulating(judge(loop.claim, ranges), loop)
        for loop in {id(x): x for x in (*basis, *every)}.values()
    }
    shown = [found[id(loop)] for loop in every]
    if all(f.holds for f in found.values()):
        return shown
    return _blamed(one, basis, [found[id(loop)] for loop in basis], shown)


def _circulating(found: Finding, loop: Loop) -> Finding:
    """The finding on a loop, its witness with the flux that goes around there."""
    if found.witness is None or found.witness.flux is None:
        return found
    at = {
        name: float(q.to("V" if name == "V" else "mM").magnitude)
        for name, q in found.witness.values.items()
        if name == "V" or "@" in name
    }
    return replace(found, witness=replace(found.witness, flux=units.Q(loop.flux(at), "fmol/s")))


def _blamed(
    cycle: Cycle, basis: Sequence[Loop], judged: Sequence[Finding], shown: Sequence[Finding]
) -> list[Finding]:
    """The findings on loops, with the steps that most likely are at fault."""
    names = [p.step for p in cycle.processes]
    attribution = attribute_error(
        basis, [f.terms.get("constant", 0.0) for f in judged], names, ROUNDING
    )
    who = " or ".join(attribution.culprits)
    all_ = "every loop" if len(basis) > 1 else "it"
    said = (
        f"; {who} alone would explain {all_}"
        if attribution.alone
        else f"; no single step explains {all_}, {who} most of it"
    )
    told = [replace(f, text=f.text + said) if f.verdict == Verdict.VIOLATES else f for f in shown]
    return [
        (
            f
            if f.holds
            else replace(f, culprits=attribution.culprits, corrections=attribution.corrections)
        )
        for f in told
    ]


def judge(claim: Claim, ranges: Mapping[str, tuple[float, float]]) -> Finding:
    """The finding on one claim."""
    blank = Finding(
        claim.name, claim.kind, claim.reaction, Verdict.NOT_AUDITABLE, temperature=claim.temperature
    )
    if claim.net is None:
        return replace(blank, text="no flux is given")
    if claim.unbalanced:
        return replace(
            blank,
            verdict=Verdict.VIOLATES,
            cause="mass",
            text=f"the reaction does not balance: {claim.unbalanced}",
        )
    here = box(claim, ranges)
    if claim.current is not None and abs(claim.current - claim.charge) > 1e-9:
        stray = claim.current - claim.charge
        text = (
            f"{stray:+.4g} e per turnover enter the voltage and no ion carries them"
            f" ({claim.charge:+g} e are carried)"
        )
        return replace(
            blank,
            verdict=Verdict.VIOLATES,
            kJ=stray * constants.FARADAY * 1e-4,
            cause="current",
            text=f"{text}; kJ/mol at 100 mV",
        )
    if claim.conductance is not None:
        return _onsager(blank, claim, here)
    found = residual(claim, here)
    if found.form == "linear":
        return _linear(blank, claim, here, found)
    return _other(blank, claim, here, found)


def _linear(blank: Finding, claim: Claim, here: Box, found: Residual) -> Finding:
    """ε is a linear form: its terms tell all."""
    e = excess(claim, found)
    warmed = found.warming * WARMER * e.RT
    size = max(found.size * e.RT, abs(warmed))
    k = None if claim.paired else multiplied(found)
    if size < EXACT * 10 * e.RT or (k and not found.stalls):
        said = (
            "ln(r⁺/r⁻) − A/RT = 0"
            if k is None
            else f"r⁺/r⁻ = exp({k:g} A/RT): the flux stops with A and has its sign"
        )
        said = "the flux stops where A = 0 and has the sign of A" if found.stalls else said
        return _passing(
            blank, claim, here, said, k or 1.0, off_multiple(found, k) * e.RT if k else size
        )
    word, said = cause(claim, found, e)
    plain = not e.charge and not e.orders_wrong
    kJ = warmed if word == "Q10" else e.constant if plain else found.signed * e.RT
    verdict = Verdict.ROUNDING if size < ROUNDING else Verdict.VIOLATES
    if verdict == Verdict.ROUNDING:
        text = f"closes to {1000 * kJ:+.3g} J/mol"
        if not _nearly(claim, here):
            told = f"{text} where it was looked at, and it is not proved that it does elsewhere"
            return replace(blank, verdict=Verdict.UNDECIDED, kJ=kJ, text=told)
        return replace(
            blank,
            verdict=verdict,
            kJ=kJ,
            cause="rounding",
            text=f"{text}: rounding of the digits given",
            terms=e.terms,
        )
    seen = uphill(claim, here)
    witness = _witness(claim, here, seen.x, seen) if seen else _witness(claim, here, found.at, None)
    return replace(
        blank,
        verdict=verdict,
        kJ=kJ,
        cause=word,
        text=said,
        terms=e.terms,
        witness=witness,
        uphill=seen.share if seen else 0.0,
    )


def _passing(blank: Finding, claim: Claim, here: Box, said: str, k: float, left: float) -> Finding:
    """A law that shows no fault but for what is ``left`` [kJ/mol]: consistent if that is proved of
    every state, rounding if so much is, else undecided; a factor may change its sign elsewhere.
    """
    if claim.proved:
        return replace(blank, verdict=Verdict.PROVEN, text=said)
    proof = certain(claim, here, k)
    if proof.holds:
        fixed = f"; its constants are those of {claim.temperature:g} K" if proof.fixed else ""
        return replace(blank, verdict=Verdict.CONSISTENT, text=said + fixed)
    if 0 < left < ROUNDING and _nearly(claim, here, k):
        off = (
            f"closes to {1000 * left:.3g} J/mol"
            if k == 1
            else f"{said}; up to {1000 * left:.3g} J/mol off"
        )
        text = f"{off}: rounding of the digits given"
        return replace(blank, verdict=Verdict.ROUNDING, kJ=left, cause="rounding", text=text)
    return _turned(blank, claim, here, proof) or replace(
        blank, verdict=Verdict.UNDECIDED, text=_unproved(claim, proof)
    )


def _nearly(claim: Claim, here: Box, k: float = 1.0) -> bool:
    """Whether the second law is proved but for what the digits of a paper do, and as much again for
    every 15 K that it is warmer or colder.
    """
    near = ROUNDING * 1000 / (constants.GAS * claim.temperature)
    return certain(
        claim,
        here,
        k,
        near,
        near * max(1.0, *(abs(kelvin - claim.temperature) / WARMER for kelvin in WARM)),
    ).holds


def _unproved(claim: Claim, proof: Certain) -> str:
    said = "no state with J·A < 0 was found, and it is not proved that there is none"
    return (
        said
        if not proof.here
        else (
            f"{said} but at {claim.temperature:g} K: from 10 to 40 °C the rates follow neither A"
            " nor that of one temperature"
        )
    )


def _turned(blank: Finding, claim: Claim, here: Box, proof: Certain) -> Finding | None:
    """The finding on a factor that changes its sign and takes the flux with it: here, or at a
    temperature where it was seen to.
    """
    seen = uphill(claim, here, proof.changing, furthest=True)
    if seen:
        return _factor(blank, claim, here, seen)
    if not proof.changing and not proof.here:
        return None
    own = [
        one.reduced_affinity for one in frozen(claim, claim.temperature)
    ]  # an affinity that constants of one temperature may follow
    for kelvin in [*WARM, *(float(at[T]) for at in proof.changing if T in at)][:4]:
        warm = replace(here, temperature=kelvin)
        seen = uphill(claim, warm, proof.changing, drives=own)
        if seen:
            made = _factor(blank, replace(claim, temperature=kelvin), warm, seen)
            if stops(claim, warm):
                return replace(made, text=f"{made.text}, at {kelvin:.5g} K")
            against = f"the flux runs against A there and against that of {claim.temperature:g} K"
            text = f"the rates of the two directions warm apart: at {kelvin:.5g} K {against}"
            return replace(made, cause="Q10", text=text)
    return None


def _onsager(blank: Finding, claim: Claim, here: Box) -> Finding:
    """J = L·A holds as far as L is not negative."""
    text = "J = L·A with L ≥ 0"
    if claim.proved:
        return replace(blank, verdict=Verdict.PROVEN, text=text)
    proof = certain(claim, here)
    if proof.holds:
        return replace(blank, verdict=Verdict.CONSISTENT, text=text)
    return _turned(blank, claim, here, proof) or replace(
        blank, verdict=Verdict.UNDECIDED, text="J = L·A, and the sign of L is not known"
    )


def _factor(blank: Finding, claim: Claim, here: Box, seen: Uphill) -> Finding:
    text = (
        "the flux stops where A = 0, but a factor changes its sign elsewhere, and with it the flux"
    )
    return replace(
        blank, verdict=Verdict.VIOLATES, cause="factor", text=text,
        kJ=-seen.worst * constants.GAS * claim.temperature / 1000,
        witness=_witness(claim, here, seen.x, seen), uphill=seen.share,
    )  # fmt: skip


def _other(blank: Finding, claim: Claim, here: Box, found: Residual) -> Finding:
    """Laws that go one way, or whose ratio is no monomial, or that could not be split."""
    RT = constants.GAS * claim.temperature / 1000
    one_way = found.form in ("forward only", "reverse only", "one way")
    proof = Certain(holds=False) if one_way or claim.proved else certain(claim, here)
    if proof.holds:
        fixed = f"; its constants are those of {claim.temperature:g} K" if proof.fixed else ""
        return replace(
            blank,
            verdict=Verdict.CONSISTENT,
            text=f"the flux stops where A = 0 and has the sign of A{fixed}",
        )
    seen = uphill(claim, here, proof.changing, furthest=True)
    witness, share = (_witness(claim, here, seen.x, seen), seen.share) if seen else (None, 0.0)
    if one_way:
        way, distance = _distance(claim, here)
        text = f"no {'reverse' if way > 0 else 'forward'} rate: {_how_wrong(way, distance, seen)}"
        kJ = seen.worst * RT if seen else 0.0
        return replace(
            blank,
            verdict=Verdict.IRREVERSIBLE,
            kJ=kJ,
            cause="irreversible",
            text=text,
            witness=witness,
            uphill=share,
            distance=distance,
        )
    if (
        claim.paired
        and found.form == "nonlinear"
        and not claim.proved
        and found.size * RT >= ROUNDING
    ):
        text = f"{NONLINEAR}: up to {found.size * RT:.3g} kJ/mol off"
        witness = _witness(claim, here, found.at, None) if seen is None else witness
        return replace(
            blank,
            verdict=Verdict.VIOLATES,
            kJ=found.signed * RT,
            cause="nonlinear",
            text=text,
            witness=witness,
            uphill=share,
        )
    if seen is None:
        return _turned(blank, claim, here, proof) or _unseen(blank, claim, here, found)
    if proof.turns or (found.form == "nonlinear" and stops(claim, here)):
        return _factor(blank, claim, here, seen)
    stop = " (A where the flux stops)" if found.stalls else ""
    text = f"{NONLINEAR}: up to {found.size * RT:.3g} kJ/mol off{stop}"
    if found.form == "opaque":
        text = "the flux runs uphill, and could not be split into r⁺ and r⁻"
    kJ = found.signed * RT if found.size else seen.worst * RT
    return replace(
        blank,
        verdict=Verdict.VIOLATES,
        kJ=kJ,
        cause="nonlinear",
        text=text,
        witness=witness,
        uphill=share,
    )


def _unseen(blank: Finding, claim: Claim, here: Box, found: Residual) -> Finding:
    """No difference could be measured: then what is proved stands, and of the rest nothing is
    known.
    """
    assert claim.net is not None
    still = not np.any(Functions([claim.net], here)(here.sample(SAMPLES)))
    if claim.proved:
        return replace(
            blank,
            verdict=Verdict.PROVEN,
            text=(
                "no flux at these numbers" if still else "the rates leave the range of numbers here"
            ),
        )
    if still:
        return replace(
            blank,
            verdict=Verdict.UNDECIDED,
            text="no flux at these numbers: some parameter is 0, and nothing can be told",
        )
    why = "the flux could not be split into r⁺ and r⁻" if found.form == "opaque" else NONLINEAR
    return replace(
        blank, verdict=Verdict.UNDECIDED, text=f"{why}, and no state with J·A < 0 was found"
    )


def _distance(claim: Claim, here: Box) -> tuple[int, tuple[tuple[float, float, float], ...]]:
    """Which way the flux goes, and (A [kJ/mol], share of the box, J over the J(1 − e^{−|A|/RT})
    that is allowed, less one) in bins of A.
    """
    assert claim.net is not None
    J, reduced_affinity = Functions([claim.net, claim.reduced_affinity], here)(here.sample(SAMPLES))
    way = -1 if np.any(J < 0) else 1
    RT = constants.GAS * claim.temperature / 1000
    edges = np.array([-np.inf, 0.0, 1.0, 2.0, 4.0, 8.0, np.inf])
    made = []
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        inside = (
            way
            * reduced_affinity[(way * reduced_affinity >= low) & (way * reduced_affinity < high)]
        )
        if len(inside):
            middle = float(np.median(inside))
            made.append(
                (
                    way * middle * RT,
                    len(inside) / len(reduced_affinity),
                    float(1 / np.expm1(middle)) if middle > 0 else float("nan"),
                )
            )
    return way, tuple(made)


def _how_wrong(
    way: int, distance: Sequence[tuple[float, float, float]], seen: Uphill | None
) -> str:
    ahead = [
        f"{100 * over:.{0 if over > 0.1 else 2 if over > 1e-4 else 5}f} % at A = {A:.3g} kJ/mol"
        for A, _, over in distance
        if way * A > 0
    ]
    against = "the range holds no state with A against it"
    if seen:
        share = (
            f"{float(f'{100 * seen.share:.2g}'):g}"
            if seen.share
            else f"less than {100 / SAMPLES:.2g}"
        )  # 100, not 1e+02
        against = f"it runs uphill in {share} % of the range"
    return (
        f"{against}; where A {'>' if way > 0 else '<'} 0 it is too fast by {', '.join(ahead)}"
        if ahead
        else against
    )


def _witness(claim: Claim, here: Box, x: Array | None, seen: Uphill | None) -> Witness | None:
    if x is None:
        return None
    values = {
        v.name: units.Q(
            v.number(c) * (1e3 if v.unit == "V" else 1.0), "mV" if v.unit == "V" else v.unit
        )
        for v, c in zip(here.variables, x, strict=True)
    }
    reduced_affinity = float(Functions([claim.reduced_affinity], here)(x[:, None])[0, 0])
    affinity = units.Q(reduced_affinity * constants.GAS * claim.temperature / 1000, "kJ/mol")
    return Witness(values, affinity, units.Q(seen.flux, "fmol/s") if seen else None)
