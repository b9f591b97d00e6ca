"""Mistakes in numbers, species, places, reactions and models: told at once, at the call that is
wrong, in words that help.
"""

from __future__ import annotations

import math
import re
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest
from mistakes import (
    CYTOSOL,
    FUEL,
    HYDROLYSIS,
    RATE,
    Mistake,
    bath,
    cell,
    judge,
    membrane,
    model,
    table,
    transporter,
)

import biomembrane as bm
from biomembrane import Parameter, Q, Source, Species, dimension, laws
from biomembrane import errors as e
from biomembrane import library as lib
from biomembrane.library import ADP, ATP, Cl, K, Na, Pi

GALLERY = Path(__file__).parents[3].joinpath("docs", "errors.md").read_text("utf-8")
OTHER = "explicit H+"
ATP4 = Species(
    "ATP", -4, moieties={"adenosine": 1, "phosphate": 3}, standard=Q(10, "kJ/mol"), convention=OTHER
)
ATP_OTHER = Species("ATP", moieties=ATP.moieties, standard=Q(1, "kJ/mol"), convention=OTHER)

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
                "'mM'", "5 mV", "Q(5, 'mM')"),
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
                "'um^2'", "5 µm", "Q(5, 'um^2')"),
            ("zero area", lambda: membrane(area=Q(0, "um^2")), e.OutOfDomain, "membrane.area",
                "above zero", "0 µm²", "leave out"),
            (
                "capacitance of the whole", lambda: membrane(capacitance=Q(1, "pF")),
                e.UnitMismatch,
                "membrane.capacitance", "'uF/cm^2'", "1 pF", "Q(1, 'uF/cm^2')",
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

REACTIONS = table(
    {
        "Transporter": [
            (
                "near name", lambda: transporter("glucos@in -> glucos@out"), e.MissingSpecies,
                "K_leak, reaction", "glucos in cell", "contents: Na", "'glucose'",
            ),
            ("far name", lambda: transporter("Mg@in -> Mg@out"), e.MissingSpecies,
                "K_leak, reaction", "Mg in cell", "Na, K", "add Mg: Q(1"),
            (
                "only inside", lambda: transporter("ATP@in -> ATP@out"), e.MissingSpecies,
                "K_leak, reaction", "ATP in bath", "Na, K",
                ("contents= of bath", "ATP stands in cell"),
            ),
            (
                "impermeant moves", lambda: transporter("X@in -> X@out",
                on=membrane(inside=cell(impermeant={Species("X", -1): Q(5, "mM")}))),
                e.MissingSpecies, "K_leak, reaction", "X among the contents of cell", "impermeant",
                "contents=",
            ),
            ("no arrow", lambda: transporter("K@in K@out"), e.BadReaction, "K_leak, reaction",
                "one arrow", "'K@in K@out'", "'K@in -> K@out'"),
            ("two arrows", lambda: transporter("K@in -> K@out -> K@in"), e.BadReaction,
                "K_leak, reaction", "one arrow", "->", "'K@in -> K@out'"),
            (
                "two species without a plus", lambda: transporter("Na@in K@in -> K@out"),
                e.BadReaction,
                "K_leak", "' + '", "'Na@in K@in'", "integer",
            ),
            (
                "half a coefficient", lambda: transporter("0.5 K@in -> K@out"), e.BadReaction,
                "K_leak, reaction", "terms", "'0.5 K@in'", "integer",
            ),
            ("an empty side", lambda: transporter("K@in -> "), e.BadReaction, "K_leak, reaction",
                "terms", "nothing", "'@'"),
            (
                "coefficient 0", lambda: transporter("0 K@in -> K@out"), e.BadReaction,
                "K_leak, reaction", "from 1 to 1,000,000", "'0 K@in'", "leave it out",
            ),
            (
                "nothing changes", lambda: transporter("K@in -> K@in"), e.BadReaction,
                "K_leak, reaction", "changes something", "K⁺@cell ⇌ K⁺@cell", "K@out",
            ),
            (
                "no place", lambda: transporter("K -> K@out"), e.BadReaction,
                "K_leak, reaction", "@in (cell) or @out (bath)", "K without a place", "K@in",
            ),
            ("unknown place", lambda: transporter("K@bat -> K@in"), e.BadReaction,
                "K_leak, reaction", "@out (bath)", "K@bat", "'bath'"),
            ("far place", lambda: transporter("K@moon -> K@in"), e.BadReaction, "K_leak, reaction",
                "@out (bath)", "K@moon", "K@in"),
            (
                "a side inside a compartment", lambda: transporter("ATP@out -> ADP@in + Pi@in",
                RATE, on=cell()), e.BadReaction,
                "K_leak", "@cell", "ATP@out", "on=",
            ),
            ("reaction as a list", lambda: transporter(["K@in", "K@out"]), e.WrongType, "K_leak",
                "text", "['K@in'", "->"),
            ("on a bath", lambda: transporter(on=bath()), e.WrongType, "K_leak, on=",
                "Membrane or a Compartment", "Reservoir('bath'", "between"),
            ("on a name", lambda: transporter(on="basal"), e.WrongType, "K_leak, on=",
                "Membrane or a Compartment", "'basal'", "itself"),
            (
                "moieties", lambda: transporter("ATP@in -> ADP@in", RATE), e.UnbalancedReaction,
                "K_leak", "each moiety", "phosphate -1", "coefficients",
            ),
            (
                "atoms", lambda: transporter("glucose@in -> glucose@out + Na@out", RATE),
                e.UnbalancedReaction,
                "K_leak", "each element", "Na +1", "coefficients",
            ),
            ("charge", lambda: transporter("K@in + Na@out -> K@out", RATE), e.UnbalancedReaction,
                "K_leak", "each element", "Na -1", "coefficients"),
            (
                "charge with balanced moieties",
                lambda: transporter(HYDROLYSIS, RATE,
                    on=cell(held={ATP4: Q(4, "mM"), ADP: Q(1, "mM"), Pi: Q(1, "mM")})),
                    e.ChargeImbalance,
                "K_leak", "charge on both sides", "+4 e", "charge of each species",
            ),
            (
                "nothing to balance by", lambda: transporter("A@in -> B@in", RATE,
                cell(held={Species("A"): Q(1, "mM"), Species("B"): Q(1, "mM")})),
                e.UnbalancedReaction, "K_leak", "formula= or moieties=", "A, B", "moieties=",
            ),
            (
                "two conventions",
                lambda: transporter(HYDROLYSIS, RATE,
                    on=cell(held={Species("ATP", moieties=ATP.moieties, standard=Q(1, "kJ/mol"),
                        convention=OTHER):
                    Q(4, "mM"), ADP: Q(1, "mM"), Pi: Q(1, "mM")})),
                e.ConventionMismatch, "K_leak", "one convention", (OTHER, "against", "apparent"),
                "one table",
            ),
            ("extra species as text", lambda: transporter(species="H2O"), e.WrongType,
                "K_leak, species=", "Species", "'H2O'", "(H2O,)"),
            ("label as a number", lambda: transporter(label=5), e.WrongType, "K_leak, label=",
                "text", "5", "label='"),
            ("name with a colon", lambda: transporter(name="a:b"), e.BadName, "Transporter, name",
                "a letter", "'a:b'", "'a_b'"),
        ]
    }
)  # fmt: skip


def two_baths() -> bm.Model:
    inside = cell()
    here = membrane(inside=inside)
    there = membrane(
        name="apical", inside=inside, outside=bath({Na: Q(100, "mM"), Cl: Q(100, "mM")}, "lumen")
    )
    return model(lib.water(here), lib.water(there, name="water_apical"))


def two_potentials() -> bm.Model:
    inside = cell()
    here, there = (
        membrane(inside=inside),
        membrane(name="apical", inside=inside, outside=bath(name="lumen")),
    )
    return model(
        lib.leak(K, here),
        lib.leak(K, there, name="other"),
        potential={here: Q(-60, "mV"), there: Q(-50, "mV")},
    )


def two_conventions() -> bm.Model:
    a, b = (Species(n, moieties={"C": 1}, standard=Q(1, "kJ/mol"), convention=OTHER) for n in "AB")
    inside = cell(held=FUEL | {a: Q(1, "mM"), b: Q(1, "mM")})
    return model(
        transporter(HYDROLYSIS, RATE, inside, "ATPase"),
        transporter("A -> B", RATE, inside, "isomerase"),
    )


def one_parameter_twice() -> bm.Model:
    """A transporter named like the bath, with a parameter named like a species."""
    law = laws.Elementary(rate=Q(1, "fmol/s"))
    return model(
        transporter(
            law=law,
            name="bath",
            modulator=lambda s: (
                1
                / (
                    1
                    + s["K@in"]
                    / s.parameter("K", Q(1, "mM"), dimension.CONCENTRATION, domain="positive")
                )
            ),
        )
    )


def twins(**second: Any) -> bm.Model:
    """Two leaks that share what ``second`` does not change."""
    return model(lib.leak(K, membrane()), lib.leak(Na, membrane(**{"name": "apical", **second})))


def inside(**changed: Any) -> bm.Model:
    """A leak of a cell in which something is changed."""
    on = membrane(inside=cell(**changed))
    return model(transporter(on=on), lib.water(on))


def rows_of_models() -> list[Mistake]:
    on, leak = membrane(), transporter()
    shared = transporter(on=on)
    return table(
        {
            "Model": [
                ("no transporters", model, e.WrongType, "Model('cell'), transporters",
                    "at least one", "[]", "lib."),
                ("one that is none", lambda: model(shared, "pump"), e.WrongType, "transporters",
                    "Transporter and Cycle", "'pump'", "lib."),
                ("a number of them", lambda: bm.Model("cell", 5), e.WrongType, "transporters",
                    "Transporter and Cycle", "5", "lib."),
                ("a membrane", lambda: model(on), e.WrongType, "transporters",
                    "Transporter and Cycle", "Membrane('membrane'", "lib."),
                ("bad name", lambda: bm.Model("my model", [leak]), e.BadName, "Model, name",
                    "a letter", "'my model'", "'my_model'"),
                (
                    "two leaks of a name", lambda: model(shared, transporter(on=on)),
                    e.DuplicateName,
                    "'cell'", "each name", "'K_leak'", "name='K_leak_membrane'",
                ),
                ("two membranes of a name", lambda: twins(name="membrane"), e.DuplicateName,
                    "membranes", "each name", "'membrane'", "another name"),
                ("two places of a name", twins, e.DuplicateName, "places", "each name", "'cell'",
                    ("the same object", "another name")),
                (
                    "two species of a name",
                    lambda: model(lib.leak(K,
                        membrane(outside=bath({K: Q(1, "mM"), Species("Na", 2): Q(1, "mM")})))),
                    e.DuplicateName, "species in bath", "each name", "'Na'", "library",
                ),
                (
                    "two parameters of a name", one_parameter_twice, e.DuplicateName,
                    "parameter 'bath.K'", "one owner", ("5 mM of", "and 1 mM of the"),
                    "another name",
                ),
                (
                    "species named as an impermeant",
                    lambda: inside(contents=CYTOSOL | {Species("X"): Q(1, "mM")}), e.DuplicateName,
                    "Compartment('cell'), balance(charge=-1)", "the names X and Y", "'X'",
                    "another name",
                ),
                (
                    "potential of a cell", lambda: model(shared,
                    potential={on.inside: Q(-60, "mV")}), e.WrongType,
                    "potential=", "membranes", "Compartment('cell'", "{membrane",
                ),
                ("two conventions", two_conventions, e.ConventionMismatch, "Model",
                    "one convention", (OTHER, "against"), "one table"),
                (
                    "no capacitance", lambda: model(transporter(on=membrane(capacitance=None))),
                    e.ChargeImbalance,
                    "place 'cell'", "a capacitance", "K_leak", "capacitance=Q(1, 'uF/cm^2')",
                ),
                (
                    "no room for X", lambda: inside(contents=CYTOSOL | {Cl: Q(160, "mM")}),
                    e.NoRoom,
                    "Compartment('cell'), balance(charge=-1)", "leave charge",
                    ("mM of it would be needed", "Cl 160"), "fewer anions",
                ),
                (
                    "no room for Y",
                    lambda: inside(contents=CYTOSOL | {Na: Q(155, "mM"), Cl: Q(100, "mM")}),
                    e.NoRoom,
                    "Compartment('cell'), balance(charge=-1)", "of bath", ("mosmol/L", "Na 155"),
                    "less of an ion",
                ),
                (
                    "charge left over", lambda: inside(impermeant={Species("X", -1): Q(100, "mM")}),
                    e.ChargeImbalance,
                    "Compartment('cell')", "electroneutral", "mM of charge", "balance(charge=-1)",
                ),
                ("charge without impermeant", lambda: inside(impermeant=None), e.ChargeImbalance,
                    "Compartment('cell')", "electroneutral", "+125 mM", "balance(charge=-1)"),
                ("potentials that disagree", two_potentials, e.BadPlace, "potential={apical",
                    "-60 mV", "-50 mV", "one membrane"),
                ("baths of two strengths", two_baths, e.BadPlace, "balance(", "one osmolarity",
                    ("bath 295", "lumen 200"), "against=bath"),
                ("reference by name", lambda: model(leak, reference="bath"), e.BadPlace,
                    "reference=", "bath", "'bath'", "itself"),
                ("reference elsewhere", lambda: model(leak, reference=bath(name="moon")),
                    e.BadPlace, "reference=", "bath", "'moon'", "reference="),
                (
                    "reference of a cell", lambda: model(shared, reference=on.inside), e.BadPlace,
                    "reference=", "bath", "Compartment('cell'", "reference=",
                ),
                ("potential alone", lambda: model(leak, potential=Q(-60, "mV")), e.WrongType,
                    "potential=", "by membrane", "-60 mV", "{membrane: Q("),
                (
                    "potential by name", lambda: model(leak, potential={"membrane": Q(-60, "mV")}),
                    e.WrongType,
                    "potential=", "membranes", "'membrane'", "itself",
                ),
                ("bare potential", lambda: model(shared, potential={on: -60}), e.BareNumber,
                    "membrane.potential", "'mV'", "-60", "Q(-60, 'mV')"),
                (
                    "potential in mM", lambda: model(shared, potential={on: Q(-60, "mM")}),
                    e.UnitMismatch,
                    "membrane.potential", "'mV'", "-60 mM", "'mV'",
                ),
                ("bare temperature", lambda: model(leak, temperature=37), e.BareNumber,
                    "temperature", "'degC'", "37", "Q(37, 'degC')"),
                (
                    "frozen beyond 0 K", lambda: model(leak, temperature=Q(-300, "degC")),
                    e.OutOfDomain,
                    "temperature", "above zero", "-26.85 K", "sign",
                ),
            ]
        }
    )  # fmt: skip


@pytest.mark.parametrize("mistake", [*NUMBERS, *REACTIONS, *rows_of_models()], ids=str)
def test_mistake(mistake: Mistake) -> None:
    """Each row: its name says the mistake; see :func:`mistakes.judge` for what is asked of the
    error.
    """
    judge(mistake)


def test_a_species_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Na.charge = 2


def test_a_model_does_not_change() -> None:
    made = model(transporter())
    with pytest.raises(AttributeError, match="immutable; build another"):
        made.name = "other"


def test_the_gallery_is_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each message of docs/errors.md is what the code above it prints."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(re.search(r"```python\n(.*?)```", GALLERY, re.DOTALL)[1], names)
    shown = re.findall(r"```py\n(.*?)```\n\n```text\n(.*?)\n```\n", GALLERY, re.DOTALL)
    assert len(shown) == GALLERY.count("\n## ")
    for code, text in shown:
        with pytest.raises(e.BiomembraneError) as error:
            exec(code, names)
        assert f"{type(error.value).__name__}: {error.value}" == text
