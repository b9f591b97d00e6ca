"""The site of a process: the symbols a law may use there, each with its dimension, and the affinity they imply.

Concentrations, voltages and parameters carry the names that the assembled model gives them, so that a law proved here is the
law that runs.  A/RT follows from the reaction alone:

    A/RT = −ΔG°/RT − Σ ν ln(c/c°) − Σ ν ln(n/n°) − Q·u,    u = FV/RT,   Q = charges moved to the inside
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from functools import cached_property
from numbers import Rational, Real
from typing import Any

import sympy as sp

from .. import dimension as d
from .. import errors, symbols
from ..dimension import Dimension
from ..symbols import R, T, c0, n0
from .parameter import Declared, declare
from .places import Compartment, Membrane
from .reaction import Participant, Reaction

GROUND = {
    symbols.R: d.MOLAR_ENTROPY, symbols.F: d.MOLAR_CHARGE, symbols.T: d.TEMPERATURE, symbols.t: d.TIME,
    symbols.c0: d.CONCENTRATION, symbols.n0: d.AMOUNT, symbols.N_A: d.PER_AMOUNT,
}  # fmt: skip


def exact(number: float | Fraction | str) -> sp.Rational:
    """A declared pure number as the decimal that was written, so that charges cancel exactly."""
    return sp.Rational(str(number))


def expressed(made: Any, where: str) -> sp.Expr:
    """What a user's formula gave, as sympy knows it: an expression or a finite number.  Text is never evaluated."""
    if isinstance(made, sp.Expr):
        return made
    if isinstance(made, Real) and not isinstance(made, bool) and math.isfinite(made):
        return sp.Rational(int(made.numerator), int(made.denominator)) if isinstance(made, Rational) else sp.Float(float(made))
    advice = "let the function return it" if made is None else "build it from site['K@in'], site.u, site.parameter(…), with sympy's functions"
    raise errors.WrongType(where=where, wanted="an expression of the site's symbols", got=errors.shown(made), advice=advice)


def evaluated(formula: Any, site: Site, what: str) -> sp.Expr:
    """What a user's function of the site gives."""
    where = f"{site.process}, {what}"
    if isinstance(formula, type) or not callable(formula):
        advice = "lambda site: site.parameter(…) * site['K@in']"
        raise errors.WrongType(where=where, wanted="a function of the site", got=errors.shown(formula), advice=advice)
    return expressed(formula(site), where)


class Site:
    """Where a law is applied.  ``site["Na@in"]`` is a concentration, ``site.u`` the reduced voltage, ``site.parameter`` declares.

    Attributes: ``reaction``, ``on``, ``name`` of the transporter, ``dims`` (dimension of each symbol), ``parameters`` declared
    so far by dotted name, ``charge`` moved to the inside per turnover, ``drive`` = A/RT and ``standard`` = ΔG°/RT.
    """

    def __init__(self, name: str, process: str, reaction: Reaction, on: Membrane | Compartment) -> None:
        self.name, self.process, self.reaction, self.on = name, process, reaction, on
        self.dims: dict[sp.Symbol, Dimension] = dict(GROUND)
        self.parameters: dict[str, Declared] = {}
        moved = reaction.charge_moved()
        self.charge = moved.get(on.inside.name, Fraction(0)) if isinstance(on, Membrane) else Fraction(0)

    def _symbol(self, symbol: sp.Symbol, dim: Dimension) -> sp.Symbol:
        self.dims[symbol] = dim
        return symbol

    def __getitem__(self, key: str) -> sp.Symbol:
        """The concentration of ``"Na@in"`` (or of a participant's pool) in the reaction."""
        for who in self.participants:
            if key in (who.pool, who.label) or self.written(who) == key:
                return self.level(who)
        known = [self.written(w) for w in self.participants]
        raise errors.UnknownName(
            where=f"law of {self.name}", wanted="a participant of its reaction", got=errors.shown(key), advice=errors.nearest(str(key), known)
        )

    def written(self, who: Participant) -> str:
        if who.species is None or who.place is None:
            return who.label
        side = {id(getattr(self.on, "inside", None)): "in", id(getattr(self.on, "outside", None)): "out"}.get(id(who.place), who.place.name)
        return f"{who.species.name}@{side}"

    @property
    def participants(self) -> list[Participant]:
        both = (*self.reaction.reactants, *self.reaction.products)
        return list(dict.fromkeys(who for _, who in both))

    def level(self, who: Participant) -> sp.Symbol:
        """Concentration of a solute, amount of a state, pressure potential of the solvent's compartment."""
        if who.kind == "state":
            return self._symbol(symbols.amount(who.pool), d.AMOUNT)
        if who.kind == "water":
            assert who.place is not None
            return self._symbol(symbols.pressure(who.place.name), d.PRESSURE)
        return self._symbol(symbols.concentration(who.pool), d.CONCENTRATION)

    def product(self, terms: Iterable[tuple[int, Participant]], *, activities: bool = False) -> sp.Expr:
        """Π c^ν over one side of the reaction; as activities c/c°, n/n° on request."""
        made = sp.S.One
        for count, who in terms:
            scale = (n0 if who.kind == "state" else c0) if activities else sp.S.One
            made *= (self.level(who) / scale) ** count
        return made

    @cached_property
    def V(self) -> sp.Expr:
        """V_in − V_out; zero for a reaction inside a compartment."""
        if isinstance(self.on, Membrane):
            return self._symbol(symbols.potential(self.on.name), d.VOLTAGE)
        return sp.S.Zero

    @property
    def u(self) -> sp.Expr:
        """FV/RT."""
        return symbols.F * self.V / (R * T)

    @property
    def Qu(self) -> sp.Expr:
        """Reduced electrical work of moving the turnover's charge inward."""
        return exact(self.charge) * self.u

    @property
    def area(self) -> sp.Symbol:
        if not isinstance(self.on, Membrane):
            raise errors.BadPlace(
                where=f"{self.name}",
                wanted="a membrane, for a parameter per area",
                got=errors.shown(self.on),
                advice="give the parameter for the whole compartment (fmol/s), or on=membrane",
            )
        return self._symbol(symbols.parameter(f"{self.on.name}.area", positive=True), d.AREA)

    def parameter(
        self, key: str, value: Any, dims: Dimension | tuple[Dimension, ...], *, domain: str = "nonnegative", long_name: str = ""
    ) -> sp.Symbol:
        """Declare ``name.key`` and give its symbol."""
        for dim in dims if isinstance(dims, tuple) else (dims,):
            if not isinstance(dim, Dimension):
                raise errors.WrongType(
                    where=f"{self.name}.{key}", wanted="a dimension", got=errors.shown(dim), advice="biomembrane.dimension.CONCENTRATION, RATE, …"
                )
        made = declare(f"{self.name}.{key}", value, dims, domain=domain, long_name=long_name or f"{key.replace('_', ' ')} of {self.name}")
        self.parameters[made.name] = made
        return self._symbol(symbols.parameter(made.name, positive=domain == "positive", real=domain == "real"), made.dimension)

    def per_area(self, key: str, value: Any, whole: Dimension, *, long_name: str = "") -> sp.Expr:
        """A parameter given for the whole membrane or per area, as the amount for the whole."""
        symbol = self.parameter(key, value, (whole / d.AREA, whole), long_name=long_name)
        return symbol * self.area if self.dims[symbol] != whole else symbol

    def carriers(self, density: Any) -> sp.Expr:
        """Amount of transporters [fmol] from a number per area, a number, an amount per area or an amount."""
        symbol = self.parameter("density", density, (d.SURFACE_DENSITY, d.AMOUNT / d.AREA, d.AMOUNT, d.ONE), long_name=f"density of {self.name}")
        dim = self.dims[symbol]
        made = symbol if dim in (d.AMOUNT, d.AMOUNT / d.AREA) else symbol / symbols.N_A
        return made * self.area if dim in (d.SURFACE_DENSITY, d.AMOUNT / d.AREA) else made

    def energy(self, who: Participant) -> sp.Expr:
        """μ° [J/mol] of a participant."""
        if who.kind == "state":
            return self._symbol(symbols.parameter(f"mu0[{who.pool}]", real=True), d.MOLAR_ENERGY)
        if who.species is None or who.species.standard is None:
            return sp.S.Zero
        made = declare(
            f"{who.species.name}.standard_energy",
            who.species.standard,
            d.MOLAR_ENERGY,
            domain="real",
            long_name=f"standard potential of {who.species.name} ({who.species.convention})",
        )
        self.parameters[made.name] = made
        return self._symbol(symbols.parameter(made.name, real=True), d.MOLAR_ENERGY)

    @cached_property
    def standard(self) -> sp.Expr:
        """ΔG°/RT of the reaction, in c° and n°."""
        return sum((n * self.energy(who) for who, n in self.reaction.net.items()), sp.S.Zero) / (R * T)

    @cached_property
    def drive(self) -> sp.Expr:
        """A/RT."""
        total = -self.standard - self.Qu
        for who, n in self.reaction.net.items():
            if who.kind == "water":
                assert who.species is not None
                total -= n * self.molar_volume(who) * self.level(who) / (R * T)
            else:
                total -= n * sp.log(self.level(who) / (n0 if who.kind == "state" else c0))
        return total

    def molar_volume(self, who: Participant) -> sp.Symbol:
        assert who.species is not None
        made = declare(f"{who.species.name}.molar_volume", who.species.molar_volume, d.MOLAR_VOLUME, domain="positive")
        self.parameters[made.name] = made
        return self._symbol(symbols.parameter(made.name, positive=True), d.MOLAR_VOLUME)
