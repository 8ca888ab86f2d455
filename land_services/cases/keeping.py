"""Where survey files are kept: under the hash of their content, so that a file is stored once and never replaced."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from django.core.files import File
from django.core.files.storage import Storage
from django.db import connection

from .errors import ActionRefused
from .models import Attempt, CaseFile

__all__ = ["HandedIn", "keep_file", "kept_file", "lock_content", "safe_suffix", "sha256_of"]

_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class HandedIn:
    """A survey file as it was handed in: where it lies now, what its owner calls it, and what was said of it."""

    path: Path
    name: str
    sha256: str
    crs: str = ""
    unit: str = ""


def sha256_of(path: Path) -> str:
    """Return the hash of a file's content, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def safe_suffix(name: str) -> str:
    """Return the ending of a file's name as we may use it ourselves, "" where it is an odd one.

    Examples
    --------
    >>> safe_suffix("Plan.DXF"), safe_suffix("plan.d;rm"), safe_suffix("plan")
    ('.dxf', '', '')
    """
    suffix = Path(name).suffix.lower()
    return suffix if re.fullmatch(r"\.[a-z0-9]{1,10}", suffix) else ""


def lock_content(sha256: str) -> None:
    """Hold a content until the transaction ends: nobody removes it from the store while another comes to need it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 38))", [sha256])


def keep_file(row: Attempt | CaseFile, handed: HandedIn, suffix: str | None = None) -> None:
    """Keep the file under its hash; where the very same content is kept already, it is referred to."""
    lock_content(handed.sha256)
    storage: Storage = row.file.storage
    folder = str(row.file.field.upload_to)
    name = f"{folder}{handed.sha256[:2]}/{handed.sha256}{safe_suffix(handed.name) if suffix is None else suffix}"
    if storage.exists(name) and sha256_of(Path(storage.path(name))) == handed.sha256:
        row.file.name = name
        return
    with handed.path.open("rb") as stream:
        row.file.save(name.removeprefix(folder), File(stream), save=False)


def kept_file(attempt: Attempt | CaseFile) -> Path:
    """Return where the file of an attempt lies.

    Raises
    ------
    ActionRefused
        If it is gone or is not what was handed in: nothing is decided on such a file.
    """
    path = Path(attempt.file.path)
    if not path.is_file() or sha256_of(path) != attempt.sha256:
        raise ActionRefused(
            "الملف المساحي المحفوظ مفقود أو لا يطابق بصمته؛ لا يُبت في الطلب قبل رفعه من جديد.",
            "The kept survey file is missing or does not match its fingerprint; the case cannot be decided on it.",
        )
    return path
