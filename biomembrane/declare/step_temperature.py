"""Temperature dependence of the steps of a cycle: the forward constant is scaled, the reverse one
follows from the enthalpy of the step,

    ln K(T) = ln K(T₀) + ΔH/R·(1/T₀ − 1/T),    K = k⁺/k⁻,

so that standard energies of the carrier states exist, and every loop closes, at every T.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sympy as sp

from .. import dimension as d
from .. import errors, units
from .parameter import Declared, Parameter, as_parameter, declare
from .site import Site
from .source import Source
from .temperature_dependence import Factor, Kind, TemperatureDependence, energy_of


def with_enthalpy(
    given: Mapping[str, Any], text: str, where: str, *, closing: bool
) -> Mapping[str, Any]:
    """The constants of a step, with the temperature dependence of its reverse constant as the
    enthalpy ΔH = E⁺ − E⁻ of the step; a Q10 counts as E = R·T₀²·ln Q10/(10 K).

    Raises BadCycle where the dependences do not go together.
    """
    forward, reverse = (as_parameter(given.get(way)) for way in ("forward", "reverse"))
    own = reverse.dependence if isinstance(reverse, Parameter) else None
    if closing or (own is None and "enthalpy" not in given):
        if closing and "enthalpy" in given:
            raise errors.BadCycle(
                where=where,
                wanted="no enthalpy: that of a closing step follows from the others",
                got=f"'enthalpy': {errors.shown(given['enthalpy'])}",
                advice="leave it out",
            )
        return given
    if own is None:
        return given
    scaled = isinstance(forward, Parameter) and forward.dependence is not None
    if not scaled or "enthalpy" in given:
        wanted = "a temperature dependence of the forward constant beside that of the reverse one"
        raise errors.BadCycle(
            where=where,
            wanted=wanted if not scaled else "either 'enthalpy' or a dependence of 'reverse'",
            got=f"{own}= of the reverse constant" + ("" if scaled else " alone"),
            advice="q10= on both" if not scaled else "leave 'enthalpy' out",
        )
    assert isinstance(reverse, Parameter)
    energies = [_activation_energy(x, f"{where}, {way}") for way, x in
                (("forward", forward), ("reverse", reverse))]  # fmt: skip
    note = f"ΔH of {text}: activation energy forward less reverse"
    if Kind.Q10 in (forward.dependence, own):
        note += ", each E = R T² ln Q10/(10 K) at its temperature"
    enthalpy = Parameter(
        units.Q((energies[0] - energies[1]) / 1000, "kJ/mol"),
        Source("derived", "rate constants of the step", note=note),
    )
    bare = replace(reverse, q10=None, activation_energy=None, enthalpy=None)
    return {**given, "reverse": bare, "enthalpy": enthalpy}


def _activation_energy(given: Parameter, where: str) -> float:
    """E [J/mol] of a rate constant at the temperature at which it holds."""
    dimension = units.dimension_of(given.quantity)
    made = declare(where, given, dimension, of_law=True)
    assert made.dependence is not None
    number = made.coefficients[0].value
    if made.dependence.factors[0].kind is Kind.Q10:
        return energy_of(number, made.dependence.at, made.dependence.at)
    return number


def follow(site: Site, step: str, reverse: sp.Symbol, constants: Mapping[str, Any]) -> None:
    """Let the reverse constant of a step move with temperature as the forward one does, less the
    enthalpy of the step.
    """
    forward = site.parameters[f"{site.name}.{step}.forward"]
    key = f"{step}.reverse"
    own: Declared = site.parameters[f"{site.name}.{key}"]
    factors = () if forward.dependence is None else forward.dependence.factors
    coefficients = forward.coefficients
    if "enthalpy" in constants:
        site.parameter(
            f"{step}.enthalpy", constants["enthalpy"], d.MOLAR_ENERGY,
            long_name=f"enthalpy of {site.reaction}",
        )  # fmt: skip
        enthalpy = site.parameters[f"{site.name}.{step}.enthalpy"]
        factors = (*factors, Factor(Kind.ENTHALPY, enthalpy.symbol, -1))
        coefficients = (*coefficients, enthalpy)
    if not factors:
        return
    at = own.at or forward.at
    if at is None:
        raise errors.MissingSource(
            where=f"{site.process}, enthalpy",
            wanted="the temperature at which its rate constants hold",
            got="none",
            advice="Parameter(Q(…), Source(…), at='310 K') as one of them",
        )
    dependence = TemperatureDependence(at, factors)
    made = replace(own, at=at, dependence=dependence, coefficients=coefficients)
    site.parameters[made.name] = made
    site.local(reverse, made.used, made.dimension)
