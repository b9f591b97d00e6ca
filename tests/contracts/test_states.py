"""The contract of state variables: each says what it has, and no code asks what kind it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sympy as sp
from declared import shipped

import biomembrane as bm
from biomembrane import library as lib
from biomembrane import symbols
from biomembrane.assemble import state as states
from biomembrane.assemble.model import Model
from biomembrane.testing.model_evaluator import ModelEvaluator
from biomembrane.units import Q

K, Na, Cl = lib.K, lib.Na, lib.Cl


def everything() -> Model:
    """A cell with all kinds of states: solutes, a charge, a volume, and the states of a carrier."""
    salt = {Na: Q(140, "mM"), K: Q(5, "mM"), Cl: Q(145, "mM"), lib.glucose: Q(5, "mM")}
    bath = bm.Reservoir("bath", salt)
    mixed = {Na: Q(20, "mM"), K: Q(120, "mM"), Cl: Q(20, "mM"), lib.glucose: Q(1, "mM")}
    size, anion = Q(1, "pL"), bm.balance(charge=-1)
    cell = bm.Compartment("cell", volume=size, contents=mixed, impermeant=anion)
    area, C = Q(500, "um^2"), Q(1, "uF/cm^2")
    wall = bm.Membrane("wall", inside=cell, outside=bath, area=area, capacitance=C)
    parts: list[Any] = [lib.leak(K, wall), lib.leak(Na, wall), lib.SGLT1(wall), lib.water(wall)]
    return Model("everything", parts, potential={wall: Q(-60, "mV")})


def test_a_state_has_the_derivative_of_the_free_energy_as_its_conjugate() -> None:
    model = everything()
    known = {e.symbol: e.expression for e in model.equations if e.group in ("potential", "derived")}
    values = {s: 1.0 + k / 7 for k, s in enumerate(sorted(model.energy.free_symbols, key=str))}
    assert len(model.pools) == len(model.states) == len({x.name for x in model.states})
    for x in model.states:
        slope = (known[x.conjugate] - sp.diff(model.energy, x.symbol)).xreplace(known).subs(values)
        assert abs(float(slope.subs(values).evalf())) < 1e-6, x.name


def test_what_is_conserved_is_counted_in_quanta() -> None:
    """No process changes Σ weight·x/quantum, with charges in units of F; volumes are in no sum."""
    model = everything()
    counted = {x.name: x.quantum for x in model.states}
    assert {x.name for x in model.states if x.quantum is None} == {"cell.volume"}
    assert counted["cell.charge"] == symbols.F
    assert model.invariants
    for weights in model.invariants:
        for column in model.N.values():
            shares = {row: sp.Rational(w.numerator, w.denominator) for row, w in weights.items()}
            moved = sum(w * column.get(row, 0) / counted[row] for row, w in shares.items())
            assert sp.simplify(moved) == 0


def test_units_and_signs_follow_from_what_a_state_is() -> None:
    said = {
        x.name: (x.unit, x.positive, x.concentration is not None, x.carried_as)
        for x in everything().states
    }  # fmt: skip
    assert said["cell.K"] == ("fmol", True, True, "K")
    assert said["cell.charge"] == ("fC", False, False, None)
    assert said["cell.volume"] == ("pL", True, False, None)
    carriers = [row for name, row in said.items() if name.startswith("SGLT1.")]
    assert carriers
    assert set(carriers) == {("fmol", True, False, "carrier states")}


def test_only_what_acts_at_the_start_alone_is_spent_there() -> None:
    """A capacitance acts all along, though q(0) is made of it."""
    spent = {x.name: x.spent_at_start for x in everything().states}
    assert spent["cell.K"] == {"cell.K", "cell.volume"}
    assert spent["cell.charge"] == frozenset()


@pytest.mark.parametrize("name", ["enterocyte", "resting_cell"])
def test_nothing_depends_on_the_word_for_a_kind(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """With nonsense for every word, equations, invariants, run and books are the same."""
    was = shipped(name)
    run = bm.simulate(was, until="20 s")
    shipped.cache_clear()
    for k, cls in enumerate((states.Amount, states.Solute, states.NodeCharge, states.Volume)):
        monkeypatch.setattr(cls, "kind", f"nonsense {k}")
    now = shipped(name)
    shipped.cache_clear()
    assert now is not was
    assert (now.hash, now.invariants, now.N) == (was.hash, was.invariants, was.N)
    again = bm.simulate(now, until="20 s")
    assert np.array_equal(again.trajectory.block.rows, run.trajectory.block.rows)
    for variable in ("amount", "concentration", "potential", "volume", "flux", "dissipation"):
        one, two = (each.data[variable].values for each in (again, run))
        assert np.array_equal(one, two, equal_nan=True)
    assert str(again.ledger) == str(run.ledger)
    look, y = ModelEvaluator(now), run.trajectory.block.y[:, -1, 0]
    assert np.array_equal(look.array("rhs", y), ModelEvaluator(was).array("rhs", y))


def test_what_moves_a_state_with_a_conjugate_is_a_process() -> None:
    """A rate that no process has would do work that the ledger does not hold."""
    x = everything().states[0]
    with pytest.raises(ValueError, match="the ledger has no entry"):
        replace(x, rate=x.scale)
