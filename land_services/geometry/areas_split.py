"""Split a parcel into equal parts or by a list of areas, with cuts parallel to a side."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, MultiPolygon, Polygon

from land_services.domain import Side
from land_services.precision import GRID_M, GRID_PER_M

from .errors import AreasDoNotFit, NoSuchArea, NoSuchSide, NotBalanced, NothingToDo, OpensFault, PartInPieces
from .lattice import edges_of, to_mm
from .measure import area_mm2_twice
from .noding import snap_round
from .sides import sides
from .snap import require_outline
from .split import SplitResult, faces_inside, finish_split, near_neighbours, points_on_outline

__all__ = ["split_by_areas", "split_equal"]

Land = Polygon | MultiPolygon
Floats: TypeAlias = NDArray[np.float64]

AREA_TOLERANCE = 0.005
"""By which share of the parcel the target areas may miss it; the last part takes the difference."""

SHIFTS_M = (0.0, GRID_M, -GRID_M, 2 * GRID_M, -2 * GRID_M)
"""By how much cuts are moved where the grid cannot hold them as they are."""

ROUNDS = 5
"""How often cuts are moved by what rounding to the grid did to the areas."""


def split_equal(parent: Polygon, n: int, side_index: int, neighbours: Sequence[Land] = ()) -> SplitResult:
    """Return ``n`` parts of equal area, cut parallel to a side.

    Parameters
    ----------
    parent : Polygon
        Metres on the grid, holes allowed.
    n : int
        At least 2.
    side_index : int
        Index in ``sides(parent)``; the first part lies at that side.
    neighbours : sequence of Polygon or MultiPolygon
        As :func:`split.split_by_lines`.

    Returns
    -------
    SplitResult
        Parts in order from that side. Each area is exact to what one step of the grid makes along its cut.

    Raises
    ------
    NothingToDo
        Where n is less than 2.
    GeometryError
        As :func:`split_by_areas`.

    Examples
    --------
    >>> [part.area for part in split_equal(shapely.box(0, 0, 20, 30), 3, 0).parts]
    [200.0, 200.0, 200.0]
    >>> split_equal(Polygon(), 2, 0)
    Traceback (most recent call last):
    land_services.geometry.errors.InvalidOutline: the outline is empty
    """
    require_outline(parent)
    if n < 2:
        raise NothingToDo("a split needs at least two parts", parent)
    each = area_mm2_twice(parent) / 2e6 / n
    return split_by_areas(parent, [each] * n, side_index, neighbours)


def split_by_areas(
    parent: Polygon,
    target_areas_m2: Sequence[Decimal | float | None],
    side_index: int,
    neighbours: Sequence[Land] = (),
) -> SplitResult:
    """Return parts of given areas, cut parallel to a side.

    Parameters
    ----------
    parent : Polygon
        Metres on the grid, concave or with holes too.
    target_areas_m2 : sequence of Decimal or float
        Areas in m2, the first at the side, at least two. The last may be None, and takes the rest in any case;
        given as a number it must be the rest within ``AREA_TOLERANCE`` of the parcel.
    side_index : int
        Index in ``sides(parent)``; an arc counts by its chord.
    neighbours : sequence of Polygon or MultiPolygon
        As :func:`split.split_by_lines`.

    Returns
    -------
    SplitResult
        Parts in the order of the targets. Areas miss their targets by no more than shifting the cut by one step of
        the grid does; what was achieved is ``measure.exact_area_m2`` of each.

    Raises
    ------
    NothingToDo, NoSuchSide, NoSuchArea, AreasDoNotFit
        The request does not fit the parcel.
    PartInPieces
        A part would fall into several pieces because the parcel is concave or has a hole; ``where`` holds them.
    GeometryError
        As :func:`split.split_by_lines`.

    Examples
    --------
    >>> lot = shapely.box(0, 0, 20, 30)
    >>> [part.area for part in split_by_areas(lot, [Decimal(150), 250.0, None], 0).parts]
    [150.0, 250.0, 200.0]
    >>> split_by_areas(lot, [], 0)
    Traceback (most recent call last):
    land_services.geometry.errors.NothingToDo: a split needs at least two parts
    """
    require_outline(parent)
    side = _side(parent, side_index)
    targets = _targets(parent, target_areas_m2)
    profile = _Profile(parent, side)
    near = near_neighbours(parent, neighbours)
    extra = points_on_outline(parent, [neighbours[index] for index in near])
    refused: NotBalanced | OpensFault | None = None
    for shift_m in SHIFTS_M:
        parts = _best_parts(parent, profile, np.cumsum(targets), extra, shift_m)
        try:
            return finish_split(parent, parts, neighbours, near)
        except (NotBalanced, OpensFault) as error:
            refused = refused or error
    raise refused or NoSuchArea("no cut was found", parent)


def _best_parts(
    parent: Polygon, profile: _Profile, goals: Floats, extra: NDArray[np.int64], shift_m: float
) -> list[Polygon]:
    """Return parts whose running sums of area come nearest to the goals; ``shift_m`` moves all cuts inward."""
    aims, best, least = goals.copy(), list[Polygon](), np.inf
    for _ in range(ROUNDS):
        parts = _cut(parent, profile, profile.depths(aims) + shift_m, extra)
        reached = np.cumsum([area_mm2_twice(part) / 2e6 for part in parts])[:-1]
        miss = float(np.abs(np.diff(reached - goals, prepend=0.0)).max())
        if miss < least:
            best, least = parts, miss
        if miss < 5e-7 or shift_m:
            break
        aims = aims - (reached - goals)
    return best


def _side(parent: Polygon, side_index: int) -> Side:
    """Return the side to cut parallel to."""
    found = sides(parent)
    if not 0 <= side_index < len(found):
        raise NoSuchSide(f"there is no side {side_index}", parent)
    return found[side_index]


def _targets(parent: Polygon, wanted: Sequence[Decimal | float | None]) -> Floats:
    """Return all areas but the last, in m2, after checking them against the parcel."""
    if len(wanted) < 2:
        raise NothingToDo("a split needs at least two parts", parent)
    areas = [float(area) for area in wanted if area is not None]
    if any(area is None for area in wanted[:-1]) or not all(np.isfinite(area) and area > 0 for area in areas):
        raise NoSuchArea("areas must be positive; only the last may be left open", parent)
    whole = area_mm2_twice(parent) / 2e6
    if wanted[-1] is not None and abs(sum(areas) - whole) > AREA_TOLERANCE * whole:
        raise AreasDoNotFit(f"the areas sum to {sum(areas):.2f} m2, the parcel has {whole:.2f} m2", parent)
    first = areas if wanted[-1] is None else areas[:-1]
    if sum(first) >= whole:
        raise AreasDoNotFit(f"nothing of {whole:.2f} m2 is left for the last part", parent)
    return np.array(first)


class _Profile:
    """How much of a parcel lies within a depth of a side.

    The area within a depth is piecewise quadratic between the depths of the vertices, so a depth is found by
    solving one quadratic, not by trying.
    """

    def __init__(self, parent: Polygon, side: Side) -> None:
        (ax, ay), (bx, by) = side.line.coords[0], side.line.coords[-1]
        if (ax, ay) == (bx, by):
            bx, by = side.line.coords[1]
        self.origin = np.array([ax, ay])
        self.along = np.array([bx - ax, by - ay]) / np.hypot(bx - ax, by - ay)
        self.inward = np.array([self.along[1], -self.along[0]])  # sides run clockwise: the parcel lies to the right
        starts, ends = (points / GRID_PER_M - self.origin for points in edges_of(parent))
        self.low, self.high = starts @ self.inward, ends @ self.inward
        self.first, self.last = starts @ self.along, ends @ self.along
        self.levels = np.unique(self.low)
        self.widths = [self._widths(a, b) for a, b in zip(self.levels, self.levels[1:], strict=False)]
        slabs = [(b - a) * sum(w) / 2 for a, b, w in zip(self.levels, self.levels[1:], self.widths, strict=False)]
        self.areas = np.concatenate([[0.0], np.cumsum(slabs)])

    def _widths(self, low: float, high: float) -> tuple[float, float]:
        """Return the length of the cross-section just inside both ends of a slab."""
        middle = (low + high) / 2
        spans = (np.minimum(self.low, self.high) < middle) & (np.maximum(self.low, self.high) > middle)
        rise = self.high[spans] - self.low[spans]
        sign = np.sign(rise)
        slope = (self.last[spans] - self.first[spans]) / rise
        at = [self.first[spans] + slope * (depth - self.low[spans]) for depth in (low, high)]
        return abs(float(np.sum(sign * at[0]))), abs(float(np.sum(sign * at[1])))

    def depths(self, areas: Floats) -> Floats:
        """Return the depths within which these areas lie."""
        return np.array([self._depth(float(area)) for area in areas])

    def _depth(self, area: float) -> float:
        slab = int(np.clip(np.searchsorted(self.areas, area) - 1, 0, len(self.widths) - 1))
        rest = min(max(area - self.areas[slab], 0.0), self.areas[slab + 1] - self.areas[slab])
        height = self.levels[slab + 1] - self.levels[slab]
        first, last = self.widths[slab]
        grow = (last - first) / height
        root = np.sqrt(max(first * first + 2 * grow * rest, 0.0))
        return float(self.levels[slab] + (2 * rest / (first + root) if first + root > 0 else 0.0))

    def line(self, depth: float) -> LineString:
        """Return the cut at a depth, reaching past the parcel."""
        low, high = float(self.first.min()) - 1.0, float(self.first.max()) + 1.0
        foot = self.origin + self.inward * depth
        return LineString([foot + self.along * low, foot + self.along * high])


def _cut(parent: Polygon, profile: _Profile, depths: Floats, extra: NDArray[np.int64]) -> list[Polygon]:
    """Return the parts between cuts at these depths, in order; raise where one is in pieces."""
    chords = [chord for depth in depths for chord in _chords(parent, profile.line(float(depth)))]
    starts, ends = edges_of(parent)
    arrangement = snap_round(
        np.concatenate([starts, *(chord[:1] for chord in chords)]),
        np.concatenate([ends, *(chord[1:] for chord in chords)]),
        extra,
    )
    faces = faces_inside(parent, arrangement)
    inner = np.array([point.coords[0] for point in shapely.point_on_surface(faces)])
    slab = np.searchsorted(depths, (inner - profile.origin) @ profile.inward)
    parts = []
    for index in range(len(depths) + 1):
        pieces = [face for face, own in zip(faces, slab, strict=True) if own == index]
        if len(pieces) != 1:
            where = shapely.multipolygons(pieces) if pieces else parent
            raise PartInPieces(f"part {index + 1} would be in {len(pieces)} pieces", where)
        parts.append(pieces[0])
    return parts


def _chords(parent: Polygon, line: LineString) -> list[NDArray[np.int64]]:
    """Return the pieces of a cut inside the parcel, each end rounded to the grid once; shape (2, 2) each."""
    inside = shapely.get_parts(shapely.intersection(line, parent))
    ends = [to_mm(shapely.get_coordinates(piece)) for piece in inside if piece.length > 0]
    return [np.stack([points[0], points[-1]]) for points in ends if np.any(points[0] != points[-1])]
