"""Sodium battery: what a cell has stored in its gradients, and where it goes when the pump
stops.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import biomembrane as bm
from biomembrane import Q, constants, laws
from biomembrane import library as lib
from biomembrane.library import ADP, ATP, Cl, K, Na, Pi, glucose
from biomembrane.show.colours import COLOURS

QUESTION = (
    "How does a cell store the energy that its pump gains from ATP, and how long does the store"
    " last without the pump?"
)
UNTIL = "10 h"


def build() -> bm.Model:
    """A cell of 145/10 mM Na⁺ and 4.5/140 mM K⁺ (outside/inside) at −60 mV, the reference case of
    the project's reference sheet.

    Volume, area, Cl⁻ and P_K are assumed, round numbers of a small cell; P_Na and P_Cl are 0.04 and
    0.45 of P_K, the ratios of Hodgkin & Katz
    1949.  A symporter of 2 Na⁺ and one glucose stands for all that draws on the gradient, with the
    half-saturations of rat SGLT1 near −30 mV (Panayotova-Heiermann, Loo & Wright 1995: Na⁺ 40 mM,
    sugar 0.46 mM); its maximum is assumed, and zero unless a run sets it.
    """
    bath = bm.Reservoir(
        "bath", {Na: Q(145, "mM"), K: Q(4.5, "mM"), Cl: Q(149.5, "mM"), glucose: Q(1, "mM")}
    )
    cell = bm.Compartment(
        "cell", volume=Q(1, "pL"), contents={Na: Q(10, "mM"), K: Q(140, "mM"), Cl: Q(10, "mM"),
        glucose: Q(1, "mM")},
        held={ATP: Q(4, "mM"), ADP: Q(0.4, "mM"), Pi: Q(4, "mM")}, impermeant=bm.balance(charge=-1),
    )  # fmt: skip
    membrane = bm.Membrane(
        "membrane",
        inside=cell,
        outside=bath,
        area=Q(500, "um^2"),
        capacitance=lib.sheet("membrane_typical")["specific_capacitance"],
    )
    leaks = [
        lib.leak(ion, membrane, permeability=Q(P, "cm/s"))
        for ion, P in ((K, 5e-7), (Na, 2e-8), (Cl, 2.25e-7))
    ]
    rat = bm.Source(
        "measured",
        citation="Panayotova-Heiermann, Loo & Wright 1995, J. Biol. Chem., abstract",
        preparation="rat SGLT1 near -30 mV",
    )
    half = {
        name: bm.Parameter(Q(K_half, "mM"), rat) for name, K_half in (("Na", 40), ("glucose", 0.46))
    }
    law = laws.Saturable(maximum=Q(0, "pmol/cm^2/s"), half=half)
    symporter = bm.Transporter(
        "symporter",
        "2 Na@out + glucose@out -> 2 Na@in + glucose@in",
        membrane,
        law,
        label="Na⁺–glucose symporter",
    )
    return bm.Model(
        "sodium_battery",
        [lib.NaKATPase(membrane), *leaks, symporter],
        potential={membrane: Q(-60, "mV")},
    )


RT = constants.GAS * constants.BODY_TEMPERATURE / 1000  # kJ/mol
RT_F = 1e6 * RT / constants.FARADAY  # mV
OUTSIDE = {"Na": 145.0, "K": 4.5, "Cl": 149.5}
INSIDE = {"Na": 10.0, "K": 140.0, "Cl": 10.0}
TIMES = Q(np.concatenate([np.arange(0, 6 * 60), np.arange(6, 41) * 60]), "minute")
OFF = {"NaKATPase.density": Q(0, "1/um^2")}


def exergy(c: float, outside: float) -> float:
    """Chemical energy [pJ] of one solute in 1 pL against the bath: RT W (c ln(c/c_bath) − c +
    c_bath), with c in mM.
    """
    return RT * (c * math.log(c / outside) - c + outside)


def reproduce(study: bm.Study) -> None:
    """The charged battery; its discharge through the leaks; the same with a symporter that works on
    it.
    """
    model = build()
    _charged(study, model)
    leaking = study.run(model, label="leaking", times=TIMES, parameters=OFF)
    working = study.run(
        model,
        label="working",
        times=TIMES,
        parameters=OFF | {"symporter.maximum": Q(20, "pmol/cm^2/s")},
    )
    _discharged(study, leaking)
    _spent(study, leaking, working)
    study.figure("discharge", _drawn(leaking, working))


def _charged(study: bm.Study, model: bm.Model) -> None:
    """Energy of one mole of Na⁺ that comes in, as the ledger of the first tenth of a microsecond
    splits it; and the turnover of the pump.
    """
    run = bm.simulate(model, times=Q([0.0, 1e-7], "s"), parameters=OFF)
    entered = -float(run.data.flux.sel(process="Na_leak")[0]) * 1e-7  # fmol, so that pJ are kJ/mol
    gained = run.ledger.by("ion").sel(species="Na").isel(time=-1) / entered
    chemical, electrical = (
        float(gained.sel(component=part)) for part in ("chemical", "electrical")
    )
    formula = "{} at 145/10 mM, −60 mV and 37 °C"
    study.answer(
        "chemical", Q(chemical, "kJ/mol"), "chemical energy of a mole of Na⁺ that comes in",
        wanted=Q(RT * math.log(10 / 145), "kJ/mol"),
        within=1e-5, source=formula.format("RT ln(c_in/c_out)"),
    )  # fmt: skip
    study.answer(
        "electrical", Q(electrical, "kJ/mol"), "its electrical energy",
        wanted=Q(-60e-6 * constants.FARADAY, "kJ/mol"), within=1e-5,
        source=formula.format("F V"),
    )  # fmt: skip
    study.answer(
        "per_mole", Q(chemical + electrical, "kJ/mol"), "together", wanted=Q(-12.685, "kJ/mol"),
        within=1e-4,
        source=formula.format("RT ln(c_in/c_out) + F V"),
    )  # fmt: skip
    study.answer(
        "electrical_share",
        Q(electrical / (chemical + electrical), "1"),
        "share of it that is electrical",
    )
    fuel = -31.613 + RT * math.log(0.4e-3)
    study.answer(
        "ATP_pool",
        Q(-4 * fuel, "pJ"),
        "for comparison, all ATP of the cell: 4 mM at the ΔG that the pump finds",
    )


def _discharged(study: bm.Study, run: bm.Run) -> None:
    """Final state of the discharge, and the energy it gave, against Donnan's equilibrium in closed
    form.
    """
    fixed = (
        INSIDE["Na"] + INSIDE["K"] - INSIDE["Cl"]
    )  # mM of impermeant charge, but for 0.006 mM on the membrane
    r = fixed / (2 * OUTSIDE["Cl"]) + math.hypot(1, fixed / (2 * OUTSIDE["Cl"]))
    ends = {"Na": OUTSIDE["Na"] * r, "K": OUTSIDE["K"] * r, "Cl": OUTSIDE["Cl"] / r}
    wanted = {
        ion: exergy(INSIDE[ion], OUTSIDE[ion]) - exergy(ends[ion], OUTSIDE[ion]) for ion in ends
    }
    capacitor = 0.5 * 5 * (60**2 - (RT_F * math.log(r)) ** 2) * 1e-6  # pJ, 5 pF
    study.answer(
        "donnan", run.data.potential[-1, 0], "potential at which the empty battery stands",
        wanted=Q(-RT_F * math.log(r), "mV"),
        within=Q(0.02, "mV"),
        source="Donnan: r − 1/r = 140 mM impermeant charge / 149.5 mM, V = −(RT/F) ln r",
    )  # fmt: skip
    lost = -run.ledger.exergy.isel(time=-1)
    closed = "RT W (c ln(c/c_bath) − c + c_bath), at the start less at Donnan's equilibrium"
    for ion in ends:
        study.answer(
            f"{ion}_store", Q(float(lost.sel(store=f"cell.{ion}")), "pJ"),
            f"given by the {ion} gradient until then", wanted=Q(wanted[ion], "pJ"),
            within=Q(0.2, "pJ"), source=closed,
        )  # fmt: skip
    study.answer(
        "capacitor", Q(float(lost.sel(store="capacitor")), "pJ"),
        "given by the charge of the membrane", wanted=Q(capacitor, "pJ"), within=1e-2,
        source="½ C V², 5 pF, at the start less at the end",
    )  # fmt: skip
    total = float(lost.sum())
    study.answer("stored", Q(total, "pJ"), "all that the cell can give",
        wanted=Q(sum(wanted.values()) + capacitor, "pJ"), within=1e-3,
                 source="sum of the four")  # fmt: skip
    share = float(lost.sel(store="capacitor")) / total
    study.answer("capacitor_share", Q(share, "1"), "share of the capacitor in it",
        wanted=Q(capacitor / (sum(wanted.values()) + capacitor), "1"),
                 within=1e-2, source="the same numbers")  # fmt: skip
    full = exergy(10, 145)
    study.answer(
        "Na_against_bath",
        Q(full, "pJ"),
        "chemical energy of the Na⁺ gradient at the start, against the bath",
    )


def _half(run: bm.Run) -> float:
    """Hours until half of the available energy is gone."""
    gone = -run.ledger.exergy.sum("store").values
    return float(np.interp(gone[-1] / 2, gone, run.data.time.values)) / 3600


def _goldman(hours: float, step: float = 2.0) -> tuple[list[float], list[float]]:
    """Time [h] and energy left [pJ] of the same discharge without this framework: GHK fluxes at the
    V of Goldman's equation, by Heun's rule.
    """
    out, P, z = (np.array(x) for x in ((145.0, 4.5, 149.5), (2e-10, 5e-9, 2.25e-9), (1, 1, -1)))
    c = np.array([10.0, 140.0, 10.0])

    def slope(c: Any) -> Any:
        e = (P[0] * out[0] + P[1] * out[1] + P[2] * c[2]) / (
            P[0] * c[0] + P[1] * c[1] + P[2] * out[2]
        )  # exp(FV/RT) of zero current
        x = z * math.log(e)
        return -P * 500e-12 * 1e15 * x * (c - out * np.exp(-x)) / (1 - np.exp(-x))  # mM/s in 1 pL

    times, left = [], []
    for k in range(int(hours * 3600 / step) + 1):
        times.append(k * step / 3600)
        left.append(sum(map(exergy, c, out)))
        first = slope(c)
        c = c + step / 2 * (first + slope(c + step * first))
    return times, left


def _spent(study: bm.Study, leaking: bm.Run, working: bm.Run) -> None:
    """Where the energy went, and how long that took."""
    start, heat = leaking.data.isel(time=0), leaking.ledger.dissipation.isel(time=-1)
    u = -60 / RT_F
    flux = (
        2e-10 * 500e-12 * u * (10 - 145 * math.exp(-u)) / (1 - math.exp(-u)) * 1e15
    )  # fmol/s, outward
    study.answer(
        "power", start.dissipation.sel(process="Na_leak"), "power of the Na⁺ leak at the start",
        wanted=Q(-12.685 * flux, "pW"), within=1e-4,
        source="Goldman–Hodgkin–Katz flux of Na⁺ times 12.685 kJ/mol",
    )  # fmt: skip
    times, left = _goldman(2)
    end = sum(exergy(INSIDE[ion], OUTSIDE[ion]) for ion in INSIDE) + float(
        leaking.ledger.exergy.isel(time=-1).sum()
    )
    half = float(np.interp(-(left[0] + end) / 2, -np.array(left), times))
    study.answer(
        "half_leaking",
        Q(60 * _half(leaking), "minute"),
        "time to half of the energy, leaks alone",
        wanted=Q(60 * half, "minute"),
        within=2e-3,
        source=(
            "GHK fluxes at the V of the Goldman–Hodgkin–Katz equation, integrated by Heun's rule"
        ),
    )
    study.answer(
        "half_working", Q(60 * _half(working), "minute"), "the same with the symporter at work"
    )
    for name in ("Na", "K", "Cl"):
        share = float(heat.sel(process=f"{name}_leak") / heat.sum())
        study.answer(
            f"heat_{name}", Q(share, "1"), f"share of the heat in the {name} leak, without work"
        )
    lent = -float(leaking.ledger.exergy.sel(store="cell.K")[-1]) - float(heat.sel(process="K_leak"))
    electrical = leaking.ledger.by("ion").isel(time=-1).sel(component="electrical")
    study.answer(
        "lent",
        Q(lent, "pJ"),
        "energy of the K⁺ gradient that V passed on to other ions",
        wanted=Q(-float(electrical.sel(species=["Na", "Cl"]).sum()), "pJ"),
        within=1e-4,
        source=(
            "what the field did on Na⁺ and Cl⁻: a capacitor that holds next to nothing passes on"
            " all it gets"
        ),
    )
    work = working.data.amount.sel(pool="cell.glucose")
    kept = working.ledger.exergy.sel(store="cell.glucose")
    peak = int(np.argmax(kept.values))
    entered, used = (
        float(work[peak] - work[0]),
        float(
            working.ledger.transfers.sel(transporter="symporter", carrier="Na").sum("component")[
                peak
            ]
        ),
    )
    study.answer("glucose_lifted", Q(entered, "fmol"), "glucose that the working battery takes up")
    study.answer(
        "glucose_ratio",
        Q(float(work[peak]), "1"),
        "its concentration in the cell over that in the bath",
    )
    study.answer("work_kept", Q(float(kept[peak]), "pJ"), "energy of that glucose gradient",
                 wanted=Q(exergy(float(work[peak]), 1), "pJ"), within=1e-5,
                 source="RT W (c ln(c/c_bath) − c + c_bath) of the glucose found")  # fmt: skip
    study.answer("efficiency", Q(float(kept[peak]) / used, "1"),
        "of the Na⁺ energy that the symporter took, the share in the glucose gradient",
                 wanted=(Q(0, "1"), Q(1, "1")), source="second law")  # fmt: skip


def _drawn(leaking: bm.Run, working: bm.Run) -> Any:
    """Available energy over time, with the stores that hold it."""
    from matplotlib.figure import Figure

    with bm.figures.style():
        figure = Figure(figsize=(85 / 25.4, 65 / 25.4), layout="constrained")
        axes = figure.subplots()
        for run, dash, label in (
            (leaking, "-", "all, leaks alone"),
            (working, (0, (4, 1.5)), "all, symporter at work"),
        ):
            left = run.ledger.exergy.sum("store")
            axes.plot(
                run.data.time / 3600, left - left[-1], color="#222222", ls=dash, lw=1.3, label=label
            )
        for ion, name, dash in (
            ("K", "K⁺", (0, (5, 1.2, 1, 1.2))),
            ("Cl", "Cl⁻", (0, (2, 1))),
            ("Na", "Na⁺", "-"),
        ):
            left = [
                exergy(float(c), OUTSIDE[ion])
                for c in leaking.data.concentration.sel(pool=f"cell.{ion}")
            ]
            axes.plot(
                leaking.data.time / 3600,
                left,
                color=COLOURS[ion],
                ls=dash,
                label=f"{name} gradient, leaks alone",
            )
        kept = working.ledger.exergy.sel(store="cell.glucose")
        axes.plot(
            kept.time / 3600,
            kept,
            color=COLOURS["glucose"],
            ls=(0, (1, 1)),
            label="glucose gradient, symporter",
        )
        axes.set(
            xlabel="time without the pump / h",
            ylabel="energy left / pJ",
            xlim=(0, 4),
            ylim=(0, 1500),
        )
        axes.legend(frameon=False)
    return figure
