"""N and what it conserves; places as nodes, membranes as capacitors between them."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from strategies import fewer

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane import library as lib
from biomembrane.assemble import stoichiometry
from biomembrane.assemble.model import Model
from biomembrane.constants import FARADAY
from biomembrane.library import Cl, K, Na
from biomembrane.symbols import F
from biomembrane.testing.model_evaluator import ModelEvaluator
from biomembrane.testing.random_reactions import decades


@st.composite
def matrices(draw: st.DrawFn) -> sp.Matrix:
    """Sparse whole-number matrices, some with columns that depend on others."""
    rows, columns = draw(st.integers(1, 7)), draw(st.integers(1, 7))
    entry = st.sampled_from([0, 0, 0, 1, -1, 2, -2, 3])
    made = sp.Matrix(rows, columns, [draw(entry) for _ in range(rows * columns)])
    if columns > 2 and draw(st.booleans()):
        made[:, 2] = 2 * made[:, 0] - made[:, 1]
    return made


@given(N=matrices())
def test_invariants_are_the_left_null_space(N: sp.Matrix) -> None:
    """Invariants span what sympy finds as the null space of Nᵀ, exactly and without one too
    many.
    """
    rows = [f"x{i}" for i in range(N.rows)]
    columns = [
        {rows[i]: Fraction(int(N[i, j])) for i in range(N.rows) if N[i, j]} for j in range(N.cols)
    ]
    found = stoichiometry.invariants(rows, columns)
    basis = sp.Matrix(
        len(found),
        N.rows,
        [sp.Rational(*w.get(r, Fraction(0)).as_integer_ratio()) for w in found for r in rows],
    )
    known = sp.Matrix.hstack(*N.T.nullspace()).T if N.T.nullspace() else sp.zeros(0, N.rows)
    assert len(found) == known.rows
    assert (basis * N).is_zero_matrix if found else True
    assert sp.Matrix.vstack(basis, known).rank() == known.rows
    assert all(w[next(iter(w))] for w in found)


@fewer(0.5)
@given(
    links=st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 5), decades(-2, 2)), min_size=1, max_size=8
    ),
    size=st.integers(1, 5),
    ground=decades(-2, 2),
)
def test_inverse_of_a_capacitor_network(
    links: list[tuple[int, int, float]], size: int, ground: float
) -> None:
    """C⁻¹ by elimination inverts the Laplacian of any network of capacitors with some to the
    ground.
    """
    c = sp.symbols(f"c0:{len(links)}", positive=True)
    g = sp.symbols(f"g0:{size}", positive=True)
    C = sp.diag(*g)
    for (a, b, _), symbol in zip(links, c, strict=True):
        a, b = a % size, b % size  # noqa: PLW2901
        if a != b:
            C[a, a] += symbol
            C[b, b] += symbol
            C[a, b] -= symbol
            C[b, a] -= symbol
    inverse = stoichiometry.inverse(C)
    at = {s: x for s, (_, _, x) in zip(c, links, strict=True)} | dict.fromkeys(g, ground)
    number = np.array(C.subs(at).evalf(), dtype=float)
    assert np.array(inverse.subs(at).evalf(), dtype=float) == pytest.approx(
        np.linalg.inv(number), rel=1e-8, abs=1e-12 / ground
    )


@given(links=st.lists(decades(-2, 2), min_size=2, max_size=5))
def test_blocks_stay_apart(links: list[float]) -> None:
    """Cells that no capacitor joins do not feel each other."""
    c = sp.symbols(f"c0:{len(links)}", positive=True)
    assert stoichiometry.inverse(sp.diag(*c)) == sp.diag(*(1 / x for x in c))


# --- an epithelium in open circuit: two cells that share a floating lumen and a blood


def mM(**contents: float) -> dict[bm.Species, Any]:
    known = {"Na": Na, "K": K, "Cl": Cl}
    return {known[name]: Q(x, "mM") for name, x in contents.items()}


def leak(ion: bm.Species, on: bm.Membrane) -> bm.Transporter:
    return lib.leak(ion, on, permeability=Q(1e-7, "cm/s"), name=f"{ion.name}_{on.name}")


def epithelium(*, lumen: float | None = -5.0, gap: float | None = 1.0, **potential: float) -> Model:
    """Cells a and b between a floating lumen and blood, with a paracellular junction and a gap
    junction.
    """
    bath = mM(Na=140, K=5, Cl=145)
    outer, blood = bm.Reservoir("lumen", bath, floating=True), bm.Reservoir("blood", bath)
    cells = [
        bm.Compartment(
            n, volume=Q(1, "pL"), contents=mM(Na=15, K=100, Cl=20), impermeant=bm.balance()
        )
        for n in ("a", "b")
    ]
    area, C = Q(100, "um^2"), Q(1, "uF/cm^2")
    apical = [
        bm.Membrane(f"apical_{c.name}", inside=c, outside=outer, area=area, capacitance=C)
        for c in cells
    ]
    basal = [
        bm.Membrane(f"basal_{c.name}", inside=c, outside=blood, area=2 * area, capacitance=C)
        for c in cells
    ]
    between = bm.Membrane(
        "gap",
        inside=cells[0],
        outside=cells[1],
        area=area,
        capacitance=None if gap is None else gap * C,
    )
    tight = bm.Membrane("tight", inside=outer, outside=blood, area=area)
    parts = (
        [leak(Na, m) for m in apical]
        + [leak(K, m) for m in basal]
        + [leak(K, between), leak(Na, tight), leak(Cl, tight)]
    )
    start = {m: Q(potential.get(m.name, -60.0), "mV") for m in basal}
    if lumen is not None:
        start[tight] = Q(lumen, "mV")
    start |= {m: Q(potential[m.name], "mV") for m in (*apical, between) if m.name in potential}
    return bm.Model("epithelium", parts, potential=start)


@cache
def tissue() -> Model:
    return epithelium()


@given(phi=st.tuples(*[st.floats(-100, 100)] * 3))
def test_potentials_at_the_start_are_those_declared(phi: tuple[float, float, float]) -> None:
    """Charges at the start give back the declared potentials, and those around every loop sum to
    nothing.
    """
    look = ModelEvaluator(
        tissue(),
        {
            f"{m}.potential": x / 1000
            for m, x in zip(("basal_a", "basal_b", "tight"), phi, strict=True)
        },
    )
    assert look.model.circuit.nodes == ("a", "lumen", "b")
    V = look("potential", look.array("initial", np.zeros(look.k.size)))
    assert V["basal_a"] == pytest.approx(phi[0] / 1000, abs=1e-13)
    assert V["tight"] == pytest.approx(phi[2] / 1000, abs=1e-13)
    assert V["apical_b"] == pytest.approx((phi[1] - phi[2]) / 1000, abs=1e-13)
    assert V["gap"] == pytest.approx((phi[0] - phi[1]) / 1000, abs=1e-13)


@given(q=st.tuples(*[st.floats(-200, 200)] * 3))
def test_node_charges_are_sums_over_capacitors(q: tuple[float, float, float]) -> None:
    """Any node charges are what the membranes hold: q of a place is Σ C·V over its sides, with the
    sign of its side.
    """
    look = ModelEvaluator(tissue())
    y = look.array("initial", np.zeros(look.k.size))
    index = {n: look.k.program.states.index(f"{n}.charge") for n in ("a", "lumen", "b")}
    y[list(index.values())] = q
    V = look("potential", y)
    held = dict.fromkeys(index, 0.0)
    for m in tissue().membranes:
        if m.capacitance is not None:
            for place, sign in ((m.inside.name, 1), (m.outside.name, -1)):
                if place in held:
                    held[place] += sign * m.area.value * m.capacitance.value * V[m.name]
    assert list(held.values()) == pytest.approx(list(q), abs=1e-9)


def test_columns_of_an_epithelium() -> None:
    """Each ion lays its charge on the places it leaves and enters; grounded blood has no row, and
    charge balances with it.
    """
    N = tissue().N
    assert N["Na_apical_a"] == {"a.Na": -1, "a.charge": -F, "lumen.charge": F}
    assert N["K_basal_b"] == {"b.K": -1, "b.charge": -F}
    assert N["K_gap"] == {"a.K": -1, "b.K": 1, "a.charge": -F, "b.charge": F}
    assert N["Cl_tight"] == {"lumen.charge": F}
    assert [p.name for p in tissue().states if not p.positive] == [
        "a.charge",
        "b.charge",
        "lumen.charge",
    ]
    assert len(tissue().invariants) == len(tissue().pools) - tissue().matrix.rank()


def test_a_capacitor_across_a_junction_is_left_out() -> None:
    """Without a capacitance of its own the gap joins two cells electrically through their fluxes
    only.
    """
    apart, joined = epithelium(gap=None).circuit.matrix, tissue().circuit.matrix
    assert apart[0, 2] == 0
    assert joined[0, 2] != 0
    assert tissue().circuit.matrix.is_symmetric()


def test_contradicting_potentials_are_refused() -> None:
    """A potential that the others already imply must agree with them."""
    assert epithelium(apical_a=-55.0)
    with pytest.raises(errors.BadPlace, match=r"-\d+ mV"):
        epithelium(apical_a=-40.0)


def cell(**more: Any) -> tuple[bm.Compartment, bm.Reservoir, bm.Membrane]:
    inside = bm.Compartment(
        "cell", volume=Q(1, "pL"), contents=mM(Na=15, K=100, Cl=20), impermeant=bm.balance()
    )
    outside = bm.Reservoir("bath", mM(Na=140, K=5, Cl=145), **more)
    return (
        inside,
        outside,
        bm.Membrane(
            "wall", inside=inside, outside=outside, area=Q(100, "um^2"), capacitance=Q(1, "uF/cm^2")
        ),
    )


def test_a_network_without_a_ground_gets_one() -> None:
    """Where everything floats one place is taken as zero: only differences of φ matter."""
    _, _, wall = cell(floating=True)
    model = bm.Model("adrift", [leak(K, wall)], potential={wall: Q(-60, "mV")})
    assert model.circuit.nodes == ("cell",)
    assert ModelEvaluator(model)(
        "potential", ModelEvaluator(model).array("initial", np.zeros(2 + 2))
    )["wall"] == pytest.approx(-0.06, rel=1e-12)


def test_a_floating_place_that_gains_no_charge_follows_its_neighbours() -> None:
    """A cell on which nothing moves charge is a node all the same: its capacitors pass the voltage
    of others on.
    """
    inside, _, wall = cell()
    vesicle = bm.Compartment(
        "vesicle", volume=Q(0.1, "pL"), contents=mM(Na=15, K=100, Cl=20), impermeant=bm.balance()
    )
    skin = bm.Membrane(
        "skin", inside=vesicle, outside=inside, area=Q(10, "um^2"), capacitance=Q(1, "uF/cm^2")
    )
    swap = bm.Transporter(
        "swap", "Na@in + K@out -> Na@out + K@in", skin, bm.laws.Elementary(rate=Q(1, "fmol/s"))
    )
    look = ModelEvaluator(
        bm.Model("nested", [leak(K, wall), swap], potential={wall: Q(-60, "mV"), skin: Q(20, "mV")})
    )
    y = look.array("initial", np.zeros(look.k.size))
    assert look("potential", y) == pytest.approx({"wall": -0.06, "skin": 0.02}, rel=1e-12)
    y[look.k.program.states.index("cell.charge")] += 100.0  # fC
    shift = 100.0 / (100 * 10.0)  # 1 uF/cm^2 is 10 fF/um^2: the vesicle adds nothing
    assert look("potential", y) == pytest.approx({"wall": -0.06 + shift, "skin": 0.02}, rel=1e-12)


def test_charge_without_a_capacitor_is_refused() -> None:
    """Charge that moves into a place without any capacitance has nowhere to stay."""
    inside, outside, _ = cell()
    bare = bm.Membrane("bare", inside=inside, outside=outside, area=Q(100, "um^2"))
    with pytest.raises(errors.ChargeImbalance, match="K_bare"):
        bm.Model("bare", [leak(K, bare)])


def test_nodes_without_a_capacitor_to_ground_are_refused() -> None:
    """Places that hang together by capacitors, but to the ground by a junction only, cannot hold
    net charge.
    """
    inside, _, _ = cell()
    lumen, blood = (
        bm.Reservoir("lumen", mM(Na=140, K=5, Cl=145), floating=True),
        bm.Reservoir("blood", mM(Na=140, K=5, Cl=145)),
    )
    apical = bm.Membrane(
        "apical", inside=inside, outside=lumen, area=Q(100, "um^2"), capacitance=Q(1, "uF/cm^2")
    )
    tight = bm.Membrane("tight", inside=lumen, outside=blood, area=Q(100, "um^2"))
    with pytest.raises(errors.ChargeImbalance):
        bm.Model("adrift", [leak(Na, apical), leak(Na, tight)])


def test_two_places_of_one_name_are_refused() -> None:
    """A name stands for one place, and a membrane name for one membrane."""
    (_, _, first), (_, _, second) = cell(), cell()
    with pytest.raises(errors.DuplicateName):
        bm.Model("twins", [leak(K, first), leak(Na, second)])


def test_charge_rows_carry_faradays() -> None:
    """A turnover that moves n charges into a place gives it nF: 2 Na⁺ against 1 K⁺ is one."""
    _, _, wall = cell()
    swap = bm.Transporter(
        "swap", "2 Na@out + K@in -> 2 Na@in + K@out", wall, bm.laws.Elementary(rate=Q(1, "fmol/s"))
    )
    look = ModelEvaluator(bm.Model("swap", [swap]))
    assert look.model.N["swap"] == {"cell.Na": 2, "cell.K": -1, "cell.charge": F}
    y = np.ones(len(look.model.states))
    assert look.N(y)[:, 0].tolist() == pytest.approx([2.0, -1.0, 0.0, FARADAY])
