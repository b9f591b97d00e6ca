"""Random legal models, and the same with detailed balance taken from one process.

``PYTHONPATH=tests python tests/random_networks.py --legal 100000 --broken 1000`` judges as many as
asked for; the suite a share of them.
"""

import argparse
import math
import sys
import time
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import laws
from biomembrane.declare.cycle import Cycle
from biomembrane.declare.site import Site
from biomembrane.symbols import R, T, c0
from biomembrane.testing.random_models import model_specs
from biomembrane.testing.spec_models import build

FAULTS = ("constant", "order", "charge", "no reverse", "swapped")


@dataclass(frozen=True)
class Broken:
    """A law with a wrong reverse rate."""

    law: Any
    fault: str
    size: float

    def rates(self, site: Site) -> laws.Rates:
        made, size = self.law.rates(site), sp.Float(self.size)
        if made.conductance is not None:  # J = L·A with a wrong A
            wrong = size * (site.u or 1) if self.fault == "charge" else size
            return laws.Rates(
                flux=made.conductance * R * T * (site.reduced_affinity + wrong),
                reason="broken on purpose",
            )
        power = sp.Rational(round(self.size * 4) or 1, 4)
        factor = {
            "constant": sp.exp(size), "order": (site.level(site.participants[0]) / c0) ** power,
            "charge": sp.exp(size * (site.u or 1)),
            "no reverse": sp.S.Zero, "swapped": made.forward / made.reverse,
        }[self.fault]  # fmt: skip
        forward = made.reverse if self.fault == "swapped" else made.forward
        return laws.Rates(flux=forward - factor * made.reverse, reason="broken on purpose")


def spoil(made: bm.Transporter | bm.Cycle, fault: str, size: float) -> bm.Transporter | bm.Cycle:
    """The transporter without detailed balance."""
    if isinstance(made, Cycle):
        ring = max(
            k for k, p in enumerate(made.processes) if p.name.endswith("-E1")
        )  # the step that closes the ring
        factor = {
            ring: math.exp(size)
        }  # besides, the constants drawn for closing steps stand as they are
        steps = [
            (text, k | {"reverse": k["reverse"] * factor.get(i, 1.0)})
            for i, (text, k) in enumerate(made.steps)
        ]
        return replace(made, steps=steps, close=(), reason="broken on purpose")
    return replace(made, law=Broken(made.law, fault, size))


@st.composite
def broken(draw: st.DrawFn, fault: str) -> tuple[bm.Transporter | bm.Cycle, str]:
    """One transporter of a random model, spoilt by more than 0.1 kJ/mol."""
    model = build(draw(model_specs(most=2)))
    chosen = draw(st.sampled_from(model.transporters))
    size = draw(st.floats(0.1, 3.0)) * draw(st.sampled_from([-1, 1]))
    levels = {w.kind for w in chosen.processes[0].reaction.net}
    assume(fault != "order" or levels == {"solute"})
    return spoil(chosen, fault, size), fault


def judge_legal(count: int, start: int = 0) -> int:
    """Audits that many random legal models; raises at the first that does not pass."""
    seen = 0

    @seed(start)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(model_specs(most=3).map(build))
    def each(model: bm.Model) -> None:
        nonlocal seen
        seen += 1
        found = bm.audit(model)
        assert found.holds, f"{found}\n{model.transporters}"

    each()
    return seen


def judge_broken(count: int, start: int = 0) -> dict[str, int]:
    """Audits that many random transporters without detailed balance, as many of each fault.

    Raises at the first that passes.
    """
    seen = dict.fromkeys((*FAULTS, "loop"), 0)

    @settings(
        max_examples=count // len(FAULTS),
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def each(fault: str, data: st.DataObject) -> None:
        spoilt, _ = data.draw(broken(fault))
        found = bm.audit(spoilt)
        seen["loop" if isinstance(spoilt, Cycle) else fault] += 1
        assert found.verdict in ("violates", "irreversible"), f"{fault}\n{found}\n{spoilt}"

    for fault in FAULTS:
        seed(start)(each)(fault)
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--legal", type=int, default=1000)
    parser.add_argument("--broken", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for what, judge, count in (
        ("legal", judge_legal, options.legal),
        ("broken", judge_broken, options.broken),
    ):
        began = time.perf_counter()
        seen = judge(count, options.seed)
        sys.stdout.write(
            f"{what}: {seen}, all as they should be, {time.perf_counter() - began:.0f} s\n"
        )


if __name__ == "__main__":
    main()
