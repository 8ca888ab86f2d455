"""Vector tiles from a layer of the database, as one scope may see it.

A tile is one statement in one round trip. Its text is made of catalogue entries; every value is a parameter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from layers.access import Scope, readable_fields
from layers.catalog.base import Layer
from layers.files.mapping import LayerField
from layers.querying import read_rows
from layers.relation import relation
from tiles.generalise.kinds import Kind, generalised, kind_of
from tiles.grid import EXTENT, WEB_MERCATOR, Box, Grid
from tiles.sources.base import BUFFER, Zooms

__all__ = ["PARCELS", "PostgisSource", "group_fields", "label_fields", "tile_fields"]

PARCELS: Final = LayerField("parcels", "عدد القطع", "Number of parcels", "integer")
"""What a block or a plan says of the parcels that it stands for."""

STALE_LIMIT: Final = 500
"""Blocks that are put together from their parcels while a tile is made; more are drawn as boxes."""

_SQL: Final = Path(__file__).resolve().parent.parent / "sql"
_PARTS: Final = {path.stem: path.read_text(encoding="utf8") for path in _SQL.glob("*.sql")}

_BUFFER_CELLS: Final = int(EXTENT * BUFFER)
_TILE: Final = "ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, %(srid)s)"
_BOX: Final = (
    "ST_MakeEnvelope(%(west)s - %(margin)s, %(south)s - %(margin)s,"
    " %(east)s + %(margin)s, %(north)s + %(margin)s, %(srid)s)"
)
_CUT: Final = {"tile": _TILE, "box": _BOX, "extent": EXTENT, "buffer": _BUFFER_CELLS}

_AS_MVT: Final = {
    "text": "{0}",
    "uuid": "{0}::text",
    "integer": "{0}",
    "float": "{0}",
    "decimal": "{0}::double precision",
    "datetime": "to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
}


def tile_fields(layer: Layer, scope: Scope, z: int) -> tuple[LayerField, ...]:
    """Return the fields that the features of a tile of a zoom carry."""
    if generalised(layer, z) is Kind.GROUPS:
        return group_fields(layer, z)
    return tuple(f for f in readable_fields(layer, scope) if f.tile_zoom is not None and f.tile_zoom <= z)


def group_fields(layer: Layer, z: int) -> tuple[LayerField, ...]:
    """Return what a block, or below its zooms a plan, carries."""
    names = ("plan_no", "block_no") if z in kind_of(layer).block_zooms else ("plan_no",)
    return (*(layer.field(name) for name in names), PARCELS)


def label_fields(layer: Layer, scope: Scope) -> tuple[LayerField, ...]:
    """Return the fields that a label is written from: the one that the style names, or its pair of languages."""
    wanted = {layer.style.label, f"{layer.style.label}_ar", f"{layer.style.label}_en"} if layer.style.label else set()
    return tuple(f for f in readable_fields(layer, scope) if f.name in wanted)


def has_labels(layer: Layer, z: int) -> bool:
    """Return whether a tile has a layer of label points beside the features: areas have one, from a zoom on."""
    return layer.geometry == "MultiPolygon" and bool(layer.style.label) and z >= layer.style.label_zoom


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
        return Zooms(min(self.layer.min_zoom, kind_of(self.layer).first_zoom), self.layer.max_zoom)

    @property
    def depends_on(self) -> frozenset[str]:
        return frozenset({self.layer.code, kind_of(self.layer).refreshed})

    def reaches_beyond(self, grid: Grid, z: int) -> bool:
        return z < self.layer.detail_zoom

    def tile(self, grid: Grid, z: int, x: int, y: int) -> bytes:
        if z not in self.zooms:
            return b""
        tile = self._read(*self.statement(grid, z, x, y))
        if tile is None:
            tile = self._read(*self.statement(grid, z, x, y, is_stale=True))
        return bytes(tile or b"")

    def _read(self, sql: str, params: dict[str, Any]) -> memoryview | None:
        tile: memoryview | None = read_rows(sql, params, kind="tile", using=self.using)[0][0]
        return tile

    def statement(self, grid: Grid, z: int, x: int, y: int, *, is_stale: bool = False) -> tuple[str, dict[str, Any]]:
        """Return the statement that makes a tile, and its values; ``is_stale`` is explained in ``sql/groups.sql``."""
        west, south, east, north = grid.box(z, x, y)
        params: dict[str, Any] = {"west": west, "south": south, "east": east, "north": north, "srid": grid.srid}
        params |= {"margin": grid.side(z) * BUFFER, "zoom": z, "name": self.layer.code}
        if generalised(self.layer, z) is Kind.GROUPS:
            sql, more = self._groups(grid, z, is_stale)
        else:
            sql, more = self._features(grid, z)
        return sql, params | more

    def _features(self, grid: Grid, z: int) -> tuple[str, dict[str, Any]]:
        rows = relation(self.layer, self.scope)
        column = "r.geom_3857" if grid == WEB_MERCATOR else "r.geom"
        geom, join = column, ""
        if generalised(self.layer, z) is not None:
            stored = "s.geom_3857" if grid == WEB_MERCATOR else "ST_Transform(s.geom_3857, %(srid)s)"
            geom = f"coalesce({stored}, {column})"
            join = "LEFT JOIN tiles_simplifiedshape s ON s.layer = %(name)s AND s.zoom = %(zoom)s AND s.row_id = r.id"
        fields = tile_fields(self.layer, self.scope, z)
        labels = label_fields(self.layer, self.scope) if has_labels(self.layer, z) else ()
        sql = _PARTS["features"].format(
            relation=rows.sql,
            join=join,
            columns=_columns([*fields, *(f for f in labels if f not in fields)]),
            geom=geom,
            column=column,
            cell=_one_cell(geom),
            label_point=f", ST_PointOnSurface({column}) AS label_point" if labels else "",
            mvt=_mvt([f.name for f in fields], [f.name for f in labels]),
            **_CUT,
        )
        return sql, rows.params | {"labels": f"{self.layer.code}_labels"}

    def _groups(self, grid: Grid, z: int, is_stale: bool) -> tuple[str, dict[str, Any]]:
        rows = relation(self.layer, self.scope)
        is_blocks = z in kind_of(self.layer).block_zooms
        is_mercator = grid == WEB_MERCATOR
        box = _BOX if is_mercator else f"ST_Transform(ST_Segmentize({_BOX}, %(margin)s * 8), 3857)"
        drawn = _PARTS["group_blocks"] + _PARTS["drawn_blocks" if is_blocks else "drawn_plans"]
        fields = group_fields(self.layer, z)
        sql = _PARTS["stale_groups" if is_stale else "groups"].format(
            kind="blocks" if is_blocks else "plans",
            stale_limit=STALE_LIMIT,
            drawn=drawn.format(parcels=rows.sql, box_3857=box),
            columns=_columns(fields),
            geom="g.geom_3857" if is_mercator else "ST_Transform(g.geom_3857, %(srid)s)",
            cell=_one_cell("r.geom"),
            box_3857=box,
            mvt=_mvt([f.name for f in fields], []),
            **_CUT,
        )
        return sql, rows.params | {"storage_srid": settings.STORAGE_SRID}

    def bounds(self) -> Box | None:
        rows = relation(self.layer, self.scope)
        sql = _PARTS["bounds"].format(relation=rows.sql)
        found = read_rows(sql, rows.params, kind="page", using=self.using)[0]
        return None if found[0] is None else (found[0], found[1], found[2], found[3])


def _columns(fields: Sequence[LayerField]) -> str:
    return "".join(f", {_AS_MVT[f.kind].format(f'r.{f.name}')} AS {f.name}" for f in fields)


def _one_cell(geom: str) -> str:
    return f"tiles_one_cell({geom}, %(west)s, %(south)s, %(east)s, %(north)s, {EXTENT}, {_BUFFER_CELLS})"


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
