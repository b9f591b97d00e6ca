"""Why potassium stays: V pulls K⁺ in, its gradient pushes harder, and the pump makes up the
difference.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

import biomembrane as bm
from biomembrane import Q
from biomembrane import library as lib
from biomembrane.library import ADP, ATP, Cl, K, Na, Pi
from biomembrane.show.colours import COLOURS

if TYPE_CHECKING:
    import xarray as xr

QUESTION = (
    "If the inside is negative, why does the potential not simply draw K⁺ in and hold it, and what"
    " does bath K⁺ do to V?"
)
UNTIL = "8 h"
R, F, T = 8.314462618, 96485.33212, 310.15  # CODATA; 37 °C
RT = R * T
mV = RT / F * 1e3
SODIUM, CHLORIDE = 0.107655, 0.45  # P_Na and P_Cl over P_K


def build() -> bm.Model:
    """A cell that rests at −60 mV with 10 mM Na⁺ and 140 mM K⁺ in a bath of 145 and 4.5 mM.

    Contents are round numbers of a mammalian cell.  P_Cl/P_K is that of Hodgkin & Katz 1949.
    P_Na/P_K is chosen for −60 mV (Mullins and Noda's equation), and the density of pumps for as
    much Na⁺ out as leaks in; Cl⁻ is passive.  P_K is assumed, and low, for at 10 mM Na⁺ the cycle
    of Smith & Crampin 2004 turns slowly; potential and contents depend on the ratios alone.  ATP is
    worth 57 kJ/mol.
    """
    bath = bm.Reservoir("bath", {Na: Q(145, "mM"), K: Q(4.5, "mM"), Cl: Q(149.5, "mM")})
    cell = bm.Compartment(
        "cell", volume=Q(1, "pL"), contents={Na: Q(10, "mM"), K: Q(140, "mM"),
        Cl: Q(149.5 * math.exp(-60 / mV), "mM")},
        held={ATP: Q(3.948334, "mM"), ADP: Q(0.051666, "mM"), Pi: Q(4.051666, "mM")},
        impermeant=bm.balance(charge=-1),
    )  # fmt: skip
    on = bm.Membrane(
        "membrane",
        inside=cell,
        outside=bath,
        area=Q(500, "um^2"),
        capacitance=lib.sheet("membrane_typical")["specific_capacitance"],
    )
    permeability = 3.5e-8
    leaks = [
        lib.leak(ion, on, permeability=Q(P * permeability, "cm/s"))
        for ion, P in ((K, 1), (Na, SODIUM), (Cl, CHLORIDE))
    ]
    return bm.Model(
        "why_potassium_stays",
        [lib.NaKATPase(on, density=Q(4317.708, "1/um^2")), *leaks],
        potential={on: Q(-60, "mV")},
    )


def reproduce(study: bm.Study) -> None:
    """The forces at rest, what V alone would hold, the pump stopped, and the bath's K⁺ raised,
    against Nernst, Goldman, Mullins–Noda, Donnan.
    """
    model = build()
    _forces(study, model)
    rest = _work(study, model)
    baths = _baths(study, model)
    stopped = _stopped(study, model)
    study.figure("forces", bm.figures.forces(rest, species=["K", "Na", "Cl"]))
    study.figure("baths", _figure_of_baths(baths, stopped))


def _forces(study: bm.Study, model: bm.Model) -> None:
    """Affinities as declared, over V, and over the K⁺ of the cell."""
    V, level = np.linspace(-120, 0, 13), np.geomspace(20, 200, 11)
    scan = {
        "membrane.potential": bm.axis("point", [*V, *(-60 + 0 * level)], "mV"),
        "cell.K": bm.axis("point", [*(140 + 0 * V), *level], "mM"),
    }
    initial = study.run(
        model, label="forces", times=Q([0, 1e-6], "s"), parameters=scan
    ).data.affinity.isel(time=0)
    force = initial.isel(point=slice(V.size)).rename(point="V").assign_coords(V=V)
    rest = force.sel(V=-60, process=["K_leak", "Na_leak", "Cl_leak"])
    chemical, electrical = RT * math.log(140 / 4.5) / 1e3, F * -0.060 / 1e3
    for name, value, wanted, about, formula in (
        ("force", rest[0], chemical + electrical,
            "force on K⁺ at rest, outward: what it takes to move it in",
            "RT ln 140/4.5 + F·(−60 mV)"),
        ("chemical", force.sel(V=0, process="K_leak"), chemical,
            "of it by the gradient: the force at 0 mV", "RT ln 140/4.5"),
        ("electrical", rest[0] - force.sel(V=0, process="K_leak"), electrical, "of it by V, inward",
            "F·(−60 mV)"),
        ("sodium", rest[1], RT * math.log(10 / 145) / 1e3 + electrical, "force on Na⁺, outward",
            "RT ln 10/145 + F·(−60 mV)"),
        ("chloride", rest[2], 0.0, "force on Cl⁻: none", "RT ln c_in/c_out + F·60 mV, passive"),
    ):  # fmt: skip
        study.answer(
            name,
            Q(float(value), "kJ/mol"),
            about,
            wanted=Q(wanted, "kJ/mol"),
            within=Q(1e-6, "kJ/mol"),
            source=formula,
        )
    holding = float(np.interp(0.0, force.sel(process="K_leak"), V))
    study.answer(
        "holding", Q(holding, "mV"),
        "V that would hold 140 mM against 4.5: where the force is zero",
        wanted=Q(mV * math.log(4.5 / 140), "mV"),
        within=Q(1e-6, "mV"), source="Nernst 1889: (RT/F) ln 4.5/140",
    )  # fmt: skip
    alone = math.exp(
        float(
            np.interp(
                0.0, initial.isel(point=slice(V.size, None)).sel(process="K_leak"), np.log(level)
            )
        )
    )
    study.answer(
        "held", Q(alone, "mM"), "K⁺ that −60 mV alone would hold against 4.5 mM",
        wanted=Q(4.5 * math.exp(60 / mV), "mM"), within=1e-6,
        source="Nernst: 4.5 mM·e^{60 mV·F/RT}",
    )  # fmt: skip


def _work(study: bm.Study, model: bm.Model) -> bm.Run:
    """An hour at rest: no net flux, and the pump pays."""
    run = study.run(model, label="rest", until="1 h")
    last, took = (
        run.data.isel(time=-1),
        run.ledger.transfers.sel(transporter="NaKATPase").isel(time=-1).sum("component"),
    )
    study.answer(
        "rest", Q(float(last.potential[0]), "mV"), "V after an hour",
        wanted=Q(mV * math.log((6.75 + SODIUM * 145) / (210 + SODIUM * 10)), "mV"),
        within=Q(1e-3, "mV"),
        source="Mullins and Noda: (RT/F) ln (1.5 K_o + p Na_o)/(1.5 K_i + p Na_i)",
    )  # fmt: skip
    flux = {name: float(last.flux.sel(process=name)) for name in ("NaKATPase", "K_leak")}
    turns = 3600 * flux["NaKATPase"]  # fmol in an hour, at a rest that does not change
    study.answer(
        "circulation", Q(flux["K_leak"] / flux["NaKATPase"], "1"),
        "K⁺ that leaks out for each turn of the pump", wanted=Q(2, "1"), within=1e-4,
        source="mass balance, 2 K⁺ a turn",
    )  # fmt: skip
    study.answer(
        "paid", Q(-float(took.sel(carrier="K")) / (2 * turns), "kJ/mol"),
        "energy that the pump gives to each K⁺, by the ledger", within=1e-4,
        wanted=Q((RT * math.log(140 / 4.5) - F * 0.060) / 1e3, "kJ/mol"),
        source="the force, once more",
    )  # fmt: skip
    share = 100 * float(took.sel(carrier="K") / (took.sel(carrier="K") + took.sel(carrier="Na")))
    work = 3 * RT * math.log(145 / 10) + 2 * RT * math.log(140 / 4.5) + F * 0.060
    study.answer(
        "share", Q(share, "percent"), "K⁺'s share of the work of the pump", within=1e-4,
        wanted=Q(200 * (RT * math.log(140 / 4.5) - F * 0.060) / work, "percent"),
        source="2 · 3.075 of 44.206 kJ/mol",
    )  # fmt: skip
    return run


def _baths(study: bm.Study, model: bm.Model) -> xr.Dataset:
    """Bath K⁺ from 1 to 140 mM for an equal fall of Na⁺: V after ten seconds, with the pump and
    without, and once all is steady.
    """
    K_o = np.unique(np.append(np.geomspace(1, 140, 36), [4.5, 9.0, 10, 100]))
    scan = {"bath.K": bm.axis("K_o", K_o, "mM"), "bath.Na": bm.axis("K_o", 149.5 - K_o, "mM")}
    run = study.run(
        model,
        label="baths",
        times=Q([0, 10, 3e6], "s"),
        parameters=scan | {"NaKATPase.density": bm.axis("pump", [0, 4317.708], "1/um^2")},
    )
    data = run.data.isel(membrane=0).assign_coords(K_o=K_o)
    c = {s: data.concentration.sel(pool=f"cell.{s}") for s in ("K", "Na", "Cl")}

    def goldman(r: float, chloride: float) -> xr.DataArray:
        top = r * data.K_o + SODIUM * (149.5 - data.K_o) + chloride * c["Cl"]
        return mV * np.log(top / (r * c["K"] + SODIUM * c["Na"] + chloride * 149.5))

    soon, late = (
        ({"time": 1, "pump": 0}, goldman(1.0, CHLORIDE)),
        ({"time": 2, "pump": 1}, goldman(1.5, 0.0)),
    )
    for name, (at, wanted), about, formula in (
        ("goldman", soon,
            "V without pump, 10 s after the change: largest distance from Goldman's equation",
            "Goldman 1943, Hodgkin & Katz 1949"),
        ("noda", late,
            "V with the pump, once steady: largest distance from Mullins and Noda's equation",
            "Mullins and Noda, r = 3/2"),
    ):  # fmt: skip
        off = float(abs(data.potential.isel(at) - wanted.isel(at)).max())
        study.answer(
            name,
            Q(off, "mV"),
            f"{about}, 1 to 140 mM",
            wanted=Q(0, "mV"),
            within=Q(0.01, "mV"),
            source=f"{formula}, at the contents of the run",
        )
    above = data.potential.isel(late[0]) - (mV * np.log(data.K_o / c["K"])).isel(late[0])
    study.answer(
        "always_out", Q(float(above.min()), "mV"),
        "least distance of V above E_K in any bath, steady", wanted=(Q(0, "mV"), Q(92, "mV")),
        source="mass balance: the pump brings K⁺ in, so K⁺ must leak out, so V is above E_K",
    )  # fmt: skip
    acute = data.potential.isel(time=1, pump=1)
    gap = acute - (mV * np.log(data.K_o / c["K"])).isel(time=1, pump=1)
    crossing = math.exp(float(np.interp(0.0, -gap.values, np.log(K_o))))
    study.answer(
        "crossing",
        Q(crossing, "mM"),
        "bath K⁺ above which V, held back by Cl⁻, is at first below E_K, so that K⁺ comes in"
        " with Cl⁻",
    )
    for value, name in ((4.5, "normal"), (9.0, "doubled"), (100.0, "hundred"), (140.0, "isotonic")):
        study.answer(
            f"V_{name}",
            Q(float(acute.sel(K_o=value)), "mV"),
            f"V ten seconds after the bath has {value:g} mM K⁺, with the pump",
        )
    for name, low, high in (("low", 1.0, 4.5), ("high", 10.0, 100.0)):
        slope = (acute.sel(K_o=high) - acute.sel(K_o=low)) / math.log10(high / low)
        nernst = RT / F * math.log(10) * 1e3
        study.answer(f"slope_{name}", Q(float(slope), "mV"),
            f"change of V for ten times the K⁺, between {low:g} and {high:g} mM",
                     wanted=(Q(0, "mV"), Q(nernst, "mV")),
                     source="below the 61.5 mV of a membrane for K⁺ alone")  # fmt: skip
    return data


def _stopped(study: bm.Study, model: bm.Model) -> bm.Run:
    """The pump stopped: K⁺ leaves until V holds the rest."""
    times = Q(np.concatenate([[0], np.geomspace(1e-3, 300, 121)]), "h")
    run = study.run(
        model, label="stopped", times=times, parameters={"NaKATPase.density": Q(0, "1/um^2")}
    )
    K_i, V = run.data.concentration.sel(pool="cell.K"), run.data.potential[:, 0]
    X = 150 - 149.5 * math.exp(
        -60 / mV
    )  # impermeant charge; the 0.003 mM of the membrane's own are left out
    r = X / 299 + math.hypot(1, X / 299)
    fixed = "Donnan 1911 at fixed volume: r − 1/r = X/149.5 mM, K_i = 4.5 r"
    study.answer(
        "donnan",
        Q(float(K_i[-1]), "mM"),
        "K⁺ that stays in the end without a pump",
        wanted=Q(4.5 * r, "mM"),
        within=1e-3,
        source=fixed,
    )
    study.answer(
        "donnan_V",
        Q(float(V[-1]), "mV"),
        "and V",
        wanted=Q(-mV * math.log(r), "mV"),
        within=Q(0.01, "mV"),
        source=f"{fixed}, V = −(RT/F) ln r",
    )
    half = float(np.interp(-70, -K_i.values, run.data.time.values)) / 3600
    study.answer("half", Q(half, "h"), "time in which half of the K⁺ is gone, with these leaks")
    return run


def _figure_of_baths(baths: xr.Dataset, stopped: bm.Run) -> Any:
    """V over bath K⁺, and V and E_K after the pump has stopped."""
    from matplotlib.figure import Figure

    E_K = mV * np.log(baths.K_o / baths.concentration.sel(pool="cell.K"))
    with bm.figures.style():
        figure = Figure(figsize=(85 / 25.4, 55 / 25.4), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        for letter, ax in zip("AB", (left, right), strict=True):
            ax.set_title(letter, loc="left", fontsize=8, fontweight="bold")
        left.plot(
            baths.K_o,
            E_K.isel(time=0, pump=1),
            color=COLOURS["K"],
            ls="--",
            label="Nernst potential of K⁺",
        )
        left.plot(
            baths.K_o,
            baths.potential.isel(time=1, pump=1),
            color=COLOURS["charge"],
            label="V after 10 s",
        )
        left.plot(
            baths.K_o,
            baths.potential.isel(time=1, pump=0),
            color=COLOURS["Na"],
            ls=":",
            label="V after 10 s, no pump",
        )
        left.plot(
            baths.K_o,
            baths.potential.isel(time=2, pump=1),
            color=COLOURS["Cl"],
            ls="-.",
            label="V in the end",
        )
        left.set(
            xscale="log",
            xlabel="K⁺ of the bath (mM)",
            ylabel="mV",
            xlim=(1, 140),
            xticks=[1, 10, 100],
            xticklabels=["1", "10", "100"],
        )
        left.set_ylim(-140, 40)
        left.legend(loc="upper left", borderaxespad=0)
        hours, K_i = stopped.data.time / 3600, stopped.data.concentration.sel(pool="cell.K")
        right.plot(
            hours,
            mV * np.log(4.5 / K_i),
            color=COLOURS["K"],
            ls="--",
            label="Nernst potential of K⁺",
        )
        right.plot(hours, stopped.data.potential[:, 0], color=COLOURS["charge"], label="V")
        right.set(xlabel="time without pump (h)", xlim=(0, 40))
        right.legend(loc="upper right", borderaxespad=0)
    return figure
