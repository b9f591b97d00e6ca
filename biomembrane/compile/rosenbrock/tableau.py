"""Rodas5P over lanes: the method as a tableau, and the driver that runs it, emitted as IR.

Rodas5P (Steinebach 2023, BIT Numer Math 63:27) is an L-stable Rosenbrock method of order 5 with
eight stages and dense output of order 4, in the transformed variables of Hairer & Wanner (Solving
ODEs II, IV.7):

    (M/(hγ) − J) k_i = f(t + c_i h, y + Σ a_ij k_j) + M Σ C_ij k_j/h + h d_i ∂f/∂t
    y1 = y + Σ a_8j k_j + k_8,      error = k_8

Its dense output u(θ) is of order 4, but where a fast state is slaved to slow ones (an index-1
problem, as with carriers) only of order 3, far worse than the steps: conditions of the fourth order
fail there, nearly all with the same shape S(θ), and the eight stages leave no freedom to satisfy
them.  So the defect at one point θ* gives the error: with W = M/(hγ) − J

    δ = (1 − W⁻¹M/(hγ)) W⁻¹ [f(t + θ*h, u(θ*)) − M du/dt(θ*)]
    u(θ) + δ S(θ),      S(0) = S(1) = 0,  S(θ*) = 1

where the first factor leaves slow states unchanged.  It costs one f and two solutions per step; δ
is part of the error estimate.

M is 1, but 0 in the rows of constraints 0 = f; models with constraints have a driver of their own.

Each lane has its own t, h and controller and takes the next parameter set when it ends.
Quadratures are integrated over each accepted step at the four Gauss–Lobatto points of the dense
output, and enter neither the error nor the Jacobian.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..llvm.ir import Layout
from ..shape import Shape


@dataclass(frozen=True)
class Tableau:
    """Coefficients of a Rosenbrock method, checked for consistency."""

    gamma: float
    a: tuple[tuple[float, ...], ...]
    C: tuple[tuple[float, ...], ...]
    c: tuple[float, ...]
    d: tuple[float, ...]
    dense: tuple[tuple[float, ...], ...]
    order: int
    defect_node: float  # θ*, where the defect of the dense output is evaluated
    shape: tuple[float, float, float]  # S(θ) = θ(1 − θ)(s0 + s1 θ + s2 θ²)

    def __post_init__(self) -> None:
        if (
            not math.isclose(self.d[0], self.gamma, rel_tol=1e-12)
            or len(self.a) != len(self.C)
            or len(self.c) != len(self.d)
        ):
            raise ValueError("the tableau is not consistent")
        theta, (s0, s1, s2) = self.defect_node, self.shape
        if not math.isclose(
            theta * (1 - theta) * (s0 + s1 * theta + s2 * theta**2), 1, rel_tol=1e-12
        ):
            raise ValueError("the shape is not 1 at the defect node")


_A6 = (
    -7.502846399306121,
    2.561846144803919,
    -11.627539656261098,
    -0.18268767659942256,
    0.030198172008377946,
)
RODAS5P = Tableau(
    gamma=0.21193756319429014,
    a=(
        (), (3.0,), (2.849394379747939, 0.45842242204463923),
        (-6.954028509809101, 2.489845061869568, -10.358996098473584),
        (2.8029986275628964, 0.5072464736228206, -0.3988312541770524, -0.04721187230404641), _A6,
        (*_A6, 1.0), (*_A6, 1.0, 1.0),
    ),
    C=(
        (), (-14.155112264123755,), (-17.97296035885952, -2.859693295451294),
        (147.12150275711716, -1.41221402718213, 71.68940251302358),
        (165.43517024871676, -0.4592823456491126, 42.90938336958603, -5.961986721573306),
        (24.854864614690072, -3.0009227002832186, 47.4931110020768, 5.5814197821558125,
            -0.6610691825249471),
        (30.91273214028599, -3.1208243349937974, 77.79954646070892, 34.28646028294783,
            -19.097331116725623, -28.087943162872662),
        (37.80277123390563, -3.2571969029072276, 112.26918849496327, 66.9347231244047,
            -40.06618937091002, -54.66780262877968, -9.48861652309627),
    ),
    c=(0.0, 0.6358126895828704, 0.4095798393397535, 0.9769306725060716, 0.4288403609558664, 1.0,
        1.0, 1.0),
    d=(0.21193756319429014, -0.42387512638858027, -0.3384627126235924, 1.8046452872882734,
        2.325825639765069, 0.0, 0.0, 0.0),
    dense=(
        (25.948786856663858, -2.5579724845846235, 10.433815404888879, -2.3679251022685204,
            0.524948541321073, 1.1241088310450404, 0.4272876194431874,
         -0.17202221070155493),
        (-9.91568850695171, -0.9689944594115154, 3.0438037242978453, -24.495224566215796,
            20.176138334709044, 15.98066361424651, -6.789040303419874,
         -6.710236069923372),
        (11.419903575922262, 2.8879645146136994, 72.92137995996029, 80.12511834622643,
            -52.072871366152654, -59.78993625266729,
         -0.15582684282751913, 4.883087185713722),
    ),
    order=5,
    defect_node=0.4,
    shape=(-7.081217456250112, 57.13934798838681, -72.54909420273715),
)  # fmt: skip

_INNER = ((1 - 1 / math.sqrt(5)) / 2, (1 + 1 / math.sqrt(5)) / 2)
NODES = np.array([0.0, *_INNER, 1.0])
#: Monomial coefficients θ¹…θ⁴ of the integrals from 0 to θ of the Lagrange polynomials through the
#: Lobatto points.
INTEGRALS = np.linalg.inv(NODES[:, None] ** np.arange(4)).T / np.arange(1, 5)

DONE, TOO_MANY, COLLAPSED, NOT_FINITE, NEGATIVE, WAITING, OPEN, EVENT, BLIND = range(9)
SAFETY, SHRINK, GROW = 0.9, 0.2, 6.0
# weight of δ beside the error of the step, so that what only the dense output resolves is
# controlled too
BETWEEN = 0.1
#: Weights of the third divided difference at the Lobatto points.
THIRD = tuple(1 / math.prod(a - b for b in NODES if b != a) for a in map(float, NODES))
# error of the Lobatto rule in units of Δ₃²/Δ₁: right for e^x and ln(1 + x) where it is 1e-8 of the
# whole, too small by 3 at sin²
WRONG = 1e-4
# tolerance of a step: rtol·(SHARE·its own energy + PAST·the energy that passed before)
SHARE, PAST = 5.0, 0.02
# share of the first step where a pool is empty: no quadrature rule resolves the onset of ln c
# there, so the step is negligible
DRY = 1e-10
INSTANT = 1e-12  # of the time: in shorter steps the ledger's error is not controlled
# attempts that the ledger alone may shorten before the careful driver takes over the lane
HELD = 2000


#: Arrays of a driver's workspace, rows of lane vectors, and the model's functions, in the order of
#: its table.
ARRAYS = (
    "y", "u", "f", "v", "k", "A", "J", "dt", "c", "tol", "low", "g0", "g1", "g2", "g3", "q", "e",
    "row", "m", "odd", "under", "power", "pair",
    "more", "bare", "dust", "dry", "held", "t", "h", "err", "acc", "fac", "new", "theta", "tick",
    "job", "part", "stop", "long", "next", "steps",
    "bad", "has", "nodes_t", "nodes_y", "nodes_c", "nodes_g",
)  # fmt: skip
SIZES = (
    "states", "quadratures", "processes", "constants", "clocks", "entries", "drifts",
    "state_blocks", "quadrature_blocks", "process_blocks",
    "jacobian_blocks",
)  # fmt: skip
#: Further entries for programs with events.
EVENTFUL = {
    "sizes": ("events",), "arrays": ("ev", "armed", "root", "which", "from", "to", "aim", "mute",
    "curve", "blind"),
    "functions": ("f_event",),
}  # fmt: skip
#: Arrays behind whose rows rolled functions keep their intermediates.
SCRATCH = {
    "f": ("f_jac",),
    "v": ("f_rhs",),
    "A": ("f_lu", "f_solve"),
    **dict.fromkeys(("g0", "g1", "g2", "g3"), ("f_quad",)),
}
FUNCTIONS = ("f_jac", "f_rhs", "f_lu", "f_solve", "f_quad", "f_both", "f_mend")
CAREFUL = ("f_both", "f_mend")


def names(*, events: bool) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Names of the sizes, the arrays and the functions in a table."""
    plain = {"sizes": SIZES, "arrays": ARRAYS, "functions": FUNCTIONS}
    sizes, arrays, functions = (
        (*own, *EVENTFUL[kind]) if events else own for kind, own in plain.items()
    )
    return sizes, arrays, functions


def table(
    shape: Shape, layout: Layout, addresses: dict[str, int]
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], int]:
    """The table that a driver needs of a model, and the size of its workspace in lane vectors.

    ``SIZES``, offsets of the arrays, addresses of the functions, the indices of the states with
    ∂f/∂t, and, with their number before them, of those in whose rows constraints stand.
    """
    n, q, nodes = shape.states, shape.quadratures, layout.nodes
    blocks = [layout.blocks(rows) for rows in (n, q, shape.processes, shape.jacobian)]
    _, arrays, functions = names(events=bool(shape.events))
    states, quadratures, processes, _ = (b * layout.block for b in blocks)
    sizes = dict.fromkeys(arrays, 1) | dict.fromkeys(("y", "u", "f", "v", "tol", "low"), states)
    sizes |= dict.fromkeys(
        ("g0", "g1", "g2", "g3", "q"), quadratures + layout.block
    )  # processes need not begin with a block
    sizes |= {
        "k": states * len(RODAS5P.c),
        "A": shape.factors,
        "J": shape.jacobian,
        "dt": len(shape.clocked),
        "c": shape.constants,
    }
    for name, users in SCRATCH.items():
        sizes[name] += max(shape.scratch.get(user, 0) for user in users)
    sizes |= {"e": 3 * states, "row": states + quadratures, "m": processes}
    if shape.events:
        sizes |= dict.fromkeys(("ev", "armed", "mute"), shape.events) | {"curve": 5 * shape.events}
    if "f_mend" in addresses:
        sizes |= {"pair": 2 * n, "more": q, "bare": processes}
    if nodes > 1:
        integrands = max(quadratures, q + shape.scratch.get("f_quad", 0))
        sizes |= {
            "nodes_t": nodes,
            "nodes_y": nodes * n,
            "nodes_c": nodes * shape.constants,
            "nodes_g": nodes * integrands,
        }
    offsets = np.cumsum(
        [0, *(layout.block * layout.blocks(max(1, sizes[name])) for name in arrays)]
    )
    head = (
        n,
        q,
        shape.processes,
        shape.constants,
        len(shape.clocked),
        shape.entries,
        shape.drifts,
        *blocks,
    )
    head += (shape.events,) if shape.events else ()
    code = [addresses.get(name, 0) for name in functions]
    algebraic = [i for i, m in enumerate(shape.mass) if not m]
    entries = [*head, *offsets[:-1], *code, *shape.clocked, len(algebraic), *algebraic]
    return np.array(entries, dtype=np.int64), int(offsets[-1])
