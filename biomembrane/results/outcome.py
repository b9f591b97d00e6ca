"""Summary of a run, in print and as plain data: model, ledger, and the values at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import units
from ..assemble.impermeants import impermeant_quantities
from ..solve.model_index import model_index
from .run import Run

if TYPE_CHECKING:
    from .scan_result import ScanResult

TOTALS = ("spent", "supplied", "stored", "delivered", "released", "dissipated", "residual")


def outcome(run: Run | ScanResult) -> str:
    """A run in print, as the command line shows it; of a scan the ledger alone, since it has many
    potentials and concentrations.
    """
    if not isinstance(run, Run) or run.trajectory.dims:
        return f"{run!r}\n\n{run.ledger}"
    neutral = {x.pool for x in run.model.impermeants if not x.charge}
    amounts = impermeant_quantities(run.model, run.model.impermeants)
    impermeants = ", ".join(
        f"{n} {q:.4g~P}" + " (neutral osmolyte)" * (n in neutral) for n, q in amounts.items()
    )
    head = f"{run.model!r}{f'; impermeants {impermeants}' if impermeants else ''}"
    changed = "".join(f"\nchanged {name}: {value}" for name, value in changes(run).items())
    volts = "  ".join(f"{m} {V:.2f} mV" for m, V in potentials(run).items() if V == V)  # noqa: PLR0124  NaN
    solutes = "  ".join(f"{p} {c:.4g} mM" for p, c in concentrations(run).items())
    swollen = "  ".join(f"{p} {W:.4g} pL" for p, W in volumes(run).items())
    rows = [row for row in (volts, solutes, swollen) if row]
    ends = [f"{'' if k else 'at the end':<12}{row}" for k, row in enumerate(rows)]
    return "\n".join([f"{head}{changed}\n", f"{run.ledger}", *([""] if ends else []), *ends])


def potentials(run: Run) -> dict[str, float]:
    """Potential by membrane, at the end [mV]; NaN where a membrane has none."""
    last = run.data.isel(time=-1).get("potential")  # None without a membrane
    if last is None:
        return {}
    return dict(zip(map(str, last.membrane.values), map(float, last.values), strict=True))


def concentrations(run: Run) -> dict[str, float]:
    """Concentration by pool of a solute, at the end [mM]."""
    end = run.data.isel(time=-1)
    last = end.get("concentration")
    if last is None:
        return {}
    solutes = {x.name for x in run.model.states if x.concentration is not None}
    rows = zip(map(str, last.pool.values), last.values, strict=True)
    return {pool: float(c) for pool, c in rows if pool in solutes}


def volumes(run: Run) -> dict[str, float]:
    """Volume by place that can swell, at the end [pL]."""
    last = run.data.isel(time=-1).get("volume")
    volumes = model_index(run.model).volumes
    free = [x.place for x, is_one in zip(run.model.states, volumes, strict=True) if is_one]
    return {} if last is None else {place: float(last.sel(compartment=place)) for place in free}


def changes(run: Run) -> dict[str, str]:
    """The parameters that were given other values than the model has, in print."""
    chosen = run.trajectory.parameters
    used = chosen.used(run.model)

    def text(name: str) -> str:
        try:  # a number with its unit, or what a protocol does
            number = float(used[name].partition(" ")[0])
            return f"{units.Q(number, run.model.parameter(name).unit):.4g~P}"
        except ValueError:
            return used[name]

    return {name: text(name) for name in chosen.changed if name in run.model.parameters}


def quantity(x: Any, unit: str) -> dict[str, Any]:
    """A number with its unit for JSON; NaN is None."""
    number = float(x)
    return {"value": number if number == number else None, "unit": unit}  # noqa: PLR0124


def summary(run: Run) -> dict[str, Any]:
    """The summary of one run as plain data."""
    ledger: dict[str, Any] = {
        name: quantity(getattr(run.ledger, name)[-1], "pJ") for name in TOTALS
    }
    ledger["residual_relative"] = quantity(run.ledger.residual_relative[-1], "1")
    return {
        "model": run.model_name,
        "ledger": ledger,
        "potential": {m: quantity(V, "mV") for m, V in potentials(run).items()},
        "concentration": {p: quantity(c, "mM") for p, c in concentrations(run).items()},
        "volume": {p: quantity(W, "pL") for p, W in volumes(run).items()},
        "changed": changes(run),
        "uphill": [
            {
                "process": p,
                "time_share": quantity(t, "1"),
                "energy": quantity(e, "pJ"),
                "energy_share": quantity(of, "1"),
            }
            for p, (t, e, of) in run.ledger.uphill_shares().items()
        ],
        "status": {
            "kind": run.status.kind,
            "time": quantity(run.solution.t[-1], "s"),
            "message": run.status.message,
        },
    }
