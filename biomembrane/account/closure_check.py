"""What ``ledger.check`` requires: no negative dissipation, and a ledger that closes in every lane
that ran to completion.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import errors, units, user_text
from ..solve.ledger_totals import UNIT
from ..solve.status import Outcome

ROUNDING = 1e-12  # of the energy that passed: what a loop may seem to gain by rounding alone
Array = NDArray[np.float64]
Shares = Mapping[str, tuple[float, float, float]]


@dataclass(frozen=True, eq=False)
class FinalBalances:
    """The ledger of some lanes at the end of each.

    ``outcomes``: how each lane ended; ``residuals``: relative; ``passed``: energy that passed [pJ];
    ``min_dissipation`` (process, lane): smallest powers [fW]; ``duration`` [s].
    """

    outcomes: Sequence[str]
    residuals: Array
    passed: Array
    processes: Sequence[str]
    min_dissipation: Array
    duration: float

    def check_closure(self, model: str, limit: float, shares: Shares | None = None) -> None:
        """Raise UphillForFree where a power is negative by more than ``limit`` of the energy that
        passed in its lane, BooksDoNotClose where the residual of a lane exceeds ``limit`` or is not
        finite.

        Lanes of a scan that stopped early are checked for negative powers only, and a warning
        (``errors.LanesStopped``) counts them.  Negative powers are reported first: they are wrong
        at every tolerance, and may be why the ledger does not close.
        """
        outcomes = np.array(self.outcomes)
        completed = np.ones(1, bool)
        if outcomes.size > 1:
            completed = np.isin(outcomes, (Outcome.DONE, Outcome.OPEN_BOOKS))
        if not completed.all():
            count = f"{outcomes.size - completed.sum()} of {outcomes.size}"
            text = (
                f"ledger of {model!r}: {count} lanes stopped early and are not checked; status and"
                " culprit say where and why"
            )
            errors.warned(text, errors.LanesStopped)
        self._check_dissipation(limit, shares)
        residuals = np.where(np.isfinite(self.residuals), self.residuals, np.inf)
        above = np.nextafter(limit, 1)
        residuals = np.where(
            outcomes == Outcome.OPEN_BOOKS, np.maximum(residuals, above), residuals
        )
        failing = completed & ~(residuals <= limit)
        if failing.any():
            worst = float(residuals[failing].max())
            got = f"{worst:.3g}" if np.isfinite(worst) else "not a finite number"
            many = f", in {failing.sum()} of {failing.size} lanes" if failing.size > 1 else ""
            raise errors.BooksDoNotClose(
                where=f"ledger of {model!r}",
                wanted=f"a residual below {limit:.1g} of the energy that passed",
                got=got + many,
                advice="a tighter rtol in the solver; else a law or a potential is wrong",
                residual=worst,
                limit=limit,
            )

    def _check_dissipation(self, limit: float, shares: Shares | None) -> None:
        passed = np.nan_to_num(self.passed)
        allowed = limit * passed / units.from_internal(UNIT) / (self.duration or 1.0)
        margin = self.min_dissipation + allowed
        if margin.size and margin.min() < 0:
            process, lane = map(int, np.unravel_index(int(np.argmin(margin)), margin.shape))
            power = float(self.min_dissipation[process, lane])
            raise _uphill(self.processes[process], power, shares)


def _uphill(process: str, power: float, shares: Shares | None) -> errors.UphillForFree:
    got = f"{power:.3g} fW"
    if shares and process in shares:
        time_share, energy, energy_share = shares[process]
        got += (
            f", J·A < 0 for {100 * time_share:.3g} % of the time, with {energy:.3g} pJ"
            f" ({100 * energy_share:.3g} % of its energy)"
        )
    return errors.UphillForFree(
        where=f"process {process}",
        wanted="J·A ≥ 0 at every step",
        got=got,
        advice="an Empirical law breaks the second law here; print(audit(model)) says how",
        process=process,
    )


def check_loops(worst: float, loops: Mapping[str, float]) -> None:
    """Raise UphillForFree where loops that do not close made more energy from nothing than a
    rounding of the energy that passed.

    Args:
        worst: the largest share of the energy that passed, over all lanes.
        loops: what each loop made [pJ].
    """
    if worst > ROUNDING:
        got = (
            ", ".join(f"{energy:.4g} pJ by {name}" for name, energy in loops.items())
            or f"{100 * worst:.3g} % of the energy that passed"
        )
        name = max(loops, key=lambda n: loops[n]) if loops else "of a hosted cycle"
        raise errors.UphillForFree(
            where=f"loop {name}",
            wanted="no energy from nothing, Σ J·ε ≤ 0",
            got=got,
            advice=(
                "its rate constants break detailed balance: make_consistent(cycle) repairs them, or"
                " close= derives one of them from the others"
            ),
            process=name,
        )


def check_bounded(model: str, empty: Iterable[str]) -> None:
    """Raise BoundlessEnergy where baths or held pools are at 0 mM: RT ln c has no bound there."""
    names = list(empty)
    if names:
        raise errors.BoundlessEnergy(
            where=f"ledger of {model!r}",
            wanted="concentrations above 0 mM of all that processes move, in baths and held pools",
            got=", ".join(f"{name} = 0 mM" for name in names),
            advice=(
                f"set a trace, {{{names[0]!r}: Q(1, 'nM')}}; amounts, fluxes and voltages are right"
                " as they are"
            ),
            pools=tuple(names),
        )


def tolerance(rtol: Any) -> float:
    """The ``rtol`` of ``ledger.check`` as a number.

    Raises:
        BadSettings: it is no positive number below 10.
    """
    share = user_text.numbers(rtol)
    if not isinstance(share, float) or not 0 < share < 10:
        raise errors.BadSettings(
            where="ledger.check(rtol=…)",
            wanted="a positive share of the energy that passed",
            got=errors.shown(rtol),
            advice="ledger.check(rtol=1e-6)",
        )
    return share
