"""What every page knows: the municipality, the language, the look, the way around."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import is_valid_path, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _

from land_services.notices.unread import MOST_COUNTED, unread_count
from layers.access import scope_of
from layers.viewer import Viewer

__all__ = ["page_basics", "site"]

THEMES = ("light", "dark")


@dataclass(frozen=True)
class Language:
    """A language as the switch shows it: in its own words."""

    code: str
    name: str
    short: str


SITE_LANGUAGES = (Language("ar", "العربية", "ع"), Language("en", "English", "EN"))
FILING = ("surveyor",)
DECIDING = ("reviewer", "survey_head", "planner", "mayor", "registrar", "cashier", "archive", "agency", "director")


def _navigation(request: HttpRequest, language: str, viewer: Viewer | None) -> list[dict[str, Any]]:
    """Return the links of the header that lead somewhere for this viewer, None where it is nobody."""
    items = [
        (reverse("services"), _("Services")),
        (reverse("nearby:list"), _("Near you")),
        (reverse("explore"), _("Map")),
        (reverse("follow"), _("Follow a request")),
    ]
    if viewer is not None:
        items.append((f"/{language}/cases/", _("Requests")))
        items.append((f"/{language}/work/", _("My work")))
        if viewer.has_role(*FILING, "administrator"):
            items.append((f"/{language}/workbench/", _("Workbench")))
        if viewer.has_role(*DECIDING, "administrator"):
            items.append((f"/{language}/desk/", _("Desk")))
        if scope_of(viewer).is_staff:
            items.append((reverse("nearby:coverage"), _("Coverage")))
    return [
        {"href": href, "label": label, "current": request.path == href}
        for href, label in items
        if is_valid_path(href.partition("#")[0])
    ]


def page_basics(request: HttpRequest) -> dict[str, Any]:
    """Return what a page needs to be drawn at all: no database, no session."""
    language = "en" if get_language() == "en" else "ar"
    theme = request.COOKIES.get("theme", "")
    return {
        "request": request,
        "municipality_name": settings.MUNICIPALITY_NAME_EN if language == "en" else settings.MUNICIPALITY_NAME_AR,
        "page_language": language,
        "page_direction": "rtl" if get_language_bidi() else "ltr",
        "theme": theme if theme in THEMES else "",
        "site_languages": SITE_LANGUAGES,
        "other_languages": [other for other in SITE_LANGUAGES if other.code != language],
    }


def site(request: HttpRequest) -> dict[str, Any]:
    """Return the names and the state that ``gisportal/base.html`` prints."""
    basics = page_basics(request)
    viewer: Viewer | None = getattr(request, "viewer", None)
    known = None if viewer is None or viewer.is_anonymous else viewer  # asked here, so that every page varies by cookie
    navigation = SimpleLazyObject(lambda: _navigation(request, basics["page_language"], known))  # some do without
    return {
        **basics,
        "site_nav": navigation,
        "unread_notices": SimpleLazyObject(lambda: _unread(request)),
    }


def _unread(request: HttpRequest) -> str:
    """Return how many notices wait for this person: "" for none; asked only where a page prints it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return ""
    count = unread_count(user.pk)
    return "" if not count else f"{MOST_COUNTED - 1}+" if count >= MOST_COUNTED else str(count)
