"""Adapters: one tool each behind :class:`~benchmarks.peers.base.Peer`, imported only when it is
asked for.
"""

from __future__ import annotations

from importlib import import_module

from .base import Peer

__all__ = ["PEERS", "Peer", "load"]

#: Name on the command line: module and class.
PEERS = {
    "biomembrane": ("engine", "Engine"),
    "numbalsoda": ("lsoda", "NumbaLSODA"),
    "roadrunner": ("roadrunner", "RoadRunner"),
    "myokit": ("cardiac", "Myokit"),
    "casadi": ("symbolic", "CasADi"),
    "casadi-jit": ("symbolic", "CasADiCompiled"),
    "sundae": ("sundials", "Sundae"),
    "basico": ("copasi", "Basico"),
    "scipy": ("plain", "SciPy"),
    "pybamm": ("battery", "PyBaMM"),
    "diffrax": ("jaxed", "Diffrax"),
}


def load(name: str) -> Peer:
    """The peer, unbuilt.  Raises ImportError where its package is absent."""
    module, made = PEERS[name]
    peer: Peer = getattr(import_module(f".{module}", __name__), made)()
    return peer
