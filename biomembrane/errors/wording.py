"""Values, names and numbers in the words of an error."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

# what others call the variables of results
_OTHER_WORDS = (
    dict.fromkeys(("v", "vm", "v_m", "voltage", "membrane_potential"), "potential")
    | dict.fromkeys(("c", "conc", "level", "concentrations"), "concentration")
    | dict.fromkeys(("j", "rate", "fluxes", "turnover"), "flux")
    | dict.fromkeys(("n", "moles", "amounts"), "amount")
    | dict.fromkeys(("i", "currents"), "current")
    | dict.fromkeys(("power", "heat"), "dissipation")
)


def nearest(name: object, known: Iterable[str], count: int = 3) -> str:
    """'did you mean …' for a name that is not among ``known``, else the known names; empty if
    there are none.
    """
    names, name = list(dict.fromkeys(known)), name[:100] if isinstance(name, str) else ""
    meant = _OTHER_WORDS.get(name.lower().replace(" ", "_"))
    if meant in names:
        return f"did you mean {meant!r}?"
    folded = {n.lower(): n for n in names}
    likeness = {n: difflib.SequenceMatcher(None, n, name.lower()).ratio() for n in folded}
    best = max(likeness.values(), default=0.0)
    near = sorted(
        (n for n, r in likeness.items() if r >= max(0.55, best - 0.15)), key=lambda n: -likeness[n]
    )[:count]
    if near:
        return "did you mean " + " or ".join(repr(folded[n]) for n in near) + "?"
    return "known: " + ", ".join(names[:12]) + (", …" if len(names) > 12 else "") if names else ""


def apart(*numbers: float, digits: int = 4) -> list[str]:
    """Numbers with enough digits to tell different ones apart."""
    for more in range(digits, 18):
        texts = [f"{x:.{more}g}" for x in numbers]
        if len(set(texts)) == len(set(numbers)):
            break
    return texts


def shown(value: object, limit: int = 90) -> str:
    """A value in few words, for errors: quantities with units, classes by name, no addresses."""
    try:
        text = _text(value)
    except Exception:  # noqa: BLE001  what cannot even be printed: 5,000 digits, a broken __repr__
        text = f"an object of class {type(value).__name__}"
    text = text[: 20 * limit]
    if "<" in text:
        quoted = _QUANTITY.sub(r"Q(\1, '\2')", text)
        text = _WITH_ADDRESS.sub(r"an object of class \1", quoted)
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def said(problem: BaseException, limit: int = 300) -> str:
    """The text of an error on one line, even if its ``__str__`` raises."""
    try:
        text = str(problem)
    except Exception:  # noqa: BLE001  of somebody else's class
        text = "an error that cannot be printed"
    flat = " ".join(text[: 20 * limit].split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


# quantities within lists and mappings
_QUANTITY = re.compile(r"<Quantity\((.*?), '(.*?)'\)>", re.DOTALL)
_WITH_ADDRESS = re.compile(r"<(?:[\w.]*\.)?(\w+)[^<>]*(?:<\w+>[^<>]*)*? at 0x[0-9a-f]+>")


def _text(value: object) -> str:
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if isinstance(value, int) and abs(value) >= 10**100:
        return f"an integer of {round(value.bit_length() * 0.30103)} digits"
    if hasattr(value, "magnitude") and hasattr(value, "units"):
        try:
            return f"{value:.6g~P}"
        except (TypeError, ValueError):
            return str(value)
    if isinstance(value, (tuple, list)) and any(hasattr(each, "magnitude") for each in value):
        return f"({', '.join(shown(each) for each in value)})"
    if getattr(value, "ndim", 0):
        if getattr(value, "size", 0) <= 12:
            return str(value)
        return f"{type(value).__name__} of shape {value.shape}"  # type: ignore[attr-defined]
    if callable(value) and hasattr(value, "__name__"):
        return f"the function {value.__name__}"
    if isinstance(value, (str, bytes)):
        return repr(value[:10_000])
    text = repr(value)
    return f"an object of class {type(value).__name__}" if " object at 0x" in text else text
