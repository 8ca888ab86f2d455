"""Pages of features: order, cursors, selections, counts, validators, long pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.access import PUBLIC, readable_fields
from layers.added import as_layer
from layers.models import AddedLayer, Feature, Parcel, Place
from layers.ogc import counting, features, views
from layers.ogc.paging import Cursor, SortKey, write_cursor
from layers.ogc.parameters import read_items
from layers.registry import LAYERS
from tests.budget import budget
from tests.layers.ogc.asking import Api

pytestmark = pytest.mark.django_db

POINT = "SRID=32639;POINT(410000 2923000)"
SOME = [None, "", "a", "A", "ب", "b", "ab"]


@pytest.fixture
def trees(api: Api) -> Iterator[list[Feature]]:
    """A layer added without code, with ties and missing values in every field."""
    fields = [
        {"name": "kind", "ar": "النوع", "en": "Kind", "kind": "text"},
        {"name": "height", "ar": "الارتفاع", "en": "Height", "kind": "float"},
        {"name": "count", "ar": "العدد", "en": "Count", "kind": "integer"},
        {"name": "seen", "ar": "شوهد", "en": "Seen", "kind": "datetime"},
        {"name": "keeper", "ar": "المسؤول", "en": "Keeper", "kind": "text", "readers": "staff"},
    ]
    layer = AddedLayer.objects.create(code="trees", name_ar="أشجار", name_en="Trees", geometry="Point", fields=fields)
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    rows = []
    for n in range(60):
        properties: dict[str, Any] = {"keeper": f"keeper {n}"}
        if SOME[n % 7] is not None:
            properties["kind"] = SOME[n % 7]
        if n % 5:
            properties["height"] = (n % 4) / 3
        if n % 3:
            properties["count"] = n % 4
        if n % 4:
            properties["seen"] = (begin + timedelta(microseconds=n % 3)).isoformat()
        uid = f"00000000-0000-4000-8000-{n:012d}"
        rows.append(Feature(layer=layer, uid=uid, properties=properties, geom=POINT, begin_lifespan_version=begin))
    Feature.objects.bulk_create(rows)
    yield list(Feature.objects.filter(layer=layer).order_by("id"))


# Order and cursors --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 7, 10, 60, 1000])
def test_pages_hold_every_feature_once_in_the_order_of_keys(api: Api, trees: list[Feature], limit: int) -> None:
    assert [f["id"] for f in api.walk("trees", limit=limit)] == [str(tree.uid) for tree in trees]


@settings(max_examples=budget(8, 400), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_stays_whole_over_pages_of_any_size(api: Api, trees: list[Feature], data: st.DataObject) -> None:
    """Ties, missing values and both directions: the pages together are the one long page."""
    names = data.draw(st.lists(st.sampled_from(["kind", "height", "count", "seen", "uid"]), min_size=1, unique=True))
    signs = data.draw(st.lists(st.sampled_from(["", "+", "-"]), min_size=len(names), max_size=len(names)))
    sortby = ",".join(sign + name for sign, name in zip(signs, names, strict=True))
    limit = data.draw(st.integers(4, 23))
    whole = api.items("trees", sortby=sortby, limit=1000).ids
    assert sorted(whole) == sorted(str(tree.uid) for tree in trees)
    forward, answer = [], api.items("trees", sortby=sortby, limit=limit)
    pages = [answer.ids]
    while following := answer.link("next"):
        answer = api.good(following)
        pages.append(answer.ids)
    forward = [name for page in pages for name in page]
    assert forward == whole
    for page in reversed(pages[:-1]):
        answer = api.good(answer.link("prev"))
        assert answer.ids == page
    assert not answer.link("prev")


def test_missing_values_come_last_in_both_directions(api: Api, trees: list[Feature]) -> None:
    for sign in ("", "-"):
        told = [
            f["properties"]["height"] for f in api.items("trees", sortby=f"{sign}height", limit=60).json["features"]
        ]
        values = [value for value in told if value is not None]
        assert values == sorted(values, reverse=sign == "-")
        assert told == values + [None] * (60 - len(values)) and len(values) < 60


def test_a_feature_that_comes_or_goes_between_pages_moves_no_other(api: Api, trees: list[Feature]) -> None:
    """The place is a row, not a number of rows: what is retired behind it or before it shifts nothing."""
    first = api.items("trees", limit=20)
    Feature.objects.filter(pk__in=[tree.pk for tree in trees[5:10] + trees[19:20]]).update(
        end_lifespan_version=datetime.now(UTC)
    )
    second = api.good(first.link("next"))
    assert second.ids == [str(tree.uid) for tree in trees[20:40]]


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"sortby": "-kind"}, 400),
        ({"sortby": "kind,height"}, 400),
        ({"kind": "a"}, 400),
        ({"bbox": "50,26,51,27"}, 400),
        ({"datetime": "2026-06-01T00:00:00Z"}, 400),
        ({"filter": "count=1"}, 400),
        ({"limit": "3"}, 200),
        ({"crs": "http://www.opengis.net/def/crs/EPSG/0/3857"}, 200),
        ({"properties": "kind"}, 200),
        ({"skipGeometry": "true"}, 200),
        ({"lang": "ar"}, 200),
    ],
)
def test_a_cursor_belongs_to_its_query(api: Api, trees: list[Feature], changed: dict[str, str], status: int) -> None:
    query = {"sortby": "kind", "limit": "5"}
    cursor = api.items("trees", **query).link("next").partition("cursor=")[2].partition("&")[0]
    answer = api.get(f"/collections/trees/items?cursor={cursor}", **{**query, **changed})
    assert answer.status == status, answer.text
    other = api.get(f"/collections/places/items?cursor={cursor}", limit="5")
    assert other.status == 400


def test_a_cursor_that_we_did_not_write_is_refused(api: Api, trees: list[Feature]) -> None:
    cursor = api.items("trees", limit=5).link("next").partition("cursor=")[2].partition("&")[0]
    for forged in (cursor[:-2] + "xx", "a" + cursor, cursor[5:], "", "x" * 9000, "eyJhIjoxfQ:xyz"):
        problem = api.refused(f"/collections/trees/items?cursor={forged}", limit=5)
        assert problem["parameter"] == "cursor"


def test_a_page_is_found_by_the_index_of_keys(api: Api) -> None:
    """Neither the first page nor a far one reads more rows than it shows."""
    from django.http import QueryDict

    layer = LAYERS["parcels"]
    query = read_items("parcels", QueryDict("limit=100"), readable_fields(layer, PUBLIC))
    plain = features.statement(layer, PUBLIC, query)
    assert "parcel_current_id" in _plan(plain)
    far = Cursor((), 10_000_000)
    later = features.statement(layer, PUBLIC, _with(query, cursor=far))
    assert "parcel_current_id" in _plan(later)


def _with(query: Any, **changes: Any) -> Any:
    from dataclasses import replace

    return replace(query, **changes)


def _plan(asked: features.Statement) -> str:
    with connection.cursor() as cursor:
        # A table of 300 rows is read from end to end otherwise, rightly.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        cursor.execute("EXPLAIN " + asked.sql, asked.params)
        return "\n".join(row[0] for row in cursor.fetchall())


def test_a_cursor_is_the_same_text_each_time() -> None:
    """Or no page with a next link could be known by its tag."""
    cursor = Cursor(("a", None), 7)
    assert write_cursor(cursor, "q") == write_cursor(cursor, "q")
    assert SortKey("a", "text") == SortKey("a", "text")


# Selections ---------------------------------------------------------------------------------------------------------


def test_a_field_selects_by_equality_of_its_own_kind(api: Api, trees: list[Feature]) -> None:
    for name, value, wanted in (
        ("kind", "a", lambda p: p.get("kind") == "a"),
        ("kind", "", lambda p: p.get("kind") == ""),
        ("count", "2", lambda p: p.get("count") == 2),
        ("count", "2.0", lambda p: p.get("count") == 2),
        ("count", "99999999999999999999999999", lambda p: False),
        ("height", "0.3333333333333333", lambda p: p.get("height") == 1 / 3),
        ("seen", "2026-01-01T00:00:00.000001Z", lambda p: p.get("seen", "")[-12:] == "000001+00:00"),
    ):
        found = {f["id"] for f in api.walk("trees", limit=9, **{name: value})}
        assert found == {str(tree.uid) for tree in trees if wanted(tree.properties)}, (name, value)


def test_only_the_fields_asked_for_are_told(api: Api, trees: list[Feature]) -> None:
    for feature in api.items("trees", properties="height,kind").json["features"]:
        assert list(feature["properties"]) == ["kind", "height"]
    assert api.items("trees", properties="", limit=1).json["features"][0]["properties"] == {}
    assert api.items("trees", skipGeometry="true", limit=1).json["features"][0]["geometry"] is None


def test_a_filter_in_cql2_chooses(api: Api, trees: list[Feature]) -> None:
    wanted = {str(t.uid) for t in trees if t.properties.get("count", 0) >= 2 and "height" in t.properties}
    assert {f["id"] for f in api.walk("trees", limit=4, filter="count >= 2 AND height IS NOT NULL")} == wanted
    in_json = {"op": ">=", "args": [{"property": "count"}, 2]}
    asked = {"filter": json.dumps(in_json), "filter-lang": "cql2-json"}
    assert {f["id"] for f in api.walk("trees", **asked)} == {
        str(t.uid) for t in trees if t.properties.get("count", 0) >= 2
    }
    assert api.refused("/collections/trees/items", filter="count >")["parameter"] == "filter"


# Time ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def history(api: Api) -> list[str]:
    """One place in three versions, the last of which has ended, and one that goes on."""
    uid, other = "00000000-0000-4000-8000-0000000000aa", "00000000-0000-4000-8000-0000000000bb"
    years = [datetime(year, 1, 1, tzinfo=UTC) for year in (2001, 2002, 2003, 2004)]
    for n in range(3):
        Place.objects.create(
            uid=uid,
            name_en=f"version {n}",
            category="park",
            geom=POINT,
            begin_lifespan_version=years[n],
            end_lifespan_version=years[n + 1],
        )
    Place.objects.create(uid=other, name_en="other", category="park", geom=POINT, begin_lifespan_version=years[1])
    return [uid, other]


@pytest.mark.parametrize(
    ("moment", "names"),
    [
        ("2000-12-31T23:59:59.999999Z", []),
        ("2001-01-01T00:00:00Z", ["version 0"]),
        ("2001-06-01T00:00:00Z", ["version 0"]),
        ("2002-01-01T00:00:00Z", ["version 1", "other"]),
        ("2002-01-01T03:00:00+03:00", ["version 1", "other"]),
        ("2003-12-31T23:59:59.999999Z", ["version 2", "other"]),
        ("2004-01-01T00:00:00Z", ["other"]),
        ("2001-06-01T00:00:00Z/2002-06-01T00:00:00Z", ["version 0", "version 1", "other"]),
        ("../2001-01-01T00:00:00Z", ["version 0"]),
        ("../2000-12-31T00:00:00Z", []),
        ("2003-12-31T00:00:00Z/2004-01-01T00:00:00Z", ["version 2", "other"]),
        ("2004-01-01T00:00:00Z/..", ["other"]),
        ("2002-01-01T00:00:00Z/2002-01-01T00:00:00Z", ["version 1", "other"]),
        ("../2003-06-01", ["version 0", "version 1", "version 2", "other"]),
        ("2001-12-31", ["version 0"]),
        ("2002-01-01", ["version 1", "other"]),
    ],
)
def test_a_moment_shows_what_was_in_force_then(api: Api, history: list[str], moment: str, names: list[str]) -> None:
    found = api.walk("places", datetime=moment, limit=7, filter="name_en LIKE 'version%' OR name_en = 'other'")
    assert sorted(f["properties"]["name_en"] for f in found) == sorted(names)


def test_one_feature_can_be_seen_as_it_was(api: Api, history: list[str]) -> None:
    path = f"/collections/places/items/{history[0]}"
    assert api.get(path).status == 404, "it is no longer"
    for year, name in ((2001, "version 0"), (2002, "version 1"), (2003, "version 2")):
        then = api.good(path, datetime=f"{year}-06-01T00:00:00Z").json
        assert then["properties"]["name_en"] == name and then["id"] == history[0]
    assert api.get(path, datetime="2004-01-01T00:00:00Z").status == 404
    api.refused(path, datetime="2001-01-01T00:00:00Z/..")


def test_a_layer_without_lifespans_is_the_same_at_every_moment(api: Api) -> None:
    """Features without a time are part of every answer (fc-time-response)."""
    now = api.items("open_cases", limit=1000).ids
    for moment in ("1990-01-01T00:00:00Z", "1990-01-01T00:00:00Z/1991-01-01T00:00:00Z"):
        assert api.items("open_cases", limit=1000, datetime=moment).ids == now


# Counts -------------------------------------------------------------------------------------------------------------


def test_a_count_above_the_limit_is_an_estimate_and_says_so(
    api: Api, trees: list[Feature], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "COUNTED", 20)
    document = api.items("trees", limit=5).json
    assert "numberMatched" not in document and document["numberMatchedEstimate"] >= 0
    assert api.items("trees", limit=5, count=1).json["numberMatched"] == sum(
        tree.properties.get("count") == 1 for tree in trees
    )
    assert api.items("trees", resultType="hits").json["numberMatched"] == 60
    assert api.items("trees", limit=1000).json["numberMatched"] == 60, "a page that holds all knows how many"


def test_an_estimate_is_kept_for_a_while_and_a_count_never(
    api: Api, trees: list[Feature], monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    path = "/ogc/collections/parcels/items"
    with django_assert_num_queries(3):
        Client().get(path, {"limit": 5})
    with django_assert_num_queries(3):
        Client().get(path, {"limit": 5})
    monkeypatch.setattr(counting, "COUNTED", 20)
    with django_assert_num_queries(2):
        Client().get(path, {"limit": 5})
    with django_assert_num_queries(1):
        Client().get(path, {"limit": 6})
    with django_assert_num_queries(2):  # another question
        Client().get(path, {"limit": 5, "land_use": "residential"})


def test_a_count_that_takes_too_long_is_an_estimate(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from layers.querying import TooSlow, read_rows

    def slow(sql: str, params: Any, **options: Any) -> Any:
        if sql.startswith("SELECT count(*)"):
            raise TooSlow("count")
        return read_rows(sql, params, **options)

    monkeypatch.setattr(counting, "read_rows", slow)
    for query in ({"resultType": "hits"}, {"limit": 3}):
        document = api.items(**query).json
        assert "numberMatched" not in document and document["numberMatchedEstimate"] >= 0


def test_pages_after_the_first_tell_no_count(api: Api) -> None:
    second = api.good(api.items(limit=5).link("next")).json
    assert "numberMatched" not in second and "numberMatchedEstimate" not in second


# Validators ---------------------------------------------------------------------------------------------------------


def test_an_answer_that_is_known_is_not_sent_again(api: Api) -> None:
    name = api.items(limit=1).ids[0]
    for path in ("/", "/collections", "/collections/parcels", "/collections/parcels/items", "/api"):
        first = api.good(path)
        again = api.get(path, headers={"if-none-match": first.header("ETag")})
        assert again.status == 304 and again.body == b""
        assert again.header("ETag") == first.header("ETag") and again.header("Cache-Control") == "public, no-cache"
        assert api.get(path, headers={"if-none-match": '"other", ' + first.header("ETag")}).status == 304
        assert api.get(path, headers={"if-none-match": '"other"'}).status == 200
    item = api.good(f"/collections/parcels/items/{name}")
    assert item.header("ETag").startswith('"'), "one feature has a strong tag"


def test_each_representation_has_a_tag_of_its_own(api: Api) -> None:
    path = "/collections/parcels/items"
    crs = "http://www.opengis.net/def/crs/EPSG/0/3857"
    queries: list[dict[str, Any]] = [{}, {"crs": crs}, {"limit": 9}, {"lang": "ar"}, {"properties": "uid"}]
    tags = [api.good(path, **query).header("ETag") for query in queries]
    assert len(set(tags)) == len(tags)


def test_a_page_changes_its_tag_with_its_features_and_only_then(api: Api, trees: list[Feature]) -> None:
    path = "/collections/trees/items"
    before = api.good(path, limit=5, kind="a").header("ETag")
    assert api.good(path, limit=5, kind="a").header("ETag") == before
    now = datetime.now(UTC)
    Feature.objects.filter(pk=trees[2].pk).update(end_lifespan_version=now)
    assert trees[2].properties["kind"] == "a"
    assert api.good(path, limit=5, kind="a").header("ETag") != before


def test_headers_say_who_may_keep_and_who_may_read(api: Api) -> None:
    answer = api.good("/collections/parcels/items", headers={"origin": "https://elsewhere.example"})
    assert answer.header("Access-Control-Allow-Origin") == "*"
    assert "Access-Control-Allow-Credentials" not in answer.response
    assert {"Accept", "Accept-Language", "Cookie"} <= set(answer.header("Vary").split(", "))
    page = api.good("/collections/parcels/items", f="html")
    assert not page.header("Access-Control-Allow-Origin") and not page.header("ETag")
    preflight = api.ask("OPTIONS", "/collections/parcels/items", headers={"origin": "https://elsewhere.example"})
    assert preflight.status == 204 and preflight.header("Access-Control-Allow-Methods") == "GET, HEAD, OPTIONS"


# Long pages ---------------------------------------------------------------------------------------------------------


def test_a_long_page_is_the_short_pages_together(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    short = api.walk(limit=50)
    monkeypatch.setattr(views, "STREAMED", 10)
    monkeypatch.setattr(features, "_BATCH", 7)
    long = api.items(limit=10_000)
    assert long.response.streaming  # type: ignore[attr-defined]
    assert long.json["features"] == short and long.json["numberMatched"] == len(short)
    walked, answer = [], api.items(limit=11, sortby="-land_use,parcel_no")
    while True:
        walked += answer.ids
        if not (following := answer.link("next")):
            break
        answer = api.good(following)
    assert walked == api.items(limit=10_000, sortby="-land_use,parcel_no").ids
    back = api.good(answer.link("prev"))
    assert back.ids == walked[-len(answer.ids) - 11 : -len(answer.ids)]


def test_reading_stops_when_the_client_is_gone(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server closes an answer that nobody reads: the cursor goes, and no further row is fetched."""
    monkeypatch.setattr(views, "STREAMED", 10)
    monkeypatch.setattr(features, "_BATCH", 5)
    fetched: list[int] = []
    original = features.Stream._read

    def watched(self: features.Stream, cursor: Any) -> Iterator[str]:
        for text in original(self, cursor):
            fetched.append(1)
            yield text

    monkeypatch.setattr(features.Stream, "_read", watched)
    # The client of the tests reads to the end; a view's own answer does not.
    from django.test import RequestFactory

    from layers.viewer import ANONYMOUS

    request = RequestFactory().get("/ogc/collections/parcels/items?limit=200", headers={"accept": "application/json"})
    request.viewer = ANONYMOUS  # type: ignore[attr-defined]
    response = views.items(request, code="parcels")
    body = iter(response)  # type: ignore[arg-type]
    next(body), next(body)
    assert _open_cursors() == 1
    read = len(fetched)
    for closer in response._resource_closers:  # type: ignore[attr-defined]  # what close() calls, without its signal
        closer()
    del body
    assert _open_cursors() == 0 and len(fetched) == read < 20


def _open_cursors() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_cursors WHERE name LIKE '_django_curs%%'")
        return int(cursor.fetchone()[0])


def test_an_answer_that_nobody_begins_to_read_leaves_nothing_open(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "STREAMED", 10)
    head = api.ask("HEAD", "/collections/parcels/items", limit=200)
    assert head.status == 200 and head.body == b"" and _open_cursors() == 0


def test_a_page_asks_the_database_once(api: Api, django_assert_num_queries: Any) -> None:
    """A page of a built-in layer is one round trip; the first one of a longer list counts in two more."""
    path = "/ogc/collections/parcels/items"
    with django_assert_num_queries(3):
        following = Client().get(path, {"limit": 100}).json()["links"]
    address = next(link["href"] for link in following if link["rel"] == "next")
    with django_assert_num_queries(1):
        Client().get(address.removeprefix("http://testserver"))
    with django_assert_num_queries(1):
        Client().get(path, {"limit": 1000})


def test_every_field_of_a_parcel_is_told_as_it_is_stored(api: Api) -> None:
    for feature in api.items(limit=20).json["features"]:
        parcel = Parcel.objects.get(uid=feature["id"], end_lifespan_version=None)
        told = feature["properties"]
        assert told["parcel_no"] == parcel.parcel_no and told["land_use"] == parcel.land_use
        assert told["official_area_m2"] == float(parcel.official_area_m2 or 0)
        assert told["calculated_area_m2"] == parcel.calculated_area_m2
        assert datetime.fromisoformat(told["begin_lifespan_version"]) == parcel.begin_lifespan_version


def test_an_added_layer_is_a_collection_like_any_other(api: Api, trees: list[Feature]) -> None:
    assert as_layer(AddedLayer.objects.get(code="trees")).code in [
        one["id"] for one in api.good("/collections").json["collections"]
    ]
    assert api.good("/collections/trees", lang="ar").json["title"] == "أشجار"
    assert "/collections/trees/items" in api.good("/api").json["paths"]
    AddedLayer.objects.filter(code="trees").update(retired_at=datetime.now(UTC))
    api.refused("/collections/trees/items", 404)
