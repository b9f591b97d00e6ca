"""Integrals of the ledger's powers along accepted steps, by quadrature on their dense output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...compile.kernel import Kernel
from ...compile.program import QUADRATURES
from ...compile.rosenbrock.tableau import PAST, SHARE
from ..problem import Array

_CHUNK = 4096  # quadrature nodes evaluated at once
_HALVINGS = 12  # of a step, at most
# error of the rules in units of Δ₃²/Δ₁, as in :mod:`biomembrane.compile.rosenbrock.tableau`
_WRONG = 2e-2
_CONTROLLED = ("drift", "dissipation")  # groups whose quadrature error is controlled


@dataclass(frozen=True, eq=False)
class StepQuadratures:
    """Integrals along consecutive steps of one lane between two breaks.

    ``edges`` (step + 1,): the times between which the steps lie; ``dense``: their interpolants;
    ``nodes``: quadrature nodes in [0, 1]; ``start`` (quadrature,): the integrals up to
    ``edges[0]``.
    """

    kernel: Kernel
    constants: Sequence[Any]
    nodes: Array
    rtol: float
    edges: Array
    dense: Sequence[Callable[[Any], Array]]
    start: Array

    def integrals(self, times: Array) -> tuple[Array, Array, Array]:
        """Integrals from the start of the run to ``times`` (time, quadrature) and to the last edge
        (quadrature,), and the least dissipation of each process at any node (process,).

        ``times`` lie in (``edges[0]``, ``edges[-1]``].
        """
        edges, powers = self._refined()
        processes = len(self.kernel.program.outputs["dissipation"])
        dissipation = powers[len(powers) - processes :]
        min_dissipation = dissipation.reshape(processes, -1).min(axis=1)
        powers, h = powers[:, :, 1:], np.diff(edges)
        total = np.zeros((len(self.start), len(edges)))
        np.cumsum(powers @ weights(self.nodes, np.ones(1))[0] * h, axis=1, out=total[:, 1:])
        step = np.clip(np.searchsorted(edges, times, side="left") - 1, 0, len(h) - 1)
        partial = weights(self.nodes, (times - edges[step]) / h[step])
        rows = total[:, step] + h[step] * np.einsum("mts,ts->mt", powers[:, step], partial)
        return (rows + self.start[:, None]).T, self.start + total[:, -1], min_dissipation

    def _refined(self) -> tuple[Array, Array]:
        """Edges of the quadrature intervals, and the powers (quadrature, interval, node) at the
        beginning and at the nodes of each.
        """
        edges, step = self.edges, np.arange(len(self.dense))
        powers = self._powers(edges[:-1], edges[1:], step)
        for _ in range(_HALVINGS):
            coarse = np.flatnonzero(self._coarse(powers, np.diff(edges)))
            if not len(coarse):
                break
            begin, end = edges[coarse], edges[coarse + 1]
            middle = (begin + end) / 2
            powers[:, coarse] = self._powers(begin, middle, step[coarse])
            right = self._powers(middle, end, step[coarse])
            powers = np.insert(powers, coarse + 1, right, axis=1)
            step = np.insert(step, coarse + 1, step[coarse])
            edges = np.insert(edges, coarse + 1, middle)
        return edges, powers

    def _powers(self, begin: Array, end: Array, step: Any) -> Array:
        """Powers (quadrature, interval, node) at the beginning and at the nodes of intervals, each
        of which lies in a step.
        """
        times = begin[:, None] + (end - begin)[:, None] * np.concatenate([[0.0], self.nodes])
        t = times.ravel()
        y = np.concatenate(
            [self.dense[k](at) for k, at in zip(step.tolist(), times, strict=True)], axis=1
        )
        chunks = [(t[k : k + _CHUNK], y[:, k : k + _CHUNK]) for k in range(0, len(t), _CHUNK)]
        groups = [
            np.concatenate([self.kernel.call(g, *at, self.constants) for at in chunks], axis=1)
            for g in QUADRATURES
        ]
        return np.concatenate(groups).reshape(len(self.start), *times.shape)

    def _coarse(self, powers: Array, h: Array) -> Any:
        """Which intervals of lengths ``h`` are too long for the rule, by the third divided
        difference of the powers.
        """
        counts = [len(self.kernel.program.outputs[g]) for g in QUADRATURES]
        controlled = np.repeat([g in _CONTROLLED for g in QUADRATURES], counts)
        g = powers[controlled]
        if not len(g):
            return np.zeros(len(h), dtype=bool)
        nodes = np.concatenate([[0.0], self.nodes])[-4:]
        third = g[..., -4:] @ np.array([1 / np.prod(a - nodes[nodes != a]) for a in nodes])
        spread = np.max(np.abs(g - g[..., :1]), axis=2)
        error = np.nansum(_WRONG * third**2 / np.maximum(spread, 1e-300), axis=0) * h
        energy = np.abs(g[..., 1:] @ weights(self.nodes, np.ones(1))[0] * h)
        before = np.abs(
            np.cumsum(energy, axis=1) - energy + np.abs(self.start[controlled])[:, None]
        ).sum(axis=0)
        return error > self.rtol * (SHARE * energy.sum(axis=0) + PAST * before)


def weights(nodes: Array, theta: Array) -> Array:
    """Weights (theta, node) that integrate the interpolant through ``nodes`` of [0, 1] from 0 to
    ``theta``.
    """
    powers = np.arange(len(nodes))
    # (power, node) of the Lagrange polynomials
    coefficients = np.linalg.inv(nodes[:, None] ** powers)
    integrals: Array = (theta[:, None] ** (powers + 1) / (powers + 1)) @ coefficients
    return integrals
