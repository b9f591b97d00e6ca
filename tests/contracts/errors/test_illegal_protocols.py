"""Mistakes in protocols, in what a scan keeps, and in where a run starts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import sympy as sp
import xarray as xr
from mistakes import Mistake, judge, sound, table

import biomembrane as bm
from biomembrane import Keep, Protocol, Q
from biomembrane import errors as e


def mM(x: Any) -> Any:
    return Q(x, "mM")


def s(x: Any) -> Any:
    return Q(x, "s")


def array(values: Any, dims: str = "lane", unit: str | None = "s") -> xr.DataArray:
    return xr.DataArray(values, dims=dims, attrs={} if unit is None else {"units": unit})


def run(model: bm.Model | None = None, **more: Any) -> Any:
    return bm.simulate(model or sound(), until=s(1), **more)


def put(name: str, protocol: Any) -> Any:
    return run(parameters={name: protocol})


def steps(*given: Any) -> Any:
    return put("bath.K", Protocol.steps(*given))


def formula(f: Any, **quantities: Any) -> Any:
    return put("bath.K", Protocol.function(f, **quantities))


def pulses(**changed: Any) -> Protocol:
    return Protocol.pulses(
        mM(5), mM(9), **{"start": s(1), "width": s(1), "period": s(3), "count": 2, **changed}
    )


def step(unit: str, *values: float) -> Protocol:
    return Protocol.steps(Q(values[0], unit), *((s(0.5), Q(v, unit)) for v in values[1:]))


def enterocyte(start: Any) -> Any:
    return run(bm.load("enterocyte"), start=start)


def scanned(values: Any = (4.0, 5.0, 6.0), dims: str = "K_o", **more: Any) -> Any:
    return run(parameters={"bath.K": array(list(values), dims, "mM")}, **more)


def test_the_sound_ones_run() -> None:
    """What the rows below spoil is right."""
    assert steps(mM(5), (s(0.5), mM(9))).status.ok
    assert put("bath.K", pulses()).status.ok
    assert formula(lambda t, a, T: a * (1 + sp.sin(t / T)), a=mM(5), T=s(1)).status.ok
    assert scanned(start=run()).data.status.values.tolist() == [0] * 3


ROWS = table(
    {
        "simulate": [
            (
                "times without units", lambda: steps(mM(5), (array([1, 2.0], unit=None), mM(9))),
                e.BareNumber,
                "time 1", "'units'", "no units", "bm.axis(",
            ),
            (
                "protocol of a content", lambda: put("cell.K", step("mM", 130, 140)), e.BadSettings,
                "['cell.K'], Protocol", "acts during the run", "cell.K", "Protocol of a bath",
            ),
            (
                "protocol of the first volume", lambda: put("cell.volume", step("pL", 1, 2)),
                e.BadSettings,
                "['cell.volume']", "acts during the run", "at the start", "Protocol of a bath",
            ),
            (
                "protocol of the first potential", lambda: put("membrane.potential",
                step("mV", -60, 0)), e.BadSettings,
                "['membrane.potential']", "acts during the run", "at the start", "held pool",
            ),
            ("protocol of nothing known", lambda: put("bath.k", step("mM", 5)), e.UnknownName,
                "model 'cell'", "a parameter", "'bath.k'", "'bath.K'"),
            ("value in mV", lambda: steps(mM(5), (s(1), Q(1, "mV"))), e.UnitMismatch,
                "Protocol.steps, value 2", "'mM'", "1 mV", "Q(1, 'mM')"),
            ("bare value", lambda: steps(5, (s(1), mM(9))), e.BareNumber,
                "['bath.K'], Protocol.steps, value 1", "'mM'", "5", "Q(5, 'mM')"),
            ("value below 0", lambda: steps(mM(5), (s(1), mM(-9))), e.OutOfDomain, "value 2",
                "zero or more", "-9 mM", "sign"),
            ("value below 0 in a lane", lambda: steps(mM(5), (s(1), array([9, -9.0], unit="mM"))),
                e.OutOfDomain, "value 2", "zero", "-9 mM", "sign"),
            ("nothing at 0 K", lambda: put("temperature", step("kelvin", 310, 0)), e.OutOfDomain,
                "['temperature']", "above zero", "0 K", "above"),
            ("time before 0", lambda: steps(mM(5), (s(-1), mM(9))), e.OutOfDomain, "time 1",
                "zero or more", "-1 s", "sign"),
            ("value of NaN", lambda: steps(mM(5), (s(1), mM(math.nan))), e.NotFinite, "value 2",
                "finite", "nan mM", "0/0"),
            ("times without names", lambda: steps(mM(5), (s([1, 2]), mM(9))), e.NotANumber,
                "time 1", "named dimension", "dimension names", "bm.axis("),
            ("values without names", lambda: steps(mM([5, 6])), e.NotANumber, "value 1",
                "named dimension", "without dimension names", "bm.axis("),
            (
                "sizes that clash", lambda: steps(mM(5),
                (array([1, 2.0]), array([1, 2, 3.0], unit="mM"))), e.BadSettings,
                "bath.K", "same sizes", "lane of size 2 and of size 3", "different dims=",
            ),
            ("breaks over time", lambda: steps(mM(5), (array([1, 2.0], "time"), mM(9))), e.BadName,
                "bath.K", "of your own", "time", "dims='K_o'"),
            ("a protocol inside", lambda: steps(Protocol.steps(mM(5))), e.NotANumber, "value 1",
                "'mM'", "Protocol.steps", "Q(1, 'mM')"),
            ("the class", lambda: put("bath.K", Protocol), e.NotANumber, "['bath.K']", "'mM'",
                "the class Protocol", "Q(1, 'mM')"),
            ("formula in mM·s", lambda: formula(lambda t, a: a * t, a=mM(1)), e.DimensionError,
                "Protocol.function", "'mM'", "bath.K.a*t", "1/s"),
            (
                "sine of a time", lambda: formula(lambda t, a: a * sp.sin(t), a=mM(1)),
                e.DimensionError,
                "function", "pure number inside sin", "t", "divide",
            ),
            ("formula of a bare number", lambda: formula(lambda _: 5.0), e.DimensionError,
                "Protocol.function", "'mM'", "5.0", "mM"),
            ("formula of text", lambda: formula(lambda _: "x"), e.WrongType, "Protocol.function",
                "an expression", "'x'", "sympy"),
            ("formula of nothing", lambda: formula(lambda _: None), e.WrongType,
                "Protocol.function", "an expression", "None", "return"),
            (
                "formula without its quantity", lambda: formula(lambda t: t, a=mM(1)), e.WrongType,
                "function", "of each quantity", "'a'", "lambda t, high",
            ),
            (
                "quantity that is missing", lambda: formula(lambda _, a, b: a * b, a=mM(1)),
                e.WrongType,
                "function", "of each quantity", "'b'", "lambda t",
            ),
            (
                "numpy's sine", lambda: formula(lambda t, a: a * np.sin(t), a=mM(1)), e.WrongType,
                "function", "a function of t", "no callable sin", "sympy.",
            ),
            ("a symbol from elsewhere", lambda: formula(lambda _, a: a * sp.Symbol("z"), a=mM(1)),
                e.UnknownName, "function", "symbols", "z", ""),
            (
                "formula with a jump", lambda: formula(lambda t, a, T: a * (2 + sp.sign(t / T - 1)),
                a=mM(1), T=s(1)), e.UnknownName,
                "['bath.K'], Protocol.function", "compiled", "sign", "exp, log",
            ),
            (
                "formula in floors", lambda: formula(lambda t, a, T: a * sp.floor(t / T), a=mM(1),
                T=s(1)), e.UnknownName,
                "['bath.K'], Protocol.function", "compiled", "floor", "Protocol.steps",
            ),
            ("quantity of NaN", lambda: formula(lambda _, a: a, a=mM(math.nan)), e.NotFinite,
                "Protocol.function(a=…)", "finite", "nan mM", "0/0"),
            (
                "quantity in words", lambda: formula(lambda _, a: a, a="five mM"), e.NotANumber,
                "Protocol.function(a=…)", "a number", "'five mM'", "Q(1, 'mM')",
            ),
            (
                "formula that falls below 0", lambda: formula(lambda t, a, T: a * (1 - t / T),
                a=mM(5), T=s(0.5)), e.OutOfDomain,
                "['bath.K'], Protocol", "zero or more", "-5 mM", "sign",
            ),
            (
                "formula that ends", lambda: formula(lambda t, a, T: a * sp.sqrt(1 - t / T),
                a=mM(5), T=s(0.5)), e.NotFinite,
                "['bath.K'], Protocol", "at every time", "nan", "0/0",
            ),
            (
                "formula that begins at infinity", lambda: formula(lambda t, a, T: a * T / t,
                a=mM(5), T=s(1)), e.NotFinite,
                "['bath.K'], Protocol", "every time", "nan", "0/0",
            ),
            ("keep misspelt", lambda: run(keep="finale"), e.WrongType, "simulate(keep=…)",
                "'final'", "'finale'", "bm.Keep("),
            ("keep of what is not there", lambda: run(keep=["amounts"]), e.UnknownName,
                "Keep(variables=…)", "amount | ", "'amounts'", "'amount'"),
            ("keep as a class", lambda: run(keep=Keep), e.WrongType, "simulate(keep=…)", "'final'",
                "the class Keep", "bm.Keep("),
            ("keep by number", lambda: run(keep=5), e.WrongType, "simulate(keep=…)", "a Keep", "5",
                "bm.Keep("),
            (
                "reducing lanes away", lambda: run(keep=Keep(reduce=lambda d: d.amount.mean())),
                e.WrongType,
                "Keep(reduce=…)", "over 'lane'", "xarray.Dataset", "max('time')",
            ),
            ("reducing to a number", lambda: run(keep=Keep(reduce=lambda _: 5)), e.WrongType,
                "Keep(reduce=…)", "over 'lane'", "5", "max('time')"),
            (
                "reducing to a status",
                lambda: run(keep=Keep(reduce=lambda d: d.amount.max("time").rename("status"))),
                e.BadName,
                "Keep(reduce=…)", "of your own", "status", "another name",
            ),
            ("start of another model", lambda: enterocyte(run()), e.BadSettings, "start=",
                "the same pools", "<Run of 'cell'", "SGLT1.C1"),
            ("start as a list", lambda: run(start=[1]), e.WrongType, "simulate(start=…)",
                "or shares", "[1]", "start={"),
            ("start of what was kept", lambda: run(start=run(keep="final")), e.WrongType,
                "simulate(start=…)", "a run", "<ScanResult of 'cell'", "keep='all'"),
            (
                "share of a pool", lambda: run(start={"cell.K": 1}), e.UnknownName,
                "start['cell.K']", "state of a carrier", "'cell.K'", "parameters={'cell.K'",
            ),
            (
                "misspelt state", lambda: enterocyte({"SGLT1.C9": 1}), e.UnknownName,
                "start['SGLT1.C9']", "state of a carrier", "'SGLT1.C9'", "SGLT1.C",
            ),
            ("shares of a half", lambda: enterocyte({"SGLT1.C1": 0.5}), e.BadSettings,
                "states of SGLT1", "sum to 1", "0.5", "empty"),
            ("negative share", lambda: enterocyte({"SGLT1.C1": -1}), e.OutOfDomain,
                "start['SGLT1.C1']", "0 to 1", "-1", "sign"),
            ("share in percent", lambda: enterocyte({"SGLT1.C1": 100}), e.OutOfDomain,
                "start['SGLT1.C1']", "0 to 1", "100", "percentage"),
            ("share of NaN", lambda: enterocyte({"SGLT1.C1": math.nan}), e.NotFinite,
                "start['SGLT1.C1']", "finite", "nan", "0/0"),
            ("share in mM", lambda: enterocyte({"SGLT1.C1": mM(1)}), e.UnitMismatch,
                "start['SGLT1.C1']", "pure number", "1 mM", "Q(1, '1')"),
            (
                "shares in an array", lambda: enterocyte({"SGLT1.C1": np.array([1.0, 0.0])}),
                e.NotANumber,
                "['SGLT1.C1']", "one share", "[1. 0.]", "C1",
            ),
            ("a scan from another", lambda: scanned((4.0, 5.0), start=scanned()), e.BadSettings,
                "start=", "(K_o: 2)", "K_o: 3", "isel"),
            (
                "a scan from one by another name", lambda: scanned(dims="Na_o", start=scanned()),
                e.BadSettings,
                "start=", "(Na_o: 3)", "K_o: 3", "isel",
            ),
        ],
        "Protocol.steps": [
            ("time in mM", lambda: steps(mM(5), (mM(1), mM(9))), e.UnitMismatch,
                "Protocol.steps, time 1", "'s'", "1 mM", "Q(1, 's')"),
            ("bare time", lambda: steps(mM(5), (1, mM(9))), e.BareNumber, "Protocol.steps, time 1",
                "'s'", "1", "Q(1, 's')"),
            ("a time that never comes", lambda: steps(mM(5), (s(math.inf), mM(9))), e.NotFinite,
                "time 1", "finite", "inf s", "overflow"),
            (
                "changes that are no pairs", lambda: Protocol.steps(mM(5), s(1)), e.BadSettings,
                "Protocol.steps", "(time, value)", "1 s", "Q(20, 'mM')",
            ),
            ("a pair as a list", lambda: Protocol.steps(mM(5), [s(1), mM(9)]), e.BadSettings,
                "steps", "pairs", "list of 1 s, 9 mM", "(Q(1, 'min')"),
        ],
        "Protocol.ramps": [
            ("bare time of a point", lambda: Protocol.ramps((0, mM(5)), (s(2), mM(20))),
                e.BareNumber, "Protocol.ramps, time 1", "'s'", "0", "Q(0, 's')"),
            ("three in a pair", lambda: Protocol.ramps((s(1), mM(9), 2)), e.BadSettings,
                "Protocol.ramps", "pairs", "tuple of 1 s, 9 mM, 2", "Q(20"),
            ("one point", lambda: Protocol.ramps((s(1), mM(9))), e.BadSettings, "Protocol.ramps",
                "two points", "1", "Protocol.ramps("),
            ("no point", Protocol.ramps, e.BadSettings, "Protocol.ramps", "two points", "0",
                "Protocol.ramps("),
        ],
        "Protocol.function": [
            ("a number", lambda: Protocol.function(5), e.WrongType, "Protocol.function(formula)",
                "a function of t", "5", "lambda t"),
            ("a class", lambda: Protocol.function(int), e.WrongType, "Protocol.function(formula)",
                "a function of t", "the class int", "lambda t"),
            ("an expression", lambda: Protocol.function(sp.Symbol("t")), e.WrongType, "(formula)",
                "a function of t", "t", "lambda t"),
            (
                "a name with a space", lambda: Protocol.function(lambda t: t, **{"a b": s(1)}),
                e.BadName,
                "function(a b=…)", "letter", "'a b'", "'a_b'",
            ),
        ],
        "Protocol.pulses": [
            (
                "several without a period", lambda: pulses(period=None), e.BadSettings,
                "Protocol.pulses", "a period for several", "period=None", "period=Q",
            ),
            ("none", lambda: pulses(count=0), e.BadSettings, "Protocol.pulses", "one pulse or more",
                "count=0", "count=3"),
            ("half a pulse", lambda: pulses(count=0.5), e.NotANumber, "count=", "an integer", "0.5",
                "count=3"),
            ("without width", lambda: pulses(width=s(0)), e.BadSettings, "width=", "positive time",
                "0 s", "width=Q"),
            ("without width in a lane", lambda: pulses(width=array([0, 1.0])), e.BadSettings,
                "width=", "positive time", "DataArray", "width=Q"),
            ("without a pause", lambda: pulses(period=s(0)), e.BadSettings, "period=",
                "positive time", "0 s", "period=Q"),
            ("that overlap", lambda: pulses(width=s(5)), e.BadSettings, "period=",
                "before the next", "width=5 s, period=3 s", "steps"),
            ("that overlap in a lane", lambda: pulses(width=array([1, 5.0])), e.BadSettings,
                "period=", "before the next", "period=3 s", "steps"),
            ("before the start", lambda: pulses(start=s(-1)), e.BadSettings, "start=",
                "positive time", "-1 s", "start=Q"),
            ("bare start", lambda: pulses(start=1), e.BareNumber, "start=", "'s'", "1",
                "Q(1, 's')"),
            ("width in mM", lambda: pulses(width=mM(1)), e.UnitMismatch, "width=", "'s'", "1 mM",
                "Q(1, 's')"),
            ("period of NaN", lambda: pulses(period=s(math.nan)), e.NotFinite, "period=", "finite",
                "nan s", "0/0"),
        ],
        "Keep": [
            ("variables as text", lambda: Keep(variables="amount"), e.WrongType,
                "Keep(variables=…)", "a list", "'amount'", "['amount']"),
            ("misspelt reducer", lambda: Keep(reduce=["minimum"]), e.UnknownName, "Keep(reduce=…)",
                "min | max", "'minimum'", "'min'"),
            ("reducer as text", lambda: Keep(reduce="min"), e.WrongType, "Keep(reduce=…)", "a list",
                "'min'", "reduce=['min']"),
            ("reducing one time", lambda: Keep(reduce=["min"], times="final"), e.BadSettings,
                "times='final'", "reduce over", "alone", "times='all'"),
            ("some of the books", lambda: Keep(ledger="none"), e.UnknownName, "Keep(ledger=…)",
                "final | all", "'none'", "final, all"),
            ("half precision", lambda: Keep(dtype="float16"), e.UnknownName, "Keep(dtype=…)",
                "float64 | float32", "'float16'", "'float32'"),
            ("numpy's type", lambda: Keep(dtype=np.float32), e.UnknownName, "Keep(dtype=…)",
                "float64", "the class float32", "float32"),
            ("the last time", lambda: Keep(times="last"), e.UnknownName, "Keep(times=…)",
                "all | final", "'last'", "final"),
            ("bare times", lambda: Keep(times=[1, 2]), e.BareNumber, "times=", "'s'", "[1, 2]",
                "'s')"),
            ("times that fall", lambda: Keep(times=s([2, 1])), e.BadSettings, "times=",
                "increasing", "[2 1] s", "linspace"),
            ("times in mM", lambda: Keep(times=mM([1, 2])), e.UnitMismatch, "times=", "'s'",
                "[1 2] mM", "'s')"),
        ],
    }
)  # fmt: skip


@pytest.mark.parametrize("mistake", ROWS, ids=str)
def test_mistake(mistake: Mistake) -> None:
    """Each row: its name says the mistake; see :func:`mistakes.judge` for what is asked of the
    error.
    """
    judge(mistake)
