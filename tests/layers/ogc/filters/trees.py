"""Random features and random filters over them, by hypothesis."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import shapely
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from layers.ogc.filters.names import INTERVALS_ONLY, SPATIAL, TEMPORAL
from layers.ogc.filters.tree import (
    OPEN,
    Boolean,
    Box,
    Date,
    Interval,
    Node,
    Number,
    Property,
    Shape,
    Text,
    Timestamp,
    operation,
)

from .features import feature

# Few different values, so that equality happens; the letters are those that go wrong: quotes, wildcards, both digit
# systems, Arabic with and without vowel signs, letters with two cases and with none.
WORDS = ("", "a", "A", "é", "e", "ß", "SS", "50%", "50", "_", "\\", "o'neil", '"', "قطعة ١٢", "قِطعة 12", "أحمد", "احمد")
INSTANTS = tuple(
    datetime.datetime(2026, 3, day, hour, minute, tzinfo=datetime.UTC)
    for day in (1, 2, 3)
    for hour, minute in ((0, 0), (20, 59), (21, 0), (23, 59))
)
DAYS = tuple(datetime.date(2026, 3, day) for day in (1, 2, 3, 4))


def _op(name: str, *args: Node) -> Node:
    return operation(name, args, "")


# Geometry on a small lattice, where touching, overlapping and being equal are common --------------------------------

_at = st.integers(0, 4)
_points = st.builds(lambda x, y: shapely.Point(x, y), _at, _at)
_lines = (
    st.lists(st.tuples(_at, _at), min_size=2, max_size=4, unique=True)
    .map(shapely.LineString)
    .filter(lambda g: g.is_simple)
)
_boxes = st.tuples(_at, _at, st.integers(1, 3), st.integers(1, 3)).map(
    lambda b: shapely.box(b[0], b[1], b[0] + b[2], b[1] + b[3])
)
_triangles = (
    st.lists(st.tuples(_at, _at), min_size=3, max_size=3, unique=True)
    .map(shapely.Polygon)
    .filter(lambda g: g.is_valid and g.area > 0)
)
_holed = st.just(shapely.Polygon([(0, 0), (4, 0), (4, 4), (0, 4)], [[(1, 1), (1, 3), (3, 3), (3, 1)]]))
_multi_points = st.lists(_points, min_size=1, max_size=3).map(shapely.MultiPoint)
_multi_lines = st.lists(_lines, min_size=1, max_size=2).map(shapely.MultiLineString).filter(lambda g: g.is_simple)
_multi_areas = st.lists(_boxes, min_size=1, max_size=2).map(shapely.MultiPolygon).filter(lambda g: g.is_valid)
geometries = st.one_of(_points, _lines, _boxes, _triangles, _holed, _multi_points, _multi_lines, _multi_areas)
shapes: SearchStrategy[Node] = geometries.map(lambda g: Shape(g, shapely.count_coordinates(g)))
boxes: SearchStrategy[Node] = st.tuples(_at, _at, st.integers(0, 3), st.integers(0, 3)).map(
    lambda b: Box((float(b[0]), float(b[1]), float(b[0] + b[2]), float(b[1] + b[3])))
)

# Features -----------------------------------------------------------------------------------------------------------


def _maybe(values: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.one_of(st.none(), values)


_words = st.sampled_from(WORDS)
_uids = st.sampled_from(("11111111-1111-4111-8111-11111111111a", "22222222-2222-4222-8222-22222222222b"))
_integers = st.integers(-3, 6)
_decimals = st.sampled_from([Decimal(n) for n in ("-2", "0", "0.5", "1", "2.25", "600.50", "1234567890123.07")])
_floats = st.sampled_from([-1.5, 0.0, 0.5, 2.25, 3.0, 600.5])
rows = st.lists(
    st.fixed_dictionaries(
        {
            "geometry": geometries,
            "uid": _uids,
            "name": _maybe(_words),
            "code": _maybe(_words),
            "floors": _maybe(_integers),
            "area": _maybe(_decimals),
            "length": _maybe(_floats),
            "begin_lifespan_version": _maybe(st.sampled_from(INSTANTS)),
            "end_lifespan_version": _maybe(st.sampled_from(INSTANTS)),
        }
    ),
    min_size=6,
    max_size=12,
).map(lambda made: [feature(i, **row) for i, row in enumerate(made)])

# Filters ------------------------------------------------------------------------------------------------------------

_text_leaves: SearchStrategy[Node] = st.one_of(
    st.sampled_from(["name", "code", "uid"]).map(Property), _words.map(Text), _uids.map(Text)
)
texts: SearchStrategy[Node] = st.one_of(
    _text_leaves,
    st.builds(lambda f, t: _op(f, t), st.sampled_from(["casei", "accenti"]), _text_leaves),
    _text_leaves.map(lambda t: _op("accenti", _op("casei", t))),
)
_patterns: SearchStrategy[Node] = st.sampled_from(
    ["%", "_", "a%", "%12", "50\\%", "\\_", "\\\\", "%ا%", "_%_", "o'%", "é", ""]
).map(Text)
patterns: SearchStrategy[Node] = st.one_of(_patterns, _patterns.map(lambda p: _op("casei", p)))

_number_leaves: SearchStrategy[Node] = st.one_of(
    st.sampled_from(["floors", "area", "length"]).map(Property),
    _integers.map(Number),
    _decimals.map(lambda d: Number(int(d) if d == d.to_integral_value() else d)),
)
numbers: SearchStrategy[Node] = st.recursive(
    _number_leaves,
    lambda inner: st.builds(_op, st.sampled_from(["+", "-", "*", "/", "%", "div", "^"]), inner, inner),
    max_leaves=4,
)

_time_properties = st.sampled_from(["begin_lifespan_version", "end_lifespan_version"]).map(Property)
_dates = st.sampled_from(DAYS).map(Date)
_moments = st.sampled_from(INSTANTS).map(Timestamp)
instants: SearchStrategy[Node] = st.one_of(_time_properties, _dates, _moments)


def _ordered(pair: tuple[Any, Any]) -> Any:
    fixed = sorted(pair, key=lambda e: e.value)
    return Interval(fixed[0], fixed[1])


intervals: SearchStrategy[Node] = st.one_of(
    st.tuples(_dates, _dates).map(_ordered),
    st.tuples(_moments, _moments).map(_ordered),
    st.builds(Interval, st.one_of(_time_properties, st.just(OPEN)), st.one_of(_time_properties, _dates, _moments)),
    st.builds(Interval, st.one_of(_time_properties, _dates, _moments), st.one_of(_time_properties, st.just(OPEN))),
)
_signs = st.sampled_from(["=", "<>", "<", ">", "<=", ">="])
_geometry = st.just(Property("geometry"))

predicates: SearchStrategy[Node] = st.one_of(
    st.builds(_op, _signs, texts, texts),
    st.builds(_op, _signs, numbers, numbers),
    st.builds(_op, _signs, instants, instants),
    st.builds(_op, st.just("like"), texts, patterns),
    st.builds(lambda v, a, b: _op("between", v, a, b), numbers, numbers, numbers),
    st.builds(lambda v, items: _op("in", v, *items), texts, st.lists(texts, min_size=1, max_size=4)),
    st.builds(lambda v, items: _op("in", v, *items), numbers, st.lists(_number_leaves, min_size=1, max_size=4)),
    st.one_of(_text_leaves, numbers, _time_properties).map(lambda n: _op("isNull", n)),
    st.builds(_op, st.sampled_from(SPATIAL), _geometry, st.one_of(shapes, boxes)),
    st.builds(_op, st.sampled_from(SPATIAL), st.one_of(shapes, boxes), _geometry),
    st.builds(_op, st.sampled_from([t for t in TEMPORAL if t not in INTERVALS_ONLY]), instants, intervals),
    st.builds(_op, st.sampled_from([t for t in TEMPORAL if t not in INTERVALS_ONLY]), intervals, instants),
    st.builds(_op, st.sampled_from(TEMPORAL), intervals, intervals),
    st.booleans().map(Boolean),
)
conditions: SearchStrategy[Node] = st.recursive(
    predicates,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: _op("and", *parts)),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: _op("or", *parts)),
        inner.map(lambda part: _op("not", part)),
        inner.map(lambda part: _op("isNull", part)),
        st.builds(_op, st.sampled_from(["=", "<>"]), inner, inner),
    ),
    max_leaves=5,
)
