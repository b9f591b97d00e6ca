"""Glucose by ATP: what a pump that spends an ATP on each glucose would reach and cost, against
symport with one Na⁺ and with two.
"""

import math
from typing import Any

import numpy as np
import xarray as xr

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane import library as lib
from biomembrane.library import ADP, ATP, Cl, K, Na, Pi, glucose
from biomembrane.numerals import typeset
from biomembrane.show.colours import COLOURS

QUESTION = (
    "Why does the cell not drive glucose by ATP directly: what would such a pump reach and cost,"
    " against symport with one Na⁺ and with two?"
)
UNTIL = "20 h"
R, F, T = 8.314462618, 96485.33212, 310.15  # CODATA; 37 °C
RT = R * T
STANDARD = float(
    lib.ATP.standard.quantity.to("J/mol").magnitude
)  # −ΔG°′ of hydrolysis: lib.ATP, Smith & Crampin 2004
ADENYLATE, PHOSPHATE = 4.0, 4.0  # mM: ATP + ADP, and Pi when all of it is ATP
WAYS = {
    "direct": 1.0,
    "symport_1": 1 / 3,
    "symport_2": 2 / 3,
}  # ATP a glucose: 3 Na⁺ pumped out for each ATP
FAST = {
    "direct": 1e5,
    "symport_1": 1e3,
    "symport_2": 1e3,
}  # fmol/s, where only the end counts: it waits for a few pM of glucose outside
LABELS = {"direct": "ATP pump", "symport_1": "1 Na⁺", "symport_2": "2 Na⁺"}
HALF = {
    "glucose": Q(0.5, "mM"),
    "Na": Q(20, "mM"),
    "ATP": Q(0.5, "mM"),
    "ADP": Q(0.5, "mM"),
    "Pi": Q(5, "mM"),
}


def fuel(energy: float) -> dict[bm.Species, float]:
    """ATP, ADP and Pi [mM] at which hydrolysis is worth ``energy`` [kJ/mol]: ADP·Pi/ATP = e^{(ΔG −
    ΔG°′)/RT}, each ADP with a Pi of its own.
    """
    q = 1e3 * math.exp((energy * 1e3 + STANDARD) / RT)
    adp = (math.hypot(PHOSPHATE + q, 2 * math.sqrt(q * ADENYLATE)) - PHOSPHATE - q) / 2
    return {ATP: ADENYLATE - adp, ADP: adp, Pi: PHOSPHATE + adp}


def carriers(on: bm.Membrane) -> list[bm.Transporter]:
    """The three ways to take up glucose, all invented, all with the same half saturations
    (assumed), none of them with slip.
    """

    def way(name: str, reaction: str, *others: str) -> bm.Transporter:
        half = {s: HALF[s] for s in ("glucose", *others)}
        return bm.Transporter(
            name,
            reaction,
            on,
            laws.Saturable(maximum=Q(0, "fmol/s"), half=half),
            label=LABELS[name],
        )

    return [
        way("direct", "glucose@out + ATP@in -> glucose@in + ADP@in + Pi@in", "ATP", "ADP", "Pi"),
        way("symport_1", "Na@out + glucose@out -> Na@in + glucose@in", "Na"),
        way("symport_2", "2 Na@out + glucose@out -> 2 Na@in + glucose@in", "Na"),
    ]


def build(*, clamped: bool = False) -> bm.Model:
    """An epithelial cell between lumen and blood with three invented carriers of glucose, all
    switched off until a run sets their maximum.

    Contents, volume and areas are round numbers, assumed.  ATP is worth 57 kJ/mol.

    Args:
        clamped: a cell in which Na⁺ (10 mM against 145) and Cl⁻ are kept by what is not modelled,
            and where only Cl⁻ crosses besides glucose and Na⁺: once glucose has come to its end, no
            current is left and V is the Nernst potential of Cl⁻.  If not, the Na⁺/K⁺ pump keeps
            Na⁺, K⁺ channels make V, and GLUT2 hands glucose to the blood.
    """
    held = {s: Q(c, "mM") for s, c in fuel(-57.0).items()}
    lumen = bm.Reservoir(
        "lumen", {Na: Q(145, "mM"), K: Q(4.5, "mM"), Cl: Q(149.5, "mM"), glucose: Q(1, "mM")}
    )
    contents = (
        {glucose: Q(1, "mM")}
        if clamped
        else {Na: Q(10, "mM"), K: Q(140, "mM"), glucose: Q(5, "mM")}
    )
    kept = {Na: Q(10, "mM"), Cl: Q(149.5 * math.exp(-0.060 * F / RT), "mM")} if clamped else {}
    cell = bm.Compartment(
        "cell",
        volume=Q(1, "pL"),
        contents=contents,
        held=held | kept,
        impermeant=bm.balance(charge=-1),
    )
    capacitance = lib.sheet("membrane_typical")["specific_capacitance"]
    apical = bm.Membrane(
        "apical", inside=cell, outside=lumen, area=Q(200, "um^2"), capacitance=capacitance
    )
    if clamped:
        chloride = lib.leak(Cl, apical, permeability=Q(1e-6, "cm/s"))
        return bm.Model(
            "glucose_by_atp_clamped",
            [*carriers(apical), chloride],
            potential={apical: Q(-60, "mV")},
            reference=lumen,
        )
    blood = bm.Reservoir(
        "blood", {Na: Q(145, "mM"), K: Q(4.5, "mM"), Cl: Q(149.5, "mM"), glucose: Q(5, "mM")}
    )
    basal = bm.Membrane(
        "basolateral", inside=cell, outside=blood, area=Q(400, "um^2"), capacitance=capacitance
    )
    pump = lib.NaKATPase(basal, density=lib.sheet("membrane_typical")["NaK_density_epithelium"])
    parts = [*carriers(apical), pump, lib.leak(K, basal), lib.GLUT2(basal)]
    return bm.Model("glucose_by_atp", parts, potential={basal: Q(-60, "mV")}, reference=blood)


def reproduce(study: bm.Study) -> None:
    """What each way can reach with the gradients held, what each costs at the same flux, its
    efficiency by the ratio, and the global equilibrium.
    """
    _heads(study, build(clamped=True))
    cell = build()
    costs = _costs(study, cell)
    points = _efficiencies(study, cell)
    limits = _limits(study, cell)
    study.figure("reach", _figure_of_reach(limits, points))
    study.figure("cost", _figure_of_cost(costs))


def maxima(ways: list[str], maximum: Any = 1.0, dim: str = "point") -> dict[str, xr.DataArray]:
    """Maximum of the one carrier that is present in each lane [fmol/s]."""
    amount = np.broadcast_to(np.asarray(maximum, float), len(ways))
    return {
        f"{name}.maximum": bm.axis(dim, np.where(np.array(ways) == name, amount, 0), "fmol/s")
        for name in WAYS
    }


def head(n: int, V: float) -> float:
    """(Na_o/Na_i)ⁿ e^{−nFV/RT} for 145 and 10 mM, V [mV]: a neutral cargo with n Na⁺ and no
    slip.
    """
    return (145 / 10) ** n * math.exp(-n * F * V / 1e3 / RT)


EVER = Q(np.concatenate([[0], np.geomspace(1, 1e8, 9)]), "s")


def _heads(study: bm.Study, model: bm.Model) -> None:
    """Glucose inside over glucose outside at static head."""
    lanes = [(way, V, -57.0) for way in ("symport_1", "symport_2") for V in (-60, -40, -80, 0)]
    lanes += [("direct", -60, energy) for energy in (-57.0, -50.0, -40.0)]
    wanted = [
        head(int(way[-1]), V) if way != "direct" else math.exp(-energy * 1e3 / RT)
        for way, V, energy in lanes
    ]
    outside = 20 / np.array(wanted)  # mM, so that about 20 mM stand inside in the end
    contents = [fuel(energy) for *_, energy in lanes]
    scan = maxima([way for way, *_ in lanes], [FAST[way] for way, *_ in lanes])
    scan |= {
        f"cell.{s.name}": bm.axis("point", [c[s] for c in contents], "mM") for s in (ATP, ADP, Pi)
    }
    scan |= {"lumen.glucose": bm.axis("point", outside, "mM")}
    scan |= {
        "cell.Cl": bm.axis("point", [149.5 * math.exp(F * V / 1e3 / RT) for _, V, _ in lanes], "mM")
    }
    run = study.run(model, label="heads", times=EVER, parameters=scan)
    last = run.data.isel(time=-1)
    ratios = last.concentration.sel(pool="cell.glucose").values / outside
    for (way, V, energy), ratio, right in zip(lanes, ratios, wanted, strict=True):
        name = f"{way}_{abs(V)}" if way != "direct" else f"direct_{abs(energy):.0f}"
        about = (
            f"by {LABELS[way]} at {V} mV"
            if way != "direct"
            else f"by a pump of 1 ATP worth {abs(energy):.0f} kJ/mol"
        )
        source = (
            f"(145/10)^{way[-1]} e^(−{way[-1]}FV/RT)"
            if way != "direct"
            else "e^(−ΔG_ATP/RT), at any V and any Na⁺"
        )
        study.answer(
            f"head_{name}",
            Q(ratio, "1"),
            f"glucose inside over outside, {about}",
            wanted=Q(right, "1"),
            within=1e-5,
            source=source,
        )
    for k, way in ((0, "symport_1"), (4, "symport_2")):
        work = 3 * (RT * math.log(145 / 10) + F * 0.060)
        study.answer(
            f"stall_{way}", Q(100 * RT * math.log(ratios[k]) / (57e3 * WAYS[way]), "percent"),
            within=1e-5,
            about=f"work on glucose where {LABELS[way]} stalls at −60 mV, of the ATP energy spent",
            wanted=Q(work / 570, "percent"),
            source="3 (RT ln 145/10 + F·60 mV) of 57 kJ/mol, whatever the number of Na⁺",
        )  # fmt: skip
    volts = last.potential.isel(membrane=0).values[0]
    study.answer(
        "head_V", Q(float(volts), "mV"), "V at the end of the first of these", wanted=Q(-60, "mV"),
        within=Q(1e-4, "mV"),
        source="Nernst potential of Cl⁻: no current is left",
    )  # fmt: skip


STEADY = Q([0, 1e3, 1e4, 1e5, 1e6], "s")


def _steady(run: bm.Run) -> xr.Dataset:
    """The last state, with the ATP spent and glucose taken up [fmol/s] and the ratio of glucose in
    the cell to that in the lumen.
    """
    last = run.data.isel(time=-1)
    flux = {p: last.flux.sel(process=p) for p in (*WAYS, "NaKATPase", "GLUT2")}
    last["spent"] = flux["NaKATPase"] + flux["direct"]
    last["taken"] = sum(flux[way] for way in WAYS)
    return last


def _costs(study: bm.Study, model: bm.Model) -> dict[str, dict[str, float]]:
    """The same flux by each way, from 1 mM in the lumen to 5 mM in the blood; what is spent on it
    and where it goes [kJ per mole of glucose].
    """
    tried = np.geomspace(0.02, 2, 21)
    ways = [way for way in WAYS for _ in tried]
    first = _steady(
        study.run(model, label="maxima", times=STEADY, parameters=maxima(ways, np.tile(tried, 3)))
    )
    target = 0.010  # fmol/s
    needed = [
        math.exp(np.interp(target, first.taken[k * 21 : k * 21 + 21], np.log(tried)))
        for k in range(3)
    ]
    last = _steady(
        study.run(model, label="same_flux", times=STEADY, parameters=maxima(list(WAYS), needed))
    )
    kept, results = RT * math.log(5) / 1e3, {}
    for k, (way, atp) in enumerate(WAYS.items()):
        here = last.isel(point=k)
        J = float(here.taken)
        study.answer(f"flux_{way}", Q(J, "fmol/s"), f"glucose taken up by {LABELS[way]}",
            wanted=Q(target, "fmol/s"), within=0.01,
                     source="the flux at which all are compared, met by interpolation")  # fmt: skip
        study.answer(
            f"atp_{way}",
            Q(float(here.spent) / J, "1"),
            f"ATP spent on each, {LABELS[way]}",
            wanted=Q(atp, "1"),
            within=1e-5,
            source=(
                "1 ATP"
                if way == "direct"
                else f"{way[-1]} Na⁺ a glucose, 3 Na⁺ an ATP: mass balance, nothing leaks"
            ),
        )
        heat = {
            t: float(here.dissipation.where(here.transporter == t, drop=True).sum()) / J
            for t in (way, "NaKATPase", "K_leak", "GLUT2")
        }
        results[way] = {"kept": kept, **heat}
        study.answer(
            f"cost_{way}", Q(kept + sum(heat.values()), "kJ/mol"),
            f"heat and what the blood keeps, per mole, {LABELS[way]}",
            wanted=Q(57 * atp, "kJ/mol"), within=1e-4,
            source=f"{atp:.3g} ATP of 57 kJ/mol: first law",
        )  # fmt: skip
        study.answer(
            f"maximum_{way}",
            Q(needed[k], "fmol/s"),
            f"maximum that the carrier needs for this flux, {LABELS[way]}",
        )
        study.answer(
            f"friction_{way}",
            Q(heat[way], "kJ/mol"),
            f"of it lost in the carrier itself, {LABELS[way]}",
        )
        study.answer(f"efficiency_{way}", Q(100 * kept / (57 * float(here.spent) / J), "percent"),
            f"share that the blood keeps, {LABELS[way]}",
                     wanted=Q(100 * kept / (57 * atp), "percent"), within=1e-4,
                     source="RT ln 5 over the ATP energy spent")  # fmt: skip
    study.answer(
        "glucose_cell",
        Q(float(last.concentration.sel(pool="cell.glucose")[0]), "mM"),
        "glucose in the cell, the same in all three",
    )
    study.answer(
        "kept", Q(kept, "kJ/mol"), "kept by a mole of glucose that went from 1 to 5 mM, RT ln 5"
    )
    return results


def _efficiencies(study: bm.Study, model: bm.Model) -> xr.Dataset:
    """Efficiency of the uptake into the cell by the ratio that it works against: from a lumen ever
    poorer in glucose.
    """
    lumen = np.geomspace(3e-4, 3, 13)
    ways = [way for way in WAYS for _ in lumen]
    scan = maxima(ways, 0.3) | {"lumen.glucose": bm.axis("point", np.tile(lumen, 3), "mM")}
    last = _steady(study.run(model, label="poorer_lumen", times=STEADY, parameters=scan))
    ratio = last.concentration.sel(pool="cell.glucose") / np.tile(lumen, 3)
    results = last.assign(
        ratio=ratio, efficiency=RT * np.log(ratio) / 1e3 * last.taken / (57 * last.spent)
    )
    results = results.assign_coords(way=("point", ways)).assign(forward=last.taken > 0)
    formula = RT * np.log(ratio) / 1e3 / np.array([57 * WAYS[w] for w in ways])
    off = float(abs(results.efficiency / formula - 1).where(results.forward).max())
    study.answer(
        "efficiency_off", Q(off, "1"),
        "largest deviation of the efficiencies found from the line of their way", wanted=Q(0, "1"),
        within=Q(1e-4, "1"), source="RT ln(c_in/c_out) over the ATP of each way times 57 kJ/mol",
    )  # fmt: skip
    c, V = last.concentration, last.potential.sel(membrane="apical")
    sodium = np.log(145 / c.sel(pool="cell.Na")) - F * V / 1e3 / RT
    n = np.array([{"symport_1": 1, "symport_2": 2}.get(way, 57e3 / RT) for way in ways])
    limit = np.where(np.array(ways) == "direct", n, n * sodium)
    wrong = np.sign(limit - np.log(ratio)) != np.sign(last.taken)
    study.answer(
        "wrong_way", Q(float(wrong.sum()), "1"),
        "points at which glucose goes in above the static head, or out below it", wanted=Q(0, "1"),
        within=Q(0, "1"), source="second law, at the Na⁺ and V of each point",
    )  # fmt: skip
    poor = results.where(results.way == "symport_1", drop=True).isel(point=0)
    study.answer(
        "poor_lumen", Q(float(poor.taken) * 1e3, "amol/s"),
        "glucose taken up by 1 Na⁺ from 0.3 µM: it runs out of the cell",
        wanted=(Q(-1e3, "amol/s"), Q(0, "amol/s")),
        source="below the static head: 5 mM of blood over 0.3 µM is more than 1 Na⁺ holds",
    )  # fmt: skip
    return results


def _limits(study: bm.Study, model: bm.Model) -> dict[str, float]:
    """All at equilibrium, the Na⁺/K⁺ pump as well: what a share of an ATP could hold at the very
    most.
    """
    right = {way: math.exp(57e3 * atp / RT) for way, atp in WAYS.items()}
    outside = {way: 20 / ratio for way, ratio in right.items()}
    scan = maxima(list(WAYS), list(FAST.values())) | {
        "lumen.glucose": bm.axis("point", list(outside.values()), "mM")
    }
    scan |= {"GLUT2.maximum": Q(0, "pmol/cm^2/s")}
    last = study.run(model, label="limits", times=EVER, parameters=scan).data.isel(time=-1)
    ratios = last.concentration.sel(pool="cell.glucose").values / list(outside.values())
    for (way, atp), ratio in zip(WAYS.items(), ratios, strict=True):
        study.answer(
            f"limit_{way}", Q(float(ratio), "1"),
            f"the most that {LABELS[way]} could hold, the Na⁺/K⁺ pump stalled as well",
            wanted=Q(right[way], "1"), within=1e-4,
            source=f"e^({atp:.3g}·57 kJ/mol/RT): K⁺ at equilibrium, the pump spends all on 3 Na⁺",
        )  # fmt: skip
    return right


LINES = {
    "direct": (COLOURS["ATP"], "-", "o"),
    "symport_1": ("#56B4E9", "--", "s"),
    "symport_2": (COLOURS["Na"], "-.", "^"),
}


def _figure_of_reach(limits: dict[str, float], points: xr.Dataset) -> Any:
    """How far each way reaches, and how much of the ATP is kept on the way there."""
    heads = {"direct": math.exp(57e3 / RT), "symport_1": head(1, -60), "symport_2": head(2, -60)}
    with bm.figures.style():
        figure, (left, right) = bm.figures.panels(2, height=58, width_ratios=[1, 1.25])
        for k, (way, (colour, _, _)) in enumerate(LINES.items()):
            left.bar(k, heads[way], width=0.6, color=colour)
            left.plot(
                [k - 0.38, k + 0.38],
                [limits[way]] * 2,
                color=COLOURS["charge"],
                lw=1,
                ls="-",
                marker="",
            )
            for value in {heads[way], limits[way]}:
                left.annotate(
                    _power(value),
                    (k, value),
                    (0, 2),
                    textcoords="offset points",
                    ha="center",
                    fontsize=6,
                )
        left.set(
            yscale="log", ylim=(1, 1e11), ylabel="glucose in / out, static head", xlim=(-0.6, 2.6)
        )
        left.set_xticks(range(3), ["1 ATP", "1 Na⁺", "2 Na⁺"])
        right.axhline(100, color="#888888", lw=0.5)
        for way, (colour, dash, mark) in LINES.items():
            ratio = np.array([1, limits[way]])
            right.plot(
                ratio,
                100 * RT * np.log(ratio) / (57e3 * WAYS[way]),
                color=colour,
                ls=dash,
                label=LABELS[way],
            )
            rest = heads[way]
            right.plot(
                rest,
                100 * RT * math.log(rest) / (57e3 * WAYS[way]),
                "o",
                color=colour,
                ms=6,
                mfc="none",
                mew=0.8,
                clip_on=False,
                zorder=5,
            )
            shown = points.where(
                (points.way == way) & points.forward & (points.ratio > 1), drop=True
            )
            right.plot(shown.ratio, 100 * shown.efficiency, mark, color=colour, ms=2.5, mew=0)
        right.set(
            xscale="log",
            xlim=(1, 1e10),
            ylim=(0, 108),
            xlabel="glucose in / out",
            ylabel="ATP energy kept (%)",
        )
        right.set_xticks([1, 1e3, 1e6, 1e9])
        right.legend(loc="lower right", borderaxespad=0)
    return figure


def _power(value: float) -> str:
    """A number in print, in powers of ten from a thousand on."""
    return typeset(f"{value:.0f}" if value < 1000 else f"{value:.1e}")


def _part(cost: dict[str, float], way: str, part: str) -> float:
    """One part of what is spent [kJ/mol]."""
    return (
        cost["K_leak"] + cost["GLUT2"]
        if part == "others"
        else cost[way if part == "carrier" else part]
    )


def _figure_of_cost(costs: dict[str, dict[str, float]]) -> Any:
    """What is spent on a mole of glucose, by where it ends."""
    from matplotlib.figure import Figure

    parts = {"kept": ("kept by glucose", "#882255"), "carrier": ("heat of its carrier", "#56B4E9"),
        "NaKATPase": ("heat of Na⁺/K⁺ pump", "#7A6000"),
             "others": ("heat of K⁺ leak, GLUT2", "#BBBBBB")}  # fmt: skip
    with bm.figures.style():
        figure = Figure(figsize=(85 / 25.4, 52 / 25.4), layout="constrained")
        ax = figure.subplots()
        names = list(costs)[::-1]
        left = np.zeros(3)
        for part, (label, colour) in parts.items():
            wide = np.array([_part(costs[way], way, part) for way in names])
            ax.barh(
                range(3),
                wide,
                left=left,
                color=colour,
                label=label,
                height=0.6,
                edgecolor="white",
                lw=0.4,
            )
            left = left + wide
        for k, total in enumerate(left):
            ax.annotate(
                f"{total:.0f}",
                (total, k),
                (3, 0),
                textcoords="offset points",
                va="center",
                fontsize=7,
            )
        ax.set_yticks(range(3), [LABELS[way] for way in names])
        ax.set(xlabel="ATP energy spent (kJ per mole of glucose)", xlim=(0, 64))
        figure.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure
