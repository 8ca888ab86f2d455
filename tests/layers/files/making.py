"""Small files made for one test each, as other programs would write them."""

from __future__ import annotations

import json
import sqlite3
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas
import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from layers.catalog.base import Layer
from layers.files.importing import PreparedImport, prepare, staged_parcels
from layers.files.staging import StagedParcel
from layers.registry import LAYERS

STORAGE = 32639
PARCELS: Layer = LAYERS["parcels"]


def square(x: float, y: float, side: float = 20.0) -> Polygon:
    """A square of storage metres near Dammam; x and y count from a corner of it."""
    x, y = 410_000 + x, 2_923_000 + y
    return Polygon([(x, y), (x + side, y), (x + side, y + side), (x, y + side)])


def frame(geometries: Sequence[BaseGeometry | None], crs: Any = STORAGE, **columns: Sequence[Any]) -> Any:
    if not columns:
        columns = {"parcel_no": [str(i + 1) for i in range(len(geometries))]}
    return geopandas.GeoDataFrame(columns, geometry=list(geometries), crs=crs)


def gpkg(path: Path, geometries: Sequence[BaseGeometry | None], crs: Any = STORAGE, **columns: Sequence[Any]) -> Path:
    frame(geometries, crs, **columns).to_file(path, driver="GPKG", engine="pyogrio")
    return path


def geojson(path: Path, features: Sequence[tuple[Mapping[str, Any], Any]], **members: Any) -> Path:
    """Write GeoJSON as it is given, faults and all."""
    listed = [{"type": "Feature", "properties": dict(p), "geometry": g} for p, g in features]
    path.write_text(json.dumps({"type": "FeatureCollection", **members, "features": listed}), "utf-8")
    return path


def staged(path: Path, storage: int = STORAGE, **options: Any) -> tuple[list[StagedParcel], PreparedImport]:
    """Return every parcel of a file as it would reach the register."""
    prepared = prepare(path, PARCELS.fields, storage, **options)
    with prepared.source:
        return [p for batch in staged_parcels(prepared) for p in batch], prepared


def kinds(parcel: StagedParcel) -> list[str]:
    return [kind for kind, _ in parcel.defects]


def raw_polygon(*rings: Sequence[tuple[float, float]]) -> bytes:
    """WKB of a polygon whose rings are written as they are: open, short, or worse."""
    wkb = struct.pack("<BII", 1, 3, len(rings))
    for ring in rings:
        wkb += struct.pack("<I", len(ring)) + b"".join(struct.pack("<dd", *p) for p in ring)
    return wkb


def put_wkb(path: Path, fid: int, wkb: bytes) -> None:
    """Replace the geometry of one row of a GeoPackage by bytes of our own."""
    database = sqlite3.connect(path)
    table, column = database.execute("SELECT table_name, column_name FROM gpkg_geometry_columns").fetchone()
    for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f'DROP TRIGGER "{trigger}"')
    database.execute(
        f'UPDATE "{table}" SET "{column}" = ? WHERE fid = ?', (b"GP\x00\x01" + struct.pack("<i", STORAGE) + wkb, fid)
    )
    database.commit()
    database.close()


def is_on_grid(geometry: BaseGeometry) -> bool:
    return all(v == round(v * 1000) / 1000 for xy in shapely.get_coordinates(geometry).tolist() for v in xy)
