"""Where labels go: greedy placement without collisions, in millimetres of paper.

SVG carries lines only (Arabic text inside SVG comes out unjoined and reversed), so a label is an HTML box laid over the
drawing. The placer knows every box already placed and every line that should stay readable; it takes the cheapest free
candidate, and says so when there is none: the caller then puts the value in a table.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.strtree import STRtree

XY = tuple[float, float]
Geometries = NDArray[Any]

MM_PER_PT: Final = 25.4 / 72
LINE_COST_PER_MM: Final = 3.0


@dataclass(frozen=True)
class Line:
    """One line of a label: its text, language, and whether it is a figure or identifier that reads left to right."""

    text: str
    lang: str = "ar"
    is_figure: bool = False
    size_pt: float = 6.5
    is_bold: bool = False


@dataclass(frozen=True)
class Label:
    """A placed label: centre, box and clockwise turn on paper, and the leader to what it names."""

    x: float
    y: float
    width: float
    height: float
    angle: float
    kind: str
    lines: tuple[Line, ...]
    leader: tuple[XY, XY] | None = None

    def outline(self) -> Polygon:
        """Return the box on paper in mm."""
        outline: Polygon = _outlines([Spot(self.x, self.y, self.angle)], self.width, self.height)[0]
        return outline


@dataclass(frozen=True)
class Spot:
    """A candidate place: centre and turn on paper, what it costs, and the point a leader would start from."""

    x: float
    y: float
    angle: float = 0.0
    cost: float = 0.0
    leader_from: XY | None = None


def text_width_mm(line: Line) -> float:
    """Return a generous estimate of the printed width: boxes must never be narrower than their text."""
    em = line.size_pt * MM_PER_PT
    width = 0.0
    for letter in line.text:
        if letter in " .,:/|'،٫":
            width += 0.33
        elif letter.isdigit():
            width += 0.62
        elif letter >= "\u0600":
            width += 0.62
        else:
            width += 0.72 if letter.isupper() or letter in "mwMW" else 0.58
    return width * em * (1.06 if line.is_bold else 1.0)


def box_size_mm(lines: Iterable[Line]) -> XY:
    """Return width and height of the box that holds the lines under each other, in mm."""
    rows = list(lines)
    return max(map(text_width_mm, rows)) + 0.8, sum(line.size_pt * MM_PER_PT * 1.3 for line in rows) + 0.2


def readable_angle(dx: float, dy: float) -> float:
    """Return the turn in degrees, clockwise on paper, of text along a direction given in paper mm (y down).

    Text reads from below or from the right: the result lies in [-90, 90).
    """
    angle = math.degrees(math.atan2(dy, dx))
    while angle >= 90:
        angle -= 180
    while angle < -90:
        angle += 180
    return angle


@dataclass
class Placer:
    """Places labels in a frame; ``labels`` holds what was placed, in order."""

    paper: Polygon
    lines: list[BaseGeometry] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    _taken: list[Polygon] = field(default_factory=list)
    _tree: STRtree | None = None

    def block(self, area: Polygon) -> None:
        """Keep an area free of labels (the north arrow, the scale bar, the inset)."""
        self._taken.append(area)

    def place(
        self, lines: tuple[Line, ...], spots: Iterable[Spot], kind: str, inside: BaseGeometry | None = None
    ) -> bool:
        """Place a label at the cheapest free spot; return False where every spot is taken or off the paper.

        Parameters
        ----------
        lines : tuple of Line
            What to print, one under the other.
        spots : iterable of Spot
            Candidates; of two that cost the same the first is taken.
        kind : str
            Class of the label in the style sheet.
        inside : shapely geometry, optional
            Where the whole box must lie, in paper mm.
        """
        width, height = box_size_mm(lines)
        tried = list(spots)
        outlines = _outlines(tried, width, height)
        free = shapely.contains_properly(self.paper, outlines)
        if inside is not None:
            shapely.prepare(inside)
            free &= shapely.contains(inside, outlines)
        if free.any():
            free[STRtree(self._taken).query(outlines, predicate="intersects")[0]] = False
        places = np.flatnonzero(free)
        if not len(places):
            return False
        costs = np.array([tried[i].cost for i in places]) + self._crossed_mm(outlines[places]) * LINE_COST_PER_MM
        best = places[int(np.argmin(costs))]
        spot, outline = tried[best], outlines[best]
        leader = self._leader(spot, outline)
        self.labels.append(Label(spot.x, spot.y, width, height, spot.angle, kind, lines, leader))
        self._taken.append(outline)
        return True

    def _crossed_mm(self, outlines: Geometries) -> NDArray[np.float64]:
        """Return how much of the lines each box would cover."""
        if self._tree is None:
            self._tree = STRtree(self.lines)
        boxes, hits = self._tree.query(outlines, predicate="intersects")
        covered = shapely.length(shapely.intersection(outlines[boxes], self._tree.geometries[hits]))
        total: NDArray[np.float64] = np.bincount(boxes, weights=covered, minlength=len(outlines)).astype(np.float64)
        return total

    @staticmethod
    def _leader(spot: Spot, outline: Polygon) -> tuple[XY, XY] | None:
        if spot.leader_from is None:
            return None
        line = LineString([spot.leader_from, (spot.x, spot.y)]).difference(outline)
        if line.is_empty or line.length < 0.8 or not isinstance(line, LineString):
            return None
        (x0, y0), (x1, y1) = line.coords[0], line.coords[-1]
        return (x0, y0), (x1, y1)


def _outlines(spots: Sequence[Spot], width: float, height: float) -> Geometries:
    """Return the box of each spot, turned, as an array of polygons."""
    turn = np.radians([spot.angle for spot in spots])
    cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
    dx = np.array([-1, 1, 1, -1, -1]) * width / 2
    dy = np.array([-1, -1, 1, 1, -1]) * height / 2
    x = np.array([spot.x for spot in spots])[:, None] + dx * cos - dy * sin
    y = np.array([spot.y for spot in spots])[:, None] + dx * sin + dy * cos
    return np.asarray(shapely.polygons(np.stack([x, y], axis=-1)))
