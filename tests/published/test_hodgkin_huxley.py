"""The membrane patch of Hodgkin & Huxley, J Physiol 117 (1952) 500–544: rest, threshold and peak.

Conductances and reversal potentials are those of science.md §5h [F]; the numbers expected here were
computed from these by LSODA at rtol 1e-10, outside this package [C].  β_n is 0.125 exp(−v/80) for a
depolarisation v, as the paper printed it for a potential counted the other way; some CellML files
have the other sign.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from typing import Any

import numpy as np
import pytest
import sympy as sp
import xarray as xr
from builders import Cl, K, Na, patch
from scipy.integrate import solve_ivp

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane.constants import FARADAY, GAS

Rate = Callable[[Any, Any], Any]  # of v = V + 65 mV [mV], and of exp; per ms
RATES: dict[str, tuple[Rate, Rate]] = {
    "m": (lambda v, e: 0.1 * (25 - v) / (e((25 - v) / 10) - 1), lambda v, e: 4 * e(-v / 18)),
    "h": (lambda v, e: 0.07 * e(-v / 20), lambda v, e: 1 / (e((30 - v) / 10) + 1)),
    "n": (lambda v, e: 0.01 * (10 - v) / (e((10 - v) / 10) - 1), lambda v, e: 0.125 * e(-v / 80)),
}
CONDUCTANCE, REVERSAL = (120.0, 36.0, 0.3), (115.0, -12.0, 10.613)  # mS/cm², mV above rest
OUTSIDE = {Na: 440.0, K: 20.0, Cl: 460.0}
KELVIN = 279.45
REST = 0.0036206688  # mV above −65: where the currents of 10.613 mV and g_l = 0.3 cancel
PEAKS = {90: 108.536595, 15: 105.410353, 7: 102.118567}  # mV, by depolarisation
THRESHOLD = 6.505071  # mV


def axon(gates_at_rest: bool = True, V: float = -65.0) -> bm.Model:
    """The patch; ``gates_at_rest``: whatever V is, gates start where they are at rest."""
    RT = GAS * KELVIN / FARADAY * 1e3  # mV
    inside = {
        ion: out * exp(-ion.charge * (E - 65) / RT)
        for (ion, out), E in zip(OUTSIDE.items(), REVERSAL, strict=True)
    }

    def parts(wall: bm.Membrane) -> list[bm.Transporter]:
        def gate(name: str) -> bm.Gate:
            def per_ms(rate: Rate) -> Callable[[Any], Any]:
                return lambda s: rate(s.V / s.quantity("1 mV") + 65, sp.exp) / s.quantity("1 ms")

            opening, closing = RATES[name]
            start = steady(name, REST) if gates_at_rest else None
            return bm.Gate(
                name, wall, opening=per_ms(opening), closing=per_ms(closing), start=start
            )

        m, h, n = map(gate, "mhn")
        opened = (lambda s: s[m] ** 3 * s[h], lambda s: s[n] ** 4, None)
        return [
            bm.Transporter(
                f"{ion.name}_channel", f"{ion.name}@in -> {ion.name}@out", wall,
                laws.Ohmic(conductance=Q(g, "mS/cm^2")), modulator=by,
            )
            for ion, g, by in zip(OUTSIDE, CONDUCTANCE, opened, strict=True)
        ]  # fmt: skip

    return patch(parts, inside, OUTSIDE, V=V, T=KELVIN)


def steady(name: str, v: float) -> float:
    opening, closing = (float(rate(v, np.exp)) for rate in RATES[name])
    return opening / (opening + closing)


def test_it_rests_at_minus_65_and_the_gates_start_there() -> None:
    model = axon(gates_at_rest=False)
    assert [x.name for x in model.states] == ["cell.charge", "m", "h", "n"]
    run = bm.simulate(model, times=Q([0.0, 300.0], "ms"))
    V, x = run.data.potential.sel(membrane="membrane"), run.data.open_fraction
    assert float(V[-1]) == pytest.approx(REST - 65, abs=2e-6)
    for name in "mhn":
        at = x.sel(gate=name)
        assert float(at[0]) == pytest.approx(steady(name, 0.0), rel=1e-12)
        assert float(at[-1]) == pytest.approx(steady(name, REST), rel=1e-6)
    run.ledger.check()


def test_threshold_and_peak() -> None:
    """A depolarisation fires from 6.505 mV on, all or none; larger ones peak a little higher."""
    displaced = np.array([*PEAKS, THRESHOLD - 1e-3, THRESHOLD + 1e-3])
    V0 = xr.DataArray(REST - 65 + displaced, dims="V0", attrs={"units": "mV"})
    run = bm.simulate(
        axon(), times=Q(np.arange(0, 20, 0.01), "ms"), parameters={"membrane.potential": V0}
    )
    v = run.data.potential.sel(membrane="membrane").values + 65
    for k, peak in enumerate(PEAKS.values()):
        i = int(np.argmax(v[1:, k])) + 1  # the top of the parabola through three points
        low, mid, high = v[i - 1 : i + 2, k]
        top = mid + (high - low) ** 2 / (8 * (2 * mid - low - high))
        assert top == pytest.approx(peak, abs=1e-3)
    silent, firing = v[:, -2:].max(axis=0)
    assert silent < 15
    assert firing > 90
    run.ledger.check()
    assert v[:, 1] == pytest.approx(by_other_means(REST + 15, run.data.time.values), abs=2e-3)


def by_other_means(v0: float, times: Any, sign: float = 1.0) -> Any:
    """v(t) of the printed equations, by LSODA; ``sign`` of the exponent of β_n."""

    def slopes(_: float, y: Any) -> list[float]:
        v, m, h, n = y
        drive = [v - E for E in REVERSAL]
        open_ = (m**3 * h, n**4, 1.0)
        current = sum(g * x * d for g, x, d in zip(CONDUCTANCE, open_, drive, strict=True))
        rates = {k: [rate(v, np.exp) for rate in pair] for k, pair in RATES.items()}
        rates["n"][1] = 0.125 * np.exp(-sign * v / 80)
        return [
            -current,
            *(a * (1 - x) - b * x for (a, b), x in zip(rates.values(), y[1:], strict=True)),
        ]

    start = [v0, *(steady(k, REST) for k in RATES)]
    span = (0.0, 1e3 * float(times[-1]))
    found = solve_ivp(slopes, span, start, "LSODA", times * 1e3, rtol=1e-9, atol=1e-11)
    return found.y[0]


def test_the_other_sign_of_the_closing_rate_of_n_is_another_axon() -> None:
    times = np.arange(0, 10e-3, 1e-4)
    assert np.abs(by_other_means(REST + 15, times) - by_other_means(REST + 15, times, -1)).max() > 5
