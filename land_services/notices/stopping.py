"""Stopping what a message tells of from the message itself: a signed address, good for that one thing alone."""

from __future__ import annotations

from typing import Final

from django.core import signing
from django.urls import reverse
from django.utils import translation

from .models import Notice, Outbox
from .words import AREA, load_words

__all__ = ["area_of", "stop_path"]

_SALT: Final = "notices.stop.area"


def stop_path(row: Outbox | Notice, language: str) -> str:
    """Return the address where whoever got a message stops it, signed in or not; "" where there is nothing to stop."""
    event = load_words().get(row.event)
    if event is None or event.about != AREA or "area" not in row.params:
        return ""
    word = signing.dumps([int(row.params["area"]), row.recipient_id], salt=_SALT)
    with translation.override(language):
        return reverse("area-stop", args=[word])


def area_of(word: str) -> tuple[int, int] | None:
    """Return the area that an address stops and whose it is; None where it was not made here."""
    try:
        area, user = signing.loads(word, salt=_SALT)
    except (signing.BadSignature, ValueError):
        return None
    return int(area), int(user)
