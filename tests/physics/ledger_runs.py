"""The runs whose books are read."""

from functools import cache

import numpy as np
import pytest
from builders import epithelium, shipped

import biomembrane as bm
from biomembrane import Q


@cache
def enterocyte():
    """Ten minutes of the shipped model, with fine output."""
    return bm.simulate(shipped("enterocyte"), times=Q(np.linspace(0, 10, 6001), "min"))


@cache
def tissue():
    """Ten minutes of the epithelium in short circuit: every kind of store and process in one
    run.
    """
    return bm.simulate(epithelium(floating=False), until=Q(10, "min"))


RUNS = {"enterocyte": enterocyte, "swelling epithelium": tissue}
runs = pytest.mark.parametrize("make", RUNS.values(), ids=RUNS)


def last(array):
    return array.isel(time=-1)
