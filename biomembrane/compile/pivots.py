"""In which rows constraints stand, so that each has a pivot: elimination takes those on the
diagonal.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from .. import errors
from ..assemble.model import Model


def pivoted(model: Model, pattern: Collection[tuple[int, int]]) -> list[int] | None:
    """By row of f the state of whose declaration it is, where constraints must change their rows;
    None where all stay.

    ``pattern``: what each row depends on.  Each constraint stands in the row of an algebraic state
    on which it depends, in that of its own where it can; those are the matchings of a bipartite
    graph, found along augmenting paths.  Raises ``SingularConstraint`` where there is none.
    """
    algebraic = [i for i, x in enumerate(model.states) if x.constraint is not None]
    if all((i, i) in pattern for i in algebraic):
        return None
    on = {i: [j for j in algebraic if (i, j) in pattern] for i in algebraic}
    owner = {i: i for i in algebraic if i in on[i]}
    for i in algebraic:
        if i not in on[i] and not _place(i, on, owner, set()):
            _refuse(model, i, [model.states[j].name for row, j in pattern if row == i])
    return [owner.get(i, i) for i in range(len(model.states))]


def _place(i: int, on: Mapping[int, list[int]], owner: dict[int, int], tried: set[int]) -> bool:
    """Whether constraint i finds a row, where others may move to rows of their own."""
    for j in on[i]:
        if j not in tried:
            tried.add(j)
            if j not in owner or _place(owner[j], on, owner, tried):
                owner[j] = i
                return True
    return False


def _refuse(model: Model, i: int, others: list[str]) -> None:
    name = model.states[i].name
    raise errors.SingularConstraint(
        where=f"Model({model.name!r}), the constraint of {name}",
        wanted=(
            f"a constraint that depends on {name}, or on a state whose own constraint can determine"
            " another"
        ),
        got=f"one that depends on {', '.join(others) or 'no state'}",
        advice=f"the constraint stands for {others[0]}" if others else f"a rate for {name}",
        state=name,
    )
