"""The action potential of Hodgkin & Huxley (1952): three gates, two channels and a leak.

Against the same equations written out once more and solved by LSODA, with v = V + 65 mV; the
reversal potentials follow from the contents of the axon, and the books close.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp
from scipy.integrate import solve_ivp

import biomembrane as bm
from biomembrane import dimension as d
from biomembrane import laws
from biomembrane import library as lib
from biomembrane.constants import FARADAY, GAS
from biomembrane.declare.auxiliary_state import AuxiliaryState
from biomembrane.declare.places import Membrane
from biomembrane.units import Q

K, Na, Cl = lib.K, lib.Na, lib.Cl
KELVIN, START = 279.45, {"m": 0.053, "h": 0.596, "n": 0.318}
INSIDE, OUTSIDE = {Na: 50.0, K: 400.0, Cl: 40.0}, {Na: 440.0, K: 20.0, Cl: 460.0}
CONDUCTANCE = {"Na": 120.0, "K": 36.0, "Cl": 0.3}  # mS/cm²
AREA, VOLUME, V0 = 1e5, 1e4, -0.054  # µm², pL, V
RTF = GAS * KELVIN / FARADAY


def rates(v: Any, exp: Callable[[Any], Any]) -> dict[str, tuple[Any, Any]]:
    """α and β of each gate [1/ms] at v [mV]."""
    return {
        "m": ((25 - v) / 10 / (exp((25 - v) / 10) - 1), 4 * exp(-v / 18)),
        "h": (0.07 * exp(-v / 20), 1 / (exp((30 - v) / 10) + 1)),
        "n": ((10 - v) / 100 / (exp((10 - v) / 10) - 1), 0.125 * exp(-v / 80)),
    }


def gate(name: str, wall: Membrane) -> AuxiliaryState:
    def rate(s: Any, x: sp.Symbol) -> sp.Expr:
        v = s.V / s.parameter("mV", Q(1, "mV"), d.VOLTAGE) + 65
        opening, closing = rates(v, sp.exp)[name]
        return s.parameter("speed", Q(1, "1/ms"), d.RATE) * (opening * (1 - x) - closing * x)

    return AuxiliaryState(name, wall, rate, START[name])


def axon() -> bm.Model:
    sea = bm.Reservoir("sea", {s: Q(c, "mM") for s, c in OUTSIDE.items()})
    held = {s: Q(c, "mM") for s, c in INSIDE.items()}
    anion = bm.balance(charge=-1)
    inside = bm.Compartment("axon", volume=Q(VOLUME, "pL"), contents=held, impermeant=anion)
    area, C = Q(AREA, "um^2"), Q(1, "uF/cm^2")
    wall = bm.Membrane("wall", inside=inside, outside=sea, area=area, capacitance=C)
    m, h, n = (gate(name, wall) for name in "mhn")
    opened = {"Na": lambda s: s[m] ** 3 * s[h], "K": lambda s: s[n] ** 4, "Cl": None}
    parts = []
    for ion, g in CONDUCTANCE.items():
        law, moved = laws.Ohmic(conductance=Q(g, "mS/cm^2")), f"{ion}@in -> {ion}@out"
        parts.append(bm.Transporter(f"{ion}_v", moved, on=wall, law=law, modulator=opened[ion]))
    V, kelvin = {wall: Q(1e3 * V0, "mV")}, Q(KELVIN, "kelvin")
    return bm.Model("axon", parts, potential=V, temperature=kelvin)


def slopes(t: float, y: Any) -> list[float]:  # noqa: ARG001
    """d(V, m, h, n, [Na], [K], [Cl])/dt in SI units and mM."""
    V, m, h, n, *inside = y
    E = RTF * np.log(np.array([*OUTSIDE.values()]) / inside) * [1, 1, -1]
    g = [c * 10 * AREA * 1e-12 for c in CONDUCTANCE.values()]
    i_Na, i_K, i_Cl = g[0] * m**3 * h * (V - E[0]), g[1] * n**4 * (V - E[1]), g[2] * (V - E[2])
    opened = rates(V * 1e3 + 65, np.exp)
    gates = [1e3 * (a * (1 - y[k]) - b * y[k]) for k, (a, b) in enumerate(opened.values(), 1)]
    moved = [i / (FARADAY * VOLUME * 1e-15) for i in (-i_Na, -i_K, i_Cl)]
    return [-(i_Na + i_K + i_Cl) / (1e-2 * AREA * 1e-12), *gates, *moved]


def test_the_action_potential() -> None:
    model = axon()
    run = bm.simulate(model, until=Q(20, "ms"))
    V = run.data.potential.values.ravel()
    assert 40 < V.max() < 45
    assert -75 < V.min() < -70  # the after-hyperpolarisation
    start, tight = [V0, *START.values(), *INSIDE.values()], {"rtol": 1e-11, "atol": 1e-12}
    times = run.trajectory.times
    due = solve_ivp(slopes, (0, 0.02), start, method="LSODA", t_eval=times, **tight).y
    assert np.abs(V - due[0] * 1e3).max() < 1e-5
    names = [x.name for x in model.states]
    for k, name in enumerate(START):
        assert np.abs(run.trajectory.block.y[names.index(name), :, 0] - due[1 + k]).max() < 1e-7
    run.ledger.check()
    assert {f.verdict for f in bm.audit(model)} == {"proven"}
    assert model.unaccounted == ("m", "h", "n")
