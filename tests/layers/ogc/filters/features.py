"""A few features of every kind of field, missing values among them, as a relation of the test's own."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from django.db import connection

from layers.files.mapping import LayerField
from layers.ogc.filters import Filter

FIELDS = (
    LayerField("uid", "المعرّف", "Identifier", "uuid"),
    LayerField("name", "الاسم", "Name"),
    LayerField("code", "الرمز", "Code"),
    LayerField("floors", "الأدوار", "Floors", "integer"),
    LayerField("area", "المساحة", "Area", "decimal"),
    LayerField("length", "الطول", "Length", "float"),
    LayerField("begin_lifespan_version", "من", "From", "datetime"),
    LayerField("end_lifespan_version", "إلى", "Until", "datetime"),
)
_TYPES = "id bigint, uid uuid, name text, code text, floors bigint, area numeric, length float8, "
_TYPES += "begin_lifespan_version timestamptz, end_lifespan_version timestamptz, shape text"


@dataclass(frozen=True)
class Features:
    """Rows by column name; ``geometry`` is a shapely geometry in the storage CRS."""

    rows: Sequence[dict[str, Any]]
    srid: int = 32639

    def ids(self, asked: Filter) -> set[int]:
        """Return the ids of the rows for which the database finds a filter true."""
        return {id for id, truth in self.truths([asked])[0].items() if truth is True}

    def truths(self, asked: Sequence[Filter]) -> list[dict[int, bool | None]]:
        """Return for each filter what the database finds for each row: true, false or unknown."""
        columns, params = [], {"srid": self.srid, "rows": self._json()}
        for n, one in enumerate(asked):
            columns.append(one.sql.replace("%(flt_", f"%(f{n}_"))
            params |= {name.replace("flt_", f"f{n}_"): value for name, value in one.params.items()}
        sql = (
            f"SELECT r.id, {', '.join(columns)} FROM (SELECT t.*, ST_SetSRID(t.shape::geometry, %(srid)s) AS geom"
            f" FROM jsonb_to_recordset(%(rows)s::jsonb) AS t({_TYPES})) r"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            found = cursor.fetchall()
        return [{row[0]: row[n + 1] for row in found} for n in range(len(asked))]

    def _json(self) -> str:
        return json.dumps(
            [
                {k: v for k, v in row.items() if k != "geometry"} | {"shape": shapely.to_wkb(row["geometry"], hex=True)}
                for row in self.rows
            ],
            default=_plain,
            ensure_ascii=False,
        )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime.datetime) else str(value)


def feature(id: int, geometry: Any, **values: Any) -> dict[str, Any]:
    """Return a row in which what is not given is missing."""
    row: dict[str, Any] = {field.name: None for field in FIELDS}
    return row | {"id": id, "geometry": geometry} | values
