"""What the buttons of the case page do. An answer that refuses says so on the page itself, with its HTTP status."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from land_services.cases import actions
from land_services.cases.errors import ActionRefused, Incomplete, NotYours
from land_services.cases.issuing import issue
from land_services.cases.keeping import safe_suffix
from land_services.cases.models import Attempt, Case
from land_services.messages import message
from land_services.register.errors import ChangeRefused
from layers.viewer import Viewer

from .access import viewer_of, visible_case
from .case import Problem, case_page
from .uploads import MB, limit_uploads, plain_text, too_large

__all__ = ["act", "hand_in", "refusal_status"]

log = logging.getLogger(__name__)

FINDINGS_TOLD = 10


def refusal_status(refused: ActionRefused) -> int:
    """Return the HTTP status of a refusal: not this person's 403, something left out 400, not now 409."""
    return 403 if isinstance(refused, NotYours) else 400 if isinstance(refused, Incomplete) else 409


@login_required
def act(request: HttpRequest, reference: str) -> HttpResponse:
    """One button of the case page: recommend, approve (and issue), issue, reject, withdraw."""
    found, viewer = visible_case(request, reference), viewer_of(request)
    if request.method != "POST":  # the language switch of an answer that refused leads here
        return redirect("case", reference=reference)
    do = _doing(request, found, viewer).get(request.POST.get("action", ""))
    if do is None:
        raise Http404
    try:
        do()
    except ActionRefused as refused:
        problem = _refusal(refused)
    except ChangeRefused as refused:
        problem = _not_changed(refused)
    else:
        return redirect("case", reference=reference)
    found.refresh_from_db()
    return case_page(request, found, problem)


def _doing(request: HttpRequest, found: Case, viewer: Viewer) -> dict[str, Callable[[], Any]]:
    looked_at = request.POST.get("attempt", "")
    attempt = int(looked_at) if looked_at.isdecimal() and len(looked_at) < 9 else None
    reason = plain_text(request.POST.get("reason"), 2000)
    return {
        "recommend": lambda: actions.recommend(found, viewer=viewer, attempt=attempt),
        "approve": lambda: _approve_and_issue(request, found, viewer),
        "issue": lambda: issue(found, viewer=viewer),
        "reject": lambda: actions.reject(found, reason, viewer=viewer),
        "withdraw": lambda: actions.withdraw(found, viewer=viewer),
    }


def _approve_and_issue(request: HttpRequest, found: Case, viewer: Viewer) -> None:
    approved, _applied = actions.approve(found, viewer=viewer)
    try:
        issue(approved, viewer=viewer)
    except Exception:  # the register is changed whatever becomes of the papers; they can be issued again
        log.exception("the documents of %s could not be made", approved.reference)
        messages.warning(
            request, _("The case is approved, but its documents could not be made. Press “Issue the documents”.")
        )


def _refusal(refused: ActionRefused) -> Problem:
    language = get_language() or "ar"
    lines = tuple(message(found, _of(language)) for found in refused.findings)
    return Problem(refusal_status(refused), "act", refused.message(language), lines)


def _not_changed(refused: ChangeRefused) -> Problem:
    language = _of(get_language() or "ar")
    lines = tuple(f"{found.rule}: {message(found, language)}" for found in refused.findings[:FINDINGS_TOLD])
    return Problem(409, "act", _("The register was not changed: what was decided no longer fits it."), lines)


def _of(language: str) -> Any:
    return "en" if language == "en" else "ar"


@csrf_exempt  # the limit must be set before the request is read; the check follows in _take
@login_required
def hand_in(request: HttpRequest, reference: str) -> HttpResponse:
    """Take a survey file for a case: it is checked at once, and kept whatever the checks say."""
    found = visible_case(request, reference)
    if request.method != "POST":
        return redirect("case", reference=reference)
    if not limit_uploads(request, settings.SURVEY_MAX_MB * MB):
        return _too_large_unread(request)
    return _take(request, found)


@csrf_protect
def _take(request: HttpRequest, found: Case) -> HttpResponse:
    upload = request.FILES.get("file")
    if too_large(request):
        return case_page(request, found, Problem(413, "file", _too_large_text()))
    if not isinstance(upload, UploadedFile):
        return case_page(request, found, Problem(400, "file", _("Choose a survey file first.")))
    if not upload.size:
        return case_page(request, found, Problem(400, "file", _("This file is empty.")))
    try:
        attempt = _hand_in(request, found, upload)
    except ActionRefused as refused:
        words = refused.message(get_language() or "ar")
        return case_page(request, found, Problem(refusal_status(refused), "file", words))
    if attempt.fit:
        messages.success(request, _("The file is fit: the case was submitted for review."))
    else:
        messages.warning(request, _("The file was not accepted yet: the findings below say what to mend."))
    return redirect(f"{reverse('case', args=[found.reference])}?attempt={attempt.number}")


def _hand_in(request: HttpRequest, found: Case, upload: UploadedFile) -> Attempt:
    name = plain_text(upload.name, 200) or "survey"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"upload{safe_suffix(name)}"
        with path.open("wb") as target:
            for chunk in upload.chunks():
                target.write(chunk)
        attempt, _checked = actions.hand_in(
            found,
            path,
            viewer=viewer_of(request),
            file_name=name,
            crs=plain_text(request.POST.get("crs"), 32),
            unit=plain_text(request.POST.get("unit"), 8),
        )
    return attempt


def _too_large_text() -> str:
    return _("The file is larger than %(mb)d MB. Send the parcel's survey alone, without images or the whole area.") % {
        "mb": settings.SURVEY_MAX_MB
    }


def _too_large_unread(request: HttpRequest) -> HttpResponse:
    response = render(request, "land_services/too_large.html", {"text": _too_large_text()}, status=413)
    response["Connection"] = "close"
    return response
