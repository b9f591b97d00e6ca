"""Drawn models told otherwise, points of the unit cube as states, and the shipped models."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from biomembrane import Q
from biomembrane.assemble.model import Model
from biomembrane.testing.model_evaluator import Condition
from biomembrane.testing.random_models import MembraneSpec, ModelSpec
from biomembrane.testing.random_reactions import Term
from biomembrane.testing.random_transporters import TransporterSpec

MODELS = Path(__file__).parents[1] / "models"


# --- the same model told otherwise

_ELSEWHERE = {
    "mM": "mol/L", "um^2": "cm^2", "pL": "um^3", "mV": "V", "uF/cm^2": "F/m^2", "cm/s": "um/ms",
    "1/s": "1/min", "fmol/s": "nmol/hour",
    "kJ/mol": "cal/mol", "pmol/cm^2/s": "mol/m^2/s", "1/um^2": "1/cm^2", "nS": "S",
    "mS/cm^2": "S/m^2", "cm/s/bar": "um/s/kPa", "fmol": "mol",
    "kelvin": "kelvin",
}  # fmt: skip


def elsewhere(value: float, unit: str) -> Any:
    """The quantity in another unit that people use, or in SI base units."""
    made = Q(value, unit)
    return made.to(_ELSEWHERE[unit]) if unit in _ELSEWHERE else made.to_base_units()


def mirrored(spec: ModelSpec) -> ModelSpec:
    """Inside and outside swapped on every membrane: @in and @out, V, and the charge coordinates."""
    swap = {"in": "out", "out": "in", "": ""}

    def terms(side: tuple[Term, ...]) -> tuple[Term, ...]:
        return tuple((n, s, swap[w]) for n, s, w in side)

    def turned(part: TransporterSpec) -> TransporterSpec:
        numbers = tuple(
            (f"{k[: k.index('@') + 1]}{swap[k[k.index('@') + 1 :]]}" if "@" in k else k, x, u)
            for k, x, u in part.numbers
        )
        diagram = part.diagram and replace(
            part.diagram,
            steps=tuple(
                (a, b, terms(left), terms(right), f, r)
                for a, b, left, right, f, r in part.diagram.steps
            ),
            inside=tuple(
                z - x for z, x in zip(part.diagram.whole, part.diagram.inside, strict=True)
            ),
        )
        return replace(
            part, left=terms(part.left), right=terms(part.right), numbers=numbers, diagram=diagram
        )

    def flipped(wall: MembraneSpec) -> MembraneSpec:
        return replace(wall, inside=wall.outside, outside=wall.inside, potential=-wall.potential)

    return replace(
        spec, membranes=tuple(map(flipped, spec.membranes)), parts=tuple(map(turned, spec.parts))
    )


def condition(model: Model, u: Sequence[float]) -> Condition:
    """A physiological condition from a point of the unit cube: 0.03–300 mM, ±120 mV between places,
    0.5–2 times the volume.
    """
    at = iter(np.resize(np.asarray(u), 3 * (len(model.pools) + len(model.places))))
    swell = {
        c.name: c.volume.value * (2.0 ** (2 * next(at) - 1) if c.name in model.swelling else 1.0)
        for c in model.compartments
    }
    phi = {n: 0.24 * next(at) - 0.12 if n in model.circuit.nodes else 0.0 for n in model.places}
    amount = {
        p.name: swell[p.place] * 0.03 * 10.0 ** (4 * next(at))
        for p in model.states
        if p.concentration is not None
    }
    amount |= {
        p.name: 0.01 * 10.0 ** (-3 * next(at))
        for p in model.states
        if p.is_amount and p.concentration is None
    }
    return Condition(amount, phi, swell)


@cache
def shipped(name: str) -> Model:
    """A model of models/, built once a process."""
    found = importlib.util.spec_from_file_location(f"model_{name}", MODELS / name / "model.py")
    assert found is not None
    assert found.loader is not None
    module: ModuleType = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    made: Model = module.build()
    return made
