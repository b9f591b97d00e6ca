"""Comparison of a user's objects by content, and their transfer to another process."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from types import FunctionType
from typing import Any

from .. import caching, errors


class Compared:
    """An object that is compared by content and hashed by name, which equal objects share.

    ``_content`` is what is compared; ``_loose`` names attributes that may hold a user's functions.
    """

    name: str
    _loose: tuple[str, ...] = ()

    def _content(self) -> tuple[Any, ...]:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other):
            return NotImplemented
        assert isinstance(other, Compared)
        return self.name == other.name and self._content() == other._content()

    def __hash__(self) -> int:
        return hash(self.name)

    def __getstate__(self) -> dict[str, Any]:
        kept = caching.state_without_cache(self)
        state = {
            name: value
            for name, value in kept.items()
            if not isinstance(getattr(type(self), name, None), cached_property)
        }
        return state | {name: portable(state[name]) for name in self._loose if name in state}


@dataclass(frozen=True)
class LeftBehind:
    """In place of a function that could not be transferred to another process; what it gave when
    the object was made is kept.
    """

    name: str

    def __call__(self, *_: Any, **__: Any) -> Any:
        raise errors.WrongType(
            where=self.name,
            wanted="a function that travels to another process",
            got="one that was left behind",
            advice=(
                "a function of a module, or install cloudpickle in both processes: pip install"
                " 'biomembrane[sweep]'"
            ),
        )


class _Packed:
    """Bytes that are unpickled to the object itself."""

    def __init__(self, payload: bytes) -> None:
        self.payload = payload

    def __reduce__(self) -> tuple[Any, ...]:
        import cloudpickle

        return cloudpickle.loads, (self.payload,)


def portable(value: Any) -> Any:
    """The value itself where all its functions and classes belong to modules, else
    :func:`packed`.
    """
    return value if _importable(value) else packed(value)


def packed(value: Any) -> Any:
    """The value pickled with its functions; a :class:`LeftBehind` without cloudpickle."""
    try:
        import cloudpickle
    except ImportError:
        return LeftBehind(errors.shown(value))
    return _Packed(cloudpickle.dumps(value))


def _importable(value: Any) -> bool:
    """Whether another process can import all functions and classes of a value."""
    if isinstance(value, (type, FunctionType)):
        target: Any = sys.modules.get(value.__module__)
        for name in value.__qualname__.split("."):
            target = getattr(target, name, None)
        return target is value and value.__module__ != "__main__"
    if isinstance(value, Mapping):
        return all(map(_importable, value.values()))
    if isinstance(value, (tuple, list)):
        return all(map(_importable, value))
    if is_dataclass(value):
        parts = (getattr(value, field.name) for field in fields(value))
        return _importable(type(value)) and all(map(_importable, parts))
    return True
