"""What a user writes, as a type checker reads it: it is checked, not run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import sympy as sp
import xarray as xr
from matplotlib.figure import Figure

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane import library as lib
from biomembrane.library import ADP, ATP, Cl, K, Na, Pi, glucose
from biomembrane.typing import ParameterLike, QuantityLike, TimeLike


def cell(volume: QuantityLike = "1 pL") -> bm.Membrane:
    """The README's cell."""
    saline: dict[bm.Species, ParameterLike] = {
        Na: Q(140, "mM"),
        K: Q(5, "mM"),
        Cl: Q(145, "mM"),
        glucose: "5 mM",
    }
    bath = bm.Reservoir("bath", saline)
    inside = bm.Compartment(
        "cell", volume=volume, contents={Na: Q(15, "mM"), K: Q(130, "mM"), Cl: Q(20, "mM"),
        glucose: Q(1, "mM")},
        held={ATP: Q(4, "mM"), ADP: "0.01 mM", Pi: bm.Parameter("5 mM",
            source=bm.Source("assumed", note="a test"))},
        impermeant=bm.balance(charge=-1),
    )  # fmt: skip
    return bm.Membrane(
        "basal", inside=inside, outside=bath, area=Q(1000, "um^2"), capacitance=Q(1, "uF/cm^2")
    )


def model(on: bm.Membrane, permeability: ParameterLike | None = None) -> bm.Model:
    """A pump against leaks."""
    pump = lib.NaKATPase(on, density=Q(1000, "1/um^2"))
    leaks = [
        lib.leak(K, on, permeability=permeability),
        lib.leak(Na, on),
        lib.leak(Cl, on),
        lib.water(on),
    ]
    parts: list[bm.Transporter | bm.Cycle] = [pump, *leaks, lib.SGLT1(on), lib.GLUT2(on)]
    return bm.Model("cell", parts, potential={on: Q(-60, "mV")}, temperature="37 degC")


class Driven:
    """A law of one's own: J = P·area·(c_in − c_out) as a pair of one-way rates."""

    def __init__(self, permeability: ParameterLike) -> None:
        self.permeability = permeability

    def rates(self, site: laws.Site) -> laws.Rates:
        """Its rates [fmol/s]."""
        P = site.parameter("permeability", self.permeability, bm.dimension.PERMEABILITY)
        return laws.Rates(P * site.area * site["glucose@in"], P * site.area * site["glucose@out"])


def open_share(site: laws.Site) -> sp.Expr:
    """A modulator."""
    half = site.parameter("half", Q(1, "mM"), bm.dimension.CONCENTRATION, domain="positive")
    return half / (half + site["glucose@in"])


def declare(on: bm.Membrane) -> list[bm.Transporter | bm.Cycle]:
    """Laws and cycles."""
    own: laws.Law = Driven("1e-6 cm/s")
    turning = {"forward": Q(50, "1/s"), "reverse": Q(10, "1/s")}
    return [
        bm.Transporter("own", "glucose@in -> glucose@out", on, own, modulator=open_share),
        bm.Transporter("GHK", "K@in -> K@out", on, laws.GHK(permeability=Q(1e-7, "cm/s"))),
        bm.Transporter(
            "sat",
            "glucose@in -> glucose@out",
            on,
            laws.Saturable(half={"glucose": "17 mM"}, maximum="1 pmol/cm^2/s"),
        ),
        bm.Transporter("chord", "K@in -> K@out", on, laws.Ohmic("1 mS/cm^2")),
        bm.Transporter(
            "curve", "K@in -> K@out", on, laws.Empirical(flux=open_share, reason="a test")
        ),
        bm.Cycle(
            "carrier",
            on,
            density=1e4,
            states="O OG IG I",
            charge={"OG": 1, "IG": "0.5"},
            close=["I <-> O"],
            steps=[
                ("O + glucose@out <-> OG", {"forward": Q(1, "1/s/mM"), "reverse": "10 1/s"}),
                ("OG <-> IG", {**turning, "valence": 0.5}),
                ("I + glucose@in <-> IG", turning),
                ("I <-> O", turning),
            ],
        ),
    ]


def run(of: bm.Model, until: TimeLike = "10 min") -> bm.Run:
    """Run, read, save, open, go on."""
    course = bm.Protocol.steps(Q(5, "mM"), (Q(1, "min"), Q(20, "mM")), ("2 min", "5 mM"))
    wave = bm.Protocol.function(lambda t, high: high * sp.cos(t), high=Q(4, "mM"))
    made = bm.simulate(
        of,
        until=until,
        parameters={
            "bath.K": course,
            "cell.Na": "12 mM",
            "bath.Na": wave,
            "SGLT1.density": Q(1e4, "1/um^2"),
        },
    )
    made.ledger.check(rtol=1e-6).to_frame()
    last: float = made.final("concentration")["cell.K"].to("mM").magnitude
    assert np.isfinite(last)
    bm.save(made, "run.nc")
    again = bm.open_run("run.nc")
    data: xr.Dataset = bm.open_result("run.nc")
    onward = bm.simulate(
        of,
        times=Q(np.linspace(0, 1, 11), "min"),
        start=again,
        solver=bm.solvers.Native(rtol=1e-9),
        progress=lambda share: share < 1,
    )
    fitted = bm.prepare(of, vary={"bath.K": "mM"}, until=Q(1, "s"))
    third: bm.Run = fitted([7.0])
    bm.simulate(of, until="1 s", start={"SGLT1.C1": 1})
    return onward if "time" in data.dims else third


def scan(of: bm.Model) -> xr.Dataset:
    """A scan, whole and kept."""
    axis = bm.axis("K_o", [2, 5, 10], "mM")
    other = xr.DataArray([140.0, 150.0], dims="Na_o", attrs={"units": "mM"})
    whole: bm.Run = bm.simulate(of, until="10 min", parameters={"bath.K": axis, "bath.Na": other})
    kept = bm.simulate(
        of,
        until="10 min",
        parameters={"bath.K": bm.axis("K_o", Q([2, 5], "mM"))},
        keep=bm.Keep(times="final", reduce=["max"]),
    )
    one: bm.Run = whole.isel(K_o=0, Na_o=1)
    assert one.failed == 0
    bm.figures.response(whole, "potential", along="K_o", at="10 s", reversal=True)
    bm.figures.response(kept, ["cell.Na", "cell.K"])
    bm.figures.map(whole, ("current", "K_leak"), x="K_o", y="Na_o")
    return kept.data


def draw(made: bm.Run) -> list[Figure]:
    """Figures of a run."""
    with bm.figures.style("plos"):
        figure, axes = bm.figures.panels(2, height=55, sharey=True)
    bm.figures.compare({"control": made}, of=["cell.Na", "cell.K"], ax=axes[0])
    bm.figures.costs(made, "glucose", over=("5 min", Q(10, "min")), ax=axes[1])
    bm.figures.forces(made, at="10 s", species=["Na", "K"])
    bm.figures.save(axes[0], "traces.pdf")
    return [figure, bm.figures.traces(made), bm.figures.energy_flow(made, width=85)]


def judge(of: bm.Model, one: bm.Transporter | bm.Cycle) -> float:
    """The second law."""
    found = bm.audit(of, over={"V": (Q(-100, "mV"), "50 mV"), "Na@out": ("1 mM", "150 mM")}).check(
        "0.1 kJ/mol"
    )
    bm.prove(one)
    bm.coupling(
        one, "Na", "glucose", at={"Na@out": "140 mM", "V": Q(-60, "mV")}, temperature=Q(310, "K")
    )
    bm.make_consistent(one, method="projection")
    try:
        found.check()
    except bm.errors.SecondLawViolation as error:
        return error.kilojoule or 0.0
    except bm.errors.SimulationStopped as error:
        return error.time
    raise bm.errors.UnknownName(where="judge(…)", wanted="a name", got="none", advice="give one")


def check(one: bm.Transporter, of: bm.Model, kinds: Sequence[str]) -> bm.testing.Report:
    """bm.testing."""
    bm.testing.books_close(of, until="1 s")
    bm.testing.transporters(kinds).filter(lambda made: made.name != "x")
    return bm.testing.check_transporter(one, examples=30)


def reproduce(study: bm.Study, of: bm.Model) -> None:
    """A study."""
    made = study.run(of, until="10 min")
    study.answer(
        "V",
        made.data.potential[-1, 0],
        "resting potential",
        wanted=Q(-70, "mV"),
        within=0.01,
        source="a paper",
    )
    study.answer(
        "share", Q(0.5, "1"), "a share", wanted=(Q(0.4, "1"), Q(0.6, "1")), source="a paper"
    )
    study.figure("traces", bm.figures.traces(made))
