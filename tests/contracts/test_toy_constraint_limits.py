"""The toy constraint: events, what is conserved, what is checked, and what cannot be."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sympy as sp
import xarray as xr
from builders import RT, cell
from contracts.toy_constraint import (
    DIMER,
    DIMERS,
    INSIDE,
    ISOMERS,
    OUT,
    RATE,
    A,
    B,
    Equilibrated,
    K,
    built,
    lost,
    parts,
)

import biomembrane as bm
from biomembrane import Q, errors, laws, symbols, testing
from biomembrane import library as lib
from biomembrane.compile.program import Event
from biomembrane.declare.bound_expression import BoundExpression
from biomembrane.results.run import Run
from biomembrane.solve import lane_batches
from biomembrane.solve.task import make_task
from biomembrane.testing.model_evaluator import ModelEvaluator


def test_an_event_is_met_by_a_constraint() -> None:
    """An event that changes what a constraint says, and one that sets what the constraint
    determines, which goes back: the books hold both.
    """
    model = built(ISOMERS, fast=True)
    level = symbols.concentration("cell.B") - 3.0
    dearer = Event("dearer", level, (("B.standard_energy", sp.Float(3000.0)),))
    push = Event("push", symbols.t - 25, (("cell.A", 2 * symbols.amount("cell.A")),))
    times = np.array([0.0, 25.0, 40.0])
    steps = {"bath.A": bm.Protocol.steps(Q(OUT, "mM"), (Q(20, "s"), Q(0.5, "mM")))}
    for events, count in (((dearer,), 1), ((push,), 1), ((dearer, push), 2)):
        made = Run(
            lane_batches.whole(make_task(model, times, events=events, parameters=steps), None)[0]
        )
        met = [m for m in made.trajectory.block.met[0] if m.event]
        assert len(met) == count
        made.ledger.check()
        line, first, last = made.ledger.relaxed.values, met[0], met[-1]
        relaxed = line[-1] - line[0]  # without that of the start
        if events == (dearer,):
            ratio = first.before[1] / first.before[0]
            assert first.settled[1] / first.settled[0] == pytest.approx(
                math.exp(-3000 / RT), rel=1e-9
            )
            assert relaxed == pytest.approx(
                lost(first.before[:2].sum(), ratio, math.exp(-3000 / RT)), rel=1e-9
            )
        if events == (push,):
            assert last.after[0] == 2 * last.before[0]
            assert last.settled == pytest.approx(last.before, rel=1e-9)
            assert relaxed == pytest.approx(float(made.ledger.dosed[-1]), rel=1e-9)
            assert made.data.affinity.sel(process="turn").values == pytest.approx(
                [0, 0, 0], abs=1e-6
            )


def test_an_event_may_change_what_a_constraint_says() -> None:
    """Where B rises through 3 mM its standard potential is set: the run goes on at the new
    equilibrium, from the sum that was there.
    """
    model, low = built(ISOMERS, fast=True), 3.0
    became = Event(
        "full", symbols.concentration("cell.B") - low, (("B.standard_energy", sp.Float(3000.0)),)
    )
    times = np.array([0.0, 100.0])
    made = Run(lane_batches.whole(make_task(model, times, events=(became,)), None)[0])
    ratio, end = math.exp(-3000 / RT), OUT * (1 + K)
    when = -math.log((end - low * (1 + K) / K) / (end - INSIDE[A] - INSIDE[B])) * (1 + K) / RATE
    assert [m.time for m in made.trajectory.block.met[0]] == pytest.approx([when], rel=1e-6)
    end, there = OUT * (1 + ratio), low * (1 + K) / K
    total = end + (there - end) * math.exp(-RATE * (100 - when) / (1 + ratio))
    a, b = (made.data.amount.sel(pool=name).values[-1] for name in ("cell.A", "cell.B"))
    assert (a + b, b / a) == pytest.approx((total, ratio), rel=1e-6)


def test_what_a_constraint_moves_is_not_conserved() -> None:
    """A pool that no process touches is an invariant of N, unless a constraint determines it."""
    inert, bound = (
        cell(lambda on: parts(ISOMERS, 1.0)(on)[1:], {A: 1.0, B: 1.0}, {A: OUT}) for _ in range(2)
    )
    told = {"cell.B": BoundExpression(symbols.amount("cell.B") - symbols.amount("cell.A"))}
    object.__setattr__(
        bound, "pools", tuple(replace(x, constraint=told.get(x.name)) for x in bound.pools)
    )
    assert {"cell.B": 1} in inert.invariants
    assert not any("cell.B" in weights for weights in bound.invariants)


def test_what_a_constraint_must_keep_is_checked() -> None:
    """The check of invariants reads no constraint as a rate: atoms are kept by a fast process, and
    not where a constraint takes some of them.
    """

    plain = cell(lambda on: parts(DIMERS, 1.0)(on)[:1], {A: 0.3, DIMER: 0.05}, {A: OUT})
    assert (
        testing.keeps_invariants(
            Equilibrated("closed", plain.transporters, fast="turn"), examples=20
        )
        > 0
    )

    def fed(on: bm.Membrane) -> list[Any]:
        return [
            bm.Transporter("turn", ISOMERS, on.inside, laws.Elementary(rate=Q(1, "fmol/s"))),
            lib.leak(DIMER, on, permeability=Q(1e-4, "cm/s")),
        ]

    model = cell(fed, {A: 1.0, B: 1.0, DIMER: 1.0}, {DIMER: 5.0})
    assert testing.keeps_invariants(model, examples=20) > 0
    tied = BoundExpression(symbols.amount("cell.B") - symbols.amount("cell.D") ** 2)
    object.__setattr__(
        model,
        "states",
        tuple(replace(x, constraint=tied if x.name == "cell.B" else None) for x in model.states),
    )
    vars(model).pop("_held")  # what followed from the states
    vars(model).pop("equations")
    with pytest.raises(AssertionError, match=r"cell\.B changes by"):
        testing.keeps_invariants(model, examples=20)


def test_what_cannot_be_is_told() -> None:
    """SciPy takes no mass matrix; a constraint that does not depend on its state is named when the
    model is compiled.
    """
    model = built(ISOMERS, fast=True)
    with pytest.raises(errors.BadSettings, match="no mass matrix"):
        bm.simulate(model, until="1 s", solver=bm.solvers.SciPy("Radau"))
    blind = BoundExpression(symbols.amount("cell.B.total") + 1)
    with pytest.raises(errors.SingularConstraint, match=r"the constraint of cell\.A") as told:
        bm.simulate(constrained(**{"cell.A": blind}), until="1 s")
    assert "cell.B.total" in told.value.got
    pair = [
        BoundExpression(symbols.amount("cell.B") - 1),
        BoundExpression(2 * symbols.amount("cell.B") - 1),
    ]
    with pytest.raises(errors.SingularConstraint, match=r"the constraint of cell\.(A|B)"):
        bm.simulate(constrained(**dict(zip(("cell.A", "cell.B"), pair, strict=True))), until="1 s")


def constrained(**told: BoundExpression) -> bm.Model:
    """The isomers with other constraints."""
    made = built(ISOMERS, fast=True)
    object.__setattr__(
        made,
        "states",
        tuple(replace(x, constraint=told.get(x.name, x.constraint)) for x in made.states),
    )
    return made


@pytest.mark.parametrize("lanes", [1, 3])
def test_a_constraint_that_does_not_depend_on_its_own_state_stands_in_the_row_of_another(
    lanes: int,
) -> None:
    """B is told by the constraint of A, and A by that of B, their sum; that of A is the one that an
    error names.
    """
    model = constrained(
        **{"cell.A": BoundExpression(symbols.amount("cell.B") - sp.Rational(1, 20))}
    )
    P = xr.DataArray(np.full(lanes, 1e-4), dims="lane", attrs={"units": "cm/s"})
    run = bm.simulate(
        model,
        until="20 s",
        parameters={"A_leak.permeability": P},
        solver=bm.solvers.Native(rtol=1e-9),
    )
    a, b = (run.data.amount.sel(pool=name).values for name in ("cell.A", "cell.B"))
    assert b == pytest.approx(np.full(b.shape, 0.05), rel=1e-9)
    start = INSIDE[A] + INSIDE[B] - 0.05
    wanted = OUT + (start - OUT) * np.exp(-RATE * run.data.time.values)
    assert a == pytest.approx(np.broadcast_to(wanted[:, None], a.shape), rel=1e-7)
    seen = ModelEvaluator(model)
    found = seen("rhs", np.array([0.3, 0.07, 0.0, -0.3]))
    assert found["cell.A"] == pytest.approx(0.02)
    assert found["cell.B"] == pytest.approx(0.07)
    never = constrained(**{"cell.A": BoundExpression(symbols.amount("cell.B") ** 2 + 1)})
    with pytest.raises(
        (errors.ConstraintNotMet, errors.SingularConstraint), match=r"the constraint of cell\.A"
    ):
        bm.simulate(never, until="1 s")
