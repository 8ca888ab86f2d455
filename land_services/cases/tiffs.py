"""A TIFF without what is told beside the picture: where, when, with what and by whom it was made.

The picture is not made anew: its bytes stay where they are, whatever their compression, depth and number of pages.
What no tag that is kept points at becomes zeros, so that a thumbnail or a maker's note within is gone too. A
georeferenced drawing is the document itself: the tags of its place stay.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

__all__ = ["without_metadata"]

GEOREFERENCE: Final = frozenset({33550, 33922, 34264, 34735, 34736, 34737})
"""Pixel scale, tie points, transformation, and the three tags of GeoTIFF's keys (OGC 19-008r4)."""
PICTURE: Final = frozenset({
    254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 274, 277, 278, 279, 280, 281, 282, 283, 284, 286, 287,
    290, 291, 292, 293, 296, 297, 301, 317, 318, 319, 320, 321, 322, 323, 324, 325, 326, 327, 328, 330, 332, 334, 336,
    338, 339, 340, 341, 342, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532, 32995, 32996, 32997,
    34675, 42113, 50674,
})  # fmt: skip
"""What a reader needs to show the points in their place and colours (TIFF 6.0, its supplements, GDAL's nodata)."""
SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Bytes of each type of value."""
WHOLE: Final = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
SEGMENTS: Final = ((273, 279), (324, 325), (513, 514))
"""Offsets and lengths: strips, tiles, the JPEG of old files."""
TABLES: Final = {519: 64, 520: 33, 521: 178}
"""Tables of old JPEG files lie at offsets without lengths; these are the longest that they can be."""
COMPRESSION, SUB_PAGES, JPEG_TABLES = 259, 330, 347
JPEG: Final = ((6,), (7,))
MOST_PAGES: Final = 10_000
MOST_SHARED: Final = 4
"""Pages may share bytes, but all that they point at is at most so many times the file."""


@dataclass(frozen=True)
class _Entry:
    raw: bytes
    tag: int
    kind: int
    count: int
    at: int


class _Tiff:
    def __init__(self, data: bytes) -> None:
        self.data, self.plain = data, bytearray(len(data))
        self.order = {b"II": "<", b"MM": ">"}.get(data[:2], "")
        version = self._whole("H", 2) if self.order else 0
        if version not in (42, 43):
            raise ValueError("no TIFF")
        self.is_big = version == 43
        self.offset, self.number, self.width = ("Q", "Q", 8) if self.is_big else ("I", "H", 4)
        self.copied: set[tuple[int, int]] = set()
        self.room = MOST_SHARED * len(data)
        self.pages: dict[int, bytes] = {}

    def strip(self) -> bytes:
        head = 8 if self.is_big else 4
        self._copy(0, head + self.width)
        waiting = [self._whole(self.offset, head)]
        while waiting:
            at = waiting.pop()
            if at and at not in self.pages:
                if len(self.pages) == MOST_PAGES:
                    raise ValueError("too many pages")
                waiting += self._page(at)
        for at, table in self.pages.items():  # last, so that no length that is wrong brings a tag back
            self.plain[at : at + len(table)] = table
        return bytes(self.plain)

    def _page(self, at: int) -> list[int]:
        """Copy what belongs to a page, and return the pages that it leads to."""
        count = self._whole(self.number, at)
        first, size = at + struct.calcsize(self.number), 12 + (8 if self.is_big else 0)
        if first + count * size + self.width > len(self.data):
            raise ValueError("a page ends after the file")
        found = (self._entry(first + n * size, size) for n in range(count))
        kept = {entry.tag: entry for entry in found if entry.tag in PICTURE | GEOREFERENCE and entry.kind in SIZES}
        for entry in kept.values():
            self._value(entry)
        self._picture(kept, is_jpeg=COMPRESSION in kept and self._values(kept[COMPRESSION]) in JPEG)
        following = self._whole(self.offset, first + count * size)
        table = [struct.pack(self.order + self.number, len(kept)), *(entry.raw for entry in kept.values())]
        self.pages[at] = b"".join([*table, struct.pack(self.order + self.offset, following)])
        return [following, *(self._values(kept[SUB_PAGES]) if SUB_PAGES in kept else ())]

    def _entry(self, at: int, size: int) -> _Entry:
        tag, kind = struct.unpack_from(f"{self.order}HH", self.data, at)
        count = self._whole(self.offset, at + 4)
        inside = SIZES.get(kind, 1) * count <= self.width
        value = at + 4 + self.width
        return _Entry(self.data[at : at + size], tag, kind, count, value if inside else self._whole(self.offset, value))

    def _value(self, entry: _Entry) -> None:
        length = SIZES[entry.kind] * entry.count
        if entry.at + length > len(self.data):
            raise ValueError("a value ends after the file")
        if length > self.width:
            self._copy(entry.at, length, is_jpeg=entry.tag == JPEG_TABLES)

    def _picture(self, kept: dict[int, _Entry], *, is_jpeg: bool) -> None:
        for offsets, lengths in SEGMENTS:
            if offsets in kept and lengths not in kept:
                raise ValueError("the length of the picture is not said")
            if offsets in kept:
                for at, length in zip(self._values(kept[offsets]), self._values(kept[lengths]), strict=True):
                    self._copy(at, length, is_jpeg=is_jpeg or offsets == 513)
        for tag, longest in TABLES.items():
            for at in self._values(kept[tag]) if tag in kept else ():
                self._copy(at, longest)

    def _values(self, entry: _Entry) -> tuple[int, ...]:
        letter = WHOLE.get(entry.kind)
        if letter is None:
            raise ValueError("an offset is no whole number")
        return struct.unpack_from(f"{self.order}{entry.count}{letter}", self.data, entry.at)

    def _whole(self, letter: str, at: int) -> int:
        return int(struct.unpack_from(self.order + letter, self.data, at)[0])

    def _copy(self, at: int, length: int, *, is_jpeg: bool = False) -> None:
        if (at, length) in self.copied:
            return
        self.copied.add((at, length))
        piece = self.data[at : at + length]
        self.room -= len(piece)
        if self.room < 0:
            raise ValueError("pages point at more than there is")
        self.plain[at : at + len(piece)] = _plain_jpeg(piece) if is_jpeg else piece


_KEPT: Final = (0xE0, 0xEE)
"""Application segments by which a reader knows the colours: JFIF's and Adobe's."""


def _plain_jpeg(piece: bytes) -> bytes:
    """Return a JPEG stream of the same length, its comments and application segments emptied."""
    plain, at = bytearray(piece), 2
    while piece[:2] == b"\xff\xd8" and at + 4 <= len(piece) and piece[at] == 0xFF and piece[at + 1] != 0xDA:
        marker, length = piece[at + 1], int.from_bytes(piece[at + 2 : at + 4])
        end = min(at + 2 + length, len(piece))
        if (0xE0 <= marker <= 0xEF and marker not in _KEPT) or marker == 0xFE:
            plain[at + 4 : end] = bytes(max(end - at - 4, 0))
        at += 2 + max(length, 2)
    return bytes(plain)


def without_metadata(data: bytes) -> bytes:
    """Return a TIFF of the same length with its pages and their place, and nothing else; the same where that is all.

    Raises
    ------
    ValueError
        If it is no TIFF, or one that points beyond itself.
    """
    try:
        return _Tiff(data).strip()
    except struct.error as error:
        raise ValueError("a TIFF that ends too soon") from error
