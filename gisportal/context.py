"""What every page knows: the municipality, the language, the look."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language, get_language_bidi

__all__ = ["site"]

THEMES = ("light", "dark")


def site(request: HttpRequest) -> dict[str, Any]:
    """Return the names and the state that ``gisportal/base.html`` prints."""
    language = get_language() or settings.LANGUAGE_CODE
    theme = request.COOKIES.get("theme", "")
    return {
        "municipality_name": settings.MUNICIPALITY_NAME_EN if language == "en" else settings.MUNICIPALITY_NAME_AR,
        "page_language": language,
        "page_direction": "rtl" if get_language_bidi() else "ltr",
        "theme": theme if theme in THEMES else "",
    }
