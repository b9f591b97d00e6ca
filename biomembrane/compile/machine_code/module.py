"""The native printer: a program as machine code for lanes side by side, by way of LLVM (llvmlite),
cached as an object file.

The cache is keyed by the IR, the CPU and the versions; see
:mod:`biomembrane.compile.machine_code.object_cache`.
"""

from __future__ import annotations

import ctypes
import hashlib
import random
import re
import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ... import caching, errors
from ..llvm import elementary
from ..llvm.ir import Function, Layout, widened
from ..numpy_kernel import Kernel
from ..numpy_kernel import kernel as reference
from ..program import QUADRATURES, Program
from ..rosenbrock import driver, event_location, lane_refill, step_end, tableau
from ..shape import shape
from . import model_functions, object_cache

Array = NDArray[np.float64]
_ATTRIBUTES = """
attributes #0 = { noinline nounwind "min-legal-vector-width"="512" "prefer-vector-width"="512" }
attributes #1 = { noinline nounwind "min-legal-vector-width"="512" "prefer-vector-width"="512" }
attributes #3 = { alwaysinline nounwind "min-legal-vector-width"="512" "prefer-vector-width"="512" }
attributes #2 = { nounwind "min-legal-vector-width"="512" "prefer-vector-width"="512" }
"""


WIDE = Layout(lanes=8)  # an ensemble
ALONE = Layout(
    lanes=1, block=8, nodes=4
)  # one run or two, for which eight lanes would be computed in vain
FEW = 2


def module(functions: Sequence[Function], layout: Layout) -> str:
    """The IR of functions, with the elementary ones that they call."""
    beside = [
        f for f in functions if f.name == "f_quad" and layout.nodes > 1
    ]  # for all nodes of its lanes at once
    text = _printed([f for f in functions if f not in beside], layout.lanes, layout.block)
    if beside:
        text += re.sub(r"@m_(?=\w)", "@w_", _printed(beside, layout.lanes * layout.nodes))
    return f"declare double @llvm.fabs.f64(double)\n{text}{_ATTRIBUTES}"


def _printed(functions: Sequence[Function], lanes: int, block: int = 1) -> str:
    """For single numbers the elementary functions are put where they are called, whose chains then
    overlap; for more that takes LLVM too long.
    """
    body = "\n".join(f.text() for f in functions)
    text = widened(
        "\n".join([elementary.DECLARATIONS, *elementary.used(body), body, ""]), lanes, block
    )
    return text.replace(elementary.ATTRIBUTES, "#3" if lanes == 1 else "#1")


class Code:
    """Machine code of a module, in an engine of its own: one engine with two objects would mix
    their constant pools.
    """

    def __init__(self, text: str) -> None:
        import llvmlite.binding as llvm

        body = compiled(text)
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine())
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(body))
        self._engine.finalize_object()

    def address(self, name: str) -> int:
        """Where a function begins."""
        return int(self._engine.get_function_address(name))


@lru_cache(maxsize=8)
def _driver(layout: Layout, careful: bool, eventful: bool, constrained: bool) -> Code:
    """The integration loop, which serves every model, or every one with events, with constraints,
    or with both.
    """
    loop = (event_location if eventful else driver).drive(
        tableau.RODAS5P, layout, careful=careful, constrained=constrained
    )
    return Code(module([lane_refill.refill(layout, events=eventful), loop], layout))


def machine() -> Any:
    """A new target machine of this CPU; an engine owns the one that it is given."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features().flatten()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features, opt=1, codemodel="jitdefault", reloc="pic"
    )


def _key(text: str) -> str:
    import llvmlite
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features().flatten()
    parts = (
        text,
        llvm.get_host_cpu_name(),
        features,
        llvmlite.__version__,
        str(llvm.llvm_version_info),
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def compiled(text: str) -> bytes:
    """The object file of a module, from the cache if it is there."""
    import llvmlite.binding as llvm

    name = f"{_key(text)}.o"
    cached = object_cache.found(name)
    if cached is not None:
        return cached
    target = machine()
    parsed = llvm.parse_assembly(text)
    parsed.triple = target.triple
    parsed.data_layout = str(target.target_data)
    _improve(parsed, target)
    code = bytes(target.emit_object(parsed))
    object_cache.keep(name, code)
    return code


def _improve(module: Any, target: Any) -> None:
    """What is left to do for text that is written in SSA form: calls that ask for it put in place,
    local variables into registers, and what follows from it.  LLVM's whole level 1 takes ten times
    as long and the code runs no faster.
    """
    import llvmlite.binding as llvm

    passes = llvm.create_new_module_pass_manager()
    passes.add_always_inliner_pass()
    passes.add_sroa_pass()
    passes.add_simplify_cfg_pass()
    passes.add_instruction_combine_pass()
    passes.run(
        module, llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options(speed_level=1))
    )


class CompiledModel:
    """Machine code of one program.

    ``bind(p)`` as the numpy kernel; :meth:`evaluate` for tests; :meth:`run` integrates many
    sets.  On load dx/dt, the Jacobian and the quadratures are compared with the numpy printer at
    random states.
    """

    def __init__(self, program: Program, layout: Layout) -> None:
        self.program, self.layout = program, layout
        self.numpy: Kernel = reference(program)
        self.shape = shape(program, len(self.numpy.slots))
        self.code = Code(
            module(model_functions.functions(program, self.numpy.slots, self.shape), layout)
        )
        careful, eventful = "along" in program.outputs, bool(program.events)
        *_, functions = tableau.names(events=eventful)
        self.table, self.size = tableau.table(
            self.shape,
            layout,
            {
                name: self.code.address(name)
                for name in functions
                if name not in tableau.CAREFUL or careful
            },
        )
        pointer, whole, real = ctypes.c_void_p, ctypes.c_int64, ctypes.c_double
        arguments: list[Any] = (
            [pointer, pointer, whole]
            + [pointer] * 7
            + [whole, real, pointer, whole, pointer, whole]
            + [pointer] * 4
            + [whole, real]
        )
        arguments += [pointer] * (2 * eventful + bool(program.algebraic))
        self.driver = _driver(
            layout, careful, eventful, bool(program.algebraic)
        )  # held, for its code must outlive every call
        self._drive = ctypes.CFUNCTYPE(None, *arguments)(self.driver.address("drive"))
        self.trust()

    def trust(self) -> None:
        """Compare dx/dt, Jacobian and quadratures with the numpy printer at random states; raises
        ``KernelMismatch``.
        """
        rng = random.Random(7)  # noqa: S311  not numpy's, which takes longer to load than the comparison takes
        constants = [10 ** rng.uniform(-0.5, 0.5) for _ in self.numpy.slots]
        states = np.array(
            [[10 ** rng.uniform(-1, 1) for _ in range(self.shape.states)] for _ in range(3)]
        )
        groups = ("rhs", "jacobian", *QUADRATURES, *(["event"] if self.program.events else []))
        wanted = dict(zip(groups, self.numpy.swept(groups, 0.5, states.T, constants), strict=True))
        integrands = np.concatenate([wanted[name] for name in QUADRATURES])
        for lane, y in enumerate(states):
            asked = {
                "f_rhs": [wanted["rhs"]],
                "f_jac": [wanted["rhs"], wanted["jacobian"]],
                "f_quad": [integrands],
            }
            for function, values in (
                asked | ({"f_event": [wanted["event"]]} if self.program.events else {})
            ).items():
                sizes = [len(w) for w in values] + (
                    [len(self.shape.clocked)] if function == "f_jac" else []
                )
                for got, value in zip(
                    self.evaluate(function, 0.5, y, constants, sizes), values, strict=False
                ):
                    _agree(function, got, value[:, lane])

    def evaluate(
        self, function: str, t: float, y: Array, constants: Sequence[Any], sizes: Sequence[int]
    ) -> list[Array]:
        """Results of ``f_rhs``, ``f_jac`` or ``f_quad`` at one state, from lane 0 (all lanes hold
        the same).
        """
        kinds: list[Any] = [ctypes.c_void_p] * (3 + len(sizes))
        call = ctypes.CFUNCTYPE(None, *kinds)(self.code.address(function))
        given = [np.array([t]), np.asarray(y), np.array(list(constants) or [0.0])]
        width = self.layout.lanes * (self.layout.nodes if function == "f_quad" else 1)
        inputs = [aligned(len(values), width) for values in given]
        for array, values in zip(inputs, given, strict=True):
            array[:] = values[:, None]
        room = self.shape.scratch.get(function, 0)
        results = [aligned(max(1, n) + room, width) for n in sizes]
        call(*(a.ctypes.data for a in (*inputs, *results)))
        return [r[:n, 0].copy() for r, n in zip(results, sizes, strict=True)]

    def run(self, sets: Sets, counter: Any) -> None:
        """Run the sets that the shared ``counter`` still gives; returns when there is none left.

        Releases the GIL.
        """
        if sets.known is None:
            sets.known = self._given(sets, aligned(self.size, self.layout.lanes))
        _, front, back, new = sets.known
        left = (sets.left.ctypes.data, sets.order.ctypes.data) if self.program.events else ()
        self._drive(
            *front, ctypes.addressof(counter), *back[:2], len(sets.order), *back[2:], *left, *new
        )

    def _given(
        self, sets: Sets, workspace: Array
    ) -> tuple[Array, tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]:
        """What the driver is given in each call, of the sets that it runs: the workspace, and the
        arguments.
        """
        parts = (sets.constants.ctypes.data, sets.parts.ctypes.data, sets.parts.shape[1])
        before = [a.ctypes.data for a in (sets.start, sets.tolerance, sets.floor, sets.dust)]
        out = (sets.times.ctypes.data, len(sets.times), sets.out.ctypes.data, sets.out.shape[2])
        after = [
            a.ctypes.data for a in (sets.end, sets.break_states, sets.min_dissipation, sets.record)
        ]
        back = (
            workspace.ctypes.data,
            self.table.ctypes.data,
            sets.first,
            *out,
            *after,
            sets.limit,
            sets.rtol,
        )
        return (
            workspace,
            (*parts, *before),
            back,
            (sets.settled.ctypes.data,) if self.program.algebraic else (),
        )


def _agree(function: str, got: Array, wanted: Array) -> None:
    both = np.isfinite(got) & np.isfinite(wanted) & (np.abs(wanted) < 1e290)
    got, wanted = got[both], wanted[both]
    # differences of large one-way rates keep their absolute accuracy only; constants and states are
    # of order 1 here, and so is what cancels
    scale = np.abs(wanted) + 1e-3 * np.max(np.abs(wanted), initial=1.0)
    off = np.abs(got - wanted) - 1e-10 * scale
    if np.any(off > 0):
        worst = float(np.max(np.abs(got - wanted)[off > 0] / scale[off > 0]))
        advice = "set BIOMEMBRANE_CACHE=off, or use solver=bm.solvers.SciPy(); and tell us"
        due = "agreement with the numpy printer to 1e-10"
        raise errors.KernelMismatch(
            where=function,
            wanted=due,
            got=f"{worst:.2g}",
            advice=advice,
            function=function,
            share=worst,
        )


class Sets:
    """Arrays of many runs, set by set.

    Read: ``constants`` (set, part, constant), ``parts`` (set, part, 2) with their ends and longest
    steps, ``start``, ``tolerance`` and ``floor`` (set, state), ``dust`` (set,), what a step may
    always be off by in energy, ``times``. Filled: ``out`` (set, time, row) with the first rows,
    ``end`` (set, row) with all, ``break_states`` (set, part − 1, state), ``min_dissipation`` (set,
    process), ``record``. Of a program with events also ``order``, the sets to run, and ``left``,
    from where (set, the fields of :data:`..rosenbrock.lane_refill.RESUME_FIELDS`, then
    quadratures), and with constraints also ``settled``, as ``break_states``, the states from which
    segments start, once the constraints are met; where an event ended a segment ``start`` becomes
    that.
    """

    def __init__(
        self, native: CompiledModel, constants: Array, parts: Array, start: Array, tolerance: Array,
        floor: Array, dust: Array, times: Array,
        out: Array, end: Array, break_states: Array, min_dissipation: Array, *,
        rtol: float, limit: int,
    ) -> None:  # fmt: skip
        self.constants, self.parts, self.start = (
            np.ascontiguousarray(a) for a in (constants, parts, start)
        )
        self.tolerance, self.floor, self.dust, self.times = (
            np.ascontiguousarray(a) for a in (tolerance, floor, dust, times)
        )
        self.rtol, self.limit = rtol, limit
        self.first = min(1e-5, 1e-4 * float(times[-1]))
        self.out, self.end, self.break_states, self.min_dissipation = (
            out,
            end,
            break_states,
            min_dissipation,
        )
        self.settled = np.full(break_states.shape if native.program.algebraic else (0,), np.nan)
        self.record = np.zeros((len(start), step_end.RECORD))
        self.record[:, 0] = tableau.WAITING
        self.order = np.arange(len(start))
        self.known: tuple[Array, tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]] | None = (
            None  # of the calls
        )
        self.left = np.zeros(
            (
                len(start) * bool(native.program.events),
                len(lane_refill.RESUME_FIELDS) + native.shape.quadratures,
            )
        )
        width = native.shape.states + native.shape.quadratures
        fits = (
            out.shape[:2] == (len(start), len(times))
            and out.shape[2] in (native.shape.states, width)
            and end.shape == (len(start), width)
        )
        if not fits or not all(
            a.flags.c_contiguous for a in (out, end, break_states, min_dissipation)
        ):
            raise ValueError(
                f"out is {out.shape} and end {end.shape}, for {len(start)} sets, {len(times)} times"
                f" and {width} rows"
            )


def aligned(rows: int, lanes: int) -> Array:
    """Zeros (row, lane) on a cache line."""
    raw = np.zeros(rows * lanes + 8)
    shift = (-raw.ctypes.data % 64) // 8
    return raw[shift : shift + rows * lanes].reshape(rows, lanes)


_building = threading.RLock()


def native(program: Program, runs: int) -> CompiledModel:
    """The machine code of a program for so many runs, built once for few and once for many."""
    layout = WIDE if runs > FEW else ALONE
    cache = caching.cache_of(program)
    if layout not in cache:
        with _building, caching.garbage_collection_paused():
            if layout not in cache:
                cache[layout] = CompiledModel(program, layout)
    model: CompiledModel = cache[layout]
    return model
