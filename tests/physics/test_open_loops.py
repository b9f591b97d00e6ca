"""Energy from nothing: what loops of hosted cycles make whose constants do not close, J·ε by loop,
whatever the order of the steps.
"""

import math
from typing import Any

import numpy as np
import pytest
from builders import RT, membrane, mM
from hypothesis import given
from hypothesis import strategies as st
from strategies import fewer

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane.library import K, Na, glucose

ON = membrane(
    bm.Reservoir("cell", mM({glucose: 5, Na: 10}), floating=True),
    bm.Reservoir("bath", mM({glucose: 5, Na: 10, K: 1})),
)
TIMES = Q([0, 10, 40], "s")


def ring(last: float, order: Any = (0, 1, 2), turned: Any = (), bypass: float = 0.0) -> bm.Cycle:
    """Glucose carried by three states whose loop closes with 50 per second at the end; ``bypass``
    is a second way from C to A.
    """
    steps = [
        ("A + glucose@out", "B", 10, "/mM", 50, ""),
        ("B", "C + glucose@in", 50, "", 10, "/mM"),
        ("C", "A", 50, "", last, ""),
    ]
    if bypass:
        steps.append(("C + Na@in", "A + Na@out", bypass, "/mM", 1, "/mM"))
    made = []
    for k in (*order, *range(3, len(steps))):
        a, b, up, before, down, after = steps[k]
        one = (
            f"{a} <-> {b}",
            {"forward": Q(up, f"1/s{before}"), "reverse": Q(down, f"1/s{after}")},
        )
        other = (
            f"{b} <-> {a}",
            {"forward": Q(down, f"1/s{after}"), "reverse": Q(up, f"1/s{before}")},
        )
        made.append(other if k in turned else one)
    charge = {"B": "0.5"} if bypass else {}
    return bm.Cycle(
        "ring",
        ON,
        density=Q(1, "fmol"),
        states="A B C",
        steps=made,
        reason="as printed",
        charge=charge,
    )


def run(cycle: bm.Cycle, *more: bm.Transporter) -> bm.Run:
    return bm.simulate(
        bm.Model("m", [cycle, *more]), times=TIMES, solver=bm.solvers.Native(rtol=1e-10)
    )


def flux(last: float) -> float:
    """J of the ring at 5 mM on both sides, from the balance of its states."""
    up, down = np.array([50.0, 50.0, 50.0]), np.array([50.0, 50.0, last])
    M = np.array(
        [[-up[0] - down[2], down[0], up[2]], [up[0], -down[0] - up[1], down[1]], [1, 1, 1]]
    )
    n = np.linalg.solve(M, [0, 0, 1])
    return float(up[0] * n[0] - down[0] * n[1])


@pytest.mark.parametrize("last", [50 / 8, 50 * 3])
def test_a_loop_at_its_steady_state_makes_flux_times_excess(last: float) -> None:
    """J·RT ln(50/last) a second: made of nothing where the ring turns as its excess drives it,
    which it does without gradients.
    """
    made = run(ring(last)).ledger
    assert len(made.free.loop) == 1
    late = float(made.free.isel(time=2, loop=0) - made.free.isel(time=1, loop=0))
    assert late == pytest.approx(30 * flux(last) * RT * math.log(50 / last) * 1e-3, rel=1e-6)
    assert late > 0
    assert float(made.unpaid[-1]) == pytest.approx(float(made.free.isel(time=2).sum()), rel=1e-12)
    with pytest.raises(errors.UphillForFree, match=r"pJ by ring:") as caught:
        made.check()
    assert caught.value.wanted == "no energy from nothing, Σ J·ε ≤ 0"
    assert "does not close: J·ε = " in str(made)
    assert " pJ from nothing" in made._repr_html_()


@fewer(0.1)
@given(st.permutations(range(3)), st.sets(st.integers(0, 3)), st.floats(2, 20))
def test_what_is_made_depends_on_no_order_of_steps(
    order: list[int], turned: set[int], bypass: float
) -> None:
    """Two open loops: their sum stays to the last digits, and is what the rates dissipate beyond
    what the affinities give.
    """
    base, other = (run(ring(50 / 8, *how, bypass=bypass)) for how in ((), (order, turned)))
    assert len(base.ledger.free.loop) == len(other.ledger.free.loop) == 2
    first, second = (float(r.ledger.free.isel(time=-1).sum()) for r in (base, other))
    assert second == pytest.approx(first, rel=1e-8)
    for each in (base, other):
        excess = 0.0
        last = each.data.isel(time=-1)
        cycle = each.model.transporters[0]
        at = {
            "c[bath.glucose]": 5,
            "c[cell.glucose]": 5,
            "c[cell.Na]": 10,
            "c[bath.Na]": 10,
            "V[membrane]": last.potential.values.item() / 1e3,
        }
        at |= {
            p.name: float(last.amount.sel(pool=p.name))
            for p in each.model.states
            if p.is_amount and p.concentration is None
        }
        for process, (text, given_) in zip(cycle.processes, cycle.steps, strict=True):
            a, b = (side.replace(" ", "").split("+") for side in text.split("<->"))
            rates = [given_["forward"].magnitude, given_["reverse"].magnitude]
            charge = float(dict(process.reaction.charge_moved()).get("cell", 0))
            u = charge * 96485.33212331001 * at["V[membrane]"] / RT
            log = math.log(rates[0] / rates[1]) - u
            for sign, side in ((1, a), (-1, b)):
                for what in side:
                    log += sign * math.log(
                        at[f"ring.{what}"]
                        if "@" not in what
                        else {"glucose": 5, "Na": 10}[what.split("@")[0]]
                    )
            J, A = (
                float(last.flux.sel(process=process.name)),
                float(last.affinity.sel(process=process.name)) * 1e3,
            )
            excess += J * (RT * log - A)
        late = each.ledger.free
        power = float((late.isel(time=2) - late.isel(time=1)).sum()) / 30 * 1e3
        assert power == pytest.approx(excess, rel=1e-5)


def test_closed_constants_and_loops_that_lose_are_no_free_lunch() -> None:
    """The ring that is hosted and closes; the ring against its excess, driven by a gradient of 5 to
    0.1 mM.
    """
    made = run(ring(50.0)).ledger.check()
    assert float(abs(made.free).max()) < 1e-12
    steep = bm.simulate(
        bm.Model("m", [ring(60.0)]), times=TIMES, parameters={"cell.glucose": Q(0.1, "mM")}
    ).ledger
    assert float(steep.free.isel(time=-1).sum()) < 0
    assert float(steep.unpaid[-1]) == 0
    steep.check()


def test_a_loop_that_makes_a_part_in_a_million_is_told_and_none_after_its_repair() -> None:
    """No tolerance: 1e-6 of RT around the loop, beside a leak that dissipates far more."""
    leak = bm.Transporter("leak", "K@out -> K@in", ONK, bm.laws.GHK(permeability=Q(1e-3, "cm/s")))
    cycle = bm.Cycle(
        "ring",
        ONK,
        density=Q(1, "fmol"),
        states="A B C",
        steps=ring(50 * (1 - 1e-5)).steps,
        reason="as printed",
    )
    hosted = bm.simulate(bm.Model("m", [cycle, leak]), times=TIMES)
    assert 0 < float(hosted.ledger.unpaid[-1]) < 1e-5 * float(hosted.ledger.passed[-1])
    with pytest.raises(errors.UphillForFree):
        hosted.ledger.check()
    bm.simulate(bm.Model("m", [bm.make_consistent(cycle).made, leak]), times=TIMES).ledger.check()


ONK = membrane(
    bm.Reservoir("cell", mM({glucose: 5, K: 100}), floating=True),
    bm.Reservoir("bath", mM({glucose: 5, K: 1})),
)


def test_a_kept_scan_is_judged_like_its_runs() -> None:
    import xarray as xr

    given_ = {"ring.C-A.reverse": xr.DataArray([50.0, 10.0], dims="k", attrs={"units": "1/s"})}
    model = bm.Model("m", [ring(50 / 8)])
    whole = bm.simulate(model, until="5 s", parameters=given_)
    kept = bm.simulate(model, until="5 s", parameters=given_, keep="final")
    assert kept.data.ledger_unpaid.values == pytest.approx(
        whole.ledger.unpaid.values[-1], rel=1e-9, abs=1e-12
    )
    for each in (whole, kept):
        with pytest.raises(errors.UphillForFree):
            each.ledger.check()


@fewer(0.1)
@given(st.permutations(range(3)), st.sets(st.integers(0, 3)), st.sampled_from([0.0, 3.0]))
def test_a_loop_has_one_name_in_audit_proof_and_ledger(
    order: list[int], turned: set[int], bypass: float
) -> None:
    """Whichever way the steps are listed and written; what a finding is called picks the energy of
    its loop.
    """
    cycle = ring(50 / 8, order, turned, bypass)
    told = {finding.subject for finding in bm.audit(cycle).findings}
    free = run(cycle).ledger.free
    assert set(free.loop.values) <= told
    assert len(free.loop) == (2 if bypass else 1)
    assert set(free.loop.values) <= {statement.name for statement in bm.prove(cycle).statements}
