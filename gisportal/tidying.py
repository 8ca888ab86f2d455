"""What is taken away each night, because it is kept no longer; safe to run twice and at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from land_services.api.idempotency import clear_expired
from land_services.cases.whole_files import clear_begun
from land_services.notices.pruning import prune_outbox

__all__ = ["Tidied", "tidy_up"]


@dataclass(frozen=True)
class Tidied:
    """How many of each were taken away."""

    messages: int
    answers: int
    files: int


def tidy_up() -> Tidied:
    """Take away messages delivered long ago, answers of the API older than a day, and files left half-written."""
    return Tidied(prune_outbox(), clear_expired(), clear_begun(Path(settings.MEDIA_ROOT)))
