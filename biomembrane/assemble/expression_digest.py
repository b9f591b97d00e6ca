"""Digests of expressions, by which models are told apart."""

from __future__ import annotations

import hashlib

import sympy as sp


def digest(expression: sp.Basic, known: dict[sp.Basic, str]) -> str:
    """SHA-256 of what an expression is: the same in every process, whatever the order in which its
    terms were put together.

    Args:
        expression: any.
        known: digests of subexpressions; those of this one are added.
    """
    if not expression.args:
        return str(sp.srepr(expression))  # symbols with their assumptions
    if (found := known.get(expression)) is not None:
        return found
    inner = [digest(part, known) for part in expression.args]
    if isinstance(expression, (sp.Add, sp.Mul)):
        inner.sort()
    text = f"{type(expression).__name__}({','.join(inner)})"
    known[expression] = hashlib.sha256(text.encode()).hexdigest()
    return known[expression]
