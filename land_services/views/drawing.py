"""Features for the map component, in the storage CRS, from facts, change sets and findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from shapely.geometry import Polygon, box, mapping
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from land_services.cases.conflicts import Conflict
from land_services.cases.models import Case
from land_services.documents.build import units_of
from land_services.domain import AmendBoundary, ChangeSet, CreateSpatialUnit, Facts, ParcelFact, ShowLand, StreetFact
from land_services.isolated import isolated
from land_services.precision import overlap_limit_m2

__all__ = ["conflicts", "feature", "findings", "parcels", "remarks", "resulting", "results", "sides", "streets"]

Feature = dict[str, Any]


def feature(geometry: BaseGeometry | Mapping[str, Any], label: str = "", id: str = "", **properties: Any) -> Feature:
    """Return a feature as the map component takes it."""
    shape = mapping(geometry) if isinstance(geometry, BaseGeometry) else geometry
    made: Feature = {"type": "Feature", "geometry": shape, "properties": {"label": label, **properties}}
    if id:
        made["id"] = id
    return made


def parcels(facts: Iterable[ParcelFact], prefix: str = "") -> list[Feature]:
    """Return parcels labelled with their numbers; with a prefix, their ids are prefix and uid."""
    return [feature(p.geometry, p.parcel_no, f"{prefix}{p.uid}" if prefix else "") for p in facts]


def streets(facts: Iterable[StreetFact], language: str) -> list[Feature]:
    """Return rights of way, and centrelines labelled with name and width."""
    made = []
    for street in facts:
        name = (street.name_en if language == "en" else street.name_ar) or street.name_ar or street.name_en
        unit = "m" if language == "en" else "م"
        label = f"{name} · {street.width_m:g} {unit}" if street.width_m else name
        if street.right_of_way is not None:
            made.append(feature(street.right_of_way))
        if street.centreline is not None:
            made.append(feature(street.centreline, label))
    return made


def remarks(case: Case) -> list[Feature]:
    """Return the remarks that are pinned to the map, those without an answer as warnings."""
    pinned = case.remarks.filter(point__isnull=False).order_by("number")
    return [
        feature(
            {"type": "Point", "coordinates": [remark.point.x, remark.point.y]},
            str(remark.number),
            f"remark-{remark.number}",
            severity="info" if remark.answer else "warning",
        )
        for remark in pinned
        if remark.point is not None
    ]


def conflicts(others: Iterable[Conflict]) -> list[Feature]:
    """Return the land that other open cases ask about too, without their names."""
    return [feature(other.land, id=f"conflict-{n}", severity="warning") for n, other in enumerate(others, start=1)]


def results(change_set: ChangeSet, facts: Facts) -> tuple[CreateSpatialUnit, ...]:
    """Return the parcels that come out of a change: new ones, and those that live on with another boundary or areas.

    Neighbours count where their area changes, not where they only got a vertex; a parcel that is described as measured
    is shown so, and stays as it is.
    """
    moved = {op.uid: op.geometry for op in change_set.of(AmendBoundary)}
    changed = tuple(
        one
        for one in facts.neighbours
        if one.uid in moved and abs(moved[one.uid].area - one.geometry.area) > overlap_limit_m2(one.geometry.length)
    )
    described = {op.uid for op in change_set.of(ShowLand)}
    everyone = replace(facts, parcels=(*facts.parcels, *changed))
    return tuple(unit for unit in units_of(change_set, everyone) if unit.uid not in described)


def resulting(change_set: ChangeSet, facts: Facts, language: str) -> list[Feature]:
    """Return the parcels that come out of a change; of one described as measured, its outline and what is left out."""
    made = [feature(unit.geometry, unit.parcel_no, f"part-{unit.uid}") for unit in results(change_set, facts)]
    numbers = {parcel.uid: parcel.parcel_no for parcel in facts.parcels}
    shown = change_set.of(ShowLand)
    for op in shown:
        # The map writes from left to right; an Arabic area is a line of its own direction.
        area = f"{op.area_m2} m²" if language == "en" else f"\u2067{op.area_m2} م²\u2069"
        if op.role == "outline":
            others = [one.geometry for one in shown if one.uid == op.uid and one.role != "outline"]
            made.append(feature(op.geometry))
            made.append(feature(_beside(op.geometry, others), f"{numbers.get(op.uid, '')}\n{area}".strip()))
        else:
            made.append(feature(op.geometry, f"{_role_words(op.role)}\n{area}", is_detail=True))
    return made


def _role_words(role: str) -> str:
    return {"excluded": _("Excluded land"), "room": _("Electricity room"), "corner_cut": _("Corner cut")}[role]


def _beside(outline: Polygon, others: Sequence[Polygon]) -> BaseGeometry:
    """Return where the label of an outline has room: above or below what else is labelled in it."""
    if not others:
        return outline.representative_point()
    west, south, east, north = outline.bounds
    _west, low, _east, high = unary_union(others).bounds
    halves = [outline.intersection(box(west, south, east, low)), outline.intersection(box(west, high, east, north))]
    widest = max(halves, key=lambda half: half.area)
    free = widest if widest.area > outline.area / 4 else outline.difference(unary_union(others))
    return free.representative_point()


def sides(units: Iterable[CreateSpatialUnit | AmendBoundary]) -> list[Feature]:
    """Return the sides of parcels, each line once, labelled with its length."""
    seen: set[tuple[tuple[float, float], ...]] = set()
    made = []
    for unit in units:
        for side in unit.sides:
            key = tuple(sorted((side.start, side.end)))
            if key not in seen:
                seen.add(key)
                line = {"type": "LineString", "coordinates": [side.start, side.end]}
                made.append(feature(line, f"{side.length_m:.2f}"))
    return made


def findings(report: Mapping[str, Any], language: str) -> tuple[list[Feature], list[tuple[Mapping[str, Any], str]]]:
    """Return the places of a report's findings, and each finding with the id of its place ("" where it has none).

    A source's title, which reports carry in both languages, is cut to the language of the page; values in sentences
    keep their direction.
    """
    made: list[Feature] = []
    rows: list[tuple[Mapping[str, Any], str]] = []
    listed: Sequence[Mapping[str, Any]] = report.get("findings", [])
    for n, found in enumerate(listed, start=1):
        place = found.get("where_storage")
        key = f"finding-{n}" if place else ""
        if place:
            made.append(feature(place, found["rule"], key, severity=found["severity"]))
        said = isolated(found["message"]["en"], "en") if language == "en" else isolated(found["message"]["ar"], "ar")
        rows.append(({**found, "message": said, "source": _source(found.get("source"), language)}, key))
    return made, rows


def _source(source: Mapping[str, Any] | None, language: str) -> Mapping[str, Any] | None:
    if not source:
        return None
    arabic, bar, english = str(source["title"]).partition(" | ")
    return {**source, "title": (english if language == "en" else arabic) if bar else arabic}
