"""Steps of a kinetic diagram: how they are read from text, which of them close loops, and the law
that each follows.
"""

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

KEYS = ("forward", "reverse", "valence", "theta")


@dataclass(frozen=True)
class Step:
    """One step as written: ``constants`` by way, ``valence`` the elementary charges that it moves
    inward where that was told.
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
    """r⁺ = k⁺ n_a Π c^ν b⁺(Qu), r⁻ = k⁻ n_b Π c^ν b⁻(Qu); with a ``reason`` the step closes a loop
    that does not close, and is exempt.
    """

    step: Step
    reason: str = ""

    def rates(self, site: Site) -> Rates:
        plus, minus = split(self.step.barrier, site)
        forward = times(
            self.constant(site, "forward"), plus, site.product(self.step.reaction.reactants)
        )
        reverse = times(
            self.constant(site, "reverse"), minus, site.product(self.step.reaction.products)
        )
        return (
            Rates(forward, reverse, flux=forward - reverse, reason=self.reason)
            if self.reason
            else Rates(forward, reverse)
        )

    def constant(self, site: Site, way: str) -> sp.Symbol:
        """The symbol of a rate constant: a parameter, or what follows from the others where the
        step closes a loop.
        """
        side = self.step.reaction.reactants if way == "forward" else self.step.reaction.products
        order = sum(n for n, w in side if w.is_solute)
        dim = d.RATE / d.CONCENTRATION**order
        key = f"{self.step.name}.{way}"
        if self.step.closing and way == "reverse":
            return site.local(
                symbols.rate_constant(f"@.{key}"), symbols.rate_constant(f"{site.name}.{key}"), dim
            )
        domain = "nonnegative" if self.step.closing else "positive"
        long_name = f"{way} rate constant of {self.step.reaction}"
        return site.parameter(
            key, self.step.constants[way], dim, domain=domain, long_name=long_name
        )


@dataclass(frozen=True)
class Reader:
    """Reads the steps of a cycle: ``where`` is its name, ``names`` its states, ``close`` what it is
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
        found = [self._asked(request, texts) for request in self.close]
        asked = {one[0] for one in found if len(one) == 1}
        made = [
            self._step(text, constants, texts, closing=isinstance(text, str) and text in asked)
            for text, constants in pairs
        ]
        for step in made:
            if [s.name for s in made].count(step.name) > 1:
                got, advice = (
                    f"{step.name} twice",
                    "leave one out, or write what else takes part in it",
                )
                raise errors.DuplicateName(
                    where=f"{self.where}, steps=…", wanted="each step once", got=got, advice=advice
                )
        return made

    def _asked(self, request: str, texts: Sequence[str]) -> list[str]:
        """The step that ``close`` asks for: by its states where one step joins them; else as it is
        written, either way around.
        """
        found = [
            t
            for t in texts
            if _ends(t, self.where)
            == _ends(request, f"{self.where}, close={errors.shown(request)}")
        ]
        if len(found) > 1:
            found = [t for t in found if _sides(request) in (_sides(t), _sides(t)[::-1])] or [
                t for t in found if _order(t) == _order(request)
            ]
        return found

    def check_closing(self, steps: Sequence[Step]) -> None:
        """Raise BadCycle unless each request of ``close`` means one of the steps."""
        texts = [s.text for s in steps]
        known = [call(t, texts) for t in texts]
        for request in self.close:
            found = self._asked(request, texts)
            if len(found) != 1:
                advice = (
                    "one of " + ", ".join(repr(t) for t in found)
                    if found
                    else errors.nearest(request, known)
                )
                raise errors.BadCycle(
                    where=f"{self.where}, close=…",
                    wanted="steps: " + ", ".join(known),
                    got=errors.shown(request),
                    advice=advice,
                )

    def check_sense(self, steps: Sequence[Step]) -> None:
        """Raise BadCycle for a barrier where no charge moves; warn with
        :class:`~biomembrane.errors.Unusual` of a diagram without a loop.
        """
        for s in steps:
            if (
                "theta" in s.constants
                and s.valence is None
                and abs(float(s.reaction.charge_moved().get(self.on.inside.name, 0))) < 1e-9
            ):
                raise errors.BadCycle(
                    where=f"{self.where}, step {s.text!r}",
                    wanted=(
                        "'theta', where the barrier of a charge stands, with a charge that moves"
                    ),
                    got="'theta' alone",
                    advice="'valence': 1 beside it, or leave 'theta' out",
                )
        if len(steps) < len(self.names):
            first, last = self.names[0], self.names[-1]
            errors.unusual(
                f"{self.where}: its steps make no loop, so that it binds and never turns over; is a"
                f" step such as '{last} <-> {first}' missing?"
            )

    def _step(
        self, text: str, given: Mapping[str, Any], texts: Sequence[str], *, closing: bool
    ) -> Step:
        where = f"{self.where}, step {text!r}"
        ends: list[Participant] = []
        made: list[list[tuple[int, Participant]]] = []
        for side in terms(text, where):
            states = [(n, s) for n, s, word in side if not word]
            if len(states) != 1 or states[0][0] != 1 or states[0][1] not in self.names:
                raise errors.BadCycle(
                    where=where,
                    wanted=f"one state on each side, of {' '.join(self.names)}",
                    got=", ".join(s if n == 1 else f"{n} {s}" for n, s in states) or "none",
                    advice=_hint([s for _, s in states], self.names),
                )
            ends.append(Participant(f"{self.where}.{states[0][1]}", Kind.STATE, states[0][1]))
            made.append(
                [
                    (n, participant_at(s, word, self.on, where, self.species))
                    for n, s, word in side
                    if word
                ]
            )
        if any(who.is_solvent for side in made for _, who in side):
            wanted, advice = (
                "a step of solutes: the solvent's force is a pressure",
                "leave water out, and let library.water carry it",
            )
            raise errors.BadReaction(where=where, wanted=wanted, got=text, advice=advice)
        twins = [t for t in texts if _ends(t, self.where) == {e.label for e in ends}]
        name = f"{ends[0].label}-{ends[1].label}" + (
            f"_{twins.index(text) + 1}" if len(twins) > 1 else ""
        )
        self._check(given, where, call(text, texts), closing=closing)
        reaction = Reaction((*made[0], (1, ends[0])), (*made[1], (1, ends[1])))
        barrier = Eyring(given["theta"]) if "theta" in given else self.barrier
        valence = (
            charges(given["valence"], f"{where}, valence", "'valence': -2")
            if "valence" in given
            else None
        )
        return Step(name, text, reaction, (ends[0], ends[1]), given, closing, barrier, valence)

    def _check(self, given: Any, where: str, called: str, *, closing: bool) -> None:
        """Raise BadCycle unless the constants are there, and nothing but what a step may have."""
        if (
            isinstance(given, Mapping)
            and not set(given) - set(KEYS)
            and "forward" in given
            and ("reverse" in given or closing)
        ):
            return
        strange = [key for key in given if key not in KEYS] if isinstance(given, Mapping) else []
        advice = (
            errors.nearest(strange[0], KEYS)
            if strange
            else f"give both as quantities, or close=[{called!r}] lets the reverse follow"
        )
        raise errors.BadCycle(
            where=where,
            wanted="{'forward': …, 'reverse': …}, and 'valence' and 'theta' where it moves charge",
            got=(
                "{" + ", ".join(f"{errors.shown(key)}: …" for key in given) + "}"
                if isinstance(given, Mapping)
                else errors.shown(given)
            ),
            advice=advice,
        )


def call(text: str, texts: Sequence[str]) -> str:
    """What ``close`` calls a step: its states, or all that is written where several steps join the
    same ones.
    """
    ends = _order(text)
    return text if sum(_ends(t, "") == set(ends) for t in texts) > 1 else " <-> ".join(ends)


def _sides(text: str) -> tuple[list[tuple[int, str, str]], ...]:
    return tuple(sorted(side) for side in terms(text, ""))


def _order(text: str) -> list[str]:
    return [name for side in terms(text, "") for _, name, word in side if not word]


def _ends(text: str, where: str) -> set[str]:
    return {name for side in terms(text, where) for _, name, word in side if not word}


def _pairs(given: Any, where: str) -> list[tuple[str, Any]]:
    """Steps as (text, constants), each pair of states once."""
    advice = "[('C1 + Na@out <-> C2', {'forward': Q(…), 'reverse': Q(…)}), …]"
    read = [
        tuple(step) if isinstance(step, (list, tuple)) else (step,)
        for step in listed(given, where, "a list of steps", advice)
    ]
    for step in read:
        if len(step) != 2:
            got = errors.shown(step[0] if len(step) == 1 else step)
            raise errors.WrongType(
                where=where, wanted="pairs of a text and its rate constants", got=got, advice=advice
            )
    return [(text, constants) for text, constants in read]


def listed(given: Any, where: str, wanted: str, advice: str) -> Sequence[Any]:
    """A list or a tuple, or WrongType."""
    if not isinstance(given, (list, tuple)):
        raise errors.WrongType(where=where, wanted=wanted, got=errors.shown(given), advice=advice)
    return given


def names(given: Any, where: str) -> list[str]:
    """Names of the states, two or more and different."""
    advice = "states='C1 C2 C3 C4', in the order of the cycle"
    if not isinstance(given, (str, list, tuple)):
        raise errors.WrongType(
            where=where, wanted="names of states", got=errors.shown(given), advice=advice
        )
    words = given.split() if isinstance(given, str) else [getattr(s, "label", s) for s in given]
    found = [check_name(word, where) for word in words]
    if len(found) < 2 or len(set(found)) != len(found):
        raise errors.BadCycle(
            where=where,
            wanted="two or more different states",
            got=" ".join(found) or "none",
            advice=advice,
        )
    return found


def _hint(states: list[str], known: Sequence[str]) -> str:
    """What may be meant by a side of a step that does not hold exactly one state."""
    strangers = [s for s in states if s not in known]
    near = errors.nearest(strangers[0], known) if strangers else ""
    if near.startswith("did") and len(states) == 1:
        return near
    if strangers:
        return f"a solute is written with its place, {strangers[0]}@out"
    return (
        "one step leads from one state to one other"
        if states
        else f"'{known[0]} + Na@out <-> {known[1]}'"
    )


def charges(value: Any, where: str, advice: str) -> Fraction:
    """Elementary charges of one, as the number or the decimal text says.  Raises NotANumber."""
    made = user_text.exact(value)
    if made is None:
        wanted = "a number of elementary charges, as a number or as decimal text"
        raise errors.NotANumber(where=where, wanted=wanted, got=errors.shown(value), advice=advice)
    return made
