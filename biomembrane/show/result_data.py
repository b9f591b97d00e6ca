"""What figures read of a result: its dataset, the membranes and processes of its model, its labels
and its output times.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import errors, units
from ..constants import FARADAY
from ..declare.solute_names import dotted
from ..dimension import TIME

if TYPE_CHECKING:
    import xarray as xr

MEMBERS = (
    "pool", "membrane", "compartment", "process", "gate", "auxiliary_state", "place", "electrode",
)  # fmt: skip
# dimensions of results that are no scan dimensions
OWN = ("time", *MEMBERS, "store", "entry", "state", "species", "transporter", "loop")


@dataclass(frozen=True)
class System:
    """What a result says of its model.

    ``membranes``: (inside, outside) by name; ``processes``: (membrane, charge moved out, net
    reaction by pool) by name; ``charges`` by species; ``labels`` of transporters; ``faraday``
    [C/mol].
    """

    membranes: Mapping[str, tuple[str, str]]
    processes: Mapping[str, tuple[str, float, Mapping[str, int]]]
    charges: Mapping[str, float]
    labels: Mapping[str, str]
    faraday: float = FARADAY


def dataset(source: Any, where: str) -> xr.Dataset:
    """The dataset of a run, a scan or a saved run, or the dataset itself.  Raises WrongType."""
    data: Any = getattr(source, "data", None) if type(source).__name__ != "Dataset" else source
    if type(data).__name__ != "Dataset":
        raise errors.WrongType(
            where=where,
            wanted="a run, a scan or a saved run",
            got=errors.shown(source),
            advice="what bm.simulate(…) or bm.open_run(…) gave",
        )
    return data  # type: ignore[no-any-return]


def one_lane(source: Any, where: str) -> xr.Dataset:
    """The dataset of a result without scan dimensions.  Raises WrongType."""
    data = dataset(source, where)
    scanned = (
        list(map(str, data.status.dims))
        if "status" in data
        else [str(d) for d in data.dims if d not in OWN]
    )
    if scanned:
        selection = ", ".join(f"{dim}=…" for dim in scanned)
        raise errors.WrongType(
            where=where,
            wanted="one lane",
            got=f"a scan over {', '.join(scanned)}",
            advice=f"select one first: run.sel({selection}), or run.isel(…)",
        )
    return data


def system(data: xr.Dataset, where: str) -> System:
    """Membranes and processes of the model.

    Raises UnknownName where a file was written before results had them.
    """
    if "system_json" not in data.attrs:
        raise errors.UnknownName(
            where=where,
            wanted="what membranes and processes there are",
            got="data without system_json",
            advice="run the model again and bm.save(run, …)",
        )
    content = json.loads(data.attrs["system_json"])
    membranes = content["membranes"].items()
    processes = content["processes"].items()
    return System(
        {name: (inside, outside) for name, (inside, outside) in membranes},
        {name: (place, charge_out, net) for name, (place, charge_out, net) in processes},
        content["charges"],
        content["labels"],
        content.get("faraday", FARADAY),
    )


def unit_of(array: xr.DataArray) -> str:
    """The unit of an array, ``"1"`` where it has none; of one auxiliary state its own."""
    own = array.coords.get("auxiliary_state_unit")
    if own is not None and not own.ndim:
        return str(own.values)
    return str(array.attrs.get("units", "1"))


def transporter_labels(source: Any) -> dict[str, str]:
    """How figures write each transporter; empty where the source does not say it."""
    data = source if hasattr(source, "attrs") else getattr(source, "data", None)
    content = json.loads(getattr(data, "attrs", {}).get("system_json", "{}"))
    labels: dict[str, str] = content.get("labels", {})
    return labels


def solute_mask(data: xr.Dataset | xr.DataArray) -> NDArray[np.bool_]:
    """Which pools of a result are solutes and no states of carriers (pool,); all of them where the
    result does not say it.
    """
    if "pool_kind" not in data.coords:
        return np.ones(data.sizes["pool"], dtype=bool)
    return np.asarray(data["pool_kind"].values == "solute", dtype=bool)


def name_in_result(data: xr.Dataset, name: Any, known: Sequence[str]) -> Any:
    """A solute's name as results write it, ``cell.Na``, where ``Na@cell`` or ``Na@in`` was given
    and exactly one of the ``known`` names is meant.
    """
    if not isinstance(name, str) or "@" not in name:
        return name
    sides = system(data, "of=…").membranes.values() if "system_json" in data.attrs else ()
    candidates = [each for each in dotted(name, sides) if each in known]
    return candidates[0] if len(candidates) == 1 else name


def time_index(times: xr.DataArray, at: Any, where: str) -> int:
    """Index of the output time nearest to ``at``; of the last one where it is None.

    Raises OutOfDomain, and as :func:`units.scalar`.
    """
    if at is None:
        return times.size - 1
    where = f"{where}, at=…"
    quantity = units.quantity(at, where, "a time such as '10 min'", "at='10 min'")
    t = units.scalar(quantity, TIME, where)
    first, last = float(times[0]), float(times[-1])
    if not first <= t <= last * (1 + 1e-12):
        raise errors.OutOfDomain(
            where=where,
            wanted=f"a time from {first:g} s to {last:g} s",
            got=errors.shown(at),
            advice=f"at='{last:g} s'",
        )
    return int(np.abs(times.values - t).argmin())
