"""From what a format reader found to a ``SurveyPlan``: unit, CRS, rings, numbers, the outer boundary.

The rules are those of the public face: each polygon is one part; its number is the attribute ``parcel_no``, a text
inside it or the LandXML parcel's name; the outer boundary is marked (``role=outer``, layer ``OUTER``) or equals the
union of the others. Marked buildings (``role=building``, layer ``BUILDING``) are no parts, nor are excluded land, rooms
and corner cuts (``role=excluded``, ``room``, ``corner_cut``, layers of these names).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from shapely.geometry import Point

from land_services.domain import SurveyPart, SurveyPlan
from land_services.surveys.build import Builder, Built
from land_services.surveys.crs import metres_per_unit, settle
from land_services.surveys.limits import Limits
from land_services.surveys.numbers import attribute, parcel_number
from land_services.surveys.outer import contains_most, equals_union
from land_services.surveys.raw import MARKED, Label, Notes, RawPlan, RawPolygon
from land_services.surveys.texts import numbers_inside

SMALLEST_M2 = 2.0
"""A plan whose largest part is smaller than this was hardly drawn in the unit that its header states."""


@dataclass(frozen=True)
class Source:
    """Which file the plan was read from."""

    file_name: str
    sha256: str


def assemble(
    raw: RawPlan, source: Source, crs: str | None, unit: str | None, limits: Limits, notes: Notes
) -> SurveyPlan:
    """Return the plan; raise ``SurveyUnreadable`` with every fault where there cannot be one."""
    if not raw.polygons and not notes.has_errors:
        notes.error("SRV-10", "points_only" if raw.points else "", points=len(raw.points))
    settled_crs, settled_unit = settle(raw, crs, unit, notes)
    notes.crs = settled_crs
    if len(raw.polygons) > limits.parts:
        notes.error("SRV-04", "parts", count=len(raw.polygons), limit=limits.parts)
        notes.stop_on_errors()
    factor = metres_per_unit(settled_unit)
    _check_range(raw, settled_unit, notes)
    builder = Builder(raw.points, factor, settled_unit == "deg", limits, notes)
    built = [b for polygon in raw.polygons if (b := builder.build(polygon)) is not None]
    notes.stop_on_errors()
    _check_unit(built, raw, settled_unit, notes)
    land, marked = _apart(built, notes)
    parts, outer = _split_outer(_without_repeats(land, notes), builder.scale, notes)
    notes.stop_on_errors()
    labels = [Label(t.text, (t.at[0] * factor, t.at[1] * factor), t.layer) for t in raw.labels]
    numbered = _number(parts, labels if raw.number_from_labels else [], notes)
    return SurveyPlan(
        parts=tuple(numbered),
        outer=outer,
        crs=settled_crs,
        unit=settled_unit,
        format=raw.format,
        file_name=source.file_name,
        sha256=source.sha256,
        points=tuple(raw.points),
        labels=tuple((label.text, *label.at) for label in labels),
        remarks=notes.all(),
        buildings=_parts(marked["building"]),
        excluded=_parts(marked["excluded"]),
        rooms=_parts(marked["room"]),
        corner_cuts=_parts(marked["corner_cut"]),
    )


def points_alone(raw: RawPlan, source: Source, crs: str | None, unit: str | None, notes: Notes) -> SurveyPlan:
    """Return a plan of the numbered points of a file, in the file's own unit; its polygons are not looked at."""
    if not raw.points and not notes.has_errors:
        notes.error("SRV-10", "no_points")
    settled_crs, settled_unit = settle(raw, crs, unit, notes)
    notes.crs = settled_crs
    notes.stop_on_errors()
    return SurveyPlan(
        parts=(),
        outer=None,
        crs=settled_crs,
        unit=settled_unit,
        format=raw.format,
        file_name=source.file_name,
        sha256=source.sha256,
        points=tuple(raw.points),
        remarks=notes.all(),
    )


def _check_range(raw: RawPlan, unit: str, notes: Notes) -> None:
    """Refuse plane coordinates in a geographic CRS: GeoJSON without ``crs`` is WGS 84 whatever was meant."""
    if unit != "deg":
        return
    for polygon in raw.polygons:
        for segment in polygon.rings[0]:
            x, y = segment.start
            if abs(x) > 180.0001 or abs(y) > 90.0001:
                notes.error("SRV-11", "out_of_range", x=x, y=y, place=polygon.where)
                return


def _check_unit(built: list[Built], raw: RawPlan, unit: str, notes: Notes) -> None:
    """Warn where the stated unit makes every part tiny: templates say millimetres or inches, surveyors draw metres."""
    largest = max((b.part.geometry.area for b in built), default=0.0)
    if raw.format in ("dxf", "landxml") and unit not in ("m", "deg") and largest < SMALLEST_M2:
        notes.add("warning", "SRV-26", unit=unit, area=f"{largest:.3g}")


def _number_of(polygon: RawPolygon) -> str:
    return polygon.number or parcel_number(attribute(dict(polygon.attributes), "parcel_no"))


def _role(polygon: RawPolygon) -> str:
    stated = attribute(dict(polygon.attributes), "role")
    said = polygon.role or (stated.strip().lower() if isinstance(stated, str) else "")
    return said.removesuffix("s") if said.removesuffix("s") in MARKED else said


def _is_outer(polygon: RawPolygon) -> bool:
    return _role(polygon) == "outer"


def _apart(built: list[Built], notes: Notes) -> tuple[list[Built], dict[str, list[Built]]]:
    """Return the outlines of land, and by role what is shown on it; a file that draws nothing else is at fault."""
    marked: dict[str, list[Built]] = {role: [b for b in built if _role(b.raw) == role] for role in MARKED}
    land = [b for b in built if _role(b.raw) not in MARKED]
    buildings, shown = len(marked["building"]), len(built) - len(land)
    if buildings:
        notes.add("info", "SRV-28", count=buildings)
    if shown > buildings:
        counts: dict[str, Any] = {role: len(marked[role]) for role in MARKED if role != "building"}
        notes.add("info", "SRV-28", "shown", **counts)
    if shown and not land:
        notes.error("SRV-10", "buildings_only" if shown == buildings else "shown_only", count=shown)
        notes.stop_on_errors()
    return land, marked


def _parts(built: Sequence[Built]) -> tuple[SurveyPart, ...]:
    return tuple(replace(b.part, number=_number_of(b.raw)) for b in built)


def _without_repeats(built: list[Built], notes: Notes) -> list[Built]:
    """Leave out polygons drawn twice (same corners to the millimetre); an outer boundary may repeat a part."""
    kept: dict[tuple[object, ...], Built] = {}
    result: list[Built] = []
    for one in built:
        if _is_outer(one.raw):
            result.append(one)
            continue
        first = kept.get(one.key)
        if first is None:
            kept[one.key] = one
            result.append(one)
            continue
        mine, other = _number_of(one.raw), _number_of(first.raw)
        if mine and other and mine != other:
            result.append(one)
            notes.error_remark(
                "SRV-18", "two_numbers", at=one.part.geometry, numbers=f"{other}, {mine}", place=one.raw.where
            )
            continue
        notes.add("warning", "SRV-18", at=one.part.geometry, place=one.raw.where, first=first.raw.where)
        if mine and not other:
            result[result.index(first)] = one
            kept[one.key] = one
    return result


def _split_outer(built: list[Built], scale: float, notes: Notes) -> tuple[list[Built], SurveyPart | None]:
    declared = [b for b in built if _is_outer(b.raw)]
    if len(declared) > 1:
        notes.error("SRV-16", "several", count=len(declared), place="; ".join(b.raw.where for b in declared[:5]))
        return built, None
    if not declared and (index := equals_union([b.part.geometry for b in built], scale)) is not None:
        declared = [built[index]]
        notes.add("info", "SRV-16", "by_union", place=declared[0].raw.where)
    if not declared:
        for index, count in contains_most([b.part.geometry for b in built]):
            notes.add("warning", "SRV-16", "contains", place=built[index].raw.where, count=count)
        return built, None
    parts = [b for b in built if b is not declared[0]]
    if not parts:
        notes.error("SRV-10", "outer_only", place=declared[0].raw.where)
    return parts, replace(declared[0].part, number=_number_of(declared[0].raw))


def _number(built: list[Built], labels: list[Label], notes: Notes) -> list[SurveyPart]:
    """Give every part its number: attribute or name first, else the text inside it."""
    inside = numbers_inside([b.part.geometry for b in built], labels) if labels else {}
    parts: list[SurveyPart] = []
    for index, one in enumerate(built):
        number = _number_of(one.raw)
        found = inside.get(index)
        if not number and found is not None:
            number = found.number
            if not number:
                notes.add(
                    "warning", "SRV-15", at=one.part.geometry.representative_point(),
                    place=one.raw.where, texts=", ".join(found.texts[:8]),
                )  # fmt: skip
        elif not number:
            notes.add("warning", "SRV-14", at=one.part.geometry.representative_point(), place=one.raw.where)
        parts.append(replace(one.part, number=number))
    _check_duplicates(parts, notes)
    return parts


def _check_duplicates(parts: list[SurveyPart], notes: Notes) -> None:
    by_number: dict[str, list[SurveyPart]] = defaultdict(list)
    for part in parts:
        if part.number:
            by_number[part.number].append(part)
    for number, same in by_number.items():
        for part in same[1:]:
            notes.error_remark(
                "SRV-13",
                at=Point(part.geometry.representative_point()),
                number=number,
                count=len(same),
                place=part.where_in_file,
                first=same[0].where_in_file,
            )
