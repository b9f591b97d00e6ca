"""States with a unit of their own: a second messenger behind a concentration, in closed form."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from builders import K, Na, S, cell, lib

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane import dimension as d
from biomembrane.testing import check_model

TAU, PRODUCTION, START = 5.0, 0.1, 0.2  # s, µM/s, µM


def turnover(s: Any, x: Any) -> Any:
    """Made at a constant rate and broken down."""
    made = s.parameter("production", Q(PRODUCTION, "uM/s"), d.CONCENTRATION / d.TIME)
    return made - x / s.quantity(Q(TAU, "s"))


def model(start: Any = f"{START} uM", **more: Any) -> bm.Model:
    """A messenger in a cell that opens a channel of the cell's wall."""

    def parts(on: bm.Membrane) -> list[bm.Transporter]:
        ip3 = bm.AuxiliaryState("IP3", on.inside, turnover, start, **more)
        by = lambda s: s[ip3] / (s[ip3] + s.quantity("0.3 uM"))  # noqa: E731
        law = laws.Ohmic(conductance=Q(1, "mS/cm^2"))
        channel = bm.Transporter("K_v", "K@in -> K@out", on, law, modulator=by)
        return [channel, lib.leak(K, on), lib.leak(Na, on)]

    return cell(parts, {K: 100, Na: 10}, {K: 5, Na: 140}, impermeant=bm.balance())


def exact(t: Any, start: float = START, production: float = PRODUCTION) -> Any:
    rest = production * TAU
    return rest + (start - rest) * np.exp(-t / TAU)


def test_it_is_shown_in_its_own_unit_and_read_in_any(tmp_path: Path) -> None:
    run = bm.simulate(model(), until="10 s")
    t = run.data.time.values
    x = run.data.auxiliary.sel(auxiliary_state="IP3")
    assert str(x.auxiliary_state_unit.values) == "µM"
    assert np.allclose(x, exact(t), rtol=1e-7)
    A = run.data.affinity.sel(process="K_v").values
    flux = run.data.flux.sel(process="K_v").values
    ratio = flux / A / (flux[0] / A[0])
    share = exact(t) / (exact(t) + 0.3)
    assert np.allclose(ratio, share / share[0], rtol=1e-7)
    final = run.final("auxiliary")["IP3"]
    assert final.to("nM").magnitude == pytest.approx(1e3 * exact(10.0), rel=1e-7)
    run.ledger.check()
    assert "IP3" in str(run.ledger)
    bm.save(run, tmp_path / "run.nc")
    saved = bm.open_run(tmp_path / "run.nc")
    assert saved.final("auxiliary") == run.final("auxiliary")
    assert saved.data.auxiliary.identical(run.data.auxiliary)
    (line,) = drawn(saved)
    assert (line.unit, line.values.values[-1]) == ("µM", x.values[-1])


def drawn(run: Any) -> Any:
    from biomembrane.show import drawn_variables

    return drawn_variables.series(run, "IP3", "response")


def test_its_start_and_its_rates_are_parameters() -> None:
    starts = xr.DataArray([0.1, 400.0], dims="k", attrs={"units": "nM"})
    made = {"IP3.start": starts, "IP3.production": Q(1, "nM/s")}
    run = bm.simulate(model(), until="5 s", parameters=made)
    for k, start in enumerate((1e-4, 0.4)):
        due = exact(run.data.time.values, start, 1e-3)
        assert np.allclose(run.data.auxiliary[:, 0, k], due, rtol=1e-5)


def test_small_numbers_are_as_accurate_as_large_ones() -> None:
    """A messenger in pM, whose unit sets its tolerance."""
    for scale in (None, "1 fM"):
        small = model(start="0.2 pM", scale=scale)
        given = {"IP3.production": Q(0.1, "pM/s")}
        x = bm.simulate(small, until="10 s", parameters=given).final("auxiliary")["IP3"]
        assert x.to("pM").magnitude == pytest.approx(exact(10.0), rel=1e-6)


def test_it_is_in_no_osmolarity_charge_or_ledger() -> None:
    made = model()
    assert made.unaccounted == ("IP3",)
    assert "IP3" not in made.stores
    assert not any("IP3" in column for column in made.N.values())
    assert bm.audit(made).verdict == "proven"
    assert "IP3" in str(bm.audit(made))
    report = check_model(made, examples=3)
    assert "books_close" in report.checked
    assert pickle.loads(pickle.dumps(made)) == made
    assert made != model(start="0.3 uM")
    assert made != model(start="200 nM")  # the unit of results is part of it
    state = made.auxiliaries[0]
    assert "starts at 0.2 µM" in repr(state)
    assert "IP3.production" in state._repr_html_()
    latex = state._repr_latex_()
    assert r"production" in latex
    assert r"{5 \mathrm{s}}" in latex
    assert "0.001" not in latex


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"start": "0 uM"}, errors.BadSettings, "scale=Q(1, 'micromolar')"),
        ({"start": "1 uM", "domain": "fraction"}, errors.BadSettings, "nonnegative"),
        ({"start": "1 uM", "domain": "share"}, errors.BadSettings, "fraction"),
        ({"start": "1 uM", "scale": "1 mV"}, errors.UnitMismatch, "scale"),
        ({"start": "1 uM", "scale": "0 uM"}, errors.OutOfDomain, "scale"),
        ({"start": "1 uM", "scale": 1.0}, errors.BareNumber, "scale"),
        ({"start": "-1 uM"}, errors.OutOfDomain, "IP3.start"),
        ({"start": 0.3}, errors.DimensionError, "IP3, rate"),
        ({"start": "1 mV"}, errors.DimensionError, "terms of one dimension"),
        ({"start": "1 uX"}, errors.UnknownUnit, "uX"),
        ({"start": float("nan")}, errors.NotFinite, "IP3.start"),
    ],
)
def test_what_is_wrong_is_told(
    arguments: dict[str, Any], error: type[Exception], words: str
) -> None:  # fmt: skip
    with pytest.raises(error) as wrong:
        model(**arguments)
    assert words in str(wrong.value)


def test_a_signal_that_nothing_reads_stands_in_the_list_of_parts() -> None:
    """A dye behind a concentration."""
    on = model().membranes[0]
    rate = lambda s, x: (s["K@in"] - x) / s.quantity("2 s")  # noqa: E731
    dye = bm.AuxiliaryState("dye", on.inside, rate, "0 mM", scale="1 mM")
    made = bm.Model("dyed", [lib.leak(K, on), lib.leak(Na, on), dye])
    assert made.unaccounted == ("dye",)
    run = bm.simulate(made, until="10 ms")
    c = run.data.concentration.sel(pool="cell.K").values
    x = run.data.auxiliary.sel(auxiliary_state="dye").values
    assert np.allclose(x, c[0] * (1 - np.exp(-run.data.time.values / 2)), rtol=1e-3)
    assert made != bm.Model("dyed", [lib.leak(K, on), lib.leak(Na, on)])
    run.ledger.check()


def test_it_must_be_on_a_place() -> None:
    with pytest.raises(errors.WrongType, match="a membrane or a compartment"):
        bm.AuxiliaryState("x", bm.Reservoir("bath", {S: Q(1, "mM")}), turnover, "1 uM")
