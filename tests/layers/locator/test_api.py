"""The API of the locator over HTTP: what it answers, what it refuses and how, and what it keeps to itself."""

from __future__ import annotations

import json
import logging
import random
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from openapi_spec_validator import validate
from pyproj import Geod

from layers import limits
from layers.locator import counts
from tests.budget import budget

pytestmark = pytest.mark.django_db

HERE = "lon=50.1&lat=26.43"
GEOD = Geod(ellps="WGS84")
DAYTIME = "2026-03-01T10:00:00%2B03:00"
NIGHT = "2026-03-01T03:00:00%2B03:00"


@pytest.fixture(autouse=True)
def no_limit_and_no_counts(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.API_PER_MINUTE = 0
    monkeypatch.setattr(counts, "_buffer", counts._Buffer())
    monkeypatch.setattr(counts, "FLUSH_S", 3600.0)


@pytest.fixture
def city() -> list[tuple[uuid.UUID, float, float, str]]:
    """Sixty places round a point, in three categories, and a district that holds half of them."""
    chance = random.Random(1)
    rows = []
    with connections["default"].cursor() as cursor:
        for n in range(60):
            uid = uuid.UUID(int=chance.getrandbits(128), version=4)
            lon, lat = 50.1 + chance.gauss(0, 0.02), 26.43 + chance.gauss(0, 0.02)
            category, kind = [("food", "bakery"), ("health", "pharmacy"), ("health", "hospital")][n % 3]
            cursor.execute(
                "INSERT INTO layers_place (uid, begin_lifespan_version, name_ar, name_en, category, kind,"
                " opening_hours, wheelchair, phone, geom) VALUES (%s, now(), %s, %s, %s, %s, %s, %s, '',"
                " ST_Transform(ST_SetSRID(ST_Point(%s, %s), 4326), 32639))"
                " RETURNING ST_X(geog::geometry), ST_Y(geog::geometry)",
                [
                    uid, f"محل رقم {n}", f'Shop "{n}" </script>', category, kind,
                    ("24/7", "Mo-Su 08:00-22:00", "")[n % 4 % 3], "yes" if n % 2 else "", lon, lat,
                ],
            )  # fmt: skip
            rows.append((uid, *cursor.fetchone(), category))
        cursor.execute(
            "INSERT INTO layers_district (uid, begin_lifespan_version, name_ar, name_en, code, municipality, geom)"
            " VALUES (%s, now(), 'الحي', 'District', 'D1', 'الدمام',"
            " ST_Multi(ST_Transform(ST_MakeEnvelope(50.0, 26.3, 50.1001, 26.6, 4326), 32639)))",
            [DISTRICT],
        )
    return rows


DISTRICT = uuid.UUID(int=77)


def ask(client: Client, path: str, status: int = 200, **headers: str) -> Any:
    response = client.get(f"/api/v1/{path}", headers=headers)
    assert response.status_code == status, response.content[:500]
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response
    assert not response.cookies
    return response.json()


def by_distance(rows: list[tuple[uuid.UUID, float, float, str]], category: str = "") -> list[tuple[float, str]]:
    return sorted(
        (GEOD.inv(50.1, 26.43, lon, lat)[2], str(uid)) for uid, lon, lat, code in rows if category in ("", code)
    )


# Nearby -------------------------------------------------------------------------------------------------------------


def test_the_nearest_come_first_with_their_true_distance(client: Client, city: Any) -> None:
    found = ask(client, f"nearby?{HERE}&category=food&limit=7")

    expected = by_distance(city, "food")[:7]
    assert found["type"] == "FeatureCollection"
    assert [f["id"] for f in found["features"]] == [uid for _, uid in expected]
    for feature, (metres, uid) in zip(found["features"], expected, strict=True):
        assert feature["properties"]["distance_m"] == pytest.approx(metres, abs=0.001)
        assert feature["properties"]["uid"] == uid
        assert feature["properties"]["category"] == "food"
        assert feature["geometry"]["type"] == "Point"
        assert "open" not in feature["properties"]


def test_pages_follow_the_next_link_to_the_end(client: Client, city: Any) -> None:
    path, seen = f"nearby?{HERE}&limit=17", []
    while path:
        page = ask(client, path)
        seen += [f["id"] for f in page["features"]]
        links = [link["href"] for link in page["links"] if link["rel"] == "next"]
        path = links[0].split("/api/v1/")[1] if links else ""

    assert seen == [uid for _, uid in by_distance(city)]


def test_kinds_narrow_their_category_and_leave_others_whole(client: Client, city: Any) -> None:
    found = ask(client, f"nearby?{HERE}&category=food,health&kind=pharmacy&limit=100")

    kinds = [f["properties"]["kind"] for f in found["features"]]
    assert (kinds.count("bakery"), kinds.count("pharmacy"), kinds.count("hospital")) == (20, 20, 0)
    assert {f["properties"]["kind"] for f in ask(client, f"nearby?{HERE}&kind=pharmacy")["features"]} == {"pharmacy"}


def test_inside_my_neighbourhood_or_beyond_it(client: Client, city: Any) -> None:
    inside = ask(client, f"nearby?{HERE}&within=here&limit=100")["features"]
    beyond = ask(client, f"nearby?{HERE}&beyond={DISTRICT}&limit=100")["features"]

    assert all(f["geometry"]["coordinates"][0] <= 50.1001 for f in inside)
    assert all(f["geometry"]["coordinates"][0] >= 50.1001 for f in beyond)
    assert 0 < len(inside) < 60
    assert len(inside) + len(beyond) == 60


def test_only_what_is_open_then(client: Client, city: Any) -> None:
    night = ask(client, f"nearby?{HERE}&open_at={NIGHT}&limit=100")
    day = ask(client, f"nearby?{HERE}&open_at={DAYTIME}&limit=100")

    assert {f["properties"]["opening_hours"] for f in night["features"]} == {"24/7"}
    assert {f["properties"]["opening_hours"] for f in day["features"]} == {"24/7", "Mo-Su 08:00-22:00"}
    assert all(f["properties"]["open"]["status"] == "open" for f in day["features"])
    closing = {f["properties"]["open"]["until"] for f in day["features"]}
    assert closing == {None, "2026-03-01T22:00:00+03:00"}
    assert day["open_at"] == "2026-03-01T10:00:00+03:00"


def test_unknown_hours_are_told_and_never_open(client: Client, city: Any) -> None:
    found = ask(client, f"nearby?{HERE}&open=any&limit=100")["features"]

    assert {f["properties"]["open"]["status"] for f in found if not f["properties"]["opening_hours"]} == {"unknown"}
    assert len(found) == 60


def test_a_moment_without_offset_is_by_the_clock_of_the_municipality(client: Client, city: Any) -> None:
    there = ask(client, f"nearby?{HERE}&open_at=2026-03-01T21:30:00&limit=100")
    lost_plus = ask(client, f"nearby?{HERE}&open_at=2026-03-01T21:30:00 03:00&limit=100")

    assert there == lost_plus
    assert len(there["features"]) > len(
        ask(client, f"nearby?{HERE}&open_at=2026-03-01T21:30:00Z&limit=100")["features"]
    )


def test_a_wheelchair_is_asked_for(client: Client, city: Any) -> None:
    found = ask(client, f"nearby?{HERE}&wheelchair=yes&limit=100")["features"]

    assert len(found) == 30
    assert {f["properties"]["wheelchair"] for f in found} == {"yes"}


@pytest.mark.parametrize("at", ["lon=180&lat=90", "lon=-180&lat=-90", "lon=-129.9&lat=-26.43", "lon=0&lat=0"])
def test_any_position_on_the_earth_is_answered(at: str, client: Client, city: Any) -> None:
    assert len(ask(client, f"nearby?{at}&limit=60")["features"]) == 60
    assert ask(client, f"districts/at?{at}") == {"district": None}


def test_it_reads_names_with_any_character(client: Client, city: Any) -> None:
    found = ask(client, f"nearby?{HERE}&limit=1")["features"][0]["properties"]

    assert found["name_en"].endswith("</script>")
    assert found["name_ar"].startswith("محل")


# Refusals -----------------------------------------------------------------------------------------------------------

BAD = [
    ("nearby", "lon"),
    ("nearby?lon=50.1", "lat"),
    *((f"nearby?lon={bad}&lat=26", "lon") for bad in ("nan", "inf", "-inf", "1e400", "181", "-180.1", "")),
    *((f"nearby?lon={bad}&lat=26", "lon") for bad in ("1_0", "٥٠", "0x1", "5 0")),
    *((f"nearby?lon=50&lat={bad}", "lat") for bad in ("90.0001", "NaN", "26,4", "--1")),
    (f"nearby?{HERE}&category=nothing", "category"),
    (f"nearby?{HERE}&category=food&category=health", "category"),
    (f"nearby?{HERE}&kind=nothing", "kind"),
    *((f"nearby?{HERE}&limit={bad}", "limit") for bad in ("0", "101", "-1", "1.5", "x", "", "99999999999")),
    *((f"nearby?{HERE}&open_at={bad}", "open_at") for bad in ("now", "2026-13-01T00:00:00Z", "", "2026-03-01")),
    *((f"nearby?{HERE}&open_at={bad}", "open_at") for bad in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z")),
    (f"nearby?{HERE}&open=yes", "open"),
    (f"nearby?{HERE}&open=now&open_at={DAYTIME}", "open"),
    (f"nearby?{HERE}&within=x", "within"),
    ("nearby?lon=0&lat=0&within=here", "within"),
    (f"nearby?{HERE}&wheelchair=maybe", "wheelchair"),
    *((f"nearby?{HERE}&after={bad}", "after") for bad in ("x", "1", "nan~x", f"inf~{DISTRICT}", f"-1~{DISTRICT}")),
    (f"nearby?{HERE}&unknown=1", "unknown"),
    (f"nearby?{HERE}&lang=fr", "lang"),
    ("places?bbox=1,2,3", "bbox"),
    ("places?bbox=nan,2,3,4", "bbox"),
    ("places?district=x", "district"),
    ("places?limit=1001", "limit"),
    ("districts/at?lon=1", "lat"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "parameter"), BAD)
def test_what_cannot_be_meant_is_refused_by_name_in_both_languages(path: str, parameter: str, client: Client) -> None:
    english = ask(client, path, 400, **{"Accept-Language": "en"})
    arabic = ask(client, path, 400, **{"Accept-Language": "ar"})

    for problem in (english, arabic):
        assert problem["parameter"] == parameter
        assert (problem["status"], problem["type"]) == (400, "about:blank")
    assert english["detail"].isascii() or "«" not in english["detail"]
    assert any("\u0600" <= c <= "\u06ff" for c in arabic["detail"])


def test_a_problem_says_so_in_its_type_and_nobody_keeps_it(client: Client) -> None:
    response = client.get("/api/v1/nearby?lon=x")

    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "name", ["lon", "lat", "category", "open_at", "within", "after", "limit", "q", "bbox", "district"]
)
def test_a_nul_is_refused_everywhere(name: str, client: Client) -> None:
    path = "places" if name in ("q", "bbox", "district") else "nearby"

    assert ask(client, f"{path}?{name}=a%00b", 400)["parameter"] == name


def test_there_is_no_place_of_another_name(client: Client, city: Any) -> None:
    for name in (str(uuid.uuid4()), "x", "%00", "..", "1" * 600):
        assert ask(client, f"places/{name}", 404)["status"] == 404


def test_nothing_is_written(client: Client) -> None:
    for method in ("post", "put", "patch", "delete"):
        response = getattr(client, method)(f"/api/v1/nearby?{HERE}")
        assert response.status_code == 405
        assert response["Allow"] == "GET, HEAD, OPTIONS"


VALUES = st.text(max_size=30) | st.sampled_from(
    ["50.1", "26.4", "food", "here", "now", "yes", "foot", "1", "-0", "1e5", str(DISTRICT)]
)


@tries(max_examples=budget(250, 20_000), deadline=None)
@given(
    st.sampled_from(["nearby", "places", "districts/at", "places/x", "schema/"]),
    st.dictionaries(
        st.sampled_from(
            "lon lat category kind limit open open_at within beyond wheelchair after q district bbox lang x".split()
        ),
        VALUES,
        max_size=6,
    ),
)
def test_no_question_breaks_it(path: str, query: dict[str, str]) -> None:
    response = Client().get(f"/api/v1/{path}", {"lon": "50.1", "lat": "26.4", **query} if path == "nearby" else query)

    assert response.status_code in (200, 400, 404), response.content
    json.loads(response.content)


# HTTP ---------------------------------------------------------------------------------------------------------------


def test_head_and_options(client: Client, city: Any) -> None:
    path = f"/api/v1/nearby?{HERE}"
    get, head, options = client.get(path), client.head(path), client.options(path)

    assert (head.status_code, head.content) == (200, b"")
    assert head["ETag"] == get["ETag"]
    assert int(head["Content-Length"]) == len(get.content)
    assert (options.status_code, options["Access-Control-Allow-Methods"]) == (204, "GET, HEAD, OPTIONS")


def test_an_answer_that_is_known_already_is_not_sent_again_until_a_place_changes(client: Client, city: Any) -> None:
    path = f"/api/v1/nearby?{HERE}&limit=3"
    first = client.get(path)

    again = client.get(path, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    nearest = json.loads(first.content)["features"][0]["id"]
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "UPDATE layers_place SET end_lifespan_version = clock_timestamp() + interval '1 s' WHERE uid = %s",
            [nearest],
        )
    changed = client.get(path, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert nearest not in changed.content.decode()


def test_who_may_keep_what(client: Client, city: Any) -> None:
    def kept(path: str) -> tuple[str, bool]:
        response = client.get(f"/api/v1/{path}")
        return response["Cache-Control"], "ETag" in response

    assert kept(f"nearby?{HERE}") == ("private, no-cache", True)
    assert kept(f"nearby?{HERE}&open=now") == ("no-store", False)
    assert kept(f"nearby?{HERE}&open=any") == ("no-store", False)
    assert kept(f"nearby?{HERE}&open_at={DAYTIME}") == ("private, no-cache", True)
    assert kept(f"districts/at?{HERE}") == ("private, no-cache", True)
    assert kept("places") == ("public, no-cache", True)


def test_it_goes_the_short_way_without_session_or_cookie(
    client: Client, city: Any, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        response = client.get(f"/api/v1/nearby?{HERE}")

    assert "Content-Security-Policy" in response
    assert "Cookie" not in response.get("Vary", "")


def test_no_position_is_logged(client: Client, city: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        for path in (
            f"nearby?{HERE}",
            "nearby?lon=50.1&lat=99.26",
            "districts/at?lon=50.1&lat=x",
            f"nearby?{HERE}&within=x",
        ):
            client.get(f"/api/v1/{path}")

    said = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("django.db"))
    assert "50.1" not in said
    assert "26.4" not in said


# Places and districts -----------------------------------------------------------------------------------------------


def test_places_are_listed_in_pages_by_key(client: Client, city: Any) -> None:
    path, seen = "places?category=health&limit=7", []
    while path:
        page = ask(client, path)
        assert page["numberReturned"] == len(page["features"]) <= 7
        seen += [f["id"] for f in page["features"]]
        links = [link["href"] for link in page["links"]]
        path = links[0].split("/api/v1/")[1] if links else ""

    assert seen == sorted(str(uid) for uid, _, _, category in city if category == "health")


def test_places_by_name_come_by_likeness_in_pages(client: Client, city: Any) -> None:
    path, seen = "places?q=%D9%85%D8%AD%D9%84%20%D8%B1%D9%82%D9%85%207&limit=9", []
    while path:
        page = ask(client, path)
        seen += [f["properties"]["name_ar"] for f in page["features"]]
        path = page["links"][0]["href"].split("/api/v1/")[1] if page["links"] else ""

    assert seen[0] == "محل رقم 7"
    assert len(seen) == len(set(seen))


def test_a_text_that_names_nothing_finds_nothing(client: Client, city: Any) -> None:
    assert ask(client, "places?q=%21%3F")["features"] == []
    assert len(ask(client, "places?q=&limit=100")["features"]) == 60


def test_places_by_the_word_for_a_kind_district_and_rectangle(client: Client, city: Any) -> None:
    by_word = ask(client, "places?q=%D8%B5%D9%8A%D8%AF%D9%84%D9%8A%D8%A9")["features"]
    inside = ask(client, f"places?district={DISTRICT}&limit=100")["features"]
    boxed = ask(client, "places?bbox=50.1001,26,51,27&limit=100")["features"]

    assert {f["properties"]["kind"] for f in by_word} == {"pharmacy"}
    assert len(inside) + len(boxed) == 60
    assert ask(client, "places?bbox=170,-10,-170,10")["features"] == []


def test_one_place_tells_whether_it_is_open(client: Client, city: Any) -> None:
    found = ask(client, f"places/{city[0][0]}")

    assert found["id"] == str(city[0][0])
    assert found["properties"]["open"] == {"status": "open", "until": None, "reason": ""}


def test_the_district_of_a_position(client: Client, city: Any) -> None:
    found = ask(client, "districts/at?lon=50.05&lat=26.4")

    assert found["district"]["uid"] == str(DISTRICT)
    assert (found["district"]["name_ar"], found["district"]["municipality"]) == ("الحي", "الدمام")
    assert ask(client, "districts/at?lon=50.5&lat=26.4") == {"district": None}


# The document -------------------------------------------------------------------------------------------------------


def test_the_document_is_one_of_openapi_and_names_what_is_read(client: Client) -> None:
    from layers.locator.asking import NEARBY, PLACES

    for language in ("ar", "en"):
        document = ask(client, f"schema/?lang={language}")
        validate(document)
        for path, names in (("/nearby", NEARBY), ("/places", PLACES)):
            assert {p["name"] for p in document["paths"][path]["get"]["parameters"]} == set(names)


def test_every_answer_is_as_the_document_says(client: Client, city: Any) -> None:
    document = _nullable(ask(client, "schema/?lang=en"))

    def check(answer: Any, name: str) -> None:
        Draft202012Validator({**document, "$ref": f"#/components/schemas/{name}"}).validate(answer)

    check(ask(client, f"nearby?{HERE}&open=any"), "Nearby")
    check(ask(client, "places"), "Places")
    check(ask(client, f"places/{city[0][0]}"), "Place")
    check(ask(client, "districts/at?lon=50.05&lat=26.4"), "DistrictAt")
    check(ask(client, "districts/at?lon=0&lat=0"), "DistrictAt")
    check(ask(client, "nearby?lon=x", 400), "Problem")


def _nullable(schema: Any) -> Any:
    """Return a schema of OpenAPI 3.0 as one of JSON Schema: ``nullable`` is OpenAPI's own."""
    if isinstance(schema, list):
        return [_nullable(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _nullable(value) for key, value in schema.items() if key != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain


# Limits -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def limited(settings: Any) -> Iterator[Any]:
    settings.API_PER_MINUTE, settings.API_BURST = 60, 5
    limits._buckets.cache_clear()
    cache.clear()
    yield settings
    limits._buckets.cache_clear()
    cache.clear()


def test_who_asks_too_often_is_told_to_wait(client: Client, city: Any, limited: Any) -> None:
    answers = [client.get("/api/v1/places?limit=1", headers={"Accept-Language": "en"}) for _ in range(7)]

    assert [a.status_code for a in answers] == [200] * 5 + [429] * 2
    assert answers[0]["RateLimit-Policy"] == '"client";q=5;w=5'
    assert answers[0]["RateLimit"].startswith('"client";r=4;t=')
    assert answers[6]["Retry-After"] == "1"
    assert answers[6].json()["title"] == "Too many requests"
    assert answers[6]["Access-Control-Allow-Origin"] == "*"
    assert client.get("/api/v1/places", REMOTE_ADDR="203.0.113.9").status_code == 200


def test_refusals_count_once_and_options_never(client: Client, limited: Any) -> None:
    for _ in range(9):
        assert client.options("/api/v1/nearby").status_code == 204
    statuses = [client.get("/api/v1/nearby?lon=x").status_code for _ in range(6)]

    assert statuses == [400] * 5 + [429]


def test_an_address_is_believed_of_our_own_proxy_alone(client: Client, limited: Any) -> None:
    def asked(**more: Any) -> int:
        return client.get("/api/v1/places?limit=1", **more).status_code

    spoofed = [asked(HTTP_X_FORWARDED_FOR=f"198.51.100.{n}") for n in range(6)]
    assert spoofed[-1] == 429
    limited.TRUSTED_PROXIES = 1
    assert [asked(HTTP_X_FORWARDED_FOR=f"198.51.100.{n}") for n in range(6)] == [200] * 6
    # Of IPv6 somebody has a whole network.
    assert [asked(HTTP_X_FORWARDED_FOR=f"2001:db8:1:2::{n:x}") for n in range(1, 7)][-1] == 429


def test_a_shared_cache_bounds_all_processes_together(limited: Any, client: Client) -> None:
    limited.REDIS_URL = "redis://shared"  # the cache of tests stands for it
    limited.API_PER_MINUTE, limited.API_BURST = 6, 2
    statuses = []
    for _ in range(7):  # each turn is a process of its own
        limits._buckets.cache_clear()
        statuses += [client.get("/api/v1/places?limit=1").status_code for _ in range(2)]

    assert statuses.count(200) in (8, 9, 10)  # a full bucket and what flows in; more only where a minute ends
    assert statuses[-1] == 429


def test_a_bucket_fills_again_and_never_beyond_its_size() -> None:
    now = [100.0]
    bucket = limits.Buckets(60, 3, lambda: now[0])

    assert [bucket.take("a").is_allowed for _ in range(4)] == [True, True, True, False]
    assert bucket.take("b").is_allowed
    now[0] += 1.0
    assert [bucket.take("a").is_allowed for _ in range(2)] == [True, False]
    now[0] += 1000.0
    assert [bucket.take("a").is_allowed for _ in range(4)] == [True, True, True, False]


@given(st.lists(st.floats(0, 5), min_size=1, max_size=80), st.integers(1, 600), st.integers(1, 20))
def test_no_more_is_allowed_than_flows_in(gaps: list[float], per_minute: int, burst: int) -> None:
    now = [0.0]
    bucket = limits.Buckets(per_minute, burst, lambda: now[0])
    allowed = 0
    for gap in gaps:
        now[0] += gap
        verdict = bucket.take("x")
        allowed += verdict.is_allowed
        assert allowed <= burst + now[0] * per_minute / 60 + 1e-6
        assert 0 <= verdict.remaining <= burst
        if not verdict.is_allowed:
            assert verdict.wait_s > 0


def test_buckets_stay_few_whoever_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_MOST_CLIENTS", 100)
    bucket = limits.Buckets(1, 5)
    for _ in range(5):
        assert bucket.take("busy").is_allowed
    for n in range(1_000):
        bucket.take(f"client {n}")

    assert len(bucket._full_at) <= 100
    assert not bucket.take("busy").is_allowed
