"""φ of the places at the start, from the potentials that are given for membranes; those not given
are 0 V.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NoReturn, Protocol

import sympy as sp

from .. import dimension as d
from .. import errors, symbols
from ..declare.electrode import Electrode
from ..declare.parameter import Declared, declare
from ..declare.parameter_checks import check_usual
from ..declare.places import Compartment, Membrane
from .stoichiometry import Circuit

CLOSE = 1e-9  # V: a potential that the others imply may be given, if it agrees this well

Weights = dict[Membrane, int]  # φ as a signed sum of the potentials of membranes


class PotentialClusters:
    """Clusters of places whose potential differences are known: of each place its cluster, and its
    φ relative to that.

    Places with φ = 0 at all times are one cluster.
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
        """Join two clusters by setting V of a membrane between them; the cluster with φ = 0 stays
        as it is.
        """
        a, b = m.inside.name, m.outside.name
        shift = _sum(_sum(self.phi[b], V, 1), self.phi[a], -1)  # of the cluster of a
        shifted, fixed, sign = (a, b, 1) if self.cluster[a] else (b, a, -1)
        old, new = self.cluster[shifted], self.cluster[fixed]
        for place, cluster in self.cluster.items():
            if cluster == old:
                self.phi[place] = _sum(self.phi[place], shift, sign)
                self.cluster[place] = new


def _sum(first: Weights, second: Weights, sign: int) -> Weights:
    total = {m: first.get(m, 0) + sign * second.get(m, 0) for m in {**first, **second}}
    return {m: n for m, n in total.items() if n}


def starting(
    membranes: Sequence[Membrane],
    circuit: Circuit,
    given: Mapping[Membrane, Any],
    electrodes: Iterable[Electrode] = (),
) -> tuple[list[Declared], dict[str, sp.Expr]]:
    """Declared parameters of the potentials that are given, and φ(0) of every place as an
    expression of them.

    A membrane with a capacitance whose potential is not given starts at 0 V, unless the given
    potentials imply another; V of a membrane without a capacitance follows, and one on which a
    voltage clamp is starts at its command.  That of an electroneutral one is where the search for
    it begins.  Raises BadPlace where potentials contradict each other or the command, or where
    those not given cannot all be 0 V, NoVoltage.
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
    clusters, independent = PotentialClusters(circuit), []
    for p in declared.values():
        check_usual(p, p.value, p.name)
    for m, V in declared.items():
        if not circuit.has_voltage(m):
            raise _no_voltage(
                f"Model, potential={{{m.name}: …}}",
                m,
                "leave it out, or give the membrane between them a capacitance",
            )
        implied = clusters.across(m)
        if implied is None:
            clusters.join(m, {m: 1})
            independent.append(V)
        else:
            _check_implied(m, V.value, sum(n * declared[k].value for k, n in implied.items()))
    for clamp in (e for e in electrodes if e.is_clamp):
        _start_clamped(clamp, declared, clusters, independent)
    capacitors = [m for m in membranes if m.has_potential and circuit.has_voltage(m)]
    clamped = {e.on for e in electrodes if e.is_clamp} - {*given}
    _set_others_to_zero([m for m in capacitors if m not in declared], clusters, clamped)
    starts = {
        place: sp.Add(*(n * declared[m].symbol for m, n in weights.items()))
        for place, weights in clusters.phi.items()
    }
    return independent, starts


def _start_clamped(
    clamp: Electrode,
    declared: dict[Membrane, Declared],
    clusters: PotentialClusters,
    independent: list[Declared],
) -> None:
    """Start a clamped membrane at the command; it moves there where other potentials that are given
    imply another.
    """
    m, command = clamp.on, clamp.command
    if m in declared and abs(declared[m].value - command.value) > CLOSE:
        due, got = errors.apart(command.value * 1e3, declared[m].value * 1e3, digits=6)
        raise errors.BadPlace(
            where=f"Model, potential={{{m.name}: …}}",
            wanted=f"{due} mV, which {clamp.name} holds there",
            got=f"{got} mV",
            advice=f"leave {m.name} out of potential=",
        )
    if clusters.across(m) is None:
        long_name = f"potential of {m.name} at the start"
        V = declare(
            f"{m.name}.potential", command.quantity, d.VOLTAGE, domain="real",
            long_name=long_name, owner=f"the membrane {m.name!r}",
        )  # fmt: skip
        declared[m] = V
        clusters.join(m, {m: 1})
        independent.append(V)


def _check_implied(m: Membrane, value: float, implied: float) -> None:
    if abs(implied - value) > CLOSE:
        due, got = errors.apart(implied * 1e3, value * 1e3, digits=6)
        raise errors.BadPlace(
            where=f"Model, potential={{{m.name}: …}}",
            wanted=f"{due} mV, which the other potentials imply",
            got=f"{got} mV",
            advice="give the potential of one membrane for each floating place",
        )


def _set_others_to_zero(
    others: Sequence[Membrane], clusters: PotentialClusters, clamped: Collection[Membrane]
) -> None:
    """Set the membranes without a given potential to 0 V.

    Where they cannot all be at 0 V, the user must say which is, unless it is for those ``clamped``,
    which none was given for: then the last ones follow.
    """
    unknown = [m for m in others if clusters.across(m) is None]
    for m in unknown:
        V = clusters.across(m)
        if V is None:
            clusters.join(m, {})
        elif V and not {*V} <= {*clamped}:
            _raise_undecided(unknown, V)


def _raise_undecided(unknown: Sequence[Membrane], implied: Weights) -> NoReturn:
    names = sorted(m.name for m in unknown)
    raise errors.BadPlace(
        where="Model, potential={…}",
        wanted="the potentials at the start of as many membranes as leave no doubt",
        got=(
            f"{', '.join(sorted(m.name for m in implied))} given, so that {' and '.join(names)}"
            " cannot all be 0 V"
        ),
        advice=f"potential={{…, {names[0]}: Q(0, 'mV')}}",
    )


class ReadsSymbols(Protocol):
    """An object with a formula at a place: a process with its law, or a state with its rate."""

    @property
    def name(self) -> str: ...
    @property
    def transporter(self) -> str: ...
    @property
    def on(self) -> Membrane | Compartment: ...
    def reads(self, symbol: sp.Symbol) -> bool: ...


def check_read(circuit: Circuit, processes: Iterable[ReadsSymbols]) -> None:
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
