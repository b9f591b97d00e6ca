"""Every transporter of the library: sourced, proven, and true to the form of its paper."""

import numpy as np
import pytest

import biomembrane as bm
from biomembrane import Q, constants
from biomembrane import library as lib
from biomembrane.library import ADP, ATP, H2O, Cl, K, Na, Pi, glucose

INSIDE = {Na: 12, K: 130, Cl: 8, glucose: 3}
OUTSIDE = {Na: 145, K: 4.5, Cl: 149.5, glucose: 5}
MAKERS = {
    "NaKATPase": lib.NaKATPase, "SGLT1": lib.SGLT1, "GLUT2": lib.GLUT2, "KCC2": lib.KCC2,
    "water": lib.water,
    **{f"{s.name}_leak": (lambda on, s=s: lib.leak(s, on)) for s in (K, Na, Cl)},
}  # fmt: skip


def membrane():
    """A cell in a bath that has all that the library moves."""
    bath = bm.Reservoir("bath", {s: Q(c, "mM") for s, c in OUTSIDE.items()})
    fuel = {ATP: Q(4, "mM"), ADP: Q(0.4, "mM"), Pi: Q(4, "mM")}
    cell = bm.Compartment(
        "cell",
        volume=Q(1, "pL"),
        contents={s: Q(c, "mM") for s, c in INSIDE.items()},
        held=fuel,
        impermeant=bm.balance(charge=-1),
    )
    return bm.Membrane(
        "m", inside=cell, outside=bath, area=Q(500, "um^2"), capacitance=Q(1, "uF/cm^2")
    )


@pytest.mark.parametrize("name", MAKERS)
def test_every_number_has_a_source_and_every_law_a_proof(name):
    """No parameter without a kind of source; assumed ones say why; each process is proven or an
    Onsager law.
    """
    made = MAKERS[name](membrane())
    for p in made.parameters.values():
        assert p.source.kind in ("measured", "fitted", "derived", "assumed")
        assert p.source.citation or p.source.note
    assert {p.certificate.verdict for p in made.processes} <= {"proven", "onsager"}


@pytest.mark.parametrize("name", MAKERS)
def test_reprs_are_whole(name):
    """Text, HTML and LaTeX of each transporter; LaTeX has balanced braces and no raw symbol
    names.
    """
    made = MAKERS[name](membrane())
    assert made.name in repr(made)
    assert "<table" in made._repr_html_()
    tex = made._repr_latex_()
    assert tex.count("{") == tex.count("}")
    assert "[cell." not in tex


def test_kcc2_is_driven_by_the_difference_of_nernst_potentials():
    """J = g·area (E_Cl − E_K)/F, outward positive, and nothing moves where the products of K⁺ and
    Cl⁻ are equal.
    """
    on = membrane()
    model = bm.Model("kcc2", [lib.KCC2(on), lib.leak(K, on)], potential={on: Q(-70, "mV")})
    run = bm.simulate(model, until=Q(1, "ms"))
    RTF = constants.GAS * constants.BODY_TEMPERATURE / constants.FARADAY
    E_K, E_Cl = RTF * np.log(4.5 / 130), -RTF * np.log(149.5 / 8)
    expected = 0.2 * 5e-10 * (E_Cl - E_K) / constants.FARADAY * 1e15  # 2e-3 S/dm² is 0.2 S/m²
    assert float(run.data.flux.sel(process="KCC2")[0]) == pytest.approx(expected, rel=1e-9)
    still = bm.simulate(model, until=Q(1, "ms"), parameters={"bath.Cl": Q(130 * 8 / 4.5, "mM")})
    assert float(still.data.flux.sel(process="KCC2")[0]) == pytest.approx(0, abs=1e-12)


def test_cite_names_every_sheet():
    """BibTeX of the shipped models: one entry for each sheet in use, and the assumed numbers
    listed.
    """
    text = bm.cite(bm.load("enterocyte"))
    for key in ("smith_crampin_2004", "eskandari_2005", "layton_nephron", "membrane_typical"):
        assert f"{{{key}," in text
    assert "% GLUT2.maximum" in text
    assert H2O.molar_volume is not None
