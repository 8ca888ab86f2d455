"""What makes the locator an application of the phone: its manifest, its worker, and which pages the worker may keep.

The worker belongs to ``/<language>/nearby/`` alone and keeps nothing but what ``may_be_kept`` marks: pages that say the
same to everybody. No page of a person who signed in, no typed text, no form and nothing outside the locator is kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache, wraps
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gisportal.nearby.keeping import FORMAT
from layers.locator import normalise

__all__ = ["MARK", "kept", "kept_words", "manifest", "may_be_kept", "worker"]

MARK: Final = "X-Nearby-Keep"
"""The header of a page that a phone may keep."""

_WORKER: Final = Path(__file__).with_name("worker.js")
_FONTS: Final = {"ar": ("arabic-400", "arabic-600", "latin-400", "latin-600"), "en": ("latin-400", "latin-600")}
_ROUNDED: Final = re.compile(r"-?\d{1,3}(\.\d{1,3})?", re.A)

View = Callable[..., HttpResponse]


def may_be_kept(view: View) -> View:
    """Mark the answers of a view that a phone may keep: nobody's own, nothing typed, no position but a rounded one."""

    @wraps(view)
    def marked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if _is_nobodys(request) and response.status_code == 200:
            response[MARK] = "yes"
        return response

    return marked


def _is_nobodys(request: HttpRequest) -> bool:
    given = request.GET
    return (
        request.method == "GET"
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
        and "messages" not in request.COOKIES
        and not request.META.get("CSRF_COOKIE_NEEDS_UPDATE")  # a form of the page carries a person's token
        and not any(given.get(name) for name in ("q", "kiosk"))
        and all(_ROUNDED.fullmatch(given[name]) for name in ("lon", "lat") if name in given)
    )


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """Answer with the manifest of the language of the address."""
    language, start = _language(), reverse("nearby:list")
    city = settings.MUNICIPALITY_NAME_EN if language == "en" else settings.MUNICIPALITY_NAME_AR
    large = {"src": static("gisportal/nearby-512.png"), "sizes": "512x512", "type": "image/png"}
    data = {
        "id": start,
        "name": f"{_('Near you')} · {city}",
        "short_name": _("Near you"),
        "description": _(
            "The nearest open shop, clinic, pharmacy, gas and water station, and who repairs, in your neighbourhood."
        ),
        "lang": language,
        "dir": "rtl" if get_language_bidi() else "ltr",
        "start_url": start,
        "scope": start,
        "display": "standalone",
        "background_color": "#f5f3ee",
        "theme_color": "#0b5d4b",
        "icons": [
            {"src": static("gisportal/nearby.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"},
            {"src": static("gisportal/nearby-192.png"), "sizes": "192x192", "type": "image/png", "purpose": "any"},
            {**large, "purpose": "any"},
            {**large, "purpose": "maskable"},  # all of the drawing lies within the circle that no phone cuts
        ],
    }
    text = json.dumps(data, ensure_ascii=False)
    return _for_the_browser(HttpResponse(text, content_type="application/manifest+json; charset=utf-8"))


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """Answer with the worker; it is another one as soon as a file or a word of what it keeps is."""
    text = _worker_text.__wrapped__(_language()) if settings.DEBUG else _worker_text(_language())
    return _for_the_browser(HttpResponse(text, content_type="text/javascript; charset=utf-8"))


@require_safe
def kept(request: HttpRequest) -> HttpResponse:
    """Show what is kept on the phone; the worker keeps this page and shows it where there is no network."""
    return _for_the_browser(render(request, "gisportal/nearby/kept.html", of_kept()))


def of_kept() -> dict[str, Any]:
    """Return what the script of what is kept needs: how names are folded is said in one place only."""
    tables = {
        "dropped": normalise._DROPPED.pattern,
        "between": normalise._BETWEEN.pattern,
        "from": normalise._FROM,
        "to": normalise._TO,
        "longest": normalise.LONGEST,
    }
    return {"kept_data": {**kept_words(), "fold": tables}}


def kept_words() -> dict[str, Any]:
    """Return the words that scripts say of what is kept, and the format that they read."""
    said = {
        "number": _("{n} places"),
        "kept": _("Kept on {date}."),
        "old": _("Kept too long ago to tell: see the hours of the week"),
        "clock": _("This phone's clock is not right: see the hours of the week"),
        "cut": _("These are the first {n} places of the district: there are more."),
        "size": _("{n} kB"),
        "failed": _("It could not be kept. Is there a connection? What was kept before is still there."),
        "full": _("This phone has no room for it. Delete something and try again."),
        "done": _("Kept on this phone."),
        "gone": _("Deleted."),
        "none": _("Nothing of what is kept answers to this."),
        "pages": _("Pages that you opened: {n}. They are there without a network too."),
        "all": _("All"),
        "metres": _("{n} m"),
        "kilometres": _("{n} km"),
    }
    return {"format": FORMAT, "said": said}


@lru_cache(maxsize=4)
def _worker_text(language: str) -> str:
    fonts = [f"build/ibm-plex-sans-arabic-{name}-normal.woff2" for name in _FONTS[language]]
    names = ["build/site.css", "build/site.js", "build/nearby.js", "build/kept.js", "build/icons.svg", *fonts]
    names += ["gisportal/mark.svg", "gisportal/nearby.svg", "gisportal/nearby-192.png"]
    shell = {
        "language": language,
        "direction": "rtl" if get_language_bidi() else "ltr",
        "mark": MARK,
        "scope": reverse("nearby:list"),
        "kept": reverse("nearby:kept"),
        "files": [static(name) for name in names],
        "no_map": _("The map needs a connection."),
    }
    source = _WORKER.read_text(encoding="utf-8")
    told = json.dumps(shell)
    version = sha256("\n".join([told, source, _page_for_nobody(), *map(_content, names)]).encode()).hexdigest()[:12]
    return f"const SHELL = {json.dumps({**shell, 'version': version})};\n{source}"


def _page_for_nobody() -> str:
    """Return the page of what is kept as the worker gets it: its words are a part of the release."""
    request = HttpRequest()
    request.path = request.path_info = reverse("nearby:kept")
    request.user = AnonymousUser()
    return render_to_string("gisportal/nearby/kept.html", of_kept(), request)


def _content(name: str) -> str:
    """Return what tells a file apart where its address does not: with DEBUG, addresses carry no hash."""
    path = finders.find(name) if settings.DEBUG else None
    return sha256(Path(path).read_bytes()).hexdigest() if isinstance(path, str) else ""


def _for_the_browser(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-cache"
    response.keeps_no_cookie = True  # type: ignore[attr-defined]  # for LanguageCookieMiddleware
    return response


def _language() -> str:
    return "en" if get_language() == "en" else "ar"
