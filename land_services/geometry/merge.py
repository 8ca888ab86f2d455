"""Merge parcels that are joined along edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shapely.geometry import MultiPolygon, Polygon


@dataclass(frozen=True)
class MergeResult:
    """One outline; ``amended`` maps the index of a neighbour to its new outline (only those that change)."""

    outline: Polygon
    amended: Mapping[int, Polygon | MultiPolygon] = field(default_factory=dict)
    inserted: tuple[tuple[float, float], ...] = ()


def merge(
    parcels: Sequence[Polygon | MultiPolygon],
    neighbours: Sequence[Polygon | MultiPolygon] = (),
    *,
    allow_holes: bool = False,
) -> MergeResult:
    """Return the parcels as one polygon; shared edges dissolve exactly by chain cancellation."""
    raise NotImplementedError
