"""Copies of declared objects with changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from .. import errors
from .parameter import Declared, Parameter

Declaration = TypeVar("Declaration")


def changed(
    original: Declaration, changes: Mapping[str, object], contents: Collection[str] = ()
) -> Declaration:
    """A copy of a declared object with other arguments, made and checked as a new one.

    Of the arguments that are ``contents`` only what is named changes; None takes a species out.
    """
    kind: Any = type(original)
    arguments = [f.name for f in fields(kind) if f.init]
    for name in changes:
        if name not in arguments:
            raise errors.UnknownKeyword(
                where=f"{kind.__name__}.replace(…)",
                wanted="an argument of " + kind.__name__,
                got=f"{name}=",
                advice=errors.nearest(name, arguments),
                keyword=name,
            )
    given = {name: _as_given(getattr(original, name)) for name in arguments}
    for name, value in changes.items():
        if name in contents and isinstance(value, Mapping):
            value = _merged(given[name], value)  # noqa: PLW2901
        given[name] = value
    made: Declaration = kind(**given)
    return made


def _merged(old: Any, new: Mapping[Any, Any]) -> dict[Any, Any]:
    every = {**(old if isinstance(old, Mapping) else {}), **new}
    return {species: value for species, value in every.items() if value is not None}


def _as_given(value: Any) -> Any:
    """What declares a parameter again: its quantity with its source."""
    if isinstance(value, Declared):
        return Parameter(value.quantity, value.source)
    if isinstance(value, Mapping):
        return {key: _as_given(x) for key, x in value.items()}
    return value
