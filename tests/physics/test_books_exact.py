"""The books line by line against closed forms: constant fluxes between baths, and from fuel."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from builders import RT, patch
from physics.exact_books import ENERGY, D, J, S, T, check_lines, constant, nearly, pJ, pump

import biomembrane as bm
from biomembrane import Q
from biomembrane.account.energy_flows import Flow
from biomembrane.account.ledger_lines import LINES

# --- between baths


@cache
def exchange() -> bm.Run:
    """D falls from 100 to 10 mM and lifts S from 1 to 5 mM, mole for mole, between two baths."""
    parts = lambda on: [constant("swap", "D@in + S@out -> D@out + S@in", on)]  # noqa: E731
    return bm.simulate(patch(parts, {D: 100, S: 5}, {D: 10, S: 1}), times=Q(T, "s"))


def test_an_exchanger_between_baths() -> None:
    """D supplies RT ln 10, S is delivered RT ln 5, the rest is heat; nothing is stored, and D is
    what the coupled transporter was given.
    """
    paid, gained = pJ(RT * np.log(10)), pJ(RT * np.log(5))
    ledger = exchange().ledger
    check_lines(
        ledger,
        supplied=paid,
        delivered=gained,
        dissipated=paid - gained,
        passed=paid,
        released=paid,
    )
    assert ledger.baths.species.values.tolist() == ["D", "S"]
    assert ledger.baths.values == nearly(np.array([paid, -gained]))
    assert ledger.efficiency("swap").values[1:] == nearly([np.log(5) / np.log(10)] * 2)
    assert np.isnan(ledger.efficiency("swap").values[0])
    moved = ledger.transfers.sel(transporter="swap", component="chemical")
    assert (moved.sel(carrier="D").values, moved.sel(carrier="S").values) == (
        nearly(paid),
        nearly(-gained),
    )
    assert abs(ledger.transfers.sel(component=["electrical", "osmotic"])).max() == 0
    role = ledger.by("role")
    assert role.sel(role="bath").values == nearly(paid - gained)
    assert abs(role.sel(role=["held", "cell", "carrier"])).max() == 0
    assert ledger.by("ion").dims == ("species", "component", "time")
    assert ledger.flows() == [
        Flow("D gradient", "swap", pytest.approx(paid[-1]), "input"),
        Flow("swap", "S gradient", pytest.approx(gained[-1]), "output"),
        Flow("swap", "heat", pytest.approx(paid[-1] - gained[-1]), "heat"),
        Flow("baths", "D gradient", pytest.approx(paid[-1]), "supply"),
        Flow("S gradient", "delivered", pytest.approx(gained[-1]), "delivered"),
    ]  # fmt: skip


def test_books_say_what_they_are() -> None:
    """Unit, meaning, name and dimensions of each line and view."""
    ledger = exchange().ledger
    for name, meaning in LINES.items():
        line = getattr(ledger, name)
        assert (line.name, line.dims) == (meaning, ("time",))
        assert line.attrs == {
            "units": "1" if name == "residual_relative" else "pJ",
            "long_name": meaning,
        }
        assert line.time.attrs == {"units": "s", "long_name": "time"}
        assert line.time.values.tolist() == T.tolist()
    given, lost = "energy given by the store", "energy dissipated"
    views = {
        "transporter": lost,
        "process": lost,
        "role": given,
        "store": "exergy gained",
        "ion": "energy gained",
    }
    said = {what: ledger.by(what) for what in views} | {
        "flow": ledger.flow,
        "transfers": ledger.transfers,
        "entries": ledger.entries,
    }
    for what, array in said.items():
        meaning = views.get(what, given)
        assert (array.name, array.attrs) == (meaning, {"units": "pJ", "long_name": meaning})
        assert array.time.attrs == {"units": "s", "long_name": "time"}
    assert (ledger.baths.name, ledger.baths.attrs) == (
        "energy given by baths",
        {"units": "pJ", "long_name": "energy given by baths"},
    )
    assert ledger.efficiency("swap").attrs == {"units": "1", "long_name": "efficiency of swap"}
    assert ledger.by("role").role.values.tolist() == ["held", "bath", "cell", "carrier"]
    assert ledger.transfers.dims == ("transporter", "carrier", "component", "time")
    assert ledger.transfers.component.values.tolist() == ["chemical", "electrical", "osmotic"]
    assert set(ledger.flow.coords) == {
        "process",
        "transporter",
        "store",
        "species",
        "place",
        "role",
        "component",
        "carrier",
        "time",
    }
    up = {name: (array.dims, array.attrs) for name, array in ledger.uphill.data_vars.items()}
    along = ("process", "time")
    assert up == {
        "energy": (along, {"units": "pJ",
            "long_name": "energy dissipated while J·A < 0, counted positive"}),
        "duration": (along, {"units": "s", "long_name": "time with J·A < 0"}),
        "energy_share": (along, {"units": "1", "long_name": "energy share with J·A < 0"}),
        "time_share": (along, {"units": "1", "long_name": "time share with J·A < 0"}),
    }  # fmt: skip


def test_an_entry_for_each_store_of_each_process() -> None:
    """Against the reference bath, so that its own entries are nothing; by process and store, and as
    a frame at the end.
    """
    ledger = exchange().ledger
    frame = ledger.to_frame()
    given = dict(zip(frame["store"], frame["energy_pJ"], strict=True))
    energy = {"bath.D": pJ(RT * np.log(10))[-1], "bath.S": -pJ(RT * np.log(5))[-1]}
    assert {store: x for store, x in given.items() if abs(x) > 1e-12} == {
        store: nearly(x) for store, x in energy.items()
    }
    assert set(frame.process) == set(frame.transporter) == {"swap"}
    row = frame[(frame["store"] == "bath.D") & (abs(frame["energy_pJ"]) > 0)].iloc[0]
    assert (row.species, row.place, row.role, row.component, row.carrier) == (
        "D",
        "bath",
        "bath",
        "chemical",
        "D",
    )
    dense = ledger.entries
    assert dense.dims == ("process", "store", "time")
    assert dense.process.values.tolist() == ["swap"]
    assert dense.sel(process="swap", store="bath.D (chemical)").values == nearly(
        pJ(RT * np.log(10))
    )
    assert len(dense.store) == len(set(frame["store"] + frame.component))


def test_fuel_is_spent_and_what_it_lifts_is_delivered() -> None:
    ledger = pump().ledger
    spent, gained = pJ(ENERGY, 3 * J), pJ(RT * np.log(5))
    check_lines(ledger, spent=spent, delivered=gained, dissipated=spent - gained, passed=spent)
    assert ledger.by("transporter").transporter.values.tolist() == ["inlet", "lift", "burn"]
    assert ledger.by("transporter").values == nearly(
        np.array([0 * T, pJ(ENERGY) - gained, pJ(ENERGY, 2 * J)])
    )
    assert ledger.efficiency("lift").values[-1] == nearly(RT * np.log(5) / ENERGY)
    assert ledger.efficiency("burn").values[-1] == 0
    assert ledger.by("role").sel(role="held").values == nearly(spent)
    moved = ledger.transfers.sum("component").isel(time=-1)
    assert moved.carrier.values.tolist().count("ATP") == 1
    assert not {"ADP", "Pi"} & set(moved.carrier.values)
    assert float(moved.sel(transporter="lift", carrier="ATP")) == nearly(pJ(ENERGY)[-1])
    kinds = {(f.source, f.target): f.kind for f in ledger.flows()}
    assert kinds["ATP", "lift"] == kinds["ATP", "burn"] == "supply"
    assert kinds["lift", "S gradient"] == "output"


def test_lanes_of_a_scan_keep_their_own_books() -> None:
    """Rates of no flux, one and two: each lane its lines, dimensions after time, the coordinate of
    the scan on each.
    """
    ledger = pump(0.0, J, 2 * J).ledger
    n = np.array([0.0, 1.0, 2.0])
    spent, gained = pJ(ENERGY)[:, None] * (n + 2), pJ(RT * np.log(5))[:, None] * n
    for name, wanted in {
        "spent": spent,
        "delivered": gained,
        "dissipated": spent - gained,
        "passed": spent,
        "stored": 0 * spent,
    }.items():
        assert getattr(ledger, name).dims == ("time", "r")
        assert getattr(ledger, name).values == nearly(wanted)
        assert getattr(ledger, name).r.values == pytest.approx(n * J)
    assert ledger.transfers.dims == ("transporter", "carrier", "component", "time", "r")
    assert ledger.transfers.sel(transporter="lift", carrier="S").sum("component").values == nearly(
        -gained
    )
    assert ledger.flow.dims == ("entry", "time", "r")
    assert ledger.efficiency("lift").values[-1] == pytest.approx(
        [np.nan, *[RT * np.log(5) / ENERGY] * 2], nan_ok=True
    )
    assert ledger.entries.dims == ("process", "store", "time", "r")
    assert ledger.check() is ledger
