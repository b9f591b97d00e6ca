"""The table of reactants whose energies of formation are known, with all their forms."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from .. import constants
from ..declare.species import Species
from .sheet import Sheet, sheet
from .transformed_energy import REFERENCE, DebyeHuckel, Form

SHEET = "alberty_2003"
_MAGNESIUM = "teague_1996"
ELECTRONS = "reducing equivalents"


@dataclass(frozen=True)
class Reactant:
    """A reactant with its forms, the least protonated one first, and what reactions conserve of
    it: elements but O and H, and reducing equivalents, N_H − z + 2 N_Mg − 2 N_O.
    """

    name: str
    forms: tuple[Form, ...]
    conserved: tuple[tuple[str, int], ...]


def _number(of: Sheet, name: str, unit: str) -> float:
    return float(of[name].quantity.to(unit).magnitude)


@lru_cache(maxsize=1)
def water() -> DebyeHuckel:
    """The constants of the extended Debye–Hückel equation."""
    data = sheet(SHEET)
    a, b, c = (
        _number(data, f"debye_huckel_{k}", f"J/mol/K^{k}" if k > 1 else "J/mol/K")
        for k in (1, 2, 3)
    )
    return DebyeHuckel(a, b, c, _number(data, "debye_huckel_B", "1"))


@lru_cache(maxsize=1)
def reactants() -> Mapping[str, Reactant]:
    """All reactants by name; H2O is counted out of them."""
    data = sheet(SHEET)
    solvent = _pair(data.species["H2O"]["forms"][0][3:5])
    magnesium = tuple(_number(data, f"d{x}f_Mg", "J/mol") for x in "GH")
    made = {}
    for name, entry in data.species.items():
        counts = Species(name, formula=entry["formula"]).composition()
        oxygens = counts.pop("O", 0)
        rows = [(*row, 0) for row in entry["forms"]]
        rows += [tuple(row) for row in entry.get("with_magnesium", ())]
        forms = [_form(row, oxygens, solvent, magnesium) for row in rows]
        forms += _complexes(forms)
        first = rows[0]
        counts |= {ELECTRONS: first[2] - first[1] - 2 * oxygens}
        counts.pop("H", None)
        kept = tuple((part, n) for part, n in counts.items() if n)
        made[name] = Reactant(name, tuple(forms), kept)
    return MappingProxyType(made)


def _pair(kilojoules: list[float]) -> tuple[float, ...]:
    return tuple(1000 * x for x in kilojoules)


def _form(
    row: tuple[str, int, int, float, float, int],
    oxygens: int,
    solvent: tuple[float, ...],
    magnesium: tuple[float, ...],
) -> Form:
    """A form of the table, less the water and the Mg²⁺ in it."""
    name, charge, hydrogens, *numbers = row
    count = int(numbers[2])
    energy, enthalpy = (
        x - oxygens * w - count * m
        for x, w, m in zip(_pair(list(numbers[:2])), solvent, magnesium, strict=True)
    )
    hydrogens -= 2 * oxygens
    screened = charge**2 - hydrogens - 4 * count
    return Form(name, charge, energy, enthalpy, screened, hydrogens, count)


def _complexes(forms: list[Form]) -> list[Form]:
    """The complexes with one Mg²⁺ whose binding constants are known."""
    data = sheet(_MAGNESIUM)
    made = []
    for form in forms:
        name = f"Mg{form.name.rstrip('0123456789')}" if form.name != "HPO4" else "MgHPO4"
        if f"K_{name}" not in data.entries:
            continue
        binding = -constants.GAS * REFERENCE * math.log(_number(data, f"K_{name}", "1/M"))
        charge = form.charge + 2
        made.append(
            Form(
                name,
                charge,
                form.energy + binding,
                form.enthalpy + _number(data, f"dH_{name}", "J/mol"),
                charge**2 - form.hydrogens - 4,
                form.hydrogens,
                1,
            )
        )
    return made
