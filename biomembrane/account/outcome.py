"""How a run came out, in print and as plain data: the model, the ledger, and what stands at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..assemble.contents import impermeant_quantities
from .run import Run

if TYPE_CHECKING:
    from .keep import Kept

TOTALS = ("spent", "supplied", "stored", "delivered", "released", "dissipated", "residual")


def outcome(run: Run | Kept) -> str:
    """A run in print, as the command line shows it; of a scan the ledger alone, for its potentials and concentrations are many."""
    if not isinstance(run, Run) or run.trajectory.dims:
        return f"{run!r}\n\n{run.ledger}"
    last = run.data.isel(time=-1)
    rest = ", ".join(f"{n} {q:.4g~P}" for n, q in impermeant_quantities(run.model).items())
    solutes = last.pool.values[last.pool_kind.values == "solute"]
    volts = last.potential.dropna("membrane")
    return "\n".join(
        [
            f"{run.model!r}{f'; impermeants {rest}' if rest else ''}\n",
            f"{run.ledger}\n",
            "at the end  " + "  ".join(f"{m} {float(volts.sel(membrane=m)):.2f} mV" for m in volts.membrane.values),
            "            " + "  ".join(f"{p} {float(last.concentration.sel(pool=p)):.4g} mM" for p in solutes),
        ]
    )


def quantity(x: Any, unit: str) -> dict[str, Any]:
    """A number for JSON; None where it is not a number."""
    number = float(x)
    return {"value": number if number == number else None, "unit": unit}  # noqa: PLR0124


def summary(run: Run) -> dict[str, Any]:
    """The same as plain data, of one run."""
    last = run.data.isel(time=-1)
    ledger: dict[str, Any] = {name: quantity(getattr(run.ledger, name)[-1], "pJ") for name in TOTALS}
    ledger["residual_relative"] = quantity(run.ledger.residual_relative[-1], "1")
    solutes = last.pool.values[last.pool_kind.values == "solute"]
    return {
        "model": run.model_name,
        "ledger": ledger,
        "potential": {str(m): quantity(last.potential.sel(membrane=m), "mV") for m in last.membrane.values},
        "concentration": {str(p): quantity(last.concentration.sel(pool=p), "mM") for p in solutes},
        "uphill": [
            {"process": p, "time_share": quantity(t, "1"), "energy": quantity(e, "pJ"), "energy_share": quantity(of, "1")}
            for p, (t, e, of) in run.ledger.uphill_shares().items()
        ],
        "status": {"kind": run.status.kind, "time": quantity(run.solution.t[-1], "s"), "message": run.status.message},
    }
