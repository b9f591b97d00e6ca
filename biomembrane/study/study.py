"""A study of one question: its runs, each audited and with its energy balance checked; the numbers
that answer it; its figures.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from .answer import Answer, answer

if TYPE_CHECKING:  # loaded where it is used, so that a study without runs is quick
    import xarray as xr

    from ..assemble.model import Model
    from ..quantity_types import Number, Quantity, QuantityLike
    from ..results.run import Run
    from ..results.scan_result import ScanResult
    from ..second_law.finding import Audit
    from ..show.figure_types import Drawn, Picture


@dataclass(frozen=True, eq=False)
class Record:
    """One run of a study.

    ``residual``: of the ledger, relative to the energy that passed, the largest of all lanes;
    ``problem``: what is wrong; ``printed``: the run with its ledger as ``biomembrane run`` prints
    it, of the first run of a study only.
    """

    label: str
    model: str
    lanes: int
    residual: float
    problem: str
    printed: str = ""


@dataclass(frozen=True, eq=False)
class Judged:
    """The audit of one model of a study.

    ``hosted``: processes that are not proved, with the reason why the study takes them as they are.
    """

    model: str
    verdict: str
    hosted: Mapping[str, str]
    problem: str


class Study:
    """What :func:`reproduce` of a ``model.py`` works with, and what it leaves behind.

    Attributes:
        name: of the model's folder.
        question: what it asks; empty for the QUESTION of the ``model.py``, or else the first
            paragraph of its docstring.
        answers: numbers computed and wanted, see :meth:`answer`.
        records: runs with their residuals, see :meth:`run`.
        audits: verdicts, one a model.
        figures: matplotlib figures by name.

    A wrong number, a ledger that does not close and a verdict that is not a proof do not stop a
    study: they are kept and listed in :attr:`misses`. Only ``question`` can be assigned.

    Raises:
        WrongType: the name is no text.
    """

    def __init__(self, name: str, *, folder: Path | None = None) -> None:
        errors.expect(name, str, "Study(name)", "a name, as text", "bm.Study('leak')")
        self.name, self.folder = name, None if folder is None else Path(folder)
        self.question = ""
        self.answers: list[Answer] = []
        self.records: list[Record] = []
        self.audits: list[Judged] = []
        self.figures: dict[str, Any] = {}
        self.files: list[Path] = []
        self.began = time.perf_counter()
        self._runs: list[Run | ScanResult] = []  # where arrays given as answers are looked up
        self._audited: list[Model] = []  # the objects themselves: an id may be reused

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "question":
            errors.expect(
                value,
                str,
                f"study of {self.name}, question",
                "the question, as text",
                "study.question = 'Where does V come to rest?'",
            )
        elif (
            name in vars(self) and value is not vars(self)[name]
        ):  # study.files += [...] assigns the same list
            where, advice = (
                f"study of {self.name}",
                "study.run(…), study.answer(…) and study.figure(…) keep what a study finds",
            )
            raise errors.BadSettings(
                where=where,
                wanted=f"its {name} as it is",
                got=f"study.{name} = {errors.shown(value, 40)}",
                advice=advice,
            )
        super().__setattr__(name, value)

    def _label(self, name: Any, taken: Collection[str], where: str, example: str) -> str:
        """Check the name of a run or of a figure, which is the name of a file, too.

        Raises:
            BadName: characters that no file name can hold.
            DuplicateName: it is taken.
        """
        where = f"study of {self.name}, {where}"
        if not isinstance(name, str) or not re.fullmatch(r"[\w-]{1,100}", name):
            wanted = "a name of letters, digits, - and _, 100 at most"
            raise errors.BadName(where=where, wanted=wanted, got=errors.shown(name), advice=example)
        if name in taken:
            raise errors.DuplicateName(
                where=where, wanted="each name once", got=errors.shown(name), advice=f"'{name}_2'"
            )
        return name

    def audit(self, model: Model, *, hosted: Mapping[str, str] | None = None) -> Audit:
        """The audit of a model, kept.

        Args:
            model: what to audit.
            hosted: ``{process: reason}`` for what is not proved and is taken as published.

        Raises:
            WrongType: ``hosted`` is no mapping.
            MissingSource: a reason that is empty.
            UnknownName: a process that the model lacks, or that is proved after all.
        """
        from ..second_law.audit import audit

        if hosted is not None:
            errors.expect(
                hosted,
                Mapping,
                f"study of {self.name}, hosted=…",
                "{process: reason}",
                "hosted={'pump': 'as published'}",
            )
        audit_result, reasons = audit(model), dict(hosted or {})
        for subject, reason in reasons.items():
            if not isinstance(reason, str) or not reason.strip():
                where, advice = (
                    f"audit({model.name!r}, hosted={{{errors.shown(subject)}: …}})",
                    "hosted={'pump': 'as printed, without a reverse rate'}",
                )
                raise errors.MissingSource(
                    where=where,
                    wanted="the reason, as text",
                    got=errors.shown(reason),
                    advice=advice,
                )
        unproved = {f.subject: f.verdict for f in audit_result if f.verdict != "proven"}
        for subject in reasons:
            where, wanted = (
                f"study of {self.name}, model {model.name!r}, hosted=…",
                "a process or loop that is not proven",
            )
            if subject in {f.subject for f in audit_result} and subject not in unproved:
                advice = f"it is proven: leave {errors.shown(subject)} out of hosted="
                raise errors.UnknownName(
                    where=where, wanted=wanted, got=errors.shown(subject), advice=advice
                )
            errors.among(subject, unproved or [f.subject for f in audit_result], where, wanted)
        not_excused = {
            subject: verdict for subject, verdict in unproved.items() if subject not in reasons
        }
        problem = (
            ""
            if not not_excused
            else "not proven: "
            + ", ".join(f"{subject} ({verdict})" for subject, verdict in not_excused.items())
        )
        verdict = (
            "proven"
            if not unproved
            else audit_result.verdict
            if not_excused
            else "proven but for what is hosted"
        )
        self.audits.append(
            Judged(model.name, verdict, {s: reasons[s] for s in unproved if s in reasons}, problem)
        )
        self._audited.append(model)
        return audit_result

    # Any: options are checked against simulate's own; with keep= it gives a ScanResult, which
    # nobody should have to tell apart
    def run(
        self,
        model: Model,
        *,
        label: str = "run",
        hosted: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Run | Any:
        """Simulate a model, and audit it the first time.

        Args:
            model: what to run.
            label: names the run and its netCDF file; each once.
            hosted: processes that are not proved, with the reason, as in :meth:`audit`.
            options: of :func:`biomembrane.simulate`.

        Returns:
            What :func:`biomembrane.simulate` gives, and it raises what that raises; a ledger that
            does not close is a miss, not an error.

        Raises:
            BadName: a label that no file can have.
            DuplicateName: a label for the second time.
            UnknownName: an option that ``simulate`` does not have, or a process of ``hosted`` that
                the model lacks.
            BadSettings: ``hosted`` for a model that is audited already.
        """
        from ..exchange.netcdf import save
        from ..results.simulation import simulate

        label = self._label(
            label, [r.label for r in self.records], "run(label=…)", "label='ouabain'"
        )
        if not any(m is model for m in self._audited):
            self.audit(model, hosted=hosted)
        elif hosted is not None:
            advice = "study.audit(model, hosted=…), or the first study.run(model, hosted=…)"
            raise errors.BadSettings(
                where=f"study of {self.name}, run(hosted=…)",
                wanted="hosted= with the first audit of a model",
                got="a model that is audited already", advice=advice,
            )  # fmt: skip
        for name in options:
            errors.among(
                name,
                [*signature(simulate).parameters][1:],
                f"study of {self.name}, run(…, {name}=…)",
                "an argument of bm.simulate",
            )
        result = simulate(model, **options)
        self._runs.append(result)
        self.records.append(_record(label, model.name, result, first=not self.records))
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.files.append(save(result, self.folder / f"{label}.nc"))
        return result

    def answer(
        self,
        name: str,
        value: QuantityLike | xr.DataArray,
        about: str,
        *,
        wanted: QuantityLike | tuple[QuantityLike, QuantityLike] | None = None,
        within: Number | QuantityLike | None = None,
        source: str = "",
    ) -> Quantity:
        """Keep a number and compare it.

        Args:
            name: a short identifier, by which texts insert the number.
            value: a quantity of one number; or one number of a run of this study as it stands,
                ``run.data.potential[-1, 0]``.  What is computed from
                arrays is given as ``Q(float(a / b), "1")``, because xarray keeps the ``units`` of a
                under arithmetic.
            about: what it is, in a few words.
            wanted: the number of the source, a quantity; or a range (low, high); None keeps the
                number without comparison.
            within: the tolerance: a bare number is relative to ``wanted``, a quantity is
                absolute.
            source: where the number that is wanted comes from: a paper, or the closed form that
                gives it.

        Returns:
            The value, as a quantity.

        Raises:
            BadName: a name of other characters than letters, digits and _.
            DuplicateName: a name for the second time.
            WrongType: a value that is not one number, a text that is none, ``within`` beside a
                range or without ``wanted``.
            BareNumber: a value without a unit.
            UncertainUnit: a computed array that still has the unit of what it was computed from.
            UnitMismatch: ``wanted`` or ``within`` in a unit of another dimension.
            NotFinite: ``wanted`` or ``within`` that is NaN or infinite.
            OutOfDomain: a range from high to low, or a tolerance below zero.
            MissingSource: ``wanted`` without its source.
            NoTolerance: ``wanted`` without ``within``, or a share of 0.
        """
        if isinstance(name, str) and name in [a.name for a in self.answers]:
            raise errors.DuplicateName(
                where=f"study of {self.name}, answer(…)",
                wanted="each name once",
                got=repr(name),
                advice=f"{name}_2",
            )
        checked = answer(name, about, value, wanted, within, source, self._runs)
        self.answers.append(checked)
        computed: Quantity = checked.computed
        return computed

    def figure(self, name: str, drawn: Drawn) -> Picture:
        """Keep a figure; it is written next to the runs as SVG and PDF.

        Args:
            name: of the figure and its files; each once.
            drawn: the figure, or its axes.

        Returns:
            The figure.

        Raises:
            WrongType: what is no figure.
            BadName: a name that no file can have.
            DuplicateName: a name for the second time.
        """
        figure: Any = getattr(drawn, "figure", drawn)
        name = self._label(
            name, self.figures, "figure(…)", "study.figure('traces', bm.figures.traces(run))"
        )
        if not callable(getattr(type(figure), "savefig", None)):
            got, advice = errors.shown(drawn), "study.figure('traces', bm.figures.traces(run))"
            raise errors.WrongType(
                where=f"study of {self.name}, figure({name!r}, …)",
                wanted="a figure or axes",
                got=got,
                advice=advice,
            )
        self.figures[name] = figure
        return figure  # type: ignore[no-any-return]

    def save_figure(self, name: str, suffixes: Sequence[str] = ("svg", "pdf")) -> None:
        """Write a figure next to the runs, if there is a folder."""
        from ..show.style import save

        if self.folder is not None:
            for suffix in suffixes:
                self.files.append(save(self.figures[name], self.folder / f"{name}.{suffix}"))

    @property
    def misses(self) -> list[str]:
        """What is wrong, a sentence each; empty where the study holds."""
        numbers = [a.miss for a in self.answers if not a.right]
        books = [f"run {r.label}: {r.problem}" for r in self.records if r.problem]
        return [
            *numbers,
            *books,
            *(f"audit of {j.model}: {j.problem}" for j in self.audits if j.problem),
        ]

    @property
    def printed(self) -> str:
        """The first run with its ledger, as ``biomembrane run`` prints it; empty before the
        first run.
        """
        return self.records[0].printed if self.records else ""

    @property
    def residual(self) -> float:
        """The largest residual of all runs, relative to the energy that passed."""
        residuals = [r.residual for r in self.records]
        return float("nan") if any(x != x for x in residuals) else max(residuals, default=0.0)  # noqa: PLR0124  NaN


def _record(label: str, model: str, run: Run | ScanResult, *, first: bool) -> Record:
    """The record of a run, with the largest residual of all lanes."""
    from ..results.outcome import outcome

    residuals = run.ledger.residual_relative
    final = np.asarray(residuals.isel(time=-1) if "time" in residuals.dims else residuals, float)
    failure = ""
    try:
        run.ledger.check()
    except errors.BiomembraneError as error:
        failure = f"{type(error).__name__}: {error.headline}: {error.got}"
    if run.failed and not failure:
        failure = f"{run.failed} of {final.size} lanes did not run to completion"
    residual = float(np.nanmax(final)) if np.isfinite(final).any() else float("nan")
    return Record(label, model, final.size, residual, failure, outcome(run) if first else "")
