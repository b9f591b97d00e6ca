"""What an audit says: one finding a process and a loop, as text, table, HTML and JSON."""

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

PASSING = (Verdict.PROVEN, Verdict.CONSISTENT, Verdict.ROUNDING)
MEASURED = (Verdict.VIOLATES, Verdict.ROUNDING)


@dataclass(frozen=True)
class Witness:
    """A state, by variable, where the law and its affinity disagree: the flux runs uphill, or r⁺/r⁻
    is off by most.
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

    ``verdict``: proven (identically, by algebra, whatever the parameters), consistent (proved at
    these numbers, up to rounding, for every state of the range and at 10 to 40 °C), rounding
    (proved but for less than 0.05 kJ/mol), violates, irreversible (no way back), undecided (no
    counter-example and no proof: never a pass), not auditable.  ``error`` is ε = RT ln(r⁺/r⁻) − A,
    signed, of the largest size in the box (the constant, where that is all).  ``terms``: what ε
    holds: ``constant`` (kJ/mol), ``charge`` (excess elementary charges that the rates sense on the
    way in), and orders in excess by species.  ``cause`` is one word for it, ``text`` a sentence.
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
    uphill: float = 0.0  # share of the box
    culprits: tuple[str, ...] = ()
    corrections: Mapping[str, float] = field(
        default_factory=dict
    )  # kJ/mol by step, of the least-squares repair
    temperature: float | None = field(default=None, compare=False)  # K, at which it was judged
    distance: tuple[
        tuple[float, float, float], ...
    ] = ()  # of one-way laws: A [kJ/mol], share of the box, relative excess of the flux

    @property
    def holds(self) -> bool:
        return self.verdict in PASSING

    @property
    def error(self) -> Any:
        """ε as a quantity."""
        return units.Q(self.kJ, "kJ/mol")

    def to_dict(self) -> dict[str, Any]:
        """Plain values, quantities as {"value", "unit"}."""

        def quantity(q: Any) -> dict[str, Any]:
            return {"value": float(q.magnitude), "unit": f"{q.units:~P}" or "1"}

        made: dict[str, Any] = {
            "process": self.subject, "kind": self.kind, "reaction": self.reaction,
            "verdict": self.verdict, "error": quantity(self.error),
            "cause": self.cause, "text": self.text, "terms": dict(self.terms),
            "uphill_share": self.uphill, "culprits": list(self.culprits),
            "witness": None,
            "temperature": None if self.temperature is None else {"value": self.temperature,
                "unit": "K"},
        }  # fmt: skip
        if self.witness:
            w = self.witness
            flux = quantity(w.flux) if w.flux is not None else None
            made["witness"] = {
                "state": {n: quantity(q) for n, q in w.values.items()},
                "affinity": quantity(w.affinity),
                "flux": flux,
            }
        return made


@dataclass(frozen=True)
class Audit:
    """All findings of an audit, in the order of the model; ``sensing`` tells by process how it
    senses the voltage, ``unread`` what charge is moved inward by rates that leave the voltage out.
    """

    name: str
    findings: tuple[Finding, ...]
    sensing: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)

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
            limit: error in kJ/mol below which what violates passes, as a number or a molar energy;
                default none passes.

        Raises:
            SecondLawViolation: the worst of what does not pass.
            SecondLawUndecided: nothing is known to be wrong, and not all is proved.
        """
        bad = self.failing(None if limit is None else kilojoule(limit, "check(limit=…)"))
        if bad:
            worst = max(bad, key=lambda f: (VERDICTS.index(f.verdict), abs(f.kJ)))
            known = worst.verdict in (Verdict.VIOLATES, Verdict.IRREVERSIBLE)
            where, wanted = (
                f"audit of {self.name}, {worst.subject}",
                "RT ln(r⁺/r⁻) = A at every state",
            )
            advice = (
                f"{worst.witness}; make_consistent(…) repairs it"
                if worst.witness
                else "print(audit(…)) shows all findings"
            )
            if not known:
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
        return {
            "name": self.name,
            "verdict": self.verdict,
            "holds": self.holds,
            "findings": [f.to_dict() for f in self.findings],
        }

    def to_frame(self) -> pd.DataFrame:
        """One row a finding; the error in kJ/mol."""
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
        made = [self._title]
        for row, f in zip(rows, (None, *self.findings), strict=True):
            cells = [
                cell.rjust(w) if k == 2 else cell.ljust(w)
                for k, (cell, w) in enumerate(zip(row, widths, strict=True))
            ]
            made.append("  " + "  ".join(cells).rstrip())
            if f is not None and f.verdict != Verdict.PROVEN and f.text:
                made.append(f"      {f.text}")
            if f is not None and f.witness:
                made.append(f"      witness: {f.witness}")
        return "\n".join([*made, *(f"  {line}" for line in self._sensed())])

    def _sensed(self) -> list[str]:
        """Which processes sense the voltage, and by how many charges; and which move charge and do
        not.
        """
        sensed = ", ".join(f"{name} {text}" for name, text in self.sensing.items())
        unread = " and ".join(f"{name}, which moves {text}" for name, text in self.unread.items())
        return [f"V is sensed by {sensed}"] * bool(sensed) + [
            f"V is left out of the rates of {unread}"
        ] * bool(unread)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = [
            (*row, f.text, str(f.witness or ""))
            for row, f in zip(self._rows(), self.findings, strict=True)
        ]
        found = table(rows, ("", "verdict", "kJ/mol", "cause", "", "witness"))
        return collapsible(
            self._title, join(found, *self._sensed()) if self._sensed() else found, open=True
        )


def kilojoule(limit: Any, where: str) -> float:
    """A limit of |ε| as a number in kJ/mol."""
    made = units.scalar(limit, MOLAR_ENERGY, where) / 1000
    check_domain(made, "nonnegative", where, limit)
    return made


def _kilojoule(f: Finding) -> str:
    return (
        f"{f.kJ:+.3g}"
        if f.verdict in (Verdict.ROUNDING, Verdict.VIOLATES)
        else "0"
        if f.holds
        else ""
    )
