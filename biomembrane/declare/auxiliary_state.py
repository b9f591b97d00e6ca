"""States with their own equation, such as gates: pure numbers that laws may read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from .. import dimension as d
from .. import errors
from .bound_expression import BoundExpression, free
from .checks.dimensions import check_dimension
from .checks.signs import check_sign
from .parameter import Declared, check_name
from .places import Compartment, Membrane
from .reaction import Reaction
from .readable_state import OwnState
from .site import Site
from .user_expressions import evaluated
from .user_functions import called


@dataclass(frozen=True, eq=False)
class Auxiliary(OwnState):
    """A pure number x with dx/dt = rate(site, x) [1/s], outside the energy ledger.

    A law reads it as ``site[state]``; a model contains every state that its laws read.

    Args:
        name: x(0) is the parameter ``name.start``, parameters of the rate are ``name.key``.
        on: the membrane whose V and solutes the rate may read, or a compartment.
        rate: a function of the site and of x; it may read other states.
        start: x(0).
        domain: ``fraction`` (0 to 1), ``nonnegative`` or ``real``; the rate may not lead out of it.

    Raises DimensionError, NegativeRate, OutOfDomain, WrongType, UnknownName and the unit errors.
    """

    name: str
    on: Membrane | Compartment
    rate: Callable[[Site, sp.Symbol], sp.Expr]
    start: Any
    domain: str = field(default="fraction", kw_only=True)
    formula: BoundExpression = field(init=False, repr=False)
    parameters: dict[str, Declared] = field(init=False, repr=False)
    own_states: tuple[OwnState, ...] = field(init=False, repr=False)
    _loose = ("rate",)

    def __post_init__(self) -> None:
        check_name(self.name, "Auxiliary, name")
        domain, long_name = self.domain, f"{self.name} at the start"
        site = Site(self.name, Reaction((), ()), self.on)
        site.parameter("start", self.start, d.ONE, domain=domain, long_name=long_name)
        x = site.own(self)
        rate = evaluated(lambda s: called(self.rate, f"{self.name}, rate", s, x), site, "rate")
        (rate,) = site.settled(rate)
        check_dimension(rate, d.RATE, site.dims, self.name, "rate")
        if domain != "real":
            self._check_inward(rate.xreplace({x: sp.S.Zero}), site, "rate at 0")
        if domain == "fraction":
            self._check_inward(-rate.xreplace({x: sp.S.One}), site, "-rate at 1")
        set_field: Any = object.__setattr__
        set_field(self, "formula", BoundExpression(rate, site.names))
        set_field(self, "parameters", dict(site.parameters))
        set_field(self, "own_states", tuple(y for y in site.own_states if y is not self))

    def _check_inward(self, rate: sp.Expr, site: Site, what: str) -> None:
        """Raise ``NegativeRate`` where the rate leads out of the domain.

        What cannot be decided is left to the run, which stops where a state falls below 0.
        """
        values = {p.used.name: p.value for p in site.parameters.values()}
        with suppress(errors.SecondLawUndecided):
            try:
                check_sign(rate, values, self.name, what)
            except errors.NegativeRate as wrong:
                wanted = f"a rate that keeps {self.name} in its domain, {self.domain}"
                advice = "opening·(1 − x) − closing·x, or domain='real' for what has no bounds"
                raise errors.NegativeRate(
                    where=wrong.where, wanted=wanted, got=wrong.got, advice=advice,
                    process=self.name
                ) from None  # fmt: skip

    def _content(self) -> tuple[Any, ...]:
        formula = self.formula.local, dict(self.formula.names)
        return self.on, self.domain, formula, self.parameters, self.own_states

    @property
    def declared_start(self) -> Declared:
        """The parameter that says x(0)."""
        return self.parameters[f"{self.name}.start"]

    @property
    def value(self) -> float:
        return self.declared_start.value

    @property
    def transporter(self) -> str:
        """Its owner in the words of errors."""
        return self.name

    def reads(self, symbol: sp.Symbol) -> bool:
        """Whether its rate depends on a symbol of the model."""
        names = self.formula.names
        return any(names.get(local) == symbol for local in free(self.formula.local))


def auxiliaries(read: Iterable[Any], model: str, places: Collection[Any]) -> tuple[Auxiliary, ...]:
    """The states that laws read, and those that their rates read in turn.

    Raises DuplicateName, BadPlace.
    """
    states: dict[str, Auxiliary] = {}
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
