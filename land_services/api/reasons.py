"""Why requests were sent back, counted: for heads and directors, of the cases that they see."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from land_services.cases.reasons import REASONS, count_reasons
from land_services.catalogue.forms import day_of
from land_services.views.access import viewer_of, visible_cases
from land_services.views.reasons import LAST_DAYS, may_count
from layers.ogc.parameters import plain_query
from layers.problems import bad_parameter

from .answers import endpoint, json_answer

__all__ = ["reasons"]


def _reasons(request: HttpRequest) -> HttpResponse:
    asked, viewer = plain_query(request.GET, ("since", "until", "service", "lang")), viewer_of(request)
    if not may_count(viewer):
        raise Http404
    today = timezone.localdate()
    since, until = _day(asked, "since", today - timedelta(days=LAST_DAYS)), _day(asked, "until", today)
    rows = []
    for one in count_reasons(visible_cases(viewer), since, until, asked.get("service", "")):
        reason = REASONS.get(one.reason)
        words = {"ar": reason.ar if reason else one.reason, "en": reason.en if reason else one.reason}
        counts = {"remarks": one.remarks, "cases": one.cases}
        rows.append({"reason": one.reason, "words": words, "service": one.service, **counts})
    return json_answer({"since": since.isoformat(), "until": until.isoformat(), "reasons": rows})


def _day(asked: dict[str, str], name: str, usual: date) -> date:
    found = day_of(asked[name]) if asked.get(name) else usual
    if found is None:
        raise bad_parameter(
            name, "يوم مثل 2026-11-29 أو 1448/06/19.", "must be a day such as 2026-11-29 or 1448/06/19."
        )
    return found


reasons = endpoint(get=_reasons)
