"""Every relation in time between every two operands, against an evaluation in Python."""

from __future__ import annotations

import datetime
import itertools
from typing import Any

import pytest
import shapely

from layers.ogc.filters import FilterRefused, parse
from layers.ogc.filters.names import COMPARISONS, INTERVALS_ONLY, TEMPORAL
from layers.ogc.filters.tree import OPEN, Date, Interval, Node, Property, Timestamp, operation

from .features import FIELDS, Features, feature
from .oracle import holds
from .writing import to_text

BEGIN, END = Property("begin_lifespan_version"), Property("end_lifespan_version")


def at(day: int, hour: int = 0, minute: int = 0) -> datetime.datetime:
    return datetime.datetime(2026, 3, day, hour, minute, tzinfo=datetime.UTC)


# Around midnight in the municipality, which is 21:00 UTC.
MOMENTS = (at(1), at(1, 20, 59), at(1, 21), at(2, 12))
ROWS = [
    feature(n, shapely.Point(0, 0), begin_lifespan_version=begin, end_lifespan_version=end)
    for n, (begin, end) in enumerate(itertools.product((None, *MOMENTS), (None, *MOMENTS)))
]
INSTANTS: list[Any] = [BEGIN, END, *map(Timestamp, MOMENTS), *(Date(at(d).date()) for d in (1, 2, 3))]


def intervals() -> list[Interval]:
    fixed = [Interval(a, b) for a, b in itertools.combinations(INSTANTS[2:], 2) if type(a) is type(b)]
    own: list[Any] = [Interval(BEGIN, END), Interval(BEGIN, OPEN), Interval(OPEN, END), Interval(OPEN, OPEN)]
    mixed: list[Any] = [Interval(BEGIN, INSTANTS[5]), Interval(INSTANTS[3], END), Interval(INSTANTS[7], END)]
    half: list[Any] = [Interval(INSTANTS[3], OPEN), Interval(OPEN, INSTANTS[8])]
    return fixed + own + mixed + half


def check(asked: list[Node]) -> None:
    features = Features(ROWS)
    for start in range(0, len(asked), 200):
        some = asked[start : start + 200]
        found = features.truths([parse(to_text(tree), "cql2-text", FIELDS) for tree in some])
        for tree, truths in zip(some, found, strict=True):
            assert truths == {row["id"]: holds(tree, row) for row in ROWS}, to_text(tree)


@pytest.mark.django_db
def test_req_basic_cql2__instants_compare() -> None:
    pairs = [p for p in itertools.product(INSTANTS, INSTANTS) if any(isinstance(o, Property) for o in p)]
    check([operation(sign, pair, "") for sign in COMPARISONS for pair in pairs])


@pytest.mark.django_db
@pytest.mark.parametrize("name", TEMPORAL)
def test_req_temporal_functions__relations_of_intervals(name: str) -> None:
    check([operation(name, pair, "") for pair in itertools.product(intervals(), intervals())])


@pytest.mark.django_db
@pytest.mark.parametrize("name", [n for n in TEMPORAL if n not in INTERVALS_ONLY])
def test_req_temporal_functions__relations_of_instants_and_intervals(name: str) -> None:
    pairs = [*itertools.product(INSTANTS, intervals()), *itertools.product(intervals(), INSTANTS)]
    check([operation(name, pair, "") for pair in [*pairs, *itertools.product(INSTANTS, INSTANTS)]])


@pytest.mark.parametrize("name", INTERVALS_ONLY)
def test_req_temporal_functions__an_instant_is_an_error_where_only_intervals_have_a_relation(name: str) -> None:
    for args in (
        "begin_lifespan_version, INTERVAL('2026-01-01', '..')",
        "INTERVAL('2026-01-01', '..'), DATE('2026-01-01')",
    ):
        with pytest.raises(FilterRefused, match="two intervals only"):
            parse(f"{name.upper()}({args})", "cql2-text", FIELDS)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("begin_lifespan_version = '2026-03-01'", "cannot be compared"),
        ("begin_lifespan_version > 2026", "cannot be compared"),
        ("begin_lifespan_version = DATE('2026-02-30')", "neither a day nor a moment"),
        ("begin_lifespan_version = DATE('٢٠٢٦-٠٣-٠١')", "neither a day nor a moment"),
        ("begin_lifespan_version = DATE('2026-3-1')", "neither a day nor a moment"),
        ("begin_lifespan_version = TIMESTAMP('2026-03-01T00:00:00')", "neither a day nor a moment"),
        ("begin_lifespan_version = TIMESTAMP('2026-03-01T00:00:00+03:00')", "neither a day nor a moment"),
        ("begin_lifespan_version = TIMESTAMP('2026-03-01T24:00:00Z')", "neither a day nor a moment"),
        ("begin_lifespan_version = DATE(name)", "It is written"),
        ("T_INTERSECTS(begin_lifespan_version, INTERVAL('2026-03-02', '2026-03-01'))", "ends before it begins"),
        ("T_INTERSECTS(begin_lifespan_version, INTERVAL('2026-03-02', '2026-03-03T00:00:00Z'))", "One end"),
        ("T_INTERSECTS(begin_lifespan_version, INTERVAL('2026-03-02'))", "It is written"),
        ("T_INTERSECTS(begin_lifespan_version, INTERVAL(name, '2026-03-02'))", "no property of time"),
        ("T_AFTER(name, DATE('2026-03-02'))", "no property of time"),
        ("T_AFTER(geometry, DATE('2026-03-02'))", "no property of time"),
        ("T_AFTER('2026-03-01', DATE('2026-03-02'))", "A time is needed"),
        ("T_AFTER(DATE('2026-03-02'))", "takes two times"),
        ("INTERVAL('2026-03-01', '..') = INTERVAL('2026-03-01', '..')", "no meaning"),
    ],
)
def test_a_time_that_is_none_is_refused(written: str, message: str) -> None:
    with pytest.raises(FilterRefused, match=message):
        parse(written, "cql2-text", FIELDS)


@pytest.mark.django_db
def test_the_ends_of_the_calendar_are_no_error() -> None:
    features = Features(ROWS)
    for sign in COMPARISONS:
        for day in ("0001-01-01", "9999-12-31"):
            features.ids(parse(f"begin_lifespan_version {sign} DATE('{day}')", "cql2-text", FIELDS))
            features.ids(
                parse(f"begin_lifespan_version {sign} TIMESTAMP('{day}T23:59:59.999999Z')", "cql2-text", FIELDS)
            )
    everything = parse(
        "T_INTERSECTS(begin_lifespan_version, INTERVAL('0001-01-01', '9999-12-31'))", "cql2-text", FIELDS
    )
    assert features.ids(everything) == {row["id"] for row in ROWS if row["begin_lifespan_version"]}
