"""Ledgers and coupling to the letter, of small things whose numbers can be followed."""

import re

import xarray as xr
from contracts.printed import cells, model, run

import biomembrane as bm
from biomembrane import Q

# --- the ledger

LEDGER = """\
energy ledger of two, 10 s [pJ]
  spent            0.1115     2.2 %   ATP and other held pools
  supplied              0     0.0 %   by baths
  stored           -5.016   -97.8 %   exergy of the cell
  delivered             0     0.0 %   handed on to baths
  dissipated        5.127   100.0 %   heat
  residual      ...

  transporter  taken in    handed on                   heat  efficiency
  Na/K-ATPase  ATP 0.1115  Na 0.08785 + K 0.009125  0.01456      86.9 %
  Na⁺ leak     Na 4.427    –                          4.427       0.0 %
  K⁺ leak      K 0.6855    –                         0.6855       0.0 %"""


def test_the_ledger_as_a_table() -> None:
    assert re.search(
        r"(?m)^  residual      [ \d.]+e-\d\d   (\d\.\de-\d\d|0\.0e\+00)   imbalance$",
        str(run().ledger),
    )
    text = re.sub(r"(?m)^(  residual      ).*$", r"\1...", str(run().ledger))
    assert text == LEDGER
    rows = cells(run().ledger._repr_html_())
    assert rows[:3] == [
        ["energy ledger of two, 10 s [pJ]"],
        ["line", "pJ", "share", ""],
        ["spent", "0.1115", "2.2 %", "ATP and other held pools"],
    ]
    assert rows[8:10] == [
        ["transporter", "taken in", "handed on", "heat", "efficiency"],
        ["Na/K-ATPase", "ATP 0.1115", "Na 0.08785 + K 0.009125", "0.01456", "86.9 %"],
    ]
    assert len(rows) == 12
    assert repr(run()) == "<Run of 'two' to 10 s; done>"
    assert cells(run()._repr_html_())[:2] == [
        ["&lt;Run of &#x27;two&#x27; to 10 s; done&gt;"],
        ["energy ledger of two, 10 s [pJ]"],
    ]


def test_a_protocol_has_its_line_and_a_scan_its_mean() -> None:
    """A step of a bath puts energy in; a scan of equal lanes prints the books of one."""
    step = bm.Protocol.steps(Q(4.5, "mM"), (Q(5, "s"), Q(20, "mM")))
    rows = str(
        bm.simulate(model(), until=Q(10, "s"), parameters={"bath.K": step}).ledger
    ).splitlines()
    assert [row.split()[0] for row in rows[1:8]] == [
        "spent",
        "supplied",
        "imposed",
        "stored",
        "delivered",
        "dissipated",
        "residual",
    ]
    assert re.fullmatch(r"  imposed +-?[\d.]+ +-?[\d.]+ %   by protocols", rows[3])
    lanes = xr.DataArray([-60.0, -60.0], dims="V", attrs={"units": "mV"})
    scan = str(
        bm.simulate(model(), until=Q(10, "s"), parameters={"membrane.potential": lanes}).ledger
    )
    assert scan.splitlines()[0] == "energy ledger of two, 10 s [pJ], mean of 2 lanes"
    assert (
        scan.splitlines()[1:6] + scan.splitlines()[7:]
        == LEDGER.splitlines()[1:6] + LEDGER.splitlines()[7:]
    )
