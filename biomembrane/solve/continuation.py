"""A run that continues another: with the parameters of that run at its end, unless others are
given.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from .. import errors, units
from ..assemble.model import Model
from ..declare.solute_names import renamed
from .parameter_set import BEGUN
from .start_parameters import of_start, potentials_of_start


def onward(model: Model, given: Mapping[str, Any] | None, start: Any) -> Mapping[str, Any] | None:
    """Parameters given, under dotted names, and those of the run that is the ``start``: numbers,
    arrays over its lanes, and the last value of a protocol.

    Raises ``BadSettings`` for a parameter that determines the state at the start, unless that run
    was given the same.
    """
    if isinstance(given, Mapping):
        given = renamed(given, model.sides, model.parameters, "simulate(parameters=…)")
    if not hasattr(start, "end_state") or not isinstance(given or {}, Mapping):
        return given
    mine = dict(given or {})
    names = json.loads(start.data.attrs.get("changed_json", "[]"))
    theirs = {name: _value(start.data, name) for name in names if name in model.parameters}
    for name, value in mine.items():
        if (
            name in model.parameters
            and name in of_start(model)
            and not (name in theirs and _same(model, name, value, theirs[name]))
        ):
            raise fixed(name, f"parameters[{name!r}]")
    return {**{name: value for name, value in theirs.items() if name not in mine}, **mine}


def fixed(name: str, where: str) -> errors.BiomembraneError:
    """The error for a parameter that determines the start of a run that continues another."""
    got = f"{name}, which sets what the model holds at the start, beside start="
    advice = f"leave {name} out, or leave start= out and give the contents"
    return errors.BadSettings(
        where=where, wanted="parameters that act during the run", got=got, advice=advice
    )


def unused(model: Model, start: Any) -> frozenset[str]:
    """Parameters that a run does not use which continues another: contents and potentials at the
    start.
    """
    if not hasattr(start, "end_state"):
        return frozenset()
    contents = frozenset(x.given_by for x in model.states if x.given_by is not None)
    return contents | potentials_of_start(model)


def _value(data: Any, name: str) -> Any:
    """Value of a parameter at the end of a run, from its data."""
    values = (
        data[name].isel(time=-1)
        if name in data.data_vars and "time" in data[name].dims
        else data[name]
        if name in data.coords
        else None
    )
    if values is None:
        return units.quantity(
            json.loads(data.attrs["parameters_json"])[name].removesuffix(BEGUN), f"start=, {name}"
        )
    unit = str(values.attrs["units"])
    if not values.ndim:
        return units.Q(float(values), units.from_udunits(unit))
    return values.drop_vars(
        [c for c in values.coords if str(c) not in values.dims and ("." in str(c) or c == "time")]
    ).assign_attrs(units=unit)


def _same(model: Model, name: str, mine: Any, theirs: Any) -> bool:
    """Whether two values of a parameter are the same number, lane by lane."""
    p = model.parameter(name)
    try:
        a, b = (units.strip(x, p.dimension, f"parameters[{name!r}]") for x in (mine, theirs))
    except errors.BiomembraneError:
        return False
    return (
        getattr(mine, "dims", ()) == getattr(theirs, "dims", ())
        and np.shape(a) == np.shape(b)
        and bool(np.allclose(a, b, rtol=1e-12, atol=0))
    )
