"""Events in the integration loop, in IR: a segment ends where a function of time and state rises
through zero.

In each attempted step the functions are evaluated at five points of the dense output; where the
quartic through these has a highest point between two of them, they are evaluated there too.  Where
one of the functions has risen through zero, its root is found by bisection to the last bit, and the
step is repeated to end there; the dense output of the shorter step is more accurate, and after two
or three such attempts the root and the end of the step agree.  The lane then ends with the state
there, as its record says; the host applies the event, and the lane resumes.  So a state at an event
is a state at the end of a step, of full order, and the ledger is as exact as elsewhere.

An event is *armed* where its function is below zero at the start of a step; those that have just
fired are not, until a step has been taken.  Events that rise at the same time fire together.
"""

from __future__ import annotations

from itertools import pairwise

from ..llvm.ir import BIT, LANES, VEC, Function, Layout, number, splat
from . import tableau
from .driver import SETTLED, SIGNATURE, IntegrationLoop
from .lane_refill import RESUMED
from .step_end import SET_VALUES
from .tableau import Tableau

#: Slopes, up to a factor, at each look, of the quartic through the values at all.
SLOPES = (
    (-25.0, 48.0, -36.0, 16.0, -3.0), (-3.0, -10.0, 18.0, -6.0, 1.0), (1.0, -8.0, 0.0, 8.0, -1.0),
    (-1.0, 6.0, -18.0, 10.0, 3.0), (3.0, -16.0, 36.0, -48.0, 25.0),
)  # fmt: skip
CLIMB = 6  # steps towards a highest point
LOOKS = (0.0, 0.25, 0.5, 0.75, 1.0)  # shares of a step
MOST = 52  # events, which are stored as bits of a double
HALVES = 56  # of the space between two looks, which is then below its last bit
INSTANT = 1e-14  # of the time: an event so near to the start or the end of a step is there
NONE, FIRE = 2.0, 2.0


def drive(
    method: Tableau, layout: Layout, *, careful: bool = False, constrained: bool = False
) -> Function:  # fmt: skip
    """``drive`` of programs with events; it runs the sets of ``%LIST``, which resume from
    ``%RES``.
    """
    f = Function("drive", SIGNATURE + RESUMED + SETTLED * constrained, "void", "#2")
    EventLoop(f, method, layout, careful=careful, constrained=constrained, events=True).run()
    return f


class EventLoop(IntegrationLoop):
    """The integration loop of a program with events, each of which ends a segment."""

    set_values = SET_VALUES + RESUMED
    again = True

    def locate_events(self) -> None:
        """Set ``root`` to the share of the step at which the first event is, or ``NONE``;
        ``which`` to the events, a bit for each; ``blind`` to the number, counted from 1, of an
        event that is NaN in the step, or 0.
        """
        f = self.f
        self.arm()
        for name, value in (("root", NONE), ("from", 0.0), ("to", 1.0)):
            f.store(splat(value), self.w.array(name))
        for k, theta in enumerate(LOOKS):
            self.values(splat(theta))
            with f.loop(self.w.events) as e:
                f.put(f.get(self.w.array("ev"), e), self.w.array("curve"), self.curve_row(k, e))
        self.find_undefined()
        for k, (before, after) in enumerate(pairwise(LOOKS)):
            self.find_peaks(k)
            hit = self.any_risen("curve", k + 1)
            root = self.w.vector("root")
            new = f.do(f"and {BIT} {hit}, {f.compare('oeq', root, splat(NONE))}")
            for name, value in (("from", before), ("to", after), ("root", after)):
                f.store(f.select(new, splat(value), self.w.vector(name)), self.w.array(name))
            self.rearm(k + 1)
        with f.when(self.event_in_step()):
            with f.loop(HALVES):
                middle = f.mul(f.add(self.w.vector("from"), self.w.vector("to")), splat(0.5))
                hit = self.risen_at(middle)
                f.store(f.select(hit, middle, self.w.vector("to")), self.w.array("to"))
                f.store(f.select(hit, self.w.vector("from"), middle), self.w.array("from"))
            hit_lanes = f.compare("olt", self.w.vector("root"), splat(NONE))
            f.store(
                f.select(hit_lanes, self.w.vector("to"), self.w.vector("root")),
                self.w.array("root"),
            )
            self.identify_events()

    def curve_row(self, look: int, event: str) -> str:
        """The row of ``curve`` with an event at one of the looks."""
        return self.f.do(f"add i64 {self.f.do(f'mul i64 {self.w.events}, {look}')}, {event}")

    def arm(self) -> None:
        """Set ``armed`` to 1 where the function of an event is below zero at the start of the
        step.
        """
        f = self.f
        self.w.model("f_event", "t", "y", "ev")
        with f.loop(self.w.events) as e:
            below = f.compare("olt", f.get(self.w.array("ev"), e), splat(0.0))
            awake = f.do(
                f"and {BIT} {below}, {f.compare('oeq', f.get(self.w.array('mute'), e), splat(0.0))}"
            )
            f.put(f.select(awake, splat(1.0), splat(0.0)), self.w.array("armed"), e)

    def rearm(self, look: int) -> None:
        """The same at a later look, in lanes in which no event has been found yet."""
        f = self.f
        still = f.compare("oeq", self.w.vector("root"), splat(NONE))
        with f.loop(self.w.events) as e:
            below = f.compare(
                "olt", f.get(self.w.array("curve"), self.curve_row(look, e)), splat(0.0)
            )
            here = f.select(below, splat(1.0), splat(0.0))
            f.put(f.select(still, here, f.get(self.w.array("armed"), e)), self.w.array("armed"), e)

    def find_undefined(self) -> None:
        """Set ``blind`` to the number of an event that is NaN at a look."""
        f = self.f
        f.store(splat(0.0), self.w.array("blind"))
        own = f.slot(VEC, splat(1.0))
        with f.loop(self.w.events) as e:
            for k in range(len(LOOKS)):
                value = f.get(self.w.array("curve"), self.curve_row(k, e))
                none = f.compare("uno", value, value)
                f.store(f.select(none, f.load(own), self.w.vector("blind")), self.w.array("blind"))
            f.store(f.add(f.load(own), splat(1.0)), own)

    def find_peaks(self, k: int) -> None:
        """Whether an event rises through zero and falls below it again between look ``k`` and the
        next: where the slope of the quartic through all looks changes its sign, its highest point
        is sought by parabolas, and if that is at zero or above, the event is before it.
        """
        f, left, right = self.f, splat(LOOKS[k]), splat(LOOKS[k + 1])
        with f.loop(self.w.events) as e:
            curve = [f.get(self.w.array("curve"), self.curve_row(j, e)) for j in range(len(LOOKS))]
            up, down = (self.w.combined(curve, SLOPES[j]) for j in (k, k + 1))
            bits = f.compare("oeq", f.get(self.w.array("armed"), e), splat(1.0))
            open_ = f.compare("oeq", self.w.vector("root"), splat(NONE))
            for more in (
                open_,
                f.compare("ogt", up, splat(0.0)),
                f.compare("olt", down, splat(0.0)),
            ):
                bits = f.do(f"and {BIT} {bits}, {more}")
            with f.when(self.any_lane(bits)):
                share = f.div(up, f.sub(up, down))
                top = f.select(bits, f.fma(f.sub(right, left), share, left), left)
                self.climb_to_peak(e, bits, (left, top, right), (curve[k], curve[k + 1]))

    def climb_to_peak(
        self, event: str, bits: str, places: tuple[str, str, str], ends: tuple[str, str]
    ) -> None:
        """Search for the highest point of an event in lanes with these bits, and store a root where
        it is at zero or above.
        """
        f = self.f
        a, x, b = (f.slot(VEC, place) for place in places)
        low, high = (f.slot(VEC, value) for value in ends)
        with f.loop(CLIMB):
            at, left, right, before, after = (f.load(slot) for slot in (x, a, b, low, high))
            self.values(at)
            value = f.get(self.w.array("ev"), event)
            up = f.compare("oge", value, splat(0.0))
            hit = f.do(
                f"and {BIT} {f.do(f'and {BIT} {bits}, {up}')},"
                f" {f.compare('olt', at, self.w.vector('root'))}"
            )
            for name, new in (("from", places[0]), ("to", at), ("root", at)):
                f.store(f.select(hit, new, self.w.vector(name)), self.w.array(name))
            one, two = f.sub(at, left), f.sub(at, right)
            p, q = f.mul(one, f.sub(value, after)), f.mul(two, f.sub(value, before))
            shift = f.div(f.sub(f.mul(one, p), f.mul(two, q)), f.sub(p, q))
            vertex = f.fma(shift, splat(-0.5), at)
            ahead = f.compare(
                "olt", value, after
            )  # the highest point is on the right, or on the left
            back = f.compare("olt", value, before)
            middle = [f.mul(f.add(at, edge), splat(0.5)) for edge in (left, right)]
            vertex = f.select(back, middle[0], f.select(ahead, middle[1], vertex))
            inside = f.do(
                f"and {BIT} {f.compare('ogt', vertex, left)}, {f.compare('olt', vertex, right)}"
            )
            vertex = f.select(inside, vertex, at)
            later = f.compare("ogt", vertex, at)
            for slot, new, old, where in (
                (a, at, left, True),
                (low, value, before, True),
                (b, at, right, False),
                (high, value, after, False),
            ):
                f.store(f.select(later, new, old) if where else f.select(later, old, new), slot)
            f.store(vertex, x)

    def values(self, theta: str) -> None:
        """Evaluate the functions at θ of each lane, into ``ev``."""
        f = self.f
        self.output.interpolate(theta, self.w.array("v"))
        f.store(f.fma(self.w.h, theta, self.w.t), self.w.array("tick"))
        self.w.model("f_event", "tick", "v", "ev")

    def any_risen(self, array: str, look: int = 0) -> str:
        """Bits: whether an armed event is at zero or above, in an array with the events of each
        look.
        """
        f = self.f
        risen = f.slot(VEC, "zeroinitializer")
        with f.loop(self.w.events) as e:
            armed = f.compare("oeq", f.get(self.w.array("armed"), e), splat(1.0))
            value = f.get(self.w.array(array), self.curve_row(look, e))
            up = f.do(f"and {BIT} {armed}, {f.compare('oge', value, splat(0.0))}")
            f.store(f.select(up, splat(1.0), f.load(risen)), risen)
        return f.compare("oeq", f.load(risen), splat(1.0))

    def risen_at(self, theta: str) -> str:
        """Bits: whether an armed event is at zero or above at θ of each lane."""
        self.values(theta)
        return self.any_risen("ev")

    def has_risen(self, event: str) -> str:
        """Bits: whether an event is armed and its value in ``ev`` is at zero or above."""
        f = self.f
        armed = f.compare("oeq", f.get(self.w.array("armed"), event), splat(1.0))
        return f.do(
            f"and {BIT} {armed}, {f.compare('oge', f.get(self.w.array('ev'), event), splat(0.0))}"
        )

    def event_in_step(self) -> str:
        """Whether there is an event in the accepted step of a lane."""
        f = self.f
        taken = f.compare("oeq", self.w.vector("acc"), splat(1.0))
        inside = f.compare("olt", self.w.vector("root"), splat(NONE))
        return self.any_lane(f.do(f"and {BIT} {taken}, {inside}"))

    def any_lane(self, bits: str) -> str:
        """Whether the bit of a lane is set."""
        f = self.f
        any_set = f.slot("i1", "0")
        with f.loop(LANES) as lane:
            lane_bit = f.do(f"extractelement {BIT} {bits}, i64 {lane}")
            f.store(f.do(f"or i1 {lane_bit}, {f.load(any_set, 'i1')}"), any_set, "i1")
        return f.load(any_set, "i1")

    def has_event(self, lane: str) -> str:
        return self.f.compare(
            "olt", self.f.load(self.w.lane("root", lane), "double"), number(NONE), "double"
        )

    def identify_events(self) -> None:
        """Set ``which`` to the events that have risen at ``root``, Σ 2ᵉ."""
        f = self.f
        self.risen_at(self.w.vector("root"))
        f.store(splat(0.0), self.w.array("which"))
        bit = f.slot(VEC, splat(1.0))
        with f.loop(self.w.events) as e:
            own = f.select(self.has_risen(e), f.load(bit), splat(0.0))
            f.store(f.add(self.w.vector("which"), own), self.w.array("which"))
            f.store(f.add(f.load(bit), f.load(bit)), bit)

    # --- what becomes of the step

    def accept(self, lane: str) -> None:
        f = self.f
        root, h = (f.load(self.w.lane(name, lane), "double") for name in ("root", "h"))
        land = f.do(f"fmul double {h}, {root}")
        instant, has = self.time_resolution(lane, INSTANT), self.has_event(lane)
        number_ = f.load(self.w.lane("blind", lane), "double")
        blind = f.compare("ogt", number_, number(0.0), "double")
        has = f.do(f"and i1 {has}, {f.do(f'xor i1 {blind}, true')}")
        at_end = f.do(
            f"and i1 {has}, {f.compare('ole', f.do(f'fsub double {h}, {land}'), instant, 'double')}"
        )
        here = f.do(f"and i1 {has}, {f.compare('ole', land, instant, 'double')}")
        here = f.do(f"and i1 {here}, {f.do(f'xor i1 {at_end}, true')}")
        ended = f.do(f"or i1 {here}, {at_end}")
        inside = f.do(f"and i1 {has}, {f.do(f'xor i1 {ended}, true')}")
        with f.when(blind):
            self.record(lane, number(tableau.BLIND), f.do(f"fsub double {number_}, {number(1.0)}"))
            self.next_set(lane)
            self.discard_step(lane)
        with f.when(here):
            self.fire(lane)
        with f.when(inside):
            self.count("bad", lane)
            self.discard_step(lane)
            f.store(root, self.w.lane("fac", lane), "double")
            f.store(number(1.0), self.w.lane("aim", lane), "double")
        kept = f.do(f"or i1 {blind}, {f.do(f'or i1 {here}, {inside}')}")
        with f.when(f.do(f"xor i1 {kept}, true")):
            f.store(
                f.select(at_end, number(FIRE), number(0.0), "double"),
                self.w.lane("aim", lane),
                "double",
            )
            super().accept(lane)

    def fire(self, lane: str) -> None:
        """End the segment with the present state of the lane."""
        self.record(lane, number(tableau.EVENT), self.f.load(self.w.lane("which", lane), "double"))
        self.next_set(lane)
        self.discard_step(lane)

    def finish_step(self, lane: str) -> None:
        """A step that ended at an event ends the segment."""
        f = self.f
        taken = f.compare("oeq", f.load(self.w.lane("acc", lane), "double"), number(1.0), "double")
        busy = f.do(f"icmp sge i64 {f.load(self.w.lane('job', lane), 'i64')}, 0")
        with f.when(f.do(f"and i1 {taken}, {busy}")):
            with f.loop(self.w.events) as e:
                f.store(number(0.0), self.w.lane("mute", lane, e), "double")
            at = f.compare(
                "oeq", f.load(self.w.lane("aim", lane), "double"), number(FIRE), "double"
            )
            with f.when(at):
                self.fire(lane)
        super().finish_step(lane)

    def paced_step(self, lane: str, h: str, left: str) -> str:
        aimed = self.f.compare(
            "oeq", self.f.load(self.w.lane("aim", lane), "double"), number(1.0), "double"
        )
        return self.f.select(aimed, h, super().paced_step(lane, h, left), "double")
