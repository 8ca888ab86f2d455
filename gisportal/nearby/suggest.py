"""Suggestions of residents: a form that works without script, what was understood, and a number to ask by.

Only the last of its steps writes anything, and only by POST. What is sent waits until staff decide it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from gisportal.nearby.rows import kind_words, name_in
from gisportal.nearby.suggest_form import KIND_WORDS, SuggestionForm, what_words
from gisportal.nearby.tap import REACH_M, SIDE_PX, tapped
from layers.limits import Verdict, allow
from layers.locator import counts
from layers.locator.hours import HoursText
from layers.locator.hours_words import Words, words
from layers.locator.listing import one_place
from layers.locator.models import PlaceSuggestion
from layers.locator.opening import look
from layers.locator.positions import BadPosition, Position
from layers.locator.suggestions import Wish, same_as, send
from layers.models import Place

__all__ = ["missing", "of_place", "sent"]

PER_MINUTE, BURST = 1, 6
"""How many suggestions one client may send: so many at once, then one a minute."""

_SIGNER: Final = Signer(salt="gisportal.nearby.suggest")
_KINDS: Final = tuple(kind for kind in KIND_WORDS if kind != "missing_place")


@dataclass(frozen=True)
class _Subject:
    """The place that a suggestion is about; without a uid one that is missing."""

    uid: UUID | None
    name: str
    held: Mapping[str, str]
    at: Position | None


@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def of_place(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Ask what is wrong with a place, then for the right values."""
    row = one_place(uid)
    if row is None:
        raise Http404
    feature = json.loads(row.text + "}}")
    held = {name: value or "" for name, value in feature["properties"].items()}
    language = "en" if get_language() == "en" else "ar"
    name = name_in(held["name_ar"], held["name_en"], language) or kind_words(held["category"], held["kind"], language)
    subject = _Subject(uid, name, held, Position(*feature["geometry"]["coordinates"]))
    kind = request.POST.get("about") or request.GET.get("about", "")
    if kind not in _KINDS:
        choices = [(one, KIND_WORDS[one]) for one in _KINDS]
        return render(request, "gisportal/nearby/suggest_what.html", {"subject": subject, "choices": choices})
    return _step(request, kind, subject)


@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def missing(request: HttpRequest) -> HttpResponse:
    """Ask for a place that is missing; the address may say where to begin looking for its position."""
    try:
        at = Position(round(float(request.GET["lon"]), 3), round(float(request.GET["lat"]), 3))
    except (KeyError, ValueError, BadPosition):
        at = None
    return _step(request, "missing_place", _Subject(None, "", {}, at))


def _step(request: HttpRequest, kind: str, subject: _Subject) -> HttpResponse:
    """Show the form, what was understood of it, or send it: as the button says that was pressed."""
    if request.method != "POST":
        counts.count_visit("nearby-suggest")
        return _form(request, SuggestionForm(kind, uid=subject.uid, held=subject.held), subject)
    data = request.POST.copy()
    moved = tapped(data, _centre(data, subject))
    if moved is not None:
        data["position"] = f"{moved.lat:.5f}, {moved.lon:.5f}"
    form = SuggestionForm(kind, data, uid=subject.uid, held=subject.held)
    if moved is not None or "change" in data or "look" in data:
        form.forget_faults()
        return _form(request, form, subject)
    if not form.is_valid() or form.wish is None:
        return _form(request, form, subject, status=422)
    told = same_as(form.wish)
    if told is not None:
        return render(request, "gisportal/nearby/suggest_told.html", {"subject": subject, "row": told})
    if "send" not in data:
        return _check(request, form, form.wish, subject)
    verdict = allow(request, "suggest", PER_MINUTE, BURST)
    if not verdict.is_allowed:
        return _check(request, form, form.wish, subject, verdict)
    row = send(form.wish)
    return redirect(reverse("nearby:suggested", args=[_SIGNER.sign(str(row.pk))]))


def _form(request: HttpRequest, form: SuggestionForm, subject: _Subject, status: int = 200) -> HttpResponse:
    at = form.typed_position() or subject.at
    context = {
        "form": form,
        "subject": subject,
        "about": KIND_WORDS[form.kind],
        "tap": {"lon": f"{at.lon:.5f}", "lat": f"{at.lat:.5f}", "side": SIDE_PX, "reach": REACH_M} if at else None,
        "marked": form.typed_position() is not None,
        "now": _hours_words(subject.held) if form.kind == "hours" else None,
    }
    return render(request, "gisportal/nearby/suggest.html", context, status=status)


def _centre(data: Mapping[str, Any], subject: _Subject) -> Position | None:
    """Return the middle of the drawing that was pressed on."""
    try:
        return Position(float(data["tap_lon"]), float(data["tap_lat"]))
    except (KeyError, ValueError, BadPosition):
        return subject.at


def _check(
    request: HttpRequest, form: SuggestionForm, wish: Wish, subject: _Subject, verdict: Verdict | None = None
) -> HttpResponse:
    """Tell in words what was understood, before anything is sent; with a verdict, that it is too much now."""
    values = dict(wish.values)
    context = {
        "form": form,
        "subject": subject,
        "about": KIND_WORDS[form.kind],
        "wish": wish,
        "values": values,
        "hidden": [(name, value) for name, value in form.data.items() if name in form.fields and value],
        "what": what_words(str(form.data.get("what", ""))),
        "words": _hours_words(values) if values.get("opening_hours") else None,
        "wait_s": max(1, math.ceil(verdict.wait_s)) if verdict else 0,
    }
    response = render(request, "gisportal/nearby/suggest_check.html", context, status=429 if verdict else 200)
    if verdict:
        response["Retry-After"] = str(context["wait_s"])
    return response


def _hours_words(values: Mapping[str, str]) -> Words:
    text = HoursText(values.get("opening_hours", ""), values.get("ramadan_hours", ""), values.get("prayer_pause", ""))
    return words(text, "en" if get_language() == "en" else "ar", timezone.localdate(), look().calendar)


# Afterwards ---------------------------------------------------------------------------------------------------------


@never_cache
@require_safe
def sent(request: HttpRequest, token: str) -> HttpResponse:
    """Tell the number of a suggestion and what has become of it, to whoever holds the link."""
    try:
        row = PlaceSuggestion.objects.filter(pk=int(_SIGNER.unsign(token))).first()
    except (BadSignature, ValueError):
        row = None
    if row is None:
        raise Http404
    place = Place.objects.filter(uid=row.place_uid, end_lifespan_version=None).first() if row.place_uid else None
    context = {
        "row": row,
        "about": KIND_WORDS.get(row.kind, row.kind),
        "place": place,
        "state": {"waiting": _("waiting"), "taken": _("taken"), "turned_down": _("turned down")}[row.state],
        "kind_of_state": {"waiting": "info", "taken": "ok", "turned_down": "neutral"}[row.state],
    }
    return render(request, "gisportal/nearby/suggest_sent.html", context)
