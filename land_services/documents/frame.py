"""Paper and ground: a frame in millimetres at an exact scale, and the geometry of a side on it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from shapely.geometry import LineString, Polygon, box
from shapely.geometry.base import BaseGeometry

from land_services.domain import Arc, BoundarySide

XY = tuple[float, float]

SCALES: Final = (
    *(100, 125, 200, 250, 300, 400, 500, 750),
    *(1000, 1250, 2000, 2500, 3000, 4000, 5000, 7500),
    *(10000, 12500, 20000, 25000, 30000, 40000, 50000, 75000, 100000),
)
"""Every scale of the two usual triangular scale rules, times powers of ten: the paper can be measured with a rule."""

PAPER_SAGITTA_MM: Final = 0.02
"""How far a chord of the label geometry may stray from its arc on paper; drawn arcs are true."""


@dataclass(frozen=True)
class Frame:
    """A rectangle of paper, in mm, that shows the ground around a centre at 1 : ``scale``."""

    width_mm: float
    height_mm: float
    scale: int
    centre: XY

    def mm(self, point: Sequence[float]) -> XY:
        """Return a ground point (m) in mm from the frame's top left corner, y down."""
        per_m = 1000.0 / self.scale
        x_mm = (point[0] - self.centre[0]) * per_m + self.width_mm / 2
        y_mm = self.height_mm / 2 - (point[1] - self.centre[1]) * per_m
        return x_mm, y_mm

    def length_mm(self, length_m: float) -> float:
        """Return a ground length as it measures on the paper."""
        return length_m * 1000.0 / self.scale

    def ground(self) -> Polygon:
        """Return the rectangle of ground that the frame shows."""
        half_w = self.width_mm * self.scale / 2000.0
        half_h = self.height_mm * self.scale / 2000.0
        x, y = self.centre
        return box(x - half_w, y - half_h, x + half_w, y + half_h)

    def paper(self) -> Polygon:
        """Return the frame itself in mm."""
        return box(0.0, 0.0, self.width_mm, self.height_mm)


def fit_frame(
    geometries: Iterable[BaseGeometry],
    width_mm: float,
    height_mm: float,
    margin_mm: float,
    scales: Sequence[int] = SCALES,
) -> Frame:
    """Return the frame at the largest standard scale that shows all geometries with a margin for labels.

    Parameters
    ----------
    geometries : iterable of shapely geometry
        What must be seen whole, in metres; empty ones are passed over.
    width_mm, height_mm, margin_mm : float
        Size of the frame, and the paper to leave free on each side.
    scales : sequence of int
        Denominators to choose from, ascending.

    Raises
    ------
    ValueError
        If nothing is to be shown, or it is larger than the last scale can hold.
    """
    bounds = [g.bounds for g in geometries if not g.is_empty]
    if not bounds:
        raise ValueError("a drawing needs at least one geometry")
    x0, y0 = min(b[0] for b in bounds), min(b[1] for b in bounds)
    x1, y1 = max(b[2] for b in bounds), max(b[3] for b in bounds)
    room_w, room_h = width_mm - 2 * margin_mm, height_mm - 2 * margin_mm
    for scale in scales:
        if (x1 - x0) * 1000 / scale <= room_w and (y1 - y0) * 1000 / scale <= room_h:
            return Frame(width_mm, height_mm, scale, ((x0 + x1) / 2, (y0 + y1) / 2))
    raise ValueError(f"{x1 - x0:.0f} m x {y1 - y0:.0f} m does not fit on the sheet at 1:{scales[-1]}")


def arc_turn(arc: Arc, start: XY) -> float:
    """Return the signed angle from start to end in radians, positive counter-clockwise."""
    angle = arc.length_m / arc.radius_m
    return angle if arc.sense == "ccw" else -angle


def side_line(side: BoundarySide, sagitta_m: float) -> LineString:
    """Return a side as a line in metres, an arc as chords that stray at most ``sagitta_m`` from it."""
    arc = side.arc
    if arc is None:
        return LineString([side.start, side.end])
    turn = arc_turn(arc, side.start)
    step = 2 * math.acos(max(1 - sagitta_m / arc.radius_m, 0.0)) or abs(turn)
    count = max(2, min(512, math.ceil(abs(turn) / step)))
    first = math.atan2(side.start[1] - arc.centre[1], side.start[0] - arc.centre[0])
    inner = [
        (
            arc.centre[0] + arc.radius_m * math.cos(first + turn * i / count),
            arc.centre[1] + arc.radius_m * math.sin(first + turn * i / count),
        )
        for i in range(1, count)
    ]
    return LineString([side.start, *inner, side.end])


def side_path(side: BoundarySide, frame: Frame) -> str:
    """Return the side as an SVG path: a line, or a true circular arc."""
    (x0, y0), (x1, y1) = frame.mm(side.start), frame.mm(side.end)
    if side.arc is None:
        return f"M{x0:.4f} {y0:.4f}L{x1:.4f} {y1:.4f}"
    radius = frame.length_mm(side.arc.radius_m)
    large = int(side.arc.length_m > math.pi * side.arc.radius_m)
    sweep = int(side.arc.sense == "cw")  # y points down on paper, so clockwise on the ground stays clockwise
    return f"M{x0:.4f} {y0:.4f}A{radius:.4f} {radius:.4f} 0 {large} {sweep} {x1:.4f} {y1:.4f}"


def ring_path(coordinates: Iterable[Sequence[float]], frame: Frame) -> str:
    """Return a closed ring as an SVG path."""
    points = [frame.mm(p) for p in coordinates][:-1]
    return "M" + "L".join(f"{x:.4f} {y:.4f}" for x, y in points) + "Z" if len(points) > 2 else ""


def area_path(geometry: BaseGeometry, frame: Frame) -> str:
    """Return the rings of all polygons in a geometry as one SVG path (even-odd); "" where it has none."""
    rings = []
    for part in getattr(geometry, "geoms", [geometry]):
        if isinstance(part, Polygon) and not part.is_empty:
            rings += [ring_path(ring.coords, frame) for ring in (part.exterior, *part.interiors)]
    return "".join(rings)


def line_path(geometry: BaseGeometry, frame: Frame) -> str:
    """Return all lines of a geometry as one SVG path; "" where it has none."""
    paths = []
    for part in getattr(geometry, "geoms", [geometry]):
        if isinstance(part, LineString) and len(part.coords) > 1:
            paths.append("M" + "L".join("{:.4f} {:.4f}".format(*frame.mm(p)) for p in part.coords))
    return "".join(paths)
