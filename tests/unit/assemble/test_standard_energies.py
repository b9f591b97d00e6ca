"""Standard energies from equilibrium constants, and constants that contradict each other."""

from __future__ import annotations

import math

import pytest
import xarray as xr
from builders import RT
from equilibrated import A, B, C, vessel
from hypothesis import given
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane import library as lib
from biomembrane.library import H, Mg

LOOP = (("A", "B"), ("B", "C"), ("A", "C"))
SLOW = "1 1/s"


def loop(*pKs: float, rate: str | None = SLOW) -> bm.Model:
    cell = vessel(A, B, C)
    return bm.Model(
        "loop",
        [
            bm.Equilibrium(f"{a}@cell <-> {b}@cell", cell, pK=pK, rate=rate, name=f"{a}{b}")
            for (a, b), pK in zip(LOOP, pKs, strict=False)
        ],
    )


def test_a_loop_that_does_not_close_is_named() -> None:
    with pytest.raises(errors.EquilibriaDoNotClose) as told:
        loop(1.0, 2.0, 4.0)
    assert set(told.value.processes) == {"AB", "BC", "AC"}
    assert abs(told.value.kilojoule) == pytest.approx(math.log(10) * RT / 1000)
    assert "a factor 10.0" in str(told.value)


@given(st.floats(-3, 3), st.floats(-3, 3))
def test_a_loop_that_closes_is_accepted(first: float, second: float) -> None:
    """Its energies give all three constants."""
    energies = loop(first, second, first + second).standards
    assert len(energies.closures) == 1


def test_equilibria_of_which_one_follows_are_refused() -> None:
    """Their fluxes would not be determined."""
    with pytest.raises(
        errors.DependentEquilibria, match="AC, which follows from AB and BC"
    ) as told:
        loop(1.0, 2.0, 3.0, rate=None)
    assert set(told.value.processes) == {"AB", "BC", "AC"}


def test_values_that_are_used_must_close_too() -> None:
    """In a run, at the lane where they do not."""
    model = loop(1.0, 2.0, 3.0)
    pKs = xr.DataArray([1.0, 1.5], dims="lane", attrs={"units": "1"})
    with pytest.raises(errors.EquilibriaDoNotClose, match="lane=1"):
        bm.simulate(model, until="1 s", parameters={"AB.pK": pKs})


def test_a_constant_is_compared_with_declared_energies() -> None:
    """Of Mg-ATP: 3.88 agrees with them, 4 does not."""
    s = lib.sheet("qamas_book")
    cell = vessel(lib.explicit.MgATP, lib.explicit.ATP4, Mg)
    text = "MgATP@cell <-> ATP4@cell + Mg@cell"
    for pK, rate in ((s["pK_MgATP"], None), (3.88, "1 1/s")):
        bm.Model("fine", [bm.Equilibrium(text, cell, pK=pK, rate=rate)])
    with pytest.raises(errors.EquilibriaDoNotClose, match="standard energies of ATP4, Mg, MgATP"):
        bm.Model("off", [bm.Equilibrium(text, cell, pK=4)])
    from_energies = bm.Model("given", [lib.ATP_Mg.equilibrium(cell)])
    ended = bm.simulate(from_energies, until="1 s").data.concentration.isel(time=-1)
    free, bound, ion = (float(ended.sel(pool=f"cell.{n}")) for n in ("ATP4", "MgATP", "Mg"))
    assert free * ion / bound == pytest.approx(1e3 * 10**-3.88, rel=1e-9)


def test_energies_that_other_reactions_use_stand() -> None:
    """A reaction with a law of its own, without energies, means 0 for each; a constant that closes
    a loop with it is compared.
    """
    cell = vessel(A, B, C)
    turn = bm.Transporter("turn", "A@cell <-> B@cell", cell, laws.Elementary(rate=Q(1e4, "fmol/s")))
    with pytest.raises(errors.EquilibriaDoNotClose, match="AB"):
        bm.Model("off", [turn, bm.Equilibrium("A@cell <-> B@cell", cell, pK=1, name="AB")])
    model = bm.Model("fine", [turn, bm.Equilibrium("B@cell <-> C@cell", cell, pK=1)])
    ended = bm.simulate(model, until="1000 s").data.amount.isel(time=-1).values
    assert ended == pytest.approx([3 / 2.1, 3 / 2.1, 0.3 / 2.1], rel=1e-6)


def test_two_buffers_share_the_proton() -> None:
    """The energies of both acids follow, that of H⁺ stays 0."""
    first, second = lib.buffer("P", pK=7), lib.buffer("Q", pK=8)
    cell = vessel(first.free, first.bound, second.free, second.bound, H)
    model = bm.Model("both", [first.equilibrium(cell), second.equilibrium(cell)])
    assert set(model.standards.energies) == {"HP", "HQ"}
