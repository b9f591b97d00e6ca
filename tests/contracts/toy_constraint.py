"""A process whose affinity is 0 at all times: a toy on the contract of constraints."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp
from builders import RT, cell

import biomembrane as bm
from biomembrane import Q, laws, symbols
from biomembrane import dimension as d
from biomembrane import library as lib
from biomembrane.assemble.state import StateVariable
from biomembrane.assemble.weighted_sum import weighted
from biomembrane.declare.bound_expression import BoundExpression
from biomembrane.symbols import R, T

# --- the toy


class Total(StateVariable):
    """An amount that a fast process conserves."""

    dimension, unit, quantum, kind = d.AMOUNT, "fmol", None, "total"


class Equilibrated(bm.Model):
    """A model in which one process, of solutes in one compartment, is always at equilibrium."""

    def __init__(self, *given: Any, fast: str, **more: Any) -> None:
        super().__init__(*given, **more)
        column = {name: n for name, n in self.N[fast].items() if n}
        (first, nu), *others = column.items()
        known = {x.name: x for x in self.states}
        changed = {
            first: replace(
                known[first], constraint=BoundExpression(symbols.affinity(fast) / (R * T))
            )
        }
        totals = []
        for name, n in others:  # ν₁ n_j − ν_j n₁ is conserved
            share = [(nu, known[name]), (-n, known[first])]
            total = Total(
                name=f"{name}.total", symbol=symbols.amount(f"{name}.total"),
                place=known[name].place, label="total", positive=False,
                initial=weighted((w, x.initial.expression) for w, x in share),
                scale=known[name].scale,
                rate=weighted((w * self.N[p][x.name],
                    symbols.flux(p)) for p in self.N if p != fast for w,
                    x in share if x.name in self.N[p]),
            )  # fmt: skip
            changed[name] = replace(
                known[name],
                constraint=weighted(
                    [(sp.S.One, total.symbol), *((-w, x.symbol) for w, x in share)]
                ),
            )
            totals.append(total)
        object.__setattr__(
            self, "states", (*(changed.get(x.name, x) for x in self.states), *totals)
        )
        object.__setattr__(self, "pools", tuple(x for x in self.states if x.conjugate is not None))


# --- its tests

CONVENTION = "toy"
A = bm.Species("A", moieties={"m": 1}, standard=Q(0, "kJ/mol"), convention=CONVENTION)
B = bm.Species("B", moieties={"m": 1}, standard=Q(-2, "kJ/mol"), convention=CONVENTION)
DIMER = bm.Species("D", moieties={"m": 2}, standard=Q(-20, "kJ/mol"), convention=CONVENTION)
K = math.exp(2000 / RT)
RATE = 1e-4 * 1e-6 / 1e-9  # permeability × area / volume [1/s]
OUT, INSIDE = 5.0, {A: 0.3, B: 0.1, DIMER: 0.05}


def parts(reaction: str, rate: float) -> Any:
    def made(on: bm.Membrane) -> list[Any]:
        turn = bm.Transporter("turn", reaction, on.inside, laws.Elementary(rate=Q(rate, "fmol/s")))
        return [turn, lib.leak(A, on, permeability=Q(1e-4, "cm/s"))]

    return made


def built(reaction: str, *, rate: float = 1e-6, fast: bool) -> bm.Model:
    """A and what it turns into, in a cell that A leaks into, at equilibrium or at a finite rate."""
    species = [s for s in INSIDE if f"{s.name}@" in reaction]
    plain = cell(parts(reaction, rate), {s: INSIDE[s] for s in species}, {A: OUT})
    return Equilibrated("cell", plain.transporters, fast="turn") if fast else plain


ISOMERS, DIMERS = "A@cell <-> B@cell", "2 A@cell <-> D@cell"


def lost(total: Any, before: float, after: float) -> Any:
    """Heat [pJ] of going from b/a = ``before`` to the equilibrium ``after``, RT Σ n ln(n/n_eq)."""
    old, new = (np.array([1 / (1 + ratio), ratio / (1 + ratio)]) for ratio in (before, after))
    return RT * 1e-3 * total * float((old * np.log(old / new)).sum())
