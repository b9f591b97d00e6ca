"""Checks of the parts of a model; each returns the parts that it has checked."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any

from .. import dimension as d
from .. import errors
from ..constants import FARADAY, GAS
from ..declare.auxiliary_state import StateEquation
from ..declare.checks.certificate import Verdict
from ..declare.cycle import Cycle
from ..declare.electrode import Electrode
from ..declare.parameter import Declared, declare
from ..declare.parameter_checks import joined
from ..declare.place_contents import RESERVED
from ..declare.places import Compartment, Membrane, Place, Reservoir
from ..declare.reaction_balance import net_species, one_convention
from ..declare.species import Species
from ..declare.transporter import Process, Transporter

PARTS = (Transporter, Cycle, Electrode)
_SAME_MEMBRANE = "use the same object for the same membrane, or give one of them another name"


def with_states(given: Any) -> tuple[Any, list[StateEquation]]:
    """What is given for transporters, and the states with equations of their own among it."""
    if not isinstance(given, (list, tuple, Generator)):
        return given, []
    parts = list(given)
    states = [x for x in parts if isinstance(x, StateEquation)]
    return [x for x in parts if not isinstance(x, StateEquation)], states


def transporters(model: str, given: Any) -> tuple[Transporter | Cycle | Electrode, ...]:
    """Transporters with different names, at least one."""
    if isinstance(given, PARTS):
        given = [given]
    where, wanted = f"Model({model!r}), transporters", "a list of Transporter and Cycle objects"
    advice = "[lib.NaKATPase(membrane), lib.leak(K, membrane)]"
    if not isinstance(given, (list, tuple, Generator)):
        raise errors.WrongType(where=where, wanted=wanted, got=errors.shown(given), advice=advice)
    checked = tuple(given)
    for item in checked:
        if not isinstance(item, PARTS):
            raise errors.WrongType(
                where=where, wanted=wanted, got=errors.shown(item), advice=advice
            )
    if not checked:
        raise errors.WrongType(
            where=where, wanted="at least one transporter", got=errors.shown(given), advice=advice
        )
    names: set[str] = set()
    for item in checked:
        if item.name in names:
            raise errors.DuplicateName(
                where=f"Model({model!r})",
                wanted="one transporter of each name",
                got=f"two named {item.name!r}",
                advice=f"name='{item.name}_{item.on.name}'",
            )
        names.add(item.name)
    return checked


def membranes(
    given: Iterable[Transporter | Cycle | Electrode], potential: Mapping[Membrane, Any] | None
) -> tuple[Membrane, ...]:
    """Membranes of the transporters, then those that only have a potential; their names differ."""
    where, advice = "Model, potential=…", "potential={membrane: Q(-60, 'mV')}"
    if potential is not None and not isinstance(potential, Mapping):
        raise errors.WrongType(
            where=where, wanted="potentials by membrane", got=errors.shown(potential), advice=advice
        )
    for item in potential or ():
        if not isinstance(item, Membrane):
            hint = "the membrane itself, not its name" if isinstance(item, str) else advice
            raise errors.WrongType(
                where=where, wanted="membranes as keys", got=errors.shown(item), advice=hint
            )
    by_name: dict[str, Membrane] = {}
    for on in [*(t.on for t in given), *(potential or ())]:
        if isinstance(on, Membrane) and by_name.setdefault(on.name, on) is not on:
            raise errors.DuplicateName(
                where="Model, membranes",
                wanted="one membrane of each name",
                got=f"two named {on.name!r}",
                advice=_SAME_MEMBRANE,
            )
    return tuple(by_name.values())


def reference(
    reservoirs: Sequence[Reservoir], membranes: Sequence[Membrane], given: Reservoir | None
) -> Reservoir | None:
    """The reservoir against which exergy is measured: the one asked for, else the one behind the
    largest membrane area.
    """
    if given is not None:
        if not isinstance(given, Reservoir) or given not in reservoirs:
            names = ", ".join(r.name for r in reservoirs) or "it has none"
            advice = "a bath that a membrane of the model touches, or no reference="
            if isinstance(given, str):
                advice = "the reservoir itself, not its name"
            raise errors.BadPlace(
                where="Model, reference=…",
                wanted=f"one of the model's reservoirs: {names}",
                got=errors.shown(given),
                advice=advice,
            )
        return given
    area = {
        r.name: sum(m.area.value for m in membranes if r in (m.inside, m.outside))
        for r in reservoirs
    }
    return max(reservoirs, key=lambda r: area[r.name], default=None)


def species(places: Iterable[Place], processes: Iterable[Process]) -> dict[str, Species]:
    """Species by name: each the same in all places, and those whose standard energies are used of
    one convention.
    """
    by_name: dict[str, Species] = {}
    for place in places:
        groups: list[Any] = [place.contents]
        if isinstance(place, Compartment):
            groups += [place.held, place.fixed]
        for group in groups:
            for s in group:
                if by_name.setdefault(s.name, s) != s:
                    raise errors.DuplicateName(
                        where=f"Model, species in {place.name}",
                        wanted="one species of each name",
                        got=f"two different species named {s.name!r}",
                        advice="take it from biomembrane.library, or one variable, in all places",
                    )
    used = {
        w.species
        for p in processes
        for w in p.reaction.net
        if w.species is not None and w.species.convention
    }
    conventions = sorted({s.convention for s in used})
    if len(conventions) > 1:
        raise errors.ConventionMismatch(
            where="Model",
            wanted="one convention for all standard potentials",
            got=" against ".join(conventions),
            advice=one_convention(conventions),
        )
    return by_name


def transformed(given: Iterable[Transporter | Cycle | Electrode]) -> frozenset[Species]:
    """Species that some transporter as a whole produces or consumes."""
    changed: set[Species] = set()
    for t in given:
        made = (p for p in t.processes if p.certificate.verdict is not Verdict.DRIVEN)
        changed |= {s for p in made for s in net_species(p.reaction) if not _is_bound(t, s)}
    return frozenset(changed)


def _is_bound(t: Transporter | Cycle | Electrode, species: Species) -> bool:
    """Whether every step that takes up or releases a species changes the content of the states by
    as much.
    """
    held = {state.pool: dict(state.bound).get(species, 0) for state in t.states}
    for p in t.processes:
        gained = sum(n * held[w.pool] for w, n in p.reaction.net.items() if w.is_state)
        if gained + net_species(p.reaction).get(species, 0):
            return False
    return True


def unique(declared: Iterable[Declared]) -> dict[str, Declared]:
    """Parameters by dotted name; a name may occur twice only for the same parameter of the same
    owner, such as an energy of a species.
    """
    by_name: dict[str, Declared] = {}
    for p in declared:
        joined(by_name.setdefault(p.name, p), p, f"Model, parameter {p.name!r}")
    return by_name


def carriers(
    given: Iterable[Transporter | Cycle | Electrode],
    parameters: Mapping[str, Declared],
    with_states: Iterable[str],
) -> None:
    """Raise ``DuplicateName`` where a state of a carrier has the name of a parameter, or a reserved
    name of a place ``with_states``.
    """
    owners = {name: p.owner for name, p in parameters.items()}
    for place in with_states:
        owners |= {f"{place}.{word}": f"the place {place!r}" for word in RESERVED}
    for t in given:
        for state in t.states:
            if state.pool in owners:
                raise errors.DuplicateName(
                    where=f"Model, state {state.label} of {t.name}",
                    wanted="one owner of each dotted name",
                    got=f"{state.pool}, which {owners[state.pool]} has too",
                    advice=f"name='{t.name}_carrier', or another name of that state",
                )  # fmt: skip


_CONSTANTS = {
    "R": (d.MOLAR_ENTROPY, "gas constant", GAS, "J/mol/K"),
    "F": (d.MOLAR_CHARGE, "Faraday constant", FARADAY, "C/mol"),
}


def constants(model: str, given: Any) -> tuple[Declared, ...]:
    """The constants that a model has values of its own for.

    Raises WrongType, UnknownName, and as :func:`declare`.
    """
    where = f"Model({model!r}), constants=…"
    if given is None:
        return ()
    if not isinstance(given, Mapping):
        raise errors.WrongType(
            where=where, wanted="a mapping of R and F", got=errors.shown(given),
            advice=f"constants={{'F': '{FARADAY:.5g} C/mol'}}",
        )  # fmt: skip
    declared = []
    for name, value in given.items():
        errors.among(name, tuple(_CONSTANTS), where, "R or F")
        dim, long_name, usual, unit = _CONSTANTS[name]
        p = declare(
            name, value, dim, domain="positive", long_name=long_name, owner=f"the model {model!r}"
        )
        if abs(p.value / usual - 1) > NEAR:
            raise errors.OutOfDomain(
                where=f"{where[:-2]}, {name}",
                wanted=f"a value within {100 * NEAR:g} % of that of the SI, {usual:.5g} {unit}",
                got=errors.shown(p.quantity),
                advice="check the unit and the power of ten",
            )
        declared.append(p)
    return tuple(declared)


NEAR = 0.02  # relative: no published value of R or F is further from that of the SI
