"""What a user reaches: every public name, and every callable behind one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import cached_property
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

import biomembrane as bm

BEHIND = ("biomembrane.library.explicit", "biomembrane.library.metabolism")  # modules in a module
CALLED = ("__init__", "__call__")  # the special methods that a user calls by name


class Public(NamedTuple):
    """A function or method of ours: under which public name it is reached, and what a class adds to
    it.
    """

    name: str
    function: Callable[..., Any]
    owner: type | None = None

    @property
    def doc(self) -> str:
        """Its docstring; of ``__init__`` that of the class."""
        of_class = self.owner is not None and self.name.endswith(".__init__")
        return inspect.cleandoc((self.owner if of_class else self.function).__doc__ or "")

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """Of the signature, without ``self``."""
        known = dict(inspect.signature(self.function).parameters)
        return {name: p for name, p in known.items() if name not in ("self", "cls")}


def names(module: ModuleType = bm) -> list[str]:
    """Public names of a module, in order: ``__all__``, or those without an underscore that are no
    module or import of others.
    """
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return sorted(listed)
    found = {name: thing for name, thing in vars(module).items() if not name.startswith("_")}
    return sorted(n for n, x in found.items() if not _passing(x))


def _passing(thing: Any) -> bool:
    """Whether a name is there for the module's own use: from the standard library, or
    ``annotations``.
    """
    home = (
        thing.__name__
        if isinstance(thing, ModuleType)
        else getattr(thing, "__module__", "biomembrane")
    )
    foreign = not str(home).startswith("biomembrane") or type(thing).__module__ == "__future__"
    return foreign or (isinstance(thing, ModuleType) and thing.__name__ not in BEHIND)


def reached() -> dict[str, Any]:
    """Every public object by its dotted name below ``biomembrane``."""
    made: dict[str, Any] = {}
    for name in names():
        thing = getattr(bm, name)
        if isinstance(thing, ModuleType):
            made |= {f"{name}.{inner}": getattr(thing, inner) for inner in names(thing)}
            for inner, below in [(n, x) for n, x in made.items() if isinstance(x, ModuleType)]:
                if hasattr(below, "__all__"):
                    made |= {f"{inner}.{key}": getattr(below, key) for key in names(below)}
        else:
            made[name] = thing
    return made


def callables() -> Iterator[Public]:
    """Functions, classes as they are called, and methods; each once, errors and enumerations
    apart.
    """
    seen: set[Any] = set()
    for name, thing in reached().items():
        ours = str(getattr(thing, "__module__", "")).startswith("biomembrane")
        if thing in seen if ours and callable(thing) else True:
            continue
        seen.add(thing)
        if isinstance(thing, type):
            if not issubclass(thing, BaseException):
                yield from _of_class(name, thing)
        else:
            yield Public(name, inspect.unwrap(thing))


def _of_class(name: str, owner: type) -> Iterator[Public]:
    for key, found in vars(owner).items():
        if (key.startswith("_") and key not in CALLED) or (
            key == "__init__" and getattr(owner, "_is_protocol", False)
        ):
            continue
        function = found
        if isinstance(found, (classmethod, staticmethod)):
            function = found.__func__
        elif isinstance(found, property):
            function = found.fget
        elif isinstance(found, cached_property):
            function = found.func
        function = inspect.unwrap(function) if callable(function) else function
        if isinstance(function, FunctionType):
            yield Public(f"{name}.{key}", function, owner)
