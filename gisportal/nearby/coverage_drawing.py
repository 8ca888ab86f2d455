"""The districts in their classes as a drawing made on the server: it needs no script and prints sharp.

Numbers beside colours and patterns: none of it hangs on colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gisportal.nearby.coverage_rows import Row
from layers.locator.coverage import Coverage

__all__ = ["Drawing", "Shape", "drawing", "label_point"]

WIDTH: Final = 1000
"""Units across: the drawing is scaled to its page, patterns with it."""
_MARGIN: Final = 12
_LEAST_LABELLED: Final = 90
_MOST_HIGH: Final = 1200


@dataclass(frozen=True)
class Shape:
    """A district: its path, its class, and where its number stands; no number where it would not fit."""

    path: str
    code: str
    name: str
    text: str
    x: int | None
    y: int | None


@dataclass(frozen=True)
class Drawing:
    width: int
    height: int
    shapes: tuple[Shape, ...]
    mark: tuple[int, int] | None
    km: float
    """A kilometre, in units of the drawing."""


def drawing(told: Coverage, rows: Mapping[str, Row], xy: tuple[float, float] | None = None) -> Drawing | None:
    """Return the drawing of districts by ``uid``; None where there is none with an outline.

    Parameters
    ----------
    xy : tuple of float, optional
        Where a place more would stand, storage CRS: it is marked if it lies on the drawing.
    """
    outlines = [
        (rows[str(district.uid)], outline)
        for district, outline in zip(told.districts, told.outlines, strict=False)
        if district.uid and not outline.is_empty
    ]
    if not outlines:
        return None
    x0, y0, x1, y1 = shapely.total_bounds([outline for _row, outline in outlines])
    scale = min((WIDTH - 2 * _MARGIN) / max(x1 - x0, 1.0), (_MOST_HIGH - 2 * _MARGIN) / max(y1 - y0, 1.0))
    width, height = (round(side * scale) + 2 * _MARGIN for side in (x1 - x0, y1 - y0))

    def units(at: Any) -> Any:
        return np.column_stack([_MARGIN + (at[:, 0] - x0) * scale, _MARGIN + (y1 - at[:, 1]) * scale])

    mark = None
    if xy is not None and x0 <= xy[0] <= x1 and y0 <= xy[1] <= y1:
        ((x, y),) = np.rint(units(np.array([xy]))).astype(int).tolist()
        mark = (x, y)
    shapes = tuple(_shape(row, shapely.transform(outline, units)) for row, outline in outlines)
    return Drawing(width, height, shapes, mark, round(1000 * scale, 2))


def _shape(row: Row, outline: BaseGeometry) -> Shape:
    simple = shapely.simplify(outline, 0.5)
    path = "".join(_path(shapely.get_coordinates(ring)) for ring in shapely.get_rings(shapely.get_parts(simple)))
    x0, y0, x1, y1 = outline.bounds
    point = label_point(outline) if min(x1 - x0, y1 - y0) >= _LEAST_LABELLED else None
    x, y = (None, None) if point is None else (round(point.x), round(point.y))
    return Shape(path, row.code, row.name, (row.after or row.chosen).text, x, y)


def label_point(outline: BaseGeometry) -> Any:
    """Return where the number of a district stands: the middle of the largest circle within it."""
    if outline.area <= 0:
        return shapely.point_on_surface(outline)
    return shapely.get_point(shapely.maximum_inscribed_circle([outline])[0], 0)


def _path(at: Any) -> str:
    x, y = np.rint(at).astype(int).T
    return f"M{x[0]} {y[0]}" + "".join(f"L{a} {b}" for a, b in zip(x[1:-1], y[1:-1], strict=True)) + "z"
