"""Filters of OGC API - Features, part 3: CQL2 text and JSON into conditions of SQL (docs/adr/0028)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

from django.conf import settings

from layers.files.mapping import LayerField

from .conformance import CONFORMANCE
from .errors import FilterRefused
from .limits import VERTICES
from .objects import read_json
from .spatial import Placing
from .sql import Compiler
from .text import read_text
from .tree import Node, Operation, Shape

__all__ = ["CONFORMANCE", "GEOMETRY", "Filter", "FilterRefused", "Language", "parse", "read"]

Language = Literal["cql2-text", "cql2-json"]

GEOMETRY: Final = "geometry"
"""The name by which a layer's geometry is asked for."""

_KEPT_LENGTH: Final = 1_000


@dataclass(frozen=True)
class Filter:
    """A condition over the columns of a ``layers.relation.Relation`` by its alias in the query.

    ``sql`` is one boolean expression, to stand after WHERE or AND; a row counts where it is true. Names of ``params``
    begin with ``flt_``. ``properties`` are the names asked for, ``tree`` is what was read.
    """

    sql: str
    params: dict[str, Any]
    properties: frozenset[str]
    tree: Node


def read(source: str | Mapping[str, Any] | bool, lang: Language) -> Node:
    """Return a filter as a tree, whatever layer it may be for.

    Raises
    ------
    FilterRefused
        It is not CQL2, or larger than ``filters.limits`` allows.
    """
    if isinstance(source, str) and len(source) <= _KEPT_LENGTH:
        return _read_kept(source, lang)
    return _read(source, lang)


@lru_cache(maxsize=256)
def _read_kept(source: str, lang: Language) -> Node:
    """Return the tree of a short filter, which pages of one query and many clients ask again and again."""
    return _read(source, lang)


def _read(source: str | Mapping[str, Any] | bool, lang: Language) -> Node:
    if lang == "cql2-json":
        tree = read_json(source)
    elif isinstance(source, str):
        tree = read_text(source)
    else:
        raise TypeError("CQL2 text is a str")
    if _vertices(tree) > VERTICES:
        raise FilterRefused(
            f"في أشكال المرشح كلها أكثر من {VERTICES} رأس.",
            f"The geometries of the filter together have more than {VERTICES} vertices.",
            what="too_many",
            todo_ar="بسّطها.",
            todo_en="Simplify them.",
        )
    return tree


def parse(
    source: str | Mapping[str, Any] | bool,
    lang: Language,
    fields: Sequence[LayerField],
    *,
    geometry_name: str = GEOMETRY,
    filter_srid: int = 4326,
    is_yx: bool = False,
    storage_srid: int | None = None,
    alias: str = "r",
) -> Filter:
    """Return a filter as a condition over a relation's columns.

    Parameters
    ----------
    source : str or mapping
        The filter; JSON as its text or already read.
    fields : sequence of LayerField
        What the scope may read (``Relation.fields``): nothing else exists for the filter.
    geometry_name : str
        Name of the geometry in the queryables.
    filter_srid : int
        EPSG code of the coordinates in the filter.
    is_yx : bool
        True where that CRS has its northing first, as the URI of EPSG:4326 says; CRS84 is 4326 without it.
    storage_srid : int, optional
        EPSG code of the column ``geom``; the setting STORAGE_SRID without it.
    alias : str
        Alias of the relation in the query.

    Raises
    ------
    FilterRefused
        Anything that cannot be answered; the message says what, where, and what to write instead.
    """
    tree = read(source, lang)
    place = Placing(filter_srid, storage_srid or settings.STORAGE_SRID, is_yx)
    compiler = Compiler({f.name: f for f in fields}, geometry_name, place, settings.TIME_ZONE, alias)
    sql = compiler.condition(tree)
    return Filter(sql, compiler.params, frozenset(compiler.properties), tree)


def _vertices(node: Node) -> int:
    if isinstance(node, Operation):
        return sum(_vertices(a) for a in node.args)
    return node.vertices if isinstance(node, Shape) else 0
