"""The hash-consed graph: lowering and differentiation agree with sympy, in floats and in lanes."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, example, given
from hypothesis import strategies as st
from strategies import fewer

from biomembrane.compile.graph.builder import Graph
from biomembrane.compile.graph.differentiate import along, differentiate
from biomembrane.compile.numpy_kernel import _GROUPS, Kernel
from biomembrane.compile.program import Program
from biomembrane.symbols import DB, B, t

Y = sp.symbols("y0:3", real=True)
P = sp.symbols("p0:2", real=True)
NAMES = (*Y, *P, t)
values = st.tuples(*[st.floats(0.1, 2.5)] * len(NAMES))


def _safe(kind: str, a: sp.Expr) -> sp.Expr:
    """A function of one argument that is smooth and moderate wherever ``a`` is moderate."""
    return {
        "exp": lambda: sp.exp(sp.tanh(a)),
        "log": lambda: sp.log(1 + a**2),
        "sqrt": lambda: sp.sqrt(1 + a**2),
        "cube root": lambda: (1 + a**2) ** sp.Rational(1, 3),
        "over root": lambda: (1 + a**2) ** sp.Rational(-3, 2),
        "B": lambda: B(a),
        "DB": lambda: DB(1, a),
        "sin": lambda: sp.sin(a),
        "cos": lambda: sp.cos(a),
        "tanh": lambda: sp.tanh(a),
        "abs": lambda: sp.Abs(a),
        "over": lambda: 1 / (1 + a**2),
        "square": lambda: a**2,
        "cube": lambda: a**3,
        "minus": lambda: -a,
    }[kind]()


UNARY = [
    "exp",
    "log",
    "sqrt",
    "cube root",
    "over root",
    "B",
    "DB",
    "sin",
    "cos",
    "tanh",
    "abs",
    "over",
    "square",
    "cube",
    "minus",
]


def _join(kind: str, a: sp.Expr, b: sp.Expr) -> sp.Expr:
    return {
        "add": lambda: a + b,
        "sub": lambda: a - b,
        "mul": lambda: a * b,
        "div": lambda: a / (1 + b**2),
        "max": lambda: sp.Max(a, b),
        "min": lambda: sp.Min(a, b),
        "pow": lambda: (1 + a**2) ** sp.tanh(b),
    }[kind]()


BINARY = ["add", "sub", "mul", "div", "max", "min", "pow"]
leaves = st.sampled_from(NAMES) | st.sampled_from(
    [sp.Integer(0), sp.Integer(1), sp.Integer(-2), sp.Rational(1, 3), sp.Float(0.7), sp.pi]
)
expressions = st.recursive(
    leaves,
    lambda inner: (
        st.builds(_safe, st.sampled_from(UNARY), inner)
        | st.builds(_join, st.sampled_from(BINARY), inner, inner)
    ),
    max_leaves=8,
)


def _slope(n: sp.Expr, a: sp.Expr) -> sp.Expr:
    z = sp.Dummy()
    return sp.diff(z / (sp.exp(z) - 1), z, int(n)).subs(z, a)


def _side(z: mpmath.mpf) -> mpmath.mpf:
    return mpmath.sign(z) if abs(z) > 1e-9 else mpmath.nan


def truth(expression: sp.Expr, at: dict[sp.Symbol, float]) -> float | None:
    """The value with 40 digits, B told as its quotient; None where it is not moderate or a tie of
    Max, Min or Abs decides it.
    """
    plain = expression.replace(DB, _slope).replace(B, lambda a: a / (sp.exp(a) - 1))
    with mpmath.workdps(40):
        sign = {"Heaviside": lambda z, *_: (1 + _side(z)) / 2, "sign": _side}
        made = sp.lambdify(NAMES, plain, modules=[sign, "mpmath"])
        try:
            value = made(*(mpmath.mpf(at[s]) for s in NAMES))
        except ZeroDivisionError:
            return None
        number = float(mpmath.re(value))
    return number if np.isfinite(number) and abs(number) < 1e6 else None


def compiled(roots: list[sp.Expr]) -> Kernel:
    """A kernel with these right-hand sides, their Jacobian and ∂f/∂t."""
    g = Graph()
    env = (
        {s: g.input("y", i) for i, s in enumerate(Y)}
        | {s: g.input("p", i) for i, s in enumerate(P)}
        | {t: g.input("t")}
    )
    memo: dict[sp.Basic, int] = {}
    nodes = [g.lower(e, env, memo) for e in roots]
    jacobian = differentiate(g, nodes, g.inputs("y", len(Y)))
    outputs: dict[str, list[int]] = {group: [] for group in _GROUPS}
    outputs |= {
        "rhs": nodes,
        "jacobian": list(jacobian.values()),
        "dfdt": along(g, nodes, {env[t]: g.one}),
    }
    names = {group: tuple(map(str, members)) for group, members in outputs.items()}
    sparsity = (tuple(i for i, _ in jacobian), tuple(j for _, j in jacobian))
    return Kernel(Program(tuple(map(str, Y)), tuple(map(str, P)), g, outputs, names, sparsity))


def square(k: Kernel, at: tuple[float, ...]) -> Any:
    return k.bind(np.array(at[3:5])), np.array(at[:3]), at[5]


@given(root=expressions, at=values)
@example(root=B(Y[0] - Y[1]), at=(1.0, 1.0, 1.0, 1.0, 1.0, 1.0))
@example(root=Y[0] ** -3 + Y[1] ** sp.Rational(-1, 2), at=(0.5, 2.0, 1.0, 1.0, 1.0, 1.0))
def test_lowering_agrees_with_sympy(root: sp.Expr, at: tuple[float, ...]) -> None:
    """A lowered expression has the value that sympy finds with 40 digits, alone and in lanes."""
    expected = (
        1.0
        if root == B(Y[0] - Y[1]) and at[0] == at[1]
        else truth(root, dict(zip(NAMES, at, strict=True)))
    )
    assume(expected is not None)
    k = compiled([root, Y[0], Y[1]])
    constants, y, time = square(k, at)
    assert k.rhs(time, y, constants)[0] == pytest.approx(expected, rel=1e-9, abs=1e-9)
    lanes = k.rhs(time, np.repeat(y[:, None], 3, axis=1), constants)
    assert lanes[0] == pytest.approx(np.full(3, expected), rel=1e-9, abs=1e-9)


@fewer(0.6)
@given(root=expressions, at=values)
def test_derivatives_agree_with_sympy(root: sp.Expr, at: tuple[float, ...]) -> None:
    """Jacobian and ∂f/∂t have the values of sympy's derivatives, and what is not in the pattern is
    zero.
    """
    here = dict(zip(NAMES, at, strict=True))
    k = compiled([root, Y[1] * root, Y[2]])
    constants, y, time = square(k, at)
    J, rate = k.jacobian(time, y, constants), k.call("dfdt", time, y, constants)
    for j, s in enumerate(Y):
        expected = truth(sp.diff(root, s), here)
        assume(expected is not None)
        assert J[0, j] == pytest.approx(expected, rel=1e-7, abs=1e-7)
        value = truth(root, here)
        assume(value is not None)
        assert J[1, j] == pytest.approx(
            here[Y[1]] * expected + (value if j == 1 else 0.0), rel=1e-7, abs=1e-7
        )
    assert J[2].tolist() == [0.0, 0.0, 1.0]
    expected = truth(sp.diff(root, t), here)
    assume(expected is not None)
    assert rate[0] == pytest.approx(expected, rel=1e-7, abs=1e-7)
    assert rate[2] == 0.0


@given(first=expressions, second=expressions)
def test_equal_expressions_are_one_node(first: sp.Expr, second: sp.Expr) -> None:
    """Lowering is a function: equal expressions meet in one node, arguments stand before their
    node, and a − a is 0.
    """
    g = Graph()
    env = (
        {s: g.input("y", i) for i, s in enumerate(Y)}
        | {s: g.input("p", i) for i, s in enumerate(P)}
        | {t: g.input("t")}
    )
    a, b = g.lower(first, env, {}), g.lower(second, env, {})
    count = len(g.nodes)
    assert (g.lower(first, env, {}), g.lower(second, env, {})) == (a, b)
    assert len(g.nodes) == count
    assert len(set(g.nodes)) == count
    assert all(
        argument < i
        for i, node in enumerate(g.nodes)
        if node[0] not in ("const", "in")
        for argument in node[1:]
    )
    assert g.sub(a, a) == g.zero
    assert g.mul(a, b) == g.mul(b, a)


@given(root=expressions)
def test_dependence_on_states_and_parameters(root: sp.Expr) -> None:
    """A node reaches no state that the expression has not, and is hoisted only where neither state
    nor time enters.
    """
    g = Graph()
    env = (
        {s: g.input("y", i) for i, s in enumerate(Y)}
        | {s: g.input("p", i) for i, s in enumerate(P)}
        | {t: g.input("t")}
    )
    node = g.lower(root, env, {})
    used = {g.nodes[i][2] for i in g.reachable([node]) if g.nodes[i][:2] == ("in", "y")}
    assert used <= {i for i, s in enumerate(Y) if s in root.free_symbols}
    if not root.free_symbols & {*Y, t}:
        assert g.free[node]
    if g.free[node]:
        assert not used
        assert t not in root.free_symbols or root.diff(t).equals(0)


@given(base=st.floats(-3, 3).filter(lambda x: abs(x) > 1e-2), n=st.integers(-12, 12))
def test_powers_by_squaring(base: float, n: int) -> None:
    """A whole power is what repeated multiplication gives."""
    k = compiled([Y[0] ** n, Y[1], Y[2]])
    constants, y, time = square(k, (base, 1.0, 1.0, 1.0, 1.0, 0.0))
    assert k.rhs(time, y, constants)[0] == pytest.approx(base**n, rel=1e-13)


@given(x=st.floats(-680, 680) | st.floats(-1e-3, 1e-3) | st.floats(0.45, 0.55))
def test_kernels_of_the_bernoulli_function(x: float) -> None:
    """B, B′ and B″ keep twelve digits at any argument, alone and in lanes, across the seam of
    series and quotient.
    """
    k = compiled([B(Y[0]), DB(1, Y[0]), Y[2]])
    constants, y, time = square(k, (x, 1.0, 1.0, 1.0, 1.0, 0.0))
    with mpmath.workdps(700):
        z, e = mpmath.mpf(x), mpmath.expm1(x)
        near = [
            mpmath.fsum(
                mpmath.bernoulli(i) / mpmath.factorial(i - n) * z ** (i - n) for i in range(n, 60)
            )
            for n in range(3)
        ]
        far = (
            near
            if abs(x) < 0.5
            else [z / e, (e - z * (e + 1)) / e**2, (e + 1) * (z * (e + 2) - 2 * e) / e**3]
        )
    expected = pytest.approx([float(b) for b in far], rel=1e-12, abs=1e-290)
    for one in (y, y[:, None]):
        rate, slope = k.rhs(time, one, constants), k.jacobian(time, one, constants)
        assert [
            float(v)
            for v in (rate[0, ...].ravel()[0], rate[1, ...].ravel()[0], slope[1, 0, ...].ravel()[0])
        ] == expected
        assert slope[0, 0] == pytest.approx(rate[1], rel=1e-15)


def test_what_has_no_rule_is_refused() -> None:
    """A function without a rule is refused by name."""
    g = Graph()
    with pytest.raises(NotImplementedError, match="gamma"):
        g.lower(sp.gamma(Y[0]), {Y[0]: g.input("y", 0)}, {})
