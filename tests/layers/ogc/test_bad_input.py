"""Whatever is sent: a plain answer or problem details that say what, where and what to do; never a fault of ours."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.ogc import features
from layers.querying import TooSlow
from tests.budget import budget
from tests.layers.ogc.asking import Api

pytestmark = pytest.mark.django_db

ITEMS = "/collections/parcels/items"
PARAMETERS = [
    "limit",
    "bbox",
    "bbox-crs",
    "datetime",
    "filter",
    "filter-lang",
    "filter-crs",
    "sortby",
    "crs",
    "properties",
    "skipGeometry",
    "cursor",
    "resultType",
    "f",
    "lang",
    "uid",
    "parcel_no",
    "official_area_m2",
    "calculated_area_m2",
    "begin_lifespan_version",
]
NASTY = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "'",
    '"',
    "';--",
    "/* */",
    "*/ DROP TABLE audit; --",
    "%s",
    "%(rel_at)s",
    "%%",
    "{}",
    "\\",
    "NaN",
    "Infinity",
    "-inf",
    "1e400",
    "-1e400",
    "1e-400",
    "0x10",
    "1_000",
    "١٢",
    "9" * 400,
    "x" * 10_000,
    "x" * 10_001,
    "\ud800".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
    "\u202egnp.exe",
    "\uffff",
    "😀",
    "<script>alert(1)</script>",
    "null",
    "true",
    "[1,2]",
    '{"a":1}',
    ",",
    ",,,,",
    "-",
    "+",
    "+,-",
    "/",
    "//",
    "../..",
    "../../etc/passwd",
    "1970-13-45T99:99:99Z",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    "2016-12-31T23:59:60Z",
    "-infinity",
    "infinity",
    "now()",
    "1,2,3,4,5",
    "1,2,3,4",
    "1e300,1e300,-1e300,-1e300",
    "50,26,50,26",
]


def _is_decent(api: Api, address: str, **query: str) -> None:
    answer = api.get(address, **query)
    assert answer.status in (200, 400, 404, 406), (address, query, answer.status, answer.text[:300])
    if answer.status != 200 and answer.type == "application/problem+json":
        problem = answer.json
        assert problem["status"] == answer.status and len(problem["detail"]) < 2_000
        told = problem["detail"].lower()
        assert not any(word in told for word in ("traceback", "psycopg", "select ", "layers_parcel", "line 1"))
        assert "\x00" not in answer.text


@pytest.mark.parametrize("name", PARAMETERS)
def test_no_value_of_a_parameter_is_our_fault(api: Api, name: str) -> None:
    for value in NASTY:
        _is_decent(api, ITEMS, **{name: value, "limit": value if name == "limit" else "2"})


@pytest.mark.parametrize("value", NASTY)
def test_no_name_of_anything_is_our_fault(api: Api, value: str) -> None:
    if len(value) > 5_000:
        value = value[:5_000]
    part = quote(value, safe="")
    for address in (
        f"/collections/{part}",
        f"/collections/{part}/items",
        f"/collections/parcels/items/{part}",
        f"/{part}",
    ):
        _is_decent(api, address)
    _is_decent(api, f"{ITEMS}?{part}=1")
    _is_decent(api, f"{ITEMS}?limit=1&{part}")


@settings(max_examples=budget(60, 3000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.dictionaries(
        st.sampled_from(PARAMETERS), st.one_of(st.sampled_from(NASTY), st.text(max_size=40)), max_size=5
    )
)
def test_no_combination_is_our_fault(api: Api, query: dict[str, str]) -> None:
    _is_decent(api, ITEMS, **query)


def test_a_parameter_given_twice_is_refused(api: Api) -> None:
    for name in ("limit", "bbox", "f", "lang", "parcel_no", "datetime"):
        value = {"limit": "1", "bbox": "1,1,2,2", "f": "json", "lang": "en"}.get(name, "x")
        answer = api.get(f"{ITEMS}?{name}={value}&{name}={value}")
        assert answer.status == 400 and answer.json["parameter"] == name


def test_refusals_speak_the_language_asked_for(api: Api) -> None:
    english = api.refused(ITEMS, limit="x", lang="en")
    arabic = api.refused(ITEMS, limit="x", lang="ar")
    assert english["title"] == "Bad request" and "whole number" in english["detail"]
    assert arabic["title"] == "طلب غير صحيح" and "عدد" in arabic["detail"]
    assert Api(language="").refused(ITEMS, limit="x")["title"] == arabic["title"], "Arabic where nothing is asked"
    assert Api(language="en-GB,en;q=0.9").refused(ITEMS, limit="x")["title"] == english["title"]
    page = api.get(ITEMS, headers={"accept": "text/html"}, limit="x", lang="ar")
    assert page.status == 400 and page.type.startswith("text/html") and arabic["detail"] in page.text


def test_a_refusal_is_kept_by_nobody(api: Api) -> None:
    assert api.get(ITEMS, limit="x").header("Cache-Control") == "no-store"
    assert api.get("/collections/none").header("Cache-Control") == "no-store"


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("image/png", 406),
        ("application/xml", 406),
        ("text/html;q=0, application/json;q=0", 406),
        ("application/json;q=0.1, text/html;q=0.9", 200),
        ("application/json;q=x", 406),
        ("*/*;q=0.1, image/png", 200),
        (";;;,,,", 406),
        ("application/json; charset=utf-8", 200),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 200),
    ],
)
def test_a_format_that_cannot_be_given_is_406(api: Api, accept: str, status: int) -> None:
    assert api.get("/collections", headers={"accept": accept}).status == status
    assert api.get("/collections", headers={"accept": accept}, f="json").status == 200, "f says more than Accept"


def test_a_query_that_takes_too_long_is_503_with_a_way_out(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*args: object, **options: object) -> None:
        raise TooSlow("page")

    monkeypatch.setattr(features, "read_rows", slow)
    answer = api.get(ITEMS)
    assert answer.status == 503 and answer.header("Retry-After")
    assert "15 s" in answer.json["detail"] and "smaller area" in answer.json["detail"]


def test_the_database_itself_stops_what_takes_too_long(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from layers import querying

    monkeypatch.setitem(querying.TIMEOUTS_MS, "page", 50)
    monkeypatch.setattr(features, "_geometry", lambda layer, crs: "(SELECT pg_sleep(0.2)::text)")
    for limit in (5, 5000):  # a long page too, before anything was sent
        mark = transaction.savepoint()
        assert api.get(ITEMS, limit=limit).status == 503
        transaction.savepoint_rollback(mark)


def test_a_header_of_another_host_is_refused(api: Api) -> None:
    assert api.get("/", headers={"host": "elsewhere.example"}).status == 400


def test_a_link_repeats_nothing_unescaped(api: Api) -> None:
    answer = api.get(f'{ITEMS}?parcel_no="><script>&f=html&lang=en')
    assert answer.status == 200 and "<script>&" not in answer.text and '"><script>' not in answer.text
    assert json.dumps(api.items(parcel_no='"').json)
