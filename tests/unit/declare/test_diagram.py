"""The kinetic diagram as one object: trees, loops, walks and the stationary state, against linear
algebra and closed forms.
"""

from __future__ import annotations

import itertools
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biomembrane.declare.cycle_stationary_state import forests, shares
from biomembrane.declare.diagram import Diagram, forward, members, slowest_last


@st.composite
def diagrams(draw: st.DrawFn) -> Diagram:
    """Connected, of 2 to 6 states, with steps both ways around and several between the same
    states.
    """
    size = draw(st.integers(2, 6))
    ends = [(draw(st.integers(0, k - 1)), k) for k in range(1, size)]
    more = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)).filter(
        lambda pair: pair[0] != pair[1]
    )
    listed = draw(st.permutations(ends + draw(st.lists(more, max_size=5))))
    listed = [pair[::-1] if draw(st.booleans()) else pair for pair in listed]
    return Diagram(
        tuple(f"E{k}" for k in range(size)),
        tuple(f"s{k}" for k in range(len(listed))),
        tuple(listed),
    )


def rates(draw: st.DrawFn, made: Diagram) -> tuple[Any, Any]:
    """One-way rates within six decades."""
    one = st.lists(st.floats(-3, 3), min_size=len(made.steps), max_size=len(made.steps))
    up, down = (10.0 ** np.array(draw(one)) for _ in range(2))
    return up, down


def incidence(made: Diagram) -> Any:
    """(state, step): −1 where a step begins, 1 where it ends."""
    D = np.zeros((len(made.states), len(made.steps)))
    for k, (a, b) in enumerate(made.ends):
        D[a, k] -= 1
        D[b, k] += 1
    return D


@given(made=diagrams(), data=st.data())
def test_trees_reach_all_states_and_the_loops_are_a_basis(
    made: Diagram, data: st.DataObject
) -> None:
    """Whatever the order: size − 1 steps; each chord closes one loop, which leaves every state as
    often as it comes there.
    """
    for order in (None, tuple(data.draw(st.permutations(range(len(made.steps)))))):
        tree, chords, Z = made.tree(order), made.chords(order), made.loops(order)
        assert len(tree) == len(made.states) - 1
        assert sorted((*tree, *chords)) == list(range(len(made.steps)))
        assert set(made.paths(tree)) == set(range(len(made.states)))
        assert not (incidence(made) @ Z.T).any()
        assert np.array_equal(Z[:, list(chords)], np.eye(len(chords)))
        assert all(walk[0] == (k, 1) for walk, k in zip(made.walks(order), chords, strict=True))
        assert all(
            np.array_equal(made.row(walk), row)
            for walk, row in zip(made.walks(order), Z, strict=True)
        )


@given(made=diagrams())
def test_simple_loops_meet_no_state_twice(made: Diagram) -> None:
    """Each once; the fundamental ones are among them; turned forward a loop is the same."""
    every = made.simple(1000)
    assert len({members(walk) for walk in every}) == len(every)
    assert {members(walk) for walk in made.walks()} <= {members(walk) for walk in every}
    for walk in every:
        names = made.around(walk)
        assert names[0] == names[-1]
        assert len(set(names)) == len(names) - 1 == len(walk)
        assert abs(made.row(forward(walk)) - made.row(walk)).any() == (
            sum(way for _, way in walk) < 0
        )


@given(made=diagrams(), data=st.data())
def test_levels_rise_by_each_step_of_the_tree(made: Diagram, data: st.DataObject) -> None:
    rises = [data.draw(st.integers(-9, 9)) for _ in made.steps]
    level = made.levels(rises, made.tree(), 0)
    assert level[0] == 0
    assert all(level[made.ends[k][1]] - level[made.ends[k][0]] == rises[k] for k in made.tree())


@given(made=diagrams(), data=st.data())
def test_the_stationary_state_balances_every_state(made: Diagram, data: st.DataObject) -> None:
    """Net fluxes in and out cancel to the last digits of the traffic; slopes are differences;
    forests are determinants.
    """
    up, down = rates(data.draw, made)
    n = made.occupancy(up, down)
    assert n.sum() == pytest.approx(1, rel=1e-13)
    first, last = np.array(made.ends).T
    ahead, back = up * n[first], down * n[last]
    traffic = abs(incidence(made)) @ (ahead + back)
    assert np.all(abs(incidence(made) @ (ahead - back)) <= 1e-12 * traffic)
    a = made.rates(up, down)
    leaving = np.diag(a.sum(axis=1)) - a
    for kept in ([0], [0, len(n) - 1]):
        others = [s for s in range(len(n)) if s not in kept]
        assert forests(a, sorted(set(kept))) == pytest.approx(
            np.linalg.det(leaving[np.ix_(others, others)]), rel=1e-6
        )
    direction = np.array([[data.draw(st.sampled_from([-1.0, 0.0, 1.0]))] for _ in up])
    _, slope = made.occupancy_slopes(up, down, direction * up[:, None], direction * down[:, None])
    h = 1e-5
    wide = [
        made.occupancy(up * (1 + s * h * direction[:, 0]), down * (1 + s * h * direction[:, 0]))
        for s in (1, -1)
    ]
    assert slope[:, 0] == pytest.approx((wide[0] - wide[1]) / (2 * h), abs=1e-8)


@given(made=diagrams(), data=st.data())
def test_loops_dissipate_what_the_steps_do(made: Diagram, data: st.DataObject) -> None:
    """Σ_κ J_κ A_κ over all simple loops is Σ J ln(J⁺/J⁻) over the steps (Hill 1989)."""
    up, down = rates(data.draw, made)
    n = made.occupancy(up, down)
    first, last = np.array(made.ends).T
    ahead, back = up * n[first], down * n[last]
    steps = float(np.sum((ahead - back) * np.log(ahead / back)))
    total = 0.0
    every = made.simple(1000)
    for walk, weight in zip(every, made.weights(every, up, down), strict=True):
        plus, minus = (math.prod((up, down)[way != side][k] for k, way in walk) for side in (1, -1))
        total += weight * (plus - minus) * math.log(plus / minus)
    assert total == pytest.approx(steps, rel=1e-7, abs=1e-9 * float(np.sum(ahead + back)))


def test_one_loop_in_closed_form() -> None:
    """Three states in a ring: the occupancy of each is the sum of its three trees (King & Altman
    1956).
    """
    ring = Diagram.of("ABC", [("one", "A", "B"), ("two", "B", "C"), ("three", "C", "A")])
    up, down = np.array([2.0, 3.0, 5.0]), np.array([7.0, 11.0, 13.0])
    trees = np.array(
        [3 * 5 + 7 * 5 + 7 * 11, 5 * 2 + 11 * 2 + 11 * 13, 2 * 3 + 13 * 3 + 13 * 7], float
    )
    assert ring.occupancy(up, down) == pytest.approx(trees / trees.sum(), rel=1e-15)
    assert ring.weights(ring.walks(), up, down) == pytest.approx([1 / trees.sum()], rel=1e-15)
    assert ring.around(ring.walks()[0]) == ("C", "A", "B", "C")
    assert list(ring.names().values()) == ["A–B–C–A"]
    many = ring.occupancy(np.array([up, up]).T, np.array([down, 2 * down]).T)
    assert np.array_equal(many[:, 0], ring.occupancy(up, down))


def test_loops_through_the_same_states_are_told_apart() -> None:
    """By those of their steps that are not the only ones between two states; the same loop walked
    another way has the same name.
    """
    two = Diagram.of(
        "ABC", [("one", "A", "B"), ("two", "B", "C"), ("three", "C", "A"), ("other", "B", "A")]
    )
    told = {
        frozenset({0, 3}): "A–B–A",
        frozenset({0, 1, 2}): "A–B–C–A by one",
        frozenset({1, 2, 3}): "B–C–A–B by other",
    }
    assert two.names() == told
    assert two.names([((3, -1), (1, 1), (2, 1))]) == told


def test_a_loop_beyond_those_shown_has_a_name_too() -> None:
    """Of six states each joined to each only the ten independent loops are shown; any other is
    named as it is walked forward.
    """
    pairs = list(itertools.combinations("ABCDEF", 2))
    full = Diagram.of("ABCDEF", [(a + b, a, b) for a, b in pairs])
    ring = (
        *((pairs.index(pair), 1) for pair in itertools.pairwise("ABCDEF")),
        (pairs.index(("A", "F")), -1),
    )
    back = tuple((k, -way) for k, way in reversed(ring))
    assert len(full.names()) == 10
    assert full.names([back]) == full.names() | {members(ring): "A–B–C–D–E–F–A"}


def test_of_two_parts_each_has_a_tree() -> None:
    """It grows from the first state, whatever is listed first; what it leaves comes behind, in
    order.
    """
    parts = Diagram.of(
        "ABCDE",
        [("cd", "C", "D"), ("dc", "D", "C"), ("be", "B", "E"), ("ab", "A", "B"), ("ea", "E", "A")],
    )
    assert parts.outward() == (3, 4, 0, 1, 2)
    assert parts.outward([2, 1, 3]) == (3, 2, 1)
    assert (parts.tree(), parts.chords()) == ((3, 4, 0), (1, 2))
    assert set(parts.paths(parts.tree())) == {0, 1, 4}


def test_a_state_that_leads_nowhere_takes_all() -> None:
    """Rates of zero: no forest leads away from it, and a tree that ends there is the only one."""
    line = Diagram.of("AB", [("one", "A", "B")])
    assert forests(line.rates(np.array([2.0]), np.array([0.0])), [0]) == 0.0
    assert forests(line.rates(np.array([2.0]), np.array([0.0])), [1]) == 2.0
    assert shares(line.rates(np.array([2.0]), np.array([8.0]))).tolist() == [0.8, 0.2]


def test_an_order_by_traffic_leaves_the_slowest_steps_out() -> None:
    ring = Diagram.of("ABC", [("one", "A", "B"), ("two", "B", "C"), ("three", "C", "A")])
    assert ring.chords() == (2,)
    assert ring.chords(slowest_last(np.array([5.0, 3.0, 0.1]), np.array([1.0, 2.0, 9.0]))) == (1,)


def test_what_follows_is_kept_on_the_diagram() -> None:
    """Once for each order; not in its copy, which is equal."""
    ring = Diagram.of("ABC", [("one", "A", "B"), ("two", "B", "C"), ("three", "C", "A")])
    assert ring.loops() is ring.loops()
    assert not ring.loops().flags.writeable
    back = pickle.loads(pickle.dumps(ring))
    assert back == ring
    assert "_held" in vars(ring)
    assert "_held" not in vars(back)
