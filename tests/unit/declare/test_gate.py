"""Gates: relaxation in closed form, starts that follow V and contents, and what is refused."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy as sp
import xarray as xr
from builders import Cl, K, Na, cell, lib, patch
from hypothesis import given, settings
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import Q, errors, laws, symbols
from biomembrane.testing import check_model

ALPHA, BETA = 3.0, 1.0  # 1/s


def channel(on: bm.Membrane, by: Any, name: str = "K_v") -> bm.Transporter:
    return bm.Transporter(
        name, "K@in -> K@out", on, laws.Ohmic(conductance=Q(1, "mS/cm^2")), modulator=by
    )


def gated(gate: Any, V: float = -20.0) -> bm.Model:
    """A cell whose potassium channel has one gate, made by ``gate(membrane)``."""

    def parts(on: bm.Membrane) -> list[bm.Transporter]:
        n = gate(on)
        return [channel(on, lambda s: s[n] ** 2), lib.leak(K, on), lib.leak(Cl, on)]

    return cell(parts, {K: 100, Cl: 100}, {K: 5, Cl: 5}, V=V)


def sensing(on: bm.Membrane, **more: Any) -> bm.Gate:
    """A gate whose rates sense V."""

    def per_ms(z: float) -> Any:
        return lambda s: sp.exp(z * s.u) / s.quantity("1 ms")

    return bm.Gate("n", on, opening=per_ms(1.5), closing=per_ms(-0.5), **more)


def test_it_relaxes_at_the_sum_of_its_rates_in_both_forms() -> None:
    rates = gated(lambda on: bm.Gate("n", on, opening="3 1/s", closing="1 1/s", start=0.1))
    tau = gated(lambda on: bm.Gate("n", on, steady=0.75, time_constant="250 ms", start=0.1))
    for model in (rates, tau):
        run = bm.simulate(model, until="2 s")
        due = 0.75 + (0.1 - 0.75) * np.exp(-4 * run.data.time)
        assert np.allclose(run.data.open_fraction.sel(gate="n"), due, rtol=0, atol=1e-8)
        assert run.data.open_fraction.attrs["units"] == "1"
        run.ledger.check()
        assert "n" in str(run.ledger).rpartition("outside this ledger")[2]
        assert model.unaccounted == ("n",)
    assert set(rates.parameters) >= {"n.opening", "n.closing", "n.start"}
    assert set(tau.parameters) >= {"n.steady", "n.time_constant"}


def test_without_a_start_it_starts_where_it_would_rest_in_every_lane() -> None:
    model = gated(sensing)
    assert "n.start" not in model.parameters
    V0 = xr.DataArray(np.linspace(-90, 60, 7), dims="V0", attrs={"units": "mV"})
    run = bm.simulate(model, times=Q([0.0], "s"), parameters={"membrane.potential": V0})
    u = V0.values * 1e-3 * 96485.33212331002 / (8.31446261815324 * 310.15)
    assert np.allclose(run.data.open_fraction[0, 0], 1 / (1 + np.exp(-2 * u)), rtol=1e-12)


def test_a_start_follows_contents_other_gates_and_the_temperature() -> None:
    def parts(on: bm.Membrane) -> list[Any]:
        first = bm.Gate(
            "first", on, steady=lambda s: s["K@in"] / (s["K@in"] + s["K@out"]), time_constant="1 s"
        )
        second = bm.Gate("second", on, steady=lambda s: s[first] ** 2, time_constant="1 s")
        warm = bm.Gate("warm", on, steady=lambda s: s.T / s.quantity("1000 K"), time_constant="1 s")
        return [channel(on, lambda s: s[second] * s[warm]), lib.leak(Cl, on)]

    model = cell(parts, {K: 100, Cl: 100}, {K: 5, Cl: 5})
    given = {"bath.K": Q(25, "mM"), "bath.Cl": Q(25, "mM"), "temperature": Q(300, "kelvin")}
    x = bm.simulate(model, times=Q([0.0], "s"), parameters=given).final("open_fraction")
    assert {k: float(q.magnitude) for k, q in x.items()} == pytest.approx(
        {"first": 0.8, "second": 0.64, "warm": 0.3}, rel=1e-12
    )


def test_a_start_that_cannot_be_known_is_refused() -> None:
    on = sensing_membrane()
    a = bm.Gate(
        "a", on, steady=lambda s: abs(s.flux("K_v")) / s.quantity("1 mol/s"), time_constant="1 s"
    )
    with pytest.raises(errors.BadSettings, match=r"reads J\[K_v\]") as wrong:
        bm.Model("m", [channel(on, lambda s: s[a])])
    assert "start=0.5" in wrong.value.advice
    known = bm.Gate(
        "a", on, steady=lambda s: abs(s.flux("K_v")) / s.quantity("1 mol/s"),
        time_constant="1 s", start=0.5,
    )  # fmt: skip
    bm.simulate(bm.Model("m", [channel(on, lambda s: s[known])]), until="1 ms").ledger.check()


def sensing_membrane() -> bm.Membrane:
    model = gated(sensing)
    membrane: bm.Membrane = model.membranes[0]
    return membrane


@settings(max_examples=20)
@given(st.floats(-0.15, 0.15), st.floats(-4, 4), st.floats(-4, 4))
def test_the_open_fraction_stays_one_and_the_steady_value_is_where_the_rate_is_zero(
    V: float, z1: float, z2: float
) -> None:
    on = _ON
    gate = bm.Gate(
        "n", on,
        opening=lambda s: sp.exp(z1 * s.u) / s.quantity("1 ms"),
        closing=lambda s: sp.exp(z2 * s.u) / s.quantity("1 ms"),
    )  # fmt: skip
    at = {symbols.potential(on.name): V, symbols.T: 310.15, symbols.F: 96485.3, symbols.R: 8.314}
    steady = float(gate.steady_state.expression.subs(at))
    assert 0 <= steady <= 1
    rate = gate.formula.expression.subs(at)
    size = abs(float(rate.subs(gate.symbol, 0))) + abs(float(rate.subs(gate.symbol, 1)))
    assert abs(float(rate.subs(gate.symbol, steady))) <= 1e-12 * size
    assert float(rate.subs(gate.symbol, 0)) >= 0 >= float(rate.subs(gate.symbol, 1))


_ON = sensing_membrane()


def per_second(number: float) -> Any:
    return lambda s: number / s.quantity("1 s")


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({}, errors.WrongType, "none of them"),
        ({"opening": "1 1/s"}, errors.WrongType, "opening= and closing="),
        ({"opening": "1 1/s", "steady": 0.5}, errors.WrongType, "opening= and steady="),
        ({"opening": "1 1/s", "closing": 1.0}, errors.BareNumber, "n.closing"),
        ({"opening": "1 1/s", "closing": "1 mV"}, errors.UnitMismatch, "1/s"),
        ({"opening": "-1 1/s", "closing": "1 1/s"}, errors.OutOfDomain, "n.opening"),
        ({"opening": per_second(-1), "closing": "1 1/s"}, errors.NegativeRate, "rate of opening"),
        ({"opening": lambda s: s.V, "closing": "1 1/s"}, errors.DimensionError, "n, opening"),
        ({"opening": lambda s: s["Ca@in"], "closing": "1 1/s"}, errors.UnknownName, "Ca@in"),
        ({"opening": lambda: 1, "closing": "1 1/s"}, errors.WrongType, "one argument"),
        ({"steady": 1.5, "time_constant": "1 s"}, errors.OutOfDomain, "from 0 to 1"),
        ({"steady": 0.5, "time_constant": "0 s"}, errors.OutOfDomain, "above zero"),
        ({"steady": float("nan"), "time_constant": "1 s"}, errors.NotFinite, "finite"),
        ({"steady": lambda s: 2 + 0 * s.u, "time_constant": "1 s"}, errors.NegativeRate, "0 to 1"),
        ({"steady": 0.5, "time_constant": "1 s", "start": 2}, errors.OutOfDomain, "n.start"),
        ({"steady": 0.5, "time_constant": "1 s", "begin": 2}, errors.UnknownKeyword, "begin"),
        ({"name": "a b", "steady": 0.5, "time_constant": "1 s"}, errors.BadName, "a_b"),
        ({"on": "wall", "steady": 0.5, "time_constant": "1 s"}, errors.WrongType, "membrane"),
    ],
)
def test_what_is_wrong_is_told(
    arguments: dict[str, Any], error: type[Exception], words: str
) -> None:  # fmt: skip
    with pytest.raises(error) as wrong:
        bm.Gate(**({"name": "n", "on": _ON} | arguments))
    assert words in str(wrong.value)


def test_a_gate_is_compared_sent_copied_and_printed(tmp_path: Path) -> None:
    one = bm.Gate("n", _ON, opening="3 1/s", closing="1 1/s")
    for other in (pickle.loads(pickle.dumps(one)), copy.deepcopy(one)):
        assert other == one
        assert hash(other) == hash(one)
    assert one != bm.Gate("n", _ON, opening="4 1/s", closing="1 1/s")
    assert one != bm.Gate("n", _ON, opening="3 1/s", closing="1 1/s", start=0.75)
    assert "steady value" in repr(one)
    assert "n.opening" in one._repr_html_()
    assert r"x_{\mathrm{n}}" in one._repr_latex_()
    model = gated(sensing)
    assert pickle.loads(pickle.dumps(model)) == model
    assert "steady value" in model._repr_html_()
    assert pickle.loads(pickle.dumps(model)).hash == gated(sensing).hash != gated(
        lambda on: sensing(on, start=0.5)
    ).hash  # fmt: skip
    run = bm.simulate(model, until="10 ms")
    bm.save(run, tmp_path / "run.nc")
    saved = bm.open_run(tmp_path / "run.nc")
    assert saved.data.open_fraction.identical(run.data.open_fraction)
    assert saved.final("open_fraction") == run.final("open_fraction")
    on = bm.simulate(model, until="10 ms", start=saved)
    assert float(on.data.open_fraction[0, 0]) == float(run.data.open_fraction[-1, 0])
    kept = bm.simulate(model, until="10 ms", keep=["open_fraction"], parameters={
        "bath.K": xr.DataArray([5.0, 5.0], dims="k", attrs={"units": "mM"})
    })  # fmt: skip
    assert np.allclose(kept.data.open_fraction.isel(k=0), run.data.open_fraction, atol=1e-9)


def test_instruments_know_that_it_does_no_work() -> None:
    model = gated(sensing)
    audited = bm.audit(model)
    assert audited.verdict == "proven"
    for text in (str(audited), str(bm.prove(model)), audited._repr_html_()):
        assert "does no work" in text
    assert "modulated by n" in str(bm.prove(model.transporters[0]))
    report = check_model(model, examples=5)
    assert {"flux_follows_affinity", "detailed_balance", "books_close"} <= set(report.checked)
    assert not any("n" in column for column in model.N.values())


def test_couplings_take_a_gate_where_it_rests() -> None:
    on = patch(
        lambda on: [lib.leak(K, on)], {K: 100, Na: 10, Cl: 50}, {K: 5, Na: 140, Cl: 100}
    ).membranes[0]
    law = laws.Onsager(coefficient="1e-20 mol^2/J/s")

    def moved(by: Any) -> bm.Transporter:
        return bm.Transporter("KCC", "K@in + Na@in -> K@out + Na@out", on, law, modulator=by)

    gate = bm.Gate("g", on, steady=0.25, time_constant="1 s")
    assert gate.value == 0.25
    half = bm.coupling([moved(lambda s: s[gate]), lib.leak(K, on)], "K", "Na")
    whole = bm.coupling([moved(None), lib.leak(K, on)], "K", "Na")
    assert half.L[1, 1] == pytest.approx(0.25 * whole.L[1, 1], rel=1e-9)
