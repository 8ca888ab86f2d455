"""The map's layers in the set-up: who may edit, what they are told, and files sent to become layers."""

from __future__ import annotations

import gzip
import math
import re
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from shapely import MultiPolygon, Point

from gisportal.accounts.models import RoleGrant, User
from layers import uploads
from layers.added import create_layer, find_layer
from layers.editing import change_feature, create_feature, retire_feature
from layers.models import AddedLayer, AuditRow, Feature, Place, Street, Zone
from layers.registry import LAYERS
from layers.uploads import find_upload
from tests.layers.files.making import geojson, gpkg, square
from tests.layers.test_added import TREES

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
committed = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

HERE = Point(410_000, 2_923_000)
GROCERY = {"name_ar": "بقالة النور", "name_en": "Al Noor", "category": "food", "opening_hours": "", "phone": ""}
SHAPE = {"geom": "POINT (410000 2923000)", "geom_crs": "EPSG:32639"}
BASE = "/en/admin/layers"

SignIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def sign_in() -> SignIn:
    def signed_in(login: str = "engineer", role: str = "gis_engineer", area: str = "", *, staff: bool = True) -> Client:
        user = User.objects.create_user(login, is_staff=staff, name_en=login)
        if role:
            RoleGrant.objects.create(user=user, role=role, area=area)
        client = Client()
        client.force_login(user)
        return client

    return signed_in


def place(**values: str) -> Place:
    written = create_feature(LAYERS["places"], {**GROCERY, **values}, HERE, acting_user_id=None)
    return Place.objects.get(pk=written.id)


def form_of(client: Client, address: str) -> dict[str, str]:
    """Return what the page's form would send back untouched."""
    form = client.get(address).context["form"]
    return {name: str(form[name].value() if form[name].value() is not None else "") for name in form.fields}


# Who ----------------------------------------------------------------------------------------------------------------

PAGES = ["place/", "place/add/", "addedlayer/", "addedlayer/add/", "feature/", f"addedlayer/upload/{'0' * 32}/"]


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_is_led_to_the_door(client: Client, page: str) -> None:
    response = client.get(f"{BASE}/{page}")
    assert response.status_code == 302 and "login" in response["Location"]


@pytest.mark.parametrize(
    ("role", "staff"), [("gis_engineer", False), ("surveyor", False), ("resident", False), ("", False)]
)
def test_a_role_without_the_door_opens_nothing(sign_in: SignIn, role: str, staff: bool) -> None:
    client = sign_in(role=role, staff=staff)
    row = place()
    for page in [*PAGES, f"place/{row.pk}/change/", f"place/{row.pk}/history/"]:
        assert client.get(f"{BASE}/{page}").status_code == 302, page
    client.post(f"{BASE}/place/add/", {**GROCERY, **SHAPE})
    client.post(f"{BASE}/place/{row.pk}/change/", {**GROCERY, **SHAPE, "name_en": "x"})
    assert Place.objects.count() == 1


@pytest.mark.parametrize("role", ["reviewer", "planner", "mayor", "director", "cashier", "surveyor", ""])
def test_the_door_without_the_role_opens_nothing_of_the_map(sign_in: SignIn, role: str) -> None:
    client = sign_in(role=role)
    row = place()
    for page in [*PAGES, f"place/{row.pk}/change/", f"place/{row.pk}/history/"]:
        assert client.get(f"{BASE}/{page}").status_code == 403, page
    assert client.post(f"{BASE}/place/{row.pk}/change/", {**GROCERY, **SHAPE}).status_code == 403
    assert client.post(f"{BASE}/addedlayer/add/", {}).status_code == 403
    assert Place.objects.count() == 1


@pytest.mark.parametrize("role", ["gis_engineer", "administrator"])
def test_an_engineer_sees_lists_and_forms_and_deletes_nothing(sign_in: SignIn, role: str) -> None:
    client = sign_in(role=role)
    row = place()
    for page in ["", *[p for p in PAGES if "upload" not in p], f"place/{row.pk}/change/", f"place/{row.pk}/history/"]:
        assert client.get(f"{BASE}/{page}").status_code == 200, page
    assert client.post(f"{BASE}/place/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    for model in ("street", "zone", "district", "plan", "block", "address", "parcel"):
        assert client.get(f"{BASE}/{model}/").status_code == 200, model
    assert client.get(f"{BASE}/auditrow/").status_code == 403
    assert client.get(f"{BASE}/parcel/add/").status_code == 403


def test_pages_speak_both_languages(sign_in: SignIn) -> None:
    client = sign_in()
    row = place()
    arabic = client.get(f"/ar/admin/layers/place/{row.pk}/change/").content.decode()
    english = client.get(f"/en/admin/layers/place/{row.pk}/change/").content.decode()
    assert "التصنيف" in arabic and "الشكل على الخريطة" in arabic and "Shape on the map" not in arabic
    assert "Category" in english and "Shape on the map" in english
    index = client.get("/ar/admin/").content.decode()
    assert "المواقع" in index and "طبقات مضافة" in index and "Added layers" not in index


# Editing ------------------------------------------------------------------------------------------------------------


def test_a_place_is_added_and_changed_by_hand(sign_in: SignIn) -> None:
    client = sign_in()
    user = User.objects.get(login="engineer")
    response = client.post(f"{BASE}/place/add/", {**GROCERY, **SHAPE})
    row = Place.objects.get()
    assert response["Location"] == f"{BASE}/place/{row.pk}/change/"

    address = response["Location"]
    sent = {**form_of(client, address), "name_en": "Noor", "geom": "POINT(50.1 26.42)", "geom_crs": "EPSG:4326"}
    response = client.post(address, sent)
    now = Place.objects.get(end_lifespan_version__isnull=True)
    assert response["Location"] == f"{BASE}/place/{now.pk}/change/"
    assert now.uid == row.uid and now.name_en == "Noor" and now.geom.x == pytest.approx(410_249, abs=5_000)
    assert list(AuditRow.objects.values_list("action", "actor_id")) == [
        ("feature.create", user.pk), ("feature.change", user.pk),
    ]  # fmt: skip
    history = client.get(f"{BASE}/place/{now.pk}/history/").content.decode()
    assert "Al Noor" in history and "Noor" in history and "engineer" in history


def test_a_form_that_is_sent_back_untouched_writes_nothing(sign_in: SignIn) -> None:
    client = sign_in()
    street = create_feature(
        LAYERS["streets"], {"name_ar": "شارع", "width_m": "12.5"},
        MultiPolygon([square(0, 0)]).boundary.geoms[0], acting_user_id=None,
    )  # fmt: skip
    zone = create_feature(LAYERS["zoning"], {"code": "R1"}, square(0.123, 0.456), acting_user_id=None)
    for model, key in (("street", street.id), ("zone", zone.id), ("place", place().pk)):
        address = f"{BASE}/{model}/{key}/change/"
        response = client.post(address, form_of(client, address), follow=True)
        assert "nothing was written" in response.content.decode(), model
    assert (Street.objects.count(), Zone.objects.count(), Place.objects.count()) == (1, 1, 1)


def test_a_shape_that_is_left_empty_stays_as_it_is(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layers.admin_edit._LONGEST_SHAPE", 10)
    client = sign_in()
    row = place()
    address = f"{BASE}/place/{row.pk}/change/"
    sent = form_of(client, address)
    assert sent["geom"] == ""
    client.post(address, {**sent, "name_en": "Noor"})
    now = Place.objects.get(end_lifespan_version__isnull=True)
    assert (now.name_en, now.geom.coords) == ("Noor", row.geom.coords)


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_written(sign_in: SignIn) -> None:
    client = sign_in()
    sent = {**GROCERY, **SHAPE, "category": "spaceport", "name_en": "x" * 600, "geom": "POINT (50 26)"}
    response = client.post(f"{BASE}/place/add/", sent)
    assert response.status_code == 200
    assert "category" in response.context["form"].errors
    response = client.post(f"{BASE}/place/add/", {**sent, "category": "food"})
    assert set(response.context["form"].errors) == {"name_en", "geom"}
    response = client.post(f"{BASE}/zone/add/?layer=zoning", {
        "code": "R1", "geom_crs": "EPSG:32639",
        "geom": "POLYGON((410000 2923000,410020 2923020,410020 2923000,410000 2923020,410000 2923000))",
    })  # fmt: skip
    assert "Self-intersection" in response.context["form"].errors["geom"][0]
    assert response.context["map"]["findings"][0]["geometry"]["coordinates"] == (410_010.0, 2_923_010.0)
    assert not Place.objects.exists() and not Zone.objects.exists()


HOSTILE = [
    "", "POINT", "POINT (nan nan)", "POINT EMPTY", "POINT (1e400 0)", "GEOMETRYCOLLECTION(" * 9_000 + ")" * 9_000,
    "POLYGON((((((((1 1))))))))", '{"type":"Point"}', '{"type":"Point","coordinates":["a","b"]}', "[" * 50_000,
    '{"type":"Point","coordinates":' + "[" * 5_000 + "]" * 5_000 + "}", "SRID=999999;POINT (1 1)", "POINT (1 1)\x00",
    "'; DROP TABLE layers_place; --", "POINT Z (1 2 3)", "LINESTRING (1 1)", "POLYGON ((1 1, 2 2))",
    "CIRCULARSTRING(0 0,1 1,2 0)",
    '{"type":"FeatureCollection","features":[]}', '{"type":"GeometryCollection","geometries":[]}',
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_shape_that_is_none_is_told_kindly(sign_in: SignIn, text: str) -> None:
    client = sign_in()
    for system in ("EPSG:32639", "EPSG:4326"):
        response = client.post(f"{BASE}/place/add/", {**GROCERY, "geom": text, "geom_crs": system})
        assert response.status_code == 200 and "geom" in response.context["form"].errors
    assert not Place.objects.exists()


def test_whoever_saves_over_another_is_told_who_it_was(sign_in: SignIn) -> None:
    client, other = sign_in(), User.objects.create_user("rival", name_en="Rival")
    row = place()
    address = f"{BASE}/place/{row.pk}/change/"
    sent = {**form_of(client, address), "name_en": "Mine"}
    written = change_feature(
        LAYERS["places"], row.uid, {"name_en": "Theirs"}, expected=row.begin_lifespan_version, acting_user_id=other.pk
    )
    response = client.post(address, sent)
    text = response.content.decode()
    assert response.status_code == 409 and "Rival" in text and f"{BASE}/place/{written.id}/change/" in text
    assert 'value="Mine"' in text, "what was typed is not lost"
    assert Place.objects.get(end_lifespan_version__isnull=True).name_en == "Theirs"
    assert client.get(address).status_code == 200, "a past version is looked at"
    assert written.begin is not None
    retire_feature(LAYERS["places"], row.uid, expected=written.begin, acting_user_id=other.pk)
    assert client.post(address, sent).status_code == 409


def test_a_feature_is_retired_and_stays_in_its_history(sign_in: SignIn) -> None:
    client = sign_in()
    row = place()
    address = f"{BASE}/place/{row.pk}/change/"
    response = client.post(address, {"_retire": "1", "expected": form_of(client, address)["expected"]})
    assert response["Location"] == f"{BASE}/place/"
    row.refresh_from_db()
    assert not row.is_current
    assert str(row.uid) not in client.get(f"{BASE}/place/").content.decode()
    assert str(row.uid) in client.get(f"{BASE}/place/?versions=past").content.decode()
    assert client.get(f"{BASE}/place/{row.pk}/history/").status_code == 200


def test_a_boundary_of_a_municipality_is_not_edited_here(sign_in: SignIn) -> None:
    zone = Zone.objects.create(
        uid=uuid.uuid4(), begin_lifespan_version=datetime.now(UTC), kind="municipality", code="west",
        geom=MultiPolygon([square(-100, -100, 200)]).wkt,
    )  # fmt: skip
    client = sign_in()
    assert client.get(f"{BASE}/zone/{zone.pk}/change/").status_code == 200
    assert client.post(f"{BASE}/zone/{zone.pk}/change/", {"code": "east"}).status_code == 403
    assert Zone.objects.get().code == "west"


def test_an_engineer_of_one_area_writes_there_only_and_adds_no_layers(sign_in: SignIn) -> None:
    Zone.objects.create(
        uid=uuid.uuid4(), begin_lifespan_version=datetime.now(UTC), kind="municipality", code="west",
        geom=MultiPolygon([square(-100, -100, 200)]).wkt,
    )  # fmt: skip
    client = sign_in(area="west")
    outside = {**GROCERY, **SHAPE, "geom": "POINT (420000 2923000)"}
    assert "geom" in client.post(f"{BASE}/place/add/", outside).context["form"].errors
    assert client.post(f"{BASE}/place/add/", {**GROCERY, **SHAPE}).status_code == 302
    assert client.get(f"{BASE}/addedlayer/add/").status_code == 403
    assert Place.objects.count() == 1


# Layers from files --------------------------------------------------------------------------------------------------


def send(client: Client, path: Path, **data: str) -> Any:
    file = SimpleUploadedFile(path.name, path.read_bytes())
    return client.post(f"{BASE}/addedlayer/add/", {"file": file, **data})


def waited(client: Client, address: str) -> Any:
    """Return the page of an upload once nothing goes on any more."""
    for _ in range(600):
        page = client.get(address)
        if page.status_code != 200 or not page.context.get("is_open"):
            return page
        time.sleep(0.1)
    raise AssertionError("the work does not end")


def described(client: Client, address: str) -> dict[str, str]:
    page = waited(client, address)
    form = page.context["form"]
    sent = {f"fields-{k}": str(v) for k, v in page.context["rows"].management_form.initial.items()}
    sent |= {name: str(form[name].value() or "") for name in form.fields}
    for one in page.context["rows"].forms:
        for name in one.fields:
            value = one[name].value()
            if value not in (None, False, ""):
                sent[one.add_prefix(name)] = "on" if value is True else str(value)
    return sent


def tile_at(code: str, longitude: float, latitude: float, zoom: int = 16) -> str:
    """Return the address of the tile that holds a place."""
    x = int((longitude + 180) / 360 * 2**zoom)
    y = int((1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2 * 2**zoom)
    return f"/tiles/{code}/{zoom}/{x}/{y}.mvt"


def gunzipped(response: Any) -> bytes:
    content = response.content if not response.streaming else b"".join(response.streaming_content)
    return gzip.decompress(content) if response.get("Content-Encoding") == "gzip" else content


@committed
def test_a_layer_is_added_from_a_file_without_code(sign_in: SignIn, tmp_path: Path) -> None:
    client = sign_in()
    path = gpkg(tmp_path / "benches.gpkg", [HERE, Point(410_010, 2_923_000), None], **{"النوع": ["خشب", "حجر", "x"]})
    address = send(client, path)["Location"]
    page = waited(client, address)
    text = page.content.decode()
    assert "النوع" in text and "خشب" in text and "EPSG:32639" in text

    sent = described(client, address)
    assert sent["fields-0-name"] == "alnwa" and sent["code"] == "benches"
    sent |= {"code": "city_benches", "name_ar": "مقاعد", "name_en": "Benches", "fields-0-en": "Material"}
    client.post(address, sent)
    response = waited(client, address)
    assert response.context["outcome"]["written"] == 2 and "empty_geometry" in response.content.decode()

    layer = find_layer("city_benches")
    assert layer is not None and layer.title_ar == "مقاعد" and layer.field("alnwa").en == "Material"
    assert sorted(Feature.objects.values_list("properties__alnwa", flat=True)) == ["حجر", "خشب"]
    assert not list(Path(tmp_path / "media").rglob("upload.gpkg")), "the file is not kept"

    anyone = Client()
    items = anyone.get("/ogc/collections/city_benches/items", {"f": "json", "alnwa": "خشب"}).json()
    assert [f["properties"]["alnwa"] for f in items["features"]] == ["خشب"]
    longitude, latitude = items["features"][0]["geometry"]["coordinates"]
    tile = anyone.get(tile_at("city_benches", longitude, latitude))
    assert tile.status_code == 200 and "خشب".encode() in gunzipped(tile)

    row = AddedLayer.objects.get()
    feature = Feature.objects.filter(properties__alnwa="خشب").first()
    assert feature is not None
    edit = f"{BASE}/feature/{feature.pk}/change/"
    client.post(edit, {**form_of(client, edit), "alnwa": "رخام"})
    assert Feature.objects.get(end_lifespan_version__isnull=True, uid=feature.uid).properties == {"alnwa": "رخام"}
    tile = anyone.get(tile_at("city_benches", longitude, latitude))
    assert "رخام".encode() in gunzipped(tile) and "خشب".encode() not in gunzipped(tile)
    change = f"{BASE}/addedlayer/{row.pk}/change/"
    assert client.post(change, {**described(client, change), "name_en": "City benches"}).status_code == 302
    assert client.post(change, {"_retire": "1"}).status_code == 302
    assert anyone.get(tile_at("city_benches", longitude, latitude)).status_code == 404
    assert anyone.get("/ogc/collections/city_benches/items").status_code == 404
    assert find_layer("city_benches") is None and client.get(edit).status_code == 200
    assert client.post(edit, {**GROCERY, **SHAPE}).status_code == 403


@committed
def test_a_definition_that_cannot_be_is_told_before_anything_is_loaded(sign_in: SignIn, tmp_path: Path) -> None:
    client = sign_in()
    address = send(client, gpkg(tmp_path / "a.gpkg", [HERE], kind=["x"], code=["1"]))["Location"]
    sent = {**described(client, address), "fields-0-name": "drop table", "fields-1-name": "order", "name_ar": ""}
    response = client.post(address, sent)
    assert "name_ar" in response.context["form"].errors
    response = client.post(address, {**sent, "name_ar": "طبقة"})
    errors = [one.errors for one in response.context["rows"].forms]
    assert "name" in errors[0] and "name" in errors[1]
    response = client.post(address, {**sent, "name_ar": "طبقة", "fields-0-name": "", "fields-1-name": "id"})
    assert "name" in response.context["rows"].forms[1].errors, "the place of a finding counts the rows that are shown"
    assert not AddedLayer.objects.exists()


@committed
def test_a_code_that_is_taken_is_told_and_the_file_waits(sign_in: SignIn, tmp_path: Path) -> None:
    create_layer(TREES, acting_user_id=None)
    client = sign_in()
    address = send(client, gpkg(tmp_path / "trees.gpkg", [HERE], kind=["x"]))["Location"]
    client.post(address, described(client, address))
    page = waited(client, address)
    assert "trees" in page.content.decode() and page.context["failed"]
    client.post(address, {**described(client, address), "code": "more_trees"})
    page = waited(client, address)
    assert page.context["outcome"]["written"] == 1


def test_an_upload_is_its_senders_alone(sign_in: SignIn, tmp_path: Path) -> None:
    address = send(sign_in(), gpkg(tmp_path / "a.gpkg", [HERE], kind=["x"]))["Location"]
    assert sign_in("second").get(address).status_code == 404
    assert Client().get(address).status_code == 302
    token = re.search(r"[0-9a-f]{32}", address)
    assert token is not None and find_upload(token[0], None) is None


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.txt", b"hello"), ("../../a.gpkg", b"x"), ("a.geojson", b"{}"), ("a.zip", b"PK\x03\x04"), ("", b"")],
)
def test_a_file_that_is_no_layer_is_told_and_nothing_stays(
    sign_in: SignIn, tmp_path: Path, name: str, content: bytes
) -> None:
    client = sign_in()
    response = client.post(f"{BASE}/addedlayer/add/", {"file": SimpleUploadedFile(name or "x", content)})
    if response.status_code == 302:
        response = waited(client, response["Location"])
    assert response.status_code == 200 and not AddedLayer.objects.exists()
    assert response.context.get("failed") or response.context["form"].errors


def test_a_file_in_another_place_says_which_belt_holds_it(sign_in: SignIn, tmp_path: Path) -> None:
    path = geojson(tmp_path / "paris.geojson", [({}, {"type": "Point", "coordinates": [2.3, 48.8]})])
    client = sign_in()
    assert "EPSG:32631" in waited(client, send(client, path)["Location"]).content.decode()


def test_a_file_beyond_the_limit_is_not_taken(sign_in: SignIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from layers import admin_added

    for module in (admin_added, uploads):
        monkeypatch.setattr(module, "MAX_UPLOAD_BYTES", 1_000)
    big = tmp_path / "big.gpkg"
    big.write_bytes(b"x" * 3_000)
    response = send(sign_in(), big)
    assert response.status_code == 413 and "larger than" in response.content.decode()
    assert not list((tmp_path / "media").rglob("upload*"))


def test_sending_is_refused_without_the_token_of_the_form(sign_in: SignIn, tmp_path: Path) -> None:
    client = sign_in()
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert send(strict, gpkg(tmp_path / "a.gpkg", [HERE], kind=["x"])).status_code == 403
    row = place()
    for page in ("place/add/", f"place/{row.pk}/change/"):
        assert strict.post(f"{BASE}/{page}", {**GROCERY, **SHAPE}).status_code == 403
    assert reverse("admin:layers_addedlayer_add").endswith("/admin/layers/addedlayer/add/")


# Headings -----------------------------------------------------------------------------------------------------------


def test_lists_are_headed_in_the_language_of_the_page(sign_in: SignIn) -> None:
    client = sign_in("head", "administrator")
    User.objects.filter(login="head").update(is_superuser=True)
    place()
    page = client.get("/ar/admin/layers/auditrow/").content.decode()
    assert "الإجراء" in page and "الموضوع" in page and "Subject" not in page
    page = client.get("/en/admin/layers/auditrow/?o=-2").content.decode()
    assert "About" in page and "place" in page


def test_a_row_is_headed_in_the_language_of_the_page(sign_in: SignIn) -> None:
    client = sign_in("head", "administrator")
    User.objects.filter(login="head").update(is_superuser=True)
    place()
    row = AuditRow.objects.latest("pk")
    page = client.get(f"/ar/admin/layers/auditrow/{row.pk}/change/").content.decode()
    assert "المحتوى" in page and "الموضوع" in page and row.action in page and "Payload" not in page
