"""Forward and reverse parts of a flux: which pairs come, in which order, and what is known of
barriers, cubes and products.
"""

import pytest
import sympy as sp

from biomembrane.second_law.one_way_split import splits
from biomembrane.symbols import B

X, Y = sp.symbols("x y", positive=True)
Z, W = sp.symbols("z w", real=True)
E = sp.exp

PAIRS = [
    (X - Y, [(X, Y)]),
    (sp.Integer(0), [(0, 0)]),
    (X + Y, [(X + Y, 0)]),
    (-X * Y, [(0, X * Y)]),
    (2 * X - 3 * Y - X * Y, [(2 * X, 3 * Y + X * Y)]),
    ((X - Y) / (1 + X), [(X / (1 + X), Y / (1 + X))]),
    (-(X - Y) * (Y - 2 * X), [(2 * X**2 + Y**2, 3 * X * Y)]),
    (sp.tanh(Z), [(E(Z) / (E(Z) + E(-Z)), E(-Z) / (E(Z) + E(-Z)))]),
    (-2 * X * sp.tanh(Z), [(2 * X * E(-Z) / (E(Z) + E(-Z)), 2 * X * E(Z) / (E(Z) + E(-Z)))]),
    (B(Z) * X - B(-Z) * Y, [(B(Z) * X, B(-Z) * Y)]),
]


@pytest.mark.parametrize(
    ("flux", "pairs"), PAIRS, ids=lambda x: str(x) if isinstance(x, sp.Expr) else ""
)
def test_the_plainest_pair_comes_first(flux: sp.Expr, pairs: list[tuple[sp.Expr, sp.Expr]]) -> None:
    """And none comes twice."""
    made = list(splits(flux))
    assert len(set(made)) == len(made)
    for got, due in zip(made[:1], pairs, strict=True):
        assert [sp.simplify(a - b) for a, b in zip(got, due, strict=True)] == [0, 0]


def test_a_plain_difference_has_one_pair() -> None:
    assert list(splits(X - Y)) == [(X, Y)]
    assert list(splits(2 * X - Y)) == [(2 * X, Y)]


def test_a_cube_is_multiplied_out() -> None:
    """(p − m)³ = (p³ + 3pm²) − (m³ + 3p²m)."""
    forward, reverse = next(iter(splits((X - Y) ** 3)))
    assert (sp.expand(forward), sp.expand(reverse)) == (X**3 + 3 * X * Y**2, Y**3 + 3 * X**2 * Y)
    for power in (5, 7, -3):
        assert [
            sp.expand(sp.expand(a - b) - sp.expand((X - Y) ** power))
            for a, b in splits((X - Y) ** power)
        ] in ([], [0])


BARRIERS = [
    (Z / (E(Z) - 1), B(Z)),
    (-Z / (1 - E(Z)), B(Z)),
    (Z / (1 - E(-Z)), B(-Z)),
    (3 * Z * X / (2 * E(Z) - 2), 3 * B(Z) * X / 2),
    (X * Z / (Y * (5 - 5 * E(-Z))), B(-Z) * X / (5 * Y)),
    (2 * Z / (E(2 * Z) - 1), B(2 * Z)),
    (X * Z / (E(Z) - 1) + Y, X * B(Z) + Y),
]


@pytest.mark.parametrize(("quotient", "due"), BARRIERS, ids=str)
def test_barriers_are_recognised(quotient: sp.Expr, due: sp.Expr) -> None:
    """x/(eˣ − 1) is positive whatever the sign of x: one part, and the other is zero."""
    ((forward, reverse),) = set(splits(quotient))
    assert reverse == 0
    assert sp.simplify(forward - due) == 0
    ((none, whole),) = set(splits(-quotient))
    assert none == 0
    assert sp.simplify(whole - due) == 0


UNKNOWN = [
    Z / (E(Z) - 2), Z / (E(Z) + 1), Z / (E(Z) - 1) ** 2, Z * (E(Z) - 1) * (Z + 2), W / (E(Z) - 1),
    Z / (E(Z) + X - 1), 1 / (E(Z) - 1), Z * W, Z - X,
    sp.tanh(Z) * Z, (Z - X) ** 3, sp.Max(Z, -X), X * sp.cos(Z), X + Z,
]  # fmt: skip


@pytest.mark.parametrize("flux", UNKNOWN, ids=str)
def test_what_only_looks_like_a_barrier_is_not_split(flux: sp.Expr) -> None:
    assert list(splits(flux)) == []


def test_a_ghk_quotient_is_two_barriers() -> None:
    """z(a − b e^{−z})/(1 − e^{−z}) = B(−z) a − B(z) b."""
    for forward, reverse in splits(Z * (X - Y * E(-Z)) / (1 - E(-Z))):
        for at in ({X: 2.0, Y: 3.0, Z: 1.5}, {X: 2.0, Y: 0.5, Z: -0.4}):
            number = {s: sp.Float(v) for s, v in at.items()}
            z = at[Z]
            ratio = float((forward / reverse).subs(number).evalf())
            assert ratio == pytest.approx(at[X] / at[Y] * float(sp.exp(z)), rel=1e-9)
