"""Proofs: what is proven, what is not, and how it is told."""

from dataclasses import replace
from typing import Any

import pumps
import pytest
import sympy as sp
from builders import FUEL, SALINE, membrane, mM, shipped
from hypothesis import given
from strategies import fewer

import biomembrane as bm
from biomembrane import Q, errors, laws, symbols
from biomembrane import dimension as d
from biomembrane.library import Cl, K, Na, glucose
from biomembrane.testing.random_models import model_specs
from biomembrane.testing.spec_models import build

INSIDE = {Na: 10.0, K: 140.0, Cl: 10.0, glucose: 2.0}
ON = membrane(
    bm.Compartment(
        "cell",
        volume=Q(1, "pL"),
        contents=mM({Na: 10.0, K: 140.0, Cl: 10.0, glucose: 2.0}),
        held=mM(FUEL),
        impermeant=bm.balance(charge=-1),
    ),
    bm.Reservoir("bath", mM(SALINE | {glucose: 5.0})),
)
LIBRARY = {
    "NaKATPase": bm.library.NaKATPase, "SGLT1": bm.library.SGLT1, "GLUT2": bm.library.GLUT2,
    "KCC2": bm.library.KCC2, "water": bm.library.water,
    "K leak": lambda on: bm.library.leak(K, on),
}  # fmt: skip


@pytest.mark.parametrize("name", LIBRARY)
def test_the_library_is_proven(name: str) -> None:
    proof = bm.prove(LIBRARY[name](ON))
    assert proof.holds
    assert all(s.residual in (None, 0) for s in proof)


@pytest.mark.parametrize("name", ["enterocyte", "resting_cell"])
def test_shipped_models_are_proven_with_what_they_conserve(name: str) -> None:
    proof = bm.prove(shipped(name))
    assert proof.holds
    assert any("charge" in each for each in proof.invariants)


@fewer(0.5)
@given(model_specs(most=2).map(build))
def test_legal_models_are_proven(model: bm.Model) -> None:
    assert bm.prove(model).holds


def test_a_pump_of_fifteen_states_is_proven() -> None:
    """And its one loop moves 3 Na⁺ out and 2 K⁺ in for one ATP."""
    pump = pumps.pan(pumps.membrane())
    proof = bm.prove(pump)
    assert proof.holds
    loop = next(s for s in proof if s.kind == "loop")
    assert set(loop.reaction.split(" ⇌ ")[1].split(" + ")) == {
        "2 K@cell",
        "3 Na@bath",
        "MgADP@cell",
        "Pi@cell",
        "H@cell",
    }
    assert "-1 e to cell" in loop.charge
    assert "proton: +1 -1 = 0" in loop.mass


def test_loops_say_what_crosses_and_what_is_made() -> None:
    """The symporter's slip carries two Na⁺ with their charge, its sugar loop glucose alone and
    none.
    """
    said = {
        s.reaction: (s.kind, s.charge, s.mass, s.residual)
        for s in bm.prove(bm.library.SGLT1(ON))
        if s.kind == "loop"
    }
    closed = "species are only moved, none is produced or consumed"
    assert said == {
        "2 Na@bath + glucose@bath ⇌ 2 Na@cell + glucose@cell": (
            "loop",
            "+2 e to cell per cycle",
            closed,
            0,
        ),
        "2 Na@bath ⇌ 2 Na@cell": ("loop", "+2 e to cell per cycle", closed, 0),
        "glucose@bath ⇌ glucose@cell": ("loop", "no charge crosses per cycle", closed, 0),
    }


# --- what does not hold is not proven


def changed(made: bm.Transporter, change: Any) -> bm.Transporter:
    """The transporter with rates that its certificate never saw."""
    process = made.processes[0]
    spoilt = replace(process, local=change(process.local))
    copy = replace(made)
    object.__setattr__(copy, "processes", (spoilt,))
    return copy


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (lambda r: replace(r, reverse=r.reverse * 2), "log(2)"),
        (
            lambda r: replace(r, reverse=r.reverse * sp.Symbol("c[@out.K]", positive=True)),
            "c[bath.K]",
        ),
        (lambda r: replace(r, forward=r.reverse, reverse=r.forward), "V[membrane]"),
        (
            lambda r: replace(r, forward=r.forward.subs(sp.Symbol("V[@]", real=True), 0)),
            "V[membrane]",
        ),
    ],
)
def test_a_changed_rate_violates_and_shows_what_is_left(change: Any, left: str) -> None:
    leak = bm.library.leak(K, ON)
    assert bm.prove(leak).holds
    found = bm.prove(changed(leak, change))
    (statement,) = found
    assert statement.verdict == "violates"
    assert not found.holds
    assert left in str(statement.residual)
    assert "left over" in statement.note
    assert statement.witness is not None


def test_a_sign_that_cannot_be_told_is_undecided() -> None:
    def odd(r: Any) -> Any:
        c = sp.Symbol("c[@in.K]", positive=True)
        factor = sp.sin(c) - sp.cos(c) + sp.Rational(3, 2)  # above 0, which its terms do not show
        return replace(r, forward=r.forward * factor, reverse=r.reverse * factor)

    found = bm.prove(changed(bm.library.leak(K, ON), odd))
    assert found.verdict == "undecided"
    assert not found.holds


def test_a_conductance_of_unknown_sign_is_undecided() -> None:
    """J = L·A is proven where L ≥ 0 is known."""
    channel = bm.Transporter("channel", "K@in -> K@out", ON, laws.Ohmic(conductance=Q(2, "nS")))
    (sure,) = bm.prove(channel)
    assert (sure.verdict, sure.note, sure.ratio) == (
        "proven",
        "J = L·A, so that J·A = L·A² ≥ 0",
        None,
    )
    assert sure.signs == (("L", "parameters are not negative by declaration"),)
    (unsure,) = bm.prove(
        changed(
            channel,
            lambda r: replace(
                r, conductance=r.conductance * sp.cos(sp.Symbol("c[@in.K]", positive=True))
            ),
        )
    )
    assert (unsure.verdict, unsure.signs) == ("undecided", (("L", "undecided"),))


def test_exempt_is_no_pass() -> None:
    pump = bm.Transporter(
        "pump", "3 Na@in + 2 K@out -> 3 Na@out + 2 K@in", ON,
        laws.Empirical(flux=lambda s: s.parameter("J", Q(0.1, "fmol/s"), d.FLUX),
            reason="constant"),
    )  # fmt: skip
    found = bm.prove(bm.Model("mixed", [pump, bm.library.leak(K, ON)]))
    assert found.verdict == "exempt"
    assert not found.holds
    assert "irreversible" in found["pump"].note


def test_the_affinity_is_that_of_the_model() -> None:
    """−Σ N ∂G/∂x by the model's equations against the proof's own, at a state."""
    model = shipped("enterocyte")
    run = bm.simulate(model, times=Q([0.0], "s"))
    at = run.data.isel(time=0)
    numbers: dict[str, float] = {n: p.value for n, p in model.parameters.items()} | {
        "R": 8.31446261815324,
        "F": 96485.33212331001,
        "c0": 1000.0,
        "n0": 1.0,
    }
    numbers |= {
        f"c[{p}]": float(at.concentration.sel(pool=p))
        for p in at.pool.values
        if str(at.pool_kind.sel(pool=p).values) == "solute"
    }
    numbers |= {f"c[{n}]": p.value for n, p in model.parameters.items()}
    numbers |= {f"V[{m}]": float(at.potential.sel(membrane=m)) / 1e3 for m in at.membrane.values}
    numbers["T"] = numbers["temperature"]
    proof = bm.prove(model)
    for process in model.processes:
        if ":" not in process.name:
            A = proof[process.name].affinity
            value = (
                float(A.subs({s: numbers[str(s)] for s in A.free_symbols}))
                * numbers["R"]
                * numbers["T"]
                / 1e3
            )
            assert value == pytest.approx(float(at.affinity.sel(process=process.name)), rel=1e-9)


# --- print


def test_proofs_can_be_read() -> None:
    proof = bm.prove(bm.library.SGLT1(ON))
    text = str(proof)
    assert max(map(len, text.splitlines())) <= 101
    assert "residual = 0" in text
    assert (
        "SGLT1:C1–C2–C3–C4–C5–C6–C1   2 Na@bath + glucose@bath ⇌ 2 Na@cell + glucose@cell" in text
    )
    assert list(proof.to_frame().verdict) == ["proven"] * len(proof.statements)
    assert "proven" in proof._repr_html_()
    assert proof._repr_latex_().startswith("$")
    with pytest.raises(errors.UnknownName, match="C1-C2"):
        proof["SGLT1:C1-C3"]
    with pytest.raises(errors.WrongType, match="prove"):
        bm.prove(ON)


def test_latex_is_a_fragment_or_an_article() -> None:
    proof = bm.prove(shipped("enterocyte"))
    fragment = proof.latex()
    assert r"\documentclass" not in fragment
    assert (
        fragment.count(r"\begin{align*}")
        == fragment.count(r"\end{align*}")
        == len(proof.statements)
    )
    assert r"[\mathrm{Na}]_{\mathrm{blood}}" in fragment
    assert fragment.isascii()
    assert proof.latex(document=True).startswith(r"\documentclass")


@pytest.mark.parametrize("name", ["SGLT1", "pump"])
def test_a_reader_can_follow_each_step(name: str) -> None:
    """With the standard energies that are written out, A/RT and ln(r⁺/r⁻) of each step are the same
    sum.
    """
    cycle = bm.library.SGLT1(ON) if name == "SGLT1" else pumps.pan(pumps.membrane())
    seen = 0
    for s in bm.prove(cycle):
        if s.kind == "process":
            difference, expression = s.given[0]
            plain = s.affinity + (difference - expression) / (symbols.R * symbols.T)
            assert not any(str(x).startswith("mu0[") for x in sp.expand(plain).free_symbols)
            assert sp.expand(sp.expand_log(plain - s.ratio, force=True)) == 0
            assert all(
                left.is_Symbol and left not in right.free_symbols for left, right in s.given[1:]
            )
            seen += 1
    assert seen == len(cycle.processes)


def test_an_appendix_uses_the_letters_of_the_field() -> None:
    """Constants by letter and index, the transporter's own without its name, minus signs for
    hyphens.
    """
    made = bm.prove(bm.library.NaKATPase(ON)).latex()
    assert r"k^{+}_{1}" in made
    assert r"K_{\mathrm{d},\mathrm{Na},\mathrm{i}}^{3}" in made
    assert r"\Delta V_{" in made
    assert "NaKATPase}}" not in made
    assert "Charge: $-$1 e to cell" in made
    ladder = bm.prove(bm.library.SGLT1(ON)).latex()
    assert r"\mu^{\circ}_{\mathrm{C2}} - \mu^{\circ}_{\mathrm{C1}} &= R T \ln" in ladder
