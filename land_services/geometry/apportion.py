"""Areas on paper that sum exactly (largest remainder)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from shapely.geometry import Polygon


def largest_remainder(
    weights: Sequence[int | Fraction], total: Decimal, quantum: Decimal = Decimal("0.01")
) -> tuple[Decimal, ...]:
    """Return shares of ``total`` in whole quanta, proportional to the weights, that sum to it exactly."""
    raise NotImplementedError


def surveyed_areas(
    parts: Sequence[Polygon], parent_surveyed: Decimal, quantum: Decimal = Decimal("0.01")
) -> tuple[Decimal, ...]:
    """Return the surveyed area of each part: the parent's, apportioned by exact areas."""
    raise NotImplementedError
