"""Warnings, and the one way to give them at the user's line."""

from __future__ import annotations

import inspect
import warnings

_OURS = (__name__.partition(".")[0], "contextlib")  # packages whose frames are not the user's


class BiomembraneWarning(UserWarning):
    """Base of every warning raised here."""

    def __init_subclass__(cls) -> None:
        cls.__module__ = __package__  # under which users know it


BiomembraneWarning.__module__ = __package__


class CacheNotUsed(BiomembraneWarning):
    """The folder of compiled models is not ours alone; models are compiled anew in each process."""


class Incomplete(BiomembraneWarning):
    """A saved scan of which chunks are missing or damaged."""


class LanesStopped(BiomembraneWarning):
    """A check of a scan of which some lanes did not come to their end: of these it says nothing."""


class Unseen(BiomembraneWarning):
    """What a protocol does between output times, where the reducers of ``Keep`` do not look."""


class UnclearProtocol(BiomembraneWarning):
    """A formula of time whose motion cannot be bounded or followed everywhere: a brief peak of it
    could be missed.
    """


class Unusual(BiomembraneWarning):
    """Input that can be meant and seldom is: a cell at 37 K, -60 V, 140 M, a break after the end of
    the run, a diagram that never turns over.
    """


def unusual(text: str) -> None:
    """Warn with :class:`Unusual`, at the line of the user's that called this package."""
    frame, level = inspect.currentframe(), 1
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _OURS:
        frame, level = frame.f_back, level + 1
    warnings.warn(text, Unusual, stacklevel=level)
