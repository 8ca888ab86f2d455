"""Files of a case: attaching documents, checking and handing in surveys, fetching what is kept."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from land_services.cases import acts
from land_services.cases.acts.survey import check_for
from land_services.cases.at_work import look_at
from land_services.cases.errors import ActionRefused
from land_services.cases.keeping import safe_suffix
from land_services.cases.may import require
from land_services.cases.models import Attempt, Case
from land_services.cases.scanning import scan
from land_services.findings import unreadable_json
from land_services.registry import SERVICES
from land_services.surveys.errors import SurveyUnreadable
from land_services.views.access import viewer_of, visible_case
from land_services.views.case_files import file_of_attempt, file_of_document, file_of_paper
from land_services.views.uploads import plain_text
from layers.ogc.parameters import plain_query
from layers.problems import Problem

from .answers import endpoint, json_answer
from .params import Param, read_members
from .shapes import file_json

__all__ = ["ATTACH", "SURVEY", "attach", "attempt", "check", "document", "hand_in", "paper", "report"]

ATTACH = (Param("document", "text", "رمز الوثيقة في البطاقة", "Code of the card's document", most=60),)
SURVEY = (
    Param("crs", "text", "نظام الإحداثيات مثل EPSG:32639", "Coordinate reference system such as EPSG:32639", most=32),
    Param("unit", "text", "وحدة الطول", "Unit of length", most=8),
)
MOST_NAME = 200


def _attach(request: HttpRequest, reference: str) -> HttpResponse:
    found, viewer = visible_case(request, reference), viewer_of(request)
    given = _fields(request, ATTACH)
    with _upload(request, "document", suffixed=False) as (path, name):
        kept = acts.attach(found, path, viewer=viewer, document=given.get("document", ""), file_name=name)
    return json_answer(file_json(found, kept), 201)


def _hand_in(request: HttpRequest, reference: str) -> HttpResponse:
    found, viewer = visible_case(request, reference), viewer_of(request)
    given = _fields(request, SURVEY)
    with _upload(request, "survey", suffixed=True) as (path, name):
        attempt, _ = acts.hand_in(
            found, path, viewer=viewer, file_name=name, crs=given.get("crs", ""), unit=given.get("unit", "")
        )
    return json_answer({"attempt": attempt.number, **attempt.report}, 201)


def _check(request: HttpRequest, reference: str) -> HttpResponse:
    """Check a file as handing it in would, and keep nothing."""
    found, viewer = visible_case(request, reference), viewer_of(request)
    given = _fields(request, SURVEY)
    if found.service not in SERVICES:
        raise ActionRefused("هذه الخدمة لا تأخذ ملفًا مساحيًا.", "This service takes no survey file.")
    require(look_at(found, viewer), "hand_in")
    with _upload(request, "survey", suffixed=True) as (path, name):
        scan(path)
        try:
            answer = check_for(found, path, name, given.get("crs", ""), given.get("unit", "")).report()
        except SurveyUnreadable as error:
            answer = unreadable_json(error.findings)
    return json_answer(answer)


def _fields(request: HttpRequest, params: tuple[Param, ...]) -> dict[str, Any]:
    """Return the fields beside the file; every one may be given once."""
    if request.content_type != "multipart/form-data":
        raise Problem(
            415, "يُقبل multipart/form-data فقط.", "Only multipart/form-data is taken here.", where="Content-Type"
        )
    given = {name: value for name, value in request.POST.items() if name != "csrfmiddlewaretoken"}
    return read_members(params, given)


@contextmanager
def _upload(request: HttpRequest, usual: str, *, suffixed: bool) -> Iterator[tuple[Path, str]]:
    """Yield where the file that came lies for now, and the name it came with."""
    upload = request.FILES.get("file")
    if not isinstance(upload, UploadedFile):
        raise Problem(400, "أرسل ملفًا في الحقل file.", "Send a file in the field “file”.", where="file")
    if not upload.size:
        raise Problem(400, "الملف فارغ.", "The file is empty.", where="file")
    name = plain_text(upload.name, MOST_NAME) or usual
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"upload{safe_suffix(name) if suffixed else ''}"
        with path.open("wb") as target:
            for chunk in upload.chunks():
                target.write(chunk)
        yield path, name


# What is kept ---------------------------------------------------------------------------------------------------------


def _report(request: HttpRequest, reference: str, number: int) -> HttpResponse:
    plain_query(request.GET, ("lang",))
    attempt = _attempt_of(visible_case(request, reference), number)
    return json_answer({"attempt": attempt.number, **attempt.report})


def _attempt_of(case: Case, number: int) -> Attempt:
    found = case.attempts.filter(number=number).first()
    if found is None:
        raise Problem(404, "لا ملف بهذا الرقم.", "There is no attempt of this number.")
    return found


def _paper_file(request: HttpRequest, reference: str, key: int) -> HttpResponseBase:
    return file_of_paper(visible_case(request, reference), key, viewer_of(request))


def _attempt_file(request: HttpRequest, reference: str, number: int) -> HttpResponseBase:
    return file_of_attempt(visible_case(request, reference), number, viewer_of(request))


def _document_file(request: HttpRequest, reference: str, key: int) -> HttpResponseBase:
    return file_of_document(visible_case(request, reference), key, viewer_of(request))


attach = endpoint(post=_attach, upload_mb=lambda: settings.PAPER_MAX_MB)
hand_in = endpoint(post=_hand_in, upload_mb=lambda: settings.SURVEY_MAX_MB)
check = endpoint(post=_check, upload_mb=lambda: settings.SURVEY_MAX_MB)
report = endpoint(get=_report)
paper = endpoint(get=_paper_file)
attempt = endpoint(get=_attempt_file)
document = endpoint(get=_document_file)
