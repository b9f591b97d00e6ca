"""Rates that read solutes which take no part in the reaction: gates, inhibitors, published
currents.
"""

import numpy as np
import pytest
import sympy as sp
import xarray as xr
from builders import HEART, RT, F, at, cell, membrane, mM, patch, published

import biomembrane as bm
from biomembrane import Q, laws, library
from biomembrane import dimension as d
from biomembrane import testing as kit
from biomembrane.errors import UnknownName
from biomembrane.library import Cl, K, glucose
from biomembrane.second_law import evaluation
from biomembrane.second_law.claim import claims
from biomembrane.symbols import F as FARADAY
from biomembrane.symbols import R, T

Ca = library.Ca
INSIDE, OUTSIDE = HEART


def opened(site: laws.Site) -> sp.Expr:
    """Four calcium ions on the inside open the channel, half of it at 1 µM."""
    c, half = site["Ca@in"], site.parameter("half", Q(1, "uM"), d.CONCENTRATION)
    return c**4 / (c**4 + half**4)


def gated(on: bm.Membrane) -> bm.Transporter:
    return bm.Transporter(
        "KCa", "K@in -> K@out", on, laws.GHK(permeability=Q(1e-7, "cm/s")), modulator=opened
    )


def ohmic(site: laws.Site, ratio: sp.Expr) -> sp.Expr:
    return (
        site.parameter("g", Q(1, "nS"), d.CONDUCTANCE)
        * (site.V - R * T / FARADAY * sp.log(ratio))
        / FARADAY
    )


def test_calcium_opens_a_potassium_channel_by_hill_s_law() -> None:
    model = patch(lambda on: [gated(on)], INSIDE, OUTSIDE, V=-40)
    levels = xr.DataArray(np.array([1e-4, 1e-3, 1e-2]), dims="Ca")
    flux = at(model, cell_Ca=levels).flux.sel(process="KCa").values
    share = levels.values**4 / (levels.values**4 + 1e-12)
    assert flux / flux[1] == pytest.approx(share / 0.5, rel=1e-12)


def test_what_is_only_sensed_costs_nothing_and_is_proved() -> None:
    channel = gated(membrane(bm.Reservoir("cell", mM(INSIDE)), bm.Reservoir("bath", mM(OUTSIDE))))
    assert channel.certificate.verdict == "proven"
    assert [who.pool for who in channel.processes[0].modulating_solutes] == ["cell.Ca"]
    assert bm.prove(channel).holds
    assert bm.audit(channel).verdict == "proven"
    kit.check_transporter(channel, examples=20)


def test_a_gate_follows_the_pool_that_it_senses() -> None:
    """Calcium leaks in and opens the channel: both solvers agree, the books close, and calcium
    itself is not carried by the channel.
    """
    model = cell(
        lambda on: [gated(on), bm.Transporter("leak", "Ca@out -> Ca@in", on,
            laws.GHK(permeability=Q(1e-8, "cm/s")))], INSIDE, OUTSIDE,
        V=-60, impermeant=bm.balance(charge=-1),
    )  # fmt: skip
    run = bm.simulate(model, until=Q(20, "s"), solver=bm.solvers.Native(rtol=1e-9))
    run.ledger.check()
    slow = bm.simulate(model, until=Q(20, "s"), solver=bm.solvers.SciPy("Radau", rtol=1e-9))
    assert run.data.concentration.values == pytest.approx(slow.data.concentration.values, rel=1e-6)
    c, u = run.data.concentration, run.data.potential.sel(membrane="membrane").values / 1e3 * F / RT
    level, K_in = c.sel(pool="cell.Ca").values, c.sel(pool="cell.K").values
    B = [x / np.expm1(x) for x in (-u, u)]
    share = run.data.flux.sel(process="KCa").values / (
        100 * 1e-9 * (B[0] * K_in - B[1] * OUTSIDE[K]) * 1e3
    )  # P = 1e-9 m/s, 100 µm²
    assert share == pytest.approx(level**4 / (level**4 + 1e-12), rel=1e-9)
    assert share[-1] > 1.9 * share[0]


def test_what_opens_the_symporter_beside_a_leak_couples_tighter() -> None:
    """Kedem and Caplan's q of a sodium–glucose symporter, gated by calcium, with a glucose leak
    that is not.
    """
    on = membrane(
        bm.Reservoir("cell", mM(INSIDE | {glucose: 1.0})),
        bm.Reservoir("bath", mM(OUTSIDE | {glucose: 1.0})),
    )
    symporter = bm.Transporter(
        "symporter",
        "2 Na@out + glucose@out -> 2 Na@in + glucose@in",
        on,
        laws.Elementary(rate=Q(1, "fmol/s")),
        modulator=opened,
    )
    leak = bm.Transporter(
        "leak", "glucose@out -> glucose@in", on, laws.GHK(permeability=Q(1e-7, "cm/s"))
    )
    q = [
        bm.coupling([symporter, leak], "Na", "glucose", at={"cell.Ca": Q(c, "uM")}).q
        for c in (0.1, 1.0, 10.0)
    ]
    assert abs(q[0]) < abs(q[1]) < abs(q[2]) < 1


def test_a_sensed_ion_in_the_ratio_of_rates_has_the_wrong_order() -> None:
    def flux(site: laws.Site) -> sp.Expr:
        k = site.parameter("k", Q(1, "um^3/s"), d.FLUX / d.CONCENTRATION)
        return k * (site["K@in"] * site["Ca@in"] / site["Ca@out"] * sp.exp(site.u) - site["K@out"])

    found = bm.audit(published(flux))["channel"]
    assert found.cause == "order"
    assert (found.terms["Ca@cell"], found.terms["Ca@bath"]) == pytest.approx((1, -1))


def test_a_catalyst_has_a_level_too() -> None:
    on = membrane(bm.Reservoir("cell", mM(INSIDE)), bm.Reservoir("bath", mM(OUTSIDE)))
    made = bm.Transporter(
        "carrier", "K@in + Ca@in -> K@out + Ca@in", on, laws.Elementary(rate=Q(1, "fmol/s"))
    )
    (claim,) = claims(made)
    assert {x.name: x.change for x in claim.levels} == {"K@cell": -1, "Ca@cell": 0, "K@bath": 1}
    assert [
        v.name for v in evaluation.claim_box(claim, {}).variables if v.log and v.unit != "mM"
    ] == []


def test_what_is_not_there_cannot_be_sensed() -> None:
    with pytest.raises(UnknownName, match="did you mean 'Ca@in'") as raised:
        published(lambda site: site["Ca@inn"])
    assert "a solute on either side" in str(raised.value)
    assert raised.value.__context__ is None


def test_impermeants_are_sensed_as_the_balance_and_the_volume_have_them() -> None:
    """n_X follows from the charge of the contents, lane by lane; c_X rises as the cell shrinks."""
    on_X = lambda s: s["X@in"] / s.quantity("100 mM")  # noqa: E731
    permeable = laws.GHK(permeability=Q(1e-7, "cm/s"))

    def parts(on: bm.Membrane) -> list[bm.Transporter]:
        by = {"open": None, "gated": on_X}
        leaks = [
            bm.Transporter(name, "K@in -> K@out", on, permeable, modulator=modulator)
            for name, modulator in by.items()
        ]
        return [*leaks, library.water(on)]

    model = cell(parts, {K: 140.0}, {K: 200.0, Cl: 200.0}, impermeant=bm.balance())
    contents = xr.DataArray([120.0, 160.0], dims="k", attrs={"units": "mM"})
    salt = {"bath.K": Q(300, "mM"), "bath.Cl": Q(300, "mM")}
    run = bm.simulate(model, until="20 s", parameters={"cell.K": contents} | salt)
    flux, W = run.data.flux, run.data.volume.sel(compartment="cell")
    assert float(abs(W[-1] - W[0]).max()) > 0.01
    n_X = contents.values  # fmol in 1 pL, at 0 V at the start
    due = n_X / W.values / 100
    seen = flux.sel(process="gated").values / flux.sel(process="open").values
    assert np.allclose(seen, due, rtol=1e-9)
    run.ledger.check()
    with pytest.raises(UnknownName, match=r"cell\.Y"):
        cell(
            lambda on: [
                bm.Transporter(
                    "leak", "K@in -> K@out", on, permeable,
                    modulator=lambda s: s["Y@in"] / s.quantity("1 mM"),
                )
            ],
            {K: 140.0}, {K: 140.0}, impermeant=bm.balance(),
        )  # fmt: skip


def test_powers_with_a_decimal_point_keep_their_dimensions() -> None:
    """(K/c)^1.5 is spread over its factors by sympy; 1.3 is 13/10, so that what belongs together
    cancels.
    """

    def flux(s: laws.Site) -> sp.Expr:
        half = s.parameter("half", Q(10, "mM"), d.CONCENTRATION)
        return (
            s.parameter("k", Q(1, "fmol/s"), d.FLUX)
            / (1 + (half / s["Na@in"]) ** 1.5)
            * (s["K@out"] / half) ** 1.3
            / (s["K@in"] / half) ** 0.7
        )

    assert bm.audit(published(flux)).verdict == "irreversible"
