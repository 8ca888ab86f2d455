"""Answers of the API: methods, language, limits, validators, refusals as problem details."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.db.utils import DataError
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from layers import limits
from layers.locator.positions import BadPosition
from layers.ogc.answers import body_answer
from layers.ogc.asking import language_of
from layers.problems import Problem, answer, bad_parameter, not_found, shown
from layers.querying import TooSlow

__all__ = ["CURRENT", "PASSING", "PRIVATE", "endpoint", "json_answer", "minutes_told", "no_place"]

View = Callable[..., HttpResponse]

_METHODS: Final = "GET, HEAD, OPTIONS"
_EXPOSED: Final = "ETag, Link, RateLimit, RateLimit-Policy, Retry-After"

CURRENT: Final = "public, no-cache"
"""Anybody may keep it, and asks again each time."""
PRIVATE: Final = "private, no-cache"
"""The same, but the address holds somebody's position: no cache between us and them keeps it."""
PASSING: Final = "no-store"
"""It holds for the moment that it was asked at."""


def json_answer(request: HttpRequest, body: str, content_type: str, cache: str) -> HttpResponse:
    """Return 200 with a strong ETag made from the body, or 304 where the client has this one already.

    The answer is made each time, so that it is never older than the last commit; a client that has it already is
    spared the body. What only holds for the moment has no ETag.
    """
    if cache == PASSING:
        return HttpResponse(body.encode(), content_type=content_type, headers={"Cache-Control": cache})
    return body_answer(request, body, content_type, headers={"Cache-Control": cache})


def endpoint(view: View) -> View:
    """Make a view an address of the API: for reading, by anybody, from any site, as often as the limit allows."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            language = language_of(request)[0]
        except Problem:
            language = "en" if translation.get_language_from_request(request) == "en" else "ar"
        with translation.override(language):
            response = _answer(view, request, *args, **kwargs)
        headers = response.headers
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Access-Control-Expose-Headers"] = _EXPOSED
        headers.setdefault("Content-Language", language)
        headers.setdefault("Vary", "Accept-Language")
        return response

    answered.csrf_exempt = True  # type: ignore[attr-defined]  # nothing can be written; POST is answered 405
    return answered


def _answer(view: View, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    if request.method == "OPTIONS":
        return _options()
    try:
        if request.method not in ("GET", "HEAD"):
            raise _not_allowed()
        headers = limits.take(request)
    except Problem as problem:
        return answer(problem)
    try:
        language_of(request)
        response = view(request, *args, **kwargs)
    except Problem as problem:
        response = answer(problem)
    except BadPosition as bad:
        response = answer(bad_parameter(bad.name, "ليس موقعًا على الأرض.", "is no position on the earth."))
    except TooSlow:
        response = answer(_too_slow())
    except DataError:
        # The last line: a value that passed every check and that the database still cannot hold.
        response = answer(Problem(400, "قيمة في الطلب خارج كل حد.", "A value in the request is beyond all bounds."))
    for name, value in headers.items():
        response[name] = value
    return response


def _options() -> HttpResponse:
    response = HttpResponse(status=204)
    response["Allow"] = _METHODS
    response["Access-Control-Allow-Methods"] = _METHODS
    response["Access-Control-Allow-Headers"] = "Accept, Accept-Language, If-None-Match"
    response["Access-Control-Max-Age"] = "86400"
    return response


def _not_allowed() -> Problem:
    return Problem(405, "هذه الواجهة للقراءة فقط.", "This interface is for reading only.", headers={"Allow": _METHODS})


def _too_slow() -> Problem:
    return Problem(
        503,
        "استغرق البحث وقتًا طويلًا. اطلب تصنيفًا واحدًا أو مساحة أصغر.",
        "The search took too long. Ask for one category or a smaller area.",
        headers={"Retry-After": "10"},
    )


def minutes_told(minutes: float) -> str:
    """Return the members of a way: unreachable is an answer, not an error."""
    if not math.isfinite(minutes):
        return '"is_reachable":false,"minutes":null'
    return f'"is_reachable":true,"minutes":{minutes:.1f}'


def no_place(uid: str) -> Problem:
    """Return the refusal of an identifier that no place has today."""
    return not_found(f"لا موقع بالمعرّف «{shown(uid)}».", f"There is no place “{shown(uid)}”.")
