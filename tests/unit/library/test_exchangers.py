"""The Na⁺/H⁺ exchanger of the library."""

from __future__ import annotations

import pytest
from builders import at, cell

import biomembrane as bm
from biomembrane import Q
from biomembrane import library as lib
from biomembrane.library import H, Na


def exchanged(sodium: float, out: float = 140.0) -> float:
    """Flux of 100 µm² with 2.75 pmol/cm², from pH 7.2 to 7.4 [fmol/s]."""
    inside, outside = {Na: sodium, H: 10**-4.2}, {Na: out, H: 10**-4.4}
    model = cell(lambda on: [lib.NHE3(on)], inside, outside, impermeant=bm.balance(charge=-1))
    return float(at(model).flux[0])


def test_the_flux_of_the_rate_law() -> None:
    """J = N f P_Na P_H (α′β″ − α″β′)/Σ, worked out by hand; none where Na/H is the same."""
    P, Q_, f = 792.0, 237.6, 2 * 10**-4.2 / (10**-4.2 + 1e-3)
    a1, a2, b1, b2 = 140 / 30, 15 / 30, 10**-4.4 / 72e-6, 10**-4.2 / 72e-6
    total = (1 + a1 + b1) * (P * a2 + Q_ * b2) + (1 + a2 + b2) * (P * a1 + Q_ * b1)
    carriers = 2.75e-12 * 1e15 * 100e-8  # fmol
    wanted = carriers * f * P * Q_ * (a1 * b2 - a2 * b1) / total
    assert exchanged(15.0) == pytest.approx(wanted, rel=1e-9)
    assert exchanged(140 * 10**0.2) == pytest.approx(0, abs=1e-12 * wanted)
    assert exchanged(300.0) < 0


def test_its_density() -> None:
    twice = cell(
        lambda on: [lib.NHE3(on, density=Q(5.5, "pmol/cm^2"))],
        {Na: 15, H: 10**-4.2}, {Na: 140, H: 10**-4.4}, impermeant=bm.balance(charge=-1),
    )  # fmt: skip
    assert float(at(twice).flux[0]) == pytest.approx(2 * exchanged(15.0))
    assert twice.transporters[0].certificate.verdict == "proven"
