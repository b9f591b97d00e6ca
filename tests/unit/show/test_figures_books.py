"""The numbers of the figures are those of the ledger: ribbons, bars, shares and traces, whatever
the run.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
import pytest
import xarray as xr
from builders import cell, membrane, mM
from differential import packaged
from differential.description import random_system
from pictures import check_picture, in_and_out

import biomembrane as bm
from biomembrane import Protocol, Q, laws
from biomembrane import dimension as d
from biomembrane import library as lib
from biomembrane.account.display_names import WORDS, distinct
from biomembrane.library import Cl, K, Na, glucose
from biomembrane.show import course_contents, figures, flow_layout, print_format, style

LINES = ("spent", "supplied", "imposed", "stored", "delivered", "dissipated")
ATP = bm.Species("ATP", moieties={"a": 1, "p": 3}, standard=Q(32, "kJ/mol"), convention="pH 7")
ADP, PI = (
    bm.Species("ADP", moieties={"a": 1, "p": 2}, convention="pH 7"),
    bm.Species("Pi", moieties={"p": 1}, convention="pH 7"),
)
FUEL = {ATP: 4, ADP: 0.4, PI: 4}
BURN = " + ATP@in -> Na@out + ADP@in + Pi@in"


def leak(species: bm.Species, on: Any, size: float = 1e-6, **more: Any) -> bm.Transporter:
    return lib.leak(species, on, permeability=Q(size, "cm/s"), **more)


def pump(on: Any, name: str = "pump") -> bm.Transporter:
    return bm.Transporter(name, "Na@in" + BURN, on, laws.Elementary(rate=Q(1e4, "fmol/s")))


def made(
    parts: Any,
    inside: Any,
    outside: Any,
    held: Any = None,
    parameters: Any = None,
    until: str = "20 s",
) -> bm.Run:
    return bm.simulate(
        cell(parts, inside, outside, held=held, impermeant=bm.balance(charge=-1)),
        until=until,
        parameters=parameters,
    )


SALT = {Na: 12.0, K: 100.0, Cl: 10.0}
BATH = {Na: 140.0, K: 5.0, Cl: 145.0}


def burning() -> bm.Run:
    return made(lambda m: [pump(m), leak(Na, m), leak(K, m)], SALT, BATH, FUEL)


def synthesis() -> bm.Run:
    """The gradient makes ATP: less than nothing is spent."""
    turbine = "3 Na@in + ATP@in -> 3 Na@out + ADP@in + Pi@in"
    law = laws.Elementary(rate=Q(1e10, "fmol/s"))
    return made(
        lambda m: [bm.Transporter("turbine", turbine, m, law), leak(K, m)],
        SALT,
        BATH,
        {ATP: 1e-3, ADP: 4, PI: 40},
    )


def own_fuel() -> bm.Run:
    """ATP is in the cell's contents, so that it is drawn from its stores."""
    return made(lambda m: [pump(m), leak(K, m)], SALT | FUEL, BATH)


def fuel_outside() -> bm.Run:
    """Outside, where the bath supplies and takes, species by species."""
    out = "Na@in + ATP@out -> Na@out + ADP@out + Pi@out"
    return made(
        lambda m: [
            bm.Transporter("ecto", out, m, laws.Elementary(rate=Q(1e4, "fmol/s"))),
            leak(K, m),
        ],
        SALT,
        BATH | FUEL,
    )


def still() -> bm.Run:
    """Nothing moves and nothing is dissipated; a step of the bath makes what the cell holds worth
    less.
    """
    return made(
        lambda m: [leak(K, m, 0.0)],
        SALT,
        BATH,
        parameters={"bath.K": Protocol.steps(Q(5, "mM"), (Q(3, "s"), Q(50, "mM")))},
    )


def lifted() -> bm.Run:
    """Steps and a swing at once."""
    swing = Protocol.function(lambda t, c, w: c * (2 + w * t), c=Q(70, "mM"), w=Q(0.05, "1/s"))
    fall = Protocol.steps(Q(5, "mM"), (Q(7, "s"), Q(1, "mM")))
    return made(
        lambda m: [pump(m), leak(Na, m), leak(K, m)],
        SALT,
        BATH,
        FUEL,
        {"bath.Na": swing, "bath.K": fall},
    )


def uphill() -> bm.Run:
    """A published flux that runs uphill for free."""
    law = laws.Empirical(
        flux=lambda s: s.parameter("k", Q(0.05, "fmol/s"), d.FLUX), reason="a constant"
    )
    return made(
        lambda m: [
            bm.Transporter("constant", "glucose@out -> glucose@in", m, law),
            leak(glucose, m),
        ],
        SALT | {glucose: 5},
        BATH | {glucose: 1},
    )


def twins() -> bm.Run:
    """Two of everything under one label, and labels that are words of the figure."""
    P = laws.GHK(permeability=Q(1e-6, "cm/s"))
    return made(
        lambda m: [
            *(bm.Transporter(n, "K@in -> K@out", m, P, label="channel") for n in ("BK", "SK")),
            pump(m, "ATP"),
            bm.Transporter("heat", "Na@in -> Na@out", m, P),
            bm.Transporter("stored", "Cl@in -> Cl@out", m, P),
        ],
        SALT, BATH, FUEL,
    )  # fmt: skip


OWN = {
    f.__name__: f
    for f in (burning, synthesis, own_fuel, fuel_outside, still, lifted, uphill, twins)
}
SEEDS = (4, 15, 17, 20, 3)  # without and with protocols, several cells, a floating bath


@cache
def run_of(name: str | int) -> bm.Run:
    return packaged.simulate(random_system(name)) if isinstance(name, int) else OWN[name]()


every_run = pytest.mark.parametrize("name", [*OWN, *SEEDS])


def end(array: xr.DataArray) -> float:
    return float(array.isel(time=-1))


def slack(run: bm.Run) -> float:
    return 1e-7 * end(run.ledger.passed) + 1e-12


@every_run
def test_ribbons_sum_to_the_lines_of_the_ledger(name: str | int) -> None:
    run = run_of(name)
    flows = run.ledger.flows()
    fuels = run.ledger._ledger_layout.fuels

    def net(gives: str, takes: str) -> float:
        return sum(f.energy for f in flows if f.source == gives) - sum(
            f.energy for f in flows if f.target == takes
        )

    summed = {
        "spent": sum(net(fuel, fuel) for fuel in fuels), "supplied": net("baths", ""),
        "imposed": net("protocols", "taken out by protocols"),
        "stored": -net("stored", "stored"), "delivered": -net("", "delivered"),
        "dissipated": -net("heat", "heat"),
    }  # fmt: skip
    assert summed == pytest.approx(
        {line: end(getattr(run.ledger, line)) for line in LINES}, rel=1e-9, abs=slack(run)
    )


@every_run
def test_each_transporter_has_a_bar_of_its_own_with_its_energies(name: str | int) -> None:
    run = run_of(name)
    ledger, flows = run.ledger, run.ledger.flows()
    labels = [ledger.labels[t] for t in ledger.transporters]
    assert len(set(labels)) == len(labels) == len(run.model.transporters)
    assert not set(labels) & {*WORDS, *ledger._ledger_layout.carriers}
    heat, moved = (
        ledger.by("transporter").isel(time=-1),
        ledger.transfers.isel(time=-1).sum("component"),
    )
    for t, label in zip(ledger.transporters, labels, strict=True):
        into, out = (
            sum(
                f.energy
                for f in flows
                if getattr(f, side) == label and f.kind not in ("heat", "uphill")
            )
            for side in ("target", "source")
        )
        own = moved.sel(transporter=t).values
        assert (into, out) == pytest.approx(
            (own.clip(min=0).sum(), (-own).clip(min=0).sum()), rel=1e-12, abs=1e-15
        )
        lost = sum(f.energy for f in flows if f.source == label and f.kind == "heat") - sum(
            f.energy for f in flows if f.target == label and f.kind == "uphill"
        )
        assert lost == pytest.approx(float(heat.sel(transporter=t)), rel=1e-12, abs=1e-15)
        assert into == pytest.approx(out + lost, rel=1e-7, abs=slack(run))


@every_run
def test_bars_and_shares_are_those_of_the_books(name: str | int) -> None:
    """Heights are energies to scale, and per cent have the base of the table."""
    run = run_of(name)
    flows, passed = run.ledger.flows(), end(run.ledger.passed)
    with style.style("cell"):
        diagram = flow_layout.arrange(flows, flow_layout.Sheet(700, 7, 6), passed, threshold=0)
    drawn = flow_layout.DRAWN
    for node in diagram.nodes:
        into = sum(f.energy for f in flows if f.target == node.name)
        out = sum(f.energy for f in flows if drawn.get(f.source, f.source) == node.name)
        assert node.height == pytest.approx(max(into, out) * diagram.scale, rel=1e-12)
        assert print_format.percent(max(into, out) / passed) in node.text[1]
    for link in diagram.links:
        assert link.width == pytest.approx(link.energy * diagram.scale, rel=1e-12)


@every_run
def test_the_drawn_books_close(name: str | int) -> None:
    """What comes in at the left goes out at the right; what protocols impose is among it, and is
    that of the ledger.
    """
    run = run_of(name)
    passed = end(run.ledger.passed)
    with style.style("cell"):
        diagram = flow_layout.arrange(
            run.ledger.flows(), flow_layout.Sheet(1400, 7, 6), passed, threshold=0
        )
    into, out = in_and_out(diagram)
    assert into == pytest.approx(out, rel=1e-7, abs=slack(run))
    assert into >= end(run.ledger.dissipated) - slack(run)
    put_in, taken = flow_layout.PROTOCOLS
    imposed = sum(
        link.energy * ((link.source == put_in) - (link.target == taken)) for link in diagram.links
    )
    assert imposed == pytest.approx(end(run.ledger.imposed), rel=1e-9, abs=slack(run))


@pytest.mark.parametrize("name", ["lifted", "own_fuel", "twins", *SEEDS])
def test_the_picture_of_a_run_can_be_read_in_one_column(name: str | int) -> None:
    check_picture(figures.energy_flow(run_of(name), width="single"))


@every_run
def test_the_line_below_the_figure_is_the_table(name: str | int) -> None:
    run = run_of(name)
    figure = figures.energy_flow(run)
    below = " ".join(text.get_text() for text in figure.texts).replace("−", "-")
    factor, unit = print_format.scaled("pJ", end(run.ledger.passed))
    words = {
        "supplied": "supplied by baths",
        "imposed": "imposed by protocols",
        "dissipated": "heat",
    }
    for line in LINES:
        energy = end(getattr(run.ledger, line))
        said = re.findall(rf"{words.get(line, line)} (\S+) {unit}", below)
        if abs(energy) > 1e-6 * end(run.ledger.passed):
            assert print_format.digits(energy * factor).replace("−", "-") in said, line


@every_run
def test_the_energy_panel_holds_every_line(name: str | int) -> None:
    """Through every output, whatever edges stand between them."""
    run = run_of(name)
    axes = figures.traces(run, panels="energy").axes[0]
    peak = max(float(np.abs(getattr(run.ledger, line)).max()) for line in LINES)
    factor, _ = print_format.scaled("pJ", peak)
    time = run.data.time.values * print_format.time_unit(float(np.ptp(run.data.time.values)))[0]
    drawn = [y for y in (through(line, time) for line in axes.lines) if y is not None]
    for line in LINES:
        wanted = getattr(run.ledger, line).values
        if np.abs(wanted).max() > 1e-5 * peak:
            assert any(
                np.allclose(y, wanted * factor, rtol=1e-4, atol=1e-9 * peak * factor) for y in drawn
            ), line
    assert set(course_contents.SUMS) == set(LINES)


def through(line: Any, time: Any) -> Any:
    """Where a line is from each of these times on, as it stands in its vertices; None of a line
    that has not all of them.
    """
    x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
    at = np.searchsorted(x, time, side="right") - 1
    return y[at] if (x[at] == time).all() else None


def test_negative_lines_are_drawn_as_what_they_are() -> None:
    assert end(run_of("synthesis").ledger.spent) < 0
    assert any(f.target == "ATP" for f in run_of("synthesis").ledger.flows())
    assert end(run_of("still").ledger.imposed) < 0 == end(run_of("still").ledger.dissipated)
    assert end(run_of("uphill").ledger.by("transporter").sel(transporter="constant")) < 0
    assert "uphill for free" in {
        text.get_text().replace("\n", " ") for text in figures.energy_flow(run_of("uphill")).texts
    }
    assert any(
        f.source == "stored" and f.target == "ATP" for f in run_of("own_fuel").ledger.flows()
    )
    assert (
        end(run_of("fuel_outside").ledger.supplied) > 0 == end(run_of("fuel_outside").ledger.spent)
    )


def test_a_bath_that_a_protocol_changes_is_drawn_as_it_changes() -> None:
    """With an edge that stands upright at the break, which lies between two outputs."""
    falls = Protocol.steps(Q(2000, "uM"), (Q(5.01, "s"), Q(500, "uM")))
    run = made(
        lambda m: [leak(glucose, m)],
        SALT | {glucose: 1},
        BATH | {glucose: 2},
        parameters={"bath.glucose": falls},
    )
    levels = [
        (np.asarray(line.get_xdata()), np.asarray(line.get_ydata()))
        for line in figures.traces(run, panels="solutes").axes[0].lines
    ]
    x, y = next((x, y) for x, y in levels if len(y) == 4)
    assert x.tolist() == [0, pytest.approx(5.01), pytest.approx(5.01), 20]
    assert y.tolist() == pytest.approx([2.0, 2.0, 0.5, 0.5])


def test_labels_are_made_distinct() -> None:
    assert distinct([("a", "leak"), ("b", "leak"), ("c", "pump")]) == {
        "a": "leak (a)",
        "b": "leak (b)",
        "c": "pump",
    }
    assert distinct([("heat", "heat")], ["heat"]) == {"heat": "heat (heat)"}
    assert len(set(distinct([("b", "x"), ("c", "x"), ("d", "x (b)")]).values())) == 3
    table = str(run_of("twins").ledger)
    assert "channel (BK)" in table
    assert "channel (SK)" in table


def test_species_of_one_label_are_stores_of_their_own() -> None:
    one, two = bm.Species("one", label="S"), bm.Species("two", label="S")
    inside = bm.Compartment("cell", volume=Q(1, "pL"), contents=mM({one: 1, two: 2}))
    on = membrane(inside, bm.Reservoir("bath", mM({one: 5, two: 9})))
    parts = [leak(one, on), leak(two, on)]
    flows = bm.simulate(bm.Model("two", parts), until="5 s").ledger.flows()
    assert len({f.source for f in flows if f.kind == "input"}) == 2
