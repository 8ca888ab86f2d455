"""Which imagery there is and which files make it up, kept in memory for as long as nothing on the map changes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connections
from numpy.typing import NDArray

from layers.access import Scope
from tiles.cache.place import Place, here
from tiles.grid import Box

__all__ = ["KnownFile", "KnownImagery", "find_imagery", "forget", "layer_code", "read_imagery"]

_KNOWN_AT_MOST = 500


@dataclass(frozen=True)
class KnownFile:
    """A current file: its copy, and where and when it shows the ground."""

    id: int
    path: str
    box: Box
    captured_on: date | None
    zoom: int
    low_zoom: int


@dataclass(frozen=True)
class KnownImagery:
    """An imagery with its current files, the topmost first. ``words`` holds titles, source, licence, attribution."""

    id: int
    name: str
    kind: str
    readers: str
    low: float | None
    high: float | None
    words: dict[str, str]
    files: tuple[KnownFile, ...]
    boxes: NDArray[np.float64]

    def can_be_read_by(self, scope: Scope) -> bool:
        return self.readers == "everyone" or scope.is_staff

    @property
    def box(self) -> Box | None:
        """The box of all files in EPSG:3857; None without any."""
        if not len(self.boxes):
            return None
        low, high = self.boxes.min(axis=0), self.boxes.max(axis=0)
        return (float(low[0]), float(low[1]), float(high[2]), float(high[3]))

    def as_of(self, day: date | None) -> date | None:
        """Return the newest day of a file not after ``day``: all days with one answer share their tiles.

        None where no dated file is that old (or none was asked for).
        """
        if day is None:
            return None
        return max((f.captured_on for f in self.files if f.captured_on and f.captured_on <= day), default=date.min)

    def files_at(self, box: Box, day: date | None) -> Iterator[KnownFile]:
        """Yield the files whose footprint's box meets a box, the topmost first, of a day or before it."""
        west, south, east, north = box
        b = self.boxes
        if not len(b):
            return
        met = (b[:, 0] < east) & (b[:, 2] > west) & (b[:, 1] < north) & (b[:, 3] > south)
        for index in np.flatnonzero(met):
            file = self.files[index]
            if day is None or file.captured_on is None or file.captured_on <= day:
                yield file


def layer_code(name: str) -> str:
    """Return the name under which a change of an imagery is announced, as a layer's code is."""
    return f"imagery:{name}"


_IMAGERY = """SELECT id, kind, readers, low, high, title_ar, title_en, source_ar, source_en, licence, attribution_ar,
       attribution_en FROM tiles_imagery WHERE name = %s"""
_WORDS = ("title_ar", "title_en", "source_ar", "source_en", "licence", "attribution_ar", "attribution_en")
_FILES = """SELECT id, copy, ST_XMin(footprint), ST_YMin(footprint), ST_XMax(footprint), ST_YMax(footprint),
       captured_on, zoom, low_zoom
FROM tiles_imageryfile WHERE imagery_id = %s AND end_lifespan_version IS NULL
ORDER BY captured_on DESC NULLS LAST, id DESC"""


def read_imagery(name: str, using: str = "default") -> KnownImagery | None:
    """Return an imagery as it stands in the database now; None where there is none of that name."""
    with connections[using].cursor() as cursor:
        cursor.execute(_IMAGERY, [name])
        row = cursor.fetchone()
        if row is None:
            return None
        cursor.execute(_FILES, [row[0]])
        files = tuple(_file(found) for found in cursor.fetchall())
    boxes = np.array([file.box for file in files], dtype=np.float64).reshape(len(files), 4)
    key, kind, readers, low, high, *words = row
    return KnownImagery(key, name, kind, readers, low, high, dict(zip(_WORDS, words, strict=True)), files, boxes)


def _file(row: tuple[Any, ...]) -> KnownFile:
    path = str(Path(settings.MEDIA_ROOT) / row[1])
    return KnownFile(row[0], path, row[2:6], row[6], row[7], row[8])


# Kept in memory -------------------------------------------------------------------------------------------------------

_known: dict[str, tuple[Place, int, KnownImagery | None]] = {}
_lock = threading.Lock()


def find_imagery(name: str) -> KnownImagery | None:
    """Return an imagery as of the last commit.

    What was read before holds while the journal of changes holds nothing new, and no change of this imagery is about
    to commit; without a journal the database is asked each time.
    """
    place = here()
    connection = connections["default"]
    if place is None or connection.in_atomic_block:
        return read_imagery(name)
    version = place.index.look()
    kept = _known.get(name)
    if kept is not None and kept[0] is place and kept[1] == version:
        return kept[2]
    settled = not any(
        change.record.layers == frozenset("*") or layer_code(name) in change.record.layers
        for change in place.index.all_open()
    )
    found = read_imagery(name)
    if settled:
        with _lock:
            if len(_known) >= _KNOWN_AT_MOST:  # names that were asked for and do not exist
                _known.clear()
            _known[name] = (place, version, found)
    return found


def forget() -> None:
    """Forget what this process holds in memory."""
    _known.clear()
