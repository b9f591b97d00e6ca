"""The panels of time courses of a run: potential, gates, ions, pH, other solutes, volume, fluxes
and energies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from .. import dimension, errors, units
from .break_marks import Breaks, breaks, edged, jumps
from .colours import COLOURS, colour_of
from .panel import Line, Panel, groups, merged
from .print_format import IONS, pretty
from .result_data import solute_mask

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from .flow_parts import FlowLike

    Array = NDArray[np.float64]

KEYS = ("potential", "gates", "ions", "pH", "solutes", "volume", "flux", "energy")
SUMS = {  # of the ledger, with their colours
    "spent": COLOURS["ATP"], "supplied": "#56B4E9", "imposed": "#AA4499",
    "dissipated": COLOURS["heat"], "delivered": "#332288", "stored": COLOURS["charge"],
}  # fmt: skip
_ALWAYS_DRAWN = {"spent", "dissipated", "stored"}
_JUMPING = {"imposed", "stored"}  # with the parameters; the others are integrals over time
_FLUX_TITLES = {
    2: ("Large fluxes", "Small fluxes"),
    3: ("Large fluxes", "Medium fluxes", "Small fluxes"),
}


class LedgerLike(Protocol):
    """The part of a ledger that figures read: energies [pJ] over time, and flows of energy [pJ]
    over the whole run.
    """

    @property
    def passed(self) -> xr.DataArray: ...
    @property
    def residual(self) -> xr.DataArray: ...
    @property
    def residual_relative(self) -> xr.DataArray: ...
    def flows(self) -> Sequence[FlowLike]: ...


class RunLike(Protocol):
    """The part of a run that figures read."""

    @property
    def data(self) -> xr.Dataset:
        """The labelled trajectory."""

    @property
    def ledger(self) -> LedgerLike:
        """The energy ledger."""

    @property
    def model_name(self) -> str:
        """Name of the model."""


@dataclass(frozen=True)
class _Solute:
    """A concentration [mM] in a place over time; ``bath``: of a reservoir."""

    species: str
    place: str
    x: Array
    y: Array
    bath: bool = False


@dataclass(frozen=True, eq=False)
class Contents:
    """The panels of a run, by key; ``data`` is that of one lane."""

    run: RunLike
    data: xr.Dataset

    @cached_property
    def time(self) -> Array:
        """Output times [s]."""
        return np.asarray(self.data["time"].values, float)

    def panel(self, key: str) -> Panel | None:
        """The panel of that key, not yet tidy; None where there is nothing to show."""
        panel: Panel | None = getattr(self, f"_{key}")()
        return panel if panel is not None and merged(panel.lines) else None

    @property
    def panels(self) -> list[Panel]:
        """All panels that have something to show, in the order of ``KEYS``."""
        return [panel for panel in map(self.panel, KEYS) if panel is not None]

    # --- state

    def _potential(self) -> Panel | None:
        if "potential" not in self.data:
            return None
        lines = self._plain("potential", "membrane", self._jumps(".capacitance"))
        return Panel("potential", "Potential", "mV", lines, settled=True)

    def _gates(self) -> Panel | None:
        if "open_fraction" not in self.data:
            return None
        columns = self._columns(self.data["open_fraction"], "gate")
        lines = [
            Line(name, self.time, y, colour_of(name), i) for i, (name, y) in enumerate(columns)
        ]
        return Panel("gates", "Open fraction", "", lines)

    def _volume(self) -> Panel | None:
        if "volume" not in self.data:
            return None
        lines = self._plain("volume", "compartment", self._jumps(".volume"))
        return Panel("volume", "Volume", "pL", [line for line in lines if _changes(line.y, 1e-3)])

    def _plain(self, name: str, dim: str, at: list[float]) -> list[Line]:
        columns = self._columns(self.data[name], dim)
        return [Line(member, *edged(self.time, y, at), COLOURS["charge"]) for member, y in columns]

    def _columns(self, array: xr.DataArray, dim: str) -> Iterator[tuple[str, Array]]:
        """Name and time course of every entry along ``dim``."""
        values = np.asarray(array.transpose("time", dim).values, float)
        for i, name in enumerate(array[dim].values):
            yield str(name), values[:, i]

    # --- concentrations

    def _ions(self) -> Panel | None:
        rows = [row for row in self._solute if row.species in IONS and row.species != "H"]
        changed = {row.species for row in rows} | {s for s in IONS if s != "H"}
        levels = (
            [row for row in self._baths(changed) if f"{row.place}.{row.species}" in self.data]
            if rows
            else []
        )
        return _concentrations("ions", "Ions", rows, levels)

    def _pH(self) -> Panel | None:
        rows = [row for row in self._solute if row.species == "H"]
        panel = _concentrations(
            "pH", "pH", [_as_pH(row) for row in [*rows, *(self._baths({"H"}) if rows else ())]], []
        )
        if panel is None:
            return None
        return replace(panel, name="pH", unit="−log₁₀ c/M", log=False)

    def _solutes(self) -> Panel | None:
        rows = [row for row in self._solute if row.species not in IONS and _changes(row.y, 1e-6)]
        return _concentrations(
            "solutes", "Solutes", rows, list(self._baths({row.species for row in rows}))
        )

    @cached_property
    def _solute(self) -> list[_Solute]:
        """Solutes of compartments that can change: neither carriers nor held concentrations."""
        if "concentration" not in self.data:
            return []
        array, at = self.data["concentration"], self._jumps(".volume")
        tags = zip(
            array["pool_species"].values,
            array["pool_place"].values,
            solute_mask(array),
            strict=True,
        )
        columns = zip(tags, self._columns(array, "pool"), strict=True)
        return [
            _Solute(str(s), str(p), *edged(self.time, y, at))
            for (s, p, free), (_, y) in columns
            if free
        ]

    def _baths(self, species: set[str]) -> Iterator[_Solute]:
        """Concentrations of these species in the reservoirs, with the breaks of their protocols."""
        baths: dict[str, dict[str, float]] = getattr(self.run, "baths", None) or {}
        for place, contents in baths.items():
            for name, initial in ((s, c) for s, c in contents.items() if s in species):
                key = f"{place}.{name}"
                if key not in self.data:
                    yield _Solute(
                        name, place, self.time, np.full(self.time.shape, initial), bath=True
                    )
                elif key in self._breaks:
                    x, y = self._breaks[key].course(
                        dimension.CONCENTRATION, self.time[0], self.time[-1]
                    )
                    yield _Solute(name, place, x, y, bath=True)
                else:
                    unit = units.from_udunits(self.data[key].attrs["units"])
                    yield _Solute(
                        name,
                        place,
                        self.time,
                        np.asarray(self.data[key].values, float) / units.from_internal(unit),
                        bath=True,
                    )

    @cached_property
    def _breaks(self) -> dict[str, Breaks]:
        return breaks(self.data)

    def _jumps(self, ending: str = "") -> list[float]:
        return jumps(self._breaks, ending)

    # --- flows

    def _flux(self) -> Panel | None:
        """Every transporter in the colour of its largest energy source.

        A kinetic cycle has a process a step, all alike once it turns steadily: the step with the
        largest mean flux stands for it.
        """
        if "flux" not in self.data:
            return None
        array = self.data["flux"]
        payers: dict[str, tuple[float, str]] = {}
        for flow in self.run.ledger.flows():
            if flow.kind in {"supply", "input"}:
                payers[flow.target] = max(
                    payers.get(flow.target, (0.0, "")), (flow.energy, flow.source)
                )
        names: dict[str, str] = getattr(self.run.ledger, "labels", {})
        owners = (
            array["transporter"].values
            if "transporter" in array.coords
            else array["process"].values
        )
        steps: dict[str, Array] = {}
        for owner, (_, y) in zip(owners, self._columns(array, "process"), strict=True):
            label = names.get(str(owner), str(owner))
            steps[label] = max(steps.get(label, y), y, key=_mean)
        at = self._jumps()
        lines = [
            Line(
                label,
                *edged(self.time, y, at),
                colour_of(payers[label][1] if label in payers else label),
            )
            for label, y in steps.items()
        ]
        return Panel("flux", "Flux", str(array.attrs.get("units", "fmol s-1")), lines, settled=True)

    def _energy(self) -> Panel | None:
        arrays = [
            (name, getattr(self.run.ledger, name, None), colour) for name, colour in SUMS.items()
        ]
        rows = [
            (name, np.asarray(array.values, np.float64), colour)
            for name, array, colour in arrays
            if array is not None and array.dims == ("time",)
        ]
        peak = max(
            (float(np.nanmax(np.abs(y))) for _, y, _ in rows if np.isfinite(y).any()), default=0.0
        )
        drawn = [
            (name, y, colour)
            for name, y, colour in rows
            if name in _ALWAYS_DRAWN or np.nanmax(np.abs(y)) > 1e-6 * peak
        ]
        lines = [
            Line(name, *edged(self.time, y, self._jumps() if name in _JUMPING else []), colour, i)
            for i, (name, y, colour) in enumerate(drawn)
        ]
        return Panel("energy", "Energy", "pJ", lines)


def split(panel: Panel) -> list[Panel]:
    """Fluxes in panels by their size, so that a large one does not flatten the rest; other panels
    are not split.
    """
    if panel.key != "flux":
        return [panel.tidy()]
    lines = merged(panel.lines)
    indices = groups([line.peak for line in lines])
    names = _FLUX_TITLES.get(len(indices), (panel.name,))
    return [
        replace(panel, name=name, lines=[lines[i] for i in group]).tidy()
        for name, group in zip(names, indices, strict=True)
    ]


def _mean(y: Array) -> float:
    """Mean magnitude of what is finite."""
    return float(np.abs(y[np.isfinite(y)]).mean()) if np.isfinite(y).any() else -1.0


def _changes(y: Array, part: float) -> bool:
    """Whether ``y`` changes by more than this part of its largest magnitude."""
    finite = y[np.isfinite(y)]
    return bool(finite.size and np.ptp(finite) > part * np.max(np.abs(finite)))


def _as_pH(row: _Solute) -> _Solute:
    """A concentration [mM] as −log₁₀ c/M; NaN where there is none."""
    return replace(row, y=-np.log10(np.where(row.y > 0, row.y, np.nan) * 1e-3))


def _concentrations(
    key: str, name: str, rows: list[_Solute], levels: list[_Solute]
) -> Panel | None:
    """One panel: colour by species, dash by place; labels omit what all lines share."""
    every = [*rows, *levels]
    if not every:
        return None
    places = list(dict.fromkeys(row.place for row in every))
    species = {row.species for row in every}

    def line(row: _Solute) -> Line:
        label = (
            pretty(row.species)
            if len(places) == 1
            else row.place
            if len(species) == 1
            else f"{pretty(row.species)} {row.place}"
        )
        return Line(
            label, row.x, row.y, colour_of(row.species), places.index(row.place), thin=row.bath
        )

    title = (
        pretty(next(iter(species))).capitalize()
        if len(species) == 1
        else f"{name}, {places[0]}"
        if len(places) == 1
        else name
    )
    values = np.concatenate([row.y[np.isfinite(row.y)] for row in every])
    log = bool(values.size and values.min() > 0 and values.max() > 30 * values.min())
    return Panel(key, title, "mM", [line(row) for row in every], log=log)


def one_lane(run: RunLike, what: str) -> xr.Dataset:
    """The data of a run without scan dimensions.  Raises WrongType."""
    if type(getattr(run, "data", None)).__name__ != "Dataset" or not hasattr(run, "ledger"):
        advice = f"figures.{what}(bm.simulate(model, until='10 min'))"
        raise errors.WrongType(
            where=f"{what}(run)",
            wanted="a run, fresh or saved",
            got=errors.shown(run),
            advice=advice,
        )
    own = {"time", "pool", "membrane", "compartment", "process", "gate", "store"}
    names = [name for name in ("concentration", "potential", "volume", "flux") if name in run.data]
    scanned = sorted({str(dim) for name in names for dim in run.data[name].dims} - own)
    if scanned:
        pick = ", ".join(f"{dim}=…" for dim in scanned)
        raise errors.WrongType(
            where=f"{what}(run)",
            wanted="a run without scan dimensions",
            got=f"a scan over {', '.join(scanned)}",
            advice=f"select one lane first: {what}(run.sel({pick}))",
        )
    return run.data
