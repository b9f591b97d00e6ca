"""Exchangers of ions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import dimension as d
from .. import errors
from ..declare.places import Membrane
from ..declare.rates import Rates
from ..declare.site import Site
from ..declare.transporter import Transporter
from .sheet import Sheet, sheet

if TYPE_CHECKING:
    from ..declare.parameter_types import CountLike


@dataclass(frozen=True, kw_only=True)
class PingPong:
    """One ion or the other on a carrier in rapid equilibrium with both sides.

    With α = Na/K_Na and β = H/K_H, outside ′ and inside ″, and the modifier f = f_max H″/(H″ + K):

        J = N f P_Na P_H (α′β″ − α″β′)/Σ
        Σ = (1 + α′ + β′)(P_Na α″ + P_H β″) + (1 + α″ + β″)(P_Na α′ + P_H β′)
    """

    density: Any
    data: Sheet

    def rates(self, site: Site) -> Rates:
        of = {"P_Na": d.RATE, "P_H": d.RATE, "K_Na": d.CONCENTRATION, "K_H": d.CONCENTRATION}
        P_Na, P_H, K_Na, K_H = (
            site.parameter(name, self.data[name], dim, domain="positive")
            for name, dim in of.items()
        )
        most = site.parameter("f_max", self.data["f_max"], d.ONE)
        half = site.parameter("K_modifier", self.data["K_modifier"], d.CONCENTRATION)
        a, b = ([site[f"{ion}@{side}"] for side in ("out", "in")] for ion in ("Na", "H"))
        (a1, a2), (b1, b2) = [x / K_Na for x in a], [x / K_H for x in b]
        total = (1 + a1 + b1) * (P_Na * a2 + P_H * b2) + (1 + a2 + b2) * (P_Na * a1 + P_H * b1)
        lead = site.carriers(self.density) * most * b[1] / (b[1] + half) * P_Na * P_H / total
        return Rates(lead * a1 * b2, lead * a2 * b1)


@errors.keywords
def NHE3(on: Membrane, *, density: CountLike | None = None, name: str = "NHE3") -> Transporter:
    """The Na⁺/H⁺ exchanger of the proximal tubule, inward for Na⁺, with its internal H⁺ modifier.

    After Weinstein 1995, as coded in models of the nephron; without the exchange of NH₄⁺.

    Args:
        on: the membrane.
        density: carriers per area; the default, 2.75 pmol/cm², is that of a model.
        name: of the transporter.

    Returns:
        The exchanger.

    Raises:
        MissingSpecies: a side lacks Na⁺ or H⁺.
        BareNumber: a density without a unit.
        UnitMismatch: a density in a unit of another dimension.
    """
    data = sheet("nhe3_layton")
    law = PingPong(density=data["density"] if density is None else density, data=data)
    return Transporter(name, "Na@out + H@in -> Na@in + H@out", on, law)
