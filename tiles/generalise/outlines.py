"""The tables of blocks and plans: how they are read and written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, Final, NamedTuple

import shapely
from django.conf import settings
from shapely.geometry.base import BaseGeometry

from layers.access import PUBLIC
from layers.registry import LAYERS
from layers.relation import relation
from tiles.generalise.session import Session, batched
from tiles.generalise.shapes import Shapes, dissolve

__all__ = [
    "PARCELS",
    "UNSIMPLIFIED",
    "Dissolved",
    "GroupKey",
    "Outlines",
    "dissolved_blocks",
    "dissolved_plans",
    "hexes",
]

UNSIMPLIFIED: Final = 0
"""The zoom under which plans stand before they are simplified."""

PARCELS: Final = relation(LAYERS["parcels"], PUBLIC).sql
_KEY: Final = "plan_no, area, block_no, cell"
_GIVEN: Final = f"unnest(%(plan)s::text[], %(area)s::text[], %(block)s::text[], %(cell)s::text[]) AS k({_KEY})"
_SAME: Final = "(t.plan_no, t.area, t.block_no, t.cell) = (k.plan_no, k.area, k.block_no, k.cell)"
_ROWS_AT_ONCE: Final = 4_000

# The parcels of given blocks: by their numbers, or by the square that stands in for a number. In the second part the
# numbers are compared as rows so that the index of numbers is not taken: '' may be the number of a million parcels.
_PARCELS_OF: Final = f"""(
    SELECT r.* FROM {_GIVEN} JOIN {PARCELS} r ON r.plan_no = k.plan_no AND r.block_no = k.block_no
    WHERE k.area = '' AND k.cell = ''
    UNION ALL
    SELECT r.* FROM {_GIVEN} JOIN {PARCELS} r
      ON r.geom && coalesce(tiles_square_box(k.cell, 250, %(srid)s), tiles_square_box(k.area, 2000, %(srid)s))
     AND (r.plan_no, r.block_no) IS NOT DISTINCT FROM (k.plan_no, k.block_no)
     AND tiles_area(r.plan_no, r.geom) = k.area AND tiles_cell(r.block_no, r.geom) = k.cell
    WHERE k.area <> '' OR k.cell <> ''
) r"""
_ROWS: Final = """
    SELECT r.plan_no, tiles_area(r.plan_no, r.geom), r.block_no, tiles_cell(r.block_no, r.geom),
           ST_AsBinary(r.geom_3857)
    FROM {parcels} ORDER BY 1, 2, 3, 4, r.id"""


class GroupKey(NamedTuple):
    """What parcels are put together by; see ``sql/generalise.sql``. A plan has neither block nor cell."""

    plan_no: str
    area: str
    block_no: str = ""
    cell: str = ""

    @property
    def plan(self) -> GroupKey:
        """The plan that a block lies in."""
        return GroupKey(self.plan_no, self.area)


class Dissolved(NamedTuple):
    """Parcels put together: how many, and their outline in EPSG:3857."""

    parcels: int
    shape: BaseGeometry


def dissolved_blocks(session: Session, keys: Iterable[GroupKey]) -> dict[GroupKey, Dissolved]:
    """Return blocks as their parcels make them now; one without parcels is left out."""
    params = _columns(keys) | {"srid": settings.STORAGE_SRID}
    return _dissolved(session, _PARCELS_OF, params)


def dissolved_plans(session: Session, plan_numbers: list[str]) -> dict[GroupKey, Dissolved]:
    """Return all blocks of the plans of these numbers as their parcels make them now."""
    return _dissolved(session, f"{PARCELS} r WHERE r.plan_no = ANY(%(numbers)s)", {"numbers": plan_numbers})


def _dissolved(session: Session, parcels: str, params: dict[str, Any]) -> dict[GroupKey, Dissolved]:
    rows = session.rows(_ROWS.format(parcels=parcels), params)
    shapes = shapely.from_wkb([bytes(row[4]) for row in rows])
    found = {}
    for key, group in groupby(range(len(rows)), key=lambda i: rows[i][:4]):
        places = list(group)
        found[GroupKey(*key)] = Dissolved(len(places), dissolve(shapes[places]))
    return found


class Outlines:
    """Outlines of one kind: blocks as they are, or plans with their streets closed; and both simplified by zoom.

    What counts as exact are those of ``zoom``, where one is given: each zoom is simplified from the one above it.
    What was read of the neighbourhood is kept, with the counts of its parcels.
    """

    def __init__(self, session: Session, *, of_plans: bool, zoom: int | None = None) -> None:
        self.session = session
        self.of_plans = of_plans
        self.counts: dict[GroupKey, int] = {}
        self._near: dict[bytes, dict[GroupKey, BaseGeometry]] = {}
        zoom = UNSIMPLIFIED if zoom is None and of_plans else zoom
        self._exact = (
            "tiles_dissolvedblock" if zoom is None else f"(SELECT * FROM tiles_group WHERE zoom = {int(zoom)})"
        )

    def near(self, boxes: Shapes) -> dict[GroupKey, BaseGeometry]:
        """Return the exact outlines whose boxes meet one of these boxes."""
        asked = b"".join(shapely.to_wkb(boxes))
        if asked not in self._near:
            self._near[asked] = self._read(
                "WHERE t.id IN (SELECT n.id FROM unnest(%(boxes)s::text[]) AS b(hex)"
                f" JOIN {self._exact} n ON n.geom_3857 && b.hex::geometry)",
                {"boxes": hexes(boxes)},
            )
        return self._near[asked]

    def exact(self, keys: Iterable[GroupKey]) -> dict[GroupKey, BaseGeometry]:
        """Return the exact outlines of these keys, as far as there are any."""
        return self._read(f"JOIN {_GIVEN} ON {_SAME}", _columns(keys))

    def of_plan(self, plans: Iterable[GroupKey]) -> dict[GroupKey, BaseGeometry]:
        """Return the exact outlines of the blocks of plans."""
        return self._read(
            f"JOIN {_GIVEN} ON (t.plan_no, t.area) = (k.plan_no, k.area)", _columns(p.plan for p in plans)
        )

    def _read(self, which: str, params: dict[str, Any]) -> dict[GroupKey, BaseGeometry]:
        sql = (
            "SELECT t.plan_no, t.area, t.block_no, t.cell, t.parcels, ST_AsBinary(t.geom_3857)"
            f" FROM {self._exact} t {which}"
        )
        rows = self.session.rows(sql, params)
        shapes = shapely.from_wkb([bytes(row[5]) for row in rows])
        self.counts |= {GroupKey(*row[:4]): row[4] for row in rows}
        return {GroupKey(*row[:4]): shape for row, shape in zip(rows, shapes, strict=True)}

    def stored(self, zoom: int, keys: Iterable[GroupKey]) -> dict[GroupKey, bytes]:
        """Return simplified outlines as WKB, as far as there are any."""
        sql = (
            f"SELECT t.plan_no, t.area, t.block_no, t.cell, ST_AsBinary(t.geom_3857) FROM tiles_group t"
            f" JOIN {_GIVEN} ON {_SAME} WHERE t.zoom = %(zoom)s"
        )
        rows = self.session.rows(sql, _columns(keys) | {"zoom": zoom})
        return {GroupKey(*row[:4]): bytes(row[4]) for row in rows}

    # Writing --------------------------------------------------------------------------------------------------------

    def write_exact(self, shapes: Mapping[GroupKey, BaseGeometry], counts: Mapping[GroupKey, int]) -> None:
        """Write exact outlines over those that stand there."""
        self._near.clear()
        if self.of_plans:
            self.write(UNSIMPLIFIED, shapes, counts)
        else:
            self._write("tiles_dissolvedblock", "", shapes, counts)

    def write(self, zoom: int, shapes: Mapping[GroupKey, BaseGeometry], counts: Mapping[GroupKey, int]) -> None:
        """Write the outlines of one zoom over those that stand there; equal ones are left alone."""
        self._write("tiles_group", f"{int(zoom)}", shapes, counts)

    def _write(
        self, table: str, zoom: str, shapes: Mapping[GroupKey, BaseGeometry], counts: Mapping[GroupKey, int]
    ) -> None:
        columns = f"{'zoom, ' if zoom else ''}{_KEY}"
        sql = f"""
            INSERT INTO {table} AS t ({columns}, parcels, geom_3857)
            SELECT {f"{zoom}, " if zoom else ""}k.*
            FROM unnest(%(plan)s::text[], %(area)s::text[], %(block)s::text[], %(cell)s::text[], %(parcels)s::int[],
                        %(hex)s::geometry[]) AS k({_KEY}, parcels, geom)
            ON CONFLICT ({columns}) DO UPDATE SET parcels = EXCLUDED.parcels, geom_3857 = EXCLUDED.geom_3857
            WHERE (t.parcels, t.geom_3857::bytea) IS DISTINCT FROM (EXCLUDED.parcels, EXCLUDED.geom_3857::bytea)"""
        for keys in batched(sorted(shapes), _ROWS_AT_ONCE):
            values = {"parcels": [counts[key] for key in keys], "hex": hexes(shapes[key] for key in keys)}
            self.session.run(sql, _columns(keys) | values)

    def count(self, plans: Iterable[GroupKey]) -> None:
        """Write how many parcels plans have now, at every zoom, and leave their outlines."""
        columns = _columns(plans)
        if columns["plan"]:
            self.session.run(
                f"""UPDATE tiles_group t SET parcels = n.parcels
                FROM (SELECT b.plan_no, b.area, sum(b.parcels) AS parcels FROM {_GIVEN}
                      JOIN tiles_dissolvedblock b ON (b.plan_no, b.area) = (k.plan_no, k.area) GROUP BY 1, 2) n
                WHERE (t.plan_no, t.area, t.block_no, t.cell) = (n.plan_no, n.area, '', '')
                  AND t.parcels <> n.parcels""",
                columns,
            )

    def drop(self, keys: Iterable[GroupKey]) -> None:
        """Remove the outlines of keys that have no parcels any more, at every zoom."""
        columns = _columns(keys)
        if not columns["plan"]:
            return
        self.session.run(f"DELETE FROM tiles_group t USING {_GIVEN} WHERE {_SAME}", columns)
        if not self.of_plans:
            self.session.run(f"DELETE FROM tiles_dissolvedblock t USING {_GIVEN} WHERE {_SAME}", columns)

    def drop_others(self, kept: Iterable[GroupKey]) -> None:
        """Remove the outlines of all keys but these."""
        kind = "t.block_no || t.cell = ''" if self.of_plans else "t.block_no || t.cell <> ''"
        self._keep("tiles_group", kind, kept)
        if not self.of_plans:
            self._keep("tiles_dissolvedblock", "true", kept)

    def _keep(self, table: str, kind: str, kept: Iterable[GroupKey]) -> None:
        sql = f"DELETE FROM {table} t WHERE {kind} AND NOT EXISTS (SELECT FROM {_GIVEN} WHERE {_SAME})"
        self.session.run(sql, _columns(kept))


def hexes(shapes: Iterable[BaseGeometry]) -> list[str]:
    """Return shapes of EPSG:3857 as the text that PostGIS reads."""
    return [shapely.to_wkb(shapely.set_srid(shape, 3857), hex=True, include_srid=True) for shape in shapes]


def _columns(keys: Iterable[GroupKey]) -> dict[str, list[str]]:
    listed = list(keys)
    return {
        "plan": [key.plan_no for key in listed],
        "area": [key.area for key in listed],
        "block": [key.block_no for key in listed],
        "cell": [key.cell for key in listed],
    }
