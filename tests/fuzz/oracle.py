"""What texts and numbers mean, in another way than the library does: by Python's own syntax tree,
and a table of sizes written by hand.
"""

from __future__ import annotations

import ast
import math
import re
from decimal import Decimal
from fractions import Fraction
from numbers import Real
from typing import Any

import numpy as np

M, KG, S, A, T, MOL = np.eye(6)
ONE = np.zeros(6)
NEWTON, JOULE = KG + M - 2 * S, KG + 2 * M - 2 * S
PASCAL, VOLT = KG - M - 2 * S, KG + 2 * M - 3 * S - A
SIZES: dict[str, tuple[float, Any]] = {
    "m meter metre": (1, M), "s second sec": (1, S), "A ampere amp": (1, A), "g gram": (1e-3, KG),
    "mol mole": (1, MOL), "K kelvin degK": (1, T),
    "degR rankine degC celsius degree_Celsius delta_degree_Celsius": (1, T),
    "rad radian count dimensionless": (1, ONE), "percent": (0.01, ONE),
    "ppm": (1e-6, ONE), "min minute": (60, S), "h hour hr hrs": (3600, S), "d day": (86400, S),
    "week": (604800, S), "yr year a": (31557600, S),
    "Hz hertz": (1, -S), "Å angstrom": (1e-10, M), "L l liter litre": (1e-3, 3 * M),
    "M molar OsM osM osmolar": (1e3, MOL - 3 * M),
    "molal": (1, MOL - KG), "osmol osmole Osm osm eq Eq equiv equivalent": (1, MOL),
    "kat katal": (1, MOL - S),
    "U enzyme_unit": (1e-6 / 60, MOL - S), "Da dalton": (1.66053906660e-27, KG),
    "N newton": (1, NEWTON), "dyn dyne": (1e-5, NEWTON),
    "J joule": (1, JOULE), "cal calorie": (4.184, JOULE),
    "eV electron_volt": (1.602176634e-19, JOULE), "W watt": (1, JOULE - S),
    "Pa pascal": (1, PASCAL), "bar": (1e5, PASCAL), "atm atmosphere": (101325, PASCAL),
    "Torr torr": (101325 / 760, PASCAL),
    "mmHg": (133.322387415, PASCAL), "cmH2O": (98.0665, PASCAL), "mmH2O": (9.80665, PASCAL),
    "poise": (0.1, PASCAL + S),
    "cP centipoise": (1e-3, PASCAL + S), "C coulomb": (1, A + S),
    "e elementary_charge": (1.602176634e-19, A + S), "V volt": (1, VOLT),
    "ohm Ohm Ω": (1, VOLT - A), "S siemens mho": (1, A - VOLT), "F farad": (1, A + S - VOLT),
}  # fmt: skip
_RANKINE = {"degR", "rankine", "degF", "fahrenheit", "degree_Fahrenheit", "delta_degree_Fahrenheit"}
_SIZE = {name: what for names, what in SIZES.items() for name in names.split()} | dict.fromkeys(
    _RANKINE, (5 / 9, T)
)
_PREFIX = {
    "q": -30, "r": -27, "y": -24, "z": -21, "a": -18, "f": -15, "p": -12, "n": -9, "u": -6, "µ": -6,
    "μ": -6, "mc": -6, "m": -3, "c": -2, "d": -1,
    "da": 1, "h": 2, "k": 3, "M": 6, "G": 9, "T": 12, "quecto": -30, "ronto": -27, "yocto": -24,
    "zepto": -21, "atto": -18, "femto": -15, "pico": -12,
    "nano": -9, "micro": -6, "milli": -3, "centi": -2, "deci": -1, "deca": 1, "hecto": 2, "kilo": 3,
    "mega": 6, "giga": 9, "tera": 12,
}  # fmt: skip


def _named(name: str) -> tuple[float, Any] | None:
    if name in _SIZE:
        return _SIZE[name]
    for k in range(1, 7):
        if name[:k] in _PREFIX and name[k:] in _SIZE:
            size, dim = _SIZE[name[k:]]
            return size * 10.0 ** _PREFIX[name[:k]], dim
    return _named(name[:-1]) if name.endswith("s") and len(name) > 3 else None


def unit(text: str) -> tuple[float, Any] | None:
    """(size in SI, exponents) of a unit; None where Python, too, cannot read it."""
    t = re.sub(
        "[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+",
        lambda m: "**" + m[0].translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")),
        text,
    )
    t = t.translate(
        str.maketrans(
            {
                "−": "-",
                "–": "-",
                "‐": "-",
                "‑": "-",
                "·": "*",
                "×": "*",
                "⋅": "*",
                "∙": "*",
                "•": "*",
                "Ω": "Ω",
            }
        )
    ).strip()
    t = re.sub(r"\s", " ", t)  # blanks of typesetters, which Python does not know
    t = re.sub(r"°\s*C\b|℃", "degC", t)
    t = re.sub(r"°\s*F\b|℉", "degF", t)
    t = re.sub(r"\bdeg\s+([CF])\b", r"deg\1", t)
    t = re.sub(r"\b(mm|cm)\s+(Hg|H2O)\b", r"\1\2", t).replace("^", "**")
    t = re.sub(r"%(?=[^\W\d])", " percent ", t).replace(
        "%", " percent"
    )  # its exponent stays with it
    t = re.sub(r"(?<![\w])per(?![\w])", "/", t)
    t = re.sub(r"\.(?=[^\W\d]|\()", "*", t)
    t = re.sub(r"\*\*\s*(-?\+?\d+(?:\.\d+)?)", r"**(\1)", t.replace("H2O", "HHO"))
    t = re.sub(r"([^\W\d]|\))(-?\d{1,2})(?!\.?\d)", r"\1**(\2)", t)
    t = re.sub(r"(\))\s*(?=[^\W\d]|\()", r"\1*", t)
    t = re.sub(r"([^\W\d])\s+(?=[^\W\d]|\()", r"\1*", t)
    t = re.sub(r"(?<!\w)as(?!\w)", "attosecond", t)  # a keyword of Python's
    t = "1" + t if t.startswith("/") else t or "1"
    try:
        return _value(ast.parse(t.strip(), mode="eval").body)
    except (
        SyntaxError,
        ValueError,
        KeyError,
        OverflowError,
        ZeroDivisionError,
        RecursionError,
        MemoryError,
    ):
        return None


def _value(node: ast.expr) -> tuple[float, Any]:
    if isinstance(node, ast.Name):
        found = _named(node.id.replace("HHO", "H2O").replace("μ", "µ"))
        if found is None:
            raise KeyError(node.id)
        return found
    if isinstance(node, ast.Constant) and node.value == 1:
        return 1.0, ONE
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        power = _number(node.right)
        size, dim = _value(node.left)
        return size**power, dim * power
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Div)):
        (a, x), (b, y) = _value(node.left), _value(node.right)
        return (a * b, x + y) if isinstance(node.op, ast.Mult) else (a / b, x - y)
    raise ValueError(ast.dump(node))


def _number(node: ast.expr) -> float:
    if (
        isinstance(node, ast.Constant)
        and type(node.value) in (int, float)
        and abs(node.value) < 100
    ):
        return float(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        return -_number(node.operand) if isinstance(node.op, ast.USub) else _number(node.operand)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return _number(node.left) / _number(node.right)
    raise ValueError(ast.dump(node))


def quantity(text: str) -> tuple[float, Any] | None:
    """(value in SI, exponents) of a number with a unit; None where it is none."""
    t = text.strip().translate(str.maketrans("−–‐‑", "----"))
    t = re.sub(
        "[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+",
        lambda m: "^" + m[0].translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")),
        t,
    )
    found = re.match(
        r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?:\s*[x×*·]\s*10\s*(?:\^|\*\*)\s*\(?\s*([+-]?[0-9]{1,3})\s*\)?(?![0-9.]))?",
        t,
    )
    tens = re.match(r"10\s*(?:\^|\*\*)\s*\(?\s*([+-]?[0-9]{1,3})\s*\)?(?![0-9.])", t)
    if tens:
        number, rest = 10.0 ** int(tens[1]), t[tens.end() :]
    elif found:
        number, rest = (
            (
                float(found[1] + (f"e{int(found[2])}" if found[2] else ""))
                if "e" not in found[1].lower() or not found[2]
                else math.nan
            ),
            t[found.end() :],
        )
    else:
        return None
    scale = {
        "degC": 273.15,
        "°C": 273.15,
        "celsius": 273.15,
        "℃": 273.15,
        "deg C": 273.15,
        "degree_Celsius": 273.15,
    }.get(" ".join(rest.split()))
    if scale is not None:
        return number + scale, T
    if " ".join(rest.split()) in (
        "degF",
        "°F",
        "fahrenheit",
        "℉",
        "deg F",
        "° F",
        "degree_Fahrenheit",
    ):
        return (number + 459.67) * 5 / 9, T
    made = unit(rest)
    return None if made is None else (number * made[0], made[1])


def number(value: Any) -> float | None:
    """The number that a Python object is; None for flags, text, and all that is no real number."""
    if isinstance(value, (bool, np.bool_, str, bytes)) or value is None:
        return None
    if isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind in "iuf":
        return float(value)
    try:
        return float(value) if isinstance(value, (Real, Decimal)) else None
    except (OverflowError, ValueError):
        return None


def same(given: Any, size: float, dim: Any) -> bool:
    """Whether a quantity of the library is so much in SI, of this dimension."""
    base = given.to_base_units()
    own = {
        "[length]": 0,
        "[mass]": 1,
        "[time]": 2,
        "[current]": 3,
        "[temperature]": 4,
        "[substance]": 5,
    }
    found = np.zeros(6)
    for name, power in dict(base.dimensionality).items():
        found[own[name]] = float(Fraction(power).limit_denominator(100))
    return bool(np.allclose(found, dim, atol=1e-4)) and math.isclose(
        float(base.magnitude), size, rel_tol=1e-9, abs_tol=1e-300
    )
