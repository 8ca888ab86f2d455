"""Heights as pictures: shaded relief and colours by height.

A shade depends on the neighbours of a pixel, so tiles are made from a square with one more pixel on each side: two
tiles shade their common edge from the same heights.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tiles.grid import WEB_MERCATOR
from tiles.raster.sheets import Pixels, Square

__all__ = ["MARGIN", "STYLES", "hillshade", "ramp"]

MARGIN: Final = 1
"""Pixels more on each side that ``hillshade`` needs."""

SUN_AZIMUTH_DEG: Final = 315.0
SUN_ALTITUDE_DEG: Final = 45.0
STYLES: Final = ("hillshade", "ramp")

_EARTH_RADIUS_M: Final = 6378137.0
_STOPS: Final = (
    (0.00, (57, 110, 112)),  # sabkha and shore
    (0.12, (138, 163, 127)),
    (0.28, (214, 201, 150)),  # plain
    (0.50, (201, 164, 106)),  # dunes
    (0.72, (160, 112, 74)),
    (0.88, (128, 90, 72)),  # rock
    (1.00, (236, 230, 222)),
)


def _colours() -> NDArray[np.uint8]:
    at = np.linspace(0.0, 1.0, 256)
    places = [place for place, _ in _STOPS]
    bands = [np.interp(at, places, [colour[band] for _, colour in _STOPS]) for band in range(3)]
    return np.rint(np.stack(bands)).astype(np.uint8)


_RAMP: Final = _colours()


def _ground_cell_m(square: Square) -> NDArray[np.float64]:
    """Return the side of a pixel on the ground for each row: Mercator draws everything 1/cos(latitude) too large."""
    rows = np.arange(square.row, square.row + square.size) + 0.5
    north = WEB_MERCATOR.north - rows * square.cell_m
    return square.cell_m / np.cosh(north / _EARTH_RADIUS_M)  # cos(latitude) = 1 / cosh(y / R)


def hillshade(heights: Pixels, square: Square, margin: int = MARGIN) -> Pixels:
    """Return grey shades of a square without its margin: 0 in full shadow, 255 in full light.

    Parameters
    ----------
    heights : Pixels
        One band, metres, of ``square``, which is ``margin`` pixels larger on each side than what is returned.
    square : Square
        Where they lie; the size of a pixel on the ground follows from it.

    Notes
    -----
    Slopes by Horn's third-order differences; light from the north-west, 45 degrees high. Where a neighbour holds no
    height the pixel's own counts, so that an edge is not drawn as a cliff.

    References
    ----------
    B. K. P. Horn, Hill shading and the reflectance map, Proceedings of the IEEE 69 (1981) 14-47.
    """
    z = heights.values[0].astype(np.float32, copy=False)
    inner = slice(margin, -margin or None)
    valid = None if heights.alpha is None else heights.alpha > 0
    centre = z[inner, inner]

    def neighbour(down: int, right: int) -> NDArray[np.float32]:
        rows = slice(margin + down, z.shape[0] - margin + down)
        columns = slice(margin + right, z.shape[1] - margin + right)
        shifted = z[rows, columns]
        return shifted if valid is None else np.where(valid[rows, columns], shifted, centre)

    north_west, north, north_east = (neighbour(-1, right) for right in (-1, 0, 1))
    west, east = neighbour(0, -1), neighbour(0, 1)
    south_west, south, south_east = (neighbour(1, right) for right in (-1, 0, 1))
    cell = (8 * _ground_cell_m(square)[inner]).astype(np.float32)[:, None]
    to_east = ((north_east - north_west) + 2 * (east - west) + (south_east - south_west)) / cell
    to_north = ((north_west - south_west) + 2 * (north - south) + (north_east - south_east)) / cell
    altitude, azimuth = math.radians(SUN_ALTITUDE_DEG), math.radians(SUN_AZIMUTH_DEG)
    # The cosine between the ground's normal (-p, -q, 1) and the direction to the sun.
    light = math.sin(altitude) - math.cos(altitude) * (math.sin(azimuth) * to_east + math.cos(azimuth) * to_north)
    light /= np.sqrt(1 + to_east * to_east + to_north * to_north)
    shade = np.rint(np.clip(light, 0, 1) * 255).astype(np.uint8)
    return Pixels(shade[None], None if heights.alpha is None else heights.alpha[inner, inner])


def ramp(heights: Pixels, low: float, high: float) -> Pixels:
    """Return colours by height between ``low`` and ``high`` metres; what lies beyond has the colour of the end."""
    share = (heights.values[0] - np.float32(low)) * np.float32(255 / (high - low))
    return Pixels(_RAMP[:, np.rint(np.clip(share, 0, 255)).astype(np.uint8)], heights.alpha)
