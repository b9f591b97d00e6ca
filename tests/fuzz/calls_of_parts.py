"""Public calls that declare parts, with sound arguments: what each argument means, and how often it
is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp
from mistakes import CYTOSOL, FUEL, SALINE, bath, cell, cycle, membrane, transporter

import biomembrane as bm
from biomembrane import Protocol, Q, dimension, laws, symbols
from biomembrane import library as lib
from biomembrane.library import K, Na


@dataclass(frozen=True)
class Call:
    """A public call: ``given`` are sound arguments, by name or by place (0, 1, …); ``means`` says
    what some of them are: ``q mM`` a quantity of that dimension, ``n`` a real number, ``i`` an
    integer.
    """

    call: Callable[..., Any]
    given: Mapping[Any, Any]
    means: Mapping[Any, str] = field(default_factory=dict)
    weight: float = 1.0

    def __call__(self, given: Mapping[Any, Any]) -> Any:
        places = [given[k] for k in sorted(k for k in given if isinstance(k, int))]
        return self.call(*places, **{k: v for k, v in given.items() if isinstance(k, str)})


def rate(side: str, unit: str) -> Callable[[Any], Any]:
    """k c/c° on a side of the membrane, or k."""
    dim = dimension.RATE if unit == "1/s" else dimension.FLUX
    return lambda site: (
        site.parameter("k", Q(1, unit), dim) * (site[f"glucose@{side}"] / symbols.c0 if side else 1)
    )


def carried(law: Any, reaction: str = "K@in -> K@out") -> Any:
    """A law as a transporter's."""
    return transporter(reaction, law)


BUFFER = lib.buffer("B", pK=7.5)


def acidic() -> bm.Compartment:
    """A compartment with H⁺, a buffer, CO₂ and HCO₃⁻."""
    carbon = lib.carbonate_contents(CO2="1.2 mM", pH=7.2)
    contents = {Na: "10 mM", **carbon, **BUFFER.contents("10 mM", pH=7.2)}
    return bm.Compartment("cell", volume="1 pL", contents=contents)


def exchanging() -> bm.Membrane:
    """A membrane with Na⁺ and H⁺ on both sides."""
    outside = bm.Reservoir("bath", {Na: "140 mM", lib.H: lib.at_pH(7.4)})
    return bm.Membrane("membrane", inside=acidic(), outside=outside, area="1 um^2")


GLUCOSE = "glucose@in -> glucose@out"
SOURCE = bm.Source("assumed")


def declarations() -> dict[str, Call]:
    """What declares."""
    one, two = cell(), bath()
    wall = membrane(inside=one, outside=two)
    return {
        "Q": Call(bm.Q, {0: 5.0, 1: "mmol l-1"}, weight=8),
        "Q(text)": Call(bm.Q, {0: "2.5 × 10⁻⁷ cm s-1"}, weight=8),
        "Source": Call(bm.Source, {"kind": "fitted", "citation": "a", "doi": "b", "where": "c",
            "temperature": "37 °C", "note": "d", "key": "e"}),
        "Parameter": Call(bm.Parameter, {"quantity": Q(5.0, "mM"), "source": SOURCE,
            "sd": Q(1.0, "mM")}, weight=2),
        "Species": Call(
            bm.Species,
            {"name": "A", "charge": 1, "formula": "C6H12O6", "moieties": {"a": 1},
                "standard": Q(1.0, "kJ/mol"), "convention": "one",
             "molar_volume": Q(18.0, "cm^3/mol"), "label": "A⁺"},
            {"charge": "i", "standard": "q kJ/mol", "molar_volume": "q cm^3/mol"}, weight=4,
        ),
        "Compartment": Call(
            bm.Compartment, {"name": "cell", "volume": Q(1.0, "pL"), "contents": CYTOSOL,
            "held": FUEL, "impermeant": bm.balance()},
            {"volume": "q pL"}, weight=4,
        ),
        "Reservoir": Call(bm.Reservoir, {"name": "bath", "contents": SALINE, "floating": False},
            weight=2),
        "balance": Call(bm.balance, {"charge": -1.5, "against": two}, {"charge": "n"}),
        "Membrane": Call(
            bm.Membrane, {"name": "apical", "inside": one, "outside": two, "area": Q(1.0, "um^2"),
            "capacitance": Q(1.0, "uF/cm^2")},
            {"area": "q um^2", "capacitance": "q uF/cm^2"}, weight=3,
        ),
        "Transporter": Call(
            bm.Transporter,
            {"name": "leak",
                "reaction": "3 Na@in + 2 K@out + ATP@in -> 3 Na@out + 2 K@in + ADP@in + Pi@in",
                "on": wall,
             "law": laws.Elementary(rate=Q(1.0, "fmol/s")), "modulator": lambda _: 1,
             "label": "leak", "species": (Na,)}, weight=4,
        ),
        "Cycle": Call(
            bm.Cycle,
            {"name": "GLUT", "on": wall, "density": Q(100.0, "1/um^2"), "states": "O OG IG I",
                "steps": cycle().steps, "close": ["I <-> O"],
             "charge": {"OG": "-0.5"}, "barrier": laws.Eyring(), "modulator": lambda _: 1,
             "label": "GLUT", "species": (), "reason": ""}, weight=2,
        ),
        "Model": Call(
            bm.Model,
            {"name": "cell", "transporters": [transporter(on=wall)],
                "potential": {wall: Q(-60.0, "mV")}, "temperature": Q(310.0, "kelvin"),
             "reference": two}, {"temperature": "q kelvin"}, weight=2,
        ),
        "Protocol.steps": Call(Protocol.steps, {0: Q(5.0, "mM"), 1: (Q(1.0, "s"), Q(20.0, "mM")),
            2: (Q(2.0, "s"), Q(5.0, "mM"))}),
        "Protocol.ramps": Call(Protocol.ramps, {0: (Q(0.0, "s"), Q(5.0, "mM")),
            1: (Q(1.0, "s"), Q(20.0, "mM"))}),
        "Protocol.pulses": Call(
            Protocol.pulses, {0: Q(5.0, "mM"), 1: Q(20.0, "mM"), "start": Q(1.0, "s"),
            "width": Q(1.0, "s"), "period": Q(3.0, "s"), "count": 3},
            {"count": "i"}, weight=2,
        ),
        "Protocol.function": Call(Protocol.function, {0: lambda t, a: a * sp.cos(t / t),
            "a": Q(5.0, "mM")}),
        "Keep": Call(
            bm.Keep, {"variables": ["amount"], "times": Q([0.0, 1.0], "s"), "reduce": ["max"],
                "ledger": "all", "dtype": "float32"}, weight=2
        ),
        "Native": Call(
            bm.solvers.Native, {"rtol": 1e-6, "atol": 1e-3, "max_steps": 100, "threads": 1},
            {"rtol": "n", "atol": "n", "max_steps": "i", "threads": "i"},
        ),
        "SciPy": Call(
            bm.solvers.SciPy, {"method": "Radau", "rtol": 1e-6, "atol": 1e-3, "max_steps": 100,
            "first_step": 1e-3},
            {"rtol": "n", "atol": "n", "max_steps": "i"},
        ),
    }  # fmt: skip


def of_laws() -> dict[str, Call]:
    """Laws, at the transporter that they are for."""
    return {
        "Eyring": Call(laws.Eyring, {"theta": 0.5}, {"theta": "n"}),
        "GHK": Call(lambda **law: carried(laws.GHK(**law)), {"permeability": Q(1.0, "cm/s")},
            {"permeability": "q cm/s"}),
        "Elementary": Call(
            lambda **law: carried(laws.Elementary(**law)),
            {"rate": Q(1.0, "fmol/s"), "barrier": laws.Eyring()}, {"rate": "q fmol/s | pmol/cm^2/s"}
        ),
        "Ohmic": Call(lambda **law: carried(laws.Ohmic(**law)), {"conductance": Q(1.0, "nS")},
            {"conductance": "q nS | mS/cm^2"}),
        "Onsager": Call(lambda **law: carried(laws.Onsager(**law)),
            {"coefficient": Q(1.0, "mol^2/J/s")}),
        "Water": Call(lambda **law: carried(laws.Water(**law)), {"permeability": Q(1.0, "cm/s")}),
        "Saturable": Call(
            lambda **law: carried(laws.Saturable(**law)),
            {"half": {"K": Q(1.0, "mM")}, "turnover": Q(1.0, "1/s"), "density": Q(1.0, "fmol"),
                "binding": "common", "barrier": laws.Eyring()},
            {"turnover": "q 1/s"},
        ),
        "ReducedCycle": Call(
            lambda **law: carried(laws.ReducedCycle(**law), GLUCOSE),
            {"density": Q(1.0, "fmol"), "forward": [rate("in", "1/s"), rate("", "1/s")],
                "reverse": [rate("out", "1/s"), rate("", "1/s")]},
        ),
        "Pair": Call(lambda **law: carried(laws.Pair(**law), GLUCOSE),
            {"forward": rate("in", "fmol/s"), "reverse": rate("out", "fmol/s")}),
        "Empirical": Call(lambda **law: carried(laws.Empirical(**law)),
            {"flux": lambda _: 0, "reason": "none"}),
        "leak": Call(lib.leak, {0: K, 1: membrane(), "permeability": Q(1.0, "cm/s"),
            "name": "leak"}, {"permeability": "q cm/s"}),
        "GLUT2": Call(lib.GLUT2, {0: membrane(), "maximum": Q(1.0, "fmol/s"), "name": "GLUT"}),
        "KCC2": Call(lib.KCC2, {0: membrane(), "conductance": Q(1.0, "S/dm^2"), "name": "KCC"}),
        "NaKATPase": Call(lib.NaKATPase, {0: membrane(), "density": Q(1.0, "1/um^2"),
            "name": "pump"}, weight=0.2),
        "SGLT1": Call(lib.SGLT1, {0: membrane(), "density": Q(1.0, "1/um^2"), "data": "parent_1992",
            "slip": True, "name": "S"}, weight=0.1),
        "Equilibrium": Call(
            bm.Equilibrium, {0: "HB@cell <-> B@cell + H@cell", 1: acidic(), "pK": 7.5,
                "rate": Q(1.0, "1/s"), "name": "e", "label": "buffer"},
            {"rate": "q 1/s | fmol/s"}, weight=2,
        ),
        "buffer": Call(lib.buffer, {0: "B", "K": Q(1.0, "uM"), "charge": -1, "ligand": lib.H},
            {"K": "q mM", "charge": "i"}),
        "Buffer.contents": Call(lib.HEPES.contents, {0: Q(10.0, "mM"), "pH": 7.2},
            {0: "q mM"}),
        "Buffer.power": Call(lib.EGTA.power, {0: Q(10.0, "mM"), "level": Q(1.0, "uM")},
            {0: "q mM", "level": "q mM"}),
        "intrinsic": Call(lib.intrinsic, {0: Q([20.0, 15.0], "mM"), "pH": [6.8, 7.4],
            "name": "own", "charge": -1}, {"charge": "i"}),
        "carbonate": Call(lib.carbonate, {0: acidic(), "anhydrase": 100.0, "name": "c"}),
        "carbonate_contents": Call(lib.carbonate_contents, {"CO2": Q(1.2, "mM"), "pH": 7.2},
            {"CO2": "q mM"}),
        "at_pH": Call(lib.at_pH, {0: 7.2}),
        "NHE3": Call(lib.NHE3, {0: exchanging(), "density": Q(1.0, "pmol/cm^2"), "name": "NHE"}),
        "water": Call(lib.water, {0: membrane(), "permeability": Q(1.0, "cm/s"), "name": "w"}),
        "sheet": Call(lib.sheet, {0: "parent_1992"}, weight=0.3),
        "sheet[…]": Call(lambda name: lib.sheet("parent_1992")[name], {0: "alpha_out"}, weight=0.3),
    }  # fmt: skip
