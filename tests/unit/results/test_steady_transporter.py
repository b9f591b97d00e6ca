"""A transporter alone: the same fluxes as in a model, closed forms, and what is asked for."""

from __future__ import annotations

import math
import pickle
from functools import cache
from typing import Any

import numpy as np
import pytest
from builders import FUEL, RT, F, S, membrane, mM, nernst, sodium_pump
from hypothesis import given, settings
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane import library as lib
from biomembrane.library import K, Na, glucose

IN, OUT = {Na: 12.0, K: 130.0, glucose: 0.5, S: 2.0}, {Na: 140.0, K: 5.0, glucose: 4.0, S: 1.0}


@cache
def wall() -> bm.Membrane:
    return membrane(bm.Reservoir("cell", mM(IN | FUEL), floating=True),
                    bm.Reservoir("bath", mM(OUT)))  # fmt: skip


def levels(*names: str, V: float | None = -60, **more: Any) -> dict[str, Any]:
    """Levels of the two places by ``"Na@in"``."""
    place = {"in": {s.name: c for s, c in (IN | FUEL).items()},
             "out": {s.name: c for s, c in OUT.items()}}  # fmt: skip
    found = {n: Q(place[n.partition("@")[2]][n.partition("@")[0]], "mM") for n in names}
    return found | ({} if V is None else {"V": Q(V, "mV")}) | more


PUMP = ("Na@in", "Na@out", "K@in", "K@out", "ATP@in", "ADP@in", "Pi@in")
SGLT = ("Na@in", "Na@out", "glucose@in", "glucose@out")
MAKERS = {
    "NaKATPase": (lib.NaKATPase, PUMP),
    "GLUT2": (lib.GLUT2, ("glucose@in", "glucose@out")),
    "SGLT1": (lambda on: lib.SGLT1(on, data="eskandari_2005"), SGLT),
    "leak": (lambda on: lib.leak(K, on), ("K@in", "K@out")),
    "cycle": (sodium_pump, ("Na@in", "Na@out", "ATP@in", "ADP@in", "Pi@in")),
}


@pytest.mark.parametrize("name", MAKERS)
def test_alone_it_turns_as_in_a_model(name: str) -> None:
    """With both sides held a model is the transporter alone, at its initial potential."""
    make, needed = MAKERS[name]
    on = wall()
    t = make(on)
    model = bm.Model("patch", [t], potential={on: Q(-60, "mV")})
    start = bm.simulate(model, times=Q([0.0], "s")).data.isel(time=0)
    alone = bm.steady(t, at=levels(*needed)).data
    assert alone.flux.values == pytest.approx(start.flux.values, rel=1e-9, abs=1e-15)
    pools = [pool for pool in alone.solute.values if pool in ("cell.Na", "cell.K")]
    moved = sum(model.N[p].get(pool, 0) for p in model.N for pool in pools)
    assert moved == 0  # reservoirs have no rows; fluxes are compared process by process
    if "occupancy" in alone:
        share = start.amount.values / start.amount.values.sum()
        assert alone.occupancy.values == pytest.approx(share, rel=1e-9)
        assert alone.occupancy.values.sum() == pytest.approx(1, rel=1e-14)


def test_fluxes_of_species_and_the_current_count_the_same_turns() -> None:
    found = bm.steady(lib.NaKATPase(wall()), at=levels(*PUMP)).data
    turn = float(found.flux[0])
    by = dict(zip(found.solute.values, found.solute_flux.values, strict=True))
    assert [by[n] / turn for n in ("cell.Na", "bath.Na", "cell.K", "bath.K", "cell.ATP")] == (
        pytest.approx([-3, 3, 2, -2, -1])
    )
    assert float(found.current) == pytest.approx(F * turn * 1e-3, rel=1e-12)  # pA, outward
    assert float(found.dissipation[0]) == pytest.approx(turn * float(found.affinity[0]), rel=1e-12)


def test_an_i_v_curve_in_one_call_crosses_zero_at_its_reversal() -> None:
    V = np.linspace(-150, 250, 200)
    for name in ("leak", "SGLT1"):
        make, needed = MAKERS[name]
        found = bm.steady(make(wall()), at=levels(*needed, V=None), scan={"V": Q(V, "mV")})
        E = float(found.reversal())
        assert found.data.current.shape == (200,)
        assert found.data.V.attrs["units"] == "mV"
        near = np.interp(E, V, found.data.current.values)
        assert abs(near) < 2e-4 * np.abs(found.data.current.values).max()
    E = float(bm.steady(lib.leak(K, wall()), at=levels("K@in", "K@out")).reversal())
    assert E == pytest.approx(1e3 * nernst(1, 130, 5), rel=1e-12)


def test_the_pump_stalls_at_its_reversal() -> None:
    """E = (ΔG_ATP + 3 RT ln(Na_o/Na_i) + 2 RT ln(K_i/K_o))/F, affine in V."""
    pump = lib.NaKATPase(wall())
    E = float(bm.steady(pump, at=levels(*PUMP)).reversal())
    there = bm.steady(pump, at=levels(*PUMP, V=E)).data
    assert float(there.affinity[0]) == pytest.approx(0, abs=1e-10)
    assert float(there.flux[0]) == pytest.approx(0, abs=1e-15)
    at0 = bm.steady(pump, at=levels(*PUMP, V=0)).data
    assert E == pytest.approx(-1e6 * float(at0.affinity[0]) / F, rel=1e-12)


def test_a_cycle_of_one_loop_reverses_where_its_affinity_vanishes() -> None:
    cycle = sodium_pump(wall())
    needed = ("Na@in", "Na@out", "ATP@in", "ADP@in", "Pi@in")
    E = float(bm.steady(cycle, at=levels(*needed)).reversal())
    there = bm.steady(cycle, at=levels(*needed, V=E)).data
    size = float(abs(bm.steady(cycle, at=levels(*needed, V=E + 50)).data.current))
    assert float(there.current) == pytest.approx(0, abs=1e-9 * size)


@settings(max_examples=6)
@given(st.floats(0.01, 50), st.floats(0.1, 10), st.floats(0.2, 5))
def test_a_simple_carrier_saturates_as_michaelis_and_menten_say(
    half: float, top: float, inside: float
) -> None:
    """A carrier of two states that binds outside and lets go inside: with k the rate constants
    C1 → C2 (per mM) and C2 → C1, V_max and K½ at no product follow from k.
    """
    k_out = top / half
    steps = [
        ("C1 + S@out <-> C2", {"forward": Q(k_out, "1/mM/s"), "reverse": Q(inside, "1/s")}),
        ("C2 <-> C1 + S@in", {"forward": Q(top, "1/s")}),
    ]
    cycle = bm.Cycle("T", wall(), density=Q(2, "fmol"), states="C1 C2", steps=steps,
                     close=["C2 <-> C1"])  # fmt: skip
    found = bm.steady(cycle, at={"S@in": Q(0, "mM"), "S@out": Q(1, "mM")}).saturation("S@out")
    assert float(found.half) == pytest.approx((inside + top) / k_out, rel=1e-9)
    assert float(found.maximum) == pytest.approx(2 * top, rel=1e-9)
    assert float(found.minimum) == pytest.approx(0, abs=1e-8 * top)
    assert float(found.hill) == pytest.approx(1, rel=1e-7)


def test_two_ions_that_bind_at_once_have_a_hill_slope_of_two() -> None:
    steps = [
        ("C1 + 2 Na@out <-> C2", {"forward": Q(1, "1/mM^2/s"), "reverse": Q(3, "1/s")}),
        ("C2 <-> C1 + 2 Na@in", {"forward": Q(1, "1/s")}),
    ]
    cycle = bm.Cycle("T", wall(), density=Q(1, "fmol"), states="C1 C2", steps=steps,
                     close=["C2 <-> C1"], charge={"C2": 0})  # fmt: skip
    found = bm.steady(cycle, at=levels("Na@out", **{"Na@in": Q(0, "mM")}))
    shape = found.saturation("Na@out")
    assert float(shape.hill) == pytest.approx(2, rel=1e-7)


def test_a_symporter_holds_glucose_at_its_static_head() -> None:
    """Without slip (Na_o/Na_i)² e^{−2u}; here with the slip of its diagram, below that."""
    found = bm.steady(lib.SGLT1(wall(), data="eskandari_2005"), at=levels(*SGLT))
    head = float(found.static_head("glucose@in"))
    tight = 4.0 * (140 / 12) ** 2 * math.exp(2 * F * 0.06 / RT)
    assert 4.0 < head < tight
    there = bm.steady(
        found.transporter, at=levels(*SGLT[:2], "glucose@out", **{"glucose@in": Q(head, "mM")})
    ).data
    size = float(abs(found.data.solute_flux.sel(solute="cell.glucose")))
    assert float(there.solute_flux.sel(solute="cell.glucose")) == pytest.approx(0, abs=1e-10 * size)


def test_scans_are_crossed_and_equal_their_singles() -> None:
    pump = lib.NaKATPase(wall())
    at = {n: x for n, x in levels(*PUMP).items() if n not in ("Na@in", "V")}
    scan = {"V": Q([-80, 0], "mV"), "Na@in": Q([5, 20, 50], "mM")}
    found = bm.steady(pump, at=at, scan=scan).data
    assert found.flux.dims == ("process", "V", "Na@in")
    one = bm.steady(pump, at=at | {"V": Q(0, "mV"), "Na@in": Q(20, "mM")}).data
    assert found.turnover.sel(V=0, **{"Na@in": 20}).values == pytest.approx(
        one.turnover.values, rel=1e-13
    )
    more = bm.steady(pump, at=levels(*PUMP), scan={"NaKATPase.density": Q([1e3, 2e3], "1/um^2")})
    assert more.data.turnover.values[0, 0] == pytest.approx(more.data.turnover.values[0, 1])
    warm = bm.steady(lib.leak(K, wall()), at=levels("K@in", "K@out", temperature="20 degC"))
    assert float(warm.reversal()) == pytest.approx(1e3 * nernst(1, 130, 5, 293.15), rel=1e-12)


def test_water_needs_osmolarities() -> None:
    water = lib.water(wall())
    with pytest.raises(errors.BadSettings, match=r"'bath.osmolarity': Q"):
        bm.steady(water, at={})
    at = {"cell.osmolarity": Q(310, "mM"), "bath.osmolarity": Q(290, "mM")}
    assert float(bm.steady(water, at=at).data.flux[0]) > 0
    level = bm.steady(water, at=dict.fromkeys(at, Q(300, "mM"))).data
    assert float(level.flux[0]) == pytest.approx(0, abs=1e-18)


def test_what_is_missing_is_named_with_how_to_give_it() -> None:
    pump = lib.NaKATPase(wall())
    at = levels(*PUMP)
    del at["K@out"]
    with pytest.raises(errors.BadSettings, match=r"'K@out': Q\(5, 'mM'\)") as e:
        bm.steady(pump, at=at)
    assert "'bath.K', 'K@bath' or 'K@out'" in str(e.value)
    del at["V"]
    with pytest.raises(errors.BadSettings, match=r"'V': Q\(-60, 'mV'\)"):
        bm.steady(pump, at=at)
    assert bm.steady(lib.GLUT2(wall()), at=levels("glucose@in", "glucose@out", V=None))


@pytest.mark.parametrize(
    ("at", "scan", "kind"),
    [
        ({"V": -60}, None, errors.BareNumber),
        ({"V": Q(5, "mM")}, None, errors.UnitMismatch),
        ({"Q@in": Q(5, "mM")}, None, errors.UnknownName),
        ({"K@in": Q(-5, "mM")}, None, errors.OutOfDomain),
        ({"K@in": Q(math.nan, "mM")}, None, errors.NotFinite),
        ({"K@in": Q([1, 2], "mM")}, None, errors.NotANumber),
        ({"K@in": Q(5, "mM"), "cell.K": Q(5, "mM")}, None, errors.DuplicateName),
        ({}, {"V": Q(-60, "mV")}, errors.NotANumber),
        ({}, {"V": Q([], "mV")}, errors.NotANumber),
        ({"V": Q(0, "mV")}, {"V": Q([1, 2], "mV")}, errors.DuplicateName),
        ([1], None, errors.WrongType),
    ],
)
def test_what_steady_refuses(at: Any, scan: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        bm.steady(lib.leak(K, wall()), at=at, scan=scan)


def test_what_has_no_maximum_says_so() -> None:
    leak = bm.steady(lib.leak(K, wall()), at=levels("K@in", "K@out"))
    with pytest.raises(errors.BadSettings, match="keeps rising"):
        leak.saturation("K@in")
    with pytest.raises(errors.UnknownName):
        leak.saturation("Na@in")
    carrier = bm.steady(lib.GLUT2(wall()), at=levels("glucose@in", "glucose@out", V=None))
    with pytest.raises(errors.NoVoltage, match="static_head"):
        carrier.reversal()
    assert float(carrier.static_head("glucose@in")) == pytest.approx(4.0, rel=1e-9)
    with pytest.raises(errors.WrongType):
        bm.steady(wall(), at={})  # type: ignore[arg-type]


def test_a_law_that_reads_a_gate_is_given_its_state() -> None:
    from resting import gated

    channel = gated().transporters[0]
    at = {"K@in": Q(140, "mM"), "K@out": Q(5, "mM"), "V": Q(0, "mV")}
    with pytest.raises(errors.BadSettings, match=r"'gate': 0\.5"):
        bm.steady(channel, at=at)
    half, whole = (bm.steady(channel, at=at | {"gate": x}).data.current for x in (0.5, 1.0))
    assert float(whole) == pytest.approx(2 * float(half), rel=1e-14)


def test_it_is_pickled_and_shown() -> None:
    found = bm.steady(lib.GLUT2(wall()), at=levels("glucose@in", "glucose@out", V=None))
    again = pickle.loads(pickle.dumps(found))
    assert again.data.equals(found.data)
    assert "GLUT2" in repr(again)
    assert "flux" in again._repr_html_()
