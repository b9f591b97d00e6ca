"""Small models that several tests share: one membrane between an inside and a bath.

Concentrations are in mM, voltages in mV.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import xarray as xr
from scipy.constants import R, physical_constants

import biomembrane as bm
from biomembrane import Q
from biomembrane import library as lib
from biomembrane.library import ADP, ATP, Cl, K, Na, Pi, glucose

F = physical_constants["Faraday constant"][0]
BODY = 310.15
RT = R * BODY
FUEL = {ATP: 4.0, ADP: 0.4, Pi: 4.0}
X = bm.Species("X", -1)
S = bm.Species("S")  # a neutral solute
Parts = Callable[[bm.Membrane], Sequence[Any]]
ROOT = Path(__file__).parents[1]


def mM(contents: Mapping[bm.Species, float]) -> dict[bm.Species, Any]:
    """Plain numbers as concentrations."""
    return {species: Q(c, "mM") for species, c in contents.items()}


def membrane(inside: Any, outside: Any, capacitance: float = 1.0) -> bm.Membrane:
    """100 µm² of the given capacitance [µF/cm²]."""
    return bm.Membrane(
        "membrane",
        inside=inside,
        outside=outside,
        area=Q(100, "um^2"),
        capacitance=Q(capacitance, "uF/cm^2"),
    )


def patch(
    parts: Parts,
    inside: Mapping[Any, float],
    outside: Mapping[Any, float],
    *,
    V: float | None = None,
    T: float = BODY,
) -> bm.Model:
    """Two reservoirs, the inside floating: concentrations cannot move, the potential can."""
    on = membrane(
        bm.Reservoir("cell", mM(inside), floating=True), bm.Reservoir("bath", mM(outside))
    )
    return bm.Model(
        "patch",
        parts(on),
        potential=None if V is None else {on: Q(V, "mV")},
        temperature=Q(T, "kelvin"),
    )


def cell(
    parts: Parts, inside: Mapping[Any, float], outside: Mapping[Any, float], *,
    V: float | None = None, T: float = BODY,
    held: Mapping[Any, float] | None = None, impermeant: Any = None, capacitance: float = 1.0,
) -> bm.Model:  # fmt: skip
    """A compartment of 1 pL in a bath."""
    fixed = mM(impermeant) if isinstance(impermeant, Mapping) else impermeant
    within = bm.Compartment(
        "cell", volume=Q(1, "pL"), contents=mM(inside), held=mM(held or {}), impermeant=fixed
    )
    on = membrane(within, bm.Reservoir("bath", mM(outside)), capacitance)
    return bm.Model(
        "cell",
        parts(on),
        potential=None if V is None else {on: Q(V, "mV")},
        temperature=Q(T, "kelvin"),
    )


def at(model: bm.Model, **parameters: Any) -> xr.Dataset:
    """Everything observed at the start, carriers at their steady state; ``cell_Na=12`` sets
    cell.Na, ``V=-60`` the potential.
    """
    named: dict[str, Any] = {}
    for key, value in parameters.items():
        name = "membrane.potential" if key == "V" else key.replace("_", ".", 1)
        unit = "mV" if key == "V" else "J/mol" if key.endswith("standard_energy") else "mM"
        named[name] = (
            value.assign_attrs(units=unit) if isinstance(value, xr.DataArray) else Q(value, unit)
        )
    return bm.simulate(model, times=Q([0.0], "s"), parameters=named).data.isel(time=0)


def nernst(z: int, inside: float, outside: float, T: float = BODY) -> float:
    """The potential of equilibrium [V]."""
    return R * T / (z * F) * math.log(outside / inside)


def fuel_energy(dG: float, T: float = BODY) -> float:
    """ATP.standard_energy [J/mol] that makes hydrolysis at the contents of FUEL worth ``dG``
    [J/mol].
    """
    return -dG + R * T * math.log(FUEL[ADP] * FUEL[Pi] / FUEL[ATP] / 1000)


def shipped(name: str) -> bm.Model:
    """A model of models/, built anew."""
    spec = spec_from_file_location(f"shipped_{name}", ROOT / "models" / name / "model.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.build()


SALINE = {Na: 145.0, K: 4.5, Cl: 149.5}


def epithelium(*, floating: bool) -> bm.Model:
    """Lumen, swelling cell and blood, with a paracellular junction; water on both membranes, and S
    that stays in the baths.
    """
    salt = {Na: 140, K: 5, Cl: 145, glucose: 3, S: 20}
    lumen, blood = (
        bm.Reservoir("lumen", mM(salt), floating=floating),
        bm.Reservoir("blood", mM(salt)),
    )
    inside = bm.Compartment(
        "cell",
        volume=Q(1, "pL"),
        contents=mM({Na: 15, K: 130, Cl: 20, glucose: 1}),
        held=mM(FUEL),
        impermeant=bm.balance(),
    )
    apical = bm.Membrane(
        "apical", inside=inside, outside=lumen, area=Q(200, "um^2"), capacitance=Q(1, "uF/cm^2")
    )
    basal = bm.Membrane(
        "basal", inside=inside, outside=blood, area=Q(400, "um^2"), capacitance=Q(1, "uF/cm^2")
    )
    junction = bm.Membrane("junction", inside=lumen, outside=blood, area=Q(1, "um^2"))
    parts = [
        lib.NaKATPase(basal),
        lib.leak(K, basal),
        lib.leak(Cl, basal),
        lib.SGLT1(apical, data="eskandari_2005"),
        lib.GLUT2(basal),
    ]
    parts += [
        lib.leak(s, junction, permeability=Q(1e-4, "cm/s"), name=f"{s.name}_junction")
        for s in (Na, Cl)
    ]
    parts += [lib.water(basal), lib.water(apical, name="water_apical")]
    return bm.Model(
        "epithelium", parts, potential={m: Q(-60, "mV") for m in (apical, basal)}, reference=blood
    )


def sodium_pump(on: bm.Membrane) -> bm.Cycle:
    """Three states that burn ATP while a Na⁺ leaves; the step that closes the ring is written
    backwards.
    """
    steps = [
        ("E + ATP@in + Na@in <-> ET", {"forward": Q(2, "1/mM^2/s"), "reverse": Q(7, "1/s")}),
        ("ET <-> EP + ADP@in + Na@out", {"forward": Q(30, "1/s"), "reverse": Q(0.5, "1/mM^2/s")}),
        ("E + Pi@in <-> EP", {"forward": Q(11, "1/mM/s")}),
    ]
    return bm.Cycle(
        "T",
        on,
        density=Q(1, "fmol"),
        states="E ET EP",
        steps=steps,
        charge={"ET": 1},
        close=["E <-> EP"],
    )


HEART = (
    {K: 138.0, Na: 10.0, lib.Ca: 1e-3, Cl: 10.0},
    {K: 5.4, Na: 140.0, lib.Ca: 2.0, Cl: 149.4},
)  # in and out of a heart cell


def published(flux: Any, reaction: str = "K@in -> K@out") -> bm.Transporter:
    """A flux as somebody has written it, between the inside of a heart cell and its bath."""
    on = membrane(bm.Reservoir("cell", mM(HEART[0] | FUEL)), bm.Reservoir("bath", mM(HEART[1])))
    return bm.Transporter(
        "channel", reaction, on, bm.laws.Empirical(flux=flux, reason="as published")
    )
