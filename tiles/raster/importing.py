"""Take rasters in: keep the original, make the copy, write both down. All of it or nothing, killed or not.

Files lie under ``MEDIA_ROOT/imagery``: ``originals/<sha256>.tif`` as they came, ``copies/<sha256>-<random>.tif`` for
tiles, ``work/`` while an import runs. Only one runs at a time. What one that was killed left behind is in ``work/``,
with a list of what it had put in place already; the next import clears it away before it begins.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import shapely
from django.conf import settings

from tiles.raster.errors import RasterRefused
from tiles.raster.recording import Made, Recorded, current_imagery, is_recorded, record
from tiles.raster.sandbox import run_child

__all__ = ["Options", "Outcome", "import_files", "raster_files"]

ENDINGS: Final = frozenset({".tif", ".tiff", ".gtiff"})
_MAGIC: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_COPY_BYTES: Final = 4 << 20
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Options:
    """How files are to be read. ``words`` are titles, source, licence, attribution of the imagery: those given."""

    kind: str | None = None
    readers: str | None = None
    crs: str = ""
    nodata: float | None = None
    captured_on: date | None = None
    low: float | None = None
    high: float | None = None
    words: dict[str, str] = field(default_factory=dict)

    def of_reading(self) -> dict[str, Any]:
        """Return what the pixels and the place of a file depend on."""
        return {"crs": self.crs, "nodata": self.nodata}


@dataclass(frozen=True)
class Outcome:
    """What an import did: files written down, and those that were there already."""

    imagery: str
    kind: str
    low: float | None
    high: float | None
    files: tuple[Recorded, ...]
    unchanged: tuple[str, ...]


@dataclass
class _Taken:
    """A file on its way in: where it lies in ``work/``, what it is."""

    name: str
    path: Path
    folder: Path
    sha256: str
    bytes: int


def raster_files(paths: Sequence[str | Path]) -> list[Path]:
    """Return the GeoTIFFs among files and in folders, in order of their names.

    Raises
    ------
    RasterRefused
        ``missing``: a path that is not there, or a folder without any.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.suffix.lower() in ENDINGS and p.is_file())
            if not inside:
                raise RasterRefused(
                    "ليس في المجلد ملفات GeoTIFF.",
                    "There is no GeoTIFF in the folder.",
                    what="missing",
                    where=path.name,
                )
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise RasterRefused("لا يوجد هذا الملف.", "There is no such file.", what="missing", where=path.name)
    return found


def import_files(
    name: str, paths: Sequence[str | Path], options: Options, *, using: str = "owner", progress: Progress
) -> Outcome:
    """Take files into an imagery, which is made where it does not exist.

    A file that is there already, read in the same way, is left alone; read in another way, it supersedes its former
    self. Everything is written down in one transaction, after all files are converted.

    Raises
    ------
    RasterRefused
        Naming the file, what is wrong and what to do; then nothing has changed.
    """
    files = raster_files(paths)
    root = Path(settings.MEDIA_ROOT) / "imagery"
    with _workplace(root, using) as work:
        kind, low, high = _what_it_is(name, options, using)
        taken: list[_Taken] = []
        unchanged: list[str] = []
        for number, path in enumerate(files):
            one = _take(path, work / str(number), progress)
            if is_recorded(name, one.sha256, _reading(options, kind), options.captured_on, using):
                unchanged.append(path.name)
                shutil.rmtree(one.folder)
            elif any(one.sha256 == other.sha256 for other in taken):
                unchanged.append(path.name)
            else:
                taken.append(one)
        if low is None and len(taken) > 1:  # they are to look alike: what they stretch over comes first
            low, high = _range([_asked(one, "inspect", options, kind, low, high, progress) for one in taken])
        made = [_convert(one, options, kind, low, high, progress) for one in taken]
        if low is None:
            low, high = _range([one.inspected for one in made])
        _put_in_place(work, root, made)
        recorded = record(name, kind, options, low, high, made, using=using)
        (work / "placed.json").unlink(missing_ok=True)
    return Outcome(name, kind, low, high, tuple(recorded), tuple(unchanged))


def _reading(options: Options, kind: str) -> dict[str, Any]:
    return {"kind": kind, **options.of_reading()}


def _what_it_is(name: str, options: Options, using: str) -> tuple[str, float | None, float | None]:
    """Return kind and range of an imagery: its own where it exists, else as asked for."""
    known = current_imagery(name, using)
    if known is None:
        return options.kind or "ortho", options.low, options.high
    if options.kind and options.kind != known.kind:
        raise RasterRefused(
            f"{name} من نوع آخر ({known.kind})، ولا يتغير النوع.",
            f"{name} is {known.kind}; what it is does not change.",
            what="other_kind",
            todo="import under another name",
        )
    if options.low is not None and (options.low, options.high) != (known.low, known.high):
        raise RasterRefused(
            f"مدى {name} مثبّت من {known.low} إلى {known.high}.",
            f"The range of {name} is fixed from {known.low} to {known.high}, so that its files look alike.",
            what="other_range",
            todo="import under another name",
        )
    return known.kind, known.low, known.high


def _range(inspected: list[dict[str, Any]]) -> tuple[float | None, float | None]:
    """Return the range that all files of an imagery share: fixed by the first ones that need any."""
    ranges = [one for one in inspected if one["low"] is not None]
    if not ranges:
        return None, None
    return min(one["low"] for one in ranges), max(one["high"] for one in ranges)


# One at a time --------------------------------------------------------------------------------------------------------


@contextmanager
def _workplace(root: Path, using: str) -> Iterator[Path]:
    """Hold the folder of imports; yield a folder that is gone afterwards, whatever happens."""
    for folder in (root / "originals", root / "copies", root / "work"):
        folder.mkdir(parents=True, exist_ok=True)
    with open(root / "work" / ".lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RasterRefused(
                "يجري استيراد آخر الآن.", "Another import is running.", what="busy", todo="wait until it has ended"
            ) from None
        _clear_leftovers(root, using)
        work = root / "work" / secrets.token_hex(8)
        work.mkdir(mode=0o700)
        try:
            yield work
        finally:
            _clear(work, root, using)


def _clear_leftovers(root: Path, using: str) -> None:
    for work in (root / "work").iterdir():
        if work.is_dir():
            _clear(work, root, using)


def _clear(work: Path, root: Path, using: str) -> None:
    """Remove a work folder, and what it had put in place without its being written down."""
    with suppress(FileNotFoundError, ValueError):
        placed = json.loads((work / "placed.json").read_text())
        from tiles.raster.recording import unused

        for relative in unused([str(p) for p in placed], using):
            (root.parent / relative).unlink(missing_ok=True)
    shutil.rmtree(work, ignore_errors=True)


# One file -------------------------------------------------------------------------------------------------------------


def _take(path: Path, folder: Path, progress: Progress) -> _Taken:
    """Copy a file into the work folder; what is hashed is what is read and kept."""
    folder.mkdir()
    target = folder / "original.tif"
    digest = hashlib.sha256()
    total = path.stat().st_size
    if total > shutil.disk_usage(folder).free:
        raise _no_space(path.name)
    done = 0
    with open(path, "rb") as source, open(target, "wb") as kept:
        while chunk := source.read(_COPY_BYTES):
            if not done and not chunk.startswith(_MAGIC):
                raise RasterRefused(
                    "الملف ليس من نوع TIFF.",
                    "The file is no TIFF.",
                    what="not_tiff",
                    where=path.name,
                    todo="give a GeoTIFF",
                )
            digest.update(chunk)
            kept.write(chunk)
            done += len(chunk)
            progress(f"{path.name}: keeping", done >> 20, max(total >> 20, 1))
        kept.flush()
        os.fsync(kept.fileno())
    if not done:
        raise RasterRefused("الملف فارغ.", "The file is empty.", what="empty", where=path.name)
    return _Taken(path.name, target, folder, digest.hexdigest(), done)


def _no_space(name: str) -> RasterRefused:
    return RasterRefused(
        "لا تكفي مساحة القرص.", "There is not enough room on the disk.", what="no_space", where=name, todo="make room"
    )


def _asked(
    one: _Taken, task: str, options: Options, kind: str, low: float | None, high: float | None, progress: Progress
) -> dict[str, Any]:
    asked = {"kind": kind, "bytes": one.bytes, "low": low, "high": high, **options.of_reading()}

    def tell(stage: str, done: int, total: int) -> None:
        progress(f"{one.name}: {stage}", done, total)

    folder = one.folder / task
    folder.mkdir()
    try:
        return run_child(task, one.path, folder, asked, progress=tell)
    except RasterRefused as refused:
        refused.where = one.name
        raise


def _convert(
    one: _Taken, options: Options, kind: str, low: float | None, high: float | None, progress: Progress
) -> Made:
    known = _asked(one, "convert", options, kind, low, high, progress)
    day = options.captured_on
    if day is None and known["inspected"]["captured_on"]:
        with suppress(ValueError):
            day = date.fromisoformat(known["inspected"]["captured_on"])
    copy = one.folder / "convert" / "copy.tif"
    inspected = known["inspected"]
    if low is None:
        low, high = inspected["low"], inspected["high"]
    return Made(
        inspected=inspected,
        file_name=one.name,
        draft_original=one.path,
        draft_copy=copy,
        original=f"imagery/originals/{one.sha256}.tif",
        sha256=one.sha256,
        copy=f"imagery/copies/{one.sha256[:32]}-{secrets.token_hex(4)}.tif",
        copy_bytes=copy.stat().st_size,
        footprint=shapely.from_wkb(known["footprint"]),
        captured_on=day,
        statistics=known["statistics"],
        nodata=known["nodata"],
        resolution_m=known["resolution_m"],
        zoom=known["zoom"],
        low_zoom=known["low_zoom"],
        about={
            "reading": _reading(options, kind),
            "crs": inspected["crs_label"],
            "operation": inspected["operation"],
            "size_px": [inspected["width"], inspected["height"]],
            "dtype": inspected["dtype"],
            "bands": inspected["bands"],
            "shown": inspected["colours"],
            "stretched": [low, high] if kind == "ortho" and inspected["low"] is not None else None,
            "notes": inspected["notes"],
        },
    )


def _put_in_place(work: Path, root: Path, made: list[Made]) -> None:
    """Give originals and copies their names, having said first which those are."""
    names = [name for one in made for name in (one.original, one.copy)]
    draft = work / "placed.new"
    draft.write_text(json.dumps(names))
    draft.rename(work / "placed.json")
    for one in made:
        original = root.parent / one.original
        if not original.exists():
            one.draft_original.chmod(0o440)
            one.draft_original.rename(original)
        one.draft_copy.chmod(0o440)
        one.draft_copy.rename(root.parent / one.copy)
    for folder in (root / "originals", root / "copies"):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
