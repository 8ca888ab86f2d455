"""Vector tiles from a layer of the database, as one scope may see it.

A tile is one statement in one round trip. Its text is made of catalogue entries; every value is a parameter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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

__all__ = ["LARGEST_BYTES", "PARCELS", "Detail", "PostgisSource", "group_fields", "label_fields", "tile_fields"]

PARCELS: Final = LayerField("parcels", "عدد القطع", "Number of parcels", "integer")
"""What a block or a plan says of the parcels that it stands for."""

STALE_LIMIT: Final = 500
"""Blocks that are put together from their parcels while a tile is made; more are drawn as boxes."""

LARGEST_BYTES: Final = 500_000
"""A larger tile is made again with less in it, in the order of ``_LESS``, until it fits."""

LARGEST_BYTES_AT_SMALL_SCALE: Final = 250_000
"""The same below a layer's detail zoom: a map of a whole city is looked at first, and by telephone."""

_SQL: Final = Path(__file__).resolve().parent.parent / "sql"
_PARTS: Final = {path.stem: path.read_text(encoding="utf8") for path in _SQL.glob("*.sql")}

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
    "date": "to_char({0}, 'YYYY-MM-DD')",
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
class Detail:
    """How much a tile holds; see ADR 0025. ``features`` is the number of those that stay, None for all."""

    has_attributes: bool = True
    has_labels: bool = True
    extent: int = EXTENT
    features: int | None = None

    @property
    def buffer(self) -> int:
        """Cells that the tile reaches over each edge."""
        return int(self.extent * BUFFER)


_WHOLE: Final = Detail()
_LESS: Final = (
    Detail(has_attributes=False),
    Detail(has_attributes=False, has_labels=False),
    Detail(has_attributes=False, has_labels=False, extent=EXTENT // 4),
)


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

    def depends_on(self, z: int) -> frozenset[str]:
        outlines = {kind_of(self.layer).refreshed} if generalised(self.layer, z) is not None else set()
        return frozenset({self.layer.code, *outlines})

    def reaches_beyond(self, grid: Grid, z: int) -> bool:
        return z < self.layer.detail_zoom

    def tile(self, grid: Grid, z: int, x: int, y: int) -> bytes:
        if z not in self.zooms:
            return b""
        tile, _ = self._make(grid, z, x, y, _WHOLE)
        largest = LARGEST_BYTES if z >= self.layer.detail_zoom else LARGEST_BYTES_AT_SMALL_SCALE
        return tile if len(tile) <= largest else self._smaller(grid, z, x, y, largest)

    def _smaller(self, grid: Grid, z: int, x: int, y: int, largest: int) -> bytes:
        """Return a tile that keeps to the largest size: first without attributes, last without the smallest features.

        What was left out is told in its layer ``_omitted``.
        """
        tile, count = b"", 0
        for less in _LESS:
            tile, count = self._make(grid, z, x, y, less)
            if len(tile) <= largest:
                return tile
        kept = count
        while len(tile) > largest and kept:
            kept = int(kept * min(0.9, 0.95 * largest / len(tile)))
            tile, _ = self._make(grid, z, x, y, replace(_LESS[-1], features=kept))
        return tile

    def _make(self, grid: Grid, z: int, x: int, y: int, detail: Detail) -> tuple[bytes, int]:
        """Return a tile and how many features of the layer it meets (0 where all are in it)."""
        for is_stale in (False, True):
            sql, params = self.statement(grid, z, x, y, is_stale=is_stale, detail=detail)
            rows = read_rows(sql, params, kind="tile", using=self.using)
            if rows:
                return bytes(rows[0][0]), rows[0][-1] if len(rows[0]) > 1 else 0
        return b"", 0  # no statement of stale groups is without a row

    def statement(
        self, grid: Grid, z: int, x: int, y: int, *, is_stale: bool = False, detail: Detail = _WHOLE
    ) -> tuple[str, dict[str, Any]]:
        """Return the statement that makes a tile, and its values; ``is_stale`` is explained in ``sql/groups.sql``."""
        west, south, east, north = grid.box(z, x, y)
        params: dict[str, Any] = {"west": west, "south": south, "east": east, "north": north, "srid": grid.srid}
        params |= {"margin": grid.side(z) * BUFFER, "zoom": z, "name": self.layer.code}
        make = self._groups if generalised(self.layer, z) is Kind.GROUPS else self._features
        sql, more = make(grid, z, detail, is_stale)
        more["without_labels"] = not detail.has_labels and has_labels(self.layer, z)
        return sql, params | more

    def _features(self, grid: Grid, z: int, detail: Detail, is_stale: bool) -> tuple[str, dict[str, Any]]:
        rows = relation(self.layer, self.scope)
        column = "r.geom_3857" if grid == WEB_MERCATOR else "r.geom"
        geom, join = column, ""
        if generalised(self.layer, z) is not None:
            stored = "s.geom_3857" if grid == WEB_MERCATOR else "ST_Transform(s.geom_3857, %(srid)s)"
            geom = f"coalesce({stored}, {column})"
            join = "LEFT JOIN tiles_simplifiedshape s ON s.layer = %(name)s AND s.zoom = %(zoom)s AND s.row_id = r.id"
        fields = tile_fields(self.layer, self.scope, z)
        labels = label_fields(self.layer, self.scope) if has_labels(self.layer, z) and detail.has_labels else ()
        mvt, values = _mvt(self.layer.code, fields, labels, detail)
        carried = fields if detail.has_attributes else ()
        sql = _PARTS["features"].format(
            relation=rows.sql,
            join=join,
            columns=_columns([*carried, *(f for f in labels if f not in carried)]),
            geom=geom,
            column=column,
            label_point=f", ST_PointOnSurface({column}) AS label_point" if labels else "",
            mvt=mvt,
            **_cut(geom, detail),
        )
        return sql, rows.params | values

    def _groups(self, grid: Grid, z: int, detail: Detail, is_stale: bool) -> tuple[str, dict[str, Any]]:
        rows = relation(self.layer, self.scope)
        is_blocks = z in kind_of(self.layer).block_zooms
        is_mercator = grid == WEB_MERCATOR
        box = _BOX if is_mercator else f"ST_Transform(ST_Segmentize({_BOX}, %(margin)s * 8), 3857)"
        drawn = _PARTS["group_blocks"] + _PARTS["drawn_blocks" if is_blocks else "drawn_plans"]
        fields = group_fields(self.layer, z)
        mvt, values = _mvt(self.layer.code, fields, (), detail)
        sql = _PARTS["stale_groups" if is_stale else "groups"].format(
            kind="blocks" if is_blocks else "plans",
            stale_limit=STALE_LIMIT,
            drawn=drawn.format(parcels=rows.sql, box_3857=box),
            columns=_columns(fields if detail.has_attributes else (PARCELS,)),
            geom="g.geom_3857" if is_mercator else "ST_Transform(g.geom_3857, %(srid)s)",
            box_3857=box,
            mvt=mvt,
            **_cut("r.geom", detail),
        )
        return sql, rows.params | values | {"storage_srid": settings.STORAGE_SRID}

    def bounds(self) -> Box | None:
        rows = relation(self.layer, self.scope)
        sql = _PARTS["bounds"].format(relation=rows.sql)
        found = read_rows(sql, rows.params, kind="page", using=self.using)[0]
        return None if found[0] is None else (found[0], found[1], found[2], found[3])


def _columns(fields: Sequence[LayerField]) -> str:
    return "".join(f", {_AS_MVT[f.kind].format(f'r.{f.name}')} AS {f.name}" for f in fields)


def _cut(geom: str, detail: Detail) -> dict[str, object]:
    """Return what the SQL cuts geometries with."""
    extent, buffer = detail.extent, detail.buffer
    cell = f"tiles_one_cell({geom}, %(west)s, %(south)s, %(east)s, %(north)s, {extent}, {buffer})"
    return {"tile": _TILE, "box": _BOX, "extent": extent, "buffer": buffer, "cell": cell}


def _mvt(
    code: str, fields: Sequence[LayerField], labels: Sequence[LayerField], detail: Detail
) -> tuple[str, dict[str, Any]]:
    """Return the expressions that turn the rows of ``cut`` into a tile, and their values: the features, their labels,
    and what was left out.
    """
    kept = [f for f in fields if detail.has_attributes or f is PARCELS]
    shown = "SELECT * FROM cut WHERE geom IS NOT NULL"
    if detail.features is not None:
        # The largest in the tile stay; equal ones by the order in which they came into the register.
        width, height = "(ST_XMax(geom) - ST_XMin(geom))", "(ST_YMax(geom) - ST_YMin(geom))"
        shown += f" ORDER BY {width} * {height} DESC, {width} + {height} DESC, id LIMIT {int(detail.features)}"
    parts = [_as_mvt("%(name)s", f"SELECT id{_names(kept)}, geom FROM ({shown}) s", detail)]
    if labels:
        points = (
            f"SELECT id{_names(labels)}, ST_AsMVTGeom(label_point, {_TILE}, {detail.extent}) AS geom"
            " FROM cut WHERE ST_X(label_point) >= %(west)s AND ST_X(label_point) < %(east)s"
            " AND ST_Y(label_point) > %(south)s AND ST_Y(label_point) <= %(north)s"
        )
        parts.append(_as_mvt("%(labels)s", points, detail))
    values: dict[str, Any] = {"labels": f"{code}_labels"}
    if detail == _WHOLE:
        return " || ".join(parts), values
    staying = "n" if detail.features is None else str(int(detail.features))
    told = (
        "SELECT %(name)s AS layer, %(left_out)s AS attributes, %(without_labels)s AS labels,"
        f" {detail.extent} AS cells, greatest(n - {staying}, 0) AS features,"
        f" ST_Point({detail.extent // 2}, {detail.extent // 2}) AS geom"
        " FROM (SELECT count(*) AS n FROM cut WHERE geom IS NOT NULL) c"
    )
    parts.append(f"(SELECT ST_AsMVT(o, '_omitted', {detail.extent}, 'geom') FROM ({told}) o)")
    values |= {"left_out": ",".join(f.name for f in fields if f not in kept)}
    return f"{' || '.join(parts)}, (SELECT count(*) FROM cut WHERE geom IS NOT NULL)", values


def _as_mvt(name: str, rows: str, detail: Detail) -> str:
    return f"(SELECT ST_AsMVT(m, {name}, {detail.extent}, 'geom', 'id') FROM ({rows}) m)"


def _names(fields: Sequence[LayerField]) -> str:
    return "".join(f", {f.name}" for f in fields)
