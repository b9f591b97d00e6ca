"""The reversible rate law with half-saturations, closed by Haldane's relation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sympy as sp

from .. import dimension as d
from .. import errors
from ..symbols import c0
from ..units import is_quantity
from .barriers import Barrier, Eyring, split
from .parameter import Parameter
from .rates import Rates
from .reaction import Participant
from .site import Site
from .source import Source

if TYPE_CHECKING:
    from .parameter_types import CountLike, ParameterLike

# one side of a reaction: ν, concentration, half-saturation
Binding = tuple[tuple[int, sp.Symbol, sp.Symbol], ...]


@dataclass(frozen=True, kw_only=True)
class Saturable:
    """Reversible rate law with half-saturations (Liebermeister et al. 2010).

    The reverse turnover follows from Haldane's relation:

        r⁺ = E·k·b⁺·Π(c/K)^ν⁺/D,   r⁻ = r⁺·e^{−A/RT}

    D = Π(1 + c/K)^ν⁺·Π(1 + c/K)^ν⁻ (``binding="simultaneous"``), or the sum of the two products
    less 1 (``"common"``: binding on one side excludes the other).

    Args:
        half: half-saturation for each solute, named as in the reaction (``"Na@out"``,
            ``"Na@bath"``); one key ``"glucose"`` serves both sides.
        maximum: E·k, forward, as a flux or per area.
        turnover, density: k ("1/s") and E ("1/um^2", or an amount), instead of ``maximum``.
        binding: ``"simultaneous"`` or ``"common"``.
        barrier: how the work of moving charge divides between the directions.
        source: of all numbers given as bare quantities.
    """

    half: Mapping[str, ParameterLike]
    maximum: ParameterLike | None = None
    turnover: ParameterLike | None = None
    density: CountLike | None = None
    binding: str = "simultaneous"
    barrier: Barrier = field(default_factory=Eyring)
    source: Source | None = None

    def rates(self, site: Site) -> Rates:
        self._check_arguments(site)
        if self.maximum is not None:
            E = site.per_area("maximum", self._sourced(self.maximum), d.FLUX)
        else:
            E = site.carriers(self._sourced(self.density))
            E *= site.parameter("turnover", self._sourced(self.turnover), d.RATE)
        K = self._half_saturations(site)
        plus, minus = split(self.barrier, site)
        sides = (site.reaction.reactants, site.reaction.products)
        left, right = (
            tuple((n, site.level(w), K[w]) for n, w in side if not w.is_solvent) for side in sides
        )
        # the solvent binds nowhere: its activity multiplies the rate
        water_left, water_right = (
            site.product([(n, w) for n, w in side if w.is_solvent]) for side in sides
        )
        return _saturated(
            E, plus * water_left, minus * water_right, site.standard, left, right,
            simultaneous=self.binding == "simultaneous",
        )  # fmt: skip

    def _check_arguments(self, site: Site) -> None:
        """Raise BadSettings unless ``binding`` is known and the maximal rate is given once."""
        modes = ("simultaneous", "common")
        if not isinstance(self.binding, str) or self.binding not in modes:
            raise errors.BadSettings(
                where=f"{site.name}, Saturable(binding=…)",
                wanted="'simultaneous' or 'common'",
                got=errors.shown(self.binding),
                advice=errors.nearest(self.binding, modes),
            )
        names = ("maximum", "turnover", "density")
        given = [name for name in names if getattr(self, name) is not None]
        if given not in (["maximum"], ["turnover", "density"]):
            raise errors.BadSettings(
                where=f"{site.name}, Saturable(…)",
                wanted="either maximum=, or turnover= and density=",
                got=" and ".join(given) or "neither",
                advice=(
                    "maximum=Q(1, 'fmol/s'), or turnover=Q(100, '1/s') with density=Q(1000,"
                    " '1/um^2')"
                ),
            )

    def _sourced(self, value: Any) -> Any:
        """A bare quantity as a parameter with the law's source; everything else unchanged."""
        if self.source is None or not is_quantity(value):
            return value
        return Parameter(value, self.source)

    def _half_saturations(self, site: Site) -> dict[Participant, sp.Symbol]:
        """K of each solute that takes part."""
        where = f"{site.name}, Saturable(half=…)"
        solutes = [solute for solute in site.participants if not solute.is_solvent]
        if not isinstance(self.half, Mapping):
            entries = ", ".join(f"'{site.written(solute)}': Q(1, 'mM')" for solute in solutes)
            raise errors.WrongType(
                where=where,
                wanted="{participant: half-saturation}",
                got=errors.shown(self.half),
                advice=f"half={{{entries}}}",
            )
        names = {
            solute: (
                *site.names_of(solute),
                solute.species.name if solute.species else solute.label,
            )
            for solute in solutes
        }
        self._check_complete(site, names, where)
        constants, unused = dict[Participant, sp.Symbol](), dict(self.half)
        for solute, keys in names.items():
            key = next(k for k in keys if k in self.half)
            unused.pop(key, None)
            written = keys[0] if key == solute.label else key
            constants[solute] = site.parameter(
                "half_" + written.replace("@", "_").replace(".", "_"),
                self._sourced(self.half[key]),
                d.CONCENTRATION,
                domain="positive",
            )
        if unused:
            raise errors.UnknownName(
                where=where,
                wanted="participants of the reaction",
                got=", ".join(map(errors.shown, unused)),
                advice=errors.nearest(next(iter(unused)), [site.written(w) for w in solutes]),
            )
        return constants

    def _check_complete(
        self, site: Site, names: Mapping[Participant, tuple[str, ...]], where: str
    ) -> None:
        """Raise MissingSpecies unless each solute has a half-saturation under one of its names."""
        missing = [site.written(w) for w, keys in names.items() if not set(keys) & set(self.half)]
        if missing:
            entries = ", ".join(f"{name!r}: Q(1, 'mM')" for name in missing)
            raise errors.MissingSpecies(
                where=where,
                wanted=f"a half-saturation for {' and '.join(missing)}",
                got=", ".join(map(errors.shown, self.half)) + " only" if self.half else "none",
                advice=f"add {entries} to half=",
                species=tuple(missing),
            )


@lru_cache(maxsize=1024)
def _saturated(
    E: sp.Expr,
    plus: sp.Expr,
    minus: sp.Expr,
    standard: sp.Expr,
    left: Binding,
    right: Binding,
    *,
    simultaneous: bool,
) -> Rates:
    numerators = [sp.prod([(c / K) ** n for n, c, K in side]) for side in (left, right)]
    partition = [sp.prod([(1 + c / K) ** n for n, c, K in side]) for side in (left, right)]
    D = partition[0] * partition[1] if simultaneous else partition[0] + partition[1] - 1
    # Haldane: k⁻ = k⁺ e^{ΔG°/RT} Π(K/c°)^ν⁻ / Π(K/c°)^ν⁺
    haldane = (
        sp.exp(standard)
        * sp.prod([(K / c0) ** n for n, _, K in right])
        / sp.prod([(K / c0) ** n for n, _, K in left])
    )
    return Rates(E * plus * numerators[0] / D, E * minus * haldane * numerators[1] / D)
