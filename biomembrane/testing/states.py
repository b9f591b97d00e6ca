"""States of a model near the declared one, told by what differs from it, so that a shrunken
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
        return {name: self.moved.get(name, _usual(self.model, name)) for name in solutes}

    @cached_property
    def condition(self) -> Condition:
        """The same as initial contents, volumes and potentials."""
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

    def seen(self) -> ModelEvaluator:
        """The model's kernel with the baths of this state."""
        return ModelEvaluator(
            self.model, {n: x for n, x in self.parameters.items() if n not in _volumes(self.model)}
        )

    def but(self, name: str, value: float) -> State:
        """The state with one thing changed."""
        return State(self.model, {**self.moved, name: value})

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        """For Hypothesis."""
        printer.text(repr(self))

    def __repr__(self) -> str:
        told = [f"{name} = {_quantity(self.model, name, x)}" for name, x in self.moved.items()]
        return "as declared" + (f", but {', '.join(told)}" if told else "")


def _carriers(model: Model) -> list[str]:
    """States of carriers: amounts of what is not dissolved."""
    return [x.name for x in model.states if x.is_amount and x.concentration is None]


def _volumes(model: Model) -> set[str]:
    return {c.volume.name for c in model.compartments}


def _usual(model: Model, name: str) -> float:
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
            moved[name] = _usual(model, name) * 10 ** (shift / 10)
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
        if x.conjugate is None and (tenth := draw(st.integers(0 if x.positive else -10, 10))):
            moved[x.name] = tenth / 10
    return State(model, moved)


def near(model: Model, process: str, at: State) -> tuple[str, State] | None:
    """A concentration of the process, and the state with it moved so far that A = 0; None where it
    takes more than e⁷⁰.
    """
    chosen = next(p for p in model.processes if p.name == process)
    for who, n in chosen.reaction.net.items():
        if not who.is_solute or who.pool not in model.parameters:
            continue
        here = at.moved.get(who.pool, _usual(model, who.pool))
        seen = at.seen()
        shift = seen("affinity", at.y())[process] / seen.RT / n
        if not math.isfinite(shift) or abs(shift) > 70:
            continue
        for _ in range(
            3 if _dry(chosen) else 12
        ):  # the level enters by its logarithm, and by the pressure of a solvent that reacts
            here *= math.exp(shift)
            at = at.but(who.pool, here)
            seen = at.seen()
            shift = seen("affinity", at.y())[process] / seen.RT / n
        return who.pool, at
    return None


def _dry(process: Process) -> bool:
    return not process.reaction.has_solvent


def values(state: State, *groups: str) -> list[dict[str, Any]]:
    """Named groups of the kernel at a state."""
    seen, y = state.seen(), state.y()
    with np.errstate(all="ignore"):
        return [seen(group, y) for group in groups]
