"""Arc arithmetic of survey files in plain numbers: chords, lengths, areas, bulges, circles through points."""

from __future__ import annotations

import math

from land_services.domain import Arc
from land_services.surveys.raw import XY, Curve, Seg

SAGITTA_M = 0.00045
"""Largest distance of a chord from its arc, in metres; below the 0.5 mm that ``SurveyPart`` promises."""

MAX_CHORDS = 4096


def sweep(seg: Seg) -> float:
    """Return the signed angle that an arc side turns through, in radians (positive left); 0 for a straight side."""
    if seg.curve is None:
        return 0.0
    (cx, cy), (sx, sy), (ex, ey) = seg.curve.centre, seg.start, seg.end
    turn = math.atan2(ey - cy, ex - cx) - math.atan2(sy - cy, sx - cx)
    return turn % math.tau if seg.curve.ccw else -(-turn % math.tau)


def length(seg: Seg) -> float:
    """Return the length of a side, along the arc where it is one."""
    if seg.curve is None:
        return math.dist(seg.start, seg.end)
    return abs(sweep(seg)) * seg.curve.radius


def segment_area(seg: Seg) -> float:
    """Return the signed area between chord and arc (positive where the arc turns left); 0 for a straight side."""
    if seg.curve is None:
        return 0.0
    angle = sweep(seg)
    return seg.curve.radius**2 * (angle - math.sin(angle)) / 2


def ring_area(ring: list[Seg]) -> float:
    """Return the signed area of a closed ring with its true arcs (positive counter-clockwise).

    Coordinates are taken relative to the first one, so that an area far from the origin loses no digits.
    """
    if not ring:
        return 0.0
    ox, oy = ring[0].start
    doubled = math.fsum((s.start[0] - ox) * (s.end[1] - oy) - (s.end[0] - ox) * (s.start[1] - oy) for s in ring)
    return doubled / 2 + math.fsum(segment_area(s) for s in ring)


def chord_points(seg: Seg, sagitta: float = SAGITTA_M) -> list[XY]:
    """Return the points strictly between start and end that replace an arc by chords.

    The points are computed from the lexicographically smaller end, so that two neighbours that draw the same arc in
    opposite directions get the same points.
    """
    if seg.curve is None or seg.curve.radius <= 0:
        return []
    if seg.end < seg.start:
        return chord_points(seg.reversed(), sagitta)[::-1]
    radius, (cx, cy), angle = seg.curve.radius, seg.curve.centre, sweep(seg)
    step = 2 * math.acos(max(-1.0, 1 - sagitta / radius)) if radius > sagitta else math.pi / 2
    count = min(MAX_CHORDS, max(2, math.ceil(abs(angle) / step)))
    first = math.atan2(seg.start[1] - cy, seg.start[0] - cx)
    turns = (first + angle * i / count for i in range(1, count))
    return [(cx + radius * math.cos(a), cy + radius * math.sin(a)) for a in turns]


def from_bulge(start: XY, end: XY, bulge: float) -> Curve | None:
    """Return the arc of a DXF bulge (tangent of a quarter of the angle, positive left); None where it is straight."""
    chord = math.dist(start, end)
    if chord == 0 or abs(bulge) < 1e-12:
        return None
    radius = chord * (1 + bulge * bulge) / (4 * abs(bulge))
    # Distance of the centre from the chord's middle, to the left of start -> end.
    offset = chord * (1 - bulge * bulge) / (4 * bulge)
    mx, my = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    ux, uy = (end[0] - start[0]) / chord, (end[1] - start[1]) / chord
    return Curve((mx - uy * offset, my + ux * offset), radius, bulge > 0)


def to_bulge(seg: Seg) -> float:
    """Return the DXF bulge of a side; 0 for a straight one."""
    return math.tan(sweep(seg) / 4)


def through(start: XY, middle: XY, end: XY) -> Curve | None:
    """Return the arc from start through a middle point to end; None where the three lie on a line."""
    ax, ay = middle[0] - start[0], middle[1] - start[1]
    bx, by = end[0] - start[0], end[1] - start[1]
    cross = ax * by - ay * bx
    scale = max(math.hypot(ax, ay), math.hypot(bx, by))
    if abs(cross) <= 1e-12 * scale * scale:
        return None
    a2, b2 = ax * ax + ay * ay, bx * bx + by * by
    cx, cy = (by * a2 - ay * b2) / (2 * cross), (ax * b2 - bx * a2) / (2 * cross)
    return Curve((start[0] + cx, start[1] + cy), math.hypot(cx, cy), cross > 0)


def of_radius(start: XY, end: XY, radius: float, ccw: bool, large: bool = False) -> Curve | None:
    """Return the arc of a given radius between two points; None where the chord is longer than the diameter."""
    chord = math.dist(start, end)
    if chord == 0 or radius <= 0 or chord > 2 * radius * (1 + 1e-9):
        return None
    offset = math.sqrt(max(0.0, radius * radius - chord * chord / 4))
    if ccw == large:
        offset = -offset
    mx, my = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    ux, uy = (end[0] - start[0]) / chord, (end[1] - start[1]) / chord
    return Curve((mx - uy * offset, my + ux * offset), radius, ccw)


def circle(centre: XY, radius: float) -> list[Seg]:
    """Return a full circle as two half-circle sides, counter-clockwise."""
    east, west = (centre[0] + radius, centre[1]), (centre[0] - radius, centre[1])
    curve = Curve(centre, radius, True)
    return [Seg(east, west, curve), Seg(west, east, curve)]


def scaled(seg: Seg, factor: float) -> Seg:
    """Return a side in another unit."""

    def point(p: XY) -> XY:
        return (p[0] * factor, p[1] * factor)

    curve = None
    if seg.curve is not None:
        curve = Curve(point(seg.curve.centre), seg.curve.radius * factor, seg.curve.ccw)
    return Seg(point(seg.start), point(seg.end), curve, seg.names)


def middle(seg: Seg) -> XY | None:
    """Return the point half way along an arc; None for a straight side."""
    if seg.curve is None:
        return None
    (cx, cy), radius = seg.curve.centre, seg.curve.radius
    angle = math.atan2(seg.start[1] - cy, seg.start[0] - cx) + sweep(seg) / 2
    return (cx + radius * math.cos(angle), cy + radius * math.sin(angle))


def arc_of(seg: Seg) -> Arc | None:
    """Return the arc of a side in metres as plans hold it; None for a straight one."""
    if seg.curve is None:
        return None
    return Arc(seg.curve.centre, seg.curve.radius, "ccw" if seg.curve.ccw else "cw", length(seg))
