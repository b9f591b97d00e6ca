"""How a run ends: an enumeration whose values are the messages, whose codes files keep, and whose
members name a remedy.
"""

from __future__ import annotations

import copy
import json
import pickle

import numpy as np
import pytest

import biomembrane as bm
from biomembrane import Q
from biomembrane.results import schema
from biomembrane.solve.status import Outcome, Status

#: What files that were written so far say; a code that changes makes them lie.
WRITTEN = {
    0: "done",
    1: "too many steps",
    2: "collapsed",
    3: "not finite",
    4: "negative",
    5: "cancelled",
    6: "open books",
}


def test_codes_are_those_of_the_files() -> None:
    """Each code of a file that exists is read as what it was; codes are distinct, and one that
    nobody wrote is refused.
    """
    assert {code: Outcome.of(code) for code in WRITTEN} == WRITTEN
    assert len({o.code for o in Outcome}) == len(Outcome)
    with pytest.raises(ValueError, match="127"):
        Outcome.of(127)


def test_flags_of_a_result_name_every_code() -> None:
    """CF's flag_values and flag_meanings, place by place, are codes and words of the members."""
    words = str(schema.STATUS["flag_meanings"]).split()
    named = {
        int(code): word.replace("_", " ")
        for code, word in zip(schema.STATUS["flag_values"], words, strict=True)
    }
    assert named == {o.code: o.value for o in Outcome}


@pytest.mark.parametrize("outcome", Outcome)
def test_an_outcome_is_its_message(outcome: Outcome) -> None:
    """In text, in arrays, in JSON and across processes."""
    assert f"{outcome}" == str(outcome) == outcome.value == outcome
    assert pickle.loads(pickle.dumps(outcome)) is copy.deepcopy(outcome) is outcome
    assert json.loads(json.dumps(outcome)) == outcome.value
    assert (np.array([outcome, outcome]) == outcome.value).all()
    assert Status(outcome, 1.0).ok == (outcome is Outcome.DONE)
    assert bool(outcome.remedy) == (outcome is not Outcome.DONE)


@pytest.mark.parametrize(
    "solver",
    [bm.solvers.Native(max_steps=7), bm.solvers.SciPy("BDF", max_steps=7)],
    ids=lambda s: type(s).__name__,
)
def test_a_run_that_stops_names_its_remedy(solver: bm.solvers.Solver) -> None:
    """As a call that can be written as it stands, with the method of the solver."""
    with pytest.raises(bm.errors.SimulationStopped) as caught:
        bm.simulate(bm.load("resting_cell"), until=Q(1, "h"), solver=solver)
    status = caught.value.run.status
    assert status.kind is Outcome.TOO_MANY_STEPS
    call = status.message.partition("allow more with ")[2]
    assert eval(call, {"Native": bm.solvers.Native, "SciPy": bm.solvers.SciPy}).max_steps == 70
    assert ("BDF" in call) == isinstance(solver, bm.solvers.SciPy)
