"""The lines of the documents from register and geometry: sides by face, areas, deeds, owners, planning."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from land_services.documents.figures import number_text, rounded
from land_services.documents.model import (
    FACES,
    AreaLines,
    DeedLine,
    DrawnMark,
    DrawnParcel,
    DrawnStreet,
    FaceLine,
    OwnerLine,
    PlanningLines,
    RuleLine,
    SegmentLine,
    Text,
)
from land_services.domain import (
    AreaPolygon,
    BoundaryCorner,
    BoundarySide,
    CreateSpatialUnit,
    Facts,
    ParcelFact,
    ReleaseLand,
    Rules,
    ShowLand,
)
from land_services.geometry.measure import exact_area_m2
from land_services.geometry.sides import sides as measured_sides

Unit = CreateSpatialUnit | ParcelFact

TOUCHING_M: Final = 0.05
UNKNOWN_CORNER: Final = "؟"

LAND_USES: Final = {
    "residential": Text("سكني", "Residential"),
    "villa": Text("فيلا", "Villa"),
    "duplex": Text("دوبلكس", "Duplex"),
    "commercial": Text("تجاري", "Commercial"),
    "mixed": Text("سكني تجاري", "Mixed use"),
    "industrial": Text("صناعي", "Industrial"),
    "agricultural": Text("زراعي", "Agricultural"),
    "mosque": Text("مسجد", "Mosque"),
    "school": Text("مدرسة", "School"),
    "health": Text("صحي", "Health"),
    "park": Text("حديقة", "Park"),
    "municipal": Text("مرفق بلدي", "Municipal facility"),
    "public_service": Text("خدمة عامة", "Public service"),
    "utility": Text("مرافق", "Utility"),
    "vacant": Text("أرض فضاء", "Vacant land"),
}
DEED_KINDS: Final = {"paper": Text("ورقي", "Paper"), "electronic": Text("إلكتروني", "Electronic")}
RULE_LABELS: Final = (
    ("min_lot_area_m2", Text("الحد الأدنى لمساحة القطعة", "Minimum lot area"), "م²", "m²"),
    ("min_frontage_m", Text("الحد الأدنى للواجهة", "Minimum frontage"), "م", "m"),
)


def land_use_text(code: str) -> Text:
    """Return a land use code in words; an unknown code stands for itself."""
    return LAND_USES.get(code, Text(code))


def parent_parcel(unit: CreateSpatialUnit, facts: Facts) -> ParcelFact | None:
    """Return the first parent of a new parcel among the facts."""
    return next((parcel for parcel in facts.parcels if parcel.uid in unit.parents), None)


def measured_m2(unit: Unit) -> Decimal:
    """Return the surveyed area, or the exact area of the outline where none is recorded, to 0.01 m2."""
    area = unit.surveyed_area_m2
    return rounded(exact_area_m2(unit.geometry) if area is None else area)


# Drawn --------------------------------------------------------------------------------------------------------------


def outline_sides(geometry: AreaPolygon) -> tuple[BoundarySide, ...]:
    """Return the sides of an outline that has none on record, straight ones as the kernel sees them."""
    polygons = [part for part in getattr(geometry, "geoms", [geometry]) if isinstance(part, Polygon)]
    return tuple(
        BoundarySide(side.face, _xy(side.line.coords[0]), _xy(side.line.coords[-1]), side.length_m, side.arc)
        for polygon in polygons
        for side in measured_sides(polygon)
    )


def _xy(coordinate: Sequence[float]) -> tuple[float, float]:
    return float(coordinate[0]), float(coordinate[1])


def drawn_parcel(unit: Unit) -> DrawnParcel:
    """Return a new parcel with its recorded sides and corners, an old one with those of its outline, from 1."""
    if isinstance(unit, CreateSpatialUnit) and unit.sides:
        return DrawnParcel(unit.parcel_no, unit.geometry, measured_m2(unit), unit.sides, unit.corners)
    sides = outline_sides(unit.geometry)
    corners = tuple(BoundaryCorner(str(i), *side.start) for i, side in enumerate(sides, 1))
    return DrawnParcel(unit.parcel_no, unit.geometry, measured_m2(unit), sides, corners)


def drawn_neighbours(facts: Facts) -> tuple[DrawnParcel, ...]:
    """Return the parcels around, by outline and number."""
    return tuple(DrawnParcel(parcel.parcel_no, parcel.geometry) for parcel in facts.neighbours)


def drawn_streets(facts: Facts) -> tuple[DrawnStreet, ...]:
    """Return the streets around."""
    return tuple(
        DrawnStreet(Text(s.name_ar or s.name_en, s.name_en), rounded(s.width_m), s.right_of_way, s.centreline)
        for s in facts.streets
    )


# Boundaries ---------------------------------------------------------------------------------------------------------


def face_lines(sides: Sequence[BoundarySide], corners: Sequence[BoundaryCorner]) -> tuple[FaceLine, ...]:
    """Return the four boundaries N, S, E, W: each the sum of its sides, with what they adjoin, each text once."""
    numbers = {_key((corner.x, corner.y)): corner.number for corner in corners}
    lines = []
    for face in FACES:
        own = [side for side in sides if side.face == face]
        segments = tuple(_segment(side, numbers) for side in own)
        total = sum((segment.length_m for segment in segments), Decimal("0.00"))
        lines.append(FaceLine(face, total, _joined(own), segments))
    return tuple(lines)


def _key(point: Sequence[float]) -> tuple[int, int]:
    return round(point[0] * 1000), round(point[1] * 1000)


def _segment(side: BoundarySide, numbers: Mapping[tuple[int, int], str]) -> SegmentLine:
    return SegmentLine(
        from_corner=numbers.get(_key(side.start), UNKNOWN_CORNER),
        to_corner=numbers.get(_key(side.end), UNKNOWN_CORNER),
        length_m=rounded(side.length_m),
        adjoining=Text(side.adjoining_ar, side.adjoining_en),
        radius_m=rounded(side.arc.radius_m) if side.arc else None,
    )


def _joined(sides: Iterable[BoundarySide]) -> Text:
    texts = list(dict.fromkeys((s.adjoining_ar, s.adjoining_en) for s in sides if s.adjoining_ar or s.adjoining_en))
    return Text("، ".join(ar for ar, _ in texts if ar), ", ".join(en for _, en in texts if en))


# Areas --------------------------------------------------------------------------------------------------------------


MARK_NAMES: Final = {
    "excluded": Text("مستبعد", "Excluded"),
    "room": Text("غرفة كهرباء", "Electricity room"),
    "corner_cut": Text("شطفة", "Corner cut"),
}


def drawn_marks(shown: Sequence[ShowLand]) -> tuple[DrawnMark, ...]:
    """Return what the net area leaves out, as it is drawn and labelled."""
    return tuple(
        DrawnMark(op.role, op.geometry, MARK_NAMES[op.role], rounded(op.area_m2))
        for op in shown
        if op.role in MARK_NAMES
    )


def shown_area_lines(unit: CreateSpatialUnit, facts: Facts, shown: Sequence[ShowLand]) -> AreaLines:
    """Return the areas that a survey decision states: the net area is what was measured less all that is shown."""
    lines = area_lines(unit, facts, ())
    rooms = [op for op in shown if op.role == "room"]
    cuts: dict[str, Decimal] = {}
    for op in shown:
        if op.role == "corner_cut":
            cuts[op.quarter] = cuts.get(op.quarter, Decimal("0.00")) + rounded(op.area_m2)
    excluded = sum((rounded(op.area_m2) for op in shown if op.role == "excluded"), Decimal("0.00"))
    room = sum((rounded(op.area_m2) for op in rooms), Decimal("0.00"))
    net = lines.measured_m2 - excluded - room - sum(cuts.values(), Decimal("0.00"))
    return replace(
        lines,
        net_m2=max(net, Decimal("0.00")),
        excluded_m2=excluded,
        corner_cuts_m2=cuts or None,
        electricity_room_m2=room if rooms else None,
        electricity_room_corner=rooms[0].quarter if len({op.quarter for op in rooms}) == 1 else "",
    )


def area_lines(unit: CreateSpatialUnit, facts: Facts, released: Sequence[ReleaseLand]) -> AreaLines:
    """Return the areas of a new parcel.

    Land released as a corner cut is outside the outline already, so it is shown and not subtracted again; overlaps with
    prohibited zones are. The surplus is what was measured beyond the official area.
    """
    measured = measured_m2(unit)
    prohibited = [zone.geometry for zone in facts.zones if zone.kind == "prohibited"]
    excluded = rounded(sum((unit.geometry.intersection(g).area for g in prohibited), 0.0))
    official = None if unit.official_area_m2 is None else rounded(unit.official_area_m2)
    deeds = deed_lines(facts, set(unit.parents))
    stated = [deed.area_m2 for deed in deeds if deed.area_m2 is not None]
    return AreaLines(
        net_m2=max(measured - excluded, Decimal("0.00")),
        measured_m2=measured,
        deed_m2=sum(stated, Decimal("0.00")) if stated else None,
        official_m2=official,
        surplus_m2=None if official is None else max(measured - official, Decimal("0.00")),
        excluded_m2=excluded,
        corner_cuts_m2=_corner_cuts(unit, released),
    )


def _corner_cuts(unit: CreateSpatialUnit, released: Sequence[ReleaseLand]) -> dict[str, Decimal] | None:
    cuts: dict[str, Decimal] = {}
    centre = unit.geometry.centroid
    for land in released:
        if land.reason == "corner_cut" and land.geometry.dwithin(unit.geometry, TOUCHING_M):
            at = land.geometry.centroid
            name = ("N" if at.y >= centre.y else "S") + ("E" if at.x >= centre.x else "W")
            cuts[name] = cuts.get(name, Decimal("0.00")) + rounded(exact_area_m2(land.geometry))
    return cuts or None


# Register -----------------------------------------------------------------------------------------------------------


def deed_lines(facts: Facts, uids: set[str]) -> tuple[DeedLine, ...]:
    """Return the deeds of the titles that join any of the parcels, each once, with the parcels it covers."""
    numbers = {parcel.uid: parcel.parcel_no for parcel in (*facts.parcels, *facts.neighbours)}
    lines: dict[int, DeedLine] = {}
    for title in facts.titles:
        if uids.isdisjoint(title.parcel_uids):
            continue
        covered = tuple(numbers[uid] for uid in title.parcel_uids if uid in numbers)
        for deed in title.deeds:
            area = None if deed.area_m2 is None else rounded(deed.area_m2)
            lines[deed.id] = DeedLine(
                number=deed.number,
                hijri_date=deed.hijri_date,
                issuer=deed.issuer,
                kind=DEED_KINDS[deed.kind],
                area_m2=area,
                is_valid=deed.is_valid,
                pending=deed.pending or deed.returned,
                parcels=covered,
            )
    return tuple(lines.values())


def owner_lines(facts: Facts, uids: set[str], people: Mapping[int, OwnerLine]) -> tuple[OwnerLine, ...]:
    """Return the owners of the titles that join any of the parcels with their shares, largest share first.

    Titles of the same owners and shares are told once; otherwise each title's owners stand together, with its parcels
    named. A party without a name in ``people`` (the caller may not see it) prints as a dash, with its share.
    """
    numbers = {parcel.uid: parcel.parcel_no for parcel in (*facts.parcels, *facts.neighbours)}
    held: dict[tuple[tuple[int, Fraction], ...], list[str]] = {}
    for title in facts.titles:
        if not uids.isdisjoint(title.parcel_uids):
            shares: dict[int, Fraction] = {}
            for right in title.rights:
                if right.kind == "ownership":
                    shares[right.party_id] = shares.get(right.party_id, Fraction(0)) + right.share
            ordered = tuple(sorted(shares.items(), key=lambda item: (-item[1], item[0])))
            held.setdefault(ordered, []).extend(numbers[u] for u in title.parcel_uids if u in uids and u in numbers)
    nobody = OwnerLine(Text("—"), Fraction(0))
    return tuple(
        replace(people.get(party, nobody), share=share, parcels=tuple(parcels) if len(held) > 1 else ())
        for owners, parcels in held.items()
        for party, share in owners
    )


# Planning -----------------------------------------------------------------------------------------------------------


def planning_lines(geometry: BaseGeometry, facts: Facts, rules: Rules | None = None) -> PlanningLines:
    """Return what planning says of a parcel: growth phase, prohibited land, zone, adjoining streets, rule values."""
    sentences, zone = [], Text("")
    for item in facts.zones:
        shared = geometry.intersection(item.geometry).area
        if shared <= 0.5 * geometry.area and not (item.kind == "prohibited" and shared > 0.01):
            continue
        if item.kind == "growth_phase":
            sentences.append(
                Text(
                    f"تقع القطعة ضمن نطاق النمو العمراني: {item.name_ar or item.name_en}.",
                    f"The parcel lies within the urban growth boundary: {item.name_en or item.name_ar}.",
                )
            )
        elif item.kind == "prohibited":
            area = number_text(shared)
            sentences.append(
                Text(
                    f"يتداخل مع القطعة نطاق محظور ({item.name_ar or item.name_en}) بمساحة {area} م² مستبعدة من الصافي.",
                    f"A prohibited zone ({item.name_en or item.name_ar}) overlaps {area} m², not in the net area.",
                )
            )
        else:
            zone = Text(f"{item.name_ar} {item.code}".strip(), f"{item.name_en} {item.code}".strip())
    return PlanningLines(
        tuple(sentences), zone, _adjoining_streets(geometry, facts), _rule_lines(geometry, facts, rules)
    )


def _adjoining_streets(geometry: BaseGeometry, facts: Facts) -> tuple[tuple[Text, Decimal], ...]:
    strip = geometry.boundary.buffer(TOUCHING_M)
    touching = [
        (Text(street.name_ar or street.name_en, street.name_en), rounded(street.width_m))
        for street in facts.streets
        if street.right_of_way is not None
        and street.right_of_way.intersection(strip).area > math.pi * TOUCHING_M**2  # more than a corner
    ]
    return tuple(dict.fromkeys(touching))


def _rule_lines(geometry: BaseGeometry, facts: Facts, rules: Rules | None) -> tuple[RuleLine, ...]:
    if rules is None:
        return ()
    inside = geometry.representative_point()
    zone = next((z.code for z in facts.zones if z.kind == "zoning" and z.geometry.intersects(inside)), None)
    lines = []
    for key, label, unit_ar, unit_en in RULE_LABELS:
        try:
            value, source = rules.value(key, zone), rules.source(key, zone)
        except KeyError:
            continue
        shown = number_text(value)
        lines.append(RuleLine(label, Text(f"{shown} {unit_ar}", f"{shown} {unit_en}"), source))
    return tuple(lines)
