"""Objects and functions of someone else's make: what fails when it is compared or printed, numbers
no double holds, functions that raise.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sympy as sp
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from mistakes import caught, membrane, sound, transporter

import biomembrane as bm
from biomembrane import Protocol, Q, errors, laws, units
from biomembrane import library as lib
from biomembrane.library import K

HUGE = 10**5000


class Sulky:
    """Neither compared nor printed nor asked whether it is true."""

    def __eq__(self, other: object) -> bool:
        raise ArithmeticError("incomparable")

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        raise ArithmeticError("unprintable")

    __bool__ = __array__ = __repr__  # type: ignore[assignment]


def _kind(thing: object) -> str:
    return type(thing).__name__  # an integer of 5,000 digits cannot be printed


STRANGE: dict[str, Any] = {
    "sulky": Sulky(), "array": np.array(["a", "b"]), "series": pd.Series([1.0, 2.0]),
    "DataArray": xr.DataArray([1, 2], dims="k"),
    "quantity": Q([1.0, 2.0], "mM"), "iterator": iter([1]), "object": object(), "huge": HUGE,
    "bytes": b"K", "sympy": sp.Symbol("x") > 0,
}  # fmt: skip


@cache
def run() -> bm.Run:
    return bm.simulate(sound(), until="0.1 s", solver=bm.solvers.Native(rtol=1e-4))


@cache
def scan() -> bm.Run:
    """Over numbers, texts and days."""
    coords: dict[str, Any] = {
        "K_o": [4.0, 5.0],
        "salt": ["low", "high"],
        "day": np.array(["2026-01-01", "2026-01-02"], dtype="datetime64[ns]"),
    }
    over = {"bath.K": "K_o", "bath.Na": "salt", "bath.glucose": "day"}
    parameters = {
        name: xr.DataArray([4.0, 5.0], dims=d, coords={d: coords[d]}, attrs={"units": "mM"})
        for name, d in over.items()
    }
    return bm.simulate(
        sound(), until="0.1 s", parameters=parameters, solver=bm.solvers.Native(rtol=1e-4)
    )


NAMED: dict[str, Callable[[Any], Any]] = {
    "leak": lambda x: lib.leak(K, membrane(), name=x),
    "water": lambda x: lib.water(membrane(), name=x),
    "GLUT2": lambda x: lib.GLUT2(membrane(), name=x),
    "KCC2": lambda x: lib.KCC2(membrane(), conductance=Q(1, "S/dm^2"), name=x),
    "NaKATPase": lambda x: lib.NaKATPase(membrane(), name=x),
    "NaKATPase, explicit": lambda x: lib.NaKATPase(membrane(), explicit=3, name=x),
    # type: ignore[arg-type]
    "SGLT1": lambda x: lib.SGLT1(membrane(), name=x),
    "Run.final": lambda x: run().final(x),
    "Run.sel, numbers": lambda x: scan().sel(K_o=x, salt="low", day="2026-01-01"),
    "Run.sel, texts": lambda x: scan().sel(K_o=4.0, salt=x, day="2026-01-01"),
    "Run.sel, days": lambda x: scan().sel(K_o=4.0, salt="low", day=x),
    "Audit": lambda x: _audited()[x],
    "Proof": lambda x: _proven()[x],
    "balance": lambda x: bm.balance(charge=x),
}  # fmt: skip


@cache
def _audited() -> Any:
    return bm.audit(transporter())


@cache
def _proven() -> Any:
    return bm.prove(transporter())


@pytest.mark.parametrize("thing", STRANGE)
@pytest.mark.parametrize("call", NAMED)
def test_a_strange_name_is_told(call: str, thing: str) -> None:
    """No call compares, prints or asks the truth of what it was given before it knows what it
    is.
    """
    error = caught(lambda: NAMED[call](STRANGE[thing]))
    assert error.where
    assert error.wanted
    assert error.got
    assert error.advice
    assert " at 0x" not in str(error)
    assert "<Quantity" not in str(error)


def test_lanes_are_found_by_their_labels() -> None:
    """The same number, the same text, the same day."""
    found = scan().sel(K_o="5.0000001 mM", salt="high", day="2026-01-02")
    assert [
        float(found.data.attrs.get(k, v))
        for k, v in found.baths["bath"].items()
        if k in ("K", "Na", "glucose")
    ] == [5.0, 5.0, 5.0]
    assert (
        scan()
        .sel(K_o=Fraction(4, 1), salt="low", day=np.datetime64("2026-01-01"))
        .baths["bath"]["K"]
        == 4.0
    )


@pytest.mark.parametrize(
    "wrong",
    [{"model": "cell"}, {"solver": 0}, {"solver": Sulky()}, {"start": iter([1])}],
    ids=lambda x: next(iter(x)),
)
def test_a_lazy_scan_is_judged_at_the_call(wrong: dict[str, Any]) -> None:
    """As any other: what is no model, no solver and no start is told before anything is put off."""
    over = xr.DataArray([4.0, 5.0], dims="K_o", attrs={"units": "mM"}).chunk({"K_o": 1})
    given_ = {"model": sound(), "until": "0.1 s", "parameters": {"bath.K": over}, **wrong}
    error = caught(lambda: bm.simulate(given_.pop("model"), **given_))
    assert isinstance(error, errors.WrongType)
    assert error.where.startswith("simulate(")


@pytest.mark.parametrize("thing", STRANGE)
def test_a_study_tells_strange_labels_and_hosts(thing: str) -> None:
    """Before it audits or runs anything."""
    study = bm.Study("cell")
    assert isinstance(
        caught(lambda: study.run(sound(), label=STRANGE[thing], until="0.1 s")), errors.BadName
    )
    assert isinstance(caught(lambda: study.audit(sound(), hosted=STRANGE[thing])), errors.WrongType)
    assert isinstance(
        caught(lambda: study.answer(STRANGE[thing], Q(1, "mV"), "V")), errors.WrongType
    )
    assert not study.audits
    assert not study.records


def test_a_single_run_has_no_lanes() -> None:
    """``sel`` says what to do instead, where no dimension is known that could be near."""
    assert caught(lambda: run().sel(K_o=5.0)).advice == "leave sel out: the run is a single one"
    assert caught(lambda: scan().sel(K_i=5.0)).advice == "did you mean 'K_o'?"


@pytest.mark.parametrize(
    "number",
    [Decimal("0.5"), Fraction(1, 2), np.float32(0.5), np.array([0.5], dtype=np.float32)[0]],
    ids=_kind,
)
def test_the_number_of_a_quantity_may_be_of_any_kind(number: Any) -> None:
    """pint keeps a Decimal as it is, and adds no float to it; past the border it is a float."""
    of = units.registry().Quantity
    assert type(units.quantity(of(number, "s"), "x").magnitude) is float
    pulses = Protocol.pulses(
        "5 mM", "20 mM", start=of(number, "s"), width="1 s", period=of(Decimal(3), "s"), count=2
    )
    assert [units.strip(t, units.dimension_of(Q(1, "s")), "t") for t in pulses.times] == [
        0.5,
        1.5,
        3.5,
        4.5,
    ]
    made = lib.KCC2(membrane(), conductance=of(number, "S/dm^2"))
    assert (
        made.parameters["KCC2.coefficient"].value
        == lib.KCC2(membrane(), conductance="0.5 S/dm^2").parameters["KCC2.coefficient"].value
    )
    assert bm.Compartment("cell", volume=of(number, "pL")).volume.value == 0.5
    assert (
        bm.Model("cell", [transporter()], temperature=of(Decimal(37), "degC"))
        .parameters["temperature"]
        .value
        == 310.15
    )


@pytest.mark.parametrize(
    "number", ["0.5", True, None, 1j, HUGE, Decimal("NaN"), np.ma.masked], ids=_kind
)
def test_a_quantity_of_no_number_is_told(number: Any) -> None:
    """pint takes anything for a number; the border does not."""
    made = object.__new__(units.registry().Quantity)
    made._magnitude, made._units = number, Q(1, "pL")._units
    assert isinstance(
        caught(lambda: bm.Compartment("cell", volume=made)), errors.NotANumber | errors.NotFinite
    )


@given(
    st.sampled_from(["m", "mmol l", "kg s"]),
    st.integers(1, 9),
    st.sampled_from(["{0}", "-{0}", "^{0}", "^-{0}", "**{0}", "^({0})", "^({0}/2)"]),
)
def test_an_exponent_has_no_zero_in_front(name: str, exponent: int, form: str) -> None:
    """``l01`` is ``l-1`` misread, and means nothing; ``l10`` does."""
    assert units.unit_of(Q(1.0, name + form.format(exponent)))
    for zeros in ("0", "00"):
        assert isinstance(
            caught(lambda zeros=zeros: Q(1.0, name + form.format(f"{zeros}{exponent}"))),
            errors.UnknownUnit,
        )


class Mine(Exception):
    """Of the user's own."""


def failing(*_: Any, **__: Any) -> Any:
    raise Mine("mine")


SCAN = {"bath.K": xr.DataArray([4.0, 5.0], dims="K_o", attrs={"units": "mM"})}
CALLED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "progress": (lambda f: bm.simulate(sound(), until="0.1 s", progress=f), "simulate(progress=…)"),
    "progress, threads": (lambda f: bm.simulate(sound(), until="0.1 s", parameters=_many(),
        progress=f), "simulate(progress=…)"),
    "reduce": (lambda f: bm.simulate(sound(), until="0.1 s", parameters=SCAN,
        keep=bm.Keep(reduce=f)), "Keep(reduce=…)"),
    "modulator": (lambda f: bm.Transporter("leak", "K@in -> K@out", membrane(),
        laws.GHK(permeability="1 cm/s"), modulator=f), "leak, modulator"),
    "flux": (lambda f: transporter(law=laws.Empirical(flux=f, reason="none")), "K_leak, flux"),
    "barrier": (lambda f: transporter(law=laws.Elementary(rate="1 fmol/s", barrier=f)),
        "K_leak, barrier=…"),
    "law": (lambda f: transporter(law=SimpleNamespace(rates=f)), "K_leak, law=…"),
    "pair": (lambda f: transporter("K@in -> K@out", laws.Pair(forward=f, reverse=f)),
        "K_leak, forward"),
    "formula": (lambda f: bm.simulate(sound(), until="0.1 s",
        parameters={"bath.K": Protocol.function(f)}), "['bath.K'], Protocol.function"),
}  # fmt: skip


def _many() -> dict[str, xr.DataArray]:
    return {"bath.K": xr.DataArray(np.linspace(4, 5, 64), dims="K_o", attrs={"units": "mM"})}


@pytest.mark.parametrize("call", CALLED)
def test_an_error_of_a_users_function_passes_with_a_note(call: str) -> None:
    """It is the user's to catch, by its own class; a note tells which function it was, and where it
    was given.
    """
    make, where = CALLED[call]
    with pytest.raises(Mine, match="mine") as found:
        make(failing)
    notes = found.value.__notes__
    assert len(notes) == 1
    assert where in notes[0]
    assert ("failing" in notes[0]) or call == "law"


def test_an_error_of_c_passes_with_a_note() -> None:
    """Of ``len``, which has no frame of its own to be seen in a traceback."""
    with pytest.raises(TypeError, match="no len") as found:
        bm.simulate(sound(), until="0.1 s", progress=len)  # type: ignore[arg-type]
    assert found.value.__notes__ == ["raised in the function len, given as simulate(progress=…)"]


def test_our_errors_have_no_note() -> None:
    """A mistake told inside a user's function is told already."""
    error = caught(
        lambda: transporter(law=laws.Empirical(flux=lambda site: site["Zn@in"], reason="none"))
    )
    assert isinstance(error, errors.UnknownName)
    assert not hasattr(error, "__notes__")


@pytest.mark.parametrize("number", [HUGE, -HUGE, Fraction(HUGE), Fraction(1, 3) * HUGE], ids=_kind)
def test_a_rate_beyond_a_double_is_told(number: Any) -> None:
    """Python's integers have no end; a rate has."""
    assert isinstance(
        caught(lambda: transporter(law=laws.Empirical(flux=lambda _: number, reason="none"))),
        errors.WrongType,
    )


@pytest.mark.parametrize("charge", [HUGE, -HUGE, 1e300, 1_000_001], ids=_kind)
def test_a_valence_has_a_bound(charge: Any) -> None:
    assert isinstance(caught(lambda: bm.balance(charge=charge)), errors.OutOfDomain)
