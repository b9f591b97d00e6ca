"""Sodium circulation: every way by which Na⁺ comes back into the cell, and the one by which it
leaves.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

import biomembrane as bm
from biomembrane import Q, constants, laws
from biomembrane import library as lib
from biomembrane.library import ADP, ATP, HCO3, H, K, Na, Pi, glucose

if TYPE_CHECKING:
    import xarray as xr

QUESTION = "The pump throws sodium out all the time: how does it come back in?"
UNTIL = "10 min"


def build() -> bm.Model:
    """An absorbing cell: SGLT1, an exchanger of Na⁺ for H⁺ and a Na⁺ channel in the apical
    membrane; pump and leaks in the basolateral one.

    Areas and pump as in the shipped enterocyte.  Exchanger: half-saturations of NHE3 (Weinstein
    1995: Na⁺ 30 mM, H⁺ 72 nM), its maximum assumed.  Na⁺ channel: a constant-field leak; its
    permeability is assumed, as is that of the Na⁺ leak.  H⁺ and HCO₃⁻ of the cell are held, at pH
    7.2 and 15 mM, as the hydration of CO₂ and buffers hold them (the library has neither yet);
    HCO₃⁻ leaves to the blood by a leak of assumed permeability.  Lumen and blood: pH 7.4 and 24 mM
    HCO₃⁻.  Cl⁻ plays no part and is left out.
    """
    salts = {Na: Q(140, "mM"), K: Q(5, "mM"), H: Q(10**-4.4, "mM"), HCO3: Q(24, "mM")}
    lumen = bm.Reservoir("lumen", salts | {glucose: Q(1, "mM")})
    blood = bm.Reservoir("blood", salts | {glucose: Q(5, "mM")})
    cell = bm.Compartment(
        "cell", volume=Q(1, "pL"), contents={Na: Q(15, "mM"), K: Q(130, "mM"), glucose: Q(5, "mM")},
        held={ATP: Q(4, "mM"), ADP: Q(0.4, "mM"), Pi: Q(4, "mM"), H: Q(10**-4.2, "mM"),
            HCO3: Q(15, "mM")}, impermeant=bm.balance(charge=-1),
    )  # fmt: skip
    capacitance = lib.sheet("membrane_typical")["specific_capacitance"]
    apical = bm.Membrane(
        "apical", inside=cell, outside=lumen, area=Q(200, "um^2"), capacitance=capacitance
    )
    basal = bm.Membrane(
        "basolateral", inside=cell, outside=blood, area=Q(400, "um^2"), capacitance=capacitance
    )
    NHE3 = bm.Source(
        "fitted",
        citation="Weinstein 1995",
        where="K_Na and K_H of NHE3, as in Layton's nephron model",
    )
    half = {
        name: bm.Parameter(Q(K_half, "mM"), NHE3) for name, K_half in (("Na", 30), ("H", 72e-6))
    }
    exchange = laws.Saturable(maximum=Q(6, "pmol/cm^2/s"), half=half, binding="common")
    ways = [
        lib.SGLT1(apical, data="eskandari_2005"),
        bm.Transporter(
            "NHE", "Na@out + H@in -> Na@in + H@out", apical, exchange, label="Na⁺/H⁺ exchanger"
        ),
        lib.leak(Na, apical, permeability=Q(3e-9, "cm/s"), name="channel"),
        lib.leak(Na, basal, permeability=Q(1e-9, "cm/s")),
    ]
    pump = lib.NaKATPase(basal, density=lib.sheet("membrane_typical")["NaK_density_epithelium"])
    others = [
        lib.leak(K, basal),
        lib.leak(HCO3, basal, permeability=Q(2e-8, "cm/s")),
        lib.GLUT2(basal),
    ]
    return bm.Model(
        "sodium_circulation",
        [pump, *ways, *others],
        potential={basal: Q(-60, "mV")},
        reference=blood,
    )


RT_F = 1e3 * constants.GAS * constants.BODY_TEMPERATURE / constants.FARADAY  # mV
WAYS = {
    "glucose": "with glucose, SGLT1",
    "slip": "slip of SGLT1",
    "NHE": "Na⁺/H⁺ exchanger",
    "channel": "Na⁺ channel",
    "Na_leak": "Na⁺ leak",
}


def reproduce(study: bm.Study) -> None:
    """Steady states over the glucose of the lumen, from almost none to 10 mM; 0.001 mM is called
    rest, 1 mM a meal.
    """

    sugar = bm.axis("sugar", np.geomspace(1e-3, 10, 17), "mM")
    sugar = sugar.assign_coords(sugar=sugar.values)
    run = study.run(
        build(), label="steady", times=Q([0, 500], "hour"), parameters={"lumen.glucose": sugar}
    )
    J = _fluxes(run)
    for name, lane in (("rest", 0), ("meal", 12)):
        _balance(
            study,
            name,
            {way: float(flux[lane]) for way, flux in J.items()},
            run.data.isel(time=-1, sugar=lane),
        )
    off = abs(sum(J[way] for way in WAYS) / (3 * J["NaKATPase"]) - 1)
    study.answer(
        "worst", Q(float(off.max()), "1"),
        "largest gap between Na⁺ in and out, over the whole scan", wanted=Q(0, "1"),
        within=Q(1e-6, "1"),
        source="mass balance of a steady state",
    )  # fmt: skip
    study.answer(
        "more",
        Q(float(J["NaKATPase"][12] / J["NaKATPase"][0]), "1"),
        "pump with a meal over pump at rest",
    )
    study.figure("ways", _drawn(sugar, J))


def _fluxes(run: bm.Run) -> dict[str, xr.DataArray]:
    """Na⁺ influx by each pathway, and all other turnovers [fmol/s], at the end."""
    flux = {str(p): run.data.flux.isel(time=-1).sel(process=p) for p in run.data.process.values}
    inflows = {
        "glucose": 2 * flux["SGLT1:C3-C4"],
        "slip": 2 * flux["SGLT1:C2-C5"],
        "NHE": flux["NHE"],
    }
    return (
        inflows
        | {way: -flux[way] for way in ("channel", "Na_leak")}
        | {name: flux[name] for name in ("NaKATPase", "K_leak", "HCO3_leak")}
    )


def _balance(study: bm.Study, name: str, J: dict[str, float], last: xr.Dataset) -> None:
    """Influx and efflux, by pathway."""
    entered, V, inside = (
        sum(J[way] for way in WAYS),
        float(last.potential.sel(membrane="apical")),
        float(last.concentration.sel(pool="cell.Na")),
    )
    study.answer(
        f"{name}_balance", Q(3 * J["NaKATPase"] / entered, "1"),
        f"{name}: Na⁺ pumped out over Na⁺ that came in", wanted=Q(1, "1"), within=1e-6,
        source="mass balance of a steady state: 3 J_pump = Σ J_in",
    )  # fmt: skip
    study.answer(f"{name}_out", Q(3e3 * J["NaKATPase"], "amol/s"), f"{name}: Na⁺ pumped out")
    for way, about in WAYS.items():
        study.answer(
            f"{name}_{way}", Q(J[way] / entered, "1"), f"{name}: share that enters by {about}"
        )
    study.answer(f"{name}_Na", Q(inside, "mM"), f"{name}: Na⁺ in the cell")
    study.answer(f"{name}_V", Q(V, "mV"), f"{name}: potential")
    study.answer(
        f"{name}_stay",
        Q(inside / entered / 60, "minute"),
        f"{name}: how long a Na⁺ stays in the cell, content over influx",
    )
    u = V / RT_F
    field = 3e-11 * 200e-12 * 1e15 * u * (140 - inside * math.exp(u)) / (math.exp(u) - 1)
    study.answer(
        f"{name}_channel_flux", Q(1e3 * J["channel"], "amol/s"), f"{name}: Na⁺ through the channel",
        wanted=Q(1e3 * field, "amol/s"), within=1e-6,
        source="Goldman–Hodgkin–Katz flux at the V and Na⁺ found",
    )  # fmt: skip
    study.answer(
        f"{name}_acid", Q(J["HCO3_leak"] / J["NHE"], "1"),
        f"{name}: HCO₃⁻ that leaves per H⁺ that leaves", wanted=Q(1, "1"), within=1e-4,
        source="charge balance of a steady state in which K⁺ and Na⁺ are steady",
    )  # fmt: skip
    study.answer(
        f"{name}_K", Q(J["K_leak"] / J["NaKATPase"], "1"),
        f"{name}: K⁺ that leaks out per turn of the pump", wanted=Q(2, "1"), within=1e-6,
        source="mass balance: 2 K⁺ in with each turn",
    )  # fmt: skip
    apical = J["glucose"] + J["slip"] + J["channel"]
    basal = J["NaKATPase"] - J["Na_leak"] + J["K_leak"] - J["HCO3_leak"]
    study.answer(
        f"{name}_current", Q(apical * constants.FARADAY * 1e-3, "pA"),
        f"{name}: short-circuit current, inward through the apical membrane",
        wanted=Q(basal * constants.FARADAY * 1e-3, "pA"), within=1e-6,
        source="it leaves through the basolateral membrane",
    )  # fmt: skip


def _drawn(sugar: xr.DataArray, J: dict[str, xr.DataArray]) -> Any:
    """Na⁺ influx by pathway, stacked, under three times the turnover of the pump."""
    from matplotlib.figure import Figure

    shades = {
        "glucose": "#882255",
        "slip": "#CC79A7",
        "NHE": "#E69F00",
        "channel": "#0072B2",
        "Na_leak": "#56B4E9",
    }
    marks = {"glucose": "", "slip": "....", "NHE": "////", "channel": "", "Na_leak": "\\\\\\\\"}
    order = ("Na_leak", "channel", "NHE", "slip", "glucose")
    with bm.figures.style():
        figure = Figure(figsize=(85 / 25.4, 72 / 25.4), layout="constrained")
        axes = figure.subplots()
        layers = axes.stackplot(
            sugar,
            [1e3 * J[way] for way in order],
            colors=[shades[way] for way in order],
            labels=[WAYS[way] for way in order],
        )
        for layer, way in zip(layers, order, strict=True):
            layer.set(hatch=marks[way], edgecolor="white", linewidth=0.4)
        axes.plot(
            sugar,
            3e3 * J["NaKATPase"],
            "o",
            color="#222222",
            ms=3,
            clip_on=False,
            zorder=3,
            label="pumped out, 3 $J$(pump)",
        )
        axes.set(
            xscale="log",
            xlim=(1e-3, 10),
            ylim=(0, 60),
            xlabel="glucose in the lumen / mM",
            ylabel="Na⁺ flux of the cell / amol s⁻¹",
        )
        axes.legend(
            *(entries[::-1] for entries in axes.get_legend_handles_labels()),
            frameon=False,
            loc="upper left",
        )
    return figure
