"""What a raster says of itself, and whether it can be taken: no pixel is believed before this has passed.

Runs in the confined child (no Django). Only GDAL's GeoTIFF driver opens the file, and nothing that lies beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import rasterio
from pyproj import CRS
from rasterio.enums import ColorInterp
from rasterio.errors import RasterioIOError
from rasterio.io import DatasetReader

from layers import crs as systems
from tiles.raster.errors import RasterRefused

__all__ = ["READ_OPTIONS", "Inspected", "inspect", "opened"]

READ_OPTIONS: Final[dict[str, Any]] = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_PAM_ENABLED": "NO",
    "GDAL_CACHEMAX": 256 << 20,  # bytes, as rasterio takes it
    "CPL_DEBUG": "OFF",
    "GTIFF_IGNORE_READ_ERRORS": "NO",
    "GDAL_NUM_THREADS": 1,
    "PROJ_NETWORK": "OFF",
}

MAX_PIXELS: Final = 20_000_000_000
"""An orthophoto of 14 by 14 km at 10 cm; a larger one comes in sheets."""

MAX_SIDE: Final = 1_000_000
MAX_BLOCK_BYTES: Final = 128 << 20
"""A file of one strip is decoded whole: beyond this, which fits GDAL's cache, it is refused."""

MAX_BYTES_PER_BYTE: Final = 50_000
"""Declared bytes for each byte of the file. Emptiness compresses well, but not endlessly."""

MAX_LATITUDE_DEG: Final = 85.0511
SAMPLE_PX: Final = 1024
LOWEST_M: Final = -1000.0
HIGHEST_M: Final = 9000.0
_DTYPES: Final = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")


@dataclass(frozen=True)
class Inspected:
    """A raster that can be taken.

    ``colours`` are the bands to show (1-based), ``alpha`` the band that says what is valid or 0. ``low`` and ``high``
    are what its values stretch over: the 2nd and 98th percentile for pictures of more than 8 bits, the least and the
    greatest height of a sample for terrain, None where nothing is stretched.
    """

    width: int
    height: int
    dtype: str
    bands: int
    colours: tuple[int, ...]
    alpha: int
    is_palette: bool
    crs: str
    crs_label: str
    nodata: float | None
    captured_on: str
    low: float | None
    high: float | None
    bounds_deg: tuple[float, float, float, float]
    operation: dict[str, Any]
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@contextmanager
def opened(path: str) -> Iterator[DatasetReader]:
    """Open a raster with the GeoTIFF driver alone."""
    with rasterio.Env(**READ_OPTIONS):
        try:
            dataset = rasterio.open(path, driver="GTiff", sharing=False)
        except RasterioIOError as error:
            said = str(error).replace(path, "it")[:120]
            raise RasterRefused(
                "الملف ليس GeoTIFF تمكن قراءته، أو هو مبتور.",
                "The file is no GeoTIFF that can be read, or it is cut short.",
                what="unreadable",
                todo=f"check it with gdalinfo, or ask for it again ({said})",
            ) from None
        with dataset:
            yield dataset


def inspect(path: str, options: dict[str, Any]) -> Inspected:
    """Return what a raster is, having refused what cannot be taken.

    Parameters
    ----------
    path : str
        The file.
    options : dict
        ``kind``, ``crs`` (or empty), ``nodata`` (or None), ``bytes`` of the file.

    Raises
    ------
    RasterRefused, CrsRefused
        Saying what is wrong and what to do.
    """
    with opened(path) as source:
        _check_size(source, int(options["bytes"]))
        _check_bands(source, options["kind"])
        _check_place(source)
        system = _system(source, options["crs"])
        bounds = _bounds_deg(source, system)
        operation = systems.operation(system, 3857, bounds)
        colours, alpha, notes = _bands(source, options["kind"])
        nodata = _nodata(source, options["nodata"], alpha)
        if options["crs"] and source.crs:
            notes.append(f"the coordinate system of the file was set aside for {systems.label(system)}")
        if operation.is_legacy or operation.accuracy_m is None or operation.accuracy_m > 0:
            notes.append(operation.text())
        notes += _collar(source, alpha, nodata)
        low, high = _range(source, options["kind"], colours, alpha, nodata)
        return Inspected(
            width=source.width,
            height=source.height,
            dtype=source.dtypes[0],
            bands=source.count,
            colours=colours,
            alpha=alpha,
            is_palette=_is_palette(source),
            crs=system.to_wkt(),
            crs_label=systems.label(system),
            nodata=nodata,
            captured_on=_captured_on(source),
            low=low,
            high=high,
            bounds_deg=bounds,
            operation=operation.as_json(),
            notes=tuple(notes),
        )


def _check_size(source: DatasetReader, file_bytes: int) -> None:
    width, height = source.width, source.height
    size = np.dtype(source.dtypes[0] if source.dtypes[0] in _DTYPES else "float64").itemsize
    declared = width * height * source.count * size
    if width > MAX_SIDE or height > MAX_SIDE or width * height > MAX_PIXELS:
        raise RasterRefused(
            f"يعلن الملف {width:,} × {height:,} بكسل، والحد {MAX_PIXELS:,} بكسل.",
            f"The file declares {width:,} x {height:,} pixels; {MAX_PIXELS:,} pixels are taken at most.",
            what="too_large",
            todo="cut it into sheets (gdal_retile.py) and import the folder",
        )
    if declared > MAX_BYTES_PER_BYTE * max(file_bytes, 1):
        raise RasterRefused(
            f"يعلن الملف {declared:,} بايت من الصور وحجمه {file_bytes:,} بايت فقط.",
            f"The file declares {declared:,} bytes of picture and has {file_bytes:,} bytes.",
            what="bomb",
            todo="it is empty or made to do harm; ask for it again",
        )
    for rows, columns in source.block_shapes:
        per_pixel = size * (source.count if source.interleaving and source.interleaving.name == "pixel" else 1)
        if rows * columns * per_pixel > MAX_BLOCK_BYTES:
            raise RasterRefused(
                f"كتل الملف {columns:,} × {rows:,} بكسل أكبر من أن تُقرأ.",
                f"The file is stored in blocks of {columns:,} x {rows:,} pixels, too large to be read.",
                what="block_too_large",
                todo="tile it: gdal_translate -co TILED=YES",
            )


def _check_bands(source: DatasetReader, kind: str) -> None:
    kinds = set(source.dtypes)
    if not kinds <= set(_DTYPES):
        raise RasterRefused(
            f"نوع البيانات {source.dtypes[0]} ليس صورة ولا ارتفاعات.",
            f"Values of type {source.dtypes[0]} are neither a picture nor heights.",
            what="data_type",
            todo="convert it to bytes, integers or floating point",
        )
    if kind == "terrain" and (source.count != 1 or _is_palette(source)):
        raise RasterRefused(
            f"للتضاريس نطاق واحد بالمتر، وفي الملف {source.count}.",
            f"Terrain has one band of heights in metres; the file has {source.count}, or a palette.",
            what="not_terrain",
            todo="import it with --kind ortho, or take the band of heights out of it",
        )


def _is_palette(source: DatasetReader) -> bool:
    return bool(source.colorinterp[0] == ColorInterp.palette)


def _system(source: DatasetReader, given: str) -> CRS:
    if given:
        return systems.parse(given)
    if not source.crs:
        raise RasterRefused(
            "لا يذكر الملف نظام إحداثياته.",
            "The file does not say its coordinate system.",
            what="no_crs",
            todo="name it: --crs EPSG:n",
        )
    return systems.parse(source.crs.to_wkt())


def _check_place(source: DatasetReader) -> None:
    matrix = source.transform
    if source.gcps[0] or matrix.is_identity:
        how = "by ground control points only" if source.gcps[0] else "nowhere"
        raise RasterRefused(
            "الملف غير مسند إلى موقع على الأرض (لا مصفوفة إسناد فيه).",
            f"The file is placed {how}: it has no geotransform.",
            what="not_georeferenced",
            todo="georeference it first (gdalwarp, or QGIS: Georeferencer)",
        )
    if not all(math.isfinite(value) for value in matrix[:6]) or abs(matrix.determinant) < 1e-20:
        raise RasterRefused(
            "مصفوفة إسناد الملف ليست صالحة.", "The geotransform of the file is no placement.", what="not_georeferenced"
        )


def _bounds_deg(source: DatasetReader, system: CRS) -> tuple[float, float, float, float]:
    corners = [source.transform @ at for at in ((0, 0), (source.width, 0), (0, source.height), source.shape[::-1])]
    xs, ys = zip(*corners, strict=True)
    west, south, east, north = systems.bounds_to_wgs84((min(xs), min(ys), max(xs), max(ys)), system)
    if not (-180.0 <= west < east <= 180.0 and -MAX_LATITUDE_DEG <= south < north <= MAX_LATITUDE_DEG):
        raise RasterRefused(
            f"يقع الملف في ({west:g}، {south:g}) – ({east:g}، {north:g})، وليس ذلك موضعًا على خريطة الويب.",
            f"The file lies at ({west:g}, {south:g}) - ({east:g}, {north:g}), which is nowhere on a web map.",
            what="bad_place",
            todo="check that its coordinate system is named rightly (--crs)",
        )
    return (west, south, east, north)


def _bands(source: DatasetReader, kind: str) -> tuple[tuple[int, ...], int, list[str]]:
    meaning = source.colorinterp
    alpha = meaning.index(ColorInterp.alpha) + 1 if ColorInterp.alpha in meaning else 0
    others = [band for band in source.indexes if band != alpha]
    notes = []
    if kind == "terrain" or len(others) < 3:
        colours = others[:1]
    else:
        named = [meaning.index(c) + 1 for c in (ColorInterp.red, ColorInterp.green, ColorInterp.blue) if c in meaning]
        colours = named if len(named) == 3 else others[:3]
    if len(others) > len(colours):
        notes.append(f"of {len(others)} bands the bands {', '.join(map(str, colours))} are shown")
    return tuple(colours), alpha, notes


def _nodata(source: DatasetReader, given: float | None, alpha: int) -> float | None:
    """Return the value that means nothing, if one counts: a given one always, the file's unless alpha says it."""
    if given is not None:
        return given
    if alpha or source.nodata is None:
        return None
    value = float(source.nodata)
    if np.dtype(source.dtypes[0]).kind in "iu":
        limits = np.iinfo(source.dtypes[0])
        if not (limits.min <= value <= limits.max and value == int(value)):
            return None  # a value that no pixel can have
    return value


def _collar(source: DatasetReader, alpha: int, nodata: float | None) -> list[str]:
    """Return a note where the file has a border of one value that is not said to mean nothing."""
    if alpha or nodata is not None:
        return []
    shape = tuple(min(side, 64) for side in source.shape)
    small = source.read(1, out_shape=shape)
    border = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    value, count = max(zip(*np.unique(border, return_counts=True), strict=True), key=lambda pair: pair[1])
    if count < 0.9 * border.size:
        return []
    return [f"its border is all {value:g}: if that means nothing, import it again with --nodata {value:g}"]


def _captured_on(source: DatasetReader) -> str:
    """Return the day of the TIFF's DateTime tag as YYYY-MM-DD, or nothing."""
    day = str(source.tags().get("TIFFTAG_DATETIME", ""))[:10].replace(":", "-")
    return day if len(day) == 10 and day[:4].isdigit() and "1900" < day[:4] < "2200" else ""


def _range(
    source: DatasetReader, kind: str, colours: tuple[int, ...], alpha: int, nodata: float | None
) -> tuple[float | None, float | None]:
    if kind == "ortho" and (source.dtypes[0] == "uint8" or _is_palette(source)):
        return None, None
    step = max(source.width, source.height) / SAMPLE_PX
    shape = (max(1, round(source.height / max(step, 1))), max(1, round(source.width / max(step, 1))))
    values = source.read(indexes=list(colours), out_shape=(len(colours), *shape)).astype(np.float64)
    valid = np.isfinite(values)
    if nodata is not None and not math.isnan(nodata):
        valid &= ~(values == nodata).all(axis=0) if len(colours) > 1 else values != nodata
    elif nodata is None:
        valid &= source.dataset_mask(out_shape=shape) > 0
    if not valid.any():
        raise RasterRefused(
            "لا يحوي الملف أي قيمة صالحة.", "The file holds no valid value at all.", what="empty", todo="check --nodata"
        )
    if kind == "terrain":
        return _terrain_range(values[valid])
    bands = [np.percentile(band[ok], (2, 98)) for band, ok in zip(values, valid, strict=True) if ok.any()]
    low, high = min(b[0] for b in bands), max(b[1] for b in bands)
    return float(low), float(high if high > low else low + 1)


def _terrain_range(heights: np.ndarray) -> tuple[float, float]:
    low, high = float(heights.min()), float(heights.max())
    if low < LOWEST_M or high > HIGHEST_M:
        raise RasterRefused(
            f"ارتفاعات الملف من {low:g} إلى {high:g} م: الأرجح أن فيه قيمة تعني «لا شيء» لم تُذكر.",
            f"Heights go from {low:g} to {high:g} m: most likely a value means nothing and is not said to.",
            what="undeclared_nodata",
            todo=f"name it: --nodata {low if low < LOWEST_M else high:g}",
        )
    return math.floor(low), max(math.ceil(high), math.floor(low) + 1)
