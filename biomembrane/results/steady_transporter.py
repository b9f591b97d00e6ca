"""A transporter alone at clamped levels and voltage: turnover, fluxes, current, occupancies, and
what is read off these.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import constants, errors, units
from ..compile.clamped import (
    TEMPERATURE,
    VOLTAGE,
    ClampedProgram,
    body_temperature,
    clamped_program,
)
from ..declare.cycle import Cycle
from ..declare.solute_names import meant
from ..declare.transporter import Transporter
from ..dimension import example
from ..solve.steady.clamped_state import Alone, Turning, bisected
from ..solve.steady.equations import Array
from .clamped_names import ClampedNames

if TYPE_CHECKING:
    import xarray as xr

    from ..quantity_types import Number, Quantity, QuantityLike

LITTLE, MUCH = 1e-12, 1e12  # mM: what stands for none of a solute, and for as much as it takes
FLAT = 1e-6  # relative rise of a flux from MUCH/1000 to MUCH: beyond, it has no maximum
STEP = 1e-3  # of a logarithm, for a slope of fourth order
FARTHEST = 2.0  # V: reversal potentials are sought up to there


@errors.keywords
def steady(
    transporter: Transporter | Cycle,
    *,
    at: Mapping[str, QuantityLike | Number],
    scan: Mapping[str, Quantity | xr.DataArray] | None = None,
) -> SteadyTransporter:
    """The steady turnover of a transporter alone, at clamped concentrations and voltage; no cell is
    needed.

    The states of a cycle are at the stationary state of its diagram, which is found in closed
    form (Grassmann, Taksar & Heyman 1985), at all points of the scan at once.

    Args:
        transporter: a :class:`~biomembrane.Transporter` or a :class:`~biomembrane.Cycle`, of the
            library or your own.
        at: what is clamped, by name: concentrations ``"Na@in"`` (or ``"cell.Na"``), ``"V"`` where
            voltage acts, ``"cell.osmolarity"`` where water moves, states that a modulator reads,
            ``"temperature"`` (default 37 °C), and parameters that shall differ from those declared.
        scan: arrays of these, each a dimension of the result: ``{"V": Q([-80, …], "mV")}``.
            Several are crossed.

    Returns:
        :class:`SteadyTransporter`.

    Raises:
        WrongType: not a transporter, or not mappings.
        UnknownName: a level or a parameter that it does not have.
        DuplicateName: two names of one solute, or a level both in ``at`` and in ``scan``.
        BadSettings: a level that is missing, an empty scan, or a law that reads more of a model.
        BareNumber: a number without a unit where one is due.
        UnknownUnit: an unknown unit.
        UnitMismatch: a unit of another dimension.
        NotANumber: text without a number, or a scan that is no one-dimensional array.
        NotFinite: NaN or infinity.
        OutOfDomain: a level below zero, or a parameter outside its domain.
    """
    if not isinstance(transporter, (Transporter, Cycle)):
        raise errors.WrongType(
            where="steady(transporter, …)", wanted="a Transporter or a Cycle",
            got=errors.shown(transporter), advice="bm.steady(lib.SGLT1(membrane), at={…})",
        )  # fmt: skip
    for name, given in (("at", at), ("scan", {} if scan is None else scan)):
        errors.expect(
            given, Mapping, f"steady({name}=…)", "{name: quantity}", f"{name}={{'V': Q(-60, 'mV')}}"
        )
    temperature = body_temperature(units.Q(constants.BODY_TEMPERATURE, "kelvin"))
    clamped = clamped_program(transporter, temperature)
    names = ClampedNames(transporter, clamped)
    fixed, scanned = names.numbers(at, "at"), names.arrays(scan or {})
    twice = [name for name in scanned if name in fixed]
    if twice:
        raise errors.DuplicateName(
            where="steady(…)", wanted="each level once",
            got=f"{twice[0]} in at= and in scan=", advice=f"leave {twice[0]} out of at=",
        )  # fmt: skip
    names.complete({*fixed, *scanned})
    return SteadyTransporter(transporter, clamped, fixed, scanned)


@errors.keywords
@dataclass(frozen=True, eq=False)
class SteadyTransporter:
    """Result of :func:`steady`.

    Attributes:
        transporter: which.
        clamped: its program at clamped levels.
        fixed: numbers that are the same everywhere, in the internal system.
        scanned: by name, the dimension of the scan, its numbers and their unit.
    """

    transporter: Transporter | Cycle
    clamped: ClampedProgram
    fixed: Mapping[str, float]
    scanned: Mapping[str, tuple[str, Array, str]]

    @cached_property
    def data(self) -> xr.Dataset:
        """Over the dimensions of the scan: ``flux(process)`` in the written direction,
        ``solute_flux(solute)`` into the place of the solute, ``current`` outward positive,
        ``affinity(process)`` and ``dissipation(process)``; ``turnover(process)``, flux over the
        number of carriers, where that is declared; ``occupancy(carrier_state)`` of a cycle.
        """
        return _dataset(self)

    @cached_property
    def _alone(self) -> Alone:
        return Alone(self.transporter, self.clamped)

    @property
    def dims(self) -> dict[str, int]:
        """Sizes of the dimensions of the scan."""
        return {key: len(numbers) for key, numbers, _ in self.scanned.values()}

    def _grid(self, without: str = "") -> tuple[dict[str, Any], tuple[str, ...], tuple[int, ...]]:
        """Values by name over the lanes, dimensions and shape, without one that was scanned."""
        kept = {n: x for n, x in self.scanned.items() if n != without}
        shape = tuple(len(numbers) for _, numbers, _ in kept.values())
        mesh = np.meshgrid(*(numbers for _, numbers, _ in kept.values()), indexing="ij")
        values: dict[str, Any] = dict(self.fixed)
        values |= {name: grid.ravel() for name, grid in zip(kept, mesh, strict=True)}
        return values, tuple(key for key, _, _ in kept.values()), shape

    def _at(self, values: Mapping[str, Any], lanes: int) -> Turning:
        levels = np.zeros((len(self.clamped.clamped), lanes))
        for k, x in enumerate(self.clamped.clamped):
            levels[k] = values.get(x.name, 0.0)
        inputs = [values.get(p.name, p.value) for p in self.clamped.parameters]
        return self._alone.at(levels, inputs)

    def _resolve(self, solute: str, where: str) -> str:
        names = ClampedNames(self.transporter, self.clamped)
        return meant(
            solute, names.sides, self._alone.solutes, where,
            f"a solute that {self.transporter.name} moves",
        )  # fmt: skip

    def _coords(self, dims: tuple[str, ...]) -> dict[str, Any]:
        return {
            key: (key, units.restore(numbers, unit).magnitude, {"units": units.udunits(unit)})
            for key, numbers, unit in self.scanned.values()
            if key in dims
        }

    # --- what is read off

    def reversal(self) -> xr.DataArray:
        """The potential at which its current vanishes [mV], over the scan without V.

        Of one reaction, and of a cycle of one loop, in closed form, E = −Σ ν μ/(zF): there its
        affinity is 0. Of a cycle with several loops the potential at which the charges that these
        carry cancel, within ±2 V; NaN where there is none.

        Raises:
            NoVoltage: a transporter that moves no charge.
        """
        values, dims, shape = self._grid(without=VOLTAGE)
        lanes, overall = math.prod(shape), self._alone.overall()
        z = self._alone.most_charge if overall is None else abs(overall[1])
        if z < 1e-9:
            raise errors.NoVoltage(
                where=f"steady({self.transporter.name}).reversal()",
                wanted="a transporter that moves charge",
                got="no net charge in a turn",
                advice="static_head(of=…), the level at which an electroneutral one stands still",
                membrane=self.transporter.on.name,
            )
        if overall is not None:
            turn, charge = overall
            at_zero = turn @ self._at(values | {VOLTAGE: np.zeros(lanes)}, lanes).affinity
            E = at_zero / (charge * constants.FARADAY)
        else:
            ends = (np.full(lanes, -FARTHEST), np.full(lanes, FARTHEST))
            E = bisected(lambda V: self._at(values | {VOLTAGE: V}, lanes).current, *ends)
        return self._labelled(1e3 * E, dims, shape, "reversal", "mV", "reversal potential")

    def saturation(self, of: str) -> xr.Dataset:
        """How its flux rises with one substrate on one side, at the other levels: ``maximum``, the
        flux of the substrate from that side at saturation (V_max), ``minimum``, without it,
        ``half``, the concentration of half the rise between them (K½), and ``hill``, the slope of
        ln((J − minimum)/(maximum − J)) against ln c there.

        Args:
            of: the substrate on its side, ``"glucose@out"``; if it was scanned, that dimension is
                left out.

        Raises:
            UnknownName: no substrate of the transporter.
            BadSettings: a flux that does not saturate, or does not depend on it.
        """
        where = f"steady({self.transporter.name}).saturation(of={errors.shown(of)})"
        name = self._resolve(of, where)
        values, dims, shape = self._grid(without=name)
        lanes, row = math.prod(shape), self._alone.solutes.index(name)

        def taken(c: Array) -> Array:
            flux: Array = -self._at(values | {name: c}, lanes).produced[row]
            return flux

        none, nearly, all_ = (taken(np.full(lanes, c)) for c in (LITTLE, MUCH / 1e3, MUCH))
        rise = all_ - none
        size = np.maximum(np.abs(all_), np.abs(none))
        flat = np.abs(rise) <= FLAT * size
        if np.any(flat) or np.any(np.abs(all_ - nearly) > FLAT * np.abs(rise)):
            got = "none that depends on it" if np.any(flat) else "a flux that keeps rising"
            raise errors.BadSettings(
                where=where, wanted="a flux that saturates", got=got,
                advice="scan={…} shows its course; a channel has a conductance, not a V_max",
            )  # fmt: skip
        ends = (np.full(lanes, math.log(LITTLE)), np.full(lanes, math.log(MUCH)))
        x = bisected(lambda x: (taken(np.exp(x)) - none) / rise - 0.5, *ends)

        def logit(shift: float) -> Array:
            J = taken(np.exp(x + shift))
            return np.log(np.abs((J - none) / (all_ - J)))

        hill = (8 * (logit(STEP) - logit(-STEP)) - (logit(2 * STEP) - logit(-2 * STEP))) / (
            12 * STEP
        )
        rows = {
            "half": (np.exp(x), "mM", f"concentration of {of} at half its effect"),
            "maximum": (all_, "fmol/s", f"flux of {of} at saturation"),
            "minimum": (none, "fmol/s", f"flux of {of} without it"),
            "hill": (hill, "1", "Hill slope at half the effect"),
        }
        return _together(
            self._labelled(v, dims, shape, key, unit, text) for key, (v, unit, text) in rows.items()
        )

    def static_head(self, of: str) -> xr.DataArray:
        """The concentration of one substrate on one side at which its net flux is 0 [mM], at the
        other levels: what the transporter can hold it at.

        Args:
            of: the substrate on its side, ``"glucose@in"``; if it was scanned, that dimension is
                left out.

        Raises:
            UnknownName: no substrate of the transporter.
        """
        name = self._resolve(of, f"steady({self.transporter.name}).static_head(of=…)")
        values, dims, shape = self._grid(without=name)
        lanes, row = math.prod(shape), self._alone.solutes.index(name)
        ends = (np.full(lanes, math.log(LITTLE)), np.full(lanes, math.log(MUCH)))
        x = bisected(lambda x: self._at(values | {name: np.exp(x)}, lanes).produced[row], *ends)
        text = f"concentration of {of} at static head"
        return self._labelled(np.exp(x), dims, shape, "static_head", "mM", text)

    def _labelled(
        self, values: Array, dims: tuple[str, ...], shape: tuple[int, ...], name: str, unit: str,
        long_name: str,
    ) -> xr.DataArray:  # fmt: skip
        import xarray as xr

        facts = {"units": units.udunits(unit), "long_name": long_name}
        return xr.DataArray(
            np.reshape(values, shape), dims=dims, coords=self._coords(dims), name=name, attrs=facts
        )

    def __repr__(self) -> str:
        over = ", ".join(f"{key}: {n}" for key, n in self.dims.items())
        return f"<SteadyTransporter {self.transporter.name!r}{f' over ({over})' if over else ''}>"

    def _repr_html_(self) -> str:
        from ..html import Html, collapsible

        return collapsible(repr(self), Html(self.data._repr_html_()), open=True)


def _together(arrays: Any) -> xr.Dataset:
    import xarray as xr

    return xr.Dataset({str(a.name): a for a in arrays})


def _dataset(result: SteadyTransporter) -> xr.Dataset:
    import xarray as xr

    values, dims, shape = result._grid()  # noqa: SLF001  its own data
    found = result._at(values, math.prod(shape))  # noqa: SLF001
    alone = result._alone  # noqa: SLF001
    processes = [p.name for p in result.transporter.processes]
    data: dict[str, Any] = {}

    def put(name: str, axis: str, array: Array, unit: str, text: str) -> None:
        factor = units.from_internal(unit) if unit != "1" else 1.0
        axes = (axis, *dims) if axis else dims
        head = array.shape[:1] if axis else ()
        facts = {"units": units.udunits(unit), "long_name": text}
        data[name] = (axes, np.reshape(array * factor, (*head, *shape)), facts)

    put("flux", "process", found.flux, "fmol/s", "flux in the written direction")
    if found.carriers is not None:
        with np.errstate(all="ignore"):
            turnover = found.flux / found.carriers
        put("turnover", "process", turnover, "1/s", "flux over the number of carriers")
    put("solute_flux", "solute", found.produced, "fmol/s", "flux into the place of the solute")
    put("current", "", found.current, "pA", "current, outward positive")
    put("affinity", "process", found.affinity, "kJ/mol", "affinity")
    put("dissipation", "process", found.flux * found.affinity, "pW", "dissipated power")
    coords: dict[str, Any] = {"process": processes, "solute": alone.solutes}
    if len(found.occupancy):
        put("occupancy", "carrier_state", found.occupancy, "1", "share of the carriers")
        coords["carrier_state"] = alone.states
    levels = {
        name: f"{float(units.restore(x, _unit_of(result, name)).magnitude):g}"
        f" {_unit_of(result, name)}"
        for name, x in result.fixed.items()
    }
    attrs = {
        "title": result.transporter.name,
        "at": ", ".join(f"{k} = {v}" for k, v in levels.items()),
    }
    return xr.Dataset(data, coords={**coords, **result._coords(dims)}, attrs=attrs)  # noqa: SLF001


def _unit_of(result: SteadyTransporter, name: str) -> str:
    for p in result.clamped.parameters:
        if p.name == name and name != TEMPERATURE:
            return p.unit
    for x in result.clamped.clamped:
        if x.name == name:
            return example(x.dimension) if x.name != VOLTAGE else "mV"
    return "kelvin"
