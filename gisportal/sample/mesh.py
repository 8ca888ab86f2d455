"""The vertex table of one plan, and the lines that its parcels share.

Every outline is written as a recipe over vertices of one table and runs along shared chains. A vertex that any
neighbour puts on a chain is therefore in the outline of every parcel along it: no T-junction can arise, and each vertex
is rounded to the millimetre once.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from math import floor, sqrt

from gisportal.sample.exact import atan_of, hypot_of, sincos
from gisportal.sample.rows import ArcSide, Point, Ring

SNAP_M = 0.02
"""Vertices asked for nearer than this on a chain are one vertex."""

SAGITTA_M = 0.004
"""How far the chords of an arc may lie from it."""


class Mesh:
    """Vertices of a plan in its own frame (metres); ``grid`` gives them as millimetres of the storage CRS."""

    def __init__(self, origin: tuple[float, float], unit: tuple[float, float]) -> None:
        self.origin, self.unit = origin, unit
        self.xs: list[float] = []
        self.ys: list[float] = []
        self._grid: list[Point] = []

    def add(self, x: float, y: float) -> int:
        """Add a vertex and return its number."""
        self.xs.append(x)
        self.ys.append(y)
        return len(self.xs) - 1

    def between(self, a: int, b: int, part: float) -> int:
        """Add the vertex that lies ``part`` (0..1) of the way from one vertex to another."""
        xs, ys = self.xs, self.ys
        return self.add(xs[a] + (xs[b] - xs[a]) * part, ys[a] + (ys[b] - ys[a]) * part)

    def to_grid(self, x: float, y: float) -> Point:
        """Return a place of the plan's frame as whole millimetres of the storage CRS."""
        (ox, oy), (ux, uy) = self.origin, self.unit
        return floor((ox + x * ux - y * uy) * 1000 + 0.5), floor((oy + x * uy + y * ux) * 1000 + 0.5)

    def freeze(self) -> None:
        """Round every vertex, once."""
        self._grid = [self.to_grid(x, y) for x, y in zip(self.xs, self.ys, strict=True)]

    def ring(self, vertices: list[int]) -> Ring:
        """Return a closed ring of millimetres from vertex numbers; repeated neighbours are one vertex."""
        grid = self._grid
        points: list[Point] = []
        last = -1
        for v in vertices:
            if v != last:
                points.append(grid[v])
                last = v
        if points[0] != points[-1]:
            points.append(points[0])
        return tuple(points)

    def line(self, vertices: list[int]) -> tuple[Point, ...]:
        """Return an open line of millimetres from vertex numbers; repeated neighbours are one vertex."""
        grid = self._grid
        return tuple(grid[v] for i, v in enumerate(vertices) if i == 0 or v != vertices[i - 1])


class Ray:
    """A straight line ``(x, y) + t * (dx, dy)`` of the plan's frame, ``(dx, dy)`` of length 1 with ``dy > 0``."""

    __slots__ = ("dx", "dy", "x", "y")

    def __init__(self, x: float, y: float, dx: float, dy: float) -> None:
        length = hypot_of(dx, dy)
        self.x, self.y, self.dx, self.dy = x, y, dx / length, dy / length

    def beside(self, distance: float) -> Ray:
        """Return the parallel line ``distance`` to the right (east) of this one."""
        return Ray(self.x + self.dy * distance, self.y - self.dx * distance, self.dx, self.dy)


class Chain:
    """A line from west to east that parcels share: straight, ``y = a + b * x``, measured by x."""

    scale = 1.0

    def __init__(self, mesh: Mesh, a: float, b: float = 0.0) -> None:
        self.mesh, self.a, self.b = mesh, a, b
        self.breaks: list[tuple[float, int]] = []
        self._vids: list[int] = []
        self._place: dict[int, int] | None = None

    def at(self, s: float) -> tuple[float, float]:
        """Return the place at parameter ``s``."""
        return s, self.a + self.b * s

    def meet(self, ray: Ray) -> float:
        """Return the parameter where a line crosses the chain."""
        t = (self.a + self.b * ray.x - ray.y) / (ray.dy - self.b * ray.dx)
        return ray.x + ray.dx * t

    def nearest(self, s: float) -> float | None:
        """Return the parameter of the nearest vertex on the chain, or None on a bare chain."""
        i = bisect_left(self.breaks, (s, -1))
        around = [self.breaks[k][0] for k in (i - 1, i) if 0 <= k < len(self.breaks)]
        return min(around, key=lambda p: abs(p - s)) if around else None

    def vertex(self, s: float) -> int:
        """Return the vertex at ``s``, adding it where none is within ``SNAP_M``."""
        breaks = self.breaks
        i = bisect_left(breaks, (s, -1))
        reach = SNAP_M / self.scale
        for k in (i - 1, i):
            if 0 <= k < len(breaks) and abs(breaks[k][0] - s) < reach:
                return breaks[k][1]
        vid = self.mesh.add(*self.at(s))
        insort(breaks, (s, vid))
        return vid

    def close(self) -> None:
        """End the collecting of vertices; on an arc, add its chords."""
        self._vids = [vid for _, vid in self.breaks]
        self._place = {vid: i for i, vid in enumerate(self._vids)}

    def run(self, a: int, b: int) -> list[int]:
        """Return the vertices from ``a`` to ``b``, in that direction."""
        if self._place is None:
            self.close()
        assert self._place is not None  # noqa: S101
        i, j = self._place[a], self._place[b]
        return self._vids[i : j + 1] if i <= j else self._vids[j : i + 1][::-1]


class ArcChain(Chain):
    """An arc bulging north, centre ``(xc, yc)`` below it, measured clockwise from north in radians (so eastwards)."""

    def __init__(self, mesh: Mesh, xc: float, yc: float, radius: float) -> None:
        super().__init__(mesh, 0.0)
        self.xc, self.yc, self.radius = xc, yc, radius
        self.scale = radius

    def at(self, s: float) -> tuple[float, float]:
        sine, cosine = sincos(s)
        return self.xc + self.radius * sine, self.yc + self.radius * cosine

    def meet(self, ray: Ray) -> float:
        px, py = ray.x - self.xc, ray.y - self.yc
        along = px * ray.dx + py * ray.dy
        t = -along + sqrt(along * along - (px * px + py * py) + self.radius * self.radius)
        return atan_of(px + ray.dx * t, py + ray.dy * t)

    def close(self) -> None:
        step = sqrt(8.0 * self.radius * SAGITTA_M) / self.radius
        full: list[int] = []
        for (s0, v0), (s1, _) in zip(self.breaks, self.breaks[1:], strict=False):
            full.append(v0)
            pieces = floor((s1 - s0) / step) + 1
            full += [self.mesh.add(*self.at(s0 + (s1 - s0) * k / pieces)) for k in range(1, pieces)]
        full += [vid for _, vid in self.breaks[-1:]]
        self._vids = full
        self._place = {vid: i for i, vid in enumerate(full)}

    def arc_side(self, a: int, b: int) -> ArcSide:
        """Return the true arc behind the run from ``a`` to ``b``; call after ``freeze``."""
        mesh = self.mesh
        start, end = mesh.line([a])[0], mesh.line([b])[0]
        assert self._place is not None  # noqa: S101
        sense = "cw" if self._place[a] < self._place[b] else "ccw"
        return ArcSide(start, end, mesh.to_grid(self.xc, self.yc), floor(self.radius * 1000 + 0.5), sense)


Run = tuple[Chain | list[int], int, int]
Recipe = list[int | Run]
"""An outline: vertices, and runs along a chain or a side line from one of its vertices to another."""


def expand(recipe: Recipe) -> list[int]:
    """Return the vertices that a recipe runs through."""
    vertices: list[int] = []
    for item in recipe:
        if isinstance(item, int):
            vertices.append(item)
            continue
        line, a, b = item
        if isinstance(line, list):
            i, j = line.index(a), line.index(b)
            vertices += line[i : j + 1] if i <= j else line[j : i + 1][::-1]
        else:
            vertices += line.run(a, b)
    return vertices
