"""The city's frame: arterial and collector roads on a gently turning lattice, one plan in each of its meshes.

Lattice nodes are a polynomial of a complex number, so meshes keep nearly right angles while their bearing turns through
the city. Boundary roads keep one width between nodes: a plan is its mesh moved in by half of each road.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor, sqrt

from gisportal.sample.chance import chance
from gisportal.sample.draft import Quad
from gisportal.sample.exact import hypot_of, sincos
from gisportal.sample.rows import Point, Ring

LOTS_PER_PLAN = 260
"""Parcels of an average plan, from counting; only the city's proportions rest on it."""

DISTRICT_PLANS = 3
"""Plans along each side of a district."""

ANCHORS: dict[int, tuple[float, float]] = {
    38: (672000.0, 2735000.0),
    39: (416000.0, 2925000.0),
    40: (334000.0, 2790000.0),
}
"""North-east corner of the city for each UTM belt, metres."""

SRIDS = {
    base + belt: belt for base, belts in ((32600, (38, 39, 40)), (20400, (38, 39, 40)), (9320, (38, 39, 40)))
    for belt in belts
}  # fmt: skip
"""Storage CRSs that the sample fits, with their belts (WGS 84, Ain el Abd, KSA-GRF17)."""

Pair = tuple[float, float]


@dataclass(frozen=True)
class Boundary:
    """A boundary road: its width and class."""

    width_m: float
    road_class: str


class Lattice:
    """Nodes, boundary roads and meshes of the city; columns count eastwards, rows northwards, both from 0."""

    def __init__(self, parcels: int, seed: int, srid: int) -> None:
        if srid not in SRIDS:
            raise ValueError(f"the sample municipality has no place in EPSG:{srid}; it fits {sorted(SRIDS)}")
        plans = max(ceil(parcels / LOTS_PER_PLAN), 1)
        self.seed = seed
        self.columns = max(ceil(sqrt(plans)), 2)
        self.rows = ceil(plans * 1.06 / self.columns) + 1
        rng = chance(seed, "lattice")
        self._turn = [0.05 * (2 * rng.random() - 1) for _ in range(4)]
        self._bearing = sincos(0.12 + 0.2 * rng.random())
        self._us = [self._steps("u", i, 585.0, 745.0) for i in range(-4, self.columns + 8)]
        self._vs = [self._steps("v", j, 490.0, 610.0) for j in range(-4, self.rows * 2 + 12)]
        self._u0, self._v0 = self._sums(self._us), self._sums(self._vs)
        self._half = max(self._u0[self.columns + 4], self._v0[self.rows + 4], 5200.0) / 2
        self._middle = (self._u0[self.columns + 4] / 2, self._v0[self.rows + 4] / 2)
        self._shift = (0.0, 0.0)
        corner = [self._place(i, j) for i in (0, self.columns) for j in (0, self.rows)]
        anchor = ANCHORS[SRIDS[srid]]
        self._shift = (anchor[0] - max(x for x, _ in corner), anchor[1] - max(y for _, y in corner))
        self.node = lru_cache(maxsize=4096)(self._node)

    def _steps(self, axis: str, k: int, low: float, high: float) -> float:
        return low + (high - low) * chance(self.seed, axis, k).random()

    def _sums(self, steps: list[float]) -> list[float]:
        total, sums = -sum(steps[:4]), []
        for step in steps:
            sums.append(total)
            total += step
        return sums

    def _place(self, i: int, j: int) -> Pair:
        x = (self._u0[i + 4] - self._middle[0]) / self._half
        y = (self._v0[j + 4] - self._middle[1]) / self._half
        a, b, c, d = self._turn
        x2, y2 = x * x - y * y, 2 * x * y
        x3, y3 = x2 * x - y2 * y, x2 * y + y2 * x
        u = x + a * x2 - b * y2 + (c * x3 - d * y3) * 0.8
        v = y + a * y2 + b * x2 + (c * y3 + d * x3) * 0.8
        sine, cosine = self._bearing
        return (
            self._half * (u * cosine - v * sine) + self._shift[0],
            self._half * (u * sine + v * cosine) + self._shift[1],
        )

    def _node(self, i: int, j: int) -> Pair:
        return self._place(i, j)

    def point(self, i: int, j: int) -> Point:
        """Return a node as whole millimetres."""
        x, y = self.node(i, j)
        return floor(x * 1000 + 0.5), floor(y * 1000 + 0.5)

    def road(self, axis: str, k: int) -> Boundary:
        """Return the boundary road on line ``k``: ``u`` lines run north, ``v`` lines east."""
        draw = chance(self.seed, "road", axis, k).random()
        if k % DISTRICT_PLANS == 0:
            return Boundary((40.0, 60.0, 50.0)[int(draw * 3)], "arterial")
        return Boundary((30.0, 25.0, 36.0)[int(draw * 3)], "collector")

    def mesh_corners(self, i: int, j: int) -> tuple[Pair, Pair, Pair, Pair]:
        """Return the corners of the plan in mesh ``(i, j)``, counter-clockwise from the south-west."""
        nodes = [self.node(i, j), self.node(i + 1, j), self.node(i + 1, j + 1), self.node(i, j + 1)]
        widths = self.mesh_roads(i, j)
        lines = []
        for k in range(4):
            (x0, y0), (x1, y1) = nodes[k], nodes[(k + 1) % 4]
            length = hypot_of(x1 - x0, y1 - y0)
            dx, dy = (x1 - x0) / length, (y1 - y0) / length
            lines.append((x0 - dy * widths[k] / 2, y0 + dx * widths[k] / 2, dx, dy))
        corners = [_meet(lines[k - 1], lines[k]) for k in range(4)]
        return corners[0], corners[1], corners[2], corners[3]

    def mesh_roads(self, i: int, j: int) -> tuple[float, float, float, float]:
        """Return the widths of the boundary roads south, east, north and west of a mesh."""
        south, east = self.road("v", j), self.road("u", i + 1)
        north, west = self.road("v", j + 1), self.road("u", i)
        return south.width_m, east.width_m, north.width_m, west.width_m

    def quad(self, i: int, j: int, base: int) -> tuple[Quad, Pair, Pair]:
        """Return a mesh's plan in a frame whose south side is ``base``, and that frame's origin and unit vector."""
        corners, roads = self.mesh_corners(i, j), self.mesh_roads(i, j)
        turned = [corners[(k + base) % 4] for k in range(4)]
        (ox, oy), (ex, ey) = turned[0], turned[1]
        length = hypot_of(ex - ox, ey - oy)
        ux, uy = (ex - ox) / length, (ey - oy) / length
        local = tuple(((x - ox) * ux + (y - oy) * uy, (y - oy) * ux - (x - ox) * uy) for x, y in turned)
        local = ((0.0, 0.0), (local[1][0], 0.0), local[2], local[3])
        widths = tuple(roads[(k + base) % 4] for k in range(4))
        return Quad(local, (widths[0], widths[1], widths[2], widths[3])), (ox, oy), (ux, uy)

    def frame(self, west: int, south: int, east: int, north: int) -> Ring:
        """Return the closed ring of nodes around a range of meshes, counter-clockwise."""
        ring = [self.point(i, south) for i in range(west, east)]
        ring += [self.point(east, j) for j in range(south, north)]
        ring += [self.point(i, north) for i in range(east, west, -1)]
        ring += [self.point(west, j) for j in range(north, south, -1)]
        return (*ring, ring[0])


def _meet(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> Pair:
    """Return where two lines (place and direction) cross."""
    across = a[2] * b[3] - a[3] * b[2]
    t = ((b[0] - a[0]) * b[3] - (b[1] - a[1]) * b[2]) / across
    return a[0] + a[2] * t, a[1] + a[3] * t
