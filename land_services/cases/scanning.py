"""A look through what people send, by ClamAV's daemon where one is set up (``CLAMD``)."""

from __future__ import annotations

import socket
import struct
from pathlib import Path

from django.conf import settings

from .errors import ActionRefused

__all__ = ["scan"]

_CHUNK = 1 << 16
_TIMEOUT_S = 60


def scan(path: Path) -> str:
    """Return what the scanner said: ``clean``, or "" where none is set up.

    Raises
    ------
    ActionRefused
        If it found something, or if the scanner that is set up does not answer: nothing comes in unseen.
    """
    if not settings.CLAMD:
        return ""
    try:
        said = _ask(settings.CLAMD, path)
    except OSError as error:
        raise ActionRefused(
            "تعذر فحص الملف الآن؛ أعد المحاولة بعد قليل.", "The file could not be scanned now; try again in a while."
        ) from error
    if said.endswith("OK"):
        return "clean"
    if said.endswith("FOUND"):
        raise ActionRefused("رفض فاحص الملفات هذا الملف.", "The scanner refused this file.")
    raise ActionRefused(
        "تعذر فحص الملف الآن؛ أعد المحاولة بعد قليل.", "The file could not be scanned now; try again in a while."
    )


def _ask(where: str, path: Path) -> str:
    """Send a file by INSTREAM of the daemon's protocol: lengths before pieces, a length of zero at the end."""
    with _connect(where) as line, path.open("rb") as stream:
        line.sendall(b"zINSTREAM\0")
        while piece := stream.read(_CHUNK):
            line.sendall(struct.pack("!L", len(piece)) + piece)
        line.sendall(struct.pack("!L", 0))
        said = b""
        while not said.endswith(b"\0") and (more := line.recv(4096)):
            said += more
    return said.rstrip(b"\0\n").decode("utf-8", "replace")


def _connect(where: str) -> socket.socket:
    if where.startswith("/"):
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(_TIMEOUT_S)
        line.connect(where)
        return line
    host, _, port = where.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=_TIMEOUT_S)
