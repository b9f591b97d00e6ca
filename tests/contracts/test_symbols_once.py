"""One symbol stands for one thing: what is declared has it, and every formula of a model is written
in it.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp
from builders import cell, shipped

import biomembrane as bm
from biomembrane import library as lib
from biomembrane.library import Cl, K, Na, glucose

MODELS = ("enterocyte", "osmosis", "mitochondrion")


def written(model: bm.Model) -> set[sp.Symbol]:
    """Every symbol of the model's equations, initial state, scales, energy and exergy."""
    formulas = [e.expression for e in model.equations] + [
        x.amount.expression for x in model.impermeants
    ]
    formulas += [
        *model.initial.values(),
        *model.scale.values(),
        *model.stores.values(),
        *model.exergy.values(),
        *model.start.values(),
    ]
    return set().union(*(e.free_symbols for e in formulas))


@pytest.mark.parametrize("name", MODELS)
def test_every_formula_is_in_the_symbols_of_what_is_declared(name: str) -> None:
    """A symbol of a parameter's name is the parameter's, with what its domain lets sympy assume;
    the others are levels and states.
    """
    model = shipped(name)
    of = {p.name: p.symbol for p in model.parameters.values()}
    assert all(model.symbol(name) == symbol for name, symbol in of.items())
    used = written(model)
    assert {s for s in used if s.name in of} == {of[s.name] for s in used if s.name in of}
    assert len({s.name for s in used}) == len(used)


def test_a_symbol_follows_the_domain() -> None:
    """Another domain is another symbol, for sympy may assume other things of it."""
    p = bm.Membrane(
        "m", inside=bm.Reservoir("a"), outside=bm.Reservoir("b"), area=bm.Q(1, "um^2")
    ).area
    assert p.symbol.is_positive
    free = replace(p, domain="real").symbol
    assert free.name == p.symbol.name
    assert free != p.symbol
    assert free.is_positive is None


def test_an_impermeant_is_an_object_of_its_place() -> None:
    """It knows its pool, its symbol and its amount; X is what the charge of the contents leaves:
    (130 + 10 − 20) fmol.
    """
    model = cell(
        lambda on: [lib.leak(K, on)],
        {K: 130, Na: 10, Cl: 20, glucose: 1},
        {K: 150, Cl: 150},
        impermeant=bm.balance(),
    )
    (anion,) = model.impermeants
    assert (anion.name, anion.pool, anion.place) == ("X", "cell.X", model.compartments[0])
    assert anion.symbol in model.stores["cell.X"].free_symbols
    at = {p.symbol: p.value for p in model.parameters.values()}
    assert float(anion.amount.expression.subs(at)) == 120.0


def test_what_is_asked_of_a_participant_are_its_properties() -> None:
    """Row of N, what a mole counts for there, the potential that works on it, and its unit
    level.
    """
    inside = bm.Compartment("cell", volume=bm.Q(1, "pL"), contents={K: bm.Q(1, "mM")})
    on = bm.Membrane(
        "m", inside=inside, outside=bm.Reservoir("bath", {K: bm.Q(1, "mM")}), area=bm.Q(1, "um^2")
    )
    (ion, _), (solvent, _) = (
        lib.leak(K, on).processes[0].solutes,
        lib.water(on).processes[0].reaction.net,
    )
    step = {"forward": bm.Q(1, "1/s"), "reverse": bm.Q(1, "1/s")}
    made = bm.Cycle(
        "E", on, density=bm.Q(1, "fmol"), states="A B", steps=[("A <-> B", step)], reason="a toy"
    )
    state = made.states[0]
    asked = [
        (who.row, str(who.per_mole), str(who.potential), str(who.unit_level))
        for who in (ion, solvent, state)
    ]
    sides = (ion.place.name, solvent.place.name)
    assert asked == [
        (f"{sides[0]}.K", "1", f"mu[{sides[0]}.K]", "c0"),
        (f"{sides[1]}.volume", "H2O.molar_volume", f"P[{sides[1]}]", "c0"),
        ("E.A", "1", "mu[E.A]", "n0"),
    ]
    assert [(who.is_solute, who.is_solvent, who.is_state) for who in (ion, solvent, state)] == [
        (True, False, False), (False, True, False), (False, False, True),
    ]  # fmt: skip
    assert lib.water(on).processes[0].reaction.has_solvent
    assert made.processes[0].reaction.states == made.states
    assert (made.processes[0].transporter, made.processes[0].step, made.processes[0].name) == (
        "E",
        "A-B",
        "E:A-B",
    )


def test_words_that_sort_things_are_enumerations() -> None:
    """Their values are what is printed, and they compare with text as it stands in files."""
    model = shipped("enterocyte")
    assert {type(e.group).__name__ for e in model.equations} == {"Group"}
    assert [g.value for g in dict.fromkeys(e.group for e in model.equations)][:2] == [
        "derived",
        "potential",
    ]
    assert {(type(s.role).__name__, type(s.component).__name__) for s in model.ledger_stores} == {
        ("Role", "Component")
    }
    assert {p.certificate.verdict for p in model.processes} <= {"proven", "onsager"}
    found = bm.audit(model)
    assert (type(found.verdict).__name__, f"{found.verdict}", repr(found.verdict)) == (
        "Verdict",
        "proven",
        "'proven'",
    )
