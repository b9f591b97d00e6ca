"""A reaction in which one conversion pays for another: the books keep the two apart, though both
are in one place and one process.
"""

import math

import pytest
from builders import RT

import biomembrane as bm
from biomembrane import Q, laws

TABLE = "apparent, made up"
fuel = bm.Species(
    "fuel", moieties={"head": 1, "tail": 1}, standard=Q(30, "kJ/mol"), convention=TABLE
)
head, tail = (bm.Species(name, moieties={name: 1}, convention=TABLE) for name in ("head", "tail"))
low = bm.Species("low", formula="C6H12O6")
high = bm.Species("high", formula="C6H12O6", standard=Q(8, "kJ/mol"), convention=TABLE)
CONTENTS = {fuel: 4.0, head: 0.5, tail: 2.0, low: 3.0, high: 1.0}


@pytest.fixture(scope="module")
def run() -> bm.Run:
    """fuel + low → head + tail + high beside a hydrolysis of the fuel, the coupled one first."""
    cell = bm.Compartment(
        "cell", volume=Q(1, "pL"), contents={s: Q(c, "mM") for s, c in CONTENTS.items()}
    )
    law = laws.Onsager(coefficient=Q(1e-22, "mol^2/J/s"))
    coupled = bm.Transporter(
        "coupled", "fuel@in + low@in -> head@in + tail@in + high@in", cell, law
    )
    return bm.simulate(
        bm.Model(
            "pair", [coupled, bm.Transporter("waste", "fuel@in -> head@in + tail@in", cell, law)]
        ),
        until="2 min",
    )


def energies(run: bm.Run, time: int) -> tuple[float, float]:
    """−ΔG of the fuel and ΔG of low → high [kJ/mol]."""
    c = {s.name: float(run.data.concentration.sel(pool=f"cell.{s.name}")[time]) for s in CONTENTS}
    kJ = RT / 1e3
    return 30 - kJ * math.log(c["head"] * c["tail"] / c["fuel"] / 1000), 8 + kJ * math.log(
        c["high"] / c["low"]
    )


def test_each_conversion_has_its_own_energy(run: bm.Run) -> None:
    """The slopes of what was taken in and handed on are flux times the energies in closed form."""
    moved = run.ledger.transfers.sel(transporter="coupled").sum("component")
    flux = run.data.flux.sel(process="coupled")
    paid, stored = zip(*(energies(run, k) for k in range(run.data.sizes["time"])), strict=True)
    for carrier, energy in (("fuel", paid), ("low", [-e for e in stored])):
        power = flux * energy
        assert float(moved.sel(carrier=carrier)[-1]) == pytest.approx(
            float(power.integrate("time")), rel=1e-4
        )
    given, taken = (float(moved.sel(carrier=carrier)[-1]) for carrier in ("low", "fuel"))
    assert float(run.ledger.efficiency("coupled")[-1]) == pytest.approx(-given / taken, rel=1e-9)


def test_a_conversion_has_one_name_in_all_transporters(run: bm.Run) -> None:
    """Both burn the fuel; nothing is carried as its products."""
    carriers = set(map(str, run.ledger.transfers.carrier.values))
    assert carriers == {"fuel", "low"}
    assert (
        float(run.ledger.transfers.sel(transporter="waste", carrier="low").sum("component")[-1])
        == 0
    )


def test_a_saved_run_keeps_them_apart(run: bm.Run, tmp_path) -> None:
    saved = bm.open_run(bm.save(run, tmp_path / "pair.nc"))
    assert str(saved.ledger) == str(run.ledger)
    assert [(f.source, f.target, f.kind) for f in saved.ledger.flows()] == [
        (f.source, f.target, f.kind) for f in run.ledger.flows()
    ]
