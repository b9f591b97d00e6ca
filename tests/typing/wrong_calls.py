"""Calls that a type checker must refuse: each with the code of its error; one that passes makes the
comment unused, which is an error.
"""

from __future__ import annotations

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane import library as lib
from biomembrane.library import K, Na


def bare_numbers(on: bm.Membrane, model: bm.Model, bath: bm.Reservoir) -> None:
    """Numbers without units."""
    lib.leak(K, on, permeability=1e-7)  # type: ignore[arg-type]
    lib.GLUT2(on, maximum=100.0)  # type: ignore[arg-type]
    laws.GHK(permeability=1e-7)  # type: ignore[arg-type]
    laws.Elementary(1)  # type: ignore[arg-type]
    laws.Saturable(half={"glucose": 17}, maximum="1 fmol/s")  # type: ignore[dict-item]
    bm.Compartment("cell", volume=1)  # type: ignore[arg-type]
    bm.Reservoir("bath", {Na: 140})  # type: ignore[dict-item]
    bm.Membrane("m", inside=bath, outside=bath, area=100, capacitance=1)  # type: ignore[arg-type]
    bm.Model("cell", model.transporters, potential={on: -60})  # type: ignore[dict-item]
    bm.Parameter(15.5, source=bm.Source("assumed"))  # type: ignore[arg-type]
    bm.simulate(model, until=600)  # type: ignore[call-overload]
    bm.testing.books_close(model, until=1)  # type: ignore[arg-type]
    bm.figures.forces(bm.simulate(model, until="1 s"), at=10)  # type: ignore[arg-type]
    bm.coupling(lib.SGLT1(on), temperature=310)  # type: ignore[arg-type]


def names_for_things(on: bm.Membrane, model: bm.Model) -> None:
    """Names where objects are due, and objects where names are."""
    lib.leak("K", on)  # type: ignore[arg-type]
    lib.leak(K, "basal")  # type: ignore[arg-type]
    bm.Reservoir("bath", {"Na": Q(140, "mM")})  # type: ignore[dict-item]
    bm.Transporter("t", "K@in -> K@out", "basal", laws.GHK("1e-7 cm/s"))  # type: ignore[arg-type]
    bm.Transporter("t", "K@in -> K@out", on, "GHK")  # type: ignore[arg-type]
    bm.Transporter("t", "K@in -> K@out", on, Wrong())  # type: ignore[arg-type]
    bm.Model("cell", ["leak"])  # type: ignore[list-item]
    bm.simulate("enterocyte", until="1 s")  # type: ignore[call-overload]
    bm.simulate(model, until="1 s", keep="potential")  # type: ignore[call-overload]
    bm.simulate(model, until="1 s", parameters={K: "5 mM"})  # type: ignore[dict-item]
    bm.simulate(model, until="1 s", solver="Radau")  # type: ignore[call-overload]
    bm.save(model, "run.nc")  # type: ignore[arg-type]
    bm.audit("enterocyte")  # type: ignore[arg-type]


def misspelt(on: bm.Membrane, model: bm.Model) -> None:
    """Keywords, attributes and names that do not exist."""
    lib.leak(K, on, permeabilty="1e-7 cm/s")  # type: ignore[call-arg]
    bm.Compartment("cell", volum="1 pL")  # type: ignore[call-arg]
    bm.Species("Na", charg=1)  # type: ignore[call-arg]
    bm.simulate(model, untill="1 s")  # type: ignore[call-overload]
    bm.axis("K_o", [2, 5], units="mM")  # type: ignore[call-arg]
    bm.figures.traces(bm.simulate(model, until="1 s"), panel="flux")  # type: ignore[call-overload]
    bm.simulat(model)  # type: ignore[attr-defined]
    lib.NaKATPase2(on)  # type: ignore[attr-defined]
    bm.testing.check_transporters(on)  # type: ignore[attr-defined]
    bm.errors.UnknownNme()  # type: ignore[attr-defined]
    _ = bm.simulate(model, until="1 s").leger  # type: ignore[attr-defined]


def wrong_values(model: bm.Model, run: bm.Run) -> None:
    """Values of another kind."""
    Q(None)  # type: ignore[arg-type]
    Q([1, "2"], "mM")  # type: ignore[arg-type]
    bm.axis("K_o", "2 5 10", 3)  # type: ignore[arg-type]
    bm.Protocol.steps(Q(5, "mM"), Q(1, "min"))  # type: ignore[arg-type]
    bm.audit(model, over={"V": Q(-100, "mV")})  # type: ignore[dict-item]
    bm.figures.costs(run, over="5 min")  # type: ignore[arg-type]
    bm.figures.compare([run])  # type: ignore[arg-type]
    bm.figures.response(run, {"cell.Na"})  # type: ignore[arg-type]
    bm.balance(charge="-1")  # type: ignore[arg-type]
    run.isel(K_o="5")  # type: ignore[arg-type]
    bm.prepare(model, vary=["bath.K"], until="1 s")  # type: ignore[arg-type]


def errors_as_data(error: bm.errors.CycleNotClosed) -> None:
    """Errors take their own fields and no others, and cannot be changed."""
    wrong = [
        bm.errors.UnknownName(wher="typo"),  # type: ignore[call-arg]
        bm.errors.UnknownName("typo"),  # type: ignore[call-arg]
        bm.errors.CycleNotClosed(where="here", kilojoule="8"),  # type: ignore[arg-type]
        bm.errors.WrongType(where="here", kilojoule=8.0),  # type: ignore[call-arg]
        bm.errors.BooksDoNotClose(residual=None),  # type: ignore[arg-type]
    ]
    error.kilojoule = 8.0  # type: ignore[misc]
    _ = error.proces  # type: ignore[attr-defined]
    assert wrong


class Wrong:
    """No law: its rates are numbers."""

    def rates(self, site: laws.Site) -> float:
        """Of nothing."""
        return site.charge * 1.0
