"""A toy on the contract of constraints: a process whose affinity is 0 at all times, against closed
forms and its finite-rate form.

The amounts that it moves are algebraic; what it conserves of them are states of their own, which
the other processes change.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sympy as sp
import xarray as xr
from builders import RT, cell

import biomembrane as bm
from biomembrane import Q, errors, laws, symbols, testing
from biomembrane import dimension as d
from biomembrane import library as lib
from biomembrane.assemble.potentials import weighted
from biomembrane.assemble.state import StateVariable
from biomembrane.compile.program import Event
from biomembrane.declare.bound_expression import BoundExpression
from biomembrane.results.run import Run
from biomembrane.solve import lane_batches
from biomembrane.solve.task import make_task
from biomembrane.symbols import R, T
from biomembrane.testing.model_evaluator import ModelEvaluator

# --- the toy


class Total(StateVariable):
    """An amount that a fast process conserves."""

    dimension, unit, quantum, kind = d.AMOUNT, "fmol", None, "total"


class Equilibrated(bm.Model):
    """A model in which one process, of solutes in one compartment, is always at equilibrium."""

    def __init__(self, *given: Any, fast: str, **more: Any) -> None:
        super().__init__(*given, **more)
        column = {name: n for name, n in self.N[fast].items() if n}
        (first, nu), *others = column.items()
        known = {x.name: x for x in self.states}
        changed = {
            first: replace(
                known[first], constraint=BoundExpression(symbols.affinity(fast) / (R * T))
            )
        }
        totals = []
        for name, n in others:  # ν₁ n_j − ν_j n₁ is conserved
            share = [(nu, known[name]), (-n, known[first])]
            total = Total(
                name=f"{name}.total", symbol=symbols.amount(f"{name}.total"),
                place=known[name].place, label="total", positive=False,
                initial=weighted((w, x.initial.expression) for w, x in share),
                scale=known[name].scale,
                rate=weighted((w * self.N[p][x.name],
                    symbols.flux(p)) for p in self.N if p != fast for w,
                    x in share if x.name in self.N[p]),
            )  # fmt: skip
            changed[name] = replace(
                known[name],
                constraint=weighted(
                    [(sp.S.One, total.symbol), *((-w, x.symbol) for w, x in share)]
                ),
            )
            totals.append(total)
        object.__setattr__(
            self, "states", (*(changed.get(x.name, x) for x in self.states), *totals)
        )
        object.__setattr__(self, "pools", tuple(x for x in self.states if x.conjugate is not None))


# --- its tests

CONVENTION = "toy"
A = bm.Species("A", moieties={"m": 1}, standard=Q(0, "kJ/mol"), convention=CONVENTION)
B = bm.Species("B", moieties={"m": 1}, standard=Q(-2, "kJ/mol"), convention=CONVENTION)
DIMER = bm.Species("D", moieties={"m": 2}, standard=Q(-20, "kJ/mol"), convention=CONVENTION)
K = math.exp(2000 / RT)
RATE = 1e-4 * 1e-6 / 1e-9  # permeability × area / volume [1/s]
OUT, INSIDE = 5.0, {A: 0.3, B: 0.1, DIMER: 0.05}


def parts(reaction: str, rate: float) -> Any:
    def made(on: bm.Membrane) -> list[Any]:
        turn = bm.Transporter("turn", reaction, on.inside, laws.Elementary(rate=Q(rate, "fmol/s")))
        return [turn, lib.leak(A, on, permeability=Q(1e-4, "cm/s"))]

    return made


def built(reaction: str, *, rate: float = 1e-6, fast: bool) -> bm.Model:
    """A and what it turns into, in a cell that A leaks into, at equilibrium or at a finite rate."""
    species = [s for s in INSIDE if f"{s.name}@" in reaction]
    plain = cell(parts(reaction, rate), {s: INSIDE[s] for s in species}, {A: OUT})
    return Equilibrated("cell", plain.transporters, fast="turn") if fast else plain


ISOMERS, DIMERS = "A@cell <-> B@cell", "2 A@cell <-> D@cell"


def filled(times: Any, out: float = OUT, k: Any = K) -> Any:
    """A and B [fmol] by the closed form: their sum relaxes at the rate of the leak over 1 + K."""
    start, end = INSIDE[A] + INSIDE[B], out * (1 + k)
    total = end + (start - end) * np.exp(-RATE * times / (1 + k))
    return total / (1 + k), total * k / (1 + k)


def test_isomers_fill_a_cell_as_the_closed_form_says() -> None:
    """From amounts off equilibrium: they start on it, at their sum, and stay; the books close, for
    the fast process dissipates nothing.
    """
    model = built(ISOMERS, fast=True)
    run = bm.simulate(model, until="60 s", solver=bm.solvers.Native(rtol=1e-9))
    at = run.data
    for name, wanted in zip(("cell.A", "cell.B"), filled(at.time.values), strict=True):
        assert at.amount.sel(pool=name).values == pytest.approx(wanted, rel=1e-7)
    assert r"\\ 0 = " in model._repr_latex_()
    assert model.hash != built(ISOMERS, fast=False).hash
    ledger = run.ledger.check()
    assert float(np.abs(at.affinity.sel(process="turn")).max()) < 1e-6  # of kJ/mol
    assert float(ledger.residual_relative[-1]) < 1e-9
    assert float(ledger.dissipated[-1]) > 0


@pytest.mark.parametrize("reaction", [ISOMERS, DIMERS])
@pytest.mark.parametrize("inside", [(0.0, 0.0), (0.3, 0.0), (0.0, 0.1)])
def test_pools_of_a_fast_process_may_begin_empty(
    reaction: str, inside: tuple[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of them, or all: what leaks in is shared out from the first trace on, and ends where a
    finite rate does.
    """
    monkeypatch.setitem(
        globals(), "INSIDE", dict(zip((A, B if "B@" in reaction else DIMER), inside, strict=True))
    )
    run = bm.simulate(built(reaction, fast=True), until="60 s")
    slow = bm.simulate(built(reaction, rate=1e9, fast=False), until="60 s")
    run.ledger.check()
    got, wanted = (r.data.amount.isel(time=-1, pool=[0, 1]).values for r in (run, slow))
    assert got == pytest.approx(wanted, rel=1e-3)
    assert run.solution.steps < 5000  # ln n has fourteen decades to come from
    at = run.data.sel(process="turn").affinity.values
    assert at == pytest.approx(np.zeros(len(at)), abs=1e-5)


def test_a_finite_rate_comes_nearer_the_faster_it_is() -> None:
    """2 A ⇌ D: what a finite rate is off by falls as one over it, towards the model at
    equilibrium.
    """
    fast = bm.simulate(built(DIMERS, fast=True), until="20 s", solver=bm.solvers.Native(rtol=1e-10))
    off = []
    for rate in (1e8, 1e9):
        slow = bm.simulate(
            built(DIMERS, rate=rate, fast=False), until="20 s", solver=bm.solvers.Native(rtol=1e-10)
        )
        pools = ["cell.A", "cell.D"]
        off.append(
            float(
                np.abs(slow.data.amount.sel(pool=pools) - fast.data.amount.sel(pool=pools))
                .isel(time=-1)
                .max()
            )
        )
    assert off[1] < 1e-3
    assert off[0] / off[1] == pytest.approx(10, rel=0.02)


def test_lanes_of_a_scan() -> None:
    """Each lane has its own equilibrium and its own bath."""
    given = {"bath.A": xr.DataArray([1.0, 5.0, 20.0], dims="lane", attrs={"units": "mM"}),
             "B.standard_energy": xr.DataArray([-6.0, -2.0, 3.0], dims="lane",
                 attrs={"units": "kJ/mol"})}  # fmt: skip
    run = bm.simulate(built(ISOMERS, fast=True), until="30 s", parameters=given)
    for lane, (out, energy) in enumerate(zip(*(x.values for x in given.values()), strict=True)):
        at = run.data.isel(lane=lane)
        wanted = filled(at.time.values, out, math.exp(-1000 * energy / RT))
        assert at.amount.sel(pool="cell.B").values == pytest.approx(wanted[1], rel=1e-6)


def test_amounts_go_to_the_new_equilibrium_at_a_break() -> None:
    """A step of the bath changes rates alone; one of a standard potential moves both amounts at
    once, and never their sum.
    """
    model, change = built(ISOMERS, fast=True), 20.0
    steps = {"bath.A": bm.Protocol.steps(Q(OUT, "mM"), (Q(change, "s"), Q(0.5, "mM")))}
    at = bm.simulate(model, until="40 s", parameters=steps).data
    total = at.amount.sel(pool=["cell.A", "cell.B"]).sum("pool").values
    before = filled(np.array(change))
    later = at.time.values[at.time.values > change]
    end = 0.5 * (1 + K)
    wanted = end + (sum(before) - end) * np.exp(-RATE * (later - change) / (1 + K))
    assert total[at.time.values > change] == pytest.approx(wanted, rel=1e-6)
    steps = {
        "B.standard_energy": bm.Protocol.steps(Q(-2, "kJ/mol"), (Q(change, "s"), Q(3, "kJ/mol")))
    }
    run = bm.simulate(model, times=Q([0, change, change + 1e-3], "s"), parameters=steps)
    a, b = (run.data.amount.sel(pool=name).values for name in ("cell.A", "cell.B"))
    assert b / a == pytest.approx(
        [K, math.exp(-3000 / RT), math.exp(-3000 / RT)], rel=1e-6
    )  # from the break on
    assert (a + b)[2] == pytest.approx((a + b)[1], rel=1e-4)
    assert run.data.affinity.sel(process="turn").values == pytest.approx([0, 0, 0], abs=1e-6)


def lost(total: Any, before: float, after: float) -> Any:
    """Heat [pJ] of going from b/a = ``before`` to the equilibrium ``after``, RT Σ n ln(n/n_eq)."""
    old, new = (np.array([1 / (1 + ratio), ratio / (1 + ratio)]) for ratio in (before, after))
    return RT * 1e-3 * total * float((old * np.log(old / new)).sum())


@pytest.mark.parametrize("lanes", [None, [1.0, 5.0, 20.0]])
def test_the_books_close_over_a_jump(lanes: list[float] | None) -> None:
    """What a constraint gives up where a break moves it stands in a line of its own, with the
    closed form, in a run and in every lane; other lines and the heat of processes are as they were.
    """
    model, when, energies = built(ISOMERS, fast=True), np.array([20.0, 35.0]), [-2, 3, -1]
    to = [(Q(t, "s"), Q(x, "kJ/mol")) for t, x in zip(when, energies[1:], strict=True)]
    given: dict[str, Any] = {"B.standard_energy": bm.Protocol.steps(Q(energies[0], "kJ/mol"), *to)}
    if lanes:
        given["bath.A"] = xr.DataArray(lanes, dims="lane", attrs={"units": "mM"})
    run = bm.simulate(
        model,
        times=Q([0, 10, 20, 30, 50], "s"),
        parameters=given,
        solver=bm.solvers.Native(rtol=1e-9),
    )
    ledger = run.ledger.check()
    assert (np.asarray(run.trajectory.block.statuses) == run.trajectory.statuses[0]).all()
    for lane, out in enumerate(lanes or [OUT]):
        at, total, passed, wanted = 0.0, INSIDE[A] + INSIDE[B], 0.0, [0.0, 0.0]
        for t, old, new in zip(when, energies, energies[1:], strict=False):
            before, after = (math.exp(-1000 * x / RT) for x in (old, new))
            total = out * (1 + before) + (total - out * (1 + before)) * math.exp(
                -RATE * (t - at) / (1 + before)
            )
            passed, at = passed + lost(total, before, after), t
            wanted += [passed] * (2 if t == when[0] else 1)
        relaxed = ledger.relaxed.isel(lane=lane) if lanes else ledger.relaxed
        assert relaxed.values == pytest.approx(wanted, rel=1e-7)
    assert float(np.abs(ledger.residual_relative).max()) < 1e-9
    assert "heat of constraints that jump" in str(ledger)
    if lanes:
        one, kept = (
            run.isel(lane=1),
            bm.simulate(model, times=Q([0, 10, 20, 30, 50], "s"), parameters=given, keep="final"),
        )
        assert one.ledger.relaxed.values == pytest.approx(
            ledger.relaxed.isel(lane=1).values, rel=1e-12
        )
        kept.ledger.check()


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
        relaxed, first, last = made.ledger.relaxed.values[-1], met[0], met[-1]
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
            assert relaxed == pytest.approx(float(made.ledger.imposed[-1]), rel=1e-9)
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
