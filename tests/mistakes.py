"""Mistakes as rows of a table, and small sound parts to make them with."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane.dimension import FLUX
from biomembrane.library import ADP, ATP, Cl, K, Na, Pi, glucose

PACKAGE = Path(bm.__file__).parent
SALINE = {Na: Q(140, "mM"), K: Q(5, "mM"), Cl: Q(145, "mM"), glucose: Q(5, "mM")}
CYTOSOL = {Na: Q(15, "mM"), K: Q(130, "mM"), Cl: Q(20, "mM"), glucose: Q(1, "mM")}
FUEL = {ATP: Q(4, "mM"), ADP: Q(0.4, "mM"), Pi: Q(4, "mM")}
HYDROLYSIS, RATE = "ATP@in -> ADP@in + Pi@in", laws.Elementary(rate=Q(1, "fmol/s"))
LEAK = laws.GHK(permeability=Q(1e-7, "cm/s"))

Texts = str | tuple[str, ...]
Row = tuple[str, Callable[[], Any], type[errors.BiomembraneError], Texts, Texts, Texts, Texts]


@dataclass(frozen=True)
class Mistake:
    """What someone does wrong, the call at which it must be told, the class of the error, and words
    that each of its fields must hold.
    """

    call: str
    name: str
    make: Callable[[], Any]
    error: type[errors.BiomembraneError]
    where: Texts
    wanted: Texts
    got: Texts
    advice: Texts

    def __str__(self) -> str:
        return f"{self.call}, {self.name}".replace("[", "(").replace("]", ")")


def table(rows: Mapping[str, Sequence[Row]]) -> list[Mistake]:
    """Rows by the call that is wrong."""
    return [Mistake(call, *row) for call, group in rows.items() for row in group]


def caught(make: Callable[[], Any]) -> errors.BiomembraneError:
    """The error that a mistake raises; anything else passes through."""
    with pytest.raises(errors.BiomembraneError) as found:
        make()
    return found.value


def calls(error: BaseException) -> Iterator[str]:
    """Names of the calls on the way to the error, the user's own first: ``Transporter``,
    ``simulate``, ``Run.sel``.
    """
    for frame, _ in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        if code.co_qualname == "_told.<locals>.called":  # of errors.keywords: the call is passed on
            continue
        if code.co_name in ("__init__", "__post_init__"):
            yield type(frame.f_locals["self"]).__name__
        elif Path(code.co_filename).is_relative_to(PACKAGE):
            own = frame.f_locals.get("self")
            yield (
                code.co_qualname
                if own is None or "<" in code.co_qualname
                else f"{type(own).__name__}.{code.co_name}"
            )


def judge(mistake: Mistake) -> None:
    """The right class, at the call that is wrong, with every field filled and holding the words it
    should.
    """
    error = caught(mistake.make)
    print(f"{mistake}\n{type(error).__name__}: {error}\n")  # noqa: T201  read them with -s
    assert type(error) is mistake.error
    assert next(calls(error)) == mistake.call
    assert str(error).startswith(type(error).headline)
    for field in ("where", "wanted", "got", "advice"):
        text, words = getattr(error, field), getattr(mistake, field)
        assert isinstance(text, str)
        assert text or not words, f"{field} is empty"
        assert text in str(error)
        for word in (words,) if isinstance(words, str) else words:
            assert word in text, f"{field}: {word!r} is not in {text!r}"
        assert " object at 0x" not in text
        assert "<Quantity" not in text


def bath(contents: Any = None, name: str = "bath", **more: Any) -> bm.Reservoir:
    """Saline, unless told."""
    return bm.Reservoir(name, SALINE if contents is None else contents, **more)


def cell(**changed: Any) -> bm.Compartment:
    """1 pL with room for impermeants."""
    return bm.Compartment(
        **{
            "name": "cell",
            "volume": Q(1, "pL"),
            "contents": CYTOSOL,
            "held": FUEL,
            "impermeant": bm.balance(),
            **changed,
        }
    )


def membrane(**changed: Any) -> bm.Membrane:
    """Between the cell and the bath."""
    sides = {
        side: make() for side, make in (("inside", cell), ("outside", bath)) if side not in changed
    }
    return bm.Membrane(
        **{
            "name": "membrane",
            **sides,
            "area": Q(100, "um^2"),
            "capacitance": Q(1, "uF/cm^2"),
            **changed,
        }
    )


def transporter(
    reaction: Any = "K@in -> K@out",
    law: Any = LEAK,
    on: Any = None,
    name: str = "K_leak",
    **more: Any,
) -> bm.Transporter:
    """A leak of potassium, unless told."""
    return bm.Transporter(name, reaction, membrane() if on is None else on, law, **more)


def cycle(**changed: Any) -> bm.Cycle:
    """A uniporter of glucose that closes."""
    one, bind = (
        {"forward": Q(10, "1/s"), "reverse": Q(10, "1/s")},
        {"forward": Q(1, "1/s/mM"), "reverse": Q(10, "1/s")},
    )
    steps = [
        ("O + glucose@out <-> OG", bind),
        ("OG <-> IG", one),
        ("I + glucose@in <-> IG", bind),
        ("I <-> O", one),
    ]
    sound = {
        "name": "GLUT",
        "on": membrane(),
        "density": Q(100, "1/um^2"),
        "states": "O OG IG I",
        "steps": steps,
        "close": ["I <-> O"],
    }
    return bm.Cycle(**{**sound, **changed})


def model(*parts: Any, **more: Any) -> bm.Model:
    """Of these transporters."""
    return bm.Model("cell", list(parts), **more)


@cache
def sound() -> bm.Model:
    """One cell with a leak of potassium: what runs are tried on."""
    on = membrane()
    return bm.Model("cell", [transporter(on=on)], potential={on: Q(-60, "mV")})


def empirical(flux: Callable[[Any], Any], reaction: str, name: str) -> bm.Model:
    """One cell with a flux as given [fmol/s], whatever the affinity says."""
    return bm.Model(
        "leaky",
        [transporter(reaction, laws.Empirical(flux=flux, reason="to see it fail"), name=name)],
    )


def uphill(*, pays: bool = False) -> bm.Model:
    """Glucose leaves for where there is more of it, and nothing pays; a hydrolysis beside it may
    dissipate more than that gains.
    """
    on = membrane()
    law = laws.Empirical(
        flux=lambda site: site.parameter("J", Q(0.1, "fmol/s"), FLUX), reason="to see it fail"
    )
    burn = transporter(HYDROLYSIS, laws.Elementary(rate=Q(100, "fmol/s")), on.inside, "burn")
    return model(*[burn] * pays, transporter("glucose@in -> glucose@out", law, on, "lift"))
