"""The measurements, section by section; each gives records and keeps what the figure draws."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from .machine import cores
from .peers import PEERS
from .records import Answer, Record, ask, at_error
from .targets import TARGETS, Verdict

OURS = "biomembrane"
_ONE = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)  # one core is one, for BLAS too
ERROR = 1e-5  # at which single runs are compared


@dataclass(frozen=True)
class Extent:
    """How much is measured."""

    quick: bool
    peers: tuple[str, ...] = tuple(PEERS)

    def of(self, quick: Any, full: Any) -> Any:
        """One or the other."""
        return quick if self.quick else full


@dataclass
class Suite:
    """Everything measured in one run.

    ``skipped``: peers with the reason; ``judged``: target key to (number, note).
    """

    extent: Extent
    tell: Callable[[str], None]
    records: list[Record] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    judged: dict[str, tuple[float | None, str]] = field(default_factory=dict)

    def run(self) -> None:
        """All sections."""
        for section in (
            self.same,
            self.single,
            self.ensembles,
            self.cold,
            self.large,
            self.lanes,
            self.size,
        ):
            section()

    def verdicts(self) -> list[Verdict]:
        """Every target with what was found for it."""
        return [Verdict(t, *self.judged.get(t.key, (None, "not measured"))) for t in TARGETS]

    def add(self, *made: Record) -> None:
        """Keep records."""
        self.records += made

    def peers(self) -> list[str]:
        """Those that are there."""
        return [p for p in self.extent.peers if p not in self.skipped]

    def ask_peer(
        self, peer: str, *arguments: str, env: dict[str, str] | None = None
    ) -> Answer | None:
        """One measurement of a peer; None, with a record of the reason, where it is absent or broke
        down.
        """
        answer = ask("peers", peer, *arguments, env=env)
        absent = answer.first("skipped")
        if absent or answer.problem:
            self.skipped[peer] = absent or answer.problem
            self.add(Record("peer", "skipped", None, "", peer, note=self.skipped[peer]))
            self.tell(f"  {peer}: skipped, {self.skipped[peer]}")
            return None
        if answer.first("title"):
            self.titles[peer] = answer.first("title")
            self.versions |= answer.first("versions")
        return answer

    def same(self) -> None:
        """Whether the model of the library's own parts is the workload."""
        answer = ask("own", "same")
        off = answer.first("mismatch")
        self.add(
            Record("same", "difference of dx/dt and integrands", off, "", OURS, note=answer.problem)
        )
        self.tell(
            f"the library's cell against the table: {off:.1e}"
            if off is not None
            else f"the library's cell: {answer.problem}"
        )

    def single(self) -> None:
        """Work against precision of one warm run."""
        self.tell("single warm runs")
        rtols = self.extent.of(("1e-4", "1e-6", "1e-8"), ("1e-4", "1e-5", "1e-6", "1e-7", "1e-8"))
        ask("peers", OURS, "warm", "--rtol")  # makes the reference solution, if it is not there
        at: dict[str, float | None] = {}
        best: dict[str, float | None] = {}
        for peer in self.peers():
            answer = self.ask_peer(
                peer, "warm", "--rtol", *rtols, "--seconds", self.extent.of("0.5", "1.5")
            )
            if answer is None:
                continue
            found = [line for line in answer.lines if "rtol" in line]
            for line in found:
                self.add(
                    Record(
                        "single",
                        f"time at rtol {line['rtol']:.0e}",
                        line.get("time"),
                        "s",
                        peer,
                        None,
                        line.get("error"),
                        line.get("failed", ""),
                    )
                )
            done = [line for line in found if "time" in line]
            at[peer], best[peer] = (
                at_error([(line["error"], line[key]) for line in done], ERROR)
                for key in ("time", "best")
            )
        ratios: dict[str, float] = {}
        for metric, times in (
            (f"shortest time at error {ERROR:.0e}", best),
            (f"time at error {ERROR:.0e}", at),
        ):  # the median is judged
            ours = times.get(OURS)
            ratios = {p: t / ours for p, t in times.items() if t is not None and ours}
            note = f"error {ERROR:.0e} not reached"
            self.add(
                *(
                    Record(
                        "single",
                        metric,
                        t,
                        "s",
                        p,
                        ratios.get(p),
                        ERROR,
                        "" if t is not None else note,
                    )
                    for p, t in times.items()
                )
            )
        self._judge("single", {p: r for p, r in ratios.items() if p != OURS})
        self._judge(
            "single-others", {p: r for p, r in ratios.items() if p in ("myokit", "roadrunner")}
        )

    def _judge(self, key: str, ratios: dict[str, float], note: str = "") -> None:
        """The nearest peer decides."""
        if ratios:
            nearest = min(ratios, key=lambda p: ratios[p])
            self.judged[key] = (
                ratios[nearest],
                ", ".join(filter(None, [self.titles.get(nearest, nearest), note])),
            )

    def ensembles(self) -> None:
        """Sets a second with full output, on one core and on two."""
        rates: dict[tuple[str, int], float] = {}
        lines: list[tuple[str, dict[str, Any]]] = []
        counts = self.extent.of({OURS: "500"}, {})
        for count in sorted({1, min(2, cores())}):
            self.tell(f"ensembles, {count} core{'s' * (count > 1)}")
            for peer in self.peers():
                sets = counts.get(peer, "80" if self.extent.quick else "0")
                arguments = (
                    "--rtol",
                    "1e-6",
                    "--cores",
                    str(count),
                    "--sets",
                    sets,
                    "--members",
                    self.extent.of("3", "7"),
                )
                answer = self.ask_peer(
                    peer, "ensemble", *arguments, env=_ONE if count == 1 else None
                )
                line = next((x for x in answer.lines if "cores" in x), None) if answer else None
                if line is not None:
                    lines.append((peer, line))
                    if "time" in line:
                        rates[peer, count] = line["sets"] / line["time"]
        for peer, line in lines:
            count, rate = line["cores"], rates.get((peer, line["cores"]))
            ratio = rates[OURS, count] / rate if rate and (OURS, count) in rates else None
            note = line.get("failed") or f"{line['sets']} sets"
            on = f"{count} core{'s' * (count > 1)}"
            self.add(
                Record(
                    "ensemble",
                    f"sets per second, {on}",
                    rate,
                    "1/s",
                    peer,
                    ratio,
                    line.get("error"),
                    note,
                )
            )
            self.add(
                Record(
                    "ensemble",
                    f"peak memory, {on}",
                    line.get("memory"),
                    "B",
                    peer,
                    note=f"{line['sets']} sets",
                )
            )
            if peer == OURS and "time" in line:
                self.judged["residual"] = (line["residual"], f"{line['sets']} sets, 500 times each")
        both = max((c for _, c in rates), default=1)
        self._at_equal_error(
            both,
            {
                p: (line["error"], rates[p, both])
                for p, line in lines
                if line["cores"] == both and (p, both) in rates
            },
        )

    def _at_equal_error(self, count: int, found: dict[str, tuple[float, float]]) -> None:
        """Our rate at the error of each peer, from a curve of our own over the tolerance."""
        if OURS not in found:
            return
        curve = [(found[OURS][0], 1 / found[OURS][1])]
        for rtol in ("1e-5", "1e-4"):
            arguments = (
                "--rtol",
                rtol,
                "--cores",
                str(count),
                "--sets",
                self.extent.of("500", "4000"),
                "--members",
                self.extent.of("3", "7"),
            )
            answer = self.ask_peer(OURS, "ensemble", *arguments, env=_ONE if count == 1 else None)
            line = next((x for x in answer.lines if "time" in x), None) if answer else None
            curve += [(line["error"], line["time"] / line["sets"])] if line else []
        ratios = {}
        for peer, (error, rate) in found.items():
            spent = at_error(curve, error) if peer != OURS else None
            if spent is not None:
                ratios[peer] = 1 / spent / rate
                self.add(
                    Record(
                        "ensemble",
                        f"ours at equal error, {count} cores",
                        1 / spent,
                        "1/s",
                        peer,
                        ratios[peer],
                        error,
                    )
                )
        self._judge("ensemble", ratios, "at equal error")

    def cold(self) -> None:
        """A new process from its start to the first solution, ours with an empty and with a full
        cache.
        """
        self.tell("cold starts")
        repeats = self.extent.of(1, 3)
        walls: dict[str, float] = {}
        for peer in self.peers():
            spent: list[float] = []
            for _ in range(repeats):
                with tempfile.TemporaryDirectory() as folder:
                    answer = self.ask_peer(peer, "cold", env={"BIOMEMBRANE_CACHE": folder})
                    spent += [answer.wall] if answer else []
                    if peer == OURS and answer:
                        again = [
                            ask("peers", peer, "cold", env={"BIOMEMBRANE_CACHE": folder}).wall
                            for _ in range(repeats)
                        ]
                        walls[f"{OURS}, cached"] = median(again)
            if spent:
                walls[peer] = median(spent)
        for peer, wall in walls.items():
            ratio = wall / walls[OURS] if OURS in walls else None
            self.add(
                Record(
                    "cold",
                    "new process to first solution",
                    wall,
                    "s",
                    peer,
                    ratio,
                    note=f"median of {repeats}",
                )
            )
        for key, peer in (("cold", OURS), ("cached", f"{OURS}, cached")):
            if peer in walls:
                self.judged[key] = (walls[peer], f"median of {repeats}")

    def large(self) -> None:
        """Ensembles of which only the end is kept, and those far from the nominal set."""
        count = self.extent.of(5_000, 1_000_000)
        self.tell(f"{count} sets, final state and ledger")
        answer = ask("own", "final", "--sets", str(count), "--cores", str(min(2, cores())))
        if answer.problem:
            self.add(Record("final", "time", None, "s", OURS, note=answer.problem))
            self.tell(f"  {answer.problem}")
        else:
            line, whole = answer.lines[0], count == 1_000_000
            note = f"{count} sets" + ("" if whole else ", scaled to 10⁶")
            seconds = line["time"] * 1_000_000 / count
            self.judged["million"] = (seconds, note)
            self.judged["memory"] = (
                line["memory"] / 1e6,
                f"{count} sets, {line['total'] / 1e6:.0f} MB in all with Python and the sets",
            )
            self.add(
                Record("final", "time of 1e6 sets", seconds, "s", OURS, note=note),
                Record(
                    "final",
                    "memory beside the result",
                    line["memory"],
                    "B",
                    OURS,
                    note=f"{count} sets",
                ),
                Record(
                    "final",
                    "peak memory of the process",
                    line["total"],
                    "B",
                    OURS,
                    note=f"{count} sets",
                ),
            )
        self._failures()

    def _failures(self) -> None:
        count, rtols = self.extent.of(500, 10_000), ("1e-4", "1e-5", "1e-6", "1e-7", "1e-8")
        self.tell(f"{count} sets, parameters ×÷10")
        answer = ask(
            "own",
            "failures",
            "--sets",
            str(count),
            "--rtol",
            *rtols,
            "--cores",
            str(min(2, cores())),
        )
        for line in answer.lines:
            self.add(
                Record(
                    "failures",
                    f"sets not finished at rtol {line['rtol']:.0e}",
                    line["failed"],
                    "",
                    OURS,
                    note=f"{count} sets",
                )
            )
        if len(answer.lines) == len(rtols):
            self.judged["failures"] = (
                float(sum(line["failed"] for line in answer.lines)),
                f"{count} sets at each of {len(rtols)} tolerances",
            )

    def lanes(self) -> None:
        """Time per set by the number of sets, one core."""
        self.tell("lanes")
        for line in ask("own", "lanes", env=_ONE).lines:
            self.add(
                Record(
                    "lanes",
                    f"time per set, {line['sets']} sets",
                    line["time"] / line["sets"],
                    "s",
                    OURS,
                    note="one core, final state",
                )
            )

    def size(self) -> None:
        """Tubes of more and more cells; a size that would take minutes ends the series."""
        found: dict[int, dict[str, Any]] = {}
        for count in self.extent.of((1, 2, 5), (1, 2, 5, 10, 20, 50, 100, 200)):
            self.tell(f"tube of {count} cells")
            answer = ask("tube", str(count), limit=self.extent.of(60, 240))
            if answer.problem:
                self.add(
                    Record(
                        "tube", "skipped", None, "", OURS, note=f"{count} cells: {answer.problem}"
                    )
                )
                self.tell(f"  {answer.problem}")
                break
            line = found[count] = answer.lines[0]
            for key, metric in (
                ("per_cell_step", "time per cell and step"),
                ("ready", "declared, assembled and compiled"),
                ("compile", "compiled"),
            ):
                self.add(
                    Record(
                        "tube",
                        f"{metric}, {count} cells",
                        line[key],
                        "s",
                        OURS,
                        note=f"{line['states']} states, {line['steps']} steps",
                    )
                )
        if 200 in found:
            self.judged["ready"] = (found[200]["ready"], "")
        if len(found) > 1:
            largest = max(found)
            note = "" if largest == 200 else f"{largest} cells only"
            self.judged["size"] = (
                found[largest]["per_cell_step"] / found[1]["per_cell_step"],
                note,
            )
