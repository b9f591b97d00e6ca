"""Check all properties of a transporter or a model, one after another, and report what was
checked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .. import errors
from ..assemble.model import Model
from ..declare.cycle import Cycle
from ..declare.electrode import Electrode
from ..declare.transporter import Transporter
from .equilibria import equilibria_hold
from .properties import (
    Skip,
    batch_equals_singles,
    books_close,
    detailed_balance,
    flux_follows_affinity,
    keeps_invariants,
    onsager_symmetry,
    runs_downhill,
    stalls_and_reverses,
)

TRANSPORTER = (flux_follows_affinity, detailed_balance, stalls_and_reverses)
MODEL = (
    *TRANSPORTER, equilibria_hold, keeps_invariants, books_close, runs_downhill,
    batch_equals_singles,
)  # fmt: skip


@dataclass(frozen=True)
class Report:
    """What was checked, with how many states, and what was not, with the reason."""

    name: str
    checked: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [f"{self.name}: {len(self.checked)} properties hold"]
        lines += [
            f"  {name.replace('_', ' '):<24} {count:>4} times"
            for name, count in self.checked.items()
        ]
        return "\n".join(
            lines
            + [
                f"  {name.replace('_', ' '):<24} skipped: {why}"
                for name, why in self.skipped.items()
            ]
        )


def check_transporter(declared: Transporter | Cycle, *, examples: int = 60) -> Report:
    """Check all properties of one transporter, between the places that it was declared on.

    Args:
        declared: the transporter or cycle.
        examples: states for each property.

    Returns:
        What was checked, and what was not.

    Raises:
        AssertionError: a property does not hold; with a state in units.
        WrongType: not a transporter or cycle.
        NotANumber: ``examples`` that is no integer.
        OutOfDomain: ``examples`` below 1.
    """
    if not isinstance(declared, (Transporter, Cycle)):
        advice = "check_model(model) for a model"
        raise errors.WrongType(
            where="check_transporter(…)",
            wanted="a Transporter or a Cycle",
            got=errors.shown(declared),
            advice=advice,
        )
    report = _report_of(
        declared.name, around(declared), (*TRANSPORTER, equilibria_hold, books_close), examples
    )
    _add(report, onsager_symmetry, declared, examples)
    return report


def check_model(model: Model, *, examples: int = 40) -> Report:
    """Check all properties of a model.

    Args:
        model: to check.
        examples: states for each property.

    Returns:
        What was checked, and what was not.

    Raises:
        AssertionError: a property does not hold; with a state in units.
        WrongType: not a model.
        NotANumber: ``examples`` that is no integer.
        OutOfDomain: ``examples`` below 1.
    """
    if not isinstance(model, Model):
        advice = "check_transporter(transporter) for one transporter"
        raise errors.WrongType(
            where="check_model(…)", wanted="a Model", got=errors.shown(model), advice=advice
        )
    report = _report_of(model.name, model, MODEL, examples)
    for part in (t for t in model.transporters if not isinstance(t, Electrode)):
        _add(report, onsager_symmetry, part, examples)
    return report


def around(declared: Transporter | Cycle) -> Model:
    """A model of one transporter."""
    return Model(f"{declared.name}_alone", [declared])


def _report_of(name: str, model: Model, properties: tuple[Any, ...], examples: int) -> Report:
    report = Report(name)
    for check in properties:
        _add(report, check, model, examples)
    return report


def _add(report: Report, check: Any, subject: Any, examples: int) -> None:
    try:
        report.checked[check.__name__] = check(subject, examples=examples)
    except Skip as reason:
        report.skipped[check.__name__] = str(reason)
