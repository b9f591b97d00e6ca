"""The law of a repaired flux: its rates follow from the affinity, and from the part of the given
flux that is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import sympy as sp

from .. import errors, symbols
from ..declare.checks.detailed_balance import Logarithm
from ..declare.checks.nonnegativity import nonnegative
from ..declare.laws import Law, Rates
from ..declare.reduced_affinity import exact
from ..declare.site import Site
from ..declare.transporter import read
from ..symbols import B, F, R, T
from .one_way_split import Pair, splits


@dataclass(frozen=True)
class Consistent:
    """A law whose flux is split, and whose rates then follow from the affinity.

    ``kept`` is the part of the given law that stays: ``forward``, ``reverse``, ``conductance``,
    ``both`` (the rates as they are) or ``multiple`` (L = J/A).
    """

    law: Law
    method: str
    kept: str

    def rates(self, site: Site) -> Rates:
        given, _ = read(self.law, site)
        affinity = site.reduced_affinity
        assert given.flux is not None  # what an exempt law gives
        if self.kept == "conductance":
            return Rates(conductance=conductance(given.flux, site))
        pairs = one_way_rates(given)
        if self.kept == "both":
            return Rates(*next(pair for pair in pairs if affinity_multiple(pair, affinity) == 1))
        if self.kept == "multiple":
            quotients = (flux_over_affinity(pair, affinity) for pair in pairs)
            return Rates(conductance=next(L for L in quotients if L is not None))
        forward, reverse = next(pairs)
        if self.method == "projection":
            mean = sp.sqrt(forward * reverse)
            return Rates(mean * sp.exp(affinity / 2), mean * sp.exp(-affinity / 2))
        if self.kept == "forward":
            return Rates(forward, forward / sp.exp(affinity))
        return Rates(reverse * sp.exp(affinity), reverse)


def one_way_rates(given: Rates) -> Iterator[Pair]:
    """The one-way rates of a law: those that it gives, or else the splits of its flux."""
    if given.forward is not None and given.reverse is not None:
        yield given.forward, given.reverse
    else:
        assert given.flux is not None
        yield from splits(given.flux)


def affinity_multiple(pair: Pair, reduced_affinity: sp.Expr) -> sp.Expr | None:
    """k of r⁺/r⁻ = e^{kA/RT}; None where r⁺/r⁻ is no such power."""
    if 0 in pair:
        return None
    log = Logarithm().add(pair[0]).add(pair[1], sp.S.NegativeOne)
    return _proportion(log, reduced_affinity)


def flux_over_affinity(pair: Pair, reduced_affinity: sp.Expr) -> sp.Expr | None:
    """L = J/A of r⁺/r⁻ = e^{kA/RT} with k > 0, without 0/0 at A = 0: J = r⁺(1 − e^{−x}) with
    x = kA/RT, and (1 − e^{−x})/x = 1/B(−x).
    """
    k = affinity_multiple(pair, reduced_affinity)
    if k is None or not k.is_positive:
        return None
    return k * pair[0] / (R * T * B(-k * reduced_affinity))


def _proportion(log: Logarithm, reduced_affinity: sp.Expr) -> sp.Expr | None:
    """k where a sum of logarithms and multiples of V is k·A/RT; None where it is no multiple."""
    line, powers = log.remainder()
    affinity_line, orders = Logarithm().add_linear(reduced_affinity, sp.S.One).remainder()
    if not orders or set(powers) != set(orders):
        return None
    first = next(iter(orders))
    k = powers[first] / orders[first]
    same = k.is_number and all(
        sp.expand(powers[base] - k * order) == 0 for base, order in orders.items()
    )
    return k if same and sp.expand(line - k * affinity_line) == 0 else None


def conductance(flux: sp.Expr, site: Site) -> sp.Expr:
    """L of J = L·A for a flux that is a non-negative factor times a multiple of A, or times a form
    b·V + …, where the coefficient of the voltage must be b = −Q·F·L.

    Raises:
        SecondLawUndecided: the flux is neither.
    """
    L = linear_conductance(flux, site) or _ohmic(flux, site)
    if L is None:
        raise _not_told_apart(flux, site)
    return L


def _ohmic(flux: sp.Expr, site: Site) -> sp.Expr | None:
    """L of g·(V − E)·modulator; None where the flux has no such form."""
    memo: dict[sp.Expr, bool] = {}
    factors = sp.Mul.make_args(sp.factor_terms(flux))
    forces = [f for f in factors if not nonnegative(f, memo) and not nonnegative(-f, memo)]
    slope = sp.diff(forces[0], site.V) if len(forces) == 1 and site.charge else sp.S.Zero
    L = sp.Mul(*(f for f in factors if f not in forces)) * -slope / (exact(site.charge or 1) * F)
    state = {site.V, *map(site.level, site.participants)}
    if slope.is_zero or slope.free_symbols & state or not nonnegative(L, memo):
        return None
    return L


def _not_told_apart(flux: sp.Expr, site: Site) -> errors.SecondLawUndecided:
    """The error, which names the parameters of unknown sign where nothing else is in the way."""
    advice = "write it as a difference of two non-negative terms, or as g·(V − E)·modulator"
    wanted = (
        "a flux whose forward and reverse parts can be told apart, or a conductance times V − E"
    )
    domains = _of_unknown_sign(flux, site)
    if domains:
        names = " and ".join(f"{site.name}.{key}" for key in domains)
        wanted += f", which need the sign of {names}"
        advice = " and ".join(
            f"site.parameter({key!r}, …, domain={domain!r})" for key, domain in domains.items()
        )
    return errors.SecondLawUndecided(
        where=f"make_consistent({site.name})", wanted=wanted, got=str(flux)[:300], advice=advice,
        process=site.process,
    )  # fmt: skip


def _of_unknown_sign(flux: sp.Expr, site: Site) -> dict[str, str]:
    """The fewest parameters whose sign must be known for the flux to be split, with the domain that
    says it; none where that does not help.
    """
    own = {s: f"{site.name}.{s.name.removeprefix('@.')}" for s in flux.free_symbols}
    unknown = sorted(
        (s for s, name in own.items() if s.is_nonnegative is None and name in site.parameters),
        key=str,
    )
    signed = {s: symbols.declared(s.name, "positive") for s in unknown}

    def decided(known: Iterable[sp.Symbol]) -> bool:
        e = flux.xreplace({s: signed[s] for s in known})
        forms = (linear_conductance(e, site), _ohmic(e, site), next(splits(e), None))
        return any(form is not None for form in forms)

    if not unknown or not decided(unknown):
        return {}
    for s in unknown:
        rest = [other for other in unknown if other != s]
        unknown = rest if decided(rest) else unknown
    domains = {True: "positive", False: "nonnegative"}
    return {s.name.removeprefix("@."): domains[s.is_zero is False] for s in unknown}


def linear_conductance(flux: sp.Expr, site: Site) -> sp.Expr | None:
    """L where the flux is L·A already, because one of its factors is a multiple of A: g·(V − E)
    with the Nernst potential E, or L·ln(c/c′).
    """
    memo: dict[sp.Expr, bool] = {}
    scales = (sp.S.One, R * T, R * T / F)  # of a logarithm, an energy, a voltage
    for written in (flux, sp.factor_terms(flux)):
        factors = sp.Mul.make_args(written)
        for f in factors:
            k = _scaled_proportion(f, scales, site.reduced_affinity)
            if k is None:
                continue
            L = sp.Mul(*(g for g in factors if g is not f)) * k / (R * T)
            if nonnegative(L, memo):
                return L
    return None


def _scaled_proportion(
    factor: sp.Expr, scales: tuple[sp.Expr, ...], reduced_affinity: sp.Expr
) -> sp.Expr | None:
    """k where factor = k·A/RT, k being one of the scales times a number."""
    for scale in scales:
        log = Logarithm(expanded=True).add_linear(sp.expand(factor / scale), sp.S.One)
        number = _proportion(log, reduced_affinity)
        if number is not None:
            return scale * number
    return None
