"""What a scope may read of a layer: staff's fields cannot be reached by others, areas end at their borders, the past is
as it was.

    west            east
    +-------+-------+        remarks are written in zones inside, across and beside two municipalities
    | a   b-|-b   c |  d     a in the west, b across the border, c in the east, d outside both,
    |      e|       |        e in the west as far as the border, f in the east along it
    +-------+f------+
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.access import PUBLIC, STAFF, Scope, can_read, readable_fields, scope_of
from layers.added import as_layer
from layers.catalog.base import Layer
from layers.catalog.reading import count_features, read_features
from layers.models import AddedLayer, PublicOutline
from layers.registry import LAYERS
from layers.relation import relation
from layers.viewer import Viewer
from tests.budget import budget

pytestmark = pytest.mark.django_db
PROHIBITED = LAYERS["prohibited_zones"]
START = datetime(2026, 1, 1, tzinfo=UTC)
WEST, EAST = Scope(True, ("west",)), Scope(True, ("east",))

LAND = {
    "west": (0, 0, 100, 100),
    "east": (100, 0, 200, 100),
    "a": (10, 10, 30, 30),
    "b": (90, 60, 110, 80),
    "c": (150, 10, 170, 30),
    "d": (300, 10, 320, 30),
    "e": (80, 20, 100, 40),
    "f": (100, 1, 120, 9),
}
SEEN = {
    "west": {"a", "b", "e"},
    "east": {"b", "c", "f"},
    "both": {"a", "b", "c", "e", "f"},
    "nowhere": set[str](),
}
SCOPES = {"west": WEST, "east": EAST, "both": Scope(True, ("east", "west")), "nowhere": Scope(True, ("north",))}


def box(name: str) -> str:
    x0, y0, x1, y1 = (c + o for c, o in zip(LAND[name], (410_000, 2_923_000) * 2, strict=True))
    return f"SRID=32639;MULTIPOLYGON((({x0} {y0},{x1} {y0},{x1} {y1},{x0} {y1},{x0} {y0})))"


def sql(statement: str, params: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall()) if cursor.description else []


def zone(
    name: str, kind: str, code: str, remarks: str = "", begin: datetime = START, end: datetime | None = None
) -> None:
    sql(
        """INSERT INTO layers_zone (uid, begin_lifespan_version, end_lifespan_version, kind, code, name_ar, name_en,
                                    remarks, geom) VALUES (%s, %s, %s, %s, %s, '', '', %s, %s::geometry)""",
        [uuid.uuid5(uuid.NAMESPACE_OID, f"{kind}/{code}"), begin, end, kind, code, remarks, box(name)],
    )


def rows(
    layer: Layer, scope: Scope, at: datetime | None = None, extra: str = "", **params: Any
) -> list[dict[str, Any]]:
    """Return what a scope can get out of a layer with a query of its own, each row as JSON of all its columns."""
    view = relation(layer, scope, at)
    found = sql(f"SELECT to_jsonb(r)::text FROM {view.sql} AS r {extra}", {**view.params, **params})
    return [json.loads(text) for (text,) in found]


@pytest.fixture
def land(db: None) -> None:
    zone("west", "municipality", "west")
    zone("east", "municipality", "east")
    for name in "abcdef":
        zone(name, "prohibited", name, f"secret of {name}")


# Staff's fields -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["prohibited_zones", "open_cases"])
@pytest.mark.parametrize(
    "attack",
    [
        "SELECT r.{field} FROM {rel} AS r",
        "SELECT 1 FROM {rel} AS r WHERE r.{field} LIKE 'secret%%'",
        "SELECT 1 FROM {rel} AS r ORDER BY r.{field}",
        "SELECT count(*) FROM {rel} AS r GROUP BY {field}",
        "SELECT max(r.{field}) FROM {rel} AS r",
        "SELECT 1 FROM {rel} AS t WHERE t.{field} IS NOT NULL",
        "SELECT {field} FROM {rel} AS r",
    ],
)
def test_a_field_of_staff_does_not_exist_for_everybody_else(code: str, attack: str) -> None:
    layer = LAYERS[code]
    (field,) = [f.name for f in layer.fields if f.readers == "staff"]
    view = relation(layer, PUBLIC)
    with pytest.raises(DatabaseError, match="does not exist"), transaction.atomic():
        sql(attack.format(field=field, rel=view.sql), view.params)
    view = relation(layer, STAFF)
    sql(attack.format(field=field, rel=view.sql), view.params)


@pytest.mark.usefixtures("land")
@pytest.mark.parametrize("at", [None, START + timedelta(days=1)])
def test_no_row_as_a_whole_tells_a_field_of_staff(at: datetime | None) -> None:
    assert len(rows(PROHIBITED, PUBLIC, at)) == 6
    assert "secret" not in json.dumps(rows(PROHIBITED, PUBLIC, at))
    assert "remarks" not in json.dumps(rows(PROHIBITED, PUBLIC, at))
    assert json.dumps(rows(PROHIBITED, STAFF, at)).count("secret") == 6


@pytest.mark.parametrize("code", LAYERS)
def test_the_columns_are_those_that_the_scope_may_read_and_no_others(code: str) -> None:
    for scope in (PUBLIC, STAFF, WEST):
        view = relation(LAYERS[code], scope)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {view.sql} AS r LIMIT 0", view.params)
            names = [column.name for column in cursor.description or ()]
        allowed = [f.name for f in readable_fields(LAYERS[code], scope)]
        assert names == ["id", "geom", "geom_3857", *allowed]
        assert [f.name for f in view.fields] == allowed


# Areas ---------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("land")
@pytest.mark.parametrize("name", SCOPES)
@pytest.mark.parametrize("at", [None, START + timedelta(days=1)])
def test_staff_of_an_area_read_their_fields_inside_it_only(name: str, at: datetime | None) -> None:
    found = {row["code"]: row["remarks"] for row in rows(PROHIBITED, SCOPES[name], at)}
    assert set(found) == set("abcdef"), "everyone sees every zone"
    assert {code for code, remarks in found.items() if remarks is not None} == SEEN[name]


@pytest.mark.usefixtures("land")
@pytest.mark.parametrize("name", SCOPES)
def test_filters_and_orders_of_an_area_tell_nothing_from_outside_it(name: str) -> None:
    scope = SCOPES[name]
    matched = rows(PROHIBITED, scope, extra="WHERE r.remarks LIKE %(like)s", like="secret%")
    assert {row["code"] for row in matched} == SEEN[name]
    ordered = rows(PROHIBITED, scope, extra="ORDER BY r.remarks NULLS LAST, r.id")
    assert [row["code"] for row in ordered[: len(SEEN[name])]] == sorted(SEEN[name])
    assert len(rows(PROHIBITED, scope, extra="WHERE r.remarks IS NULL")) == 6 - len(SEEN[name])


@pytest.mark.usefixtures("land")
def test_an_area_is_the_municipality_as_it_stands_and_not_one_that_ended() -> None:
    sql("UPDATE layers_zone SET end_lifespan_version = clock_timestamp() WHERE kind = 'municipality' AND code = 'west'")
    assert {row["remarks"] for row in rows(PROHIBITED, WEST)} == {None}
    zone("c", "prohibited", "west", "a prohibited zone called as an area is none")
    assert {row["remarks"] for row in rows(PROHIBITED, WEST)} == {None}


@pytest.mark.parametrize("areas", ["west'", 'we"st', "west); --", "%s", "%(rel_areas)s", "غرب", "\\", ""])
@pytest.mark.usefixtures("land")
def test_a_strange_name_of_an_area_is_a_value_and_opens_nothing(areas: str) -> None:
    assert {row["remarks"] for row in rows(PROHIBITED, Scope(True, (areas,)))} == {None}


def layer_of_staff(**more: Any) -> Layer:
    fields = [
        {"name": "owner", "ar": "المالك", "en": "Owner", "readers": "staff"},
        {"name": "depth_m", "ar": "العمق", "en": "Depth", "kind": "float"},
        {"name": "made_at", "ar": "الحفر", "en": "Made", "kind": "datetime"},
        {"name": "wells", "ar": "الآبار", "en": "Wells", "kind": "integer"},
    ]
    values = {"code": "wells", "name_ar": "آبار", "name_en": "Wells", "geometry": "MultiPolygon", "fields": fields}
    return as_layer(AddedLayer.objects.create(**{**values, **more}))


def feature(layer: Layer, name: str, begin: datetime = START, **properties: Any) -> None:
    sql(
        """INSERT INTO layers_feature (uid, begin_lifespan_version, layer_id, properties, geom)
           VALUES (gen_random_uuid(), %s, %s, %s, %s::geometry)""",
        [begin, layer.fixed["layer_id"], json.dumps({"owner": name, **properties}), box(name)],
    )


@pytest.mark.usefixtures("land")
def test_a_layer_of_staff_is_hidden_and_an_area_sees_its_own_features_of_it() -> None:
    hidden, open_ = layer_of_staff(readers="staff"), layer_of_staff(code="open_wells")
    for name in "abcdef":
        feature(hidden, name)
        feature(open_, name)
    assert not can_read(hidden, PUBLIC)
    assert can_read(hidden, WEST)
    for name, scope in SCOPES.items():
        assert {row["owner"] for row in rows(hidden, scope)} == SEEN[name]
        assert count_features(hidden, scope) == len(SEEN[name])
        assert len(rows(open_, scope)) == 6
        assert {row["owner"] for row in rows(open_, scope)} - {None} == SEEN[name]
    assert count_features(hidden, STAFF) == 6
    assert "owner" not in json.dumps(rows(open_, PUBLIC))


def test_fields_of_an_added_layer_are_of_their_kind_and_of_its_own_rows() -> None:
    wells, other = layer_of_staff(), layer_of_staff(code="others")
    feature(wells, "a", depth_m=-3.25, made_at="2026-05-01T08:30:00+03:00", wells=2**53 + 1)
    feature(wells, "b")
    feature(other, "c", depth_m=1)
    first, second = rows(wells, STAFF, extra="ORDER BY r.depth_m NULLS LAST")
    assert (first["depth_m"], first["wells"]) == (-3.25, 2**53 + 1)
    assert datetime.fromisoformat(first["made_at"]) == datetime(2026, 5, 1, 5, 30, tzinfo=UTC)
    assert (second["depth_m"], second["wells"], second["made_at"]) == (None, None, None)
    assert len(rows(wells, PUBLIC, extra="WHERE r.depth_m < 0")) == 1


# Scopes --------------------------------------------------------------------------------------------------------------


def viewer(*grants: tuple[str, str]) -> Viewer:
    return Viewer(
        1, frozenset(role for role, _ in grants), frozenset(area for _, area in grants), grants=frozenset(grants)
    )


def test_a_role_held_everywhere_does_not_carry_another_one_there() -> None:
    assert scope_of(viewer(("planner", "west"), ("resident", ""))) == WEST
    assert scope_of(viewer(("planner", "west"), ("surveyor", "east"))) == WEST
    assert scope_of(viewer(("planner", "west"), ("reviewer", ""))) == STAFF
    assert scope_of(viewer(("surveyor", ""), ("agency", "west"), ("cashier", ""))) == PUBLIC
    assert scope_of(viewer()) == PUBLIC


@given(
    st.sets(st.text("ab+%-/ ", min_size=1, max_size=4), max_size=3), st.sets(st.text("ab+%-/ ", min_size=1), max_size=3)
)
@settings(max_examples=budget(200, 20_000), deadline=None)
def test_two_scopes_never_share_a_key_of_the_cache(one: set[str], other: set[str]) -> None:
    a, b = Scope(True, tuple(sorted(one))), Scope(True, tuple(sorted(other)))
    assert (a.code == b.code) == (a == b)
    assert a.code != PUBLIC.code


# The past ------------------------------------------------------------------------------------------------------------


@given(
    st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=5, unique=True), min_size=1, max_size=4),
    st.lists(st.booleans(), min_size=4, max_size=4),
    st.integers(-1, 14),
)
@settings(max_examples=budget(25, 500), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_moment_is_read_as_it_was(histories: list[list[int]], is_retired: list[bool], day: int) -> None:
    """Each feature has versions one after the other, the last one open or ended; half-open, as the oracle has it."""
    at = START + timedelta(days=day)
    expected: list[str] = []
    now: list[str] = []
    with rolled_back():
        for n, days in enumerate(histories):
            moments = [START + timedelta(days=d) for d in sorted(days)]
            ends = [*moments[1:], moments[-1] + timedelta(days=1) if is_retired[n] else None]
            uid = uuid.uuid4()
            for k, (begin, end) in enumerate(zip(moments, ends, strict=True)):
                code = f"{n}.{k}"
                sql(
                    """INSERT INTO layers_zone (uid, begin_lifespan_version, end_lifespan_version, kind, code, name_ar,
                         name_en, geom) VALUES (%s, %s, %s, 'prohibited', %s, '', '', %s::geometry)""",
                    [uid, begin, end, code, box("a")],
                )
                if begin <= at and (end is None or at < end):
                    expected.append(code)
                if end is None:
                    now.append(code)
        assert sorted(row["code"] for row in rows(PROHIBITED, PUBLIC, at)) == sorted(expected)
        assert sorted(row["code"] for row in rows(PROHIBITED, WEST, at)) == sorted(expected)
        assert sorted(row["code"] for row in rows(PROHIBITED, PUBLIC)) == sorted(now)
        assert count_features(PROHIBITED, PUBLIC, as_of=at) == len(expected)


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_layers_of_one_table_do_not_mix() -> None:
    for kind in ("zoning", "growth_phase", "prohibited", "municipality"):
        zone("a", kind, kind)
    for code, kind in (("zoning", "zoning"), ("growth_phases", "growth_phase"), ("prohibited_zones", "prohibited")):
        for scope in (PUBLIC, STAFF, WEST):
            assert [row["code"] for row in rows(LAYERS[code], scope)] == [kind]
            assert [row["code"] for row in rows(LAYERS[code], scope, datetime.now(UTC))] == [kind]


def test_an_outline_that_is_closed_is_gone_at_every_moment() -> None:
    layer = LAYERS["open_cases"]
    for reference in ("one", "two"):
        sql(
            "INSERT INTO layers_publicoutline (reference, service, geom) VALUES (%s, 'merge', %s::geometry)",
            [reference, box("a")],
        )
    assert len(rows(layer, PUBLIC)) == 2
    PublicOutline.objects.filter(reference="one").update(closed_at=datetime.now(UTC))
    for at in (None, START, datetime.now(UTC)):
        assert [row["reference"] for row in rows(layer, STAFF, at)] == ["two"]
    (row,) = rows(layer, PUBLIC)
    assert set(row) == {"id", "geom", "geom_3857", "uid", "service", "opened_at"}


def test_the_id_of_a_page_and_the_uid_of_an_outline_do_not_tell_the_reference() -> None:
    """The identifier that everyone sees is drawn by lot: the same reference again gives another."""
    uids = set()
    for _ in range(2):
        with rolled_back():
            sql(
                "INSERT INTO layers_publicoutline (reference, service, geom) VALUES ('S-1', 'merge', %s::geometry)",
                [box("a")],
            )
            uids |= {row["uid"] for row in rows(LAYERS["open_cases"], PUBLIC)}
    assert len(uids) == 2
    assert {uuid.UUID(uid).version for uid in uids} == {4}


# Files ---------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("land")
def test_a_file_holds_what_the_scope_may_see() -> None:
    for scope, secrets in ((PUBLIC, 0), (WEST, 3), (STAFF, 6)):
        batches = list(read_features(PROHIBITED, scope))
        values = [value for batch in batches for row in batch.values for value in row]
        assert sum("secret" in str(value) for value in values) == secrets
        assert all(len(row) == len(readable_fields(PROHIBITED, scope)) for batch in batches for row in batch.values)


def test_a_condition_holds_whatever_else_is_asked() -> None:
    layer = replace(PROHIBITED, condition="t.code = 'a' OR t.code = 'b'")
    for code in "abc":
        zone(code, "prohibited", code)
    zone("a", "zoning", "a")
    assert {row["code"] for row in rows(layer, PUBLIC)} == {"a", "b"}
    assert {row["code"] for row in rows(layer, PUBLIC, datetime.now(UTC))} == {"a", "b"}
