"""``tests/unit`` mirrors the package: each module has its file, or it is said what reaches it."""

import ast
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
UNIT = TESTS / "unit"
PACKAGE = TESTS.parent / "biomembrane"
MAX_LINES = 400
COMMON = 40  # a name in more files of tests than these tells nothing


def of_one(test: str, modules: str) -> dict[str, str]:
    """Modules, ``room: name name``, that one test reaches."""
    room, _, names = modules.partition(": ")
    return {f"{room}/{name}".removeprefix("/"): test for name in names.split()}


COVERED_BY = {
    # the root
    **of_one("contracts/test_lifetimes.py", ": caching"),
    **of_one("unit/test_units.py", "units: border cf_units conversion quantities registry"),
    **of_one("unit/show/test_style.py", ": html"),
    **of_one("contracts/test_printed_proofs.py", ": latex"),
    # account
    **of_one("unit/show/test_figures_books.py", "account: display_names"),
    **of_one("unit/account/test_ledger_table.py", "account: energy_flows"),
    **of_one("contracts/test_results.py", "account: kept_ledger"),
    **of_one("contracts/test_lazy_scan.py", "account: empty_baths"),
    **of_one("physics/test_books_exact.py", "account: ledger ledger_entries"),
    **of_one("physics/test_steady_states.py", "account: power_ledger"),
    # assemble
    **of_one("unit/assemble/test_impermeants.py", "assemble: checks reference_state"),
    **of_one("contracts/test_objects.py", "assemble: display"),
    **of_one("unit/declare/test_gate.py", "assemble: own_starts"),
    **of_one("contracts/test_what_laws_read.py", "assemble: readings"),
    **of_one("physics/test_electrodes.py", "assemble: electrodes"),
    **of_one("physics/test_ledger.py", "assemble: energy_stores ledger_accounts"),
    **of_one("unit/declare/checks/test_certificate.py", "assemble: free_energy"),
    **of_one("contracts/test_start.py", "assemble: initial_contents"),
    **of_one("unit/assemble/test_potentials.py", "assemble: initial_potentials"),
    **of_one("contracts/test_models.py", "assemble: model system"),
    **of_one("contracts/test_states.py", "assemble: state"),
    **of_one("physics/test_equilibria.py", "assemble: weighted_sum"),
    **of_one("unit/declare/test_equilibrium.py", "assemble: conserved_totals interconversion"),
    **of_one("physics/test_electroneutral.py", "assemble: electroneutrality"),
    # cli
    **of_one("unit/cli/test_dispatch_process.py", "cli: arguments model_commands run_command"),
    **of_one("unit/study/test_reproduce.py", "cli: reproduce_command"),
    # compile
    **of_one(
        "unit/compile/graph/test_templates.py",
        "compile/graph: arrays construction_rules lowering shared_exponentials",
    ),
    **of_one("contracts/test_large.py", "compile: numpy_functions numpy_kernel program shape"),
    **of_one("contracts/test_toy_event.py", "compile: program_outputs"),
    **of_one("unit/results/test_steady_transporter.py", "compile: clamped"),
    **of_one("unit/results/test_control.py", "compile: linearisation"),
    **of_one("physics/test_equilibria.py", "compile: slaved_fluxes"),
    **of_one(
        "contracts/test_large.py",
        "compile/machine_code: operations partition rolled_code table_loops tape",
    ),
    **of_one("contracts/test_engine.py", "compile/llvm: elementary ir"),
    **of_one("contracts/test_mass.py", "compile/machine_code: model_functions module"),
    **of_one("contracts/test_object_cache.py", "compile/machine_code: object_cache"),
    **of_one("contracts/test_toy_constraint_limits.py", "compile: pivots"),
    **of_one(
        "contracts/test_engine.py",
        "compile/rosenbrock: dense_output driver lane_refill output_writer step_control step_end"
        " tableau workspace",
    ),
    **of_one("contracts/test_toy_event.py", "compile/rosenbrock: event_location"),
    **of_one("unit/compile/time_formulas/test_motion.py", "compile/time_formulas: bounds"),
    # declare
    **of_one("contracts/test_toy_gate.py", "declare: readable_state"),
    **of_one("contracts/test_what_laws_read.py", "declare: readings site_readings"),
    **of_one("unit/declare/test_protocol_points.py", "declare: held_protocol"),
    **of_one("contracts/test_toy_constraint_limits.py", "declare: bound_expression"),
    **of_one(
        "unit/declare/checks/test_certificate.py",
        "declare/checks: certified_once detailed_balance dimensions signs witness",
    ),
    **of_one("unit/declare/test_cycle.py", "declare: cycle_charges cycle_closure open_loops"),
    **of_one(
        "unit/declare/test_reaction.py", "declare: reaction_balance reaction_parser reaction_text"
    ),
    **of_one("unit/second_law/test_flux_sign.py", "declare/checks: nonnegativity"),
    **of_one("unit/declare/test_diagram.py", "declare: cycle_stationary_state diagram_steps"),
    **of_one("contracts/test_objects.py", "declare: identity"),
    **of_one("physics/test_electroneutral.py", "declare: place_contents places species"),
    **of_one(
        "physics/test_water_pressure.py",
        "declare: areas copies geometry impermeant_contents osmotic_coefficient walls",
    ),
    **of_one("physics/test_flow.py", "declare: carried reservoir"),
    **of_one("contracts/test_protocols.py", "declare: protocol"),
    **of_one("physics/test_metabolism.py", "declare: standard_energies"),
    **of_one(
        "physics/test_temperature_dependence.py",
        "declare: temperature_conversion temperature_dependence temperature_factor",
    ),
    **of_one("contracts/errors/test_illegal.py", "declare: parameter_checks source"),
    **of_one("unit/exchange/test_bibliography.py", "declare: publication"),
    **of_one(
        "unit/declare/test_laws.py",
        "declare: barriers laws_by_function parameter_domains rates rates_given reduced_affinity"
        " reduced_cycle saturable_law site user_expressions user_functions",
    ),
    **of_one("contracts/errors/test_illegal.py", "declare: transporter"),
    **of_one("contracts/test_printed_proofs.py", "declare: transporter_latex"),
    # errors
    **of_one("contracts/errors/test_errors.py", "errors: mistake"),
    **of_one("contracts/test_keywords.py", "errors: keywords"),
    **of_one("contracts/errors/test_advice.py", "errors: wording"),
    # exchange
    **of_one("contracts/test_kills.py", "exchange: atomic_files"),
    **of_one(
        "contracts/files/test_untrusted.py",
        "exchange: file_safety zarr_folder zarr_reader zarr_writer",
    ),
    **of_one("published/test_models.py", "exchange: shipped_models"),
    # library
    **of_one("published/test_library.py", "library: carriers channels cotransporters pumps"),
    **of_one("published/test_explicit.py", "library: explicit species"),
    **of_one("physics/test_flow.py", "library: flow"),
    **of_one("physics/test_kedem_katchalsky.py", "library: pore"),
    **of_one("physics/test_metabolism.py", "library: metabolism reactant_reactions"),
    **of_one("published/test_atp_energy.py", "library: reactants transformed_energy"),
    **of_one("contracts/errors/test_illegal_files.py", "library: sheet"),
    **of_one("unit/library/test_buffers.py", "library: carbonic_acid intrinsic_buffering"),
    # results
    **of_one("contracts/test_lazy.py", "results: deferred_array lazy_parameters"),
    **of_one("contracts/test_lazy_scan.py", "results: lazy_scan"),
    **of_one("contracts/test_one_schema.py", "results: held_numbers layout schema variables"),
    **of_one("unit/exchange/test_netcdf.py", "results: one_lane"),
    **of_one("physics/test_released.py", "results: prepared_run"),
    **of_one("contracts/test_reducers.py", "results: reducers"),
    **of_one("physics/test_steady_states.py", "results: steady_state"),
    **of_one("unit/results/test_steady_transporter.py", "results: clamped_names"),
    **of_one("unit/results/test_saved.py", "results: saved_ledger"),
    **of_one("contracts/test_keep_stopped.py", "results: simulation"),
    **of_one("contracts/test_keep.py", "results: keep scan_collector scan_result"),
    # second_law
    **of_one("unit/second_law/test_flux_sign.py", "second_law: boxes monomials"),
    **of_one("physics/test_flows.py", "second_law: conjugate_flows"),
    **of_one("published/test_currents.py", "second_law: consistent_law"),
    **of_one("physics/test_coupling.py", "second_law: coupled_flows coupling forces"),
    **of_one("contracts/test_printed_audits.py", "second_law: coupling_text"),
    **of_one("physics/test_exact_cycles.py", "second_law: cycle_fluxes"),
    **of_one("unit/second_law/test_repair.py", "second_law: repair_report"),
    **of_one("unit/second_law/test_proof_text.py", "second_law: statement"),
    # show
    **of_one("unit/show/test_time_courses_edges.py", "show: break_marks"),
    **of_one("unit/show/test_style.py", "show: colours print_format text_layout"),
    **of_one("unit/show/test_force_diagram.py", "show: costs"),
    **of_one("physics/test_coupling_elementary.py", "show: coupling_figures"),
    **of_one("unit/show/test_figures_books.py", "show: course_contents result_data"),
    **of_one("unit/show/test_energy_flow_diagram.py", "show: flow_columns flow_layout flow_parts"),
    **of_one("unit/show/test_figures.py", "show: figure_axes"),
    **of_one(
        "unit/show/test_response.py",
        "show: currents curves drawn_variables parameter_map run_comparison scan_coordinates"
        " series",
    ),
    # solve
    **of_one("contracts/test_mass.py", "solve: constraints"),
    **of_one("contracts/test_engines.py", "solve: engine_protocols"),
    **of_one("contracts/test_onward.py", "solve: continuation given_start"),
    **of_one(
        "contracts/test_engine.py",
        "solve/engines: native scipy_lane scipy_methods step_quadratures",
    ),
    **of_one("contracts/test_toy_event.py", "solve: event_effects"),
    **of_one("contracts/test_start.py", "solve: initial_checks"),
    **of_one("contracts/test_keep_stopped.py", "solve: lane_batches task"),
    **of_one("unit/solve/test_open_books.py", "solve: ledger_totals problem trajectory"),
    **of_one("contracts/test_toy_gate.py", "solve: model_index"),
    **of_one(
        "contracts/test_every_parameter.py", "solve: parameter_set read_parameters start_parameters"
    ),
    **of_one("contracts/test_results.py", "solve: protocol_breaks"),
    **of_one("contracts/test_one_schema.py", "solve: scan_grid"),
    **of_one(
        "physics/test_steady_states.py",
        "solve/steady: equations minimum newton projection resting_task search stability",
    ),
    **of_one("unit/results/test_control.py", "solve/steady: control"),
    **of_one("unit/results/test_branch.py", "solve/steady: branch"),
    **of_one("unit/results/test_steady_transporter.py", "solve/steady: clamped_state"),
    # study
    **of_one("unit/study/test_study.py", "study: answer own_numbers"),
    **of_one("unit/study/test_reproduce.py", "study: perform report workers"),
    # testing
    **of_one("physics/test_equilibria.py", "testing: equilibria"),
    **of_one(
        "unit/testing/test_checks.py", "testing: properties states strategies model_evaluator"
    ),
    **of_one(
        "contracts/test_models.py",
        "testing: random_models random_reactions random_transporters spec_models",
    ),
}


def modules() -> dict[str, Path]:
    """Modules with code of their own: a function that does something."""
    found = {
        p.relative_to(PACKAGE).with_suffix("").as_posix(): p
        for p in sorted(PACKAGE.rglob("*.py"))
        if p.stem != "__init__"
    }
    return {name: path for name, path in found.items() if acts(path)}


def acts(path: Path) -> bool:
    return any(
        not isinstance(line, ast.Expr | ast.Pass)
        for f in ast.walk(tree(path))
        if isinstance(f, ast.FunctionDef) and f.name != "__dir__"
        for line in f.body
    )


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def named_by(test: Path) -> str | None:
    """The module, or the room, that a unit test names: of ``test_X_aspect.py`` the longest X."""
    room, words = test.relative_to(UNIT).parent, test.stem.removeprefix("test_").split("_")
    for count in range(len(words), 0, -1):
        module = (room / "_".join(words[:count])).as_posix()
        if (PACKAGE / f"{module}.py").exists() or (PACKAGE / module / "__init__.py").exists():
            return module
    return None


@cache
def public(module: str) -> frozenset[str]:
    """Names at the top of a module and those of methods, without an underscore, and its own."""
    body = tree(PACKAGE / f"{module}.py").body
    defined = [*body, *(m for n in body if isinstance(n, ast.ClassDef) for m in n.body)]
    found = {n.name for n in defined if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    given = [t for n in body if isinstance(n, ast.Assign) for t in n.targets]
    found |= {t.id for t in given if isinstance(t, ast.Name)} | {module.rpartition("/")[2]}
    return frozenset(name for name in found if not name.startswith("_"))


@cache
def mentioned(test: Path) -> frozenset[str]:
    """Identifiers in the code of a test, and those that it gives as text."""
    found = set[str]()
    for n in ast.walk(tree(test)):
        if isinstance(n, ast.Name | ast.Attribute):
            found.add(n.id if isinstance(n, ast.Name) else n.attr)
        elif isinstance(n, ast.ImportFrom):
            found |= {a.name for a in n.names} | set((n.module or "").split("."))
        elif isinstance(n, ast.Constant) and isinstance(n.value, str):
            found.add(n.value)
    return frozenset(found)


@cache
def telling() -> frozenset[str]:
    """Names of the package that stand in one or two modules and in few tests."""
    modules = [p.relative_to(PACKAGE).with_suffix("").as_posix() for p in PACKAGE.rglob("*.py")]
    owners = Counter(name for module in modules for name in public(module))
    used = Counter(name for test in TESTS.rglob("test_*.py") for name in mentioned(test))
    return frozenset(name for name, n in owners.items() if n <= 2 and used[name] <= COMMON)


@cache
def callers() -> dict[str, set[str]]:
    """The modules that import a module, and those that import these through a package's front."""
    found: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        here = path.relative_to(PACKAGE).with_suffix("")
        for n in [n for n in ast.walk(tree(path)) if isinstance(n, ast.ImportFrom) and n.level]:
            base = here.parts[: len(here.parts) - n.level]
            stem = (*base, *(n.module or "").split(".")) if n.module else base
            for one in ("/".join(stem), *("/".join((*stem, a.name)) for a in n.names)):
                front = f"{one}/__init__" if (PACKAGE / one).is_dir() else one
                if (PACKAGE / f"{front}.py").exists():
                    found.setdefault(front, set()).add(here.as_posix())
    return found


def reached(module: str) -> set[str]:
    """Public names of a module, of what calls it, and of what calls that."""
    rings = [{module}]
    for _ in range(2):
        rings.append(set().union(*(callers().get(m, set()) for m in rings[-1])))
    return {name for ring in rings for m in ring for name in public(m)}


@pytest.mark.parametrize("test", sorted(UNIT.rglob("test_*.py")), ids=lambda p: p.stem)
def test_each_unit_test_names_a_module_of_its_room(test: Path) -> None:
    assert named_by(test), f"{test.relative_to(UNIT)} is of no module; is it a contract?"


def test_each_module_has_its_test_or_it_is_said_which_reaches_it() -> None:
    own = {named_by(test) for test in UNIT.rglob("test_*.py")}
    assert not sorted(set(modules()) - own - set(COVERED_BY)), "tests/unit/<room>/test_<module>.py"
    assert not sorted(set(COVERED_BY) & own), "these have a test of their own"
    assert not sorted(set(COVERED_BY) - set(modules())), "there are no such modules"


@pytest.mark.parametrize(("module", "test"), COVERED_BY.items())
def test_what_is_said_to_reach_a_module_does(module: str, test: str) -> None:
    told = mentioned(TESTS / test) & telling() & reached(module)
    assert told, f"{test} mentions nothing of {module} or of what calls it"


def test_files_of_tests_are_short() -> None:
    lengths = {
        p.relative_to(TESTS).as_posix(): len(p.read_text("utf-8").splitlines())
        for p in TESTS.rglob("*.py")
    }
    assert not {name: n for name, n in lengths.items() if n > MAX_LINES}
