"""Cycles: transporters with explicit carrier states, each with its charge coordinate.

Every step is a process of its own.  Energies are stored, not rates: the steps that form a spanning tree give μ°_s of the states,

    μ°_b − μ°_a = −RT ln(k⁺/k⁻) − Σ ν (μ°_i − RT ln c°),

and the reverse rate of each closing step follows from them, so that no loop can do work for free (formalism §6).  The charge
coordinate Q_s is what a state lays on the inside, in elementary charges; the rest of its charge lies on the outside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import sympy as sp

from .. import constants, errors, symbols
from .. import dimension as d
from ..symbols import F, R, T, c0, ln
from . import latex
from .content import Compared
from .formula import Formula
from .laws import Barrier, Eyring, Rates, split, times
from .parameter import Declared, check_name, check_text
from .places import Membrane
from .reaction import Participant, Reaction, balanced, conserve, made_or_used, solute, solvents, terms
from .site import Site
from .species import Species
from .transporter import Process, build, content_of, html_of

TOLERANCE = 1e-6  # of RT: rate constants given for every step must close this well; else one of them is to follow


@dataclass(frozen=True)
class _Step:
    name: str
    reaction: Reaction
    ends: tuple[Participant, Participant]
    constants: Mapping[str, Any]
    closing: bool


@dataclass(frozen=True)
class _StepLaw:
    """r⁺ = k⁺ n_a Π c^ν b⁺(Qu), r⁻ = k⁻ n_b Π c^ν b⁻(Qu); with a ``reason`` the step closes a loop that does not close, and is exempt."""

    step: _Step
    barrier: Barrier
    reason: str = ""

    def rates(self, site: Site) -> Rates:
        plus, minus = split(self.barrier, site)
        forward = times(self.constant(site, "forward"), plus, site.product(self.step.reaction.reactants))
        reverse = times(self.constant(site, "reverse"), minus, site.product(self.step.reaction.products))
        return Rates(flux=forward - reverse, reason=self.reason) if self.reason else Rates(forward, reverse)

    def constant(self, site: Site, way: str) -> sp.Symbol:
        """The symbol of a rate constant: a parameter, or what follows from the others where the step closes a loop."""
        side = self.step.reaction.reactants if way == "forward" else self.step.reaction.products
        order = sum(n for n, w in side if w.kind == "solute")
        dim = d.RATE / d.CONCENTRATION**order
        key = f"{self.step.name}.{way}"
        if self.step.closing and way == "reverse":
            return site.local(symbols.parameter(f"@.{key}"), symbols.parameter(f"{site.name}.{key}"), dim)
        domain = "nonnegative" if self.step.closing else "positive"
        long_name = f"{way} rate constant of {self.step.reaction}"
        return site.parameter(key, self.step.constants[way], dim, domain=domain, long_name=long_name)


@dataclass(frozen=True, eq=False)
class Cycle(Compared):
    """A transporter given by its kinetic diagram.

    Args:
        name: dotted names ``name.density`` and ``name.C1-C2.forward``.
        on: the membrane.
        density: carriers per area ("1/um^2", "pmol/cm^2") or in all ("fmol", "1").
        states: names separated by blanks, in the order of the cycle.
        steps: (``"C1 + 2 Na@out <-> C2"``, {"forward": Q, "reverse": Q}); rate constants in 1/s per concentration of each solute on
            that side.  Exactly one state stands on each side.
        close: steps whose reverse constant follows from the others, one per independent cycle, as ``"C5 <-> C6"``, or with the
            solutes as written where several join the same states; what is given for it is not used.
        charge: Q_s by state, in elementary charges, as numbers or decimal text; zero where it is not given.
        barrier: how the charge moved in a step splits into both directions; half and half unless told.
        reason: hosts published constants that do not close: why they are taken as they stand.  The steps that form a spanning tree
            give the energies; the others are exempt from the proof, as with :class:`~biomembrane.laws.Empirical`.

    Raises: BadCycle, CycleNotClosed (all constants given and a loop is off, in kJ/mol), and all that a Transporter raises.
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
    derived: dict[sp.Symbol, Formula] = field(init=False, repr=False)
    total: Formula = field(init=False, repr=False)
    _loose = ("barrier", "modulator")

    def _content(self) -> tuple[Any, ...]:
        return content_of(self)

    def __post_init__(self) -> None:
        put: Any = object.__setattr__
        check_name(self.name, "Cycle, name")
        if not isinstance(self.on, Membrane):
            advice = "Membrane('apical', inside=…, outside=…, area=…)"
            raise errors.WrongType(where=f"{self.name}, on=…", wanted="a Membrane", got=errors.shown(self.on), advice=advice)
        check_text(self.label, f"{self.name}, label=…", "label='SGLT1'")
        check_text(self.reason, f"{self.name}, reason=…", "reason='as published'")
        put(self, "reason", self.reason.strip())
        solvents(self.species, self.name)
        put(self, "label", self.label or self.name.replace("_", " "))
        names = _names(self.states, f"{self.name}, states=…")
        _listed(self.close, f"{self.name}, close=…", "a list of steps", f"close=['{names[0]} <-> {names[-1]}']")
        read = [self._read(text, given, names) for text, given in _pairs(self.steps, f"{self.name}, steps=…")]
        for step in read:
            if [s.name for s in read].count(step.name) > 1:
                got, advice = f"{step.name} twice", "leave one out, or write what else takes part in it"
                raise errors.DuplicateName(where=f"{self.name}, steps=…", wanted="each step once", got=got, advice=advice)
        states = self._participants(names, read)
        steps = [_resolved(s, states, f"{self.name}, step {s.name}") for s in read]
        self._check_closing(steps, names)
        parameters: dict[str, Declared] = {}
        sites = [Site(self.name, f"{self.name}:{step.name}", step.reaction, self.on) for step in steps]
        derived, off = self._energies(steps, sites, states, parameters)
        processes = []
        for step, site in zip(steps, sites, strict=True):
            law = _StepLaw(step, self.barrier, self.reason if step.name in off else "")
            processes.append(build(site, law, self.modulator, derived))
            parameters |= site.parameters
        put(self, "states", tuple(states[n] for n in names))
        put(self, "processes", tuple(processes))
        put(self, "derived", {formula.names[here]: formula for here, formula in derived.items()})
        site = Site(self.name, self.name, steps[0].reaction, self.on)
        put(self, "total", Formula(site.carriers(self.density), site.names))
        put(self, "parameters", site.parameters | parameters)

    def _read(self, text: str, given: Mapping[str, Any], names: list[str]) -> _Step:
        where = f"{self.name}, step {text!r}"
        sides = terms(text, where)
        ends: list[Participant] = []
        made: list[list[tuple[int, Participant]]] = []
        for side in sides:
            states = [(n, s) for n, s, word in side if not word]
            if len(states) != 1 or states[0][0] != 1 or states[0][1] not in names:
                raise errors.BadCycle(
                    where=where,
                    wanted=f"one state on each side, of {' '.join(names)}",
                    got=", ".join(s if n == 1 else f"{n} {s}" for n, s in states) or "none",
                    advice=_hint([s for _, s in states], names),
                )
            ends.append(Participant(f"{self.name}.{states[0][1]}", "state", states[0][1]))
            made.append([(n, solute(s, word, self.on, where, self.species)) for n, s, word in side if word])
        twins = [t for t, _ in self.steps if isinstance(t, str) and _ends(t, self.name) == {e.label for e in ends}]
        name = f"{ends[0].label}-{ends[1].label}" + (f"_{twins.index(text) + 1}" if len(twins) > 1 else "")
        closing = any(_same_step(asked, text, self.name, alone=len(twins) == 1) for asked in self.close)
        if (
            not isinstance(given, Mapping)
            or set(given) - {"forward", "reverse"}
            or "forward" not in given
            or ("reverse" not in given and not closing)
        ):
            raise errors.BadCycle(
                where=where,
                wanted="{'forward': …, 'reverse': …}",
                got="{" + ", ".join(f"{key!r}: …" for key in given) + "}" if isinstance(given, Mapping) else errors.shown(given),
                advice=f"give both as quantities, or close=['{ends[0].label} <-> {ends[1].label}'] lets the reverse follow",
            )
        reaction = Reaction((*made[0], (1, ends[0])), (*made[1], (1, ends[1])))
        return _Step(name, reaction, (ends[0], ends[1]), given, closing)

    def _participants(self, names: list[str], steps: list[_Step]) -> dict[str, Participant]:
        """States with their charges on both sides: Q_s inside, z_s − Q_s outside, z_s from what has bound since the first state."""
        inside = _coordinates(self.charge, names, f"{self.name}, charge=…")
        bound: dict[str, dict[Species, int]] = {names[0]: {}}
        links = [(s.ends[0].label, s.ends[1].label, made_or_used(s.reaction)) for s in steps]
        while len(bound) < len(names):
            grown = {b: _add(bound[a], taken, -1) for a, b, taken in links if a in bound and b not in bound}
            grown |= {a: _add(bound[b], taken, 1) for a, b, taken in links if b in bound and a not in bound}
            if not grown:
                apart = [n for n in names if n not in bound]
                raise errors.BadCycle(
                    where=f"{self.name}, steps=…", wanted="steps that connect all states", got=f"not reached from {names[0]}: {', '.join(apart)}",
                    advice=f"add a step such as '{names[0]} <-> {apart[0]}', or leave the state out",
                )  # fmt: skip
            bound |= grown
        for a, b, taken in links:
            left = _add(_add(bound[b], bound[a], -1), taken, 1)
            if left:
                once = "once around, " + ", ".join(f"{s.name} {n:+d}" for s, n in left.items())
                conserve(left, f"{self.name}, the loop closed by {a}-{b}", once)
        z = {n: sum(count * s.charge for s, count in bound[n].items()) for n in names}
        sides = (self.on.inside.name, self.on.outside.name)
        made = {}
        for n in names:
            charges = tuple((p, q) for p, q in zip(sides, (inside[n], z[n] - inside[n]), strict=True) if q)
            made[n] = Participant(f"{self.name}.{n}", "state", n, charges, bound=tuple(bound[n].items()))
        return made

    def _check_closing(self, steps: list[_Step], names: list[str]) -> None:
        pairs = [{e.label for e in s.ends} for s in steps]
        for text in self.close:
            if _ends(text, self.name) not in pairs:
                known = [" <-> ".join(e.label for e in s.ends) for s in steps]
                advice = errors.nearest(text, known)
                raise errors.BadCycle(where=f"{self.name}, close=…", wanted="steps: " + ", ".join(known), got=errors.shown(text), advice=advice)
        reached = {names[0]}
        tree = [s for s in steps if not s.closing]
        for _ in names:
            reached |= {e.label for s in tree for e in s.ends if {x.label for x in s.ends} & reached}
        if len(reached) < len(names):
            raise errors.BadCycle(
                where=f"{self.name}, close=…",
                wanted="one closing step per independent cycle, the others connecting all states",
                got="cut off: " + ", ".join(n for n in names if n not in reached),
                advice="take a step that leads to them out of close=, and give its reverse",
            )

    def _energies(
        self, steps: list[_Step], sites: list[Site], states: dict[str, Participant], parameters: dict[str, Declared]
    ) -> tuple[dict[sp.Symbol, Formula], set[str]]:
        """μ°_s of every state and the reverse constants of the closing steps, as formulas of the parameters, by local symbol; and the
        names of the steps that are neither in the tree nor closing, whose loops are off.
        """
        names: dict[sp.Symbol, sp.Expr] = {}
        levels = tuple((n, sites[0].energy(who)) for n, who in states.items())
        links = []
        for step, site in sorted(zip(steps, sites, strict=True), key=lambda pair: pair[0].closing):  # whose parameters come last
            law = _StepLaw(step, self.barrier)
            forward, reverse = (law.constant(site, way) for way in ("forward", "reverse"))
            moved = tuple((n, site.energy(w)) for w, n in step.reaction.net.items() if w.kind == "solute")
            links.append(_Link(step.name, step.ends[0].label, step.ends[1].label, step.closing, forward, reverse, moved))
            parameters |= site.parameters
            names |= site.names
        derived, off = _closed(levels, tuple(links))
        if not self.reason:
            self._check_loops({name: e.xreplace(names) for name, e in off.items()}, parameters)
        return {here: Formula(e, names) for here, e in derived.items()}, set(off)

    def _check_loops(self, off: dict[str, sp.Expr], parameters: dict[str, Declared]) -> None:
        if not off:
            return
        at = {symbols.parameter(p.name, positive=p.domain == "positive", real=p.domain == "real"): p.value for p in parameters.values()}
        at |= {R: constants.GAS, T: constants.BODY_TEMPERATURE, F: constants.FARADAY, c0: constants.STANDARD_CONCENTRATION}
        errors_ = {name: float(e.subs(at).evalf()) for name, e in off.items()}
        worst = max(errors_, key=lambda n: abs(errors_[n]))
        RT = constants.GAS * constants.BODY_TEMPERATURE / 1000
        size = abs(errors_[worst])
        note = ", but only at these values" if size < TOLERANCE else " (rounding of the published digits)" if size < 0.02 else ""
        raise errors.CycleNotClosed(
            where=f"{self.name}, the loop closed by {worst}", wanted="rate constants whose product around the loop is the external affinity",
            got=f"off by {0.0 if size < TOLERANCE else errors_[worst] * RT:+.4g} kJ/mol" + note,
            advice="close=[" + ", ".join(repr(n.replace("-", " <-> ")) for n in off) + "] lets those reverse constants follow from the others, "
            "reason='…' hosts them as they stand",
        )  # fmt: skip

    def __repr__(self) -> str:
        verdict = min(p.certificate.verdict for p in self.processes)  # exempt, else proven
        return f"<{self.name} on {self.on.name}: {len(self.states)} states, {len(self.processes)} steps; {verdict}>"

    def _repr_html_(self) -> str:
        return html_of(self)

    def _repr_latex_(self) -> str:
        return latex.transporter(self)


class _Link(NamedTuple):
    """A step in local symbols: its states, whether it closes a loop, its rate constants, and (ν, μ°) of the solutes that it moves."""

    name: str
    a: str
    b: str
    closing: bool
    forward: sp.Symbol
    reverse: sp.Symbol
    moved: tuple[tuple[int, sp.Expr], ...]

    def gap(self) -> sp.Expr:
        """(μ°_b − μ°_a)/RT by its own constants, or without them where it closes."""
        ratio = sp.S.One if self.closing else self.forward / self.reverse
        return -ln(ratio * c0 ** -sum(n for n, _ in self.moved)) - sp.Add(*(n * energy for n, energy in self.moved)) / (R * T)


@lru_cache(maxsize=256)
def _closed(states: tuple[tuple[str, sp.Symbol], ...], links: tuple[_Link, ...]) -> tuple[dict[sp.Symbol, sp.Expr], dict[str, sp.Expr]]:
    """μ°_s of the states and the reverse constants of closing steps, by their symbols; and by how much the loops of other steps are off."""
    gap = {step.name: step.gap() for step in links}
    energy: dict[str, sp.Expr] = {states[0][0]: sp.S.Zero}
    used: set[str] = set()
    while len(energy) < len(states):
        for step in links:
            if not step.closing and step.name not in used and (step.a in energy) != (step.b in energy):
                known, new, sign = (step.a, step.b, 1) if step.a in energy else (step.b, step.a, -1)
                energy[new] = energy[known] + sign * gap[step.name]
                used.add(step.name)
    symbol = dict(states)
    derived = {symbol[n]: R * T * e for n, e in energy.items()}
    off: dict[str, sp.Expr] = {}
    for step in links:
        if step.closing:
            derived[step.reverse] = step.forward * sp.exp(energy[step.b] - energy[step.a] - gap[step.name])
        elif step.name not in used:
            off[step.name] = energy[step.b] - energy[step.a] - gap[step.name]
    return derived, off


def _add(first: dict[Species, int], second: dict[Species, int], sign: int) -> dict[Species, int]:
    total = {s: first.get(s, 0) + sign * second.get(s, 0) for s in {**first, **second}}
    return {s: n for s, n in total.items() if n}


def _names(given: Any, where: str) -> list[str]:
    """Names of the states, two or more and different."""
    advice = "states='C1 C2 C3 C4', in the order of the cycle"
    if not isinstance(given, (str, list, tuple)):
        raise errors.WrongType(where=where, wanted="names of states", got=errors.shown(given), advice=advice)
    words = given.split() if isinstance(given, str) else [getattr(s, "label", s) for s in given]
    names = [check_name(word, where) for word in words]
    if len(names) < 2 or len(set(names)) != len(names):
        raise errors.BadCycle(where=where, wanted="two or more different states", got=" ".join(names) or "none", advice=advice)
    return names


def _listed(given: Any, where: str, wanted: str, advice: str) -> Sequence[Any]:
    if not isinstance(given, (list, tuple)):
        raise errors.WrongType(where=where, wanted=wanted, got=errors.shown(given), advice=advice)
    return given


def _pairs(given: Any, where: str) -> list[tuple[str, Any]]:
    """Steps as (text, constants), each pair of states once."""
    advice = "[('C1 + Na@out <-> C2', {'forward': Q(…), 'reverse': Q(…)}), …]"
    read = [tuple(step) if isinstance(step, (list, tuple)) else (step,) for step in _listed(given, where, "a list of steps", advice)]
    for step in read:
        if len(step) != 2:
            got = errors.shown(step[0] if len(step) == 1 else step)
            raise errors.WrongType(where=where, wanted="pairs of a text and its rate constants", got=got, advice=advice)
    return [(text, constants_) for text, constants_ in read]


def _hint(states: list[str], names: list[str]) -> str:
    """What may be meant by a side of a step that does not hold exactly one state."""
    strangers = [s for s in states if s not in names]
    near = errors.nearest(strangers[0], names) if strangers else ""
    if near.startswith("did") and len(states) == 1:
        return near
    if strangers:
        return f"a solute is written with its place, {strangers[0]}@out"
    return "one step leads from one state to one other" if states else f"'{names[0]} + Na@out <-> {names[1]}'"


def _coordinates(charge: Any, names: list[str], where: str) -> dict[str, int | Fraction]:
    """Q_s by state."""
    if not isinstance(charge, Mapping):
        raise errors.WrongType(where=where, wanted="{state: elementary charges}", got=errors.shown(charge), advice=f"charge={{{names[0]!r}: -2}}")
    made: dict[str, int | Fraction] = dict.fromkeys(names, 0)
    for name, value in charge.items():
        if name not in made:
            advice = errors.nearest(str(name), names)
            raise errors.UnknownName(where=where, wanted=f"states, of {' '.join(names)}", got=errors.shown(name), advice=advice)
        try:
            made[name] = Fraction(str(value))
        except ValueError:
            wanted, advice = "a number of elementary charges, as a number or as decimal text", f"charge={{{name!r}: -2}}"
            raise errors.NotANumber(where=f"{where} of {name}", wanted=wanted, got=errors.shown(value), advice=advice) from None
    return made


def _same_step(asked: str, text: str, where: str, *, alone: bool) -> bool:
    """Whether ``close`` asks for this step: by its states; in the order as written, where two steps join the same states, or word for word."""
    if alone:
        return _ends(asked, where) == _ends(text, where)
    if "@" in asked:
        return terms(asked, where) == terms(text, where)
    ordered = [[name for side in terms(t, where) for _, name, word in side if not word] for t in (asked, text)]
    return ordered[0] == ordered[1]


def _ends(text: str, where: str) -> set[str]:
    left, right = terms(text, f"{where}, close={text!r}")
    return {name for side in (left, right) for _, name, word in side if not word}


def _resolved(step: _Step, states: dict[str, Participant], where: str) -> _Step:
    def swap(side: tuple[tuple[int, Participant], ...]) -> tuple[tuple[int, Participant], ...]:
        return tuple((n, states[w.label] if w.kind == "state" else w) for n, w in side)

    reaction = balanced(Reaction(swap(step.reaction.reactants), swap(step.reaction.products)), where)
    return _Step(step.name, reaction, (states[step.ends[0].label], states[step.ends[1].label]), step.constants, step.closing)
