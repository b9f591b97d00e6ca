"""diffrax: Kvaerno5 in JAX on the processor, ensembles by vmap."""

from __future__ import annotations

from typing import Any

import diffrax
import jax
import numpy as np
from jax import numpy as jnp

from .. import text
from ..workload import END, TIMES, Array, start, tolerance
from .base import Peer

jax.config.update("jax_enable_x64", True)


class Diffrax(Peer):
    """Every column is a state; JAX takes all cores, whatever it is asked."""

    title = "diffrax"
    packages = ("diffrax", "jax")
    sets = 64

    def build(self) -> None:
        rhs = text.function("t, y, p", {"exp": jnp.exp, "log": jnp.log, "cos": jnp.cos})

        def slope(t: Any, y: Any, p: Any) -> Any:
            slopes, powers = rhs(t, y, p)
            return jnp.stack([*slopes, *powers])

        y0, times, size = jnp.array(start()), jnp.array(TIMES), jnp.array(tolerance(1.0))

        def one(p: Any, rtol: Any) -> Any:
            control = diffrax.PIDController(rtol=rtol, atol=size * rtol, pcoeff=0.3, icoeff=0.4)
            solved = diffrax.diffeqsolve(
                diffrax.ODETerm(slope), diffrax.Kvaerno5(), 0.0, END, 1e-4, y0, args=p,
                saveat=diffrax.SaveAt(ts=times),
                stepsize_controller=control, max_steps=20_000,
            )  # fmt: skip
            return solved.ys

        self.one, self.many = jax.jit(one), jax.jit(jax.vmap(one, in_axes=(0, None)))

    def solve(self, parameters: Array, rtol: float) -> Array:
        return np.asarray(self.one(jnp.array(parameters), rtol))

    def ensemble(self, sets: Array, rtol: float, cores: int) -> Array:  # noqa: ARG002
        return np.asarray(self.many(jnp.array(sets), rtol))
