"""Proofs of local detailed balance of every process and every loop, with the balance of charge and
mass, step by step and printable.

The affinity is derived again, from −Σ ν ∂G/∂n and the charge that each place gains, and compared
with the rates that the process uses; the certificate from its declaration is not consulted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from .. import errors, symbols
from ..assemble.model import Model
from ..declare.checks.certificate import Verdict
from ..declare.checks.detailed_balance import Logarithm
from ..declare.checks.nonnegativity import nonnegative
from ..declare.cycle import Cycle
from ..declare.electrode import Electrode
from ..declare.places import Membrane
from ..declare.reaction import Participant
from ..declare.reaction_balance import net_species
from ..declare.reduced_affinity import exact
from ..declare.standard_energies import standard_in
from ..declare.transporter import Process, Transporter
from ..symbols import B, F, R, T, c0, n0
from . import proof_text
from .claim import Claim, claims, subjects, supplies
from .claim_verdict import assess
from .cycles import Loop, loops
from .statement import Statement, Statements

Derived = Mapping[sp.Symbol, sp.Expr]


@dataclass(frozen=True, eq=False)
class Proof(Statements):
    """Statements on a transporter or a model; ``print`` shows them, :meth:`latex` gives an
    appendix.

    ``verdict`` is the worst of all; ``holds`` is True only if every statement is proven: undecided
    and exempt never pass.
    """

    def latex(self, *, document: bool = False) -> str:
        """LaTeX for an appendix (amsmath), a paragraph for each statement; with ``document=True`` a
        complete article.
        """
        return proof_text.latex(self, document)

    def __str__(self) -> str:
        return proof_text.text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return proof_text.html(self)

    def _repr_latex_(self) -> str:
        return proof_text.display(self)


def prove(x: Model | Transporter | Cycle | Electrode) -> Proof:
    """The second law of a transporter, a cycle or a model, proved by algebra: RT ln(r⁺/r⁻) = A for
    every state (formalism §4, §6).

    For each process: the affinity from −Σ ν ∂G/∂n − F Σ Q φ, the one-way rates, their quotient with
    common factors cancelled, the residual of ln(r⁺/r⁻) − A/RT, the sign of each rate, and the
    balance of charge and mass.  For each loop of a diagram: Π k⁺/Π k⁻ = exp(A_ext/RT).  For a model
    also: its conserved quantities, and the conventions of its standard energies.

    Verdicts: proven; undecided (neither a proof nor a counter-example); violates (with the residual
    and a witness); exempt (``Empirical`` laws and hosted constants, which are audited instead);
    supply (electrodes, whose work is done on the system).

    Raises:
        WrongType: x is not a model, a transporter or a cycle.
    """
    if not isinstance(x, (Model, Transporter, Cycle, Electrode)):
        advice = "prove(model) or prove(transporter); audit(…) assesses claims"
        raise errors.WrongType(
            where="prove(…)",
            wanted="a Model, a Transporter or a Cycle",
            got=errors.shown(x),
            advice=advice,
        )
    declared, temperature = subjects(x)
    statements: list[Statement] = []
    for each in declared:
        derived = {symbol: formula.expression for symbol, formula in each.derived.items()}
        pairs = zip(each.processes, claims(each, temperature), strict=True)
        statements += [_process(process, claim, derived) for process, claim in pairs]
        if isinstance(each, Cycle):
            statements += [_loop(loop, each, derived) for loop in loops(each, temperature)[1]]
    statements += map(_supply, supplies(x))
    if not isinstance(x, Model):
        return Proof(x.name, tuple(statements))
    conventions = dict.fromkeys(s.convention for s in x.species.values() if s.convention)
    invariants = tuple(map(_invariant, x.invariants))
    return Proof(x.name, tuple(statements), invariants, tuple(conventions))


# --- one process


def _supply(electrode: Electrode) -> Statement:
    """The statement on an electrode, which nothing has to be proved of."""
    process = electrode.processes[0]
    return Statement(
        name=process.name, transporter=process.transporter, kind="process",
        reaction=str(process.reaction), charge=_charge(process), mass=_mass(process),
        affinity=process.certificate.reduced_affinity, conductance=process.rates.conductance,
        verdict=Verdict.SUPPLY, note=process.certificate.statement,
    )  # fmt: skip


def affinity(process: Process) -> sp.Expr:
    """A/RT = −Σ ν ∂G/∂n /RT − Σ Q φ F/RT over the places, in concentrations and V; with ln K in
    place of standard energies where the process has a constant of its own.
    """
    energies = process.log_constant is None
    work = sp.Add(*(n * _potential(w, energies) for w, n in process.net.items()))
    on = process.on
    phi = (
        {on.inside.name: symbols.potential(on.name), on.outside.name: sp.S.Zero}
        if isinstance(on, Membrane)
        else {on.name: sp.S.Zero}
    )
    electric = sp.Add(
        *(
            (z if isinstance(z, sp.Expr) else exact(z)) * F * phi.get(place, sp.S.Zero)
            for place, z in process.charge_moved.items()
        )
    )
    given = sp.S.Zero if process.log_constant is None else process.log_constant.expression
    return sp.expand(given - (work + electric) / (R * T))


def _potential(participant: Participant, energies: bool = True) -> sp.Expr:
    """∂G/∂n of a participant, differentiated here from G; with μ° of solutes if ``energies``."""
    n, W = sp.Dummy(), sp.Dummy()
    if participant.is_state:
        return sp.diff(_energy(n, symbols.state_energy(participant.pool), n0), n).subs(
            n, symbols.amount(participant.pool)
        )
    if participant.is_solvent:
        return participant.per_mole * participant.potential
    assert participant.species is not None
    declared = standard_in(participant.species, participant.place) if energies else None
    standard = sp.S.Zero if declared is None else declared.used
    return sp.diff(_energy(n, standard, W * c0), n).subs(
        n, W * symbols.concentration(participant.pool)
    )


def _energy(n: sp.Expr, standard: sp.Expr, unit: sp.Expr) -> sp.Expr:
    """G of an amount n: n(μ° + RT(ln(n/unit) − 1))."""
    return n * (standard + R * T * (sp.log(n / unit) - 1))


def _process(process: Process, claim: Claim, derived: Derived) -> Statement:
    A = affinity(process)
    fields: dict[str, Any] = {
        "name": process.name, "transporter": process.transporter, "kind": "process",
        "reaction": str(process.reaction),
        "charge": _charge(process), "mass": _mass(process), "affinity": A,
    }  # fmt: skip
    if process.slaved:
        note = "A = 0 at all times, so that J·A = 0"
        return Statement(**fields, verdict=Verdict.PROVEN, note=note)
    rates = process.shown
    if rates.conductance is not None:
        good, signs = nonnegative(rates.conductance, {}), (("L", _sign(rates.conductance)),)
        note = "J = L·A, so that J·A = L·A² ≥ 0" + _modulated(process, "; ")
        return Statement(
            **fields,
            verdict=Verdict.PROVEN if good else Verdict.UNDECIDED,
            conductance=rates.conductance,
            signs=signs,
            note=note,
        )
    if process.certificate.verdict is Verdict.DRIVEN:
        return Statement(**fields, verdict=Verdict.DRIVEN, note=process.certificate.statement)
    if rates.flux is not None:
        return _exempt(fields, f"empirical: {rates.reason}", claim)
    assert rates.forward is not None
    assert rates.reverse is not None
    pair = (rates.forward, rates.reverse)
    made = _compared(fields, pair, A, claim, derived, process.units)
    if made.verdict != Verdict.PROVEN:
        return made
    return replace(made, note=made.note + _modulated(process, "; " if made.note else ""))


def _modulated(process: Process, before: str) -> str:
    """That gates and the like do no work, where there are any."""
    by = ", ".join(process.modulated_by)
    return f"{before}modulated by {by}, which does no work" if by else ""


def _exempt(fields: dict[str, Any], reason: str, claim: Claim) -> Statement:
    finding = assess(claim, {})
    return Statement(
        **fields,
        verdict=Verdict.EXEMPT,
        note=f"{reason}; the audit says {finding.verdict}: {finding.text}",
        witness=finding.witness,
    )


def _compared(
    fields: dict[str, Any],
    rates: tuple[sp.Expr, sp.Expr],
    A: sp.Expr,
    claim: Claim,
    derived: Derived,
    units: Derived,
) -> Statement:
    """The statement on a pair of rates; constants derived from others are written out before the
    comparison.
    """
    memo: dict[sp.Expr, bool] = {}
    signed = all(nonnegative(rate, memo) for rate in rates)
    fields |= {
        "forward": rates[0],
        "reverse": rates[1],
        "signs": tuple((way, _sign(r)) for way, r in zip(("r⁺", "r⁻"), rates, strict=True)),
    }
    forward, reverse, reduced_affinity = (e.xreplace(derived) for e in (*rates, A))
    residual = _difference(forward, reverse, reduced_affinity)
    fields |= {
        "ratio": _reduced(forward, reverse),
        "residual": residual,
        "given": _given(rates, A, derived),
    }
    if residual == 0:
        note = "" if signed else "the sign of a rate could not be decided"
        return Statement(
            **fields, verdict=Verdict.PROVEN if signed else Verdict.UNDECIDED, note=note
        )
    written_out = replace(
        claim,
        forward=forward.xreplace(units),
        reverse=reverse.xreplace(units),
        flux=None,
        reduced_affinity=reduced_affinity,
        proved="",
    )
    finding = assess(written_out, {})
    wrong = finding.verdict in (Verdict.VIOLATES, Verdict.ROUNDING, Verdict.IRREVERSIBLE)
    note = f"left over: {residual}" + (f"; {finding.text}" if wrong else "")
    return Statement(
        **fields,
        verdict=Verdict.VIOLATES if wrong else Verdict.UNDECIDED,
        note=note,
        witness=finding.witness,
    )


def _given(
    rates: tuple[sp.Expr, sp.Expr], A: sp.Expr, derived: Derived
) -> tuple[tuple[sp.Expr, sp.Expr], ...]:
    """The definitions to print: the difference of the standard energies of the states, which
    telescopes, and the constants that close loops.
    """
    energies = {s: A.coeff(s) for s in sorted(A.free_symbols, key=str) if s in derived}
    difference = sp.Add(*(-R * T * share * s for s, share in energies.items()))
    rows = [(difference, sp.expand(difference.xreplace(derived)))] if energies else []
    used = sorted((s for rate in rates for s in rate.free_symbols if s in derived), key=str)
    return (*rows, *((s, derived[s]) for s in dict.fromkeys(used)))


def _difference(forward: sp.Expr, reverse: sp.Expr, A: sp.Expr) -> sp.Expr:
    """ln(r⁺/r⁻) − A/RT, with common terms cancelled."""
    for expanded in (False, True):
        log = (
            Logarithm(expanded=expanded)
            .add(forward)
            .add(reverse, sp.S.NegativeOne)
            .add_linear(A, sp.S.NegativeOne)
        )
        linear, powers = log.remainder()
        if linear == 0 and not powers:
            return sp.S.Zero
    rest = linear + sp.Add(*(power * sp.log(base) for base, power in powers.items()))
    return sp.S.Zero if rest.count_ops() < 400 and sp.simplify(rest) == 0 else rest


def _reduced(forward: sp.Expr, reverse: sp.Expr) -> sp.Expr:
    """ln(r⁺/r⁻) as a sum, with common factors cancelled."""
    linear, powers = Logarithm().add(forward).add(reverse, sp.S.NegativeOne).remainder()
    return linear + sp.Add(*(power * sp.log(base) for base, power in powers.items()))


_WHY = (
    (
        "concentrations and amounts are positive",
        lambda e: any(str(s)[:2] in ("c[", "n[") for s in e.free_symbols),
    ),
    (
        "states with an equation of their own are not negative",
        lambda e: any(str(s).startswith("x[") for s in e.free_symbols),
    ),
    (
        "shares of a channel's states and volumes are not negative",
        lambda e: any(str(s)[:2] in ("p[", "W[") for s in e.free_symbols),
    ),
    (
        "parameters are not negative by declaration",
        lambda e: any("[" not in str(s) and "." in str(s) for s in e.free_symbols),
    ),
    ("exponentials are positive", lambda e: e.has(sp.exp)),
    ("B(x) = x/(eˣ − 1) is positive", lambda e: e.has(B)),
    ("sums of such terms are not negative", lambda e: e.has(sp.Add)),
)


def _sign(rate: sp.Expr) -> str:
    """Why a rate is not negative, from the kinds of its factors."""
    if not nonnegative(rate, {}):
        return "undecided"
    return "; ".join(why for why, holds in _WHY if holds(rate)) or "a number"


def _charge(process: Process) -> str:
    moved = process.reaction.charge_moved()
    if not moved:
        return "no charge moves; the q row of N is 0"
    parts = ", ".join(f"{float(z):+g} e to {place}" for place, z in moved.items())
    return f"{parts}; Σ = {float(sum(moved.values())):g}, the q row of N is ±F times this"


def _mass(process: Process) -> str:
    if process.reaction.states:
        return "what carrier states bind is balanced around the loops"
    return _closure(net_species(process.reaction))


def _closure(changes: Mapping[Any, int]) -> str:
    """The balance of the elements, or moieties, of the species that are produced and consumed."""
    if not changes:
        return "species are only moved, none is produced or consumed"
    by_elements = all(s.formula for s in changes)
    contents = {s: s.composition() if by_elements else dict(s.moieties) for s in changes}
    balances = []
    for part in dict.fromkeys(part for content in contents.values() for part in content):
        terms = [n * contents[s][part] for s, n in changes.items() if part in contents[s]]
        balances.append(f"{part}: {' '.join(f'{n:+d}' for n in terms)} = {sum(terms)}")
    return ", ".join(balances)


# --- loops and models


def _loop(loop: Loop, cycle: Cycle, derived: Derived) -> Statement:
    """The statement Π k⁺/Π k⁻ = exp(A_ext/RT) on one loop; the amounts of the states cancel."""
    alone = {symbols.amount(state.pool): n0 for state in cycle.states}
    steps = [(cycle.processes[k], way) for k, way in loop.walk]
    A = sp.expand(sp.Add(*(way * affinity(p).xreplace(alone) for p, way in steps)))
    changes: dict[Any, int] = {}
    for p, way in steps:
        for species, n in net_species(p.reaction).items():
            changes[species] = changes.get(species, 0) + way * n
    claim = loop.claim
    charge = (
        f"{claim.charge:+g} e to {cycle.on.inside.name} per cycle"
        if claim.charge
        else "no charge crosses per cycle"
    )
    mass = _closure({s: n for s, n in changes.items() if n})
    fields: dict[str, Any] = {
        "name": claim.name, "transporter": cycle.name, "kind": "loop", "reaction": claim.reaction,
        "affinity": A, "charge": charge, "mass": mass,
    }  # fmt: skip
    if not claim.proved:
        return _exempt(fields, f"hosted: {cycle.reason}", claim)
    forward, reverse = sp.S.One, sp.S.One
    for p, way in steps:
        assert p.rates.forward is not None
        assert p.rates.reverse is not None
        up, down = (rate.xreplace(alone) for rate in (p.rates.forward, p.rates.reverse)[::way])
        forward, reverse = forward * up, reverse * down
    return _compared(fields, (forward, reverse), A, claim, derived, {})


def _invariant(weights: Mapping[str, Any]) -> str:
    return " ".join(
        f"{'−' if w < 0 else '+'} {f'{abs(float(w)):g} ' if abs(w) != 1 else ''}{pool}"
        for pool, w in weights.items()
    ).removeprefix("+ ")
