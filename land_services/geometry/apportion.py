"""Areas on paper that sum exactly: the method of the largest remainder."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from shapely.geometry import Polygon

from .errors import NoSuchArea
from .measure import area_mm2_twice

__all__ = ["largest_remainder", "surveyed_areas"]


def largest_remainder(
    weights: Sequence[int | Fraction], total: Decimal, quantum: Decimal = Decimal("0.01")
) -> tuple[Decimal, ...]:
    """Return shares of ``total`` proportional to the weights that sum to it exactly.

    Parameters
    ----------
    weights : sequence of int or Fraction
        None negative, not all zero; may be empty only where the total is zero.
    total : Decimal
        A whole number of quanta, not negative.
    quantum : Decimal
        The step of the shares, such as 0.01 m2.

    Returns
    -------
    tuple of Decimal
        Each share is its exact proportion rounded down or up by less than one quantum; what rounding down leaves
        over goes to the largest remainders, the first of equals first.

    Raises
    ------
    NoSuchArea
        Where a weight is negative, all are zero, or the total is negative or not a whole number of quanta.

    Examples
    --------
    >>> largest_remainder([1, 1, 1], Decimal("100.00"))
    (Decimal('33.34'), Decimal('33.33'), Decimal('33.33'))
    >>> largest_remainder([], Decimal("0.00"))
    ()
    """
    steps = Fraction(total) / Fraction(quantum)
    if steps.denominator != 1 or steps < 0:
        raise NoSuchArea(f"{total} is not a whole, positive number of steps of {quantum}")
    whole = sum(Fraction(weight) for weight in weights)
    if any(weight < 0 for weight in weights) or (whole == 0 and steps != 0):
        raise NoSuchArea("weights must not be negative, and not all zero")
    exact = [steps * weight / whole if whole else Fraction(0) for weight in weights]
    shares = [int(share) for share in exact]
    by_remainder = sorted(range(len(shares)), key=lambda index: (shares[index] - exact[index], index))
    for index in by_remainder[: int(steps) - sum(shares)]:
        shares[index] += 1
    return tuple((quantum * share).quantize(quantum) for share in shares)


def surveyed_areas(
    parts: Sequence[Polygon], parent_surveyed: Decimal, quantum: Decimal = Decimal("0.01")
) -> tuple[Decimal, ...]:
    """Return the surveyed area of each part in m2: the parent's, apportioned by the exact areas of the parts.

    Parameters
    ----------
    parts : sequence of Polygon
        Metres on the grid.
    parent_surveyed : Decimal
        Surveyed area of the parent in m2, a whole number of quanta.
    quantum : Decimal
        Step of areas on paper in m2.

    Returns
    -------
    tuple of Decimal
        In the order of the parts; sums to ``parent_surveyed`` exactly.

    Raises
    ------
    NoSuchArea
        As :func:`largest_remainder`.

    Examples
    --------
    >>> from shapely import box
    >>> surveyed_areas([box(0, 0, 1, 1), box(1, 0, 3, 1)], Decimal("3.01"))
    (Decimal('1.00'), Decimal('2.01'))
    >>> surveyed_areas([], Decimal("0.00"))
    ()
    """
    return largest_remainder([area_mm2_twice(part) for part in parts], parent_surveyed, quantum)
