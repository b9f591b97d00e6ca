"""Leaks and channels under protocols."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import xarray as xr
from builders import cell, patch

import biomembrane as bm
from biomembrane import Protocol, Q, laws
from biomembrane import library as lib
from biomembrane.library import K

S = bm.Species("S")  # a neutral solute
RATE = 0.1  # P·A/W of the leaks below [1/s]
END = 30.0


def leak(on):
    return lib.leak(S, on, permeability=Q(1e-4, "cm/s"))


@cache
def leaky(inside=9.0):
    """1 pL with a neutral leak of rate RATE to a bath of 1 mM: dc/dt = −RATE·(c − bath)."""
    return cell(lambda on: [leak(on)], {S: inside}, {S: 1})


@cache
def channel():
    """An RC circuit: K⁺ through an ohmic channel, τ = 5 ms, concentrations fixed."""
    ohm = laws.Ohmic(conductance=Q(2, "S/m^2"))
    return patch(
        lambda on: [bm.Transporter("K_ohmic", "K@in -> K@out", on, ohm)], {K: 140}, {K: 5}, V=30
    )


def steps(start, *changes):
    return Protocol.steps(Q(start, "mM"), *((Q(t, "s"), Q(c, "mM")) for t, c in changes))


def ramps(*points):
    return Protocol.ramps(*((Q(t, "s"), Q(c, "mM")) for t, c in points))


def seconds(times, dim="lane"):
    return xr.DataArray(np.asarray(times, float), dims=dim, attrs={"units": "s"})


def run(protocol, times=None, model=None, **more):
    grid = Q(np.linspace(0, END, 61) if times is None else times, "s")
    return bm.simulate(model or leaky(), times=grid, parameters={"bath.S": protocol}, **more)


def c_in(made):
    return made.data.concentration.sel(pool="cell.S").values


def level(kind, points, t):
    """The bath at t and its slope: steps from 1 mM, or straight lines; at a break the new value."""
    times, values = zip(*sorted(points, key=lambda p: p[0]), strict=True)
    k = int(np.searchsorted(times, t, side="right"))
    if kind == "steps" or k in (0, len(times)):
        return (1.0 if kind == "steps" and k == 0 else values[max(k - 1, 0)]), 0.0
    slope = (values[k] - values[k - 1]) / (times[k] - times[k - 1])
    return values[k - 1] + slope * (t - times[k - 1]), slope


def paper(kind, points, times, start=9.0):
    """c(t) on paper: between breaks the bath is a line b + s·t, which c follows with the lag s/RATE
    and an exponential.
    """
    edges = sorted({0.0, *(t for t, _ in points if 0 < t < max(times)), *times})
    made, c = {0.0: start}, start
    for a, b in zip(edges, edges[1:], strict=False):
        low, slope = level(kind, points, a)
        share = -math.expm1(-RATE * (b - a))
        c += (low - c) * share + slope * (b - a - share / RATE)
        made[b] = c
    return np.array([made[t] for t in times])
