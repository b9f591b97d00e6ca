"""What is proved of a claim at all its states and temperatures: that J has the sign of A, or that
r⁺/r⁻ = e^{A/RT} identically.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import sympy as sp

from ..symbols import T
from .claim import Claim
from .evaluation import Box
from .flux_sign import NEAR, WARM, FluxSign
from .one_way_split import splits
from .rate_ratio import is_boltzmann_ratio

__all__ = ["WARM", "SignProof", "at_fixed_temperature", "prove_sign"]


@dataclass(frozen=True)
class SignProof:
    """What is proved of a claim.

    ``holds`` at every temperature; ``fixed``: with the affinity of the one temperature at which its
    constants are given; ``here``: at the temperature of the box only, which is not enough.
    ``changing``: coordinates at which a factor of the flux has one sign, and the other; ``turns``:
    whether the proof fails for such factors only.
    """

    holds: bool
    fixed: bool = False
    here: bool = False
    turns: bool = False
    changing: tuple[Mapping[sp.Symbol, float], ...] = ()


def prove_sign(
    claim: Claim, box: Box, k: float = 1.0, near: float = NEAR, elsewhere: float | None = None
) -> SignProof:
    """The proof of the second law for a claim over the box and the temperatures ``WARM``: of a pair
    of rates r⁺/r⁻ = e^{A/RT}, of a flux its sign.

    It holds up to ``near`` [RT], at other temperatures up to ``elsewhere``.  What holds at the
    temperature of the box only must follow, at every other temperature, the affinity with the
    standard energy (or the voltage too) in units of the RT of the box: then the constants are those
    of one temperature.  Otherwise rates of unlike temperature dependence would pass.
    """
    far = elsewhere or near
    always = FluxSign(claim, box, warm=True, near=far)
    here = FluxSign(claim, box, warm=False, near=near)
    if _holds(always, k) and (elsewhere is None or _holds(here, k)):
        return SignProof(holds=True)
    local = _holds(here, k)
    if local and any(
        _holds(FluxSign(fixed, box, warm=True, near=far), k)
        for fixed in at_fixed_temperature(claim, box.temperature)
    ):
        return SignProof(holds=True, fixed=True)
    changing = [
        state
        for _, change in (*here.changing, *always.changing)
        for state in (change.below, change.above)
        if state is not None
    ]
    return SignProof(holds=False, here=local, turns=here.turns, changing=tuple(changing))


def _holds(signs: FluxSign, k: float) -> bool:
    """Of rates that are given, whether r⁺/r⁻ = e^{A/RT}; of a net flux, whether it has the sign of
    A, or is a difference of rates with r⁺/r⁻ = e^{kA/RT}.
    """
    claim = signs.claim
    if claim.forward is not None and claim.reverse is not None:
        return is_boltzmann_ratio(signs, claim.forward, claim.reverse)
    return signs.follows_affinity() or (
        claim.flux is not None
        and any(is_boltzmann_ratio(signs, up, down, k) for up, down in splits(claim.flux))
    )


def at_fixed_temperature(claim: Claim, temperature: float) -> Iterator[Claim]:
    """The claim with its affinity A/RT at one temperature: the whole of it, then all but the
    electrical part.
    """
    fixed = {T: sp.Float(temperature)}
    yield replace(claim, reduced_affinity=claim.reduced_affinity.xreplace(fixed))
    if claim.voltage is not None:
        chemical = claim.reduced_affinity.xreplace({claim.voltage: sp.S.Zero})
        electrical = sp.expand(claim.reduced_affinity - chemical)
        yield replace(claim, reduced_affinity=chemical.xreplace(fixed) + electrical)
