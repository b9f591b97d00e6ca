"""Indices of a model that every run needs; a model never changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .. import caching
from ..assemble.model import Model
from ..dimension import VOLUME


@dataclass(frozen=True, eq=False)
class ModelIndex:
    """``values`` of the parameters as declared, and their ``places``; ``states`` by name, in order;
    ``carriers``: pools of the carrier that a state belongs to, by state; ``cycles``: the same as
    indices, carrier by carrier; ``positive``: states that cannot be negative; ``volumes``: those
    that are volumes; ``accounted``: states that have a share in the free energy; ``baths``:
    concentrations that no run changes, by name, with their place among the parameters and the
    processes that touch them.
    """

    values: NDArray[np.float64]
    places: Mapping[str, int]
    states: Mapping[str, int]
    carriers: Mapping[str, Sequence[str]]
    cycles: Sequence[Sequence[int]]
    positive: NDArray[np.bool_]
    volumes: NDArray[np.bool_]
    accounted: NDArray[np.bool_]
    baths: Mapping[str, tuple[int, tuple[str, ...]]]


def model_index(model: Model) -> ModelIndex:
    """The index of a model, built once."""
    held = caching.cache_of(model)
    if ModelIndex not in held:
        states = {x.name: i for i, x in enumerate(model.states)}
        places = {name: i for i, name in enumerate(model.parameters)}
        touched: dict[str, list[str]] = {}
        for p in model.processes:
            for participant in p.net:
                if (
                    participant.is_solute
                    and participant.pool in places
                    and participant.pool not in states
                ):
                    touched.setdefault(participant.pool, []).append(p.name)
        groups = [[s.pool for s in t.states] for t in model.transporters if t.states]
        held[ModelIndex] = ModelIndex(
            np.array([p.value for p in model.parameters.values()]),
            places,
            states,
            {state: group for group in groups for state in group},
            [[states[state] for state in group] for group in groups],
            np.array([x.positive for x in model.states], dtype=bool),
            np.array([x.dimension == VOLUME for x in model.states], dtype=bool),
            np.array([x.conjugate is not None for x in model.states], dtype=bool),
            {name: (places[name], tuple(used)) for name, used in touched.items()},
        )
    index: ModelIndex = held[ModelIndex]
    return index
