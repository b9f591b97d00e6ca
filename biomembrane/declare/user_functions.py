"""Functions that users give: seen to take the arguments that they get, and called so that what is
wrong is told where they were given.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any

from .. import errors


def _takes(function: Callable[..., Any], count: int) -> bool:
    """Whether it is a function or method of Python that takes exactly so many arguments, as most
    are: its signature takes twenty times as long.
    """
    found: Any = function
    if isinstance(function, MethodType):
        found, count = function.__func__, count + 1
    elif not isinstance(function, FunctionType):
        found, count = (getattr(type(function), "__call__", None), count + 1)  # noqa: B004  of an object, not whether there is one
    if (
        not isinstance(found, FunctionType) or vars(found) or hasattr(function, "__wrapped__")
    ):  # what wraps another says so there
        return False
    return found.__code__.co_argcount == count and not found.__code__.co_kwonlyargcount


def called(function: Callable[..., Any], where: str, *given: Any) -> Any:
    """What a user's function gives, once it is seen that it takes so many arguments.

    Raises WrongType.
    """
    try:
        if not _takes(function, len(given)):
            inspect.signature(function).bind(*given)
    except TypeError as problem:
        wanted = f"a function of {'one argument' if len(given) == 1 else f'{len(given)} arguments'}"
        raise errors.WrongType(
            where=where,
            wanted=wanted,
            got=f"{errors.shown(function)}: {problem}",
            advice="lambda site: …",
        ) from None
    except ValueError:  # a function of C without a signature, which tells when it is called
        pass
    try:
        with errors.of_users(function, where):
            return function(*given)
    except (TypeError, ValueError) as problem:
        if (
            problem.__traceback__ is not None and problem.__traceback__.tb_next is None
        ):  # raised by the call itself
            got = f"{errors.shown(function)}: {problem}"
            raise errors.WrongType(
                where=where,
                wanted="a function of the site's symbols",
                got=got,
                advice="lambda site: …",
            ) from None
        raise
