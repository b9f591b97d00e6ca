"""A lane takes up its next parameter set, in IR: from the start of the run or from an event."""

from __future__ import annotations

from ..llvm.ir import Function, Layout, number
from .workspace import Workspace

SET_PARAMETERS = (
    "ptr noalias %C, ptr noalias %B, i64 %parts, ptr noalias %Y, ptr noalias %TOL, ptr noalias"
    " %LOW, ptr noalias %DUST, ptr %next, ptr noalias %w, ptr noalias %s, i64 %jobs, double %h0"
)
RESUMED = ", ptr %RES, ptr %LIST"  # further parameters of a driver with events
# columns of %RES, where a set resumes; its quadratures follow
RESUME_FIELDS = ("t", "part", "next", "steps", "bad", "mute")


def refill(layout: Layout, *, events: bool = False) -> Function:
    """The function ``refill``: load the next parameter set into lane %l and return 1, or 0 where
    none is left; the numbers of a lane that never had one stay finite.

    ``events``: the set is the next of a list, and resumes where an event ended its segment.
    """
    f = Function("refill", f"{SET_PARAMETERS}{RESUMED if events else ''}, i64 %l", "i64", "#2")
    w = Workspace(f, layout, events=events)
    drawn = f.do("atomicrmw add ptr %next, i64 1 monotonic")
    empty = f.do(f"icmp sge i64 {drawn}, %jobs")
    job = f.select(empty, "0", drawn, "i64")
    if events:
        job = f.get("%LIST", job, "i64")
    f.store(job, w.lane("job", "%l"), "i64")
    f.store("0", w.lane("part", "%l"), "i64")
    f.store(number(0.0), w.lane("t", "%l"), "double")
    with f.loop(
        f.do(f"mul i64 {w.state_blocks}, {layout.block}")
    ) as i:  # rows that fill up blocks beyond the states have no floor
        f.store(number(-1e300), w.lane("low", "%l", i), "double")
    for array, source, count in (
        ("y", "%Y", w.states),
        ("tol", "%TOL", w.states),
        ("low", "%LOW", w.states),
    ):
        base = f.do(f"mul i64 {job}, {count}")
        with f.loop(count) as i:
            f.store(
                f.get(source, f.do(f"add i64 {base}, {i}"), "double"),
                w.lane(array, "%l", i),
                "double",
            )
    f.store(f.get("%DUST", job, "double"), w.lane("dust", "%l"), "double")
    w.enter_segment("%l")
    with f.loop(w.quadratures) as i:
        f.store(number(0.0), w.lane("q", "%l", i), "double")
    with f.loop(w.processes) as i:
        f.store(number(1e300), w.lane("m", "%l", i), "double")
    for name in ("next", "steps", "bad", "held"):
        f.store("0", w.lane(name, "%l"), "i64")
    if events:
        _resume(w, job)
    f.store(f.select(empty, "-1", job, "i64"), w.lane("job", "%l"), "i64")
    f.say(f"ret i64 {f.select(empty, '0', '1', 'i64')}")
    return f


def _resume(w: Workspace, job: str) -> None:
    """Resume a set: its row holds time, segment, counts, the events that are not armed (bits), and
    quadratures.
    """
    f = w.f
    base = f.do(f"mul i64 {job}, {f.do(f'add i64 {w.quadratures}, {len(RESUME_FIELDS)}')}")
    for k, name in enumerate(RESUME_FIELDS):
        value = f.get("%RES", f.do(f"add i64 {base}, {k}"), "double")
        if name == "t":
            f.store(value, w.lane(name, "%l"), "double")
            continue
        whole = f.do(f"fptosi double {value} to i64")
        if name != "mute":
            f.store(whole, w.lane(name, "%l"), "i64")
            continue
        with f.loop(w.events) as e:
            bit = f.do(f"and i64 {f.do(f'lshr i64 {whole}, {e}')}, 1")
            f.store(f.do(f"sitofp i64 {bit} to double"), w.lane(name, "%l", e), "double")
    first = f.do(f"add i64 {base}, {len(RESUME_FIELDS)}")
    with f.loop(w.quadratures) as i:
        f.store(
            f.get("%RES", f.do(f"add i64 {first}, {i}"), "double"), w.lane("q", "%l", i), "double"
        )
    f.store(number(0.0), w.lane("aim", "%l"), "double")
    w.enter_segment("%l")
