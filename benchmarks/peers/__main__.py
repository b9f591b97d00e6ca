"""One measurement of one peer in a process of its own: ``python -m benchmarks.peers numbalsoda warm
--rtol 1e-4 1e-6``.

Each result is a line ``JSON {…}``; a peer whose package is absent gives ``{"skipped": reason}``.
Times in seconds, memory in bytes.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import resource
import time
from typing import Any

import numpy as np

from .. import workload as w
from . import PEERS, Peer, load

_TIMES = (3, 60)  # fewest and most repeats


def say(**what: Any) -> None:
    """One result."""
    print("JSON " + json.dumps(what), flush=True)


def peak() -> int:
    """Largest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def cold(peer: Peer) -> None:
    """Build and solve once; the caller times the process as a whole."""
    began = time.perf_counter()
    peer.build()
    built = time.perf_counter()
    peer.solve(w.NOMINAL, 1e-6)
    say(build=built - began, first=time.perf_counter() - built, memory=peak())


def warm(peer: Peer, rtols: list[float], seconds: float) -> None:
    """Median time of repeated runs of the nominal set by tolerance, for some ``seconds`` each, with
    the error achieved.
    """
    from ..reference import reference

    wanted = reference(0)[0]
    peer.build()
    for rtol in rtols:
        try:
            found = peer.solve(w.NOMINAL, rtol)
            spent: list[float] = []
            while len(spent) < _TIMES[0] or (len(spent) < _TIMES[1] and sum(spent) < seconds):
                began = time.perf_counter()
                found = peer.solve(w.NOMINAL, rtol)
                spent.append(time.perf_counter() - began)
            shown = peer.shown(found, w.NOMINAL)
            largest, rms = w.error(shown, wanted)
            times = {"time": float(np.median(spent)), "best": min(spent), "repeats": len(spent)}
            say(rtol=rtol, **times, error=largest, rms=rms, residual=w.residual(shown, w.NOMINAL))
        except Exception as problem:  # noqa: BLE001, a peer may fail in any way, at this tolerance only
            say(rtol=rtol, failed=f"{type(problem).__name__}: {problem}"[:200])


def ensemble(peer: Peer, rtol: float, cores: int, count: int, members: int) -> None:
    """Sets a second with full output, the better of two runs, with the error of the first members
    and the worst books of all.
    """
    from ..reference import reference

    wanted = reference(members)[1:]
    sets = w.ensemble(count)
    peer.build()
    try:
        peer.ensemble(sets[: min(count, 16)], rtol, cores)
        spent = []
        for _ in range(2):
            found = None  # before the next is made: 10⁴ sets are gigabytes
            began = time.perf_counter()
            found = peer.ensemble(sets, rtol, cores)
            spent.append(time.perf_counter() - began)
        memory = peak()
        largest, rms = w.error(
            [peer.shown(found, sets[k], k) for k in range(min(members, count))], wanted[:count]
        )
        residuals = np.array([w.residual(peer.shown(found, p, k), p) for k, p in enumerate(sets)])
        lost = int(np.count_nonzero(~np.isfinite(residuals)))  # a rate with sets missing is none
        outcome = (
            {"failed": f"{lost} of {count} sets are not finite"} if lost else {"time": min(spent)}
        )
        say(
            sets=count,
            cores=cores,
            rtol=rtol,
            **outcome,
            error=largest,
            rms=rms,
            memory=memory,
            residual=float(residuals.max()),
        )
    except Exception as problem:  # noqa: BLE001
        say(sets=count, cores=cores, rtol=rtol, failed=f"{type(problem).__name__}: {problem}"[:200])


def versions(peer: Peer) -> dict[str, str]:
    """Versions of the peer's packages."""
    found = {}
    for name in peer.packages:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "?"
    return found


def main() -> None:
    """Read the arguments, run one mode."""
    read = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    read.add_argument("peer", choices=PEERS)
    read.add_argument("mode", choices=("cold", "warm", "ensemble"))
    read.add_argument("--rtol", type=float, nargs="+", default=[1e-4, 1e-6, 1e-8])
    read.add_argument(
        "--seconds", type=float, default=1.5, help="of repeats of a warm run, by tolerance"
    )
    read.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    read.add_argument(
        "--sets", type=int, default=0, help="of the ensemble; as many as suit the peer unless told"
    )
    read.add_argument(
        "--members",
        type=int,
        default=7,
        help="of the ensemble that are compared with the reference",
    )
    given = read.parse_args()
    try:
        peer = load(given.peer)
    except ImportError as problem:
        say(skipped=f"{type(problem).__name__}: {problem}")
        return
    if given.mode != "cold":
        say(title=peer.title, versions=versions(peer))
    if given.mode == "cold":
        cold(peer)
    elif given.mode == "warm":
        warm(peer, given.rtol, given.seconds)
    else:
        ensemble(peer, given.rtol[0], given.cores, given.sets or peer.sets, given.members)


if __name__ == "__main__":
    main()
