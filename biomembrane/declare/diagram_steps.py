"""Steps of a kinetic diagram: read from text, with those that close loops, and their rate law."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp

from .. import dimension as d
from .. import errors, symbols, user_text
from .barriers import Barrier, Eyring, split
from .parameter import check_name
from .places import Membrane
from .rates import Rates, times
from .reaction import Kind, Participant, Reaction
from .reaction_parser import participant_at
from .reaction_text import terms
from .site import Site
from .species import Species
from .step_temperature import follow, with_enthalpy

KEYS = ("forward", "reverse", "enthalpy", "valence", "theta")


@dataclass(frozen=True)
class Step:
    """One step as written.

    ``constants`` by direction; ``valence``: the elementary charges that it moves inward, where
    given.
    """

    name: str
    text: str
    reaction: Reaction
    ends: tuple[Participant, Participant]
    constants: Mapping[str, Any]
    closing: bool
    barrier: Barrier
    valence: Fraction | None = None


@dataclass(frozen=True)
class StepLaw:
    """r⁺ = k⁺ n_a Π c^ν b⁺(Qu), r⁻ = k⁻ n_b Π c^ν b⁻(Qu).

    With a ``reason`` the step belongs to a loop that does not close, and is exempt.
    """

    step: Step
    reason: str = ""

    def rates(self, site: Site) -> Rates:
        plus, minus = split(self.step.barrier, site)
        reaction = self.step.reaction
        forward = times(self.constant(site, "forward"), plus, site.product(reaction.reactants))
        reverse = times(self.constant(site, "reverse"), minus, site.product(reaction.products))
        if self.reason:
            return Rates(forward, reverse, flux=forward - reverse, reason=self.reason)
        return Rates(forward, reverse)

    def constant(self, site: Site, direction: str) -> sp.Symbol:
        """The symbol of a rate constant: a parameter, or the reverse constant of a closing step,
        which follows from the others.
        """
        reaction = self.step.reaction
        side = reaction.reactants if direction == "forward" else reaction.products
        order = sum(n for n, participant in side if participant.is_solute)
        dim = d.RATE / d.CONCENTRATION**order
        key = f"{self.step.name}.{direction}"
        if self.step.closing and direction == "reverse":
            local, name = (symbols.rate_constant(f"{owner}.{key}") for owner in ("@", site.name))
            return site.local(local, name, dim)
        constant = site.parameter(
            key,
            self.step.constants[direction],
            dim,
            domain="nonnegative" if self.step.closing else "positive",
            long_name=f"{direction} rate constant of {reaction}",
        )
        if direction == "reverse":
            follow(site, self.step.name, constant, self.step.constants)
        return constant


@dataclass(frozen=True)
class Reader:
    """Reads the steps of a cycle.

    ``where`` is the name of the cycle, ``names`` are its states, ``close`` the steps that it is
    asked to close.
    """

    where: str
    names: Sequence[str]
    on: Membrane
    close: Sequence[str]
    barrier: Barrier
    species: tuple[Species, ...]

    def read(self, given: Any) -> list[Step]:
        """Steps in the order of a list of (text, constants)."""
        pairs = _pairs(given, f"{self.where}, steps=…")
        texts = [text for text, _ in pairs if isinstance(text, str)]
        matches = [self._matches(request, texts) for request in self.close]
        closing = {match[0] for match in matches if len(match) == 1}
        steps = [
            self._step(text, constants, texts, closing=isinstance(text, str) and text in closing)
            for text, constants in pairs
        ]
        names = [step.name for step in steps]
        for name in names:
            if names.count(name) > 1:
                raise errors.DuplicateName(
                    where=f"{self.where}, steps=…",
                    wanted="each step once",
                    got=f"{name} twice",
                    advice="leave one out, or write what else takes part in it",
                )
        return steps

    def _matches(self, request: str, texts: Sequence[str]) -> list[str]:
        """The steps that a request of ``close`` may mean.

        A step is named by its states where it alone joins them, else as written, in either
        direction.
        """
        ends = _ends(request, f"{self.where}, close={errors.shown(request)}")
        joining = [text for text in texts if _ends(text, self.where) == ends]
        if len(joining) <= 1:
            return joining
        wanted = _sides(request)
        as_written = [t for t in joining if wanted in (_sides(t), _sides(t)[::-1])]
        return as_written or [t for t in joining if _states(t) == _states(request)]

    def check_closing(self, steps: Sequence[Step]) -> None:
        """Raise BadCycle unless each request of ``close`` means one of the steps."""
        texts = [s.text for s in steps]
        requests = [closing_request(text, texts) for text in texts]
        for request in self.close:
            matches = self._matches(request, texts)
            if len(matches) != 1:
                one_of = "one of " + ", ".join(map(repr, matches))
                raise errors.BadCycle(
                    where=f"{self.where}, close=…",
                    wanted="steps: " + ", ".join(requests),
                    got=errors.shown(request),
                    advice=one_of if matches else errors.nearest(request, requests),
                )

    def check_sense(self, steps: Sequence[Step]) -> None:
        """Raise BadCycle for a barrier where no charge moves; warn with
        :class:`~biomembrane.errors.Unusual` of a diagram that binds and has no loop.
        """
        wanted = "'theta', where the barrier of a charge stands, with a charge that moves"
        for step in steps:
            charge = step.reaction.charge_moved().get(self.on.inside.name, 0)
            if "theta" in step.constants and step.valence is None and abs(float(charge)) < 1e-9:
                raise errors.BadCycle(
                    where=f"{self.where}, step {step.text!r}",
                    wanted=wanted,
                    got="'theta' alone",
                    advice="'valence': 1 beside it, or leave 'theta' out",
                )
        binds = any(
            w.is_solute
            for step in steps
            for _, w in (*step.reaction.reactants, *step.reaction.products)
        )  # a channel's scheme that binds nothing needs no loop
        if len(steps) < len(self.names) and binds:
            first, last = self.names[0], self.names[-1]
            errors.unusual(
                f"{self.where}: its steps make no loop, so that it binds and never turns over; is a"
                f" step such as '{last} <-> {first}' missing? (A channel whose states another law"
                " reads needs none.)"
            )

    def _step(
        self, text: str, given: Mapping[str, Any], texts: Sequence[str], *, closing: bool
    ) -> Step:
        where = f"{self.where}, step {text!r}"
        (first, bound), (last, released) = (self._side(side, where) for side in terms(text, where))
        if any(participant.is_solvent for _, participant in (*bound, *released)):
            raise errors.BadReaction(
                where=where,
                wanted="a step of solutes: the solvent's force is a pressure",
                got=text,
                advice="leave water out, and let library.water carry it",
            )
        name = f"{first.label}-{last.label}"
        parallel = [t for t in texts if _ends(t, self.where) == {first.label, last.label}]
        if len(parallel) > 1:
            name += f"_{parallel.index(text) + 1}"
        self._check(given, where, closing_request(text, texts), closing=closing)
        barrier = Eyring(given["theta"]) if "theta" in given else self.barrier
        valence = None
        if "valence" in given:
            valence = charges(given["valence"], f"{where}, valence", "'valence': -2")
        reaction = Reaction((*bound, (1, first)), (*released, (1, last)))
        given = with_enthalpy(given, text, where, closing=closing)
        return Step(name, text, reaction, (first, last), given, closing, barrier, valence)

    def _side(
        self, side: Sequence[tuple[int, str, str]], where: str
    ) -> tuple[Participant, list[tuple[int, Participant]]]:
        """The state on one side of a step, and the solutes beside it."""
        states = [(n, name) for n, name, word in side if not word]
        if len(states) != 1 or states[0][0] != 1 or states[0][1] not in self.names:
            raise errors.BadCycle(
                where=where,
                wanted=f"one state on each side, of {' '.join(self.names)}",
                got=", ".join(s if n == 1 else f"{n} {s}" for n, s in states) or "none",
                advice=_hint([name for _, name in states], self.names),
            )
        state = states[0][1]
        solutes = [
            (n, participant_at(name, word, self.on, where, self.species))
            for n, name, word in side
            if word
        ]
        return Participant(f"{self.where}.{state}", Kind.STATE, state), solutes

    def _check(self, given: Any, where: str, request: str, *, closing: bool) -> None:
        """Raise BadCycle unless the constants of a step are given, and nothing unknown."""
        keys = set(given) if isinstance(given, Mapping) else set()
        needed = {"forward"} if closing else {"forward", "reverse"}
        if keys <= set(KEYS) and needed <= keys:
            return
        got = errors.shown(given)
        advice = f"give both as quantities, or close=[{request!r}] lets the reverse follow"
        if isinstance(given, Mapping):
            got = "{" + ", ".join(f"{errors.shown(key)}: …" for key in given) + "}"
            unknown = [key for key in given if key not in KEYS]
            advice = errors.nearest(unknown[0], KEYS) if unknown else advice
        raise errors.BadCycle(
            where=where,
            wanted="{'forward': …, 'reverse': …}, and 'valence' and 'theta' where it moves charge",
            got=got,
            advice=advice,
        )


def closing_request(text: str, texts: Sequence[str]) -> str:
    """What ``close`` calls a step: its states, or the whole text where several steps join the same
    ones.
    """
    states = _states(text)
    parallel = sum(_ends(t, "") == set(states) for t in texts)
    return text if parallel > 1 else " <-> ".join(states)


def _sides(text: str) -> tuple[list[tuple[int, str, str]], ...]:
    return tuple(sorted(side) for side in terms(text, ""))


def _states(text: str) -> list[str]:
    return [name for side in terms(text, "") for _, name, word in side if not word]


def _ends(text: str, where: str) -> set[str]:
    return {name for side in terms(text, where) for _, name, word in side if not word}


def _pairs(given: Any, where: str) -> list[tuple[str, Any]]:
    """Steps as (text, constants)."""
    advice = "[('C1 + Na@out <-> C2', {'forward': Q(…), 'reverse': Q(…)}), …]"
    steps = [
        tuple(step) if isinstance(step, (list, tuple)) else (step,)
        for step in listed(given, where, "a list of steps", advice)
    ]
    for step in steps:
        if len(step) != 2:
            raise errors.WrongType(
                where=where,
                wanted="pairs of a text and its rate constants",
                got=errors.shown(step[0] if len(step) == 1 else step),
                advice=advice,
            )
    return [(text, constants) for text, constants in steps]


def listed(given: Any, where: str, wanted: str, advice: str) -> Sequence[Any]:
    """A list or a tuple itself, else WrongType."""
    errors.expect(given, (list, tuple), where, wanted, advice)
    sequence: Sequence[Any] = given
    return sequence


def names(given: Any, where: str) -> list[str]:
    """Names of the states, two or more and different."""
    advice = "states='C1 C2 C3 C4', in the order of the cycle"
    errors.expect(given, (str, list, tuple), where, "names of states", advice)
    words = given.split() if isinstance(given, str) else [getattr(s, "label", s) for s in given]
    states = [check_name(word, where) for word in words]
    if len(states) < 2 or len(set(states)) != len(states):
        raise errors.BadCycle(
            where=where,
            wanted="two or more different states",
            got=" ".join(states) or "none",
            advice=advice,
        )
    return states


def _hint(states: list[str], known: Sequence[str]) -> str:
    """Advice on a side of a step that does not hold exactly one state."""
    unknown = [s for s in states if s not in known]
    near = errors.nearest(unknown[0], known) if unknown else ""
    if near.startswith("did") and len(states) == 1:
        return near
    if unknown:
        return f"a solute is written with its place, {unknown[0]}@out"
    if states:
        return "one step leads from one state to one other"
    return f"'{known[0]} + Na@out <-> {known[1]}'"


def charges(value: Any, where: str, advice: str) -> Fraction:
    """Elementary charges, from a number or decimal text.  Raises NotANumber."""
    number = user_text.exact(value)
    if number is None:
        raise errors.NotANumber(
            where=where,
            wanted="a number of elementary charges, as a number or as decimal text",
            got=errors.shown(value),
            advice=advice,
        )
    return number
