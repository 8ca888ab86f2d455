"""The drawing: a view of parcels at true scale, as SVG lines in millimetres and labels to lay over them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import shapely
from markupsafe import Markup
from shapely.geometry import LineString, Point, Polygon, box
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from land_services.documents.figures import clean_text, number_text
from land_services.documents.frame import Frame, area_path, fit_frame, line_path, side_line, side_path
from land_services.documents.labels import Label, Line, Placer, Spot, readable_angle
from land_services.documents.model import DrawingModel, DrawnParcel, DrawnStreet
from land_services.domain import BoundarySide

XY = tuple[float, float]

LABEL_MARGIN_MM: Final = 11.0
SAME_LINE_M: Final = 0.002
"""A side nearer than this to the parent's outline is part of it: two roundings of the grid."""
FURNITURE_MM: Final = 15.0
MIN_NEIGHBOUR_MM: Final = 4.0

STYLES: Final = {
    "street": 'fill="#eef0ec" fill-rule="evenodd"',
    "centreline": 'fill="none" stroke="#aab6b0" stroke-width="0.15" stroke-dasharray="3 1 0.6 1"',
    "other-fill": 'fill="#ffffff" fill-rule="evenodd"',
    "other": 'fill="none" stroke="#8c9a94" stroke-width="0.18"',
    "subject": 'fill="#e4f0ec" fill-rule="evenodd"',
    "side": 'fill="none" stroke="#14241f" stroke-width="0.5" stroke-linecap="round"',
    "parent": 'fill="none" stroke="#14241f" stroke-width="0.4" stroke-dasharray="2.4 1.1"',
    "new": 'fill="none" stroke="#0b5d4b" stroke-width="0.65" stroke-linecap="round"',
    "corner": 'fill="#ffffff" stroke="#14241f" stroke-width="0.22"',
    "leader": 'fill="none" stroke="#5b6b65" stroke-width="0.12"',
    "on": 'fill="#14241f" stroke="#14241f" stroke-width="0.15"',
    "off": 'fill="#ffffff" stroke="#14241f" stroke-width="0.15"',
    "area": 'fill="#0b5d4b" fill-rule="evenodd"',
}
"""Drawing styles as attributes: WeasyPrint's SVG does not see the page's style sheet."""


@dataclass(frozen=True)
class Drawing:
    """A finished view: SVG lines, labels over it, its frame, and the sides whose length found no room."""

    svg: Markup
    labels: tuple[Label, ...]
    frame: Frame
    unlabelled_sides: tuple[BoundarySide, ...] = ()
    crowded_parcels: tuple[str, ...] = ()


@dataclass(frozen=True)
class View:
    """What one view shows: its parcels bold, the parent's outline dashed where given, the rest as surroundings."""

    model: DrawingModel
    parcels: tuple[DrawnParcel, ...]
    parent: BaseGeometry | None = None
    others: tuple[DrawnParcel, ...] = ()


def fit_views(parcels: Iterable[DrawnParcel], width_mm: float, height_mm: float) -> Frame:
    """Return the frame in which every view of one drawing is drawn: same scale, same centre."""
    return fit_frame([p.geometry for p in parcels], width_mm, height_mm, LABEL_MARGIN_MM)


def drawn_sides(parcel: DrawnParcel) -> tuple[BoundarySide, ...]:
    """Return the parcel's sides, or each straight run of its rings where the record holds none (holes included)."""
    stated = parcel.sides
    polygons = [g for g in getattr(parcel.geometry, "geoms", [parcel.geometry]) if isinstance(g, Polygon)]
    rings = [ring for p in polygons for ring in (p.interiors if stated else (p.exterior, *p.interiors))]
    found = []
    for ring in rings:
        coords = list(ring.coords)
        for start, end in zip(coords[:-1], coords[1:], strict=True):
            found.append(BoundarySide("N", start[:2], end[:2], math.dist(start[:2], end[:2])))
    return (*stated, *found)


def draw(view: View, frame: Frame) -> Drawing:
    """Return a view of parcels, drawn to scale.

    Parameters
    ----------
    view : View
        What to show. All geometry in metres in one projected CRS.
    frame : Frame
        Paper, scale and centre, from ``fit_views``.
    """
    window = frame.ground()
    sides = [(parcel, side) for parcel in view.parcels for side in drawn_sides(parcel)]
    placer = Placer(box(0.4, 0.4, frame.width_mm - 0.4, frame.height_mm - 0.4))
    placer.block(box(0, 0, FURNITURE_MM, FURNITURE_MM + 4))
    bar = scale_bar(frame)
    placer.block(box(0, frame.height_mm - 10.5, bar.length_mm + 11, frame.height_mm))
    placer.lines = [shapely.transform(side_line(side, 0.01), _to_mm(frame)) for _, side in sides]
    _label_parcels(placer, view.parcels, frame)
    _label_corners(placer, view.parcels, frame)
    unlabelled = _label_sides(placer, sides, frame)
    _label_streets(placer, view.model.streets, frame, window)
    _label_neighbours(placer, (*view.model.neighbours, *view.others), frame, window)
    numbered = {line.text for label in placer.labels if label.kind == "parcel" for line in label.lines[:1]}
    return Drawing(
        svg=_svg(view, frame, window, sides, placer.labels, bar),
        labels=(*placer.labels, *_furniture_labels(frame, bar)),
        frame=frame,
        unlabelled_sides=tuple(unlabelled),
        crowded_parcels=tuple(p.number for p in view.parcels if clean_text(p.number) not in numbered),
    )


def _to_mm(frame: Frame) -> Callable[[object], object]:
    per_m = 1000.0 / frame.scale

    def transform(coords: object) -> object:
        moved = (coords - frame.centre) * per_m  # type: ignore[operator]
        moved[:, 1] *= -1
        return moved + (frame.width_mm / 2, frame.height_mm / 2)

    return transform


# Labels -------------------------------------------------------------------------------------------------------------


def _label_parcels(placer: Placer, parcels: Sequence[DrawnParcel], frame: Frame) -> None:
    for parcel in sorted(parcels, key=lambda p: -p.geometry.area):
        inside = shapely.transform(parcel.geometry, _to_mm(frame))
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


def _label_corners(placer: Placer, parcels: Sequence[DrawnParcel], frame: Frame) -> None:
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


def _side_key(side: BoundarySide) -> tuple[object, ...]:
    ends = sorted([tuple(round(v * 1000) for v in side.start), tuple(round(v * 1000) for v in side.end)])
    return (*ends, round(side.length_m * 100))


def _label_sides(placer: Placer, sides: Sequence[tuple[DrawnParcel, BoundarySide]], frame: Frame) -> list[BoundarySide]:
    """Write each side's length outside its middle, shared sides once; return the sides that found no room."""
    left_out, seen = [], set()
    for parcel, side in sorted(sides, key=lambda item: -item[1].length_m):
        key = _side_key(side)
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


def _label_streets(placer: Placer, streets: Sequence[DrawnStreet], frame: Frame, window: Polygon) -> None:
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
                lines += [LineString(pair) for pair in zip(ends[:-1], ends[1:], strict=True)]
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


def _label_neighbours(placer: Placer, parcels: Sequence[DrawnParcel], frame: Frame, window: Polygon) -> None:
    for parcel in parcels:
        seen = parcel.geometry.intersection(window)
        if seen.area <= 0:
            continue
        inside = shapely.transform(seen, _to_mm(frame))
        low_x, low_y, high_x, high_y = inside.bounds
        if min(high_x - low_x, high_y - low_y) < MIN_NEIGHBOUR_MM:
            continue
        placer.place((Line(_cut(parcel.number, 18), "ar", True, 7.0),), _inner_spots(inside), "neighbour", inside)


# Lines --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ScaleBar:
    """A scale bar: four equal steps of ``step_m`` metres each."""

    step_m: float
    length_mm: float


def scale_bar(frame: Frame) -> ScaleBar:
    """Return a bar of four round steps, 24 to 60 mm long."""
    for power in range(-1, 6):
        for step in (1, 2, 5):
            step_m = step * 10.0**power
            if frame.length_mm(4 * step_m) >= 24:
                return ScaleBar(step_m, frame.length_mm(4 * step_m))
    raise ValueError("no scale bar for this scale")


def _furniture_labels(frame: Frame, bar: ScaleBar) -> tuple[Label, ...]:
    top = frame.height_mm - 7.6
    labels = [Label(7.5, 15.6, 9.0, 2.6, 0.0, "north", (Line("شمال N", "ar", False, 5.5, True),))]
    for k in (0, 2, 4):
        text = f"{bar.step_m * k:g}" + (" م m" if k == 4 else "")
        x = 4.0 + bar.length_mm * k / 4
        labels.append(Label(x, top, 11.0, 2.6, 0.0, "tick", (Line(text, "ar", k != 4, 5.0),)))
    return tuple(labels)


def _scale_bar_svg(frame: Frame, bar: ScaleBar) -> str:
    y, step = frame.height_mm - 5.4, bar.length_mm / 4
    boxes = [
        f'<rect {STYLES["on" if k % 2 == 0 else "off"]} x="{4 + k * step:.4f}" y="{y:.4f}" width="{step:.4f}" height="1.4"/>'
        for k in range(4)
    ]
    return "".join(boxes)


def _north_svg() -> str:
    """Grid north: every drawing has it up, so the arrow needs no turn."""
    return _path("on", "M7.5 3L4.6 13L7.5 11Z") + _path("off", "M7.5 3L10.4 13L7.5 11Z")


def _is_on(side: BoundarySide, outline: BaseGeometry) -> bool:
    return bool(outline.dwithin(Point(side.start), SAME_LINE_M)) and bool(
        outline.buffer(SAME_LINE_M).covers(side_line(side, 0.0005))
    )


def _svg(
    view: View,
    frame: Frame,
    window: Polygon,
    sides: Sequence[tuple[DrawnParcel, BoundarySide]],
    labels: Sequence[Label],
    bar: ScaleBar,
) -> Markup:
    out = [
        f'<svg class="drawing" width="{frame.width_mm:g}mm" height="{frame.height_mm:g}mm" '
        f'viewBox="0 0 {frame.width_mm:g} {frame.height_mm:g}">'
    ]
    for street in view.model.streets:
        if street.right_of_way is not None:
            out.append(_path("street", area_path(street.right_of_way.intersection(window), frame)))
        if street.centreline is not None:
            out.append(_path("centreline", line_path(street.centreline.intersection(window), frame)))
    for parcel in (*view.model.neighbours, *view.others):
        seen = parcel.geometry.intersection(window)
        out.append(_path("other-fill", area_path(seen, frame)))
        out.append(_path("other", line_path(parcel.geometry.boundary.intersection(window), frame)))
    for parcel in view.parcels:
        out.append(_path("subject", area_path(parcel.geometry, frame)))
    out += _side_paths(view, frame, sides)
    corners = {(c.x, c.y) for parcel in view.parcels for c in parcel.corners}
    for x, y in sorted(corners):
        px, py = frame.mm((x, y))
        out.append(f'<circle {STYLES["corner"]} cx="{px:.4f}" cy="{py:.4f}" r="0.55"/>')
    for label in labels:
        if label.leader is not None:
            (x0, y0), (x1, y1) = label.leader
            out.append(_path("leader", f"M{x0:.4f} {y0:.4f}L{x1:.4f} {y1:.4f}"))
    out += [_north_svg(), _scale_bar_svg(frame, bar), "</svg>"]
    return Markup("".join(out))  # noqa: S704  (numbers and constants only: no text of the data reaches the SVG)


def _side_paths(view: View, frame: Frame, sides: Sequence[tuple[DrawnParcel, BoundarySide]]) -> list[str]:
    """Return each side once: dashed where it is the parent's outline, bold where it is a new boundary."""
    outline = view.parent.boundary if view.parent is not None else None
    paths, seen = [], set()
    for _, side in sides:
        key = _side_key(side)
        if key not in seen:
            seen.add(key)
            kind = "side" if outline is None else "parent" if _is_on(side, outline) else "new"
            paths.append(_path(kind, side_path(side, frame)))
    return paths


def _path(kind: str, data: str) -> str:
    return f'<path {STYLES[kind]} d="{data}"/>' if data else ""
