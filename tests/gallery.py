"""Fifty planted faults and fifty sound laws, written as people write them: numbers in mM, V and s
at 37 °C, fluxes of any scale.

A fault is (name, the cause that a referee would name, what is audited).  ``also`` are other names
for the same thing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp
from builders import FUEL, SALINE, membrane, mM

import biomembrane as bm
from biomembrane import Q, symbols
from biomembrane.declare.reaction_text import terms
from biomembrane.library import Cl, K, Na, glucose
from biomembrane.second_law.claim import Claim, claim
from biomembrane.symbols import B, F, R, T

V = symbols.potential("m")
u = F * V / (R * T)
exp, ln = sp.exp, sp.log
RT = R * T
CHARGE = {
    "Na": 1,
    "K": 1,
    "Cl": -1,
    "Ca": 2,
    "H": 1,
    "HCO3": -1,
    "NH4": 1,
    "glutamate": -1,
    "MgATP": -2,
    "MgADP": -1,
    "HPO4": -2,
}
USUAL = {
    "Na": (12.0, 145.0), "K": (140.0, 4.5), "Cl": (8.0, 118.0), "Ca": (1e-4, 1.2),
    "H": (6.3e-5, 4e-5), "HCO3": (15.0, 24.0), "glucose": (1.0, 5.0),
    "NH4": (0.5, 0.1), "glutamate": (8.0, 0.02), "ATP": (4.0, 4.0), "ADP": (0.4, 0.4),
    "Pi": (4.0, 4.0), "MgATP": (4.0, 4.0), "MgADP": (0.03, 0.03),
    "HPO4": (2.0, 2.0), "citrulline": (0.3, 0.1), "lactate": (2.0, 1.0), "alanine": (1.5, 0.4),
}  # fmt: skip


def c(name: str) -> sp.Symbol:
    """A concentration [mM]."""
    return symbols.concentration(name)


def said(name: str, reaction: str, flux: Any = None, energy: float = 0.0, **what: Any) -> Claim:
    """A claim from a reaction's text; ``energy`` is ΔG° [kJ/mol] at 1 M."""
    changes: dict[str, int] = {}
    for sign, side in zip((-1, 1), terms(reaction, name), strict=True):
        for n, species, where in side:
            changes[f"{species}@{where}"] = changes.get(f"{species}@{where}", 0) + sign * n
    known = {
        k: (n, CHARGE.get(k.split("@")[0], 0), USUAL[k.split("@")[0]][k.endswith("@out")])
        for k, n in changes.items()
    }
    return claim(name, known, voltage=V, energy=sp.Float(energy * 1e3), flux=flux, **what)


@dataclass(frozen=True)
class Fault:
    """One planted fault."""

    name: str
    cause: str
    made: Callable[[], Any]
    also: tuple[str, ...] = ()


FAULTS: list[Fault] = []
SOUND: list[tuple[str, Callable[[], Any]]] = []


def fault(cause: str, *also: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Adds what a function makes to the faults."""

    def add(made: Callable[[], Any]) -> Callable[[], Any]:
        FAULTS.append(Fault(made.__name__.replace("_", " "), cause, made, also))
        return made

    return add


# --- the laws that are spoilt

NaK = "3 Na@in + 2 K@out + ATP@in -> 3 Na@out + 2 K@in + ADP@in + Pi@in"
SGLT = "2 Na@out + glucose@out -> 2 Na@in + glucose@in"
NKCC = "Na@out + K@out + 2 Cl@out -> Na@in + K@in + 2 Cl@in"
KCC = "K@in + Cl@in -> K@out + Cl@out"
NCX = "3 Na@out + Ca@in -> 3 Na@in + Ca@out"
NBC = "Na@out + 3 HCO3@out -> Na@in + 3 HCO3@in"
NHE = "Na@out + H@in -> Na@in + H@out"
GLUT = "glucose@out -> glucose@in"
EAAT = "3 Na@out + H@out + glutamate@out + K@in -> 3 Na@in + H@in + glutamate@in + K@out"
DG = -30.0  # kJ/mol, apparent energy of hydrolysis at 1 M


def pump(
    a: float = 3,
    b: float = 2,
    z: float = 1,
    back: float = 1.0,
    energy: float = DG,
    K_i: float = 20,
    sign: int = 1,
    reaction: str = NaK,
    extra: Any = 1,
) -> Claim:
    """A lumped 3:2 pump: mass action over common denominators, one charge out."""
    D = (1 + c("Na@in") / K_i) ** 3 * (1 + c("K@out") / 1.5) ** 2 * (1 + c("ATP@in") / 0.3)
    half = sign * z * u / 2
    forward = c("Na@in") ** a * c("K@out") ** b * c("ATP@in") * exp(half)
    equal = exp(sp.Float(energy * 1e3) / RT) / 1000
    reverse = (
        back
        * equal
        * c("Na@out") ** a
        * c("K@in") ** b
        * c("ADP@in")
        * c("Pi@in")
        * exp(-half)
        * extra
    )
    return said("pump", reaction, 4e-4 * (forward - reverse) / D, DG)


def sglt(
    n: float = 2, z: float = 2, back: float = 1.0, swap: bool = False, extra: Any = 1
) -> Claim:
    """2 Na⁺ : 1 glucose with a saturating denominator."""
    Na_o, Na_i = (c("Na@in"), c("Na@out")) if swap else (c("Na@out"), c("Na@in"))
    D = (1 + Na_o / 30) ** 2 * (1 + c("glucose@out") / 0.5) + (1 + Na_i / 40) ** 2 * (
        1 + c("glucose@in") / 20
    )
    return said(
        "SGLT",
        SGLT,
        extra
        * 0.02
        * (
            Na_o**n * c("glucose@out") * exp(-z * u / 2)
            - back * Na_i**n * c("glucose@in") * exp(z * u / 2)
        )
        / D,
    )


def nkcc(cl: int = 2, sign: int = 1) -> Claim:
    forward, reverse = (c(f"Na@{s}") * c(f"K@{s}") * c(f"Cl@{s}") ** cl for s in ("out", "in"))
    return said(
        "NKCC", NKCC, sign * 1e-4 * (forward - reverse) / (1 + 2e-6 * forward + 1e-6 * reverse)
    )


# --- sign


@fault("voltage sign")
def potassium_GHK_with_V_reversed() -> Claim:
    return said("K", "K@in -> K@out", 0.1 * u * (c("K@in") - c("K@out") * exp(u)) / (exp(u) - 1))


@fault("voltage sign")
def SGLT_driven_by_V_the_wrong_way() -> Claim:
    return sglt(z=-2)


@fault("voltage sign")
def pump_that_V_helps() -> Claim:
    return pump(sign=-1)


@fault("voltage sign", "sides")
def chloride_with_a_cation_s_reversal_potential() -> Claim:
    return said("Cl", "Cl@in -> Cl@out", -0.3 * (V - RT / F * ln(c("Cl@out") / c("Cl@in"))))


@fault("direction")
def NKCC_backwards() -> Claim:
    return nkcc(sign=-1)


@fault("direction")
def NHE_written_for_the_other_direction() -> Claim:
    a, b = c("Na@out") * c("H@in"), c("Na@in") * c("H@out")
    return said("NHE", NHE, 12.0 * (b - a) / ((1 + c("Na@out") / 30) * (1 + c("H@in") / 1e-4)))


@fault("sides")
def SGLT_with_sodium_inside_out() -> Claim:
    return sglt(swap=True)


@fault("sides")
def proton_sides_swapped_in_an_exchanger() -> Claim:
    return said(
        "NHE",
        NHE,
        12.0 * (c("Na@out") * c("H@out") - c("Na@in") * c("H@in")) / (1 + c("Na@out") / 30),
    )


# --- order


@fault("order")
def SGLT_with_one_sodium() -> Claim:
    return sglt(n=1)


@fault("order")
def NKCC_with_one_chloride() -> Claim:
    return nkcc(cl=1)


@fault("order")
def pump_with_two_sodium() -> Claim:
    return pump(a=2)


@fault("order")
def pump_with_a_Hill_exponent() -> Claim:
    return pump(a=1.36)


@fault("order")
def NCX_with_four_sodium() -> Claim:
    a, b = c("Na@out") ** 4 * c("Ca@in") * exp(-u / 2), c("Na@in") ** 4 * c("Ca@out") * exp(u / 2)
    return said("NCX", NCX, 1e-6 * (a - b) / (1 + c("Ca@out") / 1.4))


@fault("order")
def NBC_with_the_reversal_potential_of_two_bicarbonates() -> Claim:
    E = RT / ((1 - 2) * F) * ln(c("Na@out") / c("Na@in") * (c("HCO3@out") / c("HCO3@in")) ** 2)
    return said("NBC", NBC, 0.2 * (V - E))


@fault("order")
def KCC_without_chloride_inside() -> Claim:
    return said("KCC", KCC, 1e-3 * (c("K@in") * 8.0 - c("K@out") * c("Cl@out")))


@fault("order")
def NKCC_with_the_outside_in_a_number() -> Claim:
    S = c("Na@in") * c("K@in") * c("Cl@in") ** 2 / 1e12
    return said("NKCC", NKCC, (157.55 - 2.0096e7 * S) / (1.0306 + 1.3852e6 * S))


@fault("order")
def SERCA_with_one_calcium() -> Claim:
    a = c("Ca@in") * c("ATP@in")
    b = exp(DG * 1e3 / RT) / 1000 * c("Ca@out") * c("ADP@in") * c("Pi@in")
    return said(
        "SERCA",
        "2 Ca@in + ATP@in -> 2 Ca@out + ADP@in + Pi@in",
        (a * exp(2 * u) - b * exp(-2 * u)) / (1 + c("Ca@in") / 3e-4),
        DG,
    )


@fault("order")
def EAAT_without_counter_transport_of_potassium() -> Claim:
    out, within = (c(f"Na@{s}") ** 3 * c(f"H@{s}") * c(f"glutamate@{s}") for s in ("out", "in"))
    return said("EAAT", EAAT, out * exp(-u) - within * exp(u))


@fault("order")
def lactate_without_its_proton() -> Claim:
    return said(
        "MCT",
        "lactate@in + H@in -> lactate@out + H@out",
        0.5 * (c("lactate@in") - c("lactate@out")) / (1 + c("lactate@in") / 4),
    )


# --- charge


@fault("charge")
def SGLT_without_voltage() -> Claim:
    return sglt(z=0)


@fault("charge")
def NCX_taken_for_electroneutral() -> Claim:
    return said(
        "NCX",
        NCX,
        1e-4
        * (c("Na@out") ** 3 * c("Ca@in") - c("Na@in") ** 3 * c("Ca@out"))
        / (1 + c("Na@in") / 12) ** 3,
    )


@fault("charge")
def pump_with_two_charges() -> Claim:
    return pump(z=2)


@fault("charge")
def fractions_of_the_field_that_add_up_to_nine_tenths() -> Claim:
    a1, a2, delta = 0.3, 0.0, 0.6
    ahead = exp(-2 * a1 * u / 2) * exp(-2 * delta * u / 2) * exp(-2 * a2 * u / 2)
    back = exp(2 * a1 * u / 2) * exp(2 * delta * u / 2) * exp(2 * a2 * u / 2)
    return said(
        "SGLT",
        SGLT,
        0.01
        * (c("Na@out") ** 2 * c("glucose@out") * ahead - c("Na@in") ** 2 * c("glucose@in") * back),
    )


@fault("charge")
def room_temperature_RT_over_F_in_a_warm_cell() -> Claim:
    v = V / sp.Float(0.0256926)
    return said("K", "K@in -> K@out", 0.1 * (c("K@in") * exp(v / 2) - c("K@out") * exp(-v / 2)))


@fault("charge")
def calcium_GHK_with_one_charge() -> Claim:
    return said(
        "Ca", "Ca@out -> Ca@in", 3.0 * u * (c("Ca@in") - c("Ca@out") * exp(-u)) / (exp(-u) - 1)
    )


@fault("charge")
def NBC_with_one_charge_too_few() -> Claim:
    a, b = c("Na@out") * c("HCO3@out") ** 3, c("Na@in") * c("HCO3@in") ** 3
    return said("NBC", NBC, 1e-5 * (a * exp(u / 2) - b * exp(-u / 2)))


# --- units


@fault("unit")
def millivolts_beside_F_over_RT_in_volts() -> Claim:
    v = 1000 * u
    return said("K", "K@in -> K@out", 0.1 * (c("K@in") * B(-v) - c("K@out") * B(v)))


@fault("unit")
def one_half_saturation_in_molar() -> Claim:
    a, b = c("glucose@out") / 9.5, c("glucose@in") / 0.0095
    return said("GLUT", GLUT, 2.0 * (a - b) / (1 + a + b))


@fault("unit")
def equilibrium_constant_of_hydrolysis_in_molar() -> Claim:
    K_eq = exp(-DG * 1e3 / RT)  # M, beside concentrations in mM
    return said(
        "ATPase",
        "ATP@in -> ADP@in + Pi@in",
        1e-3 * (c("ATP@in") - c("ADP@in") * c("Pi@in") / K_eq),
        DG,
    )


@fault("unit")
def two_sodium_constants_in_molar() -> Claim:
    return sglt(back=1e6)


@fault("unit")
def calcium_in_micromolar_on_one_side() -> Claim:
    a, b = (
        c("Na@out") ** 3 * 1e3 * c("Ca@in") * exp(-u / 2),
        c("Na@in") ** 3 * c("Ca@out") * exp(u / 2),
    )
    return said("NCX", NCX, 1e-5 * (a - b) / (1 + 0.1 * exp(-0.65 * u)))


# --- conventions of standard energies


@fault("convention")
def pump_with_an_apparent_energy_beside_explicit_protons() -> Claim:
    a = c("Na@in") ** 3 * c("K@out") ** 2 * c("MgATP@in") * exp(u / 2)
    b = (
        exp(sp.Float(-29.6e3) / RT)
        * c("Na@out") ** 3
        * c("K@in") ** 2
        * c("MgADP@in")
        * c("HPO4@in")
        * c("H@in")
        * exp(-u / 2)
        / 1e6
    )
    reaction = "3 Na@in + 2 K@out + MgATP@in -> 3 Na@out + 2 K@in + MgADP@in + HPO4@in + H@in"
    return said("pump", reaction, 1e-3 * (a - b), 11.9)


@fault("convention")
def hydrolysis_without_protons_and_an_energy_with_them() -> Claim:
    K_eq = exp(sp.Float(-11.9e3) / RT) * 1000
    return said(
        "ATPase",
        "ATP@in -> ADP@in + Pi@in",
        1e-3 * (c("ATP@in") - c("ADP@in") * c("Pi@in") / K_eq),
        -29.6,
    )


@fault("convention")
def proton_pump_with_an_energy_at_pH_7() -> Claim:
    reaction = "2 H@in + MgATP@in -> 2 H@out + MgADP@in + HPO4@in + H@in"
    a = c("H@in") ** 2 * c("MgATP@in") * exp(u)
    b = (
        exp(sp.Float(-29.6e3) / RT)
        * c("H@out") ** 2
        * c("MgADP@in")
        * c("HPO4@in")
        * c("H@in")
        * exp(-u)
        / 1e6
    )
    return said("V-ATPase", reaction, (a - b) / (1 + c("MgATP@in")), 11.9)


# --- constants: Haldane, loops


@fault("constant")
def pump_with_one_rate_ten_times_too_high() -> Claim:
    return pump(back=10)


@fault("constant")
def two_half_saturations_and_one_maximum() -> Claim:
    return said(
        "GLUT",
        GLUT,
        3.0
        * (c("glucose@out") / (1.6 + c("glucose@out")) - c("glucose@in") / (4.0 + c("glucose@in"))),
    )


@fault("constant")
def AE1_with_a_rate_off_by_a_third() -> Claim:
    a, b = (
        1247 / 198 * c("HCO3@in") * 61 / 50 * c("Cl@out"),
        1.33 * 135 / 198 * c("HCO3@out") * 562 / 50 * c("Cl@in"),
    )
    D = (1 + c("HCO3@in") / 198 + c("Cl@in") / 50) * (1 + c("HCO3@out") / 198 + c("Cl@out") / 50)
    return said("AE1", "HCO3@in + Cl@out -> HCO3@out + Cl@in", (a - b) / D)


ON = membrane(
    bm.Compartment(
        "cell",
        volume=Q(1, "pL"),
        contents=mM({Na: 12.0, K: 140.0, Cl: 8.0, glucose: 1.0}),
        held=mM(FUEL),
        impermeant=bm.balance(charge=-1),
    ),
    bm.Reservoir("bath", mM(SALINE | {glucose: 5.0})),
)
Steps = list[tuple[str, float, str, float, str]]
SIX: Steps = [
    ("C1 + 2 Na@out <-> C2", 8e4, "1/M^2/s", 500, "1/s"),
    ("C2 + glucose@out <-> C3", 1e5, "1/M/s", 20, "1/s"),
    ("C3 <-> C4", 50, "1/s", 50, "1/s"),
    ("C4 <-> C5 + glucose@in", 800, "1/s", 12190, "1/M/s"),
    ("C5 <-> C6 + 2 Na@in", 10, "1/s", 4500, "1/M^2/s"),
    ("C6 <-> C1", 3, "1/s", 350, "1/s"),
    ("C2 <-> C5", 0.3, "1/s", 9.1e-4, "1/s"),
]  # Eskandari, Wright & Loo 2005, as in reference/science.md §3g
CARRIER: Steps = [
    ("Eo + glucose@out <-> So", 1000, "1/M/s", 12.6, "1/s"),
    ("So <-> Si", 1350, "1/s", 90, "1/s"),
    ("Si <-> Ei + glucose@in", 12.6, "1/s", 1000, "1/M/s"),
    ("Ei <-> Eo", 0.8, "1/s", 12, "1/s"),
]  # GLUT2 of Afshar 2021, as in reference/science.md §4


def cycle(steps: Steps, change: dict[int, float] | None = None, **kw: Any) -> bm.Cycle:
    """A diagram with some forward constants multiplied."""
    change = change or {}
    made = [
        (text, {"forward": Q(f * change.get(k, 1), a), "reverse": Q(r, b)})
        for k, (text, f, a, r, b) in enumerate(steps)
    ]
    names = list(
        dict.fromkeys(
            w
            for text, *_ in steps
            for w in text.replace("+", " ").replace("<->", " ").split()
            if "@" not in w and not w.isdigit()
        )
    )
    six = (
        {"C2": 0.6, "C3": 0.6, "C4": 0.6, "C5": 0.6, "C6": -1.4} if len(names) == 6 else {}
    )  # α′ = 0.3, δ = 0.7
    what = {"on": ON, "charge": six, "reason": "as published"} | kw
    return bm.Cycle(
        "cycle", density=Q(1, "fmol"), states=" ".join(sorted(names)), steps=made, **what
    )


@fault("constant")
def carrier_with_a_loop_off_by_three() -> bm.Cycle:
    return cycle(CARRIER, {1: 3.0})


@fault("constant")
def symporter_with_a_slip_off_by_ten() -> bm.Cycle:
    return cycle(SIX, {6: 10.0})


@fault("constant")
def symporter_with_sugar_release_off_by_two() -> bm.Cycle:
    return cycle(SIX, {3: 2.0})


@fault("constant")
def symporter_with_a_closed_sugar_loop_and_an_open_leak() -> bm.Cycle:
    return cycle(SIX, {5: 4.0, 1: 0.25})


# --- rounding


@fault("rounding")
def symporter_as_printed_with_two_digits() -> bm.Cycle:
    return cycle(SIX)


@fault("rounding")
def AE1_as_printed() -> Claim:
    a, b = 1247 * 61 * c("HCO3@in") * c("Cl@out"), 135 * 562 * c("HCO3@out") * c("Cl@in")
    return said("AE1", "HCO3@in + Cl@out -> HCO3@out + Cl@in", (a - b) / (1 + c("Cl@out") / 50))


# --- temperature


def q10(factor: float) -> Any:
    return sp.Float(factor) ** ((T - sp.Float(310.15)) / 10)


@fault("Q10")
def carrier_with_two_Q10() -> Claim:
    return said("GLUT", GLUT, 2.0 * (q10(3.0) * c("glucose@out") - q10(2.1) * c("glucose@in")))


@fault("Q10")
def activation_energies_that_differ() -> Claim:
    warm = (1 / sp.Float(310.15) - 1 / T) / R
    return said(
        "GLUT",
        GLUT,
        2.0
        * (exp(60e3 * warm) * c("glucose@out") - exp(88e3 * warm) * c("glucose@in"))
        / (1 + c("glucose@out") / 7),
    )


@fault("Q10")
def a_temperature_factor_on_one_term_only() -> Claim:
    return said(
        "K", "K@in -> K@out", 0.1 * (q10(1.4) * c("K@in") * exp(u / 2) - c("K@out") * exp(-u / 2))
    )


# --- books


@fault("current")
def leak_current_without_an_ion() -> Claim:
    return said("leak", GLUT, 0.1 * (c("glucose@out") - c("glucose@in")), current=1.0)


@fault("current")
def pump_current_booked_twice() -> Claim:
    made = pump()
    return said("pump", NaK, made.flux, DG, current=-2.0)


@fault("current")
def NBC_booked_with_one_charge() -> Claim:
    a, b = c("Na@out") * c("HCO3@out") ** 3, c("Na@in") * c("HCO3@in") ** 3
    return said("NBC", NBC, 1e-5 * (a * exp(u) - b * exp(-u)), current=-1.0)


@fault("mass")
def phosphate_that_vanishes() -> Claim:
    return said(
        "ATPase", "ATP@in -> ADP@in", 1e-3 * (c("ATP@in") - c("ADP@in")), unbalanced="phosphate −1"
    )


@fault("mass")
def carbon_from_nothing() -> Claim:
    return said(
        "exchange",
        "lactate@in -> 2 alanine@in",
        0.1 * (c("lactate@in") - c("alanine@in") ** 2),
        unbalanced="C +3, N +2",
    )


# --- one way


@fault("irreversible")
def constant_pump() -> Claim:
    return said("pump", NaK, sp.Float(0.2), DG)


@fault("irreversible")
def sigmoid_pump() -> Claim:
    return said(
        "pump", NaK, 6.8 / (1 + exp((25 - c("Na@in")) / 3)) / (1 + exp(5.5 - c("K@out"))), DG
    )


@fault("irreversible")
def saturable_pump_without_products() -> Claim:
    flux = (c("Na@in") / (c("Na@in") + 0.2 * (1 + c("K@in") / 8.33))) ** 3 * (
        c("K@out") / (c("K@out") + 0.1 * (1 + c("Na@out") / 18.5))
    ) ** 2
    return said("pump", NaK, flux, DG)


@fault("irreversible")
def proton_pump_that_stops_softly() -> Claim:
    push = RT * ln(c("H@out") / c("H@in")) - F * V
    return said(
        "V-ATPase",
        "H@in + ATP@in -> H@out + ADP@in + Pi@in",
        0.3 / (1 + exp(0.4e-3 * (push - 2100))),
        DG,
    )


@fault("irreversible")
def one_way_uptake() -> Claim:
    return said("EAAT", EAAT, 0.1 * c("glutamate@out") / (0.02 + c("glutamate@out")))


@fault("irreversible")
def clipped_exchanger() -> Claim:
    return said("GLUT", GLUT, sp.Max(0, 0.3 * (c("glucose@out") - c("glucose@in"))))


# --- shape


@fault("factor")
def inhibition_that_turns_negative() -> Claim:
    return sglt(extra=1 - c("glucose@in") / 4)


@fault("factor")
def a_turnover_fitted_by_a_line() -> Claim:
    return said(
        "GLUT", GLUT, (0.5 + 8 * V) * (c("glucose@out") - c("glucose@in")) / (5 + c("glucose@out"))
    )


@fault("nonlinear", "constant")
def two_saturations_with_equal_initial_slopes() -> Claim:
    a, b = (
        6.0 * c("glucose@out") / (3 + c("glucose@out")),
        2.0 * c("glucose@in") / (1 + c("glucose@in")),
    )
    return said("GLUT", GLUT, a - b)


@fault("nonlinear")
def a_constant_uptake_beside_a_carrier() -> Claim:
    return said("GLUT", GLUT, 0.4 * (c("glucose@out") - c("glucose@in")) + 0.3)


# --- sound laws: every reaction in every way that people write them

REACTIONS: dict[str, tuple[str, float]] = {
    "K channel": ("K@in -> K@out", 0.0), "Cl channel": ("Cl@in -> Cl@out", 0.0),
    "Ca channel": ("Ca@out -> Ca@in", 0.0), "GLUT": (GLUT, 0.0),
    "SGLT": (SGLT, 0.0), "NKCC": (NKCC, 0.0), "KCC": (KCC, 0.0), "NCX": (NCX, 0.0),
    "NBC": (NBC, 0.0), "NHE": (NHE, 0.0), "EAAT": (EAAT, 0.0),
    "pump": (NaK, DG), "ATPase": ("ATP@in -> ADP@in + Pi@in", DG),
    "AE1": ("HCO3@in + Cl@out -> HCO3@out + Cl@in", 0.0),
    "MCT": ("lactate@in + H@in -> lactate@out + H@out", 0.0),
    "SERCA": ("2 Ca@in + ATP@in -> 2 Ca@out + ADP@in + Pi@in", DG),
    "transaminase": ("lactate@in -> alanine@in", 3.5),
}  # fmt: skip


def sides(blank: Claim) -> tuple[Any, Any, Any]:
    """Π c^ν of both sides, and the equilibrium constant in mM."""
    up, down = (
        sp.Mul(*((x.symbol / x.usual) ** abs(x.change) for x in blank.levels if x.change * s < 0))
        for s in (1, -1)
    )
    scale = sp.Mul(*((sp.Float(x.usual) / 1000) ** x.change for x in blank.levels))
    return up, down, scale


def mass_action(b: Claim, energy: Any) -> Any:
    up, down, scale = sides(b)
    return 0.7 * (up * exp(-b.charge * u / 2) - down * scale * exp(energy / RT + b.charge * u / 2))


def modular(b: Claim, energy: Any) -> Any:
    D = sp.Mul(*((1 + x.symbol / (0.4 * x.usual)) ** abs(x.change) for x in b.levels if x.change))
    return mass_action(b, energy) / D / (1 + c("citrulline@in") / 0.2)


def expanded(b: Claim, energy: Any) -> Any:
    extra = 1 + b.levels[0].symbol / b.levels[0].usual + exp(0.3 * u)
    return sp.expand(mass_action(b, energy) * extra)


def one_barrier(b: Claim, energy: Any) -> Any:
    up, down, scale = sides(b)
    return (
        0.2
        * (up * exp(-0.8 * b.charge * u) - down * scale * exp(energy / RT + 0.2 * b.charge * u))
        / (up + down + 1)
    )


def affinity_tanh(b: Claim, _: Any) -> Any:
    return 3.0 * sp.tanh(b.reduced_affinity / 2)


def affinity_factor(b: Claim, _: Any) -> Any:
    return 0.4 * sides(b)[0] * (1 - exp(-b.reduced_affinity)) / (2 + sides(b)[0])


def linear(b: Claim, _: Any) -> Any:
    return 1e-4 * sp.expand(RT * b.reduced_affinity)


def constant_field(b: Claim, energy: Any) -> Any:
    up, down, scale = sides(b)
    z = b.charge
    if not z:
        return 0.1 * (up - down * scale * exp(energy / RT))
    return 0.3 * z * u * (down * scale * exp(energy / RT) - up * exp(-z * u)) / (exp(-z * u) - 1)


def one_fraction(b: Claim, energy: Any) -> Any:
    first = b.levels[0]
    return sp.together(
        mass_action(b, energy) / (1 + first.symbol / first.usual) + 0.2 * mass_action(b, energy)
    )


def matched_q10(b: Claim, energy: Any) -> Any:
    return q10(2.7) * mass_action(b, energy) / (1 + q10(1.5) * sides(b)[0])


WAYS = (
    mass_action,
    modular,
    expanded,
    one_barrier,
    affinity_tanh,
    affinity_factor,
    linear,
    constant_field,
    one_fraction,
    matched_q10,
)


def _sound(name: str, way: Any) -> Claim:
    reaction, energy = REACTIONS[name]
    blank = said(name, reaction, sp.S.Zero, energy)
    return said(name, reaction, way(blank, sp.Float(energy * 1e3)), energy)


for k, name in enumerate(REACTIONS):
    for j in range(4):
        way = WAYS[(3 * k + j * 2 + k // 5) % len(WAYS)]
        SOUND.append(
            (
                f"{name}, {way.__name__.replace('_', ' ')}",
                lambda name=name, way=way: _sound(name, way),
            )
        )
SOUND.append(("GLUT2 of Afshar", lambda: cycle(CARRIER)))
SOUND.append(("a cycle with its leak closed", lambda: cycle(SIX[:6], {}, close=["C6 <-> C1"])))
SOUND.append(("the pump of the library", lambda: bm.library.NaKATPase(ON)))
SOUND.append(("the symporter of the library", lambda: bm.library.SGLT1(ON)))
