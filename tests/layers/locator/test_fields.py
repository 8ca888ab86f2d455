"""The fields that the locator needs of places and streets: in files, features, filters, tiles and the set-up."""

from __future__ import annotations

import io
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import mapbox_vector_tile
import pytest
import shapely
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from shapely import MultiLineString, Point

from gisportal.accounts.models import RoleGrant, User
from layers.edit_checks import EditRefused
from layers.editing import change_feature, create_feature
from layers.files.mapping import LayerField, read_value
from layers.files.reader import open_vector
from layers.models import Place, Street
from layers.registry import LAYERS

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
committed = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

PLACES, STREETS = LAYERS["places"], LAYERS["streets"]
PHARMACY: dict[str, Any] = {
    "name_ar": "صيدلية النور",
    "name_en": "Al Noor Pharmacy",
    "category": "health",
    "kind": "pharmacy",
    "opening_hours": "Sa-Th 08:00-23:00",
    "ramadan_hours": "20:00-02:00",
    "prayer_pause": "yes",
    "phone": "+966 13 000 0000",
    "address_ar": "1234 شارع النخيل",
    "address_en": "1234 Palm Street",
    "wheelchair": "limited",
    "source": "OpenStreetMap",
    "source_ref": "osm:node/42",
    "source_on": date(2026, 5, 1),
}
HERE = Point(410_000.0, 2_923_000.0)
LINE = MultiLineString([[(410_000.0, 2_923_000.0), (410_050.0, 2_923_000.0)]])


def add(**values: Any) -> Place:
    written = create_feature(PLACES, {**PHARMACY, **values}, HERE, acting_user_id=None)
    return Place.objects.get(uid=written.uid)


DAY = LayerField("source_on", "تاريخ", "Date", "date")


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        ("2026-05-01", date(2026, 5, 1)),
        ("2026/5/1", date(2026, 5, 1)),
        ("٢٠٢٦-٠٥-٠١", date(2026, 5, 1)),
        ("2026-05-01T23:59:59Z", date(2026, 5, 1)),
        (datetime(2026, 5, 1, 23), date(2026, 5, 1)),
        (date(2026, 5, 1), date(2026, 5, 1)),
        ("", None),
        (None, None),
    ],
)
def test_a_day_is_read(raw: Any, day: date | None) -> None:
    assert read_value(DAY, raw) == (day, None)


@pytest.mark.parametrize("raw", ["01/05/2026", "2026-02-30", "2026-05", "yesterday", "0000-01-01", 7, "1\0"])
def test_what_is_no_day_is_told(raw: Any) -> None:
    value, note = read_value(DAY, raw)
    assert value is None and note is not None and note[0] == "bad_value"


@committed
def test_every_field_survives_export_and_import(tmp_path: Path) -> None:
    row = add()
    for ending in ("gpkg", "geojson", "zip", "fgb", "parquet"):
        file = tmp_path / f"places.{ending}"
        call_command("export_layer", "places", str(file), stdout=io.StringIO(), stderr=io.StringIO())
        with open_vector(file) as source:
            assert source.count == 1
        Place.objects.using("owner").filter(end_lifespan_version__isnull=True).update(
            end_lifespan_version=timezone.now()
        )
        call_command("import_layer", "places", str(file), stdout=io.StringIO(), stderr=io.StringIO())

        again = Place.objects.get(end_lifespan_version__isnull=True)
        assert again.uid == row.uid
        assert {name: getattr(again, name) for name in PHARMACY} == PHARMACY, ending


def test_features_carry_the_fields_and_keep_the_reference_for_staff(client: Client) -> None:
    add()
    found = client.get("/ogc/collections/places/items?f=json").json()["features"][0]["properties"]
    assert found["kind"] == "pharmacy" and found["source_on"] == "2026-05-01"
    assert found["address_en"] == "1234 Palm Street" and found["prayer_pause"] == "yes"
    assert "source_ref" not in found
    queryables = client.get("/ogc/collections/places/queryables?f=json").json()["properties"]
    assert queryables["source_on"] == {"title": queryables["source_on"]["title"], "type": "string", "format": "date"}
    assert "" in queryables["wheelchair"]["enum"] and "" not in queryables["category"]["enum"]
    assert "source_ref" not in queryables


FILTERS = [
    ("kind = 'pharmacy'", 1),
    ("kind IN ('bakery','clinic')", 0),
    ("source_on = DATE('2026-05-01')", 1),
    ("source_on > DATE('2026-05-01')", 0),
    ("source_on >= DATE('2026-05-01') AND source_on < DATE('2026-05-02')", 1),
    ("source_on <> DATE('2026-05-01')", 0),
    ("source_on BETWEEN DATE('2026-04-30') AND DATE('2026-05-01')", 1),
    ("source_on = TIMESTAMP('2026-04-30T21:30:00Z')", 1),  # half past midnight of 1 May in Riyadh
    ("source_on = TIMESTAMP('2026-05-01T21:30:00Z')", 0),
    ("T_AFTER(source_on, DATE('2026-04-30'))", 1),
    ("T_INTERSECTS(source_on, INTERVAL('2026-05-01','..'))", 1),
    ("T_BEFORE(source_on, INTERVAL('2026-05-02','2026-05-03'))", 1),
    ("source_on < begin_lifespan_version", 1),
    ("source_on = begin_lifespan_version", 0),
    ("source_on IS NULL", 0),
    ("wheelchair = 'limited' AND prayer_pause = 'yes'", 1),
]


def test_filters_understand_kinds_and_days(client: Client) -> None:
    add()
    for condition, count in FILTERS:
        answer = client.get(f"/ogc/collections/places/items?{urlencode({'f': 'json', 'filter': condition})}")
        assert answer.status_code == 200, answer.content
        assert len(answer.json()["features"]) == count, condition


def test_a_day_is_a_parameter_and_an_order(client: Client) -> None:
    add()
    add(source_on=date(2025, 1, 1), name_en="Older", source_ref="")
    base = "/ogc/collections/places/items?f=json"
    assert len(client.get(f"{base}&source_on=2026-05-01").json()["features"]) == 1
    assert client.get(f"{base}&source_on=2026-5-1").status_code == 400
    assert client.get(f"{base}&filter=source_on+%3E+5").status_code == 400
    names = []
    address = f"{base}&sortby=source_on&limit=1"
    while address:
        page = client.get(address).json()
        names += [f["properties"]["name_en"] for f in page["features"]]
        address = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    assert names == ["Older", "Al Noor Pharmacy"]


@committed
def test_tiles_carry_the_kind_and_later_the_address(client: Client) -> None:
    add()
    x, y = shapely.get_coordinates(shapely.from_wkb(bytes(Place.objects.get().geom_3857.wkb)))[0]
    half = 20_037_508.342789244
    found = {}
    for z in (15, 17):
        size = 2 * half / 2**z
        answer = client.get(f"/tiles/places/{z}/{int((x + half) // size)}/{int((half - y) // size)}.mvt")
        found[z] = mapbox_vector_tile.decode(answer.content)["places"]["features"][0]["properties"]
    assert found[15]["kind"] == "pharmacy" and "wheelchair" not in found[15]
    assert found[17]["wheelchair"] == "limited" and found[17]["address_ar"] == "1234 شارع النخيل"
    assert not {"source", "source_ref", "source_on", "ramadan_hours"} & found[17].keys()


def test_a_kind_goes_with_its_category() -> None:
    with pytest.raises(EditRefused) as refused:
        add(kind="bakery")
    assert [(f.code, f.field) for f in refused.value.findings] == [("at_odds", "kind")]
    row = add()
    with pytest.raises(EditRefused):
        change_feature(PLACES, row.uid, {"category": "food"}, expected=row.begin_lifespan_version, acting_user_id=1)
    change_feature(
        PLACES, row.uid, {"category": "food", "kind": ""}, expected=row.begin_lifespan_version, acting_user_id=1
    )
    assert Place.objects.get(uid=row.uid, end_lifespan_version__isnull=True).kind == ""


@committed
def test_a_file_whose_kind_is_of_another_category_keeps_the_place_and_says_so(tmp_path: Path) -> None:
    file = tmp_path / "one.geojson"
    file.write_text(
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "geometry": {"type": "Point", "coordinates": [50.1, 26.4]},
                        "properties": {"category": "food", "kind": "pharmacy", "source_on": "01/02/2026"},
                    }
                ],
            }
        )
    )
    out = io.StringIO()
    call_command("import_layer", "places", str(file), stdout=out, stderr=io.StringIO())
    row = Place.objects.get()
    assert (row.category, row.kind, row.source_on) == ("food", "", None)
    assert "2  bad_value" in out.getvalue()


def test_streets_have_directions_users_and_barriers(client: Client) -> None:
    values = {"name_ar": "شارع", "name_en": "Street", "direction": "forward", "users": "car", "barrier": "gate"}
    create_feature(STREETS, values, LINE, acting_user_id=None)
    create_feature(STREETS, {"name_ar": "ممر"}, LINE, acting_user_id=None)
    plain = Street.objects.get(name_ar="ممر")
    assert (plain.direction, plain.users, plain.barrier) == ("both", "all", "")
    one_way = urlencode({"f": "json", "filter": "direction = 'forward' AND barrier <> ''"})
    assert len(client.get(f"/ogc/collections/streets/items?{one_way}").json()["features"]) == 1
    for word, code in {"yes": "forward", "-1": "backward", "no": "both", "اتجاه واحد": "forward"}.items():
        assert read_value(STREETS.field("direction"), word) == (code, None)
    with pytest.raises(EditRefused):
        create_feature(STREETS, {**values, "direction": "sideways"}, LINE, acting_user_id=None)


@pytest.mark.parametrize(("language", "words"), [("ar", ("صيدلية", "جزئيًا")), ("en", ("Pharmacy", "Partly"))])
def test_the_set_up_edits_them_in_both_languages(language: str, words: tuple[str, ...], client: Client) -> None:
    user = User.objects.create_user("engineer", is_staff=True)
    RoleGrant.objects.create(user=user, role="gis_engineer", area="")
    client.force_login(user)
    row = add()
    address = f"/{language}/admin/layers/place/{row.pk}/change/"
    page = client.get(address)
    for word in words:
        assert word in page.content.decode()
    form = page.context["form"]
    sent = {n: str(v if (v := form[n].value()) is not None else "") for n in form.fields}
    client.post(address, {**sent, "wheelchair": "", "source_on": "2026-06-02"})
    new = Place.objects.get(uid=row.uid, end_lifespan_version__isnull=True)
    assert (new.wheelchair, new.source_on, new.kind) == ("", date(2026, 6, 2), "pharmacy")
    assert Place.objects.filter(uid=row.uid).count() == 2
