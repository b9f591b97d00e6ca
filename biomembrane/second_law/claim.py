"""A claim of a model about one process: a flux, and the reaction whose affinity it should follow.

The audit works on claims only, so that transporters of this package, loops of kinetic diagrams and
models of other formats are assessed alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from .. import constants, symbols
from ..assemble.model import Model
from ..declare.checks.certificate import Verdict
from ..declare.cycle import Cycle
from ..declare.electrode import Electrode
from ..declare.places import Membrane, contents
from ..declare.reaction import Participant
from ..declare.transporter import Process, Transporter
from ..symbols import F, R, T, c0

Declaration = Transporter | Cycle
KNOWN = (Verdict.PROVEN, Verdict.ONSAGER, Verdict.EQUILIBRIUM, Verdict.DRIVEN)


@dataclass(frozen=True)
class Level:
    """A concentration on which a flux depends: ``name`` as ``"Na@in"``, ``change`` per turnover
    (products +; 0: it is only sensed), usual value [mM].
    """

    name: str
    symbol: sp.Symbol
    change: int
    usual: float = 1.0
    charge: int = 0


@dataclass(frozen=True, eq=False, kw_only=True)
class Claim:
    """A flux [any unit] and A/RT of its reaction.

    Args:
        flux: net, positive in the written direction; or ``forward`` and ``reverse``; or
            ``conductance``, of J = L·A.
        reduced_affinity: A/RT in the symbols of the levels, of ``voltage`` = V_in − V_out, R, T, F
            and c°.
        values: numbers of parameters by name [internal units].
        charge: elementary charges that the species carry to the inside per turnover.
        current: the charges per turnover in the model's own voltage equation; default ``charge``.
        unbalanced: what appears or vanishes, in words.
        proved: a verdict that is known already (``proven``, ``onsager``, ``equilibrium``).
    """

    name: str
    reaction: str
    reduced_affinity: sp.Expr
    levels: tuple[Level, ...]
    flux: sp.Expr | None = None
    forward: sp.Expr | None = None
    reverse: sp.Expr | None = None
    conductance: sp.Expr | None = None
    voltage: sp.Symbol | None = None
    values: Mapping[str, float] = field(default_factory=dict, repr=False)
    charge: float = 0.0
    current: float | None = None
    unbalanced: str = ""
    proved: str = ""
    kind: str = "process"
    temperature: float = constants.BODY_TEMPERATURE

    @property
    def paired(self) -> bool:
        """Whether it gives its one-way rates, which must satisfy RT ln(r⁺/r⁻) = A; a net flux must
        only have the sign of A.
        """
        return self.forward is not None and self.reverse is not None

    @property
    def net(self) -> sp.Expr | None:
        """The flux as one expression."""
        if self.flux is not None:
            return self.flux
        if self.conductance is not None:
            return self.conductance * R * T * self.reduced_affinity
        return None if self.forward is None or self.reverse is None else self.forward - self.reverse


def claim(
    name: str,
    terms: Mapping[str, tuple[int, int, float]],
    *,
    voltage: sp.Symbol | None = None,
    energy: sp.Expr = sp.S.Zero,
    **fields: Any,
) -> Claim:
    """A claim from stoichiometry: ``terms`` are (change, charge, usual concentration [mM]) by
    ``"Na@in"``; ``energy`` is ΔG° [J/mol].

    The concentrations are the symbols ``symbols.concentration("Na@in")``; A/RT = −ΔG°/RT − Σ ν
    ln(c/c°) − Q·FV/RT, with Q the charge that appears at ``@in``.
    """
    levels = tuple(
        Level(n, symbols.concentration(n), change, usual, z)
        for n, (change, z, usual) in terms.items()
    )
    charge = sum(level.change * level.charge for level in levels if level.name.endswith("@in"))
    chemical = sp.Add(*(level.change * sp.log(level.symbol / c0) for level in levels))
    electrical = charge * F * voltage / (R * T) if voltage is not None else sp.S.Zero
    reduced_affinity = -energy / (R * T) - chemical - electrical
    return Claim(
        name=name,
        reaction=_equation(levels),
        reduced_affinity=reduced_affinity,
        levels=levels,
        voltage=voltage,
        charge=charge,
        **fields,
    )


def _equation(levels: Iterable[Level]) -> str:
    """The reaction in words, such as ``Na@out ⇌ Na@in``."""

    def side(sign: int) -> str:
        return (
            " + ".join(
                (f"{abs(x.change)} " if abs(x.change) > 1 else "") + x.name
                for x in levels
                if x.change * sign > 0
            )
            or "∅"
        )

    return f"{side(-1)} ⇌ {side(1)}"


def claims(declared: Declaration, temperature: float = constants.BODY_TEMPERATURE) -> list[Claim]:
    """The claim of every process of a declared transporter or cycle."""
    derived = definitions(declared)
    values = {name: p.value for name, p in declared.parameters.items()}
    if isinstance(declared.on, Membrane):
        values[str(declared.on.area.symbol)] = declared.on.area.value
    return [_claim(process, derived, values, temperature) for process in declared.processes]


def definitions(declared: Declaration) -> dict[sp.Symbol, sp.Expr]:
    """The symbols that follow from parameters and temperature: values at T, standard energies of
    carrier states, constants of closing steps.
    """
    warm = {p.used: p.formula.expression for p in declared.parameters.values() if p.dependence}
    derived = declared.derived.items()
    return warm | {symbol: formula.expression.xreplace(warm) for symbol, formula in derived}


def _claim(
    process: Process,
    derived: Mapping[sp.Symbol, sp.Expr],
    values: Mapping[str, float],
    temperature: float,
) -> Claim:
    net = process.reaction.net
    levels = tuple(
        level(x, f"{x.species.name}@{x.place.name}", net.get(x, 0))
        for x in process.solutes
        if x.species and x.place
    )
    on, rates, verdict = (
        process.on,
        process.rates.mapped(lambda rate: rate.xreplace(derived)),
        process.certificate.verdict,
    )
    moved = (
        process.reaction.charge_moved().get(on.inside.name, 0) if isinstance(on, Membrane) else 0
    )
    return Claim(
        name=process.name, reaction=str(process.reaction),
        reduced_affinity=process.certificate.reduced_affinity.xreplace(derived), levels=levels,
        flux=rates.flux, forward=rates.forward, reverse=rates.reverse,
        conductance=rates.conductance, charge=float(moved),
        voltage=symbols.potential(on.name) if isinstance(on, Membrane) else None, values=values,
        proved=verdict if verdict in KNOWN else "",
        temperature=temperature,
    )  # fmt: skip


def level(participant: Participant, name: str, change: int) -> Level:
    """The level of a declared solute; the usual value of one declared at 0 mM is 1 mM."""
    assert participant.place is not None
    assert participant.species is not None
    return Level(
        name,
        symbols.concentration(participant.pool),
        change,
        contents(participant.place)[participant.species].value or 1.0,
        participant.species.charge,
    )


def subjects(x: Model | Declaration | Electrode) -> tuple[tuple[Declaration, ...], float]:
    """The transporters and cycles to audit, and the temperature [K] of the audit."""
    temperature = constants.BODY_TEMPERATURE
    every: tuple[Declaration | Electrode, ...] = (x,) if not isinstance(x, Model) else ()
    if isinstance(x, Model):
        every, temperature = x.transporters, x.parameters["temperature"].value
    return tuple(t for t in every if not isinstance(t, Electrode)), temperature


def supplies(x: Model | Declaration | Electrode) -> tuple[Electrode, ...]:
    """The electrodes, which no law binds: what they do is work done on the system."""
    if isinstance(x, Model):
        return x.electrodes
    return (x,) if isinstance(x, Electrode) else ()
