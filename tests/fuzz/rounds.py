"""One input after another: drawn from its seed, called under a time limit, judged."""

from __future__ import annotations

import dataclasses
import math
import signal
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import biomembrane as bm
from biomembrane import errors, units
from biomembrane.declare.parameter import Declared

from . import calls, damage, nonsense, oracle

PACKAGE = Path(bm.__file__).parent
LIMIT = 20.0  # seconds an input may take on a machine that others use too


class Slow(BaseException):
    """The time of an input is over."""


@dataclasses.dataclass(frozen=True)
class Fault:
    """What went wrong with an input, and how to have it again."""

    seed: str
    call: str
    kind: str
    what: str
    given: str

    def __str__(self) -> str:
        return f"{self.kind} in {self.call} (seed {self.seed}): {self.what}\n    given {self.given}"


def _alarm(*_: object) -> None:
    raise Slow


def one(seed: str, only: str = "") -> tuple[str, str, Fault | None]:
    """The call that this seed tries, whether it was accepted or refused, and what is wrong with
    that.
    """
    rng = Random(seed)
    known = calls.every()
    files = damage.special()
    weights = [c.weight for c in known.values()] + [w for _, w, _ in files.values()]
    name = only or rng.choices([*known, *files], weights)[0]
    if name in files:
        make, _, ready = files[name]
        ready()  # what is damaged is made once, and is no part of the input's time
        made, fault = _tried(seed, name, lambda: make(rng), "a file")
        return name, made, fault
    call = known[name]
    given = dict(call.given)
    if rng.random() > 0.02:
        for key in rng.sample(list(given), min(len(given), rng.choice((1, 1, 1, 2, 3)))):
            grammar = {("Q(text)", 0): _text, ("Q", 1): _unit}.get((name, key))
            given[key] = (
                grammar(rng) if grammar and rng.random() < 0.6 else nonsense.spoilt(rng, given[key])
            )
    made, fault = _tried(
        seed,
        name,
        lambda: _judged(name, call, given),
        errors.shown({str(k): errors.shown(v, 200) for k, v in given.items()}, 600),
    )
    return name, made, fault


def _unit(rng: Random) -> str:
    """A unit by the grammar of papers, now and then misspelt."""
    names = [*oracle._SIZE, "degC", "°C", "degF"]
    parts = [
        rng.choice(("", "", "", *oracle._PREFIX)) + rng.choice(names)
        for _ in range(rng.choice((1, 1, 2, 2, 3, 4)))
    ]
    made = rng.choice(("", "", "", "1/", "/", "1 "))
    for k, part in enumerate(parts):
        power = rng.choice(
            (
                "",
                "",
                "",
                "2",
                "-1",
                "^2",
                "^-1",
                "**3",
                "⁻¹",
                "²",
                "^(1/2)",
                "^0.5",
                "^99",
                "**9**9",
            )
        )
        made += (rng.choice((" ", "*", "·", "/", "/", ".", " / ", " * ", "")) if k else "") + (
            f"({part}{power})" if rng.random() < 0.05 else part + power
        )
    return nonsense.text(rng, made) if rng.random() < 0.15 else made


def _text(rng: Random) -> str:
    number = rng.choice(
        (
            "5",
            "-60",
            "0.5",
            ".5",
            "5.",
            "1e-7",
            "2.5×10⁻⁷",
            "2.5 x 10^-7",
            "10^-6",
            "10⁻⁶",
            "−3",
            "1e999",
            "nan",
            "٣",
            "1_0",
            "1,5",
            "0x1",
            "5e",
        )
    )
    made = (
        number
        + rng.choice((" ", "", "  ", "\u00a0"))
        + (rng.choice(nonsense.UNITS) if rng.random() < 0.5 else _unit(rng))
    )
    return nonsense.text(rng, made) if rng.random() < 0.2 else made


def _tried(seed: str, name: str, call: Any, given: str) -> tuple[str, Fault | None]:
    began = time.monotonic()
    old = signal.signal(signal.SIGALRM, _alarm)
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", category=ResourceWarning)
            warnings.filterwarnings(
                "ignore", category=errors.BiomembraneWarning
            )  # words of ours, on what may be run
            said = call()
        wrong = said if isinstance(said, str) else ""
        return "accepted", Fault(seed, name, "nonsense accepted", wrong, given) if wrong else None
    except errors.BiomembraneError as error:
        wrong = _words(error)
        return "refused", Fault(seed, name, "poor words", wrong, given) if wrong else None
    except Slow:
        return "slow", Fault(
            seed, name, "hang", f"more than {time.monotonic() - began:.0f} s", given
        )
    except Exception as problem:  # noqa: BLE001  which is what is looked for
        at = problem.__traceback__
        while at is not None and at.tb_next is not None:
            at = at.tb_next
        if _of_users(problem, at):
            return "refused", None
        where = f"{at.tb_frame.f_code.co_filename.rpartition('/')[2]}:{at.tb_lineno}" if at else "?"
        return "raw", Fault(
            seed,
            name,
            "raw traceback",
            f"{type(problem).__name__} at {where}: {errors.shown(str(problem), 200)}",
            given,
        )
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def _of_users(problem: Exception, at: Any) -> bool:
    """Whether a function of the user's raised this, itself, and a note says which: outside the
    package, or in C called where such functions are.
    """
    if at is None or not any(
        note.startswith(errors.RAISED) and "given as" in note
        for note in getattr(problem, "__notes__", ())
    ):
        return False
    code = at.tb_frame.f_code
    return not Path(code.co_filename).is_relative_to(PACKAGE) or "of_users" in code.co_names


def _words(error: errors.BiomembraneError) -> str:
    """What the text of an error lacks."""
    text = str(error)
    if not text.startswith(error.headline):
        return f"no headline: {text[:200]}"
    if not error.where and not isinstance(error, errors.SimulationStopped):
        return f"no place: {text[:300]}"
    if not (error.wanted and error.got and error.advice):
        return f"a field is empty: {text[:400]}"
    if " object at 0x" in text or "<Quantity" in text or len(text) > 3000:
        return f"not in words: {text[:400]}"
    return ""


def _judged(name: str, call: calls.Call, given: Mapping[Any, Any]) -> str:
    """Call it; empty if what it gave means what was given."""
    found = call(given)
    if name.startswith("Q"):
        return _quantity(found, given)
    for key, meaning in call.means.items():
        wrong = _wrong(given.get(key), meaning) if key in given else ""
        if wrong:
            return f"{key}={errors.shown(given[key])}: {wrong}"
    return _not_finite(found)


def _quantity(found: Any, given: Mapping[Any, Any]) -> str:
    """A quantity must be what its text says, and its own text must give it back."""
    value, unit = given[0], given.get(1)
    if units.is_quantity(value):
        return ""
    if isinstance(value, str):
        means = oracle.quantity(value)
    else:
        number, size = (
            oracle.number(value),
            (oracle.quantity(f"1 {unit}") if isinstance(unit, str) else None),
        )
        if number is None:
            return (
                ""
                if hasattr(found.magnitude, "shape") and found.magnitude.dtype == float
                else "no number"
            )
        if size is not None and unit.strip() in (
            "degC",
            "°C",
            "degF",
            "°F",
            "celsius",
            "fahrenheit",
            "degree_Celsius",
            "degree_Fahrenheit",
        ):
            size = oracle.quantity(f"{number!r} {unit}") if math.isfinite(number) else None
            means = size
            if means is None:
                return ""
        else:
            means = None if size is None else (number * size[0], size[1])
        if not math.isfinite(number):
            return ""
    if means is None:
        return f"{found} where Python reads nothing"
    if not oracle.same(found, *means):
        return f"{found} where it means {means}"
    again = bm.Q(f"{found}")
    return (
        ""
        if units.unit_of(again) == units.unit_of(found)
        and math.isclose(again.magnitude, found.magnitude, rel_tol=1e-12)
        else f"{found} is read as {again}"
    )


def _wrong(value: Any, meaning: str) -> str:
    """What is wrong with taking this value; the rest is for the library to judge."""
    value = value.quantity if isinstance(value, bm.Parameter) else value
    if value is None:
        return ""  # as if it were not given
    if meaning == "i":
        number = oracle.number(value)
        return (
            ""
            if number is not None and number == int(number) and not isinstance(value, float)
            else "no integer"
        )
    if meaning == "n":
        number = oracle.number(value)
        return "" if number is not None and math.isfinite(number) else "no finite number"
    if hasattr(value, "attrs"):
        return ""
    dims = [oracle.quantity(f"1 {text.strip()}") for text in meaning.removeprefix("q ").split("|")]
    if isinstance(value, str):
        means = oracle.quantity(value)
        return (
            ""
            if means is not None and any(abs(means[1] - d[1]).max() < 1e-6 for d in dims if d)
            else "no such quantity"
        )
    if not units.is_quantity(value):
        return "no quantity"
    return (
        ""
        if any(
            units.dimension_of(value) == units.dimension_of(bm.Q(f"1 {t.strip()}"))
            for t in meaning.removeprefix("q ").split("|")
        )
        else "another dimension"
    )


def _not_finite(found: Any, depth: int = 0) -> str:
    """A declared number that is none, anywhere in what was made."""
    if isinstance(found, Declared):
        return (
            ""
            if type(found.value) is float and math.isfinite(found.value)
            else f"{found.name} = {found.value!r}"
        )
    if depth < 4 and isinstance(found, Mapping):
        return next(
            (wrong for each in found.values() if (wrong := _not_finite(each, depth + 1))), ""
        )
    if (
        depth < 4
        and (dataclasses.is_dataclass(found) or isinstance(found, bm.Model))
        and not isinstance(found, type)
    ):
        return _not_finite(vars(found) if hasattr(found, "__dict__") else {}, depth + 1)
    return ""
