"""What the standard's abstract test suite (OGC 21-065r2, annex A) asks of every queryable of every collection."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.db import connection

from layers.access import PUBLIC
from layers.catalog.base import Layer
from layers.ogc.filters import FilterRefused, parse
from layers.ogc.filters.names import INTERVALS_ONLY, TEMPORAL
from layers.registry import LAYERS
from layers.relation import relation
from tests.layers.ogc.asking import Api

pytestmark = pytest.mark.django_db

WORLD = ("BBOX(-180,-90,180,90)", "POLYGON((-180 -90,180 -90,180 90,-180 90,-180 -90))")
ELSEWHERE = ("LINESTRING(7 50, 10 51)", "POINT(7.02 49.92)", "MULTIPOINT(7 50,10 51)")
YEAR = "INTERVAL('2021-01-01T00:00:00Z','2021-12-31T23:59:59Z')"
DAYS = "INTERVAL('2021-01-01','2021-12-31')"


def matched(layer: Layer, text: str) -> frozenset[int]:
    """Return the keys of the features that a filter finds."""
    rows = relation(layer, PUBLIC)
    asked = parse(text, "cql2-text", rows.fields)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT r.id FROM {rows.sql} r WHERE {asked.sql}", {**rows.params, **asked.params})
        return frozenset(row[0] for row in cursor.fetchall())


def names(layer: Layer, *kinds: str) -> list[str]:
    return [f.name for f in relation(layer, PUBLIC).fields if f.kind in kinds]


@pytest.fixture(params=sorted(LAYERS))
def layer(request: Any, api: Api) -> Layer:
    return LAYERS[request.param]


def test_conf_basic_cql2_comparison(layer: Layer) -> None:
    """=, <> and <, <=, >, >= split the features that have a value in two and in three."""
    values = [*((n, "'foo'") for n in names(layer, "text")), *((n, "3.14") for n in names(layer, "decimal", "float"))]
    values += [*((n, "1") for n in names(layer, "integer"))]
    for name in names(layer, "datetime"):
        values += [(name, "TIMESTAMP('2022-04-14T14:48:46Z')"), (name, "DATE('2022-04-14')")]
    everything = matched(layer, "TRUE")
    for name, value in values:
        known, missing = matched(layer, f"{name} IS NOT NULL"), matched(layer, f"{name} IS NULL")
        assert known | missing == everything and not known & missing
        found = {sign: matched(layer, f"{name} {sign} {value}") for sign in ("=", "<>", "<", ">", "<=", ">=")}
        assert found["="] | found["<>"] == known and not found["="] & found["<>"]
        assert found["<"] | found["="] == found["<="] and found[">"] | found["="] == found[">="]
        assert found["<"] | found[">"] == found["<>"] and not found["<"] & found[">"]


def test_conf_advanced_comparison_operators(layer: Layer) -> None:
    for name in names(layer, "text"):
        known = matched(layer, f"{name} IS NOT NULL")
        assert matched(layer, f"{name} LIKE '%'") == known
        assert matched(layer, f"{name} LIKE '_%'") | matched(layer, f"{name} = ''") == known
        assert matched(layer, f"{name} IN ('foo', 'bar')") == matched(layer, f"{name} = 'foo' OR {name} = 'bar'")
        assert matched(layer, f"CASEI({name}) LIKE CASEI('%A%')") >= matched(layer, f"{name} LIKE '%a%'")
        assert matched(layer, f"ACCENTI({name}) = ACCENTI({name})") == known
    for name in names(layer, "integer", "decimal", "float"):
        known = matched(layer, f"{name} IS NOT NULL")
        inside = matched(layer, f"{name} BETWEEN 100 AND 1000")
        assert inside == matched(layer, f"{name} >= 100 AND {name} <= 1000")
        assert matched(layer, f"{name} NOT BETWEEN 100 AND 1000") == known - inside
        assert matched(layer, f"{name} + 0 = {name}") == known


def test_conf_spatial_functions(layer: Layer) -> None:
    everything = matched(layer, "TRUE")
    assert everything or layer.code == "open_cases"  # the sample's land has no case
    for world in WORLD:
        assert matched(layer, f"S_INTERSECTS(geometry,{world})") == everything
        assert matched(layer, f"S_WITHIN(geometry,{world})") == everything
        for name in ("S_DISJOINT", "S_CONTAINS", "S_TOUCHES", "S_EQUALS", "S_CROSSES", "S_OVERLAPS"):
            assert matched(layer, f"{name}(geometry,{world})") == frozenset()
    for place in ELSEWHERE:
        assert matched(layer, f"S_DISJOINT(geometry,{place})") == everything
        for name in ("S_INTERSECTS", "S_CONTAINS", "S_TOUCHES", "S_EQUALS", "S_CROSSES", "S_OVERLAPS", "S_WITHIN"):
            assert matched(layer, f"{name}(geometry,{place})") == frozenset()
    for name in ("S_INTERSECTS", "S_DISJOINT"):
        with pytest.raises(FilterRefused, match="not degrees"):
            matched(layer, f"{name}(geometry,POINT(90 180))")


def test_conf_temporal_functions(layer: Layer) -> None:
    moments = names(layer, "datetime")
    for name in moments:
        known = matched(layer, f"{name} IS NOT NULL")
        for other in ("TIMESTAMP('2022-04-24T07:59:57Z')", "DATE('2022-04-24')", YEAR, DAYS):
            found = {f: matched(layer, f"{f}({name},{other})") for f in TEMPORAL if f not in INTERVALS_ONLY}
            assert found["t_after"] | found["t_before"] == found["t_disjoint"]
            assert found["t_disjoint"] | found["t_intersects"] == known
            assert not found["t_disjoint"] & found["t_intersects"] and not found["t_after"] & found["t_before"]
            assert found["t_equals"] <= found["t_intersects"]
    if len(moments) == 2:
        for other in (YEAR, DAYS):
            for name in TEMPORAL:
                assert matched(layer, f"{name.upper()}(INTERVAL({', '.join(moments)}),{other})") is not None


def test_conf_logical(layer: Layer) -> None:
    """Random combinations, held against sets: NOT takes what is false, and nothing here is unknown."""
    chance = random.Random(layer.code)
    text = names(layer, "text")[0]
    predicates = [
        f"{text} > 'm'",
        f"{text} LIKE '%1%'",
        "S_INTERSECTS(geometry,BBOX(-180,-90,180,90))",
        "S_DISJOINT(geometry,POINT(7.02 49.92))",
        "uid < '8'",
        f"{text} IS NULL",
    ]
    everything = matched(layer, "TRUE")
    known = {p: matched(layer, p) for p in predicates}
    unknown = everything - matched(layer, f"{text} IS NOT NULL")
    for _ in range(10):
        p1, p2, p3, p4 = chance.sample(predicates, 4)
        found = matched(layer, f"((NOT {p1} AND {p2}) OR ({p3} and NOT {p4}) or not ({p1} AND {p4}))")
        a, b, c, d = (known[p] for p in (p1, p2, p3, p4))
        expected = ((everything - a) & b) | (c & (everything - d)) | (everything - (a & d))
        assert found - unknown == expected - unknown
