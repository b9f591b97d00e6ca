"""Values given for parameters, checked and laid out in lanes: numbers, arrays and protocols."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, units
from ..assemble.model import Model
from ..assemble.temperature_table import tell_of_run
from ..compile.program import Form, ramp
from ..declare.parameter import Declared, check_domain
from ..declare.parameter_checks import check_usual
from ..declare.place_contents import check_equivalents
from ..declare.protocol import Protocol, Shape
from ..dimension import CONCENTRATION, TIME, Dimension
from .model_index import model_index
from .parameter_set import ParameterSet
from .scan_grid import coordinates, labelled, spread, unlabelled
from .schedule import TIMES, VALUES, Sampled, Samples, Timed
from .start_parameters import changeable

if TYPE_CHECKING:
    import xarray as xr


def resolve(model: Model, given: Mapping[str, Any] | None) -> ParameterSet:
    """Check names, units, finiteness and domains, and lay the sets out in lanes.

    Raises UnknownName, BareNumber, UnitMismatch, NotFinite, OutOfDomain, NotANumber, BadSettings.
    """
    if given is not None and not isinstance(given, Mapping):
        advice = "parameters={'blood.K': Q(10, 'mM')}"
        raise errors.WrongType(
            where="simulate(parameters=…)",
            wanted="{dotted name: quantity or DataArray}",
            got=errors.shown(given),
            advice=advice,
        )
    sheet = _Sheet(model)
    given = {**model.protocols, **(given or {})}
    for name, value in given.items():
        sheet.protocol(name, value) if isinstance(value, Protocol) else sheet.put(name, value)
    tell_of_run(model.parameters, sheet.temperatures)
    broadcast = spread(model, sheet.arrays)
    first = next(iter(broadcast.values()), None)
    dims = {} if first is None else {str(k): v for k, v in first.sizes.items()}
    laid = {key: array.values for key, array in broadcast.items()}
    declared = model_index(model)
    base = np.concatenate([declared.values, np.zeros(len(sheet.extra))])
    added = {name: len(declared.values) + i for i, name in enumerate(sheet.extra)}
    index = ChainMap(added, declared.places)  # type: ignore[arg-type]
    for name, x in sheet.numbers.items():
        if name in index:
            base[index[name]] = x
    timed = tuple(
        t.taken(lambda key: sheet.numbers.get(key, laid.get(key))).indexed(index)
        for t in sheet.timed
    )
    arrays = {index[name]: array for name, array in laid.items() if name in index}
    coords = coordinates(model, sheet.given, sheet.units)
    return ParameterSet(
        base,
        arrays,
        dims,
        coords,
        tuple(given),
        timed,
        tuple(sheet.forms),
        sheet.units,
        frozenset(sheet.given),
    )


def check_breaks(model: Model, given: ParameterSet, end: float) -> None:
    """Warn with :class:`~biomembrane.errors.Unusual` where breaks of a protocol never act: after
    the end of the run, in all lanes.

    The first point of a ramp after the end says where the line leads to, and acts.
    """
    names = list(model.parameters)
    for t in given.timed:
        times = [x for x in t.times if isinstance(x, (float, np.ndarray))]
        late = sum(bool(np.min(x) > end) for x in times) - t.ramps
        if late > 0:
            noun = ("point" if t.ramps else "break") + "s" * (late > 1)
            comes, acts = ("comes", "acts") if late == 1 else ("come", "act")
            errors.unusual(
                f"{late} {noun} of the protocol of {names[t.value]} {comes} after the end of the"
                f" run, {units.restore(end, 's'):.6g~P}, and never {acts}"
            )


class _Sheet:
    """What was given, sorted: numbers and labelled arrays by name, protocols as pieces whose
    numbers have names of their own.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.numbers: dict[str, float] = {}
        self.arrays: dict[str, xr.DataArray] = {}
        self.given: dict[str, xr.DataArray] = {}  # the same in the user's units
        self.units: dict[str, str] = {}
        self.extra: list[str] = []
        self.timed: list[Timed] = []
        self.forms: list[Form] = []
        self.temperatures: list[float] = []  # that the run is asked for

    def put(self, name: str, value: Any) -> None:
        p = self.model.parameter(name)
        self.piece(name, value, f"parameters[{name!r}]", p.dimension, p.domain, p.unit, p)

    def piece(
        self,
        key: str,
        value: Any,
        where: str,
        dim: Dimension,
        domain: str,
        unit: str,
        p: Declared | None = None,
    ) -> str:
        """One number or array under a name of its own; ``p``: the parameter whose value it is."""
        array = None if units.is_plain(value) else labelled(value, where)
        number = units.strip(value, dim, where)
        if array is None and isinstance(number, np.ndarray):
            raise unlabelled(where)
        self.units[key] = unit
        if p is not None and p.dimension == CONCENTRATION:
            self.particles(p.name, value, float(np.min(number)), where)
        for x in (
            {float(np.min(number)), float(np.max(number))}
            if array is not None
            else (float(number),)
        ):  # every domain is an interval
            check_domain(x, domain, where, lambda x=x: units.restore(x, unit))
            if p is not None:
                check_usual(p, x, where)
                self.temperatures += [x] if p.name == "temperature" else []
        if array is None:
            self.numbers[key] = float(number)
        else:
            self.arrays[key], self.given[key] = array.copy(data=number), array
        return key

    def particles(self, name: str, value: Any, number: float, where: str) -> None:
        """Raise ``AmbiguousUnit`` for equivalents per litre of an ion of several charges."""
        species = self.model.concentrations.get(name)
        if species is not None and abs(species.charge) != 1:
            unit = units.unit_of(
                units.labelled(value, where)
                if units.is_labelled(value)
                else units.as_quantity(value, where)
            )
            check_equivalents(species, unit, number, where)

    def protocol(self, name: str, given: Protocol) -> None:
        p = self.model.parameter(name)
        where = f"parameters[{name!r}], Protocol.{given.kind}"
        changeable(self.model, name, f"parameters[{name!r}], Protocol")
        if given.kind == Shape.FUNCTION:
            self.function(name, given, where)
            return
        slope, origin = f"{name} slope", f"{name} origin"
        if given.kind == Shape.WAVEFORM:
            self.timed.append(Sampled(name, slope, origin, *self.samples(p, given, where), True))
            self.extra += [slope, origin]
            self.forms.append(ramp(self.model.symbol(name), slope, origin))
            return
        times = tuple(
            self.piece(
                f"{name}.{TIMES}{k + 1}", t, f"{where}, time {k + 1}", TIME, "nonnegative", "s"
            )
            for k, t in enumerate(given.times)
        )
        values = tuple(
            self.piece(
                f"{name}.{VALUES}{k + 1}",
                v,
                f"{where}, value {k + 1}",
                p.dimension,
                p.domain,
                p.unit,
                p,
            )
            for k, v in enumerate(given.values)
        )
        self.timed.append(Timed(name, slope, origin, times, values, given.kind == Shape.RAMPS))
        if given.kind == Shape.RAMPS:
            self.extra += [slope, origin]
            self.forms.append(ramp(self.model.symbol(name), slope, origin))

    def samples(self, p: Declared, given: Protocol, where: str) -> tuple[Samples, Samples]:
        """Times and values of a waveform, the lowest and the highest checked."""
        values = units.strip(given.values[0], p.dimension, where)
        self.units[p.name] = p.unit
        for x in (float(values.min()), float(values.max())):
            check_domain(x, p.domain, where, units.restore(x, p.unit))
            check_usual(p, x, where)
        return (units.strip(given.times[0], TIME, where),), (values,)

    def function(self, name: str, given: Protocol, where: str) -> None:
        dims = {}
        for key, value in given.quantities.items():
            here = f"{where}({key}=…)"
            spread_ = not units.is_plain(value) and labelled(value, here) is not None
            quantity = units.labelled(value, here) if spread_ else units.as_quantity(value, here)
            dims[key] = units.dimension_of(quantity)
            self.piece(f"{name}.{key}", value, here, dims[key], "real", units.unit_of(quantity))
        expression = given.expression(name, self.model.parameter(name).dimension, dims)
        extra = tuple(f"{name}.{key}" for key in given.quantities)
        self.extra += extra
        self.forms.append(Form(name, expression, extra))
