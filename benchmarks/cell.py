"""The reference workload declared with biomembrane's own parts; equation by equation the cell of
:mod:`benchmarks.workload`.

Three choices make it the same cell, not a similar one:

* The bath's osmolarity stays at 300 mM while its ions vary, so water has a reservoir of its own
  behind a second membrane.
* ADP and Pi are worth nothing at the concentrations that are held: all the drive enters with ATP,
  as the workload books it.
* Impermeants are given as numbers (valence −1 and −2), so that nothing follows the contents when a
  scan changes them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import sympy as sp

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane import dimension as d
from biomembrane import library as lib
from biomembrane.compile.numpy_kernel import kernel
from biomembrane.compile.program import Program, program
from biomembrane.declare.site import Site
from biomembrane.library import Cl, K, Na, glucose
from biomembrane.solve.read_parameters import resolve

from . import text
from . import workload as w

C = w.CONSTANTS
P = w.PARAMETERS
AREA = 2000.0  # µm², 20 pF at 1 µF/cm²
_CONVENTION = "benchmark: ADP and Pi at zero where they are held"
_LEVEL = {
    name: w.RT * math.log(C[name] / 1000) for name in ("ATP", "ADP", "Pi")
}  # RT ln(c/c°) [kJ/mol]
ATP, ADP, Pi = (
    bm.Species(
        name,
        moieties=groups,
        standard=bm.Parameter(Q(energy, "kJ/mol"), bm.Source("assumed", note=_CONVENTION)),
        convention=_CONVENTION,
    )
    for name, groups, energy in (
        ("ATP", {"adenosine": 1, "phosphate": 3}, -w.HYDROLYSIS - _LEVEL["ADP"] - _LEVEL["Pi"]),
        ("ADP", {"adenosine": 1, "phosphate": 2}, -_LEVEL["ADP"]),
        ("Pi", {"phosphate": 1}, -_LEVEL["Pi"]),
    )
)
_INERT = bm.Species("inert")
_ONE, _TWO = bm.Species("A", -1), bm.Species("D", -2)


def _rates(forward: str, reverse: str = "", order: tuple[int, int] = (0, 0)) -> dict[str, Any]:
    """Constants of a step from the workload's table, each per mM to its order."""
    units = ["1/s" + f"/mM**{n}" * (n > 0) for n in order]
    made = {"forward": Q(C[forward], units[0])}
    return made | {"reverse": Q(C[reverse], units[1])} if reverse else made


def _pump(membrane: bm.Membrane) -> bm.Cycle:
    steps = [
        ("P1 + 3 Na@in <-> P2", _rates("a1", "b1", (3, 0))),
        ("P2 <-> P3 + ADP@in", _rates("a2", "b2", (0, 1))),
        ("P3 <-> P4 + 3 Na@out", _rates("a3", "b3", (0, 3))),
        ("P4 + 2 K@out <-> P5 + Pi@in", _rates("a4", "b4", (2, 1))),
        ("P5 + ATP@in <-> P6", _rates("a5", "b5", (1, 0))),
        ("P6 <-> P1 + 2 K@in", _rates("a6")),
    ]
    charge = {"P2": 3, "P3": 3, "P4": 2, "P5": 2, "P6": 2}
    return bm.Cycle(
        "pump",
        membrane,
        density=Q(P["Np"], "fmol"),
        states=" ".join(w.PUMP),
        steps=steps,
        close=["P6 <-> P1"],
        charge=charge,
    )


def _sglt(membrane: bm.Membrane) -> bm.Cycle:
    steps = [
        ("S1 + 2 Na@out <-> S2", _rates("s12", "s21", (2, 0))),
        ("S2 + glucose@out <-> S3", _rates("s23", "s32", (1, 0))),
        ("S3 <-> S4", _rates("s34", "s43")),
        ("S4 <-> S5 + glucose@in", _rates("s45", "s54", (0, 1))),
        ("S5 <-> S6 + 2 Na@in", _rates("s56")),
        ("S6 <-> S1", _rates("s61", "s16")),
        ("S2 <-> S5", _rates("s25")),
    ]
    charge = {"S2": "0.6", "S3": "0.6", "S4": "0.6", "S5": "0.6", "S6": "-1.4"}
    close = ["S5 <-> S6", "S2 <-> S5"]
    return bm.Cycle(
        "sglt",
        membrane,
        density=Q(P["Ns"], "fmol"),
        states=" ".join(w.CARRIER),
        steps=steps,
        close=close,
        charge=charge,
    )


def _glut(site: Site, side: str) -> Any:
    """V c/(K + c_in + c_out + c_in c_out/K_i), c on the side that the glucose leaves."""
    V = site.parameter("maximum", Q(P["Vglut"], "fmol/s"), d.FLUX)
    half = site.parameter("half", Q(C["Kg"], "mM"), d.CONCENTRATION, domain="positive")
    both = site.parameter("both", Q(C["Kgi"], "mM"), d.CONCENTRATION, domain="positive")
    inside, outside = site["glucose@in"], site["glucose@out"]
    return V * site[side] / (half + inside + outside + inside * outside / both)


def build() -> bm.Model:
    """The model: 18 states, 18 processes."""
    bath = bm.Reservoir(
        "bath",
        {
            Na: Q(P["Nao"], "mM"),
            K: Q(P["Ko"], "mM"),
            Cl: Q(P["Clo"], "mM"),
            glucose: Q(P["Go"], "mM"),
        },
    )
    moist = bm.Reservoir("moist", {_INERT: Q(C["Osmb"], "mM")})
    volume, *amounts = w.START[[5, 1, 2, 3, 4]]
    charge = C["Cm"] * w.START[0] / w.FARADAY - (
        w.START[1] + w.START[2] - w.START[3]
    )  # that the impermeants carry [fmol]
    two = -charge - C["nX"]
    cell = bm.Compartment(
        "cell", volume=Q(volume, "pL"), contents={s: Q(n / volume, "mM") for s,
        n in zip((Na, K, Cl, glucose), amounts, strict=True)},
        held={ATP: Q(C["ATP"], "mM"), ADP: Q(C["ADP"], "mM"), Pi: Q(C["Pi"], "mM")},
        impermeant={_ONE: Q((C["nX"] - two) / volume, "mM"), _TWO: Q(two / volume, "mM")},
    )  # fmt: skip
    plasma = bm.Membrane(
        "plasma", inside=cell, outside=bath, area=Q(AREA, "um^2"), capacitance=Q(1, "uF/cm^2")
    )
    wet = bm.Membrane("wet", inside=cell, outside=moist, area=Q(AREA, "um^2"))
    kcc = laws.Elementary(rate=Q(P["LKCC"] * 1e6, "fmol/s"))  # activities are per mole in a litre
    glut = laws.Pair(
        forward=lambda s: _glut(s, "glucose@in"), reverse=lambda s: _glut(s, "glucose@out")
    )
    parts: list[Any] = [_pump(plasma), _sglt(plasma)]
    parts += [
        lib.leak(s, plasma, permeability=Q(P[name] / AREA, "pL/s/um^2"), name=f"{s.name}_channel")
        for s, name in ((Na, "PNa"), (K, "PK"), (Cl, "PCl"))
    ]
    parts += [
        bm.Transporter("kcc", "K@in + Cl@in -> K@out + Cl@out", plasma, kcc),
        bm.Transporter("glut", "glucose@in -> glucose@out", plasma, glut),
        lib.water(wet, permeability=Q(P["Lp"] / AREA / w.RT, "pL/s/um^2/kPa")),
    ]
    return bm.Model("workload", parts, potential={plasma: Q(w.START[0], "V")}, reference=bath)


#: Dotted name, unit and factor by which the model knows the workload's parameters.
NAMES = {
    "Np": ("pump.density", "fmol", 1.0), "Ns": ("sglt.density", "fmol", 1.0),
    "PNa": ("Na_channel.permeability", "pL/s/um^2", 1 / AREA),
    "PK": ("K_channel.permeability", "pL/s/um^2", 1 / AREA),
    "PCl": ("Cl_channel.permeability", "pL/s/um^2", 1 / AREA),
    "Vglut": ("glut.maximum", "fmol/s", 1.0), "Lp": ("water.permeability", "pL/s/um^2/kPa",
    1 / AREA / w.RT), "LKCC": ("kcc.rate", "fmol/s", 1e6),
    "Nao": ("bath.Na", "mM", 1.0), "Ko": ("bath.K", "mM", 1.0), "Clo": ("bath.Cl", "mM", 1.0),
    "Go": ("bath.glucose", "mM", 1.0),
}  # fmt: skip


def _atp(t: sp.Symbol, high: sp.Expr, period: sp.Expr) -> sp.Expr:
    """100 % → 5 % → 100 %, once a period."""
    return high * sp.exp(sp.Rational(3, 2) * (sp.cos(2 * sp.pi * t / period) - 1))


VARY = {
    dotted: unit for dotted, unit, _ in (NAMES[name] for name in P)
}  #: for :func:`biomembrane.prepare`, in the workload's order
FACTORS = np.array([NAMES[name][2] for name in P])


def protocol() -> dict[str, Any]:
    """What every run has: the concentration of ATP in time."""
    return {"cell.ATP": bm.Protocol.function(_atp, high=Q(C["ATP"], "mM"), period=Q(1200, "s"))}


def scan(sets: w.Array) -> dict[str, Any]:
    """``parameters=`` of :func:`biomembrane.simulate` for sets (set, 12), or for one set (12,),
    with the protocol of ATP.
    """
    made = protocol()
    for column, name in enumerate(P):
        dotted, unit, factor = NAMES[name]
        values = sets[..., column] * factor
        made[dotted] = Q(float(values), unit) if sets.ndim == 1 else _labelled(values, unit)
    return made


def _labelled(values: w.Array, unit: str) -> Any:
    import xarray as xr  # a quarter of a second, which a single run need not spend

    return xr.DataArray(values, dims="set", attrs={"units": unit})


def shares() -> dict[str, float]:
    """``start=``: how the carriers are spread over their states."""
    names = [f"pump.{state}" for state in w.PUMP] + [f"sglt.{state}" for state in w.CARRIER]
    return dict(zip(names, w.START[6:].tolist(), strict=True))


_DISSIPATION: dict[str, str | tuple[str, ...]] = {
    "D_pump": "pump:", "D_sglt": "sglt:", "D_glut": "glut", "D_na": "Na_channel",
    "D_k": "K_channel", "D_cl": ("Cl_channel", "kcc"), "D_w": "water",
}  # fmt: skip


def states(y: w.Array, parameters: w.Array) -> w.Array:
    """The workload's 18 states from the model's (state, …): volts from charge [fC], shares from
    amounts of carriers [fmol].
    """
    Np, Ns = parameters[..., 0], parameters[..., 1]
    return np.concatenate([y[4:5] / (1e3 * C["Cm"]), y[:4], y[5:6], y[6:12] / Np, y[12:18] / Ns])


def amounts(states: w.Array, parameters: w.Array) -> w.Array:
    """The way back: the model's states from the workload's."""
    Np, Ns = parameters[..., 0], parameters[..., 1]
    return np.concatenate(
        [
            states[1:5],
            states[:1] * 1e3 * C["Cm"],
            states[5:6],
            states[6:12] * Np,
            states[12:18] * Ns,
        ]
    )


def _lost(rows: Any, names: Sequence[str]) -> list[Any]:
    """The seven dissipations of the workload from those of the processes."""
    return [
        sum(row for row, name in zip(rows, names, strict=True) if name.startswith(start))
        for start in _DISSIPATION.values()
    ]


def integrals(
    made: Program, stores: Sequence[Any], entries: w.Array, dissipation: w.Array
) -> w.Array:
    """The workload's 8 integrals [pJ] from the ledger's (entry, …) and (process, …) [fJ]."""
    supply = made.names["entry"].index(("pump:P5-P6", [s.name for s in stores].index("cell.ATP")))
    return np.stack([entries[supply], *_lost(dissipation, made.names["dissipation"])]) * 1e-3


def columns(data: Any, parameters: w.Array) -> w.Array:
    """(time, 26) of one set from the dataset that a scan kept; ADP and Pi being worth nothing, what
    was spent is ATP's.
    """
    amounts, processes = data.amount.values, [str(name) for name in data.process.values]
    volts, volume = data.potential.sel(membrane="plasma").values * 1e-3, data.volume.values[:, 0]
    carriers = np.concatenate(
        [amounts[:, 4:10] / parameters[0], amounts[:, 10:] / parameters[1]], axis=1
    )
    powers = [data.ledger_spent.values, *_lost(data.ledger_dissipation.values.T, processes)]
    return np.concatenate(
        [volts[:, None], amounts[:, :4], volume[:, None], carriers, np.stack(powers, axis=1)],
        axis=1,
    )


def mismatch(states_to_try: int = 20) -> float:
    """Largest difference of dx/dt and of the integrands between this cell and the workload's table,
    as a share of their size.

    At random states, times and parameter sets; a difference of large one-way rates counts against
    the largest of its column.
    """
    model = build()
    rhs = text.function("t, y, p", {"exp": math.exp, "log": math.log, "cos": math.cos})
    rng = np.random.default_rng(3)
    found, wanted = [], []
    for p in w.ensemble(states_to_try):
        t, y = rng.uniform(0, w.END), w.START * rng.uniform(0.7, 1.3, len(w.START))
        given = resolve(model, scan(p))
        made = kernel(program(model, given.forms))
        constants, inside = made.bind(given.base), amounts(y, p)
        powers = [made.call(group, t, inside, constants) for group in ("entry", "dissipation")]
        found.append(
            np.concatenate(
                [
                    states(made.rhs(t, inside, constants), p),
                    integrals(made.program, model.ledger_stores, *powers),
                ]
            )
        )
        wanted.append(np.concatenate(rhs(t, y, p)))
    off = np.abs(np.array(found) - wanted)
    return float((off / np.abs(wanted).max(axis=0)).max())
