"""The table of variables of all results: runs, scans, kept and lazy scans and files are laid out by
it, and files are checked against it.

Dimensions have one order: ``time`` first, then that of the variable's members (pool, process …),
then the scan's own in the order of its parameters.  Variables that only ``check`` and figures need
are computed in memory when they are first read; files hold them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import units
from ..account.ledger_lines import GROUPS, LINES
from ..assemble.model import Model
from ..assemble.potentials import protons
from ..declare.areas import StateArea
from ..solve.ledger_totals import UNIT
from ..solve.status import Outcome

if TYPE_CHECKING:
    import xarray as xr

VERSION = 2  # of this table; files of the first version do not name it
VERSION_ATTRIBUTE = "schema_version"  # attribute that names it
AT_REST = "at_rest"  # attribute of steady states, whose variables have no time
USER_VARIABLES = "own_json"  # attribute: variables that a user's function returned


class Part(StrEnum):
    """Which part of a result a variable belongs to."""

    COURSE = "course"  # follows from the state
    END = "end"  # how a lane ended
    BOOKS = "books"  # of the ledger, by entry, process, store or loop
    LINE = "line"  # of the ledger's table
    CLOSURE = "closure"  # needed by the check of the ledger
    ONWARD = "onward"  # needed to continue the run


ALWAYS = "always"
PROTOCOLS, LOOPS = "protocols or events", "loops that do not close"
STARTS = "a start of its own for each lane"


@dataclass(frozen=True)
class Variable:
    """One row of the table.

    ``axes``: dimensions before those of a scan; ``unit``: empty for codes; ``long_name``: meaning;
    ``when``: which results have it; ``dtype``: type of its numbers.
    """

    axes: tuple[str, ...]
    unit: str
    long_name: str
    part: Part
    when: str = ALWAYS
    dtype: str = "float64"

    @property
    def dim(self) -> str:
        """Dimension of its members; empty where there is one number a lane."""
        return next((axis for axis in self.axes if axis != "time"), "")

    @property
    def timed(self) -> bool:
        return "time" in self.axes

    @property
    def facts(self) -> dict[str, Any]:
        """Its attributes."""
        return dict(self._facts)

    @cached_property
    def _facts(self) -> dict[str, Any]:
        return ({"units": units.udunits(self.unit)} if self.unit else {}) | {
            "long_name": self.long_name
        }

    @property
    def deferred(self) -> bool:
        """Whether a run and a scan in memory compute it when it is read."""
        return self.part not in (Part.COURSE, Part.END)


def _course(dim: str, unit: str, long_name: str, when: str = ALWAYS) -> Variable:
    return Variable(("time", dim), unit, long_name, Part.COURSE, when)


def _books(dim: str, name: str, unit: str = UNIT, when: str = ALWAYS) -> Variable:
    return Variable(("time", dim), unit, GROUPS[name], Part.BOOKS, when)


STATUS = {
    "long_name": "how the lane ended",
    "flag_values": np.array([o.code for o in Outcome], dtype=np.int8),
    "flag_meanings": " ".join(o.word for o in Outcome),
}
CULPRIT = "pool at fault, or the stiffest, where the lane stopped; -1 for none"
TABLE: dict[str, Variable] = {
    "amount": _course("pool", "fmol", "amount"),
    "concentration": _course("pool", "mM", "concentration"),
    "pH": _course("place", "1", "pH, -log10 of the concentration of H+ in mol/l", "protons"),
    "potential": _course("membrane", "mV", "membrane potential, inside minus outside", "membranes"),
    "volume": _course("compartment", "pL", "solvent volume", "compartments"),
    "pressure": _course(
        "compartment", "kPa", "hydrostatic pressure above the surroundings", "elastic walls"
    ),
    "area": _course("membrane", "um^2", "area of the membrane", "areas that follow the state"),
    "flux": _course("process", "fmol/s", "flux in the written direction", "processes"),
    "affinity": _course("process", "kJ/mol", "affinity", "processes"),
    "current": _course(
        "process", "pA", "electric current across its membrane, outward positive", "currents"
    ),
    "reversal": _course(
        "process", "mV", "potential at which the affinity is zero, V - A/(zF)", "currents"
    ),
    "dissipation": _course("process", "pW", "dissipated power", "processes"),
    "open_fraction": _course("gate", "1", "open fraction of a gate", "gates"),
    "electrode_current": _course(
        "electrode",
        "pA",
        "current of the electrode, positive into the inside of its membrane",
        "electrodes",
    ),
    "auxiliary": _course(
        "auxiliary_state",
        "1",
        "state with an equation of its own, in auxiliary_state_unit",
        "states with equations of their own",
    ),
    "status": Variable((), "", "how the lane ended", Part.END, dtype="int8"),
    "culprit": Variable((), "", CULPRIT, Part.END, dtype="int16"),
    "end": Variable((), "s", "time reached", Part.END),
    "least_power": Variable((), "fW", "smallest power dissipated by any process", Part.CLOSURE),
    "least_process": Variable((), "", "which process", Part.CLOSURE, dtype="int16"),
    "ledger_flow": _books("entry", "flow"),
    "ledger_dissipation": _books("process", "dissipation"),
    "ledger_exergy": _books("store", "exergy"),
    **{
        f"ledger_{name}": Variable(
            ("time",), "1" if name == "residual_relative" else UNIT, meaning, Part.LINE
        )
        for name, meaning in LINES.items()
    },
    "ledger_uphill_energy": _books("process", "uphill_energy", when="laws without proof"),
    "ledger_uphill_time": _books("process", "uphill_time", "s", "laws without proof"),
    "ledger_free": Variable(("time", "loop"), UNIT, "energy made from nothing", Part.BOOKS, LOOPS),
    "ledger_imposed_by_store": Variable(
        ("time", "store"), UNIT, LINES["imposed"], Part.BOOKS, PROTOCOLS
    ),
    "ledger_least_power": Variable(
        ("process",),
        "fW",
        "smallest dissipated power met at any node of the quadrature",
        Part.CLOSURE,
    ),
    "ledger_rounding": Variable(
        (), UNIT, "what exergy is uncertain by in floating point", Part.CLOSURE
    ),
    "ledger_swung": Variable(
        (), UNIT, "energy that protocols put in and took back", Part.CLOSURE, PROTOCOLS
    ),
    "bath_concentration": Variable(
        ("bath_solute",),
        "mM",
        "concentration in a bath at the start",
        Part.ONWARD,
        "baths with solutes",
    ),
    "state_end": Variable(("state",), "1", "state at the end, in state_unit", Part.ONWARD),
    "start_digest": Variable(
        (), "", "digest of the state that the lane began with", Part.ONWARD, STARTS, "uint64"
    ),
}
VARIABLES = {name: v for name, v in TABLE.items() if v.part is Part.COURSE}
LEDGER_VARIABLES = (  # variables of the ledger that Keep takes by name
    "ledger_flow", "ledger_dissipation", "ledger_exergy", "ledger_uphill_energy",
    "ledger_uphill_time",
)  # fmt: skip
ALL_LANES = (  # variables that every scan keeps
    "status", "culprit", "end", "least_power", "least_process", "start_digest",
)  # fmt: skip
ENTRY = (
    "process", "transporter", "store", "species", "place", "role", "component", "carrier",
)  # fmt: skip
#: dimensions besides time and those of a scan, with the further coordinates along each
DIMENSIONS: dict[str, tuple[str, ...]] = {
    "pool": ("pool_species", "pool_place", "pool_kind"),
    "membrane": (),
    "place": (),
    "compartment": (),
    "process": ("transporter",),
    "gate": (),
    "auxiliary_state": ("auxiliary_state_unit",),
    "electrode": (),
    "store": (),
    "entry": tuple(f"entry_{name}" for name in ENTRY),
    "loop": ("loop_cycle",),
    "bath_solute": ("bath_species", "bath_place"),
    "state": ("state_unit",),
}
WHOLE_LEDGER = (  # what the whole ledger needs
    "ledger_flow", "ledger_dissipation", "ledger_exergy", "ledger_least_power", "ledger_rounding",
)  # fmt: skip


def present(
    model: Model, moved: Iterable[Any], scan: Mapping[str, int], starts: bool, uphill: Sequence[Any]
) -> list[str]:
    """Names of the variables of a whole result of a model.

    ``moved``: protocols and events, if any; ``scan``: its dimensions; ``starts``: whether each lane
    continues from a state of its own; ``uphill``: integrals of the program for laws without proof
    and loops.
    """
    present_when = {
        "membranes": bool(model.membranes), "compartments": bool(model.compartments),
        "processes": bool(model.processes), "protons": bool(protons(model)),
        "electrodes": bool(model.electrodes), "currents": bool(model.electrogenic),
        "gates": any(x.variable == "open_fraction" for x in model.states),
        "states with equations of their own": any(x.variable == "auxiliary" for x in model.states),
        "areas that follow the state": any(isinstance(m.area, StateArea) for m in model.membranes),
        "elastic walls": any(c.elastic is not None for c in model.compartments),
        "laws without proof": bool(uphill),
        PROTOCOLS: any(True for _ in moved), LOOPS: bool(loops(model)),
        "baths with solutes": any(r.contents for r in model.reservoirs),
        STARTS: starts and bool(scan), ALWAYS: True,
    }  # fmt: skip
    return [name for name, v in TABLE.items() if present_when[v.when]]


def loops(model: Model) -> dict[str, str]:
    """The loops of hosted cycles that do not close, each with its cycle."""
    return {loop.name: loop.cycle for loop in model.open_loops}


def ordered(data: xr.Dataset, dims: Sequence[str] | Mapping[str, int]) -> xr.Dataset:
    """The data in the one order of dimensions, with the variables in the order of the table; those
    outside the table follow the courses.
    """
    own = [d for d in data.dims if d != "time" and d not in dims]
    order = [*(d for d in ("time",) if d in data.dims), *own, *dims]
    rank = {d: k for k, d in enumerate(order)}
    in_order = all(
        [*v.dims] == sorted(v.dims, key=rank.__getitem__) for v in data.variables.values()
    )
    transposed = data if in_order else data.transpose(*order)
    names = sorted(map(str, transposed.data_vars), key=_rank)
    return transposed if names == list(transposed.data_vars) else transposed[names]


_RANKS = {name: k for k, name in enumerate(TABLE)}
_AFTER_COURSES = len(VARIABLES) - 0.5


def _rank(name: str) -> float:
    base, _ = reduced(name)
    return _RANKS.get(base, _AFTER_COURSES)


def reduced(name: str) -> tuple[str, str]:
    """The variable of the table that a name means, and how it was reduced over time; empty where it
    was not.
    """
    base, _, how = name.rpartition("_")
    return (base, how) if name not in TABLE and how in REDUCTIONS and base in TABLE else (name, "")


REDUCTIONS = ("min", "max", "final", "mean")


def has_whole_ledger(data: xr.Dataset) -> bool:
    """Whether a result holds the ledger entry by entry, in double precision."""
    return (
        all(name in data and data[name].dtype == "float64" for name in WHOLE_LEDGER)
        and "time" in data.ledger_flow.dims
    )


def faults(data: xr.Dataset) -> Iterator[str]:
    """Deviations from the table of a result that names its version."""
    version = str(data.attrs.get(VERSION_ATTRIBUTE, "1"))
    if version == "1":
        return
    if version != str(VERSION):
        yield f"a result of schema {version}, of another version of biomembrane"
        return
    at_rest = AT_REST in data.attrs
    for name in ("status", "culprit") if at_rest else ("status", "culprit", "end"):
        if name not in data.data_vars:
            yield f"no {name!r}"
            return
    scan, own = tuple(map(str, data.status.dims)), json.loads(data.attrs.get(USER_VARIABLES, "[]"))
    for variable, array in data.data_vars.items():
        if variable not in own:
            yield from _faults_of(str(variable), array, scan, timeless=at_rest)
    for dim, others in DIMENSIONS.items():
        if dim in data.dims:
            labels = others if dim == "entry" else (dim, *others)
            yield from (f"no {label!r} along {dim}" for label in labels if label not in data.coords)


def _faults_of(
    name: str, array: xr.DataArray, scan: tuple[str, ...], *, timeless: bool
) -> Iterator[str]:
    base, how = reduced(name)
    v = TABLE.get(base)
    if v is None:
        return
    bare = tuple(axis for axis in v.axes if axis != "time")
    allowed = {bare if how or timeless else v.axes} | ({bare} if v.part is Part.LINE else set())
    if tuple(map(str, array.dims)) not in {(*axes, *scan) for axes in allowed}:
        yield (
            f"{name} over {', '.join(map(str, array.dims)) or 'nothing'}, where"
            f" {', '.join((*v.axes, *scan)) or 'nothing'} was saved"
        )
    elif array.dtype != v.dtype and not (v.dtype == "float64" and array.dtype == "float32"):
        yield f"{name} of {array.dtype}, where {v.dtype} was saved"
    elif array.attrs.get("units") != v.facts.get("units"):
        yield f"{name} in {array.attrs.get('units')!r}, where {v.facts.get('units')!r} was saved"
