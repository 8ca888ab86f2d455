"""GeoParquet (1.0 and 1.1) by pyarrow alone: the GDAL that comes with pyogrio has no Parquet driver.

Source: OGC GeoParquet 1.1.0, geoparquet.org/releases/v1.1.0.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from pyproj import CRS

from layers.files.errors import FileUnreadable

__all__ = ["ParquetInfo", "batches", "read_info", "write"]

_WGS84_LONLAT: Final = "EPSG:4326"  # OGC:CRS84 in meaning: longitude first, as everywhere here


@dataclass(frozen=True)
class ParquetInfo:
    """What the footer says: attribute names, geometry type, rows, system (``EPSG:n``, WKT or "") and bounds."""

    fields: tuple[str, ...]
    geometry_type: str
    count: int
    crs: str
    bounds: tuple[float, float, float, float] | None
    geometry_column: str


def read_info(path: Path) -> ParquetInfo:
    """Return what the footer of a GeoParquet file says.

    Raises
    ------
    FileUnreadable
        ``damaged``, ``no_layer`` (plain Parquet without geometry), ``unknown_format`` (an encoding other than WKB).
    """
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise FileUnreadable(
            f'تعذّرت قراءة الملف "{path.name}"؛ قد يكون مبتورًا.',
            f'The Parquet file "{path.name}" cannot be read; it may be cut short: {str(error)[:200]}',
            what="damaged",
            where=path.name,
            todo="copy the file again from its source",
        ) from error
    with file:
        meta, column = _geo(file, path)
        names = tuple(n for n in file.schema_arrow.names if n != meta["primary_column"] and n not in ("bbox",))
        box = column.get("bbox")
        half = len(box) // 2 if box else 0
        bounds = (float(box[0]), float(box[1]), float(box[half]), float(box[half + 1])) if box else None
        return ParquetInfo(
            fields=names,
            geometry_type="/".join(column.get("geometry_types") or ["Unknown"]),
            count=file.metadata.num_rows,
            crs=_crs(column),
            bounds=bounds,
            geometry_column=meta["primary_column"],
        )


def _geo(file: pq.ParquetFile, path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    raw = (file.schema_arrow.metadata or {}).get(b"geo") or (file.metadata.metadata or {}).get(b"geo")
    try:
        meta = json.loads(raw or b"{}")
        column = meta["columns"][meta["primary_column"]]
    except (KeyError, TypeError, ValueError) as error:
        raise FileUnreadable(
            f'الملف "{path.name}" ملف Parquet بلا أشكال جغرافية.',
            f'"{path.name}" is Parquet without geometry (no valid "geo" metadata).',
            what="no_layer",
            where=path.name,
            todo="save it as GeoParquet 1.0 or 1.1",
        ) from error
    if column.get("encoding") != "WKB":
        raise FileUnreadable(
            f'ترميز الأشكال في "{path.name}" غير مقروء؛ المطلوب WKB.',
            f'The geometry encoding {column.get("encoding")!r} of "{path.name}" is not read; WKB is.',
            what="unknown_format",
            where=path.name,
            todo="save it with WKB geometry",
        )
    return meta, column


def _crs(column: dict[str, Any]) -> str:
    if "crs" not in column:
        return _WGS84_LONLAT  # the standard's default is OGC:CRS84
    if column["crs"] is None:
        return ""
    crs = CRS.from_user_input(column["crs"])
    if crs.to_authority() == ("OGC", "CRS84"):
        return _WGS84_LONLAT
    return str(crs.to_wkt())


def batches(path: Path, columns: Sequence[str], size: int) -> Iterator[tuple[list[bytes | None], dict[str, list[Any]]]]:
    """Yield (WKB, attribute lists), at most ``size`` rows at a time."""
    with pq.ParquetFile(path) as file:
        geometry = _geo(file, path)[0]["primary_column"]
        for batch in file.iter_batches(size, columns=[geometry, *columns]):
            yield batch.column(geometry).to_pylist(), {c: batch.column(c).to_pylist() for c in columns}


def write(path: Path, schema: pa.Schema, record_batches: Iterable[pa.RecordBatch], srid: int) -> int:
    """Write GeoParquet 1.1 from record batches whose last column is WKB; return the number of rows.

    The bounds and geometry types are known only at the end and go into the footer then.
    """
    count, bounds, kinds = 0, np.array([np.inf, np.inf, -np.inf, -np.inf]), set()
    geometry = schema.names[-1]
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in record_batches:
            shapes = shapely.from_wkb(np.array(batch.column(geometry).to_pylist(), dtype=object))
            if len(shapes):
                box = shapely.total_bounds(shapes)
                bounds = np.concatenate([np.fmin(bounds[:2], box[:2]), np.fmax(bounds[2:], box[2:])])
            kinds |= {g.geom_type for g in shapes if g is not None}
            writer.write_batch(batch)
            count += len(shapes)
        column: dict[str, Any] = {
            "encoding": "WKB",
            "geometry_types": sorted(kinds),
            "crs": CRS.from_epsg(srid).to_json_dict(),
        }
        if np.isfinite(bounds).all():
            column["bbox"] = [float(v) for v in bounds]
        geo = {"version": "1.1.0", "primary_column": geometry, "columns": {geometry: column}}
        writer.add_key_value_metadata({"geo": json.dumps(geo)})
    return count
