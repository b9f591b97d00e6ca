"""What proofs say of small things, to the letter: reactions in one place, water, rings with a
closing step, and rates that are spoilt.
"""

from dataclasses import replace
from typing import Any

import pytest
import sympy as sp
from builders import FUEL, SALINE, F, membrane, mM, sodium_pump

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane import dimension as d
from biomembrane.library import Cl, K, Na, glucose
from biomembrane.second_law.proof import affinity

INSIDE = {Na: 10.0, K: 140.0, Cl: 10.0, glucose: 2.0}
CELL = bm.Compartment(
    "cell", volume=Q(1, "pL"), contents=mM(INSIDE), held=mM(FUEL), impermeant=bm.balance(charge=-1)
)
ON = membrane(CELL, bm.Reservoir("bath", mM(SALINE | {glucose: 5.0})))
HYDROLYSIS = "ATP@in -> ADP@in + Pi@in"
POSITIVE, GIVEN = (
    "concentrations and amounts are positive",
    "parameters are not negative by declaration",
)
EXP, GOLDMAN, SUMS = (
    "exponentials are positive",
    "B(x) = x/(eˣ − 1) is positive",
    "sums of such terms are not negative",
)
INNER, VOLT = sp.Symbol("c[@in.K]", positive=True), sp.Symbol("V[@]", real=True)
WHY = f"{POSITIVE}; {GIVEN}; {GOLDMAN}"
LEFT = "left over: -F*V[membrane]/(R*T) + log(c[bath.K]) - log(c[cell.K])"
LEFT += "; K@bath is missing from r⁺/r⁻ (order -1 is expected); K@cell is missing from r⁺/r⁻ (order 1 is expected)"
LEFT += "; the voltage enters with 0 e per turnover where -1 cross"
MOVED = "species are only moved, none is produced or consumed"


def leak(change: Any = None) -> bm.Transporter:
    """A leak of K⁺, perhaps with rates that its certificate never saw."""
    made = bm.library.leak(K, ON)
    if change is not None:
        (process,) = made.processes
        object.__setattr__(made, "processes", (replace(process, local=change(process.local)),))
    return made


def ring(last: Any, **more: Any) -> bm.Cycle:
    """Glucose by three states of which one is half in the field; the last step is written against
    the loop.
    """
    steps = [
        ("A + glucose@out <-> B", {"forward": Q(10, "1/mM/s"), "reverse": Q(50, "1/s")}),
        ("B <-> C + glucose@in", {"forward": Q(50, "1/s"), "reverse": Q(10, "1/mM/s")}),
        ("A <-> C", {"forward": Q(50, "1/s")} | last),
    ]
    return bm.Cycle(
        "ring", ON, density=Q(1, "fmol"), states="A B C", steps=steps, charge={"B": 0.5}, **more
    )


BURN = """\
proof of burn: proven (1 of 1 proven)

burn   ATP@cell ⇌ ADP@cell + Pi@cell
  verdict    proven
  A/RT     = ATP.standard_energy/(R·T) + ln(c0) + ln([ATP]cell) − ln([ADP]cell) − ln([Pi]cell)
  ln(r⁺/r⁻)= ATP.standard_energy/(R·T) + ln(c0) + ln([ATP]cell) − ln([ADP]cell) − ln([Pi]cell)
  residual = 0
  r⁺ ≥ 0     concentrations and amounts are positive; parameters are not negative by declaration
  r⁻ ≥ 0     concentrations and amounts are positive; parameters are not negative by declaration;
             exponentials are positive
  charge     no charge moves; the q row of N is 0
  mass       adenosine: -1 +1 = 0, phosphate: -3 +2 +1 = 0"""

WATER = """\
proof of water: proven (1 of 1 proven)

water   water@bath ⇌ water@cell
  verdict    proven
  A/RT     = H2O.molar_volume·P(bath)/(R·T) − H2O.molar_volume·P(cell)/(R·T)
  L ≥ 0      parameters are not negative by declaration
  charge     no charge moves; the q row of N is 0
  mass       species are only moved, none is produced or consumed
  note       J = L·A, so that J·A = L·A² ≥ 0"""

RING = """\
ring:A-C   A ⇌ C
  verdict    proven
  A/RT     = μ°(ring.A)/(R·T) + ln(n(ring.A)) − ln(n(ring.C)) − μ°(ring.C)/(R·T)
  where μ°(ring.C) − μ°(ring.A) = R·T·ln(ring.A-B.reverse) + R·T·ln(ring.B-C.reverse)
                                   − R·T·ln(ring.A-B.forward) − R·T·ln(ring.B-C.forward)
  and ring.A-C.reverse = ring.A-B.reverse·ring.A-C.forward·ring.B-C.reverse/(ring.A-B.forward·ring.B-C.forward)
  ln(r⁺/r⁻)= ln(n(ring.A)) + ln(ring.A-B.forward) + ln(ring.B-C.forward) − ln(n(ring.C))
              − ln(ring.A-B.reverse) − ln(ring.B-C.reverse)
  residual = 0
  r⁺, r⁻ ≥ 0 concentrations and amounts are positive; parameters are not negative by declaration
  charge     no charge moves; the q row of N is 0
  mass       what carrier states bind is balanced around the loops

ring:A–B–C–A   glucose@bath ⇌ glucose@cell
  verdict    proven
  A/RT     = ln([glucose]bath) − ln([glucose]cell)
  where ring.A-C.reverse = ring.A-B.reverse·ring.A-C.forward·ring.B-C.reverse/(ring.A-B.forward·ring.B-C.forward)
  ln(r⁺/r⁻)= ln([glucose]bath) − ln([glucose]cell)
  residual = 0
  charge     no charge crosses per cycle
  mass       species are only moved, none is produced or consumed"""

HOSTED = """\
ring:A–B–C–A   glucose@bath ⇌ glucose@cell
  verdict    exempt
  A/RT     = ln([glucose]bath) − ln([glucose]cell)
  charge     no charge crosses per cycle
  mass       species are only moved, none is produced or consumed
  note       hosted: as published; the audit says violates: the loop does not close: Π k⁺/Π k⁻ is 2
             times exp(A/RT)
  witness    A = -1.78 kJ/mol while J > 0 at glucose@bath 1.49 mM, glucose@cell 2.97 mM"""


def test_reactions_in_one_place_and_flows_of_water() -> None:
    burn = bm.Transporter("burn", HYDROLYSIS, CELL, laws.Elementary(rate=Q(1, "fmol/s")))
    assert str(bm.prove(burn)) == BURN
    assert str(bm.prove(bm.library.water(ON))) == WATER


def test_a_ring_with_a_closing_step() -> None:
    """The reverse constant that follows is written out; standard energies telescope."""
    proof = bm.prove(ring({}, close=["A <-> C"]))
    text = str(proof)
    assert text.startswith(
        "proof of ring: proven (4 of 4 proven)\n\nring:A-B   glucose@bath + A ⇌ B\n  verdict   "
        " proven\n"
    )
    assert text.endswith(RING)
    charges = [s.charge for s in proof]
    told = "{} e to cell, {} e to bath; Σ = 0, the q row of N is ±F times this"
    assert charges[:2] == [told.format("+0.5", "-0.5"), told.format("-0.5", "+0.5")]
    assert [s.kind for s in proof] == ["process", "process", "process", "loop"]
    loop = proof["ring:A–B–C–A"]
    n0, c = (
        bm.symbols.n0,
        {w: sp.Symbol(f"c[{w}.glucose]", positive=True) for w in ("bath", "cell")},
    )
    k = {
        n: sp.Symbol(f"ring.{n}", positive=True)
        for n in (
            "A-B.forward",
            "B-C.forward",
            "A-C.reverse",
            "A-B.reverse",
            "B-C.reverse",
            "A-C.forward",
        )
    }
    ahead, back = (sp.prod(list(k.values())[i : i + 3]) * n0**3 for i in (0, 3))
    same = {s: sp.Symbol(str(s), positive=True) for s in (loop.forward * loop.reverse).free_symbols}
    assert loop.forward.xreplace(same) == (ahead * c["bath"]).xreplace({n0: same[n0]})
    assert loop.reverse.xreplace(same) == (back * c["cell"]).xreplace({n0: same[n0]})
    assert [way for way, _ in loop.signs] == ["r⁺", "r⁻"]
    assert loop.note == ""
    assert loop.witness is None


def test_a_ring_that_is_hosted_as_published() -> None:
    proof = bm.prove(ring({"reverse": Q(100, "1/s")}, reason="as published"))
    assert str(proof).endswith(HOSTED)
    assert [s.verdict for s in proof] == ["proven", "proven", "exempt", "exempt"]
    assert proof["ring:A-C"].note.startswith(
        "empirical: as published; the audit says violates: the constants imply a standard energy"
    )
    assert proof["ring:A-C"].witness is not None
    assert proof["ring:A–B–C–A"].forward is None


ROWS: dict[str, tuple[Any, str, str, Any, tuple[str, str]]] = {
    "as it is": (lambda r: r, "proven", "", 0, (WHY, WHY)),
    "twice": (
        lambda r: replace(r, reverse=2 * r.reverse),
        "violates",
        (
            "left over: -log(2); the constants imply a standard energy that is off by -1.787"
            " kJ/mol: the Haldane relation is violated"
        ),
        -sp.log(2),
        (WHY, WHY),
    ),
    "a digit": (
        lambda r: replace(r, reverse=sp.Float(1.003) * r.reverse),
        "violates",
        "left over: -0.00299550897979837; closes to -7.72 J/mol: rounding of the digits given",
        None,
        (WHY, WHY),
    ),
    "less than a digit": (
        lambda r: replace(r, reverse=(1 + sp.Rational(1, 10**12)) * r.reverse),
        "undecided",
        "left over: -log(1000000000001/1000000000000)",
        None,
        (WHY, WHY),
    ),
    "a number": (
        lambda r: replace(r, forward=sp.Integer(3), reverse=sp.Integer(3)),
        "violates",
        LEFT,
        None,
        ("a number", "a number"),
    ),
    "a voltage too much": (
        lambda r: replace(r, reverse=r.reverse * sp.exp(VOLT)),
        "violates",
        (
            "left over: -V[membrane]; r⁺/r⁻ senses -0.9733 e per turnover, while -1 cross to the"
            " inside; F/RT taken at 318.7 K would explain this"
        ),
        None,
        (f"{POSITIVE}; {GIVEN}; {GOLDMAN}", f"{POSITIVE}; {GIVEN}; {EXP}; {GOLDMAN}"),
    ),
    "an unknown sign": (
        lambda r: replace(r, forward=r.forward * sp.cos(INNER), reverse=r.reverse * sp.cos(INNER)),
        "undecided",
        "the sign of a rate could not be decided",
        0,
        ("undecided", "undecided"),
    ),
    "an identity": (
        lambda r: replace(
            r, forward=r.forward * sp.exp(sp.sin(INNER) ** 2 + sp.cos(INNER) ** 2 - 1)
        ),
        "proven",
        "",
        0,
        (f"{POSITIVE}; {GIVEN}; {EXP}; {GOLDMAN}; {SUMS}", WHY),
    ),
    "a sum": (
        lambda r: replace(
            r, forward=r.forward * (1 + sp.exp(VOLT)), reverse=r.reverse * (1 + sp.exp(VOLT))
        ),
        "proven",
        "",
        0,
        (f"{POSITIVE}; {GIVEN}; {EXP}; {GOLDMAN}; {SUMS}",) * 2,
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_what_is_said_of_rates(name: str) -> None:
    change, verdict, note, left, signs = ROWS[name]
    (s,) = bm.prove(leak(change))
    assert s.verdict == verdict
    assert s.note == note
    assert left is None or s.residual == left
    assert s.signs == (("r⁺", signs[0]), ("r⁻", signs[1]))
    assert (s.kind, s.mass, s.given) == ("process", MOVED, ())
    assert (s.witness is not None) == (verdict == "violates" and name != "a digit")
    assert sp.simplify(s.affinity - sp.sympify(affinity(leak().processes[0]))) == 0


def test_the_affinity_derived_anew_is_that_of_the_certificate() -> None:
    """Symbol for symbol, of solutes, water, carrier states and reactions in one place."""
    burn = bm.Transporter("burn", HYDROLYSIS, CELL, laws.Elementary(rate=Q(1, "fmol/s")))
    for part in (
        leak(),
        burn,
        bm.library.water(ON),
        bm.library.NaKATPase(ON),
        ring({}, close=["A <-> C"]),
    ):
        for process in part.processes:
            assert (
                sp.expand(affinity(process) - sp.expand_log(process.certificate.reduced_affinity))
                == 0
            )


def test_a_rate_that_is_missing_violates() -> None:
    (s,) = bm.prove(leak(lambda r: replace(r, reverse=sp.S.Zero)))
    assert (s.verdict, s.signs[1]) == ("violates", ("r⁻", "a number"))
    assert "; no reverse rate: it runs uphill in " in s.note
    assert s.witness is not None


def test_a_share_of_what_is_conserved() -> None:
    """3 A ⇌ 2 B keeps 2/3 A + B."""
    A, B = bm.Species("A", moieties={"x": 2}), bm.Species("B", moieties={"x": 3})
    place = bm.Compartment("cell", volume=Q(1, "pL"), contents=mM({A: 1, B: 1, K: 5, Cl: 5}))
    bath = bm.Reservoir("bath", mM({K: 5, Cl: 5}))
    parts = [
        bm.Transporter("burn", "3 A@in -> 2 B@in", place, laws.Elementary(rate=Q(1, "fmol/s"))),
        bm.library.leak(K, membrane(place, bath)),
    ]
    proof = bm.prove(bm.Model("m", parts))
    assert proof.invariants == ("0.666667 cell.A + cell.B", "cell.Cl", "− cell.K + cell.charge")
    assert proof["burn"].mass == "x: -6 +6 = 0"


def test_a_spoilt_step_is_left_over_in_its_loop() -> None:
    """ln 2 in one step written forward, and with the other sign in one that the loop takes
    backward.
    """
    for step, left in (("ring:A-B", sp.log(2)), ("ring:A-C", -sp.log(2))):
        made = ring({}, close=["A <-> C"])
        put = tuple(
            replace(p, local=replace(p.local, forward=2 * p.local.forward)) if p.name == step else p
            for p in made.processes
        )
        object.__setattr__(made, "processes", put)
        proof = bm.prove(made)
        assert {s.name: s.verdict for s in proof if s.verdict != "proven"} == {
            step: "violates",
            "ring:A–B–C–A": "violates",
        }
        assert (proof[step].residual, proof["ring:A–B–C–A"].residual) == (sp.log(2), left)
        assert proof["ring:A–B–C–A"].note.startswith(f"left over: {left}; ")
        assert proof["ring:A–B–C–A"].witness is not None
        assert proof.verdict == "violates"


def test_what_is_exempt_is_audited_at_the_temperature_of_its_model() -> None:
    flux = lambda s: s.parameter("J", Q(0.2, "fmol/s"), d.FLUX)  # noqa: E731
    lift = bm.Transporter(
        "lift", "glucose@out -> glucose@in", ON, laws.Empirical(flux=flux, reason="constant")
    )
    notes = []
    for kelvin in (283.0, 310.15):
        model = bm.Model("m", [lift], temperature=Q(kelvin, "kelvin"))
        notes.append(bm.prove(model)["lift"].note)
        assert (
            notes[-1]
            == f"empirical: constant; the audit says irreversible: {bm.audit(model)['lift'].text}"
        )
    assert notes[0] != notes[1]
    assert bm.prove(lift)["lift"].note == notes[1]


def test_elements_and_what_no_process_changes() -> None:
    """2 A ⇌ B by their formulas; A + 2 B stays but for what the charge on the membrane says has
    crossed.
    """
    A, B = bm.Species("A", 1, formula="C2H6O"), bm.Species("B", 2, formula="C4H12O2")
    place = bm.Compartment(
        "cell", volume=Q(1, "pL"), contents=mM({A: 1, B: 1}), impermeant=bm.balance(charge=-1)
    )
    dimer = bm.Transporter("dimer", "2 A@in -> B@in", place, laws.Elementary(rate=Q(1, "fmol/s")))
    out = bm.Transporter(
        "out",
        "A@in -> A@out",
        membrane(place, bm.Reservoir("bath", mM({A: 4, Cl: 4}))),
        laws.GHK(permeability=Q(1e-7, "cm/s")),
    )
    proof = bm.prove(bm.Model("m", [dimer, out]))
    assert proof["dimer"].mass == "C: -4 +4 = 0, H: -12 +12 = 0, O: -2 +2 = 0"
    assert proof["dimer"].charge == "no charge moves; the q row of N is 0"
    assert proof.invariants == ("− cell.A − 2 cell.B + cell.charge",)
    assert proof.conventions == ()
    assert (proof.name, proof.verdict, proof.holds) == ("m", "proven", True)
    assert bm.prove(dimer).invariants == ()


def test_where_one_species_has_no_formula_moieties_are_counted() -> None:
    A = bm.Species("A", formula="C2", moieties={"x": 2})
    B = bm.Species("B", moieties={"x": 1})
    place = bm.Compartment("cell", volume=Q(1, "pL"), contents=mM({A: 1, B: 1}))
    (s,) = bm.prove(
        bm.Transporter("split", "A@in -> 2 B@in", place, laws.Elementary(rate=Q(1, "fmol/s")))
    )
    assert s.mass == "x: -2 +2 = 0"


def test_a_pump_step_by_step_says_what_its_loop_makes() -> None:
    """Three states that burn ATP while a Na⁺ leaves: once around one charge crosses and the
    phosphates balance.
    """
    made = sodium_pump(ON)
    proof = bm.prove(made)
    loop = proof.statements[-1]
    assert (loop.kind, loop.verdict, loop.residual) == ("loop", "proven", 0)
    assert loop.charge == "-1 e to cell per cycle"
    assert loop.mass == "adenosine: -1 +1 = 0, phosphate: -3 +2 +1 = 0"
    assert loop.reaction == "ATP@cell + Na@cell ⇌ Na@bath + ADP@cell + Pi@cell"
    numbers = {"F": F, "R": 8.31446261815324, "T": 310.15, "V[membrane]": -0.06}
    levels = {
        "c[cell.ATP]": 4,
        "c[cell.ADP]": 0.4,
        "c[cell.Pi]": 4,
        "c[cell.Na]": 10,
        "c[bath.Na]": 145,
        "c0": 1000.0,
    }
    numbers |= levels | {"ATP.standard_energy": made.parameters["ATP.standard_energy"].value}
    A = float(loop.affinity.subs({s: numbers[str(s)] for s in loop.affinity.free_symbols}))
    due = (
        numbers["ATP.standard_energy"] / (8.31446261815324 * 310.15)
        + float(sp.log(4e-3 / (0.4e-3 * 4e-3) * 10 / 145))
        + F * -0.06 / (8.31446261815324 * 310.15)
    )
    assert A == pytest.approx(due, rel=1e-9)
