"""Measured waveforms against the exact response of a capacitor with a conductance."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import xarray as xr
from builders import patch
from clamped import COMMAND, TAU, C, E, G, P, cell, leaving, ohmic, volts

import biomembrane as bm
from biomembrane import Q
from biomembrane.library import K

N = 10_000
TIMES = np.linspace(0, 0.5, N)  # s


@cache
def noise(seed: int = 1) -> Any:
    """A smoothed random walk [pA]."""
    rng = np.random.default_rng(seed)
    return 20 * np.convolve(rng.standard_normal(N), np.ones(9) / 9, mode="same")


def response(times: Any, amperes: Any, start: float) -> Any:
    """V at the samples, exact for straight lines between them."""
    V = np.empty_like(times)
    V[0] = start
    h = np.diff(times)
    slope, decay = np.diff(amperes) / h, np.exp(-h / TAU)
    for k in range(len(h)):
        # particular solution E + (I(t) − s τ)/g
        at = E + (amperes[k] - slope[k] * TAU) / G
        V[k + 1] = at + slope[k] * h[k] / G + (V[k] - at) * decay[k]
    return V


def test_ten_thousand_samples_of_a_current() -> None:
    """V at the samples is exact, the books close, and no step is wasted at a kink."""
    current = P.waveform(Q(TIMES, "s"), Q(noise(), "pA"))
    model = cell(V=-60, current=current)
    run = bm.simulate(model, times=Q(TIMES[::100], "s"))
    want = response(TIMES, noise() * 1e-12, -0.06)[::100]
    np.testing.assert_allclose(volts(run), want, rtol=0, atol=2e-9)
    np.testing.assert_allclose(
        run.data.electrode_current.squeeze(), noise()[::100], rtol=1e-12, atol=1e-12
    )
    run.ledger.check()
    assert abs(float(run.ledger.residual_relative[-1])) < 1e-7
    assert int(run.trajectory.block.steps[0]) <= 2 * N
    text = run.data.attrs["parameters_json"]
    assert "waveform: 10000 samples" in text
    assert len(text) < 2000
    onward = bm.simulate(model, until=Q(1, "ms"), start=run)
    assert float(onward.data.electrode_current[-1, 0]) == pytest.approx(noise()[9900])


def test_ten_thousand_samples_of_a_command() -> None:
    """V is the waveform; the current has C dV/dt with a slope of its own in each piece."""
    run = bm.simulate(
        cell(voltage=P.waveform(Q(TIMES, "s"), Q(noise() - 60, "mV"))),
        times=Q((TIMES[:-1] + TIMES[1:])[::100] / 2, "s"),
    )
    middle = (noise()[:-1] + noise()[1:])[::100] / 2 - 60
    shown = run.data.isel(time=slice(1, None)) if run.data.sizes["time"] > len(middle) else run.data
    np.testing.assert_allclose(shown.potential.squeeze(), middle, rtol=1e-11, atol=1e-11)
    slope = (np.diff(noise()) / np.diff(TIMES))[::100] * 1e-3
    current = shown.electrode_current.squeeze().values * 1e-12
    np.testing.assert_allclose(
        current[-99:], leaving(run)[-99:] + C * slope[-99:], rtol=1e-9, atol=1e-21
    )
    run.ledger.check()
    assert abs(float(run.ledger.residual_relative[-1])) < 1e-7


def test_a_bath_follows_a_waveform() -> None:
    """The work on the exergy is integrated over kinks, and books close."""
    S = bm.Species("S")
    place = bm.Compartment("cell", volume="1 pL", contents={S: "1 mM"})
    wall = bm.Membrane(
        "wall", inside=place, outside=bm.Reservoir("bath", {S: "1 mM"}), area="100 um^2"
    )
    law = bm.library.leak(S, wall, permeability="1e-4 cm/s")
    t = np.linspace(0, 100, 1001)
    run = bm.simulate(
        bm.Model("cell", [law]),
        times=Q(t[::50], "s"),
        parameters={"bath.S": P.waveform(Q(t, "s"), Q(2 + np.sin(0.3 * t), "mM"))},
    )
    rate = 1e-6 * 1e-10 / 1e-15  # P·A/V
    exact = response_to(rate, t, 2 + np.sin(0.3 * t), 1.0)[::50]
    np.testing.assert_allclose(run.data.concentration.squeeze(), exact, rtol=1e-7)
    run.ledger.check()


def response_to(rate: float, t: Any, level: Any, start: float) -> Any:
    c = np.empty_like(t)
    c[0], h = start, np.diff(t)
    slope = np.diff(level) / h
    for k in range(len(h)):
        at = level[k] - slope[k] / rate
        c[k + 1] = at + slope[k] * h[k] + (c[k] - at) * np.exp(-rate * h[k])
    return c


def test_a_thousand_samples_cost_no_more_than_the_course_that_they_sample() -> None:
    """In steps: less than twice those of the formula, which has no break."""
    import sympy

    sine = P.function(lambda t, a, w: a * sympy.sin(w * t), a=Q(30, "pA"), w=Q(4000, "1/s"))
    t = np.linspace(0, 0.1, 1001)
    sampled = P.waveform(Q(t, "s"), Q(30 * np.sin(4000 * t), "pA"))
    steps = {}
    for name, current in (("formula", sine), ("samples", sampled)):
        run = bm.simulate(cell(V=-60, current=current), until=Q(0.1, "s"))
        steps[name] = int(run.trajectory.block.steps[0])
        run.ledger.check()
    assert steps["samples"] < 2 * steps["formula"]


def test_lanes_of_a_scan_share_a_waveform() -> None:
    """Each with its own conductance; a lane is what it is alone."""
    t = np.linspace(0, 0.05, 201)
    current = P.waveform(Q(t, "s"), Q(noise()[:201], "pA"))
    g = xr.DataArray([0.5, 1.0, 2.0], dims="g", attrs={"units": "nS"})
    model = patch(
        lambda on: [ohmic(on), bm.Electrode(on, current=current, name="tip")], {K: 140}, {K: 5},
        V=-60,
    )  # fmt: skip
    scan = bm.simulate(model, times=Q(t[::20], "s"), parameters={"K_leak.conductance": g})
    alone = bm.simulate(model, times=Q(t[::20], "s"))
    np.testing.assert_allclose(
        scan.data.potential.isel(g=1).squeeze(), alone.data.potential.squeeze(), rtol=1e-9
    )
    np.testing.assert_allclose(
        volts(alone), response(t, noise()[:201] * 1e-12, -0.06)[::20], atol=1e-9
    )
    scan.ledger.check()


def test_pieces_are_joined() -> None:
    """Each in its own time; a jump where they do not meet, none where they do."""
    ramp = P.ramps((Q(0, "ms"), Q(0, "pA")), (Q(1, "ms"), Q(10, "pA")))
    steps = P.steps(Q(5, "pA"), (Q(1, "ms"), Q(-5, "pA")))
    course = ramp.then(steps, at="2 ms").then(
        P.waveform(Q([0, 1], "ms"), Q([-0.005, 0.0], "nA")), at=Q(4, "ms")
    )
    t = np.array([0.0, 0.5, 1.5, 1.999, 2.0, 2.9, 3.0, 3.9, 4.5, 5.0, 6.0])
    run = bm.simulate(cell(V=-60, current=course), times=Q(t, "ms"))
    want = [0, 5, 10, 10, 5, 5, -5, -5, -2.5, 0, 0]
    np.testing.assert_allclose(run.data.electrode_current.squeeze(), want, atol=1e-9)
    run.ledger.check()
    twice: Any = COMMAND.then(COMMAND, at="9 ms").values[0]
    assert twice.units == Q(1, "mV").units
