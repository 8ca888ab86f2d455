"""Points in a table of text (CSV): delimiter, encoding and the columns of the position found out, then rows streamed.

Numbers are read in both digit systems and with either decimal mark. What is guessed is said in a note; a file that can
be read in two ways is refused with its row.
"""

from __future__ import annotations

import codecs
import csv
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from layers.digits import to_latin_digits
from layers.files.errors import FileUnreadable

__all__ = ["CsvTable", "looks_like_csv", "open_csv"]

DELIMITERS: Final = ",;\t|"
LONGEST_FIELD: Final = 200_000
_CHUNK: Final = 2**20
_LONGITUDE: Final = ("lon", "lng", "long", "longitude", "خط الطول", "طول")
_LATITUDE: Final = ("lat", "latitude", "خط العرض", "عرض")
_EAST: Final = ("x", "easting", "east", "e", "x_coord", "الشرقيات", "شرقيات", "س")
_NORTH: Final = ("y", "northing", "north", "n", "y_coord", "الشماليات", "شماليات", "ص")
_POINT: Final = struct.Struct("<BI2d")  # WKB: byte order, type, position
_ARABIC_RUN: Final = re.compile("[\u0621-\u064a]{2,}")
_NUMBER: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")
_THOUSANDS: Final = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+")


@dataclass(frozen=True)
class CsvTable:
    """A table that was looked through: how it is written, and which columns are the position."""

    path: Path
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    x: int
    y: int
    is_degrees: bool
    notes: tuple[str, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """The columns but for the position."""
        return tuple(name for i, name in enumerate(self.header) if i not in (self.x, self.y))

    def batches(self, columns: Sequence[str], size: int) -> Iterator[tuple[list[bytes | None], dict[str, list[Any]]]]:
        """Yield geometries as WKB and columns by name, ``size`` rows at a time.

        A row without a position has no geometry; one whose position cannot be read has an infinite one, which the
        cleaning tells as a bad coordinate.
        """
        wanted = {name: self.header.index(name) for name in columns}
        wkb: list[bytes | None] = []
        values: dict[str, list[Any]] = {name: [] for name in columns}
        for row, cells in self._rows():
            wkb.append(self._point(row, cells))
            for name, i in wanted.items():
                values[name].append(cells[i])
            if len(wkb) == size:
                yield wkb, values
                wkb, values = [], {name: [] for name in columns}
        if wkb:
            yield wkb, values

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield (number from 1, cells) of the rows below the header; rows of nothing but delimiters are passed over."""
        with self.path.open(encoding=self.encoding, newline="") as file:
            reader = _reader(file, self.delimiter)
            row = 0
            try:
                next(reader)
                for cells in reader:
                    if not any(cells):
                        continue
                    row += 1
                    if len(cells) != len(self.header):
                        raise self._ragged(row, reader.line_num, len(cells))
                    yield row, cells
            except csv.Error as error:
                raise _broken(self.path, row + 1, reader.line_num, str(error)) from error

    def _point(self, row: int, cells: list[str]) -> bytes | None:
        texts = cells[self.x].strip(), cells[self.y].strip()
        if not all(texts):
            return None
        x, y = (self._number(row, text) for text in texts)
        if self.is_degrees and not (abs(x) <= 180.0 and abs(y) <= 90.0):
            x = y = float("inf")
        return _POINT.pack(1, 1, x, y)

    def _number(self, row: int, text: str) -> float:
        if text.isascii() and _NUMBER.fullmatch(text):
            return float(text)
        plain = to_latin_digits(text).replace("\u00a0", "").replace(" ", "")
        if "," in plain:
            if not self.is_degrees and "." not in plain and _THOUSANDS.fullmatch(plain):
                raise self._two_ways(row, text)
            if plain.rfind(",") > plain.rfind("."):  # 1.234,5
                plain = plain.replace(".", "").replace(",", ".", 1)
            else:  # 1,234.5
                plain = plain.replace(",", "")
        return float(plain) if _NUMBER.fullmatch(plain) else float("inf")

    def _ragged(self, row: int, line: int, cells: int) -> FileUnreadable:
        return FileUnreadable(
            f'في الملف "{self.path.name}" عدد أعمدة السجل {row} (السطر {line}) {cells} وعدد أعمدة العنوان '
            f"{len(self.header)}.",
            f'In "{self.path.name}" row {row} (line {line}) has {cells} columns, the header {len(self.header)}.',
            what="columns",
            where=f"{self.path.name}, row {row}",
            todo="put text that holds the delimiter into quotes",
        )

    def _two_ways(self, row: int, text: str) -> FileUnreadable:
        return FileUnreadable(
            f'في الملف "{self.path.name}"، السجل {row}: العدد {text} يُقرأ على وجهين (فاصلة آلاف أو فاصلة عشرية).',
            f'In "{self.path.name}", row {row}: {text} can be read in two ways (thousands or decimals).',
            what="ambiguous_number",
            where=f"{self.path.name}, row {row}",
            todo="write numbers without a thousands mark",
        )


def looks_like_csv(head: bytes, path: Path) -> bool:
    """Return whether a file begins as a table of text: by its ending, or by a header that names a position."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return path.suffix.lower() in (".csv", ".tsv", ".txt")
    if b"\0" in head:
        return False
    if path.suffix.lower() in (".csv", ".tsv"):
        return True
    first = head.split(b"\n", 1)[0].decode("utf-8", "replace").lstrip("\ufeff").strip()
    names = _split(first, _delimiter(first))
    return len(names) > 2 and _position(tuple(names)) is not None


def open_csv(path: Path) -> CsvTable:
    """Look a table through and return how it is to be read.

    Raises
    ------
    FileUnreadable
        ``encoding``; ``damaged`` for a header that is none; ``no_position`` where no columns hold a position.
    """
    encoding, notes = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        first = file.readline(LONGEST_FIELD)
    delimiter = _delimiter(first)
    with path.open(encoding=encoding, newline="") as file:
        try:
            header = tuple(name.strip() for name in next(_reader(file, delimiter), []))
        except csv.Error as error:
            raise _broken(path, 0, 1, str(error)) from error
    if repeated := sorted({name for name in header if header.count(name) > 1 or not name}):
        listed = ", ".join(name or '""' for name in repeated)
        raise FileUnreadable(
            f'عنوان الملف "{path.name}" فيه أعمدة مكررة أو بلا اسم: {listed}.',
            f'The header of "{path.name}" has columns that repeat or have no name: {listed}.',
            what="damaged",
            where=path.name,
            todo="give every column a name of its own",
        )
    found = _position(header)
    if found is None:
        listed = ", ".join(header[:40])
        raise FileUnreadable(
            f'لا يُعرف أي عمودي الملف "{path.name}" هما الموقع. أعمدته: {listed}.',
            f'No columns of "{path.name}" hold a position. Its columns: {listed}.',
            what="no_position",
            where=path.name,
            todo="name two columns lon and lat (degrees), or x and y (and say --crs EPSG:n)",
        )
    return CsvTable(path, encoding, delimiter, header, *found, notes)


def _position(header: tuple[str, ...]) -> tuple[int, int, bool] | None:
    folded = [name.casefold() for name in header]
    for xs, ys, is_degrees in ((_LONGITUDE, _LATITUDE, True), (_EAST, _NORTH, False)):
        x = next((folded.index(name) for name in xs if name in folded), None)
        y = next((folded.index(name) for name in ys if name in folded), None)
        if x is not None and y is not None:
            return x, y, is_degrees
    return None


def _encoding(path: Path) -> tuple[str, tuple[str, ...]]:
    """Return the encoding by its mark or its bytes, and what was guessed."""
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        _require(path, "utf-16")
        return "utf-16", ()
    name = "utf-8-sig"
    try:
        _require(path, name)
    except FileUnreadable:
        with path.open("rb") as file:
            is_arabic = any(_ARABIC_RUN.search(chunk.decode("cp1256", "replace")) for chunk in _chunks(file))
        name = "cp1256" if is_arabic else "cp1252"
        _require(path, name)
        words = "Arabic Windows (1256) recognised by its letters" if is_arabic else "Windows 1252 assumed"
        return name, (f"not UTF-8: {words}",)
    return name, ()


def _chunks(file: Any) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _require(path: Path, encoding: str) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            for chunk in _chunks(file):
                if "\0" in decoder.decode(chunk):
                    raise UnicodeDecodeError(encoding, b"\0", 0, 1, "NUL")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise FileUnreadable(
            f'نص الملف "{path.name}" ليس بترميز معروف (UTF-8 أو Windows-1256).',
            f'The text of "{path.name}" is in no encoding that is known here (UTF-8, Windows-1256): {error.reason}.',
            what="encoding",
            where=path.name,
            todo="save the file as CSV UTF-8",
        ) from error


def _delimiter(line: str) -> str:
    outside = re.sub(r'"[^"]*"', "", line)
    return max(DELIMITERS, key=lambda sign: (outside.count(sign), -DELIMITERS.index(sign)))


def _split(line: str, delimiter: str) -> list[str]:
    return [name.strip().strip('"') for name in line.split(delimiter)]


def _reader(file: Any, delimiter: str) -> Any:
    csv.field_size_limit(LONGEST_FIELD)
    return csv.reader(file, delimiter=delimiter, strict=True)


def _broken(path: Path, row: int, line: int, detail: str) -> FileUnreadable:
    return FileUnreadable(
        f'تعذّرت قراءة الملف "{path.name}" عند السجل {row} (السطر {line}).',
        f'"{path.name}" cannot be read at row {row} (line {line}): {detail}.',
        what="damaged",
        where=f"{path.name}, row {row}",
        todo="save the table again as CSV; text with quotes or line breaks belongs into quotes",
    )
