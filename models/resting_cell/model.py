"""Resting cell: the pump and three leaks, and the potential they settle at."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

import biomembrane as bm
from biomembrane import Q, constants
from biomembrane import library as lib
from biomembrane.library import ADP, ATP, Cl, K, Na, Pi

if TYPE_CHECKING:
    import xarray as xr

QUESTION = "What makes the resting potential, and what does it cost to keep?"
UNTIL = "30 min"


def build() -> bm.Model:
    """One cell in a bath.

    Volume, area, contents and P_K are assumed, round numbers of a small cell; P_Na and P_Cl are
    0.04 and 0.45 of P_K, the ratios of Hodgkin & Katz 1949.
    """
    bath = bm.Reservoir("bath", {Na: Q(145, "mM"), K: Q(4.5, "mM"), Cl: Q(149.5, "mM")})
    cell = bm.Compartment(
        "cell", volume=Q(1, "pL"), contents={Na: Q(12, "mM"), K: Q(130, "mM"), Cl: Q(8, "mM")},
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
    parts = [lib.NaKATPase(membrane), *leaks]
    return bm.Model("resting_cell", parts, potential={membrane: Q(-70, "mV")})


RT_F = 1e3 * constants.GAS * constants.BODY_TEMPERATURE / constants.FARADAY  # mV
RATIOS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.1, 0.2, 0.5, 1.0)


def voltage(K_out: Any, K_in: Any, Na_out: Any, Na_in: Any, ratio: Any, r: float = 1.0) -> Any:
    """V [mV] at which no net current flows through leaks of K⁺ and Na⁺ alone (r = 1), or with a
    pump of r Na⁺ a K⁺ that keeps both steady.
    """
    return RT_F * np.log((r * K_out + ratio * Na_out) / (r * K_in + ratio * Na_in))


def reproduce(study: bm.Study) -> None:
    """The steady state; the reference case of Mullins and Noda; and a membrane that is charged from
    nothing.
    """
    model = build()
    steady = study.run(model, label="steady", until="20 h")
    study.figure("energy", bm.figures.energy_flow(steady))
    _rest(study, steady)
    _electrogenic(study, model)
    _charging(study, model)


def _rest(study: bm.Study, run: bm.Run) -> None:
    """The steady state, and its cost."""
    last = run.data.isel(time=-1)
    J = {str(p): float(last.flux.sel(process=p)) for p in last.process.values}
    inside = {ion: float(last.concentration.sel(pool=f"cell.{ion}")) for ion in ("K", "Na", "Cl")}
    held = [voltage(4.5, inside["K"], 145, inside["Na"], 0.04, r) for r in (1.5, 1.0)]
    V = last.potential.sel(membrane="membrane")
    fuel = -31.613 + RT_F * constants.FARADAY * 1e-6 * math.log(0.4e-3 * 4e-3 / 4e-3)  # kJ/mol
    study.answer(
        "potential", V, "resting potential", wanted=Q(held[0], "mV"), within=Q(1e-3, "mV"),
        source="Mullins–Noda equation with r = 3/2 at the contents of the cell",
    )  # fmt: skip
    study.answer(
        "electrogenic_here",
        Q(float(V) - held[1], "mV"),
        "of that, what the pump's own current adds",
    )
    study.answer(
        "chloride", Q(float(V) - RT_F * math.log(inside["Cl"] / 149.5), "mV"),
        "V − E_Cl: Cl⁻ is not pumped, and follows",
        wanted=Q(0, "mV"), within=Q(1e-3, "mV"),
        source="an ion that only leaks is at equilibrium in a steady state",
    )  # fmt: skip
    for ion, n in (("Na", -3), ("K", 2)):
        study.answer(
            f"{ion}_balance", Q(J[f"{ion}_leak"] / J["NaKATPase"], "1"),
            f"{ion}⁺ that leaks out per turn of the pump",
            wanted=Q(n, "1"), within=1e-4,
            source="mass balance of a steady state: 3 Na⁺ out and 2 K⁺ in a turn",
        )  # fmt: skip
        study.answer(
            f"{ion}_cell", last.concentration.sel(pool=f"cell.{ion}"), f"{ion}⁺ in the cell"
        )
    study.answer("Cl_cell", last.concentration.sel(pool="cell.Cl"), "Cl⁻ in the cell")
    power = float(last.dissipation.sum())
    study.answer(
        "power",
        Q(power, "pW"),
        "heat, all of it from ATP",
        wanted=Q(-fuel * J["NaKATPase"], "pW"),
        within=1e-4,
        source=(
            "turnover of the pump times −ΔG of ATP hydrolysis at 4, 0.4 and 4 mM, ΔG′° −31.61"
            " kJ/mol (Smith & Crampin 2004, total phosphate)"
        ),
    )
    for name in ("NaKATPase", "Na_leak", "K_leak"):
        about = (
            "share of the power lost in"
            f" {name.replace('NaKATPase', 'the pump').replace('_leak', '⁺ leak')}"
        )
        study.answer(
            f"lost_{name}", Q(float(last.dissipation.sel(process=name) / power), "1"), about
        )


def _electrogenic(study: bm.Study, model: bm.Model) -> None:
    """V with and without a pump that keeps the contents of the reference case steady, over
    P_Na/P_K.

    A cell of 1 nL, so that the contents stand still while V settles; Cl⁻, which would follow V,
    left out.
    """
    import xarray as xr

    ratio = xr.DataArray(list(RATIOS), dims="ratio", coords={"ratio": list(RATIOS)})
    with_pump, alone = (voltage(4, 155, 145, 12, ratio, r) for r in (1.5, 1.0))
    case: dict[str, Any] = {
        "bath.K": Q(4, "mM"), "cell.K": Q(155, "mM"), "cell.Na": Q(12, "mM"),
        "cell.volume": Q(1e3, "pL"), "Cl_leak.permeability": Q(0, "cm/s"),
        "Na_leak.permeability": (5e-7 * ratio).assign_attrs(units="cm/s"),
        "membrane.potential": with_pump.assign_attrs(units="mV"),
    }  # fmt: skip
    start = bm.simulate(model, times=Q([0.0], "s"), parameters=case).data.flux.isel(time=0)
    needed = start.sel(process="Na_leak") / (
        -3 * start.sel(process="NaKATPase")
    )  # times the pumps that it has: Na⁺ is steady
    pumps = needed.drop_vars(["process", "transporter", "time"], errors="ignore") * xr.DataArray(
        [0.0, 1.0], dims="pump"
    )
    density = model.parameters["NaKATPase.density"].quantity
    case["NaKATPase.density"] = (pumps * float(density.magnitude)).assign_attrs(
        units=f"{density.units:~C}"
    )
    last = study.run(model, label="electrogenic", times=Q([2.0], "s"), parameters=case).data.isel(
        time=-1
    )
    V = last.potential.isel(membrane=0)
    bare, full = (V.sel(ratio=0.04).isel(pump=k) for k in (0, 1))
    equation = (
        "Mullins & Noda 1963, equation with r = {}, at 4/155 and 145/12 mM, P_Na/P_K = 0.04, 37 °C"
    )
    study.answer(
        "with_pump", full.assign_attrs(units="mV"), "reference case with the pump",
        wanted=Q(-79.722, "mV"), within=Q(1e-3, "mV"),
        source=equation.format("3/2"),
    )  # fmt: skip
    study.answer(
        "without_pump", bare.assign_attrs(units="mV"), "the same without it",
        wanted=Q(-73.876, "mV"), within=Q(1e-3, "mV"),
        source=equation.format("1, which is the Goldman–Hodgkin–Katz equation"),
    )  # fmt: skip
    study.answer(
        "electrogenic", Q(float(full - bare), "mV"), "what the pump's current adds",
        wanted=Q(-5.85, "mV"), within=Q(0.005, "mV"),
        source="difference of the two",
    )  # fmt: skip
    limit = RT_F * math.log(1 / 1.5)
    study.answer(
        "most", Q(float((V.isel(pump=1) - V.isel(pump=0)).min()), "mV"),
        "the most it adds, over all P_Na/P_K",
        wanted=(Q(limit, "mV"), Q(0, "mV")),
        source="never beyond −(RT/F) ln r = −10.8 mV, for any contents (the equation with r = 3/2)",
    )  # fmt: skip
    off = max(
        float(abs(V.isel(pump=k) - wanted).max()) for k, wanted in ((0, alone), (1, with_pump))
    )
    study.answer(
        "worst", Q(off, "mV"), "largest difference from the equation over P_Na/P_K of 0.001 to 1",
        wanted=Q(0, "mV"), within=Q(2e-3, "mV"),
        source="Mullins–Noda and Goldman–Hodgkin–Katz equations",
    )  # fmt: skip
    study.figure("potential", _drawn(V))


def _charging(study: bm.Study, model: bm.Model) -> None:
    """A sphere of 10 µm radius with a K⁺ leak alone, from V = 0 to E_K = −70 mV: the K⁺ that left
    is counted in its pool.
    """

    sphere: dict[str, Any] = {
        "cell.volume": Q(4 / 3 * math.pi * 1e3, "um^3"),
        "membrane.area": Q(4 * math.pi * 100, "um^2"), "membrane.potential": Q(0, "mV"),
        "cell.K": Q(150, "mM"), "bath.K": Q(150 * math.exp(-70 / RT_F), "mM"),
        "NaKATPase.density": Q(0, "1/um^2"), "Na_leak.permeability": Q(0, "cm/s"),
        "Cl_leak.permeability": Q(0, "cm/s"),
    }  # fmt: skip
    run = study.run(
        model,
        label="charging",
        times=Q([0.0, 5.0], "s"),
        parameters=sphere,
        solver=bm.solvers.Native(rtol=1e-11),
    )
    amount = run.data.amount.sel(pool="cell.K")
    left = float(amount[0] - amount[-1])
    study.answer(
        "ions", Q(left * 1e-15 * constants.AVOGADRO, "1"),
        "K⁺ ions that charge the membrane to −70 mV", wanted=Q(5.49e6, "1"), within=1e-3,
        source="C·V/e with 1 µF/cm² over 4π(10 µm)²",
    )  # fmt: skip
    study.answer(
        "share", Q(left / float(amount[0]), "1"), "of the K⁺ of the cell", wanted=Q(1.45e-5, "1"),
        within=3e-3,
        source="C·V/F over 150 mM in 4/3 π (10 µm)³",
    )  # fmt: skip
    study.answer("charged_to", run.data.potential[-1, 0], "the potential at which it stops",
        wanted=Q(-70, "mV"), within=Q(0.01, "mV"),
                 source="Nernst equation, less the K⁺ that left")  # fmt: skip


def _drawn(V: xr.DataArray) -> Any:
    """V over P_Na/P_K with and without the pump: points of the model, lines of the equations."""
    from matplotlib.figure import Figure

    with bm.figures.style():
        figure = Figure(figsize=(85 / 25.4, 60 / 25.4), layout="constrained")
        axes = figure.subplots()
        ratio = np.geomspace(RATIOS[0], RATIOS[-1], 200)
        for k, r, colour, marker, name in (
            (0, 1.0, "#222222", "o", "leaks alone"),
            (1, 1.5, "#0072B2", "s", "with the 3:2 pump"),
        ):
            axes.plot(
                ratio, voltage(4, 155, 145, 12, ratio, r), color=colour, ls="--" if k else "-", lw=1
            )
            axes.plot(V.ratio, V.isel(pump=k), marker, color=colour, ms=3.5, ls="none", label=name)
        axes.axhline(RT_F * math.log(4 / 155), color="#D55E00", lw=0.8, ls=":")
        axes.text(
            RATIOS[-1],
            RT_F * math.log(4 / 155) - 1.5,
            r"$E_\mathrm{K}$",
            color="#D55E00",
            ha="right",
            va="top",
        )
        axes.set(
            xscale="log",
            xlabel=r"$P_\mathrm{Na}/P_\mathrm{K}$",
            ylabel="membrane potential / mV",
            ylim=(-110, 0),
        )
        axes.legend(frameon=False, loc="upper left")
    return figure
