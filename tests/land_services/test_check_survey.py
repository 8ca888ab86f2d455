"""``check_survey`` as a surveyor runs it: by its exit code and by exactly the documented JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections
from pyproj import Transformer

from land_services.surveys.write_dxf import write_subdivision_dxf
from land_services.surveys.write_files import write_geojson, write_gpkg, write_landxml
from tests.databases import database
from tests.sample import CRS, Sample

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

QUANTITY = {"value": (int, float, str), "unit": str}
SOURCE = {"title": str, "date": str, "confidence": str}
KINDS = {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"}


def strictly(value: Any, shape: dict[str, Any]) -> None:
    assert isinstance(value, dict) and set(value) == set(shape), (value, set(shape))
    for key, kinds in shape.items():
        assert isinstance(value[key], kinds) and not isinstance(value[key], bool), (key, value[key])


def validate(report: Any) -> None:
    """Hold a report against design 4.1: every key, no other key, every type."""
    assert set(report) == {"fit", "plan", "findings"} and isinstance(report["fit"], bool)
    if report["plan"] is not None:
        strictly(report["plan"], {"parts": int, "crs": str, "unit": str})
    for found in report["findings"]:
        keys = "rule severity message measured required source parcels where where_storage".split()
        assert list(found) == keys
        assert found["severity"] in ("error", "warning", "info")
        strictly(found["message"], {"ar": str, "en": str})
        assert all(found["message"].values()) and "{" not in found["message"]["en"]
        for key in ("measured", "required"):
            if found[key] is not None:
                strictly(found[key], QUANTITY)
        if found["source"] is not None:
            strictly(found["source"], SOURCE)
            assert found["source"]["confidence"] in ("official", "press", "placeholder")
        assert all(isinstance(uid, str) for uid in found["parcels"])
        for key in ("where", "where_storage"):
            assert found[key] is None or found[key]["type"] in KINDS
        assert (found["where"] is None) == (found["where_storage"] is None)
    assert report["fit"] == (report["plan"] is not None and all(f["severity"] != "error" for f in report["findings"]))


def check(*arguments: object) -> tuple[int, str, str]:
    """Run the command in a process of its own: what a surveyor's script sees."""
    done = subprocess.run(
        [sys.executable, "manage.py", "check_survey", *map(str, arguments)],
        env={**os.environ, **database(connections["default"].settings_dict["NAME"]).environment(), "LC_ALL": "C"},
        capture_output=True,
        timeout=120,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def report_of(*arguments: object) -> tuple[int, dict[str, Any]]:
    """Run the command in this process, which is much cheaper, and return its exit code and its JSON."""
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("check_survey", *map(str, arguments), "--json", stdout=out)
    report, code = json.loads(out.getvalue()), int(end.value.code or 0)
    validate(report)
    return code, report


def core(report: dict[str, Any]) -> list[Any]:
    """Return the findings without those of the reading, which differ by format."""
    return [found for found in report["findings"] if not found["rule"].startswith("SRV")]


def test_check_survey_answers_by_exit_code_and_json(committed_sample: Any, tmp_path: Path) -> None:
    """One test for many runs: each starts a process, and the land is cloned once."""
    sample: Sample = committed_sample("land")
    asked = ("--service", "subdivision", "--parcel", sample.label, "--crs", CRS)

    code, out, err = check(sample.proper, *asked, "--json")
    assert code == 0, err
    fit = json.loads(out)
    validate(fit)
    assert fit["fit"]
    assert fit["plan"] == {"parts": 4, "crs": CRS, "unit": "m"}

    code, refused = report_of(sample.first, *asked)
    assert code == 1 and not refused["fit"]
    short = next(f for f in refused["findings"] if f["rule"] == "SUB-03")
    assert short["measured"]["value"] == pytest.approx(9.41, abs=0.01) and short["required"]["unit"] == "m"
    lon, lat = short["where"]["coordinates"][0]
    assert 48 < lon < 52 and 24 < lat < 28, "where is in WGS 84, longitude first"
    x, y = short["where_storage"]["coordinates"][0]
    there = Transformer.from_crs(32639, 4326, always_xy=True).transform(x, y)
    assert (lon, lat) == pytest.approx(there, abs=1e-7)

    code, text, _err = check(sample.first, *asked)
    assert code == 1 and "SUB-03" in text and "القطعة" in text and "NOT fit" in text

    code, unknown = report_of(sample.proper, "--service", "subdivision", "--parcel", "9/9/9", "--crs", CRS)
    assert code == 1 and unknown["findings"]

    code, out, err = check(sample.proper, "--service", "conquest", "--parcel", sample.label, "--json")
    assert code == 2 and err == ""
    validate(json.loads(out))
    code, text, _err = check(sample.proper, "--service", "conquest", "--parcel", sample.label)
    assert code == 2 and "subdivision" in text and "خدمة" in text

    broken = tmp_path / "broken.dxf"
    broken.write_bytes(sample.proper.read_bytes()[:2000])
    code, unreadable = report_of(broken, *asked)
    assert code == 2 and unreadable["plan"] is None and unreadable["findings"]
    code, missing = report_of(tmp_path / "nowhere.gpkg", *asked)
    assert code == 2 and missing["plan"] is None and missing["findings"]

    code, local = report_of(sample.proper, *asked[:4], "--crs", "local")
    assert local["plan"]["crs"] == "local" and code in (0, 1)


def test_the_same_plan_says_the_same_in_every_format(committed_sample: Any, tmp_path: Path) -> None:
    sample: Sample = committed_sample("land")
    asked = ("--service", "subdivision", "--parcel", sample.uid, "--crs", CRS)
    plan = sample.plan(sample.survey.first_attempt)
    assert plan.outer is not None
    write_subdivision_dxf(tmp_path / "plan.dxf", list(plan.parts), plan.outer.geometry)
    write_landxml(tmp_path / "plan.xml", plan)
    write_gpkg(tmp_path / "plan.gpkg", plan)
    write_geojson(tmp_path / "plan.geojson", plan)
    reports = {path.suffix: report_of(path, *asked) for path in sorted(tmp_path.glob("plan.*"))}
    expected = core(reports[".dxf"][1])
    assert any(f["severity"] == "error" for f in expected)
    for suffix, (code, report) in reports.items():
        assert code == 1, suffix
        assert core(report) == expected, suffix


def test_a_geojson_without_crs_is_wgs84_and_a_legacy_datum_is_told(committed_sample: Any, tmp_path: Path) -> None:
    sample: Sample = committed_sample("land")
    to_wgs84 = Transformer.from_crs(32639, 4326, always_xy=True)
    features = [
        {
            "type": "Feature",
            "properties": {"parcel_no": part.number},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[to_wgs84.transform(*c) for c in part.geometry.exterior.coords]],
            },
        }
        for part in sample.plan().parts
    ]
    path = tmp_path / "plan.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    asked = ("--service", "subdivision", "--parcel", sample.uid)
    code, report = report_of(path, *asked)
    assert report["plan"]["crs"] == "EPSG:4326"
    assert code == 0, report["findings"]

    code, legacy = report_of(sample.proper, *asked, "--crs", "EPSG:20439")
    assert code == 1 and legacy["plan"]["crs"] == "EPSG:20439"
    assert any("20439" in json.dumps(f) or "Ain el Abd" in f["message"]["en"] for f in legacy["findings"]), legacy


def test_a_request_that_names_no_service_or_no_single_parcel_is_answered_in_the_unreadable_form(
    committed_sample: Any,
) -> None:
    sample: Sample = committed_sample("land")
    asked = (sample.proper, "--crs", CRS)

    code, report = report_of(*asked, "--service", "conquest", "--parcel", sample.label)
    assert (code, report["fit"], report["plan"]) == (2, False, None)
    (found,) = report["findings"]
    assert (
        found["rule"] == "REQ-01" and "subdivision" in found["message"]["en"] and "conquest" in found["message"]["ar"]
    )

    code, report = report_of(*asked, "--service", "subdivision", "--parcel", "only-two/parts")
    assert (code, report["plan"]) == (2, None)
    (found,) = report["findings"]
    assert found["rule"] == "REQ-02" and "only-two/parts" in found["message"]["ar"] and found["parcels"] == []


def test_a_number_that_several_parcels_carry_is_answered_with_their_uids(committed_sample: Any) -> None:
    sample: Sample = committed_sample("land")
    with connections["owner"].cursor() as cursor:  # a fabric may repeat numbers: it is a defect, not a refusal
        cursor.execute("ALTER TABLE layers_parcel DISABLE TRIGGER USER")
        cursor.execute(
            """UPDATE layers_parcel p SET (plan_no, block_no, parcel_no) =
                 (SELECT plan_no, block_no, parcel_no FROM layers_parcel WHERE uid = %s AND end_entry_id IS NULL)
               WHERE p.id = (SELECT max(id) FROM layers_parcel) RETURNING uid::text""",
            [sample.uid],
        )
        ((other,),) = cursor.fetchall()
        cursor.execute("ALTER TABLE layers_parcel ENABLE TRIGGER USER")

    code, report = report_of(sample.proper, "--service", "subdivision", "--parcel", sample.label, "--crs", CRS)

    assert (code, report["fit"], report["plan"]) == (2, False, None)
    (found,) = report["findings"]
    assert found["rule"] == "REQ-02" and sorted(found["parcels"]) == sorted([sample.uid, other])
    assert all(uid in found["message"][language] for uid in (sample.uid, other) for language in ("ar", "en"))
