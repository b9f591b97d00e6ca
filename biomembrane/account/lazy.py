"""Scans whose parameters are dask arrays: nothing runs until a chunk is asked for, on any dask scheduler, here or on a cluster."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, units
from ..assemble.model import Model
from ..solve.native import Native
from ..solve.problem import Solver
from ..solve.simulate import Task, prepare
from .keep import Keep, Kept, collect

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

_NEED = "pip install 'biomembrane[sweep]'"


def _packed(what: Any) -> bytes:
    """Bytes for another process, functions included; quantities by number and unit, for pint would take them to a registry of its own."""
    import cloudpickle

    class Pickler(cloudpickle.Pickler):
        def reducer_override(self, value: Any) -> Any:
            if units.is_quantity(value) and not isinstance(value, type):
                return units.Q, (value.magnitude, units.unit_of(value))
            return super().reducer_override(value)

    stream = io.BytesIO()
    Pickler(stream).dump(what)
    return stream.getvalue()


@lru_cache(maxsize=8)
def _unpacked(_digest: str, payload: bytes) -> Any:
    import cloudpickle

    return cloudpickle.loads(payload)


@dataclass(frozen=True, eq=False)
class Recipe:
    """A simulation without its scan, as it travels to a worker: model, start and functions are packed once, and unpacked once a process.

    ``fixed`` tells two scans apart by what is the same in all their lanes, parameters, protocols and start, alike in every process.
    """

    digest: str
    payload: bytes
    fixed: str
    times: NDArray[np.float64]
    keep: Keep
    solver: Solver

    def run(self, scan: xr.Dataset) -> xr.Dataset:
        """The kept data of one chunk of the scan."""
        model, fixed, start, reduce = _unpacked(self.digest, self.payload)
        given = {**fixed, **{str(name): array.drop_vars(array.coords) for name, array in scan.data_vars.items()}}
        task = prepare(model, self.times, parameters=given, start=start, solver=self.solver, summed=self.keep.summed)
        made, _ = collect(task, replace(self.keep, reduce=reduce), None)
        return made.data


@dataclass(frozen=True, eq=False)
class Lazy(Kept):
    """A scan that has not run: ``data`` holds dask arrays, chunked like the parameters.

    ``data.compute()`` runs all of it, ``data.isel(…).compute()`` the chunks that are needed, :func:`biomembrane.save` to a ``.zarr`` folder
    runs it chunk by chunk and can be called again after a failure.
    """

    scan: xr.Dataset
    recipe: Recipe

    def blocks(self) -> Iterator[dict[str, slice]]:
        """Where each chunk lies along the scan's dimensions."""
        edges = {dim: np.cumsum([0, *sizes]) for dim, sizes in _chunks(self.scan).items()}
        for at in product(*(range(len(e) - 1) for e in edges.values())):
            yield {str(d): slice(int(e[k]), int(e[k + 1])) for (d, e), k in zip(edges.items(), at, strict=True)}

    def __repr__(self) -> str:
        return f"<Lazy scan of {self.model.name!r} in {sum(1 for _ in self.blocks())} chunks>"


def _chunks(scan: xr.Dataset) -> dict[Any, tuple[int, ...]]:
    return {dim: scan.chunksizes.get(dim, (scan.sizes[dim],)) for dim in scan.dims}


def lazy(
    model: Model, times: NDArray[np.float64], *, parameters: Mapping[str, Any], start: Any, keep: Keep, solver: Solver | None,
) -> Lazy:  # fmt: skip
    """The scan as dask arrays.  Raises NeedsExtra; what is wrong with the numbers of a chunk is raised when that chunk runs."""
    try:
        import cloudpickle  # noqa: F401
        import dask  # noqa: F401
        import xarray as xr
    except ImportError as problem:
        raise errors.NeedsExtra(where="dask-backed parameters", wanted="dask and cloudpickle", got=str(problem), advice=_NEED) from None
    arrays = {name: value for name, value in parameters.items() if hasattr(value, "dims")}
    fixed = {name: value for name, value in parameters.items() if name not in arrays}
    for name, array in arrays.items():
        model.parameter(name)
        if "units" not in array.attrs:
            advice = f"attrs={{'units': {model.parameter(name).unit!r}}}"
            raise errors.BareNumber(where=f"parameters[{name!r}]", wanted="attrs={'units': …} on the DataArray", got="no units", advice=advice)
    chosen = solver or Native()
    if isinstance(chosen, Native):
        chosen = replace(chosen, threads=1)  # the scheduler has its own
    scan = xr.Dataset({name: array.chunk() if array.chunks is None else array for name, array in arrays.items()}).unify_chunks()
    payload = _packed((model, fixed, start, keep.reduce))
    light = replace(keep, reduce=()) if callable(keep.reduce) else keep
    task = prepare(model, times, parameters=fixed, start=start, solver=chosen, summed=keep.summed)
    recipe = Recipe(hashlib.sha256(payload).hexdigest(), payload, _fixed(task, keep), times, light, chosen)
    template = _template(task, keep, scan)
    facts = {name: coord for name, coord in template.coords.items() if name not in template.dims and name not in scan.coords}
    data = xr.map_blocks(_bare, scan, kwargs={"recipe": recipe}, template=template.drop_vars(facts)).assign_coords(facts)
    data = data.assign_coords({str(name): array for name, array in scan.data_vars.items() if name not in data.coords})
    data.attrs = template.attrs | {"changed_json": json.dumps(list(map(str, parameters)))}
    return Lazy(data, model, chosen.rtol, {}, scan, recipe)


def block(scan: xr.Dataset, recipe: Recipe) -> xr.Dataset:
    """The kept data of one chunk, laid out like the whole."""
    made = recipe.run(scan)
    own = [name for name, coord in made.coords.items() if set(coord.dims) & set(scan.dims)]
    return made.drop_vars(own).assign_coords(scan.coords)


def _bare(scan: xr.Dataset, recipe: Recipe) -> xr.Dataset:
    """Without what is known of labels: to read that, no chunk need run."""
    made = block(scan, recipe)
    return made.drop_vars([name for name in made.coords if name not in made.dims and name not in scan.coords])


def _template(task: Task, keep: Keep, scan: xr.Dataset) -> xr.Dataset:
    """What comes out, without the numbers: one run at the model's own parameters, spread over the scan."""
    one, _ = collect(task, keep, None)
    made = one.data.expand_dims({str(dim): scan.sizes[dim] for dim in scan.dims})
    return made.transpose(..., *scan.dims).chunk(_chunks(scan)).assign_coords(scan.coords)


def _fixed(task: Task, keep: Keep) -> str:
    given, start = task.parameters, task.start
    begun = {at: shares.tolist() for at, shares in start.shares.items()}, None if start.state is None else start.state.tolist()
    reduced = _code(keep.reduce.__code__) if isinstance(keep.reduce, FunctionType) else type(keep.reduce).__qualname__
    return hashlib.sha256(repr((given.base.tolist(), given.timed, given.forms, begun, reduced)).encode()).hexdigest()


def _code(code: CodeType) -> tuple[Any, ...]:
    """What a function does, alike in every process: its code, the names and the constants in it, not where it stands."""
    return code.co_code, code.co_names, [_code(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts]
