"""Protocols given as formulas of time: breaks where they begin or end to move, and range checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import caching, errors, units
from ..assemble.model import Model
from ..compile.kernel import Kernel
from ..compile.program import Form
from ..compile.time_formulas.motion import Motion, motions
from ..declare.parameter import Declared, check_domain
from ..declare.parameter_checks import check_usual
from .parameter_set import ParameterSet

if TYPE_CHECKING:
    from numpy.typing import NDArray


def breaks(model: Model, chosen: ParameterSet, k: Kernel, end: float) -> NDArray[np.float64]:
    """Where formulas begin and end to move (break, lane; one lane for all if they are alike),
    padded with the end.

    Raises NotFinite, OutOfDomain for what a formula gives on the way; warns with
    :class:`~biomembrane.errors.UnclearProtocol`, and with :class:`~biomembrane.errors.Unusual` of
    the lowest and the highest value that it gives anywhere.
    """
    by_form = [(form, _motions(form, chosen, k, end)) for form in chosen.forms if not form.line]
    for form, each in by_form:
        p, lowest, highest = (
            model.parameter(form.parameter),
            min(m.lowest for m in each),
            max(m.highest for m in each),
        )
        check_range(p, lowest, highest)
        for x, extreme in {lowest: "lowest", highest: "highest"}.items():
            check_usual(p, x, f"parameters[{p.name!r}], Protocol.function, its {extreme} value")
        _warn(
            form.parameter, max(m.unclear for m in each), end, crowded=any(m.crowded for m in each)
        )
    lanes = max(len(each) for _, each in by_form)
    times = [
        np.concatenate([each[lane % len(each)].breaks for _, each in by_form])
        for lane in range(lanes)
    ]
    padded = np.full((max(map(len, times)), lanes), end)
    for lane, some in enumerate(times):
        padded[: len(some), lane] = some
    return padded


def _motions(form: Form, chosen: ParameterSet, k: Kernel, end: float) -> list[Motion]:
    """Course of a formula in each lane; in one where all lanes have the same."""
    given = chosen.inputs(slice(0, chosen.lanes))
    own = {name: given[k.program.parameters.index(name)] for name in (form.parameter, *form.inputs)}
    if any(np.ndim(x) for x in own.values()):
        return motions(form.expression, own, end, chosen.lanes)
    cached, key = caching.cache_of(k).setdefault("motions", {}), (form, end, *own.values())
    if key not in cached:
        caching.limit(cached)
        cached[key] = motions(form.expression, own, end, 1)
    result: list[Motion] = cached[key]
    return result


def check_range(parameter: Declared, lowest: float, highest: float) -> None:
    """Raise NotFinite or OutOfDomain unless a protocol may give these values to a parameter; zero
    may come out as rounding below it.
    """
    where, rounding = (
        f"parameters[{parameter.name!r}], Protocol",
        1e-12 * max(abs(lowest), abs(highest)),
    )
    for x in (min(0.0, lowest + rounding) if lowest < 0 else lowest, highest):
        if not np.isfinite(x):
            raise errors.NotFinite(
                where=where,
                wanted="a finite value at every time",
                got=f"{x}",
                advice="look for 0/0 or an overflow",
            )
        check_domain(x, parameter.domain, where, units.restore(x, parameter.unit))


def _warn(name: str, unclear: float, end: float, *, crowded: bool) -> None:
    where, advice = (
        f"parameters[{name!r}], Protocol.function",
        "give what is brief as Protocol.pulses, steps or ramps",
    )
    if unclear:
        behaviour = (
            f"seems to rest for {unclear:.3g} s of {end:.6g} s, but no bound shows that it does: a"
            " brief peak there would be missed"
        )
        errors.warned(
            f"{where}: the formula {behaviour}; {advice}, or write the formula without differences"
            " of large terms",
            errors.UnclearProtocol,
        )
    if crowded:
        behaviour = (
            "rests and moves again so often that not each time gets a break of its own: brief peaks"
            " late in the run could be missed"
        )
        errors.warned(
            f"{where}: the formula {behaviour}; {advice}, or run one part of the time after"
            " another",
            errors.UnclearProtocol,
        )
