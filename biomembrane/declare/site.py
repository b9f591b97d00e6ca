"""The site of a process: the symbols that a law may use there, each with its dimension, and the
affinity that they imply.

Symbols are local: ``c[@in.Na]`` is the concentration on the inside of whichever membrane this is,
``@.density`` a parameter of whichever transporter.  Equal laws are therefore equal expressions,
proved once; ``names`` maps local symbols to those of the assembled model.  A/RT follows from the
reaction alone:

    A/RT = −ΔG°/RT − Σ ν ln(c/c°) − Σ ν ln(n/n°) − Q·u,
    u = FV/RT,   Q = charge moved to the inside
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sympy as sp

from .. import dimension as d
from .. import errors, symbols
from ..dimension import Dimension
from . import reduced_affinity
from .parameter import Declared, check_domain, declare
from .parameter_checks import joined
from .parameter_domains import required_domains
from .places import Compartment, Membrane
from .reaction import Participant, Reaction, solutes_at
from .readable_state import OwnState
from .readings import Reading
from .site_readings import Readings
from .standard_energies import standard_in

if TYPE_CHECKING:
    from ..quantity_types import Number
    from .parameter_types import CountLike, ParameterLike

GROUND = {
    symbols.R: d.MOLAR_ENTROPY, symbols.F: d.MOLAR_CHARGE, symbols.T: d.TEMPERATURE,
    symbols.t: d.TIME, symbols.c0: d.CONCENTRATION, symbols.n0: d.AMOUNT,
    symbols.N_A: d.PER_AMOUNT,
}  # fmt: skip

# parameters of a law that may be negative
SIGNED = (
    d.VOLTAGE, d.CHARGE, d.MOLAR_CHARGE, d.CURRENT, d.ENERGY, d.MOLAR_ENERGY, d.MOLAR_ENTROPY,
)  # fmt: skip


class Site(Readings):
    """Where a law is applied.

    ``site["Na@in"]`` is a concentration, ``site.u`` the reduced voltage, ``site.parameter``
    declares a parameter and ``site.quantity("10 mV")`` is a number with a unit; ``site.T``,
    ``site.R`` and ``site.F`` are the temperature and the constants.

    Attributes: ``reaction``, ``on``, ``name`` of the transporter, ``step`` of its diagram,
    ``process`` (name of both), ``dims`` (dimension of each symbol), ``names`` (the model's symbol
    for each local one), ``parameters`` declared so far, by dotted name, ``modulating_solutes``
    (solutes that are read but take no part), ``own_states`` and ``readings`` from elsewhere in the
    model that are read, ``charge`` moved to the inside per turnover, ``reduced_affinity`` = A/RT
    and ``standard`` = ΔG°/RT.
    """

    def __init__(
        self,
        name: str,
        reaction: Reaction,
        on: Membrane | Compartment,
        step: str = "",
        owner: str = "",
    ) -> None:
        self.name, self.step, self.reaction, self.on = name, step, reaction, on
        self.owner = owner or f"the transporter {name!r}"  # in words
        self.process = f"{name}:{step}" if step else name
        self.dims: dict[sp.Symbol, Dimension] = dict(GROUND)
        self.names: dict[sp.Symbol, sp.Expr] = {}
        self.parameters: dict[str, Declared] = {}
        self.modulating_solutes: dict[Participant, None] = {}
        self.own_states: dict[OwnState, int] = {}
        self.readings: dict[Reading, None] = {}
        self._declared: dict[tuple[Any, ...], tuple[sp.Symbol, Any]] = {}
        self.written_by_user = False  # true while a user's function is called
        self._without_domain: dict[sp.Symbol, str] = {}  # names of parameters given no domain
        moved = reaction.charge_moved()
        self.charge = moved.get(on.inside.name, 0) if isinstance(on, Membrane) else 0

    def local(self, symbol: sp.Symbol, name: sp.Expr, dim: Dimension) -> sp.Symbol:
        """The local symbol itself, once its dimension and the model's expression are recorded."""
        self.dims[symbol] = dim
        self.names[symbol] = name
        return symbol

    def _side(self, participant: Participant) -> str:
        outside = self.on.outside if isinstance(self.on, Membrane) else None
        return "out" if outside is not None and participant.place is outside else "in"

    def __getitem__(self, key: str | OwnState) -> sp.Expr:
        """The concentration of ``"Na@in"``: a participant of the reaction, or any other solute or
        impermeant on either side, which then modulates the law; the value of a gate or another
        state with an equation of its own; the share of a channel in a state of its cycle,
        ``"Kv.O"``.

        Names are those of the reaction, ``"Na@in"`` or ``"Na@cell"``.  For the solvent it is the
        activity, a pure number close to 1.
        """
        if isinstance(key, OwnState):
            return self.own(key)
        for participant in self.participants:
            if key in self.names_of(participant):
                solvent = participant.is_solvent
                return self.activity(participant) if solvent else self.level(participant)
        solutes = solutes_at(self.on)
        for name, solute in solutes.items():
            if key in (name, *self.names_of(solute)):
                self.modulating_solutes[solute] = None
                return self.level(solute)
        named = self._named(key)
        if named is not None:
            return named
        names = [*map(self.written, self.participants), *solutes]
        raise errors.UnknownName(
            where=f"law of {self.name}",
            wanted="a participant of its reaction, or a solute on either side",
            got=errors.shown(key),
            advice=errors.nearest(key, names),
        )

    def own(self, state: OwnState) -> sp.Symbol:
        """The symbol of a state with its own equation; states are numbered in the order in which
        the law reads them.
        """
        number = self.own_states.setdefault(state, len(self.own_states))
        symbol = symbols.declared(f"x[@{number}]", state.domain)
        return self.local(symbol, state.expression, state.dimension)

    def names_of(self, participant: Participant) -> tuple[str, ...]:
        """All names of a participant: as :meth:`written`, by side, by place, pool and label."""
        if participant.species is None or participant.place is None:
            return (participant.label, participant.pool)
        species = participant.species.name
        sides = {
            "in": getattr(self.on, "inside", self.on),
            "out": getattr(self.on, "outside", None),
        }
        by_side = [
            f"{species}@{side}" for side, place in sides.items() if place is participant.place
        ]
        by_place = f"{species}@{participant.place.name}"
        return (self.written(participant), *by_side, by_place, participant.pool, participant.label)

    def written(self, participant: Participant) -> str:
        """The name of a participant as reactions write it: ``Na@in``."""
        if participant.species is None or participant.place is None:
            return participant.label
        sides = {
            id(getattr(self.on, "inside", None)): "in",
            id(getattr(self.on, "outside", None)): "out",
        }
        return (
            f"{participant.species.name}@{sides.get(id(participant.place), participant.place.name)}"
        )

    @property
    def participants(self) -> list[Participant]:
        """The participants of the reaction, each once."""
        terms = (*self.reaction.reactants, *self.reaction.products)
        return list(dict.fromkeys(participant for _, participant in terms))

    def level(self, participant: Participant) -> sp.Symbol:
        """Concentration of a solute, amount of a carrier state, or pressure of the solvent's
        compartment.
        """
        if participant.is_state:
            return self.local(
                symbols.amount(f"@.{participant.label}"), symbols.amount(participant.pool), d.AMOUNT
            )
        assert participant.place is not None
        if participant.is_solvent:
            return self.local(
                symbols.pressure(f"@{self._side(participant)}"), participant.potential, d.PRESSURE
            )
        assert participant.species is not None
        concentration = symbols.concentration(
            f"@{self._side(participant)}.{participant.species.name}"
        )
        return self.local(concentration, symbols.concentration(participant.pool), d.CONCENTRATION)

    def activity(self, participant: Participant) -> sp.Expr:
        """Activity e^{vP/RT} of the solvent.

        v is its molar volume and P the hydrostatic less the osmotic pressure; in a cell it is 1
        within half a percent.
        """
        return reduced_affinity.solvent_activity(
            self.molar_volume(participant), self.level(participant)
        )

    def product(
        self, terms: Iterable[tuple[int, Participant]], *, activities: bool = False
    ) -> sp.Expr:
        """Π c^ν over one side of the reaction, with the solvent's activity; ``activities``: of c/c°
        and n/n°.
        """
        factors = (
            self._factor(count, participant, activities=activities) for count, participant in terms
        )
        return reduced_affinity.activity_product(tuple(factors))

    def _factor(
        self, count: int, participant: Participant, *, activities: bool
    ) -> tuple[int, sp.Expr, sp.Expr]:
        if participant.is_solvent:
            return count, self.activity(participant), sp.S.One
        return count, self.level(participant), participant.unit_level if activities else sp.S.One

    @cached_property
    def V(self) -> sp.Expr:
        """V_in − V_out; zero for a reaction inside a compartment."""
        if isinstance(self.on, Membrane):
            return self.local(symbols.potential("@"), symbols.potential(self.on.name), d.VOLTAGE)
        return sp.S.Zero

    @property
    def u(self) -> sp.Expr:
        """FV/RT."""
        return reduced_affinity.reduced_voltage(self.V)

    @property
    def reduced_work(self) -> sp.Expr:
        """Q·u, the reduced electrical work of moving the charge of one turnover inward."""
        return reduced_affinity.reduced_work(self.charge, self.V)

    @property
    def area(self) -> sp.Symbol:
        """Area of the membrane.

        Raises:
            BadPlace: a reaction inside a compartment.
        """
        if not isinstance(self.on, Membrane):
            advice = "give the parameter for the whole compartment (fmol/s), or on=membrane"
            raise errors.BadPlace(
                where=self.name, wanted="a membrane, for a parameter per area",
                got=errors.shown(self.on), advice=advice,
            )  # fmt: skip
        return self.local(symbols.parameter("@on.area", positive=True), self.on.area.symbol, d.AREA)

    def parameter(
        self,
        key: str,
        value: ParameterLike | Number,
        dims: Dimension | tuple[Dimension, ...] | None = None,
        *,
        domain: str | None = None,
        long_name: str = "",
    ) -> sp.Symbol:
        """Declare the parameter ``name.key`` and return its symbol.

        Args:
            key: the last part of its dotted name.
            value: a quantity, text, a :class:`~biomembrane.Parameter`, or a number where ``dims``
                is ``dimension.ONE``.
            dims: its dimension, or several that are allowed, of :mod:`biomembrane.dimension`.
            domain: positive, nonnegative, real, nonzero or fraction.  The default is real for
                voltages, charges, currents and energies and nonnegative for others, without zero
                where the law divides by it or takes its logarithm.
            long_name: its name in tables.

        Raises:
            WrongType: ``dims`` is no dimension.
            BareNumber: a number without a unit.
            UnitMismatch: a unit of another dimension.
            OutOfDomain: a value outside its domain.
            DuplicateName: another value or domain under the same name.
        """
        name = f"{self.name}.{key}"
        for dim in dims if isinstance(dims, tuple) else (dims,):
            example = f"site.parameter({key!r}, …, biomembrane.dimension.CONCENTRATION)"
            errors.expect(dim, Dimension, name, "a dimension", f"{example}, or RATE, FLUX, …")
        assert dims is not None
        by_default = domain is None
        domain = self._domain(name, domain) or ("real" if dims in SIGNED else "nonnegative")
        request = (key, id(value), dims, domain, long_name)
        if request in self._declared:
            return self._declared[request][0]
        words = key if self.written_by_user else key.replace("_", " ")
        hint = ""
        if by_default and self.written_by_user:
            hint = "; if it may be negative, site.parameter(…, domain='real')"
        declared = declare(
            name, value, dims, domain=domain, long_name=long_name or f"{words} of {self.name}",
            hint=hint, owner=self.owner, of_law=True,
        )  # fmt: skip
        self._record(declared)
        symbol = symbols.declared(f"@.{key}", domain)
        self.local(symbol, declared.used, declared.dimension)
        self._declared[request] = (symbol, value)  # the value is kept so that its id is not reused
        if by_default:
            self._without_domain[symbol] = name
        return symbol

    def _domain(self, name: str, requested: str | None) -> str | None:
        """The requested domain, or that under which the parameter is already declared.

        Raises ``DuplicateName`` where the two differ.
        """
        domain = self.parameters[name].domain if name in self.parameters else requested
        if requested is not None and domain != requested:
            raise errors.DuplicateName(
                where=f"{self.name}, parameter {name!r}",
                wanted="one domain for one name",
                got=f"{domain!r} and {requested!r}",
                advice=f"domain={requested!r} wherever it is declared",
            )
        return domain

    def _record(self, parameter: Declared) -> None:
        """Add a parameter; raises ``DuplicateName`` where another one has its name."""
        name = parameter.name
        earlier = self.parameters.get(name, parameter)
        self.parameters[name] = joined(earlier, parameter, f"{self.name}, parameter {name!r}")
        self.parameters |= {p.name: p for p in parameter.coefficients}

    def settled(self, *expressions: sp.Expr) -> tuple[sp.Expr, ...]:
        """The expressions, with the domains of parameters declared without one narrowed to what the
        expressions allow.

        A divisor is not zero; the argument of a logarithm, or the base of a power that is no
        integer, is positive.

        Raises:
            OutOfDomain: a value outside the narrowed domain.
        """
        narrowed: dict[sp.Symbol, sp.Symbol] = {}
        for symbol, domain in required_domains(self._without_domain, expressions).items():
            name = self._without_domain[symbol]
            parameter = self.parameters[name]
            check_domain(parameter.value, domain, name, parameter.quantity)
            self.parameters[name] = parameter = replace(parameter, domain=domain)
            local = symbols.declared(symbol.name, domain)
            narrowed[symbol] = self.local(local, parameter.used, self.dims[symbol])
        return tuple(e.xreplace(narrowed) for e in expressions)

    def per_area(
        self, key: str, value: ParameterLike, whole: Dimension, *, long_name: str = ""
    ) -> sp.Expr:
        """A parameter given for the whole membrane or per area, as that of the whole membrane."""
        symbol = self.parameter(key, value, (whole / d.AREA, whole), long_name=long_name)
        return symbol * self.area if self.dims[symbol] != whole else symbol

    def carriers(self, density: CountLike) -> sp.Expr:
        """Amount of transporters [fmol], given as a number or an amount, per area or in all."""
        symbol = self.parameter(
            "density",
            density,
            (d.SURFACE_DENSITY, d.AMOUNT / d.AREA, d.AMOUNT, d.ONE),
            long_name=f"density of {self.name}",
        )
        dim = self.dims[symbol]
        amount = symbol if dim in (d.AMOUNT, d.AMOUNT / d.AREA) else symbol / symbols.N_A
        return amount * self.area if dim in (d.SURFACE_DENSITY, d.AMOUNT / d.AREA) else amount

    def energy(self, participant: Participant) -> sp.Expr:
        """μ° [J/mol] of a participant."""
        if participant.is_state:
            local, name = (
                symbols.state_energy(pool) for pool in (f"@.{participant.label}", participant.pool)
            )
            return self.local(local, name, d.MOLAR_ENERGY)
        standard = standard_in(participant.species, participant.place)
        if standard is None:
            return sp.S.Zero
        self._record(standard)
        return self.local(standard.used, standard.used, d.MOLAR_ENERGY)

    @cached_property
    def standard(self) -> sp.Expr:
        """ΔG°/RT of the reaction, in c° and n°."""
        energies = ((n, self.energy(participant)) for participant, n in self.reaction.net.items())
        return reduced_affinity.reduced_standard_energy(tuple(energies))

    @cached_property
    def reduced_affinity(self) -> sp.Expr:
        """A/RT."""
        levels = []
        for participant, n in self.reaction.net.items():
            solvent, level = participant.is_solvent, self.level(participant)
            scale = self.molar_volume(participant) if solvent else participant.unit_level
            levels.append((n, level, scale, solvent))
        return reduced_affinity.reduced_affinity(self.standard, self.reduced_work, tuple(levels))

    def molar_volume(self, participant: Participant) -> sp.Symbol:
        """Molar volume of the solvent."""
        assert participant.species is not None
        volume = participant.species.declared_molar_volume
        self._record(volume)
        return self.local(volume.symbol, volume.symbol, d.MOLAR_VOLUME)
