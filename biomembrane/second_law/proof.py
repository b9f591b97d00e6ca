"""Proofs: local detailed balance of every process and every loop, with charge and mass closed, step
by step and printable.

The affinity is derived anew, from −Σ ν ∂G/∂n and the charge that each place gains, and compared
with the rates that the process runs on; the certificate of its birth is not consulted.
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
from ..declare.places import Membrane
from ..declare.reaction import Participant
from ..declare.reaction_balance import net_species
from ..declare.reduced_affinity import exact
from ..declare.transporter import Process, Transporter
from ..symbols import B, F, R, T, c0, n0
from . import proof_text
from .audit import judge
from .claim import Claim, claims, subjects
from .cycles import Loop, loops
from .statement import Statement, Statements

Derived = Mapping[sp.Symbol, sp.Expr]


@dataclass(frozen=True, eq=False)
class Proof(Statements):
    """Statements on a transporter or a model; ``print`` shows them, :meth:`latex` gives an
    appendix.

    ``verdict`` is the worst of all; ``holds`` is True only if every one is proven.  Undecided and
    exempt never pass.
    """

    def latex(self, *, document: bool = False) -> str:
        """A fragment for an appendix (amsmath), a paragraph for each statement; ``document=True``
        makes it an article of its own.
        """
        return proof_text.latex(self, document)

    def __str__(self) -> str:
        return proof_text.text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return proof_text.html(self)

    def _repr_latex_(self) -> str:
        return proof_text.display(self)


def prove(x: Model | Transporter | Cycle) -> Proof:
    """The second law of a transporter, a cycle or a model, proved by algebra: RT ln(r⁺/r⁻) = A for
    every state (formalism §4, §6).

    For each process: the affinity from −Σ ν ∂G/∂n − F Σ Q φ, the one-way rates, their quotient with
    common factors cancelled, what is left of ln(r⁺/r⁻) − A/RT, the sign of each rate, charge and
    mass.  For each loop of a diagram: Π k⁺/Π k⁻ = exp(A_ext/RT).  For a model besides: what no
    process changes, and the conventions of its standard energies.

    Verdicts: proven; undecided (neither a proof nor a counter-example); violates (with what is left
    and a witness); exempt (``Empirical`` laws and hosted constants, which are not proved but
    audited).

    Raises:
        WrongType: what is no model, transporter or cycle.
    """
    if not isinstance(x, (Model, Transporter, Cycle)):
        advice = "prove(model) or prove(transporter); audit(…) judges claims"
        raise errors.WrongType(
            where="prove(…)",
            wanted="a Model, a Transporter or a Cycle",
            got=errors.shown(x),
            advice=advice,
        )
    declared, temperature = subjects(x)
    made: list[Statement] = []
    for one in declared:
        derived = {symbol: formula.expression for symbol, formula in one.derived.items()}
        made += [
            _process(p, c, derived)
            for p, c in zip(one.processes, claims(one, temperature), strict=True)
        ]
        if isinstance(one, Cycle):
            made += [_loop(loop, one, derived) for loop in loops(one, temperature)[1]]
    if not isinstance(x, Model):
        return Proof(x.name, tuple(made))
    used = dict.fromkeys(s.convention for s in x.species.values() if s.convention)
    return Proof(x.name, tuple(made), tuple(map(_invariant, x.invariants)), tuple(used))


# --- one process


def affinity(process: Process) -> sp.Expr:
    """A/RT = −Σ ν ∂G/∂n /RT − Σ Q φ F/RT over the places, in concentrations and V."""
    work = sp.Add(*(n * _potential(who) for who, n in process.reaction.net.items()))
    on = process.on
    phi = (
        {on.inside.name: symbols.potential(on.name), on.outside.name: sp.S.Zero}
        if isinstance(on, Membrane)
        else {on.name: sp.S.Zero}
    )
    electric = sp.Add(
        *(exact(z) * F * phi[place] for place, z in process.reaction.charge_moved().items())
    )
    return sp.expand(-(work + electric) / (R * T))


def _potential(who: Participant) -> sp.Expr:
    """∂G/∂n of a participant, differentiated here."""
    n, W = sp.Dummy(), sp.Dummy()
    if who.is_state:
        return sp.diff(_energy(n, symbols.state_energy(who.pool), n0), n).subs(
            n, symbols.amount(who.pool)
        )
    if who.is_solvent:
        return who.per_mole * who.potential
    assert who.species is not None
    standard = (
        sp.S.Zero if who.species.declared_standard is None else who.species.declared_standard.symbol
    )
    return sp.diff(_energy(n, standard, W * c0), n).subs(n, W * symbols.concentration(who.pool))


def _energy(n: sp.Expr, standard: sp.Expr, unit: sp.Expr) -> sp.Expr:
    """G of an amount."""
    return n * (standard + R * T * (sp.log(n / unit) - 1))


def _process(process: Process, claim: Claim, derived: Derived) -> Statement:
    A = affinity(process)
    said: dict[str, Any] = {
        "name": process.name, "transporter": process.transporter, "kind": "process",
        "reaction": str(process.reaction),
        "charge": _charge(process), "mass": _mass(process), "affinity": A,
    }  # fmt: skip
    rates = process.rates
    if rates.conductance is not None:
        good, signs = nonnegative(rates.conductance, {}), (("L", _sign(rates.conductance)),)
        note = "J = L·A, so that J·A = L·A² ≥ 0"
        return Statement(
            **said,
            verdict=Verdict.PROVEN if good else Verdict.UNDECIDED,
            conductance=rates.conductance,
            signs=signs,
            note=note,
        )
    if rates.flux is not None:
        return _exempt(said, f"empirical: {rates.reason}", claim)
    assert rates.forward is not None
    assert rates.reverse is not None
    return _compared(said, (rates.forward, rates.reverse), A, claim, derived)


def _exempt(said: dict[str, Any], reason: str, claim: Claim) -> Statement:
    found = judge(claim, {})
    return Statement(
        **said,
        verdict=Verdict.EXEMPT,
        note=f"{reason}; the audit says {found.verdict}: {found.text}",
        witness=found.witness,
    )


def _compared(
    said: dict[str, Any], rates: tuple[sp.Expr, sp.Expr], A: sp.Expr, claim: Claim, derived: Derived
) -> Statement:
    """The statement on a pair of rates, with constants that follow from others written out before
    they are compared.
    """
    memo: dict[sp.Expr, bool] = {}
    signed = all(nonnegative(rate, memo) for rate in rates)
    said |= {
        "forward": rates[0],
        "reverse": rates[1],
        "signs": tuple((way, _sign(r)) for way, r in zip(("r⁺", "r⁻"), rates, strict=True)),
    }
    forward, reverse, reduced_affinity = (e.xreplace(derived) for e in (*rates, A))
    residual = _difference(forward, reverse, reduced_affinity)
    said |= {
        "ratio": _reduced(forward, reverse),
        "residual": residual,
        "given": _given(rates, A, derived),
    }
    if residual == 0:
        note = "" if signed else "the sign of a rate could not be decided"
        return Statement(**said, verdict=Verdict.PROVEN if signed else Verdict.UNDECIDED, note=note)
    found = judge(
        replace(
            claim,
            forward=forward,
            reverse=reverse,
            flux=None,
            reduced_affinity=reduced_affinity,
            proved="",
        ),
        {},
    )
    wrong = found.verdict in (Verdict.VIOLATES, Verdict.ROUNDING, Verdict.IRREVERSIBLE)
    note = f"left over: {residual}" + (f"; {found.text}" if wrong else "")
    return Statement(
        **said,
        verdict=Verdict.VIOLATES if wrong else Verdict.UNDECIDED,
        note=note,
        witness=found.witness,
    )


def _given(
    rates: tuple[sp.Expr, sp.Expr], A: sp.Expr, derived: Derived
) -> tuple[tuple[sp.Expr, sp.Expr], ...]:
    """What is written out: the difference of the states' standard energies, which telescopes, and
    constants that close loops.
    """
    energies = {s: A.coeff(s) for s in sorted(A.free_symbols, key=str) if s in derived}
    difference = sp.Add(*(-R * T * share * s for s, share in energies.items()))
    rows = [(difference, sp.expand(difference.xreplace(derived)))] if energies else []
    used = sorted((s for rate in rates for s in rate.free_symbols if s in derived), key=str)
    return (*rows, *((s, derived[s]) for s in dict.fromkeys(used)))


def _difference(forward: sp.Expr, reverse: sp.Expr, A: sp.Expr) -> sp.Expr:
    """ln(r⁺/r⁻) − A/RT, with what cancels gone."""
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
    """ln(r⁺/r⁻) as a sum, common factors cancelled."""
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
        "parameters are not negative by declaration",
        lambda e: any("[" not in str(s) and "." in str(s) for s in e.free_symbols),
    ),
    ("exponentials are positive", lambda e: e.has(sp.exp)),
    ("B(x) = x/(eˣ − 1) is positive", lambda e: e.has(B)),
    ("sums of such terms are not negative", lambda e: e.has(sp.Add)),
)


def _sign(rate: sp.Expr) -> str:
    """Why a rate is not negative: what its factors are made of."""
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
        return "what states hold is counted around the loops"
    return _closure(net_species(process.reaction))


def _closure(made: Mapping[Any, int]) -> str:
    """That elements, or moieties, of what is made and used up cancel."""
    if not made:
        return "every species is moved only, none is made or used up"
    books = (
        {s: s.composition() for s in made}
        if all(s.formula for s in made)
        else {s: dict(s.moieties) for s in made}
    )
    parts = dict.fromkeys(part for book in books.values() for part in book)
    sums = {p: sum(n * books[s].get(p, 0) for s, n in made.items()) for p in parts}
    return ", ".join(
        f"{part}:"
        f" {' '.join(f'{n * books[s][part]:+d}' for s, n in made.items() if part in books[s])} ="
        f" {total}"
        for part, total in sums.items()
    )


# --- loops and models


def _loop(loop: Loop, cycle: Cycle, derived: Derived) -> Statement:
    """Π k⁺/Π k⁻ = exp(A_ext/RT) around one loop; the amounts of the states cancel."""
    alone = {symbols.amount(state.pool): n0 for state in cycle.states}
    steps = [(cycle.processes[k], way) for k, way in loop.walk]
    A = sp.expand(sp.Add(*(way * affinity(p).xreplace(alone) for p, way in steps)))
    made: dict[Any, int] = {}
    for p, way in steps:
        for species, n in net_species(p.reaction).items():
            made[species] = made.get(species, 0) + way * n
    claim = loop.claim
    charge = (
        f"{claim.charge:+g} e to {cycle.on.inside.name} once around"
        if claim.charge
        else "no charge crosses once around"
    )
    mass = _closure({s: n for s, n in made.items() if n})
    said: dict[str, Any] = {
        "name": claim.name, "transporter": cycle.name, "kind": "loop", "reaction": claim.reaction,
        "affinity": A, "charge": charge, "mass": mass,
    }  # fmt: skip
    if not claim.proved:
        return _exempt(said, f"hosted: {cycle.reason}", claim)
    forward, reverse = sp.S.One, sp.S.One
    for p, way in steps:
        assert p.rates.forward is not None
        assert p.rates.reverse is not None
        up, down = (rate.xreplace(alone) for rate in (p.rates.forward, p.rates.reverse)[::way])
        forward, reverse = forward * up, reverse * down
    return _compared(said, (forward, reverse), A, claim, derived)


def _invariant(weights: Mapping[str, Any]) -> str:
    return " ".join(
        f"{'−' if w < 0 else '+'} {f'{abs(float(w)):g} ' if abs(w) != 1 else ''}{pool}"
        for pool, w in weights.items()
    ).removeprefix("+ ")
