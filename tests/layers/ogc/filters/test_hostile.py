"""What someone who means harm may send: refused with a message, by size before anything reads it."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
import shapely

from layers.ogc.filters import FilterRefused, limits, parse
from tests.budget import budget

from .features import FIELDS, Features, feature
from .test_expressions import CASES

DEEP = 10_000


def nested(depth: int) -> dict[str, Any]:
    made: Any = {"op": "=", "args": [{"property": "floors"}, 1]}
    for _ in range(depth):
        made = {"op": "not", "args": [made]}
    return made


def nested_json(depth: int) -> str:
    return '{"op":"not","args":[' * depth + "true" + "]}" * depth


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("(" * DEEP + "floors = 1" + ")" * DEEP, "too_long"),
        ("(" * 4_000 + "floors = 1" + ")" * 4_000, "too_deep"),
        ("(" * 65, "too_deep"),
        ("(" * 64, "syntax"),
        (")" * DEEP, "syntax"),
        ("NOT " * 4_000 + "floors = 1", "too_deep"),
        ("-" * DEEP + "floors = 1", "too_deep"),
        ("floors" + " + 1" * 4_000 + " = 1", "too_deep"),
        ("CASEI(" * 2_500 + "name" + ")" * 2_500 + " = 'x'", "too_deep"),
        ("floors = 1 OR " * 1_400 + "floors = 1", "too_many"),
        ("floors IN (" + "1," * 9_000 + "1)", "too_many"),
        ("name IN (" + ",".join(f"'{n}'" for n in range(2_000)) + ")", "too_many"),
        ("S_WITHIN(geometry, LINESTRING(" + ",".join(f"{n} 1" for n in range(2_001)) + "))", "too_many"),
        ("name = '" + "x" * 1_000_000 + "'", "too_long"),
        ("name = '" + "x" * 1_001 + "'", "too_long"),
        ("name = '" + "%_" * 9_000, "syntax"),
        ("x" * 20_000, "unknown_property"),
        ("'" * 19_999, "syntax"),
        ('"' * 19_999, "syntax"),
        ("\\" * 20_000, "syntax"),
        ("9" * 19_000 + " = 1", "bad_value"),
        ("1e" + "9" * 19_000 + " = 1", "bad_value"),
        ("." * 20_000, "syntax"),
        (" " * 20_000, "syntax"),
        ("POINT(" * 30, "syntax"),
        ("POLYGON(" + "(" * 60, "syntax"),
        ("name = 'x\0'", "bad_value"),
        ("\0", "bad_value"),
        ("name = '\ud800'", "bad_value"),
        ("\ufeffname = 'x'", "unknown_property"),
        ("name = 'x' -- AND", "wrong_type"),
        ("name = 'x'; SELECT pg_sleep(9)", "syntax"),
        ("name = ''; --'", "syntax"),
        ("name = %(flt_0)s", "syntax"),
        ("name = $1", "syntax"),
        ("name ~ 'x'", "syntax"),
        ("name::text = 'x'", "unknown_property"),
        ("name || 'x' = 'x'", "syntax"),
        ("(SELECT 1) = 1", "syntax"),
        ('"name" OR 1=1 --" = \'x\'', "syntax"),
        ('"name"" OR 1=1" = 1', "syntax"),
        ('"; DROP TABLE x; --" = 1', "unknown_property"),
        ('"floors) OR (1=1" = 1', "unknown_property"),
        ('"r.id" = 1', "unknown_property"),
        ("id = 1", "unknown_property"),
        ("geom_3857 = 1", "unknown_property"),
        ("__class__ = 1", "unknown_property"),
        ("pg_read_file('/etc/passwd') = 'x'", "unknown_function"),
    ],
)
def test_a_hostile_text_is_refused(text: str, what: str) -> None:
    with pytest.raises(FilterRefused) as caught:
        parse(text, "cql2-text", FIELDS)
    assert caught.value.what == what
    assert len(str(caught.value)) < 600  # a refusal does not send back what was sent


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (nested_json(DEEP), "too_long"),
        (nested_json(500), "too_deep"),
        ("[" * 9_000, "too_deep"),
        ('{"op":' * 3_000, "too_deep"),
        ('{"op": "in", "args": [{"property": "floors"}, [' + "1," * 5_000 + "1]]}", "too_many"),
        ('{"op": "=", "args": ["' + "x" * 5_000 + '", "x"]}', "too_long"),
        ('{"op": "=", "args": ["\\u0000", "x"]}', "bad_value"),
        ('"' + "x" * 30_000 + '"', "too_long"),
    ],
)
def test_a_hostile_json_text_is_refused(given: str, what: str) -> None:
    with pytest.raises(FilterRefused) as caught:
        parse(given, "cql2-json", FIELDS)
    assert caught.value.what == what


def test_objects_given_as_they_are_meet_the_same_limits() -> None:
    wide = {"op": "and", "args": [True] * 100_000}
    many = {"op": "in", "args": [{"property": "floors"}, list(range(100_000))]}
    line = {"type": "LineString", "coordinates": [[n, 1] for n in range(100_000)]}
    long = {"op": "s_within", "args": [{"property": "geometry"}, line]}
    for given, what in ((nested(500), "too_deep"), (wide, "too_many"), (many, "too_many"), (long, "too_many")):
        with pytest.raises(FilterRefused) as caught:
            parse(given, "cql2-json", FIELDS)
        assert caught.value.what == what


def test_geometries_of_a_filter_share_one_limit() -> None:
    line = "LINESTRING(" + ",".join(f"5{n % 7} 2{n % 5}" for n in range(900)) + ")"
    one = f"S_WITHIN(geometry, {line})"
    assert parse(f"{one} OR {one}", "cql2-text", FIELDS).sql
    with pytest.raises(FilterRefused, match="together"):
        parse(f"{one} OR {one} OR {one}", "cql2-text", FIELDS)


def test_what_is_at_the_limits_is_answered() -> None:
    assert parse("(" * 64 + "floors = 1" + ")" * 64, "cql2-text", FIELDS).sql
    assert parse("NOT " * 62 + "floors = 1", "cql2-text", FIELDS).sql
    assert parse("floors IN (" + ",".join(["1"] * (limits.NODES - 2)) + ")", "cql2-text", FIELDS).sql
    assert parse(nested(20), "cql2-json", FIELDS).sql == parse(nested_json(0), "cql2-json", FIELDS).sql.replace(
        "TRUE", parse(nested(20), "cql2-json", FIELDS).sql
    )


PIECES = (
    *"()',\"=<>+-*/%^.:;\\ \n\0é١ـ\u200f",
    *(
        "name",
        "floors",
        "geometry",
        "AND",
        "OR",
        "NOT",
        "IN",
        "LIKE",
        "BETWEEN",
        "IS",
        "NULL",
        "TRUE",
        "1",
        "2.5",
        "'x'",
    ),
    *(
        "POINT(1 1)",
        "BBOX(",
        "DATE('2026-01-01')",
        "INTERVAL(",
        "S_INTERSECTS(",
        "T_AFTER(",
        "CASEI(",
        "..",
        "div",
        "{}",
    ),
    *("begin_lifespan_version", "POLYGON((0 0, 1 0, 1 1, 0 0))", "--", "/*", "$1", "%(x)s", "A_EQUALS(", "Z", "1e9"),
)


@pytest.mark.django_db
def test_whatever_is_thrown_at_it_is_answered_or_refused() -> None:
    """Random strings of the language's pieces: never another error, neither here nor in the database."""
    chance = random.Random(20261122)
    features = Features([feature(1, shapely.Point(1, 1), name="x", floors=1)])
    answered = 0
    whole = [text for cases in CASES.values() for text, _ in cases]
    for _ in range(budget(3_000, 200_000)):
        words = chance.choice(whole).split(" ")
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(words) + 1)
            words[at : at + chance.randrange(2)] = chance.choices(PIECES, k=chance.randrange(3))
        text = " ".join(words)
        try:
            asked = parse(text, "cql2-text", FIELDS, filter_srid=32639)
        except FilterRefused as refusal:
            assert refusal.text("ar") and refusal.text("en")
            continue
        features.ids(asked)
        answered += 1
    assert answered > 100


def _damaged(chance: random.Random, found: Any) -> Any:
    """Return JSON with one thing in it changed."""
    odd = (None, True, -1, 10**50, "x", "", [], {}, [[]], {"op": "="}, {"property": "name"}, {"property": 7}, "\0", 0.5)
    if chance.random() < 0.2:
        return chance.choice(odd)
    if isinstance(found, dict) and found:
        key = chance.choice(list(found))
        if chance.random() < 0.15:
            return {k: v for k, v in found.items() if k != key}
        return {**found, key: _damaged(chance, found[key])}
    if isinstance(found, list) and found:
        at = chance.randrange(len(found))
        return [*found[:at], *([] if chance.random() < 0.1 else [_damaged(chance, found[at])]), *found[at + 1 :]]
    return chance.choice(odd)


SEEDS: tuple[dict[str, Any], ...] = (
    {"op": "and", "args": [{"op": "=", "args": [{"property": "name"}, "x"]}, {"op": "not", "args": [True]}]},
    {"op": "in", "args": [{"property": "floors"}, [1, 2, 3]]},
    {"op": "like", "args": [{"op": "casei", "args": [{"property": "name"}]}, {"op": "casei", "args": ["x%"]}]},
    {"op": "between", "args": [{"property": "floors"}, 1, {"op": "+", "args": [1, {"property": "area"}]}]},
    {"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [0, 0, 2, 2]}]},
    {"op": "s_within", "args": [{"property": "geometry"},
        {"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [2, 2], [0, 0]]]}]},
    {"op": "t_during", "args": [{"interval": [{"property": "begin_lifespan_version"}, ".."]},
        {"interval": ["2026-01-01", "2026-02-01"]}]},
    {"op": "isNull", "args": [{"property": "name"}]},
)  # fmt: skip


@pytest.mark.django_db
def test_damaged_json_is_answered_or_refused() -> None:
    chance = random.Random(7)
    features = Features([feature(1, shapely.Point(1, 1), name="x", floors=1)])
    answered = 0
    for n in range(budget(3_000, 200_000)):
        given = _damaged(chance, SEEDS[n % len(SEEDS)])
        if chance.random() < 0.5:
            given = _damaged(chance, given)
        sent = json.dumps(given) if n % 2 else given
        if not isinstance(sent, (str, dict, bool)):
            continue
        try:
            asked = parse(sent, "cql2-json", FIELDS, filter_srid=32639)
        except FilterRefused as refusal:
            assert refusal.text("ar") and refusal.text("en")
            continue
        features.ids(asked)
        answered += 1
    assert answered > 50
