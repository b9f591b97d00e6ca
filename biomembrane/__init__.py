"""Rigorous membrane biophysics: declare, assemble, compile, solve, account, show."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .caching import garbage_collection_paused

if TYPE_CHECKING:
    from . import dimension as dimension
    from . import errors as errors
    from . import library as library
    from . import testing as testing
    from . import typing as typing
    from .account.ledger import Ledger as Ledger
    from .assemble.model import Model as Model
    from .declare import laws as laws
    from .declare.auxiliary_state import AuxiliaryState as AuxiliaryState
    from .declare.cycle import Cycle as Cycle
    from .declare.electrode import Electrode as Electrode
    from .declare.equilibrium import Equilibrium as Equilibrium
    from .declare.event import Event as Event
    from .declare.gate import Gate as Gate
    from .declare.impermeant_contents import Impermeants as Impermeants
    from .declare.parameter import Parameter as Parameter
    from .declare.places import Compartment as Compartment
    from .declare.places import Membrane as Membrane
    from .declare.places import Reservoir as Reservoir
    from .declare.places import balance as balance
    from .declare.protocol import Protocol as Protocol
    from .declare.source import Source as Source
    from .declare.species import Species as Species
    from .declare.temperature_conversion import activation_energy as activation_energy
    from .declare.temperature_conversion import q10 as q10
    from .declare.transporter import Transporter as Transporter
    from .declare.walls import Wall as Wall
    from .exchange.bibliography import cite as cite
    from .exchange.netcdf import open_result as open_result
    from .exchange.netcdf import open_run as open_run
    from .exchange.netcdf import save as save
    from .exchange.shipped_models import load as load
    from .library.flow import Flow as Flow
    from .library.flow import VolumeChange as VolumeChange
    from .library.pore import Pore as Pore
    from .results.branch import Branch as Branch
    from .results.branch import follow as follow
    from .results.control import control as control
    from .results.keep import Keep as Keep
    from .results.prepared_run import Prepared as Prepared
    from .results.prepared_run import prepare as prepare
    from .results.run import Run as Run
    from .results.simulation import simulate as simulate
    from .results.steady_state import SteadyState as SteadyState
    from .results.steady_state import steady_state as steady_state
    from .results.steady_transporter import SteadyTransporter as SteadyTransporter
    from .results.steady_transporter import steady as steady
    from .second_law.audit import audit as audit
    from .second_law.coupling import coupling as coupling
    from .second_law.proof import prove as prove
    from .second_law.repair import make_consistent as make_consistent
    from .show import figures as figures
    from .solve import solvers as solvers
    from .solve.scan_axis import axis as axis
    from .study.study import Study as Study
    from .units import Q as Q

_HOME = {
    "Q": "units", "Species": "declare.species", "Compartment": "declare.places",
    "Reservoir": "declare.places", "Membrane": "declare.places",
    "balance": "declare.places", "Parameter": "declare.parameter", "Source": "declare.source",
    "Transporter": "declare.transporter", "Equilibrium": "declare.equilibrium",
    "Cycle": "declare.cycle", "Gate": "declare.gate",
    "Electrode": "declare.electrode", "Event": "declare.event",
    "AuxiliaryState": "declare.auxiliary_state", "Protocol": "declare.protocol",
    "Keep": "results.keep",
    "Model": "assemble.model", "simulate": "results.simulation", "Run": "results.run",
    "Ledger": "account.ledger",
    "save": "exchange.netcdf", "open_result": "exchange.netcdf", "open_run": "exchange.netcdf",
    "load": "exchange.shipped_models",
    "cite": "exchange.bibliography", "audit": "second_law.audit", "coupling": "second_law.coupling",
    "make_consistent": "second_law.repair",
    "prove": "second_law.proof", "axis": "solve.scan_axis", "Prepared": "results.prepared_run",
    "prepare": "results.prepared_run",
    "Study": "study.study",
    "Impermeants": "declare.impermeant_contents", "Wall": "declare.walls",
    "Flow": "library.flow", "VolumeChange": "library.flow", "Pore": "library.pore",
    "SteadyState": "results.steady_state", "steady_state": "results.steady_state",
    "control": "results.control", "Branch": "results.branch", "follow": "results.branch",
    "SteadyTransporter": "results.steady_transporter", "steady": "results.steady_transporter",
    "activation_energy": "declare.temperature_conversion", "q10": "declare.temperature_conversion",
}  # fmt: skip
_MODULES = {
    "errors": "errors",
    "dimension": "dimension",
    "library": "library",
    "laws": "declare.laws",
    "figures": "show.figures",
    "solvers": "solve.solvers",
    "testing": "testing",
    "typing": "typing",
}

__version__ = "0.1.0"
__all__ = ["__version__", *sorted({*_HOME, *_MODULES})]  # noqa: PLE0604


if not TYPE_CHECKING:  # or every name would pass

    def __getattr__(name: str) -> Any:
        """Public names load on first use, so that ``import biomembrane`` is instant."""
        with garbage_collection_paused():  # of sympy and pint 100,000 objects stay
            if name in _MODULES:
                found = import_module(f"{__name__}.{_MODULES[name]}")
            elif name in _HOME:
                found = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
            else:
                raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return __all__
