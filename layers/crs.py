"""Coordinate reference systems: the only place where coordinates are transformed.

One operation is chosen for a pair of systems and an area, and the same operation is what ``operation()`` reports and
what ``transform()`` carries out: what is shown to people is what was done. Coordinates are always x east (longitude),
y north (latitude), whatever axis order an authority gives.

A legacy datum of the Gulf (the Ain el Abd family, Nahrwan …) is never transformed without being asked for by name
(``allow_legacy=True``): published operations disagree by metres, so the operation and its accuracy go on record.

PROJ_DATA, PROJ_LIB and GDAL_DATA are never set: each library in the process keeps the data it was built with.
"""

from __future__ import annotations

import math
import threading
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.aoi import AreaOfInterest
from pyproj.exceptions import ProjError
from pyproj.transformer import TransformerGroup
from shapely.geometry.base import BaseGeometry

from layers.srs import (
    BELT_MARGIN_DEG,
    WGS84,
    Bounds,
    CrsInfo,
    CrsLike,
    CrsRefused,
    Outside,
    belt_that_fits,
    code,
    describe,
    epsg,
    is_legacy,
    label,
    parse,
    spatial_ref_sys_rows,
    utm_belt,
)

__all__ = [
    "WGS84",
    "Bounds",
    "CrsInfo",
    "CrsLike",
    "CrsOperation",
    "CrsRefused",
    "Outside",
    "belt_that_fits",
    "border",
    "bounds_to_wgs84",
    "code",
    "describe",
    "for_browser",
    "is_legacy",
    "label",
    "operation",
    "parse",
    "require_inside",
    "spatial_ref_sys_rows",
    "transform",
    "transform_coordinates",
    "utm_belt",
]


GeometryOrArray = TypeVar("GeometryOrArray", BaseGeometry, NDArray[np.object_])


@dataclass(frozen=True)
class CrsOperation:
    """How coordinates went from one system to another. ``accuracy_m`` is None where the source states none.

    ``grids_missing`` names the grid files of more accurate operations that this installation does not have.
    """

    source: str
    target: str
    name: str
    accuracy_m: float | None
    is_ballpark: bool
    is_legacy: bool
    grids_missing: tuple[str, ...] = ()
    definition: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the record as it is stored with a source."""
        return asdict(self) | {"grids_missing": list(self.grids_missing)}

    def text(self) -> str:
        """Return one line for people: operation, accuracy, and what would be better."""
        accuracy = "accuracy not stated" if self.accuracy_m is None else f"accuracy {self.accuracy_m:g} m"
        grids = f"; better with {', '.join(self.grids_missing)}" if self.grids_missing else ""
        ballpark = "; BALLPARK, datum shift unknown" if self.is_ballpark else ""
        legacy = "; legacy datum" if self.is_legacy else ""
        return f"{self.source} -> {self.target}: {self.name} ({accuracy}{legacy}{ballpark}{grids})"


@lru_cache(maxsize=8)
def for_browser(srid: int) -> dict[str, str]:
    """Return what a map in a browser needs to know of a system: code, PROJ string, name."""
    found = CRS.from_epsg(srid)
    with warnings.catch_warnings():
        # A PROJ string loses the datum's name; the browser only needs the axes and the metres of the grid.
        warnings.simplefilter("ignore", UserWarning)
        proj4 = found.to_proj4()
    return {"code": f"EPSG:{srid}", "proj4": proj4, "name": found.name}


# Operations ---------------------------------------------------------------------------------------------------------


class _ThreadTransformers(threading.local):
    """Transformers of one thread: PROJ objects of a group may not be shared between threads."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str, Bounds | None], tuple[Transformer, CrsOperation]] = {}


_transformers = _ThreadTransformers()


def operation(source: CrsLike, target: CrsLike, area: Bounds | None = None) -> CrsOperation:
    """Return the record of the operation that ``transform`` uses between two systems over an area.

    Parameters
    ----------
    source, target : int, str or CRS
        ``EPSG:n``, ``n`` or WKT.
    area : tuple of float, optional
        West, south, east, north of the data in degrees (WGS 84). Without it the areas of use of both systems count.

    Returns
    -------
    CrsOperation
        Best operation that covers the area with the grids at hand: smallest stated accuracy, ballpark ones last.
    """
    return _chosen(parse(source), parse(target), area)[1]


def _chosen(source: CRS, target: CRS, area: Bounds | None) -> tuple[Transformer, CrsOperation]:
    rounded = tuple(round(v, 1) for v in area) if area else None  # neighbouring areas share one operation
    key = (source.srs, target.srs, rounded)
    found = _transformers.found.get(key)  # type: ignore[arg-type]
    if found is None:
        if len(_transformers.found) > 128:
            _transformers.found.clear()
        found = _transformers.found[key] = _choose(source, target, area)  # type: ignore[index]
    return found


def _choose(source: CRS, target: CRS, area: Bounds | None) -> tuple[Transformer, CrsOperation]:
    around = area or _common_area(source, target)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "best transformation is not available": we record it instead
        group = TransformerGroup(
            source,
            target,
            always_xy=True,
            area_of_interest=AreaOfInterest(*around) if around else None,  # type: ignore[arg-type]  # pyproj's own stub
        )
    if not group.transformers:
        raise CrsRefused(
            f"لا توجد عملية تحويل معروفة من {label(source)} إلى {label(target)}.",
            f"No operation is known from {label(source)} to {label(target)}.",
            what="no_operation",
        )
    best = min(group.transformers, key=lambda t: _rank(t, around))
    accuracy = best.accuracy if best.accuracy is not None and best.accuracy >= 0 else None
    limit = math.inf if accuracy is None else accuracy
    missing = {
        grid.short_name
        for op in group.unavailable_operations
        if 0 <= (op.accuracy if op.accuracy is not None else -1) < limit
        for grid in op.grids
        if not grid.available
    }
    legacy = is_legacy(source) != is_legacy(target) or (is_legacy(source) and not _same_datum(source, target))
    return best, CrsOperation(
        source=label(source),
        target=label(target),
        name=_operation_name(best),
        accuracy_m=accuracy,
        is_ballpark="ballpark" in best.description.lower(),
        is_legacy=legacy,
        grids_missing=tuple(sorted(missing)),
        definition=best.definition,
    )


def _rank(transformer: Transformer, area: Bounds | None) -> tuple[bool, bool, float]:
    accuracy = transformer.accuracy if transformer.accuracy is not None and transformer.accuracy >= 0 else math.inf
    used = transformer.area_of_use
    covers = area is None or used is None or _contains(tuple(used.bounds), area)
    return ("ballpark" in transformer.description.lower(), not covers, accuracy)


def _operation_name(transformer: Transformer) -> str:
    steps = [s for s in transformer.description.split(" + ") if not s.startswith("axis order change")]
    return " + ".join(steps) or "axis order only"


def _same_datum(source: CRS, target: CRS) -> bool:
    one, other = source.geodetic_crs, target.geodetic_crs
    return one is not None and other is not None and epsg(one) is not None and epsg(one) == epsg(other)


def _contains(outer: Sequence[float], inner: Sequence[float], margin: float = 0.0) -> bool:
    return (
        outer[0] - margin <= inner[0]
        and outer[1] - margin <= inner[1]
        and inner[2] <= outer[2] + margin
        and inner[3] <= outer[3] + margin
    )


def _common_area(source: CRS, target: CRS) -> Bounds | None:
    areas = [c.area_of_use.bounds for c in (source, target) if c.area_of_use]
    if not areas:
        return None
    west, south = max(a[0] for a in areas), max(a[1] for a in areas)
    east, north = min(a[2] for a in areas), min(a[3] for a in areas)
    return (west, south, east, north) if west < east and south < north else None


# Transforming -------------------------------------------------------------------------------------------------------


def transform(
    geometry: GeometryOrArray,
    source: CrsLike,
    target: CrsLike,
    *,
    area: Bounds | None = None,
    allow_legacy: bool = False,
) -> GeometryOrArray:
    """Return a geometry, or an array of them, in another coordinate system; heights are dropped.

    Parameters
    ----------
    geometry : shapely geometry or array of them
        x east, y north in ``source``. Empty geometries and None pass through.
    source, target : int, str or CRS
        ``EPSG:n``, ``n`` or WKT.
    area : tuple of float, optional
        West, south, east, north in degrees of *all* the data, so that every batch of a file uses one operation.
    allow_legacy : bool
        True where the caller records ``operation()`` and shows it; otherwise a legacy datum is refused.

    Raises
    ------
    CrsRefused
        ``legacy_datum``, ``no_operation``, or ``bad_coordinates`` where a point has no image.

    Examples
    --------
    >>> from shapely import Point
    >>> p = transform(Point(50.1, 26.43), 4326, 32639)
    >>> f"{p.x:.3f} {p.y:.3f}"
    '410258.291 2923618.781'
    >>> transform(Point(), 4326, 32639).is_empty
    True
    """
    flat = shapely.force_2d(geometry)
    xy = shapely.get_coordinates(flat)
    moved = transform_coordinates(xy, source, target, area=area, allow_legacy=allow_legacy)
    if not np.isfinite(moved).all():
        bad = xy[~np.isfinite(moved).all(axis=1)][0]
        raise CrsRefused(
            f"الإحداثيات ({bad[0]:g}، {bad[1]:g}) لا يمكن تحويلها من {label(source)} إلى {label(target)}.",
            f"The coordinates ({bad[0]:g}, {bad[1]:g}) cannot be carried from {label(source)} to {label(target)}.",
            what="bad_coordinates",
            todo="check that the file's coordinate system is named rightly (--crs)",
        )
    if isinstance(flat, np.ndarray):
        return shapely.set_coordinates(flat.copy(), moved)
    return shapely.transform(flat, lambda _: moved)


def transform_coordinates(
    xy: NDArray[np.float64], source: CrsLike, target: CrsLike, *, area: Bounds | None = None, allow_legacy: bool = False
) -> NDArray[np.float64]:
    """Return an (n, 2) array of coordinates in another system; what has no image becomes infinite.

    Each vertex is carried by itself, so equal vertices stay equal: neighbours that share corners go on sharing them.
    """
    one, other = parse(source), parse(target)
    if one == other:
        return xy.astype(np.float64, copy=True)
    transformer, record = _chosen(one, other, area)
    if record.is_legacy and not allow_legacy:
        raise CrsRefused(
            f"التحويل من {record.source} إلى {record.target} يمر بمرجع قديم ولا يجري إلا بطلب صريح.",
            f"{record.source} -> {record.target} crosses a legacy datum and is never done silently.",
            what="legacy_datum",
            todo="record and show the operation, then ask with allow_legacy=True",
        )
    if len(xy) == 0:
        return xy.astype(np.float64, copy=True)
    x, y = transformer.transform(xy[:, 0], xy[:, 1], errcheck=False)
    return np.column_stack((x, y))


def bounds_to_wgs84(bounds: Bounds, source: CrsLike) -> Bounds:
    """Return west, south, east, north in degrees of a rectangle in another system.

    Only for finding out *where* data lie (an operation's area, a belt): a legacy datum is accepted here.
    """
    crs = parse(source)
    if crs.is_geographic:
        return bounds
    geodetic = crs.geodetic_crs or WGS84
    west, south, east, north = bounds
    ring = border(bounds)
    try:
        lonlat = transform_coordinates(ring, crs, geodetic, allow_legacy=True)
    except ProjError:
        lonlat = np.full_like(ring, np.inf)
    if not np.isfinite(lonlat).all():
        raise CrsRefused(
            f"الإحداثيات ({west:g}، {south:g}) – ({east:g}، {north:g}) ليست إحداثيات في {label(crs)}.",
            f"The coordinates ({west:g}, {south:g}) - ({east:g}, {north:g}) are not coordinates of {label(crs)}.",
            what="bad_coordinates",
            todo="name the coordinate system the file is really in (--crs)",
        )
    low, high = lonlat.min(axis=0), lonlat.max(axis=0)
    return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def clipped(bounds: Bounds, srid: CrsLike) -> Bounds | None:
    """Return as much of a rectangle of degrees as a system can hold, with a belt around its area; None for nothing.

    Beyond it the system's numbers mean no place, and the image of a rectangle may turn inside out.
    """
    area = parse(srid).area_of_use
    west, south, east, north = area.bounds if area else (-180.0, -80.0, 180.0, 84.0)
    found = (
        max(bounds[0], west - BELT_MARGIN_DEG, -180.0),
        max(bounds[1], south - BELT_MARGIN_DEG, -80.0),
        min(bounds[2], east + BELT_MARGIN_DEG, 180.0),
        min(bounds[3], north + BELT_MARGIN_DEG, 84.0),
    )
    return found if found[0] <= found[2] and found[1] <= found[3] else None


def border(bounds: Bounds, steps: int = 20) -> NDArray[np.float64]:
    """Return the closed outline of a rectangle with points along its sides, which another system would curve."""
    west, south, east, north = bounds
    t = np.linspace(0.0, 1.0, steps + 1)[:-1, None]
    corners = np.array([(west, south), (east, south), (east, north), (west, north), (west, south)])
    sides = [corners[i] + (corners[i + 1] - corners[i]) * t for i in range(4)]
    return np.concatenate([*sides, corners[:1]])


# Areas of use -------------------------------------------------------------------------------------------------------


def require_inside(bounds: Bounds, srid: CrsLike, *, source: CrsLike = WGS84) -> Bounds:
    """Refuse data that lie outside the area of use of a coordinate system; return their bounds in degrees.

    Parameters
    ----------
    bounds : tuple of float
        minx, miny, maxx, maxy in ``source``.
    srid : int, str or CRS
        The system they are to be stored in.

    Raises
    ------
    Outside
        Naming the UTM belt that holds the data.
    CrsRefused
        ``bad_coordinates`` where the numbers cannot be coordinates of ``source``.

    Examples
    --------
    >>> require_inside((2.29, 48.65, 2.34, 48.69), 32639)
    Traceback (most recent call last):
        ...
    layers.srs.Outside: The data lie at 2.2900 E 48.6500 N - 2.3400 E 48.6900 N, outside the area of use of \
EPSG:32639 (48 E 0 N - 54 E 84 N). The UTM belt that holds them is EPSG:32631.
    """
    if not all(math.isfinite(v) for v in bounds):
        raise CrsRefused("حدود البيانات غير معدودة.", "The bounds of the data are not finite.", what="bad_coordinates")
    lonlat = bounds_to_wgs84(bounds, source)
    if not (-180.0 <= lonlat[0] <= lonlat[2] <= 180.0 and -90.0 <= lonlat[1] <= lonlat[3] <= 90.0):
        raise CrsRefused(
            f"القيم ({lonlat[0]:g}، {lonlat[1]:g}) ليست درجات طول وعرض.",
            f"The values ({lonlat[0]:g}, {lonlat[1]:g}) are not degrees of longitude and latitude.",
            what="bad_coordinates",
            todo="name the coordinate system the file is really in (--crs)",
        )
    area = parse(srid).area_of_use
    if area is None or _contains(area.bounds, lonlat, BELT_MARGIN_DEG):
        return lonlat
    raise _outside(lonlat, srid, area.bounds)


def _outside(lonlat: Bounds, srid: CrsLike, area: Sequence[float]) -> Outside:
    belt = belt_that_fits(lonlat)
    ends = (utm_belt(lonlat[0], lonlat[1]), utm_belt(lonlat[2], lonlat[3]))
    data, allowed = _shown(lonlat, ".4f"), _shown(area, "g")
    if belt:
        fits_en = f"The UTM belt that holds them is EPSG:{belt}."
        fits_ar = f"نطاق UTM الذي يحويها هو EPSG:{belt}."
    else:
        fits_en = f"They span the UTM belts EPSG:{ends[0]} to EPSG:{ends[1]}: no single belt holds them."
        fits_ar = f"وهي تمتد من النطاق EPSG:{ends[0]} إلى EPSG:{ends[1]} فلا يحويها نطاق واحد."
    return Outside(
        f"تقع البيانات في {data} خارج مجال استعمال {label(srid)} ({allowed}). {fits_ar}",
        f"The data lie at {data}, outside the area of use of {label(srid)} ({allowed}). {fits_en}",
        belt=belt,
    )


def _shown(b: Sequence[float], form: str) -> str:
    def one(lon: float, lat: float) -> str:
        return f"{abs(lon):{form}} {'E' if lon >= 0 else 'W'} {abs(lat):{form}} {'N' if lat >= 0 else 'S'}"

    return f"{one(b[0], b[1])} - {one(b[2], b[3])}"
