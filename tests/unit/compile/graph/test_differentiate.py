"""One differentiation, by states, parameters and directions: against sympy, against differences,
and against itself told otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
import sympy as sp
from builders import cell
from scipy.special import exprel

from biomembrane import balance, load, symbols
from biomembrane.compile import program as programs
from biomembrane.compile.graph import templates
from biomembrane.compile.graph.arrays import Sweep
from biomembrane.compile.graph.differentiate import along, differentiate
from biomembrane.compile.numpy_functions import ARRAYS, COEFFICIENTS
from biomembrane.compile.numpy_kernel import Kernel
from biomembrane.compile.program import FIXED, Program, program
from biomembrane.exchange import shipped_models
from biomembrane.library import K, Na, leak

TIME = 0.7


def bernoulli(x: float) -> float:
    return 1 / exprel(x)


def bernoulli_slope(order: float, x: float) -> float:
    if order == 1 and abs(x) > 0.5:
        return (1 - bernoulli(x) - x) * bernoulli(x) / x
    assert order == 1
    return float(np.polyval(COEFFICIENTS[1], x))


KNOWN = [{"B": bernoulli, "DB": bernoulli_slope, "Heaviside": lambda x, *_: float(x > 0)}, "numpy"]


Piece = tuple[sp.Symbol, list[sp.Symbol], Any]


@cache
def read(local: sp.Expr) -> list[Piece]:
    """A law cut into pieces that sympy differentiates quickly: what each defines, of which symbols,
    and a function for value and slopes.
    """
    cut, (last,) = sp.cse(local, sp.numbered_symbols("cut:"))
    made = []
    for symbol, e in [*cut, (None, last)]:
        names = sorted(e.free_symbols, key=str)
        made.append(
            (symbol, names, sp.lambdify(names, [e, *(sp.diff(e, s) for s in names)], modules=KNOWN))
        )
    return made


class BySympy:
    """Values and total derivatives of all that a model's equations define: sympy's derivative of
    each, and the chain rule in numbers.
    """

    def __init__(self, model: Any, y: Any, p: Any) -> None:
        inputs = [
            *(pool.symbol for pool in model.pools),
            *(model.symbol(name) for name in model.parameters),
        ]
        self.value: dict[Any, float] = {
            **FIXED,
            symbols.t: TIME,
            **dict(zip(inputs, [*y, *p], strict=True)),
        }
        self.slope: dict[Any, Any] = dict(zip(inputs, np.eye(len(inputs)), strict=True))
        self.none = np.zeros(len(inputs))
        for e in model.equations:
            self.value[e.symbol], self.slope[e.symbol] = self.of(e.formula.local, e.formula.names)

    def of(self, local: sp.Expr, names: Any) -> tuple[float, Any]:
        own: dict[Any, tuple[float, Any]] = {}
        for symbol, given, function in read(local):
            known = [own[s] if s in own else self.known(sp.sympify(names.get(s, s))) for s in given]
            value, *slopes = function(*(v for v, _ in known))
            own[symbol] = (
                float(value),
                sum(
                    (float(d) * total for d, (_, total) in zip(slopes, known, strict=True)),
                    self.none,
                ),
            )
        return own[None]

    def known(self, e: sp.Expr) -> tuple[float, Any]:
        return (self.value[e], self.slope.get(e, self.none)) if e in self.value else self.of(e, {})


def point(model: Any, seed: int = 2) -> tuple[Any, Any]:
    """A state and parameters in the neighbourhood of where a model stands, with voltages that
    matter.
    """
    rng = np.random.default_rng(seed)
    p = np.array([x.value for x in model.parameters.values()]) * rng.uniform(
        0.9, 1.1, len(model.parameters)
    )
    k = Kernel(program(model))
    constants = k.bind(p)
    scale = k.call("scale", 0.0, np.zeros(k.size), constants)
    start = k.call("initial", 0.0, np.zeros(k.size), constants)
    return (start + 0.1 * scale) * rng.uniform(0.8, 1.2, k.size), p


def numbers(made: Program, nodes: Sequence[int], y: Any, p: Any) -> Any:
    return Sweep(made.graph, list(nodes), {}, ARRAYS)(TIME, np.asarray(y), (), np.asarray(p), None)


def matrix(made: Program, group: str, y: Any, p: Any) -> Any:
    """∂group/∂(states, parameters) as the one differentiation has it."""
    g, roots = made.graph, made.outputs[group]
    wrt = [*g.inputs("y", len(y)), *g.inputs("p", len(p))]
    found = differentiate(g, roots, wrt)
    full = np.zeros((len(roots), len(wrt)))
    full[tuple(np.array(list(found)).T)] = numbers(made, list(found.values()), y, p)
    return full


def close(found: Any, wanted: Any, rtol: float) -> None:
    """Entry by entry, up to ``rtol`` of the largest in its row for what cancels."""
    size = np.abs(wanted) + 1e-3 * np.max(np.abs(wanted), axis=1, keepdims=True)
    off = np.abs(found - wanted) / np.where(size > 0, size, 1.0)
    assert np.all(off <= rtol), (
        f"off by {off.max():.2g} at {np.unravel_index(off.argmax(), off.shape)}"
    )


@pytest.mark.parametrize("name", ["enterocyte", "mitochondrion", "resting_cell", "sodium_battery"])
def test_shipped_models_as_sympy_has_them(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """∂(dx/dt)/∂x and ∂(dx/dt)/∂p, by the rules alone and by stencils: what sympy's derivatives of
    each equation give by the chain rule.
    """
    model = load(name)
    y, p = point(model)
    truth = BySympy(model, y, p)
    wanted = np.array([truth.slope[symbols.rate_of_change(pool.name)] for pool in model.pools])
    for few in (10**9, 1):
        monkeypatch.setattr(templates, "FEW", few)
        made = programs._build(model, (), False)
        assert bool(made.graph._stencils._cut) == (few == 1)
        close(matrix(made, "rhs", y, p), wanted, 1e-7)


@pytest.mark.parametrize("name", shipped_models.names())
def test_shipped_models_by_differences(name: str) -> None:
    """Slopes of dx/dt, of affinities and of the entries of the ledger by states and parameters are
    what a small change makes of them.
    """
    model = load(name)
    made, (y, p) = program(model), point(model)
    x, n, groups = np.concatenate([y, p]), len(y), ("rhs", "affinity", "entry")
    nodes = [node for group in groups for node in made.outputs[group]]
    found = np.concatenate([matrix(made, group, y, p) for group in groups])
    for column in np.random.default_rng(5).permutation(len(x))[:12]:
        step = 1e-4 * abs(x[column]) or 1e-9
        ends = [
            numbers(made, nodes, *np.split(x + far * step * np.eye(len(x))[column], [n]))
            for far in (-1, 1, -0.5, 0.5)
        ]
        wide, narrow = (ends[1] - ends[0]) / (2 * step), (ends[3] - ends[2]) / step
        room = (
            np.abs(wide - narrow) + 1e-7 * np.abs(narrow) + 1e-11 * np.abs(ends).max(axis=0) / step
        )
        assert np.all(np.abs(found[:, column] - (4 * narrow - wide) / 3) <= room), column


@pytest.mark.parametrize("name", shipped_models.names())
def test_columns_and_directions_agree(name: str) -> None:
    """The Jacobian of a program is that of its right-hand sides; a direction is the sum of its
    columns.
    """
    model = load(name)
    made, (y, p) = program(model), point(model)
    n, g = len(y), made.graph
    full = matrix(made, "rhs", y, p)
    jacobian = np.zeros((n, n))
    jacobian[made.sparsity] = numbers(made, made.outputs["jacobian"], y, p)
    close(full[:, :n], jacobian, 1e-12)
    way = {g.input("y", k): g.input("p", k % len(p)) for k in range(n)}
    found = numbers(made, along(g, made.outputs["rhs"], way), y, p)
    close(found[:, None], (full[:, :n] @ p[np.arange(n) % len(p)])[:, None], 1e-10)


def test_at_zero_volts() -> None:
    """Where a form with both signs of V meets V = 0, its slope is that of B at 0, also once it has
    been polished.
    """
    model = cell(
        lambda on: [leak(K, on), leak(Na, on)],
        {K: 140.0, Na: 10.0},
        {K: 140.0, Na: 10.0},
        impermeant=balance(charge=-1),
    )
    made, p = program(model), np.array([x.value for x in model.parameters.values()])
    k = Kernel(made)
    y = k.call("initial", 0.0, np.zeros(k.size), k.bind(p))
    y[[name.endswith(".charge") for name in made.states]] = 0.0
    jacobian = np.zeros((k.size, k.size))
    jacobian[made.sparsity] = numbers(made, made.outputs["jacobian"], y, p)
    assert np.any(jacobian[:, -1])
    close(matrix(made, "rhs", y, p)[:, : k.size], jacobian, 1e-12)


def test_nets_alone_in_their_affinity() -> None:
    """What depends on the states by the affinity of a net flux alone has no slope, many at once as
    one by one.
    """
    g = programs.Graph()
    y, p = g.inputs("y", 40), g.inputs("p", 2)
    roots = [g.call("exp", g.call("net", *p, x)) for x in y]
    assert differentiate(g, roots, y) == {}


def test_what_no_root_depends_on() -> None:
    """Columns of inputs that do not enter have no entries, nor has a root that is a constant; the
    input itself has slope one.
    """
    g = programs.Graph()
    y, p = g.inputs("y", 3), g.inputs("p", 2)
    found = differentiate(g, [g.const(2.0), y[1], g.mul(y[0], p[1])], [*y, *p])
    assert {place: g.nodes[node] for place, node in found.items()} == {
        (1, 1): ("const", 1.0),
        (2, 0): g.nodes[p[1]],
        (2, 4): g.nodes[y[0]],
    }
    assert along(g, [g.mul(y[0], p[1])], {y[2]: g.one}) == [g.zero]
