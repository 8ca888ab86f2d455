"""Edits by hand: versions, the audit and the word to the map in one transaction, and nobody overwrites unseen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import shapely
from django.db import connections, transaction
from shapely import LineString, MultiLineString, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from layers import editing, events
from layers.added import as_layer
from layers.catalog.base import Layer
from layers.edit_checks import EditRefused
from layers.editing import Edit, apply_edits, change_feature, create_feature, retire_feature
from layers.edits import NoSuchFeature, NotEditable, StaleVersion, Written
from layers.models import AddedLayer, AuditRow, District, Feature, Place, Street, Zone
from layers.registry import LAYERS
from tests.databases import database
from tests.layers.files.making import square

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
committed = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

PLACES, ZONING, STREETS = LAYERS["places"], LAYERS["zoning"], LAYERS["streets"]
HERE, THERE = Point(410_000, 2_923_000), Point(410_500, 2_923_400)
GROCERY = {"name_ar": "بقالة النور", "name_en": "Al Noor", "category": "food", "phone": "013 000 0000"}
LINE = LineString([(410_000, 2_923_000), (410_100, 2_923_000)])


@pytest.fixture
def heard() -> Iterator[list[tuple[str, events.LandTouched]]]:
    """What handlers heard before and after commits."""
    kept = events.clear_handlers()
    told: list[tuple[str, events.LandTouched]] = []
    events.before_commit(lambda touched: told.append(("before", touched)))
    events.after_commit(lambda touched: told.append(("after", touched)))
    yield told
    events.clear_handlers()
    for handler in kept[0]:
        events.before_commit(handler)
    for handler in kept[1]:
        events.after_commit(handler)


def added(**options: Any) -> Layer:
    fields = [
        {"name": "kind", "ar": "النوع", "en": "Kind", "kind": "text"},
        {"name": "height", "ar": "الارتفاع", "en": "Height", "kind": "float"},
        {"name": "count", "ar": "العدد", "en": "Count", "kind": "integer"},
        {"name": "seen", "ar": "شوهد", "en": "Seen", "kind": "datetime"},
        {"name": "keeper", "ar": "المسؤول", "en": "Keeper", "kind": "text", "readers": "staff"},
    ]
    values = {"code": "trees", "name_ar": "أشجار", "name_en": "Trees", "geometry": "Point", "fields": fields}
    return as_layer(AddedLayer.objects.create(**{**values, **options}))


def place(values: dict[str, Any] | None = None, at: BaseGeometry = HERE) -> Written:
    return create_feature(PLACES, {**GROCERY, **(values or {})}, at, acting_user_id=7)


def begin(written: Written) -> datetime:
    assert written.begin is not None
    return written.begin


def versions(uid: uuid.UUID) -> list[Place]:
    return list(Place.objects.filter(uid=uid).order_by("id"))


def codes(error: pytest.ExceptionInfo[EditRefused]) -> set[tuple[str, str]]:
    return {(f.code, f.field) for f in error.value.findings}


# Versions -----------------------------------------------------------------------------------------------------------


def test_a_place_is_created_changed_and_retired_as_versions() -> None:
    first = place()
    second = change_feature(PLACES, first.uid, {"name_en": "Noor"}, THERE, expected=begin(first), acting_user_id=8)
    third = retire_feature(PLACES, first.uid, expected=begin(second), acting_user_id=9)

    old, new = versions(first.uid)
    assert (old.id, new.id) == (first.id, second.id)
    assert (old.name_en, new.name_en, new.name_ar, new.phone) == ("Al Noor", "Noor", "بقالة النور", "013 000 0000")
    assert (old.geom.coords, new.geom.coords) == ((410_000.0, 2_923_000.0), (410_500.0, 2_923_400.0))
    assert old.end_lifespan_version == new.begin_lifespan_version == second.begin
    assert new.end_lifespan_version is not None and new.end_lifespan_version > new.begin_lifespan_version
    assert (third.id, third.begin, third.is_changed) == (None, None, True)


def test_the_audit_tells_who_changed_what() -> None:
    first = place()
    second = change_feature(PLACES, first.uid, {"name_en": "Noor"}, expected=begin(first), acting_user_id=8)
    retire_feature(PLACES, first.uid, expected=begin(second), acting_user_id=9)

    rows = list(AuditRow.objects.filter(subject=str(first.uid)).order_by("id"))
    assert [(row.action, row.actor_id) for row in rows] == [
        ("feature.create", 7),
        ("feature.change", 8),
        ("feature.retire", 9),
    ]
    assert rows[1].payload["old"] == {"name_en": "Al Noor"}
    assert rows[1].payload["new"] == {"name_en": "Noor"}
    assert (rows[1].payload["ended"], rows[1].payload["began"]) == (first.id, second.id)
    assert "geometry" not in rows[1].payload
    assert set(rows[2].payload["geometry"]) == {"old", "new"} and rows[2].payload["geometry"]["new"] is None


def test_what_changes_nothing_writes_nothing(heard: list[Any]) -> None:
    first = place()
    heard.clear()
    again = change_feature(
        PLACES, first.uid, {"name_en": " Al Noor "}, Point(410_000.0001, 2_923_000), expected=begin(first),
        acting_user_id=8,
    )  # fmt: skip
    assert not again.is_changed and (again.id, again.begin) == (first.id, first.begin)
    assert len(versions(first.uid)) == 1
    assert AuditRow.objects.filter(subject=str(first.uid)).count() == 1
    assert heard == []


def test_columns_that_are_no_fields_go_over_to_the_next_version() -> None:
    way = MultiPolygon([square(0, 0)])
    first = create_feature(STREETS, {"name_ar": "شارع"}, LINE, acting_user_id=1)
    street = Street.objects.get(pk=first.id)
    end = begin(first) + timedelta(microseconds=1)
    Street.objects.filter(pk=street.pk).update(end_lifespan_version=end)
    street.pk, street.begin_lifespan_version, street.end_lifespan_version = None, end, None
    street.right_of_way = way.wkt
    street.save(force_insert=True)

    second = change_feature(STREETS, first.uid, {"width_m": "١٢٫٥"}, expected=end, acting_user_id=1)

    now = Street.objects.get(pk=second.id)
    assert now.width_m == Decimal("12.50") and now.road_class == "local"
    assert now.right_of_way is not None and now.right_of_way.area == pytest.approx(400.0)
    assert shapely.from_wkb(bytes(now.geom.wkb)).equals(MultiLineString([LINE]))


def test_a_zone_stays_of_its_kind_and_is_not_found_as_another() -> None:
    first = create_feature(ZONING, {"code": "R1"}, square(0, 0), acting_user_id=1)
    assert Zone.objects.get(pk=first.id).kind == "zoning"
    other = Zone.objects.create(
        uid=uuid.uuid4(), begin_lifespan_version=begin(first), kind="municipality", code="west",
        geom=MultiPolygon([square(0, 0)]).wkt,
    )  # fmt: skip
    with pytest.raises(NoSuchFeature):
        change_feature(ZONING, other.uid, {"code": "R2"}, expected=other.begin_lifespan_version, acting_user_id=1)


@pytest.mark.parametrize("code", [c for c, layer in LAYERS.items() if not layer.has_own_loader and layer.is_versioned])
def test_every_layer_of_versions_is_edited_the_same_way(code: str) -> None:
    layer = LAYERS[code]
    shape = {"Point": HERE, "MultiLineString": LINE, "MultiPolygon": square(0, 0)}[layer.geometry]
    needed = {f.name: (f.choices[0] if f.choices else "1") for f in editing.editable_fields(layer) if f.required}
    first = create_feature(layer, needed, shape, acting_user_id=1)
    moved = shapely.transform(shape, lambda xy: xy + 1.0)
    second = change_feature(layer, first.uid, {}, moved, expected=begin(first), acting_user_id=1)
    assert second.is_changed and second.id != first.id
    retire_feature(layer, first.uid, expected=begin(second), acting_user_id=1)


def test_an_added_layer_keeps_its_values_as_they_are_typed() -> None:
    layer = added()
    first = create_feature(
        layer, {"kind": "نخلة", "height": "٧٫٢٥", "count": -3, "seen": "2026-05-01T08:00"}, HERE, acting_user_id=1
    )
    row = Feature.objects.get(pk=first.id)
    assert row.properties == {"kind": "نخلة", "height": 7.25, "count": -3, "seen": "2026-05-01T05:00:00+00:00"}
    second = change_feature(layer, first.uid, {"count": None}, expected=begin(first), acting_user_id=1)
    assert "count" not in Feature.objects.get(pk=second.id).properties
    same = change_feature(
        layer, first.uid, {"height": 7.25, "seen": "2026-05-01T08:00"}, expected=begin(second), acting_user_id=1
    )
    assert not same.is_changed


def test_values_that_only_staff_may_read_are_not_in_the_audit() -> None:
    first = create_feature(added(), {"kind": "x", "keeper": "somebody"}, HERE, acting_user_id=1)
    payload = AuditRow.objects.get(subject=str(first.uid)).payload
    assert payload["withheld"] == ["keeper"] and "somebody" not in json.dumps(payload)


# Refusals -----------------------------------------------------------------------------------------------------------


def test_everything_that_is_wrong_is_told_at_once_in_both_languages() -> None:
    values = {
        "category": "spaceport", "name_ar": "x" * 501, "name_en": "a\x00b", "uid": "1", "nothing": 1, "geom": "x",
    }  # fmt: skip
    with pytest.raises(EditRefused) as refused:
        create_feature(PLACES, values, LINE, acting_user_id=1)
    assert codes(refused) == {
        ("bad_choice", "category"), ("long_value", "name_ar"), ("bad_text", "name_en"), ("read_only", "uid"),
        ("unknown_field", "nothing"), ("unknown_field", "geom"), ("wrong_type", "geom"),
    }  # fmt: skip
    assert all(f.ar and f.en and f.ar != f.en for f in refused.value.findings)
    assert not Place.objects.exists() and not AuditRow.objects.exists()


BOW_TIE = Polygon([(410_000, 2_923_000), (410_020, 2_923_020), (410_020, 2_923_000), (410_000, 2_923_020)])
NEEDLE = Polygon([(410_000, 2_923_000), (410_000.0002, 2_923_010), (410_000, 2_923_020)])


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (BOW_TIE, "not_valid"),
        (NEEDLE, "collapsed"),
        (Polygon(), "missing"),
        (None, "missing"),
        (Point(410_000, 2_923_000), "wrong_type"),
        (MultiPolygon([square(0, 0), square(5, 5)]), "not_valid"),
        (shapely.box(50.1, 26.4, 50.2, 26.5), "outside"),
        (shapely.box(0, 0, 10, 10), "outside"),
        (shapely.box(4_100_000, 2_923_000, 4_100_020, 2_923_020), "outside"),
        (Polygon([(410_000, 2_923_000), (float("nan"), 2_923_010), (410_020, 2_923_000)]), "bad_coordinate"),
        (Polygon([(410_000, 2_923_000), (float("inf"), 2_923_010), (410_020, 2_923_000)]), "bad_coordinate"),
        (shapely.GeometryCollection([square(0, 0)]), "wrong_type"),
        (shapely.box(1e300, 1e300, 2e300, 2e300), "outside"),
    ],
)
def test_a_shape_that_cannot_stand_is_refused_with_its_reason(shape: Any, code: str) -> None:
    with pytest.raises(EditRefused) as refused:
        create_feature(ZONING, {"code": "R1"}, shape, acting_user_id=1)
    assert codes(refused) == {(code, "geom")}


def test_a_crossing_outline_is_told_with_its_place_and_degrees_with_a_hint() -> None:
    with pytest.raises(EditRefused) as crossing:
        create_feature(ZONING, {"code": "R1"}, BOW_TIE, acting_user_id=1)
    assert crossing.value.findings[0].where == Point(410_010, 2_923_010)
    with pytest.raises(EditRefused) as degrees:
        create_feature(PLACES, GROCERY, Point(50.1, 26.4), acting_user_id=1)
    assert "look like degrees" in degrees.value.findings[0].en


@pytest.mark.parametrize(
    ("value", "fine"), [("12", True), ("-1", False), ("99999.99", False), ("٩", True), ("1e3", False), ([1], False)]
)
def test_a_column_is_never_given_what_it_cannot_hold(value: Any, fine: bool) -> None:
    edit = Edit("create", values={"width_m": value}, geometry=LINE)
    assert (editing.check_edit(STREETS, edit) == ()) is fine


def test_parcels_and_retired_layers_are_not_edited_here() -> None:
    with pytest.raises(NotEditable):
        create_feature(LAYERS["parcels"], {"parcel_no": "1"}, square(0, 0), acting_user_id=1)
    layer = added(retired_at=datetime.now(UTC))
    with pytest.raises(NotEditable):
        create_feature(layer, {}, HERE, acting_user_id=1)


def test_a_feature_that_never_was_is_not_found() -> None:
    with pytest.raises(NoSuchFeature):
        retire_feature(PLACES, uuid.uuid4(), expected=datetime.now(UTC), acting_user_id=1)


def test_whoever_looked_at_an_older_version_is_told_who_changed_it() -> None:
    first = place()
    second = change_feature(PLACES, first.uid, {"name_en": "B"}, expected=begin(first), acting_user_id=8)
    with pytest.raises(StaleVersion) as stale:
        change_feature(PLACES, first.uid, {"name_en": "C"}, expected=begin(first), acting_user_id=9)
    assert (stale.value.actor_id, stale.value.at, stale.value.begin) == (8, second.begin, second.begin)
    retire_feature(PLACES, first.uid, expected=begin(second), acting_user_id=10)
    with pytest.raises(StaleVersion) as gone:
        change_feature(PLACES, first.uid, {"name_en": "C"}, expected=begin(second), acting_user_id=9)
    assert gone.value.begin is None and gone.value.actor_id == 10
    assert "10" in gone.value.message_en and "أُلغي" in gone.value.message_ar
    assert [v.name_en for v in versions(first.uid)] == ["Al Noor", "B"]


def test_an_identifier_in_use_is_not_taken_again_but_a_retired_one_may_return() -> None:
    first = place()
    with pytest.raises(EditRefused) as refused:
        create_feature(PLACES, GROCERY, THERE, uid=first.uid, acting_user_id=1)
    assert codes(refused) == {("uid_taken", "uid")}
    retire_feature(PLACES, first.uid, expected=begin(first), acting_user_id=1)
    again = create_feature(PLACES, GROCERY, THERE, uid=first.uid, acting_user_id=1)
    assert begin(again) > begin(first) and len(versions(first.uid)) == 2


def test_whoever_may_write_in_one_municipality_writes_in_no_other() -> None:
    Zone.objects.create(
        uid=uuid.uuid4(), begin_lifespan_version=datetime.now(UTC), kind="municipality", code="west",
        geom=MultiPolygon([square(-100, -100, 200)]).wkt,
    )  # fmt: skip
    first = create_feature(PLACES, GROCERY, HERE, acting_user_id=1, areas=("west",))
    for edit in (
        Edit("create", values=GROCERY, geometry=THERE),
        Edit("change", first.uid, geometry=THERE, expected=first.begin),
    ):
        with pytest.raises(EditRefused) as refused:
            apply_edits(PLACES, [edit], acting_user_id=1, areas=("west",))
        assert codes(refused) == {("outside_your_area", "geom")}
    for areas in (("east",), ("east", "south")):
        with pytest.raises(EditRefused):
            retire_feature(PLACES, first.uid, expected=begin(first), acting_user_id=1, areas=areas)
    retire_feature(PLACES, first.uid, expected=begin(first), acting_user_id=1, areas=("east", "west"))


# Batches and events -------------------------------------------------------------------------------------------------


def test_a_batch_is_all_or_nothing(heard: list[Any]) -> None:
    first, second = place(), place(at=THERE)
    heard.clear()
    edits = [
        Edit("change", first.uid, {"name_en": "A"}, expected=first.begin),
        Edit("change", second.uid, {"name_en": "B"}, expected=datetime(2020, 1, 1, tzinfo=UTC)),
    ]
    with pytest.raises(StaleVersion) as stale:
        apply_edits(PLACES, edits, acting_user_id=1)
    assert stale.value.index == 1
    assert [v.name_en for v in versions(first.uid)] == ["Al Noor"] and heard == []

    edits[1] = Edit("retire", second.uid, expected=second.begin)
    edits.append(Edit("create", values=GROCERY, geometry=HERE))
    written = apply_edits(PLACES, edits, acting_user_id=1)
    assert [w.is_changed for w in written] == [True] * 3
    assert Place.objects.filter(end_lifespan_version__isnull=True).count() == 2
    assert AuditRow.objects.count() == 5


def test_the_faults_of_a_batch_carry_their_place_in_it() -> None:
    bad = Edit("create", values={"category": "food"}, geometry=LINE)
    good = Edit("create", values={"category": "food"}, geometry=HERE)
    twice = uuid.uuid4()
    repeated = [Edit("create", twice, {"category": "food"}, HERE), Edit("create", twice, {"category": "food"}, HERE)]
    with pytest.raises(EditRefused) as refused:
        apply_edits(PLACES, [good, bad, *repeated], acting_user_id=1)
    assert [(f.index, f.code) for f in refused.value.findings] == [(1, "wrong_type"), (3, "repeated")]
    with pytest.raises(EditRefused):
        apply_edits(PLACES, [good] * (editing.MAX_EDITS + 1), acting_user_id=1)
    assert apply_edits(PLACES, [], acting_user_id=1) == []


@committed
def test_the_map_is_told_of_the_land_before_and_after_the_commit(heard: list[tuple[str, events.LandTouched]]) -> None:
    first = place()
    heard.clear()
    with transaction.atomic():
        change_feature(PLACES, first.uid, {}, THERE, expected=begin(first), acting_user_id=1)
        assert [when for when, _ in heard] == ["before"]
    assert [when for when, _ in heard] == ["before", "after"]
    touched = heard[0][1]
    assert touched.layers == {"places"} and touched.uids == (str(first.uid),)
    assert touched.geometry.covers(HERE) and touched.geometry.covers(THERE) and touched.geometry.area == 0.0


@committed
def test_a_change_that_is_rolled_back_leaves_nothing_and_tells_nobody_after(heard: list[Any]) -> None:
    first = place()
    heard.clear()

    class Broken(Exception):
        pass

    def refuse(touched: events.LandTouched) -> None:
        raise Broken

    events.before_commit(refuse)
    with pytest.raises(Broken):
        change_feature(PLACES, first.uid, {"name_en": "B"}, expected=begin(first), acting_user_id=1)
    assert [v.name_en for v in versions(first.uid)] == ["Al Noor"]
    assert versions(first.uid)[0].end_lifespan_version is None
    assert AuditRow.objects.filter(action="feature.change").count() == 0
    assert [when for when, _ in heard] == ["before"]


# Many editors -------------------------------------------------------------------------------------------------------


def start(name: str, go: Path, *written: Written) -> subprocess.Popen[str]:
    pairs = [part for w in written for part in (str(w.uid), begin(w).isoformat())]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.layers.editor", name, str(go), *pairs],
        env={**os.environ, **database(connections["default"].settings_dict["NAME"]).environment()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process


def race(tmp_path: Path, *teams: tuple[str, tuple[Written, ...]]) -> list[dict[str, Any]]:
    go = tmp_path / "go"
    processes = [start(name, go, *written) for name, written in teams]
    for process in processes:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == "ready\n", process.stderr.read()
    go.touch()
    told = []
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err[-2000:]
        told.append(json.loads(out))
    return told


@committed
def test_of_many_editors_of_one_place_exactly_one_wins_and_the_others_are_told(tmp_path: Path) -> None:
    first = place()
    told = race(tmp_path, *((f"{'x' * (n + 1)}", (first,)) for n in range(4)))

    assert sorted(t["outcome"] for t in told) == ["stale", "stale", "stale", "written"]
    winner = next(n for n, t in enumerate(told) if t["outcome"] == "written") + 1
    assert {t["by"] for t in told if t["outcome"] == "stale"} == {winner}
    assert [v.name_en for v in versions(first.uid)] == ["Al Noor", "x" * winner]
    assert AuditRow.objects.filter(action="feature.change").count() == 1


@committed
def test_batches_in_opposite_orders_do_not_lock_each_other_out(tmp_path: Path) -> None:
    places = tuple(place() for _ in range(6))
    told = race(tmp_path, ("a", places), ("bb", places[::-1]), ("ccc", places[3:] + places[:3]))

    assert sorted(t["outcome"] for t in told) == ["stale", "stale", "written"]
    names = {v.name_en for p in places for v in versions(p.uid)[1:]}
    assert len(names) == 1 and all(len(versions(p.uid)) == 2 for p in places)


@committed
def test_editors_of_different_places_do_not_disturb_each_other(tmp_path: Path) -> None:
    one, two = place(), place(at=THERE)
    assert [t["outcome"] for t in race(tmp_path, ("a", (one,)), ("b", (two,)))] == ["written", "written"]


def test_a_clock_that_goes_back_does_not_break_a_history() -> None:
    later = datetime.now(UTC) + timedelta(hours=3)
    row = District.objects.create(
        uid=uuid.uuid4(), begin_lifespan_version=later, code="1", geom=MultiPolygon([square(0, 0)]).wkt
    )
    second = change_feature(LAYERS["districts"], row.uid, {"code": "2"}, expected=later, acting_user_id=1)
    assert begin(second) > later
