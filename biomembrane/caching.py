"""Caches that live on their object; and the garbage collector, paused while objects that stay are
made.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_CACHE = "_held"


def cache_of(owner: Any) -> dict[Any, Any]:
    """The cache of an object, kept on the object itself: it is freed with it, and not pickled."""
    cache: dict[Any, Any] = vars(owner).setdefault(_CACHE, {})
    return cache


def state_without_cache(owner: Any) -> dict[str, Any]:
    """The state of an object without its cache."""
    return {name: value for name, value in vars(owner).items() if name != _CACHE}


def limit(cache: set[Any] | dict[Any, Any]) -> None:
    """Empty a cache of more than 1000 entries."""
    if len(cache) > 1000:
        cache.clear()


@contextmanager
def garbage_collection_paused() -> Iterator[None]:
    """Without the search for reference cycles, which would walk repeatedly over all that stays."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
