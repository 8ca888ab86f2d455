"""Checks of the land itself, whatever is to be done with it: register, title, restrictions, zones.

Every service that names its parcels by ``inputs.parcel_uids`` can use them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from land_services.checks.finding import both, found, square_metres
from land_services.domain import Facts, Finding, ParcelFact, Rules, TitleFact, ZoneFact
from land_services.geometry.measure import exact_area_m2

__all__ = [
    "PARCEL_CHECKS",
    "ParcelInputs",
    "check_deed_area",
    "check_growth_phase",
    "check_in_municipality",
    "check_open_cases",
    "check_owner",
    "check_parcel_is_current",
    "check_parcel_is_sound",
    "check_prohibited_zones",
    "check_restrictions",
    "check_valid_deed",
    "deed_area_m2",
    "deed_tolerance_m2",
    "measured_area_m2",
    "parcel_area",
    "single_polygon",
    "titles_of",
    "usable",
]

CENT = Decimal("0.01")
UID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class ParcelInputs(Protocol):
    """What these checks ask of a service's inputs."""

    @property
    def parcel_uids(self) -> tuple[str, ...]: ...


def single_polygon(geometry: Polygon | MultiPolygon) -> Polygon | None:
    """Return the one valid polygon that a parcel's geometry is, or None where it is several, empty or invalid."""
    parts = list(geometry.geoms) if isinstance(geometry, MultiPolygon) else [geometry]
    if len(parts) != 1 or parts[0].is_empty or not parts[0].is_valid:
        return None
    return parts[0]


def usable(geometry: Polygon | MultiPolygon) -> BaseGeometry:
    """Return the geometry, or what can be saved of an invalid one: zones and imported parcels may be anything."""
    return geometry if geometry.is_valid else geometry.buffer(0)


def titles_of(parcel: ParcelFact, facts: Facts) -> tuple[TitleFact, ...]:
    """Return the titles that join this parcel."""
    return tuple(title for title in facts.titles if parcel.uid in title.parcel_uids)


def measured_area_m2(parcel: ParcelFact) -> Decimal:
    """Return the parcel's surveyed area, or where none is registered the area of its outline, to 0.01 m2."""
    if parcel.surveyed_area_m2 is not None:
        return parcel.surveyed_area_m2
    return parcel_area(parcel.geometry)


def parcel_area(geometry: Polygon | MultiPolygon) -> Decimal:
    """Return the exact area of an outline in whole millimetres, rounded once to 0.01 m2."""
    return exact_area_m2(geometry).quantize(CENT)


# The parcel ---------------------------------------------------------------------------------------------------------


def check_parcel_is_current(inputs: ParcelInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """Only a current parcel of the register can be acted on. Source: the register's own principle of versions."""
    known = {parcel.uid for parcel in facts.parcels}
    for uid in dict.fromkeys((*facts.missing_uids, *(uid for uid in inputs.parcel_uids if uid not in known))):
        yield found(rules, "LND-01", parcels=[uid] if UID.fullmatch(uid) else [], uid=uid)
    if not inputs.parcel_uids:
        yield found(rules, "LND-01", variant="none")


def check_parcel_is_sound(inputs: ParcelInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """A parcel with a fault from loading (several parts, broken outline, overlap) is mended before it is changed."""
    for parcel in facts.parcels:
        parts = len(parcel.geometry.geoms) if isinstance(parcel.geometry, MultiPolygon) else 1
        if parts > 1:
            yield found(
                rules, "LND-02", variant="parts", measured=(parts, "1"), required=(1, "1"),
                parcels=[parcel.uid], where=parcel.geometry, parcel=parcel.label, parts=parts,
            )  # fmt: skip
        elif single_polygon(parcel.geometry) is None:
            yield found(rules, "LND-02", variant="broken", parcels=[parcel.uid], parcel=parcel.label)
        elif parcel.is_defective:
            yield found(
                rules, "LND-02", variant="defect", parcels=[parcel.uid], where=parcel.geometry, parcel=parcel.label
            )


# Title --------------------------------------------------------------------------------------------------------------


def check_valid_deed(inputs: ParcelInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """Every parcel is covered by a valid deed whose last change the registry has confirmed."""
    needed = rules.value("title_required")
    for parcel in facts.parcels:
        titles = titles_of(parcel, facts)
        if not titles:
            yield found(
                rules, "LND-03", "error" if needed else "info", variant="no_title",
                parcels=[parcel.uid], where=parcel.geometry, parcel=parcel.label,
            )  # fmt: skip
        elif len(titles) > 1:
            yield found(
                rules, "LND-03", variant="several", measured=(len(titles), "1"), required=(1, "1"),
                parcels=[parcel.uid], where=parcel.geometry, parcel=parcel.label, titles=len(titles),
            )  # fmt: skip
        for title in titles:
            yield from _deed_findings(title, parcel, rules)


def _deed_findings(title: TitleFact, parcel: ParcelFact, rules: Rules) -> Iterable[Finding]:
    valid = [deed for deed in title.deeds if deed.is_valid]
    if not valid and rules.value("title_required"):
        numbers = ", ".join(deed.number for deed in title.deeds) or "-"
        yield found(
            rules, "LND-03", variant="no_valid_deed", parcels=[parcel.uid], where=parcel.geometry,
            parcel=parcel.label, deeds=numbers,
        )  # fmt: skip
    blocks = rules.value("pending_deed_blocks")
    for deed in valid:
        if deed.pending or deed.returned:
            yield found(
                rules, "LND-03", "error" if blocks else "warning", variant="pending" if deed.pending else "returned",
                key="pending_deed_blocks", parcels=[parcel.uid], where=parcel.geometry, parcel=parcel.label,
                deed=deed.number,
            )  # fmt: skip


def check_owner(inputs: ParcelInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The title names its owners, and their shares sum to exactly one."""
    for parcel in facts.parcels:
        for title in titles_of(parcel, facts):
            owners = [right for right in title.rights if right.kind == "ownership"]
            total = sum((right.share for right in owners), start=Fraction(0))
            if not owners:
                yield found(rules, "LND-04", variant="no_owner", parcels=[parcel.uid], parcel=parcel.label)
            elif total != 1:
                yield found(
                    rules, "LND-04", variant="shares", measured=(str(total), ""), required=("1", ""),
                    parcels=[parcel.uid], parcel=parcel.label, total=str(total),
                )  # fmt: skip


def check_restrictions(inputs: ParcelInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """A seizure, mortgage or stop forbids the change; any other restriction is shown to the reviewer."""
    blocking = rules.value("blocking_restrictions")
    for parcel in facts.parcels:
        for title in titles_of(parcel, facts):
            for restriction in title.restrictions:
                if restriction.parcel_uid not in (None, parcel.uid):
                    continue
                blocks = restriction.kind in blocking
                yield found(
                    rules, "LND-05", "error" if blocks else "warning", variant="blocks" if blocks else "noted",
                    key="blocking_restrictions", parcels=[parcel.uid], where=parcel.geometry, parcel=parcel.label,
                    kind=RESTRICTIONS.get(restriction.kind, both(restriction.kind, restriction.kind)),
                    reference=restriction.reference or "-",
                )  # fmt: skip


RESTRICTIONS = {
    "seizure": both("حجز", "seizure"),
    "mortgage": both("رهن", "mortgage"),
    "stop": both("إيقاف", "stop"),
    "easement": both("ارتفاق", "easement"),
    "usufruct": both("حق انتفاع", "usufruct"),
}


def check_open_cases(inputs: ParcelInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """Another open case on the same land is shown on both."""
    for case in facts.open_cases:
        for parcel in facts.parcels:
            shared = usable(parcel.geometry).intersection(usable(case.outline))
            if shared.area >= rules.value("min_overlap_m2"):
                yield found(
                    rules, "LND-06", "warning", measured=square_metres(shared.area), parcels=[parcel.uid],
                    where=shared, parcel=parcel.label, case=case.reference, area=round(shared.area, 2),
                )  # fmt: skip


# Limits and zones ---------------------------------------------------------------------------------------------------


def check_in_municipality(inputs: ParcelInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The land lies inside the municipality that decides."""
    if facts.municipality is None:
        return
    for parcel in facts.parcels:
        outside = usable(parcel.geometry).difference(usable(facts.municipality))
        if outside.area >= rules.value("min_overlap_m2"):
            yield found(
                rules, "LND-07", measured=square_metres(outside.area), required=(0.0, "m2"), parcels=[parcel.uid],
                where=outside, parcel=parcel.label, area=round(outside.area, 2),
            )  # fmt: skip


def _shared_with(zones: Iterable[ZoneFact], parcel: ParcelFact) -> Iterable[tuple[ZoneFact, BaseGeometry]]:
    for zone in zones:
        shared = usable(parcel.geometry).intersection(usable(zone.geometry))
        yield zone, shared


def check_prohibited_zones(inputs: ParcelInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """No survey decision in valleys, flood courses or prohibited zones."""
    prohibited = [zone for zone in facts.zones if zone.kind == "prohibited"]
    for parcel in facts.parcels:
        for zone, shared in _shared_with(prohibited, parcel):
            if shared.area >= rules.value("min_overlap_m2"):
                yield found(
                    rules, "LND-08", measured=square_metres(shared.area), required=(0.0, "m2"), parcels=[parcel.uid],
                    where=shared, parcel=parcel.label, zone_name=both(zone.name_ar, zone.name_en),
                    area=round(shared.area, 2),
                )  # fmt: skip


def check_growth_phase(inputs: ParcelInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The urban growth phase of the land is found and written into the document; outside all phases is a warning."""
    phases = [zone for zone in facts.zones if zone.kind == "growth_phase"]
    if not phases:
        return
    for parcel in facts.parcels:
        inside = [(shared.area, zone) for zone, shared in _shared_with(phases, parcel) if shared.area > 0]
        if not inside:
            yield found(
                rules, "LND-09", "warning", variant="outside", parcels=[parcel.uid], where=parcel.geometry,
                parcel=parcel.label,
            )  # fmt: skip
            continue
        zone = max(inside, key=lambda pair: pair[0])[1]
        yield found(
            rules, "LND-09", "info", variant="found", parcels=[parcel.uid], parcel=parcel.label,
            phase=both(zone.name_ar, zone.name_en),
        )  # fmt: skip


# Deed area ----------------------------------------------------------------------------------------------------------


def deed_area_m2(parcel: ParcelFact, facts: Facts) -> Decimal | None:
    """Return the area the deed gives this parcel: its own, or that of the only deed of a title with no other parcel."""
    if parcel.official_area_m2 is not None:
        return parcel.official_area_m2
    for title in titles_of(parcel, facts):
        areas = [deed.area_m2 for deed in title.deeds if deed.is_valid and deed.area_m2 is not None]
        if title.parcel_uids == (parcel.uid,) and len(areas) == 1:
            return areas[0]
    return None


def deed_tolerance_m2(deed: Decimal, rules: Rules) -> float:
    """Return the difference in m2 that is accepted for a deed of this area."""
    return max(float(deed) * rules.value("deed_tolerance_percent") / 100.0, rules.value("deed_tolerance_m2"))


def check_deed_area(inputs: ParcelInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """Deed area and measured area agree within the tolerance; otherwise the deed is updated first.

    Source: rules for surpluses of grants and plans, ceiling 25 % of the granted area; the tolerance has none published.
    """
    for parcel in facts.parcels:
        deed = deed_area_m2(parcel, facts)
        if deed is None or deed <= 0:
            if rules.value("title_required"):
                yield found(rules, "LND-10", "warning", variant="no_area", parcels=[parcel.uid], parcel=parcel.label)
            continue
        measured = measured_area_m2(parcel)
        if measured != deed:
            yield _area_finding(parcel, deed, measured, rules)


def _area_finding(parcel: ParcelFact, deed: Decimal, measured: Decimal, rules: Rules) -> Finding:
    difference = measured - deed
    percent = float(difference / deed) * 100.0
    tolerance = deed_tolerance_m2(deed, rules)
    ceiling = rules.value("grant_surplus_ceiling_percent")
    variant, key, required = "deed_first_smaller", "deed_tolerance_percent", (round(tolerance, 2), "m2")
    if abs(difference) <= Decimal(str(tolerance)):
        variant = "accepted"
    elif percent > ceiling:
        variant, key, required = "over_ceiling", "grant_surplus_ceiling_percent", (ceiling, "%")
    elif difference > 0:
        variant = "deed_first_surplus"
    return found(
        rules, "LND-10", "info" if variant == "accepted" else "error", variant=variant, key=key,
        measured=(round(percent, 3), "%") if variant == "over_ceiling" else (float(difference), "m2"),
        required=required, parcels=[parcel.uid], where=None if variant == "accepted" else parcel.geometry,
        parcel=parcel.label, deed_area=float(deed), measured_area=float(measured), difference=abs(float(difference)),
        percent=round(abs(percent), 3), tolerance=round(tolerance, 2), ceiling=ceiling,
    )  # fmt: skip


PARCEL_CHECKS = (
    check_parcel_is_current,
    check_parcel_is_sound,
    check_valid_deed,
    check_owner,
    check_restrictions,
    check_open_cases,
    check_in_municipality,
    check_prohibited_zones,
    check_growth_phase,
    check_deed_area,
)
"""What every service that changes parcels asks first, in the order of their ids."""
