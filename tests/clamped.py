"""A patch of 1 pF and 1 nS with an electrode, on which closed forms are known."""

from __future__ import annotations

from typing import Any

import numpy as np
from builders import RT, F, patch

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane.library import K

C, G = 1e-12, 1e-9  # F, S
TAU = C / G
E = RT / F * np.log(5 / 140)  # V
P = bm.Protocol


def ohmic(on: bm.Membrane) -> bm.Transporter:
    law = laws.Ohmic(conductance=Q(G, "S"))
    return bm.Transporter("K_leak", "K@in -> K@out", on, law)


def cell(V: float | None = None, **electrode: Any) -> bm.Model:
    """1 pF and 1 nS, with an electrode; V in mV at the start."""
    return patch(
        lambda on: [ohmic(on), bm.Electrode(on, name="tip", **electrode)], {K: 140}, {K: 5}, V=V
    )


def volts(run: bm.Run) -> Any:
    return run.data.potential.squeeze().values * 1e-3


def amperes(run: bm.Run) -> Any:
    return run.data.electrode_current.squeeze().values * 1e-12


def leaving(run: bm.Run, process: str = "K_leak") -> Any:
    """The outward current of K⁺ [A]."""
    return run.data.flux.sel(process=process).squeeze().values * F * 1e-15


COMMAND = P.ramps(
    (Q(1, "ms"), Q(-70, "mV")), (Q(2, "ms"), Q(30, "mV")), (Q(3, "ms"), Q(30, "mV")),
    (Q(3, "ms"), Q(-20, "mV")),
)  # fmt: skip
