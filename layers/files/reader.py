"""Reading vector files as a stream of batches, in bounded memory whatever the size of the file.

GDAL reads (through pyogrio's Arrow stream), pyarrow reads GeoParquet, Python itself tables of text. The file's format,
encoding and coordinate system are settled here, before the first feature; what was guessed is said in
``VectorSource.notes``.
"""

from __future__ import annotations

import codecs
import hashlib
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol, Self

import numpy as np
import pyarrow as pa
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError

from layers import crs
from layers.crs import Bounds
from layers.files import csvtable, curves, geopackage, geoparquet, osm
from layers.files.dbf import dbf_encoding
from layers.files.errors import FileUnreadable
from layers.files.formats import Format, identify, unpack

__all__ = ["BATCH_ROWS", "RowAdapter", "VectorBatch", "VectorSource", "open_vector", "sha256_of"]

BATCH_ROWS: Final = 5_000
_STRAIGHT: Final = frozenset(kind.to_bytes(4, "little") for kind in range(1, 8))
"""Types of WKB without curves, as nearly every file has them."""
_OPEN_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    # No .gfs file beside the person's file, no schema fetched from anywhere.
    "gml": {"WRITE_GFS": "NO", "DOWNLOAD_SCHEMA": "NO"},
}


class RowAdapter(Protocol):
    """Makes rows of other fields from a file's: each a mapping by ``fields``, or the reason why it is left out.

    ``reads`` are the file's attributes that it needs.
    """

    @property
    def fields(self) -> tuple[str, ...]: ...

    @property
    def reads(self) -> tuple[str, ...]: ...

    def rows(self, columns: Mapping[str, Sequence[Any]], count: int) -> list[dict[str, Any] | str]:
        """Return a row or a reason for each of ``count`` rows."""


@dataclass(frozen=True)
class VectorBatch:
    """Some consecutive features. Rows count from 1; ``geometry`` holds None where the file has no geometry.

    ``wkb`` is the geometry as the file has it; ``columns`` are lists of equal length by attribute name.
    """

    first_row: int
    geometry: NDArray[np.object_]
    wkb: list[bytes | None]
    columns: dict[str, list[Any]]

    def __len__(self) -> int:
        return len(self.geometry)


@dataclass
class VectorSource:
    """One layer of a vector file. Close it (or use ``with``): an unpacked zip lives as long as it is open.

    ``left_out`` counts, by reason, the rows that ``rows`` has left out in the last reading.
    ``count`` is None where the format does not say; ``crs`` is ``EPSG:n``, WKT, or "" where the file names none.
    """

    path: Path
    format: Format
    layer: str | None
    fields: tuple[str, ...]
    geometry_type: str
    count: int | None
    crs: str
    bounds: Bounds | None
    encoding: str | None = None
    notes: tuple[str, ...] = ()
    name: str = ""
    _folder: tempfile.TemporaryDirectory[str] | None = field(default=None, repr=False)
    rows: RowAdapter | None = field(default=None, repr=False)
    left_out: Counter[str] = field(default_factory=Counter)
    _package: geopackage.PackageLayer | None = field(default=None, repr=False)
    _table: csvtable.CsvTable | None = field(default=None, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove what was unpacked."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def iter_batches(self, columns: Sequence[str] = (), size: int = BATCH_ROWS) -> Iterator[VectorBatch]:
        """Yield all features in file order, ``size`` at a time, with the attributes named.

        Raises
        ------
        FileUnreadable
            ``truncated`` or ``damaged`` where the file turns out to be broken on the way; ``encoding`` where text
            is not what the file says it is.
        """
        row = read = 1
        self.left_out.clear()
        with _said_plainly(self.name):
            for wkb, values in self._stream(columns if self.rows is None else self.rows.reads, size):
                read += len(wkb)
                if self.rows is not None:
                    wkb, values = self._adapted(self.rows, columns, wkb, values)
                if wkb:
                    yield _batch(row, wkb, values)
                row += len(wkb)
        if self.count is not None and read - 1 != self.count:
            raise _truncated(self.name, read - 1, self.count)

    def adapt(self, rows: RowAdapter) -> None:
        """Have rows made into others from now on: ``fields`` are then what the adapter makes."""
        self.rows, self.fields = rows, rows.fields

    def _adapted(
        self, rows: RowAdapter, columns: Sequence[str], wkb: list[bytes | None], values: dict[str, list[Any]]
    ) -> tuple[list[bytes | None], dict[str, list[Any]]]:
        made = rows.rows(values, len(wkb))
        self.left_out.update(row for row in made if isinstance(row, str))
        kept = [(shape, row) for shape, row in zip(wkb, made, strict=True) if not isinstance(row, str)]
        return [shape for shape, _ in kept], {name: [row[name] for _, row in kept] for name in columns}

    def scan_bounds(
        self, size: int = 20_000, progress: Callable[[str, int, int | None], None] | None = None
    ) -> Bounds | None:
        """Return minx, miny, maxx, maxy of all features by reading them once; None where there is no coordinate.

        A file's own statement of its bounds may be stale, and the operation between coordinate systems, as well as
        the refusal of land outside the belt, rest on them.
        """
        low, high = np.array([np.inf, np.inf]), np.array([-np.inf, -np.inf])
        for batch in self.iter_batches((), size):
            if progress is not None:
                progress("looked through", batch.first_row + len(batch) - 1, self.count)
            xy = shapely.get_coordinates(batch.geometry)
            xy = xy[np.isfinite(xy).all(axis=1)]
            if len(xy):
                low, high = np.fmin(low, xy.min(axis=0)), np.fmax(high, xy.max(axis=0))
        if not np.isfinite(low).all():
            return None
        return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))

    def _stream(self, columns: Sequence[str], size: int) -> Iterator[tuple[list[bytes | None], dict[str, list[Any]]]]:
        if self.format.code == "geoparquet":
            yield from geoparquet.batches(self.path, columns, size)
            return
        if self._table is not None:
            yield from self._table.batches(columns, size)
            return
        if self.format.code == "osm":
            yield from osm.batches(self.path, columns, size)
            return
        if self._package is not None:
            yield from geopackage.batches(self.path, self._package, columns, size)
            return
        options = _OPEN_OPTIONS.get(self.format.code, {})
        with pyogrio.raw.open_arrow(
            _gdal_name(self.path, self.format),
            layer=self.layer,
            columns=list(columns),
            encoding=self.encoding,
            batch_size=size,
            use_pyarrow=True,
            **options,
        ) as (meta, reader):
            geometry = meta["geometry_name"] or "wkb_geometry"
            for batch in reader:
                wkb = batch.column(geometry).to_pylist()
                yield wkb, {name: self._values(batch.column(name)) for name in columns}

    def _values(self, column: Any) -> list[Any]:
        if self.format.code != "shp" or not pa.types.is_string(column.type):
            return list(column.to_pylist())
        # A shapefile cuts text at a number of bytes, perhaps inside a letter: the letter goes, the text stays.
        decode = codecs.getincrementaldecoder("utf-8")
        return [None if raw is None else decode().decode(raw) for raw in column.cast(pa.binary()).to_pylist()]


def open_vector(path: str | Path, layer: str | None = None) -> VectorSource:
    """Open one layer of a vector file (GPKG, GeoJSON, Shapefile, FlatGeobuf, GML, GeoParquet, CSV, OSM PBF; or a zip).

    Parameters
    ----------
    path : str or Path
        A file on this machine's disk; never a URL, never one of GDAL's virtual paths.
    layer : str, optional
        The layer to read; needed where the file has several.

    Raises
    ------
    FileUnreadable
        Saying what is wrong, where, and what to do about it, in both languages.
    """
    given = Path(path).absolute()
    inside, folder = unpack(given)
    try:
        with _said_plainly(given.name):
            source = _open(inside, identify(inside), layer, folder)
    except FileUnreadable:
        if folder is not None:
            folder.cleanup()
        raise
    source.name = given.name
    return source


def _open(
    path: Path, found: Format, layer: str | None, folder: tempfile.TemporaryDirectory[str] | None
) -> VectorSource:
    if found.code == "geoparquet":
        source = _open_parquet(path, found)
    elif found.code == "gpkg":
        source = _open_package(path, found, layer)
    elif found.code == "csv":
        source = _open_table(path, found)
    elif found.code == "osm":
        source = VectorSource(path, found, None, osm.FIELDS, "Point", None, f"EPSG:{crs.WGS84}", bounds=None)
    else:
        if found.code == "gml":
            # GDAL reads a .gfs or .xsd beside a GML file, and writes one: it gets the file in a folder of its own.
            folder = folder or tempfile.TemporaryDirectory(prefix="gisportal-gml-")
            alone = Path(folder.name) / "alone" / path.name
            alone.parent.mkdir()
            alone.symlink_to(path)
            path = alone
        source = _open_gdal(path, found, layer)
    source._folder = folder
    return source


def _open_parquet(path: Path, found: Format) -> VectorSource:
    info = geoparquet.read_info(path)
    return VectorSource(
        path, found, None, info.fields, info.geometry_type, info.count, _crs_text(info.crs), info.bounds
    )


def _open_package(path: Path, found: Format, layer: str | None) -> VectorSource:
    geopackage.require_whole(path)
    chosen = geopackage.read_layer(path, _one_layer(geopackage.layers(path), layer, path))
    return VectorSource(
        path,
        found,
        chosen.name,
        chosen.fields,
        chosen.geometry_type,
        chosen.count,
        _crs_text(chosen.crs),
        bounds=None,  # what the file says of its bounds may be as stale as its count: they are taken from the features
        _package=chosen,
    )


def _open_table(path: Path, found: Format) -> VectorSource:
    table = csvtable.open_csv(path)
    return VectorSource(
        path,
        found,
        None,
        table.fields,
        "Point",
        None,
        f"EPSG:{crs.WGS84}" if table.is_degrees else "",
        bounds=None,
        encoding=table.encoding,
        notes=table.notes,
        _table=table,
    )


def _open_gdal(path: Path, found: Format, layer: str | None) -> VectorSource:
    encoding: str | None = None
    notes: tuple[str, ...] = ()
    if found.code == "shp":
        guessed = dbf_encoding(path)
        encoding, notes = guessed.name, (guessed.note,) if guessed.note else ()
    name = _gdal_name(path, found)
    # A table without geometry is no layer of a map.
    layer = _one_layer([str(n) for n, kind in pyogrio.list_layers(name) if kind is not None], layer, path)
    options = _OPEN_OPTIONS.get(found.code, {})
    info = pyogrio.read_info(name, layer=layer, encoding=encoding, force_feature_count=True, **options)
    if info["driver"] != found.driver:
        raise FileUnreadable(
            f'"{path.name}" ليس ملف {found.driver} بل {info["driver"]}.',
            f'"{path.name}" is not a {found.driver} file but {info["driver"]}.',
            what="unknown_format",
            where=path.name,
        )
    return VectorSource(
        path,
        found,
        layer,
        tuple(str(f) for f in info["fields"]),
        str(info["geometry_type"]),
        int(info["features"]) if info["features"] >= 0 else None,
        _crs_text(info["crs"]),
        bounds=None,
        encoding=encoding,
        notes=notes,
    )


def _gdal_name(path: Path, found: Format) -> str:
    # The prefix fixes the driver: no other JSON reader of GDAL gets to look at the file.
    return f"GEOJSON:{path}" if found.code == "geojson" else str(path)


def _one_layer(names: list[str], wanted: str | None, path: Path) -> str:
    if wanted is not None:
        if wanted in names:
            return wanted
        raise _layers_error(path, names, f'no layer "{wanted}"', f'لا توجد طبقة باسم "{wanted}"', "no_such_layer")
    if len(names) == 1:
        return names[0]
    if not names:
        raise _layers_error(path, names, "no layer with geometry", "لا توجد طبقة ذات أشكال", "no_layer")
    raise _layers_error(path, names, "several layers", "عدة طبقات", "several_layers")


def _layers_error(path: Path, names: list[str], en: str, ar: str, what: str) -> FileUnreadable:
    listed = ", ".join(names) or "-"
    return FileUnreadable(
        f'في الملف "{path.name}": {ar}. الطبقات: {listed}.',
        f'In "{path.name}": {en}. Its layers: {listed}.',
        what=what,
        where=path.name,
        todo=f"choose one with --layer, such as --layer {names[0]}" if names else "",
    )


def _crs_text(value: Any) -> str:
    """Return ``EPSG:n`` or WKT; "" for none and for GeoPackage's own "undefined" systems."""
    if not value:
        return ""
    try:
        number = crs.code(value)
    except crs.CrsRefused as refused:
        return "" if refused.what == "not_horizontal" else str(value)
    return f"EPSG:{number}" if number else str(value)


def _batch(row: int, wkb: list[bytes | None], values: dict[str, list[Any]]) -> VectorBatch:
    chords = [curves.to_chords(value) if value and value[1:5] not in _STRAIGHT else value or None for value in wkb]
    geometry = shapely.from_wkb(np.array(chords, dtype=object), on_invalid="ignore")
    return VectorBatch(row, np.atleast_1d(geometry), wkb, values)


@contextmanager
def _said_plainly(name: str) -> Iterator[None]:
    """Turn what the libraries raise into ``FileUnreadable``."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise FileUnreadable(
            f'في الملف "{name}" نصوص ليست بالترميز المذكور ({error.encoding}).',
            f'The file "{name}" holds text that is not in the encoding it should be in ({error.encoding}).',
            what="encoding",
            where=name,
            todo="save the file again in UTF-8",
        ) from error
    except (
        DataSourceError,
        DataLayerError,
        FeatureError,
        FieldError,
        pa.ArrowException,
        RuntimeError,
        OSError,
        sqlite3.Error,
    ) as error:
        detail = " ".join(str(error).split())[:300]
        raise FileUnreadable(
            f'تعذّرت قراءة الملف "{name}"؛ قد يكون تالفًا أو مبتورًا.',
            f'The file "{name}" cannot be read; it may be damaged or cut short: {detail}',
            what="damaged",
            where=name,
            todo="open it in a GIS program and save it again as GPKG",
        ) from error


def _truncated(name: str, read: int, expected: int) -> FileUnreadable:
    return FileUnreadable(
        f'الملف "{name}" مبتور: قُرئ {read} سجلًا من {expected}.',
        f'The file "{name}" ends early: {read} rows of {expected} could be read.',
        what="truncated",
        where=name,
        todo="copy the file again from its source",
    )


def sha256_of(path: str | Path) -> str:
    """Return the SHA-256 of a file, read a megabyte at a time; a .shp counts with the files beside it."""
    digest = hashlib.sha256()
    main = Path(path)
    parts = [main]
    if main.suffix.lower() == ".shp":
        parts += [p for e in (".shx", ".dbf", ".prj", ".cpg") if (p := main.with_suffix(e)).is_file()]
    for part in parts:
        with part.open("rb") as file:
            while chunk := file.read(2**20):
                digest.update(chunk)
    return digest.hexdigest()
