"""Where labels go: greedy placement without collisions, in millimetres of paper.

SVG carries lines only (Arabic text inside SVG comes out unjoined and reversed), so a label is an HTML box laid over the
drawing. The placer knows every box already placed and every line that should stay readable; it takes the cheapest free
candidate, and says so when there is none: the caller then puts the value in a table.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from shapely import affinity
from shapely.geometry import LineString, Polygon, box
from shapely.geometry.base import BaseGeometry
from shapely.strtree import STRtree

XY = tuple[float, float]

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
        flat = box(self.x - self.width / 2, self.y - self.height / 2, self.x + self.width / 2, self.y + self.height / 2)
        return affinity.rotate(flat, self.angle, origin=(self.x, self.y))


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
            Candidates in order of preference.
        kind : str
            Class of the label in the style sheet.
        inside : shapely geometry, optional
            Where the whole box must lie, in paper mm.
        """
        width, height = box_size_mm(lines)
        best: tuple[float, Label] | None = None
        for spot in spots:
            if best is not None and spot.cost >= best[0]:
                continue
            label = Label(spot.x, spot.y, width, height, spot.angle, kind, lines)
            outline = label.outline()
            if not self.paper.contains(outline) or (inside is not None and not inside.contains(outline)):
                continue
            if any(outline.intersects(other) for other in self._taken):
                continue
            cost = spot.cost + self._crossed_mm(outline) * LINE_COST_PER_MM
            if best is None or cost < best[0]:
                leader = self._leader(spot, outline)
                best = (cost, Label(spot.x, spot.y, width, height, spot.angle, kind, lines, leader))
        if best is None:
            return False
        self.labels.append(best[1])
        self._taken.append(best[1].outline())
        return True

    def _crossed_mm(self, outline: Polygon) -> float:
        if self._tree is None:
            self._tree = STRtree(self.lines)
        hits = self._tree.query(outline, predicate="intersects")
        return float(sum(self.lines[i].intersection(outline).length for i in hits))

    @staticmethod
    def _leader(spot: Spot, outline: Polygon) -> tuple[XY, XY] | None:
        if spot.leader_from is None:
            return None
        line = LineString([spot.leader_from, (spot.x, spot.y)]).difference(outline)
        if line.is_empty or line.length < 0.8 or not isinstance(line, LineString):
            return None
        (x0, y0), (x1, y1) = line.coords[0], line.coords[-1]
        return (x0, y0), (x1, y1)
