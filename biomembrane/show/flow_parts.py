"""Parts of the energy flow diagram: links between slots on a sheet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from .text_layout import NO_EXTENT, Extent


class FlowLike(Protocol):
    """What ``run.ledger.flows()`` lists: ``energy`` [pJ] > 0 that went from ``source`` to
    ``target``.
    """

    @property
    def source(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def energy(self) -> float: ...
    @property
    def kind(self) -> str: ...


@dataclass
class Link:
    """A flow that is drawn.

    ``path``: the slots that it runs through, left to right; ``points``: its centre line [pt].
    """

    source: str
    target: str
    energy: float
    kind: str
    back: bool = False
    path: list[Slot] = field(default_factory=list)
    width: float = 0.0
    points: list[tuple[float, float]] = field(default_factory=list)


@dataclass(eq=False)
class Slot:
    """A place in a layer: the bar of a node, or the passage of a link (no name).

    Lengths in pt, ``y`` is the lower edge.
    """

    name: str
    layer: int
    energy: float
    river: bool = False
    text: tuple[str, str] = ("", "")
    room: Extent = NO_EXTENT
    x: float = 0.0
    y: float = 0.0
    height: float = 0.0
    before: list[tuple[Slot, Link]] = field(default_factory=list)
    after: list[tuple[Slot, Link]] = field(default_factory=list)
    loops: list[Link] = field(default_factory=list)


@dataclass(frozen=True)
class Sheet:
    """The page that the layout must fit [pt]: the width, the size of names (which sets the gaps)
    and of numbers.
    """

    width: float
    em: float
    small: float

    @property
    def bar(self) -> float:
        """Width of the bars [pt]."""
        return 0.7 * self.em
