"""Places as a list: by name, category, district or rectangle, in pages that go on by key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from shapely import to_wkb
from shapely.geometry.base import BaseGeometry

from layers.locator.find import words
from layers.locator.nearest import feature_text
from layers.locator.parse import read_question
from layers.querying import read_rows

__all__ = ["LEAST_ALIKE", "Listed", "PlacesQuery", "Row", "list_places", "one_place"]

LEAST_ALIKE: Final = 0.45
"""How much of a text a name must hold (pg_trgm's word similarity) to be found by it."""


@dataclass(frozen=True)
class PlacesQuery:
    """A question for places. ``box`` counts only with ``has_box``: a box of None holds nothing.

    ``after`` is where the last page ended: likeness of the name (0 where none was asked for) and uid.
    """

    text: str = ""
    categories: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    district: UUID | None = None
    has_box: bool = False
    box: BaseGeometry | None = None
    wheelchair: bool = False
    limit: int = 50
    after: tuple[float, UUID] | None = None


@dataclass(frozen=True)
class Row:
    """A place of a list: ``text`` is its feature without the two braces at its end."""

    alike: float
    uid: UUID
    hours_key: int
    category: str
    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Listed:
    """A page of places, and the key that the next one begins after; None where there is none."""

    rows: tuple[Row, ...]
    following: tuple[float, UUID] | None


def list_places(query: PlacesQuery, using: str = "default") -> Listed:
    """Return a page: the names most like the text first, then by uid.

    A text that is the word for a category or a kind asks for the places of that kind, whatever their names are. Another
    one asks for the names that hold it, and for those that are like it only where none does.

    Raises
    ------
    TooSlow
        The time of a page was over, or of a feature where names are compared.
    """
    conditions, params, alike = _chosen(query, using)
    if query.after is not None:
        params |= {"after_alike": query.after[0], "after_uid": query.after[1]}
        order = "t.uid" if alike == "0" else f"(-({alike}), t.uid)"
        given = "%(after_uid)s::uuid" if alike == "0" else "(-%(after_alike)s::float8, %(after_uid)s::uuid)"
        conditions.append(f"{order} > {given}")
    params["taken"] = query.limit + 1
    order = "t.uid" if alike == "0" else "alike DESC, t.uid"
    rows = _read(conditions, params, alike, f"ORDER BY {order} LIMIT %(taken)s", using)
    page = rows[: query.limit]
    return Listed(tuple(page), (page[-1].alike, page[-1].uid) if len(rows) > query.limit else None)


def one_place(uid: UUID, using: str = "default") -> Row | None:
    """Return a place as it is now, or None where there is none."""
    rows = _read(["t.uid = %(uid)s"], {"uid": uid}, "0", "", using)
    return rows[0] if rows else None


def _read(conditions: list[str], params: dict[str, Any], alike: str, tail: str, using: str) -> list[Row]:
    where = " AND ".join(["t.end_lifespan_version IS NULL", *conditions])
    sql = (
        f"SET LOCAL pg_trgm.word_similarity_threshold = {LEAST_ALIKE};"
        f" SELECT ({alike})::float8 AS alike, t.uid::text, t.hours_key, t.category, ST_X(t.geom), ST_Y(t.geom),"
        f" {feature_text()} FROM layers_place t WHERE {where} {tail}"
    )
    found = read_rows(sql, params, kind="page" if alike == "0" else "feature", using=using)
    return [Row(alike, UUID(uid), *rest) for alike, uid, *rest in found]


def _chosen(query: PlacesQuery, using: str) -> tuple[list[str], dict[str, Any], str]:
    """Return conditions, their values, and the SQL of how alike a name is ("0": no name was asked for)."""
    conditions: list[str] = []
    params: dict[str, Any] = {}
    alike = "0"

    def add(condition: str, **values: Any) -> None:
        conditions.append(condition)
        params.update(values)

    if query.text.strip():
        question = read_question(query.text, words())
        if question.category and not question.rest:
            add("t.category = %(meant)s", meant=question.category)
            if question.kind:
                add("t.kind = %(meant_kind)s", meant_kind=question.kind)
        elif not question.folded:
            add("FALSE")  # signs that no name is made of
        else:
            alike = "word_similarity(%(asked)s, t.folded)::float8"
            add(_held_or_like(question.folded, using), asked=question.folded, held=f"%{question.folded}%")
    if query.categories:
        add("t.category = ANY(%(categories)s::text[])", categories=list(query.categories))
    if query.kinds:
        add("t.kind = ANY(%(kinds)s::text[])", kinds=list(query.kinds))
    if query.wheelchair:
        add("t.wheelchair = 'yes'")
    if query.district is not None:
        add(
            "ST_Intersects((SELECT d.geom FROM layers_district d WHERE d.uid = %(district)s"
            " AND d.end_lifespan_version IS NULL), t.geom)",
            district=query.district,
        )
    if query.has_box:
        if query.box is None:
            add("FALSE")
        else:
            add(
                "ST_Intersects(t.geom, ST_GeomFromWKB(decode(%(box)s, 'hex'), %(srid)s))",
                box=to_wkb(query.box, hex=True),
                srid=settings.STORAGE_SRID,
            )
    return conditions, params, alike


def _held_or_like(asked: str, using: str) -> str:
    """Return the condition on names: to hold the text, where any does; otherwise to be like it."""
    sql = "SELECT 1 FROM layers_place t WHERE t.end_lifespan_version IS NULL AND t.folded LIKE %(held)s LIMIT 1"
    if read_rows(sql, {"held": f"%{asked}%"}, kind="feature", using=using):
        return "t.folded LIKE %(held)s"
    return "t.folded %%> %(asked)s"
