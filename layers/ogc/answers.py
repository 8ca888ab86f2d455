"""Answers with what every one of them carries: validators, cache rules, who else may read it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.db.utils import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation
from django.utils.cache import get_conditional_response, patch_vary_headers

from layers.access import Scope, scope_of
from layers.ogc.asking import PROBLEM, asked_of, language_of
from layers.problems import Problem
from layers.querying import TIMEOUTS_MS, TooSlow

__all__ = ["body_answer", "dumps", "finish", "page_answer", "resource"]

_METHODS = "GET, HEAD, OPTIONS"
_EXPOSED = "Content-Crs, ETag, Link"

View = Callable[..., HttpResponseBase]


def dumps(document: Any) -> str:
    """Return a document, or a part of one, as compact JSON text, Arabic letters as they are."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def body_answer(
    request: HttpRequest,
    body: str,
    content_type: str,
    *,
    changing: tuple[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return 200 with an ETag, or 304 where the client has this representation already.

    The tag is strong, made from the body. ``changing`` is what follows the body and differs each time (the time
    stamp), and what follows that: then the tag is made from the rest, and weak, as RFC 9110 wants.
    """
    if content_type.startswith("text/html"):
        return page_answer(body)
    data = body.encode()
    digest = hashlib.blake2b(data, digest_size=12, key=content_type.encode()[:64])
    if changing is not None:
        stamp, rest = (part.encode() for part in changing)
        digest.update(rest)
        data = b"".join((data, stamp, rest))
    etag = f'"{digest.hexdigest()}"' if changing is None else f'W/"{digest.hexdigest()}"'
    response = HttpResponse(data, content_type=content_type)
    response["ETag"] = etag
    for name, value in (headers or {}).items():
        response[name] = value
    kept = get_conditional_response(request, etag=etag, response=response)
    return kept if isinstance(kept, HttpResponse) else response


def page_answer(body: str) -> HttpResponse:
    """Return a page. It has no ETag: a kept one would carry the nonce of an earlier policy."""
    return HttpResponse(body.encode(), content_type="text/html; charset=utf-8")


def finish(request: HttpRequest, response: HttpResponseBase, scope: Scope, language: str) -> HttpResponseBase:
    """Set the headers that depend on who asks: caches keep what everyone may see, and ask again each time."""
    public = not scope.is_staff
    is_page = response.get("Content-Type", "").startswith("text/html")
    response.setdefault("Cache-Control", "public, no-cache" if public and not is_page else "private, no-cache")
    response.setdefault("Content-Language", language)
    patch_vary_headers(response, ["Accept", "Accept-Language", "Cookie"])
    if public and not is_page:
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Expose-Headers"] = _EXPOSED
    return response


def resource(view: View) -> View:
    """Make a view a resource of the API: methods, language, refusals as problem details, headers."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        scope = scope_of(request.viewer)  # type: ignore[attr-defined]  # set by the middleware
        try:
            language = language_of(request)[0]
        except Problem:
            language = "en" if translation.get_language_from_request(request) == "en" else "ar"
        with translation.override(language):
            response = _answer(view, request, language, *args, **kwargs)
        return finish(request, response, scope, language)

    answered.csrf_exempt = True  # type: ignore[attr-defined]  # nothing here can be written; POST is answered 405
    return answered


def _answer(view: View, request: HttpRequest, language: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
    if request.method == "OPTIONS":
        return _options()
    try:
        if request.method not in ("GET", "HEAD"):
            raise Problem(
                405,
                "هذه الواجهة للقراءة فقط.",
                "This interface is for reading only.",
                headers={"Allow": _METHODS},
            )
        return view(request, *args, **kwargs)
    except Problem as problem:
        return refusal(request, problem, language)
    except TooSlow as slow:
        return refusal(request, _too_slow(slow), language)
    except DataError:
        # The last line: a value that passed every check and that the database still cannot hold.
        beyond = Problem(400, "قيمة في الطلب خارج كل حد.", "A value in the request is beyond all bounds.")
        return refusal(request, beyond, language)


def _options() -> HttpResponse:
    response = HttpResponse(status=204)
    response["Allow"] = _METHODS
    response["Access-Control-Allow-Methods"] = _METHODS
    response["Access-Control-Allow-Headers"] = "Accept, Accept-Language, If-None-Match"
    response["Access-Control-Max-Age"] = "86400"
    return response


def _too_slow(slow: TooSlow) -> Problem:
    seconds = TIMEOUTS_MS.get(slow.args[0], 0) / 1000 if slow.args else 0
    return Problem(
        503,
        f"أوقف الاستعلام بعد {seconds:g} ثانية. اطلب مساحة أصغر أو شروطًا أقل أو رتّب بحقل آخر.",
        f"The query was stopped after {seconds:g} s. Ask for a smaller area, simpler conditions or another order.",
        headers={"Retry-After": "10"},
    )


def refusal(request: HttpRequest, problem: Problem, language: str) -> HttpResponse:
    """Return the problem document, or its page where a browser asked for pages."""
    members = {**problem.as_json(language), "instance": request.path}
    if _wants_page(request):
        from layers.ogc.pages import problem_page

        response = problem_page(request, members, language)
    else:
        response = HttpResponse(dumps(members).encode(), status=problem.status, content_type=PROBLEM)
    response["Cache-Control"] = "no-store"
    for name, value in problem.headers.items():
        response[name] = value
    return response


def _wants_page(request: HttpRequest) -> bool:
    try:
        return asked_of(request).format == "html"
    except Problem:
        return False
