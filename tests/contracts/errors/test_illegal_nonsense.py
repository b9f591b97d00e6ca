"""Nonsense for any argument: told as a mistake of the user, never a failure inside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mistakes import (
    CYTOSOL,
    FUEL,
    LEAK,
    SALINE,
    bath,
    calls,
    cell,
    cycle,
    membrane,
    sound,
    transporter,
)
from strategies import fewer

import biomembrane as bm
from biomembrane import Q, dimension, errors, laws, symbols
from biomembrane.library import H2O, K, Na

NONSENSE: dict[str, Any] = {
    "None": None,
    "object": object(),
    "text": "xyz",
    "-1": -1,
    "nan": float("nan"),
    "[]": [],
    "{}": {},
}
TEXT, NOTHING, NUMBER, LIST, TABLE = {"text"}, {"None"}, {"-1", "nan"}, {"[]"}, {"{}"}
SOURCE = bm.Source("assumed")
STEPS = cycle().steps
GLUCOSE = "glucose@in -> glucose@out"


def rate(side: str, unit: str = "1/s") -> Callable[[Any], Any]:
    """k c/c° on a side of the membrane, or k."""
    dim = dimension.RATE if unit == "1/s" else dimension.FLUX
    return lambda site: (
        site.parameter("k", Q(1, unit), dim) * (site[f"glucose@{side}"] / symbols.c0 if side else 1)
    )


# by call: the call, its sound arguments, and what of the nonsense is no nonsense there
CALLS: dict[str, tuple[Callable[..., Any], dict[str, Any], dict[str, set[str]]]] = {
    "Q": (bm.Q, {"value": 5.0, "unit": "mM"}, {"value": NUMBER | LIST}),
    "Source": (
        bm.Source,
        {"kind": "fitted",
            **dict.fromkeys(("citation", "doi", "where", "preparation", "temperature", "note",
                "key"), "a")},
        dict.fromkeys(("citation", "doi", "where", "preparation", "temperature", "note", "key"),
            TEXT),
    ),
    "Parameter": (bm.Parameter, {"quantity": Q(5, "mM"), "source": SOURCE, "sd": Q(1, "mM")},
        {"sd": NOTHING}),
    "Species": (
        bm.Species,
        {"name": "A", "charge": 1, "formula": "C6", "moieties": {"a": 1},
            "standard": Q(1, "kJ/mol"), "convention": "one",
         "molar_volume": Q(18, "cm^3/mol"), "label": "A"},
        {"name": TEXT, "charge": {"-1"}, "moieties": TABLE, "standard": NOTHING, "convention": TEXT,
            "molar_volume": NOTHING, "label": TEXT},
    ),
    "Compartment": (
        bm.Compartment,
        {"name": "cell", "volume": Q(1, "pL"), "contents": CYTOSOL, "held": FUEL,
            "impermeant": bm.balance()},
        {"name": TEXT, "contents": TABLE, "held": TABLE, "impermeant": TABLE | LIST | NOTHING},
    ),
    "Reservoir": (bm.Reservoir, {"name": "bath", "contents": SALINE, "floating": False},
        {"name": TEXT, "contents": TABLE}),
    "balance": (bm.balance, {"charge": -1, "against": bath()},
        {"charge": {"-1"} | NOTHING, "against": NOTHING}),
    "Membrane": (
        bm.Membrane,
        {"name": "apical", "inside": cell(), "outside": bath(), "area": Q(1, "um^2"),
            "capacitance": Q(1, "uF/cm^2")},
        {"name": TEXT, "capacitance": NOTHING},
    ),
    "Transporter": (
        bm.Transporter,
        {"name": "leak", "reaction": "K@in -> K@out", "on": membrane(), "law": LEAK,
            "modulator": lambda _: 1, "label": "leak", "species": (H2O,)},
        {"name": TEXT, "modulator": NOTHING, "label": TEXT, "species": LIST},
    ),
    "Cycle": (
        bm.Cycle,
        {"name": "GLUT", "on": membrane(), "density": Q(100, "1/um^2"), "states": "O OG IG I",
            "steps": STEPS, "close": ["I <-> O"],
         "charge": {}, "barrier": laws.Eyring(), "modulator": lambda _: 1, "label": "GLUT",
         "species": ()},
        {"name": TEXT, "close": LIST, "charge": TABLE, "modulator": NOTHING, "label": TEXT,
            "species": LIST},
    ),
    "Model": (
        bm.Model,
        {"name": "cell", "transporters": [transporter(on=(on := membrane()))],
            "potential": {on: Q(-60, "mV")}, "temperature": Q(37, "degC"),
         "reference": on.outside},
        {"name": TEXT, "potential": TABLE | NOTHING, "temperature": NOTHING, "reference": NOTHING},
    ),
    "simulate": (
        bm.simulate,
        {"model": sound(), "until": None, "times": Q([0, 1], "s"),
            "parameters": {"bath.K": Q(4, "mM")}, "solver": bm.solvers.SciPy(),
         "progress": lambda _: None},
        {"until": NOTHING, "parameters": NOTHING | TABLE, "solver": NOTHING, "progress": NOTHING},
    ),
    "GHK": (lambda **law: transporter(law=laws.GHK(**law)), {"permeability": Q(1, "cm/s")}, {}),
    "Elementary": (lambda **law: transporter(law=laws.Elementary(**law)),
        {"rate": Q(1, "fmol/s"), "barrier": laws.Eyring()}, {}),
    "Ohmic": (lambda **law: transporter(law=laws.Ohmic(**law)), {"conductance": Q(1, "nS")}, {}),
    "Saturable": (
        lambda **law: transporter(law=laws.Saturable(**law)),
        {"half": {"K": Q(1, "mM")}, "turnover": Q(1, "1/s"), "density": Q(1, "fmol"),
            "binding": "common", "barrier": laws.Eyring()},
        {},
    ),
    "ReducedCycle": (
        lambda **law: transporter(GLUCOSE, laws.ReducedCycle(**law)),
        {"density": Q(1, "fmol"), "forward": [rate("in"), rate("")],
            "reverse": [rate("out"), rate("")]},
        {},
    ),
    "Pair": (lambda **law: transporter(GLUCOSE, laws.Pair(**law)),
        {"forward": rate("in", "fmol/s"), "reverse": rate("out", "fmol/s")}, {}),
    "Empirical": (lambda **law: transporter(law=laws.Empirical(**law)),
        {"flux": lambda _: 0, "reason": "none"}, {"reason": TEXT}),
}  # fmt: skip


def attempt(call: str, arguments: Mapping[str, Any]) -> errors.BiomembraneError | None:
    """The error of the user that the call raises; any other exception passes through."""
    error = None
    try:
        CALLS[call][0](**arguments)
    except errors.BiomembraneError as caught:
        error = caught
    if error is not None:
        assert str(error).startswith(error.headline)
        assert error.where
        assert next(calls(error))
    return error


@pytest.mark.parametrize("call", CALLS)
def test_sound_arguments_pass(call: str) -> None:
    assert attempt(call, CALLS[call][1]) is None


@pytest.mark.parametrize(
    ("call", "argument"),
    [(call, argument) for call, (_, sound_, _) in CALLS.items() for argument in sound_],
)
def test_nonsense_is_told(call: str, argument: str) -> None:
    """Each of the nonsense things for each argument: a mistake, except where it makes sense."""
    _, good, fine = CALLS[call]
    taken = {
        what for what, thing in NONSENSE.items() if attempt(call, {**good, argument: thing}) is None
    }
    assert taken == fine.get(argument, set())


@pytest.mark.parametrize("call", CALLS)
def test_unknown_and_missing_arguments(call: str) -> None:
    """These Python tells: a TypeError with the argument's name."""
    make, good, _ = CALLS[call]
    with pytest.raises(TypeError, match="colour"):
        make(**good, colour="red")
    if call not in ("balance", "Source"):
        with pytest.raises((TypeError, errors.BiomembraneError)):
            make()


leaves = (
    st.sampled_from(
        [
            *NONSENSE.values(),
            True,
            0,
            1e300,
            1j,
            b"x",
            K,
            Na,
            bm.Species,
            bm.Q,
            LEAK,
            laws.GHK,
            cell(),
            bath(),
            membrane(),
            range(3),
        ]
    )
    | st.builds(
        Q,
        st.sampled_from([-1.0, 0.0, 5.0, float("inf"), float("nan")]),
        st.sampled_from(["mM", "mV", "s", "pL", "um^2", "1", "degC", "cm/s"]),
    )
    | st.text(max_size=6)
    | st.sampled_from(
        [
            "K@in -> K@out",
            "O <-> I",
            "forward",
            "reverse",
            "bath.K",
            "cell.volume",
            "Na",
            "5 mM",
            "10 min",
            "measured",
        ]
    )
)
keys = st.text(max_size=3) | st.sampled_from(
    [K, Na, "K", "K@in", "forward", "reverse", "O", "bath.K", membrane(), 5, None]
)
nonsense = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(keys, inner, max_size=3)
    ),
    max_leaves=5,
)


@st.composite
def spoilt(draw: st.DrawFn, good: Any) -> Any:
    """A sound argument in which one thing, however deep, is nonsense."""
    if isinstance(good, Mapping) and good:
        key = draw(st.sampled_from(list(good)))
        return (
            {**good, key: draw(spoilt(good[key]))}
            if draw(st.integers(0, 3))
            else {**good, draw(keys): draw(nonsense)}
        )
    if isinstance(good, (list, tuple)) and good:
        k = draw(st.integers(0, len(good) - 1))
        return type(good)([*good[:k], draw(spoilt(good[k])), *good[k + 1 :]])
    return draw(nonsense)


@st.composite
def wrong_calls(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A call with some of its arguments replaced."""
    call = draw(st.sampled_from(list(CALLS)))
    good = CALLS[call][1]
    names = draw(st.lists(st.sampled_from(list(good)), min_size=1, max_size=3, unique=True))
    return call, {name: draw(nonsense | spoilt(good[name])) for name in names}


@fewer(4.0)
@given(wrong_calls())
def test_any_nonsense_is_told(wrong: tuple[str, dict[str, Any]]) -> None:
    """Whatever stands for whichever arguments: accepted, or a mistake of the user."""
    call, replaced = wrong
    attempt(call, {**CALLS[call][1], **replaced})
