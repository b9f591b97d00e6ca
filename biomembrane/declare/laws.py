"""Kinetic laws: non-negative one-way rates r⁺, r⁻ in fmol/s with RT ln(r⁺/r⁻) = A, or J = L·A with
L ≥ 0.

A law is a formula over a :class:`~biomembrane.declare.site.Site`.  The reverse rate is never free:
it follows from the affinity, so that a law of this file cannot break the second law, whatever its
parameters (formalism §4).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import sympy as sp

from .. import dimension as d
from .. import errors
from ..symbols import B, F, R, T, c0
from ..units import is_quantity
from .parameter import Parameter, Source
from .site import Site, evaluated, expressed
from .site_formulas import exact
from .user_functions import called

if TYPE_CHECKING:
    from .parameter_types import CountLike, ParameterLike

__all__ = ["GHK", "Barrier", "ConstantField", "Elementary", "Empirical", "Eyring", "Law", "Ohmic",
    "Onsager", "Pair", "Rates", "ReducedCycle",
           "Saturable", "Site", "Water"]  # fmt: skip


def __dir__() -> list[str]:
    return __all__


@dataclass(frozen=True)
class Rates:
    """What a law gives: a pair of one-way rates, or a conductance [mol²/J/s], or a bare flux with
    the reason for it.

    A flux that is given by its two one-way rates has all three: ``flux`` is their difference.
    """

    forward: sp.Expr | None = None
    reverse: sp.Expr | None = None
    conductance: sp.Expr | None = None
    flux: sp.Expr | None = None
    reason: str = ""

    def mapped(self, change: Callable[[sp.Expr], sp.Expr]) -> Rates:
        """The same kind of rates, each changed."""
        given = {
            name: getattr(self, name) for name in ("forward", "reverse", "conductance", "flux")
        }
        return replace(
            self, **{name: change(rate) for name, rate in given.items() if rate is not None}
        )


class Law(Protocol):
    """One method: ``rates(site)`` declares the law's parameters at the site and gives its
    :class:`Rates` [fmol/s].

    It must hold for every state with positive concentrations and every parameter in its domain: r±
    ≥ 0 and ln(r⁺/r⁻) = A/RT identically.  The transporter checks this at birth (dimension, sign,
    proof) and keeps the certificate.
    """

    def rates(self, site: Site) -> Rates: ...


class Barrier(Protocol):
    """b⁺, b⁻ of the reduced work ``reduced_work`` of moving a turnover's charge inward, with b⁺/b⁻
    = e^{−Qu}.
    """

    def __call__(self, reduced_work: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        """b⁺ and b⁻."""


@dataclass(frozen=True)
class Eyring:
    """One sharp barrier at the fraction ``theta`` of the field: (e^{−θQu}, e^{(1−θ)Qu})."""

    theta: float = 0.5

    def __post_init__(self) -> None:
        if (
            isinstance(self.theta, bool)
            or not isinstance(self.theta, (int, float))
            or not 0 <= self.theta <= 1
        ):
            advice = "Eyring(0.5), the middle of the membrane"
            raise errors.OutOfDomain(
                where="Eyring(theta=…)",
                wanted="a number from 0 to 1",
                got=errors.shown(self.theta),
                advice=advice,
            )

    def __call__(self, reduced_work: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        """b⁺ and b⁻ of the reduced work."""
        return _eyring(self.theta, reduced_work)


@lru_cache(maxsize=256)
def _eyring(theta: float, reduced_work: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    share = exact(theta)
    return sp.exp(-share * reduced_work), sp.exp((1 - share) * reduced_work)


@dataclass(frozen=True)
class ConstantField:
    """Goldman's constant field: (B(Qu), B(−Qu)) with B(x) = x/(eˣ − 1) (Goldman 1943)."""

    def __call__(self, reduced_work: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        """b⁺ and b⁻ of the reduced work."""
        return _constant_field(reduced_work)


@lru_cache(maxsize=256)
def _constant_field(reduced_work: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    return B(reduced_work), B(-reduced_work)


@lru_cache(maxsize=4096)
def times(*factors: sp.Expr) -> sp.Expr:
    """A product, once for all places where it comes up."""
    return math.prod(factors[1:], start=factors[0])


def split(barrier: Any, site: Site) -> tuple[sp.Expr, sp.Expr]:
    """b⁺ and b⁻ of a barrier for the charge that the site's reaction moves."""
    where, advice = f"{site.process}, barrier=…", "laws.Eyring(0.5) or laws.ConstantField()"
    if isinstance(barrier, type) or not callable(barrier):
        raise errors.WrongType(
            where=where, wanted="a barrier", got=errors.shown(barrier), advice=advice
        )
    made = called(barrier, where, site.reduced_work)
    if not isinstance(made, tuple) or len(made) != 2:
        raise errors.WrongType(
            where=where,
            wanted="a barrier that gives the pair b⁺, b⁻",
            got=errors.shown(made),
            advice=advice,
        )
    return expressed(made[0], where), expressed(made[1], where)


def _by_affinity(prefactor: sp.Expr, site: Site, barrier: Barrier) -> Rates:
    """r⁺ = prefactor·b⁺·Π a^ν⁺ and the reverse that detailed balance leaves."""
    plus, minus = split(barrier, site)
    forward = prefactor * plus * site.product(site.reaction.reactants, activities=True)
    reverse = (
        prefactor
        * minus
        * site.product(site.reaction.products, activities=True)
        * sp.exp(site.standard)
    )
    return Rates(forward, reverse)


@dataclass(frozen=True)
class Elementary:
    """r⁺ = κ b⁺(Qu) Π (c/c°)^ν⁺, r⁻ = κ b⁻(Qu) Π (c/c°)^ν⁻ e^{ΔG°/RT}.

    ``rate``: κ as a flux ("fmol/s") or per membrane area ("pmol/cm^2/s"), at activities of 1.
    """

    rate: ParameterLike
    barrier: Barrier = Eyring()

    def rates(self, site: Site) -> Rates:
        return _by_affinity(site.per_area("rate", self.rate, d.FLUX), site, self.barrier)


@dataclass(frozen=True)
class GHK:
    """Goldman–Hodgkin–Katz flux of one solute: r± = P·area·B(±Qu)·c (Goldman 1943; Hodgkin & Katz
    1949).

    ``permeability``: "cm/s".  For a neutral solute this is P·area·Δc.
    """

    permeability: ParameterLike

    def rates(self, site: Site) -> Rates:
        sides = (site.reaction.reactants, site.reaction.products)
        if (
            any(len(s) != 1 or s[0][0] != 1 or not s[0][1].is_solute for s in sides)
            or sides[0][0][1].species != sides[1][0][1].species
        ):
            wanted, advice = (
                "one solute that crosses, 'K@in -> K@out'",
                "laws.Elementary or laws.Saturable for coupled transport",
            )
            raise errors.BadReaction(
                where=f"{site.name}, GHK", wanted=wanted, got=str(site.reaction), advice=advice
            )
        P = site.parameter("permeability", self.permeability, d.PERMEABILITY)
        plus, minus = ConstantField()(site.reduced_work)
        return Rates(
            *(
                times(P * site.area, b, site.product(side))
                for b, side in zip((plus, minus), sides, strict=True)
            )
        )


@dataclass(frozen=True)
class Ohmic:
    """J = g·A/(QF)²: current g·(V − E), E the reversal potential of the reaction.

    ``conductance``: of the membrane ("nS") or per area ("mS/cm^2").
    """

    conductance: ParameterLike

    def rates(self, site: Site) -> Rates:
        if not site.charge:
            where, advice = f"{site.name}, Ohmic", "laws.Onsager for electroneutral transport"
            raise errors.ChargeImbalance(
                where=where,
                wanted="a reaction that moves charge",
                got=str(site.reaction),
                advice=advice,
            )
        return Rates(
            conductance=site.per_area("conductance", self.conductance, d.CONDUCTANCE)
            / (exact(site.charge) * F) ** 2
        )


@dataclass(frozen=True)
class Onsager:
    """J = L·A, near equilibrium (Onsager 1931).  ``coefficient``: L in mol²/J/s, or per area."""

    coefficient: ParameterLike

    def rates(self, site: Site) -> Rates:
        return Rates(conductance=site.per_area("coefficient", self.coefficient, d.ONSAGER))


@dataclass(frozen=True)
class Water:
    """Volume flow L_p·area·ΔP driven by the difference of hydrostatic less osmotic pressure (Kedem
    & Katchalsky 1958).

    ``permeability``: hydraulic, "cm/s/bar", or osmotic P_f, "cm/s", which is L_p·RT/v_w.
    """

    permeability: ParameterLike

    def rates(self, site: Site) -> Rates:
        water = [w for w in site.participants if w.is_solvent]
        if len(water) != 2 or len(site.participants) != 2:
            advice = "library.water(membrane), or Transporter(…, species=(H2O,)) with library.H2O"
            raise errors.BadReaction(
                where=f"{site.name}, Water",
                wanted="'H2O@out -> H2O@in'",
                got=str(site.reaction),
                advice=advice,
            )
        L = site.parameter("permeability", self.permeability, (d.HYDRAULIC, d.PERMEABILITY))
        v = site.molar_volume(water[0])
        if site.dims[L] == d.HYDRAULIC:
            return Rates(conductance=L * site.area / v**2)
        return Rates(conductance=L * site.area / (v * R * T))


Bound = tuple[
    tuple[int, sp.Symbol, sp.Symbol], ...
]  # one side of a reaction: ν, concentration, half-saturation


@lru_cache(maxsize=1024)
def _saturated(
    E: sp.Expr,
    plus: sp.Expr,
    minus: sp.Expr,
    standard: sp.Expr,
    left: Bound,
    right: Bound,
    *,
    simultaneous: bool,
) -> Rates:
    scaled = [sp.prod([(c / K) ** n for n, c, K in side]) for side in (left, right)]
    filled = [sp.prod([(1 + c / K) ** n for n, c, K in side]) for side in (left, right)]
    D = filled[0] * filled[1] if simultaneous else filled[0] + filled[1] - 1
    # Haldane: k⁻ = k⁺ e^{ΔG°/RT} Π(K/c°)^ν⁻ / Π(K/c°)^ν⁺
    haldane = (
        sp.exp(standard)
        * sp.prod([(K / c0) ** n for n, _, K in right])
        / sp.prod([(K / c0) ** n for n, _, K in left])
    )
    return Rates(E * plus * scaled[0] / D, E * minus * haldane * scaled[1] / D)


@dataclass(frozen=True, kw_only=True)
class Saturable:
    """Reversible rate law with half-saturations; the reverse turnover follows from Haldane's
    relation (Liebermeister et al. 2010).

    r⁺ = E·k·b⁺·Π(c/K)^ν⁺/D, r⁻ = r⁺·e^{−A/RT};  D = Π(1 + c/K)^ν⁺·Π(1 + c/K)^ν⁻
    (``binding="simultaneous"``) or the sum of the two products less 1 (``"common"``: the two sides
    exclude each other).

    Args:
        half: half-saturation for each solute, named as in the reaction (``"Na@out"``,
            ``"Na@bath"``); one key ``"glucose"`` serves both sides.
        maximum: E·k, forward, as a flux or per area.
        turnover, density: k ("1/s") and E ("1/um^2", or an amount), instead of ``maximum``.
        binding: ``"simultaneous"`` or ``"common"``.
        barrier: how the charge that moves splits into both directions.
        source: of all numbers that come as bare quantities.
    """

    half: Mapping[str, ParameterLike]
    maximum: ParameterLike | None = None
    turnover: ParameterLike | None = None
    density: CountLike | None = None
    binding: str = "simultaneous"
    barrier: Barrier = field(default_factory=Eyring)
    source: Source | None = None

    def rates(self, site: Site) -> Rates:
        if not isinstance(self.binding, str) or self.binding not in ("simultaneous", "common"):
            known, got = ("simultaneous", "common"), errors.shown(self.binding)
            advice = errors.nearest(self.binding, known)
            raise errors.BadSettings(
                where=f"{site.name}, Saturable(binding=…)",
                wanted="'simultaneous' or 'common'",
                got=got,
                advice=advice,
            )
        given = [
            name for name in ("maximum", "turnover", "density") if getattr(self, name) is not None
        ]
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
        if self.maximum is not None:
            E = site.per_area("maximum", self._sourced(self.maximum), d.FLUX)
        else:
            E = site.carriers(self._sourced(self.density)) * site.parameter(
                "turnover", self._sourced(self.turnover), d.RATE
            )
        K = self._halves(site)
        plus, minus = split(self.barrier, site)
        both = (site.reaction.reactants, site.reaction.products)
        left, right = (
            tuple((n, site.level(w), K[w]) for n, w in side if not w.is_solvent) for side in both
        )
        water, made = (site.product([(n, w) for n, w in side if w.is_solvent]) for side in both)
        return _saturated(
            E,
            plus * water,
            minus * made,
            site.standard,
            left,
            right,
            simultaneous=self.binding == "simultaneous",
        )

    def _sourced(self, value: Any) -> Any:
        return (
            Parameter(value, self.source)
            if self.source is not None and is_quantity(value)
            else value
        )

    def _halves(self, site: Site) -> dict[Any, sp.Symbol]:
        found = {}
        solutes = [who for who in site.participants if not who.is_solvent]
        if not isinstance(self.half, Mapping):
            names = ", ".join(f"'{site.written(who)}': Q(1, 'mM')" for who in solutes)
            raise errors.WrongType(
                where=f"{site.name}, Saturable(half=…)", wanted="{participant: half-saturation}",
                got=errors.shown(self.half),
                advice=f"half={{{names}}}",
            )  # fmt: skip
        left = dict(self.half)
        known = {
            who: (*site.names_of(who), who.species.name if who.species else who.label)
            for who in solutes
        }
        missing = [
            site.written(who) for who, keys in known.items() if not set(keys) & set(self.half)
        ]
        if missing:
            given = ", ".join(map(errors.shown, self.half)) + " only" if self.half else "none"
            more = ", ".join(f"{name!r}: Q(1, 'mM')" for name in missing)
            raise errors.MissingSpecies(
                where=f"{site.name}, Saturable(half=…)",
                wanted=f"a half-saturation for {' and '.join(missing)}", got=given,
                advice=f"add {more} to half=", species=tuple(missing),
            )  # fmt: skip
        for who, keys in known.items():
            key = next(k for k in keys if k in self.half)
            left.pop(key, None)
            name = "half_" + (keys[0] if key == who.label else key).replace("@", "_").replace(
                ".", "_"
            )
            found[who] = site.parameter(
                name, self._sourced(self.half[key]), d.CONCENTRATION, domain="positive"
            )
        if left:
            got, advice = (
                ", ".join(map(errors.shown, left)),
                errors.nearest(next(iter(left)), [site.written(w) for w in solutes]),
            )
            raise errors.UnknownName(
                where=f"{site.name}, Saturable(half=…)",
                wanted="participants of the reaction",
                got=got,
                advice=advice,
            )
        return found


BoundExpression = Callable[[Site], sp.Expr]


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


@dataclass(frozen=True, kw_only=True)
class ReducedCycle:
    """A single cycle of lumped states at steady state, as :func:`ring` gives it.  With a ``reason``
    it is exempt, as :class:`Empirical` is.

    ``forward`` and ``reverse`` are functions of the site that give the effective one-way rates
    [1/s]; ``density`` the carriers. Detailed balance holds for the cycle as a whole and is proved
    for the reaction at birth.
    """

    density: CountLike
    forward: Sequence[BoundExpression]
    reverse: Sequence[BoundExpression]
    reason: str = ""

    def rates(self, site: Site) -> Rates:
        for what in ("forward", "reverse"):
            if isinstance(getattr(self, what), str) or not isinstance(
                getattr(self, what), Sequence
            ):
                got, advice = errors.shown(getattr(self, what)), "[lambda site: …, lambda site: …]"
                raise errors.WrongType(
                    where=f"{site.name}, ReducedCycle({what}=…)",
                    wanted="a list of functions of the site",
                    got=got,
                    advice=advice,
                )
        if len(self.forward) != len(self.reverse) or len(self.forward) < 2:
            got, advice = (
                f"{len(self.forward)} forward and {len(self.reverse)} reverse",
                "one function for each step in each direction",
            )
            wanted = "as many reverse as forward rates, at least two"
            raise errors.BadCycle(
                where=f"{site.name}, ReducedCycle", wanted=wanted, got=got, advice=advice
            )
        rates = [
            [evaluated(f, site, f"{what}[{k}]") for k, f in enumerate(getattr(self, what))]
            for what in ("forward", "reverse")
        ]
        made = ring(site.carriers(self.density), *rates)
        return hosted(made, self.reason, site, "ReducedCycle") if self.reason else made


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Both one-way rates given as functions of the site; checked like every other law.

    ``Pair(forward=lambda s: s.parameter("k", Q(1, "fmol/s/mM"), …) * s["X@in"], reverse=…)``; with
    a ``reason`` it is exempt from the proof, as :class:`Empirical` is.
    """

    forward: BoundExpression
    reverse: BoundExpression
    reason: str = ""

    def rates(self, site: Site) -> Rates:
        made = Rates(
            evaluated(self.forward, site, "forward"), evaluated(self.reverse, site, "reverse")
        )
        return hosted(made, self.reason, site, "Pair") if self.reason else made


def hosted(pair: Rates, reason: str, site: Site, law: str) -> Rates:
    """A pair of one-way rates as published, exempt from the proof; without a reason it raises
    ``MissingSource``.
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


@dataclass(frozen=True, kw_only=True)
class Empirical:
    """A published flux as it stands, exempt from the proof: its books still close, its dissipation
    may go negative.  Flagged in every print.

    ``flux``: a function of the site [fmol/s], or else ``forward`` and ``reverse``, its one-way
    rates, neither of them negative: such a pair is audited as it is given.  ``reason``: why no
    thermodynamic form is used.
    """

    flux: BoundExpression | None = None
    forward: BoundExpression | None = None
    reverse: BoundExpression | None = None
    reason: str = ""

    def rates(self, site: Site) -> Rates:
        given = [name for name in ("flux", "forward", "reverse") if getattr(self, name) is not None]
        if given not in (["flux"], ["forward", "reverse"]):
            raise errors.BadSettings(
                where=f"{site.name}, Empirical(…)", wanted="either flux=, or forward= and reverse=",
                got=" and ".join(given) or "neither",
                advice="flux=lambda site: …, or forward=lambda site: …, reverse=lambda site: …",
            )  # fmt: skip
        return hosted(
            Rates(**{name: evaluated(getattr(self, name), site, name) for name in given}),
            self.reason,
            site,
            "Empirical",
        )
