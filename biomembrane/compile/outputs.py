"""Outputs of the integration loop in IR: the dense polynomials of a step, scattered lane by lane to the times that lie in it."""

from __future__ import annotations

from .ir import LANES, VEC, Function, number, splat
from .rodas import ARRAYS, FUNCTIONS, INTEGRALS


class Writer:
    """A function that works on the lanes of the workspace ``%w`` by the table ``%s`` of a model; see :func:`.rodas.table`."""

    def __init__(self, f: Function) -> None:
        self.f = f
        self.states, self.quadratures, self.processes, self.constants, self.clocks = (f.get("%s", k, "i64") for k in range(5))
        first = 5 + len(ARRAYS)
        self.base = {name: f.at("%w", f.get("%s", 5 + k, "i64")) for k, name in enumerate(ARRAYS)}
        self.code = {name: f.get("%s", first + k, "ptr") for k, name in enumerate(FUNCTIONS)}
        self.clocked = f.at("%s", first + len(FUNCTIONS), "i64")
        self.rows = f.do(f"add i64 {self.states}, {self.quadratures}")

    def array(self, name: str) -> str:
        """Pointer to an array of the workspace."""
        return self.base[name]

    def rows_of(self, name: str, index: int) -> str:
        """Pointer to the index-th block of ``states`` rows of an array."""
        return self.f.at(self.base[name], self.f.do(f"mul i64 {self.states}, {index}"))

    def lane(self, name: str, lane: str, row: str | int = 0) -> str:
        """Pointer to one lane of a row."""
        f = self.f
        start = f.do(f"mul i64 {row}, {LANES}")
        return f.at(self.array(name), f.do(f"add i64 {start}, {lane}"), "double")

    def vector(self, name: str) -> str:
        return self.f.load(self.array(name))

    def enter(self, lane: str, h: str) -> None:
        """Load what holds in the part of the run that a lane is in: constants and where it stops; the controller starts anew."""
        f = self.f
        first = f.do(f"mul i64 {f.load(self.lane('job', lane), 'i64')}, %parts")
        index = f.do(f"add i64 {first}, {f.load(self.lane('part', lane), 'i64')}")
        base = f.do(f"mul i64 {index}, {self.constants}")
        with f.loop(self.constants) as i:
            f.store(f.get("%C", f.do(f"add i64 {base}, {i}"), "double"), self.lane("c", lane, i), "double")
        at = f.do(f"mul i64 {index}, 2")
        stop, longest = f.get("%B", at, "double"), f.get("%B", f.do(f"add i64 {at}, 1"), "double")
        room = f.do(f"fsub double {stop}, {f.load(self.lane('t', lane), 'double')}")
        for most in (room, longest):
            h = f.select(f.compare("ogt", h, most, "double"), most, h, "double")
        for name, value in (("stop", stop), ("long", longest), ("h", h), ("err", number(-9.2))):
            f.store(value, self.lane(name, lane), "double")

    def combined(self, values: list[str], weights: tuple[float, ...]) -> str:
        total = self.f.mul(values[0], splat(weights[0]))
        for value, weight in zip(values[1:], weights[1:], strict=False):
            total = self.f.fma(value, splat(weight), total)
        return total


class Outputs(Writer):
    """What a driver does at output times: the first ``%upto`` rows go out.  It has ``pending`` (a flag), and ``h`` and ``rate`` = 1/h of the step."""

    pending: str
    h: str
    rate: str

    def due(self, lane: str, new: str) -> str:
        """Whether the lane's next output time is not after ``new``."""
        f = self.f
        at = f.load(self.lane("next", lane), "i64")
        left = f.do(f"icmp slt i64 {at}, %nt")
        wanted = f.do("icmp ne ptr %OUT, null")
        time = f.get("%T", f.select(left, at, "0", "i64"), "double")
        reached = f.compare("ole", time, new, "double")
        return f.do(f"and i1 {f.do(f'and i1 {left}, {wanted}')}, {reached}")

    def outputs(self) -> None:
        """Polynomials in θ of all rows, then their values at each output time in the step, scattered lane by lane."""
        f, n = self.f, self.states
        quads = f.do(f"sub i64 %upto, {n}")
        p = self.array("p")
        e = [self.rows_of("e", r) for r in range(3)]
        first = f.do(f"mul i64 {n}, 5")
        y, u = self.array("y"), self.array("u")
        with f.loop(n) as i:
            a, b, c = (f.get(row, i) for row in e)
            old, new = f.get(y, i), f.get(u, i)
            parts = (old, f.add(f.sub(new, old), a), f.sub(b, a), f.sub(c, b), f.do(f"fneg {VEC} {c}"))
            for r, part in enumerate(parts):
                f.put(part, p, f.do(f"add i64 {f.do(f'mul i64 {i}, 5')}, {r}"))
        g = [self.array(f"g{j}") for j in range(4)]
        q = self.array("q")
        with f.loop(quads) as i:
            at = f.do(f"add i64 {f.do(f'mul i64 {i}, 5')}, {first}")
            f.put(f.get(q, i), p, at)
            values = [f.mul(f.get(each, i), self.h) for each in g]
            for r in range(4):
                f.put(self.combined(values, tuple(map(float, INTEGRALS[:, r]))), p, f.do(f"add i64 {at}, {r + 1}"))
        with f.forever() as out:
            on = f.label()
            done = f.do(f"icmp eq i64 {f.load(self.pending, 'i64')}, 0")
            f.say(f"br i1 {done}, label %{out}, label %{on}")
            f.start(on)
            self.sweep(p)

    def sweep(self, p: str) -> None:
        """One output time of each lane that has one due."""
        f = self.f
        with f.loop(LANES) as lane:
            f.store(number(0.0), self.lane("theta", lane), "double")
            f.store("0", self.lane("has", lane), "i64")
            with f.when(self.mine(lane)):
                at = f.load(self.lane("next", lane), "i64")
                ahead = f.do(f"fsub double {f.get('%T', at, 'double')}, {f.load(self.lane('t', lane), 'double')}")
                f.store(ahead, self.lane("theta", lane), "double")
                f.store("1", self.lane("has", lane), "i64")
        theta = f.mul(self.vector("theta"), self.rate)
        row = self.array("row")
        with f.loop("%upto") as i:
            at = f.do(f"mul i64 {i}, 5")
            value = f.get(p, f.do(f"add i64 {at}, 4"))
            for r in (3, 2, 1, 0):
                value = f.fma(value, theta, f.get(p, f.do(f"add i64 {at}, {r}")))
            f.put(value, row, i)
        f.store("0", self.pending, "i64")
        with f.loop(LANES) as lane:
            with f.when(f.do(f"icmp ne i64 {f.load(self.lane('has', lane), 'i64')}, 0")):
                at = f.load(self.lane("next", lane), "i64")
                place = self.place(lane, at)
                with f.loop("%upto") as i:
                    f.store(f.load(self.lane("row", lane, i), "double"), f.at("%OUT", f.do(f"add i64 {place}, {i}"), "double"), "double")
                f.store(f.do(f"add i64 {at}, 1"), self.lane("next", lane), "i64")
                with f.when(self.mine(lane)):
                    f.store("1", self.pending, "i64")

    def place(self, lane: str, at: str) -> str:
        """Where the row of a job and an output time begins."""
        f = self.f
        job = f.load(self.lane("job", lane), "i64")
        first = f.do(f"mul i64 {job}, %nt")
        index = f.do(f"add i64 {first}, {at}")
        return f.do(f"mul i64 {index}, %upto")

    def mine(self, lane: str) -> str:
        """Whether the lane has accepted its step and has an output time in it."""
        f = self.f
        accepted = f.compare("oeq", f.load(self.lane("acc", lane), "double"), number(1.0), "double")
        due = self.due(lane, f.load(self.lane("new", lane), "double"))
        return f.do(f"and i1 {accepted}, {due}")
