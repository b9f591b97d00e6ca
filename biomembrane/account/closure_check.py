"""What ``check`` asks of the books: a power that is never negative, books that close, in every lane
that came to its end.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import errors, units, user_text
from ..solve.ledger_totals import UNIT
from ..solve.status import Outcome

ROUNDING = 1e-12  # of the energy that passed: what a loop may seem to make from nothing
Array = NDArray[np.float64]
Shares = Mapping[str, tuple[float, float, float]]


@dataclass(frozen=True, eq=False)
class Lanes:
    """The books of some lanes at their ends.

    ``kinds``: how each ended; ``off``: residual, relative; ``passed``: energy that passed [pJ];
    ``least`` (process, lane): smallest powers [fW]; ``span``: the time [s].
    """

    kinds: Sequence[str]
    off: Array
    passed: Array
    processes: Sequence[str]
    least: Array
    span: float

    def judge(self, model: str, limit: float, shares: Shares | None = None) -> None:
        """Raise UphillForFree where a power is negative in a lane beyond ``limit`` of what passed
        there, BooksDoNotClose where its residual is above the limit or not known.  Of lanes of a
        scan that stopped only the powers are judged, and a warning (``errors.LanesStopped``) counts
        them.

        The process comes first: it is wrong at every tolerance, and books that are open beside it
        may be so for its sake.
        """
        kinds = np.array(self.kinds)
        done = (
            np.isin(kinds, (Outcome.DONE, Outcome.OPEN_BOOKS))
            if kinds.size > 1
            else np.ones(1, bool)
        )
        if not done.all():
            count = f"{kinds.size - done.sum()} of {kinds.size}"
            text = (
                f"ledger of {model!r}: {count} lanes stopped, and nothing is checked of these;"
                " status and culprit say where and why"
            )
            warnings.warn(text, errors.LanesStopped, stacklevel=3)
        allowed = (
            limit * np.nan_to_num(self.passed) / units.from_internal(UNIT) / (self.span or 1.0)
        )
        low = self.least + allowed
        if low.size and low.min() < 0:
            process, lane = map(int, np.unravel_index(int(np.argmin(low)), low.shape))
            _uphill(self.processes[process], float(self.least[process, lane]), shares)
        off = np.where(np.isfinite(self.off), self.off, np.inf)
        off = np.where(kinds == Outcome.OPEN_BOOKS, np.maximum(off, np.nextafter(limit, 1)), off)
        bad = done & ~(off <= limit)
        if bad.any():
            worst = float(off[bad].max())
            got = f"{worst:.3g}" if np.isfinite(worst) else "not a finite number"
            many = f", in {bad.sum()} of {bad.size} lanes" if bad.size > 1 else ""
            wanted, advice = (
                f"a residual below {limit:.1g} of the energy that passed",
                "a tighter rtol in the solver; else a law or a potential is wrong",
            )
            where = f"ledger of {model!r}"
            raise errors.BooksDoNotClose(
                where=where,
                wanted=wanted,
                got=got + many,
                advice=advice,
                residual=worst,
                limit=limit,
            )


def _uphill(process: str, power: float, shares: Shares | None) -> None:
    got = f"{power:.3g} fW"
    if shares and process in shares:
        share, energy, part = shares[process]
        got += (
            f", J·A < 0 for {100 * share:.3g} % of the time, with {energy:.3g} pJ ({100 * part:.3g}"
            " % of its energy)"
        )
    advice = "an Empirical law breaks the second law here; print(audit(model)) says how"
    where = f"process {process}"
    raise errors.UphillForFree(
        where=where, wanted="J·A ≥ 0 at every step", got=got, advice=advice, process=process
    )


def unpaid(worst: float, loops: Mapping[str, float]) -> None:
    """Raise UphillForFree where loops that do not close made more than rounding of the energy that
    passed; ``loops`` are what each made [pJ].
    """
    if worst > ROUNDING:
        got = (
            ", ".join(f"{energy:.4g} pJ by {name}" for name, energy in loops.items())
            or f"{100 * worst:.3g} % of the energy that passed"
        )
        advice = (
            "its rate constants do not close: make_consistent(cycle) repairs them, close= lets one"
            " follow"
        )
        name = max(loops, key=lambda n: loops[n]) if loops else "of a hosted cycle"
        wanted = "no energy from nothing, Σ J·ε ≤ 0"
        raise errors.UphillForFree(
            where=f"loop {name}", wanted=wanted, got=got, advice=advice, process=name
        )


def bounded(model: str, empty: Iterable[str]) -> None:
    """Raise BoundlessEnergy where baths or held pools are at 0 mM: RT ln c has no bound there."""
    names = list(empty)
    if names:
        wanted, got = (
            "some of what a process moves in every bath that it touches",
            ", ".join(f"{name} = 0 mM" for name in names),
        )
        advice = (
            f"a trace, {{{names[0]!r}: Q(1, 'nM')}}; amounts, fluxes and voltages are right as"
            " they are"
        )
        raise errors.BoundlessEnergy(
            where=f"ledger of {model!r}", wanted=wanted, got=got, advice=advice, pools=tuple(names)
        )


def share(rtol: Any) -> float:
    """A tolerance of ``check``."""
    made = user_text.numbers(rtol)
    if not isinstance(made, float) or not 0 < made < 10:
        wanted, advice = "a positive share of the energy that passed", "ledger.check(rtol=1e-6)"
        raise errors.BadSettings(
            where="ledger.check(rtol=…)", wanted=wanted, got=errors.shown(rtol), advice=advice
        )
    return made
