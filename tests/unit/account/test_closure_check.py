"""What ``ledger.check`` says of the ledger of one lane and of many."""

import warnings
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from mistakes import caught

from biomembrane import errors as e
from biomembrane.account.closure_check import FinalBalances


def test_books_that_do_not_close_and_heat_below_zero() -> None:
    """At the limit is fine; no number at all is not; the share of time and energy is told where it
    is known.
    """
    fW = 1e-6 * 1e3  # what is allowed for each pJ that passed in a second

    def judge(off: float, least: dict[str, float], shares: Any = None) -> None:
        balances = FinalBalances(
            ["done"],
            np.array([off]),
            np.array([1.0]),
            list(least),
            np.array([[x] for x in least.values()]),
            1.0,
        )
        balances.check_closure("m", 1e-6, shares)

    judge(1e-6, {"a": -fW, "b": 2.0})
    for off, got in (
        (2.5e-6, "2.5e-06"),
        (float("nan"), "not a finite number"),
        (float("inf"), "not a finite number"),
    ):
        error = caught(lambda off=off: judge(off, {"a": -0.9 * fW}))
        assert type(error) is e.BooksDoNotClose
        assert [error.where, error.wanted, error.got, error.advice] == [
            "ledger of 'm'", "a residual below 1e-06 of the energy that passed", got,
            "a tighter rtol in the solver; else a law or a potential is wrong",
        ]  # fmt: skip
    error = caught(
        lambda: judge(1.0, {"a": 1.0, "b": -1.25})
    )  # the process, though the books are open too
    assert type(error) is e.UphillForFree
    advice = "an Empirical law breaks the second law here; print(audit(model)) says how"
    assert [error.where, error.wanted, error.got, error.advice] == [
        "process b",
        "J·A ≥ 0 at every step",
        "-1.25 fW",
        advice,
    ]
    told = caught(lambda: judge(0.0, {"b": -1.25}, {"b": (0.25, 3.0, 0.5)}))
    assert told.got == "-1.25 fW, J·A < 0 for 25 % of the time, with 3 pJ (50 % of its energy)"
    assert caught(lambda: judge(0.0, {"b": -1.25}, {"c": (0.25, 3.0, 0.5)})).got == "-1.25 fW"


@given(st.integers(2, 6), st.data())
def test_a_scan_is_judged_lane_by_lane(count: int, data: st.DataObject) -> None:
    """As each lane alone, whatever passes in the others; lanes that were stopped are counted in a
    warning.
    """
    kinds = data.draw(
        st.lists(
            st.sampled_from(["done", "done", "open books", "too many steps"]),
            min_size=count,
            max_size=count,
        )
    )
    exponents = st.integers(-12, 6).map(lambda k: 10.0**k)
    passed = np.array(data.draw(st.lists(exponents, min_size=count, max_size=count)))
    least = -np.array(data.draw(st.lists(exponents, min_size=count, max_size=count)))
    off = np.array(
        data.draw(
            st.lists(
                st.sampled_from([0.0, 1e-8, 1e-3, float("nan")]), min_size=count, max_size=count
            )
        )
    )

    def verdict(lanes: slice) -> set[type]:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            balances = FinalBalances(
                kinds[lanes], off[lanes], passed[lanes], ["a"], least[lanes][None, :], 1.0
            )
            raised = set()
            try:
                balances.check_closure("m", 1e-6)
            except e.BiomembraneError as error:
                raised = {type(error)}
        assert bool(told) == (len(kinds[lanes]) > 1 and "too many steps" in kinds[lanes])
        return raised

    alone = [verdict(slice(k, k + 1)) for k in range(count) if kinds[k] != "too many steps"]
    alone += [
        {e.UphillForFree}
        for k in range(count)
        if kinds[k] == "too many steps" and least[k] < -1e-3 * passed[k]
    ]
    found = set().union(*alone)
    assert verdict(slice(0, count)) == ({e.UphillForFree} if e.UphillForFree in found else found)
