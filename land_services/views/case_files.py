"""Files of a case for those who may see it: always attachments, never shown by the browser."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from land_services.cases.at_work import look_at
from land_services.cases.keeping import safe_suffix
from land_services.cases.looks import note_look
from land_services.cases.models import Attempt, Case, CaseFile, IssuedDocument
from land_services.cases.previews import preview_of
from land_services.cases.readers import may_read
from layers.viewer import Viewer

from .access import viewer_of, visible_case

__all__ = ["attempt_file", "document", "file_of_attempt", "file_of_document", "file_of_paper", "paper", "preview"]


@login_required
@require_safe
def document(request: HttpRequest, reference: str, key: int) -> FileResponse:
    """A document of the case, as an attachment."""
    return file_of_document(visible_case(request, reference), key, viewer_of(request))


@login_required
@require_safe
def attempt_file(request: HttpRequest, reference: str, number: int) -> FileResponse:
    """A survey file as it was handed in, as an attachment under a name of ours."""
    return file_of_attempt(visible_case(request, reference), number, viewer_of(request))


@login_required
@require_safe
def paper(request: HttpRequest, reference: str, key: int) -> FileResponse:
    """A document that was handed in, as an attachment under a name of ours."""
    return file_of_paper(visible_case(request, reference), key, viewer_of(request))


def file_of_document(case: Case, key: int, viewer: Viewer) -> FileResponse:
    """Return an issued document of a case; 404 where it has none of this key. It may name owners: looks are told."""
    found = get_object_or_404(IssuedDocument.objects.exclude(file=""), pk=key, case=case)
    note_look(look_at(case, viewer), "case.document_read", document=found.pk)
    return _attachment(found.file, f"{found.number.replace('/', '-')}{safe_suffix(found.file.name or '')}")


def file_of_attempt(case: Case, number: int, viewer: Viewer) -> FileResponse:
    """Return a survey file of a case; 404 where it has no attempt of this number. Looks are told as of a document."""
    found = get_object_or_404(Attempt.objects.exclude(file=""), number=number, case=case)
    note_look(look_at(case, viewer), "case.attempt_read", attempt=found.number)
    return _attachment(found.file, f"{case.reference}-{number}{safe_suffix(found.file.name or '')}")


def file_of_paper(case: Case, key: int, viewer: Viewer) -> FileResponse:
    """Return a document that was handed in; 404 where the case has none of this key.

    It may hold anything about a person: each look by others than whoever filed the case is told in the audit.
    """
    found = _readable(case, key, viewer)
    note_look(look_at(case, viewer), "case.paper_read", paper=found.pk)
    return _attachment(found.file, f"{case.reference}-{found.document or 'document'}-{found.version}.{found.type}")


def _readable(case: Case, key: int, viewer: Viewer) -> CaseFile:
    """Return a document that this person may read; for everybody else it does not exist."""
    found = get_object_or_404(CaseFile.objects.exclude(file=""), pk=key, case=case)
    if not may_read(look_at(case, viewer), found):
        raise Http404
    return found


@login_required
@require_safe
def preview(request: HttpRequest, reference: str, key: int, page: int) -> FileResponse:
    """A picture of a page of a document that was handed in, of our own making; the document itself is never shown."""
    case = visible_case(request, reference)
    viewer = viewer_of(request)
    found = _readable(case, key, viewer)
    picture = preview_of(found, page)
    if picture is None:
        raise Http404
    note_look(look_at(case, viewer), "case.paper_read", paper=found.pk)
    response = FileResponse(picture.open("rb"), content_type="image/png")
    response["Content-Security-Policy"] = "sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=3600"
    return response


def _attachment(file: Any, name: str) -> FileResponse:
    response = FileResponse(file.open("rb"), as_attachment=True, filename=name, content_type="application/octet-stream")
    response["Content-Security-Policy"] = "sandbox"
    response["Cache-Control"] = "private, no-store"
    return response
