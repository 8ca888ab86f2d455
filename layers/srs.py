"""Names of coordinate reference systems: what a code or a .prj means, where it may be used, what PostGIS must know.

No coordinate is transformed here; that is ``layers.crs``, which also exposes every name of this module.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pyproj import CRS
from pyproj.exceptions import CRSError

WGS84: Final = 4326
BELT_MARGIN_DEG: Final = 0.5
"""How far beyond a projection's area of use data may lie: a town on the edge of a UTM belt keeps one belt."""

KSA_GRF17_CODES: Final = (9333, 9356, 9357, 9358, 9359, 9360)
"""KSA-GRF17 geographic and UTM 36N-40N; PostGIS 3.3's spatial_ref_sys lacks them."""

Bounds = tuple[float, float, float, float]
CrsLike = int | str | CRS

_LEGACY_BY_CODE: Final = {
    4204: "Ain el Abd",
    4270: "Nahrwan 1967",
    4744: "Nahrwan 1934",
    4246: "Kuwait Oil Company",
    4232: "Fahud",
    4134: "PDO Survey Datum 1993",
    4303: "Trucial Coast 1948",
    4285: "Qatar 1974",
    4286: "Qatar 1948",
}
_LEGACY_WORDS: Final = ("ain el abd", "ain_el_abd", "nahrwan", "trucial coast", "fahud")

_ARABIC_DATUM: Final = {
    "Ain el Abd": "عين العبد",
    "Nahrwan 1967": "نهروان 1967",
    "Nahrwan 1934": "نهروان 1934",
    "KSA-GRF17": "المرجع الجيوديسي الوطني السعودي KSA-GRF17",
    "WGS 84": "النظام الجيوديسي العالمي WGS 84",
}


class CrsRefused(ValueError):
    """A coordinate system that cannot be used as asked; ``what`` is a stable code, both messages are for people."""

    def __init__(self, message_ar: str, message_en: str, *, what: str, todo: str = "") -> None:
        super().__init__(message_en)
        self.message_ar = message_ar
        self.message_en = message_en
        self.what = what
        self.todo = todo


class Outside(CrsRefused):
    """Data outside the area of use of a coordinate system; ``belt`` is the UTM belt that holds it, or None."""

    def __init__(self, message_ar: str, message_en: str, *, belt: int | None) -> None:
        todo = f"use a database whose STORAGE_SRID is {belt}" if belt else "split the file by UTM belt"
        super().__init__(message_ar, message_en, what="outside_area", todo=todo)
        self.belt = belt


@dataclass(frozen=True)
class CrsInfo:
    """What people need to know about a coordinate system. ``code`` is None where no authority has numbered it.

    ``unit`` is ``m``, ``deg``, ``ft``, ``us-ft`` or PROJ's own name; ``area_of_use`` is west, south, east,
    north in degrees.
    """

    code: int | None
    name_en: str
    name_ar: str
    unit: str
    is_geographic: bool
    is_legacy_datum: bool
    area_of_use: Bounds | None


# Naming systems -----------------------------------------------------------------------------------------------------


def parse(value: CrsLike) -> CRS:
    """Return the coordinate system named by ``EPSG:n``, ``n``, or the WKT of a .prj file.

    A WKT that an authority has numbered becomes that numbered system, so that two spellings of one system are one.

    Raises
    ------
    CrsRefused
        ``unknown_crs``: the name means nothing to PROJ. ``not_horizontal``: a vertical or local engineering system.

    Examples
    --------
    >>> parse("EPSG:32639") == parse(32639) == parse("32639")
    True
    >>> parse("the old grid")
    Traceback (most recent call last):
        ...
    layers.srs.CrsRefused: The coordinate system "the old grid" is not known.
    """
    if isinstance(value, CRS):
        return value
    return _parse_text(str(value).strip())


@lru_cache(maxsize=256)
def _parse_text(text: str) -> CRS:
    known = f"EPSG:{text}" if text.isdigit() else text
    try:
        crs = CRS.from_user_input(known)
    except CRSError:
        shown = text if len(text) <= 80 else text[:77] + "..."
        raise CrsRefused(
            f'نظام الإحداثيات "{shown}" غير معروف.',
            f'The coordinate system "{shown}" is not known.',
            what="unknown_crs",
            todo="name it by its EPSG code, such as --crs EPSG:32639",
        ) from None
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    if crs.is_vertical or crs.is_engineering or not (crs.is_geographic or crs.is_projected):
        raise CrsRefused(
            f"نظام الإحداثيات {crs.name} ليس نظامًا أفقيًا يمكن الرسم به.",
            f"The coordinate system {crs.name} is not a horizontal system on the earth.",
            what="not_horizontal",
            todo="name a projected or geographic system by its EPSG code",
        )
    number = epsg(crs)
    return CRS.from_epsg(number) if number else crs


def epsg(crs: CRS) -> int | None:
    """Return the EPSG code of a system, or None where pyproj finds no system that is surely the same."""
    # 70 is pyproj's own limit for "the same system, spelled differently"; below it, parameters differ.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return crs.to_epsg(min_confidence=70)


def code(value: CrsLike) -> int | None:
    """Return the EPSG code, or None where the system has none.

    Examples
    --------
    >>> code("EPSG:9359")
    9359
    """
    return epsg(parse(value))


def label(value: CrsLike) -> str:
    """Return ``EPSG:n``, or the name of a system that has no code."""
    crs = parse(value)
    number = epsg(crs)
    return f"EPSG:{number}" if number else str(crs.name)


def describe(value: CrsLike) -> CrsInfo:
    """Return what people need to know about a coordinate system.

    Examples
    --------
    >>> info = describe(20439)
    >>> info.is_legacy_datum, info.unit, info.is_geographic
    (True, 'm', False)
    """
    crs = parse(value)
    area = crs.area_of_use
    return CrsInfo(
        code=epsg(crs),
        name_en=str(crs.name),
        name_ar=_arabic_name(crs),
        unit=_unit(crs),
        is_geographic=bool(crs.is_geographic),
        is_legacy_datum=is_legacy(crs),
        area_of_use=(area.west, area.south, area.east, area.north) if area else None,
    )


def _unit(crs: CRS) -> str:
    name = crs.axis_info[0].unit_name if crs.axis_info else "unknown"
    return {"metre": "m", "degree": "deg", "foot": "ft", "US survey foot": "us-ft"}.get(name, name)


def _arabic_name(crs: CRS) -> str:
    datum, _, rest = str(crs.name).partition(" / ")
    arabic = _ARABIC_DATUM.get(datum, datum)
    if rest.startswith("UTM zone "):
        zone = rest.removeprefix("UTM zone ")
        return f"{arabic}، إسقاط مركاتور المستعرض العالمي، النطاق {zone}"
    return f"{arabic}، {rest}" if rest else arabic


def is_legacy(value: CrsLike) -> bool:
    """Return True for the Gulf's old datums, which are never transformed silently.

    Examples
    --------
    >>> is_legacy(20439), is_legacy(27039), is_legacy(9359)
    (True, True, False)
    """
    crs = parse(value)
    geodetic = crs.geodetic_crs
    if geodetic is None:
        return False
    if epsg(geodetic) in _LEGACY_BY_CODE:
        return True
    names = f"{geodetic.name} {geodetic.datum.name if geodetic.datum else ''}".lower()
    return any(word in names for word in _LEGACY_WORDS)


# Areas of use -------------------------------------------------------------------------------------------------------


def utm_belt(lon: float, lat: float) -> int:
    """Return the EPSG code of the WGS 84 / UTM belt that holds a point (the exceptions of Norway are not made).

    Examples
    --------
    >>> utm_belt(50.1, 26.43), utm_belt(2.31, 48.67), utm_belt(-71.1, 42.37), utm_belt(28.0, -26.2)
    (32639, 32631, 32619, 32735)
    """
    zone = int((lon + 180.0) // 6.0) % 60 + 1
    return (32600 if lat >= 0 else 32700) + zone


def belt_that_fits(bounds: Bounds) -> int | None:
    """Return the UTM belt that holds a rectangle in degrees, or None where it spans more than one.

    Examples
    --------
    >>> belt_that_fits((2.29, 48.65, 2.34, 48.69))
    32631
    >>> belt_that_fits((30.0, 20.0, 50.0, 25.0)) is None
    True
    """
    west, south, east, north = bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        return None
    belt = utm_belt((west + east) / 2, (south + north) / 2)
    start = -180 + (belt % 100 - 1) * 6
    fits = start - BELT_MARGIN_DEG <= west and east <= start + 6 + BELT_MARGIN_DEG
    return belt if fits else None


# PostGIS ------------------------------------------------------------------------------------------------------------


def spatial_ref_sys_rows(*more: int) -> list[tuple[int, str, int, str, str]]:
    """Return rows (srid, auth_name, auth_srid, srtext, proj4text) for systems that PostGIS 3.3 does not know.

    Parameters
    ----------
    *more : int
        Further EPSG codes wanted beside KSA-GRF17, such as a STORAGE_SRID that is newer than the PostGIS at hand.

    Notes
    -----
    PostGIS asks PROJ for ``auth_name:auth_srid`` first and reads the two texts only where PROJ does not know the code.
    """
    rows = []
    for number in (*KSA_GRF17_CODES, *(n for n in more if n not in KSA_GRF17_CODES)):
        crs = CRS.from_epsg(number)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # to_proj4 warns that the short form loses detail
            proj4 = crs.to_proj4().replace(" +type=crs", "")
        rows.append((number, "EPSG", number, crs.to_wkt("WKT1_GDAL"), proj4))
    return rows
