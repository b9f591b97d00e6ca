"""Waveforms and joined protocols: what they refuse."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
import sympy
import xarray as xr

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane.declare.held_protocol import content, text

P = bm.Protocol
T, V = Q([0.0, 1.0, 2.0], "ms"), Q([-70.0, -60.0, -70.0], "mV")


@pytest.mark.parametrize(
    ("times", "values", "kind"),
    [
        (T, Q([-70.0, -60.0], "mV"), errors.BadSettings),
        (Q([0.0], "ms"), Q([1.0], "mV"), errors.BadSettings),
        (Q([0.0, 2.0, 1.0], "ms"), V, errors.BadSettings),
        (Q([-1.0, 0.0, 1.0], "ms"), V, errors.BadSettings),
        (Q(1.0, "ms"), Q(1.0, "mV"), errors.BadSettings),
        (Q([0.0, 1.0, 2.0], "mM"), V, errors.UnitMismatch),
        ([0.0, 1.0, 2.0], V, errors.BareNumber),
        (T, Q([1.0, np.nan, 3.0], "mV"), errors.NotFinite),
        (Q([0.0, np.inf, 2.0], "ms"), V, errors.NotFinite),
    ],
)
def test_bad_samples_are_refused(times: Any, values: Any, kind: Any) -> None:
    with pytest.raises(kind) as told:
        P.waveform(times, values)
    assert told.value.where.startswith("Protocol.waveform")
    assert told.value.advice


def test_samples_may_be_labelled() -> None:
    """As recordings come from xarray."""
    made = P.waveform(
        xr.DataArray([0.0, 1.0], dims="t", attrs={"units": "ms"}),
        xr.DataArray([1.0, 2.0], dims="t", attrs={"units": "pA"}),
    )
    same = P.waveform(Q([0.0, 1.0], "ms"), Q([1.0, 2.0], "pA"))
    assert content(made) == content(same)


def test_content_tells_protocols_apart_and_travels() -> None:
    one, two = P.waveform(T, V), P.waveform(T, V + Q(1, "mV"))
    assert content(one) != content(two)
    assert text(one) != text(two)
    for other in (copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert content(other) == content(one)


def test_what_cannot_be_joined() -> None:
    steps, scanned = (
        P.steps(Q(0, "mV"), (Q(1, "ms"), x))
        for x in (Q(5, "mV"), xr.DataArray([1.0, 2.0], dims="x", attrs={"units": "mV"}))
    )
    formula = P.function(lambda t, a, w: a * sympy.sin(w * t), a=Q(1, "mV"), w=Q(1, "1/s"))
    for other, kind in (
        (formula, errors.BadSettings), (scanned, errors.BadSettings), ("steps", errors.WrongType),
        (P.steps(Q(0, "mM"), (Q(1, "ms"), Q(5, "mM"))), errors.UnitMismatch),
    ):  # fmt: skip
        with pytest.raises(kind):
            steps.then(other, at=Q(2, "ms"))  # type: ignore[arg-type]
    for at, wrong in ((Q(0, "s"), errors.BadSettings), (2.0, errors.BareNumber)):
        with pytest.raises(wrong):
            steps.then(steps, at=at)  # type: ignore[arg-type]
