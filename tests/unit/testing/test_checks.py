"""The kit for users: what is lawful passes, what is planted is caught, and the counter-example is
short and has units.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sympy as sp
from builders import FUEL, RT, SALINE, membrane, mM, shipped
from hypothesis import HealthCheck, given, settings
from strategies import fewer

import biomembrane as bm
from biomembrane import Q, errors, laws, testing
from biomembrane import dimension as d
from biomembrane.library import Cl, K, Na, glucose
from biomembrane.symbols import F, R, T

INSIDE = {Na: 12.0, K: 110.0, Cl: 10.0, glucose: 2.0}
ON = membrane(
    bm.Compartment(
        "cell",
        volume=Q(1, "pL"),
        contents=mM(INSIDE),
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
def test_the_library_passes(name: str) -> None:
    report = testing.check_transporter(LIBRARY[name](ON), examples=20)
    assert {"flux_follows_affinity", "detailed_balance", "books_close"} <= set(report.checked)
    assert ("onsager_symmetry" in report.checked) == (name in ("NaKATPase", "SGLT1", "KCC2"))
    assert "properties hold" in str(report)


@pytest.mark.parametrize("name", ["enterocyte", "resting_cell"])
def test_shipped_models_pass(name: str) -> None:
    report = testing.check_model(shipped(name), examples=10)
    assert {"keeps_invariants", "batch_equals_singles"} <= set(report.checked)
    assert "baths" in report.skipped["runs_downhill"]


NESTED = settings(suppress_health_check=[HealthCheck.nested_given], max_examples=10)


@NESTED
@given(testing.transporters())
def test_drawn_transporters_pass(made: bm.Transporter) -> None:
    testing.check_transporter(made, examples=5)


@NESTED
@given(testing.models(most=3))
def test_drawn_models_keep_what_is_cheap_to_check(model: bm.Model) -> None:
    for each in (testing.flux_follows_affinity, testing.detailed_balance):
        each(model, examples=5)


def test_a_closed_box_runs_downhill() -> None:
    one, two = (
        bm.Compartment(n, volume=Q(1, "pL"), contents={glucose: Q(c, "mM")})
        for n, c in (("one", 1.0), ("two", 9.0))
    )
    on = bm.Membrane("wall", inside=one, outside=two, area=Q(100, "um^2"))
    leak = bm.Transporter(
        "leak", "glucose@in -> glucose@out", on, laws.GHK(permeability=Q(1e-5, "cm/s"))
    )
    assert testing.runs_downhill(bm.Model("box", [leak])) > 0


# --- planted faults


def planted(reaction: str, flux: Any) -> bm.Model:
    return bm.Model(
        "planted",
        [bm.Transporter("x", reaction, ON, laws.Empirical(flux=flux, reason="to be caught"))],
    )


def P(s: Any, order: int = 1) -> Any:
    return s.parameter("P", Q(0.1, f"fmol/s/mM^{order}"), d.FLUX / d.CONCENTRATION**order)


FAULTS = {
    "cannot reverse": (
        "glucose@out -> glucose@in",
        lambda s: s.parameter("J", Q(1, "fmol/s"), d.FLUX),
    ),
    "exponent": (
        "2 Na@out + glucose@out -> 2 Na@in + glucose@in",
        lambda s: (
            P(s, 2)
            * (
                s["Na@out"] * s["glucose@out"] * sp.exp(-s.u)
                - s["Na@in"] * s["glucose@in"] * sp.exp(s.u)
            )
        ),
    ),
    "voltage sign": (
        "K@in -> K@out",
        lambda s: P(s) * (s["K@in"] * sp.exp(-s.u / 2) - s["K@out"] * sp.exp(s.u / 2)),
    ),
    "factor 1000": (
        "glucose@out -> glucose@in",
        lambda s: P(s) * (s["glucose@out"] - s["glucose@in"] / 1000),
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_caught_with_a_short_state_in_units(name: str) -> None:
    model = planted(*FAULTS[name])
    with pytest.raises(
        AssertionError,
        match=(
            r"x: the flux runs uphill; J = .* fmol/s, A = .* kJ/mol at the state as declared, but "
        ),
    ) as caught:
        testing.flux_follows_affinity(model, examples=60)
    moved = str(caught.value).splitlines()[0].split("but ")[1].split(", ")
    assert len(moved) <= 2  # of eight concentrations and a voltage
    assert all(re.fullmatch(r"[\w. ]+ = [-\d.e]+ (mM|mV)", one) for one in moved)
    with pytest.raises(
        AssertionError,
        match=(
            r"x: a flux without one-way rates that does not follow A; J = .* kJ/mol at the state as"
            r" declared, but "
        ),
    ):
        testing.detailed_balance(model, examples=30)


SOUND = {
    "difference": (
        "glucose@out -> glucose@in",
        lambda s: P(s) * (s["glucose@out"] - s["glucose@in"]),
    ),
    "Nernst": (
        "K@in -> K@out",
        lambda s: (
            s.parameter("g", Q(1, "nS"), d.CONDUCTANCE)
            / F
            * (s.V + R * T / F * sp.log(s["K@in"] / s["K@out"]))
        ),
    ),
    "squares": (
        "glucose@out -> glucose@in",
        lambda s: P(s, 2) * (s["glucose@out"] ** 2 - s["glucose@in"] ** 2),
    ),
    "symport": (
        "2 Na@out + glucose@out -> 2 Na@in + glucose@in",
        lambda s: (
            P(s, 3)
            * (
                s["Na@out"] ** 2 * s["glucose@out"] * sp.exp(-s.u)
                - s["Na@in"] ** 2 * s["glucose@in"] * sp.exp(s.u)
            )
        ),
    ),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_flux_without_one_way_rates_passes_all_that_can_be_judged(name: str) -> None:
    """Signs, stall, reversal and books; Onsager's relations where there are two forces."""
    (law,) = planted(*SOUND[name]).transporters
    report = testing.check_transporter(law, examples=20)
    assert {
        "flux_follows_affinity",
        "detailed_balance",
        "stalls_and_reverses",
        "books_close",
    } <= set(report.checked)
    assert ("onsager_symmetry" in report.checked) == (name == "symport")


def test_a_flux_that_stalls_elsewhere_is_caught_at_its_stall() -> None:
    """It reverses at twice the level where A = 0."""
    model = planted(
        "glucose@out -> glucose@in", lambda s: P(s) * (s["glucose@out"] - s["glucose@in"] / 2)
    )
    with pytest.raises(
        AssertionError,
        match=r"x: flux without affinity; J = .* at the state as declared, but bath.glucose = 2 mM",
    ):
        testing.stalls_and_reverses(model)


def test_a_broken_law_is_caught_by_each_property_that_it_breaks() -> None:
    """A certificate that lies: the reverse rate of a proved law is changed behind its back."""
    from dataclasses import replace

    leak = bm.library.leak(K, ON)
    (process,) = leak.processes
    object.__setattr__(
        leak,
        "processes",
        (replace(process, local=replace(process.local, reverse=process.local.reverse * 3)),),
    )
    with pytest.raises(
        AssertionError, match=r"RT ln\(r⁺/r⁻\) is not A; r⁺ = .* fmol/s, r⁻ = .* A = "
    ):
        testing.detailed_balance(bm.Model("alone", [leak]))
    with pytest.raises(AssertionError, match=r"x: flux without affinity; J = .* fmol/s"):
        testing.stalls_and_reverses(planted(*FAULTS["factor 1000"]))


# --- strategies


@given(testing.balanced_reactions())
def test_balanced_reactions_balance(made: tuple[tuple[bm.Species, ...], str]) -> None:
    assert declared(*made)


@given(testing.unbalanced_reactions())
def test_unbalanced_reactions_do_not(made: tuple[tuple[bm.Species, ...], str]) -> None:
    with pytest.raises((errors.UnbalancedReaction, errors.ChargeImbalance)):
        declared(*made)


def declared(known: tuple[bm.Species, ...], reaction: str) -> bm.Transporter:
    inside, outside = (bm.Reservoir(n, {s: Q(1, "mM") for s in known}) for n in ("cell", "bath"))
    return bm.Transporter(
        "T", reaction, membrane(inside, outside), laws.Onsager(coefficient=Q(1, "fmol^2/fJ/s"))
    )


@given(testing.laws(), testing.temperatures(), testing.cycles(), testing.species("A"))
@fewer(0.25)
def test_strategies_give_declared_objects(
    law: tuple[str, Any], T: Any, cycle: bm.Cycle, species: bm.Species
) -> None:
    assert "->" in law[0]
    assert hasattr(law[1], "rates")
    assert 273 <= T.to("kelvin").magnitude <= 320
    assert len(cycle.states) >= 3
    assert species.name == "A"


@fewer(0.5)
@given(state=testing.states(bm.Model("alone", [bm.library.SGLT1(ON)])))
def test_states_are_told_by_what_differs(state: testing.State) -> None:
    assert repr(state).startswith("as declared")
    assert repr(state).count(" = ") == len(state.moved)
    A = state.evaluator()("affinity", state.y())
    assert all(abs(a) < 60 * RT for a in A.values())


# --- use


def test_one_line_of_pytest(tmp_path: Path) -> None:
    """After it a strategy still has its name: the module of states, which a check loads, is not
    it.
    """
    file = tmp_path / "test_mine.py"
    file.write_text(
        "import biomembrane as bm\nfrom biomembrane import Q\nfrom biomembrane.library import K,"
        " leak\ncell, bath = bm.Reservoir('cell', {K: Q(140, 'mM')}, floating=True),"
        " bm.Reservoir('bath', {K: Q(5, 'mM')})\non = bm.Membrane('m', inside=cell, outside=bath,"
        " area=Q(100, 'um^2'), capacitance=Q(1, 'uF/cm^2'))\ndef test_leak():\n   "
        " bm.testing.check_transporter(leak(K, on), examples=10)\ndef test_names():\n    assert"
        " (bm.testing.states.__name__, callable(bm.testing.states)) == ('states', True)\n"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            str(file),
            "-p",
            "no:cacheprovider",
            "--assert=plain",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


def test_without_hypothesis_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(errors.NeedsExtra, match=r"biomembrane\[test\]"):
        testing.check_model  # noqa: B018


def test_wrong_use_is_told() -> None:
    with pytest.raises(errors.WrongType, match="check_model"):
        testing.check_transporter(shipped("resting_cell"))
    with pytest.raises(errors.WrongType, match="check_transporter"):
        testing.check_model(bm.library.leak(K, ON))
