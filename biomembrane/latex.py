"""LaTeX of formulas whose symbols carry dotted names: ``c[cell.Na]`` becomes [Na]_cell."""

from __future__ import annotations

import re
from typing import Any

import sympy as sp
from sympy.printing.latex import LatexPrinter

_HEADS = {
    "mu": r"\mu",
    "mu0": r"\mu^{\circ}",
    "phi": r"\varphi",
    "V": "V",
    "W": "W",
    "q": "q",
    "P": "P",
    "A": r"\mathcal{A}",
    "n": "n",
    "J": "J",
}
# letters of the field for parameters that the interface names in words
_LETTERS = {
    "permeability": "P", "area": "S", "capacitance": "C", "density": "N", "maximum": r"V^{\max}",
    "turnover": "k", "forward": "k^{+}",
    "reverse": "k^{-}", "conductance": "g", "rate": r"\kappa", "coefficient": "L",
    "volume": "W^{0}", "potential": "V^{0}",
    "standard_energy": r"\mu^{\circ}", "molar_volume": "v",
    "q10": r"Q_{10}", "activation_energy": "E", "enthalpy": r"\Delta H^{\circ}",
}  # fmt: skip
_GREEK = {
    "alpha", "beta", "gamma", "delta", "Delta", "epsilon", "eta", "theta", "kappa", "lambda", "mu",
    "nu", "xi", "rho", "sigma", "tau", "phi", "omega",
}  # fmt: skip
_PLAIN = {
    "c0": r"c^{\circ}", "n0": r"n^{\circ}", "N_A": r"N_{\mathrm{A}}", "R": "R", "F": "F", "T": "T",
    "t": "t", "Phi": r"\Phi",
    "Affinity": r"\mathcal{A}",
}  # fmt: skip


def roman(text: str) -> str:
    """Text in upright type, escaped for mathematics."""
    return (
        r"\mathrm{" + text.replace("_", r"\_").replace("-", r"\text{-}").replace(":", r"{:}") + "}"
    )


def _parameter(owner: str, key: str) -> str:
    """A parameter by its letter: ``k1_forward`` is k₁⁺, ``K_d_Na`` is K with subscripts d, Na;
    words remain words.
    """
    below = [roman(owner)] if owner else []
    if key in _LETTERS:
        letter = _LETTERS[key]
    elif step := re.fullmatch(r"k(\d+)_(forward|reverse)", key):
        letter, below = _LETTERS[step[2]], [step[1], *below]
    elif key.startswith("half_"):
        letter, below = "K", [roman(key[5:]), *below]
    else:
        head, *rest = key.split("_")
        if len(head) > 2 and head not in _GREEK:
            letter = roman(key)
        else:
            letter, below = rf"\{head}" if head in _GREEK else head, [*map(roman, rest), *below]
    return f"{letter}_{{{','.join(below)}}}" if below else letter


class _Printer(LatexPrinter):
    owner = ""  # its parameters are written without its name

    def _print_Symbol(self, expr: sp.Symbol, style: str = "plain") -> str:  # noqa: ARG002
        name = expr.name
        if name.startswith("x_"):
            return f"x_{{{name[2:]}}}"
        if name.startswith("Sigma_"):
            return rf"\Sigma_{{{name[6:]}}}"
        if name in _PLAIN:
            return _PLAIN[name]
        if name.endswith("(T)"):
            return self._print_Symbol(sp.Symbol(name[:-3])) + "(T)"
        if name.startswith("@["):  # a unit
            return roman(name[2:-1].replace(" ", r"\,")).replace("µ", r"\mu ")
        match = re.fullmatch(r"(\w+)\[(.+)\]", name)
        if match and match[1] == "c":
            place, _, species = match[2].rpartition(".")
            return rf"[{roman(species)}]_{{{roman(place)}}}"
        if match:
            inside = match[2].removeprefix(f"{self.owner}.") if self.owner else match[2]
            return rf"{_HEADS.get(match[1], match[1])}_{{{roman(inside)}}}"
        owner, _, key = name.rpartition(".")
        if not owner:
            return roman(name)
        known = owner == self.owner or owner.startswith(f"{self.owner}.")
        return _parameter(owner[len(self.owner) + 1 :] if self.owner and known else owner, key)


def tex(expr: Any, owner: str = "") -> str:
    """The LaTeX of a sympy expression or equation, without delimiters.

    Parameters of ``owner`` are written without its name.
    """
    printer = _Printer({"mul_symbol": None, "ln_notation": True})
    printer.owner = owner
    return str(printer.doprint(expr))
