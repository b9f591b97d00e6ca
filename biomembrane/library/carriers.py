"""Glucose carriers: SGLT1, driven by the sodium gradient, and GLUT2, facilitated diffusion."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from .. import errors
from ..declare import laws
from ..declare.cycle import Cycle
from ..declare.parameter import Parameter
from ..declare.places import Membrane
from ..declare.source import Source
from ..declare.transporter import Transporter
from ..units import Q
from .sheet import sheet

if TYPE_CHECKING:
    from ..declare.parameter_types import CountLike, ParameterLike

STATES = "C1 C2 C3 C4 C5 C6"


@errors.keywords
def SGLT1(
    on: Membrane,
    *,
    density: CountLike | None = None,
    data: str = "parent_1992",
    slip: bool = True,
    name: str = "SGLT1",
) -> Cycle:
    """SGLT1: the six-state cycle of Parent, Supplisson, Loo & Wright 1992, inward.

    2 Na⁺ and then one glucose bind in order.  C1 is empty, C2 holds 2 Na⁺ and C3 glucose as well,
    all facing out; C4 to C6 are the same facing in.  The step C2 ⇌ C5 is the slip, by which Na⁺
    crosses without glucose.  Two Na⁺ cross the fraction α′ of the field on binding, the empty
    carrier of valence −2 crosses δ.  The reverse constants of C4 ⇌ C5 and C2 ⇌ C5 follow from the
    others.

    Args:
        on: the membrane.
        density: carriers per area; no measured one was found.  The default 10⁴ per µm² is assumed,
            below the packing limit of 4.8·10⁴ from the particle area of Eskandari et al. 1998.
        data: ``parent_1992`` or ``eskandari_2005``, whose slip is far smaller.
        slip: whether the cycle has the step C2 ⇌ C5.
        name: of the cycle.

    Raises:
        WrongType: ``slip`` is no flag.
        UnknownName: no sheet of the library is called ``data``.
        MissingSpecies: a side lacks Na⁺ or glucose.
        BareNumber: a density without a unit.
        UnitMismatch: a density in a unit of another dimension.
    """
    errors.expect(slip, bool, "SGLT1(slip=…)", "True or False", "slip=False")
    s = sheet(data)
    inward, empty = _coordinates()
    N = _default_density() if density is None else density

    def k(a: str, b: str) -> dict[str, Parameter]:
        return {"forward": s[f"k{a}{b}"]} | (
            {"reverse": s[f"k{b}{a}"]} if f"k{b}{a}" in s.entries else {}
        )

    steps = [
        ("C1 + 2 Na@out <-> C2", k("1", "2")), ("C2 + glucose@out <-> C3", k("2", "3")),
        ("C3 <-> C4", k("3", "4")),
        ("C4 <-> C5 + glucose@in", k("4", "5")), ("C5 <-> C6 + 2 Na@in", k("5", "6")),
        ("C6 <-> C1", k("6", "1")),
    ]  # fmt: skip
    close = ["C4 <-> C5"]
    if slip:
        steps.append(("C2 <-> C5", k("2", "5")))
        close.append("C2 <-> C5")
    charge = {"C2": inward, "C3": inward, "C4": inward, "C5": inward, "C6": empty}
    return Cycle(name, on, density=N, states=STATES, steps=steps, close=close, charge=charge)


@lru_cache(maxsize=1)
def _coordinates() -> tuple[str, str]:
    """Charge coordinates of the loaded carrier and of the empty one that faces in."""
    alpha, delta = (
        float(sheet("parent_1992")[key].quantity.to("dimensionless").magnitude)
        for key in ("alpha_out", "delta")
    )
    return f"{2 * alpha:.12g}", f"{-2 * delta:.12g}"


@lru_cache(maxsize=1)
def _default_density() -> Parameter:
    note = (
        "no measured density found; below the packing limit 4.8e4 per um^2 (membrane_typical,"
        " SGLT1_area)"
    )
    return Parameter(Q(1e4, "1/um^2"), Source("assumed", note=note))


@lru_cache(maxsize=1)
def _default_maximum() -> Parameter:
    return Parameter(
        Q(100, "pmol/cm^2/s"),
        Source(
            "assumed", note="a sixteenth of V_max_GLUT2 in layton_nephron, which is per folded area"
        ),
    )


@errors.keywords
def GLUT2(
    on: Membrane, *, maximum: ParameterLike | None = None, name: str = "GLUT2"
) -> Transporter:
    """GLUT2: facilitated glucose transport, outward, with K = 17 mM.

    J = V_max K (G_in − G_out)/((K + G_in)(K + G_out)).

    Args:
        on: the membrane.
        maximum: V_max per area ("pmol/cm^2/s"); the default, 100 pmol/cm²/s, is assumed: a
            sixteenth of the value of the nephron model, which is for a folded membrane.
        name: of the transporter.

    Raises:
        MissingSpecies: a side lacks glucose.
        BareNumber: a maximum without a unit.
        UnitMismatch: a maximum in a unit of another dimension.
    """
    V = _default_maximum() if maximum is None else maximum
    law = laws.Saturable(maximum=V, half={"glucose": sheet("layton_nephron")["K_m_GLUT2"]})
    return Transporter(name, "glucose@in -> glucose@out", on, law)
