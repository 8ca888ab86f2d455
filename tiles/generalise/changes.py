"""What happens when the map changes: marks inside the transaction, new outlines after it.

Nothing here has to happen for the map to be right. Until the outlines are made again, what has changed is drawn from
its rows. Parcels are outlined by a process of its own (``manage.py generalise --watch``): in a large city the outlines
of plans take longer than anybody who approves should wait.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

import shapely
from django.conf import settings
from django.db import OperationalError, connections
from shapely.geometry.base import BaseGeometry

from layers import events
from layers.access import PUBLIC
from layers.added import find_layer
from layers.catalog.base import Layer
from layers.events import LandTouched
from layers.registry import LAYERS
from layers.relation import relation
from tiles.cache import coarse_reach
from tiles.cache.changes import mark
from tiles.generalise import blocks, features
from tiles.generalise.kinds import Kind, kind_of
from tiles.generalise.local import TooFar, array_of
from tiles.generalise.outlines import GroupKey
from tiles.generalise.session import Session, exclusive, is_conflict
from tiles.generalise.shapes import Shapes
from tiles.generalise.zooms import GROUPED_LAYER

__all__ = ["install", "mark_stale", "outline_again", "work_in_stale"]

log = logging.getLogger(__name__)

_ATTEMPTS: Final = 3
_PARCELS: Final = relation(LAYERS[GROUPED_LAYER], PUBLIC).sql
_KEYS: Final = "t.plan_no, tiles_area(t.plan_no, t.geom), t.block_no, tiles_cell(t.block_no, t.geom)"
# By uid with every version, so that the block is told that a parcel has left; by place what is there or was until now.
_BY_UID: Final = "layers_parcel t WHERE t.uid = ANY(%(uids)s::uuid[])"
_BY_PLACE: Final = (
    "layers_parcel t WHERE t.geom && ST_GeomFromWKB(%(land)s, %(srid)s)"
    " AND (t.end_lifespan_version IS NULL OR t.end_lifespan_version >= transaction_timestamp())"
)
_MARK: Final = f"INSERT INTO tiles_staleblock (plan_no, area, block_no, cell) SELECT DISTINCT {_KEYS} FROM {{which}}"
# Of each unit the version that this transaction ended last, and the one that it began and left standing: where they
# cover the same land of a block, its outline stays. A unit may be changed twice in one transaction.
_MARK_UNITS: Final = f"""
WITH touched AS (SELECT DISTINCT {_KEYS} FROM {_BY_UID}),
ended AS (
    SELECT DISTINCT ON (t.uid) t.* FROM {_BY_UID} AND t.end_lifespan_version >= transaction_timestamp()
    ORDER BY t.uid, t.end_lifespan_version DESC
),
begun AS (
    SELECT t.* FROM {_BY_UID} AND t.end_lifespan_version IS NULL AND t.begin_lifespan_version >= transaction_timestamp()
),
moved AS (
    SELECT {_KEYS}, t.geom_3857, -1 AS n FROM ended t UNION ALL SELECT {_KEYS}, t.geom_3857, 1 FROM begun t
),
sums AS (
    SELECT plan_no, area, block_no, cell, sum(n) AS delta,
           tiles_same_land(array_agg(geom_3857) FILTER (WHERE n < 0), array_agg(geom_3857) FILTER (WHERE n > 0)) AS same
    FROM moved AS m(plan_no, area, block_no, cell, geom_3857, n) GROUP BY 1, 2, 3, 4
)
INSERT INTO tiles_staleblock (plan_no, area, block_no, cell, keeps_outline, delta)
SELECT k.plan_no, k.area, k.block_no, k.cell, coalesce(s.same, true), coalesce(s.delta, 0)
FROM touched AS k(plan_no, area, block_no, cell) LEFT JOIN sums s USING (plan_no, area, block_no, cell)"""


def install() -> None:
    """Listen to the changes of all layers."""
    for code, layer in LAYERS.items():
        if kind_of(layer).kind is not None:
            coarse_reach[code] = reach_of_parcels if code == GROUPED_LAYER else reach_of_features
    events.before_commit(mark_stale)
    events.after_commit(outline_again)


def mark_stale(touched: LandTouched) -> None:
    """Write down, in the transaction of a change, which blocks it touches, and what of them it alters."""
    if GROUPED_LAYER in touched.layers:
        which, params = _which(touched)
        Session(touched.using).run(_MARK_UNITS if touched.uids else _MARK.format(which=which), params)


def _which(touched: LandTouched) -> tuple[str, dict[str, object]]:
    land = shapely.to_wkb(shapely.box(*touched.geometry.bounds)) if not touched.geometry.is_empty else None
    params: dict[str, object] = {"uids": list(touched.uids), "land": land, "srid": settings.STORAGE_SRID}
    return (_BY_UID if touched.uids else _BY_PLACE), params


# How far a change reaches at small scales ----------------------------------------------------------------------------


def reach_of_parcels(touched: LandTouched) -> BaseGeometry:
    """Return the boxes of the plans whose parcels a change touches: their outline and their count may alter."""
    which, params = _which(touched)
    rows = Session(touched.using).rows(
        f"""WITH touched AS MATERIALIZED (
            SELECT DISTINCT t.plan_no, tiles_area(t.plan_no, t.geom) AS area FROM {which}
        ), boxes AS (
            SELECT ST_Expand(ST_Extent(r.geom)::geometry, %(margin)s) AS box
            FROM touched k JOIN {_PARCELS} r USING (plan_no) WHERE k.area = '' GROUP BY k.plan_no
            UNION ALL
            SELECT ST_Expand(tiles_square_box(k.area, 2000, %(srid)s), 500) FROM touched k WHERE k.area <> ''
            UNION ALL
            SELECT ST_Expand(ST_Transform(g.geom_3857, %(srid)s), %(margin)s)
            FROM touched k JOIN tiles_group g ON (g.zoom, g.plan_no, g.area) = (0, k.plan_no, k.area)
        )
        SELECT ST_AsBinary(ST_SetSRID(box, 0)) FROM boxes WHERE box IS NOT NULL""",
        params | {"margin": 2 * blocks.STREET_M},
    )
    return shapely.union_all([touched.geometry, *shapely.from_wkb([bytes(row[0]) for row in rows])])


def reach_of_features(touched: LandTouched) -> BaseGeometry:
    """Return the boxes of what a change touches: a simplified outline may leave its land, but not the box of it."""
    parts = shapely.get_parts(touched.geometry)
    return shapely.union_all(array_of([touched.geometry, *(shapely.box(*part.bounds) for part in parts)]))


# After the commit ----------------------------------------------------------------------------------------------------


def outline_again(touched: LandTouched) -> None:
    """Make the outlines again that a committed change has made old, as far as that is quickly done."""
    if connections[touched.using].in_atomic_block:
        return  # what was announced has not committed
    for code in sorted(touched.layers):
        layer = find_layer(code, touched.using)
        how = kind_of(layer) if layer is not None else None
        if layer is None or how is None or how.kind is None:
            continue
        try:
            if how.kind is Kind.GROUPS:
                if settings.TILES_OUTLINE_BLOCKS:
                    work_in_stale(touched.using, settings.TILES_OUTLINE_BLOCKS)
            else:
                _work_in_features(layer, touched)
        except TooFar as far:
            log.info("%s is drawn from its rows until `manage.py generalise %s` has run: %s", code, code, far)


def work_in_stale(using: str, at_once: int = 1_000_000) -> int:
    """Outline stale blocks again until none is left, unless another is at it; return how many.

    TooFar where more than ``at_once`` of them are stale.

    Who comes while another works leaves its blocks to the other, who looks once more after having finished.
    """
    done = 0
    for _ in range(_ATTEMPTS):
        while True:
            worked = _retried(lambda: _work_in_blocks(using, at_once))
            if worked is None:
                return done
            done += worked
            if worked == 0:
                break
        if not Session(using).rows("SELECT EXISTS (SELECT FROM tiles_staleblock)")[0][0]:
            break
    return done


def _work_in_blocks(using: str, at_once: int) -> int | None:
    """Outline the stale blocks of one state of the database; None where another is at it."""
    with exclusive(GROUPED_LAYER, using) as session:
        if session is None:
            return None
        rows = session.rows("SELECT id, plan_no, area, block_no, cell FROM tiles_staleblock ORDER BY id")
        keys = {GroupKey(*row[1:]) for row in rows}
        if len(keys) > at_once:
            raise TooFar(f"{len(keys)} blocks have changed")
        if keys:
            drawn = blocks.work_in(session, keys)
            session.run("DELETE FROM tiles_staleblock WHERE id = ANY(%s)", [[row[0] for row in rows]])
            tell(kind_of(LAYERS[GROUPED_LAYER]).refreshed, drawn, using)
    return len(keys)


def _work_in_features(layer: Layer, touched: LandTouched) -> None:
    def work() -> int | None:
        with exclusive(layer.code, touched.using, wait_s=2.0) as session:
            if session is None:
                return None
            sql = "SELECT ST_AsBinary(ST_Transform(ST_GeomFromWKB(%s, %s), 3857))"
            land = shapely.box(*touched.geometry.bounds) if not touched.geometry.is_empty else touched.geometry
            here = session.rows(sql, [shapely.to_wkb(land), settings.STORAGE_SRID])[0][0]
            drawn = features.work_in(session, layer, touched.uids, array_of([shapely.from_wkb(bytes(here))]))
            tell(kind_of(layer).refreshed, drawn, touched.using)
        return 0

    _retried(work)


def tell(refreshed: str, drawn: Shapes, using: str) -> None:
    """Tell the cache of tiles, before the transaction commits, what is drawn anew."""
    if len(drawn):
        sql = "SELECT ST_AsBinary(ST_Transform(ST_GeomFromWKB(%s, 3857), %s))"
        boxes = shapely.to_wkb(shapely.union_all(drawn))
        land = Session(using).rows(sql, [boxes, settings.STORAGE_SRID])[0][0]
        mark(LandTouched(frozenset({refreshed}), (), shapely.from_wkb(bytes(land)), using))


def _retried(work: Callable[[], int | None]) -> int | None:
    for attempt in range(_ATTEMPTS):
        try:
            return work()
        except OperationalError as error:
            if not is_conflict(error) or attempt == _ATTEMPTS - 1:
                raise
    return None
