"""The drawing: a view of parcels at true scale, as SVG lines in millimetres and labels to lay over them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import shapely
from markupsafe import Markup
from shapely.geometry import Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from land_services.documents.drawing_labels import (
    label_corners,
    label_marks,
    label_neighbours,
    label_parcels,
    label_sides,
    label_streets,
    side_key,
    to_mm,
)
from land_services.documents.figures import clean_text
from land_services.documents.frame import Frame, area_path, fit_frame, line_path, side_line, side_path
from land_services.documents.labels import Label, Line, Placer
from land_services.documents.model import DrawingModel, DrawnParcel
from land_services.domain import BoundarySide

XY = tuple[float, float]

LABEL_MARGIN_MM: Final = 11.0
SAME_LINE_M: Final = 0.002
"""A side nearer than this to the parent's outline is part of it: two roundings of the grid."""
FURNITURE_MM: Final = 15.0

STYLES: Final = {
    "street": 'fill="#eef0ec" fill-rule="evenodd"',
    "centreline": 'fill="none" stroke="#aab6b0" stroke-width="0.15" stroke-dasharray="3 1 0.6 1"',
    "other-fill": 'fill="#ffffff" fill-rule="evenodd"',
    "other": 'fill="none" stroke="#8c9a94" stroke-width="0.18"',
    "subject": 'fill="#e4f0ec" fill-rule="evenodd"',
    "excluded": 'fill="#f3d9c9" fill-rule="evenodd" stroke="#a0451b" stroke-width="0.2" stroke-dasharray="1.2 0.8"',
    "room": 'fill="#d5dbe8" fill-rule="evenodd" stroke="#33415c" stroke-width="0.3"',
    "corner_cut": 'fill="#f0e7c4" fill-rule="evenodd" stroke="#7a6410" stroke-width="0.25" stroke-dasharray="0.6 0.6"',
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
        for start, end in itertools.pairwise(coords):
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
    placer.lines = [shapely.transform(side_line(side, 0.01), to_mm(frame)) for _, side in sides]
    label_marks(placer, view.model.marks, frame)
    label_parcels(placer, view.parcels, frame)
    label_corners(placer, view.parcels, frame)
    unlabelled = label_sides(placer, sides, frame)
    label_streets(placer, view.model.streets, frame, window)
    label_neighbours(placer, (*view.model.neighbours, *view.others), frame, window)
    numbered = {line.text for label in placer.labels if label.kind == "parcel" for line in label.lines[:1]}
    return Drawing(
        svg=_svg(view, frame, window, sides, placer.labels, bar),
        labels=(*placer.labels, *_furniture_labels(frame, bar)),
        frame=frame,
        unlabelled_sides=tuple(unlabelled),
        crowded_parcels=tuple(p.number for p in view.parcels if clean_text(p.number) not in numbered),
    )


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
        labels.append(Label(x, top, 9.0 if k == 4 else 7.0, 2.6, 0.0, "tick", (Line(text, "ar", k != 4, 5.0),)))
    return tuple(labels)


def _scale_bar_svg(frame: Frame, bar: ScaleBar) -> str:
    y, step = frame.height_mm - 5.4, bar.length_mm / 4
    boxes = [
        f'<rect {STYLES["off" if k % 2 else "on"]} x="{4 + k * step:.4f}" y="{y:.4f}" width="{step:.4f}" height="1.4"/>'
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
    for mark in view.model.marks:
        out.append(_path(mark.kind, area_path(mark.geometry, frame)))
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
        key = side_key(side)
        if key not in seen:
            seen.add(key)
            kind = "side" if outline is None else "parent" if _is_on(side, outline) else "new"
            paths.append(_path(kind, side_path(side, frame)))
    return paths


def _path(kind: str, data: str) -> str:
    return f'<path {STYLES[kind]} d="{data}"/>' if data else ""


def legend_svg(kind: str) -> Markup:
    """Return a sample of a line style, 14 mm wide, as it prints in the drawing."""
    if kind == "corner":
        body = f'<circle {STYLES["corner"]} cx="7" cy="2" r="0.55"/>'
    elif kind in ("street", "excluded", "room", "corner_cut"):
        body = _path(kind, "M1 0.6H13V3.4H1Z")
    else:
        body = _path(kind, "M1 2H13")
    return Markup(f'<svg width="14mm" height="4mm" viewBox="0 0 14 4">{body}</svg>')  # noqa: S704  (constants only)
