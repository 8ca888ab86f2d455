"""Who looked at whose data: a page for administrators, of one case, one party of the register, or one account."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from gisportal.accounts.models import User
from land_services.cases.looks import LOOKS as CASE_LOOKS
from layers.digits import to_latin_digits
from layers.models import AuditRow

__all__ = ["looks", "looks_at"]

LOOKS = ("personal.read", *CASE_LOOKS)
PER_PAGE = 50
BIGGEST_KEY = 2**63 - 1


def looks_at(what: str, asked: str) -> QuerySet[AuditRow]:
    """Return the looks at a case (its reference) or a party, or those of an account (their keys), the latest first."""
    rows = AuditRow.objects.filter(action__in=LOOKS).order_by("-id")
    if what == "case":
        return rows.filter(subject=asked.upper()) if asked else rows.none()
    if not asked.isdecimal() or int(asked) > BIGGEST_KEY:
        return rows.none()
    return rows.filter(payload__parties__contains=int(asked)) if what == "party" else rows.filter(actor_id=int(asked))


@never_cache
@login_required
@require_safe
def looks(request: HttpRequest) -> HttpResponse:
    """List looks; 404 for everybody but administrators."""
    if not request.viewer.has_role("administrator"):  # type: ignore[attr-defined]
        raise Http404
    what = request.GET.get("what", "case")
    what = what if what in ("case", "party", "account") else "case"
    asked = to_latin_digits(request.GET.get("q", "")).replace("\x00", "").strip()[:60]
    page = Paginator(looks_at(what, asked), PER_PAGE).get_page(to_latin_digits(request.GET.get("page", "1")))
    names = User.objects.in_bulk({row.actor_id for row in page if row.actor_id is not None})
    context = {
        "what": what,
        "asked": asked,
        "page": page,
        "rows": [(row, str(names.get(row.actor_id, row.actor_id or "—")), _words(row)) for row in page],
        "kinds": [
            ("case", _("A case, by its reference")),
            ("party", _("A party, by its key")),
            ("account", _("Looks by an account, by its key")),
        ],
    }
    return render(request, "accounts/looks.html", context)


def _words(row: AuditRow) -> str:
    payload: dict[str, Any] = row.payload
    if row.action == "case.read":
        fields = payload.get("fields")
        return _("The case, with the answers %(fields)s") % {"fields": ", ".join(fields)} if fields else _("The case")
    if row.action == "case.paper_read":
        return _("Document %(key)s of the case") % {"key": payload.get("paper", "?")}
    if row.action == "case.document_read":
        return _("Issued document %(key)s of the case") % {"key": payload.get("document", "?")}
    if row.action == "case.attempt_read":
        return _("Survey file of attempt %(number)s") % {"number": payload.get("attempt", "?")}
    return _("Parties %(keys)s") % {"keys": ", ".join(str(key) for key in payload.get("parties", []))}
