"""What follows from the rate constants of a cycle: standard energies of the carrier states, reverse
constants of the closing steps, and by how much other loops fail to close.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import sympy as sp

from .. import constants, errors
from ..symbols import F, R, T, c0, ln
from .bound_expression import BoundExpression
from .diagram import Diagram
from .diagram_steps import Step, StepLaw, closing_request
from .parameter import Declared
from .places import Membrane
from .reaction import Participant
from .site import Site

TOLERANCE = 1e-6  # of RT: rate constants given for every step close a loop if they are off by less
COOLER = 280.15  # K: a second temperature at which loops must close
ROUNDED = 0.02  # of RT: beyond it the rounding of published digits explains no open loop


@dataclass(frozen=True)
class Closure:
    """What the rate constants of a cycle determine.

    ``derived``: μ° of states and reverse constants of closing steps, by local symbol;
    ``excesses``: ε/RT of the loops that do not close, by the step that closes each.
    """

    steps: tuple[Step, ...]
    sites: tuple[Site, ...]
    derived: dict[sp.Symbol, BoundExpression]
    parameters: dict[str, Declared]
    excesses: dict[str, BoundExpression]


def closure_of(
    name: str,
    on: Membrane,
    diagram: Diagram,
    steps: Sequence[Step],
    states: Sequence[Participant],
    *,
    hosted: bool,
) -> Closure:
    """The closure of a cycle's constants.

    A loop whose constants close it at their values is closed by its last step from then on, whose
    reverse constant follows; unless the cycle is ``hosted``, one that is off raises
    ``CycleNotClosed``.
    """
    sites = tuple(Site(name, step.reaction, on, step.name) for step in steps)
    energies = tuple(sites[0].energy(state) for state in states)
    links = tuple(_Link.of(step, site) for step, site in zip(steps, sites, strict=True))
    parameters: dict[str, Declared] = {}
    names: dict[sp.Symbol, sp.Expr] = {}
    # parameters of closing steps come last
    for _, site in sorted(zip(steps, sites, strict=True), key=lambda pair: pair[0].closing):
        parameters |= site.parameters
        names |= site.names
    derived, excesses = _derived(diagram, energies, links)
    if excesses and not hosted:
        in_model = {step: e.xreplace(names) for step, e in excesses.items()}
        _check_loops(name, in_model, parameters, steps)
        closing = [replace(s, closing=s.closing or s.name in excesses) for s in steps]
        return closure_of(name, on, diagram, closing, states, hosted=hosted)
    return Closure(
        tuple(steps),
        sites,
        {symbol: BoundExpression(e, names) for symbol, e in derived.items()},
        parameters,
        {step: BoundExpression(e, names) for step, e in excesses.items()},
    )


def _check_loops(
    name: str,
    excesses: Mapping[str, sp.Expr],
    parameters: Mapping[str, Declared],
    steps: Sequence[Step],
) -> None:
    """Raise ``CycleNotClosed`` if a loop is off at the values given."""
    kelvins = _temperatures(parameters)
    for kelvin in kelvins:
        sizes = _excess_sizes(excesses, parameters, kelvin)
        off = [step for step, size in sizes.items() if not abs(size) < TOLERANCE]
        if off:
            break
    else:
        return
    worst = max(off, key=lambda step: abs(sizes[step]))
    kilojoule = sizes[worst] * (constants.GAS * kelvin / 1000)
    text, texts = {s.name: s.text for s in steps}, [s.text for s in steps]
    requests = ", ".join(repr(closing_request(text[step], texts)) for step in off)
    note = " (rounding of the published digits)" if abs(sizes[worst]) < ROUNDED else ""
    if kelvin != kelvins[0]:
        note = (
            f" at {kelvin:g} K, though it closes at {kelvins[0]:g} K: the enthalpies of its steps"
        )
        note += " do not add up"
    raise errors.CycleNotClosed(
        where=f"{name}, the loop closed by '{text[worst]}'",
        wanted="rate constants whose product around the loop is the external affinity",
        got=f"off by {kilojoule:+.4g} kJ/mol{note}",
        advice=(
            f"close=[{requests}] lets those reverse constants follow from the others, reason='…'"
            " hosts them as they stand"
        ),
        process=name,
        kilojoule=kilojoule,
    )


def _temperatures(parameters: Mapping[str, Declared]) -> list[float]:
    """Temperatures at which loops must close.

    ln K of van 't Hoff is a line in 1/T: what closes at two temperatures closes at all.
    """
    own = [p.at for p in parameters.values() if p.dependence is not None and p.at is not None]
    return [*own[:1], constants.BODY_TEMPERATURE, *((COOLER,) if own else ())]


def _excess_sizes(
    excesses: Mapping[str, sp.Expr], parameters: Mapping[str, Declared], kelvin: float
) -> dict[str, float]:
    """ε/RT of each loop at the values declared and a temperature."""
    values = {p.used: p.value_at(kelvin) for p in parameters.values()} | {
        R: constants.GAS, T: kelvin, F: constants.FARADAY, c0: constants.STANDARD_CONCENTRATION,
    }  # fmt: skip
    return {step: float(e.subs(values).evalf()) for step, e in excesses.items()}


class _Link(NamedTuple):
    """A step in local symbols: whether it closes a loop, its rate constants, and (ν, μ°, whether it
    is dissolved) of what it moves.

    The solvent's constants are at unit activity: it has no concentration in them.
    """

    closing: bool
    forward: sp.Symbol
    reverse: sp.Symbol
    moved: tuple[tuple[int, sp.Expr, bool], ...]

    @classmethod
    def of(cls, step: Step, site: Site) -> _Link:
        forward, reverse = (StepLaw(step).constant(site, way) for way in ("forward", "reverse"))
        moved = tuple(
            (n, site.energy(participant), participant.is_solute)
            for participant, n in step.reaction.net.items()
            if not participant.is_state
        )
        return cls(step.closing, forward, reverse, moved)

    def rise(self) -> sp.Expr:
        """(μ°_b − μ°_a)/RT by its own constants, or without them where it closes."""
        ratio = sp.S.One if self.closing else self.forward / self.reverse
        order = sum(n for n, _, dissolved in self.moved if dissolved)
        energy = sp.Add(*(n * standard for n, standard, _ in self.moved))
        return -ln(ratio * c0**-order) - energy / (R * T)


@lru_cache(maxsize=256)
def _derived(
    diagram: Diagram, energies: tuple[sp.Symbol, ...], links: tuple[_Link, ...]
) -> tuple[dict[sp.Symbol, sp.Expr], dict[str, sp.Expr]]:
    """μ° of the states and the reverse constants of closing steps, by their symbols; and ε/RT of
    the loops of other steps outside the tree.
    """
    rises = [link.rise() for link in links]
    tree = diagram.tree(diagram.outward(k for k, link in enumerate(links) if not link.closing))
    level = diagram.levels(rises, tree, sp.S.Zero)
    derived = {symbol: R * T * e for symbol, e in zip(energies, level, strict=True)}
    excesses: dict[str, sp.Expr] = {}
    for k, (link, (a, b)) in enumerate(zip(links, diagram.ends, strict=True)):
        if link.closing:
            derived[link.reverse] = link.forward * sp.exp(level[b] - level[a] - rises[k])
        elif k not in tree:
            excesses[diagram.steps[k]] = level[b] - level[a] - rises[k]
    return derived, excesses
