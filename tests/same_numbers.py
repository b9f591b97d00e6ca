"""The numbers of the shipped models, kept and compared: for a change that must change none.

``python tests/same_numbers.py keep FILE.npz`` runs every shipped model, its books and its audit,
and writes what comes out; ``python tests/same_numbers.py compare FILE.npz`` runs them again and
names what differs by more than 1e-12 of the largest value of its array.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

import biomembrane as bm
from biomembrane.exchange import shipped_models

TOLERANCE = 1e-12
UNTIL = "5 min"


def numbers() -> Iterator[tuple[str, NDArray]]:
    """(name, values) of every model: variables, books, audit; text as its code points."""
    for name in shipped_models.names():
        module = shipped_models.module(name)
        model = module.build()
        run = bm.simulate(model, until=getattr(module, "UNTIL", UNTIL))
        run.ledger.check()
        for variable, values in {**run.data.data_vars, **run.data.coords}.items():
            yield f"{name}/data/{variable}", _plain(values)
        for total in (
            "spent",
            "supplied",
            "stored",
            "delivered",
            "dissipated",
            "residual_relative",
            "entries",
        ):
            yield f"{name}/ledger/{total}", np.asarray(getattr(run.ledger, total))
        lines = [line for line in str(run.ledger).splitlines() if "residual" not in line]
        yield f"{name}/ledger/text", _text("\n".join(lines))
        for finding in bm.audit(model):
            yield (
                f"{name}/audit/{finding.subject}/words",
                _text(f"{finding.verdict} {finding.cause}"),
            )
            yield f"{name}/audit/{finding.subject}/kJ", np.atleast_1d(np.asarray(finding.kJ, float))


def _plain(values: xr.DataArray) -> NDArray:
    given = np.asarray(values)
    return given if given.dtype.kind in "biuf" else _text("\n".join(map(str, given.ravel())))


def _text(text: str) -> NDArray:
    return np.array([ord(c) for c in text])


def differences(old: dict[str, NDArray]) -> Iterator[str]:
    """What differs, a line each."""
    new = dict(numbers())
    for name in sorted(old.keys() | new.keys()):
        if name not in new or name not in old:
            yield f"{name}: {'gone' if name in old else 'new'}"
        elif old[name].shape != new[name].shape:
            yield f"{name}: shape {old[name].shape} -> {new[name].shape}"
        elif name.endswith("residual_relative"):  # rounding itself
            continue
        else:
            size = np.max(np.abs(np.nan_to_num(old[name])), initial=0.0)
            off = np.max(np.abs(np.nan_to_num(new[name]) - np.nan_to_num(old[name])), initial=0.0)
            if off > TOLERANCE * size or (np.isnan(old[name]) != np.isnan(new[name])).any():
                yield f"{name}: {off / size if size else off:.1e} of {size:.3g}"


def main() -> int:
    task, file = sys.argv[1], Path(sys.argv[2])
    if task == "keep":
        np.savez(file, **{name.replace("/", "|"): values for name, values in numbers()})
        return 0
    with np.load(file) as kept:
        found = list(differences({name.replace("|", "/"): kept[name] for name in kept.files}))
    print("\n".join(found) or "no number differs")  # noqa: T201
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
