"""The ledger as a table: text for a terminal, HTML for a notebook."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..html import collapsible, join, table
from ..numerals import lasting
from .ledger_entries import Entries

_LINES = (
    ("spent", "ATP and other held pools"), ("supplied", "by baths"), ("imposed", "by protocols"),
    ("dosed", "by doses and settings of events"), ("electrodes", "work of electrodes"),
    ("stepped", "by jumps of a voltage clamp"),
    ("stored", "exergy of the cell"), ("delivered", "handed on to baths"),
    ("dissipated", "heat"), ("relaxed", "heat of constraints that jump"), ("residual", "imbalance"),
)  # fmt: skip
_OPTIONAL = ("imposed", "dosed", "electrodes", "stepped", "relaxed")
_HEAD = ("transporter", "taken in", "handed on", "heat", "efficiency")


def number(x: float) -> str:
    """Four significant digits; small residuals in powers of ten."""
    return "0" if x == 0 else f"{x:,.2f}" if abs(x) >= 100 else f"{x:.4g}"


def lines(ledger: Entries) -> list[tuple[str, str, str, str]]:
    """(line, energy, share of the energy that passed, note) at the end; of a scan the mean."""
    passed = _end(ledger.passed)
    rows = []
    for name, note in _LINES:
        value = _end(getattr(ledger, name))
        if name in _OPTIONAL and not abs(value) > 0:  # 0, or no lane ran to completion
            continue
        if name == "relaxed" and abs(value) < 1e-12 * passed:  # constraints that were met already
            continue
        if name != "residual" and abs(value) < 1e-12 * passed:
            value = 0.0  # rounding of bath terms that cancel
        share = (
            f"{100 * value / passed:.1f} %"
            if name != "residual" and passed
            else f"{_end(ledger.residual_relative):.1e}"
        )
        rows.append((name, number(value), share, note))
    return rows


def transporters(ledger: Entries) -> list[tuple[str, str, str, str, str]]:
    """(transporter, taken in, handed on, dissipated, efficiency) at the end."""
    moved, heats = ledger.transfers.sum("component", skipna=False), ledger.by("transporter")
    rows = []
    for t in ledger.transporters:
        own = {str(c): _end(moved.sel(transporter=t, carrier=c)) for c in moved.carrier.values}
        parts = {c: x for c, x in own.items() if abs(x) > 1e-9 * max(map(abs, own.values()))}
        taken = " + ".join(f"{c} {number(x)}" for c, x in parts.items() if x > 0) or "–"
        given = " + ".join(f"{c} {number(-x)}" for c, x in parts.items() if x < 0) or "–"
        efficiency = _end(ledger.efficiency(t))
        heat = number(_end(heats.sel(transporter=t)))
        percent = f"{100 * efficiency:.1f} %" if np.isfinite(efficiency) else "–"
        rows.append((ledger.labels[t], taken, given, heat, percent))
    return rows


def _end(array: Any) -> float:
    """The last value, averaged over the lanes that ran to completion."""
    values = array.isel(time=-1).values
    return float(np.nanmean(values)) if np.isfinite(values).any() else np.nan


def _title(ledger: Entries, *, at_rest: bool = False) -> str:
    reached = float(ledger._t.block.times[ledger._t.reached - 1])
    ended, lanes = sum(s.ok for s in ledger._t.statuses), len(ledger._t.statuses)
    count = f"{ended} of {lanes}" if ended < lanes else f"{lanes}"
    scan = f", mean of {count} lanes" if ledger._t.dims else ""
    if at_rest:
        return f"powers of {ledger._t.model.name} at rest [pW]{scan}"
    return f"energy ledger of {ledger._t.model.name}, {lasting(reached)} [pJ]{scan}"


def flagged(ledger: Entries, unit: str = "pJ") -> list[str]:
    """A line for each pool at 0 mM, for the states outside the ledger, for constants that are not
    those of the SI, for each law without proof with the energy it dissipated uphill, and for each
    loop that does not close.
    """
    shares = ledger.uphill_shares()
    remarks = [
        f"{name} is 0 mM, where the potential is −∞: energies of {', '.join(used)} have no bound"
        " and no meaning"
        for name, used in ledger._books.empty.items()
    ]
    if ledger._t.model.unaccounted:
        names = ", ".join(ledger._t.model.unaccounted)
        remarks.append(f"outside this ledger, without a share in the free energy: {names}")
    if ledger._t.model.constants_in_words:
        own = ", ".join(ledger._t.model.constants_in_words)
        remarks.append(f"constants of this model in place of those of the SI: {own}")
    for p in ledger._t.model.processes:
        if p.certificate.exempt:
            time_share, energy, energy_share = shares.get(p.name, (0.0, 0.0, 0.0))
            uphill = (
                f"; uphill (J·A < 0) for {100 * time_share:.3g} % of the time, {number(energy)}"
                f" {unit}, {100 * energy_share:.3g} % of its energy"
            )
            remarks.append(f"{p.name} is empirical: {p.rates.reason}{uphill if time_share else ''}")
    for name in ledger.free.loop.values:
        energy = _end(ledger.free.sel(loop=name))
        origin = "from nothing" if energy > 0 else "lost without account"
        remarks.append(f"{name} does not close: J·ε = {number(energy)} {unit} {origin}")
    return remarks


def text(ledger: Entries, *, at_rest: bool = False) -> str:
    """The table for a terminal; ``at_rest``: of one second of a steady state, as powers."""
    totals = [
        f"  {name:<11}{energy:>12}  {share:>8}   {note}"
        for name, energy, share, note in lines(ledger)
    ]
    rows = [_HEAD, *transporters(ledger)]
    widths = [max(len(r[k]) for r in rows) for k in range(5)]
    table_rows = []
    for r in rows:
        left = (c.ljust(w) for c, w in zip(r[:3], widths[:3], strict=True))
        right = (c.rjust(w) for c, w in zip(r[3:], widths[3:], strict=True))
        table_rows.append("  " + "  ".join([*left, *right]))
    unit = "pW" if at_rest else "pJ"
    remarks = [f"  ! {line}" for line in flagged(ledger, unit)]
    return "\n".join([_title(ledger, at_rest=at_rest), *totals, "", *table_rows, *remarks])


def html(ledger: Entries, *, at_rest: bool = False) -> str:
    """The table for a notebook; ``at_rest`` as for :func:`text`."""
    unit = "pW" if at_rest else "pJ"
    body = join(
        table(lines(ledger), ("line", unit, "share", "")),
        table(transporters(ledger), _HEAD),
        *flagged(ledger, unit),
    )
    return collapsible(_title(ledger, at_rest=at_rest), body, open=True)
