"""Scans whose parameters are dask arrays: nothing runs until a chunk is asked for, on any dask
scheduler, here or on a cluster.
"""

from __future__ import annotations

import hashlib
import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import caching, errors, units
from ..assemble.model import Model
from ..declare.identity import packed
from ..solve.continuation import onward, unused
from ..solve.engine_protocols import Solver
from ..solve.given_start import read_start
from ..solve.parameter_set import ParameterSet
from ..solve.read_parameters import resolve
from ..solve.scan_grid import coordinates, spread
from ..solve.task import Task, chosen_solver, make_task
from ..solve.time_grid import Grid
from . import lazy_parameters
from .labels import attributes, labels
from .layout import BY_LANE, facts, size, there
from .scan import Keep, ScanResult, collect
from .schema import OWN, TABLE, VARIABLES, Part, ordered

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

_NEED = "pip install 'biomembrane[sweep]'"


def _packed(what: Any) -> bytes:
    """Bytes for another process, functions included."""
    import cloudpickle

    made: bytes = cloudpickle.dumps(what)
    return made


_AT_ONCE = 2  # recipes that a worker keeps unpacked: a comparison takes chunks of two scans in turn


@dataclass(frozen=True, eq=False)
class Recipe:
    """A simulation without its scan, as it travels to a worker: model, start and functions are
    packed once.

    They are unpacked once: kept on the recipe, or in a worker, where each task brings a recipe of
    its own, on the process.

    ``dims`` of the scan in the order of the result.  ``fixed`` tells two scans apart by what is the
    same in all their lanes, parameters, protocols and start, alike in every process.
    """

    digest: str
    payload: bytes
    fixed: str
    times: NDArray[np.float64]
    first: int
    keep: Keep
    solver: Solver
    dims: tuple[str, ...]

    def __getstate__(self) -> dict[str, Any]:
        return caching.bare(self)

    def unpacked(self) -> Any:
        """Model, fixed parameters, start and reducer."""
        import cloudpickle

        owner = (
            self if multiprocessing.parent_process() is None else multiprocessing.current_process()
        )
        kept = caching.held(owner).setdefault(Recipe, {})
        found = kept.get(self.digest)
        if found is None:
            found = cloudpickle.loads(self.payload)
            for old in list(kept)[: len(kept) + 1 - _AT_ONCE]:
                kept.pop(old, None)
            kept[self.digest] = found
        return found

    def run(self, scan: xr.Dataset) -> xr.Dataset:
        """The kept data of one chunk of the scan."""
        model, given, start, reduce = self.unpacked()
        bare = {str(name): array.drop_vars(array.coords) for name, array in scan.data_vars.items()}
        parameters = lazy_parameters.together(
            given,
            {
                name: bare[lazy_parameters.key(name, self.dims)]
                for name in lazy_parameters.holes(given)
            },
        )
        task = make_task(
            model, self.times, first=self.first, parameters=parameters, start=start,
            solver=self.solver, summed=self.keep.summed,
        )  # fmt: skip
        made, _ = collect(task, replace(self.keep, reduce=reduce), None)
        return ordered(made.data, self.dims)


@dataclass(frozen=True, eq=False)
class Lazy(ScanResult):
    """A scan that has not run: ``data`` holds dask arrays, chunked like the parameters.

    ``data.compute()`` runs all of it, ``data.isel(…).compute()`` the chunks that are needed,
    :func:`biomembrane.save` to a ``.zarr`` folder runs it chunk by chunk and can be called again
    after a failure.
    """

    scan: xr.Dataset
    recipe: Recipe
    parameters: ParameterSet

    def __getstate__(self) -> dict[str, Any]:
        return {
            **vars(self),
            "data": packed(self.data),
            "scan": packed(self.scan),
        }  # dask graphs hold functions that pickle does not take

    @property
    def digest(self) -> str:
        """Of the parameters, as every result has it in ``parameters_hash``; reads the numbers that
        are scanned.
        """
        return self.parameters.digest(self.model)

    def blocks(self) -> Iterator[dict[str, slice]]:
        """Where each chunk lies along the scan's dimensions."""
        edges = {
            dim: np.cumsum([0, *sizes])
            for dim, sizes in _chunks(self.scan, self.recipe.dims).items()
        }
        for at in product(*(range(len(e) - 1) for e in edges.values())):
            yield {
                str(d): slice(int(e[k]), int(e[k + 1]))
                for (d, e), k in zip(edges.items(), at, strict=True)
            }

    def __repr__(self) -> str:
        return f"<Lazy scan of {self.model.name!r} in {sum(1 for _ in self.blocks())} chunks>"


def _chunks(scan: xr.Dataset, dims: Sequence[str]) -> dict[str, tuple[int, ...]]:
    return {dim: scan.chunksizes.get(dim, (scan.sizes[dim],)) for dim in dims}


def lazy(
    model: Model, grid: Grid, *, parameters: Mapping[str, Any], start: Any, keep: Keep | None,
    solver: Solver | None,
) -> Lazy:  # fmt: skip
    """The scan as dask arrays.

    Raises NeedsExtra; what is wrong with the numbers of a chunk is raised when that chunk runs.
    """
    try:
        import cloudpickle  # noqa: F401
        import dask  # noqa: F401
        import xarray as xr
    except ImportError as problem:
        wanted = "dask and cloudpickle"
        raise errors.NeedsExtra(
            where="dask-backed parameters",
            wanted=wanted,
            got=str(problem),
            advice=_NEED,
            extra="sweep",
        ) from None
    own = chosen_solver(model, solver).alone()  # the scheduler has its own threads
    keep = keep or Keep(variables=(*_courses(model), "ledger_dissipation"), ledger="all")
    begun = read_start(model, start)
    parameters = onward(model, parameters, start) or {}
    arrays, fixed = lazy_parameters.apart(model, parameters)
    met: Any = xr.unify_chunks(
        *(array.chunk() if array.chunks is None else array for array in arrays.values())
    )
    arrays = dict(zip(arrays, met, strict=True))
    chosen = replace(_chosen(model, parameters, fixed, arrays, unused(model, start)), start=begun)
    light = replace(keep, reduce=()) if callable(keep.reduce) else keep
    alone = {name: value for name, value in fixed.items() if not lazy_parameters.open_(value)}
    task = make_task(
        model,
        grid.times,
        first=grid.first,
        parameters=alone,
        start=start,
        solver=own,
        summed=keep.summed,
    )
    payload = _packed((model, fixed, start, keep.reduce))
    unread = replace(
        task, parameters=replace(chosen, scanned=frozenset())
    )  # without the numbers that are scanned
    digest, mark = hashlib.sha256(payload).hexdigest(), _fixed(unread, keep)
    recipe = Recipe(digest, payload, mark, grid.times, grid.first, light, own, tuple(chosen.dims))
    bare = {
        lazy_parameters.key(name, recipe.dims): array.drop_vars(array.coords)
        for name, array in arrays.items()
    }
    scan = xr.Dataset(
        bare, coords={name: v for name, v in chosen.coords.items() if name not in bare}
    )
    one, _ = collect(task, keep, None)
    alike = _with_protocols(one.data, task, chosen) if keep.whole else one.data
    template = _spread(alike.drop_vars(alike.coords), scan, recipe.dims)
    data = xr.map_blocks(
        _bare, scan.drop_vars(scan.coords), kwargs={"recipe": recipe}, template=template
    )[list(template)]
    data = data.assign_coords({**one.data.coords, **labels(model, template.dims), **chosen.coords})
    about = {"span": one.data.attrs["span"], "empty": one.data.attrs["empty"].split()}
    told = {name: one.data.attrs[name] for name in (OWN,) if name in one.data.attrs}
    data.attrs = told | attributes(model, chosen, own, BY_LANE, digest=False, **about)
    return Lazy(data, model, own.rtol, {}, scan, recipe, chosen)


def _chosen(
    model: Model,
    given: Mapping[str, Any],
    fixed: Mapping[str, Any],
    arrays: Mapping[str, xr.DataArray],
    begun: frozenset[str],
) -> ParameterSet:
    """What the scan is given, without its numbers: dimensions, coordinates, and in words what every
    parameter is.
    """
    small = {name: lazy_parameters.standin(model, name, array) for name, array in arrays.items()}
    made = resolve(model, lazy_parameters.together(fixed, small))
    met = spread(model, {name: array.copy(data=array.data) for name, array in arrays.items()})
    first = next(iter(met.values()))
    dims = {str(dim): int(size) for dim, size in first.sizes.items()}
    return replace(
        made,
        begun=begun,
        dims=dims,
        coords=coordinates(model, arrays, made.units),
        changed=tuple(map(str, given)),
    )


def block(scan: xr.Dataset, recipe: Recipe) -> xr.Dataset:
    """The kept data of one chunk, laid out like the whole, with the labels of its part."""
    made = recipe.run(scan)
    scanned = {
        name
        for name in made.coords
        if lazy_parameters.key(str(name), recipe.dims) in scan.data_vars
    }  # in the unit of the result
    own = [
        name
        for name, c in made.coords.items()
        if (set(c.dims) & set(scan.dims) and name not in scanned) or name in scan.coords
    ]
    return made.drop_vars(own).assign_coords(scan.coords)


def _bare(scan: xr.Dataset, recipe: Recipe) -> xr.Dataset:
    """Without labels: to read those, no chunk need run."""
    made = recipe.run(scan)
    return made.drop_vars(made.coords)


def _spread(one: xr.Dataset, scan: xr.Dataset, dims: Sequence[str]) -> xr.Dataset:
    """What comes out, without the numbers: one run at the model's own parameters, over the scan."""
    return ordered(one.expand_dims({dim: scan.sizes[dim] for dim in dims}), dims).chunk(
        _chunks(scan, dims)
    )


def _courses(model: Model) -> list[str]:
    return [name for name, v in VARIABLES.items() if v.dim == "pool" or size(model, v.dim)]


def _with_protocols(one: xr.Dataset, task: Task, chosen: ParameterSet) -> xr.Dataset:
    """With room for what protocols add to a whole result, which the one run does without where they
    are scanned.
    """
    model, made = task.model, one
    for name in there(model, task.kernel.program, chosen):
        if name not in made and TABLE[name].part is not Part.LINE:
            axes = TABLE[name].axes
            sizes = [one.sizes["time"] if axis == "time" else size(model, axis) for axis in axes]
            made = made.assign({name: (axes, np.zeros(sizes), facts(model, name))})
    for name in chosen.moved(model):
        p = model.parameter(name)
        if name not in made:
            told = {"units": units.udunits(p.unit), "long_name": p.long_name or name}
            made = made.assign({name: (("time",), np.zeros(one.sizes["time"]), told)})
    return made


def _fixed(task: Task, keep: Keep) -> str:
    reduced = (
        _code(keep.reduce.__code__)
        if isinstance(keep.reduce, FunctionType)
        else type(keep.reduce).__qualname__
    )
    return hashlib.sha256(
        repr((task.parameters.digest(task.model), reduced, task.first)).encode()
    ).hexdigest()


def _code(code: CodeType) -> tuple[Any, ...]:
    """What a function does, alike in every process: its code, the names and the constants in it,
    not where it stands.
    """
    return (
        code.co_code,
        code.co_names,
        [_code(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts],
    )
