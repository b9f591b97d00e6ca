"""The numpy printer: a program as Python functions, for one state ``(state,)`` and for many
``(state, lane)``.

The text is printed from the graph alone (never from what a user wrote) and runs in two namespaces:
plain floats with :mod:`math` for one state, which is ten times faster there, and numpy ufuncs for
lanes; large models are swept instead, equal operations at once (:class:`.graph.arrays.Sweep`).
Work that only needs parameters is hoisted into ``bind``.  This printer is the reference that
every other one is tested against.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import caching
from .graph.arrays import CONST, Sweep, arrays
from .numpy_functions import ARRAYS, SCALARS
from .program import Program

_ROOM = 1 << 23  # values that the sweep of a large model holds at once

Array = NDArray[np.float64]
_BINARY = {
    "add": "({} + {})",
    "sub": "({} - {})",
    "mul": "({} * {})",
    "neg": "(-{})",
    "rcp": "(1.0 / {})",
}
_GROUPS = (
    "initial",
    "scale",
    "impermeant",
    "rhs",
    "jacobian",
    "dfdt",
    "concentration",
    "potential",
    "volume",
    "pressure",
    "carried",
    "area",
    "affinity",
    "flux",
    "electrode_current",
    "forward",
    "reverse",
    "dissipation",
    "entry",
    "drift",
    "uphill",
    "protocol",
    "exergy",
    "energy",
    "event",
    "set",
    "pH",
    "closure",
)


class Kernel:
    """Functions of one program, M dx/dt = f; ``mass`` (state,) is the diagonal of M.

    ``y`` is ``(state,)`` or ``(state, …)``, ``t`` and constants numbers or arrays that broadcast to
    ``(…)``; a batch equals its singles.

    ``bind(p)`` takes parameters in program order, numbers or ``(lane,)`` arrays, and gives the
    constants that every other call takes last.  ``call(group, t, y, constants)`` gives the members
    of an output group as ``(member,)`` or ``(member, …)``. All in the internal system.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        groups = dict.fromkeys((*_GROUPS, *program.outputs))
        roots = [program.outputs[group] for group in groups if group in program.outputs]
        if program.rolled:
            frontier = dict.fromkeys(_hoisted_arrays(program, [i for each in roots for i in each]))
        else:
            frontier = dict.fromkeys(i for each in roots for i in _hoisted(program, each))
        self.slots = {node: k for k, node in enumerate(frontier)}
        self._functions: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {}
        self._sweeps: dict[str, Sweep] = {}
        self.size, self.mass = len(program.states), np.array(program.mass, dtype=float)
        if program.rolled:
            self._sweeps["bind"] = Sweep(program.graph, list(frontier), {}, ARRAYS)
        else:
            self._bind = _function(program, "bind", list(frontier), {})

    def __reduce__(self) -> tuple[Any, ...]:
        return kernel, (self.program,)

    def bind(self, p: Sequence[Any] | Array) -> Sequence[Any]:
        """Constants of these parameters (numbers, or arrays over lanes): floats, or arrays where a
        parameter is one.
        """
        if self.program.rolled:
            lanes = max((len(x) for x in p if np.ndim(x)), default=None)
            given = (
                np.array([np.broadcast_to(x, (lanes,)) for x in p])
                if lanes
                else np.array([float(x) for x in p])
            )
            return [*self._sweeps["bind"](0.0, (), (), given, lanes)]
        if plain(p) or not any(isinstance(x, np.ndarray) and x.ndim for x in p):
            constants: Sequence[Any] = _call(
                self._bind[0], 0.0, (), (), [float(x) for x in p], size=len(self.slots)
            )
            return constants
        with np.errstate(
            all="ignore"
        ):  # numpy's own numbers, for Python's would raise on a division by zero
            return list(
                self._bind[1](0.0, (), (), [np.float64(x) if np.ndim(x) == 0 else x for x in p])
            )

    def call(self, group: str, t: Any, y: Array, constants: Sequence[Any]) -> Array:
        """The members of a group at a state."""
        if self.program.rolled:
            return self._sweep(group, t, np.asarray(y, dtype=float), constants)
        y = np.asarray(y, dtype=float)
        if y.ndim == 1:
            return np.array(self.one(group, t, y.tolist(), constants), dtype=float)
        many, members = self._pair(group)[1], len(self.program.outputs[group])
        values = np.empty((members, *y.shape[1:]))
        with np.errstate(all="ignore"):
            for k, row in enumerate(many(t, y, constants, ())):
                values[k] = row
        return values

    def one(
        self, group: str, t: float, y: Sequence[float], constants: Sequence[Any]
    ) -> Sequence[float]:
        """As :meth:`call` at one state, of numbers; entries of ``y`` after the states are
        ignored.
        """
        if self.program.rolled:
            swept: Sequence[float] = self._sweep(
                group, t, np.array(y[: self.size]), constants
            ).tolist()
            return swept
        values: Sequence[float] = _call(
            self._pair(group)[0], t, y, constants, (), size=len(self.program.outputs[group])
        )
        return values

    def _pair(self, group: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
        """The functions of a group, of numbers and of arrays, printed when they are first
        needed.
        """
        if group not in self._functions:
            self._functions[group] = _function(
                self.program, group, self.program.outputs[group], self.slots
            )
        return self._functions[group]

    def _sweep(self, group: str, t: Any, y: Array, constants: Sequence[Any]) -> Array:
        """As :meth:`call` for a large model, in blocks of lanes that keep the values of all nodes
        within memory.
        """
        if group not in self._sweeps:
            self._sweeps[group] = Sweep(
                self.program.graph, self.program.outputs[group], self.slots, ARRAYS
            )
        sweep = self._sweeps[group]
        if y.ndim == 1:
            return sweep(t, y, np.asarray(constants, dtype=float), (), None)
        if y.ndim > 2:  # times and lanes side by side
            flat = [np.broadcast_to(c, y.shape[1:]).ravel() if np.ndim(c) else c for c in constants]
            t = np.broadcast_to(t, y.shape[1:]).ravel() if np.ndim(t) else t
            return self._sweep(group, t, y.reshape(len(y), -1), flat).reshape(-1, *y.shape[1:])
        lanes = y.shape[1]
        c = _stacked(constants, lanes)
        values = np.empty((len(sweep.roots), lanes))
        block = max(1, _ROOM // max(1, sweep.size))
        for first in range(0, lanes, block):
            part = slice(first, first + block)
            values[:, part] = sweep(
                t[part] if np.ndim(t) else t,
                y[:, part],
                c[:, part],
                (),
                len(range(*part.indices(lanes))),
            )
        return values

    def swept(
        self, groups: Sequence[str], t: Any, y: Array, constants: Sequence[Any]
    ) -> list[Array]:
        """Groups at states (state, lane), equal operations at once, without the code that is worth
        printing for many calls.
        """
        outputs = [self.program.outputs[group] for group in groups]
        sweep = Sweep(
            self.program.graph, [node for each in outputs for node in each], self.slots, ARRAYS
        )
        values = sweep(t, y, _stacked(constants, y.shape[1]), (), y.shape[1])
        return np.split(values, np.cumsum([len(each) for each in outputs])[:-1])

    def blocks(
        self, t: Any, y: Array, constants: Sequence[Any], chosen: Iterable[Sequence[int]]
    ) -> Iterator[Array]:
        """Blocks of the Jacobian between chosen states, each as :meth:`jacobian`, without the whole
        matrix.
        """
        values = self.call("jacobian", t, y, constants)
        rows, columns = (np.asarray(each, dtype=np.int64) for each in self.program.sparsity)
        order = np.argsort(rows, kind="stable")
        first = np.searchsorted(rows[order], np.arange(self.size + 1))
        for states in chosen:
            place = {state: k for k, state in enumerate(states)}
            block = np.zeros((len(states), len(states), *values.shape[1:]))
            for state in states:
                for n in order[first[state] : first[state + 1]].tolist():
                    if int(columns[n]) in place:
                        block[place[state], place[int(columns[n])]] = values[n]
            yield block

    def rhs(self, t: Any, y: Array, constants: Sequence[Any]) -> Array:
        """f: dx/dt, and in the rows of constraints the residual."""
        return self.call("rhs", t, y, constants)

    def jacobian(self, t: Any, y: Array, constants: Sequence[Any]) -> Array:
        """∂f/∂x as a dense array, ``(state, state)`` or ``(state, state, lane)``."""
        values = self.call("jacobian", t, y, constants)
        matrix = np.zeros((self.size, self.size, *values.shape[1:]))
        matrix[self.program.sparsity] = values
        return matrix


def plain(numbers: Iterable[Any]) -> bool:
    """Whether all are Python's own floats."""
    return set(map(type, numbers)) <= {float}


_building = threading.RLock()


def kernel(program: Program) -> Kernel:
    """The numpy kernel of a program, built once."""
    with _building:
        cache = caching.cache_of(program)
        if Kernel not in cache:
            cache[Kernel] = Kernel(program)
        built: Kernel = cache[Kernel]
        return built


def _stacked(constants: Sequence[Any], lanes: int) -> Array:
    """Constants as (slot, lane)."""
    stacked = np.empty((len(constants), lanes))
    for k, c in enumerate(constants):
        stacked[k] = c
    return stacked


def _call(function: Callable[..., Any], t: Any, y: Any, c: Any, p: Any, *, size: int) -> Any:
    try:
        return function(t, y, c, p)
    except (ZeroDivisionError, OverflowError):
        return [math.nan] * size


def _hoisted(program: Program, roots: Iterable[int]) -> list[int]:
    """Parameter-only nodes that the state-dependent ones use directly, and parameter-only roots."""
    g = program.graph
    nodes = [r for r in roots if g.free[r] and g.value(r) is None]
    for i in g.reachable(roots):
        if not g.free[i] and g.nodes[i][0] != "in":
            nodes += [a for a in g.nodes[i][1:] if g.free[a] and g.value(a) is None]
    return nodes


def _hoisted_arrays(program: Program, roots: Sequence[int]) -> list[int]:
    """As :func:`_hoisted`, for a large graph."""
    a, free = arrays(program.graph), np.array(program.graph.free, dtype=bool)
    used = a.args[a.reach(roots) & ~free].ravel()
    both = np.concatenate([np.asarray(roots, dtype=np.int64), used[used >= 0]])
    nodes: list[int] = np.unique(both[free[both] & (a.op[both] != CONST)]).tolist()
    return nodes


def source(program: Program, name: str, roots: Sequence[int], slots: dict[int, int]) -> str:
    """The text of one function ``name(t, y, c, p)``; nodes in ``slots`` are read from ``c``."""
    g = program.graph
    text: dict[int, str] = {}
    uses: dict[int, int] = {}
    nodes = g.reachable(roots, slots)
    order = [i for i in nodes if i not in slots and g.nodes[i][0] not in ("const", "in")]
    for i in order:
        for a in g.nodes[i][1:]:
            uses[a] = uses.get(a, 0) + 1
    for r in roots:
        uses[r] = uses.get(r, 0) + 2
    lines = []
    for i in (i for i in nodes if i in slots or g.nodes[i][0] == "in"):
        node = g.nodes[i]
        text[i] = f"v{i}"
        place = (
            f"c[{slots[i]}]" if i in slots else "t" if node[1] == "t" else f"{node[1]}[{node[2]}]"
        )
        lines.append(f"    v{i} = {place}")
    for i in nodes:
        if g.nodes[i][0] == "const" and i not in slots:
            text[i] = repr(g.nodes[i][1])
    for i in order:
        op, *a = g.nodes[i]
        body = (
            _BINARY[op].format(*(text[x] for x in a))
            if op in _BINARY
            else f"{op}({', '.join(text[x] for x in a)})"
        )
        if uses[i] == 1 and len(body) < 400:
            text[i] = body
        else:
            text[i] = f"v{i}"
            lines.append(f"    v{i} = {body}")
    lines.append(f"    return ({''.join(text[r] + ', ' for r in roots)})")
    return f"def {name}(t, y, c, p):\n" + "\n".join(lines) + "\n"


def _function(
    program: Program, name: str, roots: Sequence[int], slots: dict[int, int]
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    code = compile(source(program, name, roots, slots), f"<{name}>", "exec")
    functions = []
    for namespace in (SCALARS, ARRAYS):
        space = dict(namespace)
        exec(code, space)
        functions.append(space[name])
    return functions[0], functions[1]
