"""The Na⁺/K⁺-ATPase."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sympy as sp

from .. import dimension as d
from .. import errors
from ..declare.parameter import check_name
from ..declare.places import Membrane
from ..declare.rates import Rates
from ..declare.reduced_cycle import ring
from ..declare.site import Site
from ..declare.transporter import Transporter
from ..symbols import c0
from .sheet import Sheet, sheet

if TYPE_CHECKING:
    from ..declare.parameter_types import CountLike

_CONSTANTS: Mapping[str, tuple[str, Any]] = {
    "k1_forward": ("positive", d.RATE), "k2_forward": ("positive", d.RATE),
    "k3_forward": ("positive", d.RATE), "k4_forward": ("positive", d.RATE),
    "k1_reverse": ("positive", d.RATE / d.CONCENTRATION), "k2_reverse": ("positive", d.RATE),
    "k4_reverse": ("positive", d.RATE),
    "K_d_Na_e": ("positive", d.CONCENTRATION), "K_d_Na_i": ("positive", d.CONCENTRATION),
    "K_d_K_e": ("positive", d.CONCENTRATION),
    "K_d_K_i": ("positive", d.CONCENTRATION), "K_d_MgATP": ("positive", d.CONCENTRATION),
    "Delta": ("real", d.ONE),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SmithCrampin:
    """The lumped four-state cycle of Smith & Crampin 2004 (Prog Biophys Mol Biol 85:387).

    J = N_T (Πα⁺ − Πα⁻)/Σ with Na~_i = Na_i/(K e^{ΔFV/3RT}), Na~_e = Na_e/(K e^{(1+Δ)FV/3RT}), K~
    and ATP~ as plain ratios, D = (1 + Na~)³ + (1 + K~)² − 1 on each side:

        α₁⁺ = k₁ Na~_i³/D_i    α₂⁺ = k₂            α₃⁺ = k₃ K~_e²/D_e    α₄⁺ = k₄ ATP~/(1 + ATP~)
        α₁⁻ = k₋₁ ADP          α₂⁻ = k₋₂ Na~_e³/D_e   α₃⁻ = k₋₃ Pi/(1 + ATP~)   α₄⁻ = k₋₄ K~_i²/D_i

    k₋₃, which includes the proton and the free fraction of phosphate, follows from the energy of
    hydrolysis.  With ``explicit`` H⁺ the fuel is MgATP²⁻, and α₃⁻ = k₋₃ HPO₄²⁻·H⁺/(1 + ATP~), as
    the paper has it.
    """

    density: Any
    data: Sheet
    explicit: bool = False

    def rates(self, site: Site) -> Rates:
        k = {
            name: site.parameter(name, self.data[name], dim, domain=domain)
            for name, (domain, dim) in _CONSTANTS.items()
        }
        fuel = _EXPLICIT if self.explicit else _APPARENT
        ions = tuple(site[key] for key in ("Na@in", "Na@out", "K@in", "K@out"))
        ATP, ADP, Pi = (site[key] for key in fuel[:3])
        released = Pi * site["H@in"] / c0**2 if self.explicit else Pi / c0
        standard, total = site.standard, site.carriers(self.density)
        levels = (*ions, ATP, ADP, released)
        return _smith_crampin(standard, total, site.u, tuple(k.values()), levels)


_APPARENT = ("ATP@in", "ADP@in", "Pi@in")
_EXPLICIT = ("MgATP@in", "MgADP@in", "HPO4@in", "H@in")


@lru_cache(maxsize=64)
def _smith_crampin(
    standard: sp.Expr,
    total: sp.Expr,
    u: sp.Expr,
    constants: tuple[sp.Symbol, ...],
    levels: tuple[sp.Expr, ...],
) -> Rates:
    """The rates in the symbols of a site, once for all sites."""
    k = dict(zip(_CONSTANTS, constants, strict=True))
    Na_in, Na_out, K_in, K_out, ATP, ADP, released = levels
    Na_i = Na_in / (k["K_d_Na_i"] * sp.exp(k["Delta"] * u / 3))
    Na_e = Na_out / (k["K_d_Na_e"] * sp.exp((1 + k["Delta"]) * u / 3))
    K_i, K_e = K_in / k["K_d_K_i"], K_out / k["K_d_K_e"]
    atp = ATP / k["K_d_MgATP"]
    D_i, D_e = ((1 + na) ** 3 + (1 + kk) ** 2 - 1 for na, kk in ((Na_i, K_i), (Na_e, K_e)))
    forward = [
        k["k1_forward"] * Na_i**3 / D_i,
        k["k2_forward"],
        k["k3_forward"] * K_e**2 / D_e,
        k["k4_forward"] * atp / (1 + atp),
    ]
    reverse = [
        k["k1_reverse"] * ADP,
        k["k2_reverse"] * Na_e**3 / D_e,
        _closing(k, standard) * released / (1 + atp),
        k["k4_reverse"] * K_i**2 / D_i,
    ]
    return ring(total, forward, reverse)


def _closing(k: Mapping[str, sp.Symbol], standard: sp.Expr) -> sp.Expr:
    """k₋₃ [1/s, at activities of 1] that closes the cycle on ΔG°."""
    rates = (
        k["k1_forward"]
        * k["k2_forward"]
        * k["k3_forward"]
        * k["k4_forward"]
        / (k["k1_reverse"] * k["k2_reverse"] * k["k4_reverse"])
    )
    binding = (
        k["K_d_Na_e"] ** 3
        * k["K_d_K_i"] ** 2
        / (k["K_d_Na_i"] ** 3 * k["K_d_K_e"] ** 2 * k["K_d_MgATP"])
    )
    return rates * binding * sp.exp(standard)


@errors.keywords
def NaKATPase(
    on: Membrane,
    *,
    density: CountLike | None = None,
    explicit: bool = False,
    name: str = "NaKATPase",
) -> Transporter:
    """The Na⁺/K⁺ pump: 3 Na⁺ out, 2 K⁺ in, one ATP; reversible, one charge outward per turnover.

    Args:
        on: the membrane.
        density: pumps per area ("1/um^2"); default frog sartorius, of the order of 2500 per µm².
        explicit: whether H⁺ is a species of the model.  If not, the inside needs ATP, ADP and Pi of
            the library, whose energy holds at pH 7.09; if so, MgATP, MgADP and HPO4 of
            :mod:`biomembrane.library.explicit`, and H: each turnover releases one H⁺.
        name: of the transporter.

    Raises:
        BadName: a name that dotted names cannot hold.
        WrongType: ``explicit`` is no flag.
        MissingSpecies: a side lacks Na⁺, K⁺ or a reactant of the hydrolysis of ATP.
        BareNumber: a density without a unit.
        UnitMismatch: a density in a unit of another dimension.
    """
    check_name(name, "NaKATPase, name")
    if not isinstance(explicit, bool):
        raise errors.WrongType(
            where=f"{name}, explicit=…",
            wanted="True or False",
            got=errors.shown(explicit),
            advice="explicit=True",
        )
    N = sheet("membrane_typical")["NaK_density_muscle"] if density is None else density
    law = SmithCrampin(density=N, data=sheet("smith_crampin_2004"), explicit=explicit)
    fuel, *products = _EXPLICIT if explicit else _APPARENT
    label = "Na/K-ATPase" if name == "NaKATPase" else ""
    return Transporter(
        name,
        f"3 Na@in + 2 K@out + {fuel} -> 3 Na@out + 2 K@in + {' + '.join(products)}",
        on,
        law,
        label=label,
    )
