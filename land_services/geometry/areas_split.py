"""Split a parcel into equal parts or by a list of areas, parallel to a side."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from shapely.geometry import MultiPolygon, Polygon

from .split import SplitResult


def split_by_areas(
    parent: Polygon,
    target_areas_m2: Sequence[Decimal | float],
    side_index: int,
    neighbours: Sequence[Polygon | MultiPolygon] = (),
) -> SplitResult:
    """Return parts of the target areas, cut parallel to side ``side_index`` of ``sides(parent)``, first part at that side.

    The targets must sum to the parent's area within 0.5 % or one may be left out: the last part takes the rest.
    """
    raise NotImplementedError


def split_equal(
    parent: Polygon, n: int, side_index: int, neighbours: Sequence[Polygon | MultiPolygon] = ()
) -> SplitResult:
    """Return ``n`` parts of equal area, cut parallel to side ``side_index``."""
    raise NotImplementedError
