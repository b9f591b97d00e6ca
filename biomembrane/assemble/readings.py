"""What laws read by name from elsewhere in the model: checked, and with the equations that only it
needs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

import sympy as sp

from .. import errors, symbols
from ..declare import readings
from ..declare.bound_expression import BoundExpression
from ..declare.cycle import Cycle
from ..declare.readings import Reading
from ..declare.transporter import Process
from . import free_energy
from .impermeants import Impermeant
from .system import System


def checked(system: System, impermeants: Sequence[Impermeant]) -> tuple[Reading, ...]:
    """Everything that laws and states read by name, each once.

    Raises UnknownName for what the model does not have, NoVoltage for V of a membrane without one.
    """
    known = _known(system, impermeants)
    found: dict[Reading, None] = {}
    readers = [(p.name, p.readings) for p in system.processes]
    readers += [(x.name, x.readings) for x in system.auxiliaries]
    for reader, read in readers:
        for reading in read:
            what, names = known[type(reading)]
            if not names:
                raise _none(system, reader, reading, what)
            errors.among(
                reading.name, names, f"Model({system.name!r}), {reader}", f"{what} of the model"
            )
            found[reading] = None
    return tuple(found)


def _none(
    system: System, reader: str, reading: Reading, what: str
) -> errors.UnknownName:  # fmt: skip
    """The error where a model has nothing of the kind."""
    owner = reading.name.rpartition(".")[0] or reading.name
    wanted = f"the Cycle {owner!r}" if isinstance(reading, readings.Occupancy) else f"{owner!r}"
    return errors.UnknownName(
        where=f"Model({system.name!r}), {reader}",
        wanted=f"{what} of the model",
        got=f"{reading.name!r}, and the model has none",
        advice=f"add {wanted} to the model",
    )


def _known(
    system: System, impermeants: Sequence[Impermeant]
) -> Mapping[type[Reading], tuple[str, Collection[str]]]:
    """By kind of reading, what it is and the names that there are."""
    voltages = [m.name for m in system.membranes if system.circuit.has_voltage(m)]
    states = [s.pool for t in system.transporters for s in t.states]
    return {
        readings.Concentration: (
            "a solute or an impermeant", [*system.concentrations, *(x.pool for x in impermeants)]
        ),
        readings.Volume: ("a compartment", [c.name for c in system.compartments]),
        readings.Potential: ("a membrane with a potential", voltages),
        readings.Flux: (  # that of an equilibrium follows from all others
            "a process that is not at equilibrium at all times",
            [p.name for p in system.processes if not p.slaved],
        ),
        readings.Occupancy: ("a state of a cycle", states),
    }  # fmt: skip


def definitions(
    system: System, read: Iterable[Reading], impermeants: Sequence[Impermeant]
) -> Iterator[tuple[sp.Symbol, BoundExpression]]:
    """Shares of carriers and concentrations of impermeants, where a law reads them."""
    amounts = {x.pool: x for x in impermeants}
    totals = {
        s.pool: t.total for t in system.transporters if isinstance(t, Cycle) for s in t.states
    }
    for reading in read:
        if isinstance(reading, readings.Occupancy):
            total = totals[reading.name]
            names = {**total.names, _AMOUNT: symbols.amount(reading.name)}
            yield reading.symbol, BoundExpression(_share(total.local), names)
        elif isinstance(reading, readings.Concentration) and reading.name in amounts:
            x = amounts[reading.name]
            names = {_AMOUNT: x.symbol, _VOLUME: symbols.volume(x.place.name)}
            declared = () if x.species is None else x.species.declared_osmotic
            level = free_energy.activity(_AMOUNT / _VOLUME, tuple(q.symbol for q in declared))
            yield reading.symbol, BoundExpression(level, names)


_AMOUNT, _VOLUME = sp.Symbol("@amount", positive=True), sp.Symbol("@volume", positive=True)


@lru_cache(maxsize=64)
def _share(total: sp.Expr) -> sp.Expr:
    return _AMOUNT / total


def in_order(processes: Sequence[Process]) -> list[Process]:
    """The processes, each after those whose flux it reads; otherwise as they come.

    Raises CircularReading.
    """
    if not any(isinstance(r, readings.Flux) for p in processes for r in p.readings):
        return list(processes)
    by_name = {p.name: p for p in processes}
    needs = {
        p.name: [r.name for r in p.readings if isinstance(r, readings.Flux)] for p in processes
    }
    placed: dict[str, None] = {}
    for p in processes:
        _place(p.name, needs, placed, ())
    return [by_name[name] for name in placed]


def _place(
    name: str, needs: Mapping[str, list[str]], placed: dict[str, None], above: tuple[str, ...]
) -> None:
    if name in above:
        circle = above[above.index(name) :]
        raise errors.CircularReading(
            where=f"the law of {name}",
            wanted="fluxes that can be computed one after the other",
            got=" reads ".join((*circle, name)),
            advice="let one of them read what the flux follows from: concentrations and V",
            readers=circle,
        )
    if name not in placed:
        for other in needs[name]:
            _place(other, needs, placed, (*above, name))
        placed[name] = None
