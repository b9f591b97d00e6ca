"""Expressions from users' functions: each is called once with symbols and its result checked.

Text is never evaluated.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from numbers import Rational, Real
from typing import Any, Protocol

import sympy as sp
from sympy.functions.elementary.hyperbolic import HyperbolicFunction

from .. import errors, symbols, user_text
from .bound_expression import BRANCHES
from .user_functions import called

# what numpy, math and `if` say of a symbol
_NUMERIC = ("ufunc", "Cannot convert expression to float", "cannot determine truth value")
# functions of numpy that sympy has under the same name, and that are compiled
_SYMPY = ("exp", "log", "sqrt", "tanh", "sinh", "cosh", "sin", "cos")


class Asked(Protocol):
    """What a user's function is called with: a site or a geometry, which knows its name and notes
    that what it declares now is the user's.
    """

    process: str
    written_by_user: bool


def evaluated(formula: Any, site: Asked, what: str) -> sp.Expr:
    """The expression that a user's function of the site gives."""
    where = f"{site.process}, {what}"
    if isinstance(formula, type) or not callable(formula):
        raise errors.WrongType(
            where=where,
            wanted="a function of the site",
            got=errors.shown(formula),
            advice="lambda site: site.parameter(…) * site['K@in']",
        )
    site.written_by_user = True
    try:
        result = called(formula, where, site)
    except TypeError as error:
        _explain(error, where)
        raise
    finally:
        site.written_by_user = False
    return expressed(result, where)


def _explain(error: TypeError, where: str) -> None:
    """Raise ``WrongType`` for a quantity or a numeric function among symbols."""
    text = str(error)
    if "Cannot convert from" in text:  # pint, of a quantity among symbols
        raise errors.WrongType(
            where=where,
            wanted="numbers with units as parameters",
            got=f"a quantity in the formula: {error}",
            advice="site.parameter('P', Q(1e-6, 'cm/s'), bm.dimension.PERMEABILITY)",
        ) from None
    if any(numeric in text for numeric in _NUMERIC):
        found = re.search(r"no callable (\w+) method", text)
        name = found[1] if found and found[1] in _SYMPY else "exp"
        in_place_of_numpy = f"use sympy.{name} (import sympy) in place of numpy.{name}"
        if not found:
            in_place_of_numpy += f" or math.{name}"
        raise errors.WrongType(
            where=where,
            wanted="a formula of sympy's functions: it is evaluated once, with symbols",
            got=f"{type(error).__name__}: {error}",
            advice=BRANCHES if "truth value" in text else in_place_of_numpy,
        ) from None


def expressed(result: Any, where: str) -> sp.Expr:
    """The result of a user's formula as a sympy expression: an expression or a finite number."""
    if isinstance(result, sp.Expr):
        return _normalized(result)
    # a number beyond the range of a double gives None
    number = user_text.numbers(result) if isinstance(result, Real) else None
    if number is not None and math.isfinite(number):
        if isinstance(result, Rational):
            return sp.Rational(int(result.numerator), int(result.denominator))
        return sp.Float(float(result))
    advice = (
        "let the function return it"
        if result is None
        else "build it from site['K@in'], site.u, site.parameter(…), with sympy's functions"
    )
    raise errors.WrongType(
        where=where,
        wanted="an expression of the site's symbols",
        got=errors.shown(result),
        advice=advice,
    )


@lru_cache(maxsize=1024)
def _normalized(expr: sp.Expr) -> sp.Expr:
    """The expression in the functions that are compiled.

    sinh, cosh and their kin become exponentials (tanh has code of its own), x/(eˣ − 1) becomes
    B(x), and u**2.0 becomes u**2.
    """
    expr = expr.replace(
        lambda n: isinstance(n, HyperbolicFunction) and not isinstance(n, sp.tanh),
        lambda n: n.rewrite(sp.exp),
    )
    expr = expr.replace(
        lambda n: n.is_Pow and n.exp.is_Float and n.exp == int(n.exp),
        lambda n: n.base ** int(n.exp),
    )
    return symbols.regular(expr)
