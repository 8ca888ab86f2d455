"""Removing files that no case needs any more: after the commit, under the lock that whoever keeps a file takes."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from land_services.cases.keeping import lock_content
from land_services.cases.models import Attempt, CaseFile, ErasedFile, IssuedDocument

__all__ = ["release", "remove_files"]

log = logging.getLogger(__name__)
PREVIEWS_AGAIN = timedelta(days=2)
"""So long after a file went, pictures of it are looked for again: one may have been in the making."""


def release(files: Iterable[tuple[str, str]]) -> None:
    """Note files (name, hash of the content) that a case gives up; they are removed when the transaction commits."""
    now = timezone.now()
    rows = [ErasedFile(name=name, sha256=sha256, at=now) for name, sha256 in files if name]
    if rows:
        ErasedFile.objects.bulk_create(rows)
        transaction.on_commit(remove_files, robust=True)


def remove_files(at_most: int = 1000) -> int:
    """Remove what was released and is needed by nobody; return how many files went. May run twice and at once."""
    removed = 0
    for row in ErasedFile.objects.filter(settled_at=None).order_by("pk")[:at_most]:
        try:
            removed += _remove(row.pk)
        except OSError:
            log.exception("an erased file could not be removed; it is tried again")
    return removed


def sweep_previews() -> None:
    """Remove pictures of files that went a short while ago."""
    since = timezone.now() - PREVIEWS_AGAIN
    for row in ErasedFile.objects.filter(settled_at__gt=since, removed=True):
        _remove_previews(row.sha256)


def _remove(key: int) -> bool:
    with transaction.atomic():
        row = ErasedFile.objects.select_for_update(skip_locked=True).filter(pk=key, settled_at=None).first()
        if row is None:
            return False
        lock_content(row.sha256)
        row.removed = not _is_needed(row.name)
        if row.removed:
            default_storage.delete(row.name)
            if not CaseFile.objects.filter(sha256=row.sha256).exclude(file="").exists():
                _remove_previews(row.sha256)
        row.settled_at = timezone.now()
        row.save(update_fields=["removed", "settled_at"])
    return row.removed


def _is_needed(name: str) -> bool:
    return any(model.objects.filter(file=name).exists() for model in (CaseFile, Attempt, IssuedDocument))


def _remove_previews(sha256: str) -> None:
    folder = Path(settings.MEDIA_ROOT) / "previews" / sha256[:2]
    for picture in folder.glob(f"{sha256}-*.png"):
        picture.unlink(missing_ok=True)
