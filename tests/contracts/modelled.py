"""Models at random states, and what must hold for each."""

from __future__ import annotations

import numpy as np
import pytest
from declared import condition
from numpy.typing import NDArray
from strategies import fewer

from biomembrane.assemble.model import Model
from biomembrane.exchange.shipped_models import names
from biomembrane.testing.model_evaluator import ModelEvaluator, vector

Array = NDArray[np.float64]
by_name = pytest.mark.parametrize("name", names())
few = fewer(0.4)


def seen(model: Model, u: list[float]) -> tuple[ModelEvaluator, Array]:
    """A model at a state; transporters that are declared with a density of 0, for a scan to raise,
    work here.
    """
    off = [
        n
        for t in model.transporters
        for n, p in t.parameters.items()
        if p.domain == "nonnegative" and p.value == 0
    ]
    return ModelEvaluator(model, dict.fromkeys(off, 1.0)), vector(model, condition(model, u))
