"""The share control of the locator's pages: by the phone, by copying, or as a plain link to select."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings

register = template.Library()


@register.inclusion_tag("gisportal/nearby/_share.html")
def share(path: str, query: str = "", paper: str = "") -> dict[str, Any]:
    """Return what the control shows. ``path`` and ``query`` are the page's address; ``paper`` that of its print page.

    The host is ``PUBLIC_URL``, never that of a request.
    """
    return {"address": settings.PUBLIC_URL + path + query, "paper": paper + query}
