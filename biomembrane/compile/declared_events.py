"""Events as users declare them, as those of a program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

import sympy as sp

from .. import dimension as d
from .. import errors, symbols, units
from ..assemble.model import Model
from ..assemble.state import StateVariable
from ..declare.checks.dimensions import check_dimension, dimension_of
from ..declare.event import Event as Declared
from ..declare.parameter import check_domain
from ..declare.readable_state import OwnState
from ..declare.site import GROUND
from ..declare.solute_names import dotted
from ..declare.user_expressions import expressed
from ..declare.user_functions import called
from ..dimension import Dimension
from .program import Event

_ADVICE = "s.quantity('5 mM') in place of Q(5, 'mM') in the formula"


class Moment:
    """The state of a model at one moment, as symbols that the functions of an event read.

    ``moment["cell.Na"]`` or ``["Na@cell"]``: concentration of a solute; ``["cell.volume"]``:
    volume; ``["membrane.potential"]``: V, inside less outside; ``["SGLT1.C1"]``: amount of a
    carrier state; ``["m"]`` or ``[gate]``: a state with an equation of its own; ``["blood.K"]``,
    ``["SGLT1.density"]``: a parameter, as it is then.
    """

    def __init__(self, model: Model, where: str) -> None:
        self._model, self._where = model, where
        self.dims: dict[sp.Symbol, Dimension] = dict(GROUND)
        self.numbers: dict[sp.Symbol, sp.Expr] = {}

    @property
    def t(self) -> sp.Symbol:
        """Time since the start."""
        return symbols.t

    def __getitem__(self, key: str | OwnState) -> sp.Symbol:
        """The symbol of a name; see the class.

        Raises:
            UnknownName: nothing in the model has the name.
        """
        name = key.name if isinstance(key, OwnState) else key
        every = self._names
        matches = [n for n in self._dotted(name) if n in every]
        if len(matches) != 1:
            errors.among(name, every, self._where, "a state or a parameter of the model")
            matches = [name]
        symbol, dim = every[matches[0]]
        self.dims[symbol] = dim
        return symbol

    def _dotted(self, name: Any) -> list[str]:
        return dotted(name, self._model.sides) if isinstance(name, str) else []

    @cached_property
    def _names(self) -> Mapping[str, tuple[sp.Symbol, Dimension]]:
        model = self._model
        names = {n: (p.symbol, p.dimension) for n, p in model.parameters.items()}
        for x in model.states:
            if x.concentration is not None:
                names[x.name] = x.concentration, d.CONCENTRATION
            elif x.dimension != d.CHARGE:
                names[x.name] = x.symbol, x.dimension
        for c in model.compartments:
            names[c.volume.name] = symbols.volume(c.name), d.VOLUME
        for m in filter(model.circuit.has_voltage, model.membranes):
            names[f"{m.name}.potential"] = symbols.potential(m.name), d.VOLTAGE
        return names

    def flux(self, process: str) -> sp.Symbol:
        """Flux of a process in its written direction.

        Raises:
            UnknownName: the model has no such process.
        """
        names = [p.name for p in self._model.processes]
        errors.among(process, names, f"{self._where}, s.flux(…)", "a process of the model")
        symbol = symbols.flux(process)
        self.dims[symbol] = d.FLUX
        return symbol

    def quantity(self, value: Any) -> sp.Expr:
        """A number with its unit, for use in the formula.

        Raises:
            BareNumber: a number without a unit.
            UnknownUnit: an unknown unit.
            NotFinite: NaN or infinity.
        """
        where = f"{self._where}, s.quantity(…)"
        given = units.as_quantity(value, where)
        dim = units.dimension_of(given)
        symbol = sp.Symbol(f"@q{len(self.numbers)}", real=True)
        self.dims[symbol] = dim
        self.numbers[symbol] = sp.Float(units.scalar(given, dim, where))
        return symbol

    def evaluated(self, function: Any, what: str) -> sp.Expr:
        """The expression that a function of the moment gives, before its numbers are put in."""
        where = f"{self._where}, {what}"
        try:
            return expressed(called(function, where, self), where)
        except TypeError as problem:
            if "Cannot convert from" not in str(problem) and "Quantity" not in str(problem):
                raise
            raise errors.WrongType(
                where=where, wanted="numbers with units as s.quantity(…)",
                got=f"a quantity in the formula: {problem}", advice=_ADVICE,
            ) from None  # fmt: skip


def events_of(model: Model, declared: Any) -> tuple[Event, ...]:
    """The events of a program, by declared event those of each time and direction; names of several
    are ``name_1``, ``name_2`` ….

    Raises WrongType, DuplicateName, UnknownName, the unit errors, DimensionError, ChargeImbalance,
    BadSettings.
    """
    example = "events=[Event(lambda s: s['cell.Na'] - s.quantity('20 mM'), end=True)]"
    if isinstance(declared, (Declared, str)) or not isinstance(declared, Iterable):
        raise errors.WrongType(
            where="simulate(events=…)", wanted="a list of events", got=errors.shown(declared),
            advice=example,
        )  # fmt: skip
    made: list[Event] = []
    for each in declared:
        if isinstance(each, Event):
            made.append(each)
            continue
        errors.expect(each, Declared, "simulate(events=…)", "events", example)
        made += _compiled(model, each)
    return tuple(made)


def _compiled(model: Model, event: Declared) -> Iterator[Event]:
    roots = list(_roots(model, event))
    sets = tuple(_sets(model, event))
    for k, root in enumerate(roots):
        name = event.name if len(roots) == 1 else f"{event.name}_{k + 1}"
        yield Event(name, root, sets, ends=event.end)


def _roots(model: Model, event: Declared) -> Iterator[sp.Expr]:
    """Functions that rise through zero where the event is."""
    where = f"Event {event.name!r}"
    if event.when is None:
        for time in event.times:
            yield symbols.t - sp.Float(time)
        return
    moment = Moment(model, where)
    root = moment.evaluated(event.when, "its function")
    if dimension_of(root, moment.dims, where) is None or not root.free_symbols - set(
        moment.numbers
    ):
        raise errors.BadSettings(
            where=where, wanted="a function that changes during a run", got=str(root),
            advice="lambda s: s['cell.Na'] - s.quantity('20 mM')",
        )  # fmt: skip
    root = root.xreplace(moment.numbers)
    if event.direction != "falling":
        yield root
    if event.direction != "rising":
        yield -root


def _sets(model: Model, event: Declared) -> Iterator[tuple[str, sp.Expr]]:
    """New values of states and parameters, by name, in the order in which they are given."""
    states = {x.name: x for x in model.states}
    values: dict[str, sp.Expr] = {}
    for word in ("set", "add"):
        charges: dict[str, float] = {}
        for key, value in getattr(event, word).items():
            where = f"Event {event.name!r}, {word}={{{key!r}: …}}"
            name = _meant(model, key, where)
            if word == "add" and (name not in states or not states[name].is_amount):
                raise errors.BadSettings(
                    where=where, wanted="a pool of a compartment", got=f"{name}, which is none",
                    advice=f"set={{{key!r}: …}}",
                )  # fmt: skip
            state = states.get(name)
            new = _value(model, name, state, value, where)
            if word == "add":
                assert state is not None
                _count_charge(model, state, new, charges)
                new = values.get(name, state.symbol) + new
            if name in values and word == "set":
                raise errors.DuplicateName(
                    where=where, wanted="each name once", got=f"{name} twice", advice="one of them"
                )
            values[name] = new
        _check_charges(event, charges)
    yield from values.items()


def _meant(model: Model, key: Any, where: str) -> str:
    """The state or the parameter of a name; the state where both have it."""
    known = dict.fromkeys(
        [*(x.name for x in model.states if x.dimension != d.CHARGE), *model.parameters]
    )
    names = dotted(key, model.sides) if isinstance(key, str) else []
    matches = [n for n in names if n in known]
    if len(matches) != 1:
        errors.among(key, known, where, "a state or a parameter of the model")
        return str(key)
    return matches[0]


def _value(model: Model, name: str, state: StateVariable | None, value: Any, where: str) -> sp.Expr:
    """A value in the internal system, of a state as the state itself is counted."""
    if state is None:
        p = model.parameter(name)
        expression, _ = _read(model, value, (p.dimension,), where)
        if expression.is_number:
            check_domain(float(expression), p.domain, where, errors.shown(value))
        return expression
    solute = state.concentration is not None
    dims = (d.CONCENTRATION, d.AMOUNT) if solute else (state.dimension,)
    expression, dim = _read(model, value, dims, where)
    if expression.is_number and state.positive:
        check_domain(float(expression), "nonnegative", where, errors.shown(value))
    return expression * symbols.volume(state.place) if dim == d.CONCENTRATION else expression


def _read(
    model: Model, value: Any, dims: tuple[Dimension, ...], where: str
) -> tuple[sp.Expr, Dimension]:
    """A quantity, or what a function of the moment gives, with its dimension."""
    if not callable(value):
        number = units.scalar(value, dims, where)
        dim = d.ONE if d.ONE in dims else units.dimension_of(units.as_quantity(value, where))
        return sp.Float(number), dim
    moment = Moment(model, where)
    expression = moment.evaluated(value, "its function")
    actual = dimension_of(expression, moment.dims, where)
    dim = actual if actual in dims and actual is not None else dims[0]
    check_dimension(expression, dim, moment.dims, where, "value")
    return expression.xreplace(moment.numbers), dim


def _count_charge(
    model: Model, state: StateVariable, dose: sp.Expr, charges: dict[str, float]
) -> None:
    """Add the charge of a dose to that of its place, at the declared volume."""
    species = model.species.get(state.label)
    if species is not None and species.charge and state.concentration is not None:
        volume = model.parameters[f"{state.place}.volume"].value
        one = dose.xreplace({symbols.volume(state.place): sp.Float(volume)})
        amount = float(one) if one.is_number else 0.0  # that of a function is known in the run
        charges[state.place] = charges.get(state.place, 0.0) + float(species.charge) * amount
        charges[f"{state.place} in all"] = charges.get(f"{state.place} in all", 0.0) + abs(amount)


def _check_charges(event: Declared, charges: Mapping[str, float]) -> None:
    for place, charge in charges.items():
        total = charges.get(f"{place} in all", 0.0)
        if total and abs(charge) > 1e-9 * total:
            raise errors.ChargeImbalance(
                where=f"Event {event.name!r}, add=… to {place}",
                wanted="ions whose charges cancel",
                got=f"{charge:+.4g} charges in {total:.4g} ions",
                advice="add as much of a counter-ion, such as Cl with Na",
            )
