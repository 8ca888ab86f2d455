"""What was found on visits, as the page of a case shows it: photos, corners against the register, the report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from land_services.cases.at_work import CaseAtWork
from land_services.cases.land_papers import facts_at_decision
from land_services.cases.models import FieldFile, FieldRecord, Visit
from land_services.domain import Facts

from . import drawing

__all__ = ["field_records"]


def field_records(work: CaseAtWork, language: str) -> list[dict[str, Any]]:
    """Return the record of each visit that a device brought, and of an open one the files that came so far."""
    if not work.visits or work.case.erased_at is not None:
        return []
    records = {one.visit_id: one for one in FieldRecord.objects.filter(case=work.case).select_related("by")}
    files: dict[int, list[FieldFile]] = {}
    for file in FieldFile.objects.filter(case=work.case).select_related("file").order_by("pk"):
        files.setdefault(file.visit_id, []).append(file)
    visits = [visit for visit in work.visits if visit.pk in records or visit.pk in files]
    compared = any(one.compared.get("rows") for one in records.values())
    facts = facts_at_decision(work.case) if compared else None
    return [_shown(visit, records.get(visit.pk), files.get(visit.pk, []), facts, language) for visit in visits]


def _shown(
    visit: Visit, record: FieldRecord | None, files: list[FieldFile], facts: Facts | None, language: str
) -> dict[str, Any]:
    data: Mapping[str, Any] = record.data if record else {}
    compared: Mapping[str, Any] = record.compared if record else {}
    rows = compared.get("rows", [])
    labels = _labels(rows)
    told = {one["uid"]: one for one in data.get("photos", [])}
    listed, places = _findings(visit, compared, language)
    return {
        "visit": visit,
        "record": record,
        "photos": [_photo(file, told.get(str(file.uid)), labels) for file in files if file.kind == "photo"],
        "files": [file for file in files if file.kind == "points"],
        "rows": [{**row, "words": _verdict(row["verdict"]), "mark_words": _mark(row["mark"])} for row in rows],
        "notes": [
            (labels.get(f"corner {one['corner']}", ""), one["note"]) for one in data.get("marks", []) if one["note"]
        ],
        "offences": [one["text"] for one in data.get("offences", [])],
        "tolerance_m": compared.get("tolerance_m"),
        "operations": compared.get("operations", []),
        "findings": listed,
        "map": _map(facts, rows, places, language) if facts and rows else None,
        "map_id": f"field-map-{visit.pk}",
        "map_label": _("Registered corners and what was measured on the visit"),
    }


def _photo(file: FieldFile, told: Mapping[str, Any] | None, labels: Mapping[str, str]) -> dict[str, Any]:
    """A photo with where and when it was taken; one that the record does not name has neither."""
    return {
        "file": file,
        "at": datetime.fromisoformat(told["taken_at"]) if told else None,
        "position": told["position"] if told else None,
        "subject": labels.get(told["subject"], "") if told else "",
        "note": told["note"] if told else "",
    }


def _labels(rows: list[Mapping[str, Any]]) -> dict[str, str]:
    """Return what a photo may show: corners, and sides from a corner to the next."""
    corners = [row for row in rows if row["corner"]]
    made = {f"corner {row['corner']}": _("Corner %(number)s") % {"number": row["number"]} for row in corners}
    for uid in dict.fromkeys(row["corner"].rpartition(":")[0] for row in corners):
        ring = [row["number"] for row in corners if row["corner"].startswith(f"{uid}:")]
        for n, (start, end) in enumerate(zip(ring, [*ring[1:], *ring[:1]], strict=True), start=1):
            made[f"side {uid}:s{n}"] = _("Side %(label)s") % {"label": f"{start}–{end}"}
    return made


def _verdict(code: str) -> tuple[str, str]:
    return {
        "within": ("ok", _("In its place")),
        "beyond": ("warning", _("Beyond the tolerance")),
        "unsure": ("info", _("Not accurate enough to tell")),
        "unmeasured": ("neutral", _("Not measured")),
        "beside": ("neutral", _("At no registered corner")),
    }[code]


def _mark(code: str) -> str:
    return {"found": _("Found"), "missing": _("Not found"), "moved": _("Moved")}.get(code, "—")


def _findings(
    visit: Visit, compared: Mapping[str, Any], language: str
) -> tuple[list[tuple[Mapping[str, Any], str]], list[drawing.Feature]]:
    """Return the findings, each with the id of its place on the map, and those places."""
    places, rows = drawing.findings({"findings": compared.get("findings", [])}, language)
    ids = {place["id"]: f"visit-{visit.pk}-{place['id']}" for place in places}
    return [(found, ids.get(key, "")) for found, key in rows], [{**place, "id": ids[place["id"]]} for place in places]


def _map(facts: Facts, rows: list[Mapping[str, Any]], places: list[drawing.Feature], language: str) -> dict[str, Any]:
    registered = [
        drawing.feature({"type": "Point", "coordinates": [row["x"], row["y"]]}, row["number"])
        for row in rows
        if row["corner"]
    ]
    measured = [
        drawing.feature({"type": "Point", "coordinates": [row["point_x"], row["point_y"]]}, row["point"])
        for row in rows
        if row["point"] and not row["corner"]
    ]
    return {
        "before": drawing.parcels(facts.parcels),
        "neighbours": drawing.parcels(facts.neighbours),
        "streets": drawing.streets(facts.streets, language),
        "points": registered + measured,
        "findings": places,
    }
