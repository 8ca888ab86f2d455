"""The page of a field visit and what its device asks for: a page that holds nothing of a case, data under a person's
key, and the taking of what comes from the site.

The page is the same for every visit, so a device may keep it; what it shows is asked for as JSON and kept sealed with
a key that only the person's own sign-in gives (``field_key``).
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from land_services.cases import acts
from land_services.cases.acts import FieldSent
from land_services.cases.acts.visiting import open_visit
from land_services.cases.at_work import CaseAtWork, look_at
from land_services.cases.errors import ActionRefused, Incomplete, NotYours
from land_services.cases.field_report import FORMAT, MOST_BYTES, read_report
from land_services.cases.looks import note_look_at_case
from land_services.cases.may import not_own, refusal
from land_services.cases.models import Case, FieldFile, FieldRecord, Visit
from land_services.cases.references import is_reference
from land_services.messages import message

from .access import viewer_of, visible_case
from .field_data import CRS_CHOICES, contact_fields, field_data
from .field_keys import give_key, key_of, owner_of
from .field_words import field_words
from .field_worker import worker_text
from .refusals import refusal_status
from .uploads import MB, limit_uploads, plain_text, too_large

__all__ = ["data", "item", "page", "record", "worker"]

View = Callable[..., HttpResponse]


@never_cache
@login_required
@require_safe
def page(request: HttpRequest, reference: str, visit: int) -> HttpResponse:
    """The page itself, for whoever may hold the visit, also when it is over: what the device holds can be saved."""
    work, found = _seen(request, reference, visit)
    context = {
        "reference": work.case.reference,
        "visit": found.pk,
        "format": FORMAT,
        "crs_choices": CRS_CHOICES,
        "paper_mb": settings.PAPER_MAX_MB,
        "words": field_words(),
        "messages": (),  # the page is kept: nothing said to one person stands on it
    }
    response = render(request, "land_services/field.html", context)
    give_key(response, key_of(request.user.pk))  # type: ignore[arg-type]
    response["X-Field-Keep"] = "yes"  # the page of this person's visit, nobody's error and no sign-in form
    if request.headers.get("Sec-Fetch-Dest", "document") != "document":
        response.keeps_no_cookie = True  # type: ignore[attr-defined]  # a worker that keeps both languages chooses none
    return response


@require_safe
def worker(request: HttpRequest, reference: str, visit: int) -> HttpResponse:
    """The worker of one visit's page: it names files and addresses, nothing of a case."""
    if not is_reference(reference):
        raise Http404
    text = worker_text(get_language() or "ar", reference, visit)
    response = HttpResponse(text, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    response.keeps_no_cookie = True  # type: ignore[attr-defined]  # for LanguageCookieMiddleware
    return response


def _seen(request: HttpRequest, reference: str, visit: int) -> tuple[CaseAtWork, Visit]:
    """Return a visit for the person who may hold it; 404 for everybody else."""
    work = look_at(visible_case(request, reference), viewer_of(request))
    found = next((one for one in work.visits if one.pk == visit), None)
    run = work.runs.get(found.stage) if found else None
    if found is None or run is None or not_own(work) is not None:
        raise Http404
    if isinstance(refusal(work, "visit", run), NotYours):
        raise Http404
    return work, found


# What a device asks ---------------------------------------------------------------------------------------------------


def _for_devices(view: View) -> View:
    """Answer refusals as JSON that a device can show in its own language; nobody keeps such an answer."""

    @wraps(view)
    @never_cache
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return _problem(401, "سجّل الدخول من جديد ثم أعد المزامنة.", "Sign in again, then synchronise.")
        try:
            return view(request, *args, **kwargs)
        except Http404:
            return _problem(
                404,
                "لم تعد هذه الزيارة من مهامك؛ احفظ ما جمعته ملفًا وسلّمه.",
                "This visit is not yours any more; save what you collected as a file and hand it in.",
            )
        except ActionRefused as refused:
            return _refused(refused)

    return answered


def _problem(status: int, arabic: str, english: str, **more: Any) -> JsonResponse:
    return JsonResponse({"message": {"ar": arabic, "en": english}, **more}, status=status)


def _refused(refused: ActionRefused) -> JsonResponse:
    lines = [{"ar": message(one, "ar"), "en": message(one, "en")} for one in refused.findings]
    return _problem(refusal_status(refused), refused.message_ar, refused.message_en, findings=lines)


@_for_devices
@require_safe
def data(request: HttpRequest, reference: str, visit: int) -> HttpResponse:
    """What the page of an open visit shows, and whose it is; of one that is over, why it takes nothing any more."""
    work, found = _seen(request, reference, visit)
    token = {"csrf": get_token(request), "owner": owner_of(request.user.pk)}  # type: ignore[arg-type]
    try:
        open_visit(work, found.pk)
    except ActionRefused as refused:
        held = FieldRecord.objects.filter(visit=found).values_list("sha256", flat=True).first()
        return _problem(409, refused.message_ar, refused.message_en, held=held, **token)
    note_look_at_case(work, contact_fields(work), visit=found.pk)
    response = JsonResponse({**field_data(work, found), **token})
    give_key(response, key_of(request.user.pk))  # type: ignore[arg-type]
    return response


@csrf_exempt  # the limit must be set before the request is read; the check follows in _item
@require_POST
@_for_devices
def item(request: HttpRequest, reference: str, visit: int) -> HttpResponse:
    """Take one file from the site; answer with what is kept under its identifier."""
    found = _case_of(request, reference)
    if not limit_uploads(request, settings.PAPER_MAX_MB * MB):
        response = _too_large()
        response["Connection"] = "close"
        return response
    return _item(request, found, visit)


@csrf_protect
def _item(request: HttpRequest, found: Case, visit: int) -> HttpResponse:
    upload = request.FILES.get("file")
    if too_large(request):
        return _too_large()
    if not isinstance(upload, UploadedFile):
        raise Incomplete("لم يصل الملف كاملًا؛ سيُرسل من جديد.", "The file did not come whole; it will be sent again.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sent"
        with path.open("wb") as target:
            for chunk in upload.chunks():
                target.write(chunk)
        kept = acts.take_from_field(found, visit, _sent(request, path), viewer=viewer_of(request))
    return JsonResponse(_receipt(kept))


def _sent(request: HttpRequest, path: Path) -> FieldSent:
    try:
        uid = uuid.UUID(plain_text(request.POST.get("uid"), 36))
    except ValueError as error:
        raise Incomplete("معرّف الملف غير صالح.", "The file's identifier is not one.") from error
    return FieldSent(
        uid=uid,
        kind=plain_text(request.POST.get("kind"), 10),
        path=path,
        name=plain_text(request.POST.get("name"), 200) or "field",
        sha256=plain_text(request.POST.get("sha256"), 64),
        crs=plain_text(request.POST.get("crs"), 32),
        columns=plain_text(request.POST.get("columns"), 10) or "header",
    )


def _receipt(kept: FieldFile) -> dict[str, Any]:
    return {
        "uid": str(kept.uid),
        "sha256": kept.sha256,
        "kept": kept.file.sha256,
        "points": len(kept.read.get("points", [])),
    }


def _too_large() -> JsonResponse:
    mb = settings.PAPER_MAX_MB
    return _problem(413, f"الملف أكبر من {mb} ميغابايت.", f"The file is larger than {mb} MB.")


@_for_devices
@require_POST
@csrf_protect
def record(request: HttpRequest, reference: str, visit: int) -> HttpResponse:
    """Hold the visit with its record; answer with the hashes of all that is kept of it."""
    found = _case_of(request, reference)
    stated = request.META.get("CONTENT_LENGTH") or ""
    if not stated.isdecimal() or int(stated) > MOST_BYTES:
        return _too_large()
    kept = acts.hold_in_field(found, visit, read_report(request.body), viewer=viewer_of(request))
    files = {str(uid): sha256 for uid, sha256 in kept.visit.files.values_list("uid", "sha256")}
    return JsonResponse({"uid": str(kept.uid), "sha256": kept.sha256, "files": files, "at": kept.at.isoformat()})


def _case_of(request: HttpRequest, reference: str) -> Case:
    return visible_case(request, reference)
