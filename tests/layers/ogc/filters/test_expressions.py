"""CQL2 by its requirements: what each expression finds among a few features, in text and in JSON."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import Any

import pytest
import shapely
from django.db import connection

from layers.ogc.filters import FilterRefused, parse, read

from .features import FIELDS, Features, feature
from .writing import to_json

UID = "8b0c7a5e-1f1d-4a53-9d0e-0a1b2c3d4e5f"
FEATURES = Features(
    [
        feature(
            1, shapely.Point(1, 1), uid=UID, name="Khobar", code="12", floors=1, area=Decimal("600.50"), length=0.1
        ),
        feature(2, shapely.Point(2, 2), name="khobar", code="١٢", floors=2, area=Decimal("600.5"), length=2.5),
        feature(3, shapely.Point(3, 3), name="O'Neil's 50%", code="a_b", floors=-3, area=Decimal(0), length=-1.5),
        feature(4, shapely.Point(4, 4), name="مُحَمَّد", code="a\\b", floors=7),
        feature(5, shapely.Point(5, 5), name="محمد", code="", area=Decimal("1234567890123.07")),
        feature(6, shapely.Point(6, 6), name="Straße", code="x\ny", floors=0, length=1e-300),
        feature(7, shapely.Point(7, 7), name="STRASSE", code='q"q', floors=2**40),
        feature(8, shapely.Point(8, 8), name="papá"),
        feature(9, shapely.Point(9, 9)),
    ]
)
ALL = set(range(1, 10))


def found(text: str) -> set[int]:
    """Return the rows that a filter finds, the same as text and as the JSON of what was read."""
    by_text = FEATURES.ids(parse(text, "cql2-text", FIELDS, filter_srid=32639))
    by_json = FEATURES.ids(parse(to_json(read(text, "cql2-text")), "cql2-json", FIELDS, filter_srid=32639))
    assert by_text == by_json
    return by_text


def refused(text: Any, lang: Any = "cql2-text") -> FilterRefused:
    with pytest.raises(FilterRefused) as caught:
        parse(text, lang, FIELDS)
    problem = caught.value
    assert problem.message_ar and problem.message_en  # both languages, always
    return problem


WITHIN = '{"op": "s_within", "args": [{"property": "geometry"}, %s]}'
AFTER = '{"op": "t_after", "args": [{"property": "begin_lifespan_version"}, %s]}'

CASES: dict[str, list[tuple[str, set[int]]]] = {
    "basic_cql2__binary_comparison_predicate": [
        ("name = 'Khobar'", {1}),
        ("name <> 'Khobar'", ALL - {1, 9}),
        ("floors = 2", {2}),
        ("floors <> 2", {1, 3, 4, 6, 7}),
        ("floors < 1", {3, 6}),
        ("floors <= 1", {1, 3, 6}),
        ("floors > 2", {4, 7}),
        ("floors >= 2", {2, 4, 7}),
        ("area = 600.5", {1, 2}),
        ("area > 1234567890123.06", {5}),
        ("length = 0.1", {1}),
        ("length > -1.5", {1, 2, 6}),
        ("floors = -3", {3}),
        ("floors = +7", {4}),
        ("floors = 7.0", {4}),
        ("floors = 0.7E1", {4}),
        ("floors = .7e+1", {4}),
        ("floors = 70e-1", {4}),
        ("floors > 6.9", {4, 7}),
        (f"uid = '{UID}'", {1}),
        (f"uid = '{UID.upper()}'", {1}),
        ("uid = 'Khobar'", set()),
        ("uid <> 'Khobar'", {1}),
        ("name > 'm'", {4, 5, 8}),
        ("TRUE", ALL),
        ("FALSE", set()),
        ("(floors = 2) = TRUE", {2}),
        ("(floors = 2) <> TRUE", {1, 3, 4, 6, 7}),
    ],
    "basic_cql2__null_predicate": [
        ("name IS NULL", {9}),
        ("name IS NOT NULL", ALL - {9}),
        ("code = ''", {5}),
        ("geometry IS NULL", set()),
        ("geometry IS NOT NULL", ALL),
        ("floors IS NULL", {5, 8, 9}),
        ("(floors > 1) IS NULL", {5, 8, 9}),
        ("floors + area IS NULL", {4, 5, 6, 7, 8, 9}),
        ("CASEI(name) IS NULL", {9}),
        ("'x' IS NULL", set()),
        ("1 IS NOT NULL", ALL),
        ("DATE('2026-01-01') IS NULL", set()),
        ("POINT(1 1) IS NOT NULL", ALL),
        ("INTERVAL('..', '..') IS NULL", set()),
    ],
    "basic_cql2__cql2_filter": [  # the truth table
        ("floors > 0 AND area > 0", {1, 2}),
        ("floors > 0 OR area > 0", {1, 2, 4, 5, 7}),
        ("NOT floors > 0", {3, 6}),
        ("NOT (floors > 0)", {3, 6}),
        ("NOT (floors > 0 AND area > 0)", {3, 6}),
        ("NOT (floors > 0 OR area > 0)", {3}),
        ("floors > 0 OR floors IS NULL", {1, 2, 4, 5, 7, 8, 9}),
        ("floors = 1 OR floors = 2 AND name = 'khobar'", {1, 2}),  # AND binds first
        ("(floors = 1 OR floors = 2) AND name = 'khobar'", {2}),
        ("NOT floors = 1 AND floors = 2", {2}),  # NOT binds before AND
        ("not not floors = 1", {1}),
        ("floors = 1 or floors = 2 Or floors = 7", {1, 2, 4}),
    ],
    "advanced_comparison_operators__like_predicate": [
        ("name LIKE 'Kho%'", {1}),
        ("name LIKE '%ho%'", {1, 2}),
        ("name LIKE '_hobar'", {1, 2}),
        ("name LIKE '%'", ALL - {9}),
        ("name LIKE ''", set()),
        ("code LIKE ''", {5}),
        ("name NOT LIKE '%ho%'", {3, 4, 5, 6, 7, 8}),
        ("name LIKE '%50\\%'", {3}),
        ("name LIKE '%50\\\\%'", {3}),  # the same pattern, its backslash written as two
        ("code LIKE 'a\\_b'", {3}),
        ("code LIKE 'a_b'", {3, 4}),
        ("code LIKE 'a\\\\\\\\b'", {4}),
        ("code LIKE 'x_y'", {6}),  # a line's end is a character too
        ("code LIKE '١%'", {2}),
        ("uid LIKE '8b0c%'", {1}),
        ("'abc' LIKE 'a%'", ALL),
    ],
    "advanced_comparison_operators__between_predicate": [
        ("floors BETWEEN 1 AND 7", {1, 2, 4}),
        ("floors NOT BETWEEN 1 AND 7", {3, 6, 7}),
        ("floors BETWEEN 7 AND 1", set()),
        ("area BETWEEN 600.5 AND 600.5", {1, 2}),
        ("floors BETWEEN 1 AND 2 AND name = 'khobar'", {2}),
        ("floors BETWEEN length AND area", {1}),
        ("floors NOT BETWEEN 3 AND area", {1, 2, 3, 6}),  # one side unknown, and false by the other
    ],
    "advanced_comparison_operators__in_predicate": [
        ("name IN ('Khobar', 'khobar', 'محمد')", {1, 2, 5}),
        ("floors IN (1, 2.0, -3)", {1, 2, 3}),
        ("floors NOT IN (1, 2)", {3, 4, 6, 7}),
        ("length IN (0.1, 2.5)", {1, 2}),
        (f"uid IN ('{UID}', '00000000-0000-0000-0000-000000000000')", {1}),
        (f"uid IN ('{UID}', 'none')", {1}),
        ("code IN (name, '12')", {1}),
        ("floors IN (length + 0.9)", {1}),
        ("CASEI(name) IN (CASEI('KHOBAR'))", {1, 2}),
    ],
    "case_insensitive_comparison__casei_function": [
        ("CASEI(name) = CASEI('KHOBAR')", {1, 2}),
        ("casei(name) = casei('straSSe')", {6, 7}),
        ("CASEI(name) LIKE CASEI('KH%')", {1, 2}),
        ("CASEI(name) = CASEI('محمد')", {5}),
        ("CASEI('Οδος') = CASEI('ΟΔΟΣ')", ALL),
    ],
    "accent_insensitive_comparison__accenti_function": [
        ("ACCENTI(name) = ACCENTI('papa')", {8}),
        ("ACCENTI(name) = ACCENTI('محمد')", {4, 5}),
        ("ACCENTI(name) LIKE ACCENTI('%مَح%')", {4, 5}),
        ("ACCENTI(CASEI(name)) = ACCENTI(CASEI('PAPÀ'))", {8}),
        ("ACCENTI('أحمد') = ACCENTI('احمد')", ALL),
        ("ACCENTI('e\u0301') = ACCENTI('\u00e9')", ALL),
    ],
    "arithmetic__arithmetic": [
        ("floors + 1 = 3", {2}),
        ("floors - 1 - 1 = 0", {2}),
        ("area / 2 / 2 = 150.125", {1, 2}),
        ("floors * 2 + 1 = 5", {2}),
        ("floors * (2 + 1) = 6", {2}),
        ("floors % 3 = 1", {1, 4, 7}),
        ("floors div 3 = 2", {4}),
        ("floors DIV 2 = -1", {3}),
        ("floors % 2 = -1", {3}),
        ("floors ^ 2 = 49", {4}),
        ("-floors ^ 2 = 49", {4}),  # annex B: the sign belongs to the operand
        ("-floors = 3", {3}),
        ("--floors = 7", {4}),
        ("1 / floors > 0", {1, 2, 4, 7}),  # nothing for the zero of feature 6
        ("1 / floors IS NULL", {5, 6, 8, 9}),
        ("floors / (area - area) IS NULL", ALL),
        ("floors % 0 IS NULL", ALL),
        ("floors div 0 IS NULL", ALL),
        ("0 ^ -1 IS NULL", ALL),
        ("(floors ^ 0.5) IS NULL", {3, 5, 8, 9}),
        ("10 ^ 300 IS NULL", ALL),  # beyond what a number of the database holds: unknown, no error
        ("(floors * 1e100) * 1e100 > length", {1, 2}),
        ("area + floors > 600.5", {1, 2}),
        ("floors = 1 - -0", {1}),
    ],
    "property_property__withdraw_permissions": [
        ("floors > length", {1}),
        ("length < floors", {1}),
        ("area = area", {1, 2, 3, 5}),
        ("name = code", set()),
        ("2 < floors", {4, 7}),
        ("'Khobar' = name", {1}),
        ("'a' = 'a'", ALL),
        ("1 > 2", set()),
        (f"'{UID}' = uid", {1}),
        ("S_EQUALS(geometry, geometry)", ALL),
        ("S_DISJOINT(geometry, geometry)", set()),
        ("S_WITHIN(POINT(3 3), geometry)", {3}),
    ],
    "basic_spatial_functions__spatial_predicate": [
        ("S_INTERSECTS(geometry, POINT(2 2))", {2}),
        ("S_INTERSECTS(geometry, BBOX(2, 2, 4, 4))", {2, 3, 4}),
        ("S_INTERSECTS(geometry, BBOX(2, 2, 0, 4, 4, 9))", {2, 3, 4}),
        ("S_INTERSECTS(geometry, BBOX(2, 2, 2, 2))", {2}),
        ("S_INTERSECTS(geometry, BBOX(2, 2, 2, 9))", {2}),
        ("NOT S_INTERSECTS(geometry, BBOX(2, 2, 9, 9))", {1}),
        ("s_intersects(geometry, point(2 2))", {2}),
    ],
    "cql2_text__escaping": [
        ("name = 'O''Neil''s 50%'", {3}),
        ("name = 'O\\'Neil\\'s 50%'", {3}),
        ("code = 'x\\ny'", {6}),
        ("code = 'x\ny'", {6}),
        ("code = 'a\\\\b'", {4}),
        ("code = 'q\"q'", {7}),
        ("code = '\\t\\a\\b\\v\\f\\r'", set()),
    ],
    "cql2_text__identifiers_and_white_space": [
        ("\"name\" = 'Khobar'", {1}),
        ("\u00a0name\t=\u3000'Khobar'\r\n", {1}),
        ("\u200fname = 'محمد'\u200e", {5}),  # direction marks of copied Arabic text
        ("((((name)))) = ('Khobar')", {1}),
    ],
}


@pytest.mark.django_db
@pytest.mark.parametrize("requirement", CASES)
def test_req(requirement: str) -> None:
    for text, expected in CASES[requirement]:
        assert found(text) == expected, text


@pytest.mark.django_db
def test_digits_of_both_systems_in_a_text_are_its_letters() -> None:
    assert found("code = '12'") == {1}
    assert found("code = '١٢'") == {2}
    assert refused("floors = ١").what == "unknown_property"


@pytest.mark.django_db
def test_casei_is_full_case_folding() -> None:
    """Letters are equal by CASEI if and only if they are by Unicode's folding; all sigmas are one there too."""
    letters = [c for c in map(chr, range(1, 0x110000)) if unicodedata.category(c) not in ("Cs", "Cn", "Co")]
    folded = parse("CASEI(name) = ''", "cql2-text", FIELDS).sql.rpartition(" = ")[0].removeprefix("(")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT r.name, {folded} FROM unnest(%s::text[]) AS r(name)", [letters])
        ours = dict(cursor.fetchall())
    theirs = {c: c.casefold().replace("ς", "σ") for c in letters}
    assert len(set(zip(ours.values(), theirs.values(), strict=True))) == len(set(ours.values()))
    assert len(set(ours.values())) == len(set(theirs.values()))


@pytest.mark.parametrize(
    ("text", "what", "where"),
    [
        ("nope = 1", "unknown_property", 1),
        ("NAME = 'x'", "unknown_property", 1),  # names are as they are written
        ("geom = 1", "unknown_property", 1),
        ('"r.geom" = 1', "unknown_property", 1),
        ("name = nope", "unknown_property", 8),
        ("floors = '2'", "wrong_type", 8),
        ("name = 2", "wrong_type", 6),
        ("name > TRUE", "wrong_type", 6),
        ("TRUE > FALSE", "wrong_type", 6),
        ("geometry = geometry", "wrong_type", 10),
        ("geometry = 'x'", "wrong_type", 10),
        ("name", "wrong_type", 1),
        ("'x'", "wrong_type", 1),
        ("1", "wrong_type", 1),
        ("name AND floors = 1", "wrong_type", 1),
        ("NOT name", "wrong_type", 5),
        ("name + 1 = 2", "wrong_type", 1),
        ("name LIKE code", "wrong_type", 11),
        ("floors LIKE '1%'", "wrong_type", 1),
        ("name LIKE 1", "wrong_type", 11),
        ("name LIKE 'a\\\\'", "bad_value", 11),
        ("name BETWEEN 'a' AND 'b'", "wrong_type", 1),
        ("name IN ('a', 1)", "wrong_type", 6),
        ("CASEI(floors) = 'x'", "wrong_type", 7),
        ("CASEI('a', 'b') = 'x'", "syntax", 1),
        ("S_INTERSECTS(name, POINT(1 1))", "wrong_type", 14),
        ("S_INTERSECTS(geometry)", "syntax", 1),
        ("S_INTERSECTS(geometry, 'POINT(1 1)')", "wrong_type", 24),
        ("avg(floors) = 1", "unknown_function", 1),
        ("pg_sleep(10) = 1", "unknown_function", 1),
        ("A_CONTAINS(name, ('a', 'b'))", "not_supported", 1),
        ("a_equals(name, ())", "not_supported", 1),
        ("A_OVERLAPS(name, name)", "not_supported", 1),
        ("2 ^ 3 ^ 2 = 64", "syntax", 7),
        ("floors = 1 = 1", "syntax", 12),
        ("floors == 1", "syntax", 9),
        ("floors != 1", "syntax", 8),
        ("name = 'open", "syntax", 8),
        ('name = "x"', "unknown_property", 8),
        ("(floors = 1", "syntax", 12),
        ("floors = 1)", "syntax", 11),
        ("floors IN ()", "syntax", 12),
        ("", "syntax", 1),
        ("  ", "syntax", 3),
        ("AND", "unknown_property", 1),
        ("floors = 1 AND", "syntax", 15),
        ("floors = 1; DROP TABLE layers_parcel", "syntax", 11),
        ("floors = 1 /* x */", "syntax", 13),
        ("floors = 1 -- x", "unknown_property", 15),
        ('{"op": "=", "args": []}', "syntax", 1),
        ("floors = 1e101", "bad_value", 10),
        (f"floors = {'9' * 41}", "bad_value", 10),
        (f"floors = 0.{'9' * 41}", "bad_value", 10),
        ("name = 'a\0b'", "bad_value", 10),
    ],
)
def test_a_filter_that_means_nothing_is_refused_with_its_place(text: str, what: str, where: int) -> None:
    problem = refused(text)
    assert (problem.what, problem.at) == (what, where - 1)
    assert f"character {where}:" in problem.text("en") and f"الحرف {where}:" in problem.text("ar")


def test_a_hint_says_what_to_write_instead() -> None:
    assert "add filter-lang=cql2-json" in refused('{"op": "="}').text("en")
    assert "Write = for equal" in refused("floors == 1").text("en")
    assert "twice ('')" in refused("name = 'O'Neil'").text("en")
    assert "in single quotes" in refused('name = "x"').text("en")
    assert "بين علامتين مفردتين" in refused('name = "x"').text("ar")


def test_a_field_that_may_not_be_read_is_refused_like_one_that_does_not_exist() -> None:
    readable = FIELDS[:2]
    problems = []
    for name in ("floors", "flaurs"):
        with pytest.raises(FilterRefused) as caught:
            parse(f"{name} = 1", "cql2-text", readable)
        problems.append(caught.value)
    hidden, unknown = problems
    assert str(hidden).replace("floors", "flaurs") == str(unknown)
    assert hidden.text("ar").replace("floors", "flaurs") == unknown.text("ar")


@pytest.mark.parametrize(
    ("given", "what", "where"),
    [
        ("", "syntax", 0),
        ("{", "syntax", 1),
        ("[]", "syntax", ""),
        ("null", "syntax", ""),
        ('{"op": "="}', "syntax", "/args"),
        ('{"op": 1, "args": []}', "syntax", ""),
        ('{"op": "=", "args": {}}', "syntax", ""),
        ('{"op": "=", "args": [1]}', "syntax", "/args"),
        ('{"op": "and", "args": [true]}', "syntax", "/args"),
        ('{"op": "not", "args": [true, true]}', "syntax", "/args"),
        ('{"op": "in", "args": [1, 2]}', "syntax", "/args/1"),
        ('{"op": "=", "args": [1, null]}', "syntax", "/args/1"),
        ('{"op": "=", "args": [1, [1]]}', "syntax", "/args/1"),
        ('{"op": "=", "args": [1, {}]}', "syntax", "/args/1"),
        ('{"op": "=", "args": [1, {"property": 1}]}', "syntax", "/args/1/property"),
        ('{"op": "=", "args": [1, {"property": "nope"}]}', "unknown_property", "/args/1"),
        ('{"op": "=", "args": [1, NaN]}', "syntax", ""),
        ('{"op": "=", "args": [1, -Infinity]}', "syntax", ""),
        ('{"op": "=", "op": "<", "args": [1, 1]}', "syntax", ""),
        ('{"op": "=", "args": [1, 1e999]}', "bad_value", "/args/1"),
        ('{"op": "=", "args": [1, ' + "9" * 5000 + "]}", "syntax", ""),
        ('{"op": "=", "args": ["\\u0000", "x"]}', "bad_value", "/args/0"),
        ('{"op": "=", "args": ["\\ud800", "x"]}', "bad_value", "/args/0"),
        ('{"op": "AND", "args": [true, true]}', "unknown_function", ""),  # names in JSON have one spelling
        ('{"op": "a_contains", "args": [{"property": "name"}, ["a"]]}', "not_supported", ""),
        (AFTER % '{"date": 1}', "syntax", "/args/1/date"),
        (AFTER % '{"interval": ["2026-01-01"]}', "syntax", "/args/1/interval"),
        (AFTER % '{"interval": ["2026-01-01", 1]}', "syntax", "/args/1/interval/1"),
        (WITHIN % '{"type": "Circle", "coordinates": []}', "bad_geometry", "/args/1"),
        (WITHIN % '{"type": "Point"}', "syntax", "/args/1"),
        (WITHIN % '{"type": 1}', "syntax", "/args/1/type"),
        (WITHIN % '{"type": "Point", "coordinates": [1, true]}', "bad_geometry", "/args/1"),
        (WITHIN % '{"type": "Point", "coordinates": "12"}', "bad_geometry", "/args/1"),
        (WITHIN % '{"type": "Polygon", "coordinates": [[[0, 0]]]}', "bad_geometry", "/args/1"),
        (WITHIN % '{"type": "GeometryCollection", "geometries": [{}]}', "syntax", "/args/1/geometries/0"),
        (WITHIN % '{"type": "GeometryCollection", "geometries": []}', "bad_geometry", "/args/1"),
        (WITHIN % '{"type": "GeometryCollection"}', "syntax", "/args/1/geometries"),
        (WITHIN % '{"bbox": [1, 2, 3]}', "bad_geometry", "/args/1"),
        (WITHIN % '{"bbox": "1,2,3,4"}', "syntax", "/args/1/bbox"),
    ],
)
def test_json_that_means_nothing_is_refused_with_its_place(given: str, what: str, where: int | str) -> None:
    problem = refused(given, "cql2-json")
    assert (problem.what, problem.at) == (what, where)


def test_json_may_be_read_already() -> None:
    given = {"op": "=", "args": [{"property": "length"}, 0.1]}
    assert parse(given, "cql2-json", FIELDS).sql == parse("length = 0.1", "cql2-text", FIELDS).sql
    assert parse(True, "cql2-json", FIELDS).sql == "TRUE"
    assert refused({"op": "=", "args": [1, float("nan")]}, "cql2-json").what == "bad_value"


def test_a_geojson_geometry_may_carry_members_of_its_own() -> None:
    point = {"type": "Point", "coordinates": [50, 26], "bbox": [50, 26, 50, 26], "crs": None}
    given = {"op": "s_intersects", "args": [{"property": "geometry"}, point]}
    assert "ST_Intersects" in parse(given, "cql2-json", FIELDS).sql


def test_the_answer_names_what_was_asked_for() -> None:
    asked = parse("name = 'x' AND S_INTERSECTS(geometry, POINT(1 1))", "cql2-text", FIELDS)
    assert asked.properties == {"name", "geometry"}
    assert all(name.startswith("flt_") for name in asked.params)
    assert "'x'" not in asked.sql  # values are parameters
