"""LLVM IR as text: a small writer of functions over lanes, for any number of lanes.

The text says ``$N`` for the number of lanes and ``$V``, ``$I``, ``$B`` for vectors of that many doubles, integers and bits; :func:`widened`
puts the number in, and LLVM makes AVX-512, AVX2 or NEON of it.  Arithmetic carries ``nsz arcp contract`` only: a NaN must stay one, for it
is what rejects a step, and sums keep their order, so that a batch equals its singles.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager

LANES, VEC, INT, BIT, ALIGN = "$N", "$V", "$I", "$B", "$A"
FLAGS = "nsz arcp contract"
TINY = 1e-300  # logarithms of what is at or below zero are taken here, as in the numpy printer


def widened(text: str, lanes: int) -> str:
    """The text for so many lanes."""
    named = {VEC: f"<{lanes} x double>", INT: f"<{lanes} x i64>", BIT: f"<{lanes} x i1>", ALIGN: str(8 * lanes), LANES: str(lanes)}
    for name, value in named.items():
        text = text.replace(name, value)
    return text


def number(x: float) -> str:
    """The exact double."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', x))[0]:016X}"


def splat(x: float) -> str:
    """A double in all lanes."""
    return f"splat (double {number(x)})"


class Function:
    """Text of one function.  Methods append an instruction and give the name of its value."""

    def __init__(self, name: str, arguments: str, result: str = "void", attributes: str = "#0") -> None:
        self.head = f"define {result} @{name}({arguments}) {attributes} {{"
        self.result = result
        self.slots: list[str] = []
        self.lines: list[str] = []
        self.count = 0

    def text(self) -> str:
        return "\n".join([self.head, "entry:", *self.slots, *self.lines, "}"])

    def do(self, instruction: str) -> str:
        self.count += 1
        self.lines.append(f"  %r{self.count} = {instruction}")
        return f"%r{self.count}"

    def say(self, instruction: str) -> None:
        self.lines.append(f"  {instruction}")

    def label(self) -> str:
        self.count += 1
        return f"b{self.count}"

    # --- memory

    def slot(self, kind: str, value: str) -> str:
        """A local variable with a first value, set where this is called."""
        self.count += 1
        name = f"%s{self.count}"
        self.slots.append(f"  {name} = alloca {kind}, align {ALIGN}")
        self.say(f"store {kind} {value}, ptr {name}")
        return name

    def at(self, base: str, index: str | int, kind: str = VEC) -> str:
        return self.do(f"getelementptr inbounds {kind}, ptr {base}, i64 {index}")

    def load(self, pointer: str, kind: str = VEC) -> str:
        return self.do(f"load {kind}, ptr {pointer}, align {ALIGN if kind in (VEC, INT) else 8}")

    def store(self, value: str, pointer: str, kind: str = VEC) -> None:
        self.say(f"store {kind} {value}, ptr {pointer}, align {ALIGN if kind in (VEC, INT) else 8}")

    def get(self, base: str, index: str | int, kind: str = VEC) -> str:
        return self.load(self.at(base, index, kind), kind)

    def put(self, value: str, base: str, index: str | int, kind: str = VEC) -> None:
        self.store(value, self.at(base, index, kind), kind)

    # --- arithmetic on lanes

    def op(self, name: str, a: str, b: str, kind: str = VEC) -> str:
        return self.do(f"{name} {FLAGS} {kind} {a}, {b}")

    def add(self, a: str, b: str) -> str:
        return self.op("fadd", a, b)

    def sub(self, a: str, b: str) -> str:
        return self.op("fsub", a, b)

    def mul(self, a: str, b: str) -> str:
        return self.op("fmul", a, b)

    def div(self, a: str, b: str) -> str:
        return self.op("fdiv", a, b)

    def fma(self, a: str, b: str, c: str) -> str:
        """a·b + c, rounded once."""
        return self.do(f"call {VEC} @llvm.fma.v{LANES}f64({VEC} {a}, {VEC} {b}, {VEC} {c})")

    def compare(self, how: str, a: str, b: str, kind: str = VEC) -> str:
        return self.do(f"fcmp {how} {kind} {a}, {b}")

    def select(self, condition: str, a: str, b: str, kind: str = VEC) -> str:
        mask = BIT if kind in (VEC, INT) else "i1"
        return self.do(f"select {mask} {condition}, {kind} {a}, {kind} {b}")

    def call(self, function: str, *arguments: str) -> str:
        return self.do(f"call {VEC} @{function}({', '.join(f'{VEC} {a}' for a in arguments)})")

    def everywhere(self, x: str) -> str:
        """A double value in all lanes."""
        one = self.do(f"insertelement {VEC} poison, double {x}, i64 0")
        return self.do(f"shufflevector {VEC} {one}, {VEC} poison, <{LANES} x i32> zeroinitializer")

    def horner(self, x: str, coefficients: list[float]) -> str:
        """A polynomial, highest power first."""
        total = splat(coefficients[0])
        for c in coefficients[1:]:
            total = self.fma(total, x, splat(c))
        return total

    # --- control

    def jump(self, label: str) -> None:
        self.say(f"br label %{label}")

    def start(self, label: str) -> None:
        self.lines.append(f"{label}:")

    @contextmanager
    def when(self, condition: str) -> Iterator[None]:
        """Run the body if the bit is set."""
        inside, after = self.label(), self.label()
        self.say(f"br i1 {condition}, label %{inside}, label %{after}")
        self.start(inside)
        yield
        self.jump(after)
        self.start(after)

    @contextmanager
    def loop(self, count: str | int) -> Iterator[str]:
        """Run the body with a counter from 0."""
        counter = self.slot("i64", "0")
        test, inside, after = self.label(), self.label(), self.label()
        self.jump(test)
        self.start(test)
        i = self.load(counter, "i64")
        more = self.do(f"icmp slt i64 {i}, {count}")
        self.say(f"br i1 {more}, label %{inside}, label %{after}")
        self.start(inside)
        yield i
        self.store(self.do(f"add i64 {i}, 1"), counter, "i64")
        self.jump(test)
        self.start(after)

    @contextmanager
    def forever(self) -> Iterator[str]:
        """Run the body until it jumps to the label that is given."""
        inside, after = self.label(), self.label()
        self.jump(inside)
        self.start(inside)
        yield after
        self.jump(inside)
        self.start(after)
