"""Parameter sets: names to lanes.

Arrays are labelled by xarray and broadcast by the names of their dimensions.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import caching, errors, units
from ..assemble.model import Model
from ..compile.program import Form, ramp
from ..declare.parameter import Declared, check_domain, check_usual
from ..declare.place_contents import check_equivalents
from ..declare.protocol import Protocol, Shape
from ..dimension import CONCENTRATION, TIME, Dimension
from .model_index import model_index
from .scan_grid import coordinates, labelled, spread, unlabelled, values
from .schedule import TIMES, VALUES, Timed, schedule

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from .initial_state import Start

BEGUN = ", where the first run began; this one goes on from the state of another"


@dataclass(frozen=True)
class OfLane:
    """What stands in a text where each lane has a number of its own: under this name it is a
    coordinate.
    """

    name: str


Pieces = Mapping[str, Sequence[str | OfLane]]


@dataclass(frozen=True, eq=False)
class ParameterSet:
    """What the program is given, in the internal system.

    ``base`` (input,): the model's parameters, then the inputs that protocols add; ``arrays``: by
    input, values over the scan's dimensions. ``dims``: sizes of the scan's dimensions, whose
    product is the number of lanes; ``coords``: their coordinates as xarray variables; ``changed``:
    the names that were given; ``timed``: protocols; ``forms``: what they make of the program;
    ``units``: in which numbers of protocols are shown; ``scanned``: what arrays were given for;
    ``breaks`` (break, lane, or 1 for all): where a formula begins or ends to move; ``begun``: what
    a run that goes on from another does not use; ``start``: where it begins, if that was told.
    """

    base: NDArray[np.float64]
    arrays: Mapping[int, NDArray[np.float64]]
    dims: dict[str, int]
    coords: dict[str, Any]
    changed: tuple[str, ...]
    timed: tuple[Timed, ...] = ()
    forms: tuple[Form, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    scanned: frozenset[str] = frozenset()
    breaks: NDArray[np.float64] | None = None
    begun: frozenset[str] = frozenset()
    start: Start | None = None

    @cached_property
    def lanes(self) -> int:
        """How many runs."""
        return math.prod(self.dims.values())

    def take(self, array: Any, lanes: slice) -> Any:
        """The values of some lanes: an array over the dimensions is laid out in lanes, a number
        stays one.
        """
        if not isinstance(array, np.ndarray) or array.ndim == 0:
            return array
        if array.flags.c_contiguous:
            return array.reshape(-1)[lanes]
        return array[
            np.unravel_index(np.arange(*lanes.indices(self.lanes)), tuple(self.dims.values()))
        ]

    def inputs(self, lanes: slice) -> list[Any]:
        """Every input of the program at the start, numbers or (lane,) arrays."""
        made: list[Any] = self.base.tolist()
        for index, array in self.arrays.items():
            made[index] = self.take(array, lanes)
        return made

    def parts(self, lanes: slice, end: float) -> tuple[NDArray[np.float64], list[list[Any]]]:
        """Where each part of the runs ends (part, lane), and the inputs in each part."""
        start = self.inputs(lanes)
        count = len(range(*lanes.indices(self.lanes)))
        stops, parts = schedule(
            [t.taken(lambda a: self.take(a, lanes)) for t in self.timed],
            start,
            count,
            end,
            self._breaks(lanes),
        )
        if self.dims or not self.timed:
            return stops, parts
        return stops, [
            [float(x[0]) if isinstance(x, np.ndarray) and x.ndim else x for x in part]
            for part in parts
        ]

    def _breaks(self, lanes: slice) -> NDArray[np.float64] | None:
        return (
            self.breaks
            if self.breaks is None or self.breaks.shape[1] == 1
            else self.breaks[:, lanes]
        )

    def one(self, lane: int) -> ParameterSet:
        """The set of one lane, with its coordinates."""
        at = slice(lane, lane + 1)
        base = np.array([np.ravel(x)[0] for x in self.inputs(at)])
        timed = tuple(t.taken(lambda a: float(np.ravel(self.take(a, at))[0])) for t in self.timed)
        place = (
            dict(zip(self.dims, np.unravel_index(lane, tuple(self.dims.values())), strict=True))
            if self.dims
            else {}
        )
        start = None if self.start is None else self.start.one(lane)
        coords = {
            name: v.isel({dim: int(place[dim]) for dim in v.dims})
            for name, v in self.coords.items()
        }
        return replace(
            self,
            base=base,
            arrays={},
            dims={},
            coords=coords,
            timed=timed,
            scanned=frozenset(),
            breaks=self._breaks(at),
            start=start,
        )

    def used(self, model: Model, pieces: Pieces | None = None) -> dict[str, str]:
        """Every parameter as the run used it: a number with its unit, what it was scanned over, or
        what it did in time.
        """
        told = self.pieces(model) if pieces is None else pieces
        return {
            name: "".join(x if isinstance(x, str) else self._over(x) for x in each)
            for name, each in told.items()
        }

    def pieces(self, model: Model) -> Pieces:
        """The same in pieces of text, and what stands where lanes differ."""
        extra = {name: k for k, name in enumerate(x for form in self.forms for x in form.inputs)}
        timed, forms = (
            {t.value: t for t in self.timed},
            {f.parameter: f for f in self.forms if not f.line},
        )
        declared, count = _as_declared(model), len(model.parameters)

        def said(key: str, x: Any, unit: str) -> str | OfLane:
            return OfLane(key) if x is None or np.ndim(x) else shown(float(x), unit)

        made: dict[str, list[str | OfLane]] = {}
        for k, (name, p) in enumerate(model.parameters.items()):
            if k in timed:
                made[name] = ["ramps: " if timed[k].ramps else "steps: "]
                for (at, t), (key, x) in timed[k].named(name):
                    comma = ", " if len(made[name]) > 1 else ""
                    made[name] += (
                        [comma] if t is None and not at else [f"{comma}at ", said(at, t, "s"), " "]
                    )
                    made[name] += [said(key, x, p.unit)]
            elif name in forms:
                made[name] = [f"formula: {forms[name].expression}"]
                for x in forms[name].inputs:
                    value = None if count + extra[x] in self.arrays else self.base[count + extra[x]]
                    made[name] += [f"; {x} = ", said(x, value, self.units[x])]
            elif k in self.arrays:
                made[name] = [OfLane(name)]
            else:
                value, text = declared[k]
                made[name] = [text if self.base[k] == value else shown(float(self.base[k]), p.unit)]
            if name in self.begun:
                made[name] += [BEGUN]
        return made

    def moved(self, model: Model) -> list[str]:
        """Parameters that protocols change in time."""
        names = list(model.parameters)
        return [names[t.value] for t in self.timed] + [
            f.parameter for f in self.forms if not f.line
        ]

    def _over(self, of: OfLane) -> str:
        return f"scanned over {', '.join(map(str, self.coords[of.name].dims))}"

    def digest(self, model: Model, used: Mapping[str, str] | None = None) -> str:
        """Digest of every number that a run used, the state that it was told to start from among
        them: alike for alike runs, whatever unit they were given in; of a lazy scan it reads the
        numbers.
        """
        arrays = [
            (name, values(self.coords[name], self.units[name])) for name in sorted(self.scanned)
        ]
        dims = {name: self.coords[name].dims for name in self.scanned}
        scanned = [
            repr((name, dims[name], x.shape)).encode() + np.ascontiguousarray(x).tobytes()
            for name, x in arrays
        ]
        return digest_of(
            self.used(model) if used is None else used,
            "" if self.start is None else self.start.digest,
            scanned,
        )


def digest_of(used: Mapping[str, str], start: str, scanned: Iterable[bytes] = ()) -> str:
    """Digest of what :meth:`ParameterSet.used` says, of the digest of a state to start from, and of
    what was scanned.
    """
    made = hashlib.sha256(json.dumps([list(used.items()), start], ensure_ascii=False).encode())
    for each in scanned:
        made.update(each)
    return made.hexdigest()[:16]


def shown(x: float, unit: str) -> str:
    """A number of the internal system in the unit in which a parameter is shown, with all its
    digits.
    """
    return f"{units.restore(x, unit):.17g}"


def _as_declared(model: Model) -> list[tuple[float, str]]:
    """Of each parameter the value that the model declares, and how it is shown; written once."""
    held = caching.held(model)
    if "as declared" not in held:
        known = zip(model_index(model).values.tolist(), model.parameters.values(), strict=True)
        held["as declared"] = [(x, shown(x, p.unit)) for x, p in known]
    made: list[tuple[float, str]] = held["as declared"]
    return made


def resolve(model: Model, given: Mapping[str, Any] | None) -> ParameterSet:
    """Check names, units, finiteness and domains, and lay the sets out in lanes.

    Raises UnknownName, BareNumber, UnitMismatch, NotFinite, OutOfDomain, NotANumber, BadSettings.
    """
    if given is not None and not isinstance(given, Mapping):
        advice = "parameters={'blood.K': Q(10, 'mM')}"
        raise errors.WrongType(
            where="simulate(parameters=…)",
            wanted="{dotted name: quantity or DataArray}",
            got=errors.shown(given),
            advice=advice,
        )
    sheet = _Sheet(model)
    for name, value in (given or {}).items():
        sheet.protocol(name, value) if isinstance(value, Protocol) else sheet.put(name, value)
    met = spread(model, sheet.arrays)
    first = next(iter(met.values()), None)
    dims = {} if first is None else {str(k): v for k, v in first.sizes.items()}
    laid = {key: array.values for key, array in met.items()}
    known = model_index(model)
    base = np.concatenate([known.values, np.zeros(len(sheet.extra))])
    more = {name: len(known.values) + i for i, name in enumerate(sheet.extra)}
    index = ChainMap(more, known.places)  # type: ignore[arg-type]
    for name, x in sheet.numbers.items():
        if name in index:
            base[index[name]] = x
    timed = tuple(
        t.taken(lambda key: sheet.numbers.get(key, laid.get(key))).indexed(index)
        for t in sheet.timed
    )
    arrays = {index[name]: array for name, array in laid.items() if name in index}
    coords = coordinates(model, sheet.given, sheet.units)
    return ParameterSet(
        base,
        arrays,
        dims,
        coords,
        tuple(given or ()),
        timed,
        tuple(sheet.forms),
        sheet.units,
        frozenset(sheet.given),
    )


def check_breaks(model: Model, given: ParameterSet, end: float) -> None:
    """Warn with :class:`~biomembrane.errors.Unusual` where breaks of a protocol never act: after
    the end of the run, in all lanes.

    The first point of a ramp after the end says where the line leads to, and acts.
    """
    for t in given.timed:
        known = [x for x in t.times if isinstance(x, (float, np.ndarray))]
        late = sum(bool(np.min(x) > end) for x in known) - t.ramps
        if late > 0:
            noun, verb = (
                ("point" if t.ramps else "break") + "s" * (late > 1),
                ("comes" if late == 1 else "come"),
            )
            name, told = list(model.parameters)[t.value], f"{units.restore(end, 's'):.6g~P}"
            errors.unusual(
                f"{late} {noun} of the protocol of {name} {verb} after the end of the run, {told},"
                f" and never act{'s' * (late == 1)}"
            )


class _Sheet:
    """What was given, sorted: numbers and labelled arrays by name, protocols as pieces whose
    numbers have names of their own.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.numbers: dict[str, float] = {}
        self.arrays: dict[str, xr.DataArray] = {}
        self.given: dict[str, xr.DataArray] = {}  # the same in the user's units
        self.units: dict[str, str] = {}
        self.extra: list[str] = []
        self.timed: list[Timed] = []
        self.forms: list[Form] = []

    def put(self, name: str, value: Any) -> None:
        p = self.model.parameter(name)
        self.piece(name, value, f"parameters[{name!r}]", p.dimension, p.domain, p.unit, p)

    def piece(
        self,
        key: str,
        value: Any,
        where: str,
        dim: Dimension,
        domain: str,
        unit: str,
        p: Declared | None = None,
    ) -> str:
        """One number or array under a name of its own; ``p``: the parameter whose value it is."""
        array = None if units.is_plain(value) else labelled(value, where)
        number = units.strip(value, dim, where)
        if array is None and isinstance(number, np.ndarray):
            raise unlabelled(where)
        self.units[key] = unit
        if p is not None and p.dimension == CONCENTRATION:
            self.particles(p.name, value, float(np.min(number)), where)
        for x in (
            {float(np.min(number)), float(np.max(number))}
            if array is not None
            else (float(number),)
        ):  # every domain is an interval
            check_domain(x, domain, where, lambda x=x: units.restore(x, unit))
            if p is not None:
                check_usual(p, x, where)
        if array is None:
            self.numbers[key] = float(number)
        else:
            self.arrays[key], self.given[key] = array.copy(data=number), array
        return key

    def particles(self, name: str, value: Any, number: float, where: str) -> None:
        """Raise ``AmbiguousUnit`` for equivalents per litre of an ion of several charges."""
        species = self.model.concentrations.get(name)
        if species is not None and abs(species.charge) != 1:
            unit = units.unit_of(
                units.labelled(value, where)
                if units.is_labelled(value)
                else units.as_quantity(value, where)
            )
            check_equivalents(species, unit, number, where)

    def protocol(self, name: str, given: Protocol) -> None:
        p = self.model.parameter(name)
        where = f"parameters[{name!r}], Protocol.{given.kind}"
        changeable(self.model, name, f"parameters[{name!r}], Protocol")
        if given.kind == Shape.FUNCTION:
            self.function(name, given, where)
            return
        times = tuple(
            self.piece(
                f"{name}.{TIMES}{k + 1}", t, f"{where}, time {k + 1}", TIME, "nonnegative", "s"
            )
            for k, t in enumerate(given.times)
        )
        values = tuple(
            self.piece(
                f"{name}.{VALUES}{k + 1}",
                v,
                f"{where}, value {k + 1}",
                p.dimension,
                p.domain,
                p.unit,
                p,
            )
            for k, v in enumerate(given.values)
        )
        slope, origin = f"{name} slope", f"{name} origin"
        self.timed.append(Timed(name, slope, origin, times, values, given.kind == Shape.RAMPS))
        if given.kind == Shape.RAMPS:
            self.extra += [slope, origin]
            self.forms.append(ramp(self.model.symbol(name), slope, origin))

    def function(self, name: str, given: Protocol, where: str) -> None:
        dims = {}
        for key, value in given.quantities.items():
            here = f"{where}({key}=…)"
            spread_ = not units.is_plain(value) and labelled(value, here) is not None
            one = units.labelled(value, here) if spread_ else units.as_quantity(value, here)
            dims[key] = units.dimension_of(one)
            self.piece(f"{name}.{key}", value, here, dims[key], "real", units.unit_of(one))
        expression = given.expression(name, self.model.parameter(name).dimension, dims)
        extra = tuple(f"{name}.{key}" for key in given.quantities)
        self.extra += extra
        self.forms.append(Form(name, expression, extra))


def of_start(model: Model) -> frozenset[str]:
    """Parameters that only say what there is at the start; looked up once."""
    held = caching.held(model)
    if "of start" not in held:
        held["of start"] = _found_of_start(model)
    found: frozenset[str] = held["of start"]
    return found


def _found_of_start(model: Model) -> frozenset[str]:
    used = {name for x in model.states for name in x.spent_at_start}
    used |= {s.name for x in model.impermeants for s in x.amount.expression.free_symbols}
    return frozenset(used | potentials_of_start(model))


def potentials_of_start(model: Model) -> frozenset[str]:
    """The potentials that say what φ is at the start."""
    return frozenset(s.name for phi in model.start.values() for s in phi.free_symbols)


def changeable(model: Model, name: str, where: str) -> None:
    """Raise ``BadSettings`` where a parameter only says what there is at the start."""
    if name in of_start(model):
        raise errors.BadSettings(
            where=where, wanted="a parameter that acts during the run",
            got=f"{name}, which sets what the model holds at the start",
            advice="a Protocol of a bath, a held pool, a rate or a permeability",
        )  # fmt: skip
