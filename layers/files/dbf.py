"""In which encoding a shapefile's attributes are written, and whether its parts are there and whole.

A .dbf names its encoding in a .cpg beside it, in one byte of its header, or nowhere; the first two are often wrong.
The bytes themselves are therefore looked at: UTF-8 is recognised by its structure, the Arabic Windows code page by
runs of Arabic letters.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from layers.files.errors import FileUnreadable

__all__ = ["DbfEncoding", "dbf_encoding"]

SAMPLE_BYTES: Final = 200_000
_BY_LANGUAGE_BYTE: Final = {0x7E: "cp1256", 0x03: "cp1252", 0x58: "cp1252", 0xC8: "cp1250", 0xC9: "cp1251"}
_ARABIC_RUN: Final = re.compile("[\u0621-\u064a]{2,}")


@dataclass(frozen=True)
class DbfEncoding:
    """``name`` as GDAL takes it; ``note`` tells people where it was guessed ("" where the file said so)."""

    name: str
    note: str = ""


def dbf_encoding(shp: Path) -> DbfEncoding:
    """Return the encoding of the attributes beside a .shp, having made sure that all parts are whole.

    Raises
    ------
    FileUnreadable
        ``missing_part``: no .dbf or .shx. ``truncated``: a part ends early. ``encoding``: the .cpg names an encoding
        that
        the bytes contradict.
    """
    dbf = _beside(shp, ".dbf")
    if dbf is None or _beside(shp, ".shx") is None:
        missing = ".dbf" if dbf is None else ".shx"
        raise FileUnreadable(
            f'ينقص الملف "{shp.stem}{missing}" بجانب "{shp.name}".',
            f'"{shp.stem}{missing}" is missing beside "{shp.name}".',
            what="missing_part",
            where=shp.name,
            todo="bring .shp, .shx, .dbf, .prj (and .cpg) together, best as one zip",
        )
    for part in (shp, shp.with_suffix(".shx")):
        _require_whole(part, shp.name)
    stated = _stated(shp)
    survey = _survey(dbf, shp.name)
    if stated:
        _require_agreement(stated, survey, shp)
        return DbfEncoding(_gdal_name(stated))
    if survey.first_not_utf8 is None:
        return DbfEncoding("UTF-8", "no .cpg: UTF-8 recognised by its bytes" if survey.sample else "")
    with dbf.open("rb") as file:
        by_header = _BY_LANGUAGE_BYTE.get(file.read(30)[29])
    if by_header == "cp1256" or _ARABIC_RUN.search(survey.sample.decode("cp1256", "replace")):
        return DbfEncoding("CP1256", "no .cpg: Arabic Windows (1256) recognised by its letters")
    guessed = by_header or "cp1252"
    return DbfEncoding(guessed.upper(), f"no .cpg: {guessed} assumed")


@dataclass(frozen=True)
class _Survey:
    """What the text of a table looks like: some of what is not ASCII, and the first row that is not UTF-8."""

    sample: bytes
    first_not_utf8: int | None


def _survey(dbf: Path, shp_name: str) -> _Survey:
    sample, first = bytearray(), None
    for row, value in _non_ascii(dbf, shp_name):
        if len(sample) < SAMPLE_BYTES:
            sample += value + b"\n"
        if first is None and not _is_utf8(value):
            first = row
    return _Survey(bytes(sample), first)


def _beside(shp: Path, ending: str) -> Path | None:
    for candidate in (shp.with_suffix(ending), shp.with_suffix(ending.upper())):
        if candidate.is_file():
            return candidate
    return None


def _require_whole(part: Path, shp_name: str) -> None:
    """Compare the length that a .shp or .shx states of itself with the bytes there are: GDAL fills in empty shapes."""
    if not part.is_file():  # its ending is in capitals: GDAL finds it all the same
        return
    with part.open("rb") as file:
        header = file.read(100)
    stated = int.from_bytes(header[24:28], "big") * 2
    if len(header) < 100 or part.stat().st_size < stated:
        raise FileUnreadable(
            f'الملف "{part.name}" مبتور.',
            f'The file "{part.name}" ends early: {part.stat().st_size} bytes of {stated}.',
            what="truncated",
            where=shp_name,
            todo="copy the file again from its source",
        )


def _stated(shp: Path) -> str | None:
    cpg = _beside(shp, ".cpg")
    if cpg is None:
        return None
    raw = cpg.read_text("ascii", errors="replace").strip().lower()
    digits = re.fullmatch(r"(?:ansi|cp|windows|oem|iso)?[ -]*(\d{3,5})", raw)
    name = f"cp{digits[1]}" if digits else raw.replace("iso 88", "iso-88").replace(" ", "")
    if digits and digits[1].startswith("8859"):
        name = f"iso-8859-{digits[1][4:]}"
    try:
        return codecs.lookup("utf-8" if name == "cp65001" else name).name
    except LookupError:
        return None


def _gdal_name(codec: str) -> str:
    return {"utf-8": "UTF-8", "iso8859-1": "ISO-8859-1"}.get(codec, codec.upper().replace("ISO8859", "ISO-8859"))


def _is_utf8(value: bytes) -> bool:
    """A field is cut at its width, perhaps in the middle of a letter: what is missing at its end is no fault."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(value, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _require_agreement(stated: str, survey: _Survey, shp: Path) -> None:
    if stated != "utf-8" or survey.first_not_utf8 is None:
        return
    raise FileUnreadable(
        f'يذكر "{shp.stem}.cpg" الترميز UTF-8 لكن السجل {survey.first_not_utf8} مكتوب بغيره.',
        f'"{shp.stem}.cpg" says UTF-8, but row {survey.first_not_utf8} is written in something else.',
        what="encoding",
        where=f"{shp.stem}.dbf, row {survey.first_not_utf8}",
        todo="put the right name (often 1256) into the .cpg, or delete it",
    )


def _non_ascii(dbf: Path, shp_name: str) -> Iterator[tuple[int, bytes]]:
    """Yield (row, value) of the text fields that hold other than ASCII."""
    with dbf.open("rb") as file:
        header = file.read(32)
        if len(header) < 32:
            raise _truncated(dbf, shp_name, 0)
        count = int.from_bytes(header[4:8], "little")
        header_size, size = int.from_bytes(header[8:10], "little"), int.from_bytes(header[10:12], "little")
        fields = _text_fields(file.read(max(0, header_size - 32)))
        for row in range(1, count + 1):
            record = file.read(size)
            if len(record) < size - 1:
                raise _truncated(dbf, shp_name, row)
            if record.isascii():
                continue
            for start, end in fields:
                value = record[start:end].rstrip(b" \0")
                if not value.isascii():
                    yield row, value


def _text_fields(descriptors: bytes) -> list[tuple[int, int]]:
    fields, position = [], 1  # byte 0 of a record is its deletion mark
    for start in range(0, len(descriptors) - 31, 32):
        descriptor = descriptors[start : start + 32]
        if descriptor[0] == 0x0D:
            break
        if descriptor[11:12] == b"C":
            length = descriptor[16] + 256 * descriptor[17]  # long text fields keep the high byte in the decimals
            fields.append((position, position + length))
        else:
            length = descriptor[16]
        position += length
    return fields


def _truncated(dbf: Path, shp_name: str, row: int) -> FileUnreadable:
    return FileUnreadable(
        f'جدول البيانات "{dbf.name}" مبتور عند السجل {row}.',
        f'The table "{dbf.name}" ends early, at row {row}.',
        what="truncated",
        where=f"{shp_name}, row {row}",
        todo="copy the file again from its source",
    )
