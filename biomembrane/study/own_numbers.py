"""Whether an array with the attributes of a result is a number of that result: xarray keeps
``units`` under arithmetic, so that Na/K = 0.1 has the unit "mM".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .. import errors
from ..results.held_numbers import contains

if TYPE_CHECKING:
    import xarray as xr


def check_own_number(value: xr.DataArray, runs: Sequence[Any], where: str) -> None:
    """Raise UncertainUnit for an array with the name and unit of a variable of results that is no
    number of these runs.

    A unit that no such variable has was given by the user and is accepted.
    """
    names, unit = (value.name, value.attrs.get("long_name")), str(value.attrs.get("units"))
    candidates = [
        array
        for run in reversed(runs)
        for array in _arrays(run)
        if _same_name_and_unit(array, names, unit)
    ]
    if not candidates and not any(
        (name in names or meaning in names) and unit == usual_unit
        for name, meaning, usual_unit in _schema()
    ):
        return
    if not any(contains(array, value) for array in candidates):
        number = f"{float(value.values):.4g}" if value.size == 1 else f"{value.size} numbers"
        raise errors.UncertainUnit(
            where=where,
            wanted="a number of one of the runs of this study as it stands, or a quantity",
            got=(
                f"{number} {unit}, called {errors.shown(value.name)}, which no run of the study"
                " holds: xarray keeps units under arithmetic"
            ),
            advice=(
                "what you compute with a unit of its own, Q(float(Na / K), '1') or"
                " Q(float(V.mean()), 'mV'); runs by study.run(…)"
            ),
        )


def _same_name_and_unit(array: xr.DataArray, names: tuple[Any, Any], unit: str) -> bool:
    """Whether the unit, and the name or meaning, agree."""
    names_of_array = {x for x in (array.name, array.attrs.get("long_name")) if x is not None}
    return str(array.attrs.get("units")) == unit and not names_of_array.isdisjoint(
        x for x in names if isinstance(x, str)
    )


def _arrays(run: Any) -> Iterator[xr.DataArray]:
    """All labelled arrays of a run: its variables and those of its ledger."""
    yield from run.data.data_vars.values()
    ledger = run.ledger
    for name in dir(type(ledger)):
        if not name.startswith("_") and not callable(getattr(type(ledger), name)):
            attribute = getattr(ledger, name)
            yield from _arrays_of(attribute)
    if hasattr(ledger, "by"):
        yield from (ledger.by(grouping) for grouping in ("transporter", "ion", "role"))


def _arrays_of(content: Any) -> Iterable[xr.DataArray]:
    kind = type(content).__name__
    return (
        [content]
        if kind == "DataArray"
        else content.data_vars.values()
        if kind == "Dataset"
        else ()
    )


def _schema() -> Iterator[tuple[str, str, str]]:
    """(name, meaning, unit) of the variables that results have."""
    from ..account.ledger_lines import GROUPS, LINES
    from ..results.schema import TABLE, Part

    meanings = {*LINES.values(), *GROUPS.values()}
    for name, variable in TABLE.items():
        meaning = variable.long_name
        if variable.part is Part.COURSE:
            yield name, meaning, variable.facts["units"]
        elif meaning in meanings:  # the name that the ledger gives to its arrays
            yield meaning, meaning, variable.facts["units"]
