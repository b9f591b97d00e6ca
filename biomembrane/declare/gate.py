"""Gates of channels: the fraction that is open, with rates of opening and closing (Hodgkin & Huxley
1952).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import sympy as sp

from .. import dimension as d
from .. import errors
from .auxiliary_state import StateEquation, check_within, usual_numbers, values_of
from .bound_expression import BoundExpression
from .checks.dimensions import check_dimension
from .parameter import Declared
from .places import Compartment, Membrane
from .readable_state import OwnState
from .readings import Reading
from .site import Site
from .user_expressions import evaluated

if TYPE_CHECKING:
    from ..quantity_types import Number
    from .parameter_types import ParameterLike

GateFunction: TypeAlias = "Callable[[Site], sp.Expr] | ParameterLike"  # of the site, or a constant


@errors.keywords
@dataclass(frozen=True, eq=False)
class Gate(StateEquation):
    """The fraction x of a channel's gates that are open, from 0 to 1, which laws read as
    ``site[gate]`` and results show as ``open_fraction``.

        dx/dt = opening·(1 − x) − closing·x,   or   dx/dt = (steady − x)/time_constant

    It multiplies a conductance, so it does no work and has no share in the free energy: it is
    outside the ledger, and ledgers and reports say so.  A gate whose charge is to be in the books
    is a :class:`~biomembrane.Cycle` of states with a ``charge``, whose open fraction a law reads as
    ``site["Kv.O"]``.

    Args:
        name: parameters are ``name.opening`` and so on, where they are given as quantities.
        on: the membrane whose V and solutes its rates may read, or a compartment.
        opening, closing: rates as functions of the site, in 1/time, or quantities.
        steady, time_constant: instead of these, the open fraction at rest, a pure number from 0 to
            1, and the time constant; functions of the site or quantities.
        start: x(0), the parameter ``name.start``.  Default: its steady value for the potential and
            the contents at the start, which then follows these in scans too.

    Raises:
        BadName: a name that dotted names cannot hold.
        WrongType: ``on`` is no place, neither pair or parts of both are given, or a function gives
            no expression.
        BareNumber: a rate or a time constant without a unit.
        UnitMismatch: a rate or a time constant in a unit of another dimension.
        OutOfDomain: a start or a steady value outside 0 to 1.
        DimensionError: a function in another dimension.
        NegativeRate: a rate that can be negative, or a steady value that leaves 0 to 1.
        UnknownName: a function that reads what is not there.
    """

    name: str
    on: Membrane | Compartment
    opening: GateFunction | None = field(default=None, kw_only=True)
    closing: GateFunction | None = field(default=None, kw_only=True)
    steady: GateFunction | Number | None = field(default=None, kw_only=True)
    time_constant: GateFunction | None = field(default=None, kw_only=True)
    start: ParameterLike | Number | None = field(default=None, kw_only=True)
    equation: BoundExpression = field(init=False, repr=False)
    formula: BoundExpression = field(init=False, repr=False)
    steady_state: BoundExpression = field(init=False, repr=False)
    parameters: dict[str, Declared] = field(init=False, repr=False)
    own_states: tuple[OwnState, ...] = field(init=False, repr=False)
    readings: tuple[Reading, ...] = field(init=False, repr=False)
    domain = "fraction"
    _loose = ("opening", "closing", "steady", "time_constant")

    def __post_init__(self) -> None:
        site = self._site()
        if self.start is not None:
            long_name = f"{self.name} at the start"
            site.parameter("start", self.start, d.ONE, domain="fraction", long_name=long_name)
        given = tuple(key for key in _KEYS if getattr(self, key) is not None)
        if given not in (_KEYS[:2], _KEYS[2:]):
            raise errors.WrongType(
                where=f"Gate({self.name!r})",
                wanted="opening= and closing=, or steady= and time_constant=",
                got=" and ".join(f"{key}=" for key in given) or "none of them",
                advice="opening=lambda site: …, closing=lambda site: …, both in 1/time",
            )
        x = site.own(self)
        terms = [self._term(key, site) for key in given]
        settled = site.settled(*terms)
        for key, term in zip(given, settled, strict=True):
            self._check(key, term, site)
        first, second = settled
        if given == _KEYS[:2]:
            rate, steady = first * (1 - x) - second * x, first / (first + second)
        else:
            rate, steady = (first - x) / second, first
        self._keep(rate, site)
        object.__setattr__(self, "steady_state", BoundExpression(steady, site.names))

    def _term(self, key: str, site: Site) -> sp.Expr:
        """A rate, the steady value or the time constant as an expression."""
        given: Any = getattr(self, key)
        if callable(given):
            return evaluated(given, site, key)
        dim, domain, words = _KINDS[key]
        long_name = f"{words} of {self.name}"
        return site.parameter(key, given, dim, domain=domain, long_name=long_name)

    def _check(self, key: str, term: sp.Expr, site: Site) -> None:
        """Raise what is wrong with the dimension or the sign of a term."""
        dim, domain, words = _KINDS[key]
        check_dimension(term, dim, site.dims, self.name, key)
        values = values_of(site)
        kept = f"a {words} that is never negative"
        if domain == "fraction":
            kept = "a steady value from 0 to 1"
            check_within(1 - term, values, self, f"1 - {key}", "1/(1 + sympy.exp(-x))", kept)
        advice = "check the sign of its terms; x/(e^x - 1) is biomembrane.symbols.B(x)"
        check_within(term, values, self, key, advice, kept)

    @property
    def value(self) -> float:
        """x(0) as declared; without a start its steady value at 0 V and the declared contents."""
        if self.declared_start is not None:
            return super().value
        at = usual_numbers(self)
        number = self.steady_state.expression.subs(at).evalf()
        return float(number) if number.is_real else 0.5

    @property
    def called(self) -> str:
        """What it is, with its name, in words."""
        return f"the gate {self.name!r}"

    def __repr__(self) -> str:
        return f"<Gate {self.name} on {self.on.name}: starts {self.begins}>"


_KINDS = {
    "opening": (d.RATE, "nonnegative", "rate of opening"),
    "closing": (d.RATE, "nonnegative", "rate of closing"),
    "steady": (d.ONE, "fraction", "steady value"),
    "time_constant": (d.TIME, "positive", "time constant"),
}
_KEYS = tuple(_KINDS)
