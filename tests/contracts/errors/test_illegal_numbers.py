"""Mistakes in numbers, places, species and sources: told at once, in words that help."""

from __future__ import annotations

import math

import pytest
from mistakes import CYTOSOL, Mistake, bath, cell, judge, membrane, table

import biomembrane as bm
from biomembrane import Parameter, Q, Source, Species
from biomembrane import errors as e
from biomembrane.library import K, Na

OTHER = "explicit H+"

NUMBERS = table(
    {
        "Q": [
            ("misspelt unit", lambda: Q(1, "mMM"), e.UnknownUnit, "Q(1, 'mMM')", "a unit", "'mMM'",
                "'mM'"),
            ("text that is no unit", lambda: Q(1, "sausage"), e.UnknownUnit, "sausage", "a unit",
                "'sausage'", ("a unit of SI", "'mmol/L'")),
            ("near only in letters", lambda: Q(1, "mEqv/L"), e.UnknownUnit, "mEqv", "a unit",
                "'mEqv' is not known", "did you mean 'mEq/L'?"),
            ("a product after a slash", lambda: Q(1, "J/mol K"), e.UnknownUnit, "J/mol K", "a unit",
                "two ways", "'J/mol/K' or 'K*J/mol'"),
            ("a quantity with a unit", lambda: Q(Q(5, "mM"), "mV"), e.NotANumber, "Q(", "a number",
                "the quantity 5 mM", "Q('5 mM').to('mV')"),
            ("unit with a number in it", lambda: Q(1, "5 mM"), e.UnknownUnit, "Q(1", "a unit",
                "'5 mM'", "Q(5, 'mM')"),
            ("no unit", lambda: Q(5), e.BareNumber, "Q(5)", "a number and a unit", "no unit",
                'Q(5, "mM")'),
            ("unit as a number", lambda: Q(5, 5), e.UnknownUnit, "Q(5, 5)", "a unit as text",
                "5, of type int", "'mM'"),
            ("text without a number", lambda: Q("mM"), e.NotANumber, "Q('mM')",
                "a number followed by a unit", "'mM'", "Q(1, 'mM')"),
            ("text for the number", lambda: Q("five", "mM"), e.NotANumber, "Q('five', 'mM')",
                "a number", "'five'", "Q(1, 'mM')"),
            ("flag for the number", lambda: Q(True, "mM"), e.NotANumber, "Q(True, 'mM')",
                "a number", "True", "Q(1, 'mM')"),
            ("a list with text in it", lambda: Q([1, "a"], "mM"), e.NotANumber, "Q([1, 'a'], 'mM')",
                "array of numbers", "'a'", "Q(1, 'mM')"),
        ],
        "Compartment": [
            ("volume in mM", lambda: cell(volume=Q(1, "mM")), e.UnitMismatch, "cell.volume", "'pL'",
                ("1 mM", "mol/m^3"), "Q(1, 'pL')"),
            ("bare volume", lambda: cell(volume=1), e.BareNumber, "cell.volume", "'pL'", "1",
                "Q(1, 'pL')"),
            ("volume in words", lambda: cell(volume="one pL"), e.NotANumber, "cell.volume",
                "a number", "'one pL'", "'1 pL'"),
            ("text without a unit", lambda: cell(volume="1"), e.BareNumber, "cell.volume", "'pL'",
                "'1'", "'1 pL'"),
            ("volume as a flag", lambda: cell(volume=True), e.NotANumber, "cell.volume", "a number",
                "True", "Q(1, 'pL')"),
            ("no volume", lambda: cell(volume=None), e.NotANumber, "cell.volume", "a number",
                "None", "Q(1, 'pL')"),
            ("volume of NaN", lambda: cell(volume=Q(math.nan, "pL")), e.NotFinite, "cell.volume",
                "finite", "nan pL", "0/0"),
            ("infinite volume", lambda: cell(volume=Q(math.inf, "pL")), e.NotFinite, "cell.volume",
                "finite", "inf pL", "overflow"),
            ("negative volume", lambda: cell(volume=Q(-1, "pL")), e.OutOfDomain, "cell.volume",
                "above zero", "-1 pL", "sign"),
            ("zero volume", lambda: cell(volume=Q(0, "pL")), e.OutOfDomain, "cell.volume",
                "above zero", "0 pL", "leave out"),
            ("array of volumes", lambda: cell(volume=Q([1, 2], "pL")), e.NotANumber, "cell.volume",
                "one number", "shape (2,)", "simulate"),
            ("negative content", lambda: cell(contents={Na: Q(-5, "mM")}), e.OutOfDomain, "cell.Na",
                "zero or more", "-5 mM", "sign"),
            ("content in mV", lambda: cell(contents={Na: Q(5, "mV")}), e.UnitMismatch, "cell.Na",
                "'mM'", "5 mV", "Q(1, 'mM')"),
            ("contents as a list", lambda: cell(contents=[Na, K]), e.WrongType,
                "Compartment('cell'), contents", "mapping", "list", "{Na: Q("),
            ("contents as text", lambda: cell(contents="Na"), e.WrongType,
                "Compartment('cell'), contents", "mapping", "str", "{Na: Q("),
            (
                "names for Species", lambda: cell(contents={"Na": Q(5, "mM")}), e.WrongType,
                "Compartment('cell'), contents", "Species", "'Na'", "library import Na",
            ),
            ("content also held", lambda: cell(held={Na: Q(5, "mM")}), e.DuplicateName, "'cell'",
                "each species in one of", "Na", "contents"),
            (
                "two species of a name",
                lambda: cell(contents=CYTOSOL | {Species("K"): Q(5, "mM")}), e.DuplicateName,
                "Compartment('cell'), contents", "once", "K", "another name",
            ),
            ("impermeant as text", lambda: cell(impermeant="X"), e.WrongType,
                "Compartment('cell'), impermeant", "mapping", "str", "balance("),
            (
                "a species named volume", lambda: cell(contents={Species("volume"): Q(5, "mM")}),
                e.BadName,
                "Compartment('cell'), contents", "another name than 'volume'", "'volume'",
                "'volume_1'",
            ),
            ("empty name", lambda: cell(name=""), e.BadName, "Compartment, name", "a letter", "''",
                "K_leak"),
            ("name with a blank", lambda: cell(name="my cell"), e.BadName, "Compartment, name",
                "a letter", "'my cell'", "'my_cell'"),
            ("name with a dot", lambda: cell(name="a.b"), e.BadName, "Compartment, name",
                "a letter", "'a.b'", "'a_b'"),
            ("no name", lambda: cell(name=None), e.BadName, "Compartment, name", "a letter", "None",
                "K_leak"),
        ],
        "Reservoir": [
            ("bare content", lambda: bath({Na: 140}), e.BareNumber, "bath.Na", "'mM'", "140",
                "Q(140, 'mM')"),
            ("content of NaN", lambda: bath({Na: Q(math.nan, "mM")}), e.NotFinite, "bath.Na",
                "finite", "nan mM", "0/0"),
            ("floating as text", lambda: bath(floating="no"), e.WrongType,
                "Reservoir('bath'), floating", "True or False", "'no'", "floating=True"),
        ],
        "balance": [
            ("charge 0", lambda: bm.balance(charge=0), e.OutOfDomain, "charge", "other than zero",
                "0", "-1"),
            ("charge of NaN", lambda: bm.balance(charge=math.nan), e.NotFinite, "charge", "finite",
                "nan", "-1"),
            ("charge as text", lambda: bm.balance(charge="-1"), e.NotANumber, "charge",
                "other than zero", "'-1'", "-1"),
            ("against a name", lambda: bm.balance(against="bath"), e.WrongType, "against",
                "Reservoir", "'bath'", "itself"),
        ],
        "Membrane": [
            (
                "side by name", lambda: membrane(inside="cell"), e.WrongType,
                "Membrane('membrane'), inside", "a Compartment or a Reservoir", "'cell'", "itself",
            ),
            (
                "the same place on both sides", lambda: membrane(inside=(c := cell()), outside=c),
                e.BadPlace,
                "Membrane('membrane')", "two different places", "'cell' on both", "outside=",
            ),
            (
                "two places of one name", lambda: membrane(outside=bath(name="cell")),
                e.DuplicateName,
                "Membrane('membrane')", "different names", "'cell'", "another name",
            ),
            ("area in um", lambda: membrane(area=Q(5, "um")), e.UnitMismatch, "membrane.area",
                "'um^2'", "5 µm", "Q(1, 'um^2')"),
            ("zero area", lambda: membrane(area=Q(0, "um^2")), e.OutOfDomain, "membrane.area",
                "above zero", "0 µm²", "leave out"),
            (
                "capacitance of the whole", lambda: membrane(capacitance=Q(1, "pF")),
                e.UnitMismatch,
                "membrane.capacitance", "'uF/cm^2'", "1 pF", "Q(1, 'pF') / Q(100, 'um^2')",
            ),
        ],
        "Species": [
            ("half a charge", lambda: Species("X", 0.5), e.NotANumber, "Species('X'), charge",
                "integer", "0.5", "balance(charge=-1.5)"),
            ("charge as text", lambda: Species("X", "+2"), e.NotANumber, "Species('X'), charge",
                "integer", "'+2'", "charge=2"),
            ("charge in the formula", lambda: Species("X", formula="Na+"), e.BadFormula,
                "Species('X'), formula", "C6H12O6", "'Na+'", "charge="),
            ("formula in small letters", lambda: Species("X", formula="c6h12o6"), e.BadFormula,
                "formula", "C6H12O6", "'c6h12o6'", "capital"),
            (
                "no convention", lambda: Species("X", standard=Q(1, "kJ/mol")),
                e.ConventionMismatch,
                "Species('X')", "the convention", "none", "convention=",
            ),
            (
                "standard in kJ", lambda: Species("X", standard=Q(1, "kJ"), convention=OTHER),
                e.UnitMismatch,
                "Species('X'), standard", "'kJ/mol'", "1 kJ", "Q(1, 'kJ/mol')",
            ),
            ("moieties as text", lambda: Species("X", moieties="CoA"), e.WrongType,
                "Species('X'), moieties", "{", "'CoA'", "{'adenosine': 1"),
            ("half a moiety", lambda: Species("X", moieties={"P": 0.5}), e.NotANumber,
                "moieties['P']", "integer", "0.5", "1"),
        ],
        "Parameter": [
            ("bare number", lambda: Parameter(5), e.BareNumber, "Parameter(quantity)",
                "with a unit", "5", "Parameter(Q(5, 'mM'), source=…)"),
            ("no source", lambda: Parameter(Q(5, "mM")), e.MissingSource, "Parameter(5 mM)",
                "source=", "None", "'assumed'"),
            ("source as text", lambda: Parameter(Q(5, "mM"), "me"), e.MissingSource,
                "Parameter(5 mM)", "source=", "'me'", "'assumed'"),
            ("sd in mV", lambda: Parameter(Q(5, "mM"), Source("assumed"), Q(1, "mV")),
                e.UnitMismatch, "sd", "'mM'", "1 mV", "Q(1, 'mM')"),
            ("negative sd", lambda: Parameter(Q(5, "mM"), Source("assumed"), Q(-1, "mM")),
                e.OutOfDomain, "sd", "zero or more", "-1 mM", "sign"),
        ],
        "Source": [
            ("misspelt kind", lambda: Source("mesured", "me"), e.BadSource, "kind", "measured",
                "'mesured'", "'measured'"),
            ("no citation", lambda: Source("measured"), e.BadSource, "Source('measured')",
                "citation", "none", "kind='assumed'"),
        ],
    }
)  # fmt: skip


@pytest.mark.parametrize("mistake", NUMBERS, ids=str)
def test_mistake(mistake: Mistake) -> None:
    """Each row: its name says the mistake; see :func:`mistakes.judge` for what is asked of the
    error.
    """
    judge(mistake)
