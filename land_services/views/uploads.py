"""Taking files from people: a limit that holds while the file is still coming in."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

__all__ = ["MB", "limit_uploads", "plain_text", "too_large"]

MB = 1024 * 1024
_FORM_BYTES = MB
"""What a form may hold beside its file."""

_DRAINED = 8
"""Up to so many times the limit, a request is read to its end and thrown away: the browser then shows our answer."""


class _Limit(FileUploadHandler):
    """Drops files as soon as those of the request are larger than the limit; what was written of them is removed."""

    def __init__(self, request: HttpRequest, limit_bytes: int) -> None:
        super().__init__(request)
        self.limit_bytes = limit_bytes
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        if self.received > self.limit_bytes:
            self.request.upload_too_large = True  # type: ignore[union-attr]
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> UploadedFile | None:
        return None  # the handlers after this one keep the file


def limit_uploads(request: HttpRequest, limit_bytes: int) -> bool:
    """Set the limit on a request that nobody has read yet; False if it is so large that it is not worth reading.

    The view must be exempt from the CSRF middleware, which would read the request first, and be protected further in.
    """
    request.upload_handlers.insert(0, _Limit(request, limit_bytes))
    stated = request.META.get("CONTENT_LENGTH") or "0"
    return not stated.isdecimal() or int(stated) <= _DRAINED * limit_bytes + _FORM_BYTES


def too_large(request: HttpRequest) -> bool:
    """Return True if a file of the request went over the limit; the request has been read then."""
    return bool(getattr(request, "upload_too_large", False))


def plain_text(value: Any, longest: int) -> str:
    """Return what a form field holds without control characters, at most ``longest`` characters of it."""
    text = "".join(c for c in str(value or "") if c in "\n\t" or unicodedata.category(c) != "Cc")
    return text.strip()[:longest]
