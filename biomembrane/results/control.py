"""Control coefficients of a steady state, labelled: what its fluxes, potentials and concentrations
owe to each process, or to each parameter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, units
from ..solve.continuation import fixed
from ..solve.model_index import model_index
from ..solve.start_parameters import of_start
from ..solve.steady.control import responses
from .labels import names_along
from .schema import VARIABLES
from .steady_state import SteadyState

if TYPE_CHECKING:
    import xarray as xr

ROUNDING = 1e-11  # of the one-way fluxes: a net flux below is 0
#: by observable, the variable of the result, its unit, its meaning, and whether it is relative
_ROWS = {
    "flux": ("flux_control", "1", "d ln J by d ln of the cause", True),
    "concentration": ("concentration_control", "1", "d ln c by d ln of the cause", True),
    "volume": ("volume_control", "1", "d ln W by d ln of the cause", True),
    "potential": ("potential_response", "mV", "dV by d ln of the cause", False),
}


@errors.keywords
def control(state: SteadyState, *, by: Sequence[str] | None = None) -> xr.Dataset:
    """Control coefficients of a steady state, exact, from its Jacobian and ∂f/∂p.

    d ln J/d ln e of fluxes, d ln c/d ln e of concentrations and volumes, dV/d ln e of potentials,
    where e is the activity of a process, a factor of its rates (1 here): by these the summation
    theorems hold, Σ over all processes = 1 for each flux and 0 for what is a state (Kacser & Burns
    1973; Heinrich & Rapoport 1974).  With ``by`` the causes are parameters instead.  Conserved
    sums stay, unless a parameter is what sets them.

    Args:
        state: of :func:`~biomembrane.steady_state`, one or a scan.
        by: dotted names of parameters; default the processes.

    Returns:
        Dataset over ``cause``: ``flux_control(process)``, ``concentration_control(pool)``,
        ``volume_control(compartment)`` and ``potential_response(membrane)`` [mV]. NaN where a flux
        is 0.

    Raises:
        WrongType: not a steady state, or not a list of names.
        UnknownName: a parameter that does not exist.
        BadSettings: a parameter that says what there is at the start, of a state whose search
            began elsewhere; or activities of a model with equilibria, which have none.
    """
    errors.expect(state, SteadyState, "control(state)", "a SteadyState", "bm.steady_state(model)")
    if isinstance(by, str) or not isinstance(by, Sequence | None):
        raise errors.WrongType(
            where="control(by=…)", wanted="a list of dotted names", got=errors.shown(by),
            advice=f"by=[{errors.shown(by)}]",
        )  # fmt: skip
    t = state.run.trajectory
    model, chosen = state.model, t.parameters
    equilibria = [p.name for p in model.processes if p.slaved]
    if by is None and equilibria:
        raise errors.BadSettings(
            where="control(state)", wanted="processes with rates of their own",
            got=f"{equilibria[0]}, which is always at equilibrium and has no activity",
            advice="by=[names of parameters]",
        )  # fmt: skip
    inputs = chosen.inputs(slice(0, chosen.lanes))
    places = model_index(model).places
    names = (
        [p.name for p in model.processes]
        if by is None
        else [model.parameter(name).name for name in by]
    )
    begun = chosen.start is not None and chosen.start.state is not None
    for name in names if by is not None else ():
        if begun and name in of_start(model):
            raise fixed(name, f"control(by=[{name!r}])")
    causes = None if by is None else [places[name] for name in names]
    scale = t.kernel.call("scale", 0.0, state.rest.y, t.constants[0]).reshape(state.rest.y.shape)
    scale = np.where(scale > 0, scale, 1.0)
    found = responses(model, inputs, state.rest.y, scale, causes, totals_move=not begun)
    factors = (
        np.ones((len(names), 1))
        if causes is None
        else np.array([np.broadcast_to(inputs[k], (chosen.lanes,)) for k in causes]).reshape(
            len(names), -1
        )
    )
    return _labelled(state, names, found, factors)


def _at_equilibrium(state: SteadyState, flux: Any) -> Any:
    """By process and lane, whether a flux is the rounding of two that cancel."""
    t = state.run.trajectory
    names, size = t.kernel.program.names, np.abs(flux).max(axis=0, keepdims=True)
    gross = np.broadcast_to(size, flux.shape).copy()
    rows = [names["flux"].index(n) for n in names["forward"]]
    ways = (t.kernel.call(way, 0.0, state.rest.y, t.constants[0]) for way in ("forward", "reverse"))
    gross[rows] = np.maximum(*(np.reshape(way, (len(rows), flux.shape[1])) for way in ways))
    return np.abs(flux) <= ROUNDING * gross


def _labelled(state: SteadyState, names: list[str], found: Any, factors: Any) -> xr.Dataset:
    import xarray as xr

    t, data = state.run.trajectory, dict[str, Any]()
    dims, shape = tuple(t.dims), tuple(t.dims.values())
    coords: dict[str, Any] = {"cause": names}
    for group, (name, unit, text, relative) in _ROWS.items():
        members = list(t.kernel.program.names[group])
        if not members:
            continue
        by = found.by[group] * factors[None]
        with np.errstate(all="ignore"):
            by = by / found.values[group][:, None] if relative else by * units.from_internal(unit)
        by[~np.isfinite(by)] = np.nan
        if group == "flux":
            still = _at_equilibrium(state, found.values["flux"])
            by = np.where(still[:, None], np.nan, by)
        axis = VARIABLES[group].dim
        every = names_along(state.model, axis)
        full = np.full((len(every), *by.shape[1:]), np.nan)
        full[[every.index(n) for n in members]] = by
        data[name] = ((axis, "cause", *dims), full.reshape(len(every), len(names), *shape),
                      {"units": units.udunits(unit), "long_name": text})  # fmt: skip
        coords[axis] = every
    own = {n: c for n, c in state.data.coords.items() if set(c.dims) <= set(dims)}
    return xr.Dataset(data, coords={**coords, **own}, attrs={"title": state.model.name})
