"""Which labels a drawing carries and where each may stand: parcels, corners, sides, streets, neighbours."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from land_services.documents.figures import clean_text, number_text
from land_services.documents.frame import Frame, side_line
from land_services.documents.labels import Line, Placer, Spot, readable_angle
from land_services.documents.model import DrawnMark, DrawnParcel, DrawnStreet
from land_services.domain import BoundarySide

Coords = NDArray[np.float64]

MIN_NEIGHBOUR_MM: Final = 4.0


def to_mm(frame: Frame) -> Callable[[Coords], Coords]:
    """Return the transformation of ground coordinates (m) to paper (mm, y down) for ``shapely.transform``."""
    per_m = np.array([1000.0 / frame.scale, -1000.0 / frame.scale])
    middle = np.array([frame.width_mm / 2, frame.height_mm / 2])

    def transform(coords: Coords) -> Coords:
        moved: Coords = (coords - np.array(frame.centre)) * per_m + middle
        return moved

    return transform


def label_parcels(placer: Placer, parcels: Sequence[DrawnParcel], frame: Frame) -> None:
    for parcel in sorted(parcels, key=lambda p: -p.geometry.area):
        inside = shapely.transform(parcel.geometry, to_mm(frame))
        number = clean_text(parcel.number)
        area = f"{number_text(parcel.area_m2)} م²" if parcel.area_m2 is not None else ""
        for size in (9.0, 7.5, 6.0, 5.0):
            title = Line(number, "ar", True, size, True)
            below = (Line(area, "ar", False, max(size - 2, 5.0)),) if area else ()
            if placer.place((title, *below), _inner_spots(inside), "parcel", inside):
                break
            if size <= 6.0 and placer.place((title,), _inner_spots(inside), "parcel", inside):
                break
        else:
            anchor = _anchor(inside)
            placer.place((Line(number, "ar", True, 6.0, True),), _leader_spots(anchor, inside), "parcel")


def label_marks(placer: Placer, marks: Sequence[DrawnMark], frame: Frame) -> None:
    """Say of each piece that the net area leaves out what it is and how large; beside it where it is too small."""
    for mark in sorted(marks, key=lambda one: -one.geometry.area):
        inside = shapely.transform(mark.geometry, to_mm(frame))
        name = Line(mark.label.ar, "ar", False, 5.5, True)
        area = Line(f"{number_text(mark.area_m2)} م²", "ar", False, 5.0)
        lines = (name, Line(mark.label.en, "en", False, 5.0), area)
        if not placer.place(lines, _inner_spots(inside), "parcel", inside):
            placer.place(lines, _leader_spots(_anchor(inside), inside), "parcel")


def _anchor(paper_polygon: BaseGeometry) -> Point:
    """Return the point deepest inside the largest part of a polygon."""
    parts = [g for g in getattr(paper_polygon, "geoms", [paper_polygon]) if isinstance(g, Polygon)]
    largest = max(parts, key=lambda g: g.area)
    circle = shapely.maximum_inscribed_circle(largest, tolerance=0.2)
    return Point(circle.coords[0])


def _inner_spots(inside: BaseGeometry) -> list[Spot]:
    """Return spots at the deepest point and around it, level first, then along the longer side."""
    anchor = _anchor(inside)
    if inside.buffer(-2.0).contains(inside.centroid):
        anchor = inside.centroid
    rectangle = shapely.minimum_rotated_rectangle(inside)
    spots = [Spot(anchor.x, anchor.y)]
    for radius in (1.5, 3.0, 5.0):
        for k in range(8):
            dx, dy = radius * math.cos(k * math.pi / 4), radius * math.sin(k * math.pi / 4)
            spots.append(Spot(anchor.x + dx, anchor.y + dy, 0.0, radius))
    if isinstance(rectangle, Polygon):
        c = list(rectangle.exterior.coords)
        first, second = math.dist(c[0], c[1]), math.dist(c[1], c[2])
        p, q = (c[0], c[1]) if first >= second else (c[1], c[2])
        spots.append(Spot(anchor.x, anchor.y, readable_angle(q[0] - p[0], q[1] - p[1]), 6.0))
    return spots


def _leader_spots(anchor: Point, inside: BaseGeometry) -> list[Spot]:
    reach = math.hypot(inside.bounds[2] - inside.bounds[0], inside.bounds[3] - inside.bounds[1]) / 2
    spots = []
    for extra in (4.0, 8.0, 13.0, 20.0):
        for k in range(12):
            turn = k * math.pi / 6
            x, y = anchor.x + (reach + extra) * math.cos(turn), anchor.y + (reach + extra) * math.sin(turn)
            spots.append(Spot(x, y, 0.0, extra, (anchor.x, anchor.y)))
    return spots


def label_corners(placer: Placer, parcels: Sequence[DrawnParcel], frame: Frame) -> None:
    """Number each corner once, on the side away from the parcels that meet in it."""
    land = unary_union([p.geometry for p in parcels])
    seen: set[tuple[str, int, int]] = set()
    for parcel in parcels:
        for corner in parcel.corners:
            key = (corner.number, round(corner.x * 1000), round(corner.y * 1000))
            if key in seen:
                continue
            seen.add(key)
            x, y = frame.mm((corner.x, corner.y))
            spots = []
            for radius in (2.3, 3.4, 5.5):
                for k in range(16):
                    turn = k * math.pi / 8
                    dx, dy = math.cos(turn), math.sin(turn)
                    ahead = Point(corner.x + dx * frame.scale / 500, corner.y - dy * frame.scale / 500)
                    cost = radius + (2.0 if land.intersects(ahead) else 0.0)
                    spots.append(Spot(x + dx * radius, y + dy * radius, 0.0, cost, (x, y)))
            placer.place((Line(corner.number, "ar", True, 5.5),), sorted(spots, key=lambda s: s.cost), "corner")


def side_key(side: BoundarySide) -> tuple[object, ...]:
    ends = sorted([tuple(round(v * 1000) for v in side.start), tuple(round(v * 1000) for v in side.end)])
    return (*ends, round(side.length_m * 100))


def label_sides(placer: Placer, sides: Sequence[tuple[DrawnParcel, BoundarySide]], frame: Frame) -> list[BoundarySide]:
    """Write each side's length outside its middle, shared sides once; return the sides that found no room."""
    left_out, seen = [], set()
    for parcel, side in sorted(sides, key=lambda item: -item[1].length_m):
        key = side_key(side)
        if key in seen:
            continue
        seen.add(key)
        text = Line(number_text(Decimal(str(side.length_m)), grouped=False), "ar", True, 6.5)
        if not placer.place((text,), _side_spots(side, parcel.geometry, frame), "side"):
            small = Line(text.text, "ar", True, 5.0)
            if not placer.place((small,), _side_spots(side, parcel.geometry, frame), "side"):
                left_out.append(side)
    return left_out


def _side_spots(side: BoundarySide, land: BaseGeometry, frame: Frame) -> list[Spot]:
    line = side_line(side, 0.01)
    spots = []
    for share in (0.5, 0.4, 0.6, 0.3, 0.7):
        at = line.interpolate(share, normalized=True)
        before, after = (line.interpolate(min(max(share + d, 0), 1), normalized=True) for d in (-0.01, 0.01))
        dx, dy = after.x - before.x, after.y - before.y
        norm = math.hypot(dx, dy)
        if norm == 0:
            continue
        nx, ny = dy / norm, -dx / norm
        probe = min(0.2, side.length_m / 4)
        outward = -1.0 if land.intersects(Point(at.x + nx * probe, at.y + ny * probe)) else 1.0
        x, y = frame.mm((at.x, at.y))
        angle = readable_angle(dx, -dy)
        for offset, sense, cost in ((1.9, 1, 0), (1.9, -1, 2), (4.2, 1, 4), (4.2, -1, 6), (7.5, 1, 8), (11.0, 1, 12)):
            reach = offset * sense * outward
            leader = (x, y) if offset > 2 else None
            price = cost + abs(share - 0.5) * 8
            spots.append(Spot(x + nx * reach, y - ny * reach, angle, price, leader))
    return sorted(spots, key=lambda s: s.cost)


def label_streets(placer: Placer, streets: Sequence[DrawnStreet], frame: Frame, window: Polygon) -> None:
    for street in streets:
        axis = _street_axis(street, window)
        if axis is None:
            continue
        width = number_text(street.width_m, 2).rstrip("0").rstrip(".")
        arabic = Line(f"{_cut(street.name.ar or street.name.en, 34)} · عرض {width} م", "ar", False, 6.5, True)
        english = Line(f"{_cut(street.name.en or street.name.ar, 40)} · {width} m wide", "en", False, 5.5)
        for lines in ((arabic, english), (arabic,), (Line(f"{width} م", "ar", False, 6.0),)):
            if placer.place(lines, _axis_spots(axis, frame), "street"):
                break


def _cut(text: str, limit: int) -> str:
    text = clean_text(text)
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _street_axis(street: DrawnStreet, window: Polygon) -> LineString | None:
    """Return the straight line to write a street's name along, inside the window; None where it is not in view."""
    lines: list[LineString] = []
    if street.centreline is not None:
        seen = street.centreline.intersection(window)
        for part in getattr(seen, "geoms", [seen]):
            if isinstance(part, LineString) and len(part.coords) > 1:
                ends = list(part.coords)
                lines += [LineString(pair) for pair in itertools.pairwise(ends)]
    if not lines and street.right_of_way is not None:
        seen = street.right_of_way.intersection(window)
        rectangle = shapely.minimum_rotated_rectangle(seen) if seen.area > 0 else None
        if isinstance(rectangle, Polygon):
            c = list(rectangle.exterior.coords)
            a, b = ((0, 1), (1, 2)) if math.dist(c[0], c[1]) < math.dist(c[1], c[2]) else ((1, 2), (2, 3))
            mid = [((c[i][0] + c[j][0]) / 2, (c[i][1] + c[j][1]) / 2) for i, j in (a, (b[0] + 1, b[1] + 1))]
            lines.append(LineString(mid))
    return max(lines, key=lambda g: g.length, default=None)


def _axis_spots(axis: LineString, frame: Frame) -> list[Spot]:
    (x0, y0), (x1, y1) = (frame.mm(p) for p in (axis.coords[0], axis.coords[-1]))
    angle = readable_angle(x1 - x0, y1 - y0)
    shares = (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.12, 0.88)
    return [Spot(x0 + (x1 - x0) * t, y0 + (y1 - y0) * t, angle, abs(t - 0.5)) for t in shares]


def label_neighbours(placer: Placer, parcels: Sequence[DrawnParcel], frame: Frame, window: Polygon) -> None:
    for parcel in parcels:
        seen = parcel.geometry.intersection(window)
        if seen.area <= 0:
            continue
        inside = shapely.transform(seen, to_mm(frame))
        low_x, low_y, high_x, high_y = inside.bounds
        if min(high_x - low_x, high_y - low_y) < MIN_NEIGHBOUR_MM:
            continue
        placer.place((Line(_cut(parcel.number, 18), "ar", True, 7.0),), _inner_spots(inside), "neighbour", inside)
