"""Layers added without code: described within rules, made from files of any kind and intention, loaded or not there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import shapely
from django.db import connection
from shapely import Point

from layers import events
from layers.access import PUBLIC, STAFF
from layers.added import (
    LayerChanged,
    all_layers,
    as_layer,
    change_layer,
    create_layer,
    definition_of,
    find_layer,
    mark_of,
    retire_layer,
)
from layers.definitions import FieldDefinition, LayerDefinition, check_definition
from layers.edit_checks import EditRefused
from layers.editing import create_feature
from layers.files.errors import FileUnreadable
from layers.files.naming import RESERVED, safe_name, safe_names
from layers.files.sandbox import ReadLimits, look_confined
from layers.models import AddedLayer, AuditRow, Feature
from layers.relation import relation
from layers.uploads import Upload, add_from_file, find_upload, first_definition, keep_upload, start_adding
from tests.layers.files.making import STORAGE, frame, geojson, gpkg, square

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
committed = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

TREES = LayerDefinition(
    "trees",
    "أشجار",
    "Trees",
    "Point",
    (FieldDefinition("kind", "النوع", "Kind"), FieldDefinition("height", "الارتفاع", "Height", "float")),
)
POINTS = [Point(410_000 + i, 2_923_000) for i in range(4)]


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


def sent(path: Path, owner: int = 7) -> Upload:
    return keep_upload(path.name, [path.read_bytes()], owner)


def trees(path: Path, **columns: Any) -> Path:
    columns = columns or {"kind": ["نخل", "سدر", None, "غاف"], "Height (m)": [7.5, -2.0, None, 3]}
    return gpkg(path, POINTS[: len(next(iter(columns.values())))], **columns)


def add(path: Path, **changes: Any) -> dict[str, Any]:
    upload = sent(path)
    hint = upload.look()
    definition = replace(first_definition(upload, hint), **changes)
    return add_from_file(upload, definition, {f.name: f.attribute for f in hint.fields}, acting_user_id=7)


def rows(code: str, scope: Any = STAFF) -> list[dict[str, Any]]:
    layer = find_layer(code)
    assert layer is not None
    found = relation(layer, scope)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {found.sql} r ORDER BY id", found.params)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


# Names --------------------------------------------------------------------------------------------------------------

NASTY = [
    *("'; DROP TABLE layers_feature; --", '"quoted"', "a\x00b", "x" * 5_000, "", "  ", "select", "id", "geom", "uid"),
    *("رقم المبنى", "رقم المبنى", "١٢", "名前", "%s", "properties->>'x'", "Ünïcode", "user", "__", "f"),
]


def test_every_name_becomes_a_plain_one_that_is_no_other_and_not_reserved() -> None:
    names = safe_names(NASTY)
    assert len(set(names)) == len(NASTY)
    fields = tuple(FieldDefinition(n, "عنوان", "Title") for n in names)
    assert check_definition(replace(TREES, fields=fields)) == ()
    assert safe_name("رقم المبنى") == "rqm_almbna" and safe_name("select") == "select_value"


def test_the_reserved_words_are_those_of_the_database_and_of_the_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T')")
        words = {row[0] for row in cursor.fetchall()}
        cursor.execute("SELECT attname FROM pg_attribute WHERE attrelid = 'layers_feature'::regclass AND attnum > 0")
        columns = {row[0] for row in cursor.fetchall()}
    assert words | columns <= RESERVED


# Definitions --------------------------------------------------------------------------------------------------------

BAD: list[tuple[dict[str, Any], str]] = [
    ({"code": "places"}, "code"),
    ({"code": "Trees"}, "code"),
    ({"code": "../etc"}, "code"),
    ({"code": "a;b"}, "code"),
    ({"code": ""}, "code"),
    ({"name_ar": " "}, "name_ar"),
    ({"name_en": "x" * 121}, "name_en"),
    ({"geometry": "Polygon"}, "geometry"),
    ({"readers": "nobody"}, "readers"),
    ({"min_zoom": 23}, "min_zoom"),
    ({"min_zoom": 12, "max_zoom": 11}, "min_zoom"),
    ({"licence": "javascript:alert(1)"}, "licence"),
    ({"style": {"fill": "url(http://x)"}}, "style"),
    ({"style": {"nothing": 1}}, "style"),
    ({"style": {"width_px": float("nan")}}, "style"),
    ({"style": {"label": "nothing"}}, "label"),
    ({"fields": (FieldDefinition("a; drop", "أ", "A"),)}, "fields.0"),
    ({"fields": (FieldDefinition("uid", "أ", "A"),)}, "fields.0"),
    ({"fields": (FieldDefinition("order", "أ", "A"),)}, "fields.0"),
    ({"fields": (FieldDefinition("a", "أ", "A"), FieldDefinition("a", "أ", "A"))}, "fields.1"),
    ({"fields": (FieldDefinition("a", "أ", "A", "json"),)}, "fields.0"),
    ({"fields": (FieldDefinition("a", "", "A"),)}, "fields.0"),
    ({"fields": (FieldDefinition("a", "أ", "A", readers="nobody"),)}, "fields.0"),
    ({"fields": tuple(FieldDefinition(f"a{i}", "أ", "A") for i in range(101))}, "fields"),
]


@pytest.mark.parametrize(("change", "where"), BAD)
def test_a_definition_that_cannot_be_is_told_with_its_place(change: dict[str, Any], where: str) -> None:
    with pytest.raises(EditRefused) as refused:
        create_layer(replace(TREES, **change), acting_user_id=1)
    assert {f.field for f in refused.value.findings} == {where}
    assert all(f.ar and f.en for f in refused.value.findings)
    assert not AddedLayer.objects.exists() and not AuditRow.objects.exists()


def test_all_faults_of_a_definition_are_told_at_once() -> None:
    worst = replace(TREES, code="1", name_ar="", min_zoom=-1, fields=(FieldDefinition("1", "", ""),))
    with pytest.raises(EditRefused) as refused:
        create_layer(worst, acting_user_id=1)
    assert {f.field for f in refused.value.findings} == {"code", "name_ar", "min_zoom", "fields.0"}


def test_a_code_is_taken_once_even_by_a_retired_layer() -> None:
    create_layer(TREES, acting_user_id=1)
    retire_layer("trees", acting_user_id=1)
    with pytest.raises(EditRefused) as refused:
        create_layer(TREES, acting_user_id=1)
    assert [f.field for f in refused.value.findings] == ["code"]


def test_a_layer_is_created_changed_and_retired_with_the_audit() -> None:
    row = create_layer(TREES, acting_user_id=1)
    assert definition_of(row) == TREES
    fields = (replace(TREES.fields[1], readers="staff"), TREES.fields[0], FieldDefinition("age", "العمر", "Age"))
    new = replace(TREES, name_en="City trees", fields=fields)
    assert change_layer(new, seen=mark_of(TREES), acting_user_id=2)
    assert not change_layer(new, seen=mark_of(new), acting_user_id=2)
    with pytest.raises(LayerChanged):
        change_layer(TREES, seen=mark_of(TREES), acting_user_id=3)
    assert [f.name for f in all_layers()["trees"].fields[1:4]] == ["height", "kind", "age"]
    retire_layer("trees", acting_user_id=3)
    with pytest.raises(LayerChanged):
        retire_layer("trees", acting_user_id=3)
    assert find_layer("trees") is None and "trees" not in all_layers()
    told = list(AuditRow.objects.filter(subject="trees").order_by("id").values_list("action", "actor_id"))
    assert told == [("layer.create", 1), ("layer.change", 2), ("layer.retire", 3)]


def test_a_field_is_neither_lost_nor_of_another_kind() -> None:
    create_layer(TREES, acting_user_id=1)
    for fields in (TREES.fields[:1], (TREES.fields[0], replace(TREES.fields[1], kind="text"))):
        with pytest.raises(EditRefused) as refused:
            change_layer(replace(TREES, fields=fields), seen=mark_of(TREES), acting_user_id=1)
        assert [f.field for f in refused.value.findings] == ["fields"]


def test_short_names_for_shapefiles_are_all_different() -> None:
    fields = tuple(FieldDefinition(f"building_height_{i}", "أ", "A") for i in range(12))
    layer = as_layer(create_layer(replace(TREES, fields=fields), acting_user_id=1))
    shorts = [f.short or f.name for f in layer.fields]
    assert len(set(shorts)) == len(shorts) and all(len(s) <= 10 for s in shorts)


# From files ---------------------------------------------------------------------------------------------------------


def test_a_file_suggests_its_fields_kinds_and_geometry(tmp_path: Path) -> None:
    columns = {
        "رقم الشجرة": ["1", "2"], "Height (m)": [7.5, 2.0], "count": [3, -4], "user": ["a", "b"],
        "planted": [datetime(2026, 1, 2, 3, 4, tzinfo=UTC)] * 2,
    }  # fmt: skip
    hint = sent(trees(tmp_path / "trees.gpkg", **columns)).look()
    assert [(f.name, f.kind) for f in hint.fields] == [
        ("rqm_alshjra", "text"), ("height_m", "float"), ("count_value", "integer"), ("user_value", "text"),
        ("planted", "datetime"),
    ]  # fmt: skip
    assert (hint.geometry, hint.count, hint.fields[0].title) == ("Point", 2, "رقم الشجرة")
    assert hint.fields[1].examples == ("7.5", "2.0") and hint.bounds is not None


@pytest.mark.parametrize("kind", ["gpkg", "geojson", "fgb", "parquet", "zip"])
def test_a_layer_comes_out_of_a_file_of_every_kind(tmp_path: Path, kind: str) -> None:
    data = frame(POINTS, kind=["نخل", "سدر", None, "غاف"], height=[7.5, -2.0, None, 3.0], n=[1, 2, 3, -(2**40)])
    path = tmp_path / f"trees.{kind}"
    if kind == "parquet":
        data.to_parquet(path)
    elif kind == "zip":
        data.to_file(tmp_path / "trees.shp", engine="pyogrio")
        with zipfile.ZipFile(path, "w") as archive:
            for part in tmp_path.glob("trees.[sdcp]*"):
                archive.write(part, part.name)
    else:
        (data.to_crs(4326) if kind == "geojson" else data).to_file(path, engine="pyogrio")

    told = add(path)

    assert (told["read"], told["written"], told["defective"]) == (4, 4, 0)
    found = {row["n"]: (row["kind"], row["height"]) for row in rows("trees")}
    assert found == {1: ("نخل", 7.5), 2: ("سدر", -2.0), 3: (None, None), -(2**40): ("غاف", 3.0)}
    row = Feature.objects.get(properties__n=1)
    assert row.geom.coords == pytest.approx((410_000.0, 2_923_000.0), abs=0.01)


def test_what_cannot_be_loaded_is_told_with_its_row(tmp_path: Path) -> None:
    shapes: list[Any] = [square(0, 0), None, Point(410_000, 2_923_000), square(40, 0)]
    bow_tie = shapely.Polygon([(410_100, 2_923_000), (410_120, 2_923_020), (410_120, 2_923_000), (410_100, 2_923_020)])
    told = add(gpkg(tmp_path / "sites.gpkg", [*shapes, bow_tie], name=["a", "b", "c", "d", "e" * 600]))

    assert (told["read"], told["written"], told["left_out"], told["defective"]) == (5, 3, 2, 3)
    defects = {d["kind"]: d for d in told["defects"]}
    assert set(defects) == {"empty_geometry", "not_an_area", "invalid_ring", "several_parts", "long_value"}
    assert defects["not_an_area"]["samples"][0]["row"] == 3 and not defects["not_an_area"]["is_loaded"]
    assert all(s["ar"] and s["en"] for d in told["defects"] for s in d["samples"])
    assert len(rows("sites")[-1]["name"]) == 500


def test_loading_is_announced_and_written_into_the_audit_by_the_applications_role(tmp_path: Path) -> None:
    kept = events.clear_handlers()
    heard: list[events.LandTouched] = []
    events.before_commit(heard.append)
    try:
        add(trees(tmp_path / "trees.gpkg"))
    finally:
        events.clear_handlers()
        for handler in kept[0]:
            events.before_commit(handler)
        for handler in kept[1]:
            events.after_commit(handler)
    assert [h.layers for h in heard] == [{"trees"}]
    assert all(heard[0].geometry.covers(p) for p in POINTS)
    told = list(AuditRow.objects.filter(subject="trees").order_by("id").values_list("action", "actor_id"))
    assert told == [("layer.create", 7), ("layer.load", 7)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_database_privilege(current_user, current_database(), 'TEMP')")
        assert cursor.fetchone() == (False,)


def test_the_same_file_is_not_loaded_into_a_layer_twice(tmp_path: Path) -> None:
    path = gpkg(tmp_path / "trees.gpkg", POINTS[:2], uid=["0b0e7f0a-0000-4000-8000-000000000001", None])
    assert add(path)["written"] == 2
    assert rows("trees")[0]["uid"].hex.startswith("0b0e7f0a")
    with pytest.raises(FileUnreadable) as refused:
        add(path, code="other")
    assert refused.value.what == "already_loaded" and find_layer("other") is None


def test_nothing_is_left_of_a_layer_whose_file_breaks_on_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from layers.files import sandbox

    whole = sandbox._lines

    def cut(process: Any, limits: Any) -> Iterator[bytes]:
        for n, line in enumerate(whole(process, limits)):
            if n == 2:
                return
            yield line

    upload = sent(gpkg(tmp_path / "a.gpkg", [Point(410_000 + i, 2_923_000) for i in range(1_200)]))
    hint = upload.look()
    monkeypatch.setattr(sandbox, "_lines", cut)
    with pytest.raises(FileUnreadable) as refused:
        add_from_file(upload, first_definition(upload, hint), {}, acting_user_id=1)
    assert refused.value.what == "reader"
    assert not AddedLayer.objects.exists() and not Feature.objects.exists() and not AuditRow.objects.exists()


@committed
def test_loading_runs_beside_the_requests_and_tells_how_it_went(tmp_path: Path) -> None:
    upload = sent(trees(tmp_path / "trees.gpkg"))
    hint = upload.look()
    definition = first_definition(upload, hint)
    given = {f.name: f.attribute for f in hint.fields}
    start_adding(upload, definition, given, acting_user_id=7).join(60)
    status = upload.status()
    assert status["state"] == "done" and status["outcome"]["written"] == 4
    assert not upload.path.exists() and len(rows("trees")) == 4

    again = sent(trees(tmp_path / "more.gpkg"))
    again.look()
    start_adding(again, definition, given, acting_user_id=7).join(60)
    assert again.status()["state"] == "failed" and again.status()["findings"][0]["field"] == "code"
    assert find_upload(upload.token, 8) is None and find_upload(upload.token, 7) is not None
    assert find_upload("../../etc", 7) is None and find_upload("0" * 32, 7) is None


def test_readers_rule_an_added_layer_as_any_other(tmp_path: Path) -> None:
    path = trees(tmp_path / "trees.gpkg", kind=["a"], keeper=["somebody"])
    fields = (FieldDefinition("kind", "النوع", "Kind"), FieldDefinition("keeper", "المسؤول", "Keeper", readers="staff"))
    add(path, fields=fields)
    assert "keeper" in rows("trees")[0] and "keeper" not in rows("trees", PUBLIC)[0]


# Hostile files ------------------------------------------------------------------------------------------------------


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(FileUnreadable) as refused:
        look_confined(path, STORAGE, **options)
    assert refused.value.message_ar and refused.value.message_en
    assert str(path.parent) not in str(refused.value)
    return refused.value.what


def test_a_zip_bomb_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.geojson", b"0" * (300 * 2**20))
    assert refusal(path) == "zip_bomb"


def test_an_archive_that_lies_about_its_size_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "liar.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.geojson", os.urandom(2**20) * 4)
    assert refusal(path, limits=ReadLimits(unzipped_bytes=2**20)) in ("bad_zip", "reader", "zip_bomb")


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.geojson", b"{", "unknown_format"),
        ("a.geojson", b'{"type":"FeatureCollection","features":[]}', "no_features"),
        ("a.gpkg", b"SQLite format 3\0" + b"\0" * 52 + b"GPKG" + b"\0" * 500, "truncated"),
        ("a.fgb", b"fgb\x03fgb\x00" + b"\xff" * 200, "no_layer"),
        ("a.parquet", b"PAR1" + b"\xff" * 100 + b"PAR1", "damaged"),
        ("a.vrt", b"<OGRVRTDataSource><OGRVRTLayer/></OGRVRTDataSource>", "unknown_format"),
        ("a.gml", b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x/>', "entities"),
        ("a.zip", b"PK\x03\x04" + b"\0" * 100, "unknown_format"),
        ("a.exe", b"MZ" + b"\0" * 100, "unknown_format"),
    ],
)
def test_what_is_no_layer_is_refused_with_its_reason(tmp_path: Path, name: str, content: bytes, what: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert refusal(path) == what


def test_a_file_in_another_place_is_refused_by_name_of_its_belt(tmp_path: Path) -> None:
    path = geojson(tmp_path / "paris.geojson", [({}, {"type": "Point", "coordinates": [2.3, 48.8]})])
    with pytest.raises(FileUnreadable) as refused:
        look_confined(path, STORAGE)
    assert "EPSG:32631" in refused.value.message_en
    wrong = geojson(tmp_path / "wrong.geojson", [({}, {"type": "Point", "coordinates": [410_000, 2_923_000]})])
    assert refusal(wrong) == "bad_coordinates"


def test_names_of_attributes_are_data_however_they_look(tmp_path: Path) -> None:
    hostile = {name: 1 for name in NASTY if name and "\x00" not in name}
    path = geojson(tmp_path / "a.geojson", [(hostile, {"type": "Point", "coordinates": [50.1, 26.4]})])
    told = add(path, code="hostile")
    assert told["written"] == 1
    row = rows("hostile")[0]
    assert row["drop_table_layers_feature"] == 1 and row["properties_x"] == 1
    layer = find_layer("hostile")
    assert layer is not None
    assert Feature.objects.count() == 1


def test_a_file_of_too_many_attributes_is_refused(tmp_path: Path) -> None:
    point = {"type": "Point", "coordinates": [50.1, 26.4]}
    path = geojson(tmp_path / "wide.geojson", [({f"a{i}": i for i in range(300)}, point)])
    assert refusal(path) == "too_many_fields"


def test_a_reader_that_takes_too_long_or_too_much_is_ended(tmp_path: Path) -> None:
    path = trees(tmp_path / "trees.gpkg")
    assert refusal(path, limits=ReadLimits(wall_s=0.05)) == "time"
    assert refusal(path, limits=ReadLimits(output_bytes=100)) == "reader"
    assert refusal(path, limits=ReadLimits(memory_bytes=60 * 2**20)) in ("reader", "memory")


def test_the_child_that_reads_has_no_network_and_writes_nothing(tmp_path: Path) -> None:
    """A GeoPackage may name a file to attach; the doors are closed before anything opens it."""
    probe = tmp_path / "probe.py"
    root = Path(__file__).resolve().parents[2]
    probe.write_text(
        f"""
import os, socket, sys, threading
sys.path.insert(0, {str(root)!r})
from layers.files import confine
network = confine.leave_network()
confine.limit_resources(1 << 32, 20, 64, 1 << 20)
open({str(tmp_path)!r} + "/before", "w").write("x")
assert confine.filter_system_calls(threads=True) or network
def refused(what):
    try:
        what()
    except OSError:
        return True
    return False
done = []
thread = threading.Thread(target=lambda: done.append(1)); thread.start(); thread.join()
print([refused(lambda: socket.socket()), refused(os.fork), refused(lambda: open({str(tmp_path)!r} + "/after", "w")),
       refused(lambda: os.remove({str(tmp_path)!r} + "/before")), done == [1]])
"""
    )
    done = subprocess.run([sys.executable, str(probe)], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == str([True] * 5), done.stderr


def test_json_that_is_stored_is_what_the_database_can_hold(tmp_path: Path) -> None:
    point = {"type": "Point", "coordinates": [50.1, 26.4]}
    path = tmp_path / "odd.geojson"
    features = [{"type": "Feature", "properties": {"a": 1e308, "b": "x\u0000y", "c": {"d": [1]}}, "geometry": point}]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert add(path, code="odd")["written"] == 1
    assert rows("odd")[0]["b"] in ("xy", "x")


def test_features_are_found_by_a_value_in_the_words_of_its_index_and_only_by_readable_ones() -> None:
    fields = (*TREES.fields, FieldDefinition("n", "ع", "N", "integer"), FieldDefinition("k", "م", "K", readers="staff"))
    layer = as_layer(create_layer(replace(TREES, fields=fields), acting_user_id=1))
    for n in range(30):
        create_feature(layer, {"kind": f"k{n % 3}", "n": n, "height": 0.1, "k": "x"}, POINTS[0], acting_user_id=1)
    found = relation(layer, PUBLIC, equal={"kind": "k1", "n": 7, "height": 0.1, "k": "x"})
    assert set(found.params) == {"rel_layer_id", "rel_equal_kind", "rel_equal_n"}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT n FROM {found.sql} r WHERE r.kind = 'k1' AND r.n = 7", found.params)
        assert cursor.fetchall() == [(7,)]
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'feature_current_value'")
        assert "gin (properties jsonb_path_ops)" in cursor.fetchone()[0]
    assert found.sql.count("t.properties @>") == 2


def test_the_layer_is_part_of_the_condition_of_its_indexes() -> None:
    """A plain number would be an integer, which no index of a bigint takes: every layer would be read."""
    layer = as_layer(create_layer(TREES, acting_user_id=1))
    found = relation(layer, STAFF)
    box = "ST_MakeEnvelope(5576000, 3043000, 5577000, 3044000, 3857)"
    spread = f"ST_SetSRID(ST_Point(400000 + 10 * n, 2900000 + 10 * n), {STORAGE})"
    with connection.cursor() as cursor:
        # Of an empty table every index costs the same.
        cursor.execute(
            "INSERT INTO layers_feature (uid, layer_id, properties, geom, begin_lifespan_version)"
            f" SELECT gen_random_uuid(), %s, '{{}}', {spread}, clock_timestamp() FROM generate_series(1, 3000) n",
            [layer.fixed["layer_id"]],
        )
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN SELECT id FROM {found.sql} r WHERE r.geom_3857 && {box}", found.params)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "feature_current_tile" in plan and "Index Cond: ((layer_id = " in plan
