"""A strict reader of Mapbox Vector Tile 2.1, written from the specification and from nothing that makes our tiles.

It refuses what the specification forbids; libraries let some of it pass.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

__all__ = ["BrokenTile", "Feature", "TileLayer", "read_tile"]


class BrokenTile(ValueError):
    """The bytes are no vector tile; the message says why."""


@dataclass
class Feature:
    """A feature in the cells of its tile, y downwards."""

    id: int | None
    properties: dict[str, Any]
    geometry: BaseGeometry


@dataclass
class TileLayer:
    """A layer of a tile."""

    name: str
    extent: int
    features: list[Feature] = field(default_factory=list)


def read_tile(raw: bytes) -> dict[str, TileLayer]:
    """Return the layers of a tile by name."""
    layers: dict[str, TileLayer] = {}
    for number, kind, value in _fields(raw):
        if (number, kind) != (3, 2):
            raise BrokenTile(f"field {number} of a tile")
        layer = _layer(value)
        if layer.name in layers:
            raise BrokenTile(f"two layers are named {layer.name}")
        layers[layer.name] = layer
    return layers


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(raw) or shift > 63:
            raise BrokenTile("a number is cut short")
        byte = raw[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _fields(raw: bytes) -> Iterator[tuple[int, int, Any]]:
    at = 0
    while at < len(raw):
        key, at = _varint(raw, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(raw, at)
            yield key >> 3, kind, value
            continue
        size = {1: 8, 5: 4}.get(kind)
        if kind == 2:
            size, at = _varint(raw, at)
        if size is None or at + size > len(raw):
            raise BrokenTile("a field is cut short or of no known kind")
        yield key >> 3, kind, raw[at : at + size]
        at += size


def _packed(raw: bytes) -> list[int]:
    numbers, at = [], 0
    while at < len(raw):
        number, at = _varint(raw, at)
        numbers.append(number)
    return numbers


def _layer(raw: bytes) -> TileLayer:
    name = version = None
    extent = 4096
    keys: list[str] = []
    values: list[Any] = []
    features: list[bytes] = []
    for number, kind, value in _fields(raw):
        match number, kind:
            case 15, 0:
                version = value
            case 1, 2:
                name = value.decode()
            case 2, 2:
                features.append(value)
            case 3, 2:
                keys.append(value.decode())
            case 4, 2:
                values.append(_value(value))
            case 5, 0:
                extent = value
            case _:
                raise BrokenTile(f"field {number} of kind {kind} in a layer")
    if name is None or version not in (1, 2):
        raise BrokenTile("a layer has no name, or no version that is known")
    return TileLayer(name, extent, [_feature(f, keys, values, is_strict=version == 2) for f in features])


def _value(raw: bytes) -> Any:
    found = list(_fields(raw))
    if len(found) != 1:
        raise BrokenTile("a value is not one value")
    number, kind, value = found[0]
    match number, kind:
        case 1, 2:
            return value.decode()
        case 2, 5:
            return struct.unpack("<f", value)[0]
        case 3, 1:
            return struct.unpack("<d", value)[0]
        case 4, 0:
            return value - (1 << 64) if value >> 63 else value
        case 5, 0:
            return value
        case 6, 0:
            return (value >> 1) ^ -(value & 1)
        case 7, 0:
            return bool(value)
    raise BrokenTile(f"a value of type {number}")


def _feature(raw: bytes, keys: list[str], values: list[Any], *, is_strict: bool) -> Feature:
    found: dict[int, Any] = {}
    for number, kind, value in _fields(raw):
        if (number, kind) not in {(1, 0), (2, 2), (3, 0), (4, 2)}:
            raise BrokenTile(f"field {number} of kind {kind} in a feature")
        found[number] = value
    tags = _packed(found.get(2, b""))
    if len(tags) % 2 or any(k >= len(keys) for k in tags[::2]) or any(v >= len(values) for v in tags[1::2]):
        raise BrokenTile("the tags of a feature are no pairs of a key and a value")
    if 3 not in found:
        raise BrokenTile("a feature has no type")
    properties = {keys[k]: values[v] for k, v in zip(tags[::2], tags[1::2], strict=True)}
    try:
        geometry = _geometry(found[3], _packed(found.get(4, b"")))
    except BrokenTile:
        if is_strict:
            raise
        geometry = shapely.GeometryCollection()  # version 1 said nothing of rings without area
    return Feature(found.get(1), properties, geometry)


def _paths(commands: list[int]) -> Iterator[tuple[list[tuple[int, int]], bool]]:
    """Yield each path with whether it is closed."""
    x = y = at = 0
    path: list[tuple[int, int]] = []
    while at < len(commands):
        command, count = commands[at] & 7, commands[at] >> 3
        at += 1
        if command == 7:
            if count != 1 or not path:
                raise BrokenTile("a path is closed that is none, or more than once")
            yield path, True
            path = []
            continue
        if command not in (1, 2) or count == 0 or at + 2 * count > len(commands):
            raise BrokenTile("a command is unknown, or has too few numbers")
        for _ in range(count):
            dx, dy = ((n >> 1) ^ -(n & 1) for n in commands[at : at + 2])
            x, y, at = x + dx, y + dy, at + 2
            if command == 1:
                if path:
                    yield path, False
                path = []
            elif not path:
                raise BrokenTile("a line begins nowhere")
            path.append((x, y))
    if path:
        yield path, False


def _geometry(kind: int, commands: list[int]) -> BaseGeometry:
    paths = list(_paths(commands)) if kind else []
    if kind and not paths:
        raise BrokenTile("a feature has no geometry")
    if any(closed != (kind == 3) for _, closed in paths):
        raise BrokenTile("a ring is open, or a line or point closed")
    match kind:
        case 0:
            return shapely.GeometryCollection()
        case 1:
            return shapely.MultiPoint([p for path, _ in paths for p in path])
        case 2:
            if any(len(path) < 2 for path, _ in paths):
                raise BrokenTile("a line has one point")
            return shapely.MultiLineString([path for path, _ in paths])
        case 3:
            return _polygons([path for path, _ in paths])
    raise BrokenTile(f"a feature of type {kind}")


def _polygons(rings: list[list[tuple[int, int]]]) -> BaseGeometry:
    polygons: list[tuple[list[tuple[int, int]], list[list[tuple[int, int]]]]] = []
    for ring in rings:
        turned = zip(ring, ring[1:] + ring[:1], strict=True)
        area = sum(a[0] * b[1] - b[0] * a[1] for a, b in turned)
        if len(ring) < 3 or area == 0:
            raise BrokenTile("a ring has no area")
        if area > 0:
            polygons.append((ring, []))
        elif polygons:
            polygons[-1][1].append(ring)
        else:
            raise BrokenTile("a hole comes before its outline")
    return shapely.MultiPolygon([shapely.Polygon(outline, holes) for outline, holes in polygons])
