"""dBASE tables of Shapefiles: fields by type, text by the code page that .cpg or the header states."""

from __future__ import annotations

import codecs
import re
import struct
from typing import Any

from land_services.surveys.errors import refusal
from land_services.surveys.limits import Limits
from land_services.surveys.numbers import clean_text
from land_services.surveys.raw import Notes

LANGUAGE_DRIVERS = {0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x57: "cp1252", 0x58: "cp1252", 0x7E: "cp1256"}
NOT_STATED = ("utf-8", "cp1256")
"""Tried in this order where nothing states a code page; the second is what Arabic Windows writes."""


def read_dbf(data: bytes, cpg: bytes | None, name: str, notes: Notes, limits: Limits) -> list[dict[str, Any] | None]:
    """Return the rows; None for a row marked as deleted."""
    if len(data) < 33:
        raise refusal("SRV-05", "dbf", place=name, detail="header")
    count, header, width = struct.unpack_from("<IHH", data, 4)
    if (
        header < 33
        or width < 1
        or header > len(data)
        or header + count * width > len(data) + 1
        or count > limits.entities
    ):
        raise refusal("SRV-05", "dbf", place=name, detail=f"{count} rows of {width} bytes do not fit {len(data)} bytes")
    fields = _fields(data, header)
    if 1 + sum(size for _, _, size, _ in fields) > width:
        raise refusal("SRV-05", "dbf", place=name, detail="fields wider than a row")
    text = data[header : header + count * width]
    encoding = _encoding(cpg, data[29], text, name, notes)
    damaged = 0
    rows: list[dict[str, Any] | None] = []
    for index in range(count):
        row = text[index * width : (index + 1) * width]
        if row[:1] == b"*":
            rows.append(None)
            continue
        values: dict[str, Any] = {}
        at = 1
        for field_name, kind, size, _ in fields:
            values[field_name.decode(encoding, "replace")] = value = _value(kind, row[at : at + size], encoding)
            damaged += isinstance(value, str) and "\ufffd" in value
            at += size
        rows.append(values)
    if damaged:
        notes.add("warning", "SRV-06", "table", place=name, encoding=encoding, count=damaged)
    return rows


def _fields(data: bytes, header: int) -> list[tuple[bytes, str, int, int]]:
    fields: list[tuple[bytes, str, int, int]] = []
    at = 32
    while at + 32 <= header and data[at] != 0x0D:
        name = data[at : at + 11].split(b"\x00")[0]
        fields.append((name, chr(data[at + 11]), data[at + 16], data[at + 17]))
        at += 32
    return fields


def _encoding(cpg: bytes | None, driver: int, text: bytes, name: str, notes: Notes) -> str:
    if cpg is not None:
        stated = cpg.decode("ascii", "replace").strip("\ufeff \t\r\n\x00")
        candidate = re.sub(r"(?i)^(?:ansi|windows|cp)?[ _-]*(\d{3,4})$", r"cp\1", stated)
        candidate = re.sub(r"(?i)^(?:iso)?[ _-]*8859[ _-]*(\d+)$", r"iso8859-\1", candidate)
        try:
            return codecs.lookup(candidate).name if stated else "utf-8"
        except (LookupError, ValueError):
            notes.add("warning", "SRV-06", "cpg", place=name, encoding=clean_text(stated)[:40])
    if driver in LANGUAGE_DRIVERS:
        return LANGUAGE_DRIVERS[driver]
    if text.isascii():
        return "ascii"
    for candidate in NOT_STATED:
        try:
            text.decode(candidate)
        except UnicodeDecodeError:
            continue
        notes.add("info" if candidate == "utf-8" else "warning", "SRV-06", "assumed", place=name, encoding=candidate)
        return candidate
    return "utf-8"


def _value(kind: str, raw: bytes, encoding: str) -> Any:
    if kind == "C":
        return clean_text(raw.decode(encoding, "replace").rstrip("\x00 "))
    text = raw.decode("ascii", "replace").strip("\x00 *")
    if not text:
        return None
    if kind in "NF":
        try:
            return int(text) if re.fullmatch(r"[-+]?\d+", text) else float(text)
        except ValueError:
            return text
    if kind == "L":
        return {"T": True, "Y": True, "F": False, "N": False}.get(text.upper())
    return text
