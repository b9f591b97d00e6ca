"""A single kinetic cycle at steady state, lumped into one pair of one-way rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sympy as sp

from .. import errors
from .laws_by_function import SiteFunction, exempt
from .rates import Rates
from .site import Site
from .user_expressions import evaluated

if TYPE_CHECKING:
    from .parameter_types import CountLike


@dataclass(frozen=True, kw_only=True)
class ReducedCycle:
    """A single cycle of lumped states at steady state, by :func:`ring`.

    ``forward`` and ``reverse`` are functions of the site that give the effective one-way rates
    [1/s]; ``density`` is that of the carriers.  Detailed balance holds for the cycle as a whole and
    is proved for the reaction when the transporter is made.  With a ``reason`` the law is exempt,
    like :class:`~biomembrane.laws.Empirical`.
    """

    density: CountLike
    forward: Sequence[SiteFunction]
    reverse: Sequence[SiteFunction]
    reason: str = ""

    def rates(self, site: Site) -> Rates:
        for name, functions in (("forward", self.forward), ("reverse", self.reverse)):
            if isinstance(functions, str) or not isinstance(functions, Sequence):
                raise errors.WrongType(
                    where=f"{site.name}, ReducedCycle({name}=…)",
                    wanted="a list of functions of the site",
                    got=errors.shown(functions),
                    advice="[lambda site: …, lambda site: …]",
                )
        if len(self.forward) != len(self.reverse) or len(self.forward) < 2:
            raise errors.BadCycle(
                where=f"{site.name}, ReducedCycle",
                wanted="as many reverse as forward rates, at least two",
                got=f"{len(self.forward)} forward and {len(self.reverse)} reverse",
                advice="one function for each step in each direction",
            )
        forward = [evaluated(f, site, f"forward[{k}]") for k, f in enumerate(self.forward)]
        reverse = [evaluated(f, site, f"reverse[{k}]") for k, f in enumerate(self.reverse)]
        rates = ring(site.carriers(self.density), forward, reverse)
        return exempt(rates, self.reason, site, "ReducedCycle") if self.reason else rates


def ring(total: sp.Expr, forward: Sequence[sp.Expr], reverse: Sequence[sp.Expr]) -> Rates:
    """Steady flux of a single kinetic cycle of N states: J = N_T (Πα⁺ − Πα⁻)/Σ (King & Altman 1956;
    Hill 1989).

    ``forward[k]`` leads from state k to k+1, ``reverse[k]`` back; Σ is the sum over all N² directed
    spanning trees.
    """
    size = len(forward)
    trees = []
    for root in range(size):
        for gap in range(size):  # the edge gap → gap+1 is left out; the others lead to the root
            after = [forward[k % size] for k in range(gap + 1, gap + 1 + (root - gap - 1) % size)]
            before = [reverse[k % size] for k in range(root, root + (gap - root) % size)]
            trees.append(sp.Mul(*after, *before))
    Sigma = sp.Add(*trees)
    return Rates(total * sp.Mul(*forward) / Sigma, total * sp.Mul(*reverse) / Sigma)
