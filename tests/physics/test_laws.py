"""Laws one at a time: the flux that each promises, the coupling it allows, and no flux at all with
a sign flipped.
"""

import math

import numpy as np
import pytest
import sympy as sp
import xarray as xr
from builders import FUEL, RT, F, at, cell, fuel_energy, membrane, patch

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane import library as lib
from biomembrane.library import ADP, ATP, Ca, K, Na, glucose
from biomembrane.symbols import B

S = bm.Species("S")  # a neutral solute
MILLIVOLTS = np.array([-100, -1, -1e-3, -1e-7, 0, 1e-7, 1e-3, 1, 100])
VOLTAGES = xr.DataArray(MILLIVOLTS, dims="V")
AREA = 100e-12  # m², of every patch


def test_ghk_flux_is_regular_at_zero_voltage():
    """J = P·A·u(c_i − c_o e^{−u})/(1 − e^{−u}) away from V = 0 and P·A·(c_i − c_o) at it, without a
    gap between.
    """
    J = at(
        patch(lambda on: [lib.leak(Ca, on, permeability=Q(1e-6, "cm/s"))], {Ca: 3}, {Ca: 5}, V=0),
        V=VOLTAGES,
    ).flux.values[0]
    u = 2 * F * MILLIVOLTS / 1e3 / RT
    raw = np.array([x / -math.expm1(-x) if x else 1.0 for x in u])
    assert pytest.approx(1e-8 * AREA * raw * (3 - 5 * np.exp(-u)) * 1e15, rel=1e-12) == J


@pytest.mark.parametrize("theta", [0, 0.2, 0.5, 1])
def test_a_sharp_barrier_splits_the_field(theta):
    """J = κ(e^{−θQu} a_o − e^{(1−θ)Qu} a_i) for Na⁺ entering: θ is the share of the field before
    the barrier, from the written side.
    """
    law = laws.Elementary(rate=Q(1, "pmol/cm^2/s"), barrier=laws.Eyring(theta))
    part = lambda on: [bm.Transporter("T", "Na@out -> Na@in", on, law)]  # noqa: E731
    J = at(patch(part, {Na: 10}, {Na: 145}, V=0), V=VOLTAGES).flux.values[0]
    u = F * MILLIVOLTS / 1e3 / RT
    assert (
        pytest.approx(
            1e-8 * AREA * (np.exp(-theta * u) * 0.145 - np.exp((1 - theta) * u) * 0.010) * 1e15,
            rel=1e-12,
        )
        == J
    )


@pytest.mark.parametrize(("binding", "double"), [("simultaneous", 1), ("common", 0)])
def test_saturable_flux(binding, double):
    """J = V(x − y)/(1 + x + y [+ xy]) with x = c_i/K, y = c_o/K."""
    law = laws.Saturable(
        maximum=Q(1, "pmol/cm^2/s"), half={"glucose": Q(17, "mM")}, binding=binding
    )
    part = lambda on: [bm.Transporter("T", "glucose@in -> glucose@out", on, law)]  # noqa: E731
    x, y = np.array([0, 0.1, 1, 10]) / 17, 5 / 17
    J = at(
        patch(part, {glucose: 1}, {glucose: 5}), cell_glucose=xr.DataArray(17 * x, dims="c")
    ).flux.values[0]
    assert (
        pytest.approx(1e-8 * AREA * (x - y) / (1 + x + y + double * x * y) * 1e15, rel=1e-12) == J
    )


@pytest.mark.parametrize(
    "permeability",
    [Q(1.2e-12, "m/s/Pa"), Q(1.2e-12 * RT / 1.8135904e-5, "m/s")],
    ids=["L_p", "P_f"],
)
def test_water_flow(permeability):
    """L_p·A·RTΔc, whether given as hydraulic or as osmotic permeability P_f = L_p·RT/v_w."""
    model = cell(lambda on: [lib.water(on, permeability=permeability)], {S: 310}, {S: 300})
    flow = (
        float(at(model).flux[0]) * model.parameters["H2O.molar_volume"].value
    )  # fmol/s times m³/mol: pL/s
    assert flow == pytest.approx(1.2e-12 * AREA * RT * 10 * 1e15, rel=1e-9)


@pytest.mark.parametrize(
    "density",
    [
        Q(1e4, "1/um^2"),
        Q(1e6, "1"),
        Q(1e6 / 6.02214076e23, "mol"),
        Q(1e12 / 6.02214076e23, "mol/cm^2"),
    ],
)
def test_a_density_counts_carriers_in_any_unit(density):
    """A million pumps on 100 µm² turn over alike however they are counted."""
    sides = {Na: 10, K: 140} | FUEL, {Na: 145, K: 4.5}
    whole, one = (
        at(patch(lambda on, n=n: [lib.NaKATPase(on, density=n)], *sides, V=-60)).flux.values[0]
        for n in (density, Q(1, "fmol"))
    )
    assert whole == pytest.approx(one * 1e6 / 6.02214076e8, rel=1e-9)


def test_a_reduced_cycle_is_the_full_cycle_at_steady_state():
    """King and Altman's flux of a three-state symporter equals that of the cycle with explicit
    states, for any voltage.
    """
    rates = {
        "on": Q(7, "1/mM^2/s"),
        "off": Q(30, "1/s"),
        "cross": Q(11, "1/s"),
        "release": Q(90, "1/s"),
        "back": Q(2, "1/s"),
    }

    def full(on):
        steps = [
            ("E + Na@out + glucose@out <-> EO", {"forward": rates["on"], "reverse": rates["off"]}),
            ("EO <-> EI", {"forward": rates["cross"], "reverse": rates["cross"]}),
            ("EI <-> E + Na@in + glucose@in", {"forward": rates["release"]}),
        ]
        return [
            bm.Cycle(
                "T",
                on,
                density=Q(1, "fmol"),
                states="E EO EI",
                steps=steps,
                charge={"EI": 1},
                close=["EI <-> E"],
            )
        ]

    def reduced(on):
        second, rate = bm.dimension.RATE / bm.dimension.CONCENTRATION**2, bm.dimension.RATE

        def k(s, name):
            return s.parameter(
                name, rates[name], second if name == "on" else rate, domain="positive"
            )

        half = lambda s, sign: sp.exp(sign * s.u / 2)  # noqa: E731
        ahead = [
            lambda s: k(s, "on") * s["Na@out"] * s["glucose@out"],
            lambda s: k(s, "cross") * half(s, -1), lambda s: k(s, "release"),
        ]  # fmt: skip
        back = [
            lambda s: k(s, "off"), lambda s: k(s, "cross") * half(s, 1),
            lambda s: k(s, "on") * k(s, "release") / k(s, "off") * s["Na@in"] * s["glucose@in"],
        ]  # fmt: skip
        law = laws.ReducedCycle(density=Q(1, "fmol"), forward=ahead, reverse=back)
        return [bm.Transporter("T", "Na@out + glucose@out -> Na@in + glucose@in", on, law)]

    sides = {Na: 10, glucose: 3}, {Na: 145, glucose: 1}
    J = [at(patch(parts, *sides, V=0), V=VOLTAGES).flux.values for parts in (full, reduced)]
    assert J[0] == pytest.approx(np.broadcast_to(J[1], J[0].shape), rel=1e-10)


def test_a_two_state_carrier():
    """Two steps between the same two states, one on each side: J = N k_on·k_off(c_o − c_i)/Σ."""
    steps = [
        ("E + glucose@out <-> G", {"forward": Q(2, "1/mM/s"), "reverse": Q(3, "1/s")}),
        ("G <-> E + glucose@in", {"forward": Q(3, "1/s")}),
    ]
    model = patch(
        lambda on: [
            bm.Cycle("T", on, density=Q(1, "fmol"), states="E G", steps=steps, close=["G <-> E"])
        ],
        {glucose: 1},
        {glucose: 5},
    )
    assert at(model).flux.values == pytest.approx(
        [2 * 3 * (5 - 1) / (2 * 5 + 2 * 1 + 3 + 3)] * 2, rel=1e-9
    )


def test_a_cycle_that_burns_fuel_knows_its_energy():
    """Three-state ATPase: the flux is that of the chain whose last rate closes on ΔG_ATP, and none
    where ΔG_ATP = 0.
    """
    steps = [
        ("E + ATP@in <-> ET", {"forward": Q(2, "1/mM/s"), "reverse": Q(7, "1/s")}),
        ("ET <-> EP + ADP@in", {"forward": Q(30, "1/s"), "reverse": Q(0.5, "1/mM/s")}),
        ("EP <-> E + Pi@in", {"forward": Q(11, "1/s")}),
    ]
    model = patch(
        lambda on: [
            bm.Cycle(
                "T", on, density=Q(1, "fmol"), states="E ET EP", steps=steps, close=["EP <-> E"]
            )
        ],
        FUEL,
        {K: 1},
    )
    energies = np.array([-20e3, 0, 50e3])
    J = at(
        model, ATP_standard_energy=xr.DataArray([fuel_energy(-e) for e in energies], dims="e")
    ).flux.values
    for energy, found in zip(energies, J.T, strict=True):
        ahead, back = np.array([2 * FUEL[ATP], 30, 11]), np.array([7, 0.5 * FUEL[ADP], 0])
        back[2] = ahead.prod() / back[:2].prod() * math.exp(-energy / RT)
        rates = np.roll(np.diag(ahead), 1, axis=0) + np.roll(
            np.diag(back), 1, axis=1
        )  # rates[to, from]
        shares = np.linalg.solve(
            np.vstack([(rates - np.diag(rates.sum(axis=0)))[:2], np.ones(3)]), [0, 0, 1]
        )
        assert found == pytest.approx(
            [ahead[0] * shares[0] - back[0] * shares[1]] * 3, rel=1e-9, abs=1e-12
        )


def test_kedem_caplan_efficiency():
    """Two leaks and a coupled flux have the coupling q = L₁₂/√(L₁₁L₂₂) and at best the efficiency
    q²/(1 + √(1 − q²))².
    """
    one, two, both = 0.3, 0.7, 2.0

    def parts(on):
        rows = ("a", "S", one), ("b", "glucose", two), ("c", None, both)
        sides = {name: "S@{0} + glucose@{0}" if s is None else s + "@{0}" for name, s, _ in rows}
        return [
            bm.Transporter(n, f"{sides[n].format('out')} -> {sides[n].format('in')}", on,
                           laws.Onsager(coefficient=Q(L, "fmol^2/fJ/s"))) for n, _, L in rows
        ]  # fmt: skip

    L11, L22 = one + both, two + both
    q = both / math.sqrt(L11 * L22)
    best = -q / (1 + math.sqrt(1 - q**2)) * math.sqrt(L11 / L22)
    model = patch(parts, {S: 1, glucose: 1}, {S: math.e, glucose: 1})
    forces = xr.DataArray(np.exp(-best * np.array([0.98, 1, 1.02])), dims="force")
    J = at(model, cell_glucose=forces).flux.values
    efficiency = -(J[1] + J[2]) * best * np.array([0.98, 1, 1.02]) / (J[0] + J[2])
    assert efficiency[1] == pytest.approx((q / (1 + math.sqrt(1 - q**2))) ** 2, rel=1e-9)
    assert efficiency[1] > max(efficiency[0], efficiency[2])


PAIRS = {  # one-way rates of K@in -> K@out per permeability and area, and whether ln(r⁺/r⁻) = A/RT
    "constant field": (
        lambda s: B(s.reduced_work) * s["K@in"],
        lambda s: B(-s.reduced_work) * s["K@out"],
        True,
    ),
    "constant field, barrier swapped": (
        lambda s: B(-s.reduced_work) * s["K@in"],
        lambda s: B(s.reduced_work) * s["K@out"],
        False,
    ),
    "constant field, sides swapped": (
        lambda s: B(s.reduced_work) * s["K@out"],
        lambda s: B(-s.reduced_work) * s["K@in"],
        False,
    ),
    "sharp barrier": (
        lambda s: sp.exp(-s.reduced_work / 4) * s["K@in"],
        lambda s: sp.exp(3 * s.reduced_work / 4) * s["K@out"],
        True,
    ),
    "sharp barrier, swapped": (
        lambda s: sp.exp(s.reduced_work / 4) * s["K@in"],
        lambda s: sp.exp(-3 * s.reduced_work / 4) * s["K@out"],
        False,
    ),
    "voltage forgotten": (lambda s: s["K@in"], lambda s: s["K@out"], False),
    "both one way": (lambda s: s["K@in"], lambda s: s["K@in"], False),
}


@pytest.mark.parametrize(("plus", "minus", "lawful"), PAIRS.values(), ids=PAIRS)
def test_a_flipped_sign_is_refused_at_birth(plus, minus, lawful):
    """A pair of rates with ln(r⁺/r⁻) = A/RT is proven; with a sign in it flipped it never becomes a
    transporter.
    """

    def rate(s):
        return s.parameter("k", Q(1e-6, "cm/s"), bm.dimension.PERMEABILITY) * s.area

    law = laws.Pair(forward=lambda s: rate(s) * plus(s), reverse=lambda s: rate(s) * minus(s))
    on = membrane(bm.Reservoir("cell", {K: Q(140, "mM")}), bm.Reservoir("bath", {K: Q(5, "mM")}))
    if lawful:
        assert bm.Transporter("T", "K@in -> K@out", on, law).certificate.verdict == "proven"
    else:
        with pytest.raises(errors.SecondLawViolation, match="kJ/mol at"):
            bm.Transporter("T", "K@in -> K@out", on, law)


def test_an_irreversible_law_is_refused_as_a_violation():
    """A flux without a reverse breaks detailed balance for certain."""
    law = laws.Pair(
        forward=lambda s: (
            s.parameter("k", Q(1, "m/s"), bm.dimension.PERMEABILITY) * s.area * s["S@in"]
        ),
        reverse=lambda _: 0,
    )
    on = membrane(bm.Reservoir("cell", {S: Q(140, "mM")}), bm.Reservoir("bath", {S: Q(5, "mM")}))
    with pytest.raises(errors.SecondLawViolation):
        bm.Transporter("T", "S@in -> S@out", on, law)


def test_half_saturations_are_named_by_their_participant():
    """By species where one serves both sides, else by species and side, or by pool, with
    underscores for what a name cannot hold.
    """
    half = {"Na@out": Q(20, "mM"), "cell.Na": Q(30, "mM"), "glucose": Q(2, "mM")}
    law = laws.Saturable(
        maximum=Q(1, "pmol/cm^2/s"), half=half, source=bm.Source("assumed", note="for a test")
    )
    on = membrane(
        bm.Compartment("cell", volume=Q(1, "pL"), contents={Na: Q(10, "mM"), glucose: Q(1, "mM")}),
        bm.Reservoir("bath", {Na: Q(10, "mM"), glucose: Q(1, "mM")}),
    )
    made = bm.Transporter("symport", "Na@out + glucose@out -> Na@in + glucose@in", on, law)
    halves = {name: p.quantity for name, p in made.parameters.items() if "half" in name}
    assert halves == {
        "symport.half_Na_out": half["Na@out"],
        "symport.half_cell_Na": half["cell.Na"],
        "symport.half_glucose": half["glucose"],
    }
    assert {
        str(p.source) for name, p in made.parameters.items() if name.startswith("symport.")
    } == {"assumed; for a test"}
    counted = laws.Saturable(
        turnover=Q(100, "1/s"),
        density=Q(1000, "1/um^2"),
        half={"glucose": Q(2, "mM")},
        source=bm.Source("assumed", note="here"),
    )
    made = bm.Transporter("uniport", "glucose@out -> glucose@in", on, counted)
    own = {
        name.removeprefix("uniport."): str(p.source)
        for name, p in made.parameters.items()
        if name.startswith("uniport.")
    }
    assert own == dict.fromkeys(("turnover", "density", "half_glucose"), "assumed; here")


@pytest.mark.parametrize(
    "reaction", ["2 K@in -> 2 K@out", "K@in + Na@in -> K@out + Na@out", "A@in -> B@out"]
)
def test_ghk_is_for_one_solute_that_crosses(reaction):
    """Neither two at once nor one that turns into another on the way."""
    A, B_ = bm.Species("A", moieties={"x": 1}), bm.Species("B", moieties={"x": 1})
    contents = {s: Q(10, "mM") for s in (K, Na, A, B_)}
    on = membrane(
        bm.Compartment(
            "cell", volume=Q(1, "pL"), contents=contents, impermeant=bm.balance(charge=-1)
        ),
        bm.Reservoir("bath", contents),
    )
    with pytest.raises(errors.BadReaction) as caught:
        bm.Transporter("T", reaction, on, laws.GHK(permeability=Q(1e-6, "cm/s")))
    error = caught.value
    assert (error.where, error.wanted) == ("T, GHK", "one solute that crosses, 'K@in -> K@out'")
    assert error.advice == "laws.Elementary or laws.Saturable for coupled transport"
