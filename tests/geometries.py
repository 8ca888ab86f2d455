"""The zoo: named geometries that tests are tried on. Metres; small numbers, so that a failure can be read."""

from __future__ import annotations

from shapely import affinity, box
from shapely.geometry import LineString, MultiPolygon, Point, Polygon

UNIT_LOT = box(0, 0, 20, 30)

L_PLOT = Polygon([(0, 0), (20, 0), (20, 10), (10, 10), (10, 30), (0, 30)])
U_PLOT = Polygon([(0, 0), (30, 0), (30, 30), (20, 30), (20, 10), (10, 10), (10, 30), (0, 30)])
PLOT_WITH_HOLE = Polygon(box(0, 0, 30, 30).exterior, [box(10, 10, 20, 20).exterior])
TRIANGLE = Polygon([(0, 0), (20, 0), (0, 20)])
SLIVER = box(0, 0, 50, 0.004)
STRIP = box(0, 0, 50, 0.3)
NECK = Polygon(
    [(0, 0), (10, 0), (10, 9), (20, 9), (20, 0), (30, 0), (30, 20), (20, 20), (20, 11), (10, 11), (10, 20), (0, 20)]
)
NEAR_DUPLICATES = Polygon([(0, 0), (20, 0), (20.001, 0.001), (20, 30), (0, 30), (-0.001, 29.999)])
TWO_PLOTS = MultiPolygon([box(0, 0, 10, 10), box(20, 0, 30, 10)])
BOW_TIE = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])

T_JUNCTION = (box(0, 0, 20, 10), box(0, 10, 10, 20), box(10, 10, 20, 20))
"""The first lacks the vertex where the other two meet."""

NODED_JUNCTION = (Polygon([(0, 0), (20, 0), (20, 10), (10, 10), (0, 10)]), *T_JUNCTION[1:])

BLOCK = tuple(box(20 * column, 30 * row, 20 * column + 20, 30 * row + 30) for row in (0, 1) for column in range(4))


def _rotated(polygon: Polygon, degrees: float) -> Polygon:
    turned = affinity.translate(affinity.rotate(polygon, degrees, origin=(0, 0)), 400_000, 2_900_000)
    return Polygon([(round(x * 1000) / 1000, round(y * 1000) / 1000) for x, y in turned.exterior.coords])


ROTATED_BLOCK = tuple(_rotated(lot, 17.3) for lot in BLOCK)
"""Eight lots far from the origin, not parallel to the grid; lots that share corners share them exactly."""

EMPTY_POLYGON = Polygon()
EMPTY_MULTIPOLYGON = MultiPolygon()
EMPTY_LINE = LineString()
EMPTY_POINT = Point()
EMPTIES = (EMPTY_POLYGON, EMPTY_MULTIPOLYGON, EMPTY_LINE, EMPTY_POINT)

PLOTS = {
    "unit_lot": UNIT_LOT,
    "l_plot": L_PLOT,
    "u_plot": U_PLOT,
    "plot_with_hole": PLOT_WITH_HOLE,
    "triangle": TRIANGLE,
    "strip": STRIP,
    "neck": NECK,
    "near_duplicates": NEAR_DUPLICATES,
    "rotated": ROTATED_BLOCK[0],
}
