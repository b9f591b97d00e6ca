"""The reference workload, stated without any tool: an electrogenic cell of 18 states with eight
energy integrals.

Units: s, V, fmol, pL (so mM), fmol/s, pJ, pF with V as pJ/V².  Every peer's text is printed from
the tables below, and so is the right-hand side of the reference solution; :mod:`benchmarks.cell`
declares the same cell with the library's own parts.

The rate constants are round numbers of a stand-in: they test speed and accuracy, not biology.
Detailed balance holds exactly, so that

    exergy(T) − exergy(0) = E_atp − Σ D

and a solver's energy books can be judged.  ATP runs a protocol of metabolic inhibition: 100 % → 5 %
→ 100 %, three times an hour.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

RT = 8.314462618 * 310.15e-3  # pJ/fmol
FARADAY = 96.48533212  # pJ/(fmol V)
PUMP = tuple(f"P{k}" for k in range(1, 7))
CARRIER = tuple(f"S{k}" for k in range(1, 7))
STATES = ("V", "Na", "K", "Cl", "G", "W", *PUMP, *CARRIER)
INTEGRALS = ("E_atp", "D_pump", "D_sglt", "D_glut", "D_na", "D_k", "D_cl", "D_w")
COLUMNS = (*STATES, *INTEGRALS)

#: What the ensemble varies: pumps and carriers [fmol], permeabilities [pL/s], Vglut [fmol/s], Lp
#: [pL/s/mM], LKCC [fmol/s/mM²], bath [mM].
PARAMETERS = {
    "Np": 3.3e-3, "Ns": 6.0e-3, "PNa": 6.0e-4, "PK": 2.0e-2, "PCl": 4.0e-3, "Vglut": 0.25,
    "Lp": 1.8e-3, "LKCC": 2.0e-5,
    "Nao": 140.0, "Ko": 5.0, "Clo": 125.0, "Go": 10.0,
}  # fmt: skip

#: Osmolarity of the bath [mM], impermeants [fmol], half-saturations [mM], capacitance of 2000 µm²
#: at 1 µF/cm² [pF], nucleotides [mM].
CELL = {
    "Osmb": 300.0,
    "nX": 246.0,
    "Kg": 15.0,
    "Kgi": 60.0,
    "kT": RT,
    "F": FARADAY,
    "Cm": 20.0,
    "ATP": 4.0,
    "ADP": 0.4,
    "Pi": 4.0,
}
HYDROLYSIS = -32.0  # ΔG°′ of ATP → ADP + Pi [kJ/mol], 1 M


def _pump() -> dict[str, float]:
    """Post–Albers cycle of six states [1/s, mM]; b6 closes it on the energy of hydrolysis."""
    a = {"a1": 1000 / 8**3, "a2": 300.0, "a3": 900.0, "a4": 1500 / 1.2**2, "a5": 120.0, "a6": 400.0}
    b = {"b1": 1000.0, "b2": 60.0, "b3": 900 / 250**3, "b4": 500.0, "b5": 20.0}
    equilibrium = math.exp(-HYDROLYSIS / RT) * 1000  # [ADP][Pi]/[ATP], mM
    return a | b | {"b6": math.prod(a.values()) / (math.prod(b.values()) * equilibrium)}


def _sglt() -> dict[str, float]:
    """Ordered 2 Na⁺ : 1 glucose cycle of six states with a slip, after Parent et al.

    1992 [1/s, mM]; s65 and s52 close it.
    """
    s = {
        "s12": 8.0e4 * 1e-6, "s21": 500.0, "s23": 1.0e5 * 1e-3, "s32": 20.0, "s34": 50.0,
        "s43": 50.0, "s45": 800.0, "s54": 12190.0 * 1e-3,
        "s56": 10.0, "s61": 5.0, "s16": 35.0, "s25": 0.3,
    }  # fmt: skip
    s["s65"] = (
        s["s12"]
        * s["s23"]
        * s["s34"]
        * s["s45"]
        * s["s56"]
        * s["s61"]
        / (s["s21"] * s["s32"] * s["s43"] * s["s54"] * s["s16"])
    )
    s["s52"] = s["s25"] * s["s56"] * s["s61"] * s["s12"] / (s["s65"] * s["s16"] * s["s21"])
    return s


CONSTANTS = CELL | _pump() | _sglt()
CONSTANTS["muATP"] = -HYDROLYSIS + RT * math.log(CELL["ATP"] / (CELL["ADP"] * CELL["Pi"]) * 1000)

#: ``d`` and a state's name is its derivative, ``q`` and an integral's name its integrand.  Outward
#: fluxes are positive.
EQUATIONS = """
lx = 1.5*(cos(6.283185307179586*t/1200.0) - 1.0)
xatp = exp(lx)
u = F*V/kT
cNa = Na/W
cK = K/W
cCl = Cl/W
cG = G/W
eu = exp(-u)
ghk = u/(1 - eu)
JNa = PNa*ghk*(cNa - Nao*eu)
JK = PK*ghk*(cK - Ko*eu)
JCl = PCl*ghk*(cCl*eu - Clo)
JKCC = LKCC*(cK*cCl - Ko*Clo)
JGL = Vglut*(cG - Go)/(Kg + cG + Go + cG*Go/Kgi)
Osmi = (Na + K + Cl + G + nX)/W
JW = Lp*(Osmi - Osmb)
eh = exp(0.5*u)
f1 = a1*cNa**3*P1
r1 = b1*P2
f2 = a2*P2
r2 = b2*ADP*P3
f3 = a3*eh*P3
r3 = b3*Nao**3/eh*P4
f4 = a4*Ko**2*P4
r4 = b4*Pi*P5
f5 = a5*ATP*xatp*P5
r5 = b5*P6
f6 = a6*P6
r6 = b6*cK**2*P1
v1 = f1 - r1
v2 = f2 - r2
v3 = f3 - r3
v4 = f4 - r4
v5 = f5 - r5
v6 = f6 - r6
e3 = exp(0.3*u)
e7 = exp(0.7*u)
g12 = s12*Nao**2/e3*S1
h12 = s21*e3*S2
g23 = s23*Go*S2
h23 = s32*S3
g34 = s34*S3
h34 = s43*S4
g45 = s45*S4
h45 = s54*cG*S5
g56 = s56*S5
h56 = s65*cNa**2*S6
g61 = s61/e7*S6
h61 = s16*e7*S1
g25 = s25*S2
h25 = s52*S5
w12 = g12 - h12
w23 = g23 - h23
w34 = g34 - h34
w45 = g45 - h45
w56 = g56 - h56
w61 = g61 - h61
w25 = g25 - h25
dV = -F*(JNa + JK - JCl + Np*v3 - Ns*(0.6*w12 + 1.4*w61))/Cm
dNa = -JNa - 3*Np*v1 + 2*Ns*w56
dK = -JK - JKCC + 2*Np*v6
dCl = -JCl - JKCC
dG = -JGL + Ns*w45
dW = JW
dP1 = v6 - v1
dP2 = v1 - v2
dP3 = v2 - v3
dP4 = v3 - v4
dP5 = v4 - v5
dP6 = v5 - v6
dS1 = w61 - w12
dS2 = w12 - w23 - w25
dS3 = w23 - w34
dS4 = w34 - w45
dS5 = w45 - w56 + w25
dS6 = w56 - w61
AfNa = F*V + kT*log(cNa/Nao)
AfK = F*V + kT*log(cK/Ko)
AfCl = -F*V + kT*log(cCl/Clo)
AfG = kT*log(cG/Go)
qE_atp = Np*v5*(muATP + kT*lx)
pumped = v1*log(f1/r1) + v2*log(f2/r2) + v3*log(f3/r3) + v4*log(f4/r4) + v5*log(f5/r5) + v6*log(f6/r6)
qD_pump = Np*kT*pumped
carried = w12*log(g12/h12) + w23*log(g23/h23) + w34*log(g34/h34) + w45*log(g45/h45) + w56*log(g56/h56) + w61*log(g61/h61)
qD_sglt = Ns*kT*(carried + w25*log(g25/h25))
qD_glut = JGL*AfG
qD_na = JNa*AfNa
qD_k = JK*AfK
qD_cl = JCl*AfCl + JKCC*(AfK + AfCl)
qD_w = JW*kT*(Osmi - Osmb)
"""

TABLE = tuple(
    (line.split(" = ")[0], line.split(" = ")[1]) for line in EQUATIONS.split("\n") if line
)

START = np.array([-0.050, 24.0, 276.0, 40.0, 2.0, 2.0] + 2 * [0.5, 0.1, 0.1, 0.1, 0.1, 0.1])
NOMINAL = np.array(list(PARAMETERS.values()))
SCALE = np.array([0.1, 100.0, 100.0, 100.0, 100.0, 2.0] + [1.0] * 12 + [1e4] * 8)
END = 3600.0
TIMES = np.linspace(0, END, 501)[1:]


def tolerance(rtol: float) -> Array:
    """Absolute tolerances by column; a peer that takes one number takes rtol·1e-4."""
    return rtol * 1e-3 * SCALE


def start() -> Array:
    """All 26 columns at the start: the integrals from zero."""
    return np.concatenate([START, np.zeros(len(INTEGRALS))])


def ensemble(count: int) -> Array:
    """Parameter sets (set, 12): each nominal value times a uniform number from 0.5 to 1.5; a longer
    ensemble begins with a shorter one.
    """
    return NOMINAL * np.random.default_rng(0).uniform(0.5, 1.5, size=(count, len(NOMINAL)))


def wide(count: int) -> Array:
    """Parameter sets (set, 12): each nominal value times or divided by up to 10, evenly in the
    logarithm.
    """
    made: Array = NOMINAL * 10 ** np.random.default_rng(1).uniform(
        -1, 1, size=(count, len(NOMINAL))
    )
    return made


def error(found: Any, wanted: Array) -> tuple[float, float]:
    """Largest and root-mean-square |y − y_ref|/(|y_ref| + 1e-3·scale) over (…, time, column)."""
    off = np.abs(np.asarray(found) - wanted) / (np.abs(wanted) + 1e-3 * SCALE)
    return float(off.max()), float(np.sqrt((off**2).mean()))


def exergy(y: Array, parameters: Array) -> Array:
    """Exergy [pJ] of states (…, 18) against the bath; the drive of ATP at its nominal concentration
    is credited where ATP binds.
    """
    c = CONSTANTS | dict(zip(PARAMETERS, map(float, parameters), strict=True))
    V, W = y[..., 0], y[..., 5]
    made = 0.5 * c["Cm"] * V**2 + RT * (c["nX"] * (np.log(c["nX"] / W) - 1) + c["Osmb"] * W)
    for k, bath in enumerate(("Nao", "Ko", "Clo", "Go"), start=1):
        made = made + RT * y[..., k] * (np.log(y[..., k] / W / c[bath]) - 1)
    pump = [
        c["a1"] * c["Nao"] ** 3 / c["b1"], c["a2"] / (c["b2"] * c["ADP"]),
        c["a3"] / (c["b3"] * c["Nao"] ** 3),
        c["a4"] * c["Ko"] ** 2 / (c["b4"] * c["Pi"]),
        c["a5"] * c["ATP"] / c["b5"] * math.exp(-c["muATP"] / RT),
    ]  # fmt: skip
    sglt = [
        c["s12"] * c["Nao"] ** 2 / c["s21"], c["s23"] * c["Go"] / c["s32"], c["s34"] / c["s43"],
        c["s45"] / (c["s54"] * c["Go"]),
        c["s56"] / (c["s65"] * c["Nao"] ** 2),
    ]  # fmt: skip
    for total, first, steps in ((c["Np"], 6, pump), (c["Ns"], 12, sglt)):
        level = np.concatenate([[0.0], -np.cumsum(np.log(steps))])
        shares = y[..., first : first + 6]
        made = made + RT * total * (shares * (np.log(shares) + level)).sum(-1)
    return np.asarray(made)


def residual(found: Array, parameters: Array) -> float:
    """Largest |exergy(t) − exergy(0) − (E_atp − Σ D)| of (time, 26) as a share of the ATP spent."""
    spent = found[:, 18] - found[:, 19:].sum(-1)
    off = exergy(found[:, :18], parameters) - exergy(START, parameters) - spent
    return float(np.abs(off).max() / found[-1, 18])
