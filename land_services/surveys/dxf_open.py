"""Opening a DXF file: its code page, its size, and what to do where it is damaged."""

from __future__ import annotations

import io
import re

import ezdxf
from ezdxf import recover
from ezdxf.document import Drawing
from ezdxf.lldxf.const import DXFError
from ezdxf.lldxf.encoding import decode_dxf_unicode, decode_mif_to_unicode, has_dxf_unicode, has_mif_encoding
from ezdxf.tools.codepage import toencoding

from land_services.surveys.errors import refusal
from land_services.surveys.limits import Limits
from land_services.surveys.raw import Notes

HEADER_BYTES = 1 << 20
_VARIABLE = r"\$%s\s*\r?\n\s*\d+\s*\r?\n([^\r\n]*)"
_CODE_PAGE = re.compile((_VARIABLE % "DWGCODEPAGE").encode())
_VERSION = re.compile((_VARIABLE % "ACADVER").encode())
FIRST_UTF8_VERSION = "AC1021"
# What the library stumbles over in a damaged file: it checks tags one by one, not what they add up to.
STUMBLES = (DXFError, ArithmeticError, AssertionError, AttributeError, LookupError, OSError, TypeError, ValueError)


def open_drawing(data: bytes, limits: Limits, notes: Notes) -> Drawing:
    """Return the drawing; raise a refusal where it is truncated, too large or beyond repair."""
    if data.startswith(b"AutoCAD Binary DXF"):
        return _recovered(data, notes, "binary")
    text = _decoded(data, notes)
    _check_size(text, limits)
    if text.rstrip("\x00\x1a \t\r\n")[-3:].upper() != "EOF":
        lines = text.count("\n") + 1
        raise refusal("SRV-05", "dxf_truncated", line=lines)
    try:
        return ezdxf.read(io.StringIO(text))  # type: ignore[attr-defined]
    except STUMBLES as error:
        return _recovered(data, notes, str(error)[:160])


def _decoded(data: bytes, notes: Notes) -> str:
    """Return the text by the code page that the header states; bytes that do not fit it are reported, never guessed."""
    encoding = _encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        notes.add("warning", "SRV-06", "dxf", encoding=encoding, line=line, byte=f"0x{data[error.start]:02x}")
        text = data.decode(encoding, errors="replace")
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _encoding(data: bytes) -> str:
    head = data[:HEADER_BYTES]
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    version = _VERSION.search(head)
    if version and version.group(1).strip().decode("ascii", "replace") >= FIRST_UTF8_VERSION:
        return "utf-8"
    page = _CODE_PAGE.search(head)
    if page is None:
        # R12 files without a code page: ASCII or UTF-8 in practice, else the Western page that DXF defaults to.
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            return "cp1252"
        return "utf-8"
    return toencoding(page.group(1).strip().decode("ascii", "replace"))


def decoded(text: str) -> str:
    r"""Return a text with its escapes (``\U+0661``, ``\M+1xxxx``) as characters.

    Done text by text: on the whole file an escaped line feed could forge the tags after it.
    """
    if has_dxf_unicode(text):
        text = decode_dxf_unicode(text)
    if has_mif_encoding(text):
        text = decode_mif_to_unicode(text)
    return text


def _check_size(text: str, limits: Limits) -> None:
    """Refuse a drawing of too many entities before the slow work: group code 0 begins each."""
    count = sum(1 for code in text.split("\n")[0::2] if code.strip() == "0")
    if count > limits.entities:
        raise refusal("SRV-04", "entities", count=count, limit=limits.entities)


def _recovered(data: bytes, notes: Notes, detail: str) -> Drawing:
    try:
        drawing, auditor = recover.read(io.BytesIO(data), errors="surrogateescape")
    except STUMBLES as error:
        raise refusal("SRV-05", "dxf", detail=str(error)[:160] or detail) from None
    if detail != "binary" or auditor.errors:
        notes.add("warning", "SRV-05", "dxf_repaired", detail=detail, count=len(auditor.errors))
    return drawing
