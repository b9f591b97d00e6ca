"""Parameter sets: names to lanes.

Arrays are labelled by xarray and broadcast by the names of their dimensions.
"""

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
from .model_index import model_index
from .scan_grid import values
from .schedule import Timed, schedule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .given_start import Start

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
