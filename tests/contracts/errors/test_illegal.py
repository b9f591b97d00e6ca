"""Mistakes in reactions and models: told at once, at the call that is
wrong, in words that help.
"""

from __future__ import annotations

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
from biomembrane import Q, Species, dimension, laws
from biomembrane import errors as e
from biomembrane import library as lib
from biomembrane.library import ADP, ATP, Cl, K, Na, Pi

GALLERY = Path(__file__).parents[3].joinpath("docs", "errors.md").read_text("utf-8")
OTHER = "explicit H+"
ATP4 = Species(
    "ATP", -4, moieties={"adenosine": 1, "phosphate": 3}, standard=Q(10, "kJ/mol"), convention=OTHER
)
ATP_OTHER = Species("ATP", moieties=ATP.moieties, standard=Q(1, "kJ/mol"), convention=OTHER)

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


@pytest.mark.parametrize("mistake", [*REACTIONS, *rows_of_models()], ids=str)
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
