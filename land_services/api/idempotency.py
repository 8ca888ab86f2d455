"""A post that carries a key is done once: its answer is kept in the transaction of what it did.

The key is one person's. While the first is under way a second one is refused (409); afterwards it is answered alike,
or refused where it holds something else (422).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from layers.problems import Problem

from .models import IdempotentAnswer

__all__ = ["HEADER", "KEPT", "clear_expired", "done_once"]

HEADER: Final = "Idempotency-Key"
KEPT: Final = timedelta(hours=24)
_FORM: Final = re.compile(r"[!-~]{1,200}")
_CLEARED_AT_ONCE: Final = 100
_CLEARED_EACH_TIME: Final = 1_000


def done_once(request: HttpRequest, user_id: int, do: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Return what ``do`` answers, or what it answered when this key came before; without a key just do it.

    Raises
    ------
    Problem
        400 for a key that is none, 409 while it is under way, 422 for the same key with other content.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return do()
    if not _FORM.fullmatch(key):
        raise Problem(
            400, "المفتاح من 1 إلى 200 حرف لاتيني مرئي.", "The key has 1 to 200 visible ASCII characters.", where=HEADER
        )
    fingerprint = _fingerprint(request)
    with transaction.atomic():
        _hold(user_id, key)
        kept = IdempotentAnswer.objects.filter(user_id=user_id, key=key).first()
        if kept is not None and kept.created_at > timezone.now() - KEPT:
            return _again(kept, fingerprint)
        response = do()
        with connection.cursor() as cursor:  # what the guard refuses is refused here, before an answer is kept
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        _keep(user_id, key, fingerprint, response)
    return response


def _hold(user_id: int, key: str) -> None:
    """Take the key until the transaction ends."""
    number = int.from_bytes(hashlib.blake2b(f"{user_id} {key}".encode(), digest_size=8).digest(), signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise Problem(
                409,
                "الطلب نفسه قيد التنفيذ؛ أعد السؤال بعد قليل.",
                "The same request is under way; ask again in a moment.",
                where=HEADER,
                headers={"Retry-After": "1"},
            )


def _again(kept: IdempotentAnswer, fingerprint: str) -> HttpResponse:
    if kept.fingerprint != fingerprint:
        raise Problem(
            422,
            "استُعمل هذا المفتاح لطلب آخر؛ استعمل مفتاحًا جديدًا.",
            "This key was used for another request; use a new one.",
            where=HEADER,
        )
    response = HttpResponse(kept.body.encode(), status=kept.status, content_type=kept.content_type)
    if kept.location:
        response["Location"] = kept.location
    response["Idempotency-Replayed"] = "true"
    return response


def _keep(user_id: int, key: str, fingerprint: str, response: HttpResponseBase) -> None:
    """Keep an answer, and forget some of those that are older than a day."""
    old = timezone.now() - KEPT
    IdempotentAnswer.objects.filter(user_id=user_id, key=key).delete()
    expired = IdempotentAnswer.objects.filter(created_at__lt=old).select_for_update(skip_locked=True)
    keys = list(expired.order_by("created_at").values_list("pk", flat=True)[:_CLEARED_AT_ONCE])
    IdempotentAnswer.objects.filter(pk__in=keys).delete()
    content = response.content if isinstance(response, HttpResponse) else b""
    IdempotentAnswer.objects.create(
        user_id=user_id,
        key=key,
        fingerprint=fingerprint,
        status=response.status_code,
        content_type=response.headers.get("Content-Type", ""),
        location=response.headers.get("Location", ""),
        body=content.decode(),
    )


def clear_expired() -> int:
    """Forget every answer that is older than a day, whether anybody posts or not; return how many."""
    gone = 0
    while True:
        expired = IdempotentAnswer.objects.filter(created_at__lt=timezone.now() - KEPT)
        with transaction.atomic():
            keys = list(expired.select_for_update(skip_locked=True).values_list("pk", flat=True)[:_CLEARED_EACH_TIME])
            IdempotentAnswer.objects.filter(pk__in=keys).delete()
        gone += len(keys)
        if len(keys) < _CLEARED_EACH_TIME:
            return gone


def _fingerprint(request: HttpRequest) -> str:
    """Return the hash of what a request asks for: where, and its content."""
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode())
    if request.content_type != "multipart/form-data":
        digest.update(request.body)
        return digest.hexdigest()
    for name, values in sorted(request.POST.lists()):
        if name != "csrfmiddlewaretoken":
            digest.update(repr((name, values)).encode("utf-8", "replace"))
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            digest.update(repr((name, file.name, file.size)).encode("utf-8", "replace"))
            for chunk in file.chunks():
                digest.update(chunk)
            file.seek(0)
    return digest.hexdigest()
