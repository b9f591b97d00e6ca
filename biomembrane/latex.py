"""LaTeX of formulas whose symbols carry dotted names: ``c[cell.Na]`` becomes [Na]_cell."""

from __future__ import annotations

import re
from typing import Any

import sympy as sp
from sympy.printing.latex import LatexPrinter

_HEADS = {"mu": r"\mu", "mu0": r"\mu^{\circ}", "phi": r"\varphi", "V": "V", "W": "W", "q": "q", "P": "P", "A": r"\mathcal{A}", "n": "n", "J": "J"}
# the field's letters for parameters that the interface names in words
_LETTERS = {
    "permeability": "P", "area": "S", "capacitance": "C", "density": "N", "maximum": r"V^{\max}", "turnover": "k", "forward": "k^{+}",
    "reverse": "k^{-}", "conductance": "g", "rate": r"\kappa", "coefficient": "L", "volume": "W^{0}", "potential": "V^{0}",
    "standard_energy": r"\mu^{\circ}", "molar_volume": "v",
}  # fmt: skip
_PLAIN = {
    "c0": r"c^{\circ}", "n0": r"n^{\circ}", "N_A": r"N_{\mathrm{A}}", "R": "R", "F": "F", "T": "T", "t": "t", "Phi": r"\Phi",
    "Affinity": r"\mathcal{A}",
}  # fmt: skip


def roman(text: str) -> str:
    """Text in upright type, safe inside mathematics."""
    return r"\mathrm{" + text.replace("_", r"\,").replace("-", r"\text{-}").replace(":", r"{:}") + "}"


class _Printer(LatexPrinter):
    def _print_Symbol(self, expr: sp.Symbol, style: str = "plain") -> str:  # noqa: ARG002
        name = expr.name
        if name.startswith("x_"):
            return f"x_{{{name[2:]}}}"
        if name.startswith("Sigma_"):
            return rf"\Sigma_{{{name[6:]}}}"
        if name in _PLAIN:
            return _PLAIN[name]
        found = re.fullmatch(r"(\w+)\[(.+)\]", name)
        if found and found[1] == "c":
            place, _, species = found[2].rpartition(".")
            return rf"[{roman(species)}]_{{{roman(place)}}}"
        if found:
            return rf"{_HEADS.get(found[1], found[1])}_{{{roman(found[2])}}}"
        owner, _, key = name.rpartition(".")
        if not owner:
            return roman(name)
        if key.startswith("half_"):
            return rf"K_{{{roman(owner)},{roman(key[5:])}}}"
        return rf"{_LETTERS.get(key, roman(key))}_{{{roman(owner)}}}"


def tex(expr: Any) -> str:
    """The LaTeX of a sympy expression or equation, without delimiters."""
    return str(_Printer({"mul_symbol": None, "ln_notation": True}).doprint(expr))
