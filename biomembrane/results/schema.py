"""One schema for what a run, a scan, a lazy scan and a file hold: names, order of dimensions, kinds
of numbers, units, coordinates, attributes.

``time`` first, then what a variable runs over (pool, process …), then the scan's own dimensions in
the order of its parameters.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..account.display_names import labels as shown
from ..assemble.model import Model
from ..declare.parameter import OWN
from ..declare.places import Membrane
from ..declare.transporter import Process
from ..solve.engine_protocols import Solver
from ..solve.parameter_set import ParameterSet
from ..solve.status import Outcome, Status
from .variables import coordinates

if TYPE_CHECKING:
    import xarray as xr

BY_LANE = "by lane, in the variable status"  # the attribute status of a scan
CANCELLED = Outcome.CANCELLED.code
STATUS = {"long_name": "how the lane ended", "flag_values": np.array([o.code for o in Outcome],
    dtype=np.int8),
          "flag_meanings": " ".join(o.word for o in Outcome)}  # fmt: skip
CULPRIT = "pool at fault, or the stiffest, where the lane stopped; -1 for none"


def ends(
    statuses: Sequence[Status],
) -> tuple[NDArray[np.int8], NDArray[np.int16], NDArray[np.float64]]:
    """Of each lane its kind of end, the pool at fault and the time it reached; NaN where it was not
    run.
    """
    kinds = np.array([s.kind.code for s in statuses], dtype=np.int8)
    culprits = np.array([-1 if s.state is None else s.state for s in statuses], dtype=np.int16)
    return kinds, culprits, np.where(kinds == CANCELLED, np.nan, [s.time for s in statuses])


def ended(kinds: Any) -> str:
    """How the lanes of a scan ended, in words: "done", or how many of them stopped, and why."""
    each = np.ravel(kinds)
    counts = {o: int((each == o.code).sum()) for o in Outcome}
    done = counts.pop(Outcome.DONE)
    found = [f"{count} {o}" for o, count in counts.items() if count]
    return f"{done} of {each.size} lanes done; {', '.join(found)}" if found else Outcome.DONE.value


def fate(
    model: Model, dims: Mapping[str, int], kinds: Any, culprits: Any, reached: Any
) -> dict[str, Any]:
    """The variables ``status``, ``culprit`` and ``end``, from what :func:`ends` gave."""
    shape, names = tuple(dims.values()), tuple(dims)
    stopped = {"long_name": CULPRIT, "pools": " ".join(x.name for x in model.states)}
    return {
        "status": (names, np.reshape(kinds, shape), dict(STATUS)),
        "culprit": (names, np.reshape(culprits, shape), stopped),
        "end": (names, np.reshape(reached, shape), {"units": "s", "long_name": "time reached"}),
    }  # fmt: skip


def labels(model: Model, used: Any) -> dict[str, Any]:
    """Coordinates along these dimensions, of the program's own."""
    made = {
        k: v for k, v in coordinates(model).items() if (v[0] if isinstance(v, tuple) else k) in used
    }
    if "store" in used:
        made["store"] = list(model.exergy)
    if "entry" in used:
        made |= {
            f"entry_{what}": ("entry", list(names))
            for what, names in model.ledger_layout.labels.items()
        }
    return made


def laid(
    data: Mapping[str, Any],
    model: Model,
    chosen: ParameterSet,
    times: NDArray[np.float64],
    attrs: Mapping[str, Any],
) -> xr.Dataset:
    """Variables, ``(dims, values, attributes)`` by name, as a Dataset in the one layout."""
    import xarray as xr

    used = {d for dims, *_ in data.values() for d in dims}
    coords: dict[str, Any] = labels(model, used)
    if "time" in used:
        coords["time"] = ("time", times, {"units": "s", "long_name": "time"})
    return ordered(xr.Dataset(data, coords={**coords, **chosen.coords}, attrs=attrs), chosen.dims)


def ordered(data: xr.Dataset, dims: Sequence[str] | Mapping[str, int]) -> xr.Dataset:
    """In the one order of dimensions."""
    own = [d for d in data.dims if d != "time" and d not in dims]
    return data.transpose(*(d for d in ("time",) if d in data.dims), *own, *dims)


@lru_cache(maxsize=8)
def version(package: str) -> str:
    """The version that is installed, looked up once."""
    from importlib.metadata import version as installed

    return installed(package)


def system(model: Model) -> dict[str, Any]:
    """What figures ask of a model: by membrane its inside and outside; by process where it is, the
    elementary charges that a turnover moves out of the inside, and the solutes that it makes; by
    species its charge; by transporter its label.
    """

    def row(process: Process) -> list[Any]:
        on, net = process.on, process.reaction.net.items()
        out = (
            -process.reaction.charge_moved().get(on.inside.name, 0)
            if isinstance(on, Membrane)
            else 0
        )
        return [on.name, float(out), {who.pool: n for who, n in net if who.is_solute}]

    return {
        "membranes": {m.name: [m.inside.name, m.outside.name] for m in model.membranes},
        "processes": {p.name: row(p) for p in model.processes},
        "charges": {s.name: float(s.charge) for s in model.species.values()},
        "labels": shown(model),
    }


def attributes(
    model: Model, chosen: ParameterSet, solver: Solver, status: str, *, digest: bool = True
) -> dict[str, str]:
    """What made a result: model, every parameter as it was used, settings, sources, versions.

    ``digest``: with that of the parameters, for which the numbers of a lazy scan would have to be
    read.
    """
    sources = {
        p.name: str(OWN if p.name in chosen.changed else p.source)
        for p in model.parameters.values()
    }
    made = {
        "Conventions": "CF-1.11",
        "title": model.name,
        "source": f"biomembrane {version('biomembrane')}",
        "model_hash": model.hash,
    }
    return made | ({"parameters_hash": chosen.digest} if digest else {}) | {
        "status": str(status), "system_json": json.dumps(system(model), ensure_ascii=False),
        "parameters_json": json.dumps(chosen.used(model), ensure_ascii=False),
        "solver_json": json.dumps({"name": type(solver).__name__, **vars(solver)}),
        "sources_json": json.dumps(sources, ensure_ascii=False),
        "changed_json": json.dumps(list(chosen.changed)),
        "versions_json": json.dumps({n: version(n) for n in ("numpy", "scipy", "sympy", "xarray")}),
    }  # fmt: skip
