"""What an audit says: findings as text, table, HTML and plain values, to the letter; diagrams with
the steps at fault.
"""

import math
from typing import Any

import pytest
from builders import FUEL, RT, SALINE, membrane, mM

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane import dimension as d
from biomembrane.html import collapsible, table
from biomembrane.library import Cl, K, Na, glucose
from biomembrane.second_law.claim import claims
from biomembrane.second_law.finding import Audit, Finding, Witness, kilojoule

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
STATE = {"V": Q(-60.0, "mV"), "Na@in": Q(12.3456, "mM"), "gain": Q(2.0, "1")}
SEEN = Witness(STATE, Q(3.14159, "kJ/mol"), Q(-1.5, "fmol/s"))
STILL = Witness({}, Q(-0.5, "kJ/mol"))
FINDINGS = (
    Finding("leak", "process", "K@in ⇌ K@out", "proven", text="ln(r⁺/r⁻) − A/RT = 0"),
    Finding("channel", "process", "K@in ⇌ K@out", "consistent", text="J = L·A with L ≥ 0"),
    Finding("digits", "cycle", "∅ ⇌ ∅", "rounding", kJ=0.01234, cause="rounding", text="closes",
        terms={"constant": 0.01234}),
    Finding("mute", "process", "a ⇌ b", "not auditable"),
    Finding("way", "process", "a ⇌ b", "irreversible", kJ=29.0, cause="irreversible",
        text="no reverse rate", witness=STILL, uphill=0.25),
    Finding(
        "slip", "cycle", "a ⇌ b", "violates", kJ=-1234.5, cause="voltage sign", text="a < b",
        terms={"charge": 2.0, "Na@in": -1.0}, witness=SEEN,
        uphill=0.5, culprits=("A-B", "B-C"), corrections={"A-B": 1.0},
    ),
)  # fmt: skip
AUDIT = Audit("mixed", FINDINGS)
TOLD = "A = +3.14 kJ/mol while J < 0 at V -60 mV, Na@in 12.3 mM, gain 2"
TEXT = """\
audit of mixed: violates
           verdict           kJ/mol  cause
  leak     proven                 0
  channel  consistent             0
      J = L·A with L ≥ 0
  digits   rounding         +0.0123  rounding
      closes
  mute     not auditable
  way      irreversible              irreversible
      no reverse rate
      witness: A = -0.5 kJ/mol at any state
  slip     violates       -1.23e+03  voltage sign
      a < b
      witness: A = +3.14 kJ/mol while J < 0 at V -60 mV, Na@in 12.3 mM, gain 2"""


def test_a_witness_in_words() -> None:
    assert str(SEEN) == TOLD
    assert (
        str(Witness({"V": Q(5.0, "mV")}, Q(-2.0, "kJ/mol"), Q(1.0, "fmol/s")))
        == "A = -2 kJ/mol while J > 0 at V 5 mV"
    )
    assert str(STILL) == "A = -0.5 kJ/mol at any state"


def test_an_audit_in_words() -> None:
    assert str(AUDIT) == repr(AUDIT) == TEXT
    assert (
        str(Audit("nothing", ())) == "audit of nothing: not auditable\n    verdict  kJ/mol  cause"
    )


def test_an_audit_in_a_notebook() -> None:
    head = ("", "verdict", "kJ/mol", "cause", "", "witness")
    rows = [
        ("leak", "proven", "0", "", "ln(r⁺/r⁻) − A/RT = 0", ""),
        ("channel", "consistent", "0", "", "J = L·A with L ≥ 0", ""),
        ("digits", "rounding", "+0.0123", "rounding", "closes", ""),
        ("mute", "not auditable", "", "", "", ""),
        (
            "way",
            "irreversible",
            "",
            "irreversible",
            "no reverse rate",
            "A = -0.5 kJ/mol at any state",
        ),
        ("slip", "violates", "-1.23e+03", "voltage sign", "a < b", TOLD),
    ]
    assert AUDIT._repr_html_() == collapsible(
        "audit of mixed: violates", table(rows, head), open=True
    )


def test_an_audit_as_a_frame() -> None:
    frame = AUDIT.to_frame()
    assert list(frame.columns) == [
        "subject",
        "kind",
        "verdict",
        "error_kJ_per_mol",
        "cause",
        "text",
        "witness",
    ]
    assert frame.to_numpy().tolist() == [
        ["leak", "process", "proven", 0.0, "", "ln(r⁺/r⁻) − A/RT = 0", ""],
        ["channel", "process", "consistent", 0.0, "", "J = L·A with L ≥ 0", ""],
        ["digits", "cycle", "rounding", 0.01234, "rounding", "closes", ""],
        ["mute", "process", "not auditable", 0.0, "", "", ""],
        [
            "way",
            "process",
            "irreversible",
            29.0,
            "irreversible",
            "no reverse rate",
            "A = -0.5 kJ/mol at any state",
        ],
        ["slip", "cycle", "violates", -1234.5, "voltage sign", "a < b", TOLD],
    ]


def test_an_audit_as_plain_values() -> None:
    made = AUDIT.to_dict()
    assert {key: made[key] for key in made if key != "findings"} == {
        "name": "mixed",
        "verdict": "violates",
        "holds": False,
    }
    assert [f["process"] for f in made["findings"]] == [
        "leak",
        "channel",
        "digits",
        "mute",
        "way",
        "slip",
    ]
    assert made["findings"][2] == {
        "process": "digits", "kind": "cycle", "reaction": "∅ ⇌ ∅", "verdict": "rounding",
        "error": {"value": 0.01234, "unit": "kJ/mol"},
        "cause": "rounding", "text": "closes", "terms": {"constant": 0.01234}, "uphill_share": 0.0,
        "culprits": [], "witness": None,
        "temperature": None,
    }  # fmt: skip
    still = {"state": {}, "affinity": {"value": -0.5, "unit": "kJ/mol"}, "flux": None}
    assert made["findings"][4]["witness"] == still
    assert made["findings"][5] == {
        "process": "slip", "kind": "cycle", "reaction": "a ⇌ b", "verdict": "violates",
        "error": {"value": -1234.5, "unit": "kJ/mol"},
        "cause": "voltage sign", "text": "a < b", "terms": {"charge": 2.0, "Na@in": -1.0},
        "uphill_share": 0.5, "culprits": ["A-B", "B-C"],
        "witness": {
            "state": {"V": {"value": -60.0, "unit": "mV"},
                "Na@in": {"value": 12.3456, "unit": "mM"}, "gain": {"value": 2.0, "unit": "1"}},
            "affinity": {"value": 3.14159, "unit": "kJ/mol"},
            "flux": {"value": -1.5, "unit": "fmol/s"},
        },
        "temperature": None,
    }  # fmt: skip


def test_findings_by_order_and_by_name() -> None:
    assert tuple(AUDIT) == FINDINGS
    assert [AUDIT[f.subject] for f in FINDINGS] == list(FINDINGS)
    with pytest.raises(errors.UnknownName) as caught:
        AUDIT["lek"]
    error = caught.value
    assert (error.where, error.wanted, error.got, error.advice) == (
        "audit of mixed",
        "a process or a loop",
        "'lek'",
        "did you mean 'leak'?",
    )
    with pytest.raises(errors.UnknownName, match="known: leak, channel, digits, mute, way, slip"):
        AUDIT[5]


def test_a_limit_is_an_energy_not_below_zero() -> None:
    assert kilojoule(Q(2500, "J/mol"), "here") == pytest.approx(2.5, rel=1e-12)
    assert kilojoule(Q(0, "kJ/mol"), "here") == 0
    with pytest.raises(errors.OutOfDomain) as caught:
        AUDIT.check(Q(-2, "kJ/mol"))
    assert (caught.value.where, caught.value.got) == ("check(limit=…)", "-2 kJ/mol")
    with pytest.raises(errors.BareNumber) as bare:
        AUDIT.check(2)
    assert bare.value.where == "check(limit=…)"


def test_a_limit_passes_what_has_a_size_only() -> None:
    """What vanishes has no size and fails at any limit; a size at the limit fails."""
    mass = Finding(
        "sink",
        "process",
        "a ⇌ b",
        "violates",
        cause="mass",
        text="the reaction does not balance: a −1",
    )
    found = Audit("all", (*FINDINGS, mass))
    failing = {
        limit: [f.subject for f in found.failing(limit)]
        for limit in (None, 0.0, 0.01234, 1, 1234.5, 1e4)
    }
    assert failing[None] == ["mute", "way", "slip", "sink"]
    assert failing[0.0] == failing[0.01234] == ["digits", *failing[None]]
    assert failing[1] == failing[1234.5] == failing[None]
    assert failing[1e4] == ["mute", "way", "sink"]
    with pytest.raises(errors.SecondLawViolation) as caught:
        Audit("one", (mass,)).check(Q(1e4, "kJ/mol"))
    assert (caught.value.where, caught.value.got) == ("audit of one, sink", mass.text)


# --- whole audits


def constant(site: Any) -> Any:
    return site.parameter("J", Q(0.2, "fmol/s"), d.FLUX)


def test_the_names_of_audits() -> None:
    """By the model, the transporter, the one claim, or how many there are."""
    leak = bm.library.leak(K, ON)
    model = bm.Model("both", [leak, bm.library.leak(Na, ON)])
    (claim,) = claims(leak)
    for x, name, subjects in (
        (leak, "K_leak", ["K_leak"]), (model, "both", ["K_leak", "Na_leak"]),
        (claim, "K_leak", ["K_leak"]), ([claim], "K_leak", ["K_leak"]),
        ((claim, claim), "2 claims", ["K_leak", "K_leak"]),
        (iter([claim] * 3), "3 claims", ["K_leak"] * 3),
    ):  # fmt: skip
        found = bm.audit(x)
        assert (found.name, [f.subject for f in found]) == (name, subjects)


@pytest.mark.parametrize("x", [{}, "leak", 3, [], [3], None])
def test_what_cannot_be_audited(x: Any) -> None:
    with pytest.raises(errors.WrongType) as caught:
        bm.audit(x)
    error = caught.value
    assert (error.where, error.wanted, error.got) == (
        "audit(…)",
        "a Model, a Transporter, a Cycle or claims",
        errors.shown(x),
    )
    assert error.advice == "audit(model), audit(transporter), or audit([claim, …])"


PARTICIPANT = "'V' or a participant, such as 'Na@cell', 'cell.Na' or, at one membrane, 'Na@in'"


@pytest.mark.parametrize(
    ("name", "pair", "kind", "told"),
    [
        ("zzz", (1, 2), errors.UnknownName, (PARTICIPANT, "'zzz'", "known: V, K@cell, K@bath")),
        (5, (1, 2), errors.UnknownName, (PARTICIPANT, "5", "known: V, K@cell, K@bath")),
        (
            "V",
            Q(1, "mV"),
            errors.WrongType,
            ("a pair of quantities, low and high", "1 mV", "(Q(1, 'mM'), Q(150, 'mM'))"),
        ),
        (
            "V",
            {1, 2},
            errors.WrongType,
            ("a pair of quantities, low and high", "{1, 2}", "(Q(1, 'mM'), Q(150, 'mM'))"),
        ),
        (
            "V",
            (Q(1, "mV"),),
            errors.WrongType,
            ("a pair of quantities, low and high", "(1 mV)", "(Q(1, 'mM'), Q(150, 'mM'))"),
        ),
        (
            "V",
            (Q(1, "mV"), Q(1, "mV")),
            errors.OutOfDomain,
            ("low < high", "(1 mV, 1 mV)", "the smaller number first"),
        ),
        (
            "K@cell",
            (Q(0, "mM"), Q(1, "mM")),
            errors.OutOfDomain,
            ("low < high, both above zero", "(0 mM, 1 mM)", "the smaller number first"),
        ),
        (
            "K@cell",
            (Q(-1, "mM"), Q(1, "mM")),
            errors.OutOfDomain,
            ("low < high, both above zero", "(-1 mM, 1 mM)", "the smaller number first"),
        ),
    ],
)
def test_ranges_that_are_none(name: Any, pair: Any, kind: Any, told: tuple[str, str, str]) -> None:
    with pytest.raises(kind) as caught:
        bm.audit(bm.library.leak(K, ON), over={name: pair})
    error = caught.value
    assert (error.where, error.wanted, error.got, error.advice) == (
        f"audit(over={{{name!r}: …}})",
        *told,
    )


def test_a_list_is_a_range_too_and_small_numbers_are_numbers() -> None:
    for low in (Q(-1, "mV"), Q(0, "mV")):
        assert bm.audit(
            bm.library.leak(K, ON),
            over={
                "V": [low, Q(1, "uV") if low else Q(2, "mV")],
                "K@cell": [Q(1, "nM"), Q(2, "nM")],
            },
        ).holds


def test_ranges_reach_every_process_and_every_loop() -> None:
    """Voltages from 10 to 20 mV: witnesses lie there, of a law, of a model and of the loops of a
    cycle.
    """
    way = bm.Transporter(
        "one", "K@out -> K@in", ON, laws.Empirical(flux=constant, reason="constant")
    )
    over = {"V": (Q(10, "mV"), Q(20, "mV")), "K@bath": (Q(1, "mM"), Q(2, "mM"))}
    for x in (way, bm.Model("m", [way]), diagram(charge={"E2": 0, "E3": 0}, first=20.0)):
        bad = [
            f
            for f in bm.audit(x, over={"V": over["V"]} if isinstance(x, bm.Cycle) else over)
            if not f.holds
        ]
        assert bad
        for f in bad:
            assert 10 <= f.witness.values["V"].to("mV").magnitude <= 20
            assert 1 <= f.witness.values.get("K@bath", Q(1.5, "mM")).magnitude <= 2


# --- diagrams


def diagram(first: float = 10.0, slip: float = 1.0, charge: Any = None) -> bm.Cycle:
    """A Na⁺ carrier of four states with a slip across, closed unless told otherwise."""
    steps = [
        ("E1 + Na@out <-> E2", {"forward": Q(first, "1/mM/s"), "reverse": Q(50, "1/s")}),
        ("E2 <-> E3", {"forward": Q(100, "1/s"), "reverse": Q(50, "1/s")}),
        ("E3 <-> E4 + Na@in", {"forward": Q(50, "1/s"), "reverse": Q(10, "1/mM/s")}),
        ("E4 <-> E1", {"forward": Q(50, "1/s"), "reverse": Q(100, "1/s")}),
        ("E2 <-> E4 + Na@in", {"forward": Q(10 * slip, "1/s"), "reverse": Q(1, "1/mM/s")}),
    ]
    charge = {"E2": 1, "E3": 1} if charge is None else charge
    return bm.Cycle(
        "carrier",
        ON,
        density=Q(1, "fmol"),
        states="E1 E2 E3 E4",
        steps=steps,
        charge=charge,
        reason="to be judged",
    )


def words(found: Audit) -> list[str]:
    """The report but for its witnesses."""
    return [line for line in str(found).splitlines() if "witness" not in line]


def test_one_step_explains_every_loop() -> None:
    found, off = bm.audit(diagram(slip=3.0)), RT * math.log(3) / 1e3
    assert words(found) == [
        "audit of carrier at 310.15 K: violates",
        "                          verdict     kJ/mol  cause",
        f"  carrier:E1–E2–E4–E1     violates     {off:+.3g}  constant",
        (
            "      the loop does not close: Π k⁺/Π k⁻ is 3 times exp(A/RT); E2-E4"
            " alone would explain every loop"
        ),
        f"  carrier:E2–E3–E4–E2     violates     {-off:+.3g}  constant",
        (
            "      the loop does not close: Π k⁺/Π k⁻ is 0.3333 times exp(A/RT); E2-E4"
            " alone would explain every loop"
        ),
        "  carrier:E1–E2–E3–E4–E1  consistent       0",
        "      ln(r⁺/r⁻) − A/RT = 0",
        "  V is sensed by carrier:E1-E2 +1 e inward (θ = 0.5)",
    ]
    assert [f.culprits for f in found] == [("E2-E4",), ("E2-E4",), ()]
    assert found["carrier:E1–E2–E3–E4–E1"].corrections == {}
    for f in (
        found["carrier:E1–E2–E4–E1"],
        found["carrier:E2–E3–E4–E2"],
    ):  # Z x = −ε, smallest: of the slip half, of the others an eighth each
        assert f.corrections == pytest.approx(
            {
                "E1-E2": -off / 4,
                "E2-E3": off / 4,
                "E3-E4": off / 4,
                "E4-E1": -off / 4,
                "E2-E4": -off / 2,
            }
        )


def test_no_step_explains_every_loop() -> None:
    """Two steps are off, by 3 and by 1.1; by 1.01 it is rounding, which is not told of and not
    repaired.
    """
    asks = "times exp(A/RT); no single step explains every loop, E2-E4 most of it"
    found = bm.audit(diagram(slip=3.0, first=11.0))
    assert words(found)[2:-1] == [
        "  carrier:E1–E2–E4–E1     violates   +3.08  constant",
        f"      the loop does not close: Π k⁺/Π k⁻ is 3.3 {asks}",
        "  carrier:E2–E3–E4–E2     violates   -2.83  constant",
        f"      the loop does not close: Π k⁺/Π k⁻ is 0.3333 {asks}",
        "  carrier:E1–E2–E3–E4–E1  violates  +0.246  constant",
        f"      the loop does not close: Π k⁺/Π k⁻ is 1.1 {asks}",
    ]
    *_, last = bm.audit(diagram(slip=3.0, first=10.1))
    assert (last.verdict, last.text, last.culprits) == (
        "rounding",
        "closes to +25.7 J/mol: rounding of the digits given",
        (),
    )


def ring(forward: float) -> bm.Cycle:
    """Three states, in which nothing is carried."""
    one = {"forward": Q(10, "1/s"), "reverse": Q(10, "1/s")}
    steps = [("A <-> B", one), ("B <-> C", one), ("C <-> A", one | {"forward": Q(forward, "1/s")})]
    return bm.Cycle(
        "ring", ON, density=Q(1, "fmol"), states="A B C", steps=steps, reason="to be judged"
    )


def test_a_loop_in_which_nothing_moves() -> None:
    """It has no variable: what is off is a number, at any state; each of its steps would explain
    it.
    """
    assert (
        str(bm.audit(ring(10)))
        == "audit of ring at 310.15 K: consistent\n                verdict     kJ/mol  cause\n "
        " ring:A–B–C–A  consistent       0\n      ln(r⁺/r⁻) − A/RT = 0"
    )
    assert (
        str(bm.audit(ring(20)))
        == "audit of ring at 310.15 K: violates\n                verdict   kJ/mol  cause\n "
        " ring:A–B–C–A  violates   +1.79  constant\n      the loop does not close: Π k⁺/Π k⁻ is"
        " 2 times exp(A/RT); A-B or B-C or C-A alone would explain it\n     "
        " witness: A = +0 kJ/mol at any state"
    )
    repair = bm.make_consistent(ring(20))
    assert repair.after.verdict == "proven"
    assert [(b / a).magnitude for _, a, b in repair.constants] == pytest.approx(
        [2 ** (way / 6) for _ in range(3) for way in (-1, 1)], rel=1e-6
    )
