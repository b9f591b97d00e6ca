"""The findings of an audit, one per process and per loop, as text, table, HTML and JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .. import errors, units
from ..declare.checks.certificate import VERDICTS, Verdict
from ..declare.parameter import check_domain
from ..dimension import MOLAR_ENERGY
from ..html import collapsible, join, table

if TYPE_CHECKING:
    import pandas as pd

    from ..quantity_types import Number, QuantityLike

PASSING = (
    Verdict.SUPPLY, Verdict.DRIVEN, Verdict.PROVEN, Verdict.CONSISTENT, Verdict.ROUNDING,
)  # fmt: skip
MEASURED = (Verdict.VIOLATES, Verdict.ROUNDING)


@dataclass(frozen=True)
class Witness:
    """A state, by variable, where the law and its affinity disagree: the flux runs uphill, or the
    error of r⁺/r⁻ is largest.
    """

    values: Mapping[str, Any]
    affinity: Any
    flux: Any | None = None

    def __str__(self) -> str:
        state = ", ".join(f"{name} {value:.3g~P}" for name, value in self.values.items())
        ending = (
            f" while J {'>' if self.flux.magnitude > 0 else '<'} 0" if self.flux is not None else ""
        )
        return f"A = {self.affinity.magnitude:+.3g} kJ/mol{ending} at {state or 'any state'}"


@dataclass(frozen=True)
class Finding:
    """The verdict on one process or one loop.

    ``verdict``: proven (by algebra, for all values of the parameters), consistent (proved for these
    values, up to rounding, for every state of the range and from 10 to 40 °C), rounding (proved up
    to less than 0.05 kJ/mol), violates, irreversible (a rate is missing), undecided (neither a
    counter-example nor a proof: never a pass), supply (an electrode: work done on the system), not
    auditable.  ``error`` is ε = RT ln(r⁺/r⁻) − A,
    signed, where |ε| is largest in the box (the constant, if ε is constant).  ``terms`` of ε:
    ``constant`` (kJ/mol), ``charge`` (excess elementary charges that the rates sense inward), and
    excess orders by species.  ``cause`` is the cause in one word, ``text`` in a sentence.
    ``uphill`` is the share of the box where J·A < 0; ``corrections`` are those of the least-squares
    repair by step [kJ/mol]; ``temperature`` is that of the audit [K]; ``distance``, of irreversible
    laws: (A [kJ/mol], share of the box, relative excess of the flux).
    """

    subject: str
    kind: str
    reaction: str
    verdict: Verdict
    kJ: float = 0.0
    cause: str = ""
    text: str = ""
    terms: Mapping[str, float] = field(default_factory=dict)
    witness: Witness | None = None
    uphill: float = 0.0
    culprits: tuple[str, ...] = ()
    corrections: Mapping[str, float] = field(default_factory=dict)
    temperature: float | None = field(default=None, compare=False)
    distance: tuple[tuple[float, float, float], ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the verdict is a pass: proven, consistent, rounding or supply."""
        return self.verdict in PASSING

    @property
    def error(self) -> Any:
        """ε as a quantity."""
        return units.Q(self.kJ, "kJ/mol")

    def to_dict(self) -> dict[str, Any]:
        """The finding as plain values, quantities as {"value", "unit"}."""

        def quantity(q: Any) -> dict[str, Any]:
            return {"value": float(q.magnitude), "unit": f"{q.units:~P}" or "1"}

        plain: dict[str, Any] = {
            "process": self.subject, "kind": self.kind, "reaction": self.reaction,
            "verdict": self.verdict, "error": quantity(self.error),
            "cause": self.cause, "text": self.text, "terms": dict(self.terms),
            "uphill_share": self.uphill, "culprits": list(self.culprits),
            "witness": None,
            "temperature": None if self.temperature is None else {"value": self.temperature,
                "unit": "K"},
        }  # fmt: skip
        if self.witness:
            witness = self.witness
            flux = quantity(witness.flux) if witness.flux is not None else None
            plain["witness"] = {
                "state": {n: quantity(q) for n, q in witness.values.items()},
                "affinity": quantity(witness.affinity),
                "flux": flux,
            }
        return plain


@dataclass(frozen=True)
class Audit:
    """All findings of an audit, in the order of the model; ``sensing`` says for each process how
    its rates depend on the voltage, ``unread`` what charge is moved inward by rates that do not;
    ``modulated`` what gates and the like multiply the rates of proved processes.
    """

    name: str
    findings: tuple[Finding, ...]
    sensing: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    modulated: Mapping[str, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __getitem__(self, subject: str) -> Finding:
        """The finding on a process or a loop, by name."""
        names = [f.subject for f in self.findings]
        errors.among(subject, names, f"audit of {self.name}", "a process or a loop")
        return self.findings[names.index(subject)]

    @property
    def verdict(self) -> Verdict:
        """The worst of all verdicts."""
        return max(
            (f.verdict for f in self.findings), key=VERDICTS.index, default=Verdict.NOT_AUDITABLE
        )

    @property
    def holds(self) -> bool:
        """Whether every finding passes; undecided does not."""
        return bool(self.findings) and all(f.holds for f in self.findings)

    def failing(self, limit: float | None = None) -> tuple[Finding, ...]:
        """Findings that do not pass; with a limit [kJ/mol] those that violate or are rounded by
        less than it pass, and no others.

        A reaction that does not balance has no size and fails at any limit.
        """
        if limit is None:
            return tuple(f for f in self.findings if not f.holds)
        return tuple(
            f
            for f in self.findings
            if (abs(f.kJ) >= limit if f.verdict in MEASURED and f.cause != "mass" else not f.holds)
        )

    def check(self, limit: Number | QuantityLike | None = None) -> Audit:
        """The audit itself, if all pass.

        Args:
            limit: the error below which a violation passes, as a number in kJ/mol or a molar
                energy; by default none passes.

        Raises:
            SecondLawViolation: a finding violates the second law; the worst is reported.
            SecondLawUndecided: no finding violates it, but not all are proved.
        """
        failing = self.failing(None if limit is None else kilojoule(limit, "check(limit=…)"))
        if failing:
            worst = max(failing, key=lambda f: (VERDICTS.index(f.verdict), abs(f.kJ)))
            violated = worst.verdict in (Verdict.VIOLATES, Verdict.IRREVERSIBLE)
            where, wanted = (
                f"audit of {self.name}, {worst.subject}",
                "RT ln(r⁺/r⁻) = A at every state",
            )
            advice = (
                f"{worst.witness}; make_consistent(…) repairs it"
                if worst.witness
                else "print(audit(…)) shows all findings"
            )
            if not violated:
                raise errors.SecondLawUndecided(
                    where=where, wanted=wanted, got=worst.text, advice=advice, process=worst.subject
                )
            size = worst.kJ if math.isfinite(worst.kJ) and worst.cause != "mass" else None
            raise errors.SecondLawViolation(
                where=where, wanted=wanted, got=worst.text, advice=advice, process=worst.subject,
                kilojoule=size
            )  # fmt: skip
        return self

    def to_dict(self) -> dict[str, Any]:
        """The audit as plain values."""
        return {
            "name": self.name,
            "verdict": self.verdict,
            "holds": self.holds,
            "findings": [f.to_dict() for f in self.findings],
        }

    def to_frame(self) -> pd.DataFrame:
        """A data frame with one row per finding; the error in kJ/mol."""
        import pandas as pd

        return pd.DataFrame(
            [
                (f.subject, f.kind, f.verdict, f.kJ, f.cause, f.text, str(f.witness or ""))
                for f in self.findings
            ],
            columns=["subject", "kind", "verdict", "error_kJ_per_mol", "cause", "text", "witness"],
        )

    def _rows(self) -> list[tuple[str, str, str, str]]:
        return [(f.subject, f.verdict, _kilojoule(f), f.cause) for f in self.findings]

    @property
    def _title(self) -> str:
        at = next(
            (f" at {f.temperature:g} K" for f in self.findings if f.temperature is not None), ""
        )
        return f"audit of {self.name}{at}: {self.verdict}"

    def __str__(self) -> str:
        head = ("", "verdict", "kJ/mol", "cause")
        rows = [head, *self._rows()]
        widths = [max(len(row[k]) for row in rows) for k in range(4)]
        lines = [self._title]
        for row, f in zip(rows, (None, *self.findings), strict=True):
            cells = [
                cell.rjust(w) if k == 2 else cell.ljust(w)
                for k, (cell, w) in enumerate(zip(row, widths, strict=True))
            ]
            lines.append("  " + "  ".join(cells).rstrip())
            if f is not None and f.verdict != Verdict.PROVEN and f.text:
                lines.append(f"      {f.text}")
            if f is not None and f.witness:
                lines.append(f"      witness: {f.witness}")
        return "\n".join([*lines, *(f"  {line}" for line in self._sensed())])

    def _sensed(self) -> list[str]:
        """Lines on the processes whose rates sense the voltage, with the charges, on those that
        move charge and do not, and on gates and the like.
        """
        sensed = ", ".join(f"{name} {text}" for name, text in self.sensing.items())
        unread = " and ".join(f"{name}, which moves {text}" for name, text in self.unread.items())
        lines = [f"V is sensed by {sensed}"] if sensed else []
        lines += [f"V is left out of the rates of {unread}"] if unread else []
        by = "; ".join(f"{name} by {text}" for name, text in self.modulated.items())
        return [*lines, f"modulated, which does no work: {by}"] if by else lines

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = [
            (*row, f.text, str(f.witness or ""))
            for row, f in zip(self._rows(), self.findings, strict=True)
        ]
        body = table(rows, ("", "verdict", "kJ/mol", "cause", "", "witness"))
        sensed = self._sensed()
        return collapsible(self._title, join(body, *sensed) if sensed else body, open=True)


def kilojoule(limit: Any, where: str) -> float:
    """A limit of |ε| as a number in kJ/mol."""
    kJ = units.scalar(limit, MOLAR_ENERGY, where) / 1000
    check_domain(kJ, "nonnegative", where, limit)
    return kJ


def _kilojoule(f: Finding) -> str:
    if f.verdict in MEASURED:
        return f"{f.kJ:+.3g}"
    return "0" if f.holds else ""
