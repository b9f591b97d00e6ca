"""The axis of a scan: numbers with their unit and the name of their dimension."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from .. import errors, units, user_text

if TYPE_CHECKING:
    import xarray as xr

    from ..quantity_types import ArrayLike, Quantity, QuantityLike


@errors.keywords
def axis(dim: str, values: ArrayLike | QuantityLike, unit: str | None = None) -> xr.DataArray:
    """Values of a parameter along a dimension of a scan: ``parameters={"blood.K": bm.axis("K_o",
    [2, 5, 10], "mM")}``.

    Parameters over one dimension change together, parameters over two are combined, each value of
    one with each of the other.

    Args:
        dim: name of the dimension, which results carry, too.
        values: numbers, at least one; or a quantity that holds them.
        unit: of the numbers, "1" for pure ones; not beside a quantity.

    Returns:
        An array of shape ``(values,)`` with the unit in its attributes.

    Raises:
        BadName: a dimension of other characters than letters, digits and _.
        BareNumber: no unit.
        UnknownUnit: a unit that is not known.
        WrongType: what is no list of numbers, or a unit beside a quantity.
        NotFinite: NaN or infinity.
    """
    import numpy as np
    import xarray as xr

    where, example = f"axis({errors.shown(dim)}, …)", "bm.axis('K_o', [2, 5, 10], 'mM')"
    if not isinstance(dim, str) or not dim.isidentifier():
        raise errors.BadName(
            where=where,
            wanted="a dimension of letters, digits and _",
            got=errors.shown(dim),
            advice=example,
        )
    if units.is_quantity(values):
        if unit is not None:
            raise errors.WrongType(
                where=where,
                wanted="no unit beside a quantity",
                got=errors.shown(unit),
                advice="bm.axis('K_o', Q([2, 5], 'mM'))",
            )
        values, unit = cast("Quantity", values).magnitude, units.unit_of(values)
    if unit is None:
        raise errors.BareNumber(
            where=where, wanted="a unit", got=errors.shown(values), advice=example
        )
    errors.expect(unit, str, where, "a unit, as text", example)
    numbers = user_text.numbers(list(values) if isinstance(values, range) else values)
    if not isinstance(numbers, np.ndarray) or numbers.ndim != 1 or not numbers.size:
        raise errors.WrongType(
            where=where, wanted="a list of numbers", got=errors.shown(values), advice=example
        )
    if not np.isfinite(numbers).all():
        raise errors.NotFinite(
            where=where, wanted="finite numbers", got=errors.shown(values), advice=example
        )
    units.Q(1.0, unit)  # a unit that can be read
    return xr.DataArray(numbers, dims=dim, attrs={"units": unit})
