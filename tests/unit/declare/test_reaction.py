"""Reactions from text: what balances is read as written, what does not is refused, and no text does
anything else.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane.declare.reaction import Reaction
from biomembrane.declare.reaction_parser import parse
from biomembrane.declare.reaction_text import terms
from biomembrane.declare.species import Species
from biomembrane.testing.random_reactions import (
    Term,
    crossings,
    distinct_species,
    reaction_text,
    species,
    syntheses,
)

names = st.from_regex(r"[A-Za-z][A-Za-z0-9_+\-]{0,6}", fullmatch=True)
sides = st.lists(
    st.tuples(
        st.integers(1, 12), names, st.sampled_from(["in", "out", "cell", "basolateral_2", ""])
    ),
    min_size=1,
    max_size=4,
)
arrows = st.sampled_from(["->", "<->", "<=>", "⇌", "→", "="])


def place(known: tuple[Species, ...]) -> bm.Membrane:
    full = {s: Q(1, "mM") for s in known}
    cell = bm.Compartment("cell", volume=Q(1, "pL"), contents=full)
    return bm.Membrane("wall", inside=cell, outside=bm.Reservoir("bath", full), area=Q(1, "um^2"))


def read(
    known: tuple[Species, ...], left: tuple[Term, ...], right: tuple[Term, ...], arrow: str = "->"
) -> Reaction:
    return parse(reaction_text(left, right, arrow), place(known), "here")


def net(left: tuple[Term, ...], right: tuple[Term, ...]) -> dict[str, int]:
    """Products less reactants by dotted name, counted by hand."""
    found: dict[str, int] = {}
    for sign, side in ((-1, left), (1, right)):
        for n, name, where in side:
            pool = f"{ {'in': 'cell', 'out': 'bath'}[where] }.{name}"
            found[pool] = found.get(pool, 0) + sign * n
    return {pool: n for pool, n in found.items() if n}


@given(left=sides, right=sides, arrow=arrows, blanks=st.sampled_from(["", " ", "  "]))
def test_terms_are_read_as_they_are_written(
    left: list[Term], right: list[Term], arrow: str, blanks: str
) -> None:
    """Any reaction that can be written is read back term by term, with any arrow and however many
    blanks.
    """
    text = reaction_text(left, right, arrow).replace(" + ", f"{blanks} + {blanks}")
    assert terms(text, "here") == (left, right)


@given(text=st.text(max_size=40) | st.text(alphabet="NaK@inout +-><=2 ", max_size=30))
def test_other_text_is_refused(text: str) -> None:
    """Text is a reaction or a BadReaction, nothing else."""
    try:
        left, right = terms(text, "here")
    except errors.BadReaction:
        return
    assert left
    assert right
    assert all(n >= 1 and name[0].isalpha() for n, name, _ in left + right)


@given(known=distinct_species(1, 4), data=st.data(), arrow=arrows)
def test_crossings_balance(known: tuple[Species, ...], data: st.DataObject, arrow: str) -> None:
    """Whatever crosses a membrane balances; what one side loses in charge the other gains."""
    left, right = data.draw(crossings([s.name for s in known]))
    made = read(known, left, right, arrow)
    assert {who.pool: n for who, n in made.net.items()} == net(left, right)
    charge = {s.name: s.charge for s in known}
    inward = sum(n * charge[s] for n, s, w in right if w == "in") - sum(
        n * charge[s] for n, s, w in left if w == "in"
    )
    assert made.charge_moved() == (
        {"cell": Fraction(inward), "bath": Fraction(-inward)} if inward else {}
    )


@given(made=syntheses(), arrow=arrows)
def test_syntheses_balance(
    made: tuple[tuple[Species, ...], tuple[Term, ...], tuple[Term, ...]], arrow: str
) -> None:
    """Molecules that become one of the same atoms and charge balance, wherever they come from."""
    known, left, right = made
    assert {who.pool: n for who, n in read(known, left, right, arrow).net.items()} == net(
        left, right
    )


@given(known=distinct_species(1, 3), data=st.data())
def test_a_reaction_and_its_print_are_one(known: tuple[Species, ...], data: st.DataObject) -> None:
    """str(reaction) is a reaction that reads as itself."""
    made = read(known, *data.draw(crossings([s.name for s in known])))
    assert parse(str(made), place(known), "here") is not made
    assert {w.pool: n for w, n in parse(str(made), place(known), "here").net.items()} == {
        w.pool: n for w, n in made.net.items()
    }


@given(known=distinct_species(1, 4), data=st.data(), more=st.integers(1, 4))
def test_crossings_that_do_not_balance(
    known: tuple[Species, ...], data: st.DataObject, more: int
) -> None:
    """One molecule more on either side is refused, and the error says what is left over."""
    left, right = data.draw(crossings([s.name for s in known]))
    n, name, where = right[0]
    with pytest.raises(errors.UnbalancedReaction, match=r"[+-]\d") as caught:
        read(known, left, ((n + more, name, where), *right[1:]))
    assert "here" in caught.value.where


@given(made=syntheses(), extra=st.integers(-3, 3).filter(bool))
def test_charge_that_appears_is_refused(
    made: tuple[tuple[Species, ...], tuple[Term, ...], tuple[Term, ...]], extra: int
) -> None:
    """The same atoms with another charge are refused, with the charge that appears."""
    (*parts, whole), left, right = made
    known = (*parts, Species("Whole", whole.charge + extra, whole.formula))
    with pytest.raises(errors.ChargeImbalance, match=rf"\{extra:+d} e"):
        read(known, left, right)


@given(first=species("A"), second=species("B"))
def test_atoms_that_change_are_refused(first: Species, second: Species) -> None:
    """One substance does not become another of other atoms, though nobody counts its charge."""
    assume(first.composition() != second.composition())
    with pytest.raises(errors.UnbalancedReaction):
        read((first, second), ((1, "A", "in"),), ((1, "B", "out"),))


@given(
    counts=st.dictionaries(
        st.sampled_from(["adenosine", "phosphate", "base"]), st.integers(1, 4), min_size=1
    ),
    data=st.data(),
)
def test_moieties_count_where_atoms_are_not_declared(
    counts: dict[str, int], data: st.DataObject
) -> None:
    """Conserved groups balance like atoms; what has neither is refused when it is made or used
    up.
    """
    whole = Species("Whole", moieties=counts)
    parts = tuple(Species(f"P{i}", moieties={m: 1}) for i, m in enumerate(counts))
    right = tuple((n, f"P{i}", "in") for i, n in enumerate(counts.values()))
    assert read((whole, *parts), ((1, "Whole", "in"),), right).net
    k = data.draw(st.integers(0, len(parts) - 1))
    wrong = tuple((n + (i == k), p, w) for i, (n, p, w) in enumerate(right))
    with pytest.raises(errors.UnbalancedReaction):
        read((whole, *parts), ((1, "Whole", "in"),), wrong)
    bare = tuple(Species(s.name) for s in (whole, *parts))
    with pytest.raises(errors.UnbalancedReaction):
        read(bare, ((1, "Whole", "in"),), right)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("K@in", errors.BadReaction),
        ("K@in -> K@out -> Na@out", errors.BadReaction),
        ("K@in -> ", errors.BadReaction),
        ("K@in + -> K@out", errors.BadReaction),
        ("0 K@in -> 0 K@out", errors.BadReaction),
        ("1.5 K@in -> 1.5 K@out", errors.BadReaction),
        ("K -> K@out", errors.BadReaction),
        ("K@nowhere -> K@out", errors.BadReaction),
        ("K@in -> K@in", errors.BadReaction),
        ("k@in -> k@out", errors.MissingSpecies),
        ("Mg@in -> Mg@out", errors.MissingSpecies),
        (None, errors.WrongType),
    ],
)
def test_what_cannot_be_read(text: str, error: type[errors.BiomembraneError]) -> None:
    """Each mistake in a reaction has its error."""
    with pytest.raises(error):
        parse(text, place((Species("K", 1, "K"), Species("Na", 1, "Na"))), "here")


def test_places() -> None:
    """A place is named by its side, by its own name, or not at all inside a compartment; nothing
    else will do.
    """
    wall = place((Species("K", 1, "K"), Species("A", 0, "C"), Species("B", 0, "C")))
    by_side, by_name = (
        parse(text, wall, "here").net for text in ("K@in -> K@out", "K@cell -> K@bath")
    )
    assert by_side == by_name
    inside = parse("A -> B", wall.inside, "here")
    assert inside.net == parse("A@cell -> B@cell", wall.inside, "here").net
    assert inside.charge_moved() == {}
    with pytest.raises(errors.WrongType, match="Membrane between"):
        parse("A -> B", wall.outside, "here")
    with pytest.raises(errors.BadReaction):
        parse("A@in -> A@out", wall.inside, "here")


def test_impermeants_stay() -> None:
    """What is declared impermeant takes no part in a reaction."""
    X = Species("X", -1, "C")
    cell = bm.Compartment("cell", volume=Q(1, "pL"), impermeant={X: Q(100, "mM")})
    wall = bm.Membrane(
        "wall", inside=cell, outside=bm.Reservoir("bath", {X: Q(1, "mM")}), area=Q(1, "um^2")
    )
    with pytest.raises(errors.MissingSpecies, match="impermeant"):
        parse("X@in -> X@out", wall, "here")


def test_two_conventions_do_not_mix() -> None:
    """Reactants whose energies follow different conventions do not react (formalism §7)."""

    def reactant(name: str, convention: str) -> Species:
        energy = bm.Parameter(Q(1, "kJ/mol"), bm.Source("assumed"))
        return Species(name, formula="C", standard=energy, convention=convention)

    text = (((1, "A", "in"),), ((1, "B", "in"),))
    assert read((reactant("A", "pH 7"), reactant("B", "pH 7")), *text).net
    with pytest.raises(errors.ConventionMismatch):
        read((reactant("A", "pH 7"), reactant("B", "explicit H+")), *text)


@given(
    elements=st.lists(
        st.tuples(st.sampled_from(["C", "H", "O", "Na", "Cl"]), st.integers(1, 99)),
        min_size=1,
        max_size=6,
    )
)
def test_formulas_are_counted(elements: list[tuple[str, int]]) -> None:
    """A formula counts its elements, repeated ones too."""
    found = Species(
        "S", formula="".join(f"{e}{n if n > 1 else ''}" for e, n in elements)
    ).composition()
    assert found == {e: sum(n for other, n in elements if other == e) for e, _ in elements}


@pytest.mark.parametrize("formula", ["Na+", "c6", "C6H12O6 ", "(CH2)6", "C-6"])
def test_other_formulas_are_refused(formula: str) -> None:
    """Charges, brackets and blanks are no formula."""
    with pytest.raises(errors.BadFormula):
        Species("S", formula=formula)
