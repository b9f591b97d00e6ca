"""Whether a number with the attributes of a result is one: xarray keeps ``units`` under arithmetic,
so that Na/K of 0.1 says "mM".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .. import errors
from ..results.held_numbers import contains

if TYPE_CHECKING:
    import xarray as xr


def own(value: xr.DataArray, runs: Sequence[Any], where: str) -> None:
    """Raise UncertainUnit for an array that is called and measured as a variable of results is, and
    is no number of these runs.

    A unit that no such variable has was given by the user, and stands.
    """
    mine = (value.name, value.attrs.get("long_name")), str(value.attrs.get("units"))
    found = [each for run in reversed(runs) for each in _arrays(run) if _alike(each, *mine)]
    if not found and not any(
        (name in mine[0] or meaning in mine[0]) and unit == mine[1]
        for name, meaning, unit in _schema()
    ):
        return
    if not any(contains(each, value) for each in found):
        number = f"{float(value.values):.4g}" if value.size == 1 else f"{value.size} numbers"
        raise errors.UncertainUnit(
            where=where,
            wanted="a number of one of the runs of this study as it stands, or a quantity",
            got=(
                f"{number} {mine[1]}, called {errors.shown(value.name)}, which no run of the study"
                " holds: xarray keeps units under arithmetic"
            ),
            advice=(
                "what you compute with a unit of its own, Q(float(Na / K), '1') or"
                " Q(float(V.mean()), 'mV'); runs by study.run(…)"
            ),
        )


def _alike(each: xr.DataArray, names: tuple[Any, Any], unit: str) -> bool:
    """Of one unit, and of one name or meaning."""
    own = {x for x in (each.name, each.attrs.get("long_name")) if x is not None}
    return str(each.attrs.get("units")) == unit and not own.isdisjoint(
        x for x in names if isinstance(x, str)
    )


def _arrays(run: Any) -> Iterator[xr.DataArray]:
    """Everything that a run holds as labelled numbers: its variables, and its books."""
    yield from run.data.data_vars.values()
    ledger = run.ledger
    for name in dir(type(ledger)):
        if not name.startswith("_") and not callable(getattr(type(ledger), name)):
            made = getattr(ledger, name)
            yield from _flat(made)
    if hasattr(ledger, "by"):
        yield from (ledger.by(what) for what in ("transporter", "ion", "role"))


def _flat(made: Any) -> Iterable[xr.DataArray]:
    kind = type(made).__name__
    return [made] if kind == "DataArray" else made.data_vars.values() if kind == "Dataset" else ()


def _schema() -> Iterator[tuple[str, str, str]]:
    """(name, meaning, unit) of the variables that results have."""
    from ..account.ledger_lines import GROUPS, LINES
    from ..results.schema import TABLE, Part

    for name, v in TABLE.items():
        if v.part is Part.COURSE:
            yield name, v.long_name, v.facts["units"]
        elif (
            v.long_name in {**LINES, **GROUPS}.values()
        ):  # the ledger gives these under their meaning
            yield v.long_name, v.long_name, v.facts["units"]
