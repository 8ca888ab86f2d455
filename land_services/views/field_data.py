"""What the page of a field visit shows, as a device keeps it: in both languages, so that either page can say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.utils import timezone, translation

from land_services.cases.at_work import CaseAtWork
from land_services.cases.field_corners import Corner, Side, corners_of, sides_of
from land_services.cases.field_report import FORMAT
from land_services.cases.land_papers import facts_at_decision
from land_services.cases.models import Visit
from land_services.catalogue import Field
from land_services.notices.kinds import print_value
from land_services.rulebook.in_force import rules_on
from land_services.surveys.crs import LEGACY
from layers.crs import for_browser

from . import drawing

__all__ = ["CRS_CHOICES", "contact_fields", "field_data"]

LANGUAGES: Final = ("ar", "en")
CRS_CHOICES: Final = tuple(
    (f"EPSG:{code}", name)
    for code, name in (
        (settings.STORAGE_SRID, ""),
        *(
            (code, name)
            for code, name in (
                (32638, "WGS 84 / UTM 38N"),
                (32639, "WGS 84 / UTM 39N"),
                (32640, "WGS 84 / UTM 40N"),
                (9358, "KSA-GRF17 / UTM 38N"),
                (9359, "KSA-GRF17 / UTM 39N"),
                (9360, "KSA-GRF17 / UTM 40N"),
                (4326, "WGS 84"),
                (20439, "Ain el Abd / UTM 39N"),
            )
            if code != settings.STORAGE_SRID
        ),
    )
)
"""Systems that instruments of the region write, the one of the register first."""


def field_data(work: CaseAtWork, visit: Visit) -> dict[str, Any]:
    """Return what a device keeps of an open visit: the date, who shows the land, the registered outline, the map."""
    facts = facts_at_decision(work.case) if work.case.parcel_uids else None
    corners = corners_of(facts.parcels) if facts else []
    return {
        "format": FORMAT,
        "reference": work.case.reference,
        "visit": visit.pk,
        "kept": timezone.now().isoformat(),
        "service": {"ar": work.card.name_ar, "en": work.card.name_en},
        "at": visit.at.isoformat(),
        "at_text": {language: _moment(visit, language) for language in LANGUAGES},
        "contacts": _contacts(work),
        "parcels": [{"uid": parcel.uid, "number": parcel.parcel_no, "label": parcel.label} for parcel in facts.parcels]
        if facts
        else [],
        "corners": [_corner(corner) for corner in corners],
        "sides": [_side(side) for side in sides_of(corners)],
        "tolerance_m": float(rules_on(work.case.filed_on).value("outline_tolerance_m")),
        "crs": for_browser(settings.STORAGE_SRID),
        "systems": {code: for_browser(int(code[5:]))["proj4"] for code, _ in CRS_CHOICES if code not in LEGACY},
        "map": {language: _map(facts, corners, language) for language in LANGUAGES} if facts else None,
    }


def _moment(visit: Visit, language: str) -> str:
    at = timezone.localtime(visit.at)
    return f"{print_value('date', at.date().isoformat(), language)} {at:%H:%M}"


def _contacts(work: CaseAtWork) -> list[dict[str, Any]]:
    """Who filed, and what the form says of whoever shows the land: its telephones and what stands beside a visit."""
    filer = work.case.filed_by
    rows = [_contact("", "قدّم الطلب", "Filed by", _named(filer, "ar"), _named(filer, "en"))]
    for field in contact_fields(work):
        value = str(work.case.form[field.code])
        rows.append(_contact(field.kind, field.ar, field.en, value, value))
    return rows


def contact_fields(work: CaseAtWork) -> tuple[Field, ...]:
    """Return the answered fields that say whom to call for a visit."""
    wanted = (field for field in work.card.form if field.kind == "phone" or field.code.startswith("visit_"))
    return tuple(field for field in wanted if work.case.form.get(field.code))


def _contact(kind: str, ar: str, en: str, value_ar: str, value_en: str) -> dict[str, Any]:
    return {"kind": kind, "label": {"ar": ar, "en": en}, "value": {"ar": value_ar, "en": value_en}}


def _named(user: Any, language: str) -> str:
    with translation.override(language):
        return str(user.display_name)


def _corner(corner: Corner) -> dict[str, Any]:
    return {"key": corner.key, "parcel": corner.parcel_no, "number": corner.number, "x": corner.x, "y": corner.y}


def _side(side: Side) -> dict[str, Any]:
    return {"key": side.key, "label": side.label, "length_m": round(side.length_m, 2)}


def _map(facts: Any, corners: list[Corner], language: str) -> Mapping[str, Any]:
    points = [
        drawing.feature({"type": "Point", "coordinates": [one.x, one.y]}, one.number, f"corner-{one.key}")
        for one in corners
    ]
    layers = {
        "streets": drawing.streets(facts.streets, language),
        "neighbours": drawing.parcels(facts.neighbours),
        "before": drawing.parcels(facts.parcels),
        "after": [],
        "sides": [],
        "points": points,
        "findings": [],
    }
    return {name: {"type": "FeatureCollection", "features": found} for name, found in layers.items()}
