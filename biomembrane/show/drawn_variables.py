"""Variables of a run, of a scan or of a file by name, with their units, labels and colours."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..results.held_numbers import computed
from .colours import COLOURS, colour_of
from .currents import KIND as CURRENT
from .currents import currents, transporter_currents
from .print_format import pretty
from .result_data import (
    MEMBERS,
    OWN,
    dataset,
    name_in_result,
    solute_mask,
    transporter_labels,
    unit_of,
)
from .series import Series, parameter_title

if TYPE_CHECKING:
    import xarray as xr

_KINDS = {
    "current": CURRENT, "potential": "Potential, inside minus outside",
    "flux": "Flux, written direction",
    "concentration": "Concentration", "amount": "Amount", "volume": "Volume",
    "affinity": "Affinity", "reversal": "Reversal potential", "dissipation": "Dissipated power",
    "open_fraction": "Open fraction", "auxiliary": "State", "pH": "pH",
    "electrode_current": "Electrode current",
}  # fmt: skip
_VARIABLE_OF = {  # the variable that is drawn where only a member is named
    "pool": "concentration", "membrane": "potential", "compartment": "volume", "process": "flux",
    "gate": "open_fraction", "auxiliary_state": "auxiliary", "place": "pH",
    "electrode": "electrode_current",
}  # fmt: skip
_LEDGER_LINES = (
    "spent", "supplied", "imposed", "dosed", "electrodes", "stepped", "stored", "delivered",
    "dissipated", "released", "passed",
)  # fmt: skip
_EXAMPLE = "of='potential', of='cell.Na', or of=('current', 'K_leak')"


def series(source: Any, of: Any, where: str) -> list[Series]:
    """Everything that ``of`` names, in one unit: the name of a variable (all its members), of a
    member, a pair (variable, member), an array, or a list of these.

    Raises UnknownName, WrongType, BareNumber (an array without a unit), UnitMismatch (several
    units), OutOfDomain (nothing is left).
    """
    if type(source).__name__ == "DataArray":
        return [_array_series(source, where)]
    names = of if isinstance(of, list) else [of]
    series_list = [each for name in names for each in _named_series(source, name, where)]
    if not series_list:
        raise errors.OutOfDomain(
            where=where,
            wanted="something to draw",
            got=f"no number in {errors.shown(of)}",
            advice=_EXAMPLE,
        )
    units = dict.fromkeys(each.unit for each in series_list)
    if len(units) > 1:
        raise errors.UnitMismatch(
            where=f"{where}, of=…",
            wanted="variables of one unit",
            got=", ".join(units),
            advice="one call each, with ax= of figure.subplots(2)",
        )
    return series_list


def drawable_names(data: xr.Dataset) -> list[str]:
    """Everything that can be drawn by one name."""
    variables = [
        str(name)
        for name in data.data_vars
        if str(name) in _KINDS or str(name).rpartition("_")[0] in _KINDS
    ]
    members = [str(x) for dim in MEMBERS if dim in data.coords for x in data[dim].values]
    owners = map(str, np.unique(data.transporter.values)) if "transporter" in data.coords else ()
    return [*variables, "current", *_LEDGER_LINES, *members, *owners]


def _array_series(values: xr.DataArray, where: str) -> Series:
    unit = unit_of(values) if "units" in values.attrs else None
    name = "value" if values.name is None else str(values.name)
    if not isinstance(unit, str):
        raise errors.BareNumber(
            where=where,
            wanted="an array with a unit",
            got=f"{name} without attrs['units']",
            advice="array.attrs['units'] = 'mM'",
        )
    inner = [str(d) for d in values.dims if d in OWN and d != "time"]
    if inner:
        raise errors.WrongType(
            where=where,
            wanted="an array over scan dimensions, and time",
            got=f"one over {', '.join(inner)} too",
            advice=(
                f"array.sel({inner[0]}={str(values[inner[0]].values.flat[0])!r})"
                if inner[0] in values.coords
                else f"array.isel({inner[0]}=0)"
            ),
        )
    kind = str(values.attrs.get("long_name", _KINDS.get(name, name)))
    selected = (m for m in MEMBERS if m in values.coords and not values[m].ndim)
    label = next((str(values[m].values) for m in selected), name)
    return Series(label, _capitalised(kind), unit, colour_of(label), values)


def _capitalised(kind: str) -> str:
    return kind[:1].upper() + kind[1:]


def _named_series(source: Any, name: Any, where: str) -> list[Series]:
    """The series of one entry of ``of``."""
    data = dataset(source, where)
    if type(name).__name__ == "DataArray":
        drawn = _array_series(name, f"{where}, of=…")
        return [replace(drawn, kind=f"{drawn.kind}, computed") if computed(data, name) else drawn]
    if isinstance(name, tuple) and len(name) == 2 and all(isinstance(each, str) for each in name):
        return [_member(data, *name, where)]
    wanted = "a name, a pair (variable, member), or a list of these"
    errors.expect(name, str, f"{where}, of=…", wanted, _EXAMPLE)
    name = name_in_result(data, name, drawable_names(data))
    if name == "current":
        return list(currents(data, where))
    if name in data.data_vars:
        return _all_members(data, name)
    if name in _LEDGER_LINES:
        return [_ledger_line(source, name, where)]
    for dim, variable in _VARIABLE_OF.items():
        if dim in data.coords and name in [*data[dim].values, *_owners(data, dim)]:
            return [_member(data, variable, name, where)]
    raise errors.UnknownName(
        where=f"{where}, of=…",
        wanted="a variable, or one of its members",
        got=errors.shown(name),
        advice=errors.nearest(name, drawable_names(data)),
    )


def _owners(data: xr.Dataset, dim: str) -> list[str]:
    """The transporter of each process, where ``dim`` is that of processes."""
    if dim != "process" or "transporter" not in data.coords:
        return []
    return list(map(str, data.transporter.values))


def _all_members(data: xr.Dataset, name: str) -> list[Series]:
    """All members of a variable that have numbers; of fluxes one a transporter."""
    array = data[name]
    dim = next((m for m in MEMBERS if m in array.dims), None)
    if dim is None:
        kind = str(array.attrs.get("long_name", name))
        return [Series(parameter_title(name), kind, unit_of(array), colour_of(name), array)]
    members = data.transporter if name == "flux" else data[dim]
    names = dict.fromkeys(map(str, members.values))
    members_drawn = [_member(data, name, each, "") for each in names]
    return [each for each in members_drawn if np.isfinite(each.values).any()]


def _member(data: xr.Dataset, name: str, member: str, where: str) -> Series:
    """One member of a variable.  Raises UnknownName."""
    if name == "current":
        current_of = {each.label: each for each in currents(data, where)}
        current_of |= transporter_currents(data, where)
        wanted = "a membrane, or what moves charge"
        errors.among(member, current_of, f"{where}, of=('current', …)", wanted)
        return current_of[member]
    errors.among(name, [str(v) for v in data.data_vars], f"{where}, of=…", "a variable")
    array = data[name]
    dim = next((m for m in MEMBERS if m in array.dims), None)
    if dim is None:
        raise errors.UnknownName(
            where=f"{where}, of=…",
            wanted="a variable with members",
            got=errors.shown(name),
            advice=f"of={name!r}",
        )
    members = [str(x) for x in data[dim].values]
    member = name_in_result(data, member, members)
    owners = _owners(data, dim)
    errors.among(member, [*members, *owners], f"{where}, of=({name!r}, …)", f"a {dim}")
    of_cycle = member not in members
    column = _busiest_step(data, member) if of_cycle else member
    values = array.sel({dim: column})
    kind = _KINDS.get(name, str(array.attrs.get("long_name", name)))
    label, place = _label_and_place(data, dim, member)
    colour = COLOURS["charge"] if dim in ("membrane", "compartment") else colour_of(member)
    unit = unit_of(values)
    values = values.drop_vars([dim], errors="ignore")
    return Series(label, _capitalised(kind), unit, colour, values, place=place)


def _busiest_step(data: xr.Dataset, cycle: str) -> str:
    """The process of a kinetic cycle with the largest mean flux, which stands for the cycle."""

    def mean_flux(step: str) -> float:
        if "flux" not in data:
            return 0.0
        return float(np.nan_to_num(np.abs(data.flux.sel(process=step))).mean())

    processes = zip(map(str, data.process.values), map(str, data.transporter.values), strict=True)
    return max((step for step, owner in processes if owner == cycle), key=mean_flux)


def _label_and_place(data: xr.Dataset, dim: str, member: str) -> tuple[str, str]:
    """A member in print, and the place of a pool that its label does not name."""
    if dim == "process":
        return transporter_labels(data).get(member, member), ""
    if dim != "pool":
        return member, ""
    place, _, species = member.partition(".")
    places = {str(p) for p in data.pool_place.values[solute_mask(data)]}
    label = pretty(species) if places == {place} else f"{pretty(species)} {place}"
    return label, place if place not in label else ""


def _ledger_line(source: Any, name: str, where: str) -> Series:
    """A line of the ledger over time [pJ].  Raises WrongType for data without a ledger."""
    ledger = getattr(source, "ledger", None)
    if ledger is None:
        raise errors.WrongType(
            where=where,
            wanted=f"a run with its ledger, for of={name!r}",
            got="data alone",
            advice=f"the run itself, or of='ledger_{name}' of saved data",
        )
    array = getattr(ledger, name)
    colours = {"spent": COLOURS["ATP"], "dissipated": COLOURS["heat"]}
    return Series(name, "Energy", unit_of(array), colours.get(name, COLOURS["charge"]), array)
