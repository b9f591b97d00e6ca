"""LLVM IR as text: a small writer of functions over lanes, for any number of lanes.

The text says ``$N`` for the number of lanes and ``$V``, ``$I``, ``$B`` for vectors of that many
doubles, integers and bits; ``$W`` and ``$C`` for doubles and bits of a block, which is some rows of
all lanes.  :func:`widened` puts the numbers in, and LLVM makes AVX-512, AVX2 or NEON of it.
Arithmetic carries ``nsz arcp contract`` only: a NaN must stay one, for it is what rejects a step,
and sums keep their order, so that a batch equals its singles.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

LANES, VEC, INT, BIT, ALIGN = "$N", "$V", "$I", "$B", "$A"
BLOCK, BLOCK_BIT, BLOCK_SIZE, BLOCK_ALIGN = "$W", "$C", "$M", "$X"
_COUNT = {VEC: LANES, INT: LANES, BLOCK: BLOCK_SIZE}
_MASK = {VEC: BIT, INT: BIT, BLOCK: BLOCK_BIT}
FLAGS = "nsz arcp contract"
TINY = 1e-300  # logarithms of what is at or below zero are taken here, as in the numpy printer


@dataclass(frozen=True)
class Layout:
    """How vectors are filled: ``lanes`` runs side by side; ``block`` rows of them where all rows
    are treated alike; ``nodes`` states of a lane for which the integrands are computed side by
    side.
    """

    lanes: int
    block: int = 1
    nodes: int = 1

    def blocks(self, rows: int) -> int:
        """Blocks that hold so many rows."""
        return -(-rows // self.block)


def widened(text: str, lanes: int, block: int = 1) -> str:
    """The text for so many lanes, and blocks of so many rows of them."""
    size = lanes * block
    named = {
        VEC: f"<{lanes} x double>",
        INT: f"<{lanes} x i64>",
        BIT: f"<{lanes} x i1>",
        ALIGN: str(8 * lanes),
        LANES: str(lanes),
    }
    named |= {
        BLOCK: f"<{size} x double>",
        BLOCK_BIT: f"<{size} x i1>",
        BLOCK_ALIGN: str(8 * size),
        BLOCK_SIZE: str(size),
    }
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
    """Text of one function.

    Methods append an instruction and give the name of its value; ``kind`` is the type of what they
    work on.
    """

    def __init__(
        self, name: str, arguments: str, result: str = "void", attributes: str = "#0"
    ) -> None:
        self.name = name
        self.head = f"define {result} @{name}({arguments}) {attributes} {{"
        self.result = result
        self.kind = VEC
        self.slots: list[str] = []
        self.lines: list[str] = []
        self.count = 0

    def text(self) -> str:
        return "\n".join([self.head, "entry:", *self.slots, *self.lines, "}"])

    def do(self, instruction: str) -> str:
        self.count += 1
        name = f"%r{self.count}"
        self.lines.append(f"  {name} = {instruction}")
        return name

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
        self.slots.append(f"  {name} = alloca {kind}, align {_align(kind)}")
        self.store(value, name, kind)
        return name

    def at(self, base: str, index: str | int, kind: str | None = None) -> str:
        return self.do(f"getelementptr inbounds {kind or self.kind}, ptr {base}, i64 {index}")

    def load(self, pointer: str, kind: str | None = None) -> str:
        kind = kind or self.kind
        return self.do(f"load {kind}, ptr {pointer}, align {_align(kind)}")

    def store(self, value: str, pointer: str, kind: str | None = None) -> None:
        kind = kind or self.kind
        self.say(f"store {kind} {value}, ptr {pointer}, align {_align(kind)}")

    def get(self, base: str, index: str | int, kind: str | None = None) -> str:
        return self.load(self.at(base, index, kind), kind)

    def put(self, value: str, base: str, index: str | int, kind: str | None = None) -> None:
        self.store(value, self.at(base, index, kind), kind)

    # --- arithmetic

    def op(self, name: str, a: str, b: str) -> str:
        return self.do(f"{name} {FLAGS} {self.kind} {a}, {b}")

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
        kind = self.kind
        return self.do(
            f"call {kind} @llvm.fma.v{_COUNT[kind]}f64({kind} {a}, {kind} {b}, {kind} {c})"
        )

    def compare(self, how: str, a: str, b: str, kind: str | None = None) -> str:
        return self.do(f"fcmp {how} {kind or self.kind} {a}, {b}")

    def select(self, condition: str, a: str, b: str, kind: str | None = None) -> str:
        kind = kind or self.kind
        return self.do(f"select {_MASK.get(kind, 'i1')} {condition}, {kind} {a}, {kind} {b}")

    def call(self, function: str, *arguments: str) -> str:
        return self.do(f"call {VEC} @{function}({', '.join(f'{VEC} {a}' for a in arguments)})")

    def everywhere(self, x: str) -> str:
        """A double value in all lanes."""
        one = self.do(f"insertelement {VEC} poison, double {x}, i64 0")
        return self.do(f"shufflevector {VEC} {one}, {VEC} poison, <{LANES} x i32> zeroinitializer")

    def polynomial(self, x: str, coefficients: Sequence[float]) -> str:
        """A polynomial, highest power first, by Estrin's scheme: pairs, pairs of pairs, and so on,
        for a chain of products is slow.
        """
        terms = [splat(c) for c in reversed(coefficients)]
        while len(terms) > 1:
            pairs = [
                self.fma(high, x, low) for low, high in zip(terms[::2], terms[1::2], strict=False)
            ]
            terms = pairs + terms[len(pairs) * 2 :]
            x = self.mul(x, x) if len(terms) > 1 else x
        return terms[0]

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


def _align(kind: str) -> str:
    """In bytes: vectors are on their own size."""
    return BLOCK_ALIGN if kind == BLOCK else ALIGN if kind in (VEC, INT) else "8"
