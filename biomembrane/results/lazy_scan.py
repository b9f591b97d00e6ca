"""Scans whose parameters are dask arrays: nothing runs until a chunk is needed, on any dask
scheduler, local or on a cluster.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import caching, errors, units
from ..assemble.model import Model
from ..declare.identity import packed
from ..solve.continuation import onward, unused
from ..solve.engine_protocols import Solver
from ..solve.given_start import read_start
from ..solve.parameter_set import ParameterSet
from ..solve.read_parameters import check_breaks, resolve
from ..solve.scan_grid import coordinates, spread
from ..solve.task import Task, chosen_solver, make_task
from ..solve.time_grid import Grid
from . import lazy_parameters
from .function_digest import digest
from .keep import Keep
from .labels import attributes, own_coordinates
from .layout import BY_LANE, attributes_of, dimension_size, variables_present
from .saved import SavedRun
from .scan_collector import collect
from .scan_result import ScanResult
from .schema import TABLE, USER_VARIABLES, VARIABLES, Part, ordered, present
from .users_function import Layout, layouts

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray


def _pickled(objects: Any) -> bytes:
    """Objects as bytes for another process, functions included."""
    import cloudpickle

    payload: bytes = cloudpickle.dumps(objects)
    return payload


_AT_ONCE = 2  # recipes that a worker keeps unpacked: a comparison takes chunks of two scans in turn


@dataclass(frozen=True, eq=False)
class Recipe:
    """A simulation without its scan, as it is sent to a worker: model, start and functions are
    pickled once.

    They are unpacked once: kept on the recipe or, in a worker, where each task brings a recipe of
    its own, on the process.

    ``dims``: dimensions of the scan in the order of the result.  ``fixed``: digest of what all
    lanes of a scan share, parameters, protocols and start, the same in every process.  ``users``:
    variables that a user's function gives; ``continues``: whether each lane goes on from a lane of
    its own.
    """

    digest: str
    payload: bytes
    fixed: str
    times: NDArray[np.float64]
    first: int
    keep: Keep
    solver: Solver
    dims: tuple[str, ...]
    users: Mapping[str, Layout] | None = None
    continues: bool = False

    def __getstate__(self) -> dict[str, Any]:
        return caching.state_without_cache(self)

    def unpacked(self) -> Any:
        """Model, fixed parameters, start and reducer."""
        import cloudpickle

        in_worker = multiprocessing.parent_process() is not None
        owner = multiprocessing.current_process() if in_worker else self
        cache = caching.cache_of(owner).setdefault(Recipe, {})
        objects = cache.get(self.digest)
        if objects is None:
            objects = cloudpickle.loads(self.payload)
            for old in list(cache)[: len(cache) + 1 - _AT_ONCE]:
                cache.pop(old, None)
            cache[self.digest] = objects
        return objects

    def run(self, scan: xr.Dataset) -> xr.Dataset:
        """The kept data of one chunk of the scan."""
        model, template, start, reduce = self.unpacked()
        if self.continues:
            places = {d: scan[_position(d)].values for d in self.dims}
            start = SavedRun(start.data.isel(places))
        arrays = {
            name: scan[lazy_parameters.dataset_name(name, self.dims)]
            for name in lazy_parameters.array_names(template)
        }
        unlabelled = {name: array.drop_vars(array.coords) for name, array in arrays.items()}
        parameters = lazy_parameters.join(template, unlabelled)
        task = make_task(
            model, self.times, first=self.first, parameters=parameters, start=start,
            solver=self.solver, summed=self.keep.summed,
        )  # fmt: skip
        result, _ = collect(task, replace(self.keep, reduce=reduce), None, self.users)
        return ordered(_of_any_length(result.data), self.dims)


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
        # dask graphs hold functions that pickle does not take
        return {**vars(self), "data": packed(self.data), "scan": packed(self.scan)}

    @property
    def digest(self) -> str:
        """Digest of the parameters, as every result has it in ``parameters_hash``; reads the
        numbers that are scanned.
        """
        return self.parameters.digest(self.model)

    def blocks(self) -> Iterator[dict[str, slice]]:
        """The part of the scan's dimensions that each chunk covers."""
        chunks = _chunks(self.scan, self.recipe.dims)
        edges = {dim: np.cumsum([0, *sizes]) for dim, sizes in chunks.items()}
        for numbers in product(*(range(len(sizes)) for sizes in chunks.values())):
            yield {
                str(dim): slice(int(edge[k]), int(edge[k + 1]))
                for (dim, edge), k in zip(edges.items(), numbers, strict=True)
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

    Raises NeedsExtra; errors in the numbers of a chunk are raised when that chunk runs.
    """
    try:
        import cloudpickle  # noqa: F401
        import dask  # noqa: F401
        import xarray as xr
    except ImportError as problem:
        raise errors.NeedsExtra(
            where="dask-backed parameters",
            wanted="dask and cloudpickle",
            got=str(problem),
            advice="pip install 'biomembrane[sweep]'",
            extra="sweep",
        ) from None
    asked = chosen_solver(model, solver)
    solver = asked.alone()  # the scheduler has its own threads
    keep = keep or Keep(variables=(*_course_names(model), "ledger_dissipation"), ledger="all")
    state = read_start(model, start)
    parameters = onward(model, parameters, start) or {}
    if state.by_lane:
        start = _ended(start)
    arrays, fixed = lazy_parameters.split(model, parameters)
    unified: Any = xr.unify_chunks(
        *(array.chunk() if array.chunks is None else array for array in arrays.values())
    )
    arrays = dict(zip(arrays, unified, strict=True))
    chosen = _parameter_set(model, parameters, fixed, arrays, unused(model, start))
    state.fits(chosen.dims, chosen.coords)
    chosen = replace(chosen, start=state)
    numbers = {n: x for n, x in fixed.items() if not lazy_parameters.placeholders(n, x)}
    task = make_task(
        model, grid.times, first=grid.first, parameters=numbers,
        start=start.isel(**dict.fromkeys(state.dims, 0)) if state.by_lane else start,
        solver=solver, summed=keep.summed,
    )  # fmt: skip
    _check_breaks(chosen, model, fixed.keys() - numbers.keys(), float(grid.times[-1]))
    recipe = _recipe(task, (model, fixed, start), keep, chosen, solver)
    scan = _scan_dataset(arrays, chosen)
    task = replace(task, parameters=replace(task.parameters, coords=_one_of(model, chosen)))
    one, _ = collect(task, keep, None)
    if callable(keep.reduce):
        recipe = replace(recipe, users=layouts(one.data))
    if state.by_lane:
        facts = attributes_of(model, "start_digest")
        one.data["start_digest"] = xr.DataArray(np.uint64(0), attrs=facts)
    sample = _of_any_length(_with_protocols(one.data, task, chosen) if keep.whole else one.data)
    template = _expanded(sample.drop_vars(sample.coords), scan, recipe.dims)
    data = xr.map_blocks(
        _unlabelled_block, scan.drop_vars(scan.coords), kwargs={"recipe": recipe},
        template=template,
    )[list(template)]  # fmt: skip
    data = data.assign_coords(
        {**one.data.coords, **own_coordinates(model, template.dims), **chosen.coords}
    )
    attrs = one.data.attrs
    span, empty = attrs["span"], _always_empty(attrs["empty"].split(), chosen.pieces(model))
    data.attrs = {name: attrs[name] for name in (USER_VARIABLES,) if name in attrs} | attributes(
        model, chosen, asked, BY_LANE, digest=False, span=span, empty=empty
    )
    return Lazy(data, model, solver.rtol, {}, scan, recipe, chosen)


def _always_empty(names: Sequence[str], pieces: Mapping[str, Sequence[Any]]) -> list[str]:
    """Baths at 0 mM in all lanes; of what is scanned the lanes tell, once they are known."""
    return [name for name in names if all(isinstance(x, str) for x in pieces[name])]


def _recipe(
    task: Task, objects: tuple[Any, ...], keep: Keep, chosen: ParameterSet, solver: Solver
) -> Recipe:
    """``objects``: model, fixed parameters and start."""
    payload = _pickled((*objects, keep.reduce))
    unread = replace(task, parameters=replace(chosen, scanned=frozenset()))  # numbers of the scan
    return Recipe(
        digest=hashlib.sha256(payload).hexdigest(),
        payload=payload,
        fixed=_fixed_digest(unread, keep),
        times=task.times,
        first=task.first,
        keep=replace(keep, reduce=()) if callable(keep.reduce) else keep,
        solver=solver,
        dims=tuple(chosen.dims),
        continues=chosen.start is not None and chosen.start.by_lane,
    )


def _check_breaks(chosen: ParameterSet, model: Model, scanned: Collection[str], end: float) -> None:
    """Warn of breaks that never act in protocols of which something is scanned; those of the others
    are told with the sample.
    """
    names = list(model.parameters)
    check_breaks(
        model,
        replace(chosen, timed=tuple(t for t in chosen.timed if names[t.value] in scanned)),
        end,
    )


def _position(dim: str) -> str:
    """Name in a chunk of the positions that its lanes have in the whole scan."""
    return f"position along {dim}"


def _chunks_along(arrays: Mapping[str, xr.DataArray], dim: str) -> Any:
    sizes = [dict(a.chunksizes).get(dim) for a in arrays.values()]
    return {dim: next(c for c in sizes if c is not None)}


def _ended(start: Any) -> SavedRun:
    """The end of a scan that another continues: what a chunk needs of its lanes."""
    data = start.data
    moved = [n for n in json.loads(data.attrs.get("changed_json", "[]")) if n in data.data_vars]
    needed = data[["state_end", "status", "end", "culprit", *moved]]
    return SavedRun((needed.isel(time=[-1]) if "time" in needed.dims else needed).load())


def _scan_dataset(arrays: Mapping[str, xr.DataArray], chosen: ParameterSet) -> xr.Dataset:
    """The arrays that are scanned, with the coordinates of the result."""
    import xarray as xr

    variables = {
        lazy_parameters.dataset_name(name, chosen.dims): array.drop_vars(array.coords)
        for name, array in arrays.items()
    }
    if chosen.start is not None and chosen.start.by_lane:
        variables |= {
            _position(d): xr.DataArray(np.arange(size), dims=d).chunk(_chunks_along(arrays, d))
            for d, size in chosen.dims.items()
        }
    coords = {name: v for name, v in chosen.coords.items() if name not in variables}
    return xr.Dataset(variables, coords=coords)


def _parameter_set(
    model: Model,
    parameters: Mapping[str, Any],
    fixed: Mapping[str, Any],
    arrays: Mapping[str, xr.DataArray],
    begun: frozenset[str],
) -> ParameterSet:
    """The parameters of the scan without its numbers: dimensions, coordinates, and every value in
    words.
    """
    typical = {name: lazy_parameters.typical(model, name, array) for name, array in arrays.items()}
    chosen = resolve(model, lazy_parameters.join(fixed, typical))
    grid = spread(model, {name: array.copy(data=array.data) for name, array in arrays.items()})
    first = next(iter(grid.values()))
    return replace(
        chosen,
        begun=begun,
        dims={str(dim): int(size) for dim, size in first.sizes.items()},
        coords=coordinates(model, arrays, chosen.units),
        changed=tuple(map(str, parameters)),
    )


def block(scan: xr.Dataset, recipe: Recipe) -> xr.Dataset:
    """The kept data of one chunk, laid out like the whole, with the coordinates of its part."""
    result = recipe.run(scan)
    scanned = {
        name
        for name in result.coords
        if lazy_parameters.dataset_name(str(name), recipe.dims) in scan.data_vars
    }  # in the unit of the result
    replaced = [
        name
        for name, c in result.coords.items()
        if (set(c.dims) & set(scan.dims) and name not in scanned) or name in scan.coords
    ]
    return result.drop_vars(replaced).assign_coords(scan.coords)


def _unlabelled_block(scan: xr.Dataset, recipe: Recipe) -> xr.Dataset:
    """One chunk without coordinates, which can then be read without running it."""
    result = recipe.run(scan)
    return result.drop_vars(result.coords)


def _expanded(sample: xr.Dataset, scan: xr.Dataset, dims: Sequence[str]) -> xr.Dataset:
    """Layout of the result: one run at the model's own parameters, expanded over the scan."""
    over_scan = sample.expand_dims({dim: scan.sizes[dim] for dim in dims})
    return ordered(over_scan, dims).chunk(_chunks(scan, dims))


def _one_of(model: Model, chosen: ParameterSet) -> dict[str, xr.Variable]:
    """The coordinates of one lane at the declared values, as a function of the user's sees them;
    none is read.
    """
    import xarray as xr

    def one(name: str, coord: Any) -> Any:
        p = model.parameters.get(name)
        number = units.restore(p.value, p.unit).magnitude if p is not None else None
        return np.zeros((), coord.dtype) if number is None else number

    return {n: xr.Variable((), one(n, v), v.attrs) for n, v in chosen.coords.items()}


def _of_any_length(data: xr.Dataset) -> xr.Dataset:
    """With text of a user's function as objects: numpy's own has the length of the longest."""
    return data.assign(
        {name: v.astype(object) for name, v in data.data_vars.items() if v.dtype.kind == "U"}
    )


def _course_names(model: Model) -> list[str]:
    return [name for name in present(model, (), {}, False, ()) if name in VARIABLES]


def _with_protocols(sample: xr.Dataset, task: Task, chosen: ParameterSet) -> xr.Dataset:
    """The sample with the variables that protocols add to a whole result; it lacks them where the
    protocols are scanned.
    """
    model, times = task.model, sample.sizes["time"]
    for name in variables_present(model, task.kernel.program, chosen):
        if name not in sample and TABLE[name].part is not Part.LINE:
            axes = TABLE[name].axes
            sizes = [times if axis == "time" else dimension_size(model, axis) for axis in axes]
            sample = sample.assign({name: (axes, np.zeros(sizes), attributes_of(model, name))})
    for name in chosen.moved(model):
        p = model.parameter(name)
        if name not in sample:
            facts = {"units": units.udunits(p.unit), "long_name": p.long_name or name}
            sample = sample.assign({name: (("time",), np.zeros(times), facts)})
    return sample


def _fixed_digest(task: Task, keep: Keep) -> str:
    reducer = digest(keep.reduce) if callable(keep.reduce) else "by name"
    text = repr((task.parameters.digest(task.model), reducer, task.first))
    return hashlib.sha256(text.encode()).hexdigest()
