"""Printers: the workload's tables as Python, Antimony and Myokit text.

Only our own table is printed and executed, never a user's text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from .workload import COLUMNS, CONSTANTS, INTEGRALS, PARAMETERS, START, STATES, TABLE

_DERIVATIVES = tuple(f"d{s}" for s in STATES) + tuple(f"q{s}" for s in INTEGRALS)


def python(arguments: str, *, out: str = "") -> str:
    """``def rhs(arguments)`` of t, y and p: it fills ``out``, or gives (dx/dt, integrands) as two
    lists where ``out`` is empty.
    """
    lines = [f"{name} = y[{k}]" for k, name in enumerate(STATES)]
    lines += [f"{name} = p[{k}]" for k, name in enumerate(PARAMETERS)]
    lines += [f"{name} = {value!r}" for name, value in CONSTANTS.items()]
    lines += [f"{name} = {formula}" for name, formula in TABLE]
    if out:
        lines += [f"{out}[{k}] = {name}" for k, name in enumerate(_DERIVATIVES)]
    else:
        lines.append(f"return [{', '.join(_DERIVATIVES[:18])}], [{', '.join(_DERIVATIVES[18:])}]")
    return f"def rhs({arguments}):\n" + "\n".join(f"    {line}" for line in lines) + "\n"


def function(arguments: str, names: Mapping[str, Any], *, out: str = "") -> Callable[..., Any]:
    """The printed function, with ``exp``, ``log`` and ``cos`` as ``names`` gives them."""
    space: dict[str, Any] = dict(names)
    exec(compile(python(arguments, out=out), "<workload>", "exec"), space)
    made: Callable[..., Any] = space["rhs"]
    return made


def derivatives() -> dict[str, str]:
    """Column by the name of its derivative in the table."""
    return dict(zip(_DERIVATIVES, COLUMNS, strict=True))


def antimony() -> str:
    """The workload as an Antimony model, with the integrals as rate rules."""
    lines = [f"{name} = {float(x)!r};" for name, x in zip(STATES, START, strict=True)]
    lines += [f"{name} = 0;" for name in INTEGRALS]
    lines += [f"{name} = {value!r};" for name, value in (PARAMETERS | CONSTANTS).items()]
    for name, formula in TABLE:
        text = re.sub(r"\blog\(", "ln(", re.sub(r"\bt\b", "time", formula.replace("**", "^")))
        lines.append(
            f"{derivatives()[name]}' = {text};" if name in derivatives() else f"{name} := {text};"
        )
    return "model cell\n" + "\n".join(f"  {line}" for line in lines) + "\nend\n"


def myokit() -> str:
    """The workload in Myokit's syntax, one component ``c``."""
    lines = ["[[model]]", "name: cell"]
    lines += [f"c.{name} = {float(x)!r}" for name, x in zip(STATES, START, strict=True)]
    lines += [f"c.{name} = 0" for name in INTEGRALS]
    lines += ["[c]", "t = 0 bind time"]
    lines += [f"{name} = {value!r}" for name, value in (PARAMETERS | CONSTANTS).items()]
    for name, formula in TABLE:
        text = formula.replace("**", "^")
        lines.append(
            f"dot({derivatives()[name]}) = {text}" if name in derivatives() else f"{name} = {text}"
        )
    return "\n".join(lines) + "\n"
