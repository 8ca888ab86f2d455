"""The made-up municipality from above: an orthophoto and a terrain model, drawn from the sample's own streets and lots.

The same city and size give the same pixels. The pictures are Cloud Optimised GeoTIFFs in the storage CRS, as a survey
company hands them in; ``load_imagery`` takes them in by the same way as any other file.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import rasterio
import rasterio.shutil
import shapely
import shapely.affinity
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.io import MemoryFile
from rasterio.transform import Affine
from shapely.geometry.base import BaseGeometry

from gisportal.sample.city import City
from gisportal.sample.rows import ParcelRow, PolygonMm
from tiles.raster.importing import Options, import_files
from tiles.raster.models import Imagery

__all__ = ["ORTHO", "TERRAIN", "draw_ortho", "draw_terrain", "load_imagery"]

ORTHO: Final = "ortho"
TERRAIN: Final = "terrain"
FLOWN_ON: Final = dt.date(2026, 1, 15)
MARGIN_M: Final = 150.0
SIZE_PX: Final = 2048
_FINER: Final = 2
"""The ground is drawn this much finer and averaged, as a camera does."""

Rgb = tuple[int, int, int]
_DESERT: Final[Rgb] = (206, 182, 142)
_WADI: Final[Rgb] = (190, 172, 138)
_RESERVE: Final[Rgb] = (198, 174, 136)
_ASPHALT: Final[Rgb] = (104, 102, 100)
_LINE: Final[Rgb] = (196, 194, 186)
_SHADOW: Final[Rgb] = (92, 80, 66)
_TREE: Final[Rgb] = (86, 104, 62)
_GRASS: Final[Rgb] = (126, 140, 84)
_YARDS: Final[tuple[Rgb, ...]] = ((196, 176, 142), (204, 186, 154), (186, 166, 134), (210, 194, 166))
_ROOFS: Final[tuple[Rgb, ...]] = (
    (228, 222, 208),
    (214, 204, 186),
    (196, 188, 176),
    (176, 152, 128),
    (236, 234, 228),
    (164, 160, 156),
)
_COLOURS: Final = np.array(
    [_DESERT, _WADI, _RESERVE, _ASPHALT, _LINE, _SHADOW, _TREE, _GRASS, *_YARDS, *_ROOFS], dtype=np.uint8
)
_WADI_AT, _RESERVE_AT, _ASPHALT_AT, _LINE_AT, _SHADOW_AT, _TREE_AT, _GRASS_AT = range(1, 8)
_YARD_AT: Final = 8
_ROOF_AT: Final = _YARD_AT + len(_YARDS)
_GREEN_USES: Final = frozenset({"park"})
_STRIP: Final = 256
"""Rows that are coloured at a time: memory stays small."""


@dataclass(frozen=True)
class _Frame:
    """The rectangle that is drawn: its corner in metres, its cell, its size in pixels, and the land that was flown."""

    west: float
    north: float
    cell_m: float
    width: int
    height: int
    flown: BaseGeometry

    @classmethod
    def of(cls, flown: BaseGeometry, size_px: int) -> _Frame:
        west, south, east, north = flown.bounds
        cell = max(east - west, north - south) / size_px
        width, height = (max(64, round(side / cell)) for side in (east - west, north - south))
        return cls(west, north, cell, width, height, flown)

    def transform(self, finer: int = 1) -> Affine:
        cell = self.cell_m / finer
        return Affine(cell, 0, self.west, 0, -cell, self.north)

    @cached_property
    def across(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """East and north of the middles of the pixels, as a row and a column."""
        east = self.west + (np.arange(self.width) + 0.5) * self.cell_m
        north = self.north - (np.arange(self.height) + 0.5) * self.cell_m
        return east[None, :], north[:, None]


def _polygon(polygon: PolygonMm) -> shapely.Polygon:
    outline, *holes = (np.array(ring) / 1000 for ring in polygon)
    return shapely.Polygon(outline, holes)


def _noise(shape: tuple[int, int], cells: int, seed: int) -> NDArray[np.float32]:
    """Return smooth noise between -1 and 1: random heights on a coarse net, interpolated."""
    rows, columns = shape[0] // cells + 3, shape[1] // cells + 3
    net = np.random.Generator(np.random.PCG64(seed)).uniform(-1, 1, (rows, columns)).astype(np.float32)
    y, x = np.arange(shape[0], dtype=np.float32) / cells, np.arange(shape[1], dtype=np.float32) / cells
    top, left = y.astype(int), x.astype(int)
    down, right = _eased(y - top)[:, None], _eased(x - left)[None, :]
    upper = net[top][:, left] * (1 - right) + net[top][:, left + 1] * right
    lower = net[top + 1][:, left] * (1 - right) + net[top + 1][:, left + 1] * right
    return upper * (1 - down) + lower * down


def _eased(t: NDArray[np.float32]) -> NDArray[np.float32]:
    return t * t * (3 - 2 * t)


# The orthophoto -------------------------------------------------------------------------------------------------------


def draw_ortho(city: City, path: Path, size_px: int = SIZE_PX) -> None:
    """Write the orthophoto: colours and alpha, nothing outside of what was flown.

    Parameters
    ----------
    city : City
        Any size; the picture takes in all its plans.
    path : Path
        The file to write.
    size_px : int
        Pixels along the longer side.
    """
    plans = shapely.union_all([_polygon(plan.outline) for plan in city.plans])
    frame = _Frame.of(plans.convex_hull.buffer(MARGIN_M, quad_segs=2), size_px)
    kinds = rasterize(
        _shapes(city),
        out_shape=(frame.height * _FINER, frame.width * _FINER),
        transform=frame.transform(_FINER),
        fill=0,
        dtype="uint8",
    )
    shape = (frame.height, frame.width)
    large = max(8, round(60 / frame.cell_m))
    light = 1 + 0.05 * _noise(shape, large, city.seed) + 0.02 * _noise(shape, max(2, large // 12), city.seed + 1)
    chance = np.random.Generator(np.random.PCG64(city.seed + 2))
    bands = np.zeros((4, *shape), np.uint8)
    for top in range(0, frame.height, _STRIP):
        rows = slice(top, min(top + _STRIP, frame.height))
        finer = _COLOURS[kinds[rows.start * _FINER : rows.stop * _FINER]]
        colours = finer.reshape(rows.stop - top, _FINER, frame.width, _FINER, 3).mean(axis=(1, 3), dtype=np.float32)
        grain = chance.standard_normal((rows.stop - top, frame.width, 1), dtype=np.float32) * 2
        colours = colours * light[rows, :, None] + grain
        bands[:3, rows] = np.clip(colours, 1, 255).astype(np.uint8).transpose(2, 0, 1)
    alpha = rasterize([(frame.flown, 255)], out_shape=shape, transform=frame.transform(), fill=0, dtype="uint8")
    bands[:3, alpha == 0] = 0
    bands[3] = alpha
    _write(path, bands, city.srid, frame, photometric="RGB", alpha="NON-PREMULTIPLIED")


def _shapes(city: City) -> Iterator[tuple[BaseGeometry, int]]:
    """Yield what is drawn, the lowest first."""
    for zone in city.prohibited_zones:
        if zone.code == "VALLEY":
            yield _polygon(zone.outline), _WADI_AT
    for land in city.public_land:
        yield _polygon(land.rings), _RESERVE_AT
    parcels = list(city.parcels)
    for number, parcel in enumerate(parcels):
        yield _polygon(parcel.rings), _GRASS_AT if parcel.land_use in _GREEN_USES else _YARD_AT + number % len(_YARDS)
    for street in city.streets:
        yield from ((_polygon(piece), _ASPHALT_AT) for piece in street.right_of_way)
        if street.width_m >= 15:
            yield from (
                (shapely.LineString(np.array(line) / 1000).buffer(0.4), _LINE_AT) for line in street.centrelines
            )
    yield from _houses(parcels)


def _houses(parcels: Iterable[ParcelRow]) -> Iterator[tuple[BaseGeometry, int]]:
    """Yield houses with their shadows, and trees where there is room."""
    houses, trees = [], []
    for number, parcel in enumerate(parcels):
        lot = _polygon(parcel.rings)
        middle = lot.representative_point()
        if parcel.building_area_m2:
            share = min(max((float(parcel.building_area_m2) / 2 / lot.area) ** 0.5, 0.4), 0.8)
            houses.append(
                (shapely.affinity.scale(lot, share, share, origin=middle), _ROOF_AT + number * 7 % len(_ROOFS))
            )
        if parcel.land_use in _GREEN_USES or number % 3 == 0:
            x, y = lot.exterior.coords[number % 3]
            spot = shapely.Point(x + (middle.x - x) * 0.12, y + (middle.y - y) * 0.12)
            trees.append((spot.buffer(2.2, quad_segs=3), _TREE_AT))
        if parcel.land_use in _GREEN_USES:
            for along in (0.2, 0.4, 0.6, 0.8):
                edge = lot.exterior.interpolate(along, normalized=True)
                x, y = edge.x + (middle.x - edge.x) * 0.35, edge.y + (middle.y - edge.y) * 0.35
                trees.append((shapely.Point(x, y).buffer(3, quad_segs=3), _TREE_AT))
    yield from ((shapely.affinity.translate(house, 1.6, -1.6), _SHADOW_AT) for house, _ in houses)
    yield from houses
    yield from trees


# The terrain ----------------------------------------------------------------------------------------------------------


def draw_terrain(city: City, path: Path, size_px: int = SIZE_PX // 2) -> None:
    """Write heights in metres: a plain that falls towards the east, low dunes, and the wadi that the zones know."""
    frame = _Frame.of(_polygon(city.municipality.outline), size_px)
    east, north = frame.across
    shape = (frame.height, frame.width)
    rise = (frame.west + frame.width * frame.cell_m - east) * 0.006 + (north - north.min()) * 0.002
    metres = 1 / frame.cell_m
    dunes = 9.0 * _noise(shape, max(4, round(700 * metres)), city.seed + 3)
    dunes += 2.5 * _noise(shape, max(3, round(170 * metres)), city.seed + 4)
    plans = shapely.union_all([_polygon(plan.outline) for plan in city.plans])
    built = _faded(plans, frame, lambda inside, outside: np.clip(1 - outside / 500, 0, 1))
    heights = (14 + rise + dunes * (1 - 0.8 * built) - 11.0 * _wadi(city, frame)).astype(np.float32)
    flown = rasterize([(frame.flown, 1)], out_shape=shape, transform=frame.transform(), fill=0, dtype="uint8")
    heights[flown == 0] = -9999.0
    _write(path, heights[None], city.srid, frame, nodata=-9999.0, predictor="YES")


def _wadi(city: City, frame: _Frame) -> NDArray[np.float64]:
    """Return how deep each pixel lies in the wadi, 0 to 1: deepest in its middle, nothing 300 m beside its banks."""
    course = shapely.union_all([_polygon(z.outline) for z in city.prohibited_zones if z.code == "VALLEY"])

    def depth(inside: NDArray[Any], outside: NDArray[Any]) -> NDArray[Any]:
        banks = 0.4 * np.clip(1 - outside / 300, 0, 1) ** 2
        middle: NDArray[Any] = 0.4 + 0.6 * np.clip(inside / 200, 0, 1)
        return np.where(outside > 0, banks, middle)

    return _faded(course, frame, depth)


def _faded(
    land: BaseGeometry, frame: _Frame, value: Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]
) -> NDArray[np.float64]:
    """Return a value for each pixel from its distances to a land's border, measured on a coarse net.

    ``value`` is called with the distance in metres inside of the land (0 outside), and that outside of it (0 inside).
    """
    step = 16
    rows, columns = frame.height // step + 2, frame.width // step + 2
    xs = frame.west + np.arange(columns) * step * frame.cell_m
    ys = frame.north - np.arange(rows) * step * frame.cell_m
    points = shapely.points(*np.meshgrid(xs, ys))
    outside: NDArray[Any] = np.asarray(shapely.distance(land, points))
    inside = np.where(outside > 0, 0.0, shapely.distance(land.boundary, points))
    net = value(inside, outside)
    y, x = np.arange(frame.height) / step, np.arange(frame.width) / step
    top, left = y.astype(int), x.astype(int)
    down, right = (y - top)[:, None], (x - left)[None, :]
    upper = net[top][:, left] * (1 - right) + net[top][:, left + 1] * right
    lower = net[top + 1][:, left] * (1 - right) + net[top + 1][:, left + 1] * right
    smooth: NDArray[np.float64] = upper * (1 - down) + lower * down
    return smooth


# Files ----------------------------------------------------------------------------------------------------------------


def _write(path: Path, bands: NDArray[Any], srid: int, frame: _Frame, **more: Any) -> None:
    """Write a Cloud Optimised GeoTIFF whose tag names the day of the flight."""
    kept = {key: more.pop(key) for key in ("predictor",) if key in more}
    profile = {
        "driver": "GTiff",
        "crs": f"EPSG:{srid}",
        "transform": frame.transform(),
        "count": bands.shape[0],
        "height": bands.shape[1],
        "width": bands.shape[2],
        "dtype": bands.dtype.name,
        **more,
    }
    with rasterio.Env(GDAL_PAM_ENABLED="NO"), MemoryFile() as memory:
        with memory.open(**profile) as draft:
            draft.write(bands)
            draft.update_tags(TIFFTAG_DATETIME=f"{FLOWN_ON:%Y:%m:%d} 09:30:00")
        with memory.open() as draft:
            rasterio.shutil.copy(draft, path, driver="COG", compress="DEFLATE", level=6, **kept)


def load_imagery(city: City, *, using: str = "owner", progress: Callable[[str, int, int | None], None]) -> list[str]:
    """Draw the city from above and take the pictures in; return the names of those that were not there yet."""
    source = {
        "source_ar": "بيانات نموذجية مولّدة حاسوبيًا",
        "source_en": "Sample data, made by computer",
        "licence": "CC0-1.0",
    }
    wanted: dict[str, tuple[Callable[[City, Path], None], str, str, str]] = {
        ORTHO: (draw_ortho, "ortho", "صورة جوية للمدينة النموذجية", "Orthophoto of the sample city"),
        TERRAIN: (draw_terrain, "terrain", "تضاريس المدينة النموذجية", "Terrain of the sample city"),
    }
    loaded = []
    with tempfile.TemporaryDirectory() as folder:
        for name, (draw, kind, title_ar, title_en) in wanted.items():
            if Imagery.objects.using(using).filter(name=name).exists():
                continue
            path = Path(folder) / f"{name}-{FLOWN_ON}.tif"
            progress(f"{name}: drawing", 0, 1)
            draw(city, path)
            words = {"title_ar": title_ar, "title_en": title_en, **source}
            import_files(name, [path], Options(kind=kind, words=words), using=using, progress=progress)
            loaded.append(name)
    return loaded
