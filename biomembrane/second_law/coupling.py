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
from .conjugate_flows import Declaration, Flows, ideal
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
    which is not symmetric in general.  What is not defined is NaN, and printed as that with the
    reason.
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
    """How tightly a transporter, or several on one membrane, couple two flows (Kedem & Caplan
    1965).

    Args:
        x: a transporter, a cycle (taken at its steady state), or a list of them on one membrane.
        driving, driven: names of forces: a species that crosses ("Na"), or the first reactant of a
            reaction ("ATP"); of two the larger
            drives unless told, of more they must be named.
        at: concentrations by name (``"blood.Na"``, ``"Na@blood"`` or ``"Na@out"``, as in
            ``{"Na@out": Q(140, "mM")}``) and the voltage (``{"V": Q(-60, "mV")}``); default the
            declared ones, which must not be 0, and 0 mV.  What the driven species' own level is
            does not matter for the curves.
        temperature: default 37 °C.

    Forces that follow from others are none of their own: a pump and a synthase share that of ATP.

    Raises:
        WrongType: what is no transporter, cycle or list of them.
        BadPlace: they stand on different membranes.
        UnknownName: no such force, or no such solute in ``at``.
        OutOfDomain: an empty pool, whose force has no bound.
        BadSettings: fewer than two forces, or the same twice.
        BareNumber: a level or a temperature without a unit.
        UnitMismatch: one in a unit of another dimension.
    """
    parts = (
        [x]
        if isinstance(x, (Transporter, Cycle))
        else list(x)
        if isinstance(x, Sequence) and not isinstance(x, str)
        else []
    )
    if not parts or not all(isinstance(p, (Transporter, Cycle)) for p in parts):
        advice = "coupling(lib.SGLT1(membrane)), or coupling([pump, leak], 'ATP', 'Na')"
        raise errors.WrongType(
            where="coupling(…)",
            wanted="a Transporter, a Cycle, or a list of them",
            got=errors.shown(x),
            advice=advice,
        )
    kelvin = (
        constants.BODY_TEMPERATURE
        if temperature is None
        else units.scalar(temperature, d.TEMPERATURE, "coupling(temperature=…)")
    )
    flows = Flows(
        parts, kelvin, [name for name in (driving, driven) if isinstance(name, str) and name]
    )
    given = _numbers(flows, {} if at is None else at)
    absent = [pool for pool in flows.absent if pool not in given]
    if absent:
        advice = (
            "at={"
            + ", ".join(f"{pool!r}: Q(1e-3, 'mM')" for pool in absent)
            + "}, or whatever the level is to be"
        )
        got = ", ".join(f"{pool} = 0 mM" for pool in absent)
        raise errors.OutOfDomain(
            where="coupling(…)",
            wanted="levels above zero, for a force is a logarithm of them",
            got=got,
            advice=advice,
        )
    start = flows.coordinates(given)
    one, two = _chosen(flows, start, driving, driven, parts)
    rest = [n for n in flows.forces if n not in (one, two)]
    for name in rest:
        start = flows.at_force(name, 0.0, start)
    name = " + ".join(p.name for p in parts)
    return Coupling(
        name, one, two, float(start[-1]), flows, start, tuple(rest), ideal(flows, parts, one, two)
    )


def _chosen(
    flows: Flows, start: Array, driving: str, driven: str, parts: Sequence[Declaration]
) -> tuple[str, str]:
    known = list(flows.forces)
    if len(known) < 2:
        advice = "add what shares a species with it: coupling([transporter, leak])"
        got = f"{', '.join(known) or 'none'} in {', '.join(p.name for p in parts)}"
        raise errors.BadSettings(
            where="coupling(…)", wanted="two or more forces", got=got, advice=advice
        )
    if all(isinstance(name, str) and not name for name in (driving, driven)) and len(known) == 2:
        one, two = sorted(known, key=lambda name: -abs(float(flows.force(name, start))))
        return one, two
    for what, name in (("driving", driving), ("driven", driven)):
        if not isinstance(name, str) or name not in known:
            advice = (
                errors.nearest(name, known)
                if isinstance(name, str) and name
                else f"{what}={known[0]!r}"
            )
            raise errors.UnknownName(
                where=f"coupling({what}=…)",
                wanted=", ".join(known),
                got=errors.shown(name),
                advice=advice,
            )
    if driving == driven:
        raise errors.BadSettings(
            where="coupling(…)",
            wanted="two different forces",
            got=f"{driving!r} twice",
            advice=", ".join(known),
        )
    return driving, driven


def _numbers(flows: Flows, at: Mapping[str, Any]) -> dict[str, float]:
    made: dict[str, float] = {}
    errors.expect(at, Mapping, "coupling(at=…)", "{name: quantity}", "at={'V': Q(-60, 'mV')}")
    sides = [(flows.on.inside.name, flows.on.outside.name)]
    for said, (given, value) in zip(
        at, renamed(at, sides, flows.names, "coupling(at=…)").items(), strict=True
    ):
        name = meant(
            given,
            sides,
            flows.names,
            "coupling(at=…)",
            f"'V', or a solute that takes part, such as {spelled(flows.names[0], sides)}",
        )
        made[name] = units.scalar(
            value, d.VOLTAGE if name == "V" else d.CONCENTRATION, f"coupling(at={{{said!r}: …}})"
        )
        if name != "V" and made[name] <= 0:
            advice = "a small concentration, such as Q(1e-6, 'mM')"
            raise errors.OutOfDomain(
                where=f"coupling(at={{{said!r}: …}})",
                wanted="a number above zero",
                got=errors.shown(value),
                advice=advice,
            )
    return made
