"""What every address of the API shares: methods, language, limits, who asks, refusals as problem details."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final

from django.core.exceptions import RequestDataTooBig
from django.db.utils import DatabaseError, DataError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import translation

from land_services.cases.checking import to_wgs84
from land_services.cases.errors import ActionRefused
from land_services.findings import to_json
from land_services.register.errors import ChangeRefused, RegisterBusy, refusal_from
from land_services.views.access import viewer_of
from land_services.views.case_acts import refusal_status
from land_services.views.uploads import MB, limit_uploads, too_large
from layers import limits
from layers.ogc.answers import dumps
from layers.ogc.asking import JSON, PROBLEM, language_of
from layers.problems import Problem
from layers.querying import TooSlow
from layers.reaching import is_unreachable

from .idempotency import done_once

__all__ = ["body_of", "endpoint", "json_answer", "refused_as"]

View = Callable[..., HttpResponseBase]
PRIVATE: Final = "private, no-store"
_BUSY: Final = frozenset({"55P03", "40P01", "40001"})


def endpoint(
    *,
    get: View | None = None,
    post: View | None = None,
    delete: View | None = None,
    ask: View | None = None,
    is_open: bool = False,
    upload_mb: Callable[[], int] | None = None,
) -> View:
    """Make views an address of the API.

    Parameters
    ----------
    get, post, delete : callable
        What answers each method; the others are answered 405.
    ask : callable
        What answers a post that only asks, with what must not stand in an address, and changes nothing: it needs no
        proof of the page that it comes from, and is not kept to be done once.
    is_open : bool
        True where nobody need sign in to read.
    upload_mb : callable, optional
        The most that a posted file may have, where files are posted.
    """
    views: dict[str, View] = {}
    if get is not None:
        views |= {"GET": get, "HEAD": get}
    if post is not None:
        views["POST"] = post
    if delete is not None:
        views["DELETE"] = delete
    if ask is not None:
        views["POST"] = ask
    allowed = ", ".join((*views, "OPTIONS"))

    @wraps(get or post or delete or ask or endpoint)
    def answered(request: HttpRequest, **named: Any) -> HttpResponseBase:
        language = _language(request)
        with translation.override(language):
            if request.method == "OPTIONS":
                response: HttpResponseBase = HttpResponse(status=204, headers={"Allow": allowed})
            else:
                response = _answer(
                    views, allowed, request, named, is_open=is_open, asks=ask is not None, upload_mb=upload_mb
                )
        response.headers.setdefault("Content-Language", language)
        response.headers.setdefault("Cache-Control", PRIVATE)
        response.headers.setdefault("Vary", "Accept-Language, Authorization, Cookie")
        return response

    answered.csrf_exempt = True  # type: ignore[attr-defined]  # checked below, after the limit of uploads is set
    return answered


def _language(request: HttpRequest) -> str:
    try:
        return language_of(request)[0]
    except Problem:
        return "en" if translation.get_language_from_request(request) == "en" else "ar"


def _answer(
    views: Mapping[str, View],
    allowed: str,
    request: HttpRequest,
    named: dict[str, Any],
    *,
    is_open: bool,
    asks: bool,
    upload_mb: Callable[[], int] | None,
) -> HttpResponseBase:
    headers: dict[str, str] = {}
    try:
        view = views.get(request.method or "")
        if view is None:
            raise Problem(405, "طريقة غير مسموحة هنا.", "This method is not allowed here.", headers={"Allow": allowed})
        headers = limits.take(request)
        language_of(request)
        posts = request.method in ("POST", "DELETE") and not asks
        _who(request, is_open=is_open and not posts)
        if posts:
            return _with(headers, _posted(view, request, named, upload_mb))
        return _with(headers, view(request, **named))
    except (Problem, ActionRefused, ChangeRefused, Http404, DatabaseError, TooSlow, RequestDataTooBig) as refused:
        return _with(headers, problem_answer(refused_as(refused)))


def _with(headers: Mapping[str, str], response: HttpResponseBase) -> HttpResponseBase:
    for name, value in headers.items():
        response[name] = value
    return response


def _who(request: HttpRequest, *, is_open: bool) -> None:
    if viewer_of(request).is_anonymous and not is_open:
        raise Problem(
            401,
            "سجّل الدخول، أو أرسل رمزًا في الترويسة Authorization: Bearer.",
            "Sign in, or send a token in the header Authorization: Bearer.",
            headers={"WWW-Authenticate": 'Bearer realm="gisportal"'},
        )


def _posted(
    view: View, request: HttpRequest, named: dict[str, Any], upload_mb: Callable[[], int] | None
) -> HttpResponseBase:
    if upload_mb is not None and not limit_uploads(request, upload_mb() * MB):
        raise _too_large(upload_mb(), {"Connection": "close"})
    token = getattr(request, "api_token", None)
    if token is None:
        _require_origin(request)
    elif token.scope != "write":
        raise Problem(403, "هذا الرمز للقراءة فقط.", "This token is for reading only.", where="Authorization")
    if upload_mb is not None:
        request.FILES  # noqa: B018 - read to its end, as far as the limit lets it
        if too_large(request):
            raise _too_large(upload_mb())
    return done_once(request, viewer_of(request).user_id or 0, lambda: _worded(view, request, named))


def _worded(view: View, request: HttpRequest, named: dict[str, Any]) -> HttpResponseBase:
    """Return what a view answers. A refusal of the engine is an answer too: what it left behind stands with it."""
    try:
        return view(request, **named)
    except (ActionRefused, ChangeRefused) as refused:
        return problem_answer(refused_as(refused))


def _too_large(most_mb: int, headers: dict[str, str] | None = None) -> Problem:
    return Problem(
        413,
        f"الملف أكبر من {most_mb} ميغابايت.",
        f"The file is larger than {most_mb} MB.",
        where="file",
        headers=headers,
    )


def _require_origin(request: HttpRequest) -> None:
    """Refuse a browser's post that another site may have made it send."""
    checker = CsrfViewMiddleware(lambda _: HttpResponse())
    checker.process_request(request)
    if checker.process_view(request, _no_view, (), {}) is not None:
        raise Problem(
            403,
            "أرسل رمز الحماية من صفحاتنا في الترويسة X-CSRFToken، أو استعمل رمز وصول.",
            "Send the protection token of our pages in the header X-CSRFToken, or use an access token.",
            where="X-CSRFToken",
        )


def _no_view() -> HttpResponse:
    """Stand for a view that is not exempt from the check."""
    return HttpResponse()


# Refusals -------------------------------------------------------------------------------------------------------------


def refused_as(refused: Exception) -> Problem:
    """Return a refusal of ours, of the engine or of the database as a problem; what is a fault of ours is raised."""
    if isinstance(refused, Problem):
        return refused
    if isinstance(refused, ActionRefused):
        return Problem(
            refusal_status(refused), refused.message_ar, refused.message_en, more=_findings(refused.findings)
        )
    if isinstance(refused, RegisterBusy | TooSlow):
        return _busy()
    if isinstance(refused, ChangeRefused):
        return Problem(
            409,
            "لم يتغير السجل: ما قُرر لم يعد يوافقه.",
            "The register was not changed: what was decided no longer fits it.",
            more=_findings(refused.findings),
        )
    if isinstance(refused, Http404):
        return Problem(404, "لا شيء هنا، أو ليس لك أن تراه.", "There is nothing here, or it is not yours to see.")
    if isinstance(refused, RequestDataTooBig):
        return Problem(413, "الطلب أكبر من المسموح.", "The request is larger than is taken.")
    return _of_database(refused)


def _of_database(error: Exception) -> Problem:
    guard = refusal_from(error) if isinstance(error, DatabaseError) else None
    if guard is not None:
        return refused_as(guard)
    if isinstance(error, DataError):
        return Problem(400, "قيمة في الطلب خارج كل حد.", "A value in the request is beyond all bounds.")
    if isinstance(error, OperationalError) and getattr(error.__cause__, "pgcode", None) in _BUSY:
        return _busy()
    if is_unreachable(error):
        return Problem(
            503,
            "تعذّر الوصول إلى قاعدة البيانات الآن، ولم يُنجز شيء ناقصًا؛ أعد المحاولة.",
            "The database cannot be reached at this moment, and nothing was half done; try again.",
            headers={"Retry-After": "30"},
        )
    raise error


def _busy() -> Problem:
    return Problem(503, "مشغول الآن؛ أعد المحاولة.", "Busy at this moment; try again.", headers={"Retry-After": "5"})


def _findings(findings: Any) -> dict[str, Any]:
    return {"findings": to_json(findings, to_wgs84=to_wgs84)} if findings else {}


def problem_answer(problem: Problem) -> HttpResponse:
    """Return a refusal in the language of the request; nobody keeps it."""
    language = "en" if (translation.get_language() or "ar").startswith("en") else "ar"
    return HttpResponse(
        dumps(problem.as_json(language)).encode(),
        status=problem.status,
        content_type=PROBLEM,
        headers={**problem.headers, "Content-Language": language, "Cache-Control": "no-store"},
    )


# Bodies ---------------------------------------------------------------------------------------------------------------


def json_answer(data: Any, status: int = 200, **headers: str) -> HttpResponse:
    """Return values as JSON, Arabic letters as they are."""
    return HttpResponse(dumps(data).encode(), status=status, content_type=JSON, headers=headers)


def body_of(request: HttpRequest) -> dict[str, Any]:
    """Return the object that a request holds as JSON; an empty body is an empty object.

    Raises
    ------
    Problem
        415 for another content type, 400 for what is no object of JSON text.
    """
    if not request.META.get("CONTENT_LENGTH") or request.META["CONTENT_LENGTH"] == "0":
        return {}
    if request.content_type != JSON:
        raise Problem(415, f"يُقبل {JSON} فقط.", f"Only {JSON} is taken here.", where="Content-Type")
    try:
        data = json.loads(request.body.decode("utf-8"), parse_constant=_no_number, object_pairs_hook=_once)
        json.dumps(data, ensure_ascii=False).encode("utf-8")  # half of a surrogate pair is no text
    except (ValueError, RecursionError):
        raise Problem(400, "المحتوى ليس نص JSON صحيحًا.", "The body is no proper JSON text.") from None
    if not isinstance(data, dict):
        raise Problem(400, "المحتوى ليس كائن JSON.", "The body is no JSON object.")
    return data


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is given twice")
    return members
