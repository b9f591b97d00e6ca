"""Buffers, carbonic acid and intrinsic buffering of the library."""

from __future__ import annotations

import math
import pickle

import pytest
from equilibrated import vessel
from hypothesis import given
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane import library as lib
from biomembrane.library import CO2, HCO3, Ca, H, Mg

PH = st.floats(5, 9)


def mM(quantity):
    return float(quantity.to("mM").magnitude)


@given(PH, st.floats(0.1, 100))
def test_contents_follow_henderson_and_hasselbalch(pH: float, total: float) -> None:
    """Both forms add up, in the ratio of the pH; the power is the slope of what is bound."""
    both = lib.HEPES.contents(Q(total, "mM"), pH=pH)
    acid, base = mM(both[lib.HEPES.bound]), mM(both[lib.HEPES.free])
    assert acid + base == pytest.approx(total)
    assert math.log10(base / acid) == pytest.approx(pH - 7.565, abs=1e-9)
    near = lib.HEPES.contents(Q(total, "mM"), pH=pH + 1e-5)
    slope = (acid - mM(near[lib.HEPES.bound])) / 1e-5
    assert mM(lib.HEPES.power(Q(total, "mM"), pH=pH)) == pytest.approx(slope, rel=1e-3)


def test_published_constants() -> None:
    """pK of Vega & Bates 1976; EGTA at pH 6.80; Mg-ATP of the standard energies."""
    for buffer, pK in ((lib.MES, 6.27), (lib.BES, 7.187), (lib.TES, 7.55), (lib.HEPES, 7.565)):
        assert -math.log10(buffer.value / 1e3) == pytest.approx(pK, abs=1e-12)
        assert "Vega" in str(buffer.constant.source)
        assert pickle.loads(pickle.dumps(buffer)) == buffer
    assert lib.EGTA.value == pytest.approx(1e-3)
    assert lib.EGTA.ligand is Ca
    assert lib.ATP_Mg.ligand is Mg
    assert lib.ATP_Mg.value == pytest.approx(1e3 * 10**-3.88)
    half = lib.EGTA.contents("2 mM", level="1 uM")
    assert [mM(x) for x in half.values()] == pytest.approx([1, 1])


def test_carbon_dioxide_and_bicarbonate() -> None:
    """pK 6.13 from the rates without a catalyst; a catalyst changes rates and no constant."""
    inside = lib.carbonate_contents(CO2="1.2 mM", pH=7.4)
    assert mM(inside[HCO3]) == pytest.approx(1.2 * 10 ** (7.4 - 6.12984), rel=1e-4)
    assert mM(inside[H]) == pytest.approx(10**-4.4)
    cell = vessel(CO2, HCO3, H)
    instant = lib.carbonate(cell)
    assert instant.instant
    for anhydrase, rate in ((False, 0.12), (10_000, 1200.0)):
        slow = lib.carbonate(cell, anhydrase=anhydrase)
        assert slow.parameters["carbonate_cell.rate"].value == pytest.approx(rate)
        assert slow.parameters["carbonate_cell.K"] == instant.parameters["carbonate_cell.K"]
    with pytest.raises(errors.OutOfDomain, match="10_000"):
        lib.carbonate(cell, anhydrase=0.5)


@given(st.floats(6, 8), st.floats(1, 50))
def test_an_intrinsic_power_at_one_ph(pH: float, power: float) -> None:
    sites = lib.intrinsic(Q(power, "mM"), pH=pH)
    assert mM(sites.power(pH=pH)) == pytest.approx(power)
    assert mM(sites.power(pH=pH + 0.5)) < power


def test_an_intrinsic_power_at_several_ph() -> None:
    """Sites whose power is as given; one that changes faster than any site's is refused."""
    at, power = [6.4, 6.8, 7.2, 7.6], [30.0, 20.0, 15.0, 12.0]
    sites = lib.intrinsic(Q(power, "mM"), pH=at)
    assert [mM(sites.power(pH=x)) for x in at] == pytest.approx(power, rel=0.02)
    contents = sites.contents(pH=7)
    assert len(contents) == 2 * len(sites.sites)
    cell = bm.Compartment("cell", volume="1 pL", contents={**contents, H: lib.at_pH(7)})
    assert len(sites.equilibria(cell)) == len(sites.sites)
    for wrong, says in (([30.0, 1.0, 15.0, 12.0], "at pH 6.8"), ([-1.0, 1, 1, 1], "powers >= 0")):
        with pytest.raises(errors.OutOfDomain, match=says):
            lib.intrinsic(Q(wrong, "mM"), pH=at)


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda: lib.HEPES.contents("10 mM"), errors.BadSettings),
        (lambda: lib.HEPES.contents("10 mM", pH=7, level="1 mM"), errors.BadSettings),
        (lambda: lib.EGTA.contents("10 mM", pH=7), errors.BadSettings),
        (lambda: lib.HEPES.contents("-1 mM", pH=7), errors.OutOfDomain),
        (lambda: lib.HEPES.contents(10, pH=7), errors.BareNumber),
        (lambda: lib.HEPES.contents("10 mV", pH=7), errors.UnitMismatch),
        (lambda: lib.at_pH("7 mM"), errors.UnitMismatch),
        (lambda: lib.buffer("X"), errors.BadSettings),
        (lambda: lib.buffer("X", pK=7, K="1 uM"), errors.BadSettings),
        (lambda: lib.buffer("X", K="0 uM"), errors.OutOfDomain),
        (lambda: lib.buffer("X", pK=7, ligand="H"), errors.WrongType),
        (lambda: lib.intrinsic(Q([1, 2], "mM"), pH=7), errors.BadSettings),
        (lambda: lib.HEPES.equilibrium("cell"), errors.WrongType),
        (lambda: lib.HEPES.equilibrium(vessel(H)), errors.MissingSpecies),
    ],
)
def test_what_is_wrong_is_told(call, kind) -> None:
    with pytest.raises(kind):
        call()
