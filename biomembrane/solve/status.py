"""How a run ends: an enumeration whose values are the messages, each with its remedy, and what
became of one lane.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Outcome(StrEnum):
    """How a run ends.  A member is its message; ``code`` is how files write it, ``remedy`` what can
    be done about it.

    A code, once given, stays: files are read by it.  ``{solver}`` in a remedy is the call of the
    solver up to the setting, "Native(".
    """

    code: int
    remedy: str

    DONE = "done", 0
    TOO_MANY_STEPS = "too many steps", 1, "allow more with {solver}max_steps={more})"
    COLLAPSED = "collapsed", 2, "look for a rate that grows without bound"
    NOT_FINITE = "not finite", 3, "look for 0/0 or an overflow in a law"
    NEGATIVE = "negative", 4, "let what takes from a pool vanish where the pool is empty"
    CANCELLED = "cancelled", 5, "run it again"
    OPEN_BOOKS = "open books", 6, "try {solver}rtol={rtol:.0e})"
    ENDED = "ended by an event", 7, "leave end=True out of the event to go on"
    NO_REST = "no steady state", 8, "look at what moves the pool that is named"

    def __new__(cls, message: str, code: int, remedy: str = "") -> Self:
        outcome = str.__new__(cls, message)
        outcome._value_, outcome.code, outcome.remedy = message, code, remedy
        return outcome

    @classmethod
    def of(cls, code: int) -> Outcome:
        """The member that a file writes so.  Raises ValueError."""
        for each in cls:
            if each.code == code:
                return each
        raise ValueError(f"{code} is the code of no outcome")

    def because(self, reason: str, **numbers: object) -> str:
        """The reason, then the remedy with its numbers."""
        return f"{reason}; {self.remedy.format(**numbers)}"

    @property
    def word(self) -> str:
        """The message without blanks, as the CF conventions want flags to be named."""
        return self.value.replace(" ", "_")


@dataclass(frozen=True)
class Status:
    """How a run ended: its ``kind``, at which ``time``, why (``message``), and the index of the
    ``state`` at fault, if any.
    """

    kind: Outcome
    time: float
    message: str = ""
    state: int | None = None

    @property
    def ok(self) -> bool:
        return self.kind is Outcome.DONE

    @property
    def failed(self) -> bool:
        """Whether the lane stopped early, by no event that was to end it."""
        return self.kind not in (Outcome.DONE, Outcome.ENDED)


WAITING = Status(Outcome.CANCELLED, 0.0, "not started")
