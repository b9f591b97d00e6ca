"""Checks of the initial state at the values used: room for impermeants, electroneutrality, and
equilibrium constants that agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import caching, errors, symbols
from ..assemble.impermeants import NEUTRALITY, Impermeant
from ..assemble.model import Model
from ..assemble.standard_energies import CLOSES, contradiction
from ..compile.kernel import Kernel
from ..declare.places import Compartment
from .model_index import model_index

Array = NDArray[np.float64]


def check(
    model: Model,
    k: Kernel,
    held: Sequence[Any],
    inputs: Sequence[Any],
    y0: Array,
    lanes: slice,
    dims: Mapping[str, int],
) -> None:
    """Raise ``NoRoom`` or ``ChargeImbalance``, naming the lane; ``held`` are the constants that the
    kernel made of the ``inputs``.
    """
    amounts = k.call("impermeant", 0.0, y0, held)
    _room(model.impermeants, amounts, lanes, dims)
    charges = _charges(model)
    if charges.places:
        _neutral(charges, amounts, inputs, y0, lanes, dims)


def closures(
    model: Model, k: Kernel, segments: Sequence[Sequence[Any]], y0: Array, lanes: slice,
    dims: Mapping[str, int],
) -> None:  # fmt: skip
    """Raise ``EquilibriaDoNotClose`` where equilibrium constants contradict each other at the
    values used, in any of the ``segments``, which are their constants.
    """
    for held in segments if model.standards.closures else ():
        off = np.abs(np.atleast_2d(k.call("closure", 0.0, y0, held).T).T)
        for names, row in zip(model.standards.closures, off, strict=True):
            if np.max(row) > CLOSES:
                where = f"simulate(parameters=…){position(row, lanes, dims)}"
                kelvin = model.parameters["temperature"].value
                species = model.standards.compared[names]
                advice = f"values for {' and '.join(names)} together, which agree"
                raise contradiction(where, names, species, float(np.max(row)), kelvin, advice)


def position(row: Array, lanes: slice, dims: Mapping[str, int]) -> str:
    """Position in the scan at which a row is largest."""
    if not dims:
        return ""
    place = np.unravel_index(int(np.argmax(row)) + lanes.start, tuple(dims.values()))
    return " at position " + ", ".join(f"{d}={i}" for d, i in zip(dims, place, strict=True))


def _room(
    impermeants: Sequence[Impermeant], amounts: Array, lanes: slice, dims: Mapping[str, int]
) -> None:
    """Impermeants must stay non-negative when contents are changed by parameters."""
    if (amounts >= 0).all():
        return
    least = -1e-9 * np.max(np.abs(amounts), initial=1.0)
    for x, row in zip(impermeants, np.atleast_2d(amounts.T).T, strict=True):
        if np.min(row) < least:
            raise errors.NoRoom(
                where=f"simulate(parameters=…), {x.pool}",
                wanted="contents that leave room for the impermeants",
                got=(
                    f"{np.min(row):.4g} fmol of {x.pool} would be"
                    f" needed{position(-row, lanes, dims)}"
                ),
                advice=_advice(x),
                place=x.place.name,
            )


def _advice(x: Impermeant) -> str:
    if x.charge:
        return (
            f"change ions of {x.place.name} of both signs together, so that charge is left for"
            f" {x.pool}"
        )
    return (
        f"change the contents of {x.place.name} and its bath together, so that osmolarity is left"
        f" for {x.pool}"
    )


@dataclass(frozen=True, eq=False)
class Charges:
    """By place, over the states and then the impermeants: ``gap`` (place, row), valences less what
    is its own charge over F, and ``most``, what a mole may be off by; and of what is held, valences
    with the parameters that are its concentration and its volume.
    """

    places: list[Compartment]
    gap: Array
    most: Array
    held: list[list[tuple[int, int, int]]]


def _charges(model: Model) -> Charges:
    """Computed once for a model, for the places that a capacitor gives a charge."""
    cache = caching.cache_of(model)
    if Charges not in cache:
        row = {x.symbol: i for i, x in enumerate(model.states)}
        index = model_index(model).places
        zeros: dict[str, list[str]] = {}
        for block in model.circuit.blocks:
            zeros.setdefault(block.zero, []).extend(block.nodes)
        neutral = [p for m in model.membranes if m.electroneutral for p in (m.inside, m.outside)]
        places = [
            p
            for p in model.compartments
            if (symbols.charge(p.name) in row or p.name in zeros or p in neutral)
            and not _only_held(p)
        ]
        pools, own = np.zeros((2, len(places), len(row)))
        fixed = np.zeros((len(places), len(model.impermeants)))
        for n, p in enumerate(places):
            pools[n, [row[symbols.amount(c.name)] for c in p.contents.values()]] = [
                s.charge for s in p.contents
            ]
            fixed[n] = [x.charge if x.place is p else 0 for x in model.impermeants]
            own[n, [row[symbols.charge(other)] for other in zeros.get(p.name, ())]] = (
                -1 / model.faraday
            )
            if symbols.charge(p.name) in row:
                own[n, row[symbols.charge(p.name)]] = 1 / model.faraday
        held = [
            [
                (abs(s.charge), index[c.name], index[p.volume.name])
                for s, c in p.held.items()
                if s.charge
            ]
            for p in places
        ]
        valued = np.hstack([pools, fixed])
        cache[Charges] = Charges(
            places, np.hstack([pools - own, fixed]), NEUTRALITY * np.abs(valued), held
        )
    charges: Charges = cache[Charges]
    return charges


def _only_held(p: Compartment) -> bool:
    """Whether all ions are held, so that counter-ions are not modelled and nothing is to check."""
    return bool(p.held) and p.balance is None and not any(s.charge for s in (*p.contents, *p.fixed))


def _neutral(
    charges: Charges, amounts: Array, inputs: Sequence[Any], y0: Array, lanes: slice,
    dims: Mapping[str, int]
) -> None:  # fmt: skip
    """Contents must be electroneutral up to the membrane's charge, as they are when a model is
    built; held ions may have counter-ions.
    """
    amounts_of_all = np.concatenate([y0, amounts])
    off, most = charges.gap @ amounts_of_all, charges.most @ np.abs(amounts_of_all)
    if (np.abs(off) <= most).all():
        return
    for place, gap, room, held in zip(charges.places, off, most, charges.held, strict=True):
        beyond = np.abs(gap) - room - sum(z * inputs[c] * inputs[W] for z, c, W in held)
        if np.any(beyond > 0):
            raise errors.ChargeImbalance(
                where=f"simulate(parameters=…), {place.name}",
                wanted=(
                    "contents that are electroneutral up to the membrane's charge, at the values as"
                    " used"
                ),
                got=(
                    f"{np.ravel(gap)[np.argmax(beyond)]:+.4g} fmol of charge left"
                    f" over{position(beyond, lanes, dims)}"
                ),
                advice=(
                    f"change ions of {place.name} of both signs together, or declare it with"
                    " impermeant=balance(charge=-1), which follows"
                ),
            )
