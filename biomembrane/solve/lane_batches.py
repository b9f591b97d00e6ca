"""Solution of a task in chunks of lanes on several threads; machine code runs without Python's
lock.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import replace
from threading import local
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import errors
from .event_effects import split_at_events
from .problem import Cancel, bound
from .task import Task
from .trajectory import Trajectory

Progress = Callable[[float], object] | bool | None
_BUFFER = 32e6  # bytes of a reused buffer, about what a cache and its neighbours serve well
_FEWEST, _MOST = 64, 4096


def chunks(task: Task, width: int, most: int = _MOST) -> list[slice]:
    """Lanes in groups that keep every core busy and a buffer small."""
    lanes, threads = task.parameters.lanes, _threads(task)
    room = int(np.clip(_BUFFER / (8 * width * len(task.times)), _FEWEST, most))
    size = min(room, max(8, -(-lanes // threads)))
    size = -(-size // 8) * 8
    return [slice(first, min(first + size, lanes)) for first in range(0, lanes, size)]


def _threads(task: Task) -> int:
    return int(getattr(task.solver, "threads", 1)) or os.cpu_count() or 1


def _memory() -> float:
    """Largest size of a result in bytes: four fifths of the memory."""
    return (
        0.8 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        if hasattr(os, "sysconf")
        else 8e9
    )


def whole(task: Task, progress: Progress) -> tuple[Trajectory, bool]:
    """All lanes with everything kept, and whether the task ran to completion."""
    lanes = task.parameters.lanes
    size = 8 * lanes * len(task.times) * task.width
    if size > _memory():
        got = f"{lanes} lanes x {len(task.times)} times x {task.width} rows, {size / 1e9:.0f} GB"
        advice = "keep='final', keep=bm.Keep(variables=[…], times=…), or fewer output times"
        raise errors.BadSettings(
            where="simulate(…), all of a scan kept",
            wanted=f"less than {_memory() / 1e9:.0f} GB",
            got=got,
            advice=advice,
        )
    rows = np.empty((lanes, len(task.times), task.width))
    trajectories: dict[int, Trajectory] = {}

    def keep(at: slice, trajectory: Trajectory) -> None:
        trajectories[at.start] = trajectory

    parts = chunks(task, task.width, 512)
    finished = run(task, parts, keep, progress, lambda at: rows[at])
    if not finished:
        never = Cancel()
        never.ask()
        for at in parts:
            if at.start not in trajectories:
                rows[at] = np.nan
                trajectories[at.start] = task.trajectory(at, rows[at], never)
    return _joined(task, [trajectories[at.start] for at in parts], rows), finished


def _joined(task: Task, parts: list[Trajectory], rows: NDArray[np.float64]) -> Trajectory:
    if len(parts) == 1:
        return parts[0]
    blocks = [p.block for p in parts]
    joined: dict[str, Any] = {
        name: np.concatenate([getattr(b, name) for b in blocks])
        for name in ("end", "min_dissipation", "steps", "rejected")
    }
    if blocks[0].met is None:
        joined["break_states"] = np.concatenate([b.break_states for b in blocks])
        if blocks[0].settled is not None:
            joined["settled"] = np.concatenate([b.segment_starts for b in blocks])
    else:
        joined["met"] = [breaks for b in blocks for breaks in b.met or ()]
    block = replace(
        blocks[0], rows=rows, statuses=[s for b in blocks for s in b.statuses], **joined
    )
    starts = [p.given for p in parts if p.given is not None]
    lanes = slice(0, task.parameters.lanes)
    segment_ends, inputs = task.parameters.segments(lanes, float(task.times[-1]))
    timing = {"compile": task.compile_time, "solve": sum(p.timing["solve"] for p in parts)}
    return split_at_events(
        replace(
            parts[0],
            lanes=lanes,
            constants=bound(task.kernel, inputs, lanes.stop),
            segment_ends=segment_ends,
            block=block,
            timing=timing,
            given=np.concatenate(starts, axis=1) if starts else None,
        )
    )


def run(
    task: Task,
    parts: list[slice],
    consume: Callable[[slice, Trajectory], None],
    progress: Progress,
    rows: Callable[[slice], NDArray[np.float64]] | int,
) -> bool:
    """Solve every chunk and pass it to ``consume``; False if it was cancelled, by Ctrl-C or by a
    progress function that returned False.

    ``rows`` gives the array that a chunk is written to, or is the length of the rows of a buffer
    that each thread reuses and that is valid during ``consume`` only.
    """
    cancel, meter, buffers = Cancel(), Meter(progress, task.parameters.lanes), local()

    def reused(at: slice) -> NDArray[np.float64]:
        count = at.stop - at.start
        if not hasattr(buffers, "rows") or len(buffers.rows) < count:
            buffers.rows = np.empty((count, len(task.times), rows))
        buffer: NDArray[np.float64] = buffers.rows[:count]
        return buffer

    def work(at: slice) -> int:
        if cancel.asked:
            return 0
        solved = task.trajectory(at, reused(at) if isinstance(rows, int) else rows(at), cancel)
        consume(at, solved)
        return int(at.stop - at.start)

    workers = min(_threads(task), len(parts))
    try:
        for count in map(work, parts) if workers == 1 else _threaded(work, parts, workers, cancel):
            if (
                not cancel.asked and not meter.add(count) and meter.done < meter.lanes
            ):  # asked once, and in time
                cancel.ask()
    except KeyboardInterrupt:
        cancel.ask()
    finally:
        meter.close()
    return not cancel.asked


def _threaded(
    work: Callable[[slice], int], parts: list[slice], workers: int, cancel: Cancel
) -> Iterator[int]:
    with ThreadPoolExecutor(workers) as pool:
        todo = iter(parts)
        running = {pool.submit(work, at) for _, at in zip(range(2 * workers), todo, strict=False)}
        try:
            while running:
                done, running = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
                for task in done:
                    yield task.result()
                    running |= {
                        pool.submit(work, at) for _, at in zip(range(1), todo, strict=False)
                    }
        except BaseException:  # one chunk failed, or the user cancelled: start no others
            cancel.ask()
            raise


class Meter:
    """Progress of a scan: a function is called with the share done; True prints a line in the
    terminal after two seconds.
    """

    def __init__(self, progress: Progress, lanes: int) -> None:
        if progress is not None and not isinstance(progress, bool) and not callable(progress):
            wanted, advice = "True, or a function of the share done, from 0 to 1", "progress=print"
            raise errors.WrongType(
                where="simulate(progress=…)",
                wanted=wanted,
                got=errors.shown(progress),
                advice=advice,
            )
        self.tell = progress if callable(progress) else None
        self.line = progress is True
        self.lanes, self.done = lanes, 0
        self.began = self.last = time.perf_counter()
        self.written = False

    def add(self, count: int) -> bool:
        """Count lanes; False if the progress function returned False."""
        self.done += count
        if self.line:
            self.write()
        if self.tell is None:
            return True
        with errors.of_users(self.tell, "simulate(progress=…)"):
            return self.tell(self.done / self.lanes) is not False

    def write(self) -> None:
        now = time.perf_counter()
        if now - self.began > 2 and (now - self.last > 0.2 or self.done == self.lanes):
            self.last, self.written = now, True
            rate = self.done / (now - self.began)
            left = (self.lanes - self.done) / max(rate, 1e-9)
            text = (
                f"{100 * self.done / self.lanes:5.1f} % of {self.lanes} sets, {rate:.0f}/s, about"
                f" {left:.0f} s left"
            )
            sys.stderr.write(f"\r  {text}   ")
            sys.stderr.flush()

    def close(self) -> None:
        """End the line."""
        if self.written:
            sys.stderr.write("\n")
