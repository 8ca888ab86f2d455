"""Which polygon of a file is the outer boundary, where none is marked."""

from __future__ import annotations

from collections.abc import Sequence

import shapely
from shapely.geometry import Polygon

from land_services.precision import GRID_M, overlap_limit_m2


def equals_union(polygons: Sequence[Polygon], scale: float = 1.0) -> int | None:
    """Return the index of the polygon that equals the union of all the others (two or more), or None.

    ``scale`` is the coordinates' unit per metre: 1, or degrees per metre.

    Equal means that what one covers and the other does not is no more than rounding along the boundary can cause,
    and that the others do not overlap each other: a plan drawn twice has no outer boundary.
    """
    if len(polygons) < 3:
        return None
    areas = [p.area for p in polygons]
    index = max(range(len(polygons)), key=areas.__getitem__)
    rest = [p for i, p in enumerate(polygons) if i != index]
    limit = overlap_limit_m2(sum(p.length for p in rest)) * scale
    if abs(sum(areas) - 2 * areas[index]) > limit + 1e-9 * areas[index]:
        return None
    union = shapely.union_all(rest, grid_size=GRID_M / 10 * scale)
    return index if union.symmetric_difference(polygons[index]).area <= limit else None


def contains_most(polygons: Sequence[Polygon]) -> list[tuple[int, int]]:
    """Return (index, how many) of polygons that contain at least two others and are not marked as outer boundary."""
    if len(polygons) < 3:
        return []
    points = [p.representative_point() for p in polygons]
    pairs = shapely.STRtree(points).query(list(polygons), predicate="contains")
    counts: dict[int, int] = {}
    for polygon, point in pairs.T.tolist():
        if polygon != point and polygons[point].area < polygons[polygon].area:
            counts[polygon] = counts.get(polygon, 0) + 1
    return [(index, count) for index, count in sorted(counts.items()) if count >= 2]
