"""Errors are plain data: frozen, typed, made of keywords that exist, and each raise fills the
fields of its kind.
"""

from __future__ import annotations

import ast
import copy
import dataclasses
import inspect
import math
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane import library as lib
from biomembrane.library import K

PACKAGE = Path(bm.__file__).parent


def one_leak() -> bm.Model:
    """K⁺ leaks from a cell of 1 pL."""
    bath = bm.Reservoir("bath", {K: Q(5, "mM"), lib.Cl: Q(5, "mM")})
    cell = bm.Compartment(
        "cell",
        volume=Q(1, "pL"),
        contents={K: Q(130, "mM"), lib.Cl: Q(20, "mM")},
        impermeant=bm.balance(),
    )
    on = bm.Membrane(
        "basal", inside=cell, outside=bath, area=Q(100, "um^2"), capacitance=Q(1, "uF/cm^2")
    )
    return bm.Model("cell", [lib.leak(K, on)])


ALL = [getattr(errors, name) for name in errors.__all__]
KINDS = [kind for kind in ALL if issubclass(kind, errors.BiomembraneError)]
COMMON = {f.name for f in dataclasses.fields(errors.BiomembraneError)}
OWN = {kind.__name__: {f.name for f in dataclasses.fields(kind)} - COMMON for kind in KINDS}


def test_all_kinds_are_public():
    trees = [ast.parse(path.read_text("utf-8")) for path in (PACKAGE / "errors").glob("*.py")]
    classes = {node.name for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)}
    assert classes == set(errors.__all__)
    assert set(ALL) == set(KINDS) | {w for w in ALL if issubclass(w, errors.BiomembraneWarning)}


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.__name__)
def test_a_kind_is_a_frozen_dataclass(kind: type[errors.BiomembraneError]):
    error = kind(where="here", advice="this")
    assert dataclasses.is_dataclass(kind)
    assert set(OWN[kind.__name__]) == set(inspect.get_annotations(kind)) - COMMON - {"headline"}
    for name in ("where", *OWN[kind.__name__]):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(error, name, "other")
    error.add_note("as Python does")
    assert error.__notes__ == ["as Python does"]
    with pytest.raises(TypeError, match="wher"):
        kind(wher="typo")
    with pytest.raises(TypeError):
        kind("by position")


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.__name__)
def test_a_kind_travels(kind: type[errors.BiomembraneError]):
    error = kind(where="here", wanted="this", got="that", advice="so")
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error), dataclasses.replace(error)):
        assert type(other) is kind
        assert [getattr(other, f.name) for f in dataclasses.fields(kind)] == [
            getattr(error, f.name) for f in dataclasses.fields(kind)
        ]
    assert kind.__module__ == "biomembrane.errors"


def test_headlines_and_docstrings_are_of_one_kind_each():
    assert len({kind.headline for kind in KINDS}) == len(KINDS)
    docs = [kind.__doc__ for kind in ALL]
    assert all(docs)
    assert len(set(docs)) == len(docs)


def raised() -> list[tuple[str, str, set[str]]]:
    """Where each error is made in the package: place, class, and the keywords that it is given."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        calls = [
            node
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Call) and not node.args
        ]
        made = [
            call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr in OWN
        ]
        found += [
            (f"{path.name}:{call.lineno}", call.func.attr, {str(k.arg) for k in call.keywords})
            for call in made
        ]
    return found


def test_every_raise_fills_the_fields_of_its_kind():
    calls = raised()
    assert len(calls) > 350
    assert not [
        (place, kind, OWN[kind] - given) for place, kind, given in calls if OWN[kind] - given
    ]


def test_kinds_that_are_not_raised_are_not_made():
    code = (
        "import sys, biomembrane.errors; print([m for m in sys.modules if m.endswith('_errors')])"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert made.stdout.strip() == "[]"


def test_fields_are_numbers_and_names():
    model = one_leak()
    membrane = model.membranes[0]

    def one_way(side: str, scale: float = 1.0):
        dimension = bm.dimension.FLUX / bm.dimension.CONCENTRATION
        return lambda site: (
            site.parameter(f"k_{side}", Q(scale, "fmol/s/mM"), dimension) * site[f"K@{side}"]
        )

    with pytest.raises(errors.SecondLawViolation) as caught:
        bm.Transporter(
            "leak",
            "K@in -> K@out",
            membrane,
            laws.Pair(forward=one_way("in"), reverse=one_way("out", 2.0)),
        )
    assert caught.value.process == "leak"
    assert f"{caught.value.kilojoule:+.4g} kJ/mol" in caught.value.got
    with pytest.raises(errors.MissingSpecies) as missing:
        lib.GLUT2(membrane)
    assert missing.value.species == ("glucose",)
    with pytest.raises(errors.UnknownUnit) as unit:
        Q(1, "mMol")
    assert unit.value.unit == "mMol"
    A, B = bm.Species("A", formula="CO2"), bm.Species("B", formula="CO")
    place = bm.Compartment("cell", volume="1 pL", contents={A: "1 mM", B: "1 mM"})
    with pytest.raises(errors.UnbalancedReaction) as surplus:
        bm.Transporter("r", "A@cell -> B@cell", place, laws.Elementary(rate="1 fmol/s"))
    assert surplus.value.surplus == (("O", -1),)


def test_a_loop_tells_its_size():
    at = one_leak().membranes[0]
    give = {"forward": Q(50, "1/s"), "reverse": Q(10, "1/s")}
    bind = {"forward": Q(1, "1/s/mM"), "reverse": Q(10, "1/s")}
    steps = [
        ("O + K@out <-> OK", bind),
        ("OK <-> IK", give),
        ("I + K@in <-> IK", bind),
        ("I <-> O", give),
    ]
    with pytest.raises(errors.CycleNotClosed) as caught:
        bm.Cycle(
            "carrier",
            at,
            density=Q(100, "1/um^2"),
            states="O OK IK I",
            steps=steps,
            charge={"OK": 0, "IK": 1},
        )
    assert caught.value.process == "carrier"
    assert math.isclose(
        abs(caught.value.kilojoule), 2 * 8.314462618e-3 * 310.15 * math.log(5), rel_tol=1e-6
    )


def test_a_stopped_run_tells_when():
    constant = laws.Empirical(
        flux=lambda site: site.parameter("J", Q(0.1, "fmol/s"), bm.dimension.FLUX), reason="a test"
    )
    bath = bm.Reservoir("bath", {lib.glucose: Q(5, "mM")})
    cell = bm.Compartment("cell", volume=Q(1, "pL"), contents={lib.glucose: Q(1, "mM")})
    on = bm.Membrane(
        "basal", inside=cell, outside=bath, area=Q(100, "um^2"), capacitance=Q(1, "uF/cm^2")
    )
    model = bm.Model(
        "drained", [bm.Transporter("drain", "glucose@in -> glucose@out", on, constant)]
    )
    with pytest.raises(errors.SimulationStopped) as caught:
        bm.simulate(model, until="1 min")
    assert caught.value.state == "cell.glucose"
    assert 0 < caught.value.time < 60
    assert caught.value.run.status.time == caught.value.time
    assert "cell.glucose" in caught.value.where
