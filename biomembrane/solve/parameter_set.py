"""Parameter sets of a run or a scan: the inputs of a program, lane by lane."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import caching, units
from ..assemble.model import Model
from ..compile.program import Form
from ..numerals import shortest
from .model_index import model_index
from .scan_grid import values
from .schedule import Sampled, Timed, kinks, schedule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..quantity_types import Quantity
    from .given_start import Start

BEGUN = ", where the first run began; this one goes on from the state of another"


@dataclass(frozen=True)
class OfLane:
    """A place in a text for the number of a lane, which is a coordinate of this name."""

    name: str


Pieces = Mapping[str, Sequence[str | OfLane]]


@dataclass(frozen=True, eq=False)
class ParameterSet:
    """Inputs of a program, in the internal unit system.

    ``base`` (input,): the model's parameters, then the inputs that protocols add; ``arrays``: by
    input, values over the scan's dimensions. ``dims``: sizes of the scan's dimensions, whose
    product is the number of lanes; ``coords``: their coordinates as xarray variables; ``changed``:
    names of the values given; ``timed``: protocols with breaks; ``forms``: parameters as
    expressions of time; ``units``: of the values given, as shown; ``scanned``: names of the arrays
    given; ``breaks`` (break, lane, or 1 for all): where a formula begins or ends to move;
    ``begun``: parameters that a run which continues another does not use; ``start``: the start
    that was given, if any.
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
        """Number of runs."""
        return math.prod(self.dims.values())

    def take(self, array: Any, lanes: slice) -> Any:
        """Values of some lanes (lane,) from an array over the dimensions; a number stays a
        number.
        """
        if not isinstance(array, np.ndarray) or array.ndim == 0:
            return array
        if array.flags.c_contiguous:
            return array.reshape(-1)[lanes]
        numbers = np.arange(*lanes.indices(self.lanes))
        return array[np.unravel_index(numbers, tuple(self.dims.values()))]

    def inputs(self, lanes: slice) -> list[Any]:
        """Inputs of the program at the start, numbers or (lane,) arrays."""
        inputs: list[Any] = self.base.tolist()
        for index, array in self.arrays.items():
            inputs[index] = self.take(array, lanes)
        return inputs

    def segments(self, lanes: slice, end: float) -> tuple[NDArray[np.float64], list[list[Any]]]:
        """Where each part of the runs ends (part, lane), and the inputs in each part."""
        start = self.inputs(lanes)
        count = len(range(*lanes.indices(self.lanes)))
        segment_ends, segments = schedule(
            [t.taken(lambda a: self.take(a, lanes)) for t in self.timed],
            start,
            count,
            end,
            self._breaks(lanes),
            single=not self.dims,
        )
        return segment_ends, segments

    def kinks(
        self, lanes: slice, segment_ends: NDArray[np.float64], segments: list[list[Any]]
    ) -> NDArray[np.bool_]:
        """Whether nothing but slopes changes where each segment (segment, lane) begins."""
        more = self._breaks(lanes)
        return kinks(self.timed, segment_ends, segments, np.zeros((0, 1)) if more is None else more)

    def _breaks(self, lanes: slice) -> NDArray[np.float64] | None:
        if self.breaks is None or self.breaks.shape[1] == 1:
            return self.breaks
        return self.breaks[:, lanes]

    def of_lane(self, lane: int) -> ParameterSet:
        """The set of one lane, with its coordinates."""
        at = slice(lane, lane + 1)
        position = np.unravel_index(lane, tuple(self.dims.values())) if self.dims else ()
        index = {dim: int(i) for dim, i in zip(self.dims, position, strict=True)}
        coords = {n: v.isel({dim: index[dim] for dim in v.dims}) for n, v in self.coords.items()}
        return replace(
            self,
            base=np.array([np.ravel(x)[0] for x in self.inputs(at)]),
            arrays={},
            dims={},
            coords=coords,
            timed=tuple(
                t.taken(lambda a: float(np.ravel(self.take(a, at))[0])) for t in self.timed
            ),
            scanned=frozenset(),
            breaks=self._breaks(at),
            start=None if self.start is None else self.start.of_lane(lane),
        )

    def used(self, model: Model, pieces: Pieces | None = None) -> dict[str, str]:
        """Text of every parameter as the run used it: a number, the dimensions that it was scanned
        over, or its course in time.
        """
        pieces = self.pieces(model) if pieces is None else pieces
        return {
            name: "".join(x if isinstance(x, str) else self._over(x) for x in parts)
            for name, parts in pieces.items()
        }

    def pieces(self, model: Model) -> Pieces:
        """The same text in pieces, with an :class:`OfLane` where lanes differ."""
        timed = {t.value: t for t in self.timed}
        forms = {f.parameter: f for f in self.forms if not f.line}
        declared = _as_declared(model)
        texts: dict[str, list[str | OfLane]] = {}
        for k, (name, p) in enumerate(model.parameters.items()):
            if k in timed:
                texts[name] = _course(timed[k], name, p.unit)
            elif name in forms:
                texts[name] = self._formula(forms[name], len(model.parameters))
            elif k in self.arrays:
                texts[name] = [OfLane(name)]
            else:
                value, text = declared[k]
                own = float(self.base[k])
                texts[name] = [text if own == value else shown(own, p.unit)]
            if name in self.begun:
                texts[name] += [BEGUN]
        return texts

    def _formula(self, form: Form, first: int) -> list[str | OfLane]:
        """Text of a formula and its inputs; those of all forms begin at input ``first``."""
        index = {name: k for k, name in enumerate((x for f in self.forms for x in f.inputs), first)}
        text: list[str | OfLane] = [f"formula: {form.expression}"]
        for name in form.inputs:
            k = index[name]
            value = None if k in self.arrays else self.base[k]
            text += [f"; {name} = ", _value_text(name, value, self.units[name])]
        return text

    def moved(self, model: Model) -> list[str]:
        """Parameters that protocols change in time."""
        names = list(model.parameters)
        return [names[t.value] for t in self.timed] + [
            f.parameter for f in self.forms if not f.line
        ]

    def _over(self, of: OfLane) -> str:
        return f"scanned over {', '.join(map(str, self.coords[of.name].dims))}"

    def digest(self, model: Model, used: Mapping[str, str] | None = None) -> str:
        """Digest of every number that a run used, with the start that it was given: equal for equal
        runs, whatever the units; reads the numbers of a lazy scan.
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
    """Digest of the texts of :meth:`ParameterSet.used`, the digest of a start, and the arrays that
    were scanned.
    """
    digest = hashlib.sha256(json.dumps([list(used.items()), start], ensure_ascii=False).encode())
    for each in scanned:
        digest.update(each)
    return digest.hexdigest()[:16]


def _course(timed: Timed, name: str, unit: str) -> list[str | OfLane]:
    """Text of the breaks of a protocol with their values."""
    if isinstance(timed, Sampled):
        return [timed.text(unit)]
    text: list[str | OfLane] = ["ramps: " if timed.ramps else "steps: "]
    for (time_name, time), (key, value) in timed.named(name):
        comma = ", " if len(text) > 1 else ""
        text += [comma]
        if time is not None or time_name:
            text[-1] = f"{comma}at "
            text += [_value_text(time_name, time, "s"), " "]
        text += [_value_text(key, value, unit)]
    return text


def _value_text(name: str, x: Any, unit: str) -> str | OfLane:
    """A number in its unit, or the place for that of a lane."""
    return OfLane(name) if x is None or np.ndim(x) else shown(float(x), unit)


def shown(x: float, unit: str) -> str:
    """A number of the internal system in the unit in which a parameter is shown, with the digits
    that give it back exactly.
    """
    return exact_text(units.restore(x, unit))


def exact_text(quantity: Quantity) -> str:
    """One quantity as text that gives it back exactly."""
    return f"{shortest(quantity.magnitude)} {quantity.units}"


def _as_declared(model: Model) -> list[tuple[float, str]]:
    """Declared value and its text, by parameter; computed once."""
    held = caching.cache_of(model)
    if "as declared" not in held:
        parameters = zip(model_index(model).values.tolist(), model.parameters.values(), strict=True)
        held["as declared"] = [(x, shown(x, p.unit)) for x, p in parameters]
    declared: list[tuple[float, str]] = held["as declared"]
    return declared
