"""The Na⁺/K⁺ pump of Pan et al. 2018 with its fifteen states, as a cycle: the largest diagram that
is proved in the tests.

Constants of the bond graph (reference/science.md §3b): v = κ(K_a x_a … − K_b x_b …) with amounts x
[fmol], κ in fmol/s, K in 1/fmol.
"""

import biomembrane as bm
from biomembrane import Q
from biomembrane.library import K, Na

KAPPA = (
    28701.2, 1.02749e6, 36989.9, 110769, 143.043, 0.203578, 73.4728, 70.4896, 19895.6, 1.40388e6,
    7905.94, 6193.15, 0.55667, 6163.37, 1.34489,
)  # fmt: skip
STATE = (
    1.17033e6, 8172.83, 228.295, 76.2363, 101.833, 6990.92, 157.403, 494.813, 1.06726e6, 3781.29,
    53.588, 68.4084, 349.31, 105.854, 22775,
)  # fmt: skip
SOLUTE = {
    "K@in": 1.23928e-4,
    "K@out": 0.455493,
    "Na@in": 0.00344241,
    "Na@out": 0.00256511,
    "MgATP@in": 0.0445571,
    "MgADP@in": 0.204939,
}
SOLUTE |= {"Pi@in": 2.00757, "H@in": 2.00757}
VOLUME = {"in": 38.0, "out": 5.182}  # pL
FIELD = {5: -0.05495, 8: -0.94505}  # charge moved inward in a step
TAKEN = {3: ["Na@in"], 4: ["Na@in"], 5: ["Na@in"], 11: ["K@out"], 12: ["K@out"], 14: ["MgATP@in"]}
GIVEN = {
    1: ["K@in"],
    2: ["K@in"],
    6: ["MgADP@in"],
    8: ["Na@out"],
    9: ["Na@out"],
    10: ["Na@out"],
    13: ["Pi@in", "H@in"],
}


def _species(name: str, charge: int, energy: float, **moieties: int) -> bm.Species:
    standard = bm.Parameter(
        Q(energy, "kJ/mol"),
        bm.Source("assumed", note="the implied energy of the set, reference/science.md §3b"),
    )
    return bm.Species(
        name, charge, moieties=moieties, standard=standard, convention="explicit H+, 310 K"
    )


MgATP, MgADP = (
    _species("MgATP", -2, 0.0, adenosine=1, phosphate=3, proton=1),
    _species("MgADP", -1, 12.16, adenosine=1, phosphate=2),
)
HPO4, H = _species("Pi", -2, 0.0, phosphate=1), _species("H", 1, 0.0, proton=1)
CHARGE = {"K": 1, "Na": 1, "MgATP": -2, "MgADP": -1, "Pi": -2, "H": 1}


def membrane() -> bm.Membrane:
    """Cell and bath of the set."""
    held = {MgATP: Q(9.8, "mM"), MgADP: Q(0.01, "mM"), HPO4: Q(4.2, "mM"), H: Q(8.1283e-5, "mM")}
    cell = bm.Compartment(
        "cell",
        volume=Q(38, "pL"),
        contents={Na: Q(50, "mM"), K: Q(140, "mM")},
        held=held,
        impermeant={bm.Species("X", -1): Q(190, "mM")},
    )
    bath = bm.Reservoir("bath", {Na: Q(150, "mM"), K: Q(5.4, "mM")})
    return bm.Membrane(
        "membrane", inside=cell, outside=bath, area=Q(1000, "um^2"), capacitance=Q(1, "uF/cm^2")
    )


def pan(on: bm.Membrane) -> bm.Cycle:
    """Fifteen steps; the reverse constant of the last follows from the others."""
    steps, inside = [], [0.0]
    for r in range(1, 16):
        a, b = r, r % 15 + 1
        taken, given = TAKEN.get(r, []), GIVEN.get(r, [])
        text = " + ".join([f"P{a}", *taken]) + " <-> " + " + ".join([f"P{b}", *given])
        rates = {"forward": _rate(r, a, taken), "reverse": _rate(r, b, given)}
        steps.append((text, rates))
        gained = sum(
            CHARGE[s.split("@")[0]] * n
            for side, n in ((given, 1), (taken, -1))
            for s in side
            if s.endswith("@in")
        )
        inside.append(round(inside[-1] + FIELD.get(r, 0.0) - gained, 5))
    charge = {f"P{k + 1}": str(q) for k, q in enumerate(inside[:15])}
    names = " ".join(f"P{k}" for k in range(1, 16))
    return bm.Cycle(
        "NKA",
        on,
        density=Q(0.0169, "fmol"),
        states=names,
        steps=steps,
        charge=charge,
        close=["P15 <-> P1"],
    )


def _rate(r: int, state: int, solutes: list[str]) -> object:
    value, unit = KAPPA[r - 1] * STATE[state - 1], "1/s"
    for s in solutes:
        value *= SOLUTE[s] * VOLUME[s.split("@")[1]]
        unit += "/mM"
    return Q(value, unit)
