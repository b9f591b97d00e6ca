"""Equilibria as declared objects: what they take, refuse, print and keep."""

from __future__ import annotations

import pickle

import pytest
from equilibrated import BUFFER, A, B, buffered, vessel

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane import library as lib
from biomembrane.library import H

TURN = "A@cell <-> B@cell"
DIMER = bm.Species("D", moieties={"m": 2})


def test_it_is_kept_by_content() -> None:
    """Copies are equal; another constant, or a rate, makes another one."""
    cell = vessel(A, B)
    one = bm.Equilibrium(TURN, cell, pK=1)
    assert pickle.loads(pickle.dumps(one)) == one
    assert one == bm.Equilibrium(TURN, cell, pK=1.0)
    others = (
        bm.Equilibrium(TURN, cell, pK=2), bm.Equilibrium(TURN, cell, K=Q(0.1, "")),
        bm.Equilibrium(TURN, cell, pK=1, rate="1 1/s"),
    )  # fmt: skip
    assert all(one != other for other in others)
    assert (one.name, one.label, one.instant) == ("A_cell", "A_cell", True)
    assert not others[-1].instant
    assert "equilibrium" in repr(one)
    assert r"\mathcal{A} = 0" in one._repr_latex_()
    assert "A = 0 at all times" in one._repr_html_()
    assert one.parameters["A_cell.pK"].long_name == "pK of A_cell"


@pytest.mark.parametrize(
    ("reaction", "given", "kind", "says"),
    [
        (TURN, {}, errors.ConventionMismatch, "pK=7.5"),
        (TURN, {"pK": 1, "K": "1 mM"}, errors.DuplicateName, "both pK and K"),
        (TURN, {"K": "1 mM"}, errors.UnitMismatch, "A_cell.K"),
        ("2 A@cell <-> D@cell", {"K": "1 mM"}, errors.UnitMismatch, "K"),
        ("2 A@cell <-> D@cell", {"K": 3.0}, errors.BareNumber, "K"),
        ("D@cell <-> 2 A@cell", {"K": "-1 mM"}, errors.OutOfDomain, "above zero"),
        (TURN, {"pK": "7 mM"}, errors.UnitMismatch, "pK"),
        (TURN, {"pK": float("nan")}, errors.NotFinite, "pK"),
        (TURN, {"pK": 1, "rate": "1 1/M/s"}, errors.UnitMismatch, "rate"),
        (TURN, {"pK": 1, "rate": "-1 1/s"}, errors.OutOfDomain, "rate"),
        ("A@cell <-> X@cell", {"pK": 1}, errors.MissingSpecies, "X"),
        ("A@cell <-> D@cell", {"pK": 1}, errors.UnbalancedReaction, "m"),
        (TURN, {"pK": 1, "name": "a b"}, errors.BadName, "a_b"),
        (TURN, {"pk": 1}, errors.UnknownKeyword, "pK"),
    ],
)
def test_what_is_wrong_is_told_at_once(
    reaction: str, given: dict, kind: type[Exception], says: str
) -> None:
    with pytest.raises(kind) as told:
        bm.Equilibrium(reaction, vessel(A, B, DIMER), **given)
    assert says in str(told.value)


def test_what_cannot_be_at_equilibrium_at_once_is_refused() -> None:
    """Water, charge that crosses, held solutes alone."""
    cell = bm.Compartment("cell", volume="1 pL", contents={H: "1 mM"}, held={A: "1 mM", B: "1 mM"})
    bath = bm.Reservoir("bath", {H: "1 mM", A: "1 mM"})
    on = bm.Membrane("m", inside=cell, outside=bath, area="1 um^2", capacitance="1 uF/cm^2")
    for reaction, place, more, says in (
        ("H@in <-> H@out", on, {}, "moves no charge"),
        (TURN, cell, {"pK": 1}, "held"),
        ("A@in <-> A@out", on, {}, "contents"),
        ("H@in + H2O@in <-> H@in + H2O@out", on, {"species": (lib.H2O,)}, "leave the solvent"),
    ):
        with pytest.raises(errors.BadReaction) as told:
            bm.Equilibrium(reaction, place, **more)
        assert says in str(told.value)


def test_a_law_may_not_read_the_flux_of_an_equilibrium() -> None:
    """It follows from those of all others, the law's own among them."""
    model = buffered()
    reads = bm.laws.GHK(permeability="1e-8 cm/s")
    leak = bm.Transporter(
        "leak", "Na@in -> Na@out", model.membranes[0], reads,
        modulator=lambda s: 1 / (1 + (s.flux("B_cell") / s.quantity("1 fmol/s")) ** 2),
    )  # fmt: skip
    with pytest.raises(errors.UnknownName, match="not at equilibrium at all times"):
        bm.Model("circle", [*model.transporters, leak])


def test_models_with_equilibria_print_and_travel() -> None:
    model = buffered()
    assert pickle.loads(pickle.dumps(model)) == model
    assert model.hash != buffered("1 1/s").hash
    assert "equilibrium" in model._repr_html_()
    assert "0 = " in model._repr_latex_()
    assert model.unaccounted == ()
    proof, audit = bm.prove(model), bm.audit(model)
    assert proof.verdict == "proven"
    assert audit.verdict == "proven"
    assert "A = 0 at all times" in str(proof)
    with pytest.raises(errors.BadPlace):
        bm.coupling(model.transporters[0])
    assert bm.prove(buffered("1 1/s").transporters[0]).verdict == "proven"
    assert BUFFER.name in str(proof)
