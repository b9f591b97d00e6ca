"""Cycles: transporters with explicit carrier states, each with its charge coordinate.

Every step is a process of its own.  Energies are stored, not rates: the steps of a spanning tree
give μ°_s of the states,

    μ°_b − μ°_a = −RT ln(k⁺/k⁻) − Σ ν (μ°_i − RT ln c°),

and the reverse rate of each closing step follows from them, so that no loop can do work for free
(formalism §6).  The charge coordinate Q_s is the charge of a state that lies on the inside, in
elementary charges; the rest of its charge lies on the outside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import sympy as sp

from .. import errors
from .areas import StateArea
from .barriers import Barrier, Eyring
from .bound_expression import BoundExpression
from .checks.certificate import VERDICTS
from .cycle_charges import charge_coordinates
from .cycle_closure import Closure, closure_of
from .diagram import Diagram
from .diagram_steps import Reader, Step, StepLaw, listed, names
from .identity import Compared
from .open_loops import OpenLoop, find_open_loops
from .parameter import Declared, check_name
from .parameter_checks import joined
from .places import Membrane, Place
from .reaction import Kind, Participant, Reaction
from .reaction_balance import balanced, check_conserved, net_species
from .reaction_parser import check_solvents
from .site import Site
from .source import check_text
from .species import Species
from .temperature_factor import Scalable
from .transporter import Process, build, content_of, html_of, sensed
from .transporter_latex import transporter_latex

if TYPE_CHECKING:
    from fractions import Fraction

    from ..quantity_types import Number
    from .parameter_types import CountLike, ParameterLike


@errors.keywords
@dataclass(frozen=True, eq=False)
class Cycle(Compared, Scalable):
    """A transporter given by its kinetic diagram.

    Args:
        name: dotted names ``name.density`` and ``name.C1-C2.forward``.
        on: the membrane.
        density: carriers per area ("1/um^2", "pmol/cm^2") or in all ("fmol", "1").
        states: names separated by blanks, in the order of the cycle.
        steps: (``"C1 + 2 Na@out <-> C2"``, {"forward": Q, "reverse": Q}); rate constants in 1/s per
            concentration of each solute on that side.  Each side names exactly one state.
            Optional, as papers print it: ``"enthalpy"``, ΔH of the step, with which the reverse
            constant moves with temperature where the forward one does; ``"valence"``, the
            elementary charges that the step moves to the inside through the whole field (default
            0), and ``"theta"``, the position of its barrier: k⁺ e^{−θ·valence·u}, k⁻
            e^{(1−θ)·valence·u}, u = FV/RT.  Around every loop valences add up to the charge that
            crosses.
        close: steps whose reverse constant follows from the others, one per independent cycle, as
            ``"C5 <-> C6"``, or with the solutes as written where several join the same states; a
            reverse constant given for one is not used.  Where all constants are given and close
            their loops to 1e-6 of RT, the steps outside a spanning tree are taken as closing.
        charge: Q_s by state, in elementary charges, as numbers or decimal text, instead of valences
            by step; default zero.
        barrier: how the work of moving charge in a step divides between the directions; half and
            half by default.
        reason: why published constants that do not close are taken as they stand.  The steps of a
            spanning tree give the energies; the others are exempt from the proof, as with
            :class:`~biomembrane.laws.Empirical`.
        modulator: a function of the site, as a :class:`~biomembrane.Transporter` takes it; it
            multiplies every rate.
        label: how figures write it; default the name.
        species: species that the steps name and no place holds: the solvent, ``(H2O,)``.

    ``sensing`` gives, by step, the charge that it moves inward, and thus which steps sense the
    voltage.

    Raises:
        BadCycle: states, steps or closing steps that do not fit together.
        CycleNotClosed: all constants are given and a loop is off; ``kilojoule`` says by how much.
        ChargeImbalance: valences that do not add up to what crosses.
        BadName: a name that dotted names cannot hold.
        WrongType: ``on`` is no membrane, or an argument of another class.
        BadReaction: a step that is no reaction.
        MissingSpecies: a solute that its side does not hold.
        UnbalancedReaction: atoms or moieties appear or vanish around a loop.
        BareNumber: a constant without a unit.
        UnitMismatch: a constant in a unit of another dimension.
        OutOfDomain: a constant that is not above zero.
        DuplicateName: two things of one name.
    """

    name: str
    on: Membrane
    density: CountLike = field(kw_only=True)
    if TYPE_CHECKING:  # what is kept, and what is given
        states: tuple[Participant, ...]

        def __init__(
            self,
            name: str,
            on: Membrane,
            *,
            density: CountLike,
            states: str | Sequence[str],
            steps: Sequence[tuple[str, Mapping[str, ParameterLike | Number]]],
            close: Sequence[str] = (),
            charge: Mapping[str, Number | Fraction | str] = ...,
            barrier: Barrier = ...,
            modulator: Callable[[Site], sp.Expr] | None = None,
            label: str = "",
            species: tuple[Species, ...] = (),
            reason: str = "",
        ) -> None: ...

    else:
        states: str | Sequence[str] = field(kw_only=True)
    steps: Sequence[tuple[str, Mapping[str, ParameterLike | Number]]] = field(kw_only=True)
    close: Sequence[str] = field(default=(), kw_only=True)
    charge: Mapping[str, Number | Fraction | str] = field(default_factory=dict, kw_only=True)
    barrier: Barrier = field(default_factory=Eyring, kw_only=True)
    modulator: Callable[[Site], sp.Expr] | None = field(default=None, kw_only=True)
    label: str = field(default="", kw_only=True)
    species: tuple[Species, ...] = field(default=(), kw_only=True)
    reason: str = field(default="", kw_only=True)
    processes: tuple[Process, ...] = field(init=False, repr=False)
    parameters: dict[str, Declared] = field(init=False, repr=False)
    derived: dict[sp.Symbol, BoundExpression] = field(init=False, repr=False)
    diagram: Diagram = field(init=False, repr=False)
    total: BoundExpression = field(init=False, repr=False)
    sensing: dict[str, str] = field(init=False, repr=False)
    open_loops: tuple[OpenLoop, ...] = field(init=False, repr=False)
    _loose = ("barrier", "modulator", "steps")

    def _content(self) -> tuple[Any, ...]:
        return content_of(self)

    def __post_init__(self) -> None:
        set_field: Any = object.__setattr__
        states = self._check_arguments()
        reader = Reader(self.name, states, self.on, self.close, self.barrier, self.species)
        read = reader.read(self.steps)
        ends = ((s.name, s.ends[0].label, s.ends[1].label) for s in read)
        set_field(self, "diagram", Diagram.of(states, ends))
        participants = self._participants(read)
        steps = [_resolved(s, participants, f"{self.name}, step {s.name}") for s in read]
        reader.check_closing(steps)
        reader.check_sense(steps)
        self._check_connected(steps)
        carriers, hosted = tuple(participants.values()), bool(self.reason)
        closure = closure_of(self.name, self.on, self.diagram, steps, carriers, hosted=hosted)
        set_field(self, "states", carriers)
        self._build(closure)
        set_field(self, "open_loops", find_open_loops(self.name, self.diagram, closure.excesses))
        pairs = zip(self.processes, closure.steps, strict=True)
        set_field(self, "sensing", {p.name: sensed(p, step.barrier) for p, step in pairs})

    def _check_arguments(self) -> list[str]:
        """Raise what is wrong with single arguments; the names of the states."""
        set_field: Any = object.__setattr__
        check_name(self.name, "Cycle, name")
        errors.expect(
            self.on, Membrane, f"{self.name}, on=…", "a Membrane",
            "Membrane('apical', inside=…, outside=…, area=…)",
        )  # fmt: skip
        check_text(self.label, f"{self.name}, label=…", "label='SGLT1'")
        check_text(self.reason, f"{self.name}, reason=…", "reason='as published'")
        set_field(self, "reason", self.reason.strip())
        check_solvents(self.species, self.name)
        set_field(self, "label", self.label or self.name)
        states = names(self.states, f"{self.name}, states=…")
        example = f"close=['{states[0]} <-> {states[-1]}']"
        listed(self.close, f"{self.name}, close=…", "a list of steps", example)
        return states

    def _build(self, closure: Closure) -> None:
        """One process for each step, with the parameters and the amount of carriers."""
        set_field: Any = object.__setattr__
        parameters, derived = closure.parameters, closure.derived
        processes = []
        for step, site in zip(closure.steps, closure.sites, strict=True):
            law = StepLaw(step, self.reason if step.name in closure.excesses else "")
            processes.append(build(site, law, self.modulator, derived))
            parameters |= {
                n: joined(parameters.get(n, p), p, f"{self.name}, parameter {n!r}")
                for n, p in site.parameters.items()
            }
        set_field(self, "processes", tuple(processes))
        set_field(
            self, "derived", {formula.names[symbol]: formula for symbol, formula in derived.items()}
        )
        site = Site(self.name, closure.steps[0].reaction, self.on)
        total = site.carriers(self.density)
        area = getattr(self.on, "area", None)
        start = {area.symbol: area.start} if isinstance(area, StateArea) else {}
        names = {local: name.xreplace(start) for local, name in site.names.items()}
        set_field(self, "total", BoundExpression(total, names))
        set_field(self, "parameters", self._distinct(site.parameters | parameters))

    @property
    def joins(self) -> tuple[Place, ...]:
        """Places that it touches beside those of its membrane: none."""
        return ()

    def _distinct(self, parameters: dict[str, Declared]) -> dict[str, Declared]:
        """The parameters themselves, if none has the name of a state."""
        for state in self.states:
            if state.pool in parameters:
                raise errors.DuplicateName(
                    where=f"{self.name}, states=…",
                    wanted="names that none of its parameters has",
                    got=f"{state.label}, as in {state.pool}",
                    advice=f"'{state.label}_1'",
                )
        return parameters

    def _participants(self, steps: list[Step]) -> dict[str, Participant]:
        """The states by name, with what each holds and its charges: Q_s inside, z_s − Q_s outside.

        z_s is the charge of what has bound since the first state.
        """
        states = self.diagram.states
        bound = self._bound(steps)
        coordinates = charge_coordinates(
            self.charge, self.name, self.diagram, steps, self.on.inside
        )
        places = (self.on.inside.name, self.on.outside.name)
        participants = {}
        for name in states:
            z = sum(count * species.charge for species, count in bound[name].items())
            split = (coordinates[name], z - coordinates[name])
            charges = tuple((place, q) for place, q in zip(places, split, strict=True) if q)
            participants[name] = Participant(
                f"{self.name}.{name}", Kind.STATE, name, charges, bound=tuple(bound[name].items())
            )
        return participants

    def _bound(self, steps: list[Step]) -> dict[str, dict[Species, int]]:
        """The solutes that each state holds beyond the first; every loop conserves them."""
        diagram, changes = self.diagram, [net_species(s.reaction) for s in steps]
        tree, states = diagram.tree(), diagram.states
        apart = [name for k, name in enumerate(states) if k not in diagram.paths(tree)]
        if apart:
            raise errors.BadCycle(
                where=f"{self.name}, steps=…",
                wanted="steps that connect all states",
                got=f"not reached from {states[0]}: {', '.join(apart)}",
                advice=f"add a step such as '{states[0]} <-> {apart[0]}', or leave the state out",
            )
        counts = {
            species: diagram.levels([-net.get(species, 0) for net in changes], tree, 0)
            for species in dict.fromkeys(s for net in changes for s in net)
        }
        for (a, b), net in zip(diagram.ends, changes, strict=True):
            surplus = {
                species: n
                for species, held in counts.items()
                if (n := held[b] - held[a] + net.get(species, 0))
            }
            if surplus:
                around = ", ".join(f"{species.name} {n:+d}" for species, n in surplus.items())
                where = f"{self.name}, the loop closed by {states[a]}-{states[b]}"
                check_conserved(surplus, where, f"once around, {around}")
        return {
            name: {species: held[k] for species, held in counts.items() if held[k]}
            for k, name in enumerate(states)
        }

    def _check_connected(self, steps: list[Step]) -> None:
        """Raise BadCycle unless the steps that do not close connect all states."""
        tree = self.diagram.tree([k for k, s in enumerate(steps) if not s.closing])
        reached = self.diagram.paths(tree)
        apart = [name for k, name in enumerate(self.diagram.states) if k not in reached]
        if apart:
            raise errors.BadCycle(
                where=f"{self.name}, close=…",
                wanted="one closing step per independent cycle, the others connecting all states",
                got="cut off: " + ", ".join(apart),
                advice="take a step that leads to them out of close=, and give its reverse",
            )

    def __repr__(self) -> str:
        verdict = max((p.certificate.verdict for p in self.processes), key=VERDICTS.index)
        sensing = ((p.step, self.sensing[p.name]) for p in self.processes)
        steps = ", ".join(f"{step} {charge}" for step, charge in sensing if charge) or "no step"
        return (
            f"<{self.name} on {self.on.name}: {len(self.states)} states, {len(self.processes)}"
            f" steps; V is sensed by {steps}; {verdict}>"
        )

    def _repr_html_(self) -> str:
        return html_of(self)

    def _repr_latex_(self) -> str:
        return transporter_latex(self)


def _resolved(step: Step, states: dict[str, Participant], where: str) -> Step:
    """The step with the cycle's own states in place of those that were read from its text."""

    def swap(side: tuple[tuple[int, Participant], ...]) -> tuple[tuple[int, Participant], ...]:
        return tuple((n, states[p.label] if p.is_state else p) for n, p in side)

    reactants, products = swap(step.reaction.reactants), swap(step.reaction.products)
    first, last = (states[end.label] for end in step.ends)
    return replace(
        step, reaction=balanced(Reaction(reactants, products), where), ends=(first, last)
    )
