"""Osmosis: water answers to all solutes together; the pump holds the volume by keeping salt out,
and water and chloride cost nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane import library as lib
from biomembrane.library import ADP, ATP, Cl, K, Na, Pi
from biomembrane.show.colours import COLOURS

if TYPE_CHECKING:
    import xarray as xr

QUESTION = (
    "Where does water fit among the gradients, what keeps a cell from swelling, and how much of its"
    " energy does that take?"
)
UNTIL = "10 min"
R, F, T = 8.314462618, 96485.33212, 310.15  # CODATA; 37 °C
RT = R * T
mV = RT / F * 1e3
SALT, UREA = 149.5, 5.0  # mM of each sign, and of urea, in the bath
X = SALT * (1 - math.exp(-60 / mV))  # mM of impermeant anions: Cl⁻ passive, isotonic, neutral
SODIUM, CHLORIDE = 0.107104, 0.45  # P_Na and P_Cl over P_K
P_K, DENSITY = 3.5e-8, 4265.245  # cm/s, 1/µm²
AREA, L_P, CHARGE = 500e-12, 1.2e-12, 5e3 / F  # m², m/s/Pa; fmol of charge on 5 pF for each V
FUEL = {ATP: Q(3.948334, "mM"), ADP: Q(0.051666, "mM"), Pi: Q(4.051666, "mM")}  # 57 kJ/mol
urea = bm.Species("urea", formula="CH4N2O")
sucrose = bm.Species("sucrose", formula="C12H22O11")


def build() -> bm.Model:
    """A pump–leak cell with water, at rest at −60 mV, 10 mM Na⁺ and 139.5 mM K⁺, in a bath of 149.5
    mM of salt and 5 mM of urea.

    Contents are round numbers of a mammalian cell, isotonic and neutral with impermeant anions.
    P_Na/P_K is chosen for −60 mV (Mullins and Noda's equation), the density of pumps for as much
    Na⁺ out as leaks in; P_Cl/P_K is that of Hodgkin & Katz 1949.  P_K is assumed, and low, for at
    10 mM Na⁺ the cycle of Smith & Crampin 2004 turns slowly.  L_p is that of proximal tubule cells.
    P of urea is that of human red cells, ω·RT with ω = 13·10⁻¹⁵ mol/dyn/s (abstract of PMC2226028)
    at 25 °C.  Sucrose stays outside.  Area and volume are assumed; the volume is that of the water.
    """
    bath = bm.Reservoir(
        "bath",
        {
            Na: Q(145, "mM"),
            K: Q(4.5, "mM"),
            Cl: Q(SALT, "mM"),
            urea: Q(UREA, "mM"),
            sucrose: Q(0, "mM"),
        },
    )
    cell = bm.Compartment(
        "cell", volume=Q(1, "pL"), contents={Na: Q(10, "mM"), K: Q(SALT - 10, "mM"),
        Cl: Q(SALT - X, "mM"), urea: Q(UREA, "mM")},
        held=FUEL, impermeant=bm.balance(charge=-1),
    )  # fmt: skip
    on = bm.Membrane(
        "membrane",
        inside=cell,
        outside=bath,
        area=Q(500, "um^2"),
        capacitance=lib.sheet("membrane_typical")["specific_capacitance"],
    )
    leaks = [
        lib.leak(ion, on, permeability=Q(P * P_K, "cm/s"))
        for ion, P in ((K, 1), (Na, SODIUM), (Cl, CHLORIDE))
    ]
    leaks += [lib.leak(urea, on, permeability=Q(3.2e-4, "cm/s")), lib.water(on)]
    return bm.Model(
        "osmosis",
        [lib.NaKATPase(on, density=Q(DENSITY, "1/um^2")), *leaks],
        potential={on: Q(-60, "mV")},
    )


def build_kay() -> bm.Model:
    """The cell of Kay 2017: a constant pump, Ohmic leaks, water; its numbers are in the library's
    sheet, ATP and L_p are added.
    """
    s = lib.sheet("kay_2017")
    anion = bm.Species("X", -1)
    bath = bm.Reservoir("bath", {Na: s["Na_o"], K: s["K_o"], Cl: s["Cl_o"]})
    cell = bm.Compartment(
        "cell", volume=Q(1, "pL"), contents={Na: Q(50, "mM"), K: Q(100, "mM"), Cl: Q(100, "mM")},
        impermeant={anion: s["X_initial"]},
        held=FUEL,
    )  # fmt: skip
    on = bm.Membrane(
        "membrane", inside=cell, outside=bath, area=Q(100, "um^2"), capacitance=s["capacitance"]
    )
    rate = s["pump_current"].quantity / Q(F, "C/mol")
    pump = bm.Transporter(
        "pump", "3 Na@in + 2 K@out + ATP@in -> 3 Na@out + 2 K@in + ADP@in + Pi@in", on,
        laws.Empirical(flux=lambda site: site.parameter("rate", rate,
            bm.dimension.FLUX / bm.dimension.AREA) * site.area, reason=CONSTANT),
    )  # fmt: skip
    leaks = [
        bm.Transporter(
            f"{ion.name}_leak",
            f"{ion.name}@in -> {ion.name}@out",
            on,
            laws.Ohmic(conductance=s[f"g_{ion.name}"]),
        )
        for ion in (Na, K, Cl)
    ]
    kelvin = Q(float(s["RT_over_F"].quantity.to("V").magnitude) * F / R, "kelvin")
    return bm.Model("kay_2017", [pump, *leaks, lib.water(on)], temperature=kelvin)


CONSTANT = "a constant rate, as published: it has a closed-form steady state, and cannot stall"


def reproduce(study: bm.Study) -> None:
    """Pressure, permeant and impermeant solutes, tonicity, the pump–leak volume, the pump stopped,
    and the cost of the volume.
    """
    model = build()
    _baths(study, model)
    steps, sieved = _solutes(study, model)
    stopped = _stopped(study, model)
    shares = _cost(study, model)
    _kay(study)
    study.figure("solutes", _figure_of_solutes(steps, sieved))
    study.figure("volume", _figure_of_volume(stopped, shares))


SEALED = {f"{name}.permeability": Q(0, "cm/s") for name in ("Na_leak", "K_leak", "Cl_leak")} | {
    "NaKATPase.density": Q(0, "1/um^2")
}


def _baths(study: bm.Study, model: bm.Model) -> None:
    """Sucrose, urea or NaCl added to the bath or NaCl taken from it: the pull on water at once, the
    volume after a minute, and once all is steady.
    """
    sugar, extra, salt = (
        np.array(
            [
                [0, 0, 0],
                [1, 0, 0],
                [300, 0, 0],
                [50, 0, 0],
                [0, 50, 0],
                [0, 0, 25],
                [150, 0, 0],
                [0, 0, -25],
                [0, 0, -52],
            ]
        ).T
        * 1.0
    )
    scan = {"sucrose": sugar, "urea": UREA + extra, "Na": 145 + salt, "Cl": SALT + salt}
    parameters = {f"bath.{name}": bm.axis("kind", c, "mM") for name, c in scan.items()}
    run = study.run(model, label="baths", times=Q([0, 60, 3e6], "s"), parameters=parameters)
    pull = (
        -run.data.affinity.sel(process="water").isel(time=0)
        / model.parameter("H2O.molar_volume").value
    )
    # the cell is stronger than the bath by the anions that balance its membrane's charge, 3 µM
    pull = (pull - pull[0]).values
    for name, value, mOsm in (("one", pull[1], 1), ("isotonic", pull[2], 300)):
        study.answer(
            name, Q(float(value), "kPa"), f"osmotic pressure of {mOsm} mOsm",
            wanted=Q(RT * mOsm / 1e3, "kPa"), within=1e-9,
            source="van 't Hoff 1887: RT Σc",
        )  # fmt: skip
    study.answer(
        "alike", Q(float(np.ptp(pull[3:6])), "kPa"),
        "difference between 50 mOsm of sucrose, of urea and of NaCl, at the first moment",
        wanted=Q(0, "kPa"), within=Q(1e-9, "kPa"), source="water answers to the sum of all solutes",
    )  # fmt: skip
    staying, W = 299 + 2 * salt + sugar, run.data.volume.isel(compartment=0)
    product = W.isel(time=1).values * staying / 299
    study.answer(
        "osmometer", Q(float(abs(product - 1).max()), "1"),
        "largest change of W·(Σc − urea) after a minute, 200 to 604 mOsm", wanted=Q(0, "1"),
        within=Q(5e-3, "1"),
        source="Boyle and van 't Hoff: W·π of what does not cross in a minute is constant",
    )  # fmt: skip
    for name, k, mOsm in (("swollen", 8, 200), ("shrunken", 2, 604)):
        study.answer(
            name, Q(float(W[1, k]), "pL"), f"volume in {mOsm} mOsm after a minute",
            wanted=Q(299 / (mOsm - 5), "pL"), within=5e-3,
            source=f"299/{mOsm - 5} mOsm without urea",
        )  # fmt: skip
    V = run.data.potential.isel(time=2, membrane=0).values * 1e-3
    steady = (2 * X + CHARGE * (2 * 0.060 + V)) / (staying - 2 * (SALT + salt) * np.exp(V * F / RT))
    study.answer(
        "set_point",
        Q(float(abs(W.isel(time=2).values / steady - 1).max()), "1"),
        "steady volumes in these baths: farthest from the closed form",
        wanted=Q(0, "1"),
        within=Q(1e-6, "1"),
        source=(
            "neutral, isotonic, Cl⁻ passive: W = (2 n_X + CV/F)/(Σc_bath − urea − 2 Cl_o e^{FV/RT})"
        ),
    )


def _solutes(study: bm.Study, model: bm.Model) -> tuple[Any, Any]:
    """100 mM of a solute added to the bath at 10 s: from one that never enters to one that enters
    faster than water leaves; no ion moves.

    With n the permeant and N the impermeant amount, C the osmolarity outside and c of it permeant,
    dW/dt = L_p RT A (n + N − C W)/W and dn/dt = P A (c W − n)/W are linear in θ = ∫ dt/W, so that
    the least volume has a closed form.
    """
    P = np.array([0, *np.geomspace(1e-7, 1e-2, 26), 1.5e-4, 3.2e-4, 3.2e-3])
    P.sort()
    times = Q(np.concatenate([[0, 5, 10], 10 + np.geomspace(1e-2, 600, 500)]), "s")
    added = bm.Protocol.steps(Q(UREA, "mM"), (Q(10, "s"), Q(UREA + 100, "mM")))
    run = study.run(
        model,
        label="solutes",
        times=times,
        parameters=SEALED | {"urea_leak.permeability": bm.axis("P", P, "cm/s"), "bath.urea": added},
    )
    W = run.data.volume.isel(compartment=0).assign_coords(P=P)
    W = W / W.isel(time=2)  # of the cell that is isotonic to the last µM
    least = W.min("time").values
    wanted = np.array([_least(p * 1e-2) for p in P])
    reached = 1 - least[0]
    study.answer(
        "shrinks", Q(100 * reached, "percent"),
        "volume lost to 100 mM of a solute that does not enter",
        wanted=Q(100 * (1 - 304 / 404), "percent"),
        within=1e-4, source="1 − 304/404 mOsm: W·Σc is constant",
    )  # fmt: skip
    study.answer(
        "least", Q(float(abs(least - wanted).max()), "1"),
        "least volume over 30 permeabilities, largest distance from the closed form",
        wanted=Q(0, "1"), within=Q(2e-5, "1"),
        source="the equations of two permeabilities, linear in ∫ dt/W",
    )  # fmt: skip
    for name, at in (("glycol", 1.5e-4), ("urea", 3.2e-4), ("methanol", 3.2e-3)):
        share = (1 - float(W.sel(P=at).min())) / reached
        study.answer(
            f"sieved_{name}", Q(share, "1"),
            f"part of that which a solute of P = {at:g} cm/s does at most", within=1e-3,
            wanted=Q((1 - _least(at * 1e-2)) / (1 - 304 / 404), "1"), source="the same closed form",
        )  # fmt: skip
    study.answer(
        "recovers",
        Q(float(W.sel(P=1.5e-4)[-1]), "1"),
        "volume ten minutes after ethylene glycol, over that before",
        wanted=Q(1, "1"),
        within=1e-6,
        source=(
            "a solute that enters is no part of what holds water back: W is set by the impermeant"
            " ones"
        ),
    )
    return W, ((1 - W.min("time")) / reached).isel(P=slice(1, None))


def _least(P: float) -> float:
    """The least W, from 1, after 100 mM of a solute of permeability P [m/s] came to 5 mM of it and
    299 mM of impermeants.
    """
    if P == 0:
        return 304 / 404
    a, b, C, c = L_P * RT * AREA, P * AREA, 404.0, 105.0
    matrix = np.array([[-a * C, a], [b * c, -b]])
    rest = np.linalg.solve(matrix, [-a * 299.0, 0.0])  # W and n in the end, at 1 pL
    values, vectors = np.linalg.eig(matrix)
    modes = vectors * np.linalg.solve(vectors, np.array([1.0, 5.0]) - rest)
    theta = math.log(-modes[0, 0] * values[0] / (modes[0, 1] * values[1])) / (values[1] - values[0])
    return float(rest[0] + modes[0] @ np.exp(values * theta))


def _stopped(study: bm.Study, model: bm.Model) -> bm.Run:
    """The pump stopped in isotonic baths with 0 to 60 mM of sucrose for salt; and in a cell with a
    rigid wall, through which no water moves.
    """
    sugar = np.array([0.0, 10, 30, 60, 0, 0])  # the fifth has its pump, the sixth a wall
    bath = {"bath.Na": 145 - sugar / 2, "bath.Cl": SALT - sugar / 2, "bath.sucrose": sugar}
    scan = {name: bm.axis("case", c, "mM") for name, c in bath.items()}
    scan["NaKATPase.density"] = bm.axis("case", [0, 0, 0, 0, DENSITY, 0], "1/um^2")
    scan["water.permeability"] = bm.axis("case", [L_P] * 5 + [0], "m/s/Pa")
    days = np.concatenate([[0], np.geomspace(1e-3, 3e3, 160), [1e5, 1.1e5]])
    run = study.run(model, label="stopped", times=Q(days, "day"), parameters=scan)
    W = run.data.volume.isel(compartment=0)
    anions = X + CHARGE * 0.060
    for k, S in enumerate(sugar[1:4], 1):
        c = SALT - S / 2
        r = 1 + S / (2 * c)
        study.answer(
            f"donnan_{S:.0f}", Q(float(W.isel(time=-1, case=k)), "pL"),
            f"volume in the end without a pump, {S:.0f} mM of sucrose outside",
            wanted=Q(anions / (c * (r - 1 / r)), "pL"), within=1e-3,
            source="Donnan, isotonic: r = 1 + S/2c, W = n_X/(c (r − 1/r))",
        )  # fmt: skip
    free, t = W.isel(case=0), days * 86400
    growth = float((free[-1] ** 2 - free[-2] ** 2) / (t[-1] - t[-2]))
    path = 1 / (
        145 / (SODIUM * P_K) + 4.5 / P_K + SALT / (CHLORIDE * P_K)
    )  # cm/s/mM, of cations and Cl⁻ in series
    study.answer(
        "no_end",
        Q(growth, "pL^2/s"),
        "growth of W² without a pump and without sucrose, at last",
        wanted=Q(2 * 5e-6 * anions * path * 1e9, "pL^2/s"),
        within=0.02,
        source=(
            "W² = 2 A n_X t/Σ(c/P): anions ever more dilute draw salt in ever more slowly, without"
            " an end"
        ),
    )
    for days_later, name in ((1, "day"), (7, "week")):
        study.answer(
            f"after_{name}",
            Q(float(np.interp(days_later, days, free)), "pL"),
            f"volume a {name} after the pump stopped, no sucrose",
        )
    wall = (
        run.data.affinity.sel(process="water").isel(time=-1, case=5)
        / model.parameter("H2O.molar_volume").value
    )
    r = X / (2 * SALT) + math.hypot(1, X / (2 * SALT))
    study.answer(
        "wall", Q(float(wall), "kPa"), "pressure that a wall would have to bear without a pump",
        within=1e-4,
        wanted=Q(RT * (SALT * (r + 1 / r) + X - 2 * SALT) / 1e3, "kPa"),
        source="Donnan at fixed volume: RT (c r + c/r + X − 2c), r − 1/r = X/c",
    )  # fmt: skip
    return run


def _cost(study: bm.Study, model: bm.Model) -> dict[str, float]:
    """An hour at rest, and the same cell with all leaks and pumps five times as many."""
    factor = bm.axis("factor", [1, 5], "1")
    many = {"NaKATPase.density": (DENSITY, "1/um^2"), "K_leak.permeability": (P_K, "cm/s"),
        "Na_leak.permeability": (SODIUM * P_K, "cm/s"),
            "Cl_leak.permeability": (CHLORIDE * P_K, "cm/s")}  # fmt: skip
    run = study.run(
        model,
        label="rest",
        times=Q([0, 3600], "s"),
        parameters={name: bm.axis("factor", factor.values * x, u) for name, (x, u) in many.items()},
    )
    last, books = run.data.isel(time=-1), run.ledger
    heat = books.by("transporter").isel(time=-1, factor=0)
    spent = books.spent.isel(time=-1)
    shares = {
        str(name): 100 * float(heat.sel(transporter=name) / spent[0])
        for name in heat.transporter.values
    }
    sodium, potassium = RT * math.log(145 / 10) + F * 0.060, RT * math.log(139.5 / 4.5) - F * 0.060
    for name, wanted, about, formula in (
        ("NaKATPase", 57e3 - 3 * sodium - 2 * potassium, "the pump itself",
            "57 − 3 · 12.69 − 2 · 3.07 of 57 kJ/mol"),
        ("Na_leak", 3 * sodium, "Na⁺ that comes back", "3 · 12.69 of 57 kJ/mol"),
        ("K_leak", 2 * potassium, "K⁺ that leaks out", "2 · 3.07 of 57 kJ/mol"),
        ("Cl_leak", 0.0, "Cl⁻, at equilibrium", "no force"),
        ("water", 0.0, "water, at equilibrium", "no force"),
    ):  # fmt: skip
        study.answer(
            f"share_{name}", Q(shares[name], "percent"),
            f"of the energy of the pump's ATP at rest: {about}", wanted=Q(wanted / 570, "percent"),
            within=Q(0.01, "percent"), source=formula,
        )  # fmt: skip
    V, W = last.potential.isel(membrane=0), last.volume.isel(compartment=0)
    held = (X + CHARGE * 0.060 / 2) / (SALT * (1 - np.exp(float(V[0]) / mV)))
    study.answer(
        "volume", Q(float(W[0]), "pL"), "volume that the pump holds", wanted=Q(held, "pL"),
        within=1e-5,
        source="W = n_X/[Cl_o (1 − e^{FV/RT})]: neutral, isotonic, Cl⁻ passive",
    )  # fmt: skip
    study.answer(
        "power", Q(float(spent[0]) / 3600 * 1e3, "fW"), "power of the pump's ATP at rest, for 1 pL"
    )
    study.answer(
        "five_power", Q(float(spent[1] / spent[0]), "1"),
        "power with five times the leaks and pumps, over that", wanted=Q(5, "1"), within=1e-3,
        source="fluxes in proportion",
    )  # fmt: skip
    study.answer(
        "five_volume", Q(float(W[1] / W[0]), "1"),
        "volume with five times the leaks and pumps, over that", wanted=Q(1, "1"), within=1e-4,
        source="Fraser & Huang 2004: the set point knows ratios only",
    )  # fmt: skip
    return shares


def _kay(study: bm.Study) -> None:
    """The pump–leak cell with a constant pump against its closed form."""
    run = study.run(build_kay(), label="kay", times=Q([0, 1e6], "s"), hosted={"pump": CONSTANT})
    last = run.data.isel(time=-1)
    values = [
        last.potential[0],
        *(last.concentration.sel(pool=f"cell.{ion}") for ion in ("Na", "K", "Cl")),
        last.volume[0],
    ]
    thermal, rate = 25.69, 0.5e-4  # mV; C/dm²/s
    alpha = (
        147 * math.exp(-3 * rate / 0.001 * 1e3 / thermal)
        + 3 * math.exp(2 * rate / 0.03 * 1e3 / thermal)
    ) / 150  # g_Na, g_K in S/dm²
    na, k = (
        147 * math.exp(-3 * rate / 0.001 * 1e3 / thermal) / alpha,
        3 * math.exp(2 * rate / 0.03 * 1e3 / thermal) / alpha,
    )
    wanted = [thermal * math.log(alpha), na, k, 150 * alpha, 50 / (150 * (1 - alpha))]
    for name, x, w, unit in zip(
        ("V", "Na", "K", "Cl", "W"), values, wanted, ("mV", "mM", "mM", "mM", "pL"), strict=True
    ):
        study.answer(
            f"kay_{name}",
            Q(float(x), unit),
            f"Kay's cell at its steady state: {'volume, from 1 pL' if name == 'W' else name}",
            wanted=Q(w, unit),
            within=1e-5,
            source=(
                "closed form with the parameters of Kay 2017: V = (RT/F) ln α, W = n_X/[Cl_o (1"
                " − α)]"
            ),
        )


def _figure_of_solutes(W: xr.DataArray, sieved: xr.DataArray) -> Any:
    """Volume after solutes of several permeabilities entered the bath, and how far each enters."""
    with bm.figures.style():
        figure, (left, right) = bm.figures.panels(2, height=55)
        for P, label, colour, dash in (
            (0.0, "never", COLOURS["charge"], "-"), (1e-6, "10⁻⁶", COLOURS["Na"], "--"),
            (1e-5, "10⁻⁵", COLOURS["Cl"], "-."),
            (3.2e-4, "3.2·10⁻⁴", COLOURS["K"], (0, (1, 1))),
        ):  # fmt: skip
            left.plot(W.time, W.sel(P=P, method="nearest"), color=colour, ls=dash, label=label)
        left.set(
            xlabel="time (s)",
            ylabel="volume (relative)",
            xlim=(0, 120),
            ylim=(0.7, 1.17),
            yticks=[0.7, 0.8, 0.9, 1.0],
        )
        left.legend(
            title="enters with P (cm/s)",
            title_fontsize=6,
            loc="upper right",
            ncols=2,
            borderaxespad=0,
            columnspacing=1,
            handlelength=1.6,
        )
        right.plot(sieved.P, sieved, color=COLOURS["charge"])
        for P, name, up in (
            (1.5e-4, "ethylene glycol", 2),
            (3.2e-4, "urea", 2),
            (3.2e-3, "methanol", 4),
        ):
            right.plot(P, sieved.sel(P=P), "o", color=COLOURS["K"], ms=3)
            right.annotate(
                name,
                (P, float(sieved.sel(P=P))),
                (4 if name != "methanol" else 2, up),
                textcoords="offset points",
                fontsize=6,
            )
        right.set(
            xscale="log",
            xlabel="permeability (cm/s)",
            ylabel="largest shrinkage (relative)",
            xlim=(1e-7, 3e-2),
            ylim=(0, 1.05),
        )
        right.set_xticks([1e-6, 1e-4, 1e-2], ["10⁻⁶", "10⁻⁴", "10⁻²"])
    return figure


def _figure_of_volume(run: bm.Run, shares: dict[str, float]) -> Any:
    """Volume after the pump stopped, and where the pump's energy goes."""
    W, days = run.data.volume.isel(compartment=0), run.data.time / 86400
    with bm.figures.style():
        figure, (left, right) = bm.figures.panels(2, height=55)
        left.plot(days, W.isel(case=4), color=COLOURS["charge"], label="with pump")
        for k, S, colour, dash in (
            (0, 0, COLOURS["Na"], "--"),
            (1, 10, COLOURS["Cl"], "-."),
            (2, 30, COLOURS["K"], (0, (1, 1))),
        ):
            left.plot(
                days,
                W.isel(case=k),
                color=colour,
                ls=dash,
                label="no pump" if k == 0 else f"+ {S} mM sucrose",
            )
        left.set(
            xscale="log",
            yscale="log",
            xlabel="time (d)",
            ylabel="volume (pL)",
            xlim=(0.01, 3e3),
            ylim=(0.7, 400),
        )
        left.set_yticks([1, 10, 100], ["1", "10", "100"])
        left.set_xticks([0.1, 10, 1000], ["0.1", "10", "1000"])
        left.legend(loc="upper left", borderaxespad=0)
        rows = (
            ("pump", "NaKATPase", "heat"),
            ("Na⁺ leak", "Na_leak", "Na"),
            ("K⁺ leak", "K_leak", "K"),
            ("Cl⁻ leak", "Cl_leak", "Cl"),
            ("water", "water", "charge"),
        )
        for row, (_, name, colour) in enumerate(rows):
            right.barh(-row, shares[name], height=0.6, color=COLOURS[colour])
            right.annotate(
                f"{shares[name]:.1f} %" if shares[name] > 0.01 else "0",
                (shares[name], -row),
                (3, 0),
                textcoords="offset points",
                va="center",
                fontsize=6,
            )
        right.set_yticks([-k for k in range(len(rows))], [label for label, *_ in rows])
        right.tick_params(axis="y", length=0)
        right.set(xlabel="of the pump's ATP (%)", xlim=(0, 92))
    return figure
