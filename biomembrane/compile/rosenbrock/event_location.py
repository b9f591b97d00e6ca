"""Events in the integration loop, in IR: a part ends where a function of time and state rises
through zero.

In each attempted step the functions are looked at in five places of the dense output.  Where one of
them has risen through zero, the place is found by bisection, to the last bit, and the step is made
again to end there; the dense output of the shorter step is the better, and after two or three such
attempts the place and the end of the step are the same.  The lane then ends with the state there,
as the record says, and the host sets what the event sets and lets it go on.  So a state at an event
is a state at the end of a step, of full order, and the books are as exact as anywhere.

An event is *armed* where its function is below zero at the start of a step; those that have just
fired are not, until a step has been taken.  Events that rise at the very same time fire together.
"""

from __future__ import annotations

from itertools import pairwise

from ..llvm.ir import BIT, LANES, VEC, Function, Layout, number, splat
from . import tableau
from .driver import RESUMED, SIGNATURE, Drive
from .step_end import SET_VALUES
from .tableau import Tableau

LOOKS = (0.0, 0.25, 0.5, 0.75, 1.0)  # shares of a step
MOST = 52  # events, which are told as bits of a double
HALVES = 56  # of the space between two looks, which is then below its last bit
INSTANT = 1e-14  # of the time: an event so near to the start or the end of a step is there
NONE, FIRE = 2.0, 2.0


def drive(
    method: Tableau, layout: Layout, *, careful: bool = False, constrained: bool = False
) -> Function:  # fmt: skip
    """``drive`` of programs with events; its sets are those of ``%LIST``, and go on from
    ``%RES``.
    """
    f = Function("drive", SIGNATURE + RESUMED, "void", "#2")
    d = EventDrive(f, method, layout, careful=careful, events=True)
    d.constrained = constrained
    d.run()
    return f


class EventDrive(Drive):
    """The integration loop that ends a part where an event is."""

    set_values = SET_VALUES + RESUMED

    def look(self) -> None:
        """Into ``root``: in which share of the step the first event is, or ``NONE``; into
        ``which``: the events, a bit for each.
        """
        f = self.f
        self.arm()
        for name, value in (("root", NONE), ("from", 0.0), ("to", 1.0)):
            f.store(splat(value), self.array(name))
        for before, after in pairwise(LOOKS):
            hit = self.risen(splat(after))
            root = self.vector("root")
            new = f.do(f"and {BIT} {hit}, {f.compare('oeq', root, splat(NONE))}")
            for name, value in (("from", before), ("to", after), ("root", after)):
                f.store(f.select(new, splat(value), self.vector(name)), self.array(name))
            self.rearm()
        with f.when(self.somewhere()):
            with f.loop(HALVES):
                middle = f.mul(f.add(self.vector("from"), self.vector("to")), splat(0.5))
                hit = self.risen(middle)
                f.store(f.select(hit, middle, self.vector("to")), self.array("to"))
                f.store(f.select(hit, self.vector("from"), middle), self.array("from"))
            found = f.compare("olt", self.vector("root"), splat(NONE))
            f.store(f.select(found, self.vector("to"), self.vector("root")), self.array("root"))
            self.name()

    def arm(self) -> None:
        """Into ``armed``: 1 where the function of an event is below zero at the start of the
        step.
        """
        f = self.f
        self.model("f_event", "t", "y", "ev")
        with f.loop(self.events) as e:
            below = f.compare("olt", f.get(self.array("ev"), e), splat(0.0))
            awake = f.do(
                f"and {BIT} {below}, {f.compare('oeq', f.get(self.array('mute'), e), splat(0.0))}"
            )
            f.put(f.select(awake, splat(1.0), splat(0.0)), self.array("armed"), e)

    def rearm(self) -> None:
        """The same at the place that was looked at last, in lanes where nothing has been found."""
        f = self.f
        still = f.compare("oeq", self.vector("root"), splat(NONE))
        with f.loop(self.events) as e:
            below = f.compare("olt", f.get(self.array("ev"), e), splat(0.0))
            here = f.select(below, splat(1.0), splat(0.0))
            f.put(f.select(still, here, f.get(self.array("armed"), e)), self.array("armed"), e)

    def risen(self, theta: str) -> str:
        """Bits: whether an armed event is at zero or above at θ of each lane."""
        f = self.f
        self.between(theta, self.array("v"))
        f.store(f.fma(self.h, theta, self.t), self.array("tick"))
        self.model("f_event", "tick", "v", "ev")
        found = f.slot(VEC, "zeroinitializer")
        with f.loop(self.events) as e:
            f.store(f.select(self.up(e), splat(1.0), f.load(found)), found)
        return f.compare("oeq", f.load(found), splat(1.0))

    def up(self, event: str) -> str:
        """Bits: whether an event is armed and, where it was looked at last, at zero or above."""
        f = self.f
        armed = f.compare("oeq", f.get(self.array("armed"), event), splat(1.0))
        return f.do(
            f"and {BIT} {armed}, {f.compare('oge', f.get(self.array('ev'), event), splat(0.0))}"
        )

    def somewhere(self) -> str:
        """Whether there is an event in a step that was accepted."""
        f = self.f
        found = f.slot("i1", "0")
        with f.loop(LANES) as lane:
            taken = f.compare(
                "oeq", f.load(self.lane("acc", lane), "double"), number(1.0), "double"
            )
            there = f.do(f"and i1 {taken}, {self.has(lane)}")
            f.store(f.do(f"or i1 {there}, {f.load(found, 'i1')}"), found, "i1")
        return f.load(found, "i1")

    def has(self, lane: str) -> str:
        return self.f.compare(
            "olt", self.f.load(self.lane("root", lane), "double"), number(NONE), "double"
        )

    def name(self) -> None:
        """Into ``which``: the events that have risen at ``root``, Σ 2ᵉ."""
        f = self.f
        self.risen(self.vector("root"))
        f.store(splat(0.0), self.array("which"))
        bit = f.slot(VEC, splat(1.0))
        with f.loop(self.events) as e:
            own = f.select(self.up(e), f.load(bit), splat(0.0))
            f.store(f.add(self.vector("which"), own), self.array("which"))
            f.store(f.add(f.load(bit), f.load(bit)), bit)

    # --- what becomes of the step

    def accept(self, lane: str) -> None:
        f = self.f
        root, h = (f.load(self.lane(name, lane), "double") for name in ("root", "h"))
        land = f.do(f"fmul double {h}, {root}")
        instant, has = self.instant(lane, INSTANT), self.has(lane)
        there = f.do(
            f"and i1 {has}, {f.compare('ole', f.do(f'fsub double {h}, {land}'), instant, 'double')}"
        )
        here = f.do(f"and i1 {has}, {f.compare('ole', land, instant, 'double')}")
        here = f.do(f"and i1 {here}, {f.do(f'xor i1 {there}, true')}")
        ended = f.do(f"or i1 {here}, {there}")
        inside = f.do(f"and i1 {has}, {f.do(f'xor i1 {ended}, true')}")
        with f.when(here):
            self.fire(lane)
        with f.when(inside):
            self.count("bad", lane)
            self.hold(lane)
            f.store(root, self.lane("fac", lane), "double")
            f.store(number(1.0), self.lane("aim", lane), "double")
        kept = f.do(f"or i1 {here}, {inside}")
        with f.when(f.do(f"xor i1 {kept}, true")):
            f.store(
                f.select(there, number(FIRE), number(0.0), "double"),
                self.lane("aim", lane),
                "double",
            )
            super().accept(lane)

    def fire(self, lane: str) -> None:
        """End the part with the state that the lane has."""
        self.record(lane, number(tableau.EVENT), self.f.load(self.lane("which", lane), "double"))
        self.redraw(lane)
        self.hold(lane)

    def finish(self, lane: str) -> None:
        """A step that ended at an event ends the part, but at the end of the run, where nothing can
        follow.
        """
        f = self.f
        taken = f.compare("oeq", f.load(self.lane("acc", lane), "double"), number(1.0), "double")
        busy = f.do(f"icmp sge i64 {f.load(self.lane('job', lane), 'i64')}, 0")
        with f.when(f.do(f"and i1 {taken}, {busy}")):
            with f.loop(self.events) as e:
                f.store(number(0.0), self.lane("mute", lane, e), "double")
            at = f.compare("oeq", f.load(self.lane("aim", lane), "double"), number(FIRE), "double")
            before = f.compare("olt", f.load(self.lane("t", lane), "double"), self.end, "double")
            with f.when(f.do(f"and i1 {at}, {before}")):
                self.fire(lane)
        super().finish(lane)

    def paced(self, lane: str, h: str, left: str) -> str:
        aimed = self.f.compare(
            "oeq", self.f.load(self.lane("aim", lane), "double"), number(1.0), "double"
        )
        return self.f.select(aimed, h, super().paced(lane, h, left), "double")
