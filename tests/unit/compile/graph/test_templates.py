"""Graphs of large models, made by stencils and many at a time, hold what the rules make one by
one.
"""

from __future__ import annotations

import sys
from subprocess import run
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from strategies import fewer

from biomembrane import load
from biomembrane.compile import program as programs
from biomembrane.compile.graph import builder, lowering, templates
from biomembrane.compile.graph.arrays import arrays
from biomembrane.compile.graph.builder import Graph
from biomembrane.compile.graph.differentiate import differentiate
from biomembrane.compile.graph.shared_exponentials import polish
from biomembrane.compile.llvm import elementary
from biomembrane.declare.bound_expression import BoundExpression
from biomembrane.symbols import B, c0, ln

LOCAL = sp.symbols("@0:4", real=True)
STATES, PARAMETERS = sp.symbols("y0:9", real=True), sp.symbols("p0:6", positive=True)


def _grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    one = st.sampled_from(
        [
            lambda a: -a,
            lambda a: a**2,
            lambda a: 1 / (1 + a**2),
            lambda a: sp.exp(sp.tanh(a)),
            B,
            sp.Abs,
            lambda a: B(-a),
        ]
    )
    two = st.sampled_from(
        [
            lambda a, b: a + b,
            lambda a, b: a - b,
            lambda a, b: a * b,
            lambda a, b: a / (1 + b**2),
            sp.Max,
        ]
    )
    return st.builds(lambda f, a: f(a), one, inner) | st.builds(
        lambda f, a, b: f(a, b), two, inner, inner
    )


leaves = st.sampled_from([*LOCAL, sp.Integer(2), sp.Integer(-1), sp.Rational(1, 2), sp.Integer(0)])
laws = st.lists(st.recursive(leaves, _grown, max_leaves=10), min_size=1, max_size=3)
named = st.tuples(
    *[st.sampled_from([*STATES, *PARAMETERS, -STATES[0], sp.Integer(0)])] * len(LOCAL)
)
places = st.lists(named, min_size=1, max_size=8)


def spelled(g: Graph, i: int) -> str:
    """A node written out, sums and products in one order."""
    op, *a = g.nodes[i]
    if op in ("const", "in"):
        return repr(g.nodes[i])
    parts = [spelled(g, x) for x in a]
    return f"{op}({', '.join(sorted(parts) if op in ('add', 'mul') else parts)})"


RULES, STENCILS = 10**9, 1  # rows from which stencils are used


def built(
    laws: list[sp.Expr], places: list[tuple[sp.Expr, ...]], few: int,
) -> tuple[Graph, dict[str, list[int]], dict[Any, int]]:  # fmt: skip
    """Every law at every place, each second one of what the first ones give; with derivatives,
    polished.
    """
    with pytest.MonkeyPatch.context() as m:
        m.setattr(templates, "FEW", few)
        return _built(laws, places)


def _built(
    laws: list[sp.Expr], places: list[tuple[sp.Expr, ...]]
) -> tuple[Graph, dict[str, list[int]], dict[Any, int]]:
    g = Graph()
    env = {s: g.input("y", k) for k, s in enumerate(STATES)} | {
        s: g.input("p", k) for k, s in enumerate(PARAMETERS)
    }
    symbols, definitions = sp.symbols(f"r:{len(laws) * len(places)}", real=True), []
    for k, names in enumerate(places):
        for law in laws:
            here = dict(zip(LOCAL, names, strict=True))
            if k % 2:
                here[LOCAL[0]] = definitions[-1][0]
            definitions.append((symbols[len(definitions)], BoundExpression(law, here)))
    lowering.define(g, definitions, env, {})
    roots = [env[s] for s, _ in definitions]
    jacobian = differentiate(g, roots, g.inputs("y", len(STATES)))
    outputs = polish(g, {"rhs": roots, "jacobian": list(jacobian.values())})
    return g, outputs, jacobian


@fewer(0.5)
@given(laws=laws, places=places)
def test_many_at_a_time_are_the_same_as_one_by_one(
    laws: list[sp.Expr], places: list[tuple[sp.Expr, ...]]
) -> None:
    """The same expressions, node by node, and the same pattern of the Jacobian."""
    (one, plain, pattern), (many, stamped, found) = (
        built(laws, places, few) for few in (RULES, STENCILS)
    )
    assert list(found) == list(pattern)
    for group, roots in plain.items():
        assert [spelled(many, i) for i in stamped[group]] == [spelled(one, i) for i in roots]


def test_a_difference_of_a_node_with_itself_is_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one thing that a rule sees beyond the kinds of its nodes, alone and in rows."""
    monkeypatch.setattr(templates, "FEW", STENCILS)
    g = Graph()
    y = [g.input("y", k) for k in range(4)]

    def square(rules: Any, given: Any) -> list[int]:
        return [rules.mul(rules.sub(*given), rules.sub(*given))]

    ((apart,),), ((same,),) = (
        g.rows("square", [pair], square) for pair in ((y[0], y[1]), (y[2], y[2]))
    )
    assert (g.value(same), g.value(apart)) == (0.0, None)
    assert [
        g.value(row[0])
        for row in g.rows("square", [(y[0], y[1]), (y[3], y[3]), (y[1], y[2])], square)
    ] == [None, 0.0, None]


def test_factors_that_stand_the_other_way_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """A product is stored in the order of its nodes' numbers, which need not be that of the place
    where the stencil was cut.
    """
    spelt = []
    for few in (RULES, STENCILS):
        monkeypatch.setattr(templates, "FEW", few)
        g = Graph()
        first = g.input("y", 0)

        def product(a: int, b: int, g: Graph = g) -> int:
            ((made,),) = g.rows("product", [(a, b)], lambda rules, given: [rules.mul(*given)])
            return made

        one = product(g.call("exp", first), g.mul(first, g.input("p", 0)))
        turned = g.call("exp", first)
        roots = [one, product(turned, g.mul(g.input("y", 1), g.input("p", 1)))]
        spelt.append(
            [spelled(g, i) for i in (*roots, *differentiate(g, roots, g.inputs("y", 2)).values())]
        )
        if few == STENCILS:
            assert all(
                g.known.nodes[k] == (n[0], *(g.kinds[a] for a in n[1:]))
                for n, k in zip(g.nodes, g.kinds, strict=True)
                if n[0] == "mul"
            )
    assert spelt[0] == spelt[1]


def test_kinds_tell_what_arrays_need() -> None:
    """Arrays of a graph that grows hold, for old nodes and new ones, what the nodes say."""
    g = Graph()
    x, p = g.input("y", 0), g.input("p", 1)
    g.call("exp", g.mul(x, p))
    before = arrays(g)
    g.call("net", x, p, g.add(x, g.const(2.5)))
    after = arrays(g)
    assert len(before.op) < len(after.op) == len(g.nodes)
    assert np.array_equal(after.op[: len(before.op)], before.op)
    for i, (op, *a) in enumerate(g.nodes):
        if op == "const":
            assert (after.value[i], after.level[i]) == (a[0], 0)
        elif op != "in":
            assert after.args[i].tolist()[: len(a)] == a
            assert after.level[i] == 1 + max(after.level[a])
    assert g.free == [node[0] == "const" or node == ("in", "p", 1) for node in g.nodes]


def test_kinds_of_arguments_come_first() -> None:
    """A node's kind has a higher number than those of its arguments, however its graph has grown:
    so that kind by kind is an order to work in.
    """
    for few in (RULES, STENCILS):
        g, *_ = built(
            [sp.exp(LOCAL[0] - LOCAL[1]) * LOCAL[2], B(LOCAL[1]) - B(-LOCAL[1])],
            [tuple(STATES[k : k + 4]) for k in range(6)],
            few,
        )
        assert len(g.kinds) == len(g.nodes)
        for node, kind in zip(g.nodes, g.kinds, strict=True):
            if node[0] not in ("const", "in"):
                assert g.known.nodes[kind] == (node[0], *(g.kinds[a] for a in node[1:]))
                assert kind > max(g.kinds[a] for a in node[1:])


@pytest.mark.parametrize("name", ["enterocyte", "resting_cell"])
def test_a_shipped_model_by_stencils(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every output of the program is the same expression."""
    model, made = load(name), []
    for few in (RULES, STENCILS):
        monkeypatch.setattr(templates, "FEW", few)
        made.append(programs._build(model, (), False))
    small, large = made
    assert (large.names, large.sparsity) == (small.names, small.sparsity)
    for group in ("rhs", "entry", "exergy", "dissipation", "flux"):
        assert [spelled(large.graph, i) for i in large.outputs[group]] == [
            spelled(small.graph, i) for i in small.outputs[group]
        ]


def test_what_lies_between_inputs_and_roots(monkeypatch: pytest.MonkeyPatch) -> None:
    """By arrays as by walking: what the roots need and the inputs change, and nothing behind what
    is held.
    """
    made = programs._build(load("resting_cell"), (), False)
    g, roots = made.graph, made.outputs["rhs"]
    held = {
        i: k
        for k, i in enumerate(
            i for i in g.reachable(roots) if g.free[i] and g.nodes[i][0] not in ("const", "in")
        )
    }
    chosen = g.inputs("y", 2)
    found = []
    for many in (10**9, 0):
        monkeypatch.setattr(builder, "MANY", many)
        found.append((g.reachable(roots), g.reachable(roots, held), g.between(chosen, roots)))
    assert found[0] == found[1]
    whole, short, between = found[0]
    assert set(between) < set(whole)
    assert set(short) < set(whole)
    assert not set(between) & set(chosen)
    changed = set(chosen)
    for i in whole:
        if g.nodes[i][0] not in ("const", "in") and changed & set(g.nodes[i][1:]):
            changed.add(i)
    assert set(between) == changed - set(chosen)


def test_logarithms_are_those_of_sympy() -> None:
    """Of products of symbols, which is what they are taken of."""
    f, r = sp.symbols("f r", positive=True)
    for x in (f / r, f / r * c0**-2, c0, c0**-1, sp.S.One):
        assert ln(x) == sp.log(x)


def test_only_the_elementary_functions_that_are_called_are_compiled() -> None:
    """Those that a function calls, with those that these call."""

    found = [
        text.partition("@m_")[2].partition("(")[0]
        for text in elementary.used("%r1 = call $V @m_B1($V %x)")
    ]
    assert found == ["expm1", "B1"]
    assert elementary.used("") == []


def test_one_run_loads_nothing_that_it_does_not_need() -> None:
    """No frames, no random numbers of numpy, no masked arrays: they take longer to load than the
    run takes.
    """
    code = (
        "import sys, biomembrane as bm; model = bm.load('resting_cell'); bm.simulate(model,"
        " until=bm.Q(1, 's'));print(*({'xarray', 'pandas', 'matplotlib', 'h5py', 'scipy.integrate',"
        " 'scipy.linalg', 'numpy.ma', 'numpy.random'} & set(sys.modules)))"
    )
    done = run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
