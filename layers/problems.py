"""Refusals of machine addresses: problem details (RFC 9457) that say what, where and what to do, in both languages."""

from __future__ import annotations

from typing import Any

from django.http import JsonResponse
from django.utils.translation import get_language

__all__ = ["Problem", "answer", "bad_parameter", "not_found", "shown"]

_TITLES = {
    400: ("طلب غير صحيح", "Bad request"),
    401: ("تسجيل الدخول مطلوب", "Sign-in needed"),
    403: ("غير مسموح", "Forbidden"),
    404: ("غير موجود", "Not found"),
    405: ("طريقة غير مسموحة", "Method not allowed"),
    406: ("صيغة غير متاحة", "Not acceptable"),
    409: ("لا يمكن الآن", "Not possible now"),
    413: ("أكبر من المسموح", "Too large"),
    415: ("نوع محتوى غير مقبول", "Unsupported content type"),
    422: ("لا يطابق ما سبق", "Does not match what was sent before"),
    429: ("طلبات كثيرة", "Too many requests"),
    503: ("استغرق الاستعلام وقتًا طويلًا", "The query took too long"),
}


class Problem(Exception):
    """A request that is refused. ``where`` names the parameter or the part of the path that is at fault.

    ``more`` holds members of its own kind, such as findings.
    """

    def __init__(
        self,
        status: int,
        ar: str,
        en: str,
        *,
        where: str = "",
        headers: dict[str, str] | None = None,
        more: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(en)
        self.status, self.ar, self.en, self.where = status, ar, en, where
        self.headers, self.more = headers or {}, more or {}

    def as_json(self, language: str) -> dict[str, Any]:
        """Return the members of the problem document in a language."""
        ar, en = _TITLES[self.status]
        members: dict[str, Any] = {
            "type": "about:blank",
            "title": ar if language == "ar" else en,
            "status": self.status,
            "detail": self.ar if language == "ar" else self.en,
        }
        if self.where:
            members["parameter"] = self.where
        return members | self.more


def answer(problem: Problem) -> JsonResponse:
    """Return a refusal in the language of the request: nobody keeps it, everybody may read it."""
    language = (get_language() or "ar")[:2]
    response = JsonResponse(
        problem.as_json(language),
        status=problem.status,
        content_type="application/problem+json",
        headers={**problem.headers, "Content-Language": language, "Cache-Control": "no-store"},
        json_dumps_params={"ensure_ascii": False},
    )
    response["Access-Control-Allow-Origin"] = "*"
    return response


def shown(value: object, limit: int = 60) -> str:
    """Return a value as a message may repeat it: short, and without marks that would change how the text reads."""
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def bad_parameter(name: str, ar: str, en: str) -> Problem:
    """Return the refusal of one query parameter."""
    return Problem(400, f"المعامل {shown(name)}: {ar}", f"Parameter {shown(name)}: {en}", where=shown(name))


def not_found(what_ar: str, what_en: str) -> Problem:
    """Return the refusal of an address that leads nowhere, or nowhere that the asker may see."""
    return Problem(404, what_ar, what_en)
