"""The shapes of answers, as schemas of the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from land_services.cases.acts.referral import ANSWERS, COMPONENTS
from land_services.cases.acts.sitting import OUTCOMES
from land_services.cases.models import Case, StageRun
from land_services.catalogue.model import AUDIENCES, LAND, STAGE_KINDS
from land_services.deeds import RETURN_REASONS

from .areas import KINDS
from .doing import DOING

__all__ = ["ref", "schemas"]

Schema = dict[str, Any]
TEXT: Final[Schema] = {"type": "string"}
WHOLE: Final[Schema] = {"type": "integer"}
YES: Final[Schema] = {"type": "boolean"}
DAY: Final[Schema] = {"type": "string", "format": "date"}
MOMENT: Final[Schema] = {"type": "string", "format": "date-time"}
UID: Final[Schema] = {"type": "string", "format": "uuid"}
ANYTHING: Final[Schema] = {"type": "object"}


def ref(name: str) -> Schema:
    """Return a reference to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def _or_null(schema: Schema) -> Schema:
    return {"allOf": [schema], "nullable": True} if "$ref" in schema else {**schema, "nullable": True}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _one_of(*words: str) -> Schema:
    return {"type": "string", "enum": list(words)}


def _whole(members: Mapping[str, Schema]) -> Schema:
    """Return the schema of an object that has all of these members."""
    return {"type": "object", "properties": dict(members), "required": list(members)}


def _all(names: str, schema: Schema) -> dict[str, Schema]:
    return dict.fromkeys(names.split(), schema)


def schemas() -> dict[str, Schema]:
    """Return the schemas of services and cases by name."""
    return {
        "Words": _whole(_all("ar en", TEXT)),
        "ServiceRow": _whole({
            **_all("code department href", TEXT), "name": ref("Words"), "summary": ref("Words"), "is_open": YES,
            "audience": _one_of(*AUDIENCES), "land": _one_of(*LAND), "target_days": WHOLE,
        }),
        "Services": _whole({"services": _list(ref("ServiceRow")), "total": WHOLE, "links": _list(ref("Link"))}),
        "Service": _service(),
        "CaseRow": _whole(_row()),
        "Erasure": _whole({
            "outcome": _one_of("approved", "refused"), "reason": TEXT, "decided_at": MOMENT, "report": _list(ANYTHING),
        }),
        "Cases": _whole({"cases": _list(ref("CaseRow")), "links": _list(ref("Link"))}),
        "Case": _case(),
        **_parts(),
        **_papers(),
        **_lists(),
        "SurveyDecision": _decision(),
        **_findings(),
    }  # fmt: skip


def _service() -> Schema:
    words = _all("code name_ar name_en summary_ar summary_en reference_prefix department digest", TEXT)
    lists = _all("applicants documents conditions form stages referrals outputs", _list(ANYTHING))
    return _whole({
        **words, **lists, "channels": _list(TEXT), "audience": _one_of(*AUDIENCES), "land": _one_of(*LAND),
        "register": YES, "fee": ANYTHING, "retention": ANYTHING, "target_days": WHOLE, "target_source": ANYTHING,
        "status": TEXT, "is_open": YES, "may_file": YES, "against": _list(ref("Finding")),
        "office_classes": _list(TEXT), "office_class_names": _list(ANYTHING),
    })  # fmt: skip


def _decision() -> Schema:
    return _whole({
        **_all("number parcel measured_m2 excluded_m2 net_m2", TEXT),
        "status": _one_of("valid", "expired", "superseded", "outdated"), "superseded_by": _or_null(TEXT),
        "purpose": ref("Words"), "issued_on": DAY, "valid_until": _or_null(DAY), "deed_m2": _or_null(TEXT),
        "electricity_room_m2": _or_null(TEXT), "corner_cuts_m2": ANYTHING,
    })  # fmt: skip


def _row() -> dict[str, Schema]:
    moments = {name: _or_null(MOMENT) for name in ("submitted_at", "due_at", "decided_at")}
    return {
        **_all("reference service href", TEXT), "title": ref("Words"), "round": WHOLE, "parcels": _list(TEXT),
        "state": _one_of(*(state for state, _ in Case.STATES)), "filed_at": MOMENT, **moments, "stages": _list(TEXT),
    }  # fmt: skip


def _case() -> Schema:
    return _whole({
        **_row(), **_all("card channel area reason", TEXT), "filed_on": DAY,
        "erased_at": _or_null(MOMENT), "erasures": _list(ref("Erasure")), "party": _or_null(WHOLE), "is_mine": YES,
        "visitor": _or_null(ANYTHING),
        "form": ANYTHING, "stages": _list(ref("Stage")), "steps": _list(ref("Step")), "remarks": _list(ref("Remark")),
        "referrals": _list(ref("Referral")), "minutes": _list(ref("Minutes")), "visits": _list(ref("Visit")),
        "invoice": _or_null(ref("Invoice")), "invoices": _list(ref("Invoice")), "files": _list(ref("File")),
        "may_add": _list(TEXT),
        "conflicts": _whole({"seen": _list(TEXT), "unseen": WHOLE}), "differences": _or_null(ref("Differences")),
        "attempts": _list(ref("Attempt")),
        "documents": _list(ref("IssuedDocument")), "offers": _list(ref("Offer")), "lacking": _list(ref("Finding")),
        "deeds": _list(ref("DeedState")), "warnings": _list(ref("Finding")),
    })  # fmt: skip


def _parts() -> dict[str, Schema]:
    begun = {name: _or_null(MOMENT) for name in ("started_at", "due_at", "done_at")}
    return {
        "Stage": _whole({
            **_all("code role outcome", TEXT), "title": ref("Words"), "kind": _one_of(*STAGE_KINDS),
            "state": _one_of(*(state for state, _ in StageRun.STATES)), **begun, "assignee": _or_null(WHOLE),
        }),
        "Step": _whole({
            "id": WHOLE, **_all("act stage note", TEXT), "round": WHOLE, "at": MOMENT, "by": _or_null(TEXT),
        }),
        "Remark": _whole({
            **_all("number round", WHOLE), **_all("stage reason text part field answer", TEXT),
            "place": _one_of("case", "map", "part", "document", "field"), "at": MOMENT,
            "point": _or_null(_list({"type": "number"})), **dict.fromkeys(("file", "page"), _or_null(WHOLE)),
            "answered_at": _or_null(MOMENT),
        }),
        "Referral": _whole({
            "id": WHOLE, **_all("stage agency question text", TEXT), "component": _one_of(*COMPONENTS),
            "required": YES, "answer": _one_of("", *ANSWERS), "by_clock": YES, "asked_at": MOMENT,
            **dict.fromkeys(("due_at", "answered_at", "cancelled_at"), _or_null(MOMENT)),
        }),
        "Minutes": _whole({
            **_all("number stage present text", TEXT), "held_on": DAY, "outcome": _one_of(*OUTCOMES),
            "price_per_m2": _or_null(TEXT),
        }),
        "Visit": _whole({
            "id": WHOLE, **_all("stage report", TEXT), "at": MOMENT,
            **dict.fromkeys(("agreed_at", "held_at"), _or_null(MOMENT)),
        }),
        "Invoice": _whole({
            "kind": _one_of("fee", "surplus"), **_all("number amount currency receipt", TEXT), "basis": ref("Words"),
            "issued_at": MOMENT, "paid_at": _or_null(MOMENT),
        }),
        "Differences": _whole({
            "round": WHOLE, "files": _list(WHOLE),
            "fields": _list(_whole({"code": TEXT, **_all("before after", {})})),
            "parts": _list(_whole({"number": TEXT, **_all("before_m2 after_m2", _or_null(TEXT))})),
            "attempts": _whole(_all("before after", _or_null(WHOLE))),
        }),
        "FollowCode": _whole(_all("reference code", TEXT)),
        "DeedState": _whole({
            "parcel": UID, "state": _one_of("none", "no_deed", "on_record", "confirmed", "pending", "returned"),
            "agrees": YES, "at": _or_null(MOMENT), "on": _or_null(DAY),
            "reason": _or_null(_one_of(*RETURN_REASONS)), "reason_words": _or_null(ref("Words")),
            "numbers": _list(TEXT), "words": ref("Words"),
        }),
        "Offer": _whole({
            "act": _one_of("fill", "attach", "hand_in", *DOING), "stage": _or_null(TEXT),
            **dict.fromkeys(("remark", "referral", "visit"), _or_null(WHOLE)),
        }),
    }  # fmt: skip


def _papers() -> dict[str, Schema]:
    return {
        "File": _whole({
            **_all("id version size", WHOLE), **_all("document name type sha256 href", TEXT), "at": MOMENT,
        }),
        "Attempt": _whole({"number": WHOLE, **_all("name sha256 crs unit href", TEXT), "at": MOMENT, "fit": YES}),
        "IssuedDocument": _whole({
            "id": WHOLE, **_all("kind number sha256 code href", TEXT), "title": ref("Words"),
            "parcel": _or_null(UID), "issued_at": MOMENT, "valid_until": _or_null(DAY), "superseded": YES,
        }),
    }  # fmt: skip


def _lists() -> dict[str, Schema]:
    """Watched areas, and reasons for return."""
    area = {
        "id": WHOLE, "kind": _one_of(*KINDS), **_all("title href", TEXT), "at": MOMENT, "where": _or_null(ANYTHING),
        "where_storage": ANYTHING,
    }  # fmt: skip
    hit = {
        "area": WHOLE, "event": _one_of("opened", "closed"), "service": TEXT, "reference": _or_null(TEXT),
        "at": MOMENT,
    }  # fmt: skip
    return {
        "Area": _whole(area),
        "Reasons": _whole(
            {
                "since": DAY,
                "until": DAY,
                "reasons": _list(
                    _whole(
                        {
                            **_all("reason service", TEXT),
                            "words": ref("Words"),
                            **_all("remarks cases", WHOLE),
                        }
                    )
                ),
            }
        ),
        "Areas": _whole({"areas": _list(ref("Area")), "hits": _list(_whole(hit))}),
    }


def _findings() -> dict[str, Schema]:
    """Findings and what a check answers, as the command ``check_survey --json`` prints them."""
    quantity = _whole({"value": {}, "unit": TEXT})
    plan = _whole({"parts": WHOLE, "crs": _or_null(TEXT), "unit": _or_null(TEXT)})
    checked = {"fit": YES, "plan": _or_null(plan), "findings": _list(ref("Finding"))}
    refusal = _whole({**_all("type title detail", TEXT), "status": WHOLE})
    refusal["properties"] |= {"parameter": TEXT, "findings": _list(ref("Finding"))}
    return {
        "Finding": _whole({
            "rule": TEXT, "severity": _one_of("error", "warning", "info"), "message": ref("Words"),
            **dict.fromkeys(("measured", "required"), _or_null(quantity)),
            "source": _or_null(_whole(_all("title date confidence", TEXT))), "parcels": _list(TEXT),
            **dict.fromkeys(("where", "where_storage"), _or_null(ANYTHING)),
        }),
        "Checked": _whole(checked),
        "HandedIn": _whole({"attempt": WHOLE, **checked}),
        "Refusal": refusal,
    }  # fmt: skip
