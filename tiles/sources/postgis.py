"""Vector tiles from a layer of the database, as one scope may see it.

A tile is one statement in one round trip. Its text is made of catalogue entries; every value is a parameter.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from layers.access import Scope, readable_fields
from layers.catalog.base import Layer
from layers.files.mapping import LayerField
from layers.querying import read_rows
from layers.relation import relation
from tiles.grid import EXTENT, WEB_MERCATOR, Box, Grid
from tiles.sources.base import BUFFER, Zooms

__all__ = ["PostgisSource", "label_fields", "tile_fields"]

SQL: Final = Path(__file__).resolve().parent.parent / "sql"
_FEATURES: Final = (SQL / "features.sql").read_text(encoding="utf8")
_BOUNDS: Final = (SQL / "bounds.sql").read_text(encoding="utf8")

# The grid of a tile's cells reaches this many of them over each edge.
_BUFFER_CELLS: Final = int(EXTENT * BUFFER)

_TILE: Final = "ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, %(srid)s)"
_BOX: Final = (
    "ST_MakeEnvelope(%(west)s - %(margin)s, %(south)s - %(margin)s,"
    " %(east)s + %(margin)s, %(north)s + %(margin)s, %(srid)s)"
)

_AS_MVT: Final = {
    "text": "{0}",
    "uuid": "{0}::text",
    "integer": "{0}",
    "float": "{0}",
    "decimal": "{0}::double precision",
    "datetime": "to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
}


def tile_fields(layer: Layer, scope: Scope, z: int) -> tuple[LayerField, ...]:
    """Return the fields that a tile of a zoom carries."""
    return tuple(f for f in readable_fields(layer, scope) if f.tile_zoom is not None and f.tile_zoom <= z)


def label_fields(layer: Layer, scope: Scope) -> tuple[LayerField, ...]:
    """Return the fields that a label is written from: the one that the style names, or its pair of languages."""
    wanted = {layer.style.label, f"{layer.style.label}_ar", f"{layer.style.label}_en"} if layer.style.label else set()
    return tuple(f for f in readable_fields(layer, scope) if f.name in wanted)


@dataclass(frozen=True)
class PostgisSource:
    """Tiles of one layer for one scope."""

    layer: Layer
    scope: Scope
    using: str = "default"

    @property
    def id(self) -> str:
        return self.layer.code

    @property
    def zooms(self) -> Zooms:
        return Zooms(self.layer.min_zoom, self.layer.max_zoom)

    @property
    def depends_on(self) -> frozenset[str]:
        return frozenset({self.layer.code})

    def reaches_beyond(self, grid: Grid, z: int) -> bool:
        return z < self.layer.detail_zoom

    def tile(self, grid: Grid, z: int, x: int, y: int) -> bytes:
        if z not in self.zooms:
            return b""
        sql, params = self.statement(grid, z, x, y)
        rows = read_rows(sql, params, kind="tile", using=self.using)
        return bytes(rows[0][0])

    def statement(self, grid: Grid, z: int, x: int, y: int) -> tuple[str, dict[str, Any]]:
        """Return the statement that makes a tile, and its values."""
        rows = relation(self.layer, self.scope)
        geom = "r.geom_3857" if grid == WEB_MERCATOR else "r.geom"
        fields = tile_fields(self.layer, self.scope, z)
        labels = label_fields(self.layer, self.scope) if self._has_labels(z) else ()
        carried = {f.name: f for f in (*fields, *labels)}
        columns = "".join(f", {_AS_MVT[f.kind].format(f'r.{f.name}')} AS {f.name}" for f in carried.values())
        sql = _FEATURES.format(
            relation=rows.sql,
            columns=columns,
            geom=geom,
            tile=_TILE,
            box=_BOX,
            extent=EXTENT,
            buffer=_BUFFER_CELLS,
            cell=f"tiles_one_cell({geom}, %(west)s, %(south)s, %(east)s, %(north)s, {EXTENT}, {_BUFFER_CELLS})",
            label_point=f", ST_PointOnSurface({geom}) AS label_point" if labels else "",
            mvt=_mvt([f.name for f in fields], [f.name for f in labels]),
        )
        west, south, east, north = grid.box(z, x, y)
        return sql, rows.params | {
            "name": self.layer.code,
            "labels": f"{self.layer.code}_labels",
            "west": west,
            "south": south,
            "east": east,
            "north": north,
            "margin": grid.side(z) * BUFFER,
            "srid": grid.srid,
        }

    def _has_labels(self, z: int) -> bool:
        return self.layer.geometry == "MultiPolygon" and z >= self.layer.style.label_zoom

    def bounds(self) -> Box | None:
        rows = relation(self.layer, self.scope)
        found = read_rows(_BOUNDS.format(relation=rows.sql), rows.params, kind="page", using=self.using)[0]
        return None if found[0] is None else (found[0], found[1], found[2], found[3])


def _mvt(fields: list[str], labels: list[str]) -> str:
    """Return the expressions that turn the rows of ``cut`` into a tile: the features, then their labels."""
    columns = "".join(f", {name}" for name in fields)
    features = (
        f"(SELECT ST_AsMVT(f, %(name)s, {EXTENT}, 'geom', 'id')"
        f" FROM (SELECT id{columns}, geom FROM cut WHERE geom IS NOT NULL) f)"
    )
    if not labels:
        return features
    columns = "".join(f", {name}" for name in labels)
    return features + (
        f" || (SELECT ST_AsMVT(l, %(labels)s, {EXTENT}, 'geom', 'id') FROM (SELECT id{columns},"
        f" ST_AsMVTGeom(label_point, {_TILE}, {EXTENT}) AS geom"
        " FROM cut WHERE ST_X(label_point) >= %(west)s AND ST_X(label_point) < %(east)s"
        " AND ST_Y(label_point) > %(south)s AND ST_Y(label_point) <= %(north)s) l)"
    )
