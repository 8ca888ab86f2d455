"""Writing features to a vector file, streaming, all of it or nothing.

The file is written beside its destination under another name and moved there when it is whole: whoever looks sees the
old file or the new one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

from layers import crs
from layers.files import geoparquet
from layers.files.errors import FileUnreadable
from layers.files.formats import ENDINGS, FORMATS
from layers.files.mapping import LayerField

__all__ = ["FeatureBatch", "WriteReport", "write_features"]

GEOJSON_DECIMALS: Final = 9
"""A unit of the ninth decimal of a degree is 0.11 mm: the millimetre survives the way there and back."""

SHP_TEXT_BYTES: Final = 254

_ARROW: Final = {
    "text": pa.string(),
    "uuid": pa.string(),
    "decimal": pa.float64(),
    "float": pa.float64(),
    "integer": pa.int64(),
    "datetime": pa.timestamp("ms", tz="UTC"),
    "date": pa.date32(),
}
_LAYER_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "gpkg": {"GEOMETRY_NAME": "geom"},
    "geojson": {"RFC7946": "YES", "COORDINATE_PRECISION": GEOJSON_DECIMALS, "WRITE_NAME": "NO"},
    "shp": {"ENCODING": "UTF-8"},
    "fgb": {},
}


@dataclass(frozen=True)
class FeatureBatch:
    """Some features: a tuple of values for each, in the order of the fields, and the geometries as WKB."""

    values: Sequence[Sequence[Any]]
    wkb: Sequence[bytes | None]


@dataclass(frozen=True)
class WriteReport:
    """What was written: features, what each field is called in the file, and what a reader of it should know."""

    count: int
    names: dict[str, str]
    notes: tuple[str, ...]


def write_features(
    path: str | Path,
    fields: Sequence[LayerField],
    batches: Iterable[FeatureBatch],
    srid: int,
    *,
    layer: str,
    geometry_type: str = "MultiPolygon",
) -> WriteReport:
    """Write features to GPKG, GeoJSON, Shapefile (.shp or .zip), FlatGeobuf or GeoParquet, by the file's ending.

    Parameters
    ----------
    path : str or Path
        The file to make; one of the same name is replaced when the new one is whole.
    fields : sequence of LayerField
        Names and kinds of the values, in order.
    batches : iterable of FeatureBatch
        Read once, a batch at a time.
    srid : int
        EPSG code of the geometries. GeoJSON is written in WGS 84 (RFC 7946), everything else in this system.
    layer : str
        Name of the layer inside the file.
    geometry_type : str
        ``MultiPolygon``, ``MultiLineString`` or ``Point``.

    Raises
    ------
    FileUnreadable
        ``unknown_format`` for an ending that is not written; ``not_written`` where disk or format refuse.
    """
    target = Path(path).absolute()
    code = ENDINGS.get(target.suffix.lower())
    if code is None or not FORMATS[code].can_write:
        raise _unknown_ending(target)
    if not target.parent.is_dir():
        raise _not_written(target, "the folder does not exist")
    stream = _Stream(fields, batches, srid, code, geometry_type)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as folder:
            _write(Path(folder), target, stream, layer)
            return stream.report()
    except (DataSourceError, DataLayerError, FeatureError, pa.ArrowException, OSError, RuntimeError) as error:
        if stream.failure is not None:
            raise stream.failure from error
        raise _not_written(target, " ".join(str(error).split())[:300]) from error


class _Stream:
    """The batches as an Arrow stream; remembers its own failure, which would come back from GDAL without its cause."""

    def __init__(
        self, fields: Sequence[LayerField], batches: Iterable[FeatureBatch], srid: int, code: str, geometry_type: str
    ) -> None:
        self.fields = fields
        self.batches = batches
        self.srid = srid
        self.code = code
        self.geometry_type = geometry_type
        self.failure: Exception | None = None
        self.count = 0
        self.notes: dict[str, None] = {}
        self.names = _names(fields, code)
        self.out_srid = crs.WGS84 if code == "geojson" else srid
        if self.out_srid != srid:
            self.notes[crs.operation(srid, self.out_srid).text()] = None
        for name, short in self.names.items():
            if short != name:
                self.notes[f"{name} is called {short} (a shapefile's names have at most 10 letters)"] = None

    def schema(self) -> pa.Schema:
        columns = [(self.names[f.name], self._type(f)) for f in self.fields]
        geometry = pa.field("geometry", pa.binary(), metadata={"ARROW:extension:name": "geoarrow.wkb"})
        return pa.schema([*(pa.field(n, t) for n, t in columns), geometry])

    def _type(self, field: LayerField) -> pa.DataType:
        return pa.string() if self.code == "shp" and field.kind == "datetime" else _ARROW[field.kind]

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        schema = self.schema()
        try:
            for batch in self.batches:
                yield self._record_batch(batch, schema)
                self.count += len(batch.wkb)
        except Exception as error:  # the writer below words what it catches; kept, so that the real fault is told
            self.failure = error
            raise

    def _record_batch(self, batch: FeatureBatch, schema: pa.Schema) -> pa.RecordBatch:
        columns: list[Any] = []
        for i, field in enumerate(self.fields):
            convert = self._converter(field)
            columns.append(pa.array([convert(row[i]) for row in batch.values], type=schema.field(i).type))
        columns.append(pa.array(self._geometries(batch.wkb), type=pa.binary()))
        return pa.RecordBatch.from_arrays(columns, schema=schema)

    def _converter(self, field: LayerField) -> Callable[[Any], Any]:
        if field.kind == "datetime":
            return _iso if self.code == "shp" else _whole_ms
        if field.kind == "decimal":
            return _float
        if field.kind in ("text", "uuid"):
            return self._shp_text if self.code == "shp" else _str
        return _same

    def _shp_text(self, value: Any) -> str | None:
        if value is None:
            return None
        raw = str(value).encode()
        if len(raw) <= SHP_TEXT_BYTES:
            return str(value)
        self.notes["text longer than 254 bytes was shortened (a shapefile holds no more)"] = None
        return raw[:SHP_TEXT_BYTES].decode(errors="ignore")

    def _geometries(self, wkb: Sequence[bytes | None]) -> list[bytes | None]:
        if self.out_srid == self.srid:
            return list(wkb)
        shapes = shapely.from_wkb(np.array(wkb, dtype=object))
        # What the operation was is in the notes; a legacy datum is not crossed silently.
        moved = crs.transform(shapes, self.srid, self.out_srid, allow_legacy=True)
        return list(shapely.to_wkb(moved))

    def report(self) -> WriteReport:
        return WriteReport(self.count, dict(self.names), tuple(self.notes))


def _same(value: Any) -> Any:
    return value


def _whole_ms(value: datetime | None) -> datetime | None:
    """Round up to a millisecond, all that these formats hold: the state as of a written moment then includes the row
    that began at it, and not the one that ended at it.
    """
    if value is None or value.microsecond % 1000 == 0:
        return value
    return value + timedelta(microseconds=1000 - value.microsecond % 1000)


def _str(value: Any) -> str | None:
    return None if value is None else str(value)


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _iso(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _names(fields: Sequence[LayerField], code: str) -> dict[str, str]:
    if code != "shp":
        return {f.name: f.name for f in fields}
    names = {f.name: (f.short or f.name)[:10] for f in fields}
    if len(set(names.values())) != len(names):
        raise ValueError(f"short names of {[f.name for f in fields]} are not distinct")
    return names


def _write(folder: Path, target: Path, stream: _Stream, layer: str) -> None:
    if stream.code == "geoparquet":
        geoparquet.write(folder / target.name, stream.schema(), stream, stream.srid)
    else:
        inside = folder / (f"{layer}.shp" if target.suffix.lower() == ".zip" else target.name)
        name = target.stem if stream.code == "shp" and target.suffix.lower() == ".shp" else layer
        pyogrio.raw.write_arrow(
            pa.RecordBatchReader.from_batches(stream.schema(), iter(stream)),
            str(inside),
            layer=name,
            driver=FORMATS[stream.code].driver,
            geometry_name="geometry",
            geometry_type=stream.geometry_type,
            crs=f"EPSG:{stream.out_srid}",
            layer_options=_LAYER_OPTIONS[stream.code],
        )
    if stream.failure is not None:
        raise stream.failure
    if target.suffix.lower() == ".zip":
        _zip(folder, folder / target.name)
        _move(folder / target.name, target)
    elif stream.code == "shp":
        for part in sorted(folder.iterdir(), key=lambda p: p.suffix == ".shp"):  # .shp last: then the set is whole
            _move(part, target.with_suffix(part.suffix))
    else:
        _move(folder / target.name, target)


def _zip(folder: Path, target: Path) -> None:
    parts = sorted(folder.iterdir())
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            archive.write(part, part.name)


def _move(source: Path, target: Path) -> None:
    with source.open("rb") as file:
        os.fsync(file.fileno())
    shutil.move(source, target)


def _unknown_ending(target: Path) -> FileUnreadable:
    endings = ".gpkg, .geojson, .shp, .zip, .fgb, .parquet"
    return FileUnreadable(
        f'لا يُكتب ملف بالامتداد "{target.suffix}"؛ الامتدادات المعروفة: {endings}.',
        f'Files ending in "{target.suffix}" are not written; these are: {endings}.',
        what="unknown_format",
        where=target.name,
        todo="choose the format by the file's ending",
    )


def _not_written(target: Path, detail: str) -> FileUnreadable:
    return FileUnreadable(
        f'تعذّرت كتابة الملف "{target.name}".',
        f'The file "{target.name}" could not be written: {detail}.',
        what="not_written",
        where=target.name,
        todo="check the folder, the space on the disk and who may write there",
    )
