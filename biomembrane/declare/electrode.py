"""Electrodes: current injected into a place, and voltage clamps, whose work is in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sympy as sp

from .. import dimension as d
from .. import errors, symbols
from ..dimension import Dimension
from ..latex import tex
from ..symbols import F, T
from .bound_expression import BoundExpression
from .checks.certificate import Certificate, Verdict
from .held_protocol import content, first_value
from .identity import Compared
from .parameter import Declared, check_name
from .places import Compartment, Membrane, Place
from .protocol import Protocol
from .rates import Rates
from .reaction import Kind, Participant, Reaction
from .site import Site
from .source import check_text
from .transporter import Process, content_of, html_of

if TYPE_CHECKING:
    from .parameter_types import ParameterLike

_EXAMPLE = "Electrode(membrane, voltage=Q(-60, 'mV')) or current=Q(10, 'pA')"
_SUPPLY = "supply: its work V·I is a line of the ledger"
_RESISTOR = "supply through a resistance: I = (V_command − V)/R_s, and R_s·I² ≥ 0 is dissipated"


@errors.keywords
@dataclass(frozen=True, eq=False)
class Electrode(Compared):
    """An electrode in the inside of a membrane, with its return in the outside.

    The current I is positive where it carries positive charge into the inside, so that it
    depolarises: C dV/dt = I − Σ I_m, with the outward currents I_m of the membrane.

    * ``current=``: an ideal source; I is given.
    * ``voltage=``: a voltage clamp; V follows the command exactly, and I = Σ I_m + C dV/dt is what
      that takes.  Where the command jumps, the charge that jumps with it is not part of I; its
      work is the line ``stepped`` of the ledger.
    * ``voltage=`` with ``series_resistance=``: V is free, and I = (V_command − V)/R_s.

    The work V·I (V_command·I with a series resistance) is the line ``electrodes`` of the ledger,
    and ``run.data.electrode_current`` is I.  Between the two sides of an epithelium, on its
    junction, the clamp to 0 mV is the short circuit, and I the short-circuit current; without an
    electrode the circuit is open.

    Args:
        on: the membrane.  V is that between its sides; it needs no capacitance of its own where
            capacitors join the two sides by way of others.
        current: I, in all or per area, or a :class:`~biomembrane.Protocol` of it; the parameter
            ``name.current``.
        voltage: the command, or a protocol of it; the parameter ``name.voltage``.
        series_resistance: R_s, ``Q(5, "Mohm")``, or times area, ``Q(5, "ohm*cm^2")``; the parameter
            ``name.series_resistance``.
        name: of its parameters and of its current.
        label: how figures write it; default the name.

    Raises:
        BadName: a name that dotted names cannot hold.
        WrongType: ``on`` is no membrane.
        BadPlace: no side of the membrane can change its potential.
        BadSettings: both or neither of ``current`` and ``voltage``, a series resistance of a
            current, or a protocol of arrays.
        BareNumber: a number without a unit.
        UnitMismatch: a unit of another dimension.
        NotFinite: NaN or infinity.
        OutOfDomain: a series resistance that is not above zero.
        DimensionError: a formula in time of another dimension.
    """

    on: Membrane
    current: ParameterLike | Protocol | None = field(default=None, kw_only=True)
    voltage: ParameterLike | Protocol | None = field(default=None, kw_only=True)
    series_resistance: ParameterLike | None = field(default=None, kw_only=True)
    name: str = field(default="electrode", kw_only=True)
    label: str = field(default="", kw_only=True)
    processes: tuple[Process, ...] = field(init=False, repr=False)
    parameters: dict[str, Declared] = field(init=False, repr=False)
    protocols: dict[str, Protocol] = field(init=False, repr=False)
    derived: dict[sp.Symbol, BoundExpression] = field(init=False, repr=False, default_factory=dict)
    states: tuple[Participant, ...] = field(init=False, repr=False, default=())
    total: BoundExpression | None = field(init=False, repr=False, default=None)
    _loose = ("current", "voltage", "protocols")

    def __post_init__(self) -> None:
        check_name(self.name, "Electrode, name")
        check_text(self.label, f"{self.name}, label=…", "label='clamp'")
        self._check_membrane()
        self._check_kind()
        site = Site(self.name, _reaction(self.name, self.on), self.on)
        set_field: Any = object.__setattr__
        set_field(self, "label", self.label or self.name)
        set_field(self, "protocols", {})
        rates, certificate = self._rates(site)
        process = Process(
            self.name, self.name, site.reaction, self.on, rates, site.names, certificate
        )
        set_field(self, "processes", (process,))
        set_field(self, "parameters", dict(site.parameters))

    def _check_membrane(self) -> None:
        if not isinstance(self.on, Membrane):
            raise errors.WrongType(
                where=f"{self.name}, on", wanted="a Membrane", got=errors.shown(self.on),
                advice=(
                    "the membrane of the cell; between two other places the one that joins them, "
                    "Membrane('junction', inside=lumen, outside=blood, area=Q(1, 'cm^2'))"
                ),
            )  # fmt: skip
        sides = (self.on.inside, self.on.outside)
        if not any(isinstance(p, Compartment) or p.floating for p in sides):
            raise errors.BadPlace(
                where=f"{self.name}, on {self.on.name}",
                wanted="a side whose potential can change: a compartment, or a floating reservoir",
                got="two grounded reservoirs",
                advice=f"Reservoir({self.on.inside.name!r}, …, floating=True)",
            )

    def _check_kind(self) -> None:
        given = [k for k in ("current", "voltage") if getattr(self, k) is not None]
        if len(given) != 1:
            raise errors.BadSettings(
                where=self.name, wanted="one of current=… and voltage=…",
                got=" and ".join(given) or "neither", advice=_EXAMPLE,
            )  # fmt: skip
        if self.current is not None and self.series_resistance is not None:
            raise errors.BadSettings(
                where=f"{self.name}, series_resistance=…", wanted="voltage=… beside it",
                got="current=…, which is the same through any resistance", advice="leave it out",
            )  # fmt: skip

    def _rates(self, site: Site) -> tuple[Rates, Certificate]:
        """The flux of elementary charge, I/F [fmol/s], or its conductance 1/(F² R_s)."""
        ideal = Certificate(Verdict.SUPPLY, _SUPPLY, BoundExpression(sp.S.Zero))
        if self.current is not None:
            dims = (d.CURRENT / d.AREA, d.CURRENT)
            value = self._given("current", self.current, dims)
            long_name = f"current of {self.name}"
            given = site.parameter("current", value, dims, domain="real", long_name=long_name)
            current = given * site.area if site.dims[given] != d.CURRENT else given
            return Rates(flux=current / F), ideal
        voltage = self._given("voltage", self.voltage, (d.VOLTAGE,))
        long_name = f"command of {self.name}"
        command = site.parameter("voltage", voltage, d.VOLTAGE, long_name=long_name)
        if self.series_resistance is None:
            # the flux follows from all others: assemble.electrodes
            return Rates(flux=sp.S.Zero), ideal
        whole = d.VOLTAGE / d.CURRENT
        R = site.parameter(
            "series_resistance", self.series_resistance, (whole * d.AREA, whole),
            domain="positive", long_name=f"series resistance of {self.name}",
        )  # fmt: skip
        resistance = R / site.area if site.dims[R] != whole else R
        affinity = BoundExpression(F * (command - site.V) / (symbols.R * T), site.names)
        certificate = Certificate(Verdict.ONSAGER, _RESISTOR, affinity)
        return Rates(conductance=1 / (F**2 * resistance)), certificate

    def _given(self, key: str, value: Any, dims: tuple[Dimension, ...]) -> Any:
        """The value at t = 0 of what was given; a protocol is kept."""
        if not isinstance(value, Protocol):
            return value
        name = f"{self.name}.{key}"
        self.protocols[name] = value
        return first_value(value, name, dims)

    @property
    def source(self) -> Participant:
        """The store outside the model that its work comes from."""
        return self.processes[0].reaction.reactants[0][1]

    @property
    def is_clamp(self) -> bool:
        """Whether V follows the command exactly."""
        return self.voltage is not None and self.series_resistance is None

    @property
    def command(self) -> Declared:
        """The parameter of its command: the current or the voltage."""
        return self.parameters[f"{self.name}.{'current' if self.voltage is None else 'voltage'}"]

    @property
    def joins(self) -> tuple[Place, ...]:
        """Places that it touches beside those of its membrane: none."""
        return ()

    @property
    def sensing(self) -> dict[str, str]:
        """Nothing: its current is given, or what the command takes."""
        return {self.name: ""}

    @property
    def certificate(self) -> Certificate:
        """That it is a supply."""
        return self.processes[0].certificate

    def _content(self) -> tuple[Any, ...]:
        return (*content_of(self), {name: content(p) for name, p in self.protocols.items()})

    def __repr__(self) -> str:
        command = self.command
        given = f"{command.quantity:.6g~P}"
        if command.name in self.protocols:
            given = repr(self.protocols[command.name])
        kind = "voltage clamp" if self.is_clamp else command.name.rpartition(".")[2]
        return f"<Electrode {self.name!r} on {self.on.name}: {kind} {given}>"

    def _repr_html_(self) -> str:
        return html_of(self)

    def _repr_latex_(self) -> str:
        V, command = (tex(x) for x in (symbols.potential(self.on.name), self.command.symbol))
        if self.voltage is None:
            per_area = self.command.dimension != d.CURRENT
            area = rf"\,{tex(self.on.area.symbol)}" if per_area else ""
            text = rf"I = {command}{area}"
        elif self.is_clamp:
            text = rf"{V} = {command}"
        else:
            resistance = self.parameters[f"{self.name}.series_resistance"].symbol
            text = rf"I = \frac{{{command} - {V}}}{{{tex(resistance)}}}"
        return rf"$\displaystyle {text}$"


def _reaction(name: str, on: Membrane) -> Reaction:
    """An elementary charge from the source to the inside, and one from the outside back."""
    charges = ((on.inside.name, -1), (on.outside.name, 1))
    source = Participant(f"{name}.source", Kind.SOURCE, f"charge@{name}", charges)
    return Reaction(((1, source),), ())


def potential_of(electrode: Electrode) -> BoundExpression:
    """Energy of a mole of charge of the source, F·V or F·V_command [J/mol]."""
    if electrode.voltage is not None and not electrode.is_clamp:
        return BoundExpression(F * electrode.command.symbol)
    return BoundExpression(F * symbols.potential(electrode.on.name))


def protocols_of(parts: Any) -> Mapping[str, Protocol]:
    """Protocols that electrodes hold, by parameter."""
    return {name: p for e in parts if isinstance(e, Electrode) for name, p in e.protocols.items()}
