"""Outlines of layers whose features stay apart at small scales: areas simplified together, or each for itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from layers.access import STAFF
from layers.catalog.base import Layer
from layers.relation import relation
from tiles.generalise.kinds import Kind, kind_of
from tiles.generalise.local import TooFar, array_of, boxes_of, simplified, simplify_around
from tiles.generalise.outlines import hexes
from tiles.generalise.session import Progress, Session, batched
from tiles.generalise.shapes import Shapes, simplify_each, tolerance_at

__all__ = ["ShapesOfLayer", "make_all", "work_in"]

AT_ONCE: Final = 1_000
"""Features that are outlined again while somebody waits."""

_ROWS_AT_ONCE: Final = 4_000
_WORTH: Final = 0.5
"""A line is kept simplified where that leaves less than this of its corners; else its row serves as well."""


class ShapesOfLayer:
    """Current features of a layer by the number of their version, and their outlines by zoom."""

    def __init__(self, session: Session, layer: Layer) -> None:
        self.session = session
        self.layer = layer
        rows = relation(layer, STAFF)  # what a scope may see is asked when a tile is made
        self._rows, self._params = rows.sql, rows.params

    def near(self, boxes: Shapes) -> dict[int, BaseGeometry]:
        """Return current features whose boxes meet one of these boxes."""
        sql = (
            "SELECT DISTINCT ON (r.id) r.id, ST_AsBinary(r.geom_3857)"
            f" FROM unnest(%(boxes)s::text[]) AS b(hex) JOIN {self._rows} r ON r.geom_3857 && b.hex::geometry"
        )
        return self._read(sql, {"boxes": hexes(boxes)})

    def everything(self) -> dict[int, BaseGeometry]:
        """Return all current features."""
        return self._read(f"SELECT r.id, ST_AsBinary(r.geom_3857) FROM {self._rows} r ORDER BY r.id", {})

    def _read(self, sql: str, params: Mapping[str, object]) -> dict[int, BaseGeometry]:
        rows = self.session.rows(sql, {**self._params, **params})
        return dict(zip([row[0] for row in rows], shapely.from_wkb([bytes(row[1]) for row in rows]), strict=True))

    def versions(self, uids: Iterable[str]) -> tuple[dict[int, BaseGeometry], set[int]]:
        """Return every version of these features, past ones too, and which of them are current."""
        rows = self.session.rows(
            "SELECT t.id, ST_AsBinary(t.geom_3857), t.end_lifespan_version IS NULL"
            f" FROM {self.layer.table} t WHERE t.uid = ANY(%s::uuid[])",
            [list(uids)],
        )
        shapes = shapely.from_wkb([bytes(row[1]) for row in rows])
        return {row[0]: s for row, s in zip(rows, shapes, strict=True)}, {row[0] for row in rows if row[2]}

    def stored(self, zoom: int, keys: Iterable[int]) -> dict[int, bytes]:
        """Return simplified outlines as WKB, as far as there are any."""
        rows = self.session.rows(
            "SELECT row_id, ST_AsBinary(geom_3857) FROM tiles_simplifiedshape"
            " WHERE layer = %s AND zoom = %s AND row_id = ANY(%s)",
            [self.layer.code, zoom, list(keys)],
        )
        return {row[0]: bytes(row[1]) for row in rows}

    def write(self, zoom: int, shapes: Mapping[int, BaseGeometry]) -> None:
        """Write the outlines of one zoom over those that stand there; equal ones are left alone."""
        for keys in batched(sorted(shapes), _ROWS_AT_ONCE):
            self.session.run(
                """INSERT INTO tiles_simplifiedshape AS t (layer, zoom, row_id, geom_3857)
                SELECT %s, %s, k.* FROM unnest(%s::bigint[], %s::geometry[]) AS k(row_id, geom)
                ON CONFLICT (layer, zoom, row_id) DO UPDATE SET geom_3857 = EXCLUDED.geom_3857
                WHERE t.geom_3857::bytea <> EXCLUDED.geom_3857::bytea""",
                [self.layer.code, zoom, keys, hexes(shapes[key] for key in keys)],
            )

    def drop(self, keys: Iterable[int]) -> None:
        """Remove the outlines of versions that are not current any more."""
        self.session.run(
            "DELETE FROM tiles_simplifiedshape WHERE layer = %s AND row_id = ANY(%s)", [self.layer.code, list(keys)]
        )

    def drop_others(self, zoom: int, kept: Iterable[int]) -> None:
        """Remove the outlines of one zoom but these."""
        self.session.run(
            "DELETE FROM tiles_simplifiedshape t WHERE layer = %s AND zoom = %s"
            " AND NOT EXISTS (SELECT FROM unnest(%s::bigint[]) k WHERE k = t.row_id)",
            [self.layer.code, zoom, list(kept)],
        )


def make_all(session: Session, layer: Layer, progress: Progress) -> None:
    """Make the outlines of a whole layer again."""
    shapes = ShapesOfLayer(session, layer)
    exact = shapes.everything()
    how = kind_of(layer)
    for zoom in how.zooms:
        made = simplified(exact, zoom, progress) if how.kind is Kind.COVERAGE else _each(exact, zoom)
        shapes.drop_others(zoom, made)
        shapes.write(zoom, made)
        progress(f"{layer.code} at zoom {zoom}", len(exact), len(exact))
    session.run("DELETE FROM tiles_simplifiedshape WHERE layer = %s AND zoom <> ALL(%s)", [layer.code, list(how.zooms)])


def _each(exact: Mapping[int, BaseGeometry], zoom: int) -> dict[int, BaseGeometry]:
    keys = list(exact)
    shapes = array_of(exact.values())
    made = simplify_each(shapes, tolerance_at(zoom))
    is_worth = shapely.get_num_coordinates(made) <= _WORTH * shapely.get_num_coordinates(shapes)
    return {key: shape for key, shape, worth in zip(keys, made, is_worth, strict=True) if worth and not shape.is_empty}


def work_in(session: Session, layer: Layer, uids: Iterable[str], boxes: Shapes) -> Shapes:
    """Make the outlines of changed features again, and those of neighbours that they alter.

    Parameters
    ----------
    layer : Layer
        One that is generalised feature by feature.
    uids : iterable of str
        The features; where there are none, whatever lies in ``boxes``.
    boxes : array of Polygon
        Where the change is, in EPSG:3857.

    Returns
    -------
    array of Polygon
        Boxes, in EPSG:3857, of everything that was drawn anew.

    Raises
    ------
    TooFar
        The change reaches more outlines than are looked at while somebody waits.
    """
    shapes = ShapesOfLayer(session, layer)
    versions, current = shapes.versions(uids)
    if not versions:
        versions = shapes.near(boxes)
        current = set(versions)
    if len(versions) > AT_ONCE:
        raise TooFar(f"{len(versions)} features of {layer.code} have changed")
    shapes.drop(versions.keys() - current)
    boxes = boxes_of(versions.values())
    drawn = [boxes]
    for zoom in kind_of(layer).zooms if len(boxes) else ():
        if kind_of(layer).kind is Kind.COVERAGE:
            made = simplify_around(shapes, boxes, zoom)
        else:
            made = _each({key: versions[key] for key in current}, zoom)
        shapes.write(zoom, made)
        drawn.append(boxes_of(made.values()))
    return np.concatenate(drawn)
