"""What somebody may not see is absent from every path alike, and cannot be told from what does not exist."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon

from gisportal.accounts.models import RoleGrant, User
from gisportal.accounts.roles import Role
from gisportal.accounts.viewer import viewer_of
from layers.access import STAFF_ROLES, scope_of
from layers.models import AddedLayer, Feature, Zone
from tests.layers.ogc.asking import Api

pytestmark = pytest.mark.django_db

ROLES = [None, *(role.value for role in Role)]
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SECRET, OPEN = "secret_wells", "wells"


def _feature(layer: AddedLayer, n: int, x: float) -> Feature:
    return Feature(
        layer=layer,
        uid=f"00000000-0000-4000-8000-{layer.pk:06d}{n:06d}",
        properties={"name": f"well {n}", "depth": 10 * n, "owner_note": f"note {n}"},
        geom=f"SRID=32639;POINT({x} 2923000)",
        begin_lifespan_version=BEGIN,
    )


@pytest.fixture
def wells(api: Api) -> Iterator[None]:
    """A layer of staff, and an open one with a field of staff; ten features each, five of them in the west."""
    fields = [
        {"name": "name", "ar": "الاسم", "en": "Name", "kind": "text"},
        {"name": "depth", "ar": "العمق", "en": "Depth", "kind": "integer", "readers": "staff"},
        {"name": "owner_note", "ar": "ملاحظة", "en": "Note", "kind": "text", "readers": "staff"},
    ]
    common = {"name_ar": "آبار", "name_en": "Wells", "geometry": "Point", "fields": fields}
    secret = AddedLayer.objects.create(code=SECRET, readers="staff", **common)
    wells = AddedLayer.objects.create(code=OPEN, **common)
    for layer in (secret, wells):
        Feature.objects.bulk_create([_feature(layer, n, 410_000 if n <= 5 else 420_000) for n in range(1, 11)])
    ring = Polygon.from_bbox((409_000, 2_922_000, 411_000, 2_924_000))
    ring.srid = 32639
    Zone.objects.create(
        uid="00000000-0000-4000-8000-00000000cccc",
        kind="municipality",
        code="west",
        geom=MultiPolygon(ring, srid=32639),
        begin_lifespan_version=BEGIN,
    )
    yield


def _api(role: str | None, area: str = "") -> Api:
    if role is None:
        return Api()
    if not area:
        return Api(User.objects.get(login=role))
    user = User.objects.create(login=f"{role}-{area}", name_ar="حساب", name_en="Account")
    RoleGrant.objects.create(user=user, role=role, area=area, valid_from=datetime.now(UTC) - timedelta(days=1))
    return Api(user)


def _is_staff(role: str | None) -> bool:
    return role in STAFF_ROLES


@pytest.mark.parametrize("role", ROLES)
def test_a_layer_of_staff_exists_for_staff_alone(wells: None, role: str | None) -> None:
    api = _api(role)
    name = Feature.objects.filter(layer__code=SECRET).first()
    assert name is not None
    paths = [
        "",
        "/schema",
        "/queryables",
        "/items",
        f"/items/{name.uid}",
        "/items?resultType=hits",
        "/items?limit=5000",
    ]
    for path in paths:
        here, nowhere = (api.get(f"/collections/{code}{path}") for code in (SECRET, "no_such_layer"))
        if _is_staff(role):
            assert here.status == 200, (path, here.text[:300])
        else:
            assert here.status == nowhere.status == 404
            assert here.text.replace(SECRET, "x") == nowhere.text.replace("no_such_layer", "x")
        page = api.get(f"/collections/{SECRET}{path}", headers={"accept": "text/html"})
        assert page.status == (200 if _is_staff(role) else 404)
    listed = [api.good(path).text for path in ("/collections", "/api", "/", "/conformance")]
    assert any(SECRET in text for text in listed) == _is_staff(role)


@pytest.mark.parametrize("role", ROLES)
def test_a_field_of_staff_is_absent_for_everyone_else(wells: None, role: str | None) -> None:
    api = _api(role)
    path = f"/collections/{OPEN}"
    uid = Feature.objects.filter(layer__code=OPEN).values_list("uid", flat=True)[0]
    told = [f"{path}/items", f"{path}/items/{uid}", f"{path}/schema", f"{path}/queryables", f"{path}/items?limit=5000"]
    for address in told:
        for accept in ("application/json", "text/html"):
            text = api.good(address, headers={"accept": accept}).text
            assert ("depth" in text or "Depth" in text) == _is_staff(role), (address, accept)
    in_api = api.good("/api").json["paths"][f"{path}/items"]["get"]["parameters"]
    assert any(one.get("name") == "depth" for one in in_api) == _is_staff(role)


ASKED = [
    {"depth": "10"},
    {"sortby": "depth"},
    {"sortby": "name,-depth"},
    {"properties": "depth"},
    {"properties": "name,depth"},
    {"filter": "depth > 20"},
    {"filter": "name = 'well 1' OR depth = 20"},
    {"filter": '{"op":"=","args":[{"property":"depth"},10]}', "filter-lang": "cql2-json"},
    {"resultType": "hits", "depth": "10"},
    {"resultType": "hits", "filter": "depth > 20"},
]


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("role", [None, "surveyor", "resident", "cashier", "agency", "planner", "gis_engineer"])
def test_a_field_of_staff_is_an_unknown_field_for_everyone_else(
    wells: None, role: str | None, asked: dict[str, str]
) -> None:
    """The refusal is, word for word, that of a field which no layer has."""
    api = _api(role)
    here = api.get(f"/collections/{OPEN}/items", **asked)
    if _is_staff(role):
        assert here.status == 200
        return
    nowhere = api.get(
        f"/collections/{OPEN}/items",
        **{k.replace("depth", "dqpth"): v.replace("depth", "dqpth") for k, v in asked.items()},
    )
    assert here.status == nowhere.status == 400
    assert here.text.replace("depth", "dqpth") == nowhere.text


@pytest.mark.parametrize("role", sorted(STAFF_ROLES))
def test_staff_of_an_area_see_staff_things_there_alone(wells: None, role: str) -> None:
    api = _api(role, "west")
    assert scope_of(viewer_of(User.objects.get(login=f"{role}-west"))).code == "staff-west"
    found = api.items(SECRET, limit=100).json
    assert found["numberMatched"] == 5 and {f["properties"]["depth"] for f in found["features"]} <= set(
        range(10, 60, 10)
    )
    everything = api.items(OPEN, limit=100).json["features"]
    assert len(everything) == 10
    assert sorted(f["properties"]["depth"] or 0 for f in everything) == [0] * 5 + [10, 20, 30, 40, 50]
    outside = next(f["id"] for f in everything if f["properties"]["depth"] is None)
    assert api.good(f"/collections/{OPEN}/items/{outside}").json["properties"]["owner_note"] is None
    assert api.items(OPEN, depth="60").json["features"] == []
    assert api.items(OPEN, filter="depth > 0", resultType="hits").json["numberMatched"] == 5
    last = api.items(OPEN, sortby="-depth", limit=1).json["features"][0]
    assert last["properties"]["depth"] == 50
    secret = Feature.objects.filter(layer__code=SECRET)
    far = next(f for f in secret if f.properties["depth"] == 100)
    api.refused(f"/collections/{SECRET}/items/{far.uid}", 404)
    box = api.good(f"/collections/{SECRET}").json["extent"]["spatial"]["bbox"][0]
    assert box[2] < 50.15, "the extent of a layer of staff ends where the area does"


def test_a_cursor_of_staff_opens_nothing_for_others(wells: None) -> None:
    staff, others = _api("planner"), _api(None)
    following = staff.items(SECRET, limit=2).link("next")
    others.refused(following, 404)
    following = staff.items(OPEN, limit=2, sortby="depth").link("next")
    others.refused(following, 400)
    following = staff.items(OPEN, limit=2).link("next")
    assert "depth" not in others.good(following).text


def test_what_staff_read_is_kept_by_nobody_else(wells: None) -> None:
    staff, others = _api("planner"), _api(None)
    for path in ("/", "/collections", f"/collections/{OPEN}", f"/collections/{OPEN}/items", "/api"):
        inside, outside = staff.good(path), others.good(path)
        assert inside.header("Cache-Control") == "private, no-cache"
        assert not inside.header("Access-Control-Allow-Origin")
        assert outside.header("Cache-Control") == "public, no-cache"
        assert "Cookie" in inside.header("Vary") and "Cookie" in outside.header("Vary")
    tag = staff.good(f"/collections/{OPEN}/items").header("ETag")
    assert others.get(f"/collections/{OPEN}/items", headers={"if-none-match": tag}).status == 200


@pytest.mark.parametrize("role", ROLES)
def test_no_path_tells_of_persons(wells: None, role: str | None) -> None:
    """Owners are the register's, whoever asks here."""
    api = _api(role)
    words = ("owner_name", "id_number", "party", "begin_entry_id", "geom_3857")
    for one in api.good("/collections").json["collections"]:
        text = api.items(one["id"], limit=3).text + api.good(f"/collections/{one['id']}/schema").text
        assert not any(word in text for word in words), one["id"]


def test_a_feature_of_another_layer_in_the_same_table_is_not_found(wells: None, api: Api) -> None:
    for code, other in ((OPEN, SECRET), (SECRET, OPEN)):
        uid: Any = Feature.objects.filter(layer__code=code).values_list("uid", flat=True)[0]
        _api("planner").refused(f"/collections/{other}/items/{uid}", 404)
    zone = Zone.objects.filter(kind="municipality").values_list("uid", flat=True)[0]
    api.refused(f"/collections/zoning/items/{zone}", 404)
