"""One proof a law, however often it comes up, and no proof for a law that differs in anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sympy as sp

import biomembrane as bm
from biomembrane import Q, errors, laws, symbols
from biomembrane import dimension as d
from biomembrane import library as lib
from biomembrane.assemble import free_energy, weighted_sum
from biomembrane.compile.graph import builder
from biomembrane.compile.program import program
from biomembrane.declare.bound_expression import BoundExpression, BoundExpressions
from biomembrane.declare.checks import certified_once
from biomembrane.declare.site import Site
from biomembrane.library import Cl, K, Na

MEMORIES = (
    certified_once.certify_local,
    free_energy._slope,
    free_energy._ideal,
    weighted_sum._sum,
    builder.read,
)


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Every test begins with nothing judged."""
    for memory in MEMORIES:
        memory.cache_clear()
    yield
    for memory in MEMORIES:
        memory.cache_clear()


def membrane(name: str = "cell", bath: bm.Reservoir | None = None) -> bm.Membrane:
    inside = bm.Compartment(
        name,
        volume=Q(1, "pL"),
        contents={Na: Q(15, "mM"), K: Q(100, "mM"), Cl: Q(20, "mM")},
        impermeant=bm.balance(),
    )
    outside = bath or bm.Reservoir("bath", {Na: Q(140, "mM"), K: Q(5, "mM"), Cl: Q(145, "mM")})
    return bm.Membrane(
        f"wall_{name}",
        inside=inside,
        outside=outside,
        area=Q(100, "um^2"),
        capacitance=Q(1, "uF/cm^2"),
    )


def cells(count: int) -> bm.Model:
    """Equal cells in one bath, each with leaks and a cycle, their names apart."""
    bath = bm.Reservoir("bath", {Na: Q(140, "mM"), K: Q(5, "mM"), Cl: Q(145, "mM")})
    parts: list[Any] = []
    for i in range(count):
        wall = membrane(f"cell{i}", bath)
        parts += [lib.leak(s, wall, name=f"{s.name}_{i}") for s in (Na, K, Cl)]
        k = {"forward": Q(1, "1/s/mM"), "reverse": Q(2, "1/s")}
        steps = [
            ("E + K@out <-> EK", k),
            ("EK <-> KE", {"forward": Q(3, "1/s"), "reverse": Q(4, "1/s")}),
            ("KE <-> E + K@in", {"forward": Q(1, "1/s")}),
        ]
        parts.append(
            bm.Cycle(
                f"carrier_{i}",
                wall,
                density=Q(1, "1/um^2"),
                states="E EK KE",
                steps=steps,
                close=["KE <-> E"],
            )
        )
    return bm.Model("cells", parts, potential={p.on: Q(-60, "mV") for p in parts[::4]})


def test_work_does_not_grow_with_the_number_of_equal_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty equal cells need the proofs and derivatives of one, and but for the sums over all
    cells its recipes.
    """
    proofs = []
    prove = certified_once.prove
    monkeypatch.setattr(certified_once, "prove", lambda *a: proofs.append(a) or prove(*a))
    done = {}
    for count in (1, 20):
        program(cells(count))
        done[count] = (len(proofs), *(memory.cache_info().misses for memory in MEMORIES))
    assert done[1][0] == 3 + 3  # leaks of three species, steps of one cycle
    assert done[1][:-1] == done[20][:-1]
    assert done[20][-1] - done[1][-1] <= 3


def pair(
    forward: Callable[[Site], sp.Expr],
    reverse: Callable[[Site], sp.Expr],
    on: bm.Membrane | None = None,
) -> bm.Transporter:
    return bm.Transporter(
        "swap", "Na@out -> Na@in", on or membrane(), laws.Pair(forward=forward, reverse=reverse)
    )


def rate(site: Site, domain: str = "nonnegative", dim: d.Dimension = d.FLUX) -> sp.Symbol:
    return site.parameter("k", Q(1, "fmol/s") if dim == d.FLUX else Q(1, "1/s"), dim, domain=domain)


GOOD = (
    lambda s: rate(s) * sp.exp(-s.u / 2) * s["Na@out"] / symbols.c0,
    lambda s: rate(s) * sp.exp(s.u / 2) * s["Na@in"] / symbols.c0,
)
BAD = {
    "exponent": (
        GOOD[0],
        lambda s: rate(s) * sp.exp(s.u / 2) * (s["Na@in"] / symbols.c0) ** 2,
        errors.SecondLawViolation,
    ),
    "barrier": (
        GOOD[0],
        lambda s: rate(s) * sp.exp(s.u / 3) * s["Na@in"] / symbols.c0,
        errors.SecondLawViolation,
    ),
    "assumption": (
        lambda s: rate(s, "real") * sp.exp(-s.u / 2) * s["Na@out"] / symbols.c0,
        lambda s: rate(s, "real") * sp.exp(s.u / 2) * s["Na@in"] / symbols.c0,
        errors.SecondLawUndecided,
    ),
    "dimension": (
        lambda s: rate(s, dim=d.RATE) * sp.exp(-s.u / 2) * s["Na@out"] / symbols.c0,
        lambda s: rate(s, dim=d.RATE) * sp.exp(s.u / 2) * s["Na@in"] / symbols.c0,
        errors.DimensionError,
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_proof_does_not_serve_another_law(name: str) -> None:
    """A law that differs from a proven one in one exponent, barrier, assumption or dimension is
    refused, before it and after it.
    """
    forward, reverse, error = BAD[name]
    for _ in range(2):
        with pytest.raises(error):
            pair(forward, reverse)
        assert pair(*GOOD).certificate.verdict == "proven"


def test_a_proof_does_not_serve_another_reaction() -> None:
    """The same rates for another stoichiometry, hence another affinity, are refused."""
    assert pair(*GOOD).certificate.verdict == "proven"
    with pytest.raises(errors.SecondLawViolation):
        bm.Transporter(
            "swap", "2 Na@out -> 2 Na@in", membrane(), laws.Pair(forward=GOOD[0], reverse=GOOD[1])
        )


def test_a_modulator_is_judged_though_the_law_is_known() -> None:
    """A known law under a modulator that may be negative is refused."""
    law = laws.Elementary(rate=Q(1, "fmol/s"))
    assert bm.Transporter("plain", "Na@out -> Na@in", membrane(), law)
    with pytest.raises(errors.NegativeRate):
        bm.Transporter(
            "gated",
            "Na@out -> Na@in",
            membrane(),
            law,
            modulator=lambda s: s["Na@in"] / s["Na@out"] - 1,
        )


def test_errors_speak_of_the_place() -> None:
    """What is wrong with a law is told in the names of the model, never in local ones."""
    with pytest.raises(errors.SecondLawViolation) as caught:
        pair(*BAD["exponent"][:2])
    assert "@" not in str(caught.value)
    assert "c[cell.Na]" in str(caught.value)


def test_names_of_the_model_are_understood_in_laws() -> None:
    """A law that writes the symbols of the model itself is judged in them."""
    V, c = symbols.potential("wall_cell"), symbols.concentration("cell.Na")
    made = pair(
        GOOD[0],
        lambda s: rate(s) * sp.exp(symbols.F * V / (symbols.R * symbols.T) / 2) * c / symbols.c0,
    )
    assert made.certificate.verdict == "proven"


def test_rates_and_affinity_are_written_in_the_names_of_the_model() -> None:
    """What a process shows are the symbols of the model, in equations, rates and certificate
    alike.
    """
    model = cells(1)
    allowed = (
        {e.symbol for e in model.equations}
        | {p.symbol for p in model.pools}
        | {model.symbol(n) for n in model.parameters}
    )
    allowed |= {symbols.R, symbols.F, symbols.T, symbols.c0, symbols.n0, symbols.N_A}
    for process in model.processes:
        assert process.rates.forward.free_symbols <= allowed
        assert process.certificate.reduced_affinity.free_symbols <= allowed
    for group in (model.stores, model.exergy, model.initial, model.scale):
        assert all(e.free_symbols <= allowed for e in group.values())
    assert all(e.expression.free_symbols <= allowed for e in model.equations)


def test_a_formula_lowers_to_what_it_says() -> None:
    """A formula and its expression are the same node, and so are two formulas of one meaning."""
    a, b, x, y = sp.symbols("a b x y", positive=True)
    g = builder.Graph()
    env = {a: g.input("y", 0), b: g.input("y", 1)}
    local = sp.exp(x * y) / (x + sp.sqrt(y)) - sp.Max(x, y) ** 3 + sp.log(x)
    node = g.lower(BoundExpression(local, {x: a, y: b}), env, {})
    assert node == g.lower(local.xreplace({x: a, y: b}), env, {})
    assert node != g.lower(BoundExpression(local, {x: b, y: a}), env, {})
    assert g.lower(BoundExpression(x + 1, {x: a * b}), env, {}) == g.lower(a * b + 1, env, {})


def test_formulas_are_a_dictionary_of_expressions() -> None:
    x, a = sp.symbols("x a")
    made = BoundExpressions({"one": BoundExpression(x**2, {x: a}), "two": BoundExpression(a)})
    made["two"] *= 3
    assert dict(made) == {"one": a**2, "two": 3 * a}
    assert repr(made) == repr(dict(made))
    del made["one"]
    assert (list(made), len(made)) == (["two"], 1)
    assert ((-BoundExpression(x, {x: a})) * sp.Integer(2)).expression == -2 * a
