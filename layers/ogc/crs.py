"""The coordinate reference systems that features are told in, by their URIs (Features Part 2).

Axis order is the one each authority states: ``EPSG/0/4326`` is latitude before longitude, ``OGC/1.3/CRS84`` is
longitude before latitude. Which operation leads to a system, and how exact it is, says ``layers.crs``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from django.conf import settings

from layers import crs as systems
from layers.problems import bad_parameter, shown

__all__ = ["CRS84", "CRS84_URI", "Crs", "crs_named", "crs_note", "storage", "supported"]

CRS84_URI: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EPSG: Final = "http://www.opengis.net/def/crs/EPSG/0/"
_OFFERED: Final = (4326, 3857)
_REGIONAL: Final = (9359, 20439)
"""KSA-GRF17 and the Ain el Abd grid that it replaced, UTM 39 N: offered where the municipality lies in their area."""

_DEGREE_DECIMALS: Final = 7  # about 1 cm
_METRE_DECIMALS: Final = 3  # the register's own grid


@dataclass(frozen=True)
class Crs:
    """A system as clients name it. ``is_north_first`` is True where its first axis points north (4326)."""

    uri: str
    srid: int
    is_north_first: bool
    is_geographic: bool

    @property
    def decimals(self) -> int:
        """Digits after the point that a coordinate is told with."""
        return _DEGREE_DECIMALS if self.is_geographic else _METRE_DECIMALS


CRS84: Final = Crs(CRS84_URI, 4326, is_north_first=False, is_geographic=True)


def _from_epsg(srid: int) -> Crs:
    parsed = systems.parse(srid)
    first = parsed.axis_info[0].direction.lower() if parsed.axis_info else "east"
    return Crs(f"{_EPSG}{srid}", srid, is_north_first=first in ("north", "south"), is_geographic=parsed.is_geographic)


def storage() -> Crs:
    """Return the system that the features are stored in."""
    return _by_srid(settings.STORAGE_SRID)


@lru_cache(maxsize=32)
def _by_srid(srid: int) -> Crs:
    return _from_epsg(srid)


def supported() -> tuple[Crs, ...]:
    """Return the systems on offer, CRS84 (the default) first."""
    return _supported(settings.STORAGE_SRID)


@lru_cache(maxsize=8)
def _supported(srid: int) -> tuple[Crs, ...]:
    regional = [n for n in _REGIONAL if _meets(srid, n)]
    return (CRS84, *(_by_srid(n) for n in dict.fromkeys((*_OFFERED, srid, *regional))))


def _meets(one: int, other: int) -> bool:
    a, b = systems.describe(one).area_of_use, systems.describe(other).area_of_use
    return a is not None and b is not None and a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def crs_named(value: str, parameter: str) -> Crs:
    """Return the system that a parameter names by its URI.

    Raises
    ------
    Problem
        400: it is not on offer; the message lists what is.
    """
    for crs in supported():
        if value == crs.uri:
            return crs
    listed = ", ".join(crs.uri for crs in supported())
    raise bad_parameter(
        parameter,
        f"نظام الإحداثيات «{shown(value, 100)}» غير متاح. المتاح: {listed}",
        f"the coordinate reference system “{shown(value, 100)}” is not on offer. On offer: {listed}",
    )


@lru_cache(maxsize=64)
def crs_note(crs: Crs, language: str) -> str:
    """Return one sentence on how exact coordinates in a system are; empty where nothing is lost on the way."""
    record = systems.operation(settings.STORAGE_SRID, crs.srid)
    if not record.accuracy_m:
        return ""
    name = systems.label(crs.srid)
    if language == "ar":
        return f"{name}: دقة التحويل {record.accuracy_m:g} م ({record.name})؛ لا يُستعمل لإعادة رسم الحدود."
    accuracy = f"{record.accuracy_m:g} m ({record.name})"
    return f"{name}: transformed with an accuracy of {accuracy}; not for setting out boundaries."
