"""GeoJSON: what is read, what is refused, and where."""

from __future__ import annotations

import json
from typing import Any

import pytest

from land_services.surveys.errors import SurveyUnreadable
from land_services.surveys.raw import SHOWN_PER_KIND
from tests.land_services.surveys.samples import geojson, numbers, read, rules, square


def refused(data: bytes, **options: Any) -> list[tuple[str, str]]:
    with pytest.raises(SurveyUnreadable) as caught:
        read(data, "plan.geojson", **options)
    return [(f.rule, f.variant) for f in caught.value.findings]


def test_it_is_wgs84_without_a_crs_member() -> None:
    plan = read(geojson(square("1"), square("2", 0.001)), "plan.geojson")
    assert (plan.crs, plan.unit, numbers(plan.parts)) == ("EPSG:4326", "deg", ["1", "2"])


def test_a_crs_member_is_read_and_a_named_crs_goes_before_it() -> None:
    member = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32639"}}
    data = geojson(square("1"), crs=member)
    assert read(data, "a.geojson").crs == "EPSG:32639"
    named = read(data, "a.geojson", "EPSG:9359")
    assert named.crs == "EPSG:9359" and ("SRV-21", "") in rules(named)


def test_metres_without_a_crs_are_refused_with_the_coordinate() -> None:
    assert refused(geojson(square("1", 413000, 2925000, 20))) == [("SRV-11", "out_of_range")]


def test_numbers_lose_spaces_marks_and_float_zeros_in_both_digit_systems() -> None:
    found = [square(n, i * 0.001) for i, n in enumerate((12.0, 7, " ١٣/٢ ", "\u200f14", "۱۵"))]
    assert numbers(read(geojson(*found), "a.geojson").parts) == ["12", "7", "13/2", "14", "15"]


def test_a_repeated_number_is_an_error_among_the_remarks() -> None:
    plan = read(geojson(square("1"), square("1", 0.001)), "a.geojson")
    remark = next(r for r in plan.remarks if r.rule == "SRV-13")
    assert remark.severity == "error" and remark.where is not None and remark.params["number"] == "1"


def test_a_missing_number_is_warned_of() -> None:
    plan = read(geojson(square(None), square(True, 0.001)), "a.geojson")
    assert [r.rule for r in plan.remarks] == ["SRV-14", "SRV-14"]


def test_the_outer_boundary_is_the_marked_one_or_the_union_of_the_others() -> None:
    outer = square(None, 0, 0, 0.001)
    left = square("1")
    left["geometry"]["coordinates"] = [
        [[50.1, 26.43], [50.1005, 26.43], [50.1005, 26.431], [50.1, 26.431], [50.1, 26.43]]
    ]
    right = square("2")
    right["geometry"]["coordinates"] = [
        [[50.1005, 26.43], [50.101, 26.43], [50.101, 26.431], [50.1005, 26.431], [50.1005, 26.43]]
    ]
    plan = read(geojson(left, outer, right), "a.geojson")
    assert plan.outer is not None and numbers(plan.parts) == ["1", "2"] and ("SRV-16", "by_union") in rules(plan)
    outer["properties"]["role"] = "outer"
    plan = read(geojson(left, outer), "a.geojson")
    assert plan.outer is not None and numbers(plan.parts) == ["1"]


def test_a_large_part_that_is_not_the_union_stays_a_part_with_a_warning() -> None:
    plan = read(geojson(square("1", 0, 0, 0.004), square("2", 0, 0), square("3", 0.002, 0.002)), "a.geojson")
    assert plan.outer is None and len(plan.parts) == 3 and ("SRV-16", "contains") in rules(plan)


def test_two_marked_boundaries_are_refused() -> None:
    data = geojson(square("1"), square(None, 0.01, role="outer"), square(None, 0.02, role="OUTER"))
    assert refused(data) == [("SRV-16", "several")]


def test_all_faults_are_told_at_once_each_with_its_place() -> None:
    open_ring, bow = square("1"), square("2")
    open_ring["geometry"]["coordinates"][0][-1] = [50.2, 26.5]
    ring = bow["geometry"]["coordinates"][0]
    ring[1], ring[2] = ring[2], ring[1]
    with pytest.raises(SurveyUnreadable) as caught:
        read(geojson(open_ring, bow), "a.geojson")
    assert {(f.rule, f.variant, f.params["place"]) for f in caught.value.findings} == {
        ("SRV-08", "open", "features[0]"),
        ("SRV-09", "crosses", "features[1]"),
    }
    crossing = next(f for f in caught.value.findings if f.rule == "SRV-09")
    assert crossing.where is not None and crossing.where.x == pytest.approx(50.1005)


def test_a_polygon_drawn_twice_is_taken_once_with_a_warning() -> None:
    plan = read(geojson(square("1"), square("1")), "a.geojson")
    assert len(plan.parts) == 1 and ("SRV-18", "") in rules(plan)
    plan = read(geojson(square("1"), square("2")), "a.geojson")
    assert next(r for r in plan.remarks if r.rule == "SRV-18").severity == "error"


def test_what_is_no_polygon_is_counted_not_dropped_silently() -> None:
    line = {
        "type": "Feature",
        "properties": {},
        "geometry": {"type": "LineString", "coordinates": [[50, 26], [51, 26]]},
    }
    plan = read(geojson(square("1"), line, line), "a.geojson")
    remark = next(r for r in plan.remarks if r.rule == "SRV-17")
    assert remark.params == {"kind": "LineString", "count": 2} and remark.severity == "warning"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "SRV-01"),
        ("   \n", "SRV-01"),
        ("{", "SRV-05"),
        ("[1, 2]", "SRV-05"),
        ('{"type": "Topology"}', "SRV-05"),
        ('{"type": "FeatureCollection"}', "SRV-05"),
        ('{"type": "FeatureCollection", "features": []}', "SRV-10"),
        ('{"type": "Polygon", "coordinates": [[[NaN, 0], [1, 0], [1, 1], [NaN, 0]]]}', "SRV-07"),
        ('{"type": "Polygon", "coordinates": [[[1e999, 0], [1, 0], [1, 1], [1e999, 0]]]}', "SRV-07"),
        ('{"type": "Polygon", "coordinates": [[["1", 0], [1, 0], [1, 1], ["1", 0]]]}', "SRV-05"),
        ('{"type": "Polygon", "coordinates": [[[1, 0], [1, 0], [1, 0], [1, 0]]]}', "SRV-08"),
        ('{"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [2, 0], [0, 0]]]}', "SRV-09"),
        ('{"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 0]]]}', "SRV-08"),
        ('{"type": "Polygon", "coordinates": [[[' + "9" * 5000 + ", 0], [1, 0], [1, 1], [0, 0]]]}", "SRV-05"),
        ('{"type": "Polygon", "coordinates": ' + "[" * 100_000 + "]" * 100_000 + "}", "SRV-04"),
        ('{"type": "Point", "type": "Polygon", "coordinates": []}', "SRV-05"),
    ],
)
def test_bad_text_is_refused_with_a_reason(text: str, rule: str) -> None:
    assert rule in [r for r, _ in refused(text.encode())]


def test_a_wrong_encoding_is_refused_with_its_place() -> None:
    data = geojson(square("قطعة")).decode("unicode_escape").encode("cp1256", errors="replace")
    with pytest.raises(SurveyUnreadable) as caught:
        read(json.dumps(json.loads(geojson(square("قطعة"))), ensure_ascii=False).encode("cp1256"), "a.geojson")
    assert caught.value.findings[0].rule == "SRV-06" and data


def test_it_reads_what_an_arabic_windows_program_writes_with_a_byte_order_mark() -> None:
    text = json.dumps(json.loads(geojson(square("١"))), ensure_ascii=False)
    assert numbers(read(b"\xef\xbb\xbf" + text.encode(), "a.geojson").parts) == ["1"]
    assert numbers(read(text.encode("utf-16"), "a.geojson").parts) == ["1"]


def test_a_named_crs_that_does_not_exist_is_refused() -> None:
    assert refused(geojson(square("1")), crs="EPSG:999999") == [("SRV-11", "named_unknown")]
    assert refused(geojson(square("1")), crs="somewhere") == [("SRV-11", "named_unknown")]
    assert refused(geojson(square("1")), crs="EPSG:9335") == [("SRV-11", "named_unknown")], "a height system"


def test_a_legacy_datum_is_flagged() -> None:
    assert ("SRV-20", "") in rules(read(geojson(square("1")), "a.geojson", "EPSG:20439"))


def test_a_name_that_does_not_fit_the_content_is_told_and_the_content_read() -> None:
    plan = read(geojson(square("1")), "plan.dxf")
    remark = next(r for r in plan.remarks if r.rule == "SRV-24")
    assert remark.severity == "warning" and remark.params["format"] == "geojson" and plan.format == "geojson"


def test_a_hundred_findings_of_one_kind_are_counted_not_all_written_out() -> None:
    plan = read(geojson(*(square(None, i * 0.001) for i in range(SHOWN_PER_KIND + 60))), "a.geojson")
    assert sum(r.rule == "SRV-14" for r in plan.remarks) == SHOWN_PER_KIND
    rest = next(r for r in plan.remarks if r.rule == "SRV-98")
    assert rest.params == {"rule": "SRV-14", "count": 60}
