"""What an audit says, of what, and at which temperature; the command line that runs it."""

import json
import math
from typing import Any

import pytest
import sympy as sp
from builders import BODY, RT, shipped
from unit.second_law.audited import ON, SYMPORT, P, coupled, diagram, half, hosted, only

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane.cli import main
from biomembrane.library import K

# --- what it says


def test_reports_can_be_read() -> None:
    found = bm.audit(
        bm.Model("mixed", [bm.library.leak(K, ON), hosted(SYMPORT, lambda s: coupled(s, z=0))])
    )
    assert found.verdict == "violates"
    assert not found.holds
    text = str(found)
    assert "K_leak  proven" in text
    assert "the voltage is left out" in text
    assert "witness: A = " in text
    assert list(found.to_frame().verdict) == ["proven", "violates"]
    assert "kJ/mol" in found._repr_html_()
    with pytest.raises(errors.SecondLawViolation, match="voltage is left out"):
        found.check()
    assert found.check(Q(100, "kJ/mol")) is found
    with pytest.raises(errors.UnknownName, match="K_leak"):
        found["K_leek"]


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: bm.audit("enterocyte"), errors.WrongType, "audit"),
        (lambda: bm.audit([]), errors.WrongType, "claims"),
        (
            lambda: bm.audit(bm.library.leak(K, ON), over={"Q@in": (Q(1, "mM"), Q(2, "mM"))}),
            errors.UnknownName,
            "K@cell",
        ),
        (
            lambda: bm.audit(bm.library.leak(K, ON), over={"K@cell": Q(1, "mM")}),
            errors.WrongType,
            "pair",
        ),
        (
            lambda: bm.audit(bm.library.leak(K, ON), over={"K@cell": (Q(1, "mV"), Q(2, "mV"))}),
            errors.UnitMismatch,
            "mM",
        ),
        (
            lambda: bm.audit(bm.library.leak(K, ON), over={"V": (Q(1, "mV"), Q(-2, "mV"))}),
            errors.OutOfDomain,
            "low < high",
        ),
        (lambda: bm.make_consistent(ON), errors.WrongType, "Transporter"),
        (
            lambda: bm.make_consistent(bm.library.leak(K, ON), method="revers"),
            errors.BadSettings,
            "did you mean 'reverse'",
        ),
        (
            lambda: bm.make_consistent(
                hosted(
                    "K@in -> K@out",
                    lambda s: P(s) * half(s) * (s.u**3 + sp.log(s["K@in"] / s["K@out"])),
                )
            ),
            errors.SecondLawUndecided,
            "non-negative terms",
        ),
    ],
)
def test_wrong_use_is_told(call: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        call()


@pytest.mark.parametrize("name", ["enterocyte", "resting_cell"])
def test_shipped_models_are_proven(name: str) -> None:
    assert bm.audit(shipped(name)).verdict == "proven"


def test_the_temperature_of_a_model_is_used() -> None:
    for T_ in (283.0, 310.0):
        model = bm.Model(
            "warm", [hosted(SYMPORT, lambda s: coupled(s, factor=30))], temperature=Q(T_, "kelvin")
        )
        assert only(model).kJ == pytest.approx(-constants_R() * T_ * math.log(30) / 1e3)


def constants_R() -> float:
    return RT / BODY


MODEL = '''
"""A model to judge."""
import biomembrane as bm
from biomembrane import Q, laws
from biomembrane.library import K

def build():
    cell = bm.Reservoir("cell", {K: Q(140, "mM")}, floating=True)
    bath = bm.Reservoir("bath", {K: Q(5, "mM")})
    size = {"area": Q(100, "um^2"), "capacitance": Q(1, "uF/cm^2")}
    on = bm.Membrane("m", inside=cell, outside=bath, **size)
    def flux(s):
        P = s.parameter("P", Q(1, "fmol/s/mM"), bm.dimension.FLUX / bm.dimension.CONCENTRATION)
        return P * (s["K@in"] - FACTOR * s["K@out"])
    law = laws.Empirical(flux=flux, reason="no voltage")
    return bm.Model("judged", [bm.Transporter("leak", "K@in -> K@out", on, law)])
'''


def test_the_command_line_fails_on_a_violation(tmp_path: Any, capsys: Any) -> None:
    file = tmp_path / "model.py"
    file.write_text(MODEL.replace("FACTOR", "1"))
    assert main(["audit", str(file)]) == 1
    told = capsys.readouterr().out
    assert "the voltage is left out" in told
    assert told.endswith("\n1 finding, 1 failing\n")
    assert main(["audit", str(file), "--json", "--fail-on", "20 kJ/mol"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["verdict"] == "violates"
    assert made["failing"] == []
    assert made["findings"][0]["witness"]["affinity"]["unit"] == "kJ/mol"
    assert main(["audit", str(file), "--fail-on", "20"]) == 2
    assert "kJ/mol" in capsys.readouterr().err
    assert main(["audit", "enterocyte"]) == 0


def test_a_repair_can_be_drawn() -> None:
    for made in (hosted("glucose@out -> glucose@in", lambda s: P(s) * half(s)), diagram(slip=7.0)):
        repair = bm.make_consistent(made)
        data = repair.along_affinity()
        assert (
            float(data.after.sel(X=0.0, method="nearest"))
            == pytest.approx(0.0, abs=1e-9 * float(abs(data.after).max()))
            or made.states
        )
        figure = bm.figures.repair(repair)
        assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()][
            1
        ] == "after: proven"
