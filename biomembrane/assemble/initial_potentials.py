"""φ of the places at the start, from the potentials of membranes that are given; what is not given
is 0 V.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn, Protocol

import sympy as sp

from .. import dimension as d
from .. import errors, symbols
from ..declare.parameter import Declared, check_usual, declare
from ..declare.places import Compartment, Membrane
from .stoichiometry import Circuit

CLOSE = 1e-9  # V: a potential that the others imply may be given, if it agrees this well

Weights = dict[Membrane, int]  # φ as a signed sum of the potentials of membranes


class Levels:
    """Places in clusters within which φ is known: of each place the cluster and its φ there.

    What has φ = 0 at all times is one cluster.
    """

    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit
        self.cluster: dict[str, str] = {
            n: n if n in set(circuit.nodes) else "" for n in circuit.phi
        }
        self.phi: dict[str, Weights] = {n: {} for n in circuit.phi}

    def across(self, m: Membrane) -> Weights | None:
        """V of a membrane, if it is known."""
        a, b = m.inside.name, m.outside.name
        return _sum(self.phi[a], self.phi[b], -1) if self.cluster[a] == self.cluster[b] else None

    def join(self, m: Membrane, V: Weights) -> None:
        """Make V of a membrane between two clusters known; the cluster of what never changes stays
        as it is.
        """
        a, b = m.inside.name, m.outside.name
        shift = _sum(_sum(self.phi[b], V, 1), self.phi[a], -1)  # of the cluster of a
        moved, kept, sign = (a, b, 1) if self.cluster[a] else (b, a, -1)
        old, new = self.cluster[moved], self.cluster[kept]
        for place, cluster in self.cluster.items():
            if cluster == old:
                self.phi[place] = _sum(self.phi[place], shift, sign)
                self.cluster[place] = new


def _sum(first: Weights, second: Weights, sign: int) -> Weights:
    made = {m: first.get(m, 0) + sign * second.get(m, 0) for m in {**first, **second}}
    return {m: n for m, n in made.items() if n}


def starting(
    membranes: Sequence[Membrane], circuit: Circuit, given: Mapping[Membrane, Any]
) -> tuple[list[Declared], dict[str, sp.Expr]]:
    """The potentials given, declared, and φ(0) of every place as an expression of them.

    A membrane with a capacitance that is not given starts at 0 V, unless the potentials that are
    given say what it has; V of a membrane without one follows.  Raises BadPlace where potentials
    contradict each other or where those not given cannot all be 0 V, NoVoltage.
    """
    declared = {
        m: declare(
            f"{m.name}.potential",
            v,
            d.VOLTAGE,
            domain="real",
            long_name=f"potential of {m.name} at the start",
            owner=f"the membrane {m.name!r}",
        )
        for m, v in given.items()
    }
    at, chosen = Levels(circuit), []
    for p in declared.values():
        check_usual(p, p.value, p.name)
    for m, V in declared.items():
        if not circuit.has_voltage(m):
            raise _no_voltage(
                f"Model, potential={{{m.name}: …}}",
                m,
                "leave it out, or give the membrane between them a capacitance",
            )
        implied = at.across(m)
        if implied is None:
            at.join(m, {m: 1})
            chosen.append(V)
        else:
            _check_implied(m, V.value, sum(n * declared[k].value for k, n in implied.items()))
    _uncharged(
        [
            m
            for m in membranes
            if m.capacitance is not None and circuit.has_voltage(m) and m not in declared
        ],
        at,
    )
    starts = {
        place: sp.Add(*(n * declared[m].symbol for m, n in weights.items()))
        for place, weights in at.phi.items()
    }
    return chosen, starts


def _check_implied(m: Membrane, value: float, implied: float) -> None:
    if abs(implied - value) > CLOSE:
        due, got = errors.apart(implied * 1e3, value * 1e3, digits=6)
        raise errors.BadPlace(
            where=f"Model, potential={{{m.name}: …}}",
            wanted=f"{due} mV, which the other potentials imply",
            got=f"{got} mV",
            advice="give the potential of one membrane for each floating place",
        )


def _uncharged(left: Sequence[Membrane], at: Levels) -> None:
    """Put the membranes that nothing is said of at 0 V.

    Where they cannot all be, which one is, is the user's to say.
    """
    asked = [m for m in left if at.across(m) is None]
    for m in asked:
        V = at.across(m)
        if V is None:
            at.join(m, {})
        elif V:
            _undecided(asked, V)


def _undecided(asked: Sequence[Membrane], implied: Weights) -> NoReturn:
    names = sorted(m.name for m in asked)
    raise errors.BadPlace(
        where="Model, potential={…}",
        wanted="the potentials at the start of as many membranes as leave no doubt",
        got=(
            f"{', '.join(sorted(m.name for m in implied))} given, so that {' and '.join(names)}"
            " cannot all be 0 V"
        ),
        advice=f"potential={{…, {names[0]}: Q(0, 'mV')}}",
    )


class Reading(Protocol):
    """What has a formula at a place: a process, by its law, or a state, by its rate."""

    @property
    def name(self) -> str: ...
    @property
    def transporter(self) -> str: ...
    @property
    def on(self) -> Membrane | Compartment: ...
    def reads(self, symbol: sp.Symbol) -> bool: ...


def check_read(circuit: Circuit, processes: Iterable[Reading]) -> None:
    """Raise ``NoVoltage`` where a law reads V of a membrane that has none."""
    for p in processes:
        if (
            isinstance(p.on, Membrane)
            and not circuit.has_voltage(p.on)
            and p.reads(symbols.potential(p.on.name))
        ):
            advice = (
                f"let the law of {p.transporter} not read V, or give the membrane between them a"
                " capacitance"
            )
            raise _no_voltage(f"Model, {p.name}, which reads V of {p.on.name}", p.on, advice)


def _no_voltage(where: str, m: Membrane, advice: str) -> errors.BiomembraneError:
    return errors.NoVoltage(
        where=where, wanted="two sides that capacitors join, or that are both grounded",
        got=f"{m.inside.name} and {m.outside.name}, between which no charge sets a potential",
        advice=advice, membrane=m.name,
    )  # fmt: skip
