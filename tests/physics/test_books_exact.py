"""The books line by line against closed forms: constant fluxes between baths, from fuel, onto a
capacitor, and a step of a bath.
"""

from __future__ import annotations

from functools import cache, cached_property
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xarray as xr
from builders import FUEL, RT, F, cell, fuel_energy, membrane, mM, patch
from mistakes import cycle

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane import library as lib
from biomembrane.account.energy_flows import Flow
from biomembrane.account.ledger_lines import LINES
from biomembrane.dimension import FLUX
from biomembrane.library import K, glucose
from biomembrane.solve.ledger_totals import LedgerTotals

S, D = bm.Species("S"), bm.Species("D")  # neutral solutes
J = 1e-3  # fmol/s
T = np.array([0.0, 4.0, 10.0])
HYDROLYSIS = "ATP@in -> ADP@in + Pi@in"
ENERGY = 50e3  # J/mol


def constant(name: str, reaction: str, on: Any, flux: float = J) -> bm.Transporter:
    law = laws.Empirical(
        flux=lambda site: site.parameter("J", Q(flux, "fmol/s"), FLUX), reason="constant"
    )
    return bm.Transporter(name, reaction, on, law)


def pJ(per_mole: float, flux: float = J) -> Any:
    """Over time, of a constant flux with a constant energy."""
    return flux * per_mole * T / 1e3


def lines(ledger: Any) -> dict[str, Any]:
    return {name: getattr(ledger, name).values for name in LINES}


def nearly(value: Any) -> Any:
    return pytest.approx(value, rel=1e-7, abs=1e-9)


def check_lines(ledger: Any, **told: Any) -> None:
    """Each line as told, and zero where it is not."""
    for name, found in lines(ledger).items():
        assert found == nearly(told.get(name, 0 * T)), name


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


# --- fuel


@cache
def pump(*rates: float) -> bm.Run:
    """50 kJ/mol of ATP lift S from 1 mM in a bath to 5 mM in another, through a cell that holds the
    fuel and is as it was; 1 fmol burns beside it.
    """
    one, two = bm.Reservoir("one", mM({S: 1})), bm.Reservoir("two", mM({S: 5}))
    inside = bm.Compartment("cell", volume=Q(1, "pL"), contents=mM({S: 1}), held=mM(FUEL))
    first, second = (
        bm.Membrane(n, inside=inside, outside=bath, area=Q(100, "um^2"))
        for n, bath in (("first", one), ("second", two))
    )
    parts = [
        constant("inlet", "S@out -> S@in", first),
        constant("lift", "S@in + ATP@in -> S@out + ADP@in + Pi@in", second),
    ]
    parts.append(constant("burn", HYDROLYSIS, inside, 2 * J))
    scan = (
        {
            name: xr.DataArray(list(rates), dims="r", attrs={"units": "fmol/s"})
            for name in ("inlet.J", "lift.J")
        }
        if rates
        else {}
    )
    given = {"ATP.standard_energy": Q(fuel_energy(-ENERGY), "J/mol"), **scan}
    return bm.simulate(bm.Model("pumped", parts, reference=one), times=Q(T, "s"), parameters=given)


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


# --- a capacitor


def test_a_current_charges_a_capacitor() -> None:
    """V = V₀ − J F t/C: the stores get ½C(V² − V₀²), the bath pays RT ln(K_i/K_o), and the rest is
    J·A dt.
    """
    C, V0 = 1e3, -0.01  # fF, V
    run = bm.simulate(
        patch(lambda on: [constant("pump", "K@in -> K@out", on)], {K: 20}, {K: 5}, V=V0 * 1e3),
        times=Q(T / 20, "s"),
    )
    ledger, V = run.ledger, V0 - J * F * T / 20 / C
    stored, paid = C * (V**2 - V0**2) / 2 / 1e3, pJ(RT * np.log(4)) / 20
    assert run.data.potential.values[:, 0] == nearly(V * 1e3)
    check_lines(
        ledger, supplied=paid, stored=stored, dissipated=paid - stored,
        passed=np.max([paid, stored, abs(paid - stored)], axis=0)
    )  # fmt: skip
    moved = ledger.transfers.sel(transporter="pump", carrier="K")
    assert moved.sel(component="chemical").values == nearly(paid)
    assert moved.sel(component="electrical").values == nearly(-stored)
    assert ledger.exergy.sel(store="capacitor").values == nearly(stored)
    up = ledger.uphill
    assert up.energy.dims == ("process", "time")
    assert float(up.energy_share[0, -1]) == pytest.approx(
        float(up.energy[0, -1] / (paid - stored + 2 * up.energy.values)[0, -1])
    )
    assert float(up.time_share[0, -1]) == pytest.approx(float(up.duration[0, -1]) / (T[-1] / 20))
    assert (up.energy_share[0, 0], up.time_share[0, 0]) == (0, 0)
    shares = ledger.uphill_shares()
    assert shares == {
        "pump": (
            float(up.time_share[0, -1]),
            float(up.energy[0, -1]),
            float(up.energy_share[0, -1]),
        )
    }


# --- a cell


def leak(**more: Any) -> bm.Run:
    """From 9 mM into 1 mM at 0.1/s."""
    model = cell(lambda on: [lib.leak(S, on, permeability=Q(1e-4, "cm/s"))], {S: 9}, {S: 1})
    return bm.simulate(model, **{"times": Q(T, "s"), **more})


def exergy(c: Any, out: float) -> Any:
    return RT * (c * np.log(c / out) - c + out) / 1e3


def test_a_step_of_a_bath_imposes_the_jump_of_exergy() -> None:
    """At 5 s from 1 to 2 mM: −c ln 2 + 1 in RT; what passed counts it, whichever its sign."""
    at = np.array([0.0, 4.0, 5.0, 10.0])
    step = bm.Protocol.steps(Q(1, "mM"), (Q(5, "s"), Q(2, "mM")))
    ledger = leak(times=Q(at, "s"), parameters={"bath.S": step}).ledger
    middle = 1 + 8 * np.exp(-0.5)
    jump = exergy(middle, 2) - exergy(middle, 1)
    end = 2 + (middle - 2) * np.exp(-0.5)
    stored = np.array(
        [0, exergy(1 + 8 * np.exp(-0.4), 1), exergy(middle, 2), exergy(end, 2)]
    ) - np.array([0, *[exergy(9, 1)] * 3])
    imposed = np.array([0, 0, jump, jump])
    assert ledger.imposed.values == nearly(imposed)
    assert ledger.stored.values == nearly(stored)
    assert ledger.dissipated.values == nearly(imposed - stored)
    assert ledger.passed.values == nearly(
        np.max([abs(imposed), abs(imposed - stored), abs(stored)], axis=0)
    )
    assert ledger.residual.values == pytest.approx(0 * stored, abs=1e-8)


def test_rounding_counts_the_terms_of_the_exergy_too() -> None:
    """1e-14 of RT Σn and of what Ξ is made of at the start, the largest lane's; carrier states are
    amounts as solutes are.
    """
    assert leak().ledger.rounding == pytest.approx(
        1e-14 * (RT * 9 / 1e3 + exergy(9, 1)), rel=1e-9, abs=0
    )
    inside = xr.DataArray([9.0, 90.0, 1.0], dims="c", attrs={"units": "mM"})
    assert leak(parameters={"cell.S": inside}).ledger.rounding == pytest.approx(
        1e-14 * (RT * 90 / 1e3 + exergy(90, 1)), rel=1e-9, abs=0
    )


def ratio(**given: float) -> float:
    """The relative residual of numbers of one's own."""
    relative = LedgerTotals.__dict__["residual_relative"]
    assert isinstance(relative, cached_property)
    books: Any = SimpleNamespace(
        **{name: np.array([value]) for name, value in ({"swung": 0.0} | given).items()}
    )
    return float(relative.func(books)[0])


def test_a_residual_is_of_what_passed() -> None:
    """Zero where the residual is within rounding, bounds included; a residual where nothing passed
    is no number.
    """
    assert ratio(residual=-3.0, passed=4.0, rounding=1.0) == 0.75
    assert ratio(residual=-1.0, passed=1.0, rounding=1.0) == 0
    assert ratio(residual=-0.5, passed=2.0, rounding=1.0) == 0
    assert ratio(residual=-2.0, passed=0.5, rounding=1.0) == 4.0
    assert np.isnan(ratio(residual=2.0, passed=0.0, rounding=1.0))
    assert ratio(residual=3.0, passed=1.0, rounding=1.0, swung=6.0) == 0.5


@cache
def carried() -> bm.Run:
    """A uniporter of four states, which begin in one of them, beside a leak."""
    on = membrane(
        bm.Compartment("cell", volume=Q(1, "pL"), contents=mM({glucose: 1})),
        bm.Reservoir("bath", mM({glucose: 5})),
    )
    parts = [cycle(on=on), lib.leak(glucose, on, permeability=Q(1e-6, "cm/s"), name="hole")]
    return bm.simulate(bm.Model("carried", parts), times=Q(T, "s"), start={"GLUT.O": 1})


def test_a_transporter_of_many_processes_has_one_line() -> None:
    """Heat by transporter is the sum over its processes, and energies by role and ion are those of
    the stores.
    """
    ledger = carried().ledger
    owner = dict(zip(carried().data.process.values, carried().data.transporter.values, strict=True))
    by, each = ledger.by("transporter"), ledger.dissipation
    assert (by.dims, by.transporter.values.tolist()) == (("transporter", "time"), ["GLUT", "hole"])
    for name in ("GLUT", "hole"):
        assert by.sel(transporter=name).values == nearly(
            sum(each.sel(process=p).values for p in owner if owner[p] == name)
        )
    states = [str(s) for s in ledger.exergy.store.values if str(s).startswith("GLUT.")]
    assert len(states) == 4
    role, ion = ledger.by("role"), ledger.by("ion")
    assert role.sel(role="carrier").values == pytest.approx(
        -ledger.exergy.sel(store=states).sum("store").values, rel=1e-5
    )
    assert role.sel(role="cell").values == pytest.approx(
        -ledger.exergy.sel(store="cell.glucose").values, rel=1e-5
    )
    assert (ion.species.values.tolist(), ion.component.values.tolist()) == (
        ["glucose"],
        ["chemical", "electrical", "osmotic"],
    )
    assert ion.sel(species="glucose", component="chemical").values == nearly(
        -role.sel(role="cell").values
    )
    assert abs(ion.sel(component=["electrical", "osmotic"])).max() == 0
    assert ledger.least_dissipation.keys() == owner.keys()


def test_a_part_of_a_run_is_judged_by_what_it_reached() -> None:
    """A single run that stopped has books up to there; its lane in a scan is NaN there, and others
    are judged without it.
    """
    with pytest.raises(errors.SimulationStopped) as caught:
        bm.simulate(
            cell(lambda on: [constant("lift", "S@in -> S@out", on, 0.1)], {S: 1}, {S: 0.01}),
            times=Q(2 * T, "s"),
        )
    ledger = caught.value.run.ledger
    assert np.isfinite(ledger.dissipated.values).all()
    with pytest.raises(errors.UphillForFree, match="process lift"):
        ledger.check(1e-3)
    rates = xr.DataArray([0.1, 0.001], dims="r", attrs={"units": "fmol/s"})
    down = cell(lambda on: [constant("lift", "S@in -> S@out", on, 0.1)], {S: 1}, {S: 1e-9})
    scan = bm.simulate(down, times=Q(2 * T, "s"), parameters={"lift.J": rates})
    assert scan.data.status.values.tolist() == [4, 0]
    assert np.isnan(scan.ledger.dissipated.values[-1]).tolist() == [True, False]
    assert np.isnan(scan.ledger.residual_relative.values[-1]).tolist() == [True, False]
    assert np.isnan(scan.ledger.uphill.energy.values[0, -1]).tolist() == [True, False]
    assert np.isnan(scan.ledger.efficiency("lift").values[-1]).tolist() == [True, False]
    assert np.isnan(scan.ledger.released.values[-1]).tolist() == [True, False]
