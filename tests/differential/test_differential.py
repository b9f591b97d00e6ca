"""A share of what ``run.py`` compares: random systems against an independent builder, and
metamorphic relations between runs.
"""

from __future__ import annotations

import pytest
from differential.compare import compare
from differential.description import random_system
from differential.relations import RELATIONS, judge

SEEDS = (
    3,
    4,
    10,
    15,
    19,
    24,
)  # quick ones: water, pump, steps of temperature, ramps, a swing, several cells


@pytest.mark.parametrize("seed", SEEDS)
def test_random_systems_agree_with_the_independent_builder(seed: int) -> None:
    verdict = compare(seed, random_system(seed))
    assert not verdict.off, "\n".join(verdict.off)
    assert sum(verdict.count.values()) > 300


@pytest.mark.parametrize("relation", RELATIONS)
def test_metamorphic_relations_hold(relation: str) -> None:
    seed = 4 if relation == "mirrored" else 10 + list(RELATIONS).index(relation) % 2 * 9
    count, off = judge(relation, seed, random_system(seed))
    assert not off, "\n".join(off)
    assert count > 20
