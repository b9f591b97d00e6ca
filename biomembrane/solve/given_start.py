"""Starts that the user gives: the end of an earlier run, or shares of carrier states."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import errors, units
from ..assemble.model import Model
from ..declare.parameter import check_domain
from ..dimension import ONE
from .model_index import model_index
from .scan_grid import inside

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Start:
    """The part of x(0) that the user gives: ``shares`` of the states of carriers, by their indices,
    or the whole final ``state`` (state, lane) of an earlier run with its scan ``dims``.
    """

    shares: Mapping[tuple[int, ...], Array] = field(default_factory=dict)
    state: Array | None = None
    dims: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, Any] = field(default_factory=dict)  # xarray variables
    foreign: str = ""  # the name of the model of the earlier run, where it is another one

    def fits(self, dims: Mapping[str, int], coords: Mapping[str, Any]) -> None:
        """Raise ``BadSettings`` where a scan would continue a scan over other dimensions, or with
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
                    f"{dim} = {', '.join(sorted(moved))} at other positions than in the earlier run"
                )
                advice = f"the same order of {dim} in both scans"
                raise errors.BadSettings(
                    where="simulate(start=…)",
                    wanted="lanes that continue under their own labels",
                    got=got,
                    advice=advice,
                )

    def explained(self, problem: errors.BiomembraneError, model: Model) -> errors.BiomembraneError:
        """What is wrong with the state at the start, where it may be so because the earlier run was
        of another model.
        """
        if not self.foreign:
            return problem
        other = f"{self.foreign!r}" if self.foreign != model.name else "another model of that name"
        return replace(
            problem,
            where=f"simulate(start=…), model {model.name!r}",
            wanted=f"the end of a run of {model.name!r}; {problem.wanted}",
            got=f"a run of {other}; {problem.got}",
            advice=f"start=a run of {model.name!r}, or the same contents and impermeants in both",
        )

    def of_lane(self, lane: int) -> Start:
        """The same for one lane of a scan."""
        if self.state is None or self.state.shape[1] == 1:
            return self
        return replace(self, state=self.state[:, lane : lane + 1])

    def as_bytes(self) -> bytes:
        """Every number given, as bytes; empty where nothing is given."""
        shares = b"".join(
            repr(indices).encode() + shares.tobytes()
            for indices, shares in sorted(self.shares.items(), key=lambda item: item[0])
        )
        return shares + (
            b"" if self.state is None else repr(self.state.shape).encode() + self.state.tobytes()
        )

    @property
    def digest(self) -> str:
        """Digest of every number given; empty where nothing is given."""
        numbers = self.as_bytes()
        return hashlib.sha256(numbers).hexdigest()[:16] if numbers else ""

    def digests(self, lanes: slice) -> NDArray[np.uint64]:
        """Digests of lanes that each have a state of their own."""
        count = 0 if self.state is None else self.state.shape[1]
        digests = [int(self.of_lane(lane).digest, 16) for lane in range(*lanes.indices(count))]
        return np.array(digests, dtype=np.uint64)

    @property
    def by_lane(self) -> bool:
        """Whether each lane has a state of its own."""
        return self.state is not None and bool(self.dims)

    def gives(self, states: Sequence[int]) -> bool:
        """Whether the shares of these states of a carrier are given."""
        return self.state is not None or tuple(states) in self.shares

    def apply(self, y0: Array, lanes: slice) -> None:
        """Write what is given into x(0), ``y0`` (state, lane)."""
        if self.state is not None:
            y0[:] = self.state if self.state.shape[1] == 1 else self.state[:, lanes]
        for indices, shares in self.shares.items():
            rows = np.array(indices)
            y0[rows] = np.multiply.outer(shares, np.add.reduce(y0[rows]))


def _digits(labels: NDArray[Any]) -> NDArray[Any]:
    """Numbers rounded to 12 digits, so that equal labels in different units are equal."""
    if labels.dtype.kind != "f":
        return labels
    part, power = np.frexp(labels)
    rounded: NDArray[Any] = np.ldexp(np.round(np.ldexp(part, 40)), power - 40)
    return rounded


def read_start(model: Model, start: Any) -> Start:
    """Read ``start=``: shares of carrier states, as ``{"SGLT1.C1": 1}``, or a run, whose end is the
    start of the next.

    Raises WrongType, UnknownName, BadSettings, and as :func:`~biomembrane.units.strip`.
    """
    if start is None:
        return Start()
    if hasattr(start, "end_state"):
        return _end_of_run(model, start)
    if hasattr(start, "data_vars"):
        advice = "start=bm.open_run('run.nc'), which gives the run itself"
        raise errors.WrongType(
            where="simulate(start=…)", wanted="a run", got="a Dataset", advice=advice
        )
    if not isinstance(start, Mapping):
        raise errors.WrongType(
            where="simulate(start=…)",
            wanted="a run of which everything was kept, or shares by carrier state",
            got=errors.shown(start),
            advice=_instead(start),
        )
    given = {name: _share(model, name, value) for name, value in start.items()}
    index = model_index(model)
    carriers = {tuple(index.carriers[name]): None for name in given}
    return Start(
        {tuple(index.states[s] for s in states): _shares(states, given) for states in carriers}
    )


def _instead(start: Any) -> str:
    """What to give in place of a path, or of a result of which a part was kept."""
    if isinstance(start, (str, os.PathLike)):
        return f"start=bm.open_run({os.fspath(start)!r})"
    if hasattr(getattr(start, "data", None), "data_vars"):
        if "state_end" in start.data:  # of a lazy scan, which has not run
            return "start=bm.open_run(bm.save(scan, 'scan.zarr')), once it has run"
        return "keep='all' in the earlier simulation, which keeps its last state"
    return "start=run, or start={'SGLT1.C1': 1}"


def _end_of_run(model: Model, run: Any) -> Start:
    """The state at the end of a run of a model with the same pools."""
    names = list(model_index(model).states)
    theirs, state, dims = run.end_state
    if theirs != names:
        other = [*(n for n in theirs if n not in names), *(n for n in names if n not in theirs)]
        only = f"; {other[0]} is in one of the two only" if other else ""
        raise errors.BadSettings(
            where="simulate(start=…)",
            wanted="a run of a model with the same pools",
            got=errors.shown(run),
            advice=f"a run of this model{only}",
        )
    labels = {d: run.data[d].variable for d in dims if d in run.data.coords}
    return Start(state=state, dims=dims, labels=labels, foreign=_foreign(model, run))


def _foreign(model: Model, run: Any) -> str:
    """The name of the model of a run, where it is another one than this."""
    theirs = getattr(run, "model", None)  # what was saved has its hash only
    if theirs is model:
        return ""
    digest = run.data.attrs["model_hash"] if theirs is None else theirs.hash
    return "" if digest == model.hash else str(run.model_name)


def _share(model: Model, name: Any, value: Any) -> float:
    """The share of one carrier state, a number from 0 to 1."""
    where, carriers = f"start[{errors.shown(name)}]", model_index(model).carriers
    if name not in carriers:
        if name in model.parameters:
            advice = f"parameters={{{errors.shown(name)}: …}}"
        else:
            advice = errors.nearest(name, carriers) or "start=run continues a run"
        raise errors.UnknownName(
            where=where, wanted="a state of a carrier", got=errors.shown(name), advice=advice
        )
    share = units.strip(value, ONE, where)
    if np.ndim(share):
        advice = f"start={{{name!r}: 1}}"
        raise errors.NotANumber(
            where=where, wanted="one share", got=errors.shown(value), advice=advice
        )
    check_domain(share, "fraction", where, value)
    number: float = share
    return number


def _shares(states: Sequence[str], given: Mapping[str, float]) -> Array:
    """Shares of all states of a carrier, which sum to 1."""
    shares = np.array([given.get(s, 0.0) for s in states])
    if abs(shares.sum() - 1) > 1e-9:
        first = next(s for s in states if s in given)
        raise errors.BadSettings(
            where=f"start, states of {first.partition('.')[0]}",
            wanted="shares that sum to 1",
            got=f"{shares.sum():.6g}",
            advice="states that are not given are empty",
        )
    normalized: Array = shares / shares.sum()
    return normalized
