"""Who asks, in which language, for which format: what every resource needs to know of a request."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.translation import get_language_from_request

from layers.access import Scope, scope_of
from layers.problems import Problem, bad_parameter, shown

__all__ = ["FORMATS", "GEOJSON", "HTML", "JSON", "OPENAPI", "PROBLEM", "SCHEMA", "Asked", "Link", "asked_of", "link"]

Format = Literal["json", "html"]
Link = dict[str, Any]

JSON: Final = "application/json"
GEOJSON: Final = "application/geo+json"
SCHEMA: Final = "application/schema+json"
HTML: Final = "text/html"
OPENAPI: Final = "application/vnd.oai.openapi+json;version=3.0"
PROBLEM: Final = "application/problem+json"

FORMATS: Final[tuple[Format, ...]] = ("json", "html")
_LANGUAGES: Final = ("ar", "en")
_PLAIN: Final = ":/,"  # may stand in a query as they are: readable, and quicker than to escape them
_HTML_TYPES: Final = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True)
class Asked:
    """A request as far as documents depend on it.

    ``base`` is the absolute address of ``/ogc`` without a slash at its end. ``chosen_language`` is True where ``lang``
    was given, so that links keep it.
    """

    base: str
    language: str
    scope: Scope
    format: Format
    path: str
    query: Mapping[str, str]
    chosen_language: bool = False

    def text(self, ar: str, en: str) -> str:
        """Return the one of two texts that is in the language asked for."""
        return ar if self.language == "ar" else en

    def url(self, path: str, **query: str) -> str:
        """Return an absolute address below ``/ogc``, in the language asked for."""
        if self.chosen_language:
            query["lang"] = self.language
        return f"{self.base}{path}" + (f"?{urlencode(query, safe=_PLAIN)}" if query else "")

    def here(self, **changes: str) -> str:
        """Return this address with some parameters changed; an empty value takes one away."""
        query = {**self.query, **changes}
        kept = {name: value for name, value in query.items() if value or name not in changes}
        return f"{self.base}{self.path}" + (f"?{urlencode(kept, safe=_PLAIN)}" if kept else "")


def link(href: str, rel: str, type: str = "", title: str = "", language: str = "") -> Link:
    """Return a link object (RFC 8288 as the standard writes it)."""
    made = {"href": href, "rel": rel}
    if type:
        made["type"] = type
    if title:
        made["title"] = title
    if language:
        made["hreflang"] = language
    return made


def asked_of(request: HttpRequest, json_types: tuple[str, ...] = (JSON,)) -> Asked:
    """Return what a request asks for.

    Parameters
    ----------
    request : HttpRequest
        With ``viewer`` set by the middleware.
    json_types : tuple of str
        Media types that the resource's JSON answers to in ``Accept``.

    Raises
    ------
    Problem
        400 for an unknown ``f`` or ``lang``, 406 where nothing that is accepted can be given.
    """
    language, chosen = language_of(request)
    query = {name: str(values[0]) for name, values in request.GET.lists()}
    path = request.path.removeprefix("/ogc")
    return Asked(
        base=request.build_absolute_uri("/ogc"),
        language=language,
        scope=scope_of(request.viewer),  # type: ignore[attr-defined]  # set by the middleware
        format=_format(request, json_types),
        path=path,
        query=query,
        chosen_language=chosen,
    )


def language_of(request: HttpRequest) -> tuple[str, bool]:
    """Return the language of the answer and whether ``lang`` chose it; otherwise Accept-Language does, then Arabic."""
    given = request.GET.get("lang")
    if given is None:
        # As the middleware of languages finds it, which the short way of open reads leaves out.
        return ("en" if get_language_from_request(request) == "en" else "ar"), False
    if given not in _LANGUAGES:
        raise bad_parameter(
            "lang",
            f"اللغة «{shown(given)}» غير متاحة: ar أو en.",
            f"“{shown(given)}” is not a language here: ar or en.",
        )
    return given, True


def _format(request: HttpRequest, json_types: tuple[str, ...]) -> Format:
    given = request.GET.get("f")
    if given is not None:
        for known in FORMATS:
            if given == known:
                return known
        listed = ", ".join(FORMATS)
        raise bad_parameter(
            "f", f"الصيغة «{shown(given)}» غير متاحة: {listed}.", f"“{shown(given)}” is not a format here: {listed}."
        )
    accept = request.headers.get("Accept", "").strip()
    if not accept:
        return "json"
    as_json = max(_quality(accept, type) for type in (*json_types, JSON))
    as_html = max(_quality(accept, type) for type in _HTML_TYPES)
    if as_json <= 0 and as_html <= 0:
        types = ", ".join((*json_types, HTML))
        raise Problem(
            406, f"لا يتاح هذا المورد إلا بالصيغ: {types}.", f"This resource comes as {types} only.", where="Accept"
        )
    return "html" if as_html > as_json else "json"


def _quality(accept: str, type: str) -> float:
    """Return how much a media type is wanted by an ``Accept`` header, from 0 to 1: the most specific range counts."""
    best, quality = -1, 0.0
    main = type.split(";")[0]
    for part in accept.split(","):
        media, *parameters = (word.strip() for word in part.split(";"))
        media = media.lower()
        rank = {main: 2, f"{main.split('/')[0]}/*": 1, "*/*": 0}.get(media, -1)
        if rank > best:
            best, quality = rank, _q(parameters)
    return quality


def _q(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                number = float(value)
            except ValueError:
                return 0.0
            return min(max(number, 0.0), 1.0) if math.isfinite(number) else 0.0
    return 1.0
