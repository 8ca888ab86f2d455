"""Why requests were sent back, counted for heads and directors: a page and the same as a file."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from land_services.cases.may import HEADS
from land_services.cases.reasons import REASONS, Counted, count_reasons
from land_services.catalogue import load_catalogue
from land_services.catalogue.forms import day_of
from layers.viewer import Viewer

from .access import viewer_of, visible_cases
from .services import service_title
from .uploads import plain_text

__all__ = ["LAST_DAYS", "may_count", "reasons", "reasons_csv"]

LAST_DAYS: Final = 90
"""The period that is shown where none was chosen, up to today."""


def may_count(viewer: Viewer) -> bool:
    """Return True if the reasons for return are counted for this person: a head of people, a director or the mayor."""
    return viewer.has_role(*HEADS)


@dataclass(frozen=True)
class Period:
    """The days and the service that were asked for; ``problem`` where they could not be read."""

    since: date
    until: date
    service: str
    problem: str = ""

    @property
    def query(self) -> str:
        chosen = {"since": self.since.isoformat(), "until": self.until.isoformat(), "service": self.service}
        return urlencode({name: value for name, value in chosen.items() if value})


@never_cache
@login_required
@require_safe
def reasons(request: HttpRequest) -> HttpResponse:
    """The page: how often each reason was given, by reason and by service; 404 for everybody else."""
    period, counted = _asked(request)
    context = {
        "period": period,
        "by_reason": _summed(counted, lambda one: one.reason, _reason_words),
        "by_service": _summed(counted, lambda one: one.service, service_title),
        "services": sorted(((code, service_title(code)) for code in load_catalogue()), key=lambda pair: pair[1]),
    }
    return render(request, "land_services/reasons.html", context, status=400 if period.problem else 200)


@never_cache
@login_required
@require_safe
def reasons_csv(request: HttpRequest) -> HttpResponse:
    """The same as a table of reasons in services, in UTF-8 with a mark by which spreadsheets know it."""
    period, counted = _asked(request)
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(["reason", _("Reason"), "service", _("Service"), _("Remarks"), _("Requests")])
    for one in counted:
        words = (one.reason, _reason_words(one.reason), one.service, service_title(one.service))
        rows.writerow([*words, one.remarks, one.cases])
    response = HttpResponse(f"\ufeff{written.getvalue()}", content_type="text/csv; charset=utf-8")
    name = f"reasons-{period.since.isoformat()}-{period.until.isoformat()}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _asked(request: HttpRequest) -> tuple[Period, list[Counted]]:
    """Return what was asked for and what was counted, among the cases that this person sees."""
    viewer = viewer_of(request)
    if not may_count(viewer):
        raise Http404
    period = _period(request)
    return period, count_reasons(visible_cases(viewer), period.since, period.until, period.service)


def _period(request: HttpRequest) -> Period:
    today = timezone.localdate()
    usual = {"since": today - timedelta(days=LAST_DAYS), "until": today}
    service = plain_text(request.GET.get("service"), 60)
    given = {name: plain_text(request.GET.get(name), 20) for name in usual}
    days = {name: day_of(text) if text else usual[name] for name, text in given.items()}
    since, until = days["since"], days["until"]
    if since is None or until is None or since > until:
        words = _("Write both days such as 2026-11-29 or 1448/06/19, the earlier one first.")
        return Period(usual["since"], usual["until"], service, words)
    return Period(since, until, service)


def _summed(
    counted: Iterable[Counted], key: Callable[[Counted], str], words: Callable[[str], str]
) -> list[dict[str, Any]]:
    """Return the sums of remarks and cases by what each row is about, the most remarks first.

    A case is of one service, so that in the row of a reason it counts once; in that of a service it does not.
    """
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one in counted:
        sums[key(one)][0] += one.remarks
        sums[key(one)][1] += one.cases
    rows = [{"words": words(code), "remarks": remarks, "cases": cases} for code, (remarks, cases) in sums.items()]
    return sorted(rows, key=lambda row: (-row["remarks"], row["words"]))


def _reason_words(code: str) -> str:
    reason = REASONS.get(code)
    if reason is None:
        return code
    return reason.en if get_language() == "en" else reason.ar
