"""What objects hold: what follows from them, kept as long as they live; and the garbage collector,
put off where all that is made stays.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_HELD = "_held"


def held(owner: Any) -> dict[Any, Any]:
    """What follows from an object, kept on the object itself: it goes when the object goes, and
    does not travel with it.
    """
    values: dict[Any, Any] = vars(owner).setdefault(_HELD, {})
    return values


def bare(owner: Any) -> dict[str, Any]:
    """The state of an object without what is held for it."""
    return {name: value for name, value in vars(owner).items() if name != _HELD}


def bound(cache: set[Any] | dict[Any, Any]) -> None:
    """Forget what was seen before it takes much room."""
    if len(cache) > 1000:
        cache.clear()


@contextmanager
def put_off() -> Iterator[None]:
    """Without the search for cycles, which would walk over everything made so far again and
    again.
    """
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()
