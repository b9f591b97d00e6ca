"""A model at a random state, evaluated."""

from __future__ import annotations

import numpy as np
from declared import condition
from numpy.typing import NDArray

from biomembrane.testing.model_evaluator import Condition, ModelEvaluator, vector
from biomembrane.testing.random_models import ModelSpec
from biomembrane.testing.random_transporters import DiagramSpec
from biomembrane.testing.spec_models import build


def seen(spec: ModelSpec, at: list[float]) -> tuple[ModelEvaluator, Condition, NDArray[np.float64]]:
    look = ModelEvaluator(build(spec))
    here = condition(look.model, at)
    return look, here, vector(look.model, here)


def ring_size(loop: DiagramSpec) -> int:
    """How many of the first steps make the ring."""
    return next(i for i, (_, b, *_) in enumerate(loop.steps) if b == 0) + 1


def _chain(up: list[float], down: list[float]) -> NDArray[np.float64]:
    """Rates K[to, from] of a ring."""
    made = np.zeros((len(up), len(up)))
    for i, (f, r) in enumerate(zip(up, down, strict=True)):
        made[(i + 1) % len(up), i] += f
        made[i, (i + 1) % len(up)] += r
    return made
