"""The energy books say who pays whom."""

import numpy as np
import pytest
from builders import FUEL, RT, SALINE, cell, fuel_energy, mM
from physics.ledger_runs import enterocyte, last, runs

import biomembrane as bm
from biomembrane import Q
from biomembrane import library as lib
from biomembrane.account.ledger_lines import LINES
from biomembrane.library import Cl, K, Na, glucose


def taken(run, transporter):
    """Energy that a transporter took from each carrier, negative where it gave [pJ]."""
    moved = last(run.ledger.transfers.sel(transporter=transporter)).sum("component")
    return {str(c): float(moved.sel(carrier=c)) for c in moved.carrier.values}


# --- who pays whom


def test_sodium_pays_for_glucose_and_the_pump_pays_sodium():
    """ATP → Na⁺ → glucose: each transporter hands on less than it takes, and the efficiency is the
    share.
    """
    run = enterocyte()
    pump, carrier = taken(run, "NaKATPase"), taken(run, "SGLT1")
    assert pump["ATP"] > -pump["Na"] > 0
    assert carrier["Na"] > -carrier["glucose"] > 0
    shares = -(pump["Na"] + pump["K"]) / pump["ATP"], -carrier["glucose"] / carrier["Na"]
    found = [float(last(run.ledger.efficiency(t))) for t in ("NaKATPase", "SGLT1")]
    assert found == pytest.approx(shares, rel=1e-12)
    assert 0 < min(found) < max(found) < 1


def test_glucose_goes_uphill_from_lumen_to_blood():
    """From 1 mM in the lumen through more than 5 mM in the cell into 5 mM of blood, with both steps
    running forward.
    """
    end = last(enterocyte().data)
    assert float(end.concentration.sel(pool="cell.glucose")) > 5
    assert float(end.flux.sel(process="SGLT1:C2-C3")) > 0
    assert float(end.flux.sel(process="GLUT2")) > 0


def test_atp_spent_is_turnover_times_its_energy():
    """Where only the pump moves K⁺, turnovers are half the K⁺ gained, and what was spent is that
    times −ΔG_ATP.
    """
    model = cell(
        lambda on: [lib.NaKATPase(on), lib.leak(Na, on)],
        {Na: 40, K: 90, Cl: 8},
        SALINE,
        V=-40,
        held=FUEL,
        impermeant=bm.balance(),
    )
    run = bm.simulate(
        model, until=Q(30, "s"), parameters={"ATP.standard_energy": Q(fuel_energy(-57e3), "J/mol")}
    )
    potassium = run.data.amount.sel(pool="cell.K").values
    assert potassium[-1] - potassium[0] > 1
    assert float(last(run.ledger.spent)) == pytest.approx(
        (potassium[-1] - potassium[0]) / 2 * 57, rel=1e-9
    )


def test_atp_spent_agrees_with_a_trapezoid_over_saved_points():
    """Summing flux times energy over 6001 points gives the ledger's figure to the trapezoid's own
    1e-5.
    """
    run = enterocyte()
    turnover = np.trapezoid(run.data.flux.sel(process="NaKATPase").values, run.data.time.values)
    p = run.model.parameters
    kelvin, standard = p["temperature"].value, p["ATP.standard_energy"].value
    energy = standard - 8.314462618 * kelvin * np.log(0.4 * 4 / 4 / 1000)
    assert float(last(run.ledger.spent)) == pytest.approx(turnover * energy / 1e3, rel=1e-5)


@runs
def test_lines_follow_from_the_entries(make):
    """Baths by species make what is supplied and delivered; what passed is the larger side; the
    residual is the difference of the sides.
    """
    b = make().ledger
    baths = b.baths.values
    assert b.supplied.values == pytest.approx(baths.clip(min=0).sum(axis=0), rel=1e-12)
    assert b.delivered.values == pytest.approx((-baths).clip(min=0).sum(axis=0), rel=1e-12)
    for species in b.baths.species.values:
        given = b.flow.where((b.flow.role == "bath") & (b.flow.species == species), 0).sum("entry")
        assert b.baths.sel(species=species).values == pytest.approx(
            given.values, abs=1e-9 * float(last(b.passed))
        )
    assert b.spent.values == pytest.approx(
        b.flow.where(b.flow.role == "held", 0).sum("entry").values, rel=1e-12
    )
    assert b.stored.values == pytest.approx(b.exergy.sum("store").values, rel=1e-12)
    assert b.dissipated.values == pytest.approx(b.dissipation.sum("process").values, rel=1e-12)
    sides = [b.spent + b.supplied, abs(b.dissipated), abs(b.stored)]
    assert b.passed.values == pytest.approx(np.max([s.values for s in sides], axis=0), rel=1e-12)
    left = (b.spent + b.supplied - b.delivered - b.stored - b.dissipated).values
    assert b.residual.values == pytest.approx(left, abs=1e-13 * float(last(b.passed)))
    relative = (abs(b.residual) / b.passed).where(abs(b.residual) > b.rounding, 0.0)
    assert b.residual_relative.values[1:] == pytest.approx(relative.values[1:], rel=1e-9)
    assert b.imposed.values.tolist() == [0.0] * b.imposed.size
    assert float(b.uphill.energy.max()) == float(b.uphill.duration.max()) == 0.0


def test_what_gradients_gave_to_coupled_transporters():
    """Sodium of the symporter, which lifts glucose with it; neither the leaks' nor the pump's
    fuel.
    """
    run = enterocyte()
    assert float(last(run.ledger.released)) == pytest.approx(taken(run, "SGLT1")["Na"], rel=1e-12)


def test_books_say_what_they_are():
    """Every line, and the books by entry, process, store and transporter, with names, units and
    labels.
    """
    b = enterocyte().ledger
    said = {name: getattr(b, name).attrs["long_name"] for name in LINES}
    assert said == LINES
    for name in LINES:
        assert getattr(b, name).attrs["units"] == ("1" if name == "residual_relative" else "pJ")
        assert getattr(b, name).dims == ("time",)
    assert b.spent.time.attrs == {"units": "s", "long_name": "time"}
    for array, dims, meaning in (
        (b.flow, ("entry", "time"), "energy given by the store"),
        (b.dissipation, ("process", "time"), "energy dissipated"),
        (b.exergy, ("store", "time"), "exergy gained"),
        (b.baths, ("species", "time"), "energy given by baths"),
        (b.transfers, ("transporter", "carrier", "component", "time"), "energy given by the store"),
        (b.by("role"), ("role", "time"), "energy given by the store"),
        (b.by("ion"), ("species", "component", "time"), "energy gained"),
        (b.by("transporter"), ("transporter", "time"), "energy dissipated"),
        (b.entries, ("process", "store", "time"), "energy given by the store"),
    ):  # fmt: skip
        assert (array.dims, array.attrs) == (dims, {"units": "pJ", "long_name": meaning})
    assert b.by("role").role.values.tolist() == ["held", "bath", "cell", "carrier"]
    assert b.transfers.component.values.tolist() == ["chemical", "electrical", "osmotic"]
    assert set(b.flow.coords) == {
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
    assert b.by("process") is b.dissipation
    assert b.by("store") is b.exergy
    assert b.efficiency("SGLT1").attrs == {"units": "1", "long_name": "efficiency of SGLT1"}
    said = {
        name: (a.attrs["units"], a.attrs["long_name"]) for name, a in b.uphill.data_vars.items()
    }
    assert said == {
        "energy": ("pJ", "energy dissipated while J·A < 0, counted positive"),
        "duration": ("s", "time with J·A < 0"),
        "energy_share": ("1", "energy share with J·A < 0"),
        "time_share": ("1", "time share with J·A < 0"),
    }  # fmt: skip
    assert b.uphill.energy.dims == b.uphill.time_share.dims == ("process", "time")


def test_a_frame_holds_the_entries_at_the_end():
    b = enterocyte().ledger
    frame = b.to_frame()
    assert frame.energy_pJ.to_numpy() == pytest.approx(last(b.flow).values)
    assert set(frame.columns) == {
        "process",
        "transporter",
        "store",
        "species",
        "place",
        "role",
        "component",
        "carrier",
        "energy_pJ",
    }
    assert frame.process.tolist() == b.flow.process.values.tolist()


def test_transfers_and_entries_are_the_same_energy():
    """By carrier or by store, each transporter gives and takes the same; the electrical part of
    glucose is nothing.
    """
    b = enterocyte().ledger
    moved, entries = last(b.transfers), last(b.entries)
    for transporter in b.transporters:
        own = [p.name for p in enterocyte().model.processes if p.transporter == transporter]
        passed = float(abs(entries.sel(process=own)).sum())
        assert float(moved.sel(transporter=transporter).sum()) == pytest.approx(
            float(entries.sel(process=own).sum()), abs=1e-12 * passed
        )
    assert float(abs(moved.sel(carrier="glucose", component="electrical")).max()) == 0
    assert float(moved.sel(transporter="GLUT2", carrier="glucose").sum()) == pytest.approx(
        float(last(b.by("transporter")).sel(transporter="GLUT2"))
    )


@runs
def test_ribbons_balance_at_every_node(make):
    """What a transporter or a gradient takes in leaves it; fuels, stores and baths feed, heat,
    stores and baths end.
    """
    ledger = make().ledger
    listed = ledger.flows()
    kinds = {
        "supply": "fuel or bath",
        "input": "gradient",
        "output": "gradient",
        "heat": "heat",
        "stored": "store",
        "delivered": "bath",
    }
    assert {f.kind for f in listed} <= set(kinds)
    assert min(f.energy for f in listed) > 0
    into, out = {}, {}
    for f in listed:
        into[f.target], out[f.source] = (
            into.get(f.target, 0) + f.energy,
            out.get(f.source, 0) + f.energy,
        )
    passed = float(last(ledger.passed))
    for node in set(into) & set(out) - {"stored", "baths", "delivered"}:
        assert into[node] == pytest.approx(out[node], abs=1e-7 * passed), node
    assert into["heat"] == pytest.approx(float(last(ledger.dissipated)), rel=1e-9)
    assert out["ATP"] == pytest.approx(float(last(ledger.spent)), rel=1e-9)
    for node in set(out) - set(into):
        assert node in ("ATP", "stored", "baths"), node
    assert set(into) - set(out) <= {"heat", "stored", "delivered"}
    names = {t.label for t in make().model.transporters}
    for f in listed:
        assert f.target != "heat" or (f.kind == "heat" and f.source in names)
        assert f.kind != "input" or (
            f.target in names and (f.source.endswith(" gradient") or f.source == "carrier states")
        )
        assert f.kind != "output" or (
            f.source in names and (f.target.endswith(" gradient") or f.target == "carrier states")
        )
        assert f.kind != "supply" or f.source in ("ATP", "baths")
        assert f.kind != "stored" or "stored" in (f.source, f.target)
        assert f.kind != "delivered" or f.target == "delivered"
    gained = sum(f.energy for f in listed if f.target == "stored") - sum(
        f.energy for f in listed if f.source == "stored"
    )
    assert gained == pytest.approx(float(last(ledger.stored)), abs=1e-7 * passed)


def test_a_bath_that_pays_is_a_supply():
    """Glucose runs from a rich lumen through the cell to the blood: the lumen supplies RT ln 10 for
    each mole, and the rest is heat.
    """
    lumen, blood = bm.Reservoir("lumen", mM({glucose: 30})), bm.Reservoir("blood", mM({glucose: 3}))
    inside = bm.Compartment("cell", volume=Q(1, "pL"), contents=mM({glucose: 10}))
    sides = [
        bm.Membrane(n, inside=inside, outside=bath, area=Q(100, "um^2"))
        for n, bath in (("apical", lumen), ("basal", blood))
    ]
    leaks = [
        lib.leak(glucose, on, permeability=Q(1e-5, "cm/s"), name=f"{on.name}_leak") for on in sides
    ]
    run = bm.simulate(bm.Model("passage", leaks, reference=blood), until=Q(1, "min"))
    listed = {(f.source, f.target, f.kind): f.energy for f in run.ledger.flows()}
    label = next(
        iter({f.source for f in run.ledger.flows() if f.target != "heat"} - {"baths", "stored"})
    )
    paid = listed["baths", label, "supply"]
    moved = np.trapezoid(run.data.flux.isel(process=0).values, run.data.time.values)
    assert paid == pytest.approx(RT * np.log(10) * abs(moved) / 1e3, rel=1e-4)
    assert paid == pytest.approx(float(last(run.ledger.supplied)), rel=1e-9)
