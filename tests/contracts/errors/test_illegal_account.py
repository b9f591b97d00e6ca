"""What audits, proofs, repairs, coupling, books and runs say when they are asked for what they do
not have: every field, word for word.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import sympy as sp
import xarray as xr
from builders import FUEL, SALINE, membrane, mM
from mistakes import caught

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane import dimension as d
from biomembrane import errors as e
from biomembrane.library import SGLT1, Cl, K, Na, NaKATPase, glucose, leak
from biomembrane.second_law.finding import Audit, Finding, Witness

CELL = bm.Compartment(
    "cell",
    volume=Q(1, "pL"),
    contents=mM({Na: 10.0, K: 140.0, Cl: 10.0, glucose: 2.0}),
    held=mM(FUEL),
    impermeant=bm.balance(charge=-1),
)
ON = membrane(CELL, bm.Reservoir("bath", mM(SALINE | {glucose: 5.0})))
OTHER = bm.Membrane(
    "other",
    inside=CELL,
    outside=bm.Reservoir("lumen", mM({K: 5.0, Cl: 5.0})),
    area=Q(1, "um^2"),
    capacitance=Q(1, "uF/cm^2"),
)


def hosted(reaction: str, flux: Any) -> bm.Transporter:
    return bm.Transporter("hosted", reaction, ON, laws.Empirical(flux=flux, reason="as published"))


def P(site: Any, order: int = 0) -> Any:
    return site.parameter("P", Q(0.1, f"fmol/s/mM^{order}"), d.FLUX / d.CONCENTRATION**order)


def symporter() -> bm.Transporter:
    """It does not feel the voltage."""
    return hosted(
        "Na@out + glucose@out -> Na@in + glucose@in",
        lambda s: P(s, 2) * (s["Na@out"] * s["glucose@out"] - s["Na@in"] * s["glucose@in"]),
    )


def unsplit() -> bm.Transporter:
    return hosted("K@in -> K@out", lambda s: P(s) * (s.u**3 + sp.log(s["K@in"] / s["K@out"])))


@cache
def scan() -> bm.Run:
    potassium = xr.DataArray([4.0, 5.0], dims="K_o", attrs={"units": "mM"})
    return bm.simulate(
        bm.Model("cell", [leak(K, ON)]), until=Q(1, "s"), parameters={"bath.K": potassium}
    )


def ribbons() -> Any:
    return scan().ledger.flows()


def over(**ranges: Any) -> Callable[[], Any]:
    return lambda: bm.audit(
        leak(K, ON), over={name.replace("_", "@"): pair for name, pair in ranges.items()}
    )


KNOWN = "'V' or a participant, such as 'Na@cell', 'cell.Na' or, at one membrane, 'Na@in'"
KINDS = "a Model, a Transporter, a Cycle or claims"
AUDIT = "audit(model), audit(transporter), or audit([claim, …])"
PARTS = "coupling(lib.SGLT1(membrane)), or coupling([pump, leak], 'ATP', 'Na')"
ROWS: list[tuple[Callable[[], Any], type[e.BiomembraneError], str, str, str, str]] = [
    (
        lambda: bm.prove("x"), e.WrongType,
        "prove(…)", "a Model, a Transporter or a Cycle", "'x'",
        "prove(model) or prove(transporter); audit(…) assesses claims",
    ),
    (lambda: bm.prove(leak(K, ON))["K_leek"], e.UnknownName, "proof of K_leak",
        "a process or a loop", "'K_leek'", "did you mean 'K_leak'?"),
    (
        lambda: bm.make_consistent(symporter(), method="revers"), e.BadSettings,
        "make_consistent(method=…)", "reverse or projection", "'revers'", "did you mean 'reverse'?",
    ),
    (
        lambda: bm.make_consistent(ON), e.WrongType,
        "make_consistent(…)", "a Transporter or a Cycle", "Membrane('membrane': cell | bath)",
        "make_consistent(model.transporters[0]), one at a time",
    ),
    (
        lambda: bm.make_consistent(unsplit()), e.SecondLawUndecided,
        "make_consistent(hosted)",
        "a flux whose forward and reverse parts can be told apart, or a conductance times V − E",
        "@.P*(F**3*V[@]**3/(R**3*T**3) + log(c[@in.K]/c[@out.K]))",
        "write it as a difference of two non-negative terms, or as g·(V − E)·modulator",
    ),
    (lambda: bm.audit("x"), e.WrongType, "audit(…)", KINDS, "'x'", AUDIT),
    (lambda: bm.audit([]), e.WrongType, "audit(…)", KINDS, "[]", AUDIT),
    (lambda: bm.audit(5), e.WrongType, "audit(…)", KINDS, "5", AUDIT),
    (lambda: bm.audit({"a": 1}), e.WrongType, "audit(…)", KINDS, "{'a': 1}", AUDIT),
    (lambda: bm.audit(leak(K, ON))["K_leek"], e.UnknownName, "audit of K_leak",
        "a process or a loop", "'K_leek'", "did you mean 'K_leak'?"),
    (over(K_bat=(Q(1, "mM"), Q(2, "mM"))), e.UnknownName, "audit(over={'K@bat': …})", KNOWN,
        "'K@bat'", "did you mean 'K@bath'?"),
    (
        over(K_bath=Q(1, "mM")), e.WrongType,
        "audit(over={'K@bath': …})", "a pair of quantities, low and high", "1 mM",
        "(Q(1, 'mM'), Q(150, 'mM'))",
    ),
    (
        over(K_bath=(Q(1, "mM"), Q(2, "mM"), Q(3, "mM"))), e.WrongType,
        "audit(over={'K@bath': …})", "a pair of quantities, low and high", "(1 mM, 2 mM, 3 mM)",
        "(Q(1, 'mM'), Q(150, 'mM'))",
    ),
    (
        over(K_bath=(Q(2, "mM"), Q(1, "mM"))), e.OutOfDomain,
        "audit(over={'K@bath': …})", "low < high, both above zero", "(2 mM, 1 mM)",
        "the smaller number first",
    ),
    (
        over(K_bath=(Q(0, "mM"), Q(1, "mM"))), e.OutOfDomain,
        "audit(over={'K@bath': …})", "low < high, both above zero", "(0 mM, 1 mM)",
        "the smaller number first",
    ),
    (over(V=(Q(2, "mV"), Q(2, "mV"))), e.OutOfDomain, "audit(over={'V': …})", "low < high",
        "(2 mV, 2 mV)", "the smaller number first"),
    (over(V=(Q(2, "mM"), Q(3, "mV"))), e.UnitMismatch, "audit(over={'V': …})", "a unit like 'mV'",
        "2 mM (mol/m^3)",
        "another quantity, for example Q(1, 'mV'); the number does not carry over"),
    (
        lambda: bm.audit(leak(K, ON)).check(Q(-1, "kJ/mol")), e.OutOfDomain,
        "check(limit=…)", "zero or more", "-1 kJ/mol", "check the sign",
    ),
    (lambda: bm.coupling("x"), e.WrongType, "coupling(…)",
        "a Transporter, a Cycle, or a list of them", "'x'", PARTS),
    (lambda: bm.coupling([]), e.WrongType, "coupling(…)",
        "a Transporter, a Cycle, or a list of them", "[]", PARTS),
    (
        lambda: bm.coupling(leak(K, ON)), e.BadSettings,
        "coupling(…)", "two or more forces", "K in K_leak",
        "add a transporter that shares a species with it: coupling([transporter, leak])",
    ),
    (lambda: bm.coupling(NaKATPase(ON)), e.BadSettings, "coupling(…)",
        "which of 3 forces drives, and which is driven: Na, K, ATP", "neither driving= nor driven=",
        "driving='Na', driven='K', or two others of them"),
    (lambda: bm.coupling(NaKATPase(ON), "ATP", "Nah"), e.UnknownName, "coupling(driven=…)",
        "Na, K, ATP", "'Nah'", "did you mean 'Na'?"),
    (lambda: bm.coupling(NaKATPase(ON), "Na", "Na"), e.BadSettings, "coupling(…)",
        "two different forces", "'Na' twice", "Na, K, ATP"),
    (lambda: bm.coupling(SGLT1(ON), "Na"), e.UnknownName, "coupling(driven=…)", "glucose, Na", "''",
        "driven='glucose'"),
    (
        lambda: bm.coupling(SGLT1(ON), at={"cell.Ma": Q(1, "mM")}), e.UnknownName,
        "coupling(at=…)",
        "'V', or a solute that takes part, such as 'bath.Na', 'Na@bath' or 'Na@out'", "'cell.Ma'",
        "did you mean 'cell.Na'?",
    ),
    (
        lambda: bm.coupling(SGLT1(ON), at={"cell.Na": Q(0, "mM")}), e.OutOfDomain,
        "coupling(at={'cell.Na': …})", "a number above zero", "0 mM",
        "a small concentration, such as Q(1e-6, 'mM')",
    ),
    (
        lambda: bm.coupling(SGLT1(ON), at={"cell.Na": Q(1, "mV")}), e.UnitMismatch,
        "coupling(at={'cell.Na': …})", "a unit like 'mM'", "1 mV (V)",
        "another quantity, for example Q(1, 'mM'); the number does not carry over",
    ),
    (
        lambda: bm.coupling(SGLT1(ON), at={"V": Q(1, "mM")}), e.UnitMismatch,
        "coupling(at={'V': …})", "a unit like 'mV'", "1 mM (mol/m^3)",
        "another quantity, for example Q(1, 'mV'); the number does not carry over",
    ),
    (
        lambda: bm.coupling(SGLT1(ON), temperature=Q(1, "mM")), e.UnitMismatch,
        "coupling(temperature=…)", "a unit like 'degC'", "1 mM (mol/m^3)",
        "another quantity, for example Q(1, 'degC'); the number does not carry over",
    ),
    (
        lambda: bm.coupling([leak(K, ON), leak(K, OTHER)]), e.BadPlace,
        "coupling(…)", "transporters on one membrane", "membrane, other",
        "transporters of one membrane, such as coupling([pump, leak])",
    ),
    (
        lambda: scan().ledger.by("proces"), e.UnknownName,
        "ledger.by(…)", "process | transporter | store | ion | role", "'proces'",
        "did you mean 'process'?",
    ),
    (lambda: scan().ledger.efficiency("Kleak"), e.UnknownName, "ledger.efficiency(…)",
        "a transporter", "'Kleak'", "did you mean 'K_leak'?"),
    (ribbons, e.BadSettings, "ledger.flows()", "one lane", "a scan over K_o",
        "run.isel(…).ledger.flows()"),
    (lambda: scan().solution, e.BadSettings, "run.solution", "one lane", "2 lanes",
        "run.isel(K_o=0)"),
    (lambda: scan().isel(), e.UnknownName, "run.isel(…)", "a position along each of: K_o", "none",
        "run.isel(K_o=0)"),
    (lambda: scan().isel(a=1, b=2), e.UnknownName, "run.isel(…)", "a position along each of: K_o",
        "a, b", "run.isel(K_o=0)"),
    (lambda: scan().isel(K_o=2), e.OutOfDomain, "run.isel(…)", "positions inside the scan",
        "K_o=2 of 2", "count from 0"),
    (lambda: scan().isel(K_o=-3), e.OutOfDomain, "run.isel(…)", "positions inside the scan",
        "K_o=-3 of 2", "count from 0"),
    (lambda: scan().sel(K_i=1), e.UnknownName, "run.sel(…)", "a scan dimension with coordinates",
        "'K_i'", "did you mean 'K_o'?"),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[2]} {row[4]}")
def test_errors_word_for_word(row: Any) -> None:
    make, kind, *fields = row
    error = caught(make)
    assert type(error) is kind
    assert [error.where, error.wanted, error.got, error.advice] == fields


def found(subject: str, verdict: str, kJ: float, witness: Witness | None = None) -> Finding:
    return Finding(
        subject,
        "process",
        "K@in ⇌ K@out",
        verdict,
        kJ=kJ,
        text=f"{verdict} by {kJ} kJ/mol",
        witness=witness,
    )


SEEN = Witness({"V": Q(12.0, "mV")}, Q(3.0, "kJ/mol"), Q(-1.0, "fmol/s"))
FINDINGS = (
    found("sound", "proven", 0.0), found("digits", "rounding", 0.04),
    found("unknown", "undecided", 0.0), found("one way", "irreversible", 30.0),
    found("small", "violates", 2.0), found("large", "violates", -5.0, SEEN),
    found("mean", "violates", 4.0),
)  # fmt: skip


def test_the_worst_finding_is_raised() -> None:
    """A violation before a missing way back before what is undecided, and of two the larger; with
    the witness where there is one.
    """
    error = caught(Audit("all", FINDINGS).check)
    assert type(error) is e.SecondLawViolation
    fields = ["audit of all, large", "RT ln(r⁺/r⁻) = A at every state", "violates by -5.0 kJ/mol"]
    assert [error.where, error.wanted, error.got] == fields
    assert error.advice == "A = +3 kJ/mol while J < 0 at V 12 mV; make_consistent(…) repairs it"
    for count, subject, kind in (
        (4, "one way", e.SecondLawViolation),
        (3, "unknown", e.SecondLawUndecided),
    ):
        error = caught(Audit("some", FINDINGS[:count]).check)
        assert (type(error), error.where) == (kind, f"audit of some, {subject}")
        assert error.advice == "print(audit(…)) shows all findings"
    passing = Audit("few", FINDINGS[:2])
    assert passing.check() is passing


def test_what_fails_above_a_limit() -> None:
    """Violations and rounding are measured against the limit, at the limit they fail; what is not
    known or one-way fails at any.
    """
    found = Audit("all", FINDINGS)
    failing = {
        limit: [f.subject for f in found.failing(limit)] for limit in (None, 0.01, 2.0, 4.5, 100.0)
    }
    assert failing[None] == ["unknown", "one way", "small", "large", "mean"]
    assert failing[0.01] == ["digits", *failing[None]]
    assert failing[2.0] == failing[None]
    assert failing[4.5] == ["unknown", "one way", "large"]
    assert failing[100.0] == ["unknown", "one way"]
    error = caught(lambda: found.check(Q(4500, "J/mol")))
    assert error.where == "audit of all, large"


def test_verdicts_of_an_audit() -> None:
    """The worst of all; nothing to audit is no pass."""
    assert [Audit("some", FINDINGS[:count]).verdict for count in range(6)] == [
        "not auditable", "proven", "rounding", "undecided", "irreversible", "violates"
    ]  # fmt: skip
    assert [Audit("some", FINDINGS[:count]).holds for count in range(4)] == [
        False,
        True,
        True,
        False,
    ]
    assert [f.holds for f in FINDINGS] == [True, True, False, False, False, False, False]
    assert found("x", "violates", 2.5).error == Q(2.5, "kJ/mol")
