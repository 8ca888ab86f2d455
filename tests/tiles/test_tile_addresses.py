"""Vector tiles over HTTP: who sees what, what is refused, and what the descriptions say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from gisportal.accounts.models import RoleGrant, User
from gisportal.accounts.roles import Role
from layers.access import STAFF_ROLES
from layers.models import AddedLayer
from layers.registry import LAYERS
from tests.budget import budget
from tests.sample import Sample, committed_sample, sample_land
from tests.tiles.mvt import read_tile
from tiles.grid import WEB_MERCATOR
from tiles.sources.base import MEDIA_TYPE
from tiles.styles import DARK, LIGHT

__all__ = ["committed_sample", "sample_land"]

FIELDS = [
    {"name": "title", "ar": "العنوان", "en": "Title"},
    {"name": "secret", "ar": "ملاحظة", "en": "Note", "readers": "staff"},
]
AT = "ST_Centroid((SELECT ST_Extent(geom) FROM layers_parcel)::geometry)"


def add_layer(code: str, readers: str) -> AddedLayer:
    layer = AddedLayer.objects.create(
        code=code, name_ar="طبقة", name_en="Layer", geometry="Point", fields=FIELDS, readers=readers, min_zoom=10
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO layers_feature (uid, begin_lifespan_version, layer_id, properties, geom) VALUES"
            f" (gen_random_uuid(), now(), %s, %s, ST_SetSRID({AT}, 32639))",
            [layer.pk, '{"title": "seen", "secret": "hidden"}'],
        )
    return layer


def place(z: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_Transform(ST_SetSRID({AT}, 32639), 3857) AS p) s")
        x, y = WEB_MERCATOR.tile_at(z, *cursor.fetchone())
    return f"{z}/{x}/{y}.mvt"


def signed_in(login: str | None) -> Client:
    client = Client()
    if login is not None:
        client.force_login(User.objects.get(login=login), backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


def properties(response: Any, code: str) -> list[dict[str, Any]]:
    return [f.properties for f in read_tile(response.content)[code].features]


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_every_role_sees_its_own_also_right_after_an_insider_warmed_the_tile(committed_sample: Any) -> None:
    committed_sample("land")
    add_layer("notes", "everyone")
    add_layer("inner", "staff")
    roles: list[str | None] = [None, *(role.value for role in Role)]
    insider = signed_in("reviewer")
    at = place(14)
    for login in roles:
        is_staff = login in STAFF_ROLES
        client = signed_in(login)
        assert properties(insider.get(f"/tiles/notes/{at}"), "notes")[0]["secret"] == "hidden"
        assert insider.get(f"/tiles/inner/{at}").status_code == 200
        seen = client.get(f"/tiles/notes/{at}")
        assert ("secret" in properties(seen, "notes")[0]) == is_staff, login
        assert seen["Cache-Control"].startswith("private" if is_staff else "public")
        assert ("secret" in client.get("/tiles/notes.json").json()["vector_layers"][0]["fields"]) == is_staff
        assert client.get(f"/tiles/inner/{at}").status_code == (200 if is_staff else 404)
        assert client.get("/tiles/inner.json").status_code == (200 if is_staff else 404)
        assert ("inner" in client.get("/tiles/styles/light.json").json()["sources"]) == is_staff


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_staff_of_an_area_see_what_is_inner_in_their_area_only(committed_sample: Any) -> None:
    committed_sample("land")
    add_layer("notes", "everyone")
    add_layer("inner", "staff")
    with connection.cursor() as cursor:
        for code, dx in (("here", 0), ("there", 50_000)):
            cursor.execute(
                "INSERT INTO layers_zone (uid, begin_lifespan_version, name_ar, name_en, kind, code, geom) VALUES"
                " (gen_random_uuid(), now(), '', '', 'municipality', %s,"
                f" ST_Multi(ST_Buffer(ST_Translate(ST_SetSRID({AT}, 32639), %s, 0), 9000)))",
                [code, dx],
            )
    at = place(14)
    for area, sees in (("here", True), ("there", False)):
        user = User(login=f"of_{area}", name_ar="", name_en="")
        user.set_unusable_password()
        user.save()
        RoleGrant.objects.create(user=user, role="reviewer", area=area)
        client = signed_in(user.login)
        assert ("secret" in properties(client.get(f"/tiles/notes/{at}"), "notes")[0]) == sees
        assert client.get(f"/tiles/inner/{at}").status_code == (200 if sees else 204)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_layer_described_anew_is_not_served_as_it_was(committed_sample: Any) -> None:
    committed_sample("land")
    layer = add_layer("notes", "everyone")
    at = place(14)
    assert "title" in properties(signed_in(None).get(f"/tiles/notes/{at}"), "notes")[0]
    layer.fields = [FIELDS[1]]
    layer.save()
    assert properties(signed_in(None).get(f"/tiles/notes/{at}"), "notes")[0].keys() <= {"uid"}
    layer.readers = "staff"
    layer.save()
    assert signed_in(None).get(f"/tiles/notes/{at}").status_code == 404


@pytest.mark.django_db
def test_what_is_asked_wrongly_is_refused_by_the_table_of_the_manual(sample_land: Sample) -> None:
    client = Client()
    for path, status in {
        "nope/1/0/0.mvt": 404,
        "nope/x/0/0.mvt": 404,
        "imagery/1/0/0.mvt": 404,
        "parcels/99/0/0.mvt": 400,
        "parcels/3/8/0.mvt": 400,
        "parcels/3/0/8.mvt": 400,
        "parcels/-1/0/0.mvt": 400,
        "parcels/NaN/0/0.mvt": 400,
        "parcels/1e1/0/0.mvt": 400,
        f"parcels/{'9' * 400}/0/0.mvt": 400,
        "parcels/٣/0/0.mvt": 400,
        "parcels/16/0/0.mvt": 204,
        "parcels/2/0/0.mvt": 204,
        "nope.json": 404,
        "styles/neon.json": 404,
    }.items():
        response = client.get(f"/tiles/{quote(path)}")
        assert response.status_code == status, path
        if status >= 400:
            assert response["Content-Type"] == "application/problem+json"
            body = response.json()
            assert body["status"] == status and body["detail"] and "Traceback" not in str(body)
            assert response["Cache-Control"] == "no-store"
            english = client.get(f"/tiles/{quote(path)}", headers={"accept-language": "en"})
            assert not body["detail"].isascii() and english.json()["detail"].isascii(), path
            assert (response["Content-Language"], english["Content-Language"]) == ("ar", "en")
    for method in ("post", "put", "delete", "patch"):
        assert getattr(client, method)("/tiles/parcels/1/0/0.mvt").status_code == 405


NASTY = [
    "'",
    '"',
    ";--",
    "\x00",
    "%s",
    "%(west)s",
    "\\",
    "../",
    "{",
    "$1",
    "/*",
    "\u202e",
    " OR 1=1",
    "🗺",
    "\n",
    "DROP TABLE",
]
texts = st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=6)), min_size=1, max_size=5).map("".join)


@pytest.mark.django_db
@how(max_examples=budget(60, 5000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(layer=st.one_of(st.just("parcels"), texts), indexes=st.lists(texts, min_size=3, max_size=3), lang=texts)
def test_no_text_in_an_address_does_anything_but_be_refused(
    sample_land: Sample, layer: str, indexes: list[str], lang: str
) -> None:
    client = Client(raise_request_exception=True)
    parts = [quote(part, safe="") for part in (layer, *indexes)]
    answers = [
        client.get(f"/tiles/{'/'.join(parts)}.mvt"),
        client.get(f"/tiles/{parts[0]}.json", {"lang": lang}),
        client.get(f"/tiles/styles/{parts[0]}.json", {"lang": lang}),
    ]
    assert {answer.status_code for answer in answers} <= {200, 204, 400, 404}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM layers_parcel")
        assert cursor.fetchone()[0] > 0


@pytest.mark.django_db
def test_a_tile_comes_with_what_clients_and_shared_caches_need(sample_land: Sample) -> None:
    response = Client().get(f"/tiles/parcels/{place(14)}")
    assert response.status_code == 200
    assert response["Content-Type"] == MEDIA_TYPE
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "no-cache" in response["Cache-Control"]
    again = Client().get(f"/tiles/parcels/{place(14)}", headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304


@pytest.mark.django_db
@pytest.mark.parametrize("code", sorted(LAYERS))
def test_a_description_tells_everything_that_tiles_hold(sample_land: Sample, code: str) -> None:
    for language in ("ar", "en"):
        found = Client().get(f"/tiles/{code}.json", {"lang": language}).json()
        assert found["tilejson"] == "3.0.0"
        assert found["tiles"] == [f"http://testserver/tiles/{code}/{{z}}/{{x}}/{{y}}.mvt"]
        assert found["name"] == getattr(LAYERS[code], f"title_{language}")
        assert 0 <= found["minzoom"] <= found["maxzoom"] <= 22
        assert found["attribution"]
        for layer in found["vector_layers"]:
            assert layer["minzoom"] <= layer["maxzoom"]
            assert all(isinstance(words, str) and words for words in layer["fields"].values())
        if "bounds" in found:
            west, south, east, north = found["bounds"]
            assert -180 <= west <= east <= 180 and -90 <= south <= north <= 90
            assert west <= found["center"][0] <= east and south <= found["center"][1] <= north
    described = {layer["id"]: set(layer["fields"]) for layer in found["vector_layers"]}
    for z in (9, 12, 14, 17):
        response = Client().get(f"/tiles/{code}/{place(z)}")
        for name, layer in read_tile(response.content).items() if response.status_code == 200 else ():
            for feature in layer.features:
                assert set(feature.properties) <= described[name]


def test_colours_of_the_map_style_are_those_of_the_style_sheet() -> None:
    sheet = Path(settings.BASE_DIR, "gisportal/frontend/styles/tokens.css").read_text()
    light, dark = sheet[: sheet.index("prefers-color-scheme: dark")], sheet[sheet.index('[data-theme="dark"] {') :]
    for tokens, text in ((LIGHT, light), (DARK, dark)):
        declared = dict(re.findall(r"(--map-[a-z-]+):\s*(#[0-9a-f]{6});", text))
        assert dict(tokens) == {name: declared[name] for name in tokens}
        assert {layer.style.fill for layer in LAYERS.values()} | {layer.style.line for layer in LAYERS.values()} <= {
            *tokens,
            "",
        }


@pytest.mark.django_db
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_map_style_draws_every_layer_and_writes_in_the_language(theme: str, language: str) -> None:
    style = Client().get(f"/tiles/styles/{theme}.json", {"lang": language}).json()
    assert style["version"] == 8
    readable = {code for code, layer in LAYERS.items() if layer.readers == "everyone"}
    assert style["sources"].keys() == readable
    names = [layer["id"] for layer in style["layers"]]
    assert len(names) == len(set(names))
    assert {layer["source"] for layer in style["layers"] if "source" in layer} == readable
    for layer in style["layers"]:
        assert layer["type"] in {"background", "fill", "line", "circle", "symbol"}
        for name, value in layer["paint"].items():
            if name.endswith("color"):
                assert re.fullmatch(r"#[0-9a-f]{6}", value)
    label = next(layer for layer in style["layers"] if layer["id"] == "districts-label")
    assert label["layout"]["text-field"][1] == ["get", f"name_{language}"]
    assert label["source-layer"] == "districts_labels"
