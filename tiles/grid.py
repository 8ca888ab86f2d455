"""The grids that tiles are cut in: pure arithmetic on squares, columns from the west, rows from the north.

Two grids are served. ``WebMercatorQuad`` is what every web map knows. The *storage grid* has the same quadtree over the
metric system that the municipality stores its land in, so that a tile shows metres undistorted; for a WGS 84 UTM belt
it is the belt's member of the family that OGC's Two Dimensional Tile Matrix Set standard (17-083r4, annex D) registers
as ``UTM31WGS84Quad``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

__all__ = ["EXTENT", "MAX_ZOOM", "WEB_MERCATOR", "Box", "Grid", "OutsideGrid", "read_index", "storage_grid"]

EXTENT: Final = 4096
"""Cells along the side of a vector tile: the unit of its coordinates."""

MAX_ZOOM: Final = 22

_PIXELS: Final = 256  # the side of a tile that the standard's cell sizes are counted in
_DIGITS: Final = 10


class OutsideGrid(ValueError):
    """An index that no tile of the grid has; the message says which and what range there is."""


Box = tuple[float, float, float, float]
"""West, south, east, north in the grid's own coordinates."""


@dataclass(frozen=True)
class Grid:
    """A quadtree of square tiles.

    Parameters
    ----------
    id : str
        Name of the tile matrix set, as in addresses.
    srid : int
        EPSG code of its coordinates, x east, y north, metres.
    west, north : float
        The corner that columns and rows are counted from.
    side_m : float
        Side of the tile of zoom 0, whether that zoom exists or not.
    min_zoom, max_zoom : int
        The zooms there are.
    columns_at_0 : float
        Columns of zoom 0: 1, or a half where the area is twice as high as wide.
    uri : str
        Identifier in OGC's register; empty for a grid that is not registered.
    """

    id: str
    srid: int
    west: float
    north: float
    side_m: float
    min_zoom: int = 0
    max_zoom: int = MAX_ZOOM
    columns_at_0: float = 1.0
    uri: str = ""

    def side(self, z: int) -> float:
        """Return the side of a tile in the grid's metres.

        >>> round(WEB_MERCATOR.side(14), 3)
        2445.985
        """
        return self.side_m / (1 << z)

    def cell_size(self, z: int) -> float:
        """Return the side of one of the 256 x 256 cells that the standard counts scales in."""
        return self.side(z) / _PIXELS

    def columns(self, z: int) -> int:
        """Return how many columns a zoom has."""
        return int(self.columns_at_0 * (1 << z))

    def rows(self, z: int) -> int:
        """Return how many rows a zoom has."""
        return 1 << z

    def check(self, z: int, x: int, y: int) -> None:
        """Raise OutsideGrid where there is no such tile.

        >>> WEB_MERCATOR.check(0, 0, 0)
        >>> WEB_MERCATOR.check(3, 8, 0)
        Traceback (most recent call last):
        tiles.grid.OutsideGrid: x of zoom 3 goes from 0 to 7, not 8
        """
        if not self.min_zoom <= z <= self.max_zoom:
            raise OutsideGrid(f"z goes from {self.min_zoom} to {self.max_zoom}, not {z}")
        for name, index, count in (("x", x, self.columns(z)), ("y", y, self.rows(z))):
            if not 0 <= index < count:
                raise OutsideGrid(f"{name} of zoom {z} goes from 0 to {count - 1}, not {index}")

    def box(self, z: int, x: int, y: int, buffer: float = 0.0) -> Box:
        """Return the outline of a tile.

        Parameters
        ----------
        z, x, y : int
            A tile of the grid; it is not checked.
        buffer : float
            How far the outline is moved outwards, as a share of the tile's side.

        Examples
        --------
        >>> tuple(round(v) for v in WEB_MERCATOR.box(1, 1, 0))
        (0, 0, 20037508, 20037508)
        >>> tuple(round(v) for v in WEB_MERCATOR.box(1, 1, 0, buffer=1 / 64))
        (-313086, -313086, 20350594, 20350594)
        """
        side = self.side(z)
        margin = side * buffer
        west, north = self.west + x * side, self.north - y * side
        return (west - margin, north - side - margin, west + side + margin, north + margin)

    def tile_at(self, z: int, east: float, north: float) -> tuple[int, int]:
        """Return column and row of the tile that holds a point.

        A tile holds its western and its northern side, so that every point of the area lies in exactly one; a point
        beyond the area is given to the nearest tile.

        Raises
        ------
        ValueError
            A coordinate is not a number.

        Examples
        --------
        >>> WEB_MERCATOR.tile_at(1, 0.0, 0.0), WEB_MERCATOR.tile_at(1, -0.001, 0.001)
        ((1, 1), (0, 0))
        """
        if not (math.isfinite(east) and math.isfinite(north)):
            raise ValueError(f"({east}, {north}) is no point")
        side = self.side(z)
        column, row = math.floor((east - self.west) / side), math.floor((self.north - north) / side)
        return min(max(column, 0), self.columns(z) - 1), min(max(row, 0), self.rows(z) - 1)

    def tiles_touched(self, geometry: BaseGeometry, z: int, buffer: float = 0.0) -> Iterator[tuple[int, int]]:
        """Yield the tiles whose buffered outline a geometry meets, row by row from the north-west.

        Parameters
        ----------
        geometry : shapely geometry
            In the grid's coordinates; an empty one touches nothing.
        z : int
            The zoom.
        buffer : float
            As for ``box``.

        Examples
        --------
        >>> list(WEB_MERCATOR.tiles_touched(shapely.Point(10, 10), 1))
        [(1, 0)]
        >>> list(WEB_MERCATOR.tiles_touched(shapely.Point(), 1))
        []
        """
        if geometry.is_empty:
            return
        west, south, east, north = geometry.bounds
        margin = self.side(z) * buffer
        first = self.tile_at(z, west - margin, north + margin)
        last = self.tile_at(z, east + margin, south - margin)
        shapely.prepare(geometry)
        columns = np.arange(first[0], last[0] + 1)
        side = self.side(z)
        lefts = self.west + columns * side - margin
        for row in range(first[1], last[1] + 1):
            tops = np.full(len(lefts), self.north - row * side + margin)
            boxes = shapely.box(lefts, tops - side - 2 * margin, lefts + side + 2 * margin, tops)
            for column in columns[shapely.intersects(geometry, boxes)]:
                yield int(column), row


WEB_MERCATOR: Final = Grid(
    id="WebMercatorQuad",
    srid=3857,
    west=-20037508.342789244,
    north=20037508.342789244,
    side_m=40075016.68557849,
    uri="http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad",
)

# Half the length of a meridian of WGS 84: UTM31WGS84Quad covers the whole globe on its plane, half as wide as high.
_MERIDIAN_M: Final = 20003931.4586255
_UTM_WEST_M: Final = -9501965.72931276
_SOUTHERN_NORTHING_M: Final = 10_000_000.0


def storage_grid(srid: int) -> Grid:
    """Return the grid over a metric storage system.

    A belt of WGS 84 / UTM north (EPSG:32601 to 32660) gets its member of OGC's family, ``UTM39WGS84Quad`` for 32639;
    another system gets the same squares under the name ``EPSG<code>Quad``.

    Examples
    --------
    >>> storage_grid(32639).id, storage_grid(9359).id
    ('UTM39WGS84Quad', 'EPSG9359Quad')
    >>> storage_grid(32639).columns(1), storage_grid(32639).rows(1)
    (1, 2)
    """
    is_utm_north = 32601 <= srid <= 32660
    is_utm_south = 32701 <= srid <= 32760
    return Grid(
        id=f"UTM{srid - 32600:02d}WGS84Quad" if is_utm_north else f"EPSG{srid}Quad",
        srid=srid,
        west=_UTM_WEST_M,
        north=_MERIDIAN_M + (_SOUTHERN_NORTHING_M if is_utm_south else 0.0),
        side_m=2 * _MERIDIAN_M,
        min_zoom=1,
        columns_at_0=0.5,
        uri="http://www.opengis.net/def/tilematrixset/OGC/1.0/UTM31WGS84Quad" if srid == 32631 else "",
    )


def read_index(text: str, name: str) -> int:
    """Return a tile index from an address.

    Raises
    ------
    OutsideGrid
        Anything but a few plain digits: signs, spaces, exponents, other digit systems and numbers too long to be an
        index are refused, so that a tile has one address.

    Examples
    --------
    >>> read_index("12", "z")
    12
    >>> read_index("1e3", "x")
    Traceback (most recent call last):
    tiles.grid.OutsideGrid: x must be a whole number written in digits
    """
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS and (text == "0" or text[0] != "0")):
        raise OutsideGrid(f"{name} must be a whole number written in digits")
    return int(text)
