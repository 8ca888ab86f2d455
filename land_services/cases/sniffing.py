"""What a file is, by its content: names and what browsers say of them prove nothing."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final

__all__ = ["KINDS", "SHOWN", "kind_of"]

KINDS: Final = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "png": "image/png",
    "tif": "image/tiff",
    "dxf": "image/vnd.dxf",
    "dwg": "image/vnd.dwg",
    "gpkg": "application/geopackage+sqlite3",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
    "xml": "application/xml",
    "json": "application/json",
    "csv": "text/csv",
    "txt": "text/plain",
}
"""Kinds that are known, and the type under which each is handed out."""
SHOWN: Final = frozenset({"pdf", "jpg", "png", "tif", "dxf"})
"""Kinds of which a picture can be made."""
SAME: Final = {"jpeg": "jpg", "tiff": "tif", "landxml": "xml", "geojson": "json"}
_HEAD = 4096


def kind_of(path: Path) -> str:
    """Return the kind of a file, "" where it is none that is known.

    Only what a format must have is looked at: its first bytes, for a container the names within. Plain text is one of
    xml, json, csv or txt by what it begins with, in UTF-8 or UTF-16.
    """
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    if b"%PDF-" in head[:1024]:
        return "pdf"
    for start, kind in _STARTS:
        if head.startswith(start):
            return _inside(path) if kind == "zip" else kind
    return _text(head)


_STARTS: Final = (
    (b"\xff\xd8\xff", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"II*\x00", "tif"),
    (b"MM\x00*", "tif"),
    (b"II+\x00", "tif"),
    (b"AC10", "dwg"),
    (b"AutoCAD Binary DXF\r\n\x1a\x00", "dxf"),
    (b"SQLite format 3\x00", "gpkg"),
    (b"PK\x03\x04", "zip"),
)


def _inside(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as container:
            names = set(container.namelist()[:10_000])
    except (zipfile.BadZipFile, OSError, ValueError):
        return ""
    if "word/document.xml" in names:
        return "docx"
    if "xl/workbook.xml" in names:
        return "xlsx"
    return "zip"


def _text(head: bytes) -> str:
    text = _decoded(head)
    if text is None:
        return ""
    words = text.lstrip("\ufeff \t\r\n")
    if words.startswith("<"):
        low = words[:512].lower()
        return "" if "<html" in low or "<svg" in low or "<script" in low else "xml"
    if words[:1] in ("{", "["):
        return "json"
    lines = [line.strip() for line in text.splitlines()[:4]]
    if len(lines) > 1 and lines[0] in ("0", "999") and (lines[0] == "999" or lines[1] == "SECTION"):
        return "dxf"
    if not words:
        return ""
    return "csv" if len(lines) > 1 and all(line.count(",") or line.count(";") for line in lines if line) else "txt"


def _decoded(head: bytes) -> str | None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[: len(head) // 2 * 2].decode("utf-16", "ignore")
    if b"\x00" in head:
        return None
    try:
        return head.decode("utf-8")
    except UnicodeDecodeError as error:
        cut = len(head) == _HEAD and error.start > _HEAD - 4  # a character cut in two at the end
        if cut:
            return head[: error.start].decode("utf-8")
    try:
        text = head.decode("cp1256")
    except UnicodeDecodeError:
        return None
    return text if all(c.isprintable() or c in "\r\n\t" for c in text) else None
