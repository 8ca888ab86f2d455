"""The commands as an operator runs them: what they promise about files, moments and numbers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pyogrio
import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from land_services.register.selectors import find_parcel
from layers.files.mapping import LayerField
from layers.files.writer import FeatureBatch, write_features
from layers.models import Parcel
from tests.databases import database
from tests.sample import CRS, Sample

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

FIELDS = (
    "uid plan_no block_no parcel_no land_use official_area_m2 surveyed_area_m2 calculated_area_m2 "
    "begin_lifespan_version end_lifespan_version"
).split()


def run(*arguments: object) -> tuple[int, str, str]:
    """Run ``manage.py`` in a process of its own against this test's database."""
    name = connections["default"].settings_dict["NAME"]
    done = subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        env={**os.environ, **database(name).environment(), "LC_ALL": "C"},
        capture_output=True,
        timeout=120,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def said(*arguments: object) -> str:
    out = StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=StringIO())
    return out.getvalue()


def checked(*arguments: object) -> tuple[int, dict[str, Any]]:
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("check_survey", *map(str, arguments), "--json", stdout=out)
    return int(end.value.code or 0), json.loads(out.getvalue())


def test_an_export_has_exactly_the_documented_fields_and_any_moment_of_the_past(
    committed_sample: Any, tmp_path: Path
) -> None:
    sample: Sample = committed_sample("issued")
    said("export_layer", "parcels", tmp_path / "now.gpkg")
    now = pyogrio.read_dataframe(tmp_path / "now.gpkg")
    assert list(now.columns) == [*FIELDS, "geometry"]
    begun = Parcel.objects.get(uid=sample.case().documents.exclude(parcel_uid=None)[0].parcel_uid)
    moment = begun.begin_lifespan_version
    before = datetime.fromtimestamp(moment.timestamp() - 0.01, UTC)
    said("export_layer", "parcels", tmp_path / "before.gpkg", "--as-of", before.isoformat())
    past = pyogrio.read_dataframe(tmp_path / "before.gpkg")
    parent = sample.case().parcel_uids[0]
    assert parent in set(past["uid"]) and str(begun.uid) not in set(past["uid"])
    assert parent not in set(now["uid"]) and str(begun.uid) in set(now["uid"])
    assert len(now) == len(past) + 3
    # A moment read from the file names the state that began at it.
    written = now.loc[now["uid"] == str(begun.uid), "begin_lifespan_version"].iloc[0].isoformat()
    said("export_layer", "parcels", tmp_path / "then.gpkg", "--as-of", written)
    assert set(pyogrio.read_dataframe(tmp_path / "then.gpkg")["uid"]) == set(now["uid"])


def test_what_is_wrong_with_the_arguments_is_said_without_a_traceback(committed_sample: Any, tmp_path: Path) -> None:
    sample: Sample = committed_sample("land")
    junk = tmp_path / "junk.gpkg"
    junk.write_bytes(b"\x00\x01\x02" * 999)
    with pytest.raises(CommandError, match="already holds parcels"):
        said("make_sample", "--parcels", 5, "--seed", 1)
    for arguments in (
        ("import_layer", "parcels", junk),
        ("import_layer", "parcels", tmp_path),
        ("import_layer", "parcels", tmp_path / "none.gpkg"),
        ("import_layer", "parcels", junk, "--map", "nonsense"),
        ("export_layer", "parcels", tmp_path / "x.xyz"),
        ("export_layer", "parcels", tmp_path / "no" / "x.gpkg"),
        ("export_layer", "parcels", tmp_path / "x.gpkg", "--as-of", "noon"),
        ("export_layer", "parcels", tmp_path / "x.gpkg", "--bbox", "1,2,3"),
    ):
        with pytest.raises(CommandError):
            said(*arguments)
    code, out, err = run(
        "check_survey", sample.first, "--service", "layout_approval", "--parcel", sample.label, "--json"
    )
    report = json.loads(out)
    assert (code, report["fit"], report["plan"], len(report["findings"])) == (2, False, None, 1)
    assert all("layout_approval" in report["findings"][0]["message"][language] for language in ("ar", "en"))
    assert "Traceback" not in err


def test_a_rectangle_west_of_greenwich_is_no_option(committed_sample: Any, tmp_path: Path) -> None:
    committed_sample("land")
    said("export_layer", "parcels", tmp_path / "west.gpkg", "--bbox", "-10,-10,60,60")
    assert len(pyogrio.read_dataframe(tmp_path / "west.gpkg")) == Parcel.objects.count()


def test_parcels_are_named_in_either_digits_and_without_a_plan(committed_sample: Any) -> None:
    sample: Sample = committed_sample("land")
    arabic = sample.label.translate({ord(str(n)): chr(0x660 + n) for n in range(10)})
    assert arabic != sample.label and find_parcel(arabic) == find_parcel(sample.label) != []
    code, report = checked(sample.proper, "--service", "subdivision", "--parcel", "-/4/9999", "--crs", CRS)
    (unknown,) = [found for found in report["findings"] if found["rule"] == "LND-01"]
    assert code == 1 and unknown["parcels"] == [], "a number is not a uid"


def test_the_arabic_of_a_refused_drawing_holds_no_english(committed_sample: Any) -> None:
    sample: Sample = committed_sample("land")
    _code, report = checked(sample.first, "--service", "subdivision", "--parcel", sample.label, "--crs", CRS)
    for found in report["findings"]:
        words = found["message"]["ar"].replace("R1", "").replace("EPSG", "")
        assert not [w for w in words.split() if len(w) > 2 and w.isascii() and w.isalpha()], found["message"]["ar"]


def test_json_is_all_there_is_on_the_output(committed_sample: Any) -> None:
    committed_sample("issued")
    code, out, err = run("audit_register", "--json")
    report = json.loads(out)
    assert code == 0 and report["ok"] is True, err
    assert list(report) == ["ok", "at", "parcels", "entries", "promises"]
    assert set(report["promises"]) == {"coverage", "balance", "shares", "lifespans", "chain"}
    assert {"ok", "faults", "known"} <= set(report["promises"]["coverage"])
    assert {"ok", "unsealed"} <= set(report["promises"]["chain"])


def test_a_tampered_register_is_found_out(committed_sample: Any) -> None:
    committed_sample("issued")
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE layers_parcel DISABLE TRIGGER USER")
        cursor.execute(
            """UPDATE layers_parcel SET geom = ST_Translate(geom, 1, 0)
               WHERE id = (SELECT max(id) FROM layers_parcel)"""
        )
        cursor.execute("ALTER TABLE layers_parcel ENABLE TRIGGER USER")
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("audit_register", "--json", stdout=out, stderr=StringIO())
    report = json.loads(out.getvalue())
    assert end.value.code == 1 and report["ok"] is False
    failed = {name for name, promise in report["promises"].items() if not promise["ok"]}
    assert "coverage" in failed and report["promises"]["coverage"]["faults"]


def test_a_written_moment_is_rounded_up_to_what_the_format_holds(tmp_path: Path) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678_001, tzinfo=UTC)
    write_features(
        tmp_path / "one.gpkg",
        [LayerField("at", "متى", "when", "datetime")],
        [FeatureBatch([(moment,)], [None])],
        32639,
        layer="one",
        geometry_type="Point",
    )
    read = pyogrio.read_dataframe(tmp_path / "one.gpkg")["at"].iloc[0]
    assert read.to_pydatetime() == moment.replace(microsecond=679_000)
