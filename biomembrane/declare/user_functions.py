"""Functions that users give: each is checked to take the arguments that it gets before it is
called, and what is wrong is reported where the function was given.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any

from .. import errors


def _takes(function: Callable[..., Any], count: int) -> bool:
    """Whether it is a Python function or method that takes exactly this many arguments.

    Most are; reading a signature takes twenty times as long.
    """
    code: Any = function
    if isinstance(function, MethodType):
        code, count = function.__func__, count + 1
    elif not isinstance(function, FunctionType):
        code, count = getattr(type(function), "__call__", None), count + 1  # noqa: B004  of an object, not whether there is one
    # a wrapper says so by an attribute
    if not isinstance(code, FunctionType) or vars(code) or hasattr(function, "__wrapped__"):
        return False
    return code.__code__.co_argcount == count and not code.__code__.co_kwonlyargcount


def called(function: Callable[..., Any], where: str, *arguments: Any) -> Any:
    """The result of a user's function, after a check that it takes this many arguments.

    Raises WrongType.
    """
    count = len(arguments)
    try:
        if not _takes(function, count):
            inspect.signature(function).bind(*arguments)
    except TypeError as problem:
        raise errors.WrongType(
            where=where,
            wanted=f"a function of {'one argument' if count == 1 else f'{count} arguments'}",
            got=f"{errors.shown(function)}: {problem}",
            advice="lambda site: …",
        ) from None
    except ValueError:  # a function of C without a signature complains when it is called
        pass
    try:
        with errors.of_users(function, where):
            return function(*arguments)
    except (TypeError, ValueError) as problem:
        if problem.__traceback__ is None or problem.__traceback__.tb_next is not None:
            raise  # from within the function, not by the call itself
        raise errors.WrongType(
            where=where,
            wanted="a function of the site's symbols",
            got=f"{errors.shown(function)}: {problem}",
            advice="lambda site: …",
        ) from None
