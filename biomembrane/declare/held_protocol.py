"""Protocols that an object holds for a parameter of its own: the value at the start, and what tells
one from another.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import errors, symbols, units
from ..dimension import Dimension
from .protocol import Protocol, Shape
from .protocol_points import as_text


def content(protocol: Protocol) -> tuple[Any, ...]:
    """What is compared: kind, times, values, formula and its quantities, as text."""
    named = [(name, as_text(x)) for name, x in protocol.quantities.items()]
    formula = getattr(protocol.formula, "__code__", None)
    code = ""
    if formula is not None:  # a nested function is told apart by its names only
        consts = [c for c in formula.co_consts if not hasattr(c, "co_code")]
        code = repr((formula.co_code.hex(), consts, formula.co_names))
    times, values = [*map(as_text, protocol.times)], [*map(as_text, protocol.values)]
    return protocol.kind, times, values, code, named


def text(protocol: Protocol) -> str:
    """The same as one text."""
    return repr(content(protocol))


def first_value(protocol: Protocol, name: str, dims: tuple[Dimension, ...]) -> Any:
    """The value at t = 0, in one of the dimensions ``dims`` of the parameter ``name``.

    Raises BadSettings for arrays, which belong to a scan; the unit errors; DimensionError.
    """
    where = f"{name}, Protocol.{protocol.kind}"
    for given in (*protocol.times, *protocol.values, *protocol.quantities.values()):
        if units.is_labelled(given):
            raise errors.BadSettings(
                where=name, wanted="a protocol of quantities, where the object is declared",
                got="a protocol with arrays that a scan varies",
                advice=f"simulate(model, parameters={{{name!r}: Protocol.{protocol.kind}(…)}})",
            )  # fmt: skip
    if protocol.kind is Shape.FUNCTION:
        return _first_of_formula(protocol, name, dims)
    for value in protocol.values:
        units.strip(value, dims, where)
    quantities = [units.as_quantity(v, name) for v in protocol.values]
    if len({units.dimension_of(q) for q in quantities}) > 1:
        got = " and ".join(dict.fromkeys(units.unit_of(q) for q in quantities))
        raise errors.UnitMismatch(
            where=where, wanted="values of one dimension", got=got, advice="all in one unit"
        )
    start = quantities[0]
    return units.Q(start.magnitude[0], units.unit_of(start)) if np.ndim(start) else start


def _first_of_formula(protocol: Protocol, name: str, dims: tuple[Dimension, ...]) -> Any:
    given = {k: units.as_quantity(v, f"{name}({k}=…)") for k, v in protocol.quantities.items()}
    of = {k: units.dimension_of(q) for k, q in given.items()}
    for dim in dims:
        try:
            formula = protocol.expression(name, dim, of)
        except errors.DimensionError:
            if dim == dims[-1]:
                raise
        else:
            break
    numbers = {
        symbols.protocol_input(f"{name}.{k}"): units.strip(q, of[k], name) for k, q in given.items()
    }
    value = formula.xreplace(numbers).subs(symbols.t, 0)
    return units.restore(float(value), units.like(dim))
