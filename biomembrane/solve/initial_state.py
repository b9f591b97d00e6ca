"""Initial states: contents as declared, carriers relaxed to the steady state of their cycle at
those contents, unless the user says more.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import and_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import errors, units
from ..assemble.model import Model
from ..compile.kernel import Kernel
from ..declare.cycle_stationary_state import eliminated, occupied, rows
from ..declare.parameter import check_domain
from ..dimension import ONE
from .model_index import model_index
from .scan_grid import inside

Array = NDArray[np.float64]
ENTRY = 1e-3  # of the absolute tolerance: a trace of a pool


def initial(
    kernel: Kernel,
    constants: Sequence[Any],
    cycles: Sequence[Sequence[int]],
    lanes: int | None = None,
) -> Array:
    """x(0), ``(state,)`` or ``(state, lane)``; ``cycles`` holds the state indices of each
    carrier.
    """
    shape = (kernel.size,) if lanes is None else (kernel.size, lanes)
    y = kernel.call("initial", 0.0, np.zeros(shape), constants)
    if not cycles:
        return y
    for states, block in zip(cycles, kernel.blocks(0.0, y, constants, cycles), strict=True):
        rows = list(states)
        y[rows] = stationary(block) * y[rows].sum(axis=0)
    return y


def open_up(
    kernel: Kernel, constants: Sequence[Any], y0: Array, positive: NDArray[np.bool_], entry: Array
) -> None:
    """Put a trace, ``entry``, into empty pools where a slope ∂f/∂n is not finite at n = 0, as it is
    of a rate of an order below one or of ln n.

    The limit from a small amount is the trajectory that a cell follows; at n = 0 itself the
    equations have no slope to step with.
    """
    none = (y0 <= 0) & positive[:, None]
    if not none.any():
        return
    some = np.flatnonzero(none.any(axis=0))
    held = [c[some] if np.ndim(c) else c for c in constants]
    with np.errstate(all="ignore"):
        slopes = kernel.call("jacobian", 0.0, y0[:, some], held)
    endless = np.zeros((len(y0), len(some)), dtype=bool)
    np.logical_or.at(
        endless, np.asarray(kernel.program.sparsity[1], dtype=np.int64), ~np.isfinite(slopes)
    )
    y0[:, some] = np.where(
        endless & none[:, some] & (y0[:, some] == 0), entry[:, some], y0[:, some]
    )


def stationary(K: Array) -> Array:
    """Stationary shares (state, lane) of Markov chains with rates K[to, from, lane], or (state,) of
    one.

    Accurate for the rarest state (:mod:`~biomembrane.declare.cycle_stationary_state`).  A chain
    that falls apart (an empty pool cuts a step) stays evenly spread.
    """
    size, rates = len(K), rows(K.swapaxes(0, 1))
    away = [x for n, row in enumerate(rates) for m, x in enumerate(row) if m != n]
    even: Array = np.full(K.shape[1:], 1.0 / size)
    with np.errstate(all="ignore"):
        sound = reduce(and_, ((x >= 0) & (x < math.inf) for x in away), True)
        for out in eliminated(rates):
            sound = sound & (out > 0)
            if (
                sound is False
            ):  # of one chain, whose numbers are Python's: the next would be a division by zero
                return even
        one = 1.0 if K.ndim == 2 else np.ones(K.shape[2])
        made: Array = np.where(sound, np.array(occupied(rates, one)), even)
        return made


@dataclass(frozen=True, eq=False)
class Start:
    """What the user says of x(0): ``shares`` of the states of carriers, by their indices, and the
    whole ``state`` of an earlier run.
    """

    shares: Mapping[tuple[int, ...], Array] = field(default_factory=dict)
    state: Array | None = None
    dims: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, Any] = field(default_factory=dict)  # xarray variables

    def fits(self, dims: Mapping[str, int], coords: Mapping[str, Any]) -> None:
        """Raise ``BadSettings`` where a scan is to go on from a scan over other dimensions, or with
        its labels in another order.
        """
        if self.dims and list(self.dims.items()) != list(dims.items()):
            wanted, got = (
                ", ".join(f"{k}: {v}" for k, v in sizes.items()) or "none"
                for sizes in (dims, self.dims)
            )
            raise errors.BadSettings(
                where="simulate(start=…)",
                wanted=f"one run, or a scan over the same dimensions ({wanted})",
                got=f"a scan over {got}",
                advice="start=run.isel(…) takes one lane",
            )  # fmt: skip
        for dim, label in self.labels.items():
            theirs, ours = _digits(inside(label)), _digits(inside(coords.get(dim, label)))
            moved = [
                str(label)
                for label in set(theirs.tolist()) & set(ours.tolist())
                if np.any((theirs == label) != (ours == label))
            ]
            if moved:
                got = (
                    f"{dim} = {', '.join(sorted(moved))} at other positions than in the run to go"
                    " on from"
                )
                advice = f"the same order of {dim} in both scans"
                raise errors.BadSettings(
                    where="simulate(start=…)",
                    wanted="lanes that go on under their own labels",
                    got=got,
                    advice=advice,
                )

    def one(self, lane: int) -> Start:
        """The same for one lane of a scan."""
        return (
            self
            if self.state is None or self.state.shape[1] == 1
            else replace(self, state=self.state[:, lane : lane + 1])
        )

    def told(self) -> bytes:
        """Every number that it says, as bytes; none where it says nothing."""
        shares = b"".join(
            repr(indices).encode() + shares.tobytes()
            for indices, shares in sorted(self.shares.items(), key=lambda item: item[0])
        )
        return shares + (
            b"" if self.state is None else repr(self.state.shape).encode() + self.state.tobytes()
        )

    @property
    def digest(self) -> str:
        """Of every number that it says; empty where it says nothing."""
        told = self.told()
        return hashlib.sha256(told).hexdigest()[:16] if told else ""

    def digests(self, lanes: slice) -> NDArray[np.uint64]:
        """Digests of lanes that each have a state of their own."""
        count = 0 if self.state is None else self.state.shape[1]
        made = [int(self.one(lane).digest, 16) for lane in range(*lanes.indices(count))]
        return np.array(made, dtype=np.uint64)

    @property
    def by_lane(self) -> bool:
        """Whether each lane has a state of its own."""
        return self.state is not None and bool(self.dims)

    def tells(self, states: Sequence[int]) -> bool:
        """Whether these states of a carrier need no steady state."""
        return self.state is not None or tuple(states) in self.shares

    def put(self, y0: Array, lanes: slice) -> None:
        """Into x(0), ``(state, lane)``; a state by lane must come from a scan over the same
        dimensions.
        """
        if self.state is not None:
            y0[:] = self.state if self.state.shape[1] == 1 else self.state[:, lanes]
        for indices, shares in self.shares.items():
            rows = np.array(indices)
            y0[rows] = np.multiply.outer(shares, np.add.reduce(y0[rows]))


def _digits(labels: NDArray[Any]) -> NDArray[Any]:
    """Numbers to 12 digits, so that the same in another unit are the same."""
    if labels.dtype.kind != "f":
        return labels
    part, power = np.frexp(labels)
    made: NDArray[Any] = np.ldexp(np.round(np.ldexp(part, 40)), power - 40)
    return made


def begin(model: Model, start: Any) -> Start:
    """Read ``start=``: ``{"SGLT1.C1": 1}`` puts a carrier into states by their shares, a run goes
    on from where it ended.

    Raises WrongType, UnknownName, BadSettings, and as :func:`~biomembrane.units.strip`.
    """
    if start is None:
        return Start()
    known = model_index(model)
    names = list(known.states)
    if hasattr(start, "end_state"):
        theirs, state, dims = start.end_state
        if theirs != names:
            other = [*(n for n in theirs if n not in names), *(n for n in names if n not in theirs)]
            advice = "a run of this model" + (
                f"; {other[0]} is in one of the two only" if other else ""
            )
            raise errors.BadSettings(
                where="simulate(start=…)",
                wanted="a run of a model with the same pools",
                got=errors.shown(start),
                advice=advice,
            )
        return Start(
            state=state,
            dims=dims,
            labels={d: start.data[d].variable for d in dims if d in start.data.coords},
        )
    if hasattr(start, "data_vars"):
        advice = "start=bm.open_run('run.nc'), which gives the run itself"
        raise errors.WrongType(
            where="simulate(start=…)", wanted="a run", got="a Dataset", advice=advice
        )
    if not isinstance(start, Mapping):
        wanted, advice = (
            "a run of which everything was kept, or shares by carrier state",
            "start={'SGLT1.C1': 1}, or start=run",
        )
        raise errors.WrongType(
            where="simulate(start=…)", wanted=wanted, got=errors.shown(start), advice=advice
        )
    carriers = known.carriers
    given: dict[str, float] = {}
    for name, value in start.items():
        where = f"start[{errors.shown(name)}]"
        if name not in carriers:
            advice = (
                f"parameters={{{errors.shown(name)}: …}}"
                if name in model.parameters
                else errors.nearest(name, carriers) or "start=run goes on from a run"
            )
            raise errors.UnknownName(
                where=where, wanted="a state of a carrier", got=errors.shown(name), advice=advice
            )
        share = units.strip(value, ONE, where)
        if np.ndim(share):
            raise errors.NotANumber(
                where=where,
                wanted="one share",
                got=errors.shown(value),
                advice=f"start={{{name!r}: 1}}",
            )
        check_domain(share, "fraction", where, value)
        given[name] = share
    made: dict[tuple[int, ...], Array] = {}
    for name in given:
        states = carriers[name]
        if name != next(s for s in states if s in given):  # once for each carrier
            continue
        shares = np.array([given.get(s, 0.0) for s in states])
        if abs(shares.sum() - 1) > 1e-9:
            got, advice = f"{shares.sum():.6g}", "states that are not given are empty"
            raise errors.BadSettings(
                where=f"start, states of {name.partition('.')[0]}",
                wanted="shares that sum to 1",
                got=got,
                advice=advice,
            )
        made[tuple(known.states[s] for s in states)] = shares / shares.sum()
    return Start(made)
