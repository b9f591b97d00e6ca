"""Proton gradients: what a difference of pH holds, beside what a concentration and a voltage hold,
and the pumps that make it.
"""

import math
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane import library as lib
from biomembrane.library import H2O, Cl, H, K, Na, explicit
from biomembrane.library.explicit import H2PO4, HPO4, MgADP, MgATP
from biomembrane.show.colours import COLOURS

QUESTION = (
    "How does a pH gradient compare with a concentration and an electrochemical gradient, and where"
    " do proton pumps stall?"
)
UNTIL = "2 min"
R, F, T = 8.314462618, 96485.33212, 310.15  # CODATA; 37 °C
RT = R * T
UNIT = RT * math.log(10)  # J/mol a unit of pH
# of water at 37 °C: 13.995 at 25 and 13.264 at 50 °C (CRC Handbook), straight in 1/T between
PKW = 13.63
PK = float(lib.sheet("qamas_book")["pK_HPi"].quantity.magnitude)
ENERGY = 57e3  # J/mol: −ΔG of hydrolysis in the cytosol
OH = bm.Species(
    "OH",
    -1,
    "OH",
    standard=Q(PKW * UNIT / 1e3, "kJ/mol"),
    convention=explicit.CONVENTION,
    label="OH⁻",
)
CYTOSOL = {H: 10**-4.2, MgATP: 4.0, HPO4: 2.0}  # mM, pH 7.2
W, AREA, CAPACITANCE = (
    4 / 3 * math.pi * 0.125e-3,
    math.pi,
    0.01 * math.pi,
)  # of a sphere 1 µm wide: pL, µm², pF
CHLORIDE, PHOSPHATE = 10.0, 30.0  # mM: Cl⁻ on both sides at the start, phosphate in the vesicle


def fuel() -> dict[bm.Species, Any]:
    """Reactants of hydrolysis in a cytosol of pH 7.2, with as little MgADP as makes it worth 57
    kJ/mol.
    """
    standard = float(MgATP.standard.quantity.to("J/mol").magnitude)
    adp = (
        1e3
        * math.exp((standard - ENERGY) / RT)
        * CYTOSOL[MgATP]
        / (CYTOSOL[HPO4] * CYTOSOL[H] * 1e-3)
    )
    return {s: Q(c, "mM") for s, c in {**CYTOSOL, MgADP: adp}.items()}


def build() -> bm.Model:
    """A vesicle that a V-ATPase acidifies, in a cytosol that does not change.

    The pump moves 2 H⁺ an ATP (Kettner et al. 2003: about 2 at a steep ΔpH).  Size, speed,
    half-saturations, permeabilities and contents are assumed.  Phosphate stands for all buffers of
    the vesicle, pK 6.62 (QAMAS); it binds at finite rate, 10¹⁰ M⁻¹s⁻¹, assumed.
    """
    cytosol = bm.Reservoir("cytosol", {**fuel(), Cl: Q(CHLORIDE, "mM"), K: Q(140, "mM")})
    free = PHOSPHATE / (1 + 10 ** (PK - 7.2))
    lumen = bm.Compartment(
        "lumen", volume=Q(W, "pL"), impermeant=bm.balance(charge=-1),
        contents={H: Q(10**-4.2, "mM"), HPO4: Q(free, "mM"), H2PO4: Q(PHOSPHATE - free, "mM"),
            Cl: Q(CHLORIDE, "mM"), K: Q(140, "mM")},
    )  # fmt: skip
    on = bm.Membrane(
        "membrane",
        inside=lumen,
        outside=cytosol,
        area=Q(AREA, "um^2"),
        capacitance=lib.sheet("membrane_typical")["specific_capacitance"],
    )
    half = {
        "H@out": Q(1e-4, "mM"),
        "H@in": Q(1, "mM"),
        "MgATP@out": Q(0.2, "mM"),
        "MgADP@out": Q(1, "mM"),
        "HPO4@out": Q(10, "mM"),
    }
    pump = bm.Transporter(
        "V_ATPase", "2 H@out + MgATP@out -> 2 H@in + MgADP@out + HPO4@out + H@out", on,
        laws.Saturable(maximum=Q(0.1, "fmol/s"), half=half), label="V-ATPase",
    )  # fmt: skip
    buffer = bm.Transporter(
        "buffer", "H + HPO4 -> H2PO4", lumen, laws.Elementary(rate=Q(1e13 * W, "fmol/s"))
    )
    leaks = [
        lib.leak(H, on, permeability=Q(0, "cm/s")),
        lib.leak(Cl, on, permeability=Q(0, "cm/s")),
    ]
    return bm.Model("proton_gradients", [pump, buffer, *leaks], potential={on: Q(0, "mV")})


def beaker() -> bm.Model:
    """10 mM HCl and 10 mM NaOH poured into one beaker; the rate at which H⁺ meets OH⁻, 10¹¹ M⁻¹s⁻¹,
    is assumed.
    """
    mixed = {s: Q(10, "mM") for s in (H, Cl, Na, OH)}
    place = bm.Compartment("beaker", volume=Q(1, "pL"), contents=mixed)
    law = laws.Elementary(rate=Q(1e14, "fmol/s"))
    return bm.Model(
        "beaker", [bm.Transporter("neutralisation", "H + OH -> H2O", place, law, species=(H2O,))]
    )


def stomach() -> bm.Model:
    """Two gastric glands of one cell, alike but for the pump: one H⁺ for one K⁺ an ATP, and two for
    two.

    K⁺ of 20 mM in the gland, 140 mM in the cell, volumes, speed and half-saturations are assumed;
    ideal solutions down to pH −2.
    """
    cell = bm.Reservoir("cell", {**fuel(), K: Q(140, "mM")})
    half = {"H@out": Q(1e-4, "mM"), "H@in": Q(200, "mM"), "K@in": Q(2, "mM"), "K@out": Q(100, "mM")}
    half |= {"MgATP@out": Q(0.2, "mM"), "MgADP@out": Q(1, "mM"), "HPO4@out": Q(10, "mM")}
    pumps = []
    for name, n in (("one", ""), ("two", "2 ")):
        gland = bm.Compartment(
            name,
            volume=Q(1000, "pL"),
            contents={H: Q(100, "mM"), K: Q(20, "mM")},
            impermeant=bm.balance(charge=-1),
        )
        on = bm.Membrane(
            f"apical_{name}",
            inside=gland,
            outside=cell,
            area=Q(1000, "um^2"),
            capacitance=Q(1, "uF/cm^2"),
        )
        reaction = (
            f"{n}H@out + {n}K@in + MgATP@out -> {n}H@in + {n}K@out + MgADP@out + HPO4@out + H@out"
        )
        pumps.append(
            bm.Transporter(
                f"HK_{name}", reaction, on, laws.Saturable(maximum=Q(1, "fmol/s"), half=half)
            )
        )
    return bm.Model("stomach", pumps)


def reproduce(study: bm.Study) -> None:
    """The energy of a unit of pH; acid and base mixed; a vesicle charged and discharged; the
    stomach's pump against pH.
    """
    _mixed(study)
    model = build()
    _worth(study, model)
    charged = _charged(study, model)
    _discharged(study, model, charged)
    glands = _glands(study)
    study.figure("vesicle", _figure_of_vesicle(charged))
    study.figure("stomach", _figure_of_stomach(glands))


INSTANT = Q([0.0, 1e-9], "s")  # contents and potentials as they are given


def of(run: bm.Run, pool: str) -> xr.DataArray:
    """A concentration [mM]."""
    return run.data.concentration.sel(pool=pool)


def _mixed(study: bm.Study) -> None:
    """Acid and base in one place: the heat of mixing."""
    run = study.run(
        beaker(), label="beaker", times=Q(np.concatenate([[0], np.geomspace(1e-12, 1e-3, 91)]), "s")
    )
    pH, c, end = 3 - math.log10(float(of(run, "beaker.H")[-1])), 0.01, 10 ** (-PKW / 2)
    first = float(run.data.affinity.isel(time=0).sel(process="neutralisation"))
    study.answer(
        "mixed_first", Q(first, "kJ/mol"),
        "free energy of the first H⁺ that meets an OH⁻, 10 mM of each",
        wanted=Q(UNIT * (PKW - 4) / 1e3, "kJ/mol"), within=1e-4,
        source="RT ln([H⁺][OH⁻]/K_w); 2 J/mol for the volume of the water made are left out",
    )  # fmt: skip
    heat = float(run.ledger.dissipated.isel(time=-1)) / (10 - 1e3 * end)
    wanted = (
        2 * RT * (c * (math.log(c) - 1) - end * (math.log(end) - 1)) + PKW * UNIT * (c - end)
    ) / (c - end)
    study.answer(
        "mixed_all", Q(heat, "kJ/mol"), "free energy lost per mole neutralised, all of it",
        wanted=Q(wanted / 1e3, "kJ/mol"), within=1e-3,
        source="difference of Σ n[μ° + RT(ln c − 1)] before and after",
    )  # fmt: skip
    study.answer(
        "mixed_pH",
        Q(pH, "1"),
        "pH afterwards, neutral at 37 °C",
        wanted=Q(PKW / 2, "1"),
        within=1e-4,
        source="pK_w/2",
    )


def _worth(study: bm.Study, model: bm.Model) -> None:
    """Energy that a mole of H⁺ releases by returning, for three given gradients."""
    given = {
        "membrane.potential": bm.axis("case", [0, -61.54, -150], "mV"),
        "lumen.H": bm.axis("case", [1e-5, 1e-4, 10**-4.75], "mM"),
    }
    run = study.run(
        model, label="worth", times=INSTANT, parameters=given | {"cytosol.H": Q(1e-4, "mM")}
    )
    inward = -run.data.affinity.isel(time=0).sel(process="H_leak")
    cases = {
        "step_energy": (1, 0, "one unit of pH"),
        "energy_volts": (0, -61.54, "−61.54 mV"),
        "energy_force": (0.75, -150, "0.75 units of pH and −150 mV together"),
    }
    for k, (name, (units, millivolts, about)) in enumerate(cases.items()):
        study.answer(
            name, Q(float(inward[k]), "kJ/mol"), f"free energy that H⁺ gives up going in: {about}",
            wanted=Q((units * UNIT - F * millivolts / 1e3) / 1e3, "kJ/mol"), within=1e-6,
            source="RT ln 10·ΔpH − FV",
        )  # fmt: skip
    study.answer("pmf", Q(float(inward[2]) * 1e6 / F, "mV"), "the last in mV: proton-motive force",
        wanted=Q(196.16, "mV"), within=Q(0.01, "mV"),
                 source="150 mV + 0.75·(RT/F) ln 10, 61.54 mV each")  # fmt: skip
    study.answer("unit", Q(float(inward[0]) * 1e6 / F, "mV"), "one unit of pH in mV",
        wanted=Q(61.54, "mV"), within=Q(0.01, "mV"),
                 source="(RT/F) ln 10 at 37 °C")  # fmt: skip


PORE = Q(600, "s")  # when a permeability to Cl⁻ appears


def _charged(study: bm.Study, model: bm.Model) -> bm.Run:
    """The pump against a membrane tight to all ions, then with a way for Cl⁻."""
    way = bm.Protocol.steps(Q(0, "cm/s"), (PORE, Q(1e-5, "cm/s")))
    early, late = np.concatenate([[0], np.geomspace(0.001, 599, 90)]), np.geomspace(0.01, 2000, 300)
    run = study.run(
        model,
        label="charged",
        times=Q(np.concatenate([early, 600 + late]), "s"),
        parameters={"Cl_leak.permeability": way},
    )
    stall, wanted = ENERGY / 2, ENERGY / 2 / F * 1e3
    for when, k, text in (
        ("tight", early.size - 1, "no ion but H⁺ crosses"),
        ("chloride", -1, "Cl⁻ follows"),
    ):
        electrical, chemical = _split(run)
        pmf, V = float((electrical + chemical)[k]), float(electrical[k])
        study.answer(f"stall_{when}", Q(pmf, "mV"),
            f"proton-motive force at which the V-ATPase stalls, {text}", wanted=Q(wanted, "mV"),
            within=1e-3,
                     source="57 kJ/mol for 2 H⁺: 57/(2F)")  # fmt: skip
        pH = _stall(stall, CHLORIDE if when == "chloride" else None)
        study.answer(
            f"V_{when}",
            Q(V, "mV"),
            f"of it the potential, {text}",
            wanted=Q((wanted - (7.2 - pH) * UNIT / F * 1e3), "mV"),
            within=2e-3,
            source=(
                "electroneutrality, the buffer's titration and the Nernst potential of Cl⁻, solved"
                " by bisection"
            ),
        )
        study.answer(f"pH_{when}", Q(3 - math.log10(float(of(run, "lumen.H")[k])), "1"),
            f"pH of the vesicle, {text}",
                     wanted=Q(pH, "1"), within=Q(0.01, "1"), source="the same")  # fmt: skip
    h = of(run, "lumen.H")
    moved = h + of(run, "lumen.H2PO4") - float((h + of(run, "lumen.H2PO4"))[0])
    study.answer(
        "moved",
        Q(float(moved[-1]), "mM"),
        "H⁺ that has come in when the pump stalls, per volume of the vesicle",
    )
    study.answer("free", Q(float(h[-1]), "mM"), "of them free in solution")
    at = float(np.interp(-5, np.log10(h.values) - 3, moved.values))
    study.answer("moved_per_free", Q(at / 1e-2, "1"),
        "H⁺ that came in for each that is free, at pH 5",
        wanted=Q(float(_entered(5.0)) / 1e-2, "1"),
                 within=0.01, source="titration of 30 mM phosphate, pK 6.62, from pH 7.2 to 5"
    )  # fmt: skip
    return run


def _split(run: bm.Run) -> tuple[xr.DataArray, xr.DataArray]:
    """Electrical and chemical part of the proton-motive force [mV], lumen less cytosol."""
    chemical = RT / F * 1e3 * np.log(of(run, "lumen.H") / CYTOSOL[H])
    return run.data.potential.isel(membrane=0), chemical


def _entered(pH: Any) -> Any:
    """H⁺ that entered since pH 7.2 [mM]: free, and on phosphate."""
    h = 10.0 ** -np.asarray(pH)
    return 1e3 * (h - 10**-7.2) + PHOSPHATE * (
        1 / (1 + 10 ** (pH - PK)) - 1 / (1 + 10 ** (7.2 - PK))
    )


def _volts(pH: Any, chloride: float | None) -> Any:
    """V [V] at which the charge of the H⁺ that came in sits on the capacitor, or there and on the
    Cl⁻ that came with it.
    """
    low, high = np.full(np.shape(pH), -0.5), np.full(np.shape(pH), 0.5)
    for _ in range(60):
        V = (low + high) / 2
        came = CAPACITANCE * V / (F * W) * 1e3 + (
            chloride * np.expm1(F * V / RT) if chloride else 0.0
        )
        low, high = np.where(came < _entered(pH), V, low), np.where(came < _entered(pH), high, V)
    return (low + high) / 2


def _stall(force: float, chloride: float | None) -> float:
    """pH at which RT ln 10·(7.2 − pH) + FV is the force [J/mol]."""
    acid, neutral = 1.0, 7.2
    for _ in range(60):
        pH = (acid + neutral) / 2
        strong = UNIT * (7.2 - pH) + F * float(_volts(pH, chloride)) > force
        acid, neutral = (pH, neutral) if strong else (acid, pH)
    return pH


def _discharged(study: bm.Study, model: bm.Model, charged: bm.Run) -> None:
    """Without the pump, with a way for H⁺: the energy of the gradient becomes heat."""
    ways = {
        "V_ATPase.maximum": Q(0, "fmol/s"),
        "H_leak.permeability": Q(1, "cm/s"),
        "Cl_leak.permeability": Q(1e-2, "cm/s"),
    }
    run = study.run(
        model,
        label="discharged",
        times=Q(np.concatenate([[0], np.geomspace(1e-4, 1e5, 181)]), "s"),
        start=charged,
        parameters=ways,
    )
    pH = np.linspace(_stall(ENERGY / 2, CHLORIDE), 7.2, 20001)
    force = UNIT * (7.2 - pH) + F * _volts(pH, CHLORIDE)
    held = -float(np.trapezoid(force, _entered(pH))) * W * 1e-3  # pJ: mM·pL·J/mol is fJ
    study.answer(
        "held", Q(float(run.ledger.dissipated.isel(time=-1)), "pJ"),
        "free energy that the gradient of one vesicle held, lost as heat when H⁺ leaves",
        wanted=Q(held, "pJ"), within=5e-3,
        source="∫(RT ln 10·ΔpH + FV) dn along the titration, V in equilibrium with Cl⁻",
    )  # fmt: skip
    study.answer(
        "held_per_H",
        Q(held / float(_entered(pH[0]) * W), "kJ/mol"),
        "the same per mole of H⁺ that left",
    )


def _glands(study: bm.Study) -> xr.Dataset:
    """Turnover and affinity of both pumps over the pH of the gland."""
    pH = np.linspace(7, -1.3, 167)
    acid = {f"{name}.H": bm.axis("gland", 10 ** (3 - pH), "mM") for name in ("one", "two")}
    run = study.run(stomach(), label="stomach", times=INSTANT, parameters=acid)
    initial = run.data.isel(time=0).drop_vars("pH").rename(gland="pH").assign_coords(pH=pH)
    for name, n in (("one", 1), ("two", 2)):
        A = initial.affinity.sel(process=f"HK_{name}").values
        stalls = float(
            pH[0] - A[0] * (pH[-1] - pH[0]) / (A[-1] - A[0])
        )  # a straight line, also below the pH that can be made
        wanted = 7.2 - (ENERGY - n * RT * math.log(140 / 20)) / (n * UNIT)
        study.answer(f"stomach_{name}", Q(stalls, "1"),
            f"pH at which a pump of {n} H⁺ for {n} K⁺ an ATP stalls", wanted=Q(wanted, "1"),
                     within=Q(1e-6, "1"), source="7.2 − (57 − n·RT ln 140/20)/(n·RT ln 10)"
        )  # fmt: skip
    left = float(initial.affinity.sel(process="HK_one").interp(pH=1.0))
    study.answer("stomach_left", Q(left, "kJ/mol"), "left over of 57 kJ/mol at pH 1, 1:1",
        within=1e-6,
                 wanted=Q((ENERGY - RT * math.log(7) - 6.2 * UNIT) / 1e3, "kJ/mol"),
                 source="57 − RT ln 140/20 − 6.2 RT ln 10")  # fmt: skip
    study.answer("stomach_lacks", Q(float(initial.affinity.sel(process="HK_two").interp(pH=1.0)),
        "kJ/mol"), "the same for 2:2: too little", within=1e-6,
                 wanted=Q((ENERGY - 2 * RT * math.log(7) - 12.4 * UNIT) / 1e3, "kJ/mol"),
                 source="57 − 2(RT ln 140/20 + 6.2 RT ln 10)")  # fmt: skip
    return initial


def _figure_of_vesicle(run: bm.Run) -> Any:
    """The proton-motive force of the vesicle in time, and its two parts."""
    from matplotlib.figure import Figure

    electrical, chemical = _split(run)
    seconds: NDArray[Any] = run.data.time.values
    with bm.figures.style():
        figure = Figure(figsize=(85 / 25.4, 60 / 25.4), layout="constrained")
        axes = figure.subplots(1, 2, sharey=True, width_ratios=(1, 1.5))
        for ax, shown, start in ((axes[0], seconds < 600, 0.0), (axes[1], seconds > 600, 600.0)):
            ax.plot(
                seconds[shown] - start,
                (electrical + chemical)[shown],
                color=COLOURS["heat"],
                lw=1.4,
            )
            ax.plot(
                seconds[shown] - start, electrical[shown], color=COLOURS["charge"], ls=(0, (4, 1.5))
            )
            ax.plot(
                seconds[shown] - start, chemical[shown], color=COLOURS["H"], ls=(0, (1, 1)), lw=1.4
            )
            ax.set_xscale("log")
        axes[0].set_xticks([1e-2, 1, 1e2])
        axes[0].set(
            xlabel="time (s)",
            ylabel="lumen less cytosol (mV)",
            title="tight to all but H⁺",
            ylim=(-15, 340),
            xlim=(2e-3, 600),
        )
        axes[1].set(
            xlabel="time after a way for Cl⁻ opens (s)", title="Cl⁻ follows", xlim=(0.1, 2000)
        )
        axes[1].text(0.15, 305, "proton-motive force", color="#5F5750")
        axes[1].text(1400, 70, "potential", color=COLOURS["charge"], ha="right")
        axes[1].text(1400, 182, "61.5 mV · ΔpH", color="#9A6A00", ha="right")
    return figure


def _figure_of_stomach(initial: xr.Dataset) -> Any:
    """Remaining energy of an ATP over the pH of the gland."""
    from matplotlib.figure import Figure

    with bm.figures.style():
        figure = Figure(figsize=(85 / 25.4, 62 / 25.4), layout="constrained")
        ax = figure.subplots()
        ax.axhspan(-70, 0, color="#EDEBE8", lw=0)
        ax.axvline(1, color=COLOURS["heat"], lw=0.8, ls=(0, (1, 1)))
        ax.axhline(0, color=COLOURS["charge"], lw=0.6)
        for name, colour, dash, text in (
            ("one", COLOURS["H"], "-", "1 H⁺ : 1 K⁺"),
            ("two", COLOURS["Na"], (0, (4, 1.5)), "2 H⁺ : 2 K⁺"),
        ):
            left = initial.affinity.sel(process=f"HK_{name}")
            ax.plot(initial.pH, left, color=colour, ls=dash)
            ax.text(4.2, float(left.interp(pH=4.2)) + 4, text, ha="left")
        ax.text(0.9, 52, "stomach", ha="left")
        ax.text(6.9, -60, "runs backwards and makes ATP", ha="left")
        ax.set(
            xlim=(7.2, -2),
            ylim=(-70, 60),
            xlabel="pH of the gland",
            ylabel="energy left of an ATP (kJ/mol)",
        )
    return figure
