"""Areas that one watches: what opened and closed there, and choosing another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from land_services.cases.areas import RADII_M, around, drawn, in_district, stop_watching, unwatch
from land_services.cases.errors import ActionRefused, Incomplete
from land_services.cases.models import AreaHit, AreaSubscription
from land_services.notices.stopping import area_of
from layers.digits import to_latin_digits
from layers.models import District
from layers.viewer import Viewer

from .access import seen_among, viewer_of
from .case_acts import refusal_status
from .services import service_title
from .uploads import plain_text

__all__ = ["areas", "hits_of", "stop"]

HITS = 50
DISTRICTS = 500


@login_required
def areas(request: HttpRequest) -> HttpResponse:
    """One page: the areas, what happened in them, and the forms that add one or take one away."""
    viewer = viewer_of(request)
    if request.method == "POST":
        try:
            _change(request, viewer)
        except ActionRefused as refused:
            problem = refused.message(get_language() or "ar")
            typed = {name: plain_text(request.POST.get(name), 8000) for name in TYPED}
            return render(request, PAGE, _context(viewer, problem, typed), status=refusal_status(refused))
        return redirect("areas")
    return render(request, PAGE, _context(viewer))


@csrf_exempt  # the address itself is the proof, and mail programs post to it (RFC 8058)
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, word: str) -> HttpResponse:
    """Stop watching an area from a message, signed in or not: asked for by a look, done by a post."""
    found = area_of(word)
    if found is None:
        raise Http404
    if request.method == "POST":
        stop_watching(*found)  # one that is gone already is what was wanted
    done = request.method == "POST" or not AreaSubscription.objects.filter(pk=found[0], user_id=found[1]).exists()
    return render(request, "land_services/area_stop.html", {"done": done, "number": found[0]})


PAGE = "land_services/areas.html"
TYPED = ("kind", "parcel", "radius", "district", "title", "corners")


def _change(request: HttpRequest, viewer: Viewer) -> None:
    kind, key = plain_text(request.POST.get("kind"), 20), plain_text(request.POST.get("area"), 12)
    if kind == "circle":
        radius = plain_text(request.POST.get("radius"), 6)
        parcel = plain_text(request.POST.get("parcel"), 120)
        around(parcel, int(radius) if radius.isdecimal() else 0, viewer=viewer)
    elif kind == "district":
        in_district(plain_text(request.POST.get("district"), 40), viewer=viewer, language=get_language() or "ar")
    elif kind == "polygon":
        title = plain_text(request.POST.get("title"), 120)
        drawn(_corners(plain_text(request.POST.get("corners"), 8000)), title, viewer=viewer)
    elif kind == "unwatch" and key.isdecimal():
        unwatch(int(key), viewer=viewer)
    else:
        raise Incomplete("اختر ما تتابعه.", "Choose what to watch.")


def shown_title(area: AreaSubscription) -> str:
    """Return the title of an area, the radius of a circle in the unit of the page's language."""
    if area.kind != "circle" or get_language() == "en":
        return area.title
    return re.sub(r" · (\d+) m$", r" · \1 م", area.title)


def _corners(text: str) -> list[tuple[float, float]]:
    """Return the corners written one a line: easting, northing."""
    numbers = [float(number) for number in re.findall(r"\d{1,9}(?:\.\d{1,6})?", to_latin_digits(text))]
    if len(numbers) % 2:
        raise Incomplete("لكل نقطة إحداثيان: الشرقي ثم الشمالي.", "Each corner has two numbers: easting, northing.")
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def hits_of(viewer: Viewer) -> list[tuple[AreaHit, bool]]:
    """Return what happened last in somebody's areas, each with whether they may see the case itself."""
    hits = AreaHit.objects.filter(area__user_id=viewer.user_id or 0).select_related("area").defer("area__geom")
    last = list(hits.order_by("-pk")[:HITS])
    seen = set(seen_among(viewer, [hit.reference for hit in last]))
    return [(hit, hit.reference in seen) for hit in last]


def _context(viewer: Viewer, problem: str = "", typed: Mapping[str, str] | None = None) -> dict[str, Any]:
    mine = AreaSubscription.objects.filter(user_id=viewer.user_id or 0).order_by("pk")
    districts = (
        District.objects.filter(end_lifespan_version=None).order_by("name_ar").values("uid", "name_ar", "name_en")
    )
    english = get_language() == "en"
    return {
        "areas": [(area, shown_title(area)) for area in mine.defer("geom")],
        "hits": [
            {
                "hit": hit,
                "area": shown_title(hit.area),
                "service": service_title(hit.service),
                "event": ("info", _("Opened")) if hit.event == "opened" else ("neutral", _("Closed")),
                "reference": hit.reference if seen else "",
            }
            for hit, seen in hits_of(viewer)
        ],
        "districts": [
            (str(row["uid"]), (row["name_en"] if english else "") or row["name_ar"]) for row in districts[:DISTRICTS]
        ],
        "radii": RADII_M,
        "problem": problem,
        "typed": typed or {},
    }
