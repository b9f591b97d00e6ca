"""One judgement a law: what is proved of its expressions holds wherever the same expressions come
up under other names.

A case is all that a judgement depends on, in local symbols, which carry their assumptions with
them.  A law that does not pass is judged again in the names and numbers of its own place, for its
own error, or because it holds for what the local symbols stand for only.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

import sympy as sp

from ... import dimension as d
from ... import errors
from ...dimension import Dimension
from ..parameter import Declared
from ..rates import Rates
from . import certificate
from .certificate import Verdict


@dataclass(frozen=True)
class LawAtSite:
    """A law at a site: rates, the modulator within them, A/RT, the dimension of each symbol, and
    symbols that follow from others.
    """

    rates: Rates
    modulator: sp.Expr | None
    reduced_affinity: sp.Expr
    dims: frozenset[tuple[sp.Symbol, Dimension]]
    derived: frozenset[tuple[sp.Symbol, sp.Expr]]

    def renamed(self, names: Mapping[sp.Symbol, sp.Expr]) -> LawAtSite:
        """The case of what the symbols stand for."""

        def put(e: sp.Expr) -> sp.Expr:
            return e.xreplace(names)

        g = None if self.modulator is None else put(self.modulator)
        dims = frozenset((put(s), dim) for s, dim in self.dims)
        return LawAtSite(
            self.rates.mapped(put),
            g,
            put(self.reduced_affinity),
            dims,
            frozenset((put(s), put(e)) for s, e in self.derived),
        )


def certify(
    case: LawAtSite,
    names: Mapping[sp.Symbol, sp.Expr],
    parameters: Mapping[str, Declared],
    where: str,
) -> tuple[Verdict, str]:
    """Verdict and statement on a law; whatever is wrong with it is told in the names of its
    place.
    """
    with suppress(errors.BiomembraneError):
        return certify_local(case)
    return _certify(case.renamed(names), {p.name: p.value for p in parameters.values()}, where)


@lru_cache(maxsize=4096)
def certify_local(case: LawAtSite) -> tuple[Verdict, str]:
    """The judgement on a case, once."""
    return _certify(case, {}, "")


def _certify(case: LawAtSite, values: Mapping[str, float], where: str) -> tuple[Verdict, str]:
    """Check dimension, sign and detailed balance.  Raises what is wrong with the law."""
    dims, derived, rates = dict(case.dims), dict(case.derived), case.rates
    if case.modulator is not None:
        certificate.check_dimension(case.modulator, d.ONE, dims, where, "modulator")
        certificate.check_sign(case.modulator, values, where, "modulator")
    if rates.flux is not None:
        for what in ("forward", "reverse", "flux"):
            rate = getattr(rates, what)
            if rate is not None:
                certificate.check_dimension(rate, d.FLUX, dims, where, what)
                if what != "flux":
                    with suppress(errors.SecondLawUndecided):  # the audit looks closer
                        certificate.check_sign(rate, values, where, what)
        return Verdict.EXEMPT, f"empirical: {rates.reason}"
    if rates.conductance is not None:
        certificate.check_dimension(rates.conductance, d.ONSAGER, dims, where, "conductance")
        certificate.check_sign(rates.conductance, values, where, "conductance")
        return Verdict.ONSAGER, "J = L·A with L ≥ 0"
    assert rates.forward is not None
    assert rates.reverse is not None
    for what, rate in (("forward", rates.forward), ("reverse", rates.reverse)):
        certificate.check_dimension(rate, d.FLUX, dims, where, what)
        certificate.check_sign(rate, values, where, what)
    forward, reverse, reduced_affinity = (
        e.xreplace(derived) for e in (rates.forward, rates.reverse, case.reduced_affinity)
    )
    return Verdict.PROVEN, certificate.prove(forward, reverse, reduced_affinity, values, where)
