"""Random numbers, species and reactions between two sides of a membrane."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from ..declare.species import Species

Term = tuple[int, str, str]  # count, species, side


def decades(low: float, high: float) -> st.SearchStrategy[float]:
    """Log-uniform numbers between 10**low and 10**high."""
    return st.floats(low, high).map(lambda e: 10.0**e)


def temperatures() -> st.SearchStrategy[float]:
    """Kelvin."""
    return st.floats(273.0, 320.0)


@st.composite
def species(draw: st.DrawFn, name: str = "S") -> Species:
    """A species with a formula and a charge."""
    elements = draw(
        st.dictionaries(
            st.sampled_from(["C", "H", "O", "N", "Na", "Cl"]), st.integers(1, 12), min_size=1
        )
    )
    return Species(name, draw(st.integers(-3, 3)), "".join(f"{e}{n}" for e, n in elements.items()))


def distinct_species(low: int = 1, high: int = 4) -> st.SearchStrategy[tuple[Species, ...]]:
    """Species with different names."""
    return st.integers(low, high).flatmap(
        lambda n: st.tuples(*(species(f"S{i}") for i in range(n)))
    )


@st.composite
def crossings(
    draw: st.DrawFn, names: Sequence[str], most: int = 3
) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
    """Both sides of a reaction in which one to three species cross, any way, in any number."""
    chosen = draw(
        st.lists(
            st.sampled_from(list(names)), min_size=1, max_size=min(most, len(names)), unique=True
        )
    )
    left: list[Term] = []
    right: list[Term] = []
    for name in chosen:
        n, here = draw(st.integers(1, 3)), draw(st.sampled_from(["in", "out"]))
        left.append((n, name, here))
        right.append((n, name, _other(here)))
    return tuple(left), tuple(right)


@st.composite
def syntheses(draw: st.DrawFn) -> tuple[tuple[Species, ...], tuple[Term, ...], tuple[Term, ...]]:
    """Species and a balanced reaction in which all but the last of them become one molecule, on any
    side of the membrane.
    """
    parts = draw(distinct_species(1, 3))
    counts = [draw(st.integers(1, 3)) for _ in parts]
    total: dict[str, int] = {}
    for n, s in zip(counts, parts, strict=True):
        for element, count in s.composition().items():
            total[element] = total.get(element, 0) + n * count
    charge = sum(n * s.charge for n, s in zip(counts, parts, strict=True))
    whole = Species("Whole", charge, "".join(f"{e}{n}" for e, n in total.items()))
    side = st.sampled_from(["in", "out"])
    left = tuple((n, s.name, draw(side)) for n, s in zip(counts, parts, strict=True))
    return (*parts, whole), left, ((1, "Whole", draw(side)),)


def reaction_text(left: Sequence[Term], right: Sequence[Term], arrow: str = "->") -> str:
    """The text of a reaction."""
    sides = (
        " + ".join((f"{n} " if n > 1 else "") + (f"{s}@{w}" if w else s) for n, s, w in side)
        for side in (left, right)
    )
    return f" {arrow} ".join(sides)


def _other(side: str) -> str:
    return {"in": "out", "out": "in"}.get(side, side)
