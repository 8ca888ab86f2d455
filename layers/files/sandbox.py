"""The parent's side of reading an uploaded file: start the confined child, take its lines within limits, trust none.

What the child answers is data: numbers, texts and WKB are checked again before they go anywhere.
"""

from __future__ import annotations

import json
import logging
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely

from layers.files.cleaning import Expected
from layers.files.errors import FileUnreadable
from layers.files.mapping import LayerField, read_value
from layers.files.staging import StagedFeature
from layers.files.suggesting import FileHint

__all__ = ["DEFAULT_LIMITS", "ReadLimits", "Reading", "look_confined", "read_confined"]

logger = logging.getLogger(__name__)
HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parents[1]
_LINE_LIMIT: Final = 256 * 2**20
_ENVIRONMENT: Final = {
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "GDAL_NUM_THREADS": "1",
    "GDAL_PAM_ENABLED": "NO",
    "PROJ_NETWORK": "OFF",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}
_FIELD_KEYS: Final = ("name", "ar", "en", "kind", "low", "high")


@dataclass(frozen=True)
class ReadLimits:
    """Limits of one reading: bytes and seconds. ``idle_s`` bounds the silence between two lines."""

    memory_bytes: int = 4096 * 2**20
    unzipped_bytes: int = 2048 * 2**20
    cpu_s: int = 900
    wall_s: float = 1800.0
    idle_s: float = 300.0
    open_files: int = 128
    output_bytes: int = 8192 * 2**20


DEFAULT_LIMITS: Final = ReadLimits()


@dataclass
class Reading:
    """The rows of a file as they come, and what was found once they have all come."""

    source: Mapping[str, Any]
    count: int | None
    lines: Iterator[dict[str, Any]]
    fields: Mapping[str, LayerField]
    read: int = 0
    rows_with_faults: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    samples: list[tuple[str, int, dict[str, Any]]] = field(default_factory=list)

    def batches(self) -> Iterator[list[StagedFeature]]:
        """Yield the features in the order of the file."""
        ended = False
        for line in self.lines:
            if "end" in line:
                self._end(line["end"])
                ended = True
            else:
                yield self._batch(line["rows"])
        if not ended:
            raise _fell("the child ended early")

    def _batch(self, rows: Sequence[Any]) -> list[StagedFeature]:
        shapes = shapely.from_wkb(np.array([row[2] for row in rows], dtype=object), on_invalid="ignore")
        batch = []
        for (number, values, _), shape in zip(rows, shapes, strict=True):
            kept = {name: read_value(self.fields[name], raw)[0] for name, raw in values.items() if name in self.fields}
            batch.append(StagedFeature(int(number), kept, shape))
        return batch

    def _end(self, end: Mapping[str, Any]) -> None:
        self.read, self.rows_with_faults = int(end["read"]), int(end["rows_with_faults"])
        self.counts = {str(kind): int(n) for kind, n in end["counts"].items()}
        self.samples = [(str(kind), int(row), dict(params)) for kind, row, params in end["samples"]]


def look_confined(
    path: Path,
    srid: int,
    *,
    layer: str | None = None,
    crs: str | None = None,
    limits: ReadLimits = DEFAULT_LIMITS,
) -> FileHint:
    """Return what a file holds (``layers.files.suggesting.look``), read in a confined process.

    Raises
    ------
    FileUnreadable
        Whatever is wrong with it, limits among it (``time``, ``memory``, ``reader``).
    """
    task = {"task": "look", "path": str(path), "srid": srid, "layer": layer, "crs": crs}
    with _child(task, limits) as lines:
        try:
            return FileHint.from_json(next(lines)["look"])
        except (StopIteration, KeyError, TypeError, ValueError) as error:
            raise _fell(f"nonsense: {type(error).__name__}") from None


@contextmanager
def read_confined(
    path: Path,
    srid: int,
    fields: Sequence[LayerField],
    geometry: Expected,
    *,
    given: Mapping[str, str],
    layer: str | None = None,
    crs: str | None = None,
    limits: ReadLimits = DEFAULT_LIMITS,
) -> Iterator[Reading]:
    """Give the rows of a file, read in a confined process that lives as long as the context.

    Parameters
    ----------
    path, srid, layer, crs
        As for ``look_confined``.
    fields, geometry
        What the layer holds.
    given : mapping
        field -> attribute of the file.

    Raises
    ------
    FileUnreadable
        At once or while the rows come.
    """
    told = [{key: asdict(f)[key] for key in _FIELD_KEYS} for f in fields if f.is_imported]
    task = {
        "task": "rows", "path": str(path), "srid": srid, "layer": layer, "crs": crs, "fields": told,
        "given": dict(given), "geometry": geometry,
    }  # fmt: skip
    with _child(task, limits) as lines:
        try:
            head = next(lines)
            reading = Reading(dict(head["source"]), head["count"], lines, {f.name: f for f in fields})
        except (StopIteration, KeyError, TypeError) as error:
            raise _fell(f"nonsense: {type(error).__name__}") from None
        yield reading


@contextmanager
def _child(task: Mapping[str, Any], limits: ReadLimits) -> Iterator[Iterator[dict[str, Any]]]:
    with tempfile.TemporaryDirectory(prefix="gisportal-read-") as folder:
        settings = {**task, "root": str(ROOT), "parent": os.getpid(), "folder": folder, "limits": asdict(limits)}
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and file; the settings are data
            [sys.executable, "-I", "-B", str(HERE / "child.py"), json.dumps(settings)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={**_ENVIRONMENT, "TMPDIR": folder},
            start_new_session=True,
        )
        try:
            yield _parsed(_lines(process, limits))
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def _parsed(lines: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    for raw in lines:
        try:
            line = json.loads(raw)
        except ValueError:
            raise _fell("no JSON") from None
        if not isinstance(line, dict):
            raise _fell("no object")
        if "error" in line:
            if "trail" in line:
                logger.error("the reader of an uploaded file failed: %s", line["trail"])
            told = {key: str(line["error"].get(key, "")) for key in ("ar", "en", "what", "where", "todo")}
            raise FileUnreadable(told.pop("ar"), told.pop("en"), **told)
        yield line


def _lines(process: subprocess.Popen[bytes], limits: ReadLimits) -> Iterator[bytes]:
    """Yield the lines of the child's answer within its limits."""
    assert process.stdout is not None  # noqa: S101 - PIPE was asked for
    deadline, total = time.monotonic() + limits.wall_s, 0
    held = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            left = min(deadline - time.monotonic(), limits.idle_s)
            if left <= 0 or not selector.select(left):
                raise _too_long()
            chunk = os.read(process.stdout.fileno(), 1 << 20)
            if not chunk:
                break
            total += len(chunk)
            held += chunk
            if total > limits.output_bytes or len(held) > _LINE_LIMIT:
                raise _fell("too much was answered")
            *whole, rest = held.split(b"\n")
            held = bytearray(rest)
            yield from map(bytes, whole)
    code = process.wait(timeout=5)
    if code != 0 or held:
        raise _too_long() if code in (-9, -24) else _fell(f"the child ended with code {code}")


def _too_long() -> FileUnreadable:
    return FileUnreadable(
        "استغرقت قراءة الملف وقتًا أطول من المسموح.",
        "Reading the file took longer than is allowed.",
        what="time",
        todo="split the file, or load it with import_layer",
    )


def _fell(why: str) -> FileUnreadable:
    logger.error("the reader of an uploaded file fell over: %s", why)
    return FileUnreadable(
        "تعذّرت قراءة الملف؛ قد يكون تالفًا.",
        "The file could not be read; it may be damaged.",
        what="reader",
        todo="open it in a GIS program and save it again as GPKG",
    )
