"""Cycles: transporters with explicit carrier states, each with its charge coordinate.

Every step is a process of its own.  Energies are stored, not rates: the steps that form a spanning
tree give μ°_s of the states,

    μ°_b − μ°_a = −RT ln(k⁺/k⁻) − Σ ν (μ°_i − RT ln c°),

and the reverse rate of each closing step follows from them, so that no loop can do work for free
(formalism §6).  The charge coordinate Q_s is what a state lays on the inside, in elementary
charges; the rest of its charge lies on the outside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import sympy as sp

from .. import constants, errors
from ..symbols import F, R, T, c0, ln
from . import transporter_latex
from .barriers import Barrier, Eyring
from .bound_expression import BoundExpression
from .checks.certificate import VERDICTS
from .diagram import Diagram, members
from .diagram_steps import Reader, Step, StepLaw, call, charges, listed, names
from .identity import Compared
from .parameter import Declared, check_name, check_text, joined
from .places import Membrane, Place
from .reaction import Kind, Participant, Reaction
from .reaction_balance import balanced, check_conserved, net_species
from .reaction_parser import check_solvents
from .site import Site
from .species import Species
from .transporter import Process, build, content_of, html_of, sensed

ROUNDING = 1e-9  # elementary charges: valences that were computed need not add up exactly
TOLERANCE = 1e-6  # of RT: rate constants given for every step close a loop if they are off by less


@dataclass(frozen=True, eq=False)
class Cycle(Compared):
    """A transporter given by its kinetic diagram.

    Args:
        name: dotted names ``name.density`` and ``name.C1-C2.forward``.
        on: the membrane.
        density: carriers per area ("1/um^2", "pmol/cm^2") or in all ("fmol", "1").
        states: names separated by blanks, in the order of the cycle.
        steps: (``"C1 + 2 Na@out <-> C2"``, {"forward": Q, "reverse": Q}); rate constants in 1/s per
            concentration of each solute on
            that side.  Exactly one state stands on each side.  Besides, as papers print it:
            ``"valence"``, the elementary charges that
            the step moves to the inside through the whole field (0 where it is not given), and
            ``"theta"``, where its barrier stands:
            k⁺ e^{−θ·valence·u}, k⁻ e^{(1−θ)·valence·u}, u = FV/RT.  Valences must add up to what
            crosses, around every loop.
        close: steps whose reverse constant follows from the others, one per independent cycle, as
            ``"C5 <-> C6"``, or with the solutes as written where several join the same states; what
            is given for it is not used.  Where all constants are given and close their loops to
            1e-6 of RT, the steps outside of a spanning tree are taken as closing.
        charge: Q_s by state, in elementary charges, as numbers or decimal text, instead of valences
            by step; zero where it is not given.
        barrier: how the charge moved in a step splits into both directions; half and half unless
            told.
        reason: hosts published constants that do not close: why they are taken as they stand.  The
            steps that form a spanning tree
            give the energies; the others are exempt from the proof, as with
            :class:`~biomembrane.laws.Empirical`.

        modulator: a function of the site, as a :class:`~biomembrane.Transporter` takes it; it
            multiplies every rate.
        label: how figures write it; the name unless told.
        species: what the steps name and no place holds: the solvent, ``(H2O,)``.

    ``sensing`` tells by step what charge it moves inward, and with it which steps sense the
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
    density: Any = field(kw_only=True)
    states: Any = field(kw_only=True)
    steps: Sequence[tuple[str, Mapping[str, Any]]] = field(kw_only=True)
    close: Sequence[str] = field(default=(), kw_only=True)
    charge: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
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
    off: tuple[OpenLoop, ...] = field(init=False, repr=False)
    _loose = ("barrier", "modulator", "steps")

    def _content(self) -> tuple[Any, ...]:
        return content_of(self)

    def __post_init__(self) -> None:
        put: Any = object.__setattr__
        check_name(self.name, "Cycle, name")
        if not isinstance(self.on, Membrane):
            advice = "Membrane('apical', inside=…, outside=…, area=…)"
            raise errors.WrongType(
                where=f"{self.name}, on=…",
                wanted="a Membrane",
                got=errors.shown(self.on),
                advice=advice,
            )
        check_text(self.label, f"{self.name}, label=…", "label='SGLT1'")
        check_text(self.reason, f"{self.name}, reason=…", "reason='as published'")
        put(self, "reason", self.reason.strip())
        check_solvents(self.species, self.name)
        put(self, "label", self.label or self.name)
        known = names(self.states, f"{self.name}, states=…")
        listed(
            self.close,
            f"{self.name}, close=…",
            "a list of steps",
            f"close=['{known[0]} <-> {known[-1]}']",
        )
        reader = Reader(self.name, known, self.on, self.close, self.barrier, self.species)
        read = reader.read(self.steps)
        put(
            self,
            "diagram",
            Diagram.of(known, ((s.name, s.ends[0].label, s.ends[1].label) for s in read)),
        )
        states = self._participants(known, read)
        steps = [_resolved(s, states, f"{self.name}, step {s.name}") for s in read]
        reader.check_closing(steps)
        reader.check_sense(steps)
        self._check_closing(steps)
        sites, derived, parameters, off = self._closed(steps, states)
        processes = []
        for step, site in zip(steps, sites, strict=True):
            processes.append(
                build(
                    site,
                    StepLaw(step, self.reason if step.name in off else ""),
                    self.modulator,
                    derived,
                )
            )
            parameters |= {
                n: joined(parameters.get(n, p), p, f"{self.name}, parameter {n!r}")
                for n, p in site.parameters.items()
            }
        put(self, "states", tuple(states[n] for n in known))
        put(self, "processes", tuple(processes))
        put(self, "derived", {formula.names[here]: formula for here, formula in derived.items()})
        site = Site(self.name, steps[0].reaction, self.on)
        put(self, "total", BoundExpression(site.carriers(self.density), site.names))
        put(self, "parameters", self._named(site.parameters | parameters))
        put(self, "off", self._open(off))
        put(
            self,
            "sensing",
            {p.name: sensed(p, s.barrier) for p, s in zip(processes, steps, strict=True)},
        )

    def _named(self, parameters: dict[str, Declared]) -> dict[str, Declared]:
        """The parameters themselves, if none has the name of a state."""
        for state in self.states:
            if state.pool in parameters:
                raise errors.DuplicateName(
                    where=f"{self.name}, states=…", wanted="names that none of its parameters has",
                    got=f"{state.label}, as in {state.pool}",
                    advice=f"'{state.label}_1'",
                )  # fmt: skip
        return parameters

    def _participants(self, known: list[str], steps: list[Step]) -> dict[str, Participant]:
        """States with their charges on both sides: Q_s inside, z_s − Q_s outside, z_s from what has
        bound since the first state.
        """
        diagram, taken = self.diagram, [net_species(s.reaction) for s in steps]
        tree = diagram.tree()
        apart = [n for k, n in enumerate(known) if k not in diagram.paths(tree)]
        if apart:
            raise errors.BadCycle(
                where=f"{self.name}, steps=…", wanted="steps that connect all states",
                got=f"not reached from {known[0]}: {', '.join(apart)}",
                advice=f"add a step such as '{known[0]} <-> {apart[0]}', or leave the state out",
            )  # fmt: skip
        held = {
            s: diagram.levels([-moved.get(s, 0) for moved in taken], tree, 0)
            for s in dict.fromkeys(s for moved in taken for s in moved)
        }
        bound = {
            n: {s: counts[k] for s, counts in held.items() if counts[k]}
            for k, n in enumerate(known)
        }
        for (a, b), moved in zip(diagram.ends, taken, strict=True):
            left = {
                s: n for s, counts in held.items() if (n := counts[b] - counts[a] + moved.get(s, 0))
            }
            if left:
                once = "once around, " + ", ".join(f"{s.name} {n:+d}" for s, n in left.items())
                check_conserved(
                    left, f"{self.name}, the loop closed by {known[a]}-{known[b]}", once
                )
        inside = self._coordinates(known, steps)
        z = {n: sum(count * s.charge for s, count in bound[n].items()) for n in known}
        sides = (self.on.inside.name, self.on.outside.name)
        made = {}
        for n in known:
            charges = tuple(
                (p, q) for p, q in zip(sides, (inside[n], z[n] - inside[n]), strict=True) if q
            )
            made[n] = Participant(
                f"{self.name}.{n}", Kind.STATE, n, charges, bound=tuple(bound[n].items())
            )
        return made

    def _coordinates(self, known: list[str], steps: list[Step]) -> dict[str, int | Fraction]:
        """Q_s by state: as given, or from the charge that each step moves, counted from the first
        state on.
        """
        given = _coordinates(self.charge, known, f"{self.name}, charge=…")
        told = [s for s in steps if s.valence is not None]
        if not told:
            return given
        if self.charge:
            got, advice = (
                f"charge= and the valence of {', '.join(s.name for s in told)}",
                "leave charge= out, or 'valence' in the steps",
            )
            raise errors.BadCycle(
                where=f"{self.name}, charge=…",
                wanted="charges by state or by step",
                got=got,
                advice=advice,
            )
        rises = [
            (s.valence or Fraction(0)) - _carried(s.reaction, self.on.inside) for s in steps
        ]  # Q_b − Q_a
        for k, walk in zip(self.diagram.chords(), self.diagram.walks(), strict=True):
            walked = sorted(walk)
            told_, due = (
                sum(way * value(steps[i]) for i, way in walked)
                for value in (_valence, self._crossing)
            )
            if abs(float(told_ - due)) > ROUNDING:
                raise errors.ChargeImbalance(
                    where=f"{self.name}, the loop closed by '{steps[k].text}'",
                    wanted=f"valences that add up to {float(due):+g} e once around",
                    got=f"{float(told_):+g} e, of "
                    + ", ".join(
                        f"{steps[i].name} {float(way * _valence(steps[i])):+g}" for i, way in walked
                    ),
                    advice=(
                        "valence is what a step moves inward in its written direction; it is 0"
                        " where it is not given"
                    ),
                )
        return dict(
            zip(known, self.diagram.levels(rises, self.diagram.tree(), Fraction(0)), strict=True)
        )

    def _crossing(self, step: Step) -> int | Fraction:
        return _carried(step.reaction, self.on.inside)

    def _check_closing(self, steps: list[Step]) -> None:
        tree = self.diagram.tree([k for k, s in enumerate(steps) if not s.closing])
        reached = self.diagram.paths(tree)
        if len(reached) < len(self.diagram.states):
            raise errors.BadCycle(
                where=f"{self.name}, close=…",
                wanted="one closing step per independent cycle, the others connecting all states",
                got="cut off: "
                + ", ".join(n for k, n in enumerate(self.diagram.states) if k not in reached),
                advice="take a step that leads to them out of close=, and give its reverse",
            )

    def _closed(self, steps: list[Step], states: dict[str, Participant]) -> _Closed:
        """Sites, what follows from the constants, parameters, and the steps whose loops are off.

        Without a ``reason``, a step whose constants close its loop at their values closes it from
        then on: its reverse follows.
        """
        sites = [Site(self.name, step.reaction, self.on, step.name) for step in steps]
        parameters: dict[str, Declared] = {}
        derived, off, names_ = self._energies(steps, sites, states, parameters)
        if self.reason or not off:
            return _Closed(
                sites,
                derived,
                parameters,
                {name: BoundExpression(e, names_) for name, e in off.items()},
            )
        self._check_loops({name: e.xreplace(names_) for name, e in off.items()}, parameters, steps)
        steps[:] = [replace(s, closing=s.closing or s.name in off) for s in steps]
        return self._closed(steps, states)

    def _energies(
        self,
        steps: list[Step],
        sites: list[Site],
        states: dict[str, Participant],
        parameters: dict[str, Declared],
    ) -> tuple[dict[sp.Symbol, BoundExpression], dict[str, sp.Expr], dict[sp.Symbol, sp.Expr]]:
        """μ°_s of every state and the reverse constants of the closing steps, as formulas of the
        parameters, by local symbol; by how much the loops are off that steps close which are
        neither in the tree nor closing; and what the local symbols stand for.
        """
        stands: dict[sp.Symbol, sp.Expr] = {}
        levels = tuple(sites[0].energy(who) for who in states.values())
        links = tuple(_Link.of(step, site) for step, site in zip(steps, sites, strict=True))
        for _, site in sorted(
            zip(steps, sites, strict=True), key=lambda pair: pair[0].closing
        ):  # whose parameters come last
            parameters |= site.parameters
            stands |= site.names
        derived, off = _derived(self.diagram, levels, links)
        return {here: BoundExpression(e, stands) for here, e in derived.items()}, off, stands

    def _open(self, off: dict[str, BoundExpression]) -> tuple[OpenLoop, ...]:
        """The loops that do not close: ε of each, and which share of every step's flux goes around
        it.

        Shares are those of the projection of all fluxes on the loops, Σ_l J_l Z_l, so that Σ ε_l
        J_l depends on no choice of a tree.
        """
        diagram, steps = self.diagram, self.diagram.steps
        order = sorted(range(len(steps)), key=lambda k: steps[k] in off)
        Z = diagram.loops(order)
        G = np.linalg.solve(Z @ Z.T, Z) if len(Z) else Z
        made = []
        names = diagram.names(diagram.walks(order))
        for row, walk in zip(G, diagram.walks(order), strict=True):
            step = steps[walk[0][0]]
            if step in off:
                shares = {
                    f"{self.name}:{name}": float(x)
                    for name, x in zip(steps, row, strict=True)
                    if abs(x) > 1e-12
                }
                made.append(
                    OpenLoop(
                        f"{self.name}:{names[members(walk)]}",
                        self.name,
                        step,
                        off[step] * (R * T),
                        shares,
                    )
                )
        return tuple(made)

    def _check_loops(
        self, off: dict[str, sp.Expr], parameters: dict[str, Declared], steps: list[Step]
    ) -> None:
        """Raise CycleNotClosed if a loop is off at the values given."""
        at = {p.symbol: p.value for p in parameters.values()}
        at |= {
            R: constants.GAS,
            T: constants.BODY_TEMPERATURE,
            F: constants.FARADAY,
            c0: constants.STANDARD_CONCENTRATION,
        }
        sizes = {name: float(e.subs(at).evalf()) for name, e in off.items()}
        open_ = [name for name, size in sizes.items() if not abs(size) < TOLERANCE]
        if not open_:
            return
        worst = max(open_, key=lambda n: abs(sizes[n]))
        RT = constants.GAS * constants.BODY_TEMPERATURE / 1000
        text, texts = {s.name: s.text for s in steps}, [s.text for s in steps]
        note = " (rounding of the published digits)" if abs(sizes[worst]) < 0.02 else ""
        raise errors.CycleNotClosed(
            where=f"{self.name}, the loop closed by '{text[worst]}'",
            wanted="rate constants whose product around the loop is the external affinity",
            got=f"off by {sizes[worst] * RT:+.4g} kJ/mol" + note,
            advice="close=[" + ", ".join(repr(call(text[n],
                texts)) for n in open_) + "] lets those reverse constants follow from the others, "
            "reason='…' hosts them as they stand", process=self.name, kilojoule=sizes[worst] * RT,
        )  # fmt: skip

    def __repr__(self) -> str:
        verdict = max((p.certificate.verdict for p in self.processes), key=VERDICTS.index)
        told = (
            ", ".join(
                f"{p.step} {self.sensing[p.name]}" for p in self.processes if self.sensing[p.name]
            )
            or "no step"
        )
        return (
            f"<{self.name} on {self.on.name}: {len(self.states)} states, {len(self.processes)}"
            f" steps; V is sensed by {told}; {verdict}>"
        )

    def _repr_html_(self) -> str:
        return html_of(self)

    def _repr_latex_(self) -> str:
        return transporter_latex.transporter(self)


@dataclass(frozen=True, eq=False)
class OpenLoop:
    """A loop of ``cycle`` that does not close: ``step`` closes it, ``excess`` is ε = RT ln(Π k⁺/Π
    k⁻) − A [J/mol] in that step's direction, and ``shares`` are by process what of its flux goes
    around the loop.
    """

    name: str
    cycle: str
    step: str
    excess: BoundExpression
    shares: Mapping[str, float]


class _Closed(NamedTuple):
    """What the constants of a cycle give."""

    sites: list[Site]
    derived: dict[sp.Symbol, BoundExpression]
    parameters: dict[str, Declared]
    off: dict[str, BoundExpression]


class _Link(NamedTuple):
    """A step in local symbols: whether it closes a loop, its rate constants, and (ν, μ°, whether it
    is dissolved) of what it moves.

    The solvent's constants are at unit activity: it has no concentration in them.
    """

    closing: bool
    forward: sp.Symbol
    reverse: sp.Symbol
    moved: tuple[tuple[int, sp.Expr, bool], ...]

    @classmethod
    def of(cls, step: Step, site: Site) -> _Link:
        forward, reverse = (StepLaw(step).constant(site, way) for way in ("forward", "reverse"))
        moved = tuple(
            (n, site.energy(w), w.is_solute) for w, n in step.reaction.net.items() if not w.is_state
        )
        return cls(step.closing, forward, reverse, moved)

    def rise(self) -> sp.Expr:
        """(μ°_b − μ°_a)/RT by its own constants, or without them where it closes."""
        ratio = sp.S.One if self.closing else self.forward / self.reverse
        return -ln(ratio * c0 ** -sum(n for n, _, dissolved in self.moved if dissolved)) - sp.Add(
            *(n * e for n, e, _ in self.moved)
        ) / (R * T)


@lru_cache(maxsize=256)
def _derived(
    diagram: Diagram, levels: tuple[sp.Symbol, ...], links: tuple[_Link, ...]
) -> tuple[dict[sp.Symbol, sp.Expr], dict[str, sp.Expr]]:
    """μ°_s of the states and the reverse constants of closing steps, by their symbols; and by how
    much the loops of other steps are off.
    """
    rises = [link.rise() for link in links]
    tree = diagram.tree(diagram.outward(k for k, link in enumerate(links) if not link.closing))
    energy = diagram.levels(rises, tree, sp.S.Zero)
    derived = {symbol: R * T * e for symbol, e in zip(levels, energy, strict=True)}
    off: dict[str, sp.Expr] = {}
    for k, (link, (a, b)) in enumerate(zip(links, diagram.ends, strict=True)):
        if link.closing:
            derived[link.reverse] = link.forward * sp.exp(energy[b] - energy[a] - rises[k])
        elif k not in tree:
            off[diagram.steps[k]] = energy[b] - energy[a] - rises[k]
    return derived, off


def _valence(step: Step) -> int | Fraction:
    return step.valence or 0


def _carried(reaction: Reaction, inside: Place) -> int | Fraction:
    """Charge that the solutes of a step bring to the inside."""
    return sum(
        (
            n * z
            for who, n in reaction.net.items()
            if who.is_solute
            for place, z in who.charges
            if place == inside.name
        ),
        0,
    )


def _coordinates(charge: Any, known: list[str], where: str) -> dict[str, int | Fraction]:
    """Q_s by state."""
    if not isinstance(charge, Mapping):
        raise errors.WrongType(
            where=where,
            wanted="{state: elementary charges}",
            got=errors.shown(charge),
            advice=f"charge={{{known[0]!r}: -2}}",
        )
    made: dict[str, int | Fraction] = dict.fromkeys(known, 0)
    for name, value in charge.items():
        if name not in made:
            advice = errors.nearest(name, known)
            raise errors.UnknownName(
                where=where,
                wanted=f"states, of {' '.join(known)}",
                got=errors.shown(name),
                advice=advice,
            )
        made[name] = charges(value, f"{where} of {name}", f"charge={{{name!r}: -2}}")
    return made


def _resolved(step: Step, states: dict[str, Participant], where: str) -> Step:
    def swap(side: tuple[tuple[int, Participant], ...]) -> tuple[tuple[int, Participant], ...]:
        return tuple((n, states[w.label] if w.is_state else w) for n, w in side)

    reaction = balanced(
        Reaction(swap(step.reaction.reactants), swap(step.reaction.products)), where
    )
    return replace(
        step, reaction=reaction, ends=(states[step.ends[0].label], states[step.ends[1].label])
    )
