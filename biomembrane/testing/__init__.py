"""Test a transporter or a model of one's own: checks of what must hold, and Hypothesis strategies
for what to check it with.

    import biomembrane as bm

    def test_my_symporter():
        bm.testing.check_transporter(my_symporter)

Each check looks at states around the declared ones (Hypothesis draws them and shrinks a
counter-example to what matters), raises ``AssertionError`` with the state in units, and stands on
its own: :func:`flux_follows_affinity`, :func:`detailed_balance`, :func:`stalls_and_reverses`,
:func:`onsager_symmetry`, :func:`equilibria_hold`, :func:`keeps_invariants`, :func:`books_close`,
:func:`runs_downhill`, :func:`batch_equals_singles`.  Strategies give declared objects:
:func:`species`, :func:`balanced_reactions`, :func:`unbalanced_reactions`, :func:`laws`,
:func:`cycles`, :func:`transporters`, :func:`models`, :func:`states`, :func:`temperatures`. Needs
Hypothesis: ``pip install 'biomembrane[test]'``.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .checks import Report as Report
    from .checks import check_model as check_model
    from .checks import check_transporter as check_transporter
    from .equilibria import equilibria_hold as equilibria_hold
    from .properties import batch_equals_singles as batch_equals_singles
    from .properties import books_close as books_close
    from .properties import detailed_balance as detailed_balance
    from .properties import flux_follows_affinity as flux_follows_affinity
    from .properties import keeps_invariants as keeps_invariants
    from .properties import onsager_symmetry as onsager_symmetry
    from .properties import runs_downhill as runs_downhill
    from .properties import stalls_and_reverses as stalls_and_reverses
    from .states import State as State
    from .states import states as states
    from .strategies import balanced_reactions as balanced_reactions
    from .strategies import cycles as cycles
    from .strategies import laws as laws
    from .strategies import models as models
    from .strategies import species as species
    from .strategies import temperatures as temperatures
    from .strategies import transporters as transporters
    from .strategies import unbalanced_reactions as unbalanced_reactions

_HOME = {
    "Report": "checks", "check_model": "checks", "check_transporter": "checks",
    "flux_follows_affinity": "properties", "detailed_balance": "properties",
    "stalls_and_reverses": "properties",
    "onsager_symmetry": "properties", "keeps_invariants": "properties",
    "equilibria_hold": "equilibria", "books_close": "properties",
    "runs_downhill": "properties", "batch_equals_singles": "properties",
    "State": "states", "states": "states",
    "species": "strategies", "balanced_reactions": "strategies",
    "unbalanced_reactions": "strategies", "laws": "strategies",
    "cycles": "strategies", "transporters": "strategies", "models": "strategies",
    "temperatures": "strategies",
}  # fmt: skip
__all__ = sorted(_HOME)  # noqa: PLE0605


if not TYPE_CHECKING:  # or every name would pass

    def __getattr__(name: str) -> Any:
        """Loaded on first use; without Hypothesis the error names the extra."""
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module
        from importlib.util import find_spec

        if find_spec("hypothesis") is None:
            from .. import errors

            where, wanted, advice = (
                f"biomembrane.testing.{name}",
                "the package hypothesis",
                "pip install 'biomembrane[test]'",
            )
            raise errors.NeedsExtra(
                where=where, wanted=wanted, got="not installed", advice=advice, extra="test"
            )
        member = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
        if isinstance(
            globals().get("states"), ModuleType
        ):  # the module of that name, which its import puts here
            globals()["states"] = globals()["states"].states
        return member


def __dir__() -> list[str]:
    return __all__
