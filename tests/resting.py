"""Models whose steady states are known: in closed form, with two stable states, or none."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import sympy as sp
from builders import S, cell, membrane, mM

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane import dimension as d
from biomembrane import library as lib
from biomembrane.library import Cl, K, Na

TOY = "a course in closed form"
LEAK = 0.05  # of the law below, in units of top/half
FOLDS = np.sqrt(np.roots([LEAK, 2 * LEAK - 1, 1 + LEAK]).real)  # mM, where its slope is 0


def release(c: Any) -> Any:
    """Flux out of :func:`hysteretic` [fmol/s] at c [mM]: it falls between the two folds."""
    return c / (1 + c**2) + LEAK * c


@cache
def hysteretic() -> bm.Model:
    """S comes in at a constant rate and leaves at a rate that falls between two folds."""

    def comes(site: Any) -> sp.Expr:
        return site.parameter("rate", Q(0.5, "fmol/s"), d.FLUX)

    def leaves(site: Any) -> sp.Expr:
        c = site["S@in"] / site.parameter("half", Q(1, "mM"), d.CONCENTRATION, domain="positive")
        return site.parameter("top", Q(1, "fmol/s"), d.FLUX) * (
            c / (1 + c**2) + sp.Rational(1, 20) * c
        )

    def parts(on: bm.Membrane) -> list[bm.Transporter]:
        ways = {"comes": ("S@out -> S@in", comes), "leaves": ("S@in -> S@out", leaves)}
        return [
            bm.Transporter(name, way, on, laws.Empirical(flux=law, reason=TOY))
            for name, (way, law) in ways.items()
        ]

    return cell(parts, {S: 0.2}, {S: 1})


@cache
def brusselator() -> bm.Model:
    """Prigogine & Lefever 1968, in mM and s: X = A, Y = B/A at rest, with a Hopf point at B = 1 +
    A², where the frequency is A.
    """
    X, Y = (bm.Species(name, moieties={"m": 1}) for name in "XY")
    one = {name: Q(1, "fmol/s") for name in ("A", "out", "turn")} | {"B": Q(1.5, "fmol/s")}

    def at(site: Any, name: str) -> Any:
        return site[f"{name}@cell"] / site.parameter(
            "mM", Q(1, "mM"), d.CONCENTRATION, domain="positive"
        )

    def law(f: Any) -> laws.Empirical:
        return laws.Empirical(flux=f, reason=TOY)

    def parts(on: bm.Membrane) -> list[bm.Transporter]:
        return [
            bm.Transporter("A", "X@out -> X@in", on,
                           law(lambda s: s.parameter("rate", one["A"], d.FLUX))),
            bm.Transporter("out", "X@in -> X@out", on,
                           law(lambda s: s.parameter("rate", one["out"], d.FLUX) * at(s, "X"))),
            bm.Transporter("B", "X@cell -> Y@cell", on.inside,
                           law(lambda s: s.parameter("rate", one["B"], d.FLUX) * at(s, "X"))),
            bm.Transporter("turn", "Y@cell -> X@cell", on.inside,
                           law(lambda s: s.parameter("rate", one["turn"], d.FLUX)
                               * at(s, "X") ** 2 * at(s, "Y"))),
        ]  # fmt: skip

    return cell(parts, {X: 0.5, Y: 0.5}, {X: 1})


@cache
def rectifying() -> bm.Model:
    """A patch with an inward rectifier and leaks: two stable potentials and one between."""

    def opened(site: Any) -> sp.Expr:
        E = sp.log(site["K@out"] / site["K@in"])
        return 1 / (1 + sp.exp(2 * (site.u - E)))

    on = membrane(
        bm.Reservoir("cell", mM({K: 140, Na: 10}), floating=True),
        bm.Reservoir("bath", mM({K: 5, Na: 145})),
    )
    ohmic = {name: laws.Ohmic(conductance=Q(g, "nS")) for name, g in (("Kir", 10), ("leak", 0.3))}
    return bm.Model("rectifying", [
        bm.Transporter("Kir", "K@in -> K@out", on, ohmic["Kir"], modulator=opened),
        bm.Transporter("Na_leak", "Na@out -> Na@in", on, ohmic["leak"]),
        bm.Transporter("K_leak", "K@in -> K@out", on, ohmic["leak"]),
    ])  # fmt: skip


@cache
def gated() -> bm.Model:
    """A patch whose K⁺ channel has a gate that opens at 3/s and closes at 1/s."""

    on = membrane(
        bm.Reservoir("cell", mM({K: 140}), floating=True), bm.Reservoir("bath", mM({K: 5}))
    )
    gate = bm.Gate("gate", on=on, opening=Q(3, "1/s"), closing=Q(1, "1/s"))
    law = laws.Ohmic(conductance=Q(10, "nS"))
    channel = bm.Transporter("K_v", "K@in -> K@out", on, law, modulator=lambda s: s[gate])
    return bm.Model("gated", [channel])


@cache
def donnan() -> bm.Model:
    """K⁺ and Cl⁻ leak, water and an anion do not: a passive cell."""
    return cell(
        lambda on: [lib.leak(K, on), lib.leak(Cl, on)], {K: 120, Cl: 20}, {K: 60, Cl: 60},
        impermeant=bm.balance(charge=-1),
    )  # fmt: skip
