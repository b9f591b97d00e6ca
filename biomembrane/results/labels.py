"""Labels of the dimensions that all results have, and the attributes that describe how a result was
computed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .. import caching, units
from ..account.display_names import labels as transporter_labels
from ..assemble.model import Model
from ..declare.places import Membrane
from ..declare.source import OWN
from ..declare.transporter import Process
from ..solve.engine_protocols import Solver
from ..solve.model_index import model_index
from ..solve.parameter_set import OfLane, ParameterSet
from . import schema

if TYPE_CHECKING:
    import xarray as xr


def state_indices(model: Model, variable: str) -> list[int]:
    """Indices of the states that a variable holds: amounts, gates, or auxiliary states."""
    return [i for i, x in enumerate(model.states) if x.variable == variable]


def names_along(model: Model, dim: str) -> list[str]:
    """Names along a dimension."""
    objects: dict[str, Callable[[], Iterable[Any]]] = {
        "pool": lambda: [model.states[i] for i in state_indices(model, "amount")],
        "gate": lambda: [model.states[i] for i in state_indices(model, "open_fraction")],
        "auxiliary_state": lambda: [model.states[i] for i in state_indices(model, "auxiliary")],
        "membrane": lambda: model.membranes,
        "place": model.places.values,
        "compartment": lambda: model.compartments,
        "process": lambda: model.processes,
        "electrode": lambda: model.electrodes,
        "state": lambda: model.states,
    }
    if dim in objects:
        return [x.name for x in objects[dim]()]
    if dim == "bath_solute":
        return [f"{r.name}.{s.name}" for r in model.reservoirs for s in r.contents]
    return list(schema.loops(model)) if dim == "loop" else list(model.exergy)


def _other_coordinates(model: Model, dim: str) -> dict[str, list[str]]:
    """Further coordinates along a dimension, by name."""
    if dim == "pool":
        pools = [model.states[i] for i in state_indices(model, "amount")]
        return {
            "pool_species": [x.label for x in pools],
            "pool_place": [x.place for x in pools],
            "pool_kind": [x.kind for x in pools],
        }
    if dim == "auxiliary_state":
        own = [model.states[i] for i in state_indices(model, "auxiliary")]
        return {"auxiliary_state_unit": [units.udunits(x.unit) for x in own]}
    if dim == "process":
        return {"transporter": [p.transporter for p in model.processes]}
    if dim == "entry":
        entries = model.ledger_layout.labels
        return {f"entry_{label}": list(names) for label, names in entries.items()}
    if dim == "loop":
        return {"loop_cycle": list(schema.loops(model).values())}
    if dim == "state":
        return {"state_unit": [x.unit for x in model.states]}
    if dim == "bath_solute":
        rows = [(s.name, r.name) for r in model.reservoirs for s in r.contents]
        return {"bath_species": [s for s, _ in rows], "bath_place": [r for _, r in rows]}
    return {}


def own_coordinates(model: Model, used: Iterable[Any]) -> dict[str, xr.Variable]:
    """Coordinates along these dimensions, except time and those of a scan; computed once for each
    model.
    """
    coordinates: dict[str, xr.Variable] = {}
    for dim in (d for d in schema.DIMENSIONS if d in set(used)):
        held = caching.cache_of(model)
        if ("labels", dim) not in held:
            held["labels", dim] = _labels(model, dim)
        coordinates |= {name: v.copy(deep=name != dim) for name, v in held["labels", dim].items()}
    return coordinates


def _labels(model: Model, dim: str) -> dict[str, xr.Variable]:
    import numpy as np
    import xarray as xr

    texts = {} if dim == "entry" else {dim: names_along(model, dim)}
    texts |= _other_coordinates(model, dim)
    arrays = {name: np.array(list(map(str, column)), dtype=str) for name, column in texts.items()}
    return {
        name: (xr.IndexVariable if name == dim else xr.Variable)(dim, array)
        for name, array in arrays.items()
    }


# --- attributes


@lru_cache(maxsize=8)
def version(package: str) -> str:
    """The installed version of a package, looked up once."""
    from importlib.metadata import version as installed

    return installed(package)


def model_description(model: Model) -> dict[str, Any]:
    """The model as figures need it: by membrane its inside and outside; by process its membrane,
    the elementary charges that a turnover moves out of the inside through the membrane (0 for an
    electrode), and the net coefficients of its solutes; by species its charge; by transporter its
    label.
    """

    def row(process: Process) -> list[Any]:
        on, net = process.on, process.reaction.net.items()
        moved = process.charge_moved.get(on.inside.name, 0) if isinstance(on, Membrane) else 0
        # what a stream carries depends on the state, and so does its charge
        out: Any = math.nan if getattr(moved, "free_symbols", ()) else -moved
        if any(x.is_source for x, _ in net):
            out = 0
        return [on.name, float(out), {x.pool: n for x, n in net if x.is_solute}]

    return {
        "membranes": {m.name: [m.inside.name, m.outside.name] for m in model.membranes},
        "processes": {p.name: row(p) for p in model.processes},
        "charges": {s.name: float(s.charge) for s in model.species.values()},
        "labels": transporter_labels(model),
        "faraday": model.faraday,
    }


def ledger_description(model: Model) -> dict[str, Any]:
    """The model as the ledger needs it, besides the labels of its entries; ``touched``: by bath and
    held pool, the processes that move it.
    """
    ledger_layout = model.ledger_layout
    return {
        "labels": transporter_labels(model),
        "transporters": ledger_layout.transporters,
        "processes": [
            [p.name, p.transporter, p.rates.reason if p.certificate.exempt else None]
            for p in model.processes
        ],
        "pools": [[x.name, x.carried_as] for x in model.pools],
        "unaccounted": list(model.unaccounted),
        "constants": list(model.constants_in_words),
        "species": {name: s.label for name, s in model.species.items()},
        "fuel": {
            name: [[fuel, sorted(names_along)] for fuel, names_along in parts]
            for name, parts in ledger_layout.fuel.items()
        },
        "conversions": list(model.interconverted),
        "touched": {name: list(used) for name, (_, used) in model_index(model).baths.items()},
    }


def _json(model: Model, description: Callable[[Model], Any]) -> str:
    """A description of the model in JSON, written once for each model."""
    held = caching.cache_of(model)
    key = ("text", description.__name__)
    if key not in held:
        held[key] = json.dumps(description(model), ensure_ascii=False)
    text: str = held[key]
    return text


def sources(model: Model) -> dict[str, str]:
    """Source of each parameter, in words."""
    held = caching.cache_of(model)
    if sources not in held:
        held[sources] = {p.name: str(p.source) for p in model.parameters.values()}
    texts: dict[str, str] = held[sources]
    return texts


def attributes(
    model: Model,
    chosen: ParameterSet,
    solver: Solver,
    status: str,
    *,
    span: float,
    empty: Iterable[str],
    digest: bool = True,
) -> dict[str, Any]:
    """Attributes of a result: model, every parameter as it was used, settings, sources, versions.

    ``span``: the time that was asked for [s]; ``empty``: baths and held pools at 0 mM; ``digest``:
    whether to add that of the parameters, for which the numbers of a lazy scan have to be read.
    """
    given = {name: str(OWN) for name in chosen.changed if name in model.parameters}
    pieces = chosen.pieces(model)
    scanned = {
        name: [_piece(x) for x in texts]
        for name, texts in pieces.items()
        if any(isinstance(x, OfLane) for x in texts)
    }
    used = chosen.used(model, pieces)
    described = {
        "Conventions": "CF-1.11", "title": model.name,
        "source": f"biomembrane {version('biomembrane')}", "model_hash": model.hash,
        schema.VERSION_ATTRIBUTE: str(schema.VERSION), "status": str(status), "span": span,
        "empty": " ".join(sorted(empty)),
        "system_json": _json(model, model_description),
        "books_json": _json(model, ledger_description),
        "parameters_json": json.dumps(used, ensure_ascii=False),
        "scanned_json": json.dumps(scanned, ensure_ascii=False),
        "start_digest": "" if chosen.start is None else chosen.start.digest,
        "solver_json": json.dumps({"name": type(solver).__name__, **vars(solver)}),
        "sources_json": json.dumps(sources(model) | given, ensure_ascii=False),
        "changed_json": json.dumps(list(chosen.changed)),
        "versions_json": json.dumps({n: version(n) for n in ("numpy", "scipy", "sympy", "xarray")}),
    }  # fmt: skip
    return described | ({"parameters_hash": chosen.digest(model, used)} if digest else {})


def _piece(piece: str | OfLane) -> str | Mapping[str, str]:
    return piece if isinstance(piece, str) else {"lane": piece.name}
