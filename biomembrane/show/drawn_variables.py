"""What a figure is drawn of: variables of a run, of a scan or of a file, by name, with their units,
labels and colours.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import constants, errors, units
from ..declare.solute_names import dotted
from ..dimension import TIME
from ..results.held_numbers import computed
from . import style as look
from .style import COLOURS, colour_of, pretty

if TYPE_CHECKING:
    import xarray as xr

    Array = NDArray[np.float64]

MEMBERS = ("pool", "membrane", "compartment", "process", "auxiliary_state")
OWN = ("time", *MEMBERS, "store", "entry", "state", "species", "transporter", "loop")
_NAMES = {
    "current": "Current, outward positive", "potential": "Potential, inside less outside",
    "flux": "Flux, written direction",
    "concentration": "Concentration", "amount": "Amount", "volume": "Volume",
    "affinity": "Affinity", "dissipation": "Dissipated power",
    "auxiliary": "State",
}  # fmt: skip
_HOMES = {  # what a name alone stands for
    "pool": "concentration", "membrane": "potential", "compartment": "volume", "process": "flux",
    "auxiliary_state": "auxiliary",
}  # fmt: skip
_LINES = ("spent", "supplied", "imposed", "stored", "delivered", "dissipated", "released", "passed")
_EXAMPLE = "of='potential', of='cell.Na', or of=('current', 'K_leak')"


@dataclass(frozen=True, eq=False)
class Series:
    """One variable: ``values`` over ``time``, where it has one, and the dimensions of a scan;
    ``kind`` names the axis; ``total``: a sum of others.
    """

    label: str
    kind: str
    unit: str
    colour: str
    values: xr.DataArray
    total: bool = False
    place: str = ""  # of a pool, where the label does not say it

    @property
    def dims(self) -> tuple[str, ...]:
        """Of the scan."""
        return tuple(str(d) for d in self.values.dims if d not in OWN)


@dataclass(frozen=True)
class System:
    """What a result says of its model: membranes with inside and outside; processes with place,
    charge moved out and net reaction; charges.
    """

    membranes: Mapping[str, tuple[str, str]]
    processes: Mapping[str, tuple[str, float, Mapping[str, int]]]
    charges: Mapping[str, float]
    labels: Mapping[str, str]


def dataset(source: Any, where: str) -> xr.Dataset:
    """The data of a run, a scan, a saved run, or the data themselves.  Raises WrongType."""
    data: Any = getattr(source, "data", None) if type(source).__name__ != "Dataset" else source
    if type(data).__name__ != "Dataset":
        advice = "what bm.simulate(…) or bm.open_run(…) gave"
        raise errors.WrongType(
            where=where,
            wanted="a run, a scan or a saved run",
            got=errors.shown(source),
            advice=advice,
        )
    return data  # type: ignore[no-any-return]


def system(data: xr.Dataset, where: str) -> System:
    """Raises UnknownName where a file was written before results told it."""
    if "system_json" not in data.attrs:
        advice = "run the model again and bm.save(run, …)"
        raise errors.UnknownName(
            where=where,
            wanted="what membranes and processes there are",
            got="data without system_json",
            advice=advice,
        )
    read = json.loads(data.attrs["system_json"])
    sides = {name: (inside, outside) for name, (inside, outside) in read["membranes"].items()}
    return System(
        sides,
        {name: (on, out, net) for name, (on, out, net) in read["processes"].items()},
        read["charges"],
        read["labels"],
    )


def one_lane(source: Any, where: str) -> xr.Dataset:
    """The data of a run without scan dimensions.  Raises WrongType."""
    data = dataset(source, where)
    scanned = (
        list(map(str, data.status.dims))
        if "status" in data
        else [str(d) for d in data.dims if d not in OWN]
    )
    if scanned:
        pick = ", ".join(f"{dim}=…" for dim in scanned)
        got = f"a scan over {', '.join(scanned)}"
        raise errors.WrongType(
            where=where,
            wanted="one lane",
            got=got,
            advice=f"select one first: run.sel({pick}), or run.isel(…)",
        )
    return data


# --- variables by name


def series(source: Any, of: Any, where: str) -> list[Series]:
    """Everything that ``of`` names, in one unit: the name of a variable (all its members), of a
    member, a pair (variable, member), an array, or a list of these.

    Raises UnknownName, WrongType, BareNumber (an array without a unit), UnitMismatch (several
    units), OutOfDomain (nothing is left).
    """
    if type(source).__name__ == "DataArray":
        return [_array(source, where)]
    made = [
        each
        for one in (of if isinstance(of, list) else [of])
        for each in _named(source, one, where)
    ]
    if not made:
        raise errors.OutOfDomain(
            where=where,
            wanted="something to draw",
            got=f"no number in {errors.shown(of)}",
            advice=_EXAMPLE,
        )
    kinds = dict.fromkeys(each.unit for each in made)
    if len(kinds) > 1:
        advice = "one call each, with ax= of figure.subplots(2)"
        raise errors.UnitMismatch(
            where=f"{where}, of=…",
            wanted="variables of one unit",
            got=", ".join(kinds),
            advice=advice,
        )
    return made


def _array(values: xr.DataArray, where: str) -> Series:
    unit, name = values.attrs.get("units"), "value" if values.name is None else str(values.name)
    if not isinstance(unit, str):
        raise errors.BareNumber(
            where=where,
            wanted="an array with a unit",
            got=f"{name} without attrs['units']",
            advice="array.attrs['units'] = 'mM'",
        )
    inner = [str(d) for d in values.dims if d in OWN and d != "time"]
    if inner:
        advice = (
            f"array.sel({inner[0]}={str(values[inner[0]].values.flat[0])!r})"
            if inner[0] in values.coords
            else f"array.isel({inner[0]}=0)"
        )
        raise errors.WrongType(
            where=where,
            wanted="an array over scan dimensions, and time",
            got=f"one over {', '.join(inner)} too",
            advice=advice,
        )
    kind = str(values.attrs.get("long_name", _NAMES.get(name, name)))
    member = next(
        (str(values[m].values) for m in MEMBERS if m in values.coords and not values[m].ndim), name
    )
    return Series(member, kind[:1].upper() + kind[1:], unit, colour_of(member), values)


def _named(source: Any, one: Any, where: str) -> list[Series]:
    data = dataset(source, where)
    if type(one).__name__ == "DataArray":
        made = _array(one, f"{where}, of=…")
        return [replace(made, kind=f"{made.kind}, computed") if computed(data, one) else made]
    if isinstance(one, tuple) and len(one) == 2 and all(isinstance(each, str) for each in one):
        return [_member(data, *one, where)]
    errors.expect(
        one,
        str,
        f"{where}, of=…",
        "a name, a pair (variable, member), or a list of these",
        _EXAMPLE,
    )
    one = plain(data, one, known(data))
    if one == "current":
        return list(_currents(data, where))
    if one in data.data_vars:
        return _variable(data, one)
    if one in _LINES:
        return [_line(source, one, where)]
    for dim, home in _HOMES.items():
        owners = (
            list(data.transporter.values)
            if dim == "process" and "transporter" in data.coords
            else []
        )
        if dim in data.coords and one in [*data[dim].values, *owners]:
            return [_member(data, home, one, where)]
    raise errors.UnknownName(
        where=f"{where}, of=…",
        wanted="a variable, or one of its members",
        got=errors.shown(one),
        advice=errors.nearest(one, known(data)),
    )


def known(data: xr.Dataset) -> list[str]:
    """Everything that a name can stand for."""
    variables = [
        str(n)
        for n, v in data.data_vars.items()
        if str(n) in _NAMES or str(n).rpartition("_")[0] in _NAMES
    ]
    members = [str(x) for dim in MEMBERS if dim in data.coords for x in data[dim].values]
    return [
        *variables,
        "current",
        *_LINES,
        *members,
        *(map(str, np.unique(data.transporter.values)) if "transporter" in data.coords else ()),
    ]


def plain(data: xr.Dataset, name: Any, known: Sequence[str]) -> Any:
    """A name as results say it, ``cell.Na``, where another way to name the same solute was given
    and is one of the known.
    """
    if not isinstance(name, str) or "@" not in name:
        return name
    told = system(data, "of=…").membranes.values() if "system_json" in data.attrs else ()
    found = [one for one in dotted(name, told) if one in known]
    return found[0] if len(found) == 1 else name


def _variable(data: xr.Dataset, name: str) -> list[Series]:
    """All members that have numbers; of fluxes one a transporter."""
    array = data[name]
    dim = next((m for m in MEMBERS if m in array.dims), None)
    if dim is None:
        return [
            Series(
                _parameter(name),
                str(array.attrs.get("long_name", name)),
                _unit(array),
                colour_of(name),
                array,
            )
        ]
    names = (
        list(dict.fromkeys(map(str, data.transporter.values)))
        if name == "flux"
        else list(map(str, data[dim].values))
    )
    made = [_member(data, name, each, "") for each in names]
    return [each for each in made if np.isfinite(each.values).any()]


def _unit(array: xr.DataArray) -> str:
    return str(array.attrs.get("units", "1"))


def _member(data: xr.Dataset, name: str, member: str, where: str) -> Series:
    if name == "current":
        found = {each.label: each for each in _currents(data, where)}
        found |= dict(zip(_charged(data, where), _flows(data, where), strict=True))
        errors.among(
            member, found, f"{where}, of=('current', …)", "a membrane, or what moves charge"
        )
        return found[member]
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
    owners = (
        list(map(str, data.transporter.values))
        if dim == "process" and "transporter" in data.coords
        else []
    )
    known = [str(x) for x in data[dim].values]
    member = plain(data, member, known)
    errors.among(member, [*known, *owners], f"{where}, of=({name!r}, …)", f"a {dim}")
    if member not in known:  # a kinetic cycle: the step that turns most stands for it
        steps = [known[i] for i, owner in enumerate(owners) if owner == member]
        step = max(
            steps,
            key=lambda s: (
                float(np.nan_to_num(np.abs(data.flux.sel(process=s))).mean())
                if "flux" in data
                else 0.0
            ),
        )
        picked = array.sel(process=step)
    else:
        picked = array.sel({dim: member})
    kind = _NAMES.get(name, str(array.attrs.get("long_name", name)))
    label = (
        _pool(data, member)
        if dim == "pool"
        else _label(data, member)
        if dim == "process"
        else member
    )
    colour = COLOURS["charge"] if dim in ("membrane", "compartment") else colour_of(member)
    place = (
        member.partition(".")[0] if dim == "pool" and member.partition(".")[0] not in label else ""
    )
    return Series(
        label,
        kind[:1].upper() + kind[1:],
        _unit(array),
        colour,
        picked.drop_vars([dim], errors="ignore"),
        place=place,
    )


def _label(data: xr.Dataset, process: str) -> str:
    labels: dict[str, str] = json.loads(data.attrs.get("system_json", "{}")).get("labels", {})
    return labels.get(process, process)


def dissolved(data: xr.Dataset | xr.DataArray) -> NDArray[np.bool_]:
    """Which pools of a result are solutes (pool,), and no states of carriers; all of them where
    nothing is told.
    """
    told = (
        data["pool_kind"].values == "solute"
        if "pool_kind" in data.coords
        else np.ones(data.sizes["pool"])
    )
    return np.asarray(told, dtype=bool)


def _pool(data: xr.Dataset, pool: str) -> str:
    """'K⁺ cell', or the species alone where all are in one place."""
    places = {str(p) for p in data.pool_place.values[dissolved(data)]}
    place, _, species = pool.partition(".")
    return pretty(species) if places == {place} else f"{pretty(species)} {place}"


def labels(source: Any) -> dict[str, str]:
    """How figures write each transporter; empty where the source does not tell it."""
    data = source if hasattr(source, "attrs") else getattr(source, "data", None)
    made: dict[str, str] = json.loads(getattr(data, "attrs", {}).get("system_json", "{}")).get(
        "labels", {}
    )
    return made


def _parameter(name: str, labels: Mapping[str, str] | None = None) -> str:
    """'bath K⁺', 'Na⁺ leak: permeability'."""
    place, dot, species = name.partition(".")
    if dot and labels and place in labels:
        return f"{labels[place]}: {species.replace('_', ' ')}"
    return f"{place} {pretty(species)}" if dot and pretty(species) != species else name


def _line(source: Any, name: str, where: str) -> Series:
    ledger = getattr(source, "ledger", None)
    if ledger is None:
        advice = f"the run itself, or of='ledger_{name}' of saved data"
        raise errors.WrongType(
            where=where,
            wanted=f"a run with its books, for of={name!r}",
            got="data alone",
            advice=advice,
        )
    array = getattr(ledger, name)
    colours = {"spent": COLOURS["ATP"], "dissipated": COLOURS["heat"]}
    return Series(name, "Energy", _unit(array), colours.get(name, COLOURS["charge"]), array)


# --- currents


def _charged(data: xr.Dataset, where: str) -> list[str]:
    """Transporters that carry net charge across their membrane in some step."""
    made, owner = (
        system(data, where),
        dict(zip(map(str, data.process.values), map(str, data.transporter.values), strict=True)),
    )
    return list(
        dict.fromkeys(owner[p] for p, (_, out, _) in made.processes.items() if out and p in owner)
    )


def _electric(data: xr.Dataset, where: str) -> xr.DataArray:
    """F z J by process [pA], outward positive."""
    if "flux" not in data:
        advice = "keep=['flux'], or keep everything"
        raise errors.UnknownName(
            where=where, wanted="fluxes, for currents", got="a result that kept none", advice=advice
        )
    moved = system(data, where).processes
    charge = np.array([moved[str(p)][1] for p in data.process.values])
    flux = data.flux * (1 / units.from_internal(units.from_udunits(_unit(data.flux))))
    made: xr.DataArray = (
        flux
        * flux.process.copy(data=charge).astype(float).drop_vars("process")
        * (constants.FARADAY * 1e-3)
    )  # fC/s are fA
    return made.assign_coords({c: v for c, v in data.flux.coords.items() if c not in made.coords})


def _flows(data: xr.Dataset, where: str) -> list[Series]:
    every = _electric(data, where)
    made = []
    for name in _charged(data, where):
        own = every.isel(process=np.flatnonzero(data.transporter.values == name)).sum(
            "process", skipna=False
        )
        made.append(Series(_label(data, name), _NAMES["current"], "pA", colour_of(name), own))
    return made


def _currents(data: xr.Dataset, where: str) -> Iterator[Series]:
    """The sum over each membrane, then what each transporter carries."""
    every, told = _electric(data, where), system(data, where)
    for membrane in told.membranes:
        own = [
            i
            for i, p in enumerate(map(str, data.process.values))
            if told.processes[p][0] == membrane
        ]
        if any(told.processes[str(data.process.values[i])][1] for i in own):
            values = every.isel(process=own).sum("process", skipna=False)
            yield Series(membrane, _NAMES["current"], "pA", COLOURS["charge"], values, total=True)
    yield from _flows(data, where)


# --- moments, coordinates, units


def moment(each: Series, at: Any, where: str) -> Series:
    """The series at the output time nearest to ``at``; the last one where it is None.

    Raises OutOfDomain, and as :func:`units.scalar`.
    """
    if "time" not in each.values.dims:
        if at is not None:
            raise errors.OutOfDomain(
                where=f"{where}, at=…",
                wanted="nothing, for these values have no time",
                got=errors.shown(at),
                advice="leave at= out",
            )
        return each
    return replace(each, values=each.values.isel(time=position(each.values.time, at, where)))


def position(times: xr.DataArray, at: Any, where: str) -> int:
    """Which output time is nearest to ``at``."""
    if at is None:
        return times.size - 1
    here = f"{where}, at=…"
    t = units.scalar(units.quantity(at, here, "a time such as '10 min'", "at='10 min'"), TIME, here)
    first, last = float(times[0]), float(times[-1])
    if not first <= t <= last * (1 + 1e-12):
        raise errors.OutOfDomain(
            where=here,
            wanted=f"a time from {first:g} s to {last:g} s",
            got=errors.shown(at),
            advice=f"at='{last:g} s'",
        )
    return int(np.abs(times.values - t).argmin())


@dataclass(frozen=True, eq=False)
class Coordinate:
    """A dimension of a scan with its numbers."""

    dim: str
    name: str
    unit: str
    values: Array
    labels: Mapping[str, str] = field(default_factory=dict)  # of transporters

    @property
    def title(self) -> str:
        """As it stands at an axis."""
        return titled(_parameter(self.name, self.labels), self.unit)


def named(each: Series) -> str:
    """'GLUT2: flux, written direction', 'Na⁺ in cell: concentration'."""
    label = f"{each.label} in {each.place}" if each.place else each.label
    return (
        each.kind
        if label.lower() in each.kind.lower()
        else f"{label}: {each.kind[:1].lower()}{each.kind[1:]}"
    )


def titled(name: str, unit: str) -> str:
    """Name with unit in print; a pure number has none."""
    shown = unit_text(unit)
    return f"{name} ({tied(shown)})" if shown else name


def tied(text: str, before: str = "") -> str:
    """A number with its unit, or a unit, that no line breaks."""
    return before + text.replace(" ", look.TIE)


def unit_text(unit: str) -> str:
    """A unit of whatever spelling in print."""
    try:
        return look.unit_text(units.udunits(unit))
    except errors.BiomembraneError:
        return look.unit_text(unit)


def coordinate(
    array: xr.DataArray, name: str, where: str, labels: Mapping[str, str] | None = None
) -> Coordinate:
    """A scan dimension by its own name, or by a coordinate that runs over it alone, such as a
    dotted parameter.  Raises UnknownName, WrongType.
    """
    dims = [str(d) for d in array.dims if d not in OWN]
    single = {
        str(c): str(v.dims[0]) for c, v in array.coords.items() if v.ndim == 1 and v.dims[0] in dims
    }
    known = list(dict.fromkeys([*dims, *single]))
    name = (
        next((one for one in dotted(name, ()) if one in known), name)
        if isinstance(name, str)
        else name
    )
    errors.among(name, known, where, "a scan dimension, or a coordinate along one")
    dim = name if name in dims else single[name]
    named = name if name in array.coords else next((c for c, d in single.items() if d == dim), None)
    if named is None:
        got, advice = f"{dim} without one", f"coords={{{dim!r}: …}} in the arrays that are scanned"
        raise errors.WrongType(
            where=where, wanted="a dimension with a coordinate of numbers", got=got, advice=advice
        )
    found = array[named]
    if found.dtype.kind not in "iuf":
        raise errors.WrongType(
            where=where,
            wanted="a coordinate of numbers",
            got=f"{named} of {'text' if found.dtype.kind in 'UOST' else found.dtype.name}",
            advice="give another coordinate",
        )
    if named == dim:  # the parameter says more than the name of a dimension
        same = [
            c
            for c, d in single.items()
            if d == dim and "." in c and np.array_equal(array[c].values, found.values)
        ]
        named = same[0] if same else named
    return Coordinate(
        dim, str(named), _unit(array[named]), np.asarray(found.values, float), labels or {}
    )


def even_ratios(values: Array) -> bool:
    """Whether numbers are spaced by ratios rather than by differences, over a factor of five or
    more.
    """
    v = np.sort(np.unique(values[np.isfinite(values)]))
    if v.size < 3 or v[0] <= 0 or v[-1] < 5 * v[0]:
        return False
    steps, ratios = np.diff(v), np.diff(np.log(v))
    return bool(np.std(ratios) / np.mean(ratios) < 0.7 * np.std(steps) / np.mean(steps))
