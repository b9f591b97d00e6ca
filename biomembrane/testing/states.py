"""States of a model near the declared one, described by what differs from it, so that a shrunken
counter-example is short and has units.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from hypothesis import strategies as st

from .. import units
from ..assemble.model import Model
from ..declare.reaction import Participant
from ..declare.transporter import Process
from .model_evaluator import Array, Condition, ModelEvaluator, vector

DECADES = 20  # tenths of a decade that concentrations move to either side


@dataclass(frozen=True)
class State:
    """A state: concentrations by dotted name [mM], V of places [V], volumes [pL] and carrier states
    [fmol]; ``moved`` is what differs from the declared ones.
    """

    model: Model = field(repr=False)
    moved: Mapping[str, float]

    @property
    def levels(self) -> dict[str, float]:
        """Concentrations of solutes in compartments [mM]."""
        solutes = [x.name for x in self.model.states if x.concentration is not None]
        return {name: self.moved.get(name, _declared_level(self.model, name)) for name in solutes}

    @cached_property
    def condition(self) -> Condition:
        """The state as contents, volumes and potentials."""
        volume = {
            c.name: self.moved.get(f"{c.name}.volume", c.volume.value)
            for c in self.model.compartments
        }
        place = {x.name: x.place for x in self.model.states}
        amount = {n: c * volume[place[n]] for n, c in self.levels.items()}
        amount |= {name: self.moved.get(name, 0.01) for name in _carriers(self.model)}
        phi = {n: self.moved.get(f"V of {n}", 0.0) for n in self.model.places}
        own = {n: self.moved[n] for n in self.model.unaccounted if n in self.moved}
        return Condition(amount, phi, volume, own)

    @property
    def parameters(self) -> dict[str, float]:
        """Concentrations of baths and held pools that differ."""
        return {
            n: x
            for n, x in self.moved.items()
            if n in self.model.parameters and n not in {x.name for x in self.model.states}
        }

    def y(self) -> Array:
        """The state vector."""
        return vector(self.model, self.condition)

    def evaluator(self) -> ModelEvaluator:
        """The model's kernel with the baths of this state."""
        return ModelEvaluator(
            self.model, {n: x for n, x in self.parameters.items() if n not in _volumes(self.model)}
        )

    def changed(self, name: str, value: float) -> State:
        """The state with one number changed."""
        return State(self.model, {**self.moved, name: value})

    seen, but = evaluator, changed  # the older names

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        """For Hypothesis."""
        printer.text(repr(self))

    def __repr__(self) -> str:
        differences = [
            f"{name} = {_quantity(self.model, name, x)}" for name, x in self.moved.items()
        ]
        return "as declared" + (f", but {', '.join(differences)}" if differences else "")


def _carriers(model: Model) -> list[str]:
    """States of carriers: amounts that are no solutes."""
    return [x.name for x in model.pools if x.is_amount and x.concentration is None]


def _volumes(model: Model) -> set[str]:
    return {c.volume.name for c in model.compartments}


def _declared_level(model: Model, name: str) -> float:
    return (model.parameters[name].value if name in model.parameters else 0.0) or 1.0


def _quantity(model: Model, name: str, x: float) -> str:
    if name.startswith("V of "):
        return f"{units.Q(1e3 * x, 'mV'):.4g~P}"
    if name in model.unaccounted:
        return f"{x:.4g}"
    if name in _volumes(model):
        return f"{units.Q(x, 'pL'):.4g~P}"
    if name in _carriers(model):
        return f"{units.Q(x, 'fmol'):.4g~P}"
    return f"{units.Q(x, 'mM'):.4g~P}"


@st.composite
def states(draw: st.DrawFn, model: Model) -> State:
    """States of a model: concentrations (baths and held pools, too) within a factor 100 of the
    declared ones, ±150 mV, half to double the volume.

    Draws shrink to the declared values, so that a counter-example names only what it needs.
    """
    moved: dict[str, float] = {}
    tenths = st.integers(-DECADES, DECADES)
    concentrations = [n for n in model.parameters if n in model.concentrations]
    for name in concentrations:
        if shift := draw(tenths):
            moved[name] = _declared_level(model, name) * 10 ** (shift / 10)
    for node in model.circuit.nodes:
        if mV := draw(st.integers(-150, 150)):
            moved[f"V of {node}"] = mV / 1e3
    for c in model.compartments:
        if c.name in model.swelling and (shift := draw(st.integers(-10, 10))):
            moved[f"{c.name}.volume"] = c.volume.value * 2 ** (shift / 10)
    for name in _carriers(model):
        if shift := draw(tenths):
            moved[name] = 0.01 * 10 ** (shift / 10)
    for x in model.states:
        if x.name in model.unaccounted and (
            tenth := draw(st.integers(0 if x.positive else -10, 10))
        ):
            moved[x.name] = tenth / 10
    return State(model, moved)


def at_zero_affinity(model: Model, process: str, at: State) -> tuple[str, State] | None:
    """A concentration of the process and the state in which it is such that A = 0; None where that
    takes a factor beyond e⁷⁰.
    """
    chosen = next(p for p in model.processes if p.name == process)
    for participant, n in chosen.reaction.net.items():
        if not participant.is_solute or participant.pool not in model.parameters:
            continue
        level = at.moved.get(participant.pool, _declared_level(model, participant.pool))
        evaluator = at.evaluator()
        shift = evaluator("affinity", at.y())[process] / evaluator.RT / n
        if not math.isfinite(shift) or abs(shift) > 70:
            continue
        for _ in range(
            3 if _logarithmic(chosen) else 24
        ):  # the level enters through its logarithm, through activities and the solvent's pressure
            level *= math.exp(shift / _steepness(participant, level))
            at = at.changed(participant.pool, level)
            evaluator = at.evaluator()
            shift = evaluator("affinity", at.y())[process] / evaluator.RT / n
        return participant.pool, at
    return None


def _logarithmic(process: Process) -> bool:
    """Whether concentrations enter A through their logarithms only."""
    real = any(p.species and p.species.declared_osmotic for p in process.solutes)
    return not process.reaction.has_solvent and not real


def _steepness(participant: Participant, c: float) -> float:
    """d ln a/d ln c of a solute, d(φc)/dc: 1 where it is ideal."""
    assert participant.species is not None
    coefficients = [q.value for q in participant.species.declared_osmotic]
    slope = sum((k + 1) * B * c**k for k, B in enumerate(coefficients))
    return slope if slope > 0 else 1.0


def values(state: State, *groups: str) -> list[dict[str, Any]]:
    """Named groups of the kernel at a state."""
    evaluator, y = state.evaluator(), state.y()
    with np.errstate(all="ignore"):
        return [evaluator(group, y) for group in groups]
