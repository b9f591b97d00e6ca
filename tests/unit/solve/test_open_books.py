"""The quick look at the books at the end of a run: it says of every lane what the books themselves
say.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import xarray as xr
from builders import epithelium, shipped
from hypothesis import given
from hypothesis import strategies as st
from strategies import fewer

import biomembrane as bm
from biomembrane import Q
from biomembrane.solve.ledger_totals import LedgerTotals
from biomembrane.solve.open_books import balanced, open_lanes
from biomembrane.solve.problem import books_limit
from biomembrane.solve.task import make_task
from biomembrane.solve.trajectory import Trajectory

RTOL = 1e-5
_TIMES = np.array([0.0, 20.0, 60.0])
_K = xr.DataArray([3.0, 5.0, 9.0], dims="K_o", attrs={"units": "mM"})
_RISE = bm.Protocol.ramps((Q(0, "s"), Q(5, "mM")), (Q(1, "min"), Q(10, "mM")))
KINDS = {
    "a run": ("enterocyte", {}, False),
    "a scan": ("enterocyte", {"blood.K": _K}, False),
    "a scan of sums": ("enterocyte", {"blood.K": _K}, True),
    "a bath that rises": ("enterocyte", {"blood.K": _RISE}, False),
    "sums of a tissue": ("epithelium", {}, True),
}
kinds = pytest.mark.parametrize("kind", KINDS)


@cache
def solved(kind: str) -> Trajectory:
    name, parameters, summed = KINDS[kind]
    model = shipped(name) if name == "enterocyte" else epithelium(floating=False)
    task = make_task(
        model, _TIMES, parameters=parameters, solver=bm.solvers.Native(rtol=RTOL), summed=summed
    )
    return task.trajectory(slice(0, task.parameters.lanes))


def books(made: Trajectory) -> LedgerTotals:
    return LedgerTotals(replace(made, block=made.block.ends()))


def changed(made: Trajectory, lane: int, column: int, by: float) -> Trajectory:
    """The same with something else in one place of the row at the end."""
    end = made.block.end.copy()
    end[lane, column] += by
    return replace(made, block=replace(made.block, end=end))


@kinds
@fewer(0.5)
@given(data=st.data())
def test_it_says_what_the_books_say(kind: str, data: Any) -> None:
    """An entry, a drift or a heat that is off by less or by more than the limit of what passed, in
    any lane; a bath that gives or takes.
    """
    made = solved(kind)
    lane = data.draw(st.integers(0, len(made.block.end) - 1))
    column = data.draw(st.integers(made.kernel.size, made.block.end.shape[1] - 1))
    share = data.draw(st.sampled_from([-10.0, -3.0, -0.3, 0.3, 3.0, 10.0]))
    passed = books(made).passed[-1, lane] / books(made).scale
    spoilt = changed(made, lane, column, share * books_limit(RTOL) * passed)
    assert balanced(spoilt) == (len(open_lanes(spoilt, books(spoilt))) == 0)


@kinds
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_not_fine(kind: str, value: float) -> None:
    made = solved(kind)
    assert balanced(made)
    assert not balanced(changed(made, 0, made.kernel.size, value))


@kinds
@fewer(0.5)
@given(share=st.sampled_from([-1e-2, 1e-2, 0.5]), data=st.data())
def test_the_state_is_looked_at(kind: str, share: float, data: Any) -> None:
    """A state of the end that the powers did not make: ΔΞ is off, and the books as a whole say the
    same.
    """
    made = solved(kind)
    column, lane = data.draw(st.integers(0, made.kernel.size - 1)), len(made.block.end) - 1
    spoilt = changed(made, lane, column, share * float(made.block.end[lane, column]))
    assert balanced(spoilt) == (len(open_lanes(spoilt, books(spoilt))) == 0)


def test_a_jump_of_what_the_exergy_depends_on_takes_a_closer_look() -> None:
    """A step of the reference bath does work at once, which stands in no row; a step of a
    permeability does none.
    """
    step = lambda a, b, unit: bm.Protocol.steps(Q(a, unit), (Q(30, "s"), Q(b, unit)))  # noqa: E731
    model, solver = shipped("enterocyte"), bm.solvers.Native(rtol=RTOL)
    name = next(n for n in model.parameters if n.endswith(".permeability"))
    before = float(model.parameter(name).quantity.magnitude)
    unit = str(model.parameter(name).unit)
    for parameters, quick in (
        ({"blood.K": step(5, 8, "mM")}, False),
        ({name: step(before, 2 * before, unit)}, True),
    ):
        made = make_task(model, _TIMES, parameters=parameters, solver=solver).trajectory(
            slice(0, 1)
        )
        assert balanced(made) is quick
        assert made.statuses[0].ok
        assert books(made).residual_relative[-1, 0] < books_limit(RTOL)
