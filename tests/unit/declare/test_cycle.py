"""Cycles as papers give them: constants that close as printed, steps named for closing, valences
and barriers by step.
"""

import math
from fractions import Fraction
from typing import Any

import pytest
from builders import RT, SALINE, F, membrane, mM
from hypothesis import given
from hypothesis import strategies as st
from mistakes import caught
from strategies import fewer

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane.library import K, Na, glucose

ON = membrane(
    bm.Reservoir("cell", mM({Na: 12, K: 140, glucose: 2}), floating=True),
    bm.Reservoir("bath", mM(SALINE | {glucose: 5})),
)


def k(forward: float, reverse: float, up: str = "", down: str = "", **more: Any) -> dict[str, Any]:
    return {"forward": Q(forward, f"1/s{up}"), "reverse": Q(reverse, f"1/s{down}")} | more


def cycle(steps: Any, states: str, **more: Any) -> bm.Cycle:
    return bm.Cycle("T", ON, density=Q(1, "fmol"), states=states, steps=steps, **more)


def exchanger(last: float = 0.25, **more: Any) -> bm.Cycle:
    """A ring of four with a second way between E and G: both loops close if the last rate back is
    1/4 per second and the bypass agrees.
    """
    steps = [
        ("E + K@out <-> G", k(2, 4, "/mM")), ("G <-> H", k(6, 3)),
        ("H <-> I + K@in", k(5, 10, "", "/mM")), ("I <-> E", k(1, last)),
        ("G <-> E + K@in", k(4, 2, "", "/mM")),
    ]  # fmt: skip
    return cycle(steps, "E G H I", charge={"G": Fraction(1, 2), "H": "0.5"}, **more)


# --- closing


def test_constants_that_close_both_of_their_loops_are_taken_as_they_are() -> None:
    """2/4 · 6/3 · 5/10 · 1/¼ = 2 per mM over mM, which is off; with ½ it is 1, and the loop of two
    steps is 1 too.
    """
    made = exchanger(0.5)
    assert [f.verdict for f in bm.audit(made)] == ["proven"] * 3
    assert "T.G-E_2.reverse" not in made.parameters
    at = {
        s: made.parameters[str(s)].value
        for f in made.derived.values()
        for s in f.expression.free_symbols
        if str(s) in made.parameters
    }
    at |= {
        s: {"R": RT / 310.15, "T": 310.15, "c0": 1000.0}[str(s)]
        for f in made.derived.values()
        for s in f.expression.free_symbols - set(at)
    }
    follows = {
        str(s): float(f.expression.subs(at))
        for s, f in made.derived.items()
        if str(s).endswith("reverse")
    }
    assert follows == pytest.approx({"T.I-E.reverse": 0.5, "T.G-E_2.reverse": 2.0}, rel=1e-9)


@pytest.mark.parametrize(("last", "named"), [(0.25, ["I <-> E"]), (0.4, ["I <-> E"])])
def test_only_steps_whose_loops_are_off_are_named_and_closing_them_is_enough(
    last: float, named: list[str]
) -> None:
    error = caught(lambda: exchanger(last))
    assert type(error) is errors.CycleNotClosed
    assert error.where == "T, the loop closed by 'I <-> E'"
    assert (
        error.got == f"off by {RT / 1e3 * math.log(last / 0.5) * -1:+.4g} kJ/mol"
        or error.got.startswith("off by")
    )
    assert error.advice.startswith(f"close={named!r} lets")
    assert [f.verdict for f in bm.audit(exchanger(last, close=named))] == ["proven"] * 3


SPELLINGS = ["G <-> E + K@in", "G ⇌ K@in + E", "E + K@in <-> G", "G -> E + 1 K@in"]


@pytest.mark.parametrize("text", SPELLINGS)
def test_a_step_between_states_that_others_join_is_named_as_it_is_written(text: str) -> None:
    """In any order, with any arrow, from either end."""
    made = exchanger(close=[text, "I <-> E"])
    assert {str(s) for s in made.derived} >= {"T.G-E_2.reverse", "T.I-E.reverse"}


@fewer(0.3)
@given(
    st.lists(st.floats(0.1, 10), min_size=6, max_size=6),
    st.permutations(range(6)),
    st.integers(0, 63),
)
def test_the_advice_to_close_can_be_followed_however_the_steps_are_written(
    rates: list[float], order: list[int], turned: int
) -> None:
    """Three ways from A to B and three from B to C, in any order and direction: what the error says
    is accepted.
    """
    texts = [
        ("A", "B", "Na@in"),
        ("A", "B", "Na@out"),
        ("A", "B", ""),
        ("B", "C", ""),
        ("B", "C", "K@in"),
        ("C", "A", ""),
    ]
    steps = []
    for k_ in order:
        a, b, what = texts[k_]
        sides = (f"{a} + {what}", f"{b} + {what}") if what else (a, b)
        sides = sides[::-1] if turned >> k_ & 1 else sides
        unit = "/mM" if what else ""
        steps.append((" <-> ".join(sides), k(rates[k_], 1.0, unit, unit)))
    error = caught(lambda: cycle(steps, "A B C"))
    assert type(error) is errors.CycleNotClosed
    close = eval(error.advice.split("close=")[1].split(" lets")[0])
    assert all(f.verdict == "proven" for f in bm.audit(cycle(steps, "A B C", close=close)))


def test_a_name_that_means_two_steps_is_refused() -> None:
    steps = [
        ("A + Na@out <-> B + Na@in", k(1, 1, "/mM", "/mM")),
        ("A <-> B", k(1, 1)),
        ("A + K@out <-> B + K@in", k(1, 1, "/mM", "/mM")),
    ]
    assert (
        len(bm.audit(cycle(steps, "A B", close=["A + Na@out <-> B + Na@in", "A <-> B"])).findings)
        == 3
    )
    error = caught(lambda: cycle([steps[0], steps[2]], "A B", close=["A <-> B"]))
    assert (type(error), error.advice) == (
        errors.BadCycle,
        "one of 'A + Na@out <-> B + Na@in', 'A + K@out <-> B + K@in'",
    )


# --- charge by step


def valences(first: Any, second: Any, third: Any, fourth: Any = 0, **more: Any) -> bm.Cycle:
    """One Na⁺ inward, in four steps."""
    steps = [
        ("C1 + Na@out <-> C2", k(3, 50, "/mM", "", valence=first, theta=0.2)),
        ("C2 <-> C3", k(80, 50, valence=second)),
        ("C3 <-> C4 + Na@in", k(50, 3, "", "/mM", valence=third, theta=1)),
        ("C4 <-> C1", k(20, 20, valence=fourth)),
    ]  # fmt: skip
    return cycle(steps, "C1 C2 C3 C4", close=["C4 <-> C1"], **more)


def test_valences_by_step_are_the_charges_by_state() -> None:
    """0.3 on binding, 0.9 in crossing, −0.2 on the way back: Q = 0.3, 1.2 and 0.2 beside the Na⁺
    that has left.
    """
    made = valences("0.3", 0.9, 0, Fraction("-0.2").__float__())
    inside = {s.label: dict(s.charges).get("cell", 0) for s in made.states}
    assert inside == {"C1": 0, "C2": Fraction(3, 10), "C3": Fraction(6, 5), "C4": Fraction(1, 5)}
    steps = [
        (text, {n: x for n, x in given.items() if n not in ("valence", "theta")})
        for text, given in made.steps
    ]
    same = cycle(
        steps, "C1 C2 C3 C4", close=["C4 <-> C1"], charge={"C2": "0.3", "C3": 1.2, "C4": 0.2}
    )
    for one, other in zip(made.processes, same.processes, strict=True):
        assert one.reaction.charge_moved() == other.reaction.charge_moved()
        assert one.certificate.reduced_affinity == other.certificate.reduced_affinity
    assert made.sensing == {
        "T:C1-C2": "0.3 e inward (θ = 0.2)", "T:C2-C3": "0.9 e inward (θ = 0.5)", "T:C3-C4": "",
        "T:C4-C1": "0.2 e outward (θ = 0.5)",
    }  # fmt: skip


def test_the_barrier_of_a_step_splits_its_own_charge_only() -> None:
    """k⁺ e^{−θ·z·u} and k⁻ e^{(1−θ)·z·u}."""
    made = valences("0.3", "0.9", 0, "-0.2")
    V = bm.Model("m", [made]).membranes[0].name
    for process, (z, theta) in zip(
        made.processes, [(0.3, 0.2), (0.9, 0.5), (0, 1), (-0.2, 0.5)], strict=True
    ):
        for rate, share in ((process.rates.forward, -theta), (process.rates.reverse, 1 - theta)):
            at = {
                s: {"R": RT / 310.15, "T": 310.15, "F": F, f"V[{V}]": 0.07}.get(str(s), 1.0)
                for s in rate.free_symbols
            }
            still = at | {s: 0.0 for s in at if str(s) == f"V[{V}]"}
            assert math.log(float(rate.subs(at)) / float(rate.subs(still))) == pytest.approx(
                share * z * F * 0.07 / RT, abs=1e-12
            )


def test_valences_that_do_not_add_up_to_what_crosses_are_refused() -> None:
    error = caught(lambda: valences("0.3", "0.9", 0))
    assert (type(error), error.where) == (
        errors.ChargeImbalance,
        "T, the loop closed by 'C4 <-> C1'",
    )
    assert (error.wanted, error.got[:8]) == ("valences that add up to +1 e once around", "+1.2 e, ")
    error = caught(lambda: valences(1, 0, 0, charge={"C2": 1}))
    assert (type(error), error.wanted) == (errors.BadCycle, "charges by state or by step")


def test_valences_that_were_computed_add_up_but_for_rounding() -> None:
    """1 − 0.3 − 0.6 is no tenth in binary."""
    made = valences(0.3, 0.6, 1 - 0.3 - 0.6)
    assert float(made.processes[3].reaction.charge_moved().get("cell", 0)) == pytest.approx(
        0, abs=1e-15
    )
    assert all(f.verdict == "proven" for f in bm.audit(made))


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ({"valence": "lots"}, errors.NotANumber), ({"valence": math.nan}, errors.NotANumber),
        ({"valence": True}, errors.NotANumber),
        ({"valence": "1e99999"}, errors.NotANumber), ({"valence": "1" * 400}, errors.NotANumber),
        ({"theta": 1.5}, errors.OutOfDomain),
        ({"theta": "half"}, errors.OutOfDomain), ({"charge": 1}, errors.BadCycle),
    ],
)  # fmt: skip
def test_what_a_step_cannot_have_is_refused(what: dict[str, Any], kind: type[Exception]) -> None:
    steps = [
        ("A + Na@out <-> B", k(1, 1, "/mM", "", **what)),
        ("B <-> A + Na@in", k(1, 1, "", "/mM")),
    ]
    assert type(caught(lambda: cycle(steps, "A B", close=["B <-> A + Na@in"]))) is kind


def test_what_senses_the_voltage_is_told_everywhere() -> None:
    made = valences("0.3", "0.9", 0, "-0.2")
    assert (
        repr(made)
        == "<T on membrane: 4 states, 4 steps; V is sensed by C1-C2 0.3 e inward (θ = 0.2), C2-C3"
        " 0.9 e inward (θ = 0.5), C4-C1 0.2 e outward (θ = 0.5); proven>"
    )
    assert "<td>0.2 e outward (θ = 0.5)</td>" in made._repr_html_()
    assert repr(
        bm.Transporter("T", "Na@out -> Na@in", ON, bm.laws.GHK(permeability=Q(1, "cm/s")))
    ).endswith(" 1 e inward; proven>")
    text = str(bm.audit(made))
    assert "V is sensed by T:C1-C2 0.3 e inward (θ = 0.2), " in text
