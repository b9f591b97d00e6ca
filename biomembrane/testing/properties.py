"""Properties that every lawful transporter and model has (formalism §8), each a function that
raises ``AssertionError`` with a state in units.
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
from ..constants import FARADAY
from ..declare.cycle import Cycle
from ..declare.parameter import whole
from ..declare.places import Membrane
from ..declare.transporter import Transporter
from ..results.run import simulate
from ..results.scan import Keep
from ..second_law.coupling import coupling
from .states import State, near, states, values

if TYPE_CHECKING:
    from ..quantity_types import TimeLike

LEAST = 1e-9  # of RT: an affinity below this has no sign in floating point
EXACT = 1e-8  # relative agreement of two ways to the same number


class Skip(Exception):
    """The property does not apply."""


def _everywhere(model: Model, judge: Callable[[State], None], examples: int) -> int:
    """Judges states of a model; a counter-example is shrunk and raised."""
    whole(examples, "examples=…", "a number of states, an integer >= 1", "examples=60")
    if examples < 1:
        raise errors.OutOfDomain(
            where="examples=…",
            wanted="an integer >= 1",
            got=errors.shown(examples),
            advice="examples=60",
        )
    seen = 0

    quiet = list(HealthCheck)

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=tuple(Phase),
        suppress_health_check=quiet,
    )
    @given(states(model))
    def each(state: State) -> None:
        nonlocal seen
        seen += 1
        judge(state)

    each()
    return seen


def _told(what: str, process: str, state: State, **numbers: tuple[float, str]) -> str:
    """A sentence for a counter-example."""
    parts = ", ".join(f"{name} = {_in_units(x, unit)}" for name, (x, unit) in numbers.items())
    return f"{process}: {what}; {parts} at the state {state!r}"


def _in_units(x: float, unit: str) -> str:
    return f"{units.restore(x, unit):.4g~P}"


def flux_follows_affinity(model: Model, *, examples: int = 60) -> int:
    """sign J = sign A, so that J·A ≥ 0, at every state.

    Args:
        model: to look at.
        examples: states, an integer ≥ 1.

    Returns:
        How many states were looked at.

    Raises:
        AssertionError: it does not hold; with a state in units.
    """

    def judge(state: State) -> None:
        J, A = values(state, "flux", "affinity")
        RT = state.seen().RT
        for name in J:
            wrong = J[name] * A[name] < 0 and abs(A[name]) > LEAST * RT
            assert not wrong, _told(
                "the flux runs uphill", name, state, J=(J[name], "fmol/s"), A=(A[name], "kJ/mol")
            )
            assert math.isfinite(J[name]), _told(
                "the flux is no number", name, state, J=(J[name], "fmol/s")
            )

    return _everywhere(model, judge, examples)


def detailed_balance(model: Model, *, examples: int = 60) -> int:
    """r⁺, r⁻ ≥ 0 and RT ln(r⁺/r⁻) = A at every state.  A flux without one-way rates, of an
    empirical law, is judged by what can be: whether it has the sign of A and stops with it
    (:func:`flux_follows_affinity`, :func:`stalls_and_reverses` say where it reverses).

    Args:
        model: to look at.
        examples: states, an integer ≥ 1.

    Returns:
        How many states were looked at.

    Raises:
        AssertionError: it does not hold; with a state in units.
    """
    bare = [p.name for p in model.processes if p.rates.flux is not None]

    def judge(state: State) -> None:
        up, down, A, J = values(state, "forward", "reverse", "affinity", "flux")
        RT = state.seen().RT
        for name in bare:
            numbers = {"J": (J[name], "fmol/s"), "A": (A[name], "kJ/mol")}
            lawful = math.isfinite(J[name]) and (
                J[name] * A[name] >= 0 or abs(A[name]) <= LEAST * RT
            )
            assert lawful, _told(
                "a flux without one-way rates that does not follow A", name, state, **numbers
            )
        for name in up:
            rates = {
                "r⁺": (up[name], "fmol/s"),
                "r⁻": (down[name], "fmol/s"),
                "A": (A[name], "kJ/mol"),
            }
            assert up[name] >= 0 <= down[name], _told(
                "a one-way rate is negative", name, state, **rates
            )
            if up[name] > 0 < down[name] and 1e-250 < min(up[name], down[name]):
                off = math.log(up[name] / down[name]) - A[name] / RT
                assert abs(off) <= EXACT * max(1.0, abs(A[name] / RT)), _told(
                    "RT ln(r⁺/r⁻) is not A", name, state, **rates
                )

    return _everywhere(model, judge, examples)


def stalls_and_reverses(model: Model, *, examples: int = 30) -> int:
    """No flux where A = 0, and fluxes of either sign to its two sides.

    Args:
        model: to look at.
        examples: states, an integer ≥ 1.

    Returns:
        How many states were looked at.

    Raises:
        AssertionError: it does not hold; with a state in units.
    """
    found = 0

    def judge(state: State) -> None:
        nonlocal found
        for process in model.processes:
            moved = near(model, process.name, state)
            if moved is None:
                continue
            found += 1
            pool, still = moved
            J, _ = (side[process.name] for side in values(still, "flux", "affinity"))
            either = [
                values(still.but(pool, still.moved[pool] * f), "flux")[0][process.name]
                for f in (0.9, 1.1)
            ]
            numbers = {
                "J": (J, "fmol/s"),
                "J on one side": (either[0], "fmol/s"),
                "on the other": (either[1], "fmol/s"),
            }
            assert abs(J) <= 1e-6 * max(map(abs, either)) + 1e-300, _told(
                "flux without affinity", process.name, still, **numbers
            )
            assert either[0] * either[1] <= 0, _told(
                "no reversal beyond A = 0", process.name, still, **numbers
            )

    count = _everywhere(model, judge, examples)
    if not found:
        raise Skip("no concentration moves an affinity to zero")
    return count


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
    for one, two in itertools.combinations(names, 2):
        c = coupling(declared, one, two)
        if c.L[0, 0] * c.L[1, 1] == 0:
            continue
        text = f"{declared.name}: L of {one} and {two} is {c.L.tolist()} fmol²/(fJ·s)"
        assert c.asymmetry <= 1e-6, f"{text}, not symmetric: {c.asymmetry:.2g} of √(L₁₁L₂₂)"
        assert np.linalg.eigvalsh((c.L + c.L.T) / 2).min() >= -1e-6 * np.abs(c.L).max(), (
            f"{text}, not positive semidefinite"
        )
    return len(names)


def keeps_invariants(model: Model, *, examples: int = 40) -> int:
    """Moieties and Γ do not change: Σ w dx/dt = 0 for every invariant of N, at states that meet the
    constraints, where there are any.

    Args:
        model: to look at.
        examples: states, an integer ≥ 1.

    Returns:
        How many states were looked at.

    Raises:
        AssertionError: it does not hold; with a state in units.
    """
    kept, found = model.moieties, 0
    if not kept:
        raise Skip("the model conserves nothing")
    quantum = {
        x.name: float(x.quantum.subs(symbols.F, FARADAY))
        for x in model.states
        if x.quantum is not None
    }

    def judge(state: State) -> None:
        nonlocal found
        with np.errstate(all="ignore"):
            rates = state.seen().rates(state.y())
        if rates is None:
            return
        found += 1
        rhs = dict(zip((x.name for x in model.states), rates, strict=True))
        for weights in kept:
            terms = {p: float(w) * rhs[p] / quantum[p] for p, w in weights.items()}
            total, size = sum(terms.values()), sum(map(abs, terms.values()))
            told = " ".join(f"{float(w):+g} {p}" for p, w in weights.items())
            assert abs(total) <= 1e-9 * size, (
                f"{model.name}: {told} changes by {total:.3g} fmol/s of {size:.3g} at the state"
                f" {state!r}"
            )

    count = _everywhere(model, judge, examples)
    if not found:
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
    except (errors.BooksDoNotClose, errors.UphillForFree) as wrong:
        raise AssertionError(f"{model.name}: {wrong}") from None
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
