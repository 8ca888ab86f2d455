"""Features as GeoJSON text, made by PostGIS: one statement for a page, a server-side cursor for a long one."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.db import connections, transaction
from shapely import to_wkb

from layers.access import Scope
from layers.catalog.base import Layer
from layers.ogc import paging
from layers.ogc.crs import Crs
from layers.ogc.parameters import ItemsQuery, comparison
from layers.querying import bounded, prefix, read_rows
from layers.relation import relation

__all__ = ["Chosen", "Page", "Statement", "Stream", "chosen", "id_field", "one_feature", "read_page", "statement"]

_BATCH: Final = 500


@dataclass(frozen=True)
class Statement:
    """SQL and the values of its parameters."""

    sql: str
    params: dict[str, Any]


@dataclass(frozen=True)
class Page:
    """Features as texts, in the order asked for, and the cursors to the pages after and before them."""

    features: list[str]
    following: str = ""
    preceding: str = ""

    @property
    def is_all(self) -> bool:
        """True where no page follows or precedes this one."""
        return not self.following and not self.preceding


def id_field(layer: Layer) -> str:
    """Return the field that names a feature in addresses: ``uid``, or the first one of a layer that has none."""
    return "uid" if any(field.name == "uid" for field in layer.fields) else layer.fields[0].name


# Statements ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chosen:
    """What a question chooses: ``source`` or, row by row of an order, its ``parts``, each a FROM item without alias."""

    source: str
    parts: tuple[str, ...]
    conditions: list[str]
    params: dict[str, Any]

    @property
    def where(self) -> str:
        """The WHERE clause over the alias ``r``; "" where everything is chosen."""
        return f" WHERE {' AND '.join(self.conditions)}" if self.conditions else ""


def chosen(layer: Layer, scope: Scope, query: ItemsQuery) -> Chosen:
    """Return what pages and counts have in common: the rows, the conditions on them and their values."""
    equal = {field.name: value for field, value in query.equals}
    rows = relation(layer, scope, query.moment.at, during=query.moment.during, equal=equal)
    params = dict(rows.params)
    conditions = []
    if query.has_box:
        if query.box is None:
            conditions.append("FALSE")
        else:
            params["box"] = to_wkb(query.box, hex=True)
            params["box_srid"] = settings.STORAGE_SRID
            conditions.append("ST_Intersects(r.geom, ST_GeomFromWKB(decode(%(box)s, 'hex'), %(box_srid)s))")
    for n, (field, value) in enumerate(query.equals):
        params[f"equal_{n}"] = value
        conditions.append(comparison(field, f"equal_{n}"))
    if query.filter is not None:
        conditions.append(f"({query.filter.sql})")
        params |= query.filter.params
    return Chosen(rows.sql, rows.parts, conditions, params)


def statement(layer: Layer, scope: Scope, query: ItemsQuery, *, more: Sequence[str] = ()) -> Statement:
    """Return the statement of a page: rows of key, feature as text and sort values as text, one more than the limit.

    Each part of the rows gives its own first ones, by its own index; the page is the first of those.
    """
    found = chosen(layer, scope, query)
    found.conditions.extend(more)
    backward = query.cursor is not None and query.cursor.is_backward
    if query.cursor is not None:
        condition, values = paging.after(query.sort, query.cursor)
        found.conditions.append(condition)
        found.params.update(values)
    found.params["page_size"] = query.limit + 1
    order = paging.order(query.sort, backward=backward)
    told = [f"r.{key.name}::text" for key in query.sort]
    if len(found.parts) > 1:
        told += [f"r.{key.name} AS key_{n}" for n, key in enumerate(query.sort)]
    columns = ", ".join(["r.id", f"{_feature(layer, query)} AS feature", *told])
    selects = [
        f"SELECT {columns} FROM {part} r{found.where} ORDER BY {order} LIMIT %(page_size)s" for part in found.parts
    ]
    if len(selects) == 1:
        return Statement(selects[0], found.params)
    both = " UNION ALL ".join(f"({one})" for one in selects)
    names = [f"key_{n}" for n in range(len(query.sort))]
    again = paging.order(query.sort, backward=backward, columns=names)
    return Statement(f"SELECT * FROM ({both}) r ORDER BY {again} LIMIT %(page_size)s", found.params)


def _feature(layer: Layer, query: ItemsQuery) -> str:
    """Return the expression of a feature's text. Names in it are catalogue entries; only known names reach this."""
    geometry = f"coalesce({_geometry(layer, query.crs)}, 'null')" if query.has_geometry else "'null'"
    properties = "'{}'"
    if query.shown_fields:
        listed = ", ".join(f"r.{field.name}" for field in query.shown_fields)
        properties = f"row_to_json((SELECT p FROM (SELECT {listed}) p))::text"
    name = f"to_json(r.{id_field(layer)})::text"
    return (
        f"""'{{"type":"Feature","id":' || {name} || ',"geometry":' || {geometry}"""
        f""" || ',"properties":' || {properties} || '}}'"""
    )


def _geometry(layer: Layer, crs: Crs) -> str:
    """Return a geometry as GeoJSON: rings counter-clockwise (RFC 7946), in the axis order and digits of the system."""
    shape = "r.geom"
    if "Polygon" in layer.geometry:
        shape = f"ST_ForcePolygonCCW({shape})"
    if crs.srid != settings.STORAGE_SRID:
        shape = f"ST_Transform({shape}, {crs.srid})"
    if crs.is_north_first:
        shape = f"ST_FlipCoordinates({shape})"
    return f"ST_AsGeoJSON({shape}, {crs.decimals}, 0)"


# Reading ------------------------------------------------------------------------------------------------------------


def read_page(layer: Layer, scope: Scope, query: ItemsQuery, using: str = "default") -> Page:
    """Return a page in one round trip.

    Raises
    ------
    TooSlow
        The time of a page was over.
    """
    asked = statement(layer, scope, query)
    rows = read_rows(asked.sql, asked.params, kind="page", using=using)
    has_more = len(rows) > query.limit
    rows = rows[: query.limit]
    backward = query.cursor is not None and query.cursor.is_backward
    if backward:
        rows.reverse()
    if not rows:
        return Page([])
    follows = backward or has_more
    precedes = has_more if backward else query.cursor is not None
    return Page(
        [row[1] for row in rows],
        _cursor(rows[-1], query, is_backward=False) if follows else "",
        _cursor(rows[0], query, is_backward=True) if precedes else "",
    )


def _cursor(row: tuple[Any, ...], query: ItemsQuery, *, is_backward: bool) -> str:
    return paging.write_cursor(
        paging.Cursor(tuple(row[2 : 2 + len(query.sort)]), row[0], is_backward), query.fingerprint
    )


def one_feature(layer: Layer, scope: Scope, name: str, query: ItemsQuery, using: str = "default") -> str | None:
    """Return a feature as text by its public name, or None; ``name`` has the form of the layer's names."""
    kind = layer.field(id_field(layer)).kind
    asked = statement(
        layer, scope, query, more=[f"r.{id_field(layer)} = %(name)s::{'uuid' if kind == 'uuid' else 'text'}"]
    )
    rows = read_rows(asked.sql, {**asked.params, "name": name}, kind="feature", using=using)
    return rows[0][1] if rows else None


class Stream:
    """A long page: features come as they are read, and reading stops when the answer is closed.

    ``returned`` and the cursors are known once the last feature has been taken. Only forward: a page before another
    has to be turned round, so it is read whole.
    """

    def __init__(self, layer: Layer, scope: Scope, query: ItemsQuery, using: str = "default") -> None:
        self.query, self.using = query, using
        self.asked = statement(layer, scope, query)
        self.returned = 0
        self.following = self.preceding = ""

    def texts(self) -> Generator[str]:
        """Yield feature texts; closing the generator closes the cursor and its transaction.

        Raises
        ------
        TooSlow
            The time of a page was over, before the first feature or at a later one.
        """
        connection = connections[self.using]
        with transaction.atomic(using=self.using):
            with connection.cursor() as settings_cursor:
                settings_cursor.execute(prefix("page"))
            with connection.chunked_cursor() as cursor:
                with bounded("page"):
                    cursor.execute(self.asked.sql, self.asked.params)
                yield from self._read(cursor)

    def _read(self, cursor: Any) -> Iterator[str]:
        last: tuple[Any, ...] | None = None
        while True:
            with bounded("page"):
                rows = cursor.fetchmany(_BATCH)
            if not rows:
                return
            for row in rows:
                if self.returned == self.query.limit:
                    self.following = _cursor(last or row, self.query, is_backward=False)
                    return
                if last is None and self.query.cursor is not None:
                    self.preceding = _cursor(row, self.query, is_backward=True)
                last = row
                self.returned += 1
                yield row[1]
