"""Services as the site shows them: the catalogue's cards with an icon and the words of one language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext as _

from gisportal.accounts.roles import Role
from land_services.cases import may
from land_services.cases.acts.filing import no_office_for
from land_services.catalogue import ServiceCard, departments, load_catalogue, may_see, office_classes, visible_cards
from land_services.catalogue.finding import Index, index
from land_services.domain import RuleSource
from land_services.isolated import shown
from land_services.registry import SERVICES
from layers.locator.normalise import fold
from layers.viewer import Viewer

__all__ = ["against", "cards", "count", "listing", "may_file", "service"]

PER_PAGE = 40
LONGEST_QUESTION = 120
ICONS = {
    "subdivision": "scissors",
    "merge": "merge",
    "boundary_adjustment": "adjustments",
    "duplex_subdivision": "split",
    "deed_update": "document",
    "update_and_subdivide": "file-check",
    "survey_decision": "ruler",
    "layout_approval": "plan",
    "service_project": "fuel",
    "remnant_annexation": "polygon",
    "alley_annexation": "road",
}
LISTS = ("applicants", "documents", "conditions", "referrals", "outputs")


def cards(language: str) -> list[dict[str, Any]]:
    """Return what the home page shows: the land services, in the order in which people ask for them."""
    known = load_catalogue()
    return [_card(known[code], language) for code in ICONS if code in known and known[code].audience != "staff"]


def count(viewer: Viewer) -> int:
    """Return how many services exist for a viewer."""
    return len(visible_cards(viewer))


def may_file(code: str, viewer: Viewer) -> bool:
    """Return whether a viewer may open a request for a service on these pages."""
    card = load_catalogue().get(code)
    return card is not None and _is_open(card) and may.may_file(card, viewer)


def against(code: str, viewer: Viewer, language: str) -> str:
    """Return why no office of this viewer may file for a service; "" where one may."""
    card = load_catalogue().get(code)
    found = no_office_for(card, viewer) if card is not None else ()
    return shown(found[0], "en" if language == "en" else "ar") if found else ""


def service(code: str, viewer: Viewer, language: str) -> dict[str, Any] | None:
    """Return everything that a card says; None where there is no such service for this viewer."""
    card = load_catalogue().get(code)
    if card is None or not may_see(card, viewer):
        return None
    details = {name: [_item(item, language) for item in getattr(card, name)] for name in LISTS}
    return {
        **_card(card, language),
        **details,
        "stages": _stages(card, language),
        "questions": [_words(field, language) for field in card.form],
        "fee": {"amount": _amount(card), "currency": card.fee.currency, **_said(card.fee, language)},
        "target": _source(card.target_source, language),
        "retention": {"years": card.retention.years, **_said(card.retention, language)},
        "channels": [_channel(channel) for channel in card.channels],
        "elsewhere": [_channel(channel) for channel in card.channels if channel != "web"],
        "is_open": _is_open(card),
        "office_classes": [_words(office_classes()[code], language) for code in card.office_classes],
    }


def _is_open(card: ServiceCard) -> bool:
    return card.status == "open" and (not card.register or card.code in SERVICES)


# The list -----------------------------------------------------------------------------------------------------------


def listing(asked: Mapping[str, str], viewer: Viewer, language: str) -> dict[str, Any]:
    """Return the list page: what was found among the services that exist for this viewer, and the ways to narrow it.

    Parameters
    ----------
    asked : mapping
        ``q``, ``department``, ``audience`` and ``page`` as the address gives them; what is not known counts as absent.
    """
    text = asked.get("q", "").replace("\x00", "")[:LONGEST_QUESTION].strip()
    seen = visible_cards(viewer)
    found = index().search(text, {card.code for card in seen}) if text else _in_order(seen, language)
    department = _known(asked.get("department", ""), {card.department for card in seen})
    audience = _known(asked.get("audience", ""), {card.audience for card in seen})
    query = {"q": text, "department": department, "audience": audience}
    chosen = [card for card in found if _fits(card, department, audience)]
    page = Paginator(chosen, PER_PAGE).get_page(asked.get("page"))
    # Where nothing was found, the ways to narrow lead through everything instead of nowhere.
    ways, of = (found, query) if found else (seen, {**query, "q": ""})
    return {
        "asked": text,
        "department": department,
        "audience": audience,
        "total": len(chosen),
        "page": page,
        "groups": _groups(page, language, ranked=bool(text)),
        "pages": {
            "before": _link(query, page=page.previous_page_number()) if page.has_previous() else "",
            "after": _link(query, page=page.next_page_number()) if page.has_next() else "",
        },
        "departments": _departments(ways, of, language),
        "audiences": _audiences(ways, of),
        "all": _link({"q": text}),
    }


def _known(value: str, values: set[str]) -> str:
    return value if value in values else ""


def _fits(card: ServiceCard, department: str, audience: str) -> bool:
    return (not department or card.department == department) and (not audience or card.audience == audience)


def _in_order(seen: Sequence[ServiceCard], language: str) -> list[ServiceCard]:
    codes = {card.code for card in seen}
    return [card for card in _ordered(index(), language) if card.code in codes]


@lru_cache(maxsize=4)
def _ordered(of: Index, language: str) -> tuple[ServiceCard, ...]:
    """Return all cards by department and name; worked out once for a catalogue and language."""
    places = {code: place for place, code in enumerate(departments())}
    return tuple(sorted(of.cards.values(), key=lambda card: (places[card.department], fold(_name(card, language)))))


def _groups(page: Page[ServiceCard], language: str, *, ranked: bool) -> list[dict[str, Any]]:
    """Return the services of a page under their departments; in one group where the best match comes first."""
    if ranked and page:
        return [{"title": "", "services": [_card(card, language) for card in page]}]
    groups: dict[str, dict[str, Any]] = {}
    for card in page:
        shown = _card(card, language)
        group = groups.setdefault(card.department, {"title": shown["department"], "services": []})
        group["services"].append(shown)
    return list(groups.values())


def _departments(found: Sequence[ServiceCard], query: Mapping[str, str], language: str) -> list[dict[str, Any]]:
    counts = Counter(card.department for card in found if _fits(card, "", query["audience"]))
    return [
        {
            "title": _words(department, language),
            "count": counts[code],
            "href": _link({**query, "department": code}),
            "on": code == query["department"],
        }
        for code, department in departments().items()
        if counts[code]
    ]


def _audiences(found: Sequence[ServiceCard], query: Mapping[str, str]) -> list[dict[str, Any]]:
    counts = Counter(card.audience for card in found if _fits(card, query["department"], ""))
    return [
        {
            "title": _audience(code),
            "count": counts[code],
            "href": _link({**query, "audience": code}),
            "on": code == query["audience"],
        }
        for code in ("public", "suppliers", "staff")
        if counts[code]
    ]


def _link(query: Mapping[str, str], **more: Any) -> str:
    asked = {name: value for name, value in {**query, **more}.items() if value}
    return f"?{urlencode(asked)}"


# Words --------------------------------------------------------------------------------------------------------------


def _card(card: ServiceCard, language: str) -> dict[str, Any]:
    return {
        "code": card.code,
        "title": _name(card, language),
        "text": card.summary_en if language == "en" else card.summary_ar,
        "department": _words(departments()[card.department], language),
        "audience": _audience(card.audience),
        "days": card.target_days,
        "icon": ICONS.get(card.code, "document"),
        "required_documents": sum(document.required and not document.added_by for document in card.documents),
    }


def _name(card: ServiceCard, language: str) -> str:
    return card.name_en if language == "en" else card.name_ar


def _audience(code: str) -> str:
    return {"public": _("For the public"), "suppliers": _("For suppliers"), "staff": _("Internal procedures")}[code]


def _channel(code: str) -> str:
    return {"web": _("online"), "counter": _("at the counter"), "mail": _("by mail")}[code]


def _amount(card: ServiceCard) -> Any:
    """Return the one amount of a fee; None where it depends on the request."""
    return card.fee.amount if card.fee.kind in ("none", "fixed") else None


def _words(item: Any, language: str) -> str:
    return str(item.en if language == "en" else item.ar)


def _said(item: Any, language: str) -> dict[str, Any]:
    return {"text": _words(item, language), **_source(item.source, language)}


def _item(item: Any, language: str) -> dict[str, Any]:
    return {
        "code": item.code,
        "days": getattr(item, "days", 0),
        "required": getattr(item, "required", None),
        "formats": getattr(item, "formats", ()),
        "per_part": getattr(item, "per", "") == "part",
        "validity_days": getattr(item, "validity_days", None),
        "added_by": [] if "filer" in getattr(item, "added_by", ()) else _people(getattr(item, "added_by", ())),
        **_said(item, language),
    }


def _people(words: Sequence[str]) -> list[str]:
    """Return roles as words; an agency by what it is."""
    return list(dict.fromkeys(str(Role(word.partition(":")[0]).label) for word in words))


def _stages(card: ServiceCard, language: str) -> list[dict[str, Any]]:
    """Return the stages; one that does not simply follow the stage before it names those it waits for."""
    shown = []
    for place, stage in enumerate(card.stages):
        follows = not place or stage.after == (card.stages[place - 1].code,)
        after = [] if follows else [_words(card.stage(code), language) for code in stage.after]
        shown.append({**_item(stage, language), "role": Role(stage.role).label, "after": after})
    return shown


def _source(source: RuleSource, language: str) -> dict[str, str]:
    title = source.title_ar if language == "ar" and source.title_ar else source.title
    return {"confidence": source.confidence, "source": title, "date": source.date}
