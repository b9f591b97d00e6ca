"""Every public entry with sound arguments, what each argument means, and how often it is tried."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import sympy as sp
import xarray as xr
from mistakes import CYTOSOL, FUEL, LEAK, SALINE, bath, cell, cycle, membrane, transporter
from mistakes import model as modelled

import biomembrane as bm
from biomembrane import Protocol, Q, dimension, errors, figures, laws, symbols, testing
from biomembrane import library as lib
from biomembrane.library import K, Na

from . import nonsense


@dataclass(frozen=True)
class Call:
    """A public call: ``given`` are sound arguments, by name or by place (0, 1, …); ``means`` says what some of them are:
    ``q mM`` a quantity of that dimension, ``n`` a real number, ``i`` an integer.
    """

    call: Callable[..., Any]
    given: Mapping[Any, Any]
    means: Mapping[Any, str] = field(default_factory=dict)
    weight: float = 1.0

    def __call__(self, given: Mapping[Any, Any]) -> Any:
        places = [given[k] for k in sorted(k for k in given if isinstance(k, int))]
        return self.call(*places, **{k: v for k, v in given.items() if isinstance(k, str)})


def rate(side: str, unit: str) -> Callable[[Any], Any]:
    """k c/c° on a side of the membrane, or k."""
    dim = dimension.RATE if unit == "1/s" else dimension.FLUX
    return lambda site: site.parameter("k", Q(1, unit), dim) * (site[f"glucose@{side}"] / symbols.c0 if side else 1)


def carried(law: Any, reaction: str = "K@in -> K@out") -> Any:
    """A law as a transporter's."""
    return transporter(reaction, law)


GLUCOSE = "glucose@in -> glucose@out"
SOURCE = bm.Source("assumed")


def declarations() -> dict[str, Call]:
    """What declares."""
    one, two = cell(), bath()
    wall = membrane(inside=one, outside=two)
    return {
        "Q": Call(bm.Q, {0: 5.0, 1: "mmol l-1"}, weight=8),
        "Q(text)": Call(bm.Q, {0: "2.5 × 10⁻⁷ cm s-1"}, weight=8),
        "Source": Call(bm.Source, {"kind": "fitted", "citation": "a", "doi": "b", "where": "c", "temperature": "37 °C", "note": "d", "key": "e"}),
        "Parameter": Call(bm.Parameter, {"quantity": Q(5.0, "mM"), "source": SOURCE, "sd": Q(1.0, "mM")}, weight=2),
        "Species": Call(
            bm.Species,
            {"name": "A", "charge": 1, "formula": "C6H12O6", "moieties": {"a": 1}, "standard": Q(1.0, "kJ/mol"), "convention": "one",
             "molar_volume": Q(18.0, "cm^3/mol"), "label": "A⁺"},
            {"charge": "i", "standard": "q kJ/mol", "molar_volume": "q cm^3/mol"}, weight=4,
        ),
        "Compartment": Call(
            bm.Compartment, {"name": "cell", "volume": Q(1.0, "pL"), "contents": CYTOSOL, "held": FUEL, "impermeant": bm.balance()},
            {"volume": "q pL"}, weight=4,
        ),
        "Reservoir": Call(bm.Reservoir, {"name": "bath", "contents": SALINE, "floating": False}, weight=2),
        "balance": Call(bm.balance, {"charge": -1.5, "against": two}, {"charge": "n"}),
        "Membrane": Call(
            bm.Membrane, {"name": "apical", "inside": one, "outside": two, "area": Q(1.0, "um^2"), "capacitance": Q(1.0, "uF/cm^2")},
            {"area": "q um^2", "capacitance": "q uF/cm^2"}, weight=3,
        ),
        "Transporter": Call(
            bm.Transporter,
            {"name": "leak", "reaction": "3 Na@in + 2 K@out + ATP@in -> 3 Na@out + 2 K@in + ADP@in + Pi@in", "on": wall,
             "law": laws.Elementary(rate=Q(1.0, "fmol/s")), "modulator": lambda _: 1, "label": "leak", "species": (Na,)}, weight=4,
        ),
        "Cycle": Call(
            bm.Cycle,
            {"name": "GLUT", "on": wall, "density": Q(100.0, "1/um^2"), "states": "O OG IG I", "steps": cycle().steps, "close": ["I <-> O"],
             "charge": {"OG": "-0.5"}, "barrier": laws.Eyring(), "modulator": lambda _: 1, "label": "GLUT", "species": (), "reason": ""}, weight=2,
        ),
        "Model": Call(
            bm.Model,
            {"name": "cell", "transporters": [transporter(on=wall)], "potential": {wall: Q(-60.0, "mV")}, "temperature": Q(310.0, "kelvin"),
             "reference": two}, {"temperature": "q kelvin"}, weight=2,
        ),
        "Protocol.steps": Call(Protocol.steps, {0: Q(5.0, "mM"), 1: (Q(1.0, "s"), Q(20.0, "mM")), 2: (Q(2.0, "s"), Q(5.0, "mM"))}),
        "Protocol.ramps": Call(Protocol.ramps, {0: (Q(0.0, "s"), Q(5.0, "mM")), 1: (Q(1.0, "s"), Q(20.0, "mM"))}),
        "Protocol.pulses": Call(
            Protocol.pulses, {0: Q(5.0, "mM"), 1: Q(20.0, "mM"), "start": Q(1.0, "s"), "width": Q(1.0, "s"), "period": Q(3.0, "s"), "count": 3},
            {"count": "i"}, weight=2,
        ),
        "Protocol.function": Call(Protocol.function, {0: lambda t, a: a * sp.cos(t / t), "a": Q(5.0, "mM")}),
        "Keep": Call(
            bm.Keep, {"variables": ["amount"], "times": Q([0.0, 1.0], "s"), "reduce": ["max"], "ledger": "all", "dtype": "float32"}, weight=2
        ),
        "Native": Call(
            bm.solvers.Native, {"rtol": 1e-6, "atol": 1e-3, "max_steps": 100, "threads": 1},
            {"rtol": "n", "atol": "n", "max_steps": "i", "threads": "i"},
        ),
        "SciPy": Call(
            bm.solvers.SciPy, {"method": "Radau", "rtol": 1e-6, "atol": 1e-3, "max_steps": 100, "first_step": 1e-3},
            {"rtol": "n", "atol": "n", "max_steps": "i"},
        ),
    }  # fmt: skip


def of_laws() -> dict[str, Call]:
    """Laws, at the transporter that they are for."""
    return {
        "Eyring": Call(laws.Eyring, {"theta": 0.5}, {"theta": "n"}),
        "GHK": Call(lambda **law: carried(laws.GHK(**law)), {"permeability": Q(1.0, "cm/s")}, {"permeability": "q cm/s"}),
        "Elementary": Call(
            lambda **law: carried(laws.Elementary(**law)), {"rate": Q(1.0, "fmol/s"), "barrier": laws.Eyring()}, {"rate": "q fmol/s | pmol/cm^2/s"}
        ),
        "Ohmic": Call(lambda **law: carried(laws.Ohmic(**law)), {"conductance": Q(1.0, "nS")}, {"conductance": "q nS | mS/cm^2"}),
        "Onsager": Call(lambda **law: carried(laws.Onsager(**law)), {"coefficient": Q(1.0, "mol^2/J/s")}),
        "Water": Call(lambda **law: carried(laws.Water(**law)), {"permeability": Q(1.0, "cm/s")}),
        "Saturable": Call(
            lambda **law: carried(laws.Saturable(**law)),
            {"half": {"K": Q(1.0, "mM")}, "turnover": Q(1.0, "1/s"), "density": Q(1.0, "fmol"), "binding": "common", "barrier": laws.Eyring()},
            {"turnover": "q 1/s"},
        ),
        "ReducedCycle": Call(
            lambda **law: carried(laws.ReducedCycle(**law), GLUCOSE),
            {"density": Q(1.0, "fmol"), "forward": [rate("in", "1/s"), rate("", "1/s")], "reverse": [rate("out", "1/s"), rate("", "1/s")]},
        ),
        "Pair": Call(lambda **law: carried(laws.Pair(**law), GLUCOSE), {"forward": rate("in", "fmol/s"), "reverse": rate("out", "fmol/s")}),
        "Empirical": Call(lambda **law: carried(laws.Empirical(**law)), {"flux": lambda _: 0, "reason": "none"}),
        "leak": Call(lib.leak, {0: K, 1: membrane(), "permeability": Q(1.0, "cm/s"), "name": "leak"}, {"permeability": "q cm/s"}),
        "GLUT2": Call(lib.GLUT2, {0: membrane(), "maximum": Q(1.0, "fmol/s"), "name": "GLUT"}),
        "KCC2": Call(lib.KCC2, {0: membrane(), "conductance": Q(1.0, "S/dm^2"), "name": "KCC"}),
        "NaKATPase": Call(lib.NaKATPase, {0: membrane(), "density": Q(1.0, "1/um^2"), "name": "pump"}, weight=0.2),
        "SGLT1": Call(lib.SGLT1, {0: membrane(), "density": Q(1.0, "1/um^2"), "data": "parent_1992", "slip": True, "name": "S"}, weight=0.1),
        "water": Call(lib.water, {0: membrane(), "permeability": Q(1.0, "cm/s"), "name": "w"}),
        "sheet": Call(lib.sheet, {0: "parent_1992"}, weight=0.3),
        "sheet[…]": Call(lambda name: lib.sheet("parent_1992")[name], {0: "alpha_out"}, weight=0.3),
    }  # fmt: skip


@cache
def sound() -> bm.Model:
    """One cell with a leak and a pump of little work."""
    on = membrane()
    return modelled(transporter(on=on), transporter("Na@in -> Na@out", LEAK, on, "Na_leak"), cycle(on=on), potential={on: Q(-60.0, "mV")})


@cache
def ran() -> bm.Run:
    """A run of it."""
    return bm.simulate(sound(), until=Q(1.0, "s"), solver=bm.solvers.Native(rtol=1e-5))


@cache
def folder() -> Path:
    """Where files go."""
    return Path(tempfile.mkdtemp(prefix="fuzz"))


@cache
def saved() -> Path:
    """The run in a file."""
    return bm.save(ran(), folder() / "run.nc")


def prepared(values: Any, **more: Any) -> Any:
    """A function of parameters, made and called."""
    return bm.prepare(sound(), **more)(values)


def command(*words: Any) -> int:
    """The command line, in this process."""
    from biomembrane import cli

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()), contextlib.chdir(folder()):
        try:
            return cli.main([str(word) for word in words if "\0" not in str(word)])
        except SystemExit as end:
            return {0: 0, 1: 1, 2: 2, None: 0}[end.code]


def damaged(rng: Random) -> Path:
    """The file of a run with some bytes changed or left out."""
    body = bytearray(saved().read_bytes())
    for _ in range(rng.choice((1, 3, 30, 300))):
        body[rng.randrange(len(body))] = rng.randrange(256)
    path = folder() / "damaged.nc"
    path.write_bytes(body[: rng.randrange(len(body))] if rng.random() < 0.3 else body)
    return path


def paper(rng: Random) -> Path:
    """A sheet with some letters changed."""
    from importlib.resources import files

    text = (files("biomembrane.library") / "data" / "parent_1992.toml").read_text(encoding="utf-8")
    lines = text.splitlines()
    for _ in range(rng.choice((1, 2, 5))):
        k = rng.randrange(len(lines))
        lines[k] = rng.choice(
            (nonsense.text(rng, lines[k]), "[" * 2000, "x = " + "9" * 6000, "[parameters]", "value = true", "unit = 5", "", "kind = 'x'")
        )
    path = folder() / f"sheet{rng.randrange(10**9)}.toml"
    path.write_text("\n".join(lines), encoding="utf-8", errors="replace")
    return path


def _numbers_of(path: Path) -> None:
    try:
        sheet = lib.sheet(path)
        for name in sheet.entries:
            with contextlib.suppress(errors.BiomembraneError):
                sheet[name]
        assert isinstance(sheet.bibtex, str)
    finally:
        path.unlink()


def runs() -> dict[str, Call]:
    """What runs, reads and judges."""
    levels = xr.DataArray([4.0, 5.0], dims="K_o", attrs={"units": "mM"})
    quick = bm.solvers.Native(rtol=1e-4)
    one = transporter("glucose@in -> glucose@out", laws.Saturable(half={"glucose": Q(1.0, "mM")}, maximum=Q(1.0, "fmol/s")), name="GLUT")
    small = {"until": Q(1.0, "s"), "parameters": {"bath.K": Q(4.0, "mM"), "K_leak.permeability": Q(1e-8, "cm/s")}, "solver": quick}
    steps = {"bath.K": Protocol.steps("5 mM", ("0.2 s", "20 mM")), "temperature": Q(300.0, "kelvin")}
    waves = {"bath.K": Protocol.function(lambda t, a, b: a + a * sp.sin(t / b) / 2, a=Q(5.0, "mM"), b=Q(1.0, "s"))}
    return {
        "simulate": Call(bm.simulate, {0: sound(), **small, "start": {"GLUT.O": 0.5, "GLUT.I": 0.5}, "progress": lambda _: None}, weight=4),
        "simulate(times)": Call(bm.simulate, {0: sound(), "times": Q([0.0, 0.5, 1.0], "s"), "solver": quick}, weight=2),
        "simulate(scan)": Call(bm.simulate, {0: sound(), "until": Q(0.1, "s"), "parameters": {"bath.K": levels}, "keep": "final", "solver": quick}),
        "simulate(steps)": Call(bm.simulate, {0: sound(), "until": "1 s", "parameters": steps, "solver": quick}),
        "simulate(waves)": Call(bm.simulate, {0: sound(), "until": "1 s", "parameters": waves, "solver": quick}, weight=0.3),
        "prepare": Call(prepared, {0: [4.0, 300.0], "vary": {"bath.K": "mM", "temperature": "kelvin"}, "until": "1 s", "solver": quick}, weight=2),
        "Run.sel": Call(lambda **at: ran().sel(**at), {"K_o": 5.0}, weight=0.3),
        "Run.isel": Call(lambda **at: ran().isel(**at), {"K_o": 1}, weight=0.3),
        "Run.final": Call(lambda *a: ran().final(*a), {0: "potential"}, weight=0.3),
        "Ledger.by": Call(lambda *a: ran().ledger.by(*a), {0: "transporter"}, weight=0.3),
        "Ledger.efficiency": Call(lambda *a: ran().ledger.efficiency(*a), {0: "GLUT"}, weight=0.3),
        "Ledger.check": Call(lambda *a: ran().ledger.check(*a), {0: 1e-3}, {0: "n"}, weight=0.3),
        "Model.parameter": Call(lambda *a: sound().parameter(*a), {0: "bath.K"}, weight=0.3),
        "audit": Call(bm.audit, {0: one, "over": {"V": (Q(-100.0, "mV"), Q(50.0, "mV")), "glucose@in": (Q(1.0, "mM"), Q(5.0, "mM"))}}, weight=0.6),
        "coupling": Call(
            bm.coupling, {0: [one, lib.leak(K, one.on)], "driving": "K", "driven": "glucose", "at": {"V": Q(-60.0, "mV")},
                          "temperature": Q(300.0, "kelvin")}, {"temperature": "q kelvin"}, weight=0.5,
        ),
        "prove": Call(bm.prove, {0: one}, weight=0.3),
        "make_consistent": Call(bm.make_consistent, {0: one, "method": "reverse", "over": {"V": (Q(-100.0, "mV"), Q(50.0, "mV"))}}, weight=0.2),
        "cite": Call(bm.cite, {0: sound()}, weight=0.3),
        "check_transporter": Call(
            lambda x, examples: None if x is one and examples == 2 else testing.check_transporter(x, examples=examples), {0: one, 1: 2}, weight=0.2
        ),
        "check_model": Call(
            lambda x, examples: None if isinstance(x, bm.Model) else testing.check_model(x, examples=examples), {0: sound(), 1: 2}, weight=0.2
        ),
        "load": Call(lambda name: None if isinstance(name, str) and name == "resting_cell" else bm.load(name), {0: "resting_cell"}, weight=0.5),
        "save": Call(lambda run, name: bm.save(run, folder() / name if isinstance(name, str) else name), {0: ran(), 1: "out.nc"}, weight=0.2),
        "open_result": Call(lambda name: bm.open_result(folder() / name if isinstance(name, str) else name), {0: "run.nc"}, weight=0.3),
        "open_run": Call(bm.open_run, {0: str(saved())}, weight=0.2),
        "energy_flow": Call(figures.energy_flow, {0: ran(), "ax": None, "width": "single", "style": "cell"}, weight=0.03),
        "traces": Call(figures.traces, {0: ran(), "panels": ["ions", "flux"], "ax": None, "width": 80.0, "style": "cell"}, weight=0.03),
        "figures.coupling": Call(figures.coupling, {0: None, "width": "single", "style": "cell"}, weight=0.1),
        "figures.repair": Call(figures.repair, {0: None, "width": "single", "style": "cell"}, weight=0.1),
        "figures.save": Call(figures.save, {0: None, 1: "figure.pdf"}, weight=0.1),
        "command set": Call(command, {0: "run", 1: "resting_cell", 2: "--set", 3: "bath.K=5 mM", 4: "--until", 5: "x min"}, weight=0.02),
        "command audit": Call(command, {0: "audit", 1: "resting_cell", 2: "--fail-on", 3: "0.5 kJ/mol"}, weight=0.02),
        "command cite": Call(command, {0: "cite", 1: "resting_cell", 2: "--json"}, weight=0.02),
    }  # fmt: skip


def special() -> dict[str, tuple[Callable[[Random], Any], float]]:
    """Inputs that are files."""
    return {
        "damaged file": (lambda rng: bm.open_result(damaged(rng)), 0.2),
        "damaged sheet": (lambda rng: _numbers_of(paper(rng)), 1.0),
        "damaged run": (lambda rng: np.asarray(bm.open_run(damaged(rng)).ledger.spent), 0.1),
    }


@cache
def every() -> dict[str, Call]:
    """All calls by name."""
    return declarations() | of_laws() | runs()
