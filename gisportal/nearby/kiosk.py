"""One mode of the locator's pages for a screen that many people use one after the other: ``?kiosk=1``.

The pages lead nowhere else, what a phone would open is a QR symbol, and the screen goes back to its start by itself.
Where it stands, and for how long it may be left alone, is in the address like everything else: nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse, translate_url
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from markupsafe import Markup

from gisportal.context import SITE_LANGUAGES
from land_services.documents.qr import qr_svg
from layers.locator.positions import BadPosition, Position

__all__ = ["OF_KIOSK", "Kiosk", "kiosk_context", "kiosk_of", "phone_qr", "place_qr", "serves_kiosks"]

OF_KIOSK: Final = ("kiosk", "stand", "idle")
"""What the links of such a page carry on."""

QUIET_S: Final = 60
_QUIET_RANGE_S: Final = (20, 600)
WARNING_S: Final = 30
"""The screen says for so long that it will begin anew (WCAG 2.2.1 asks for 20 seconds)."""

_STARTS: Final = ("q", "lon", "lat", "district")
_QR_MM: Final = 44
_DECIMALS: Final = 3

View = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Kiosk:
    """``start`` is the page that the screen goes back to, ``query`` what an address needs to stay in this mode."""

    start: str
    query: str
    quiet_s: int
    languages: tuple[tuple[str, str, str], ...]
    fields: tuple[tuple[str, str], ...]
    problem: str = ""
    warning_s: int = WARNING_S


def kiosk_of(request: HttpRequest, page: str = "nearby:list") -> Kiosk | None:
    """Return the mode of a request, None for everybody else. ``page`` is where the screen begins."""
    if request.GET.get("kiosk") != "1":
        return None
    stand = request.GET.get("stand", "").replace("\x00", "")[:60]
    idle = request.GET.get("idle", "")
    quiet = int(idle) if idle.isascii() and idle.isdigit() and len(idle) < 5 else QUIET_S
    low, high = _QUIET_RANGE_S
    begin = _begin(stand)
    fields = [("kiosk", "1")] + ([("stand", stand)] if begin else []) + ([("idle", idle)] if quiet != QUIET_S else [])
    of_page = [(name, request.GET[name][:60]) for name in ("theme", "limit", "choose") if request.GET.get(name)]
    start = reverse(page) + "?" + urlencode([*fields, *(of_page if page == "nearby:embed" else ()), *begin], safe=",")
    path = request.get_full_path()
    return Kiosk(
        start=start,
        query=urlencode(fields, safe=","),
        quiet_s=min(max(quiet, low), high),
        languages=tuple(
            (other.code, other.name, translate_url(path, other.code))
            for other in SITE_LANGUAGES
            if other.code != get_language()
        ),
        fields=tuple(fields),
        problem=_("Where this screen stands is not said rightly: stand=longitude,latitude or a district's identifier.")
        if stand and not begin
        else "",
    )


def _begin(stand: str) -> list[tuple[str, str]]:
    """Return the search from where a screen stands; nothing where that is not said, or is no place."""
    lon, comma, lat = stand.partition(",")
    try:
        if not comma:
            return [("district", str(UUID(stand)))] if stand else []
        at = Position(float(lon), float(lat))
    except (ValueError, BadPosition):
        return []
    return [("lon", f"{at.lon:.{_DECIMALS}f}"), ("lat", f"{at.lat:.{_DECIMALS}f}")]


def kiosk_context(request: HttpRequest, page: str = "nearby:list") -> dict[str, Any]:
    """Return what templates need to serve both: the mode, and the page that they extend."""
    kiosk = kiosk_of(request, page)
    return {"kiosk": kiosk, "page_base": "gisportal/nearby/kiosk.html" if kiosk else "gisportal/base.html"}


def serves_kiosks(page: str = "nearby:list") -> Callable[[View], View]:
    """Let a view begin where the screen stands, and let no browser keep what a person saw there."""

    def decorate(view: View) -> View:
        @wraps(view)
        def served(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            kiosk = kiosk_of(request, page)
            if kiosk is None:
                return view(request, *args, **kwargs)
            is_start = request.path == reverse(page) and not any(request.GET.get(name) for name in _STARTS)
            if is_start and any(f"{name}=" in urlsplit(kiosk.start).query for name in ("lon", "district")):
                response: HttpResponse = redirect(kiosk.start)
            else:
                response = view(request, *args, **kwargs)
            response["Cache-Control"] = "no-store"
            return response

        return served

    return decorate


def place_qr(uid: UUID | str) -> Markup:
    """Return the symbol that opens a place's page on a phone."""
    address = settings.PUBLIC_URL + reverse("nearby:place", kwargs={"uid": uid})
    return qr_svg(address, _QR_MM)


def phone_qr(phone: str) -> Markup:
    """Return the symbol that dials on a phone; nothing where the number is too long to be one."""
    dialled = "".join(c for c in phone if c.isascii() and (c.isdigit() or c == "+"))
    return qr_svg(f"tel:{dialled}", _QR_MM) if 3 <= len(dialled) <= 20 else Markup("")
