"""The site of a process: the symbols a law may use there, each with its dimension, and the affinity
they imply.

Symbols are local: ``c[@in.Na]`` is the concentration on the inside of whatever membrane this is,
``@.density`` a parameter of whatever transporter.  So equal laws are equal expressions, proved
once; ``names`` leads to the symbols of the assembled model.  A/RT follows from the reaction alone:

    A/RT = −ΔG°/RT − Σ ν ln(c/c°) − Σ ν ln(n/n°) − Q·u,    u = FV/RT,   Q = charges moved to the
    inside
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property, lru_cache
from numbers import Rational, Real
from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy.functions.elementary.hyperbolic import HyperbolicFunction

from .. import dimension as d
from .. import errors, symbols, user_text
from ..dimension import Dimension
from .bound_expression import BRANCHES
from .parameter import Declared, check_domain, declare, joined
from .places import Compartment, Membrane
from .reaction import Participant, Reaction, solutes_at
from .readable_state import OwnState
from .site_formulas import drive_of, narrowed, product_of, reduced, standard_of, unit_activity, work
from .user_functions import called

if TYPE_CHECKING:
    from ..quantity_types import Number
    from .parameter_types import CountLike, ParameterLike

GROUND = {
    symbols.R: d.MOLAR_ENTROPY, symbols.F: d.MOLAR_CHARGE, symbols.T: d.TEMPERATURE,
    symbols.t: d.TIME,
    symbols.c0: d.CONCENTRATION, symbols.n0: d.AMOUNT, symbols.N_A: d.PER_AMOUNT,
}  # fmt: skip

SIGNED = (
    d.VOLTAGE,
    d.CHARGE,
    d.MOLAR_CHARGE,
    d.CURRENT,
    d.ENERGY,
    d.MOLAR_ENERGY,
    d.MOLAR_ENTROPY,
)  # of a law's numbers these may be negative


@lru_cache(maxsize=1024)
def _plain(e: sp.Expr) -> sp.Expr:
    """sinh, cosh and their kin by exponentials, tanh has code of its own; x/(eˣ − 1) as B(x);
    u**2.0 as u**2.
    """
    e = e.replace(
        lambda n: isinstance(n, HyperbolicFunction) and not isinstance(n, sp.tanh),
        lambda n: n.rewrite(sp.exp),
    )
    e = e.replace(
        lambda n: n.is_Pow and n.exp.is_Float and n.exp == int(n.exp),
        lambda n: n.base ** int(n.exp),
    )
    return symbols.regular(e)


def expressed(made: Any, where: str) -> sp.Expr:
    """What a user's formula gave, as sympy knows it: an expression or a finite number.

    Text is never evaluated.
    """
    if isinstance(made, sp.Expr):
        return _plain(made)
    number = (
        user_text.numbers(made) if isinstance(made, Real) else None
    )  # None of what is beyond a double
    if number is not None and math.isfinite(number):
        return (
            sp.Rational(int(made.numerator), int(made.denominator))
            if isinstance(made, Rational)
            else sp.Float(float(made))
        )
    advice = (
        "let the function return it"
        if made is None
        else "build it from site['K@in'], site.u, site.parameter(…), with sympy's functions"
    )
    raise errors.WrongType(
        where=where,
        wanted="an expression of the site's symbols",
        got=errors.shown(made),
        advice=advice,
    )


_NUMERIC = (
    "ufunc",
    "Cannot convert expression to float",
    "cannot determine truth value",
)  # what numpy, math and `if` say of a symbol


def evaluated(formula: Any, site: Site, what: str) -> sp.Expr:
    """What a user's function of the site gives."""
    where = f"{site.process}, {what}"
    if isinstance(formula, type) or not callable(formula):
        advice = "lambda site: site.parameter(…) * site['K@in']"
        raise errors.WrongType(
            where=where, wanted="a function of the site", got=errors.shown(formula), advice=advice
        )
    site.written_by_user = True
    try:
        made = called(formula, where, site)
    except TypeError as error:
        if "Cannot convert from" in str(error):  # pint, of a quantity among symbols
            wanted, advice = (
                "numbers with units as parameters",
                "site.parameter('P', Q(1e-6, 'cm/s'), bm.dimension.PERMEABILITY)",
            )
            raise errors.WrongType(
                where=where, wanted=wanted, got=f"a quantity in the formula: {error}", advice=advice
            ) from None
        if not any(text in str(error) for text in _NUMERIC):
            raise
        wanted = "a formula of sympy's functions: it is worked out once, in symbols"
        advice = (
            BRANCHES
            if "truth value" in str(error)
            else "import sympy; sympy.exp(-site.u) in place of numpy.exp"
        )
        raise errors.WrongType(
            where=where, wanted=wanted, got=f"{type(error).__name__}: {error}", advice=advice
        ) from None
    finally:
        site.written_by_user = False
    return expressed(made, where)


class Site:
    """Where a law is applied.  ``site["Na@in"]`` is a concentration, ``site.u`` the reduced
    voltage, ``site.parameter`` declares.

    Attributes: ``reaction``, ``on``, ``name`` of the transporter, ``step`` of its diagram,
    ``process`` (name of both), ``dims`` (dimension of each symbol), ``names`` (what each local
    symbol stands for), ``parameters`` declared so far by dotted name, ``modulating_solutes``
    (solutes read that take no part), ``own_states`` that are read, ``charge`` moved to the inside
    per turnover, ``reduced_affinity`` = A/RT and ``standard`` = ΔG°/RT.
    """

    def __init__(
        self, name: str, reaction: Reaction, on: Membrane | Compartment, step: str = ""
    ) -> None:
        self.name, self.step, self.reaction, self.on = name, step, reaction, on
        self.process = f"{name}:{step}" if step else name
        self.dims: dict[sp.Symbol, Dimension] = dict(GROUND)
        self.names: dict[sp.Symbol, sp.Expr] = {}
        self.parameters: dict[str, Declared] = {}
        self.modulating_solutes: dict[Participant, None] = {}
        self.own_states: dict[OwnState, int] = {}
        self._given: dict[tuple[Any, ...], tuple[sp.Symbol, Any]] = {}
        self.written_by_user = False  # while a function of the user's is called
        self._open: dict[sp.Symbol, str] = {}  # parameters that no domain was asked for, by symbol
        moved = reaction.charge_moved()
        self.charge = moved.get(on.inside.name, 0) if isinstance(on, Membrane) else 0

    def local(self, symbol: sp.Symbol, name: sp.Symbol, dim: Dimension) -> sp.Symbol:
        """The local symbol itself, with its dimension and what it stands for noted."""
        self.dims[symbol] = dim
        self.names[symbol] = name
        return symbol

    def _side(self, who: Participant) -> str:
        return "out" if isinstance(self.on, Membrane) and who.place is self.on.outside else "in"

    def __getitem__(self, key: str | OwnState) -> sp.Expr:
        """The concentration of ``"Na@in"``: of what takes part in the reaction, or of any other
        solute beside it, which the law then senses.

        Names are those of the reaction, ``"Na@in"`` or ``"Na@cell"``.  Of the solvent it is the
        activity, a pure number next to 1.
        """
        if isinstance(key, OwnState):
            return self.own(key)
        for who in self.participants:
            if key in self.names_of(who):
                return self.activity(who) if who.is_solvent else self.level(who)
        known = solutes_at(self.on)
        for name, who in known.items():
            if key in (name, *self.names_of(who)):
                self.modulating_solutes[who] = None
                return self.level(who)
        names = [*(self.written(w) for w in self.participants), *known]
        wanted = "a participant of its reaction, or a solute on either side"
        raise errors.UnknownName(
            where=f"law of {self.name}",
            wanted=wanted,
            got=errors.shown(key),
            advice=errors.nearest(key, names),
        )

    def own(self, state: OwnState) -> sp.Symbol:
        """The symbol of a state with an equation of its own, numbered in the order in which the law
        reads them.
        """
        number = self.own_states.setdefault(state, len(self.own_states))
        return self.local(symbols.declared(f"x[@{number}]", state.domain), state.symbol, d.ONE)

    def names_of(self, who: Participant) -> tuple[str, ...]:
        """All that a participant may be called: as :meth:`written`, by its place, by its side, by
        its label.
        """
        if who.species is None or who.place is None:
            return (who.label, who.pool)
        sides = {
            "in": getattr(self.on, "inside", self.on),
            "out": getattr(self.on, "outside", None),
        }
        by_side = [
            f"{who.species.name}@{word}" for word, place in sides.items() if place is who.place
        ]
        return (
            self.written(who),
            *by_side,
            f"{who.species.name}@{who.place.name}",
            who.pool,
            who.label,
        )

    def written(self, who: Participant) -> str:
        """As the reaction names it: ``Na@in``."""
        if who.species is None or who.place is None:
            return who.label
        side = {
            id(getattr(self.on, "inside", None)): "in",
            id(getattr(self.on, "outside", None)): "out",
        }.get(id(who.place), who.place.name)
        return f"{who.species.name}@{side}"

    @property
    def participants(self) -> list[Participant]:
        """What takes part in the reaction."""
        both = (*self.reaction.reactants, *self.reaction.products)
        return list(dict.fromkeys(who for _, who in both))

    def level(self, who: Participant) -> sp.Symbol:
        """Concentration of a solute, amount of a state, pressure potential of the solvent's
        compartment.
        """
        if who.is_state:
            return self.local(symbols.amount(f"@.{who.label}"), symbols.amount(who.pool), d.AMOUNT)
        assert who.place is not None
        if who.is_solvent:
            return self.local(symbols.pressure(f"@{self._side(who)}"), who.potential, d.PRESSURE)
        assert who.species is not None
        here = symbols.concentration(f"@{self._side(who)}.{who.species.name}")
        return self.local(here, symbols.concentration(who.pool), d.CONCENTRATION)

    def activity(self, who: Participant) -> sp.Expr:
        """e^{vP/RT} of the solvent, v its molar volume and P its hydrostatic less osmotic pressure:
        1 up to half a percent in a cell.
        """
        return unit_activity(self.molar_volume(who), self.level(who))

    def product(
        self, terms: Iterable[tuple[int, Participant]], *, activities: bool = False
    ) -> sp.Expr:
        """Π c^ν over one side of the reaction, with the solvent's activity; as activities c/c°,
        n/n° on request.
        """
        return product_of(
            tuple(self._factor(count, who, activities=activities) for count, who in terms)
        )

    def _factor(
        self, count: int, who: Participant, *, activities: bool
    ) -> tuple[int, sp.Expr, sp.Expr]:
        if who.is_solvent:
            return count, self.activity(who), sp.S.One
        return count, self.level(who), who.unit_level if activities else sp.S.One

    @cached_property
    def V(self) -> sp.Expr:
        """V_in − V_out; zero for a reaction inside a compartment."""
        if isinstance(self.on, Membrane):
            return self.local(symbols.potential("@"), symbols.potential(self.on.name), d.VOLTAGE)
        return sp.S.Zero

    @property
    def u(self) -> sp.Expr:
        """FV/RT."""
        return reduced(self.V)

    @property
    def reduced_work(self) -> sp.Expr:
        """Reduced electrical work of moving the turnover's charge inward."""
        return work(self.charge, self.V)

    @property
    def area(self) -> sp.Symbol:
        """Of the membrane.

        Raises:
            BadPlace: a reaction inside a compartment.
        """
        if not isinstance(self.on, Membrane):
            advice = "give the parameter for the whole compartment (fmol/s), or on=membrane"
            raise errors.BadPlace(
                where=self.name,
                wanted="a membrane, for a parameter per area",
                got=errors.shown(self.on),
                advice=advice,
            )
        return self.local(symbols.parameter("@on.area", positive=True), self.on.area.symbol, d.AREA)

    def parameter(
        self, key: str, value: ParameterLike | Number, dims: Dimension | tuple[Dimension,
        ...] | None = None, *,
        domain: str | None = None, long_name: str = "",
    ) -> sp.Symbol:  # fmt: skip
        """Declare ``name.key`` and give its symbol.

        Args:
            key: the last part of its dotted name.
            value: a quantity, text, a :class:`~biomembrane.Parameter`, or a number where ``dims``
                is ``dimension.ONE``.
            dims: its dimension, or several that are allowed, of :mod:`biomembrane.dimension`.
            domain: positive, nonnegative, real, nonzero or fraction; unless given, real for
                voltages, charges, currents and energies and
                nonnegative for others, without zero where the law divides by it or takes its
                logarithm.
            long_name: what tables call it.

        Raises:
            WrongType: ``dims`` is no dimension.
            BareNumber: a number without a unit.
            UnitMismatch: a unit of another dimension.
            OutOfDomain: a value outside its domain.
            DuplicateName: another value or domain under the same name.
        """
        for dim in dims if isinstance(dims, tuple) else (dims,):
            if not isinstance(dim, Dimension):
                advice = (
                    f"site.parameter({key!r}, …, biomembrane.dimension.CONCENTRATION), or RATE,"
                    " FLUX, …"
                )
                raise errors.WrongType(
                    where=f"{self.name}.{key}",
                    wanted="a dimension",
                    got=errors.shown(dim),
                    advice=advice,
                )
        assert dims is not None
        natural = domain is None
        domain = self._domain(f"{self.name}.{key}", domain) or (
            "real" if dims in SIGNED else "nonnegative"
        )
        asked = (key, id(value), dims, domain, long_name)
        if asked in self._given:
            return self._given[asked][0]
        full = (
            long_name or f"{key if self.written_by_user else key.replace('_', ' ')} of {self.name}"
        )
        hint = "; if it may be negative, site.parameter(…, domain='real')" * (
            natural and self.written_by_user
        )
        made = declare(
            f"{self.name}.{key}",
            value,
            dims,
            domain=domain,
            long_name=full,
            hint=hint,
            owner=f"the transporter {self.name!r}",
        )
        self._put(made)
        here = symbols.declared(f"@.{key}", domain)
        self._given[asked] = (
            self.local(here, made.symbol, made.dimension),
            value,
        )  # with the value kept, its id stays its own
        if natural:
            self._open[here] = made.name
        return here

    def _domain(self, name: str, asked: str | None) -> str | None:
        """The domain asked for, or that under which the parameter is declared already.

        Raises ``DuplicateName`` where the two differ.
        """
        known = self.parameters[name].domain if name in self.parameters else asked
        if asked is not None and known != asked:
            raise errors.DuplicateName(
                where=f"{self.name}, parameter {name!r}", wanted="one domain for one name",
                got=f"{known!r} and {asked!r}",
                advice=f"domain={asked!r} wherever it is declared",
            )  # fmt: skip
        return known

    def _put(self, made: Declared) -> None:
        """Note a parameter; raises ``DuplicateName`` where another is declared under its name."""
        self.parameters[made.name] = joined(
            self.parameters.get(made.name, made), made, f"{self.name}, parameter {made.name!r}"
        )

    def settled(self, *expressions: sp.Expr) -> tuple[sp.Expr, ...]:
        """The expressions, with the domains of parameters for which none was asked narrowed to what
        their place allows.

        What is divided by is not zero; what has a logarithm, or a power that is no whole number, is
        above zero.

        Raises:
            OutOfDomain: a value that is not.
        """
        narrow: dict[sp.Symbol, sp.Symbol] = {}
        for here, domain in narrowed(self._open, expressions).items():
            name = self._open[here]
            old = self.parameters[name]
            check_domain(old.value, domain, name, old.quantity)
            self.parameters[name] = new = replace(old, domain=domain)
            narrow[here] = self.local(
                symbols.declared(here.name, domain), new.symbol, self.dims[here]
            )
        return tuple(e.xreplace(narrow) for e in expressions)

    def per_area(
        self, key: str, value: ParameterLike, whole: Dimension, *, long_name: str = ""
    ) -> sp.Expr:
        """A parameter given for the whole membrane or per area, as the amount for the whole."""
        symbol = self.parameter(key, value, (whole / d.AREA, whole), long_name=long_name)
        return symbol * self.area if self.dims[symbol] != whole else symbol

    def carriers(self, density: CountLike) -> sp.Expr:
        """Amount of transporters [fmol] from a number per area, a number, an amount per area or an
        amount.
        """
        symbol = self.parameter(
            "density",
            density,
            (d.SURFACE_DENSITY, d.AMOUNT / d.AREA, d.AMOUNT, d.ONE),
            long_name=f"density of {self.name}",
        )
        dim = self.dims[symbol]
        made = symbol if dim in (d.AMOUNT, d.AMOUNT / d.AREA) else symbol / symbols.N_A
        return made * self.area if dim in (d.SURFACE_DENSITY, d.AMOUNT / d.AREA) else made

    def energy(self, who: Participant) -> sp.Expr:
        """μ° [J/mol] of a participant."""
        if who.is_state:
            here, name = (symbols.state_energy(pool) for pool in (f"@.{who.label}", who.pool))
            return self.local(here, name, d.MOLAR_ENERGY)
        made = None if who.species is None else who.species.declared_standard
        if made is None:
            return sp.S.Zero
        self._put(made)
        return self.local(made.symbol, made.symbol, d.MOLAR_ENERGY)

    @cached_property
    def standard(self) -> sp.Expr:
        """ΔG°/RT of the reaction, in c° and n°."""
        return standard_of(tuple((n, self.energy(who)) for who, n in self.reaction.net.items()))

    @cached_property
    def reduced_affinity(self) -> sp.Expr:
        """A/RT."""
        levels = []
        for who, n in self.reaction.net.items():
            volume = who.is_solvent
            levels.append(
                (n, self.level(who), self.molar_volume(who) if volume else who.unit_level, volume)
            )
        return drive_of(self.standard, self.reduced_work, tuple(levels))

    def molar_volume(self, who: Participant) -> sp.Symbol:
        """Of the solvent."""
        assert who.species is not None
        made = who.species.declared_molar_volume
        self._put(made)
        return self.local(made.symbol, made.symbol, d.MOLAR_VOLUME)
