"""Other cargo: the sodium gradient lifts amino acids, phosphate and iodide, and puts out Ca²⁺ and
H⁺; the binding site tells which.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane import library as lib
from biomembrane.library import Ca, Cl, H, K, Na, glucose
from biomembrane.numerals import typeset
from biomembrane.show.colours import COLOURS

QUESTION = (
    "What else does the sodium gradient drive, how far can it lift each, and what decides that a"
    " carrier takes glucose?"
)
UNTIL = "1 h"
R, F, T = 8.314462618, 96485.33212, 310.15  # CODATA; 37 °C
RT = R * T
OUT = {Na: 145.0, K: 4.5, Cl: 149.5, H: 10**-4.4, Ca: 1.5}  # mM; pH 7.4
IN = {
    Na: 10.0,
    K: 140.0,
    Cl: 149.5 * math.exp(-0.060 * F / RT),
    H: 10**-4.2,
}  # mM; pH 7.2; Cl⁻ at equilibrium at −60 mV
alanine = bm.Species("alanine", formula="C3H7NO2")
glutamate = bm.Species("glutamate", -1, "C5H8NO4", label="glutamate⁻")
phosphate = bm.Species("HPO4", -2, "HPO4", label="HPO₄²⁻")
iodide = bm.Species("I", -1, "I", label="I⁻")
sugar = bm.Species("sugar", formula="C6H12O6", label="weakly bound sugar")


class Carrier(NamedTuple):
    """A published stoichiometry.

    ``sodium``: Na⁺ a cargo; ``charge``: moved in with it, by all ions; ``others``: ions beside Na⁺,
    +1 inward.
    """

    reaction: str
    label: str
    cargo: bm.Species
    sodium: int
    charge: int
    others: dict[bm.Species, int]


CARRIERS = {
    "B0AT1": Carrier(
        "Na@out + alanine@out -> Na@in + alanine@in", "neutral amino acid", alanine, 1, 1, {}
    ),
    "SGLT": Carrier("2 Na@out + glucose@out -> 2 Na@in + glucose@in", "glucose", glucose, 2, 2, {}),
    "NIS": Carrier("2 Na@out + I@out -> 2 Na@in + I@in", "iodide", iodide, 2, 1, {}),
    "NaPi_IIc": Carrier(
        "2 Na@out + HPO4@out -> 2 Na@in + HPO4@in", "phosphate, IIc", phosphate, 2, 0, {}
    ),
    "NaPi_IIa": Carrier(
        "3 Na@out + HPO4@out -> 3 Na@in + HPO4@in", "phosphate, IIa", phosphate, 3, 1, {}
    ),
    "EAAT3": Carrier(
        "3 Na@out + H@out + glutamate@out + K@in -> 3 Na@in + H@in + glutamate@in + K@out",
        "glutamate",
        glutamate,
        3,
        2,
        {H: 1, K: -1},
    ),
    "NCX": Carrier("3 Na@out + Ca@in -> 3 Na@in + Ca@out", "Ca²⁺ out", Ca, 3, 1, {}),
    "NHE": Carrier("Na@out + H@in -> Na@in + H@out", "H⁺ out", H, 1, 0, {}),
}
OUTWARD = ("NCX", "NHE")


def head(name: str, V: float) -> float:
    """Static head at V [mV]: cargo where it is carried to, over cargo where it comes from:
    (Na_o/Na_i)ⁿ Π (c_o/c_i)^m e^{−zFV/RT}.
    """
    c = CARRIERS[name]
    return (
        (145 / 10) ** c.sodium
        * math.prod((OUT[s] / IN[s]) ** m for s, m in c.others.items())
        * math.exp(-c.charge * F * V / 1e3 / RT)
    )


def cell(
    contents: dict[bm.Species, Any], outside: dict[bm.Species, Any], kept: tuple[bm.Species, ...]
) -> bm.Membrane:
    """The membrane of a cell that keeps some ions, and whose Cl⁻ leak holds V: once nothing flows,
    V is the Nernst potential of Cl⁻.
    """
    bath = bm.Reservoir("bath", {s: Q(c, "mM") for s, c in OUT.items()} | outside)
    held = {s: Q(IN[s], "mM") for s in kept}
    inside = bm.Compartment(
        "cell", volume=Q(1, "pL"), contents=contents, held=held, impermeant=bm.balance(charge=-1)
    )
    capacitance = lib.sheet("membrane_typical")["specific_capacitance"]
    return bm.Membrane(
        "membrane", inside=inside, outside=bath, area=Q(500, "um^2"), capacitance=capacitance
    )


def build(*, protons: bool = False) -> bm.Model:
    """A cell that keeps Na⁺, K⁺, Cl⁻ and pH, with seven carriers on the sodium gradient, all
    switched off until a run sets their maximum.

    Contents are round numbers of a mammalian cell.  Stoichiometries are published (see README);
    rate laws and half saturations (1 mM, of H⁺ 0.1 µM) are assumed, and the end does not depend on
    them.

    Args:
        protons: the cell of the Na⁺/H⁺ exchanger, whose cargo H⁺ is: its pH is free and unbuffered,
            and it has no other carrier.
    """
    cargo = sorted({c.cargo for name, c in CARRIERS.items() if name != "NHE"}, key=lambda s: s.name)
    if protons:
        on = cell({H: Q(1e-4, "mM")}, {}, (Na, Cl))
    else:
        outside = {s: Q(1e-3, "mM") for s in cargo if s not in OUT}
        on = cell({s: Q(1e-2 if s is Ca else 1e-5, "mM") for s in cargo}, outside, (Na, K, Cl, H))

    def carrier(name: str) -> bm.Transporter:
        c = CARRIERS[name]
        law = laws.Saturable(
            maximum=Q(0, "fmol/s"),
            half={
                s.name: Q(1e-4 if s is H else 1, "mM")
                for s in dict.fromkeys([Na, c.cargo, *c.others])
            },
        )
        return bm.Transporter(name, c.reaction, on, law, label=c.label)

    parts = [carrier(name) for name in CARRIERS if (name == "NHE") == protons]
    name = "other_cargo_protons" if protons else "other_cargo"
    return bm.Model(
        name, [*parts, lib.leak(Cl, on, permeability=Q(1e-6, "cm/s"))], potential={on: Q(-60, "mV")}
    )


def binding() -> bm.Model:
    """The carrier of Eskandari, Wright & Loo 2005 without its slip, with a second sugar that
    competes: it leaves both sites a hundred times faster.

    States and charges as in ``lib.SGLT1``; D3 and D4 are C3 and C4 with the other sugar.  All that
    differs is how fast it leaves.
    """
    s = lib.sheet("eskandari_2005")
    on = cell(
        {glucose: Q(1e-3, "mM"), sugar: Q(1e-3, "mM")},
        {glucose: Q(1, "mM"), sugar: Q(1, "mM")},
        (Na, Cl),
    )

    def k(a: str, b: str, faster: int = 1) -> dict[str, Any]:
        rates = {"forward": s[f"k{a}{b}"], "reverse": s[f"k{b}{a}"]}
        leaves = "reverse" if a == "2" else "forward"
        return (
            rates
            | {
                leaves: Q(
                    faster * rates[leaves].quantity.magnitude, str(rates[leaves].quantity.units)
                )
            }
            if faster > 1
            else rates
        )

    steps = [
        ("C1 + 2 Na@out <-> C2", k("1", "2")), ("C2 + glucose@out <-> C3", k("2", "3")),
        ("C3 <-> C4", k("3", "4")),
        ("C4 <-> C5 + glucose@in", k("4", "5")), ("C5 <-> C6 + 2 Na@in", k("5", "6")),
        ("C6 <-> C1", k("6", "1")),
        ("C2 + sugar@out <-> D3", k("2", "3", 100)), ("D3 <-> D4", k("3", "4")),
        ("D4 <-> C5 + sugar@in", k("4", "5", 100)),
    ]  # fmt: skip
    charge = dict.fromkeys(("C2", "C3", "C4", "C5", "D3", "D4"), "0.6") | {"C6": "-1.4"}
    carrier = bm.Cycle("carrier", on, density=Q(1e4, "1/um^2"), states="C1 C2 C3 C4 C5 C6 D3 D4",
        steps=steps, close=["C4 <-> C5", "D4 <-> C5"],
                       charge=charge)  # fmt: skip
    chloride = lib.leak(Cl, on, permeability=Q(1e-6, "cm/s"))
    return bm.Model("other_cargo_binding", [carrier, chloride], potential={on: Q(-60, "mV")})


def reproduce(study: bm.Study) -> None:
    """Each carrier alone to its static head, where Na⁺/Ca²⁺ exchange reverses, and two sugars that
    differ in their binding alone.
    """
    model = build()
    reached = _reached(study, model) | _protons(study)
    _sodium(study, reached)
    _published(study, model, reached["EAAT3"])
    _calcium(study, model)
    flux = _binding(study)
    study.figure("reach", _figure_of_reach(reached))
    study.figure("binding", _figure_of_binding(*flux))


EVER = Q(np.concatenate([[0], np.geomspace(10, 1e6, 6)]), "s")


def alone(names: list[str]) -> dict[str, xr.DataArray]:
    """The one carrier of each lane, fast, because only the final state counts; glutamate is down
    to 1 nM outside.
    """
    fast = dict.fromkeys(CARRIERS, 1e4) | {"EAAT3": 1e7}
    return {
        f"{n}.maximum": bm.axis("point", [fast[n] * (n == name) for name in names], "fmol/s")
        for n in CARRIERS
        if n != "NHE"
    }


def _bath(lanes: list[tuple[str, float]]) -> dict[str, xr.DataArray]:
    """What little is outside, so that 5 mM stand inside in the end; Ca²⁺ as in blood."""
    cargo = {CARRIERS[name].cargo for name, _ in lanes if name not in OUTWARD}
    return {
        f"bath.{s.name}": bm.axis(
            "point", [5 / head(n, V) if CARRIERS[n].cargo == s else 1e-3 for n, V in lanes], "mM"
        )
        for s in cargo
    }


def _chloride(volts: Any) -> xr.DataArray:
    """Cl⁻ in the cell [mM] at which V is the given one [mV]."""
    return bm.axis("point", 149.5 * np.exp(F * np.asarray(volts, float) / 1e3 / RT), "mM")


def _reached(study: bm.Study, model: bm.Model) -> dict[str, float]:
    """Static heads at −60 and at 0 mV."""
    names = [name for name in CARRIERS if name != "NHE"]
    lanes = [(name, V) for V in (-60.0, 0.0) for name in names]
    bath = _bath(lanes)
    scan = alone([n for n, _ in lanes]) | bath | {"cell.Cl": _chloride([V for _, V in lanes])}
    run = study.run(model, label="reached", times=EVER, parameters=scan)
    last = run.data.isel(time=-1)
    ratios = {}
    for k, (name, V) in enumerate(lanes):
        c, inside = (
            CARRIERS[name],
            float(last.concentration.isel(point=k).sel(pool=f"cell.{CARRIERS[name].cargo.name}")),
        )
        ratios[name, V] = (
            1.5 / inside if name in OUTWARD else inside / float(bath[f"bath.{c.cargo.name}"][k])
        )
    for name in names:
        study.answer(
            f"head_{name}", Q(ratios[name, -60.0], "1"),
            f"{CARRIERS[name].label}: ratio at static head, −60 mV", wanted=Q(head(name, -60), "1"),
            within=1e-5, source=_formula(name),
        )  # fmt: skip
        charge = RT / F / 0.060 * math.log(ratios[name, -60.0] / ratios[name, 0.0])
        study.answer(
            f"charge_{name}", Q(charge, "1"),
            "charges moved in with it, from what V adds to its head",
            wanted=Q(CARRIERS[name].charge, "1"),
            within=Q(1e-4, "1"),
            source="sum of the valences, RT/(F·60 mV) ln of the ratio of both heads",
        )  # fmt: skip
    gain = ratios["NaPi_IIa", -60.0] / ratios["NaPi_IIc", -60.0]
    study.answer("phosphates", Q(gain, "1"), "head of phosphate carrier IIa over that of IIc",
        wanted=Q(head("B0AT1", -60), "1"), within=1e-5,
                 source="one more Na⁺: (145/10) e^(−FV/RT)")  # fmt: skip
    study.answer(
        "V", Q(float(abs(last.potential.isel(membrane=0, point=slice(len(names))) + 60).max()),
            "mV"), "largest deviation of V from −60 mV",
        wanted=Q(0, "mV"), within=Q(1e-4, "mV"),
        source="Nernst potential of Cl⁻: no current is left",
    )  # fmt: skip
    return {name: ratios[name, -60.0] for name in names}


def _formula(name: str) -> str:
    """The formula of a static head in words."""
    c = CARRIERS[name]
    others = "".join(
        f" ({s.name}_{'oi'[m < 0]}/{s.name}_{'io'[m < 0]})" for s, m in c.others.items()
    )
    return f"(145/10)^{c.sodium}{others}" + (f" e^(−{c.charge}FV/RT)" if c.charge else ", at any V")


def _protons(study: bm.Study) -> dict[str, float]:
    """What Na⁺/H⁺ exchange reaches."""
    scan = {"NHE.maximum": bm.axis("point", [1.0], "fmol/s")}
    inside = float(
        study.run(
            build(protons=True), label="protons", times=Q([0, 10, 1000], "s"), parameters=scan
        )
        .data.concentration.isel(time=-1)
        .sel(pool="cell.H")[0]
    )
    study.answer(
        "pH", Q(-math.log10(inside / 1e3), "1"),
        "pH in the cell where Na⁺/H⁺ exchange stalls, bath pH 7.4", within=Q(1e-5, "1"),
        wanted=Q(7.4 + math.log10(145 / 10), "1"), source="pH_o + log10(145/10), at any V",
    )  # fmt: skip
    study.answer("head_NHE", Q(OUT[H] / inside, "1"), "H⁺ out: ratio at static head",
        wanted=Q(head("NHE", -60), "1"), within=1e-5,
                 source=_formula("NHE"))  # fmt: skip
    return {"NHE": OUT[H] / inside}


def _sodium(study: bm.Study, reached: dict[str, float]) -> None:
    """Energy of a mole of Na⁺ that enters, from what a carrier with one Na⁺ reaches with its charge
    and without.
    """
    chemical, total = (RT / 1e3 * math.log(reached[name]) for name in ("NHE", "B0AT1"))
    for name, energy, wanted, source in (
        ("sodium", total, RT * math.log(14.5) + F * 0.060, "RT ln 145/10 + F·60 mV"),
        ("sodium_chemical", chemical, RT * math.log(14.5), "RT ln 145/10"),
        ("sodium_electrical", total - chemical, F * 0.060, "F·60 mV"),
    ):  # fmt: skip
        about = "energy of a mole of Na⁺ that enters" + {"sodium": ""}.get(
            name, f", {name.removeprefix('sodium_')} part"
        )
        study.answer(
            name,
            Q(energy, "kJ/mol"),
            about,
            wanted=Q(wanted / 1e3, "kJ/mol"),
            within=1e-5,
            source=source,
        )


def _published(study: bm.Study, model: bm.Model, glutamate: float) -> None:
    """The two static heads that papers report."""
    study.answer(
        "glutamate",
        Q(glutamate, "1"),
        "glutamate in over out, once more",
        wanted=(Q(1e6, "1"), Q(1e8, "1")),
        source=(
            "'exceeding 10⁶' at equilibrium: Zerangue & Kavanaugh 1996, Nature 383:634 (abstract)"
        ),
    )
    theirs = {"cell.Na": Q(14, "mM"), "bath.Na": Q(140, "mM"), "bath.I": Q(5e-3, "mM")}
    run = study.run(model, label="iodide", times=EVER, parameters=alone(["NIS"]) | theirs)
    ratio = float(run.data.concentration.isel(time=-1).sel(pool="cell.I")[0]) / 5e-3
    paper = (
        "Nicola et al. 2014, Nature Communications 5:3948, introduction: 140 and 14 mM Na⁺, −60 mV,"
        " 37 °C"
    )
    study.answer(
        "iodide", Q(ratio, "1"), "iodide in over out with Na⁺ 140/14 mM",
        wanted=Q(100 * math.exp(0.060 * F / RT), "1"), within=1e-5,
        source=f"(140/14)² e^(−FV/RT), and '≤ 1,000': {paper}",
    )  # fmt: skip
    study.answer("iodide_energy", Q(RT * math.log(ratio) / 4184, "kcal/mol"), "energy on it",
        wanted=Q(4.3, "kcal/mol"), within=Q(0.1, "kcal/mol"),
                 source=f"'~4.3 kcal/mol': {paper}")  # fmt: skip


def _calcium(study: bm.Study, model: bm.Model) -> None:
    """Na⁺/Ca²⁺ exchange: Ca²⁺ that it leaves in the cell, and V at which it turns round at 100
    nM.
    """
    V = np.linspace(-100, -20, 9)
    scan = {"membrane.potential": bm.axis("point", V, "mV"), "cell.Ca": Q(1e-4, "mM")}
    affinity = (
        study.run(model, label="exchange", times=Q([0, 1e-6], "s"), parameters=scan)
        .data.affinity.sel(process="NCX")
        .isel(time=0)
    )
    turns = float(np.interp(0, -affinity.values, V))
    study.answer(
        "reversal", Q(turns, "mV"),
        "V at which Na⁺/Ca²⁺ exchange turns round, 100 nM Ca²⁺ in the cell", within=Q(1e-6, "mV"),
        wanted=Q(RT / F * 1e3 * (3 * math.log(145 / 10) - math.log(1.5 / 1e-4)), "mV"),
        source="3 E_Na − 2 E_Ca",
    )  # fmt: skip
    volts = [-80.0, -60.0, 0.0]
    run = study.run(
        model,
        label="calcium",
        times=EVER,
        parameters=alone(["NCX"] * 3) | {"cell.Cl": _chloride(volts)},
    )
    for V_end, c in zip(
        volts, run.data.concentration.isel(time=-1).sel(pool="cell.Ca").values, strict=True
    ):
        wanted = 1.5e6 * (10 / 145) ** 3 * math.exp(F * V_end / 1e3 / RT)
        study.answer(
            f"calcium_{abs(V_end):.0f}", Q(float(c) * 1e6, "nM"),
            f"Ca²⁺ that it leaves in the cell at {V_end:.0f} mV", wanted=Q(wanted, "nM"),
            within=1e-5, source="1.5 mM (10/145)³ e^(FV/RT)",
        )  # fmt: skip


LEVELS = np.geomspace(0.01, 100, 25)  # mM


def chain(k: dict[str, float]) -> float:
    """k23 k34 k45/(k32 k43 + k32 k45 + k34 k45): influx per carrier that waits outside with 2 Na⁺,
    and per concentration, with none inside.
    """
    return k["k23"] * k["k34"] * k["k45"] / (k["k32"] * (k["k43"] + k["k45"]) + k["k34"] * k["k45"])


def _binding(study: bm.Study) -> tuple[xr.Dataset, xr.Dataset]:
    """Two sugars at the same concentrations: how fast each enters, and how far."""
    model, s = binding(), lib.sheet("eskandari_2005")
    k = {key: float(s[key].quantity.magnitude) for key in ("k23", "k32", "k34", "k43", "k45")}
    sooner, later = k | {"k32": 100 * k["k32"], "k45": 100 * k["k45"]}, k | {"k23": k["k23"] / 100}
    both: dict[str, Any] = {
        f"bath.{name}": bm.axis("level", LEVELS, "mM") for name in ("glucose", "sugar")
    }
    both |= {f"cell.{name}": Q(1e-6, "mM") for name in ("glucose", "sugar")} | {
        "carrier.density": Q(0.1, "1/um^2")
    }
    for name, key, unit in (
        ("C2-D3.forward", "k23", "1/M/s"),
        ("C2-D3.reverse", "k32", "1/s"),
        ("D4-C5.forward", "k45", "1/s"),
    ):
        both[f"carrier.{name}"] = bm.axis("kind", [sooner[key], later[key]], unit)
    study.answer(
        "K_glucose",
        Q(1e3 * k["k32"] / k["k23"], "mM"),
        "dissociation constant of glucose outside, k32/k23",
    )
    study.answer(
        "K_sugar", Q(1e3 * sooner["k32"] / k["k23"], "mM"), "that of the sugar which leaves faster"
    )
    fluxes = study.run(model, label="influx", times=Q([0, 10], "s"), parameters=both).data.isel(
        time=-1
    )
    share = (
        fluxes.flux.sel(process="carrier:C2-C3") / fluxes.flux.sel(process="carrier:C2-D3")
    ).assign_coords(level=LEVELS)
    for kind, other, name, about in (
        (0, sooner, "leaves_sooner", "the other leaves it 100 times faster"),
        (1, later, "finds_less", "the other finds it 100 times less often"),
    ):  # fmt: skip
        share_of_kind = share.isel(kind=kind)
        study.answer(
            f"{name}", Q(float(share_of_kind.sel(level=1.0, method="nearest")), "1"),
            f"influx of glucose over that of another at 1 mM of each: {about}",
            wanted=Q(chain(k) / chain(other), "1"), within=1e-3,
            source="k23 k34 k45/(k32 k43 + k32 k45 + k34 k45) of one over that of the other",
        )  # fmt: skip
        study.answer(
            f"{name}_spread",
            Q(float(abs(share_of_kind / (chain(k) / chain(other)) - 1).max()), "1"),
            "largest deviation from it, 0.01 to 100 mM of each",
            wanted=Q(0, "1"), within=Q(1e-3, "1"),
            source="both wait for the same state of the carrier",
        )  # fmt: skip
    little = {f"bath.{name}": Q(5 / head("SGLT", -60), "mM") for name in ("glucose", "sugar")}
    times = Q(np.concatenate([[0], np.geomspace(10, 1e8, 71)]), "s")
    run = study.run(model, label="both", times=times, parameters=little)
    level = {
        name: run.data.concentration.sel(pool=f"cell.{name}") * head("SGLT", -60) / 5
        for name in ("glucose", "sugar")
    }
    half = {
        name: float(np.interp(np.log(head("SGLT", -60) / 2), np.log(c), run.data.time))
        for name, c in level.items()
    }
    for name, about in (("glucose", "glucose"), ("sugar", "the weakly bound sugar")):
        study.answer(
            f"end_{name}", Q(float(level[name][-1]), "1"),
            f"{about}: ratio at static head, both on the same carrier", within=1e-4,
            wanted=Q(head("SGLT", -60), "1"),
            source="(145/10)² e^(−2FV/RT): no binding constant in it",
        )  # fmt: skip
    study.answer(
        "half_glucose", Q(half["glucose"], "s"), "time until half of it is reached, glucose"
    )
    study.answer("half_sugar", Q(half["sugar"], "s"), "the same, the weakly bound sugar")
    return fluxes.assign_coords(level=share.level), run.data


def energies(name: str) -> dict[str, float]:
    """Energies that lift a mole of cargo [kJ/mol]: the Na⁺ gradient, the other ions' gradients, and
    V on the charge of all together.
    """
    c = CARRIERS[name]
    others = sum(m * RT * math.log(OUT[s] / IN[s]) / 1e3 for s, m in c.others.items())
    return {
        "Na": c.sodium * RT * math.log(145 / 10) / 1e3,
        "V": c.charge * F * 0.060 / 1e3,
        "others": others,
    }


PARTS = {
    "Na": ("Na⁺ gradient", COLOURS["Na"]),
    "V": ("V on the charge moved", "#56B4E9"),
    "others": ("K⁺ and H⁺ gradients", COLOURS["K"]),
}


def _figure_of_reach(reached: dict[str, float]) -> Any:
    """The energies that lift each cargo, and the ratio it reaches."""
    from matplotlib.figure import Figure

    names = sorted(reached, key=lambda n: reached[n])
    with bm.figures.style():
        figure = Figure(figsize=(85 / 25.4, 72 / 25.4), layout="constrained")
        ax = figure.subplots()
        left = np.zeros(len(names))
        for part, (label, colour) in PARTS.items():
            wide = np.array([energies(n)[part] for n in names])
            ax.barh(
                range(len(names)),
                wide,
                left=left,
                color=colour,
                label=label,
                height=0.62,
                edgecolor="white",
                lw=0.4,
            )
            left = left + wide
        lifted = RT / 1e3 * np.log([reached[n] for n in names])
        ax.plot(
            lifted,
            range(len(names)),
            "o",
            color=COLOURS["charge"],
            ms=3.5,
            mec="white",
            mew=0.4,
            label="reached in the run",
        )
        for k, n in enumerate(names):
            ax.annotate(
                _power(reached[n]),
                (lifted[k], k),
                (5, 0),
                textcoords="offset points",
                va="center",
                fontsize=6,
            )
        ax.set_yticks(range(len(names)), [f"{CARRIERS[n].label}" for n in names])
        ax.set(xlabel="energy to lift the cargo (kJ/mol)", xlim=(0, 49))
        decade = RT * math.log(10) / 1e3
        upper = ax.secondary_xaxis("top", functions=(lambda x: x / decade, lambda x: x * decade))
        upper.set_xticks([0, 2, 4, 6], ["1", "10²", "10⁴", "10⁶"])
        upper.set_xlabel("ratio at static head")
        ax.legend(loc="lower right", borderaxespad=0)
    return figure


def _power(value: float) -> str:
    """A number in print, in powers of ten from a thousand on."""
    return typeset(f"{value:.3g}" if value < 1000 else f"{value:.1e}")


def _figure_of_binding(influx: xr.Dataset, both: xr.Dataset) -> Any:
    """Two sugars that differ in how long they stay bound: how fast, and how far."""
    from matplotlib.figure import Figure

    lines = (
        ("glucose", "carrier:C2-C3", COLOURS["glucose"], "-"),
        ("sugar", "carrier:C2-D3", COLOURS["charge"], "--"),
    )
    with bm.figures.style():
        figure = Figure(figsize=(85 / 25.4, 55 / 25.4), layout="constrained")
        left, right = figure.subplots(1, 2)
        for name, process, colour, dash in lines:
            turns = (
                influx.flux.sel(process=process).isel(kind=0) * 6.02214076e8 / 50
            )  # of 0.1 carriers per µm² on 500 µm²
            left.plot(influx.level, turns, color=colour, ls=dash)
            right.plot(both.time / 3600, both.concentration.sel(pool=f"cell.{name}") * head("SGLT",
                -60) / 5, color=colour, ls=dash,
                       label={"sugar": "a sugar that leaves 100 times faster"}.get(name, name
            ))  # fmt: skip
        right.axhline(head("SGLT", -60), color="#888888", lw=0.5, zorder=0)
        left.set(
            xscale="log",
            yscale="log",
            xlabel="each sugar outside (mM)",
            ylabel="influx per carrier (1/s)",
            xlim=(0.01, 100),
            ylim=(0.01, 10),
        )
        left.set_xticks([0.01, 1, 100])
        right.set(
            xscale="log",
            yscale="log",
            xlabel="time (h)",
            ylabel="inside / outside",
            xlim=(0.01, 1e4),
            ylim=(3, 5e4),
        )
        right.set_xticks([0.01, 1, 100, 1e4])
        for letter, ax in zip("AB", (left, right), strict=True):
            ax.set_title(letter, loc="left", fontsize=8, fontweight="bold")
        figure.legend(*right.get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure
