"""One solute is named in every way wherever a name is taken: by place, by side, and as results say
it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr
from builders import FUEL, SALINE, Cl, K, Na, cell, epithelium, lib

import biomembrane as bm
from biomembrane import Q, errors, symbols

WAYS = ("bath.K", "K@bath", "K@out")


@pytest.fixture(scope="module")
def model() -> bm.Model:
    parts = lambda on: [lib.leak(K, on), lib.leak(Cl, on), lib.NaKATPase(on)]  # noqa: E731
    return cell(parts, {Na: 10, K: 140, Cl: 20}, SALINE, held=FUEL, impermeant=bm.balance())


@pytest.mark.parametrize("way", WAYS)
def test_parameters_take_every_name_and_results_say_one(model: bm.Model, way: str) -> None:
    assert model.parameter(way).name == "bath.K"
    levels = xr.DataArray([3.0, 9.0], dims="level", attrs={"units": "mM"})
    run = bm.simulate(model, until="1 s", parameters={way: levels})
    assert run.data["bath.K"].values.tolist() == [3.0, 9.0]
    ready = bm.prepare(model, until="1 s", vary={way: "mM"}, parameters={"Na@out": Q(140, "mM")})
    same = bm.simulate(
        model, until="1 s", parameters={"bath.K": Q(9, "mM"), "bath.Na": Q(140, "mM")}
    )
    assert np.array_equal(ready([9.0]).data.amount, same.data.amount)
    assert (
        bm.simulate(
            model, until="1 s", parameters={way: bm.Protocol.steps("5 mM", ("0.5 s", "9 mM"))}
        )
        .data["bath.K"]
        .values[-1]
        == 9
    )


@pytest.mark.parametrize("way", WAYS)
def test_instruments_take_every_name(model: bm.Model, way: str) -> None:
    pump = model.transporters[-1]
    one, other = (
        bm.coupling(pump, "ATP", "Na", at={name: Q(9, "mM"), "V": Q(-50, "mV")})
        for name in ("bath.K", way)
    )
    assert np.array_equal(one.L, other.L)
    assert one.L[0, 0] != bm.coupling(pump, "ATP", "Na", at={"V": Q(-50, "mV")}).L[0, 0]
    tight = (Q(1, "mM"), Q(1.1, "mM"))
    flux = lambda s: s.parameter("P", Q(1, "fmol/s"), bm.dimension.FLUX) * s["K@in"] / symbols.c0  # noqa: E731
    law = bm.laws.Empirical(flux=flux, reason="one way")
    made = bm.Transporter("one_way", "K@in -> K@out", pump.on, law)
    narrow, same, wide = (
        bm.audit(made, over=over).findings[0].kJ for over in ({way: tight}, {"K@bath": tight}, None)
    )
    assert narrow == same != wide


@pytest.mark.parametrize("way", WAYS)
def test_figures_take_every_name(model: bm.Model, way: str) -> None:
    inside = way.replace("bath", "cell").replace("out", "in")
    run = bm.simulate(
        model,
        until="1 s",
        parameters={way: xr.DataArray([3.0, 9.0], dims="level", attrs={"units": "mM"})},
    )
    axes = bm.figures.response(run, of=inside, along="K@bath")
    assert axes.lines[0].get_xdata().tolist() == [3.0, 9.0]
    assert (
        bm.figures.response(run, of=("amount", inside)).get_ylabel() == "K⁺ in cell: amount (fmol)"
    )


def test_two_names_of_one_are_refused(model: bm.Model) -> None:
    with pytest.raises(errors.DuplicateName, match=r"give bath\.K alone"):
        bm.simulate(model, until="1 s", parameters={"bath.K": Q(4, "mM"), "K@out": Q(4, "mM")})
    with pytest.raises(errors.BadSettings, match=r"bath\.K"):
        bm.prepare(model, until="1 s", vary={"K@out": "mM"}, parameters={"K@bath": Q(4, "mM")})


def test_a_side_that_is_two_places_is_refused_and_told() -> None:
    """The cell has two membranes with a bath outside of each."""
    model = epithelium(floating=False)
    with pytest.raises(errors.UnknownName, match=r"which is .*blood\.Na") as caught:
        model.parameter("Na@out")
    assert "'Na@blood'" in caught.value.advice
    assert "'Na@lumen'" in caught.value.advice


@pytest.mark.parametrize("wrong", ["Na@nowhere", "Nb@in", "cell.Nb", 3])
def test_what_takes_a_name_says_which_it_wants(model: bm.Model, wrong: Any) -> None:
    takers = {
        "'cell.Na' or 'Na@cell'": lambda: bm.simulate(
            model, until="1 s", parameters={wrong: Q(1, "mM")}
        ),
        "'cell.Na', 'Na@cell' or 'Na@in'": lambda: bm.coupling(
            model.transporters[-1], "ATP", "Na", at={wrong: Q(1, "mM")}
        ),
        "'Na@cell', 'cell.Na' or, at one membrane, 'Na@in'": lambda: bm.audit(
            model.transporters[-1], over={wrong: (Q(1, "mM"), Q(2, "mM"))}
        ),
    }
    for told, call in takers.items():
        with pytest.raises(errors.UnknownName) as caught:
            call()
        assert told in caught.value.wanted


def test_a_given_name_is_printed_as_it_is_given() -> None:
    """In labels, figures' ends, tables, long names and LaTeX (where an escape is needed, and none
    is a blank).
    """
    flux = lambda s: (  # noqa: E731
        s.parameter("k_max_in", Q(1, "fmol/s"), bm.dimension.FLUX)
        * (s["K@in"] - s["K@out"])
        / symbols.c0
    )
    parts = lambda on: [  # noqa: E731
        lib.leak(K, on, name="K_leak_erm"),
        bm.Transporter(
            "K_own", "K@in -> K@out", on, bm.laws.Empirical(flux=flux, reason="a straight line")
        ),
    ]
    model = cell(parts, {K: 140, Cl: 140}, {K: 5, Cl: 5})
    run = bm.simulate(model, until="1 s")
    first, own = model.transporters
    assert (first.label, own.label) == ("K_leak_erm", "K_own")
    assert {"K_leak_erm", "K_own"} <= {f.source for f in run.ledger.flows()} | {
        f.target for f in run.ledger.flows()
    }
    assert model.parameter("K_own.k_max_in").long_name == "k_max_in of K_own"
    assert r"K\_leak\_erm" in bm.prove(first)._repr_latex_()
    formula = bm.Protocol.function(
        lambda t, level_1: level_1 + 0 * t,
        level_1=xr.DataArray([4.0, 5.0], dims="lane", attrs={"units": "mM"}),
    )
    scan = bm.simulate(model, until="1 s", parameters={"bath.K": formula})
    assert scan.data["bath.K.level_1"].attrs["long_name"] == "level_1 of the protocol of bath.K"
