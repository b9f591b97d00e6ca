"""Parameters that change in time: the books."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
import sympy as sp
from builders import FUEL, RT, SALINE, cell
from contracts.timed import channel, level, paper, ramps, run, steps
from scipy.integrate import quad

import biomembrane as bm
from biomembrane import Protocol, Q, solvers
from biomembrane import library as lib
from biomembrane.library import K, Na

# --- the books


def test_what_a_step_imposes_is_the_jump_of_the_exergy():
    """RT·W·[c ln(b/b′) + b′ − b] by hand, at once, and nothing before or after it."""
    made = run(steps(1, (10, 20)), [0, 5, math.nextafter(10, 0), 10, 20, 30])
    c = 1 + 8 * math.exp(-1)
    jump = RT * (c * math.log(1 / 20) + 20 - 1) * 1e-3  # fJ into pJ, 1 pL
    assert made.ledger.imposed.values == pytest.approx([0, 0, 0, jump, jump, jump], rel=1e-7)


def test_what_a_ramp_imposes_is_the_integral_of_its_slope():
    """∫ RT·W·(1 − c/b)·db/dt dt with c(t) known on paper, and the exergy changes by it less the
    heat.
    """
    points = [(5.0, 1.0), (25.0, 21.0)]
    made = run(ramps(*points))
    by_hand = (
        quad(
            lambda t: 1 - paper("ramps", points, [0.0, t])[1] / level("ramps", points, t)[0],
            5,
            25,
            epsabs=1e-11,
        )[0]
        * RT
        * 1e-3
    )
    imposed, heat, stored = (
        float(getattr(made.ledger, line)[-1]) for line in ("imposed", "dissipated", "stored")
    )
    assert imposed == pytest.approx(by_hand, rel=1e-6)
    assert imposed - heat == pytest.approx(stored, rel=1e-6)
    assert made.ledger.imposed.sel(time=5.0) == pytest.approx(0.0, abs=1e-12)


def test_a_capacitor_that_is_pulled_apart_takes_in_work():
    """A step of the capacitance at constant charge imposes ½q²(1/C′ − 1/C), and V jumps by C/C′."""
    half = Protocol.steps(Q(1, "uF/cm^2"), (Q(1, "ms"), Q(0.5, "uF/cm^2")))
    before = math.nextafter(1e-3, 0)
    made = bm.simulate(
        channel(), times=Q([0, before, 1e-3, 5e-3], "s"), parameters={"membrane.capacitance": half}
    )
    V = made.data.potential.values[:, 0] / 1e3
    q = 1e-2 * 100e-12 * V[1]
    assert V[2] == pytest.approx(2 * V[1], rel=1e-9)
    assert float(made.ledger.imposed[-1]) == pytest.approx(
        0.5 * q**2 / 1e-12 * 1e12, rel=1e-9
    )  # pJ
    made.ledger.check()


@cache
def pump():
    """A cell with a pump and leaks, in saline."""
    parts = [
        lib.NaKATPase,
        lambda on: lib.leak(K, on, permeability=Q(5e-7, "cm/s")),
        lambda on: lib.leak(Na, on, permeability=Q(2e-8, "cm/s")),
    ]
    return cell(
        lambda on: [p(on) for p in parts],
        {Na: 12, K: 130, lib.Cl: 8},
        SALINE,
        V=-70,
        held=FUEL,
        impermeant=bm.balance(),
    )


def several():
    """Steps, ramps and a formula at once."""
    return {
        "bath.K": steps(4.5, (60, 20), (120, 4.5)),
        "cell.ATP": ramps((30, 4.0), (150, 1.0)),
        "Na_leak.permeability": Protocol.function(
            lambda t, high, T: high * (1 + sp.cos(2 * sp.pi * t / T)) / 2,
            high=Q(4e-8, "cm/s"),
            T=Q(90, "s"),
        ),
    }


def test_native_equals_radau_with_every_kind_of_protocol():
    """States, books and imposed work of a pumping cell by both solvers, to 1e-6; both close."""
    times = Q(np.linspace(0, 180, 37), "s")
    ours = bm.simulate(pump(), times=times, parameters=several())
    theirs = bm.simulate(
        pump(), times=times, parameters=several(), solver=solvers.SciPy("Radau", rtol=1e-10)
    )
    assert ours.solution.y == pytest.approx(theirs.solution.y, rel=1e-6, abs=1e-6)
    passed = float(ours.ledger.passed[-1])
    assert abs(float(ours.ledger.imposed[-1])) > 0.1
    for line in ("imposed", "spent", "dissipated", "stored"):
        a, b = getattr(ours.ledger, line).values, getattr(theirs.ledger, line).values
        assert a == pytest.approx(b, abs=1e-6 * passed), line
    for made in (ours, theirs):
        assert float(made.ledger.check().residual_relative[-1]) < 1e-7
