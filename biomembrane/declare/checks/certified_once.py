"""One certificate for each law: what is proved of its expressions holds wherever equal expressions
occur under other names.

A :class:`LawAtSite` is all that the certificate depends on, in local symbols, which carry their
assumptions.  A law that does not pass is checked again in the names and numbers of its own site,
for an error of its own, or because it may hold only for the expressions that the local symbols
stand for.
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
from ..rates_given import Rates
from .certificate import Verdict
from .detailed_balance import prove
from .dimensions import check_dimension
from .signs import check_sign


@dataclass(frozen=True)
class LawAtSite:
    """A law at a site: its rates, the modulator within them, A/RT, the dimension of each symbol,
    and the expressions of derived symbols.
    """

    rates: Rates
    modulator: sp.Expr | None
    reduced_affinity: sp.Expr
    dims: frozenset[tuple[sp.Symbol, Dimension]]
    derived: frozenset[tuple[sp.Symbol, sp.Expr]]

    def renamed(self, names: Mapping[sp.Symbol, sp.Expr]) -> LawAtSite:
        """The same law in the symbols of the model."""

        def in_model(e: sp.Expr) -> sp.Expr:
            return e.xreplace(names)

        return LawAtSite(
            self.rates.mapped(in_model),
            None if self.modulator is None else in_model(self.modulator),
            in_model(self.reduced_affinity),
            frozenset((in_model(s), dim) for s, dim in self.dims),
            frozenset((in_model(s), in_model(e)) for s, e in self.derived),
        )


def certify(
    law: LawAtSite,
    names: Mapping[sp.Symbol, sp.Expr],
    parameters: Mapping[str, Declared],
    where: str,
) -> tuple[Verdict, str]:
    """Verdict and statement on a law; errors are in the names of its own site."""
    with suppress(errors.BiomembraneError):
        return certify_local(law)
    values = {p.used.name: p.value for p in parameters.values()}
    units = {s: e for s, e in names.items() if e.is_number}  # these keep their local symbols
    values |= {s.name: float(e) for s, e in units.items()}
    in_model = {s: e for s, e in names.items() if s not in units}
    return _certify(law.renamed(in_model), values, where)


@lru_cache(maxsize=4096)
def certify_local(law: LawAtSite) -> tuple[Verdict, str]:
    """Verdict and statement on a law in local symbols, kept for equal ones."""
    return _certify(law, {}, "")


def _certify(law: LawAtSite, values: Mapping[str, float], where: str) -> tuple[Verdict, str]:
    """Verdict and statement, after checks of dimension, sign and detailed balance, which raise."""
    dims, derived, rates = dict(law.dims), dict(law.derived), law.rates
    if law.modulator is not None:
        check_dimension(law.modulator, d.ONE, dims, where, "modulator")
        check_sign(law.modulator, values, where, "modulator")
    if rates.flux is not None:
        for what in ("forward", "reverse", "flux"):
            rate = getattr(rates, what)
            if rate is not None:
                check_dimension(rate, d.FLUX, dims, where, what)
                if what != "flux":
                    with suppress(errors.SecondLawUndecided):  # the audit looks closer
                        check_sign(rate, values, where, what)
        return Verdict.EXEMPT, f"empirical: {rates.reason}"
    if rates.conductance is not None:
        check_dimension(rates.conductance, d.ONSAGER, dims, where, "conductance")
        check_sign(rates.conductance, values, where, "conductance")
        return Verdict.ONSAGER, "J = L·A with L ≥ 0"
    assert rates.forward is not None
    assert rates.reverse is not None
    for what, rate in (("forward", rates.forward), ("reverse", rates.reverse)):
        check_dimension(rate, d.FLUX, dims, where, what)
        check_sign(rate, values, where, what)
    forward, reverse, reduced_affinity = (
        e.xreplace(derived) for e in (rates.forward, rates.reverse, law.reduced_affinity)
    )
    return Verdict.PROVEN, prove(forward, reverse, reduced_affinity, values, where)
