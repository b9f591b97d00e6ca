"""What follows from an object lives on it: a dropped model frees all that was made of it, and no
module holds anything of a model.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import sys
import types
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import xarray as xr
from builders import cell
from mistakes import cycle

import biomembrane as bm
from biomembrane import Q
from biomembrane import library as lib
from biomembrane.compile.program import Program
from biomembrane.declare.places import Compartment, Membrane, Reservoir
from biomembrane.declare.transporter import Process, Transporter
from biomembrane.library import Cl, K, Na, glucose
from biomembrane.solve.parameter_set import ParameterSet
from biomembrane.solve.trajectory import Trajectory

pytest.importorskip("dask")
UNTIL = "5 s"
OF_A_MODEL = (
    bm.Model,
    Program,
    Process,
    Transporter,
    bm.Cycle,
    Membrane,
    Compartment,
    Reservoir,
    bm.Run,
    Trajectory,
    ParameterSet,
)
SHARED = (types.ModuleType, type, types.FunctionType, types.CodeType, types.FrameType)
TABLES = (
    dict,
    list,
    set,
    functools._lru_cache_wrapper,
    weakref.WeakValueDictionary,
    weakref.WeakKeyDictionary,
)
ATOMS = (str, bytes, int, float, complex, bool, type(None))


def model() -> bm.Model:
    """A leak of each ion and a carrier of glucose."""
    return cell(
        lambda on: [lib.leak(K, on), lib.leak(Cl, on), lib.leak(Na, on), cycle(on=on)],
        {K: 130, Na: 10, Cl: 140, glucose: 1}, {K: 5, Na: 140, Cl: 145, glucose: 5},
    )  # fmt: skip


def everything(made: bm.Model, folder: Path) -> list[Any]:
    """All that is made of a model, the parts that a caller may hold."""
    pulse = bm.Protocol.ramps((Q(1, "s"), Q(5, "mM")), (Q(2, "s"), Q(9, "mM")))
    many = xr.DataArray([3.0, 8.0, 9.0], dims="K_o", attrs={"units": "mM"})
    run = bm.simulate(made, until=UNTIL, parameters={"bath.K": pulse})
    scan = bm.simulate(made, until=UNTIL, parameters={"bath.K": many}, keep="final")
    lazy = bm.simulate(made, until=UNTIL, parameters={"bath.K": many.chunk()}, keep="final")
    lazy.data.compute(scheduler="threads")
    plain = bm.simulate(made, until=UNTIL)
    plain.ledger.check()
    str(plain.ledger)
    bm.save(plain, folder / "run.nc")
    opened = bm.open_run(folder / "run.nc")
    figure = bm.figures.energy_flow(plain)
    carrier = made.transporters[3]
    parts = [
        made,
        *made.transporters,
        *made.processes,
        *made.membranes,
        *made.compartments,
        *made.reservoirs,
        made.references,
        made.ledger_layout,
    ]
    parts += [
        run,
        run.ledger,
        run.trajectory,
        run.trajectory.kernel,
        run.trajectory.kernel.program,
        scan,
        lazy,
        lazy.recipe,
        plain,
        opened,
    ]
    parts += [figure, bm.figures.forces(plain), bm.audit(made), bm.prove(made), bm.prove(carrier)]
    parts += [bm.make_consistent(carrier), bm.coupling(list(made.transporters[:2]), "K", "Cl")]
    parts.append(bm.prepare(made, vary={"bath.K": "mM"}, until=UNTIL))
    assert made._repr_html_()
    assert made.hash
    return parts


def kept() -> Iterator[tuple[str, Any]]:
    """All that modules and classes of the package hold, and the caches of their functions."""
    for key, module in list(sys.modules.items()):
        if key.partition(".")[0] == "biomembrane" and module is not None:
            for name, value in list(vars(module).items()):
                own = getattr(value, "__module__", None) == key
                if isinstance(value, TABLES) or (own and not isinstance(value, SHARED)):
                    yield f"{key}.{name}", value
                elif own and isinstance(value, type):
                    yield from (
                        (f"{key}.{name}.{k}", v)
                        for k, v in vars(value).items()
                        if isinstance(v, TABLES)
                    )


def reached(root: Any) -> Iterator[Any]:
    """All that an object holds, without the code and the modules that everything shares."""
    left, met = [root], {id(root)}
    while left:
        here = left.pop()
        yield here
        for x in gc.get_referents(here):
            if id(x) not in met and not isinstance(x, (*SHARED, *ATOMS)):
                met.add(id(x))
                left.append(x)


def test_all_that_is_made_of_a_model_goes_with_it(tmp_path: Path) -> None:
    """No cache and no table of a module or a class leads to a part of it while it lives; once it is
    dropped, nothing of it is left.
    """
    made = model()
    parts = everything(made, tmp_path)
    assert any(x is made for x in reached(parts[-1]))  # what is held is found
    found = dict(kept())
    assert {
        "biomembrane.symbols.declared",
        "biomembrane.declare.checks.certified_once.certify_local",
    } <= set(found)
    for name, value in found.items():
        held = {type(x).__name__ for x in reached(value) if isinstance(x, OF_A_MODEL)}
        assert not held, f"{name} holds {held}"
    seen = [(type(x).__name__, weakref.ref(x)) for x in parts]
    del made, parts, found, value
    gc.collect()
    assert [name for name, ref in seen if ref() is not None] == []


def test_what_is_held_does_not_travel() -> None:
    """A copy holds nothing yet, and works out the same."""
    with contextlib.suppress(ImportError):
        import cloudpickle

        made = model()
        bm.simulate(made, until=UNTIL)
        back = cloudpickle.loads(cloudpickle.dumps(made))
        assert vars(made)["_held"]
        assert "_held" not in vars(back)
