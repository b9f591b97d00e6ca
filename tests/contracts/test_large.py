"""Large models: rolled code does what straight code and the numpy printer do, whatever the
network.
"""

from __future__ import annotations

import ctypes
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import Q, solvers
from biomembrane import library as lib
from biomembrane.compile import program as programs
from biomembrane.compile.graph import elimination_order
from biomembrane.compile.graph.arrays import OPS
from biomembrane.compile.graph.builder import Graph
from biomembrane.compile.machine_code import (
    model_functions,
    module,
    operations,
    partition,
    rolled_code,
    table_loops,
)
from biomembrane.compile.machine_code import tape as tapes
from biomembrane.compile.numpy_kernel import Kernel
from biomembrane.compile.program import Program
from biomembrane.compile.shape import shape
from biomembrane.library import ADP, ATP, Cl, K, Na, Pi, glucose


def tube(links):
    """Cells of an epithelium, each with pump, leaks, SGLT1 and GLUT2; ``links`` are pairs of
    neighbours with junctions.
    """
    bath = {Na: Q(140, "mM"), K: Q(5, "mM"), Cl: Q(145, "mM")}
    lumen, blood = (
        bm.Reservoir(name, bath | {glucose: Q(sugar, "mM")})
        for name, sugar in (("lumen", 1), ("blood", 5))
    )
    capacitance = lib.sheet("membrane_typical")["specific_capacitance"]
    cells, parts, potential = [], [], {}
    for i in range(1 + max(map(max, links))):
        salt = {Na: Q(15, "mM"), K: Q(130, "mM"), Cl: Q(20, "mM"), glucose: Q(1 + i % 3, "mM")}
        held = {ATP: Q(4, "mM"), ADP: Q(0.4, "mM"), Pi: Q(4, "mM")}
        cells.append(
            bm.Compartment(
                f"cell{i}",
                volume=Q(1, "pL"),
                contents=salt,
                held=held,
                impermeant=bm.balance(charge=-1),
            )
        )
        apical = bm.Membrane(
            f"apical{i}",
            inside=cells[i],
            outside=lumen,
            area=Q(200, "um^2"),
            capacitance=capacitance,
        )
        basal = bm.Membrane(
            f"basal{i}",
            inside=cells[i],
            outside=blood,
            area=Q(400, "um^2"),
            capacitance=capacitance,
        )
        parts += [
            lib.NaKATPase(basal, density=Q(2000, "1/um^2"), name=f"pump{i}"),
            lib.SGLT1(apical, data="eskandari_2005", name=f"sglt{i}"),
        ]
        parts += [
            lib.leak(s, basal, permeability=Q(p, "cm/s"), name=f"{s.name}{i}")
            for s, p in ((K, 1e-7), (Na, 5e-9), (Cl, 1e-8))
        ]
        parts.append(lib.GLUT2(basal, name=f"glut{i}"))
        potential[basal] = Q(-60, "mV")
    for i, j in links:
        gap = bm.Membrane(f"gap{i}_{j}", inside=cells[i], outside=cells[j], area=Q(20, "um^2"))
        parts += [
            lib.leak(s, gap, permeability=Q(1e-7, "cm/s"), name=f"gap{s.name}{i}_{j}")
            for s in (Na, K, Cl)
        ]
        parts.append(lib.GLUT2(gap, name=f"gapglut{i}_{j}"))
    return bm.Model("tube", parts, potential=potential, reference=blood)


CHAIN = [(0, 1), (1, 2), (2, 3)]
LOOPS = [(0, 2), (2, 1), (1, 3), (3, 0), (2, 3)]
CASES = {  # links, operations in seldom bodies, length of such a body
    "chain": (CHAIN, 3000, 800), "loops": (LOOPS, 3000, 800), "pieces": (LOOPS, 3000, 60),
    "expressions": (LOOPS, 200, 800), "operations": (LOOPS, 0, 800),
}  # fmt: skip


def rolled(links):
    """A model with its program in the form for large ones."""
    model = tube(links)
    with pytest.MonkeyPatch.context() as m:
        m.setattr(programs, "LARGE", 0)
        return model, programs._build(model, (), False)


BUILT = {
    "chain": module.WIDE,
    "pieces": module.WIDE,
    "operations": module.WIDE,
    "loops": module.ALONE,
    "expressions": module.ALONE,
}


@pytest.fixture(scope="module", params=BUILT.items(), ids=str)
def built(request):
    """A model and its rolled machine code, cut by cell, or smaller where the budget for what is
    seldom is small.
    """
    case, layout = request.param
    links, budget, longest = CASES[case]
    model, program = rolled(links)
    with pytest.MonkeyPatch.context() as m:
        m.setattr(partition, "BUDGET", budget)
        m.setattr(partition, "LONGEST", longest)
        return model, module.CompiledModel(program, layout)


def point(program, seed=1):
    rng = np.random.default_rng(seed)
    return 10 ** rng.uniform(-1, 1, len(program.states))


def call(machine, name, *arrays):
    """A function of the machine code on arrays (row, lane)."""
    ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(arrays))(machine.code.address(name))(
        *(a.ctypes.data for a in arrays)
    )


def lined(values):
    """A copy (row, lane) where machine code wants it."""
    made = module.aligned(*values.shape)
    made[:] = values
    return made


def dense(program, J, s):
    made = s * np.eye(len(program.states))
    made[program.sparsity] -= J
    return made


def test_rolled_code_equals_the_numpy_printer(built):
    """dx/dt, Jacobian and books at random states, and every group of the sweep, as the numpy text
    of the straight program has them, to 1e-12.
    """
    model, machine = built
    program = machine.program
    straight = Kernel(programs.program(model))
    constants = straight.bind(np.array([p.value for p in model.parameters.values()]))
    mine = machine.numpy.bind(np.array([p.value for p in model.parameters.values()]))
    y = point(program)
    for name, groups in {
        "f_rhs": ("rhs",),
        "f_jac": ("rhs", "jacobian"),
        "f_quad": ("entry", "dissipation"),
    }.items():
        wanted = [straight.call(g, 0.5, y, constants) for g in groups]
        wanted = [np.concatenate(wanted)] if name == "f_quad" else wanted
        got = machine.evaluate(
            name,
            0.5,
            y,
            mine,
            [len(w) for w in wanted] + [len(machine.shape.clocked)] * (name == "f_jac"),
        )
        for a, b in zip(got, wanted, strict=False):
            assert np.max(np.abs(a - b) / (np.abs(b) + 1e-3 * np.max(np.abs(b)))) < 1e-12
    for group in program.outputs:
        a, b = machine.numpy.call(group, 0.5, y, mine), straight.call(group, 0.5, y, constants)
        assert a == pytest.approx(b, rel=1e-11, abs=1e-12 * np.max(np.abs(b), initial=0))


def test_rolled_elimination_solves(built):
    """(I·s − J) x = b for random J of the pattern, with lanes that differ."""
    solves(built[1])


@pytest.mark.parametrize("layout", [module.WIDE, module.ALONE], ids=str)
@pytest.mark.parametrize("name", ["enterocyte", "resting_cell"])
def test_straight_elimination_solves(name, layout):
    """The same for a small model, whose code is unrolled."""
    solves(module.CompiledModel(programs.program(bm.load(name)), layout))


def solves(machine):
    program, width = machine.program, machine.layout.lanes
    rng = np.random.default_rng(3)
    J, s = (
        lined(rng.uniform(-1, 1, (machine.shape.jacobian, width))),
        lined(np.full((1, width), 30.0)),
    )
    b = rng.uniform(-1, 1, (len(program.states), width))
    A = module.aligned(
        machine.shape.factors + max(machine.shape.scratch.values(), default=0), width
    )
    x = lined(b)
    call(machine, "f_lu", J, s, A)
    call(machine, "f_solve", A, x)
    for lane in {0, width // 2}:
        assert dense(program, J[:, lane], 30.0) @ x[:, lane] == pytest.approx(
            b[:, lane], rel=1e-12, abs=1e-12
        )


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_any_pattern_and_any_owners(data):
    """Random patterns and cells: the elimination on tapes, run by a small interpreter, solves the
    system.
    """
    n = data.draw(st.integers(1, 12))
    pattern = sorted(data.draw(st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)))))
    owners = tuple(data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)))
    made = elimination_order.plan(n, pattern, owners)
    assert sorted(made.order) == list(range(n))
    sparsity = (tuple(i for i, _ in pattern), tuple(j for _, j in pattern))
    program = Program(tuple(map(str, range(n))), (), Graph(), {}, {}, sparsity, owners)
    rng = np.random.default_rng(n)
    memory = {
        "%J": rng.uniform(-1, 1, len(pattern)),
        "%s": np.array([30.0]),
        "%A": np.zeros(len(made.index)),
        "%b": rng.uniform(-1, 1, n),
    }
    b = memory["%b"].copy()
    entries = np.zeros(len(made.index))
    entries[[made.index[place] for place in pattern]] = -memory["%J"]
    entries[[made.index[k, k] for k in range(n)]] += 30.0
    x = b.copy()
    in_place(made.factor(), entries, entries, entries)
    in_place(made.solve(), x, entries, x)
    for tape in (
        operations.factor(made, sparsity, program.mass, owners),
        operations.solve(made, owners),
    ):
        interpret(tape, memory)
    assert memory["%b"] == pytest.approx(x, rel=1e-12, abs=1e-12)
    assert dense(program, memory["%J"], 30.0) @ memory["%b"] == pytest.approx(
        b, rel=1e-11, abs=1e-11
    )


def in_place(steps, targets, first, second):
    """Do the operations of elimination one by one: LU on entries alone, a solve on a vector with
    entries.
    """
    for op, _, k, a, b in steps:
        if op == "rcp":
            targets[k] = 1 / targets[k]
        else:
            targets[k] = targets[k] * first[a] if op == "mul" else targets[k] - first[a] * second[b]


@pytest.mark.parametrize("printer", ["straight", "bundles", "loops"])
def test_every_printer_eliminates_alike(printer):
    """One description of LU and solve, by three printers, on a constraint too: what it gives when
    done step by step, to 1e-12.
    """
    program = replace(
        programs.program(tube([(0, 1), (1, 2), (2, 0)])), rolled=True, mass=(0, *[1] * 32)
    )
    made = shape(program, 1)
    lu, solve = (
        operations.factor(made.plan, program.sparsity, program.mass),
        operations.solve(made.plan),
    )
    heads = {"f_lu": ("%J", "%s", "%A"), "f_solve": ("%A", "%b")}
    if printer == "straight":
        functions = [
            model_functions.straight(tape, name, heads[name])
            for name, tape in (("f_lu", lu), ("f_solve", solve))
        ]
    elif printer == "loops":
        functions = [
            table_loops.factor(made.plan, program.sparsity, program.mass),
            table_loops.solve(made.plan),
        ]
    else:
        functions = [
            f
            for f in model_functions.functions(program, Kernel(program).slots, made)
            if isinstance(f, rolled_code.RolledFunction) and f.name in heads
        ]
    assert [f.name for f in functions] == [*heads]
    code, layout = module.Code(module.module(functions, module.ALONE)), module.ALONE
    rng = np.random.default_rng(2)
    J, b = rng.uniform(-1, 1, made.jacobian), rng.uniform(-1, 1, made.states)
    entries, x = np.zeros(made.factors), b.copy()
    entries[[made.plan.index[place] for place in zip(*program.sparsity, strict=True)]] = -J
    entries[[made.plan.index[k, k] for k in range(1, made.states)]] += 30.0
    in_place(made.plan.factor(), entries, entries, entries)
    in_place(made.plan.solve(), x, entries, x)
    room = made.factors + max((getattr(f, "scratch", 0) for f in functions), default=0)
    A, found = module.aligned(room, layout.lanes), lined(b[:, None])
    call(SimpleNamespace(code=code), "f_lu", lined(J[:, None]), lined(np.array([[30.0]])), A)
    call(SimpleNamespace(code=code), "f_solve", A, found)
    assert A[: made.factors, 0] == pytest.approx(entries, rel=1e-11, abs=1e-12)
    assert found[:, 0] == pytest.approx(x, rel=1e-11, abs=1e-12)


def interpret(tape, memory):
    """Run a tape bundle by bundle, with stores at the end of each, as the bodies do."""
    cut = partition.refined(partition.Partition(tape))
    value: dict[int, float] = {}
    names = {
        "sub": lambda a, b: a - b,
        "less": lambda a, b, c: a - b * c,
        "mul": lambda a, b: a * b,
        "rcp": lambda a: 1 / a,
        "copy": lambda a: a,
    }

    def read(i):
        if tape.op[i] == tapes.LOAD:
            return memory[tapes.POINTERS[tape.pointer[i]]][tape.index[i]]
        return tape.value[i] if tape.op[i] == tapes.CONST else value[i]

    for b in cut.order:
        for i in cut.members[cut.first[b] : cut.first[b + 1]]:
            value[i] = names[OPS[tape.op[i]]](*(read(a) for a in tape.args[i] if a >= 0))
        for i, pointer, index in cut.exports[:, cut.first_export[b] : cut.first_export[b + 1]].T:
            if index >= 0:
                memory[tapes.POINTERS[pointer]][index] = value[i]


def test_a_rolled_run_equals_a_straight_one(monkeypatch):
    """States and books of a tube, to 1e-9."""
    straight = bm.simulate(tube(CHAIN[:2]), until="10 s")
    monkeypatch.setattr(programs, "LARGE", 0)
    looped = bm.simulate(tube(CHAIN[:2]), until="10 s")
    assert looped.trajectory.kernel.program.rolled
    assert not straight.trajectory.kernel.program.rolled
    for a, b in (
        (looped.solution.y, straight.solution.y),
        (looped.solution.entries, straight.solution.entries),
    ):
        assert np.max(np.abs(a - b) / (np.abs(b) + 1e-3 * np.max(np.abs(b)))) < 1e-9


def test_threads_share_no_scratch(monkeypatch):
    """A batch of rolled runs on three threads equals its singles, which run on fewer lanes, to
    1e-12.
    """
    monkeypatch.setattr(programs, "LARGE", 0)
    model = tube(CHAIN[:2])
    areas = xr.DataArray(np.linspace(10, 40, 26), dims="A", attrs={"units": "um^2"})
    many = bm.simulate(
        model, until="10 s", parameters={"gap0_1.area": areas}, solver=solvers.Native(threads=3)
    ).data.amount.values
    for k in (0, 13, 25):
        alone = bm.simulate(
            model, until="10 s", parameters={"gap0_1.area": Q(float(areas[k]), "um^2")}
        ).data.amount.values
        assert many[..., k] == pytest.approx(alone, rel=1e-12, abs=1e-15)


def test_alike_cells_share_their_code(monkeypatch):
    """The text of the functions grows with kinds of cells, not with their number, but for the
    tables.
    """
    monkeypatch.setattr(programs, "LARGE", 0)
    sizes = []
    for n in (6, 8):
        program = programs._build(tube([(i, i + 1) for i in range(n - 1)]), (), False)
        slots = Kernel(program).slots
        made = model_functions.functions(program, slots, shape(program, len(slots)))
        sizes.append(
            sum(
                len(line)
                for f in made
                for line in f.text().splitlines()
                if "constant [" not in line
            )
        )
    assert sizes[1] < 1.1 * sizes[0]


def test_small_models_are_not_rolled():
    """The shipped models keep their straight code."""
    assert not programs.program(bm.load("enterocyte")).rolled
