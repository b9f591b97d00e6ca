"""Impermeants of a compartment: particles of any mean valence at a chosen concentration, and
requests for those that balance charge and osmolarity.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import errors
from ..dimension import CONCENTRATION
from .parameter import MOST, Parameter, as_parameter, check_name, declare
from .reservoir import Reservoir
from .source import check_text
from .species import Species

if TYPE_CHECKING:
    from .parameter_types import CoefficientLike, ParameterLike


@errors.keywords
@dataclass(frozen=True, init=False, eq=True, repr=False)
class Impermeants(Species):
    """Particles that never leave, of any mean valence, at a chosen concentration.

    ``Compartment(…, impermeant=Impermeants(charge=-0.85, concentration="155 mM"))``; a list may
    hold several, and a :func:`balance` for what is still missing.

    Args:
        name: dotted name ``cell.X`` of their concentration.
        charge: mean valence, in elementary charges; it need not be whole.
        concentration: at the start, per volume of solvent.
        osmotic_coefficient: as of a :class:`~biomembrane.Species`; 0 for charges that are fixed to
            large molecules and have no osmotic pressure of their own.
        label: how figures write them.

    Raises:
        BadName: a name that dotted names cannot hold.
        NotANumber: a valence that is no number.
        NotFinite: a valence that is NaN or infinite.
        OutOfDomain: a valence beyond a million, or a negative concentration or coefficient.
        BareNumber: a concentration without a unit.
        UnitMismatch: a unit of another dimension.
        WrongType: a label that is no text, or no osmotic coefficient.
    """

    concentration: ParameterLike = ""

    def __init__(
        self,
        name: str = "X",
        *,
        charge: float,
        concentration: ParameterLike,
        osmotic_coefficient: CoefficientLike | None = None,
        label: str = "",
    ) -> None:
        where = f"Impermeants({errors.shown(name)})"
        check_name(name, "Impermeants, name")
        check_text(label, f"{where}, label", "label='X⁻'")
        valence(charge, f"{where}, charge", "Impermeants(charge=-0.85, …)")
        fields = {
            "name": name, "charge": charge, "formula": "", "moieties": {}, "standard": None,
            "convention": "", "molar_volume": None, "label": label or name,
            "osmotic_coefficient": osmotic_coefficient,
            "concentration": as_parameter(concentration),
        }  # fmt: skip
        for key, value in fields.items():
            object.__setattr__(self, key, value)
        self._check_osmotic(where)
        declare(f"{where}, concentration", self.concentration, CONCENTRATION)

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"Impermeants({self.name!r}, charge={self.charge:+g})"


def valence(charge: Any, where: str, advice: str, wanted: str = "a mean valence") -> None:
    """Raise unless a mean valence is a finite number of at most a million."""
    got = errors.shown(charge)
    if isinstance(charge, bool) or not isinstance(charge, (int, float)):
        raise errors.NotANumber(where=where, wanted=wanted, got=got, advice=advice)
    if isinstance(charge, float) and not math.isfinite(charge):
        raise errors.NotFinite(where=where, wanted="a finite mean valence", got=got, advice=advice)
    if abs(charge) > MOST:
        raise errors.OutOfDomain(
            where=where, wanted=f"a mean valence, at most {MOST:,}", got=got, advice=advice
        )


@dataclass(frozen=True)
class Balance:
    """A request for impermeants; see :func:`balance`."""

    charge: float | None
    against: Reservoir | None = None
    concentration: Parameter | None = None
    isosmotic: bool = True


@errors.keywords
def balance(
    *,
    charge: float | None = None,
    concentration: ParameterLike | None = None,
    isosmotic: bool = True,
    against: Reservoir | None = None,
) -> Balance:
    """Impermeants that make a compartment electroneutral (up to its membrane charge) and, where
    water moves, isosmotic with the bath.

    An ion ``X`` of mean valence ``charge`` carries the missing charge: z_X n_X F = q − F Σ z_i n_i.
    If the compartment can swell, a neutral osmolyte ``Y`` adds the missing osmolarity: n_Y = W·Σ
    φ c_bath − Σ φ n_i − n_X.  Contents that are isosmotic without the membrane's charge q have no Y
    and exceed the bath by the X of that charge, about 1 µM.  Both follow from the compartment's
    declared contents and volume, never from a later change of the bath.  Held ions count for
    neither, nor do hydrostatic pressures.

    With a ``concentration`` the amount of X is chosen, and its mean valence follows from the
    declared contents: charge is balanced and the osmolarity left as it is.

    Args:
        charge: mean valence of ``X``, in elementary charges, not zero; default -1.
        concentration: of ``X``, whose valence then follows; in place of ``charge``.
        isosmotic: whether Y may be added; False balances charge alone.
        against: the bath to be isosmotic with, where the neighbours differ.

    Raises:
        NotANumber: a valence that is no number.
        NotFinite: a valence that is NaN or infinite.
        OutOfDomain: a valence of zero, or beyond a million; a concentration that is not above zero.
        BadSettings: both a valence and a concentration.
        BareNumber: a concentration without a unit.
        UnitMismatch: a concentration in a unit of another dimension.
        WrongType: ``against`` is no Reservoir, or ``isosmotic`` no flag.
        NoRoom: when the model is built, if n_X or n_Y would have to be negative.
    """
    if charge is not None and concentration is not None:
        raise errors.BadSettings(
            where="balance(charge=…, concentration=…)",
            wanted="one of the two: the other follows from electroneutrality",
            got=f"charge={errors.shown(charge)} and concentration={errors.shown(concentration)}",
            advice="balance(charge=-1), balance(concentration=Q(60, 'mM')), or"
            " Impermeants(charge=-0.85, concentration=Q(60, 'mM')) for both as chosen",
        )
    if not isinstance(isosmotic, bool):
        raise errors.WrongType(
            where="balance(isosmotic=…)",
            wanted="True or False",
            got=errors.shown(isosmotic),
            advice="isosmotic=False",
        )
    if against is not None and not isinstance(against, Reservoir):
        raise errors.WrongType(
            where="balance(against=…)",
            wanted="a Reservoir",
            got=errors.shown(against),
            advice="the bath itself, not its name",
        )
    if concentration is not None:
        given = as_parameter(concentration)
        declare("balance(concentration=…)", given, CONCENTRATION, domain="positive")
        return Balance(None, against, given, isosmotic)
    z = -1.0 if charge is None else charge
    where, advice = "balance(charge=…)", "balance(charge=-1)"
    wanted = "a mean valence other than zero, such as -1"
    valence(z, where, advice, wanted)
    if z == 0:
        raise errors.OutOfDomain(
            where=where,
            wanted=wanted,
            got="0",
            advice="balance(charge=-1); the neutral osmolyte comes by itself",
        )
    return Balance(z, against, None, isosmotic)


def sorted_out(given: Any, where: str) -> tuple[dict[Species, Any], Balance | None]:
    """What ``impermeant=`` says: concentrations by species, and a balance.

    Raises WrongType, DuplicateName.
    """
    if given is None:
        return {}, None
    if isinstance(given, Balance):
        return {}, given
    if isinstance(given, Mapping):
        return dict(given), None
    fixed: dict[Species, Any] = {}
    balances: list[Balance] = []
    for item in given if isinstance(given, (list, tuple)) else (given,):
        if isinstance(item, Balance):
            balances.append(item)
        elif isinstance(item, Impermeants):
            if item.name in {s.name for s in fixed}:
                raise errors.DuplicateName(
                    where=where,
                    wanted="impermeants of different names",
                    got=f"two named {item.name!r}",
                    advice=f"Impermeants('{item.name}_1', …)",
                )
            fixed[item] = item.concentration
        else:
            raise errors.WrongType(
                where=where,
                wanted="balance(…), Impermeants(…), a list of them, or a mapping of Species",
                got=f"{errors.shown(item)}, of type {type(item).__name__}",
                advice="balance(charge=-1), or {protein: Q(100, 'mM')}",
            )
    if len(balances) > 1:
        raise errors.DuplicateName(
            where=where,
            wanted="one balance",
            got=f"{len(balances)} of them",
            advice="balance(charge=-1) beside Impermeants(…) of chosen charge and concentration",
        )
    return fixed, balances[0] if balances else None
