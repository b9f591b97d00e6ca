"""What a fuzzer puts where an argument should stand: things that are no arguments, and sound ones
with something changed, however deep.
"""

from __future__ import annotations

import datetime
import math
import string
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pint
import sympy as sp
import xarray as xr

import biomembrane as bm
from biomembrane import Q, units
from biomembrane.library import K, Na

FOREIGN = pint.UnitRegistry()


class Broken:
    """Whatever it is asked, it fails."""

    def __repr__(self) -> str:
        raise RuntimeError("no words")

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("no numbers")

    def __float__(self) -> float:
        raise RuntimeError("no number")

    def __bool__(self) -> bool:
        raise RuntimeError("neither true nor false")

    def __eq__(self, _: object) -> bool:
        raise RuntimeError("no likeness")

    def __hash__(self) -> int:
        return 7


class Own(Exception):
    """An error of the user's own."""


def _fail() -> None:
    raise Own("of the user")


def _deep(levels: int) -> Any:
    made: Any = []
    for _ in range(levels):
        made = [made]
    return made


THINGS: tuple[Callable[[], Any], ...] = (*(
    (lambda thing=thing: thing)
    for thing in (
        None, True, False, np.True_, 0, 1, -1, 0.0, 0.5, -2.5, math.nan, math.inf, -math.inf, 1e308,
        5e-324, 10**400, -(10**5000), 1j,
        "", " ", "5", "0.5", "5 mM", "10 min", "-60 mV", "xyz", "٣", "３", "1_0", "nan", "inf",
        "1e400", "True", "None", "\0", "\n", "𝔘", "a" * 3000,
        "in", "Na", "K@in", "cell", "bath.K", "V", b"x", bytearray(b"5"), (), [], {}, set(),
        frozenset({1}), range(3), [1, 2], [None], [[1], [2, 3]],
        np.array(5.0), np.array([1.0, 2.0]), np.array([]), np.array(["5", "6"]),
        np.array([True, False]), np.array([1j]), np.float32(0.5),
        np.int8(3), np.datetime64("2026-01-01"), np.timedelta64(5, "s"),
        np.array([None, 1], dtype=object), np.ma.array([1.0, 2.0], mask=[0, 1]),
        datetime.datetime(2026, 1, 1), datetime.timedelta(1), Decimal("0.5"), Decimal("NaN"),
        Decimal("sNaN"), Decimal("1e99999"), Fraction(1, 3),
        pd.Series([1.0, 2.0]), pd.NA, pd.NaT, pd.Timestamp(0), sp.Symbol("x"), sp.Float(0.5),
        sp.nan, sp.zoo, sp.Integer(3), sp.I,
        xr.DataArray([1.0, 2.0], dims="k"), xr.DataArray([1.0, 2.0], dims="k",
        attrs={"units": "mM"}), xr.DataArray(5.0, attrs={"units": "mM"}),
        xr.DataArray([1.0], dims="k", attrs={"units": 5}),
        xr.DataArray(["a"], dims="k", attrs={"units": "mM"}), xr.Dataset({"a": 1}),
        FOREIGN.Quantity(5, "mM"), FOREIGN.Quantity(25, "degC"), FOREIGN.Quantity([1, 2], "inch"),
        FOREIGN.Quantity(3, "candela"), FOREIGN.mM,
        object(), object, int, Broken(), SimpleNamespace(magnitude=1, units="mM"), Path("nowhere"),
        math, print, len, lambda: 0, lambda *_: None,
        lambda *_: "x", lambda *_: math.nan, lambda *_: True, lambda *_: 10**5000,
        lambda *_: sp.zoo, lambda *_: sp.Integer(10)**400,
        lambda *_: Broken(), lambda *_: 1 / 0, lambda *_: {}["none"], lambda *_: next(iter(())),
        lambda *_, **__: _fail(),
        K, Na, bm.Species, bm.Q, bm.errors.UnknownUnit(), NotImplemented, ...,
    )
), lambda: (x for x in (1, 2)), lambda: iter([1]), lambda: _deep(400), lambda: Q(5, "mM"),
lambda: Q([1, 2], "mV"),
    lambda: {"a": Broken()})  # fmt: skip

SIGNS = string.printable + "µμΩÅ°℃·×−–⁻¹²³⁰٣１０Ⅷ½…\u00a0\u202f\u200b\ufeff\0😀→⇌ \t"
UNITS = (
    "mM", "uM", "mol/L", "mmol l-1", "mEq/L", "mosm", "mV", "V", "pL", "um^2", "cm2", "uF/cm^2",
    "mS/cm2", "mS cm-2", "S", "nS", "pA/pF", "s", "min",
    "ms", "1/s", "s-1", "M-1 s-1", "kJ/mol", "kcal mol-1", "degC", "degF", "K", "°C", "cm/s",
    "cm s^-1", "fmol", "fmol/s", "pmol/cm^2/s", "1/um^2",
    "Pa", "mmHg", "cmH2O", "%", "1", "", "umol/min/mg", "nmol·mg⁻¹·min⁻¹", "µA/cm²", "cm^3/mol",
    "J/mol/K", "U/mg", "kat", "dyn/cm", "Ω cm²",
)  # fmt: skip


def thing(rng: Random) -> Any:
    """Something that is hardly ever an argument."""
    made = rng.choice(THINGS)()
    if rng.random() < 0.15:
        return rng.choice(
            [
                lambda x: [x],
                lambda x: (x, x),
                lambda x: {"a": x},
                lambda x: {K: x},
                lambda x: {"K@in": x},
            ]
        )(made)
    return made


def text(rng: Random, sound: str) -> str:
    """A text with letters left out, put in, swapped, repeated, or cut off."""
    made = sound
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        at = rng.randrange(len(made) + 1)
        how = rng.randrange(8)
        if how == 0:
            made = made[:at] + made[at + 1 :]
        elif how < 3:
            made = made[:at] + rng.choice(SIGNS) + made[at:]
        elif how == 3:
            made = made[:at] + rng.choice(SIGNS) + made[at + 1 :]
        elif how == 4:
            end = rng.randrange(at, len(made) + 1)
            made = made[:end] + made[at:end] * rng.choice((1, 1, 2, 50)) + made[end:]
        elif how == 5:
            made = made[:at]
        elif how == 6:
            made = (
                made[:at]
                + rng.choice(
                    (
                        " ",
                        "**",
                        "^",
                        "/",
                        "(",
                        ")",
                        "1",
                        "9" * 30,
                        "e9",
                        "@",
                        "->",
                        "_",
                        ".",
                        "-",
                        "+",
                        "2",
                    )
                )
                + made[at:]
            )
        else:
            made = made[at:] + made[:at]
    return made[:5000]


def number(rng: Random) -> Any:
    """A number, sound or not."""
    return rng.choice(
        (
            0.0,
            1.0,
            -1.0,
            5,
            rng.uniform(-10, 10),
            10 ** rng.uniform(-320, 308),
            1e-300,
            -0.0,
            math.nan,
            math.inf,
            10**30,
            [1.0, 2.0],
            Decimal(2),
            True,
            "5",
        )
    )


def quantity(rng: Random, sound: Any) -> Any:
    """A quantity with another number, another unit, of another registry, or as text."""
    how = rng.randrange(7)
    unit = f"{sound.units}"
    if how == 0:
        return _made(number(rng), unit)
    if how == 1:
        return _made(float(np.ravel(sound.magnitude)[0]), rng.choice(UNITS))
    if how == 2:
        return FOREIGN.Quantity(sound.magnitude, unit) if unit in FOREIGN else sound.magnitude
    if how == 3:
        return f"{sound.magnitude} {unit}"
    if how == 4:
        return text(rng, f"{sound.magnitude} {rng.choice(UNITS)}")
    if how == 5:
        return np.asarray(sound.magnitude)
    if rng.random() < 0.7:
        return thing(rng)
    return xr.DataArray(
        rng.choice((sound.magnitude, [1.0, 2.0], [True], ["a"])),
        attrs={"units": rng.choice((unit, "furlong", 5, None))},
    )


def _made(value: Any, unit: str) -> Any:
    try:
        return units.registry().Quantity(value, unit)
    except Exception:  # noqa: BLE001  pint's own refusal
        return value


def spoilt(rng: Random, sound: Any, depth: int = 0) -> Any:
    """A sound argument in which something, however deep, is changed."""
    if rng.random() < (0.25 if depth else 0.35):
        return thing(rng)
    if units.is_quantity(sound):
        return quantity(rng, sound)
    if isinstance(sound, str):
        return text(rng, sound)
    if isinstance(sound, xr.DataArray):
        return _labelled(rng, sound)
    if isinstance(sound, bool) or sound is None:
        return thing(rng)
    if isinstance(sound, (int, float)):
        return rng.choice(
            (
                number(rng),
                str(sound),
                Q(float(sound), "mM"),
                Fraction(1, 3),
                Decimal(str(sound)),
                np.float64(sound),
                type(sound)(-sound),
            )
        )
    if isinstance(sound, Mapping) and sound:
        return _mapping(rng, dict(sound), depth)
    if isinstance(sound, (list, tuple)) and sound:
        return _sequence(rng, list(sound), type(sound), depth)
    return thing(rng)


def _labelled(rng: Random, sound: xr.DataArray) -> Any:
    """A labelled array with another unit, other numbers, names, coordinates or chunks."""
    unit, dim = str(sound.attrs.get("units", "1")), str(sound.dims[0])
    how = rng.randrange(7)
    if how == 0:
        return sound.assign_attrs(units=rng.choice((text(rng, unit), rng.choice(UNITS), 5, None)))
    if how == 1:
        return sound.copy(
            data=np.full(
                sound.shape, rng.choice((0.0, -1.0, math.nan, math.inf, 1e300, 5, True, "a", None))
            )
        )
    if how == 2:
        return sound.rename(
            {dim: rng.choice(("", "time", "pool", "a b", "a/b", "\0", text(rng, dim), 5))}
        )
    if how == 3:
        return sound.assign_coords(
            {
                rng.choice((dim, "x", "time")): (
                    dim,
                    rng.choice((["a"], [math.nan], [None], [True], [1.0])) * sound.sizes[dim],
                )
            }
        )
    if how == 4:
        return sound.isel({dim: slice(0, rng.randrange(2))})
    if how == 5:
        return sound.chunk({dim: 1}) if sound.chunks is None else sound.compute()
    return sound.expand_dims(rng.choice(("k", "time", "pool")))


def _mapping(rng: Random, made: dict[Any, Any], depth: int) -> Any:
    key = rng.choice(list(made))
    how = rng.randrange(6)
    if how < 3:
        made[key] = spoilt(rng, made[key], depth + 1)
    elif how == 3:
        made[text(rng, key) if isinstance(key, str) else rng.choice(("x", 5, None, Na))] = made.pop(
            key
        )
    elif how == 4:
        del made[key]
    else:
        made[rng.choice(("x", 5, None, K, "", (1, 2)))] = made[key]
    return made


def _sequence(rng: Random, made: list[Any], kind: Any, depth: int) -> Any:
    k = rng.randrange(len(made))
    how = rng.randrange(7)
    if how < 4:
        made[k] = spoilt(rng, made[k], depth + 1)
    elif how == 4:
        del made[k]
    elif how == 5:
        made.insert(k, made[k])
    else:
        made = [made]
    return kind(made) if kind in (list, tuple) else made
