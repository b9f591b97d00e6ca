"""Processes that perform studies: a study that crashes its process spoils its own result only."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from .perform import Asked, Result, lost_result, perform

_GRACE = 5.0  # seconds that a process has to exit by itself


def perform_all(studies: Sequence[Asked], jobs: int) -> Iterator[tuple[int, Result]]:
    """Index and result of each study, as they finish; ``jobs`` processes at once."""
    waiting = deque(enumerate(studies))
    workers: list[_Worker] = []
    try:
        while waiting or any(w.place is not None for w in workers):
            while len(workers) < jobs and sum(w.place is None for w in workers) < len(waiting):
                workers.append(_Worker())
            for worker in workers:
                if worker.place is None and waiting:
                    worker.take(*waiting.popleft())
            busy = {w.pipe: w for w in workers if w.place is not None}
            for ready in wait([*busy, *(w.process.sentinel for w in busy.values())]):
                ended = (w for w in busy.values() if w.process.sentinel == ready)
                worker = busy.get(ready) or next(ended)  # type: ignore[call-overload]
                if worker.place is None:  # its result is already in
                    continue
                yield worker.place, worker.result()
                worker.place = None
                if not worker.process.is_alive() or worker.gone:
                    workers.remove(worker)
                    worker.end()
        for worker in workers:
            worker.pipe.close()  # the process exits
    except BaseException:
        for worker in workers:
            worker.process.terminate()
        raise
    finally:
        for worker in workers:
            worker.end()


class _Worker:
    """A process that performs one study after another."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self.pipe, child_end = context.Pipe()
        self.process = context.Process(target=_serve, args=(child_end, Path.cwd()))
        self.process.start()
        child_end.close()
        self.place: int | None = None
        self.study = Asked("", "", None)
        self.gone = False

    def take(self, place: int, study: Asked) -> None:
        self.place, self.study = place, study
        with suppress(OSError):  # a process that died meanwhile is noticed below
            self.pipe.send(study)

    def result(self) -> Result:
        """What the process sent, or else how it ended."""
        with suppress(EOFError, OSError, ValueError):
            if self.pipe.poll():
                result: Result = json.loads(self.pipe.recv_bytes())
                return result
        self.gone = True
        self.process.join(_GRACE)
        code = self.process.exitcode
        ending = (
            "did not answer"
            if code is None
            else f"ended with {_signal(-code)}"
            if code < 0
            else f"ended with exit status {code}"
        )
        return lost_result(self.study.name, f"its process {ending} before the study did")

    def end(self) -> None:
        self.pipe.close()
        self.process.join(_GRACE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _serve(pipe: Connection[Any, Any], home: Path) -> None:
    """Perform studies until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which terminates us
    with suppress(OSError):
        os.dup2(2, 1)  # standard output is the parent's alone, also for what C code writes
    sys.stdout = sys.stderr
    own_pid = os.getpid()
    while True:
        try:
            study = Asked(*pipe.recv())
        except (EOFError, OSError):
            return
        os.chdir(home)
        try:
            result = perform(study.model, study.folder, name=study.name)
        except BaseException as error:  # noqa: BLE001  KeyboardInterrupt of its own, a file that is gone
            result = lost_result(study.name, f"{type(error).__name__} ended it")
        if os.getpid() != own_pid:  # a fork that the study made of this process
            os._exit(0)
        try:
            pipe.send_bytes(json.dumps(result).encode())
        except OSError:  # closed at either end
            return
