"""Lots of the sample city, and plans that cut them into parts: the work that is measured."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

import shapely
from django.conf import settings
from django.db import connections
from shapely.geometry import LineString, Polygon

from land_services.cases.checking import service_of
from land_services.checks.survey_crs import to_storage
from land_services.domain import ChangeSet, FactsQuery, LandService, Rules, SurveyPart, SurveyPlan
from land_services.geometry.errors import GeometryError
from land_services.geometry.split import split_by_lines
from land_services.register.adapters import from_db, simplest
from land_services.register.selectors import load_facts
from land_services.rules import load_rules
from land_services.surveys.measure import part_from_polygon

__all__ = ["FILED_ON", "LARGE_M2", "Lot", "PlannedLot", "large_lots", "lots", "plan_of", "planned"]

FILED_ON = date(2026, 11, 1)
SERVICE = "subdivision"
LARGE_M2 = 10_000
HOMES = ("residential", "villa", "duplex", "commercial")


@dataclass(frozen=True)
class Lot:
    """A current parcel of the sample."""

    uid: str
    outline: Polygon


@dataclass(frozen=True)
class PlannedLot:
    """A lot with the change that divides it, and what ``apply_change_set`` is told beside it."""

    lot: Lot
    change_set: ChangeSet
    query: FactsQuery
    service: LandService
    inputs: object
    rules: Rules


def lots(using: str, *, seed: str, smallest_m2: float = 300.0) -> Iterator[Lot]:
    """Yield current lots for building with a convex outline, scattered over the city by a hash of uid and ``seed``."""
    yield from _lots(
        using,
        """SELECT uid::text, ST_AsBinary(geom) FROM layers_parcel
           WHERE end_lifespan_version IS NULL AND land_use = ANY(%s) AND calculated_area_m2 >= %s
             AND ST_Area(ST_ConvexHull(geom)) < 1.02 * calculated_area_m2
           ORDER BY md5(uid::text || %s) LIMIT 2000""",
        [list(HOMES), smallest_m2, seed],
    )


def large_lots(using: str) -> Iterator[Lot]:
    """Yield lots large enough for twenty parts, those of about ``LARGE_M2`` first."""
    yield from _lots(
        using,
        """SELECT uid::text, ST_AsBinary(geom) FROM layers_parcel
           WHERE end_lifespan_version IS NULL AND land_use = ANY(%s)
             AND ST_Area(ST_ConvexHull(geom)) < 1.02 * calculated_area_m2
           ORDER BY abs(calculated_area_m2 - %s), uid LIMIT 200""",
        [list(HOMES), LARGE_M2],
    )


def _lots(using: str, sql: str, params: list[Any]) -> Iterator[Lot]:
    with connections[using].cursor() as cursor:
        cursor.execute(sql, params)
        rows = cursor.fetchall()
    for uid, geometry in rows:
        outline = simplest(from_db(geometry))
        if isinstance(outline, Polygon) and not outline.interiors:
            yield Lot(uid, outline)


def plan_of(lot: Lot, parts: int) -> SurveyPlan | None:
    """Return a plan that cuts the lot into ``parts`` pieces, two rows of them from six on; None where it does not."""
    rows = 2 if parts >= 6 else 1
    try:
        pieces = split_by_lines(lot.outline, _cuts(lot.outline, parts // rows, rows), []).parts
    except GeometryError:
        return None
    if len(pieces) != parts:
        return None
    name = f"bench-{parts}.dxf"
    return SurveyPlan(
        parts=tuple(_part(str(number), piece) for number, piece in enumerate(pieces, start=1)),
        outer=_part("", lot.outline),
        crs=f"EPSG:{settings.STORAGE_SRID}",
        unit="m",
        format="dxf",
        file_name=name,
        sha256=sha256(f"{lot.uid}/{parts}".encode()).hexdigest(),
    )


def _part(number: str, polygon: Polygon) -> SurveyPart:
    return part_from_polygon(number, polygon)


def _cuts(outline: Polygon, columns: int, rows: int) -> list[LineString]:
    """Return the lines that cut an outline into equal columns across its longer side, and into rows along it."""
    frame = shapely.get_coordinates(shapely.oriented_envelope(outline))
    a, b, c = frame[0], frame[1], frame[2]
    if math.dist(a, b) < math.dist(b, c):
        a, b, c = b, c, frame[3]
    along, across = b - a, c - b
    lines = []
    for column in range(1, columns):
        foot = a + along * column / columns
        lines.append(LineString([foot - across * 0.1, foot + across * 1.1]))
    for row in range(1, rows):
        foot = a + across * row / rows
        lines.append(LineString([foot - along * 0.1, foot + along * 1.1]))
    return lines


def planned(lot: Lot, parts: int, reference: str, using: str) -> PlannedLot | None:
    """Return the lot with the subdivision that divides it, however small the parts; None where none can."""
    plan = plan_of(lot, parts)
    if plan is None:
        return None
    service = service_of(SERVICE)
    inputs = service.inputs(
        parcel_uids=(lot.uid,),
        survey=to_storage(plan, settings.STORAGE_SRID),
        source=plan,
        reference=reference,
        filed_on=FILED_ON,
    )
    query = service.needs(inputs)
    rules = load_rules(settings.AUTHORITY, FILED_ON)
    try:
        change_set = service.plan(inputs, load_facts(query, using=using), rules)
    except ValueError:
        return None
    return PlannedLot(lot, change_set, query, service, inputs, rules)
