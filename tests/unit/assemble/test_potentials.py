"""Circuits against a Laplacian in numpy: random places and membranes, in any order, seen from
either side, under any names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from strategies import fewer

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane import library as lib
from biomembrane.assemble.impermeants import impermeant_quantities
from biomembrane.constants import FARADAY
from biomembrane.library import Cl, K, glucose
from biomembrane.testing.model_evaluator import ModelEvaluator

GROUND = -1


@dataclass(frozen=True)
class MembraneSpec:
    """A membrane from place to place; µF/cm², none for a junction."""

    a: int
    b: int
    capacitance: float | None


@dataclass(frozen=True)
class Net:
    """``kinds`` of the places: cell, float or bath."""

    kinds: tuple[str, ...]
    walls: tuple[MembraneSpec, ...]

    def parts(self) -> list[int]:
        """By place the part that capacitors make with it: the ground, or the lowest place of it."""
        label = [GROUND if kind == "bath" else i for i, kind in enumerate(self.kinds)]
        for _ in self.kinds:
            for w in self.walls:
                if w.capacitance is not None:
                    low = min(label[w.a], label[w.b])
                    label = [low if x in (label[w.a], label[w.b]) else x for x in label]
        return label

    def voltages(self, charge: np.ndarray) -> dict[int, float]:
        """V of each wall that has one, from the charges of the places [fC], by the pseudo-inverse
        of the Laplacian.
        """
        label, size = self.parts(), len(self.kinds)
        C = np.zeros((size + 1, size + 1))
        at = [
            size if kind == "bath" else i for i, kind in enumerate(self.kinds)
        ]  # all baths are one node, the ground
        for w in self.walls:
            if w.capacitance is not None:
                a, b, c = at[w.a], at[w.b], w.capacitance * 10 * 100  # fF of 100 um^2
                C[[a, b], [a, b]] += c
                C[[a, b], [b, a]] -= c
        C[size, size] += 1e-30
        q = np.append(charge, 0.0)
        q[size] = -sum(charge[i] for i in range(size) if label[i] == GROUND)
        phi = np.linalg.pinv(C, rcond=1e-12) @ q
        return {
            k: phi[at[w.a]] - phi[at[w.b]]
            for k, w in enumerate(self.walls)
            if label[w.a] == label[w.b]
        }


@st.composite
def nets(draw: st.DrawFn) -> Net:
    kinds = tuple(
        draw(st.lists(st.sampled_from(["cell", "cell", "float", "bath"]), min_size=2, max_size=5))
    )
    pairs = [(a, b) for a in range(len(kinds)) for b in range(a)]
    chosen = draw(st.lists(st.sampled_from(pairs), min_size=1, max_size=6))
    return Net(
        kinds,
        tuple(MembraneSpec(a, b, draw(st.sampled_from([None, 0.5, 1.0, 2.0]))) for a, b in chosen),
    )


def built(net: Net, names: list[str], order: list[int], flipped: list[bool]) -> bm.Model:
    """K⁺ leaks where V has a value, glucose leaks where it has none."""
    ions = {K: Q(100, "mM"), Cl: Q(100, "mM"), glucose: Q(5, "mM")}
    places: list[Any] = [
        (
            bm.Compartment(n, volume=Q(1, "pL"), contents=ions)
            if kind == "cell"
            else bm.Reservoir(n, ions, floating=kind == "float")
        )
        for n, kind in zip(names, net.kinds, strict=True)
    ]
    label, made = net.parts(), []
    for k in order:
        w = net.walls[k]
        inside, outside = (places[w.b], places[w.a]) if flipped[k] else (places[w.a], places[w.b])
        more = {} if w.capacitance is None else {"capacitance": Q(w.capacitance, "uF/cm^2")}
        on = bm.Membrane(f"m{k}", inside=inside, outside=outside, area=Q(100, "um^2"), **more)
        ion = K if label[w.a] == label[w.b] else glucose
        made.append(lib.leak(ion, on, permeability=Q(1e-6, "cm/s"), name=f"t{k}"))
    return bm.Model("net", made)


@fewer(0.4)
@given(net=nets(), data=st.data())
def test_voltages_are_those_of_the_laplacian(net: Net, data: st.DataObject) -> None:
    """Whatever the order of the list, the names and the sides called inside: which V exist, V
    itself, and the flux that it drives.
    """
    label, size = net.parts(), len(net.kinds)
    drawn = np.array(data.draw(st.lists(st.integers(-50, 50), min_size=size, max_size=size)), float)
    loaded = {i for w in net.walls if w.capacitance is not None for i in (w.a, w.b)}
    charge = np.array(
        [q if i in loaded and net.kinds[i] != "bath" else 0.0 for i, q in enumerate(drawn)]
    )
    for part in set(label) - {GROUND}:
        members = [i for i in range(size) if label[i] == part and i in loaded]
        if members:
            charge[members] -= charge[
                members
            ].mean()  # a part without a ground has no charge to give
    wanted = net.voltages(charge)
    names = data.draw(st.permutations([f"p{i}" for i in range(size)]))
    order = data.draw(st.permutations(range(len(net.walls))))
    flipped = data.draw(st.lists(st.booleans(), min_size=len(net.walls), max_size=len(net.walls)))
    look = ModelEvaluator(built(net, names, order, flipped))
    y = look.array("initial", np.zeros(look.k.size))
    for i, n in enumerate(names):
        if f"{n}.charge" in look.k.program.states:
            y[look.k.program.states.index(f"{n}.charge")] = charge[i]
    V, J = look("potential", y), look("flux", y)
    assert set(V) == {f"m{k}" for k in wanted}
    for k, volts in wanted.items():
        sign = -1 if flipped[k] else 1
        assert V[f"m{k}"] * sign == pytest.approx(volts, abs=1e-12)
        assert abs(volts) < 1e-9 or np.sign(J[f"t{k}"] * sign) == np.sign(volts)


def room(name: str) -> bm.Compartment:
    return bm.Compartment(
        name, volume=Q(1, "pL"), contents={K: Q(100, "mM"), Cl: Q(100, "mM"), glucose: Q(1, "mM")}
    )


def wall(name: str, a: Any, b: Any, capacitance: float | None = 1.0) -> bm.Membrane:
    more = {} if capacitance is None else {"capacitance": Q(capacitance, "uF/cm^2")}
    return bm.Membrane(name, inside=a, outside=b, area=Q(50, "um^2"), **more)


def test_charge_that_leaves_a_part_without_a_ground_is_refused_by_name() -> None:
    """Two cells with a capacitor between them and a K⁺ leak to a bath across a junction: the leak
    is named.
    """
    bath = bm.Reservoir("bath", {K: Q(5, "mM")})
    a, b = room("a"), room("b")
    parts = [lib.leak(K, wall("m", a, b)), lib.leak(K, wall("j", b, bath, None), name="drain")]
    for some in (parts, parts[::-1]):
        with pytest.raises(errors.ChargeImbalance, match="a and b; charge is moved by drain"):
            bm.Model("adrift", some)


def test_the_place_taken_as_zero_holds_what_is_missing_from_the_charge() -> None:
    """Impermeants of both cells of a floating pair take their share of the charge, also in the one
    that has no node.
    """
    ions = {K: Q(100, "mM"), Cl: Q(20, "mM")}
    a, b = (
        bm.Compartment(n, volume=Q(1, "pL"), contents=ions, impermeant=bm.balance(charge=-1))
        for n in "ab"
    )
    on = wall("m", a, b)
    model = bm.Model("pair", [lib.leak(K, on)], potential={on: Q(-40, "mV")})
    anions = {
        n: x.to("fmol").magnitude
        for n, x in impermeant_quantities(model, model.impermeants).items()
    }
    q = -0.04 * 10 * 50 / FARADAY  # fmol of the charge of a
    assert anions["a.X"] - 80 == pytest.approx(-q, rel=1e-6)
    assert anions["b.X"] - 80 == pytest.approx(q, rel=1e-6)


# --- potentials at the start


def start(model: bm.Model) -> dict[str, float]:
    """V at the start [mV]."""
    look = ModelEvaluator(model)
    return {
        m: 1e3 * V
        for m, V in look("potential", look.array("initial", np.zeros(look.k.size))).items()
    }


@given(
    data=st.data(),
    size=st.integers(2, 4),
    mV=st.lists(st.integers(-90, 90), min_size=4, max_size=4),
    known=st.lists(st.booleans(), min_size=4, max_size=4),
)
@fewer(0.15)
def test_along_a_chain_what_is_given_holds_and_the_rest_is_zero(
    data: st.DataObject, size: int, mV: list[int], known: list[bool]
) -> None:
    """Bath, cell, cell, …: any of the potentials may be given, in any order, from either side."""
    bath = bm.Reservoir("bath", {K: Q(5, "mM"), Cl: Q(5, "mM")})
    places: list[Any] = [bath, *(room(f"c{i}") for i in range(size))]
    flips = data.draw(st.lists(st.booleans(), min_size=size, max_size=size))
    walls = [
        wall(f"m{i}", *((places[i], places[i + 1]) if flips[i] else (places[i + 1], places[i])))
        for i in range(size)
    ]
    parts = data.draw(st.permutations([lib.leak(K, m, name=f"k{m.name}") for m in walls]))
    given_ = {walls[i]: Q(mV[i], "mV") for i in data.draw(st.permutations(range(size))) if known[i]}
    wanted = {walls[i].name: mV[i] if known[i] else 0.0 for i in range(size)}
    assert start(bm.Model("chain", parts, potential=given_)) == pytest.approx(wanted, abs=1e-9)


def monolayer() -> tuple[list[bm.Membrane], list[Any]]:
    """Two cells between a floating lumen and blood: basal and apical walls of each, and a
    junction.
    """
    ions = {K: Q(100, "mM"), Cl: Q(100, "mM")}
    lumen, blood = bm.Reservoir("lumen", ions, floating=True), bm.Reservoir("blood", ions)
    cells = [room("a"), room("b")]
    walls = [
        wall(f"{what}_{c.name}", c, bath)
        for what, bath in (("basal", blood), ("apical", lumen))
        for c in cells
    ]
    walls.append(wall("tight", lumen, blood, None))
    return walls, [lib.leak(K, m, name=f"k_{m.name}") for m in walls]


def test_potentials_that_cannot_all_be_zero_are_the_users_to_say() -> None:
    """Both basal potentials leave the lumen open; one apical, or the junction's, closes it, and the
    rest follows.
    """
    walls, parts = monolayer()
    basal_a, basal_b, apical_a, _, tight = walls
    given_ = {basal_a: Q(-60, "mV"), basal_b: Q(-50, "mV")}
    for some in (parts, parts[::-1]):
        with pytest.raises(errors.BadPlace) as caught:
            bm.Model("m", some, potential=given_)
        assert "apical_a and apical_b cannot all be 0 V" in caught.value.got
        assert "apical_a: Q(0, 'mV')" in caught.value.advice
        for more, lumen in (({apical_a: Q(0, "mV")}, -60), ({tight: Q(5, "mV")}, 5)):
            found = start(bm.Model("m", some, potential=given_ | more))
            assert found == pytest.approx(
                {
                    "basal_a": -60,
                    "basal_b": -50,
                    "apical_a": -60 - lumen,
                    "apical_b": -50 - lumen,
                    "tight": lumen,
                }
            )


def test_where_v_has_no_value_none_is_taken_and_none_is_shown() -> None:
    """A potential for it is refused; the result has NaN there and numbers elsewhere; the mirror
    image does the same.
    """
    a, b, c = room("a"), room("b"), room("c")
    m = wall("m", a, b)
    for j in (wall("j", c, a, None), wall("j", a, c, None)):
        parts = [lib.leak(K, m), lib.leak(glucose, j, permeability=Q(1e-6, "cm/s"))]
        with pytest.raises(errors.NoVoltage, match="no charge sets a potential"):
            bm.Model("x", parts, potential={m: Q(-30, "mV"), j: Q(0, "mV")})
        data = bm.simulate(
            bm.Model("x", parts, potential={m: Q(-30, "mV")}), times=Q([0.0], "s")
        ).data
        assert np.isnan(data.potential.sel(membrane="j").values).all()
        assert data.potential.sel(membrane="m").values == pytest.approx([-30])

        def gate(s: Any) -> sp.Expr:
            return sp.exp(s.u)

        def steady(s: Any) -> sp.Expr:
            return sp.exp(s.u - s.u)

        for modulator, sound in ((gate, False), (steady, True)):
            made = bm.Transporter(
                "g",
                "glucose@in -> glucose@out",
                j,
                laws.GHK(permeability=Q(1e-6, "cm/s")),
                modulator=modulator,
            )
            if sound:
                bm.Model("x", [lib.leak(K, m), made])
                continue
            with pytest.raises(errors.NoVoltage, match="g, which reads V of j"):
                bm.Model("x", [lib.leak(K, m), made])


def test_shares_of_a_cotransporter_do_not_know_a_voltage_that_is_none() -> None:
    """KCl across a junction between a floating pair and a third cell: no species gives electrical
    energy, whatever V of the pair.
    """
    a, b, c = room("a"), room("b"), room("c")
    m, j = wall("m", a, b), wall("j", c, b, None)
    parts = [
        lib.leak(K, m),
        bm.Transporter(
            "kcl",
            "K@in + Cl@in -> K@out + Cl@out",
            j,
            laws.Onsager(coefficient=Q(1e-20, "mol^2/J/s")),
        ),
    ]
    stores = bm.Model("x", parts, potential={m: Q(-30, "mV")}).ledger_stores
    assert {s.component for s in stores for process, _ in s.entries if process == "kcl"} == {
        "chemical"
    }
    assert {s.component for s in stores for process, _ in s.entries if process == "K_leak"} == {
        "chemical",
        "electrical",
    }


def test_baths_on_both_sides_of_a_capacitor_stay_grounded() -> None:
    """A capacitor between two grounded baths holds nothing: V is 0, and a law may read it."""
    p, q = (bm.Reservoir(n, {K: Q(c, "mM")}) for n, c in (("p", 100), ("q", 5)))
    model = bm.Model("x", [lib.leak(K, wall("m", p, q))])
    assert model.circuit.nodes == ()
    assert start(model) == {"m": 0.0}
