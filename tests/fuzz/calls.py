"""Every public entry with sound arguments, what each argument means, and how often it is tried."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dask
import sympy as sp
import xarray as xr
from mistakes import transporter

import biomembrane as bm
from biomembrane import Protocol, Q, figures, laws, testing
from biomembrane import library as lib
from biomembrane.library import K

from .calls_of_parts import Call, carried, declarations, of_laws
from .damage import command, folder, ran, saved, sound


@cache
def scanned() -> bm.Run:
    """A scan of it, along numbers and along texts."""
    levels = xr.DataArray([4.0, 5.0], dims="K_o", coords={"K_o": [4.0, 5.0]}, attrs={"units": "mM"})
    salts = xr.DataArray(
        [140.0, 150.0], dims="salt", coords={"salt": ["low", "high"]}, attrs={"units": "mM"}
    )
    return bm.simulate(
        sound(),
        until=Q(0.1, "s"),
        parameters={"bath.K": levels, "bath.Na": salts},
        solver=bm.solvers.Native(rtol=1e-4),
    )


@cache
def audited() -> Any:
    """What the second law says of it."""
    return bm.audit(sound())


@cache
def proven() -> Any:
    """The same, as a proof."""
    return bm.prove(sound())


def lazily(levels: Any, **more: Any) -> Any:
    """A scan of dask arrays, saved to a folder chunk by chunk and opened again."""
    made = bm.simulate(
        sound(),
        until="0.1 s",
        parameters={"bath.K": levels},
        solver=bm.solvers.Native(rtol=1e-4),
        **more,
    )
    if not hasattr(made, "recipe"):
        return made
    with dask.config.set(scheduler="synchronous"):
        target = Path(tempfile.mkdtemp(dir=folder())) / "scan.zarr"
        try:
            return bm.open_result(bm.save(made, target)).compute()
        finally:
            shutil.rmtree(target.parent)


def prepared(values: Any, **more: Any) -> Any:
    """A function of parameters, made and called."""
    return bm.prepare(sound(), **more)(values)


def runs() -> dict[str, Call]:
    """What runs, reads and judges."""
    levels = xr.DataArray([4.0, 5.0], dims="K_o", attrs={"units": "mM"})
    quick = bm.solvers.Native(rtol=1e-4)
    one = transporter(
        "glucose@in -> glucose@out",
        laws.Saturable(half={"glucose": Q(1.0, "mM")}, maximum=Q(1.0, "fmol/s")),
        name="GLUT",
    )
    small = {
        "until": Q(1.0, "s"),
        "parameters": {"bath.K": Q(4.0, "mM"), "K_leak.permeability": Q(1e-8, "cm/s")},
        "solver": quick,
    }
    steps = {
        "bath.K": Protocol.steps("5 mM", ("0.2 s", "20 mM")),
        "temperature": Q(300.0, "kelvin"),
    }
    waves = {
        "bath.K": Protocol.function(
            lambda t, a, b: a + a * sp.sin(t / b) / 2, a=Q(5.0, "mM"), b=Q(1.0, "s")
        )
    }
    return {
        "simulate": Call(
            bm.simulate,
            {
                0: sound(),
                **small,
                "start": {"GLUT.O": 0.5, "GLUT.I": 0.5},
                "progress": lambda _: None,
            },
            weight=4,
        ),
        "simulate(times)": Call(
            bm.simulate, {0: sound(), "times": Q([0.0, 0.5, 1.0], "s"), "solver": quick}, weight=2
        ),
        "simulate(scan)": Call(
            bm.simulate,
            {
                0: sound(),
                "until": Q(0.1, "s"),
                "parameters": {"bath.K": levels},
                "keep": "final",
                "solver": quick,
            },
        ),
        "simulate(steps)": Call(
            bm.simulate, {0: sound(), "until": "1 s", "parameters": steps, "solver": quick}
        ),
        "simulate(waves)": Call(
            bm.simulate,
            {0: sound(), "until": "1 s", "parameters": waves, "solver": quick},
            weight=0.3,
        ),
        "prepare": Call(
            prepared,
            {
                0: [4.0, 300.0],
                "vary": {"bath.K": "mM", "temperature": "kelvin"},
                "until": "1 s",
                "solver": quick,
            },
            weight=2,
        ),
        "Run.sel": Call(lambda **at: scanned().sel(**at), {"K_o": 5.0, "salt": "low"}, weight=0.4),
        "Run.sel(one)": Call(lambda **at: ran().sel(**at), {"K_o": 5.0}, weight=0.1),
        "Run.isel": Call(
            lambda **at: scanned().isel(**at),
            {"K_o": 1, "salt": -1},
            {"K_o": "i", "salt": "i"},
            weight=0.4,
        ),
        "Audit[…]": Call(lambda name: audited()[name], {0: "K_leak"}, weight=0.2),
        "Proof[…]": Call(lambda name: proven()[name], {0: "K_leak"}, weight=0.2),
        "SavedRun.final": Call(
            lambda name: bm.open_run(saved()).final(name), {0: "potential"}, weight=0.1
        ),
        "simulate(lazy)": Call(
            lazily,
            {0: levels.chunk({"K_o": 1}), "keep": bm.Keep(variables=["potential"])},
            weight=0.06,
        ),
        "simulate(keep)": Call(
            bm.simulate,
            {
                0: sound(),
                "until": "0.1 s",
                "parameters": {"bath.K": levels},
                "solver": quick,
                "keep": bm.Keep(
                    variables=["potential"], reduce=lambda data: data.potential.max("time")
                ),
            },
            weight=0.3,
        ),
        "Keep(function)": Call(
            lambda reduce: bm.simulate(
                sound(),
                until="0.1 s",
                parameters={"bath.K": levels},
                solver=quick,
                keep=bm.Keep(reduce=reduce),
            ),
            {0: lambda data: data.potential.max("time")},
            weight=0.3,
        ),
        "law": Call(
            lambda rates: carried(SimpleNamespace(rates=rates)),
            {0: lambda _: laws.Rates(flux=0, reason="none")},
            weight=0.3,
        ),
        "Run.final": Call(lambda *a: ran().final(*a), {0: "potential"}, weight=0.3),
        "Ledger.by": Call(lambda *a: ran().ledger.by(*a), {0: "transporter"}, weight=0.3),
        "Ledger.efficiency": Call(lambda *a: ran().ledger.efficiency(*a), {0: "GLUT"}, weight=0.3),
        "Ledger.check": Call(lambda *a: ran().ledger.check(*a), {0: 1e-3}, {0: "n"}, weight=0.3),
        "Model.parameter": Call(lambda *a: sound().parameter(*a), {0: "bath.K"}, weight=0.3),
        "audit": Call(
            bm.audit,
            {
                0: one,
                "over": {
                    "V": (Q(-100.0, "mV"), Q(50.0, "mV")),
                    "glucose@in": (Q(1.0, "mM"), Q(5.0, "mM")),
                },
            },
            weight=0.6,
        ),
        "coupling": Call(
            bm.coupling,
            {
                0: [one, lib.leak(K, one.on)],
                "driving": "K",
                "driven": "glucose",
                "at": {"V": Q(-60.0, "mV")},
                "temperature": Q(300.0, "kelvin"),
            },
            {"temperature": "q kelvin"},
            weight=0.5,
        ),
        "prove": Call(bm.prove, {0: one}, weight=0.3),
        "Study": Call(bm.Study, {0: "cell"}, weight=0.1),
        "Study.run": Call(
            lambda *a, **k: bm.Study("cell").run(*a, **k),
            {0: sound(), "label": "run", "hosted": {}, "until": Q(0.1, "s"), "solver": quick},
            weight=0.2,
        ),
        "Study.audit": Call(
            lambda model, hosted: bm.Study("cell").audit(model, hosted=hosted),
            {0: transporter(), 1: {}},
            weight=0.2,
        ),
        "Study.answer": Call(
            lambda *a, **k: bm.Study("cell").answer(*a, **k),
            {
                0: "V_rest",
                1: Q(-60.0, "mV"),
                2: "resting potential",
                "wanted": Q(-61.0, "mV"),
                "within": Q(2.0, "mV"),
                "source": "a paper",
            },
            weight=0.5,
        ),
        "Study.figure": Call(
            lambda *a: bm.Study("cell").figure(*a), {0: "traces", 1: None}, weight=0.1
        ),
        "make_consistent": Call(
            bm.make_consistent,
            {0: one, "method": "reverse", "over": {"V": (Q(-100.0, "mV"), Q(50.0, "mV"))}},
            weight=0.2,
        ),
        "cite": Call(bm.cite, {0: sound()}, weight=0.3),
        "check_transporter": Call(
            lambda x, examples: (
                None
                if x is one and type(examples) is int and examples == 2
                else testing.check_transporter(x, examples=examples)
            ),
            {0: one, 1: 2},
            weight=0.2,
        ),
        "check_model": Call(
            lambda x, examples: (
                None if isinstance(x, bm.Model) else testing.check_model(x, examples=examples)
            ),
            {0: sound(), 1: 2},
            weight=0.2,
        ),
        "load": Call(
            lambda name: (
                None if isinstance(name, str) and name == "resting_cell" else bm.load(name)
            ),
            {0: "resting_cell"},
            weight=0.5,
        ),
        "save": Call(
            lambda run, name: bm.save(run, folder() / name if isinstance(name, str) else name),
            {0: ran(), 1: "out.nc"},
            weight=0.2,
        ),
        "open_result": Call(
            lambda name: bm.open_result(folder() / name if isinstance(name, str) else name),
            {0: "run.nc"},
            weight=0.3,
        ),
        "open_run": Call(bm.open_run, {0: str(saved())}, weight=0.2),
        "energy_flow": Call(
            figures.energy_flow,
            {0: ran(), "ax": None, "width": "single", "style": "cell"},
            weight=0.03,
        ),
        "traces": Call(
            figures.traces,
            {0: ran(), "panels": ["ions", "flux"], "ax": None, "width": 80.0, "style": "cell"},
            weight=0.03,
        ),
        "figures.coupling": Call(
            figures.coupling, {0: None, "width": "single", "style": "cell"}, weight=0.1
        ),
        "figures.repair": Call(
            figures.repair, {0: None, "width": "single", "style": "cell"}, weight=0.1
        ),
        "figures.save": Call(figures.save, {0: None, 1: "figure.pdf"}, weight=0.1),
        "command set": Call(
            command,
            {
                0: "run",
                1: "resting_cell",
                2: "--set",
                3: "bath.K=5 mM",
                4: "--until",
                5: "x min",
                6: "--rtol",
                7: "1e-6",
                8: "--out",
                9: "out",
            },
            weight=0.1,
        ),
        "command audit": Call(
            command, {0: "audit", 1: "resting_cell", 2: "--fail-on", 3: "0.5 kJ/mol"}, weight=0.05
        ),
        "command cite": Call(command, {0: "cite", 1: "resting_cell", 2: "--json"}, weight=0.1),
    }


@cache
def every() -> dict[str, Call]:
    """All calls by name."""
    return declarations() | of_laws() | runs()
