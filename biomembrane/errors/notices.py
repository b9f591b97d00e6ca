"""Warnings, and the one way to issue them at the user's line."""

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
    """Others can write to the folder of compiled models; each process compiles its own."""


class Incomplete(BiomembraneWarning):
    """A saved scan with missing or damaged chunks."""


class LanesStopped(BiomembraneWarning):
    """A check of a scan some of whose lanes stopped early; it says nothing about these."""


class NotAtTemperature(BiomembraneWarning):
    """Numbers of another temperature than the model's, without a temperature dependence."""


class Unseen(BiomembraneWarning):
    """Changes by a protocol between output times, which the reducers of ``Keep`` do not see."""


class UnclearProtocol(BiomembraneWarning):
    """A formula of time whose changes cannot be bounded everywhere: a brief peak may be missed."""


class Unusual(BiomembraneWarning):
    """Input that may be intended but seldom is: a cell at 37 K, -60 V or 140 M, a break after the
    end of the run, a diagram that never turns over.
    """


def unusual(text: str) -> None:
    """Warn with :class:`Unusual`, at the line of the user's that called this package."""
    warned(text, Unusual)


def not_at_temperature(text: str) -> None:
    """Warn with :class:`NotAtTemperature`, likewise."""
    warned(text, NotAtTemperature)


def warned(text: str, kind: type[BiomembraneWarning]) -> None:
    """Warn at the line of the user's that called this package."""
    frame, level = inspect.currentframe(), 1
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _OURS:
        frame, level = frame.f_back, level + 1
    warnings.warn(text, kind, stacklevel=level)
