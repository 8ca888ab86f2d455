"""The rows of the made-up municipality: plain values, coordinates as whole millimetres.

A ring is a closed tuple of ``(x, y)`` millimetres, outlines counter-clockwise and holes clockwise; a polygon is a
tuple of rings, outline first. ``k`` millimetres are ``k / 1000`` metres in the storage CRS, never ``k * 0.001``.
"""

from __future__ import annotations

import struct
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

Point = tuple[int, int]
Ring = tuple[Point, ...]
PolygonMm = tuple[Ring, ...]
LineMm = tuple[Point, ...]


class MunicipalityRow(NamedTuple):
    """The municipality and its outline."""

    name_ar: str
    name_en: str
    outline: PolygonMm


class DistrictRow(NamedTuple):
    """A district; ``id`` is its index, from 0."""

    id: int
    name_ar: str
    name_en: str
    outline: PolygonMm


class PlanRow(NamedTuple):
    """An approved subdivision plan. Its lots, streets and public land tile the outline exactly."""

    id: int
    plan_no: str
    district: int
    name_ar: str
    name_en: str
    approved_hijri: str
    outline: PolygonMm


class BlockRow(NamedTuple):
    """A block of a plan: the outline of the lots, remnants and closed alleys between streets."""

    id: int
    plan: int
    plan_no: str
    block_no: str
    outline: PolygonMm


class StreetRow(NamedTuple):
    """A street or a piece of one: ``centrelines`` noded at crossings, ``right_of_way`` sharing the lots' vertices.

    ``direction`` of cars is seen along the centrelines; ``barrier`` stands across the street.
    """

    id: int
    plan: int | None
    name_ar: str
    name_en: str
    width_m: float
    road_class: str
    centrelines: tuple[LineMm, ...]
    right_of_way: tuple[PolygonMm, ...]
    is_closed: bool = False
    direction: str = "both"
    users: str = "all"
    barrier: str = ""


class ZoneRow(NamedTuple):
    """A planning zone; ``kind`` is ``zoning``, ``growth_phase`` or ``prohibited``.

    ``phase_year_ah`` is the last year of a growth phase; ``authority`` is the body in charge of a prohibited zone, in
    Arabic and English, ``remarks`` what the staff noted on it.
    """

    id: int
    code: str
    kind: str
    name_ar: str
    name_en: str
    outline: PolygonMm
    phase_year_ah: int | None = None
    authority: tuple[str, str] = ("", "")
    remarks: str = ""


class ArcSide(NamedTuple):
    """A true arc behind a run of chords of a parcel's outline, in ring order; ``sense`` is ``cw`` or ``ccw``."""

    start: Point
    end: Point
    centre: Point
    radius_mm: int
    sense: str


class ParcelRow(NamedTuple):
    """A current parcel. Areas in m2 to two decimals; ``official`` is the deed's, ``surveyed`` the ground's."""

    uid: UUID
    plan: int
    district: int
    plan_no: str
    block_no: str
    parcel_no: str
    land_use: str
    official_area_m2: Decimal | None
    surveyed_area_m2: Decimal | None
    building_area_m2: Decimal | None
    unit_count: int | None
    rings: PolygonMm
    arcs: tuple[ArcSide, ...] = ()


class PublicLandRow(NamedTuple):
    """Land that is neither parcel nor street: ``remnant`` (thin strip beside lots) or ``reserve`` (not allotted)."""

    id: int
    plan: int
    block_no: str
    kind: str
    rings: PolygonMm


class PlaceRow(NamedTuple):
    """A place of the neighbourhood finder; hours in OpenStreetMap's notation, or in words that nothing understands."""

    id: int
    category: str
    kind: str
    name_ar: str
    name_en: str
    opening_hours: str
    ramadan_hours: str
    prayer_pause: str
    phone: str
    wheelchair: str
    point: Point
    parcel: UUID
    address_ar: str = ""
    address_en: str = ""
    source: str = ""
    source_ref: str = ""
    source_on: date | None = None


class AddressRow(NamedTuple):
    """The address of a built lot: four-digit numbers as text, the point at the door."""

    id: int
    building_no: str
    additional_no: str
    street_ar: str
    street_en: str
    district_ar: str
    district_en: str
    postcode: str
    short_address: str
    point: Point
    parcel: UUID


class PartyRow(NamedTuple):
    """A person, company, government body or group (heirs). All made up; no number passes its checksum."""

    id: int
    kind: str
    name_ar: str
    name_en: str
    id_kind: str
    id_number: str
    agent_of: int | None = None
    member_of: int | None = None


class TitleRow(NamedTuple):
    """A title (BAUnit) and the parcels it joins."""

    id: int
    uid: UUID
    parcels: tuple[UUID, ...]


class RightRow(NamedTuple):
    """A party's share in a title; the shares of a title sum to exactly 1."""

    id: int
    title: int
    party: int
    kind: str
    share_num: int
    share_den: int


class DeedRow(NamedTuple):
    """A deed of a title. ``hijri_date`` is ``YYYY/MM/DD`` or, for deeds older than 1343 AH, raw text as written."""

    id: int
    title: int
    number: str
    hijri_date: str
    issuer: str
    kind: str
    area_m2: Decimal | None
    is_valid: bool


class RestrictionRow(NamedTuple):
    """A restriction on a title: ``seizure``, ``mortgage``, ``easement`` or ``usufruct``."""

    id: int
    title: int
    kind: str
    reference: str
    holder: str


class Situation(NamedTuple):
    """Where an interesting case lies. ``expect`` says what a checker must find; ``related`` names neighbours or parts.

    ``public_land`` and ``street`` are ids of the remnant or closed alley in question.
    """

    code: str
    uid: UUID
    plan_no: str
    block_no: str
    parcel_no: str
    expect: str
    related: tuple[UUID, ...] = ()
    public_land: int | None = None
    street: int | None = None


_POLYGON, _LINE, _POINT, _MULTI_POLYGON, _MULTI_LINE = 3, 2, 1, 6, 5
_HAS_SRID = 0x20000000


def _header(kind: int, srid: int | None) -> bytes:
    if srid is None:
        return struct.pack("<BI", 1, kind)
    return struct.pack("<BII", 1, kind | _HAS_SRID, srid)


def _coordinates(points: Ring | LineMm) -> bytes:
    flat = [c / 1000 for point in points for c in point]
    return struct.pack(f"<I{len(flat)}d", len(points), *flat)


def polygon_wkb(polygon: PolygonMm, srid: int | None = None) -> bytes:
    """Return a polygon as WKB in metres, or as EWKB when ``srid`` is given.

    Examples
    --------
    >>> len(polygon_wkb((((0, 0), (1000, 0), (0, 1000), (0, 0)),)))
    77
    """
    return _header(_POLYGON, srid) + struct.pack("<I", len(polygon)) + b"".join(map(_coordinates, polygon))


def multipolygon_wkb(polygons: tuple[PolygonMm, ...], srid: int | None = None) -> bytes:
    """Return polygons as one MultiPolygon in WKB, or EWKB when ``srid`` is given."""
    return _header(_MULTI_POLYGON, srid) + struct.pack("<I", len(polygons)) + b"".join(map(polygon_wkb, polygons))


def line_wkb(line: LineMm, srid: int | None = None) -> bytes:
    """Return a line as WKB in metres, or EWKB when ``srid`` is given."""
    return _header(_LINE, srid) + _coordinates(line)


def multiline_wkb(lines: tuple[LineMm, ...], srid: int | None = None) -> bytes:
    """Return lines as one MultiLineString in WKB, or EWKB when ``srid`` is given."""
    return _header(_MULTI_LINE, srid) + struct.pack("<I", len(lines)) + b"".join(map(line_wkb, lines))


def point_wkb(point: Point, srid: int | None = None) -> bytes:
    """Return a point as WKB in metres, or EWKB when ``srid`` is given."""
    return _header(_POINT, srid) + struct.pack("<2d", point[0] / 1000, point[1] / 1000)
