"""Boundary adjustments between random neighbours of a real fabric, each looked at by measures of the test's own."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any, Final

import shapely
from django.conf import settings
from django.db import connection
from django.utils import timezone
from shapely.geometry import Polygon

from land_services.cases.checking import Checked, check_plan, service_of
from land_services.checks.engine import run_checks
from land_services.checks.land import measured_area_m2, single_polygon
from land_services.checks.rights import holding
from land_services.domain import Facts, FactsQuery, ParcelFact, ReleaseLand, SurveyPlan
from land_services.geometry.measure import area_mm2_twice
from land_services.register.apply import apply_change_set
from land_services.register.errors import ChangeRefused
from land_services.register.selectors import load_facts, titles_of
from land_services.surveys.measure import part_from_polygon

from .drawings import neighbours_along, side_moved
from .registry import Registry

__all__ = ["Adjusting"]

CODE: Final = "boundary_adjustment"
WAYS: Final = ("straight", "slanted", "bent")
AROUND_M: Final = 60.0
LEAST_SHARED_M: Final = 3.0
GRID_M: Final = 0.001
ROUNDED_M: Final = 0.00071
"""How far a vertex inserted into a line goes to a point of the grid; where nobody lies beyond, land goes with it."""


class Adjusting:
    """Pairs of neighbours whose common side moves: each is told with what does not hold of it, which is nothing."""

    def __init__(self, rng: Random, say: Callable[..., None], registry: Registry) -> None:
        self.rng, self.say, self.registry = rng, say, registry

    def pairs(self, count: int) -> None:
        """Adjust so many pairs, each way and direction in turn; those that a check refuses are told beside."""
        applied = asked = 0
        while applied < count and asked < 12 * count:
            asked += 1
            told = self.one(WAYS[applied % len(WAYS)], f"A-{asked}", reverse=applied % 2 == 1)
            if told is not None:
                self.say(**told)
                if told["adjusted"] == "applied":
                    applied += 1
                    self.registry.catch_up()

    def one(self, way: str, reference: str, *, reverse: bool) -> dict[str, Any] | None:
        pair = self._pair()
        if pair is None:
            return None
        giver, taker = pair[::-1] if reverse else pair
        gives, takes = single_polygon(giver.geometry), single_polygon(taker.geometry)
        assert gives is not None and takes is not None
        by_m = self.rng.uniform(0.7, max(0.8, min(5.0, math.sqrt(gives.area) / 4)))
        moved = side_moved(gives, takes, by_m, way)
        if moved is None:
            return None
        told: dict[str, Any] = {"way": way, "reverse": reverse, "by_m": round(by_m, 3), "pair": [giver.uid, taker.uid]}
        checked = self._checked((giver, taker), moved, reference)
        if checked.change_set is None:
            rules = sorted({f"{one.rule} {one.variant}".strip() for one in checked.findings if one.severity == "error"})
            return {**told, "adjusted": "found", "rules": rules}
        before = load_facts(FactsQuery((giver.uid, taker.uid), AROUND_M))
        try:
            applied = apply_change_set(
                checked.change_set,
                reference=reference,
                acting_user_id=1,
                recheck=lambda facts: run_checks(checked.service, checked.inputs, facts, checked.rules),
                query=checked.service.needs(checked.inputs),
            )
        except ChangeRefused as refused:
            return {**told, "adjusted": "refused", "rules": [type(refused).__name__], "why": str(refused)}
        after = load_facts(FactsQuery((giver.uid, taker.uid), AROUND_M))
        wrong = [*_areas(before, after, checked), *_vertices(after), *_coverage(before, after), *_sides(after)]
        wrong += [*_titles(before, after), *_as_drawn(after, moved, checked.rules.value("outline_tolerance_m"))]
        passed = round(before.parcels[0].geometry.area - after.parcels[0].geometry.area, 2)
        return {**told, "adjusted": "applied", "passed_m2": passed, "amended": len(applied.amended), "wrong": wrong}

    def _pair(self) -> tuple[ParcelFact, ParcelFact] | None:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT uid::text FROM layers_parcel WHERE end_lifespan_version IS NULL
                     AND ST_NPoints(geom) < 400 AND calculated_area_m2 > 60 ORDER BY uid"""
            )
            uids = [uid for (uid,) in cursor.fetchall()]
        facts = load_facts(FactsQuery((self.rng.choice(uids),), 1.0))
        first = facts.parcels[0]
        beside = [
            other
            for other in neighbours_along(first, facts, LEAST_SHARED_M)
            if (other.plan_no, other.land_use) == (first.plan_no, first.land_use)
            and len(shapely.get_coordinates(other.geometry)) < 400
        ]
        if single_polygon(first.geometry) is None or not beside:
            return None
        return first, self.rng.choice(beside)

    def _checked(self, pair: tuple[ParcelFact, ParcelFact], moved: tuple[Polygon, Polygon], reference: str) -> Checked:
        numbers = [parcel.parcel_no for parcel in pair]
        plan = SurveyPlan(
            parts=tuple(part_from_polygon(number, polygon) for number, polygon in zip(numbers, moved, strict=True)),
            outer=None,
            crs=f"EPSG:{settings.STORAGE_SRID}",
            unit="m",
            format="dxf",
            file_name=f"{reference}.dxf",
            sha256=hashlib.sha256(reference.encode()).hexdigest(),
        )
        uids = tuple(parcel.uid for parcel in pair)
        return check_plan(service_of(CODE), plan, uids, reference=reference, filed_on=timezone.localdate())


# What must hold -------------------------------------------------------------------------------------------------------


def _areas(before: Facts, after: Facts, checked: Checked) -> list[str]:
    """What one loses the other gains: exactly in whole millimetres and in the areas of register and deed."""
    wrong = []
    released = [op.geometry for op in checked.change_set.of(ReleaseLand)] if checked.change_set else []
    outline = shapely.union_all([parcel.geometry for parcel in after.parcels])
    if not isinstance(outline, Polygon) or area_mm2_twice(outline) != sum(
        area_mm2_twice(parcel.geometry) for parcel in after.parcels
    ):
        wrong.append("the two do not make up one outline, to the square millimetre")
    twice = [sum(area_mm2_twice(one.geometry) for one in (*f.parcels, *f.neighbours)) for f in (before, after)]
    moved = twice[1] + sum(area_mm2_twice(piece) for piece in released) - twice[0]
    if abs(moved) / 2e6 > ROUNDED_M * outline.length / 2:
        wrong.append(f"{moved / 2e6:.4f} m2 more land than before, all around together")
    measured = [measured_area_m2(new) - measured_area_m2(old) for old, new in _both(before, after)]
    if sum(measured) and not released:
        wrong.append(f"measured areas do not balance: {measured}")
    kept = _both(before, after)
    for (old, new), change in zip(kept, measured, strict=True):
        drawn = Decimal(str(new.geometry.area - old.geometry.area))
        if abs(drawn - change) > Decimal("0.02"):
            wrong.append(f"the measured area of {new.parcel_no} moved by {change}, its outline by {drawn:.3f}")
        if new.official_area_m2 is not None and old.official_area_m2 is not None:
            if new.official_area_m2 - old.official_area_m2 != change:
                wrong.append(f"the deed's area of {new.parcel_no} did not move by {change}")
    return wrong


def _both(before: Facts, after: Facts) -> list[tuple[ParcelFact, ParcelFact]]:
    return list(zip(before.parcels, after.parcels, strict=True))


def _vertices(after: Facts) -> list[str]:
    """Every vertex of the two on the line of a neighbour is a vertex of that neighbour, and the other way round."""
    wrong = []
    pair = shapely.union_all([parcel.geometry.boundary for parcel in after.parcels])
    ours = {tuple(point) for parcel in after.parcels for point in shapely.get_coordinates(parcel.geometry)}
    for other in after.neighbours:
        edge, theirs = other.geometry.boundary, {tuple(p) for p in shapely.get_coordinates(other.geometry)}
        loose = [p for p in ours - theirs if edge.distance(shapely.Point(p)) < GRID_M / 2]
        loose += [p for p in theirs - ours if pair.distance(shapely.Point(p)) < GRID_M / 2]
        if loose:
            wrong.append(f"vertices on the line of {other.parcel_no} that only one of both has: {loose[:3]}")
    first, second = after.parcels
    common = first.geometry.boundary.intersection(second.geometry.boundary)
    if common.length == 0:
        wrong.append("they are neighbours no more")
    return wrong


def _coverage(before: Facts, after: Facts) -> list[str]:
    """All land around is covered as before, and no more of it twice."""
    wrong = []
    unions, twice = [], []
    for facts in (before, after):
        land = [
            one.geometry if one.geometry.is_valid else one.geometry.buffer(0)
            for one in (*facts.parcels, *facts.neighbours)
        ]
        unions.append(shapely.union_all(land))
        twice.append(sum(one.area for one in land) - unions[-1].area)
    lost = unions[0].symmetric_difference(unions[1]).area
    if lost > 0.001 * 0.001 * 50 + 0.002 * sum(parcel.geometry.length for parcel in after.parcels):
        wrong.append(f"{lost:.4f} m2 of land around are covered otherwise than before")
    if twice[1] > twice[0] + 0.001 * sum(parcel.geometry.length for parcel in after.parcels):
        wrong.append(f"{twice[1] - twice[0]:.4f} m2 more land lie in two parcels")
    return wrong


def _sides(after: Facts) -> list[str]:
    """The sides on record of both are their new outlines, end to end, and the common one names the other."""
    wrong = []
    for parcel, other in (after.parcels, after.parcels[::-1]):
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT ST_AsBinary(geom), length_m, adjoining_ar, adjoining_en FROM layers_boundaryline
                   WHERE parcel_id = %s ORDER BY sequence""",
                [parcel.version],
            )
            rows = [(shapely.from_wkb(bytes(line)), length, ar, en) for line, length, ar, en in cursor.fetchall()]
        ends = [point for line, *_ in rows for point in (line.coords[0], line.coords[-1])]
        corners = {tuple(point) for point in shapely.get_coordinates(parcel.geometry)}
        if not rows or any(tuple(point) not in corners for point in ends):
            wrong.append(f"sides of {parcel.parcel_no} end at points that are no corners of it")
            continue
        total = sum(float(length) for _, length, *_ in rows)
        if abs(total - parcel.geometry.length) > 0.001 * len(corners) + 0.05:
            wrong.append(f"sides of {parcel.parcel_no} are {total:.3f} m, its outline {parcel.geometry.length:.3f} m")
        common = parcel.geometry.boundary.intersection(other.geometry.boundary)
        beside = [row for row in rows if row[0].interpolate(0.5, normalized=True).distance(common) < 0.05]
        if beside and not any(other.parcel_no in row[3] and other.parcel_no in row[2] for row in beside):
            wrong.append(f"no side of {parcel.parcel_no} names {other.parcel_no}: {[row[3] for row in beside]}")
    return wrong


def _titles(before: Facts, after: Facts) -> list[str]:
    """Owners, shares and restrictions stay as they were; every deed waits for the registry."""
    wrong = []
    old = {title.id: title for title in before.titles}
    for title in titles_of([parcel.uid for parcel in after.parcels]):
        was = old.pop(title.id, None)
        if was is None or holding(was) != holding(title) or was.restrictions != title.restrictions:
            wrong.append(f"title {title.id} is another one")
        if sum(right.share for right in title.rights if right.kind == "ownership") != 1:
            wrong.append(f"shares of title {title.id} do not sum to 1")
        if not all(deed.pending for deed in title.deeds):
            wrong.append(f"a deed of title {title.id} does not wait for the registry")
    return wrong + [f"title {key} is gone" for key in old]


def _as_drawn(after: Facts, moved: tuple[Polygon, Polygon], tolerance_m: float) -> list[str]:
    """Both lie as they were drawn, within the tolerance by which a drawing is fitted."""
    wrong = []
    for parcel, drawn in zip(after.parcels, moved, strict=True):
        apart = parcel.geometry.symmetric_difference(drawn).buffer(-tolerance_m / 2, join_style="mitre")
        if apart.area > 0.01:
            wrong.append(f"{parcel.parcel_no} does not lie as drawn: {apart.area:.3f} m2")
    return wrong
