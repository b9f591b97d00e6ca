"""Laws: what each says when it is given what it cannot serve, field by field, and names, bounds and
forms that a reader meets.
"""

from collections.abc import Callable
from typing import Any

import pytest
import sympy as sp
from mistakes import CYTOSOL, SALINE, caught, membrane

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane import dimension as d
from biomembrane import errors as e
from biomembrane.declare.rates import Rates, times
from biomembrane.declare.reduced_cycle import ring
from biomembrane.library import H2O
from biomembrane.symbols import B, F, R, T

S1, S2 = bm.Species("S1", moieties={"x": 1}), bm.Species("S2", moieties={"x": 2})
ON = membrane(
    inside=bm.Compartment(
        "cell",
        volume=Q(1, "pL"),
        contents=CYTOSOL | {S1: Q(1, "mM"), S2: Q(1, "mM")},
        impermeant=bm.balance(),
    ),
    outside=bm.Reservoir("bath", SALINE | {S1: Q(1, "mM"), S2: Q(1, "mM")}),
)
LEAK, SWEET, SWAP = "K@in -> K@out", "glucose@in -> glucose@out", "Na@out + K@in -> Na@in + K@out"
MAX, HALF = Q(1, "fmol/s"), {"K": Q(1, "mM")}
ONE = [lambda _: 1]


def made(reaction: str, law: Any, **more: Any) -> bm.Transporter:
    return bm.Transporter("T", reaction, ON, law, **more)


def refused(reaction: str, law: Any, **more: Any) -> Callable[[], Any]:
    return lambda: made(reaction, law, **more)


def saturable(**given: Any) -> laws.Saturable:
    return laws.Saturable(**{"half": HALF, "maximum": MAX} | given)


MIDDLE, WATER = (
    "Eyring(0.5), the middle of the membrane",
    "H2O@out + glucose@out -> H2O@in + glucose@in",
)
BARRIERS = "laws.Eyring(0.5) or laws.ConstantField()"
TURNOVER = "maximum=Q(1, 'fmol/s'), or turnover=Q(100, '1/s') with density=Q(1000, '1/um^2')"
EITHER = "either maximum=, or turnover= and density="
LISTS = "[lambda site: …, lambda site: …]"
ROWS: list[tuple[Callable[[], Any], type[e.BiomembraneError], str, str, str, str]] = [
    *(
        (lambda theta=theta: laws.Eyring(theta), e.OutOfDomain, "Eyring(theta=…)",
            "a number from 0 to 1", got, MIDDLE)
        for theta, got in ((1.001, "1.001"), (-0.001, "-0.001"), (True, "True"), ("0.5", "'0.5'"))
    ),
    (refused(LEAK, laws.Elementary(rate=MAX, barrier="sharp")), e.WrongType, "T, barrier=…",
        "a barrier", "'sharp'", BARRIERS),
    (refused(LEAK, laws.Elementary(rate=MAX, barrier=laws.Eyring)), e.WrongType, "T, barrier=…",
        "a barrier", "the class Eyring", BARRIERS),
    (
        refused(LEAK, laws.Elementary(rate=MAX,
            barrier=lambda reduced_work: sp.exp(-reduced_work))), e.WrongType,
        "T, barrier=…", "a barrier that gives the pair b⁺, b⁻", "exp(F*V[@]/(R*T))", BARRIERS,
    ),
    (
        refused(LEAK, laws.Elementary(rate=MAX, barrier=lambda _: (1, 1, 1))), e.WrongType,
        "T, barrier=…", "a barrier that gives the pair b⁺, b⁻", "(1, 1, 1)", BARRIERS,
    ),
    *(
        (
            refused(LEAK, laws.Elementary(rate=MAX, barrier=lambda _, pair=pair: pair)),
            e.WrongType, "T, barrier=…",
            "an expression of the site's symbols", "'x'",
            "build it from site['K@in'], site.u, site.parameter(…), with sympy's functions",
        )
        for pair in (("x", 1), (1, "x"))
    ),
    *(
        (
            refused(reaction, laws.GHK(permeability=Q(1, "cm/s"))), e.BadReaction, "T, GHK",
            "one solute that crosses, 'K@in -> K@out'", got,
            "laws.Elementary or laws.Saturable for coupled transport",
        )
        for reaction, got in (
            ("2 K@in -> 2 K@out", "2 K⁺@cell ⇌ 2 K⁺@bath"),
            ("S2@in -> 2 S1@out", "S2@cell ⇌ 2 S1@bath"),
            ("2 S1@in -> S2@out", "2 S1@cell ⇌ S2@bath"),
        )
    ),
    (
        refused("H2O@in -> H2O@out", laws.GHK(permeability=Q(1, "cm/s")), species=(H2O,)),
        e.BadReaction, "T, GHK",
        "one solute that crosses, 'K@in -> K@out'", "water@cell ⇌ water@bath",
        "laws.Elementary or laws.Saturable for coupled transport",
    ),
    (
        refused(SWEET, laws.Ohmic(conductance=Q(1, "nS"))), e.ChargeImbalance,
        "T, Ohmic", "a reaction that moves charge", "glucose@cell ⇌ glucose@bath",
        "laws.Onsager for electroneutral transport",
    ),
    *(
        (
            refused(reaction, laws.Water(permeability=Q(1, "cm/s")), species=(H2O,)), e.BadReaction,
            "T, Water", "'H2O@out -> H2O@in'", got,
            "library.water(membrane), or Transporter(…, species=(H2O,)) with library.H2O",
        )
        for reaction, got in ((LEAK, "K⁺@cell ⇌ K⁺@bath"),
        (WATER, "water@bath + glucose@bath ⇌ water@cell + glucose@cell"))
    ),
    (
        refused(LEAK, saturable(binding="comon")), e.BadSettings,
        "T, Saturable(binding=…)", "'simultaneous' or 'common'", "'comon'",
        "did you mean 'common'?",
    ),
    (refused(LEAK, saturable(maximum=None)), e.BadSettings, "T, Saturable(…)", EITHER, "neither",
        TURNOVER),
    (refused(LEAK, saturable(turnover=Q(1, "1/s"))), e.BadSettings, "T, Saturable(…)", EITHER,
        "maximum and turnover", TURNOVER),
    (refused(LEAK, saturable(maximum=None, density=Q(1, "fmol"))), e.BadSettings, "T, Saturable(…)",
        EITHER, "density", TURNOVER),
    (
        refused(SWAP, saturable(half=Q(1, "mM"))), e.WrongType, "T, Saturable(half=…)",
        "{participant: half-saturation}", "1 mM",
        "half={'Na@out': Q(1, 'mM'), 'K@in': Q(1, 'mM'), 'Na@in': Q(1, 'mM'), 'K@out': Q(1, 'mM')}",
    ),
    (
        refused(SWAP, saturable(half={"Na": Q(1, "mM"), "K@out": Q(1, "mM")})), e.MissingSpecies,
        "T, Saturable(half=…)", "a half-saturation for K@in", "'Na', 'K@out' only",
        "add 'K@in': Q(1, 'mM') to half=",
    ),
    (
        refused(LEAK, saturable(half={})), e.MissingSpecies,
        "T, Saturable(half=…)", "a half-saturation for K@in and K@out", "none",
        "add 'K@in': Q(1, 'mM'), 'K@out': Q(1, 'mM') to half=",
    ),
    (
        refused(LEAK, saturable(half=HALF | {"K@inn": Q(1, "mM"), "Cl": Q(1, "mM")})),
        e.UnknownName,
        "T, Saturable(half=…)", "participants of the reaction", "'K@inn', 'Cl'",
        "did you mean 'K@in'?",
    ),
    (
        refused(LEAK, laws.ReducedCycle(density=MAX, forward="ab", reverse=[*ONE, *ONE])),
        e.WrongType,
        "T, ReducedCycle(forward=…)", "a list of functions of the site", "'ab'", LISTS,
    ),
    (
        refused(LEAK, laws.ReducedCycle(density=MAX, forward=[*ONE, *ONE], reverse=5)), e.WrongType,
        "T, ReducedCycle(reverse=…)", "a list of functions of the site", "5", LISTS,
    ),
    *(
        (
            refused(LEAK, laws.ReducedCycle(density=MAX, forward=ONE * n, reverse=ONE * m)),
            e.BadCycle, "T, ReducedCycle",
            "as many reverse as forward rates, at least two", f"{n} forward and {m} reverse",
            "one function for each step in each direction",
        )
        for n, m in ((1, 1), (2, 3), (3, 2))
    ),
    (
        refused(LEAK, laws.ReducedCycle(density=Q(1, "fmol"), forward=[ONE[0], 2],
            reverse=ONE * 2)), e.WrongType, "T, forward[1]",
        "a function of the site", "2", "lambda site: site.parameter(…) * site['K@in']",
    ),
    (
        refused(LEAK, laws.ReducedCycle(density=Q(1, "fmol"), forward=ONE * 2,
            reverse=[2, ONE[0]])), e.WrongType, "T, reverse[0]",
        "a function of the site", "2", "lambda site: site.parameter(…) * site['K@in']",
    ),
    *(
        (
            refused(LEAK, law), e.WrongType, f"T, {what}",
            "a function of the site", "2", "lambda site: site.parameter(…) * site['K@in']",
        )
        for what, law in (
            ("forward", laws.Pair(forward=2, reverse=ONE[0])),
            ("reverse", laws.Pair(forward=ONE[0], reverse=2)),
            ("flux", laws.Empirical(flux=2, reason="a reason")),
        )
    ),
    *(
        (
            refused(LEAK, laws.Empirical(flux=ONE[0], reason=reason)), e.MissingSource,
            "T, Empirical(reason=…)",
            "why the law is exempt from the second law", got,
            "reason='fitted curve of Smith 1999, no reverse rate published'",
        )
        for reason, got in ((" ", "' '"), (None, "None"))
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "kind", "where", "wanted", "got", "advice"),
    ROWS,
    ids=[f"{k} {row[2]} {row[4]}" for k, row in enumerate(ROWS)],
)
def test_laws_say_what_is_wrong(
    call: Any, kind: Any, where: str, wanted: str, got: str, advice: str
) -> None:
    error = caught(call)
    assert (type(error), error.where, error.wanted, error.got, error.advice) == (
        kind,
        where,
        wanted,
        got,
        advice,
    )


def test_a_barrier_may_stand_at_either_face() -> None:
    x = sp.Symbol("x", real=True)
    assert laws.Eyring(0)(x) == (1, sp.exp(x))
    assert laws.Eyring(1)(x) == (sp.exp(-x), 1)
    assert laws.Eyring()(x) == (sp.exp(-x / 2), sp.exp(x / 2))
    assert laws.Eyring(0.1)(x) == (sp.exp(-x / 10), sp.exp(9 * x / 10))
    assert laws.ConstantField()(x) == (B(x), B(-x))


def test_rates_are_changed_in_kind() -> None:
    """What is not given stays so; the reason too."""
    x = sp.Symbol("x")
    assert Rates(x, x + 1).mapped(lambda r: 2 * r) == Rates(2 * x, 2 * x + 2)
    assert Rates(conductance=x).mapped(lambda r: r + 1) == Rates(conductance=x + 1)
    assert Rates(flux=x, reason="why").mapped(lambda r: r - 1) == Rates(flux=x - 1, reason="why")
    assert times(x, sp.Integer(3), x + 1) == 3 * x * (x + 1)
    assert times(x) == x


def local(law: Any, reaction: str = LEAK, **more: Any) -> Rates:
    """The rates of a law, in plain symbols of their names."""
    rates = made(reaction, law, **more).processes[0].local
    return rates.mapped(
        lambda r: r.xreplace({s: sp.Symbol(str(s)) for s in r.free_symbols - {F, R, T}})
    )


def named(*names: str) -> list[sp.Symbol]:
    return [sp.Symbol(name) for name in names]


def test_laws_as_formulas() -> None:
    """κ, P, g and L by area or for the whole membrane, with θ of the field before the barrier."""
    K_i, K_o, V, area, c0 = named("c[@in.K]", "c[@out.K]", "V[@]", "@on.area", "c0")
    u = F * V / (R * T)
    k, P, g, L = named("@.rate", "@.permeability", "@.conductance", "@.coefficient")
    sharp = local(laws.Elementary(rate=Q(1, "pmol/cm^2/s"), barrier=laws.Eyring(0.25)))
    assert (sharp.forward, sharp.reverse) == (
        area * k * K_i / c0 * sp.exp(u / 4),
        area * k * K_o / c0 * sp.exp(-3 * u / 4),
    )
    flat = local(laws.Elementary(rate=MAX, barrier=laws.ConstantField()))
    assert (flat.forward, flat.reverse) == (k * K_i / c0 * B(-u), k * K_o / c0 * B(u))
    ghk = local(laws.GHK(permeability=Q(1, "cm/s")))
    assert (ghk.forward, ghk.reverse) == (P * area * K_i * B(-u), P * area * K_o * B(u))
    assert local(laws.Ohmic(conductance=Q(1, "mS/cm^2"))) == Rates(conductance=g * area / F**2)
    assert local(laws.Ohmic(conductance=Q(1, "nS")), "2 K@in -> 2 K@out") == Rates(
        conductance=g / (4 * F**2)
    )
    assert local(laws.Onsager(coefficient=Q(1, "fmol^2/fJ/s"))) == Rates(conductance=L)
    assert local(laws.Onsager(coefficient=Q(1, "fmol^2/fJ/s/um^2"))) == Rates(conductance=L * area)
    v = sp.Symbol("H2O.molar_volume")
    assert local(
        laws.Water(permeability=Q(1, "cm/s/bar")), "H2O@out -> H2O@in", species=(H2O,)
    ) == Rates(conductance=P * area / v**2)
    assert local(
        laws.Water(permeability=Q(1, "cm/s")), "H2O@out -> H2O@in", species=(H2O,)
    ) == Rates(conductance=P * area / (v * R * T))
    assert local(
        laws.Empirical(flux=lambda s: s.parameter("J", MAX, d.FLUX), reason="why")
    ) == Rates(flux=sp.Symbol("@.J"), reason="why")


@pytest.mark.parametrize("binding", ["simultaneous", "common"])
def test_a_saturable_law_as_a_formula(binding: str) -> None:
    """2 S1 ⇌ S2: E k⁺(a/K₁)²/D and, by Haldane, its reverse with K₂c°/K₁² where the energies are
    equal.
    """
    half = {"S1": Q(2, "mM"), "S2@out": Q(3, "mM")}
    law = laws.Saturable(turnover=Q(5, "1/s"), density=Q(1, "fmol"), half=half, binding=binding)
    rates = local(law, "2 S1@in -> S2@out")
    a, b, K1, K2, k, E, c0 = named(
        "c[@in.S1]", "c[@out.S2]", "@.half_S1", "@.half_S2_out", "@.turnover", "@.density", "c0"
    )
    left, right = (1 + a / K1) ** 2, 1 + b / K2
    D = left * right if binding == "simultaneous" else left + right - 1
    assert sp.simplify(rates.forward - E * k * (a / K1) ** 2 / D) == 0
    assert sp.simplify(rates.reverse - E * k * (K2 / c0) / (K1 / c0) ** 2 * (b / K2) / D) == 0
    whole = local(
        laws.Saturable(maximum=Q(1, "pmol/cm^2/s"), half=half, binding=binding), "2 S1@in -> S2@out"
    )
    maximum, area = named("@.maximum", "@on.area")
    assert sp.simplify(whole.forward / rates.forward - maximum * area / (E * k)) == 0


@pytest.mark.parametrize("size", [2, 3, 4])
def test_a_ring_of_kinetic_states_by_its_linear_system(size: int) -> None:
    """N(Πα⁺ − Πα⁻)/Σ and both one-way rates, against the steady state that the rates themselves
    give.
    """
    ahead, back = (
        [sp.Integer(k + 2) for k in range(size)],
        [sp.Integer(2 * k + 3) for k in range(size)],
    )
    rates = ring(sp.Integer(7), ahead, back)
    M = sp.zeros(size, size)
    for k in range(size):
        after = (k + 1) % size
        M[k, k] -= ahead[k]
        M[after, k] += ahead[k]
        M[after, after] -= back[k]
        M[k, after] += back[k]
    M[size - 1, :] = sp.ones(1, size)
    n = M.LUsolve(sp.Matrix([0] * (size - 1) + [7]))
    assert rates.forward - rates.reverse == ahead[0] * n[0] - back[0] * n[1]
    assert rates.forward / rates.reverse == sp.prod(ahead) / sp.prod(back)
    assert (rates.conductance, rates.flux) == (None, None)


def test_glucose_is_counted_by_species_where_both_sides_have_one_half() -> None:
    """Names of halves: the species where it serves both sides; else the side."""
    both = made(SWEET, saturable(half={"glucose": Q(2, "mM")})).parameters
    each = made(
        SWEET, saturable(half={"glucose@in": Q(2, "mM"), "bath.glucose": Q(3, "mM")})
    ).parameters
    assert [n for n in both if "half" in n] == ["T.half_glucose"]
    assert [(n, p.value) for n, p in each.items() if "half" in n] == [
        ("T.half_glucose_in", 2),
        ("T.half_bath_glucose", 3),
    ]
