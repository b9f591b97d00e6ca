"""Partition of a tape into bundles, of which many have the same structure.

Operations of one owner that need nothing newer from another owner form a bundle; bundles alike in
structure share a body.  Operations in bodies that too few bundles share are divided further, into
expressions and then into single operations, which do repeat.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..graph.arrays import CODES, Whole, strata
from .tape import CONST, LEAF, SCRATCH, Tape

FEW = 4  # a body of fewer bundles is rare
BUDGET = 3000  # operations of a function that may stand in rare bodies
LONGEST = 800  # operations of a rare body: LLVM's time grows faster than their number
TRIFLE = 0.04  # share of the operations that may run slowly, if that compiles faster
WIDE = 20  # nodes of one level from which they are processed together
# marks in the code of a bundle: no argument; constants from here down
NONE, FIXED = -(1 << 30), -(1 << 29)
_SUMS = [CODES[op] for op in ("add", "sub", "less")]


class Partition:
    """Bundles of the operations of a tape, numbered by phase and owner, an order in which they can
    run.

    ``home`` (node,): its bundle; ``signature`` (bundle,): equal for bundles that share a body;
    ``order``: the bundles in the order of execution.
    """

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.home, phase, owner = self._bundles()
        count = len(phase)
        self.members = np.flatnonzero(self.home >= 0)
        self.members = self.members[np.argsort(self.home[self.members], kind="stable")]
        self.first = np.searchsorted(self.home[self.members], np.arange(count + 1))
        self.local = np.full(len(tape.op), -1)
        self.local[self.members] = (
            np.arange(len(self.members)) - self.first[self.home[self.members]]
        )
        self._exports()
        self._code()
        self._sign(count)
        self.order = np.lexsort((owner, self.signature, phase))

    def _bundles(self) -> tuple[Whole, Whole, Whole]:
        tape, phase = self.tape, _phases(self.tape)
        home = np.full(len(tape.op), -1)
        ops = np.flatnonzero(tape.owner >= 0)
        width = int(tape.owner.max(initial=0)) + 1
        keys, home[ops] = np.unique(phase[ops] * width + tape.owner[ops], return_inverse=True)
        return home, keys // width, keys % width

    def _exports(self) -> None:
        """Nodes that other bundles read, into scratch (index −1), and outputs, as (node, pointer,
        index) by bundle.
        """
        tape, home = self.tape, self.home
        a = tape.args[self.members]
        crosses = (a >= 0) & (home[a] >= 0) & (home[a] != home[self.members][:, None])
        shared = np.unique(a[crosses])
        exports = np.concatenate(
            [
                np.stack([shared, np.full(len(shared), SCRATCH), np.full(len(shared), -1)]),
                tape.outputs,
            ],
            axis=1,
        )
        exports = exports[
            :, np.lexsort((exports[2], exports[1], self.local[exports[0]], home[exports[0]]))
        ]
        self.exports = exports
        self.first_export = np.searchsorted(home[exports[0]], np.arange(len(self.first)))

    def _code(self) -> None:
        """Instructions (op, three arguments) of each bundle, and its imports in the order of their
        first use.
        """
        tape, home = self.tape, self.home
        a = tape.args[self.members]
        mine = home[self.members][:, None]
        values, number = np.unique(tape.value, return_inverse=True)
        self.constants = values.tolist()
        fixed = (a >= 0) & (tape.op[a] == CONST)
        inside = (a >= 0) & (home[a] == mine)
        foreign = (a >= 0) & ~fixed & ~inside
        keys, first_use, which = np.unique(
            (mine * len(tape.op) + a)[foreign], return_index=True, return_inverse=True
        )
        turn = np.argsort(first_use, kind="stable")
        rank = np.empty(len(turn), dtype=np.int64)
        rank[turn] = np.arange(len(turn))
        keys = keys[turn]
        self.imports, bundle = keys % len(tape.op), keys // len(tape.op)
        self.first_import = np.searchsorted(bundle, np.arange(len(self.first)))
        code = np.where(inside, self.local[a], np.where(fixed, FIXED - number[a], NONE))
        code[foreign] = self.first_import[np.broadcast_to(mine, a.shape)[foreign]] - 1 - rank[which]
        self.code = np.concatenate([tape.op[self.members][:, None], code], axis=1)
        self.sources = np.where(
            tape.owner[self.imports] == LEAF, tape.pointer[self.imports], SCRATCH
        )

    def _sign(self, count: int) -> None:
        """Number bundles by structure: instructions, sources and destinations."""
        numbers: dict[tuple[bytes, bytes, bytes], int] = {}
        self.signature = np.zeros(count, dtype=np.int64)
        ends = np.stack([self.local[self.exports[0]], self.exports[1]], axis=1)
        for b in range(count):
            parts = (
                self.code[self.first[b] : self.first[b + 1]].tobytes(),
                self.sources[self.first_import[b] : self.first_import[b + 1]].tobytes(),
                ends[self.first_export[b] : self.first_export[b + 1]].tobytes(),
            )
            self.signature[b] = numbers.setdefault(parts, len(numbers))

    def rare_operations(self) -> Whole:
        """Operations in rare bodies, those of fewer than ``FEW`` bundles."""
        uses = np.bincount(self.signature)[self.signature]
        return np.asarray(self.members[uses[self.home[self.members]] < FEW])

    def long_operations(self) -> Whole:
        """Operations in rare bodies longer than ``LONGEST``."""
        rare = self.rare_operations()
        return np.asarray(rare[np.diff(self.first)[self.home[rare]] > LONGEST])

    def unoptimised(self) -> NDArray[np.bool_]:
        """Bundles that are compiled without optimisation, since all of them together are a small
        share of the work.
        """
        uses = np.bincount(self.signature)[self.signature]
        return np.asarray((uses < FEW) & (len(self.rare_operations()) < TRIFLE * len(self.members)))


def _phases(tape: Tape) -> Whole:
    """Largest number of changes of owner on a path to each node."""
    phase = np.zeros(len(tape.op), dtype=np.int64)
    if len(tape.op) > WIDE * tape.level.max(initial=0):
        for nodes in strata(tape.level)[1:]:
            a = tape.args[nodes]
            newer = np.where(
                (a >= 0) & (tape.owner[a] >= 0),
                phase[a] + (tape.owner[a] != tape.owner[nodes][:, None]),
                0,
            )
            phase[nodes] = newer.max(axis=1)
        return phase
    longest, owner = phase.tolist(), tape.owner.tolist()  # a long chain: node by node
    for i, given in enumerate(tape.args.tolist()):
        for a in given:
            if a >= 0 and owner[a] >= 0:
                longest[i] = max(longest[i], longest[a] + (owner[a] != owner[i]))
    return np.array(longest, dtype=np.int64)


def refined(partition: Partition) -> Partition:
    """Divide rare bodies by expression, then by single operation, while they exceed the budget; and
    those left that are too long into pieces.
    """
    for finer in (_expressions, _operations):
        rare = partition.rare_operations()
        if len(rare) > BUDGET:
            partition = _divided(partition, rare, finer(partition.tape, rare))
    long = partition.long_operations()
    if not len(long):
        return partition
    return _divided(partition, long, np.arange(len(long)) // LONGEST)


def _divided(partition: Partition, chosen: Whole, owner: Whole) -> Partition:
    """With new owners, from 0, of the chosen operations."""
    tape = partition.tape
    tape.owner = tape.owner.copy()
    tape.owner[chosen] = tape.owner.max() + 1 + owner
    return Partition(tape)


def _expressions(tape: Tape, chosen: Whole) -> Whole:
    """Root of the expression that each node belongs to: a node with a single user joins it, unless
    the user is a sum.
    """
    inside = np.zeros(len(tape.op), dtype=bool)
    inside[chosen] = True
    user = np.arange(len(tape.op))
    used = tape.args >= 0
    uses = np.bincount(tape.args[used], minlength=len(tape.op))
    user[tape.args[used]] = np.broadcast_to(np.arange(len(tape.op))[:, None], tape.args.shape)[used]
    joins = (uses == 1) & inside & inside[user] & ~np.isin(tape.op[user], _SUMS)
    joins[tape.outputs[0]] = False
    root = np.where(joins, user, np.arange(len(tape.op)))
    while np.any(root[root] != root):
        root = root[root]
    return np.asarray(root[chosen])


def _operations(_: Tape, chosen: Whole) -> Whole:
    """Each operation on its own."""
    return chosen
