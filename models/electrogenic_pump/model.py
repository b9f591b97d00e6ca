"""Electrogenic pump: what one charge a turn does to a pump, to the potential, and to the ATP that a
pump run backwards can make.
"""

from __future__ import annotations

import math
from collections.abc import Callable
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
    "What does it mean that the Na⁺/K⁺ pump is electrogenic, where does it stall, and what happens"
    " beyond?"
)
UNTIL = "10 min"
R, F, T = 8.314462618, 96485.33212, 310.15  # CODATA; 37 °C
RT = R * T
OUT, IN = {Na: 145.0, K: 4.5, Cl: 149.5}, {Na: 10.0, K: 140.0, Cl: 15.0}  # mM
# −ΔG°′ of hydrolysis: 29.6 kJ/mol (Smith & Crampin 2004), and what the binding of phosphate adds
STANDARD = float(lib.ATP.standard.quantity.to("J/mol").magnitude)
ADENYLATE, PHOSPHATE = 4.0, 4.0  # mM: ATP + ADP, and Pi when all of it is ATP


def fuel(energy: float) -> dict[bm.Species, float]:
    """ATP, ADP and Pi [mM] at which hydrolysis is worth ``energy`` [kJ/mol]: ADP·Pi/ATP = e^{(ΔG −
    ΔG°′)/RT}, each ADP with a Pi of its own.
    """
    q = 1e3 * math.exp((energy * 1e3 + STANDARD) / RT)
    adp = (math.hypot(PHOSPHATE + q, 2 * math.sqrt(q * ADENYLATE)) - PHOSPHATE - q) / 2
    return {ATP: ADENYLATE - adp, ADP: adp, Pi: PHOSPHATE + adp}


def build(*, energy: float = -57.0, held: bool = True) -> bm.Model:
    """A cell with the Na⁺/K⁺ pump, a hypothetical electroneutral pump beside it that is switched
    off, and leaks.

    Contents are round numbers of a mammalian cell; volume, area, permeabilities and adenylate are
    assumed.  The 2:2 pump is invented: half saturations near the contents, and as fast as the other
    at a Na⁺ of 10 mM.

    Args:
        energy: ΔG of ATP hydrolysis [kJ/mol].
        held: whether metabolism keeps ATP, ADP and Pi; if not, the cell has what it starts with.
    """
    adenylate = {s: Q(c, "mM") for s, c in fuel(energy).items()}
    contents = {s: Q(c, "mM") for s, c in IN.items()}
    bath = bm.Reservoir("bath", {s: Q(c, "mM") for s, c in OUT.items()})
    cell = bm.Compartment(
        "cell", volume=Q(1, "pL"), contents=contents if held else contents | adenylate,
        held=adenylate if held else {},
        impermeant=bm.balance(charge=-1),
    )  # fmt: skip
    on = bm.Membrane(
        "membrane",
        inside=cell,
        outside=bath,
        area=Q(500, "um^2"),
        capacitance=lib.sheet("membrane_typical")["specific_capacitance"],
    )
    half = {
        "Na": Q(10, "mM"),
        "K@out": Q(1, "mM"),
        "K@in": Q(100, "mM"),
        "ATP": Q(0.5, "mM"),
        "ADP": Q(0.5, "mM"),
        "Pi": Q(5, "mM"),
    }
    neutral = bm.Transporter(
        "neutral_pump", "2 Na@in + 2 K@out + ATP@in -> 2 Na@out + 2 K@in + ADP@in + Pi@in", on,
        laws.Saturable(maximum=Q(0, "fmol/s"), half=half), label="2:2 pump",
    )  # fmt: skip
    leaks = [
        lib.leak(ion, on, permeability=Q(P, "cm/s"))
        for ion, P in ((K, 5e-7), (Na, 2e-8), (Cl, 2.25e-7))
    ]
    return bm.Model(
        "electrogenic_pump", [lib.NaKATPase(on), neutral, *leaks], potential={on: Q(-60, "mV")}
    )


def levels(run: bm.Run) -> dict[str, Any]:
    """Concentrations in the cell over time, by species."""
    return {
        str(s): run.data.concentration.isel(pool=k)
        for k, s in enumerate(run.data.pool_species.values)
    }


def root(x: Any, y: Any) -> float:
    """x at which the increasing y crosses zero."""
    return float(np.interp(0.0, y, x))


def reproduce(study: bm.Study) -> None:
    """I–V and stall, the published turnover, the V that the pump alone makes, V at rest with 3:2
    and with 2:2, and the pump run backwards.
    """
    model = build()
    *clamp, stall = _clamped(study, model)
    _published(study, model)
    _at_rest(study, model)
    back = _backwards(study)
    study.figure("current", _figure_of_current(clamp, stall))
    study.figure("backwards", _figure_backwards(back))


INSTANT = Q([0.0, 1e-6], "s")  # contents and potentials as they are given
CHEMICAL = 3 * RT * math.log(145 / 10) + 2 * RT * math.log(
    140 / 4.5
)  # J/mol: 3 Na⁺ out and 2 K⁺ in, without a potential


def _clamped(study: bm.Study, model: bm.Model) -> list[xr.Dataset]:
    """Initial rates at given V and contents: over V for three energies of ATP, then over the
    energy of ATP at −60 mV.
    """
    V, energies, falling = (
        np.linspace(-260, 60, 81),
        (-57.0, -50.0, -40.0),
        np.arange(-66, -29.5, 1.0),
    )
    volts = np.concatenate([*(V for _ in energies), np.full(falling.size, -60.0)])
    worth = np.concatenate([*(np.full(V.size, e) for e in energies), falling])
    contents = [fuel(e) for e in worth]
    scan = {
        f"cell.{s.name}": bm.axis("point", [c[s] for c in contents], "mM") for s in (ATP, ADP, Pi)
    }
    scan |= {
        "membrane.potential": bm.axis("point", volts, "mV"),
        "neutral_pump.maximum": Q(300, "fmol/s"),
    }
    run = study.run(model, label="clamp", times=INSTANT, parameters=scan)
    initial = run.data.isel(time=0).assign_coords(V=("point", volts), dG=("point", worth))
    parts = [initial.isel(point=slice(k * V.size, (k + 1) * V.size)) for k in range(3)] + [
        initial.isel(point=slice(3 * V.size, None))
    ]
    _over_V(study, parts[:3])
    efficiency = run.ledger.efficiency("NaKATPase").isel(time=-1, point=slice(3 * V.size, None))
    _stalled(study, parts[3], efficiency)
    return parts


def _over_V(study: bm.Study, curves: list[xr.Dataset]) -> None:
    """Reversal potentials and current."""
    V = curves[0].V
    for initial in curves:
        energy = float(initial.dG[0])
        wanted = (energy * 1e3 + CHEMICAL) / F
        reversal = root(V.values, initial.affinity.sel(process="NaKATPase").values)
        study.answer(
            f"reversal_{abs(energy):.0f}", Q(reversal, "mV"),
            f"V at which the pump stalls, ΔG_ATP = −{abs(energy):.0f} kJ/mol",
            wanted=Q(wanted * 1e3, "mV"), within=Q(1e-3, "mV"),
            source="(ΔG_ATP + 3RT ln 145/10 + 2RT ln 140/4.5)/F",
        )  # fmt: skip
    initial = curves[0]
    current = F * 1e-3 * initial.flux.sel(process="NaKATPase")  # fmol/s to pA
    study.answer(
        "current_reversal", Q(root(V.values, current.values), "mV"),
        "V at which its current changes sign, between two points of the scan",
        wanted=Q((-57e3 + CHEMICAL) / F * 1e3, "mV"), within=Q(0.5, "mV"),
        source="the same, to an eighth of the 4 mV between points",
    )  # fmt: skip
    slope = (
        np.polyfit(
            V.values * 1e-3,
            initial.affinity.sel(process=["NaKATPase", "neutral_pump"]).T.values * 1e3,
            1,
        )[0]
        / F
    )
    study.answer(
        "charge",
        Q(slope[0], "1"),
        "charges moved out a turn of the 3:2 pump, from dA/dV",
        wanted=Q(1, "1"),
        within=1e-9,
        source="3 − 2",
    )
    study.answer(
        "charge_neutral",
        Q(slope[1], "1"),
        "the same for 2:2: V neither helps nor hinders it",
        wanted=Q(0, "1"),
        within=Q(1e-9, "1"),
        source="2 − 2",
    )
    study.answer(
        "current_rest",
        Q(float(np.interp(-60, V, current)), "pA"),
        "pump current at −60 mV and these contents, of a membrane of 5 pF, outward",
    )


def _stalled(study: bm.Study, initial: xr.Dataset, efficiency: xr.DataArray) -> None:
    """Turnover at −60 mV as the energy of ATP falls."""
    energies = initial.dG.values
    work = (CHEMICAL + 0.060 * F) / 1e3
    reversal = -root(-energies[::-1], initial.affinity.sel(process="NaKATPase").values[::-1])
    study.answer(
        "work", Q(-reversal, "kJ/mol"),
        "−ΔG_ATP at which the pump stalls at −60 mV: the work of a turn", wanted=Q(work, "kJ/mol"),
        within=1e-6,
        source="3RT ln 145/10 + 2RT ln 140/4.5 + F·60 mV",
    )  # fmt: skip
    neutral = float(initial.affinity.sel(process="neutral_pump")[0])
    study.answer(
        "work_neutral", Q(66 - neutral, "kJ/mol"), "work of a turn of the 2:2 pump", within=1e-6,
        wanted=Q(2 * RT * (math.log(145 / 10) + math.log(140 / 4.5)) / 1e3, "kJ/mol"),
        source="2RT ln 145/10 + 2RT ln 140/4.5, at any V",
    )  # fmt: skip
    for energy in (50, 57, 60):
        study.answer(
            f"efficiency_{energy}", Q(100 * float(efficiency[np.argmin(abs(energies + energy))]),
            "percent"),
            f"work out over ATP in, by the ledger, ΔG_ATP = −{energy} kJ/mol",
            wanted=Q(100 * work / energy, "percent"), within=1e-5,
            source=f"work of a turn over {energy} kJ/mol",
        )  # fmt: skip
    wrong = np.sign(initial.flux.sel(process="NaKATPase").values) != np.sign(-energies - work)
    study.answer(
        "wrong_way",
        Q(float(wrong.sum()), "1"),
        "points at which the pump goes forward with too little ATP energy, or backwards with"
        " enough",
        wanted=Q(0, "1"),
        within=Q(0, "1"),
        source="second law: the flux has the sign of −ΔG_ATP less the work of a turn",
    )


def _published(study: bm.Study, model: bm.Model) -> None:
    """The turnover of Smith & Crampin's cycle at the contents of their paper."""
    volts, wanted = (-150, -60, 0, 60), (4.8119453, 36.967803, 51.399901, 56.018639)
    level = {
        "cell.Na": 50,
        "cell.K": 140,
        "bath.Na": 150,
        "bath.K": 5.4,
        "cell.ATP": 9.8,
        "cell.ADP": 0.01,
        "cell.Pi": 4.2,
    }
    scan = {"membrane.potential": bm.axis("V", volts, "mV")} | {
        name: Q(c, "mM") for name, c in level.items()
    }
    run = study.run(
        model,
        label="published",
        times=INSTANT,
        parameters=scan | {"temperature": Q(310, "kelvin"), "cell.Cl": Q(40, "mM")},
    )
    pumps = 2500 * 500 / 6.02214076e8  # fmol
    for v, v_cyc, flux in zip(
        volts, wanted, run.data.flux.sel(process="NaKATPase").isel(time=0).values, strict=True
    ):
        name = f"turnover_{'minus_' if v < 0 else ''}{abs(v)}"
        study.answer(
            name,
            Q(float(flux) / pumps, "1/s"),
            f"turns of a pump at {v} mV, the contents of the paper",
            wanted=Q(v_cyc, "1/s"),
            within=1e-3,
            source=(
                "Smith & Crampin 2004, their rate constants (which close to 33 J/mol) evaluated by"
                " another program"
            ),
        )


def _at_rest(study: bm.Study, model: bm.Model) -> None:
    """Both pumps in a tight membrane and in one with leaks, until nothing changes."""
    leaks = {name: bm.axis("membrane_with", [0, float(model.parameter(name).quantity.magnitude)],
        str(model.parameter(name).quantity.units))
             for name in ("K_leak.permeability", "Na_leak.permeability", "Cl_leak.permeability"
    )}  # fmt: skip
    pumps = {
        "NaKATPase.density": bm.axis("pump", [2500, 0], "1/um^2"),
        "neutral_pump.maximum": bm.axis("pump", [0, 300], "fmol/s"),
    }
    run = study.run(
        model,
        label="rest",
        times=Q(np.concatenate([[0], np.geomspace(1e-3, 1e6, 91)]), "s"),
        parameters=leaks | pumps,
    )
    last = run.data.isel(time=-1, membrane=0)
    V = {
        (w, p): float(last.potential.isel(membrane_with=w, pump=p)) for w in (0, 1) for p in (0, 1)
    }

    def charged(
        turns: float,
    ) -> float:  # affinity of the pump once so many turns [fmol] have charged the capacitor of 5 pF
        v = -0.060 - turns * F / 5e3
        na, k = 10 - 3 * turns, 140 + 2 * turns
        return 57e3 - 3 * RT * math.log(145 / na) - 2 * RT * math.log(k / 4.5) + F * v

    turns = _bisect(charged, 0.0, 0.02)
    study.answer(
        "tight", Q(V[0, 0], "mV"), "V that the 3:2 pump alone makes of a membrane without leaks",
        wanted=Q(-60 - turns * F / 5e3 * 1e3, "mV"),
        within=Q(1e-3, "mV"),
        source="affinity zero, with what charging 5 pF takes from the contents",
    )  # fmt: skip
    study.answer(
        "tight_neutral", Q(V[0, 1], "mV"), "the same with the 2:2 pump: V stays where it was",
        wanted=Q(-60, "mV"), within=Q(1e-6, "mV"),
        source="no charge moved",
    )  # fmt: skip
    for p, r, name, formula in (
        (0, 1.5, "rest", "Mullins & Noda 1963, r = 3/2"),
        (1, 1.0, "rest_neutral", "Goldman 1943: r = 1"),
    ):
        c = {
            s: float(last.concentration.sel(pool=f"cell.{s}").isel(membrane_with=1, pump=p))
            for s in ("Na", "K")
        }
        made, plain = (
            RT / F * 1e3 * math.log((x * 4.5 + 0.04 * 145) / (x * c["K"] + 0.04 * c["Na"]))
            for x in (r, 1.0)
        )
        study.answer(
            f"{name}", Q(V[1, p], "mV"),
            f"resting potential with the {'3:2' if p == 0 else '2:2'} pump and leaks",
            wanted=Q(made, "mV"),
            within=Q(1e-3, "mV"), source=f"{formula}, at the contents of the run",
        )  # fmt: skip
        if p == 0:
            study.answer("share", Q(V[1, p] - plain, "mV"),
                "of it by the pump's own current: less the Goldman potential of the same contents",
                                 wanted=(Q(-RT / F * 1e3 * math.log(1.5), "mV"), Q(0, "mV")),
                                 source="between 0 and −(RT/F) ln 3/2")  # fmt: skip


def _bisect(function: Callable[[float], float], low: float, high: float) -> float:
    """The root of a function that changes sign once between two numbers."""
    falls = function(low) > 0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if (function(middle) > 0) == falls else (low, middle)
    return (low + high) / 2


def _backwards(study: bm.Study) -> bm.Run:
    """A cell that has lost its ATP, with nothing but K⁺ channels to hold V: sodium and potassium
    run down, and the pump makes ATP.
    """
    model = build(energy=-30.0, held=False)
    closed = {
        "Na_leak.permeability": Q(0, "cm/s"),
        "Cl_leak.permeability": Q(0, "cm/s"),
        "membrane.potential": Q(-92, "mV"),
    }
    times = np.concatenate([[0], np.geomspace(0.05, 25, 120), [600]])
    run = study.run(model, label="backwards", times=Q(times, "min"), parameters=closed)
    began, end = (
        {s.name: c for s, c in fuel(-30.0).items()},
        {name: float(c[-1]) for name, c in levels(run).items()},
    )

    def uphill(made: float) -> float:
        # affinity of making ATP, once so much [mM in 1 pL] is made and K⁺ channels put V at E_K
        k = 140 - 3 * made
        for _ in range(20):  # what the capacitor of 5 pF keeps of the K⁺ that leaves
            k = 140 - 3 * made + 5e3 * (RT / F * math.log(4.5 / k) + 0.092) / F
        dG = -STANDARD + RT * math.log(
            (began["ADP"] - made) * (began["Pi"] - made) / (began["ATP"] + made) / 1e3
        )
        return (
            3 * RT * math.log(145 / (10 + 3 * made))
            + 2 * RT * math.log(k / 4.5)
            - RT * math.log(4.5 / k)
            + dG
        )

    made = _bisect(uphill, 0.0, 3.3)
    study.answer(
        "atp_made",
        Q(end["ATP"] - began["ATP"], "mM"),
        "ATP that the pump makes of ADP and Pi, run backwards by the gradients",
        wanted=Q(made, "mM"),
        within=1e-6,
        source=(
            "pump and K⁺ channel at equilibrium, 1 ATP for 3 Na⁺ in and 2 K⁺ out, K⁺ and the"
            " capacitor carry the charge back"
        ),
    )
    study.answer(
        "sodium_for_atp", Q((end["Na"] - 10) / (end["ATP"] - began["ATP"]), "1"),
        "Na⁺ that came in for each", wanted=Q(3, "1"), within=1e-6,
        source="stoichiometry",
    )  # fmt: skip
    current = float(run.data.flux.sel(process="NaKATPase").isel(time=0)) * F * 1e-3
    study.answer(
        "current_backwards", Q(current, "pA"), "its current at the start, inward",
        wanted=(Q(-10, "pA"), Q(0, "pA")),
        source="inward as in the squid axon: De Weer & Rakowski 1984, Nature 309:450 (abstract)",
    )  # fmt: skip
    study.answer(
        "energy_reached",
        Q(_hydrolysis(end["ATP"], end["ADP"], end["Pi"]), "kJ/mol"),
        "ΔG of ATP hydrolysis in the end",
    )
    kept = float(run.ledger.efficiency("NaKATPase")[-1])
    study.answer(
        "efficiency_backwards",
        Q(100 * kept, "percent"),
        "of what the gradients gave to the pump, kept as ATP",
    )
    return run


def _hydrolysis(atp: Any, adp: Any, pi: Any) -> Any:
    """ΔG [kJ/mol]."""
    return (-STANDARD + RT * np.log(adp * pi / atp / 1e3)) / 1e3


def _figure_of_current(clamp: list[xr.Dataset], stall: xr.Dataset) -> Any:
    """Current over V, and turnover over the energy of ATP."""
    blue, green, orange, dark = (COLOURS[k] for k in ("Na", "Cl", "K", "charge"))
    with bm.figures.style():
        figure, (left, right) = bm.figures.panels(2, height=58)
        for initial, colour, dash, lower in zip(
            clamp, (blue, green, orange), ("-", "--", "-."), (-8, -8, 4), strict=True
        ):
            current = F * initial.flux.sel(process="NaKATPase")  # fmol/s to fA
            left.plot(initial.V, current, color=colour, ls=dash)
            left.plot(root(initial.V.values, current.values), 0, "o", color=colour, ms=3)
            left.annotate(
                f"−{abs(float(initial.dG[0])):.0f}",
                (-260, float(current[0])),
                (2, lower),
                textcoords="offset points",
                fontsize=6,
                color=colour,
            )
        left.axhline(0, color=dark, ls=":", lw=0.8)
        left.annotate("2:2", (-260, 0), (2, 3), textcoords="offset points", fontsize=6, color=dark)
        left.text(
            0.97,
            0.03,
            "3:2 at ΔG of\nATP (kJ/mol)",
            transform=left.transAxes,
            ha="right",
            va="bottom",
            fontsize=6,
        )
        left.set(xlabel="V (mV)", ylabel="pump current (fA), outward > 0", xlim=(-260, 60))
        for name, colour, dash, at, below in (
            ("NaKATPase", blue, "-", 44.206, -8),
            ("neutral_pump", dark, "--", 31.517, 4),
        ):
            flux = stall.flux.sel(process=name)
            right.plot(
                -stall.dG,
                flux / float(flux[0]),
                color=colour,
                ls=dash,
                label=f"{'3:2' if name == 'NaKATPase' else '2:2'} pump",
            )
            right.plot(at, 0, "o", color=colour, ms=3)
            right.annotate(
                f"{at:.1f}",
                (at, 0),
                (3, below),
                textcoords="offset points",
                fontsize=6,
                color=colour,
            )
        right.axhline(0, color="#888888", lw=0.5, zorder=0)
        right.set(
            xlabel="−ΔG of ATP (kJ/mol)", ylabel="turnover at −60 mV (relative)", xlim=(30, 66)
        )
        right.legend(loc="lower right", borderaxespad=0)
    return figure


def _figure_backwards(run: bm.Run) -> Any:
    """ATP regained, and the two forces that balance."""
    minutes, level = run.data.time / 60, levels(run)
    V = run.data.potential.isel(membrane=0) * 1e-3
    work = 3 * (RT * np.log(145 / level["Na"]) - F * V) + 2 * (
        RT * np.log(level["K"] / 4.5) + F * V
    )
    with bm.figures.style():
        figure, (left, right) = bm.figures.panels(2, height=50)
        for name, colour, dash in (("ATP", COLOURS["ATP"], "-"), ("ADP", "#56B4E9", "--")):
            left.plot(minutes, level[name], color=colour, ls=dash, label=name)
        left.set(xlabel="time (min)", ylabel="in the cell (mM)", xlim=(0, 20), ylim=(0, 4.1))
        left.legend(loc="upper right", borderaxespad=0)
        right.plot(minutes, work / 1e3, color=COLOURS["Na"], ls="-")
        right.plot(
            minutes,
            -_hydrolysis(level["ATP"], level["ADP"], level["Pi"]),
            color=COLOURS["ATP"],
            ls="--",
        )
        right.text(
            19.5, 46.3, "3 Na⁺ in, 2 K⁺ out give", ha="right", fontsize=6, color=COLOURS["Na"]
        )
        right.text(19.5, 40.6, "an ATP takes", ha="right", fontsize=6, color=COLOURS["ATP"])
        right.set(xlabel="time (min)", ylabel="energy (kJ/mol)", xlim=(0, 20), ylim=(29, 49))
    return figure
