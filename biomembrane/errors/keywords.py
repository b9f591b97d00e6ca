"""A misspelt keyword is told with the nearest ones."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from traceback import walk_tb
from typing import Any, TypeVar

from .wording import nearest, shown

_Called = TypeVar("_Called", bound=Callable[..., Any])


def keywords(callable_: _Called) -> _Called:
    """The same function or class, which raises :class:`~biomembrane.errors.UnknownKeyword` for a
    keyword that it does not have.
    """
    if isinstance(callable_, type):
        kind: Any = callable_
        kind.__init__ = _told(kind.__init__, kind.__name__)
        return callable_
    return _told(callable_, getattr(callable_, "__name__", "call"))  # type: ignore[return-value]


def _told(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    body = inspect.unwrap(function).__code__

    @functools.wraps(function)
    def called(*given: Any, **named: Any) -> Any:
        try:
            return function(*given, **named)
        except TypeError as problem:
            if any(
                frame.f_code is body for frame, _ in walk_tb(problem.__traceback__)
            ):  # from inside: the call itself is sound
                raise
            known = [
                n
                for n, p in inspect.signature(function).parameters.items()
                if n != "self" and p.kind is not p.POSITIONAL_ONLY
            ]
            unknown = next((n for n in named if n not in known), None)
            if unknown is None:
                raise
            from .declaration_errors import UnknownKeyword

            raise UnknownKeyword(
                where=f"{name}(…)", wanted=f"an argument of {name}: {', '.join(known)}",
                got=f"{shown(unknown)[1:-1]}=…",
                advice=nearest(unknown, known), keyword=unknown,
            ) from None  # fmt: skip

    return called
