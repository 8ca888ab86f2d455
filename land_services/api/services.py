"""Services: the list that exists for whoever asks, and each card whole, in both languages."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from land_services.cases.acts.filing import no_office_for
from land_services.cases.checking import to_wgs84
from land_services.cases.may import may_file
from land_services.catalogue import ServiceCard, departments, load_catalogue, may_see, office_classes, visible_cards
from land_services.catalogue.codec import digest, to_json
from land_services.catalogue.finding import index
from land_services.catalogue.model import AUDIENCES
from land_services.findings import to_json as findings_json
from land_services.registry import SERVICES
from land_services.views.access import viewer_of
from layers.ogc.answers import body_answer, dumps
from layers.ogc.asking import JSON
from layers.ogc.parameters import plain_query
from layers.problems import bad_parameter
from layers.viewer import Viewer

from .answers import endpoint
from .query import next_link, read_limit

__all__ = ["SERVICES_QUERY", "service", "services"]

SERVICES_QUERY = ("q", "department", "audience", "limit", "after", "lang")
REVALIDATE = {"Cache-Control": "private, no-cache"}


def _services(request: HttpRequest) -> HttpResponse:
    asked = plain_query(request.GET, SERVICES_QUERY)
    limit = read_limit(asked, 100, 1000)
    found = _found(asked, viewer_of(request))
    rest = _after(found, asked["after"]) if "after" in asked else found
    page = rest[:limit]
    links = [next_link(request, page[-1].code)] if len(rest) > limit else []
    rows = [_row(card) for card in page]
    body = dumps({"services": rows, "total": len(found), "links": links})
    return body_answer(request, body, JSON, headers=REVALIDATE)


def _found(asked: dict[str, str], viewer: Viewer) -> list[ServiceCard]:
    seen = visible_cards(viewer)
    department, audience = asked.get("department", ""), asked.get("audience", "")
    if department and department not in departments():
        raise bad_parameter("department", "قسم غير معروف.", "is no department that is known.")
    if audience and audience not in AUDIENCES:
        listed = ", ".join(AUDIENCES)
        raise bad_parameter("audience", f"واحد من: {listed}.", f"must be one of: {listed}.")
    text = asked.get("q", "").strip()
    cards = index().search(text, {card.code for card in seen}) if text else sorted(seen, key=lambda card: card.code)
    return [card for card in cards if department in ("", card.department) and audience in ("", card.audience)]


def _after(found: list[ServiceCard], code: str) -> list[ServiceCard]:
    """Return what follows a card in the order at hand; a page is found again by its last card."""
    for place, card in enumerate(found):
        if card.code == code:
            return found[place + 1 :]
    raise bad_parameter(
        "after",
        "ليس من رابط next لصفحة سابقة. خذه من هناك كما هو.",
        "is not from the next link of an earlier page. Take it from there as it is.",
    )


def _row(card: ServiceCard) -> dict[str, Any]:
    return {
        "code": card.code,
        "name": {"ar": card.name_ar, "en": card.name_en},
        "summary": {"ar": card.summary_ar, "en": card.summary_en},
        "department": card.department,
        "audience": card.audience,
        "land": card.land,
        "target_days": card.target_days,
        "is_open": _is_open(card),
        "href": reverse("api-service", args=[card.code]),
    }


def _is_open(card: ServiceCard) -> bool:
    return card.status == "open" and (not card.register or card.code in SERVICES)


def _service(request: HttpRequest, code: str) -> HttpResponse:
    plain_query(request.GET, ("lang",))
    viewer = viewer_of(request)
    card = load_catalogue().get(code)
    if card is None or not may_see(card, viewer):
        raise Http404
    offered = _is_open(card) and may_file(card, viewer)
    against = no_office_for(card, viewer) if offered else ()
    known = office_classes()
    body = {
        **to_json(card),
        "digest": digest(card),
        "is_open": _is_open(card),
        "may_file": offered and not against,
        "against": findings_json(against, to_wgs84=to_wgs84),
        "office_class_names": [
            {"code": code, "ar": known[code].ar, "en": known[code].en} for code in card.office_classes
        ],
    }
    return body_answer(request, dumps(body), JSON, headers=REVALIDATE)


services = endpoint(get=_services, is_open=True)
service = endpoint(get=_service, is_open=True)
