"""What a user makes is compared by what it says, not by where it lies in memory, and travels to
another process whatever it was made from.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from types import FunctionType
from typing import Any

from .. import caching, errors


class Compared:
    """Equal to what says the same; hashed by name, which equal ones share.

    ``_content`` gives what is compared, ``_loose`` names the attributes that may hold a user's
    functions.
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
        kept = caching.bare(self)
        state = {
            name: value
            for name, value in kept.items()
            if not isinstance(getattr(type(self), name, None), cached_property)
        }
        return state | {name: portable(state[name]) for name in self._loose if name in state}


@dataclass(frozen=True)
class Left:
    """Stands where a function was that could not travel; what it gave when the object was made
    did.
    """

    name: str

    def __call__(self, *_: Any, **__: Any) -> Any:
        advice = (
            "a function of a module, or install cloudpickle in both processes: pip install"
            " 'biomembrane[sweep]'"
        )
        raise errors.WrongType(
            where=self.name,
            wanted="a function that travels to another process",
            got="one that was left behind",
            advice=advice,
        )


class _Packed:
    """Bytes that become the object again where they arrive."""

    def __init__(self, payload: bytes) -> None:
        self.payload = payload

    def __reduce__(self) -> tuple[Any, ...]:
        import cloudpickle

        return cloudpickle.loads, (self.payload,)


def portable(value: Any) -> Any:
    """The value itself where all its functions and classes belong to modules; else packed by
    cloudpickle, or left behind without it.
    """
    return value if _known(value) else packed(value)


def packed(value: Any) -> Any:
    """What becomes the value again in another process, functions included; what says that it was
    left behind where cloudpickle is missing.
    """
    try:
        import cloudpickle
    except ImportError:
        return Left(errors.shown(value))
    return _Packed(cloudpickle.dumps(value))


def _known(value: Any) -> bool:
    if isinstance(value, (type, FunctionType)):
        object_of_name: Any = sys.modules.get(value.__module__)
        for name in value.__qualname__.split("."):
            object_of_name = getattr(object_of_name, name, None)
        return object_of_name is value and value.__module__ != "__main__"
    if isinstance(value, Mapping):
        return all(map(_known, value.values()))
    if isinstance(value, (tuple, list)):
        return all(map(_known, value))
    if is_dataclass(value):
        return _known(type(value)) and all(_known(getattr(value, f.name)) for f in fields(value))
    return True
