"""What must hold before parts make a model; each check gives back what it has checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .. import errors
from ..declare.cycle import Cycle
from ..declare.parameter import Declared
from ..declare.places import Compartment, Membrane, Place, Reservoir
from ..declare.reaction import made_or_used
from ..declare.species import Species
from ..declare.transporter import Process, Transporter


def transporters(model: str, given: Any) -> tuple[Transporter | Cycle, ...]:
    """Transporters with different names, at least one."""
    if isinstance(given, (Transporter, Cycle)):
        given = [given]
    try:
        found = tuple(given)
    except TypeError:
        found = ()
    for item in found:
        if not isinstance(item, (Transporter, Cycle)):
            raise errors.WrongType(
                where=f"Model({model!r}), transporters",
                wanted="Transporter or Cycle objects",
                got=repr(item),
                advice="[lib.NaKATPase(membrane), lib.leak(K, membrane)]",
            )
    if not found:
        raise errors.WrongType(where=f"Model({model!r}), transporters", wanted="at least one transporter", got=repr(given))
    names: set[str] = set()
    for item in found:
        if item.name in names:
            raise errors.DuplicateName(
                where=f"Model({model!r})",
                wanted="one transporter of each name",
                got=f"two named {item.name!r}",
                advice=f"name='{item.name}_{item.on.name}'",
            )
        names.add(item.name)
    return found


def membranes(given: Iterable[Transporter | Cycle], potential: Mapping[Membrane, Any] | None) -> tuple[Membrane, ...]:
    """Membranes of the transporters, then those that only have a potential; their names differ."""
    if potential is not None and not isinstance(potential, Mapping):
        raise errors.WrongType(where="Model, potential=…", wanted="{membrane: Q(-60, 'mV')}", got=repr(potential))
    found: dict[str, Membrane] = {}
    for item in [t.on for t in given] + list(potential or ()):
        if isinstance(item, Membrane):
            if found.setdefault(item.name, item) is not item:
                raise errors.DuplicateName(where="Model, membranes", wanted="one membrane of each name", got=f"two named {item.name!r}")
        elif not isinstance(item, Compartment):
            raise errors.WrongType(where="Model, potential=…", wanted="membranes as keys", got=repr(item))
    return tuple(found.values())


def reference(reservoirs: Sequence[Reservoir], found: Sequence[Membrane], given: Reservoir | None) -> Reservoir | None:
    """The reservoir of the exergy: the one asked for, else the one behind the largest membrane area."""
    if given is not None:
        if not isinstance(given, Reservoir) or given not in reservoirs:
            raise errors.BadPlace(
                where="Model, reference=…", wanted="one of the model's reservoirs: " + ", ".join(r.name for r in reservoirs), got=repr(given)
            )
        return given
    area = {r.name: sum(m.area.value for m in found if r in (m.inside, m.outside)) for r in reservoirs}
    return max(reservoirs, key=lambda r: area[r.name], default=None)


def species(places: Iterable[Place], processes: Iterable[Process]) -> dict[str, Species]:
    """Species by name: the same everywhere, and of one convention where their energies are used."""
    found: dict[str, Species] = {}
    for place in places:
        groups: list[Any] = [place.contents]
        if isinstance(place, Compartment):
            groups += [place.held, place.impermeant if isinstance(place.impermeant, dict) else {}]
        for group in groups:
            for s in group:
                if found.setdefault(s.name, s) != s:
                    raise errors.DuplicateName(
                        where=f"Model, species in {place.name}", wanted="one species of each name", got=f"two different species named {s.name!r}"
                    )
    used = {w.species for p in processes for w in p.reaction.net if w.species is not None and w.species.convention}
    conventions = sorted({s.convention for s in used})
    if len(conventions) > 1:
        raise errors.ConventionMismatch(
            where="Model",
            wanted="one convention for all standard potentials",
            got=" against ".join(conventions),
            advice="take the reactants of all reactions from one table (formalism §7)",
        )
    return found


def transformed(found: Iterable[Transporter | Cycle]) -> frozenset[Species]:
    """Species that some transporter as a whole makes or uses up."""
    made: set[Species] = set()
    for t in found:
        made |= {s for p in t.processes for s in made_or_used(p.reaction) if not _closes(t, s)}
    return frozenset(made)


def _closes(t: Transporter | Cycle, species: Species) -> bool:
    """Whether what every step takes up of a species is what its states hold more of."""
    held = {state.pool: dict(state.bound).get(species, 0) for state in t.states}
    for p in t.processes:
        gained = sum(n * held[w.pool] for w, n in p.reaction.net.items() if w.kind == "state")
        if gained + made_or_used(p.reaction).get(species, 0):
            return False
    return True


def unique(declared: Iterable[Declared]) -> dict[str, Declared]:
    """Parameters by dotted name; the same name may come twice only with the same value."""
    found: dict[str, Declared] = {}
    for p in declared:
        other = found.setdefault(p.name, p)
        if (other.value, other.dimension) != (p.value, p.dimension):
            raise errors.DuplicateName(
                where=f"Model, parameter {p.name!r}",
                wanted="one value for one name",
                got=f"{other.quantity:~P} and {p.quantity:~P}",
                advice="give one of the two objects another name",
            )
    return found
