"""Posts of the case page. An answer that refuses says so on the page itself, with its HTTP status."""

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

from land_services.cases import acts
from land_services.cases.errors import ActionRefused, NotYours
from land_services.cases.keeping import safe_suffix
from land_services.cases.models import Attempt, Case, CaseFile
from land_services.isolated import shown
from land_services.register.errors import ChangeRefused

from .access import viewer_of, visible_case
from .case import Problem, case_page
from .case_doing import DOING, Asked
from .case_remarks import ADD, FULL, MOST_REMARKS, typed
from .refusals import refusal_status
from .uploads import MB, limit_uploads, plain_text, too_large

__all__ = ["act", "attach", "fill", "hand_in", "refusal_status", "secret"]

log = logging.getLogger(__name__)

FINDINGS_TOLD = 10
PLACES = {"submit": "submit", "answer": "remarks", "say": "thread"}
"""Where on the page a refusal is said, if not beside the acts."""


@login_required
def act(request: HttpRequest, reference: str) -> HttpResponse:
    """One button of the case page."""
    found = visible_case(request, reference)
    if request.method != "POST":  # the language switch of an answer that refused leads here
        return redirect("case", reference=reference)
    word = request.POST.get("action", "")
    asked = Asked(request, found, viewer_of(request))
    if word == ADD:
        full = len(typed(request.POST, 1)) >= MOST_REMARKS
        return case_page(request, found, _refusal(FULL, "act") if full else None)
    if word == "approve":
        return _answered(request, found, word, lambda: _approve_and_issue(request, asked))
    if word not in DOING:
        raise Http404
    return _answered(request, found, word, lambda: DOING[word](asked))


def _answered(request: HttpRequest, found: Case, word: str, do: Callable[[], Any]) -> HttpResponse:
    try:
        do()
    except ActionRefused as refused:
        problem = _refusal(refused, PLACES.get(word, "act"))
    except ChangeRefused as refused:
        problem = _not_changed(refused)
    else:
        return redirect("case", reference=found.reference)
    return case_page(request, Case.objects.select_related("filed_by", "entry").get(pk=found.pk), problem)


def _approve_and_issue(request: HttpRequest, asked: Asked) -> None:
    approved, _applied = acts.approve(asked.case, asked.stage, viewer=asked.viewer, note=asked.text("note", 4000))
    if not approved.stages.filter(kind="issue", state="active").exists():
        return
    try:
        acts.issue(approved, viewer=asked.viewer)
    except NotYours:
        return  # somebody else issues
    except Exception:  # the register is changed whatever becomes of the papers; they can be issued again
        log.exception("the documents of %s could not be made", approved.reference)
        messages.warning(
            request, _("The case is approved, but its documents could not be made. Press “Issue the documents”.")
        )


def _refusal(refused: ActionRefused, place: str) -> Problem:
    language = get_language() or "ar"
    lines = tuple(shown(found, _of(language)) for found in refused.findings)
    return Problem(refusal_status(refused), place, refused.message(language), lines)


def _not_changed(refused: ChangeRefused) -> Problem:
    language = _of(get_language() or "ar")
    lines = tuple(f"{found.rule}: {shown(found, language)}" for found in refused.findings[:FINDINGS_TOLD])
    return Problem(409, "act", _("The register was not changed: what was decided no longer fits it."), lines)


def _of(language: str) -> Any:
    return "en" if language == "en" else "ar"


@login_required
def fill(request: HttpRequest, reference: str) -> HttpResponse:
    """Save the form of a case."""
    found, viewer = visible_case(request, reference), viewer_of(request)
    if request.method != "POST":
        return redirect("case", reference=reference)
    values = {name[2:]: plain_text(value, 8000) for name, value in request.POST.items() if name.startswith("f-")}
    try:
        acts.fill(found, values, viewer=viewer)
    except ActionRefused as refused:
        found.form = {**found.form, **values}
        return case_page(request, found, _refusal(refused, "form"))
    messages.success(request, _("Saved."))
    return redirect("case", reference=reference)


@login_required
def secret(request: HttpRequest, reference: str) -> HttpResponse:
    """Give a code with which the request is followed without signing in; shown once."""
    found, viewer = visible_case(request, reference), viewer_of(request)
    if request.method != "POST":
        return redirect("case", reference=reference)
    try:
        code = acts.secret_of(found, viewer=viewer)
    except ActionRefused as refused:
        return case_page(request, found, _refusal(refused, "act"))
    words = _("Whoever has this code can follow the request: %(code)s. Keep it; it is not shown again.")
    messages.success(request, words % {"code": code})
    return redirect("case", reference=reference)


# Files ----------------------------------------------------------------------------------------------------------------


@csrf_exempt  # the limit must be set before the request is read; the check follows in _take
@login_required
def hand_in(request: HttpRequest, reference: str) -> HttpResponse:
    """Take a survey file for a case: it is checked at once, and kept whatever the checks say."""
    return _taking(request, reference, settings.SURVEY_MAX_MB, _take_survey)


@csrf_exempt  # as above
@login_required
def attach(request: HttpRequest, reference: str) -> HttpResponse:
    """Take a document for a case."""
    return _taking(request, reference, settings.PAPER_MAX_MB, _take_paper)


Take = Callable[[HttpRequest, Case, int], HttpResponse]


def _taking(request: HttpRequest, reference: str, most_mb: int, take: Take) -> HttpResponse:
    found = visible_case(request, reference)
    if request.method != "POST":
        return redirect("case", reference=reference)
    if not limit_uploads(request, most_mb * MB):
        return _too_large_unread(request, most_mb)
    return take(request, found, most_mb)


@csrf_protect
def _take_survey(request: HttpRequest, found: Case, most_mb: int) -> HttpResponse:
    upload = _upload(request, found, "file", most_mb, _("Choose a survey file first."))
    if isinstance(upload, HttpResponse):
        return upload
    try:
        attempt = _hand_in(request, found, upload)
    except ActionRefused as refused:
        return case_page(request, found, _refusal(refused, "file"))
    if attempt.fit:
        messages.success(request, _("The file is fit. Submit the request when everything else is there."))
    else:
        messages.warning(request, _("The file was not accepted yet: the findings below say what to mend."))
    return redirect(f"{reverse('case', args=[found.reference])}?attempt={attempt.number}")


@csrf_protect
def _take_paper(request: HttpRequest, found: Case, most_mb: int) -> HttpResponse:
    upload = _upload(request, found, "papers", most_mb, _("Choose a file first."))
    if isinstance(upload, HttpResponse):
        return upload
    try:
        _attach(request, found, upload)
    except ActionRefused as refused:
        return case_page(request, found, _refusal(refused, "papers"))
    return redirect(f"{reverse('case', args=[found.reference])}#papers")


def _upload(request: HttpRequest, found: Case, place: str, most_mb: int, none: str) -> UploadedFile | HttpResponse:
    """Return the file that came, or the page that says what is wrong with it."""
    upload = request.FILES.get("file")
    if too_large(request):
        return case_page(request, found, Problem(413, place, _too_large_text(most_mb)))
    if not isinstance(upload, UploadedFile):
        return case_page(request, found, Problem(400, place, none))
    if not upload.size:
        return case_page(request, found, Problem(400, place, _("This file is empty.")))
    return upload


def _hand_in(request: HttpRequest, found: Case, upload: UploadedFile) -> Attempt:
    name = plain_text(upload.name, 200) or "survey"
    with tempfile.TemporaryDirectory() as folder:
        attempt, _checked = acts.hand_in(
            found,
            _written(upload, Path(folder) / f"upload{safe_suffix(name)}"),
            viewer=viewer_of(request),
            file_name=name,
            crs=plain_text(request.POST.get("crs"), 32),
            unit=plain_text(request.POST.get("unit"), 8),
        )
    return attempt


def _attach(request: HttpRequest, found: Case, upload: UploadedFile) -> CaseFile:
    name = plain_text(upload.name, 200) or "document"
    with tempfile.TemporaryDirectory() as folder:
        return acts.attach(
            found,
            _written(upload, Path(folder) / "upload"),
            viewer=viewer_of(request),
            document=plain_text(request.POST.get("document"), 60),
            file_name=name,
        )


def _written(upload: UploadedFile, path: Path) -> Path:
    with path.open("wb") as target:
        for chunk in upload.chunks():
            target.write(chunk)
    return path


def _too_large_text(most_mb: int) -> str:
    return _("The file is larger than %(mb)d MB. Send the parcel's survey alone, without images or the whole area.") % {
        "mb": most_mb
    }


def _too_large_unread(request: HttpRequest, most_mb: int) -> HttpResponse:
    response = render(request, "land_services/too_large.html", {"text": _too_large_text(most_mb)}, status=413)
    response["Connection"] = "close"
    return response
