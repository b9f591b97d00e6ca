"""Mistakes in laws and kinetic cycles: told when the transporter is declared, in words that
help.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
import sympy as sp
from mistakes import HYDROLYSIS, Mistake, cell, cycle, judge, table, transporter

import biomembrane as bm
from biomembrane import Q, dimension, laws
from biomembrane import errors as e
from biomembrane.declare.rates import Rates

ONE = {"forward": Q(10, "1/s"), "reverse": Q(10, "1/s")}
BIND = {"forward": Q(1, "1/s/mM"), "reverse": Q(10, "1/s")}
MAX = Q(1, "fmol/s")
CARRIERS = Q(1, "1/um^2")


def steps(*texts: str) -> list[tuple[str, dict[str, Any]]]:
    return [(text, BIND if "@" in text.partition("<")[0] else ONE) for text in texts]


REST = steps("O + glucose@out <-> OG", "I + glucose@in <-> IG", "I <-> O")


def opened(step: str, given: Any, **more: Any) -> bm.Cycle:
    """The cycle with other constants for one step."""
    return cycle(
        steps=[(step, given), *(known for known in cycle().steps if known[0] != step)], **more
    )


def pair(forward: Any, reverse: Any) -> bm.Transporter:
    def rate(made: Any) -> Any:
        return lambda s: made(
            s.parameter("k", Q(1, "fmol/s/mM"), dimension.FLUX / dimension.CONCENTRATION), s
        )

    return transporter(law=laws.Pair(forward=rate(forward), reverse=rate(reverse)))


def Q1(site: Any) -> Any:
    return site.parameter("half", Q(1, "mM"), dimension.CONCENTRATION, domain="positive")


class Mine:
    """A law of someone's own."""

    def __init__(self, given: Any) -> None:
        self.given = given

    def rates(self, _: Any) -> Any:
        return self.given


LAWS = table(
    {
        "Transporter": [
            ("law by name", lambda: transporter(law="GHK"), e.WrongType, "K_leak, law=", "a law",
                "'GHK'", "laws.GHK("),
            ("law as a class", lambda: transporter(law=laws.GHK), e.WrongType, "K_leak, law=",
                "a law", "the class GHK", "GHK(permeability=…)"),
            ("no law", lambda: transporter(law=None), e.WrongType, "K_leak, law=", "a law", "None",
                "laws.GHK("),
            (
                "a quantity in a formula",
                lambda: transporter(law=laws.Empirical(flux=lambda s: s["K@in"] * Q(1, "um/s"),
                    reason="t")), e.WrongType,
                "K_leak, flux", "numbers with units as parameters", "a quantity in the formula",
                "site.parameter(",
            ),
            (
                "negative permeability",
                lambda: transporter(law=laws.GHK(permeability=Q(-1, "cm/s"))), e.OutOfDomain,
                "K_leak.permeability", "zero or more", "-1 cm", "sign",
            ),
            (
                "permeability per mM",
                lambda: transporter(law=laws.GHK(permeability=Q(1, "cm/s/mM"))), e.UnitMismatch,
                "K_leak.permeability", "'cm/s'", "mM", "Q(1, 'cm/s')",
            ),
            (
                "GHK of coupled ions", lambda: transporter("Na@out + K@in -> Na@in + K@out"),
                e.BadReaction,
                "K_leak, GHK", "one solute", "Na⁺@bath + K⁺@cell", "laws.Elementary",
            ),
            (
                "Ohmic without charge", lambda: transporter("glucose@in -> glucose@out",
                laws.Ohmic(conductance=Q(1, "nS"))), e.ChargeImbalance,
                "K_leak, Ohmic", "moves charge", "glucose@cell", "laws.Onsager",
            ),
            (
                "Water of ions", lambda: transporter(law=laws.Water(permeability=Q(1, "cm/s"))),
                e.BadReaction,
                "K_leak, Water", "'H2O@out -> H2O@in'", "K⁺@cell", "species=(H2O,)",
            ),
            (
                "half missing", lambda: transporter("Na@out + K@in -> Na@in + K@out",
                laws.Saturable(maximum=MAX, half={"Na": Q(1, "mM")})),
                e.MissingSpecies, "half=", "K@in and K@out", "'Na' only",
                ("'K@in': Q(1, 'mM'), 'K@out'", "to half="),
            ),
            (
                "half of a stranger",
                lambda: transporter(law=laws.Saturable(maximum=MAX,
                    half={"K": Q(1, "mM"), "K@inn": Q(1, "mM")})),
                e.UnknownName, "half=", "participants", "K@inn", "'K@in'",
            ),
            (
                "half as one number",
                lambda: transporter(law=laws.Saturable(maximum=MAX, half=Q(1, "mM"))),
                e.WrongType, "half=", "{", "1 mM", "{'K@in': Q(",
            ),
            (
                "half of 0",
                lambda: transporter(law=laws.Saturable(maximum=MAX, half={"K": Q(0, "mM")})),
                e.OutOfDomain, "K_leak.half_K", "above zero", "0 mM", "leave out",
            ),
            (
                "maximum and turnover",
                lambda: transporter(law=laws.Saturable(maximum=MAX, turnover=Q(1, "1/s"),
                    density=Q(1, "1/um^2"), half={"K": Q(1, "mM")})),
                e.BadSettings, "Saturable", "either maximum=", "maximum and turnover and density",
                "maximum=",
            ),
            (
                "maximum and half of the other",
                lambda: transporter(law=laws.Saturable(maximum=MAX, turnover=Q(1, "1/s"),
                    half={"K": Q(1, "mM")})),
                e.BadSettings, "Saturable", "either maximum=", "maximum and turnover", "maximum=",
            ),
            (
                "turnover alone",
                lambda: transporter(law=laws.Saturable(turnover=Q(1, "1/s"),
                    half={"K": Q(1, "mM")})),
                e.BadSettings, "Saturable", "turnover= and density=", "turnover", "density=",
            ),
            (
                "misspelt binding",
                lambda: transporter(law=laws.Saturable(maximum=MAX, half={"K": Q(1, "mM")},
                    binding="comon")),
                e.BadSettings, "binding=", "'common'", "'comon'", "'common'",
            ),
            (
                "barrier as text",
                lambda: transporter(law=laws.Elementary(rate=MAX, barrier="sharp")), e.WrongType,
                "K_leak", "a barrier", "'sharp'", "laws.Eyring(",
            ),
            (
                "area inside a compartment", lambda: transporter(HYDROLYSIS,
                laws.Elementary(rate=Q(1, "fmol/s/um^2")), on=cell()), e.BadPlace,
                "K_leak", "a membrane", "Compartment('cell'", "fmol/s",
            ),
            (
                "detailed balance", lambda: pair(lambda k, s: k * s["K@in"], lambda k,
                s: k * s["K@out"]), e.SecondLawViolation,
                "K_leak", "RT ln(r⁺/r⁻) = A", ("kJ/mol at", "mV"),
                ("F*V[membrane]", "laws.Empirical"),
            ),
            (
                "negative rate", lambda: pair(lambda k, s: k * (s["K@in"] - s["K@out"]), lambda k,
                _s: 0 * k), e.NegativeRate,
                "K_leak, forward", "never negative", ("< 0 at", "mM"), "forward and reverse",
            ),
            (
                "sign that is not known",
                lambda: pair(lambda k, s: k * s["K@in"] * (sp.cos(s.u) + sp.sin(s.u) + 1.5),
                    lambda k, s: k * s["K@out"]), e.SecondLawUndecided,
                "K_leak, forward", "sign can be decided", "cos(", "never negative",
            ),
            (
                "a sum of two dimensions", lambda: pair(lambda k, s: k * (s["K@in"] + s.V),
                lambda k, s: k * s["K@out"]), e.DimensionError,
                "K_leak", "V[membrane] + c[cell.K]", ("V[membrane] is in V",
                "c[cell.K] is in mol/m^3"), "divide",
            ),
            (
                "exp of a voltage", lambda: pair(lambda k, s: k * s["K@in"] * sp.exp(s.V), lambda k,
                s: k * s["K@out"]), e.DimensionError,
                "K_leak", "a pure number inside exp", "V[membrane], which is in V", "site.u",
            ),
            (
                "no flux", lambda: pair(lambda k, _s: k, lambda k, _s: k), e.DimensionError,
                "K_leak, forward", "fmol/s", "K_leak.k, in m^3·s^-1", "by a parameter in mM",
            ),
            (
                "symbol of one's own", lambda: pair(lambda k, _s: k * sp.Symbol("K_in"), lambda k,
                _s: k), e.UnknownName,
                "K_leak", "symbols that the site gives", "K_in", "site['",
            ),
            (
                "stranger in the site", lambda: pair(lambda k, s: k * s["Rb@in"], lambda k, _s: k),
                e.UnknownName,
                "K_leak", "participant", "'Rb@in'", "K@in",
            ),
            (
                "formula of text", lambda: pair(lambda _k, _s: "k*K", lambda k, _s: k), e.WrongType,
                "K_leak, forward", "an expression", "'k*K'", "site[",
            ),
            (
                "formula without return", lambda: pair(lambda _k, _s: None, lambda k, _s: k),
                e.WrongType,
                "K_leak, forward", "expression", "None", "return",
            ),
            (
                "dimension by a unit", lambda: pair(lambda _k,
                s: s.parameter("rate", MAX, "fmol/s"), lambda k, _s: k), e.WrongType,
                "K_leak.rate", "a dimension", "'fmol/s'", "biomembrane.dimension",
            ),
            (
                "misspelt domain", lambda: pair(lambda _k,
                s: s.parameter("rate", MAX, dimension.FLUX, domain="postive"), lambda k, _s: k),
                e.BadSettings, "K_leak.rate, domain=", "positive", "'postive'", "'positive'",
            ),
            (
                "a law that is irreversible", lambda: pair(lambda k, s: k * s["K@in"], lambda _k,
                _s: 0), e.SecondLawViolation,
                "K_leak", "RT ln(r⁺/r⁻) = A", "a reverse rate of 0", "laws.Empirical",
            ),
            (
                "water without a solvent", lambda: transporter("H2O@out -> H2O@in",
                laws.Water(permeability=Q(1, "cm/s"))), e.MissingSpecies,
                "K_leak, reaction", "H2O in bath", "contents: Na", "species=(H2O,)",
            ),
            (
                "formula that is a number",
                lambda: transporter(law=laws.Pair(forward=1.0, reverse=1.0)), e.WrongType,
                "K_leak, forward", "a function of the site", "1.0", "lambda site:",
            ),
            (
                "Empirical without reason",
                lambda: transporter(law=laws.Empirical(flux=lambda _s: 0, reason=" ")),
                e.MissingSource,
                "K_leak, Empirical(reason=…)", "why", "' '", "reason='",
            ),
            (
                "modulator that can be negative",
                lambda: transporter(modulator=lambda s: 1 - s["K@out"] / Q1(s)), e.NegativeRate,
                "K_leak, modulator", "never negative", "< 0", "1/(1 +",
            ),
            (
                "modulator in mM", lambda: transporter(modulator=lambda s: s["K@out"]),
                e.DimensionError,
                "K_leak, modulator", "a pure number", "c[bath.K], in mol/m^3", "divide it by",
            ),
            (
                "modulator as a number", lambda: transporter(modulator=0.5), e.WrongType,
                "K_leak, modulator", "function of the site", "0.5", "lambda site:",
            ),
            (
                "lists of two lengths",
                lambda: transporter(law=laws.ReducedCycle(density=Q(1, "1/um^2"),
                    forward=[lambda _s: 1, lambda _s: 1], reverse=[lambda _s: 1])),
                e.BadCycle, "K_leak, ReducedCycle", "as many reverse as forward",
                "2 forward and 1 reverse", "one function",
            ),
            (
                "law that gives a number", lambda: transporter(law=Mine(5)), e.WrongType,
                "K_leak, law=", "Rates", "5", "Rates(forward, reverse)",
            ),
            (
                "law that gives half", lambda: transporter(law=Mine(Rates(forward=sp.S.One))),
                e.WrongType,
                "K_leak, law=", "forward and reverse", "forward", "reverse",
            ),
        ],
        "Eyring": [
            ("theta beyond 1", lambda: laws.Eyring(1.5), e.OutOfDomain, "Eyring(theta=…)", "0 to 1",
                "1.5", "0.5"),
            ("theta of NaN", lambda: laws.Eyring(math.nan), e.OutOfDomain, "Eyring(theta=…)",
                "0 to 1", "nan", "0.5"),
        ],
    }
)  # fmt: skip


CYCLES = table(
    {
        "Cycle": [
            (
                "unknown state", lambda: cycle(steps=steps("O + glucose@out <-> OGG", "OG <-> IG")),
                e.BadCycle,
                "GLUT, step 'O + glucose@out <-> OGG'", "O OG IG I", "OGG", "'OG'",
            ),
            (
                "two states on a side", lambda: cycle(steps=steps("O + I <-> OG")), e.BadCycle,
                "GLUT, step", "one state on each side", "O, I", "from one state to one other",
            ),
            (
                "solute without place", lambda: cycle(steps=steps("O + glucose <-> OG")),
                e.BadCycle,
                "GLUT, step", "one state", "O, glucose", "glucose@out",
            ),
            ("no state", lambda: cycle(steps=steps("glucose@out <-> OG")), e.BadCycle, "GLUT, step",
                "one state on each side", "none", "O"),
            (
                "states apart",
                lambda: cycle(steps=steps("O + glucose@out <-> OG", "I + glucose@in <-> IG")),
                e.BadCycle,
                "GLUT", "connect all states", "not reached from O: IG, I", "'O <-> IG'",
            ),
            (
                "no reverse",
                lambda: cycle(steps=[("O + glucose@out <-> OG", {"forward": Q(1, "1/s/mM")})]),
                e.BadCycle,
                "GLUT, step 'O + glucose@out <-> OG'", "'reverse'", "forward", "close=['O <-> OG']",
            ),
            (
                "misspelt reverse", lambda: opened("OG <-> IG",
                {"forward": Q(1, "1/s"), "revers": Q(1, "1/s")}), e.BadCycle,
                "GLUT, step 'OG <-> IG'", "'reverse'", "'revers'", "did you mean 'reverse'?",
            ),
            (
                "constants as a pair", lambda: opened("OG <-> IG", (1, 2)), e.BadCycle,
                "GLUT, step 'OG <-> IG'", "'forward'", "(1, 2)", "both",
            ),
            (
                "the same step twice",
                lambda: cycle(steps=[*steps("OG <-> IG", "OG <-> IG"), *REST]), e.DuplicateName,
                "GLUT, steps=", "each step once", "twice", "leave one out",
            ),
            ("a step to itself", lambda: opened("O <-> O", ONE), e.BadReaction, "GLUT, step O-O",
                "changes something", "O ⇌ O", "another"),
            ("two of a state", lambda: cycle(steps=steps("2 O <-> OG")), e.BadCycle,
                "GLUT, step '2 O <-> OG'", "one state", "2 O", "one step leads"),
            (
                "a published digit off", lambda: opened("OG <-> IG",
                ONE | {"forward": Q(10.01, "1/s")}, close=[]), e.CycleNotClosed,
                "GLUT, the loop closed by 'I + glucose@in <-> IG'", "product around the loop",
                "kJ/mol (rounding of", "close=['I <-> IG']",
            ),
            (
                "zero constant", lambda: opened("OG <-> IG", ONE | {"forward": Q(0, "1/s")}),
                e.OutOfDomain,
                "GLUT.OG-IG.forward", "above zero", "0 1/s", "leave out",
            ),
            (
                "constant of another order", lambda: opened("O + glucose@out <-> OG", ONE),
                e.UnitMismatch, "GLUT.O-OG.forward", "1/s/mM", "10 1/s", "Q(1, '1/s/mM')",
            ),
            (
                "a loop that gives work", lambda: opened("OG <-> IG",
                ONE | {"forward": Q(50, "1/s")}, close=[]), e.CycleNotClosed,
                "GLUT, the loop closed by", "product around the loop", ("off by", "4.15 kJ/mol"),
                "close=['",
            ),
            (
                "close by a stranger", lambda: cycle(close=["O <-> IG"]), e.BadCycle,
                "GLUT, close=", "O <-> OG, OG <-> IG", "'O <-> IG'", "'OG <-> IG'",
            ),
            ("close as text", lambda: cycle(close="I <-> O"), e.WrongType, "GLUT, close=", "list",
                "'I <-> O'", "close=['O <-> I']"),
            (
                "too many closed", lambda: cycle(close=["I <-> O", "OG <-> IG"]), e.BadCycle,
                "GLUT, close=", "one closing step", "cut off: IG, I", "close=",
            ),
            ("charge of a stranger", lambda: cycle(charge={"OGG": -1}), e.UnknownName,
                "GLUT, charge=", "O OG IG I", "'OGG'", "'OG'"),
            ("charge as text", lambda: cycle(charge={"OG": "lots"}), e.NotANumber,
                "GLUT, charge=… of OG", "number", "'lots'", "-2"),
            ("charge of NaN", lambda: cycle(charge={"OG": math.nan}), e.NotANumber,
                "GLUT, charge=… of OG", "number", "nan", "-2"),
            (
                "binds what it never lets go",
                lambda: cycle(steps=steps("O + glucose@out <-> OG", "OG <-> IG", "IG <-> I",
                    "I <-> O")),
                e.UnbalancedReaction, "GLUT, the loop closed by", "each element", "once around",
                "coefficients",
            ),
            ("one state", lambda: cycle(states="O"), e.BadCycle, "GLUT, states=", "two or more",
                "O", "'C1 C2"),
            ("a state twice", lambda: cycle(states="O I O"), e.BadCycle, "GLUT, states=",
                "different states", "O I O", "order of the cycle"),
            ("states as a number", lambda: cycle(states=4), e.WrongType, "GLUT, states=", "names",
                "4", "'C1 C2"),
            ("no steps", lambda: cycle(steps=[]), e.BadCycle, "GLUT, steps=", "connect all states",
                "not reached", "'O <-> OG'"),
            ("steps as text", lambda: cycle(steps="O <-> I"), e.WrongType, "GLUT, steps=", "list",
                "'O <-> I'", "('"),
            ("density in mM", lambda: cycle(density=Q(1, "mM")), e.UnitMismatch, "GLUT.density",
                "'1/um^2'", "1 mM", "multiply it by the volume"),
            ("inside a compartment", lambda: cycle(on=cell()), e.WrongType, "GLUT, on=",
                "a Membrane", "Compartment('cell'", "Membrane("),
        ]
    }
)  # fmt: skip


@pytest.mark.parametrize("mistake", [*LAWS, *CYCLES], ids=str)
def test_mistake(mistake: Mistake) -> None:
    """Each row: its name says the mistake; see :func:`mistakes.judge` for what is asked of the
    error.
    """
    judge(mistake)
