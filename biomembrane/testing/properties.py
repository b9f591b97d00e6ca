"""Properties of every thermodynamically consistent transporter and model (formalism §8), each a
function that raises ``AssertionError`` with a state in units.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings

from .. import errors, symbols, units
from ..assemble.model import Model
from ..declare.cycle import Cycle
from ..declare.parameter import whole
from ..declare.places import Membrane
from ..declare.transporter import Transporter
from ..results.keep import Keep
from ..results.simulation import simulate
from ..second_law.coupling import coupling
from .states import State, at_zero_affinity, states, values

if TYPE_CHECKING:
    from ..quantity_types import TimeLike

LEAST = 1e-9  # of RT: an affinity below this has no sign in floating point
EXACT = 1e-8  # relative agreement of two ways to the same number


class Skip(Exception):
    """The property does not apply."""


def for_all_states(model: Model, check: Callable[[State], None], examples: int) -> int:
    """Check states of a model and give how many; a counter-example is shrunk and raised."""
    whole(examples, "examples=…", "a number of states, an integer >= 1", "examples=60")
    if examples < 1:
        raise errors.OutOfDomain(
            where="examples=…",
            wanted="an integer >= 1",
            got=errors.shown(examples),
            advice="examples=60",
        )
    checked = 0

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=tuple(Phase),
        suppress_health_check=list(HealthCheck),
    )
    @given(states(model))
    def run(state: State) -> None:
        nonlocal checked
        checked += 1
        check(state)

    run()
    return checked


def equilibria(model: Model) -> set[str]:
    """Names of the processes whose affinity is 0 at all times; off equilibrium they have no flux
    that a law gives.
    """
    return {p.name for p in model.processes if p.slaved}


def counterexample(what: str, process: str, state: State, **numbers: tuple[float, str]) -> str:
    """What an assertion says of a counter-example."""
    parts = ", ".join(f"{name} = {_in_units(x, unit)}" for name, (x, unit) in numbers.items())
    return f"{process}: {what}; {parts} at the state {state!r}"


def _in_units(x: float, unit: str) -> str:
    return f"{units.restore(x, unit):.4g~P}"


def flux_follows_affinity(model: Model, *, examples: int = 60) -> int:
    """sign J = sign A, so that J·A ≥ 0, at every state, of all processes but equilibria.

    Args:
        model: to check.
        examples: states, an integer ≥ 1.

    Returns:
        How many states were checked.

    Raises:
        AssertionError: it does not hold; with a state in units.
    """

    slaved = equilibria(model)

    def check(state: State) -> None:
        J, A = values(state, "flux", "affinity")
        RT = state.evaluator().RT
        for name in (n for n in J if n not in slaved):
            wrong = J[name] * A[name] < 0 and abs(A[name]) > LEAST * RT
            assert not wrong, counterexample(
                "the flux runs uphill", name, state, J=(J[name], "fmol/s"), A=(A[name], "kJ/mol")
            )
            assert math.isfinite(J[name]), counterexample(
                "the flux is not finite", name, state, J=(J[name], "fmol/s")
            )

    return for_all_states(model, check, examples)


def detailed_balance(model: Model, *, examples: int = 60) -> int:
    """r⁺, r⁻ ≥ 0 and RT ln(r⁺/r⁻) = A at every state.  A flux without one-way rates, of an
    empirical law, is checked for the sign of A only (:func:`flux_follows_affinity` and
    :func:`stalls_and_reverses` check where it reverses).

    Args:
        model: to check.
        examples: states, an integer ≥ 1.

    Returns:
        How many states were checked.

    Raises:
        AssertionError: it does not hold; with a state in units.
    """
    without_one_way_rates = [p.name for p in model.processes if p.rates.flux is not None]

    def check(state: State) -> None:
        up, down, A, J = values(state, "forward", "reverse", "affinity", "flux")
        RT = state.evaluator().RT
        for name in without_one_way_rates:
            numbers = {"J": (J[name], "fmol/s"), "A": (A[name], "kJ/mol")}
            lawful = math.isfinite(J[name]) and (
                J[name] * A[name] >= 0 or abs(A[name]) <= LEAST * RT
            )
            assert lawful, counterexample(
                "a flux without one-way rates that does not follow A", name, state, **numbers
            )
        for name in up:
            rates = {
                "r⁺": (up[name], "fmol/s"),
                "r⁻": (down[name], "fmol/s"),
                "A": (A[name], "kJ/mol"),
            }
            assert up[name] >= 0 <= down[name], counterexample(
                "a one-way rate is negative", name, state, **rates
            )
            if up[name] > 0 < down[name] and 1e-250 < min(up[name], down[name]):
                deviation = math.log(up[name] / down[name]) - A[name] / RT
                assert abs(deviation) <= EXACT * max(1.0, abs(A[name] / RT)), counterexample(
                    "RT ln(r⁺/r⁻) is not A", name, state, **rates
                )

    return for_all_states(model, check, examples)


def stalls_and_reverses(model: Model, *, examples: int = 30) -> int:
    """No flux where A = 0, and fluxes of opposite sign on its two sides.

    Args:
        model: to check.
        examples: states, an integer ≥ 1.

    Returns:
        How many states were checked.

    Raises:
        AssertionError: it does not hold; with a state in units.
    """
    count = 0

    def check(state: State) -> None:
        nonlocal count
        for process in (p for p in model.processes if not p.slaved):
            balanced = at_zero_affinity(model, process.name, state)
            if balanced is None:
                continue
            count += 1
            pool, equilibrium = balanced
            J, _ = (side[process.name] for side in values(equilibrium, "flux", "affinity"))
            sides = [
                values(equilibrium.changed(pool, equilibrium.moved[pool] * f), "flux")[0][
                    process.name
                ]
                for f in (0.9, 1.1)
            ]
            numbers = {
                "J": (J, "fmol/s"),
                "J on one side": (sides[0], "fmol/s"),
                "on the other": (sides[1], "fmol/s"),
            }
            assert abs(J) <= 1e-6 * max(map(abs, sides)) + 1e-300, counterexample(
                "flux without affinity", process.name, equilibrium, **numbers
            )
            assert sides[0] * sides[1] <= 0, counterexample(
                "no reversal beyond A = 0", process.name, equilibrium, **numbers
            )

    if all(p.slaved for p in model.processes):
        raise Skip("equilibria have no flux of their own")
    checked = for_all_states(model, check, examples)
    if not count:
        raise Skip("no concentration moves an affinity to zero")
    return checked


def onsager_symmetry(declared: Transporter | Cycle, *, examples: int = 0) -> int:  # noqa: ARG001  called like the others
    """∂J₁/∂X₂ = ∂J₂/∂X₁ at equilibrium, for every pair of forces, and L positive semidefinite.

    Args:
        declared: a transporter or a cycle.
        examples: without effect; every property takes it.

    Returns:
        How many comparisons were made.

    Raises:
        AssertionError: it does not hold.
    """
    if not isinstance(declared.on, Membrane):
        raise Skip("a reaction inside a compartment has one force")
    if any(p.reaction.has_solvent for p in declared.processes):
        raise Skip("the solvent's force is a pressure")
    from ..second_law.conjugate_flows import Flows

    names = list(Flows([declared]).forces)
    if len(names) < 2:
        raise Skip("one force only")
    for first, second in itertools.combinations(names, 2):
        c = coupling(declared, first, second)
        if c.L[0, 0] * c.L[1, 1] == 0:
            continue
        text = f"{declared.name}: L of {first} and {second} is {c.L.tolist()} fmol²/(fJ·s)"
        assert c.asymmetry <= 1e-6, f"{text}, not symmetric: {c.asymmetry:.2g} of √(L₁₁L₂₂)"
        assert np.linalg.eigvalsh((c.L + c.L.T) / 2).min() >= -1e-6 * np.abs(c.L).max(), (
            f"{text}, not positive semidefinite"
        )
    return len(names)


def keeps_invariants(model: Model, *, examples: int = 40) -> int:
    """Moieties and Γ do not change: Σ w dx/dt = 0 for every invariant of N, at states that meet the
    constraints, where there are any.

    Args:
        model: to check.
        examples: states, an integer ≥ 1.

    Returns:
        How many states were checked.

    Raises:
        AssertionError: it does not hold; with a state in units.
    """
    conserved, states_on_constraints = model.moieties, 0
    if not conserved:
        raise Skip("the model conserves nothing")
    quantum = {
        x.name: float(x.quantum.subs(symbols.F, model.faraday))
        for x in model.states
        if x.quantum is not None
    }

    def check(state: State) -> None:
        nonlocal states_on_constraints
        with np.errstate(all="ignore"):
            rates = state.evaluator().rates(state.y())
        if rates is None:
            return
        states_on_constraints += 1
        rhs = dict(zip((x.name for x in model.states), rates, strict=True))
        for weights in conserved:
            terms = {p: float(w) * rhs[p] / quantum[p] for p, w in weights.items()}
            total, size = sum(terms.values()), sum(map(abs, terms.values()))
            formula = " ".join(f"{float(w):+g} {p}" for p, w in weights.items())
            assert abs(total) <= 1e-9 * size, (
                f"{model.name}: {formula} changes by {total:.3g} fmol/s of {size:.3g} at the state"
                f" {state!r}"
            )

    count = for_all_states(model, check, examples)
    if not states_on_constraints:
        raise Skip("no state was found that meets the constraints")
    return count


def books_close(model: Model, *, examples: int = 0, until: TimeLike = "1 s") -> int:  # noqa: ARG001
    """The energy ledger of a short run closes, and no process runs uphill for free.

    Args:
        model: to run.
        examples: without effect; every property takes it.
        until: end of the run.

    Returns:
        How many comparisons were made.

    Raises:
        AssertionError: it does not hold.
    """
    try:
        simulate(model, until=until).ledger.check()
    except (errors.BooksDoNotClose, errors.UphillForFree) as error:
        raise AssertionError(f"{model.name}: {error}") from None
    return 1


def runs_downhill(model: Model, *, examples: int = 0, until: TimeLike = "1 s") -> int:  # noqa: ARG001
    """G of a model without baths and held pools never rises.

    Args:
        model: to run.
        examples: without effect; every property takes it.
        until: end of the run.

    Returns:
        How many comparisons were made.

    Raises:
        AssertionError: it does not hold.
    """
    if model.reservoirs or any(c.held for c in model.compartments):
        raise Skip("baths or held pools exchange free energy")
    if model.electrodes:
        raise Skip("electrodes do work")
    run = simulate(model, until=until)
    G = run.trajectory.observe("energy")[0, :, 0]
    rise = float(np.diff(G).max(initial=0.0))
    assert rise <= 1e-7 * float(np.ptp(G)) + 1e-12 * float(np.abs(G).max()), (
        f"{model.name}: G rises by {_in_units(rise, 'pJ')} within a step"
    )
    return len(G) - 1


def batch_equals_singles(model: Model, *, examples: int = 0, until: TimeLike = "0.1 s") -> int:  # noqa: ARG001
    """A scan over a parameter gives what its single runs give.

    Args:
        model: to run.
        examples: without effect; every property takes it.
        until: end of the runs.

    Returns:
        How many comparisons were made.

    Raises:
        AssertionError: it does not hold.
    """
    import xarray as xr

    name = next(
        (
            n
            for n, p in model.parameters.items()
            if p.value > 0 and any(n.startswith(f"{t.name}.") for t in model.transporters)
        ),
        None,
    )
    if name is None:
        raise Skip("no positive parameter to scan")
    p = model.parameters[name]
    numbers = p.value * units.from_internal(p.unit) * np.array([0.5, 1.0, 2.0])
    scan = simulate(
        model,
        until=until,
        parameters={name: xr.DataArray(numbers, dims="scan", attrs={"units": p.unit})},
        keep=Keep(times="final"),
    )
    for k, number in enumerate(numbers):
        single = simulate(
            model,
            until=until,
            parameters={name: units.Q(float(number), p.unit)},
            keep=Keep(times="final"),
        )
        for variable in ("amount", "potential"):
            a, b = scan.data[variable].isel(scan=k).values, single.data[variable].values
            assert np.allclose(a, b, rtol=1e-9, atol=0, equal_nan=True), (
                f"{model.name}: {variable} differs between a scan over {name} and its singles"
            )
    return len(numbers)
