"""What processes conserve, in integers: as the invariants of a model, and beyond them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from builders import S, cell, mM
from contracts.toy_constraint import ISOMERS, built

import biomembrane as bm
from biomembrane import Q
from biomembrane import library as lib
from biomembrane.assemble.conserved import conserved


@pytest.mark.parametrize("name", ["resting_cell", "enterocyte", "mitochondrion"])
def test_sums_span_those_of_the_model(name: str) -> None:
    model = bm.load(name)
    found = conserved(model)
    assert len(found.sums) == len(model.invariants)
    for each, free in zip(found.sums, found.free, strict=True):
        assert each[free] == 1
        assert sum(free in other for other in found.sums) == 1
        for process, column in model.N.items():
            of = found.columns[process]
            assert sum((each[n] * of[n] for n in column if n in each), Fraction(0)) == 0


def test_a_process_that_does_not_run_conserves_what_it_moves() -> None:
    model = bm.load("sodium_battery")
    more = conserved(model, frozenset({"symporter"}))
    assert len(more.sums) == len(conserved(model).sums) + 1
    assert {"cell.glucose": 1} in more.sums


def test_the_water_of_two_closed_places_is_one_sum() -> None:
    """Volumes are counted in moles of water; salts of each place stay there."""
    places = [
        bm.Compartment(n, volume=Q(1, "pL"), contents=mM({S: c})) for n, c in (("a", 1), ("b", 2))
    ]
    wall = bm.Membrane("wall", inside=places[0], outside=places[1], area=Q(1, "um^2"))
    model = bm.Model("two", [lib.water(wall)])
    assert {"a.volume": 1, "b.volume": 1} in conserved(model).sums
    rest = bm.steady_state(model)
    assert rest.data.volume.values == pytest.approx([2 / 3, 4 / 3], rel=1e-10)
    assert bool(rest.stable)


def test_totals_of_fast_processes_count_as_sums_of_fluxes() -> None:
    leaking = conserved(built(ISOMERS, fast=True))
    assert leaking.sums == ({"cell.charge": 1},)  # A leaks, and so does the total
    assert leaking.columns["A_leak"] == {"cell.B.total": 1}  # the toy's total is −(A + B)
    alone = cell(lambda on: [lib.leak(S, on, permeability=Q(1, "um/s"))], {S: 1}, {S: 1})
    assert conserved(alone).sums == ({"cell.charge": 1},)
