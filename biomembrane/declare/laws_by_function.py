"""Laws whose rates are given by functions: a pair of one-way rates, or a published flux."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import sympy as sp

from .. import errors
from .rates import Rates
from .site import Site
from .user_expressions import evaluated

SiteFunction = Callable[[Site], sp.Expr]  # a user's function of the site


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Both one-way rates as functions of the site, checked like every other law.

    ``Pair(forward=lambda s: s.parameter("k", Q(1, "fmol/s/mM"), …) * s["X@in"], reverse=…)``; with
    a ``reason`` it is exempt from the proof, as :class:`Empirical` is.
    """

    forward: SiteFunction
    reverse: SiteFunction
    reason: str = ""

    def rates(self, site: Site) -> Rates:
        forward, reverse = (evaluated(getattr(self, w), site, w) for w in ("forward", "reverse"))
        rates = Rates(forward, reverse)
        return exempt(rates, self.reason, site, "Pair") if self.reason else rates


@dataclass(frozen=True, kw_only=True)
class Empirical:
    """A published flux, exempt from the proof of detailed balance.

    The energy ledger still closes, but the dissipation may be negative; every print flags the law.
    ``flux``: a function of the site [fmol/s], or instead ``forward`` and ``reverse``, its one-way
    rates, neither of them negative; such a pair is audited as given.  ``reason``: why no
    thermodynamic form is used.
    """

    flux: SiteFunction | None = None
    forward: SiteFunction | None = None
    reverse: SiteFunction | None = None
    reason: str = ""

    def rates(self, site: Site) -> Rates:
        given = [name for name in ("flux", "forward", "reverse") if getattr(self, name) is not None]
        if given not in (["flux"], ["forward", "reverse"]):
            raise errors.BadSettings(
                where=f"{site.name}, Empirical(…)", wanted="either flux=, or forward= and reverse=",
                got=" and ".join(given) or "neither",
                advice="flux=lambda site: …, or forward=lambda site: …, reverse=lambda site: …",
            )  # fmt: skip
        rates = Rates(**{name: evaluated(getattr(self, name), site, name) for name in given})
        return exempt(rates, self.reason, site, "Empirical")


def exempt(pair: Rates, reason: str, site: Site, law: str) -> Rates:
    """Rates as published, exempt from the proof for a ``reason``.  Raises ``MissingSource``
    without one.
    """
    if not isinstance(reason, str) or not reason.strip():
        raise errors.MissingSource(
            where=f"{site.name}, {law}(reason=…)",
            wanted="why the law is exempt from the second law", got=errors.shown(reason),
            advice="reason='fitted curve of Smith 1999, no reverse rate published'",
        )  # fmt: skip
    if pair.forward is None or pair.reverse is None:
        return replace(pair, reason=reason)
    return replace(pair, flux=pair.forward - pair.reverse, reason=reason)
