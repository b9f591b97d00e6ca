"""Findings as text, table, HTML and plain values, to the letter."""

import pytest

from biomembrane import Q, errors
from biomembrane.html import collapsible, table
from biomembrane.second_law.finding import Audit, Finding, Witness, kilojoule

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
