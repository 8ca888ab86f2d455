"""Which ring lies in which."""

from __future__ import annotations

from land_services.surveys import curves
from land_services.surveys.raw import XY, Ring


def nest(rings: list[Ring]) -> list[list[Ring]]:
    """Return polygons as lists of rings: a ring whose first corner lies inside a larger one is its hole."""
    groups: list[list[Ring]] = []
    for ring in sorted(rings, key=lambda r: -abs(curves.ring_area(r))):
        home = next((g for g in groups if ring and is_inside(ring[0].start, g[0])), None)
        if home is None:
            groups.append([ring])
        else:
            home.append(ring)
    return groups


def is_inside(point: XY, ring: Ring) -> bool:
    """Return whether a point lies inside a ring, arcs taken as their chords (ray casting)."""
    x, y = point
    inside = False
    for s in ring:
        (ax, ay), (bx, by) = s.start, s.end
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            inside = not inside
    return inside
