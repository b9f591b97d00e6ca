"""Electric currents of a result: F z J of each transporter, and their sum over each membrane."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from .. import errors, units
from .colours import COLOURS, colour_of
from .result_data import System, system, unit_of
from .series import Series

if TYPE_CHECKING:
    import xarray as xr

KIND = "Current, outward positive"


def currents(data: xr.Dataset, where: str) -> Iterator[Series]:
    """The sum over each membrane, then what each transporter carries [pA, outward positive].

    Raises UnknownName where the result kept no fluxes.
    """
    by_process, description = _by_process(data, where), system(data, where)
    names = list(map(str, data.process.values))
    for membrane in description.membranes:
        own = [i for i, name in enumerate(names) if description.processes[name][0] == membrane]
        if any(description.processes[names[i]][1] for i in own):
            values = by_process.isel(process=own).sum("process", skipna=False)
            yield Series(membrane, KIND, "pA", COLOURS["charge"], values, total=True)
    yield from transporter_currents(data, where).values()


def transporter_currents(data: xr.Dataset, where: str) -> dict[str, Series]:
    """The current of each transporter that carries net charge across its membrane, by name."""
    by_process, description = _by_process(data, where), system(data, where)
    by_name = {}
    for name in _electrogenic(data, description):
        own = np.flatnonzero(data.transporter.values == name)
        values = by_process.isel(process=own).sum("process", skipna=False)
        label = description.labels.get(name, name)
        by_name[name] = Series(label, KIND, "pA", colour_of(name), values)
    return by_name


def _electrogenic(data: xr.Dataset, description: System) -> list[str]:
    """Transporters that carry net charge across their membrane in some step."""
    owners = dict(
        zip(map(str, data.process.values), map(str, data.transporter.values), strict=True)
    )
    processes = description.processes.items()
    return list(dict.fromkeys(owners[p] for p, (_, out, _) in processes if out and p in owners))


def _by_process(data: xr.Dataset, where: str) -> xr.DataArray:
    """F z J by process [pA], outward positive."""
    if "flux" not in data:
        raise errors.UnknownName(
            where=where,
            wanted="fluxes, for currents",
            got="a result that kept none",
            advice="keep=['flux'], or keep everything",
        )
    described = system(data, where)
    charge_out = np.array([described.processes[str(p)][1] for p in data.process.values])
    flux = data.flux * (1 / units.from_internal(units.from_udunits(unit_of(data.flux))))
    charges = flux.process.copy(data=charge_out).astype(float).drop_vars("process")
    current: xr.DataArray = flux * charges * (described.faraday * 1e-3)  # fC/s are fA
    lost = {c: v for c, v in data.flux.coords.items() if c not in current.coords}
    return current.assign_coords(lost)
