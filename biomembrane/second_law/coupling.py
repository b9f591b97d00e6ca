"""Coupling of two flows after Kedem and Caplan (1965): Onsager matrix, degree of coupling, static
head, level flow, efficiency.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import constants, errors, units
from .. import dimension as d
from ..declare.cycle import Cycle
from ..declare.solute_names import meant, renamed, spelled
from ..declare.transporter import Transporter
from . import coupling_text
from .conjugate_flows import Declaration, Flows, tight_ratio
from .coupled_flows import CoupledFlows
from .evaluation import Array

if TYPE_CHECKING:
    from ..declare.parameter_types import LevelsLike
    from ..quantity_types import QuantityLike


@dataclass(frozen=True, eq=False, repr=False)
class Coupling(CoupledFlows):
    """Two flows and their forces, J₁ and X₁ driving, J₂ and X₂ driven.

    Flows are into the inside [fmol/s] (of a reaction: its turnover), forces μ̃_out − μ̃_in [kJ/mol]
    (of a reaction: its affinity), so that J₁X₁ + J₂X₂ ≥ 0.  Forces other than the two are set to
    zero.  ``L`` is ∂J/∂X at equilibrium [fmol²/(fJ·s)], ``local`` the same at the working point,
    which is not symmetric in general.  Quantities that are not defined are NaN, and printed
    so with the reason.
    """

    def __str__(self) -> str:
        return coupling_text.text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return coupling_text.html(self)

    def _repr_latex_(self) -> str:
        return coupling_text.latex(self)


@errors.keywords
def coupling(
    x: Declaration | Sequence[Declaration],
    driving: str = "",
    driven: str = "",
    *,
    at: LevelsLike | None = None,
    temperature: QuantityLike | None = None,
) -> Coupling:
    """The coupling of two flows by a transporter, or by several on one membrane (Kedem & Caplan
    1965).

    Args:
        x: a transporter, a cycle (taken at its steady state), or a list of them on one membrane.
        driving, driven: names of forces: a species that crosses ("Na"), or the first reactant of a
            reaction ("ATP").  If there are two forces, the larger one drives by default; of more,
            both must be named.
        at: concentrations by name (``"blood.Na"``, ``"Na@blood"`` or ``"Na@out"``, as in
            ``{"Na@out": Q(140, "mM")}``) and the voltage (``{"V": Q(-60, "mV")}``); default the
            declared ones, which must not be 0, and 0 mV.  The concentration of the driven species
            itself does not affect the curves.
        temperature: default 37 °C.

    Forces that follow from others are not counted again: a pump and a synthase share that of ATP.

    Raises:
        WrongType: x is not a transporter, a cycle or a list of them.
        BadPlace: they are on different membranes.
        UnknownName: no such force, or no such solute in ``at``.
        OutOfDomain: a pool at 0 mM, whose force is infinite.
        BadSettings: fewer than two forces, the same twice, or more than two of which none is named.
        BareNumber: a concentration, a voltage or a temperature without a unit.
        UnitMismatch: one in a unit of another dimension.
    """
    parts = _parts(x)
    kelvin = constants.BODY_TEMPERATURE
    if temperature is not None:
        kelvin = units.scalar(temperature, d.TEMPERATURE, "coupling(temperature=…)")
    asked = [name for name in (driving, driven) if isinstance(name, str) and name]
    flows = Flows(parts, kelvin, asked)
    numbers = _numbers(flows, {} if at is None else at)
    absent = [pool for pool in flows.absent if pool not in numbers]
    if absent:
        traces = ", ".join(f"{pool!r}: Q(1e-3, 'mM')" for pool in absent)
        raise errors.OutOfDomain(
            where="coupling(…)",
            wanted="concentrations above zero: a force is a logarithm of them",
            got=", ".join(f"{pool} = 0 mM" for pool in absent),
            advice=f"at={{{traces}}}, or another concentration",
        )
    x0 = flows.coordinates(numbers)
    first, second = _driving_and_driven(flows, x0, driving, driven, parts)
    others = tuple(n for n in flows.forces if n not in (first, second))
    for name in others:
        x0 = flows.at_force(name, 0.0, x0)
    ratio = tight_ratio(flows, parts, first, second)
    names = " + ".join(p.name for p in parts)
    return Coupling(names, first, second, float(x0[-1]), flows, x0, others, ratio)


def _parts(x: Any) -> list[Declaration]:
    if isinstance(x, (Transporter, Cycle)):
        return [x]
    parts = list(x) if isinstance(x, Sequence) and not isinstance(x, str) else []
    if not parts or not all(isinstance(p, (Transporter, Cycle)) for p in parts):
        raise errors.WrongType(
            where="coupling(…)",
            wanted="a Transporter, a Cycle, or a list of them",
            got=errors.shown(x),
            advice="coupling(lib.SGLT1(membrane)), or coupling([pump, leak], 'ATP', 'Na')",
        )
    return parts


def _driving_and_driven(
    flows: Flows, x0: Array, driving: str, driven: str, parts: Sequence[Declaration]
) -> tuple[str, str]:
    """The names of the two forces; of two that are not named the larger drives."""
    names = list(flows.forces)
    if len(names) < 2:
        advice = "add a transporter that shares a species with it: coupling([transporter, leak])"
        got = f"{', '.join(names) or 'none'} in {', '.join(p.name for p in parts)}"
        raise errors.BadSettings(
            where="coupling(…)", wanted="two or more forces", got=got, advice=advice
        )
    if all(isinstance(name, str) and not name for name in (driving, driven)) and len(names) == 2:
        first, second = sorted(names, key=lambda name: -abs(float(flows.force(name, x0))))
        return first, second
    if all(isinstance(name, str) and not name for name in (driving, driven)):
        raise errors.BadSettings(
            where="coupling(…)",
            wanted=f"which of {len(names)} forces drives, and which is driven: {', '.join(names)}",
            got="neither driving= nor driven=",
            advice=f"driving={names[0]!r}, driven={names[1]!r}, or two others of them",
        )
    for keyword, name in (("driving", driving), ("driven", driven)):
        if not isinstance(name, str) or name not in names:
            example = f"{keyword}={names[0]!r}"
            advice = errors.nearest(name, names) if isinstance(name, str) and name else example
            raise errors.UnknownName(
                where=f"coupling({keyword}=…)",
                wanted=", ".join(names),
                got=errors.shown(name),
                advice=advice,
            )
    if driving == driven:
        raise errors.BadSettings(
            where="coupling(…)",
            wanted="two different forces",
            got=f"{driving!r} twice",
            advice=", ".join(names),
        )
    return driving, driven


def _numbers(flows: Flows, at: Mapping[str, Any]) -> dict[str, float]:
    """Concentrations [mM] by pool and ``"V"`` [V], from ``at``."""
    numbers: dict[str, float] = {}
    errors.expect(at, Mapping, "coupling(at=…)", "{name: quantity}", "at={'V': Q(-60, 'mV')}")
    sides = [(flows.on.inside.name, flows.on.outside.name)]
    example = f"'V', or a solute that takes part, such as {spelled(flows.names[0], sides)}"
    resolved = renamed(at, sides, flows.names, "coupling(at=…)")
    for written, (given, value) in zip(at, resolved.items(), strict=True):
        name = meant(given, sides, flows.names, "coupling(at=…)", example)
        where = f"coupling(at={{{written!r}: …}})"
        dimension = d.VOLTAGE if name == "V" else d.CONCENTRATION
        numbers[name] = units.scalar(value, dimension, where)
        if name != "V" and numbers[name] <= 0:
            raise errors.OutOfDomain(
                where=where,
                wanted="a number above zero",
                got=errors.shown(value),
                advice="a small concentration, such as Q(1e-6, 'mM')",
            )
    return numbers
