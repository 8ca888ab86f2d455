"""Findings as JSON: the exact shape of the public face, in two languages."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, Point

from land_services.checks.engine import run_checks
from land_services.domain import Finding, Quantity, RuleSource
from land_services.findings import is_fit, report_json, to_json, unreadable_json
from land_services.messages import MESSAGES, message, number, placeholders, rules_and_variants, template
from land_services.services.subdivision import SERVICE
from tests.fabric import block, inputs, rectangle, rules, survey

KEYS = ["rule", "severity", "message", "measured", "required", "source", "parcels", "where", "where_storage"]


def shifted(geometry: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(geometry, lambda c: c / np.array([1e5, 1e6]))


def test_a_report_has_exactly_the_keys_and_types_of_the_public_face() -> None:
    fabric = block()
    given = inputs(fabric, ("1", rectangle(30, 0, 39.412, 40)), ("2", rectangle(39.412, 0, 60, 40)))
    report = report_json(given.survey, run_checks(SERVICE, given, fabric.facts("2"), rules()), to_wgs84=shifted)
    report = json.loads(json.dumps(report, allow_nan=False))
    assert list(report) == ["fit", "plan", "findings"]
    assert report["fit"] is False
    assert report["plan"] == {"parts": 2, "crs": "EPSG:32639", "unit": "m"}
    finding = report["findings"][0]
    assert list(finding) == KEYS
    assert finding["rule"] == "SUB-03"
    assert finding["measured"] == {"value": 9.412, "unit": "m"}
    assert finding["required"] == {"value": 10.0, "unit": "m"}
    assert sorted(finding["source"]) == ["confidence", "date", "title"]
    assert finding["source"]["confidence"] == "placeholder"
    assert finding["parcels"] == [fabric.lots["2"].uid]
    assert finding["where_storage"]["type"] == "LineString"
    assert finding["where_storage"]["coordinates"][0] == [411_030.0, 2_923_000.0]
    assert finding["where"]["coordinates"][0] == [4.1103, 2.923]
    assert finding["message"]["en"].startswith("Part 1 fronts the street by 9.412 m; at least 10 m")
    assert "9.412" in finding["message"]["ar"] and "واجهة القطعة 1" in finding["message"]["ar"]


def test_a_finding_without_place_measure_or_source_has_the_keys_and_null() -> None:
    row = to_json([Finding("LND-01", "error", variant="none")], to_wgs84=shifted)[0]
    assert list(row) == KEYS
    assert [row[key] for key in ("measured", "required", "source", "where", "where_storage")] == [None] * 5
    assert row["parcels"] == []


def test_an_empty_place_is_no_place() -> None:
    assert to_json([Finding("LND-01", "error", variant="none", where=Point())], to_wgs84=shifted)[0]["where"] is None


def test_an_unreadable_file_has_no_plan() -> None:
    report = unreadable_json([Finding("LND-20", "error", {"file": "x"}, variant="missing")])
    assert (report["fit"], report["plan"], len(report["findings"])) == (False, None, 1)


def test_warnings_and_remarks_do_not_stand_against_filing() -> None:
    assert is_fit([]) and is_fit([Finding("LND-06", "warning"), Finding("LND-09", "info")])
    assert not is_fit([Finding("LND-09", "info"), Finding("LND-01", "error")])


def test_the_source_names_both_languages() -> None:
    finding = Finding("LND-01", "error", variant="none", source=RuleSource("Act", "2020", "official", "نظام"))
    assert to_json([finding], to_wgs84=shifted)[0]["source"] == {
        "title": "نظام | Act", "date": "2020", "confidence": "official",
    }  # fmt: skip


def test_measured_words_and_counts_stay_as_they_are() -> None:
    finding = Finding("LND-01", "error", variant="none", measured=Quantity("999/1000", ""), required=Quantity(1, "1"))
    row = to_json([finding], to_wgs84=shifted)[0]
    assert (row["measured"], row["required"]) == ({"value": "999/1000", "unit": ""}, {"value": 1, "unit": "1"})


@pytest.mark.parametrize(("rule", "variant"), list(rules_and_variants()))
def test_every_message_says_the_same_in_both_languages(rule: str, variant: str) -> None:
    ar, en = template(rule, variant, "ar"), template(rule, variant, "en")
    assert sorted(set(placeholders(ar))) == sorted(set(placeholders(en)))
    assert any("\u0600" <= letter <= "\u06ff" for letter in ar)
    assert en.isascii() or not any("\u0600" <= letter <= "\u06ff" for letter in en)
    assert set(MESSAGES[rule][variant]) == {"ar", "en"}


def test_a_missing_parameter_loses_the_word_and_not_the_finding() -> None:
    assert "?" in message(Finding("SUB-02", "error"), "en")


def test_a_rule_without_a_text_is_an_error_that_names_it() -> None:
    with pytest.raises(KeyError, match="XYZ-01"):
        message(Finding("XYZ-01", "error"), "en")


@pytest.mark.parametrize(
    ("value", "shown"),
    [(9.4120, "9.412"), (10.0, "10"), (0.0004, "0"), (-0.0004, "0"), (1200, "1200"), (-3.5, "-3.5"), (100.0, "100")],
)
def test_numbers_in_messages_have_no_idle_zeros(value: float, shown: str) -> None:
    assert number(value) == shown


def test_a_braced_file_name_is_not_read_as_a_placeholder() -> None:
    finding = Finding("LND-20", "error", {"file": "{file}{0}.dxf"}, variant="missing")
    assert "{file}{0}.dxf" in message(finding, "en")


def test_coordinates_are_rounded_to_the_grid_in_storage_and_to_millimetres_on_the_globe() -> None:
    line = LineString([(411030.00000000006, 2923000.0), (1 / 3, 2 / 3)])
    row = to_json([Finding("LND-01", "error", variant="none", where=line)], to_wgs84=shifted)[0]
    assert row["where_storage"]["coordinates"] == [[411030.0, 2923000.0], [0.333, 0.667]]
    assert survey().parts == ()
