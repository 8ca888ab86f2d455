"""Which format a file is in, told by its content, before any library is given it.

GDAL guesses among dozens of drivers, some of which read *other* files or run pipelines (VRT, GDALG, service
descriptions). So the format is recognised here, by content, from a short list; what is not on the list is refused.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from layers.files.csvtable import looks_like_csv
from layers.files.errors import FileUnreadable

__all__ = ["ENDINGS", "FORMATS", "Format", "identify", "unpack"]

HEAD_BYTES: Final = 65_536
MAX_ZIP_MEMBERS: Final = 500
MAX_ZIP_BYTES: Final = 8 * 1024**3
MAX_ZIP_RATIO: Final = 200  # a geographic file shrinks 3 to 20 times; hundreds of times is a bomb


@dataclass(frozen=True)
class Format:
    """A format that we read or write: GDAL's driver (None for what is read without it) and the endings of its files."""

    code: str
    driver: str | None
    endings: tuple[str, ...]
    can_write: bool = True


FORMATS: Final[dict[str, Format]] = {
    "gpkg": Format("gpkg", "GPKG", (".gpkg",)),
    "geojson": Format("geojson", "GeoJSON", (".geojson", ".json")),
    "shp": Format("shp", "ESRI Shapefile", (".shp", ".zip")),
    "fgb": Format("fgb", "FlatGeobuf", (".fgb",)),
    "gml": Format("gml", "GML", (".gml", ".xml"), can_write=False),
    "geoparquet": Format("geoparquet", None, (".parquet", ".geoparquet")),
    "osm": Format("osm", "OSM", (".pbf",), can_write=False),
    "csv": Format("csv", None, (".csv", ".tsv"), can_write=False),
}

ENDINGS: Final[dict[str, str]] = {ending: f.code for f in FORMATS.values() for ending in f.endings}

_GML_ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?FeatureCollection\b")
_GML_SPACE = re.compile(rb"http://www\.opengis\.net/(gml|wfs)")
_JSON_TYPES = re.compile(rb'"type"\s*:\s*"(FeatureCollection|Feature)"')
_JSON_FOREIGN = re.compile(rb'"(gdal_streamed_alg|stac_version|command_line)"|"type"\s*:\s*"Topology"')


def identify(path: Path) -> Format:
    """Return the format of a file by its content.

    Raises
    ------
    FileUnreadable
        ``missing``, ``empty``, ``unknown_format``, ``entities`` (a document type in an XML file).
    """
    if not path.is_file():
        raise FileUnreadable(
            f'الملف "{path.name}" غير موجود.', f'There is no file "{path.name}".', what="missing", where=path.name
        )
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise FileUnreadable(
            f'الملف "{path.name}" فارغ.', f'The file "{path.name}" is empty.', what="empty", where=path.name
        )
    code = _by_magic(head) or _by_text(head, path)
    if code is None and not _is_marked_up(head) and looks_like_csv(head, path):
        code = "csv"
    if code is None:
        raise _unknown(path)
    return FORMATS[code]


def _by_magic(head: bytes) -> str | None:
    if head.startswith(b"SQLite format 3\0") and head[68:72] in (b"GPKG", b"GP10", b"GP11"):
        return "gpkg"
    if head.startswith(b"fgb"):
        return "fgb"
    if head.startswith(b"\x00\x00\x27\x0a"):
        return "shp"
    if head.startswith(b"PAR1"):
        return "geoparquet"
    if head[:2] == b"\0\0" and head[4:].startswith(b"\x0a\x09OSMHeader"):
        return "osm"
    return None


def _by_text(head: bytes, path: Path) -> str | None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{"):
        is_geojson = _JSON_TYPES.search(text) is not None and _JSON_FOREIGN.search(text) is None
        return "geojson" if is_geojson else None
    if text.startswith(b"<"):
        if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
            raise FileUnreadable(
                f'في الملف "{path.name}" تعريف نوع مستند (DOCTYPE)، وهو غير مقبول.',
                f'The file "{path.name}" declares a document type (DOCTYPE), which is not accepted.',
                what="entities",
                where=path.name,
                todo="save the file again without a DOCTYPE",
            )
        return "gml" if _GML_ROOT.search(text) and _GML_SPACE.search(text) else None
    return None


def _is_marked_up(head: bytes) -> bool:
    """JSON and XML that are none of ours are no tables either, whatever they are called."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"[", b"<"))


def _unknown(path: Path) -> FileUnreadable:
    names = "GPKG, GeoJSON, Shapefile (.shp or .zip), FlatGeobuf, GML, GeoParquet, CSV, OSM PBF"
    return FileUnreadable(
        f'صيغة الملف "{path.name}" غير معروفة؛ الصيغ المقروءة: {names}.',
        f'The format of "{path.name}" is not one that is read here; these are: {names}.',
        what="unknown_format",
        where=path.name,
        todo="save the file as GPKG",
    )


def unpack(path: Path) -> tuple[Path, tempfile.TemporaryDirectory[str] | None]:
    """Return the dataset inside a zip, unpacked into a temporary folder; any other file comes back as it is.

    Only the bare names of members are used, so that nothing can be written outside the folder; a second file of the
    same name, an encrypted member, and sizes no honest archive has are refused.
    """
    if not path.is_file() or not zipfile.is_zipfile(path) or path.suffix.lower() in (".gpkg", ".parquet"):
        return path, None
    folder = tempfile.TemporaryDirectory(prefix="gisportal-zip-")
    try:
        with zipfile.ZipFile(path) as archive:
            names = _unpack_members(archive, path, Path(folder.name))
        return _only_dataset(names, path), folder
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        folder.cleanup()
        raise FileUnreadable(
            f'الملف المضغوط "{path.name}" تالف أو محمي بكلمة مرور.',
            f'The archive "{path.name}" is damaged or protected: {error}.',
            what="bad_zip",
            where=path.name,
            todo="make the zip again, without a password",
        ) from error
    except FileUnreadable:
        folder.cleanup()
        raise


def _unpack_members(archive: zipfile.ZipFile, path: Path, folder: Path) -> list[Path]:
    members = [m for m in archive.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX/")]
    total, packed = sum(m.file_size for m in members), max(1, sum(m.compress_size for m in members))
    if len(members) > MAX_ZIP_MEMBERS or total > MAX_ZIP_BYTES or (total > 2**24 and total / packed > MAX_ZIP_RATIO):
        raise FileUnreadable(
            f'الملف المضغوط "{path.name}" كبير على نحو غير معقول ({len(members)} ملفًا، {total / 2**20:.0f} ميغابايت).',
            f'The archive "{path.name}" is unreasonably large ({len(members)} files, {total / 2**20:.0f} MB unpacked).',
            what="zip_bomb",
            where=path.name,
        )
    written: list[Path] = []
    for member in members:
        target = folder / Path(member.filename.replace("\\", "/")).name
        if target.exists():
            raise FileUnreadable(
                f'في الملف المضغوط "{path.name}" ملفان باسم "{target.name}".',
                f'The archive "{path.name}" holds two files named "{target.name}".',
                what="bad_zip",
                where=path.name,
            )
        with archive.open(member) as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink, 2**20)
        written.append(target)
    return written


def _only_dataset(names: list[Path], path: Path) -> Path:
    datasets = [n for n in names if n.suffix.lower() in ENDINGS and n.suffix.lower() not in (".zip", ".xml")]
    if len(datasets) == 1:
        return datasets[0]
    found = ", ".join(sorted(n.name for n in datasets)) or "-"
    raise FileUnreadable(
        f'يجب أن يحوي الملف المضغوط "{path.name}" طبقة واحدة، والموجود: {found}.',
        f'The archive "{path.name}" must hold exactly one dataset; found: {found}.',
        what="several_layers" if datasets else "unknown_format",
        where=path.name,
        todo="put one dataset into the zip",
    )
