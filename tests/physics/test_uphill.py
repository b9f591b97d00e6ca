"""What a law without proof does uphill: a constant pump charges a membrane, V falls along a line,
and its affinity crosses zero at a known time.

A(t) = RT ln(K_i/K_o) + F V(t), V = V₀ − J F t/C: uphill from t* = (RT ln(K_i/K_o) + F V₀) C/(J F²)
on, with energy J² F² (t − t*)²/2C.
"""

import math

import numpy as np
import pytest
import xarray as xr
from builders import RT, F, patch

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane import dimension as d
from biomembrane.library import K

C = 1e3  # fF: 100 µm² at 1 µF/cm²
J = 1e-3  # fmol/s
INSIDE, OUTSIDE, V0, END = 20.0, 5.0, -10.0, 2.0


def model(*more: str) -> bm.Model:
    flux = laws.Empirical(
        flux=lambda s: s.parameter("J", Q(J, "fmol/s"), d.FLUX), reason="a constant pump"
    )

    def parts(on: bm.Membrane) -> list[bm.Transporter]:
        leak = [bm.library.leak(K, on, permeability=Q(1e-9, "cm/s"))] if "leak" in more else []
        return [bm.Transporter("pump", "K@in -> K@out", on, flux), *leak]

    return patch(parts, {K: INSIDE}, {K: OUTSIDE}, V=V0)


def crossing(flux: float = J, V: float = V0) -> float:
    return (RT * math.log(INSIDE / OUTSIDE) + F * V * 1e-3) * C / (flux * F**2) * 1e15 * 1e-15


def energy(t: float, flux: float = J, V: float = V0) -> float:
    """pJ."""
    return flux**2 * F**2 / C * max(t - crossing(flux, V), 0.0) ** 2 / 2 * 1e-3


SOLVERS = {"native": bm.solvers.Native(rtol=1e-9), "SciPy": bm.solvers.SciPy("Radau", rtol=1e-9)}


@pytest.mark.parametrize("solver", SOLVERS)
def test_time_and_energy_uphill(solver: str) -> None:
    end = 3 * crossing()
    times = np.linspace(0, end, 31)
    short = bm.Protocol.steps(
        Q(J, "fmol/s"), *((Q(t, "s"), Q(J, "fmol/s")) for t in times[1:-1])
    )  # a line is one long step otherwise
    run = bm.simulate(
        model(), times=Q(times, "s"), parameters={"pump.J": short}, solver=SOLVERS[solver]
    )
    made = run.ledger.uphill.sel(process="pump")
    assert made.duration.values == pytest.approx(np.clip(times - crossing(), 0, None), abs=end / 30)
    assert made.energy.values[-1] == pytest.approx(energy(end), rel=5e-3)
    assert float(made.time_share[-1]) == pytest.approx(2 / 3, abs=1 / 30)
    forward = crossing() ** 2  # both are triangles under one line
    assert float(made.energy_share[-1]) == pytest.approx(
        (end - crossing()) ** 2 / ((end - crossing()) ** 2 + forward), rel=5e-3
    )
    assert float(run.ledger.residual_relative[-1]) < 1e-8


def test_lanes_that_cross_and_lanes_that_do_not() -> None:
    fluxes = np.array([0.2, 0.5, 1.5, 3.0]) * J
    end = 0.9 * crossing()
    given = {"pump.J": xr.DataArray(fluxes, dims="J", attrs={"units": "fmol/s"})}
    scan = bm.simulate(model(), until=Q(end, "s"), parameters=given)
    made = scan.ledger.uphill.sel(process="pump").isel(time=-1)
    assert list(made.duration.values > 0) == [False, False, True, True]
    assert made.energy.values == pytest.approx(
        [energy(end, f) for f in fluxes], rel=5e-2, abs=1e-12
    )
    singles = [
        bm.simulate(
            model(), until=Q(end, "s"), parameters={"pump.J": Q(f, "fmol/s")}
        ).ledger.uphill.sel(process="pump")
        for f in fluxes
    ]
    assert made.duration.values == pytest.approx(
        [float(s.duration[-1]) for s in singles], rel=1e-9, abs=1e-12
    )
    assert made.energy.values == pytest.approx(
        [float(s.energy[-1]) for s in singles], rel=1e-9, abs=1e-12
    )


def test_proved_laws_never_run_uphill() -> None:
    run = bm.simulate(model("leak"), until=Q(3 * crossing(), "s"))
    assert float(run.ledger.uphill.sel(process="K_leak").energy[-1]) == 0
    assert list(run.ledger.uphill_shares()) == ["pump"]


def test_it_is_told(tmp_path) -> None:
    run = bm.simulate(model(), until=Q(3 * crossing(), "s"))
    assert "uphill (J·A < 0) for 6" in str(run.ledger)
    assert "uphill (J·A &lt; 0) for 6" in run.ledger._repr_html_()
    with pytest.raises(errors.UphillForFree, match=r"J·A < 0 for 6.* % of the time, with .* pJ"):
        run.ledger.check()
    back = bm.open_run(bm.save(run, tmp_path / "run.nc"))
    assert (
        back.data.ledger_uphill_time.values.tobytes() == run.ledger.uphill.duration.values.tobytes()
    )
    kept = bm.simulate(
        model(), until=Q(3 * crossing(), "s"), keep=bm.Keep(variables=("ledger_uphill_energy",))
    )
    assert float(kept.data.ledger_uphill_energy.sel(process="pump")[-1]) == pytest.approx(
        float(run.ledger.uphill.energy[0, -1]), rel=1e-9
    )
