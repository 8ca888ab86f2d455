"""A survey decision by its number and the owner's identity number, for anybody who knows both."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse

from land_services.cases.decisions import DecisionView, inquire
from land_services.cases.verifying import too_many_looks
from land_services.register.personal import ID_KINDS
from layers.clients import client_address
from layers.problems import Problem

from .answers import body_of, endpoint, json_answer
from .params import Param, read_members

__all__ = ["ASK", "inquiry"]

ASK = (
    Param("number", "text", "رقم القرار كما هو مطبوع", "The decision's number, as printed", required=True, most=40),
    Param(
        "id_kind", "text", "نوع هوية المالك", "Kind of the owner's identity", required=True, choices=ID_KINDS, most=40
    ),
    Param("id_number", "text", "رقم هوية المالك", "The owner's identity number", required=True, most=30),
)


def _inquiry(request: HttpRequest) -> HttpResponse:
    asked = read_members(ASK, body_of(request))
    found = inquire(asked["number"], asked["id_kind"], asked["id_number"])
    if too_many_looks(client_address(request), known=found is not None):
        raise Problem(
            429,
            "محاولات كثيرة من هذا المكان. انتظر دقيقة.",
            "Too many tries from this place. Wait a minute.",
            headers={"Retry-After": "60"},
        )
    if found is None:
        raise Problem(404, "لم يوجد شيء بهذا الرقم والمالك.", "Nothing was found for this number and owner.")
    return json_answer(_told(found))


def _told(found: DecisionView) -> dict[str, Any]:
    areas, by = found.areas, found.standing.by
    cuts = areas.corner_cuts_m2 or {}
    return {
        "number": found.document.number,
        "status": found.standing.kind,
        "superseded_by": by.number if by is not None else None,
        "purpose": {"ar": found.purpose.ar, "en": found.purpose.en or found.purpose.ar},
        "issued_on": found.issued_on.isoformat(),
        "valid_until": found.valid_until.isoformat() if found.valid_until else None,
        "parcel": found.parcel_no,
        "deed_m2": _text(areas.deed_m2),
        "measured_m2": str(areas.measured_m2),
        "excluded_m2": str(areas.excluded_m2),
        "electricity_room_m2": _text(areas.electricity_room_m2),
        "corner_cuts_m2": {quarter: str(area) for quarter, area in cuts.items()},
        "net_m2": str(areas.net_m2),
    }


def _text(area: Decimal | None) -> str | None:
    return None if area is None else str(area)


inquiry = endpoint(ask=_inquiry, is_open=True)
