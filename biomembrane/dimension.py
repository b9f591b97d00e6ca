"""Dimensions as exponents of the SI base units, and the internal unit of each.

The internal system is coherent: 10 µm, 10⁻⁵ kg, s, fA, K, fmol.  Hence fC, fF, pL, fJ and fW for
extensive quantities, and V, Pa, J/mol and mol/m³ (= mM) for intensive ones; no conversion factor
appears in any formula (formalism §10).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

BASE = ("m", "kg", "s", "A", "K", "mol")
_SCALE = (-5, -5, 0, -15, 0, -15)  # decimal exponent of each internal base unit


@dataclass(frozen=True, slots=True)
class Dimension:
    """Exponents of (m, kg, s, A, K, mol).

    Multiplies, divides and takes powers; ``str`` is a readable unit.
    """

    # integers as ``int``, which adds and hashes ten times faster
    exponents: tuple[int | Fraction, ...] = (0, 0, 0, 0, 0, 0)

    def __mul__(self, other: Dimension) -> Dimension:
        return Dimension(tuple(a + b for a, b in zip(self.exponents, other.exponents, strict=True)))

    def __truediv__(self, other: Dimension) -> Dimension:
        return Dimension(tuple(a - b for a, b in zip(self.exponents, other.exponents, strict=True)))

    def __pow__(self, power: int | Fraction) -> Dimension:
        return Dimension(tuple(_plain(a * power) for a in self.exponents))

    def __bool__(self) -> bool:
        return any(self.exponents)

    @property
    def is_of_space(self) -> bool:
        """Whether this is a length, an area, a volume, a power of these, or a pure number."""
        return not any(self.exponents[1:])

    @property
    def decade(self) -> int | Fraction:
        """The internal unit is 10**decade SI units; a fraction for roots of units."""
        return _plain(Fraction(sum(e * s for e, s in zip(self.exponents, _SCALE, strict=True))))

    def __str__(self) -> str:
        for name, known in NAMED.items():
            if known == self:
                return name
        parts = [
            b if e == 1 else f"{b}^{e}" for b, e in zip(BASE, self.exponents, strict=True) if e
        ]
        return "·".join(parts) or "1"


def _plain(exponent: int | Fraction) -> int | Fraction:
    return (
        exponent if isinstance(exponent, int) or exponent.denominator != 1 else exponent.numerator
    )


def dimension(**exponents: int | Fraction) -> Dimension:
    """``dimension(m=1, s=-1)``."""
    return Dimension(tuple(_plain(exponents.get(b, 0)) for b in BASE))


NAMED: dict[str, Dimension] = {}


def _named(unit: str, **exponents: int) -> Dimension:
    return NAMED.setdefault(unit, dimension(**exponents))


ONE = _named("1")
LENGTH = _named("m", m=1)
AREA = _named("m^2", m=2)
VOLUME = _named("m^3", m=3)
TIME = _named("s", s=1)
RATE = _named("1/s", s=-1)
TEMPERATURE = _named("K", K=1)
AMOUNT = _named("mol", mol=1)
CONCENTRATION = _named("mol/m^3", mol=1, m=-3)
FLUX = _named("mol/s", mol=1, s=-1)
CHARGE = _named("C", A=1, s=1)
CURRENT = _named("A", A=1)
VOLTAGE = _named("V", m=2, kg=1, s=-3, A=-1)
CAPACITANCE = _named("F", m=-2, kg=-1, s=4, A=2)
SPECIFIC_CAPACITANCE = _named("F/m^2", m=-4, kg=-1, s=4, A=2)
CONDUCTANCE = _named("S", m=-2, kg=-1, s=3, A=2)
SPECIFIC_CONDUCTANCE = _named("S/m^2", m=-4, kg=-1, s=3, A=2)
PERMEABILITY = _named("m/s", m=1, s=-1)
HYDRAULIC = _named("m/s/Pa", m=2, kg=-1, s=1)
PRESSURE = _named("Pa", m=-1, kg=1, s=-2)
ENERGY = _named("J", m=2, kg=1, s=-2)
POWER = _named("W", m=2, kg=1, s=-3)
MOLAR_ENERGY = _named("J/mol", m=2, kg=1, s=-2, mol=-1)
MOLAR_ENTROPY = _named("J/mol/K", m=2, kg=1, s=-2, mol=-1, K=-1)
MOLAR_CHARGE = _named("C/mol", A=1, s=1, mol=-1)
MOLAR_VOLUME = _named("m^3/mol", m=3, mol=-1)
PER_AMOUNT = _named("1/mol", mol=-1)
SURFACE_DENSITY = _named("1/m^2", m=-2)
SURFACE_FLUX = _named("mol/m^2/s", mol=1, m=-2, s=-1)
ONSAGER = _named("mol^2/J/s", mol=2, m=-2, kg=-1, s=1)

EXAMPLES: dict[Dimension, str] = {
    LENGTH: "um", AREA: "um^2", VOLUME: "pL", TIME: "s", RATE: "1/s", TEMPERATURE: "degC",
    AMOUNT: "fmol", CONCENTRATION: "mM",
    FLUX: "fmol/s", CHARGE: "fC", CURRENT: "pA", VOLTAGE: "mV", CAPACITANCE: "pF",
    SPECIFIC_CAPACITANCE: "uF/cm^2",
    CONDUCTANCE: "nS", SPECIFIC_CONDUCTANCE: "mS/cm^2", PERMEABILITY: "cm/s", HYDRAULIC: "cm/s/bar",
    PRESSURE: "kPa",
    ENERGY: "pJ", POWER: "pW", MOLAR_ENERGY: "kJ/mol", MOLAR_VOLUME: "cm^3/mol",
    SURFACE_DENSITY: "1/um^2",
    SURFACE_FLUX: "pmol/cm^2/s",
}  # fmt: skip


def example(dim: Dimension) -> str:
    """A common unit of this dimension, for error texts."""
    return EXAMPLES.get(dim, str(dim))
