"""Well-known binary, straight and curved: polygons with true arcs, as GeoPackage files hold them."""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass, field

from land_services.surveys import curves
from land_services.surveys.raw import XY, Curve, Ring, Seg, is_coordinate

DEEPEST = 8
POINT, LINE, POLYGON, MULTIPOINT, MULTILINE, MULTIPOLYGON, COLLECTION = range(1, 8)
CIRCULAR, COMPOUND, CURVEPOLYGON, MULTICURVE, MULTISURFACE = range(8, 13)
NAMES = {
    LINE: "LineString", MULTIPOINT: "MultiPoint", MULTILINE: "MultiLineString", CIRCULAR: "CircularString",
    COMPOUND: "CompoundCurve", MULTICURVE: "MultiCurve",
}  # fmt: skip


class BadWkb(ValueError):
    """The bytes are no geometry: the text says why."""


@dataclass
class Shapes:
    """What one geometry value holds."""

    polygons: list[list[Ring]] = field(default_factory=list)
    points: list[tuple[float, float, float | None]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    heights: bool = False


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.order = data, 0, "<"

    def take(self, layout: str) -> tuple[float, ...]:
        size = struct.calcsize(self.order + layout)
        if self.at + size > len(self.data):
            raise BadWkb("ends too early")
        values = struct.unpack_from(self.order + layout, self.data, self.at)
        self.at += size
        return values

    def count(self, item_bytes: int) -> int:
        """Return a count, refused where the bytes left cannot hold so many items."""
        number = int(self.take("I")[0])
        if number * item_bytes > len(self.data) - self.at:
            raise BadWkb("count larger than the data")
        return number

    def kind(self) -> tuple[int, int]:
        """Return the kind of geometry and its numbers per point."""
        order = self.take("B")[0]
        if order not in (0, 1):
            raise BadWkb("byte order")
        self.order = "<" if order else ">"
        code = int(self.take("I")[0])
        flags, plain = code & 0xE0000000, code & 0x1FFFFFFF
        thousands, kind = divmod(plain, 1000)
        if thousands > 3:
            raise BadWkb(f"kind {code}")
        if flags & 0x20000000:
            self.take("I")
        size = 2 + bool(flags & 0x80000000 or thousands in (1, 3)) + bool(flags & 0x40000000 or thousands in (2, 3))
        return kind, size


def parse(data: bytes) -> Shapes:
    """Return the shapes of a WKB value; raise ``BadWkb`` where it is none."""
    shapes = Shapes()
    cursor = _Cursor(data)
    _geometry(cursor, shapes, 0)
    return shapes


def _geometry(cursor: _Cursor, shapes: Shapes, depth: int) -> None:
    if depth > DEEPEST:
        raise BadWkb("nested too deep")
    kind, size = cursor.kind()
    shapes.heights |= size > 2
    if kind == POINT:
        values = cursor.take(f"{size}d")
        if is_coordinate(*values[:2]):
            shapes.points.append((values[0], values[1], values[2] if size > 2 else None))
    elif kind == POLYGON:
        rings = [_straight(_positions(cursor, size)) for _ in range(cursor.count(4))]
        if rings:
            shapes.polygons.append(rings)
    elif kind == CURVEPOLYGON:
        rings = [_curve(cursor, depth + 1) for _ in range(cursor.count(9))]
        if rings:
            shapes.polygons.append(rings)
    elif kind in (MULTIPOLYGON, MULTISURFACE, COLLECTION):
        for _ in range(cursor.count(5)):
            _geometry(cursor, shapes, depth + 1)
    elif kind in NAMES:
        _skip(cursor, kind, size, depth)
        shapes.others.append(NAMES[kind])
    else:
        raise BadWkb(f"kind {kind}")


def _skip(cursor: _Cursor, kind: int, size: int, depth: int) -> None:
    if kind in (LINE, CIRCULAR):
        cursor.take(f"{cursor.count(8 * size) * size}d")
        return
    inner = Shapes()
    for _ in range(cursor.count(5)):
        _geometry(cursor, inner, depth + 1)


def _positions(cursor: _Cursor, size: int) -> list[XY]:
    count = cursor.count(8 * size)
    values = cursor.take(f"{count * size}d")
    points = [(values[i], values[i + 1]) for i in range(0, len(values), size)]
    if not all(is_coordinate(x, y) for x, y in points):
        raise BadWkb("coordinate that is no finite number")
    return points


def _straight(points: list[XY]) -> Ring:
    return [Seg(a, b) for a, b in itertools.pairwise(points)]


def _curve(cursor: _Cursor, depth: int) -> Ring:
    """Return one ring of a curve polygon: straight, circular, or compound."""
    if depth > DEEPEST:
        raise BadWkb("nested too deep")
    kind, size = cursor.kind()
    if kind == LINE:
        return _straight(_positions(cursor, size))
    if kind == CIRCULAR:
        return _circular(_positions(cursor, size))
    if kind != COMPOUND:
        raise BadWkb(f"ring of kind {kind}")
    ring: Ring = []
    for _ in range(cursor.count(9)):
        ring.extend(_curve(cursor, depth + 1))
    return ring


def _circular(points: list[XY]) -> Ring:
    if len(points) % 2 == 0:
        raise BadWkb("circular string with an even number of points")
    ring: Ring = []
    for start, middle, end in zip(points[0::2], points[1::2], points[2::2], strict=False):
        if start == end:
            centre = ((start[0] + middle[0]) / 2, (start[1] + middle[1]) / 2)
            radius = ((start[0] - middle[0]) ** 2 + (start[1] - middle[1]) ** 2) ** 0.5 / 2
            circle = Curve(centre, radius, True)
            ring += [Seg(start, middle, circle), Seg(middle, end, circle)]
        else:
            ring.append(Seg(start, end, curves.through(start, middle, end)))
    return ring


def dump_polygon(rings: list[Ring]) -> bytes:
    """Return a polygon as WKB: plain where every side is straight, else a curve polygon with its true arcs."""
    if all(s.curve is None for ring in rings for s in ring):
        body = b"".join(_dump_points([ring[0].start, *(s.end for s in ring)]) for ring in rings)
        return struct.pack("<BII", 1, POLYGON, len(rings)) + body
    return struct.pack("<BII", 1, CURVEPOLYGON, len(rings)) + b"".join(map(_dump_compound, rings))


def _dump_points(points: list[XY]) -> bytes:
    return struct.pack("<I", len(points)) + b"".join(struct.pack("<2d", *p) for p in points)


def _dump_compound(ring: Ring) -> bytes:
    members: list[bytes] = []
    for segment in ring:
        middle = curves.middle(segment)
        points = [segment.start, segment.end] if middle is None else [segment.start, middle, segment.end]
        members.append(struct.pack("<BI", 1, LINE if middle is None else CIRCULAR) + _dump_points(points))
    return struct.pack("<BII", 1, COMPOUND, len(members)) + b"".join(members)
