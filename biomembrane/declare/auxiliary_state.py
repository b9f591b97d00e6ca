"""States with an equation of their own, outside the energy ledger: a signal, a second messenger,
the slow gate of a receptor; gates of channels are the special case of :mod:`.gate`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sympy as sp

from .. import dimension as d
from .. import errors, symbols, units
from ..dimension import Dimension
from ..html import collapsible, join, table
from ..latex import tex
from .bound_expression import BoundExpression, free
from .checks.dimensions import check_dimension
from .checks.signs import check_sign
from .checks.witness import CONSTANTS, abbreviated
from .parameter import Declared, Parameter, check_domain, check_name
from .parameter import table as parameter_rows
from .places import Compartment, Membrane, contents
from .reaction import Reaction, solutes_at
from .readable_state import OwnState
from .readings import Reading
from .site import Site
from .user_expressions import evaluated
from .user_functions import called

if TYPE_CHECKING:
    from ..quantity_types import Number, QuantityLike
    from .parameter_types import ParameterLike


class StateEquation(OwnState):
    """What a gate and another state with an equation of its own have in common.

    Attributes:
        on: the membrane or the compartment whose site the equation reads.
        equation: dx/dt as it was given.
        formula: dx/dt in its own unit per second.
        steady_state: x at rest where that is known as a formula.
        parameters: by dotted name.
        own_states, readings: what else of the model the equation reads.
        size: a typical size, in its own unit.
    """

    on: Membrane | Compartment
    equation: BoundExpression
    formula: BoundExpression
    steady_state: BoundExpression | None = None
    parameters: dict[str, Declared]
    own_states: tuple[OwnState, ...]
    readings: tuple[Reading, ...]
    size: float = 1.0

    @property
    def declared_start(self) -> Declared | None:
        """The parameter that says x(0); without one it is the steady state then."""
        return self.parameters.get(f"{self.name}.start")

    @property
    def value(self) -> float:
        start = self.declared_start
        assert start is not None
        return start.value / float(self.size_of_unit)

    @property
    def transporter(self) -> str:
        """Its owner in the words of errors."""
        return self.name

    def reads(self, symbol: sp.Symbol) -> bool:
        """Whether its rate depends on a symbol of the model."""
        names = self.formula.names
        return any(names.get(local) == symbol for local in free(self.formula.local))

    def _content(self) -> tuple[Any, ...]:
        formulas = [
            (f.local, dict(f.names)) for f in (self.formula, self.steady_state) if f is not None
        ]
        return self.on, self.domain, self.unit, formulas, self.parameters, self.own_states

    def _site(self) -> Site:
        check_name(self.name, f"{type(self).__name__}, name")
        errors.expect(
            self.on, (Membrane, Compartment), f"{self.name}, on=…", "a membrane or a compartment",
            f"{type(self).__name__}({self.name!r}, on=membrane, …)",
        )  # fmt: skip
        return Site(self.name, Reaction((), ()), self.on, owner=self.called)

    def _keep(self, rate: sp.Expr, site: Site) -> None:
        """Set the fields that follow from dx/dt in the internal system."""
        set_field: Any = object.__setattr__
        set_field(self, "equation", BoundExpression(rate, site.names))
        set_field(self, "formula", BoundExpression(rate / self.size_of_unit, site.names))
        set_field(self, "parameters", dict(site.parameters))
        set_field(self, "own_states", tuple(y for y in site.own_states if y is not self))
        set_field(self, "readings", tuple(site.readings))

    @property
    def called(self) -> str:
        """What it is, with its name, in words."""
        return f"the state {self.name!r}"

    def _repr_html_(self) -> str:
        numbers = parameter_rows(self.parameters)
        rows = [
            ("equation", f"d{self.name}/dt = {abbreviated(self.equation.shown)}"),
            ("starts", self.begins),
        ]
        body = join(table(rows, ("", "")), table(numbers, ("name", "value", "source")))
        return collapsible(f"{self.name} on {self.on.name}", body, open=True)

    def _repr_latex_(self) -> str:
        left = rf"\frac{{\mathrm{{d}} {tex(self.symbol)}}}{{\mathrm{{d}}t}}"
        return rf"$\displaystyle {left} = {tex(self.equation.shown, self.name)}$"

    @property
    def begins(self) -> str:
        """How it starts, in words."""
        start = self.declared_start
        if start is None:
            return "at its steady value for the potential and the contents at the start"
        return f"at {errors.shown(start.quantity)}"


@errors.keywords
@dataclass(frozen=True, eq=False)
class AuxiliaryState(StateEquation):
    """A quantity x with dx/dt = rate(site, x), such as a signal, outside the energy ledger.

    A law reads it as ``site[state]``; a model contains every state that its laws read.  It does no
    work, counts in no osmolarity and no charge.  What should be in the books is a solute, or a
    state of a :class:`~biomembrane.Cycle`.

    Args:
        name: x(0) is the parameter ``name.start``, parameters of the rate are ``name.key``.
        on: the membrane whose V and solutes the rate may read, or a compartment.
        rate: a function of the site and of x, in the unit of x per time; it may read other states.
        start: x(0); its unit is that of x in results.
        domain: ``nonnegative``, ``fraction`` (0 to 1) or ``real``; the rate may not lead out of it.
        scale: a typical size, from which the absolute tolerance follows; default x(0), or 1 for a
            pure number.

    Raises:
        BadName: a name that dotted names cannot hold.
        WrongType: ``on`` is no place, or ``rate`` no function of the site and of x.
        BadSettings: a domain that there is not, or no scale where x starts at 0 in a unit.
        BareNumber: a start or a scale without a unit.
        UnitMismatch: a scale in a unit of another dimension.
        OutOfDomain: a start outside the domain, or a scale that is not above zero.
        DimensionError: a rate in another dimension than that of x per time.
        NegativeRate: a rate that leads out of the domain.
        UnknownName: a rate that reads what is not there.
    """

    name: str
    on: Membrane | Compartment
    rate: Callable[[Site, sp.Symbol], sp.Expr]
    start: ParameterLike | Number
    domain: str = field(default="nonnegative", kw_only=True)
    scale: QuantityLike | Number | None = field(default=None, kw_only=True)
    equation: BoundExpression = field(init=False, repr=False)
    formula: BoundExpression = field(init=False, repr=False)
    parameters: dict[str, Declared] = field(init=False, repr=False)
    own_states: tuple[OwnState, ...] = field(init=False, repr=False)
    readings: tuple[Reading, ...] = field(init=False, repr=False)
    dimension: Dimension = field(init=False, repr=False)
    unit: str = field(init=False, repr=False)
    size: float = field(init=False, repr=False)
    _loose = ("rate",)

    def __post_init__(self) -> None:
        set_field: Any = object.__setattr__
        site = self._site()
        given = self.start.quantity if isinstance(self.start, Parameter) else self.start
        quantity = units.as_quantity(given, f"{self.name}.start")
        set_field(self, "dimension", units.dimension_of(quantity))
        set_field(self, "unit", units.unit_of(quantity))
        if self.domain == "fraction" and self.dimension:
            raise errors.BadSettings(
                where=f"{self.name}, domain=…",
                wanted="nonnegative | real, for what has a unit",
                got="'fraction'",
                advice="domain='nonnegative'",
            )
        long_name = f"{self.name} at the start"
        site.parameter("start", self.start, self.dimension, domain=self.domain, long_name=long_name)
        set_field(self, "size", self._size())
        x = site.own(self)
        rate = evaluated(lambda s: called(self.rate, f"{self.name}, rate", s, x), site, "rate")
        (rate,) = site.settled(rate)
        check_dimension(rate, self.dimension * d.RATE, site.dims, self.name, "rate")
        values = values_of(site)
        if self.domain != "real":
            check_within(rate.xreplace({x: sp.S.Zero}), values, self, "rate at 0", _KEPT)
        if self.domain == "fraction":
            check_within(-rate.xreplace({x: sp.S.One}), values, self, "-rate at 1", _KEPT)
        self._keep(rate, site)

    def _size(self) -> float:
        """The typical size, in its own unit."""
        where, unit = f"{self.name}, scale=…", float(self.size_of_unit)
        start = self.declared_value(where) / unit
        if self.scale is None:
            if self.dimension and not start:
                raise errors.BadSettings(
                    where=where,
                    wanted="a typical size of a state that starts at 0, for its tolerance",
                    got="none",
                    advice=f"scale=Q(1, {self.unit!r})",
                )
            return abs(start) if self.dimension else 1.0
        scale = units.scalar(self.scale, self.dimension, where)
        check_domain(scale, "positive", where, errors.shown(self.scale))
        return scale / unit

    def declared_value(self, where: str) -> float:
        """x(0) as declared, in the internal system."""
        given = self.start.quantity if isinstance(self.start, Parameter) else self.start
        return units.scalar(given, self.dimension, where)

    def __repr__(self) -> str:
        return f"<{self.name} on {self.on.name}: own equation; starts {self.begins}>"


_KEPT = "opening·(1 − x) − closing·x, or domain='real' for what has no bounds"


def values_of(site: Site) -> dict[str, float]:
    """Numbers of the parameters and the units that a site has met, by name of their symbols."""
    values = {p.used.name: p.value for p in site.parameters.values()}
    local = {s.name: values.get(str(e), e) for s, e in site.names.items()}
    return values | {
        name: float(e) for name, e in local.items() if isinstance(e, (float, sp.Float))
    }


def usual_numbers(state: StateEquation) -> dict[sp.Symbol, float]:
    """Numbers for what an equation may read, where there is no model: 0 V, contents and parameters
    as declared, other states at their start.
    """
    at = {p.used: p.value for p in state.parameters.values()}
    at |= {y.symbol: y.value for y in state.own_states}
    at |= {r.symbol: r.usual for r in state.readings}
    for solute in solutes_at(state.on).values():
        assert solute.place is not None
        assert solute.species is not None
        declared = contents(solute.place)[solute.species]
        at[symbols.concentration(solute.pool)] = declared.value
    for place in (getattr(state.on, side, state.on) for side in ("inside", "outside")):
        if isinstance(place, Compartment):
            at[symbols.volume(place.name)] = place.volume.value
    at[symbols.potential(state.on.name)] = 0.0
    return at | {s: number for s, number in CONSTANTS.items() if s not in at}


def check_within(
    rate: sp.Expr, values: dict[str, float], state: StateEquation, what: str, advice: str,
    wanted: str = "",
) -> None:  # fmt: skip
    """Raise ``NegativeRate`` where an expression that must not be is negative.

    What cannot be decided is left to the run, which stops where a state falls below 0.
    """
    with suppress(errors.SecondLawUndecided):
        try:
            check_sign(rate, values, state.name, what)
        except errors.NegativeRate as wrong:
            raise errors.NegativeRate(
                where=wrong.where,
                wanted=wanted or f"a rate that keeps {state.name} in its domain, {state.domain}",
                got=wrong.got,
                advice=advice,
                process=state.name,
            ) from None


def auxiliaries(
    read: Iterable[Any], model: str, places: Collection[Any]
) -> tuple[StateEquation, ...]:
    """The states that laws read, and those that their rates read in turn.

    Raises DuplicateName, BadPlace.
    """
    states: dict[str, StateEquation] = {}
    pending = list(read)
    for x in pending:
        where = f"Model({model!r}), {x.name}"
        if states.setdefault(x.name, x) != x:
            raise errors.DuplicateName(
                where=where,
                wanted="one state of each name",
                got=f"two named {x.name!r}",
                advice="use the same object in all laws, or give one of the two another name",
            )
        if x.on not in places:
            raise errors.BadPlace(
                where=where,
                wanted="a membrane or a compartment of the model",
                got=x.on.name,
                advice=f"{x.name} on the membrane of the channel that reads it",
            )
        pending += [y for y in x.own_states if y.name not in states]
    return tuple(states.values())
