"""Intrinsic buffering: groups of a cell that are not named, as sites of several pK."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import errors, units
from ..declare.equilibrium import Equilibrium
from ..declare.parameter import check_name
from ..declare.places import Compartment
from ..declare.species import Species
from ..dimension import CONCENTRATION, ONE
from ..units import Q
from .buffers import Buffer, buffer

if TYPE_CHECKING:
    from ..quantity_types import Quantity, QuantityLike


@errors.keywords
@dataclass(frozen=True)
class Intrinsic:
    """Buffering of a cell by groups that are not named, as sites of several pK.

    Attributes:
        sites: buffers with their total concentrations [mM].
    """

    sites: tuple[tuple[Buffer, float], ...]

    def contents(self, *, pH: float) -> dict[Species, Quantity]:
        """Concentrations of all forms at a pH, for ``contents=``.

        Args:
            pH: of the place.

        Returns:
            Concentrations by species.

        Raises:
            NotANumber: a pH that is no number.
        """
        every: dict[Species, Quantity] = {}
        for site, total in self.sites:
            every |= site.contents(Q(total, "mM"), pH=pH)
        return every

    def equilibria(self, place: Compartment) -> list[Equilibrium]:
        """The equilibria of all sites in a compartment, for the list of a model.

        Args:
            place: the compartment.

        Returns:
            The equilibria.

        Raises:
            MissingSpecies: the compartment lacks a form of a site, or H⁺.
        """
        return [site.equilibrium(place) for site, _ in self.sites]

    def power(self, *, pH: float) -> Quantity:
        """β at a pH, a concentration per unit of pH.

        Args:
            pH: where.

        Returns:
            The power.

        Raises:
            NotANumber: a pH that is no number.
        """
        return sum((site.power(Q(total, "mM"), pH=pH) for site, total in self.sites), Q(0, "mM"))


WITHIN = 0.02  # of the largest power: how far sites may be from it


@errors.keywords
def intrinsic(
    power: QuantityLike, *, pH: float | Sequence[float], name: str = "Intrinsic", charge: int = -1
) -> Intrinsic:
    """Sites with a given buffer power β(pH).

    At one pH: sites of that pK and of the concentration 4β/ln 10, so that β has its maximum there.
    At several: sites of non-negative concentrations whose power is nearest (least squares).

    Args:
        power: β, a concentration per unit of pH; as many as there are pH.
        pH: where it has been measured.
        name: of the sites.
        charge: of a site without its proton.

    Returns:
        The sites.

    Raises:
        BareNumber: a power without a unit.
        UnitMismatch: a power in a unit of another dimension.
        OutOfDomain: a power below zero, or one that no sites have: it would change faster with pH
            than that of a single site.
        BadSettings: not as many powers as pH.
    """
    import numpy as np
    from scipy.optimize import nnls

    check_name(name, "intrinsic, name")
    where = f"intrinsic(…), {name}"
    beta = np.atleast_1d(np.asarray(units.strip(power, CONCENTRATION, where), dtype=float))
    given = np.atleast_1d(np.asarray(units.strip(pH, ONE, where), dtype=float))
    if beta.shape != given.shape or not beta.size:
        raise errors.BadSettings(
            where=where, wanted="as many powers as pH", got=f"{beta.size} and {given.size}",
            advice="intrinsic(Q([20, 15], 'mM'), pH=[6.8, 7.4])",
        )  # fmt: skip
    if not (beta >= 0).all():
        raise errors.OutOfDomain(
            where=where, wanted="powers >= 0", got=errors.shown(power), advice="Q(20, 'mM')"
        )
    if beta.size == 1:
        pKs, totals = given, 4 * beta / math.log(10)
    else:
        pKs = np.arange(given.min() - 1.5, given.max() + 1.5 + 1e-9, 0.5)
        x = 10.0 ** (given[:, None] - pKs)
        totals, _ = nnls(math.log(10) * x / (1 + x) ** 2, beta)
        off = math.log(10) * (x / (1 + x) ** 2) @ totals - beta
        if np.abs(off).max() > WITHIN * beta.max():
            worst = int(np.abs(off).argmax())
            raise errors.OutOfDomain(
                where=where, wanted="a power that sites of several pK can have",
                got=(
                    f"{beta[worst]:.4g} mM at pH {given[worst]:g}, where the nearest have"
                    f" {beta[worst] + off[worst]:.4g} mM"
                ),
                advice="a power that changes no faster than twofold in half a unit of pH",
            )  # fmt: skip
    kept = [(k, p, t) for k, (p, t) in enumerate(zip(pKs, totals, strict=True), 1) if t > 0]
    single = len(kept) == 1
    return Intrinsic(
        tuple(
            (buffer(name if single else f"{name}{k}", pK=float(p), charge=charge), float(t))
            for k, p, t in kept
        )
    )
