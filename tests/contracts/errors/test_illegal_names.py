"""Dotted names with two owners, and parameters declared twice in two ways."""

from __future__ import annotations

from typing import Any

import pytest
from mistakes import Mistake, bath, cell, cycle, judge, membrane, model, table, transporter

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane import dimension as d
from biomembrane import errors as e


def reads(
    *keys: tuple[str, Any, Any, str | None], name: str = "uniporter", on: Any = None
) -> bm.Transporter:
    """A uniporter whose one-way rates each multiply a parameter, declared as (key, value,
    dimension, domain) says.
    """

    ones = {d.CONCENTRATION: Q(1, "mM"), d.AREA: Q(1, "um^2"), d.VOLUME: Q(1, "pL")}

    def way(side: str, key: str, value: Any, dim: Any, domain: str | None) -> Any:
        unit = Q(1, "fmol/s/mM"), d.FLUX / d.CONCENTRATION
        return lambda site: (
            site.parameter("k", *unit)
            * site[f"glucose@{side}"]
            * (
                site.parameter(key, value, dim, domain=domain)
                / site.parameter("one", ones[dim], dim)
            )
        )

    first, second = keys if len(keys) == 2 else keys * 2
    law = laws.Pair(forward=way("in", *first), reverse=way("out", *second))
    return transporter("glucose@in -> glucose@out", law, membrane() if on is None else on, name)


mM, um2 = d.CONCENTRATION, d.AREA
LEVEL = ("glucose", Q(5, "mM"), mM, None)


def spoilt(name: str, states: str) -> bm.Model:
    """A cycle under another name, with its states renamed in order."""
    words = dict(zip("O OG IG I".split(), states.split(), strict=True))
    one = {"forward": Q(10, "1/s"), "reverse": Q(10, "1/s")}
    bind = {"forward": Q(1, "1/s/mM"), "reverse": Q(10, "1/s")}
    O, OG, IG, I = words.values()  # noqa: E741
    steps = [
        (f"{O} + glucose@out <-> {OG}", bind),
        (f"{OG} <-> {IG}", one),
        (f"{I} + glucose@in <-> {IG}", bind),
        (f"{I} <-> {O}", one),
    ]
    return model(cycle(name=name, states=states, steps=steps, close=[f"{I} <-> {O}"]))


NAMES = table(
    {
        "Model": [
            (
                "a bath and a law, one value", lambda: model(reads(LEVEL, name="bath")),
                e.DuplicateName,
                "parameter 'bath.glucose'", "one owner",
                ("5 mM of the reservoir 'bath'", "the transporter 'bath'"), "another name",
            ),
            (
                "a cell and a law, two domains",
                lambda: model(reads(("Na", Q(15, "mM"), mM, "positive"), name="cell")),
                e.DuplicateName,
                "'cell.Na'", "one owner", ("of the compartment 'cell'",
                "of the transporter 'cell'"), "another name",
            ),
            (
                "a membrane and a law",
                lambda: model(reads(("area", Q(100, "um^2"), um2, None), name="membrane")),
                e.DuplicateName,
                "'membrane.area'", "one owner", "of the membrane 'membrane'", "another name",
            ),
            (
                "a volume and a law", lambda: _volume("glass"), e.DuplicateName,
                "'glass.volume'", "one owner", "1 pL of the compartment 'glass'", "another name",
            ),
            (
                "a state and a solute", lambda: spoilt("cell", "Na OG IG I"), e.DuplicateName,
                "state Na of cell", "one owner", "cell.Na, which the compartment 'cell' has too",
                "name='cell_carrier'",
            ),
            ("a state and a charge", lambda: spoilt("cell", "O OG charge I"), e.DuplicateName,
                "charge", "one owner", "cell.charge", "cell_carrier"),
            ("a state and a volume", lambda: spoilt("cell", "O volume IG I"), e.DuplicateName,
                "volume", "one owner", "cell.volume", "cell_carrier"),
            ("a state and an area", lambda: spoilt("membrane", "O OG IG area"), e.DuplicateName,
                "area", "owner", "membrane.area", "_carrier"),
        ],
        "Cycle": [
            ("a state and a density", lambda: spoilt("GLUT", "O OG IG density"), e.DuplicateName,
                "states=", "none", "density", "_1"),
        ],
        "Transporter": [
            (
                "two values", lambda: reads(("K", Q(5, "mM"), mM, None),
                ("K", Q(6, "mM"), mM, None)), e.DuplicateName,
                "uniporter, parameter 'uniporter.K'", "one value", "5 mM and 6 mM",
                "another key than 'K'",
            ),
            (
                "two domains", lambda: reads(("K", Q(5, "mM"), mM, "nonnegative"),
                ("K", Q(5, "mM"), mM, "positive")), e.DuplicateName,
                "uniporter.K", "one domain", "'nonnegative' and 'positive'",
                "domain='positive' wherever",
            ),
        ],
    }
)  # fmt: skip


def _volume(name: str) -> bm.Model:
    return model(
        reads(
            ("volume", Q(1, "pL"), d.VOLUME, None), name=name, on=membrane(inside=cell(name=name))
        )
    )


@pytest.mark.parametrize("mistake", NAMES, ids=str)
def test_mistake(mistake: Mistake) -> None:
    judge(mistake)


def test_what_is_shared_by_right_is_shared() -> None:
    """One energy of a species in two transporters; a transporter named as a bath that shares no
    dotted name with it.
    """
    on = membrane(outside=bath(name="GLUT"))
    pumps = [
        transporter(
            "ATP@in -> ADP@in + Pi@in", laws.Elementary(rate=Q(1, "fmol/s")), on.inside, name
        )
        for name in ("one", "other")
    ]
    made = bm.Model(
        "shared",
        [*pumps, reads(("half", Q(5, "mM"), mM, None), name="GLUT", on=on)],
        potential={on: Q(-60, "mV")},
    )
    assert made.parameter("ATP.standard_energy").owner == "the species 'ATP'"
    assert bm.simulate(made, until="1 s").status.ok


def test_a_domain_that_was_asked_for_holds_where_none_is() -> None:
    made = reads(("K", Q(5, "mM"), mM, "positive"), ("K", Q(5, "mM"), mM, None))
    assert made.parameters["uniporter.K"].domain == "positive"
    assert made.certificate.verdict == "proven"


def test_a_parameter_is_printed_in_the_unit_that_was_given() -> None:
    made = model(transporter(on=membrane(area=Q(500, "um^2"))))
    assert (
        repr(made.parameters["membrane.area"])
        == "<membrane.area = 500 µm², a number above zero; assumed; given by the user>"
    )
