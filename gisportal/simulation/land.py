"""The land of a simulation: parcels that requests are about, and the drawings that surveyors make of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any, Final

import shapely
from django.conf import settings
from django.db import connection
from django.utils import timezone
from shapely import LineString
from shapely.geometry import Polygon
from shapely.ops import split

from gisportal.bench.lots import Lot, lots, plan_of
from land_services.domain import SurveyPart
from land_services.register.adapters import from_db, simplest
from land_services.rulebook.in_force import rules_on
from land_services.surveys.write_dxf import write_subdivision_dxf
from layers.crs import transform
from layers.srs import parse

__all__ = ["Land", "Wanted", "divided", "read_land", "survey_reference"]

AT_MOST = 20_000
SMALLEST_M2 = 800.0
STRIP_M: Final = 1.0
"""How far a boundary adjustment moves the side that two neighbours share."""

Part = tuple[str, Polygon]


@dataclass(frozen=True)
class Wanted:
    """What a request is about: parcels, the polygons of its survey (none where nothing can be drawn), true answers."""

    parcels: list[str]
    parts: list[Part]
    outer: Polygon | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    rooms: tuple[Polygon, ...] = ()
    crs: str = f"EPSG:{settings.STORAGE_SRID}"

    def write(self, path: Path) -> bool:
        """Write the drawing; False where there is none, or none that polylines can hold: a part around another one."""
        if not self.parts or any(polygon.interiors for _, polygon in self.parts):
            return False
        marks = {"room": [SurveyPart("", room) for room in self.rooms]}
        parts = [SurveyPart(number, polygon) for number, polygon in self.parts]
        write_subdivision_dxf(path, parts, self.outer, marks=marks)
        return True


class Land:
    """What the register held when the simulation began; some of it ends while it runs."""

    def __init__(self, parcels: list[str], wide: list[Lot], pairs: list[tuple[Lot, Lot]]) -> None:
        self.parcels, self.wide, self.pairs = parcels, wide, pairs

    def parcel(self, draw: Random) -> str:
        return draw.choice(self.parcels)

    def wanted(self, service: str, draw: Random) -> Wanted:
        """Return what a request of a land service asks for; of one not known here, a lot without a drawing."""
        lot = draw.choice(self.wide)
        return _DRAWN[service](self, lot, draw) if service in _DRAWN else Wanted([lot.uid], [])


def read_land(seed: int) -> Land:
    """Return parcels, lots to divide and neighbours of one title, drawn by the seed."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT uid::text FROM layers_parcel WHERE end_lifespan_version IS NULL
               ORDER BY md5(uid::text || %s) LIMIT %s""",
            [str(seed), AT_MOST],
        )
        parcels = [uid for (uid,) in cursor.fetchall()]
    return Land(parcels, list(lots("default", seed=str(seed), smallest_m2=SMALLEST_M2)), _pairs(seed))


def _pairs(seed: int) -> list[tuple[Lot, Lot]]:
    """Return neighbours that one title joins: they may merge."""
    rows = _rows(
        """SELECT p.uid::text, ST_AsBinary(p.geom), q.uid::text, ST_AsBinary(q.geom)
           FROM register_baunitparcel a
           JOIN register_baunitparcel b ON b.ba_unit_id = a.ba_unit_id AND b.parcel_uid > a.parcel_uid
             AND b.end_entry_id IS NULL
           JOIN layers_parcel p ON p.uid = a.parcel_uid AND p.end_lifespan_version IS NULL
           JOIN layers_parcel q ON q.uid = b.parcel_uid AND q.end_lifespan_version IS NULL
           WHERE a.end_entry_id IS NULL AND ST_Relate(p.geom, q.geom, '****1****')
           ORDER BY md5(p.uid::text || %s) LIMIT 2000""",
        [str(seed)],
    )
    return [(_lot(*row[:2]), _lot(*row[2:])) for row in rows]


def _beside(lot: Lot) -> list[Lot]:
    """Return the neighbours of a lot along a side of it, in its plan and of its use."""
    rows = _rows(
        """SELECT q.uid::text, ST_AsBinary(q.geom) FROM layers_parcel p JOIN layers_parcel q ON q.geom && p.geom
             AND q.end_lifespan_version IS NULL AND (q.plan_no, q.land_use) = (p.plan_no, p.land_use) AND q.id <> p.id
           WHERE p.uid = %s::uuid AND p.end_lifespan_version IS NULL AND ST_Relate(p.geom, q.geom, '****1****')
           ORDER BY q.uid""",
        [lot.uid],
    )
    return [_lot(*row) for row in rows]


def _rows(sql: str, params: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def _lot(uid: str, geometry: Any) -> Lot:
    outline = simplest(from_db(geometry))
    return Lot(uid, outline if isinstance(outline, Polygon) else Polygon())


# What each service draws --------------------------------------------------------------------------------------------


def _divided(land: Land, lot: Lot, draw: Random) -> Wanted:
    return divided(lot)


def divided(lot: Lot) -> Wanted:
    """Return what divides a lot in two; no drawing where it cannot be cut."""
    plan = plan_of(lot, 2)
    if plan is None:
        return Wanted([lot.uid], [])
    parts = [(part.number, part.geometry) for part in plan.parts]
    return Wanted([lot.uid], parts, plan.outer.geometry if plan.outer is not None else None)


def _merged(land: Land, lot: Lot, draw: Random) -> Wanted:
    if not land.pairs:
        return Wanted([lot.uid], [])
    pair = draw.choice(land.pairs)
    joined = shapely.union_all([one.outline for one in pair])
    number = f"M{draw.randrange(10**6)}"
    return Wanted([one.uid for one in pair], [(number, joined)] if isinstance(joined, Polygon) else [])


def _adjusted(land: Land, lot: Lot, draw: Random) -> Wanted:
    near = _beside(lot)
    if not near:
        return Wanted([lot.uid], [])
    other = draw.choice(near)
    moved = _with_side_moved(lot.outline, other.outline)
    return Wanted([lot.uid, other.uid], [("", polygon) for polygon in moved])


def _with_side_moved(gives: Polygon, takes: Polygon) -> list[Polygon]:
    """Return both with their common side moved into the first, [] where that gives no two polygons."""
    shared = shapely.line_merge(shapely.intersection(gives, takes))
    if not isinstance(shared, LineString) or shared.length < STRIP_M:
        return []
    (x0, y0), (x1, y1) = shared.coords[0], shared.coords[-1]
    length = math.dist((x0, y0), (x1, y1))
    if length < STRIP_M:  # one lies around the other
        return []
    normal = (-(y1 - y0) / length, (x1 - x0) / length)
    inward = gives.centroid
    sign = 1 if (inward.x - x0) * normal[0] + (inward.y - y0) * normal[1] > 0 else -1
    dx, dy = sign * normal[0] * STRIP_M, sign * normal[1] * STRIP_M
    over = ((x1 - x0) / length * 100, (y1 - y0) / length * 100)
    line = LineString([(x0 + dx - over[0], y0 + dy - over[1]), (x1 + dx + over[0], y1 + dy + over[1])])
    pieces = sorted(split(gives, line).geoms, key=lambda piece: piece.distance(inward))
    rest = shapely.union_all([takes, *pieces[1:]])
    kept = pieces[0]
    return [kept, rest] if len(pieces) == 2 and isinstance(kept, Polygon) and isinstance(rest, Polygon) else []


def _as_it_is(land: Land, lot: Lot, draw: Random) -> Wanted:
    deeds = _rows(
        """SELECT s.number FROM register_baunitparcel j JOIN register_baunitsource b ON b.ba_unit_id = j.ba_unit_id
             AND b.end_entry_id IS NULL
           JOIN register_source s ON s.id = b.source_id AND s.kind = 'deed' AND s.is_valid
           WHERE j.parcel_uid = %s::uuid AND j.end_entry_id IS NULL ORDER BY s.id""",
        [lot.uid],
    )
    answers = {"consent_to_less": draw.choice(("yes", "no")), "deed_no": deeds[0][0] if deeds else "1"}
    return Wanted([lot.uid], [("", lot.outline)], answers=answers)


ROOM_M: Final = 2.5
"""The side of an electricity room."""


def _measured(land: Land, lot: Lot, draw: Random) -> Wanted:
    """Return a lot as measured on the reference that the rules ask for, some with an electricity room inside."""
    storage, system = f"EPSG:{settings.STORAGE_SRID}", survey_reference()
    at = lot.outline.representative_point()
    room = shapely.box(at.x, at.y, at.x + ROOM_M, at.y + ROOM_M)
    rooms = (room,) if draw.random() < 0.3 and lot.outline.contains(room) else ()
    answers = {
        "purpose": draw.choice(("permit", "deed", "sale", "finance")),
        "instruments": draw.choices(("both", "gnss"), (9, 1))[0],
        "project_type": "land",
        "accuracy_mm": str(draw.choices((10, 20, 50, 80), (4, 4, 2, 1))[0]),
    }
    there = [transform(polygon, storage, system) for polygon in (lot.outline, *rooms)]
    return Wanted([lot.uid], [("", there[0])], answers=answers, rooms=tuple(there[1:]), crs=system)


def survey_reference() -> str:
    """Return the system that survey decisions are drawn in: the national reference where the rules ask for it."""
    rules, storage = rules_on(timezone.localdate()), f"EPSG:{settings.STORAGE_SRID}"
    crs = _reference_like(storage, rules.value("national_reference_crs"))
    return crs if crs and rules.value("national_reference_required") else storage


def _reference_like(storage: str, accepted: Sequence[str]) -> str:
    """Return the system of the national reference in the zone of the register's own; "" where there is none."""
    zone = parse(storage).utm_zone
    return next((code for code in accepted if zone and parse(code).utm_zone == zone), "")


def _with_floors(land: Land, lot: Lot, draw: Random) -> Wanted:
    units = draw.randint(2, 4)
    answers = {"villa_kind": "floors", "villa_attached": "yes", "units": str(units), "parking_bays": str(units)}
    return Wanted([lot.uid], [("", lot.outline)], answers=answers)


def _updated_and_divided(land: Land, lot: Lot, draw: Random) -> Wanted:
    return replace(divided(lot), answers=_as_it_is(land, lot, draw).answers)


_DRAWN: Final[Mapping[str, Callable[[Land, Lot, Random], Wanted]]] = {
    "subdivision": _divided,
    "merge": _merged,
    "boundary_adjustment": _adjusted,
    "deed_update": _as_it_is,
    "survey_decision": _measured,
    "update_and_subdivide": _updated_and_divided,
    "duplex_subdivision": _with_floors,
}
